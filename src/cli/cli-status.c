/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-bus.h"
#include "cli-options.h"
#include "cli-values.h"
#include "sync-words.h"

#define USUAL_RUNS 20
#define MOST_RUNS 100000

static struct
{
  char *limit;
} options;

static const GOptionEntry history_options[] = {
  { "limit", 'l', 0, G_OPTION_ARG_FILENAME, &options.limit,
    N_("At most so many runs; 0: all (20)"), N_("NUMBER") },
  { NULL },
};

/* --- status --------------------------------------------------------------------------------- */

static void
add_line (CliTable *table, const char *what, const char *value)
{
  if (value != NULL && *value != '\0')
    cli_table_add (table, what, value);
}

static void
add_number (CliTable *table, const char *what, gint64 number)
{
  g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, number);

  cli_table_add (table, what, text);
}

static void
add_time (CliTable *table, const char *what, gint64 time)
{
  g_autofree char *text = cli_dup_time (time);

  cli_table_add (table, what, text);
}

/* One that is over is none, though nobody may have noticed yet. */
static gint64
find_pause (SyncManager *manager)
{
  gint64 until;

  g_object_get (manager, "paused-until", &until, NULL);
  return until > g_get_real_time () ? until : SYNC_TIME_UNKNOWN;
}

/* Why nothing happens, which is what somebody who asks for the status wants to know most. */
static void
add_state (CliContext *cli, CliTable *table, const SyncStats *stats)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  g_autofree char *state = sync_words_for_state (cli_state_name (manager));
  gboolean idle = sync_manager_get_state (manager) == SYNC_STATE_IDLE;
  g_autoptr (GError) last_error = NULL;
  gint64 paused_until = find_pause (manager);
  g_autofree char *hint = NULL;

  g_object_get (manager, "last-error", &last_error, NULL);
  if (idle && stats->conflicts_open > 0)
    hint = cli_dup_hint (cli, _("Conflicts wait for you: psync conflicts list"));
  else if (idle && (stats->failed > 0 || stats->held > 0))
    hint = cli_dup_hint (cli, _("Rows were refused: psync queue list"));
  else if (idle && stats->pending > 0)
    hint = cli_dup_hint (cli, _("Changes wait: psync sync"));
  add_line (table, _("State"), hint != NULL ? hint : state);
  if (paused_until != SYNC_TIME_UNKNOWN && paused_until != G_MAXINT64)
    add_time (table, _("Paused until"), paused_until);
  if (last_error != NULL)
    {
      g_auto (CliWords) words = { NULL };

      cli_words_for_error (cli, last_error, &words);
      add_line (table, _("Last problem"), words.title);
      add_line (table, "", words.next_step);
      add_line (table, "", words.next_command);
    }
}

/* A pause is told already, and nothing is waited for in it. */
static void
add_plan (CliContext *cli, CliTable *table, const SyncStats *stats, const char *hold)
{
  gboolean paused = find_pause (sync_profile_get_manager (cli->profile)) != SYNC_TIME_UNKNOWN;
  g_autofree char *words = hold != NULL ? sync_words_for_hold (hold) : NULL;

  if (stats->next_sync_at != SYNC_TIME_UNKNOWN)
    add_time (table, _("Next run"), stats->next_sync_at);
  else if (!paused)
    add_line (table, _("Next run"), words);
}

static void
show_status (CliContext *cli, const SyncStats *stats, const SyncDevice *device, const char *hold)
{
  SyncProvider *provider = sync_manager_get_provider (sync_profile_get_manager (cli->profile));
  g_autoptr (CliTable) table
      = cli_table_new (_("Database"), sync_profile_get_path (cli->profile), NULL);
  g_autofree char *size = cli_dup_size (stats->queue_bytes);

  add_line (table, _("Device"), device->name);
  add_line (table, _("Cloud"),
            provider != NULL ? sync_provider_get_location (provider) : _("none: local only"));
  add_line (table, _("Signed in as"), sync_profile_get_email (cli->profile));
  add_state (cli, table, stats);
  add_number (table, _("Rows"), stats->records);
  add_number (table, _("Waiting to be sent"), stats->pending);
  add_number (table, _("Refused or failed"), stats->failed);
  add_number (table, _("Held back"), stats->held);
  add_number (table, _("Conflicts"), stats->conflicts_open);
  if (cli->verbose)
    {
      add_number (table, _("Conflicts resolved"), stats->conflicts_resolved);
      add_line (table, _("Size of the queue"), size);
      add_line (table, _("Device id"), device->id);
    }
  add_time (table, _("Last synchronised"), stats->last_sync_at);
  add_plan (cli, table, stats, hold);
  cli_print_table (cli, table);
}

