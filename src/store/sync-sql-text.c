/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-connection.h"
#include "sync-sql-text.h"

typedef enum
{
  TOKEN_WORD,    /* a keyword or a bare name */
  TOKEN_QUOTED,  /* "name", [name] or `name`; also what old SQL takes for a text */
  TOKEN_LITERAL, /* 'text', x'blob' */
  TOKEN_OTHER,   /* a number or one character */
} TokenType;

typedef struct
{
  TokenType type;
  guint start;
  guint length;
  gboolean spaced; /* white space or a comment stands before it */
} Token;

/**
 * SyncSqlText:
 * @sql: (owned): the statement
 * @tokens: (owned) (element-type Token): what it consists of
 */
struct _SyncSqlText
{
  char *sql;
  GArray *tokens;
};

static gboolean
is_word_start (char c)
{
  return g_ascii_isalpha (c) || c == '_' || (guchar) c >= 0x80;
}

static gboolean
is_word_part (char c)
{
  return is_word_start (c) || g_ascii_isdigit (c) || c == '$';
}

/* The length of white space and comments. */
static gsize
skip_space (const char *sql)
{
  const char *c = sql;

  while (TRUE)
    {
      if (g_ascii_isspace (*c))
        c++;
      else if (c[0] == '-' && c[1] == '-')
        c += strcspn (c, "\n");
      else if (c[0] == '/' && c[1] == '*')
        {
          const char *end = strstr (c + 2, "*/");

          c = end != NULL ? end + 2 : c + strlen (c);
        }
      else
        return c - sql;
    }
}

/* The length of something between quotes, in which the closing quote may stand doubled. */
static gsize
quoted_length (const char *sql)
{
  char close = *sql == '[' ? ']' : *sql;
  const char *c = sql + 1;

  while (*c != '\0')
    {
      if (*c == close && (close == ']' || c[1] != close))
        return c + 1 - sql;
      c += *c == close ? 2 : 1;
    }
  return c - sql;
}

static gsize
number_length (const char *sql)
{
  const char *c = sql;

  while (is_word_part (*c) || *c == '.'
         || ((*c == '+' || *c == '-') && (c[-1] == 'e' || c[-1] == 'E')))
    c++;
  return c - sql;
}

static Token
read_token (const char *sql)
{
  Token token = { TOKEN_OTHER, 0, 1, FALSE };

  if ((*sql == 'x' || *sql == 'X') && sql[1] == '\'')
    {
      token.type = TOKEN_LITERAL;
      token.length = 1 + quoted_length (sql + 1);
    }
  else if (*sql == '\'')
    {
      token.type = TOKEN_LITERAL;
      token.length = quoted_length (sql);
    }
  else if (*sql == '"' || *sql == '`' || *sql == '[')
    {
      token.type = TOKEN_QUOTED;
      token.length = quoted_length (sql);
    }
  else if (is_word_start (*sql))
    {
      token.type = TOKEN_WORD;
      while (is_word_part (sql[token.length]))
        token.length++;
    }
  else if (g_ascii_isdigit (*sql) || (*sql == '.' && g_ascii_isdigit (sql[1])))
    token.length = number_length (sql);
  return token;
}

/**
 * sync_sql_text_new: (constructor)
 * @sql: a statement that SQLite accepted
 *
 * Returns: (transfer full): its tokens
 */
SyncSqlText *
sync_sql_text_new (const char *sql)
{
  SyncSqlText *text = g_new0 (SyncSqlText, 1);
  guint position = 0;

  text->sql = g_strdup (sql);
  text->tokens = g_array_new (FALSE, FALSE, sizeof (Token));
  while (TRUE)
    {
      gsize space = skip_space (sql + position);
      Token token;

      position += space;
      if (sql[position] == '\0')
        return text;
      token = read_token (sql + position);
      token.start = position;
      token.spaced = space > 0;
      g_array_append_val (text->tokens, token);
      position += token.length;
    }
}

/**
 * sync_sql_text_free:
 * @text: (transfer full): a statement's tokens
 */
void
sync_sql_text_free (SyncSqlText *text)
{
  g_array_unref (text->tokens);
  g_free (text->sql);
  g_free (text);
}

static const Token *
get_token (const SyncSqlText *text, guint index)
{
  return index < text->tokens->len ? &g_array_index (text->tokens, Token, index) : NULL;
}

static gboolean
is_symbol (const SyncSqlText *text, guint index, char symbol)
{
  const Token *token = get_token (text, index);

  return token != NULL && token->type == TOKEN_OTHER && text->sql[token->start] == symbol;
}

static gboolean
is_word (const SyncSqlText *text, guint index, const char *word)
{
  const Token *token = get_token (text, index);

  return token != NULL && token->type == TOKEN_WORD && token->length == strlen (word)
         && g_ascii_strncasecmp (text->sql + token->start, word, token->length) == 0;
}

/* The name that a token is, without its quotes. */
static char *
dup_name (const SyncSqlText *text, const Token *token)
{
  const char *start = text->sql + token->start;
  GString *name;
  char close;

  if (token->type != TOKEN_QUOTED)
    return g_strndup (start, token->length);
  close = *start == '[' ? ']' : *start;
  name = g_string_new (NULL);
  for (guint i = 1; i + 1 < token->length; i++)
    {
      g_string_append_c (name, start[i]);
      if (start[i] == close)
        i++;
    }
  return g_string_free (name, FALSE);
}

