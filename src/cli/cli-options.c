/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-options.h"

#include <stdio.h>

#include <glib/gi18n.h>

const char *const cli_strategies[] = {
  "newest",   "local",         "remote", "manual", "notifications",
  "projects", "user-settings", "rules",  NULL,
};

/* What every command takes, for reading into @global and for looking up. */
static GOptionEntry *
list_global_options (CliGlobalOptions *global)
{
  const GOptionEntry entries[] = {
    { "database", 'd', 0, G_OPTION_ARG_FILENAME, &global->database, N_("The local database"),
      N_("FILE") },
    { "json", 0, 0, G_OPTION_ARG_NONE, &global->json,
      N_("Answer with one JSON object, see psync-json(5)"), NULL },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &global->quiet,
      N_("Print only what was asked for, and errors"), NULL },
    { "verbose", 'v', 0, G_OPTION_ARG_NONE, &global->verbose,
      N_("Tell more, for looking into a problem"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &global->version, N_("Print the version"), NULL },
    { "help", 'h', 0, G_OPTION_ARG_NONE, &global->help, N_("Print this help"), NULL },
    { NULL },
  };

  return g_memdup2 (entries, sizeof entries);
}

static GOptionGroup *
new_global_group (CliGlobalOptions *global)
{
  g_autofree GOptionEntry *entries = list_global_options (global);
  GOptionGroup *group = g_option_group_new ("global", _("Options of every command:"),
                                            _("Show the options of every command"), NULL, NULL);

  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  return group;
}

/* The help shows groups in the order in which they are added, the main one last. */
static GOptionGroup *
new_own_group (const GOptionEntry *entries)
{
  GOptionGroup *group = g_option_group_new ("command", _("Options:"),
                                            _("Show the options of the command"), NULL, NULL);

  g_option_group_add_entries (group, entries);
  g_option_group_set_translation_domain (group, GETTEXT_PACKAGE);
  return group;
}

/* GOption indents nothing in a description, and examples are commands: they are not translated. */
static char *
describe (const CliCommand *command)
{
  GString *text = g_string_new (NULL);
  g_auto (GStrv) examples = NULL;

  if (command->notes != NULL)
    g_string_append_printf (text, "%s\n\n", _(command->notes));
  g_string_append_printf (text, "%s\n", _("Examples:"));
  examples = g_strsplit (command->examples, "\n", -1);
  for (guint i = 0; examples[i] != NULL; i++)
    g_string_append_printf (text, "  %s%s", examples[i], examples[i + 1] != NULL ? "\n" : "");
  return g_string_free (text, FALSE);
}

/**
 * cli_options_new:
 * @command: (nullable): a command
 * @global: where the options of every command go
 * @arguments: (out) (nullable): where the arguments go
 *
 * Returns: (transfer full): what reads a command line of @command, and describes it
 */
GOptionContext *
cli_options_new (const CliCommand *command, CliGlobalOptions *global, char ***arguments)
{
  GOptionContext *context = g_option_context_new (command != NULL ? command->arguments : NULL);
  GOptionGroup *unnamed = g_option_group_new (NULL, NULL, NULL, NULL, NULL);
  const GOptionEntry rest[] = {
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, arguments, NULL, NULL },
    { NULL },
  };

  g_option_context_set_help_enabled (context, FALSE);
  if (command != NULL)
    {
      g_autofree char *summary = g_strdup_printf ("%s.", _(command->summary));
      g_autofree char *description = describe (command);

      g_option_context_set_summary (context, summary);
      g_option_context_set_description (context, description);
      if (command->options != NULL)
        g_option_context_add_group (context, new_own_group (command->options));
    }
  if (arguments != NULL)
    g_option_group_add_entries (unnamed, rest);
  g_option_context_set_main_group (context, unnamed);
  g_option_context_add_group (context, new_global_group (global));
  return context;
}

void
cli_options_clear (CliGlobalOptions *global)
{
  g_clear_pointer (&global->database, g_free);
}

static void
add_names (GPtrArray *names, const GOptionEntry *entries)
{
  for (; entries != NULL && entries->long_name != NULL; entries++)
    g_ptr_array_add (names, (char *) entries->long_name);
}

