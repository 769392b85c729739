/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define SYNC_TYPE_TRAY_HOST (sync_tray_host_get_type ())
G_DECLARE_FINAL_TYPE (SyncTrayHost, sync_tray_host, SYNC, TRAY_HOST, GObject)

/* Whether there is a tray that shows icons: property `present`. Panels come and go. */
SyncTrayHost *sync_tray_host_new (GDBusConnection *connection);
gboolean sync_tray_host_get_present (SyncTrayHost *host);

G_END_DECLS
