/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-shape.h"
#include "sync-sql-text.h"

static void
column_free (gpointer data)
{
  SyncShapeColumn *column = data;

  g_free (column->name);
  g_free (column->type);
  g_free (column->fallback);
  g_free (column);
}

static void
term_free (gpointer data)
{
  SyncShapeTerm *term = data;

  g_free (term->column);
  g_free (term->expression);
  g_free (term->collation);
  g_ptr_array_unref (term->inputs);
  g_free (term);
}

static void
index_free (gpointer data)
{
  SyncShapeIndex *index = data;

  g_free (index->name);
  g_free (index->condition);
  g_ptr_array_unref (index->terms);
  g_ptr_array_unref (index->inputs);
  g_free (index);
}

/**
 * sync_shape_free:
 * @shape: (transfer full): a table's shape
 */
void
sync_shape_free (SyncShape *shape)
{
  g_free (shape->table);
  g_free (shape->rowid);
  g_ptr_array_unref (shape->columns);
  g_ptr_array_unref (shape->indexes);
  g_ptr_array_unref (shape->generated_inputs);
  g_free (shape);
}

/**
 * sync_shape_find_column:
 * @shape: a table's shape
 * @name: a name, in any case
 *
 * Returns: (transfer none) (nullable): the column
 */
const SyncShapeColumn *
sync_shape_find_column (const SyncShape *shape, const char *name)
{
  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      if (g_ascii_strcasecmp (column->name, name) == 0)
        return column;
    }
  return NULL;
}

/**
 * sync_affinity_for_type:
 * @type: a declared type
 *
 * The rules of SQLite (datatype3.html, 3.1).
 *
 * Returns: which storage classes a column of that type prefers
 */
SyncAffinity
sync_affinity_for_type (const char *type)
{
  g_autofree char *upper = g_ascii_strup (type, -1);

  if (strstr (upper, "INT") != NULL)
    return SYNC_AFFINITY_INTEGER;
  if (strstr (upper, "CHAR") != NULL || strstr (upper, "CLOB") != NULL
      || strstr (upper, "TEXT") != NULL)
    return SYNC_AFFINITY_TEXT;
  if (upper[0] == '\0' || strstr (upper, "BLOB") != NULL)
    return SYNC_AFFINITY_NONE;
  if (strstr (upper, "REAL") != NULL || strstr (upper, "FLOA") != NULL
      || strstr (upper, "DOUB") != NULL)
    return SYNC_AFFINITY_REAL;
  return SYNC_AFFINITY_NUMERIC;
}

/* Finds the table as the database names it; only an ordinary one can have our triggers. */
static char *
find_table (SyncConnection *connection, const char *table, GError **error)
{
  SyncStatement *list;
  g_autofree char *name = NULL;
  g_autofree char *type = NULL;

  list = sync_connection_prepare (
      connection, "SELECT name, type FROM pragma_table_list (?1) WHERE schema = 'main'", error);
  if (list == NULL)
    return NULL;
  switch (sync_statement_step (sync_statement_bind_text (list, 1, table, -1), error))
    {
    case SYNC_STEP_ROW:
      name = sync_statement_dup_text (list, 0);
      type = sync_statement_dup_text (list, 1);
      sync_statement_reset (list);
      break;
    case SYNC_STEP_DONE:
      sync_error_set (error, SYNC_ERROR_NO_TABLE, table, "No such table");
      return NULL;
    case SYNC_STEP_ERROR:
    default:
      return NULL;
    }
  if (g_ascii_strncasecmp (name, "sqlite_", 7) == 0)
    sync_error_set (error, SYNC_ERROR_NO_TABLE, table, "SQLite's own table");
  else if (g_ascii_strncasecmp (name, "psync_", 6) == 0)
    {
      GError *taken = sync_error_new (SYNC_ERROR_NAME_TAKEN, table, "The prefix psync_ is ours");

      sync_error_set_reason (taken, "ours", 0);
      g_propagate_error (error, taken);
    }
  else if (!g_str_equal (type, "table"))
    sync_error_set (error, SYNC_ERROR_NO_KEY, table, "Not an ordinary table but a %s", type);
  else
    return g_steal_pointer (&name);
  return NULL;
}

/* A constant as a literal, since its text may be an unquoted or doubly quoted word, which means
 * something else in a trigger. What is computed may need a function that only its program has. */
static char *
read_fallback (SyncConnection *connection, const char *text)
{
  g_autofree char *sql = NULL;
  g_autofree char *value = NULL;
  GString *literal;

  if (strchr (text, '(') != NULL || g_ascii_strncasecmp (text, "CURRENT_", 8) == 0)
    return NULL;
  sql = g_strdup_printf ("SELECT quote(%s)", text);
  if (sync_connection_query_text (connection, &value, NULL, sql, NULL) && value != NULL)
    return g_steal_pointer (&value);
  literal = g_string_new (NULL);
  sync_sql_append_literal (literal, text);
  return g_string_free (literal, FALSE);
}

