/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdio.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "cli-bus.h"
#include "cli-options.h"
#include "cli-values.h"
#include "sync-words.h"

#define LONGEST_INTERVAL (7 * 24 * 60)
#define LONGEST_PAUSE (365 * 24 * 60)
#define USEC_PER_MINUTE (60 * G_USEC_PER_SEC)

static struct
{
  char *interval;
  char *pause;
} options;

static const GOptionEntry watch_options[] = {
  { "interval", 'i', 0, G_OPTION_ARG_FILENAME, &options.interval,
    N_("Minutes between runs, instead of the setting"), N_("MINUTES") },
  { NULL },
};

static const GOptionEntry pause_options[] = {
  { "for", 'f', 0, G_OPTION_ARG_FILENAME, &options.pause, N_("Only so long"), N_("MINUTES") },
  { NULL },
};

/* --- watch ---------------------------------------------------------------------------------- */

static void
print_run (CliContext *cli, const SyncResult *run)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autofree char *time = g_date_time_format (now, "%F %T");
  g_autofree char *outcome = sync_words_for_outcome (sync_outcome_to_string (run->outcome));
  g_autofree char *counts = cli_dup_counts (&run->total);
  g_auto (CliWords) words = { NULL };

  if (run->error != NULL)
    cli_words_for_error (cli, run->error, &words);
  cli_say (cli, "%s  %s%s%s%s%s\n", time, outcome, *counts != '\0' ? ": " : "", counts,
           words.title != NULL ? ": " : "", words.title != NULL ? words.title : "");
}

/* Somebody may look at it while it grows, and when nobody does any more there is no reason to go
 * on. */
static void
on_completed (SyncManager *manager, const SyncResult *run, CliContext *cli)
{
  cli_json_result (cli->answer, cli, NULL, run);
  print_run (cli, run);
  if (!cli_flush (cli))
    g_cancellable_cancel (cli->cancellable);
}

/* Who waits for a run wants to know what it waits for. */
static void
on_hold_changed (SyncScheduler *scheduler, GParamSpec *pspec, CliContext *cli)
{
  SyncHold hold = sync_scheduler_get_hold (scheduler);
  g_autoptr (GEnumClass) holds = g_type_class_ref (SYNC_TYPE_HOLD);
  g_autofree char *words = NULL;

  if (hold == SYNC_HOLD_NONE)
    return;
  words = sync_words_for_hold (g_enum_get_value (holds, (int) hold)->value_nick);
  cli_say (cli, "%s\n", words);
  cli_flush (cli);
}

static gboolean
open_for_watch (CliContext *cli, GError **error)
{
  g_autoptr (GHashTable) overrides = g_hash_table_new (g_str_hash, g_str_equal);
  guint64 minutes;

  if (options.interval != NULL
      && !cli_parse_number ("--interval", options.interval, 1, LONGEST_INTERVAL, &minutes, error))
    return FALSE;
  g_hash_table_insert (overrides, (char *)"auto-sync", (char *)"true");
  if (options.interval != NULL)
    g_hash_table_insert (overrides, (char *)"interval-minutes", options.interval);
  return cli_open (cli, SYNC_PROFILE_NONE, NULL, overrides, error);
}

/* What begins with the session has nobody who would start it again, so it waits until whoever holds the database lets
 * go; each try waits some seconds by itself. */
static gboolean
open_when_free (CliContext *cli, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  while (!open_for_watch (cli, &local_error))
    {
      if (!g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_BUSY))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      g_clear_error (&local_error);
    }
  return TRUE;
}

/* A pipe whose reader has gone says so at once; the next line may be half an hour away. */
static gboolean
on_reader_gone (int fd, GIOCondition condition, gpointer user_data)
{
  g_cancellable_cancel (((CliContext *)user_data)->cancellable);
  return G_SOURCE_CONTINUE;
}

/* Whether this program began to schedule, or another one does already, is known a moment after the
 * start. */
static gboolean
watch_until_signal (CliContext *cli, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  SyncScheduler *scheduler = sync_profile_get_scheduler (cli->profile);
  guint reader = g_unix_fd_add (STDOUT_FILENO, G_IO_ERR, on_reader_gone, cli);
  gboolean elsewhere = FALSE;

  sync_scheduler_start (scheduler);
  while (!elsewhere && !g_cancellable_is_cancelled (cli->cancellable))
    {
      g_main_context_iteration (NULL, TRUE);
      g_object_get (scheduler, "elsewhere", &elsewhere, NULL);
    }
  g_source_remove (reader);
  sync_scheduler_stop (scheduler);
  while (sync_manager_get_state (manager) == SYNC_STATE_SYNCING)
    g_main_context_iteration (NULL, TRUE);
  if (elsewhere)
    {
      g_autoptr (GError) locked = sync_error_new (SYNC_ERROR_LOCKED,
                                                  sync_profile_get_path (cli->profile),
                                                  "another program schedules runs");

      sync_error_set_reason (locked, "schedule", 0);
      g_propagate_error (error, g_steal_pointer (&locked));
    }
  return !elsewhere;
}

