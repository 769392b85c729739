/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-backoff.h"
#include "sync-queue-store.h"
#include "sync-run-private.h"

/* Step 3 of a run: due rows in batches, parents first, deletions children first. Errors decide by what they are:
 * a row's fault halves the batch until the faulty rows stand alone, the rest goes through. */

#define MAX_ATTEMPTS 4

/* How often the connection may break at one row that is sent alone. */
#define SILENT_ATTEMPTS 12

/* How many of the rows that others hindered find out whether it is worth while to try all: each that is refused again
 * costs requests of its own. */
#define HINDERED_PROBE 100

/**
 * Push:
 *
 * One entity's due rows, batch by batch.
 */
typedef struct
{
  SyncRun *run;
  SyncLeg *leg;
  gboolean deletions;
  char *after;  /* (owned) (nullable) */
  guint64 n_rows;
  guint64 total;
} Push;

/* --- Steps at the database ---------------------------------------------------------------------- */

typedef struct
{
  Push *push;
  SyncBatch *batch;   /* in or out */
  GBytes *answer;
  guint first, n;     /* a part of the batch */
  SyncBatch *part;    /* out */
  const GError *reason;
  gint64 next_attempt_at;
} BatchStep;

static gboolean
compose (SyncRun *run, gpointer data, GError **error)
{
  BatchStep *step = data;
  const SyncLeg *leg = step->push->leg;
  SyncComposeOptions options = {
    .deletions = step->push->deletions,
    .max_rows = run->batch_limit > 0 ? (guint) MIN (run->batch_rows, run->batch_limit) : run->batch_rows,
    .max_bytes = SYNC_BATCH_BYTES,
    .reached_head = leg->reached,
    .has_types = sync_provider_has_types (run->setup->provider),
    .clock_offset = run->clock_offset,
    .device_id = run->device_id,
    .run_id = run->run_id,
    .after = step->push->after,
    .first_batch = run->first_batch,
  };

  step->batch = sync_outbox_compose (sync_run_get_store (run), leg->entity, &options, error);
  return step->batch != NULL;
}

static gboolean
set_limit (SyncRun *run, gint64 limit, GError **error)
{
  run->batch_limit = limit;
  if (limit > 0)
    return sync_store_set_meta_int64 (sync_run_get_store (run), "batch-limit", limit, error);
  return sync_store_set_meta (sync_run_get_store (run), "batch-limit", NULL, error);
}

static gboolean
raise_limit (SyncRun *run, GError **error)
{
  if (run->batch_limit == 0)
    return TRUE;
  return set_limit (run, run->batch_limit < (run->batch_rows + 1) / 2 ? run->batch_limit * 2 : 0, error);
}

static gboolean
acknowledge (SyncRun *run, gpointer data, GError **error)
{
  BatchStep *step = data;
  SyncLeg *leg = step->push->leg;
  SyncStore *store = sync_run_get_store (run);
  SyncConnection *connection = sync_store_get_connection (store);
  gint64 top = MAX (leg->top, run->acknowledged);
  SyncCounts counts = { 0 };
  gboolean relaxed, good;

  /* What a power failure takes away of this is found out from the cloud, as after an answer that was lost. */
  if (!sync_connection_relax (connection, &relaxed, error))
    return FALSE;
  good = sync_outbox_acknowledge (store, step->batch, step->answer, run->run_id, run->result->run, &counts,
                                  &leg->top, error)
         && (leg->top <= top || sync_store_set_meta_int64 (store, "acknowledged-version", leg->top, error))
         && raise_limit (run, error);
  if ((relaxed && !sync_connection_insist (connection, good ? error : NULL)) || !good)
    return FALSE;
  step->push->n_rows += counts.pushed;
  run->pushed = run->pushed || counts.pushed > 0;
  sync_run_take_news (run, leg, &counts, NULL);
  if (leg->top > top)
    run->acknowledged = leg->top;
  return TRUE;
}

static gboolean
roll_back (SyncRun *run, gpointer data, GError **error)
{
  return sync_outbox_roll_back (sync_run_get_store (run), ((BatchStep *) data)->batch, error);
}

static gboolean
refuse (SyncRun *run, gpointer data, GError **error)
{
  BatchStep *step = data;

  return sync_outbox_refuse (sync_run_get_store (run), step->batch, step->reason, error)
         && sync_run_trace_refused (
             run, step->batch->entity,
             g_array_index (step->batch->rows, SyncBatchRow, 0).id, error);
}

