/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error-json.h"

#include <string.h>

#include "sync-json.h"

#define CANCELLED "cancelled"

static void
append_member (GString *json, const char *name, const char *value)
{
  if (value == NULL)
    return;
  g_string_append_printf (json, ",\"%s\":", name);
  sync_json_append_string (json, value, strlen (value));
}

/**
 * sync_error_to_json:
 * @error: (nullable): an error
 *
 * Returns: (transfer full) (nullable): its code and data, not its text; %NULL for %NULL
 */
char *
sync_error_to_json (const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);
  GString *json;

  if (error == NULL)
    return NULL;
  json = g_string_new ("{\"code\":\"");
  if (detail != NULL)
    g_string_append (json, sync_error_code_name (error->code));
  else
    g_string_append (json, sync_error_is_cancelled (error) ? CANCELLED : "failed");
  g_string_append_c (json, '"');
  if (detail != NULL)
    {
      append_member (json, "reason", detail->reason);
      append_member (json, "subject", detail->subject);
      append_member (json, "column", detail->column);
      if (detail->status != 0)
        g_string_append_printf (json, ",\"status\":%u", detail->status);
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static char *
dup_member (SyncSpan object, const char *name)
{
  SyncSpan value;

  if (!sync_json_get_member (object, name, &value) || sync_json_type (value) != SYNC_JSON_STRING)
    return NULL;
  return sync_json_dup_string (value);
}

/**
 * sync_error_from_json:
 * @json: (nullable): what sync_error_to_json() gave
 *
 * Returns: (transfer full) (nullable): the error, with its code's name for a text; %NULL for %NULL.
 *   A text that is none of ours is SYNC_ERROR_FAILED
 */
GError *
sync_error_from_json (const char *json)
{
  SyncSpan object = { json, json != NULL ? strlen (json) : 0 };
  g_autofree char *code = NULL, *reason = NULL, *subject = NULL, *column = NULL;
  SyncSpan status;
  SyncError which;
  gint64 number = 0;
  GError *error;

  if (json == NULL)
    return NULL;
  if (!sync_json_is_valid (json, object.length) || sync_json_type (object) != SYNC_JSON_OBJECT)
    return sync_error_new (SYNC_ERROR_FAILED, NULL, "failed");
  code = dup_member (object, "code");
  if (g_strcmp0 (code, CANCELLED) == 0)
    return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, CANCELLED);
  reason = dup_member (object, "reason");
  subject = dup_member (object, "subject");
  column = dup_member (object, "column");
  if (sync_json_get_member (object, "status", &status))
    sync_json_to_int64 (status, &number);
  if (code == NULL || !sync_error_code_from_name (code, &which))
    which = SYNC_ERROR_FAILED;
  error = sync_error_new (which, subject, "%s", sync_error_code_name (which));
  sync_error_set_reason (error, reason, (guint) CLAMP (number, 0, 999));
  sync_error_set_column (error, column);
  return error;
}