static void
read_default (SyncShapeColumn *column, SyncConnection *connection, const char *text)
{
  column->has_default = text != NULL && g_ascii_strcasecmp (text, "NULL") != 0;
  if (column->has_default)
    column->fallback = read_fallback (connection, text);
}

static gboolean
read_columns (SyncShape *shape, SyncConnection *connection, GError **error)
{
  SyncStatement *list;
  SyncStep step;

  list = sync_connection_prepare (connection,
                                  "SELECT name, type, \"notnull\", dflt_value, pk, hidden"
                                  " FROM pragma_table_xinfo (?1, 'main') ORDER BY cid",
                                  error);
  if (list == NULL)
    return FALSE;
  sync_statement_bind_text (list, 1, shape->table, -1);
  while ((step = sync_statement_step (list, error)) == SYNC_STEP_ROW)
    {
      SyncShapeColumn *column = g_new0 (SyncShapeColumn, 1);

      column->name = sync_statement_dup_text (list, 0);
      column->type = sync_statement_is_null (list, 1) ? g_strdup ("")
                                                      : sync_statement_dup_text (list, 1);
      column->not_null = sync_statement_int64 (list, 2) != 0;
      read_default (column, connection, sync_statement_text (list, 3, NULL));
      column->key = (guint) sync_statement_int64 (list, 4);
      column->generated = sync_statement_int64 (list, 5) > 1;
      g_ptr_array_add (shape->columns, column);
    }
  sync_statement_reset (list);
  return step == SYNC_STEP_DONE;
}

static GPtrArray *
list_names (const SyncShape *shape)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      g_ptr_array_add (names, column->name);
    }
  return names;
}

