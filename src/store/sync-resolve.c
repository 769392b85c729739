/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolve.h"

#include "sync-apply-private.h"
#include "sync-conflict-store.h"
#include "sync-store-private.h"

/* The owner may have added a column since the last run; what is recorded must be whole. Where the tables cannot be
 * looked at, that is told by the next run. */
static void
look_at_tables (SyncStore *store)
{
  sync_store_heal_usable (store, NULL);
}

/* --- A person's choice as a policy -------------------------------------------------------------- */

/**
 * Choice:
 * @side: what decides columns that @fields does not name
 * @fields: (nullable): `COL=local`, `COL=remote` or `COL:=JSON`
 */
typedef struct
{
  SyncSide side;
  const char *const *fields;
  const SyncEntity *entity;
} Choice;

/* Looks the field up. Returns its operand after `=` or `:=`, or NULL. */
static const char *
find_field (const Choice *choice, guint column, gboolean *by_hand)
{
  const char *name = choice->entity->columns[column].name;
  gsize length = strlen (name);

  for (guint i = 0; choice->fields != NULL && choice->fields[i] != NULL; i++)
    {
      const char *field = choice->fields[i];

      if (strncmp (field, name, length) != 0)
        continue;
      *by_hand = g_str_has_prefix (field + length, ":=");
      if (*by_hand)
        return field + length + 2;
      if (field[length] == '=')
        return field + length + 1;
    }
  return NULL;
}

/* Also of columns that were in no dispute: together with what was chosen, the table may not take what became of them. */
static void
set_field (const SyncDispute *dispute, const Choice *choice, guint column, SyncRow *result)
{
  gboolean by_hand;
  const char *operand = find_field (choice, column, &by_hand);

  if (operand == NULL)
    return;
  if (by_hand)
    sync_row_set (result, column, (SyncSpan){ operand, strlen (operand) });
  else
    sync_row_copy_value (result, column, g_str_equal (operand, "remote") ? dispute->remote : dispute->local);
}

static gboolean
decide_by_choice (const SyncDispute *dispute, const guint *columns, guint n_columns, SyncSide *sides,
                  SyncRow *result, const char **by, gpointer data)
{
  const Choice *choice = data;

  *by = "user";
  sides[0] = choice->side;
  for (guint i = 0; i < n_columns; i++)
    {
      gboolean by_hand;

      sides[i] = find_field (choice, columns[i], &by_hand) != NULL ? SYNC_SIDE_VALUE : choice->side;
    }
  for (guint i = choice->entity->n_keys; n_columns > 0 && i < choice->entity->n_columns; i++)
    set_field (dispute, choice, i, result);
  return TRUE;
}

static gboolean
invalid_field (const char *field, GError **error)
{
  sync_error_set (error, SYNC_ERROR_INVALID, field, "Not a choice for a column: %s", field);
  return FALSE;
}

static gboolean
names_key (const char *field, const char *column, GError **error)
{
  GError *invalid = sync_error_new (SYNC_ERROR_INVALID, field, "%s is part of the key", column);

  sync_error_set_reason (invalid, "key", 0);
  sync_error_set_column (invalid, column);
  g_propagate_error (error, invalid);
  return FALSE;
}

static gboolean
can_be_set (const SyncEntity *entity, guint column, const char *json)
{
  g_autoptr (SyncRow) row = sync_row_new (entity);
  SyncSpan value = { json, strlen (json) };

  return sync_json_is_valid (json, value.length) && !sync_json_is_too_deep (value) && sync_row_set (row, column, value);
}

static gboolean
no_column (const SyncEntity *entity, const char *name, GError **error)
{
  g_autoptr (GError) missing
      = sync_error_new (SYNC_ERROR_NO_COLUMN, entity->name, "No column %s in %s", name, entity->name);

  sync_error_set_column (missing, name);
  g_propagate_error (error, g_steal_pointer (&missing));
  return FALSE;
}

