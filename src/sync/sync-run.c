/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-backoff.h"
#include "sync-conflict-store.h"
#include "sync-history-store.h"
#include "sync-resolve.h"
#include "sync-run-private.h"
#include "sync-ledger.h"
#include "sync-snapshot.h"

/* One run, from its beginning to its end: check the cloud, pull, push, and again until nothing is due. */

#define MAX_ROUNDS 5
#define MAX_RESTARTS 3
#define MAX_AGE G_TIME_SPAN_HOUR
#define SNAPSHOTS_KEPT 5
/* A clock that is off by less is as good as right. */
#define CLOCK_STEP G_TIME_SPAN_SECOND
/* A longer pause than this is not waited for: the scheduler comes back. */
#define LONGEST_PAUSE_MS (10 * 1000)

static void
run_clear (SyncRun *run)
{
  g_clear_pointer (&run->run_id, g_free);
  g_clear_pointer (&run->state, sync_cloud_state_free);
  g_clear_pointer (&run->legs, g_ptr_array_unref);
  g_clear_pointer (&run->device_id, g_free);
  g_clear_pointer (&run->device_name, g_free);
  g_clear_pointer (&run->device_known_name, g_free);
  g_clear_pointer (&run->cloud_url, g_free);
  g_clear_pointer (&run->cloud_user, g_free);
  g_clear_pointer (&run->epoch, g_free);
  g_clear_pointer (&run->unfinished, g_free);
  g_clear_pointer (&run->random, g_rand_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncRun, run_clear)

/* --- For the parts of the story ----------------------------------------------------------------- */

typedef struct
{
  SyncRun *run;
  SyncRunStep step;
  gpointer data;
} Step;

static gboolean
do_step (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Step *step = data;

  return step->step (step->run, step->data, error);
}

gboolean
sync_run_step (SyncRun *run,
               SyncRunStep step,
               gpointer data,
               GError **error)
{
  Step closure = { run, step, data };

  return sync_worker_call (sync_store_get_worker (run->setup->store), do_step, &closure, NULL, error);
}

SyncStore *
sync_run_get_store (SyncRun *run)
{
  return run->setup->store;
}

gboolean
sync_run_is_cancelled (SyncRun *run,
                       GError **error)
{
  return g_cancellable_set_error_if_cancelled (run->setup->cancellable, error);
}

gboolean
sync_run_is_old (SyncRun *run)
{
  return sync_clock_monotonic (run->clock) - run->began > MAX_AGE;
}

gboolean
sync_run_back_off (SyncRun *run,
                   guint attempt,
                   const GError *reason)
{
  SyncErrorDetail *detail = sync_error_get_detail (reason);
  guint delay = sync_backoff_delay_ms (attempt, detail != NULL ? detail->retry_after : 0, run->random);
  GPollFD poll_fd = { 0 };

  if (delay > LONGEST_PAUSE_MS)
    return FALSE;
  if (run->setup->cancellable != NULL && g_cancellable_make_pollfd (run->setup->cancellable, &poll_fd))
    {
      g_poll (&poll_fd, 1, (int) delay);
      g_cancellable_release_fd (run->setup->cancellable);
    }
  else
    g_usleep (delay * 1000UL);
  return !g_cancellable_is_cancelled (run->setup->cancellable);
}

void
sync_run_blame_cloud (GError *error)
{
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE) && sync_error_get_detail (error)->status >= 500)
    error->code = SYNC_ERROR_LATER;
}

void
sync_run_tell (SyncRun *run,
               SyncPhase phase,
               const SyncLeg *leg,
               guint64 current,
               guint64 total,
               double fraction)
{
  SyncProgress progress = { phase, leg != NULL ? leg->entity->name : NULL, current, total, fraction };

  if (run->setup->news.progress != NULL)
    run->setup->news.progress (&progress, run->setup->news.data);
}

