/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-store.h"

#include <string.h>

#include "sync-json.h"
#include "sync-list-keys.h"
#include "sync-table.h"

/* The order of read_conflict(). */
#define CONFLICT_COLUMNS \
  "conflict, entity, id, kind, state, base, local, remote, remote_version, seq, local_time, " \
  "remote_time, local_device, remote_device, columns, result, resolution, resolved_by, " \
  "created_at, resolved_at"

static gint64
read_time (SyncStatement *statement, int column)
{
  return sync_statement_is_null (statement, column) ? SYNC_TIME_UNKNOWN
                                                    : sync_statement_int64 (statement, column);
}

static void
bind_time (SyncStatement *statement, int index, gint64 time)
{
  if (time == SYNC_TIME_UNKNOWN)
    sync_statement_bind_null (statement, index);
  else
    sync_statement_bind_int64 (statement, index, time);
}

static GStrv
read_names (const char *json)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  SyncJsonReader reader;

  if (json != NULL)
    {
      sync_json_reader_init (&reader, json, strlen (json));
      if (sync_json_enter_array (&reader))
        while (sync_json_next_element (&reader))
          {
            SyncSpan value;
            g_autofree char *name = NULL;

            if (!sync_json_read_value (&reader, &value))
              break;
            name = sync_json_dup_string (value);
            if (name != NULL)
              g_strv_builder_add (names, name);
          }
    }
  return g_strv_builder_end (names);
}

static char *
write_names (const char *const *names)
{
  GString *json = g_string_new ("[");

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append_c (json, ',');
      sync_json_append_string (json, names[i], strlen (names[i]));
    }
  g_string_append_c (json, ']');
  return g_string_free (json, FALSE);
}

static gboolean
key_has_own_meaning (SyncStore *store, const SyncEntity *entity, const char *id)
{
  static const char *const made_up[] = { "id", "uuid", "guid", "ulid" };
  g_autofree char *name = g_ascii_strdown (entity->columns[0].name, -1);
  gsize length = strlen (id);
  gint64 refers = 1;

  /* A key that refers to another row stands for that row. */
  if (!sync_connection_query_int64 (sync_store_get_connection (store), 0, &refers, NULL,
                                    "SELECT 1 FROM pragma_foreign_key_list(?1) "
                                    "WHERE \"from\" = ?2 COLLATE NOCASE",
                                    entity->table, name, NULL)
      || refers != 0)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (made_up); i++)
    if (g_str_equal (name, made_up[i]))
      return FALSE;
  if (g_str_has_suffix (name, "_id"))
    return FALSE;
  if (length == 38 && id[0] == '\'' && id[37] == '\'')
    {
      g_autofree char *value = g_strndup (id + 1, 36);

      return !g_uuid_string_is_valid (value);
    }
  return TRUE;
}

/**
 * sync_store_can_copy_row:
 * @store: a store
 * @entity: an entity
 * @id: the id of one of its rows
 *
 * A copy needs another key, and only a key that means nothing can be replaced: an integer that
 * SQLite hands out, or a text that is called an id or is a UUID.
 *
 * Returns: whether the row could be kept under another id
 */
gboolean
sync_store_can_copy_row (SyncStore *store, const SyncEntity *entity, const char *id)
{
  SyncTable *table;

  g_assert (entity != NULL && id != NULL);

  if (entity->n_keys != 1)
    return FALSE;
  table = sync_store_get_table (store, entity, NULL);
  if (table == NULL)
    return FALSE;
  if (sync_table_has_integer_key (table))
    return TRUE;
  return entity->columns[0].codec == SYNC_CODEC_TEXT && id[0] == '\''
         && !key_has_own_meaning (store, entity, id);
}

static gboolean
can_keep_both (SyncStore *store, const SyncConflict *conflict)
{
  const SyncEntity *entity;

  if (strcmp (conflict->state, "open") != 0 || conflict->local == NULL || conflict->remote == NULL)
    return FALSE;
  entity = sync_store_find_entity (store, conflict->entity);
  return entity != NULL && sync_store_can_copy_row (store, entity, conflict->id);
}

