/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-http.h"

#include <string.h>

#define ROW "Annas-Geheimnis"

/* A server on a port of its own whose handler is the test's, and a client. */
typedef struct
{
  SoupServer *server;
  char *url;
  SyncHttp *http;
  SyncHttpReply *reply;
  GError *error;
  gboolean done;
  guint seen;
  guint16 ports[8]; /* the client's, of each request */
  SoupServerMessage *held;
  GBytes *body;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer handler)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, NULL, (SoupServerCallback) handler, fixture, NULL);
  soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (fixture->server);
  fixture->url = g_uri_to_string (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  fixture->http = sync_http_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer handler)
{
  g_clear_pointer (&fixture->reply, sync_http_reply_free);
  g_clear_error (&fixture->error);
  g_clear_pointer (&fixture->body, g_bytes_unref);
  g_clear_object (&fixture->held);
  soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->http);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&fixture->server);
  g_clear_pointer (&fixture->url, g_free);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_clear_pointer (&fixture->reply, sync_http_reply_free);
  g_clear_error (&fixture->error);
  fixture->reply = sync_http_send_finish (SYNC_HTTP (source), result, &fixture->error);
  fixture->done = TRUE;
}

static void
wait_until_done (Fixture *fixture)
{
  while (!fixture->done)
    g_main_context_iteration (NULL, TRUE);
  fixture->done = FALSE;
}

static void
send_to (Fixture *fixture, const char *url, GBytes *body)
{
  const char *const headers[] = { "apikey", "sb_publishable_x", NULL };

  sync_http_send_async (fixture->http, body != NULL ? "POST" : "GET", url, headers, body, NULL,
                        on_done, fixture);
  wait_until_done (fixture);
}

static void
answer (SoupServerMessage *message, guint status, const char *type, const char *body)
{
  soup_server_message_set_status (message, status, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_COPY, body, strlen (body));
}

static void
handle_json (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  fixture->seen++;
  g_assert_cmpstr (soup_message_headers_get_one (headers, "User-Agent"), ==,
                   "ProgressiveSync/" PROGRESSIVE_SYNC_VERSION);
  g_assert_cmpstr (soup_message_headers_get_one (headers, "apikey"), ==, "sb_publishable_x");
  g_assert_nonnull (strstr (soup_message_headers_get_one (headers, "Accept-Encoding"), "gzip"));
  g_assert_null (soup_message_headers_get_one (headers, "Content-Encoding"));
  g_clear_pointer (&fixture->body, g_bytes_unref);
  fixture->body = soup_message_body_flatten (soup_server_message_get_request_body (message));
  answer (message, 201, "application/json; charset=utf-8", "[1]");
}

static void
test_a_request_is_answered (Fixture *fixture, gconstpointer handler)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("[{\"a\":1}]", 9);
  guint64 requests, sent, received;

  send_to (fixture, fixture->url, body);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->reply->status, ==, 201);
  g_assert_true (sync_http_reply_is_json (fixture->reply));
  g_assert_cmpmem (g_bytes_get_data (fixture->reply->body, NULL),
                   g_bytes_get_size (fixture->reply->body), "[1]", 3);
  g_assert_true (g_bytes_equal (fixture->body, body));
  sync_http_get_usage (fixture->http, &requests, &sent, &received);
  g_assert_cmpuint (requests, ==, 1);
  g_assert_cmpuint (sent, ==, 9);
  g_assert_cmpuint (received, ==, 3);
}

static void
handle_status (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
               gpointer user_data)
{
  answer (message, g_ascii_strtoull (path + 1, NULL, 10), "text/html", "<html>" ROW "</html>");
}

