/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

#include <string.h>
#include <sys/stat.h>

#include "sync-device-store.h"
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-recovery.h"
#include "sync-snapshot.h"
#include "sync-supabase-provider.h"
#include "sync-vault-provider.h"
#include "sync-verb.h"

/* The profile's cloud: its provider, and changing to another one. */

#define SNAPSHOTS_KEPT 5

/* How long a change of clouds waits for a run of another program to end. */
#define RUN_WAIT_SECONDS 30

/* --- The provider ----------------------------------------------------------------------------- */

static SyncProvider *
supabase_new (SyncProfile *self, GError **error)
{
  g_autofree char *url = sync_settings_dup (self->settings, "supabase-url");
  g_autofree char *key = sync_settings_dup (self->settings, "supabase-anon-key");
  char *token = sync_settings_dup_auth_token (self->settings);
  SyncProvider *provider = NULL;

  if (url == NULL || key == NULL)
    sync_error_set (error, SYNC_ERROR_NOT_CONNECTED,
                    url == NULL ? "supabase-url" : "supabase-anon-key",
                    "The address or the key is missing");
  else
    provider
        = sync_supabase_provider_new (url, key, token, self->secrets, self->id, self->clock, error);
  sync_secret_free (token);
  return provider;
}

static SyncProvider *
vault_new (SyncProfile *self, GError **error)
{
  g_autofree char *path = sync_settings_dup (self->settings, "vault-path");

  if (path == NULL)
    {
      sync_error_set (error, SYNC_ERROR_NOT_CONNECTED, "vault-path", "The vault's file is missing");
      return NULL;
    }
  return sync_vault_provider_new (path, self->clock);
}

/* Half of what a cloud nobody chose would be chosen by. */
static GError *
explain_half (SyncProfile *self)
{
  const char *const names[] = { "supabase-url", "supabase-anon-key" };
  g_autofree char *url = sync_settings_dup (self->settings, names[0]);
  g_autofree char *key = sync_settings_dup (self->settings, names[1]);
  GError *error;

  if ((url == NULL) == (key == NULL)
      || sync_settings_get_source (self->settings, "provider") != SYNC_SETTING_DEFAULT)
    return NULL;
  error = sync_error_new (SYNC_ERROR_NOT_CONNECTED,
                          sync_settings_get_variable (self->settings, names[url == NULL ? 0 : 1]),
                          "The address or the key is missing");
  sync_error_set_reason (error, "half", 0);
  return error;
}

/* The settings that matter for the provider, to see whether they changed. */
static char *
describe_cloud (SyncProfile *self)
{
  g_autofree char *kind = sync_settings_dup (self->settings, "provider");
  g_autofree char *url = sync_settings_dup (self->settings, "supabase-url");
  g_autofree char *key = sync_settings_dup (self->settings, "supabase-anon-key");
  g_autofree char *path = sync_settings_dup (self->settings, "vault-path");

  if (g_strcmp0 (kind, "supabase") == 0)
    return g_strdup_printf ("supabase\n%s\n%s", url != NULL ? url : "", key != NULL ? key : "");
  if (g_strcmp0 (kind, "vault") == 0)
    return g_strdup_printf ("vault\n%s", path != NULL ? path : "");
  return g_strdup ("none");
}

void
sync_profile_make_provider (SyncProfile *self)
{
  g_autofree char *kind = sync_settings_dup (self->settings, "provider");
  g_autofree char *cloud = describe_cloud (self);
  g_autoptr (SyncProvider) provider = NULL;

  if (g_strcmp0 (cloud, self->cloud) == 0)
    return;
  g_clear_error (&self->cloud_error);
  if (g_strcmp0 (kind, "supabase") == 0)
    provider = supabase_new (self, &self->cloud_error);
  else if (g_strcmp0 (kind, "vault") == 0)
    provider = vault_new (self, &self->cloud_error);
  else
    self->cloud_error = explain_half (self);
  g_clear_pointer (&self->last_email, g_free);
  g_free (self->cloud);
  self->cloud = g_steal_pointer (&cloud);
  sync_manager_set_provider (self->manager, provider);
  sync_manager_set_unavailable (self->manager, self->cloud_error);
}

static void
session_of_new_cloud_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  sync_profile_load_session_finish (SYNC_PROFILE (object), result);
}

