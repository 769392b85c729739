/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>

#include "sync-connection-private.h"

/* What SQLite says with SQLITE_ERROR and a name behind it. Other texts are dropped, since a
 * function or a virtual table of the owner may put a row's contents into them. */
static const struct
{
  const char *prefix;
  SyncError code;
} named_messages[] = {
  { "no such table: ", SYNC_ERROR_NO_TABLE },
  { "no such view: ", SYNC_ERROR_NO_TABLE },
  { "no such column: ", SYNC_ERROR_NO_COLUMN },
  { "no such function: ", SYNC_ERROR_FAILED },
  { "no such module: ", SYNC_ERROR_FAILED },
  { "no such collation sequence: ", SYNC_ERROR_FAILED },
};

static const struct
{
  int result;
  const char *reason;
} constraint_reasons[] = {
  { SQLITE_CONSTRAINT_UNIQUE, "unique" },
  { SQLITE_CONSTRAINT_PRIMARYKEY, "primary-key" },
  { SQLITE_CONSTRAINT_ROWID, "primary-key" },
  { SQLITE_CONSTRAINT_NOTNULL, "not-null" },
  { SQLITE_CONSTRAINT_CHECK, "check" },
  { SQLITE_CONSTRAINT_FOREIGNKEY, "foreign-key" },
  { SQLITE_CONSTRAINT_TRIGGER, "trigger" },
  { SQLITE_CONSTRAINT_DATATYPE, "type" },
  { SQLITE_MISMATCH, "type" },
};

static const char *
constraint_reason (int result)
{
  for (gsize i = 0; i < G_N_ELEMENTS (constraint_reasons); i++)
    {
      if (constraint_reasons[i].result == result)
        return constraint_reasons[i].reason;
    }
  return "other";
}

/* `main.table` → `table`, `table.column` → `column`; a name with a point in it loses a part, which
 * is only told to people. */
static const char *
last_part (const char *name)
{
  const char *point = strrchr (name, '.');

  return point != NULL && point[1] != '\0' ? point + 1 : name;
}

/* "UNIQUE constraint failed: t.a, t.b" → "a, b"; "… failed: index 'name'" → "name". */
static char *
constraint_columns (const char *message)
{
  const char *start = strstr (message, "constraint failed: ");
  g_autofree char *names = NULL;
  g_auto (GStrv) parts = NULL;
  gsize length;

  if (start == NULL)
    return NULL;
  start += strlen ("constraint failed: ");
  length = strlen (start);
  if (g_str_has_prefix (start, "index '") && length > 8)
    return g_strndup (start + 7, length - 8);
  parts = g_strsplit (start, ", ", -1);
  for (guint i = 0; parts[i] != NULL; i++)
    {
      char *part = g_strdup (last_part (parts[i]));

      g_free (parts[i]);
      parts[i] = part;
    }
  return g_strjoinv (", ", parts);
}

/* A CHECK's name, or its expression where it has none. */
static char *
check_name (const char *message)
{
  const char *start = strstr (message, "constraint failed: ");

  return start != NULL ? g_strdup (start + strlen ("constraint failed: ")) : NULL;
}

/* "cannot store TEXT value in INTEGER column t.c" */
static char *
type_column (const char *message)
{
  const char *start = strstr (message, " column ");

  return start != NULL ? g_strdup (last_part (start + strlen (" column "))) : NULL;
}

static GError *
constraint_error (int result, const char *message, const char *path)
{
  const char *reason = constraint_reason (result);
  g_autofree char *name = NULL;
  GError *error;

  if (g_str_equal (reason, "unique") || g_str_equal (reason, "primary-key")
      || g_str_equal (reason, "not-null"))
    name = constraint_columns (message);
  else if (g_str_equal (reason, "check"))
    name = check_name (message);
  else if (g_str_equal (reason, "type"))
    name = type_column (message);

  if (name != NULL)
    error = sync_error_new (SYNC_ERROR_CONSTRAINT, path, "The table refused a row (%s: %s)", reason,
                            name);
  else
    error = sync_error_new (SYNC_ERROR_CONSTRAINT, path, "The table refused a row (%s)", reason);
  sync_error_set_reason (error, reason, 0);
  sync_error_set_column (error, name);
  return error;
}

