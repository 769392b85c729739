/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table-private.h"

#include "sync-capture.h"

/* The row with just this id. Values that SQLite takes for equal have different ids where they differ in case, or
 * in being 5 or 5.0; the first comparison is the one that finds them by an index. */
void
sync_table_append_key_condition (const SyncTable *table,
                                 GString *sql,
                                 const char *qualifier,
                                 const char *value,
                                 guint first,
                                 const char *operator)
{
  for (guint i = 0; i < table->entity->n_keys; i++)
    {
      g_autofree char *quoted = sync_sql_quote_identifier (table->entity->columns[i].name);
      g_autofree char *name = g_strconcat (qualifier, quoted, NULL);
      SyncAffinity affinity = table->keys[i].affinity;

      if (i > 0)
        g_string_append (sql, " AND ");
      g_string_append_printf (sql, "%s %s %s%u", name, operator, value, first + i);
      if (table->keys[i].any_collation)
        g_string_append_printf (sql, " AND %s COLLATE BINARY %s %s%u", name, operator, value, first + i);
      if (affinity == SYNC_AFFINITY_NONE || affinity == SYNC_AFFINITY_NUMERIC)
        g_string_append_printf (sql, " AND typeof (%s) = typeof (%s%u)", name, value, first + i);
    }
}

void
sync_table_append_where_key (const SyncTable *table,
                             GString *sql,
                             guint first_parameter,
                             const char *operator)
{
  g_string_append (sql, " WHERE ");
  sync_table_append_key_condition (table, sql, "", "?", first_parameter, operator);
}

