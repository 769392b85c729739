/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-bus.h"
#include "cli-options.h"
#include "cli-progress.h"
#include "cli-values.h"
#include "sync-words.h"

#define WAIT_SECONDS 30
#define LONGEST_WAIT (24 * 60 * 60)
#define LARGEST_BATCH 10000

static struct
{
  char **entities;
  char *strategy;
  char *batch_size;
  char *wait;
  gboolean dry_run;
  gboolean allow_mass_change;
  gboolean discard_unsent;
} options;

/* clang-format off */
#define RUN_OPTIONS \
  { "entity", 'e', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.entities, \
    N_("Only this entity; may be given several times"), N_("NAME") }, \
  { "strategy", 's', 0, G_OPTION_ARG_FILENAME, &options.strategy, \
    N_("What decides conflicts in this run: newest, local, remote, manual, …"), N_("STRATEGY") }, \
  { "batch-size", 'b', 0, G_OPTION_ARG_FILENAME, &options.batch_size, \
    N_("Rows a request; 0: chosen by the program"), N_("ROWS") }, \
  { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &options.dry_run, \
    N_("Only count what would be done"), NULL }, \
  { "allow-mass-change", 0, 0, G_OPTION_ARG_NONE, &options.allow_mass_change, \
    N_("Go on where more than half of an entity's rows would be changed or deleted"), NULL }, \
  { "wait", 'w', 0, G_OPTION_ARG_FILENAME, &options.wait, \
    N_("How long to wait for another run to end (30)"), N_("SECONDS") }

static const GOptionEntry run_options[] = {
  RUN_OPTIONS,
  { NULL },
};

static const GOptionEntry hydrate_options[] = {
  RUN_OPTIONS,
  { "discard-unsent", 0, 0, G_OPTION_ARG_NONE, &options.discard_unsent,
    N_("Take the cloud's rows also where this device has changes that were not sent"), NULL },
  { NULL },
};
/* clang-format on */

static gboolean
read_options (SyncRunOptions *run, GError **error)
{
  guint64 batch_size = 0, wait = WAIT_SECONDS;

  if (options.strategy != NULL
      && !cli_check_word ("--strategy", options.strategy, cli_strategies, error))
    return FALSE;
  if (options.batch_size != NULL
      && !cli_parse_number ("--batch-size", options.batch_size, 0, LARGEST_BATCH, &batch_size,
                            error))
    return FALSE;
  if (options.wait != NULL
      && !cli_parse_number ("--wait", options.wait, 0, LONGEST_WAIT, &wait, error))
    return FALSE;

  run->entities = (const char *const *) options.entities;
  run->strategy = options.strategy;
  run->batch_size = batch_size;
  run->wait_seconds = wait;
  run->dry_run = options.dry_run;
  run->allow_mass_change = options.allow_mass_change;
  run->discard_unsent = options.discard_unsent;
  return TRUE;
}

static void
append_count (GString *text, const char *name, guint64 count)
{
  g_autofree char *words = NULL;

  if (count == 0)
    return;
  words = sync_words_for_count (name, count);
  g_string_append_printf (text, "%s%s", text->len > 0 ? ", " : "", words);
}

/**
 * cli_dup_counts:
 * @counts: what a run did
 *
 * Returns: (transfer full): it in words, empty if it did nothing
 */
char *
cli_dup_counts (const SyncCounts *counts)
{
  GString *text = g_string_new (NULL);

  append_count (text, "pulled", counts->pulled);
  append_count (text, "pushed", counts->pushed);
  append_count (text, "deleted", counts->deleted);
  append_count (text, "merged", counts->merged);
  append_count (text, "conflicts", counts->conflicts);
  append_count (text, "refused", counts->refused);
  append_count (text, "held", counts->held);
  return g_string_free (text, FALSE);
}

static gboolean
did_something (const SyncResult *result)
{
  for (guint i = 0; result->entities != NULL && i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);
      g_autofree char *words = cli_dup_counts (&counts->counts);

      if (*words != '\0')
        return TRUE;
    }
  return FALSE;
}

