/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-text.h"

#include <stdarg.h>

#include <glib/gi18n.h>

#include "sync-types.h"
#include "sync-words.h"

/* A cell keeps at least so many columns when a table is made narrower. */
#define NARROWEST_CELL 8
#define GAP 2

/* Nothing longer is compared with what was perhaps meant. */
#define LONGEST_TYPED 64

struct _CliTable
{
  guint n_columns;
  GPtrArray *cells; /* (element-type utf8): row by row, the titles first */
  guint64 right;    /* bit n: column n is lined up at its right edge */
};

/* Controls move the cursor, or worse; marks of direction make text read as what it is not. */
static gboolean
is_harmful (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/**
 * cli_escape:
 * @text: (nullable): a text from anywhere
 *
 * Returns: (transfer full): @text in one line and valid, with an escape for each character that a
 *   terminal would obey instead of showing it
 */
char *
cli_escape (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", -1);
  GString *escaped = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar c = g_utf8_get_char (at);

      if (c == '\n')
        g_string_append (escaped, "\\n");
      else if (c == '\t')
        g_string_append (escaped, "\\t");
      else if (is_harmful (c))
        g_string_append_printf (escaped, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
      else
        g_string_append_unichar (escaped, c);
    }
  return g_string_free (escaped, FALSE);
}

static guint
character_width (gunichar c)
{
  if (g_unichar_iszerowidth (c))
    return 0;
  return g_unichar_iswide (c) ? 2 : 1;
}

/**
 * cli_width:
 * @text: valid UTF-8
 *
 * Returns: how many columns of a terminal @text takes
 */
guint
cli_width (const char *text)
{
  guint width = 0;

  for (; *text != '\0'; text = g_utf8_next_char (text))
    width += character_width (g_utf8_get_char (text));
  return width;
}

/**
 * cli_shorten:
 * @text: valid UTF-8
 * @width: columns of a terminal, at least 1
 *
 * Returns: (transfer full): @text, cut with an ellipsis if it is wider than @width
 */
char *
cli_shorten (const char *text, guint width)
{
  const char *at = text;
  guint used = 0;

  if (cli_width (text) <= width)
    return g_strdup (text);
  for (; *at != '\0'; at = g_utf8_next_char (at))
    {
      used += character_width (g_utf8_get_char (at));
      if (used > width - 1)
        break;
    }
  return g_strdup_printf ("%.*s…", (int) (at - text), text);
}

/**
 * cli_dup_time:
 * @microseconds: since 1970, or SYNC_TIME_UNKNOWN
 *
 * Returns: (transfer full): the time as people say it
 */
char *
cli_dup_time (gint64 microseconds)
{
  if (microseconds == SYNC_TIME_UNKNOWN)
    return g_strdup (_("never"));
  return sync_words_for_time (microseconds, g_get_real_time ());
}

char *
cli_dup_size (gint64 bytes)
{
  return g_format_size (MAX (bytes, 0));
}

/**
 * cli_table_new: (constructor)
 * @title: the first column's title
 * @...: the other titles, then %NULL
 *
 * Returns: (transfer full): a table without rows
 */
CliTable *
cli_table_new (const char *title, ...)
{
  CliTable *table = g_new0 (CliTable, 1);
  va_list args;

  table->cells = g_ptr_array_new_with_free_func (g_free);
  va_start (args, title);
  for (; title != NULL; title = va_arg (args, const char *))
    g_ptr_array_add (table->cells, g_strdup (title));
  va_end (args);
  table->n_columns = table->cells->len;
  return table;
}

void
cli_table_free (CliTable *table)
{
  g_ptr_array_unref (table->cells);
  g_free (table);
}

void
cli_table_align_right (CliTable *table, guint column)
{
  table->right |= G_GUINT64_CONSTANT (1) << column;
}

/**
 * cli_table_add:
 * @table: a table
 * @...: (nullable): a text for each of its columns, none for %NULL
 *
 * Adds a row.
 */
void
cli_table_add (CliTable *table, ...)
{
  va_list args;

  va_start (args, table);
  for (guint i = 0; i < table->n_columns; i++)
    g_ptr_array_add (table->cells, cli_escape (va_arg (args, const char *)));
  va_end (args);
}

/* The widest column gives way first, so that the narrow ones, mostly numbers and names, stay whole.
 */
static void
make_narrower (guint *widths, guint n_columns, guint width)
{
  guint total = GAP * (n_columns - 1);

  for (guint i = 0; i < n_columns; i++)
    total += widths[i];
  while (total > width)
    {
      guint widest = 0;

      for (guint i = 1; i < n_columns; i++)
        {
          if (widths[i] > widths[widest])
            widest = i;
        }
      if (widths[widest] <= NARROWEST_CELL)
        return;
      widths[widest]--;
      total--;
    }
}

static guint *
measure (CliTable *table, guint width)
{
  guint *widths = g_new0 (guint, table->n_columns);

  for (guint i = 0; i < table->cells->len; i++)
    {
      guint *column = &widths[i % table->n_columns];

      *column = MAX (*column, cli_width (g_ptr_array_index (table->cells, i)));
    }
  if (width > 0)
    make_narrower (widths, table->n_columns, width);
  return widths;
}

static void
append_cell (GString *text, const char *cell, guint width, gboolean right)
{
  guint missing = width - cli_width (cell);

  if (!right)
    g_string_append (text, cell);
  for (guint i = 0; i < missing; i++)
    g_string_append_c (text, ' ');
  if (right)
    g_string_append (text, cell);
}

static void
trim_end (GString *text)
{
  while (text->len > 0 && text->str[text->len - 1] == ' ')
    g_string_truncate (text, text->len - 1);
}

/**
 * cli_table_format:
 * @table: a table
 * @width: columns of the terminal that it shall fit into, or 0 to cut nothing
 *
 * Returns: (transfer full): the table as text, a line for each row
 */
char *
cli_table_format (CliTable *table, guint width)
{
  g_autofree guint *widths = measure (table, width);
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < table->cells->len; i++)
    {
      guint column = i % table->n_columns;
      g_autofree char *cell = cli_shorten (g_ptr_array_index (table->cells, i), widths[column]);

      if (column > 0)
        g_string_append_printf (text, "%*s", GAP, "");
      append_cell (text, cell, widths[column], (table->right >> column) & 1);
      if (column + 1 < table->n_columns)
        continue;
      trim_end (text);
      g_string_append_c (text, '\n');
    }
  return g_string_free (text, FALSE);
}

