/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sql/sync-sql-resources.h"
#include "sync-connection-private.h"
#include "sync-migrations.h"

static int
script_version (const char *name)
{
  return (int) g_ascii_strtoll (name, NULL, 10);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return script_version (*(const char *const *) a) - script_version (*(const char *const *) b);
}

/* (element-type utf8): the names of the numbered scripts, in order */
static GPtrArray *
list_scripts (const char *resource_prefix, GError **error)
{
  g_autoptr (GPtrArray) scripts = g_ptr_array_new_with_free_func (g_free);
  g_auto (GStrv) names = NULL;

  names = g_resources_enumerate_children (resource_prefix, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  if (names == NULL)
    return NULL;
  for (guint i = 0; names[i] != NULL; i++)
    {
      if (g_str_has_suffix (names[i], ".sql") && script_version (names[i]) > 0)
        g_ptr_array_add (scripts, g_strdup (names[i]));
    }
  g_ptr_array_sort (scripts, compare_names);
  return g_steal_pointer (&scripts);
}

/* Runs inside an exclusive transaction. Another program may have done it since we looked. */
static gboolean
run_script_locked (SyncConnection *connection, const char *path, int version,
                   SyncMigrationsGetVersion get_version, SyncMigrationsSetVersion set_version,
                   GError **error)
{
  g_autoptr (GBytes) script = NULL;
  int present = 0;

  if (!get_version (connection, &present, error))
    return FALSE;
  if (present >= version)
    return TRUE;
  /* Compiled-in resources end with a NUL that their size does not count. */
  script = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);
  return script != NULL
         && sync_connection_script (connection, g_bytes_get_data (script, NULL), error)
         && set_version (connection, version, error);
}

static gboolean
run_script (SyncConnection *connection, const char *resource_prefix, const char *name,
            SyncMigrationsGetVersion get_version, SyncMigrationsSetVersion set_version,
            GError **error)
{
  g_autofree char *path = g_build_path ("/", resource_prefix, name, NULL);

  if (!sync_connection_execute (connection, "BEGIN EXCLUSIVE", error))
    return FALSE;
  if (run_script_locked (connection, path, script_version (name), get_version, set_version, error))
    return sync_connection_commit (connection, error);
  sync_connection_rollback (connection);
  return FALSE;
}

/**
 * sync_migrations_run:
 * @connection: a connection outside of a transaction
 * @resource_prefix: the resource folder of the scripts `NNN-….sql`
 * @get_version: reads the version that the database has
 * @set_version: notes a version
 * @error: where to put an error
 *
 * Brings the database to the newest schema. One that is there already is only read. Each script
 * runs with its version bump in one exclusive transaction, so a crash leaves one version or the
 * next.
 *
 * Returns: %FALSE with [error@SyncError] `DATABASE_NEW` or another set
 */
gboolean
sync_migrations_run (SyncConnection *connection, const char *resource_prefix,
                     SyncMigrationsGetVersion get_version, SyncMigrationsSetVersion set_version,
                     GError **error)
{
  g_autoptr (GPtrArray) scripts = NULL;
  int present = 0;
  int newest = 0;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (resource_prefix != NULL, FALSE);

  /* Named so that the linker keeps the scripts of this program. */
  sync_sql_get_resource ();
  scripts = list_scripts (resource_prefix, error);
  if (scripts == NULL || !get_version (connection, &present, error))
    return FALSE;
  if (scripts->len > 0)
    newest = script_version (g_ptr_array_index (scripts, scripts->len - 1));
  if (present > newest)
    {
      sync_error_set (error, SYNC_ERROR_DATABASE_NEW, sync_connection_get_path (connection),
                      "The database has schema version %d, this program knows %d", present, newest);
      return FALSE;
    }
  for (guint i = 0; i < scripts->len; i++)
    {
      const char *name = g_ptr_array_index (scripts, i);

      if (script_version (name) > present
          && !run_script (connection, resource_prefix, name, get_version, set_version, error))
        return FALSE;
    }
  return TRUE;
}
