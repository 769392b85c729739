/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <string.h>

#include "sync-connection-private.h"

/* Values as the SQL function quote() writes them, which is how rows are named in our tables. */

static void
append_quoted_text (GString *out, const char *text, gsize length)
{
  const char *end = memchr (text, '\0', length);

  /* As quote() does, which ends at a NUL. */
  if (end != NULL)
    length = end - text;
  g_string_append_c (out, '\'');
  for (gsize i = 0; i < length; i++)
    {
      if (text[i] == '\'')
        g_string_append_c (out, '\'');
      g_string_append_c (out, text[i]);
    }
  g_string_append_c (out, '\'');
}

static void
append_quoted_blob (GString *out, const guint8 *bytes, gsize length)
{
  static const char digits[] = "0123456789ABCDEF";

  g_string_append (out, "X'");
  for (gsize i = 0; i < length; i++)
    {
      g_string_append_c (out, digits[bytes[i] >> 4]);
      g_string_append_c (out, digits[bytes[i] & 0xf]);
    }
  g_string_append_c (out, '\'');
}

/* How quote() writes a real changed over SQLite's versions, so the library itself is asked. */
static char *
quote_double (SyncConnection *connection, double value)
{
  SyncStatement *quote = sync_connection_prepare (connection, "SELECT quote(?1)", NULL);
  char *text = NULL;

  g_assert (quote != NULL);
  sync_statement_bind_double (quote, 1, value);
  if (sync_statement_step (quote, NULL) == SYNC_STEP_ROW)
    text = sync_statement_dup_text (quote, 0);
  sync_statement_reset (quote);
  return text;
}

/**
 * sync_statement_append_quoted:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 * @out: where to append
 *
 * Appends the value as the SQL function `quote()` writes it.
 */
void
sync_statement_append_quoted (SyncStatement *statement, int column, GString *out)
{
  g_autofree char *real = NULL;
  gconstpointer value;
  gsize length;

  switch (sync_statement_type (statement, column))
    {
    case SYNC_VALUE_INTEGER:
      g_string_append_printf (out, "%" G_GINT64_FORMAT, sync_statement_int64 (statement, column));
      break;
    case SYNC_VALUE_REAL:
      real = quote_double (statement->connection, sync_statement_double (statement, column));
      g_string_append (out, real);
      break;
    case SYNC_VALUE_TEXT:
      value = sync_statement_text (statement, column, &length);
      append_quoted_text (out, value, length);
      break;
    case SYNC_VALUE_BLOB:
      value = sync_statement_blob (statement, column, &length);
      append_quoted_blob (out, value, length);
      break;
    case SYNC_VALUE_NULL:
    default:
      g_string_append (out, "NULL");
      break;
    }
}

static double
cast_to_double (SyncConnection *connection, const char *text)
{
  SyncStatement *cast = sync_connection_prepare (connection, "SELECT CAST(?1 AS REAL)", NULL);
  double value = 0;

  g_assert (cast != NULL);
  sync_statement_bind_text (cast, 1, text, -1);
  if (sync_statement_step (cast, NULL) == SYNC_STEP_ROW)
    value = sync_statement_double (cast, 0);
  sync_statement_reset (cast);
  return value;
}

static gboolean
is_written_as (SyncConnection *connection, double value, const char *text)
{
  g_autofree char *quoted = quote_double (connection, value);

  return g_strcmp0 (quoted, text) == 0;
}

/* The real that quote() wrote as `text`. SQLite's own reading of decimal digits is off by a bit for
 * some numbers and differs between versions; the right one is the one written the same way. */
static double
unquote_double (SyncConnection *connection, const char *text)
{
  double exact = g_ascii_strtod (text, NULL);
  double candidate;

  if (is_written_as (connection, exact, text))
    return exact;
  candidate = cast_to_double (connection, text);
  if (is_written_as (connection, candidate, text))
    return candidate;
  candidate = nextafter (exact, INFINITY);
  if (is_written_as (connection, candidate, text))
    return candidate;
  candidate = nextafter (exact, -INFINITY);
  if (is_written_as (connection, candidate, text))
    return candidate;
  return exact;
}