/* What a step counted goes to the result; conflicts that it opened are told. */
void
sync_run_take_news (SyncRun *run,
                    SyncLeg *leg,
                    const SyncCounts *counts,
                    GArray *conflicts)
{
  static const SyncCounts nothing;
  SyncCounts *sum;

  if (conflicts != NULL && conflicts->len > 0 && run->setup->news.conflicts != NULL)
    run->setup->news.conflicts (conflicts, run->setup->news.data);
  if (memcmp (counts, &nothing, sizeof (nothing)) == 0)
    return;
  sum = sync_result_counts_for (run->result, leg->entity->name);
  sum->pulled += counts->pulled;
  sum->pushed += counts->pushed;
  sum->deleted += counts->deleted;
  sum->merged += counts->merged;
  sum->conflicts += counts->conflicts;
  sum->refused += counts->refused;
  sum->held += counts->held;
  leg->n_moved += counts->pulled + counts->pushed;
  run->changed = TRUE;
}

static gboolean
begin_history (SyncRun *run, gpointer data, GError **error)
{
  run->result->run = sync_store_begin_history (sync_run_get_store (run), run->setup->kind,
                                               run->result->started_at, error);
  for (guint i = 0; run->legs != NULL && i < run->legs->len; i++)
    ((SyncLeg *) g_ptr_array_index (run->legs, i))->policy.run = run->result->run;
  return run->result->run != 0;
}

/* The record of a run begins when it finds something to do. */
gboolean
sync_run_ensure_history (SyncRun *run,
                         GError **error)
{
  return run->result->run != 0 || sync_run_step (run, begin_history, NULL, error);
}

gboolean
sync_run_trace_refused (SyncRun *run,
                        const SyncEntity *entity,
                        const char *id,
                        GError **error)
{
  return run->result->run == 0
         || sync_ledger_trace (sync_run_get_store (run), run->result->run, entity, id, 0, "refused", error);
}

/* --- Is there anything to do? ------------------------------------------------------------------- */

static gboolean
ask_for_work (SyncRun *run, gpointer data, GError **error)
{
  return sync_outbox_has_work (sync_run_get_store (run), sync_clock_now (run->clock), data, error);
}

static gboolean
find_work (SyncRun *run, gboolean *work, GError **error)
{
  *work = run->setup->kind != SYNC_RUN_SYNC;
  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);

      if (leg->head > leg->cursor.pulled_version || leg->cursor.scan_version >= 0
          || MAX (leg->cursor.pulled_version, leg->cursor.scanned_horizon) < leg->horizon)
        *work = TRUE;
    }
  return *work || sync_run_step (run, ask_for_work, work, error);
}

/* --- The story ---------------------------------------------------------------------------------- */

static gboolean
take_snapshot (SyncRun *run, gpointer data, GError **error)
{
  g_autoptr (SyncSnapshot) snapshot
      = sync_snapshot_take (sync_store_get_connection (sync_run_get_store (run)), "hydrate",
                            sync_clock_now (run->clock), SNAPSHOTS_KEPT, run->setup->cancellable, error);

  return snapshot != NULL;
}

static gboolean
discard_unsent (SyncRun *run, gpointer data, GError **error)
{
  if (run->discarded)
    return TRUE;
  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);

      if (!sync_store_discard_pending (sync_run_get_store (run), leg->entity, error))
        return FALSE;
    }
  run->discarded = TRUE;
  return TRUE;
}

/* A hydrate that goes on where it stopped has its snapshot already. */
static gboolean
prepare_hydrate (SyncRun *run, GError **error)
{
  gboolean resumes = TRUE;

  for (guint i = 0; i < run->legs->len; i++)
    resumes = resumes && ((SyncLeg *) g_ptr_array_index (run->legs, i))->cursor.hydrate_version >= 0;
  if (!resumes && !run->setup->options.dry_run && !sync_run_step (run, take_snapshot, NULL, error))
    return FALSE;
  return !run->setup->options.discard_unsent || sync_run_step (run, discard_unsent, NULL, error);
}

