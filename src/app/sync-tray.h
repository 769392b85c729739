/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application.h"

G_BEGIN_DECLS

#define SYNC_TYPE_TRAY (sync_tray_get_type ())
G_DECLARE_FINAL_TYPE (SyncTray, sync_tray, SYNC, TRAY, GObject)

/* The application's part of the tray: a menu and actions on the bus, and the program that shows
 * them where there is a tray and it is wanted. Property `present`: whether there is an icon. */
SyncTray *sync_tray_new (SyncApplication *application);
gboolean sync_tray_get_present (SyncTray *tray);
gboolean sync_tray_get_gave_up (SyncTray *tray);

G_END_DECLS
