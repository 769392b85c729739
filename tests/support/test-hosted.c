/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-hosted.h"

#include <gio/gio.h>
#include <libsoup/soup.h>
#include <string.h>
#include <sys/socket.h>

#include "sync-json.h"
#include "test-answer.h"
#include "test-hosted-auth.h"

#define MAX_URL (16 * 1024)
#define MAX_BODY (1024 * 1024)
#define MAX_ROWS 1000
/* As much of a row as an error quotes. */
#define MAX_QUOTE 300

struct _TestHosted
{
  char *target;          /* (owned) */
  char *url;             /* (owned) */
  guint16 port;
  GThread *thread;       /* (owned) */
  GMainContext *context; /* (owned) */
  GMainLoop *loop;       /* (owned) */

  /* On the thread. */
  SoupServer *server;    /* (owned) */
  SoupSession *client;   /* (owned) */
  GHashTable *answers;   /* (owned) (element-type utf8 TestAnswer): the last one to each GET */
  GQueue late;           /* (element-type Exchange) */
  GPtrArray *held;       /* (owned) (element-type GIOStream): of clients that wait in vain */
  gboolean refusing;

  GMutex mutex;
  GCond cond;
  TestHostedFunc func;
  gpointer data;
  guint max_rows;
  guint forgotten;
  guint patience;        /* rows that one statement has time to write, 0: any … */
  guint n_slow;          /* … and how many statements had not enough */
  gboolean terse;        /* errors have no details and no hint */
  TestHostedAuth *auth;  /* (owned) */
  GPtrArray *log;        /* (owned) (element-type utf8): METHOD PATH */
  guint busy;            /* late ones that are being carried out */
};

/* One request on its way. */
typedef struct
{
  TestHosted *hosted;
  SoupServerMessage *message;  /* (owned) (nullable): who waits for an answer */
  char *method;                /* (owned) */
  char *path;                  /* (owned): with the query, as it is sent on */
  SoupMessageHeaders *headers; /* (owned) */
  GBytes *body;                /* (owned) */
  const TestWireFault *fault;  /* (nullable) */
  guint left;                  /* how often it is still to be carried out */
} Exchange;

static void
exchange_free (Exchange *exchange)
{
  g_clear_object (&exchange->message);
  g_free (exchange->method);
  g_free (exchange->path);
  soup_message_headers_unref (exchange->headers);
  g_bytes_unref (exchange->body);
  g_free (exchange);
}

static gboolean
is_rest (const Exchange *exchange)
{
  return g_str_has_prefix (exchange->path, "/rest/v1/");
}

/* --- What hosted Supabase refuses ----------------------------------------------------------------- */

static gsize
measure_head (const Exchange *exchange)
{
  gsize length = strlen (exchange->path);
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, exchange->headers);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    length += strlen (name) + strlen (value) + 4;
  return length;
}

static gboolean
is_token (const char *text)
{
  guint dots = 0;

  for (const char *p = text; *p != '\0'; p++)
    dots += *p == '.';
  return dots == 2;
}

static TestAnswer *
refuse (const Exchange *exchange)
{
  const char *bearer = soup_message_headers_get_one (exchange->headers, "Authorization");

  if (measure_head (exchange) > MAX_URL)
    return test_answer_new (520, "text/html",
                            "<html><title>520: Web server is returning an unknown error</title></html>");
  if (g_bytes_get_size (exchange->body) > MAX_BODY)
    return test_answer_new (413, "text/html", "<html><title>413 Request Entity Too Large</title></html>");
  if (soup_message_headers_get_one (exchange->headers, "Content-Encoding") != NULL)
    return test_answer_new (400, "application/json",
                            "{\"code\":\"PGRST102\",\"message\":\"Empty or invalid json\",\"details\":null,"
                            "\"hint\":null}");
  if (soup_message_headers_get_one (exchange->headers, "apikey") == NULL)
    return test_answer_new (401, "application/json",
                            "{\"message\":\"No API key found in request\",\"hint\":"
                            "\"No `apikey` request header or url param was found.\"}");
  if (!is_rest (exchange))
    return NULL;
  if (bearer != NULL && !(g_str_has_prefix (bearer, "Bearer ") && is_token (bearer)))
    return test_answer_new (401, "application/json",
                            "{\"code\":\"PGRST301\",\"message\":\"Expected 3 parts in JWT; got 1\","
                            "\"details\":null,\"hint\":null}");
  if (g_str_equal (exchange->path, "/rest/v1/") || g_str_has_prefix (exchange->path, "/rest/v1/?"))
    return test_answer_new (401, "application/json",
                            "{\"message\":\"Access to schema is forbidden\",\"hint\":\"Only secret keys\"}");
  return NULL;
}

