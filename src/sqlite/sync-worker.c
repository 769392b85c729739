/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection-private.h"
#include "sync-worker.h"

/**
 * Job:
 * @func: what to do, %NULL: end the thread
 * @data: given to @func
 * @cancellable: (owned) (nullable): given to @func
 * @task: (owned) (nullable): who is told, of a call that nobody waits for
 * @done: whether it ran; guarded by the core's mutex
 * @succeeded: what @func returned
 * @error: (owned) (nullable): its error
 *
 * One piece of work. Of a waiting caller it lives on the caller's stack.
 */
typedef struct
{
  SyncWorkerFunc func;
  gpointer data;
  GCancellable *cancellable;
  GTask *task;
  gboolean done;
  gboolean succeeded;
  GError *error;
} Job;

/**
 * Core:
 * @connection: (owned): closed on the thread
 * @queue: (owned) (element-type Job): what to do, in order
 * @mutex: guards @closed and every job's done
 * @changed: tells waiting callers
 * @closed: whether nothing more is taken
 *
 * What the thread needs. It outlives the object, whose last reference may be dropped on the thread.
 */
typedef struct
{
  SyncConnection *connection;
  GAsyncQueue *queue;
  GMutex mutex;
  GCond changed;
  gboolean closed;
} Core;

/**
 * SyncWorker:
 *
 * The thread that owns a database connection. What it is given runs one after the other, in order.
 */
struct _SyncWorker
{
  GObject parent_instance;

  Core *core;      /* (owned) */
  GThread *thread; /* (owned) (nullable): NULL after it was shut down */
};

G_DEFINE_FINAL_TYPE (SyncWorker, sync_worker, G_TYPE_OBJECT)

static void
core_free (gpointer data)
{
  Core *core = data;

  g_async_queue_unref (core->queue);
  g_mutex_clear (&core->mutex);
  g_cond_clear (&core->changed);
}

static void
job_free (gpointer data)
{
  Job *job = data;

  g_clear_object (&job->cancellable);
  g_clear_object (&job->task);
  g_clear_error (&job->error);
  g_free (job);
}

static void
run_job (SyncConnection *connection, Job *job)
{
  if (g_cancellable_set_error_if_cancelled (job->cancellable, &job->error))
    return;
  job->succeeded = job->func (connection, job->data, job->cancellable, &job->error);
  if (!job->succeeded && job->error == NULL)
    job->error
        = sync_error_new (SYNC_ERROR_FAILED, NULL, "Work on the database failed without a reason");
}

static gboolean
return_task (gpointer data)
{
  Job *job = data;

  if (job->succeeded)
    g_task_return_pointer (job->task, job->data, NULL);
  else
    g_task_return_error (job->task, g_steal_pointer (&job->error));
  return G_SOURCE_REMOVE;
}

/* The task returns, and is freed with its data, in the context of its caller. */
static void
send_back (Job *job)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_priority (source, g_task_get_priority (job->task));
  g_source_set_static_name (source, "SyncWorker");
  g_source_set_callback (source, return_task, job, job_free);
  g_source_attach (source, g_task_get_context (job->task));
}

static gpointer
run_thread (gpointer data)
{
  Core *core = data;
  Job *job;

  while ((job = g_async_queue_pop (core->queue))->func != NULL)
    {
      run_job (core->connection, job);
      sync_connection_rollback (core->connection);
      if (job->task != NULL)
        {
          send_back (job);
          continue;
        }
      g_mutex_lock (&core->mutex);
      job->done = TRUE;
      g_cond_broadcast (&core->changed);
      g_mutex_unlock (&core->mutex);
    }
  job_free (job);
  g_clear_pointer (&core->connection, sync_connection_close);
  g_atomic_rc_box_release_full (core, core_free);
  return NULL;
}

static gboolean
core_push (Core *core, Job *job)
{
  gboolean open;

  g_mutex_lock (&core->mutex);
  open = !core->closed;
  if (open)
    g_async_queue_push (core->queue, job);
  g_mutex_unlock (&core->mutex);
  return open;
}

static void
core_close (Core *core)
{
  g_mutex_lock (&core->mutex);
  if (!core->closed)
    g_async_queue_push (core->queue, g_new0 (Job, 1));
  core->closed = TRUE;
  g_mutex_unlock (&core->mutex);
}

static GError *
closed_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "The database was closed");
}

static void
sync_worker_finalize (GObject *object)
{
  SyncWorker *self = SYNC_WORKER (object);

  if (sync_worker_is_current (self))
    {
      core_close (self->core);
      g_clear_pointer (&self->thread, g_thread_unref);
    }
  else
    sync_worker_shut_down (self);
  g_atomic_rc_box_release_full (self->core, core_free);

  G_OBJECT_CLASS (sync_worker_parent_class)->finalize (object);
}

static void
sync_worker_class_init (SyncWorkerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_worker_finalize;
}

