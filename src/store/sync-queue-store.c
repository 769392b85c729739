/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-store.h"

#include <string.h>

#include "sync-error-json.h"
#include "sync-list-keys.h"
#include "sync-outbox.h"
#include "sync-table.h"
#include "sync-time.h"

/* What one row of the outbox or one send takes in the file beside its texts, roughly. */
#define ROW_OVERHEAD 48

static gint64
read_iso_time (SyncStatement *statement, int column)
{
  gsize length;
  const char *text = sync_statement_text (statement, column, &length);
  gint64 time;

  if (text == NULL || !sync_time_parse (text, length, &time))
    return SYNC_TIME_UNKNOWN;
  return time;
}

static gint64
read_time (SyncStatement *statement, int column)
{
  return sync_statement_is_null (statement, column) ? SYNC_TIME_UNKNOWN
                                                    : sync_statement_int64 (statement, column);
}

static void
read_error (SyncChange *change, const char *json)
{
  g_autoptr (GError) error = sync_error_from_json (json);
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (detail == NULL)
    return;
  change->error_code = g_strdup (sync_error_code_name (error->code));
  change->reason = g_strdup (detail->reason);
  change->column = g_strdup (detail->column);
}

/* The last column says whether the row was there when it was synced last. */
static SyncChange *
read_change (SyncStatement *statement)
{
  SyncChange *change = g_new0 (SyncChange, 1);

  change->entity = sync_statement_dup_text (statement, 0);
  change->id = sync_statement_dup_text (statement, 1);
  change->state = sync_statement_dup_text (statement, 2);
  change->seq = sync_statement_int64 (statement, 3);
  change->changed_at = read_iso_time (statement, 4);
  change->attempts = (guint) sync_statement_int64 (statement, 5);
  change->next_attempt_at = read_time (statement, 6);
  read_error (change, sync_statement_text (statement, 7, NULL));
  change->operation = g_strdup (sync_statement_int64 (statement, 8) != 0 ? "update" : "insert");
  return change;
}

/* Also a row whose key cannot be sent is there: its id names it only in part. */
static gboolean
row_is_there (SyncTable *table, const char *id, gboolean *found, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!sync_table_exists (table, id, found, error))
    return FALSE;
  if (*found || sync_table_check_cut (table, id, &local_error))
    return TRUE;
  *found = g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  if (!*found)
    g_propagate_error (error, g_steal_pointer (&local_error));
  return *found;
}

/* The outbox notes only that a row may have changed: what happened is read from the row. */
static gboolean
derive_operation (SyncStore *store, SyncChange *change, GError **error)
{
  const SyncEntity *entity = sync_store_find_entity (store, change->entity);
  g_autoptr (GError) local_error = NULL;
  SyncTable *table;
  gboolean found;

  if (entity == NULL)
    return TRUE;
  table = sync_store_get_table (store, entity, &local_error);
  /* Of a table that is gone, or has another key, nobody knows. */
  if (g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
      || g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NO_KEY))
    return TRUE;
  if (table == NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  if (table == NULL || !row_is_there (table, change->id, &found, error))
    return FALSE;
  if (!found)
    {
      g_free (change->operation);
      change->operation = g_strdup ("delete");
    }
  return TRUE;
}

static void
bind_page (SyncStatement *statement, int index, guint offset, guint limit)
{
  sync_statement_bind_int64 (statement, index, limit > 0 ? (gint64) limit : -1);
  sync_statement_bind_int64 (statement, index + 1, offset);
}

/* A row without an edit is only to be read again: nothing of it waits to be sent. */
#define EDITED "seq > 0 "

/* The order of read_change(). */
#define SELECT_CHANGES \
  "SELECT entity, id, state, seq, changed_at, attempts, next_attempt_at, error, " \
  "EXISTS (SELECT 1 FROM psync_row r " \
  "WHERE r.entity = c.entity AND r.id = c.id AND r.base IS NOT NULL) FROM psync_change c "

/**
 * sync_store_get_change:
 * @store: a store
 * @entity: an entity's name
 * @id: a row's id
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): how the row waits; %NULL with @error set:
 *   SYNC_ERROR_NOT_FOUND: it does not
 */
SyncChange *
sync_store_get_change (SyncStore *store, const char *entity, const char *id, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store),
                                 SELECT_CHANGES "WHERE entity = ?1 AND id = ?2 AND " EDITED, error);
  g_autoptr (SyncChange) change = NULL;
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity, -1);
  sync_statement_bind_text (statement, 2, id, -1);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    change = read_change (statement);
  else if (step == SYNC_STEP_DONE)
    sync_error_set (error, SYNC_ERROR_NOT_FOUND, id, "the row does not wait in the outbox");
  sync_statement_reset (statement);
  if (change == NULL || !derive_operation (store, change, error))
    return NULL;
  return g_steal_pointer (&change);
}

