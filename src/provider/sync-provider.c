/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-provider.h"

/**
 * SyncProvider:
 *
 * The interface to a cloud. The public functions check their arguments and hand over to the
 * subclass, whose tasks carry the public function as their source tag; what every cloud does the
 * same way (validate, the property `connected`) is here.
 */

typedef struct
{
  gboolean connected;
} SyncProviderPrivate;

enum
{
  PROP_0,
  PROP_CONNECTED,
  PROP_NAME,
  PROP_LOCATION,
  N_PROPS,
};

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (SyncProvider, sync_provider, G_TYPE_OBJECT)

static GParamSpec *properties[N_PROPS];

static void
sync_provider_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncProvider *self = SYNC_PROVIDER (object);

  switch (id)
    {
    case PROP_CONNECTED:
      g_value_set_boolean (value, sync_provider_get_connected (self));
      break;
    case PROP_NAME:
      g_value_set_string (value, sync_provider_get_name (self));
      break;
    case PROP_LOCATION:
      g_value_set_string (value, sync_provider_get_location (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_provider_real_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  *usage = (SyncProviderUsage) { 0 };
}

static void
sync_provider_class_init (SyncProviderClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = sync_provider_get_property;
  class->get_usage = sync_provider_real_get_usage;

  /**
   * SyncProvider:connected:
   *
   * Whether the last exchange reached the cloud.
   */
  properties[PROP_CONNECTED]
      = g_param_spec_boolean ("connected", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  /**
   * SyncProvider:name:
   *
   * A short name for machines.
   */
  properties[PROP_NAME]
      = g_param_spec_string ("name", NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * SyncProvider:location:
   *
   * The URL or file.
   */
  properties[PROP_LOCATION] = g_param_spec_string ("location", NULL, NULL, NULL,
                                                   G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_provider_init (SyncProvider *self)
{
}

/**
 * sync_provider_get_name:
 * @provider: a provider
 *
 * Returns: (transfer none): a short name for machines, for example `supabase`
 */
const char *
sync_provider_get_name (SyncProvider *provider)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->get_name (provider);
}

/**
 * sync_provider_has_types:
 * @provider: a provider
 *
 * Returns: whether a column there holds values of its codec's type only
 */
gboolean
sync_provider_has_types (SyncProvider *provider)
{
  SyncProviderClass *class;

  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);

  class = SYNC_PROVIDER_GET_CLASS (provider);
  return class->has_types != NULL && class->has_types (provider);
}

/**
 * sync_provider_get_location:
 * @provider: a provider
 *
 * Returns: (transfer none): the URL or file, for display and to recognise another cloud
 */
const char *
sync_provider_get_location (SyncProvider *provider)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->get_location (provider);
}

/**
 * sync_provider_get_usage:
 * @provider: a provider
 * @usage: (out caller-allocates): where the counts go
 *
 * Tells what was sent and received since the provider was made.
 */
void
sync_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider) && usage != NULL);

  SYNC_PROVIDER_GET_CLASS (provider)->get_usage (provider, usage);
}

/**
 * sync_provider_get_connected:
 * @provider: a provider
 *
 * Returns: whether the last exchange reached the cloud
 */
gboolean
sync_provider_get_connected (SyncProvider *provider)
{
  SyncProviderPrivate *priv;

  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);

  priv = sync_provider_get_instance_private (provider);
  return priv->connected;
}

/**
 * sync_provider_set_connected: (skip)
 * @provider: a provider
 * @connected: whether the last exchange reached the cloud
 *
 * For subclasses, on the main context's thread.
 */
void
sync_provider_set_connected (SyncProvider *provider, gboolean connected)
{
  SyncProviderPrivate *priv;

  g_return_if_fail (SYNC_IS_PROVIDER (provider));

  priv = sync_provider_get_instance_private (provider);
  connected = !!connected;
  if (priv->connected == connected)
    return;
  priv->connected = connected;
  g_object_notify_by_pspec (G_OBJECT (provider), properties[PROP_CONNECTED]);
}

/**
 * sync_provider_connect_async:
 * @provider: a provider
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is ready
 * @user_data: for @callback
 *
 * Opens the file or checks the session; without effect if it is ready.
 */
void
sync_provider_connect_async (SyncProvider *provider, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));

  SYNC_PROVIDER_GET_CLASS (provider)->connect_async (provider, cancellable, callback, user_data);
}

