/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-recovery.h"

#include "sync-apply-private.h"
#include "sync-conflict-store.h"
#include "sync-machine.h"
#include "sync-store-private.h"

/* When the cloud is not what it was: another epoch, purged deletions, a restore. And the other cursors. */

/* Rows that one transaction of a scan's end deals with. */
#define SCAN_SLICE 100

/* Rows of the outbox that are doubted in one transaction. */
#define DOUBT_SLICE 5000

static gboolean
run_for_entity (SyncStore *store, const char *sql, const SyncEntity *entity, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (store), sql, error);

  return statement != NULL
         && sync_statement_run (sync_statement_bind_text (statement, 1, entity->name, -1), error);
}

gboolean
sync_store_get_cursor (SyncStore *store,
                       const SyncEntity *entity,
                       SyncCursor *cursor,
                       GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT pulled_version, ifnull(hydrate_version, -1), ifnull(scan_version, -1), "
      "ifnull(scan_horizon, 0), scanned_horizon FROM main.psync_entity WHERE name = ?1",
      error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (sync_statement_bind_text (statement, 1, entity->name, -1), error);
  if (step == SYNC_STEP_ROW)
    {
      cursor->pulled_version = sync_statement_int64 (statement, 0);
      cursor->hydrate_version = sync_statement_int64 (statement, 1);
      cursor->scan_version = sync_statement_int64 (statement, 2);
      cursor->scan_horizon = sync_statement_int64 (statement, 3);
      cursor->scanned_horizon = sync_statement_int64 (statement, 4);
    }
  sync_statement_reset (statement);
  if (step == SYNC_STEP_DONE)
    sync_error_set (error, SYNC_ERROR_NOT_FOUND, entity->name, "No such entity: %s", entity->name);
  return step == SYNC_STEP_ROW;
}

/* The slice that follows the row (*entity, *id), which are then its last row; %NULL: there is none. */
static gboolean
doubt_slice (SyncStore *store, char **entity, char **id, GError **error)
{
  SyncStatement *find = sync_connection_prepare (
      store->connection,
      "SELECT entity, id FROM (SELECT entity, id FROM main.psync_change WHERE (entity, id) > (?1, ?2) "
      "ORDER BY entity, id LIMIT ?3) ORDER BY entity DESC, id DESC LIMIT 1",
      error);
  SyncStatement *doubt = sync_connection_prepare (
      store->connection,
      "UPDATE main.psync_change SET maybe_sent = 1 WHERE (entity, id) > (?1, ?2) AND (entity, id) <= (?3, ?4) "
      "AND maybe_sent = 0 AND NOT EXISTS (SELECT 1 FROM main.psync_row r WHERE r.entity = psync_change.entity "
      "AND r.id = psync_change.id AND r.base IS NOT NULL)",
      error);
  g_autofree char *after_entity = g_steal_pointer (entity), *after_id = g_steal_pointer (id);
  SyncStep step;

  if (find == NULL || doubt == NULL)
    return FALSE;
  sync_statement_bind_text (find, 1, after_entity, -1);
  sync_statement_bind_text (find, 2, after_id, -1);
  step = sync_statement_step (sync_statement_bind_int64 (find, 3, DOUBT_SLICE), error);
  if (step == SYNC_STEP_ROW)
    {
      *entity = g_strdup (sync_statement_text (find, 0, NULL));
      *id = g_strdup (sync_statement_text (find, 1, NULL));
    }
  sync_statement_reset (find);
  if (step != SYNC_STEP_ROW)
    return step == SYNC_STEP_DONE;
  sync_statement_bind_text (doubt, 1, after_entity, -1);
  sync_statement_bind_text (doubt, 2, after_id, -1);
  sync_statement_bind_text (doubt, 3, *entity, -1);
  return sync_statement_run (sync_statement_bind_text (doubt, 4, *id, -1), error);
}

