/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-settings.h"

G_BEGIN_DECLS

/* No time at all: not for that reason. */
#define SYNC_SCHEDULE_NEVER G_MAXINT64

/**
 * SyncSchedule:
 * @interval_from: the interval begins here
 * @start_at: a run that does not wait for the interval
 * @first_change: when the first local change that waits was seen
 * @last_change: … and the last
 * @attempt_at: when the next row's turn comes
 * @retry_at: after a failure; keeps all others away
 * @verify_at: a day after the last verification …
 * @verify_from: … but not before
 * @verified_at: (wall time): when that was
 * @paused_until: (wall time): as last looked at …
 * @pause_end: … and when that is
 * @retry_is_firm: a network that came back does not shorten the waiting
 * @came_back: it did while a run went on
 * @failures: in a row
 * @fruitless: runs in a row that left changes behind
 *
 * What automatic runs wait for, as points in monotonic time, and the rules by which those come about.
 */
typedef struct
{
  gint64 interval_from;
  gint64 start_at;
  gint64 first_change;
  gint64 last_change;
  gint64 attempt_at;
  gint64 retry_at;
  gint64 verify_at;
  gint64 verify_from;
  gint64 verified_at;
  gint64 paused_until;
  gint64 pause_end;
  gboolean retry_is_firm;
  gboolean came_back;
  guint failures;
  guint fruitless;
} SyncSchedule;

void sync_schedule_clear (SyncSchedule *schedule);
void sync_schedule_begin (SyncSchedule *schedule, const SyncConfig *config, gint64 now);

gint64 sync_schedule_get_run (const SyncSchedule *schedule, const SyncConfig *config);
gint64 sync_schedule_get_verification (SyncSchedule *schedule, gint64 verified_at, SyncClock *clock);
gint64 sync_schedule_get_pause_end (SyncSchedule *schedule, gint64 until, SyncClock *clock);

void sync_schedule_note_success (SyncSchedule *schedule, gboolean pushed, gint64 now);
void sync_schedule_note_failure (SyncSchedule *schedule,
                                 const GError *error,
                                 const SyncConfig *config,
                                 gint64 now,
                                 GRand *random);
void sync_schedule_note_verification (SyncSchedule *schedule, gboolean failed, gint64 now);
void sync_schedule_note_outbox (SyncSchedule *schedule, gboolean due, gboolean after_run, gint64 now);
void sync_schedule_note_network (SyncSchedule *schedule, gboolean running, gint64 now);
void sync_schedule_stop_waiting (SyncSchedule *schedule);

/* Whether a network that comes back makes a difference. */
gboolean sync_schedule_waits_for_network (const SyncSchedule *schedule);

G_END_DECLS
