/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-memory-secrets.h"
#include "sync-supabase-session.h"
#include "test-clock.h"
#include "test-provider.h"

#include <stdio.h>
#include <string.h>

#define START G_GINT64_CONSTANT (1767323045000000)
#define SECOND G_GINT64_CONSTANT (1000000)
#define EMAIL "anna@example.org"
#define PASSWORD "correct horse battery"

/* A place for secrets that can be made to fail. */
#define TEST_TYPE_SECRETS (test_secrets_get_type ())
G_DECLARE_FINAL_TYPE (TestSecrets, test_secrets, TEST, SECRETS, SyncSecretStore)

struct _TestSecrets
{
  SyncSecretStore parent_instance;
  SyncSecretStore *inner;
  gboolean full;
};

G_DEFINE_FINAL_TYPE (TestSecrets, test_secrets, SYNC_TYPE_SECRET_STORE)

static void
test_secrets_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  sync_secret_store_lookup_async (TEST_SECRETS (store)->inner, profile, kind, cancellable, callback,
                                  user_data);
}

static char *
test_secrets_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  return sync_secret_store_lookup_finish (TEST_SECRETS (store)->inner, result, error);
}

static void
test_secrets_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                          const char *secret, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  TestSecrets *self = TEST_SECRETS (store);

  if (self->full)
    g_task_report_new_error (self->inner, callback, user_data, NULL, SYNC_ERROR, SYNC_ERROR_SECRETS,
                             "The disk is full");
  else if (secret != NULL)
    sync_secret_store_store_async (self->inner, profile, kind, secret, cancellable, callback,
                                   user_data);
  else
    sync_secret_store_clear_async (self->inner, profile, kind, cancellable, callback, user_data);
}

static gboolean
test_secrets_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  return sync_secret_store_store_finish (TEST_SECRETS (store)->inner, result, error);
}

static void
test_secrets_finalize (GObject *object)
{
  g_object_unref (TEST_SECRETS (object)->inner);
  G_OBJECT_CLASS (test_secrets_parent_class)->finalize (object);
}

static void
test_secrets_class_init (TestSecretsClass *class)
{
  SyncSecretStoreClass *store_class = SYNC_SECRET_STORE_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = test_secrets_finalize;
  store_class->lookup_async = test_secrets_lookup_async;
  store_class->lookup_finish = test_secrets_lookup_finish;
  store_class->store_async = test_secrets_store_async;
  store_class->store_finish = test_secrets_store_finish;
}

static void
test_secrets_init (TestSecrets *self)
{
  self->inner = sync_memory_secrets_new ();
}

/* An Auth service: rotates refresh tokens as Supabase does (the previous one is good until its
 * successor was used), and fails as it is told. */
typedef struct
{
  SoupServer *server;
  char *url;
  SyncClock *clock;
  SyncSecretStore *secrets;
  char *profile;
  guint generation; /* of the newest tokens */
  guint used;       /* the newest refresh token that was used */
  guint requests;
  guint refreshes;
  guint status;     /* to fail with, 0: do not */
  const char *code; /* to fail with */
  gboolean lose;    /* answer nothing, after having done it */
  gboolean hold;
  SoupServerMessage *held;
  guint lifetime;   /* seconds */
  const char *user;
  const char *signup;
  guint logouts;
} Fixture;

static void
answer (SoupServerMessage *message, guint status, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY, body,
                                    strlen (body));
}

static void
answer_session (Fixture *self, SoupServerMessage *message)
{
  g_autofree char *body = NULL;

  self->generation++;
  body = g_strdup_printf ("{\"access_token\":\"access.%u\",\"token_type\":\"bearer\","
                          "\"expires_in\":%u,\"expires_at\":1,\"refresh_token\":\"refresh%u\","
                          "\"user\":{\"id\":\"%s\",\"email\":\"" EMAIL "\"}}",
                          self->generation, self->lifetime, self->generation, self->user);
  answer (message, 200, body);
}

static void
refresh (Fixture *self, SoupServerMessage *message)
{
  g_autoptr (GBytes) body
      = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autofree char *text = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  guint token = 0;

  self->refreshes++;
  g_assert_cmpint (sscanf (text, "{\"refresh_token\":\"refresh%u\"}", &token), ==, 1);
  if (token < self->used || token > self->generation)
    {
      answer (message, 400, "{\"code\":\"refresh_token_already_used\",\"message\":\"x\"}");
      return;
    }
  self->used = token;
  answer_session (self, message);
}

