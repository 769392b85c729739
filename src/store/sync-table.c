/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table.h"

#include <math.h>

#include "sync-capture.h"
#include "sync-shape.h"
#include "sync-time.h"

/* A key column as SQLite compares it. */
typedef struct
{
  SyncAffinity affinity;
  gboolean any_collation; /* texts that differ may be equal */
} KeyColumn;

/**
 * SyncTable:
 *
 * Reads and writes the rows of one entity's local table.
 */
struct _SyncTable
{
  SyncConnection *connection; /* (unowned) */
  SyncEntity *entity;         /* (owned) */
  KeyColumn *keys;            /* (owned) (array length=entity.n_keys) */
  char *select_sql;           /* (owned): the columns of a row by key */
  char *select_null_sql;      /* (owned): the same for keys that are NULL in part */
  char *select_many_sql;      /* (owned) (nullable): made when it is needed */
  char *exists_sql;           /* (owned) */
  char *insert_sql;           /* (owned) */
  char *insert_many_sql;      /* (owned) (nullable): made when it is needed */
  char *update_sql;           /* (owned) (nullable): NULL if there is nothing but the key */
  char *delete_sql;           /* (owned) */
  GString *scratch;           /* (owned): decoded texts of the row being bound */
  gboolean owner_triggers;
  gboolean referenced;
  gboolean refers;            /* it has foreign keys itself */
};

/* The row with just this id. Values that SQLite takes for equal have different ids where they differ in case, or
 * in being 5 or 5.0; the first comparison is the one that finds them by an index. */
