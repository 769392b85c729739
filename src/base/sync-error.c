/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error.h"

typedef SyncErrorDetail SyncErrorPrivate;

static void
sync_error_private_init (SyncErrorPrivate *detail)
{
}

static void
sync_error_private_copy (const SyncErrorPrivate *from, SyncErrorPrivate *to)
{
  to->reason = g_strdup (from->reason);
  to->subject = g_strdup (from->subject);
  to->column = g_strdup (from->column);
  to->status = from->status;
  to->retry_after = from->retry_after;
}

static void
sync_error_private_clear (SyncErrorPrivate *detail)
{
  g_free (detail->reason);
  g_free (detail->subject);
  g_free (detail->column);
}

G_DEFINE_EXTENDED_ERROR (SyncError, sync_error)

/* In the order of SyncError: names for machines (JSON output, the history), never translated. */
static const char *const code_names[] = {
  "failed",        "invalid",     "not-connected",  "offline",        "later",
  "too-large",     "row-refused", "sign-in",        "wrong-key",      "secret-key",
  "insecure",      "schema-missing", "schema-old",  "schema-new",     "schema",
  "paused",        "quota",       "storage-full",   "protocol",       "clock",
  "other-cloud",   "revoked",     "brake",          "locked",         "not-database",
  "corrupt",       "busy",        "disk-full",      "read-only",      "constraint",
  "database-new",  "name-taken",  "no-table",       "no-column",      "no-key",
  "not-found",     "stale",       "exists",         "confirm-email",  "credentials",
  "weak-password", "secrets",     "unfit",
};

G_STATIC_ASSERT (G_N_ELEMENTS (code_names) == SYNC_ERROR_UNFIT + 1);

static GError *
sync_error_new_valist (SyncError code, const char *subject, const char *format, va_list args)
{
  GError *error = g_error_new_valist (SYNC_ERROR, code, format, args);

  sync_error_get_private (error)->subject = g_strdup (subject);
  return error;
}

/**
 * sync_error_new: (constructor)
 * @code: what reaction is asked for
 * @subject: (nullable): the table, file, variable or host that it is about
 * @format: a plain English text for logs, without row contents and secrets
 *
 * Returns: (transfer full): the error
 */
GError *
sync_error_new (SyncError code, const char *subject, const char *format, ...)
{
  va_list args;
  GError *error;

  va_start (args, format);
  error = sync_error_new_valist (code, subject, format, args);
  va_end (args);
  return error;
}

/**
 * sync_error_set:
 * @error: (out) (optional): where the new error goes
 * @code: what reaction is asked for
 * @subject: (nullable): the table, file, variable or host that it is about
 * @format: a plain English text for logs, without row contents and secrets
 *
 * As g_set_error(), with a subject.
 */
void
sync_error_set (GError **error, SyncError code, const char *subject, const char *format, ...)
{
  va_list args;

  if (error == NULL)
    return;
  va_start (args, format);
  g_propagate_error (error, sync_error_new_valist (code, subject, format, args));
  va_end (args);
}

/**
 * sync_error_set_absent:
 * @error: (out) (optional): where the new error goes
 * @what: the kind of thing: `entity`, `conflict`, `device`, `snapshot`, `change`, `setting`,
 *   `folder`, `link`, `session`, `disabled-entity`, `held-change`
 * @name: what it would be called
 *
 * Sets a SYNC_ERROR_NOT_FOUND whose reason tells what was looked for.
 */
void
sync_error_set_absent (GError **error, const char *what, const char *name)
{
  GError *absent = sync_error_new (SYNC_ERROR_NOT_FOUND, name, "No such %s", what);

  sync_error_set_reason (absent, what, 0);
  g_propagate_error (error, absent);
}

/**
 * sync_error_get_detail:
 * @error: an error
 *
 * Returns: (transfer none) (nullable): what @error carries, %NULL if it is of another domain
 */
SyncErrorDetail *
sync_error_get_detail (const GError *error)
{
  if (error == NULL || error->domain != SYNC_ERROR)
    return NULL;
  return sync_error_get_private (error);
}

static void
replace (char **field, const char *value)
{
  char *copy = g_strdup (value);

  g_free (*field);
  *field = copy;
}

/**
 * sync_error_set_reason:
 * @error: a [error@SyncError]
 * @reason: (nullable): SQLSTATE, PostgREST or Auth code
 * @status: HTTP status or 0
 */
void
sync_error_set_reason (GError *error, const char *reason, guint status)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  g_return_if_fail (detail != NULL);
  replace (&detail->reason, reason);
  detail->status = status;
}

/**
 * sync_error_set_column:
 * @error: a [error@SyncError]
 * @column: (nullable): the column's name
 */
void
sync_error_set_column (GError *error, const char *column)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  g_return_if_fail (detail != NULL);
  replace (&detail->column, column);
}

/**
 * sync_error_set_retry_after:
 * @error: a [error@SyncError]
 * @seconds: how long the other side asked us to wait
 */
void
sync_error_set_retry_after (GError *error, guint seconds)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  g_return_if_fail (detail != NULL);
  detail->retry_after = seconds;
}

/**
 * sync_error_is_transient:
 * @error: (nullable): an error
 *
 * Returns: whether the same request may succeed later without anybody doing anything
 */
gboolean
sync_error_is_transient (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OFFLINE)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LATER)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CLOCK)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_BUSY);
}

/**
 * sync_error_is_cancelled:
 * @error: (nullable): an error
 *
 * Returns: whether somebody cancelled the operation
 */
gboolean
sync_error_is_cancelled (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/**
 * sync_error_code_name:
 * @code: a [error@SyncError] code
 *
 * Returns: (transfer none): its name for machines
 */
const char *
sync_error_code_name (int code)
{
  g_return_val_if_fail (code >= 0 && code < (int) G_N_ELEMENTS (code_names), "failed");

  return code_names[code];
}

/**
 * sync_error_code_from_name:
 * @name: (nullable): a name for machines
 * @code: (out): the [error@SyncError] code
 *
 * Returns: %FALSE if no code has that name
 */
gboolean
sync_error_code_from_name (const char *name, SyncError *code)
{
  for (guint i = 0; i < G_N_ELEMENTS (code_names); i++)
    if (g_strcmp0 (name, code_names[i]) == 0)
      {
        *code = i;
        return TRUE;
      }
  return FALSE;
}
