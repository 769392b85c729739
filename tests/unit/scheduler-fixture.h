/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-scheduler-private.h"
#include "test-manager.h"
#include "test-system.h"
#include "test-timers.h"

G_BEGIN_DECLS

#define SECOND G_TIME_SPAN_SECOND
#define MINUTE G_TIME_SPAN_MINUTE
#define HOUR G_TIME_SPAN_HOUR

/* A device whose scheduler has a clock, timers and a system of the test's. */
typedef struct
{
  TestManager device;
  SyncTimers *timers;
  SyncSystem *system;
  SyncScheduler *scheduler;
  guint failed;
} Fixture;

void scheduler_fixture_set_up (Fixture *fixture, gconstpointer data);
void scheduler_fixture_tear_down (Fixture *fixture, gconstpointer data);

/* Until all that is under way is over; until all that is due meanwhile is done. */
void settle (gpointer fixture);
void advance (Fixture *fixture, gint64 microseconds);

/* Automatic runs on, the run at the start over. */
void start (Fixture *fixture);
/* How many runs there were: each asks the cloud for its state once. */
guint runs (Fixture *fixture);
/* How long it takes to the next one; -1: there is none. */
gint64 next_in (Fixture *fixture);

void pause_runs (Fixture *fixture, gint64 until);
void fail_offline (Fixture *fixture);
void write_elsewhere (Fixture *fixture, const char *sql);

/* What nobody noticed, until everything is compared with the cloud. */
void spoil (Fixture *fixture);
void assert_spoilt (Fixture *fixture, gboolean spoilt);

G_END_DECLS
