/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table-private.h"

#include <math.h>

#include "sync-capture.h"
#include "sync-time.h"

/* SQLite values → travelling values. */

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
  SyncStatement *statement = sync_table_prepare_by_id (table, sql, id, 1, error);
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
  sync_table_append_key_condition (table, sql, "t.", "k.column", 1, "=");
  return g_string_free (g_steal_pointer (&sql), FALSE);
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
  const char *sql = sync_id_has_null (id) ? table->select_null_sql : table->exists_sql;
  SyncStatement *statement = sync_table_prepare_by_id (table, sql, id, 1, error);
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
  statement = sync_table_prepare_by_id (table, sql->str, id, 1, error);
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
  statement = sync_table_prepare_by_id (table, sql, id, 1, error);
  if (statement == NULL)
    return FALSE;
  while (cut < 0 && (step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    for (int i = (int) entity->n_keys - 1; i >= 0; i--)
      if (sync_statement_int64 (statement, i) > 0)
        cut = i;
  sync_statement_reset (statement);
  return cut < 0 ? step != SYNC_STEP_ERROR : refuse_value (table, (guint) cut, "nul", error);
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
  statement = sync_table_prepare_by_id (table, sql->str, id, 1, error);
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