static gboolean
run_watch (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager;
  SyncScheduler *scheduler;
  g_autoptr (GError) local_error = NULL;
  gulong handler, hold_handler;
  gboolean good;

  if (!open_when_free (cli, &local_error))
    {
      /* A signal is how it ends, also before it has begun. */
      if (sync_error_is_cancelled (local_error))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  manager = sync_profile_get_manager (cli->profile);
  if (!sync_manager_get_available (manager))
    {
      g_propagate_error (error, sync_manager_explain_unavailable (manager));
      return FALSE;
    }
  cli_json_string (cli->answer, "database", sync_profile_get_path (cli->profile));
  cli_json_begin_array (cli->answer, "runs");
  handler = g_signal_connect (manager, "sync-completed", G_CALLBACK (on_completed), cli);
  scheduler = sync_profile_get_scheduler (cli->profile);
  hold_handler = g_signal_connect (scheduler, "notify::hold", G_CALLBACK (on_hold_changed), cli);
  good = watch_until_signal (cli, error);
  g_signal_handler_disconnect (scheduler, hold_handler);
  g_signal_handler_disconnect (manager, handler);
  cli_json_end_array (cli->answer);
  return good;
}

/* --- pause, resume -------------------------------------------------------------------------- */

static void
show_pause (CliContext *cli, gint64 until)
{
  g_autofree char *time = NULL;

  cli_json_boolean (cli->answer, "paused", until != SYNC_TIME_UNKNOWN);
  cli_json_time (cli->answer, "paused_until", until);
  if (until == SYNC_TIME_UNKNOWN)
    cli_say (cli, "%s\n", _("Runs happen by themselves again, where that is switched on."));
  else if (until == G_MAXINT64)
    cli_say_hint (cli, "%s", _("Paused: no run happens by itself until psync resume."));
  else
    {
      time = cli_dup_time (until);
      cli_say (cli, _("Paused: no run happens by itself until then: %s."), time);
      cli_say (cli, "\n");
    }
}

static gboolean
run_pause (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  gint64 until = G_MAXINT64;
  guint64 minutes;

  if (options.pause != NULL)
    {
      if (!cli_parse_number ("--for", options.pause, 1, LONGEST_PAUSE, &minutes, error))
        return FALSE;
      until = g_get_real_time () + (gint64) minutes * USEC_PER_MINUTE;
    }
  if (!cli_bus_pause (cli, until))
    {
      sync_manager_pause_async (manager, until, cli->cancellable, cli_ready, cli);
      if (!sync_manager_pause_finish (manager, cli_await (cli), error))
        return FALSE;
    }
  show_pause (cli, until);
  return TRUE;
}

static gboolean
run_resume (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);

  if (!cli_bus_pause (cli, SYNC_TIME_UNKNOWN))
    {
      sync_manager_resume_async (manager, cli->cancellable, cli_ready, cli);
      if (!sync_manager_resume_finish (manager, cli_await (cli), error))
        return FALSE;
    }
  show_pause (cli, SYNC_TIME_UNKNOWN);
  return TRUE;
}

/* clang-format off */
const CliCommand cli_watch_commands[] = {
  {
    .name = "watch",
    .summary = N_("Synchronise by itself until a signal ends it"),
    .arguments = "",
    .notes = N_("It runs at the start, by interval, 5 seconds after the last change of any process,\n"
                "when the network comes back and after sleep, and prints a line for each run. On\n"
                "a metered network and while the computer saves power it waits, unless settings\n"
                "say otherwise. Only one program at a time does this for a database; where\n"
                "another one does, the exit status is 7."),
    .examples = "psync watch\n"
                "psync watch --interval 5",
    .options = watch_options,
    .without_profile = TRUE,
    .run = run_watch,
  },
  {
    .name = "pause",
    .summary = N_("Let no run happen by itself"),
    .arguments = "",
    .notes = N_("It survives a restart. psync sync goes on working."),
    .examples = "psync pause\n"
                "psync pause --for 60",
    .options = pause_options,
    .run = run_pause,
  },
  {
    .name = "resume",
    .summary = N_("Let runs happen by themselves again"),
    .arguments = "",
    .examples = "psync resume",
    .run = run_resume,
  },
  { NULL },
};
/* clang-format on */
