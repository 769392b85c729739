/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Seconds without any byte from the other side. */
#define SYNC_HTTP_IDLE_TIMEOUT 30

/**
 * SyncHttpTransit:
 * @message: (owned): what is on its way …
 * @session: (owned): … by whose connections
 * @moved: bytes both ways, when it was last looked at
 * @wrote_headers: whether the other side may have heard of it
 * @wrote_body: whether it may have heard all
 *
 * A message on its way, for who must know whether anything moves.
 */
typedef struct
{
  SoupMessage *message;
  SoupSession *session;
  guint64 moved;
  gboolean wrote_headers;
  gboolean wrote_body;
} SyncHttpTransit;

void sync_http_transit_init (SyncHttpTransit *transit, SoupSession *session, SoupMessage *message);
void sync_http_transit_clear (SyncHttpTransit *transit);
guint64 sync_http_transit_get_sent (const SyncHttpTransit *transit);
gboolean sync_http_transit_is_lost (SyncHttpTransit *transit, guint64 received, gboolean answering);

SoupSession *sync_http_session_new (void);
void sync_http_session_leave (SoupSession *session, GMainContext *context);
void sync_http_session_quieten (void);

G_END_DECLS