static void
append_key_condition (GString *sql, const SyncTable *table, const char *qualifier, const char *value, guint first,
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

static void
append_where_key (GString *sql, const SyncTable *table, guint first_parameter, const char *operator)
{
  g_string_append (sql, " WHERE ");
  append_key_condition (sql, table, "", "?", first_parameter, operator);
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
  append_where_key (sql, table, 1, operator);
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* SYNC_MANY_ROWS rows in the order of their ids, NULL where there is none, each with its place behind the columns. */
static char *
build_select_many (SyncTable *table)
{
  guint n_keys = table->entity->n_keys;
  g_autoptr (GString) sql = g_string_new ("SELECT ");

  sync_table_append_columns (table, sql, "t");
  g_string_append_printf (sql, ", k.column%u FROM (VALUES ", n_keys + 1);
  sync_sql_append_values (sql, n_keys + 1, SYNC_MANY_ROWS);
  g_string_append (sql, ") k LEFT JOIN main.");
  sync_sql_append_identifier (sql, table->entity->table);
  g_string_append (sql, " t ON ");
  append_key_condition (sql, table, "t.", "k.column", 1, "=");
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* OR ABORT: a constraint declared with ON CONFLICT REPLACE would take other rows away. */
static char *
build_insert (const SyncEntity *entity, guint n_rows)
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
  append_where_key (sql, table, entity->n_columns + 1, "=");
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static char *
build_delete (const SyncTable *table)
{
  g_autoptr (GString) sql = g_string_new ("DELETE FROM main.");

  sync_sql_append_identifier (sql, table->entity->table);
  append_where_key (sql, table, 1, "=");
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

/**
 * sync_table_new:
 * @connection: the worker's connection; outlives the table
 * @entity: what to read and write
 * @error: SQLite's
 *
 * Returns: (transfer full): a new table
 */
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
      || !describe_keys (table, error))
    return NULL;
  table->select_sql = build_select (table, TRUE, "=");
  table->select_null_sql = build_select (table, TRUE, "IS");
  table->exists_sql = build_select (table, FALSE, "=");
  table->insert_sql = build_insert (entity, 1);
  table->update_sql = build_update (table);
  table->delete_sql = build_delete (table);
  return g_steal_pointer (&table);
}

void
sync_table_free (SyncTable *table)
{
  g_free (table->keys);
  g_free (table->select_sql);
  g_free (table->select_null_sql);
  g_free (table->select_many_sql);
  g_free (table->exists_sql);
  g_free (table->insert_sql);
  g_free (table->insert_many_sql);
  g_free (table->update_sql);
  g_free (table->delete_sql);
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
  return table->entity->n_keys == 1 && table->entity->columns[0].codec == SYNC_CODEC_INTEGER;
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

/* --- SQLite values → travelling values ---------------------------------------------------------- */

static gboolean
refuse_value (const SyncTable *table, guint column, const char *why, GError **error)
{
  const char *name = table->entity->columns[column].name;

  if (error != NULL)
    {
      *error = sync_error_new (SYNC_ERROR_ROW_REFUSED, table->entity->name,
                               "A value of column %s cannot travel: %s", name, why);
      sync_error_set_reason (*error, why, 0);
      sync_error_set_column (*error, name);
    }
  return FALSE;
}

static void
append_integer (GString *out, SyncCodec codec, gint64 number)
{
  if (codec == SYNC_CODEC_BOOLEAN && (number == 0 || number == 1))
    g_string_append (out, number == 1 ? "true" : "false");
  else if (codec == SYNC_CODEC_REAL && (gint64) (double) number == number)
    sync_json_append_double (out, (double) number);
  else
    sync_json_append_int64 (out, number);
}

static void
append_blob (GString *out, const guint8 *bytes, gsize length)
{
  static const char digits[] = "0123456789abcdef";

  g_string_append (out, "\"\\\\x");
  for (gsize i = 0; i < length; i++)
    {
      g_string_append_c (out, digits[bytes[i] >> 4]);
      g_string_append_c (out, digits[bytes[i] & 15]);
    }
  g_string_append_c (out, '"');
}

/* An infinity travels as a word, which only a column of reals takes for a number. */
static const char *
append_real (GString *out, SyncCodec codec, double number)
{
  if (isinf (number) && codec != SYNC_CODEC_REAL)
    return "infinite";
  if (codec == SYNC_CODEC_ANY || codec == SYNC_CODEC_BLOB)
    sync_json_append_decimal (out, number);
  else
    sync_json_append_double (out, number);
  return NULL;
}

static gboolean
is_number_word (const char *text, gsize length)
{
  static const char *const words[] = { "Infinity", "-Infinity", "NaN" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    if (length == strlen (words[i]) && memcmp (text, words[i], length) == 0)
      return TRUE;
  return FALSE;
}

static const char *
append_text (GString *out, SyncCodec codec, const char *text, gsize length)
{
  gsize start = out->len;
  gint64 instant;
  char buffer[SYNC_TIME_SIZE];

  if (!sync_json_is_plain (text, length))
    {
      if (memchr (text, '\0', length) != NULL)
        return "nul";
      if (!g_utf8_validate (text, (gssize) length, NULL))
        return "utf-8";
    }
  if (codec == SYNC_CODEC_BLOB)
    return "text-in-blob";
  if (codec == SYNC_CODEC_REAL && is_number_word (text, length))
    return "number-word";
  if (codec == SYNC_CODEC_JSON)
    {
      if (sync_json_is_too_deep ((SyncSpan){ text, length }))
        return "deep";
      if (!sync_json_is_valid (text, length))
        return "json";
      if (sync_json_append_minified (out, (SyncSpan){ text, length }))
        return NULL;
      g_string_truncate (out, start);
      return "22P05";
    }
  if (codec == SYNC_CODEC_TIMESTAMP && sync_time_parse (text, length, &instant))
    {
      sync_time_format (instant, buffer);
      sync_json_append_string (out, buffer, strlen (buffer));
      return NULL;
    }
  sync_json_append_string (out, text, length);
  return NULL;
}

static gboolean
read_value (SyncTable *table, SyncStatement *statement, int index, guint column, SyncRow *row,
            GError **error)
{
  SyncCodec codec = table->entity->columns[column].codec;
  GString *out = sync_row_begin_value (row, column);
  const char *text, *why = NULL;
  gsize length;

  switch (sync_statement_type (statement, index))
    {
    case SYNC_VALUE_NULL:
      g_string_append (out, "null");
      break;
    case SYNC_VALUE_INTEGER:
      append_integer (out, codec, sync_statement_int64 (statement, index));
      break;
    case SYNC_VALUE_REAL:
      why = append_real (out, codec, sync_statement_double (statement, index));
      break;
    case SYNC_VALUE_TEXT:
      text = sync_statement_text (statement, index, &length);
      why = append_text (out, codec, text, length);
      break;
    case SYNC_VALUE_BLOB:
      text = sync_statement_blob (statement, index, &length);
      if (codec == SYNC_CODEC_BLOB)
        append_blob (out, (const guint8 *) text, length);
      else
        why = "blob";
      break;
    default:
      g_assert_not_reached ();
    }
  if (why != NULL)
    g_string_append (out, "null");
  sync_row_end_value (row, column);
  return why == NULL ? TRUE : refuse_value (table, column, why, error);
}

gboolean
sync_table_read_columns (SyncTable *table,
                         SyncStatement *statement,
                         int first,
                         SyncRow *row,
                         GError **error)
{
  sync_row_clear (row);
  for (guint i = 0; i < table->entity->n_columns; i++)
    {
      if (!read_value (table, statement, first + (int) i, i, row, error))
        return FALSE;
    }
  for (guint i = 0; i < table->entity->n_keys; i++)
    {
      if (sync_row_is_null (row, i))
        return refuse_value (table, i, "null-key", error);
    }
  return TRUE;
}

static SyncStatement *
prepare_by_id (SyncTable *table, const char *sql, const char *id, int first, GError **error)
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

/**
 * sync_table_read:
 * @table: a table
 * @id: a row's id
 * @row: gets its values
 * @found: (out): whether there is such a row
 * @error: [error@SyncError.ROW_REFUSED] with the column: a value cannot travel (@found is set)
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_table_read (SyncTable *table,
                 const char *id,
                 SyncRow *row,
                 gboolean *found,
                 GError **error)
{
  const char *sql = sync_id_has_null (id) ? table->select_null_sql : table->select_sql;
  SyncStatement *statement = prepare_by_id (table, sql, id, 1, error);
  SyncStep step;
  gboolean good;

  *found = FALSE;
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  *found = step == SYNC_STEP_ROW;
  good = *found ? sync_table_read_columns (table, statement, 0, row, error) : step == SYNC_STEP_DONE;
  sync_statement_reset (statement);
  return good;
}

/**
 * sync_table_find_many:
 * @table: a table
 * @ids: (array fixed-size=SYNC_MANY_ROWS): the ids of rows
 * @error: SQLite's
 *
 * Looks many rows up at once, to be read in their order by sync_table_read_many().
 *
 * Returns: (transfer none) (nullable): the statement, to be reset in the end; %NULL without @error: these must be read
 *   one by one
 */
SyncStatement *
sync_table_find_many (SyncTable *table,
                      const char *const *ids,
                      GError **error)
{
  guint n_keys = table->entity->n_keys;
  SyncStatement *statement;

  if (table->select_many_sql == NULL)
    table->select_many_sql = build_select_many (table);
  statement = sync_connection_prepare (table->connection, table->select_many_sql, error);
  for (guint i = 0; statement != NULL && i < SYNC_MANY_ROWS; i++)
    {
      int first = (int) (i * (n_keys + 1)) + 1;

      if (sync_id_has_null (ids[i]) || !sync_id_bind (ids[i], strlen (ids[i]), n_keys, statement, first))
        {
          sync_statement_reset (statement);
          return NULL;
        }
      sync_statement_bind_int64 (statement, first + (int) n_keys, i);
    }
  return statement;
}

/**
 * sync_table_read_many:
 * @table: a table
 * @statement: from sync_table_find_many()
 * @place: whose turn it is among the ids: one after the other
 * @row: gets the row's values
 * @found: (out): whether there is such a row
 * @error: as for sync_table_read()
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_table_read_many (SyncTable *table,
                      SyncStatement *statement,
                      guint place,
                      SyncRow *row,
                      gboolean *found,
                      GError **error)
{
  int n_columns = (int) table->entity->n_columns;

  *found = FALSE;
  /* Of rows that have one key, because the owner has just given up that it is unique, the first counts. */
  do
    {
      if (sync_statement_step (statement, error) != SYNC_STEP_ROW)
        return FALSE;
    }
  while (sync_statement_int64 (statement, n_columns) < place);
  *found = !sync_statement_is_null (statement, 0);
  return !*found || sync_table_read_columns (table, statement, 0, row, error);
}

gboolean
sync_table_exists (SyncTable *table,
                   const char *id,
                   gboolean *found,
                   GError **error)
{
  SyncStatement *statement = prepare_by_id (table, table->exists_sql, id, 1, error);
  SyncStep step;

  *found = FALSE;
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  *found = step == SYNC_STEP_ROW;
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

gboolean
sync_table_find_alike (SyncTable *table,
                       const char *id,
                       char **alike,
                       GError **error)
{
  const SyncEntity *entity = table->entity;
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  SyncStatement *statement;
  SyncStep step;

  *alike = NULL;
  sync_id_append_expression (sql, entity, NULL);
  g_string_append (sql, " FROM main.");
  sync_sql_append_identifier (sql, entity->table);
  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append (sql, i == 0 ? " WHERE " : " AND ");
      sync_sql_append_identifier (sql, entity->columns[i].name);
      g_string_append_printf (sql, " = ?%u", i + 1);
    }
  statement = prepare_by_id (table, sql->str, id, 1, error);
  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW && *alike == NULL)
    if (!g_str_equal (sync_statement_text (statement, 0, NULL), id))
      *alike = sync_statement_dup_text (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/* One column begins with the text and a NUL, the others are as in the id: ranges that an index finds. */
static void
append_cut_condition (GString *sql, const SyncEntity *entity, guint cut)
{
  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_autofree char *name = sync_sql_quote_identifier (entity->columns[i].name);

      g_string_append (sql, i > 0 ? " AND " : "");
      if (i != cut)
        g_string_append_printf (sql, "%s = ?%u", name, i + 1);
      else
        g_string_append_printf (sql, "typeof(?%u) = 'text' AND %s >= ?%u || char(0) AND %s < ?%u || char(1)", i + 1,
                                name, i + 1, name, i + 1);
    }
}

static char *
build_select_cut (const SyncEntity *entity)
{
  g_autoptr (GString) sql = g_string_new ("SELECT ");

  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append (sql, i > 0 ? ", instr(" : "instr(");
      sync_sql_append_identifier (sql, entity->columns[i].name);
      g_string_append (sql, ", char(0))");
    }
  g_string_append (sql, " FROM main.");
  sync_sql_append_identifier (sql, entity->table);
  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append (sql, i > 0 ? " OR (" : " WHERE (");
      append_cut_condition (sql, entity, i);
      g_string_append_c (sql, ')');
    }
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

gboolean
sync_table_check_cut (SyncTable *table,
                      const char *id,
                      GError **error)
{
  const SyncEntity *entity = table->entity;
  g_autofree char *sql = NULL;
  SyncStatement *statement;
  SyncStep step;
  int cut = -1;

  if (strchr (id, '\'') == NULL || sync_id_has_null (id))
    return TRUE;
  sql = build_select_cut (entity);
  statement = prepare_by_id (table, sql, id, 1, error);
  if (statement == NULL)
    return FALSE;
  while (cut < 0 && (step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    for (int i = (int) entity->n_keys - 1; i >= 0; i--)
      if (sync_statement_int64 (statement, i) > 0)
        cut = i;
  sync_statement_reset (statement);
  return cut < 0 ? step != SYNC_STEP_ERROR : refuse_value (table, (guint) cut, "nul", error);
}

/* --- Travelling values → SQLite values ---------------------------------------------------------- */

/* Values are bound without being copied: their row, and what is decoded of it, stay until the statement has run. */

static void
bind_json_text (SyncStatement *statement, int parameter, SyncSpan value)
{
  sync_statement_bind_borrowed (statement, parameter, value.text, (gssize) value.length);
}

/* A whole number as one: a column of reals makes a real of it, and a numeric one may hold more digits than a real. */
static void
bind_number (SyncStatement *statement, int parameter, SyncSpan value)
{
  gint64 integer;
  double real;

  if (sync_json_to_int64 (value, &integer))
    sync_statement_bind_int64 (statement, parameter, integer);
  else if (sync_json_to_double (value, &real))
    sync_statement_bind_double (statement, parameter, real);
  else
    bind_json_text (statement, parameter, value);
}

static gboolean
bind_hex (SyncStatement *statement, int parameter, const char *text, gsize size)
{
  g_autofree guint8 *bytes = NULL;
  gsize length = (size - 2) / 2;

  if (size < 2 || size % 2 != 0 || text[0] != '\\' || text[1] != 'x')
    return FALSE;
  bytes = g_malloc (length + 1);
  for (gsize i = 0; i < length; i++)
    {
      int high = g_ascii_xdigit_value (text[2 + 2 * i]);
      int low = g_ascii_xdigit_value (text[3 + 2 * i]);

      if (high < 0 || low < 0)
        return FALSE;
      bytes[i] = (guint8) (high << 4 | low);
    }
  sync_statement_bind_blob (statement, parameter, bytes, length);
  return TRUE;
}

/* Behind what is in @scratch already, which has room for it. */
static gboolean
decode (SyncSpan value, GString *scratch, SyncSpan *text)
{
  gsize start = scratch->len;

  *text = (SyncSpan){ value.text + 1, value.length - 2 };
  if (memchr (text->text, '\\', text->length) == NULL)
    return TRUE;
  if (!sync_json_decode_string (value, scratch))
    return FALSE;
  *text = (SyncSpan){ scratch->str + start, scratch->len - start };
  return TRUE;
}

static void
bind_string (SyncStatement *statement, int parameter, SyncCodec codec, SyncSpan value, GString *scratch)
{
  SyncSpan text;

  if (!decode (value, scratch, &text))
    sync_statement_bind_null (statement, parameter);
  else if (codec == SYNC_CODEC_BLOB && bind_hex (statement, parameter, text.text, text.length))
    return;
  else if (codec == SYNC_CODEC_REAL && sync_span_is (text, "Infinity"))
    sync_statement_bind_double (statement, parameter, (double) INFINITY);
  else if (codec == SYNC_CODEC_REAL && sync_span_is (text, "-Infinity"))
    sync_statement_bind_double (statement, parameter, -(double) INFINITY);
  else
    sync_statement_bind_borrowed (statement, parameter, text.text, (gssize) text.length);
}

static void
bind_value (SyncStatement *statement, int parameter, SyncCodec codec, SyncSpan value, GString *scratch)
{
  SyncJsonType type = value.length == 0 ? SYNC_JSON_NULL : sync_json_type (value);

  if (type == SYNC_JSON_NULL)
    sync_statement_bind_null (statement, parameter);
  else if (codec == SYNC_CODEC_JSON || type == SYNC_JSON_OBJECT || type == SYNC_JSON_ARRAY)
    bind_json_text (statement, parameter, value);
  else if (type == SYNC_JSON_NUMBER)
    bind_number (statement, parameter, value);
  else if (type == SYNC_JSON_STRING)
    bind_string (statement, parameter, codec, value, scratch);
  else
    sync_statement_bind_int64 (statement, parameter, type == SYNC_JSON_TRUE);
}

/* An empty @scratch that does not move while values of @length bytes are decoded into it: they only get shorter. */
static void
make_room (GString *scratch, gsize length)
{
  g_string_set_size (scratch, length);
  g_string_truncate (scratch, 0);
}

/* The scratch has room for the whole row. */
static void
bind_columns (SyncTable *table, SyncStatement *statement, const SyncRow *row, guint first_column, int first_parameter)
{
  for (guint i = first_column; i < table->entity->n_columns; i++)
    bind_value (statement, first_parameter + (int) i, table->entity->columns[i].codec, sync_row_get (row, i),
                table->scratch);
}

static void
bind_row (SyncTable *table, SyncStatement *statement, const SyncRow *row, guint first_column)
{
  make_room (table->scratch, row->text->len);
  bind_columns (table, statement, row, first_column, 1);
}

/**
 * sync_table_insert:
 * @table: a table
 * @row: a row that is not there
 * @error: [error@SyncError.CONSTRAINT]: the table refused it
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_table_insert (SyncTable *table,
                   const SyncRow *row,
                   GError **error)
{
  SyncStatement *statement = sync_connection_prepare (table->connection, table->insert_sql, error);

  if (statement == NULL)
    return FALSE;
  bind_row (table, statement, row, 0);
  return sync_statement_run (statement, error);
}

gboolean
sync_table_insert_many (SyncTable *table,
                        SyncRow *const *rows,
                        GError **error)
{
  SyncStatement *statement;
  gsize length = 0;

  if (table->insert_many_sql == NULL)
    table->insert_many_sql = build_insert (table->entity, SYNC_MANY_ROWS);
  statement = sync_connection_prepare (table->connection, table->insert_many_sql, error);
  if (statement == NULL)
    return FALSE;
  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    length += rows[i]->text->len;
  make_room (table->scratch, length);
  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    bind_columns (table, statement, rows[i], 0, 1 + (int) (i * table->entity->n_columns));
  return sync_statement_run (statement, error);
}

/**
 * sync_table_update:
 * @table: a table
 * @row: the new values
 * @id: which row
 * @changed: (out): whether it was there
 * @error: [error@SyncError.CONSTRAINT]: the table refused it
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_table_update (SyncTable *table,
                   const SyncRow *row,
                   const char *id,
                   gboolean *changed,
                   GError **error)
{
  SyncStatement *statement;

  if (table->update_sql == NULL)
    return sync_table_exists (table, id, changed, error);
  statement = prepare_by_id (table, table->update_sql, id, (int) table->entity->n_columns + 1, error);
  if (statement == NULL)
    return FALSE;
  bind_row (table, statement, row, table->entity->n_keys);
  if (!sync_statement_run (statement, error))
    return FALSE;
  *changed = sync_connection_changes (table->connection) > 0;
  return TRUE;
}

gboolean
sync_table_delete (SyncTable *table,
                   const char *id,
                   gboolean *changed,
                   GError **error)
{
  SyncStatement *statement = prepare_by_id (table, table->delete_sql, id, 1, error);

  if (statement == NULL || !sync_statement_run (statement, error))
    return FALSE;
  *changed = sync_connection_changes (table->connection) > 0;
  return TRUE;
}

gboolean
sync_table_set_key (SyncTable *table,
                    const char *id,
                    gint64 new_key,
                    GError **error)
{
  g_autoptr (GString) sql = g_string_new ("UPDATE OR ABORT main.");
  SyncStatement *statement;

  g_assert (table->entity->n_keys == 1);

  sync_sql_append_identifier (sql, table->entity->table);
  g_string_append (sql, " SET ");
  sync_sql_append_identifier (sql, table->entity->columns[0].name);
  g_string_append (sql, " = ?2");
  append_where_key (sql, table, 1, "=");
  statement = prepare_by_id (table, sql->str, id, 1, error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 2, new_key);
  return sync_statement_run (statement, error);
}

/* --- Ids ---------------------------------------------------------------------------------------- */

/* As the column's affinity makes of it: quote() tells 5 from 5.0. */
static gboolean
bind_key_number (SyncStatement *statement, SyncAffinity affinity, SyncSpan value)
{
  gboolean whole = affinity == SYNC_AFFINITY_NUMERIC || affinity == SYNC_AFFINITY_INTEGER;
  gint64 integer;
  double real;

  if (sync_json_type (value) != SYNC_JSON_NUMBER || (!whole && affinity != SYNC_AFFINITY_REAL)
      || (whole && sync_json_to_int64 (value, &integer)) || !sync_json_to_double (value, &real))
    return FALSE;
  if (whole && fabs (real) < 9007199254740992.0 && trunc (real) == real)
    sync_statement_bind_int64 (statement, 1, (gint64) real);
  else
    sync_statement_bind_double (statement, 1, real);
  return TRUE;
}

/* A value as quote() would write it. Only a real needs SQLite for that. */
static gboolean
append_quoted (SyncTable *table, GString *id, guint key, SyncSpan value)
{
  SyncCodec codec = table->entity->columns[key].codec;
  SyncStatement *statement = sync_connection_prepare (table->connection, "SELECT quote(?1)", NULL);
  g_autoptr (GString) scratch = g_string_new (NULL);
  gboolean good;

  if (statement == NULL)
    return FALSE;
  make_room (scratch, value.length);
  if (!bind_key_number (statement, table->keys[key].affinity, value))
    bind_value (statement, 1, codec, value, scratch);
  good = sync_statement_step (statement, NULL) == SYNC_STEP_ROW;
  if (good)
    g_string_append (id, sync_statement_text (statement, 0, NULL));
  sync_statement_reset (statement);
  return good;
}

/* Keys are mostly text without quotes: no detour for those. */
static gboolean
append_plain_text (GString *id, SyncSpan value)
{
  if (memchr (value.text, '\\', value.length) != NULL || memchr (value.text, '\'', value.length) != NULL)
    return FALSE;
  g_string_append_c (id, '\'');
  g_string_append_len (id, value.text + 1, (gssize) value.length - 2);
  g_string_append_c (id, '\'');
  return TRUE;
}

gboolean
sync_table_row_id (SyncTable *table,
                   const SyncRow *row,
                   GString *id)
{
  g_string_truncate (id, 0);
  for (guint i = 0; i < table->entity->n_keys; i++)
    {
      SyncSpan value = sync_row_get (row, i);
      SyncCodec codec = table->entity->columns[i].codec;

      if (sync_row_is_null (row, i))
        return FALSE;
      if (i > 0)
        g_string_append_c (id, ',');
      if (codec == SYNC_CODEC_TEXT && value.text[0] == '"' && append_plain_text (id, value))
        continue;
      if (!append_quoted (table, id, i, value))
        return FALSE;
    }
  return TRUE;
}

/* Lets SQLite take the id apart and reads the values back, so that there is one codec. */
gboolean
sync_table_append_key_json (SyncTable *table,
                            const char *id,
                            GString *out,
                            GError **error)
{
  g_autoptr (SyncRow) row = sync_row_new (table->entity);
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  SyncStatement *statement;
  gboolean good = TRUE;

  for (guint i = 0; i < table->entity->n_keys; i++)
    g_string_append_printf (sql, i == 0 ? "?%u" : ", ?%u", i + 1);
  statement = prepare_by_id (table, sql->str, id, 1, error);
  if (statement == NULL || sync_statement_step (statement, error) != SYNC_STEP_ROW)
    return FALSE;
  g_string_append_c (out, '[');
  for (guint i = 0; i < table->entity->n_keys && good; i++)
    {
      SyncSpan value;

      good = read_value (table, statement, (int) i, i, row, error);
      value = sync_row_get (row, i);
      if (i > 0)
        g_string_append_c (out, ',');
      g_string_append_len (out, value.text, (gssize) value.length);
    }
  g_string_append_c (out, ']');
  sync_statement_reset (statement);
  return good;
}
