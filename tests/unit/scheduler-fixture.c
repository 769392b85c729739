/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler-fixture.h"

#include "sync-manager-private.h"

static void
note_error (Fixture *fixture, const GError *error)
{
  fixture->failed++;
}

void
scheduler_fixture_set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  /* As if everything had just been compared. */
  test_store_sql (fixture->device.store,
                  "INSERT INTO psync_meta (key, value) VALUES ('verified-at', 1767225600000000)");
  fixture->timers = test_timers_new (fixture->device.clock);
  fixture->system = test_system_new ();
  fixture->scheduler
      = sync_scheduler_new_for_system (fixture->device.manager, fixture->device.settings,
                                       fixture->device.clock, fixture->timers, fixture->system);
  g_signal_connect_swapped (fixture->device.manager, "sync-error", G_CALLBACK (note_error), fixture);
}

void
settle (gpointer data)
{
  Fixture *fixture = data;

  do
    {
      while (sync_scheduler_is_busy (fixture->scheduler))
        g_main_context_iteration (NULL, TRUE);
      test_manager_settle (&fixture->device);
    }
  while (sync_scheduler_is_busy (fixture->scheduler));
}

void
scheduler_fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  sync_scheduler_stop (fixture->scheduler);
  settle (fixture);
  g_assert_finalize_object (fixture->scheduler);
  g_assert_false (test_system_is_watched (fixture->system));
  g_assert_finalize_object (fixture->system);
  g_assert_cmpint (test_timers_get_next (fixture->timers), ==, -1);
  g_object_unref (fixture->timers);
  test_manager_tear_down (&fixture->device);
}

void
advance (Fixture *fixture, gint64 microseconds)
{
  test_timers_advance (fixture->timers, microseconds, settle, fixture);
}

/* How many runs there were: each asks the cloud for its state once. */
guint
runs (Fixture *fixture)
{
  return test_proxy_get_asked (fixture->device.cloud);
}

gint64
next_in (Fixture *fixture)
{
  gint64 next = sync_scheduler_get_next_run (fixture->scheduler);

  return next == SYNC_TIME_UNKNOWN ? -1 : next - sync_clock_now (fixture->device.clock);
}

/* Automatic runs on, the run at the start over. */
void
start (Fixture *fixture)
{
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 1);
}

void
write_elsewhere (Fixture *fixture, const char *sql)
{
  g_autoptr (GError) error = NULL;
  SyncConnection *connection = sync_connection_open (sync_store_get_path (fixture->device.store), 0, 5000, &error);

  g_assert_no_error (error);
  test_sql (connection, sql);
  sync_connection_close (connection);
}

/* What nobody noticed. */
void
spoil (Fixture *fixture)
{
  test_store_sql (fixture->device.store, "UPDATE psync_row SET version = 1 WHERE id = '''a'''");
}

void
assert_spoilt (Fixture *fixture, gboolean spoilt)
{
  test_assert_query (fixture->device.store, "SELECT version = 1 FROM psync_row WHERE id = '''a'''",
                     spoilt ? "1\n" : "0\n");
}

void
pause_runs (Fixture *fixture, gint64 until)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_manager_pause_async (fixture->device.manager, until, NULL, test_got_result, &result);
  test_store_wait (&result);
  sync_manager_pause_finish (fixture->device.manager, result, &error);
  g_assert_no_error (error);
  settle (fixture);
}

void
fail_offline (Fixture *fixture)
{
  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_OFFLINE, "host", "away"));
}
