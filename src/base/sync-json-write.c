/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json-private.h"

#include <math.h>

/* Exponents of more digits than this are compared as text: no database holds such numbers. */
#define MAX_EXPONENT_DIGITS 17

/* A number as its significant digits, an integer, times a power of ten. */
typedef struct
{
  gboolean negative;
  GString *digits; /* without zeros at either end; empty: the number is 0 */
  gint64 exponent;
} Decimal;

typedef struct
{
  SyncSpan name;
  gsize value;
  gsize length;
  guint place;
} Member;

static void append_canonical_value (GString *out, SyncJsonReader *reader);

/* @c cannot stand in a JSON string as it is. As PostgreSQL's jsonb writes it. */
static void
append_escape (GString *out, gunichar c)
{
  switch (c)
    {
    case '"':
      g_string_append_len (out, "\\\"", 2);
      break;
    case '\\':
      g_string_append_len (out, "\\\\", 2);
      break;
    case '\b':
      g_string_append_len (out, "\\b", 2);
      break;
    case '\f':
      g_string_append_len (out, "\\f", 2);
      break;
    case '\n':
      g_string_append_len (out, "\\n", 2);
      break;
    case '\r':
      g_string_append_len (out, "\\r", 2);
      break;
    case '\t':
      g_string_append_len (out, "\\t", 2);
      break;
    default:
      g_string_append_printf (out, "\\u%04x", c);
    }
}

/* Writes the string from @text, a quote, to @end, after the closing one, with our escapes. */
static gboolean
append_string_again (GString *out, const char *text, const char *end)
{
  gboolean holdable = TRUE;

  end--;
  for (;;)
    {
      const char *escape = memchr (text, '\\', end - text);
      gunichar c;

      if (escape == NULL)
        break;
      sync_json_append (out, text, escape - text);
      text = escape + sync_json_read_escape (escape, end, &c);
      if (c == 0 || sync_json_is_surrogate (c))
        holdable = FALSE;
      if (c < 0x20 || c == '"' || c == '\\' || sync_json_is_surrogate (c))
        append_escape (out, c);
      else
        g_string_append_unichar (out, c);
    }
  sync_json_append (out, text, end + 1 - text);
  return holdable;
}

/* The end, after its quote, of the string that begins at @text in JSON that was read. */
static const char *
find_string_end (const char *text, const char *end)
{
  text = sync_json_skip_plain (text + 1, end, FALSE);
  while (*text != '"')
    text = sync_json_skip_plain (text + 2, end, FALSE);
  return text + 1;
}

static gboolean
read_exponent (const char *text, const char *end, gint64 *exponent)
{
  gboolean negative = FALSE;

  if (text < end && (*text == '+' || *text == '-'))
    negative = *text++ == '-';
  while (text < end && *text == '0')
    text++;
  if (end - text > MAX_EXPONENT_DIGITS)
    return FALSE;
  *exponent = 0;
  for (; text < end; text++)
    *exponent = *exponent * 10 + (*text - '0');
  if (negative)
    *exponent = -*exponent;
  return TRUE;
}

static gboolean
read_decimal (SyncSpan number, Decimal *decimal)
{
  const char *text = number.text;
  const char *end = text + number.length;
  gint64 exponent = 0;
  gboolean fraction = FALSE;

  if (*text == '-')
    {
      decimal->negative = TRUE;
      text++;
    }
  for (; text < end && *text != 'e' && *text != 'E'; text++)
    {
      if (*text == '.')
        {
          fraction = TRUE;
          continue;
        }
      if (fraction)
        decimal->exponent--;
      if (*text != '0' || decimal->digits->len > 0)
        g_string_append_c (decimal->digits, *text);
    }
  if (text < end && !read_exponent (text + 1, end, &exponent) && decimal->digits->len > 0)
    return FALSE;
  decimal->exponent += exponent;
  while (decimal->digits->len > 0 && decimal->digits->str[decimal->digits->len - 1] == '0')
    {
      g_string_truncate (decimal->digits, decimal->digits->len - 1);
      decimal->exponent++;
    }
  return TRUE;
}

