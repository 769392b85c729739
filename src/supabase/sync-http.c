/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-http.h"

#include "sync-http-transit.h"

#define CHUNK (64 * 1024)
/* How often, in the time that a request has, it is looked at whether anything moves. */
#define LOOKS 4
/* Whoever asks for more patience than this is asked again tomorrow anyway. */
#define MAX_RETRY_AFTER (24 * 60 * 60)

/**
 * SyncHttp:
 *
 * One request, one answer or one [error@SyncError], and never longer than the total timeout. No
 * redirect is followed: what we send would go where nobody meant it to go.
 */
struct _SyncHttp
{
  GObject parent_instance;

  SoupSession *session; /* (owned) */
  gboolean direct;      /* asks for no proxy */
  guint timeout;        /* milliseconds for one request as a whole */
  gsize max_body;
  guint64 requests;
  guint64 bytes_sent;
  guint64 bytes_received;
};

G_DEFINE_FINAL_TYPE (SyncHttp, sync_http, G_TYPE_OBJECT)

/* One request under way. It outlives its answer when libsoup still has to notice a cancellation,
 * which takes until a connection becomes free: the caller need not wait for that. */
typedef struct
{
  GTask *task;               /* (owned) (nullable): until it was answered */
  SyncHttpTransit transit;   /* the message, and what it goes by */
  GCancellable *cancellable; /* (owned): ours, for libsoup */
  GSource *timer;            /* (owned): the whole of it takes too long */
  GSource *look;             /* (owned): whether anything moves */
  GSource *cancelled;        /* (owned) (nullable): the caller's cancellable */
  GInputStream *stream;      /* (owned) (nullable) */
  GByteArray *body;          /* (owned) */
  guint filled;              /* bytes of @body that were read */
  gint64 started;
} Exchange;

static void
exchange_free (Exchange *exchange)
{
  g_assert (exchange->task == NULL);
  g_clear_object (&exchange->stream);
  sync_http_transit_clear (&exchange->transit);
  g_object_unref (exchange->cancellable);
  g_byte_array_unref (exchange->body);
  g_free (exchange);
}

static const char *
exchange_get_host (Exchange *exchange)
{
  return g_uri_get_host (soup_message_get_uri (exchange->transit.message));
}

static void
exchange_note (Exchange *exchange, guint status)
{
  SyncHttp *self = g_task_get_source_object (exchange->task);
  SoupMessageMetrics *metrics = soup_message_get_metrics (exchange->transit.message);

  if (metrics != NULL)
    {
      self->bytes_sent += soup_message_metrics_get_request_body_bytes_sent (metrics);
      self->bytes_received += soup_message_metrics_get_response_body_bytes_received (metrics);
    }
  g_debug ("%s %s: %u after %" G_GINT64_FORMAT " ms", soup_message_get_method (exchange->transit.message),
           g_uri_get_path (soup_message_get_uri (exchange->transit.message)), status,
           (g_get_monotonic_time () - exchange->started) / 1000);
}

/* Whatever comes next goes by another connection. */
static void
begin_anew (SyncHttp *self, GMainContext *context)
{
  sync_http_session_leave (self->session, context);
  self->session = sync_http_session_new ();
  self->direct = FALSE;
}

/* Answers the caller, once: with @reply or @error. */
static void
exchange_answer (Exchange *exchange, SyncHttpReply *reply, GError *error)
{
  g_autoptr (GTask) task = NULL;

  exchange_note (exchange, reply != NULL ? reply->status : 0);
  sync_clear_source (&exchange->timer);
  sync_clear_source (&exchange->look);
  sync_clear_source (&exchange->cancelled);
  task = g_steal_pointer (&exchange->task);
  if (reply != NULL)
    g_task_return_pointer (task, reply, (GDestroyNotify) sync_http_reply_free);
  else
    g_task_return_error (task, error);
}

