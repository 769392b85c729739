/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-view.h"

#include <glib/gi18n.h>

#include "sync-conflict-column-row.h"
#include "sync-value-text.h"
#include "sync-words.h"

/**
 * SyncConflictView:
 *
 * One conflict with both its sides, and the answer that is chosen for it: what the strategy suggests until somebody
 * chooses something else. Signal `changed`: another answer.
 */
struct _SyncConflictView
{
  AdwBin parent_instance;

  SyncComparison *comparison; /* (owned) (nullable) */
  GPtrArray *rows;            /* (owned) (element-type SyncConflictColumnRow): unowned */
  gboolean updating;

  GtkLabel *explanation;
  AdwActionRow *local_row;
  GtkCheckButton *local_button;
  GtkWidget *local_suggested;
  AdwActionRow *remote_row;
  GtkCheckButton *remote_button;
  GtkWidget *remote_suggested;
  GtkWidget *mixed_row;
  GtkCheckButton *mixed_button;
  GtkWidget *mixed_suggested;
  GtkWidget *disputed_group;
  GtkListBox *disputed_list;
  GtkExpander *others_expander;
  GtkListBox *others_list;
};

enum
{
  CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncConflictView, sync_conflict_view, ADW_TYPE_BIN)

/* A row that one side deleted is kept or deleted as a whole. */
static gboolean
is_deletion (const SyncComparison *comparison)
{
  return comparison->conflict->local == NULL || comparison->conflict->remote == NULL;
}

/* --- The sides -------------------------------------------------------------------------------- */

static char *
describe_remote_device (const SyncComparison *comparison)
{
  if (comparison->remote_device != NULL)
    return g_strdup (comparison->remote_device);
  return g_strdup (comparison->conflict->remote_device != NULL ? _("Another device")
                                                               : _("Another program, or somebody in the cloud"));
}

static char *
describe_side (const char *device, gint64 time, gboolean deleted)
{
  g_autofree char *when = NULL;

  if (time == SYNC_TIME_UNKNOWN)
    return g_strdup_printf (deleted ? _("%s · Deleted, nobody knows when") : _("%s · Changed, nobody knows when"),
                            device);
  when = sync_words_for_absolute_time (time);
  return g_strdup_printf (deleted ? _("%s · Deleted %s") : _("%s · Changed %s"), device, when);
}

static const char *
name_side (const SyncComparison *comparison, gboolean local)
{
  const char *row = local ? comparison->conflict->local : comparison->conflict->remote;

  if (!is_deletion (comparison))
    return local ? _("This Device") : _("Other Side");
  return row == NULL ? _("Delete the Row") : _("Keep the Row");
}

static void
show_side (AdwActionRow *row, GtkCheckButton *button, const SyncComparison *comparison, gboolean local)
{
  const SyncConflict *conflict = comparison->conflict;
  g_autofree char *device
      = local ? g_strdup (comparison->local_device) : describe_remote_device (comparison);
  g_autofree char *subtitle = local ? describe_side (device, conflict->local_time, conflict->local == NULL)
                                    : describe_side (device, conflict->remote_time, conflict->remote == NULL);
  g_autofree char *escaped = g_markup_escape_text (subtitle, -1);
  const char *title = name_side (comparison, local);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (row, escaped);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, subtitle, -1);
}

static char *
explain (const SyncComparison *comparison)
{
  g_autofree char *suggestion = sync_words_for_strategy (comparison->suggested_by);
  const char *what;

  if (comparison->conflict->local == NULL)
    what = _("This row was deleted on this device and changed elsewhere. Nothing is lost yet: choose what it "
             "becomes. What you do not choose stays on record for 30 days.");
  else if (comparison->conflict->remote == NULL)
    what = _("This row was changed on this device and deleted elsewhere. Nothing is lost yet: choose what it "
             "becomes. What you do not choose stays on record for 30 days.");
  else
    what = _("This row was changed on both sides since it was last synced. Nothing is lost yet: choose what it "
             "becomes. What you do not choose stays on record for 30 days.");
  return g_strdup_printf (_("%s\nSuggestion: %s."), what, suggestion);
}

/* --- The columns ------------------------------------------------------------------------------ */

static void
clear_list (GtkListBox *list)
{
  GtkWidget *row;

  while ((row = gtk_widget_get_first_child (GTK_WIDGET (list))) != NULL)
    gtk_list_box_remove (list, row);
}

