/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-schedule.h"

#include "sync-backoff.h"
#include "sync-error.h"
#include "sync-types.h"

/* After the last local change. */
#define CHANGE_DELAY (5 * G_TIME_SPAN_SECOND)

/* Somebody who writes without end is synced all the same. */
#define LONGEST_CHANGE_DELAY (60 * G_TIME_SPAN_SECOND)

/* Changes that runs do not get rid of are tried at growing intervals, this the longest. */
#define LONGEST_FRUITLESS_DELAY (5 * G_TIME_SPAN_MINUTE)

/* … but if rows went through, and somebody writes all the time, after 40 s at the latest. */
#define MOST_FRUITLESS 3

/* A network that came back, or a computer that woke up, needs a moment to be of use. */
#define SETTLE_DELAY (2 * G_TIME_SPAN_SECOND)

/* Where a person must do something first, a look now and then is enough. */
#define BLOCKED_DELAY (6 * G_TIME_SPAN_HOUR)

/* Only the project's owner can do something, and need not do it on this computer. */
#define OWNER_DELAY G_TIME_SPAN_HOUR

/* Everything is compared with the cloud so often … */
#define VERIFY_INTERVAL G_TIME_SPAN_DAY

/* … but not while somebody has just begun to work … */
#define VERIFY_DELAY (10 * G_TIME_SPAN_MINUTE)

/* … and after a failure not at once again. */
#define VERIFY_RETRY G_TIME_SPAN_HOUR

#define NEVER SYNC_SCHEDULE_NEVER

static gint64
interval_of (const SyncConfig *config)
{
  return config->interval_minutes * G_TIME_SPAN_MINUTE;
}

static void
forget_changes (SyncSchedule *schedule)
{
  schedule->first_change = NEVER;
  schedule->last_change = NEVER;
}

/**
 * sync_schedule_clear:
 * @schedule: a schedule
 *
 * Waits for nothing any more.
 */
void
sync_schedule_clear (SyncSchedule *schedule)
{
  schedule->start_at = NEVER;
  schedule->attempt_at = NEVER;
  schedule->retry_at = NEVER;
  schedule->verify_at = NEVER;
  schedule->paused_until = SYNC_TIME_UNKNOWN;
  schedule->pause_end = NEVER;
  schedule->failures = 0;
  schedule->fruitless = 0;
  schedule->came_back = FALSE;
  forget_changes (schedule);
}

/**
 * sync_schedule_begin:
 * @schedule: a schedule
 * @config: what is set
 * @now: the time
 *
 * Runs become wanted.
 */
void
sync_schedule_begin (SyncSchedule *schedule, const SyncConfig *config, gint64 now)
{
  schedule->interval_from = now;
  schedule->start_at = config->sync_at_start ? now : NEVER;
  schedule->verify_from = MAX (schedule->verify_from, now + VERIFY_DELAY);
}

/* --- When --------------------------------------------------------------------------------------- */

static gint64
change_due (const SyncSchedule *schedule, const SyncConfig *config)
{
  gint64 delay;

  if (!config->sync_after_changes || schedule->last_change == NEVER)
    return NEVER;
  delay = MIN (CHANGE_DELAY << MIN (schedule->fruitless, 10), LONGEST_FRUITLESS_DELAY);
  return MIN (schedule->last_change + delay,
              schedule->first_change + MAX (delay, LONGEST_CHANGE_DELAY));
}

/**
 * sync_schedule_get_run:
 * @schedule: a schedule
 * @config: what is set
 *
 * Returns: when the next run is to begin
 */
gint64
sync_schedule_get_run (const SyncSchedule *schedule, const SyncConfig *config)
{
  gint64 due;

  if (schedule->retry_at != NEVER)
    return schedule->retry_at;
  due = MIN (schedule->interval_from + interval_of (config), schedule->start_at);
  due = MIN (due, change_due (schedule, config));
  return MIN (due, schedule->attempt_at);
}

