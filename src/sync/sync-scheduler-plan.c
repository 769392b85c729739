/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-scheduler-private.h"

#include "sync-manager-private.h"
#include "sync-verb.h"

/* When something is to be done next: by the schedule, unless the lease, the system or a pause keeps
 * it back. */

#define NEVER SYNC_SCHEDULE_NEVER

/* --- When --------------------------------------------------------------------------------------- */

static gint64
run_due (SyncScheduler *self)
{
  SyncConfig config;

  sync_settings_get_config (self->settings, &config);
  return sync_schedule_get_run (&self->schedule, &config);
}

static gint64
verify_due (SyncScheduler *self)
{
  gint64 verified_at;

  if (!sync_manager_get_verified_at (self->manager, &verified_at))
    return NEVER;
  return sync_schedule_get_verification (&self->schedule, verified_at, self->clock);
}

static SyncHold
find_hold (SyncScheduler *self)
{
  SyncConfig config;

  if (!sync_scheduler_is_wanted (self))
    return SYNC_HOLD_NONE;
  sync_settings_get_config (self->settings, &config);
  if (sync_system_get_metered (self->system) && !config.sync_on_metered)
    return SYNC_HOLD_METERED;
  if (sync_system_get_power_saver (self->system) && !config.sync_in_power_saver)
    return SYNC_HOLD_POWER_SAVER;
  return SYNC_HOLD_NONE;
}

static gint64
pause_end (SyncScheduler *self)
{
  return sync_schedule_get_pause_end (&self->schedule, sync_manager_get_paused_until (self->manager), self->clock);
}

/* The point in monotonic time at which something is to be done; NEVER: there is none. */
static gint64
due_time (SyncScheduler *self)
{
  gint64 end = pause_end (self);

  if (sync_system_get_asking (self->system) && end != NEVER)
    end = MAX (end, self->asking_end);
  if (!sync_scheduler_is_wanted (self) || self->lease == NULL || find_hold (self) != SYNC_HOLD_NONE
      || end == NEVER)
    return NEVER;
  return MAX (MIN (run_due (self), verify_due (self)), end);
}

/* --- The timer ---------------------------------------------------------------------------------- */

/* Another program may have begun or ended a pause, and not everywhere is it told at once. */
static gboolean
look_at_pause (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  gint64 *until = g_new0 (gint64, 1);

  *answer = until;
  return sync_store_get_meta_int64 (store, "paused-until", SYNC_TIME_UNKNOWN, until, error);
}

static const SyncVerb pause_verb = { .func = look_at_pause, .free_answer = g_free };

static gboolean
may_begin (SyncScheduler *self)
{
  return due_time (self) <= sync_scheduler_now (self) && !sync_scheduler_is_running (self);
}

static void
begin (SyncScheduler *self)
{
  if (!may_begin (self))
    sync_scheduler_plan (self);
  else if (run_due (self) > sync_scheduler_now (self))
    sync_scheduler_begin_verify (self);
  else
    sync_scheduler_begin_run (self);
}

static void
pause_seen (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncScheduler *self = SYNC_SCHEDULER (object);
  g_autoptr (GError) error = NULL;
  g_autofree gint64 *until = NULL;
  gpointer answer = NULL;

  self->beginning = FALSE;
  if (sync_verb_finish (&pause_verb, object, result, &answer, &error))
    until = answer;
  else
    g_debug ("The pause cannot be looked at: %s", error->message);
  if (self->cancellable == NULL)
    return;
  if (until != NULL)
    {
      sync_manager_set_paused_until (self->manager, *until);
      sync_manager_update_state (self->manager);
    }
  if (sync_error_is_cancelled (error))
    sync_scheduler_plan (self); /* stopped and started again meanwhile */
  else
    begin (self);
}

static void
timer_fired (gpointer data)
{
  SyncScheduler *self = data;

  self->timer = 0;
  if (!may_begin (self))
    {
      sync_scheduler_plan (self);
      return;
    }
  self->beginning = TRUE;
  sync_verb_start (&pause_verb, self, sync_manager_get_store (self->manager), NULL, self->cancellable, pause_seen,
                   NULL);
}

static void plan_pause (SyncScheduler *self);

static void
pause_over (gpointer data)
{
  SyncScheduler *self = data;

  self->pause_timer = 0;
  if (pause_end (self) > sync_scheduler_now (self))
    plan_pause (self);
  else
    sync_manager_end_pause (self->manager);
}

/* Also where nothing is due: it is shown. */
static void
plan_pause (SyncScheduler *self)
{
  gint64 end = pause_end (self);
  gboolean paused = sync_manager_get_paused_until (self->manager) != SYNC_TIME_UNKNOWN;

  sync_timers_clear (self->timers, &self->pause_timer);
  if (self->cancellable != NULL && paused && end != NEVER)
    self->pause_timer
        = sync_timers_add (self->timers, end - sync_scheduler_now (self), pause_over, self);
}

/* Sets the timer anew and shows when it fires. While something is going on that plans anew when it is over,
 * there is no timer. */
void
sync_scheduler_plan (SyncScheduler *self)
{
  gint64 due = due_time (self);

  plan_pause (self);
  sync_timers_clear (self->timers, &self->timer);
  if (due != NEVER && !self->checking && !self->beginning && !sync_scheduler_is_running (self))
    self->timer
        = sync_timers_add (self->timers, due - sync_scheduler_now (self), timer_fired, self);
  sync_scheduler_show_next_run (self, due);
  sync_scheduler_show_hold (self, find_hold (self));
}
