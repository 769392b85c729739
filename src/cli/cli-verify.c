/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-options.h"
#include "cli-progress.h"
#include "cli-values.h"
#include "sync-words.h"

#define WAIT_SECONDS 30
#define LONGEST_WAIT (24 * 60 * 60)

static struct
{
  char **entities;
  char *wait;
  gboolean all;
  gboolean no_heal;
} options;

static const GOptionEntry verify_options[] = {
  { "entity", 'e', 0, G_OPTION_ARG_FILENAME_ARRAY, &options.entities,
    N_("Only this entity; may be given several times"), N_("NAME") },
  { "all", 'a', 0, G_OPTION_ARG_NONE, &options.all,
    N_("Compare the contents of all rows, not of a sample: reads all of the cloud's rows"), NULL },
  { "no-heal", 0, 0, G_OPTION_ARG_NONE, &options.no_heal,
    N_("Only tell what differs, and leave it to the next run"), NULL },
  { "wait", 'w', 0, G_OPTION_ARG_FILENAME, &options.wait,
    N_("How long to wait for another run to end (30)"), N_("SECONDS") },
  { NULL },
};

static const char *
word_for (SyncDifferenceKind kind)
{
  switch (kind)
    {
    case SYNC_DIFFERENCE_MISSING_HERE:
      return _("missing here");
    case SYNC_DIFFERENCE_MISSING_THERE:
      return _("missing in the cloud");
    case SYNC_DIFFERENCE_OTHER_VERSION:
      return _("another version in the cloud");
    case SYNC_DIFFERENCE_OTHER_CONTENTS:
      return _("other contents in the cloud");
    case SYNC_DIFFERENCE_UNCAPTURED:
    default:
      return _("changed here without being noticed");
    }
}

static void
add_json (CliContext *cli, const SyncVerifyResult *result)
{
  cli_json_begin_object (cli->answer, "verification");
  cli_json_boolean (cli->answer, "equal", result->different == 0 && result->error == NULL);
  cli_json_boolean (cli->answer, "healed", result->healed);
  cli_json_integer (cli->answer, "rows", (gint64) result->rows);
  cli_json_integer (cli->answer, "contents", (gint64) result->contents);
  cli_json_integer (cli->answer, "waiting", (gint64) result->waiting);
  cli_json_integer (cli->answer, "different", (gint64) result->different);
  cli_json_begin_array (cli->answer, "differences");
  for (guint i = 0; i < result->differences->len; i++)
    {
      const SyncDifference *difference = g_ptr_array_index (result->differences, i);

      cli_json_begin_object (cli->answer, NULL);
      cli_json_string (cli->answer, "entity", difference->entity);
      cli_json_string (cli->answer, "id", difference->id);
      cli_json_string (cli->answer, "why", sync_difference_kind_to_string (difference->kind));
      cli_json_end_object (cli->answer);
    }
  cli_json_end_array (cli->answer);
  cli_json_time (cli->answer, "started_at", result->started_at);
  cli_json_time (cli->answer, "finished_at", result->finished_at);
  cli_json_integer (cli->answer, "requests", (gint64) result->requests);
  cli_json_error (cli->answer, cli, "error", result->error);
  cli_json_end_object (cli->answer);
}

static void
print_differences (CliContext *cli, const SyncVerifyResult *result)
{
  g_autoptr (CliTable) table = cli_table_new (_("ENTITY"), _("ROW"), _("DIFFERENCE"), NULL);
  guint64 unnamed = result->different - result->differences->len;

  for (guint i = 0; i < result->differences->len; i++)
    {
      const SyncDifference *difference = g_ptr_array_index (result->differences, i);

      cli_table_add (table, difference->entity, difference->id, word_for (difference->kind));
    }
  cli_print_table (cli, table);
  if (unnamed > 0)
    {
      cli_print (cli,
                 ngettext ("… and %lu row more", "… and %lu rows more", (gulong) unnamed),
                 (gulong) unnamed);
      cli_print (cli, "\n");
    }
}

static void
say_rows (CliContext *cli, const SyncVerifyResult *result)
{
  cli_say (cli,
           ngettext ("%lu row verified equal, the contents of %lu compared with the cloud's.",
                     "%lu rows verified equal, the contents of %lu compared with the cloud's.",
                     (gulong) result->rows),
           (gulong) result->rows, (gulong) result->contents);
  cli_say (cli, "\n");
  if (result->waiting == 0)
    return;
  cli_say_hint (cli,
                ngettext ("%lu row waits and was left out: psync queue list, psync conflicts list",
                          "%lu rows wait and were left out: psync queue list, psync conflicts list",
                          (gulong) result->waiting),
                (gulong) result->waiting);
}

static void
report (CliContext *cli, const SyncVerifyResult *result)
{
  if (cli->json)
    add_json (cli, result);
  else if (result->different > 0)
    print_differences (cli, result);
  if (result->error != NULL)
    return;
  say_rows (cli, result);
  if (result->different == 0)
    return;
  if (result->healed)
    {
      cli_say (cli, "%s\n", _("The differences were healed."));
      return;
    }
  cli_raise (cli, CLI_STATUS_ERROR);
  cli_say_hint (cli, "%s",
                options.no_heal ? _("The next run heals them: psync sync")
                                : _("They could not all be healed. Look again: psync verify"));
}

static SyncVerifyResult *
verify (CliContext *cli, const SyncVerifyOptions *chosen, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  g_autoptr (CliProgress) progress = cli_progress_new (cli);

  sync_manager_verify_async (manager, chosen, cli->cancellable, cli_ready, cli);
  return sync_manager_verify_finish (manager, cli_await (cli), error);
}

static gboolean
run_verify (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncVerifyOptions chosen = {
    .entities = (const char *const *) options.entities,
    .all = options.all,
    .heal = !options.no_heal,
  };
  guint64 wait = WAIT_SECONDS;
  g_autoptr (SyncVerifyResult) result = NULL;

  if (options.wait != NULL
      && !cli_parse_number ("--wait", options.wait, 0, LONGEST_WAIT, &wait, error))
    return FALSE;
  if (!cli_check_entities (cli, options.entities, error))
    return FALSE;
  chosen.wait_seconds = (guint) wait;
  result = verify (cli, &chosen, error);
  if (result == NULL)
    return FALSE;
  report (cli, result);
  if (result->error == NULL)
    return TRUE;
  g_propagate_error (error, g_error_copy (result->error));
  return FALSE;
}

/* clang-format off */
const CliCommand cli_verify_commands[] = {
  {
    .name = "verify",
    .summary = N_("Compare this device with the cloud, and heal what differs"),
    .arguments = "",
    .notes = N_("Syncs first. Then keys and versions of all rows are compared by checksums,\n"
                "local rows with what was last synced, and the contents of 100 rows of each\n"
                "entity, or of all with --all, with the cloud's. The exit status is 0 if all is\n"
                "equal or was healed, and 1 if differences are left."),
    .examples = "psync verify\n"
                "psync verify --all --entity projects\n"
                "psync verify --no-heal --json",
    .options = verify_options,
    .run = run_verify,
  },
  { NULL },
};
/* clang-format on */