/* A column about which there is nothing to choose. */
static GtkWidget *
make_plain_row (const SyncComparedColumn *column)
{
  GtkWidget *row = adw_action_row_new ();
  const char *json = column->local != NULL ? column->local : column->remote;
  gboolean placeholder;
  g_autofree char *text = sync_value_to_text (column->codec, json, &placeholder);
  g_autofree char *title = g_markup_escape_text (column->name, -1);
  g_autofree char *subtitle = g_markup_escape_text (text, -1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 0);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
  return row;
}

static void row_changed (SyncConflictView *self);

static void
add_column (SyncConflictView *self, const SyncComparedColumn *column)
{
  GtkListBox *list = column->kind == SYNC_COMPARED_DISPUTED ? self->disputed_list : self->others_list;
  GtkWidget *row;

  if (column->key || column->kind == SYNC_COMPARED_SAME)
    {
      gtk_list_box_append (list, make_plain_row (column));
      return;
    }
  row = sync_conflict_column_row_new (column);
  g_signal_connect_object (row, "changed", G_CALLBACK (row_changed), self, G_CONNECT_SWAPPED);
  g_ptr_array_add (self->rows, row);
  gtk_list_box_append (list, row);
}

static void
show_columns (SyncConflictView *self)
{
  GPtrArray *columns = self->comparison->columns;
  guint disputed = 0, one_sided = 0;
  g_autofree char *label = NULL;

  g_ptr_array_set_size (self->rows, 0);
  clear_list (self->disputed_list);
  clear_list (self->others_list);
  for (guint i = 0; i < columns->len; i++)
    {
      const SyncComparedColumn *column = g_ptr_array_index (columns, i);

      add_column (self, column);
      disputed += column->kind == SYNC_COMPARED_DISPUTED;
      one_sided += column->kind == SYNC_COMPARED_LOCAL || column->kind == SYNC_COMPARED_REMOTE;
    }
  gtk_widget_set_visible (self->disputed_group, disputed > 0);
  if (is_deletion (self->comparison))
    label = g_strdup (_("The Row"));
  else if (one_sided > 0)
    label = g_strdup_printf (ngettext ("Other Columns (%u Changed on One Side)",
                                       "Other Columns (%u Changed on One Side)", one_sided),
                             one_sided);
  else
    label = g_strdup (_("Other Columns"));
  gtk_expander_set_label (self->others_expander, label);
  gtk_expander_set_expanded (self->others_expander, is_deletion (self->comparison));
}

/* --- The answer ------------------------------------------------------------------------------- */

/* Of the disputed columns: LOCAL or REMOTE if all are; VALUE if they are mixed. */
static SyncSide
common_side (SyncConflictView *self)
{
  SyncSide common = SYNC_SIDE_VALUE;
  gboolean first = TRUE;

  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->disputed_list)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    {
      SyncSide side = sync_conflict_column_row_get_side (SYNC_CONFLICT_COLUMN_ROW (row));

      if (!first && side != common)
        return SYNC_SIDE_VALUE;
      common = side;
      first = FALSE;
    }
  return first ? self->comparison->suggestion : common;
}

static void
show_common_side (SyncConflictView *self)
{
  SyncSide side = is_deletion (self->comparison) ? self->comparison->suggestion : common_side (self);
  GtkCheckButton *button = self->mixed_button;

  if (side != SYNC_SIDE_VALUE)
    button = side == SYNC_SIDE_LOCAL ? self->local_button : self->remote_button;
  gtk_check_button_set_active (button, TRUE);
}

static void
row_changed (SyncConflictView *self)
{
  if (self->updating)
    return;
  self->updating = TRUE;
  show_common_side (self);
  self->updating = FALSE;
  g_signal_emit (self, signals[CHANGED], 0);
}

static void
choose_for_all (SyncConflictView *self, SyncSide side)
{
  for (GtkWidget *row = gtk_widget_get_first_child (GTK_WIDGET (self->disputed_list)); row != NULL;
       row = gtk_widget_get_next_sibling (row))
    sync_conflict_column_row_set_side (SYNC_CONFLICT_COLUMN_ROW (row), side);
}

