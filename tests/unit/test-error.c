/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error.h"

static void
test_detail_travels (void)
{
  g_autoptr (GError) error = sync_error_new (SYNC_ERROR_ROW_REFUSED, "notes", "Refused %d", 7);
  g_autoptr (GError) copy = NULL;
  SyncErrorDetail *detail;

  sync_error_set_reason (error, "23505", 409);
  sync_error_set_reason (error, "23502", 400);
  sync_error_set_column (error, "title");
  sync_error_set_retry_after (error, 12);
  copy = g_error_copy (error);
  g_clear_error (&error);

  g_assert_error (copy, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpstr (copy->message, ==, "Refused 7");
  detail = sync_error_get_detail (copy);
  g_assert_cmpstr (detail->subject, ==, "notes");
  g_assert_cmpstr (detail->reason, ==, "23502");
  g_assert_cmpstr (detail->column, ==, "title");
  g_assert_cmpuint (detail->status, ==, 400);
  g_assert_cmpuint (detail->retry_after, ==, 12);
}

static void
test_prefix_keeps_detail (void)
{
  g_autoptr (GError) error = sync_error_new (SYNC_ERROR_BUSY, "notes.db", "Busy");
  g_autoptr (GError) propagated = NULL;

  g_propagate_prefixed_error (&propagated, g_steal_pointer (&error), "Pull: ");
  g_assert_cmpstr (propagated->message, ==, "Pull: Busy");
  g_assert_cmpstr (sync_error_get_detail (propagated)->subject, ==, "notes.db");
}

static void
test_set_like_g_set_error (void)
{
  g_autoptr (GError) error = NULL;

  sync_error_set (NULL, SYNC_ERROR_FAILED, NULL, "Nobody listens");
  sync_error_set (&error, SYNC_ERROR_NO_TABLE, "notes", "No table %s", "notes");
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_cmpstr (error->message, ==, "No table notes");
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "notes");
  g_assert_null (sync_error_get_detail (error)->column);
}

static void
test_other_domains_have_no_detail (void)
{
  g_autoptr (GError) error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "Failed");

  g_assert_null (sync_error_get_detail (error));
  g_assert_null (sync_error_get_detail (NULL));
}

static void
test_code_names_are_unique_and_go_back (void)
{
  g_autoptr (GHashTable) names = g_hash_table_new (g_str_hash, g_str_equal);
  SyncError code;

  for (int i = 0; i <= SYNC_ERROR_SECRETS; i++)
    {
      const char *name = sync_error_code_name (i);

      g_assert_true (g_hash_table_add (names, (gpointer) name));
      g_assert_true (sync_error_code_from_name (name, &code));
      g_assert_cmpint (code, ==, i);
    }
  g_assert_cmpstr (sync_error_code_name (SYNC_ERROR_ROW_REFUSED), ==, "row-refused");
  g_assert_cmpstr (sync_error_code_name (SYNC_ERROR_NOT_DATABASE), ==, "not-database");
  g_assert_cmpstr (sync_error_code_name (SYNC_ERROR_NO_KEY), ==, "no-key");
  g_assert_cmpstr (sync_error_code_name (SYNC_ERROR_SECRETS), ==, "secrets");
  g_assert_false (sync_error_code_from_name ("nothing", &code));
  g_assert_false (sync_error_code_from_name (NULL, &code));
}

static void
test_only_waiting_helps_transient_errors (void)
{
  const SyncError transient[]
      = { SYNC_ERROR_OFFLINE, SYNC_ERROR_LATER, SYNC_ERROR_CLOCK, SYNC_ERROR_BUSY };
  guint found = 0;

  for (int i = 0; i <= SYNC_ERROR_SECRETS; i++)
    {
      g_autoptr (GError) error = sync_error_new (i, NULL, "Text");
      gboolean expected = FALSE;

      for (guint j = 0; j < G_N_ELEMENTS (transient); j++)
        expected |= transient[j] == (SyncError) i;
      g_assert_cmpint (sync_error_is_transient (error), ==, expected);
      found += sync_error_is_transient (error);
    }
  g_assert_cmpuint (found, ==, G_N_ELEMENTS (transient));
  g_assert_false (sync_error_is_transient (NULL));
}

static void
test_cancelled_is_recognised (void)
{
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Stop");
  g_autoptr (GError) failed = sync_error_new (SYNC_ERROR_FAILED, NULL, "Failed");

  g_assert_true (sync_error_is_cancelled (cancelled));
  g_assert_false (sync_error_is_transient (cancelled));
  g_assert_false (sync_error_is_cancelled (failed));
  g_assert_false (sync_error_is_cancelled (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error/detail-travels-with-copies", test_detail_travels);
  g_test_add_func ("/error/a-prefix-keeps-the-detail", test_prefix_keeps_detail);
  g_test_add_func ("/error/sets-like-g-set-error", test_set_like_g_set_error);
  g_test_add_func ("/error/other-domains-have-no-detail", test_other_domains_have_no_detail);
  g_test_add_func ("/error/code-names-are-unique-and-go-back",
                   test_code_names_are_unique_and_go_back);
  g_test_add_func ("/error/only-waiting-helps-transient-errors",
                   test_only_waiting_helps_transient_errors);
  g_test_add_func ("/error/cancelled-is-recognised", test_cancelled_is_recognised);
  return g_test_run ();
}
