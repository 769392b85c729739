/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

#define SYNC_TYPE_HTTP (sync_http_get_type ())
G_DECLARE_FINAL_TYPE (SyncHttp, sync_http, SYNC, HTTP, GObject)

/* Hosted Supabase answers within 60 s or never. */
#define SYNC_HTTP_TOTAL_TIMEOUT_MS (65 * 1000)
#define SYNC_HTTP_MAX_BODY (32 * 1024 * 1024)

/**
 * SyncHttpReply:
 * @status: the HTTP status, a final one that is no redirect
 * @headers: what came with it
 * @body: the body, decompressed
 *
 * What a server answered.
 */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GBytes *body;
} SyncHttpReply;

static inline void
sync_clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

SyncHttp *sync_http_new (void);
void sync_http_set_timeout (SyncHttp *http, guint milliseconds);
void sync_http_set_max_body (SyncHttp *http, gsize bytes);
SoupSession *sync_http_get_session (SyncHttp *http);
void sync_http_get_usage (SyncHttp *http, guint64 *requests, guint64 *bytes_sent,
                          guint64 *bytes_received);

void sync_http_send_async (SyncHttp *http, const char *method, const char *url,
                           const char *const *headers, GBytes *body, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
SyncHttpReply *sync_http_send_finish (SyncHttp *http, GAsyncResult *result, GError **error);

gboolean sync_http_is_loopback (const char *host);
void sync_http_reply_free (SyncHttpReply *reply);
const char *sync_http_reply_get_header (const SyncHttpReply *reply, const char *name);
gboolean sync_http_reply_is_json (const SyncHttpReply *reply);
guint sync_http_reply_get_retry_after (const SyncHttpReply *reply, gint64 now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncHttpReply, sync_http_reply_free)

G_END_DECLS