/* What reads: a function does, too. */
static gboolean
is_read (const Exchange *exchange)
{
  return is_rest (exchange)
         && (g_str_equal (exchange->method, "GET") || g_str_has_prefix (exchange->path, "/rest/v1/rpc/"));
}

/* A larger limit is cut without a word; without one there is one. */
static void
cap_rows (Exchange *exchange, guint max_rows)
{
  const char *limit = strstr (exchange->path, "limit=");
  guint64 rows = limit != NULL ? g_ascii_strtoull (limit + strlen ("limit="), NULL, 10) : G_MAXUINT64;
  g_autoptr (GString) path = g_string_new (NULL);

  if (!is_read (exchange) || rows <= max_rows)
    return;
  if (limit != NULL)
    {
      const char *end = limit + strcspn (limit, "&");

      g_string_append_len (path, exchange->path, limit - exchange->path);
      g_string_append_printf (path, "limit=%u%s", max_rows, end);
    }
  else
    g_string_append_printf (path, "%s%climit=%u", exchange->path, strchr (exchange->path, '?') != NULL ? '&' : '?',
                            max_rows);
  g_free (exchange->path);
  exchange->path = g_string_free (g_steal_pointer (&path), FALSE);
}

/* --- What hosted Supabase says differently ------------------------------------------------------- */

/* What was sent, as a text inside of JSON's quotes. */
static char *
quote_row (const Exchange *exchange)
{
  gsize length;
  const char *text = g_bytes_get_data (exchange->body, &length);
  g_autoptr (GString) quoted = g_string_new (NULL);
  g_autofree char *valid = g_utf8_make_valid (text != NULL ? text : "", MIN (length, MAX_QUOTE));

  sync_json_append_string (quoted, valid, strlen (valid));
  quoted->str[quoted->len - 1] = ')';
  quoted->str[0] = '(';
  return g_string_free (g_steal_pointer (&quoted), FALSE);
}

static void
speak_as_hosted (const Exchange *exchange, TestAnswer *answer)
{
  g_autofree char *row = quote_row (exchange);

  if (is_rest (exchange))
    test_answer_speak_as_postgrest (answer, row);
  else
    test_answer_speak_as_gotrue (
        answer, soup_message_headers_get_one (exchange->headers, "X-Supabase-Api-Version"));
}

static void
sign_error (const Exchange *exchange, TestAnswer *answer)
{
  TestHosted *hosted = exchange->hosted;
  gboolean terse;

  if (!is_rest (exchange))
    return;
  g_mutex_lock (&hosted->mutex);
  terse = hosted->terse;
  g_mutex_unlock (&hosted->mutex);
  test_answer_sign (answer, terse);
}

static TestAnswer *
make_answer (const Exchange *exchange)
{
  const TestWireFault *fault = exchange->fault;
  g_autofree char *row = quote_row (exchange);
  g_auto (GStrv) parts = g_strsplit (fault->body != NULL ? fault->body : "", "@ROW@", -1);
  g_autofree char *body = g_strjoinv (row, parts);
  TestAnswer *answer = test_answer_new (fault->status, fault->type, body);

  if (fault->header != NULL)
    {
      g_auto (GStrv) header = g_strsplit (fault->header, ": ", 2);

      soup_message_headers_replace (answer->headers, header[0], header[1]);
    }
  return answer;
}

/* --- Answering ----------------------------------------------------------------------------------- */

