/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* Rows that the local table refused are tried once more. */

/**
 * Retry:
 * @ids: (owned) (element-type utf8): the rows that were held when it began, in the order in which they came
 * @next: the first of them that has not had its turn
 * @hopeless: (owned): those at which a trigger of the owner ended the transaction
 * @n_applied: how many are held no more
 */
typedef struct
{
  GPtrArray *ids;
  guint next;
  GHashTable *hopeless;
  guint n_applied;
} Retry;

static void
retry_clear (Retry *retry)
{
  g_clear_pointer (&retry->ids, g_ptr_array_unref);
  g_clear_pointer (&retry->hopeless, g_hash_table_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Retry, retry_clear)

static GPtrArray *
list_held (SyncStore *store, const SyncEntity *entity, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT id FROM main.psync_held WHERE entity = ?1 ORDER BY version", error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (ids, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&ids) : NULL;
}

/* *row NULL: it is held no more. */
static gboolean
load_held (SyncApply *apply, const char *id, char **row, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (apply->store),
                                 "SELECT row FROM main.psync_held WHERE entity = ?1 AND id = ?2", error);
  SyncStep step;

  *row = NULL;
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  step = sync_statement_step (sync_statement_bind_text (statement, 2, id, -1), error);
  if (step == SYNC_STEP_ROW)
    *row = sync_statement_dup_text (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/* The row once more, as if it came just now. */
static SyncApplied
retry_row (SyncApply *apply, const char *id, GError **error)
{
  SyncIncoming incoming = { 0 };
  SyncSpan unknown = { NULL, 0 };
  g_autoptr (GError) refusal = NULL;
  g_autofree char *row = NULL;
  SyncApplied applied;

  if (!load_held (apply, id, &row, error))
    return SYNC_APPLIED_ERROR;
  if (row == NULL)
    return SYNC_APPLIED_HELD;
  sync_json_reader_init (&apply->reader, row, strlen (row));
  if (!sync_row_parse (apply->remote, &apply->reader, &incoming.stamps, &unknown, &refusal)
      || unknown.length > 0)
    return SYNC_APPLIED_HELD;
  g_string_assign (apply->id, id);
  if (!sync_ledger_load (apply->store, apply->entity, id, &incoming.state, error))
    return SYNC_APPLIED_ERROR;
  incoming.raw = (SyncSpan){ row, strlen (row) };
  incoming.state.held = FALSE;
  incoming.state.held_version = 0;
  applied = sync_apply_row (apply, &incoming, error);
  if (applied == SYNC_APPLIED_SKIPPED)
    applied = sync_apply_forget_held (apply, &incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
  sync_row_state_clear (&incoming.state);
  return applied;
}

static SyncApplied
retry_whole (SyncApply *apply, const char *id, gboolean alone, GError **error)
{
  SyncApplied applied;

  g_ptr_array_set_size (apply->unlike, 0);
  g_ptr_array_set_size (apply->unlike_rows, 0);
  sync_trail_drop (&apply->trail);
  applied = retry_row (apply, id, error);
  if (applied == SYNC_APPLIED_DONE && (!sync_apply_write_unlike (apply, error) || !sync_apply_write_trail (apply, error)))
    return SYNC_APPLIED_ERROR;
  if (applied == SYNC_APPLIED_DONE && alone
      && sync_connection_has_deferred_violations (sync_store_get_connection (apply->store)))
    return SYNC_APPLIED_HELD;
  return applied;
}

/* Refused again it leaves everything as it was. */
SyncApplied
sync_apply_retry_row (SyncApply *apply,
                      const char *id,
                      gboolean alone,
                      GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  SyncCounts counts = apply->counts;
  guint n_conflicts = apply->conflicts->len;
  gint64 lost = apply->brake_lost;
  SyncApplied applied;

  if (!sync_connection_execute (connection, "SAVEPOINT psync_held", error))
    return SYNC_APPLIED_ERROR;
  applied = retry_whole (apply, id, alone, error);
  if (applied == SYNC_APPLIED_ERROR)
    return applied;
  if (applied == SYNC_APPLIED_HELD)
    {
      apply->counts = counts;
      apply->brake_lost = lost;
      g_array_set_size (apply->conflicts, n_conflicts);
      if (!sync_connection_execute (connection, "ROLLBACK TO psync_held", error))
        return SYNC_APPLIED_ERROR;
    }
  if (applied == SYNC_APPLIED_DONE)
    apply->counts.pulled++;
  return sync_connection_execute (connection, "RELEASE psync_held", error) ? applied : SYNC_APPLIED_ERROR;
}

/* As many as there is time for: others want to write, too. */
static gboolean
retry_some (SyncApply *apply, Retry *retry, gint64 started, GError **error)
{
  guint first = retry->next;

  for (; retry->next < retry->ids->len && !sync_apply_is_slice_full (apply, started, retry->next - first); retry->next++)
    {
      const char *id = g_ptr_array_index (retry->ids, retry->next);
      SyncApplied applied = g_hash_table_contains (retry->hopeless, id) ? SYNC_APPLIED_HELD
                                                                        : sync_apply_retry_row (apply, id, TRUE, error);

      if (apply->rolled_back)
        g_hash_table_add (retry->hopeless, g_strdup (id));
      if (applied == SYNC_APPLIED_ERROR)
        return FALSE;
      if (applied == SYNC_APPLIED_DONE)
        retry->n_applied++;
    }
  return sync_apply_check_brake (apply, error) && sync_apply_save_brake (apply, error);
}

static gboolean
retry_in_transaction (SyncApply *apply, Retry *retry, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);

  apply->retrying = TRUE;
  if (!sync_apply_load_brake (apply, error) || !sync_apply_begin_on_table (apply, error))
    {
      sync_connection_rollback (connection);
      return FALSE;
    }
  if (sync_table_defer_foreign_keys (apply->table, error)
      && retry_some (apply, retry, g_get_monotonic_time (), error)
      && sync_ledger_trim_batches (apply->store, error) && sync_connection_commit (connection, error))
    return TRUE;
  sync_connection_rollback (connection);
  return FALSE;
}

/* One slice; once more, and without the row at fault, where a trigger of the owner ended it. */
static gboolean
retry_slice (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy, Retry *retry,
             SyncCounts *counts, GArray *conflicts, GError **error)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (SyncApply) apply = sync_apply_new (store, entity, nothing, SYNC_APPLY_FETCH, 0, policy);
  g_autoptr (GError) failure = NULL;
  guint next = retry->next, n_applied = retry->n_applied;

  apply->counts = *counts;
  if (retry_in_transaction (apply, retry, &failure))
    {
      *counts = apply->counts;
      g_array_append_vals (conflicts, apply->conflicts->data, apply->conflicts->len);
      return TRUE;
    }
  retry->next = next;
  retry->n_applied = n_applied;
  if (apply->rolled_back)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&failure));
  return FALSE;
}

/**
 * sync_apply_retry_held:
 * @store: the store
 * @entity: whose held rows
 * @policy: as for a page
 * @counts: (inout): gets what happened added
 * @conflicts: (element-type gint64): gets the numbers of conflicts that were opened
 * @n_applied: (inout): how many rows are held no more
 * @cancellable: (nullable): looked at between slices
 * @error: SQLite's
 *
 * Tries the rows that the local table refused once more, each by itself, in slices as a page is applied in. One that
 * is refused again is left exactly as it was.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_retry_held (SyncStore *store,
                       const SyncEntity *entity,
                       const SyncApplyPolicy *policy,
                       SyncCounts *counts,
                       GArray *conflicts,
                       guint *n_applied,
                       GCancellable *cancellable,
                       GError **error)
{
  g_auto (Retry) retry = {
    .ids = list_held (store, entity, error),
    .hopeless = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL),
  };

  if (retry.ids == NULL)
    return FALSE;
  while (retry.next < retry.ids->len)
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !retry_slice (store, entity, policy, &retry, counts, conflicts, error))
        return FALSE;
    }
  *n_applied += retry.n_applied;
  return TRUE;
}
