/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>

#include "sync-capture.h"
#include "sync-store-private.h"
#include "sync-table.h"

/* The registry of entities: psync_entity and the tables behind it. */

/* --- Between psync_entity and SyncEntity -------------------------------------------------------- */

static char *
columns_to_json (const SyncEntity *entity)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_array (builder);
  for (guint i = 0; i < entity->n_columns; i++)
    {
      json_builder_begin_object (builder);
      json_builder_set_member_name (builder, "name");
      json_builder_add_string_value (builder, entity->columns[i].name);
      json_builder_set_member_name (builder, "codec");
      json_builder_add_string_value (builder, sync_codec_to_string (entity->columns[i].codec));
      if (i < entity->n_keys)
        {
          json_builder_set_member_name (builder, "key");
          json_builder_add_boolean_value (builder, TRUE);
        }
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, FALSE);
}

static gboolean
columns_from_json (SyncEntity *entity, const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  JsonArray *array;

  if (root == NULL || !JSON_NODE_HOLDS_ARRAY (root))
    return FALSE;
  array = json_node_get_array (root);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *column = json_array_get_object_element (array, i);
      SyncCodec codec;

      if (!sync_codec_from_string (json_object_get_string_member_with_default (column, "codec", ""),
                                   &codec))
        return FALSE;
      sync_entity_add_column (entity, json_object_get_string_member_with_default (column, "name", ""),
                              codec, json_object_get_boolean_member_with_default (column, "key", FALSE));
    }
  return entity->n_keys > 0;
}

static char *
names_to_json (const char *const *names)
{
  g_autoptr (JsonNode) root = json_node_new (JSON_NODE_ARRAY);
  JsonArray *array = json_array_new ();

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    json_array_add_string_element (array, names[i]);
  json_node_take_array (root, array);
  return json_to_string (root, FALSE);
}

static GStrv
names_from_json (const char *json)
{
  g_autoptr (JsonNode) root = json_from_string (json, NULL);
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  if (root != NULL && JSON_NODE_HOLDS_ARRAY (root))
    {
      JsonArray *array = json_node_get_array (root);

      for (guint i = 0; i < json_array_get_length (array); i++)
        g_strv_builder_add (names, json_array_get_string_element (array, i));
    }
  return g_strv_builder_end (names);
}

static SyncEntity *
entity_from_statement (SyncStatement *statement, GError **error)
{
  const char *name = sync_statement_text (statement, 0, NULL);
  g_autoptr (SyncEntity) entity = sync_entity_new (name, sync_statement_text (statement, 1, NULL),
                                                   sync_statement_text (statement, 2, NULL));

  if (!columns_from_json (entity, sync_statement_text (statement, 3, NULL)))
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, name, "The registry's columns of %s cannot be read", name);
      return NULL;
    }
  g_strfreev (entity->parents);
  entity->parents = names_from_json (sync_statement_text (statement, 4, NULL));
  g_free (entity->strategy);
  entity->strategy = sync_statement_dup_text (statement, 5);
  entity->rules = sync_statement_dup_text (statement, 6);
  entity->time_column = sync_statement_dup_text (statement, 7);
  entity->enabled = sync_statement_int64 (statement, 8) != 0;
  return g_steal_pointer (&entity);
}

/* It changes when another connection commits. */
static gboolean
read_data_version (SyncStore *store,
                   gint64 *version,
                   GError **error)
{
  return sync_connection_query_int64 (store->connection, 0, version, error, "PRAGMA data_version",
                                      NULL);
}

/**
 * sync_store_reload:
 * @store: a store
 * @error: SQLite's, or CORRUPT
 *
 * Reads the registry again.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_reload (SyncStore *store,
                   GError **error)
{
  g_autoptr (GPtrArray) entities
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  SyncStatement *statement;
  SyncStep step;
  gint64 version;

  sync_store_assert_current (store);

  if (!read_data_version (store, &version, error))
    return FALSE;
  statement = sync_connection_prepare (
      store->connection,
      "SELECT name, table_name, cloud_table, columns, parents, strategy, rules, time_column, enabled "
      "FROM main.psync_entity ORDER BY position, name",
      error);
  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      SyncEntity *entity = entity_from_statement (statement, error);

      if (entity == NULL)
        {
          sync_statement_reset (statement);
          return FALSE;
        }
      g_ptr_array_add (entities, entity);
    }
  sync_statement_reset (statement);
  if (step == SYNC_STEP_ERROR)
    return FALSE;
  g_hash_table_remove_all (store->tables);
  g_ptr_array_unref (store->entities);
  store->entities = g_steal_pointer (&entities);
  store->data_version = version;
  return TRUE;
}

/**
 * sync_store_reload_if_changed:
 * @store: a store
 * @error: as of [method@Store.reload]
 *
 * Reads the registry again if another program may have configured something since.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_reload_if_changed (SyncStore *store,
                              GError **error)
{
  gint64 version;

  sync_store_assert_current (store);

  return read_data_version (store, &version, error)
         && (version == store->data_version || sync_store_reload (store, error));
}

GPtrArray *
sync_store_get_entities (SyncStore *store)
{
  sync_store_assert_current (store);

  return store->entities;
}

SyncEntity *
sync_store_find_entity (SyncStore *store,
                        const char *name)
{
  sync_store_assert_current (store);

  for (guint i = 0; i < store->entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (store->entities, i);

      if (g_str_equal (entity->name, name))
        return entity;
    }
  return NULL;
}

/**
 * sync_store_get_table:
 * @store: a store
 * @entity: one of the store's entities, perhaps as it was before the registry changed: a run goes on with the
 *   columns that it began with
 * @error: SQLite's
 *
 * Returns: (transfer none): its table, until the registry changes
 */
