/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_BUS_OBJECT (sync_bus_object_get_type ())
G_DECLARE_FINAL_TYPE (SyncBusObject, sync_bus_object, SYNC, BUS_OBJECT, GObject)

/* One database on the bus, as data/io.github.progressive_sync.Sync1.xml describes it, as long as
 * the object lives. */
SyncBusObject *
sync_bus_object_new (SyncProfile *profile, GDBusConnection *connection, GError **error);

G_END_DECLS
