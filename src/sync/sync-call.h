/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"

G_BEGIN_DECLS

/**
 * SyncCall:
 *
 * A request to a provider, made by a run's own thread: it is started and answered on the main context, where
 * all of the network's work happens, while the run waits, or does something else until it must.
 */
typedef struct _SyncCall SyncCall;

SyncCall *sync_call_connect (SyncProvider *provider, GMainContext *context, GCancellable *cancellable);
SyncCall *sync_call_get_state (SyncProvider *provider, GMainContext *context, gboolean strong,
                               GCancellable *cancellable);
SyncCall *sync_call_pull (SyncProvider *provider, GMainContext *context, const SyncEntity *entity,
                          const SyncPullQuery *query, GCancellable *cancellable);
SyncCall *sync_call_push (SyncProvider *provider, GMainContext *context, const SyncEntity *entity,
                          GBytes *rows, GCancellable *cancellable);
SyncCall *sync_call_fetch (SyncProvider *provider, GMainContext *context, const SyncEntity *entity,
                           GBytes *keys, gboolean strong, GCancellable *cancellable);
SyncCall *sync_call_digest (SyncProvider *provider, GMainContext *context, const SyncEntity *entity,
                            const char *prefix, GCancellable *cancellable);
SyncCall *sync_call_put_device (SyncProvider *provider, GMainContext *context, const SyncDevice *device,
                                GCancellable *cancellable);

/* Each waits for the answer and frees the call. */
gboolean sync_call_finish (SyncCall *call, GError **error); /* connect, put_device */
SyncCloudState *sync_call_finish_state (SyncCall *call, GError **error);
GBytes *sync_call_finish_bytes (SyncCall *call, GError **error); /* pull, push, fetch */
gboolean sync_call_finish_digest (SyncCall *call, SyncDigest *digest, GError **error);
/* For an answer that nobody wants any more: cancels, waits, frees. */
void sync_call_abandon (SyncCall *call);

G_END_DECLS