static SyncConflict *
read_conflict (SyncStatement *statement)
{
  SyncConflict *conflict = g_new0 (SyncConflict, 1);

  conflict->number = sync_statement_int64 (statement, 0);
  conflict->entity = sync_statement_dup_text (statement, 1);
  conflict->id = sync_statement_dup_text (statement, 2);
  conflict->kind = sync_statement_dup_text (statement, 3);
  conflict->state = sync_statement_dup_text (statement, 4);
  conflict->base = sync_statement_dup_text (statement, 5);
  conflict->local = sync_statement_dup_text (statement, 6);
  conflict->remote = sync_statement_dup_text (statement, 7);
  conflict->remote_version = sync_statement_int64 (statement, 8);
  conflict->seq = sync_statement_int64 (statement, 9);
  conflict->local_time = read_time (statement, 10);
  conflict->remote_time = read_time (statement, 11);
  conflict->local_device = sync_statement_dup_text (statement, 12);
  conflict->remote_device = sync_statement_dup_text (statement, 13);
  conflict->columns = read_names (sync_statement_text (statement, 14, NULL));
  conflict->result = sync_statement_dup_text (statement, 15);
  conflict->resolution = sync_statement_dup_text (statement, 16);
  conflict->resolved_by = sync_statement_dup_text (statement, 17);
  conflict->created_at = read_time (statement, 18);
  conflict->resolved_at = read_time (statement, 19);
  return conflict;
}

/* Reads what is left of the statement; whether a copy can be kept is asked once the statement is
 * done. */
static GPtrArray *
read_conflicts (SyncStore *store, SyncStatement *statement, GError **error)
{
  g_autoptr (GPtrArray) conflicts
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_conflict_free);
  SyncStep step;

  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (conflicts, read_conflict (statement));
  sync_statement_reset (statement);
  if (step == SYNC_STEP_ERROR)
    return NULL;
  for (guint i = 0; i < conflicts->len; i++)
    {
      SyncConflict *conflict = g_ptr_array_index (conflicts, i);

      conflict->can_keep_both = can_keep_both (store, conflict);
    }
  return g_steal_pointer (&conflicts);
}

static void
bind_conflict (SyncStatement *statement, const SyncConflict *conflict, gint64 created_at,
               gint64 resolved_at)
{
  g_autofree char *columns = write_names ((const char *const *) conflict->columns);

  sync_statement_bind_text (statement, 1, conflict->entity, -1);
  sync_statement_bind_text (statement, 2, conflict->id, -1);
  sync_statement_bind_text (statement, 3, conflict->kind, -1);
  sync_statement_bind_text (statement, 4, conflict->state != NULL ? conflict->state : "open", -1);
  sync_statement_bind_text (statement, 5, conflict->base, -1);
  sync_statement_bind_text (statement, 6, conflict->local, -1);
  sync_statement_bind_text (statement, 7, conflict->remote, -1);
  sync_statement_bind_int64 (statement, 8, conflict->remote_version);
  sync_statement_bind_int64 (statement, 9, conflict->seq);
  bind_time (statement, 10, conflict->local_time);
  bind_time (statement, 11, conflict->remote_time);
  sync_statement_bind_text (statement, 12, conflict->local_device, -1);
  sync_statement_bind_text (statement, 13, conflict->remote_device, -1);
  sync_statement_bind_text (statement, 14, columns, -1);
  sync_statement_bind_text (statement, 15, conflict->result, -1);
  sync_statement_bind_text (statement, 16, conflict->resolution, -1);
  sync_statement_bind_text (statement, 17, conflict->resolved_by, -1);
  sync_statement_bind_int64 (statement, 18, created_at);
  bind_time (statement, 19, resolved_at);
}

/**
 * sync_store_put_conflict:
 * @store: a store
 * @conflict: what is to be kept: `state` %NULL stands for `open`; `number` and `can_keep_both` do
 *   not matter; a `created_at` or, for a record, `resolved_at` that is 0 or unknown becomes now
 * @error: where to put an error
 *
 * Keeps a conflict. An open one takes the place of the row's open one, if it has one, whose number
 * and creation time stay; a record stands for itself.
 *
 * Returns: its number; 0 on error
 */
