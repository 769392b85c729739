/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-cloud.h"

#include "sync-memory-secrets.h"
#include "test-provider.h"

static TestCloud *
read_cloud (const char *path)
{
  g_autoptr (TestCloud) cloud = g_new0 (TestCloud, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "URL="))
        cloud->url = g_strdup (lines[i] + strlen ("URL="));
      else if (g_str_has_prefix (lines[i], "ANON_KEY="))
        cloud->key = g_strdup (lines[i] + strlen ("ANON_KEY="));
      else if (g_str_has_prefix (lines[i], "DIR="))
        cloud->dir = g_strdup (lines[i] + strlen ("DIR="));
    }
  g_assert_nonnull (cloud->url);
  g_assert_nonnull (cloud->key);
  g_assert_nonnull (cloud->dir);
  return g_steal_pointer (&cloud);
}

/**
 * test_cloud_open:
 * @variable: the environment variable that names the file that describes the cloud
 *
 * Returns: (transfer full) (nullable): the cloud, %NULL (the test is skipped then) if none was
 * started
 */
TestCloud *
test_cloud_open (const char *variable)
{
  const char *path = g_getenv (variable);

  if (path == NULL || *path == '\0')
    {
      g_autofree char *reason = g_strdup_printf ("%s names no test cloud", variable);

      g_test_skip (reason);
      return NULL;
    }
  return read_cloud (path);
}

static void
call_cloud (const char *verb, const char *option, const char *driver, const char *folder)
{
  g_autofree char *program
      = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", "server", "cloud", NULL);
  const char *const start[] = { program, verb, option, driver, folder, NULL };
  const char *const stop[] = { program, verb, folder, NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process
      = g_subprocess_newv (driver != NULL ? start : stop, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);

  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);
}

/**
 * test_cloud_start:
 * @variable: the environment variable that names the file that describes another cloud of its kind
 * @driver: `pglite` or `postgres`
 * @folder: where it keeps everything
 *
 * Starts a cloud without the schema for one test alone.
 *
 * Returns: (transfer full) (nullable): the cloud, to be stopped with test_cloud_stop(); %NULL (the test is skipped
 * then) if there are no clouds
 */
TestCloud *
test_cloud_start (const char *variable, const char *driver, const char *folder)
{
  g_autoptr (TestCloud) other = test_cloud_open (variable);
  g_autofree char *path = g_build_filename (folder, "env", NULL);

  if (other == NULL)
    return NULL;
  call_cloud ("start", "--no-schema", driver, folder);
  return read_cloud (path);
}

/**
 * test_cloud_stop:
 * @cloud: (transfer full): a cloud that test_cloud_start() started
 */
void
test_cloud_stop (TestCloud *cloud)
{
  call_cloud ("stop", NULL, NULL, cloud->dir);
  test_cloud_free (cloud);
}

void
test_cloud_free (TestCloud *cloud)
{
  g_free (cloud->url);
  g_free (cloud->key);
  g_free (cloud->dir);
  g_free (cloud);
}

/**
 * test_cloud_new_provider_for:
 * @cloud: a cloud
 * @secrets: where the session is
 *
 * Returns: (transfer full): the cloud for who is signed in there, if anybody
 */
SyncProvider *
test_cloud_new_provider_for (TestCloud *cloud, SyncSecretStore *secrets)
{
  g_autoptr (GError) error = NULL;
  SyncProvider *provider
      = sync_supabase_provider_new (cloud->url, cloud->key, NULL, secrets, "test", NULL, &error);

  g_assert_no_error (error);
  return provider;
}

static void
finish_session (SyncProvider *provider, GAsyncResult **place)
{
  g_autoptr (GAsyncResult) result = test_wait_for_result (place);
  g_autoptr (GError) error = NULL;

  sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (provider), result, &error);
  g_assert_no_error (error);
}

/**
 * test_cloud_sign_up:
 * @provider: a provider
 *
 * Makes an account that nobody else uses, and signs in.
 *
 * Returns: (transfer full): its address
 */
char *
test_cloud_sign_up (SyncProvider *provider)
{
  g_autofree char *name = g_uuid_string_random ();
  g_autofree char *email = g_strdup_printf ("%s@example.org", name);
  GAsyncResult *place = NULL;

  sync_supabase_provider_sign_up_async (SYNC_SUPABASE_PROVIDER (provider), email, TEST_CLOUD_PASSWORD, NULL,
                                        test_got_result, &place);
  finish_session (provider, &place);
  return g_steal_pointer (&email);
}

void
test_cloud_sign_in (SyncProvider *provider, const char *email)
{
  GAsyncResult *place = NULL;

  sync_supabase_provider_sign_in_async (SYNC_SUPABASE_PROVIDER (provider), email, TEST_CLOUD_PASSWORD, NULL,
                                        test_got_result, &place);
  finish_session (provider, &place);
}

/**
 * test_cloud_new_provider:
 * @cloud: a cloud
 *
 * Returns: (transfer full): the cloud for a new user, to whom it is empty
 */
SyncProvider *
test_cloud_new_provider (TestCloud *cloud)
{
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  SyncProvider *provider = test_cloud_new_provider_for (cloud, secrets);
  g_autofree char *email = test_cloud_sign_up (provider);

  return provider;
}

/**
 * test_cloud_sql:
 * @cloud: a cloud
 * @sql: statements
 *
 * Runs @sql as the owner of the cloud's database.
 *
 * Returns: (transfer full): the rows, one a line, values separated by `|`
 */
char *
test_cloud_sql (TestCloud *cloud, const char *sql)
{
  g_autofree char *program
      = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", "server", "cloud", NULL);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  process = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error, program, "sql", cloud->dir, "-", NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, sql, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (process));
  return output;
}