static GBytes *
compress (GBytes *body)
{
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, -1));
  g_autoptr (GInputStream) plain = g_memory_input_stream_new_from_bytes (body);
  g_autoptr (GInputStream) packed = g_converter_input_stream_new (plain, gzip);
  g_autoptr (GOutputStream) out = g_memory_output_stream_new_resizable ();

  g_output_stream_splice (out, packed, G_OUTPUT_STREAM_SPLICE_CLOSE_TARGET, NULL, NULL);
  return g_memory_output_stream_steal_as_bytes (G_MEMORY_OUTPUT_STREAM (out));
}

static void
copy_headers (SoupMessageHeaders *from, SoupMessageHeaders *to)
{
  static const char *const own[] = { "connection", "keep-alive", "content-length", "content-encoding",
                                     "transfer-encoding", "date", "server", "host", "accept-encoding",
                                     "user-agent", NULL };
  SoupMessageHeadersIter iter;
  const char *name, *value;

  soup_message_headers_iter_init (&iter, from);
  while (soup_message_headers_iter_next (&iter, &name, &value))
    {
      g_autofree char *lower = g_ascii_strdown (name, -1);

      if (!g_strv_contains (own, lower))
        soup_message_headers_append (to, name, value);
    }
}

static void
reply (Exchange *exchange, TestAnswer *answer)
{
  SoupServerMessage *message = exchange->message;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  const char *accept
      = soup_message_headers_get_list (soup_server_message_get_request_headers (message), "Accept-Encoding");
  g_autoptr (GBytes) body = NULL;

  sign_error (exchange, answer);
  body = g_bytes_ref (answer->body);
  copy_headers (answer->headers, headers);
  if (g_bytes_get_size (body) > 0 && accept != NULL && strstr (accept, "gzip") != NULL)
    {
      g_bytes_unref (body);
      body = compress (answer->body);
      soup_message_headers_replace (headers, "Content-Encoding", "gzip");
    }
  if (g_bytes_get_size (body) > 0)
    soup_message_body_append_bytes (soup_server_message_get_response_body (message), body);
  soup_server_message_set_status (message, answer->status, NULL);
  soup_server_message_unpause (message);
}

/* Takes the connection away from the server. */
static GIOStream *
steal (Exchange *exchange)
{
  GIOStream *stream;

  soup_server_message_unpause (exchange->message);
  stream = soup_server_message_steal_connection (exchange->message);
  g_assert_nonnull (stream);
  return stream;
}

static void
reset_connection (Exchange *exchange)
{
  g_autoptr (GSocket) socket = g_object_ref (soup_server_message_get_socket (exchange->message));
  struct linger at_once = { 1, 0 };
  g_autoptr (GIOStream) stream = steal (exchange);

  setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  g_io_stream_close (stream, NULL, NULL);
  g_socket_close (socket, NULL);
}

/* Half of the answer, or nothing, and then the end of the connection. */
static void
cut (Exchange *exchange, const TestAnswer *answer, gboolean half)
{
  g_autoptr (GSocket) socket = g_object_ref (soup_server_message_get_socket (exchange->message));
  g_autoptr (GIOStream) stream = steal (exchange);
  gsize size = g_bytes_get_size (answer->body);
  g_autofree char *head
      = g_strdup_printf ("HTTP/1.1 %u Whatever\r\nContent-Type: application/json\r\nContent-Length: %"
                         G_GSIZE_FORMAT "\r\n\r\n", answer->status, size);
  GOutputStream *out = g_io_stream_get_output_stream (stream);

  if (half)
    {
      g_output_stream_write_all (out, head, strlen (head), NULL, NULL, NULL);
      g_output_stream_write_all (out, g_bytes_get_data (answer->body, NULL), size / 2, NULL, NULL, NULL);
    }
  g_io_stream_close (stream, NULL, NULL);
  g_socket_close (socket, NULL);
}

static void
remember (Exchange *exchange, TestAnswer *answer)
{
  if (answer->status == 200 && g_str_equal (exchange->method, "GET") && is_rest (exchange))
    g_hash_table_replace (exchange->hosted->answers, g_strdup (exchange->path), answer);
  else
    test_answer_free (answer);
}