/**
 * cli_find_similar_option:
 * @command: (nullable): a command
 * @typed: what somebody typed, `--` and more
 *
 * Returns: (transfer full) (nullable): the option that was probably meant, with its `--`
 */
char *
cli_find_similar_option (const CliCommand *command, const char *typed)
{
  CliGlobalOptions global = { 0 };
  g_autofree GOptionEntry *of_all = list_global_options (&global);
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *similar;

  if (!g_str_has_prefix (typed, "--"))
    return NULL;
  add_names (names, command != NULL ? command->options : NULL);
  add_names (names, of_all);
  g_ptr_array_add (names, NULL);
  similar = cli_find_similar (typed + strlen ("--"), (const char *const *) names->pdata);
  return similar != NULL ? g_strconcat ("--", similar, NULL) : NULL;
}

static gboolean
is_flag (const GOptionEntry *entries, const char *name, gsize length)
{
  for (; entries != NULL && entries->long_name != NULL; entries++)
    if (entries->arg == G_OPTION_ARG_NONE && strlen (entries->long_name) == length
        && strncmp (entries->long_name, name, length) == 0)
      return TRUE;
  return FALSE;
}

/**
 * cli_check_flags:
 * @command: (nullable): a command
 * @words: the command line, with the program's name
 * @error: where to put an error
 *
 * GOption overlooks a value that is given to an option without one: `--dry-run=false` would be the opposite of what is
 * meant.
 *
 * Returns: whether no such option has a value
 */
gboolean
cli_check_flags (const CliCommand *command, const char *const *words, GError **error)
{
  CliGlobalOptions global = { 0 };
  g_autofree GOptionEntry *of_all = list_global_options (&global);

  for (guint i = 1; words[0] != NULL && words[i] != NULL && !g_str_equal (words[i], "--"); i++)
    {
      const char *name = words[i] + strlen ("--");
      const char *equals = g_str_has_prefix (words[i], "--") ? strchr (words[i], '=') : NULL;

      if (equals == NULL
          || (!is_flag (of_all, name, equals - name)
              && (command == NULL || !is_flag (command->options, name, equals - name))))
        continue;
      cli_set_usage_error (error, _("%.*s takes no value."), (int) (equals - words[i]), words[i]);
      return FALSE;
    }
  return TRUE;
}

/* The text of `psync COMMAND --help`. */
static char *
command_help (const CliCommand *command)
{
  CliGlobalOptions global = { 0 };
  g_autofree char *program = g_strdup_printf ("psync %s", command->name);
  g_autoptr (GOptionContext) context = cli_options_new (command, &global, NULL);

  g_set_prgname (program);
  return g_option_context_get_help (context, FALSE, NULL);
}

static void
list_commands (GString *text, const char *group)
{
  guint width = 0;

  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        width = MAX (width, cli_width (command->name));
    }
  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        {
          if (group == NULL
              || (g_str_has_prefix (command->name, group) && command->name[strlen (group)] == ' '))
            g_string_append_printf (text, "  %-*s  %s\n", (int) width, command->name,
                                    _(command->summary));
        }
    }
}

static void
append_global_options (GString *text)
{
  CliGlobalOptions global = { 0 };
  g_autoptr (GOptionContext) context = cli_options_new (NULL, &global, NULL);
  g_autofree char *help = g_option_context_get_help (context, FALSE, NULL);
  const char *from = strstr (help, _("Options of every command:"));

  g_string_append_printf (text, "\n%s", from != NULL ? from : help);
}

static char *
group_help (const char *group)
{
  GString *text = g_string_new (NULL);
  const char *verb = cli_default_verb (group);

  g_string_append_printf (text, "%s\n  psync %s %s\n\n%s\n", _("Usage:"), group,
                          _("COMMAND [OPTION…]"), _("Commands:"));
  list_commands (text, group);
  if (verb != NULL)
    {
      g_string_append (text, "\n");
      g_string_append_printf (text, _("Without a command, psync %s does what psync %s %s does."),
                              group, group, verb);
      g_string_append (text, "\n");
    }
  append_global_options (text);
  return g_string_free (text, FALSE);
}

