/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-run.h"

/* The manager's runs: a thread for each, and what it tells on its way. */

/* Progress is told at most so often: a person cannot read faster, and the main loop has other things to do. */
#define PROGRESS_INTERVAL (G_TIME_SPAN_SECOND / 20)

/* --- What a run tells --------------------------------------------------------------------------- */

static gboolean
take_progress (gpointer data)
{
  SyncManager *self = data;
  g_autoptr (SyncProgress) progress = NULL;

  g_mutex_lock (&self->mutex);
  progress = g_steal_pointer (&self->news);
  g_clear_pointer (&self->news_source, g_source_unref);
  self->news_told_at = g_get_monotonic_time ();
  g_mutex_unlock (&self->mutex);
  if (progress != NULL)
    {
      sync_manager_set_progress (self, progress);
      g_signal_emit_by_name (self, "sync-progress", progress);
    }
  return G_SOURCE_REMOVE;
}

/* On the run's thread: the newest word replaces what was not told yet. */
void
sync_manager_leave_progress (SyncManager *self,
                             const SyncProgress *progress)
{
  gint64 wait;

  g_mutex_lock (&self->mutex);
  g_clear_pointer (&self->news, sync_progress_free);
  self->news = sync_progress_copy (progress);
  if (self->news_source == NULL)
    {
      wait = self->news_told_at + PROGRESS_INTERVAL - g_get_monotonic_time ();
      self->news_source = g_timeout_source_new (wait > 0 ? (guint) (wait / 1000) : 0);
      g_source_set_callback (self->news_source, take_progress, g_object_ref (self), g_object_unref);
      g_source_attach (self->news_source, self->context);
    }
  g_mutex_unlock (&self->mutex);
}

/* Nothing is left for a run that is over: the next one tells of itself only. */
static void
forget_progress (SyncManager *self)
{
  g_autoptr (GSource) source = NULL;

  g_mutex_lock (&self->mutex);
  g_clear_pointer (&self->news, sync_progress_free);
  source = g_steal_pointer (&self->news_source);
  g_mutex_unlock (&self->mutex);
  if (source != NULL)
    g_source_destroy (source);
  sync_manager_set_progress (self, NULL);
}

/**
 * Asking:
 *
 * Conflicts on their way from a run's thread to the main thread.
 */
typedef struct
{
  SyncManager *manager; /* (owned) */
  GArray *numbers;      /* (owned) (element-type gint64) */
  SyncResolverFunc resolver;
  gpointer resolver_data;
} Asking;

/* --- A run -------------------------------------------------------------------------------------- */

/**
 * Run:
 *
 * What one run carries from its start to its end.
 */
typedef struct
{
  SyncRunKind kind;
  GStrv entities;          /* (owned) (nullable) */
  char *strategy;          /* (owned) (nullable) */
  SyncRunOptions options;
  SyncConfig config;
  SyncProvider *provider;  /* (owned) */
  SyncManager *manager;    /* (unowned): the task's source */
  gulong cancelled_id;
  GCancellable *outer;     /* (owned) (nullable) */
  SyncResult *result;      /* (owned) (nullable) */
} Run;

static void
run_free (Run *run)
{
  g_clear_pointer (&run->entities, g_strfreev);
  g_clear_pointer (&run->strategy, g_free);
  g_clear_object (&run->provider);
  g_clear_object (&run->outer);
  g_clear_pointer (&run->result, sync_result_free);
  g_free (run);
}

static gboolean
ask_about_conflicts (gpointer data)
{
  Asking *asking = data;

  sync_manager_ask (asking->manager, asking->numbers, asking->resolver, asking->resolver_data);
  g_object_unref (asking->manager);
  g_array_unref (asking->numbers);
  g_free (asking);
  return G_SOURCE_REMOVE;
}

/* On the run's thread. */
void
sync_manager_leave_conflicts (SyncManager *self,
                              GArray *numbers,
                              SyncResolverFunc resolver,
                              gpointer resolver_data)
{
  Asking *asking = g_new0 (Asking, 1);

  asking->manager = g_object_ref (self);
  asking->numbers = g_array_copy (numbers);
  asking->resolver = resolver;
  asking->resolver_data = resolver_data;
  g_main_context_invoke (self->context, ask_about_conflicts, asking);
}

static void
tell_conflicts (GArray *numbers, gpointer data)
{
  Run *run = data;

  sync_manager_leave_conflicts (run->manager, numbers, run->options.resolver, run->options.resolver_data);
}

static void
tell_progress (const SyncProgress *progress, gpointer data)
{
  sync_manager_leave_progress (((Run *) data)->manager, progress);
}

static void
run_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SyncManager *self = source;
  Run *run = data;
  GError *error = NULL;
  SyncFileLock *lock;
  SyncResult *result;
  SyncRunSetup setup = {
    .store = self->store,
    .provider = run->provider,
    .context = self->context,
    .kind = run->kind,
    .options = run->options,
    .config = run->config,
    .news = { tell_progress, tell_conflicts, run },
    .cancellable = cancellable,
  };

  lock = sync_file_lock_acquire (sync_store_get_path (self->store), "run", run->options.wait_seconds,
                                 cancellable, &error);
  if (lock == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  result = sync_run_execute (&setup);
  sync_file_lock_release (lock); /* before anybody hears of the end and begins another run */
  g_task_return_pointer (task, result, (GDestroyNotify) sync_result_free);
}

