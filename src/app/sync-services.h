/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SERVICES (sync_services_get_type ())
G_DECLARE_FINAL_TYPE (SyncServices, sync_services, SYNC, SERVICES, GObject)

/* What the application is beside its windows: the databases' objects on the bus, the tray,
 * notifications, and life in the background. Made at startup, gone at shutdown. */
SyncServices *sync_services_new (SyncApplication *application);

G_END_DECLS
