/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-bus-object.h"

#include "sync-bus-interface.h"
#include "sync-bus-names.h"
#include "sync-bus-variant.h"
#include "sync-error-json.h"

/* More often than this nobody can read it. */
#define PROGRESS_INTERVAL (G_USEC_PER_SEC / 5)

/* Somebody who waits a day does not wait any more. */
#define LONGEST_WAIT (24 * 60 * 60)

/**
 * SyncBusObject:
 *
 * One database on the bus. Runs that are asked for while another goes on wait in a queue.
 */
struct _SyncBusObject
{
  GObject parent_instance;

  SyncProfile *profile;   /* (owned) */
  SyncBusSync1 *skeleton; /* (owned) */
  GQueue waiting;         /* (element-type Waiting) */
  guint serve_id;
  gint64 progress_shown_at; /* monotonic */
};

G_DEFINE_FINAL_TYPE (SyncBusObject, sync_bus_object, G_TYPE_OBJECT)

static void serve_soon (SyncBusObject *self);

/* --- Properties ------------------------------------------------------------------------------- */

static const char *
nick_of (GType type, int value)
{
  g_autoptr (GEnumClass) class = g_type_class_ref (type);
  GEnumValue *found = g_enum_get_value (class, value);

  /* Of a static type: it stays. */
  return found != NULL ? found->value_nick : "";
}

static void
show_progress (SyncBusObject *self, const SyncProgress *progress)
{
  gint64 now = g_get_monotonic_time ();

  if (progress != NULL && now - self->progress_shown_at < PROGRESS_INTERVAL)
    return;
  self->progress_shown_at = progress != NULL ? now : 0;
  sync_bus_sync1_set_progress (self->skeleton, sync_bus_progress_to_variant (progress));
}

/* The skeleton tells the bus what is different, once for all that changes together. */
static void
show_manager (SyncBusObject *self)
{
  SyncManager *manager = sync_profile_get_manager (self->profile);
  SyncProvider *provider = sync_manager_get_provider (manager);
  g_autoptr (GError) last_error = NULL;
  g_autoptr (SyncProgress) progress = NULL;
  g_autofree char *problem = NULL;
  guint pending, failed, held, conflicts;
  gint64 last, next, paused;

  g_object_get (manager, "pending-count", &pending, "failed-count", &failed, "held-count", &held,
                "conflict-count", &conflicts, "last-sync-time", &last, "next-sync-time", &next,
                "paused-until", &paused, "last-error", &last_error, "progress", &progress, NULL);
  problem = sync_error_to_json (last_error);
  sync_bus_sync1_set_state (self->skeleton,
                            nick_of (SYNC_TYPE_STATE, (int)sync_manager_get_state (manager)));
  sync_bus_sync1_set_available (self->skeleton, sync_manager_get_available (manager));
  sync_bus_sync1_set_provider (self->skeleton,
                               provider != NULL ? sync_provider_get_name (provider) : "");
  sync_bus_sync1_set_pending_count (self->skeleton, pending);
  sync_bus_sync1_set_failed_count (self->skeleton, failed);
  sync_bus_sync1_set_held_count (self->skeleton, held);
  sync_bus_sync1_set_conflict_count (self->skeleton, conflicts);
  sync_bus_sync1_set_last_sync_time (self->skeleton, sync_bus_time (last));
  sync_bus_sync1_set_next_sync_time (self->skeleton, sync_bus_time (next));
  sync_bus_sync1_set_paused_until (self->skeleton, sync_bus_time (paused));
  sync_bus_sync1_set_last_error (self->skeleton, problem != NULL ? problem : "");
  show_progress (self, progress);
  if (sync_manager_get_state (manager) != SYNC_STATE_SYNCING)
    serve_soon (self);
}

static void
show_hold (SyncBusObject *self)
{
  SyncHold hold = sync_scheduler_get_hold (sync_profile_get_scheduler (self->profile));

  sync_bus_sync1_set_hold (self->skeleton, nick_of (SYNC_TYPE_HOLD, (int)hold));
}

/* --- Runs ------------------------------------------------------------------------------------- */

/**
 * Waiting:
 *
 * A run that somebody asked for.
 */
typedef struct
{
  SyncBusObject *object;             /* (unowned): takes it out of its queue when it goes */
  GDBusMethodInvocation *invocation; /* (owned): NULL once it is answered */
  SyncBusRequest *request;           /* (owned) */
  gint64 since;                      /* monotonic */
  guint timeout;
  guint watch; /* for the end of who asked */
} Waiting;

static void
waiting_free (Waiting *waiting)
{
  g_clear_handle_id (&waiting->timeout, g_source_remove);
  g_clear_handle_id (&waiting->watch, g_bus_unwatch_name);
  sync_bus_request_free (waiting->request);
  g_free (waiting);
}

