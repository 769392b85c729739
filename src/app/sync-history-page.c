/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-page.h"

#include <glib/gi18n.h>

#include "sync-form.h"
#include "sync-history-chart.h"
#include "sync-list-model.h"
#include "sync-list-row.h"
#include "sync-run-window.h"
#include "sync-words.h"

#define DAYS 30

/**
 * SyncHistoryPage:
 *
 * A database's page: the runs of the past, by day.
 */
struct _SyncHistoryPage
{
  AdwBin parent_instance;

  SyncProfile *profile;      /* (owned) */
  SyncListModel *runs;       /* (owned): newest first */
  GCancellable *cancellable; /* (owned) */
  gboolean summing;
  gboolean sum_again;

  GtkWidget *bar;
  SyncHistoryChart *chart;
  GtkDropDown *kind;
  GtkDropDown *outcome;
  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (SyncHistoryPage, sync_history_page, ADW_TYPE_BIN)

/* In the order of the drop-downs. */
static const char *const kinds[] = { NULL, "sync", "seed", "hydrate" };
static const char *const outcomes[]
    = { NULL, "done", "nothing", "failed,stopped,cancelled,running" };

/* --- Rows ------------------------------------------------------------------------------------- */

static GDateTime *
local_time (const SyncResult *run)
{
  return g_date_time_new_from_unix_local (run->started_at / G_USEC_PER_SEC);
}

static gboolean
on_same_day (const SyncResult *run, const SyncResult *other)
{
  g_autoptr (GDateTime) one = local_time (run), two = local_time (other);

  return g_date_time_get_year (one) == g_date_time_get_year (two)
         && g_date_time_get_day_of_year (one) == g_date_time_get_day_of_year (two);
}

static char *
name_day (const SyncResult *run)
{
  g_autoptr (GDateTime) time = local_time (run), now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) yesterday = g_date_time_add_days (now, -1);

  if (g_date_time_get_year (time) == g_date_time_get_year (now)
      && g_date_time_get_day_of_year (time) == g_date_time_get_day_of_year (now))
    return g_strdup (_("Today"));
  if (g_date_time_get_year (time) == g_date_time_get_year (yesterday)
      && g_date_time_get_day_of_year (time) == g_date_time_get_day_of_year (yesterday))
    return g_strdup (_("Yesterday"));
  /* Translators: the date of a group of runs, as of strftime() */
  return g_date_time_format (time, _("%A, %x"));
}

static char *
dup_heading (SyncHistoryPage *self, SyncListRow *row, const SyncResult *run)
{
  guint position = sync_list_row_get_position (row);
  g_autoptr (SyncListItem) above = NULL;
  const SyncResult *other;

  if (position == 0)
    return name_day (run);
  above = g_list_model_get_item (G_LIST_MODEL (self->runs), position - 1);
  other = above != NULL ? sync_list_item_get_value (above) : NULL;
  if (above != NULL && other == NULL)
    sync_list_row_wait_for (row, above);
  return other == NULL || on_same_day (run, other) ? NULL : name_day (run);
}

static const char *
find_icon (const SyncResult *run)
{
  if (run->outcome == SYNC_OUTCOME_FAILED || run->outcome == SYNC_OUTCOME_STOPPED)
    return "dialog-warning-symbolic";
  if (run->outcome == SYNC_OUTCOME_CANCELLED)
    return "process-stop-symbolic";
  return run->total.refused + run->total.held + run->total.conflicts > 0
             ? "dialog-information-symbolic"
             : "emblem-ok-symbolic";
}

static void
show_run (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  SyncHistoryPage *self = user_data;
  const SyncResult *run = value;
  g_autoptr (GDateTime) start = local_time (run);
  g_autofree char *time = g_date_time_format (start, "%H:%M");
  g_autofree char *kind = sync_words_for_run_kind (sync_run_kind_to_string (run->kind));
  g_autofree char *outcome = sync_words_for_outcome (sync_outcome_to_string (run->outcome));
  g_autofree char *counts = sync_run_window_describe (&run->total);
  g_autofree char *title = g_strdup_printf ("%s · %s", time, kind);
  g_autofree char *subtitle = *counts != '\0' ? g_strdup_printf ("%s · %s", outcome, counts)
                                              : g_strdup (outcome);
  g_autofree char *heading = dup_heading (self, row, run);

  sync_list_row_set_texts (row, title, subtitle);
  sync_list_row_set_icon (row, find_icon (run));
  sync_list_row_set_heading (row, heading);
}