/* Takes the exchange. `answer` (nullable) (transfer full): none was needed */
static void
finish (Exchange *exchange, TestAnswer *answer)
{
  TestWireKind kind = exchange->fault != NULL ? exchange->fault->kind : TEST_WIRE_TWICE;

  if (kind == TEST_WIRE_RESET_AFTER)
    reset_connection (exchange);
  else if (kind == TEST_WIRE_DROP || kind == TEST_WIRE_CUT)
    cut (exchange, answer, kind == TEST_WIRE_CUT && g_bytes_get_size (answer->body) > 1);
  else if (kind == TEST_WIRE_ANSWER_AFTER)
    {
      TestAnswer *another = make_answer (exchange);

      reply (exchange, another);
      test_answer_free (another);
    }
  else
    reply (exchange, answer);
  remember (exchange, answer);
  exchange_free (exchange);
}

/* --- Forwarding ---------------------------------------------------------------------------------- */

static void forward (Exchange *exchange);

/* Takes both. */
static void
take_answer (Exchange *exchange, TestAnswer *answer)
{
  if (exchange->left > 0)
    {
      exchange->left--;
      test_answer_free (answer);
      forward (exchange);
    }
  else if (exchange->message == NULL)
    {
      g_mutex_lock (&exchange->hosted->mutex);
      exchange->hosted->busy--;
      g_cond_signal (&exchange->hosted->cond);
      g_mutex_unlock (&exchange->hosted->mutex);
      test_answer_free (answer);
      exchange_free (exchange);
    }
  else
    {
      speak_as_hosted (exchange, answer);
      finish (exchange, answer);
    }
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Exchange *exchange = user_data;
  TestHosted *hosted = exchange->hosted;
  SoupMessage *message = soup_session_get_async_result_message (SOUP_SESSION (source), result);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = soup_session_send_and_read_finish (SOUP_SESSION (source), result, &error);
  TestAnswer *answer;

  if (body == NULL)
    g_error ("The cloud behind the stand-in: %s %s: %s", exchange->method, exchange->path, error->message);
  answer = g_new0 (TestAnswer, 1);
  answer->status = soup_message_get_status (message);
  answer->headers = soup_message_headers_ref (soup_message_get_response_headers (message));
  answer->body = g_bytes_ref (body);
  g_mutex_lock (&hosted->mutex);
  test_hosted_auth_end (hosted->auth, exchange->path, exchange->body, &answer->status, &answer->body);
  g_mutex_unlock (&hosted->mutex);
  take_answer (exchange, answer);
}

static guint
count_rows (GBytes *body)
{
  SyncJsonReader reader;
  SyncSpan value;
  gsize length;
  const char *text = g_bytes_get_data (body, &length);
  guint n = 0;

  sync_json_reader_init (&reader, text, length);
  if (length > 0 && sync_json_enter_array (&reader))
    while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &value))
      n++;
  return n;
}

/* What is not sent on, each time that it is carried out. `body`: what is sent */
static TestAnswer *
refuse_to_carry_out (Exchange *exchange, GBytes **body)
{
  TestHosted *hosted = exchange->hosted;
  g_autofree char *error = NULL;
  gboolean slow;

  g_mutex_lock (&hosted->mutex);
  error = test_hosted_auth_begin (hosted->auth, exchange->path, body);
  slow = hosted->patience > 0 && is_rest (exchange) && g_str_equal (exchange->method, "POST")
         && count_rows (exchange->body) > hosted->patience;
  hosted->n_slow += slow;
  g_mutex_unlock (&hosted->mutex);
  if (error != NULL)
    return test_answer_new (400, "application/json", error);
  return slow ? test_answer_new (500, "application/json",
                                 "{\"code\":\"57014\",\"details\":null,\"hint\":null,\"message\":"
                                 "\"canceling statement due to statement timeout\"}")
              : NULL;
}

