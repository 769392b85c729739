/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "scheduler-fixture.h"

static void
test_off (Fixture *fixture, gconstpointer data)
{
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 2 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 0);
  g_assert_cmpint (next_in (fixture), ==, -1);
  test_manager_set (&fixture->device, "auto-sync", "true");
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 1);
  test_manager_set (&fixture->device, "auto-sync", "false");
  advance (fixture, 2 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (next_in (fixture), ==, -1);
}

static void
test_interval (Fixture *fixture, gconstpointer data)
{
  gint64 shown;

  start (fixture);
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
  g_object_get (fixture->device.manager, "next-sync-time", &shown, NULL);
  g_assert_cmpint (shown, ==, TEST_NOW + 30 * MINUTE);
  advance (fixture, 30 * MINUTE - 1);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, 1);
  g_assert_cmpuint (runs (fixture), ==, 2);
  advance (fixture, 10 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 22);
  test_manager_set (&fixture->device, "interval-minutes", "5");
  advance (fixture, 5 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 23);
}

static void
test_not_at_start (Fixture *fixture, gconstpointer data)
{
  test_manager_set (&fixture->device, "sync-at-start", "false");
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 30 * MINUTE - 1);
  g_assert_cmpuint (runs (fixture), ==, 0);
  advance (fixture, 1);
  g_assert_cmpuint (runs (fixture), ==, 1);
}

static void
test_change_of_another_program (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  /* Found by asking SQLite at the latest. */
  advance (fixture, 70 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  advance (fixture, 20 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_change_waits_for_calm (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  sync_manager_changed (fixture->device.manager);
  settle (fixture);
  g_assert_cmpint (next_in (fixture), ==, 5 * SECOND);
  advance (fixture, 4 * SECOND);
  sync_manager_changed (fixture->device.manager);
  advance (fixture, 4 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_endless_writer (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  for (guint i = 0; i < 30; i++)
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO projects (id) VALUES ('%u')", i);

      test_store_sql (fixture->device.store, sql);
      sync_manager_changed (fixture->device.manager);
      advance (fixture, 3 * SECOND);
    }
  g_assert_cmpuint (runs (fixture), >=, 2);
  g_assert_cmpuint (runs (fixture), <=, 4);
}

static void
test_nothing_due_is_no_run (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  write_elsewhere (fixture, "CREATE TABLE unrelated (x)");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, 20 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 1);
}

static void
test_changes_not_wanted (Fixture *fixture, gconstpointer data)
{
  test_manager_set (&fixture->device, "sync-after-changes", "false");
  start (fixture);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, 29 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

/* A trigger of the owner makes a change of every run's own writing: runs must not follow each other. */
static void
test_no_endless_chain (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store,
                  "CREATE TRIGGER restless AFTER DELETE ON psync_change BEGIN "
                  "INSERT INTO projects (id) VALUES (lower (hex (randomblob (8)))); END");
  start (fixture);
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, 10 * MINUTE);
  g_assert_cmpuint (runs (fixture), >, 2);
  g_assert_cmpuint (runs (fixture), <, 20);
}

static void
test_verifies_daily (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  start (fixture);
  advance (fixture, MINUTE);
  spoil (fixture);
  advance (fixture, 23 * HOUR);
  assert_spoilt (fixture, TRUE);
  advance (fixture, HOUR);
  assert_spoilt (fixture, FALSE);
  spoil (fixture);
  advance (fixture, 23 * HOUR);
  assert_spoilt (fixture, TRUE);
  advance (fixture, 2 * HOUR);
  assert_spoilt (fixture, FALSE);
}

static void
test_first_verification_waits (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store, "DELETE FROM psync_meta WHERE key = 'verified-at';"
                                         "INSERT INTO projects (id) VALUES ('a')");
  start (fixture);
  spoil (fixture);
  advance (fixture, 9 * MINUTE);
  assert_spoilt (fixture, TRUE);
  advance (fixture, 2 * MINUTE);
  assert_spoilt (fixture, FALSE);
  test_assert_query (fixture->device.store,
                     "SELECT value > 1767225600000000 FROM psync_meta WHERE key = 'verified-at'", "1\n");
}

/* A clock that was set back by years does not put it off for years. */
static void
test_verification_of_the_future (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store,
                  "UPDATE psync_meta SET value = value + 900000000000000 WHERE key = 'verified-at';"
                  "INSERT INTO projects (id) VALUES ('a')");
  start (fixture);
  spoil (fixture);
  advance (fixture, 25 * HOUR);
  assert_spoilt (fixture, FALSE);
}

