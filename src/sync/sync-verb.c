/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verb.h"

/**
 * Call:
 * @verb: what is done
 * @store: (owned): where
 * @arguments: (owned) (nullable): with what
 * @answer: (owned) (nullable): what came of it
 *
 * One verb under way. The worker's thread has it while it works, the caller's before and after.
 */
typedef struct
{
  const SyncVerb *verb;
  SyncStore *store;
  gpointer arguments;
  gpointer answer;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  if (call->arguments != NULL && call->verb->free_arguments != NULL)
    call->verb->free_arguments (call->arguments);
  if (call->answer != NULL && call->verb->free_answer != NULL)
    call->verb->free_answer (call->answer);
  g_clear_object (&call->store);
  g_free (call);
}

static gboolean
run_call (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Call *call = data;

  return (!call->verb->lasts || sync_connection_check_place (connection, error))
         && call->verb->func (call->store, call->arguments, &call->answer, error);
}

static void
call_done (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  Call *call = sync_worker_call_finish (SYNC_WORKER (object), result, &error);

  if (call == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (call->verb->done != NULL)
    call->verb->done (g_task_get_source_object (task), call->answer);
  g_task_return_pointer (task, g_steal_pointer (&call->answer), call->verb->free_answer);
}

static GTask *
verb_task (const SyncVerb *verb, gpointer source, GCancellable *cancellable,
           GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (source, cancellable, callback, user_data);

  g_task_set_source_tag (task, (gpointer) verb);
  /* What was done is told, even if somebody cancelled it meanwhile. */
  g_task_set_check_cancellable (task, FALSE);
  return task;
}

/**
 * sync_verb_start: (skip)
 * @verb: what to do
 * @source: (type GObject): whose method it is
 * @store: where
 * @arguments: (transfer full) (nullable): with what
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Runs a verb on the worker's thread.
 */
void
sync_verb_start (const SyncVerb *verb, gpointer source, SyncStore *store, gpointer arguments,
                 GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = verb_task (verb, source, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  call->verb = verb;
  call->store = g_object_ref (store);
  call->arguments = arguments;
  sync_worker_call_async (sync_store_get_worker (store), run_call, call, call_free, cancellable,
                          call_done, task);
}

/**
 * sync_verb_fail: (skip)
 * @verb: what was to be done
 * @source: (type GObject): whose method it is
 * @error: (transfer full): why it cannot be done
 * @cancellable: (nullable): not used
 * @callback: called soon
 * @user_data: for @callback
 *
 * Lets a verb fail without asking the store.
 */
void
sync_verb_fail (const SyncVerb *verb, gpointer source, GError *error, GCancellable *cancellable,
                GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = verb_task (verb, source, cancellable, callback, user_data);

  g_task_return_error (task, error);
}

/**
 * sync_verb_finish: (skip)
 * @verb: what was done
 * @source: (type GObject): whose method it is
 * @result: what the callback was given
 * @answer: (out) (optional) (transfer full) (nullable): what came of it
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_verb_finish (const SyncVerb *verb, gpointer source, GAsyncResult *result, gpointer *answer,
                  GError **error)
{
  g_autoptr (GError) problem = NULL;
  gpointer value;

  g_return_val_if_fail (g_task_is_valid (result, source), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, (gpointer) verb), FALSE);

  value = g_task_propagate_pointer (G_TASK (result), &problem);
  if (problem != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  if (answer != NULL)
    *answer = value;
  else if (value != NULL && verb->free_answer != NULL)
    verb->free_answer (value);
  return TRUE;
}

/**
 * sync_verb_finish_count: (skip)
 * @verb: what was done
 * @source: (type GObject): whose method it is
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: how many; -1 with @error set if it failed
 */
gssize
sync_verb_finish_count (const SyncVerb *verb, gpointer source, GAsyncResult *result, GError **error)
{
  gpointer answer = NULL;

  if (!sync_verb_finish (verb, source, result, &answer, error))
    return -1;
  return (gssize) GPOINTER_TO_SIZE (answer);
}
