/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-export-store.h"

#include <string.h>
#include <sys/stat.h>

#include "sync-capture.h"
#include "sync-json.h"
#include "sync-queue-store.h"
#include "sync-table.h"
#include "sync-time.h"

static void
append_text (GString *json, const char *name, const char *value)
{
  g_string_append_printf (json, "%s\"%s\": ", json->str[json->len - 1] == '{' ? "" : ", ", name);
  if (value != NULL)
    sync_json_append_string (json, value, strlen (value));
  else
    g_string_append (json, "null");
}

static void
append_time (GString *json, const char *name, gint64 time)
{
  char text[SYNC_TIME_SIZE];

  if (time != SYNC_TIME_UNKNOWN)
    sync_time_format (time, text);
  append_text (json, name, time != SYNC_TIME_UNKNOWN ? text : NULL);
}

static void
append_error (GString *json, const SyncChange *change)
{
  if (change->error_code == NULL)
    {
      g_string_append (json, ", \"error\": null");
      return;
    }
  g_string_append (json, ", \"error\": {");
  append_text (json, "code", change->error_code);
  append_text (json, "reason", change->reason);
  append_text (json, "column", change->column);
  g_string_append_c (json, '}');
}

/* A value that cannot travel cannot be written as JSON either: its column is named instead. */
static gboolean
append_readable (GString *json, SyncRow *row, const char *id, GError *refusal, GError **error)
{
  g_autoptr (GError) owned = refusal;
  const SyncErrorDetail *detail = sync_error_get_detail (refusal);

  if (refusal == NULL)
    {
      sync_row_append_json (row, json);
      return TRUE;
    }
  if (!g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&owned));
      return FALSE;
    }
  g_string_append_c (json, '{');
  append_text (json, "$id", id);
  append_text (json, "$unreadable", detail->column);
  g_string_append_c (json, '}');
  return TRUE;
}

static gboolean
append_row (SyncStore *store, const SyncChange *change, GString *json, GError **error)
{
  const SyncEntity *entity = sync_store_find_entity (store, change->entity);
  g_autoptr (GError) local_error = NULL;
  SyncTable *table = entity != NULL ? sync_store_get_table (store, entity, &local_error) : NULL;
  g_autoptr (SyncRow) row = NULL;
  GError *refusal = NULL;
  gboolean found = FALSE;

  if (local_error != NULL && !g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
      && !g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NO_KEY))
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  g_string_append (json, ", \"row\": ");
  if (table != NULL)
    {
      row = sync_row_new (entity);
      sync_table_read (table, change->id, row, &found, &refusal);
    }
  if (found || refusal != NULL)
    return append_readable (json, row, change->id, refusal, error);
  g_string_append (json, "null");
  return TRUE;
}

static gboolean
append_base (SyncStore *store, const SyncChange *change, GString *json, GError **error)
{
  g_autofree char *base = NULL;

  if (!sync_connection_query_text (sync_store_get_connection (store), &base, error,
                                   "SELECT base FROM psync_row WHERE entity = ?1 AND id = ?2",
                                   change->entity, change->id, NULL))
    return FALSE;
  g_string_append_printf (json, ", \"base\": %s}", base != NULL ? base : "null");
  return TRUE;
}

static gboolean
append_change (SyncStore *store, const SyncChange *change, GString *json, GError **error)
{
  g_string_append_c (json, '{');
  append_text (json, "entity", change->entity);
  append_text (json, "id", change->id);
  append_text (json, "operation", change->operation);
  append_text (json, "state", change->state);
  append_time (json, "changed_at", change->changed_at);
  g_string_append_printf (json, ", \"attempts\": %u", change->attempts);
  append_time (json, "next_attempt_at", change->next_attempt_at);
  append_error (json, change);
  return append_row (store, change, json, error) && append_base (store, change, json, error);
}

/**
 * sync_store_dup_change_json:
 * @store: a store
 * @entity: an entity's name
 * @id: a row's id
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): how the row stands, what it has now (`row`, null: deleted) and
 *   had when it was last synced (`base`, null: never), a JSON object; %NULL with @error set:
 *   SYNC_ERROR_NOT_FOUND: it does not wait
 */
char *
sync_store_dup_change_json (SyncStore *store, const char *entity, const char *id, GError **error)
{
  g_autoptr (SyncChange) change = sync_store_get_change (store, entity, id, error);
  g_autoptr (GString) json = g_string_new (NULL);

  if (change == NULL || !append_change (store, change, json, error))
    return NULL;
  return g_string_free (g_steal_pointer (&json), FALSE);
}