static void
append_statuses (GString *text)
{
  static const char *const meanings[] = {
    N_("done"),
    N_("an error"),
    N_("a mistake on the command line"),
    N_("offline, or not connected to any cloud"),
    N_("somebody must sign in"),
    N_("conflicts wait for a decision"),
    N_("rows were refused"),
    N_("another run is going on"),
    N_("stopped by the brake on mass changes"),
  };

  g_string_append_printf (text, "%s\n", _("Exit status, the highest that applies:"));
  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++)
    g_string_append_printf (text, "  %u  %s\n", i, _(meanings[i]));
}

static char *
general_help (void)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (
      text, "%s\n  psync %s\n\n%s\n\n%s\n", _("Usage:"), _("COMMAND [OPTION…]"),
      _("Keeps a local SQLite database in step with a cloud or a vault."), _("Commands:"));
  list_commands (text, NULL);
  append_global_options (text);
  append_statuses (text);
  g_string_append_printf (text,
                          "\n%s\n"
                          "  psync init\n"
                          "  psync connect vault /media/stick/vault.db\n"
                          "  psync sync\n"
                          "  psync status --json\n"
                          "  psync conflicts resolve --help\n",
                          _("Examples:"));
  return g_string_free (text, FALSE);
}

static void
add_options (CliJson *json, const CliCommand *command)
{
  cli_json_begin_array (json, "options");
  for (const GOptionEntry *entry = command->options; entry != NULL && entry->long_name != NULL;
       entry++)
    {
      cli_json_begin_object (json, NULL);
      cli_json_string (json, "name", entry->long_name);
      cli_json_string (json, "argument", entry->arg_description);
      cli_json_string (json, "summary", _(entry->description));
      cli_json_end_object (json);
    }
  cli_json_end_array (json);
}

static void
add_help (CliJson *json, const char *topic, const char *text)
{
  cli_json_string (json, "text", text);
  cli_json_begin_array (json, "commands");
  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        {
          if (topic != NULL && !g_str_has_prefix (command->name, topic))
            continue;
          cli_json_begin_object (json, NULL);
          cli_json_string (json, "name", command->name);
          cli_json_string (json, "arguments", command->arguments);
          cli_json_string (json, "summary", _(command->summary));
          add_options (json, command);
          cli_json_end_object (json);
        }
    }
  cli_json_end_array (json);
}

/**
 * cli_print_help:
 * @cli: the context
 * @topic: (nullable): a command or group that exists
 *
 * Prints how psync, or a part of it, is used.
 */
void
cli_print_help (CliContext *cli, const char *topic)
{
  const CliCommand *command = topic != NULL ? cli_find_command (topic) : NULL;
  g_autofree char *text = NULL;

  if (command != NULL)
    text = command_help (command);
  else if (topic != NULL)
    text = group_help (topic);
  else
    text = general_help ();
  if (cli->json)
    add_help (cli->answer, topic, text);
  cli_print (cli, "%s", text);
}

void
cli_print_version (CliContext *cli)
{
  if (cli->json)
    cli_json_string (cli->answer, "version", PROGRESSIVE_SYNC_VERSION);
  cli_print (cli, "psync %s\n", PROGRESSIVE_SYNC_VERSION);
}

gboolean
cli_parse_number (const char *name,
                  const char *text,
                  guint64 least,
                  guint64 most,
                  guint64 *number,
                  GError **error)
{
  if (g_ascii_string_to_unsigned (text, 10, least, most, number, NULL))
    return TRUE;
  cli_set_usage_error (error,
                       _("%s is “%s”, and must be a whole number from %lu to %lu."), name, text,
                       (gulong) least, (gulong) most);
  return FALSE;
}

gboolean
cli_check_word (const char *name, const char *text, const char *const *words, GError **error)
{
  g_autofree char *known = NULL;

  if (g_strv_contains (words, text))
    return TRUE;
  known = g_strjoinv (", ", (char **) words);
  cli_set_usage_error (error, _("%s is “%s”, and must be one of: %s."), name, text, known);
  return FALSE;
}
