/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-request.h"

#include "sync-vault-warnings.h"

/**
 * sync_vault_request_new: (constructor)
 * @func: answers it
 * @writes: whether @func may write
 * @now: the time, microseconds since 1970
 *
 * Returns: (transfer full): a request, whose other fields the caller sets
 */
SyncVaultRequest *
sync_vault_request_new (SyncVaultFunc func, gboolean writes, gint64 now)
{
  SyncVaultRequest *request = g_new0 (SyncVaultRequest, 1);

  request->func = func;
  request->writes = writes;
  request->now = now;
  return request;
}

/**
 * sync_vault_request_free:
 * @request: (nullable) (transfer full): a request
 */
void
sync_vault_request_free (SyncVaultRequest *request)
{
  if (request == NULL)
    return;
  g_clear_pointer (&request->entity, sync_entity_unref);
  g_clear_pointer (&request->input, g_bytes_unref);
  g_clear_pointer (&request->device, sync_device_free);
  g_clear_pointer (&request->file, sync_vault_file_unref);
  g_clear_pointer (&request->output, g_bytes_unref);
  g_clear_pointer (&request->state, sync_cloud_state_free);
  g_clear_pointer (&request->warnings, g_ptr_array_unref);
  g_free (request->not_run);
  g_free (request->text);
  g_free (request);
}

/**
 * sync_vault_request_run:
 * @connection: the vault
 * @request: a #SyncVaultRequest
 * @cancellable: (nullable): ends waiting and long work
 * @error: where an error goes
 *
 * Answers @request in a transaction of its own, on the vault's thread.
 *
 * Returns: %FALSE with @error set if nothing of it is known to be done
 */
gboolean
sync_vault_request_run (SyncConnection *connection, gpointer data, GCancellable *cancellable,
                        GError **error)
{
  SyncVaultRequest *request = data;
  g_autoptr (GError) local = NULL;

  if (sync_vault_file_check (request->file, &local)
      && sync_vault_file_begin (request->file, connection, request->writes, cancellable, &local)
      && request->func (request, connection, cancellable, &local)
      && sync_vault_file_commit (request->file, connection, &local))
    {
      if (request->state != NULL)
        request->warnings = sync_vault_look_for_warnings (request->file->path);
      return TRUE;
    }
  sync_connection_rollback (connection);
  sync_vault_error_translate (request->file->path, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return FALSE;
}
