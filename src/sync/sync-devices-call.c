/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-devices-private.h"

#include <string.h>

#include "sync-device-store.h"
#include "sync-manager-private.h"
#include "sync-verb.h"

/* How a method is done that asks the cloud. */

/* The shortest start of a device's id that stands for it. */
#define MIN_PREFIX 4

/**
 * Call:
 * @method: what is done
 * @provider: (owned) (nullable): the cloud
 * @id: (owned) (nullable): the device that is meant
 * @name: (owned) (nullable): its new name
 * @local: (owned) (nullable): this device
 * @known: (owned) (nullable) (element-type SyncDevice): the devices as last heard of
 * @known_at: when that was
 * @devices: (owned) (nullable) (element-type SyncDevice): the devices as the cloud says now
 * @device: (owned) (nullable): what the cloud is told
 *
 * A method that asks the cloud.
 */
typedef struct
{
  SyncDevicesMethod method;
  SyncProvider *provider;
  char *id;
  char *name;
  SyncDevice *local;
  GPtrArray *known;
  gint64 known_at;
  GPtrArray *devices;
  SyncDevice *device;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_clear_object (&call->provider);
  g_free (call->id);
  g_free (call->name);
  sync_device_free (call->local);
  g_clear_pointer (&call->known, g_ptr_array_unref);
  g_clear_pointer (&call->devices, g_ptr_array_unref);
  sync_device_free (call->device);
  g_free (call);
}

/* --- On the worker's thread ------------------------------------------------------------------- */

/* What is known without the network; a new name of this device is kept first. */
typedef struct
{
  char *name; /* (owned) (nullable) */
  SyncDevice *local;
  GPtrArray *known;
  gint64 known_at;
} Local;

static void
local_free (gpointer data)
{
  Local *local = data;

  g_free (local->name);
  sync_device_free (local->local);
  g_clear_pointer (&local->known, g_ptr_array_unref);
  g_free (local);
}

static gboolean
load_local (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const char *name = data;
  Local *local = g_new0 (Local, 1);

  *answer = local;
  if (name != NULL && !sync_store_set_device_name (store, name, error))
    return FALSE;
  local->local = sync_store_get_local_device (store, error);
  if (local->local != NULL)
    local->known = sync_store_get_known_devices (store, &local->known_at, error);
  return local->known != NULL;
}

/* Nobody else looks at them meanwhile. */
typedef struct
{
  GPtrArray *devices; /* (owned) */
  gint64 newest;
} Heard;

static void
heard_free (gpointer data)
{
  Heard *heard = data;

  g_ptr_array_unref (heard->devices);
  g_free (heard);
}

static gboolean
keep_devices (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Heard *heard = data;

  return sync_store_count_behind (store, heard->devices, heard->newest, error)
         && sync_store_set_known_devices (store, heard->devices,
                                          sync_clock_now (sync_store_get_clock (store)), error);
}

static gboolean
keep_name (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  return sync_store_set_device_name (store, data, error);
}

static void
tell_manager (gpointer source, gpointer answer)
{
  SyncDevices *self = SYNC_DEVICES (source);

  sync_manager_changed (self->manager);
}

static const SyncVerb load_verb = {
  .func = load_local,
  .free_arguments = g_free,
  .free_answer = local_free,
};
static const SyncVerb keep_devices_verb = {
  .func = keep_devices,
  .free_arguments = heard_free,
};
static const SyncVerb keep_name_verb = {
  .func = keep_name,
  .free_arguments = g_free,
  .done = tell_manager,
  .lasts = TRUE,
};

/* --- Which device is meant -------------------------------------------------------------------- */

static gboolean
is_named (const SyncDevice *device, const char *name, gboolean by_prefix)
{
  return by_prefix ? g_ascii_strncasecmp (device->id, name, strlen (name)) == 0
                   : strcmp (device->name, name) == 0;
}

/* *several: more than one fits. Revoked devices only count if no active one fits. */
static const SyncDevice *
find_only (GPtrArray *devices, const char *name, gboolean by_prefix, gboolean *several)
{
  const SyncDevice *found = NULL;

  *several = FALSE;
  for (int active = 1; active >= 0 && found == NULL; active--)
    for (guint i = 0; i < devices->len; i++)
      {
        const SyncDevice *device = g_ptr_array_index (devices, i);

        if (device->active != active || !is_named (device, name, by_prefix))
          continue;
        *several = found != NULL;
        if (*several)
          return NULL;
        found = device;
      }
  return found;
}