/**
 * sync_schedule_get_verification:
 * @schedule: a schedule
 * @verified_at: when everything was compared last; %SYNC_TIME_UNKNOWN: never
 * @clock: the time
 *
 * Reads the wall clock once, which may be set at any time. A time that lies ahead was written by a clock that
 * was set back since: it says nothing.
 *
 * Returns: when the next verification is to begin
 */
gint64
sync_schedule_get_verification (SyncSchedule *schedule, gint64 verified_at, SyncClock *clock)
{
  gint64 left = 0;

  if (schedule->retry_at != NEVER)
    return NEVER;
  if (schedule->verify_at == NEVER || verified_at != schedule->verified_at)
    {
      if (verified_at != SYNC_TIME_UNKNOWN && verified_at <= sync_clock_now (clock))
        left = MAX (verified_at + VERIFY_INTERVAL - sync_clock_now (clock), 0);
      schedule->verified_at = verified_at;
      schedule->verify_at = sync_clock_monotonic (clock) + left;
    }
  return MAX (schedule->verify_at, schedule->verify_from);
}

/**
 * sync_schedule_get_pause_end:
 * @schedule: a schedule
 * @until: (wall time): what is stored; %SYNC_TIME_UNKNOWN: there is no pause, G_MAXINT64: somebody must end it
 * @clock: the time
 *
 * How long a pause is was known when it began: a wall clock that is set back since does not make it longer. One
 * that is set forwards, or that went on while the computer slept, makes it shorter.
 *
 * Returns: when the pause is over
 */
gint64
sync_schedule_get_pause_end (SyncSchedule *schedule, gint64 until, SyncClock *clock)
{
  gint64 end = sync_clock_monotonic (clock);

  if (until == G_MAXINT64)
    end = NEVER;
  else if (until != SYNC_TIME_UNKNOWN)
    end += MAX (until - sync_clock_now (clock), 0);
  schedule->pause_end = until == schedule->paused_until ? MIN (end, schedule->pause_end) : end;
  schedule->paused_until = until;
  return schedule->pause_end;
}

/* --- What happened ------------------------------------------------------------------------------ */

/* Trying again does not help before somebody did something. */
static gboolean
needs_person (const GError *error)
{
  static const SyncError codes[] = {
    SYNC_ERROR_SIGN_IN,    SYNC_ERROR_CREDENTIALS, SYNC_ERROR_CONFIRM_EMAIL, SYNC_ERROR_WRONG_KEY,
    SYNC_ERROR_SECRET_KEY, SYNC_ERROR_OTHER_CLOUD, SYNC_ERROR_REVOKED,       SYNC_ERROR_BRAKE,
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++)
    if (g_error_matches (error, SYNC_ERROR, codes[i]))
      return TRUE;
  return FALSE;
}

static gboolean
needs_owner (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_PAUSED)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_QUOTA)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STORAGE_FULL);
}

/* Somebody between us and the cloud answered, perhaps (the sign-in page of a hotel, with a certificate of its own):
 * another network may end it. */
static gboolean
is_about_network (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_INSECURE);
}

/* A run ended, whoever began it. */
static void
note_end (SyncSchedule *schedule, gint64 now)
{
  schedule->interval_from = now;
  schedule->start_at = NEVER;
  schedule->attempt_at = NEVER;
  schedule->retry_at = NEVER;
  forget_changes (schedule);
}

static void
back_off (SyncSchedule *schedule, const GError *error, gint64 now, GRand *random)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);
  guint wish = detail != NULL ? detail->retry_after : 0;
  guint delay = sync_backoff_delay_ms (++schedule->failures, wish, random);

  schedule->retry_is_firm = wish > 0;
  schedule->retry_at = now + delay * G_TIME_SPAN_MILLISECOND;
  if (schedule->came_back && !schedule->retry_is_firm)
    schedule->retry_at = MIN (schedule->retry_at, now + SETTLE_DELAY);
}

