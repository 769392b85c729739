/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json-private.h"

/* Reading: the grammar of RFC 8259 */

static gboolean
fail (SyncJsonReader *reader, const char *at, const char *fault)
{
  if (reader->fault == NULL)
    {
      reader->fault = fault;
      reader->cursor = at;
    }
  return FALSE;
}

static inline void
skip_space (SyncJsonReader *reader)
{
  while (reader->cursor < reader->end && sync_json_is_space (*reader->cursor))
    reader->cursor++;
}

static inline gboolean
is_at (const SyncJsonReader *reader, char c)
{
  return reader->cursor < reader->end && *reader->cursor == c;
}

static inline gboolean
is_continuation (guchar byte, guchar lowest, guchar highest)
{
  return byte >= lowest && byte <= highest;
}

/* How long the character is that begins at @text, which is not ASCII; 0 if it is not one of the
 * well formed sequences of RFC 3629 (no overlong form, no surrogate, nothing above U+10FFFF). */
static inline guint
measure_character (const char *text, const char *end)
{
  const guchar *byte = (const guchar *) text;
  gsize left = end - text;

  if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
    return left >= 2 && is_continuation (byte[1], 0x80, 0xbf) ? 2 : 0;
  if (byte[0] >= 0xe0 && byte[0] <= 0xef)
    return left >= 3
                   && is_continuation (byte[1], byte[0] == 0xe0 ? 0xa0 : 0x80,
                                       byte[0] == 0xed ? 0x9f : 0xbf)
                   && is_continuation (byte[2], 0x80, 0xbf)
               ? 3
               : 0;
  if (byte[0] >= 0xf0 && byte[0] <= 0xf4)
    return left >= 4
                   && is_continuation (byte[1], byte[0] == 0xf0 ? 0x90 : 0x80,
                                       byte[0] == 0xf4 ? 0x8f : 0xbf)
                   && is_continuation (byte[2], 0x80, 0xbf) && is_continuation (byte[3], 0x80, 0xbf)
               ? 4
               : 0;
  return 0;
}

static guint
measure_escape (const char *text, const char *end)
{
  if (end - text < 2)
    return 0;
  if (text[1] != 'u')
    return text[1] != '\0' && strchr ("\"\\/bfnrt", text[1]) != NULL ? 2 : 0;
  if (end - text < 6)
    return 0;
  for (guint i = 2; i < 6; i++)
    if (!g_ascii_isxdigit (text[i]))
      return 0;
  return 6;
}

static gboolean
scan_string (SyncJsonReader *reader)
{
  const char *text = reader->cursor + 1;
  const char *end = reader->end;

  for (;;)
    {
      guint length;

      text = sync_json_skip_plain (text, end, TRUE);
      if (text == end)
        return fail (reader, text, "a string has no end");
      if (*text == '"')
        {
          reader->cursor = text + 1;
          return TRUE;
        }
      if (*text == '\\')
        length = measure_escape (text, end);
      else if ((guchar) *text >= 0x80)
        length = measure_character (text, end);
      else
        return fail (reader, text, "a control character in a string");
      if (length == 0)
        return fail (reader, text, *text == '\\' ? "an unknown escape" : "not UTF-8");
      text += length;
    }
}

static const char *
skip_digits (const char *text, const char *end)
{
  while (text < end && g_ascii_isdigit (*text))
    text++;
  return text;
}

static gboolean
scan_number (SyncJsonReader *reader)
{
  const char *text = reader->cursor;
  const char *end = reader->end;
  const char *digits;

  if (*text == '-')
    text++;
  digits = text;
  text = skip_digits (text, end);
  if (text == digits || (*digits == '0' && text - digits > 1))
    return fail (reader, digits, "not a number");
  if (text < end && *text == '.')
    {
      digits = ++text;
      text = skip_digits (text, end);
      if (text == digits)
        return fail (reader, text, "a number without digits after its point");
    }
  if (text < end && (*text == 'e' || *text == 'E'))
    {
      text++;
      if (text < end && (*text == '+' || *text == '-'))
        text++;
      digits = text;
      text = skip_digits (text, end);
      if (text == digits)
        return fail (reader, text, "a number without digits in its exponent");
    }
  reader->cursor = text;
  return TRUE;
}

