/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-provider-private.h"

#define DEFAULT_PATIENCE_MS 10000
#define DEFAULT_REST_MS 3000

enum
{
  PROP_0,
  PROP_CREATE,
  N_PROPS,
};

G_DEFINE_FINAL_TYPE (SyncVaultProvider, sync_vault_provider, SYNC_TYPE_PROVIDER)

static GParamSpec *properties[N_PROPS];

static SyncVaultRequest *
request_new (SyncVaultProvider *self, SyncVaultFunc func, gboolean writes)
{
  return sync_vault_request_new (func, writes, sync_clock_now (self->clock));
}

static SyncVaultRequest *
rows_request_new (SyncVaultProvider *self, SyncVaultFunc func, gboolean writes,
                  const SyncEntity *entity, GBytes *input)
{
  SyncVaultRequest *request = request_new (self, func, writes);

  request->entity = sync_entity_ref ((SyncEntity *) entity);
  request->input = input != NULL ? g_bytes_ref (input) : NULL;
  return request;
}

static const char *
sync_vault_provider_get_name (SyncProvider *provider)
{
  return "vault";
}

static const char *
sync_vault_provider_get_location (SyncProvider *provider)
{
  return SYNC_VAULT_PROVIDER (provider)->path;
}

static void
sync_vault_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  *usage = SYNC_VAULT_PROVIDER (provider)->usage;
}

static void
sync_vault_provider_connect_async (SyncProvider *provider, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  sync_vault_provider_ask (SYNC_VAULT_PROVIDER (provider), sync_vault_provider_connect_async, NULL,
                           cancellable, callback, user_data);
}

static gboolean
sync_vault_provider_connect_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_vault_provider_connect_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* There is only the one file: every read is as strong as it can be. */
static void
sync_vault_provider_get_state_async (SyncProvider *provider, gboolean strong,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  sync_vault_provider_ask (self, sync_vault_provider_get_state_async,
                           request_new (self, sync_vault_read_state, FALSE), cancellable, callback,
                           user_data);
}

static SyncCloudState *
sync_vault_provider_get_state_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  SyncVaultRequest *request = sync_vault_provider_finish (
      SYNC_VAULT_PROVIDER (provider), result, sync_vault_provider_get_state_async, error);

  return request != NULL ? g_steal_pointer (&request->state) : NULL;
}

static GBytes *
finish_output (SyncProvider *provider, GAsyncResult *result, gpointer tag, GError **error)
{
  SyncVaultRequest *request
      = sync_vault_provider_finish (SYNC_VAULT_PROVIDER (provider), result, tag, error);

  return request != NULL ? g_steal_pointer (&request->output) : NULL;
}

static void
sync_vault_provider_pull_async (SyncProvider *provider, const SyncEntity *entity,
                                const SyncPullQuery *query, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = rows_request_new (self, sync_vault_pull, FALSE, entity, NULL);

  request->query = *query;
  request->not_run = g_strdup (query->not_run);
  request->query.not_run = request->not_run;
  sync_vault_provider_ask (self, sync_vault_provider_pull_async, request, cancellable, callback,
                           user_data);
}

static GBytes *
sync_vault_provider_pull_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_pull_async, error);
}

static void
sync_vault_provider_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  sync_vault_provider_ask (self, sync_vault_provider_push_async,
                           rows_request_new (self, sync_vault_push, TRUE, entity, rows),
                           cancellable, callback, user_data);
}

static GBytes *
sync_vault_provider_push_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_push_async, error);
}

static void
sync_vault_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys,
                                 gboolean strong, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  sync_vault_provider_ask (self, sync_vault_provider_fetch_async,
                           rows_request_new (self, sync_vault_fetch, FALSE, entity, keys),
                           cancellable, callback, user_data);
}

static GBytes *
sync_vault_provider_fetch_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_fetch_async, error);
}

static void
sync_vault_provider_digest_async (SyncProvider *provider, const SyncEntity *entity,
                                  const char *prefix, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = request_new (self, sync_vault_digest, FALSE);

  request->entity = sync_entity_ref ((SyncEntity *) entity);
  request->text = g_strdup (prefix);
  sync_vault_provider_ask (self, sync_vault_provider_digest_async, request, cancellable, callback,
                           user_data);
}

