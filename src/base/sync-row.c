/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-row.h"

#include "sync-codec-private.h"
#include "sync-json-private.h"

static const SyncSpan null_value = { "null", 4 };

static void
append_span (GString *out, SyncSpan span)
{
  sync_json_append (out, span.text, span.length);
}

/**
 * sync_row_new: (constructor)
 * @entity: what it is a row of; must outlive it
 *
 * Returns: (transfer full): a row without values
 */
SyncRow *
sync_row_new (const SyncEntity *entity)
{
  SyncRow *row;

  g_return_val_if_fail (entity != NULL, NULL);

  row = g_new0 (SyncRow, 1);
  row->entity = entity;
  row->text = g_string_sized_new (512);
  row->spans = g_malloc0_n (MAX (entity->n_columns, 1), sizeof *row->spans);
  return row;
}

/**
 * sync_row_free:
 * @row: (transfer full) (nullable): a row
 */
void
sync_row_free (SyncRow *row)
{
  if (row == NULL)
    return;
  g_string_free (row->text, TRUE);
  g_free (row->spans);
  g_free (row);
}

/**
 * sync_row_clear:
 * @row: a row
 *
 * Takes all values away, so that @row can be used for another one.
 */
void
sync_row_clear (SyncRow *row)
{
  g_return_if_fail (row != NULL);

  g_string_truncate (row->text, 0);
  memset (row->spans, 0, row->entity->n_columns * sizeof *row->spans);
}

/**
 * sync_row_get:
 * @row: a row
 * @column: a column's index
 *
 * Returns: its value in normal form; length 0 if it is missing. Good until a value of @row is set.
 */
SyncSpan
sync_row_get (const SyncRow *row, guint column)
{
  g_return_val_if_fail (row != NULL && column < row->entity->n_columns, (SyncSpan) { NULL });

  return (SyncSpan) { row->text->str + row->spans[column].start, row->spans[column].length };
}

/**
 * sync_row_is_null:
 * @row: a row
 * @column: a column's index
 *
 * Returns: whether its value is missing or `null`
 */
gboolean
sync_row_is_null (const SyncRow *row, guint column)
{
  SyncSpan value = sync_row_get (row, column);

  return value.length == 0 || value.text[0] == 'n';
}

/**
 * sync_row_begin_value:
 * @row: a row
 * @column: a column's index
 *
 * Replaces the column's value by what the caller appends, a JSON text in normal form, before it
 * calls sync_row_end_value().
 *
 * Returns: (transfer none): where to append
 */
GString *
sync_row_begin_value (SyncRow *row, guint column)
{
  g_assert (row != NULL && column < row->entity->n_columns);
  g_assert (row->text->len <= G_MAXUINT32);

  row->spans[column].start = row->text->len;
  row->spans[column].length = 0;
  return row->text;
}

/**
 * sync_row_end_value:
 * @row: a row
 * @column: the column of sync_row_begin_value()
 *
 * Ends the value; if nothing was appended it is missing.
 */
void
sync_row_end_value (SyncRow *row, guint column)
{
  g_assert (row != NULL && column < row->entity->n_columns);
  g_assert (row->text->len <= G_MAXUINT32);

  row->spans[column].length = row->text->len - row->spans[column].start;
}

/**
 * sync_row_set:
 * @row: a row
 * @column: a column's index
 * @value: a value that a reader has read, not one of @row; length 0 for none
 *
 * Replaces the column's value by the normal form that its codec gives @value. A value of a type
 * that the codec is not made for is kept, minified: SQLite's columns take any.
 *
 * Returns: %FALSE if a text in it holds what no cloud can hold, a NUL or half a surrogate pair;
 *   then the column's value is missing
 */
gboolean
sync_row_set (SyncRow *row, guint column, SyncSpan value)
{
  GString *out = sync_row_begin_value (row, column);
  gsize start = out->len;

  if (value.length > 0 && !sync_codec_append (out, row->entity->columns[column].codec, value))
    {
      g_string_truncate (out, start);
      return FALSE;
    }
  sync_row_end_value (row, column);
  return TRUE;
}

/**
 * sync_row_set_normalised:
 * @row: a row
 * @column: a column's index
 * @value: a value in the column's normal form, not one of @row; length 0 for none
 *
 * As sync_row_set(), for what a row has given out before.
 */
void
sync_row_set_normalised (SyncRow *row, guint column, SyncSpan value)
{
  append_span (sync_row_begin_value (row, column), value);
  sync_row_end_value (row, column);
}

/**
 * sync_row_copy_value:
 * @row: a row
 * @column: a column's index
 * @from: a row of the same entity
 *
 * Takes the column's value from another row.
 */
void
sync_row_copy_value (SyncRow *row, guint column, const SyncRow *from)
{
  if (row != from)
    sync_row_set_normalised (row, column, sync_row_get (from, column));
}

/**
 * sync_row_copy:
 * @row: a row
 * @from: a row of the same entity
 *
 * Takes all values from another row.
 */
void
sync_row_copy (SyncRow *row, const SyncRow *from)
{
  if (row == from)
    return;
  sync_row_clear (row);
  for (guint i = 0; i < row->entity->n_columns; i++)
    sync_row_copy_value (row, i, from);
}

/**
 * sync_row_append_json:
 * @row: a row
 * @out: where to write
 *
 * Appends an object with every column, a missing value as `null`.
 */
void
sync_row_append_json (const SyncRow *row, GString *out)
{
  const SyncEntity *entity = row->entity;

  g_string_append_c (out, '{');
  for (guint i = 0; i < entity->n_columns; i++)
    {
      SyncSpan value = sync_row_get (row, i);

      if (i > 0)
        g_string_append_c (out, ',');
      sync_json_append (out, entity->columns[i].member, entity->columns[i].member_length);
      append_span (out, value.length > 0 ? value : null_value);
    }
  g_string_append_c (out, '}');
}

/**
 * sync_row_to_json:
 * @row: a row
 *
 * Returns: (transfer full): as sync_row_append_json()
 */
char *
sync_row_to_json (const SyncRow *row)
{
  GString *out = g_string_sized_new (row->text->len + 32 * row->entity->n_columns);

  sync_row_append_json (row, out);
  return g_string_free (out, FALSE);
}

/**
 * sync_row_column_equal:
 * @a: a row
 * @b: a row of the same entity
 * @column: a column's index
 *
 * Returns: whether the column has the same value in both; a missing one is `null`
 */
gboolean
sync_row_column_equal (const SyncRow *a, const SyncRow *b, guint column)
{
  SyncSpan left = sync_row_get (a, column);
  SyncSpan right = sync_row_get (b, column);

  if (sync_span_equal (left, right))
    return TRUE;
  if (sync_row_is_null (a, column) || sync_row_is_null (b, column))
    return sync_row_is_null (a, column) && sync_row_is_null (b, column);
  return a->entity->columns[column].codec == SYNC_CODEC_JSON && sync_json_equal (left, right);
}

/**
 * sync_row_equal:
 * @a: a row
 * @b: a row of the same entity
 *
 * Returns: whether they have the same value in every column
 */
gboolean
sync_row_equal (const SyncRow *a, const SyncRow *b)
{
  for (guint i = 0; i < a->entity->n_columns; i++)
    if (!sync_row_column_equal (a, b, i))
      return FALSE;
  return TRUE;
}
