/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-verify-run.h"

/* The manager's verifications: like its runs, one at a time and each in a thread of its own. */

/**
 * Verification:
 *
 * What one verification carries from its start to its end.
 */
typedef struct
{
  SyncManager *manager;   /* (unowned): the task's source */
  SyncProvider *provider; /* (owned) */
  GStrv entities;         /* (owned) (nullable) */
  SyncVerifyOptions options;
  SyncConfig config;
  GCancellable *outer;    /* (owned) (nullable) */
  gulong cancelled_id;
} Verification;

static void
verification_free (Verification *self)
{
  g_clear_pointer (&self->entities, g_strfreev);
  g_clear_object (&self->provider);
  g_clear_object (&self->outer);
  g_free (self);
}

static void
tell_progress (const SyncProgress *progress, gpointer data)
{
  sync_manager_leave_progress (((Verification *) data)->manager, progress);
}

static void
tell_conflicts (GArray *numbers, gpointer data)
{
  sync_manager_leave_conflicts (((Verification *) data)->manager, numbers, NULL, NULL);
}

static void
verify_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SyncManager *manager = source;
  Verification *self = data;
  GError *error = NULL;
  SyncFileLock *lock;
  SyncVerifyResult *result;
  SyncVerifySetup setup = {
    .run = {
      .store = manager->store,
      .provider = self->provider,
      .context = manager->context,
      .kind = SYNC_RUN_SYNC,
      .options = { .entities = self->options.entities },
      .config = self->config,
      .news = { tell_progress, tell_conflicts, self },
      .cancellable = cancellable,
    },
    .all = self->options.all,
    .heal = self->options.heal,
    .sample = SYNC_VERIFY_SAMPLE,
  };

  lock = sync_file_lock_acquire (sync_store_get_path (manager->store), "run", self->options.wait_seconds,
                                 cancellable, &error);
  if (lock == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  result = sync_verify_run_execute (&setup);
  sync_file_lock_release (lock); /* before anybody hears of the end and begins a run */
  g_task_return_pointer (task, result, (GDestroyNotify) sync_verify_result_free);
}

static void
verify_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  SyncManager *manager = SYNC_MANAGER (source);
  g_autoptr (GTask) outer = data;
  Verification *self = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  SyncVerifyResult *ended = g_task_propagate_pointer (G_TASK (result), &error);

  if (self->outer != NULL)
    g_cancellable_disconnect (self->outer, self->cancelled_id);
  sync_manager_run_over (manager, ended != NULL ? ended->sync : NULL, ended != NULL ? ended->error : error);
  if (ended != NULL)
    g_task_return_pointer (outer, ended, (GDestroyNotify) sync_verify_result_free);
  else
    g_task_return_error (outer, g_steal_pointer (&error));
}

static Verification *
verification_new (SyncManager *manager, const SyncVerifyOptions *options, GCancellable *cancellable)
{
  Verification *self = g_new0 (Verification, 1);

  self->manager = manager;
  self->provider = g_object_ref (manager->provider);
  if (options != NULL)
    {
      self->options = *options;
      self->entities = g_strdupv ((char **) options->entities);
      self->options.entities = (const char *const *) self->entities;
    }
  sync_settings_get_config (manager->settings, &self->config);
  if (cancellable != NULL)
    {
      self->outer = g_object_ref (cancellable);
      self->cancelled_id = sync_manager_forward_cancel (manager, cancellable);
    }
  return self;
}

/**
 * sync_manager_verify_async:
 * @manager: a manager
 * @options: (nullable): how; copied
 * @cancellable: (nullable): stops it after the running slice
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * Syncs, then compares this device with the cloud. Only one run or verification goes on for a database at any
 * time, whoever started it.
 */
void
sync_manager_verify_async (SyncManager *manager,
                           const SyncVerifyOptions *options,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  GTask *outer;
  g_autoptr (GTask) inner = NULL;

  g_return_if_fail (SYNC_IS_MANAGER (manager));

  outer = g_task_new (manager, NULL, callback, user_data);
  g_task_set_source_tag (outer, sync_manager_verify_async);
  if (!sync_manager_make_way (manager, outer))
    return;
  inner = g_task_new (manager, manager->running, verify_ended, outer);
  g_task_set_check_cancellable (inner, FALSE); /* what was found until it was stopped is told */
  g_task_set_task_data (inner, verification_new (manager, options, cancellable),
                        (GDestroyNotify) verification_free);
  sync_manager_update_state (manager);
  g_signal_emit_by_name (manager, "sync-started", SYNC_RUN_SYNC);
  g_task_run_in_thread (inner, verify_in_thread);
}

/**
 * sync_manager_verify_finish:
 * @manager: a manager
 * @result: what the callback got
 * @error: [error@SyncError.NOT_CONNECTED], LOCKED: it could not begin
 *
 * Returns: (transfer full): what was found, also when it ended half-way (its `error` says why)
 */
SyncVerifyResult *
sync_manager_verify_finish (SyncManager *manager,
                            GAsyncResult *result,
                            GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, manager), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_manager_verify_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