/* stats (nullable): how it stands after the run */
static const char *
title_of_run (const SyncResult *result, const SyncStats *stats)
{
  if (result->dry_run)
    return did_something (result) ? _("This would be done:") : _("Nothing to do.");
  if (result->outcome == SYNC_OUTCOME_CANCELLED)
    return _("Stopped as asked; the next run goes on from here:");
  if (result->error != NULL)
    return _("Not finished; what was done stays, and the next run goes on from here:");
  if (result->outcome == SYNC_OUTCOME_NOTHING && stats != NULL
      && (stats->pending > 0 || stats->failed > 0 || stats->held > 0 || stats->conflicts_open > 0))
    return _("Nothing to do.");
  if (result->outcome == SYNC_OUTCOME_NOTHING)
    return _("Nothing to do: everything is in step.");
  switch (result->kind)
    {
    case SYNC_RUN_SEED:
      return _("Sent what this device has.");
    case SYNC_RUN_HYDRATE:
      return _("Took what the cloud has.");
    default:
      return _("Synchronised.");
    }
}

/* Where it did nothing because of an error, that says it all. */
static void
say_result (CliContext *cli, const SyncResult *result, const SyncStats *stats)
{
  if (result->error == NULL || did_something (result))
    cli_say (cli, "%s\n", title_of_run (result, stats));
  for (guint i = 0; result->entities != NULL && i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);
      g_autofree char *name = cli_escape (counts->entity);
      g_autofree char *words = cli_dup_counts (&counts->counts);

      if (*words != '\0')
        cli_say (cli, "  %s: %s\n", name, words);
    }
  if (cli->verbose)
    {
      g_autofree char *sent = cli_dup_size (result->bytes_sent);
      g_autofree char *received = cli_dup_size (result->bytes_received);

      cli_say (cli, _("Requests %u, sent %s, received %s, seconds %.2f."), (guint) result->requests,
               sent, received,
               (double) (result->finished_at - result->started_at) / G_USEC_PER_SEC);
      cli_say (cli, "\n");
    }
}

/* A run of some entities leaves the others' rows where they are, and those that refer to new ones among them. */
static void
say_what_was_left (CliContext *cli, const SyncResult *result, const SyncStats *stats)
{
  gint64 left = stats->pending - stats->conflicts_open;

  if (options.entities != NULL && !result->dry_run && result->error == NULL && left > 0)
    cli_say_hint (cli,
                  ngettext ("%u row waits for a run of all entities: psync sync",
                            "%u rows wait for a run of all entities: psync sync", left),
                  (guint) left);
}

static void
say_what_waits (CliContext *cli, const SyncStats *stats)
{
  if (stats->conflicts_open > 0)
    {
      cli_say_hint (cli,
                    ngettext ("%u conflict waits for you: psync conflicts list",
                              "%u conflicts wait for you: psync conflicts list",
                              stats->conflicts_open),
                    (guint) stats->conflicts_open);
    }
  if (stats->failed > 0 || stats->held > 0)
    {
      cli_say_hint (cli,
                    ngettext ("%u row was refused: psync queue list",
                              "%u rows were refused: psync queue list",
                              stats->failed + stats->held),
                    (guint) (stats->failed + stats->held));
    }
}

/* A dry run leaves nothing that waits, so what it would meet is all there is to tell. */
static void
raise_expected (CliContext *cli, const SyncResult *result)
{
  if (!result->dry_run)
    return;
  if (result->total.conflicts > 0)
    cli_raise (cli, CLI_STATUS_CONFLICTS);
  if (result->total.refused > 0 || result->total.held > 0)
    cli_raise (cli, CLI_STATUS_REFUSED);
}

/* What waits after the run, whether the run itself or an earlier one met it. Only JSON tells the number of records,
 * too. */
