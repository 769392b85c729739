/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

#include "sync-device-store.h"
#include "sync-manager-private.h"
#include "sync-stats-store.h"
#include "sync-supabase-check.h"
#include "sync-vault-provider.h"
#include "sync-verb.h"

/* What can be found out about a cloud before anything is moved. */

/* --- What is here ----------------------------------------------------------------------------- */

/**
 * Here:
 * @statuses: (owned) (element-type SyncEntityStatus): the enabled entities
 * @device_id: (owned): this device
 * @cloud: (owned) (nullable): the cloud that the database was synced with
 */
typedef struct
{
  GPtrArray *statuses;
  char *device_id;
  char *cloud;
} Here;

static void
here_free (gpointer data)
{
  Here *here = data;

  g_clear_pointer (&here->statuses, g_ptr_array_unref);
  g_free (here->device_id);
  g_free (here->cloud);
  g_free (here);
}

static gboolean
look_here (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  Here *here = g_new0 (Here, 1);

  *answer = here;
  here->statuses = sync_store_list_entity_status (store, error);
  if (here->statuses == NULL || !sync_store_get_meta (store, "device-id", &here->device_id, error)
      || !sync_store_get_meta (store, "cloud-url", &here->cloud, error))
    return FALSE;
  for (guint i = here->statuses->len; i > 0; i--)
    if (!((SyncEntityStatus *) g_ptr_array_index (here->statuses, i - 1))->entity->enabled)
      g_ptr_array_remove_index (here->statuses, i - 1);
  return TRUE;
}

static const SyncVerb look_here_verb = { .func = look_here, .free_answer = here_free };

/* --- A connection, step by step --------------------------------------------------------------- */

/**
 * Test:
 * @provider: (owned) (nullable): the cloud
 * @told: (nullable): hears of each step
 * @checks: (owned) (element-type SyncCheck): a vault's steps
 */
typedef struct
{
  SyncProvider *provider;
  SyncCheckFunc told;
  gpointer told_data;
  GPtrArray *checks;
} Test;

static void
test_free (gpointer data)
{
  Test *test = data;

  g_clear_object (&test->provider);
  g_ptr_array_unref (test->checks);
  g_free (test);
}

/* Whoever cancelled does not look any more. */
static void
tell (GTask *task, SyncCheckStep step, SyncCheckResult result, const GError *error)
{
  Test *test = g_task_get_task_data (task);
  SyncCheck *check = sync_check_new (step, result, error);

  g_ptr_array_add (test->checks, check);
  if (test->told != NULL && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    test->told (check, test->told_data);
}

static void
end (GTask *task)
{
  Test *test = g_task_get_task_data (task);

  g_task_return_pointer (task, g_ptr_array_ref (test->checks),
                         (GDestroyNotify) g_ptr_array_unref);
}

static void
supabase_checked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GPtrArray *checks
      = sync_supabase_check_finish (SYNC_SUPABASE_PROVIDER (object), result, &error);

  if (checks != NULL)
    g_task_return_pointer (task, checks, (GDestroyNotify) g_ptr_array_unref);
  else
    g_task_return_error (task, error);
}

static void
check_supabase (GTask *task, const Here *here)
{
  SyncProfile *self = g_task_get_source_object (task);
  const Test *test = g_task_get_task_data (task);
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  g_auto (GStrv) tables = NULL;

  for (guint i = 0; i < here->statuses->len; i++)
    {
      const SyncEntityStatus *status = g_ptr_array_index (here->statuses, i);

      g_strv_builder_add (builder, status->entity->cloud_table);
    }
  tables = g_strv_builder_end (builder);
  sync_supabase_check_async (SYNC_SUPABASE_PROVIDER (test->provider),
                             (const char *const *) tables, self->clock, test->told,
                             test->told_data, g_task_get_cancellable (task), supabase_checked,
                             g_object_ref (task));
}