static void
test_next_attempt (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  test_store_sql (fixture->device.store,
                  "INSERT INTO projects (id) VALUES ('a');"
                  "UPDATE psync_change SET next_attempt_at = 1767225600000000 + 600 * 1000000");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (next_in (fixture), ==, 9 * MINUTE);
  advance (fixture, 9 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_backoff (Fixture *fixture, gconstpointer data)
{
  gint64 longest = 0;

  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_OFFLINE, "host", "away"));
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpuint (fixture->failed, ==, 1);
  for (guint i = 1; i < 15; i++)
    {
      gint64 next = next_in (fixture);

      g_assert_cmpint (next, >, 0);
      g_assert_cmpint (next, <=, 5 * MINUTE);
      longest = MAX (longest, next);
      /* Changes do not shorten it. */
      write_elsewhere (fixture, "INSERT INTO projects (id) VALUES (hex (randomblob (8)))");
      sync_manager_changed (fixture->device.manager);
      settle (fixture);
      g_assert_cmpint (next_in (fixture), ==, next);
      advance (fixture, next);
      g_assert_cmpuint (fixture->failed, ==, i + 1);
    }
  g_assert_cmpint (longest, >=, 150 * SECOND);

  test_proxy_set_error (fixture->device.cloud, NULL);
  advance (fixture, 5 * MINUTE);
  g_assert_cmpuint (fixture->failed, ==, 15);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpint (next_in (fixture), >, 20 * MINUTE);
}

static void
test_retry_after (Fixture *fixture, gconstpointer data)
{
  GError *error = sync_error_new (SYNC_ERROR_LATER, NULL, "busy");

  sync_error_set_retry_after (error, 600);
  test_proxy_set_error (fixture->device.cloud, error);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpint (next_in (fixture), >=, 600 * SECOND);
  g_assert_cmpint (next_in (fixture), <=, 605 * SECOND);
}

/* A gateway that waited for the cloud in vain asks for smaller batches; what cannot be smaller is asked for again. */
static void
test_a_cloud_that_is_too_slow_is_away (Fixture *fixture, gconstpointer data)
{
  GError *error = sync_error_new (SYNC_ERROR_TOO_LARGE, "host", "HTTP status 522");

  sync_error_set_reason (error, NULL, 522);
  test_proxy_set_error (fixture->device.cloud, error);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpuint (fixture->failed, ==, 1);
  g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_OFFLINE);
}

static void
test_person_needed (Fixture *fixture, gconstpointer data)
{
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_SIGN_IN, NULL, "nobody"));
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpuint (fixture->failed, ==, 1);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 5 * HOUR);
  g_assert_cmpuint (fixture->failed, ==, 1);
  /* Something is scheduled all the same. */
  g_assert_cmpint (next_in (fixture), ==, HOUR);

  test_proxy_set_error (fixture->device.cloud, NULL);
  sync_manager_note_session (fixture->device.manager, TRUE);
  advance (fixture, 0);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
}

/* `psync login` beside `psync watch`. */
static void
test_signed_in_elsewhere (Fixture *fixture, gconstpointer data)
{
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_SIGN_IN, NULL, "nobody"));
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 5 * MINUTE);
  g_assert_cmpuint (fixture->failed, ==, 1);
  /* Whatever else is written changes nothing about it. */
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 70 * SECOND);
  g_assert_cmpuint (fixture->failed, ==, 1);

  test_proxy_set_error (fixture->device.cloud, NULL);
  write_elsewhere (fixture, "INSERT INTO psync_meta VALUES ('session-changed', '1')");
  advance (fixture, 70 * SECOND);
  while (sync_manager_get_state (fixture->device.manager) == SYNC_STATE_SIGN_IN_NEEDED)
    g_main_context_iteration (NULL, TRUE);
  advance (fixture, 0);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
  g_assert_cmpint (next_in (fixture), >, 28 * MINUTE);
}

static void
test_other_failures_wait_for_the_interval (Fixture *fixture, gconstpointer data)
{
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_SCHEMA_MISSING, NULL, "none"));
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 29 * MINUTE);
  g_assert_cmpuint (fixture->failed, ==, 1);
  advance (fixture, MINUTE);
  g_assert_cmpuint (fixture->failed, ==, 2);
}

