/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-manager-private.h"
#include "sync-stats-store.h"
#include "sync-verb.h"

/* How it stands: the cloud's health, and statistics. */

static void
validated (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (GTask) task = data;
  GError *error = NULL;

  if (sync_provider_validate_finish (SYNC_PROVIDER (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

void
sync_manager_health_check_async (SyncManager *manager,
                                 GCancellable *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_MANAGER (manager));

  task = g_task_new (manager, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_manager_health_check_async);
  if (manager->provider != NULL)
    {
      sync_provider_validate_async (manager->provider, cancellable, validated, task);
      return;
    }
  g_task_return_error (task, sync_manager_explain_unavailable (manager));
  g_object_unref (task);
}

/**
 * sync_manager_health_check_finish:
 * @manager: a manager
 * @result: what the callback got
 * @error: why it is not healthy
 *
 * Returns: how it stands
 */
SyncHealth
sync_manager_health_check_finish (SyncManager *manager,
                                  GAsyncResult *result,
                                  GError **error)
{
  g_autoptr (GError) reason = NULL;
  SyncHealth health;

  g_return_val_if_fail (g_async_result_is_tagged (result, sync_manager_health_check_async),
                        SYNC_HEALTH_INVALID);

  if (g_task_propagate_boolean (G_TASK (result), &reason))
    return SYNC_HEALTH_HEALTHY;
  if (g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED))
    health = SYNC_HEALTH_NO_PROVIDER;
  else if (sync_error_is_transient (reason) || sync_error_is_cancelled (reason))
    health = SYNC_HEALTH_DISCONNECTED;
  else
    health = SYNC_HEALTH_INVALID;
  g_propagate_error (error, g_steal_pointer (&reason));
  return health;
}

static gboolean
get_stats (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  *answer = sync_store_get_stats (store, SYNC_HISTORY_IN_STATS, error);
  return *answer != NULL;
}

static const SyncVerb stats_verb = { .func = get_stats, .free_answer = (GDestroyNotify) sync_stats_free };

void
sync_manager_get_stats_async (SyncManager *manager,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  sync_verb_start (&stats_verb, manager, manager->store, NULL, cancellable, callback, user_data);
}

SyncStats *
sync_manager_get_stats_finish (SyncManager *manager,
                               GAsyncResult *result,
                               GError **error)
{
  gpointer answer = NULL;

  if (!sync_verb_finish (&stats_verb, manager, result, &answer, error))
    return NULL;
  ((SyncStats *) answer)->next_sync_at = manager->next_sync_time;
  return answer;
}

static gboolean
count_waiting (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  *answer = sync_store_count_waiting (store, 0, error);
  return *answer != NULL;
}

static const SyncVerb waiting_verb
    = { .func = count_waiting, .free_answer = (GDestroyNotify) sync_stats_free };

void
sync_manager_count_waiting_async (SyncManager *manager,
                                  GCancellable *cancellable,
                                  GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  sync_verb_start (&waiting_verb, manager, manager->store, NULL, cancellable, callback, user_data);
}

/**
 * sync_manager_count_waiting_finish:
 * @manager: a manager
 * @result: what the callback got
 * @error: the store's
 *
 * Returns: (transfer full): the statistics without the number of records, and without history
 */
SyncStats *
sync_manager_count_waiting_finish (SyncManager *manager,
                                   GAsyncResult *result,
                                   GError **error)
{
  gpointer answer = NULL;

  return sync_verb_finish (&waiting_verb, manager, result, &answer, error) ? answer : NULL;
}
