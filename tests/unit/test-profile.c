/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>

#include "sync-file-lock.h"
#include "sync-file-secrets.h"
#include "sync-known-databases.h"
#include "sync-snapshot.h"
#include "test-store.h"

/* A key as Supabase publishes it, and one that it does not. */
#define PUBLIC_KEY "sb_publishable_0123456789abcdefghijkl"
#define SECRET_KEY "sb_secret_0123456789abcdefghijklmnopq"

static const char *const variables[]
    = { "SUPABASE_URL",          "SUPABASE_ANON_KEY", "SUPABASE_AUTH_TOKEN", "SYNC_AUTO_ENABLED",
        "SYNC_INTERVAL_MINUTES", "SYNC_BATCH_SIZE",   "SYNC_MAX_RETRIES",    "SYNC_DATABASE" };

typedef struct
{
  char *folder;
  char *path;
  SyncProfile *profile;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    g_unsetenv (variables[i]);
  fixture->folder = test_folder_new ();
  fixture->path = g_build_filename (fixture->folder, "test.db", NULL);
}

static GAsyncResult *
answer (Fixture *fixture)
{
  test_store_wait (&fixture->result);
  return fixture->result;
}

static GAsyncResult **
place (Fixture *fixture)
{
  g_clear_object (&fixture->result);
  return &fixture->result;
}

static void
close_profile (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  if (fixture->profile == NULL)
    return;
  sync_profile_close_async (fixture->profile, test_got_result, place (fixture));
  g_assert_true (sync_profile_close_finish (fixture->profile, answer (fixture), &error));
  g_assert_no_error (error);
  g_clear_object (&fixture->result);
  g_clear_object (&fixture->profile);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_profile (fixture);
  g_clear_object (&fixture->result);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

static gboolean
open_profile (Fixture *fixture, const char *path, SyncProfileFlags flags, GError **error)
{
  g_assert_null (fixture->profile);
  sync_profile_open_async (path, flags, NULL, NULL, NULL, test_got_result, place (fixture));
  fixture->profile = sync_profile_open_finish (answer (fixture), error);
  return fixture->profile != NULL;
}

static void
open_new (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  open_profile (fixture, fixture->path, SYNC_PROFILE_CREATE, &error);
  g_assert_no_error (error);
}

/* In the file, as another program sees it. */
static void
shell (Fixture *fixture, const char *sql)
{
  g_autofree char *output = NULL;

  g_assert_true (test_shell (fixture->path, sql, &output));
}

#define assert_shell(fixture, sql, expected) \
  G_STMT_START \
  { \
    g_autofree char *shown_by_shell = NULL; \
    g_assert_true (test_shell ((fixture)->path, sql, &shown_by_shell)); \
    g_assert_cmpstr (shown_by_shell, ==, expected); \
  } \
  G_STMT_END

static SyncManager *
manager (Fixture *fixture)
{
  return sync_profile_get_manager (fixture->profile);
}

static gboolean
connect_vault (Fixture *fixture, const char *name, gboolean replace, GError **error)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);

  sync_profile_connect_vault_async (fixture->profile, path, replace, NULL, test_got_result,
                                    place (fixture));
  return sync_profile_connect_finish (fixture->profile, answer (fixture), error);
}

static gboolean
connect_supabase (Fixture *fixture, const char *url, const char *key, GError **error)
{
  sync_profile_connect_supabase_async (fixture->profile, url, key, FALSE, NULL, test_got_result,
                                       place (fixture));
  return sync_profile_connect_finish (fixture->profile, answer (fixture), error);
}

static SyncResult *
sync_now (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SyncResult *result;

  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, NULL, NULL, test_got_result,
                          place (fixture));
  result = sync_manager_run_finish (manager (fixture), answer (fixture), &error);
  g_assert_no_error (error);
  return result;
}

/* --- Opening and closing ---------------------------------------------------------------------- */