/**
 * sync_schedule_note_success:
 * @schedule: a schedule
 * @pushed: whether rows went through
 * @now: the time
 *
 * A run went well. What it left behind is told by [func@schedule_note_outbox].
 */
void
sync_schedule_note_success (SyncSchedule *schedule, gboolean pushed, gint64 now)
{
  note_end (schedule, now);
  schedule->came_back = FALSE;
  schedule->failures = 0;
  if (pushed)
    schedule->fruitless = MIN (schedule->fruitless, MOST_FRUITLESS - 1);
}

/**
 * sync_schedule_note_failure:
 * @schedule: a schedule
 * @error: how a run failed
 * @config: what is set
 * @now: the time
 * @random: a source of chance
 *
 * What may go away by itself is tried again after a growing delay, all else with the interval, what needs a
 * person more seldom, and what only the project's owner can end by the hour.
 */
void
sync_schedule_note_failure (SyncSchedule *schedule,
                            const GError *error,
                            const SyncConfig *config,
                            gint64 now,
                            GRand *random)
{
  note_end (schedule, now);
  if (!sync_error_is_cancelled (error))
    {
      schedule->retry_at = now + interval_of (config);
      schedule->retry_is_firm = !is_about_network (error);
      if (needs_person (error))
        schedule->retry_at = now + MAX (interval_of (config), BLOCKED_DELAY);
      else if (needs_owner (error))
        schedule->retry_at = now + OWNER_DELAY;
      else if (is_about_network (error) && schedule->came_back)
        schedule->retry_at = now + SETTLE_DELAY;
      else if (sync_error_is_transient (error)
               || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED))
        back_off (schedule, error, now, random);
    }
  schedule->came_back = FALSE;
}

/**
 * sync_schedule_note_verification:
 * @schedule: a schedule
 * @failed: whether it failed
 * @now: the time
 *
 * A verification ended, which was a run too.
 */
void
sync_schedule_note_verification (SyncSchedule *schedule, gboolean failed, gint64 now)
{
  schedule->verify_from = now + (failed ? VERIFY_RETRY : VERIFY_INTERVAL);
}

/**
 * sync_schedule_note_outbox:
 * @schedule: a schedule
 * @due: whether there is something to send
 * @after_run: whether a run left it behind
 * @now: the time
 *
 * After a run that left changes behind, they wait longer: whatever writes to the database because of a run must
 * not keep runs going.
 */
void
sync_schedule_note_outbox (SyncSchedule *schedule, gboolean due, gboolean after_run, gint64 now)
{
  if (!due)
    {
      schedule->fruitless = 0;
      forget_changes (schedule);
      return;
    }
  if (after_run)
    schedule->fruitless++;
  schedule->last_change = now;
  if (schedule->first_change == NEVER)
    schedule->first_change = now;
}

gboolean
sync_schedule_waits_for_network (const SyncSchedule *schedule)
{
  return schedule->retry_at != NEVER && !schedule->retry_is_firm;
}

/**
 * sync_schedule_note_network:
 * @schedule: a schedule
 * @running: whether a run goes on
 * @now: the time
 *
 * What could not be reached is tried again in a moment.
 */
void
sync_schedule_note_network (SyncSchedule *schedule, gboolean running, gint64 now)
{
  if (running)
    schedule->came_back = TRUE;
  if (sync_schedule_waits_for_network (schedule))
    sync_schedule_stop_waiting (schedule);
  schedule->start_at = MIN (schedule->start_at, now + SETTLE_DELAY);
}

/**
 * sync_schedule_stop_waiting:
 * @schedule: a schedule
 *
 * What failed may go well now.
 */
void
sync_schedule_stop_waiting (SyncSchedule *schedule)
{
  schedule->retry_at = NEVER;
  schedule->failures = 0;
}
