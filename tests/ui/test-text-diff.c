/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-text-diff.h"

#include <string.h>

/* `[…]` around each part that the other text does not have. */
static char *
bracket (const char *text, const GArray *ranges)
{
  GString *out = g_string_new (NULL);
  guint at = 0;

  for (guint i = 0; i < ranges->len; i++)
    {
      const SyncTextRange *range = &g_array_index (ranges, SyncTextRange, i);

      g_assert_cmpuint (range->start, >=, at);
      g_assert_cmpuint (range->end, >, range->start);
      g_string_append_len (out, text + at, range->start - at);
      g_string_append_printf (out, "[%.*s]", (int) (range->end - range->start), text + range->start);
      at = range->end;
    }
  g_string_append (out, text + at);
  return g_string_free (out, FALSE);
}

static void
expect (const char *a, const char *b, const char *expected_a, const char *expected_b)
{
  g_autoptr (GArray) only_a = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));
  g_autoptr (GArray) only_b = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));
  g_autofree char *shown_a = NULL, *shown_b = NULL;

  sync_text_diff (a, b, only_a, only_b);
  shown_a = bracket (a, only_a);
  shown_b = bracket (b, only_b);
  g_assert_cmpstr (shown_a, ==, expected_a);
  g_assert_cmpstr (shown_b, ==, expected_b);
}

static void
test_words (void)
{
  expect ("", "", "", "");
  expect ("same", "same", "same", "same");
  expect ("", "new", "", "[new]");
  expect ("the red house", "the blue house", "the [red] house", "the [blue] house");
  expect ("one two three", "one three", "one [two ]three", "one three");
  expect ("a.b", "a,b", "a[.]b", "a[,]b");
  expect ("größe", "große", "[größe]", "[große]");
  expect ("same", "same ", "same", "same[ ]");
}

static void
test_json (void)
{
  expect ("{\n  \"a\": 1,\n  \"b\": 2\n}", "{\n  \"a\": 1,\n  \"b\": 3\n}", "{\n  \"a\": 1,\n  \"b\": [2]\n}",
          "{\n  \"a\": 1,\n  \"b\": [3]\n}");
}

/* Too long to be looked through: all that is not at both ends counts as different. */
static void
test_long (void)
{
  g_autoptr (GString) a = g_string_new ("start "), b = g_string_new ("start ");
  g_autoptr (GArray) only_a = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));
  g_autoptr (GArray) only_b = g_array_new (FALSE, FALSE, sizeof (SyncTextRange));

  for (guint i = 0; i < 3000; i++)
    {
      g_string_append_printf (a, "a%u ", i);
      g_string_append_printf (b, "b%u ", i);
    }
  g_string_append (a, "end");
  g_string_append (b, "end");
  sync_text_diff (a->str, b->str, only_a, only_b);
  g_assert_cmpuint (only_a->len, ==, 1);
  g_assert_cmpuint (g_array_index (only_a, SyncTextRange, 0).start, ==, strlen ("start "));
  g_assert_cmpuint (only_b->len, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/text-diff/words", test_words);
  g_test_add_func ("/text-diff/lines-of-json", test_json);
  g_test_add_func ("/text-diff/long-texts-in-bounded-time", test_long);
  return g_test_run ();
}
