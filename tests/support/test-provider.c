/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-provider.h"

/**
 * test_got_result:
 * @source: who answered
 * @result: the answer
 * @user_data: a `GAsyncResult **`
 *
 * Keeps an answer for test_wait_for_result().
 */
void
test_got_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **place = user_data;

  g_assert_null (*place);
  *place = g_object_ref (result);
}

/**
 * test_wait_for_result:
 * @result: where test_got_result() puts the answer
 *
 * Returns: (transfer full): the answer
 */
GAsyncResult *
test_wait_for_result (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  return g_steal_pointer (result);
}

gboolean
test_connect (SyncProvider *provider, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_connect_async (provider, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_connect_finish (provider, result, error);
}

gboolean
test_validate (SyncProvider *provider, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_validate_async (provider, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_validate_finish (provider, result, error);
}

SyncCloudState *
test_get_state (SyncProvider *provider, gboolean strong, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_get_state_async (provider, strong, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_get_state_finish (provider, result, error);
}

GBytes *
test_pull (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query,
           GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_pull_async (provider, entity, query, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_pull_finish (provider, result, error);
}

GBytes *
test_push (SyncProvider *provider, const SyncEntity *entity, const char *rows, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new (rows, strlen (rows));

  sync_provider_push_async (provider, entity, bytes, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_push_finish (provider, result, error);
}

GBytes *
test_fetch (SyncProvider *provider, const SyncEntity *entity, const char *keys, gboolean strong,
            GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) bytes = g_bytes_new (keys, strlen (keys));

  sync_provider_fetch_async (provider, entity, bytes, strong, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_fetch_finish (provider, result, error);
}

gboolean
test_digest (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
             SyncDigest *digest, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_digest_async (provider, entity, prefix, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_digest_finish (provider, result, digest, error);
}

gboolean
test_put_device (SyncProvider *provider, const SyncDevice *device, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_put_device_async (provider, device, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_put_device_finish (provider, result, error);
}

gboolean
test_delete_all (SyncProvider *provider, GError **error)
{
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;

  sync_provider_delete_all_async (provider, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_provider_delete_all_finish (provider, result, error);
}
