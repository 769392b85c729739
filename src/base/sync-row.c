/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-row.h"

#include "sync-error.h"
#include "sync-json-private.h"
#include "sync-time.h"

#include <math.h>

/* What sync_row_parse() found so far in one object. */
typedef struct
{
  SyncRow *row;
  SyncStamps *stamps;
  SyncSpan *unknown;
  guint next;       /* the column that should come next */
  guint next_stamp; /* and the stamp, behind the columns */
  int refused; /* the first column whose value cannot be held, or -1 */
  gboolean too_deep; /* that is why */
  const char *wrong_stamp;
} Parse;

typedef enum
{
  STAMP_NONE,
  STAMP_VERSION,
  STAMP_DELETED_AT,
  STAMP_EDITED_AT,
  STAMP_DEVICE_ID,
  STAMP_RUN_ID,
  STAMP_IGNORED,
} Stamp;

/* In the order in which a page has them. */
#define NAMED(name) name, "\"" name "\":", sizeof "\"" name "\":" - 1

static const struct
{
  const char *name;
  const char *member; /* as SyncColumn's */
  gsize member_length;
  Stamp stamp;
} stamp_names[] = {
  { NAMED ("sync_version"), STAMP_VERSION }, { NAMED ("deleted_at"), STAMP_DELETED_AT },
  { NAMED ("edited_at"), STAMP_EDITED_AT },  { NAMED ("device_id"), STAMP_DEVICE_ID },
  { NAMED ("run_id"), STAMP_RUN_ID },        { NAMED ("base_version"), STAMP_IGNORED },
  { NAMED ("user_id"), STAMP_IGNORED },
};

static const SyncSpan null_value = { "null", 4 };

static void
append_span (GString *out, SyncSpan span)
{
  sync_json_append (out, span.text, span.length);
}

/* Codecs: each appends @value in its normal form, %FALSE if no cloud can hold it */

/* Whole doubles in an integer column become integers, as SQLite does it for INTEGER columns. */
static void
append_number (GString *out, SyncSpan value, gboolean integer)
{
  gint64 whole;
  double real;

  if (sync_json_to_int64 (value, &whole))
    {
      sync_json_append_int64 (out, whole);
      return;
    }
  if (!sync_json_to_double (value, &real))
    return;
  if (integer && real == floor (real) && fabs (real) < 0x1p63)
    sync_json_append_int64 (out, (gint64) real);
  else
    sync_json_append_double (out, real);
}

/* A value in a column that is not made for its type. */
static gboolean
append_other (GString *out, SyncSpan value, gboolean integer)
{
  if (sync_json_type (value) != SYNC_JSON_NUMBER)
    return sync_json_append_minified (out, value);
  append_number (out, value, integer);
  return TRUE;
}

static gboolean
append_integer (GString *out, SyncSpan value)
{
  switch (sync_json_type (value))
    {
    case SYNC_JSON_TRUE:
      g_string_append_c (out, '1');
      return TRUE;
    case SYNC_JSON_FALSE:
      g_string_append_c (out, '0');
      return TRUE;
    default:
      return append_other (out, value, TRUE);
    }
}

/* Whether @real, the double nearest to @whole, is equal to it; 2⁶³ is outside of its type. */
static gboolean
is_exact (double real, gint64 whole)
{
  return real < 0x1p63 && (gint64) real == whole;
}

/* An integer that no double is equal to stays what it is, as in SQLite's NUMERIC columns. */
static gboolean
append_real (GString *out, SyncSpan value)
{
  gsize start = out->len;
  gint64 whole;
  double real;

  if (sync_json_type (value) == SYNC_JSON_NUMBER && sync_json_to_double (value, &real))
    {
      if (sync_json_to_int64 (value, &whole) && !is_exact (real, whole))
        {
          append_number (out, value, FALSE);
          return TRUE;
        }
      sync_json_append_double (out, real);
      return TRUE;
    }
  if (!sync_json_append_minified (out, value))
    return FALSE;
  if (strcmp (out->str + start, "\"NaN\"") == 0)
    {
      g_string_truncate (out, start);
      append_span (out, null_value);
    }
  return TRUE;
}

