/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-device.h"

G_DEFINE_BOXED_TYPE (SyncDevice, sync_device, sync_device_copy, sync_device_free)

/**
 * sync_device_new: (constructor)
 * @id: a UUID
 * @name: (nullable): what people call it; %NULL is the empty name
 *
 * Makes an active device that never synced and whose other fields are unknown.
 *
 * Returns: (transfer full): the device
 */
SyncDevice *
sync_device_new (const char *id, const char *name)
{
  SyncDevice *device;

  g_return_val_if_fail (id != NULL, NULL);

  device = g_new0 (SyncDevice, 1);
  device->id = g_strdup (id);
  device->name = g_strdup (name != NULL ? name : "");
  device->registered_at = G_MININT64;
  device->last_sync_at = G_MININT64;
  device->behind = -1;
  device->active = TRUE;
  return device;
}

/**
 * sync_device_copy:
 * @device: a device
 *
 * Returns: (transfer full): a copy of it
 */
SyncDevice *
sync_device_copy (const SyncDevice *device)
{
  SyncDevice *copy;

  g_return_val_if_fail (device != NULL, NULL);

  copy = g_memdup2 (device, sizeof *device);
  copy->id = g_strdup (device->id);
  copy->name = g_strdup (device->name);
  copy->platform = g_strdup (device->platform);
  copy->app_version = g_strdup (device->app_version);
  return copy;
}

/**
 * sync_device_free:
 * @device: (nullable) (transfer full): a device
 *
 * Frees it.
 */
void
sync_device_free (SyncDevice *device)
{
  if (device == NULL)
    return;
  g_free (device->id);
  g_free (device->name);
  g_free (device->platform);
  g_free (device->app_version);
  g_free (device);
}
