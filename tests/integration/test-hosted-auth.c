/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-memory-secrets.h"
#include "sync-supabase-session.h"
#include "test-cloud.h"
#include "test-hosted.h"
#include "test-provider.h"

/* Accounts and sessions where hosted Supabase's Auth is not like a simple server's. */

#define REFRESH "/auth/v1/token?grant_type=refresh_token"
#define WRONG_PASSWORD "wrong horse battery"

typedef struct
{
  TestCloud *cloud; /* (nullable): there is none */
  TestHosted *hosted;
  char *email;
} Fixture;

/* One user's computer: a session with secrets of its own. */
typedef struct
{
  SyncSecretStore *secrets;
  SyncSupabaseSession *session;
  char *profile;
} Computer;

static void
computer_free (Computer *computer)
{
  g_object_unref (computer->session);
  g_object_unref (computer->secrets);
  g_free (computer->profile);
  g_free (computer);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Computer, computer_free)

static Computer *
computer_new (Fixture *self)
{
  g_autoptr (SyncHttp) http = sync_http_new ();
  Computer *computer = g_new0 (Computer, 1);

  computer->secrets = sync_memory_secrets_new ();
  computer->profile = g_uuid_string_random ();
  computer->session = sync_supabase_session_new (http, test_hosted_get_url (self->hosted), self->cloud->key,
                                                 computer->secrets, computer->profile, NULL);
  return computer;
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autofree char *name = g_uuid_string_random ();

  self->cloud = test_cloud_open ("PSYNC_TEST_CLOUD_POSTGRES");
  if (self->cloud == NULL)
    return;
  self->hosted = test_hosted_new (self->cloud->url);
  self->email = g_strdup_printf ("%s@example.org", name);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_clear_pointer (&self->hosted, test_hosted_free);
  g_clear_pointer (&self->cloud, test_cloud_free);
  g_free (self->email);
}

