/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-device-name.h"

static gboolean
is_taken (const char *name, GPtrArray *devices)
{
  g_autofree char *folded = g_utf8_casefold (name, -1);

  for (guint i = 0; i < devices->len; i++)
    {
      const SyncDevice *device = devices->pdata[i];
      g_autofree char *other = g_utf8_casefold (device->name != NULL ? device->name : "", -1);

      if (!device->is_local && g_str_equal (folded, other))
        return TRUE;
    }
  return FALSE;
}

/**
 * sync_device_name_make_unique:
 * @name: a name
 * @devices: (element-type SyncDevice): the known devices
 *
 * Returns: (transfer full): a name that no other device has, however it is written
 */
char *
sync_device_name_make_unique (const char *name, GPtrArray *devices)
{
  g_autofree char *unique = g_strdup (name);

  for (guint n = 2; is_taken (unique, devices); n++)
    {
      g_free (unique);
      unique = g_strdup_printf ("%s %u", name, n);
    }
  return g_steal_pointer (&unique);
}

static void
local_got (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GPtrArray *devices = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (SyncDevice) local
      = sync_devices_get_local_finish (SYNC_DEVICES (object), result, &error);

  if (local == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task,
                           sync_device_name_make_unique (
                               local->name != NULL ? local->name : g_get_host_name (), devices),
                           g_free);
}

/* Without the cloud's list the name may be another one's too, which does no harm. */
static void
devices_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  gint64 known_at;
  GPtrArray *devices
      = sync_devices_list_finish (SYNC_DEVICES (object), result, &known_at, NULL);

  g_task_set_task_data (task, devices != NULL ? devices : g_ptr_array_new (),
                        (GDestroyNotify) g_ptr_array_unref);
  sync_devices_get_local_async (SYNC_DEVICES (object), g_task_get_cancellable (task), local_got,
                                g_object_ref (task));
}

/**
 * sync_device_name_suggest_async:
 * @devices: the devices
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Asks the cloud which names are taken.
 */
void
sync_device_name_suggest_async (SyncDevices *devices, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_DEVICES (devices));

  task = g_task_new (devices, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_device_name_suggest_async);
  sync_devices_list_async (devices, cancellable, devices_listed, task);
}

/**
 * sync_device_name_suggest_finish:
 * @devices: the devices
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the name
 */
char *
sync_device_name_suggest_finish (SyncDevices *devices, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, devices), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_device_name_suggest_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
