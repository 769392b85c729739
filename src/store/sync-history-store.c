/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-store.h"

#include <string.h>

#include "sync-error-json.h"
#include "sync-json.h"
#include "sync-list-keys.h"
#include "sync-store-private.h"

/* The counts, as columns of psync_history and as members of its `entities`, with their place. */
static const struct
{
  const char *name;
  gsize offset;
} count_fields[] = {
  { "pulled", G_STRUCT_OFFSET (SyncCounts, pulled) },
  { "pushed", G_STRUCT_OFFSET (SyncCounts, pushed) },
  { "deleted", G_STRUCT_OFFSET (SyncCounts, deleted) },
  { "merged", G_STRUCT_OFFSET (SyncCounts, merged) },
  { "conflicts", G_STRUCT_OFFSET (SyncCounts, conflicts) },
  { "refused", G_STRUCT_OFFSET (SyncCounts, refused) },
  { "held", G_STRUCT_OFFSET (SyncCounts, held) },
};

#define N_COUNTS G_N_ELEMENTS (count_fields)

static guint64 *
count_at (SyncCounts *counts, guint i)
{
  return &G_STRUCT_MEMBER (guint64, counts, count_fields[i].offset);
}

static char *
write_entities (const SyncResult *result)
{
  GString *json = g_string_new ("{");

  for (guint i = 0; i < result->entities->len; i++)
    {
      SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);
      const char *separator = "";

      if (i > 0)
        g_string_append_c (json, ',');
      sync_json_append_string (json, counts->entity, strlen (counts->entity));
      g_string_append (json, ":{");
      for (guint field = 0; field < N_COUNTS; field++)
        {
          guint64 count = *count_at (&counts->counts, field);

          if (count == 0)
            continue;
          g_string_append_printf (json, "%s\"%s\":%" G_GUINT64_FORMAT, separator,
                                  count_fields[field].name, count);
          separator = ",";
        }
      g_string_append_c (json, '}');
    }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

static void
read_counts (SyncCounts *counts, SyncSpan object)
{
  for (guint i = 0; i < N_COUNTS; i++)
    {
      SyncSpan value;
      gint64 count;

      if (sync_json_get_member (object, count_fields[i].name, &value)
          && sync_json_to_int64 (value, &count) && count > 0)
        *count_at (counts, i) = (guint64) count;
    }
}

static void
read_entities (SyncResult *result, const char *json)
{
  SyncJsonReader reader;
  SyncSpan name, value;

  if (json == NULL)
    return;
  sync_json_reader_init (&reader, json, strlen (json));
  if (!sync_json_enter_object (&reader))
    return;
  while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
    {
      g_autofree char *entity = sync_json_dup_name (name);

      if (entity != NULL && sync_json_type (value) == SYNC_JSON_OBJECT)
        read_counts (sync_result_counts_for (result, entity), value);
    }
}

/**
 * sync_store_begin_history:
 * @store: a store
 * @kind: what kind of run begins
 * @now: microseconds since 1970
 * @error: where to put an error
 *
 * Notes that a run began. If the program is killed, that is what stays.
 *
 * Returns: the run's number; 0 on error
 */
gint64
sync_store_begin_history (SyncStore *store, SyncRunKind kind, gint64 now, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement;

  statement = sync_connection_prepare (connection,
                                       "INSERT INTO psync_history (kind, started_at, outcome) "
                                       "VALUES (?1, ?2, 'running')",
                                       error);
  if (statement == NULL)
    return 0;
  sync_statement_bind_text (statement, 1, sync_run_kind_to_string (kind), -1);
  sync_statement_bind_int64 (statement, 2, now);
  return sync_statement_run (statement, error) ? sync_connection_last_rowid (connection) : 0;
}