static void
test_an_error_page_is_an_answer_too (Fixture *fixture, gconstpointer handler)
{
  static const guint statuses[] = { 200, 400, 401, 404, 407, 502, 503, 520, 540, 544 };

  for (guint i = 0; i < G_N_ELEMENTS (statuses); i++)
    {
      g_autofree char *url = g_strdup_printf ("%s%u", fixture->url, statuses[i]);

      send_to (fixture, url, NULL);
      g_assert_no_error (fixture->error);
      g_assert_cmpuint (fixture->reply->status, ==, statuses[i]);
      g_assert_false (sync_http_reply_is_json (fixture->reply));
    }
}

static void
handle_redirect (SoupServer *server, SoupServerMessage *message, const char *path,
                 GHashTable *query, gpointer user_data)
{
  static const char *const targets[] = { "https://portal.example.org/login", "/elsewhere",
                                         "http://portal.example.org/", "", "::::" };
  Fixture *fixture = user_data;

  if (g_str_equal (path, "/elsewhere"))
    g_assert_not_reached ();
  answer (message, fixture->seen % 2 ? 302 : 307, "text/html", "");
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Location",
                                targets[fixture->seen++]);
}

static void
test_no_redirect_is_followed (Fixture *fixture, gconstpointer handler)
{
  static const char *const hosts[]
      = { "portal.example.org", "127.0.0.1", "portal.example.org", "127.0.0.1", "127.0.0.1" };

  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      send_to (fixture, fixture->url, NULL);
      g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      g_assert_cmpstr (sync_error_get_detail (fixture->error)->subject, ==, hosts[i]);
      g_assert_cmpstr (sync_error_get_detail (fixture->error)->reason, ==, "redirect");
    }
  g_assert_cmpuint (fixture->seen, ==, G_N_ELEMENTS (hosts));
}

static void
test_secrets_leave_this_computer_only_encrypted (Fixture *fixture, gconstpointer handler)
{
  send_to (fixture, "http://example.org/", NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_INSECURE);
  g_assert_cmpstr (sync_error_get_detail (fixture->error)->subject, ==, "example.org");
  send_to (fixture, "not a url", NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpuint (fixture->seen, ==, 0);
}

static void
test_loopback_is_this_computer_only (void)
{
  g_assert_true (sync_http_is_loopback ("127.0.0.1"));
  g_assert_true (sync_http_is_loopback ("127.255.1.2"));
  g_assert_true (sync_http_is_loopback ("::1"));
  g_assert_true (sync_http_is_loopback ("LocalHost"));
  g_assert_false (sync_http_is_loopback (NULL));
  g_assert_false (sync_http_is_loopback (""));
  g_assert_false (sync_http_is_loopback ("128.0.0.1"));
  g_assert_false (sync_http_is_loopback ("127.0.0.1.example.org"));
  g_assert_false (sync_http_is_loopback ("localhost.example.org"));
  g_assert_false (sync_http_is_loopback ("0.0.0.0"));
  g_assert_false (sync_http_is_loopback ("::ffff:8.8.8.8"));
}

static gboolean
drip (gpointer user_data)
{
  Fixture *fixture = user_data;
  SoupMessageBody *body = soup_server_message_get_response_body (fixture->held);

  soup_message_body_append (body, SOUP_MEMORY_STATIC, " ", 1);
  soup_server_message_unpause (fixture->held);
  return G_SOURCE_CONTINUE;
}

static void
handle_drip (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
             gpointer user_data)
{
  Fixture *fixture = user_data;

  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_set_encoding (soup_server_message_get_response_headers (message),
                                     SOUP_ENCODING_CHUNKED);
  g_set_object (&fixture->held, message);
}

/* Each byte comes soon after the one before, so no timeout between bytes ever ends it. */
static void
test_a_slow_drip_ends_in_time_and_asks_for_less (Fixture *fixture, gconstpointer handler)
{
  guint timer;

  sync_http_set_timeout (fixture->http, 300);
  sync_http_send_async (fixture->http, "GET", fixture->url, NULL, NULL, NULL, on_done, fixture);
  while (fixture->held == NULL)
    g_main_context_iteration (NULL, TRUE);
  timer = g_timeout_add (10, drip, fixture);
  wait_until_done (fixture);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE);
  g_source_remove (timer);
}

