/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-settings-private.h"

#include <string.h>

#include "sync-machine.h"
#include "sync-setting-specs.h"
#include "sync-verb.h"

/* Keeping other values in the database. */

/* arguments (element-type utf8 utf8): normalised values, NULL: back to the default */
static gboolean
store_values (SyncStore *store, GHashTable *values, GError **error)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      g_autofree char *machine_name = NULL;

      if (strcmp (name, SYNC_SETTING_DEVICE_NAME) != 0)
        {
          if (!sync_store_set_setting (store, name, value, error))
            return FALSE;
          continue;
        }
      if (value == NULL)
        value = machine_name = sync_machine_name ();
      if (!sync_store_set_meta (store, SYNC_SETTING_DEVICE_NAME, value, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
set_in_store (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GHashTable) loaded = NULL;

  if (!sync_connection_begin (connection, error))
    return FALSE;
  if (!store_values (store, arguments, error) || !sync_settings_load (store, &loaded, error)
      || !sync_connection_commit (connection, error))
    {
      sync_connection_rollback (connection);
      return FALSE;
    }
  *answer = g_steal_pointer (&loaded);
  return TRUE;
}

static void
take_stored (gpointer source, gpointer answer)
{
  sync_settings_update (source, answer);
}

static const SyncVerb set_verb = {
  .func = set_in_store,
  .free_arguments = (GDestroyNotify) g_hash_table_unref,
  .free_answer = (GDestroyNotify) g_hash_table_unref,
  .done = take_stored,
  .lasts = TRUE,
};

/* The values as they will be kept; NULL with error set if one is not acceptable. */
static GHashTable *
normalise_all (SyncSettings *self, GHashTable *values, GError **error)
{
  g_autoptr (GHashTable) normalised
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, values);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      int setting = sync_setting_find (name);
      char *text = NULL;

      if (setting < 0)
        {
          sync_error_set_absent (error, "setting", name);
          return NULL;
        }
      if (value != NULL
          && (text = sync_settings_normalise (self, (guint)setting, value, name, error)) == NULL)
        return NULL;
      g_hash_table_insert (normalised, g_strdup (name), text);
    }
  return g_steal_pointer (&normalised);
}

/**
 * sync_settings_set_all_async:
 * @settings: the settings
 * @values: (element-type utf8 utf8): name → value, %NULL: back to the default
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Keeps several values in the database at once, all or none; flags and the environment still win.
 * To be finished with [method@SyncSettings.set_finish].
 */
void
sync_settings_set_all_async (SyncSettings *settings, GHashTable *values, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  GHashTable *normalised;
  GError *error = NULL;

  g_return_if_fail (SYNC_IS_SETTINGS (settings));
  g_return_if_fail (values != NULL);

  normalised = normalise_all (settings, values, &error);
  if (normalised == NULL)
    sync_verb_fail (&set_verb, settings, error, cancellable, callback, user_data);
  else
    sync_verb_start (&set_verb, settings, sync_settings_get_store (settings), normalised,
                     cancellable, callback, user_data);
}

/**
 * sync_settings_set_async:
 * @settings: the settings
 * @name: a setting
 * @value: (nullable): its new value, %NULL: back to the default
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Keeps a value in the database; flags and the environment still win.
 */
void
sync_settings_set_async (SyncSettings *settings, const char *name, const char *value,
                         GCancellable *cancellable, GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GHashTable) values = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  g_return_if_fail (SYNC_IS_SETTINGS (settings));
  g_return_if_fail (name != NULL);

  g_hash_table_insert (values, g_strdup (name), g_strdup (value));
  sync_settings_set_all_async (settings, values, cancellable, callback, user_data);
}

/**
 * sync_settings_set_finish:
 * @settings: the settings
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: there is no such setting;
 *   SYNC_ERROR_INVALID: it cannot have that value; the subject is its name
 */
gboolean
sync_settings_set_finish (SyncSettings *settings, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), FALSE);

  return sync_verb_finish (&set_verb, settings, result, NULL, error);
}