static GError *
generic_error (int result, const char *message, const char *path)
{
  const char *column = strstr (message, " has no column named ");

  for (gsize i = 0; i < G_N_ELEMENTS (named_messages); i++)
    {
      const char *prefix = named_messages[i].prefix;
      SyncError code = named_messages[i].code;
      const char *name = last_part (message + MIN (strlen (prefix), strlen (message)));
      GError *error;

      if (!g_str_has_prefix (message, prefix))
        continue;
      error
          = sync_error_new (code, code == SYNC_ERROR_NO_TABLE ? name : path, "%s%s", prefix, name);
      if (code == SYNC_ERROR_NO_COLUMN)
        sync_error_set_column (error, name);
      if (code == SYNC_ERROR_NO_TABLE && g_str_has_prefix (name, "psync_"))
        sync_error_set_reason (error, "ours", 0);
      return error;
    }
  if (column != NULL)
    {
      GError *error;

      column += strlen (" has no column named ");
      error = sync_error_new (SYNC_ERROR_NO_COLUMN, path, "no such column: %s", column);
      sync_error_set_column (error, column);
      return error;
    }
  return sync_error_new (SYNC_ERROR_FAILED, path, "%s", sqlite3_errstr (result));
}

/* Not one table of ours is lacking but all are: the database was detached while it was open. */
static gboolean
is_detached (sqlite3 *handle)
{
  sqlite3_stmt *statement = NULL;
  gboolean nothing;

  nothing = sqlite3_prepare_v2 (handle,
                                "SELECT 1 FROM main.sqlite_schema WHERE name LIKE 'psync\\_%' "
                                "ESCAPE '\\' LIMIT 1",
                                -1, &statement, NULL)
                == SQLITE_OK
            && sqlite3_step (statement) == SQLITE_DONE;
  sqlite3_finalize (statement);
  return nothing;
}

static GError *
error_of_statement (sqlite3 *handle, int result, const char *message, const char *path)
{
  g_autoptr (GError) error = generic_error (result, message, path);
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (handle == NULL || detail == NULL || g_strcmp0 (detail->reason, "ours") != 0
      || !is_detached (handle))
    return g_steal_pointer (&error);
  return sync_error_new (SYNC_ERROR_NOT_FOUND, path, "Not set up for sync any more");
}

static SyncError
code_for_result (int result, int system_error)
{
  switch (result & 0xff)
    {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return SYNC_ERROR_BUSY;
    case SQLITE_FULL:
      return SYNC_ERROR_DISK_FULL;
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return SYNC_ERROR_READ_ONLY;
    case SQLITE_CANTOPEN:
      return system_error == ENOENT || system_error == ENOTDIR ? SYNC_ERROR_NOT_FOUND
                                                               : SYNC_ERROR_READ_ONLY;
    case SQLITE_NOTADB:
      return SYNC_ERROR_NOT_DATABASE;
    case SQLITE_CORRUPT:
      return SYNC_ERROR_CORRUPT;
    case SQLITE_TOOBIG:
      return SYNC_ERROR_TOO_LARGE;
    case SQLITE_IOERR:
      return system_error == ENOSPC || system_error == EDQUOT ? SYNC_ERROR_DISK_FULL
                                                              : SYNC_ERROR_FAILED;
    default:
      return SYNC_ERROR_FAILED;
    }
}

/**
 * sync_sqlite_error_new: (constructor)
 * @handle: (nullable): the connection that failed
 * @result: its extended result code
 * @path: the database
 *
 * Names an SQLite failure by the reaction that it asks for. Names of tables, columns and
 * constraints are kept; texts that may hold a row's contents (of RAISE, of the owner's functions)
 * are not.
 *
 * Returns: (transfer full): the error
 */
GError *
sync_sqlite_error_new (sqlite3 *handle, int result, const char *path)
{
  const char *message = handle != NULL ? sqlite3_errmsg (handle) : "";
  int system_error = handle != NULL ? sqlite3_system_errno (handle) : 0;
  g_autofree char *reason = NULL;
  GError *error;

  switch (result & 0xff)
    {
    case SQLITE_INTERRUPT:
      return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The operation was cancelled");
    case SQLITE_CONSTRAINT:
    case SQLITE_MISMATCH:
      return constraint_error (result, message, path);
    case SQLITE_ERROR:
      return error_of_statement (handle, result, message, path);
    default:
      error = sync_error_new (code_for_result (result, system_error), path, "%s",
                              sqlite3_errstr (result));
      reason = g_strdup_printf ("sqlite-%d", result);
      sync_error_set_reason (error, reason, 0);
      return error;
    }
}