static gboolean
trace_refused (SyncRun *run, gpointer data, GError **error)
{
  const SyncBatch *batch = data;

  for (guint i = 0; i < batch->refused->len; i++)
    if (!sync_run_trace_refused (run, batch->entity, g_ptr_array_index (batch->refused, i), error))
      return FALSE;
  return TRUE;
}

/* The connection broke, or time ran out, and nobody asked for patience. */
static gboolean
is_silence (const GError *reason)
{
  SyncErrorDetail *detail = sync_error_get_detail (reason);

  return detail->status == 0 && detail->reason == NULL && detail->retry_after == 0;
}

/* Somebody else is at it, or the cloud has no room for anybody: so it would be with any row. */
static gboolean
is_about_others (const GError *reason)
{
  static const char *const codes[] = { "08", "40", "53", "55", "57P", "PGRST", NULL };
  SyncErrorDetail *detail = sync_error_get_detail (reason);

  for (guint i = 0; detail->reason != NULL && codes[i] != NULL; i++)
    if (g_str_has_prefix (detail->reason, codes[i]))
      return TRUE;
  return detail->status == 429;
}

/* No row is blamed for what keeps everybody waiting, nor for a bad connection; but where something on the way breaks off
 * each large request, smaller ones get through, and a row that never does stands alone in the end. */
static gboolean
defer (SyncRun *run, gpointer data, GError **error)
{
  BatchStep *step = data;
  guint n_rows = step->batch->rows->len;

  if (is_about_others (step->reason))
    return TRUE;
  if (is_silence (step->reason) && n_rows > 1)
    return set_limit (run, n_rows / 2, error);
  if (is_silence (step->reason))
    return sync_outbox_defer (sync_run_get_store (run), step->batch, step->next_attempt_at,
                              MAX (run->setup->config.max_retries, SILENT_ATTEMPTS), step->reason, error);
  return sync_outbox_defer (sync_run_get_store (run), step->batch, step->next_attempt_at,
                            run->setup->config.max_retries, step->reason, error);
}

static gboolean
split (SyncRun *run, gpointer data, GError **error)
{
  BatchStep *step = data;

  step->part = sync_outbox_split (sync_run_get_store (run), step->batch, step->first, step->n, run->run_id,
                                  error);
  return step->part != NULL;
}

/* --- Sending ------------------------------------------------------------------------------------ */

static gboolean send_batch (Push *push, SyncBatch *batch, GError **error);

static gboolean
send_part (Push *push, SyncBatch *batch, guint first, guint n, GError **error)
{
  BatchStep step = { .push = push, .batch = batch, .first = first, .n = n };
  g_autoptr (SyncBatch) part = NULL;

  if (!sync_run_step (push->run, split, &step, error))
    return FALSE;
  part = step.part;
  return send_batch (push, part, error);
}

static gboolean
send_halves (Push *push, SyncBatch *batch, GError **error)
{
  guint half = batch->rows->len / 2;

  return send_part (push, batch, 0, half, error)
         && send_part (push, batch, half, batch->rows->len - half, error);
}

/* By other rows: a parent that is not there, or one that has the same UNIQUE value. */
static gboolean
is_hindered (const GError *reason)
{
  SyncErrorDetail *detail = sync_error_get_detail (reason);

  return g_strcmp0 (detail->reason, "23503") == 0 || g_strcmp0 (detail->reason, "23505") == 0;
}

static gboolean
refuse_row (Push *push, SyncBatch *batch, const GError *reason, GError **error)
{
  BatchStep step = { .push = push, .batch = batch, .reason = reason };
  SyncCounts counts = { .refused = 1 };

  if (!sync_run_step (push->run, refuse, &step, error))
    return FALSE;
  push->leg->n_hindered += is_hindered (reason) ? 1 : 0;
  sync_run_take_news (push->run, push->leg, &counts, NULL);
  return TRUE;
}

/* A row's fault: the whole statement was rolled back. */
static gboolean
find_faulty_rows (Push *push, SyncBatch *batch, const GError *reason, GError **error)
{
  BatchStep step = { .push = push, .batch = batch };

  if (batch->rows->len == 1)
    return refuse_row (push, batch, reason, error);
  return sync_run_step (push->run, roll_back, &step, error) && send_halves (push, batch, error);
}