/* Another window or `psync config set` may have changed them. */
static void
setting_changed (SyncSettings *settings, const char *name, SyncProfile *self)
{
  g_autofree char *before = g_strdup (self->cloud);

  if (self->connecting > 0 || self->closed)
    return;
  sync_profile_make_provider (self);
  if (g_strcmp0 (before, self->cloud) != 0)
    sync_profile_load_session_async (self, NULL, session_of_new_cloud_loaded, NULL);
}

void
sync_profile_watch_settings (SyncProfile *self)
{
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (setting_changed), self, 0);
}

/* --- Another cloud ---------------------------------------------------------------------------- */

/**
 * Connecting:
 * @profile: (owned): whose cloud
 * @settings: (owned) (element-type utf8 utf8): what will be stored
 * @location: (owned): where the new cloud is
 * @user: (owned) (nullable): whose it is, if that can be found out without the network
 * @replace: whether the database may leave the cloud that it was synced with
 * @vault: (owned) (nullable): the new cloud, opened
 * @lock: (owned) (nullable): keeps runs away
 * @known_location: (owned) (nullable): the cloud that the database was synced with, if any …
 * @known_user: (owned) (nullable): … and whose
 *
 * A change of clouds under way.
 */
typedef struct
{
  SyncProfile *profile;
  GHashTable *settings;
  char *location;
  char *user;
  gboolean replace;
  SyncProvider *vault;
  SyncFileLock *lock;
  char *known_location;
  char *known_user;
} Connecting;

static void
connecting_free (gpointer data)
{
  Connecting *connecting = data;

  connecting->profile->connecting--;
  g_object_unref (connecting->profile);
  g_hash_table_unref (connecting->settings);
  g_free (connecting->location);
  g_free (connecting->user);
  g_clear_object (&connecting->vault);
  g_clear_pointer (&connecting->lock, sync_file_lock_release);
  g_free (connecting->known_location);
  g_free (connecting->known_user);
  g_free (connecting);
}

/* The same place, unless it is somebody else's; or the same vault that was moved. */
static gboolean
is_same_cloud (const Connecting *connecting)
{
  if (connecting->known_location == NULL)
    return TRUE;
  if (connecting->user != NULL && connecting->known_user != NULL)
    return strcmp (connecting->user, connecting->known_user) == 0;
  return strcmp (connecting->location, connecting->known_location) == 0;
}

static GError *
other_cloud_error (const Connecting *connecting)
{
  return sync_error_new (SYNC_ERROR_OTHER_CLOUD, connecting->known_location,
                         "The database was synced with another cloud");
}

static gboolean
read_known_cloud (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  Connecting *connecting = data;

  return sync_store_get_meta (store, "cloud-url", &connecting->known_location, error)
         && sync_store_get_meta (store, "cloud-user", &connecting->known_user, error);
}

static gboolean
forget_cloud (SyncStore *store, GError **error)
{
  static const char *const keys[] = { "cloud-url", "cloud-user", "epoch", "clock-offset" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (!sync_store_set_meta (store, keys[i], NULL, error))
      return FALSE;
  return sync_store_set_known_devices (store, NULL, 0, error);
}

gboolean
sync_profile_forget_cloud (SyncStore *store, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);

  if (!sync_connection_begin (connection, error))
    return FALSE;
  if (sync_store_reset (store, error) && forget_cloud (store, error)
      && sync_connection_commit (connection, error))
    return TRUE;
  sync_connection_rollback (connection);
  return FALSE;
}

/* What comes after this, storing the settings, may fail or be interrupted: then the database is
 * synced with the old cloud again, as one that is new to it, which loses nothing. */
static gboolean
leave_known_cloud (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Connecting *connecting = data;
  g_autoptr (SyncSnapshot) snapshot = NULL;

  if (is_same_cloud (connecting))
    return connecting->known_location == NULL
           || strcmp (connecting->location, connecting->known_location) == 0
           || sync_store_set_meta (store, "cloud-url", connecting->location, error);
  snapshot = sync_snapshot_take (sync_store_get_connection (store), "replace",
                                 sync_clock_now (sync_store_get_clock (store)), SNAPSHOTS_KEPT,
                                 NULL, error);
  return snapshot != NULL && sync_profile_forget_cloud (store, error);
}

/* The task that they belong to owns their argument. */
static const SyncVerb read_known_cloud_verb = { .func = read_known_cloud };
static const SyncVerb leave_known_cloud_verb = { .func = leave_known_cloud, .lasts = TRUE };

