/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"

G_BEGIN_DECLS

/* How many rows are written. */
typedef void (*SyncExportFunc) (guint64 rows, guint64 total, gpointer user_data);

/* Writes rows to a file of JSON that only its owner can read (0600). It takes the place of one of that name
 * when it is complete, never before. Answers how many rows, -1 with error set. */
void sync_export_everything_async (SyncManager *manager, const char *path, SyncExportFunc told,
                                   gpointer told_data, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
/* What waits to be sent; state as of SyncQueue. */
void sync_export_unsent_async (SyncManager *manager, const char *state, const char *path,
                               SyncExportFunc told, gpointer told_data, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
gssize sync_export_finish (SyncManager *manager, GAsyncResult *result, GError **error);

G_END_DECLS
