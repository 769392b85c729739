/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture.h"
#include "sync-machine.h"
#include "sync-store-private.h"

/* How a table becomes an entity, and how a database becomes one of ours and ceases to be. */

#define BUILTIN_SQL "/io/github/progressive_sync/ProgressiveSync/sql/builtin.sql"

/* What the built-in entities' columns hold although they are declared as plain text, and who decides
 * their conflicts. Applies to a table of that name wherever it came from, because the cloud's schema
 * for it is fixed. */
static const struct
{
  const char *entity;
  const char *strategy;
  const char *json;
} builtins[] = {
  { "notifications", "notifications", "metadata" },
  { "projects", "projects", "settings" },
  { "user_settings", "user-settings", "value" },
};

static const char *const builtin_times[] = { "created_at", "updated_at", "expires_at", NULL };

static void
adopt_builtin (SyncEntity *entity)
{
  for (guint i = 0; i < G_N_ELEMENTS (builtins); i++)
    {
      if (!g_str_equal (entity->name, builtins[i].entity))
        continue;
      g_free (entity->strategy);
      entity->strategy = g_strdup (builtins[i].strategy);
      for (guint column = entity->n_keys; column < entity->n_columns; column++)
        {
          if (g_str_equal (entity->columns[column].name, builtins[i].json))
            entity->columns[column].codec = SYNC_CODEC_JSON;
          else if (g_strv_contains (builtin_times, entity->columns[column].name))
            entity->columns[column].codec = SYNC_CODEC_TIMESTAMP;
        }
    }
}

/* Every row is a pending change, perhaps known elsewhere: another copy of the file may have pushed it. A
 * row that was synced before is compared with its base when its turn comes. */
gboolean
sync_store_queue_all_rows (SyncStore *store,
                           const SyncEntity *entity,
                           GError **error)
{
  g_autoptr (GString) sql = g_string_new ("INSERT INTO main.psync_change (entity, id, maybe_sent) SELECT ");

  sync_sql_append_literal (sql, entity->name);
  g_string_append (sql, ", ");
  sync_id_append_expression (sql, entity, "t");
  g_string_append (sql, ", NOT EXISTS (SELECT 1 FROM main.psync_row r WHERE r.entity = ");
  sync_sql_append_literal (sql, entity->name);
  g_string_append (sql, " AND r.id = ");
  sync_id_append_expression (sql, entity, "t");
  g_string_append (sql, ") FROM main.");
  sync_sql_append_identifier (sql, entity->table);
  g_string_append (sql, " AS t WHERE true ON CONFLICT (entity, id) DO UPDATE SET seq = seq + 1, "
                        "state = 'pending', attempts = 0, next_attempt_at = NULL, error = NULL");
  return sync_connection_execute (store->connection, sql->str, error);
}

/**
 * sync_store_attach_entity:
 * @store: a store
 * @entity: what to sync from now on
 * @error: SQLite's
 *
 * Puts a table under capture and queues its rows, in one transaction.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_attach_entity (SyncStore *store,
                          SyncEntity *entity,
                          GError **error)
{
  SyncScope scope;
  gboolean good;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  good = sync_store_save_entity (store, entity, error) && sync_capture_install (store->connection, entity, error)
         && sync_store_queue_all_rows (store, entity, error) && sync_store_reorder_entities (store, error);
  return sync_scope_end (&scope, good, error);
}

/**
 * sync_store_attach:
 * @store: a store
 * @table: a table of the owner
 * @error: [error@SyncError.NO_TABLE], NO_KEY, NAME_TAKEN
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_attach (SyncStore *store,
                   const char *table,
                   GError **error)
{
  g_autoptr (SyncEntity) entity = NULL;

  sync_store_assert_current (store);

  entity = sync_capture_describe_table (store->connection, table, error);
  if (entity == NULL)
    return FALSE;
  if (sync_store_find_entity (store, entity->name) != NULL)
    return TRUE;
  adopt_builtin (entity);
  return sync_store_attach_entity (store, entity, error);
}

static gboolean
is_synced (SyncStore *store, const char *table)
{
  for (guint i = 0; i < store->entities->len; i++)
    if (g_str_equal (((SyncEntity *)store->entities->pdata[i])->table, table))
      return TRUE;
  return FALSE;
}

/**
 * sync_store_list_other_tables:
 * @store: a store
 * @error: SQLite's
 *
 * Returns: (transfer full) (element-type utf8): the owner's tables that are no entities: nobody
 *   named them, or they have no usable key
 */
GPtrArray *
sync_store_list_other_tables (SyncStore *store, GError **error)
{
  g_autoptr (GPtrArray) tables = NULL;

  sync_store_assert_current (store);

  if (!sync_capture_list_tables (store->connection, &tables, error))
    return NULL;
  for (guint i = tables->len; i > 0; i--)
    if (is_synced (store, tables->pdata[i - 1]))
      g_ptr_array_remove_index (tables, i - 1);
  return g_steal_pointer (&tables);
}

static gboolean
attach_all (SyncStore *store, GError **error)
{
  g_autoptr (GPtrArray) tables = NULL;

  if (!sync_capture_list_tables (store->connection, &tables, error))
    return FALSE;
  for (guint i = 0; i < tables->len; i++)
    {
      g_autoptr (GError) local_error = NULL;

      if (sync_store_attach (store, g_ptr_array_index (tables, i), &local_error)
          || g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_NO_KEY))
        continue;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  return TRUE;
}

