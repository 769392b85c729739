/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-outbox.h"

#include "sync-error-json.h"
#include "sync-store-private.h"
#include "sync-trail.h"

/* What becomes of a batch when the answer comes. */

/* Answers mostly come in the order of the batch. */
static SyncBatchRow *
find_row (SyncBatch *batch, const char *id, guint *guess)
{
  for (guint i = 0; i < batch->rows->len; i++)
    {
      guint place = (*guess + i) % batch->rows->len;
      SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, place);

      if (g_str_equal (row->id, id))
        {
          *guess = place + 1;
          return row;
        }
    }
  return NULL;
}

static gboolean
is_run (SyncSpan value, const char *run_id)
{
  gsize length = strlen (run_id);

  return value.length == length + 2 && value.text[0] == '"' && memcmp (value.text + 1, run_id, length) == 0;
}

/* The contents sent are the base now. */
static gboolean
put_bases (SyncStore *store, const SyncBatch *batch, GError **error)
{
  g_autoptr (GString) text = g_string_sized_new (batch->body->len);
  g_autofree SyncBase *bases = g_new (SyncBase, batch->rows->len);
  guint n = 0;

  for (guint i = 0; i < batch->rows->len; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);
      SyncBase *base = &bases[n];

      if (!row->won)
        continue;
      n++;
      *base = (SyncBase){ .id = row->id, .version = row->version };
      if (row->deleted)
        continue;
      /* Without the stamps it is shorter than in the body: the text does not move. */
      base->contents.text = text->str + text->len;
      base->contents.length = row->end - row->start + 1;
      g_string_append_len (text, batch->body->str + row->start, (gssize) (row->end - row->start));
      g_string_append_c (text, '}');
    }
  g_assert (text->len <= batch->body->len);
  return sync_ledger_put_bases (store, batch->entity, bases, n, error);
}

/* Another trigger of the cloud changed the row: it is read again. */
static gboolean
acknowledge_row (SyncStore *store, SyncBatch *batch, const SyncBatchRow *row, GError **error)
{
  const SyncEntity *entity = batch->entity;

  if (row->changed_there)
    return sync_ledger_set_reread (store, entity, row->id, TRUE, error)
           && sync_ledger_clear_maybe_sent (store, entity, row->id, error);
  if (!sync_ledger_drop_change (store, entity, row->id, row->seq, error))
    return FALSE;
  return sync_connection_changes (sync_store_get_connection (store)) > 0
         || sync_ledger_clear_maybe_sent (store, entity, row->id, error);
}

/* The sends below the versions that the answer gave. Nearly always that is the whole batch and nothing else, which
 * goes at once. */