/**
 * sync_provider_connect_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: whether the cloud is ready
 */
gboolean
sync_provider_connect_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);

  return SYNC_PROVIDER_GET_CLASS (provider)->connect_finish (provider, result, error);
}

/**
 * sync_provider_get_state_async:
 * @provider: a provider
 * @strong: whether to ask the primary, never a late replica
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the state
 * @user_data: for @callback
 *
 * Reads all that a run must know before it begins.
 */
void
sync_provider_get_state_async (SyncProvider *provider, gboolean strong, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));

  SYNC_PROVIDER_GET_CLASS (provider)->get_state_async (provider, strong, cancellable, callback,
                                                       user_data);
}

/**
 * sync_provider_get_state_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): the state
 */
SyncCloudState *
sync_provider_get_state_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->get_state_finish (provider, result, error);
}

/**
 * sync_provider_pull_async:
 * @provider: a provider
 * @entity: what to pull
 * @query: from where and how much; copied
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the page
 * @user_data: for @callback
 *
 * Reads a page of rows in ascending version.
 */
void
sync_provider_pull_async (SyncProvider *provider, const SyncEntity *entity,
                          const SyncPullQuery *query, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));
  g_return_if_fail (entity != NULL && query != NULL && query->limit > 0);

  SYNC_PROVIDER_GET_CLASS (provider)->pull_async (provider, entity, query, cancellable, callback,
                                                  user_data);
}

/**
 * sync_provider_pull_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): a JSON array of row objects: every column of the entity plus
 *   `sync_version`, `deleted_at`, `edited_at`, `device_id` and `run_id`
 */
GBytes *
sync_provider_pull_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->pull_finish (provider, result, error);
}

/**
 * sync_provider_push_async:
 * @provider: a provider
 * @entity: what to push
 * @rows: a JSON array of row objects with uniform keys: columns of the entity plus `base_version`,
 *   `deleted_at`, `edited_at`, `device_id` and `run_id`
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the reply
 * @user_data: for @callback
 *
 * Writes each row that is still at its `base_version`.
 */
void
sync_provider_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));
  g_return_if_fail (entity != NULL && rows != NULL);

  SYNC_PROVIDER_GET_CLASS (provider)->push_async (provider, entity, rows, cancellable, callback,
                                                  user_data);
}

/**
 * sync_provider_push_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): a JSON array naming the rows that won: key columns,
 *   `sync_version`, `run_id`. A row missing from it is unknown, not lost.
 */
GBytes *
sync_provider_push_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->push_finish (provider, result, error);
}

/**
 * sync_provider_fetch_async:
 * @provider: a provider
 * @entity: what to fetch
 * @keys: a JSON array of arrays of key values, in key order
 * @strong: whether to ask the primary, never a late replica
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the rows
 * @user_data: for @callback
 *
 * Reads rows by key.
 */
void
sync_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys,
                           gboolean strong, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));
  g_return_if_fail (entity != NULL && keys != NULL);

  SYNC_PROVIDER_GET_CLASS (provider)->fetch_async (provider, entity, keys, strong, cancellable,
                                                   callback, user_data);
}

/**
 * sync_provider_fetch_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): rows as of sync_provider_pull_finish(), in any order,
 *   tombstones too; absent keys are left out
 */
GBytes *
sync_provider_fetch_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), NULL);

  return SYNC_PROVIDER_GET_CLASS (provider)->fetch_finish (provider, result, error);
}

/**
 * sync_provider_digest_async:
 * @provider: a provider
 * @entity: what to compare; no column of its key is JSON
 * @prefix: hexadecimal digits in small letters
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the digest
 * @user_data: for @callback
 *
 * Asks for counts and checksums of the living rows whose key's checksum begins with @prefix.
 */
void
sync_provider_digest_async (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                            GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));
  g_return_if_fail (entity != NULL && prefix != NULL && sync_digest_is_prefix (prefix));

  SYNC_PROVIDER_GET_CLASS (provider)->digest_async (provider, entity, prefix, cancellable, callback,
                                                    user_data);
}

/**
 * sync_provider_digest_finish:
 * @provider: a provider
 * @result: the result
 * @digest: (out caller-allocates): the digest
 * @error: where an error goes
 *
 * Returns: whether it was read
 */