/* Only what has a name on the bus; anything else is for logs. */
static void
refuse (GDBusMethodInvocation *invocation, const GError *error)
{
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_INVALID)
      || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED)
      || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED))
    g_dbus_method_invocation_return_gerror (invocation, error);
  else
    g_dbus_method_invocation_return_error_literal (invocation, SYNC_ERROR, SYNC_ERROR_FAILED,
                                                   error->message);
}

static void
take_back (Waiting *waiting, SyncError code, const char *why)
{
  g_autoptr (GError) error = sync_error_new (code, NULL, "%s", why);

  g_queue_remove (&waiting->object->waiting, waiting);
  refuse (waiting->invocation, error);
  waiting_free (waiting);
}

static gboolean
waited_long_enough (gpointer data)
{
  Waiting *waiting = data;

  waiting->timeout = 0;
  take_back (waiting, SYNC_ERROR_LOCKED, "A run is going on");
  return G_SOURCE_REMOVE;
}

static void
asker_gone (GDBusConnection *connection, const char *name, gpointer data)
{
  take_back (data, SYNC_ERROR_FAILED, "Who asked is gone");
}

/**
 * Running:
 *
 * A run that somebody asked for, while it goes on.
 */
typedef struct
{
  GWeakRef object;                   /* gone: the database is being closed */
  GDBusMethodInvocation *invocation; /* (owned): until it is answered */
} Running;

/* A run that ends because the database is closed is not done here: who asked may do the rest. */
static void
run_done (GObject *source, GAsyncResult *async_result, gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result
      = sync_manager_run_finish (SYNC_MANAGER (source), async_result, &error);
  g_autofree Running *running = data;
  g_autoptr (SyncBusObject) object = g_weak_ref_get (&running->object);

  g_weak_ref_clear (&running->object);
  if (result == NULL)
    refuse (running->invocation, error);
  else if (object == NULL && result->outcome == SYNC_OUTCOME_CANCELLED)
    g_dbus_method_invocation_return_error_literal (running->invocation, SYNC_ERROR, SYNC_ERROR_FAILED,
                                                   "The database is closed");
  else
    sync_bus_sync1_complete_sync (NULL, running->invocation, sync_bus_result_to_variant (result));
}

/* What it has waited for its turn is not waited again for another process. */
static void
count_waiting (Waiting *waiting)
{
  guint64 seconds = (g_get_monotonic_time () - waiting->since) / G_USEC_PER_SEC;
  guint *left = &waiting->request->options.wait_seconds;

  *left -= MIN (seconds, *left);
}

static gboolean
serve (gpointer data)
{
  SyncBusObject *self = data;
  SyncManager *manager = sync_profile_get_manager (self->profile);
  Waiting *waiting;
  Running *running;

  self->serve_id = 0;
  if (sync_manager_get_state (manager) == SYNC_STATE_SYNCING)
    return G_SOURCE_REMOVE;
  waiting = g_queue_pop_head (&self->waiting);
  if (waiting == NULL)
    return G_SOURCE_REMOVE;
  running = g_new0 (Running, 1);
  g_weak_ref_init (&running->object, self);
  running->invocation = waiting->invocation;
  count_waiting (waiting);
  sync_manager_run_async (manager, waiting->request->kind, &waiting->request->options, NULL,
                          run_done, running);
  waiting_free (waiting);
  return G_SOURCE_REMOVE;
}

/* Not in the middle of the end of another run. */
static void
serve_soon (SyncBusObject *self)
{
  if (self->serve_id == 0 && !g_queue_is_empty (&self->waiting))
    self->serve_id = g_idle_add (serve, self);
}

