/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture.h"
#include "sync-sql-text.h"
#include "sync-store-private.h"
#include "sync-table.h"

/* What the owner does to tables that are synced: columns come and go, triggers are lost, whole tables too. */

static gboolean
same_keys (const SyncEntity *a, const SyncEntity *b)
{
  if (a->n_keys != b->n_keys)
    return FALSE;
  for (guint i = 0; i < a->n_keys; i++)
    {
      if (!g_str_equal (a->columns[i].name, b->columns[i].name))
        return FALSE;
    }
  return TRUE;
}

/* The owner's columns as they are now, with the codecs that they already had. *fresh: there are new ones. */
static SyncEntity *
merge_description (const SyncEntity *known, const SyncEntity *now, gboolean *changed, gboolean *fresh)
{
  g_autoptr (SyncEntity) merged = sync_entity_new (known->name, known->table, known->cloud_table);

  *changed = known->n_columns != now->n_columns;
  for (guint i = 0; i < now->n_columns; i++)
    {
      int index = sync_entity_find_column (known, now->columns[i].name, -1);

      *fresh = *fresh || index < 0;
      *changed = *changed || index < 0;
      sync_entity_add_column (merged, now->columns[i].name,
                              index < 0 ? now->columns[i].codec : known->columns[index].codec,
                              i < now->n_keys);
    }
  g_free (merged->strategy);
  merged->strategy = g_strdup (known->strategy);
  merged->rules = g_strdup (known->rules);
  merged->time_column = g_strdup (now->time_column);
  merged->enabled = known->enabled;
  return g_steal_pointer (&merged);
}

/* A column that is new here may hold values there already: every row is read once more. */
static gboolean
reread_all (SyncStore *store, const SyncEntity *entity, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      store->connection,
      "INSERT INTO main.psync_change (entity, id, seq, reread) "
      "SELECT entity, id, 0, 1 FROM main.psync_row WHERE entity = ?1 "
      "UNION SELECT entity, id, 0, 1 FROM main.psync_held WHERE entity = ?1 "
      "UNION SELECT entity, id, 0, 1 FROM main.psync_conflict WHERE entity = ?1 AND state = 'open' "
      "ON CONFLICT (entity, id) DO UPDATE SET reread = 1",
      error);

  if (statement == NULL || !sync_statement_run (sync_statement_bind_text (statement, 1, entity->name, -1), error))
    return FALSE;
  statement = sync_connection_prepare (store->connection,
                                       "UPDATE main.psync_entity SET pulled_version = 0 WHERE name = ?1",
                                       error);
  return statement != NULL
         && sync_statement_run (sync_statement_bind_text (statement, 1, entity->name, -1), error);
}

static gboolean
heal_columns (SyncStore *store, const SyncEntity *entity, gboolean *healed, GError **error)
{
  g_autoptr (SyncEntity) now = sync_capture_describe_table (store->connection, entity->table, error);
  g_autoptr (SyncEntity) merged = NULL;
  gboolean changed = FALSE, fresh = FALSE;

  if (now == NULL)
    return FALSE;
  if (!same_keys (entity, now))
    return sync_table_set_other_key (entity, error);
  merged = merge_description (entity, now, &changed, &fresh);
  if (!changed)
    return TRUE;
  *healed = TRUE;
  return sync_store_save_entity (store, merged, error) && (!fresh || reread_all (store, merged, error));
}

/* @sql, and behind it the condition that the table has no row with that id. */
static gboolean
run_for_lost_rows (SyncStore *store, const SyncEntity *entity, const char *sql, const char *end, GError **error)
{
  g_autoptr (GString) whole = g_string_new (sql);

  sync_sql_append_literal (whole, entity->name);
  g_string_append (whole, " AND id NOT IN (SELECT ");
  sync_id_append_expression (whole, entity, "t");
  g_string_append (whole, " FROM main.");
  sync_sql_append_identifier (whole, entity->table);
  g_string_append_printf (whole, " AS t)%s", end);
  return sync_connection_execute (store->connection, whole->str, error);
}

/* A base without a table row is a deletion that nobody saw. So is a refused row that is not there any more: what was
 * refused is not what would be sent now. */
static gboolean
queue_lost_rows (SyncStore *store, const SyncEntity *entity, GError **error)
{
  return run_for_lost_rows (store, entity,
                            "INSERT INTO main.psync_change (entity, id) "
                            "SELECT entity, id FROM main.psync_row WHERE base IS NOT NULL AND entity = ",
                            " ON CONFLICT (entity, id) DO NOTHING", error)
         && run_for_lost_rows (store, entity,
                               "UPDATE main.psync_change SET seq = seq + 1, state = 'pending', attempts = 0, "
                               "next_attempt_at = NULL, error = NULL WHERE state <> 'pending' AND entity = ",
                               "", error);
}

/* Every row is known or pending. If none is known and some are not pending, somebody took away what was known. The
 * rows are looked at only where that may be: this is asked before each run. */
static gboolean
find_unknown_rows (SyncStore *store, const SyncEntity *entity, gboolean *found, GError **error)
{
  g_autoptr (GString) sql = g_string_new (
      "SELECT CASE WHEN EXISTS (SELECT 1 FROM main.psync_row WHERE entity = ?1) THEN 0 "
      "WHEN EXISTS (SELECT 1 FROM main.psync_entity WHERE name = ?1 AND pulled_version > 0) "
      "OR EXISTS (SELECT 1 FROM main.psync_meta WHERE key = 'acknowledged-version' AND value > 0) "
      "THEN EXISTS (SELECT 1 FROM main.");
  gint64 exist;

  sync_sql_append_identifier (sql, entity->table);
  g_string_append (sql, " AS t WHERE NOT EXISTS "
                        "(SELECT 1 FROM main.psync_change c WHERE c.entity = ?1 AND c.id = ");
  sync_id_append_expression (sql, entity, "t");
  g_string_append (sql, ")) ELSE 0 END");
  if (!sync_connection_query_int64 (store->connection, 0, &exist, error, sql->str, entity->name, NULL))
    return FALSE;
  *found = exist != 0;
  return TRUE;
}

