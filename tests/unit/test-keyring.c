/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-memory-secrets.h"
#include "sync-placed-secrets.h"
#include "sync-service-secrets.h"
#include "test-provider.h"

#include <glib/gstdio.h>
#define SECRET_API_SUBJECT_TO_CHANGE
#include <libsecret/secret.h>
#include <signal.h>

/* Secrets in a keyring: on a bus of the test's own, with a daemon of its own. The order of the
 * tests matters: first there is no bus, then no keyring, then one, and at last it is locked. */

static GTestDBus *bus;
static GSubprocess *keyring_daemon;

static SyncSecretStore *
new_keyring (void)
{
  SyncSecretStore *keyring = sync_service_secrets_new ();

  sync_service_secrets_set_patience (SYNC_SERVICE_SECRETS (keyring), 5000, 2000);
  return keyring;
}

static char *
lookup (SyncSecretStore *store, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_secret_store_lookup_async (store, "profile", "session", NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_secret_store_lookup_finish (store, result, error);
}

static gboolean
keep (SyncSecretStore *store, const char *secret, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  if (secret != NULL)
    sync_secret_store_store_async (store, "profile", "session", secret, NULL, test_got_result,
                                   &place);
  else
    sync_secret_store_clear_async (store, "profile", "session", NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_secret_store_store_finish (store, result, error);
}

static void
assert_reason (const GError *error, const char *reason)
{
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
}

static void
assert_no_keyring (void)
{
  g_autoptr (SyncSecretStore) keyring = new_keyring ();
  g_autoptr (GError) error = NULL;

  g_assert_false (keep (keyring, "token", &error));
  assert_reason (error, "no-keyring");
  g_clear_error (&error);
  g_assert_null (lookup (keyring, &error));
  assert_reason (error, "no-keyring");
}

static void
test_no_bus (void)
{
  g_unsetenv ("DBUS_SESSION_BUS_ADDRESS");
  g_unsetenv ("DISPLAY");
  assert_no_keyring ();
}

static void
test_no_service (void)
{
  g_autoptr (GDBusConnection) connection = NULL;

  g_test_dbus_up (bus);
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);
  g_assert_nonnull (connection);
  g_dbus_connection_set_exit_on_close (connection, FALSE);
  assert_no_keyring ();
}

/* Files are used with consent only; what is in a file stays there. */
static void
test_consent (void)
{
  g_autoptr (SyncSecretStore) files = sync_memory_secrets_new ();
  g_autoptr (SyncSecretStore) keyring = new_keyring ();
  g_autoptr (SyncSecretStore) placed = sync_placed_secrets_new (files, keyring);
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL, *again = NULL;

  g_assert_null (lookup (placed, &error));
  g_assert_no_error (error);
  g_assert_false (keep (placed, "token", &error));
  assert_reason (error, "no-keyring");
  g_clear_error (&error);
  g_assert_null (lookup (files, &error));
  g_assert_no_error (error);

  sync_placed_secrets_set_files_allowed (SYNC_PLACED_SECRETS (placed), TRUE);
  g_assert_true (keep (placed, "token", &error));
  found = lookup (placed, &error);
  g_assert_cmpstr (found, ==, "token");
  sync_placed_secrets_set_files_allowed (SYNC_PLACED_SECRETS (placed), FALSE);
  g_assert_true (keep (placed, "newer", &error));
  again = lookup (placed, &error);
  g_assert_cmpstr (again, ==, "newer");
  g_assert_true (keep (placed, NULL, &error));
  g_assert_null (lookup (placed, &error));
  g_assert_no_error (error);
}

static void
start_keyring (void)
{
  g_autoptr (GSubprocess) daemon = NULL;
  g_autoptr (GError) error = NULL;
  GOutputStream *input;

  daemon = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE
                                 | G_SUBPROCESS_FLAGS_STDERR_SILENCE,
                             &error, "gnome-keyring-daemon", "--foreground", "--unlock",
                             "--components=secrets", NULL);
  g_assert_no_error (error);
  input = g_subprocess_get_stdin_pipe (daemon);
  g_assert_true (g_output_stream_write_all (input, "testpw", 6, NULL, NULL, &error));
  g_assert_true (g_output_stream_close (input, NULL, &error));
  keyring_daemon = g_steal_pointer (&daemon);
}

/* Until it has its name on the bus. */
static gboolean
is_up (SyncSecretStore *keyring)
{
  g_autoptr (GError) error = NULL;

  g_free (lookup (keyring, &error));
  return error == NULL;
}