/**
 * sync_store_doubt_changes:
 * @store: the store
 * @error: SQLite's
 *
 * Another copy of this database may have sent what is new here: then its number is no accident (see the collision of
 * integer keys). Outside of a transaction this takes several, so that nobody waits long to write.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_doubt_changes (SyncStore *store,
                          GError **error)
{
  g_autofree char *entity = g_strdup (""), *id = g_strdup ("");
  SyncScope scope;

  while (entity != NULL)
    if (!sync_scope_begin (&scope, store, error)
        || !sync_scope_end (&scope, doubt_slice (store, &entity, &id, error), error))
      return FALSE;
  return TRUE;
}

static gboolean
become_new_device (SyncStore *store, GError **error)
{
  g_autofree char *id = g_uuid_string_random (), *name = sync_machine_name ();

  return sync_store_set_meta (store, "device-id", id, error)
         && sync_store_set_meta (store, "device-name", name, error)
         && sync_store_set_meta (store, "device-version", NULL, error)
         && sync_store_set_meta (store, "device-time", NULL, error);
}

/**
 * sync_store_check_device:
 * @store: the store
 * @error: SQLite's
 *
 * A database on another computer than before, or beside the one that it is a copy of, gets a device id of its own, so
 * that the list of devices stays true. What waits in it may be sent by the other one, too.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_check_device (SyncStore *store,
                         GError **error)
{
  const char *path = sync_connection_get_path (store->connection);
  g_autofree char *machine = sync_machine_hash (), *known_machine = NULL;
  g_autofree char *place = sync_machine_place (path), *known_place = NULL;
  gboolean moved, good;
  SyncScope scope;

  if (!sync_store_get_meta (store, "machine", &known_machine, error)
      || !sync_store_get_meta (store, "place", &known_place, error))
    return FALSE;
  moved = g_strcmp0 (machine, known_machine) != 0;
  if (!moved && g_strcmp0 (place, known_place) == 0)
    return TRUE;
  moved = moved || sync_machine_is_copy (known_place, path);
  /* First: whoever is stopped before the end begins again. */
  if ((moved && known_machine != NULL && !sync_store_doubt_changes (store, error))
      || !sync_scope_begin (&scope, store, error))
    return FALSE;
  good = sync_store_set_meta (store, "machine", machine, error) && sync_store_set_meta (store, "place", place, error)
         && (!moved || become_new_device (store, error));
  return sync_scope_end (&scope, good, error);
}

/* --- Reset -------------------------------------------------------------------------------------- */

/* A row that was only to be read again is no change; one that is known deleted would look like one. */
static const char reset_sql[]
    = "DELETE FROM main.psync_change WHERE reread <> 0 AND EXISTS (SELECT 1 FROM main.psync_row r "
      "WHERE r.entity = psync_change.entity AND r.id = psync_change.id AND r.base IS NULL);"
      "DELETE FROM main.psync_row;"
      "DELETE FROM main.psync_sent;"
      "DELETE FROM main.psync_batch;"
      "DELETE FROM main.psync_held;"
      "DELETE FROM main.psync_seen;"
      "UPDATE main.psync_conflict SET state = 'resolved', resolution = 'local', resolved_by = 'reset', "
      "result = local, resolved_at = max (created_at, (SELECT ifnull (max (started_at), 0) FROM main.psync_history)) "
      "WHERE state = 'open';"
      "UPDATE main.psync_change SET maybe_sent = 1, reread = 0, changed_at = NULL, state = 'pending', "
      "attempts = 0, next_attempt_at = NULL, error = NULL;"
      "UPDATE main.psync_entity SET pulled_version = 0, hydrate_version = NULL, scan_version = NULL, "
      "scan_horizon = NULL, scanned_horizon = 0, brake_rows = NULL, brake_lost = 0;"
      "DELETE FROM main.psync_meta "
      "WHERE key IN ('acknowledged-version', 'device-version', 'device-time', 'epoch');";

/**
 * sync_store_reset:
 * @store: the store
 * @error: SQLite's
 *
 * Clears versions, bases, batches, sends, refusals, held rows, open conflicts and the state of scans; every
 * local row is pending without base and without time, pending deletions stay, the cursor is 0. One
 * transaction.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_reset (SyncStore *store,
                  GError **error)
{
  SyncScope scope;
  gboolean good;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = sync_connection_script (store->connection, reset_sql, error);
  for (guint i = 0; good && i < store->entities->len; i++)
    good = sync_store_queue_all_rows (store, g_ptr_array_index (store->entities, i), error);
  return sync_scope_end (&scope, good, error);
}

/* --- Scans -------------------------------------------------------------------------------------- */

gboolean
sync_store_begin_scan (SyncStore *store,
                       const SyncEntity *entity,
                       gint64 horizon,
                       GError **error)
{
  SyncScope scope;
  SyncStatement *statement;
  gboolean good;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = run_for_entity (store, "DELETE FROM main.psync_seen WHERE entity = ?1", entity, error);
  statement = good ? sync_connection_prepare (store->connection,
                                              "UPDATE main.psync_entity SET scan_version = 0, "
                                              "scan_horizon = ?2 WHERE name = ?1",
                                              error)
                   : NULL;
  good = statement != NULL;
  if (good)
    {
      sync_statement_bind_text (statement, 1, entity->name, -1);
      good = sync_statement_run (sync_statement_bind_int64 (statement, 2, horizon), error);
    }
  return sync_scope_end (&scope, good, error);
}

