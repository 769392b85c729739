/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-context.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "cli-command.h"
#include "cli-terminal.h"
#include "cli-values.h"
#include "sync-words.h"

/* Nobody presses Ctrl-C twice so quickly. */
#define SAME_SIGNAL (G_USEC_PER_SEC / 10)

G_DEFINE_QUARK (psync-usage-error-quark, cli_usage_error)

/**
 * cli_set_usage_error:
 * @error: (out) (optional): where the new error goes
 * @format: a translated sentence that names what is wrong
 *
 * Says that the command line cannot be understood.
 */
void
cli_set_usage_error (GError **error, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, CLI_USAGE_ERROR, 0, text);
}

/* The first signal stops what is under way where it can be taken up again. Whoever sends a second
 * one does not want to wait for that, and nothing is lost by ending at once. Programs that pass a
 * signal on, such as timeout, send it to the process and to its group: that is one and the same. */
static gboolean
on_signal (gpointer user_data)
{
  CliContext *cli = user_data;
  gint64 now = g_get_monotonic_time ();

  if (!g_cancellable_is_cancelled (cli->cancellable))
    {
      cli->signalled_at = now;
      g_cancellable_cancel (cli->cancellable);
    }
  else if (now - cli->signalled_at > SAME_SIGNAL)
    {
      cli_terminal_restore ();
      _exit (CLI_STATUS_ERROR);
    }
  return G_SOURCE_CONTINUE;
}