static void
lose_answer (SoupServerMessage *message)
{
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);

  g_io_stream_close (stream, NULL, NULL);
}

static void
log_out (Fixture *self, SoupServerMessage *message, GHashTable *query)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  g_autofree char *bearer = g_strdup_printf ("Bearer access.%u", self->generation);

  self->logouts++;
  g_assert_cmpstr (g_hash_table_lookup (query, "scope"), ==, "local");
  g_assert_cmpstr (soup_message_headers_get_one (headers, "Authorization"), ==, bearer);
  soup_server_message_set_status (message, 204, NULL);
  if (self->hold)
    {
      self->held = g_object_ref (message);
      soup_server_message_pause (message);
    }
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
        gpointer user_data)
{
  Fixture *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const char *grant = query != NULL ? g_hash_table_lookup (query, "grant_type") : NULL;

  self->requests++;
  g_assert_cmpstr (soup_message_headers_get_one (headers, "apikey"), ==, "sb_publishable_x");
  g_assert_cmpstr (soup_message_headers_get_one (headers, "X-Supabase-Api-Version"), ==,
                   "2024-01-01");
  if (self->status != 0)
    {
      g_autofree char *body = g_strdup_printf ("{\"code\":\"%s\",\"message\":\"x\"}", self->code);

      answer (message, self->status, body);
      return;
    }
  if (g_str_equal (path, "/auth/v1/logout"))
    {
      log_out (self, message, query);
      return;
    }
  g_assert_null (soup_message_headers_get_one (headers, "Authorization"));
  if (g_strcmp0 (grant, "refresh_token") == 0)
    refresh (self, message);
  else if (g_str_equal (path, "/auth/v1/signup") && self->signup != NULL)
    answer (message, 200, self->signup);
  else
    answer_session (self, message);
  if (self->lose)
    lose_answer (message);
  if (self->hold)
    {
      self->held = g_object_ref (message);
      soup_server_message_pause (message);
    }
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, handle, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->url = g_uri_to_string (uris->data);
  self->url[strlen (self->url) - 1] = '\0';
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  self->clock = test_clock_new (START);
  self->secrets = g_object_new (TEST_TYPE_SECRETS, NULL);
  self->profile = g_uuid_string_random ();
  self->user = "user-1";
  self->lifetime = 3600;
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  soup_server_disconnect (self->server);
  g_clear_object (&self->held);
  g_object_unref (self->server);
  g_object_unref (self->clock);
  g_object_unref (self->secrets);
  g_free (self->profile);
  g_free (self->url);
}

static SyncSupabaseSession *
new_session (Fixture *self)
{
  g_autoptr (SyncHttp) http = sync_http_new ();

  return sync_supabase_session_new (http, self->url, "sb_publishable_x", self->secrets,
                                    self->profile, self->clock);
}

