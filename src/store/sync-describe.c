/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-capture.h"
#include "sync-shape.h"

static gboolean
type_has (const char *type, const char *word)
{
  g_autofree char *upper = g_ascii_strup (type, -1);

  return strstr (upper, word) != NULL;
}

/* A NUMERIC column holds numbers if it is called so; dates, times, strings and others end in
 * NUMERIC only because SQLite knows no better. */
static SyncCodec
codec_for_numeric (const char *type)
{
  if (type_has (type, "NUM") || type_has (type, "DEC") || type_has (type, "MONEY"))
    return SYNC_CODEC_REAL;
  return SYNC_CODEC_TEXT;
}

static SyncCodec
codec_for_affinity (const char *type)
{
  switch (sync_affinity_for_type (type))
    {
    case SYNC_AFFINITY_INTEGER:
      return SYNC_CODEC_INTEGER;
    case SYNC_AFFINITY_REAL:
      return SYNC_CODEC_REAL;
    case SYNC_AFFINITY_NUMERIC:
      return codec_for_numeric (type);
    case SYNC_AFFINITY_NONE:
      return type_has (type, "BLOB") ? SYNC_CODEC_BLOB : SYNC_CODEC_TEXT;
    case SYNC_AFFINITY_TEXT:
    default:
      return SYNC_CODEC_TEXT;
    }
}

static SyncCodec
codec_for_type (const char *type, gboolean key)
{
  /* Nothing converts what is in it. As part of a key it has a type in the cloud, for the sake of filters. */
  if (!key && (*type == '\0' || g_ascii_strcasecmp (type, "ANY") == 0))
    return SYNC_CODEC_ANY;
  if (type_has (type, "BOOL"))
    return key ? SYNC_CODEC_INTEGER : SYNC_CODEC_BOOLEAN;
  if (!key && type_has (type, "JSON"))
    return SYNC_CODEC_JSON;
  if (!key && (type_has (type, "TIMESTAMP") || type_has (type, "DATETIME")))
    return SYNC_CODEC_TIMESTAMP;
  return codec_for_affinity (type);
}

static gboolean
add_primary_key (SyncEntity *entity, const SyncShape *shape)
{
  const SyncShapeColumn *found;
  guint place = 0;

  do
    {
      found = NULL;
      place++;
      for (guint i = 0; i < shape->columns->len && found == NULL; i++)
        {
          const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

          if (column->key == place)
            found = column;
        }
      if (found != NULL)
        sync_entity_add_column (entity, found->name, codec_for_type (found->type, TRUE), TRUE);
    }
  while (found != NULL);
  return entity->n_keys > 0;
}

static gboolean
can_be_key (const SyncShape *shape, const SyncShapeIndex *index)
{
  if (index->partial)
    return FALSE;
  for (guint i = 0; i < index->terms->len; i++)
    {
      const SyncShapeTerm *term = g_ptr_array_index (index->terms, i);
      const SyncShapeColumn *column
          = term->column != NULL ? sync_shape_find_column (shape, term->column) : NULL;

      if (column == NULL || !column->not_null || column->generated)
        return FALSE;
    }
  return TRUE;
}

/* The UNIQUE index of NOT NULL columns with the fewest of them, the first by name of several. */
static gboolean
add_unique_key (SyncEntity *entity, const SyncShape *shape)
{
  const SyncShapeIndex *best = NULL;

  for (guint i = 0; i < shape->indexes->len; i++)
    {
      const SyncShapeIndex *index = g_ptr_array_index (shape->indexes, i);

      if (can_be_key (shape, index) && (best == NULL || index->terms->len < best->terms->len))
        best = index;
    }
  for (guint i = 0; best != NULL && i < best->terms->len; i++)
    {
      const SyncShapeTerm *term = g_ptr_array_index (best->terms, i);
      const SyncShapeColumn *column = sync_shape_find_column (shape, term->column);

      sync_entity_add_column (entity, column->name, codec_for_type (column->type, TRUE), TRUE);
    }
  return best != NULL;
}

/**
 * sync_capture_describe_table:
 * @connection: the local database
 * @table: a table of the owner, in any case
 * @error: where to put an error
 *
 * Describes a table as an entity: key columns first, codecs by declared types, the parents left
 * empty, the time column `updated_at` if there is one. Generated columns are left out.
 *
 * Returns: (transfer full) (nullable): the entity, or %NULL with [error@SyncError] `NO_TABLE`,
 *   `NO_KEY`, `NAME_TAKEN` or another set
 */
SyncEntity *
sync_capture_describe_table (SyncConnection *connection, const char *table, GError **error)
{
  g_autoptr (SyncShape) shape = NULL;
  g_autoptr (SyncEntity) entity = NULL;

  g_return_val_if_fail (connection != NULL, NULL);
  g_return_val_if_fail (table != NULL, NULL);

  shape = sync_shape_read (connection, table, error);
  if (shape == NULL)
    return NULL;
  entity = sync_entity_new (shape->table, shape->table, shape->table);
  if (!add_primary_key (entity, shape) && !add_unique_key (entity, shape))
    {
      sync_error_set (error, SYNC_ERROR_NO_KEY, table,
                      "The table has no PRIMARY KEY and no UNIQUE index of NOT NULL columns");
      return NULL;
    }
  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      if (column->generated || sync_entity_find_column (entity, column->name, -1) >= 0)
        continue;
      sync_entity_add_column (entity, column->name, codec_for_type (column->type, FALSE), FALSE);
      if (g_ascii_strcasecmp (column->name, "updated_at") == 0)
        entity->time_column = g_strdup (column->name);
    }
  return g_steal_pointer (&entity);
}

static gboolean
list_names (SyncConnection *connection, const char *sql, const char *table, GPtrArray **names,
            GError **error)
{
  g_autoptr (GPtrArray) found = g_ptr_array_new_with_free_func (g_free);
  SyncStatement *list = sync_connection_prepare (connection, sql, error);
  SyncStep step;

  if (list == NULL)
    return FALSE;
  if (table != NULL)
    sync_statement_bind_text (list, 1, table, -1);
  while ((step = sync_statement_step (list, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (found, sync_statement_dup_text (list, 0));
  sync_statement_reset (list);
  if (step == SYNC_STEP_ERROR)
    return FALSE;
  *names = g_steal_pointer (&found);
  return TRUE;
}

/**
 * sync_capture_list_parents:
 * @connection: the local database
 * @table: a table of the owner
 * @tables: (out) (transfer full) (element-type utf8): the tables that its foreign keys refer to, as
 *   the database names them, without itself
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_capture_list_parents (SyncConnection *connection, const char *table, GPtrArray **tables,
                           GError **error)
{
  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (table != NULL && tables != NULL, FALSE);

  return list_names (
      connection,
      "SELECT DISTINCT coalesce(t.name, f.\"table\") FROM pragma_foreign_key_list (?1, 'main') f"
      " LEFT JOIN sqlite_master t ON t.type = 'table' AND t.name = f.\"table\" COLLATE NOCASE"
      " WHERE f.\"table\" <> ?1 COLLATE NOCASE ORDER BY 1",
      table, tables, error);
}

/**
 * sync_capture_list_tables:
 * @connection: the local database
 * @tables: (out) (transfer full) (element-type utf8): all ordinary tables of the owner, by name
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_capture_list_tables (SyncConnection *connection, GPtrArray **tables, GError **error)
{
  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (tables != NULL, FALSE);

  return list_names (
      connection,
      "SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
      " AND name NOT LIKE 'psync\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
      " ORDER BY name",
      NULL, tables, error);
}
