/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"
#include "sync-known-databases.h"
#include "sync-manager-private.h"
#include "sync-profile-private.h"
#include "sync-verb.h"

/* How long detaching waits for a run of another program to end. */
#define RUN_WAIT_SECONDS 30

/**
 * Detaching:
 * @provider: (owned) (nullable): the cloud …
 * @cloud: (owned) (nullable): … and what it was made from
 * @scheduled: whether runs happened by themselves
 *
 * What comes back if it fails.
 */
typedef struct
{
  SyncProvider *provider;
  char *cloud;
  gboolean scheduled;
} Detaching;

static void
detaching_free (gpointer data)
{
  Detaching *detaching = data;

  g_clear_object (&detaching->provider);
  g_free (detaching->cloud);
  g_free (detaching);
}

static void
keep_runs_away (SyncProfile *self, Detaching *detaching)
{
  SyncProvider *provider = sync_manager_get_provider (self->manager);

  detaching->scheduled = sync_scheduler_is_started (self->scheduler);
  detaching->cloud = g_steal_pointer (&self->cloud);
  detaching->provider = provider != NULL ? g_object_ref (provider) : NULL;
  sync_scheduler_stop (self->scheduler);
  sync_manager_set_provider (self->manager, NULL);
}

static void
let_runs_come (SyncProfile *self, Detaching *detaching)
{
  g_free (self->cloud);
  self->cloud = g_steal_pointer (&detaching->cloud);
  sync_manager_set_provider (self->manager, detaching->provider);
  sync_profile_make_provider (self); /* if somebody changed the settings meanwhile */
  if (detaching->scheduled && !self->closed)
    sync_scheduler_start (self->scheduler);
}

static void
forget_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (!sync_known_databases_remove (sync_profile_get_path (source), &error))
    g_debug ("The list of known databases cannot be kept: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

/* Nothing of ours is in the file any more: the rest is tidying up, which may fail. */
static void
secret_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_secret_store_clear_finish (SYNC_SECRET_STORE (object), result, &error))
    g_debug ("The session cannot be forgotten: %s", error->message);
  g_task_run_in_thread (task, forget_thread);
}

static gboolean
detach_store (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  return sync_store_detach (store, error);
}

/* The argument is the lock that keeps runs away. */
static const SyncVerb detach_verb = {
  .func = detach_store,
  .free_arguments = (GDestroyNotify) sync_file_lock_release,
  .lasts = TRUE,
};

static void
store_detached (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = SYNC_PROFILE (object);
  g_autoptr (GError) error = NULL;

  if (!sync_verb_finish (&detach_verb, object, result, NULL, &error))
    {
      let_runs_come (self, g_task_get_task_data (task));
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  sync_secret_store_clear_async (self->secrets, self->id, SYNC_PROFILE_SESSION_SECRET, NULL, secret_cleared,
                                 g_steal_pointer (&task));
}

static void
detach_locked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock = sync_file_lock_acquire_finish (result, &error);

  if (lock == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  keep_runs_away (self, g_task_get_task_data (task));
  sync_verb_start (&detach_verb, self, self->store, lock, cancellable, store_detached,
                   g_steal_pointer (&task));
}

/**
 * sync_profile_detach_async:
 * @profile: the profile
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Removes what is ours from the file, which stays as its owner left it, and forgets the session.
 * What is left to do with the profile is to close it.
 */
void
sync_profile_detach_async (SyncProfile *profile, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_profile_detach_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_new0 (Detaching, 1), detaching_free);
  sync_file_lock_acquire_async (sync_store_get_path (profile->store), "run", RUN_WAIT_SECONDS,
                                cancellable, detach_locked, task);
}

/**
 * sync_profile_detach_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed: SYNC_ERROR_LOCKED: a run is going on
 */
gboolean
sync_profile_detach_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_detach_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
