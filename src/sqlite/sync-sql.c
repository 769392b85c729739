/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection.h"

/* Pieces of statements. */

static void
append_doubling (GString *sql, const char *text, char quote)
{
  g_string_append_c (sql, quote);
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == quote)
        g_string_append_c (sql, quote);
      g_string_append_c (sql, *c);
    }
  g_string_append_c (sql, quote);
}

/**
 * sync_sql_append_identifier:
 * @sql: a statement being written
 * @name: the name of a table or column, of any characters
 */
void
sync_sql_append_identifier (GString *sql, const char *name)
{
  append_doubling (sql, name, '"');
}

/**
 * sync_sql_quote_identifier:
 * @name: the name of a table or column, of any characters
 *
 * Returns: (transfer full): the name as SQL takes it
 */
char *
sync_sql_quote_identifier (const char *name)
{
  GString *sql = g_string_new (NULL);

  sync_sql_append_identifier (sql, name);
  return g_string_free (sql, FALSE);
}

/**
 * sync_sql_append_literal:
 * @sql: a statement being written
 * @text: a text
 */
void
sync_sql_append_literal (GString *sql, const char *text)
{
  append_doubling (sql, text, '\'');
}

/**
 * sync_sql_append_values:
 * @sql: an INSERT being written
 * @n_columns: how many columns it names
 * @n_rows: of how many rows
 *
 * Writes `(?1, ?2), (?3, ?4)`, and so on.
 */
void
sync_sql_append_values (GString *sql, guint n_columns, guint n_rows)
{
  guint parameter = 0;

  for (guint row = 0; row < n_rows; row++)
    {
      g_string_append (sql, row == 0 ? "(" : ", (");
      for (guint column = 0; column < n_columns; column++)
        g_string_append_printf (sql, column == 0 ? "?%u" : ", ?%u", ++parameter);
      g_string_append_c (sql, ')');
    }
}
