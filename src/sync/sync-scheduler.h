/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SCHEDULER (sync_scheduler_get_type ())
G_DECLARE_FINAL_TYPE (SyncScheduler, sync_scheduler, SYNC, SCHEDULER, GObject)

/**
 * SyncHold:
 *
 * What keeps automatic runs back, unless the settings say that it does not matter.
 */
typedef enum
{
  SYNC_HOLD_NONE,
  SYNC_HOLD_METERED,
  SYNC_HOLD_POWER_SAVER,
} SyncHold;

#define SYNC_TYPE_HOLD (sync_hold_get_type ())
GType sync_hold_get_type (void);

/* When runs happen by themselves: at start, by interval, 5 s after the last local change of any
 * process, when the network comes back and after sleep, with back-off after errors; not on a
 * metered network and in power-saver mode; while it holds the lease of the database, so that a
 * window and `psync watch` never both do. Properties `next-run` (µs since 1970 or
 * SYNC_TIME_UNKNOWN), `hold` and `elsewhere` (another program has the lease). */
SyncScheduler *sync_scheduler_new (SyncManager *manager, SyncSettings *settings, SyncClock *clock);
void sync_scheduler_start (
    SyncScheduler *scheduler); /* whatever `auto-sync` says: obeys it as it changes */
void sync_scheduler_stop (SyncScheduler *scheduler);
gboolean sync_scheduler_is_started (SyncScheduler *scheduler);
gint64 sync_scheduler_get_next_run (SyncScheduler *scheduler);
SyncHold sync_scheduler_get_hold (SyncScheduler *scheduler);

G_END_DECLS
