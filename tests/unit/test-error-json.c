/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error-json.h"

static void
test_round_trip (void)
{
  for (int code = 0; code <= SYNC_ERROR_SECRETS; code++)
    {
      g_autoptr (GError) error = sync_error_new ((SyncError) code, "a \"table\"\n", "for logs");
      g_autoptr (GError) back = NULL;
      g_autofree char *json = NULL;
      const SyncErrorDetail *detail;

      sync_error_set_reason (error, "23505", 409);
      sync_error_set_column (error, "ä");
      json = sync_error_to_json (error);
      back = sync_error_from_json (json);
      g_assert_error (back, SYNC_ERROR, code);
      detail = sync_error_get_detail (back);
      g_assert_cmpstr (detail->subject, ==, "a \"table\"\n");
      g_assert_cmpstr (detail->reason, ==, "23505");
      g_assert_cmpstr (detail->column, ==, "ä");
      g_assert_cmpuint (detail->status, ==, 409);
    }
}

static void
test_text_is_left_out (void)
{
  g_autoptr (GError) error
      = sync_error_new (SYNC_ERROR_ROW_REFUSED, NULL, "Key (mail)=(a@b) exists");
  g_autofree char *json = sync_error_to_json (error);

  g_assert_cmpstr (json, ==, "{\"code\":\"row-refused\"}");
}

static void
test_other_domains (void)
{
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "x");
  g_autoptr (GError) other = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOENT, "x");
  g_autofree char *cancelled_json = sync_error_to_json (cancelled);
  g_autofree char *other_json = sync_error_to_json (other);
  g_autoptr (GError) back = sync_error_from_json (cancelled_json);

  g_assert_true (sync_error_is_cancelled (back));
  g_assert_cmpstr (other_json, ==, "{\"code\":\"failed\"}");
  g_assert_null (sync_error_to_json (NULL));
  g_assert_null (sync_error_from_json (NULL));
}

static void
test_foreign_text (void)
{
  static const char *const texts[] = { "",
                                       "nonsense",
                                       "[]",
                                       "null",
                                       "{",
                                       "{\"code\":1}",
                                       "{\"code\":\"new\"}",
                                       "{\"code\":null,\"reason\":[]}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = sync_error_from_json (texts[i]);

      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_FAILED);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/error-json/every-code-comes-back-with-its-data", test_round_trip);
  g_test_add_func ("/error-json/the-text-for-logs-is-not-kept", test_text_is_left_out);
  g_test_add_func ("/error-json/errors-of-other-domains", test_other_domains);
  g_test_add_func ("/error-json/what-is-none-of-ours-is-a-failure", test_foreign_text);
  return g_test_run ();
}
