/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <signal.h>
#include <string.h>

#include <gio/gunixsocketaddress.h>

#include "sync-bus-find.h"
#include "sync-bus-names.h"
#include "sync-bus-object.h"
#include "sync-file-lock.h"
#include "sync-scheduler-private.h"
#include "test-psync.h"
#include "test-store.h"

#define DATABASE "laptop.db"

/* The application's part is played by this process: one database, open and on a private bus. */
typedef struct
{
  GTestDBus *bus;
  GDBusConnection *connection;
  guint name;
  gboolean owned;
  TestPsync *psync;
  SyncProfile *profile;
  SyncBusObject *object;
  GAsyncResult *result;
  guint started; /* runs that the application began */
} Fixture;

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
name_acquired (GDBusConnection *connection, const char *name, gpointer data)
{
  ((Fixture *)data)->owned = TRUE;
}

static void
note_start (Fixture *fixture)
{
  fixture->started++;
}

static SyncManager *
manager (Fixture *fixture)
{
  return sync_profile_get_manager (fixture->profile);
}

static void
open_bus (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->bus = g_test_dbus_new (G_TEST_DBUS_NONE);
  g_test_dbus_up (fixture->bus);
  fixture->connection = g_dbus_connection_new_for_address_sync (
      g_test_dbus_get_bus_address (fixture->bus),
      G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT
          | G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
      NULL, NULL, &error);
  g_assert_no_error (error);
  test_psync_set_environment (fixture->psync, "DBUS_SESSION_BUS_ADDRESS",
                              g_test_dbus_get_bus_address (fixture->bus));
  fixture->name = g_bus_own_name_on_connection (fixture->connection, SYNC_BUS_NAME,
                                                G_BUS_NAME_OWNER_FLAGS_NONE, name_acquired, NULL,
                                                fixture, NULL);
  while (!fixture->owned)
    g_main_context_iteration (NULL, TRUE);
}

static void
open_application (Fixture *fixture)
{
  g_autofree char *path = test_psync_path (fixture->psync, DATABASE);
  g_autoptr (GError) error = NULL;

  sync_profile_open_async (path, SYNC_PROFILE_NONE, NULL, NULL, NULL, test_got_result,
                           place (fixture));
  fixture->profile = sync_profile_open_finish (answer (fixture), &error);
  g_assert_no_error (error);
  g_signal_connect_swapped (manager (fixture), "sync-started", G_CALLBACK (note_start), fixture);
  fixture->object = sync_bus_object_new (fixture->profile, fixture->connection, &error);
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->psync = test_psync_new ();
  /* Where the locks are. */
  test_psync_set_environment (fixture->psync, "XDG_STATE_HOME", g_get_user_state_dir ());
  test_psync_add_device (fixture->psync, DATABASE);
  open_bus (fixture);
  open_application (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_clear_object (&fixture->object);
  sync_profile_close_async (fixture->profile, test_got_result, place (fixture));
  sync_profile_close_finish (fixture->profile, answer (fixture), &error);
  g_assert_no_error (error);
  g_clear_object (&fixture->result);
  g_clear_object (&fixture->profile);
  g_bus_unown_name (fixture->name);
  g_clear_object (&fixture->connection);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_test_dbus_down (fixture->bus);
  g_object_unref (fixture->bus);
  test_psync_free (fixture->psync);
}

/* psync, while the application goes on. What it prints comes back. */
static char *
psync_ends (Fixture *fixture, GSubprocess *process, int status)
{
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  g_subprocess_communicate_utf8_async (process, NULL, NULL, test_got_result, place (fixture));
  g_subprocess_communicate_utf8_finish (process, answer (fixture), &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, status);
  return output;
}

static GSubprocess *
begin_psync (Fixture *fixture, const char *arguments)
{
  return test_psync_spawn (fixture->psync, DATABASE, arguments, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
}

static JsonObject *
run_psync (Fixture *fixture, int status, const char *arguments)
{
  g_autofree char *with_json = g_strconcat ("--json ", arguments, NULL);
  g_autoptr (GSubprocess) process = begin_psync (fixture, with_json);
  g_autofree char *output = psync_ends (fixture, process, status);

  return test_psync_parse (fixture->psync, output);
}

static SyncBusSync1 *
find (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SyncBusSync1 *proxy;

  g_setenv ("DBUS_SESSION_BUS_ADDRESS", g_test_dbus_get_bus_address (fixture->bus), TRUE);
  sync_bus_find_async (sync_profile_get_path (fixture->profile), NULL, test_got_result,
                       place (fixture));
  proxy = sync_bus_find_finish (answer (fixture), &error);
  g_assert_no_error (error);
  return proxy;
}

static void
insert (Fixture *fixture, const char *values)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO projects (id, name) VALUES %s", values);

  g_free (test_psync_sql (fixture->psync, DATABASE, sql));
}

/* Waits, without a limit of its own, until the application shows it on the bus. */
#define wait_until(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    while (!(condition))                                                                           \
      g_main_context_iteration (NULL, TRUE);                                                       \
  }                                                                                                \
  G_STMT_END

