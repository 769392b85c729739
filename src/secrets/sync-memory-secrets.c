/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-memory-secrets.h"

/**
 * SyncMemorySecrets:
 *
 * Secrets that last as long as the process: for who does not want them on disk, and for tests.
 */
struct _SyncMemorySecrets
{
  SyncSecretStore parent_instance;

  GHashTable *secrets; /* (owned) (element-type utf8 utf8): "profile/kind" → secret */
};

G_DEFINE_FINAL_TYPE (SyncMemorySecrets, sync_memory_secrets, SYNC_TYPE_SECRET_STORE)

static void
sync_memory_secrets_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                  GCancellable *cancellable, GAsyncReadyCallback callback,
                                  gpointer user_data)
{
  SyncMemorySecrets *self = SYNC_MEMORY_SECRETS (store);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *name = g_strdup_printf ("%s/%s", profile, kind);

  g_task_set_source_tag (task, sync_memory_secrets_lookup_async);
  g_task_return_pointer (task, g_strdup (g_hash_table_lookup (self->secrets, name)),
                         (GDestroyNotify) sync_secret_free);
}

static char *
sync_memory_secrets_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
sync_memory_secrets_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                                 const char *secret, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  SyncMemorySecrets *self = SYNC_MEMORY_SECRETS (store);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *name = g_strdup_printf ("%s/%s", profile, kind);

  g_task_set_source_tag (task, sync_memory_secrets_store_async);
  if (g_task_return_error_if_cancelled (task))
    return;
  if (secret != NULL)
    g_hash_table_replace (self->secrets, g_steal_pointer (&name), g_strdup (secret));
  else
    g_hash_table_remove (self->secrets, name);
  g_task_return_boolean (task, TRUE);
}

static gboolean
sync_memory_secrets_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sync_memory_secrets_finalize (GObject *object)
{
  SyncMemorySecrets *self = SYNC_MEMORY_SECRETS (object);

  g_hash_table_unref (self->secrets);
  G_OBJECT_CLASS (sync_memory_secrets_parent_class)->finalize (object);
}

static void
sync_memory_secrets_class_init (SyncMemorySecretsClass *class)
{
  SyncSecretStoreClass *store_class = SYNC_SECRET_STORE_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_memory_secrets_finalize;
  store_class->lookup_async = sync_memory_secrets_lookup_async;
  store_class->lookup_finish = sync_memory_secrets_lookup_finish;
  store_class->store_async = sync_memory_secrets_store_async;
  store_class->store_finish = sync_memory_secrets_store_finish;
}

static void
sync_memory_secrets_init (SyncMemorySecrets *self)
{
  self->secrets
      = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) sync_secret_free);
}

/**
 * sync_memory_secrets_new:
 *
 * Returns: (transfer full): a place for secrets that is empty
 */
SyncSecretStore *
sync_memory_secrets_new (void)
{
  return g_object_new (SYNC_TYPE_MEMORY_SECRETS, NULL);
}
