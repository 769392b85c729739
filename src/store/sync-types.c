/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-types.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (SyncResult, sync_result, sync_result_copy, sync_result_free)
G_DEFINE_BOXED_TYPE (SyncChange, sync_change, sync_change_copy, sync_change_free)
G_DEFINE_BOXED_TYPE (SyncHeld, sync_held, sync_held_copy, sync_held_free)
G_DEFINE_BOXED_TYPE (SyncTrace, sync_trace, sync_trace_copy, sync_trace_free)
G_DEFINE_BOXED_TYPE (SyncConflict, sync_conflict, sync_conflict_copy, sync_conflict_free)
G_DEFINE_BOXED_TYPE (SyncEntityStatus, sync_entity_status, sync_entity_status_copy,
                     sync_entity_status_free)
G_DEFINE_BOXED_TYPE (SyncVerifyResult, sync_verify_result, sync_verify_result_copy,
                     sync_verify_result_free)
G_DEFINE_BOXED_TYPE (SyncStats, sync_stats, sync_stats_copy, sync_stats_free)

/* In the order of SyncRunKind and SyncOutcome: as the history and JSON output write them. */
static const char *const kind_names[] = { "sync", "seed", "hydrate" };
static const char *const difference_names[]
    = { "missing-here", "missing-there", "other-version", "other-contents", "uncaptured" };
static const char *const outcome_names[]
    = { "running", "done", "nothing", "failed", "cancelled", "stopped" };

G_STATIC_ASSERT (G_N_ELEMENTS (kind_names) == SYNC_RUN_HYDRATE + 1);
G_STATIC_ASSERT (G_N_ELEMENTS (difference_names) == SYNC_DIFFERENCE_UNCAPTURED + 1);
G_STATIC_ASSERT (G_N_ELEMENTS (outcome_names) == SYNC_OUTCOME_STOPPED + 1);

static void
entity_counts_free (SyncEntityCounts *counts)
{
  g_free (counts->entity);
  g_free (counts);
}

static void
counts_add (SyncCounts *sum, const SyncCounts *counts)
{
  sum->pulled += counts->pulled;
  sum->pushed += counts->pushed;
  sum->deleted += counts->deleted;
  sum->merged += counts->merged;
  sum->conflicts += counts->conflicts;
  sum->refused += counts->refused;
  sum->held += counts->held;
}

/**
 * sync_result_new: (constructor)
 * @kind: what kind of run
 *
 * Returns: (transfer full): the result of a run that has done nothing yet, without times
 */
SyncResult *
sync_result_new (SyncRunKind kind)
{
  SyncResult *result = g_new0 (SyncResult, 1);

  result->kind = kind;
  result->outcome = SYNC_OUTCOME_RUNNING;
  result->started_at = SYNC_TIME_UNKNOWN;
  result->finished_at = SYNC_TIME_UNKNOWN;
  result->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) entity_counts_free);
  return result;
}

/**
 * sync_result_copy:
 * @result: a result
 *
 * Returns: (transfer full): a copy that shares nothing with it
 */
SyncResult *
sync_result_copy (const SyncResult *result)
{
  SyncResult *copy;

  g_return_val_if_fail (result != NULL, NULL);

  copy = g_memdup2 (result, sizeof *result);
  copy->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) entity_counts_free);
  for (guint i = 0; i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);

      *sync_result_counts_for (copy, counts->entity) = counts->counts;
    }
  copy->error = result->error != NULL ? g_error_copy (result->error) : NULL;
  return copy;
}

/**
 * sync_result_free:
 * @result: (nullable) (transfer full): a result
 *
 * Frees it.
 */
void
sync_result_free (SyncResult *result)
{
  if (result == NULL)
    return;
  g_ptr_array_unref (result->entities);
  g_clear_error (&result->error);
  g_free (result);
}

/**
 * sync_result_counts_for:
 * @result: a result
 * @entity: an entity's name
 *
 * Returns: (transfer none): the counts of that entity, made with zeros if it had none; they stay
 *   where they are as long as @result lives
 */
