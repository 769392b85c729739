/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-cloud-state.h"

G_DEFINE_BOXED_TYPE (SyncCloudState, sync_cloud_state, sync_cloud_state_copy, sync_cloud_state_free)

static GHashTable *
versions_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
}

static void
versions_set (GHashTable *versions, const char *table, gint64 version)
{
  g_hash_table_insert (versions, g_strdup (table), g_memdup2 (&version, sizeof version));
}

static gint64
versions_get (GHashTable *versions, const char *table)
{
  const gint64 *version = g_hash_table_lookup (versions, table);

  return version != NULL ? *version : 0;
}

static void
versions_copy (GHashTable *from, GHashTable *to)
{
  GHashTableIter iter;
  gpointer table, version;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &table, &version))
    versions_set (to, table, *(const gint64 *) version);
}

/**
 * sync_cloud_state_new: (constructor)
 *
 * Returns: (transfer full): the state of a cloud without schema, tables and devices
 */
SyncCloudState *
sync_cloud_state_new (void)
{
  SyncCloudState *state = g_new0 (SyncCloudState, 1);

  state->heads = versions_new ();
  state->horizons = versions_new ();
  state->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_device_free);
  return state;
}

/**
 * sync_cloud_state_copy:
 * @state: a state
 *
 * Returns: (transfer full): a copy that shares nothing with it
 */
SyncCloudState *
sync_cloud_state_copy (const SyncCloudState *state)
{
  SyncCloudState *copy;

  g_return_val_if_fail (state != NULL, NULL);

  copy = sync_cloud_state_new ();
  copy->schema_version = state->schema_version;
  copy->oldest_client = state->oldest_client;
  copy->epoch = g_strdup (state->epoch);
  copy->user = g_strdup (state->user);
  copy->server_time = state->server_time;
  copy->any_table = state->any_table;
  versions_copy (state->heads, copy->heads);
  versions_copy (state->horizons, copy->horizons);
  for (guint i = 0; i < state->devices->len; i++)
    g_ptr_array_add (copy->devices, sync_device_copy (g_ptr_array_index (state->devices, i)));
  return copy;
}

/**
 * sync_cloud_state_free:
 * @state: (nullable) (transfer full): a state
 *
 * Frees it.
 */
void
sync_cloud_state_free (SyncCloudState *state)
{
  if (state == NULL)
    return;
  g_free (state->epoch);
  g_free (state->user);
  g_hash_table_unref (state->heads);
  g_hash_table_unref (state->horizons);
  g_ptr_array_unref (state->devices);
  g_free (state);
}

/**
 * sync_cloud_state_has_table:
 * @state: a state
 * @cloud_table: a table's name in the cloud
 *
 * Returns: whether the cloud takes rows of the table
 */
gboolean
sync_cloud_state_has_table (const SyncCloudState *state, const char *cloud_table)
{
  g_return_val_if_fail (state != NULL && cloud_table != NULL, FALSE);

  return state->any_table || g_hash_table_contains (state->heads, cloud_table);
}

/**
 * sync_cloud_state_get_head:
 * @state: a state
 * @cloud_table: a table's name in the cloud
 *
 * Returns: the newest version in the table, 0 if it has no row
 */
gint64
sync_cloud_state_get_head (const SyncCloudState *state, const char *cloud_table)
{
  g_return_val_if_fail (state != NULL && cloud_table != NULL, 0);

  return versions_get (state->heads, cloud_table);
}

/**
 * sync_cloud_state_get_horizon:
 * @state: a state
 * @cloud_table: a table's name in the cloud
 *
 * Returns: the highest version that was purged from the table, 0 if none was
 */
gint64
sync_cloud_state_get_horizon (const SyncCloudState *state, const char *cloud_table)
{
  g_return_val_if_fail (state != NULL && cloud_table != NULL, 0);

  return versions_get (state->horizons, cloud_table);
}

/**
 * sync_cloud_state_set_head:
 * @state: a state
 * @cloud_table: a table's name in the cloud
 * @version: the newest version in it, 0 if it has no row
 *
 * Notes a table's head.
 */
void
sync_cloud_state_set_head (SyncCloudState *state, const char *cloud_table, gint64 version)
{
  g_return_if_fail (state != NULL && cloud_table != NULL);

  versions_set (state->heads, cloud_table, version);
}

/**
 * sync_cloud_state_set_horizon:
 * @state: a state
 * @cloud_table: a table's name in the cloud
 * @version: the highest purged version, 0 if none was
 *
 * Notes a table's purge horizon.
 */
void
sync_cloud_state_set_horizon (SyncCloudState *state, const char *cloud_table, gint64 version)
{
  g_return_if_fail (state != NULL && cloud_table != NULL);

  versions_set (state->horizons, cloud_table, version);
}

/**
 * sync_cloud_state_find_device:
 * @state: a state
 * @id: a device's id
 *
 * Returns: (transfer none) (nullable): the device with that id, belonging to @state
 */
SyncDevice *
sync_cloud_state_find_device (const SyncCloudState *state, const char *id)
{
  g_return_val_if_fail (state != NULL && id != NULL, NULL);

  for (guint i = 0; i < state->devices->len; i++)
    {
      SyncDevice *device = g_ptr_array_index (state->devices, i);

      if (g_str_equal (device->id, id))
        return device;
    }
  return NULL;
}

/**
 * sync_cloud_state_find_newest:
 * @state: a state
 *
 * Returns: the newest version of all tables, also of those that no entity is of
 */
gint64
sync_cloud_state_find_newest (const SyncCloudState *state)
{
  GHashTableIter iter;
  gpointer head;
  gint64 newest = 0;

  g_return_val_if_fail (state != NULL, 0);

  g_hash_table_iter_init (&iter, state->heads);
  while (g_hash_table_iter_next (&iter, NULL, &head))
    newest = MAX (newest, *(gint64 *) head);
  return newest;
}
