/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-opening.h"

#include "sync-vault-request.h"
#include "sync-vault-warnings.h"

/**
 * sync_vault_opening_free:
 * @opening: (nullable) (transfer full): what opening takes and gives
 */
void
sync_vault_opening_free (SyncVaultOpening *opening)
{
  if (opening == NULL)
    return;
  g_free (opening->path);
  g_clear_object (&opening->worker);
  g_clear_pointer (&opening->file, sync_vault_file_unref);
  g_clear_pointer (&opening->warnings, g_ptr_array_unref);
  g_free (opening);
}

static void
open_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  SyncVaultOpening *opening = data;
  SyncConnection *connection;
  GError *error = NULL;

  connection = sync_vault_file_open (opening->path, opening->create, opening->patience_ms,
                                     &opening->file, &error);
  if (connection == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  sync_vault_purge_if_due (connection, opening->file, opening->now);
  opening->warnings = sync_vault_look_for_warnings (opening->path);
  opening->worker = sync_worker_new (connection);
  g_task_return_boolean (task, TRUE);
}

/**
 * sync_vault_open_async:
 * @opening: (transfer full): what to open
 * @callback: called in the caller's main context
 * @user_data: for @callback
 *
 * Opens a vault on a thread of its own, since looking for a file on a server that is gone may take
 * minutes; purges it if that is due; looks around for what may harm it.
 */
void
sync_vault_open_async (SyncVaultOpening *opening, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, callback, user_data);

  g_task_set_source_tag (task, sync_vault_open_async);
  g_task_set_task_data (task, opening, (GDestroyNotify) sync_vault_opening_free);
  g_task_run_in_thread (task, open_thread);
}

/**
 * sync_vault_open_finish:
 * @result: what the callback was given
 * @error: where an error goes: as of sync_vault_file_open()
 *
 * Returns: (transfer none) (nullable): what it gave, which belongs to @result
 */
SyncVaultOpening *
sync_vault_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_vault_open_async), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return g_task_get_task_data (G_TASK (result));
}

static void
close_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  sync_worker_shut_down (data);
}

/**
 * sync_vault_close:
 * @worker: (transfer full): an open vault's thread
 *
 * Ends it when it has answered what it was asked, without waiting for that here.
 */
void
sync_vault_close (SyncWorker *worker)
{
  g_autoptr (GTask) task = g_task_new (NULL, NULL, NULL, NULL);

  g_task_set_source_tag (task, sync_vault_close);
  g_task_set_task_data (task, worker, g_object_unref);
  g_task_run_in_thread (task, close_thread);
}