/* Answers the caller now; libsoup may take its time to notice. */
static void
exchange_give_up (Exchange *exchange, GError *error)
{
  SyncHttp *self = g_task_get_source_object (exchange->task);

  g_cancellable_cancel (exchange->cancellable);
  begin_anew (self, g_task_get_context (exchange->task));
  exchange_answer (exchange, NULL, error);
}

/* No fault of the connection. */
static gboolean
on_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Exchange *exchange = user_data;

  g_cancellable_cancel (exchange->cancellable);
  exchange_answer (exchange, NULL,
                   g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled"));
  return G_SOURCE_REMOVE;
}

/* A body that was on its way asks for a smaller one; silence, for patience. */
static gboolean
on_timeout (gpointer user_data)
{
  Exchange *exchange = user_data;
  gboolean moving = exchange->filled > 0;
  SyncError code;

  if (!exchange->transit.wrote_body)
    moving = sync_http_transit_get_sent (&exchange->transit) > 0;
  code = moving                            ? SYNC_ERROR_TOO_LARGE
         : exchange->transit.wrote_headers ? SYNC_ERROR_LATER
                                           : SYNC_ERROR_OFFLINE;
  exchange_give_up (exchange,
                    sync_error_new (code, exchange_get_host (exchange), "No answer in time"));
  return G_SOURCE_REMOVE;
}

/* libsoup 3.2 does not tell everybody who waits that a stream of HTTP/2, or its connection, has
 * ended. */
static gboolean
on_look (gpointer user_data)
{
  Exchange *exchange = user_data;

  if (!sync_http_transit_is_lost (&exchange->transit, exchange->filled, exchange->stream != NULL))
    return G_SOURCE_CONTINUE;
  exchange_give_up (exchange, sync_error_new (SYNC_ERROR_LATER, exchange_get_host (exchange),
                                              "The connection stands still"));
  return G_SOURCE_REMOVE;
}

static SyncError
tls_error_code (int code)
{
  switch ((GTlsError) code)
    {
    case G_TLS_ERROR_BAD_CERTIFICATE:
      return SYNC_ERROR_INSECURE;
    case G_TLS_ERROR_EOF:
      return SYNC_ERROR_OFFLINE;
    case G_TLS_ERROR_UNAVAILABLE:
      return SYNC_ERROR_FAILED;
    default:
      return SYNC_ERROR_PROTOCOL;
    }
}

static SyncError
transport_error_code (Exchange *exchange, const GError *error)
{
  if (error->domain == G_TLS_ERROR)
    return tls_error_code (error->code);
  if (error->domain == G_RESOLVER_ERROR)
    return SYNC_ERROR_OFFLINE;
  if (error->domain == SOUP_SESSION_ERROR
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA))
    return SYNC_ERROR_PROTOCOL;
  return exchange->transit.wrote_headers ? SYNC_ERROR_LATER : SYNC_ERROR_OFFLINE;
}

/* The texts of these domains name hosts and conditions, never what was sent or received. */
static void
exchange_fail (Exchange *exchange, const GError *error)
{
  if (exchange->task == NULL)
    return;
  begin_anew (g_task_get_source_object (exchange->task), g_task_get_context (exchange->task));
  exchange_answer (exchange, NULL,
                   sync_error_new (transport_error_code (exchange, error),
                                   exchange_get_host (exchange), "%s", error->message));
}

static void
exchange_refuse_redirect (Exchange *exchange)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (exchange->transit.message);
  const char *location = soup_message_headers_get_one (headers, "Location");
  g_autoptr (GUri) target = NULL;
  const char *host = exchange_get_host (exchange);
  GError *error;

  if (location != NULL)
    target = g_uri_parse_relative (soup_message_get_uri (exchange->transit.message), location,
                                   SOUP_HTTP_URI_FLAGS, NULL);
  if (target != NULL && g_uri_get_host (target) != NULL)
    host = g_uri_get_host (target);
  error = sync_error_new (SYNC_ERROR_PROTOCOL, host, "Sent elsewhere");
  sync_error_set_reason (error, "redirect", soup_message_get_status (exchange->transit.message));
  exchange_answer (exchange, NULL, error);
}

