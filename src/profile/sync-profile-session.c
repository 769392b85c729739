/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-supabase-provider.h"
#include "sync-verb.h"

/* Who is signed in to the profile's cloud. */

/* How long signing in waits for a run to end. */
#define RUN_WAIT_SECONDS 30

static SyncSupabaseProvider *
get_supabase (SyncProfile *self)
{
  SyncProvider *provider = sync_manager_get_provider (self->manager);

  return SYNC_IS_SUPABASE_PROVIDER (provider) ? SYNC_SUPABASE_PROVIDER (provider) : NULL;
}

static void
note_session (SyncProfile *self)
{
  SyncSupabaseProvider *supabase = get_supabase (self);
  const char *email = supabase != NULL ? sync_supabase_provider_get_email (supabase) : NULL;

  if (supabase == NULL)
    return;
  if (email != NULL)
    {
      g_free (self->last_email);
      self->last_email = g_strdup (email);
    }
  sync_manager_note_session (self->manager, sync_supabase_provider_get_signed_in (supabase));
}

static void
session_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

void
sync_profile_load_session_async (SyncProfile *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  SyncSupabaseProvider *supabase = get_supabase (self);

  g_task_set_source_tag (task, sync_profile_load_session_async);
  g_task_set_check_cancellable (task, FALSE);
  if (supabase == NULL)
    g_task_return_boolean (task, TRUE);
  else
    sync_provider_connect_async (SYNC_PROVIDER (supabase), cancellable, session_loaded,
                                 g_steal_pointer (&task));
}

void
sync_profile_load_session_finish (SyncProfile *self, GAsyncResult *result)
{
  g_autoptr (GError) error = NULL;

  g_assert (g_task_is_valid (result, self));
  g_assert (g_async_result_is_tagged (result, sync_profile_load_session_async));

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    g_debug ("The session cannot be read: %s", error->message);
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRETS))
    sync_manager_note_secrets (self->manager, error);
  else
    note_session (self);
  sync_manager_refresh (self->manager);
}

static gboolean
tell_others (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  return sync_manager_tell_session_changed (store, error);
}

static const SyncVerb tell_others_verb = { .func = tell_others, .lasts = TRUE };

/* That others do not hear of it harms nobody for long. */
static void
others_told (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_verb_finish (&tell_others_verb, object, result, NULL, &error))
    g_debug ("Other programs are not told of the session: %s", error->message);
  sync_manager_changed (SYNC_PROFILE (object)->manager);
  g_task_return_boolean (task, TRUE);
}

static void
session_changed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (object), result, &error))
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  note_session (self);
  sync_verb_start (&tell_others_verb, self, self->store, NULL, NULL, others_told, g_steal_pointer (&task));
}

/* (transfer full) */
static GError *
explain_no_accounts (SyncProfile *self)
{
  GError *error;

  if (sync_manager_get_provider (self->manager) == NULL)
    return sync_manager_explain_unavailable (self->manager);
  error = sync_error_new (SYNC_ERROR_NOT_CONNECTED, NULL, "There is no cloud with accounts");
  sync_error_set_reason (error, "no-accounts", 0);
  return error;
}

/* (transfer full) (nullable): NULL: there is no cloud with accounts, and the caller was told. */
static GTask *
session_task (SyncProfile *self, GCancellable *cancellable, GAsyncReadyCallback callback,
              gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_profile_session_finish);
  g_task_set_check_cancellable (task, FALSE);
  if (get_supabase (self) != NULL)
    return g_steal_pointer (&task);
  g_task_return_error (task, explain_no_accounts (self));
  return NULL;
}

typedef void (*EnterFunc) (SyncSupabaseProvider *, const char *, const char *, GCancellable *,
                           GAsyncReadyCallback, gpointer);

/**
 * Entry:
 * @func: by a new account or by one that there is
 * @email: (owned): whose
 * @password: (owned): their password
 * @lock: (owned) (nullable): keeps runs away
 *
 * Somebody is about to come in.
 */
typedef struct
{
  EnterFunc func;
  char *email;
  char *password;
  SyncFileLock *lock;
} Entry;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->email);
  sync_secret_free (entry->password);
  g_clear_pointer (&entry->lock, sync_file_lock_release);
  g_free (entry);
}

/* Who is told may begin a run at once. */
static void
entered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  Entry *entry = g_task_get_task_data (user_data);

  g_clear_pointer (&entry->lock, sync_file_lock_release);
  session_changed (object, result, user_data);
}

static void
entry_locked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  Entry *entry = g_task_get_task_data (task);
  GError *error = NULL;

  entry->lock = sync_file_lock_acquire_finish (result, &error);
  if (entry->lock == NULL)
    g_task_return_error (task, error);
  else if (get_supabase (self) == NULL)
    g_task_return_error (task, explain_no_accounts (self));
  else
    entry->func (get_supabase (self), entry->email, entry->password, g_task_get_cancellable (task), entered,
                 g_object_ref (task));
}

