/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <glib/gi18n.h>

#include "cli-options.h"
#include "sync-folders.h"

/* Outlives every library that may still say something at the end. */
static gboolean log_verbosely;

const CliCommand *const cli_families[] = {
  cli_connect_commands,   cli_run_commands,   cli_verify_commands,   cli_status_commands,
  cli_conflicts_commands, cli_queue_commands, cli_entities_commands, cli_devices_commands,
  cli_config_commands,    cli_watch_commands, cli_database_commands, NULL,
};

const CliCommand *
cli_find_command (const char *name)
{
  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        {
          if (g_str_equal (command->name, name))
            return command;
        }
    }
  return NULL;
}

static gboolean
is_group (const char *name)
{
  g_autofree char *start = g_strconcat (name, " ", NULL);

  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        {
          if (g_str_has_prefix (command->name, start))
            return TRUE;
        }
    }
  return FALSE;
}

/**
 * cli_default_verb:
 * @group: a group of commands
 *
 * Returns: (nullable): what the group does when no verb is given: it only shows something
 */
const char *
cli_default_verb (const char *group)
{
  static const char *const verbs[] = { "list", "print" };

  for (guint i = 0; i < G_N_ELEMENTS (verbs); i++)
    {
      g_autofree char *name = g_strconcat (group, " ", verbs[i], NULL);

      if (cli_find_command (name) != NULL)
        return verbs[i];
    }
  return NULL;
}

/* What opens files later must not get one of these three numbers: output would land in it. */
static void
fill_standard_descriptors (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    {
      if (fcntl (fd, F_GETFD) < 0 && open ("/dev/null", O_RDWR | O_NOCTTY) != fd)
        _exit (CLI_STATUS_ERROR);
    }
}

/* Names of files may be anything, all other texts go into databases and messages. */
static gboolean
check_texts (char **argv, GError **error)
{
  for (guint i = 1; argv[i] != NULL; i++)
    {
      gboolean file = g_str_equal (argv[i - 1], "--database") || g_str_equal (argv[i - 1], "-d")
                      || g_str_has_prefix (argv[i], "--database=");

      if (!file && !g_utf8_validate (argv[i], -1, NULL))
        {
          g_autofree char *shown = cli_escape (argv[i]);

          cli_set_usage_error (error, _("“%s” is not valid UTF-8."), shown);
          return FALSE;
        }
    }
  return TRUE;
}

static void
take_global_options (CliContext *cli, CliGlobalOptions *global, gboolean *help, gboolean *version)
{
  if (global->database != NULL)
    {
      g_free (cli->database);
      cli->database = g_steal_pointer (&global->database);
    }
  cli->json |= global->json;
  cli->quiet |= global->quiet;
  cli->verbose |= global->verbose;
  *help |= global->help;
  *version |= global->version;
}

typedef struct
{
  GStrv words; /* what is left of the command line, the program's name first */
  char *topic; /* the command or group that was named */
  gboolean help;
  gboolean version;
} CommandLine;

static void
command_line_clear (CommandLine *line)
{
  g_strfreev (line->words);
  g_free (line->topic);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CommandLine, command_line_clear)

static gboolean
read_options (CliContext *cli, CommandLine *line, gboolean in_group, GError **error)
{
  CliGlobalOptions global = { 0 };
  g_autoptr (GOptionContext) context = cli_options_new (NULL, &global, NULL);
  gboolean good;

  g_option_context_set_strict_posix (context, TRUE);
  g_option_context_set_ignore_unknown_options (context, in_group);
  good = cli_check_flags (NULL, (const char *const *) line->words, error)
         && g_option_context_parse_strv (context, &line->words, error);
  if (good)
    take_global_options (cli, &global, &line->help, &line->version);
  cli_options_clear (&global);
  return good;
}

/* Takes a word off the command line. */
static char *
take_word (CommandLine *line, guint i)
{
  char *word = g_steal_pointer (&line->words[i]);

  for (; word != NULL && line->words[i + 1] != NULL; i++)
    line->words[i] = line->words[i + 1];
  line->words[i] = NULL;
  return word;
}

