/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-hunt.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gio/gio.h>

/* No schedule takes longer, of processor time. */
#define LONGEST_SECONDS 30
#define BATCH 200

/* What a child tells its parent, also by dying. */
typedef struct
{
  guint32 seed;
  guint32 done;
  guint64 runs;
  guint64 requests;
  guint64 trace;
  char check[32];
  char message[16000];
} Report;

static Report *
report_new (void)
{
  Report *report
      = mmap (NULL, sizeof (Report), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

  g_assert (report != MAP_FAILED);
  return report;
}

static void
report_outcome (Report *report, const SimOutcome *outcome)
{
  report->trace = outcome->trace;
  report->runs += outcome->runs;
  report->requests += outcome->requests;
  if (outcome->check == NULL)
    return;
  g_strlcpy (report->check, outcome->check, sizeof (report->check));
  g_strlcpy (report->message, outcome->message, sizeof (report->message));
}

static void
limit_time (void)
{
  struct itimerval limit = { .it_value = { .tv_sec = LONGEST_SECONDS } };

  setitimer (ITIMER_PROF, &limit, NULL);
}

/* A child that died broke something, too. */
static void
wait_for (pid_t child, Report *report)
{
  int status;

  while (waitpid (child, &status, 0) < 0)
    ;
  if (WIFEXITED (status) && WEXITSTATUS (status) == 0)
    return;
  g_strlcpy (report->check,
             WIFSIGNALED (status) && WTERMSIG (status) == SIGPROF ? "hangs" : "crash",
             sizeof (report->check));
  g_snprintf (
      report->message, sizeof (report->message), "The process ended by signal %d, status %d",
      WIFSIGNALED (status) ? WTERMSIG (status) : 0, WIFEXITED (status) ? WEXITSTATUS (status) : 0);
}

static void
take_report (Report *report, SimOutcome *outcome)
{
  *outcome = (SimOutcome){ .trace = report->trace,
                           .runs = (guint) report->runs,
                           .requests = (guint) report->requests };
  if (report->check[0] != '\0')
    {
      outcome->check = g_strdup (report->check);
      outcome->message = g_strdup (report->message);
    }
  munmap (report, sizeof (Report));
}

void
sim_carry_out_apart (const SimSchedule *schedule, SimOutcome *outcome)
{
  Report *report = report_new ();
  pid_t child;

  sim_prepare ();
  child = fork ();
  g_assert (child >= 0);
  if (child == 0)
    {
      SimOutcome apart;

      limit_time ();
      sim_carry_out (schedule, FALSE, &apart);
      report_outcome (report, &apart);
      _exit (0);
    }
  wait_for (child, report);
  take_report (report, outcome);
}

/* --- Hunting ---------------------------------------------------------------------------------- */

static double
time_of (int who)
{
  struct rusage usage;

  getrusage (who, &usage);
  return (double) (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
         + (double) (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double
processor_time (void)
{
  return time_of (RUSAGE_SELF) + time_of (RUSAGE_CHILDREN);
}

/* In the child: seeds one after the other, until one breaks something. */
static void
carry_out_seeds (Report *report, guint32 first, guint64 count, double seconds)
{
  double until = time_of (RUSAGE_SELF) + seconds;

  for (guint64 i = 0; i < count && (seconds <= 0 || time_of (RUSAGE_SELF) < until); i++)
    {
      g_autoptr (SimSchedule) schedule = NULL;
      g_auto (SimOutcome) outcome = { 0 };

      report->seed = first + (guint32) i;
      limit_time ();
      schedule = sim_schedule_generate (report->seed);
      sim_carry_out (schedule, FALSE, &outcome);
      report_outcome (report, &outcome);
      report->done++;
      if (outcome.check != NULL)
        break;
    }
}

SimSchedule *
sim_hunt (SimHunt *hunt, SimOutcome *outcome)
{
  double began = processor_time ();
  gboolean goes_on = TRUE;

  sim_prepare ();
  *outcome = (SimOutcome){ 0 };
  while (goes_on)
    {
      Report *report = report_new ();
      double left = hunt->seconds > 0 ? hunt->seconds - (processor_time () - began) : 0;
      guint64 count = hunt->count > 0 ? MIN (hunt->count - hunt->carried_out, BATCH) : BATCH;
      pid_t child = fork ();
      guint32 seed;

      g_assert (child >= 0);
      if (child == 0)
        {
          carry_out_seeds (report, hunt->first + (guint32) hunt->carried_out, count, left);
          _exit (0);
        }
      wait_for (child, report);
      hunt->carried_out += report->done;
      hunt->runs += report->runs;
      hunt->requests += report->requests;
      seed = report->seed;
      take_report (report, outcome);
      if (outcome->check != NULL)
        return sim_schedule_generate (seed);
      goes_on = (hunt->count == 0 || hunt->carried_out < hunt->count)
                && (hunt->seconds <= 0 || processor_time () - began < hunt->seconds);
    }
  return NULL;
}

/* --- Shrinking -------------------------------------------------------------------------------- */

static gboolean
still_breaks (const SimSchedule *schedule, const char *check)
{
  g_auto (SimOutcome) outcome = { 0 };

  sim_carry_out_apart (schedule, &outcome);
  return g_strcmp0 (outcome.check, check) == 0;
}

/* The candidate takes the schedule's place if it breaks the same promise. Takes the candidate. */
static gboolean
try_candidate (SimSchedule **schedule, SimSchedule *candidate, const char *check)
{
  if (!still_breaks (candidate, check))
    {
      sim_schedule_free (candidate);
      return FALSE;
    }
  sim_schedule_free (*schedule);
  *schedule = candidate;
  return TRUE;
}

/* Steps with what happens during them, in ever smaller pieces. */
static gboolean
take_out_steps (SimSchedule **schedule, const char *check)
{
  gboolean smaller = FALSE;

  for (guint size = MAX ((*schedule)->steps->len / 2, 1); size > 0; size /= 2)
    for (guint i = 1; i < (*schedule)->steps->len;)
      {
        SimSchedule *candidate = sim_schedule_copy (*schedule);
        guint end = MIN (i + size, candidate->steps->len);

        end = MAX (end, i + sim_schedule_span (candidate, i));
        while (end < candidate->steps->len
               && SIM_STEP (candidate, end)->depth > SIM_STEP (candidate, i)->depth)
          end++;
        g_array_remove_range (candidate->steps, i, end - i);
        if (candidate->steps->len > i
            && SIM_STEP (candidate, i)->depth > SIM_STEP (candidate, i - 1)->depth + 1)
          {
            sim_schedule_free (candidate);
            i++;
          }
        else if (try_candidate (schedule, candidate, check))
          smaller = TRUE;
        else
          i++;
      }
  return smaller;
}

static gboolean
make_number_smaller (SimSchedule **schedule,
                     guint index,
                     guint argument,
                     int value,
                     const char *check)
{
  SimSchedule *candidate = sim_schedule_copy (*schedule);

  SIM_STEP (candidate, index)->args[argument] = value;
  return try_candidate (schedule, candidate, check);
}

/* Arguments: nothing, or less. */
static gboolean
make_smaller (SimSchedule **schedule, const char *check)
{
  gboolean smaller = FALSE;

  for (guint i = 0; i < (*schedule)->steps->len; i++)
    for (guint k = 0; k < SIM_MAX_ARGS; k++)
      {
        int value = SIM_STEP (*schedule, i)->args[k];

        if (value != 0 && make_number_smaller (schedule, i, k, 0, check))
          smaller = TRUE;
        else if (value > 1 && make_number_smaller (schedule, i, k, value / 2, check))
          smaller = TRUE;
        else if (value > 1 && make_number_smaller (schedule, i, k, value - 1, check))
          smaller = TRUE;
      }
  return smaller;
}

/* What happens during a run may as well happen before it. */
static gboolean
take_out_of_runs (SimSchedule **schedule, const char *check)
{
  gboolean smaller = FALSE;

  for (guint i = 1; i < (*schedule)->steps->len; i++)
    {
      SimStep step = *SIM_STEP (*schedule, i);
      guint outer = i, span = sim_schedule_span (*schedule, i);
      SimSchedule *candidate;

      if (step.depth == 0 || span > 1 || step.kind == SIM_FAULT || step.kind == SIM_CRASH
          || step.kind == SIM_CANCEL)
        continue;
      while (SIM_STEP (*schedule, outer)->depth >= step.depth)
        outer--;
      candidate = sim_schedule_copy (*schedule);
      g_array_remove_index (candidate->steps, i);
      step.depth = SIM_STEP (*schedule, outer)->depth;
      step.at = SIM_STEP (*schedule, outer)->at;
      step.when = SIM_STEP (*schedule, outer)->when;
      g_array_insert_val (candidate->steps, outer, step);
      smaller = try_candidate (schedule, candidate, check) || smaller;
    }
  return smaller;
}

SimSchedule *
sim_shrink (const SimSchedule *schedule, const char *check)
{
  SimSchedule *smallest = sim_schedule_copy (schedule);
  gboolean smaller = TRUE;

  smallest->seed = 0;
  for (guint round = 0; smaller && round < 10; round++)
    {
      smaller = take_out_steps (&smallest, check);
      smaller = take_out_of_runs (&smallest, check) || smaller;
      smaller = make_smaller (&smallest, check) || smaller;
    }
  return smallest;
}