static gboolean
handle_sync (SyncBusObject *self, GDBusMethodInvocation *invocation, GVariant *options)
{
  g_autoptr (GError) error = NULL;
  SyncBusRequest *request = sync_bus_request_from_variant (options, &error);
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  Waiting *waiting;

  if (request == NULL)
    {
      refuse (invocation, error);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }
  waiting = g_new0 (Waiting, 1);
  waiting->object = self;
  waiting->invocation = invocation;
  waiting->request = request;
  waiting->since = g_get_monotonic_time ();
  waiting->timeout = g_timeout_add_seconds (MIN (request->options.wait_seconds, LONGEST_WAIT),
                                            waited_long_enough, waiting);
  if (sender != NULL)
    waiting->watch = g_bus_watch_name_on_connection (
        g_dbus_method_invocation_get_connection (invocation), sender, G_BUS_NAME_WATCHER_FLAGS_NONE,
        NULL, asker_gone, waiting, NULL);
  g_queue_push_tail (&self->waiting, waiting);
  /* Before the time is up, even if that is none. */
  if (sync_manager_get_state (sync_profile_get_manager (self->profile)) != SYNC_STATE_SYNCING)
    serve (self);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static gboolean
handle_cancel (SyncBusObject *self, GDBusMethodInvocation *invocation)
{
  const char *sender = g_dbus_method_invocation_get_sender (invocation);
  gboolean taken_back = FALSE;
  GList *next;

  for (GList *link = self->waiting.head; link != NULL; link = next)
    {
      Waiting *waiting = link->data;

      next = link->next;
      if (g_strcmp0 (sender, g_dbus_method_invocation_get_sender (waiting->invocation)) != 0)
        continue;
      take_back (waiting, SYNC_ERROR_FAILED, "Taken back");
      taken_back = TRUE;
    }
  if (!taken_back)
    sync_manager_cancel (sync_profile_get_manager (self->profile));
  sync_bus_sync1_complete_cancel (self->skeleton, invocation);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- Pausing ---------------------------------------------------------------------------------- */

static void
pause_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (sync_manager_pause_finish (SYNC_MANAGER (source), result, &error))
    sync_bus_sync1_complete_pause (NULL, data);
  else
    refuse (data, error);
}

static gboolean
handle_pause (SyncBusObject *self, GDBusMethodInvocation *invocation, gint64 until)
{
  g_autoptr (GError) error = NULL;

  if (until > SYNC_BUS_NO_TIME)
    {
      sync_manager_pause_async (sync_profile_get_manager (self->profile), until, NULL, pause_done,
                                invocation);
      return G_DBUS_METHOD_INVOCATION_HANDLED;
    }
  error = sync_error_new (SYNC_ERROR_INVALID, "until", "The option until is no time after 1970");
  refuse (invocation, error);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

static void
resume_done (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (sync_manager_resume_finish (SYNC_MANAGER (source), result, &error))
    sync_bus_sync1_complete_resume (NULL, data);
  else
    refuse (data, error);
}

static gboolean
handle_resume (SyncBusObject *self, GDBusMethodInvocation *invocation)
{
  sync_manager_resume_async (sync_profile_get_manager (self->profile), NULL, resume_done,
                             invocation);
  return G_DBUS_METHOD_INVOCATION_HANDLED;
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_bus_object_dispose (GObject *object)
{
  SyncBusObject *self = SYNC_BUS_OBJECT (object);
  Waiting *waiting;

  while ((waiting = g_queue_peek_head (&self->waiting)) != NULL)
    take_back (waiting, SYNC_ERROR_FAILED, "The database is closed");
  g_clear_handle_id (&self->serve_id, g_source_remove);
  if (self->skeleton != NULL)
    g_dbus_interface_skeleton_unexport (G_DBUS_INTERFACE_SKELETON (self->skeleton));
  g_clear_object (&self->skeleton);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_bus_object_parent_class)->dispose (object);
}

static void
sync_bus_object_class_init (SyncBusObjectClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_bus_object_dispose;
}

static void
sync_bus_object_init (SyncBusObject *self)
{
  g_queue_init (&self->waiting);
}

static void
connect_skeleton (SyncBusObject *self)
{
  GObject *skeleton = G_OBJECT (self->skeleton);
  SyncManager *manager = sync_profile_get_manager (self->profile);
  SyncScheduler *scheduler = sync_profile_get_scheduler (self->profile);

  g_signal_connect_object (skeleton, "handle-sync", G_CALLBACK (handle_sync), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (skeleton, "handle-cancel", G_CALLBACK (handle_cancel), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (skeleton, "handle-pause", G_CALLBACK (handle_pause), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (skeleton, "handle-resume", G_CALLBACK (handle_resume), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify", G_CALLBACK (show_manager), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (scheduler, "notify::hold", G_CALLBACK (show_hold), self,
                           G_CONNECT_SWAPPED);
}

/**
 * sync_bus_object_new: (constructor)
 * @profile: a database
 * @connection: a bus
 * @error: where to put an error
 *
 * Returns: (transfer full): its object, on the bus; %NULL with @error set if it cannot be there
 */
SyncBusObject *
sync_bus_object_new (SyncProfile *profile, GDBusConnection *connection, GError **error)
{
  g_autoptr (SyncBusObject) self = NULL;
  g_autofree char *path = NULL;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);
  g_return_val_if_fail (G_IS_DBUS_CONNECTION (connection), NULL);

  sync_bus_register_errors ();
  path = sync_bus_dup_path (sync_profile_get_path (profile));
  self = g_object_new (SYNC_TYPE_BUS_OBJECT, NULL);
  self->profile = g_object_ref (profile);
  self->skeleton = sync_bus_sync1_skeleton_new ();
  sync_bus_sync1_set_database (self->skeleton, sync_profile_get_path (profile));
  show_manager (self);
  show_hold (self);
  connect_skeleton (self);
  if (!g_dbus_interface_skeleton_export (G_DBUS_INTERFACE_SKELETON (self->skeleton), connection,
                                         path, error))
    return NULL;
  return g_steal_pointer (&self);
}
