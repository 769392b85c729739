/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "sync-file-lock.h"
#include "sync-file-secrets.h"
#include "sync-known-databases.h"
#include "sync-manager-private.h"
#include "sync-placed-secrets.h"
#include "sync-profile-private.h"
#include "sync-service-secrets.h"
#include "sync-supabase-key.h"
#include "sync-verb.h"

#define DATABASE_VARIABLE "SYNC_DATABASE"

/* How long detaching waits for a run of another program to end. */
#define RUN_WAIT_SECONDS 30

/**
 * SyncProfile:
 *
 * One database with everything that belongs to it. The composition root: nothing below knows which
 * cloud and which place for secrets it has.
 */
G_DEFINE_FINAL_TYPE (SyncProfile, sync_profile, G_TYPE_OBJECT)

static void
sync_profile_dispose (GObject *object)
{
  SyncProfile *self = SYNC_PROFILE (object);

  if (self->scheduler != NULL)
    sync_scheduler_stop (self->scheduler);
  if (self->manager != NULL && !self->closed)
    sync_manager_cancel (self->manager);
  g_clear_object (&self->scheduler);
  g_clear_object (&self->queue);
  g_clear_object (&self->conflicts);
  g_clear_object (&self->history);
  g_clear_object (&self->devices);
  g_clear_object (&self->entities);
  g_clear_object (&self->snapshots);
  g_clear_object (&self->manager);
  g_clear_object (&self->settings);
  g_clear_object (&self->secrets);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);

  G_OBJECT_CLASS (sync_profile_parent_class)->dispose (object);
}

static void
sync_profile_finalize (GObject *object)
{
  SyncProfile *self = SYNC_PROFILE (object);

  g_free (self->id);
  g_free (self->last_email);
  g_free (self->cloud);
  g_clear_error (&self->cloud_error);

  G_OBJECT_CLASS (sync_profile_parent_class)->finalize (object);
}

static void
sync_profile_class_init (SyncProfileClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = sync_profile_dispose;
  object_class->finalize = sync_profile_finalize;
}

static void
sync_profile_init (SyncProfile *self)
{
}

/* --- Opening ---------------------------------------------------------------------------------- */

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

/* --- Closing ---------------------------------------------------------------------------------- */

static void
close_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  sync_store_close (data);
  g_task_return_boolean (task, TRUE);
}

static void
close_store (GTask *task)
{
  SyncProfile *self = g_task_get_source_object (task);

  g_task_set_task_data (task, g_object_ref (self->store), g_object_unref);
  g_task_run_in_thread (task, close_thread);
}

static void
run_ended (SyncManager *manager, GParamSpec *pspec, gpointer user_data)
{
  GTask *task = user_data;

  if (sync_manager_get_state (manager) == SYNC_STATE_SYNCING)
    return;
  g_signal_handlers_disconnect_by_func (manager, run_ended, task);
  close_store (task);
  g_object_unref (task);
}

/**
 * sync_profile_close_async:
 * @profile: the profile
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Ends automatic runs, cancels a run that is going on, waits for it, and closes the database. The
 * profile is good for nothing afterwards.
 */
void
sync_profile_close_async (SyncProfile *profile, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, NULL, callback, user_data);
  g_task_set_source_tag (task, sync_profile_close_async);
  if (profile->closed)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  profile->closed = TRUE;
  sync_scheduler_stop (profile->scheduler);
  if (sync_manager_get_state (profile->manager) == SYNC_STATE_SYNCING)
    {
      g_signal_connect (profile->manager, "notify::state", G_CALLBACK (run_ended),
                        g_object_ref (task));
      sync_manager_cancel (profile->manager);
    }
  else
    close_store (task);
}

/**
 * sync_profile_close_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_profile_close_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_close_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Detaching -------------------------------------------------------------------------------- */

static void
forget_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_autoptr (GError) error = NULL;

  if (!sync_known_databases_remove (sync_profile_get_path (source), &error))
    g_debug ("The list of known databases cannot be kept: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

/* Nothing of ours is in the file any more: the rest is tidying up, which may fail. */
static void
secret_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_secret_store_clear_finish (SYNC_SECRET_STORE (object), result, &error))
    g_debug ("The session cannot be forgotten: %s", error->message);
  g_task_run_in_thread (task, forget_thread);
}

