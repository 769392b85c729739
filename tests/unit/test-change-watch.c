/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-change-watch.h"

#include "test-store.h"
#include "test-timers.h"

typedef struct
{
  char *folder;
  SyncClock *clock;
  SyncStore *store;
  SyncTimers *timers;
  SyncChangeWatch *watch;
  guint changed;
} Fixture;

static void
note_change (Fixture *fixture)
{
  fixture->changed++;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->clock = test_clock_new (TEST_NOW);
  fixture->store = test_store_open (fixture->folder, fixture->clock);
  fixture->timers = test_timers_new (fixture->clock);
  fixture->watch = sync_change_watch_new (fixture->store, fixture->timers);
  g_signal_connect_swapped (fixture->watch, "changed", G_CALLBACK (note_change), fixture);
}

static void
nothing (SyncStore *store)
{
}

/* The question to SQLite that is under way is answered. */
static void
settle (gpointer data)
{
  Fixture *fixture = data;

  test_store_run (fixture->store, nothing);
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_stop (fixture->watch);
  settle (fixture);
  g_assert_finalize_object (fixture->watch);
  g_assert_cmpint (test_timers_get_next (fixture->timers), ==, -1);
  g_object_unref (fixture->timers);
  sync_store_close (fixture->store);
  g_assert_finalize_object (fixture->store);
  g_object_unref (fixture->clock);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
}

static void
write_elsewhere (Fixture *fixture, const char *sql)
{
  g_autofree char *output = NULL;

  g_assert_true (test_shell (sync_store_get_path (fixture->store), sql, &output));
}

static void
advance (Fixture *fixture, gint64 microseconds)
{
  test_timers_advance (fixture->timers, microseconds, settle, fixture);
}

/* The file monitor's word comes in its own time: the timer that calms it says that it came. */
static void
test_file_is_watched (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_start (fixture->watch);
  settle (fixture);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  while (test_timers_get_next (fixture->timers) > G_TIME_SPAN_SECOND)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpuint (fixture->changed, ==, 0);
  advance (fixture, G_TIME_SPAN_SECOND);
  g_assert_cmpuint (fixture->changed, ==, 1);
}

static void
test_sqlite_is_asked (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_start (fixture->watch);
  settle (fixture);
  g_assert_cmpint (test_timers_get_next (fixture->timers), ==, 60 * G_TIME_SPAN_SECOND);
  advance (fixture, 60 * G_TIME_SPAN_SECOND);
  g_assert_cmpint (test_timers_get_next (fixture->timers), ==, 60 * G_TIME_SPAN_SECOND);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  advance (fixture, 61 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (fixture->changed, ==, 1);
}

static void
test_silence (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_start (fixture->watch);
  advance (fixture, G_TIME_SPAN_DAY);
  g_assert_cmpuint (fixture->changed, ==, 0);
}

/* The worker's own writes, and readers, who open and close files as well. */
static void
test_no_write_of_another (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_start (fixture->watch);
  settle (fixture);
  for (guint i = 0; i < 5; i++)
    {
      g_autofree char *output = NULL;
      g_autofree char *sql = g_strdup_printf ("INSERT INTO projects (id) VALUES ('%u')", i);

      test_store_sql (fixture->store, sql);
      g_assert_true (
          test_shell (sync_store_get_path (fixture->store), "SELECT * FROM projects", &output));
      while (test_timers_get_next (fixture->timers) > G_TIME_SPAN_SECOND)
        g_main_context_iteration (NULL, TRUE);
      advance (fixture, 2 * G_TIME_SPAN_SECOND);
    }
  g_assert_cmpuint (fixture->changed, ==, 0);
}

static void
test_stopped (Fixture *fixture, gconstpointer data)
{
  sync_change_watch_start (fixture->watch);
  sync_change_watch_start (fixture->watch);
  advance (fixture, G_TIME_SPAN_SECOND);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('a')");
  sync_change_watch_stop (fixture->watch);
  sync_change_watch_stop (fixture->watch);
  advance (fixture, G_TIME_SPAN_HOUR);
  g_assert_cmpuint (fixture->changed, ==, 0);

  sync_change_watch_start (fixture->watch);
  settle (fixture);
  write_elsewhere (fixture, "INSERT INTO projects (id) VALUES ('b')");
  advance (fixture, 62 * G_TIME_SPAN_SECOND);
  g_assert_cmpuint (fixture->changed, ==, 1);
}

#define add(name, func) g_test_add ("/change-watch/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("another-programs-write-is-noticed-by-file", test_file_is_watched);
  add ("another-programs-write-is-noticed-by-asking", test_sqlite_is_asked);
  add ("silence-is-no-change", test_silence);
  add ("own-writes-and-readers-are-no-change", test_no_write_of_another);
  add ("nothing-is-told-after-a-stop", test_stopped);
  return g_test_run ();
}
