/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-run-private.h"

/* Step 2 of a run: pages from the cloud, each applied in slices while the next one travels. */

#define MAX_ATTEMPTS 4

/**
 * Pull:
 *
 * One entity's pages, one after the other.
 */
typedef struct
{
  SyncRun *run;
  SyncLeg *leg;
  SyncApplyMode mode;
  gboolean again; /* after a push: without our own echoes */
  gint64 since;   /* the next page is above this */
  gint64 began;   /* where the first page began */
  gint64 target;  /* read up to here; 0: until a page is empty */
  guint64 n_rows;
} Pull;

static SyncCall *
ask_for_page (Pull *pull)
{
  SyncRun *run = pull->run;
  SyncPullQuery query = {
    .since = pull->since,
    .limit = run->page_rows,
    .not_run = pull->again ? run->run_id : NULL,
    .top = pull->again ? pull->leg->top : 0,
  };

  return sync_call_pull (run->setup->provider, run->setup->context, pull->leg->entity, &query,
                         run->setup->cancellable);
}

/* The page, or another attempt at it: smaller, or later. */
static GBytes *
finish_page (Pull *pull, SyncCall *call, GError **error)
{
  SyncRun *run = pull->run;

  for (guint attempt = 1;; attempt++)
    {
      g_autoptr (GError) local_error = NULL;
      GBytes *page = sync_call_finish_bytes (call, &local_error);

      if (page != NULL)
        return page;
      if (g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE) && run->page_rows > 1)
        run->page_rows = MAX (run->page_rows / 4, 1);
      else if (attempt >= MAX_ATTEMPTS || !g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_LATER)
               || !sync_run_back_off (run, attempt, local_error))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return NULL;
        }
      call = ask_for_page (pull);
    }
}

static gboolean
has_rows (GBytes *page)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, g_bytes_get_data (page, NULL), g_bytes_get_size (page));
  return sync_json_enter_array (&reader) && sync_json_next_element (&reader);
}

/* The version of a page's last row, most likely, so that the next page can be asked for before this one is read.
 * What it really is comes to light when the page is applied. */
static gint64
guess_last_version (GBytes *page)
{
  static const char member[] = "\"sync_version\":";
  const gsize length = strlen (member);
  gsize size;
  const char *text = g_bytes_get_data (page, &size);
  SyncJsonReader reader;
  SyncSpan value;
  gint64 version;

  for (gsize behind = size; behind >= length; behind--)
    if (text[behind - 1] == ':' && memcmp (text + behind - length, member, length) == 0)
      {
        sync_json_reader_init (&reader, text + behind, size - behind);
        return sync_json_read_value (&reader, &value) && sync_json_to_int64 (value, &version) ? version : 0;
      }
  return 0;
}

/* --- Applying ----------------------------------------------------------------------------------- */

static void
tell (Pull *pull, guint64 n_rows, gint64 version)
{
  double span = (double) (pull->target - pull->began);
  double part = span > 0 ? (double) (version - pull->began) / span : 0;
  guint index = 0;
  double legs = (double) pull->run->legs->len;

  g_ptr_array_find (pull->run->legs, pull->leg, &index);
  sync_run_tell (pull->run, SYNC_PHASE_PULL, pull->leg, n_rows, 0,
                 0.5 * ((double) index + CLAMP (part, 0, 1)) / legs);
}

static gboolean
apply_page (Pull *pull, GBytes *page, gint64 *version, GError **error)
{
  SyncRun *run = pull->run;
  g_autoptr (SyncApply) apply = sync_apply_new (run->setup->store, pull->leg->entity, page, pull->mode,
                                                pull->since, &pull->leg->policy);
  gboolean good = TRUE;

  while (good && !sync_apply_is_done (apply))
    {
      good = sync_worker_call (sync_store_get_worker (run->setup->store), sync_apply_slices, apply,
                               run->setup->cancellable, error);
      tell (pull, pull->n_rows + sync_apply_get_n_rows (apply), sync_apply_get_last_version (apply));
    }
  sync_run_take_news (run, pull->leg, sync_apply_get_counts (apply), sync_apply_get_conflicts (apply));
  pull->n_rows += sync_apply_get_n_rows (apply);
  *version = sync_apply_get_last_version (apply);
  if (pull->mode != SYNC_APPLY_HYDRATE)
    pull->leg->cursor.pulled_version
        = MAX (pull->leg->cursor.pulled_version, sync_apply_get_last_version (apply));
  return good;
}