static gboolean
enter (SyncSupabaseSession *session, gboolean new_account, const char *email, const char *password,
       GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  if (new_account)
    sync_supabase_session_sign_up_async (session, email, password, NULL, test_got_result, &place);
  else
    sync_supabase_session_sign_in_async (session, email, password, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  if (new_account)
    return sync_supabase_session_sign_up_finish (session, result, error);
  return sync_supabase_session_sign_in_finish (session, result, error);
}

static gboolean
leave (SyncSupabaseSession *session, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_sign_out_async (session, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_sign_out_finish (session, result, error);
}

static gboolean
load (SyncSupabaseSession *session, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_load_async (session, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_load_finish (session, result, error);
}

static char *
get_token (SyncSupabaseSession *session, const char *refused, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_supabase_session_get_token_async (session, refused, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_supabase_session_get_token_finish (session, result, error);
}

static void
assert_token (SyncSupabaseSession *session, const char *refused, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *token = get_token (session, refused, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (token, ==, expected);
}

static char *
get_stored (Fixture *self)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  char *secret;

  sync_secret_store_lookup_async (self->secrets, self->profile, "session", NULL, test_got_result,
                                  &place);
  result = test_wait_for_result (&place);
  secret = sync_secret_store_lookup_finish (self->secrets, result, &error);
  g_assert_no_error (error);
  return secret;
}

static void
assert_stored (Fixture *self, const char *refresh_token)
{
  g_autofree char *secret = get_stored (self);
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", refresh_token);

  g_assert_nonnull (secret);
  g_assert_nonnull (strstr (secret, quoted));
}

static SyncSupabaseSession *
new_signed_in (Fixture *self)
{
  SyncSupabaseSession *session = new_session (self);
  g_autoptr (GError) error = NULL;

  g_assert_true (enter (session, FALSE, EMAIL, PASSWORD, &error));
  g_assert_no_error (error);
  return session;
}

static void
test_signing_up_and_in_keeps_the_session (Fixture *self, gconstpointer data)
{
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (SyncSupabaseSession) session = new_session (self);
      g_autoptr (SyncSupabaseSession) other = new_session (self);
      g_autoptr (GError) error = NULL;

      g_assert_true (enter (session, i == 0, EMAIL, PASSWORD, &error));
      g_assert_no_error (error);
      g_assert_true (sync_supabase_session_get_signed_in (session));
      g_assert_cmpstr (sync_supabase_session_get_user (session), ==, "user-1");
      g_assert_cmpstr (sync_supabase_session_get_email (session), ==, EMAIL);
      assert_stored (self, i == 0 ? "refresh1" : "refresh2");
      g_assert_true (load (other, &error));
      g_assert_cmpstr (sync_supabase_session_get_user (other), ==, "user-1");
      assert_token (other, NULL, i == 0 ? "access.1" : "access.2");
    }
  g_assert_cmpuint (self->requests, ==, 2);
}

static void
test_without_a_session_sign_in_is_asked_for (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_session (self);
  g_autoptr (GError) error = NULL;

  g_assert_false (load (session, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_clear_error (&error);
  g_assert_null (get_token (session, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_cmpuint (self->requests, ==, 0);
}

static void
test_a_token_is_replaced_90_seconds_before_its_end (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);

  test_clock_advance (self->clock, (3600 - 91) * SECOND);
  assert_token (session, NULL, "access.1");
  g_assert_cmpuint (self->refreshes, ==, 0);
  test_clock_advance (self->clock, 1 * SECOND);
  assert_token (session, NULL, "access.2");
  g_assert_cmpuint (self->refreshes, ==, 1);
  assert_stored (self, "refresh2");
}

static void
test_a_short_lived_token_is_replaced_after_half_its_life (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = NULL;

  self->lifetime = 60;
  session = new_signed_in (self);
  test_clock_advance (self->clock, 29 * SECOND);
  assert_token (session, NULL, "access.1");
  test_clock_advance (self->clock, 1 * SECOND);
  assert_token (session, NULL, "access.2");
  assert_token (session, NULL, "access.2");
  g_assert_cmpuint (self->refreshes, ==, 1);
}

static void
test_a_clock_that_is_set_ends_no_token (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (SyncSupabaseSession) other = new_session (self);

  test_clock_set (self->clock, START + 365 * 24 * 3600 * SECOND);
  assert_token (session, NULL, "access.1");
  assert_token (other, NULL, "access.1");
  test_clock_set (self->clock, START - 365 * 24 * 3600 * SECOND);
  assert_token (session, NULL, "access.1");
  g_assert_cmpuint (self->refreshes, ==, 0);
}

static void
test_two_processes_refresh_once (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (SyncSupabaseSession) other = new_session (self);
  GAsyncResult *places[8] = { NULL };

  g_assert_true (load (other, NULL));
  test_clock_advance (self->clock, 3600 * SECOND);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    sync_supabase_session_get_token_async (i % 2 ? session : other, NULL, NULL, test_got_result,
                                           &places[i]);
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_for_result (&places[i]);
      g_autofree char *token
          = sync_supabase_session_get_token_finish (i % 2 ? session : other, result, NULL);

      g_assert_cmpstr (token, ==, "access.2");
    }
  g_assert_cmpuint (self->refreshes, ==, 1);
}

static void
test_a_lost_answer_costs_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  test_clock_advance (self->clock, 3600 * SECOND);
  self->lose = TRUE;
  g_assert_null (get_token (session, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
  g_assert_true (sync_supabase_session_get_signed_in (session));
  assert_stored (self, "refresh1");
  self->lose = FALSE;
  assert_token (session, NULL, "access.3");
  assert_stored (self, "refresh3");
  g_assert_cmpuint (self->refreshes, ==, 2);
}

static void
test_a_token_that_cannot_be_stored_is_not_used (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  test_clock_advance (self->clock, 3600 * SECOND);
  TEST_SECRETS (self->secrets)->full = TRUE;
  g_assert_null (get_token (session, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_assert_true (sync_supabase_session_get_signed_in (session));
  TEST_SECRETS (self->secrets)->full = FALSE;
  assert_token (session, NULL, "access.3");
  assert_stored (self, "refresh3");
}

static void
test_only_named_errors_end_a_session (Fixture *self, gconstpointer data)
{
  static const struct
  {
    guint status;
    const char *code;
    gboolean ends;
  } cases[] = {
    { 400, "validation_failed", FALSE },
    { 400, "user_banned", FALSE },
    { 401, "bad_jwt", FALSE },
    { 403, "session_not_found", FALSE },
    { 404, "not found", FALSE },
    { 409, "conflict", FALSE },
    { 429, "over_request_rate_limit", FALSE },
    { 500, "unexpected_failure", FALSE },
    { 503, "refresh_token_not_found", FALSE },
    { 400, "refresh_token_already_used", TRUE },
    { 400, "refresh_token_not_found", TRUE },
    { 400, "session_not_found", TRUE },
    { 400, "session_expired", TRUE },
  };
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *stored = NULL;

      g_test_message ("%u %s", cases[i].status, cases[i].code);
      self->status = 0;
      if (!sync_supabase_session_get_signed_in (session))
        g_assert_true (enter (session, FALSE, EMAIL, PASSWORD, NULL));
      test_clock_advance (self->clock, 3600 * SECOND);
      self->status = cases[i].status;
      self->code = cases[i].code;
      g_assert_null (get_token (session, NULL, &error));
      g_assert_nonnull (error);
      g_assert_cmpint (sync_supabase_session_get_signed_in (session), ==, !cases[i].ends);
      stored = get_stored (self);
      g_assert_cmpint (stored != NULL, ==, !cases[i].ends);
      if (cases[i].ends)
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
      else if (cases[i].status == 409 || cases[i].status >= 429)
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
    }
}

static void
test_a_good_token_outlives_a_failed_refresh (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  test_clock_advance (self->clock, (3600 - 60) * SECOND);
  self->status = 503;
  self->code = "x";
  assert_token (session, NULL, "access.1");
  g_assert_cmpuint (self->requests, ==, 2);
  assert_token (session, NULL, "access.1");
  g_assert_cmpuint (self->requests, ==, 2);
  test_clock_advance (self->clock, 31 * SECOND);
  assert_token (session, NULL, "access.1");
  g_assert_cmpuint (self->requests, ==, 3);
  test_clock_advance (self->clock, 30 * SECOND);
  g_assert_null (get_token (session, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
}

static void
test_offline_ends_no_session (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  test_clock_advance (self->clock, 3600 * SECOND);
  soup_server_disconnect (self->server);
  g_assert_null (get_token (session, NULL, &error));
  g_assert_true (sync_error_is_transient (error));
  g_assert_true (sync_supabase_session_get_signed_in (session));
  assert_stored (self, "refresh1");
}

static void
test_a_refused_token_is_replaced (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (SyncSupabaseSession) other = new_session (self);

  g_assert_true (load (other, NULL));
  assert_token (session, "access.1", "access.2");
  g_assert_cmpuint (self->refreshes, ==, 1);
  /* The other one finds the successor in the store. */
  assert_token (other, "access.1", "access.2");
  assert_token (session, "access.1", "access.2");
  g_assert_cmpuint (self->refreshes, ==, 1);
}

static void
test_a_session_that_ended_elsewhere_is_noticed (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (SyncSupabaseSession) other = new_session (self);
  g_autoptr (GError) error = NULL;

  g_assert_true (load (other, NULL));
  g_assert_true (leave (session, NULL));
  test_clock_advance (self->clock, 3600 * SECOND);
  g_assert_null (get_token (other, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_false (sync_supabase_session_get_signed_in (other));
  g_assert_cmpuint (self->refreshes, ==, 0);
}

static void
test_signing_out_is_of_this_device_only (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  g_assert_true (leave (session, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (self->logouts, ==, 1);
  g_assert_false (sync_supabase_session_get_signed_in (session));
  g_assert_null (get_stored (self));
  g_assert_true (leave (session, &error));
  g_assert_cmpuint (self->logouts, ==, 1);
}

/* The server that says nothing is waited for no longer than somebody wants. */
static void
test_signing_out_waits_for_nobody_who_is_cancelled (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  gint64 begin = g_get_monotonic_time ();

  self->hold = TRUE;
  sync_supabase_session_sign_out_async (session, cancellable, test_got_result, &place);
  while (self->held == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  result = test_wait_for_result (&place);
  g_assert_true (sync_supabase_session_sign_out_finish (session, result, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 8 * G_USEC_PER_SEC);
  g_assert_null (get_stored (self));
  g_assert_false (sync_supabase_session_get_signed_in (session));
}

static void
test_signing_out_works_offline_and_against_errors (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  self->status = 403;
  self->code = "session_not_found";
  g_assert_true (leave (session, &error));
  g_assert_null (get_stored (self));
  self->status = 0;
  g_assert_true (enter (session, FALSE, EMAIL, PASSWORD, NULL));
  soup_server_disconnect (self->server);
  g_assert_true (leave (session, &error));
  g_assert_no_error (error);
  g_assert_null (get_stored (self));
  g_assert_false (sync_supabase_session_get_signed_in (session));
}

static void
test_tokens_go_to_their_own_cloud_only (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (SyncHttp) http = sync_http_new ();
  g_autoptr (SyncSupabaseSession) elsewhere
      = sync_supabase_session_new (http, "https://other.example.org", "sb_publishable_x",
                                   self->secrets, self->profile, self->clock);
  g_autoptr (GError) error = NULL;

  g_assert_false (load (elsewhere, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_clear_error (&error);
  g_assert_null (get_token (elsewhere, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
}

static void
test_who_waits_can_leave_and_the_refresh_goes_on (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GAsyncResult) answered = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = NULL;
  GAsyncResult *impatient = NULL;
  GAsyncResult *patient = NULL;

  test_clock_advance (self->clock, 3600 * SECOND);
  self->hold = TRUE;
  sync_supabase_session_get_token_async (session, NULL, cancellable, test_got_result, &impatient);
  sync_supabase_session_get_token_async (session, NULL, NULL, test_got_result, &patient);
  while (self->held == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  cancelled = test_wait_for_result (&impatient);
  g_assert_null (sync_supabase_session_get_token_finish (session, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (patient);
  soup_server_message_unpause (self->held);
  answered = test_wait_for_result (&patient);
  token = sync_supabase_session_get_token_finish (session, answered, NULL);
  g_assert_cmpstr (token, ==, "access.2");
}

static void
test_another_users_answer_is_no_refresh (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  test_clock_advance (self->clock, 3600 * SECOND);
  self->user = "user-2";
  g_assert_null (get_token (session, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
  assert_stored (self, "refresh1");
  g_assert_cmpstr (sync_supabase_session_get_user (session), ==, "user-1");
}

static void
test_a_sign_up_without_session_says_why (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *body;
    SyncError expected;
  } cases[] = {
    { "{\"id\":\"u\",\"email\":\"" EMAIL "\",\"identities\":[{\"id\":\"i\"}]}",
      SYNC_ERROR_CONFIRM_EMAIL },
    { "{\"user\":{\"id\":\"u\",\"identities\":[{\"id\":\"i\"}]},\"session\":null}",
      SYNC_ERROR_CONFIRM_EMAIL },
    { "{\"id\":\"u\",\"email\":\"" EMAIL "\",\"identities\":[]}", SYNC_ERROR_EXISTS },
    { "{\"access_token\":\"a b\",\"refresh_token\":\"r\"}", SYNC_ERROR_PROTOCOL },
    { "{}", SYNC_ERROR_PROTOCOL },
    { "<html>", SYNC_ERROR_PROTOCOL },
    { "", SYNC_ERROR_PROTOCOL },
  };
  g_autoptr (SyncSupabaseSession) session = new_session (self);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      self->signup = cases[i].body;
      g_test_message ("%s", cases[i].body);
      g_assert_false (enter (session, TRUE, EMAIL, PASSWORD, &error));
      g_assert_cmpstr (sync_error_code_name (error->code), ==,
                       sync_error_code_name (cases[i].expected));
      g_assert_null (get_stored (self));
    }
}

static void
test_what_cannot_be_a_name_or_password_is_not_sent (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *email;
    const char *password;
    const char *subject;
  } cases[] = {
    { "", PASSWORD, "email" },
    { "anna", PASSWORD, "email" },
    { "a\xff@b", PASSWORD, "email" },
    { EMAIL, "", "password" },
    { EMAIL, "\xff\xfe", "password" },
    { EMAIL, "1234567890123456789012345678901234567890123456789012345678901234567890123",
      "password" },
  };
  g_autoptr (SyncSupabaseSession) session = new_session (self);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    for (guint j = 0; j < 2; j++)
      {
        g_autoptr (GError) error = NULL;

        g_assert_false (enter (session, j, cases[i].email, cases[i].password, &error));
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
        g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, cases[i].subject);
      }
  g_assert_cmpuint (self->requests, ==, 0);
}

static void
test_a_failed_sign_in_keeps_who_was_signed_in (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSupabaseSession) session = new_signed_in (self);
  g_autoptr (GError) error = NULL;

  self->status = 400;
  self->code = "invalid_credentials";
  g_assert_false (enter (session, FALSE, EMAIL, "wrong", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CREDENTIALS);
  g_assert_null (strstr (error->message, EMAIL));
  assert_token (session, NULL, "access.1");
}

static void
test_a_ready_made_token_lasts_as_long_as_it_does (Fixture *self, gconstpointer data)
{
  /* {"sub":"user-9","email":"a@b"} */
  const char *token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyLTkiLCJlbWFpbCI6ImFAYiJ9.c2ln";
  g_autoptr (SyncHttp) http = sync_http_new ();
  g_autoptr (SyncSupabaseSession) session = sync_supabase_session_new_for_token (
      http, self->url, "sb_publishable_x", token, self->clock);
  g_autoptr (GError) error = NULL;

  g_assert_true (load (session, &error));
  g_assert_true (sync_supabase_session_get_signed_in (session));
  g_assert_cmpstr (sync_supabase_session_get_user (session), ==, "user-9");
  g_assert_cmpstr (sync_supabase_session_get_email (session), ==, "a@b");
  assert_token (session, NULL, token);
  g_assert_null (get_token (session, token, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "SUPABASE_AUTH_TOKEN");
  g_clear_error (&error);
  g_assert_false (enter (session, FALSE, EMAIL, PASSWORD, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (leave (session, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpuint (self->requests, ==, 0);
}

#define ADD(name)                                                                                  \
  g_test_add ("/supabase/session/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (signing_up_and_in_keeps_the_session);
  ADD (without_a_session_sign_in_is_asked_for);
  ADD (a_token_is_replaced_90_seconds_before_its_end);
  ADD (a_short_lived_token_is_replaced_after_half_its_life);
  ADD (a_clock_that_is_set_ends_no_token);
  ADD (two_processes_refresh_once);
  ADD (a_lost_answer_costs_nothing);
  ADD (a_token_that_cannot_be_stored_is_not_used);
  ADD (only_named_errors_end_a_session);
  ADD (a_good_token_outlives_a_failed_refresh);
  ADD (offline_ends_no_session);
  ADD (a_refused_token_is_replaced);
  ADD (a_session_that_ended_elsewhere_is_noticed);
  ADD (signing_out_is_of_this_device_only);
  ADD (signing_out_waits_for_nobody_who_is_cancelled);
  ADD (signing_out_works_offline_and_against_errors);
  ADD (tokens_go_to_their_own_cloud_only);
  ADD (who_waits_can_leave_and_the_refresh_goes_on);
  ADD (another_users_answer_is_no_refresh);
  ADD (a_sign_up_without_session_says_why);
  ADD (what_cannot_be_a_name_or_password_is_not_sent);
  ADD (a_failed_sign_in_keeps_who_was_signed_in);
  ADD (a_ready_made_token_lasts_as_long_as_it_does);
  return g_test_run ();
}