static void
test_create (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) known = NULL;

  g_assert_false (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  open_new (fixture);
  g_assert_cmpstr (sync_profile_get_path (fixture->profile), ==, fixture->path);
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_LOCAL_ONLY);
  g_assert_false (sync_manager_get_available (manager (fixture)));
  g_assert_nonnull (sync_profile_get_settings (fixture->profile));
  g_assert_nonnull (sync_profile_get_scheduler (fixture->profile));
  g_assert_nonnull (sync_profile_get_queue (fixture->profile));
  g_assert_nonnull (sync_profile_get_conflicts (fixture->profile));
  g_assert_nonnull (sync_profile_get_history (fixture->profile));
  g_assert_nonnull (sync_profile_get_devices (fixture->profile));
  g_assert_nonnull (sync_profile_get_entities (fixture->profile));
  g_assert_nonnull (sync_profile_get_snapshots (fixture->profile));
  g_assert_null (sync_profile_get_email (fixture->profile));
  known = sync_known_databases_list ();
  g_assert_cmpstr (known[0], ==, fixture->path);
  close_profile (fixture);
  g_clear_error (&error);
  g_assert_true (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
}

static void
test_default_path (Fixture *fixture, gconstpointer data)
{
  g_autofree char *default_path
      = g_build_filename (g_get_user_data_dir (), "progressive-sync", "progressive-sync.db", NULL);
  g_autofree char *path = sync_profile_dup_default_path ();
  g_autofree char *given = NULL;
  g_autoptr (GError) error = NULL;
  GStatBuf status;

  g_assert_cmpstr (path, ==, default_path);
  g_assert_true (open_profile (fixture, NULL, SYNC_PROFILE_CREATE, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (sync_profile_get_path (fixture->profile), ==, default_path);
  g_assert_cmpint (g_stat (default_path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  close_profile (fixture);

  g_setenv ("SYNC_DATABASE", fixture->path, TRUE);
  given = sync_profile_dup_default_path ();
  g_assert_cmpstr (given, ==, fixture->path);
  g_assert_true (open_profile (fixture, NULL, SYNC_PROFILE_CREATE, &error));
  g_assert_cmpstr (sync_profile_get_path (fixture->profile), ==, fixture->path);
}

static gpointer
open_in_thread (gpointer data)
{
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncStore) store = sync_store_open (data, SYNC_STORE_CREATE, NULL, clock, &error);

  g_assert_no_error (error);
  return NULL;
}

static char *
read_device (SyncConnection *connection)
{
  g_autoptr (GError) error = NULL;
  char *device;

  sync_connection_query_text (connection, &device, &error, "SELECT value FROM psync_meta WHERE key = 'device-id'", NULL);
  g_assert_no_error (error);
  return device;
}

/* Another program sets the database up between our look at it and our turn to write: who it is stays. */
static void
test_set_up_twice_at_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConnection) other = NULL;
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  GThread *thread;

  open_in_thread (fixture->path);
  other = sync_connection_open (fixture->path, 0, 10000, &error);
  g_assert_no_error (error);
  before = read_device (other);
  g_assert_true (sync_connection_execute (other, "UPDATE psync_meta SET value = 0 WHERE key = 'set-up'", &error));
  g_assert_true (sync_connection_begin (other, &error));
  g_assert_true (sync_connection_execute (other, "UPDATE psync_meta SET value = 1 WHERE key = 'set-up'", &error));
  thread = g_thread_new ("open", open_in_thread, fixture->path);
  g_usleep (300 * 1000); /* it waits for the lock by then; if not, there is nothing to see */
  g_assert_true (sync_connection_commit (other, &error));
  g_thread_join (thread);
  after = read_device (other);
  g_assert_cmpstr (after, ==, before);
  g_assert_no_error (error);
}

static void
test_bad_variable (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL, secret = NULL;

  open_new (fixture);
  close_profile (fixture);
  g_setenv ("SYNC_BATCH_SIZE", "many", TRUE);
  g_assert_false (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "SYNC_BATCH_SIZE");
  g_unsetenv ("SYNC_BATCH_SIZE");
  g_setenv ("SUPABASE_ANON_KEY", SECRET_KEY, TRUE);
  g_assert_false (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &secret));
  g_assert_error (secret, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
  g_assert_cmpstr (sync_error_get_detail (secret)->subject, ==, "SUPABASE_ANON_KEY");
  g_assert_null (strstr (secret->message, SECRET_KEY));
}

static void
test_bad_stored_value (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  open_new (fixture);
  close_profile (fixture);
  shell (fixture,
         "INSERT INTO psync_setting VALUES ('interval-minutes', 'x'), ('provider', 'supabase')");
  g_assert_true (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
  g_assert_no_error (error);
  /* A cloud without an address is none, which is no error here. */
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_LOCAL_ONLY);
}

static void
test_credentials_are_enough (Fixture *fixture, gconstpointer data)
{
  g_setenv ("SUPABASE_URL", "http://127.0.0.1:9/", TRUE);
  g_setenv ("SUPABASE_ANON_KEY", PUBLIC_KEY, TRUE);
  open_new (fixture);
  g_assert_true (sync_manager_get_available (manager (fixture)));
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_SIGN_IN_NEEDED);
  g_assert_cmpstr (sync_provider_get_location (sync_manager_get_provider (manager (fixture))), ==,
                   "http://127.0.0.1:9");
  close_profile (fixture);
  g_setenv ("SUPABASE_AUTH_TOKEN", "ready.made.token", TRUE);
  open_new (fixture);
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_IDLE);
}