static gboolean
check_field (const SyncEntity *entity, const char *field, GError **error)
{
  const char *equals = strchr (field, '=');
  gboolean by_hand = equals != NULL && equals > field && equals[-1] == ':';
  gsize length = equals == NULL ? 0 : (gsize) (equals - field - by_hand);
  int column = length == 0 ? -1 : sync_entity_find_column (entity, field, (gssize) length);

  if (equals == NULL)
    return invalid_field (field, error);
  if (column < 0)
    {
      g_autofree char *name = g_strndup (field, length);

      return no_column (entity, name, error);
    }
  if ((guint) column < entity->n_keys)
    return names_key (field, entity->columns[column].name, error);
  if (by_hand)
    return can_be_set (entity, (guint) column, equals + 1) || invalid_field (field, error);
  return g_str_equal (equals + 1, "local") || g_str_equal (equals + 1, "remote")
         || invalid_field (field, error);
}

static gboolean
parse_choice (const char *text, const SyncEntity *entity, const char *const *fields, Choice *choice,
              GError **error)
{
  if (!g_str_equal (text, "local") && !g_str_equal (text, "remote") && !g_str_equal (text, "both"))
    {
      sync_error_set (error, SYNC_ERROR_INVALID, text, "Not a choice: %s", text);
      return FALSE;
    }
  for (guint i = 0; fields != NULL && fields[i] != NULL; i++)
    {
      if (!check_field (entity, fields[i], error))
        return FALSE;
    }
  choice->side = g_str_equal (text, "local") ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
  choice->fields = fields;
  choice->entity = entity;
  return TRUE;
}

/* --- One row, as if the cloud's version of it came just now -------------------------------------- */

/**
 * sync_apply_begin_row:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @decide: (nullable): what decides
 * @decide_data: for @decide
 * @error: SQLite's
 *
 * Begins a transaction for one row, to be ended by sync_apply_end_row(). What people decide counts for no brake.
 *
 * Returns: (transfer full): %NULL with @error set
 */
SyncApply *
sync_apply_begin_row (SyncStore *store,
                      const SyncEntity *entity,
                      const char *id,
                      SyncDecideFunc decide,
                      gpointer decide_data,
                      GError **error)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autofree char *device = NULL;
  SyncApplyPolicy policy = { .kind = SYNC_RUN_SYNC,
                             .decide = decide,
                             .decide_data = decide_data,
                             .allow_mass_change = TRUE };
  SyncApply *apply;

  if (!sync_connection_check_place (sync_store_get_connection (store), error)
      || !sync_store_get_meta (store, "device-id", &device, error)
      || !sync_store_get_meta_int64 (store, "clock-offset", 0, &policy.clock_offset, error))
    return NULL;
  policy.device = device;
  apply = sync_apply_new (store, entity, nothing, SYNC_APPLY_FETCH, 0, &policy);
  g_string_assign (apply->id, id);
  if (sync_apply_begin (apply, error))
    return apply;
  sync_apply_abandon (apply);
  sync_apply_free (apply);
  return NULL;
}

/* Nothing is written. Which rule stands in the way tells what to choose instead, or which row to change. */
static gboolean
say_refused (SyncApply *apply, GError **error)
{
  sync_error_set (error, SYNC_ERROR_CONSTRAINT, apply->entity->name,
                  "The table %s does not take the row like that", apply->entity->table);
  if (apply->hold_reason != NULL)
    sync_error_set_reason (*error, apply->hold_reason, 0);
  if (apply->hold_detail != NULL)
    sync_error_set_column (*error, apply->hold_detail);
  return FALSE;
}

static gboolean
breaks_foreign_keys (SyncApply *apply)
{
  return sync_connection_has_deferred_violations (sync_store_get_connection (apply->store));
}

/* Takes back all of it unless @good, and where a COMMIT would find a reference to a row that is not there. */
gboolean
sync_apply_end_row (SyncApply *apply,
                    gboolean good,
                    GError **error)
{
  if (good && breaks_foreign_keys (apply))
    {
      sync_apply_note_reason (apply, "foreign-key", NULL);
      good = say_refused (apply, error);
    }
  if (good && sync_apply_end (apply, error))
    return TRUE;
  sync_apply_abandon (apply);
  return FALSE;
}