gint64
sync_store_put_conflict (SyncStore *store, const SyncConflict *conflict, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  gint64 now = sync_clock_now (sync_store_get_clock (store));
  gboolean open = g_strcmp0 (conflict->state, "open") == 0 || conflict->state == NULL;
  gint64 created_at = conflict->created_at > 0 ? conflict->created_at : now;
  gint64 resolved_at = conflict->resolved_at > 0 ? conflict->resolved_at : now;
  gint64 number = 0;
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (
      connection,
      "INSERT INTO psync_conflict (entity, id, kind, state, base, local, remote, remote_version, "
      "seq, local_time, remote_time, local_device, remote_device, columns, result, resolution, "
      "resolved_by, created_at, resolved_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
      "?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19) "
      "ON CONFLICT (entity, id) WHERE state = 'open' DO UPDATE SET "
      "kind = excluded.kind, base = excluded.base, local = excluded.local, "
      "remote = excluded.remote, remote_version = excluded.remote_version, seq = excluded.seq, "
      "local_time = excluded.local_time, remote_time = excluded.remote_time, "
      "local_device = excluded.local_device, "
      "remote_device = excluded.remote_device, columns = excluded.columns "
      "RETURNING conflict",
      error);
  if (statement == NULL)
    return 0;
  bind_conflict (statement, conflict, created_at, open ? SYNC_TIME_UNKNOWN : resolved_at);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      number = sync_statement_int64 (statement, 0);
      step = sync_statement_step (statement, error);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? number : 0;
}

/**
 * sync_store_get_open_conflict:
 * @store: a store
 * @entity: an entity's name
 * @id: a row's id
 * @conflict: (out) (transfer full) (nullable): the row's open conflict, %NULL if it has none
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it could not be read
 */
gboolean
sync_store_get_open_conflict (SyncStore *store, const char *entity, const char *id,
                              SyncConflict **conflict, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GPtrArray) conflicts = NULL;
  SyncStatement *statement;

  *conflict = NULL;
  statement = sync_connection_prepare (connection,
                                       "SELECT " CONFLICT_COLUMNS " FROM psync_conflict "
                                       "WHERE entity = ?1 AND id = ?2 AND state = 'open'",
                                       error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity, -1);
  sync_statement_bind_text (statement, 2, id, -1);
  conflicts = read_conflicts (store, statement, error);
  if (conflicts == NULL)
    return FALSE;
  if (conflicts->len > 0)
    *conflict = g_ptr_array_steal_index (conflicts, 0);
  return TRUE;
}

static gboolean
run_on_one (SyncStore *store, SyncStatement *statement, gint64 number, GError **error)
{
  if (!sync_statement_run (statement, error))
    return FALSE;
  if (sync_connection_changes (sync_store_get_connection (store)) == 0)
    {
      g_autofree char *subject = g_strdup_printf ("%" G_GINT64_FORMAT, number);

      sync_error_set_absent (error, "conflict", subject);
      return FALSE;
    }
  return TRUE;
}

/**
 * sync_store_close_conflict:
 * @store: a store
 * @number: an open conflict
 * @resolution: `local`, `remote`, `merged` or `both`
 * @resolved_by: `user`, or the strategy or rule
 * @result_json: (nullable): what the row became, %NULL: deleted
 * @error: where to put an error
 *
 * Notes how an open conflict ended; it stays as a record.
 *
 * Returns: %FALSE with @error set if it failed; SYNC_ERROR_NOT_FOUND: there is no such open one
 */
gboolean
sync_store_close_conflict (SyncStore *store, gint64 number, const char *resolution,
                           const char *resolved_by, const char *result_json, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;

  statement
      = sync_connection_prepare (connection,
                                 "UPDATE psync_conflict SET state = 'resolved', resolution = ?2, "
                                 "resolved_by = ?3, result = ?4, resolved_at = ?5 "
                                 "WHERE conflict = ?1 AND state = 'open'",
                                 error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, number);
  sync_statement_bind_text (statement, 2, resolution, -1);
  sync_statement_bind_text (statement, 3, resolved_by, -1);
  sync_statement_bind_text (statement, 4, result_json, -1);
  sync_statement_bind_int64 (statement, 5, sync_clock_now (sync_store_get_clock (store)));
  return run_on_one (store, statement, number, error);
}

