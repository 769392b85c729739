/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-run-window.h"

#include <glib/gi18n.h>

#include "sync-error-row.h"
#include "sync-list-model.h"
#include "sync-plain-window.h"
#include "sync-value-text.h"
#include "sync-words.h"

/* Rows with trouble are shown up to this many; all are in the queue. */
#define MOST_ROWS 100

static void
add_count (GString *text, const char *name, guint64 count)
{
  g_autofree char *words = count > 0 ? sync_words_for_count (name, count) : NULL;

  if (words != NULL)
    g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", words);
}

/**
 * sync_run_window_describe:
 * @counts: what was counted
 *
 * Returns: (transfer full): it in words, without what did not happen
 */
char *
sync_run_window_describe (const SyncCounts *counts)
{
  GString *text = g_string_new (NULL);

  add_count (text, "pushed", counts->pushed);
  add_count (text, "pulled", counts->pulled);
  add_count (text, "deleted", counts->deleted);
  add_count (text, "merged", counts->merged);
  add_count (text, "conflicts", counts->conflicts);
  add_count (text, "refused", counts->refused);
  add_count (text, "held", counts->held);
  return g_string_free (text, FALSE);
}

static GtkWidget *
add_row (AdwPreferencesGroup *group, const char *title, const char *subtitle)
{
  GtkWidget *row = adw_action_row_new ();
  g_autofree char *title_markup = g_markup_escape_text (title, -1);
  g_autofree char *markup = g_markup_escape_text (subtitle, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title_markup);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), markup);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  adw_preferences_group_add (group, row);
  return row;
}

static AdwPreferencesGroup *
add_group (AdwPreferencesPage *page, const char *title)
{
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (group), title);
  adw_preferences_page_add (page, ADW_PREFERENCES_GROUP (group));
  return ADW_PREFERENCES_GROUP (group);
}

static char *
describe_duration (const SyncResult *run)
{
  double seconds = (double) (run->finished_at - run->started_at) / G_USEC_PER_SEC;

  if (run->finished_at == SYNC_TIME_UNKNOWN)
    return g_strdup (_("It did not come to its end"));
  if (seconds < 0.1)
    return g_strdup (_("Less than 0.1 seconds"));
  if (seconds < 60)
    return g_strdup_printf (_("%.1f seconds"), seconds);
  return g_strdup_printf (g_dngettext (NULL, "%d minute", "%d minutes", (gulong) (seconds / 60)),
                          (int) (seconds / 60));
}

static void
add_summary (AdwPreferencesPage *page, const SyncResult *run)
{
  AdwPreferencesGroup *group = add_group (page, _("Run"));
  g_autofree char *kind = sync_words_for_run_kind (sync_run_kind_to_string (run->kind));
  g_autofree char *outcome = sync_words_for_outcome (sync_outcome_to_string (run->outcome));
  g_autofree char *start = sync_words_for_absolute_time (run->started_at);
  g_autofree char *duration = describe_duration (run);
  g_autofree char *sent = g_format_size (run->bytes_sent);
  g_autofree char *received = g_format_size (run->bytes_received);
  g_autofree char *requests
      = g_strdup_printf (g_dngettext (NULL, "%d request", "%d requests", (gulong) run->requests),
                         (int) run->requests);
  /* Translators: amounts of data, and of requests */
  g_autofree char *traffic
      = g_strdup_printf (_("%s sent, %s received, %s"), sent, received, requests);

  add_row (group, kind, outcome);
  add_row (group, _("Started"), start);
  add_row (group, _("Duration"), duration);
  add_row (group, _("Data"), traffic);
  if (run->repeats > 0)
    {
      g_autofree char *more = g_strdup_printf (
          g_dngettext (NULL, "%d more run found nothing to do", "%d more runs found nothing to do",
                       (gulong) run->repeats),
          (int) run->repeats);

      add_row (group, _("Repeated"), more);
    }
  if (run->error != NULL)
    {
      GtkWidget *row = sync_error_row_new ();

      sync_error_row_set_error (SYNC_ERROR_ROW (row), run->error);
      adw_preferences_group_add (group, row);
    }
}

static void
add_tables (AdwPreferencesPage *page, const SyncResult *run)
{
  AdwPreferencesGroup *group;

  if (run->entities->len == 0)
    return;
  group = add_group (page, _("Tables"));
  for (guint i = 0; i < run->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (run->entities, i);
      g_autofree char *words = sync_run_window_describe (&counts->counts);

      add_row (group, counts->entity, words);
    }
}

static void
show_trace (AdwPreferencesGroup *group, const SyncTrace *trace)
{
  g_autofree char *name = sync_row_to_title (NULL, trace->id);
  g_autofree char *title = g_strdup_printf ("%s · %s", trace->entity, name);
  g_autofree char *why = NULL;

  if (trace->error_code != NULL)
    why = sync_words_for_reason (trace->error_code, trace->reason, trace->column);
  else if (trace->reason != NULL)
    why = sync_words_for_held (trace->reason, trace->column);
  add_row (group, title, why != NULL ? why : _("In order since then"));
}

static void
trace_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (AdwPreferencesGroup) group = user_data;
  g_autoptr (GPtrArray) list
      = sync_history_list_trace_finish (SYNC_HISTORY (object), result, NULL);

  if (list == NULL || list->len == 0)
    return;
  gtk_widget_set_visible (GTK_WIDGET (group), TRUE);
  for (guint i = 0; i < list->len; i++)
    show_trace (group, g_ptr_array_index (list, i));
}

/* It fills itself in, if there is something to be told. */
static void
add_trouble (AdwPreferencesPage *page, SyncProfile *profile, const SyncResult *run)
{
  AdwPreferencesGroup *group = add_group (page, _("Rows With Problems"));

  gtk_widget_set_visible (GTK_WIDGET (group), FALSE);
  sync_history_list_trace_async (sync_profile_get_history (profile), run->run, "refused,held", 0,
                                 MOST_ROWS, NULL, trace_listed, g_object_ref (group));
}

/**
 * sync_run_window_new:
 * @profile: the database
 * @parent: over which window
 * @run: the run; copied
 *
 * Returns: (transfer none): a window with everything about it
 */
GtkWindow *
sync_run_window_new (SyncProfile *profile, GtkWindow *parent, const SyncResult *run)
{
  GtkWidget *page = adw_preferences_page_new ();

  add_summary (ADW_PREFERENCES_PAGE (page), run);
  add_tables (ADW_PREFERENCES_PAGE (page), run);
  add_trouble (ADW_PREFERENCES_PAGE (page), profile, run);
  return sync_plain_window_new (parent, _("Run"), NULL, page, 560);
}
