/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-lists.h"

G_BEGIN_DECLS

/* A name for this device that no other one has: its own, with a number if need be. */
char *sync_device_name_make_unique (const char *name, GPtrArray *devices);
void sync_device_name_suggest_async (SyncDevices *devices, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
char *
sync_device_name_suggest_finish (SyncDevices *devices, GAsyncResult *result, GError **error);

G_END_DECLS
