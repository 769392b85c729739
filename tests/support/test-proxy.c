/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-proxy.h"

struct _TestProxy
{
  SyncProvider parent_instance;

  SyncProvider *inner;
  GError *error;
  guint asked;
};

G_DEFINE_FINAL_TYPE (TestProxy, test_proxy, SYNC_TYPE_PROVIDER)

static const char *
get_name (SyncProvider *provider)
{
  return sync_provider_get_name (TEST_PROXY (provider)->inner);
}

static const char *
get_location (SyncProvider *provider)
{
  return sync_provider_get_location (TEST_PROXY (provider)->inner);
}

static void
get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  sync_provider_get_usage (TEST_PROXY (provider)->inner, usage);
}

/* (nullable): the task that waits for the inner provider; NULL: the error was given. */
static GTask *
begin (SyncProvider *provider, gpointer tag, GCancellable *cancellable,
       GAsyncReadyCallback callback, gpointer user_data)
{
  TestProxy *self = TEST_PROXY (provider);
  g_autoptr (GTask) task = g_task_new (provider, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  if (self->error == NULL)
    return g_steal_pointer (&task);
  g_task_return_error (task, g_error_copy (self->error));
  return NULL;
}

static void
give (GTask *task, gpointer answer, GDestroyNotify free_answer, GError *error)
{
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, answer, free_answer);
  g_object_unref (task);
}

static gpointer
take (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_assert_true (g_task_is_valid (result, provider));

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
connected (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;

  sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error);
  give (task, GINT_TO_POINTER (TRUE), NULL, error);
}

static void
connect_async (SyncProvider *provider, GCancellable *cancellable, GAsyncReadyCallback callback,
               gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_connect_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_connect_async (TEST_PROXY (provider)->inner, cancellable, connected, task);
}

static gboolean
finish_boolean (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return take (provider, result, error) != NULL;
}

static void
got_state (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;
  SyncCloudState *state = sync_provider_get_state_finish (SYNC_PROVIDER (object), result, &error);

  give (task, state, (GDestroyNotify) sync_cloud_state_free, error);
}

static void
get_state_async (SyncProvider *provider, gboolean strong, GCancellable *cancellable,
                 GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_get_state_async, cancellable, callback, user_data);

  TEST_PROXY (provider)->asked++;
  if (task != NULL)
    sync_provider_get_state_async (TEST_PROXY (provider)->inner, strong, cancellable, got_state,
                                   task);
}

static SyncCloudState *
get_state_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return take (provider, result, error);
}

static GBytes *
finish_bytes (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return take (provider, result, error);
}

static void
pulled (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;
  GBytes *bytes = sync_provider_pull_finish (SYNC_PROVIDER (object), result, &error);

  give (task, bytes, (GDestroyNotify) g_bytes_unref, error);
}

static void
pull_async (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query,
            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_pull_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_pull_async (TEST_PROXY (provider)->inner, entity, query, cancellable, pulled,
                              task);
}

static void
pushed (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;
  GBytes *bytes = sync_provider_push_finish (SYNC_PROVIDER (object), result, &error);

  give (task, bytes, (GDestroyNotify) g_bytes_unref, error);
}

static void
push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_push_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_push_async (TEST_PROXY (provider)->inner, entity, rows, cancellable, pushed,
                              task);
}

static void
fetched (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;
  GBytes *bytes = sync_provider_fetch_finish (SYNC_PROVIDER (object), result, &error);

  give (task, bytes, (GDestroyNotify) g_bytes_unref, error);
}

static void
fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys, gboolean strong,
             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_fetch_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_fetch_async (TEST_PROXY (provider)->inner, entity, keys, strong, cancellable,
                               fetched, task);
}

static void
digested (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;
  SyncDigest *digest = g_new0 (SyncDigest, 1);

  if (!sync_provider_digest_finish (SYNC_PROVIDER (object), result, digest, &error))
    g_clear_pointer (&digest, g_free);
  give (task, digest, g_free, error);
}

static void
digest_async (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
              GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_digest_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_digest_async (TEST_PROXY (provider)->inner, entity, prefix, cancellable, digested,
                                task);
}

static gboolean
digest_finish (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest, GError **error)
{
  g_autofree SyncDigest *answer = take (provider, result, error);

  if (answer != NULL)
    *digest = *answer;
  return answer != NULL;
}

static void
device_put (GObject *object, GAsyncResult *result, gpointer task)
{
  GError *error = NULL;

  sync_provider_put_device_finish (SYNC_PROVIDER (object), result, &error);
  give (task, GINT_TO_POINTER (TRUE), NULL, error);
}

static void
put_device_async (SyncProvider *provider, const SyncDevice *device, GCancellable *cancellable,
                  GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = begin (provider, sync_provider_put_device_async, cancellable, callback, user_data);

  if (task != NULL)
    sync_provider_put_device_async (TEST_PROXY (provider)->inner, device, cancellable, device_put,
                                    task);
}

static void
test_proxy_finalize (GObject *object)
{
  TestProxy *self = TEST_PROXY (object);

  g_clear_object (&self->inner);
  g_clear_error (&self->error);

  G_OBJECT_CLASS (test_proxy_parent_class)->finalize (object);
}

static void
test_proxy_class_init (TestProxyClass *class)
{
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = test_proxy_finalize;
  provider_class->get_name = get_name;
  provider_class->get_location = get_location;
  provider_class->get_usage = get_usage;
  provider_class->connect_async = connect_async;
  provider_class->connect_finish = finish_boolean;
  provider_class->get_state_async = get_state_async;
  provider_class->get_state_finish = get_state_finish;
  provider_class->pull_async = pull_async;
  provider_class->pull_finish = finish_bytes;
  provider_class->push_async = push_async;
  provider_class->push_finish = finish_bytes;
  provider_class->fetch_async = fetch_async;
  provider_class->fetch_finish = finish_bytes;
  provider_class->digest_async = digest_async;
  provider_class->digest_finish = digest_finish;
  provider_class->put_device_async = put_device_async;
  provider_class->put_device_finish = finish_boolean;
}

static void
test_proxy_init (TestProxy *self)
{
}

SyncProvider *
test_proxy_new (SyncProvider *inner)
{
  TestProxy *self = g_object_new (TEST_TYPE_PROXY, NULL);

  self->inner = g_object_ref (inner);
  return SYNC_PROVIDER (self);
}

void
test_proxy_set_error (SyncProvider *proxy, GError *error)
{
  TestProxy *self = TEST_PROXY (proxy);

  g_clear_error (&self->error);
  self->error = error;
}

guint
test_proxy_get_asked (SyncProvider *proxy)
{
  return TEST_PROXY (proxy)->asked;
}
