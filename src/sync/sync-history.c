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

/**
 * Days:
 * @days: (owned) (element-type SyncDay): those to be summed up; the answer takes them
 * @end: the end of the last
 */
typedef struct
{
  GArray *days;
  gint64 end;
} Days;

static void
days_free (gpointer data)
{
  Days *days = data;

  g_array_unref (days->days);
  g_free (days);
}

static gboolean
sum_days (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Days *days = data;

  *answer = g_array_ref (days->days);
  return sync_store_sum_days (store, days->days, days->end, error);
}

typedef struct
{
  gint64 run;
  char *direction;
  Page page;
} TracePage;

static void
trace_page_free (gpointer data)
{
  TracePage *page = data;

  g_free (page->direction);
  g_free (page);
}

static gboolean
list_trace (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const TracePage *trace = data;

  *answer = sync_store_list_trace (store, trace->run, trace->direction, trace->page.offset,
                                   trace->page.limit, error);
  return *answer != NULL;
}

static const SyncVerb sum_days_verb = {
  .func = sum_days,
  .free_arguments = days_free,
  .free_answer = (GDestroyNotify) g_array_unref,
};
static const SyncVerb list_trace_verb = {
  .func = list_trace,
  .free_arguments = trace_page_free,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
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

/* Midnight is when the date changes: days of 23 and 25 hours exist. */
static gint64
start_of_day (GDateTime *now, int offset)
{
  g_autoptr (GDateTime) day = g_date_time_add_days (now, offset);
  g_autoptr (GDateTime) start
      = g_date_time_new_local (g_date_time_get_year (day), g_date_time_get_month (day),
                               g_date_time_get_day_of_month (day), 0, 0, 0);

  return g_date_time_to_unix (start) * G_USEC_PER_SEC;
}

/**
 * sync_history_sum_days_async:
 * @history: the history
 * @days: how many days, today included
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Adds up what was moved on each of the last days of the local calendar.
 */
void
sync_history_sum_days_async (SyncHistory *history, guint days, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GDateTime) now = NULL;
  Days *arguments;

  g_return_if_fail (SYNC_IS_HISTORY (history));
  g_return_if_fail (days > 0 && days <= 366);

  now = g_date_time_new_from_unix_local (sync_clock_now (sync_manager_get_clock (history->manager))
                                         / G_USEC_PER_SEC);
  arguments = g_new0 (Days, 1);
  arguments->days = g_array_new (FALSE, FALSE, sizeof (SyncDay));
  arguments->end = start_of_day (now, 1);
  for (guint i = 0; i < days; i++)
    {
      SyncDay day = { .start = start_of_day (now, (int) i + 1 - (int) days) };

      g_array_append_val (arguments->days, day);
    }
  sync_verb_start (&sum_days_verb, history, sync_manager_get_store (history->manager), arguments,
                   cancellable, callback, user_data);
}

/**
 * sync_history_sum_days_finish:
 * @history: the history
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncDay): the days, the oldest first
 */
GArray *
sync_history_sum_days_finish (SyncHistory *history, GAsyncResult *result, GError **error)
{
  gpointer days = NULL;

  return sync_verb_finish (&sum_days_verb, history, result, &days, error) ? days : NULL;
}

/**
 * sync_history_list_trace_async:
 * @history: the history
 * @run: a run's number
 * @direction: (nullable): only rows that went this way, or several between commas
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists the rows that a run moved, or could not.
 */
void
sync_history_list_trace_async (SyncHistory *history, gint64 run, const char *direction,
                               guint offset, guint limit, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  TracePage *trace;

  g_return_if_fail (SYNC_IS_HISTORY (history));

  trace = g_new0 (TracePage, 1);
  trace->run = run;
  trace->direction = g_strdup (direction);
  trace->page = (Page){ offset, limit };
  sync_verb_start (&list_trace_verb, history, sync_manager_get_store (history->manager), trace,
                   cancellable, callback, user_data);
}

/**
 * sync_history_list_trace_finish:
 * @history: the history
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncTrace): the rows, in the order in which it moved them
 */
GPtrArray *
sync_history_list_trace_finish (SyncHistory *history, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_trace_verb, history, result, &list, error) ? list : NULL;
}