static void
test_settings_end_the_waiting (Fixture *fixture, gconstpointer data)
{
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_BRAKE, NULL, "stopped"));
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpint (next_in (fixture), ==, 6 * HOUR);
  test_manager_set (&fixture->device, "interval-minutes", "10");
  settle (fixture);
  g_assert_cmpint (next_in (fixture), <=, 10 * MINUTE);
}

static void
test_pause (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, TEST_NOW + 2 * HOUR);
  g_assert_cmpint (next_in (fixture), ==, 2 * HOUR);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 2 * HOUR - SECOND);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);

  pause_runs (fixture, G_MAXINT64);
  g_assert_cmpint (next_in (fixture), ==, -1);
  advance (fixture, 20 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
  pause_runs (fixture, SYNC_TIME_UNKNOWN);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 3);
}

/* … also where nothing begins by itself. */
static void
test_pause_without_automatic_runs (Fixture *fixture, gconstpointer data)
{
  sync_scheduler_start (fixture->scheduler);
  pause_runs (fixture, TEST_NOW + 2 * HOUR);
  advance (fixture, 2 * HOUR - 1);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
  advance (fixture, 1);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_meta WHERE key = 'paused-until'", "0\n");
  g_assert_cmpuint (runs (fixture), ==, 0);
}

/* Another one that was begun elsewhere, and is not known here yet, stays. */
static void
test_pause_that_another_program_began (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, TEST_NOW + HOUR);
  advance (fixture, HOUR - SECOND);
  write_elsewhere (fixture, "UPDATE psync_meta SET value = value + 3600000000 WHERE key = 'paused-until'");
  advance (fixture, SECOND);
  g_assert_cmpint (sync_manager_get_paused_until (fixture->device.manager), ==, TEST_NOW + 2 * HOUR);
  advance (fixture, HOUR - MINUTE);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
}

/* However soon before a run, and where nothing tells that a file changed. */
static void
test_pause_that_nobody_told_of (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  sync_system_set_metered (fixture->system, TRUE);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, HOUR);
  write_elsewhere (fixture, "INSERT INTO psync_meta (key, value) VALUES ('paused-until', 9223372036854775807)");
  sync_system_set_metered (fixture->system, FALSE);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
  g_assert_cmpint (next_in (fixture), ==, -1);
  pause_runs (fixture, SYNC_TIME_UNKNOWN);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_no_verification_while_paused (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  start (fixture);
  spoil (fixture);
  pause_runs (fixture, G_MAXINT64);
  advance (fixture, 50 * HOUR);
  assert_spoilt (fixture, TRUE);
}

static void
test_lease (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  SyncFileLock *other
      = sync_file_lock_try_acquire (sync_store_get_path (fixture->device.store), "schedule", &error);
  gboolean elsewhere;

  g_assert_no_error (error);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 2 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 0);
  g_assert_cmpint (next_in (fixture), ==, -1);
  g_object_get (fixture->scheduler, "elsewhere", &elsewhere, NULL);
  g_assert_true (elsewhere);

  sync_file_lock_release (other);
  advance (fixture, MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_object_get (fixture->scheduler, "elsewhere", &elsewhere, NULL);
  g_assert_false (elsewhere);
  g_assert_null (sync_file_lock_try_acquire (sync_store_get_path (fixture->device.store), "schedule", NULL));

  sync_scheduler_stop (fixture->scheduler);
  other = sync_file_lock_try_acquire (sync_store_get_path (fixture->device.store), "schedule", &error);
  g_assert_no_error (error);
  sync_file_lock_release (other);
}

static void
test_no_cloud (Fixture *fixture, gconstpointer data)
{
  sync_manager_set_provider (fixture->device.manager, NULL);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, HOUR);
  g_assert_cmpint (next_in (fixture), ==, -1);
  sync_manager_set_provider (fixture->device.manager, fixture->device.cloud);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 1);
}

static void
test_a_persons_run_counts (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) result = NULL;

  start (fixture);
  advance (fixture, 20 * MINUTE);
  result = test_manager_sync (&fixture->device);
  settle (fixture);
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
  advance (fixture, 29 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_stop_and_start_again (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  sync_scheduler_stop (fixture->scheduler);
  g_assert_cmpint (next_in (fixture), ==, -1);
  sync_scheduler_start (fixture->scheduler);
  sync_scheduler_stop (fixture->scheduler);
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 2);
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
}

static gint64
hold (Fixture *fixture)
{
  return sync_scheduler_get_hold (fixture->scheduler);
}