static gboolean
contains (const GPtrArray *names, const char *name)
{
  for (guint i = 0; name != NULL && i < names->len; i++)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Rewrites an expression, or NULL if it is not there; tells whether it depends on the rowid. */
static char *
rewrite (const SyncShape *shape, const SyncSqlText *text, SyncSqlRange range, GPtrArray *inputs,
         gboolean *rowid)
{
  g_autoptr (GPtrArray) names = list_names (shape);
  SyncSqlNames found = { names, inputs, FALSE };
  g_autofree char *expression = NULL;

  if (range.start >= range.end)
    return NULL;
  expression = sync_sql_text_rewrite (text, range, &found);
  if (found.rowid || (shape->integer_key && contains (inputs, shape->rowid)))
    *rowid = TRUE;
  return g_steal_pointer (&expression);
}

/* What SQLite tells by itself: the columns, and which places are expressions. */
static gboolean
read_terms (SyncShapeIndex *index, SyncConnection *connection, GError **error)
{
  SyncStatement *list;
  SyncStep step;

  list = sync_connection_prepare (
      connection, "SELECT name, coll FROM pragma_index_xinfo (?1, 'main') WHERE key ORDER BY seqno",
      error);
  if (list == NULL)
    return FALSE;
  sync_statement_bind_text (list, 1, index->name, -1);
  while ((step = sync_statement_step (list, error)) == SYNC_STEP_ROW)
    {
      SyncShapeTerm *term = g_new0 (SyncShapeTerm, 1);

      term->column = sync_statement_dup_text (list, 0);
      term->collation = sync_statement_dup_text (list, 1);
      term->inputs = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (index->terms, term);
    }
  sync_statement_reset (list);
  return step == SYNC_STEP_DONE;
}

/* What only the statement that made the index tells. */
static gboolean
read_expressions (SyncShapeIndex *index, const SyncShape *shape, SyncConnection *connection,
                  GError **error)
{
  g_autofree char *sql = NULL;
  g_autoptr (SyncSqlText) text = NULL;
  g_autoptr (GArray) ranges = g_array_new (FALSE, FALSE, sizeof (SyncSqlRange));
  SyncSqlRange condition;

  if (!sync_connection_query_text (
          connection, &sql, error,
          "SELECT sql FROM sqlite_master WHERE type = 'index' AND name = ?1", index->name, NULL))
    return FALSE;
  if (sql == NULL)
    return TRUE;
  text = sync_sql_text_new (sql);
  if (!sync_sql_text_split_index (text, ranges, &condition) || ranges->len != index->terms->len)
    return TRUE;
  for (guint i = 0; i < ranges->len; i++)
    {
      SyncShapeTerm *term = g_ptr_array_index (index->terms, i);

      if (term->column == NULL)
        term->expression = rewrite (shape, text, g_array_index (ranges, SyncSqlRange, i),
                                    term->inputs, &index->terms_rowid);
    }
  if (index->partial)
    index->condition = rewrite (shape, text, condition, index->inputs, &index->condition_rowid);
  return TRUE;
}

static gboolean
read_indexes (SyncShape *shape, SyncConnection *connection, GError **error)
{
  SyncStatement *list;
  SyncStep step;

  list = sync_connection_prepare (connection,
                                  "SELECT name, partial FROM pragma_index_list (?1, 'main')"
                                  " WHERE \"unique\" ORDER BY name",
                                  error);
  if (list == NULL)
    return FALSE;
  sync_statement_bind_text (list, 1, shape->table, -1);
  while ((step = sync_statement_step (list, error)) == SYNC_STEP_ROW)
    {
      SyncShapeIndex *index = g_new0 (SyncShapeIndex, 1);

      index->name = sync_statement_dup_text (list, 0);
      index->partial = sync_statement_int64 (list, 1) != 0;
      index->terms = g_ptr_array_new_with_free_func (term_free);
      index->inputs = g_ptr_array_new_with_free_func (g_free);
      g_ptr_array_add (shape->indexes, index);
    }
  sync_statement_reset (list);
  for (guint i = 0; step == SYNC_STEP_DONE && i < shape->indexes->len; i++)
    {
      SyncShapeIndex *index = g_ptr_array_index (shape->indexes, i);

      if (!read_terms (index, connection, error)
          || !read_expressions (index, shape, connection, error))
        return FALSE;
    }
  return step == SYNC_STEP_DONE;
}

/* An INTEGER PRIMARY KEY is the one PRIMARY KEY without an index. Other tables have a hidden rowid
 * unless they were made without; it can be written under a name that no column took. */
static gboolean
read_rowid (SyncShape *shape, SyncConnection *connection, GError **error)
{
  static const char *const aliases[] = { "rowid", "_rowid_", "oid" };
  const char *key = NULL;
  gint64 indexed;
  gint64 without;

  if (!sync_connection_query_int64 (connection, 0, &without, error,
                                    "SELECT wr FROM pragma_table_list (?1) WHERE schema = 'main'",
                                    shape->table, NULL)
      || !sync_connection_query_int64 (
          connection, 0, &indexed, error,
          "SELECT count(*) FROM pragma_index_list (?1, 'main') WHERE origin = 'pk'", shape->table,
          NULL))
    return FALSE;
  for (guint i = 0; i < shape->columns->len; i++)
    {
      const SyncShapeColumn *column = g_ptr_array_index (shape->columns, i);

      if (column->key > 0)
        key = column->name;
    }
  shape->integer_key = key != NULL && indexed == 0 && without == 0;
  if (shape->integer_key)
    shape->rowid = g_strdup (key);
  for (gsize i = 0; without == 0 && shape->rowid == NULL && i < G_N_ELEMENTS (aliases); i++)
    {
      if (sync_shape_find_column (shape, aliases[i]) == NULL)
        shape->rowid = g_strdup (aliases[i]);
    }
  return TRUE;
}

static gboolean
read_generated (SyncShape *shape, SyncConnection *connection, GError **error)
{
  g_autoptr (GPtrArray) names = list_names (shape);
  SyncSqlNames found = { names, shape->generated_inputs, FALSE };
  g_autofree char *sql = NULL;
  g_autoptr (SyncSqlText) text = NULL;

  if (!sync_connection_query_text (
          connection, &sql, error,
          "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?1", shape->table, NULL))
    return FALSE;
  text = sync_sql_text_new (sql != NULL ? sql : "");
  sync_sql_text_find_generated_inputs (text, &found);
  shape->generated_rowid
      = found.rowid || (shape->integer_key && contains (shape->generated_inputs, shape->rowid));
  return TRUE;
}

/**
 * sync_shape_read: (constructor)
 * @connection: the local database
 * @table: a table of the owner
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): its shape, or %NULL with [error@SyncError] `NO_TABLE`,
 *   `NO_KEY` (a view or a virtual table), `NAME_TAKEN` (one of ours) or another set
 */
SyncShape *
sync_shape_read (SyncConnection *connection, const char *table, GError **error)
{
  g_autoptr (SyncShape) shape = NULL;
  g_autofree char *name = find_table (connection, table, error);

  if (name == NULL)
    return NULL;
  shape = g_new0 (SyncShape, 1);
  shape->table = g_steal_pointer (&name);
  shape->columns = g_ptr_array_new_with_free_func (column_free);
  shape->indexes = g_ptr_array_new_with_free_func (index_free);
  shape->generated_inputs = g_ptr_array_new_with_free_func (g_free);
  if (!read_columns (shape, connection, error) || !read_rowid (shape, connection, error)
      || !read_indexes (shape, connection, error) || !read_generated (shape, connection, error))
    return NULL;
  return g_steal_pointer (&shape);
}