static void
append_canonical_number (GString *out, SyncSpan number)
{
  g_autoptr (GString) digits = g_string_new (NULL);
  Decimal decimal = { .digits = digits };

  if (!read_decimal (number, &decimal))
    sync_json_append (out, number.text, number.length);
  else if (digits->len == 0)
    g_string_append_c (out, '0');
  else
    {
      if (decimal.negative)
        g_string_append_c (out, '-');
      g_string_append_len (out, digits->str, digits->len);
      if (decimal.exponent != 0)
        g_string_append_printf (out, "e%" G_GINT64_FORMAT, decimal.exponent);
    }
}

static void
append_canonical_array (GString *out, SyncJsonReader *reader)
{
  gboolean first = TRUE;

  sync_json_enter_array (reader);
  g_string_append_c (out, '[');
  while (sync_json_next_element (reader))
    {
      if (!first)
        g_string_append_c (out, ',');
      append_canonical_value (out, reader);
      first = FALSE;
    }
  g_string_append_c (out, ']');
}

static int
compare_members (gconstpointer a, gconstpointer b)
{
  const Member *left = a;
  const Member *right = b;
  int order
      = memcmp (left->name.text, right->name.text, MIN (left->name.length, right->name.length));

  if (order != 0)
    return order;
  if (left->name.length != right->name.length)
    return left->name.length < right->name.length ? -1 : 1;
  return left->place < right->place ? -1 : 1;
}

/* Names and values go to a scratch text first; then the last of each name, in the names' order. */
static void
append_canonical_object (GString *out, SyncJsonReader *reader)
{
  g_autoptr (GString) scratch = g_string_new (NULL);
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (Member));
  SyncSpan name;
  gboolean first = TRUE;

  sync_json_enter_object (reader);
  while (sync_json_next_member (reader, &name))
    {
      Member member = { .place = members->len };
      gsize start = scratch->len;

      append_string_again (scratch, name.text - 1, name.text + name.length + 1);
      member.name.length = scratch->len - start;
      member.value = scratch->len;
      append_canonical_value (scratch, reader);
      member.length = scratch->len - member.value;
      g_array_append_val (members, member);
    }
  for (guint i = 0; i < members->len; i++)
    {
      Member *member = &g_array_index (members, Member, i);

      member->name.text = scratch->str + member->value - member->name.length;
    }
  g_array_sort (members, compare_members);
  g_string_append_c (out, '{');
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = &g_array_index (members, Member, i);

      if (i + 1 < members->len && sync_span_equal (member->name, member[1].name))
        continue;
      if (!first)
        g_string_append_c (out, ',');
      g_string_append_len (out, member->name.text, member->name.length);
      g_string_append_c (out, ':');
      g_string_append_len (out, scratch->str + member->value, member->length);
      first = FALSE;
    }
  g_string_append_c (out, '}');
}

static void
append_canonical_value (GString *out, SyncJsonReader *reader)
{
  SyncSpan value;

  if (*reader->cursor == '[')
    {
      append_canonical_array (out, reader);
      return;
    }
  if (*reader->cursor == '{')
    {
      append_canonical_object (out, reader);
      return;
    }
  if (!sync_json_read_value (reader, &value))
    return;
  if (*value.text == '"')
    append_string_again (out, value.text, value.text + value.length);
  else if (sync_json_type (value) == SYNC_JSON_NUMBER)
    append_canonical_number (out, value);
  else
    sync_json_append (out, value.text, value.length);
}

/**
 * sync_json_append_string:
 * @out: where to write
 * @text: (array length=length): valid UTF-8
 * @length: its length in bytes
 *
 * Appends @text as a JSON string. Only what must be escaped is, as PostgreSQL's jsonb does it.
 */
void
sync_json_append_string (GString *out, const char *text, gsize length)
{
  const char *end = text + length;

  g_string_append_c (out, '"');
  for (;;)
    {
      const char *stop = sync_json_skip_plain (text, end, FALSE);

      sync_json_append (out, text, stop - text);
      if (stop == end)
        break;
      append_escape (out, (guchar) *stop);
      text = stop + 1;
    }
  g_string_append_c (out, '"');
}

/**
 * sync_json_append_int64:
 * @out: where to write
 * @number: any number
 *
 * Appends @number, without a detour by printf().
 */