/* Who is told may begin a run at once. (error transfer full) */
static void
connect_failed (GTask *task, GError *error)
{
  Connecting *connecting = g_task_get_task_data (task);

  g_clear_pointer (&connecting->lock, sync_file_lock_release);
  g_task_return_error (task, error);
}

static void
new_session_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;

  sync_profile_load_session_finish (SYNC_PROFILE (object), result);
  sync_manager_changed (SYNC_PROFILE (object)->manager);
  g_task_return_boolean (task, TRUE);
}

static void
settings_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  Connecting *connecting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  if (!sync_settings_set_finish (SYNC_SETTINGS (object), result, &error))
    {
      connect_failed (task, g_steal_pointer (&error));
      return;
    }
  g_clear_pointer (&connecting->lock, sync_file_lock_release);
  sync_profile_make_provider (self);
  sync_profile_load_session_async (self, cancellable, new_session_loaded, g_steal_pointer (&task));
}

static void
known_cloud_left (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = SYNC_PROFILE (object);
  Connecting *connecting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  if (sync_verb_finish (&leave_known_cloud_verb, object, result, NULL, &error))
    sync_settings_set_all_async (self->settings, connecting->settings, cancellable, settings_stored,
                                 g_steal_pointer (&task));
  else
    connect_failed (task, g_steal_pointer (&error));
}

static void
change_cloud (GTask *task)
{
  SyncProfile *self = g_task_get_source_object (task);
  Connecting *connecting = g_task_get_task_data (task);

  if (!is_same_cloud (connecting) && !connecting->replace)
    connect_failed (task, other_cloud_error (connecting));
  else
    sync_verb_start (&leave_known_cloud_verb, self, self->store, connecting,
                     g_task_get_cancellable (task), known_cloud_left, g_object_ref (task));
}

static void
vault_state_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Connecting *connecting = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCloudState) state
      = sync_provider_get_state_finish (SYNC_PROVIDER (object), result, &error);

  if (state == NULL)
    {
      connect_failed (task, g_steal_pointer (&error));
      return;
    }
  connecting->user = g_strdup (state->user);
  change_cloud (task);
}

static void
vault_connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Connecting *connecting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  if (sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error))
    sync_provider_get_state_async (SYNC_PROVIDER (object), TRUE, cancellable, vault_state_read,
                                   g_steal_pointer (&task));
  else if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OFFLINE) && !is_same_cloud (connecting))
    connect_failed (task, other_cloud_error (connecting));
  else
    connect_failed (task, g_steal_pointer (&error));
}

/* A vault is only made where the database has none: one that is missing is on a disk that is not
 * there. */
static void
known_cloud_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Connecting *connecting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  if (!sync_verb_finish (&read_known_cloud_verb, object, result, NULL, &error))
    {
      connect_failed (task, g_steal_pointer (&error));
      return;
    }
  if (connecting->vault == NULL)
    {
      change_cloud (task);
      return;
    }
  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (connecting->vault),
                                  connecting->known_location == NULL || connecting->replace);
  sync_provider_connect_async (connecting->vault, cancellable, vault_connected,
                               g_steal_pointer (&task));
}

static void
connect_locked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  Connecting *connecting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  connecting->lock = sync_file_lock_acquire_finish (result, &error);
  if (connecting->lock == NULL)
    connect_failed (task, g_steal_pointer (&error));
  else
    sync_verb_start (&read_known_cloud_verb, self, self->store, connecting, cancellable,
                     known_cloud_read, g_steal_pointer (&task));
}

static void
add_setting (Connecting *connecting, const char *name, const char *value)
{
  g_hash_table_insert (connecting->settings, g_strdup (name), g_strdup (value));
}

static Connecting *
connecting_new (SyncProfile *self, const char *kind, gboolean replace)
{
  Connecting *connecting = g_new0 (Connecting, 1);

  connecting->profile = g_object_ref (self);
  connecting->replace = replace;
  connecting->settings = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  add_setting (connecting, "provider", kind);
  self->connecting++;
  return connecting;
}

static void
start_connecting (GTask *task, Connecting *connecting)
{
  SyncProfile *self = g_task_get_source_object (task);

  g_task_set_task_data (task, connecting, connecting_free);
  sync_file_lock_acquire_async (sync_store_get_path (self->store), "run", RUN_WAIT_SECONDS,
                                g_task_get_cancellable (task), connect_locked, g_object_ref (task));
}

