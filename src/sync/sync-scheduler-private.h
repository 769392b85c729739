/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-scheduler.h"
#include "sync-timers.h"

G_BEGIN_DECLS

SyncScheduler *sync_scheduler_new_with_timers (SyncManager *manager, SyncSettings *settings,
                                               SyncClock *clock, SyncTimers *timers);

G_END_DECLS
