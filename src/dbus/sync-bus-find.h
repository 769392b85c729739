/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-bus-interface.h"

G_BEGIN_DECLS

/* The application, where it runs and has a database open; it is never started. */
void sync_bus_find_async (const char *database,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
SyncBusSync1 *sync_bus_find_finish (GAsyncResult *result, GError **error);

G_END_DECLS
