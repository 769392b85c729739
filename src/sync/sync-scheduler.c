/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-scheduler-private.h"

#include "sync-manager-private.h"

/* The lease may become free, and the wall clock may be set, at any time. */
#define LOOK_AROUND (60 * G_TIME_SPAN_SECOND)

/* Where the system does not say whether power is saved, it is taken not to be. */
#define ASKING_PATIENCE (5 * G_TIME_SPAN_SECOND)

enum
{
  PROP_0,
  PROP_NEXT_RUN,
  PROP_ELSEWHERE,
  PROP_HOLD,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncScheduler, sync_scheduler, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (SyncHold, sync_hold,
                    G_DEFINE_ENUM_VALUE (SYNC_HOLD_NONE, "none"),
                    G_DEFINE_ENUM_VALUE (SYNC_HOLD_METERED, "metered"),
                    G_DEFINE_ENUM_VALUE (SYNC_HOLD_POWER_SAVER, "power-saver"))

gint64
sync_scheduler_now (SyncScheduler *self)
{
  return sync_clock_monotonic (self->clock);
}

/* Whether automatic runs are wanted and possible; pausing is another matter. */
gboolean
sync_scheduler_is_wanted (SyncScheduler *self)
{
  SyncConfig config;

  if (self->cancellable == NULL)
    return FALSE;
  sync_settings_get_config (self->settings, &config);
  return config.auto_sync && sync_manager_get_available (self->manager);
}

/* Its own run, or somebody else's in this program. */
gboolean
sync_scheduler_is_running (SyncScheduler *self)
{
  return self->running || sync_manager_is_running (self->manager);
}

void
sync_scheduler_show_next_run (SyncScheduler *self, gint64 due)
{
  gint64 shown = SYNC_TIME_UNKNOWN;

  if (due != SYNC_SCHEDULE_NEVER)
    shown = sync_clock_now (self->clock) + MAX (due - sync_scheduler_now (self), 0);
  /* Two readings of two clocks are never quite the same. */
  if (shown != SYNC_TIME_UNKNOWN && self->next_run != SYNC_TIME_UNKNOWN
      && ABS (shown - self->next_run) < G_TIME_SPAN_SECOND / 2)
    return;
  if (shown == self->next_run)
    return;
  self->next_run = shown;
  sync_manager_set_next_sync_time (self->manager, shown);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NEXT_RUN]);
}

void
sync_scheduler_show_hold (SyncScheduler *self, SyncHold hold)
{
  if (self->hold == hold)
    return;
  self->hold = hold;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HOLD]);
}

void
sync_scheduler_set_elsewhere (SyncScheduler *self, gboolean elsewhere)
{
  if (self->elsewhere == elsewhere)
    return;
  self->elsewhere = elsewhere;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ELSEWHERE]);
}

/* --- What happens ------------------------------------------------------------------------------- */

/* Runs become wanted, or not any more. */
static void
look_anew (SyncScheduler *self)
{
  SyncConfig config;

  if (self->cancellable == NULL)
    return;
  if (!sync_scheduler_is_wanted (self))
    {
      g_clear_pointer (&self->lease, sync_file_lock_release);
      sync_scheduler_set_elsewhere (self, FALSE);
      sync_scheduler_plan (self);
      return;
    }
  if (self->lease == NULL)
    {
      sync_settings_get_config (self->settings, &config);
      sync_schedule_begin (&self->schedule, &config, sync_scheduler_now (self));
      sync_scheduler_ask_for_lease (self, 0);
    }
  sync_scheduler_plan (self);
}

/* Other settings, another cloud or none: a new beginning. */
static void
circumstances_changed (SyncScheduler *self)
{
  sync_schedule_stop_waiting (&self->schedule);
  look_anew (self);
}

static void
database_changed (SyncScheduler *self)
{
  if (self->cancellable == NULL)
    return;
  sync_manager_refresh (self->manager);
  sync_scheduler_note_change (self);
}

/* A verb changed something: perhaps what kept runs from going well. */
static void
data_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    sync_scheduler_note_change (self);
}

/* What failed for want of a session is tried again once there is one. */
static void
state_changed (SyncScheduler *self)
{
  SyncState before = self->state;

  self->state = sync_manager_get_state (self->manager);
  if (self->cancellable == NULL)
    return;
  if (before == SYNC_STATE_SIGN_IN_NEEDED && self->state == SYNC_STATE_IDLE)
    {
      sync_schedule_stop_waiting (&self->schedule);
      self->schedule.start_at = sync_scheduler_now (self);
    }
  sync_scheduler_plan (self);
}

