/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json-private.h"

#include <math.h>

/* Values that a reader has read: what they are, and what they stand for. */

/*
 * sync_json_read_escape:
 * @escape: a backslash in a JSON string that was read
 * @end: the closing quote
 * @character: (out): what it stands for; a surrogate if it is one without its other half
 *
 * Returns: how many bytes it takes
 */
guint
sync_json_read_escape (const char *escape, const char *end, gunichar *character)
{
  static const char names[] = "\"\\/bfnrt";
  static const char characters[] = "\"\\/\b\f\n\r\t";
  gunichar code = 0;
  gunichar low = 0;

  if (escape[1] != 'u')
    {
      *character = characters[strchr (names, escape[1]) - names];
      return 2;
    }
  for (guint i = 2; i < 6; i++)
    code = code << 4 | g_ascii_xdigit_value (escape[i]);
  *character = code;
  if (code < 0xd800 || code > 0xdbff || end - escape < 12 || escape[6] != '\\' || escape[7] != 'u')
    return 6;
  for (guint i = 8; i < 12; i++)
    low = low << 4 | g_ascii_xdigit_value (escape[i]);
  if (low < 0xdc00 || low > 0xdfff)
    return 6;
  *character = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
  return 12;
}

static SyncSpan
quoted_name (SyncSpan name)
{
  return (SyncSpan) { name.text - 1, name.length + 2 };
}

/**
 * sync_json_type:
 * @value: a value that a reader has read
 *
 * Returns: what it is
 */
SyncJsonType
sync_json_type (SyncSpan value)
{
  g_return_val_if_fail (value.length > 0, SYNC_JSON_NULL);

  switch (value.text[0])
    {
    case 'n':
      return SYNC_JSON_NULL;
    case 'f':
      return SYNC_JSON_FALSE;
    case 't':
      return SYNC_JSON_TRUE;
    case '"':
      return SYNC_JSON_STRING;
    case '[':
      return SYNC_JSON_ARRAY;
    case '{':
      return SYNC_JSON_OBJECT;
    default:
      return SYNC_JSON_NUMBER;
    }
}

/**
 * sync_json_name_is:
 * @name: a name from sync_json_next_member()
 * @text: what to compare it with
 *
 * Returns: whether they are the same, whatever the escapes
 */
gboolean
sync_json_name_is (SyncSpan name, const char *text)
{
  g_autofree char *decoded = NULL;

  if (G_LIKELY (memchr (name.text, '\\', name.length) == NULL))
    return sync_span_is (name, text);
  decoded = sync_json_dup_name (name);
  return g_strcmp0 (decoded, text) == 0;
}

/**
 * sync_json_dup_name:
 * @name: a name from sync_json_next_member()
 *
 * Returns: (transfer full) (nullable): it without escapes; %NULL if it holds a NUL or half a
 *   surrogate
 */
char *
sync_json_dup_name (SyncSpan name)
{
  return sync_json_dup_string (quoted_name (name));
}

/**
 * sync_json_decode_string:
 * @value: a value that a reader has read
 * @out: where its characters are appended, as UTF-8
 *
 * Returns: %FALSE if it is not a string, or holds what no cloud can hold: a NUL or half a
 *   surrogate; then @out is as it was
 */
gboolean
sync_json_decode_string (SyncSpan value, GString *out)
{
  gsize before = out->len;
  const char *text = value.text + 1;
  const char *end = value.text + value.length - 1;

  if (value.length < 2 || value.text[0] != '"')
    return FALSE;
  for (;;)
    {
      const char *escape = memchr (text, '\\', end - text);
      gunichar character;

      if (escape == NULL)
        break;
      g_string_append_len (out, text, escape - text);
      text = escape + sync_json_read_escape (escape, end, &character);
      if (character == 0 || sync_json_is_surrogate (character))
        {
          g_string_truncate (out, before);
          return FALSE;
        }
      g_string_append_unichar (out, character);
    }
  g_string_append_len (out, text, end - text);
  return TRUE;
}

/**
 * sync_json_dup_string:
 * @value: a value that a reader has read
 *
 * Returns: (transfer full) (nullable): its characters, or %NULL as sync_json_decode_string()
 */
char *
sync_json_dup_string (SyncSpan value)
{
  g_autoptr (GString) out = g_string_sized_new (value.length);

  if (!sync_json_decode_string (value, out))
    return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}

/**
 * sync_json_to_int64:
 * @value: a value that a reader has read
 * @number: (out): it
 *
 * Returns: %FALSE if it is not a number without point and exponent that fits
 */
gboolean
sync_json_to_int64 (SyncSpan value, gint64 *number)
{
  gboolean negative = value.length > 0 && value.text[0] == '-';
  guint64 limit = negative ? (guint64) G_MAXINT64 + 1 : (guint64) G_MAXINT64;
  guint64 sum = 0;

  if (value.length <= (gsize) negative)
    return FALSE;
  for (gsize i = negative; i < value.length; i++)
    {
      guint64 digit;

      if (!g_ascii_isdigit (value.text[i]))
        return FALSE;
      digit = value.text[i] - '0';
      if (sum > (limit - digit) / 10)
        return FALSE;
      sum = sum * 10 + digit;
    }
  *number = negative ? (gint64) -sum : (gint64) sum;
  return TRUE;
}

/**
 * sync_json_to_double:
 * @value: a value that a reader has read
 * @number: (out): it, or the nearest double; infinite if it is too large for one
 *
 * The way back from sync_json_append_double(): takes numbers and the strings `"Infinity"` and
 * `"-Infinity"`.
 *
 * Returns: %FALSE if it is anything else
 */
gboolean
sync_json_to_double (SyncSpan value, double *number)
{
  char buffer[64];
  g_autofree char *copy = NULL;

  if (value.length == 0)
    return FALSE;
  if (sync_span_is (value, "\"Infinity\"") || sync_span_is (value, "\"-Infinity\""))
    {
      *number = value.text[1] == '-' ? -HUGE_VAL : HUGE_VAL;
      return TRUE;
    }
  if (sync_json_type (value) != SYNC_JSON_NUMBER)
    return FALSE;
  if (value.length < sizeof buffer)
    {
      memcpy (buffer, value.text, value.length);
      buffer[value.length] = '\0';
      *number = g_ascii_strtod (buffer, NULL);
      return TRUE;
    }
  copy = g_strndup (value.text, value.length);
  *number = g_ascii_strtod (copy, NULL);
  return TRUE;
}

/**
 * sync_json_get_member:
 * @object: a value that a reader has read
 * @name: a member's name
 * @value: (out): its value; of several, the last
 *
 * Returns: %FALSE if @object is not an object or has no such member
 */
gboolean
sync_json_get_member (SyncSpan object, const char *name, SyncSpan *value)
{
  SyncJsonReader reader;
  SyncSpan member, found;
  gboolean result = FALSE;

  sync_json_reader_init (&reader, object.text, object.length);
  if (!sync_json_enter_object (&reader))
    return FALSE;
  while (sync_json_next_member (&reader, &member) && sync_json_read_value (&reader, &found))
    if (sync_json_name_is (member, name))
      {
        *value = found;
        result = TRUE;
      }
  return result;
}