SyncCounts *
sync_result_counts_for (SyncResult *result, const char *entity)
{
  SyncEntityCounts *counts;

  g_return_val_if_fail (result != NULL && entity != NULL, NULL);

  for (guint i = 0; i < result->entities->len; i++)
    {
      counts = g_ptr_array_index (result->entities, i);
      if (g_str_equal (counts->entity, entity))
        return &counts->counts;
    }
  counts = g_new0 (SyncEntityCounts, 1);
  counts->entity = g_strdup (entity);
  g_ptr_array_add (result->entities, counts);
  return &counts->counts;
}

/**
 * sync_result_sum:
 * @result: a result
 *
 * Makes the total what the entities sum up to.
 */
void
sync_result_sum (SyncResult *result)
{
  g_return_if_fail (result != NULL);

  memset (&result->total, 0, sizeof result->total);
  for (guint i = 0; i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);

      counts_add (&result->total, &counts->counts);
    }
}

/**
 * sync_change_copy:
 * @change: a waiting row
 *
 * Returns: (transfer full): a copy of it
 */
SyncChange *
sync_change_copy (const SyncChange *change)
{
  SyncChange *copy;

  g_return_val_if_fail (change != NULL, NULL);

  copy = g_memdup2 (change, sizeof *change);
  copy->entity = g_strdup (change->entity);
  copy->id = g_strdup (change->id);
  copy->state = g_strdup (change->state);
  copy->operation = g_strdup (change->operation);
  copy->error_code = g_strdup (change->error_code);
  copy->reason = g_strdup (change->reason);
  copy->column = g_strdup (change->column);
  return copy;
}

/**
 * sync_change_free:
 * @change: (nullable) (transfer full): a waiting row
 *
 * Frees it.
 */
void
sync_change_free (SyncChange *change)
{
  if (change == NULL)
    return;
  g_free (change->entity);
  g_free (change->id);
  g_free (change->state);
  g_free (change->operation);
  g_free (change->error_code);
  g_free (change->reason);
  g_free (change->column);
  g_free (change);
}

/**
 * sync_held_copy:
 * @held: a held row
 *
 * Returns: (transfer full): a copy of it
 */
SyncHeld *
sync_held_copy (const SyncHeld *held)
{
  SyncHeld *copy;

  g_return_val_if_fail (held != NULL, NULL);

  copy = g_memdup2 (held, sizeof *held);
  copy->entity = g_strdup (held->entity);
  copy->id = g_strdup (held->id);
  copy->reason = g_strdup (held->reason);
  copy->detail = g_strdup (held->detail);
  return copy;
}

/**
 * sync_held_free:
 * @held: (nullable) (transfer full): a held row
 *
 * Frees it.
 */
void
sync_held_free (SyncHeld *held)
{
  if (held == NULL)
    return;
  g_free (held->entity);
  g_free (held->id);
  g_free (held->reason);
  g_free (held->detail);
  g_free (held);
}

/**
 * sync_trace_copy:
 * @trace: a row that a run moved
 *
 * Returns: (transfer full): a copy
 */
SyncTrace *
sync_trace_copy (const SyncTrace *trace)
{
  SyncTrace *copy;

  g_return_val_if_fail (trace != NULL, NULL);

  copy = g_memdup2 (trace, sizeof *trace);
  copy->entity = g_strdup (trace->entity);
  copy->id = g_strdup (trace->id);
  copy->direction = g_strdup (trace->direction);
  copy->error_code = g_strdup (trace->error_code);
  copy->reason = g_strdup (trace->reason);
  copy->column = g_strdup (trace->column);
  return copy;
}

/**
 * sync_trace_free:
 * @trace: (nullable): a row that a run moved
 *
 * Frees it.
 */
void
sync_trace_free (SyncTrace *trace)
{
  if (trace == NULL)
    return;
  g_free (trace->entity);
  g_free (trace->id);
  g_free (trace->direction);
  g_free (trace->error_code);
  g_free (trace->reason);
  g_free (trace->column);
  g_free (trace);
}

/**
 * sync_conflict_copy:
 * @conflict: a conflict or record
 *
 * Returns: (transfer full): a copy of it
 */