static void
handle_silence (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->seen++;
  soup_server_message_pause (message);
}

static void
test_silence_ends_in_time_and_asks_for_patience (Fixture *fixture, gconstpointer handler)
{
  gint64 start = g_get_monotonic_time ();

  sync_http_set_timeout (fixture->http, 200);
  send_to (fixture, fixture->url, NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_LATER);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 190 * 1000);
}

static void
test_cancelling_answers_at_once_even_in_the_queue (Fixture *fixture, gconstpointer handler)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Fixture others[8] = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    sync_http_send_async (fixture->http, "GET", fixture->url, NULL, NULL, NULL, on_done,
                          &others[i]);
  while (fixture->seen < 4)
    g_main_context_iteration (NULL, TRUE);
  /* All connections are taken by requests that nobody answers. */
  sync_http_send_async (fixture->http, "GET", fixture->url, NULL, NULL, cancellable, on_done,
                        fixture);
  g_cancellable_cancel (cancellable);
  wait_until_done (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (fixture->seen, ==, 4);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (others[i].done);

  sync_http_send_async (fixture->http, "GET", fixture->url, NULL, NULL, cancellable, on_done,
                        fixture);
  wait_until_done (fixture);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  soup_session_abort (sync_http_get_session (fixture->http));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      wait_until_done (&others[i]);
      g_assert_nonnull (others[i].error);
      g_clear_error (&others[i].error);
    }
}

static void
handle_long (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
             gpointer user_data)
{
  gsize length = g_ascii_strtoull (path + 1, NULL, 10);
  g_autofree char *body = g_strnfill (length, 'x');

  answer (message, 200, "application/json", body);
}

static void
test_a_long_answer_is_cut_off (Fixture *fixture, gconstpointer handler)
{
  g_autofree char *fits = g_strconcat (fixture->url, "200000", NULL);
  g_autofree char *too_long = g_strconcat (fixture->url, "200001", NULL);

  sync_http_set_max_body (fixture->http, 200000);
  send_to (fixture, fits, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (g_bytes_get_size (fixture->reply->body), ==, 200000);
  send_to (fixture, too_long, NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE);
}

static GBytes *
compress (const char *text, gsize length)
{
  g_autoptr (GConverter) converter
      = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 9));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_data (text, length, NULL);
  g_autoptr (GInputStream) stream = g_converter_input_stream_new (plain, converter);
  g_autoptr (GOutputStream) memory = g_memory_output_stream_new_resizable ();
  g_autoptr (GError) error = NULL;

  g_output_stream_splice (memory, stream, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, &error);
  g_assert_no_error (error);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (memory));
}

static void
handle_gzip (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
             gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GBytes) body = NULL;
  gsize length = g_ascii_strtoull (path + 1, NULL, 10);
  g_autofree char *text = g_strnfill (length, '0');

  body = compress (text, length);
  g_clear_pointer (&fixture->body, g_bytes_unref);
  fixture->body = g_bytes_ref (body);
  soup_server_message_set_status (message, 200, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "Content-Encoding", "gzip");
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_COPY,
                                    g_bytes_get_data (body, NULL), g_bytes_get_size (body));
}

static void
test_gzip_is_read_and_counted_as_it_travelled (Fixture *fixture, gconstpointer handler)
{
  g_autofree char *url = g_strconcat (fixture->url, "100000", NULL);
  guint64 requests, sent, received;

  send_to (fixture, url, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (g_bytes_get_size (fixture->reply->body), ==, 100000);
  sync_http_get_usage (fixture->http, &requests, &sent, &received);
  g_assert_cmpuint (received, ==, g_bytes_get_size (fixture->body));
}

static void
test_a_gzip_bomb_is_cut_off (Fixture *fixture, gconstpointer handler)
{
  g_autofree char *url = g_strconcat (fixture->url, "60000000", NULL);

  send_to (fixture, url, NULL);
  g_assert_cmpuint (g_bytes_get_size (fixture->body), <, 100000);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_TOO_LARGE);
}