static void
test_state_and_counts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncBusSync1) proxy = find (fixture);

  g_assert_cmpstr (sync_bus_sync1_get_provider (proxy), ==, "vault");
  g_assert_true (sync_bus_sync1_get_available (proxy));
  wait_until (g_str_equal (sync_bus_sync1_get_state (proxy), "idle"));
  g_assert_cmpint (sync_bus_sync1_get_last_sync_time (proxy), ==, 0);
  g_assert_cmpint (sync_bus_sync1_get_paused_until (proxy), ==, 0);
  g_assert_cmpstr (sync_bus_sync1_get_hold (proxy), ==, "none");
  insert (fixture, "('a', 'A'), ('b', 'B')");
  sync_manager_refresh (manager (fixture));
  wait_until (sync_bus_sync1_get_pending_count (proxy) == 2);
  json_object_unref (run_psync (fixture, 0, "sync"));
  wait_until (sync_bus_sync1_get_pending_count (proxy) == 0);
  wait_until (sync_bus_sync1_get_last_sync_time (proxy) > 0);
  wait_until (g_str_equal (sync_bus_sync1_get_state (proxy), "idle"));
}

static void
set (Fixture *fixture, const char *name, const char *value)
{
  SyncSettings *settings = sync_profile_get_settings (fixture->profile);
  g_autoptr (GError) error = NULL;

  sync_settings_set_async (settings, name, value, NULL, test_got_result, place (fixture));
  sync_settings_set_finish (settings, answer (fixture), &error);
  g_assert_no_error (error);
}

static gboolean
plans_nothing (JsonObject *answered)
{
  return json_object_get_null_member (json_object_get_object_member (answered, "statistics"),
                                      "next_sync_at");
}

/* What only the application knows, psync asks it for. */
static void
test_status_tells_the_plan (Fixture *fixture, gconstpointer data)
{
  SyncScheduler *scheduler = sync_profile_get_scheduler (fixture->profile);
  g_autoptr (SyncBusSync1) proxy = find (fixture);
  g_autoptr (JsonObject) planned = NULL, held = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *text = NULL;

  set (fixture, "sync-at-start", "false");
  set (fixture, "auto-sync", "true");
  sync_scheduler_start (scheduler);
  wait_until (sync_bus_sync1_get_next_sync_time (proxy) != 0);
  planned = run_psync (fixture, 0, "status");
  g_assert_true (json_object_get_null_member (planned, "hold"));
  g_assert_false (plans_nothing (planned));

  sync_system_set_power_saver (sync_scheduler_get_system (scheduler), TRUE);
  wait_until (g_str_equal (sync_bus_sync1_get_hold (proxy), "power-saver"));
  held = run_psync (fixture, 0, "status");
  g_assert_cmpstr (json_object_get_string_member (held, "hold"), ==, "power-saver");
  g_assert_true (plans_nothing (held));
  process = begin_psync (fixture, "status");
  text = psync_ends (fixture, process, 0);
  g_assert_nonnull (strstr (text, "Waiting for the end of power saving"));
}

static void
test_application_runs (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) answered = NULL;
  JsonObject *run;

  insert (fixture, "('a', 'A'), ('b', 'B'), ('c', 'C')");
  answered = run_psync (fixture, 0, "sync");
  g_assert_cmpuint (fixture->started, ==, 1);
  run = json_object_get_object_member (answered, "run");
  g_assert_cmpstr (json_object_get_string_member (run, "outcome"), ==, "done");
  g_assert_cmpint (json_object_get_int_member (run, "pushed"), ==, 3);
  g_assert_cmpint (json_object_get_int_member (run, "number"), >, 0);
  g_assert_cmpint (json_object_get_int_member (run, "requests"), >, 0);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (run, "entities")), ==, 1);
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_history", "1");
}