/* The run before, if it found nothing to do either; 0: it did something. */
static gboolean
find_run_to_repeat (SyncConnection *connection, const SyncResult *result, gint64 *run,
                    GError **error)
{
  SyncStatement *statement;
  SyncStep step;

  *run = 0;
  statement
      = sync_connection_prepare (connection,
                                 "SELECT run, outcome = 'nothing' AND kind = ?2 "
                                 "FROM psync_history WHERE run <> ?1 ORDER BY run DESC LIMIT 1",
                                 error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, result->run);
  sync_statement_bind_text (statement, 2, sync_run_kind_to_string (result->kind), -1);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW && sync_statement_int64 (statement, 1) != 0)
    *run = sync_statement_int64 (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

static gboolean
repeat_run (SyncConnection *connection, gint64 run, SyncResult *result, GError **error)
{
  SyncStatement *statement;

  statement = sync_connection_prepare (
      connection,
      "UPDATE psync_history SET repeats = repeats + 1, finished_at = ?2, requests = requests + ?3, "
      "bytes_sent = bytes_sent + ?4, bytes_received = bytes_received + ?5 WHERE run = ?1",
      error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, run);
  sync_statement_bind_int64 (statement, 2, result->finished_at);
  sync_statement_bind_int64 (statement, 3, (gint64) result->requests);
  sync_statement_bind_int64 (statement, 4, (gint64) result->bytes_sent);
  sync_statement_bind_int64 (statement, 5, (gint64) result->bytes_received);
  if (!sync_statement_run (statement, error))
    return FALSE;
  if (result->run == 0)
    {
      result->run = run;
      return TRUE;
    }
  statement
      = sync_connection_prepare (connection, "DELETE FROM psync_history WHERE run = ?1", error);
  if (statement == NULL
      || !sync_statement_run (sync_statement_bind_int64 (statement, 1, result->run), error))
    return FALSE;
  result->run = run;
  return TRUE;
}

static void
bind_result (SyncStatement *statement, SyncResult *result)
{
  g_autofree char *problem = sync_error_to_json (result->error);
  g_autofree char *entities = write_entities (result);
  int index = 1;

  sync_statement_bind_int64 (statement, index++, result->run);
  sync_statement_bind_text (statement, index++, sync_run_kind_to_string (result->kind), -1);
  sync_statement_bind_int64 (statement, index++, result->started_at);
  sync_statement_bind_int64 (statement, index++, result->finished_at);
  sync_statement_bind_text (statement, index++, sync_outcome_to_string (result->outcome), -1);
  sync_statement_bind_text (statement, index++, problem, -1);
  for (guint i = 0; i < N_COUNTS; i++)
    sync_statement_bind_int64 (statement, index++, (gint64) *count_at (&result->total, i));
  sync_statement_bind_int64 (statement, index++, (gint64) result->requests);
  sync_statement_bind_int64 (statement, index++, (gint64) result->bytes_sent);
  sync_statement_bind_int64 (statement, index++, (gint64) result->bytes_received);
  sync_statement_bind_text (statement, index++, entities, -1);
}

static gboolean
write_run (SyncConnection *connection, SyncResult *result, GError **error)
{
  SyncStatement *statement;

  statement = sync_connection_prepare (
      connection,
      "INSERT INTO psync_history (run, kind, started_at, finished_at, outcome, error, pulled, "
      "pushed, deleted, merged, conflicts, refused, held, requests, bytes_sent, bytes_received, "
      "entities) VALUES (nullif (?1, 0), ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, "
      "?15, ?16, ?17) "
      "ON CONFLICT (run) DO UPDATE SET kind = excluded.kind, started_at = excluded.started_at, "
      "finished_at = excluded.finished_at, outcome = excluded.outcome, error = excluded.error, "
      "pulled = excluded.pulled, pushed = excluded.pushed, deleted = excluded.deleted, "
      "merged = excluded.merged, conflicts = excluded.conflicts, refused = excluded.refused, "
      "held = excluded.held, requests = excluded.requests, bytes_sent = excluded.bytes_sent, "
      "bytes_received = excluded.bytes_received, entities = excluded.entities",
      error);
  if (statement == NULL)
    return FALSE;
  bind_result (statement, result);
  if (!sync_statement_run (statement, error))
    return FALSE;
  if (result->run == 0)
    result->run = sync_connection_last_rowid (connection);
  return TRUE;
}

static gboolean
finish_run (SyncConnection *connection, SyncResult *result, GError **error)
{
  gint64 run = 0;

  if (result->outcome == SYNC_OUTCOME_NOTHING
      && !find_run_to_repeat (connection, result, &run, error))
    return FALSE;
  return run != 0 ? repeat_run (connection, run, result, error)
                  : write_run (connection, result, error);
}

/**
 * sync_store_finish_history:
 * @store: a store
 * @result: how a run ended: `run` as begun, or 0 if nothing was noted of it yet; times that are
 *   unknown become now
 * @error: where to put an error
 *
 * Notes how a run ended. One that found nothing to do right after another such one is folded into
 * that one's record, so that idle times do not fill the history. Sets @result's number to that of
 * the record.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_finish_history (SyncStore *store, SyncResult *result, GError **error)
{
  gint64 now = sync_clock_now (sync_store_get_clock (store));
  SyncScope scope;

  if (result->finished_at == SYNC_TIME_UNKNOWN)
    result->finished_at = now;
  if (result->started_at == SYNC_TIME_UNKNOWN)
    result->started_at = result->finished_at;
  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  return sync_scope_end (&scope, finish_run (store->connection, result, error), error);
}

/* In the order of sync_store_list_history(). */
static SyncResult *
read_result (SyncStatement *statement)
{
  SyncResult *result;
  SyncRunKind kind = SYNC_RUN_SYNC;
  int column = 6;

  sync_run_kind_from_string (sync_statement_text (statement, 1, NULL), &kind);
  result = sync_result_new (kind);
  result->run = sync_statement_int64 (statement, 0);
  result->started_at = sync_statement_int64 (statement, 2);
  if (!sync_statement_is_null (statement, 3))
    result->finished_at = sync_statement_int64 (statement, 3);
  if (!sync_outcome_from_string (sync_statement_text (statement, 4, NULL), &result->outcome))
    result->outcome = SYNC_OUTCOME_FAILED;
  result->error = sync_error_from_json (sync_statement_text (statement, 5, NULL));
  for (guint i = 0; i < N_COUNTS; i++)
    *count_at (&result->total, i) = (guint64) sync_statement_int64 (statement, column++);
  result->requests = (guint64) sync_statement_int64 (statement, column++);
  result->bytes_sent = (guint64) sync_statement_int64 (statement, column++);
  result->bytes_received = (guint64) sync_statement_int64 (statement, column++);
  result->repeats = (guint64) sync_statement_int64 (statement, column++);
  read_entities (result, sync_statement_text (statement, column++, NULL));
  return result;
}

#define CHOSEN_RUNS SYNC_SQL_AMONG ("kind", "?3") " AND " SYNC_SQL_AMONG ("outcome", "?4")

/**
 * sync_store_list_history:
 * @store: a store
 * @kind: (nullable): only runs of this kind, or of several between commas
 * @outcome: (nullable): only runs that ended like this, or like several between commas
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncResult): a page of the runs, newest first
 */
GPtrArray *
sync_store_list_history (SyncStore *store, const char *kind, const char *outcome, guint offset,
                         guint limit, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GPtrArray) results
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_result_free);
  SyncStatement *statement;
  SyncStep step;

  statement = sync_connection_prepare (
      connection,
      "SELECT run, kind, started_at, finished_at, outcome, error, pulled, pushed, deleted, merged, "
      "conflicts, refused, held, requests, bytes_sent, bytes_received, repeats, entities "
      "FROM psync_history WHERE " CHOSEN_RUNS " ORDER BY run DESC LIMIT ?1 OFFSET ?2",
      error);
  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 3, kind, -1);
  sync_statement_bind_text (statement, 4, outcome, -1);
  sync_statement_bind_int64 (statement, 1, limit > 0 ? (gint64) limit : -1);
  sync_statement_bind_int64 (statement, 2, offset);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (results, read_result (statement));
  sync_statement_reset (statement);
  return step == SYNC_STEP_ERROR ? NULL : g_steal_pointer (&results);
}