static void
test_network_comes_back (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  sync_system_tell_network (fixture->system, TRUE);
  /* Several words of one event are one run. */
  sync_system_tell_network (fixture->system, TRUE);
  g_assert_cmpint (next_in (fixture), >, 0);
  g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
  advance (fixture, 5 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
  /* Another network is no news while all goes well. */
  sync_system_tell_network (fixture->system, FALSE);
  advance (fixture, MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

/* A hint only: a network that is said to be there is tried, one that is not said to be is tried too. */
static void
test_network_ends_the_waiting (Fixture *fixture, gconstpointer data)
{
  fail_offline (fixture);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, HOUR);
  g_assert_cmpuint (fixture->failed, >, 8);
  while (next_in (fixture) < 60 * SECOND)
    advance (fixture, next_in (fixture));
  sync_system_tell_network (fixture->system, FALSE);
  g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
  test_proxy_set_error (fixture->device.cloud, NULL);
  advance (fixture, 5 * SECOND);
  g_assert_cmpint (next_in (fixture), >, 20 * MINUTE);
}

static void
test_network_does_not_sign_in (Fixture *fixture, gconstpointer data)
{
  GError *error = sync_error_new (SYNC_ERROR_LATER, NULL, "busy");

  sync_error_set_retry_after (error, 600);
  test_proxy_set_error (fixture->device.cloud, error);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  sync_system_tell_network (fixture->system, TRUE);
  sync_system_tell_resumed (fixture->system);
  g_assert_cmpint (next_in (fixture), >=, 600 * SECOND);
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_SIGN_IN, NULL, "nobody"));
  advance (fixture, 605 * SECOND);
  sync_system_tell_network (fixture->system, TRUE);
  sync_system_tell_resumed (fixture->system);
  g_assert_cmpint (next_in (fixture), >, 5 * HOUR);
}

/* A hotel's sign-in page stands between us and the cloud, with a certificate of its own or with an answer that is none:
 * behind it the network changes, and so does that. */
static void
test_network_ends_the_wait_behind_a_portal (Fixture *fixture, gconstpointer data)
{
  static const SyncError errors[] = { SYNC_ERROR_INSECURE, SYNC_ERROR_PROTOCOL };

  test_manager_set (&fixture->device, "auto-sync", "true");
  for (guint i = 0; i < G_N_ELEMENTS (errors); i++)
    {
      guint failed = fixture->failed;

      test_proxy_set_error (fixture->device.cloud, sync_error_new (errors[i], "host", "a portal"));
      sync_scheduler_start (fixture->scheduler);
      advance (fixture, 0);
      g_assert_cmpuint (fixture->failed, ==, failed + 1);
      g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
      test_proxy_set_error (fixture->device.cloud, NULL);
      sync_system_tell_network (fixture->system, TRUE);
      g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
      advance (fixture, 5 * SECOND);
      g_assert_cmpuint (fixture->failed, ==, failed + 1);
      g_assert_cmpint (next_in (fixture), >, 20 * MINUTE);
      sync_scheduler_stop (fixture->scheduler);
    }
}

/* Nobody but the project's owner can do anything: asking each minute does not help, and next week is too late. */
static void
test_the_owner_is_waited_for_by_the_hour (Fixture *fixture, gconstpointer data)
{
  static const SyncError errors[] = { SYNC_ERROR_PAUSED, SYNC_ERROR_QUOTA, SYNC_ERROR_STORAGE_FULL };
  static const char *const intervals[] = { "1", "10080" };

  test_manager_set (&fixture->device, "auto-sync", "true");
  for (guint i = 0; i < G_N_ELEMENTS (errors) * G_N_ELEMENTS (intervals); i++)
    {
      test_manager_set (&fixture->device, "interval-minutes", intervals[i % G_N_ELEMENTS (intervals)]);
      test_proxy_set_error (fixture->device.cloud,
                            sync_error_new (errors[i / G_N_ELEMENTS (intervals)], "host", "the owner must act"));
      sync_scheduler_start (fixture->scheduler);
      advance (fixture, 0);
      g_assert_cmpint (next_in (fixture), ==, HOUR);
      sync_scheduler_stop (fixture->scheduler);
    }
}

/* A run that hangs since before the network came back does not make the hint useless. */
static void
test_network_comes_back_during_a_run (Fixture *fixture, gconstpointer data)
{
  fail_offline (fixture);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, HOUR);
  while (next_in (fixture) < 60 * SECOND)
    advance (fixture, next_in (fixture));
  g_signal_connect_object (fixture->device.manager, "sync-started",
                           G_CALLBACK (test_system_tell_network_back), fixture->system, G_CONNECT_SWAPPED);
  advance (fixture, next_in (fixture));
  g_assert_cmpint (next_in (fixture), >, 0);
  g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_PROTOCOL, "host", "a portal"));
  advance (fixture, next_in (fixture));
  g_assert_cmpint (next_in (fixture), >, 0);
  g_assert_cmpint (next_in (fixture), <=, 5 * SECOND);
}