static const SyncDevice *
find_device (GPtrArray *devices, const char *name, GError **error)
{
  const SyncDevice *device;
  gboolean several_ids = FALSE, several_names = FALSE;

  for (guint i = 0; i < devices->len; i++)
    {
      device = g_ptr_array_index (devices, i);
      if (g_ascii_strcasecmp (device->id, name) == 0)
        return device;
    }
  device = find_only (devices, name, FALSE, &several_names);
  if (device == NULL && strlen (name) >= MIN_PREFIX)
    device = find_only (devices, name, TRUE, &several_ids);
  if (device != NULL)
    return device;
  sync_error_set_absent (error, several_ids || several_names ? "ambiguous" : "device", name);
  return NULL;
}

/* --- Asking the cloud ------------------------------------------------------------------------- */

static void
put_done (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!sync_provider_put_device_finish (SYNC_PROVIDER (object), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  tell_manager (g_task_get_source_object (task), NULL);
  g_task_return_boolean (task, TRUE);
}

static void
put_device (GTask *task)
{
  Call *call = g_task_get_task_data (task);

  sync_provider_put_device_async (call->provider, call->device, g_task_get_cancellable (task),
                                  put_done, g_object_ref (task));
}

/* Then the cloud is told, where it can be. */
static void
name_kept (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;

  if (!sync_verb_finish (&keep_name_verb, object, result, NULL, &error))
    g_task_return_error (task, error);
  else if (call->device != NULL)
    put_device (task);
  else
    g_task_return_boolean (task, TRUE);
}

static void
keep_new_name (GTask *task)
{
  SyncDevices *self = g_task_get_source_object (task);
  const Call *call = g_task_get_task_data (task);

  sync_verb_start (&keep_name_verb, self, sync_manager_get_store (self->manager),
                   g_strdup (call->name), g_task_get_cancellable (task), name_kept,
                   g_object_ref (task));
}

/* Whether what is meant is this device, as far as that is known here. */
static gboolean
means_local (const Call *call)
{
  const SyncDevice *device;

  if (call->known->len == 0)
    g_ptr_array_add (call->known, sync_device_copy (call->local));
  device = find_device (call->known, call->id, NULL);
  return device != NULL && device->is_local;
}

/* The cloud cannot be asked: the list as last heard of is better than none, and a new name of
 * this device goes up with a later run. (error transfer full) */
static void
finish_without_cloud (GTask *task, GError *error)
{
  Call *call = g_task_get_task_data (task);
  gboolean away = sync_error_is_transient (error)
                  || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED);

  if (away && call->method == SYNC_DEVICES_LIST && call->known->len > 0)
    g_task_return_pointer (task, g_ptr_array_ref (call->known), (GDestroyNotify) g_ptr_array_unref);
  else if (away && call->method == SYNC_DEVICES_RENAME && means_local (call))
    keep_new_name (task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
  g_clear_error (&error);
}

/* Tells the cloud what it knows of the device, with what is to change. */
static void
tell_cloud (GTask *task, const SyncDevice *device)
{
  Call *call = g_task_get_task_data (task);

  call->device = sync_device_copy (device);
  call->device->active = call->method == SYNC_DEVICES_REGISTER
                         || (call->method == SYNC_DEVICES_RENAME && device->active);
  if (call->name != NULL)
    {
      g_free (call->device->name);
      call->device->name = g_strdup (call->name);
    }
  if (call->method == SYNC_DEVICES_RENAME && call->device->is_local)
    keep_new_name (task);
  else
    put_device (task);
}

static void
devices_kept (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  GError *error = NULL;

  if (sync_verb_finish (&keep_devices_verb, object, result, NULL, &error))
    g_task_return_pointer (task, g_ptr_array_ref (call->devices),
                           (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

/* What the cloud has of this device, or what is to begin there. A device that was revoked comes
 * back only by who has just read its row: the cloud compares when it was synced last. */
static const SyncDevice *
find_registered (Call *call)
{
  if (call->name == NULL)
    call->name = g_strdup (call->local->name);
  for (guint i = 0; i < call->devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (call->devices, i);

      if (device->is_local)
        return device;
    }
  return call->local;
}

static void
keep_heard (GTask *task, const SyncCloudState *state)
{
  SyncDevices *self = g_task_get_source_object (task);
  Heard *heard = g_new0 (Heard, 1);

  heard->devices = g_ptr_array_ref (state->devices);
  heard->newest = sync_cloud_state_find_newest (state);
  sync_verb_start (&keep_devices_verb, self, sync_manager_get_store (self->manager), heard,
                   g_task_get_cancellable (task), devices_kept, g_object_ref (task));
}

static void
use_state (GTask *task, SyncCloudState *state)
{
  Call *call = g_task_get_task_data (task);
  const SyncDevice *device;
  GError *error = NULL;

  call->devices = g_ptr_array_ref (state->devices);
  call->known_at = SYNC_TIME_UNKNOWN;
  for (guint i = 0; i < call->devices->len; i++)
    {
      SyncDevice *other = g_ptr_array_index (call->devices, i);

      other->is_local = strcmp (other->id, call->local->id) == 0;
    }
  if (call->method == SYNC_DEVICES_LIST)
    {
      keep_heard (task, state);
      return;
    }
  device = call->method == SYNC_DEVICES_REGISTER ? find_registered (call)
                                           : find_device (call->devices, call->id, &error);
  if (device != NULL)
    tell_cloud (task, device);
  else if (call->method == SYNC_DEVICES_RENAME && g_ascii_strcasecmp (call->id, call->local->id) == 0)
    keep_new_name (task); /* its first run tells the cloud */
  else
    g_task_return_error (task, g_steal_pointer (&error));
  g_clear_error (&error);
}

static void
state_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (SyncCloudState) state
      = sync_provider_get_state_finish (SYNC_PROVIDER (object), result, &error);

  if (state == NULL)
    finish_without_cloud (task, error);
  else
    use_state (task, state);
}

static void
connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProvider *provider = SYNC_PROVIDER (object);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (!sync_provider_connect_finish (provider, result, &error))
    finish_without_cloud (task, error);
  else
    sync_provider_get_state_async (provider, FALSE, cancellable, state_read,
                                   g_steal_pointer (&task));
}

static void
loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  gpointer answer = NULL;
  GError *error = NULL;
  Local *local;

  if (!sync_verb_finish (&load_verb, object, result, &answer, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  local = answer;
  call->local = g_steal_pointer (&local->local);
  call->known = g_steal_pointer (&local->known);
  call->known_at = local->known_at;
  local_free (local);
  if (call->provider == NULL)
    finish_without_cloud (task,
                          sync_error_new (SYNC_ERROR_NOT_CONNECTED, NULL, "There is no cloud"));
  else
    sync_provider_connect_async (call->provider, cancellable, connected, g_steal_pointer (&task));
}

/* name: set at once for SYNC_DEVICES_REGISTER, whether or not the cloud can be told. */
void
sync_devices_start (SyncDevices *self,
                    SyncDevicesMethod method,
                    gpointer tag,
                    const char *id,
                    const char *name,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  SyncProvider *provider = sync_manager_get_provider (self->manager);
  Call *call = g_new0 (Call, 1);

  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  call->method = method;
  call->provider = provider != NULL ? g_object_ref (provider) : NULL;
  call->id = g_strdup (id);
  call->name = name != NULL ? g_strstrip (g_strdup (name)) : NULL;
  g_task_set_task_data (task, call, call_free);
  if (call->name != NULL && !sync_settings_is_device_name (call->name))
    g_task_return_error (task, sync_error_new (SYNC_ERROR_INVALID, "device-name",
                                               "A device cannot be called that"));
  else
    sync_verb_start (&load_verb, self, sync_manager_get_store (self->manager),
                     method == SYNC_DEVICES_REGISTER ? g_strdup (call->name) : NULL, cancellable,
                     loaded, g_steal_pointer (&task));
}

gboolean
sync_devices_finish (SyncDevices *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

gint64
sync_devices_get_known_at (GAsyncResult *result)
{
  const Call *call = g_task_get_task_data (G_TASK (result));

  return call->known_at;
}
