/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* One row from the cloud: skipped, written, held, or handed to the reconciliation of both sides. */

/* --- Held rows ---------------------------------------------------------------------------------- */

static gboolean
put_held (SyncApply *apply, SyncIncoming *incoming, const char *reason, const char *detail,
          GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "INSERT INTO main.psync_held (entity, id, version, row, reason, detail, held_at) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (entity, id) DO UPDATE SET "
      "version = excluded.version, row = excluded.row, reason = excluded.reason, "
      "detail = excluded.detail, held_at = excluded.held_at",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_text (statement, 2, apply->id->str, -1);
  sync_statement_bind_int64 (statement, 3, incoming->stamps.version);
  sync_statement_bind_text (statement, 4, incoming->raw.text, (gssize) incoming->raw.length);
  sync_statement_bind_text (statement, 5, reason, -1);
  sync_statement_bind_text (statement, 6, detail, -1);
  sync_statement_bind_int64 (statement, 7, sync_clock_now (sync_store_get_clock (apply->store)));
  return sync_statement_run (statement, error);
}

void
sync_apply_note_reason (SyncApply *apply,
                        const char *reason,
                        const char *detail)
{
  g_free (apply->hold_reason);
  g_free (apply->hold_detail);
  apply->hold_reason = g_strdup (reason);
  apply->hold_detail = g_strdup (detail);
}

/**
 * sync_apply_hold:
 * @apply: an apply
 * @incoming: the row
 * @reason: why the local table does not take it
 * @detail: (nullable): constraint or column
 * @error: SQLite's
 *
 * Keeps the newest version of a row that the local table refused, whole. A retry writes nothing
 * but the reason into @apply.
 *
 * Returns: HELD or ERROR
 */
SyncApplied
sync_apply_hold (SyncApply *apply,
                 SyncIncoming *incoming,
                 const char *reason,
                 const char *detail,
                 GError **error)
{
  gint64 known = MAX (incoming->state.held_version, incoming->state.known ? incoming->state.version : 0);

  if (apply->retrying)
    {
      sync_apply_note_reason (apply, reason, detail);
      return SYNC_APPLIED_HELD;
    }
  if (incoming->stamps.version > 0
      && (incoming->stamps.version < known
          || (incoming->stamps.version == known && apply->policy.kind != SYNC_RUN_HYDRATE
              && !incoming->state.reread)))
    return SYNC_APPLIED_SKIPPED;
  if (!put_held (apply, incoming, reason, detail, error)
      || (incoming->state.reread
          && !sync_ledger_set_reread (apply->store, apply->entity, apply->id->str, FALSE, error))
      || (apply->policy.run != 0
          && !sync_ledger_trace (apply->store, apply->policy.run, apply->entity, apply->id->str,
                                 incoming->stamps.version, "held", error)))
    return SYNC_APPLIED_ERROR;
  apply->counts.held++;
  return SYNC_APPLIED_HELD;
}

/* A refusal by the local table, or a value that cannot be kept, holds the row; any other error stops. So does a
 * transaction that is over: whoever began it deals with the row. */
SyncApplied
sync_apply_hold_for_error (SyncApply *apply,
                           SyncIncoming *incoming,
                           GError *refusal,
                           GError **error)
{
  SyncErrorDetail *detail = sync_error_get_detail (refusal);

  if (!apply->rolled_back && g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    return sync_apply_hold (apply, incoming, g_strcmp0 (detail->reason, "deep") == 0 ? "deep" : "type",
                            detail->column, error);
  if (!apply->rolled_back && g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_CONSTRAINT))
    return sync_apply_hold (apply, incoming, detail->reason != NULL ? detail->reason : "other",
                            detail->column, error);
  g_propagate_error (error, g_error_copy (refusal));
  return SYNC_APPLIED_ERROR;
}

/* Not a newer version than this one: the answer to a conflict is about what was shown, and the row that is held comes
 * after it. */
gboolean
sync_apply_forget_held (SyncApply *apply,
                        SyncIncoming *incoming,
                        GError **error)
{
  SyncStatement *statement;

  if (!incoming->state.held && !apply->retrying)
    return TRUE;
  statement = sync_connection_prepare (sync_store_get_connection (apply->store),
                                       "DELETE FROM main.psync_held WHERE entity = ?1 AND id = ?2 "
                                       "AND (version <= ?3 OR ?3 = 0)", error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_text (statement, 2, apply->id->str, -1);
  sync_statement_bind_int64 (statement, 3, incoming->stamps.version);
  return sync_statement_run (statement, error);
}

/* --- Writing ------------------------------------------------------------------------------------ */

static gboolean
note_if_unlike (SyncApply *apply, const char *id, const SyncRow *row, GError **error)
{
  g_autoptr (SyncRow) back = sync_row_new (apply->entity);
  g_autoptr (GError) unreadable = NULL;
  gboolean found;

  if (!sync_table_read (apply->table, id, back, &found, &unreadable)
      && !g_error_matches (unreadable, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&unreadable));
      return FALSE;
    }
  if (found && unreadable == NULL && sync_row_equal (back, row))
    return TRUE;
  sync_row_copy (back, row);
  g_ptr_array_add (apply->unlike, g_strdup (id));
  g_ptr_array_add (apply->unlike_rows, g_steal_pointer (&back));
  return TRUE;
}