static void
forward (Exchange *exchange)
{
  g_autofree char *url = g_strconcat (exchange->hosted->target, exchange->path, NULL);
  g_autoptr (SoupMessage) message = soup_message_new (exchange->method, url);
  g_autoptr (GBytes) body = g_bytes_ref (exchange->body);
  TestAnswer *refusal = refuse_to_carry_out (exchange, &body);

  g_assert_nonnull (message);
  if (refusal != NULL)
    {
      take_answer (exchange, refusal);
      return;
    }
  copy_headers (exchange->headers, soup_message_get_request_headers (message));
  if (g_bytes_get_size (body) > 0)
    soup_message_set_request_body_from_bytes (
        message, soup_message_headers_get_one (exchange->headers, "Content-Type"), body);
  soup_session_send_and_read_async (exchange->hosted->client, message, G_PRIORITY_DEFAULT, NULL, on_answered,
                                    exchange);
}

static void
deliver_late (TestHosted *hosted)
{
  Exchange *exchange;

  while ((exchange = g_queue_pop_head (&hosted->late)) != NULL)
    {
      g_mutex_lock (&hosted->mutex);
      hosted->busy++;
      g_mutex_unlock (&hosted->mutex);
      forward (exchange);
    }
}

static void
keep_for_late (Exchange *exchange)
{
  TestHosted *hosted = exchange->hosted;

  g_ptr_array_add (hosted->held, steal (exchange));
  g_clear_object (&exchange->message);
  g_queue_push_tail (&hosted->late, exchange);
}

/* Takes the exchange, unless it is to be carried out. */
static gboolean
meet_fault (Exchange *exchange)
{
  TestHosted *hosted = exchange->hosted;
  TestAnswer *answer;

  switch (exchange->fault->kind)
    {
    case TEST_WIRE_REFUSE:
      hosted->refusing = TRUE;
      reset_connection (exchange);
      soup_server_disconnect (hosted->server);
      break;
    case TEST_WIRE_RESET:
      reset_connection (exchange);
      break;
    case TEST_WIRE_LATE:
      keep_for_late (exchange);
      return TRUE;
    case TEST_WIRE_ANSWER:
      answer = make_answer (exchange);
      reply (exchange, answer);
      test_answer_free (answer);
      break;
    case TEST_WIRE_STALE:
      answer = g_str_equal (exchange->method, "GET") ? g_hash_table_lookup (hosted->answers, exchange->path) : NULL;
      if (answer == NULL)
        return FALSE;
      reply (exchange, answer);
      break;
    case TEST_WIRE_TWICE:
    case TEST_WIRE_ANSWER_AFTER:
      exchange->left = exchange->fault->replays;
      return FALSE;
    case TEST_WIRE_RESET_AFTER:
    case TEST_WIRE_DROP:
    case TEST_WIRE_CUT:
    default:
      return FALSE;
    }
  exchange_free (exchange);
  return TRUE;
}

static TestAnswer *
ask_schema_cache (Exchange *exchange)
{
  TestHosted *hosted = exchange->hosted;
  gboolean forgotten = FALSE;

  g_mutex_lock (&hosted->mutex);
  if (is_rest (exchange) && hosted->forgotten > 0)
    {
      hosted->forgotten--;
      forgotten = TRUE;
    }
  g_mutex_unlock (&hosted->mutex);
  return forgotten ? test_answer_new (404, "application/json",
                                     "{\"code\":\"PGRST205\",\"details\":null,\"hint\":null,\"message\":"
                                     "\"Could not find the table in the schema cache\"}")
                   : NULL;
}

static void
note_request (Exchange *exchange)
{
  TestHosted *hosted = exchange->hosted;

  g_mutex_lock (&hosted->mutex);
  if (hosted->func != NULL)
    exchange->fault = hosted->func (hosted->log->len, exchange->method, exchange->path, hosted->data);
  g_ptr_array_add (hosted->log, g_strconcat (exchange->method, " ", exchange->path, NULL));
  cap_rows (exchange, hosted->max_rows);
  g_mutex_unlock (&hosted->mutex);
}