static void
paused_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    sync_scheduler_plan (self);
}

/* It is metered, or saves power, or does not any more. */
static void
system_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    sync_scheduler_plan (self);
}

/* What could not be reached is tried again, and where there was no network before, the cloud may have news. */
static void
try_soon (SyncScheduler *self, gboolean news)
{
  gboolean running = sync_scheduler_is_running (self);

  if (self->cancellable == NULL
      || !(news || running || sync_schedule_waits_for_network (&self->schedule)))
    return;
  sync_schedule_note_network (&self->schedule, running, sync_scheduler_now (self));
  sync_scheduler_plan (self);
}

static void
resumed (SyncScheduler *self)
{
  try_soon (self, TRUE);
}

static void
look_around (gpointer data)
{
  SyncScheduler *self = data;

  self->look_timer = sync_timers_add (self->timers, LOOK_AROUND, look_around, self);
  if (sync_scheduler_is_wanted (self))
    sync_scheduler_ask_for_lease (self, 0);
  sync_scheduler_plan (self);
}

/* --- The object --------------------------------------------------------------------------------- */

static void
sync_scheduler_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncScheduler *self = SYNC_SCHEDULER (object);

  switch (id)
    {
    case PROP_NEXT_RUN:
      g_value_set_int64 (value, self->next_run);
      break;
    case PROP_ELSEWHERE:
      g_value_set_boolean (value, self->elsewhere);
      break;
    case PROP_HOLD:
      g_value_set_enum (value, self->hold);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
    }
}

static void
sync_scheduler_dispose (GObject *object)
{
  SyncScheduler *self = SYNC_SCHEDULER (object);

  if (self->cancellable != NULL)
    sync_scheduler_stop (self);
  g_clear_object (&self->watch);
  g_clear_object (&self->system);
  g_clear_object (&self->timers);
  g_clear_object (&self->manager);
  g_clear_object (&self->settings);
  g_clear_object (&self->clock);

  G_OBJECT_CLASS (sync_scheduler_parent_class)->dispose (object);
}

static void
sync_scheduler_finalize (GObject *object)
{
  g_rand_free (SYNC_SCHEDULER (object)->random);

  G_OBJECT_CLASS (sync_scheduler_parent_class)->finalize (object);
}