/**
 * sync_store_list_changes:
 * @store: a store
 * @state: (nullable): only rows in such a state: `pending`, `refused`, `failed`, or several of
 *   them between commas
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncChange): a page of the outbox, by entity and id
 */
GPtrArray *
sync_store_list_changes (SyncStore *store, const char *state, guint offset, guint limit,
                         GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GPtrArray) changes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_change_free);
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (
      connection,
      SELECT_CHANGES "WHERE " EDITED "AND " SYNC_SQL_AMONG ("state", "?1")
      " ORDER BY entity, id LIMIT ?2 OFFSET ?3",
      error);
  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, state, -1);
  bind_page (statement, 2, offset, limit);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (changes, read_change (statement));
  sync_statement_reset (statement);
  if (step == SYNC_STEP_ERROR)
    return NULL;
  for (guint i = 0; i < changes->len; i++)
    if (!derive_operation (store, g_ptr_array_index (changes, i), error))
      return NULL;
  return g_steal_pointer (&changes);
}

/**
 * sync_store_list_change_keys:
 * @store: a store
 * @state: (nullable): as for sync_store_list_changes()
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64): the keys of the rows that
 *   sync_store_list_changes() lists, in that order
 */
GArray *
sync_store_list_change_keys (SyncStore *store, const char *state, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT entity, id FROM psync_change WHERE " EDITED "AND " SYNC_SQL_AMONG ("state", "?1")
      " ORDER BY entity, id",
      error);

  if (statement == NULL)
    return NULL;
  return sync_store_read_keys (sync_statement_bind_text (statement, 1, state, -1), error);
}

static SyncHeld *
read_held (SyncStatement *statement)
{
  SyncHeld *held = g_new0 (SyncHeld, 1);

  held->entity = sync_statement_dup_text (statement, 0);
  held->id = sync_statement_dup_text (statement, 1);
  held->version = sync_statement_int64 (statement, 2);
  held->reason = sync_statement_dup_text (statement, 3);
  held->detail = sync_statement_dup_text (statement, 4);
  held->held_at = sync_statement_int64 (statement, 5);
  return held;
}

/**
 * sync_store_list_held:
 * @store: a store
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncHeld): a page of the rows that the local tables
 *   refused
 */
GPtrArray *
sync_store_list_held (SyncStore *store, guint offset, guint limit, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_held_free);
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (connection,
                                       "SELECT entity, id, version, reason, detail, held_at "
                                       "FROM psync_held ORDER BY entity, id LIMIT ?1 OFFSET ?2",
                                       error);
  if (statement == NULL)
    return NULL;
  bind_page (statement, 1, offset, limit);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (rows, read_held (statement));
  sync_statement_reset (statement);
  return step == SYNC_STEP_ERROR ? NULL : g_steal_pointer (&rows);
}

/**
 * sync_store_list_held_keys:
 * @store: a store
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64): the keys of the rows that sync_store_list_held()
 *   lists, in that order
 */
GArray *
sync_store_list_held_keys (SyncStore *store, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store),
                                 "SELECT entity, id FROM psync_held ORDER BY entity, id", error);

  return statement != NULL ? sync_store_read_keys (statement, error) : NULL;
}

/**
 * sync_store_get_queue_stats:
 * @store: a store
 * @stats: (out caller-allocates): the counts
 * @error: where to put an error
 *
 * Counts what waits.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_get_queue_stats (SyncStore *store, SyncQueueStats *stats, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;
  SyncStep step;

  memset (stats, 0, sizeof *stats);
  stats->oldest_change_at = SYNC_TIME_UNKNOWN;
  statement = sync_connection_prepare (
      connection,
      "SELECT total (state = 'pending'), total (state = 'refused'), total (state = 'failed'), "
      "total (length (id) + length (entity) + coalesce (length (error), 0) + ?1), "
      "min (changed_at), "
      "(SELECT count(*) FROM psync_held), (SELECT count(*) FROM psync_sent), "
      "(SELECT total (length (body)) FROM psync_batch) FROM psync_change WHERE " EDITED,
      error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, ROW_OVERHEAD);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      stats->pending = (guint64) sync_statement_int64 (statement, 0);
      stats->refused = (guint64) sync_statement_int64 (statement, 1);
      stats->failed = (guint64) sync_statement_int64 (statement, 2);
      stats->oldest_change_at = read_iso_time (statement, 4);
      stats->held = (guint64) sync_statement_int64 (statement, 5);
      stats->unsettled = (guint64) sync_statement_int64 (statement, 6);
      stats->bytes = (guint64) sync_statement_int64 (statement, 3)
                     + (guint64) sync_statement_int64 (statement, 7)
                     + stats->unsettled * ROW_OVERHEAD;
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_store_retry_changes:
 * @store: a store
 * @entity: (nullable): an entity's name, %NULL with @id: every refused and failed row
 * @id: (nullable): a row's id; %NULL: every refused and failed row of @entity
 * @error: where to put an error
 *
 * Makes refused and failed rows, and those that wait for their next attempt, due again.
 *
 * Returns: how many rows, -1 on error; SYNC_ERROR_NOT_FOUND if @id does not wait in the outbox
 */