static void
test_resume (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  sync_system_tell_resumed (fixture->system);
  advance (fixture, 5 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
  g_assert_cmpint (next_in (fixture), >, 29 * MINUTE);
  pause_runs (fixture, G_MAXINT64);
  sync_system_tell_resumed (fixture->system);
  sync_system_tell_network (fixture->system, TRUE);
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_metered (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) result = NULL;

  sync_system_set_metered (fixture->system, TRUE);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 2 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 0);
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_METERED);
  g_assert_cmpint (next_in (fixture), ==, -1);

  /* Who asks for it gets it. */
  result = test_manager_sync (&fixture->device);
  settle (fixture);
  g_assert_cmpint (result->outcome, ==, SYNC_OUTCOME_DONE);
  advance (fixture, 2 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);

  sync_system_set_metered (fixture->system, FALSE);
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_NONE);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 2);

  sync_system_set_metered (fixture->system, TRUE);
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_manager_set (&fixture->device, "sync-on-metered", "true");
  advance (fixture, 0);
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_NONE);
  g_assert_cmpuint (runs (fixture), ==, 3);
}

static void
test_power_saver (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  sync_system_set_power_saver (fixture->system, TRUE);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_POWER_SAVER);
  test_manager_set (&fixture->device, "sync-on-metered", "true");
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);
  test_manager_set (&fixture->device, "sync-in-power-saver", "true");
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_manager_set (&fixture->device, "sync-in-power-saver", "false");
  test_manager_set (&fixture->device, "auto-sync", "false");
  /* Nothing is held back where nothing happens by itself. */
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_NONE);
}

/* Nothing begins before it is known whether power is saved; who does not answer is not waited for. */
static void
test_start_waits_for_the_system (Fixture *fixture, gconstpointer data)
{
  sync_system_set_asking (fixture->system, TRUE);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 2 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 0);
  g_assert_cmpint (next_in (fixture), ==, 3 * SECOND);
  sync_system_set_power_saver (fixture->system, TRUE);
  sync_system_set_asking (fixture->system, FALSE);
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 0);

  sync_scheduler_stop (fixture->scheduler);
  sync_system_set_power_saver (fixture->system, FALSE);
  sync_system_set_asking (fixture->system, TRUE);
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 4 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 0);
  sync_system_set_asking (fixture->system, FALSE);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 1);

  sync_scheduler_stop (fixture->scheduler);
  sync_system_set_asking (fixture->system, TRUE);
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 4 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_a_persons_run_while_held_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) result = NULL;

  start (fixture);
  sync_system_set_power_saver (fixture->system, TRUE);
  pause_runs (fixture, G_MAXINT64);
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  result = test_manager_sync (&fixture->device);
  settle (fixture);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpint (sync_manager_get_paused_until (fixture->device.manager), ==, G_MAXINT64);
  g_assert_cmpint (hold (fixture), ==, SYNC_HOLD_POWER_SAVER);
  /* Neither alone is enough. */
  sync_system_set_power_saver (fixture->system, FALSE);
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
  sync_system_set_power_saver (fixture->system, TRUE);
  pause_runs (fixture, SYNC_TIME_UNKNOWN);
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
  sync_system_set_power_saver (fixture->system, FALSE);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 3);
}

