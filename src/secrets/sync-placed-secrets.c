/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-placed-secrets.h"

#define IN_KEYRING "keyring"

/**
 * SyncPlacedSecrets:
 *
 * Decides where a secret is kept: where it already is, else in the keyring, else, with consent, in
 * a file. That a secret is in the keyring is noted in the file, so that a keyring which says nothing
 * is not taken for one that has nothing: nobody is signed out by a locked keyring.
 */
struct _SyncPlacedSecrets
{
  SyncSecretStore parent_instance;

  SyncSecretStore *files;   /* (owned) */
  SyncSecretStore *keyring; /* (owned) */
  gboolean files_allowed;
};

G_DEFINE_FINAL_TYPE (SyncPlacedSecrets, sync_placed_secrets, SYNC_TYPE_SECRET_STORE)

/**
 * Call:
 * @profile: (owned): whose secret
 * @kind: (owned): which one
 * @note: (owned): under which name its place is noted
 * @secret: (owned) (nullable): to be kept; %NULL: to be forgotten
 * @noted: whether it was noted to be in the keyring
 * @problem: (owned) (nullable): why the keyring did not take it
 */
typedef struct
{
  char *profile;
  char *kind;
  char *note;
  char *secret;
  gboolean noted;
  GError *problem;
} Call;

static void
call_free (gpointer data)
{
  Call *call = data;

  g_free (call->profile);
  g_free (call->kind);
  g_free (call->note);
  sync_secret_free (call->secret);
  g_clear_error (&call->problem);
  g_free (call);
}

static GTask *
new_task (SyncPlacedSecrets *self, gpointer tag, const char *profile, const char *kind,
          const char *secret, GCancellable *cancellable, GAsyncReadyCallback callback,
          gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Call *call = g_new0 (Call, 1);

  g_task_set_source_tag (task, tag);
  call->profile = g_strdup (profile);
  call->kind = g_strdup (kind);
  call->note = g_strconcat (kind, "-place", NULL);
  call->secret = g_strdup (secret);
  g_task_set_task_data (task, call, call_free);
  return task;
}

static SyncPlacedSecrets *
get_self (GTask *task)
{
  return g_task_get_source_object (task);
}

static void
look_up (GTask *task, SyncSecretStore *place, const char *kind, GAsyncReadyCallback callback)
{
  const Call *call = g_task_get_task_data (task);

  sync_secret_store_lookup_async (place, call->profile, kind, g_task_get_cancellable (task),
                                  callback, g_object_ref (task));
}

/* secret NULL: forget */
static void
put (GTask *task, SyncSecretStore *place, const char *kind, const char *secret,
     GAsyncReadyCallback callback)
{
  const Call *call = g_task_get_task_data (task);

  if (secret != NULL)
    sync_secret_store_store_async (place, call->profile, kind, secret,
                                   g_task_get_cancellable (task), callback, g_object_ref (task));
  else
    sync_secret_store_clear_async (place, call->profile, kind, g_task_get_cancellable (task),
                                   callback, g_object_ref (task));
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void
read_from_keyring (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  char *secret = sync_secret_store_lookup_finish (SYNC_SECRET_STORE (object), result, &error);

  if (secret == NULL && error == NULL)
    {
      error = sync_error_new (SYNC_ERROR_SECRETS, NULL, "The keyring does not have the secret");
      sync_error_set_reason (error, "locked", 0);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, secret, (GDestroyNotify) sync_secret_free);
}

static void
note_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  char *note = sync_secret_store_lookup_finish (SYNC_SECRET_STORE (object), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else if (note == NULL)
    g_task_return_pointer (task, NULL, NULL);
  else
    look_up (task, get_self (task)->keyring, call->kind, read_from_keyring);
  sync_secret_free (note);
}

static void
read_from_file (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  char *secret = sync_secret_store_lookup_finish (SYNC_SECRET_STORE (object), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else if (secret != NULL)
    g_task_return_pointer (task, secret, (GDestroyNotify) sync_secret_free);
  else
    look_up (task, get_self (task)->files, call->note, note_read);
}

static void
sync_placed_secrets_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  SyncPlacedSecrets *self = SYNC_PLACED_SECRETS (store);
  g_autoptr (GTask) task = new_task (self, sync_placed_secrets_lookup_async, profile, kind, NULL,
                                     cancellable, callback, user_data);

  look_up (task, self->files, kind, read_from_file);
}

static char *
sync_placed_secrets_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Unlocking --------------------------------------------------------------------------------- */

static void
keyring_unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sync_secret_store_unlock_finish (SYNC_SECRET_STORE (object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
sync_placed_secrets_unlock_async (SyncSecretStore *store, const char *profile, const char *kind,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  GTask *task = new_task (SYNC_PLACED_SECRETS (store), sync_placed_secrets_unlock_async, profile, kind,
                          NULL, cancellable, callback, user_data);

  sync_secret_store_unlock_async (get_self (task)->keyring, profile, kind, cancellable,
                                  keyring_unlocked, task);
}

static gboolean
sync_placed_secrets_unlock_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Writing ---------------------------------------------------------------------------------- */

/* The last step of all ways. */
static void
written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sync_secret_store_store_finish (SYNC_SECRET_STORE (object), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
file_written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Call *call = g_task_get_task_data (task);
  GError *error = NULL;

  if (!sync_secret_store_store_finish (SYNC_SECRET_STORE (object), result, &error))
    g_task_return_error (task, error);
  else
    put (task, get_self (task)->files, call->note, NULL, written);
}

static void
keyring_written (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncPlacedSecrets *self = get_self (task);
  const Call *call = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (sync_secret_store_store_finish (SYNC_SECRET_STORE (object), result, &error))
    put (task, self->files, call->note, IN_KEYRING, written);
  else if (self->files_allowed && !sync_error_is_cancelled (error))
    put (task, self->files, call->kind, call->secret, file_written);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

/* Without its note it is never used again, also if the keyring, being locked, has to keep it. */
static void
keyring_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_secret_store_clear_finish (SYNC_SECRET_STORE (object), result, &error))
    g_debug ("The keyring keeps a secret that is not used any more: %s", error->message);
  g_task_return_boolean (task, TRUE);
}

static void
note_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;

  if (!sync_secret_store_clear_finish (SYNC_SECRET_STORE (object), result, &error))
    g_task_return_error (task, error);
  else if (call->noted)
    put (task, get_self (task)->keyring, call->kind, NULL, keyring_cleared);
  else
    g_task_return_boolean (task, TRUE);
}

static void
file_cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;

  if (!sync_secret_store_clear_finish (SYNC_SECRET_STORE (object), result, &error))
    g_task_return_error (task, error);
  else
    put (task, get_self (task)->files, call->note, NULL, note_cleared);
}