SyncTable *
sync_store_get_table (SyncStore *store,
                      const SyncEntity *entity,
                      GError **error)
{
  SyncTable *table;

  sync_store_assert_current (store);

  table = g_hash_table_lookup (store->tables, entity);
  if (table != NULL)
    return table;
  table = sync_table_new (store->connection, sync_entity_ref ((SyncEntity *) entity), error);
  sync_entity_unref ((SyncEntity *) entity);
  if (table != NULL)
    g_hash_table_insert (store->tables, (gpointer) entity, table);
  return table;
}

gboolean
sync_store_save_entity (SyncStore *store,
                        const SyncEntity *entity,
                        GError **error)
{
  g_autofree char *columns = columns_to_json (entity);
  SyncStatement *statement = sync_connection_prepare (
      store->connection,
      "INSERT INTO main.psync_entity (name, position, table_name, cloud_table, columns, strategy, rules, "
      "time_column, enabled) VALUES (?1, 1000000, ?2, ?3, ?4, ?5, ?6, ?7, ?8) "
      "ON CONFLICT (name) DO UPDATE SET columns = excluded.columns, strategy = excluded.strategy, "
      "rules = excluded.rules, time_column = excluded.time_column, enabled = excluded.enabled",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_text (statement, 2, entity->table, -1);
  sync_statement_bind_text (statement, 3, entity->cloud_table, -1);
  sync_statement_bind_text (statement, 4, columns, -1);
  sync_statement_bind_text (statement, 5, entity->strategy, -1);
  sync_statement_bind_text (statement, 6, entity->rules, -1);
  sync_statement_bind_text (statement, 7, entity->time_column, -1);
  sync_statement_bind_int64 (statement, 8, entity->enabled);
  return sync_statement_run (statement, error);
}

/* --- Order -------------------------------------------------------------------------------------- */

static gboolean
is_placed (GPtrArray *placed, const char *name)
{
  for (guint i = 0; i < placed->len; i++)
    {
      if (g_str_equal (((SyncEntity *) g_ptr_array_index (placed, i))->name, name))
        return TRUE;
    }
  return FALSE;
}

static gboolean
parents_are_placed (GPtrArray *placed, const SyncEntity *entity)
{
  for (guint i = 0; entity->parents[i] != NULL; i++)
    {
      if (!is_placed (placed, entity->parents[i]))
        return FALSE;
    }
  return TRUE;
}

/* Parents first; where tables refer to each other in a circle, whoever comes first by name begins. */
static GPtrArray *
order_by_parents (GPtrArray *entities)
{
  g_autoptr (GPtrArray) placed = g_ptr_array_new ();

  while (placed->len < entities->len)
    {
      SyncEntity *next = NULL, *fallback = NULL;

      for (guint i = 0; i < entities->len && next == NULL; i++)
        {
          SyncEntity *entity = g_ptr_array_index (entities, i);

          if (is_placed (placed, entity->name))
            continue;
          if (fallback == NULL)
            fallback = entity;
          if (parents_are_placed (placed, entity))
            next = entity;
        }
      g_ptr_array_add (placed, next != NULL ? next : fallback);
    }
  return g_steal_pointer (&placed);
}

/* The entities among the tables that this one refers to. */
static gboolean
find_parents (SyncStore *store, SyncEntity *entity, GError **error)
{
  g_autoptr (GPtrArray) tables = NULL;
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();

  if (!sync_capture_list_parents (store->connection, entity->table, &tables, error))
    return FALSE;
  for (guint i = 0; i < store->entities->len; i++)
    {
      SyncEntity *other = g_ptr_array_index (store->entities, i);

      for (guint j = 0; j < tables->len; j++)
        {
          if (other != entity && g_ascii_strcasecmp (other->table, g_ptr_array_index (tables, j)) == 0)
            g_strv_builder_add (names, other->name);
        }
    }
  g_strfreev (entity->parents);
  entity->parents = g_strv_builder_end (names);
  return TRUE;
}

static gboolean
save_order (SyncStore *store, SyncEntity *entity, guint position, GError **error)
{
  g_autofree char *parents = names_to_json ((const char *const *) entity->parents);
  SyncStatement *statement = sync_connection_prepare (
      store->connection, "UPDATE main.psync_entity SET position = ?2, parents = ?3 WHERE name = ?1",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_int64 (statement, 2, position);
  sync_statement_bind_text (statement, 3, parents, -1);
  return sync_statement_run (statement, error);
}

/* Finds out anew who refers to whom, and puts parents first. */
gboolean
sync_store_reorder_entities (SyncStore *store,
                             GError **error)
{
  g_autoptr (GPtrArray) ordered = NULL;

  if (!sync_store_reload (store, error))
    return FALSE;
  for (guint i = 0; i < store->entities->len; i++)
    {
      if (!find_parents (store, g_ptr_array_index (store->entities, i), error))
        return FALSE;
    }
  ordered = order_by_parents (store->entities);
  for (guint i = 0; i < ordered->len; i++)
    {
      if (!save_order (store, g_ptr_array_index (ordered, i), i, error))
        return FALSE;
    }
  return sync_store_reload (store, error);
}