static gboolean scan_value (SyncJsonReader *reader);

static gboolean
scan_word (SyncJsonReader *reader, const char *word)
{
  gsize length = strlen (word);

  if ((gsize) (reader->end - reader->cursor) < length || memcmp (reader->cursor, word, length) != 0)
    return fail (reader, reader->cursor, "an unknown word");
  reader->cursor += length;
  return TRUE;
}

/* Whoever nests deeper than this means harm: what is open takes memory. */
#define SKIPPED_DEPTH 100000

/* A container to its end, however deep, without recursion: @open has the brackets that close what is open. */
static gboolean
skip_container (SyncJsonReader *reader)
{
  g_autoptr (GString) open = g_string_new (NULL);
  SyncSpan name;

  reader->skipped = TRUE;
  do
    {
      if (is_at (reader, '[') || is_at (reader, '{'))
        {
          if (open->len == SKIPPED_DEPTH)
            return fail (reader, reader->cursor, "nested too deeply");
          g_string_append_c (open, *reader->cursor == '[' ? ']' : '}');
          reader->cursor++;
          reader->depth++;
          reader->first = TRUE;
        }
      else if (!scan_value (reader))
        return FALSE;
      while (open->len > 0
             && !(open->str[open->len - 1] == ']' ? sync_json_next_element (reader)
                                                  : sync_json_next_member (reader, &name)))
        {
          if (reader->fault != NULL)
            return FALSE;
          g_string_truncate (open, open->len - 1);
        }
    }
  while (open->len > 0);
  return TRUE;
}

static gboolean
is_beyond_bound (const SyncJsonReader *reader)
{
  return reader->bound > 0 && reader->depth >= reader->bound;
}

/* The containers call it again: the reader's depth bounds the recursion. */
static gboolean
scan_value (SyncJsonReader *reader)
{
  SyncSpan name;

  if (reader->cursor == reader->end)
    return fail (reader, reader->cursor, "the text ends too early");
  switch (*reader->cursor)
    {
    case '"':
      return scan_string (reader);
    case '{':
      if (is_beyond_bound (reader))
        return skip_container (reader);
      if (!sync_json_enter_object (reader))
        return FALSE;
      while (sync_json_next_member (reader, &name) && scan_value (reader))
        ;
      return reader->fault == NULL;
    case '[':
      if (is_beyond_bound (reader))
        return skip_container (reader);
      if (!sync_json_enter_array (reader))
        return FALSE;
      while (sync_json_next_element (reader) && scan_value (reader))
        ;
      return reader->fault == NULL;
    case 't':
      return scan_word (reader, "true");
    case 'f':
      return scan_word (reader, "false");
    case 'n':
      return scan_word (reader, "null");
    case '-':
    case '0' ... '9':
      return scan_number (reader);
    default:
      return fail (reader, reader->cursor, "a value is missing");
    }
}

static gboolean
enter (SyncJsonReader *reader, char bracket, const char *fault)
{
  if (reader->fault != NULL)
    return FALSE;
  skip_space (reader);
  if (!is_at (reader, bracket))
    return fail (reader, reader->cursor, fault);
  if (reader->depth == SYNC_JSON_MAX_DEPTH)
    return fail (reader, reader->cursor, "nested too deeply");
  reader->cursor++;
  reader->depth++;
  reader->first = TRUE;
  return TRUE;
}

/* Goes to the next element or member; %FALSE after the closing @bracket, which makes the container
 * an element that its own container has read. */
