/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-text-diff.h"

#include <string.h>

/* Where two texts differ, in words, as people read them. The longest common subsequence is looked for between what
 * both begin and end with; where that is too long for it, all of it counts as different. */

#define MAX_CELLS (1 << 20)

typedef struct
{
  const char *text;
  guint start;
  guint length;
} Token;

typedef enum
{
  KIND_SPACE,
  KIND_WORD,
  KIND_OTHER, /* each stands alone */
} Kind;

static Kind
kind_of (gunichar c)
{
  if (g_unichar_isspace (c))
    return KIND_SPACE;
  return g_unichar_isalnum (c) || g_unichar_ismark (c) || c == '_' ? KIND_WORD : KIND_OTHER;
}

static GArray *
split (const char *text)
{
  GArray *tokens = g_array_new (FALSE, FALSE, sizeof (Token));
  const char *start = text;

  while (*start != '\0')
    {
      Kind kind = kind_of (g_utf8_get_char (start));
      const char *end = g_utf8_next_char (start);
      Token token;

      while (kind != KIND_OTHER && *end != '\0' && kind_of (g_utf8_get_char (end)) == kind)
        end = g_utf8_next_char (end);
      token = (Token){ start, (guint) (start - text), (guint) (end - start) };
      g_array_append_val (tokens, token);
      start = end;
    }
  return tokens;
}

static gboolean
tokens_equal (const GArray *a, guint i, const GArray *b, guint j)
{
  const Token *one = &g_array_index (a, Token, i);
  const Token *other = &g_array_index (b, Token, j);

  return one->length == other->length && memcmp (one->text, other->text, one->length) == 0;
}

/* Neighbours become one range. */
static void
add_range (GArray *ranges, const Token *token)
{
  SyncTextRange range = { token->start, token->start + token->length };
  SyncTextRange *last = ranges->len > 0 ? &g_array_index (ranges, SyncTextRange, ranges->len - 1) : NULL;

  if (last != NULL && last->end == range.start)
    last->end = range.end;
  else
    g_array_append_val (ranges, range);
}

static void
add_ranges (GArray *ranges, const GArray *tokens, guint from, guint to)
{
  for (guint i = from; i < to; i++)
    add_range (ranges, &g_array_index (tokens, Token, i));
}

/* The middle of both: lengths[i][j] is how many tokens the ends from i and j have in common. */
static void
compare_middle (const GArray *a, guint a_from, guint a_to, const GArray *b, guint b_from, guint b_to, GArray *only_a,
                GArray *only_b)
{
  guint n = a_to - a_from, m = b_to - b_from;
  gsize width = m + 1;
  g_autofree guint16 *lengths = g_new0 (guint16, (n + 1) * width);
  guint i = 0, j = 0;

  for (guint x = n; x-- > 0;)
    for (guint y = m; y-- > 0;)
      lengths[x * width + y] = tokens_equal (a, a_from + x, b, b_from + y)
                                   ? (guint16) (lengths[(x + 1) * width + y + 1] + 1)
                                   : MAX (lengths[(x + 1) * width + y], lengths[x * width + y + 1]);
  while (i < n && j < m)
    {
      if (tokens_equal (a, a_from + i, b, b_from + j))
        i++, j++;
      else if (lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])
        add_range (only_a, &g_array_index (a, Token, a_from + i++));
      else
        add_range (only_b, &g_array_index (b, Token, b_from + j++));
    }
  add_ranges (only_a, a, a_from + i, a_to);
  add_ranges (only_b, b, b_from + j, b_to);
}

/**
 * sync_text_diff:
 * @a: a text, UTF-8
 * @b: another one
 * @only_a: (element-type SyncTextRange): gets the parts of @a that @b does not have, in their order
 * @only_b: (element-type SyncTextRange): gets the parts of @b that @a does not have
 *
 * Compares two texts word by word.
 */
void
sync_text_diff (const char *a, const char *b, GArray *only_a, GArray *only_b)
{
  g_autoptr (GArray) a_tokens = split (a);
  g_autoptr (GArray) b_tokens = split (b);
  guint start = 0, a_end = a_tokens->len, b_end = b_tokens->len;

  while (start < a_end && start < b_end && tokens_equal (a_tokens, start, b_tokens, start))
    start++;
  while (a_end > start && b_end > start && tokens_equal (a_tokens, a_end - 1, b_tokens, b_end - 1))
    a_end--, b_end--;
  if ((guint64) (a_end - start + 1) * (b_end - start + 1) <= MAX_CELLS && MIN (a_end, b_end) - start < G_MAXUINT16)
    compare_middle (a_tokens, start, a_end, b_tokens, start, b_end, only_a, only_b);
  else
    {
      add_ranges (only_a, a_tokens, start, a_end);
      add_ranges (only_b, b_tokens, start, b_end);
    }
}