/* How many letters must be typed otherwise, left out, added or swapped with the next one. */
static guint
distance_of (const char *one, const char *other)
{
  gsize n_one = strlen (one), n_other = strlen (other);
  gsize width = n_other + 1;
  g_autofree guint *table = g_new0 (guint, (n_one + 1) * width);

  for (gsize i = 0; i <= n_one; i++)
    {
      for (gsize k = 0; k <= n_other; k++)
        {
          guint *cell = &table[i * width + k];

          *cell = MAX (i, k);
          if (i == 0 || k == 0)
            continue;
          *cell = MIN (cell[-1], *(cell - width)) + 1;
          *cell = MIN (*cell, *(cell - width - 1) + (one[i - 1] != other[k - 1] ? 1 : 0));
          if (i > 1 && k > 1 && one[i - 1] == other[k - 2] && one[i - 2] == other[k - 1])
            *cell = MIN (*cell, *(cell - 2 * width - 2) + 1);
        }
    }
  return table[n_one * width + n_other];
}

/**
 * cli_find_similar:
 * @typed: what somebody typed
 * @known: what there is
 *
 * Returns: (nullable): which of @known was probably meant
 */
const char *
cli_find_similar (const char *typed, const char *const *known)
{
  const char *best = NULL;
  guint least = G_MAXUINT;

  if (strlen (typed) > LONGEST_TYPED)
    return NULL;
  for (; *known != NULL; known++)
    {
      guint allowed = MAX (1, (MAX (strlen (typed), strlen (*known)) + 1) / 3);
      guint distance = distance_of (typed, *known);

      if (distance > allowed || distance >= least || distance >= strlen (*known))
        continue;
      least = distance;
      best = *known;
    }
  return best;
}