gssize
sync_store_retry_changes (SyncStore *store, const char *entity, const char *id, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;
  gint64 changes;

  statement = sync_connection_prepare (
      connection,
      id != NULL
          ? "UPDATE psync_change SET state = 'pending', attempts = 0, next_attempt_at = NULL, "
            "error = NULL WHERE entity = ?1 AND id = ?2 AND " EDITED
          : "UPDATE psync_change SET state = 'pending', attempts = 0, next_attempt_at = NULL, "
            "error = NULL WHERE (?1 IS NULL OR entity = ?1) "
            "AND (state <> 'pending' OR next_attempt_at IS NOT NULL)",
      error);
  if (statement == NULL)
    return -1;
  sync_statement_bind_text (statement, 1, entity, -1);
  if (id != NULL)
    sync_statement_bind_text (statement, 2, id, -1);
  if (!sync_statement_run (statement, error))
    return -1;
  changes = sync_connection_changes (connection);
  if (id != NULL && changes == 0)
    {
      sync_error_set_absent (error, "change", id);
      return -1;
    }
  return (gssize) changes;
}

/* Those that the cloud refused for the sake of other rows. */
#define HINDERED \
  "FROM psync_change WHERE entity = ?1 AND state = 'refused' " \
  "AND json_extract (error, '$.reason') IN ('23503', '23505') "

/**
 * sync_store_retry_hindered:
 * @store: a store
 * @entity: an entity's name
 * @limit: how many at most, any of them
 * @n_rows: (out): how many
 * @error: where to put an error
 *
 * Makes rows due again that the cloud refused for the sake of other rows: what they refer to was not there, or another
 * one had their UNIQUE value. For when such rows may have come, or made room.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_retry_hindered (SyncStore *store, const char *entity, guint limit, guint *n_rows, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;
  gint64 any;

  *n_rows = 0;
  /* Mostly there are none, and nobody is kept from writing for it. */
  if (!sync_connection_query_int64 (connection, 0, &any, error, "SELECT EXISTS (SELECT 1 " HINDERED ")", entity, NULL))
    return FALSE;
  if (any == 0)
    return TRUE;
  statement = sync_connection_prepare (
      connection,
      "UPDATE psync_change SET state = 'pending', attempts = 0, next_attempt_at = NULL, error = NULL "
      "WHERE entity = ?1 AND id IN (SELECT id " HINDERED "ORDER BY random () LIMIT ?2)",
      error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity, -1);
  if (!sync_statement_run (sync_statement_bind_int64 (statement, 2, limit), error))
    return FALSE;
  *n_rows = (guint) sync_connection_changes (connection);
  return TRUE;
}

/* What a run would send at the time ?1: rows of enabled entities, neither in conflict nor held. */
#define SENDABLE \
  "FROM psync_entity e JOIN psync_change c ON c.entity = e.name " \
  "WHERE e.enabled AND c.state = 'pending' " \
  "AND NOT EXISTS (SELECT 1 FROM psync_conflict f " \
  "WHERE f.entity = c.entity AND f.id = c.id AND f.state = 'open') " \
  "AND NOT EXISTS (SELECT 1 FROM psync_held h WHERE h.entity = c.entity AND h.id = c.id) "

static gboolean
query_time (SyncConnection *connection, const char *sql, gint64 now, gint64 *time, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (connection, sql, error);
  SyncStep step;

  *time = SYNC_TIME_UNKNOWN;
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, now);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    *time = read_time (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_store_has_due_changes:
 * @store: a store
 * @now: microseconds since 1970
 * @due: (out): whether a row can be sent now: pending, its turn come, neither in conflict nor held,
 *   of an enabled entity
 * @next_attempt_at: (out): when the next such row's turn comes, if none's has; else
 *   SYNC_TIME_UNKNOWN
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_has_due_changes (SyncStore *store, gint64 now, gboolean *due, gint64 *next_attempt_at,
                            GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  gint64 found;

  *due = FALSE;
  *next_attempt_at = SYNC_TIME_UNKNOWN;
  if (!query_time (connection,
                   "SELECT ?1 " SENDABLE
                   "AND " SYNC_OUTBOX_TURN_CAME ("?1") "LIMIT 1",
                   now, &found, error))
    return FALSE;
  *due = found != SYNC_TIME_UNKNOWN;
  return *due
         || query_time (connection,
                        "SELECT min (c.next_attempt_at) " SENDABLE "AND c.next_attempt_at > ?1",
                        now, next_attempt_at, error);
}