static gboolean
load_incoming (SyncApply *apply, const SyncConflict *conflict, SyncIncoming *incoming, GError **error)
{
  gboolean good = TRUE;

  incoming->stamps = (SyncStamps){ .version = conflict->remote_version,
                                   .deleted = conflict->remote == NULL,
                                   .edited_at = conflict->remote_time };
  sync_row_clear (apply->remote);
  if (conflict->remote != NULL)
    {
      good = sync_row_parse_text (apply->remote, conflict->remote, -1, error);
      incoming->raw = (SyncSpan){ conflict->remote, strlen (conflict->remote) };
    }
  return good && sync_ledger_load (apply->store, apply->entity, conflict->id, &incoming->state, error);
}

static gboolean
decide_nothing (const SyncDispute *dispute, const guint *columns, guint n_columns, SyncSide *sides,
                SyncRow *result, const char **by, gpointer data)
{
  return FALSE;
}

/* The local row was edited since the conflict was noted: it is noted anew, to be asked again. A value that cannot
 * travel cannot be noted: to look again would lead in a circle. */
static gboolean
refresh_stale (SyncApply *apply, SyncIncoming *incoming, GError **error)
{
  SyncApplied applied;

  apply->policy.decide = decide_nothing;
  apply->retrying = TRUE;
  applied = sync_apply_reconcile (apply, incoming, error);
  return applied == SYNC_APPLIED_HELD ? say_refused (apply, error) : applied != SYNC_APPLIED_ERROR;
}

/* --- Keep both ---------------------------------------------------------------------------------- */

static gboolean
find_copy_key (SyncApply *apply, char **json, GError **error)
{
  g_autofree char *uuid = NULL;
  gint64 key;

  if (!sync_table_has_integer_key (apply->table))
    {
      uuid = g_uuid_string_random ();
      *json = g_strdup_printf ("\"%s\"", uuid);
      return TRUE;
    }
  if (!sync_apply_find_free_key (apply, &key, error))
    return FALSE;
  *json = g_strdup_printf ("%" G_GINT64_FORMAT, key);
  return TRUE;
}

/* The local row once more under a new id: an ordinary local insert, captured as such. */
static gboolean
insert_copy (SyncApply *apply, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  g_autoptr (SyncRow) copy = sync_row_new (apply->entity);
  g_autofree char *key = NULL;
  gboolean good;

  if (!find_copy_key (apply, &key, error))
    return FALSE;
  sync_row_copy (copy, apply->local);
  sync_row_set (copy, 0, (SyncSpan){ key, strlen (key) });
  if (apply->triggers_off && !sync_connection_set_triggers (connection, TRUE, error))
    return FALSE;
  good = sync_table_insert (apply->table, copy, error);
  if (apply->triggers_off && !sync_connection_set_triggers (connection, FALSE, good ? error : NULL))
    return FALSE;
  return good;
}

static gboolean
keep_copy (SyncApply *apply, const SyncConflict *conflict, GError **error)
{
  gboolean found;

  if (!conflict->can_keep_both)
    {
      GError *invalid
          = sync_error_new (SYNC_ERROR_INVALID, "both", "Both sides of this conflict cannot be kept");

      sync_error_set_reason (invalid, "both", 0);
      g_propagate_error (error, invalid);
      return FALSE;
    }
  return sync_table_read (apply->table, conflict->id, apply->local, &found, error)
         && (!found || insert_copy (apply, error));
}

/* --- Resolving ---------------------------------------------------------------------------------- */

static gboolean
say_deleted (const SyncApply *apply, GError **error)
{
  sync_error_set (error, SYNC_ERROR_UNFIT, apply->entity->name, "The row is deleted then, and has no columns");
  sync_error_set_reason (*error, "deleted", 0);
  return FALSE;
}