/* While a scan goes on, it does not ask for that row again. */
gboolean
sync_apply_note_seen (SyncApply *apply,
                      GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "INSERT INTO main.psync_seen (entity, id) SELECT name, ?2 FROM main.psync_entity "
      "WHERE name = ?1 AND scan_version IS NOT NULL ON CONFLICT DO NOTHING",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_text (statement, 2, apply->id->str, -1);
  return sync_statement_run (statement, error);
}

/* What a tombstone that nobody has any more would have said. */
static gboolean
make_tombstone (SyncApply *apply, SyncIncoming *incoming, GString *raw, GError **error)
{
  g_autoptr (GString) keys = g_string_new (NULL);
  SyncJsonReader reader;
  SyncSpan value;

  if (!sync_table_append_key_json (apply->table, apply->id->str, keys, error))
    return FALSE;
  sync_row_clear (apply->remote);
  sync_json_reader_init (&reader, keys->str, keys->len);
  sync_json_enter_array (&reader);
  for (guint i = 0; i < apply->entity->n_keys && sync_json_next_element (&reader); i++)
    {
      if (sync_json_read_value (&reader, &value))
        sync_row_set (apply->remote, i, value);
    }
  sync_row_append_json (apply->remote, raw);
  g_string_truncate (raw, raw->len - 1);
  g_string_append (raw, ",\"deleted_at\":\"1970-01-01T00:00:00.000Z\"}");
  incoming->raw = (SyncSpan){ raw->str, raw->len };
  incoming->stamps = (SyncStamps){ .deleted = TRUE, .edited_at = G_MININT64 };
  return TRUE;
}

static gboolean
record_scanned (SyncApply *apply, const SyncIncoming *incoming, GError **error)
{
  g_autoptr (SyncConflict) conflict = NULL;

  if (incoming->state.base == NULL)
    return TRUE;
  conflict = g_new0 (SyncConflict, 1);
  conflict->entity = g_strdup (apply->entity->name);
  conflict->id = g_strdup (apply->id->str);
  conflict->kind = g_strdup ("scan");
  conflict->state = g_strdup ("resolved");
  conflict->base = g_strdup (incoming->state.base);
  conflict->local = g_strdup (incoming->state.base);
  conflict->resolution = g_strdup ("remote");
  conflict->resolved_by = g_strdup ("purged");
  conflict->local_time = conflict->remote_time = SYNC_TIME_UNKNOWN;
  conflict->local_device = g_strdup (apply->policy.device);
  conflict->columns = g_new0 (char *, 1);
  return sync_store_put_conflict (apply->store, conflict, error) != 0;
}

/* A deletion that was known here is forgotten there: what waits here is a new row now, and what was sent on top of
 * the deletion cannot win any more. */
static gboolean
forget_deletion (SyncApply *apply, const SyncRowState *state, GError **error)
{
  const char *id = apply->id->str;

  return sync_ledger_settle (apply->store, apply->entity, id, state->version + 1, error)
         && sync_ledger_forget_base (apply->store, apply->entity, id, error)
         && sync_apply_note_seen (apply, error);
}

/* Clean: deleted, in the record. Known deleted: forgotten. Else delete against edit, on version 0. */
static gboolean
apply_purged (SyncApply *apply, GError **error)
{
  g_autoptr (GString) raw = g_string_new (NULL);
  SyncIncoming incoming = { 0 };
  SyncApplied applied;
  gboolean clean;

  if (!make_tombstone (apply, &incoming, raw, error)
      || !sync_ledger_load (apply->store, apply->entity, apply->id->str, &incoming.state, error))
    return FALSE;
  clean = incoming.state.conflict == 0 && !incoming.state.held;
  if (clean && incoming.state.known && incoming.state.base == NULL)
    return forget_deletion (apply, &incoming.state, error);
  clean = clean && !incoming.state.pending;
  if (clean && !record_scanned (apply, &incoming, error))
    applied = SYNC_APPLIED_ERROR;
  else
    applied = clean ? sync_apply_clean_tombstone (apply, &incoming, error)
                    : sync_apply_reconcile (apply, &incoming, error);
  if (applied == SYNC_APPLIED_DONE && clean
      && !sync_ledger_forget_base (apply->store, apply->entity, apply->id->str, error))
    applied = SYNC_APPLIED_ERROR;
  if (applied == SYNC_APPLIED_DONE)
    apply->counts.pulled++;
  sync_row_state_clear (&incoming.state);
  return applied != SYNC_APPLIED_ERROR && sync_apply_note_seen (apply, error);
}

/* What is known of the cloud from rows, from those that could not be written here yet, and from open conflicts.
 * (element-type utf8) */
