/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* What people ask of the outbox and of held rows. All on the worker's thread. Limit 0: all. */

/* (element-type SyncChange); state: NULL all, or some of pending, refused and failed, between commas */
GPtrArray *sync_store_list_changes (SyncStore *store, const char *state, guint offset, guint limit,
                                    GError **error);
/* One of them. (transfer full); NULL: error set, SYNC_ERROR_NOT_FOUND: it does not wait */
SyncChange *
sync_store_get_change (SyncStore *store, const char *entity, const char *id, GError **error);
/* (element-type gint64): a key for each of those rows, in that order, see sync_store_read_keys() */
GArray *sync_store_list_change_keys (SyncStore *store, const char *state, GError **error);
/* (element-type SyncHeld) */
GPtrArray *sync_store_list_held (SyncStore *store, guint offset, guint limit, GError **error);
GArray *sync_store_list_held_keys (SyncStore *store, GError **error);
gboolean sync_store_get_queue_stats (SyncStore *store, SyncQueueStats *stats, GError **error);
/* entity and id NULL: all refused and failed rows. How many, -1 on error. */
gssize
sync_store_retry_changes (SyncStore *store, const char *entity, const char *id, GError **error);
gboolean sync_store_retry_hindered (SyncStore *store, const char *entity, guint limit, guint *n_rows, GError **error);
/* Whether a run now would have something to send; if not, when the next row's turn comes. */
gboolean sync_store_has_due_changes (SyncStore *store, gint64 now, gboolean *due,
                                     gint64 *next_attempt_at, GError **error);

G_END_DECLS