static gboolean
advance (SyncJsonReader *reader, char bracket)
{
  if (reader->fault != NULL)
    return FALSE;
  skip_space (reader);
  if (is_at (reader, bracket))
    {
      reader->cursor++;
      reader->depth--;
      reader->first = FALSE;
      return FALSE;
    }
  if (!reader->first)
    {
      if (!is_at (reader, ','))
        return fail (reader, reader->cursor, "a comma is missing");
      reader->cursor++;
      skip_space (reader);
    }
  reader->first = FALSE;
  return TRUE;
}

/* Public functions */

/**
 * sync_json_reader_init:
 * @reader: (out caller-allocates): a reader
 * @text: (array length=length): JSON text, need not end with a NUL
 * @length: its length in bytes
 *
 * Makes @reader ready to read @text, which must outlive it and all spans that it gives out.
 *
 * The way of use, for arrays (objects likewise, with sync_json_next_member()):
 *
 * ```c
 * if (sync_json_enter_array (&reader))
 *   while (sync_json_next_element (&reader))
 *     sync_json_read_value (&reader, &value); // or enter it, and read it to its end
 * if (reader.fault != NULL || !sync_json_at_end (&reader))
 *   …
 * ```
 *
 * After a fault every function returns %FALSE, so that it is enough to look for one at the end.
 */
void
sync_json_reader_init (SyncJsonReader *reader, const char *text, gsize length)
{
  g_return_if_fail (reader != NULL);
  g_return_if_fail (text != NULL || length == 0);

  if (text == NULL)
    text = "";
  *reader = (SyncJsonReader) { .start = text, .cursor = text, .end = text + length };
}

/**
 * sync_json_enter_array:
 * @reader: a reader at a value
 *
 * Begins to read an array.
 *
 * Returns: %FALSE if there is none, which is a fault
 */
gboolean
sync_json_enter_array (SyncJsonReader *reader)
{
  return enter (reader, '[', "not an array");
}

/**
 * sync_json_enter_object:
 * @reader: a reader at a value
 *
 * Begins to read an object.
 *
 * Returns: %FALSE if there is none, which is a fault
 */
gboolean
sync_json_enter_object (SyncJsonReader *reader)
{
  return enter (reader, '{', "not an object");
}

/**
 * sync_json_next_element:
 * @reader: a reader in an array, whose last element was read to its end
 *
 * Goes to the next element, which must then be read or entered.
 *
 * Returns: %FALSE after the array's end, which is then read, or on a fault
 */
gboolean
sync_json_next_element (SyncJsonReader *reader)
{
  return advance (reader, ']');
}

/**
 * sync_json_next_member:
 * @reader: a reader in an object, whose last member's value was read to its end
 * @name: (out): the member's name as it stands between its quotes, escapes and all: compare it with
 *   sync_json_name_is()
 *
 * Goes to the next member's value, which must then be read or entered.
 *
 * Returns: %FALSE after the object's end, which is then read, or on a fault
 */
gboolean
sync_json_next_member (SyncJsonReader *reader, SyncSpan *name)
{
  if (!advance (reader, '}'))
    return FALSE;
  if (!is_at (reader, '"'))
    return fail (reader, reader->cursor, "a member's name is missing");
  name->text = reader->cursor + 1;
  if (!scan_string (reader))
    return FALSE;
  name->length = reader->cursor - 1 - name->text;
  skip_space (reader);
  if (!is_at (reader, ':'))
    return fail (reader, reader->cursor, "a colon is missing");
  reader->cursor++;
  skip_space (reader);
  return TRUE;
}

/**
 * sync_json_next_member_is:
 * @reader: a reader in an object, whose last member's value was read to its end
 * @member: how the member is expected to begin: its name as a JSON string, and a colon
 * @length: the length of @member in bytes
 *
 * A short cut where the next member is known in all likelihood. Goes to its value like sync_json_next_member().
 *
 * Returns: %FALSE if the next member begins in any other way, or there is none; then nothing was read
 */
