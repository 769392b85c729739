/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

/**
 * SyncProfile:
 *
 * One database with everything that belongs to it. The composition root: nothing below knows which
 * cloud and which place for secrets it has.
 */
G_DEFINE_FINAL_TYPE (SyncProfile, sync_profile, G_TYPE_OBJECT)

static void
sync_profile_dispose (GObject *object)
{
  SyncProfile *self = SYNC_PROFILE (object);

  if (self->scheduler != NULL)
    sync_scheduler_stop (self->scheduler);
  if (self->manager != NULL && !self->closed)
    sync_manager_cancel (self->manager);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->queue);
  g_clear_object (&self->conflicts);
  g_clear_object (&self->history);
  g_clear_object (&self->devices);
  g_clear_object (&self->entities);
  g_clear_object (&self->snapshots);
  g_clear_object (&self->manager);
  g_clear_object (&self->settings);
  g_clear_object (&self->secrets);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);

  G_OBJECT_CLASS (sync_profile_parent_class)->dispose (object);
}

static void
sync_profile_finalize (GObject *object)
{
  SyncProfile *self = SYNC_PROFILE (object);

  g_free (self->id);
  g_free (self->last_email);
  g_free (self->cloud);
  g_clear_error (&self->cloud_error);

  G_OBJECT_CLASS (sync_profile_parent_class)->finalize (object);
}

static void
sync_profile_class_init (SyncProfileClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = sync_profile_dispose;
  object_class->finalize = sync_profile_finalize;
}

static void
sync_profile_init (SyncProfile *self)
{
}

/* --- Closing ---------------------------------------------------------------------------------- */

static void
close_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  sync_store_close (data);
  g_task_return_boolean (task, TRUE);
}

static void
close_store (GTask *task)
{
  SyncProfile *self = g_task_get_source_object (task);

  g_task_set_task_data (task, g_object_ref (self->store), g_object_unref);
  g_task_run_in_thread (task, close_thread);
}

static void
run_ended (SyncManager *manager, GParamSpec *pspec, gpointer user_data)
{
  GTask *task = user_data;

  if (sync_manager_get_state (manager) == SYNC_STATE_SYNCING)
    return;
  g_signal_handlers_disconnect_by_func (manager, run_ended, task);
  close_store (task);
  g_object_unref (task);
}

/**
 * sync_profile_close_async:
 * @profile: the profile
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Ends automatic runs, cancels a run that is going on, waits for it, and closes the database. The
 * profile is good for nothing afterwards.
 */
void
sync_profile_close_async (SyncProfile *profile, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, NULL, callback, user_data);
  g_task_set_source_tag (task, sync_profile_close_async);
  if (profile->closed)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  profile->closed = TRUE;
  sync_scheduler_stop (profile->scheduler);
  if (sync_manager_get_state (profile->manager) == SYNC_STATE_SYNCING)
    {
      g_signal_connect (profile->manager, "notify::state", G_CALLBACK (run_ended),
                        g_object_ref (task));
      sync_manager_cancel (profile->manager);
    }
  else
    close_store (task);
}

/**
 * sync_profile_close_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_profile_close_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- What belongs to it ----------------------------------------------------------------------- */

/**
 * sync_profile_get_path:
 * @profile: the profile
 *
 * Returns: (transfer none): the database's canonical path
 */
const char *
sync_profile_get_path (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return sync_store_get_path (profile->store);
}

/**
 * sync_profile_get_manager:
 * @profile: the profile
 *
 * Returns: (transfer none): who runs
 */
SyncManager *
sync_profile_get_manager (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->manager;
}

/**
 * sync_profile_get_settings:
 * @profile: the profile
 *
 * Returns: (transfer none): what can be configured
 */
SyncSettings *
sync_profile_get_settings (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->settings;
}

/**
 * sync_profile_get_scheduler:
 * @profile: the profile
 *
 * Returns: (transfer none): who begins runs by themselves, not started yet
 */
SyncScheduler *
sync_profile_get_scheduler (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->scheduler;
}

/**
 * sync_profile_get_queue:
 * @profile: the profile
 *
 * Returns: (transfer none): what waits
 */
SyncQueue *
sync_profile_get_queue (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->queue;
}

/**
 * sync_profile_get_conflicts:
 * @profile: the profile
 *
 * Returns: (transfer none): what must be decided or was
 */
SyncConflicts *
sync_profile_get_conflicts (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->conflicts;
}

/**
 * sync_profile_get_history:
 * @profile: the profile
 *
 * Returns: (transfer none): the runs of the past
 */
SyncHistory *
sync_profile_get_history (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->history;
}

/**
 * sync_profile_get_devices:
 * @profile: the profile
 *
 * Returns: (transfer none): the copies of the database
 */
SyncDevices *
sync_profile_get_devices (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->devices;
}

/**
 * sync_profile_get_entities:
 * @profile: the profile
 *
 * Returns: (transfer none): what is synced
 */
SyncEntities *
sync_profile_get_entities (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->entities;
}

/**
 * sync_profile_get_snapshots:
 * @profile: the profile
 *
 * Returns: (transfer none): copies of before
 */
SyncSnapshots *
sync_profile_get_snapshots (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->snapshots;
}