static void
side_toggled (SyncConflictView *self, GtkCheckButton *button)
{
  if (self->updating || self->comparison == NULL || !gtk_check_button_get_active (button))
    return;
  self->updating = TRUE;
  if (button != self->mixed_button)
    choose_for_all (self, button == self->local_button ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE);
  self->updating = FALSE;
  g_signal_emit (self, signals[CHANGED], 0);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_conflict_view_finalize (GObject *object)
{
  SyncConflictView *self = SYNC_CONFLICT_VIEW (object);

  sync_comparison_free (self->comparison);
  g_ptr_array_unref (self->rows);

  G_OBJECT_CLASS (sync_conflict_view_parent_class)->finalize (object);
}

static void
sync_conflict_view_class_init (SyncConflictViewClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_conflict_view_finalize;

  /**
   * SyncConflictView::changed:
   *
   * Another answer was chosen.
   */
  signals[CHANGED] = g_signal_new ("changed", G_TYPE_FROM_CLASS (class), G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-conflict-view.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, explanation);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, local_row);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, local_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, local_suggested);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, remote_row);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, remote_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, remote_suggested);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, mixed_row);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, mixed_button);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, mixed_suggested);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, disputed_group);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, disputed_list);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, others_expander);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictView, others_list);
  gtk_widget_class_bind_template_callback (widget_class, side_toggled);
}

static void
sync_conflict_view_init (SyncConflictView *self)
{
  self->rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflict_view_set_comparison:
 * @view: a view
 * @comparison: an open conflict
 *
 * Shows it, and chooses what its strategy suggests.
 */
void
sync_conflict_view_set_comparison (SyncConflictView *view, const SyncComparison *comparison)
{
  g_autofree char *explanation = NULL;

  g_return_if_fail (SYNC_IS_CONFLICT_VIEW (view));
  g_return_if_fail (comparison != NULL);

  g_clear_pointer (&view->comparison, sync_comparison_free);
  view->comparison = sync_comparison_copy (comparison);
  view->updating = TRUE;
  explanation = explain (comparison);
  gtk_label_set_text (view->explanation, explanation);
  show_side (view->local_row, view->local_button, comparison, TRUE);
  show_side (view->remote_row, view->remote_button, comparison, FALSE);
  show_columns (view);
  show_common_side (view);
  gtk_widget_set_visible (view->mixed_row, !is_deletion (comparison));
  gtk_widget_set_visible (view->local_suggested, gtk_check_button_get_active (view->local_button));
  gtk_widget_set_visible (view->remote_suggested, gtk_check_button_get_active (view->remote_button));
  gtk_widget_set_visible (view->mixed_suggested, gtk_check_button_get_active (view->mixed_button));
  view->updating = FALSE;
  g_signal_emit (view, signals[CHANGED], 0);
}

/**
 * sync_conflict_view_is_whole:
 * @view: a view
 *
 * Returns: whether the answer is one of the sides as a whole, which others of its kind can get, too
 */
gboolean
sync_conflict_view_is_whole (SyncConflictView *view)
{
  g_return_val_if_fail (SYNC_IS_CONFLICT_VIEW (view), FALSE);

  return !gtk_check_button_get_active (view->mixed_button);
}

/**
 * sync_conflict_view_get_answer:
 * @view: a view that shows a conflict
 * @choice: (out) (transfer none): for sync_conflicts_resolve_async()
 * @fields: (out) (transfer full) (nullable): for it, too
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_INVALID: something that was typed is no value for its column
 */
gboolean
sync_conflict_view_get_answer (SyncConflictView *view, const char **choice, GStrv *fields, GError **error)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gboolean any = FALSE;
  SyncSide side;

  g_return_val_if_fail (SYNC_IS_CONFLICT_VIEW (view) && view->comparison != NULL, FALSE);

  side = view->comparison->suggestion;
  if (gtk_check_button_get_active (view->local_button))
    side = SYNC_SIDE_LOCAL;
  else if (gtk_check_button_get_active (view->remote_button))
    side = SYNC_SIDE_REMOTE;
  for (guint i = 0; i < view->rows->len && !is_deletion (view->comparison); i++)
    {
      g_autofree char *field = NULL;

      if (!sync_conflict_column_row_get_field (g_ptr_array_index (view->rows, i), side, &field, error))
        return FALSE;
      if (field == NULL)
        continue;
      g_strv_builder_add (builder, field);
      any = TRUE;
    }
  *choice = side == SYNC_SIDE_LOCAL ? "local" : "remote";
  *fields = any ? g_strv_builder_end (builder) : NULL;
  return TRUE;
}
