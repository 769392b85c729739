/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <glib/gstdio.h>

#include "sync-file-secrets.h"
#include "sync-known-databases.h"
#include "sync-placed-secrets.h"
#include "sync-profile-private.h"
#include "sync-service-secrets.h"
#include "sync-supabase-key.h"

#define DATABASE_VARIABLE "SYNC_DATABASE"

/**
 * Opening:
 * @path: (owned): the file, as it was given
 * @make_directory: whether its folder is ours to make
 * @flags: as given
 * @tables: (owned) (nullable): as given
 * @overrides: (owned) (nullable): as given
 * @clock: (owned): the time
 * @store: (owned) (nullable): the database, once it is open
 * @settings: (owned) (nullable): its settings
 * @id: (owned) (nullable): the profile's id
 *
 * A profile that is being opened: on a thread of its own first, as all of that blocks.
 */
typedef struct
{
  char *path;
  gboolean make_directory;
  SyncProfileFlags flags;
  GStrv tables;
  GHashTable *overrides;
  SyncClock *clock;
  SyncStore *store;
  SyncSettings *settings;
  char *id;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  g_strfreev (opening->tables);
  g_clear_pointer (&opening->overrides, g_hash_table_unref);
  g_clear_object (&opening->settings);
  g_clear_object (&opening->store);
  g_clear_object (&opening->clock);
  g_free (opening->id);
  g_free (opening);
}

/**
 * sync_profile_dup_default_path:
 *
 * Returns: (transfer full): the database that is meant if none is named: that of the environment
 *   variable `SYNC_DATABASE`, else a file in the user's data folder
 */
char *
sync_profile_dup_default_path (void)
{
  const char *given = g_getenv (DATABASE_VARIABLE);

  if (given != NULL && *given != '\0')
    return g_strdup (given);
  return g_build_filename (g_get_user_data_dir (), "progressive-sync", "progressive-sync.db", NULL);
}

static gboolean
make_directory (const char *path, GError **error)
{
  g_autofree char *directory = g_path_get_dirname (path);
  GError *problem;
  int number;

  if (g_mkdir_with_parents (directory, 0700) == 0)
    return TRUE;
  number = errno;
  problem = sync_error_new (number == ENOSPC ? SYNC_ERROR_DISK_FULL : SYNC_ERROR_READ_ONLY, directory,
                            "The folder cannot be made: %s", g_strerror (number));
  sync_error_set_reason (problem, "own-folder", 0);
  g_propagate_error (error, problem);
  return FALSE;
}

/* On the worker's thread: puts back what the owner lost of ours, and reads who we are. */
static gboolean
prepare_store (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Opening *opening = data;

  /* A table that is gone ends runs, which look again; what could be done about it must not need it: to leave the
   * entity out, or to detach. */
  if (!sync_store_heal_usable (opening->store, error)
      || !sync_store_get_meta (opening->store, "profile-id", &opening->id, error))
    return FALSE;
  if (opening->id == NULL)
    sync_error_set (error, SYNC_ERROR_CORRUPT, sync_store_get_path (opening->store),
                    "The profile has no id");
  return opening->id != NULL;
}

static void
attach_checks (SyncSettings *settings)
{
  sync_settings_add_check (settings, "supabase-url", sync_supabase_url_normalise);
  sync_settings_add_check (settings, "supabase-anon-key", sync_supabase_key_normalise);
}

static gboolean
check_token (SyncSettings *settings, GError **error)
{
  char *token = sync_settings_dup_auth_token (settings);
  gboolean good = token == NULL || sync_supabase_token_check (token, error);

  sync_secret_free (token);
  return good;
}

static gboolean
open_store (Opening *opening, GCancellable *cancellable, GError **error)
{
  SyncStoreFlags flags = SYNC_STORE_NONE;

  if (opening->flags & SYNC_PROFILE_CREATE)
    flags |= SYNC_STORE_CREATE;
  if (opening->flags & SYNC_PROFILE_ALL_TABLES)
    flags |= SYNC_STORE_ALL_TABLES;
  if (opening->make_directory && (flags & SYNC_STORE_CREATE)
      && !make_directory (opening->path, error))
    return FALSE;
  if (opening->make_directory && !(flags & SYNC_STORE_CREATE)
      && !g_file_test (opening->path, G_FILE_TEST_EXISTS))
    {
      sync_error_set (error, SYNC_ERROR_NOT_FOUND, opening->path, "There is no usual database yet");
      return FALSE;
    }
  opening->store = sync_store_open (opening->path, flags, (const char *const *) opening->tables,
                                    opening->clock, error);
  return opening->store != NULL
         && sync_worker_call (sync_store_get_worker (opening->store), prepare_store, opening,
                              cancellable, error);
}

