/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

#include "sync-conflict-store.h"

/* A row from the cloud that is pending here, in conflict, or was sent without an answer. First: is it what we
 * have, or what we sent? Then base, local and remote go to the merge. */

/**
 * Sides:
 *
 * The two sides of one row and what is known about how they came to differ.
 */
typedef struct
{
  SyncApply *apply;
  SyncIncoming *incoming;
  const char *id;
  gboolean local_exists;
  const SyncRow *local;  /* NULL: deleted here */
  const SyncRow *remote; /* NULL: deleted there */
  const SyncRow *base;   /* NULL: none */
  GPtrArray *sends;      /* (owned) (element-type SyncSend) */
  gboolean *echoed;      /* (owned) (nullable) */
  gboolean ours;         /* the remote is what we sent */
} Sides;

static void
sides_clear (Sides *sides)
{
  g_clear_pointer (&sides->sends, g_ptr_array_unref);
  g_clear_pointer (&sides->echoed, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Sides, sides_clear)

static gboolean
rows_are_equal (const SyncRow *a, const SyncRow *b)
{
  if (a == NULL || b == NULL)
    return a == b;
  return sync_row_equal (a, b);
}

/* A column that has a value we sent, and never got an answer for, counts as unchanged there. */
static void
compare_with_send (Sides *sides, const SyncSend *send)
{
  const SyncEntity *entity = sides->apply->entity;

  if (send->deleted || sides->remote == NULL)
    {
      sides->ours = sides->ours || (send->deleted && sides->remote == NULL);
      return;
    }
  if (sync_row_equal (send->row, sides->remote))
    sides->ours = TRUE;
  if (sides->echoed == NULL)
    sides->echoed = g_new0 (gboolean, entity->n_columns);
  for (guint i = entity->n_keys; i < entity->n_columns; i++)
    sides->echoed[i] = sides->echoed[i] || sync_row_column_equal (send->row, sides->remote, i);
}

static gboolean
load_sends (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  gint64 version = sides->incoming->stamps.version;

  if (!sides->incoming->state.sent)
    return TRUE;
  /* What was purged has no version: the deletion may be any that was sent. */
  sides->sends = sync_ledger_load_sends (apply->store, apply->entity, sides->id,
                                         version == 0 ? G_MAXINT64 : version, error);
  if (sides->sends == NULL)
    return FALSE;
  for (guint i = 0; i < sides->sends->len; i++)
    compare_with_send (sides, g_ptr_array_index (sides->sends, i));
  return sync_ledger_settle (apply->store, apply->entity, sides->id, version, error);
}

static gboolean
load_base (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;

  if (sides->incoming->state.base == NULL)
    return TRUE;
  if (!sync_row_parse_text (apply->base, sides->incoming->state.base, -1, error))
    return FALSE;
  sides->base = apply->base;
  return TRUE;
}

/* --- Outcomes ----------------------------------------------------------------------------------- */

static gboolean
close_open_conflict (const Sides *sides, const char *resolution, const char *by, const char *result,
                     GError **error)
{
  gint64 number = sides->incoming->state.conflict;

  if (number == 0)
    return TRUE;
  g_array_append_val (sides->apply->conflicts, number);
  return sync_store_close_conflict (sides->apply->store, number, resolution, by, result, error);
}

/* Both sides are as one: base, and nothing waits any more. */
static SyncApplied
adopt (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autofree char *result = sides->remote != NULL ? sync_row_to_json (sides->remote) : NULL;

  if (!close_open_conflict (sides, "remote", "equal", result, error)
      || !sync_apply_settle_base (apply, sides->incoming, error)
      || !sync_ledger_drop_change (apply->store, apply->entity, sides->id, SYNC_ANY_SEQ, error))
    return SYNC_APPLIED_ERROR;
  return SYNC_APPLIED_DONE;
}

/* What came is what we sent: it is the base now, and what was edited since goes on waiting. */
static SyncApplied
adopt_own (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autofree char *result = sides->local != NULL ? sync_row_to_json (sides->local) : NULL;

  if (!close_open_conflict (sides, "local", "equal", result, error)
      || !sync_apply_settle_base (apply, sides->incoming, error))
    return SYNC_APPLIED_ERROR;
  return SYNC_APPLIED_DONE;
}

/* The local side stands, on the version just read. */
static SyncApplied
keep_local (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;

  if (!sync_apply_settle_base (apply, sides->incoming, error))
    return SYNC_APPLIED_ERROR;
  /* Seq 0: it was only to be read again, and now it is to be sent. */
  if ((!sides->incoming->state.pending || sides->incoming->state.seq == 0)
      && !sync_ledger_queue (apply->store, apply->entity, sides->id, error))
    return SYNC_APPLIED_ERROR;
  if (sides->remote == NULL && (sides->base != NULL || sides->incoming->state.maybe_sent)
      && !sync_ledger_doubt_revival (apply->store, apply->entity, sides->id, error))
    return SYNC_APPLIED_ERROR;
  return SYNC_APPLIED_DONE;
}

static SyncApplied
take_remote (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autoptr (GError) refusal = NULL;
  gboolean deleted = FALSE;

  if (sides->remote == NULL)
    {
      SyncApplied applied = sync_apply_delete (apply, sides->incoming, &deleted, error);

      if (applied != SYNC_APPLIED_DONE)
        return applied;
      apply->counts.deleted += deleted;
    }
  else if (!sync_apply_write (apply, sides->id, sides->remote, sides->local_exists, &refusal))
    return sync_apply_hold_for_error (apply, sides->incoming, refusal, error);
  if (sides->local_exists)
    sync_apply_count_loss (apply);
  if (!sync_apply_settle_base (apply, sides->incoming, error)
      || !sync_ledger_drop_change (apply->store, apply->entity, sides->id, SYNC_ANY_SEQ, error))
    return SYNC_APPLIED_ERROR;
  return SYNC_APPLIED_DONE;
}

/* --- Times and records -------------------------------------------------------------------------- */

static gint64
local_time (const Sides *sides)
{
  gint64 time = sides->incoming->state.changed_at;

  return time == SYNC_TIME_UNKNOWN ? time : time + sides->apply->policy.clock_offset;
}

/* 1970 is how a time that was not known travels. */
static gint64
remote_time (const Sides *sides)
{
  gint64 time = sides->incoming->stamps.edited_at;

  return time <= 0 ? SYNC_TIME_UNKNOWN : time;
}

static char *
dup_device (SyncSpan device)
{
  if (device.length == 0 || sync_json_type (device) != SYNC_JSON_STRING)
    return NULL;
  return sync_json_dup_string (device);
}

static SyncConflict *
describe (const Sides *sides, const char *kind)
{
  SyncApply *apply = sides->apply;
  SyncConflict *conflict = g_new0 (SyncConflict, 1);
  g_autoptr (GStrvBuilder) columns = g_strv_builder_new ();

  for (guint i = 0; i < apply->disputed->len; i++)
    g_strv_builder_add (columns,
                        apply->entity->columns[g_array_index (apply->disputed, guint, i)].name);
  conflict->number = sides->incoming->state.conflict;
  conflict->entity = g_strdup (apply->entity->name);
  conflict->id = g_strdup (sides->id);
  conflict->kind = g_strdup (kind);
  conflict->base = sides->base != NULL ? sync_row_to_json (sides->base) : NULL;
  conflict->local = sides->local != NULL ? sync_row_to_json (sides->local) : NULL;
  conflict->remote = sides->remote != NULL ? sync_row_to_json (sides->remote) : NULL;
  conflict->remote_version = sides->incoming->stamps.version;
  conflict->seq = sides->incoming->state.seq;
  conflict->local_time = local_time (sides);
  conflict->remote_time = remote_time (sides);
  conflict->local_device = g_strdup (apply->policy.device);
  conflict->remote_device = dup_device (sides->incoming->stamps.device_id);
  conflict->columns = g_strv_builder_end (columns);
  conflict->created_at = sync_clock_now (sync_store_get_clock (apply->store));
  conflict->resolved_at = SYNC_TIME_UNKNOWN;
  return conflict;
}

/* What a seed or a hydrate decided is told by that. */
static const char *
kind_of_run (const Sides *sides, const char *kind)
{
  if (g_str_equal (kind, "scan") || sides->apply->policy.kind == SYNC_RUN_SYNC)
    return kind;
  return sides->apply->policy.kind == SYNC_RUN_SEED ? "seed" : "overwritten";
}

/* The conflict that was open ends with both sides as they are now: either may have been edited since it was
 * noted. */
static gboolean
record_end (const Sides *sides, SyncConflict *conflict, const char *resolution, const char *by,
            const SyncRow *result, GError **error)
{
  g_autofree char *json = result != NULL ? sync_row_to_json (result) : NULL;

  conflict->state = g_strdup ("open");
  return sync_store_put_conflict (sides->apply->store, conflict, error) != 0
         && close_open_conflict (sides, resolution, by, json, error);
}

/* What was decided: into the record, or as the end of the conflict that was open. */
static gboolean
record (const Sides *sides, const char *kind, const char *resolution, const char *by, const SyncRow *result,
        GError **error)
{
  g_autoptr (SyncConflict) conflict = describe (sides, kind_of_run (sides, kind));

  if (conflict->number != 0)
    return record_end (sides, conflict, resolution, by, result, error);
  conflict->state = g_strdup ("resolved");
  conflict->resolution = g_strdup (resolution);
  conflict->resolved_by = g_strdup (by);
  conflict->result = result != NULL ? sync_row_to_json (result) : NULL;
  conflict->resolved_at = conflict->created_at;
  return sync_store_put_conflict (sides->apply->store, conflict, error) != 0;
}

/* A person must decide: the row is neither pushed nor overwritten until then. */
static SyncApplied
leave_open (Sides *sides, const char *kind, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autoptr (SyncConflict) conflict = describe (sides, kind);
  gint64 number;

  conflict->state = g_strdup ("open");
  number = sync_store_put_conflict (apply->store, conflict, error);
  if (number == 0 || !sync_apply_forget_held (apply, sides->incoming, error)
      || (sides->incoming->state.reread
          && !sync_ledger_set_reread (apply->store, apply->entity, sides->id, FALSE, error)))
    return SYNC_APPLIED_ERROR;
  if (!sides->incoming->state.pending
      && !sync_ledger_queue (apply->store, apply->entity, sides->id, error))
    return SYNC_APPLIED_ERROR;
  if (sides->incoming->state.conflict == 0)
    apply->counts.conflicts++;
  g_array_append_val (apply->conflicts, number);
  return SYNC_APPLIED_SKIPPED;
}

/* --- Decisions ---------------------------------------------------------------------------------- */

static SyncDispute
dispute_of (const Sides *sides)
{
  return (SyncDispute){
    .entity = sides->apply->entity,
    .id = sides->id,
    .base = sides->base,
    .local = sides->local,
    .remote = sides->remote,
    .echoed = sides->echoed,
    .local_time = local_time (sides),
    .remote_time = remote_time (sides),
  };
}

/* A row in conflict stays in the outbox until the conflict is closed, but if it is as there, nothing waits. */
static gboolean
drop_if_as_there (const Sides *sides, const SyncRow *result, GError **error)
{
  return sides->incoming->state.conflict == 0 || !rows_are_equal (result, sides->remote)
         || sync_ledger_drop_change (sides->apply->store, sides->apply->entity, sides->id, SYNC_ANY_SEQ, error);
}

/* Deleted on one side, edited on the other. */
static SyncApplied
decide_deletion (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  SyncDispute dispute = dispute_of (sides);
  const char *kind = sides->local != NULL ? "edit-delete" : "delete-edit";
  const SyncRow *result;
  const char *by = NULL;
  SyncSide side = SYNC_SIDE_REMOTE;
  SyncApplied applied;

  g_array_set_size (apply->disputed, 0);
  if (!apply->policy.decide (&dispute, NULL, 0, &side, NULL, &by, apply->policy.decide_data))
    return leave_open (sides, kind, error);
  applied = side == SYNC_SIDE_LOCAL ? keep_local (sides, error) : take_remote (sides, error);
  if (applied != SYNC_APPLIED_DONE)
    return applied;
  result = side == SYNC_SIDE_LOCAL ? sides->local : sides->remote;
  if (!record (sides, kind, side == SYNC_SIDE_LOCAL ? "local" : "remote", by, result, error)
      || !drop_if_as_there (sides, result, error))
    return SYNC_APPLIED_ERROR;
  apply->counts.merged++;
  return SYNC_APPLIED_DONE;
}

/* What the sides became; the base is the remote's, so what differs from it goes on waiting. */
static SyncApplied
write_merged (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autoptr (GError) refusal = NULL;

  if (!sync_row_equal (apply->merged, sides->local))
    {
      if (!sync_apply_write (apply, sides->id, apply->merged, TRUE, &refusal))
        return sync_apply_hold_for_error (apply, sides->incoming, refusal, error);
      sync_apply_count_loss (apply);
    }
  if (!sync_row_equal (apply->merged, sides->remote))
    return keep_local (sides, error);
  if (!sync_apply_settle_base (apply, sides->incoming, error)
      || !sync_ledger_drop_change (apply->store, apply->entity, sides->id, SYNC_ANY_SEQ, error))
    return SYNC_APPLIED_ERROR;
  return SYNC_APPLIED_DONE;
}

static const char *
resolution_of (const Sides *sides)
{
  if (sync_row_equal (sides->apply->merged, sides->local))
    return "local";
  return sync_row_equal (sides->apply->merged, sides->remote) ? "remote" : "merged";
}

static SyncApplied
decide_columns (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  SyncDispute dispute = dispute_of (sides);
  const char *by = NULL;
  SyncMergeKind kind = sync_merge_rows (&dispute, apply->policy.decide, apply->policy.decide_data,
                                        apply->merged, apply->disputed, &by);
  SyncApplied applied;

  if (kind == SYNC_MERGE_OPEN)
    return leave_open (sides, "edit-edit", error);
  applied = write_merged (sides, error);
  if (applied != SYNC_APPLIED_DONE)
    return applied;
  if ((kind == SYNC_MERGE_DECIDED || sides->incoming->state.conflict != 0)
      && (!record (sides, "edit-edit", resolution_of (sides), by != NULL ? by : "merge", apply->merged, error)
          || !drop_if_as_there (sides, apply->merged, error)))
    return SYNC_APPLIED_ERROR;
  apply->counts.merged++;
  return SYNC_APPLIED_DONE;
}

/* --- Two inserts of one integer key ------------------------------------------------------------- */

/* Ours was never known elsewhere, and the other is none of our sends: two rows that happened to get the same
 * number, not one that was edited twice. So it is with the number of a row that was deleted, which SQLite gives away
 * again, on every device. */
static gboolean
is_key_collision (const Sides *sides)
{
  const SyncRowState *state = &sides->incoming->state;
  gboolean is_new = !state->known || (state->base == NULL && sides->remote != NULL);

  return sync_table_has_integer_key (sides->apply->table) && sides->local != NULL && is_new && state->pending
         && !state->maybe_sent && !sides->ours && state->conflict == 0;
}

gboolean
sync_apply_find_free_key (SyncApply *apply,
                          gint64 *key,
                          GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  g_autoptr (GString) sql = g_string_new ("SELECT max (ifnull ((SELECT max (");
  gint64 highest;

  sync_sql_append_identifier (sql, apply->entity->columns[0].name);
  g_string_append (sql, ") FROM main.");
  sync_sql_append_identifier (sql, apply->entity->table);
  g_string_append (sql, "), 0), "
                        "ifnull ((SELECT max (CAST (id AS INTEGER)) FROM main.psync_row WHERE entity = ?1), 0), "
                        "ifnull ((SELECT max (CAST (id AS INTEGER)) FROM main.psync_held WHERE entity = ?1), 0)");
  if (!sync_children_append_references (apply, sql, error))
    return FALSE;
  g_string_append_c (sql, ')');
  if (!sync_connection_query_int64 (connection, 0, &highest, error, sql->str, apply->entity->name, NULL))
    return FALSE;
  if (highest == G_MAXINT64)
    {
      sync_error_set (error, SYNC_ERROR_CONSTRAINT, apply->entity->name, "No integer key is left in %s",
                      apply->entity->name);
      sync_error_set_reason (*error, "primary-key", 0);
      return FALSE;
    }
  *key = highest + 1;
  return TRUE;
}

/* The outbox goes with the row. */
static gboolean
move_change (Sides *sides, const char *new_id, GError **error)
{
  SyncApply *apply = sides->apply;
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "INSERT INTO main.psync_change (entity, id, changed_at) "
      "SELECT entity, ?3, changed_at FROM main.psync_change WHERE entity = ?1 AND id = ?2 "
      "ON CONFLICT (entity, id) DO UPDATE SET changed_at = excluded.changed_at",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_text (statement, 2, sides->id, -1);
  sync_statement_bind_text (statement, 3, new_id, -1);
  return sync_statement_run (statement, error);
}

static SyncApplied
give_new_key (Sides *sides, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autoptr (GError) refusal = NULL;
  g_autofree char *new_id = NULL;
  gint64 key;
  gboolean moved;

  if (!sync_apply_find_free_key (apply, &key, &refusal))
    return sync_apply_hold_for_error (apply, sides->incoming, refusal, error);
  new_id = g_strdup_printf ("%" G_GINT64_FORMAT, key);
  if (!apply->triggers_off
      && !sync_ledger_begin_applying (apply->store, apply->entity, sides->id, error))
    return SYNC_APPLIED_ERROR;
  moved = sync_children_follow (apply->store, apply->table, sides->id, key, &refusal);
  if (!apply->triggers_off && !sync_ledger_end_applying (apply->store, error))
    return SYNC_APPLIED_ERROR;
  if (!moved)
    return sync_apply_hold_for_error (apply, sides->incoming, refusal, error);
  /* What was sent and never answered may have arrived and been edited there since: then this makes a copy. */
  g_array_set_size (apply->disputed, 0);
  if (sides->incoming->state.sent && !record (sides, "edit-edit", "both", "new-key", sides->remote, error))
    return SYNC_APPLIED_ERROR;
  if (!move_change (sides, new_id, error)
      || !sync_ledger_drop_change (apply->store, apply->entity, sides->id, SYNC_ANY_SEQ, error))
    return SYNC_APPLIED_ERROR;
  sides->local = NULL;
  sides->local_exists = FALSE;
  return take_remote (sides, error);
}

/* --- Entry -------------------------------------------------------------------------------------- */

/* *done FALSE: the local row has a value that cannot travel, and was dealt with. */
static gboolean
load_local (Sides *sides, SyncApplied *applied, GError **error)
{
  SyncApply *apply = sides->apply;
  g_autoptr (GError) refusal = NULL;

  if (!sync_table_read (apply->table, sides->id, apply->local, &sides->local_exists, &refusal))
    {
      *applied = sync_apply_hold_for_error (apply, sides->incoming, refusal, error);
      return FALSE;
    }
  sides->local = sides->local_exists ? apply->local : NULL;
  return TRUE;
}

/* Created and deleted here, and never sent: the local side knows nothing of this row. */
static gboolean
is_without_say (const Sides *sides)
{
  const SyncRowState *state = &sides->incoming->state;

  return sides->local == NULL && !state->known && !state->maybe_sent && !state->sent
         && state->conflict == 0;
}

/* The outbox notes that a row *may* have changed, and a row to be read again is in it too. A side that is as it
 * was last synced gives way; but once something of ours was sent and not answered, nobody knows what the other
 * side saw. */
static gboolean
is_unchanged_here (const Sides *sides)
{
  const SyncRowState *state = &sides->incoming->state;

  return state->known && !state->sent && state->conflict == 0 && rows_are_equal (sides->local, sides->base);
}

/* The version that is known here, read again since a trigger of the cloud's changed what was sent: what it has otherwise
 * was there before whatever was done here since. */
static gboolean
is_read_again (const Sides *sides)
{
  const SyncRowState *state = &sides->incoming->state;

  return state->known && state->reread && state->conflict == 0 && sides->incoming->stamps.version == state->version;
}

/* Then a column that was edited here counts as unchanged there, but for one that is new here: of that nobody here knew
 * what it is there. */
static void
discount_own_edits (Sides *sides)
{
  const SyncEntity *entity = sides->apply->entity;

  if (!is_read_again (sides) || sides->base == NULL || sides->local == NULL || sides->remote == NULL)
    return;
  if (sides->echoed == NULL)
    sides->echoed = g_new0 (gboolean, entity->n_columns);
  for (guint i = entity->n_keys; i < entity->n_columns; i++)
    if (sync_row_get (sides->base, i).length > 0 && !sync_row_column_equal (sides->base, sides->local, i))
      sides->echoed[i] = TRUE;
}

/* Nothing there is in a column that nobody here knew when the row was deleted. */
static gboolean
is_all_known (const Sides *sides)
{
  const SyncEntity *entity = sides->apply->entity;

  for (guint i = entity->n_keys; sides->base != NULL && sides->remote != NULL && i < entity->n_columns; i++)
    if (sync_row_get (sides->base, i).length == 0 && !sync_row_is_null (sides->remote, i))
      return FALSE;
  return TRUE;
}

/* The version that we know, read again. A newer one with the contents that we know may differ in columns that we do
 * not know. */
static gboolean
is_unchanged_there (const Sides *sides)
{
  const SyncRowState *state = &sides->incoming->state;

  if (sides->local == NULL && is_read_again (sides))
    return is_all_known (sides);
  return state->known && state->conflict == 0 && rows_are_equal (sides->remote, sides->base)
         && (sides->incoming->stamps.version == state->version || (sides->remote == NULL && !state->sent));
}

static SyncApplied
give_way (Sides *sides, GError **error)
{
  gboolean purged = sides->incoming->stamps.version == 0;

  g_array_set_size (sides->apply->disputed, 0);
  if (purged && sides->local != NULL && !record (sides, "scan", "remote", "purged", NULL, error))
    return SYNC_APPLIED_ERROR;
  return take_remote (sides, error);
}

/**
 * sync_apply_decide_parent:
 * @apply: an apply with the row in `remote` and its id in `id`
 * @incoming: its tombstone
 * @edited_at: when one of the rows that refer to it was edited here, by this computer's clock
 * @error: SQLite's
 *
 * A row was deleted elsewhere while another that refers to it was edited here: delete against edit.
 *
 * Returns: SKIPPED: all is done; else as always
 */
SyncApplied
sync_apply_decide_parent (SyncApply *apply,
                          SyncIncoming *incoming,
                          gint64 edited_at,
                          GError **error)
{
  g_auto (Sides) sides = { .apply = apply, .incoming = incoming, .id = apply->id->str };
  SyncApplied applied;

  if (!load_local (&sides, &applied, error))
    return applied;
  if (!load_base (&sides, error))
    return SYNC_APPLIED_ERROR;
  incoming->state.changed_at = edited_at;
  apply->parent_decided = TRUE;
  applied = decide_deletion (&sides, error);
  apply->parent_decided = FALSE;
  return applied == SYNC_APPLIED_DONE ? SYNC_APPLIED_SKIPPED : applied;
}

/**
 * sync_apply_reconcile:
 * @apply: an apply with the row in `remote` and its id in `id`
 * @incoming: the rest of it; pending here, in conflict, or with unsettled sends
 * @error: SQLite's
 *
 * Returns: what became of it
 */
SyncApplied
sync_apply_reconcile (SyncApply *apply,
                      SyncIncoming *incoming,
                      GError **error)
{
  g_auto (Sides) sides = {
    .apply = apply,
    .incoming = incoming,
    .id = apply->id->str,
    .remote = incoming->stamps.deleted ? NULL : apply->remote,
  };
  SyncApplied applied;

  if (!load_local (&sides, &applied, error))
    return applied;
  if (!load_sends (&sides, error) || !load_base (&sides, error))
    return SYNC_APPLIED_ERROR;
  if (rows_are_equal (sides.local, sides.remote))
    return adopt (&sides, error);
  if (sides.ours)
    return adopt_own (&sides, error);
  if (is_without_say (&sides))
    return take_remote (&sides, error);
  if (is_key_collision (&sides))
    return give_new_key (&sides, error);
  if (is_unchanged_here (&sides))
    return give_way (&sides, error);
  if (is_unchanged_there (&sides))
    return keep_local (&sides, error);
  if (sides.local == NULL || sides.remote == NULL)
    return decide_deletion (&sides, error);
  discount_own_edits (&sides);
  return decide_columns (&sides, error);
}

/**
 * sync_apply_take_remote:
 * @apply: an apply with the row in `remote` and its id in `id`
 * @incoming: the rest of it
 * @resolution: what is noted: `remote`, or `both` if a copy of the local row was made
 * @by: who decided
 * @error: SQLite's
 *
 * The row becomes as it is there, whole, whatever changed here; what it was is in the record.
 *
 * Returns: what became of it
 */
SyncApplied
sync_apply_take_remote (SyncApply *apply,
                        SyncIncoming *incoming,
                        const char *resolution,
                        const char *by,
                        GError **error)
{
  g_auto (Sides) sides = {
    .apply = apply,
    .incoming = incoming,
    .id = apply->id->str,
    .remote = incoming->stamps.deleted ? NULL : apply->remote,
  };
  SyncApplied applied;

  if (!load_local (&sides, &applied, error))
    return applied;
  if (!load_sends (&sides, error) || !load_base (&sides, error))
    return SYNC_APPLIED_ERROR;
  g_array_set_size (apply->disputed, 0);
  for (guint i = 0; sides.local != NULL && sides.remote != NULL && i < apply->entity->n_columns; i++)
    if (!sync_row_column_equal (sides.local, sides.remote, i))
      g_array_append_val (apply->disputed, i);
  applied = take_remote (&sides, error);
  if (applied != SYNC_APPLIED_DONE)
    return applied;
  return record (&sides, "edit-edit", resolution, by, sides.remote, error)
                 && drop_if_as_there (&sides, sides.remote, error)
             ? SYNC_APPLIED_DONE
             : SYNC_APPLIED_ERROR;
}