static gboolean
is_at_target (const Pull *pull, gint64 version)
{
  return pull->target > 0 && version >= pull->target;
}

static SyncCall *
ask_behind (Pull *pull, gint64 version)
{
  gint64 since = pull->since;
  SyncCall *call;

  if (version <= since || is_at_target (pull, version))
    return NULL;
  pull->since = version;
  call = ask_for_page (pull);
  pull->since = since;
  return call;
}

/* Applies a page while the one behind it travels. *next: the call for that, NULL after the last one. */
static gboolean
take_page (Pull *pull, GBytes *page, SyncCall **next, GError **error)
{
  gint64 guess = guess_last_version (page);
  gint64 version = pull->since;
  gboolean good;

  *next = NULL;
  if (g_bytes_get_size (page) > SYNC_PAGE_BYTES)
    pull->run->page_rows = MAX (pull->run->page_rows / 4, 1);
  if (!has_rows (page))
    return apply_page (pull, page, &version, error);
  *next = ask_behind (pull, guess);
  good = sync_run_ensure_history (pull->run, error) && apply_page (pull, page, &version, error);
  if (*next != NULL && (!good || version != guess))
    sync_call_abandon (g_steal_pointer (next));
  if (good && version != guess)
    *next = ask_behind (pull, version);
  pull->since = version;
  return good;
}

/* Until a page is empty or reaches the target. A run that is too old by then begins again, behind what it has read;
 * who never comes to an end in that way is told so. */
static gboolean
pull_pages (Pull *pull, GError **error)
{
  SyncCall *call = ask_for_page (pull);

  while (call != NULL)
    {
      g_autoptr (GBytes) page = finish_page (pull, call, error);

      if (page == NULL || !take_page (pull, page, &call, error))
        return FALSE;
      if (call != NULL && sync_run_is_old (pull->run))
        {
          sync_call_abandon (g_steal_pointer (&call));
          g_free (pull->run->unfinished);
          pull->run->unfinished = g_strdup (pull->leg->entity->name);
          pull->run->restart = TRUE;
        }
    }
  return TRUE;
}

/* --- Scans -------------------------------------------------------------------------------------- */

typedef struct
{
  SyncLeg *leg;
  GArray *conflicts;
  SyncCounts counts;
  gboolean done;
} ScanStep;

static gboolean
begin_scan (SyncRun *run, gpointer data, GError **error)
{
  SyncLeg *leg = data;

  return sync_store_begin_scan (sync_run_get_store (run), leg->entity, leg->horizon, error);
}

static gboolean
finish_scan (SyncRun *run, gpointer data, GError **error)
{
  ScanStep *step = data;

  return sync_store_finish_scan (sync_run_get_store (run), step->leg->entity, &step->leg->policy,
                                 &step->counts, step->conflicts, &step->done, error);
}

/* Where a table ends now, as the primary says: rows that were written since the run began are behind the head that it
 * began with. */
static gboolean
read_sure_head (SyncRun *run, const SyncLeg *leg, gint64 *head, GError **error)
{
  g_autoptr (SyncCloudState) state = sync_call_finish_state (
      sync_call_get_state (run->setup->provider, run->setup->context, TRUE, run->setup->cancellable), error);

  if (state != NULL)
    *head = sync_cloud_state_get_head (state, leg->entity->cloud_table);
  return state != NULL;
}

/* Up to where the table ends when all of it was read: a row that moved meanwhile is there, and not gone. */
static gboolean
pull_whole (Pull *pull, GError **error)
{
  SyncRun *run = pull->run;
  gint64 head = pull->target;

  do
    {
      pull->target = head;
      if (!is_at_target (pull, pull->since) && !pull_pages (pull, error))
        return FALSE;
      if (run->restart)
        return TRUE;
      if (pull->since < pull->target)
        {
          sync_error_set (error, SYNC_ERROR_LATER, NULL, "The cloud's rows of %s are not all there yet",
                          pull->leg->entity->name);
          return FALSE;
        }
      if (!read_sure_head (run, pull->leg, &head, error))
        return FALSE;
    }
  while (head > pull->target && !sync_run_is_old (run));
  run->restart = head > pull->target;
  return TRUE;
}