/* The word that says what is to be done with the group: the next one, or behind options the first that can be it. */
static char *
take_verb (CommandLine *line)
{
  if (line->words[1] != NULL && *line->words[1] != '-')
    return take_word (line, 1);
  for (guint i = 1; line->words[i] != NULL && !g_str_equal (line->words[i], "--"); i++)
    {
      g_autofree char *name = g_strconcat (line->topic, " ", line->words[i], NULL);

      if (cli_find_command (name) != NULL)
        return take_word (line, i);
    }
  return NULL;
}

/* Commands, and the groups that their first words name. */
static void
set_unknown_command (GError **error, const char *name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  const char *similar;

  for (guint f = 0; cli_families[f] != NULL; f++)
    {
      for (const CliCommand *command = cli_families[f]; command->name != NULL; command++)
        {
          gsize length = strcspn (strchr (name, ' ') != NULL ? "" : command->name, " ");

          g_ptr_array_add (names, length > 0 ? g_strndup (command->name, length)
                                             : g_strdup (command->name));
        }
    }
  g_ptr_array_add (names, NULL);
  similar = cli_find_similar (name, (const char *const *) names->pdata);
  if (similar != NULL)
    cli_set_usage_error (error, _("There is no command “%s”. Did you mean “%s”?"), name, similar);
  else
    cli_set_usage_error (error, _("There is no command “%s”."), name);
}

/* The second word of a group's command; without one, the group's usual one. */
static gboolean
find_verb (CliContext *cli, CommandLine *line, GError **error)
{
  const char *verb;
  g_autofree char *word = NULL;
  g_autofree char *name = NULL;

  if (!read_options (cli, line, TRUE, error))
    return FALSE;
  verb = word = take_verb (line);
  if (verb == NULL && !line->help)
    verb = cli_default_verb (line->topic);
  if (verb == NULL && line->help)
    return TRUE;
  if (verb == NULL)
    {
      cli_set_usage_error (error, _("“%s” needs one more word."), line->topic);
      return FALSE;
    }
  name = g_strconcat (line->topic, " ", verb, NULL);
  cli->command = cli_find_command (name);
  if (cli->command == NULL)
    {
      set_unknown_command (error, name);
      return FALSE;
    }
  g_free (line->topic);
  line->topic = g_steal_pointer (&name);
  return TRUE;
}

/* `psync help COMMAND` is `psync COMMAND --help`. */
static void
take_help_word (CommandLine *line)
{
  if (g_strcmp0 (line->words[1], "help") != 0)
    return;
  g_free (take_word (line, 1));
  line->help = TRUE;
}

static gboolean
find_command (CliContext *cli, CommandLine *line, GError **error)
{
  if (!read_options (cli, line, FALSE, error))
    return FALSE;
  take_help_word (line);
  line->topic = take_word (line, 1);
  if (line->topic == NULL && (line->help || line->version))
    return TRUE;
  if (line->topic == NULL)
    {
      cli_set_usage_error (error, _("No command was given."));
      return FALSE;
    }
  cli->command = cli_find_command (line->topic);
  if (cli->command != NULL)
    return TRUE;
  if (is_group (line->topic))
    return find_verb (cli, line, error);
  set_unknown_command (error, line->topic);
  return FALSE;
}

static gboolean
check_arguments (const CliCommand *command, char **arguments, GError **error)
{
  guint n_given = arguments != NULL ? g_strv_length (arguments) : 0;

  if (n_given > command->most && command->asks_password)
    {
      cli_set_usage_error (error,
                           _("There is an argument too many. A password is never given there."));
      return FALSE;
    }
  if (n_given > command->most)
    {
      cli_set_usage_error (error, _("“%s” is one argument too many."), arguments[command->most]);
      return FALSE;
    }
  for (guint i = 0; i < n_given; i++)
    {
      if (*arguments[i] == '\0')
        {
          cli_set_usage_error (error, _("An argument is empty: psync %s %s"), command->name,
                               command->arguments);
          return FALSE;
        }
    }
  if (n_given < command->least)
    {
      cli_set_usage_error (error, _("Something is missing: psync %s %s"), command->name,
                           command->arguments);
      return FALSE;
    }
  return TRUE;
}

static gboolean
run_command (CliContext *cli, char **arguments, GError **error)
{
  static const char *const none[] = { NULL };

  if (!cli->command->without_profile && !cli_open (cli, SYNC_PROFILE_NONE, NULL, NULL, error))
    return FALSE;
  return cli->command->run (cli, arguments != NULL ? (const char *const *) arguments : none, error);
}