static void
vault_validated (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sync_provider_validate_finish (SYNC_PROVIDER (object), result, &error))
    tell (task, SYNC_CHECK_SCHEMA, SYNC_CHECK_PASSED, NULL);
  else
    tell (task, SYNC_CHECK_SCHEMA, SYNC_CHECK_FAILED, error);
  g_clear_error (&error);
  end (task);
}

/* A vault has neither keys nor users, and this computer's clock. */
static void
vault_connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  g_autoptr (GError) error = NULL;

  if (sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error))
    {
      tell (task, SYNC_CHECK_REACH, SYNC_CHECK_PASSED, NULL);
      sync_provider_validate_async (SYNC_PROVIDER (object), cancellable, vault_validated,
                                    g_steal_pointer (&task));
      return;
    }
  tell (task, SYNC_CHECK_REACH, SYNC_CHECK_FAILED, error);
  tell (task, SYNC_CHECK_SCHEMA, SYNC_CHECK_SKIPPED, NULL);
  end (task);
}

static void
test_looked_here (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const Test *test = g_task_get_task_data (task);
  gpointer here = NULL;
  GError *error = NULL;

  if (!sync_verb_finish (&look_here_verb, object, result, &here, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (SYNC_IS_SUPABASE_PROVIDER (test->provider))
    check_supabase (task, here);
  else
    sync_provider_connect_async (test->provider, g_task_get_cancellable (task), vault_connected,
                                 g_object_ref (task));
  here_free (here);
}

/**
 * sync_profile_test_async:
 * @profile: the profile
 * @url: (nullable): the address of a project that is not connected yet; %NULL: the profile's cloud
 * @anon_key: (nullable): its key, with @url
 * @told: (nullable): called for each step as soon as it is done, in order
 * @told_data: for @told
 * @cancellable: (nullable): cancels it
 * @callback: called when all is done
 * @user_data: for @callback
 *
 * Tests the connection to a cloud step by step. Nothing is written there, and nothing is stored
 * here. Of a vault, only the steps that it has are told.
 */
void
sync_profile_test_async (SyncProfile *profile, const char *url, const char *anon_key,
                         SyncCheckFunc told, gpointer told_data, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GError) error = NULL;
  Test *test;

  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail ((url == NULL) == (anon_key == NULL));

  task = g_task_new (profile, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_profile_test_async);
  test = g_new0 (Test, 1);
  test->told = told;
  test->told_data = told_data;
  test->checks = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_check_free);
  g_task_set_task_data (task, test, test_free);
  if (url != NULL)
    test->provider = sync_supabase_provider_new (url, anon_key, NULL, profile->secrets,
                                                 profile->id, profile->clock, &error);
  else if (sync_manager_get_provider (profile->manager) != NULL)
    test->provider = g_object_ref (sync_manager_get_provider (profile->manager));
  else
    error = sync_manager_explain_unavailable (profile->manager);
  if (error != NULL)
    g_task_return_error (task, g_steal_pointer (&error));
  else
    sync_verb_start (&look_here_verb, profile, profile->store, NULL, cancellable, test_looked_here,
                     g_steal_pointer (&task));
}

/**
 * sync_profile_test_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncCheck): how each step went; %NULL with @error set if
 *   none could be tried: SYNC_ERROR_INVALID, _SECRET_KEY, _INSECURE: the address or key;
 *   SYNC_ERROR_NOT_CONNECTED
 */
GPtrArray *
sync_profile_test_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_test_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- Both sides ------------------------------------------------------------------------------- */

/**
 * Counting:
 * @provider: (owned) (nullable): the cloud
 * @here: (owned): what is here
 * @state: (owned): the cloud's
 * @sides: (owned): what was counted
 * @next: the entity that is counted there
 */
typedef struct
{
  SyncProvider *provider;
  Here *here;
  SyncCloudState *state;
  SyncSides *sides;
  guint next;
} Counting;

static void
counting_free (gpointer data)
{
  Counting *counting = data;

  g_clear_object (&counting->provider);
  g_clear_pointer (&counting->here, here_free);
  g_clear_pointer (&counting->state, sync_cloud_state_free);
  sync_sides_free (counting->sides);
  g_free (counting);
}