static void
handle (SoupServer *server, SoupServerMessage *message, const char *path, GHashTable *query, gpointer data)
{
  TestHosted *hosted = data;
  Exchange *exchange = g_new0 (Exchange, 1);
  GUri *uri = soup_server_message_get_uri (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);
  g_autoptr (GBytes) bytes = soup_message_body_flatten (body);
  TestAnswer *refusal;

  exchange->hosted = hosted;
  exchange->message = g_object_ref (message);
  exchange->method = g_strdup (soup_server_message_get_method (message));
  exchange->path = g_uri_get_query (uri) != NULL
                       ? g_strconcat (g_uri_get_path (uri), "?", g_uri_get_query (uri), NULL)
                       : g_strdup (g_uri_get_path (uri));
  exchange->headers = soup_message_headers_ref (soup_server_message_get_request_headers (message));
  exchange->body = g_bytes_ref (bytes);
  soup_server_message_pause (message);
  deliver_late (hosted);
  note_request (exchange);
  refusal = hosted->refusing ? NULL : refuse (exchange);
  if (refusal == NULL && !hosted->refusing)
    refusal = ask_schema_cache (exchange);
  if (hosted->refusing)
    {
      reset_connection (exchange);
      exchange_free (exchange);
    }
  else if (refusal != NULL)
    {
      reply (exchange, refusal);
      test_answer_free (refusal);
      exchange_free (exchange);
    }
  else if (exchange->fault == NULL || !meet_fault (exchange))
    forward (exchange);
}

/* --- The thread ---------------------------------------------------------------------------------- */

static void
listen_again (TestHosted *hosted)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  soup_server_listen_local (hosted->server, hosted->port, SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (hosted->server);
  hosted->port = g_uri_get_port (uris->data);
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  hosted->refusing = FALSE;
}

static gpointer
serve (gpointer data)
{
  TestHosted *hosted = data;

  g_main_context_push_thread_default (hosted->context);
  hosted->server = soup_server_new ("server-header", "cloudflare ", NULL);
  hosted->client = soup_session_new ();
  soup_session_remove_feature_by_type (hosted->client, SOUP_TYPE_CONTENT_DECODER);
  soup_server_add_handler (hosted->server, NULL, handle, hosted, NULL);
  listen_again (hosted);
  g_mutex_lock (&hosted->mutex);
  hosted->url = g_strdup_printf ("http://127.0.0.1:%u", hosted->port);
  g_cond_signal (&hosted->cond);
  g_mutex_unlock (&hosted->mutex);

  g_main_loop_run (hosted->loop);

  g_ptr_array_set_size (hosted->held, 0);
  g_clear_object (&hosted->server);
  soup_session_abort (hosted->client);
  g_clear_object (&hosted->client);
  while (g_main_context_iteration (hosted->context, FALSE))
    ;
  g_main_context_pop_thread_default (hosted->context);
  return NULL;
}

static gboolean
quit (gpointer data)
{
  g_main_loop_quit (((TestHosted *) data)->loop);
  return G_SOURCE_REMOVE;
}

TestHosted *
test_hosted_new (const char *target)
{
  TestHosted *hosted = g_new0 (TestHosted, 1);

  hosted->target = g_strdup (target);
  hosted->max_rows = MAX_ROWS;
  hosted->auth = test_hosted_auth_new ();
  hosted->log = g_ptr_array_new_with_free_func (g_free);
  hosted->answers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) test_answer_free);
  hosted->held = g_ptr_array_new_with_free_func (g_object_unref);
  hosted->context = g_main_context_new ();
  hosted->loop = g_main_loop_new (hosted->context, FALSE);
  g_queue_init (&hosted->late);
  g_mutex_init (&hosted->mutex);
  g_cond_init (&hosted->cond);
  hosted->thread = g_thread_new ("hosted", serve, hosted);
  g_mutex_lock (&hosted->mutex);
  while (hosted->url == NULL)
    g_cond_wait (&hosted->cond, &hosted->mutex);
  g_mutex_unlock (&hosted->mutex);
  return hosted;
}

void
test_hosted_free (TestHosted *hosted)
{
  test_hosted_heal (hosted);
  g_main_context_invoke (hosted->context, quit, hosted);
  g_thread_join (hosted->thread);
  g_main_loop_unref (hosted->loop);
  g_main_context_unref (hosted->context);
  g_hash_table_unref (hosted->answers);
  test_hosted_auth_free (hosted->auth);
  g_ptr_array_unref (hosted->held);
  g_ptr_array_unref (hosted->log);
  g_mutex_clear (&hosted->mutex);
  g_cond_clear (&hosted->cond);
  g_free (hosted->target);
  g_free (hosted->url);
  g_free (hosted);
}