static void
test_lost_triggers_are_put_back (Fixture *fixture, gconstpointer data)
{
  open_new (fixture);
  close_profile (fixture);
  shell (fixture,
         "DROP TABLE projects; CREATE TABLE projects (id TEXT PRIMARY KEY NOT NULL, name TEXT, "
         "description TEXT, settings TEXT, created_at TEXT, updated_at TEXT);"
         "INSERT INTO projects (id) VALUES ('a')");
  open_new (fixture);
  close_profile (fixture);
  shell (fixture, "INSERT INTO projects (id) VALUES ('b')");
  assert_shell (fixture, "SELECT id FROM psync_change ORDER BY id", "'a'\n'b'\n");
}

static void
test_close_during_a_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) run = NULL;
  g_autoptr (SyncResult) result = NULL;
  g_autoptr (SyncManager) running = NULL;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  shell (fixture, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                  "INSERT INTO projects (id) SELECT i FROM n");
  running = g_object_ref (manager (fixture));
  sync_manager_run_async (running, SYNC_RUN_SYNC, NULL, NULL, test_got_result, &run);
  g_assert_cmpint (sync_manager_get_state (running), ==, SYNC_STATE_SYNCING);
  close_profile (fixture);
  /* The run ended first. */
  g_assert_cmpint (sync_manager_get_state (running), !=, SYNC_STATE_SYNCING);
  test_store_wait (&run);
  result = sync_manager_run_finish (running, run, NULL);
  assert_shell (fixture, "PRAGMA integrity_check", "ok\n");
}

static void
test_closed_twice (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) again = NULL;

  open_new (fixture);
  sync_profile_close_async (fixture->profile, test_got_result, place (fixture));
  sync_profile_close_async (fixture->profile, test_got_result, &again);
  g_assert_true (sync_profile_close_finish (fixture->profile, answer (fixture), NULL));
  test_store_wait (&again);
  g_assert_true (sync_profile_close_finish (fixture->profile, again, NULL));
}

/* --- Clouds ----------------------------------------------------------------------------------- */

static void
test_vault (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result = NULL;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_IDLE);
  shell (fixture, "INSERT INTO projects (id) VALUES ('a')");
  result = sync_now (fixture);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 1);
  close_profile (fixture);
  g_assert_true (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
  g_assert_true (sync_manager_get_available (manager (fixture)));
}

