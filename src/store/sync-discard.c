/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolve.h"

#include "sync-apply-private.h"
#include "sync-conflict-store.h"
#include "sync-store-private.h"

/* Changes of this device that are given up: the contents go on record, and the row is as it was last synced. */

static gboolean
record_discarded (SyncApply *apply, const SyncRowState *state, gboolean found, GError **error)
{
  g_autoptr (SyncConflict) conflict = g_new0 (SyncConflict, 1);

  conflict->entity = g_strdup (apply->entity->name);
  conflict->id = g_strdup (apply->id->str);
  conflict->kind = g_strdup ("discard");
  conflict->state = g_strdup ("resolved");
  conflict->base = g_strdup (state->base);
  conflict->local = found ? sync_row_to_json (apply->local) : NULL;
  conflict->remote = g_strdup (state->base);
  conflict->resolution = g_strdup ("remote");
  conflict->resolved_by = g_strdup ("user");
  conflict->local_time = state->changed_at;
  conflict->remote_time = SYNC_TIME_UNKNOWN;
  conflict->local_device = g_strdup (apply->policy.device);
  conflict->columns = g_new0 (char *, 1);
  return sync_store_put_conflict (apply->store, conflict, error) != 0;
}

/* Back to what was last synced; the next run reads the cloud's row again. */
static gboolean
take_base (SyncApply *apply, const SyncRowState *state, gboolean found, GError **error)
{
  const char *id = apply->id->str;
  gboolean deleted;

  if (state->base != NULL)
    return sync_row_parse_text (apply->base, state->base, -1, error)
           && sync_apply_write (apply, id, apply->base, found, error);
  if (!found)
    return TRUE;
  return (!sync_table_is_referenced (apply->table) || sync_children_delete (apply, error))
         && sync_apply_delete_row (apply, &deleted, error);
}

/* Who gives up his side has answered; the other side comes when the row is read again. */
static gboolean
close_conflict (SyncApply *apply, gint64 number, GError **error)
{
  g_autoptr (SyncConflict) conflict = NULL;

  if (number == 0)
    return TRUE;
  conflict = sync_store_get_conflict (apply->store, number, error);
  return conflict != NULL
         && sync_store_close_conflict (apply->store, number, "remote", "user", conflict->remote, error);
}

/* A row with a value that cannot travel cannot go on record either, so it is not given up: what nobody could put
 * back must not be taken away. */
static gboolean
discard_row (SyncApply *apply, GError **error)
{
  g_auto (SyncRowState) state = { 0 };
  const char *id = apply->id->str;
  gboolean found;

  if (!sync_ledger_load (apply->store, apply->entity, id, &state, error)
      || !sync_table_read (apply->table, id, apply->local, &found, error))
    return FALSE;
  return record_discarded (apply, &state, found, error) && take_base (apply, &state, found, error)
         && close_conflict (apply, state.conflict, error)
         && sync_ledger_lift_refusal (apply->store, apply->entity, id, error)
         && ((!state.known && state.conflict == 0)
             || (sync_ledger_clear_maybe_sent (apply->store, apply->entity, id, error)
                 && sync_ledger_set_reread (apply->store, apply->entity, id, TRUE, error)
                 && sync_ledger_forget_edits (apply->store, apply->entity, id, error)))
         && sync_ledger_drop_change (apply->store, apply->entity, id, SYNC_ANY_SEQ, error);
}

