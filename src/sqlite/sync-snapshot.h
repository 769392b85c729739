/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/**
 * SyncSnapshot:
 * @path: the file
 * @name: its name without folder and ending, which users give back to restore it
 * @created_at: microseconds since 1970
 * @size: bytes
 */
typedef struct
{
  char *path;
  char *name;
  gint64 created_at;
  gint64 size;
} SyncSnapshot;

void sync_snapshot_free (SyncSnapshot *snapshot);

/* Copies the database as it is now into its folder `snapshots/` (0700, file 0600) by the backup API
 * while others may write, checks free space before, names it by time and `reason`, keeps the newest
 * `keep`. The copy appears under its name only when it is whole. */
SyncSnapshot *sync_snapshot_take (SyncConnection *connection, const char *reason, gint64 now,
                                  guint keep, GCancellable *cancellable, GError **error);
/* Newest first. (element-type SyncSnapshot) */
GPtrArray *sync_snapshot_list (const char *database_path, GError **error);
/* Puts the snapshot's contents into the live database by the backup API: others that have it open
 * see the new contents; takes a snapshot of what was there first. */
gboolean sync_snapshot_restore (SyncConnection *connection, const char *name, gint64 now,
                                guint keep, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSnapshot, sync_snapshot_free)

G_END_DECLS
