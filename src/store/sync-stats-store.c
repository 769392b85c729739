/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-stats-store.h"

#include <string.h>

#include "sync-history-store.h"
#include "sync-queue-store.h"
#include "sync-time.h"

/* How many of the newest runs are looked through for when an entity last moved. */
#define RUNS_LOOKED_THROUGH 200

static gboolean
list_existing_tables (SyncConnection *connection, GHashTable *tables, GError **error)
{
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (
      connection, "SELECT lower (name) FROM main.sqlite_schema WHERE type = 'table'", error);
  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_hash_table_add (tables, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/* A SELECT of one count for each entity, in the registry's order: count(*) alone walks the
 * smallest b-tree of a table and decodes no row. NULL stands for a table that its owner dropped
 * or renamed. */
static char *
build_record_counts (SyncStore *store, GHashTable *tables)
{
  GPtrArray *entities = sync_store_get_entities (store);
  GString *sql = g_string_new ("SELECT 0");

  for (guint i = 0; i < entities->len; i++)
    {
      const SyncEntity *entity = g_ptr_array_index (entities, i);
      g_autofree char *name = g_ascii_strdown (entity->table, -1);

      if (!g_hash_table_contains (tables, name))
        {
          g_string_append (sql, ", NULL");
          continue;
        }
      g_string_append (sql, ", (SELECT count(*) FROM main.");
      sync_sql_append_identifier (sql, entity->table);
      g_string_append_c (sql, ')');
    }
  return g_string_free (sql, FALSE);
}

/* counts (element-type gint64): one for each entity of the registry. */
static gboolean
count_records (SyncStore *store, GArray *counts, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  GPtrArray *entities = sync_store_get_entities (store);
  g_autoptr (GHashTable) tables = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *sql = NULL;
  SyncStatement *statement;
  SyncStep step;

  g_array_set_size (counts, entities->len);
  if (!list_existing_tables (connection, tables, error))
    return FALSE;
  sql = build_record_counts (store, tables);
  statement = sync_connection_prepare (connection, sql, error);
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  for (guint i = 0; step == SYNC_STEP_ROW && i < entities->len; i++)
    g_array_index (counts, gint64, i) = sync_statement_int64 (statement, (int) i + 1);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

static gboolean
count_enabled_records (SyncStore *store, gint64 *records, GError **error)
{
  g_autoptr (GArray) counts = g_array_new (FALSE, TRUE, sizeof (gint64));
  GPtrArray *entities = sync_store_get_entities (store);

  if (!count_records (store, counts, error))
    return FALSE;
  *records = 0;
  for (guint i = 0; i < entities->len; i++)
    if (((const SyncEntity *) g_ptr_array_index (entities, i))->enabled)
      *records += g_array_index (counts, gint64, i);
  return TRUE;
}

static gboolean
count_conflicts (SyncConnection *connection, SyncStats *stats, GError **error)
{
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (
      connection,
      "SELECT (SELECT count(*) FROM psync_conflict WHERE state = 'open'), "
      "(SELECT count(*) FROM psync_conflict WHERE state <> 'open' "
      "AND kind IN ('edit-edit', 'edit-delete', 'delete-edit'))",
      error);
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      stats->conflicts_open = sync_statement_int64 (statement, 0);
      stats->conflicts_resolved = sync_statement_int64 (statement, 1);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/* What is noted of a disabled entity waits for nobody: no run would send it, nor try it again. A row without an edit is
 * only to be read again. */
static gboolean
count_changes (SyncConnection *connection, SyncStats *stats, GError **error)
{
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (connection,
                                       "WITH e AS (SELECT name FROM psync_entity WHERE enabled) "
                                       "SELECT count(*) FILTER (WHERE state = 'pending'), "
                                       "count(*) FILTER (WHERE state <> 'pending'), "
                                       "(SELECT count(*) FROM psync_held WHERE entity IN e) "
                                       "FROM psync_change WHERE seq > 0 AND entity IN e",
                                       error);
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      stats->pending = sync_statement_int64 (statement, 0);
      stats->failed = sync_statement_int64 (statement, 1);
      stats->held = sync_statement_int64 (statement, 2);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_store_count_waiting:
 * @store: a store
 * @history: how many of the newest runs to give with it; 0: none
 * @error: where to put an error
 *
 * As sync_store_get_stats(), but for the number of records and the size of the queue, which stay 0: to count them takes
 * the longer the more there are, and this is asked for after every run.
 *
 * Returns: (transfer full) (nullable): the statistics; %NULL with @error set
 */
SyncStats *
sync_store_count_waiting (SyncStore *store, guint history, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (SyncStats) stats = sync_stats_new ();

  if (!count_changes (connection, stats, error) || !count_conflicts (connection, stats, error)
      || !sync_store_get_last_sync (store, &stats->last_sync_at, error))
    return NULL;
  if (history > 0)
    {
      GPtrArray *runs = sync_store_list_history (store, NULL, NULL, 0, history, error);

      if (runs == NULL)
        return NULL;
      g_ptr_array_unref (stats->history);
      stats->history = runs;
    }
  return g_steal_pointer (&stats);
}

/**
 * sync_store_get_stats:
 * @store: a store
 * @history: how many of the newest runs to give with it; 0: none
 * @error: where to put an error
 *
 * Counts everything, in a handful of statements that stay quick with many rows.
 *
 * Returns: (transfer full) (nullable): the statistics, without the next run's time; %NULL with
 *   @error set
 */
SyncStats *
sync_store_get_stats (SyncStore *store, guint history, GError **error)
{
  g_autoptr (SyncStats) stats = sync_store_count_waiting (store, history, error);
  SyncQueueStats queue;

  if (stats == NULL || !sync_store_get_queue_stats (store, &queue, error)
      || !count_enabled_records (store, &stats->records, error))
    return NULL;
  stats->queue_bytes = (gint64) queue.bytes;
  return g_steal_pointer (&stats);
}

static SyncEntityStatus *
find_status (GPtrArray *list, const char *name)
{
  for (guint i = 0; name != NULL && i < list->len; i++)
    {
      SyncEntityStatus *status = g_ptr_array_index (list, i);

      if (strcmp (status->entity->name, name) == 0)
        return status;
    }
  return NULL;
}

/* Columns: entity, then what `fill` reads. */
static gboolean
fill_statuses (SyncConnection *connection, GPtrArray *list, const char *sql,
               void (*fill) (SyncEntityStatus *status, SyncStatement *statement), GError **error)
{
  SyncStatement *statement = sync_connection_prepare (connection, sql, error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      SyncEntityStatus *status = find_status (list, sync_statement_text (statement, 0, NULL));

      if (status != NULL)
        fill (status, statement);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

static void
fill_cursor (SyncEntityStatus *status, SyncStatement *statement)
{
  status->pulled_version = sync_statement_int64 (statement, 1);
}

static void
fill_changes (SyncEntityStatus *status, SyncStatement *statement)
{
  gsize length;
  const char *text;
  gint64 time;

  status->waiting = sync_statement_int64 (statement, 1);
  status->refused = sync_statement_int64 (statement, 2);
  text = sync_statement_text (statement, 3, &length);
  if (text != NULL && sync_time_parse (text, length, &time))
    status->last_change_at = MAX (status->last_change_at, time);
}

static void
fill_held (SyncEntityStatus *status, SyncStatement *statement)
{
  status->held = sync_statement_int64 (statement, 1);
}

static void
fill_conflicts (SyncEntityStatus *status, SyncStatement *statement)
{
  status->conflicts = sync_statement_int64 (statement, 1);
}

static void
fill_last_run (SyncEntityStatus *status, SyncStatement *statement)
{
  status->last_change_at = MAX (status->last_change_at, sync_statement_int64 (statement, 1));
}

/**
 * sync_store_list_entity_status:
 * @store: a store
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncEntityStatus) (nullable): the entities and how they
 *   stand, parents first: `last_change_at` is when a run last moved a row of it, or when the newest
 *   waiting row changed; %NULL with @error set
 */
GPtrArray *
sync_store_list_entity_status (SyncStore *store, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  GPtrArray *entities = sync_store_get_entities (store);
  g_autoptr (GArray) counts = g_array_new (FALSE, TRUE, sizeof (gint64));
  g_autoptr (GPtrArray) list
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_status_free);

  if (!count_records (store, counts, error))
    return NULL;
  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntityStatus *status = g_new0 (SyncEntityStatus, 1);

      status->entity = sync_entity_ref (g_ptr_array_index (entities, i));
      status->records = g_array_index (counts, gint64, i);
      status->last_change_at = SYNC_TIME_UNKNOWN;
      g_ptr_array_add (list, status);
    }
  if (!fill_statuses (connection, list, "SELECT name, pulled_version FROM psync_entity",
                      fill_cursor, error)
      || !fill_statuses (connection, list,
                         "SELECT entity, total (state = 'pending'), total (state <> 'pending'), "
                         "max (changed_at) FROM psync_change WHERE seq > 0 GROUP BY entity",
                         fill_changes, error)
      || !fill_statuses (connection, list,
                         "SELECT entity, count(*) FROM psync_held GROUP BY entity", fill_held,
                         error)
      || !fill_statuses (
          connection, list,
          "SELECT entity, count(*) FROM psync_conflict WHERE state = 'open' GROUP BY entity",
          fill_conflicts, error)
      || !fill_statuses (
          connection, list,
          "SELECT e.key, max (h.finished_at) FROM (SELECT finished_at, entities "
          "FROM psync_history WHERE finished_at IS NOT NULL ORDER BY run DESC "
          "LIMIT " G_STRINGIFY (RUNS_LOOKED_THROUGH) ") h, "
                                                     "json_each (h.entities) e GROUP BY e.key",
          fill_last_run, error))
    return NULL;
  return g_steal_pointer (&list);
}
