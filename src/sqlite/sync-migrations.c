/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sql/sync-sql-resources.h"
#include "sync-connection-private.h"
#include "sync-migrations.h"

#define SLICES ".slices.sql"

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
      if (g_str_has_suffix (names[i], ".sql") && !g_str_has_suffix (names[i], SLICES)
          && script_version (names[i]) > 0)
        g_ptr_array_add (scripts, g_strdup (names[i]));
    }
  g_ptr_array_sort (scripts, compare_names);
  return g_steal_pointer (&scripts);
}

/* Compiled-in resources end with a NUL that their size does not count. */
static gboolean
run_resource (SyncConnection *connection, const char *path, GError **error)
{
  g_autoptr (GBytes) script = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

  return script != NULL && sync_connection_script (connection, g_bytes_get_data (script, NULL), error);
}

/* Runs inside a transaction of its own. `left`: whether there may be more to do. */
static gboolean
run_slice_locked (SyncConnection *connection, const char *path, int version,
                  SyncMigrationsGetVersion get_version, gboolean *left, GError **error)
{
  static const char count[] = "SELECT total_changes ()";
  gint64 before, after;
  int present;

  *left = FALSE;
  if (!get_version (connection, &present, error))
    return FALSE;
  if (present >= version)
    return TRUE;
  if (!sync_connection_query_int64 (connection, 0, &before, error, count, NULL)
      || !run_resource (connection, path, error)
      || !sync_connection_query_int64 (connection, 0, &after, error, count, NULL))
    return FALSE;
  *left = after != before;
  return TRUE;
}

static gboolean
run_slices (SyncConnection *connection, const char *path, int version,
            SyncMigrationsGetVersion get_version, GError **error)
{
  gboolean left = TRUE;

  while (left)
    {
      if (!sync_connection_begin (connection, error))
        return FALSE;
      if (!run_slice_locked (connection, path, version, get_version, &left, error))
        {
          sync_connection_rollback (connection);
          return FALSE;
        }
      if (!sync_connection_commit (connection, error))
        return FALSE;
    }
  return TRUE;
}

/* What a power failure undoes of it is done once more. */
static gboolean
run_slices_relaxed (SyncConnection *connection, const char *path, int version,
                    SyncMigrationsGetVersion get_version, GError **error)
{
  gboolean relaxed, good;

  if (!sync_connection_relax (connection, &relaxed, error))
    return FALSE;
  good = run_slices (connection, path, version, get_version, error);
  if (relaxed && !sync_connection_insist (connection, good ? error : NULL))
    return FALSE;
  return good;
}

/* Runs inside an exclusive transaction. Another program may have done it since we looked. */
static gboolean
run_script_locked (SyncConnection *connection, const char *path, int version,
                   SyncMigrationsGetVersion get_version, SyncMigrationsSetVersion set_version,
                   GError **error)
{
  int present = 0;

  if (!get_version (connection, &present, error))
    return FALSE;
  return present >= version
         || (run_resource (connection, path, error) && set_version (connection, version, error));
}

static gboolean
run_script (SyncConnection *connection, const char *resource_prefix, const char *name,
            SyncMigrationsGetVersion get_version, SyncMigrationsSetVersion set_version,
            GError **error)
{
  g_autofree char *path = g_build_path ("/", resource_prefix, name, NULL);
  g_autofree char *stem = g_strndup (path, strlen (path) - strlen (".sql"));
  g_autofree char *slices = g_strconcat (stem, SLICES, NULL);

  if (g_resources_get_info (slices, G_RESOURCE_LOOKUP_FLAGS_NONE, NULL, NULL, NULL)
      && !run_slices_relaxed (connection, slices, script_version (name), get_version, error))
    return FALSE;
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
 * next. What would take long stands in `NNN-….slices.sql`, which is run before, again and again, each
 * time in a short transaction of its own, until it changes nothing: others can write in between. A
 * program of an older version would not understand what it sees meanwhile, so the script before this
 * one, which has a version, prepares for it.
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
      sync_connection_leave_as_it_is (connection);
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
