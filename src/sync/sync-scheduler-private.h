/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-scheduler.h"
#include "sync-system.h"
#include "sync-timers.h"

G_BEGIN_DECLS

SyncScheduler *sync_scheduler_new_for_system (SyncManager *manager, SyncSettings *settings,
                                              SyncClock *clock, SyncTimers *timers, SyncSystem *system);
/* (transfer none) */
SyncSystem *sync_scheduler_get_system (SyncScheduler *scheduler);
/* Whether something is under way that it will plan anew after. */
gboolean sync_scheduler_is_busy (SyncScheduler *scheduler);

G_END_DECLS