/* What the owner's triggers, checks and indexes call may be known to his program only, or fail by itself: the table
 * does not take the row then. */
static void
blame_owner (SyncApply *apply, GError **error)
{
  SyncErrorDetail *detail = sync_error_get_detail (*error);
  g_autoptr (GError) cause = NULL;

  if ((g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_FAILED) && detail->reason == NULL)
      || (sync_table_has_owner_triggers (apply->table)
          && (g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
              || g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_NO_COLUMN))))
    {
      cause = g_steal_pointer (error);
      *error = sync_error_new (SYNC_ERROR_CONSTRAINT, apply->entity->table, "%s", cause->message);
      sync_error_set_reason (*error, "owner-code", 0);
      sync_error_set_column (*error, cause->message);
    }
}

/* Of a write to the owner's table that failed. */
static gboolean
tell_failure (SyncApply *apply, GError *failure, GError **error)
{
  apply->rolled_back
      = apply->rolled_back || !sync_connection_in_transaction (sync_store_get_connection (apply->store));
  blame_owner (apply, &failure);
  g_propagate_error (error, failure);
  return FALSE;
}

/* Inserts where an update found nothing, and the other way round: what is there was read before. But a trigger of the
 * owner may have passed over the update. */
static gboolean
write_row (SyncApply *apply, const char *id, const SyncRow *row, gboolean exists, GError **error)
{
  gboolean there;

  if (!exists)
    return sync_table_insert (apply->table, row, error);
  if (!sync_table_update (apply->table, row, id, &there, error)
      || (!there && sync_table_has_owner_triggers (apply->table)
          && !sync_table_exists (apply->table, id, &there, error)))
    return FALSE;
  return there || sync_table_insert (apply->table, row, error);
}

/**
 * sync_apply_write:
 * @apply: an apply
 * @id: the row's id
 * @row: its contents
 * @exists: whether it is there
 * @error: [error@SyncError.CONSTRAINT]: the table refused it, and nothing was written
 *
 * Writes a row without its being captured as a local change.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_write (SyncApply *apply,
                  const char *id,
                  const SyncRow *row,
                  gboolean exists,
                  GError **error)
{
  GError *failure = NULL;
  gboolean good;

  if (!sync_parents_check (apply, id, row, error))
    return FALSE;
  if (apply->triggers_off)
    return write_row (apply, id, row, exists, &failure) || tell_failure (apply, failure, error);
  if (!sync_ledger_begin_applying (apply->store, apply->entity, id, error))
    return FALSE;
  good = write_row (apply, id, row, exists, &failure) || tell_failure (apply, failure, error);
  if (!sync_ledger_end_applying (apply->store, good ? error : NULL) || !good)
    return FALSE;
  return !sync_table_has_owner_triggers (apply->table) || note_if_unlike (apply, id, row, error);
}

/* The owner's trigger kept the row, or made something else of the deletion: then it goes with triggers off. */
static gboolean
note_if_kept (SyncApply *apply, gboolean *deleted, GError **error)
{
  gboolean kept;

  if (!sync_table_exists (apply->table, apply->id->str, &kept, error))
    return FALSE;
  if (!kept)
    return TRUE;
  *deleted = TRUE;
  g_ptr_array_add (apply->unlike, g_strdup (apply->id->str));
  g_ptr_array_add (apply->unlike_rows, NULL);
  return TRUE;
}

/* Without its being captured as a local change; what it takes along is. */
gboolean
sync_apply_delete_row (SyncApply *apply,
                       gboolean *deleted,
                       GError **error)
{
  GError *failure = NULL;
  gboolean good;

  if (apply->triggers_off)
    return sync_table_delete (apply->table, apply->id->str, deleted, &failure)
           || tell_failure (apply, failure, error);
  if (!sync_ledger_begin_applying (apply->store, apply->entity, apply->id->str, error))
    return FALSE;
  good = sync_table_delete (apply->table, apply->id->str, deleted, &failure)
         || tell_failure (apply, failure, error);
  if (!sync_ledger_end_applying (apply->store, good ? error : NULL) || !good)
    return FALSE;
  return !sync_table_has_owner_triggers (apply->table) || note_if_kept (apply, deleted, error);
}