static GTask *
connect_task (SyncProfile *self, GCancellable *cancellable, GAsyncReadyCallback callback,
              gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_profile_connect_finish);
  g_task_set_check_cancellable (task, FALSE);
  return task;
}

/* (transfer full) (nullable): whose rows a project would have, where somebody is signed in to it already */
static char *
dup_user (SyncProfile *self, const char *url)
{
  SyncProvider *provider = sync_manager_get_provider (self->manager);

  if (!SYNC_IS_SUPABASE_PROVIDER (provider) || strcmp (sync_provider_get_location (provider), url) != 0)
    return NULL;
  return g_strdup (sync_supabase_provider_get_user (SYNC_SUPABASE_PROVIDER (provider)));
}

/**
 * sync_profile_connect_supabase_async:
 * @profile: the profile
 * @url: the project's address
 * @anon_key: its anon or publishable key
 * @replace: whether to leave the cloud that this database was synced with, if that is another one:
 *   then everything is queued anew, after a snapshot
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Stores another cloud and makes it the profile's, without asking it.
 */
void
sync_profile_connect_supabase_async (SyncProfile *profile, const char *url, const char *anon_key,
                                     gboolean replace, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autofree char *normal_url = NULL, *normal_key = NULL;
  g_autoptr (GError) error = NULL;
  Connecting *connecting;

  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail (url != NULL && anon_key != NULL);

  task = connect_task (profile, cancellable, callback, user_data);
  if (!sync_supabase_provider_check (url, anon_key, &normal_url, &normal_key, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  connecting = connecting_new (profile, "supabase", replace);
  add_setting (connecting, "supabase-url", normal_url);
  add_setting (connecting, "supabase-anon-key", normal_key);
  connecting->user = dup_user (profile, normal_url);
  connecting->location = g_steal_pointer (&normal_url);
  start_connecting (task, connecting);
}

/* SQLite takes a file beside the database that is called like that for its own, and deletes it. */
static gboolean
belongs_to_database (SyncProfile *self, const char *file)
{
  static const char *const endings[] = { "-wal", "-shm", "-journal" };
  struct stat database, other;

  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *start = NULL;

      if (!g_str_has_suffix (file, endings[i]))
        continue;
      start = g_strndup (file, strlen (file) - strlen (endings[i]));
      return stat (sync_store_get_path (self->store), &database) == 0 && stat (start, &other) == 0
             && database.st_dev == other.st_dev && database.st_ino == other.st_ino;
    }
  return FALSE;
}

/**
 * sync_profile_connect_vault_async:
 * @profile: the profile
 * @path: the vault's file; a relative one is one of the current folder
 * @replace: whether to leave the cloud that this database was synced with, if that is another one:
 *   then everything is queued anew, after a snapshot
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Opens a vault, or makes it if the database was synced with no cloud before, and makes it the
 * profile's. A vault that was moved is the same cloud.
 */
void
sync_profile_connect_vault_async (SyncProfile *profile, const char *path, gboolean replace,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autofree char *file = NULL;
  Connecting *connecting;

  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail (path != NULL);

  task = connect_task (profile, cancellable, callback, user_data);
  if (*path == '\0')
    {
      g_task_return_error (task,
                           sync_error_new (SYNC_ERROR_INVALID, "vault-path", "No file is named"));
      return;
    }
  file = g_canonicalize_filename (path, NULL);
  if (belongs_to_database (profile, file))
    {
      g_task_return_error (task, sync_error_new (SYNC_ERROR_INVALID, file, "It belongs to the database"));
      return;
    }
  connecting = connecting_new (profile, "vault", replace);
  connecting->vault = sync_vault_provider_new (file, profile->clock);
  connecting->location = g_strdup (sync_provider_get_location (connecting->vault));
  add_setting (connecting, "vault-path", file);
  start_connecting (task, connecting);
}

/**
 * sync_profile_connect_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_OTHER_CLOUD: the database was synced with another
 *   one, which the subject names; SYNC_ERROR_LOCKED: a run is going on; SYNC_ERROR_INVALID,
 *   _SECRET_KEY, _INSECURE: the address or key; and those of opening a vault
 */
gboolean
sync_profile_connect_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_connect_finish), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