static void
test_other_vault (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) first = NULL, second = NULL;
  g_autofree char *other = g_build_filename (fixture->folder, "other.db", NULL);
  g_autoptr (GPtrArray) snapshots = NULL;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  shell (fixture, "INSERT INTO projects (id) VALUES ('a')");
  first = sync_now (fixture);
  g_assert_false (connect_vault (fixture, "other.db", FALSE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_OTHER_CLOUD);
  g_assert_true (g_str_has_suffix (sync_error_get_detail (error)->subject, "/vault.db"));
  g_assert_false (g_file_test (other, G_FILE_TEST_EXISTS));
  g_assert_true (g_str_has_suffix (
      sync_provider_get_location (sync_manager_get_provider (manager (fixture))), "/vault.db"));
  g_clear_error (&error);

  g_assert_true (connect_vault (fixture, "other.db", TRUE, &error));
  g_assert_no_error (error);
  snapshots = sync_snapshot_list (fixture->path, &error);
  g_assert_cmpuint (snapshots->len, ==, 1);
  second = sync_now (fixture);
  g_assert_no_error (second->error);
  g_assert_cmpuint (second->total.pushed, ==, 1);
}

/* Also over the same path: what is there now is another vault. */
static void
test_vault_in_the_same_place (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "vault.db", NULL);
  g_autoptr (GError) error = NULL, missing = NULL, other = NULL;
  g_autoptr (SyncResult) first = NULL;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  shell (fixture, "INSERT INTO projects (id) VALUES ('a')");
  first = sync_now (fixture);
  close_profile (fixture);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_true (open_profile (fixture, fixture->path, SYNC_PROFILE_NONE, &error));
  g_assert_false (connect_vault (fixture, "vault.db", FALSE, &missing));
  g_assert_error (missing, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  g_assert_true (connect_vault (fixture, "vault.db", TRUE, &error));
  g_assert_no_error (error);
  assert_shell (fixture, "SELECT count(*) FROM psync_change", "1\n");
}

static void
test_moved_vault (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "vault.db", NULL);
  g_autofree char *moved = g_build_filename (fixture->folder, "moved.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) first = NULL, second = NULL;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  shell (fixture, "INSERT INTO projects (id) VALUES ('a')");
  first = sync_now (fixture);
  close_profile (fixture);
  g_assert_cmpint (g_rename (path, moved), ==, 0);
  open_new (fixture);
  g_assert_true (connect_vault (fixture, "moved.db", FALSE, &error));
  g_assert_no_error (error);
  assert_shell (fixture, "SELECT count(*) FROM psync_change", "0\n");
  second = sync_now (fixture);
  g_assert_no_error (second->error);
  g_assert_cmpint (second->outcome, ==, SYNC_OUTCOME_NOTHING);
}

static void
test_not_a_vault (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "letter.txt", NULL);
  g_autoptr (GError) error = NULL, empty = NULL;

  open_new (fixture);
  g_assert_true (
      g_file_set_contents (path, "Dear all, this is no database at all, but a letter.", -1, NULL));
  g_assert_false (connect_vault (fixture, "letter.txt", FALSE, &error));
  g_assert_nonnull (error);
  assert_shell (fixture, "SELECT count(*) FROM psync_setting", "0\n");
  sync_profile_connect_vault_async (fixture->profile, "", FALSE, NULL, test_got_result,
                                    place (fixture));
  g_assert_false (sync_profile_connect_finish (fixture->profile, answer (fixture), &empty));
  g_assert_error (empty, SYNC_ERROR, SYNC_ERROR_INVALID);
}

static void
test_supabase (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL, secret = NULL, clear = NULL, bad = NULL;

  open_new (fixture);
  g_assert_false (connect_supabase (fixture, "https://a.example", SECRET_KEY, &secret));
  g_assert_error (secret, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
  g_assert_false (connect_supabase (fixture, "http://a.example", PUBLIC_KEY, &clear));
  g_assert_error (clear, SYNC_ERROR, SYNC_ERROR_INSECURE);
  g_assert_false (connect_supabase (fixture, "no address", PUBLIC_KEY, &bad));
  g_assert_error (bad, SYNC_ERROR, SYNC_ERROR_INVALID);
  assert_shell (fixture, "SELECT count(*) FROM psync_setting", "0\n");

  g_assert_true (connect_supabase (fixture, "https://a.example/", PUBLIC_KEY, &error));
  g_assert_no_error (error);
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_SIGN_IN_NEEDED);
  assert_shell (fixture, "SELECT value FROM psync_setting WHERE key = 'supabase-url'",
                "https://a.example\n");
}