/* Columns edited by hand, and sides chosen for columns that were in no dispute: a local edit on top. */
static gboolean
write_fields (SyncApply *apply, const Choice *choice, const char *id, GError **error)
{
  gboolean found, changed = FALSE;

  if (choice->fields == NULL)
    return TRUE;
  if (!sync_table_read (apply->table, id, apply->local, &found, error))
    return FALSE;
  if (!found)
    return say_deleted (apply, error);
  for (guint i = apply->entity->n_keys; i < apply->entity->n_columns; i++)
    {
      gboolean by_hand;
      const char *operand = find_field (choice, i, &by_hand);

      if (operand == NULL)
        continue;
      if (by_hand)
        changed = sync_row_set (apply->local, i, (SyncSpan){ operand, strlen (operand) }) || changed;
      else if (g_str_equal (operand, "remote") && !sync_row_column_equal (apply->local, apply->remote, i))
        {
          sync_row_copy_value (apply->local, i, apply->remote);
          changed = TRUE;
        }
    }
  if (!changed)
    return TRUE;
  return sync_apply_write (apply, id, apply->local, TRUE, error)
         && sync_ledger_touch (apply->store, apply->entity, id,
                               sync_clock_now (sync_store_get_clock (apply->store)), error);
}

/* The end of the conflict was noted before fields were written on top. */
static gboolean
note_result (SyncApply *apply, const SyncConflict *conflict, const Choice *choice, GError **error)
{
  SyncStatement *statement;
  g_autofree char *result = NULL;
  gboolean found;

  if (choice->fields == NULL)
    return TRUE;
  if (!sync_table_read (apply->table, conflict->id, apply->local, &found, error))
    return FALSE;
  result = found ? sync_row_to_json (apply->local) : NULL;
  statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "UPDATE main.psync_conflict SET result = ?2, resolution = CASE WHEN result IS NOT ?2 THEN 'merged' "
      "ELSE resolution END WHERE conflict = ?1",
      error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, conflict->number);
  return sync_statement_run (sync_statement_bind_text (statement, 2, result, -1), error);
}

static gboolean
resolve_row (SyncApply *apply, const SyncConflict *conflict, const Choice *choice, gboolean both,
             SyncIncoming *incoming, GError **error)
{
  SyncApplied applied;

  if (both && !keep_copy (apply, conflict, error))
    return FALSE;
  /* Who gives up a row that others refer to gives them up, too. */
  apply->retrying = apply->parent_decided = TRUE;
  applied = both ? sync_apply_take_remote (apply, incoming, "both", "user", error)
                 : sync_apply_reconcile (apply, incoming, error);
  if (applied == SYNC_APPLIED_ERROR)
    return FALSE;
  if (applied != SYNC_APPLIED_DONE)
    return say_refused (apply, error);
  return write_fields (apply, choice, conflict->id, error) && note_result (apply, conflict, choice, error);
}

/* The answer counts only for what was shown. *stale: it was noted anew instead. */
static gboolean
resolve_if_same (SyncApply *apply, const SyncConflict *conflict, const SyncConflict *expected,
                 const Choice *choice, gboolean both, gboolean *stale, GError **error)
{
  SyncIncoming incoming = { 0 };
  gboolean good = load_incoming (apply, conflict, &incoming, error);

  *stale = good
           && (incoming.state.seq != conflict->seq
               || (expected != NULL
                   && (expected->seq != conflict->seq
                       || expected->remote_version != conflict->remote_version)));
  /* A column is new here, and what the other side has in it is not known yet. */
  if (good && incoming.state.reread)
    *stale = TRUE;
  else if (good)
    good = *stale ? refresh_stale (apply, &incoming, error)
                  : resolve_row (apply, conflict, choice, both, &incoming, error);
  sync_row_state_clear (&incoming.state);
  return good;
}

/* What the table refuses while somebody decides asks for another decision. */
static gboolean
propagate_refusal (GError **error, GError *refusal)
{
  if (g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_CONSTRAINT))
    refusal->code = SYNC_ERROR_UNFIT;
  g_propagate_error (error, refusal);
  return FALSE;
}

static SyncConflict *
load_open (SyncStore *store, gint64 number, SyncEntity **entity, GError **error)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (store, number, error);

  if (conflict == NULL)
    return NULL;
  *entity = sync_store_find_entity (store, conflict->entity);
  if (g_str_equal (conflict->state, "open") && *entity != NULL)
    return g_steal_pointer (&conflict);
  sync_store_set_stale (conflict, error);
  return NULL;
}