static void
handle_cut (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
            gpointer user_data)
{
  g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);
  const char *text = g_str_equal (path, "/nothing") ? ""
                     : g_str_equal (path, "/garbage")
                         ? "SSH-2.0-OpenSSH_9.2\r\n\r\n"
                         : "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                           "Content-Length: 100\r\n\r\n[{\"a\":1},";

  g_output_stream_write_all (g_io_stream_get_output_stream (stream), text, strlen (text), NULL,
                             NULL, NULL);
  g_io_stream_close (stream, NULL, NULL);
}

static void
test_a_connection_that_breaks_may_have_done_its_work (Fixture *fixture, gconstpointer handler)
{
  static const char *const paths[] = { "nothing", "cut", "garbage" };

  for (guint i = 0; i < G_N_ELEMENTS (paths); i++)
    {
      g_autofree char *url = g_strconcat (fixture->url, paths[i], NULL);
      g_autoptr (GBytes) body = g_bytes_new_static ("[]", 2);

      send_to (fixture, url, body);
      if (g_str_equal (paths[i], "garbage"))
        g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      else
        g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_LATER);
    }
}

static void
note_port (Fixture *fixture, SoupServerMessage *message)
{
  GSocketAddress *address = soup_server_message_get_remote_address (message);

  g_assert_cmpuint (fixture->seen, <, G_N_ELEMENTS (fixture->ports));
  fixture->ports[fixture->seen++] = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
}

static void
handle_port (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
             gpointer user_data)
{
  note_port (user_data, message);
  answer (message, 200, "application/json", "[]");
}

static void
test_requests_of_all_kinds_share_a_connection (Fixture *fixture, gconstpointer handler)
{
  g_autoptr (GBytes) body = g_bytes_new_static ("[]", 2);

  send_to (fixture, fixture->url, NULL);
  send_to (fixture, fixture->url, body);
  send_to (fixture, fixture->url, NULL);
  send_to (fixture, fixture->url, body);
  send_to (fixture, fixture->url, body);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->seen, ==, 5);
  for (guint i = 1; i < fixture->seen; i++)
    g_assert_cmpuint (fixture->ports[i], ==, fixture->ports[0]);
}

/* The first two by connections of their own; the third finds its connection dead. */
static void
handle_two_and_a_dead_one (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query,
                           gpointer user_data)
{
  Fixture *fixture = user_data;

  note_port (fixture, message);
  if (fixture->seen == 3)
    {
      g_autoptr (GIOStream) stream = soup_server_message_steal_connection (message);

      g_io_stream_close (stream, NULL, NULL);
      return;
    }
  answer (message, 200, "application/json", "[]");
  if (fixture->seen == 1)
    {
      g_set_object (&fixture->held, message);
      soup_server_message_pause (message);
    }
  else if (fixture->seen == 2)
    soup_server_message_unpause (fixture->held);
}

static void
test_a_dead_connection_is_replaced_by_a_new_one (Fixture *fixture, gconstpointer handler)
{
  Fixture other = { 0 };

  sync_http_send_async (fixture->http, "GET", fixture->url, NULL, NULL, NULL, on_done, &other);
  send_to (fixture, fixture->url, NULL);
  wait_until_done (&other);
  g_assert_no_error (other.error);
  g_clear_pointer (&other.reply, sync_http_reply_free);
  g_assert_cmpuint (fixture->ports[1], !=, fixture->ports[0]);

  send_to (fixture, fixture->url, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->reply->status, ==, 200);
  g_assert_cmpuint (fixture->seen, ==, 4);
  g_assert_cmpuint (fixture->ports[3], !=, fixture->ports[0]);
  g_assert_cmpuint (fixture->ports[3], !=, fixture->ports[1]);
}

