/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/**
 * SyncFileLock:
 *
 * A lock between processes (and within one) that the kernel gives up when its holder ends, however
 * that happens. It is keyed by a database and a purpose (`run`, `schedule`, `session`).
 */
typedef struct _SyncFileLock SyncFileLock;

/* SYNC_ERROR_LOCKED: somebody else holds it. */
SyncFileLock *
sync_file_lock_try_acquire (const char *database_path, const char *purpose, GError **error);
/* Waits up to so many seconds. Blocks: only for a thread that may. */
SyncFileLock *sync_file_lock_acquire (const char *database_path, const char *purpose, guint seconds,
                                      GCancellable *cancellable, GError **error);
/* The same for the main loop. */
void sync_file_lock_acquire_async (const char *database_path, const char *purpose, guint seconds,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
SyncFileLock *sync_file_lock_acquire_finish (GAsyncResult *result, GError **error);
void sync_file_lock_release (SyncFileLock *lock);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncFileLock, sync_file_lock_release)

G_END_DECLS