static void
test_keyring (void)
{
  g_autoptr (SyncSecretStore) files = sync_memory_secrets_new ();
  g_autoptr (SyncSecretStore) keyring = new_keyring ();
  g_autoptr (SyncSecretStore) placed = sync_placed_secrets_new (files, keyring);
  g_autoptr (SyncSecretStore) other = sync_placed_secrets_new (files, keyring);
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL, *again = NULL;

  start_keyring ();
  for (guint i = 0; i < 200 && !is_up (keyring); i++)
    g_usleep (20000);
  g_assert_null (lookup (placed, &error));
  g_assert_no_error (error);
  g_assert_true (keep (placed, "token", &error));
  g_assert_no_error (error);
  found = lookup (other, &error); /* another program of the same user */
  g_assert_no_error (error);
  g_assert_cmpstr (found, ==, "token");
  g_assert_null (lookup (files, &error)); /* and not in a file */
  g_assert_no_error (error);
  g_assert_true (keep (placed, "newer", &error));
  again = lookup (placed, &error);
  g_assert_cmpstr (again, ==, "newer");
}

static gboolean
unlock (SyncSecretStore *store, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_secret_store_unlock_async (store, "profile", "session", NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_secret_store_unlock_finish (store, result, error);
}

/* What the keyring's own window does when a person has typed the password. */
static void
unlock_by_hand (SecretService *service, SecretCollection *collection)
{
  g_autoptr (SecretValue) password = secret_value_new ("testpw", -1, "text/plain");
  g_autoptr (GVariant) answer = NULL;
  g_autoptr (GError) error = NULL;
  GVariant *arguments
      = g_variant_new ("(o@(oayays))", g_dbus_proxy_get_object_path (G_DBUS_PROXY (collection)),
                       secret_service_encode_dbus_secret (service, password));

  answer = g_dbus_connection_call_sync (
      g_dbus_proxy_get_connection (G_DBUS_PROXY (service)), "org.freedesktop.secrets",
      "/org/freedesktop/secrets", "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface",
      "UnlockWithMasterPassword", arguments, NULL, G_DBUS_CALL_FLAGS_NONE, -1, NULL, &error);
  g_assert_no_error (error);
}

/* Nobody is signed out by a locked keyring, and nobody waits for ever. */
static void
test_locked (void)
{
  g_autoptr (SyncSecretStore) files = sync_memory_secrets_new ();
  g_autoptr (SyncSecretStore) keyring = new_keyring ();
  g_autoptr (SyncSecretStore) placed = sync_placed_secrets_new (files, keyring);
  g_autoptr (SecretService) service = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *found = NULL;
  g_autoptr (SecretCollection) collection = NULL;
  g_autoptr (GList) collections = NULL;

  g_assert_true (keep (placed, "token", &error));
  service = secret_service_get_sync (SECRET_SERVICE_OPEN_SESSION, NULL, &error);
  g_assert_no_error (error);
  collection = secret_collection_for_alias_sync (service, SECRET_COLLECTION_DEFAULT,
                                                 SECRET_COLLECTION_NONE, NULL, &error);
  g_assert_no_error (error);
  collections = g_list_prepend (NULL, collection);
  secret_service_lock_sync (service, collections, NULL, NULL, &error);
  g_assert_no_error (error);

  g_assert_null (lookup (placed, &error));
  assert_reason (error, "locked");
  g_clear_error (&error);
  g_assert_false (keep (placed, "newer", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_clear_error (&error);
  /* There is nobody who could be asked; then somebody unlocks it. */
  g_assert_false (unlock (placed, &error));
  assert_reason (error, "locked");
  g_clear_error (&error);
  unlock_by_hand (service, collection);
  g_assert_true (unlock (placed, &error));
  g_assert_no_error (error);
  found = lookup (placed, &error);
  g_assert_cmpstr (found, ==, "token");
  secret_service_lock_sync (service, collections, NULL, NULL, &error);
  g_assert_no_error (error);
  /* Signing out works all the same. */
  g_assert_true (keep (placed, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (lookup (placed, &error));
  g_assert_no_error (error);
}

static void
use_own_folders (const char *folder)
{
  static const char *const names[] = { "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME",
                                       "XDG_CONFIG_HOME", "XDG_CACHE_HOME" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *path = g_build_filename (folder, names[i], NULL);

      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
      g_setenv (names[i], path, TRUE);
    }
}

int
main (int argc, char *argv[])
{
  g_autofree char *folder = g_dir_make_tmp ("psync-keyring-XXXXXX", NULL);
  const char *const remove[] = { "rm", "-rf", folder, NULL };
  int status;

  use_own_folders (folder);
  g_test_init (&argc, &argv, NULL);
  bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_add_func ("/keyring/without-a-bus-it-says-so", test_no_bus);
  g_test_add_func ("/keyring/without-a-keyring-it-says-so", test_no_service);
  g_test_add_func ("/keyring/files-only-with-consent", test_consent);
  g_test_add_func ("/keyring/keeps-secrets-for-every-program", test_keyring);
  g_test_add_func ("/keyring/a-locked-one-signs-nobody-out", test_locked);
  status = g_test_run ();
  if (keyring_daemon != NULL)
    {
      g_subprocess_send_signal (keyring_daemon, SIGTERM);
      g_subprocess_wait (keyring_daemon, NULL, NULL);
    }
  g_test_dbus_stop (bus);
  g_spawn_sync (NULL, (char **) remove, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, NULL, NULL, NULL,
                NULL);
  return status;
}
