/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-lists.h"

G_BEGIN_DECLS

/**
 * SyncDevices:
 *
 * The copies of the database that share one cloud.
 */
struct _SyncDevices
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

typedef enum
{
  SYNC_DEVICES_LIST,
  SYNC_DEVICES_REGISTER,
  SYNC_DEVICES_RENAME,
  SYNC_DEVICES_REVOKE,
} SyncDevicesMethod;

/* sync-devices-call.c */
/* name: kept at once for SYNC_DEVICES_REGISTER, whether or not the cloud can be told. */
void sync_devices_start (SyncDevices *self, SyncDevicesMethod method, gpointer tag, const char *id,
                         const char *name, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data);
gboolean
sync_devices_finish (SyncDevices *self, GAsyncResult *result, gpointer tag, GError **error);
/* When the cloud said so last; SYNC_TIME_UNKNOWN: now. */
gint64 sync_devices_get_known_at (GAsyncResult *result);

G_END_DECLS