static gboolean
detach_store (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  return sync_store_detach (store, error);
}

/* The argument is the lock that keeps runs away. */
static const SyncVerb detach_verb = {
  .func = detach_store,
  .free_arguments = (GDestroyNotify) sync_file_lock_release,
  .lasts = TRUE,
};

static void
store_detached (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = SYNC_PROFILE (object);
  g_autoptr (GError) error = NULL;

  if (!sync_verb_finish (&detach_verb, object, result, NULL, &error))
    {
      sync_profile_make_provider (self);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  sync_secret_store_clear_async (self->secrets, self->id, SYNC_PROFILE_SESSION_SECRET, NULL, secret_cleared,
                                 g_steal_pointer (&task));
}

static void
detach_locked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock = sync_file_lock_acquire_finish (result, &error);

  if (lock == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  sync_scheduler_stop (self->scheduler);
  g_clear_pointer (&self->cloud, g_free);
  sync_manager_set_provider (self->manager, NULL);
  sync_verb_start (&detach_verb, self, self->store, lock, cancellable, store_detached,
                   g_steal_pointer (&task));
}

/**
 * sync_profile_detach_async:
 * @profile: the profile
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Removes what is ours from the file, which stays as its owner left it, and forgets the session.
 * What is left to do with the profile is to close it.
 */
void
sync_profile_detach_async (SyncProfile *profile, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_profile_detach_async);
  g_task_set_check_cancellable (task, FALSE);
  sync_file_lock_acquire_async (sync_store_get_path (profile->store), "run", RUN_WAIT_SECONDS,
                                cancellable, detach_locked, task);
}

/**
 * sync_profile_detach_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed: SYNC_ERROR_LOCKED: a run is going on
 */
gboolean
sync_profile_detach_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_detach_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
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

/* --- What belongs to it ----------------------------------------------------------------------- */

/**
 * sync_profile_get_path:
 * @profile: the profile
 *
 * Returns: (transfer none): the database's canonical path
 */
const char *
sync_profile_get_path (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return sync_store_get_path (profile->store);
}

/**
 * sync_profile_get_manager:
 * @profile: the profile
 *
 * Returns: (transfer none): who runs
 */
SyncManager *
sync_profile_get_manager (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->manager;
}

/**
 * sync_profile_get_settings:
 * @profile: the profile
 *
 * Returns: (transfer none): what can be configured
 */
SyncSettings *
sync_profile_get_settings (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->settings;
}

/**
 * sync_profile_get_scheduler:
 * @profile: the profile
 *
 * Returns: (transfer none): who begins runs by themselves, not started yet
 */
SyncScheduler *
sync_profile_get_scheduler (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->scheduler;
}

/**
 * sync_profile_get_queue:
 * @profile: the profile
 *
 * Returns: (transfer none): what waits
 */
SyncQueue *
sync_profile_get_queue (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->queue;
}

/**
 * sync_profile_get_conflicts:
 * @profile: the profile
 *
 * Returns: (transfer none): what must be decided or was
 */
SyncConflicts *
sync_profile_get_conflicts (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->conflicts;
}

/**
 * sync_profile_get_history:
 * @profile: the profile
 *
 * Returns: (transfer none): the runs of the past
 */
SyncHistory *
sync_profile_get_history (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->history;
}

/**
 * sync_profile_get_devices:
 * @profile: the profile
 *
 * Returns: (transfer none): the copies of the database
 */
SyncDevices *
sync_profile_get_devices (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->devices;
}

/**
 * sync_profile_get_entities:
 * @profile: the profile
 *
 * Returns: (transfer none): what is synced
 */
SyncEntities *
sync_profile_get_entities (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->entities;
}

/**
 * sync_profile_get_snapshots:
 * @profile: the profile
 *
 * Returns: (transfer none): copies of before
 */
SyncSnapshots *
sync_profile_get_snapshots (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return profile->snapshots;
}