const char *
test_hosted_get_url (TestHosted *hosted)
{
  return hosted->url;
}

void
test_hosted_set_max_rows (TestHosted *hosted, guint rows)
{
  g_mutex_lock (&hosted->mutex);
  hosted->max_rows = rows;
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_forget_schema (TestHosted *hosted, guint requests)
{
  g_mutex_lock (&hosted->mutex);
  hosted->forgotten = requests;
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_set_terse (TestHosted *hosted, gboolean terse)
{
  g_mutex_lock (&hosted->mutex);
  hosted->terse = terse;
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_set_patience (TestHosted *hosted, guint rows)
{
  g_mutex_lock (&hosted->mutex);
  hosted->patience = rows;
  hosted->n_slow = 0;
  g_mutex_unlock (&hosted->mutex);
}

guint
test_hosted_count_slow (TestHosted *hosted)
{
  guint n;

  g_mutex_lock (&hosted->mutex);
  n = hosted->n_slow;
  g_mutex_unlock (&hosted->mutex);
  return n;
}

void
test_hosted_set_confirms (TestHosted *hosted, gboolean confirms)
{
  g_mutex_lock (&hosted->mutex);
  test_hosted_auth_set_confirms (hosted->auth, confirms);
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_confirm (TestHosted *hosted, const char *email)
{
  g_mutex_lock (&hosted->mutex);
  test_hosted_auth_confirm (hosted->auth, email);
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_advance (TestHosted *hosted, gint64 microseconds)
{
  g_mutex_lock (&hosted->mutex);
  test_hosted_auth_advance (hosted->auth, microseconds);
  g_mutex_unlock (&hosted->mutex);
}

void
test_hosted_set_faults (TestHosted *hosted, TestHostedFunc func, gpointer data)
{
  g_mutex_lock (&hosted->mutex);
  hosted->func = func;
  hosted->data = data;
  g_ptr_array_set_size (hosted->log, 0);
  g_mutex_unlock (&hosted->mutex);
}

typedef struct
{
  TestHosted *hosted;
  gboolean done;
} Healing;

static gboolean
heal (gpointer data)
{
  Healing *healing = data;
  TestHosted *hosted = healing->hosted;

  if (hosted->refusing)
    listen_again (hosted);
  deliver_late (hosted);
  g_ptr_array_set_size (hosted->held, 0);
  g_mutex_lock (&hosted->mutex);
  healing->done = TRUE;
  g_cond_signal (&hosted->cond);
  g_mutex_unlock (&hosted->mutex);
  return G_SOURCE_REMOVE;
}

void
test_hosted_heal (TestHosted *hosted)
{
  Healing healing = { hosted, FALSE };

  g_mutex_lock (&hosted->mutex);
  hosted->func = NULL;
  hosted->forgotten = 0;
  g_mutex_unlock (&hosted->mutex);
  g_main_context_invoke (hosted->context, heal, &healing);
  g_mutex_lock (&hosted->mutex);
  while (!healing.done || hosted->busy > 0)
    g_cond_wait (&hosted->cond, &hosted->mutex);
  g_mutex_unlock (&hosted->mutex);
}

guint
test_hosted_count (TestHosted *hosted)
{
  return test_hosted_count_of (hosted, NULL, "");
}

guint
test_hosted_count_of (TestHosted *hosted, const char *method, const char *path)
{
  guint n = 0;

  g_mutex_lock (&hosted->mutex);
  for (guint i = 0; i < hosted->log->len; i++)
    {
      const char *line = g_ptr_array_index (hosted->log, i);
      const char *rest = strchr (line, ' ') + 1;

      n += g_str_has_prefix (rest, path)
           && (method == NULL || strncmp (line, method, rest - line - 1) == 0);
    }
  g_mutex_unlock (&hosted->mutex);
  return n;
}