static void
test_connect_waits_for_runs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autofree char *vault = g_build_filename (fixture->folder, "vault.db", NULL);
  SyncFileLock *lock;

  open_new (fixture);
  lock = sync_file_lock_try_acquire (fixture->path, "run", &error);
  g_assert_no_error (error);
  sync_profile_connect_vault_async (fixture->profile, vault, FALSE, cancellable, test_got_result,
                                    place (fixture));
  g_cancellable_cancel (cancellable);
  g_assert_false (sync_profile_connect_finish (fixture->profile, answer (fixture), &error));
  g_assert_true (sync_error_is_cancelled (error));
  g_assert_false (g_file_test (vault, G_FILE_TEST_EXISTS));
  sync_file_lock_release (lock);
  g_clear_error (&error);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  /* The lock was given back with the answer. */
  lock = sync_file_lock_try_acquire (fixture->path, "run", &error);
  g_assert_no_error (error);
  sync_file_lock_release (lock);
}

/* Whoever comes is counted, and sent away. */
static gboolean
hang_up (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user_data)
{
  ++*(guint *) user_data;
  return TRUE;
}

static void
visit (GInetSocketAddress *address)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (address), NULL, test_got_result, &result);
  test_store_wait (&result);
  connection = g_socket_client_connect_finish (client, result, &error);
  g_assert_no_error (error);
}

/* Else the rest of a run would go on in the name of somebody else, and mix their rows. */
static void
test_nobody_signs_in_during_a_run (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GSocketService) service = g_socket_service_new ();
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *url = NULL;
  g_autoptr (GError) error = NULL;
  SyncFileLock *run;
  guint visits = 0;

  g_socket_listener_add_address (G_SOCKET_LISTENER (service), any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL,
                                 &address, &error);
  g_assert_no_error (error);
  g_signal_connect (service, "incoming", G_CALLBACK (hang_up), &visits);
  url = g_strdup_printf ("http://127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  open_new (fixture);
  g_assert_true (connect_supabase (fixture, url, PUBLIC_KEY, &error));

  run = sync_file_lock_try_acquire (fixture->path, "run", &error);
  g_assert_no_error (error);
  sync_profile_sign_in_async (fixture->profile, "a@b.example", "secret", NULL, test_got_result, &result);
  for (guint i = 1; i <= 5; i++)
    {
      visit (G_INET_SOCKET_ADDRESS (address));
      while (visits < i)
        g_main_context_iteration (NULL, TRUE);
    }
  g_assert_cmpuint (visits, ==, 5);
  g_assert_null (result);
  sync_file_lock_release (run);
  test_store_wait (&result);
  g_assert_false (sync_profile_session_finish (fixture->profile, result, &error));
  g_assert_true (sync_error_is_transient (error));
  g_assert_cmpuint (visits, >, 5);
  g_clear_error (&error);
  /* Whoever is told may begin a run at once. */
  run = sync_file_lock_try_acquire (fixture->path, "run", &error);
  g_assert_no_error (error);
  sync_file_lock_release (run);
  g_socket_service_stop (service);
}

static void
test_other_program_changes_the_cloud (Fixture *fixture, gconstpointer data)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO psync_setting VALUES ('provider', 'vault'), "
                                          "('vault-path', '%s/vault.db')",
                                          fixture->folder);

  open_new (fixture);
  shell (fixture, sql);
  sync_manager_refresh (manager (fixture));
  while (!sync_manager_get_available (manager (fixture)))
    g_main_context_iteration (NULL, TRUE);
  g_assert_true (g_str_has_suffix (
      sync_provider_get_location (sync_manager_get_provider (manager (fixture))), "/vault.db"));
}

