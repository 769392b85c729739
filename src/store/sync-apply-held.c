/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* Rows that the local table refused are tried once more. */

typedef struct
{
  char *id;
  char *row;
} Held;

static void
held_free (Held *held)
{
  g_free (held->id);
  g_free (held->row);
  g_free (held);
}

static GPtrArray *
load_held (SyncStore *store, const SyncEntity *entity, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) held_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT id, row FROM main.psync_held WHERE entity = ?1 ORDER BY version", error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Held *held = g_new0 (Held, 1);

      held->id = sync_statement_dup_text (statement, 0);
      held->row = sync_statement_dup_text (statement, 1);
      g_ptr_array_add (all, held);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&all) : NULL;
}

/* The row once more, as if it came just now. */
static SyncApplied
retry_row (SyncApply *apply, const Held *held, GError **error)
{
  SyncIncoming incoming = { 0 };
  SyncSpan unknown = { NULL, 0 };
  g_autoptr (GError) refusal = NULL;
  SyncApplied applied;

  sync_json_reader_init (&apply->reader, held->row, strlen (held->row));
  if (!sync_row_parse (apply->remote, &apply->reader, &incoming.stamps, &unknown, &refusal)
      || unknown.length > 0)
    return SYNC_APPLIED_HELD;
  g_string_assign (apply->id, held->id);
  if (!sync_ledger_load (apply->store, apply->entity, held->id, &incoming.state, error))
    return SYNC_APPLIED_ERROR;
  incoming.raw = (SyncSpan){ held->row, strlen (held->row) };
  incoming.state.held = FALSE;
  incoming.state.held_version = 0;
  applied = sync_apply_row (apply, &incoming, error);
  if (applied == SYNC_APPLIED_SKIPPED)
    applied = sync_apply_forget_held (apply, &incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
  sync_row_state_clear (&incoming.state);
  return applied;
}

static SyncApplied
retry_in_savepoint (SyncApply *apply, const Held *held, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  SyncCounts counts = apply->counts;
  guint n_conflicts = apply->conflicts->len;
  gint64 lost = apply->brake_lost;
  SyncApplied applied;

  if (!sync_connection_execute (connection, "SAVEPOINT psync_held", error))
    return SYNC_APPLIED_ERROR;
  g_ptr_array_set_size (apply->unlike, 0);
  g_ptr_array_set_size (apply->unlike_rows, 0);
  sync_trail_drop (&apply->trail);
  applied = retry_row (apply, held, error);
  if (applied == SYNC_APPLIED_DONE && (!sync_apply_write_unlike (apply, error) || !sync_apply_write_trail (apply, error)))
    applied = SYNC_APPLIED_ERROR;
  if (applied == SYNC_APPLIED_DONE && sync_connection_has_deferred_violations (connection))
    applied = SYNC_APPLIED_HELD;
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
  return sync_connection_execute (connection, "RELEASE psync_held", error) ? applied : SYNC_APPLIED_ERROR;
}

static gboolean
retry_all (SyncApply *apply, GHashTable *hopeless, guint *n_applied, GError **error)
{
  g_autoptr (GPtrArray) all = load_held (apply->store, apply->entity, error);

  if (all == NULL)
    return FALSE;
  for (guint i = 0; i < all->len; i++)
    {
      const Held *held = g_ptr_array_index (all, i);
      SyncApplied applied = g_hash_table_contains (hopeless, held->id) ? SYNC_APPLIED_HELD
                                                                       : retry_in_savepoint (apply, held, error);

      if (apply->rolled_back)
        g_hash_table_add (hopeless, g_strdup (held->id));
      if (applied == SYNC_APPLIED_ERROR)
        return FALSE;
      if (applied == SYNC_APPLIED_DONE)
        {
          apply->counts.pulled++;
          (*n_applied)++;
        }
    }
  return sync_apply_check_brake (apply, error) && sync_apply_save_brake (apply, error);
}

static gboolean
has_held (SyncStore *store, const SyncEntity *entity, gboolean *any, GError **error)
{
  gint64 count;

  if (!sync_connection_query_int64 (sync_store_get_connection (store), 0, &count, error,
                                    "SELECT EXISTS (SELECT 1 FROM main.psync_held WHERE entity = ?1)",
                                    entity->name, NULL))
    return FALSE;
  *any = count != 0;
  return TRUE;
}

/* hopeless: (inout): the rows at which a trigger of the owner ended the transaction */
static gboolean
retry_in_transaction (SyncApply *apply, GHashTable *hopeless, guint *n_applied, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);

  apply->retrying = TRUE;
  if (!sync_apply_load_brake (apply, error) || !sync_apply_begin_on_table (apply, error))
    {
      sync_connection_rollback (connection);
      return FALSE;
    }
  if (sync_table_defer_foreign_keys (apply->table, error) && retry_all (apply, hopeless, n_applied, error)
      && sync_ledger_trim_batches (apply->store, error) && sync_connection_commit (connection, error))
    return TRUE;
  sync_connection_rollback (connection);
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
 * @error: SQLite's
 *
 * Tries the rows that the local table refused once more, each by itself. One that is refused again is left
 * exactly as it was.
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
                       GError **error)
{
  g_autoptr (GHashTable) hopeless = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gboolean any, again;

  if (!has_held (store, entity, &any, error))
    return FALSE;
  if (!any)
    return TRUE;
  do
    {
      g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
      g_autoptr (SyncApply) apply = sync_apply_new (store, entity, nothing, SYNC_APPLY_FETCH, 0, policy);
      g_autoptr (GError) failure = NULL;
      guint n = 0;

      apply->counts = *counts;
      again = FALSE;
      if (retry_in_transaction (apply, hopeless, &n, &failure))
        {
          *n_applied += n;
          *counts = apply->counts;
          g_array_append_vals (conflicts, apply->conflicts->data, apply->conflicts->len);
        }
      else if (apply->rolled_back)
        again = TRUE;
      else
        {
          g_propagate_error (error, g_steal_pointer (&failure));
          return FALSE;
        }
    }
  while (again);
  return TRUE;
}
