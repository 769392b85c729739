/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-command.h"
#include "cli-values.h"

static const SyncSettingInfo *
find_setting (GPtrArray *settings, const char *name, GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < settings->len; i++)
    {
      const SyncSettingInfo *setting = g_ptr_array_index (settings, i);

      if (g_str_equal (setting->name, name))
        return setting;
      g_string_append_printf (known, "%s%s", known->len > 0 ? ", " : "", setting->name);
    }
  cli_set_usage_error (error, _("There is no setting “%s”. There are: %s."), name, known->str);
  return NULL;
}

static const char *
source_in_words (SyncSettingSource source)
{
  switch (source)
    {
    case SYNC_SETTING_FLAG:
      return _("an option");
    case SYNC_SETTING_ENVIRONMENT:
      return _("the environment");
    case SYNC_SETTING_DATABASE:
      return _("the database");
    default:
      return _("the default");
    }
}

static gboolean
run_list (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autoptr (GPtrArray) settings = sync_settings_list (sync_profile_get_settings (cli->profile));
  g_autoptr (CliTable) table
      = cli_table_new (_("SETTING"), _("VALUE"), _("FROM"), _("DEFAULT"), _("VARIABLE"), NULL);

  cli_json_begin_array (cli->answer, "settings");
  for (guint i = 0; i < settings->len; i++)
    {
      const SyncSettingInfo *setting = g_ptr_array_index (settings, i);

      cli_json_setting (cli->answer, NULL, setting);
      cli_table_add (table, setting->name, setting->value, source_in_words (setting->source),
                     setting->default_value, setting->variable);
    }
  cli_json_end_array (cli->answer);
  cli_print_table (cli, table);
  return TRUE;
}

static gboolean
run_get (CliContext *cli, const char *const *arguments, GError **error)
{
  g_autoptr (GPtrArray) settings = sync_settings_list (sync_profile_get_settings (cli->profile));
  const SyncSettingInfo *setting = find_setting (settings, arguments[0], error);
  g_autofree char *value = NULL;

  if (setting == NULL)
    return FALSE;
  cli_json_setting (cli->answer, "setting", setting);
  value = cli_escape (setting->value);
  cli_print (cli, "%s\n", value);
  if (cli->verbose)
    {
      cli_say (cli, _("From %s."), source_in_words (setting->source));
      cli_say (cli, "\n");
    }
  return TRUE;
}

/* What was set may be overridden from outside, which would look as if nothing had been set. */
static gboolean
show_setting (CliContext *cli, const char *name, GError **error)
{
  g_autoptr (GPtrArray) settings = sync_settings_list (sync_profile_get_settings (cli->profile));
  const SyncSettingInfo *setting = find_setting (settings, name, error);
  g_autofree char *value = NULL;

  if (setting == NULL)
    return FALSE;
  cli_json_setting (cli->answer, "setting", setting);
  value = cli_escape (setting->value);
  cli_say (cli, "%s: %s\n", name, value);
  if (setting->source == SYNC_SETTING_ENVIRONMENT)
    {
      cli_say (cli, _("%s in the environment goes before what is set."), setting->variable);
      cli_say (cli, "\n");
    }
  return TRUE;
}

static gboolean
set (CliContext *cli, const char *name, const char *value, GError **error)
{
  SyncSettings *settings = sync_profile_get_settings (cli->profile);
  g_autoptr (GPtrArray) known = sync_settings_list (settings);

  if (find_setting (known, name, error) == NULL)
    return FALSE;
  sync_settings_set_async (settings, name, value, cli->cancellable, cli_ready, cli);
  if (!sync_settings_set_finish (settings, cli_await (cli), error))
    return FALSE;
  return show_setting (cli, name, error);
}

static gboolean
run_set (CliContext *cli, const char *const *arguments, GError **error)
{
  return set (cli, arguments[0], arguments[1], error);
}

static gboolean
run_unset (CliContext *cli, const char *const *arguments, GError **error)
{
  return set (cli, arguments[0], NULL, error);
}

/* clang-format off */
const CliCommand cli_config_commands[] = {
  {
    .name = "config list",
    .summary = N_("List every setting, its value and where that comes from"),
    .arguments = "",
    .notes = N_("Options go before the environment, the environment before the database, the\n"
                "database before the default."),
    .examples = "psync config list\n"
                "psync config list --json",
    .run = run_list,
  },
  {
    .name = "config get",
    .summary = N_("Print a setting's value"),
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .examples = "psync config get interval-minutes",
    .run = run_get,
  },
  {
    .name = "config set",
    .summary = N_("Set a setting in this database"),
    .arguments = "NAME VALUE",
    .least = 2,
    .most = 2,
    .examples = "psync config set interval-minutes 10\n"
                "psync config set auto-sync on",
    .run = run_set,
  },
  {
    .name = "config unset",
    .summary = N_("Put a setting back to its default"),
    .arguments = "NAME",
    .least = 1,
    .most = 1,
    .examples = "psync config unset interval-minutes",
    .run = run_unset,
  },
  { NULL },
};
/* clang-format on */