/* What is said to who wants to send such a row, to discard it, would lead in a circle here. */
static void
explain_refusal (GError **error)
{
  if (error == NULL || !g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    return;
  (*error)->code = SYNC_ERROR_UNFIT;
  sync_error_set_reason (*error, "no-record", 0);
}

static gboolean
discard_one (SyncStore *store, SyncEntity *entity, const char *id, GError **error)
{
  g_autoptr (SyncApply) apply = sync_apply_begin_row (store, entity, id, NULL, NULL, error);

  if (apply != NULL && sync_apply_end_row (apply, discard_row (apply, error), error))
    return TRUE;
  explain_refusal (error);
  return FALSE;
}

/* (element-type utf8): entity and id by turns */
static GPtrArray *
list_rows (SyncStore *store, const char *entity, const char *id, const char *states, GError **error)
{
  g_autoptr (GPtrArray) rows = g_ptr_array_new_with_free_func (g_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT entity, id FROM main.psync_change WHERE (?1 IS NULL OR entity = ?1) "
      "AND (?2 IS NULL OR id = ?2) AND instr (?3, state) > 0 AND seq > 0",
      error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity, -1);
  sync_statement_bind_text (statement, 2, id, -1);
  sync_statement_bind_text (statement, 3, states, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      g_ptr_array_add (rows, sync_statement_dup_text (statement, 0));
      g_ptr_array_add (rows, sync_statement_dup_text (statement, 1));
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&rows) : NULL;
}

/* Others can be discarded all the same. */
static gboolean
is_of_this_row (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_UNFIT)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_COLUMN)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_KEY);
}

/* One turn for each row that is left: those that were dealt with go out of the list. */
static gssize
discard_some (SyncStore *store, GPtrArray *rows, GError **refusal, GError **error)
{
  gssize n = 0;

  for (guint i = 0; i + 1 < rows->len;)
    {
      SyncEntity *entity = sync_store_find_entity (store, g_ptr_array_index (rows, i));
      g_autoptr (GError) local_error = NULL;

      if (entity != NULL && !discard_one (store, entity, g_ptr_array_index (rows, i + 1), &local_error))
        {
          if (!is_of_this_row (local_error))
            {
              g_propagate_error (error, g_steal_pointer (&local_error));
              return -1;
            }
          g_clear_error (refusal);
          *refusal = g_steal_pointer (&local_error);
          i += 2;
          continue;
        }
      n += entity != NULL;
      g_ptr_array_remove_range (rows, i, 2);
    }
  return n;
}

/* A row may stand in another's way to what it was: again as long as that helps. Those that the table does not take
 * back go on waiting; where that is all that came of it, who asked is told. */
static gssize
discard_rows (SyncStore *store, GPtrArray *rows, gboolean tell, GError **error)
{
  gssize n, sum = 0;

  do
    {
      g_autoptr (GError) refusal = NULL;

      n = discard_some (store, rows, &refusal, error);
      if (n < 0)
        return -1;
      if (tell && refusal != NULL && sum + n == 0)
        {
          g_propagate_error (error, g_steal_pointer (&refusal));
          return -1;
        }
      sum += n;
    }
  while (n > 0 && rows->len > 0);
  return sum;
}

/**
 * sync_store_discard_changes:
 * @store: the store
 * @entity: (nullable): %NULL: every refused and failed row
 * @id: (nullable): the row
 * @error: [error@SyncError.NOT_FOUND]: no such row waits; CONSTRAINT: the table does not take back what it was;
 *   NO_TABLE, NO_KEY: the table is gone, or has another key; UNFIT, the reason is `no-record`: a value of it cannot
 *   go on record
 *
 * The local contents go to the record, and the cloud's row is taken. Of several rows those that the table does not
 * take back go on waiting.
 *
 * Returns: how many, -1 with @error set
 */
gssize
sync_store_discard_changes (SyncStore *store,
                            const char *entity,
                            const char *id,
                            GError **error)
{
  g_autoptr (GPtrArray) rows
      = list_rows (store, entity, id, id != NULL ? "pending refused failed" : "refused failed", error);

  /* As for a conflict: what is recorded must be whole. */
  sync_store_heal_usable (store, NULL);
  if (rows == NULL)
    return -1;
  if (id != NULL && rows->len == 0)
    {
      sync_error_set_absent (error, "change", id);
      return -1;
    }
  return discard_rows (store, rows, TRUE, error);
}

gboolean
sync_store_discard_pending (SyncStore *store,
                            const SyncEntity *entity,
                            GError **error)
{
  g_autoptr (GPtrArray) rows = list_rows (store, entity->name, NULL, "pending refused failed", error);

  return rows != NULL && discard_rows (store, rows, FALSE, error) >= 0;
}