static gboolean
bind_quoted_text (SyncStatement *statement, int index, const char *text, gsize length, gsize *used)
{
  g_autoptr (GString) value = g_string_sized_new (length);
  gsize i = 1;

  while (i < length)
    {
      if (text[i] == '\'' && (i + 1 >= length || text[i + 1] != '\''))
        {
          sync_statement_bind_text (statement, index, value->str, value->len);
          *used = i + 1;
          return TRUE;
        }
      if (text[i] == '\'')
        i++;
      g_string_append_c (value, text[i]);
      i++;
    }
  return FALSE;
}

static gboolean
bind_quoted_blob (SyncStatement *statement, int index, const char *text, gsize length, gsize *used)
{
  g_autoptr (GByteArray) value = g_byte_array_new ();
  gsize i = 2;

  while (i + 1 < length && text[i] != '\'')
    {
      int high = g_ascii_xdigit_value (text[i]);
      int low = g_ascii_xdigit_value (text[i + 1]);
      guint8 byte;

      if (high < 0 || low < 0)
        return FALSE;
      byte = (guint8) (high << 4 | low);
      g_byte_array_append (value, &byte, 1);
      i += 2;
    }
  if (i >= length || text[i] != '\'')
    return FALSE;
  sync_statement_bind_blob (statement, index, value->data, value->len);
  *used = i + 1;
  return TRUE;
}

static gboolean
is_decimal (const char *word)
{
  char *end;

  if (word[0] == '\0' || word[strspn (word, "0123456789+-.eE")] != '\0')
    return FALSE;
  g_ascii_strtod (word, &end);
  return *end == '\0';
}

static gboolean
bind_quoted_number (SyncStatement *statement, int index, const char *text, gsize length,
                    gsize *used)
{
  const char *comma = memchr (text, ',', length);
  g_autofree char *word = g_strndup (text, comma != NULL ? (gsize) (comma - text) : length);
  gint64 integer;

  *used = strlen (word);
  if (g_str_equal (word, "NULL"))
    sync_statement_bind_null (statement, index);
  else if (g_str_equal (word, "Inf") || g_str_equal (word, "9.0e+999"))
    sync_statement_bind_double (statement, index, INFINITY);
  else if (g_str_equal (word, "-Inf") || g_str_equal (word, "-9.0e+999"))
    sync_statement_bind_double (statement, index, -INFINITY);
  else if (g_ascii_string_to_signed (word, 10, G_MININT64, G_MAXINT64, &integer, NULL))
    sync_statement_bind_int64 (statement, index, integer);
  else if (is_decimal (word))
    sync_statement_bind_double (statement, index, unquote_double (statement->connection, word));
  else
    return FALSE;
  return TRUE;
}

/**
 * sync_statement_bind_quoted:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @text: a value as `quote()` writes it, and perhaps more behind it
 * @length: the bytes of @text
 * @used: (out): how many bytes of @text the value took
 *
 * Returns: %FALSE if @text does not begin with a quoted value
 */
gboolean
sync_statement_bind_quoted (SyncStatement *statement, int index, const char *text, gsize length,
                            gsize *used)
{
  g_return_val_if_fail (statement != NULL, FALSE);
  g_return_val_if_fail (text != NULL && used != NULL, FALSE);

  *used = 0;
  if (length == 0)
    return FALSE;
  if (text[0] == '\'')
    return bind_quoted_text (statement, index, text, length, used);
  if (length > 1 && (text[0] == 'X' || text[0] == 'x') && text[1] == '\'')
    return bind_quoted_blob (statement, index, text, length, used);
  return bind_quoted_number (statement, index, text, length, used);
}