static void
exchange_succeed (Exchange *exchange)
{
  SyncHttpReply *reply = g_new0 (SyncHttpReply, 1);

  g_byte_array_set_size (exchange->body, exchange->filled);
  reply->status = soup_message_get_status (exchange->transit.message);
  reply->headers = soup_message_headers_ref (soup_message_get_response_headers (exchange->transit.message));
  reply->body = g_byte_array_free_to_bytes (g_steal_pointer (&exchange->body));
  exchange->body = g_byte_array_new ();
  exchange_answer (exchange, reply, NULL);
}

static void exchange_read (Exchange *exchange);

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);
  SyncHttp *self;

  if (n < 0)
    exchange_fail (exchange, error);
  if (n < 0 || exchange->task == NULL)
    {
      exchange_free (exchange);
      return;
    }

  self = g_task_get_source_object (exchange->task);
  exchange->filled += n;
  if (n > 0 && exchange->filled <= self->max_body)
    {
      exchange_read (exchange);
      return;
    }
  if (n == 0)
    exchange_succeed (exchange);
  else
    {
      exchange_give_up (exchange,
                        sync_error_new (SYNC_ERROR_TOO_LARGE, exchange_get_host (exchange),
                                        "The answer is longer than %" G_GSIZE_FORMAT " bytes",
                                        self->max_body));
    }
  exchange_free (exchange);
}

static void
exchange_read (Exchange *exchange)
{
  if (exchange->body->len < exchange->filled + CHUNK)
    g_byte_array_set_size (exchange->body, MAX (exchange->filled * 2, exchange->filled + CHUNK));
  g_input_stream_read_async (exchange->stream, exchange->body->data + exchange->filled, CHUNK,
                             G_PRIORITY_DEFAULT, exchange->cancellable, on_read, exchange);
}

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Exchange *exchange = user_data;
  g_autoptr (GError) error = NULL;
  guint status;

  exchange->stream = soup_session_send_finish (SOUP_SESSION (source), result, &error);
  if (exchange->stream == NULL)
    exchange_fail (exchange, error);
  status = soup_message_get_status (exchange->transit.message);
  if (exchange->task != NULL && status >= 300 && status < 400)
    exchange_refuse_redirect (exchange);

  if (exchange->task != NULL)
    exchange_read (exchange);
  else
    exchange_free (exchange);
}

static void
exchange_watch (Exchange *exchange, guint timeout, GCancellable *cancellable)
{
  GMainContext *context = g_task_get_context (exchange->task);

  exchange->timer = g_timeout_source_new (timeout);
  g_source_set_callback (exchange->timer, on_timeout, exchange, NULL);
  g_source_attach (exchange->timer, context);
  exchange->look = g_timeout_source_new (timeout / LOOKS);
  g_source_set_callback (exchange->look, on_look, exchange, NULL);
  g_source_attach (exchange->look, context);
  if (cancellable != NULL)
    {
      exchange->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (exchange->cancelled, G_SOURCE_FUNC (on_cancelled), exchange, NULL);
      g_source_attach (exchange->cancelled, context);
    }
}

/* Returns: (transfer full) (nullable): a message to a place that may be told secrets */
static SoupMessage *
new_message (const char *method, const char *url, GError **error)
{
  g_autoptr (SoupMessage) message = soup_message_new (method, url);
  GUri *uri;
  const char *host;

  if (message == NULL)
    {
      sync_error_set (error, SYNC_ERROR_INVALID, "url", "The address cannot be understood");
      return NULL;
    }
  uri = soup_message_get_uri (message);
  host = g_uri_get_host (uri);
  if (!g_str_equal (g_uri_get_scheme (uri), "https") && !sync_http_is_loopback (host))
    {
      sync_error_set (error, SYNC_ERROR_INSECURE, host,
                      "Only this computer may be spoken to without encryption");
      return NULL;
    }
  /* IDEMPOTENT: what is posted may go by a connection that is there, as everything else; without it
   * each takes a new one, with all its handshakes. libsoup sends none of it twice for that. */
  soup_message_add_flags (message, SOUP_MESSAGE_NO_REDIRECT | SOUP_MESSAGE_COLLECT_METRICS
                                       | SOUP_MESSAGE_IDEMPOTENT);
  return g_steal_pointer (&message);
}