static gboolean
sign_up (Fixture *self, Computer *computer, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_sign_up_async (computer->session, self->email, TEST_CLOUD_PASSWORD, NULL, test_got_result,
                                       &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_sign_up_finish (computer->session, result, error);
}

static gboolean
sign_in (Fixture *self, Computer *computer, const char *password, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_sign_in_async (computer->session, self->email, password, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_sign_in_finish (computer->session, result, error);
}

static char *
get_token (Computer *computer, const char *refused, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_get_token_async (computer->session, refused, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_get_token_finish (computer->session, result, error);
}

/* Gets another access token, as when the server took the last one no more. */
static gboolean
refresh (Computer *computer, GError **error)
{
  g_autofree char *last = get_token (computer, NULL, error);
  g_autofree char *next = last != NULL ? get_token (computer, last, error) : NULL;

  return next != NULL;
}

static void
expect_refresh (Computer *computer)
{
  g_autoptr (GError) error = NULL;

  refresh (computer, &error);
  g_assert_no_error (error);
}

static char *
get_stored (Computer *computer)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  char *secret;

  sync_secret_store_lookup_async (computer->secrets, computer->profile, "session", NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  secret = sync_secret_store_lookup_finish (computer->secrets, result, &error);
  g_assert_no_error (error);
  return secret;
}

/* Another computer onto which this one's files were copied. */
static Computer *
copy (Fixture *self, Computer *computer)
{
  Computer *other = computer_new (self);
  g_autofree char *secret = get_stored (computer);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;

  sync_secret_store_store_async (other->secrets, other->profile, "session", secret, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  sync_secret_store_store_finish (other->secrets, result, &error);
  g_assert_no_error (error);
  return other;
}

static void
expect_signed_out (Computer *computer)
{
  g_autofree char *secret = get_stored (computer);

  g_assert_false (sync_supabase_session_get_signed_in (computer->session));
  g_assert_null (secret);
}

/* --- Addresses that must be confirmed ----------------------------------------------------------- */

static void
expect_sign_up (Fixture *self, Computer *computer, SyncError code)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sign_up (self, computer, &error));
  g_assert_error (error, SYNC_ERROR, (int) code);
  expect_signed_out (computer);
}

static void
expect_no_sign_in (Fixture *self, Computer *computer, const char *password, SyncError code, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (sign_in (self, computer, password, &error));
  g_assert_error (error, SYNC_ERROR, (int) code);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
  g_assert_cmpuint (sync_error_get_detail (error)->status, ==, 400);
  expect_signed_out (computer);
}

static void
test_an_address_is_confirmed_first (Fixture *self, gconstpointer data)
{
  g_autoptr (Computer) computer = NULL;
  g_autoptr (GError) error = NULL;

  if (self->cloud == NULL)
    return;
  computer = computer_new (self);
  test_hosted_set_confirms (self->hosted, TRUE);
  expect_sign_up (self, computer, SYNC_ERROR_CONFIRM_EMAIL);
  expect_no_sign_in (self, computer, TEST_CLOUD_PASSWORD, SYNC_ERROR_CONFIRM_EMAIL, "email_not_confirmed");
  expect_no_sign_in (self, computer, WRONG_PASSWORD, SYNC_ERROR_CREDENTIALS, "invalid_credentials");
  /* Whoever waits for the mail in vain asks for another one so. */
  expect_sign_up (self, computer, SYNC_ERROR_CONFIRM_EMAIL);

  test_hosted_confirm (self->hosted, self->email);
  g_assert_true (sign_in (self, computer, TEST_CLOUD_PASSWORD, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (sync_supabase_session_get_email (computer->session), ==, self->email);
  expect_refresh (computer);
}

/* The answer looks like that to a new account, so that nobody learns whose address it is; but whoever has it is to
 * sign in, not to wait for a mail. */
static void
test_a_taken_address_is_told_by_its_identities (Fixture *self, gconstpointer data)
{
  g_autoptr (Computer) computer = NULL;
  g_autoptr (Computer) other = NULL;
  g_autoptr (GError) error = NULL;

  if (self->cloud == NULL)
    return;
  computer = computer_new (self);
  other = computer_new (self);
  sign_up (self, computer, &error);
  g_assert_no_error (error);
  test_hosted_set_confirms (self->hosted, TRUE);
  expect_sign_up (self, other, SYNC_ERROR_EXISTS);
  test_hosted_set_confirms (self->hosted, FALSE);
  expect_sign_up (self, other, SYNC_ERROR_EXISTS);
  expect_refresh (computer);
}

/* Returns: (transfer full): what is answered to somebody who did not confirm */
static SyncHttpReply *
ask_as (Fixture *self, const char *version)
{
  g_autoptr (SyncHttp) http = sync_http_new ();
  g_autofree char *url
      = g_strconcat (test_hosted_get_url (self->hosted), "/auth/v1/token?grant_type=password", NULL);
  g_autofree char *text = g_strdup_printf ("{\"email\":\"%s\",\"password\":\"" TEST_CLOUD_PASSWORD "\"}", self->email);
  g_autoptr (GBytes) body = g_bytes_new (text, strlen (text));
  const char *const headers[]
      = { "apikey", self->cloud->key, version != NULL ? "X-Supabase-Api-Version" : NULL, version, NULL };
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  SyncHttpReply *reply;

  sync_http_send_async (http, "POST", url, headers, body, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  reply = sync_http_send_finish (http, result, &error);
  g_assert_no_error (error);
  return reply;
}

static void
test_an_error_has_the_form_that_is_asked_for (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *version;
    const char *body;
  } forms[] = {
    { NULL, "{\"code\":400,\"error_code\":\"email_not_confirmed\",\"msg\":\"Email not confirmed\"}" },
    { "2024-01-01", "{\"code\":\"email_not_confirmed\",\"message\":\"Email not confirmed\"}" },
  };
  g_autoptr (Computer) computer = NULL;

  if (self->cloud == NULL)
    return;
  computer = computer_new (self);
  test_hosted_set_confirms (self->hosted, TRUE);
  expect_sign_up (self, computer, SYNC_ERROR_CONFIRM_EMAIL);
  for (guint i = 0; i < G_N_ELEMENTS (forms); i++)
    {
      g_autoptr (SyncHttpReply) reply = ask_as (self, forms[i].version);
      gsize length;
      const char *text = g_bytes_get_data (reply->body, &length);

      g_assert_cmpuint (reply->status, ==, 400);
      g_assert_cmpstr (sync_http_reply_get_header (reply, "x-sb-error-code"), ==, "email_not_confirmed");
      g_assert_cmpmem (text, length, forms[i].body, strlen (forms[i].body));
    }
}

/* --- Refresh tokens ----------------------------------------------------------------------------- */

static Computer *
new_signed_up (Fixture *self)
{
  Computer *computer = computer_new (self);
  g_autoptr (GError) error = NULL;

  sign_up (self, computer, &error);
  g_assert_no_error (error);
  return computer;
}

static void
expect_over (Computer *computer)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (refresh (computer, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  expect_signed_out (computer);
}

static const TestWireFault *
first_refresh (guint number, const char *method, const char *path, gpointer data)
{
  gpointer *fault = data;

  return g_str_equal (path, REFRESH) ? g_steal_pointer (fault) : NULL;
}

/* The token before the newest is good until that is used, whenever that is. */
static void
test_a_lost_token_does_not_end_a_session (Fixture *self, gconstpointer data)
{
  static const char *const names[] = { "reset-after", "reply-dropped", "reply-cut", "twice", "five-replays",
                                       "502-page-after-six-times", "504-after", "no-json-after" };
  g_autoptr (Computer) computer = NULL;

  if (self->cloud == NULL)
    return;
  computer = new_signed_up (self);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GError) error = NULL;
      gpointer fault = (gpointer) test_wire_find (names[i]);

      g_test_message ("%s", names[i]);
      test_hosted_set_faults (self->hosted, first_refresh, &fault);
      refresh (computer, &error);
      g_assert_null (fault);
      g_assert_true (sync_supabase_session_get_signed_in (computer->session));
      test_hosted_advance (self->hosted, G_TIME_SPAN_HOUR);
      expect_refresh (computer);
      test_hosted_advance (self->hosted, G_TIME_SPAN_HOUR);
    }
}

/* Used within ten seconds of each other, all are good: two processes that did not know of each other. */
static void
test_an_older_token_is_good_for_ten_seconds (Fixture *self, gconstpointer data)
{
  g_autoptr (Computer) computer = NULL;
  g_autoptr (Computer) other = NULL;

  if (self->cloud == NULL)
    return;
  computer = new_signed_up (self);
  other = copy (self, computer);
  expect_refresh (computer);
  expect_refresh (computer);
  test_hosted_advance (self->hosted, 5 * G_TIME_SPAN_SECOND);
  expect_refresh (other);
  test_hosted_advance (self->hosted, G_TIME_SPAN_HOUR);
  expect_refresh (computer);
  expect_refresh (other);
}

/* A copy of old files comes with a token that its owner used long ago: for Auth, a thief. Both must sign in again, and
 * that is good again. */
static void
test_an_old_copy_ends_the_session_everywhere (Fixture *self, gconstpointer data)
{
  g_autoptr (Computer) computer = NULL;
  g_autoptr (Computer) other = NULL;
  g_autoptr (GError) error = NULL;

  if (self->cloud == NULL)
    return;
  computer = new_signed_up (self);
  other = copy (self, computer);
  expect_refresh (computer);
  expect_refresh (computer);
  test_hosted_advance (self->hosted, 11 * G_TIME_SPAN_SECOND);
  expect_over (other);
  expect_over (computer);
  g_assert_true (sign_in (self, computer, TEST_CLOUD_PASSWORD, &error));
  g_assert_no_error (error);
  expect_refresh (computer);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, test) g_test_add ("/hosted-auth/" path, Fixture, NULL, set_up, test, tear_down)
  ADD ("an-address-is-confirmed-first", test_an_address_is_confirmed_first);
  ADD ("a-taken-address-is-told-by-its-identities", test_a_taken_address_is_told_by_its_identities);
  ADD ("an-error-has-the-form-that-is-asked-for", test_an_error_has_the_form_that_is_asked_for);
  ADD ("a-lost-token-does-not-end-a-session", test_a_lost_token_does_not_end_a_session);
  ADD ("an-older-token-is-good-for-ten-seconds", test_an_older_token_is_good_for_ten_seconds);
  ADD ("an-old-copy-ends-the-session-everywhere", test_an_old_copy_ends_the_session_everywhere);
#undef ADD

  return g_test_run ();
}