/* It may all be in the cloud, and is read from there again. */
static gboolean
forget_what_was_known (SyncStore *store, const SyncEntity *entity, GError **error)
{
  static const char *const sql[] = { "UPDATE main.psync_change SET maybe_sent = 1 WHERE entity = ?1",
                                     "UPDATE main.psync_entity SET pulled_version = 0 WHERE name = ?1" };

  for (guint i = 0; i < G_N_ELEMENTS (sql); i++)
    {
      SyncStatement *statement = sync_connection_prepare (store->connection, sql[i], error);

      if (statement == NULL || !sync_statement_run (sync_statement_bind_text (statement, 1, entity->name, -1), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
heal_entity (SyncStore *store, const SyncEntity *entity, gboolean queue, gboolean *healed, GError **error)
{
  gboolean intact, unknown;

  if (!heal_columns (store, entity, healed, error)
      || !sync_capture_check (store->connection, entity, &intact, error)
      || !find_unknown_rows (store, entity, &unknown, error)
      || (unknown && !forget_what_was_known (store, entity, error)))
    return FALSE;
  if (intact && !unknown && !queue)
    return TRUE;
  *healed = TRUE;
  return sync_capture_install (store->connection, entity, error)
         && sync_store_queue_all_rows (store, entity, error) && queue_lost_rows (store, entity, error);
}

static gboolean
is_unusable (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_COLUMN)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NO_KEY);
}

static gboolean
ask_schema (SyncStore *store, gint64 *schema, GError **error)
{
  return sync_connection_query_int64 (store->connection, 0, schema, error, "PRAGMA main.schema_version", NULL);
}

/* Which tables must be there, and with the key that they had. */
typedef enum
{
  NEED_ENABLED,
  NEED_NAMED,
  NEED_NONE,
} Need;

static gboolean
is_needed (const SyncEntity *entity, Need need, const char *const *names)
{
  /* What is disabled is captured all the same, and may take part in a run of its own; but its table may be gone. */
  if (need == NEED_ENABLED)
    return entity->enabled;
  return need == NEED_NAMED && g_strv_contains (names, entity->name);
}

/* *whole FALSE: a table is gone or has another key, and nobody needs it now. */
static gboolean
heal_entities (SyncStore *store, Need need, const char *const *names, gboolean *healed, gboolean *whole, GError **error)
{
  gboolean queue = FALSE;
  gboolean good = sync_store_put_back_own_tables (store, healed, &queue, error);

  for (guint i = 0; good && i < store->entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (store->entities, i);
      g_autoptr (GError) local_error = NULL;

      if (heal_entity (store, entity, queue, healed, &local_error))
        continue;
      good = is_unusable (local_error) && !is_needed (entity, need, names);
      *whole = *whole && good && !entity->enabled;
      if (!good)
        g_propagate_error (error, g_steal_pointer (&local_error));
    }
  return good;
}

static gboolean
heal (SyncStore *store, Need need, const char *const *names, gboolean *healed, GError **error)
{
  SyncScope scope;
  gboolean good, whole = TRUE;
  gint64 schema = 0;

  *healed = FALSE;
  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = heal_entities (store, need, names, healed, &whole, error);
  if (good && *healed)
    good = sync_store_reorder_entities (store, error);
  g_hash_table_remove_all (store->tables);
  store->seen_schema = 0;
  good = good && ask_schema (store, &schema, error);
  if (good && !*healed)
    sync_scope_leave (&scope);
  else if (!sync_scope_end (&scope, good, error))
    return FALSE;
  /* Who needs a table that is not as it was is to look again, and to be told. */
  store->seen_schema = whole ? schema : 0;
  return sync_store_try_foreign_keys (store, error);
}

/**
 * sync_store_heal:
 * @store: a store
 * @names: (nullable): the entities whose tables are needed; %NULL: all that are enabled
 * @healed: (out): whether anything had to be put right
 * @error: [error@SyncError.NO_TABLE], NO_KEY: the table of one of these is gone or has another key
 *
 * Looks whether tables, columns and triggers are as the registry knows them. Triggers that are missing
 * (the owner rebuilt the table) are put back and all rows queued on their known versions.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_heal (SyncStore *store,
                 const char *const *names,
                 gboolean *healed,
                 GError **error)
{
  return heal (store, names != NULL ? NEED_NAMED : NEED_ENABLED, names, healed, error);
}

/**
 * sync_store_heal_usable:
 * @store: a store
 * @error: SQLite's
 *
 * The same for all tables that are there. Those that are gone, or have another key, end runs; whatever else people
 * decide must not wait for them.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_heal_usable (SyncStore *store,
                        GError **error)
{
  gboolean healed;

  return heal (store, NEED_NONE, NULL, &healed, error);
}

gboolean
sync_store_look_again (SyncStore *store,
                       const SyncEntity *entity,
                       gboolean *same,
                       GError **error)
{
  const char *const names[] = { entity->name, NULL };
  gboolean healed = FALSE;
  gint64 schema;

  if (!ask_schema (store, &schema, error)
      || (schema != store->seen_schema && !heal (store, NEED_NAMED, names, &healed, error)))
    return FALSE;
  *same = !healed;
  return TRUE;
}