/* In a database that is new there are no others. */
gboolean
sync_store_check_builtins (const char *const *tables,
                           GError **error)
{
  for (guint i = 0; tables != NULL && tables[i] != NULL; i++)
    {
      gboolean found = FALSE;

      for (guint k = 0; k < G_N_ELEMENTS (builtins); k++)
        found = found || g_ascii_strcasecmp (builtins[k].entity, tables[i]) == 0;
      if (found)
        continue;
      sync_error_set (error, SYNC_ERROR_NO_TABLE, tables[i], "There is no table %s", tables[i]);
      return FALSE;
    }
  return TRUE;
}

static gboolean
create_builtins (SyncStore *store, GError **error)
{
  g_autoptr (GBytes) script = g_resources_lookup_data (BUILTIN_SQL, 0, error);

  return script != NULL
         && sync_connection_script (store->connection, g_bytes_get_data (script, NULL), error);
}

static gboolean
name_device (SyncStore *store, GError **error)
{
  g_autofree char *device = g_uuid_string_random (), *profile = g_uuid_string_random ();
  g_autofree char *machine = sync_machine_hash (), *name = sync_machine_name ();
  g_autofree char *place = sync_machine_place (sync_connection_get_path (store->connection));

  return sync_store_set_meta (store, "device-id", device, error)
         && sync_store_set_meta (store, "device-name", name, error)
         && sync_store_set_meta (store, "machine", machine, error)
         && sync_store_set_meta (store, "place", place, error)
         && sync_store_set_meta (store, "profile-id", profile, error);
}

/* Inside its transaction. Another program may have done it since we looked. */
static gboolean
set_up_locked (SyncStore *store, SyncStoreFlags flags, const char *const *tables, gboolean is_new, GError **error)
{
  gint64 done;
  gboolean good;

  if (!sync_store_get_meta_int64 (store, "set-up", 0, &done, error) || done != 0)
    return done != 0;
  good = name_device (store, error) && (!is_new || create_builtins (store, error));
  for (guint i = 0; good && tables != NULL && tables[i] != NULL; i++)
    good = sync_store_attach (store, tables[i], error);
  if (good && (tables == NULL || tables[0] == NULL || (flags & SYNC_STORE_ALL_TABLES)))
    good = attach_all (store, error);
  return good && sync_store_set_meta_int64 (store, "set-up", 1, error);
}

/* The first time: who we are, and what is synced. One transaction: done whole or not at all. */
gboolean
sync_store_set_up (SyncStore *store,
                   SyncStoreFlags flags,
                   const char *const *tables,
                   gboolean is_new,
                   GError **error)
{
  SyncScope scope;

  return sync_scope_begin (&scope, store, error)
         && sync_scope_end (&scope, set_up_locked (store, flags, tables, is_new, error), error);
}

static gboolean
change_entity (SyncStore *store, SyncEntity *entity, int enabled, const char *strategy,
               const char *rules, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      store->connection,
      "UPDATE main.psync_entity SET enabled = CASE WHEN ?2 < 0 THEN enabled ELSE ?2 END, "
      "strategy = ifnull(?3, strategy), rules = ifnull(?4, rules) WHERE name = ?1",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_int64 (statement, 2, enabled);
  sync_statement_bind_text (statement, 3, strategy, -1);
  sync_statement_bind_text (statement, 4, rules, -1);
  return sync_statement_run (statement, error);
}

/**
 * sync_store_configure_entity:
 * @store: a store
 * @name: an entity, or a table that becomes one by enabling it
 * @enabled: 1, 0 or -1: as is
 * @strategy: (nullable): %NULL: as is; checked by the caller
 * @rules: (nullable): %NULL: as is; checked by the caller
 * @error: [error@SyncError.NOT_FOUND], NO_TABLE, NO_KEY
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_configure_entity (SyncStore *store,
                             const char *name,
                             int enabled,
                             const char *strategy,
                             const char *rules,
                             GError **error)
{
  SyncScope scope;
  SyncEntity *entity;
  gboolean good = TRUE;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  entity = sync_store_find_entity (store, name);
  if (entity == NULL && enabled == 1)
    {
      good = sync_store_attach (store, name, error);
      entity = good ? sync_store_find_entity (store, name) : NULL;
    }
  if (good && entity == NULL)
    {
      sync_error_set_absent (error, "entity", name);
      good = FALSE;
    }
  good = good && change_entity (store, entity, enabled, strategy, rules, error)
         && sync_store_reload (store, error);
  return sync_scope_end (&scope, good, error);
}

/* --- Detaching --------------------------------------------------------------------------------- */

/**
 * sync_store_detach:
 * @store: a store
 * @error: SQLite's
 *
 * Removes what is ours from the file, in one transaction. The store cannot be used afterwards.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_detach (SyncStore *store,
                   GError **error)
{
  SyncScope scope;
  gboolean good = TRUE;

  if (!sync_scope_begin (&scope, store, error))
    return FALSE;
  for (guint i = 0; good && i < store->entities->len; i++)
    good = sync_capture_remove (store->connection, g_ptr_array_index (store->entities, i), error);
  good = good && sync_store_drop_own_tables (store, error);
  if (!sync_scope_end (&scope, good, error))
    return FALSE;
  g_hash_table_remove_all (store->tables);
  g_ptr_array_set_size (store->entities, 0);
  return TRUE;
}
