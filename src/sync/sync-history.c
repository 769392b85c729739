/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "sync-history-store.h"
#include "sync-manager-private.h"
#include "sync-verb.h"

/**
 * SyncHistory:
 *
 * The runs of the past.
 */
struct _SyncHistory
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncHistory, sync_history, G_TYPE_OBJECT)

typedef struct
{
  guint offset;
  guint limit;
} Page;

static gboolean
list_runs (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Page *page = data;

  *answer = sync_store_list_history (store, NULL, NULL, page->offset, page->limit, error);
  return *answer != NULL;
}

static const SyncVerb list_verb = {
  .func = list_runs,
  .free_arguments = g_free,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};

static void
sync_history_dispose (GObject *object)
{
  SyncHistory *self = SYNC_HISTORY (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_history_parent_class)->dispose (object);
}

static void
sync_history_class_init (SyncHistoryClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_history_dispose;
}

static void
sync_history_init (SyncHistory *self)
{
}

/**
 * sync_history_new: (constructor)
 * @manager: whose history
 *
 * Returns: (transfer full): the history
 */
SyncHistory *
sync_history_new (SyncManager *manager)
{
  SyncHistory *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_HISTORY, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

/**
 * sync_history_list_async:
 * @history: the history
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists the runs, newest first.
 */
void
sync_history_list_async (SyncHistory *history, guint offset, guint limit, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  Page page = { offset, limit };

  g_return_if_fail (SYNC_IS_HISTORY (history));

  sync_verb_start (&list_verb, history, sync_manager_get_store (history->manager),
                   g_memdup2 (&page, sizeof page), cancellable, callback, user_data);
}

/**
 * sync_history_list_finish:
 * @history: the history
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncResult): the runs
 */
GPtrArray *
sync_history_list_finish (SyncHistory *history, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_verb, history, result, &list, error) ? list : NULL;
}