/* What stays on this computer goes by no proxy; and to find out about proxies means to load half a
 * desktop. */
static void
choose_way (SyncHttp *self, const char *host)
{
  gboolean direct = sync_http_is_loopback (host);

  if (direct == self->direct)
    return;
  self->direct = direct;
  soup_session_set_proxy_resolver (self->session, direct ? NULL : g_proxy_resolver_get_default ());
}

static void
sync_http_finalize (GObject *object)
{
  g_object_unref (SYNC_HTTP (object)->session);
  G_OBJECT_CLASS (sync_http_parent_class)->finalize (object);
}

static void
sync_http_class_init (SyncHttpClass *class)
{
  sync_http_session_quieten ();
  G_OBJECT_CLASS (class)->finalize = sync_http_finalize;
}

static void
sync_http_init (SyncHttp *self)
{
  self->timeout = SYNC_HTTP_TOTAL_TIMEOUT_MS;
  self->max_body = SYNC_HTTP_MAX_BODY;
  self->session = sync_http_session_new ();
}

/**
 * sync_http_new:
 *
 * To be used on one thread, with the main context that is its thread-default one then.
 *
 * Returns: (transfer full): a client with its own connections
 */
SyncHttp *
sync_http_new (void)
{
  return g_object_new (SYNC_TYPE_HTTP, NULL);
}

/**
 * sync_http_set_timeout:
 * @http: a client
 * @milliseconds: how long each later request may take as a whole
 */
void
sync_http_set_timeout (SyncHttp *http, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_HTTP (http));

  http->timeout = milliseconds;
}

/**
 * sync_http_set_max_body:
 * @http: a client
 * @bytes: how long an answer may be, decompressed
 */
void
sync_http_set_max_body (SyncHttp *http, gsize bytes)
{
  g_return_if_fail (SYNC_IS_HTTP (http));
  g_return_if_fail (bytes < G_MAXUINT / 4);

  http->max_body = bytes;
}

/**
 * sync_http_get_session:
 * @http: a client
 *
 * Returns: (transfer none): what it sends with until a request fails, to abort them all
 */
SoupSession *
sync_http_get_session (SyncHttp *http)
{
  g_return_val_if_fail (SYNC_IS_HTTP (http), NULL);

  return http->session;
}

/**
 * sync_http_get_usage:
 * @http: a client
 * @requests: (out): requests begun
 * @bytes_sent: (out): bytes of bodies sent
 * @bytes_received: (out): bytes of bodies received, as they travelled
 */
void
sync_http_get_usage (SyncHttp *http,
                     guint64 *requests,
                     guint64 *bytes_sent,
                     guint64 *bytes_received)
{
  g_return_if_fail (SYNC_IS_HTTP (http));

  *requests = http->requests;
  *bytes_sent = http->bytes_sent;
  *bytes_received = http->bytes_received;
}

/**
 * sync_http_send_async:
 * @http: a client
 * @method: an HTTP method
 * @url: an absolute URL, encoded
 * @headers: (array zero-terminated=1): names and values by turns
 * @body: (nullable): JSON to send
 * @cancellable: (nullable): cancels it, at once
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Sends a request and reads the whole answer.
 */
