/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-worker.h"

/* Takes the place of src/sqlite/sync-worker.c: what a worker does is done at once, in the thread
 * that asks for it. All of a simulation is one thread: the same schedule takes the same course, and
 * no time goes into waking others. */

struct _SyncWorker
{
  GObject parent_instance;

  SyncConnection *connection; /* (owned) (nullable) */
  guint depth;                /* of calls that are going on */
};

G_DEFINE_FINAL_TYPE (SyncWorker, sync_worker, G_TYPE_OBJECT)

static void
sync_worker_finalize (GObject *object)
{
  sync_worker_shut_down (SYNC_WORKER (object));

  G_OBJECT_CLASS (sync_worker_parent_class)->finalize (object);
}

static void
sync_worker_class_init (SyncWorkerClass *class)
{
  G_OBJECT_CLASS (class)->finalize = sync_worker_finalize;
}

static void
sync_worker_init (SyncWorker *self)
{
}

SyncWorker *
sync_worker_new (SyncConnection *connection)
{
  SyncWorker *self = g_object_new (SYNC_TYPE_WORKER, NULL);

  self->connection = connection;
  return self;
}

gboolean
sync_worker_is_current (SyncWorker *worker)
{
  return worker->depth > 0;
}

/* Others come in between wherever they can. */
gboolean
sync_worker_is_wanted (SyncWorker *worker)
{
  return TRUE;
}

gboolean
sync_worker_call (SyncWorker *worker,
                  SyncWorkerFunc func,
                  gpointer data,
                  GCancellable *cancellable,
                  GError **error)
{
  gboolean good;

  if (worker->connection == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The database was closed");
      return FALSE;
    }
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  worker->depth++;
  good = func (worker->connection, data, cancellable, error);
  if (--worker->depth == 0)
    sync_connection_rollback (worker->connection);
  return good;
}

void
sync_worker_call_async (SyncWorker *worker,
                        SyncWorkerFunc func,
                        gpointer data,
                        GDestroyNotify free_data,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (worker, cancellable, callback, user_data);
  GError *error = NULL;

  g_task_set_source_tag (task, sync_worker_call_async);
  if (data != NULL)
    g_task_set_task_data (task, data, free_data);
  if (sync_worker_call (worker, func, data, cancellable, &error))
    g_task_return_pointer (task, data, NULL);
  else
    g_task_return_error (task, error);
}

gpointer
sync_worker_call_finish (SyncWorker *worker, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
sync_worker_shut_down (SyncWorker *worker)
{
  g_assert (worker->depth == 0);
  g_clear_pointer (&worker->connection, sync_connection_close);
}
