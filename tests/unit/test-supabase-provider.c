/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-memory-secrets.h"
#include "sync-supabase-check.h"
#include "sync-supabase-provider.h"
#include "test-provider.h"

#include <libsoup/soup.h>
#include <string.h>

#define ROW "Annas-Geheimnis"
#define KEY "sb_publishable_x"
#define JSON "application/json; charset=utf-8"

/* A Supabase whose REST answers are the test's, one after the other; the last one repeats. */
typedef struct
{
  guint status;
  const char *type;
  const char *body;
} Answer;

typedef struct
{
  SoupServer *server;
  char *url;
  SyncSecretStore *secrets;
  SyncProvider *provider;
  SyncEntity *entity;
  const Answer *answers;
  guint n_answers;
  guint requests; /* to REST */
  guint refreshes;
  GString *log; /* method, path and query, a line each */
  char *token;  /* what came last */
  char *prefer;
  char *body;
  gboolean hold;
  SoupServerMessage *held;
} Fixture;

static void
answer (SoupServerMessage *message, guint status, const char *type, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, body, strlen (body));
}

static void
answer_auth (Fixture *self, SoupServerMessage *message)
{
  g_autofree char *body = NULL;

  self->refreshes++;
  body = g_strdup_printf ("{\"access_token\":\"access.%u\",\"expires_in\":3600,"
                          "\"refresh_token\":\"r%u\",\"user\":{\"id\":\"u1\"}}",
                          self->refreshes, self->refreshes);
  answer (message, 200, JSON, body);
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
        gpointer user_data)
{
  Fixture *self = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  const Answer *next;
  g_autoptr (GBytes) body = NULL;

  g_assert_cmpstr (soup_message_headers_get_one (headers, "apikey"), ==, KEY);
  if (g_str_has_prefix (path, "/auth/"))
    {
      answer_auth (self, message);
      return;
    }
  body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_free (self->token);
  self->token = g_strdup (soup_message_headers_get_one (headers, "Authorization"));
  g_free (self->prefer);
  self->prefer = g_strdup (soup_message_headers_get_one (headers, "Prefer"));
  g_free (self->body);
  self->body = g_strndup (g_bytes_get_data (body, NULL), g_bytes_get_size (body));
  g_string_append_printf (self->log, "%s %s\n", soup_server_message_get_method (message), path);
  next = &self->answers[MIN (self->requests, self->n_answers - 1)];
  self->requests++;
  answer (message, next->status, next->type, next->body);
  if (self->hold)
    {
      g_set_object (&self->held, message);
      soup_server_message_pause (message);
    }
}