static gboolean
read_and_run (CliContext *cli, CommandLine *line, GError **error)
{
  CliGlobalOptions global = { 0 };
  g_auto (GStrv) arguments = NULL;
  g_autoptr (GOptionContext) context = cli_options_new (cli->command, &global, &arguments);
  gboolean good = cli_check_flags (cli->command, (const char *const *) line->words, error)
                  && g_option_context_parse_strv (context, &line->words, error);

  if (good)
    take_global_options (cli, &global, &line->help, &line->version);
  cli_options_clear (&global);
  if (!good)
    return FALSE;
  if (line->help || line->version)
    return TRUE;
  log_verbosely = cli->verbose;
  return check_arguments (cli->command, arguments, error) && run_command (cli, arguments, error);
}

/* What follows `=` is not repeated: it may be a password that somebody thought of as an option. */
static void
take_option_error (CliContext *cli, const GError *option_error, GError **error)
{
  gboolean unknown = g_error_matches (option_error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION);
  gsize length = strcspn (option_error->message, unknown ? "=" : "");
  g_autofree char *message = g_strndup (option_error->message, length);
  const char *typed = strstr (message, "--");
  g_autofree char *similar = NULL;

  if (unknown && typed != NULL)
    similar = cli_find_similar_option (cli->command, typed);
  if (similar != NULL)
    cli_set_usage_error (error, _("%s. Did you mean %s?"), message, similar);
  else
    cli_set_usage_error (error, "%s.", message);
}

static gboolean
dispatch (CliContext *cli, CommandLine *line, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  gboolean found;

  if (!check_texts (line->words, error))
    return FALSE;
  found = find_command (cli, line, &local_error);
  cli_json_string (cli->answer, "command", cli->command != NULL ? cli->command->name : NULL);
  if (found && (cli->command == NULL || read_and_run (cli, line, &local_error)))
    {
      if (line->version)
        cli_print_version (cli);
      else if (line->help)
        cli_print_help (cli, line->topic);
      return TRUE;
    }
  if (local_error->domain == G_OPTION_ERROR)
    take_option_error (cli, local_error, error);
  else
    g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

/* Even the answer to a command line that cannot be read is an object, if that was asked for. */
static gboolean
wants_json (char **argv)
{
  for (guint i = 1; argv[i] != NULL && !g_str_equal (argv[i], "--"); i++)
    {
      if (g_str_equal (argv[i], "--json"))
        return TRUE;
    }
  return FALSE;
}

/* --verbose shows what our own libraries log, and leaves those below to G_MESSAGES_DEBUG. */
static GLogWriterOutput
write_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const gboolean *verbose = user_data;
  const char *domain = NULL;

  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
        domain = fields[i].value;
    }
  if (*verbose && (domain == NULL || g_str_has_prefix (domain, "psync")))
    return g_log_writer_standard_streams (level, fields, n_fields, NULL);
  return g_log_writer_default (level, fields, n_fields, NULL);
}

/* Pages and batches are as large as the last one: memory that is given back in between has to be asked for and cleared
 * again for each of them. */
static void
keep_freed_memory (void)
{
#ifdef __GLIBC__
  mallopt (M_MMAP_THRESHOLD, 4 * 1024 * 1024);
  mallopt (M_TRIM_THRESHOLD, 8 * 1024 * 1024);
#endif
}

int
main (int argc, char **argv)
{
  g_autoptr (CliContext) cli = NULL;
  g_auto (CommandLine) line = { NULL };
  g_autoptr (GError) error = NULL;

  sync_folders_ignore_relative ();
  keep_freed_memory ();
  fill_standard_descriptors ();
  signal (SIGPIPE, SIG_IGN);
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, PROGRESSIVE_SYNC_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_prgname ("psync");
  g_log_writer_default_set_use_stderr (TRUE);

  cli = cli_context_new ();
  g_log_set_writer_func (write_log, &log_verbosely, NULL);
  line.words = g_strdupv (argv);
  cli->json = wants_json (argv);
  dispatch (cli, &line, &error);
  cli_close (cli);
  return cli_finish (cli, error);
}
