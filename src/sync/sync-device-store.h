/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-device.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* This device, and what was last known of the others. All on the worker's thread. */

SyncDevice *sync_store_get_local_device (SyncStore *store, GError **error);
gboolean sync_store_set_device_name (SyncStore *store, const char *name, GError **error);
/* (element-type SyncDevice); *known_at: when the cloud said so; SYNC_TIME_UNKNOWN: it never did */
GPtrArray *sync_store_get_known_devices (SyncStore *store, gint64 *known_at, GError **error);
/* NULL: forget them. */
gboolean sync_store_count_behind (SyncStore *store, GPtrArray *devices, gint64 newest, GError **error);
gboolean sync_store_set_known_devices (SyncStore *store, GPtrArray *devices, gint64 known_at,
                                       GError **error);

G_END_DECLS