static gboolean
sync_vault_provider_digest_finish (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest,
                                   GError **error)
{
  SyncVaultRequest *request = sync_vault_provider_finish (SYNC_VAULT_PROVIDER (provider), result,
                                                          sync_vault_provider_digest_async, error);

  if (request != NULL)
    *digest = request->digest;
  return request != NULL;
}

static void
sync_vault_provider_put_device_async (SyncProvider *provider, const SyncDevice *device,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = request_new (self, sync_vault_put_device, TRUE);

  request->device = sync_device_copy (device);
  sync_vault_provider_ask (self, sync_vault_provider_put_device_async, request, cancellable,
                           callback, user_data);
}

static gboolean
sync_vault_provider_put_device_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return sync_vault_provider_finish (SYNC_VAULT_PROVIDER (provider), result,
                                     sync_vault_provider_put_device_async, error)
         != NULL;
}

static void
sync_vault_provider_delete_all_async (SyncProvider *provider, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  sync_vault_provider_ask (self, sync_vault_provider_delete_all_async,
                           request_new (self, sync_vault_delete_all, TRUE), cancellable, callback,
                           user_data);
}

static gboolean
sync_vault_provider_delete_all_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return sync_vault_provider_finish (SYNC_VAULT_PROVIDER (provider), result,
                                     sync_vault_provider_delete_all_async, error)
         != NULL;
}