/* Another device of the vault makes what this one's runs meet. */
static void
make_conflict (Fixture *fixture)
{
  test_psync_add_device (fixture->psync, "other.db");
  insert (fixture, "('a', 'A')");
  json_object_unref (run_psync (fixture, 0, "sync"));
  g_free (test_psync_run (fixture->psync, "other.db", 0, "sync"));
  g_free (test_psync_sql (fixture->psync, "other.db", "UPDATE projects SET name = 'there'"));
  g_free (test_psync_run (fixture->psync, "other.db", 0, "sync"));
  g_free (test_psync_sql (fixture->psync, DATABASE, "UPDATE projects SET name = 'here'"));
}

static void
test_options_cross (Fixture *fixture, gconstpointer data)
{
  g_autoptr (JsonObject) dry = NULL, manual = NULL, seed = NULL;

  make_conflict (fixture);
  dry = run_psync (fixture, 5, "sync --dry-run --strategy manual");
  g_assert_true (
      json_object_get_boolean_member (json_object_get_object_member (dry, "run"), "dry_run"));
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_conflict", "0");
  manual = run_psync (fixture, 0, "sync --strategy manual --entity notifications --batch-size 7");
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_conflict", "0");
  json_object_unref (run_psync (fixture, 5, "sync --strategy manual --entity projects"));
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_conflict", "1");
  seed = run_psync (fixture, 5, "seed");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (seed, "run"), "kind"), ==,
      "seed");
  g_assert_cmpuint (fixture->started, ==, 5);
}

static void
test_errors_cross (Fixture *fixture, gconstpointer data)
{
  g_autofree char *vault = test_psync_path (fixture->psync, "vault.db");
  g_autofree char *away = test_psync_path (fixture->psync, "away.db");
  g_autoptr (GFile) from = g_file_new_for_path (vault), to = g_file_new_for_path (away);
  g_autoptr (JsonObject) answered = NULL;
  g_autoptr (SyncBusSync1) proxy = find (fixture);
  g_autoptr (GError) error = NULL;

  json_object_unref (run_psync (fixture, 0, "sync"));
  g_file_move (from, to, G_FILE_COPY_NONE, NULL, NULL, NULL, &error);
  g_assert_no_error (error);
  answered = run_psync (fixture, 3, "sync");
  g_assert_cmpuint (fixture->started, ==, 2);
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (answered, "error"), "code"), ==,
      "offline");
  wait_until (g_str_equal (sync_bus_sync1_get_state (proxy), "offline"));
  g_assert_nonnull (strstr (sync_bus_sync1_get_last_error (proxy), "\"code\":\"offline\""));
}

static void
assert_refused (Fixture *fixture, const char *options, const char *name)
{
  g_autoptr (SyncBusSync1) proxy = find (fixture);
  g_autoptr (GError) error = NULL;
  g_autofree char *remote = NULL;

  sync_bus_sync1_call_sync (proxy, g_variant_new_parsed (options), NULL, test_got_result,
                            place (fixture));
  g_assert_false (sync_bus_sync1_call_sync_finish (proxy, NULL, answer (fixture), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, name));
  remote = g_dbus_error_get_remote_error (error);
  g_assert_cmpstr (remote, ==, "io.github.progressive_sync.Error.InvalidArgument");
  g_assert_cmpuint (fixture->started, ==, 0);
}

static void
test_bad_options (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "{'kind': <'everything'>}", "kind");
  assert_refused (fixture, "{'kind': <1>}", "kind");
  assert_refused (fixture, "{'strategy': <'coin'>}", "strategy");
  assert_refused (fixture, "{'dry-run': <'yes'>}", "dry-run");
  assert_refused (fixture, "{'dry_run': <true>}", "dry_run");
}

/* A run that lasts as long as the test wants: it waits for the lock. */
static SyncFileLock *
hold_run (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock
      = sync_file_lock_try_acquire (sync_profile_get_path (fixture->profile), "run", &error);

  g_assert_no_error (error);
  return lock;
}

static void
test_one_run_at_a_time (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 60 };
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;

  insert (fixture, "('a', 'A')");
  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  /* Who waits only a moment is told, and does not run beside it. */
  json_object_unref (run_psync (fixture, 7, "sync --wait 0"));
  process = begin_psync (fixture, "sync --wait 60");
  while (g_main_context_iteration (NULL, FALSE))
    ;
  sync_file_lock_release (lock);
  output = psync_ends (fixture, process, 0);
  g_assert_cmpuint (fixture->started, ==, 2);
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_change", "0");
}