gboolean
sync_provider_digest_finish (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest,
                             GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider) && digest != NULL, FALSE);

  return SYNC_PROVIDER_GET_CLASS (provider)->digest_finish (provider, result, digest, error);
}

/**
 * sync_provider_put_device_async:
 * @provider: a provider
 * @device: the device; copied
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is stored
 * @user_data: for @callback
 *
 * Registers or updates a device.
 */
void
sync_provider_put_device_async (SyncProvider *provider, const SyncDevice *device,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));
  g_return_if_fail (device != NULL && device->id != NULL);

  SYNC_PROVIDER_GET_CLASS (provider)->put_device_async (provider, device, cancellable, callback,
                                                        user_data);
}

/**
 * sync_provider_put_device_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes
 *
 * Returns: whether it was stored
 */
gboolean
sync_provider_put_device_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);

  return SYNC_PROVIDER_GET_CLASS (provider)->put_device_finish (provider, result, error);
}

/**
 * sync_provider_delete_all_async:
 * @provider: a provider
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when everything is gone
 * @user_data: for @callback
 *
 * Takes away all that the cloud has of this user, for good. All devices are revoked, this one too, and the data
 * have another epoch, so that no device takes the empty cloud for one that lost its rows.
 */
void
sync_provider_delete_all_async (SyncProvider *provider, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROVIDER (provider));

  SYNC_PROVIDER_GET_CLASS (provider)->delete_all_async (provider, cancellable, callback, user_data);
}

/**
 * sync_provider_delete_all_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes: some of it may be gone
 *
 * Returns: whether nothing is left
 */
gboolean
sync_provider_delete_all_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);

  return SYNC_PROVIDER_GET_CLASS (provider)->delete_all_finish (provider, result, error);
}

/**
 * sync_provider_check_schema:
 * @provider: a provider
 * @state: its state
 * @error: [error@SyncError.SCHEMA_OLD], SCHEMA_NEW
 *
 * Returns: whether this program speaks the cloud's schema
 */
gboolean
sync_provider_check_schema (SyncProvider *provider,
                            const SyncCloudState *state,
                            GError **error)
{
  const char *location = sync_provider_get_location (provider);

  if (state->schema_version < SYNC_CLOUD_SCHEMA_VERSION)
    sync_error_set (error, SYNC_ERROR_SCHEMA_OLD, location,
                    "the cloud's schema is version %d, not %d", state->schema_version,
                    SYNC_CLOUD_SCHEMA_VERSION);
  else if (state->oldest_client > SYNC_CLOUD_SCHEMA_VERSION)
    sync_error_set (error, SYNC_ERROR_SCHEMA_NEW, location,
                    "the cloud's schema is version %d, not %d", state->schema_version,
                    SYNC_CLOUD_SCHEMA_VERSION);
  else
    return TRUE;
  return FALSE;
}

static void
validate_state_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (SyncCloudState) state = NULL;
  GError *error = NULL;

  state = sync_provider_get_state_finish (SYNC_PROVIDER (source), result, &error);
  if (state == NULL || !sync_provider_check_schema (SYNC_PROVIDER (source), state, &error))
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
validate_connect_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (!sync_provider_connect_finish (SYNC_PROVIDER (source), result, &error))
    g_task_return_error (task, error);
  else
    sync_provider_get_state_async (SYNC_PROVIDER (source), FALSE, cancellable, validate_state_cb,
                                   g_steal_pointer (&task));
}

/**
 * sync_provider_validate_async:
 * @provider: a provider
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called with the verdict
 * @user_data: for @callback
 *
 * Tries the configuration: connects, reads the state and checks its schema version.
 */
void
sync_provider_validate_async (SyncProvider *provider, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;

  g_return_if_fail (SYNC_IS_PROVIDER (provider));

  task = g_task_new (provider, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_provider_validate_async);
  sync_provider_connect_async (provider, cancellable, validate_connect_cb, task);
}

/**
 * sync_provider_validate_finish:
 * @provider: a provider
 * @result: the result
 * @error: where an error goes: %SYNC_ERROR_SCHEMA_MISSING, %SYNC_ERROR_SCHEMA_OLD,
 *   %SYNC_ERROR_SCHEMA_NEW, or what connecting or reading the state answered
 *
 * Returns: whether this program can work with the cloud
 */
gboolean
sync_provider_validate_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (SYNC_IS_PROVIDER (provider), FALSE);
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_provider_validate_async), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