static void
sync_vault_provider_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  switch (id)
    {
    case PROP_CREATE:
      g_value_set_boolean (value, self->create);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_vault_provider_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  switch (id)
    {
    case PROP_CREATE:
      sync_vault_provider_set_create (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_vault_provider_finalize (GObject *object)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  sync_vault_provider_leave (self);
  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->warnings);
  g_clear_object (&self->clock);
  g_free (self->vault_id);
  g_free (self->path);

  G_OBJECT_CLASS (sync_vault_provider_parent_class)->finalize (object);
}

static void
sync_vault_provider_class_init (SyncVaultProviderClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  object_class->get_property = sync_vault_provider_get_property;
  object_class->set_property = sync_vault_provider_set_property;
  object_class->finalize = sync_vault_provider_finalize;
  provider_class->get_name = sync_vault_provider_get_name;
  provider_class->get_location = sync_vault_provider_get_location;
  provider_class->get_usage = sync_vault_provider_get_usage;
  provider_class->connect_async = sync_vault_provider_connect_async;
  provider_class->connect_finish = sync_vault_provider_connect_finish;
  provider_class->get_state_async = sync_vault_provider_get_state_async;
  provider_class->get_state_finish = sync_vault_provider_get_state_finish;
  provider_class->pull_async = sync_vault_provider_pull_async;
  provider_class->pull_finish = sync_vault_provider_pull_finish;
  provider_class->push_async = sync_vault_provider_push_async;
  provider_class->push_finish = sync_vault_provider_push_finish;
  provider_class->fetch_async = sync_vault_provider_fetch_async;
  provider_class->fetch_finish = sync_vault_provider_fetch_finish;
  provider_class->digest_async = sync_vault_provider_digest_async;
  provider_class->digest_finish = sync_vault_provider_digest_finish;
  provider_class->put_device_async = sync_vault_provider_put_device_async;
  provider_class->put_device_finish = sync_vault_provider_put_device_finish;
  provider_class->delete_all_async = sync_vault_provider_delete_all_async;
  provider_class->delete_all_finish = sync_vault_provider_delete_all_finish;

  /**
   * SyncVaultProvider:create:
   *
   * Whether opening the vault for the first time may create it. Off once it was open.
   */
  properties[PROP_CREATE]
      = g_param_spec_boolean ("create", NULL, NULL, FALSE,
                              G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_vault_provider_init (SyncVaultProvider *self)
{
  self->patience_ms = DEFAULT_PATIENCE_MS;
  self->rest_ms = DEFAULT_REST_MS;
  self->waiting = g_ptr_array_new ();
  self->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_vault_warning_free);
}

/**
 * sync_vault_provider_new: (constructor)
 * @path: the vault's file
 * @clock: the time
 *
 * Returns: (transfer full): a provider that opens the vault when it is first needed
 */
SyncProvider *
sync_vault_provider_new (const char *path, SyncClock *clock)
{
  SyncVaultProvider *self;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (SYNC_IS_CLOCK (clock), NULL);

  self = g_object_new (SYNC_TYPE_VAULT_PROVIDER, NULL);
  self->path = g_canonicalize_filename (path, NULL);
  self->clock = g_object_ref (clock);
  return SYNC_PROVIDER (self);
}

/**
 * sync_vault_provider_set_create:
 * @vault: a vault
 * @create: whether opening it may create it: for the first contact only, since afterwards a vault
 *   that is not there is one that was not plugged in. Its folder must exist.
 */
void
sync_vault_provider_set_create (SyncVaultProvider *vault, gboolean create)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  create = create && vault->vault_id == NULL;
  if (vault->create == create)
    return;
  vault->create = create;
  g_object_notify_by_pspec (G_OBJECT (vault), properties[PROP_CREATE]);
}

/**
 * sync_vault_provider_set_patience:
 * @vault: a vault that is not open yet
 * @milliseconds: how long to wait for others that hold it, 10 seconds if never set
 */
void
sync_vault_provider_set_patience (SyncVaultProvider *vault, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  vault->patience_ms = milliseconds;
}

/**
 * sync_vault_provider_set_rest:
 * @vault: a vault
 * @milliseconds: how long after the last answer the file is closed, 3 seconds if never set
 */
void
sync_vault_provider_set_rest (SyncVaultProvider *vault, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  vault->rest_ms = milliseconds;
}

/**
 * sync_vault_provider_get_warnings:
 * @vault: a vault
 *
 * What was noticed when the vault was opened or its state was read last.
 *
 * Returns: (transfer none) (element-type SyncVaultWarning): what may harm it
 */
GPtrArray *
sync_vault_provider_get_warnings (SyncVaultProvider *vault)
{
  g_return_val_if_fail (SYNC_IS_VAULT_PROVIDER (vault), NULL);

  return vault->warnings;
}

/**
 * sync_vault_provider_purge_async:
 * @vault: a vault
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Takes away tombstones that are older than 30 days and that every active device has read; never a
 * table's newest row. Happens by itself when the vault is opened and nobody has done it for a day.
 */
void
sync_vault_provider_purge_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  sync_vault_provider_ask (vault, sync_vault_provider_purge_async,
                           request_new (vault, sync_vault_purge, TRUE), cancellable, callback,
                           user_data);
}

/**
 * sync_vault_provider_purge_finish:
 * @vault: a vault
 * @result: the result
 * @error: where an error goes
 *
 * Returns: how many rows went, or -1 with @error set
 */
gint64
sync_vault_provider_purge_finish (SyncVaultProvider *vault, GAsyncResult *result, GError **error)
{
  SyncVaultRequest *request
      = sync_vault_provider_finish (vault, result, sync_vault_provider_purge_async, error);

  return request != NULL ? request->count : -1;
}

/**
 * sync_vault_provider_new_epoch_async:
 * @vault: a vault
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * To be done after the vault was restored from a copy: all devices then compare their rows with it
 * instead of trusting versions that may be given out a second time.
 */
void
sync_vault_provider_new_epoch_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  sync_vault_provider_ask (vault, sync_vault_provider_new_epoch_async,
                           request_new (vault, sync_vault_new_epoch, TRUE), cancellable, callback,
                           user_data);
}

/**
 * sync_vault_provider_new_epoch_finish:
 * @vault: a vault
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): the new epoch
 */
char *
sync_vault_provider_new_epoch_finish (SyncVaultProvider *vault, GAsyncResult *result,
                                      GError **error)
{
  SyncVaultRequest *request
      = sync_vault_provider_finish (vault, result, sync_vault_provider_new_epoch_async, error);

  return request != NULL ? g_steal_pointer (&request->text) : NULL;
}