/* Both runs of the application wait for another process, one after the other. */
static void
test_time_in_the_queue_counts (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 4 };
  gint64 begin = g_get_monotonic_time ();

  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  json_object_unref (run_psync (fixture, 7, "sync --wait 6"));
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 10 * G_USEC_PER_SEC);
  sync_file_lock_release (lock);
}

/* It waits on by itself, but only for what is left. */
static void
test_time_before_the_application_goes_counts (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 60 };
  gint64 begin = g_get_monotonic_time ();
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;

  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  process = begin_psync (fixture, "sync --wait 7");
  json_object_unref (run_psync (fixture, 7, "sync --wait 4"));
  g_clear_object (&fixture->object);
  output = psync_ends (fixture, process, 7);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 11 * G_USEC_PER_SEC);
  sync_manager_cancel (manager (fixture));
  wait_until (sync_manager_get_state (manager (fixture)) != SYNC_STATE_SYNCING);
  sync_file_lock_release (lock);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  g_autoptr (GSubprocess) process = begin_psync (fixture, "sync --wait 60");
  g_autofree char *output = NULL;

  wait_until (fixture->started == 1);
  g_subprocess_send_signal (process, SIGINT);
  output = psync_ends (fixture, process, 1);
  wait_until (sync_manager_get_state (manager (fixture)) != SYNC_STATE_SYNCING);
  sync_file_lock_release (lock);
  g_assert_cmpuint (fixture->started, ==, 1);
}

/* What waits is taken back, and the run of somebody else goes on. */
static void
test_cancel_what_waits (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 60 };
  g_autoptr (SyncBusSync1) proxy = find (fixture);
  g_autoptr (GAsyncResult) waiting = NULL;
  g_autoptr (GError) error = NULL;

  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  sync_bus_sync1_call_sync (proxy, g_variant_new_parsed ("{'wait': <uint32 60>, 'kind': <'seed'>}"),
                            NULL, test_got_result, &waiting);
  sync_bus_sync1_call_cancel (proxy, NULL, test_got_result, place (fixture));
  g_assert_true (sync_bus_sync1_call_cancel_finish (proxy, answer (fixture), &error));
  g_assert_no_error (error);
  test_store_wait (&waiting);
  g_assert_false (sync_bus_sync1_call_sync_finish (proxy, NULL, waiting, &error));
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_SYNCING);
  sync_file_lock_release (lock);
  wait_until (sync_manager_get_state (manager (fixture)) != SYNC_STATE_SYNCING);
  test_psync_expect (fixture->psync, DATABASE, "SELECT group_concat (kind) FROM psync_history",
                     "sync");
}

/* What somebody asked for who was killed meanwhile does not begin. */
static void
test_asker_gone (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 60 };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (SyncBusSync1) proxy = find (fixture);
  g_autoptr (GError) error = NULL;

  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  process = begin_psync (fixture, "seed --wait 60");
  /* Answered in order: psync's question has arrived when a later psync's has been answered. */
  json_object_unref (run_psync (fixture, 7, "sync --wait 1"));
  g_subprocess_force_exit (process);
  g_subprocess_wait_async (process, NULL, test_got_result, place (fixture));
  g_subprocess_wait_finish (process, answer (fixture), &error);
  g_assert_no_error (error);
  /* The bus tells of its end before it answers this. */
  sync_bus_sync1_call_resume (proxy, NULL, test_got_result, place (fixture));
  sync_bus_sync1_call_resume_finish (proxy, answer (fixture), &error);
  g_assert_no_error (error);
  sync_file_lock_release (lock);
  wait_until (sync_manager_get_state (manager (fixture)) != SYNC_STATE_SYNCING);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_cmpuint (fixture->started, ==, 1);
}