static void
sign_in (Fixture *self)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_supabase_provider_sign_in_async (SYNC_SUPABASE_PROVIDER (self->provider), "a@example.org",
                                        "password", NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (self->provider), result, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *profile = g_uuid_string_random ();
  GSList *uris;

  self->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (self->server, NULL, handle, self, NULL);
  soup_server_listen_local (self->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  self->url = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  self->log = g_string_new (NULL);
  self->entity = sync_entity_new ("projects", "projects", "projects");
  sync_entity_add_column (self->entity, "id", SYNC_CODEC_TEXT, TRUE);
  self->secrets = sync_memory_secrets_new ();
  self->provider
      = sync_supabase_provider_new (self->url, KEY, NULL, self->secrets, profile, NULL, &error);
  g_assert_no_error (error);
  sign_in (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_object_unref (self->provider);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  soup_server_disconnect (self->server);
  g_clear_object (&self->held);
  g_object_unref (self->server);
  g_object_unref (self->secrets);
  sync_entity_unref (self->entity);
  g_string_free (self->log, TRUE);
  g_free (self->token);
  g_free (self->prefer);
  g_free (self->body);
  g_free (self->url);
}

static GBytes *
pull (Fixture *self, const Answer *answers, guint n_answers, GError **error)
{
  SyncPullQuery query = { .since = 0, .limit = 10 };

  self->answers = answers;
  self->n_answers = n_answers;
  self->requests = 0;
  return test_pull (self->provider, self->entity, &query, error);
}

static void
test_an_expired_token_is_replaced_and_the_request_sent_again (Fixture *self, gconstpointer data)
{
  static const Answer answers[]
      = { { 401, JSON, "{\"code\":\"PGRST303\",\"message\":\"JWT expired\"}" },
          { 200, JSON, "[{\"id\":\"a\"}]" } };
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = pull (self, answers, 2, &error);

  g_assert_no_error (error);
  g_assert_nonnull (page);
  g_assert_cmpuint (self->requests, ==, 2);
  g_assert_cmpuint (self->refreshes, ==, 2);
  g_assert_cmpstr (self->token, ==, "Bearer access.2");
}

/* A computer that slept takes a token for fresh that is not: the clock that nobody sets slept, too. */
static void
test_a_test_of_the_connection_replaces_an_expired_token (Fixture *self, gconstpointer data)
{
  static const char *const tables[] = { NULL };
  static const Answer answers[]
      = { { 401, JSON, "{\"code\":\"PGRST303\",\"message\":\"JWT expired\"}" },
          { 200, JSON,
            "[{\"schema_version\":1,\"epoch\":\"e\",\"user_id\":\"u1\",\"heads\":{},"
            "\"horizons\":{},\"devices\":[],\"server_time\":\"2026-01-01T00:00:00Z\"}]" },
          { 200, JSON, "[]" } };
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (GPtrArray) checks = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;

  self->answers = answers;
  self->n_answers = G_N_ELEMENTS (answers);
  sync_supabase_check_async (SYNC_SUPABASE_PROVIDER (self->provider), tables, clock, NULL, NULL, NULL, test_got_result,
                             &place);
  result = test_wait_for_result (&place);
  checks = sync_supabase_check_finish (SYNC_SUPABASE_PROVIDER (self->provider), result, &error);
  g_assert_no_error (error);
  for (guint step = SYNC_CHECK_REACH; step <= SYNC_CHECK_ROW_SECURITY; step++)
    g_assert_cmpint (((SyncCheck *) g_ptr_array_index (checks, step))->result, ==, SYNC_CHECK_PASSED);
}

static void
test_a_request_is_sent_again_only_once (Fixture *self, gconstpointer data)
{
  static const Answer answers[]
      = { { 401, JSON, "{\"code\":\"PGRST301\",\"message\":\"JWT expired\"}" } };
  g_autoptr (GError) error = NULL;

  g_assert_null (pull (self, answers, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_cmpuint (self->requests, ==, 2);
  g_assert_cmpuint (self->refreshes, ==, 2);
  /* Only Auth says that a session is over. */
  g_assert_true (sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (self->provider)));
  g_assert_true (test_connect (self->provider, NULL));
}

static void
test_a_token_from_the_future_waits_and_signs_nobody_out (Fixture *self, gconstpointer data)
{
  static const Answer answers[]
      = { { 401, JSON, "{\"code\":\"PGRST303\",\"message\":\"JWT issued at future\"}" } };
  g_autoptr (GError) error = NULL;

  g_assert_null (pull (self, answers, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CLOCK);
  g_assert_cmpuint (sync_error_get_detail (error)->retry_after, >, 0);
  g_assert_cmpuint (self->requests, ==, 1);
  g_assert_cmpuint (self->refreshes, ==, 1);
  g_assert_true (sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (self->provider)));
}

static void
test_a_ready_made_token_is_not_replaced (Fixture *self, gconstpointer data)
{
  static const Answer answers[]
      = { { 401, JSON, "{\"code\":\"PGRST303\",\"message\":\"JWT expired\"}" } };
  g_autoptr (GError) error = NULL;

  g_object_unref (self->provider);
  self->provider = sync_supabase_provider_new (self->url, KEY, "ready.made.token", self->secrets,
                                               "p", NULL, &error);
  g_assert_no_error (error);
  g_assert_true (test_connect (self->provider, NULL));
  g_assert_null (pull (self, answers, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "SUPABASE_AUTH_TOKEN");
  g_assert_cmpstr (self->token, ==, "Bearer ready.made.token");
  g_assert_cmpuint (self->requests, ==, 1);
  g_assert_cmpuint (self->refreshes, ==, 1);
}

static void
test_somebody_elses_page_is_no_answer (Fixture *self, gconstpointer data)
{
  static const Answer answers[] = {
    { 200, "text/html", "<html>Sign in to " ROW "</html>" },
    { 200, "text/html", "[]" },
    { 200, JSON, "" },
    { 200, JSON, "<html>" },
    { 200, JSON, "[{\"id\":\"a\"}, {\"id\":\"b" },
    { 200, JSON, "{\"id\":1}]" },
    { 403, "text/html", "<html>" },
    { 404, "text/html", "<html>" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", answers[i].body);
      g_assert_null (pull (self, &answers[i], 1, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "127.0.0.1");
      g_assert_null (strstr (error->message, ROW));
      g_assert_false (sync_provider_get_connected (self->provider));
    }
}

static void
count_change (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_connected_is_whether_the_cloud_answered (Fixture *self, gconstpointer data)
{
  static const Answer good = { 200, JSON, "[]" };
  static const Answer busy = { 503, "text/html", "<html>" };
  static const Answer refused = { 403, JSON, "{\"code\":\"42501\",\"message\":\"permission\"}" };
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GError) error = NULL;
  guint changes = 0;

  g_signal_connect (self->provider, "notify::connected", G_CALLBACK (count_change), &changes);
  g_assert_false (sync_provider_get_connected (self->provider));
  first = pull (self, &good, 1, NULL);
  g_assert_nonnull (first);
  g_assert_true (sync_provider_get_connected (self->provider));
  g_assert_null (pull (self, &busy, 1, NULL));
  g_assert_null (pull (self, &refused, 1, NULL));
  g_assert_true (sync_provider_get_connected (self->provider));
  g_assert_cmpuint (changes, ==, 1);
  soup_server_disconnect (self->server);
  g_assert_null (pull (self, &good, 1, &error));
  g_assert_true (sync_error_is_transient (error));
  g_assert_false (sync_provider_get_connected (self->provider));
  g_assert_cmpuint (changes, ==, 2);
}

static void
test_each_operation_is_one_request_of_its_form (Fixture *self, gconstpointer data)
{
  static const Answer rows = { 201, JSON, "[]" };
  static const Answer state
      = { 200, JSON,
          "[{\"schema_version\":1,\"epoch\":\"e\",\"user_id\":\"u1\",\"heads\":{},"
          "\"horizons\":{},\"devices\":[],\"server_time\":\"2026-01-01T00:00:00Z\"}]" };
  static const Answer written = { 201, JSON, "[{\"device_id\":\"d1\"}]" };
  g_autoptr (SyncDevice) device = sync_device_new ("d1", "Desk");
  g_autoptr (GBytes) page = pull (self, &rows, 1, NULL);
  g_autoptr (GBytes) won = test_push (self->provider, self->entity, "[{\"id\":\"a\"}]", NULL);
  g_autoptr (GBytes) weak = NULL;
  g_autoptr (GBytes) strong = NULL;
  g_autoptr (SyncCloudState) seen = NULL;
  g_autoptr (SyncCloudState) surely = NULL;

  g_assert_nonnull (won);
  g_assert_cmpstr (self->prefer, ==, "resolution=merge-duplicates,return=representation");
  g_assert_cmpstr (self->body, ==, "[{\"id\":\"a\"}]");
  g_assert_cmpstr (self->token, ==, "Bearer access.1");
  weak = test_fetch (self->provider, self->entity, "[[\"a\"]]", FALSE, NULL);
  strong = test_fetch (self->provider, self->entity, "[[\"a\"]]", TRUE, NULL);
  self->answers = &state;
  seen = test_get_state (self->provider, FALSE, NULL);
  surely = test_get_state (self->provider, TRUE, NULL);
  self->answers = &written;
  g_assert_true (test_put_device (self->provider, device, NULL));
  g_assert_cmpstr (self->prefer, ==, "resolution=merge-duplicates,return=representation");
  g_assert_nonnull (page);
  g_assert_nonnull (weak);
  g_assert_nonnull (strong);
  g_assert_nonnull (seen);
  g_assert_nonnull (surely);
  g_assert_cmpstr (self->log->str, ==,
                   "GET /rest/v1/projects\n"
                   "POST /rest/v1/projects\n"
                   "GET /rest/v1/projects\n"
                   "POST /rest/v1/rpc/sync_fetch_now\n"
                   "GET /rest/v1/sync_state\n"
                   "POST /rest/v1/rpc/sync_state_now\n"
                   "POST /rest/v1/sync_devices\n");
}

/* A device that believes so finds its row older than it was, and takes the cloud for one that went back. */
static void
test_nobody_else_takes_a_device_row (Fixture *self, gconstpointer data)
{
  static const Answer answers[] = { { 201, JSON, "" },
                                    { 200, JSON, "[]" },
                                    { 200, JSON, "[{\"device_id\":\"d1\",}]" },
                                    { 200, JSON, "[{\"device_id\":\"d2\"}]" },
                                    { 200, JSON, "[{\"device_id\":\"d1\"},{\"device_id\":\"d1\"}]" } };
  g_autoptr (SyncDevice) device = sync_device_new ("d1", "Desk");

  for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
    {
      g_autoptr (GError) error = NULL;

      self->answers = &answers[i];
      self->n_answers = 1;
      self->requests = 0;
      g_assert_false (test_put_device (self->provider, device, &error));
      g_assert_nonnull (error);
      g_assert_cmpuint (self->requests, ==, 1);
    }
}

static void
test_nothing_to_say_is_no_request (Fixture *self, gconstpointer data)
{
  g_autoptr (GBytes) won = test_push (self->provider, self->entity, " [ ] ", NULL);
  g_autoptr (GBytes) weak = test_fetch (self->provider, self->entity, "[]", FALSE, NULL);
  g_autoptr (GBytes) strong = test_fetch (self->provider, self->entity, "[]", TRUE, NULL);
  g_autoptr (GBytes) expected = g_bytes_new_static ("[]", 2);

  g_assert_true (g_bytes_equal (won, expected));
  g_assert_true (g_bytes_equal (weak, expected));
  g_assert_true (g_bytes_equal (strong, expected));
  g_assert_cmpuint (self->requests, ==, 0);
}

static void
test_a_fetch_in_parts_fails_as_a_whole (Fixture *self, gconstpointer data)
{
  static const Answer answers[]
      = { { 200, JSON, "[{\"id\":\"a\"}]" }, { 503, JSON, "{\"code\":\"PGRST002\"}" } };
  g_autoptr (GString) keys = g_string_new ("[[\"a\"]");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 600; i++)
    g_string_append_printf (keys, ",[\"%08u-0000-0000-0000-000000000000\"]", i);
  g_string_append_c (keys, ']');
  self->answers = answers;
  self->n_answers = 2;
  g_assert_null (test_fetch (self->provider, self->entity, keys->str, FALSE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
  g_assert_cmpuint (self->requests, ==, 2);
}

/* Rows may be of any size: two hundred of them are more than an answer may be long, or take a server too long. */
static void
test_a_fetch_that_is_too_large_asks_for_less (Fixture *self, gconstpointer data)
{
  static const Answer first[] = { { 200, JSON, "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]" },
                                  { 500, JSON, "{\"code\":\"57014\"}" } };
  Answer answers[] = { { 0, NULL, NULL },
                       { 200, JSON, "[{\"id\":\"a\"}]" },
                       { 200, JSON, "[{\"id\":\"b\"}]" },
                       { 200, JSON, "[{\"id\":\"c\"}]" } };

  sync_supabase_provider_set_max_body (SYNC_SUPABASE_PROVIDER (self->provider), 20);
  self->answers = answers;
  self->n_answers = G_N_ELEMENTS (answers);
  for (guint i = 0; i < 2 * G_N_ELEMENTS (first); i++)
    {
      g_autoptr (GBytes) rows = NULL;
      g_autoptr (GError) error = NULL;

      answers[0] = first[i / 2];
      self->requests = 0;
      rows = test_fetch (self->provider, self->entity, "[[\"a\"],[\"b\"],[\"c\"]]", i % 2 == 1, &error);
      g_assert_no_error (error);
      g_assert_cmpuint (self->requests, ==, 4);
      g_assert_cmpmem (g_bytes_get_data (rows, NULL), g_bytes_get_size (rows),
                       "[{\"id\":\"a\"},{\"id\":\"b\"},{\"id\":\"c\"}]", 34);
    }
}

/* A server that gives one row at a time, while somebody writes: the row that came twice stands for no other one. */
static void
test_a_row_that_comes_twice_hides_no_other (Fixture *self, gconstpointer data)
{
  static const Answer answers[] = { { 200, JSON, "[{\"id\":\"a\",\"sync_version\":1}]" },
                                    { 200, JSON, "[{\"id\":\"a\",\"sync_version\":2}]" },
                                    { 200, JSON, "[{\"id\":\"b\",\"sync_version\":3}]" },
                                    { 200, JSON, "[{\"id\":\"c\",\"sync_version\":4}]" },
                                    { 200, JSON, "[]" } };
  g_autoptr (GBytes) rows = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  self->answers = answers;
  self->n_answers = G_N_ELEMENTS (answers);
  rows = test_fetch (self->provider, self->entity, "[[\"a\"],[\"b\"],[\"c\"]]", FALSE, &error);
  g_assert_no_error (error);
  text = g_strndup (g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  g_assert_nonnull (strstr (text, "\"b\""));
  g_assert_nonnull (strstr (text, "\"c\""));
}

static void
test_one_row_that_is_too_large_is_told (Fixture *self, gconstpointer data)
{
  static const Answer answers[] = { { 500, JSON, "{\"code\":\"57014\"}" } };
  g_autoptr (GError) error = NULL;

  self->answers = answers;
  self->n_answers = 1;
  g_assert_null (test_fetch (self->provider, self->entity, "[[\"a\"],[\"b\"]]", FALSE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE);
  g_assert_cmpuint (self->requests, ==, 2);
}

static void
test_time_and_size_are_limited (Fixture *self, gconstpointer data)
{
  static const Answer long_page = { 200, JSON, "[\"0123456789\"]" };
  g_autoptr (GError) error = NULL;

  sync_supabase_provider_set_max_body (SYNC_SUPABASE_PROVIDER (self->provider), 10);
  g_assert_null (pull (self, &long_page, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE);
  g_clear_error (&error);
  sync_supabase_provider_set_timeout (SYNC_SUPABASE_PROVIDER (self->provider), 100);
  self->hold = TRUE;
  g_assert_null (pull (self, &long_page, 1, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
}

static void
test_a_cancelled_operation_says_nothing_about_the_cloud (Fixture *self, gconstpointer data)
{
  static const Answer good = { 200, JSON, "[]" };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) first = pull (self, &good, 1, NULL);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  SyncPullQuery query = { .since = 0, .limit = 10 };
  GAsyncResult *place = NULL;

  g_assert_nonnull (first);
  self->hold = TRUE;
  sync_provider_pull_async (self->provider, self->entity, &query, cancellable, test_got_result,
                            &place);
  while (self->held == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_cancellable_cancel (cancellable);
  result = test_wait_for_result (&place);
  g_assert_null (sync_provider_pull_finish (self->provider, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_true (sync_provider_get_connected (self->provider));
}

static void
test_usage_counts_all_requests (Fixture *self, gconstpointer data)
{
  static const Answer good = { 200, JSON, "[]" };
  SyncProviderUsage before, after;
  g_autoptr (GBytes) page = NULL;
  g_autoptr (GBytes) won = NULL;

  sync_provider_get_usage (self->provider, &before);
  page = pull (self, &good, 1, NULL);
  won = test_push (self->provider, self->entity, "[{\"id\":\"a\"}]", NULL);
  sync_provider_get_usage (self->provider, &after);
  g_assert_cmpuint (after.requests - before.requests, ==, 2);
  g_assert_cmpuint (after.bytes_sent - before.bytes_sent, ==, strlen ("[{\"id\":\"a\"}]"));
  g_assert_cmpuint (after.bytes_received - before.bytes_received, ==, 4);
}

static void
test_wrong_settings_make_no_provider (Fixture *self, gconstpointer data)
{
  static const struct
  {
    const char *url;
    const char *key;
    const char *token;
    SyncError expected;
    const char *subject;
  } cases[] = {
    { "http://example.org", KEY, NULL, SYNC_ERROR_INSECURE, "example.org" },
    { "nonsense:", KEY, NULL, SYNC_ERROR_INVALID, "url" },
    { "https://example.org", "sb_secret_x", NULL, SYNC_ERROR_SECRET_KEY, "anon-key" },
    { "https://example.org", "x", NULL, SYNC_ERROR_INVALID, "anon-key" },
    { "https://example.org", KEY, "a\nb", SYNC_ERROR_INVALID, "SUPABASE_AUTH_TOKEN" },
    { "https://example.org", KEY, "", SYNC_ERROR_INVALID, "SUPABASE_AUTH_TOKEN" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sync_supabase_provider_new (cases[i].url, cases[i].key, cases[i].token,
                                                 self->secrets, "p", NULL, &error));
      g_assert_cmpstr (sync_error_code_name (error->code), ==,
                       sync_error_code_name (cases[i].expected));
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, cases[i].subject);
    }
  g_assert_cmpstr (sync_provider_get_name (self->provider), ==, "supabase");
  g_assert_false (g_str_has_suffix (sync_provider_get_location (self->provider), "/"));
}

static void
expect_deletion (Fixture *self, const Answer *answers, guint n_answers, guint requests,
                 const char *reason)
{
  g_autoptr (GError) error = NULL;

  self->answers = answers;
  self->n_answers = n_answers;
  self->requests = 0;
  g_test_message ("%s", answers[0].body);
  g_assert_cmpint (test_delete_all (self->provider, &error), ==, reason == NULL);
  if (reason != NULL)
    {
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
    }
  g_assert_cmpuint (self->requests, ==, requests);
}

/* As long as it gets on; not for ever. */
static void
test_a_deletion_that_gets_nowhere_ends (Fixture *self, gconstpointer data)
{
  static const Answer some = { 200, JSON, "{\"deleted\":20000,\"left\":true}" };
  static const Answer nothing = { 200, JSON, "{\"deleted\":0,\"left\":true}" };
  static const Answer few = { 200, JSON, "{\"deleted\":1,\"left\":true}" };
  static const Answer many = { 200, JSON, "{\"deleted\":400000000,\"left\":true}" };
  static const Answer last = { 200, JSON, "{\"deleted\":7,\"left\":false}" };
  Answer long_way[300];
  const Answer stuck[] = { some, some, nothing };

  for (guint i = 0; i < G_N_ELEMENTS (long_way); i++)
    long_way[i] = i + 1 < G_N_ELEMENTS (long_way) ? some : last;
  expect_deletion (self, long_way, G_N_ELEMENTS (long_way), G_N_ELEMENTS (long_way), NULL);
  expect_deletion (self, stuck, G_N_ELEMENTS (stuck), 3, "endless-deletion");
  expect_deletion (self, &few, 1, 101, "endless-deletion");
  expect_deletion (self, &many, 1, 3, "endless-deletion");
}

#define ADD(name)                                                                                  \
  g_test_add ("/supabase/provider/" #name, Fixture, NULL, set_up, test_##name, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (an_expired_token_is_replaced_and_the_request_sent_again);
  ADD (a_test_of_the_connection_replaces_an_expired_token);
  ADD (a_request_is_sent_again_only_once);
  ADD (a_token_from_the_future_waits_and_signs_nobody_out);
  ADD (a_ready_made_token_is_not_replaced);
  ADD (somebody_elses_page_is_no_answer);
  ADD (connected_is_whether_the_cloud_answered);
  ADD (each_operation_is_one_request_of_its_form);
  ADD (nobody_else_takes_a_device_row);
  ADD (nothing_to_say_is_no_request);
  ADD (a_fetch_in_parts_fails_as_a_whole);
  ADD (a_fetch_that_is_too_large_asks_for_less);
  ADD (one_row_that_is_too_large_is_told);
  ADD (a_row_that_comes_twice_hides_no_other);
  ADD (time_and_size_are_limited);
  ADD (a_cancelled_operation_says_nothing_about_the_cloud);
  ADD (usage_counts_all_requests);
  ADD (a_deletion_that_gets_nowhere_ends);
  ADD (wrong_settings_make_no_provider);
  return g_test_run ();
}