/**
 * sync_store_append_changes:
 * @store: a store
 * @state: (nullable): as for sync_store_list_changes()
 * @offset: how many to leave out
 * @limit: how many at most
 * @json: where the rows go, with commas between them, as of sync_store_dup_change_json()
 * @n: (out): how many there were
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_append_changes (SyncStore *store, const char *state, guint offset, guint limit,
                           GString *json, guint *n, GError **error)
{
  g_autoptr (GPtrArray) changes
      = sync_store_list_changes (store, state, offset, limit, error);

  if (changes == NULL)
    return FALSE;
  *n = changes->len;
  for (guint i = 0; i < changes->len; i++)
    {
      g_string_append (json, i > 0 ? ",\n" : "");
      if (!append_change (store, g_ptr_array_index (changes, i), json, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_store_append_rows:
 * @store: a store
 * @entity: an entity
 * @limit: how many rows at most
 * @after: (inout) (transfer full) (nullable): where the rows before them ended, %NULL: from the
 *   start; becomes where these do, %NULL: there are no more
 * @json: where the rows go, with commas between them
 * @n: (out): how many there were
 * @error: where to put an error
 *
 * Goes through a table: rows that come or go meanwhile move no others.
 *
 * Returns: %FALSE with @error set if it failed; [error@SyncError] `STALE`: the owner gave the rows another order
 */
gboolean
sync_store_append_rows (SyncStore *store, const SyncEntity *entity, guint limit, char **after,
                        GString *json, guint *n, GError **error)
{
  SyncTable *table = sync_store_get_table (store, entity, error);
  g_autoptr (SyncRow) row = sync_row_new (entity);
  g_autoptr (GString) columns = g_string_new (NULL), id = g_string_new (NULL), place = g_string_new (NULL);
  SyncStatement *statement;
  gboolean good = TRUE;
  SyncStep step = SYNC_STEP_DONE;

  *n = 0;
  if (table == NULL)
    return FALSE;
  sync_table_append_columns (table, columns, "t");
  statement = sync_table_walk (table, columns->str, "true", *after, limit, error);
  if (statement == NULL)
    return FALSE;
  while (good && (step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      GError *refusal = NULL;

      g_string_truncate (id, 0);
      sync_id_append_columns (id, statement, 0, entity->n_keys);
      sync_table_note_place (table, statement, place);
      sync_table_read_columns (table, statement, 0, row, &refusal);
      g_string_append (json, (*n)++ > 0 ? ",\n" : "");
      good = append_readable (json, row, id->str, refusal, error);
    }
  sync_statement_reset (statement);
  g_free (*after);
  *after = *n == limit ? g_strdup (place->str) : NULL;
  return good && step == SYNC_STEP_DONE;
}

/* --- Where an export goes --------------------------------------------------------------------- */

static gboolean
refuse_place (const char *path, const char *reason, GError **error)
{
  GError *problem = sync_error_new (SYNC_ERROR_INVALID, path, "An export cannot take its place");

  sync_error_set_reason (problem, reason, 0);
  g_propagate_error (error, problem);
  return FALSE;
}

static gboolean
check_folder (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    return TRUE;
  sync_error_set_absent (error, "folder", folder);
  return FALSE;
}

/* SQLite looks, and nobody else: closing a file that another connection of this process has open would drop its
 * locks. */
static gboolean
check_no_database (const char *file, const char *path, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (SyncConnection) connection
      = sync_connection_open (file, SYNC_OPEN_READ_ONLY | SYNC_OPEN_NO_WAIT, 0, &problem);
  gint64 pages = 0;

  if (g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NOT_DATABASE)
      || g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    return TRUE;
  /* An empty file is nobody's loss. */
  if (connection != NULL && sync_connection_query_int64 (connection, 1, &pages, NULL, "PRAGMA page_count", NULL)
      && pages == 0)
    return TRUE;
  return refuse_place (path, "database", error);
}

/**
 * sync_store_check_export_place:
 * @path: the file that an export is to be, absolute
 * @error: [error@SyncError.INVALID], the reason is `database`: it is one, or belongs to one; `no-file`: it is a
 *   folder or a device; NOT_FOUND: its folder
 *
 * An export takes the place of a file of its name. That must not be a database, least of all the one that is
 * exported.
 *
 * Returns: whether it may be written there
 */
gboolean
sync_store_check_export_place (const char *path, GError **error)
{
  static const char *const sides[] = { "", "-wal", "-shm", "-journal" };
  struct stat info;

  if (!check_folder (path, error))
    return FALSE;
  if (stat (path, &info) == 0 && !S_ISREG (info.st_mode))
    return refuse_place (path, "no-file", error);
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autofree char *file = NULL;

      if (!g_str_has_suffix (path, sides[i]))
        continue;
      file = g_strndup (path, strlen (path) - strlen (sides[i]));
      if (!check_no_database (file, path, error))
        return FALSE;
    }
  return TRUE;
}
