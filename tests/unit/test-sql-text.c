/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-sql-text.h"

static GPtrArray *
list_columns (void)
{
  static const char *const names[] = { "a", "B", "two words", "q\"uote", "end" };
  GPtrArray *columns = g_ptr_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_ptr_array_add (columns, (gpointer) names[i]);
  return columns;
}

static char *
join (const GPtrArray *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "|" : "",
                            (const char *) g_ptr_array_index (names, i));
  return g_string_free (text, FALSE);
}

typedef struct
{
  const char *sql;
  const char *terms; /* rewritten, each ending in ; */
  const char *condition;
  const char *used;
  gboolean rowid;
} Split;

static const Split splits[] = {
  { "CREATE UNIQUE INDEX i ON t (a)", "a;", "", "a" },
  { "CREATE UNIQUE INDEX \"i (ON\" ON \"t (\"(A, b DESC, [two words] COLLATE NOCASE ASC)",
    "A;b;\"two words\";", "", "a|B|two words" },
  { "CREATE UNIQUE INDEX i on t(lower(a), coalesce(b,',)') COLLATE \"x y\", (a || 'it''s' COLLATE "
    "NOCASE)) where a>1",
    "lower(a);coalesce(b,',)');(a || 'it''s' COLLATE NOCASE);", "a>1", "a|B" },
  { "CREATE UNIQUE INDEX i ON t (a -- , b\n , /* c) */ `q\"uote`)\n WHERE b = \"some text\" -- end",
    "a;\"q\"\"uote\";", "b = 'some text'", "a|q\"uote|B" },
  { "CREATE UNIQUE INDEX i ON t (x'ab''cd' || a) WHERE t.a IS NOT NULL AND main.t.\"b\" <> .5e-3 "
    "OR \"T\".B",
    "x'ab''cd' || a;", "a IS NOT NULL AND \"B\" <> .5e-3 OR B", "a|B" },
  { "CREATE UNIQUE INDEX i ON t (a) WHERE \"lower\"(\"two words\") = \"it's\" AND rowid > 5", "a;",
    "\"lower\"(\"two words\") = 'it''s' AND rowid > 5", "a|two words", TRUE },
  { "CREATE UNIQUE INDEX i ON t (CASE a WHEN 1 THEN \"END\" END, a->>'$.b')",
    "CASE a WHEN 1 THEN \"end\" END;a->>'$.b';", "", "a|end" },
};

static void
check_split (const Split *split)
{
  g_autoptr (SyncSqlText) text = sync_sql_text_new (split->sql);
  g_autoptr (GArray) terms = g_array_new (FALSE, FALSE, sizeof (SyncSqlRange));
  g_autoptr (GPtrArray) columns = list_columns ();
  g_autoptr (GPtrArray) used = g_ptr_array_new_with_free_func (g_free);
  SyncSqlNames names = { columns, used, FALSE };
  g_autoptr (GString) rewritten = g_string_new (NULL);
  g_autofree char *condition = NULL;
  g_autofree char *found = NULL;
  SyncSqlRange range;

  g_assert_true (sync_sql_text_split_index (text, terms, &range));
  for (guint i = 0; i < terms->len; i++)
    {
      g_autofree char *term
          = sync_sql_text_rewrite (text, g_array_index (terms, SyncSqlRange, i), &names);

      g_string_append_printf (rewritten, "%s;", term);
    }
  condition = sync_sql_text_rewrite (text, range, &names);
  found = join (used);
  g_assert_cmpstr (rewritten->str, ==, split->terms);
  g_assert_cmpstr (condition, ==, split->condition);
  g_assert_cmpstr (found, ==, split->used);
  g_assert_cmpint (names.rowid, ==, split->rowid);
}

static void
test_indexes_are_cut_into_their_terms (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (splits); i++)
    check_split (&splits[i]);
}

static void
test_what_is_cut_off_is_not_read_beyond (void)
{
  static const char *const texts[] = { "",
                                       "CREATE",
                                       "CREATE UNIQUE INDEX i ON t",
                                       "CREATE UNIQUE INDEX i ON t (a",
                                       "CREATE UNIQUE INDEX i ON t ((a)",
                                       "\"",
                                       "'abc",
                                       "x'",
                                       "/*",
                                       "--",
                                       "[a",
                                       ")",
                                       "CREATE UNIQUE INDEX i ON t (a, 'b)" };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SyncSqlText) text = sync_sql_text_new (texts[i]);
      g_autoptr (GArray) terms = g_array_new (FALSE, FALSE, sizeof (SyncSqlRange));
      SyncSqlRange range;

      g_assert_false (sync_sql_text_split_index (text, terms, &range));
    }
}

static void
test_what_generated_columns_are_made_of_is_found (void)
{
  g_autoptr (SyncSqlText) text
      = sync_sql_text_new ("CREATE TABLE t (a AS (lower(\"two words\") || CAST(b AS TEXT)), c "
                           "DEFAULT (a), d TEXT GENERATED ALWAYS AS"
                           " (oid + 1) STORED, e AS ('q\"uote'))");
  g_autoptr (GPtrArray) columns = list_columns ();
  g_autoptr (GPtrArray) used = g_ptr_array_new_with_free_func (g_free);
  SyncSqlNames names = { columns, used, FALSE };
  g_autofree char *found = NULL;

  sync_sql_text_find_generated_inputs (text, &names);
  found = join (used);
  g_assert_cmpstr (found, ==, "two words|B");
  g_assert_true (names.rowid);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sql-text/indexes-are-cut-into-their-terms",
                   test_indexes_are_cut_into_their_terms);
  g_test_add_func ("/sql-text/what-is-cut-off-is-not-read-beyond",
                   test_what_is_cut_off_is_not_read_beyond);
  g_test_add_func ("/sql-text/what-generated-columns-are-made-of-is-found",
                   test_what_generated_columns_are_made_of_is_found);
  return g_test_run ();
}