static gboolean
settle_rows (SyncStore *store, SyncBatch *batch, guint n_won, GError **error)
{
  gboolean alone;

  if (!sync_ledger_is_only_batch (store, batch->number, &alone, error))
    return FALSE;
  if (alone && n_won == batch->rows->len)
    return sync_ledger_settle_all (store, error);
  for (guint i = 0; i < batch->rows->len; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);

      if (row->won && !sync_ledger_settle (store, batch->entity, row->id, row->version, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
trace_rows (SyncStore *store, const SyncBatch *batch, gint64 run, GError **error)
{
  g_auto (SyncTrail) trail;

  sync_trail_init (&trail);
  for (guint i = 0; i < batch->rows->len; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);

      if (row->won)
        sync_trail_add (&trail, row->id, row->version);
      if (trail.n == SYNC_TRAIL_ROWS && !sync_trail_write (&trail, store, run, batch->entity, "pushed", error))
        return FALSE;
    }
  return sync_trail_write (&trail, store, run, batch->entity, "pushed", error);
}

/* Where the walk through the outbox is in the batch: both are in the order of ids. */
typedef struct
{
  SyncBatch *batch;
  guint next;
} Walk;

static gboolean
is_done (const char *id, gint64 seq, gpointer data)
{
  Walk *walk = data;
  GArray *rows = walk->batch->rows;
  SyncBatchRow *row;

  while (walk->next < rows->len && strcmp (g_array_index (rows, SyncBatchRow, walk->next).id, id) < 0)
    walk->next++;
  if (walk->next == rows->len)
    return FALSE;
  row = &g_array_index (rows, SyncBatchRow, walk->next);
  row->gone = row->won && !row->changed_there && row->seq == seq && g_str_equal (row->id, id);
  return row->gone;
}

static gboolean
drop_filtered (SyncStore *store, const SyncBatch *batch, GError **error)
{
  const SyncBatchRow *first = &g_array_index (batch->rows, SyncBatchRow, 0);
  const SyncBatchRow *last = &g_array_index (batch->rows, SyncBatchRow, batch->rows->len - 1);
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store),
                                 "DELETE FROM main.psync_change WHERE entity = ?1 AND id BETWEEN ?2 AND ?3 "
                                 "AND CASE WHEN reread = 0 THEN psync_filter (id, seq) END",
                                 error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_borrowed (statement, 1, batch->entity->name, -1);
  sync_statement_bind_borrowed (statement, 2, first->id, -1);
  sync_statement_bind_borrowed (statement, 3, last->id, -1);
  return sync_statement_run (statement, error);
}

/* The rows that nothing but this batch is about, and that were not edited meanwhile: they leave the outbox as they lie
 * there. */
static gboolean
drop_rows (SyncStore *store, SyncBatch *batch, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  Walk walk = { .batch = batch };
  gboolean good;

  if (!sync_connection_set_filter (connection, is_done, &walk, error))
    return FALSE;
  good = drop_filtered (store, batch, error);
  return sync_connection_set_filter (connection, NULL, NULL, good ? error : NULL) && good;
}

static gboolean
acknowledge_rows (SyncStore *store, SyncBatch *batch, guint n_won, gint64 run, GError **error)
{
  gboolean is_free;

  if (!settle_rows (store, batch, n_won, error) || !sync_ledger_is_free (store, batch->entity, &is_free, error)
      || !put_bases (store, batch, error) || (is_free && n_won > 0 && !drop_rows (store, batch, error)))
    return FALSE;
  for (guint i = 0; i < batch->rows->len; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);

      if (row->won && !row->gone && !acknowledge_row (store, batch, row, error))
        return FALSE;
    }
  return run == 0 || trace_rows (store, batch, run, error);
}

static gboolean
answer_is_wrong (const SyncBatch *batch, GError **error)
{
  sync_error_set (error, SYNC_ERROR_PROTOCOL, batch->entity->name,
                  "The cloud's answer to a push of %s cannot be right", batch->entity->name);
  return FALSE;
}

