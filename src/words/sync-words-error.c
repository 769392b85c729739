/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words-private.h"

#include <glib/gi18n.h>

/* clang-format off */
static const SyncErrorWords cancelled = {
  N_("Cancelled"), NULL, N_("What was done before that is kept; the next run does the rest."), NULL,
  N_("Sync again whenever you like."), NULL
};
/* clang-format on */

/* What is wrong with a project's address that somebody pasted. */
static const char *
find_address_fault (const char *reason)
{
  if (g_strcmp0 (reason, "dashboard") == 0)
    return N_("It is the address of the dashboard, not of the project.");
  if (g_strcmp0 (reason, "connection-string") == 0)
    return N_("It is the connection string of the project’s database, not the project’s address.");
  if (g_strcmp0 (reason, "scheme") == 0)
    return N_("It begins with something else than https://.");
  return NULL;
}

static char *
fill (const char *sentence, const char *plain, const SyncWordsNames *names)
{
  if (sentence == NULL)
    return NULL;
  return sync_words_fill (_(sentence), plain != NULL ? _(plain) : NULL, names);
}

static char *
words_for_detail (const GError *error, const SyncErrorDetail *data, const SyncErrorWords *found,
                  const SyncWordsNames *names)
{
  const char *fault = NULL;

  if (error->code == SYNC_ERROR_ROW_REFUSED)
    return sync_words_for_reason ("row-refused", data->reason, data->column);
  if (found->detail == NULL)
    return sync_words_for_held (data->reason, data->column);
  if (error->code == SYNC_ERROR_INVALID)
    fault = find_address_fault (data->reason);
  if (fault != NULL)
    return g_strdup (_(fault));
  return fill (found->detail, found->plain_detail, names);
}

static char *
words_for_next_step (const GError *error,
                     const SyncErrorDetail *detail,
                     const SyncErrorWords *found)
{
  const SyncValueWords *value = sync_words_find_value (error);
  guint seconds = detail->retry_after;

  if (value != NULL)
    return g_strdup (_(value->next_step));
  if (error->code == SYNC_ERROR_LATER && seconds > 0)
    return g_strdup_printf (
        ngettext ("Try again in %u second.", "Try again in %u seconds.", seconds), seconds);
  return g_strdup (_(found->next_step));
}

static void
say_sync_error (const GError *error, char **title, char **detail, char **next_step)
{
  const SyncErrorDetail *data = sync_error_get_detail (error);
  const SyncErrorWords *found = sync_words_find_error (error);
  const SyncValueWords *value = sync_words_find_value (error);
  g_autofree char *whole = data->subject != NULL ? g_filename_display_name (data->subject) : NULL;
  g_autofree char *short_name = sync_words_is_path (whole) ? g_path_get_basename (whole)
                                                           : g_strdup (whole);
  const SyncWordsNames names = { short_name, data->column, data->reason };
  g_autofree char *text = NULL;

  *title = fill (value != NULL && value->title != NULL ? value->title : found->title,
                 found->plain_title, &names);
  text = words_for_detail (error, data, found, &names);
  /* A file is called by its name in the title; the detail tells where it is. */
  *detail = sync_words_is_path (whole) ? g_strdup_printf (_("%s Path: %s"), text, whole)
                            : g_steal_pointer (&text);
  *next_step = words_for_next_step (error, data, found);
}

/**
 * sync_words_for_error:
 * @error: an error
 * @title: (out): what is wrong, and with what, in half a sentence without a full stop
 * @detail: (out): why, or what it means
 * @next_step: (out): what the user can do
 *
 * Says an error in words. An error of another domain than [error@SyncError] tells its own message
 * in @detail.
 */
void
sync_words_for_error (const GError *error, char **title, char **detail, char **next_step)
{
  g_return_if_fail (error != NULL);
  g_return_if_fail (title != NULL && detail != NULL && next_step != NULL);

  if (error->domain == SYNC_ERROR)
    {
      say_sync_error (error, title, detail, next_step);
      return;
    }
  if (sync_error_is_cancelled (error))
    {
      *title = g_strdup (_(cancelled.title));
      *detail = g_strdup (_(cancelled.detail));
      *next_step = g_strdup (_(cancelled.next_step));
      return;
    }
  *title = g_strdup (_("Something unexpected happened"));
  *detail = g_strdup (error->message);
  *next_step = g_strdup (_("Try it once more. If it happens again, please report it."));
}

/**
 * sync_words_command_for_error:
 * @error: an error
 *
 * Returns: (transfer none) (nullable): the command line that is the next step, with capitals for
 *   what is to be filled in; %NULL if no command helps
 */
const char *
sync_words_command_for_error (const GError *error)
{
  g_return_val_if_fail (error != NULL, NULL);

  if (error->domain != SYNC_ERROR)
    return NULL;
  return sync_words_find_error (error)->command;
}
