/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-hunt.h"

#include <gio/gio.h>

/* The simulation by hand: see README.md. */

static gint64 option_seed = -1;
static gint64 option_count;
static double option_seconds;
static double option_hours;
static char *option_breakage;
static char *option_save;
static gboolean option_verbose;
static gboolean option_no_shrink;
static gboolean option_print;
static gboolean option_trace;
static char **option_replays;

static const GOptionEntry options[] = {
  { "seed", 's', 0, G_OPTION_ARG_INT64, &option_seed, "The first seed; else one that nobody knows",
    "NUMBER" },
  { "count", 'n', 0, G_OPTION_ARG_INT64, &option_count, "As many schedules", "NUMBER" },
  { "seconds", 't', 0, G_OPTION_ARG_DOUBLE, &option_seconds, "As many seconds of processor time",
    "NUMBER" },
  { "hours", 0, 0, G_OPTION_ARG_DOUBLE, &option_hours, "As many hours of processor time",
    "NUMBER" },
  { "break", 'b', 0, G_OPTION_ARG_STRING, &option_breakage, "Break something that is to be found",
    "WHAT" },
  { "save", 'o', 0, G_OPTION_ARG_FILENAME, &option_save, "Where a schedule that failed goes",
    "FILE" },
  { "no-shrink", 0, 0, G_OPTION_ARG_NONE, &option_no_shrink,
    "Leave a schedule that failed as it is", NULL },
  { "verbose", 'v', 0, G_OPTION_ARG_NONE, &option_verbose, "Tell what happens", NULL },
  { "print", 'p', 0, G_OPTION_ARG_NONE, &option_print, "Print the seed's schedule and do nothing",
    NULL },
  { "trace", 0, 0, G_OPTION_ARG_NONE, &option_trace, "Print the checksum of what happened", NULL },
  { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &option_replays, NULL, "[FILE…]" },
  { NULL },
};

static void
save (const SimSchedule *schedule, const SimOutcome *outcome)
{
  g_autofree char *text = sim_schedule_to_text (schedule);
  g_autofree char *line = g_strdelimit (g_strdup (outcome->message), "\n", ' ');
  g_autofree char *whole = g_strdup_printf ("# %s: %s\n%s", outcome->check, line, text);
  g_autoptr (GError) error = NULL;

  g_print ("%s", text);
  if (option_save == NULL)
    return;
  if (!g_file_set_contents (option_save, whole, -1, &error))
    g_printerr ("%s\n", error->message);
  else
    g_print ("Kept in %s, which this program takes as an argument.\n", option_save);
}

static int
tell_failure (const SimSchedule *schedule, SimOutcome *outcome)
{
  g_autoptr (SimSchedule) smallest = NULL;
  g_auto (SimOutcome) again = { 0 };

  g_print ("FAILED seed %u: %s: %s\n", schedule->seed, outcome->check, outcome->message);
  if (option_no_shrink)
    {
      save (schedule, outcome);
      return 1;
    }
  smallest = sim_shrink (schedule, outcome->check);
  sim_carry_out_apart (smallest, &again);
  g_print ("%u steps of %u fail as well: %s: %s\n", smallest->steps->len, schedule->steps->len,
           again.check, again.message);
  save (smallest, &again);
  return 1;
}

static int
hunt_for_failures (void)
{
  SimHunt hunt
      = { .first = option_seed >= 0 ? (guint32) option_seed : (guint32) g_random_int () & 0x7fffffff,
          .count = (guint64) option_count,
          .seconds = option_hours > 0 ? option_hours * 3600 : option_seconds };
  g_auto (SimOutcome) outcome = { 0 };
  g_autoptr (GTimer) timer = g_timer_new ();
  g_autoptr (SimSchedule) failed = NULL;

  if (hunt.count == 0 && hunt.seconds <= 0)
    hunt.count = option_seed >= 0 ? 1 : 1000;
  g_print ("Seeds from %u on\n", hunt.first);
  failed = sim_hunt (&hunt, &outcome);
  g_print ("%" G_GUINT64_FORMAT " schedules, %" G_GUINT64_FORMAT " runs, %" G_GUINT64_FORMAT
           " requests in %.1f s\n",
           hunt.carried_out, hunt.runs, hunt.requests, g_timer_elapsed (timer, NULL));
  return failed != NULL ? tell_failure (failed, &outcome) : 0;
}

static int
carry_out (SimSchedule *schedule, const char *name)
{
  g_auto (SimOutcome) outcome = { 0 };

  sim_carry_out (schedule, option_verbose, &outcome);
  if (option_trace)
    g_print ("%s: %016" G_GINT64_MODIFIER "x\n", name, outcome.trace);
  if (outcome.check == NULL)
    return 0;
  g_print ("FAILED %s: %s: %s\n", name, outcome.check, outcome.message);
  return 1;
}

static int
replay (const char *file)
{
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SimSchedule) schedule = NULL;

  if (g_file_get_contents (file, &text, NULL, &error))
    schedule = sim_schedule_from_text (text, &error);
  if (schedule != NULL)
    return carry_out (schedule, file);
  g_printerr ("%s: %s\n", file, error->message);
  return 2;
}

static int
show_seed (void)
{
  g_autoptr (SimSchedule) schedule = sim_schedule_generate ((guint32) MAX (option_seed, 0));
  g_autofree char *text = sim_schedule_to_text (schedule);

  if (!option_print)
    return carry_out (schedule, "seed");
  g_print ("%s", text);
  return 0;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GOptionContext) context
      = g_option_context_new ("— hunts for schedules that break a promise");
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error)
      || !sim_set_breakage (option_breakage))
    {
      g_printerr ("%s\n", error != NULL ? error->message
                                        : "There is no such breakage, or not in this program");
      return 2;
    }
  for (guint i = 0; option_replays != NULL && option_replays[i] != NULL; i++)
    status |= replay (option_replays[i]);
  if (option_replays != NULL)
    return status;
  if (option_print
      || ((option_verbose || option_trace) && option_count == 0 && option_seconds <= 0))
    return show_seed ();
  return hunt_for_failures ();
}
