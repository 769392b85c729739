/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

#define SYNC_TYPE_WORKER (sync_worker_get_type ())
G_DECLARE_FINAL_TYPE (SyncWorker, sync_worker, SYNC, WORKER, GObject)

/**
 * SyncWorkerFunc:
 * @connection: the worker's connection
 * @data: what was given
 * @cancellable: (nullable): cancels long work between its steps
 * @error: where to put an error
 *
 * Something to do on the worker's thread. A transaction left open is rolled back after it.
 *
 * Returns: %FALSE with @error set if it failed
 */
typedef gboolean (*SyncWorkerFunc) (SyncConnection *connection, gpointer data,
                                    GCancellable *cancellable, GError **error);

SyncWorker *sync_worker_new (SyncConnection *connection); /* takes the connection */
gboolean sync_worker_is_current (SyncWorker *worker);
gboolean sync_worker_call (SyncWorker *worker, SyncWorkerFunc func, gpointer data,
                           GCancellable *cancellable, GError **error);
void sync_worker_call_async (SyncWorker *worker, SyncWorkerFunc func, gpointer data,
                             GDestroyNotify free_data, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
/* The data given, which belong to the result (freed with it by free_data); NULL with error set. */
gpointer sync_worker_call_finish (SyncWorker *worker, GAsyncResult *result, GError **error);
/* Whether somebody waits for what runs to end: for work that can be taken up again. */
gboolean sync_worker_is_wanted (SyncWorker *worker);
void sync_worker_shut_down (SyncWorker *worker);

G_END_DECLS