/* A run that goes on, whichever program's it is, would do the rest of its work in the name of who comes, and mix the
 * rows of two users. */
static void
enter (SyncProfile *self, EnterFunc func, const char *email, const char *password,
       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = session_task (self, cancellable, callback, user_data);
  Entry *entry;

  if (task == NULL)
    return;
  entry = g_new0 (Entry, 1);
  entry->func = func;
  entry->email = g_strdup (email);
  entry->password = g_strdup (password);
  g_task_set_task_data (task, entry, entry_free);
  sync_file_lock_acquire_async (sync_store_get_path (self->store), "run", RUN_WAIT_SECONDS, cancellable,
                                entry_locked, task);
}

/**
 * sync_profile_sign_up_async:
 * @profile: the profile
 * @email: an address
 * @password: a new password
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Makes an account in the cloud. A run that goes on is waited for, half a minute.
 */
void
sync_profile_sign_up_async (SyncProfile *profile, const char *email, const char *password,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail (email != NULL && password != NULL);

  enter (profile, sync_supabase_provider_sign_up_async, email, password, cancellable, callback,
         user_data);
}

/**
 * sync_profile_sign_in_async:
 * @profile: the profile
 * @email: an account's address
 * @password: its password
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Begins a session with the cloud. A run that goes on is waited for, half a minute.
 */
void
sync_profile_sign_in_async (SyncProfile *profile, const char *email, const char *password,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail (email != NULL && password != NULL);

  enter (profile, sync_supabase_provider_sign_in_async, email, password, cancellable, callback,
         user_data);
}

/* The session that is kept is with the database's own project, and whoever asks may not know that a variable names
 * another one. */
static gboolean
is_session_elsewhere (SyncProfile *self)
{
  return sync_settings_get_source (self->settings, "supabase-url") == SYNC_SETTING_ENVIRONMENT
         && !sync_supabase_provider_get_signed_in (get_supabase (self));
}

/**
 * sync_profile_sign_out_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Ends the session with the cloud. Every row stays where it is. SYNC_ERROR_NOT_FOUND: the environment names the
 * project, and nobody is signed in to that one; a session with another one stays.
 */
void
sync_profile_sign_out_async (SyncProfile *profile, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = session_task (profile, cancellable, callback, user_data);
  if (task == NULL)
    return;
  if (is_session_elsewhere (profile))
    {
      GError *error = NULL;

      sync_error_set_absent (&error, "session",
                             sync_provider_get_location (SYNC_PROVIDER (get_supabase (profile))));
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  sync_supabase_provider_sign_out_async (get_supabase (profile), cancellable, session_changed, task);
}

static void
unlocked_session_loaded (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = SYNC_PROFILE (object);

  sync_profile_load_session_finish (self, result);
  sync_manager_changed (self->manager);
  g_task_return_boolean (task, TRUE);
}

static void
secrets_unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncProfile *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (sync_secret_store_unlock_finish (SYNC_SECRET_STORE (object), result, &error))
    sync_profile_load_session_async (self, g_task_get_cancellable (task), unlocked_session_loaded,
                                     g_object_ref (task));
  else
    g_task_return_error (task, error);
}

/**
 * sync_profile_unlock_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Asks the person at the computer to unlock the keyring that the session is in, and reads it then. To be finished
 * with [method@Profile.session_finish].
 */
void
sync_profile_unlock_async (SyncProfile *profile, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = session_task (profile, cancellable, callback, user_data);
  if (task != NULL)
    sync_secret_store_unlock_async (profile->secrets, profile->id, SYNC_PROFILE_SESSION_SECRET,
                                    cancellable, secrets_unlocked, task);
}

/**
 * sync_profile_session_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_CONNECTED: there is no cloud, or (reason
 *   `no-accounts`) one that has no accounts; SYNC_ERROR_LOCKED: a run goes on; and those of signing in
 */
gboolean
sync_profile_session_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_session_finish), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_profile_get_email:
 * @profile: the profile
 *
 * Returns: (transfer none) (nullable): who is signed in
 */
const char *
sync_profile_get_email (SyncProfile *profile)
{
  SyncSupabaseProvider *supabase;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  supabase = get_supabase (profile);
  return supabase != NULL ? sync_supabase_provider_get_email (supabase) : NULL;
}

/**
 * sync_profile_get_last_email:
 * @profile: the profile
 *
 * Returns: (transfer none) (nullable): who is signed in, or was the last to be, as far as this object saw
 */
const char *
sync_profile_get_last_email (SyncProfile *profile)
{
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  return get_supabase (profile) != NULL ? profile->last_email : NULL;
}
