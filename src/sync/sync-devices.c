/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-devices-private.h"

#include "sync-device-store.h"
#include "sync-manager-private.h"
#include "sync-verb.h"

G_DEFINE_FINAL_TYPE (SyncDevices, sync_devices, G_TYPE_OBJECT)

static gboolean
get_local (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  *answer = sync_store_get_local_device (store, error);
  return *answer != NULL;
}

static const SyncVerb get_local_verb = {
  .func = get_local,
  .free_answer = (GDestroyNotify) sync_device_free,
};

static void
sync_devices_dispose (GObject *object)
{
  SyncDevices *self = SYNC_DEVICES (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_devices_parent_class)->dispose (object);
}

static void
sync_devices_class_init (SyncDevicesClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_devices_dispose;
}

static void
sync_devices_init (SyncDevices *self)
{
}

/**
 * sync_devices_new: (constructor)
 * @manager: whose devices
 *
 * Returns: (transfer full): the devices
 */
SyncDevices *
sync_devices_new (SyncManager *manager)
{
  SyncDevices *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_DEVICES, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

/**
 * sync_devices_get_local_async:
 * @devices: the devices
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads this device, without the network.
 */
void
sync_devices_get_local_async (SyncDevices *devices, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_DEVICES (devices));

  sync_verb_start (&get_local_verb, devices, sync_manager_get_store (devices->manager), NULL,
                   cancellable, callback, user_data);
}

/**
 * sync_devices_get_local_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): this device
 */
SyncDevice *
sync_devices_get_local_finish (SyncDevices *devices, GAsyncResult *result, GError **error)
{
  gpointer device = NULL;

  return sync_verb_finish (&get_local_verb, devices, result, &device, error) ? device : NULL;
}

/**
 * sync_devices_list_async:
 * @devices: the devices
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Asks the cloud for the devices; if it cannot be asked, gives them as last heard of.
 */
void
sync_devices_list_async (SyncDevices *devices, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_DEVICES (devices));

  sync_devices_start (devices, SYNC_DEVICES_LIST, sync_devices_list_async, NULL, NULL, cancellable,
                      callback, user_data);
}

/**
 * sync_devices_list_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @known_at: (out) (optional): when the cloud said so last; SYNC_TIME_UNKNOWN: now
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncDevice): they; %NULL with @error set, as
 *   SYNC_ERROR_OFFLINE or SYNC_ERROR_NOT_CONNECTED if nothing was ever heard of them
 */
GPtrArray *
sync_devices_list_finish (SyncDevices *devices, GAsyncResult *result, gint64 *known_at,
                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, devices), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_devices_list_async), NULL);

  if (known_at != NULL)
    *known_at = sync_devices_get_known_at (result);
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_devices_register_async:
 * @devices: the devices
 * @name: (nullable): what this device is to be called; %NULL: as before
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Tells the cloud of this device, also after it was revoked. The name is kept even if the cloud is
 * away.
 */
void
sync_devices_register_async (SyncDevices *devices, const char *name, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_DEVICES (devices));

  sync_devices_start (devices, SYNC_DEVICES_REGISTER, sync_devices_register_async, NULL, name,
                      cancellable, callback, user_data);
}

/**
 * sync_devices_register_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_devices_register_finish (SyncDevices *devices, GAsyncResult *result, GError **error)
{
  return sync_devices_finish (devices, result, sync_devices_register_async, error);
}

/**
 * sync_devices_rename_async:
 * @devices: the devices
 * @id: a device's id, a unique start of one of at least 4 characters, or a unique name
 * @name: what it is to be called
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Names a device. This one can be named while the cloud is away.
 */
void
sync_devices_rename_async (SyncDevices *devices, const char *id, const char *name,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (SYNC_IS_DEVICES (devices));
  g_return_if_fail (id != NULL && name != NULL);

  sync_devices_start (devices, SYNC_DEVICES_RENAME, sync_devices_rename_async, id, name,
                      cancellable, callback, user_data);
}

/**
 * sync_devices_rename_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: no device, or (reason `ambiguous`) more
 *   than one, is called that
 */
gboolean
sync_devices_rename_finish (SyncDevices *devices, GAsyncResult *result, GError **error)
{
  return sync_devices_finish (devices, result, sync_devices_rename_async, error);
}

/**
 * sync_devices_revoke_async:
 * @devices: the devices
 * @id: a device's id, a unique start of one of at least 4 characters, or a unique name
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Makes a device stop with its next run. It keeps its rows.
 */
void
sync_devices_revoke_async (SyncDevices *devices, const char *id, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_DEVICES (devices));
  g_return_if_fail (id != NULL);

  sync_devices_start (devices, SYNC_DEVICES_REVOKE, sync_devices_revoke_async, id, NULL,
                      cancellable, callback, user_data);
}

/**
 * sync_devices_revoke_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: no device, or (reason `ambiguous`) more
 *   than one, is called that
 */
gboolean
sync_devices_revoke_finish (SyncDevices *devices, GAsyncResult *result, GError **error)
{
  return sync_devices_finish (devices, result, sync_devices_revoke_async, error);
}
