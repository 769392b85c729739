/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-terminal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

/* Longer lines are no passwords. */
#define LONGEST_LINE 1024

/* The terminal as it was before its echo was turned off. */
static struct termios before;
static gboolean silenced;

static void
silence (void)
{
  struct termios silent;

  if (tcgetattr (STDIN_FILENO, &before) != 0)
    return;
  silent = before;
  silent.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
  silenced = tcsetattr (STDIN_FILENO, TCSAFLUSH, &silent) == 0;
}

/**
 * cli_terminal_restore:
 *
 * Gives the terminal its echo back, if it was taken.
 */
void
cli_terminal_restore (void)
{
  if (silenced)
    tcsetattr (STDIN_FILENO, TCSAFLUSH, &before);
  silenced = FALSE;
}

static gboolean
on_readable (int fd, GIOCondition condition, gpointer user_data)
{
  *(gboolean *)user_data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* One byte at a time: what follows the line stays for whoever reads it next. */
static gboolean
read_byte (CliContext *cli, gboolean *readable, char *byte, gboolean *end, GError **error)
{
  gssize n_read;

  *readable = FALSE;
  while (!*readable && !g_cancellable_is_cancelled (cli->cancellable))
    g_main_context_iteration (NULL, TRUE);
  if (g_cancellable_set_error_if_cancelled (cli->cancellable, error))
    return FALSE;
  n_read = read (STDIN_FILENO, byte, 1);
  *end = n_read == 0 || (n_read == 1 && *byte == '\n');
  if (n_read < 0 && errno != EINTR)
    {
      cli_set_usage_error (error, _("Standard input cannot be read: %s."), g_strerror (errno));
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_line (CliContext *cli, char line[LONGEST_LINE], GError **error)
{
  gboolean readable = FALSE, end = FALSE, good = TRUE;
  guint source
      = g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP | G_IO_ERR, on_readable, &readable);
  gsize length = 0;

  while (good && !end)
    {
      char byte = '\0';

      good = read_byte (cli, &readable, &byte, &end, error);
      if (!good || end)
        break;
      if (byte == '\0')
        {
          cli_set_usage_error (error, _("The line that was given holds a NUL byte."));
          good = FALSE;
          break;
        }
      line[length++] = byte;
      if (length == LONGEST_LINE)
        {
          cli_set_usage_error (error, _("The line that was given is too long."));
          good = FALSE;
          length--;
        }
    }
  g_source_remove (source);
  if (length > 0 && line[length - 1] == '\r')
    length--;
  line[length] = '\0';
  return good;
}

static char *
ask_password (CliContext *cli, const char *prompt, GError **error)
{
  gboolean terminal = isatty (STDIN_FILENO);
  char line[LONGEST_LINE];
  char *password;
  gboolean good;

  if (terminal)
    {
      silence ();
      fprintf (stderr, "%s", prompt);
    }
  good = read_line (cli, line, error);
  if (terminal)
    {
      cli_terminal_restore ();
      fprintf (stderr, "\n");
    }
  if (good && line[0] == '\0')
    {
      cli_set_usage_error (error, _("No password was given."));
      good = FALSE;
    }
  password = good ? g_strdup (line) : NULL;
  explicit_bzero (line, sizeof line);
  return password;
}

void
cli_free_password (char *password)
{
  if (password == NULL)
    return;
  explicit_bzero (password, strlen (password));
  g_free (password);
}

/**
 * cli_read_password:
 * @cli: the context
 * @twice: whether a typed password is asked for once more, because nobody saw what was typed
 * @error: a usage error, or G_IO_ERROR_CANCELLED
 *
 * Reads a password from the terminal without echo, or one line from standard input if that is none.
 *
 * Returns: (transfer full): the password, for cli_free_password()
 */
char *
cli_read_password (CliContext *cli, gboolean twice, GError **error)
{
  char *password = ask_password (cli, _("Password: "), error);
  char *again;

  if (password == NULL || !twice || !isatty (STDIN_FILENO))
    return password;
  again = ask_password (cli, _("Once more: "), error);
  if (again != NULL && strcmp (password, again) != 0)
    {
      cli_set_usage_error (error, _("The two passwords are not the same."));
      g_clear_pointer (&again, cli_free_password);
    }
  cli_free_password (password);
  return again;
}

/**
 * cli_confirm:
 * @cli: the context
 * @question: a question without its possible answers
 * @yes: (out): the answer
 * @error: a usage error where nobody can be asked, or G_IO_ERROR_CANCELLED
 *
 * Asks on a terminal before something that cannot be taken back.
 *
 * Returns: %FALSE with @error if there is no answer
 */
gboolean
cli_confirm (CliContext *cli, const char *question, gboolean *yes, GError **error)
{
  char line[LONGEST_LINE];

  if (cli->json || !isatty (STDIN_FILENO))
    {
      cli_set_usage_error (error, _("Nobody can be asked here: --yes must be given."));
      return FALSE;
    }
  /* Translators: what is typed to agree is the first letter of this word */
  fprintf (stderr, "%s [%s/N] ", question, _("y"));
  if (!read_line (cli, line, error))
    return FALSE;
  *yes = g_ascii_strncasecmp (line, "y", 1) == 0 || g_str_has_prefix (line, _("y"));
  return TRUE;
}
