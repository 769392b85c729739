/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <json-glib/json-glib.h>
#include <glib/gi18n.h>

#include "cli-command.h"
#include "cli-terminal.h"
#include "cli-values.h"
#include "sync-export.h"

static struct
{
  gboolean yes;
} options;

static const GOptionEntry yes_options[] = {
  { "yes", 'y', 0, G_OPTION_ARG_NONE, &options.yes, N_("Do not ask"), NULL },
  { NULL },
};

/* --- schema --------------------------------------------------------------------------------- */

static gboolean
run_schema (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autofree char *sql = NULL;

  sync_profile_print_schema_async (cli->profile, cli->cancellable, cli_ready, cli);
  sql = sync_profile_print_schema_finish (cli->profile, cli_await (cli), error);
  if (sql == NULL)
    return FALSE;
  cli_json_string (cli->answer, "sql", sql);
  cli_print (cli, "%s%s", sql, g_str_has_suffix (sql, "\n") ? "" : "\n");
  return TRUE;
}

/* --- snapshots ------------------------------------------------------------------------------ */

static gboolean
run_snapshots (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncSnapshots *snapshots = sync_profile_get_snapshots (cli->profile);
  g_autoptr (CliTable) table = cli_table_new (_("NAME"), _("TAKEN"), _("SIZE"), NULL);
  g_autoptr (GPtrArray) list = NULL;

  sync_snapshots_list_async (snapshots, cli->cancellable, cli_ready, cli);
  list = sync_snapshots_list_finish (snapshots, cli_await (cli), error);
  if (list == NULL)
    return FALSE;

  cli_json_begin_array (cli->answer, "snapshots");
  for (guint i = 0; i < list->len; i++)
    {
      const SyncSnapshot *snapshot = g_ptr_array_index (list, i);
      g_autofree char *time = cli_dup_time (snapshot->created_at);
      g_autofree char *size = cli_dup_size (snapshot->size);

      cli_json_snapshot (cli->answer, NULL, snapshot);
      cli_table_add (table, snapshot->name, time, size);
    }
  cli_json_end_array (cli->answer);
  if (list->len > 0)
    cli_print_table (cli, table);
  else
    cli_say (cli, "%s\n", _("There is no snapshot."));
  return TRUE;
}

static gboolean
run_restore (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncSnapshots *snapshots = sync_profile_get_snapshots (cli->profile);

  sync_snapshots_restore_async (snapshots, arguments[0], cli->cancellable, cli_ready, cli);
  if (!sync_snapshots_restore_finish (snapshots, cli_await (cli), error))
    return FALSE;
  cli_json_string (cli->answer, "snapshot", arguments[0]);
  cli_say_hint (cli, "%s", _("Restored. What was there before is a snapshot too: psync snapshots."));
  return TRUE;
}

/* --- detach --------------------------------------------------------------------------------- */

static gboolean
ask_to_detach (CliContext *cli, gboolean *yes, GError **error)
{
  g_autofree char *path = cli_escape (sync_profile_get_path (cli->profile));
  g_autofree char *question = NULL;

  question = g_strdup_printf (_("Stop synchronising %s, and forget what was synchronised?"), path);
  return cli_confirm (cli, question, yes, error);
}