static gboolean give_up (Push *push, SyncBatch *batch, GError *reason, GError **error);

/* What was said of the row itself; silence and a gateway's words are about the cloud. */
static gboolean
is_too_big (const GError *reason)
{
  SyncErrorDetail *detail = sync_error_get_detail (reason);

  return (detail->status != 0 && detail->status < 500) || g_strcmp0 (detail->reason, "54001") == 0
         || (detail->status == 0 && detail->reason != NULL);
}

/* Too big or too slow. It may have gone through all the same: the send stays unsettled. */
static gboolean
send_less (Push *push, SyncBatch *batch, const GError *reason, GError **error)
{
  if (batch->rows->len == 1 && is_too_big (reason))
    return refuse_row (push, batch, reason, error);
  if (batch->rows->len == 1)
    {
      g_autoptr (GError) later = g_error_copy (reason);

      later->code = SYNC_ERROR_LATER;
      return give_up (push, batch, later, error);
    }
  push->run->batch_rows = MAX (batch->rows->len / 2, 1);
  return send_halves (push, batch, error);
}

/* The cloud said no before it looked at any row. */
static gboolean
never_arrived (const GError *reason)
{
  static const SyncError codes[]
      = { SYNC_ERROR_SCHEMA_MISSING, SYNC_ERROR_SCHEMA, SYNC_ERROR_SIGN_IN, SYNC_ERROR_WRONG_KEY,
          SYNC_ERROR_CLOCK };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      if (g_error_matches (reason, SYNC_ERROR, (int) codes[i]))
        return TRUE;
    }
  return FALSE;
}

/* Without a usable answer the run ends, and the next one begins by looking at everything. Of several rows, only a cloud
 * that has no time and does not say why uses up an attempt. */
static gboolean
give_up (Push *push, SyncBatch *batch, GError *reason, GError **error)
{
  SyncRun *run = push->run;
  SyncErrorDetail *detail = sync_error_get_detail (reason);
  BatchStep step = { .push = push, .batch = batch, .reason = reason };
  gboolean good = TRUE;

  if (never_arrived (reason))
    good = sync_run_step (run, roll_back, &step, error);
  else if (g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_LATER))
    {
      step.next_attempt_at
          = sync_clock_now (run->clock)
            + sync_backoff_delay_ms (1, detail->retry_after, run->random) * G_TIME_SPAN_MILLISECOND;
      good = sync_run_step (run, defer, &step, error);
    }
  if (good)
    g_propagate_error (error, g_error_copy (reason));
  return FALSE;
}

static gboolean
deal_with_failure (Push *push, SyncBatch *batch, GError *reason, GError **error)
{
  if (g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    return find_faulty_rows (push, batch, reason, error);
  if (g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_TOO_LARGE))
    return send_less (push, batch, reason, error);
  return give_up (push, batch, reason, error);
}

/* A deadlock, a lock not had in time: the database answered by its own code, so the same can be sent again; had
 * an earlier attempt gone through, compare-and-set lets this one do nothing. */
static gboolean
may_repeat (const GError *reason)
{
  SyncErrorDetail *detail = sync_error_get_detail (reason);

  return g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_LATER) && detail->reason != NULL;
}

static gboolean
send_batch (Push *push, SyncBatch *batch, GError **error)
{
  SyncRun *run = push->run;
  BatchStep step = { .push = push, .batch = batch };

  for (guint attempt = 1;; attempt++)
    {
      g_autoptr (GError) reason = NULL;
      g_autoptr (GBytes) answer = NULL;

      if (sync_run_is_cancelled (run, error))
        return FALSE;
      answer = sync_call_finish_bytes (sync_call_push (run->setup->provider, run->setup->context,
                                                       batch->entity, batch->wire, run->setup->cancellable),
                                       &reason);
      if (answer != NULL)
        {
          step.answer = answer;
          return sync_run_step (run, acknowledge, &step, error);
        }
      if (attempt >= MAX_ATTEMPTS || !may_repeat (reason) || !sync_run_back_off (run, attempt, reason))
        return deal_with_failure (push, batch, reason, error);
    }
}

/* --- One entity --------------------------------------------------------------------------------- */

