/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-service-secrets.h"

#include <libsecret/secret.h>

#define ANSWER_MS 10000
#define UNLOCK_MS 120000

/**
 * SyncServiceSecrets:
 *
 * Secrets in the desktop's keyring, by way of the Secret Service. Whatever the keyring does, an
 * answer comes in time: who does not get one from it is told that it is locked.
 */
struct _SyncServiceSecrets
{
  SyncSecretStore parent_instance;

  guint answer_ms;
  guint unlock_ms;
};

G_DEFINE_FINAL_TYPE (SyncServiceSecrets, sync_service_secrets, SYNC_TYPE_SECRET_STORE)

static const SecretSchema schema = {
  "io.github.progressive_sync.Secret",
  SECRET_SCHEMA_NONE,
  { { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING }, { "kind", SECRET_SCHEMA_ATTRIBUTE_STRING } },
};

/**
 * Wait:
 * @attributes: (owned): which secret
 * @limit: (owned): ends the call to the keyring
 * @timer: (owned): when that happens by itself
 * @caller: (nullable): the caller's cancellable …
 * @caller_id: … and the connection to it
 * @late: the keyring took too long
 *
 * A call that is under way.
 */
typedef struct
{
  GHashTable *attributes;
  GCancellable *limit;
  GSource *timer;
  GCancellable *caller;
  gulong caller_id;
  gboolean late;
} Wait;

static void
wait_free (gpointer data)
{
  Wait *wait = data;

  g_source_destroy (wait->timer);
  g_source_unref (wait->timer);
  if (wait->caller != NULL)
    g_cancellable_disconnect (wait->caller, wait->caller_id);
  g_clear_object (&wait->caller);
  g_object_unref (wait->limit);
  g_hash_table_unref (wait->attributes);
  g_free (wait);
}

static gboolean
took_too_long (gpointer data)
{
  Wait *wait = data;

  wait->late = TRUE;
  g_cancellable_cancel (wait->limit);
  return G_SOURCE_REMOVE;
}

static void
caller_cancelled (GCancellable *caller, GCancellable *limit)
{
  g_cancellable_cancel (limit);
}

static GTask *
new_task (SyncServiceSecrets *self, gpointer tag, const char *profile, const char *kind,
          guint milliseconds, GCancellable *cancellable, GAsyncReadyCallback callback,
          gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Wait *wait = g_new0 (Wait, 1);

  g_task_set_source_tag (task, tag);
  wait->attributes = secret_attributes_build (&schema, "profile", profile, "kind", kind, NULL);
  wait->limit = g_cancellable_new ();
  wait->timer = g_timeout_source_new (milliseconds);
  g_source_set_callback (wait->timer, took_too_long, wait, NULL);
  g_source_attach (wait->timer, g_main_context_get_thread_default ());
  if (cancellable != NULL)
    {
      wait->caller = g_object_ref (cancellable);
      wait->caller_id = g_cancellable_connect (cancellable, G_CALLBACK (caller_cancelled),
                                               g_object_ref (wait->limit), g_object_unref);
    }
  g_task_set_task_data (task, wait, wait_free);
  return task;
}

static GError *
new_error (const char *reason, const char *text)
{
  GError *error = sync_error_new (SYNC_ERROR_SECRETS, NULL, "The keyring: %s", text);

  sync_error_set_reason (error, reason, 0);
  return error;
}

static void
fail (GTask *task, const GError *error)
{
  const Wait *wait = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return;
  if (wait->late || g_error_matches (error, SECRET_ERROR, SECRET_ERROR_IS_LOCKED)
      || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_task_return_error (task, new_error ("locked", "nobody unlocked it"));
  else
    g_task_return_error (task, new_error ("no-keyring", error->message));
}

/* --- Reading ---------------------------------------------------------------------------------- */

static void
secret_loaded (GTask *task, SecretItem *item)
{
  g_autoptr (SecretValue) value = secret_item_get_secret (item);
  const char *text = value != NULL ? secret_value_get_text (value) : NULL;

  if (text != NULL)
    g_task_return_pointer (task, g_strdup (text), (GDestroyNotify) sync_secret_free);
  else
    g_task_return_error (task, new_error ("locked", "it does not give the secret away"));
}

static void
found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (object), result, &error);

  if (error != NULL)
    fail (task, error);
  else if (items == NULL)
    g_task_return_pointer (task, NULL, NULL);
  else
    secret_loaded (task, items->data);
  g_list_free_full (items, g_object_unref);
}

static void
service_got (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Wait *wait = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = secret_service_get_finish (result, &error);

  if (service == NULL)
    fail (task, error);
  else
    /* Not SECRET_SEARCH_UNLOCK: nobody is asked for a password by a program that only looks. */
    secret_service_search (service, &schema, wait->attributes, SECRET_SEARCH_LOAD_SECRETS,
                           wait->limit, found, g_steal_pointer (&task));
}

static void
sync_service_secrets_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  SyncServiceSecrets *self = SYNC_SERVICE_SECRETS (store);
  GTask *task = new_task (self, sync_service_secrets_lookup_async, profile, kind, self->answer_ms,
                          cancellable, callback, user_data);

  secret_service_get (SECRET_SERVICE_OPEN_SESSION, ((Wait *) g_task_get_task_data (task))->limit,
                      service_got, task);
}