static gboolean
run_detach (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autofree char *path = NULL;
  gboolean yes = options.yes;

  if (!yes && !ask_to_detach (cli, &yes, error))
    return FALSE;
  if (!yes)
    {
      cli_raise (cli, CLI_STATUS_ERROR);
      cli_say (cli, "%s\n", _("Nothing was changed."));
      return TRUE;
    }
  sync_profile_detach_async (cli->profile, cli->cancellable, cli_ready, cli);
  if (!sync_profile_detach_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  path = cli_escape (sync_profile_get_path (cli->profile));
  cli_json_string (cli->answer, "database", sync_profile_get_path (cli->profile));
  cli_say (cli, _("All of ours is removed from %s; its rows stay."), path);
  cli_say (cli, "\n");
  return TRUE;
}

/* --- delete-cloud-data ----------------------------------------------------------------------- */

static gboolean
ask_to_delete (CliContext *cli, gboolean *yes, GError **error)
{
  SyncProvider *provider = sync_manager_get_provider (sync_profile_get_manager (cli->profile));
  g_autofree char *location
      = cli_escape (provider != NULL ? sync_provider_get_location (provider) : "");
  g_autofree char *question = NULL;

  question = g_strdup_printf (_("Delete everything that you have in %s, for all of your devices, for good?"),
                              location);
  return cli_confirm (cli, question, yes, error);
}

static gboolean
run_delete_cloud_data (CliContext *cli, const char *const *arguments, GError **error)
{
  gboolean yes = options.yes;

  if (!yes && !ask_to_delete (cli, &yes, error))
    return FALSE;
  if (!yes)
    {
      cli_raise (cli, CLI_STATUS_ERROR);
      cli_say (cli, "%s\n", _("Nothing was changed."));
      return TRUE;
    }
  sync_profile_delete_cloud_data_async (cli->profile, cli->cancellable, cli_ready, cli);
  if (!sync_profile_delete_cloud_data_finish (cli->profile, cli_await (cli), error))
    return FALSE;
  cli_json_string (cli->answer, "database", sync_profile_get_path (cli->profile));
  cli_say (cli, "%s\n",
           _("Your data in the cloud are deleted. Every row stays here; this database has no cloud any more."));
  return TRUE;
}

/* --- diagnostics ---------------------------------------------------------------------------- */

static void print_node (CliContext *cli, const char *name, JsonNode *node, guint depth);

static void
print_members (CliContext *cli, JsonNode *node, guint depth)
{
  JsonObject *object = json_node_get_object (node);
  g_autoptr (GList) members = json_object_get_members (object);

  for (GList *member = members; member != NULL; member = member->next)
    print_node (cli, member->data, json_object_get_member (object, member->data), depth);
}

static void
print_elements (CliContext *cli, JsonNode *node, guint depth)
{
  JsonArray *array = json_node_get_array (node);

  for (guint i = 0; i < json_array_get_length (array); i++)
    print_node (cli, "-", json_array_get_element (array, i), depth);
}

static void
print_node (CliContext *cli, const char *name, JsonNode *node, guint depth)
{
  g_autofree char *label = cli_escape (name);

  cli_print (cli, "%*s%s%s", (int) depth * 2, "", label, g_str_equal (name, "-") ? "" : ":");
  if (JSON_NODE_HOLDS_OBJECT (node) || JSON_NODE_HOLDS_ARRAY (node))
    {
      cli_print (cli, "\n");
      if (JSON_NODE_HOLDS_OBJECT (node))
        print_members (cli, node, depth + 1);
      else
        print_elements (cli, node, depth + 1);
      return;
    }
  if (JSON_NODE_HOLDS_VALUE (node) && json_node_get_value_type (node) == G_TYPE_STRING)
    {
      g_autofree char *text = cli_escape (json_node_get_string (node));

      cli_print (cli, " %s\n", text);
    }
  else
    {
      g_autofree char *text = json_to_string (node, FALSE);

      cli_print (cli, " %s\n", text);
    }
}

static gboolean
run_diagnostics (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autofree char *text = NULL;
  g_autoptr (JsonNode) node = NULL;

  sync_profile_diagnostics_async (cli->profile, cli->cancellable, cli_ready, cli);
  text = sync_profile_diagnostics_finish (cli->profile, cli_await (cli), error);
  if (text == NULL)
    return FALSE;
  cli_json_raw (cli->answer, "diagnostics", text);
  node = json_from_string (text, error);
  if (node == NULL)
    return FALSE;
  print_members (cli, node, 0);
  return TRUE;
}

/* --- export --------------------------------------------------------------------------------- */

static gboolean
run_export (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncManager *manager = sync_profile_get_manager (cli->profile);
  gssize n_rows;

  sync_export_everything_async (manager, arguments[0], NULL, NULL, cli->cancellable, cli_ready, cli);
  n_rows = sync_export_finish (manager, cli_await (cli), error);
  if (n_rows < 0)
    return FALSE;
  cli_json_integer (cli->answer, "rows", n_rows);
  cli_say (cli, ngettext ("Exported: %u row.", "Exported: %u rows.", n_rows), (guint) n_rows);
  cli_say (cli, "\n");
  return TRUE;
}

/* clang-format off */
const CliCommand cli_database_commands[] = {
  {
    .name = "schema print",
    .summary = N_("Print the tables that a Supabase project needs, for its SQL editor"),
    .arguments = "",
    .examples = "psync schema print > schema.sql",
    .run = run_schema,
  },
  {
    .name = "snapshots list",
    .summary = N_("List the copies that were taken before risky work"),
    .arguments = "",
    .notes = N_("The last five are kept, beside the database in the folder snapshots."),
    .examples = "psync snapshots",
    .run = run_snapshots,
  },
  {
    .name = "snapshots restore",
    .summary = N_("Put the contents of a snapshot back into the database"),
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .notes = N_("What is there now becomes a snapshot first. Programs that have the database\n"
                "open see the restored contents."),
    .examples = "psync snapshots list\n"
                "psync snapshots restore NAME",
    .run = run_restore,
  },
  {
    .name = "export",
    .summary = N_("Write every row of every entity to a JSON file"),
    .arguments = "FILE",
    .least = 1,
    .most = 1,
    .notes = N_("Only its owner can read the file. One of that name is replaced when the new one is\n"
                "complete, never before."),
    .examples = "psync export ~/backup.json",
    .run = run_export,
  },
  {
    .name = "detach",
    .summary = N_("Remove what is ours from the database, which stays as its owner left it"),
    .arguments = "",
    .examples = "psync detach\n"
                "psync --database ~/app.db detach --yes",
    .options = yes_options,
    .run = run_detach,
  },
  {
    .name = "delete-cloud-data",
    .summary = N_("Delete everything that you have in the cloud, for all of your devices"),
    .arguments = "",
    .notes = N_("This database keeps every row and leaves the cloud. Other devices keep theirs and\n"
                "stop with their next run, until somebody registers them again there. It cannot\n"
                "be undone. A snapshot of this database is taken first."),
    .examples = "psync delete-cloud-data\n"
                "psync delete-cloud-data --yes",
    .options = yes_options,
    .run = run_delete_cloud_data,
  },
  {
    .name = "diagnostics",
    .summary = N_("Print what helps to look into a problem, without secrets and rows"),
    .arguments = "",
    .examples = "psync diagnostics\n"
                "psync diagnostics --json > report.json",
    .run = run_diagnostics,
  },
  { NULL },
};
/* clang-format on */