/* Push, then look at what became of it, until nothing is due. */
static gboolean
push_rounds (SyncRun *run, GError **error)
{
  for (guint round = 0; round < MAX_ROUNDS; round++)
    {
      guint n_applied = 0;

      if (sync_run_is_old (run))
        run->restart = TRUE;
      if (run->restart)
        return TRUE;
      if (!sync_run_push_all (run, error))
        return FALSE;
      sync_run_tell (run, SYNC_PHASE_CHECK, NULL, 0, 0, 0.9);
      if (run->pushed && run->setup->kind == SYNC_RUN_SYNC && !sync_run_pull_all (run, TRUE, error))
        return FALSE;
      if (run->restart)
        return TRUE;
      if (!sync_run_explain_all (run, error))
        return FALSE;
      if (!run->restart && !sync_run_retry_held (run, &n_applied, error))
        return FALSE;
      if (!run->pushed && !run->explained && n_applied == 0)
        return TRUE;
    }
  return TRUE;
}

static gboolean
move_rows (SyncRun *run, GError **error)
{
  guint n_applied = 0;

  if (run->setup->kind == SYNC_RUN_HYDRATE && !prepare_hydrate (run, error))
    return FALSE;
  if (run->setup->kind != SYNC_RUN_SEED
      && (!sync_run_pull_all (run, FALSE, error) || !sync_run_retry_held (run, &n_applied, error)))
    return FALSE;
  if (run->restart || run->setup->kind == SYNC_RUN_HYDRATE)
    return TRUE;
  if (run->setup->options.dry_run)
    return sync_run_step (run, sync_run_count_pushes, NULL, error);
  return push_rounds (run, error);
}

/* What a person edited may have ended a conflict. */
static gboolean
refresh_conflicts (SyncRun *run, gpointer data, GError **error)
{
  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);
      SyncCounts counts = { 0 };

      if (!sync_store_refresh_conflicts (sync_run_get_store (run), leg->entity, &counts.merged, error))
        return FALSE;
      sync_run_take_news (run, leg, &counts, NULL);
    }
  return TRUE;
}

/* From the start: the first time, and when what was known does not hold any more. */
static gboolean
run_once (SyncRun *run, GError **error)
{
  guint n_applied = 0;
  gboolean work;

  run->restart = FALSE;
  g_clear_pointer (&run->unfinished, g_free);
  run->began = sync_clock_monotonic (run->clock);
  g_free (run->run_id);
  run->run_id = g_uuid_string_random ();
  sync_run_tell (run, SYNC_PHASE_CONNECT, NULL, 0, 0, 0);
  if (!sync_run_step (run, sync_run_prepare, NULL, error)
      || !sync_call_finish (sync_call_connect (run->setup->provider, run->setup->context,
                                               run->setup->cancellable),
                            error)
      || !sync_run_check_cloud (run, error))
    return FALSE;
  if (run->restart)
    return TRUE;
  if (!sync_run_step (run, refresh_conflicts, NULL, error) || !find_work (run, &work, error)
      || (!work && !sync_run_retry_held (run, &n_applied, error)))
    return FALSE;
  if ((work || n_applied > 0) && !move_rows (run, error))
    return FALSE;
  return run->restart || run->setup->options.dry_run || sync_run_put_device (run, error);
}

/* --- The end ------------------------------------------------------------------------------------ */

static SyncOutcome
outcome_of (const SyncRun *run, const GError *error)
{
  if (error == NULL)
    return run->changed || run->result->run != 0 ? SYNC_OUTCOME_DONE : SYNC_OUTCOME_NOTHING;
  if (sync_error_is_cancelled (error))
    return SYNC_OUTCOME_CANCELLED;
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_BRAKE)
      || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_REVOKED)
      || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OTHER_CLOUD))
    return SYNC_OUTCOME_STOPPED;
  return SYNC_OUTCOME_FAILED;
}

/* What is older than people can ask for goes, when a run had something to do anyway. Of two clocks the slower one says
 * what is old. */
static gboolean
trim (SyncRun *run, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  gint64 now = sync_clock_now (run->clock) + MIN (run->clock_offset, 0);

  return !run->changed
         || (sync_store_trim_trace (store, now - SYNC_RECORD_LIFETIME, error) >= 0
             && sync_store_trim_records (store, now, error));
}