static char *
sync_service_secrets_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Unlocking --------------------------------------------------------------------------------- */

static void
collection_unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  int count = secret_service_unlock_finish (SECRET_SERVICE (object), result, NULL, &error);

  if (error != NULL)
    fail (task, error);
  else if (count < 1)
    g_task_return_error (task, new_error ("locked", "nobody unlocked it"));
  else
    g_task_return_boolean (task, TRUE);
}

static void
collection_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Wait *wait = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretCollection) collection = secret_collection_for_alias_finish (result, &error);
  g_autoptr (GList) collections = NULL;

  if (error != NULL)
    fail (task, error);
  else if (collection == NULL)
    g_task_return_error (task, new_error ("locked", "there is nothing to be unlocked"));
  else
    {
      collections = g_list_prepend (NULL, collection);
      secret_service_unlock (secret_collection_get_service (collection), collections, wait->limit,
                             collection_unlocked, g_steal_pointer (&task));
    }
}

/* A prompt that was dismissed is no error there: the item just stays locked. A collection that was never unlocked
 * since the login does not even tell what is in it. */
static void
unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;
  GList *items = secret_service_search_finish (SECRET_SERVICE (object), result, &error);

  if (error != NULL)
    fail (task, error);
  else if (items == NULL)
    secret_collection_for_alias (SECRET_SERVICE (object), SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE,
                                 ((Wait *) g_task_get_task_data (task))->limit, collection_found,
                                 g_object_ref (task));
  else if (secret_item_get_locked (items->data))
    g_task_return_error (task, new_error ("locked", "nobody unlocked it"));
  else
    g_task_return_boolean (task, TRUE);
  g_list_free_full (items, g_object_unref);
}

static void
service_got_to_unlock (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Wait *wait = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SecretService) service = secret_service_get_finish (result, &error);

  if (service == NULL)
    fail (task, error);
  else
    secret_service_search (service, &schema, wait->attributes, SECRET_SEARCH_UNLOCK, wait->limit,
                           unlocked, g_steal_pointer (&task));
}

static void
sync_service_secrets_unlock_async (SyncSecretStore *store, const char *profile, const char *kind,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  SyncServiceSecrets *self = SYNC_SERVICE_SECRETS (store);
  GTask *task = new_task (self, sync_service_secrets_unlock_async, profile, kind, self->unlock_ms,
                          cancellable, callback, user_data);

  secret_service_get (SECRET_SERVICE_OPEN_SESSION, ((Wait *) g_task_get_task_data (task))->limit,
                      service_got_to_unlock, task);
}

static gboolean
sync_service_secrets_unlock_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- Writing ---------------------------------------------------------------------------------- */

static void
stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (secret_password_store_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    fail (task, error);
}

static void
cleared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  secret_password_clear_finish (result, &error);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    fail (task, error);
}

static void
sync_service_secrets_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                                  const char *secret, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  SyncServiceSecrets *self = SYNC_SERVICE_SECRETS (store);
  GTask *task = new_task (self, sync_service_secrets_store_async, profile, kind,
                          secret != NULL ? self->unlock_ms : self->answer_ms, cancellable,
                          callback, user_data);
  const Wait *wait = g_task_get_task_data (task);

  if (secret != NULL)
    secret_password_storev (&schema, wait->attributes, SECRET_COLLECTION_DEFAULT,
                            "Progressive Sync", secret, wait->limit, stored, task);
  else
    secret_password_clearv (&schema, wait->attributes, wait->limit, cleared, task);
}

static gboolean
sync_service_secrets_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sync_service_secrets_class_init (SyncServiceSecretsClass *class)
{
  SyncSecretStoreClass *store_class = SYNC_SECRET_STORE_CLASS (class);

  store_class->lookup_async = sync_service_secrets_lookup_async;
  store_class->lookup_finish = sync_service_secrets_lookup_finish;
  store_class->store_async = sync_service_secrets_store_async;
  store_class->store_finish = sync_service_secrets_store_finish;
  store_class->unlock_async = sync_service_secrets_unlock_async;
  store_class->unlock_finish = sync_service_secrets_unlock_finish;
}

static void
sync_service_secrets_init (SyncServiceSecrets *self)
{
  self->answer_ms = ANSWER_MS;
  self->unlock_ms = UNLOCK_MS;
}

/**
 * sync_service_secrets_new:
 *
 * Returns: (transfer full): the desktop's keyring, whether there is one or not
 */
SyncSecretStore *
sync_service_secrets_new (void)
{
  return g_object_new (SYNC_TYPE_SERVICE_SECRETS, NULL);
}

/**
 * sync_service_secrets_set_patience:
 * @secrets: the keyring
 * @answer_ms: how long it may take to answer
 * @unlock_ms: how long a person may take to unlock it
 */
void
sync_service_secrets_set_patience (SyncServiceSecrets *secrets, guint answer_ms, guint unlock_ms)
{
  g_return_if_fail (SYNC_IS_SERVICE_SECRETS (secrets));

  secrets->answer_ms = answer_ms;
  secrets->unlock_ms = unlock_ms;
}
