/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-secret-store.h"

#include <string.h>

/**
 * SyncSecretStore:
 *
 * Where passwords' successors live: session tokens and the like. A place for secrets is a
 * subclass; who uses one never knows which.
 */
G_DEFINE_ABSTRACT_TYPE (SyncSecretStore, sync_secret_store, G_TYPE_OBJECT)

static void
sync_secret_store_class_init (SyncSecretStoreClass *class)
{
}

static void
sync_secret_store_init (SyncSecretStore *self)
{
}

/**
 * sync_secret_is_name:
 * @name: (nullable): a profile's id or a kind
 *
 * Names become file names and attributes: letters, digits, `-`, `_` and `.`, not first, at most
 * 128.
 *
 * Returns: whether @name can be one
 */
gboolean
sync_secret_is_name (const char *name)
{
  if (name == NULL || *name == '\0' || *name == '.' || strlen (name) > 128)
    return FALSE;
  for (; *name != '\0'; name++)
    if (!g_ascii_isalnum (*name) && strchr ("-_.", *name) == NULL)
      return FALSE;
  return TRUE;
}

/**
 * sync_secret_free:
 * @secret: (nullable) (transfer full): a text
 *
 * Overwrites and frees it, so that it does not stay around in freed memory.
 */
void
sync_secret_free (char *secret)
{
  if (secret == NULL)
    return;
  explicit_bzero (secret, strlen (secret));
  g_free (secret);
}

/**
 * sync_secret_store_lookup_async:
 * @store: a place for secrets
 * @profile: whose secret: a name as of [func@secret_is_name]
 * @kind: which one, likewise
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads a secret.
 */
void
sync_secret_store_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SECRET_STORE (store));
  g_return_if_fail (sync_secret_is_name (profile) && sync_secret_is_name (kind));

  SYNC_SECRET_STORE_GET_CLASS (store)->lookup_async (store, profile, kind, cancellable, callback,
                                                     user_data);
}

/**
 * sync_secret_store_lookup_finish:
 * @store: a place for secrets
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): the secret, to be freed with [func@secret_free]; %NULL
 *   with @error unset if there is none
 */
char *
sync_secret_store_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_SECRET_STORE (store), NULL);

  return SYNC_SECRET_STORE_GET_CLASS (store)->lookup_finish (store, result, error);
}

/**
 * sync_secret_store_store_async:
 * @store: a place for secrets
 * @profile: whose secret
 * @kind: which one
 * @secret: what to keep
 * @cancellable: (nullable): cancels it; it is not known then which of the two secrets is there
 * @callback: called when @secret is there durably
 * @user_data: for @callback
 *
 * Keeps a secret in place of the one before.
 */
void
sync_secret_store_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                               const char *secret, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SECRET_STORE (store));
  g_return_if_fail (sync_secret_is_name (profile) && sync_secret_is_name (kind));
  g_return_if_fail (secret != NULL);

  SYNC_SECRET_STORE_GET_CLASS (store)->store_async (store, profile, kind, secret, cancellable,
                                                    callback, user_data);
}

/**
 * sync_secret_store_store_finish:
 * @store: a place for secrets
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_secret_store_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_SECRET_STORE (store), FALSE);

  return SYNC_SECRET_STORE_GET_CLASS (store)->store_finish (store, result, error);
}

/**
 * sync_secret_store_clear_async:
 * @store: a place for secrets
 * @profile: whose secret
 * @kind: which one
 * @cancellable: (nullable): cancels it
 * @callback: called when it is gone
 * @user_data: for @callback
 *
 * Forgets a secret; one that is not there is no error.
 */
void
sync_secret_store_clear_async (SyncSecretStore *store, const char *profile, const char *kind,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SECRET_STORE (store));
  g_return_if_fail (sync_secret_is_name (profile) && sync_secret_is_name (kind));

  SYNC_SECRET_STORE_GET_CLASS (store)->store_async (store, profile, kind, NULL, cancellable,
                                                    callback, user_data);
}

/**
 * sync_secret_store_clear_finish:
 * @store: a place for secrets
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_secret_store_clear_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  return sync_secret_store_store_finish (store, result, error);
}

/**
 * sync_secret_store_unlock_async:
 * @store: a place for secrets
 * @profile: whose secret
 * @kind: which one
 * @cancellable: (nullable): cancels it
 * @callback: called when the place is open, or nobody opened it
 * @user_data: for @callback
 *
 * Asks the person at the computer to open the place where the secret is. Nothing else does.
 */
void
sync_secret_store_unlock_async (SyncSecretStore *store, const char *profile, const char *kind,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  SyncSecretStoreClass *class;
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_SECRET_STORE (store));
  g_return_if_fail (sync_secret_is_name (profile) && sync_secret_is_name (kind));

  class = SYNC_SECRET_STORE_GET_CLASS (store);
  if (class->unlock_async != NULL)
    {
      class->unlock_async (store, profile, kind, cancellable, callback, user_data);
      return;
    }
  task = g_task_new (store, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_secret_store_unlock_async);
  g_task_return_boolean (task, TRUE);
}

/**
 * sync_secret_store_unlock_finish:
 * @store: a place for secrets
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_SECRETS with the reason `locked`: it is still locked
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_secret_store_unlock_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  SyncSecretStoreClass *class;

  g_return_val_if_fail (SYNC_IS_SECRET_STORE (store), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  class = SYNC_SECRET_STORE_GET_CLASS (store);
  return class->unlock_finish != NULL ? class->unlock_finish (store, result, error)
                                      : g_task_propagate_boolean (G_TASK (result), error);
}