static void
sync_scheduler_class_init (SyncSchedulerClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = sync_scheduler_get_property;
  object_class->dispose = sync_scheduler_dispose;
  object_class->finalize = sync_scheduler_finalize;

  /**
   * SyncScheduler:next-run:
   *
   * When the next automatic run begins at the latest, microseconds since 1970; SYNC_TIME_UNKNOWN: automatic
   * runs are off, paused until somebody resumes them, held back ([property@Scheduler:hold]), impossible, or
   * another program's.
   */
  properties[PROP_NEXT_RUN]
      = g_param_spec_int64 ("next-run", NULL, NULL, G_MININT64, G_MAXINT64, SYNC_TIME_UNKNOWN,
                            G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * SyncScheduler:elsewhere:
   *
   * Whether another program has the lease of the database and begins runs, as far as is known.
   */
  properties[PROP_ELSEWHERE]
      = g_param_spec_boolean ("elsewhere", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  /**
   * SyncScheduler:hold:
   *
   * What keeps automatic runs back that would happen otherwise.
   */
  properties[PROP_HOLD]
      = g_param_spec_enum ("hold", NULL, NULL, SYNC_TYPE_HOLD, SYNC_HOLD_NONE,
                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_scheduler_init (SyncScheduler *self)
{
  self->random = g_rand_new ();
  self->next_run = SYNC_TIME_UNKNOWN;
}

/**
 * sync_scheduler_new_for_system: (constructor) (skip)
 * @manager: who runs
 * @settings: when it is to
 * @clock: the time
 * @timers: the timers
 * @system: the network, the power and the sleep
 *
 * Returns: (transfer full): a scheduler that is not started
 */
SyncScheduler *
sync_scheduler_new_for_system (SyncManager *manager, SyncSettings *settings, SyncClock *clock,
                               SyncTimers *timers, SyncSystem *system)
{
  SyncScheduler *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);
  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);
  g_return_val_if_fail (SYNC_IS_CLOCK (clock), NULL);

  self = g_object_new (SYNC_TYPE_SCHEDULER, NULL);
  self->manager = g_object_ref (manager);
  self->settings = g_object_ref (settings);
  self->clock = g_object_ref (clock);
  self->timers = g_object_ref (timers);
  self->system = g_object_ref (system);
  self->watch = sync_change_watch_new (sync_manager_get_store (manager), timers);
  self->state = sync_manager_get_state (manager);
  g_signal_connect_object (self->watch, "changed", G_CALLBACK (database_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (system, "changed", G_CALLBACK (system_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (system, "network-changed", G_CALLBACK (try_soon), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (system, "resumed", G_CALLBACK (resumed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (settings, "changed", G_CALLBACK (circumstances_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "sync-completed", G_CALLBACK (sync_scheduler_note_run), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "data-changed", G_CALLBACK (data_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::available", G_CALLBACK (circumstances_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::state", G_CALLBACK (state_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::paused-until", G_CALLBACK (paused_changed), self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * sync_scheduler_new: (constructor)
 * @manager: who runs
 * @settings: when it is to
 * @clock: the time
 *
 * Returns: (transfer full): a scheduler that is not started
 */
SyncScheduler *
sync_scheduler_new (SyncManager *manager, SyncSettings *settings, SyncClock *clock)
{
  g_autoptr (SyncTimers) timers = sync_timers_new ();
  g_autoptr (SyncSystem) system = sync_system_new ();

  return sync_scheduler_new_for_system (manager, settings, clock, timers, system);
}

/**
 * sync_scheduler_start:
 * @scheduler: the scheduler
 *
 * Begins to watch the database, and to begin runs whenever automatic runs are on.
 */
void
sync_scheduler_start (SyncScheduler *scheduler)
{
  g_return_if_fail (SYNC_IS_SCHEDULER (scheduler));

  if (scheduler->cancellable != NULL)
    return;
  scheduler->cancellable = g_cancellable_new ();
  sync_schedule_clear (&scheduler->schedule);
  scheduler->asking_end = sync_scheduler_now (scheduler) + ASKING_PATIENCE;
  sync_system_watch (scheduler->system);
  sync_change_watch_start (scheduler->watch);
  scheduler->look_timer = sync_timers_add (scheduler->timers, LOOK_AROUND, look_around, scheduler);
  look_anew (scheduler);
}

/**
 * sync_scheduler_stop:
 * @scheduler: the scheduler
 *
 * Begins no more runs, and cancels one that it began.
 */
void
sync_scheduler_stop (SyncScheduler *scheduler)
{
  g_return_if_fail (SYNC_IS_SCHEDULER (scheduler));

  if (scheduler->cancellable == NULL)
    return;
  g_cancellable_cancel (scheduler->cancellable);
  g_clear_object (&scheduler->cancellable);
  sync_system_unwatch (scheduler->system);
  sync_change_watch_stop (scheduler->watch);
  sync_timers_clear (scheduler->timers, &scheduler->timer);
  sync_timers_clear (scheduler->timers, &scheduler->look_timer);
  g_clear_pointer (&scheduler->lease, sync_file_lock_release);
  sync_scheduler_set_elsewhere (scheduler, FALSE);
  sync_scheduler_plan (scheduler);
}

/**
 * sync_scheduler_is_started:
 * @scheduler: a scheduler
 *
 * Returns: whether it was started, and not stopped since
 */
gboolean
sync_scheduler_is_started (SyncScheduler *scheduler)
{
  g_return_val_if_fail (SYNC_IS_SCHEDULER (scheduler), FALSE);

  return scheduler->cancellable != NULL;
}

SyncSystem *
sync_scheduler_get_system (SyncScheduler *scheduler)
{
  return scheduler->system;
}

gboolean
sync_scheduler_is_busy (SyncScheduler *scheduler)
{
  return scheduler->checking || scheduler->beginning || scheduler->leasing
         || sync_scheduler_is_running (scheduler);
}

/**
 * sync_scheduler_get_next_run:
 * @scheduler: the scheduler
 *
 * Returns: [property@Scheduler:next-run]
 */
gint64
sync_scheduler_get_next_run (SyncScheduler *scheduler)
{
  g_return_val_if_fail (SYNC_IS_SCHEDULER (scheduler), SYNC_TIME_UNKNOWN);

  return scheduler->next_run;
}

/**
 * sync_scheduler_get_hold:
 * @scheduler: the scheduler
 *
 * Returns: [property@Scheduler:hold]
 */
SyncHold
sync_scheduler_get_hold (SyncScheduler *scheduler)
{
  g_return_val_if_fail (SYNC_IS_SCHEDULER (scheduler), SYNC_HOLD_NONE);

  return scheduler->hold;
}