/* A column that converts nothing holds no truths, objects and lists. */
static gboolean
append_any (GString *out, SyncSpan value)
{
  gint64 whole;
  double real;

  switch (sync_json_type (value))
    {
    case SYNC_JSON_NUMBER:
      if (sync_json_to_int64 (value, &whole))
        sync_json_append_int64 (out, whole);
      else if (sync_json_to_double (value, &real) && isfinite (real))
        sync_json_append_decimal (out, real);
      else
        return FALSE;
      return TRUE;
    case SYNC_JSON_NULL:
    case SYNC_JSON_STRING:
      return sync_json_append_minified (out, value);
    default:
      return FALSE;
    }
}

/* Hexadecimal digits become small if the value is a blob: "\\x…" with an even number of them. */
static gboolean
append_blob (GString *out, SyncSpan value)
{
  gsize start = out->len;
  char *digits;

  if (sync_json_type (value) == SYNC_JSON_NUMBER)
    return append_any (out, value);
  if (!append_other (out, value, FALSE))
    return FALSE;
  if (!g_str_has_prefix (out->str + start, "\"\\\\x"))
    return TRUE;
  digits = out->str + start + strlen ("\"\\\\x");
  for (char *digit = digits; *digit != '"'; digit++)
    if (!g_ascii_isxdigit (*digit))
      return TRUE;
  if (strlen (digits) % 2 == 1)
    for (char *digit = digits; *digit != '"'; digit++)
      *digit = g_ascii_tolower (*digit);
  return TRUE;
}

static gboolean
append_boolean (GString *out, SyncSpan value)
{
  gsize start = out->len;

  if (!append_other (out, value, TRUE))
    return FALSE;
  if (strcmp (out->str + start, "0") == 0 || strcmp (out->str + start, "1") == 0)
    {
      gboolean truth = out->str[start] == '1';

      g_string_truncate (out, start);
      g_string_append (out, truth ? "true" : "false");
    }
  return TRUE;
}

static gboolean
append_timestamp (GString *out, SyncSpan value)
{
  gsize start = out->len;
  char buffer[SYNC_TIME_SIZE];
  gint64 time;

  if (!append_other (out, value, FALSE))
    return FALSE;
  if (out->str[start] == '"' && sync_time_parse (out->str + start + 1, out->len - start - 2, &time))
    {
      sync_time_format (time, buffer);
      g_string_truncate (out, start + 1);
      g_string_append (out, buffer);
      g_string_append_c (out, '"');
    }
  return TRUE;
}

static gboolean
append_normalised (GString *out, SyncCodec codec, SyncSpan value)
{
  switch (codec)
    {
    case SYNC_CODEC_INTEGER:
      return append_integer (out, value);
    case SYNC_CODEC_REAL:
      return append_real (out, value);
    case SYNC_CODEC_BLOB:
      return append_blob (out, value);
    case SYNC_CODEC_JSON:
      return sync_json_append_minified (out, value);
    case SYNC_CODEC_BOOLEAN:
      return append_boolean (out, value);
    case SYNC_CODEC_TIMESTAMP:
      return append_timestamp (out, value);
    case SYNC_CODEC_ANY:
      return append_any (out, value);
    case SYNC_CODEC_TEXT:
    default:
      return append_other (out, value, FALSE);
    }
}

/* Reading an object */

/* Returns: the index in stamp_names, or their number */
static guint
find_stamp (SyncSpan name)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (stamp_names) && !sync_json_name_is (name, stamp_names[i].name))
    i++;
  return i;
}