/**
 * sync_store_list_history_keys:
 * @store: a store
 * @kind: (nullable): as for sync_store_list_history()
 * @outcome: (nullable): as for sync_store_list_history()
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64): the numbers of the runs that
 *   sync_store_list_history() lists, in that order
 */
GArray *
sync_store_list_history_keys (SyncStore *store, const char *kind, const char *outcome,
                              GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT run FROM psync_history WHERE " CHOSEN_RUNS " ORDER BY run DESC", error);

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 3, kind, -1);
  sync_statement_bind_text (statement, 4, outcome, -1);
  return sync_store_read_keys (statement, error);
}

/* Many rows are one record: its number, and the row's place in it, which is below SYNC_TRAIL_ROWS. */
#define TRACE_KEY "t.rowid * 4096 + j.key"
#define CHOSEN_TRACE "t.run = ?3 AND " SYNC_SQL_AMONG ("t.direction", "?4")

static void
read_trouble (SyncTrace *trace, const char *json)
{
  g_autoptr (GError) error = sync_error_from_json (json);
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (detail == NULL)
    return;
  trace->error_code = g_strdup (sync_error_code_name (error->code));
  trace->reason = g_strdup (detail->reason);
  trace->column = g_strdup (detail->column);
}

static SyncTrace *
read_trace (SyncStatement *statement)
{
  SyncTrace *trace = g_new0 (SyncTrace, 1);

  trace->number = sync_statement_int64 (statement, 0);
  trace->run = sync_statement_int64 (statement, 1);
  trace->entity = sync_statement_dup_text (statement, 2);
  trace->id = sync_statement_dup_text (statement, 3);
  trace->direction = sync_statement_dup_text (statement, 4);
  trace->version = sync_statement_int64 (statement, 5);
  read_trouble (trace, sync_statement_text (statement, 6, NULL));
  if (trace->error_code == NULL)
    {
      trace->reason = sync_statement_dup_text (statement, 7);
      trace->column = sync_statement_dup_text (statement, 8);
    }
  return trace;
}

/**
 * sync_store_list_trace:
 * @store: a store
 * @run: a run's number
 * @direction: (nullable): only rows that went this way: `pulled`, `pushed`, `refused`, `held`, or several
 *   of them between commas
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncTrace): a page of the rows that the run moved or could not,
 *   in the order in which it did. What is wrong with a row is told if it still is.
 */
