/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-outbox.h"

#include "sync-time.h"

/* Values that a typed column of the cloud would take, and make others of: they would come back changed. */

/* What a column of times there takes, and makes another text of: almost anything with digits, and some words. */
static gboolean
is_foreign_time (SyncSpan value)
{
  static const char *const words[] = { "now", "today", "tomorrow", "yesterday", "epoch",
                                       "allballs", "infinity", "-infinity", "+infinity", NULL };
  g_autofree char *text = NULL;
  gint64 instant;

  if (sync_json_type (value) != SYNC_JSON_STRING)
    return TRUE;
  if (sync_time_parse (value.text + 1, value.length - 2, &instant))
    return FALSE;
  text = sync_json_dup_string (value);
  if (text == NULL)
    return FALSE;
  if (g_str_equal (text, "infinity") || g_str_equal (text, "-infinity"))
    return FALSE;
  for (guint i = 0; words[i] != NULL; i++)
    if (g_ascii_strcasecmp (g_strstrip (text), words[i]) == 0)
      return TRUE;
  return strpbrk (text, "0123456789") != NULL;
}

static const char *
find_real_fault (SyncSpan value)
{
  gint64 whole;
  double real;

  if (sync_json_type (value) != SYNC_JSON_NUMBER)
    return sync_span_is (value, "\"Infinity\"") || sync_span_is (value, "\"-Infinity\"") ? NULL : "22P02";
  if (!sync_json_to_int64 (value, &whole) || !sync_json_to_double (value, &real))
    return NULL;
  return real < 0x1p63 && (gint64) real == whole ? NULL : "22003";
}

/* What a column of its codec's type would take there, and make another value of. What it does not take, the cloud says
 * by itself. */
static const char *
find_type_fault (SyncCodec codec, gboolean key, SyncSpan value)
{
  SyncJsonType type = sync_json_type (value);
  double real;

  if (type == SYNC_JSON_NULL)
    return NULL;
  switch (codec)
    {
    case SYNC_CODEC_TEXT:
      /* In other columns of that kind the table here makes a number of it again. */
      return key && type != SYNC_JSON_STRING ? "key-type" : NULL;
    case SYNC_CODEC_INTEGER:
    case SYNC_CODEC_BOOLEAN:
      return type == SYNC_JSON_STRING ? "22P02" : NULL;
    case SYNC_CODEC_REAL:
      return find_real_fault (value);
    case SYNC_CODEC_BLOB:
      return type != SYNC_JSON_STRING ? "22P02" : NULL;
    case SYNC_CODEC_TIMESTAMP:
      return is_foreign_time (value) ? "22007" : NULL;
    case SYNC_CODEC_ANY:
      return type == SYNC_JSON_NUMBER && sync_json_to_double (value, &real) && real == 0 && value.text[0] == '-'
                 ? "22P02"
                 : NULL;
    case SYNC_CODEC_JSON:
    default:
      return NULL;
    }
}

/**
 * sync_outbox_check_types:
 * @entity: an entity
 * @row: one of its rows
 * @error: [error@SyncError.ROW_REFUSED] with the column and PostgreSQL's code for such a value
 *
 * For a cloud whose columns have types: whether it would give back just the values that it is given.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_outbox_check_types (const SyncEntity *entity,
                         const SyncRow *row,
                         GError **error)
{
  for (guint i = 0; i < entity->n_columns; i++)
    {
      const SyncColumn *column = &entity->columns[i];
      const char *fault = find_type_fault (column->codec, i < entity->n_keys, sync_row_get (row, i));
      GError *refusal;

      if (fault == NULL)
        continue;
      refusal = sync_error_new (SYNC_ERROR_ROW_REFUSED, entity->name, "The value in column %s would become another one",
                                column->name);
      sync_error_set_reason (refusal, fault, 0);
      sync_error_set_column (refusal, column->name);
      g_propagate_error (error, refusal);
      return FALSE;
    }
  return TRUE;
}