SyncConflict *
sync_conflict_copy (const SyncConflict *conflict)
{
  SyncConflict *copy;

  g_return_val_if_fail (conflict != NULL, NULL);

  copy = g_memdup2 (conflict, sizeof *conflict);
  copy->entity = g_strdup (conflict->entity);
  copy->id = g_strdup (conflict->id);
  copy->kind = g_strdup (conflict->kind);
  copy->state = g_strdup (conflict->state);
  copy->base = g_strdup (conflict->base);
  copy->local = g_strdup (conflict->local);
  copy->remote = g_strdup (conflict->remote);
  copy->local_device = g_strdup (conflict->local_device);
  copy->remote_device = g_strdup (conflict->remote_device);
  copy->columns = g_strdupv (conflict->columns);
  copy->result = g_strdup (conflict->result);
  copy->resolution = g_strdup (conflict->resolution);
  copy->resolved_by = g_strdup (conflict->resolved_by);
  return copy;
}

/**
 * sync_conflict_free:
 * @conflict: (nullable) (transfer full): a conflict or record
 *
 * Frees it.
 */
void
sync_conflict_free (SyncConflict *conflict)
{
  if (conflict == NULL)
    return;
  g_free (conflict->entity);
  g_free (conflict->id);
  g_free (conflict->kind);
  g_free (conflict->state);
  g_free (conflict->base);
  g_free (conflict->local);
  g_free (conflict->remote);
  g_free (conflict->local_device);
  g_free (conflict->remote_device);
  g_strfreev (conflict->columns);
  g_free (conflict->result);
  g_free (conflict->resolution);
  g_free (conflict->resolved_by);
  g_free (conflict);
}

/**
 * sync_entity_status_copy:
 * @status: an entity's status
 *
 * Returns: (transfer full): a copy; the immutable entity is shared
 */
SyncEntityStatus *
sync_entity_status_copy (const SyncEntityStatus *status)
{
  SyncEntityStatus *copy;

  g_return_val_if_fail (status != NULL, NULL);

  copy = g_memdup2 (status, sizeof *status);
  copy->entity = sync_entity_ref (status->entity);
  return copy;
}

/**
 * sync_entity_status_free:
 * @status: (nullable) (transfer full): an entity's status
 *
 * Frees it.
 */
void
sync_entity_status_free (SyncEntityStatus *status)
{
  if (status == NULL)
    return;
  sync_entity_unref (status->entity);
  g_free (status);
}

/**
 * sync_stats_new: (constructor)
 *
 * Returns: (transfer full): statistics of nothing, without times
 */
SyncStats *
sync_stats_new (void)
{
  SyncStats *stats = g_new0 (SyncStats, 1);

  stats->last_sync_at = SYNC_TIME_UNKNOWN;
  stats->next_sync_at = SYNC_TIME_UNKNOWN;
  stats->history = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_result_free);
  return stats;
}

/**
 * sync_stats_copy:
 * @stats: statistics
 *
 * Returns: (transfer full): a copy that shares nothing with it
 */
SyncStats *
sync_stats_copy (const SyncStats *stats)
{
  SyncStats *copy;

  g_return_val_if_fail (stats != NULL, NULL);

  copy = g_memdup2 (stats, sizeof *stats);
  copy->history = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_result_free);
  for (guint i = 0; i < stats->history->len; i++)
    g_ptr_array_add (copy->history, sync_result_copy (g_ptr_array_index (stats->history, i)));
  return copy;
}

/**
 * sync_stats_free:
 * @stats: (nullable) (transfer full): statistics
 *
 * Frees it.
 */
void
sync_stats_free (SyncStats *stats)
{
  if (stats == NULL)
    return;
  g_ptr_array_unref (stats->history);
  g_free (stats);
}

/**
 * sync_run_kind_to_string:
 * @kind: a kind of run
 *
 * Returns: (transfer none): its name for machines
 */
const char *
sync_run_kind_to_string (SyncRunKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (kind_names), "sync");

  return kind_names[kind];
}