CliContext *
cli_context_new (void)
{
  static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
  CliContext *cli = g_new0 (CliContext, 1);

  cli->cancellable = g_cancellable_new ();
  cli->answer = cli_json_new ();
  cli_json_begin_object (cli->answer, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    cli->signals[i] = g_unix_signal_add (numbers[i], on_signal, cli);
  return cli;
}

void
cli_context_free (CliContext *cli)
{
  for (guint i = 0; i < G_N_ELEMENTS (cli->signals); i++)
    g_source_remove (cli->signals[i]);
  g_clear_object (&cli->arrived);
  g_clear_object (&cli->result);
  g_clear_object (&cli->profile);
  g_clear_object (&cli->cancellable);
  cli_json_free (cli->answer);
  g_free (cli->database);
  g_free (cli);
}

/**
 * cli_ready:
 * @source: (nullable): what was asked
 * @result: its answer
 * @cli: who awaits it
 *
 * The callback to give with every asynchronous call that cli_await() follows.
 */
void
cli_ready (GObject *source, GAsyncResult *result, gpointer cli)
{
  g_set_object (&((CliContext *) cli)->arrived, result);
}

/**
 * cli_await:
 * @cli: who called with cli_ready()
 *
 * Runs the main context until the answer of the one call under way is there.
 *
 * Returns: (transfer none): the answer, valid until the next cli_await()
 */
GAsyncResult *
cli_await (CliContext *cli)
{
  while (cli->arrived == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&cli->result);
  cli->result = g_steal_pointer (&cli->arrived);
  return cli->result;
}

/**
 * cli_find_obstacle:
 * @cli: the context, with its profile
 *
 * Where nobody is signed in no other request finds out that the address or the key is wrong.
 *
 * Returns: (transfer full) (nullable): why not even signing in would work; %NULL: nothing is known that is against it
 */
GError *
cli_find_obstacle (CliContext *cli)
{
  g_autoptr (GPtrArray) checks = NULL;
  GError *error = NULL;

  sync_profile_test_async (cli->profile, NULL, NULL, NULL, NULL, cli->cancellable, cli_ready, cli);
  checks = sync_profile_test_finish (cli->profile, cli_await (cli), &error);
  for (guint i = 0; checks != NULL && i < checks->len; i++)
    {
      const SyncCheck *check = g_ptr_array_index (checks, i);

      if (check->result == SYNC_CHECK_FAILED
          && (check->step == SYNC_CHECK_REACH || check->step == SYNC_CHECK_KEY))
        return g_error_copy (check->error);
    }
  return error;
}

gboolean
cli_open (CliContext *cli,
          SyncProfileFlags flags,
          const char *const *tables,
          GHashTable *overrides,
          GError **error)
{
  g_autofree char *path = NULL;

  if (cli->database != NULL && *cli->database == '\0')
    {
      cli_set_usage_error (error, _("--database names no file."));
      return FALSE;
    }
  /* Errors then name a file that can be found. */
  if (cli->database != NULL)
    path = g_canonicalize_filename (cli->database, NULL);
  sync_profile_open_async (path, flags, tables, overrides, cli->cancellable, cli_ready, cli);
  cli->profile = sync_profile_open_finish (cli_await (cli), error);
  /* Who signs in on a terminal may well be where no keyring is; the manual says where the session goes. */
  if (cli->profile != NULL)
    sync_profile_allow_session_file (cli->profile);
  return cli->profile != NULL;
}

/* Whatever happened before, what is open is closed in order; nothing about it is worth a report. */
void
cli_close (CliContext *cli)
{
  if (cli->profile == NULL)
    return;
  sync_profile_close_async (cli->profile, cli_ready, cli);
  sync_profile_close_finish (cli->profile, cli_await (cli), NULL);
  g_clear_object (&cli->profile);
}

/* What is written goes on its way whenever there is much of it, and why that failed is known only there and then. */
static void
note_output (CliContext *cli, gboolean written)
{
  if (!written && cli->output_error == 0)
    cli->output_error = errno;
}

/**
 * cli_print:
 * @cli: the context
 * @format: a text
 *
 * Prints what was asked for; under --json the answer says it instead.
 */
void
cli_print (CliContext *cli, const char *format, ...)
{
  va_list args;

  if (cli->json)
    return;
  va_start (args, format);
  note_output (cli, vfprintf (stdout, format, args) >= 0);
  va_end (args);
}

/**
 * cli_say:
 * @cli: the context
 * @format: a text
 *
 * As cli_print(), for what can be left out: that something was done, what to do next.
 */
void
cli_say (CliContext *cli, const char *format, ...)
{
  va_list args;

  if (cli->json || cli->quiet)
    return;
  va_start (args, format);
  note_output (cli, vfprintf (stdout, format, args) >= 0);
  va_end (args);
}

static guint
terminal_width (void)
{
  struct winsize size;

  if (!isatty (STDOUT_FILENO) || ioctl (STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
    return 0;
  return size.ws_col;
}

void
cli_print_table (CliContext *cli, CliTable *table)
{
  g_autofree char *text = cli_table_format (table, terminal_width ());

  cli_print (cli, "%s", text);
}

/**
 * cli_flush:
 * @cli: the context
 *
 * Hands over what there is so far, for a command that goes on for long: the text, or the part of
 * the answer that is written, which a later one continues.
 *
 * Returns: %FALSE if nobody takes it any more
 */
gboolean
cli_flush (CliContext *cli)
{
  if (cli->json)
    note_output (cli, fprintf (stdout, "%s\n", cli->answer->text->str) >= 0);
  g_string_truncate (cli->answer->text, 0);
  note_output (cli, fflush (stdout) == 0);
  return cli->output_error == 0;
}

void
cli_raise (CliContext *cli, CliStatus status)
{
  cli->status = MAX (cli->status, status);
}

/**
 * cli_raise_waiting:
 * @cli: the context
 * @stats: how the database stands
 *
 * Sees to it that the exit status tells what waits for a person.
 */
void
cli_raise_waiting (CliContext *cli, const SyncStats *stats)
{
  if (stats->conflicts_open > 0)
    cli_raise (cli, CLI_STATUS_CONFLICTS);
  if (stats->failed > 0 || stats->held > 0)
    cli_raise (cli, CLI_STATUS_REFUSED);
}

/* A file that is something else than was thought, a column that the table has not, and a name in the database that no
 * cloud can have are no mistakes in the command line's form. */
static CliStatus
status_for_invalid (const SyncErrorDetail *detail)
{
  static const char *const faults[]
      = { "column", "bad-name", "long-name", "name-taken", "reserved-column", NULL };
  gboolean file = detail->subject != NULL && *detail->subject == '/';
  gboolean other = detail->reason != NULL && g_strv_contains (faults, detail->reason);

  return file || other ? CLI_STATUS_ERROR : CLI_STATUS_USAGE;
}

/* A vault that nobody can sign in to is connected all the same. */
static CliStatus
status_for_not_connected (const SyncErrorDetail *detail)
{
  return g_strcmp0 (detail->reason, "no-accounts") == 0 ? CLI_STATUS_ERROR : CLI_STATUS_OFFLINE;
}

static CliStatus
status_for_code (int code)
{
  switch (code)
    {
    case SYNC_ERROR_OFFLINE:
    case SYNC_ERROR_LATER:
    case SYNC_ERROR_CLOCK:
      return CLI_STATUS_OFFLINE;
    case SYNC_ERROR_SIGN_IN:
    case SYNC_ERROR_CREDENTIALS:
    case SYNC_ERROR_CONFIRM_EMAIL:
      return CLI_STATUS_SIGN_IN;
    case SYNC_ERROR_ROW_REFUSED:
      return CLI_STATUS_REFUSED;
    case SYNC_ERROR_LOCKED:
      return CLI_STATUS_LOCKED;
    case SYNC_ERROR_BRAKE:
      return CLI_STATUS_BRAKE;
    default:
      return CLI_STATUS_ERROR;
    }
}

/**
 * cli_status_for_error:
 * @error: an error
 *
 * Returns: the exit status that it asks for
 */
CliStatus
cli_status_for_error (const GError *error)
{
  if (error->domain == CLI_USAGE_ERROR)
    return CLI_STATUS_USAGE;
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_INVALID))
    return status_for_invalid (sync_error_get_detail (error));
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED))
    return status_for_not_connected (sync_error_get_detail (error));
  if (error->domain == SYNC_ERROR)
    return status_for_code (error->code);
  return CLI_STATUS_ERROR;
}

