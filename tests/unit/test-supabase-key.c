/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-key.h"

#include <string.h>

static char *
new_jwt (const char *payload)
{
  g_autofree char *header = g_base64_encode ((const guchar *) "{\"alg\":\"HS256\"}", 15);
  g_autofree char *body = g_base64_encode ((const guchar *) payload, strlen (payload));
  GString *plain = g_string_new (NULL);

  g_string_printf (plain, "%s.%s.c2lnbmF0dXJl", header, body);
  g_string_replace (plain, "=", "", 0);
  g_string_replace (plain, "+", "-", 0);
  g_string_replace (plain, "/", "_", 0);
  return g_string_free (plain, FALSE);
}

static void
test_an_address_has_one_form (void)
{
  static const struct
  {
    const char *given;
    const char *normal;
  } cases[] = {
    { "https://abc.supabase.co", "https://abc.supabase.co" },
    { " https://ABC.Supabase.co/// \n", "https://abc.supabase.co" },
    { "HTTPS://abc.supabase.co:443/", "https://abc.supabase.co" },
    { "https://abc.supabase.co/rest/v1", "https://abc.supabase.co" },
    { "https://abc.supabase.co/rest/v1/", "https://abc.supabase.co" },
    { "https://abc.supabase.co/rest/v1/projects", "https://abc.supabase.co" },
    { "https://abc.supabase.co/auth/v1", "https://abc.supabase.co" },
    { "abc.supabase.co", "https://abc.supabase.co" },
    { "https://example.org/base/", "https://example.org/base" },
    { "https://example.org:8443/base/rest/v1/", "https://example.org:8443/base" },
    { "https://example.org/rest/v12", "https://example.org/rest/v12" },
    { "http://localhost:54321/", "http://localhost:54321" },
    { "http://LOCALHOST", "http://localhost" },
    { "http://127.0.0.1:80", "http://127.0.0.1" },
    { "http://127.45.6.7:8000", "http://127.45.6.7:8000" },
    { "http://[::1]:8000/", "http://[::1]:8000" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *normal = sync_supabase_url_normalise (cases[i].given, &error);
      g_autofree char *twice = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (normal, ==, cases[i].normal);
      twice = sync_supabase_url_normalise (normal, &error);
      g_assert_cmpstr (twice, ==, normal);
    }
}

static void
test_an_address_that_cannot_be_used_is_refused_with_the_reason (void)
{
  static const struct
  {
    const char *given;
    SyncError code;
    const char *subject;
    const char *reason;
  } cases[] = {
    { NULL, SYNC_ERROR_INVALID, "url", NULL },
    { "", SYNC_ERROR_INVALID, "url", NULL },
    { "   ", SYNC_ERROR_INVALID, "url", NULL },
    { "https://", SYNC_ERROR_INVALID, "url", NULL },
    { "nonsense", SYNC_ERROR_INVALID, "url", "scheme" },
    { "nonsense:", SYNC_ERROR_INVALID, "url", "scheme" },
    { "localhost:54321", SYNC_ERROR_INVALID, "url", "scheme" },
    { "mailto:anna@example.org", SYNC_ERROR_INVALID, "url", NULL },
    { "https:///rest/v1", SYNC_ERROR_INVALID, "url", NULL },
    { "https://user:word@abc.supabase.co", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supabase.co/?apikey=x", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supa\"base.co", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supa base.co", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supabase.co\n/", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supa%0abase.co", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supabase.co/x\ny", SYNC_ERROR_INVALID, "url", NULL },
    { "https://abc.supabase.co:99999", SYNC_ERROR_INVALID, "url", NULL },
    { "ftp://abc.supabase.co", SYNC_ERROR_INVALID, "url", "scheme" },
    { "file:///etc/passwd", SYNC_ERROR_INVALID, "url", "scheme" },
    { "postgresql://postgres:word@db.abc.supabase.co:5432/postgres", SYNC_ERROR_INVALID, "url",
      "connection-string" },
    { "https://supabase.com/dashboard/project/abcdefghij", SYNC_ERROR_INVALID, "url", "dashboard" },
    { "https://app.supabase.com/project/abcdefghij", SYNC_ERROR_INVALID, "url", "dashboard" },
    { "http://abc.supabase.co", SYNC_ERROR_INSECURE, "abc.supabase.co", "http" },
    { "http://127.0.0.1.example.org", SYNC_ERROR_INSECURE, "127.0.0.1.example.org", "http" },
    { "http://localhost.example.org", SYNC_ERROR_INSECURE, "localhost.example.org", "http" },
    { "http://0.0.0.0:8000", SYNC_ERROR_INSECURE, "0.0.0.0", "http" },
    { "http://192.168.1.2", SYNC_ERROR_INSECURE, "192.168.1.2", "http" },
    { "http://[fe80::1]", SYNC_ERROR_INSECURE, "fe80::1", "http" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *normal = sync_supabase_url_normalise (cases[i].given, &error);
      SyncErrorDetail *detail = sync_error_get_detail (error);

      g_test_message ("%s", cases[i].given);
      g_assert_null (normal);
      g_assert_nonnull (error);
      g_assert_cmpint (error->code, ==, cases[i].code);
      g_assert_cmpstr (detail->subject, ==, cases[i].subject);
      g_assert_cmpstr (detail->reason, ==, cases[i].reason);
      g_assert_null (strstr (error->message, "word"));
    }
}

static void
test_public_keys_are_accepted (void)
{
  g_autofree char *anon = new_jwt ("{\"iss\":\"supabase\",\"ref\":\"abc\",\"role\":\"anon\"}");
  g_autofree char *padded = g_strdup_printf ("  %s\n", anon);
  const char *const keys[] = { "sb_publishable_abc-DEF_123", "\tsb_publishable_x ", anon, padded };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *normal = sync_supabase_key_normalise (keys[i], &error);
      g_autofree char *expected = g_strstrip (g_strdup (keys[i]));

      g_assert_no_error (error);
      g_assert_cmpstr (normal, ==, expected);
    }
}

static void
test_secret_keys_are_refused_as_such (void)
{
  g_autofree char *service
      = new_jwt ("{\"iss\":\"supabase\",\"ref\":\"abc\",\"role\":\"service_role\"}");
  g_autofree char *escaped = new_jwt ("{\"r\\u006fle\":\"service\\u005frole\"}");
  g_autofree char *twice = new_jwt ("{\"role\":\"anon\",\"role\":\"service_role\"}");
  const char *const keys[]
      = { "sb_secret_abcDEF", " sb_secret_x", "sbp_0123456789", service, escaped, twice };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *key = g_strstrip (g_strdup (keys[i]));

      g_assert_null (sync_supabase_key_normalise (keys[i], &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
      g_assert_null (strstr (error->message, key));
    }
}

static void
test_what_is_no_key_is_refused (void)
{
  g_autofree char *user
      = new_jwt ("{\"role\":\"authenticated\",\"sub\":\"8f7a\",\"email\":\"a@example.org\"}");
  g_autofree char *roleless = new_jwt ("{\"iss\":\"supabase\"}");
  g_autofree char *array = new_jwt ("[\"anon\"]");
  g_autofree char *nested = NULL;
  g_autofree char *deep = g_strnfill (5000, '[');
  const char *keys[] = { NULL,
                         "",
                         "  ",
                         "hello",
                         "sb_publishable_",
                         "sb_publishable_a b",
                         "sb_publishable_a\r\nX: y",
                         "sb_other_x",
                         "a.b.c",
                         "..",
                         "eyJ.eyJ.",
                         "\xff\xfe",
                         roleless,
                         array,
                         user,
                         NULL,
                         NULL };

  nested = new_jwt (deep);
  keys[G_N_ELEMENTS (keys) - 1] = nested;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sync_supabase_key_normalise (keys[i], &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "anon-key");
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==,
                       keys[i] == user ? "user-token" : NULL);
    }
}