/**
 * sync_outcome_to_string:
 * @outcome: how a run ended
 *
 * Returns: (transfer none): its name for machines
 */
const char *
sync_outcome_to_string (SyncOutcome outcome)
{
  g_return_val_if_fail ((guint) outcome < G_N_ELEMENTS (outcome_names), "failed");

  return outcome_names[outcome];
}

/**
 * sync_run_kind_from_string:
 * @name: (nullable): a kind's name
 * @kind: (out): the kind
 *
 * Returns: %FALSE if there is no such kind
 */
gboolean
sync_run_kind_from_string (const char *name, SyncRunKind *kind)
{
  for (guint i = 0; i < G_N_ELEMENTS (kind_names); i++)
    if (g_strcmp0 (name, kind_names[i]) == 0)
      {
        *kind = (SyncRunKind) i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_outcome_from_string:
 * @name: (nullable): an outcome's name
 * @outcome: (out): the outcome
 *
 * Returns: %FALSE if there is no such outcome
 */
gboolean
sync_outcome_from_string (const char *name, SyncOutcome *outcome)
{
  for (guint i = 0; i < G_N_ELEMENTS (outcome_names); i++)
    if (g_strcmp0 (name, outcome_names[i]) == 0)
      {
        *outcome = (SyncOutcome) i;
        return TRUE;
      }
  return FALSE;
}

/**
 * sync_difference_new: (constructor)
 * @entity: the row's entity
 * @id: its id
 * @kind: what is wrong with it
 *
 * Returns: (transfer full): a difference
 */
SyncDifference *
sync_difference_new (const char *entity, const char *id, SyncDifferenceKind kind)
{
  SyncDifference *difference = g_new0 (SyncDifference, 1);

  difference->entity = g_strdup (entity);
  difference->id = g_strdup (id);
  difference->kind = kind;
  return difference;
}

void
sync_difference_free (SyncDifference *difference)
{
  if (difference == NULL)
    return;
  g_free (difference->entity);
  g_free (difference->id);
  g_free (difference);
}

/**
 * sync_verify_result_new: (constructor)
 *
 * Returns: (transfer full): the result of a verification that has found nothing yet
 */
SyncVerifyResult *
sync_verify_result_new (void)
{
  SyncVerifyResult *result = g_new0 (SyncVerifyResult, 1);

  result->started_at = SYNC_TIME_UNKNOWN;
  result->finished_at = SYNC_TIME_UNKNOWN;
  result->differences = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_difference_free);
  return result;
}

/**
 * sync_verify_result_copy:
 * @result: a result
 *
 * Returns: (transfer full): a copy that shares nothing with it
 */
SyncVerifyResult *
sync_verify_result_copy (const SyncVerifyResult *result)
{
  SyncVerifyResult *copy;

  g_return_val_if_fail (result != NULL, NULL);

  copy = g_memdup2 (result, sizeof *result);
  copy->differences = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_difference_free);
  for (guint i = 0; i < result->differences->len; i++)
    {
      const SyncDifference *difference = g_ptr_array_index (result->differences, i);

      g_ptr_array_add (copy->differences,
                       sync_difference_new (difference->entity, difference->id, difference->kind));
    }
  copy->sync = result->sync != NULL ? sync_result_copy (result->sync) : NULL;
  copy->error = result->error != NULL ? g_error_copy (result->error) : NULL;
  return copy;
}

/**
 * sync_verify_result_free:
 * @result: (nullable) (transfer full): a result
 *
 * Frees it.
 */
void
sync_verify_result_free (SyncVerifyResult *result)
{
  if (result == NULL)
    return;
  g_ptr_array_unref (result->differences);
  g_clear_pointer (&result->sync, sync_result_free);
  g_clear_error (&result->error);
  g_free (result);
}

/**
 * sync_difference_kind_to_string:
 * @kind: a kind
 *
 * Returns: (transfer none): its name in JSON output
 */
const char *
sync_difference_kind_to_string (SyncDifferenceKind kind)
{
  g_return_val_if_fail ((guint) kind < G_N_ELEMENTS (difference_names), NULL);

  return difference_names[kind];
}