void
sync_http_send_async (SyncHttp *http,
                      const char *method,
                      const char *url,
                      const char *const *headers,
                      GBytes *body,
                      GCancellable *cancellable,
                      GAsyncReadyCallback callback,
                      gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (SoupMessage) message = NULL;
  GError *error = NULL;
  Exchange *exchange;

  g_return_if_fail (SYNC_IS_HTTP (http));

  task = g_task_new (http, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_http_send_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  message = new_message (method, url, &error);
  if (message == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; headers != NULL && headers[i] != NULL; i += 2)
    soup_message_headers_append (soup_message_get_request_headers (message), headers[i],
                                 headers[i + 1]);
  if (body != NULL)
    soup_message_set_request_body_from_bytes (message, "application/json", body);

  exchange = g_new0 (Exchange, 1);
  exchange->task = g_steal_pointer (&task);
  sync_http_transit_init (&exchange->transit, http->session, g_steal_pointer (&message));
  exchange->cancellable = g_cancellable_new ();
  exchange->body = g_byte_array_new ();
  exchange->started = g_get_monotonic_time ();
  exchange_watch (exchange, http->timeout, cancellable);
  http->requests++;
  choose_way (http, exchange_get_host (exchange));
  soup_session_send_async (http->session, exchange->transit.message, G_PRIORITY_DEFAULT,
                           exchange->cancellable, on_sent, exchange);
}

/**
 * sync_http_send_finish:
 * @http: a client
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_OFFLINE, _LATER (it may have arrived), _TOO_LARGE,
 *   _PROTOCOL (a redirect, no HTTP), _INSECURE, _INVALID
 *
 * Returns: (transfer full): the answer, whatever its status
 */
SyncHttpReply *
sync_http_send_finish (SyncHttp *http, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, http), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_http_is_loopback:
 * @host: (nullable): a host's name or address
 *
 * Returns: whether what is sent there stays on this computer
 */
gboolean
sync_http_is_loopback (const char *host)
{
  g_autoptr (GInetAddress) address = NULL;

  if (host == NULL)
    return FALSE;
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    return TRUE;
  address = g_inet_address_new_from_string (host);
  return address != NULL && g_inet_address_get_is_loopback (address);
}

/**
 * sync_http_reply_free:
 * @reply: (transfer full): an answer
 */
void
sync_http_reply_free (SyncHttpReply *reply)
{
  soup_message_headers_unref (reply->headers);
  g_bytes_unref (reply->body);
  g_free (reply);
}

/**
 * sync_http_reply_get_header:
 * @reply: an answer
 * @name: a header's name
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
sync_http_reply_get_header (const SyncHttpReply *reply, const char *name)
{
  return soup_message_headers_get_one (reply->headers, name);
}

/**
 * sync_http_reply_is_json:
 * @reply: an answer
 *
 * Returns: whether it says that it is JSON
 */
gboolean
sync_http_reply_is_json (const SyncHttpReply *reply)
{
  const char *type = soup_message_headers_get_content_type (reply->headers, NULL);

  return type != NULL
         && (g_ascii_strcasecmp (type, "application/json") == 0
             || (g_ascii_strncasecmp (type, "application/", 12) == 0
                 && g_str_has_suffix (type, "+json")));
}

/* Returns: seconds since 1970, or @otherwise */
static gint64
get_date (const SyncHttpReply *reply, const char *name, gint64 otherwise)
{
  const char *value = sync_http_reply_get_header (reply, name);
  g_autoptr (GDateTime) date = value != NULL ? soup_date_time_new_from_http_string (value) : NULL;

  return date != NULL ? g_date_time_to_unix (date) : otherwise;
}

/**
 * sync_http_reply_get_retry_after:
 * @reply: an answer
 * @now: the time, in microseconds since 1970, if the answer does not say what its sender takes it for
 *
 * Returns: the seconds of `Retry-After`, given as such or as a date; 0 without one
 */
guint
sync_http_reply_get_retry_after (const SyncHttpReply *reply, gint64 now)
{
  const char *value = sync_http_reply_get_header (reply, "Retry-After");
  gint64 sent = get_date (reply, "Date", now / G_USEC_PER_SEC);
  guint64 seconds;

  if (value == NULL)
    return 0;
  if (g_ascii_string_to_unsigned (value, 10, 0, G_MAXUINT64, &seconds, NULL))
    return MIN (seconds, MAX_RETRY_AFTER);
  return CLAMP (get_date (reply, "Retry-After", sent) - sent, 0, MAX_RETRY_AFTER);
}