static gboolean
note_clock (SyncRun *run, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  gint64 known;

  if (!sync_store_get_meta_int64 (store, "clock-offset", 0, &known, error))
    return FALSE;
  return ABS (run->clock_offset - known) < CLOCK_STEP
         || sync_store_set_meta_int64 (store, "clock-offset", run->clock_offset, error);
}

static gboolean
finish_history (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);

  if (run->result->run == 0 && !begin_history (run, NULL, error))
    return FALSE;
  if (!trim (run, error) || !note_clock (run, error))
    return FALSE;
  /* What a run that did not come to its end took away counts for the one that goes on. */
  return (run->result->error != NULL || sync_store_release_brakes (store, error))
         && sync_store_finish_history (store, run->result, error);
}

static void
finish (SyncRun *run, GError *error)
{
  SyncProviderUsage usage;
  g_autoptr (GError) local_error = NULL;

  sync_provider_get_usage (run->setup->provider, &usage);
  run->result->outcome = outcome_of (run, error);
  run->result->error = error;
  run->result->finished_at = sync_clock_now (run->clock);
  run->result->requests = usage.requests - run->usage.requests;
  run->result->bytes_sent = usage.bytes_sent - run->usage.bytes_sent;
  run->result->bytes_received = usage.bytes_received - run->usage.bytes_received;
  sync_result_sum (run->result);
  if (!sync_run_step (run, finish_history, NULL, &local_error) && run->result->error == NULL)
    {
      run->result->outcome = SYNC_OUTCOME_FAILED;
      run->result->error = g_steal_pointer (&local_error);
    }
  sync_run_tell (run, SYNC_PHASE_DONE, NULL, 0, 0, 1);
}

/* From the start again and again, and still not done. */
static GError *
explain_restarts (const SyncRun *run)
{
  GError *error;

  if (run->unfinished == NULL)
    return sync_error_new (SYNC_ERROR_LATER, NULL, "The cloud does not hold still");
  error = sync_error_new (SYNC_ERROR_PROTOCOL, run->unfinished, "The cloud's rows of %s did not come to an end",
                          run->unfinished);
  sync_error_set_reason (error, "endless", 0);
  return error;
}

static SyncResult *
execute (const SyncRunSetup *setup)
{
  g_auto (SyncRun) run = {
    .setup = setup,
    .clock = sync_store_get_clock (setup->store),
    .result = sync_result_new (setup->kind),
    .page_rows = SYNC_PAGE_ROWS,
    .batch_rows = SYNC_BATCH_ROWS,
    .random = g_rand_new (),
  };
  guint batch_size = setup->options.batch_size != 0 ? setup->options.batch_size : setup->config.batch_size;
  GError *error = NULL;
  gboolean good = FALSE;

  if (batch_size != 0)
    run.page_rows = run.batch_rows = batch_size;
  run.result->started_at = sync_clock_now (run.clock);
  run.result->dry_run = setup->options.dry_run;
  sync_provider_get_usage (setup->provider, &run.usage);
  for (guint i = 0; i <= MAX_RESTARTS; i++)
    {
      g_clear_error (&error);
      good = run_once (&run, &error);
      /* Somebody changed the tables meanwhile: what the run knew of them does not hold any more either. */
      if (good ? !run.restart : !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
        break;
    }
  if (good && run.restart)
    error = explain_restarts (&run);
  sync_run_blame_cloud (error);
  finish (&run, error);
  return run.result;
}

/**
 * sync_run_execute:
 * @setup: what it needs; must outlive the call
 *
 * Does one run and blocks until it is over: for a thread of its own. The run lock is the caller's.
 *
 * Returns: (transfer full): how it went; its `error` says why not well
 */
SyncResult *
sync_run_execute (const SyncRunSetup *setup)
{
  return setup->options.dry_run ? sync_run_execute_on_copy (setup, execute) : execute (setup);
}