static char *
build_select (SyncTable *table, gboolean columns, const char *operator)
{
  g_autoptr (GString) sql = g_string_new ("SELECT ");

  if (columns)
    sync_table_append_columns (table, sql, NULL);
  else
    g_string_append (sql, "1");
  g_string_append (sql, " FROM main.");
  sync_sql_append_identifier (sql, table->entity->table);
  sync_table_append_where_key (table, sql, 1, operator);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* OR ABORT: a constraint declared with ON CONFLICT REPLACE would take other rows away. */
char *
sync_table_build_insert (const SyncEntity *entity,
                         guint n_rows)
{
  g_autoptr (GString) sql = g_string_new ("INSERT OR ABORT INTO main.");

  sync_sql_append_identifier (sql, entity->table);
  for (guint i = 0; i < entity->n_columns; i++)
    {
      g_string_append (sql, i == 0 ? " (" : ", ");
      sync_sql_append_identifier (sql, entity->columns[i].name);
    }
  g_string_append (sql, ") VALUES ");
  sync_sql_append_values (sql, entity->n_columns, n_rows);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* The columns are bound as in an INSERT; the key that the row has now follows them. */
static char *
build_update (const SyncTable *table)
{
  const SyncEntity *entity = table->entity;
  g_autoptr (GString) sql = g_string_new ("UPDATE OR ABORT main.");

  if (entity->n_columns == entity->n_keys)
    return NULL;
  sync_sql_append_identifier (sql, entity->table);
  for (guint i = entity->n_keys; i < entity->n_columns; i++)
    {
      g_string_append (sql, i == entity->n_keys ? " SET " : ", ");
      sync_sql_append_identifier (sql, entity->columns[i].name);
      g_string_append_printf (sql, " = ?%u", i + 1);
    }
  sync_table_append_where_key (table, sql, entity->n_columns + 1, "=");
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static char *
build_delete (const SyncTable *table)
{
  g_autoptr (GString) sql = g_string_new ("DELETE FROM main.");

  sync_sql_append_identifier (sql, table->entity->table);
  sync_table_append_where_key (table, sql, 1, "=");
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static gboolean
note_foreign_keys (SyncTable *table, GError **error)
{
  gint64 count;

  if (!sync_connection_query_int64 (table->connection, 0, &count, error,
                                    "SELECT count(*) FROM pragma_foreign_key_list (?1, 'main')",
                                    table->entity->table, NULL))
    return FALSE;
  table->refers = count > 0;
  return TRUE;
}

static gboolean
note_autoincrement (SyncTable *table, GError **error)
{
  gint64 count;

  if (!sync_connection_query_int64 (table->connection, 0, &count, error,
                                    "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' "
                                    "AND name = ?1 COLLATE NOCASE AND sql LIKE '%AUTOINCREMENT%' AND EXISTS "
                                    "(SELECT 1 FROM main.sqlite_schema WHERE name = 'sqlite_sequence')",
                                    table->entity->table, NULL))
    return FALSE;
  table->autoincrement = count > 0 && sync_table_has_integer_key (table);
  return TRUE;
}

static gboolean
describe_keys (SyncTable *table, GError **error)
{
  const SyncEntity *entity = table->entity;

  table->keys = g_new0 (KeyColumn, entity->n_keys);
  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_autofree char *type = NULL, *collation = NULL;

      if (!sync_connection_describe_column (table->connection, entity->table, entity->columns[i].name, &type,
                                            &collation, error))
        return FALSE;
      /* ANY is STRICT's word for none. */
      table->keys[i].affinity
          = g_ascii_strcasecmp (type, "ANY") == 0 ? SYNC_AFFINITY_NONE : sync_affinity_for_type (type);
      table->keys[i].any_collation = g_ascii_strcasecmp (collation, "BINARY") != 0;
    }
  return TRUE;
}

/* JSON's null is written as NULL, but for where the owner wants a value. */
static gboolean
describe_json (SyncTable *table, GError **error)
{
  const SyncEntity *entity = table->entity;

  table->wants_json = g_new0 (gboolean, entity->n_columns);
  for (guint i = entity->n_keys; i < entity->n_columns; i++)
    {
      gint64 not_null = 0;

      if (entity->columns[i].codec == SYNC_CODEC_JSON
          && !sync_connection_query_int64 (table->connection, 0, &not_null, error,
                                           "SELECT max (\"notnull\") FROM pragma_table_xinfo (?1, 'main') "
                                           "WHERE name = ?2 COLLATE NOCASE",
                                           entity->table, entity->columns[i].name, NULL))
        return FALSE;
      table->wants_json[i] = not_null != 0;
    }
  return TRUE;
}

gboolean
sync_table_set_other_key (const SyncEntity *entity,
                          GError **error)
{
  GError *other = sync_error_new (SYNC_ERROR_NO_KEY, entity->table, "The key of %s is another one now", entity->table);

  sync_error_set_reason (other, "changed", 0);
  g_propagate_error (error, other);
  return FALSE;
}

/* The owner may have dropped it, or the columns that its key had. */
static gboolean
check_there (SyncConnection *connection, const SyncEntity *entity, GError **error)
{
  gint64 n_columns;

  if (!sync_connection_query_int64 (connection, 0, &n_columns, error,
                                    "SELECT count (*) FROM pragma_table_xinfo (?1, 'main')", entity->table, NULL))
    return FALSE;
  if (n_columns == 0)
    {
      sync_error_set (error, SYNC_ERROR_NO_TABLE, entity->table, "There is no table %s", entity->table);
      return FALSE;
    }
  for (guint i = 0; i < entity->n_keys; i++)
    {
      if (!sync_connection_query_int64 (connection, 0, &n_columns, error,
                                        "SELECT count (*) FROM pragma_table_xinfo (?1, 'main') "
                                        "WHERE name = ?2 COLLATE NOCASE",
                                        entity->table, entity->columns[i].name, NULL))
        return FALSE;
      if (n_columns == 0)
        return sync_table_set_other_key (entity, error);
    }
  return TRUE;
}

/**
 * sync_table_new:
 * @connection: the worker's connection; outlives the table
 * @entity: what to read and write
 * @error: SQLite's
 *
 * Returns: (transfer full): a new table
 */
SyncTable *
sync_table_new (SyncConnection *connection,
                SyncEntity *entity,
                GError **error)
{
  g_autoptr (SyncTable) table = g_new0 (SyncTable, 1);

  table->connection = connection;
  table->entity = sync_entity_ref (entity);
  table->scratch = g_string_new (NULL);
  if (!check_there (connection, entity, error)
      || !sync_capture_has_side_effects (connection, entity, &table->owner_triggers, &table->referenced,
                                      error)
      || !note_foreign_keys (table, error)
      || !note_autoincrement (table, error)
      || !describe_keys (table, error)
      || !describe_json (table, error))
    return NULL;
  table->select_sql = build_select (table, TRUE, "=");
  table->select_null_sql = build_select (table, TRUE, "IS");
  table->exists_sql = build_select (table, FALSE, "=");
  table->insert_sql = sync_table_build_insert (entity, 1);
  table->update_sql = build_update (table);
  table->delete_sql = build_delete (table);
  return g_steal_pointer (&table);
}

void
sync_table_free (SyncTable *table)
{
  g_free (table->keys);
  g_free (table->wants_json);
  g_free (table->select_sql);
  g_free (table->select_null_sql);
  g_free (table->select_many_sql);
  g_free (table->exists_sql);
  g_free (table->insert_sql);
  g_free (table->insert_many_sql);
  g_free (table->update_sql);
  g_free (table->delete_sql);
  g_free (table->order);
  if (table->scratch != NULL)
    g_string_free (table->scratch, TRUE);
  g_clear_pointer (&table->entity, sync_entity_unref);
  g_free (table);
}

const SyncEntity *
sync_table_get_entity (SyncTable *table)
{
  return table->entity;
}

gboolean
sync_table_has_owner_triggers (SyncTable *table)
{
  return table->owner_triggers;
}

gboolean
sync_table_is_referenced (SyncTable *table)
{
  return table->referenced;
}

gboolean
sync_table_refers (SyncTable *table)
{
  return table->refers;
}

/* Where there are none, there is nothing to defer; and this pragma makes SQLite compile every statement anew. */
gboolean
sync_table_defer_foreign_keys (SyncTable *table,
                               GError **error)
{
  return (!table->referenced && !table->refers)
         || sync_connection_execute (table->connection, "PRAGMA defer_foreign_keys = ON", error);
}

gboolean
sync_table_has_integer_key (SyncTable *table)
{
  return sync_entity_has_integer_key (table->entity);
}

/**
 * sync_table_append_columns:
 * @table: a table
 * @sql: gets the names of all columns, separated by commas
 * @qualifier: (nullable): a table or alias, not quoted
 */
void
sync_table_append_columns (SyncTable *table,
                           GString *sql,
                           const char *qualifier)
{
  for (guint i = 0; i < table->entity->n_columns; i++)
    {
      if (i > 0)
        g_string_append (sql, ", ");
      if (qualifier != NULL)
        g_string_append_printf (sql, "%s.", qualifier);
      sync_sql_append_identifier (sql, table->entity->columns[i].name);
    }
}

SyncStatement *
sync_table_prepare_by_id (SyncTable *table,
                          const char *sql,
                          const char *id,
                          int first,
                          GError **error)
{
  SyncStatement *statement = sync_connection_prepare (table->connection, sql, error);

  if (statement == NULL)
    return NULL;
  if (!sync_id_bind (id, strlen (id), table->entity->n_keys, statement, first))
    {
      sync_statement_reset (statement);
      sync_error_set (error, SYNC_ERROR_INVALID, table->entity->name, "Not the id of a row of %s",
                      table->entity->name);
      return NULL;
    }
  return statement;
}