static int
find_column (const SyncEntity *entity, SyncSpan name)
{
  g_autofree char *decoded = NULL;

  if (G_LIKELY (memchr (name.text, '\\', name.length) == NULL))
    return sync_entity_find_cloud_column (entity, name.text, name.length);
  decoded = sync_json_dup_name (name);
  return decoded != NULL ? sync_entity_find_cloud_column (entity, decoded, -1) : -1;
}

static gboolean
read_text_stamp (SyncSpan value, SyncSpan *text)
{
  SyncJsonType type = sync_json_type (value);

  *text = type == SYNC_JSON_STRING ? value : (SyncSpan) { NULL, 0 };
  return type == SYNC_JSON_STRING || type == SYNC_JSON_NULL;
}

static gboolean
read_stamp (SyncStamps *stamps, Stamp stamp, SyncSpan value)
{
  SyncSpan text;

  switch (stamp)
    {
    case STAMP_VERSION:
      return sync_json_to_int64 (value, &stamps->version) && stamps->version > 0;
    case STAMP_DELETED_AT:
      stamps->deleted = sync_json_type (value) == SYNC_JSON_STRING;
      return read_text_stamp (value, &text);
    case STAMP_EDITED_AT:
      if (!read_text_stamp (value, &text))
        return FALSE;
      /* `infinity`, too, is a time that nobody knows. */
      if (text.length == 0 || !sync_time_parse (text.text + 1, text.length - 2, &stamps->edited_at))
        stamps->edited_at = G_MININT64;
      return TRUE;
    case STAMP_DEVICE_ID:
      return read_text_stamp (value, &stamps->device_id);
    case STAMP_RUN_ID:
      return read_text_stamp (value, &stamps->run_id);
    case STAMP_IGNORED:
    case STAMP_NONE:
    default:
      return TRUE;
    }
}

static void
take_column (Parse *parse, guint column, SyncSpan value, gboolean too_deep)
{
  SyncSpan nothing = { NULL, 0 };

  parse->next = column + 1;
  if ((!sync_row_set (parse->row, column, too_deep ? nothing : value) || too_deep) && parse->refused < 0)
    {
      parse->refused = (int) column;
      parse->too_deep = too_deep;
    }
}

static void
take_stamp (Parse *parse, guint index, SyncSpan value)
{
  parse->next_stamp = index + 1;
  if (parse->stamps != NULL && !read_stamp (parse->stamps, stamp_names[index].stamp, value)
      && parse->wrong_stamp == NULL)
    parse->wrong_stamp = stamp_names[index].name;
}

static void
take_member (Parse *parse, SyncSpan name, SyncSpan value, gboolean too_deep)
{
  int column = find_column (parse->row->entity, name);
  guint stamp;

  if (column >= 0)
    {
      take_column (parse, (guint) column, value, too_deep);
      return;
    }
  stamp = find_stamp (name);
  if (stamp < G_N_ELEMENTS (stamp_names))
    take_stamp (parse, stamp, value);
  else if (parse->unknown != NULL && parse->unknown->length == 0)
    *parse->unknown = name;
}

/* Members nearly always come in the same order: no need to look for their names. */
static gboolean
is_next_column (const Parse *parse, SyncJsonReader *reader)
{
  const SyncEntity *entity = parse->row->entity;

  return parse->next < entity->n_columns
         && sync_json_next_member_is (reader, entity->columns[parse->next].member,
                                      entity->columns[parse->next].member_length);
}

static gboolean
is_next_stamp (const Parse *parse, SyncJsonReader *reader)
{
  return parse->next_stamp < G_N_ELEMENTS (stamp_names)
         && sync_json_next_member_is (reader, stamp_names[parse->next_stamp].member,
                                      stamp_names[parse->next_stamp].member_length);
}