static void
sync_worker_init (SyncWorker *self)
{
  self->core = g_atomic_rc_box_new0 (Core);
  self->core->queue = g_async_queue_new ();
  g_mutex_init (&self->core->mutex);
  g_cond_init (&self->core->changed);
}

/**
 * sync_worker_new: (constructor)
 * @connection: (transfer full): a connection of the calling thread
 *
 * Starts a thread that owns @connection from now on.
 *
 * Returns: (transfer full): the worker
 */
SyncWorker *
sync_worker_new (SyncConnection *connection)
{
  SyncWorker *self;

  g_return_val_if_fail (connection != NULL, NULL);

  self = g_object_new (SYNC_TYPE_WORKER, NULL);
  sync_connection_hand_over (connection);
  self->core->connection = connection;
  self->thread = g_thread_new ("database", run_thread, g_atomic_rc_box_acquire (self->core));
  return self;
}

/**
 * sync_worker_is_current:
 * @worker: a worker
 *
 * Returns: whether the calling thread is the worker's
 */
gboolean
sync_worker_is_current (SyncWorker *worker)
{
  g_return_val_if_fail (SYNC_IS_WORKER (worker), FALSE);

  return worker->thread == g_thread_self ();
}

/**
 * sync_worker_call:
 * @worker: a worker
 * @func: what to do
 * @data: given to @func
 * @cancellable: (nullable): given to @func, and asked before it runs
 * @error: where to put an error
 *
 * Runs @func on the worker's thread and waits for it, which the main thread must not do. On the
 * worker's thread itself it runs at once, inside of what runs there.
 *
 * Returns: %FALSE with @error set if it failed, was cancelled, or the worker was shut down
 */
gboolean
sync_worker_call (SyncWorker *worker, SyncWorkerFunc func, gpointer data, GCancellable *cancellable,
                  GError **error)
{
  Job job = { .func = func, .data = data, .cancellable = cancellable };
  Core *core;

  g_return_val_if_fail (SYNC_IS_WORKER (worker), FALSE);
  g_return_val_if_fail (func != NULL, FALSE);

  core = worker->core;
  if (sync_worker_is_current (worker))
    run_job (core->connection, &job);
  else if (core_push (core, &job))
    {
      g_mutex_lock (&core->mutex);
      while (!job.done)
        g_cond_wait (&core->changed, &core->mutex);
      g_mutex_unlock (&core->mutex);
    }
  else
    job.error = closed_error ();

  if (job.error != NULL)
    g_propagate_error (error, job.error);
  return job.succeeded;
}

/**
 * sync_worker_call_async:
 * @worker: a worker
 * @func: what to do
 * @data: (nullable): given to @func
 * @free_data: (nullable): frees @data with the result, in the caller's context
 * @cancellable: (nullable): given to @func, and asked before it runs
 * @callback: (nullable): called in the caller's main context when it is done
 * @user_data: given to @callback
 *
 * Runs @func on the worker's thread. What it did is told even if it is cancelled meanwhile.
 */
void
sync_worker_call_async (SyncWorker *worker, SyncWorkerFunc func, gpointer data,
                        GDestroyNotify free_data, GCancellable *cancellable,
                        GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Job *job;

  g_return_if_fail (SYNC_IS_WORKER (worker));
  g_return_if_fail (func != NULL);

  task = g_task_new (worker, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_worker_call_async);
  g_task_set_check_cancellable (task, FALSE);
  if (data != NULL)
    g_task_set_task_data (task, data, free_data);

  job = g_new0 (Job, 1);
  job->func = func;
  job->data = data;
  job->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  job->task = g_object_ref (task);
  if (core_push (worker->core, job))
    return;
  g_task_return_error (task, closed_error ());
  job_free (job);
}

/**
 * sync_worker_call_finish:
 * @worker: a worker
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer none) (nullable): the data given, which live as long as @result; %NULL with
 *   @error set if it failed, was cancelled, or the worker was shut down
 */
gpointer
sync_worker_call_finish (SyncWorker *worker, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, worker), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_worker_call_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_worker_is_wanted:
 * @worker: a worker
 *
 * Returns: whether something waits to be done behind what runs
 */
gboolean
sync_worker_is_wanted (SyncWorker *worker)
{
  return g_async_queue_length (worker->core->queue) > 0;
}

/**
 * sync_worker_shut_down:
 * @worker: a worker
 *
 * Runs what it was given before, closes the connection and ends the thread; waits for that. What
 * comes later fails as if it was cancelled.
 */
void
sync_worker_shut_down (SyncWorker *worker)
{
  g_return_if_fail (SYNC_IS_WORKER (worker));
  g_return_if_fail (!sync_worker_is_current (worker));

  if (worker->thread == NULL)
    return;
  core_close (worker->core);
  /* What still runs may ask whether it is on this thread. */
  g_thread_join (worker->thread);
  worker->thread = NULL;
}