static void
test_nobody_listening_is_offline (Fixture *fixture, gconstpointer handler)
{
  soup_server_disconnect (fixture->server);
  send_to (fixture, fixture->url, NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpstr (sync_error_get_detail (fixture->error)->subject, ==, "127.0.0.1");
  send_to (fixture, "https://nowhere.invalid/", NULL);
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpstr (sync_error_get_detail (fixture->error)->subject, ==, "nowhere.invalid");
}

static GString *logged;

static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_string_append_printf (logged, "%s\n", (const char *) fields[i].value);
  return G_LOG_WRITER_HANDLED;
}

static void
test_the_log_has_no_query_key_or_body (Fixture *fixture, gconstpointer handler)
{
  g_autofree char *url
      = g_strconcat (fixture->url, "rest/v1/projects?name=eq." ROW "&select=name", NULL);
  g_autoptr (GBytes) body = g_bytes_new_static (ROW, strlen (ROW));

  g_string_truncate (logged, 0);
  send_to (fixture, url, body);
  g_assert_no_error (fixture->error);
  g_assert_nonnull (strstr (logged->str, "POST /rest/v1/projects: 201"));
  g_assert_null (strstr (logged->str, ROW));
  g_assert_null (strstr (logged->str, "sb_publishable"));
}

static void
handle_unauthorized (SoupServer *server, SoupServerMessage *message, const char *path,
                     GHashTable *query, gpointer user_data)
{
  ((Fixture *) user_data)->seen++;
  answer (message, 401, "application/json", "{}");
  soup_message_headers_replace (soup_server_message_get_response_headers (message),
                                "WWW-Authenticate", "Basic realm=\"x\"");
}

static void
test_nobody_is_asked_for_a_password (Fixture *fixture, gconstpointer handler)
{
  send_to (fixture, fixture->url, NULL);
  g_assert_no_error (fixture->error);
  g_assert_cmpuint (fixture->reply->status, ==, 401);
  g_assert_cmpuint (fixture->seen, ==, 1);
}

#define ADD(name, handler)                                                                         \
  g_test_add ("/http/" #name, Fixture, handler, set_up, test_##name, tear_down)

int
main (int argc, char **argv)
{
  logged = g_string_new (NULL);
  g_log_set_writer_func (write_log, NULL, NULL);
  g_test_init (&argc, &argv, NULL);
  ADD (a_request_is_answered, handle_json);
  ADD (an_error_page_is_an_answer_too, handle_status);
  ADD (no_redirect_is_followed, handle_redirect);
  ADD (secrets_leave_this_computer_only_encrypted, handle_json);
  g_test_add_func ("/http/loopback_is_this_computer_only", test_loopback_is_this_computer_only);
  ADD (a_slow_drip_ends_in_time_and_asks_for_less, handle_drip);
  ADD (silence_ends_in_time_and_asks_for_patience, handle_silence);
  ADD (cancelling_answers_at_once_even_in_the_queue, handle_silence);
  ADD (a_long_answer_is_cut_off, handle_long);
  ADD (gzip_is_read_and_counted_as_it_travelled, handle_gzip);
  ADD (a_gzip_bomb_is_cut_off, handle_gzip);
  ADD (a_connection_that_breaks_may_have_done_its_work, handle_cut);
  ADD (requests_of_all_kinds_share_a_connection, handle_port);
  ADD (a_dead_connection_is_replaced_by_a_new_one, handle_two_and_a_dead_one);
  ADD (nobody_listening_is_offline, handle_json);
  ADD (the_log_has_no_query_key_or_body, handle_json);
  ADD (nobody_is_asked_for_a_password, handle_unauthorized);
  {
    int result = g_test_run ();

    g_string_free (logged, TRUE);
    return result;
  }
}