static void
test_a_token_says_who_it_is_for (void)
{
  g_autofree char *token
      = new_jwt ("{\"role\":\"authenticated\",\"sub\":\"8f7a\",\"exp\":1767323045,"
                 "\"email\":\"\\u00fc@example.org\"}");
  g_autoptr (SyncSupabaseClaims) claims = sync_supabase_claims_parse (token);

  g_assert_nonnull (claims);
  g_assert_cmpstr (claims->user, ==, "8f7a");
  g_assert_cmpstr (claims->email, ==, "ü@example.org");
  g_assert_cmpint (claims->expires_at, ==, 1767323045);
  g_assert_null (sync_supabase_claims_parse ("not.a.token!"));
  g_assert_null (sync_supabase_claims_parse (NULL));
}

/* A token made beforehand is somebody's: who is signed in with a key is nobody, and what the cloud would say is that its
 * script must be run again. */
static void
test_a_key_is_no_token (void)
{
  g_autofree char *user = new_jwt ("{\"role\":\"authenticated\",\"sub\":\"8f7a\"}");
  g_autofree char *anon = new_jwt ("{\"role\":\"anon\"}");
  g_autofree char *service = new_jwt ("{\"role\":\"service_role\"}");
  const struct
  {
    const char *token;
    SyncError code;
    const char *reason;
  } cases[] = {
    { anon, SYNC_ERROR_INVALID, "token" },
    { service, SYNC_ERROR_SECRET_KEY, NULL },
    { "sb_publishable_x", SYNC_ERROR_INVALID, "token" },
    { "sb_secret_x", SYNC_ERROR_SECRET_KEY, NULL },
  };
  g_autoptr (GError) none = NULL;

  sync_supabase_token_check (user, &none);
  g_assert_no_error (none);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sync_supabase_token_check (cases[i].token, &error));
      g_assert_error (error, SYNC_ERROR, (int) cases[i].code);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "SUPABASE_AUTH_TOKEN");
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, cases[i].reason);
    }
}

static void
test_only_what_fits_into_a_header_is_sent (void)
{
  g_assert_true (sync_supabase_token_is_sendable ("abc.DEF-_~+/="));
  g_assert_false (sync_supabase_token_is_sendable ("a b"));
  g_assert_false (sync_supabase_token_is_sendable ("a\nX-Evil: 1"));
  g_assert_false (sync_supabase_token_is_sendable (""));
  g_assert_false (sync_supabase_token_is_sendable (NULL));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/supabase/key/an-address-has-one-form", test_an_address_has_one_form);
  g_test_add_func ("/supabase/key/an-address-that-cannot-be-used-is-refused-with-the-reason",
                   test_an_address_that_cannot_be_used_is_refused_with_the_reason);
  g_test_add_func ("/supabase/key/public-keys-are-accepted", test_public_keys_are_accepted);
  g_test_add_func ("/supabase/key/secret-keys-are-refused-as-such",
                   test_secret_keys_are_refused_as_such);
  g_test_add_func ("/supabase/key/what-is-no-key-is-refused", test_what_is_no_key_is_refused);
  g_test_add_func ("/supabase/key/a-token-says-who-it-is-for", test_a_token_says_who_it_is_for);
  g_test_add_func ("/supabase/key/a-key-is-no-token", test_a_key_is_no_token);
  g_test_add_func ("/supabase/key/only-what-fits-into-a-header-is-sent",
                   test_only_what_fits_into_a_header_is_sent);
  return g_test_run ();
}