static void
answer_status (CliContext *cli, const SyncStats *stats, const SyncDevice *device, const char *hold)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  g_autoptr (GError) last_error = NULL;
  SyncConfig config;
  gint64 paused_until = find_pause (manager);

  g_object_get (manager, "last-error", &last_error, NULL);
  sync_settings_get_config (sync_profile_get_settings (cli->profile), &config);
  cli_json_string (cli->answer, "database", sync_profile_get_path (cli->profile));
  cli_json_cloud (cli->answer, cli);
  cli_json_string (cli->answer, "state", cli_state_name (manager));
  cli_json_boolean (cli->answer, "auto_sync", config.auto_sync);
  cli_json_boolean (cli->answer, "paused", paused_until != SYNC_TIME_UNKNOWN);
  cli_json_time (cli->answer, "paused_until", paused_until);
  cli_json_string (cli->answer, "hold", hold);
  cli_json_error (cli->answer, cli, "last_error", last_error);
  cli_json_device (cli->answer, "device", device);
  cli_json_stats (cli->answer, "statistics", stats);
}

static gboolean
run_status (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  SyncDevices *devices = sync_profile_get_devices (cli->profile);
  g_autoptr (SyncStats) stats = NULL;
  g_autoptr (SyncDevice) device = NULL;
  g_autofree char *hold = NULL;
  gint64 next_sync;

  sync_manager_get_stats_async (manager, cli->cancellable, cli_ready, cli);
  stats = sync_manager_get_stats_finish (manager, cli_await (cli), error);
  if (stats == NULL)
    return FALSE;
  sync_devices_get_local_async (devices, cli->cancellable, cli_ready, cli);
  device = sync_devices_get_local_finish (devices, cli_await (cli), error);
  if (device == NULL)
    return FALSE;
  if (cli_bus_read_plan (cli, &next_sync, &hold))
    stats->next_sync_at = next_sync;
  answer_status (cli, stats, device, hold);
  show_status (cli, stats, device, hold);
  cli_raise_waiting (cli, stats);
  return TRUE;
}

/* --- health --------------------------------------------------------------------------------- */

static const char *
health_name (SyncHealth health)
{
  static const char *const names[] = { "no-provider", "disconnected", "invalid", "healthy" };

  g_return_val_if_fail (health < G_N_ELEMENTS (names), NULL);
  return names[health];
}

/* That nobody is signed in was found out here: the cloud was not asked yet. */
static SyncHealth
ask_unsigned (CliContext *cli, SyncHealth health, GError **error)
{
  GError *obstacle = cli_find_obstacle (cli);

  if (obstacle == NULL)
    return health;
  g_clear_error (error);
  g_propagate_error (error, obstacle);
  return sync_error_is_transient (obstacle) ? SYNC_HEALTH_DISCONNECTED : SYNC_HEALTH_INVALID;
}

static gboolean
run_health (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  g_autofree char *words = NULL;
  SyncHealth health;

  sync_manager_health_check_async (manager, cli->cancellable, cli_ready, cli);
  health = sync_manager_health_check_finish (manager, cli_await (cli), error);
  if (g_error_matches (*error, SYNC_ERROR, SYNC_ERROR_SIGN_IN))
    health = ask_unsigned (cli, health, error);
  cli_json_cloud (cli->answer, cli);
  cli_json_string (cli->answer, "health", health_name (health));
  cli_report_warnings (cli, NULL);
  /* What was stopped has found out nothing. */
  if ((health == SYNC_HEALTH_NO_PROVIDER || health == SYNC_HEALTH_DISCONNECTED)
      && !g_cancellable_is_cancelled (cli->cancellable))
    cli_raise (cli, CLI_STATUS_OFFLINE);
  if (health != SYNC_HEALTH_HEALTHY)
    {
      cli_raise (cli, CLI_STATUS_ERROR);
      return *error == NULL;
    }
  words = sync_words_for_health (health_name (health));
  cli_print (cli, "%s\n", words);
  return TRUE;
}