/* The token behind the bracket that closes the one at @open; 0 if none does. */
static guint
skip_brackets (const SyncSqlText *text, guint open)
{
  guint depth = 0;

  for (guint i = open; i < text->tokens->len; i++)
    {
      if (is_symbol (text, i, '('))
        depth++;
      else if (is_symbol (text, i, ')') && --depth == 0)
        return i + 1;
    }
  return 0;
}

/* Without the order of the index and an outer COLLATE, which SQLite tells by itself. */
static SyncSqlRange
trim_term (const SyncSqlText *text, SyncSqlRange range)
{
  while (range.end > range.start)
    {
      guint last = range.end - 1;

      if (last > range.start && (is_word (text, last, "ASC") || is_word (text, last, "DESC")))
        range.end = last;
      else if (last > range.start + 1 && is_word (text, last - 1, "COLLATE"))
        range.end = last - 1;
      else
        break;
    }
  return range;
}

/**
 * sync_sql_text_split_index:
 * @text: a CREATE INDEX statement
 * @terms: (element-type SyncSqlRange): where its columns and expressions are appended
 * @condition: (out): its condition, empty if it has none
 *
 * Returns: %FALSE if it is not such a statement
 */
gboolean
sync_sql_text_split_index (const SyncSqlText *text, GArray *terms, SyncSqlRange *condition)
{
  guint i = 0;
  guint end;
  SyncSqlRange term;

  *condition = (SyncSqlRange) { 0, 0 };
  while (i < text->tokens->len && !is_word (text, i, "ON"))
    i++;
  while (i < text->tokens->len && !is_symbol (text, i, '('))
    i++;
  end = skip_brackets (text, i);
  if (end == 0)
    return FALSE;

  term.start = ++i;
  while (i < end)
    {
      if (is_symbol (text, i, '('))
        {
          i = skip_brackets (text, i);
          continue;
        }
      if (is_symbol (text, i, ',') || i == end - 1)
        {
          SyncSqlRange trimmed;

          term.end = i;
          trimmed = trim_term (text, term);
          g_array_append_val (terms, trimmed);
          term.start = i + 1;
        }
      i++;
    }
  if (is_word (text, end, "WHERE"))
    *condition = (SyncSqlRange) { end + 1, text->tokens->len };
  return TRUE;
}

static const char *
find_name (const GPtrArray *names, const char *name)
{
  for (guint i = 0; i < names->len; i++)
    {
      if (g_ascii_strcasecmp (g_ptr_array_index (names, i), name) == 0)
        return g_ptr_array_index (names, i);
    }
  return NULL;
}

/* Notes what a name stands for; the column's own name if it is one. */
static const char *
note_name (SyncSqlNames *names, const char *name)
{
  static const char *const rowids[] = { "rowid", "oid", "_rowid_" };
  const char *column = find_name (names->columns, name);

  if (column != NULL && find_name (names->used, column) == NULL)
    g_ptr_array_add (names->used, g_strdup (column));
  for (gsize i = 0; column == NULL && i < G_N_ELEMENTS (rowids); i++)
    {
      if (g_ascii_strcasecmp (name, rowids[i]) == 0)
        names->rowid = TRUE;
    }
  return column;
}

static void
append_token (GString *out, const SyncSqlText *text, guint index, SyncSqlNames *names)
{
  const Token *token = get_token (text, index);
  g_autofree char *name = NULL;
  const char *column;

  if ((token->type != TOKEN_WORD && token->type != TOKEN_QUOTED)
      || is_symbol (text, index + 1, '('))
    {
      g_string_append_len (out, text->sql + token->start, token->length);
      return;
    }
  name = dup_name (text, token);
  column = note_name (names, name);
  if (token->type == TOKEN_QUOTED && column != NULL)
    sync_sql_append_identifier (out, column);
  /* "text" that is no column: an SQLite that is told to be strict would not take it for a text. */
  else if (token->type == TOKEN_QUOTED && text->sql[token->start] == '"')
    sync_sql_append_literal (out, name);
  else
    g_string_append_len (out, text->sql + token->start, token->length);
}

/**
 * sync_sql_text_rewrite:
 * @text: a statement
 * @range: an expression in it
 * @names: the columns that there are; which of them the expression names is added
 *
 * Writes the expression so that it means the same wherever columns of these names are in reach:
 * names without their table, texts as texts.
 *
 * Returns: (transfer full): the expression
 */
char *
sync_sql_text_rewrite (const SyncSqlText *text, SyncSqlRange range, SyncSqlNames *names)
{
  GString *out = g_string_new (NULL);

  for (guint i = range.start; i < range.end; i++)
    {
      const Token *token = get_token (text, i);

      if (out->len > 0 && token->spaced)
        g_string_append_c (out, ' ');
      while (i + 2 < range.end && (token->type == TOKEN_WORD || token->type == TOKEN_QUOTED)
             && is_symbol (text, i + 1, '.'))
        {
          i += 2;
          token = get_token (text, i);
        }
      append_token (out, text, i, names);
    }
  return g_string_free (out, FALSE);
}

/**
 * sync_sql_text_find_generated_inputs:
 * @text: a CREATE TABLE statement
 * @names: the columns that there are; those that generated columns are made of are added
 */
void
sync_sql_text_find_generated_inputs (const SyncSqlText *text, SyncSqlNames *names)
{
  for (guint i = 0; i < text->tokens->len; i++)
    {
      if (is_word (text, i, "AS") && is_symbol (text, i + 1, '('))
        {
          SyncSqlRange range = { i + 2, skip_brackets (text, i + 1) };

          g_free (sync_sql_text_rewrite (text, range, names));
        }
    }
}