static void
open_run (SyncHistoryPage *self, guint position)
{
  g_autoptr (SyncListItem) item = g_list_model_get_item (G_LIST_MODEL (self->runs), position);
  const SyncResult *run = item != NULL ? sync_list_item_get_value (item) : NULL;
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (run != NULL)
    gtk_window_present (sync_run_window_new (self->profile, GTK_WINDOW (root), run));
}

/* --- Filters and chart ------------------------------------------------------------------------ */

static gboolean
is_filtered (SyncHistoryPage *self)
{
  return gtk_drop_down_get_selected (self->kind) > 0
         || gtk_drop_down_get_selected (self->outcome) > 0;
}

static void
show_list_or_none (SyncHistoryPage *self)
{
  gboolean any = g_list_model_get_n_items (G_LIST_MODEL (self->runs)) > 0;
  gboolean filtered = is_filtered (self);

  gtk_stack_set_visible_child_name (self->stack, any ? "list" : filtered ? "none" : "empty");
  gtk_widget_set_visible (self->bar, any || filtered);
}

static void
choose_filter (SyncHistoryPage *self)
{
  guint kind = gtk_drop_down_get_selected (self->kind);
  guint outcome = gtk_drop_down_get_selected (self->outcome);

  if (self->runs == NULL || kind >= G_N_ELEMENTS (kinds) || outcome >= G_N_ELEMENTS (outcomes))
    return;
  sync_list_model_set_filter (self->runs, &(SyncListFilter){ .kind = (char *) kinds[kind],
                                                             .outcome
                                                             = (char *) outcomes[outcome] });
}

static void sum_days (SyncHistoryPage *self);

static void
days_summed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncHistoryPage) self = user_data;
  g_autoptr (GArray) days = sync_history_sum_days_finish (SYNC_HISTORY (object), result, NULL);

  self->summing = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (days != NULL)
    sync_history_chart_set_days (self->chart, days);
  if (self->sum_again)
    sum_days (self);
}

static void
sum_days (SyncHistoryPage *self)
{
  self->sum_again = self->summing;
  if (self->summing)
    return;
  self->summing = TRUE;
  sync_history_sum_days_async (sync_profile_get_history (self->profile), DAYS, self->cancellable,
                               days_summed, g_object_ref (self));
}

/* --- The object ------------------------------------------------------------------------------- */

/* Whoever holds its rows may outlive it. */
static void
sync_history_page_dispose (GObject *object)
{
  SyncHistoryPage *self = SYNC_HISTORY_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  if (self->list != NULL)
    {
      gtk_list_view_set_model (self->list, NULL);
      gtk_list_view_set_factory (self->list, NULL);
      self->list = NULL;
    }
  g_clear_object (&self->runs);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_history_page_parent_class)->dispose (object);
}

static void
sync_history_page_finalize (GObject *object)
{
  g_clear_object (&SYNC_HISTORY_PAGE (object)->cancellable);

  G_OBJECT_CLASS (sync_history_page_parent_class)->finalize (object);
}

static void
sync_history_page_class_init (SyncHistoryPageClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = sync_history_page_dispose;
  object_class->finalize = sync_history_page_finalize;

  g_type_ensure (SYNC_TYPE_HISTORY_CHART);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-history-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, bar);
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, chart);
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, kind);
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, outcome);
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncHistoryPage, list);
  gtk_widget_class_bind_template_callback (widget_class, choose_filter);
  gtk_widget_class_bind_template_callback (widget_class, open_run);
}

static void
sync_history_page_init (SyncHistoryPage *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_form_let_shrink (self->kind);
  sync_form_let_shrink (self->outcome);
}

/**
 * sync_history_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncHistoryPage *
sync_history_page_new (SyncProfile *profile)
{
  SyncHistoryPage *self;
  SyncManager *manager;
  g_autoptr (GtkListItemFactory) factory = NULL;
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_HISTORY_PAGE, NULL);
  self->profile = g_object_ref (profile);
  manager = sync_profile_get_manager (profile);
  self->runs = sync_list_model_new (manager, &sync_list_of_history);
  factory = sync_list_row_factory_new (show_run, self);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->runs)));
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (self->runs, "items-changed", G_CALLBACK (show_list_or_none), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "data-changed", G_CALLBACK (sum_days), self,
                           G_CONNECT_SWAPPED);
  show_list_or_none (self);
  sum_days (self);
  return self;
}