void
sync_json_append_int64 (GString *out, gint64 number)
{
  char digits[20];
  char *digit = digits + sizeof digits;
  guint64 rest = number < 0 ? -(guint64)number : (guint64)number;

  do
    *--digit = (char)('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (number < 0)
    *--digit = '-';
  sync_json_append (out, digit, digits + sizeof digits - digit);
}

/**
 * sync_json_append_double:
 * @out: where to write
 * @number: any double
 *
 * Appends @number with as many digits as are needed to read the same double again, and always with
 * a point or an exponent, so that it stays a real. Infinities become the strings `"Infinity"` and
 * `"-Infinity"`, as PostgREST writes them; not a number becomes `null`, as SQLite stores it.
 */
void
sync_json_append_double (GString *out, double number)
{
  char buffer[G_ASCII_DTOSTR_BUF_SIZE];
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };

  if (isnan (number))
    {
      g_string_append (out, "null");
      return;
    }
  if (isinf (number))
    {
      g_string_append (out, number < 0 ? "\"-Infinity\"" : "\"Infinity\"");
      return;
    }
  if (number == 0.0)
    number = 0.0; /* -0.0 too */
  for (guint i = 0; i < G_N_ELEMENTS (formats); i++)
    {
      g_ascii_formatd (buffer, sizeof buffer, formats[i], number);
      if (g_ascii_strtod (buffer, NULL) == number)
        break;
    }
  g_string_append (out, buffer);
  if (strpbrk (buffer, ".e") == NULL)
    g_string_append (out, ".0");
}

/**
 * sync_json_append_decimal:
 * @out: where to write
 * @number: any double
 *
 * The same for where the other side keeps decimal numbers and their places: it makes `1e+15` an integer, but not
 * `1000000000000000.0`. The sign of zero stays.
 */
void
sync_json_append_decimal (GString *out, double number)
{
  char buffer[64];

  if (number == 0 && signbit (number))
    g_string_append (out, "-0.0");
  else if (number == floor (number) && fabs (number) < 0x1p63)
    g_string_append (out, g_ascii_formatd (buffer, sizeof buffer, "%.1f", number));
  else
    sync_json_append_double (out, number);
}

/**
 * sync_json_append_minified:
 * @out: where to write
 * @value: a value that a reader has read
 *
 * Appends @value without white space and with uniform escapes. The order of members and the texts
 * of numbers stay.
 *
 * Returns: %FALSE if a string in it holds what no cloud can hold: a NUL or half a surrogate; it was
 *   appended nevertheless
 */
gboolean
sync_json_append_minified (GString *out, SyncSpan value)
{
  const char *text = value.text;
  const char *end = text + value.length;
  gboolean holdable = TRUE;

  if (value.length > 0 && *text == '"' && memchr (text, '\\', value.length) == NULL)
    {
      sync_json_append (out, text, value.length);
      return TRUE;
    }
  while (text < end)
    {
      const char *start = text;

      while (text < end && *text != '"' && !sync_json_is_space (*text))
        text++;
      sync_json_append (out, start, text - start);
      while (text < end && sync_json_is_space (*text))
        text++;
      if (text < end && *text == '"')
        {
          const char *stop = find_string_end (text, end);

          holdable &= append_string_again (out, text, stop);
          text = stop;
        }
    }
  return holdable;
}

/**
 * sync_json_append_canonical:
 * @out: where to write
 * @value: a value that a reader has read
 *
 * Appends @value so that equal values become equal bytes: minified, members in the order of their
 * names' bytes (of several with one name the last), numbers as an integer times a power of ten.
 */
void
sync_json_append_canonical (GString *out, SyncSpan value)
{
  SyncJsonReader reader;

  g_return_if_fail (value.length > 0);

  sync_json_reader_init (&reader, value.text, value.length);
  append_canonical_value (out, &reader);
}

/**
 * sync_json_equal:
 * @a: a value that a reader has read
 * @b: another
 *
 * Returns: whether they are equal by structure: neither white space, escapes, the order of members
 *   nor how a number is written count
 */
gboolean
sync_json_equal (SyncSpan a, SyncSpan b)
{
  g_autoptr (GString) left = NULL;
  g_autoptr (GString) right = NULL;

  if (sync_span_equal (a, b))
    return TRUE;
  if (a.length == 0 || b.length == 0 || sync_json_type (a) != sync_json_type (b))
    return FALSE;
  left = g_string_sized_new (a.length);
  right = g_string_sized_new (b.length);
  sync_json_append_canonical (left, a);
  sync_json_append_canonical (right, b);
  return g_string_equal (left, right);
}