static void
test_session_needs_a_cloud_with_accounts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) none = NULL, vault = NULL, error = NULL;

  open_new (fixture);
  sync_profile_sign_in_async (fixture->profile, "a@b.example", "secret", NULL, test_got_result,
                              place (fixture));
  g_assert_false (sync_profile_session_finish (fixture->profile, answer (fixture), &none));
  g_assert_error (none, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  sync_profile_sign_out_async (fixture->profile, NULL, test_got_result, place (fixture));
  g_assert_false (sync_profile_session_finish (fixture->profile, answer (fixture), &vault));
  g_assert_error (vault, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED);
  g_assert_cmpstr (sync_error_get_detail (vault)->reason, ==, "no-accounts");
}

/* --- Detaching -------------------------------------------------------------------------------- */

static char *
profile_id (Fixture *fixture)
{
  char *id = NULL;

  g_assert_true (
      test_shell (fixture->path, "SELECT value FROM psync_meta WHERE key = 'profile-id'", &id));
  return g_strchomp (id);
}

static void
test_detach (Fixture *fixture, gconstpointer data)
{
  g_autofree char *before = NULL, *id = NULL, *secret = NULL;
  g_autofree char *directory
      = g_build_filename (g_get_user_config_dir (), "progressive-sync", NULL);
  g_autoptr (SyncSecretStore) secrets = sync_file_secrets_new (directory);
  g_auto (GStrv) known = NULL;
  g_autoptr (GError) error = NULL;

  shell (
      fixture,
      "CREATE TABLE notes (id INTEGER PRIMARY KEY, body); INSERT INTO notes (body) VALUES ('x')");
  g_assert_true (test_shell (fixture->path, ".dump", &before));
  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  id = profile_id (fixture);
  sync_secret_store_store_async (secrets, id, "session", "s3cret", NULL, test_got_result,
                                 place (fixture));
  g_assert_true (sync_secret_store_store_finish (secrets, answer (fixture), &error));

  sync_profile_detach_async (fixture->profile, NULL, test_got_result, place (fixture));
  g_assert_true (sync_profile_detach_finish (fixture->profile, answer (fixture), &error));
  g_assert_no_error (error);
  close_profile (fixture);
  assert_shell (fixture, ".dump", before);
  known = sync_known_databases_list ();
  g_assert_false (g_strv_contains ((const char *const *) known, fixture->path));
  sync_secret_store_lookup_async (secrets, id, "session", NULL, test_got_result, place (fixture));
  secret = sync_secret_store_lookup_finish (secrets, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_null (secret);
}

static void
cancel (SyncManager *manager, GParamSpec *pspec, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/* Nobody would notice that nothing is synced any more. */
static void
test_detaching_that_fails_leaves_all_as_it_was (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GHashTable) overrides = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (SyncProvider) cloud = NULL;
  g_autoptr (GError) error = NULL;
  SyncScheduler *scheduler;

  g_hash_table_insert (overrides, (char *) "auto-sync", (char *) "true");
  sync_profile_open_async (fixture->path, SYNC_PROFILE_CREATE, NULL, overrides, NULL, test_got_result, place (fixture));
  fixture->profile = sync_profile_open_finish (answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  cloud = g_object_ref (sync_manager_get_provider (manager (fixture)));
  scheduler = sync_profile_get_scheduler (fixture->profile);
  sync_scheduler_start (scheduler);

  g_signal_connect_object (manager (fixture), "notify::provider", G_CALLBACK (cancel), cancellable, 0);
  sync_profile_detach_async (fixture->profile, cancellable, test_got_result, place (fixture));
  g_assert_false (sync_profile_detach_finish (fixture->profile, answer (fixture), &error));
  g_assert_true (sync_error_is_cancelled (error));
  g_assert_true (sync_manager_get_provider (manager (fixture)) == cloud);
  g_assert_true (sync_scheduler_is_started (scheduler));
  while (sync_scheduler_get_next_run (scheduler) == SYNC_TIME_UNKNOWN)
    g_main_context_iteration (NULL, TRUE);
}

/* --- What it says of itself ------------------------------------------------------------------- */

static void
test_diagnostics (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *object;

  g_setenv ("SUPABASE_URL", "http://127.0.0.1:9", TRUE);
  g_setenv ("SUPABASE_ANON_KEY", PUBLIC_KEY, TRUE);
  g_setenv ("SUPABASE_AUTH_TOKEN", "ready.made.token", TRUE);
  open_new (fixture);
  shell (fixture, "INSERT INTO projects (id, name) VALUES ('k3y', 'c0ntents')");
  sync_profile_diagnostics_async (fixture->profile, NULL, test_got_result, place (fixture));
  text = sync_profile_diagnostics_finish (fixture->profile, answer (fixture), &error);
  g_assert_no_error (error);
  root = json_from_string (text, &error);
  g_assert_no_error (error);
  object = json_node_get_object (root);
  g_assert_true (json_object_has_member (object, "versions"));
  g_assert_true (json_object_has_member (object, "configuration"));
  g_assert_true (json_object_has_member (object, "device"));
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (object, "statistics"), "pending"),
      ==, 1);
  g_assert_null (strstr (text, PUBLIC_KEY));
  g_assert_null (strstr (text, "ready.made.token"));
  g_assert_null (strstr (text, "c0ntents"));
  g_assert_null (strstr (text, "k3y"));
}