static GPtrArray *
list_unseen (SyncStore *store, const SyncEntity *entity, GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT DISTINCT k.id FROM (SELECT id, version FROM main.psync_row WHERE entity = ?1 "
      "UNION ALL SELECT id, version FROM main.psync_held WHERE entity = ?1 "
      "UNION ALL SELECT id, remote_version FROM main.psync_conflict WHERE entity = ?1 AND state = 'open') k "
      "JOIN main.psync_entity e ON e.name = ?1 WHERE k.version <= e.scan_horizon AND NOT EXISTS "
      "(SELECT 1 FROM main.psync_seen s WHERE s.entity = ?1 AND s.id = k.id) LIMIT ?2",
      error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_int64 (statement, 2, SCAN_SLICE);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (ids, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&ids) : NULL;
}

static gboolean
apply_all_purged (SyncApply *apply, GPtrArray *ids, GError **error)
{
  for (guint i = 0; i < ids->len; i++)
    {
      g_string_assign (apply->id, g_ptr_array_index (ids, i));
      if (!apply_purged (apply, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
apply_ids (SyncStore *store, const SyncEntity *entity, GPtrArray *ids, const SyncApplyPolicy *policy,
           SyncCounts *counts, GArray *conflicts, GError **error)
{
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (SyncApply) apply = sync_apply_new (store, entity, nothing, SYNC_APPLY_FETCH, 0, policy);

  if (!sync_apply_begin (apply, error) || !apply_all_purged (apply, ids, error) || !sync_apply_end (apply, error))
    {
      sync_apply_abandon (apply);
      return FALSE;
    }
  counts->pulled += apply->counts.pulled;
  counts->deleted += apply->counts.deleted;
  counts->merged += apply->counts.merged;
  counts->conflicts += apply->counts.conflicts;
  counts->held += apply->counts.held;
  g_array_append_vals (conflicts, apply->conflicts->data, apply->conflicts->len);
  return TRUE;
}

static gboolean
end_scan (SyncStore *store, const SyncEntity *entity, GError **error)
{
  SyncScope scope;
  gboolean good;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = run_for_entity (store,
                         "UPDATE main.psync_entity SET scanned_horizon = max (scanned_horizon, scan_horizon), "
                         "scan_version = NULL, scan_horizon = NULL WHERE name = ?1",
                         entity, error)
         && run_for_entity (store, "DELETE FROM main.psync_seen WHERE entity = ?1", entity, error);
  return sync_scope_end (&scope, good, error);
}

gboolean
sync_store_finish_scan (SyncStore *store,
                        const SyncEntity *entity,
                        const SyncApplyPolicy *policy,
                        SyncCounts *counts,
                        GArray *conflicts,
                        gboolean *done,
                        GError **error)
{
  g_autoptr (GPtrArray) ids = list_unseen (store, entity, error);

  if (ids == NULL)
    return FALSE;
  *done = ids->len < SCAN_SLICE;
  if (ids->len > 0 && !apply_ids (store, entity, ids, policy, counts, conflicts, error))
    return FALSE;
  return !*done || end_scan (store, entity, error);
}

gboolean
sync_store_apply_purged (SyncStore *store,
                         const SyncEntity *entity,
                         const char *id,
                         const SyncApplyPolicy *policy,
                         SyncCounts *counts,
                         GArray *conflicts,
                         GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  g_ptr_array_add (ids, (gpointer) id);
  return apply_ids (store, entity, ids, policy, counts, conflicts, error);
}

/* --- Hydrate and brakes ------------------------------------------------------------------------- */

gboolean
sync_store_begin_hydrate (SyncStore *store,
                          const SyncEntity *entity,
                          GError **error)
{
  return run_for_entity (store,
                         "UPDATE main.psync_entity SET hydrate_version = ifnull (hydrate_version, 0) "
                         "WHERE name = ?1",
                         entity, error);
}

/**
 * sync_store_end_hydrate:
 * @store: the store
 * @entity: whose rows were all read
 * @horizon: the cloud's purge horizon
 * @error: SQLite's
 *
 * The cursor of ordinary runs need not read it all again, unless deletions were purged that it has not read:
 * then the next one still has to look for what is gone.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_end_hydrate (SyncStore *store,
                        const SyncEntity *entity,
                        gint64 horizon,
                        GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "UPDATE main.psync_entity SET pulled_version = CASE WHEN max (pulled_version, scanned_horizon) < ?2 "
      "THEN pulled_version ELSE max (pulled_version, ifnull (hydrate_version, 0)) END, "
      "hydrate_version = NULL WHERE name = ?1",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  return sync_statement_run (sync_statement_bind_int64 (statement, 2, horizon), error);
}

gboolean
sync_store_release_brakes (SyncStore *store,
                           GError **error)
{
  return sync_connection_execute (sync_store_get_connection (store),
                                  "UPDATE main.psync_entity SET brake_rows = NULL, brake_lost = 0 "
                                  "WHERE brake_rows IS NOT NULL",
                                  error);
}
