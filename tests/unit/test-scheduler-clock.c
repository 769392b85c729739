/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scheduler-fixture.h"
#include "sync-manager-private.h"

/* By an hour and by more than a year, both ways. Each of the following tests is done with every one. */
static const gint64 jumps[] = { -400 * 24 * HOUR, -3 * HOUR, 3 * HOUR, 400 * 24 * HOUR };

/* The wall clock jumps, and as long as it takes to see that passes. */
static void
jump (Fixture *fixture, gconstpointer data)
{
  test_clock_set (fixture->device.clock, sync_clock_now (fixture->device.clock) + *(const gint64 *) data);
  advance (fixture, MINUTE);
}

static gboolean
is_forwards (gconstpointer data)
{
  return *(const gint64 *) data > 0;
}

static void
test_jump_and_interval (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, 10 * MINUTE);
  jump (fixture, data);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (next_in (fixture), ==, 19 * MINUTE);
  advance (fixture, 19 * MINUTE);
  g_assert_cmpuint (runs (fixture), ==, 2);
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
}

static void
test_jump_and_change (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, 2 * SECOND);
  test_clock_set (fixture->device.clock, TEST_NOW + *(const gint64 *) data);
  advance (fixture, 3 * SECOND - 1);
  g_assert_cmpuint (runs (fixture), ==, 1);
  advance (fixture, 1);
  g_assert_cmpuint (runs (fixture), ==, 2);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
}

static void
test_jump_and_backoff (Fixture *fixture, gconstpointer data)
{
  gint64 next;

  fail_offline (fixture);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, HOUR);
  while (next_in (fixture) < 2 * MINUTE)
    advance (fixture, next_in (fixture));
  next = next_in (fixture);
  fixture->failed = 0;
  jump (fixture, data);
  g_assert_cmpint (next_in (fixture), ==, next - MINUTE);
  advance (fixture, next - MINUTE - 1);
  g_assert_cmpuint (fixture->failed, ==, 0);
  advance (fixture, 1);
  g_assert_cmpuint (fixture->failed, ==, 1);
  g_assert_cmpint (next_in (fixture), <=, 5 * MINUTE);
}

/* A row that was put off is neither forgotten nor sent over and over. */
static void
test_jump_and_next_attempt (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  test_store_sql (fixture->device.store,
                  "INSERT INTO projects (id) VALUES ('a');"
                  "UPDATE psync_change SET next_attempt_at = 1767225600000000 + 600 * 1000000");
  sync_manager_changed (fixture->device.manager);
  advance (fixture, MINUTE);
  jump (fixture, data);
  advance (fixture, 4 * HOUR);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_change", "0\n");
  g_assert_cmpuint (runs (fixture), <, 12);
}

/* Set forwards, or after sleep, it is over when it is; set back, it lasts no longer than it was to. */
static void
test_jump_and_pause (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, TEST_NOW + 2 * HOUR);
  advance (fixture, HOUR);
  jump (fixture, data);
  if (is_forwards (data))
    g_assert_cmpuint (runs (fixture), ==, 2);
  else
    {
      g_assert_cmpuint (runs (fixture), ==, 1);
      g_assert_cmpint (next_in (fixture), ==, 59 * MINUTE);
      g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
      advance (fixture, 59 * MINUTE);
      g_assert_cmpuint (runs (fixture), ==, 2);
    }
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_meta WHERE key = 'paused-until'", "0\n");
  g_assert_cmpint (next_in (fixture), ==, 30 * MINUTE);
}

static void
test_jump_and_endless_pause (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, G_MAXINT64);
  jump (fixture, data);
  advance (fixture, 50 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_PAUSED);
}

static void
test_jump_and_verification (Fixture *fixture, gconstpointer data)
{
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  start (fixture);
  advance (fixture, HOUR);
  spoil (fixture);
  jump (fixture, data);
  advance (fixture, 22 * HOUR);
  assert_spoilt (fixture, TRUE);
  advance (fixture, HOUR);
  assert_spoilt (fixture, FALSE);
}

