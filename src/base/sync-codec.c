/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-codec-private.h"

#include "sync-json-private.h"
#include "sync-time.h"

#include <math.h>

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
      g_string_append (out, "null");
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

/*
 * sync_codec_append:
 * @out: where to write
 * @codec: a column's codec
 * @value: a value that a reader has read
 *
 * Appends the normal form that the codec gives @value.
 *
 * Returns: %FALSE if no cloud can hold it; then what was appended means nothing
 */
gboolean
sync_codec_append (GString *out, SyncCodec codec, SyncSpan value)
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