/* For those who look for the cause: the machine's words, which hold no row and no secret. */
static void
print_error_detail (const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (detail == NULL)
    return;
  fprintf (stderr, "(%s", sync_error_code_name (error->code));
  if (detail->subject != NULL)
    fprintf (stderr, ", %s", detail->subject);
  if (detail->reason != NULL)
    fprintf (stderr, ", %s", detail->reason);
  if (detail->column != NULL)
    fprintf (stderr, ", %s", detail->column);
  if (detail->status != 0)
    fprintf (stderr, ", HTTP %u", detail->status);
  fprintf (stderr, ": %s)\n", error->message);
}

static void
print_indented (const char *text, int depth)
{
  g_autofree char *shown = NULL;

  if (text == NULL)
    return;
  shown = cli_escape (text);
  fprintf (stderr, "%*s%s\n", depth, "", shown);
}

static void
print_error (CliContext *cli, const GError *error)
{
  g_auto (CliWords) words = { NULL };

  cli_words_for_error (cli, error, &words);
  fprintf (stderr, "psync: ");
  print_indented (words.title, 0);
  print_indented (words.detail, 2);
  print_indented (words.next_step, 2);
  print_indented (words.next_command, 4);
  if (cli->verbose)
    print_error_detail (error);
}

/* A reader who went away (head, a pager) is no error. A full disk is one. */
static void
flush_output (CliContext *cli)
{
  note_output (cli, fflush (stdout) == 0);
  if (cli->output_error == 0 || cli->output_error == EPIPE)
    return;
  fprintf (stderr, "psync: ");
  fprintf (stderr, _("Standard output cannot be written: %s"), g_strerror (cli->output_error));
  fprintf (stderr, "\n");
  cli_raise (cli, CLI_STATUS_ERROR);
}

/**
 * cli_finish:
 * @cli: the context
 * @error: (nullable): why the command failed
 *
 * Prints the answer or the error.
 *
 * Returns: the exit status
 */
int
cli_finish (CliContext *cli, const GError *error)
{
  if (error != NULL)
    cli_raise (cli, cli_status_for_error (error));
  if (cli->json)
    {
      if (error != NULL)
        cli_json_error (cli->answer, cli, "error", error);
      cli_json_integer (cli->answer, "exit_status", cli->status);
      cli_json_end_object (cli->answer);
      note_output (cli, fprintf (stdout, "%s\n", cli->answer->text->str) >= 0);
    }
  else if (error != NULL)
    {
      note_output (cli, fflush (stdout) == 0);
      print_error (cli, error);
    }
  flush_output (cli);
  return cli->status;
}