/* --- history -------------------------------------------------------------------------------- */

static void
add_run (CliContext *cli, CliTable *table, const SyncResult *run)
{
  g_autofree char *number = g_strdup_printf ("%" G_GINT64_FORMAT, run->run);
  g_autofree char *started = cli_dup_time (run->started_at);
  g_autofree char *kind = sync_words_for_run_kind (sync_run_kind_to_string (run->kind));
  g_autofree char *outcome = sync_words_for_outcome (sync_outcome_to_string (run->outcome));
  g_autofree char *counts = cli_dup_counts (&run->total);
  g_autofree char *repeats = run->repeats > 0 ? sync_words_for_count ("repeats", run->repeats)
                                              : NULL;
  g_auto (CliWords) words = { NULL };
  g_autoptr (GString) what = g_string_new (counts);

  if (run->error != NULL)
    cli_words_for_error (cli, run->error, &words);
  if (words.title != NULL)
    g_string_append_printf (what, "%s%s", what->len > 0 ? "; " : "", words.title);
  if (repeats != NULL)
    g_string_append_printf (what, "%s%s", what->len > 0 ? "; " : "", repeats);
  cli_table_add (table, number, started, kind, outcome, what->str);
}

static gboolean
run_history (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncHistory *history = sync_profile_get_history (cli->profile);
  g_autoptr (CliTable) table
      = cli_table_new (_("RUN"), _("STARTED"), _("KIND"), _("OUTCOME"), _("WHAT"), NULL);
  g_autoptr (GPtrArray) runs = NULL;
  guint64 limit = USUAL_RUNS;

  if (options.limit != NULL
      && !cli_parse_number ("--limit", options.limit, 0, MOST_RUNS, &limit, error))
    return FALSE;
  sync_history_list_async (history, 0, limit, cli->cancellable, cli_ready, cli);
  runs = sync_history_list_finish (history, cli_await (cli), error);
  if (runs == NULL)
    return FALSE;

  cli_table_align_right (table, 0);
  cli_json_begin_array (cli->answer, "runs");
  for (guint i = 0; i < runs->len; i++)
    {
      cli_json_result (cli->answer, cli, NULL, g_ptr_array_index (runs, i));
      add_run (cli, table, g_ptr_array_index (runs, i));
    }
  cli_json_end_array (cli->answer);
  if (runs->len > 0)
    cli_print_table (cli, table);
  else
    cli_say (cli, "%s\n", _("There was no run yet."));
  return TRUE;
}

/* clang-format off */
const CliCommand cli_status_commands[] = {
  {
    .name = "status",
    .summary = N_("Show how this database stands, without asking the cloud"),
    .arguments = "",
    .notes = N_("The exit status is 5 while conflicts wait and 6 while rows are refused, as\n"
                "after a sync."),
    .examples = "psync status\n"
                "psync status --json",
    .run = run_status,
  },
  {
    .name = "health",
    .summary = N_("Ask the cloud whether all is well"),
    .arguments = "",
    .notes = N_("It is no-provider (exit status 3), disconnected (3), invalid (4 if somebody\n"
                "must sign in, else 1) or healthy (0)."),
    .examples = "psync health\n"
                "psync health --json",
    .run = run_health,
  },
  {
    .name = "history",
    .summary = N_("List past runs, the newest first"),
    .arguments = "",
    .examples = "psync history\n"
                "psync history --limit 0 --json",
    .options = history_options,
    .run = run_history,
  },
  { NULL },
};
/* clang-format on */
