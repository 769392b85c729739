/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-snapshot.h"
#include "sync-verb.h"

/* How long a restore waits for a run of another program to end. */
#define RUN_WAIT_SECONDS 30
#define SNAPSHOTS_KEPT 5

/**
 * SyncSnapshots:
 *
 * Copies of the database that were taken before something big happened to it.
 */
struct _SyncSnapshots
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncSnapshots, sync_snapshots, G_TYPE_OBJECT)

/**
 * Restore:
 * @name: (owned): the snapshot
 * @cancellable: (owned) (nullable): stops the copying
 * @lock: (owned): keeps runs away; freed with this, when the restore is over
 */
typedef struct
{
  char *name;
  GCancellable *cancellable;
  SyncFileLock *lock;
} Restore;

static void
restore_free (gpointer data)
{
  Restore *restore = data;

  g_free (restore->name);
  g_clear_object (&restore->cancellable);
  g_clear_pointer (&restore->lock, sync_file_lock_release);
  g_free (restore);
}

static gboolean
list_snapshots (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  *answer = sync_snapshot_list (sync_store_get_path (store), error);
  return *answer != NULL;
}

static gboolean
restore_snapshot (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Restore *restore = data;
  gint64 now = sync_clock_now (sync_store_get_clock (store));

  return sync_snapshot_restore (sync_store_get_connection (store), restore->name, now,
                                SNAPSHOTS_KEPT, restore->cancellable, error)
         && sync_store_take_replica (store, error);
}

static void
tell_manager (gpointer source, gpointer answer)
{
  SyncSnapshots *self = SYNC_SNAPSHOTS (source);

  sync_manager_changed (self->manager);
}

static const SyncVerb list_verb = {
  .func = list_snapshots,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb restore_verb = {
  .func = restore_snapshot,
  .free_arguments = restore_free,
  .done = tell_manager,
  .lasts = TRUE,
};

static void
sync_snapshots_dispose (GObject *object)
{
  SyncSnapshots *self = SYNC_SNAPSHOTS (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_snapshots_parent_class)->dispose (object);
}

static void
sync_snapshots_class_init (SyncSnapshotsClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_snapshots_dispose;
}

static void
sync_snapshots_init (SyncSnapshots *self)
{
}

/**
 * sync_snapshots_new: (constructor)
 * @manager: whose snapshots
 *
 * Returns: (transfer full): the snapshots
 */
SyncSnapshots *
sync_snapshots_new (SyncManager *manager)
{
  SyncSnapshots *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_SNAPSHOTS, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

/**
 * sync_snapshots_list_async:
 * @snapshots: the snapshots
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists them, newest first.
 */
void
sync_snapshots_list_async (SyncSnapshots *snapshots, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SNAPSHOTS (snapshots));

  sync_verb_start (&list_verb, snapshots, sync_manager_get_store (snapshots->manager), NULL,
                   cancellable, callback, user_data);
}

/**
 * sync_snapshots_list_finish:
 * @snapshots: the snapshots
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncSnapshot): they
 */
GPtrArray *
sync_snapshots_list_finish (SyncSnapshots *snapshots, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_verb, snapshots, result, &list, error) ? list : NULL;
}

static void
restore_done (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_verb_finish (&restore_verb, object, result, NULL, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
lock_acquired (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSnapshots *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock = sync_file_lock_acquire_finish (result, &error);
  GCancellable *cancellable = g_task_get_cancellable (task);
  Restore *restore;

  if (lock == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  restore = g_new0 (Restore, 1);
  restore->name = g_strdup (g_task_get_task_data (task));
  restore->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  restore->lock = lock;
  sync_verb_start (&restore_verb, self, sync_manager_get_store (self->manager), restore,
                   cancellable, restore_done, g_steal_pointer (&task));
}

/**
 * sync_snapshots_restore_async:
 * @snapshots: the snapshots
 * @name: one of them
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Puts the database back to what it was then, while no run is going on. A snapshot of what is there
 * now is taken first.
 */
void
sync_snapshots_restore_async (SyncSnapshots *snapshots, const char *name, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_SNAPSHOTS (snapshots));
  g_return_if_fail (name != NULL);

  task = g_task_new (snapshots, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_snapshots_restore_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_strdup (name), g_free);
  sync_file_lock_acquire_async (sync_store_get_path (sync_manager_get_store (snapshots->manager)),
                                "run", RUN_WAIT_SECONDS, cancellable, lock_acquired, task);
}

/**
 * sync_snapshots_restore_finish:
 * @snapshots: the snapshots
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: there is none of that name;
 *   SYNC_ERROR_LOCKED: a run is going on
 */
gboolean
sync_snapshots_restore_finish (SyncSnapshots *snapshots, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, snapshots), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_snapshots_restore_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
