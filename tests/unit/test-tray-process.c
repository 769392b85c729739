/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-tray-process.h"

#include "test-clock.h"
#include "test-timers.h"

#define SECOND G_TIME_SPAN_SECOND

typedef struct
{
  SyncClock *clock;
  SyncTimers *timers;
  SyncTrayProcess *process;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer program)
{
  fixture->clock = test_clock_new (0);
  fixture->timers = test_timers_new (fixture->clock);
  fixture->process = sync_tray_process_new (program, ":1.1", fixture->timers);
}

static void
tear_down (Fixture *fixture, gconstpointer program)
{
  sync_tray_process_set_wanted (fixture->process, FALSE);
  g_object_unref (fixture->process);
  g_assert_cmpint (test_timers_get_next (fixture->timers), ==, -1);
  g_object_unref (fixture->timers);
  g_object_unref (fixture->clock);
}

static void
nothing (gpointer data)
{
}

/* Until the program that was begun last ended: then there is another time at which to begin, or none. */
static void
wait_for_crash (Fixture *fixture, gint64 expected)
{
  while (test_timers_get_next (fixture->timers) != expected)
    g_main_context_iteration (NULL, TRUE);
}

static void
test_gives_up (Fixture *fixture, gconstpointer program)
{
  static const gint64 delays[] = { SECOND, 2 * SECOND, 4 * SECOND, 8 * SECOND };

  sync_tray_process_set_wanted (fixture->process, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (delays); i++)
    {
      wait_for_crash (fixture, delays[i]);
      g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, i + 1);
      g_assert_false (sync_tray_process_get_gave_up (fixture->process));
      test_timers_advance (fixture->timers, delays[i], nothing, NULL);
      g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, i + 2);
    }
  wait_for_crash (fixture, -1);
  g_assert_true (sync_tray_process_get_gave_up (fixture->process));
  test_timers_advance (fixture->timers, 1000 * SECOND, nothing, NULL);
  g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, 5);

  /* A new panel is a new chance. */
  sync_tray_process_set_wanted (fixture->process, FALSE);
  sync_tray_process_set_wanted (fixture->process, TRUE);
  g_assert_false (sync_tray_process_get_gave_up (fixture->process));
  g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, 6);
}

/* One that is not there at all is no different. */
static void
test_missing (Fixture *fixture, gconstpointer program)
{
  sync_tray_process_set_wanted (fixture->process, TRUE);
  test_timers_advance (fixture->timers, 1000 * SECOND, nothing, NULL);
  g_assert_true (sync_tray_process_get_gave_up (fixture->process));
  g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, 5);
}

static void
test_not_wanted (Fixture *fixture, gconstpointer program)
{
  sync_tray_process_set_wanted (fixture->process, TRUE);
  wait_for_crash (fixture, SECOND);
  sync_tray_process_set_wanted (fixture->process, FALSE);
  test_timers_advance (fixture->timers, 1000 * SECOND, nothing, NULL);
  g_assert_cmpuint (sync_tray_process_get_starts (fixture->process), ==, 1);
}

#define add(name, program, func) \
  g_test_add ("/tray-process/" name, Fixture, program, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("crashes-are-followed-by-longer-waiting-and-then-by-none", "/bin/false", test_gives_up);
  add ("a-missing-program-is-given-up", "/nonexistent", test_missing);
  add ("what-is-not-wanted-does-not-begin-again", "/bin/false", test_not_wanted);
  return g_test_run ();
}
