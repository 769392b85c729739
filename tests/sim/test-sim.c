/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-hunt.h"

#include <gio/gio.h>
#include <stdlib.h>

/* Schedules that nobody has seen, and all that ever failed. README.md tells how to look for more.
 *
 * PSYNC_SIM_SEED, PSYNC_SIM_SECONDS: those from that seed on, and how long. */

#define SCHEDULES 1000

static double
read_seconds (double fallback)
{
  const char *text = g_getenv ("PSYNC_SIM_SECONDS");

  return text != NULL ? g_ascii_strtod (text, NULL) : fallback;
}

static guint32
read_seed (void)
{
  const char *text = g_getenv ("PSYNC_SIM_SEED");

  return text != NULL ? (guint32) strtoul (text, NULL, 10) : (guint32) g_test_rand_int ();
}

static void
test_seeds (void)
{
  SimHunt hunt = { .first = read_seed (),
                   .count = g_getenv ("PSYNC_SIM_SEED") == NULL ? SCHEDULES : 0,
                   .seconds = read_seconds (SIM_SECONDS) };
  g_auto (SimOutcome) outcome = { 0 };
  g_autoptr (SimSchedule) failed = NULL, smallest = NULL;
  g_autofree char *text = NULL;

  g_test_message ("PSYNC_SIM_SEED=%u", hunt.first);
  failed = sim_hunt (&hunt, &outcome);
  g_test_message ("%" G_GUINT64_FORMAT " schedules, %" G_GUINT64_FORMAT " runs, %" G_GUINT64_FORMAT
                  " requests in %.0f s of processor time",
                  hunt.carried_out, hunt.runs, hunt.requests, hunt.seconds);
  if (failed == NULL)
    {
      g_assert_cmpuint (hunt.carried_out, >, 0);
      return;
    }
  smallest = sim_shrink (failed, outcome.check);
  text = sim_schedule_to_text (smallest);
  g_printerr ("%s", text);
  g_error ("PSYNC_SIM_SEED=%u breaks a promise: %s: %s\nWhat is left of it is above.", failed->seed,
           outcome.check, outcome.message);
}

/* In the same process and in another one. */
static void
test_deterministic (void)
{
  for (guint32 seed = 1; seed <= 40; seed++)
    {
      g_autoptr (SimSchedule) schedule = sim_schedule_generate (seed);
      g_autofree char *text = sim_schedule_to_text (schedule);
      g_autoptr (GError) error = NULL;
      g_autoptr (SimSchedule) read = sim_schedule_from_text (text, &error);
      g_auto (SimOutcome) first = { 0 }, second = { 0 }, apart = { 0 };

      g_assert_no_error (error);
      sim_carry_out (schedule, FALSE, &first);
      sim_carry_out (read, FALSE, &second);
      sim_carry_out_apart (schedule, &apart);
      g_assert_cmpuint (first.requests, >, 0);
      g_assert_cmphex (first.trace, ==, second.trace);
      g_assert_cmphex (first.trace, ==, apart.trace);
    }
}

static void
test_regression (gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimSchedule) schedule = NULL;
  g_auto (SimOutcome) outcome = { 0 };

  g_file_get_contents (data, &text, NULL, &error);
  g_assert_no_error (error);
  schedule = sim_schedule_from_text (text, &error);
  g_assert_no_error (error);
  sim_carry_out_apart (schedule, &outcome);
  if (outcome.check != NULL)
    g_error ("%s breaks a promise again: %s: %s", (const char *) data, outcome.check,
             outcome.message);
}

static void
add_regressions (void)
{
  g_autofree char *folder
      = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", "sim", "regressions", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir) dir = g_dir_open (folder, 0, &error);
  const char *name;

  g_assert_no_error (error);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *stem = g_strndup (name, strcspn (name, "."));
      g_autofree char *path = g_strconcat ("/sim/it-never-happens-again/", stem, NULL);

      if (g_str_has_suffix (name, ".sim"))
        g_test_add_data_func_full (path, g_build_filename (folder, name, NULL), test_regression,
                                   g_free);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sim/a-schedule-always-takes-the-same-course", test_deterministic);
  add_regressions ();
  g_test_add_func ("/sim/every-schedule-keeps-every-promise", test_seeds);
  return g_test_run ();
}