static void
test_application_goes_away (Fixture *fixture, gconstpointer data)
{
  SyncFileLock *lock = hold_run (fixture);
  SyncRunOptions options = { .wait_seconds = 60 };
  g_autoptr (GSubprocess) process = NULL;
  g_autofree char *output = NULL;

  insert (fixture, "('a', 'A')");
  sync_manager_run_async (manager (fixture), SYNC_RUN_SYNC, &options, NULL, NULL, NULL);
  process = begin_psync (fixture, "sync --wait 60");
  json_object_unref (run_psync (fixture, 7, "sync --wait 1"));
  g_clear_object (&fixture->object);
  sync_manager_cancel (manager (fixture));
  wait_until (sync_manager_get_state (manager (fixture)) != SYNC_STATE_SYNCING);
  sync_file_lock_release (lock);
  output = psync_ends (fixture, process, 0);
  g_assert_cmpuint (fixture->started, ==, 1);
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_change", "0");
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncBusSync1) proxy = find (fixture);

  json_object_unref (run_psync (fixture, 0, "pause"));
  g_assert_cmpint (sync_manager_get_state (manager (fixture)), ==, SYNC_STATE_PAUSED);
  wait_until (sync_bus_sync1_get_paused_until (proxy) == G_MAXINT64);
  wait_until (g_str_equal (sync_bus_sync1_get_state (proxy), "paused"));
  /* A run that somebody asks for works, and does not end it. */
  json_object_unref (run_psync (fixture, 0, "sync"));
  g_assert_cmpuint (fixture->started, ==, 1);
  g_assert_cmpint (sync_bus_sync1_get_paused_until (proxy), ==, G_MAXINT64);
  json_object_unref (run_psync (fixture, 0, "pause --for 60"));
  wait_until (sync_bus_sync1_get_paused_until (proxy) < G_MAXINT64);
  g_assert_cmpint (sync_bus_sync1_get_paused_until (proxy), >,
                   g_get_real_time () + 50 * G_TIME_SPAN_MINUTE);
  json_object_unref (run_psync (fixture, 0, "resume"));
  wait_until (sync_bus_sync1_get_paused_until (proxy) == 0);
}

/* What psync alone was told by its environment, the application would not do. */
static void
test_own_settings (Fixture *fixture, gconstpointer data)
{
  insert (fixture, "('a', 'A')");
  test_psync_set_environment (fixture->psync, "SYNC_BATCH_SIZE", "5");
  json_object_unref (run_psync (fixture, 0, "sync"));
  g_assert_cmpuint (fixture->started, ==, 0);
  test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_change", "0");
}

static void
test_another_database (Fixture *fixture, gconstpointer data)
{
  test_psync_add_device (fixture->psync, "other.db");
  g_free (test_psync_run (fixture->psync, "other.db", 0, "sync"));
  g_assert_cmpuint (fixture->started, ==, 0);
}

/* No application, no bus, a bus that is gone, one that never answers. */
static void
test_by_itself (Fixture *fixture, gconstpointer data)
{
  g_autofree char *socket_path = test_psync_path (fixture->psync, "deaf");
  g_autofree char *deaf = g_strconcat ("unix:path=", socket_path, NULL);
  g_autoptr (GSocketAddress) address = g_unix_socket_address_new (socket_path);
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  g_autoptr (GError) error = NULL;
  const char *buses[] = { g_test_dbus_get_bus_address (fixture->bus),
                          NULL,
                          "",
                          "unix:path=/nonexistent/bus",
                          "nonsense",
                          deaf };

  g_socket_listener_add_address (listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT,
                                 NULL, NULL, &error);
  g_assert_no_error (error);
  g_clear_object (&fixture->object);
  for (guint i = 0; i < G_N_ELEMENTS (buses); i++)
    {
      g_autofree char *values = g_strdup_printf ("('%u', '')", i);

      insert (fixture, values);
      test_psync_set_environment (fixture->psync, "DBUS_SESSION_BUS_ADDRESS", buses[i]);
      json_object_unref (run_psync (fixture, 0, "sync"));
      test_psync_expect (fixture->psync, DATABASE, "SELECT count(*) FROM psync_change", "0");
    }
  g_assert_cmpuint (fixture->started, ==, 0);
}

#define add(name, func) g_test_add ("/bus/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("state-and-counts-as-they-change", test_state_and_counts);
  add ("psync-tells-what-the-application-plans", test_status_tells_the_plan);
  add ("the-application-runs-for-psync", test_application_runs);
  add ("options-and-results-cross", test_options_cross);
  add ("errors-cross", test_errors_cross);
  add ("bad-options-are-named", test_bad_options);
  add ("one-run-at-a-time", test_one_run_at_a_time);
  add ("who-asked-can-cancel", test_cancel);
  add ("time-in-the-queue-is-not-waited-again", test_time_in_the_queue_counts);
  add ("time-before-the-application-goes-away-is-not-waited-again",
       test_time_before_the_application_goes_counts);
  add ("who-waits-can-take-it-back", test_cancel_what_waits);
  add ("what-the-dead-asked-for-does-not-begin", test_asker_gone);
  add ("psync-goes-on-where-the-application-ends", test_application_goes_away);
  add ("pause-and-resume", test_pause);
  add ("settings-of-psync-alone-count", test_own_settings);
  add ("another-database-is-psyncs-own", test_another_database);
  add ("without-application-or-bus-by-itself", test_by_itself);
  return test_run_with_own_folders ();
}