/* Deleted rows below the horizon left no tombstone: whoever was away for so long reads everything, and what
 * is not there any more was deleted elsewhere. */
static gboolean
scan (SyncRun *run, SyncLeg *leg, GError **error)
{
  Pull pull = { .run = run, .leg = leg, .mode = SYNC_APPLY_SCAN, .target = leg->head };
  ScanStep step = { .leg = leg };
  gboolean good;

  /* What it has seen may be gone by now, if more was purged since it began. */
  if (leg->cursor.scan_version < 0 || leg->cursor.scan_horizon < leg->horizon)
    {
      if (!sync_run_step (run, begin_scan, leg, error))
        return FALSE;
      leg->cursor.scan_version = 0;
    }
  pull.since = pull.began = leg->cursor.scan_version;
  if (!pull_whole (&pull, error))
    return FALSE;
  if (run->restart)
    return TRUE;
  step.conflicts = g_array_new (FALSE, FALSE, sizeof (gint64));
  do
    good = !sync_run_is_cancelled (run, error) && sync_run_step (run, finish_scan, &step, error);
  while (good && !step.done);
  sync_run_take_news (run, leg, &step.counts, step.conflicts);
  g_array_unref (step.conflicts);
  leg->cursor.scan_version = -1;
  return good;
}

static gboolean
needs_scan (const SyncLeg *leg)
{
  return leg->cursor.scan_version >= 0
         || MAX (leg->cursor.pulled_version, leg->cursor.scanned_horizon) < leg->horizon;
}

/* --- One entity --------------------------------------------------------------------------------- */

static gboolean
begin_hydrate (SyncRun *run, gpointer data, GError **error)
{
  return sync_store_begin_hydrate (sync_run_get_store (run), ((SyncLeg *) data)->entity, error);
}

static gboolean
end_hydrate (SyncRun *run, gpointer data, GError **error)
{
  SyncLeg *leg = data;

  return sync_store_end_hydrate (sync_run_get_store (run), leg->entity, leg->horizon, error)
         && sync_store_get_cursor (sync_run_get_store (run), leg->entity, &leg->cursor, error);
}

static gboolean
hydrate (SyncRun *run, SyncLeg *leg, GError **error)
{
  Pull pull = { .run = run, .leg = leg, .mode = SYNC_APPLY_HYDRATE, .target = leg->head };

  pull.since = pull.began = MAX (leg->cursor.hydrate_version, 0);
  if (!sync_run_step (run, begin_hydrate, leg, error))
    return FALSE;
  if (leg->head > pull.since && !pull_pages (&pull, error))
    return FALSE;
  if (run->restart)
    return TRUE;
  leg->reached = TRUE;
  return sync_run_step (run, end_hydrate, leg, error);
}

static gboolean
pull_leg (SyncRun *run, SyncLeg *leg, gboolean again, GError **error)
{
  Pull pull = { .run = run, .leg = leg, .mode = SYNC_APPLY_PULL, .again = again };

  if (!again && needs_scan (leg) && !scan (run, leg, error))
    return FALSE;
  if (run->restart)
    return TRUE;
  pull.since = pull.began = leg->cursor.pulled_version;
  pull.target = again ? leg->top : leg->head;
  if (pull.target <= pull.since)
    {
      leg->reached = TRUE;
      return TRUE;
    }
  if (!pull_pages (&pull, error))
    return FALSE;
  leg->reached = !run->restart;
  return TRUE;
}

/**
 * sync_run_pull_all:
 * @run: a run
 * @again: after a push: leave our own echoes out, but read our newest version back, which proves that nothing
 *   before it was missed
 * @error: the provider's or the store's
 *
 * Pulls every entity, parents first, or as much of them as a run has time for: then it is to begin again.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_pull_all (SyncRun *run,
                   gboolean again,
                   GError **error)
{
  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);
      gboolean good;

      if (sync_run_is_cancelled (run, error))
        return FALSE;
      if (!again)
        sync_run_tell (run, SYNC_PHASE_PULL, leg, 0, 0, 0.5 * i / run->legs->len);
      good = run->setup->kind == SYNC_RUN_HYDRATE ? hydrate (run, leg, error)
                                                  : pull_leg (run, leg, again, error);
      if (!good || run->restart)
        return good;
    }
  return TRUE;
}

/* --- Held rows ---------------------------------------------------------------------------------- */

