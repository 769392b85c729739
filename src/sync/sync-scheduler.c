/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-scheduler-private.h"

#include "sync-change-watch.h"
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-queue-store.h"
#include "sync-schedule.h"
#include "sync-verb.h"

/* A lease that was asked for in vain may still be held for a moment: seconds. */
#define CANCELLED_LEASE_WAIT 1

/* The lease may become free, and the wall clock may be set, at any time. */
#define LOOK_AROUND (60 * G_TIME_SPAN_SECOND)

/* Where the system does not say whether power is saved, it is taken not to be. */
#define ASKING_PATIENCE (5 * G_TIME_SPAN_SECOND)

#define NEVER SYNC_SCHEDULE_NEVER

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

static void plan (SyncScheduler *self);
static void look (SyncScheduler *self, gboolean after_run);

static gint64
now_of (SyncScheduler *self)
{
  return sync_clock_monotonic (self->clock);
}

/* Whether automatic runs are wanted and possible; pausing is another matter. */
static gboolean
is_wanted (SyncScheduler *self)
{
  SyncConfig config;

  if (self->cancellable == NULL)
    return FALSE;
  sync_settings_get_config (self->settings, &config);
  return config.auto_sync && sync_manager_get_available (self->manager);
}

/* Its own run, or somebody else's in this program. */
static gboolean
is_running (SyncScheduler *self)
{
  return self->running || sync_manager_is_running (self->manager);
}

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

  if (!is_wanted (self))
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
  if (!is_wanted (self) || self->lease == NULL || find_hold (self) != SYNC_HOLD_NONE || end == NEVER)
    return NEVER;
  return MAX (MIN (run_due (self), verify_due (self)), end);
}

static void
show_next_run (SyncScheduler *self, gint64 due)
{
  gint64 shown = SYNC_TIME_UNKNOWN;

  if (due != NEVER)
    shown = sync_clock_now (self->clock) + MAX (due - now_of (self), 0);
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

static void
show_hold (SyncScheduler *self)
{
  SyncHold hold = find_hold (self);

  if (self->hold == hold)
    return;
  self->hold = hold;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HOLD]);
}

/* --- Runs --------------------------------------------------------------------------------------- */

/* A run ended, whoever began it. What it left behind is looked at. */
static void
note_run (SyncScheduler *self, const SyncResult *result, const GError *error)
{
  gint64 now = now_of (self);
  SyncConfig config;

  if (result != NULL && result->error != NULL)
    error = result->error;
  if (error != NULL)
    {
      sync_settings_get_config (self->settings, &config);
      sync_schedule_note_failure (&self->schedule, error, &config, now, self->random);
    }
  else
    {
      sync_schedule_note_success (&self->schedule, result != NULL && result->total.pushed > 0, now);
      look (self, TRUE);
    }
  plan (self);
}

static void
run_done (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result = sync_manager_run_finish (SYNC_MANAGER (object), async_result, &error);

  self->running = FALSE;
  if (self->cancellable != NULL)
    note_run (self, result, error);
}

static void
begin_run (SyncScheduler *self)
{
  self->running = TRUE;
  sync_timers_clear (self->timers, &self->timer);
  sync_manager_run_async (self->manager, SYNC_RUN_SYNC, NULL, self->cancellable, run_done,
                          g_object_ref (self));
}

static void
verify_done (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncVerifyResult) result = sync_manager_verify_finish (SYNC_MANAGER (object), async_result, &error);

  self->running = FALSE;
  if (self->cancellable == NULL)
    return;
  if (result != NULL && result->error != NULL)
    error = g_error_copy (result->error);
  sync_schedule_note_verification (&self->schedule, error != NULL, now_of (self));
  note_run (self, result != NULL ? result->sync : NULL, error);
}

/* It begins with an ordinary run, so it is one too. */
static void
begin_verify (SyncScheduler *self)
{
  SyncVerifyOptions options = { .heal = TRUE };

  self->running = TRUE;
  sync_timers_clear (self->timers, &self->timer);
  sync_manager_verify_async (self->manager, &options, self->cancellable, verify_done, g_object_ref (self));
}

/* Somebody else's run in this program. */
static void
run_completed (SyncScheduler *self, const SyncResult *result)
{
  if (!self->running && self->cancellable != NULL)
    note_run (self, result, NULL);
}

/* --- Changes ------------------------------------------------------------------------------------ */

typedef struct
{
  gboolean due;
  gint64 next_attempt_at;
} Outbox;

static gboolean
look_at_outbox (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  Outbox *outbox = g_new0 (Outbox, 1);

  *answer = outbox;
  return sync_store_has_due_changes (store, sync_clock_now (sync_store_get_clock (store)), &outbox->due,
                                     &outbox->next_attempt_at, error);
}

static const SyncVerb look_verb = { .func = look_at_outbox, .free_answer = g_free };

static void
use_outbox (SyncScheduler *self, const Outbox *outbox, gboolean after_run)
{
  gint64 now = now_of (self);

  self->schedule.attempt_at = NEVER;
  if (outbox->next_attempt_at != SYNC_TIME_UNKNOWN)
    self->schedule.attempt_at = now + MAX (outbox->next_attempt_at - sync_clock_now (self->clock), 0);
  sync_schedule_note_outbox (&self->schedule, outbox->due, after_run, now);
}

static void
outbox_seen (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncScheduler *self = SYNC_SCHEDULER (object);
  gboolean after_run = GPOINTER_TO_INT (user_data);
  g_autoptr (GError) error = NULL;
  g_autofree Outbox *outbox = NULL;
  gpointer answer = NULL;

  self->checking = FALSE;
  if (sync_verb_finish (&look_verb, object, result, &answer, &error))
    outbox = answer;
  else
    g_debug ("The outbox cannot be looked at: %s", error->message);
  if (self->cancellable == NULL || is_running (self))
    return;
  if (outbox != NULL)
    use_outbox (self, outbox, after_run);
  if (self->check_again)
    look (self, FALSE);
  plan (self);
}