static void
tell (Push *push)
{
  double part = push->total > 0 ? (double) push->n_rows / (double) push->total : 1;

  sync_run_tell (push->run, SYNC_PHASE_PUSH, push->leg, push->n_rows, push->total,
                 0.5 + 0.4 * MIN (part, 1));
}

/* A refusal holds for what was refused, but other rows may have been the reason: when something moved among these,
 * the parent that was missing may have come, and who had a UNIQUE value first may have let it go. */
static gboolean
retry_hindered (SyncRun *run, SyncLeg *leg, GError **error)
{
  guint64 n_moved = leg->n_moved;
  guint n_known;

  for (guint i = 0; i < run->legs->len; i++)
    {
      const SyncLeg *other = g_ptr_array_index (run->legs, i);

      if (leg->entity->parents != NULL
          && g_strv_contains ((const char *const *) leg->entity->parents, other->entity->name))
        n_moved += other->n_moved;
    }
  if (n_moved == leg->n_tried)
    return TRUE;
  leg->n_tried = n_moved;
  if (!sync_store_retry_hindered (sync_run_get_store (run), leg->entity->name,
                                  leg->n_hindered - leg->n_others < leg->n_again ? G_MAXUINT : HINDERED_PROBE,
                                  &leg->n_again, error))
    return FALSE;
  /* Those that are refused again are counted again. */
  n_known = MIN (leg->n_again, leg->n_hindered);
  if (n_known > 0)
    sync_result_counts_for (run->result, leg->entity->name)->refused -= n_known;
  leg->n_hindered -= n_known;
  leg->n_others = leg->n_hindered;
  return TRUE;
}

static gboolean
count_due (SyncRun *run, gpointer data, GError **error)
{
  Push *push = data;
  gint64 count;

  if ((!push->deletions && !retry_hindered (run, push->leg, error))
      || !sync_connection_query_int64 (sync_store_get_connection (sync_run_get_store (run)), 0, &count, error,
                                       "SELECT count(*) FROM main.psync_change WHERE entity = ?1 "
                                       "AND state = 'pending'",
                                       push->leg->entity->name, NULL))
    return FALSE;
  push->total = (guint64) count;
  return TRUE;
}

/* Rows that cannot travel were refused before anything was sent. */
static gboolean
note_refused (Push *push, SyncBatch *batch, GError **error)
{
  SyncCounts counts = { .refused = batch->refused->len };

  sync_run_take_news (push->run, push->leg, &counts, NULL);
  return sync_run_ensure_history (push->run, error)
         && sync_run_step (push->run, trace_refused, batch, error);
}

static gboolean
push_batches (Push *push, GError **error)
{
  SyncRun *run = push->run;
  gboolean more = TRUE;

  while (more)
    {
      BatchStep step = { .push = push };
      g_autoptr (SyncBatch) batch = NULL;

      if (sync_run_is_cancelled (run, error) || !sync_run_step (run, compose, &step, error))
        return FALSE;
      batch = step.batch;
      more = batch->more;
      g_free (push->after);
      push->after = g_strdup (batch->last_id);
      if (batch->refused->len > 0 && !note_refused (push, batch, error))
        return FALSE;
      if (batch->number != 0 && (!sync_run_ensure_history (run, error) || !send_batch (push, batch, error)))
        return FALSE;
      tell (push);
    }
  return TRUE;
}

static gboolean
push_leg (SyncRun *run, SyncLeg *leg, gboolean deletions, GError **error)
{
  Push push = { .run = run, .leg = leg, .deletions = deletions };
  gboolean good = sync_run_step (run, count_due, &push, error);

  if (good && push.total > 0)
    good = push_batches (&push, error);
  g_free (push.after);
  return good;
}

/**
 * sync_run_push_all:
 * @run: a run
 * @error: the provider's or the store's
 *
 * Pushes what is due: rows parents first, then deletions children first.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_push_all (SyncRun *run,
                   GError **error)
{
  run->pushed = FALSE;
  for (guint i = 0; i < run->legs->len; i++)
    {
      if (!push_leg (run, g_ptr_array_index (run->legs, i), FALSE, error))
        return FALSE;
    }
  for (guint i = run->legs->len; i > 0; i--)
    {
      if (!push_leg (run, g_ptr_array_index (run->legs, i - 1), TRUE, error))
        return FALSE;
    }
  return TRUE;
}