/**
 * sync_store_resolve_conflict:
 * @store: the store
 * @number: the conflict
 * @expected: (nullable): as it was shown
 * @choice: `local`, `remote` or `both`
 * @fields: (nullable): columns that differ from it
 * @error: [error@SyncError.STALE]: it changed meanwhile or is closed; INVALID, NO_COLUMN: no such choice;
 *   UNFIT: the table does not take it
 *
 * One transaction: there is no copy unless the other side was stored.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_resolve_conflict (SyncStore *store,
                             gint64 number,
                             const SyncConflict *expected,
                             const char *choice,
                             const char *const *fields,
                             GError **error)
{
  SyncEntity *entity;
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (SyncApply) apply = NULL;
  g_autoptr (GError) refusal = NULL;
  Choice parsed = { 0 };
  gboolean stale = FALSE;

  look_at_tables (store);
  conflict = load_open (store, number, &entity, error);
  if (conflict == NULL || !parse_choice (choice, entity, fields, &parsed, error))
    return FALSE;
  apply = sync_apply_begin_row (store, entity, conflict->id, decide_by_choice, &parsed, &refusal);
  if (apply == NULL
      || !sync_apply_end_row (apply,
                              resolve_if_same (apply, conflict, expected, &parsed, g_str_equal (choice, "both"),
                                               &stale, &refusal),
                              &refusal))
    return propagate_refusal (error, g_steal_pointer (&refusal));
  return !stale || sync_store_set_stale (conflict, error);
}

/* --- Conflicts whose row was edited ------------------------------------------------------------- */

/* (element-type gint64) */
static GArray *
list_stale (SyncStore *store, const SyncEntity *entity, GError **error)
{
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  SyncStatement *statement = sync_connection_prepare (
      store->connection,
      "SELECT k.conflict FROM main.psync_conflict k JOIN main.psync_change c ON c.entity = k.entity AND c.id = k.id "
      "WHERE k.entity = ?1 AND k.state = 'open' AND k.seq <> c.seq AND c.reread = 0",
      error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      gint64 number = sync_statement_int64 (statement, 0);

      g_array_append_val (numbers, number);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&numbers) : NULL;
}

/* *closed: nothing is left to decide. What the table does not take leaves all as it is. */
static gboolean
refresh_one (SyncStore *store, const SyncEntity *entity, gint64 number, gboolean *closed, GError **error)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (store, number, error);
  g_autoptr (SyncApply) apply = NULL;
  SyncIncoming incoming = { 0 };
  SyncApplied applied = SYNC_APPLIED_ERROR;

  *closed = FALSE;
  if (conflict == NULL)
    return FALSE;
  apply = sync_apply_begin_row (store, entity, conflict->id, decide_nothing, NULL, error);
  if (apply == NULL)
    return FALSE;
  apply->retrying = TRUE;
  if (load_incoming (apply, conflict, &incoming, error))
    applied = sync_apply_reconcile (apply, &incoming, error);
  sync_row_state_clear (&incoming.state);
  if (applied == SYNC_APPLIED_HELD || (applied == SYNC_APPLIED_DONE && breaks_foreign_keys (apply)))
    {
      sync_apply_abandon (apply);
      return TRUE;
    }
  *closed = applied == SYNC_APPLIED_DONE;
  return sync_apply_end_row (apply, applied != SYNC_APPLIED_ERROR, error);
}

/**
 * sync_store_refresh_conflicts:
 * @store: the store
 * @entity: whose conflicts
 * @n_closed: (inout): how many are open no more
 * @error: SQLite's
 *
 * Open conflicts whose row was edited here since they were noted are noted anew. Those of which nothing is left to
 * decide, since the row is as the other side's by now, close.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_refresh_conflicts (SyncStore *store,
                              const SyncEntity *entity,
                              guint64 *n_closed,
                              GError **error)
{
  g_autoptr (GArray) numbers = list_stale (store, entity, error);

  if (numbers == NULL)
    return FALSE;
  for (guint i = 0; i < numbers->len; i++)
    {
      gboolean closed;

      if (!refresh_one (store, entity, g_array_index (numbers, gint64, i), &closed, error))
        return FALSE;
      *n_closed += closed;
    }
  return TRUE;
}
