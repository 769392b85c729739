/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-http-transit.h"

/* Connections, and what libsoup 3.2 does not tell of them: a stream of HTTP/2 that ended in its answer, and a
 * connection that broke while something was written, leave those waiting who go by it. */

#define MAX_CONNECTIONS 4

/* (element-type GSocket): those that were opened for it and not closed yet */
static GPtrArray *
get_sockets (SoupSession *session)
{
  GPtrArray *sockets = g_object_get_data (G_OBJECT (session), "sockets");

  for (guint i = sockets->len; i > 0; i--)
    if (g_socket_is_closed (g_ptr_array_index (sockets, i - 1)))
      g_ptr_array_remove_index_fast (sockets, i - 1);
  return sockets;
}

static gboolean
has_connection (SoupSession *session)
{
  GPtrArray *sockets = get_sockets (session);

  for (guint i = 0; i < sockets->len; i++)
    if ((g_socket_condition_check (g_ptr_array_index (sockets, i), G_IO_HUP | G_IO_ERR)
         & (G_IO_HUP | G_IO_ERR))
        == 0)
      return TRUE;
  return FALSE;
}

/* --- A message on its way ---------------------------------------------------------------------- */

static void
on_wrote_headers (SoupMessage *message, gpointer user_data)
{
  ((SyncHttpTransit *) user_data)->wrote_headers = TRUE;
}

static void
on_wrote_body (SoupMessage *message, gpointer user_data)
{
  ((SyncHttpTransit *) user_data)->wrote_body = TRUE;
}

/* A connection that was kept turned out to be dead, and libsoup asks once more. By a new one: it
 * crashes if a second kept one answers before it has noticed the end of the first. */
static void
on_restarted (SoupMessage *message, gpointer user_data)
{
  soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
}

static void
on_network_event (SoupMessage *message,
                  GSocketClientEvent event,
                  GIOStream *connection,
                  gpointer user_data)
{
  const SyncHttpTransit *transit = user_data;

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (connection))
    {
      GSocket *socket = g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection));

      g_ptr_array_add (get_sockets (transit->session), g_object_ref (socket));
    }
}

/**
 * sync_http_transit_init:
 * @transit: to be filled; stays where it is
 * @session: what it goes by
 * @message: (transfer full): what will be sent
 *
 * Begins to watch it.
 */
void
sync_http_transit_init (SyncHttpTransit *transit, SoupSession *session, SoupMessage *message)
{
  *transit = (SyncHttpTransit) { .message = message, .session = g_object_ref (session) };
  g_signal_connect (message, "wrote-headers", G_CALLBACK (on_wrote_headers), transit);
  g_signal_connect (message, "wrote-body", G_CALLBACK (on_wrote_body), transit);
  g_signal_connect (message, "restarted", G_CALLBACK (on_restarted), transit);
  g_signal_connect (message, "network-event", G_CALLBACK (on_network_event), transit);
}

/**
 * sync_http_transit_clear:
 * @transit: one that was filled
 *
 * Ends it.
 */
void
sync_http_transit_clear (SyncHttpTransit *transit)
{
  g_signal_handlers_disconnect_by_data (transit->message, transit);
  g_clear_object (&transit->message);
  g_clear_object (&transit->session);
}

/**
 * sync_http_transit_get_sent:
 * @transit: a message on its way
 *
 * Returns: bytes of its body that were sent
 */
guint64
sync_http_transit_get_sent (const SyncHttpTransit *transit)
{
  SoupMessageMetrics *metrics = soup_message_get_metrics (transit->message);

  return metrics != NULL ? soup_message_metrics_get_request_body_bytes_sent (metrics) : 0;
}

/**
 * sync_http_transit_is_lost:
 * @transit: a message on its way
 * @received: bytes of the answer that were read
 * @answering: whether the answer has begun
 *
 * To be asked from time to time. On the way both ways something moves. A server that has all of the question and none
 * of the answer may take its time, as long as there is a connection.
 *
 * Returns: whether nobody will answer any more
 */
gboolean
sync_http_transit_is_lost (SyncHttpTransit *transit, guint64 received, gboolean answering)
{
  guint64 moved;
  gboolean moves;

  if (!transit->wrote_headers)
    return FALSE;
  if (transit->wrote_body && !answering)
    return !has_connection (transit->session);
  moved = received + sync_http_transit_get_sent (transit);
  moves = moved != transit->moved;
  transit->moved = moved;
  return !moves;
}

/* --- Connections ------------------------------------------------------------------------------- */

/**
 * sync_http_session_new:
 *
 * Returns: (transfer full): connections of its own
 */
SoupSession *
sync_http_session_new (void)
{
  SoupSession *session = soup_session_new_with_options (
      "max-conns-per-host", MAX_CONNECTIONS, "timeout", SYNC_HTTP_IDLE_TIMEOUT, "idle-timeout",
      SYNC_HTTP_IDLE_TIMEOUT, "user-agent", "ProgressiveSync/" PROGRESSIVE_SYNC_VERSION, NULL);

  g_object_set_data_full (G_OBJECT (session), "sockets",
                          g_ptr_array_new_with_free_func (g_object_unref),
                          (GDestroyNotify) g_ptr_array_unref);
  return session;
}

static gboolean
on_done_with (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

/**
 * sync_http_session_leave:
 * @session: (transfer full): connections that nobody else is to use
 * @context: where they are served
 *
 * libsoup 3.2 goes on to use a connection over HTTP/2 that broke while it wrote, and waits there for ever. Who is on
 * the way with the old ones keeps them; libsoup itself, until it has returned.
 */
void
sync_http_session_leave (SoupSession *session, GMainContext *context)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, on_done_with, session, g_object_unref);
  g_source_attach (source, context);
}

static void
log_quietly (const char *domain, GLogLevelFlags level, const char *message, gpointer user_data)
{
  g_debug ("%s: %s", domain, message);
}

/**
 * sync_http_session_quieten:
 *
 * libsoup warns of a connection over HTTP/2 that broke, and that it takes for one in use for ever: nobody has to do
 * anything about that.
 */
void
sync_http_session_quieten (void)
{
  g_log_set_handler ("libsoup", G_LOG_LEVEL_WARNING | G_LOG_FLAG_FATAL, log_quietly, NULL);
}
