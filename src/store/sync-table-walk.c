/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table-private.h"

#include "sync-capture.h"
#include "sync-shape.h"

/* Through all rows of a table, some at a time, while others write to it: rows that come or go move no others. */

/* By the rowid where there is one: keys may be NULL, or not tell all rows apart, so that no key says which rows had
 * their turn. */
static gboolean
find_order (SyncTable *table, GError **error)
{
  const SyncEntity *entity = table->entity;
  g_autoptr (GString) sql = g_string_new (NULL);
  g_autoptr (SyncShape) shape = NULL;

  if (table->order != NULL)
    return TRUE;
  shape = sync_shape_read (table->connection, entity->table, error);
  if (shape == NULL)
    return FALSE;
  table->n_order = shape->rowid != NULL ? 1 : entity->n_keys;
  for (guint i = 0; i < table->n_order; i++)
    {
      g_string_append (sql, i > 0 ? ", " : "");
      sync_sql_append_identifier (sql, shape->rowid != NULL ? shape->rowid : entity->columns[i].name);
    }
  table->order = g_string_free (g_steal_pointer (&sql), FALSE);
  return TRUE;
}

static SyncStatement *
prepare (SyncTable *table, const char *columns, const char *condition, gboolean begins, guint limit, GError **error)
{
  g_autoptr (GString) sql = g_string_new ("SELECT ");

  g_string_append_printf (sql, "%s, %s FROM main.", columns, table->order);
  sync_sql_append_identifier (sql, table->entity->table);
  g_string_append_printf (sql, " AS t WHERE %s", condition);
  if (!begins)
    {
      g_string_append_printf (sql, " AND (%s) > ", table->order);
      sync_sql_append_values (sql, table->n_order, 1);
    }
  g_string_append_printf (sql, " ORDER BY %s LIMIT %u", table->order, limit);
  return sync_connection_prepare (table->connection, sql->str, error);
}

/* VACUUM gives rows other rowids, and changes the version of the schema, as what makes another table of it does. */
static gboolean
is_other_order (const SyncTable *table, const char *after, char **place)
{
  return after != NULL && (g_ascii_strtoll (after, place, 10) != table->walk_schema || *(*place)++ != ' ');
}

SyncStatement *
sync_table_walk (SyncTable *table,
                 const char *columns,
                 const char *condition,
                 const char *after,
                 guint limit,
                 GError **error)
{
  SyncStatement *statement;
  char *place;

  if (!find_order (table, error)
      || !sync_connection_query_int64 (table->connection, 0, &table->walk_schema, error,
                                       "PRAGMA main.schema_version", NULL))
    return NULL;
  if (is_other_order (table, after, &place))
    {
      sync_error_set (error, SYNC_ERROR_STALE, table->entity->name, "The table %s changed meanwhile",
                      table->entity->table);
      return NULL;
    }
  statement = prepare (table, columns, condition, after == NULL, limit, error);
  if (statement != NULL && after != NULL)
    sync_id_bind (place, strlen (place), table->n_order, statement, 1);
  return statement;
}

void
sync_table_note_place (SyncTable *table,
                       SyncStatement *statement,
                       GString *place)
{
  int first = sync_statement_n_columns (statement) - (int) table->n_order;

  g_string_printf (place, "%" G_GINT64_FORMAT " ", table->walk_schema);
  sync_id_append_columns (place, statement, first, table->n_order);
}