/**
 * sync_apply_delete:
 * @apply: an apply
 * @incoming: a tombstone
 * @deleted: (out): whether a row was there
 * @error: SQLite's
 *
 * Deletes the row. One that others refer to waits until their entities were pulled, then goes children
 * first.
 *
 * Returns: DONE, HELD or ERROR
 */
SyncApplied
sync_apply_delete (SyncApply *apply,
                   SyncIncoming *incoming,
                   gboolean *deleted,
                   GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean children = FALSE;

  *deleted = FALSE;
  if (sync_table_is_referenced (apply->table)
      && !sync_children_exist (apply, apply->id->str, &children, error))
    return SYNC_APPLIED_ERROR;
  if (children && !apply->retrying)
    return sync_apply_hold (apply, incoming, "children", NULL, error);
  if (children)
    {
      SyncApplied applied = sync_children_delete_with_parent (apply, incoming, error);

      if (applied != SYNC_APPLIED_DONE)
        return applied;
    }
  if (sync_apply_delete_row (apply, deleted, &refusal))
    return SYNC_APPLIED_DONE;
  return sync_apply_hold_for_error (apply, incoming, refusal, error);
}

/* A row that was there is not there any more as it was: what the brake counts. */
void
sync_apply_count_loss (SyncApply *apply)
{
  apply->brake_lost++;
}

/**
 * sync_apply_settle_base:
 * @apply: an apply
 * @incoming: the row
 * @error: SQLite's
 *
 * The row's contents there become its base; it is held and refused no more.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_settle_base (SyncApply *apply,
                        SyncIncoming *incoming,
                        GError **error)
{
  const char *id = apply->id->str;
  const char *base = NULL;

  if (!incoming->stamps.deleted)
    {
      g_string_truncate (apply->json, 0);
      sync_row_append_json (apply->remote, apply->json);
      base = apply->json->str;
    }
  if (!sync_ledger_put_base (apply->store, apply->entity, id, incoming->stamps.version, base,
                             base != NULL ? (gssize) apply->json->len : -1, error)
      || !sync_apply_forget_held (apply, incoming, error))
    return FALSE;
  if (incoming->state.pending
      && (!sync_ledger_clear_maybe_sent (apply->store, apply->entity, id, error)
          || !sync_ledger_lift_refusal (apply->store, apply->entity, id, error)
          || (incoming->state.reread
              && !sync_ledger_set_reread (apply->store, apply->entity, id, FALSE, error))))
    return FALSE;
  if (apply->policy.run != 0)
    sync_trail_add (&apply->trail, id, incoming->stamps.version);
  return TRUE;
}

/* --- A row without a pending change ------------------------------------------------------------- */