static void
place_noted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncPlacedSecrets *self = get_self (task);
  Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  char *note = sync_secret_store_lookup_finish (SYNC_SECRET_STORE (object), result, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  call->noted = note != NULL;
  sync_secret_free (note);
  if (call->secret == NULL)
    put (task, self->files, call->kind, NULL, file_cleared);
  else
    put (task, self->keyring, call->kind, call->secret, keyring_written);
}

static void
place_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncPlacedSecrets *self = get_self (task);
  const Call *call = g_task_get_task_data (task);
  GError *error = NULL;
  char *before = sync_secret_store_lookup_finish (SYNC_SECRET_STORE (object), result, &error);

  if (error != NULL)
    g_task_return_error (task, error);
  else if (before != NULL && call->secret != NULL)
    put (task, self->files, call->kind, call->secret, written);
  else
    look_up (task, self->files, call->note, place_noted);
  sync_secret_free (before);
}

static void
sync_placed_secrets_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                                 const char *secret, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  SyncPlacedSecrets *self = SYNC_PLACED_SECRETS (store);
  g_autoptr (GTask) task = new_task (self, sync_placed_secrets_store_async, profile, kind, secret,
                                     cancellable, callback, user_data);

  look_up (task, self->files, kind, place_found);
}

static gboolean
sync_placed_secrets_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sync_placed_secrets_finalize (GObject *object)
{
  SyncPlacedSecrets *self = SYNC_PLACED_SECRETS (object);

  g_object_unref (self->files);
  g_object_unref (self->keyring);

  G_OBJECT_CLASS (sync_placed_secrets_parent_class)->finalize (object);
}

static void
sync_placed_secrets_class_init (SyncPlacedSecretsClass *class)
{
  SyncSecretStoreClass *store_class = SYNC_SECRET_STORE_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_placed_secrets_finalize;
  store_class->lookup_async = sync_placed_secrets_lookup_async;
  store_class->lookup_finish = sync_placed_secrets_lookup_finish;
  store_class->store_async = sync_placed_secrets_store_async;
  store_class->store_finish = sync_placed_secrets_store_finish;
  store_class->unlock_async = sync_placed_secrets_unlock_async;
  store_class->unlock_finish = sync_placed_secrets_unlock_finish;
}

static void
sync_placed_secrets_init (SyncPlacedSecrets *self)
{
}

/**
 * sync_placed_secrets_new:
 * @files: where notes are kept, and with consent secrets
 * @keyring: where secrets are kept
 *
 * Returns: (transfer full): both as one place
 */
SyncSecretStore *
sync_placed_secrets_new (SyncSecretStore *files, SyncSecretStore *keyring)
{
  SyncPlacedSecrets *self = g_object_new (SYNC_TYPE_PLACED_SECRETS, NULL);

  self->files = g_object_ref (files);
  self->keyring = g_object_ref (keyring);
  return SYNC_SECRET_STORE (self);
}

/**
 * sync_placed_secrets_set_files_allowed:
 * @secrets: a place for secrets
 * @allowed: whether a secret that the keyring does not take may go into a file
 */
void
sync_placed_secrets_set_files_allowed (SyncPlacedSecrets *secrets, gboolean allowed)
{
  g_return_if_fail (SYNC_IS_PLACED_SECRETS (secrets));

  secrets->files_allowed = allowed;
}
