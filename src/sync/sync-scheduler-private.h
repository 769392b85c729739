/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-change-watch.h"
#include "sync-file-lock.h"
#include "sync-schedule.h"
#include "sync-scheduler.h"
#include "sync-system.h"
#include "sync-timers.h"

G_BEGIN_DECLS

/**
 * SyncScheduler:
 *
 * When runs happen by themselves. Whatever it waits for is one point in monotonic time, and there is always
 * one while automatic runs are on and possible; the wall clock only shows it.
 */
struct _SyncScheduler
{
  GObject parent_instance;

  SyncManager *manager;   /* (owned) */
  SyncSettings *settings; /* (owned) */
  SyncClock *clock;       /* (owned) */
  SyncTimers *timers;     /* (owned) */
  SyncSystem *system;     /* (owned) */
  SyncChangeWatch *watch; /* (owned) */
  GRand *random;          /* (owned) */

  GCancellable *cancellable; /* (owned) (nullable): NULL while it is stopped */
  SyncFileLock *lease;       /* (owned) (nullable): NULL: another program schedules, or none has to */
  gboolean leasing;          /* the lease is being asked for */
  gboolean elsewhere;        /* another program has it, as far as is known */
  gboolean running;          /* a run that it began is going on */
  gboolean checking;         /* the outbox is being looked at … */
  gboolean check_again;      /* … and will be again, as it changed meanwhile */
  gboolean beginning;        /* a run is due: whether it is paused is looked at once more */
  SyncState state;           /* the manager's, as last heard of */
  SyncHold hold;             /* what keeps automatic runs back */
  guint timer;               /* for what is due */
  guint pause_timer;         /* for the end of a pause */
  guint look_timer;

  SyncSchedule schedule;
  gint64 asking_end; /* until then it waits for what the system has to say */
  gint64 next_run; /* (wall time): what is shown */
};

SyncScheduler *sync_scheduler_new_for_system (SyncManager *manager, SyncSettings *settings,
                                              SyncClock *clock, SyncTimers *timers, SyncSystem *system);
/* (transfer none) */
SyncSystem *sync_scheduler_get_system (SyncScheduler *scheduler);
/* Whether something is under way that it will plan anew after. */
gboolean sync_scheduler_is_busy (SyncScheduler *scheduler);

/* For its own parts. */
gint64 sync_scheduler_now (SyncScheduler *self); /* monotonic */
gboolean sync_scheduler_is_wanted (SyncScheduler *self);
gboolean sync_scheduler_is_running (SyncScheduler *self);
void sync_scheduler_show_next_run (SyncScheduler *self, gint64 due);
void sync_scheduler_show_hold (SyncScheduler *self, SyncHold hold);
void sync_scheduler_set_elsewhere (SyncScheduler *self, gboolean elsewhere);

/* sync-scheduler-plan.c */
void sync_scheduler_plan (SyncScheduler *self);
/* sync-scheduler-run.c */
void sync_scheduler_begin_run (SyncScheduler *self);
void sync_scheduler_begin_verify (SyncScheduler *self);
void sync_scheduler_note_run (SyncScheduler *self, const SyncResult *result);
void sync_scheduler_note_change (SyncScheduler *self);
/* sync-scheduler-lease.c */
/* Unless it has it. Waits so many seconds for another program that does. */
void sync_scheduler_ask_for_lease (SyncScheduler *self, guint seconds);

G_END_DECLS