static void
read_members (Parse *parse, SyncJsonReader *reader)
{
  SyncSpan name, value;
  gboolean too_deep;

  for (;;)
    {
      if (is_next_column (parse, reader))
        {
          if (sync_json_read_bounded (reader, &value, &too_deep))
            take_column (parse, parse->next, value, too_deep);
        }
      else if (is_next_stamp (parse, reader))
        {
          if (sync_json_read_value (reader, &value))
            take_stamp (parse, parse->next_stamp, value);
        }
      else if (sync_json_next_member (reader, &name) && sync_json_read_bounded (reader, &value, &too_deep))
        take_member (parse, name, value, too_deep);
      else
        return;
    }
}

static void
set_malformed (GError **error, const SyncRow *row, const SyncJsonReader *reader)
{
  sync_error_set (error, SYNC_ERROR_PROTOCOL, row->entity->name,
                  "Malformed JSON at byte %" G_GSIZE_FORMAT ": %s", sync_json_offset (reader),
                  reader->fault != NULL ? reader->fault : "something after the end");
}

static gboolean
check_parse (const Parse *parse, GError **error)
{
  const SyncEntity *entity = parse->row->entity;

  if (parse->wrong_stamp != NULL)
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, entity->name, "A wrong value of %s",
                      parse->wrong_stamp);
      return FALSE;
    }
  if (parse->refused >= 0)
    {
      GError *refusal = sync_error_new (SYNC_ERROR_ROW_REFUSED, entity->name,
                                        parse->too_deep ? "A value is nested too deeply"
                                                        : "A text holds a NUL or half a surrogate pair");

      sync_error_set_column (refusal, entity->columns[parse->refused].name);
      sync_error_set_reason (refusal, parse->too_deep ? "deep" : "22P05", 0);
      g_propagate_error (error, refusal);
      return FALSE;
    }
  return TRUE;
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

  if (value.length > 0 && !append_normalised (out, row->entity->columns[column].codec, value))
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
 * sync_row_parse:
 * @row: a row
 * @reader: at an object
 * @stamps: (out caller-allocates) (optional): what the cloud added; points into the reader's text
 * @unknown: (out caller-allocates) (optional): the name, as sync_json_next_member() gives it, of
 *   the first member that is neither a column nor a stamp; length 0 if there is none
 * @error: (out) (optional): see below
 *
 * Reads one object into @row, in place of all its values. Of several members of one name the last
 * counts.
 *
 * Errors are [error@SyncError]: `ROW_REFUSED` with a column if its value holds what no cloud can
 * hold, or is nested too deeply; then the object was read to its end, and the reader can go on behind it. `PROTOCOL` if it
 * is not a well formed object, or a stamp is not what it must be.
 *
 * Returns: whether it was read without error
 */
gboolean
sync_row_parse (SyncRow *row, SyncJsonReader *reader, SyncStamps *stamps, SyncSpan *unknown,
                GError **error)
{
  Parse parse = { .row = row, .stamps = stamps, .unknown = unknown, .refused = -1 };

  sync_row_clear (row);
  if (stamps != NULL)
    *stamps = (SyncStamps) { .edited_at = G_MININT64 };
  if (unknown != NULL)
    *unknown = (SyncSpan) { NULL, 0 };
  if (sync_json_enter_object (reader))
    read_members (&parse, reader);
  if (reader->fault != NULL)
    {
      set_malformed (error, row, reader);
      return FALSE;
    }
  return check_parse (&parse, error);
}

/**
 * sync_row_parse_text:
 * @row: a row
 * @json: one object
 * @length: its length in bytes, or -1 if it ends with a NUL
 * @error: (out) (optional): as for sync_row_parse()
 *
 * As sync_row_parse(), for a text that is one object; stamps and unknown members are ignored.
 *
 * Returns: whether it was read without error
 */
gboolean
sync_row_parse_text (SyncRow *row, const char *json, gssize length, GError **error)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, json, length < 0 ? strlen (json) : (gsize) length);
  if (!sync_row_parse (row, &reader, NULL, NULL, error))
    return FALSE;
  if (sync_json_at_end (&reader))
    return TRUE;
  set_malformed (error, row, &reader);
  return FALSE;
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