SyncApplied
sync_apply_clean_tombstone (SyncApply *apply,
                            SyncIncoming *incoming,
                            GError **error)
{
  gboolean deleted = FALSE;

  if (!incoming->state.known || incoming->state.base != NULL)
    {
      SyncApplied applied = sync_apply_delete (apply, incoming, &deleted, error);

      if (applied != SYNC_APPLIED_DONE)
        return applied;
    }
  if (deleted)
    {
      apply->counts.deleted++;
      sync_apply_count_loss (apply);
    }
  else if (!incoming->state.known
           && !sync_table_note_key (apply->table, g_ascii_strtoll (apply->id->str, NULL, 10), error))
    return SYNC_APPLIED_ERROR;
  return sync_apply_settle_base (apply, incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
}

/* The table is not as the ledger has it, and no trigger noted it: a local change after all. */
static SyncApplied
reconcile_uncaptured (SyncApply *apply, SyncIncoming *incoming, GError **error)
{
  if (!sync_ledger_queue (apply->store, apply->entity, apply->id->str, error))
    return SYNC_APPLIED_ERROR;
  sync_row_state_clear (&incoming->state);
  if (!sync_ledger_load (apply->store, apply->entity, apply->id->str, &incoming->state, error))
    return SYNC_APPLIED_ERROR;
  return sync_apply_reconcile (apply, incoming, error);
}

static gboolean
is_same_as_base (SyncApply *apply, SyncIncoming *incoming)
{
  g_string_truncate (apply->json, 0);
  sync_row_append_json (apply->remote, apply->json);
  return g_strcmp0 (apply->json->str, incoming->state.base) == 0;
}

/* A new row, by far the most frequent case: only if the table refuses it, one looks whether it was there. */
static SyncApplied
insert_clean (SyncApply *apply, SyncIncoming *incoming, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean found;

  if (sync_apply_write (apply, apply->id->str, apply->remote, FALSE, &refusal))
    return sync_apply_settle_base (apply, incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
  if (apply->rolled_back)
    return sync_apply_hold_for_error (apply, incoming, refusal, error);
  if (!sync_table_exists (apply->table, apply->id->str, &found, error))
    return SYNC_APPLIED_ERROR;
  return found ? reconcile_uncaptured (apply, incoming, error)
               : sync_apply_hold_for_error (apply, incoming, refusal, error);
}

static SyncApplied
write_clean (SyncApply *apply, SyncIncoming *incoming, GError **error)
{
  gboolean is_update = incoming->state.known && incoming->state.base != NULL;
  gboolean found;
  g_autoptr (GError) refusal = NULL;

  if (!is_update && apply->policy.kind != SYNC_RUN_HYDRATE)
    return insert_clean (apply, incoming, error);
  if (!sync_table_exists (apply->table, apply->id->str, &found, error))
    return SYNC_APPLIED_ERROR;
  if (found != is_update && apply->policy.kind != SYNC_RUN_HYDRATE)
    return reconcile_uncaptured (apply, incoming, error);
  if (is_update && found && apply->policy.kind != SYNC_RUN_HYDRATE && is_same_as_base (apply, incoming))
    return sync_apply_settle_base (apply, incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
  if (!sync_apply_write (apply, apply->id->str, apply->remote, found, &refusal))
    return sync_apply_hold_for_error (apply, incoming, refusal, error);
  if (found)
    sync_apply_count_loss (apply);
  return sync_apply_settle_base (apply, incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
}

static gboolean
is_as_base (SyncApply *apply, const SyncIncoming *incoming)
{
  return incoming->state.base != NULL && sync_row_parse_text (apply->base, incoming->state.base, -1, NULL)
         && sync_row_equal (apply->base, apply->local);
}

/* Hydrate looks at the row itself: it is there to repair, but what nobody noticed is kept in the record. */
static SyncApplied
hydrate_clean (SyncApply *apply, SyncIncoming *incoming, GError **error)
{
  g_autoptr (GError) unreadable = NULL;
  gboolean found;

  if (!incoming->stamps.deleted
      && sync_table_read (apply->table, apply->id->str, apply->local, &found, &unreadable) && found
      && sync_row_equal (apply->local, apply->remote))
    {
      if (incoming->state.known && incoming->state.version == incoming->stamps.version
          && incoming->state.base != NULL && !incoming->state.held)
        return SYNC_APPLIED_SKIPPED;
      return sync_apply_settle_base (apply, incoming, error) ? SYNC_APPLIED_DONE : SYNC_APPLIED_ERROR;
    }
  if (incoming->stamps.deleted)
    {
      if (incoming->state.known && incoming->state.version == incoming->stamps.version
          && incoming->state.base == NULL)
        return SYNC_APPLIED_SKIPPED;
      return sync_apply_clean_tombstone (apply, incoming, error);
    }
  if (unreadable == NULL && found && !is_as_base (apply, incoming))
    return sync_apply_take_remote (apply, incoming, "remote", "hydrate", error);
  return write_clean (apply, incoming, error);
}

/* A version not above the known one says nothing new, but for a row to be read again, and in a hydrate. */
static gboolean
is_known (SyncApply *apply, const SyncIncoming *incoming)
{
  const SyncRowState *state = &incoming->state;
  gint64 known = state->known ? state->version : 0;

  if (incoming->stamps.version == 0)
    return FALSE; /* purged there: it has no version any more */
  known = MAX (known, MAX (state->held_version, state->conflict_version));
  if (incoming->stamps.version != known)
    return incoming->stamps.version < known;
  if (state->reread)
    return FALSE;
  return apply->policy.kind != SYNC_RUN_HYDRATE || state->pending;
}

/**
 * sync_apply_row:
 * @apply: an apply with the row in `remote` and its id in `id`
 * @incoming: the rest of it
 * @error: SQLite's
 *
 * Returns: what became of it
 */
SyncApplied
sync_apply_row (SyncApply *apply,
                SyncIncoming *incoming,
                GError **error)
{
  if (is_known (apply, incoming))
    return SYNC_APPLIED_SKIPPED;
  if (incoming->state.pending || incoming->state.conflict != 0 || incoming->state.sent)
    return sync_apply_reconcile (apply, incoming, error);
  if (apply->policy.kind == SYNC_RUN_HYDRATE)
    return hydrate_clean (apply, incoming, error);
  if (incoming->stamps.deleted)
    return sync_apply_clean_tombstone (apply, incoming, error);
  return write_clean (apply, incoming, error);
}
