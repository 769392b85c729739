/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "sync-timers.h"

G_BEGIN_DECLS

#define SYNC_TYPE_TRAY_PROCESS (sync_tray_process_get_type ())
G_DECLARE_FINAL_TYPE (SyncTrayProcess, sync_tray_process, SYNC, TRAY_PROCESS, GObject)

/* The program that shows the icon in the tray: goes on as long as it is wanted, begins again where
 * it crashed, a little later each time, and not any more where that does not help. */
SyncTrayProcess *
sync_tray_process_new (const char *program, const char *bus_name, SyncTimers *timers);
void sync_tray_process_set_wanted (SyncTrayProcess *process, gboolean wanted);
gboolean sync_tray_process_get_gave_up (SyncTrayProcess *process);
guint sync_tray_process_get_starts (SyncTrayProcess *process);

G_END_DECLS
