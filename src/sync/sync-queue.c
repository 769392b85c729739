/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "sync-export-store.h"
#include "sync-history-store.h"
#include "sync-manager-private.h"
#include "sync-queue-store.h"
#include "sync-resolve.h"
#include "sync-verb.h"

/**
 * SyncQueue:
 *
 * What waits to be sent, what the cloud refused, and what the local tables refused.
 */
struct _SyncQueue
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncQueue, sync_queue, G_TYPE_OBJECT)

/* What the verbs are started with; each uses some of it. */
typedef struct
{
  char *state;
  char *entity;
  char *id;
  guint offset;
  guint limit;
  gint64 older_than_seconds;
} Arguments;

static void
arguments_free (gpointer data)
{
  Arguments *arguments = data;

  g_free (arguments->state);
  g_free (arguments->entity);
  g_free (arguments->id);
  g_free (arguments);
}

static void
tell_manager (gpointer source, gpointer answer)
{
  SyncQueue *self = SYNC_QUEUE (source);

  sync_manager_changed (self->manager);
}

/* --- On the worker's thread ------------------------------------------------------------------- */

static gboolean
list_changes (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_list_changes (store, arguments->state, arguments->offset, arguments->limit,
                                     error);
  return *answer != NULL;
}

static gboolean
list_held (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_list_held (store, arguments->offset, arguments->limit, error);
  return *answer != NULL;
}

static gboolean
get_stats (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  *answer = g_new0 (SyncQueueStats, 1);
  return sync_store_get_queue_stats (store, *answer, error);
}

static gboolean
get_json (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_dup_change_json (store, arguments->entity, arguments->id, error);
  return *answer != NULL;
}

static gboolean
take_count (gssize count, gpointer *answer)
{
  *answer = GSIZE_TO_POINTER (count);
  return count >= 0;
}

static gboolean
retry (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  return take_count (sync_store_retry_changes (store, arguments->entity, arguments->id, error),
                     answer);
}

static gboolean
discard (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  return take_count (sync_store_discard_changes (store, arguments->entity, arguments->id, error),
                     answer);
}

static gboolean
clear_completed (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;
  gint64 now = sync_clock_now (sync_store_get_clock (store));
  gint64 seconds = CLAMP (arguments->older_than_seconds, 0, now / G_USEC_PER_SEC);

  return take_count (sync_store_trim_trace (store, now - seconds * G_USEC_PER_SEC, error), answer);
}

static const SyncVerb list_verb = {
  .func = list_changes,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb list_held_verb = {
  .func = list_held,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb get_stats_verb = { .func = get_stats, .free_answer = g_free };
static const SyncVerb get_json_verb = {
  .func = get_json,
  .free_arguments = arguments_free,
  .free_answer = g_free,
};
static const SyncVerb retry_verb = {
  .func = retry,
  .free_arguments = arguments_free,
  .done = tell_manager,
  .lasts = TRUE,
};
static const SyncVerb discard_verb = {
  .func = discard,
  .free_arguments = arguments_free,
  .done = tell_manager,
  .lasts = TRUE,
};
static const SyncVerb clear_completed_verb = {
  .func = clear_completed,
  .free_arguments = arguments_free,
  .done = tell_manager,
  .lasts = TRUE,
};

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_queue_dispose (GObject *object)
{
  SyncQueue *self = SYNC_QUEUE (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_queue_parent_class)->dispose (object);
}

static void
sync_queue_class_init (SyncQueueClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_queue_dispose;
}

static void
sync_queue_init (SyncQueue *self)
{
}

/**
 * sync_queue_new: (constructor)
 * @manager: whose queue
 *
 * Returns: (transfer full): the queue
 */
SyncQueue *
sync_queue_new (SyncManager *manager)
{
  SyncQueue *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_QUEUE, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

static void
start (SyncQueue *self, const SyncVerb *verb, Arguments arguments, GCancellable *cancellable,
       GAsyncReadyCallback callback, gpointer user_data)
{
  Arguments *copy = g_memdup2 (&arguments, sizeof arguments);

  copy->state = g_strdup (arguments.state);
  copy->entity = g_strdup (arguments.entity);
  copy->id = g_strdup (arguments.id);
  sync_verb_start (verb, self, sync_manager_get_store (self->manager), copy, cancellable, callback,
                   user_data);
}

/**
 * sync_queue_list_async:
 * @queue: the queue
 * @state: (nullable): only `pending`, `refused` or `failed` rows
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists the rows that wait to be sent, by entity and id.
 */
void
sync_queue_list_async (SyncQueue *queue, const char *state, guint offset, guint limit,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));

  start (queue, &list_verb,
         (Arguments){ .state = (char *) state, .offset = offset, .limit = limit }, cancellable,
         callback, user_data);
}

/**
 * sync_queue_list_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncChange): the rows
 */
GPtrArray *
sync_queue_list_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_verb, queue, result, &list, error) ? list : NULL;
}