static SyncStats *
get_stats (CliContext *cli, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);

  if (!cli->json)
    {
      sync_manager_count_waiting_async (manager, NULL, cli_ready, cli);
      return sync_manager_count_waiting_finish (manager, cli_await (cli), error);
    }
  sync_manager_get_stats_async (manager, NULL, cli_ready, cli);
  return sync_manager_get_stats_finish (manager, cli_await (cli), error);
}

static void
report (CliContext *cli, const SyncResult *result, const SyncStats *stats)
{
  cli_json_result (cli->answer, cli, "run", result);
  say_result (cli, result, stats);
  raise_expected (cli, result);
  cli_report_warnings (cli, NULL);
  if (stats == NULL)
    return;
  cli_json_stats (cli->answer, "statistics", stats);
  cli_raise_waiting (cli, stats);
  say_what_was_left (cli, result, stats);
  say_what_waits (cli, stats);
}

static SyncResult *
do_run (CliContext *cli, SyncRunKind kind, SyncRunOptions *run, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  g_autoptr (CliProgress) progress = cli_progress_new (cli);
  SyncResult *result;

  if (cli_bus_run (cli, progress, kind, run, &result))
    return result;
  sync_manager_run_async (manager, kind, run, cli->cancellable, cli_ready, cli);
  return sync_manager_run_finish (manager, cli_await (cli), error);
}

static gboolean
run (CliContext *cli, SyncRunKind kind, GError **error)
{
  g_autoptr (SyncResult) result = NULL;
  g_autoptr (SyncStats) stats = NULL;
  g_autoptr (GError) local_error = NULL;
  SyncRunOptions chosen = { 0 };

  if (!read_options (&chosen, error) || !cli_check_entities (cli, options.entities, error))
    return FALSE;
  result = do_run (cli, kind, &chosen, error);
  if (result == NULL)
    return FALSE;

  stats = get_stats (cli, &local_error);
  report (cli, result, stats);
  if (result->error != NULL)
    g_propagate_error (error, g_error_copy (result->error));
  else if (local_error != NULL)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else
    return TRUE;
  return FALSE;
}

static gboolean
run_sync (CliContext *cli, const char *const *arguments, GError **error)
{
  return run (cli, SYNC_RUN_SYNC, error);
}

static gboolean
run_seed (CliContext *cli, const char *const *arguments, GError **error)
{
  return run (cli, SYNC_RUN_SEED, error);
}

static gboolean
run_hydrate (CliContext *cli, const char *const *arguments, GError **error)
{
  return run (cli, SYNC_RUN_HYDRATE, error);
}

/* clang-format off */
const CliCommand cli_run_commands[] = {
  {
    .name = "sync",
    .summary = N_("Bring this device and the cloud in step"),
    .arguments = "",
    .notes = N_("Ctrl-C stops after the rows under way; the next run goes on from there. The\n"
                "exit status is 5 while conflicts wait and 6 while rows are refused, also where\n"
                "an earlier run met them."),
    .examples = "psync sync\n"
                "psync sync --entity projects --entity notifications\n"
                "psync sync --dry-run --json\n"
                "psync sync --strategy manual --wait 120",
    .options = run_options,
    .run = run_sync,
  },
  {
    .name = "seed",
    .summary = N_("Send what this device has; where both sides differ, this device wins"),
    .arguments = "",
    .notes = N_("Nothing is received. What is overwritten in the cloud is kept in the record:\n"
                "psync conflicts list --records. A seed that was stopped goes on where it\n"
                "stopped."),
    .examples = "psync seed\n"
                "psync seed --entity projects --batch-size 200",
    .options = run_options,
    .run = run_seed,
  },
  {
    .name = "hydrate",
    .summary = N_("Take what the cloud has; where both sides differ, the cloud wins"),
    .arguments = "",
    .notes = N_("A snapshot of the database is taken first: psync snapshots. Changes of this\n"
                "device that were not sent yet stay, unless --discard-unsent is given."),
    .examples = "psync hydrate\n"
                "psync hydrate --discard-unsent --entity projects",
    .options = hydrate_options,
    .run = run_hydrate,
  },
  { NULL },
};
/* clang-format on */