/* Notes what the answer says of each row of the batch. */
static gboolean
read_answer (SyncStore *store, SyncBatch *batch, GBytes *answer, const char *run_id, SyncCounts *counts,
             guint *n_won, gint64 *top, GError **error)
{
  SyncTable *table = sync_store_get_table (store, batch->entity, error);
  g_autoptr (SyncRow) row = sync_row_new (batch->entity);
  g_autoptr (GString) id = g_string_new (NULL);
  SyncJsonReader reader;
  guint guess = 0;

  if (table == NULL)
    return FALSE;
  sync_json_reader_init (&reader, g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
  if (!sync_json_enter_array (&reader))
    return answer_is_wrong (batch, error);
  while (sync_json_next_element (&reader))
    {
      SyncStamps stamps;
      SyncBatchRow *sent;

      if (!sync_row_parse (row, &reader, &stamps, NULL, error))
        return FALSE;
      sent = sync_table_row_id (table, row, id) ? find_row (batch, id->str, &guess) : NULL;
      if (sent == NULL || stamps.version <= sent->base_version)
        return answer_is_wrong (batch, error);
      if (sent->won)
        continue;
      sent->won = TRUE;
      sent->version = stamps.version;
      sent->changed_there = !is_run (stamps.run_id, run_id);
      (*n_won)++;
      counts->pushed++;
      counts->deleted += sent->deleted;
      *top = MAX (*top, stamps.version);
    }
  return (reader.fault == NULL && sync_json_at_end (&reader)) || answer_is_wrong (batch, error);
}

/**
 * sync_outbox_acknowledge:
 * @store: the store
 * @batch: the batch
 * @answer: what the provider's push gave
 * @run_id: this run
 * @run: its number, for the trace; 0: none
 * @counts: (inout): gets what was pushed added
 * @top: (inout): the newest version acknowledged
 * @error: [error@SyncError.PROTOCOL], or SQLite's: nothing of the answer is kept
 *
 * Acknowledges by (id, seq): a row edited while its push was under way stays pending on the new version. A row
 * that the answer does not name is unknown, not lost: its send stays unsettled.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_outbox_acknowledge (SyncStore *store,
                         SyncBatch *batch,
                         GBytes *answer,
                         const char *run_id,
                         gint64 run,
                         SyncCounts *counts,
                         gint64 *top,
                         GError **error)
{
  SyncCounts before = *counts;
  SyncScope scope;
  guint n_won = 0;
  gboolean good;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = read_answer (store, batch, answer, run_id, counts, &n_won, top, error)
         && acknowledge_rows (store, batch, n_won, run, error) && sync_ledger_trim_batches (store, error);
  if (sync_scope_end (&scope, good, error))
    return TRUE;
  *counts = before;
  return FALSE;
}

gboolean
sync_outbox_roll_back (SyncStore *store,
                       SyncBatch *batch,
                       GError **error)
{
  SyncScope scope;

  return sync_scope_begin (&scope, store, error)
         && sync_scope_end (&scope, sync_ledger_settle_batch (store, batch->number, error), error);
}

/**
 * sync_outbox_refuse_row:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @reason: why
 * @as_sent: only if it was not edited since it was last sent: a refusal holds for what was refused
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_outbox_refuse_row (SyncStore *store,
                        const SyncEntity *entity,
                        const char *id,
                        const GError *reason,
                        gboolean as_sent,
                        GError **error)
{
  g_autofree char *json = sync_error_to_json (reason);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "UPDATE main.psync_change SET state = 'refused', error = ?3, next_attempt_at = NULL "
      "WHERE entity = ?1 AND id = ?2 AND (?4 = 0 OR seq <= "
      "(SELECT max (s.seq) FROM main.psync_sent s WHERE s.entity = ?1 AND s.id = ?2))",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_text (statement, 2, id, -1);
  sync_statement_bind_text (statement, 3, json, -1);
  sync_statement_bind_int64 (statement, 4, as_sent);
  return sync_statement_run (statement, error);
}

/* Only if the row was not edited meanwhile: a refusal holds for its seq. */
static gboolean
set_state (SyncStore *store, const SyncBatch *batch, const SyncBatchRow *row, const char *sql,
           const GError *reason, gint64 next_attempt_at, guint max_attempts, GError **error)
{
  g_autofree char *json = sync_error_to_json (reason);
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (store), sql, error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, batch->entity->name, -1);
  sync_statement_bind_text (statement, 2, row->id, -1);
  sync_statement_bind_int64 (statement, 3, row->seq);
  sync_statement_bind_text (statement, 4, json, -1);
  if (max_attempts > 0)
    {
      sync_statement_bind_int64 (statement, 5, next_attempt_at);
      sync_statement_bind_int64 (statement, 6, max_attempts);
    }
  return sync_statement_run (statement, error);
}

/**
 * sync_outbox_refuse:
 * @store: the store
 * @batch: a batch of one row
 * @reason: why the cloud does not take it
 * @error: SQLite's
 *
 * Only [error@SyncError.ROW_REFUSED] says that nothing was written there: else the send stays unsettled.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_outbox_refuse (SyncStore *store,
                    SyncBatch *batch,
                    const GError *reason,
                    GError **error)
{
  SyncScope scope;
  gboolean good;

  g_assert (batch->rows->len == 1);

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = (!g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED)
          || sync_ledger_settle_batch (store, batch->number, error))
         && set_state (store, batch, &g_array_index (batch->rows, SyncBatchRow, 0),
                       "UPDATE main.psync_change SET state = 'refused', error = ?4, next_attempt_at = NULL "
                       "WHERE entity = ?1 AND id = ?2 AND seq = ?3",
                       reason, 0, 0, error);
  return sync_scope_end (&scope, good, error);
}

gboolean
sync_outbox_defer (SyncStore *store,
                   SyncBatch *batch,
                   gint64 next_attempt_at,
                   guint max_attempts,
                   const GError *reason,
                   GError **error)
{
  SyncScope scope;
  gboolean good = TRUE;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  for (guint i = 0; good && i < batch->rows->len; i++)
    good = set_state (store, batch, &g_array_index (batch->rows, SyncBatchRow, i),
                      "UPDATE main.psync_change SET attempts = attempts + 1, next_attempt_at = ?5, "
                      "error = ?4, state = CASE WHEN attempts + 1 >= ?6 THEN 'failed' ELSE state END "
                      "WHERE entity = ?1 AND id = ?2 AND seq = ?3",
                      reason, next_attempt_at, MAX (max_attempts, 1), error);
  return sync_scope_end (&scope, good, error);
}
