/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-table-private.h"

#include <math.h>

/* Travelling values → SQLite values, and what a row is called by its key. */

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
    {
      SyncSpan value = sync_row_get (row, i);

      if (table->wants_json[i] && sync_span_is (value, "null"))
        bind_json_text (statement, first_parameter + (int) i, value);
      else
        bind_value (statement, first_parameter + (int) i, table->entity->columns[i].codec, value, table->scratch);
    }
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
    table->insert_many_sql = sync_table_build_insert (table->entity, SYNC_MANY_ROWS);
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
  statement = sync_table_prepare_by_id (table, table->update_sql, id, (int) table->entity->n_columns + 1, error);
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
  SyncStatement *statement = sync_table_prepare_by_id (table, table->delete_sql, id, 1, error);

  if (statement == NULL || !sync_statement_run (statement, error))
    return FALSE;
  *changed = sync_connection_changes (table->connection) > 0;
  return TRUE;
}

/* An INSERT with a key of its own raises the number that AUTOINCREMENT goes on from. An UPDATE does not, nor does a row
 * that came and went elsewhere: their numbers would be given away again. */
gboolean
sync_table_note_key (SyncTable *table,
                     gint64 key,
                     GError **error)
{
  static const char *const sql[]
      = { "INSERT INTO main.sqlite_sequence (name, seq) SELECT ?1, ?2 "
          "WHERE NOT EXISTS (SELECT 1 FROM main.sqlite_sequence WHERE name = ?1)",
          "UPDATE main.sqlite_sequence SET seq = ?2 WHERE name = ?1 AND seq < ?2" };

  for (guint i = 0; table->autoincrement && i < G_N_ELEMENTS (sql); i++)
    {
      SyncStatement *statement = sync_connection_prepare (table->connection, sql[i], error);

      if (statement == NULL)
        return FALSE;
      sync_statement_bind_text (statement, 1, table->entity->table, -1);
      if (!sync_statement_run (sync_statement_bind_int64 (statement, 2, key), error))
        return FALSE;
    }
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
  sync_table_append_where_key (table, sql, 1, "=");
  statement = sync_table_prepare_by_id (table, sql->str, id, 1, error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 2, new_key);
  return sync_statement_run (statement, error) && sync_table_note_key (table, new_key, error);
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
