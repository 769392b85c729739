/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-device-store.h"

#include <json-glib/json-glib.h>

#include "sync-history-store.h"

#define KNOWN_DEVICES "devices"

/**
 * sync_store_get_local_device:
 * @store: a store
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): this copy of the database, as it presents itself to the
 *   cloud; %NULL with @error set
 */
SyncDevice *
sync_store_get_local_device (SyncStore *store, GError **error)
{
  g_autofree char *id = NULL, *name = NULL;
  g_autoptr (SyncDevice) device = NULL;

  if (!sync_store_get_meta (store, "device-id", &id, error)
      || !sync_store_get_meta (store, "device-name", &name, error))
    return NULL;
  if (id == NULL)
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, sync_store_get_path (store),
                      "The device has no id");
      return NULL;
    }
  device = sync_device_new (id, name);
  device->platform = g_strdup ("linux");
  device->app_version = g_strdup (PROGRESSIVE_SYNC_VERSION);
  device->is_local = TRUE;
  if (!sync_store_get_meta_int64 (store, "acknowledged-version", 0, &device->last_version, error)
      || !sync_store_get_last_sync (store, &device->last_sync_at, error))
    return NULL;
  return g_steal_pointer (&device);
}

/**
 * sync_store_set_device_name:
 * @store: a store
 * @name: what people are to call this device
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_set_device_name (SyncStore *store, const char *name, GError **error)
{
  return sync_store_set_meta (store, "device-name", name, error);
}

static SyncDevice *
read_device (JsonObject *object, const char *local_id)
{
  SyncDevice *device
      = sync_device_new (json_object_get_string_member_with_default (object, "id", ""),
                         json_object_get_string_member_with_default (object, "name", ""));

  device->platform
      = g_strdup (json_object_get_string_member_with_default (object, "platform", NULL));
  device->app_version
      = g_strdup (json_object_get_string_member_with_default (object, "app_version", NULL));
  device->registered_at
      = json_object_get_int_member_with_default (object, "registered_at", SYNC_TIME_UNKNOWN);
  device->last_sync_at
      = json_object_get_int_member_with_default (object, "last_sync_at", SYNC_TIME_UNKNOWN);
  device->last_version = json_object_get_int_member_with_default (object, "last_version", 0);
  device->behind = json_object_get_int_member_with_default (object, "behind", -1);
  device->active = json_object_get_boolean_member_with_default (object, "active", TRUE);
  device->is_local = g_strcmp0 (device->id, local_id) == 0;
  return device;
}

static void
read_devices (GPtrArray *devices, JsonObject *object, const char *local_id)
{
  JsonArray *array = json_object_has_member (object, "devices")
                         ? json_object_get_array_member (object, "devices")
                         : NULL;

  for (guint i = 0; array != NULL && i < json_array_get_length (array); i++)
    g_ptr_array_add (devices, read_device (json_array_get_object_element (array, i), local_id));
}

/**
 * sync_store_get_known_devices:
 * @store: a store
 * @known_at: (out): when the cloud said so; SYNC_TIME_UNKNOWN: it never did
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncDevice) (nullable): the devices as last heard of;
 *   %NULL with @error set
 */
GPtrArray *
sync_store_get_known_devices (SyncStore *store, gint64 *known_at, GError **error)
{
  g_autoptr (GPtrArray) devices
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_device_free);
  g_autofree char *json = NULL, *local_id = NULL;
  g_autoptr (JsonNode) root = NULL;

  *known_at = SYNC_TIME_UNKNOWN;
  if (!sync_store_get_meta (store, KNOWN_DEVICES, &json, error)
      || !sync_store_get_meta (store, "device-id", &local_id, error))
    return NULL;
  root = json != NULL ? json_from_string (json, NULL) : NULL;
  if (root != NULL && JSON_NODE_HOLDS_OBJECT (root))
    {
      JsonObject *object = json_node_get_object (root);

      *known_at = json_object_get_int_member_with_default (object, "at", SYNC_TIME_UNKNOWN);
      read_devices (devices, object, local_id);
    }
  return g_steal_pointer (&devices);
}

static void
write_text (JsonBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
write_number (JsonBuilder *builder, const char *name, gint64 value)
{
  if (value == SYNC_TIME_UNKNOWN)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
write_device (JsonBuilder *builder, const SyncDevice *device)
{
  json_builder_begin_object (builder);
  write_text (builder, "id", device->id);
  write_text (builder, "name", device->name);
  write_text (builder, "platform", device->platform);
  write_text (builder, "app_version", device->app_version);
  write_number (builder, "registered_at", device->registered_at);
  write_number (builder, "last_sync_at", device->last_sync_at);
  write_number (builder, "last_version", device->last_version);
  if (device->behind >= 0)
    write_number (builder, "behind", device->behind);
  json_builder_set_member_name (builder, "active");
  json_builder_add_boolean_value (builder, device->active);
  json_builder_end_object (builder);
}

/**
 * sync_store_set_known_devices:
 * @store: a store
 * @devices: (nullable) (element-type SyncDevice): what the cloud said, %NULL: forget it
 * @known_at: when
 * @error: where to put an error
 *
 * Keeps the devices for when the cloud cannot be asked.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_set_known_devices (SyncStore *store, GPtrArray *devices, gint64 known_at, GError **error)
{
  g_autoptr (JsonBuilder) builder = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autofree char *json = NULL;

  if (devices == NULL)
    return sync_store_set_meta (store, KNOWN_DEVICES, NULL, error);
  builder = json_builder_new ();
  json_builder_begin_object (builder);
  write_number (builder, "at", known_at);
  json_builder_set_member_name (builder, "devices");
  json_builder_begin_array (builder);
  for (guint i = 0; i < devices->len; i++)
    write_device (builder, g_ptr_array_index (devices, i));
  json_builder_end_array (builder);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  json = json_to_string (root, FALSE);
  return sync_store_set_meta (store, KNOWN_DEVICES, json, error);
}

/**
 * sync_store_count_behind:
 * @store: a store
 * @devices: (element-type SyncDevice): what the cloud said …
 * @newest: … with its newest version
 * @error: where to put an error
 *
 * Counts how many rows each device has not read yet, as far as this one has read them all.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_store_count_behind (SyncStore *store, GPtrArray *devices, gint64 newest, GError **error)
{
  gboolean complete = FALSE;

  for (guint i = 0; i < devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (devices, i);

      complete = complete || (device->is_local && device->last_version >= newest);
    }
  for (guint i = 0; i < devices->len; i++)
    {
      SyncDevice *device = g_ptr_array_index (devices, i);
      SyncStatement *count;

      device->behind = device->last_version >= newest ? 0 : -1;
      if (!device->active || device->behind == 0 || !complete)
        continue;
      count = sync_connection_prepare (sync_store_get_connection (store),
                                       "SELECT count(*) FROM main.psync_row WHERE version > ?1", error);
      if (count == NULL
          || sync_statement_step (sync_statement_bind_int64 (count, 1, device->last_version), error)
                 != SYNC_STEP_ROW)
        return FALSE;
      device->behind = sync_statement_int64 (count, 0);
      sync_statement_reset (count);
    }
  return TRUE;
}