static void
open_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Opening *opening = data;
  g_autoptr (GError) error = NULL;

  if (!open_store (opening, cancellable, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  opening->settings = sync_settings_new (opening->store, opening->overrides, NULL);
  attach_checks (opening->settings);
  if (!sync_settings_check_given (opening->settings, &error)
      || !check_token (opening->settings, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (!sync_known_databases_add (sync_store_get_path (opening->store),
                                 sync_clock_now (opening->clock), &error))
    g_debug ("The list of known databases cannot be kept: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

/* In the keyring; with consent in a file. Every program of the user looks in the same places. */
static SyncSecretStore *
make_secrets (void)
{
  g_autofree char *directory
      = g_build_filename (g_get_user_config_dir (), "progressive-sync", NULL);
  g_autoptr (SyncSecretStore) files = sync_file_secrets_new (directory);
  g_autoptr (SyncSecretStore) keyring = sync_service_secrets_new ();

  return sync_placed_secrets_new (files, keyring);
}

static void
update_consent (SyncProfile *self)
{
  g_autofree char *value = sync_settings_dup (self->settings, "session-in-file");

  sync_placed_secrets_set_files_allowed (SYNC_PLACED_SECRETS (self->secrets),
                                         self->file_for_session
                                             || g_strcmp0 (value, "true") == 0);
}

/* The id names the session among this user's secrets. It lives in the database, so that a file
 * that is moved keeps its session. A copy of the file shares it, which is right: it is the same
 * user's, on the same computer (secrets do not travel with the file), and whoever renews the
 * session does so under a lock. */
static SyncProfile *
profile_new (Opening *opening)
{
  SyncProfile *self = g_object_new (SYNC_TYPE_PROFILE, NULL);

  self->store = g_steal_pointer (&opening->store);
  self->clock = g_steal_pointer (&opening->clock);
  self->settings = g_steal_pointer (&opening->settings);
  self->id = g_steal_pointer (&opening->id);
  self->secrets = make_secrets ();
  update_consent (self);
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (update_consent), self,
                           G_CONNECT_SWAPPED);
  self->manager = sync_manager_new (self->store, self->settings, self->clock);
  self->scheduler = sync_scheduler_new (self->manager, self->settings, self->clock);
  self->queue = sync_queue_new (self->manager);
  self->conflicts = sync_conflicts_new (self->manager);
  self->history = sync_history_new (self->manager);
  self->devices = sync_devices_new (self->manager);
  self->entities = sync_entities_new (self->manager);
  self->snapshots = sync_snapshots_new (self->manager);
  sync_profile_make_provider (self);
  sync_profile_watch_settings (self);
  return self;
}

static void
session_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = SYNC_PROFILE (object);

  sync_profile_load_session_finish (self, result);
  g_task_return_pointer (task, g_object_ref (self), g_object_unref);
}

static void
store_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) self = NULL;
  GCancellable *cancellable = g_task_get_cancellable (task);

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  self = profile_new (g_task_get_task_data (G_TASK (result)));
  sync_profile_load_session_async (self, cancellable, session_loaded, g_steal_pointer (&task));
}

/**
 * sync_profile_open_async:
 * @path: (nullable): the database; %NULL: [func@Profile.dup_default_path]
 * @flags: whether to make what is missing
 * @tables: (nullable) (array zero-terminated=1): when our tables are new: attach just these
 * @overrides: (nullable) (element-type utf8 utf8): settings that override everything
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Opens a database on a thread of its own, puts back what is missing of ours in it, and makes all
 * that belongs to it. An absent or unusable cloud is no error here.
 */
void
sync_profile_open_async (const char *path, SyncProfileFlags flags, const char *const *tables,
                         GHashTable *overrides, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GTask) thread_task = g_task_new (NULL, cancellable, store_opened, task);
  const char *given = g_getenv (DATABASE_VARIABLE);
  Opening *opening = g_new0 (Opening, 1);

  g_task_set_source_tag (task, sync_profile_open_async);
  opening->path = path != NULL ? g_strdup (path) : sync_profile_dup_default_path ();
  opening->make_directory = path == NULL && (given == NULL || *given == '\0');
  opening->flags = flags;
  opening->tables = g_strdupv ((GStrv) tables);
  opening->overrides = overrides != NULL ? g_hash_table_ref (overrides) : NULL;
  opening->clock = sync_clock_new ();
  g_task_set_task_data (thread_task, opening, opening_free);
  /* Nobody waits for who waits for a database. */
  g_task_set_return_on_cancel (thread_task, TRUE);
  g_task_run_in_thread (thread_task, open_thread);
}

/**
 * sync_profile_open_finish:
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the profile; %NULL with @error set: SYNC_ERROR_NOT_FOUND: no database
 *   of ours is there; SYNC_ERROR_INVALID: a flag or variable has a value that it cannot have; and
 *   those of the store
 */
SyncProfile *
sync_profile_open_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_profile_allow_session_file:
 * @profile: the profile
 *
 * Lets the session be kept in a file that only its owner can read where there is no keyring, as
 * the setting `session-in-file` does.
 */
void
sync_profile_allow_session_file (SyncProfile *profile)
{
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  profile->file_for_session = TRUE;
  update_consent (profile);
}