static void
test_jump_while_held_back (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  sync_system_set_metered (fixture->system, TRUE);
  jump (fixture, data);
  advance (fixture, 5 * HOUR);
  g_assert_cmpuint (runs (fixture), ==, 1);
  sync_system_set_metered (fixture->system, FALSE);
  advance (fixture, 0);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

static void
test_jump_and_network (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  advance (fixture, MINUTE);
  sync_system_tell_network (fixture->system, TRUE);
  test_clock_set (fixture->device.clock, TEST_NOW + *(const gint64 *) data);
  advance (fixture, 5 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
}

/* While it sleeps, only the wall clock goes on. */
static void
test_sleep_and_pause (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, TEST_NOW + 2 * HOUR);
  advance (fixture, HOUR);
  test_clock_set (fixture->device.clock, TEST_NOW + 3 * HOUR);
  sync_system_tell_resumed (fixture->system);
  advance (fixture, 5 * SECOND);
  g_assert_cmpuint (runs (fixture), ==, 2);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
}

/* Where nobody tells that it slept, it is seen within a minute. */
static void
test_sleep_and_pause_without_a_word (Fixture *fixture, gconstpointer data)
{
  start (fixture);
  pause_runs (fixture, TEST_NOW + 2 * HOUR);
  test_clock_set (fixture->device.clock, TEST_NOW + 3 * HOUR);
  advance (fixture, MINUTE);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
  g_assert_cmpint (next_in (fixture), >, 0);
}

static void
test_sleep_and_backoff (Fixture *fixture, gconstpointer data)
{
  fail_offline (fixture);
  test_manager_set (&fixture->device, "auto-sync", "true");
  sync_scheduler_start (fixture->scheduler);
  advance (fixture, HOUR);
  test_clock_set (fixture->device.clock, TEST_NOW + 20 * HOUR);
  test_proxy_set_error (fixture->device.cloud, NULL);
  sync_system_tell_resumed (fixture->system);
  advance (fixture, 5 * SECOND);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
  g_assert_cmpint (next_in (fixture), >, 20 * MINUTE);
}

#define add(name, func) \
  g_test_add ("/scheduler-clock/" name, Fixture, NULL, scheduler_fixture_set_up, func, \
              scheduler_fixture_tear_down)

static void
add_jumps (const char *name, void (*func) (Fixture *, gconstpointer))
{
  for (guint i = 0; i < G_N_ELEMENTS (jumps); i++)
    {
      g_autofree char *path = g_strdup_printf ("/scheduler-clock/%s/%+" G_GINT64_FORMAT "h", name,
                                               jumps[i] / HOUR);

      g_test_add (path, Fixture, &jumps[i], scheduler_fixture_set_up, func,
                  scheduler_fixture_tear_down);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add_jumps ("the-interval-is-as-long-as-before", test_jump_and_interval);
  add_jumps ("a-change-waits-as-long-as-before", test_jump_and_change);
  add_jumps ("a-failure-is-tried-again-as-before", test_jump_and_backoff);
  add_jumps ("a-row-that-was-put-off-is-sent", test_jump_and_next_attempt);
  add_jumps ("a-pause-lasts-no-longer", test_jump_and_pause);
  add_jumps ("a-pause-until-resumed-stays", test_jump_and_endless_pause);
  add_jumps ("a-verification-comes-as-before", test_jump_and_verification);
  add_jumps ("held-back-stays-held-back", test_jump_while_held_back);
  add_jumps ("the-network-is-tried-as-before", test_jump_and_network);
  add ("after-sleep-a-pause-may-be-over", test_sleep_and_pause);
  add ("after-sleep-that-nobody-tells-of-a-pause-may-be-over", test_sleep_and_pause_without_a_word);
  add ("after-sleep-a-failure-is-tried-again", test_sleep_and_backoff);
  return g_test_run ();
}
