/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-change-watch.h"

#include "sync-verb.h"

/* A writer that writes without end is told of once in this time. */
#define CALM (1 * G_TIME_SPAN_SECOND)

/* Where the system says nothing (network filesystems), SQLite is asked. */
#define POLL (60 * G_TIME_SPAN_SECOND)

/**
 * SyncChangeWatch:
 *
 * Tells when another connection than the worker's, mostly another program's, wrote to a database.
 * Its file and its log are watched by name (and never opened, as closing another descriptor of a
 * database drops SQLite's locks on it), and at every sign of life SQLite is asked whether it was a
 * write: readers touch files too.
 */
struct _SyncChangeWatch
{
  GObject parent_instance;

  SyncStore *store;          /* (owned) */
  SyncTimers *timers;        /* (owned) */
  GFileMonitor *monitors[2]; /* (owned) (nullable): the database and its log */
  GCancellable *cancellable; /* (owned) (nullable): NULL while it is stopped */
  guint calm_timer;
  guint poll_timer;
  gint64 data_version;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncChangeWatch, sync_change_watch, G_TYPE_OBJECT)

static void ask (SyncChangeWatch *self);

static void
calm_over (gpointer data)
{
  SyncChangeWatch *self = data;

  self->calm_timer = 0;
  ask (self);
}

static void
file_changed (SyncChangeWatch *self)
{
  if (self->calm_timer == 0 && self->cancellable != NULL)
    self->calm_timer = sync_timers_add (self->timers, CALM, calm_over, self);
}

static void
poll_due (gpointer data)
{
  SyncChangeWatch *self = data;

  self->poll_timer = 0;
  ask (self);
}

/* --- Asking SQLite ---------------------------------------------------------------------------- */

/* Another value than last time: another connection wrote. */
static gboolean
read_data_version (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  gint64 *version = g_new0 (gint64, 1);

  *answer = version;
  return sync_connection_query_int64 (sync_store_get_connection (store), 0, version, error,
                                      "PRAGMA data_version", NULL);
}

static const SyncVerb read_verb = { .func = read_data_version, .free_answer = g_free };

static void
use_data_version (SyncChangeWatch *self, gint64 version)
{
  gboolean changed = self->data_version != 0 && self->data_version != version;

  self->data_version = version;
  if (changed)
    g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

static void
data_version_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncChangeWatch *self = SYNC_CHANGE_WATCH (object);
  g_autoptr (GError) error = NULL;
  g_autofree gint64 *version = NULL;
  gpointer answer = NULL;

  if (sync_verb_finish (&read_verb, object, result, &answer, &error))
    version = answer;
  else if (sync_error_is_cancelled (error))
    return;
  else
    g_debug ("The database cannot be asked for changes: %s", error->message);
  if (self->cancellable == NULL)
    return;
  if (self->poll_timer == 0)
    self->poll_timer = sync_timers_add (self->timers, POLL, poll_due, self);
  if (version != NULL)
    use_data_version (self, *version);
}

static void
ask (SyncChangeWatch *self)
{
  sync_verb_start (&read_verb, self, self->store, NULL, self->cancellable, data_version_read, NULL);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_change_watch_dispose (GObject *object)
{
  SyncChangeWatch *self = SYNC_CHANGE_WATCH (object);

  if (self->timers != NULL)
    sync_change_watch_stop (self);
  g_clear_object (&self->store);
  g_clear_object (&self->timers);

  G_OBJECT_CLASS (sync_change_watch_parent_class)->dispose (object);
}

static void
sync_change_watch_class_init (SyncChangeWatchClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_change_watch_dispose;

  /**
   * SyncChangeWatch::changed:
   * @watch: the watch
   *
   * Another connection wrote to the database.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", SYNC_TYPE_CHANGE_WATCH, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sync_change_watch_init (SyncChangeWatch *self)
{
}

/**
 * sync_change_watch_new: (constructor)
 * @store: the database
 * @timers: the timers
 *
 * Returns: (transfer full): a watch that is not started
 */
SyncChangeWatch *
sync_change_watch_new (SyncStore *store, SyncTimers *timers)
{
  SyncChangeWatch *self;

  g_return_val_if_fail (SYNC_IS_STORE (store), NULL);
  g_return_val_if_fail (SYNC_IS_TIMERS (timers), NULL);

  self = g_object_new (SYNC_TYPE_CHANGE_WATCH, NULL);
  self->store = g_object_ref (store);
  self->timers = g_object_ref (timers);
  return self;
}

static GFileMonitor *
monitor_file (SyncChangeWatch *self, const char *suffix)
{
  g_autofree char *path = g_strconcat (sync_store_get_path (self->store), suffix, NULL);
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GError) error = NULL;
  GFileMonitor *monitor = g_file_monitor_file (file, G_FILE_MONITOR_NONE, NULL, &error);

  if (monitor == NULL)
    g_debug ("%s is not watched: %s", path, error->message);
  else
    g_signal_connect_object (monitor, "changed", G_CALLBACK (file_changed), self,
                             G_CONNECT_SWAPPED);
  return monitor;
}

/**
 * sync_change_watch_start:
 * @watch: the watch
 *
 * Begins to watch.
 */
void
sync_change_watch_start (SyncChangeWatch *watch)
{
  g_return_if_fail (SYNC_IS_CHANGE_WATCH (watch));

  if (watch->cancellable != NULL)
    return;
  watch->cancellable = g_cancellable_new ();
  watch->monitors[0] = monitor_file (watch, "");
  watch->monitors[1] = monitor_file (watch, "-wal");
  ask (watch);
}

/**
 * sync_change_watch_stop:
 * @watch: the watch
 *
 * Ends watching. No signal comes afterwards.
 */
void
sync_change_watch_stop (SyncChangeWatch *watch)
{
  g_return_if_fail (SYNC_IS_CHANGE_WATCH (watch));

  if (watch->cancellable == NULL)
    return;
  g_cancellable_cancel (watch->cancellable);
  g_clear_object (&watch->cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (watch->monitors); i++)
    if (watch->monitors[i] != NULL)
      {
        g_file_monitor_cancel (watch->monitors[i]);
        g_clear_object (&watch->monitors[i]);
      }
  sync_timers_clear (watch->timers, &watch->calm_timer);
  sync_timers_clear (watch->timers, &watch->poll_timer);
  watch->data_version = 0;
}