GPtrArray *
sync_store_list_trace (SyncStore *store, gint64 run, const char *direction, guint offset, guint limit,
                       GError **error)
{
  g_autoptr (GPtrArray) list = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_trace_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT t.key, t.run, t.entity, t.id, t.direction, t.version, c.error, h.reason, h.detail "
      "FROM (SELECT " TRACE_KEY " AS key, t.run, t.entity, t.direction, json_extract (j.value, '$[0]') AS id, "
      "json_extract (j.value, '$[1]') AS version FROM psync_trace t, json_each (t.rows) j WHERE " CHOSEN_TRACE
      " ORDER BY t.rowid, j.key LIMIT ?1 OFFSET ?2) t "
      "LEFT JOIN psync_change c ON t.direction = 'refused' AND c.entity = t.entity AND c.id = t.id "
      "LEFT JOIN psync_held h ON t.direction = 'held' AND h.entity = t.entity AND h.id = t.id ORDER BY t.key",
      error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_int64 (statement, 1, limit > 0 ? (gint64) limit : -1);
  sync_statement_bind_int64 (statement, 2, offset);
  sync_statement_bind_int64 (statement, 3, run);
  sync_statement_bind_text (statement, 4, direction, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (list, read_trace (statement));
  sync_statement_reset (statement);
  return step == SYNC_STEP_ERROR ? NULL : g_steal_pointer (&list);
}

/**
 * sync_store_list_trace_keys:
 * @store: a store
 * @run: a run's number
 * @direction: (nullable): as for sync_store_list_trace()
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64): the numbers of what sync_store_list_trace() lists, in
 *   that order
 */
GArray *
sync_store_list_trace_keys (SyncStore *store, gint64 run, const char *direction, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT " TRACE_KEY " FROM psync_trace t, json_each (t.rows) j WHERE " CHOSEN_TRACE
      " ORDER BY t.rowid, j.key", error);

  if (statement == NULL)
    return NULL;
  sync_statement_bind_int64 (statement, 3, run);
  sync_statement_bind_text (statement, 4, direction, -1);
  return sync_store_read_keys (statement, error);
}

static gboolean
sum_day (SyncStatement *statement, SyncDay *day, gint64 end, GError **error)
{
  SyncStep step;

  sync_statement_bind_int64 (statement, 1, day->start);
  sync_statement_bind_int64 (statement, 2, end);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      day->pulled = (guint64) sync_statement_int64 (statement, 0);
      day->pushed = (guint64) sync_statement_int64 (statement, 1);
      day->runs = (guint64) sync_statement_int64 (statement, 2);
      day->failed = (guint64) sync_statement_int64 (statement, 3);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_store_sum_days:
 * @store: a store
 * @days: (element-type SyncDay): their starts, in order; the sums are filled in
 * @end: the end of the last
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_sum_days (SyncStore *store, GArray *days, gint64 end, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT total (pulled), total (pushed), total (repeats + 1), total (outcome IN ('failed', 'stopped')) "
      "FROM psync_history WHERE started_at >= ?1 AND started_at < ?2",
      error);

  if (statement == NULL)
    return FALSE;
  for (guint i = 0; i < days->len; i++)
    {
      SyncDay *day = &g_array_index (days, SyncDay, i);

      if (!sum_day (statement, day, i + 1 < days->len ? day[1].start : end, error))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_store_get_last_sync:
 * @store: a store
 * @time: (out): when a run last ended well, or SYNC_TIME_UNKNOWN
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_get_last_sync (SyncStore *store, gint64 *time, GError **error)
{
  return sync_connection_query_int64 (
      sync_store_get_connection (store), SYNC_TIME_UNKNOWN, time, error,
      "SELECT finished_at FROM psync_history "
      "WHERE outcome IN ('done', 'nothing') ORDER BY run DESC LIMIT 1",
      NULL);
}

/**
 * sync_store_trim_trace:
 * @store: a store
 * @before: microseconds since 1970
 * @error: where to put an error
 *
 * Forgets which rows were moved by runs that ended before @before; the runs themselves stay.
 *
 * Returns: how many entries, -1 on error
 */
gssize
sync_store_trim_trace (SyncStore *store, gint64 before, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store),
                                 "DELETE FROM psync_trace WHERE run IN (SELECT run FROM psync_history "
                                 "WHERE coalesce (finished_at, started_at) < ?1) RETURNING n",
                                 error);
  SyncStep step;
  gint64 n = 0;

  if (statement == NULL)
    return -1;
  sync_statement_bind_int64 (statement, 1, before);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    n += sync_statement_int64 (statement, 0);
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? (gssize) n : -1;
}