/**
 * sync_queue_list_held_async:
 * @queue: the queue
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists the rows from the cloud that the local tables refused.
 */
void
sync_queue_list_held_async (SyncQueue *queue, guint offset, guint limit, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));

  start (queue, &list_held_verb, (Arguments){ .offset = offset, .limit = limit }, cancellable,
         callback, user_data);
}

/**
 * sync_queue_list_held_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncHeld): the rows
 */
GPtrArray *
sync_queue_list_held_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_held_verb, queue, result, &list, error) ? list : NULL;
}

/**
 * sync_queue_get_stats_async:
 * @queue: the queue
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Counts what waits.
 */
void
sync_queue_get_stats_async (SyncQueue *queue, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));

  sync_verb_start (&get_stats_verb, queue, sync_manager_get_store (queue->manager), NULL,
                   cancellable, callback, user_data);
}

/**
 * sync_queue_get_stats_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @stats: (out caller-allocates): the counts
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_queue_get_stats_finish (SyncQueue *queue, GAsyncResult *result, SyncQueueStats *stats,
                             GError **error)
{
  g_autofree SyncQueueStats *answer = NULL;
  gpointer value = NULL;

  if (!sync_verb_finish (&get_stats_verb, queue, result, &value, error))
    return FALSE;
  answer = value;
  *stats = *answer;
  return TRUE;
}

/**
 * sync_queue_get_json_async:
 * @queue: the queue
 * @entity: an entity's name
 * @id: a row's id
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads a row that waits.
 */
void
sync_queue_get_json_async (SyncQueue *queue, const char *entity, const char *id,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));
  g_return_if_fail (entity != NULL && id != NULL);

  start (queue, &get_json_verb, (Arguments){ .entity = (char *) entity, .id = (char *) id },
         cancellable, callback, user_data);
}

/**
 * sync_queue_get_json_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): how the row stands, its contents (`row`) and as it was last synced
 *   (`base`), a JSON object; %NULL with @error set: SYNC_ERROR_NOT_FOUND: it does not wait
 */
char *
sync_queue_get_json_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  gpointer json = NULL;

  return sync_verb_finish (&get_json_verb, queue, result, &json, error) ? json : NULL;
}

/**
 * sync_queue_retry_async:
 * @queue: the queue
 * @entity: (nullable): an entity's name; %NULL: every refused and failed row
 * @id: (nullable): a row's id; %NULL: every refused and failed row of @entity
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Makes refused and failed rows due again.
 */
void
sync_queue_retry_async (SyncQueue *queue, const char *entity, const char *id,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));
  g_return_if_fail (entity != NULL || id == NULL);

  start (queue, &retry_verb, (Arguments){ .entity = (char *) entity, .id = (char *) id },
         cancellable, callback, user_data);
}

/**
 * sync_queue_retry_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: how many rows; -1 with @error set: SYNC_ERROR_NOT_FOUND: that row does not wait
 */
gssize
sync_queue_retry_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  return sync_verb_finish_count (&retry_verb, queue, result, error);
}

/**
 * sync_queue_discard_async:
 * @queue: the queue
 * @entity: (nullable): an entity's name; %NULL: every refused and failed row
 * @id: (nullable): a row's id; %NULL: every refused and failed row of @entity
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Gives local changes up: their contents go to the record, from where they can be put back, and the
 * cloud's rows are taken with the next run.
 */
void
sync_queue_discard_async (SyncQueue *queue, const char *entity, const char *id,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));
  g_return_if_fail (entity != NULL || id == NULL);

  start (queue, &discard_verb, (Arguments){ .entity = (char *) entity, .id = (char *) id },
         cancellable, callback, user_data);
}

/**
 * sync_queue_discard_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: how many rows; -1 with @error set: SYNC_ERROR_NOT_FOUND: that row does not wait
 */
gssize
sync_queue_discard_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  return sync_verb_finish_count (&discard_verb, queue, result, error);
}

/**
 * sync_queue_clear_completed_async:
 * @queue: the queue
 * @older_than_seconds: of runs that ended at least so long ago
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Forgets which rows were moved by past runs. The runs and their counts stay in the history.
 */
void
sync_queue_clear_completed_async (SyncQueue *queue, gint64 older_than_seconds,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (SYNC_IS_QUEUE (queue));

  start (queue, &clear_completed_verb, (Arguments){ .older_than_seconds = older_than_seconds },
         cancellable, callback, user_data);
}

/**
 * sync_queue_clear_completed_finish:
 * @queue: the queue
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: how many entries were forgotten; -1 with @error set
 */
gssize
sync_queue_clear_completed_finish (SyncQueue *queue, GAsyncResult *result, GError **error)
{
  return sync_verb_finish_count (&clear_completed_verb, queue, result, error);
}