/**
 * sync_store_mark_undone:
 * @store: a store
 * @number: a record
 * @error: where to put an error
 *
 * Notes that what a record took away was put back.
 *
 * Returns: %FALSE with @error set if it failed; SYNC_ERROR_NOT_FOUND: there is no such record
 */
gboolean
sync_store_mark_undone (SyncStore *store, gint64 number, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;

  statement = sync_connection_prepare (connection,
                                       "UPDATE psync_conflict SET state = 'undone' "
                                       "WHERE conflict = ?1 AND state = 'resolved'",
                                       error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, number);
  return run_on_one (store, statement, number, error);
}

/**
 * sync_store_get_conflict:
 * @store: a store
 * @number: a conflict's or record's number
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): it; %NULL with @error set; SYNC_ERROR_NOT_FOUND: there is
 *   none
 */
SyncConflict *
sync_store_get_conflict (SyncStore *store, gint64 number, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GPtrArray) conflicts = NULL;
  SyncStatement *statement;

  statement = sync_connection_prepare (
      connection, "SELECT " CONFLICT_COLUMNS " FROM psync_conflict WHERE conflict = ?1", error);
  if (statement == NULL)
    return NULL;
  sync_statement_bind_int64 (statement, 1, number);
  conflicts = read_conflicts (store, statement, error);
  if (conflicts == NULL)
    return NULL;
  if (conflicts->len == 0)
    {
      g_autofree char *subject = g_strdup_printf ("%" G_GINT64_FORMAT, number);

      sync_error_set_absent (error, "conflict", subject);
      return NULL;
    }
  return g_ptr_array_steal_index (conflicts, 0);
}

#define FROM_RECORDS \
  " FROM psync_conflict WHERE state <> 'open' ORDER BY resolved_at DESC, conflict DESC"
#define FROM_OPEN " FROM psync_conflict WHERE state = 'open' ORDER BY conflict"

/**
 * sync_store_list_conflicts:
 * @store: a store
 * @records: %FALSE: the open ones, oldest first; %TRUE: the record of what was decided or taken
 *   away, newest first
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncConflict): a page of them
 */
GPtrArray *
sync_store_list_conflicts (SyncStore *store, gboolean records, guint offset, guint limit,
                           GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;

  statement = sync_connection_prepare (
      connection,
      records ? "SELECT " CONFLICT_COLUMNS FROM_RECORDS " LIMIT ?1 OFFSET ?2"
              : "SELECT " CONFLICT_COLUMNS FROM_OPEN " LIMIT ?1 OFFSET ?2",
      error);
  if (statement == NULL)
    return NULL;
  sync_statement_bind_int64 (statement, 1, limit > 0 ? (gint64) limit : -1);
  sync_statement_bind_int64 (statement, 2, offset);
  return read_conflicts (store, statement, error);
}

/**
 * sync_store_list_conflict_keys:
 * @store: a store
 * @records: as for sync_store_list_conflicts()
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64): the numbers of what sync_store_list_conflicts()
 *   lists, in that order
 */
GArray *
sync_store_list_conflict_keys (SyncStore *store, gboolean records, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      records ? "SELECT conflict" FROM_RECORDS : "SELECT conflict" FROM_OPEN, error);

  return statement != NULL ? sync_store_read_keys (statement, error) : NULL;
}

/**
 * sync_store_trim_records:
 * @store: a store
 * @now: microseconds since 1970
 * @error: where to put an error
 *
 * Forgets records older than 30 days. Open conflicts stay however old they are.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_trim_records (SyncStore *store, gint64 now, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;

  statement = sync_connection_prepare (
      connection, "DELETE FROM psync_conflict WHERE state <> 'open' AND resolved_at < ?1", error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, now - SYNC_RECORD_LIFETIME);
  return sync_statement_run (statement, error);
}

gboolean
sync_store_set_stale (const SyncConflict *conflict,
                      GError **error)
{
  sync_error_set (error, SYNC_ERROR_STALE, conflict->entity, "Conflict %" G_GINT64_FORMAT " changed meanwhile",
                  conflict->number);
  return FALSE;
}
