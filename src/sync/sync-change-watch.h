/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"
#include "sync-timers.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CHANGE_WATCH (sync_change_watch_get_type ())
G_DECLARE_FINAL_TYPE (SyncChangeWatch, sync_change_watch, SYNC, CHANGE_WATCH, GObject)

/* Notices that another connection wrote to a database: signal `changed`, at most once a second. */
SyncChangeWatch *sync_change_watch_new (SyncStore *store, SyncTimers *timers);
void sync_change_watch_start (SyncChangeWatch *watch);
void sync_change_watch_stop (SyncChangeWatch *watch);

G_END_DECLS