typedef struct
{
  SyncLeg *leg;
  SyncCounts counts;
  GArray *conflicts;
  guint n_applied;
} HeldStep;

static gboolean
retry_held (SyncRun *run, gpointer data, GError **error)
{
  HeldStep *step = data;
  SyncStore *store = sync_run_get_store (run);

  if (!sync_apply_retry_respelled (store, step->leg->entity, &step->leg->policy, &step->n_applied, error))
    return FALSE;
  step->counts.pulled += step->n_applied;
  if (!sync_apply_retry_held (store, step->leg->entity, &step->leg->policy, &step->counts, step->conflicts,
                              &step->n_applied, run->setup->cancellable, error))
    return FALSE;
  if (step->n_applied > 0)
    return TRUE;
  if (!sync_apply_retry_swaps (store, step->leg->entity, &step->leg->policy, &step->n_applied, error))
    return FALSE;
  step->counts.pulled += step->n_applied;
  return TRUE;
}

static void
take_applied (SyncRun *run, SyncLeg *leg, const SyncCounts *counts, GArray *conflicts, guint n_applied)
{
  sync_run_take_news (run, leg, counts, conflicts);
  if (n_applied > 0)
    {
      SyncCounts *sum = sync_result_counts_for (run->result, leg->entity->name);

      sum->held -= MIN (sum->held, n_applied);
    }
}

static gboolean
retry_leg (SyncRun *run, SyncLeg *leg, guint *n_applied, GError **error)
{
  HeldStep step = { .leg = leg, .conflicts = g_array_new (FALSE, FALSE, sizeof (gint64)) };
  gboolean good = sync_run_step (run, retry_held, &step, error);

  if (good)
    {
      take_applied (run, leg, &step.counts, step.conflicts, step.n_applied);
      *n_applied += step.n_applied;
    }
  g_array_unref (step.conflicts);
  return good;
}

static gboolean
retry_circles (SyncRun *run, gpointer data, GError **error)
{
  return sync_apply_retry_circles (sync_run_get_store (run), data, run->setup->cancellable, error);
}

/* What was written counts also where the next group failed. */
static gboolean
retry_legs_together (SyncRun *run, guint *n_applied, GError **error)
{
  g_autoptr (GArray) together = g_array_new (FALSE, FALSE, sizeof (SyncApplyLeg));
  gboolean good;

  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);
      SyncApplyLeg part = { .entity = leg->entity,
                            .policy = &leg->policy,
                            .conflicts = g_array_new (FALSE, FALSE, sizeof (gint64)) };

      g_array_append_val (together, part);
    }
  good = sync_run_step (run, retry_circles, together, error);
  for (guint i = 0; i < together->len; i++)
    {
      SyncApplyLeg *part = &g_array_index (together, SyncApplyLeg, i);

      take_applied (run, g_ptr_array_index (run->legs, i), &part->counts, part->conflicts, part->n_applied);
      *n_applied += part->n_applied;
      g_array_unref (part->conflicts);
    }
  return good;
}

/**
 * sync_run_retry_held:
 * @run: a run
 * @n_applied: (inout): how many rows are held no more
 * @error: the store's
 *
 * Tries held rows again: tombstones want children first, rows parents first, and one may make room for another;
 * as long as that helps. In the end those that wait for each other are tried together.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_retry_held (SyncRun *run,
                     guint *n_applied,
                     GError **error)
{
  guint before;

  do
    {
      before = *n_applied;
      for (guint i = run->legs->len; i > 0; i--)
        {
          if (!retry_leg (run, g_ptr_array_index (run->legs, i - 1), n_applied, error))
            return FALSE;
        }
      for (guint i = 0; i < run->legs->len; i++)
        {
          if (!retry_leg (run, g_ptr_array_index (run->legs, i), n_applied, error))
            return FALSE;
        }
      if (*n_applied == before && !retry_legs_together (run, n_applied, error))
        return FALSE;
    }
  while (*n_applied > before);
  return TRUE;
}
