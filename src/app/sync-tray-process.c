/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-tray-process.h"

#include <signal.h>

/* After the first crash; then twice as long each time. */
#define FIRST_DELAY G_TIME_SPAN_SECOND

/* So often in a row is enough. */
#define MOST_CRASHES 5

/* What went on so long did not crash because it began. */
#define HEALTHY_AFTER (60 * G_TIME_SPAN_SECOND)

/**
 * SyncTrayProcess:
 *
 * The program that shows the icon in the tray.
 */
struct _SyncTrayProcess
{
  GObject parent_instance;

  char *program;        /* (owned) */
  char *bus_name;       /* (owned): it ends by itself when this name goes */
  SyncTimers *timers;   /* (owned) */
  GSubprocess *process; /* (owned) (nullable): the one that goes on */
  gboolean wanted;
  guint starts;
  guint crashes; /* in a row */
  guint restart_timer;
  guint health_timer;
};

enum
{
  SIGNAL_GAVE_UP,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncTrayProcess, sync_tray_process, G_TYPE_OBJECT)

static void begin (SyncTrayProcess *self);

static void
restart_due (gpointer data)
{
  SyncTrayProcess *self = data;

  self->restart_timer = 0;
  begin (self);
}

static void
is_healthy (gpointer data)
{
  SyncTrayProcess *self = data;

  self->health_timer = 0;
  self->crashes = 0;
}

static void
crashed (SyncTrayProcess *self)
{
  sync_timers_clear (self->timers, &self->health_timer);
  if (++self->crashes >= MOST_CRASHES)
    {
      g_message ("The tray icon crashed %u times in a row and is left alone", self->crashes);
      g_signal_emit (self, signals[SIGNAL_GAVE_UP], 0);
      return;
    }
  self->restart_timer
      = sync_timers_add (self->timers, FIRST_DELAY << (self->crashes - 1), restart_due, self);
}

static void
ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncTrayProcess) self = user_data;

  g_subprocess_wait_finish (G_SUBPROCESS (object), result, NULL);
  if (self->process != (GSubprocess *)object)
    return;
  g_clear_object (&self->process);
  if (self->wanted)
    crashed (self);
}

static void
begin (SyncTrayProcess *self)
{
  g_autoptr (GError) error = NULL;

  self->starts++;
  self->process = g_subprocess_new (G_SUBPROCESS_FLAGS_NONE, &error, self->program, "--name",
                                    self->bus_name, NULL);
  if (self->process == NULL)
    {
      g_debug ("There is no tray icon: %s", error->message);
      crashed (self);
      return;
    }
  self->health_timer = sync_timers_add (self->timers, HEALTHY_AFTER, is_healthy, self);
  g_subprocess_wait_async (self->process, NULL, ended, g_object_ref (self));
}

static void
end (SyncTrayProcess *self)
{
  sync_timers_clear (self->timers, &self->restart_timer);
  sync_timers_clear (self->timers, &self->health_timer);
  if (self->process != NULL)
    g_subprocess_send_signal (self->process, SIGTERM);
  g_clear_object (&self->process);
}

static void
sync_tray_process_dispose (GObject *object)
{
  SyncTrayProcess *self = SYNC_TRAY_PROCESS (object);

  if (self->timers != NULL)
    end (self);
  g_clear_object (&self->timers);

  G_OBJECT_CLASS (sync_tray_process_parent_class)->dispose (object);
}

static void
sync_tray_process_finalize (GObject *object)
{
  SyncTrayProcess *self = SYNC_TRAY_PROCESS (object);

  g_free (self->program);
  g_free (self->bus_name);

  G_OBJECT_CLASS (sync_tray_process_parent_class)->finalize (object);
}

static void
sync_tray_process_class_init (SyncTrayProcessClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_tray_process_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_tray_process_finalize;

  /**
   * SyncTrayProcess::gave-up:
   * @process: it
   *
   * It crashed too often, and is not begun again.
   */
  signals[SIGNAL_GAVE_UP] = g_signal_new ("gave-up", SYNC_TYPE_TRAY_PROCESS, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_tray_process_init (SyncTrayProcess *self)
{
}

/**
 * sync_tray_process_new: (constructor)
 * @program: what shows the icon
 * @bus_name: the application's unique name on the bus
 * @timers: the timers
 *
 * Returns: (transfer full): it, not wanted yet
 */
SyncTrayProcess *
sync_tray_process_new (const char *program, const char *bus_name, SyncTimers *timers)
{
  SyncTrayProcess *self = g_object_new (SYNC_TYPE_TRAY_PROCESS, NULL);

  self->program = g_strdup (program);
  self->bus_name = g_strdup (bus_name);
  self->timers = g_object_ref (timers);
  return self;
}

/**
 * sync_tray_process_set_wanted:
 * @process: it
 * @wanted: whether it is to go on
 *
 * Begins or ends it. Whoever wants it anew gives it another chance.
 */
void
sync_tray_process_set_wanted (SyncTrayProcess *process, gboolean wanted)
{
  g_return_if_fail (SYNC_IS_TRAY_PROCESS (process));

  if (process->wanted == wanted)
    return;
  process->wanted = wanted;
  process->crashes = 0;
  if (wanted)
    begin (process);
  else
    end (process);
}

/**
 * sync_tray_process_get_gave_up:
 * @process: it
 *
 * Returns: whether it crashed too often to be tried again
 */
gboolean
sync_tray_process_get_gave_up (SyncTrayProcess *process)
{
  g_return_val_if_fail (SYNC_IS_TRAY_PROCESS (process), FALSE);

  return process->crashes >= MOST_CRASHES;
}

guint
sync_tray_process_get_starts (SyncTrayProcess *process)
{
  g_return_val_if_fail (SYNC_IS_TRAY_PROCESS (process), 0);

  return process->starts;
}
