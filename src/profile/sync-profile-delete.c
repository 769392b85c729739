/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-snapshot.h"
#include "sync-supabase-provider.h"
#include "sync-verb.h"

/* Deleting everything in the cloud. The cloud is told first; whatever fails after that leaves a device that is revoked
 * there, which stops with its next run and keeps its rows. */

#define SNAPSHOTS_KEPT 5

/* How long it waits for a run of another program to end. */
#define RUN_WAIT_SECONDS 30

/**
 * Deletion:
 * @profile: (owned): whose cloud
 * @provider: (owned): the cloud
 * @lock: (owned) (nullable): keeps runs away
 *
 * A deletion under way.
 */
typedef struct
{
  SyncProfile *profile;
  SyncProvider *provider;
  SyncFileLock *lock;
} Deletion;

static void
deletion_free (gpointer data)
{
  Deletion *deletion = data;

  deletion->profile->connecting--;
  g_object_unref (deletion->profile);
  g_object_unref (deletion->provider);
  g_clear_pointer (&deletion->lock, sync_file_lock_release);
  g_free (deletion);
}

/* Who is told may begin a run at once. (error transfer full) */
static void
finish (GTask *task, GError *error)
{
  Deletion *deletion = g_task_get_task_data (task);

  g_clear_pointer (&deletion->lock, sync_file_lock_release);
  sync_manager_changed (deletion->profile->manager);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

/* Whose data will be deleted must be whose rows these are. A snapshot, because rows that are held will be nowhere else. */
static gboolean
prepare (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const char *user = data;
  g_autofree char *known_user = NULL;
  g_autoptr (SyncSnapshot) snapshot = NULL;

  if (!sync_store_get_meta (store, "cloud-user", &known_user, error))
    return FALSE;
  if (known_user != NULL && g_strcmp0 (known_user, user) != 0)
    {
      sync_error_set (error, SYNC_ERROR_OTHER_CLOUD, NULL, "The database was synced with another account");
      return FALSE;
    }
  snapshot = sync_snapshot_take (sync_store_get_connection (store), "delete",
                                 sync_clock_now (sync_store_get_clock (store)), SNAPSHOTS_KEPT, NULL,
                                 error);
  return snapshot != NULL;
}

/* A database that never knew a cloud, and a device that nobody revoked: to connect again is a decision of its own. */
static gboolean
begin_anew (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  g_autofree char *id = g_uuid_string_random ();

  return sync_profile_forget_cloud (store, error)
         && sync_store_set_meta (store, "device-id", id, error);
}

static const SyncVerb prepare_verb = { .func = prepare, .free_arguments = g_free, .lasts = TRUE };
static const SyncVerb begin_anew_verb = { .func = begin_anew, .lasts = TRUE };

static void
begun_anew (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  sync_verb_finish (&begin_anew_verb, object, result, NULL, &error);
  sync_profile_make_provider (SYNC_PROFILE (object));
  finish (task, error);
}

/* Where the environment says which cloud it is, it stays: then the device stays revoked. */
static void
settings_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  g_autofree char *kind = NULL;
  GError *error = NULL;

  if (!sync_settings_set_finish (SYNC_SETTINGS (object), result, &error))
    {
      finish (task, error);
      return;
    }
  kind = sync_settings_dup (self->settings, "provider");
  if (g_strcmp0 (kind, "none") == 0)
    sync_verb_start (&begin_anew_verb, self, self->store, NULL, NULL, begun_anew,
                     g_steal_pointer (&task));
  else
    finish (task, NULL);
}

static void
disconnect (GTask *task)
{
  SyncProfile *self = g_task_get_source_object (task);
  g_autoptr (GHashTable) settings = g_hash_table_new (g_str_hash, g_str_equal);

  g_hash_table_insert (settings, (gpointer) "provider", (gpointer) "none");
  sync_settings_set_all_async (self->settings, settings, NULL, settings_stored, g_object_ref (task));
}

/* A session that cannot be ended (its token comes from the environment, the keyring is locked) harms nobody. */
static void
signed_out (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (object), result, &error))
    g_debug ("The session cannot be ended: %s", error->message);
  sync_manager_note_session (((SyncProfile *) g_task_get_source_object (task))->manager,
                             sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (object)));
  disconnect (task);
}

static void
all_deleted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (!sync_provider_delete_all_finish (SYNC_PROVIDER (object), result, &error))
    finish (task, error);
  else if (SYNC_IS_SUPABASE_PROVIDER (object))
    sync_supabase_provider_sign_out_async (SYNC_SUPABASE_PROVIDER (object), NULL, signed_out,
                                           g_steal_pointer (&task));
  else
    disconnect (task);
}

static void
prepared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Deletion *deletion = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (sync_verb_finish (&prepare_verb, object, result, NULL, &error))
    sync_provider_delete_all_async (deletion->provider, cancellable, all_deleted,
                                    g_steal_pointer (&task));
  else
    finish (task, error);
}

static void
state_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (SyncCloudState) state
      = sync_provider_get_state_finish (SYNC_PROVIDER (object), result, &error);

  if (state == NULL || !sync_provider_check_schema (SYNC_PROVIDER (object), state, &error))
    finish (task, error);
  else
    sync_verb_start (&prepare_verb, self, self->store, g_strdup (state->user),
                     g_task_get_cancellable (task), prepared, g_object_ref (task));
}

static void
connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error))
    sync_provider_get_state_async (SYNC_PROVIDER (object), TRUE, cancellable, state_read,
                                   g_steal_pointer (&task));
  else
    finish (task, error);
}

static void
locked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Deletion *deletion = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  deletion->lock = sync_file_lock_acquire_finish (result, &error);
  if (deletion->lock == NULL)
    g_task_return_error (task, error);
  else
    sync_provider_connect_async (deletion->provider, cancellable, connected, g_steal_pointer (&task));
}

/**
 * sync_profile_delete_cloud_data_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it; what is gone by then stays gone
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Deletes everything that the cloud has of this user, and leaves the cloud: the database has all of its rows, and is
 * connected to none. Other devices stop with their next run and keep their rows.
 */
void
sync_profile_delete_cloud_data_async (SyncProfile *profile, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  SyncProvider *provider;
  Deletion *deletion;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_profile_delete_cloud_data_async);
  g_task_set_check_cancellable (task, FALSE);
  provider = sync_manager_get_provider (profile->manager);
  if (provider == NULL)
    {
      g_task_return_error (task, sync_manager_explain_unavailable (profile->manager));
      return;
    }
  deletion = g_new0 (Deletion, 1);
  deletion->profile = g_object_ref (profile);
  deletion->provider = g_object_ref (provider);
  profile->connecting++;
  g_task_set_task_data (task, deletion, deletion_free);
  sync_file_lock_acquire_async (sync_store_get_path (profile->store), "run", RUN_WAIT_SECONDS,
                                cancellable, locked, g_steal_pointer (&task));
}

/**
 * sync_profile_delete_cloud_data_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_CONNECTED: there is no cloud; SYNC_ERROR_LOCKED: a run is going on;
 *   SYNC_ERROR_SCHEMA_OLD: the cloud cannot do it; and what any request may meet
 */
gboolean
sync_profile_delete_cloud_data_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_delete_cloud_data_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
