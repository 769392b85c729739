/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-tray.h"

G_BEGIN_DECLS

#define SYNC_TYPE_BACKGROUND (sync_background_get_type ())
G_DECLARE_FINAL_TYPE (SyncBackground, sync_background, SYNC, BACKGROUND, GObject)

/* Life without a window: what closing one means, start at login, ending by signals, and what others
 * ask of the application while no database is open. */
SyncBackground *sync_background_new (SyncApplication *application, SyncTray *tray);

G_END_DECLS