/* Nothing goes on any more. The result may be NULL, the reason too. */
void
sync_manager_run_over (SyncManager *self,
                       const SyncResult *result,
                       const GError *reason)
{
  g_clear_object (&self->running);
  forget_progress (self);
  if (!sync_error_is_cancelled (reason) && !g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_LOCKED))
    sync_manager_set_last_error (self, reason);
  sync_manager_update_state (self);
  if (result != NULL)
    g_signal_emit_by_name (self, "sync-completed", result);
  if (reason != NULL && !sync_error_is_cancelled (reason))
    g_signal_emit_by_name (self, "sync-error", reason);
  sync_manager_refresh (self);
}

/* The run's own end, before the caller's callback. */
static void
run_ended (GObject *source, GAsyncResult *result, gpointer data)
{
  SyncManager *self = SYNC_MANAGER (source);
  g_autoptr (GTask) outer = data;
  Run *run = g_task_get_task_data (G_TASK (result));
  g_autoptr (GError) error = NULL;
  SyncResult *ended = g_task_propagate_pointer (G_TASK (result), &error);

  if (run->outer != NULL)
    g_cancellable_disconnect (run->outer, run->cancelled_id);
  sync_manager_run_over (self, ended, ended != NULL ? ended->error : error);
  if (ended != NULL)
    g_task_return_pointer (outer, ended, (GDestroyNotify) sync_result_free);
  else
    g_task_return_error (outer, g_steal_pointer (&error));
}

static void
forward_cancel (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

/* Whoever cancels @cancellable stops the run under way. */
gulong
sync_manager_forward_cancel (SyncManager *manager,
                             GCancellable *cancellable)
{
  return g_cancellable_connect (cancellable, G_CALLBACK (forward_cancel), g_object_ref (manager->running),
                                g_object_unref);
}

/* From here on a run is under way; else @task ends with the reason why there can be none now. */
gboolean
sync_manager_make_way (SyncManager *manager,
                       GTask *task)
{
  if (manager->provider != NULL && manager->running == NULL)
    {
      manager->running = g_cancellable_new ();
      return TRUE;
    }
  g_task_return_error (task,
                       manager->provider == NULL
                           ? sync_manager_explain_unavailable (manager)
                           : sync_error_new (SYNC_ERROR_LOCKED, NULL, "A run is going on"));
  g_object_unref (task);
  return FALSE;
}

static Run *
run_new (SyncManager *self, SyncRunKind kind, const SyncRunOptions *options, GCancellable *cancellable)
{
  Run *run = g_new0 (Run, 1);

  run->kind = kind;
  run->manager = self;
  run->provider = g_object_ref (self->provider);
  if (options != NULL)
    {
      run->options = *options;
      run->entities = g_strdupv ((char **) options->entities);
      run->strategy = g_strdup (options->strategy);
      run->options.entities = (const char *const *) run->entities;
      run->options.strategy = run->strategy;
    }
  sync_settings_get_config (self->settings, &run->config);
  if (cancellable != NULL)
    {
      run->outer = g_object_ref (cancellable);
      run->cancelled_id = sync_manager_forward_cancel (self, cancellable);
    }
  return run;
}

/**
 * sync_manager_run_async:
 * @manager: a manager
 * @kind: seed, hydrate or sync
 * @options: (nullable): how; copied
 * @cancellable: (nullable): stops it after the running slice
 * @callback: (scope async): called when it is over
 * @user_data: for @callback
 *
 * Does one run. Only one goes on for a database at any time, whoever started it.
 */
void
sync_manager_run_async (SyncManager *manager,
                        SyncRunKind kind,
                        const SyncRunOptions *options,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *outer;
  g_autoptr (GTask) inner = NULL;

  g_return_if_fail (SYNC_IS_MANAGER (manager));

  outer = g_task_new (manager, NULL, callback, user_data);
  g_task_set_source_tag (outer, sync_manager_run_async);
  if (!sync_manager_make_way (manager, outer))
    return;
  inner = g_task_new (manager, manager->running, run_ended, outer);
  g_task_set_check_cancellable (inner, FALSE); /* a run that was stopped has a result too */
  g_task_set_task_data (inner, run_new (manager, kind, options, cancellable), (GDestroyNotify) run_free);
  sync_manager_update_state (manager);
  g_signal_emit_by_name (manager, "sync-started", kind);
  g_task_run_in_thread (inner, run_in_thread);
}

/**
 * sync_manager_run_finish:
 * @manager: a manager
 * @result: what the callback got
 * @error: [error@SyncError.NOT_CONNECTED], LOCKED: no run could begin
 *
 * Returns: (transfer full): how it went, also when it ended half-way (its `error` says why)
 */
SyncResult *
sync_manager_run_finish (SyncManager *manager,
                         GAsyncResult *result,
                         GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, manager), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_manager_run_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_manager_cancel:
 * @manager: a manager
 *
 * Stops the run under way after its running slice.
 */
void
sync_manager_cancel (SyncManager *manager)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  if (manager->running != NULL)
    g_cancellable_cancel (manager->running);
}