static void count_next (GTask *task);

static void
add_side (Counting *counting, const SyncDigest *digest)
{
  const SyncEntityStatus *status
      = g_ptr_array_index (counting->here->statuses, counting->next++);
  guint64 cloud = 0;

  for (guint i = 0; digest != NULL && i < SYNC_DIGEST_BUCKETS; i++)
    cloud += digest->buckets[i].n;
  sync_sides_add (counting->sides, status->entity->name, (guint64) MAX (status->records, 0), cloud);
}

static void
digest_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncDigest digest;
  GError *error = NULL;

  if (!sync_provider_digest_finish (SYNC_PROVIDER (object), result, &digest, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  add_side (g_task_get_task_data (task), &digest);
  count_next (task);
}

static void
count_next (GTask *task)
{
  Counting *counting = g_task_get_task_data (task);

  while (counting->next < counting->here->statuses->len)
    {
      const SyncEntityStatus *status
          = g_ptr_array_index (counting->here->statuses, counting->next);

      if (sync_cloud_state_get_head (counting->state, status->entity->cloud_table) > 0)
        {
          sync_provider_digest_async (counting->provider, status->entity, "",
                                      g_task_get_cancellable (task), digest_read,
                                      g_object_ref (task));
          return;
        }
      add_side (counting, NULL);
    }
  g_task_return_pointer (task, g_steal_pointer (&counting->sides),
                         (GDestroyNotify) sync_sides_free);
}

static void
state_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Counting *counting = g_task_get_task_data (task);
  GError *error = NULL;

  counting->state = sync_provider_get_state_finish (SYNC_PROVIDER (object), result, &error);
  if (counting->state == NULL
      || !sync_provider_check_schema (SYNC_PROVIDER (object), counting->state, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  for (guint i = 0; i < counting->state->devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (counting->state->devices, i);

      counting->sides->other_devices
          += device->active && g_strcmp0 (device->id, counting->here->device_id) != 0;
    }
  count_next (task);
}

static void
connected (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  GError *error = NULL;

  if (sync_provider_connect_finish (SYNC_PROVIDER (object), result, &error))
    sync_provider_get_state_async (SYNC_PROVIDER (object), FALSE, cancellable, state_read,
                                   g_steal_pointer (&task));
  else
    g_task_return_error (task, error);
}

static void
count_looked_here (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Counting *counting = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);
  gpointer here = NULL;
  GError *error = NULL;

  if (!sync_verb_finish (&look_here_verb, object, result, &here, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  counting->here = here;
  counting->sides->synced_before = counting->here->cloud != NULL;
  sync_provider_connect_async (counting->provider, cancellable, connected,
                               g_steal_pointer (&task));
}

/**
 * sync_profile_count_sides_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Counts what this database and its cloud have, without moving anything.
 */
void
sync_profile_count_sides_async (SyncProfile *profile, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Counting *counting;
  SyncProvider *provider;

  g_return_if_fail (SYNC_IS_PROFILE (profile));

  task = g_task_new (profile, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_profile_count_sides_async);
  provider = sync_manager_get_provider (profile->manager);
  if (provider == NULL)
    {
      g_task_return_error (task,
                           sync_error_new (SYNC_ERROR_NOT_CONNECTED, NULL, "There is no cloud"));
      return;
    }
  counting = g_new0 (Counting, 1);
  counting->provider = g_object_ref (provider);
  counting->sides = sync_sides_new ();
  g_task_set_task_data (task, counting, counting_free);
  sync_verb_start (&look_here_verb, profile, profile->store, NULL, cancellable, count_looked_here,
                   g_steal_pointer (&task));
}

/**
 * sync_profile_count_sides_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the counts; %NULL with @error set: SYNC_ERROR_NOT_CONNECTED, _SIGN_IN,
 *   and what any request may meet
 */
SyncSides *
sync_profile_count_sides_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, profile), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_profile_count_sides_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
