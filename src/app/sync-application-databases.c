/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application-private.h"

#include <stdlib.h>

#include "sync-known-databases.h"

/* The databases that the application has open. */

SyncProfile *
sync_application_find_profile (SyncApplication *self, const char *path)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->profiles));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (G_LIST_MODEL (self->profiles), i);

      if (g_str_equal (sync_profile_get_path (profile), path))
        return profile;
    }
  return NULL;
}

/* A file that is not there yet has its name. */
char *
sync_application_resolve_path (const char *path)
{
  char *real = realpath (path, NULL);
  g_autofree char *copy = g_strdup (real);

  free (real);
  return copy != NULL ? g_steal_pointer (&copy) : g_canonicalize_filename (path, NULL);
}

static void
profile_closed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_profile_close_finish (SYNC_PROFILE (object), result, &error))
    g_debug ("A database was not closed well: %s", error->message);
  g_application_release (G_APPLICATION (self));
}

static void
close_profile (SyncApplication *self, SyncProfile *profile)
{
  g_application_hold (G_APPLICATION (self));
  sync_profile_close_async (profile, profile_closed, g_object_ref (self));
}

/**
 * sync_application_close:
 * @application: the application
 * @profile: an open database
 *
 * Closes a database. Its windows are gone already, or about to go.
 */
void
sync_application_close (SyncApplication *application, SyncProfile *profile)
{
  g_autoptr (SyncProfile) kept = NULL;
  guint position;

  g_return_if_fail (SYNC_IS_APPLICATION (application));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  if (!g_list_store_find (application->profiles, profile, &position))
    return;
  kept = g_object_ref (profile);
  g_list_store_remove (application->profiles, position);
  close_profile (application, kept);
}

/**
 * Opening:
 * @path: (owned) (nullable): which; %NULL until it is found
 * @default_path: (owned): the file whose folder is ours to make
 * @flags: as given
 *
 * A database that is being opened.
 */
typedef struct
{
  char *path;
  char *default_path;
  SyncProfileFlags flags;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  g_free (opening->default_path);
  g_free (opening);
}

static void
profile_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncApplication *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile = sync_profile_open_finish (result, &error);
  SyncProfile *same;

  g_application_release (G_APPLICATION (self));
  if (profile == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  same = sync_application_find_profile (self, sync_profile_get_path (profile));
  if (same != NULL)
    {
      close_profile (self, profile);
      g_task_return_pointer (task, g_object_ref (same), g_object_unref);
      return;
    }
  g_list_store_append (self->profiles, profile);
  sync_scheduler_start (sync_profile_get_scheduler (profile));
  g_task_return_pointer (task, g_steal_pointer (&profile), g_object_unref);
}

static void
open_found (GTask *task)
{
  SyncApplication *self = g_task_get_source_object (task);
  Opening *opening = g_task_get_task_data (task);
  SyncProfile *open = sync_application_find_profile (self, opening->path);

  if (open != NULL)
    {
      g_task_return_pointer (task, g_object_ref (open), g_object_unref);
      return;
    }
  g_application_hold (G_APPLICATION (self));
  sync_profile_open_async (g_str_equal (opening->path, opening->default_path) ? NULL : opening->path,
                           opening->flags, NULL, NULL, g_task_get_cancellable (task),
                           profile_opened, g_object_ref (task));
}

static void
look_for_usual (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_auto (GStrv) known = sync_known_databases_list ();
  const char *given = g_getenv ("SYNC_DATABASE");

  for (guint i = 0; (given == NULL || *given == '\0') && known[i] != NULL; i++)
    if (g_file_test (known[i], G_FILE_TEST_IS_REGULAR))
      {
        g_task_return_pointer (task, g_strdup (known[i]), g_free);
        return;
      }
  g_task_return_pointer (task, sync_profile_dup_default_path (), g_free);
}

static void
usual_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *opening = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_task_propagate_pointer (G_TASK (result), &error);

  g_application_release (G_APPLICATION (object));
  if (path == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  opening->path = sync_application_resolve_path (path);
  open_found (task);
}

/**
 * sync_application_open_async:
 * @application: the application
 * @path: (nullable): the database; %NULL: the one that is meant if none is named
 * @flags: whether to make what is missing
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Opens a database, or finds it among those that are open.
 */
void
sync_application_open_async (SyncApplication *application, const char *path, SyncProfileFlags flags,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GTask) search = NULL;
  g_autofree char *default_path = sync_profile_dup_default_path ();
  Opening *opening;

  g_return_if_fail (SYNC_IS_APPLICATION (application));

  task = g_task_new (application, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_application_open_async);
  opening = g_new0 (Opening, 1);
  opening->flags = flags;
  opening->default_path = sync_application_resolve_path (default_path);
  g_task_set_task_data (task, opening, opening_free);
  if (path != NULL)
    {
      opening->path = sync_application_resolve_path (path);
      open_found (task);
      return;
    }
  g_application_hold (G_APPLICATION (application));
  search = g_task_new (application, cancellable, usual_found, g_steal_pointer (&task));
  g_task_run_in_thread (search, look_for_usual);
}

/**
 * sync_application_open_finish:
 * @application: the application
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the database; %NULL with @error set as by
 *   [func@Profile.open_finish]
 */
SyncProfile *
sync_application_open_finish (SyncApplication *application, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, application), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_application_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_application_get_profiles:
 * @application: the application
 *
 * Returns: (transfer none): the databases that are open
 */
GListModel *
sync_application_get_profiles (SyncApplication *application)
{
  g_return_val_if_fail (SYNC_IS_APPLICATION (application), NULL);

  return G_LIST_MODEL (application->profiles);
}