static void
test_a_persons_run_while_paused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) result = NULL;

  start (fixture);
  pause_runs (fixture, G_MAXINT64);
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  result = test_manager_sync (&fixture->device);
  settle (fixture);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
  advance (fixture, 20 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

typedef struct
{
  Fixture *fixture;
  guint now, most;
} Parallel;

static void
run_begins (Parallel *parallel)
{
  parallel->now++;
  parallel->most = MAX (parallel->most, parallel->now);
  /* All that begins runs, at once. */
  sync_system_tell_network (parallel->fixture->system, TRUE);
  sync_system_tell_resumed (parallel->fixture->system);
  sync_manager_changed (parallel->fixture->device.manager);
}

static void
run_ends (Parallel *parallel)
{
  parallel->now--;
}

static void
test_nothing_in_parallel (Fixture *fixture, gconstpointer data)
{
  Parallel parallel = { fixture, 0, 0 };

  g_signal_connect_swapped (fixture->device.manager, "sync-started", G_CALLBACK (run_begins), &parallel);
  g_signal_connect_swapped (fixture->device.manager, "sync-completed", G_CALLBACK (run_ends), &parallel);
  start (fixture);
  for (guint i = 0; i < 20; i++)
    {
      test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES (hex (randomblob (8)))");
      sync_manager_changed (fixture->device.manager);
      sync_system_tell_resumed (fixture->system);
      advance (fixture, 3 * SECOND);
    }
  advance (fixture, HOUR);
  g_assert_cmpuint (runs (fixture), >, 3);
  g_assert_cmpuint (parallel.most, ==, 1);
  g_assert_cmpuint (parallel.now, ==, 0);
  g_assert_cmpuint (fixture->failed, ==, 0);
  g_signal_handlers_disconnect_by_data (fixture->device.manager, &parallel);
}

#define add(name, func) \
  g_test_add ("/scheduler/" name, Fixture, NULL, scheduler_fixture_set_up, func, scheduler_fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("nothing-happens-unless-it-is-on", test_off);
  add ("at-start-and-by-interval", test_interval);
  add ("not-at-start-if-not-wanted", test_not_at_start);
  add ("everything-is-verified-once-a-day", test_verifies_daily);
  add ("the-first-verification-does-not-come-at-once", test_first_verification_waits);
  add ("a-verification-in-the-future-puts-nothing-off", test_verification_of_the_future);
  add ("nothing-is-verified-while-paused", test_no_verification_while_paused);
  add ("a-change-of-another-program-is-synced", test_change_of_another_program);
  add ("five-seconds-after-the-last-change", test_change_waits_for_calm);
  add ("who-writes-without-end-is-synced", test_endless_writer);
  add ("nothing-due-is-no-run", test_nothing_due_is_no_run);
  add ("changes-not-wanted-wait-for-the-interval", test_changes_not_wanted);
  add ("own-writes-make-no-endless-chain", test_no_endless_chain);
  add ("a-row-whose-turn-comes-is-sent", test_next_attempt);
  add ("failures-back-off-and-recover", test_backoff);
  add ("the-servers-wish-to-wait-is-obeyed", test_retry_after);
  add ("a-cloud-that-is-too-slow-is-away", test_a_cloud_that_is_too_slow_is_away);
  add ("what-needs-a-person-waits-for-one", test_person_needed);
  add ("whoever-signs-in-elsewhere-ends-the-waiting", test_signed_in_elsewhere);
  add ("other-failures-wait-for-the-interval", test_other_failures_wait_for_the_interval);
  add ("new-settings-end-the-waiting", test_settings_end_the_waiting);
  add ("paused-until-a-time-or-until-resumed", test_pause);
  add ("a-pause-ends-without-automatic-runs", test_pause_without_automatic_runs);
  add ("a-pause-that-another-program-began-stays", test_pause_that_another_program_began);
  add ("a-pause-that-nobody-told-of-is-obeyed", test_pause_that_nobody_told_of);
  add ("only-who-holds-the-lease-schedules", test_lease);
  add ("no-cloud-no-runs", test_no_cloud);
  add ("a-persons-run-begins-the-interval", test_a_persons_run_counts);
  add ("stopped-and-started-again", test_stop_and_start_again);
  add ("when-the-network-comes-back", test_network_comes_back);
  add ("another-network-ends-the-waiting", test_network_ends_the_waiting);
  add ("no-network-does-what-a-person-or-the-server-must", test_network_does_not_sign_in);
  add ("another-network-ends-the-waiting-behind-a-portal", test_network_ends_the_wait_behind_a_portal);
  add ("the-projects-owner-is-waited-for-by-the-hour", test_the_owner_is_waited_for_by_the_hour);
  add ("the-network-comes-back-during-a-run", test_network_comes_back_during_a_run);
  add ("after-sleep-but-not-while-paused", test_resume);
  add ("held-back-while-metered-unless-set", test_metered);
  add ("held-back-while-saving-power-unless-set", test_power_saver);
  add ("the-start-waits-for-what-the-system-says", test_start_waits_for_the_system);
  add ("a-persons-run-while-held-back-and-paused", test_a_persons_run_while_held_back);
  add ("a-persons-run-does-not-end-the-pause", test_a_persons_run_while_paused);
  add ("nothing-runs-in-parallel", test_nothing_in_parallel);
  return g_test_run ();
}
