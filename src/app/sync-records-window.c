/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-records-window.h"

#include <glib/gi18n.h>

#include "sync-conflict-undo.h"
#include "sync-list-model.h"
#include "sync-list-row.h"
#include "sync-plain-window.h"
#include "sync-value-text.h"
#include "sync-words.h"

static GMenuModel *
make_menu (const SyncConflict *record)
{
  GMenu *menu = g_menu_new ();
  g_autoptr (GMenuItem) item = g_menu_item_new (_("_Undo"), NULL);

  g_menu_item_set_action_and_target_value (
      item, "conflicts.undo",
      g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &record->number, 1, sizeof (gint64)));
  g_menu_append_item (menu, item);
  return G_MENU_MODEL (menu);
}

static gboolean
is_undone (const SyncConflict *record)
{
  return g_str_equal (record->state, "undone");
}

/* What became of it, and who or which rule decided so */
static char *
describe_end (const SyncConflict *record)
{
  g_autofree char *resolution = NULL, *decider = NULL;

  if (is_undone (record))
    return g_strdup (_("Undone"));
  if (record->resolution == NULL)
    return g_strdup (_("Kept on record"));
  resolution = sync_words_for_resolution (record->resolution);
  if (record->resolved_by == NULL)
    return g_steal_pointer (&resolution);
  decider = sync_words_for_strategy (record->resolved_by);
  return g_strdup_printf ("%s (%s)", resolution, decider);
}

static char *
describe (const SyncConflict *record)
{
  g_autofree char *kind = sync_words_for_conflict_kind (record->kind);
  g_autofree char *end = describe_end (record);
  g_autofree char *time = sync_words_for_absolute_time (
      record->resolved_at != SYNC_TIME_UNKNOWN ? record->resolved_at : record->created_at);

  return g_strdup_printf ("%s · %s · %s · %s", record->entity, kind, end, time);
}

static void
show_record (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  const SyncConflict *record = value;
  g_autofree char *title = sync_row_to_title (
      record->local != NULL ? record->local : record->remote, record->id);
  g_autofree char *subtitle = describe (record);
  g_autoptr (GMenuModel) menu = make_menu (record);

  sync_list_row_set_texts (row, title, subtitle);
  sync_list_row_set_menu (row, is_undone (record) ? NULL : menu);
}

static void
show_list_or_none (GListModel *records, guint position, guint removed, guint added, GtkStack *stack)
{
  gtk_stack_set_visible_child_name (stack,
                                    g_list_model_get_n_items (records) > 0 ? "list" : "none");
}

static GtkWidget *
make_list (SyncListModel *records)
{
  GtkWidget *scroller = gtk_scrolled_window_new ();
  GtkSelectionModel *selection
      = GTK_SELECTION_MODEL (gtk_no_selection_new (G_LIST_MODEL (g_object_ref (records))));
  GtkWidget *list = gtk_list_view_new (selection, sync_list_row_factory_new (show_record, NULL));

  gtk_list_view_set_show_separators (GTK_LIST_VIEW (list), TRUE);
  gtk_widget_add_css_class (list, "entries");
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("What Was Decided"), -1);
  gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                  GTK_POLICY_AUTOMATIC);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), list);
  return scroller;
}

/**
 * sync_records_window_new:
 * @profile: the database
 * @parent: over which window
 *
 * Returns: (transfer none): a window that lists what is on record
 */
GtkWindow *
sync_records_window_new (SyncProfile *profile, GtkWindow *parent)
{
  g_autoptr (SyncListModel) records
      = sync_list_model_new (sync_profile_get_manager (profile), &sync_list_of_records);
  GtkWidget *overlay = adw_toast_overlay_new ();
  GtkWidget *stack = gtk_stack_new ();
  GtkWindow *window;

  gtk_stack_add_named (
      GTK_STACK (stack),
      g_object_new (ADW_TYPE_STATUS_PAGE, "icon-name", "emblem-ok-symbolic", "title",
                    _("Nothing Is on Record"), "description",
                    _("What a rule decides, and what is overwritten or taken away, appears here for "
                      "30 days."),
                    NULL),
      "none");
  gtk_stack_add_named (GTK_STACK (stack), make_list (records), "list");
  g_signal_connect_object (records, "items-changed", G_CALLBACK (show_list_or_none), stack, 0);
  show_list_or_none (G_LIST_MODEL (records), 0, 0, 0, GTK_STACK (stack));
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), stack);
  window = sync_plain_window_new (parent, _("What Was Decided"), NULL, overlay, 560);
  sync_conflict_undo_install (GTK_WIDGET (window), profile);
  return window;
}