gboolean
sync_json_next_member_is (SyncJsonReader *reader, const char *member, gsize length)
{
  const char *cursor = reader->cursor;

  if (reader->fault != NULL)
    return FALSE;
  if (!reader->first)
    {
      if (!is_at (reader, ','))
        return FALSE;
      cursor++;
    }
  while (cursor < reader->end && sync_json_is_space (*cursor))
    cursor++;
  if ((gsize) (reader->end - cursor) < length || memcmp (cursor, member, length) != 0)
    return FALSE;
  reader->cursor = cursor + length;
  reader->first = FALSE;
  skip_space (reader);
  return TRUE;
}

/**
 * sync_json_read_value:
 * @reader: a reader at a value
 * @value: (out): its text, without white space around it
 *
 * Reads a value of any type to its end, and checks all of it.
 *
 * Returns: %FALSE on a fault
 */
gboolean
sync_json_read_value (SyncJsonReader *reader, SyncSpan *value)
{
  if (reader->fault != NULL)
    return FALSE;
  skip_space (reader);
  value->text = reader->cursor;
  if (!scan_value (reader))
    return FALSE;
  value->length = reader->cursor - value->text;
  return TRUE;
}

/**
 * sync_json_read_bounded:
 * @reader: a reader at a value
 * @value: (out): its text, without white space around it
 * @too_deep: (out): whether it is nested deeper than SYNC_JSON_VALUE_DEPTH
 *
 * As sync_json_read_value(), but a value that is nested too deeply is no fault. It was checked, and nothing must
 * be done with it but to keep its text.
 *
 * Returns: %FALSE on a fault
 */
gboolean
sync_json_read_bounded (SyncJsonReader *reader, SyncSpan *value, gboolean *too_deep)
{
  gboolean good;

  reader->bound = reader->depth + SYNC_JSON_VALUE_DEPTH;
  reader->skipped = FALSE;
  good = sync_json_read_value (reader, value);
  *too_deep = reader->skipped;
  reader->bound = 0;
  return good;
}

/**
 * sync_json_is_too_deep:
 * @value: a text
 *
 * Returns: whether it is a value that is nested deeper than SYNC_JSON_VALUE_DEPTH
 */
gboolean
sync_json_is_too_deep (SyncSpan value)
{
  SyncJsonReader reader;
  SyncSpan text;
  gboolean too_deep;

  if (value.length <= 2 * SYNC_JSON_VALUE_DEPTH)
    return FALSE;
  sync_json_reader_init (&reader, value.text, value.length);
  return sync_json_read_bounded (&reader, &text, &too_deep) && too_deep && sync_json_at_end (&reader);
}

/**
 * sync_json_at_end:
 * @reader: a reader
 *
 * Returns: whether there is no fault and nothing left but white space
 */
gboolean
sync_json_at_end (SyncJsonReader *reader)
{
  if (reader->fault != NULL)
    return FALSE;
  skip_space (reader);
  return reader->cursor == reader->end;
}

/**
 * sync_json_offset:
 * @reader: a reader
 *
 * Returns: how many bytes it has read; after a fault: where that is
 */
gsize
sync_json_offset (const SyncJsonReader *reader)
{
  return reader->cursor - reader->start;
}

/**
 * sync_json_is_plain:
 * @text: (array length=length): any bytes
 * @length: how many
 *
 * Returns: whether they are ASCII and can stand in a JSON string as they are
 */
gboolean
sync_json_is_plain (const char *text, gsize length)
{
  return sync_json_skip_plain (text, text + length, TRUE) == text + length;
}

/**
 * sync_json_is_valid:
 * @text: (array length=length): any bytes
 * @length: how many
 *
 * Returns: whether they are one JSON value
 */
gboolean
sync_json_is_valid (const char *text, gsize length)
{
  SyncJsonReader reader;
  SyncSpan value;

  sync_json_reader_init (&reader, text, length);
  return sync_json_read_value (&reader, &value) && sync_json_at_end (&reader);
}