/* after_run: at what a run left behind. */
static void
look (SyncScheduler *self, gboolean after_run)
{
  self->check_again = self->checking;
  if (self->checking)
    return;
  self->checking = TRUE;
  sync_verb_start (&look_verb, self, sync_manager_get_store (self->manager), NULL, self->cancellable,
                   outbox_seen, GINT_TO_POINTER (after_run));
}

/* Something changed, whether or not that is something to send. What changes during a run is looked at after
 * it. */
static void
note_change (SyncScheduler *self)
{
  if (is_wanted (self) && !is_running (self))
    look (self, FALSE);
}

static void
database_changed (SyncScheduler *self)
{
  if (self->cancellable == NULL)
    return;
  sync_manager_refresh (self->manager);
  note_change (self);
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
  return due_time (self) <= now_of (self) && !is_running (self);
}

static void
begin (SyncScheduler *self)
{
  if (!may_begin (self))
    plan (self);
  else if (run_due (self) > now_of (self))
    begin_verify (self);
  else
    begin_run (self);
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
    plan (self); /* stopped and started again meanwhile */
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
      plan (self);
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
  if (pause_end (self) > now_of (self))
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
    self->pause_timer = sync_timers_add (self->timers, end - now_of (self), pause_over, self);
}

/* Sets the timer anew and shows when it fires. While something is going on that plans anew when it is over,
 * there is no timer. */
static void
plan (SyncScheduler *self)
{
  gint64 due = due_time (self);

  plan_pause (self);
  sync_timers_clear (self->timers, &self->timer);
  if (due != NEVER && !self->checking && !self->beginning && !is_running (self))
    self->timer = sync_timers_add (self->timers, due - now_of (self), timer_fired, self);
  show_next_run (self, due);
  show_hold (self);
}

/* --- The lease ---------------------------------------------------------------------------------- */

static void ask_for_lease (SyncScheduler *self, guint seconds);

static void
set_elsewhere (SyncScheduler *self, gboolean elsewhere)
{
  if (self->elsewhere == elsewhere)
    return;
  self->elsewhere = elsewhere;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ELSEWHERE]);
}

static void
lease_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  SyncFileLock *lease = sync_file_lock_acquire_finish (result, &error);

  self->leasing = FALSE;
  set_elsewhere (self, g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED));
  if (lease != NULL && (!is_wanted (self) || self->lease != NULL))
    g_clear_pointer (&lease, sync_file_lock_release);
  if (lease != NULL)
    self->lease = lease;
  else if (sync_error_is_cancelled (error) && is_wanted (self))
    ask_for_lease (self, CANCELLED_LEASE_WAIT); /* stopped and started again meanwhile */
  else if (error != NULL && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED))
    g_debug ("No lease to schedule runs: %s", error->message);
  if (self->cancellable != NULL)
    plan (self);
}

static void
ask_for_lease (SyncScheduler *self, guint seconds)
{
  if (self->lease != NULL || self->leasing)
    return;
  self->leasing = TRUE;
  sync_file_lock_acquire_async (sync_store_get_path (sync_manager_get_store (self->manager)), "schedule",
                                seconds, self->cancellable, lease_answered, g_object_ref (self));
}

/* --- What else happens -------------------------------------------------------------------------- */

/* Runs become wanted, or not any more. */
static void
look_anew (SyncScheduler *self)
{
  SyncConfig config;

  if (self->cancellable == NULL)
    return;
  if (!is_wanted (self))
    {
      g_clear_pointer (&self->lease, sync_file_lock_release);
      set_elsewhere (self, FALSE);
      plan (self);
      return;
    }
  if (self->lease == NULL)
    {
      sync_settings_get_config (self->settings, &config);
      sync_schedule_begin (&self->schedule, &config, now_of (self));
      ask_for_lease (self, 0);
    }
  plan (self);
}

/* Other settings, another cloud or none: a new beginning. */
static void
circumstances_changed (SyncScheduler *self)
{
  sync_schedule_stop_waiting (&self->schedule);
  look_anew (self);
}

/* A verb changed something: perhaps what kept runs from going well. */
static void
data_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    note_change (self);
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
      self->schedule.start_at = now_of (self);
    }
  plan (self);
}

static void
paused_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    plan (self);
}

/* It is metered, or saves power, or does not any more. */
static void
system_changed (SyncScheduler *self)
{
  if (self->cancellable != NULL)
    plan (self);
}

/* What could not be reached is tried again, and where there was no network before, the cloud may have news. */
static void
try_soon (SyncScheduler *self, gboolean news)
{
  gboolean running = is_running (self);

  if (self->cancellable == NULL
      || !(news || running || sync_schedule_waits_for_network (&self->schedule)))
    return;
  sync_schedule_note_network (&self->schedule, running, now_of (self));
  plan (self);
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
  if (is_wanted (self))
    ask_for_lease (self, 0);
  plan (self);
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
  g_signal_connect_object (manager, "sync-completed", G_CALLBACK (run_completed), self, G_CONNECT_SWAPPED);
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
  scheduler->asking_end = now_of (scheduler) + ASKING_PATIENCE;
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
  set_elsewhere (scheduler, FALSE);
  plan (scheduler);
}

SyncSystem *
sync_scheduler_get_system (SyncScheduler *scheduler)
{
  return scheduler->system;
}

gboolean
sync_scheduler_is_busy (SyncScheduler *scheduler)
{
  return scheduler->checking || scheduler->beginning || scheduler->leasing || is_running (scheduler);
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