static void
test_schema (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  open_new (fixture);
  sync_profile_print_schema_async (fixture->profile, NULL, test_got_result, place (fixture));
  text = sync_profile_print_schema_finish (fixture->profile, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "notifications"));
  g_assert_nonnull (strstr (text, "sync_state"));
}

#define add(name, func) g_test_add ("/profile/" name, Fixture, NULL, set_up, func, tear_down)

/* --- Before a first run ----------------------------------------------------------------------- */

static void
count_told (const SyncCheck *check, gpointer data)
{
  ++*(guint *) data;
}

static void
test_connection (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) checks = NULL;
  g_autoptr (GError) error = NULL;
  guint told = 0;

  open_new (fixture);
  sync_profile_test_async (fixture->profile, NULL, NULL, NULL, NULL, NULL, test_got_result,
                           place (fixture));
  g_assert_null (sync_profile_test_finish (fixture->profile, answer (fixture), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED);
  g_clear_error (&error);
  sync_profile_test_async (fixture->profile, "https://abc.supabase.co", SECRET_KEY, NULL, NULL,
                           NULL, test_got_result, place (fixture));
  g_assert_null (sync_profile_test_finish (fixture->profile, answer (fixture), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
  g_clear_error (&error);

  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  sync_profile_test_async (fixture->profile, NULL, NULL, count_told, &told, NULL, test_got_result,
                           place (fixture));
  checks = sync_profile_test_finish (fixture->profile, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (checks->len, ==, 2);
  g_assert_cmpuint (told, ==, 2);
  for (guint i = 0; i < checks->len; i++)
    g_assert_cmpint (((SyncCheck *) g_ptr_array_index (checks, i))->result, ==,
                     SYNC_CHECK_PASSED);
}

static void
cancel_at_first_sight (SyncProvider *provider, GParamSpec *pspec, gpointer user_data)
{
  g_cancellable_cancel (user_data);
}

/* Whoever cancelled does not look any more. */
static void
test_a_cancelled_test_tells_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GPtrArray) checks = NULL;
  g_autoptr (GError) error = NULL;
  guint told = 0;

  open_new (fixture);
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  g_signal_connect_object (sync_manager_get_provider (manager (fixture)), "notify::connected",
                           G_CALLBACK (cancel_at_first_sight), cancellable, 0);
  sync_profile_test_async (fixture->profile, NULL, NULL, count_told, &told, cancellable, test_got_result,
                           place (fixture));
  checks = sync_profile_test_finish (fixture->profile, answer (fixture), &error);
  g_assert_true (sync_error_is_cancelled (error));
  g_assert_null (checks);
  g_assert_cmpuint (told, ==, 0);
}

static SyncSides *
count_sides (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SyncSides *sides;

  sync_profile_count_sides_async (fixture->profile, NULL, test_got_result, place (fixture));
  sides = sync_profile_count_sides_finish (fixture->profile, answer (fixture), &error);
  g_assert_no_error (error);
  return sides;
}

/* A second device comes to a vault that the first one filled. */
static void
test_both_sides_are_counted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *second = g_build_filename (fixture->folder, "second.db", NULL);
  g_autoptr (SyncSides) before = NULL, after = NULL, there = NULL;
  g_autoptr (SyncResult) run = NULL;
  g_autoptr (GError) error = NULL;
  const SyncSideCount *projects;

  open_new (fixture);
  shell (fixture, "INSERT INTO projects (id) VALUES ('a'), ('b'), ('c')");
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  before = count_sides (fixture);
  g_assert_cmpuint (before->local, ==, 3);
  g_assert_cmpuint (before->cloud, ==, 0);
  g_assert_false (before->synced_before);
  g_assert_cmpuint (before->other_devices, ==, 0);

  run = sync_now (fixture);
  shell (fixture, "DELETE FROM projects WHERE id = 'a'");
  after = count_sides (fixture);
  g_assert_cmpuint (after->local, ==, 2);
  g_assert_cmpuint (after->cloud, ==, 3);
  g_assert_true (after->synced_before);
  close_profile (fixture);

  g_assert_true (open_profile (fixture, second, SYNC_PROFILE_CREATE, &error));
  g_assert_true (connect_vault (fixture, "vault.db", FALSE, &error));
  there = count_sides (fixture);
  g_assert_cmpuint (there->local, ==, 0);
  g_assert_cmpuint (there->cloud, ==, 3);
  g_assert_cmpuint (there->other_devices, ==, 1);
  g_assert_false (there->synced_before);
  g_assert_cmpuint (there->entities->len, ==, 3);
  projects = NULL;
  for (guint i = 0; i < there->entities->len; i++)
    if (g_str_equal (((SyncSideCount *) g_ptr_array_index (there->entities, i))->entity, "projects"))
      projects = g_ptr_array_index (there->entities, i);
  g_assert_nonnull (projects);
  g_assert_cmpuint (projects->cloud, ==, 3);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("created-only-if-asked-for", test_create);
  add ("default-path", test_default_path);
  add ("set-up-by-two-programs-at-once", test_set_up_twice_at_once);
  add ("a-bad-variable-is-named", test_bad_variable);
  add ("a-bad-stored-value-can-be-put-right", test_bad_stored_value);
  add ("credentials-in-the-environment-are-enough", test_credentials_are_enough);
  add ("lost-triggers-are-put-back", test_lost_triggers_are_put_back);
  add ("closing-ends-a-run-first", test_close_during_a_run);
  add ("closed-twice", test_closed_twice);
  add ("vault-is-made-and-remembered", test_vault);
  add ("another-vault-only-if-asked-for", test_other_vault);
  add ("a-missing-vault-is-not-made-again", test_vault_in_the_same_place);
  add ("a-moved-vault-is-the-same-cloud", test_moved_vault);
  add ("what-is-no-vault-is-not-stored", test_not_a_vault);
  add ("supabase-address-and-key-are-checked", test_supabase);
  add ("changing-clouds-waits-for-runs", test_connect_waits_for_runs);
  add ("detaching-that-fails-leaves-all-as-it-was", test_detaching_that_fails_leaves_all_as_it_was);
  add ("a-cancelled-test-tells-nothing", test_a_cancelled_test_tells_nothing);
  add ("nobody-signs-in-during-a-run", test_nobody_signs_in_during_a_run);
  add ("another-program-may-change-the-cloud", test_other_program_changes_the_cloud);
  add ("a-session-needs-a-cloud-with-accounts", test_session_needs_a_cloud_with_accounts);
  add ("detached-as-if-never-there", test_detach);
  add ("diagnostics-have-no-secrets", test_diagnostics);
  add ("schema-for-its-entities", test_schema);
  add ("a-connection-is-tested-step-by-step", test_connection);
  add ("both-sides-are-counted-before-a-first-run", test_both_sides_are_counted);
  return test_run_with_own_folders ();
}
