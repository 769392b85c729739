/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-dialog.h"

#include <glib/gi18n.h>

#include "sync-conflict-undo.h"
#include "sync-conflict-view.h"
#include "sync-plain-window.h"
#include "sync-toast.h"
#include "sync-value-text.h"
#include "sync-words.h"

/**
 * SyncConflictDialog:
 *
 * Decides open conflicts, one after the other. It follows what happens elsewhere: a conflict that changes is shown
 * anew, one that is decided meanwhile gives way to the next.
 */
struct _SyncConflictDialog
{
  AdwWindow parent_instance;

  SyncProfile *profile;       /* (owned) */
  gint64 number;              /* of the conflict that is shown */
  guint position;             /* among the open ones */
  SyncComparison *comparison; /* (owned) (nullable): as it is shown */
  gboolean busy;              /* deciding */
  gboolean over;              /* about to close */
  GCancellable *cancellable;  /* (owned) */

  AdwWindowTitle *window_title;
  AdwToastOverlay *toasts;
  GtkScrolledWindow *scroller;
  SyncConflictView *view;
  GtkCheckButton *all_button;
};

G_DEFINE_FINAL_TYPE (SyncConflictDialog, sync_conflict_dialog, ADW_TYPE_WINDOW)

static void load (SyncConflictDialog *self);
static void load_position (SyncConflictDialog *self);

static guint
count_conflicts (SyncConflictDialog *self)
{
  guint count = 0;

  g_object_get (sync_profile_get_manager (self->profile), "conflict-count", &count, NULL);
  return count;
}

/* --- Showing ---------------------------------------------------------------------------------- */

/* The window behind outlives the dialog, so that is where the last words are said. */
static void
close_with (SyncConflictDialog *self, const char *text)
{
  self->over = TRUE;
  if (text != NULL)
    sync_conflict_undo_say (gtk_window_get_transient_for (GTK_WINDOW (self)), text, NULL);
  gtk_window_close (GTK_WINDOW (self));
}

static void
update_actions (SyncConflictDialog *self)
{
  gboolean ready = self->comparison != NULL && !self->busy;

  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.resolve", ready);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.keep-both",
                                 ready && self->comparison->conflict->can_keep_both);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.previous", !self->busy && self->position > 0);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.next",
                                 !self->busy && self->position + 1 < count_conflicts (self));
}

static void
answer_changed (SyncConflictDialog *self)
{
  const char *choice;
  g_auto (GStrv) fields = NULL;
  gboolean good;

  if (self->comparison == NULL)
    return;
  good = sync_conflict_view_get_answer (self->view, &choice, &fields, NULL);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "conflict.resolve", good && !self->busy);
  gtk_widget_set_sensitive (GTK_WIDGET (self->all_button),
                            good && fields == NULL && sync_conflict_view_is_whole (self->view));
  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->all_button)))
    gtk_check_button_set_active (self->all_button, FALSE);
}

static void
show_title (SyncConflictDialog *self)
{
  const SyncConflict *conflict = self->comparison->conflict;
  guint count = MAX (count_conflicts (self), self->position + 1);
  g_autofree char *title = g_strdup_printf (_("Conflict %u of %u"), self->position + 1, count);
  g_autofree char *row
      = sync_row_to_title (conflict->local != NULL ? conflict->local : conflict->remote, conflict->id);
  g_autofree char *subtitle = g_strdup_printf ("%s · %s", conflict->entity, row);

  adw_window_title_set_title (self->window_title, title);
  adw_window_title_set_subtitle (self->window_title, subtitle);
  gtk_window_set_title (GTK_WINDOW (self), title);
}

static void
show (SyncConflictDialog *self)
{
  const SyncConflict *conflict = self->comparison->conflict;
  g_autofree char *kind = sync_words_for_conflict_kind (conflict->kind);
  g_autofree char *all
      = g_strdup_printf (_("Do the same with all of this kind (%s, %s)"), conflict->entity, kind);

  gtk_check_button_set_label (self->all_button, all);
  gtk_widget_set_visible (GTK_WIDGET (self->all_button), count_conflicts (self) > 1);
  gtk_check_button_set_active (self->all_button, FALSE);
  show_title (self);
  gtk_widget_set_visible (GTK_WIDGET (self->view), TRUE);
  update_actions (self);
  sync_conflict_view_set_comparison (self->view, self->comparison);
}

/* --- Loading ---------------------------------------------------------------------------------- */

static gboolean
is_shown (SyncConflictDialog *self, const SyncConflict *conflict)
{
  const SyncConflict *shown = self->comparison != NULL ? self->comparison->conflict : NULL;

  return shown != NULL && shown->number == conflict->number && shown->seq == conflict->seq
         && shown->remote_version == conflict->remote_version && g_strcmp0 (shown->local, conflict->local) == 0
         && g_strcmp0 (shown->remote, conflict->remote) == 0;
}

/* Decided on another device, by the rows becoming equal, or in another window. */
static void
skip (SyncConflictDialog *self)
{
  if (self->comparison != NULL)
    {
      const SyncConflict *conflict = self->comparison->conflict;
      g_autofree char *row
          = sync_row_to_title (conflict->local != NULL ? conflict->local : conflict->remote, conflict->id);
      g_autofree char *text = g_strdup_printf (_("The conflict of “%s” was resolved elsewhere"), row);

      if (count_conflicts (self) == 0)
        {
          close_with (self, text);
          return;
        }
      sync_conflict_undo_say (GTK_WINDOW (self), text, NULL);
    }
  g_clear_pointer (&self->comparison, sync_comparison_free);
  load_position (self);
}

static void
compared (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncComparison) comparison
      = sync_conflicts_compare_finish (SYNC_CONFLICTS (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable) || self->busy)
    return;
  if (comparison == NULL && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND))
    {
      sync_toast_show_error (GTK_WIDGET (self->scroller), error);
      return;
    }
  if (comparison != NULL && comparison->conflict->number != self->number)
    return;
  if (comparison == NULL || !g_str_equal (comparison->conflict->state, "open"))
    {
      skip (self);
      return;
    }
  if (is_shown (self, comparison->conflict))
    {
      show_title (self);
      update_actions (self);
      answer_changed (self);
      return;
    }
  if (self->comparison != NULL && self->comparison->conflict->number == self->number)
    sync_conflict_undo_say (GTK_WINDOW (self), _("The row changed meanwhile: look again"), NULL);
  g_clear_pointer (&self->comparison, sync_comparison_free);
  self->comparison = g_steal_pointer (&comparison);
  show (self);
}

static void
load (SyncConflictDialog *self)
{
  if (self->busy || self->over)
    return;
  sync_conflicts_compare_async (sync_profile_get_conflicts (self->profile), self->number, self->cancellable,
                                compared, g_object_ref (self));
}

static void
found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = sync_conflicts_list_finish (SYNC_CONFLICTS (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (list == NULL)
    sync_toast_show_error (GTK_WIDGET (self->scroller), error);
  else if (list->len > 0)
    {
      self->number = ((SyncConflict *) g_ptr_array_index (list, 0))->number;
      load (self);
    }
  else if (self->position > 0)
    {
      self->position--;
      load_position (self);
    }
  else
    close_with (self, NULL);
}

static void
load_position (SyncConflictDialog *self)
{
  if (self->over)
    return;
  sync_conflicts_list_async (sync_profile_get_conflicts (self->profile), FALSE, self->position, 1,
                             self->cancellable, found, g_object_ref (self));
}

static void
move (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  if (g_str_equal (action, "conflict.previous"))
    self->position--;
  else
    self->position++;
  g_clear_pointer (&self->comparison, sync_comparison_free);
  load_position (self);
}

/* --- Deciding --------------------------------------------------------------------------------- */

static void
set_busy (SyncConflictDialog *self, gboolean busy)
{
  self->busy = busy;
  update_actions (self);
  if (!busy)
    answer_changed (self);
}

/* What was decided can be taken back where the next thing is shown. */
static void
go_on (SyncConflictDialog *self, GArray *numbers)
{
  GtkWindow *parent = gtk_window_get_transient_for (GTK_WINDOW (self));
  g_autofree char *text
      = g_strdup_printf (ngettext ("%u conflict resolved", "%u conflicts resolved", numbers->len), numbers->len);

  g_clear_pointer (&self->comparison, sync_comparison_free);
  if (count_conflicts (self) <= numbers->len)
    {
      self->over = TRUE;
      sync_conflict_undo_say (parent, text, numbers);
      gtk_window_close (GTK_WINDOW (self));
      return;
    }
  sync_conflict_undo_say (GTK_WINDOW (self), text, numbers);
  load_position (self);
}

static void
decided (SyncConflictDialog *self, GArray *numbers, const GError *error)
{
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  set_busy (self, FALSE);
  if (numbers != NULL)
    {
      go_on (self, numbers);
      return;
    }
  if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
    sync_toast_show_error (GTK_WIDGET (self->scroller), error);
  load (self);
}

static void
resolved (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) numbers = NULL;

  if (sync_conflicts_resolve_finish (SYNC_CONFLICTS (object), result, &error))
    {
      numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
      g_array_append_val (numbers, self->number);
    }
  decided (self, numbers, error);
}

static void
resolved_all (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) numbers = NULL;

  sync_conflicts_resolve_all_finish (SYNC_CONFLICTS (object), result, &numbers, &error);
  decided (self, numbers, error);
}

static void
decide (SyncConflictDialog *self, const char *choice, const char *const *fields, gboolean all)
{
  SyncConflicts *conflicts = sync_profile_get_conflicts (self->profile);
  SyncConflict *conflict = self->comparison->conflict;
  SyncConflict like = { .entity = conflict->entity, .kind = conflict->kind };

  set_busy (self, TRUE);
  if (all)
    sync_conflicts_resolve_all_async (conflicts, &like, choice, self->cancellable, resolved_all,
                                      g_object_ref (self));
  else
    sync_conflicts_resolve_async (conflicts, conflict->number, conflict, choice, fields, self->cancellable,
                                  resolved, g_object_ref (self));
}

static void
resolve (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);
  g_auto (GStrv) fields = NULL;
  const char *choice;

  if (sync_conflict_view_get_answer (self->view, &choice, &fields, NULL))
    decide (self, choice, (const char *const *) fields, gtk_check_button_get_active (self->all_button));
}

static void
keep_both (GtkWidget *widget, const char *action, GVariant *parameter)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (widget);

  decide (self, "both", NULL, gtk_check_button_get_active (self->all_button));
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_conflict_dialog_dispose (GObject *object)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->comparison, sync_comparison_free);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_conflict_dialog_parent_class)->dispose (object);
}

static void
sync_conflict_dialog_finalize (GObject *object)
{
  SyncConflictDialog *self = SYNC_CONFLICT_DIALOG (object);

  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_conflict_dialog_parent_class)->finalize (object);
}

static void
sync_conflict_dialog_class_init (SyncConflictDialogClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = sync_conflict_dialog_dispose;
  object_class->finalize = sync_conflict_dialog_finalize;

  g_type_ensure (SYNC_TYPE_CONFLICT_VIEW);
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-conflict-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, window_title);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, toasts);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, scroller);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, view);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictDialog, all_button);
  gtk_widget_class_bind_template_callback (widget_class, answer_changed);

  gtk_widget_class_install_action (widget_class, "conflict.previous", NULL, move);
  gtk_widget_class_install_action (widget_class, "conflict.next", NULL, move);
  gtk_widget_class_install_action (widget_class, "conflict.resolve", NULL, resolve);
  gtk_widget_class_install_action (widget_class, "conflict.keep-both", NULL, keep_both);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "window.close", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Up, GDK_CONTROL_MASK, "conflict.previous", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Page_Down, GDK_CONTROL_MASK, "conflict.next", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_CONTROL_MASK, "conflict.resolve", NULL);
}

static void
sync_conflict_dialog_init (SyncConflictDialog *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflict_dialog_new: (constructor)
 * @profile: a database
 * @parent: the window that it belongs to; it says what was decided last
 * @number: an open conflict
 * @position: its place among the open ones, oldest first
 *
 * Returns: (transfer none): the dialog, not shown yet; it goes when it is closed
 */
GtkWindow *
sync_conflict_dialog_new (SyncProfile *profile, GtkWindow *parent, gint64 number, guint position)
{
  SyncConflictDialog *self;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_CONFLICT_DIALOG, NULL);
  sync_plain_window_keep_over (GTK_WINDOW (self), parent);
  self->profile = g_object_ref (profile);
  self->number = number;
  self->position = position;
  update_actions (self);
  sync_conflict_undo_install (GTK_WIDGET (self), profile);
  g_signal_connect_object (sync_profile_get_manager (profile), "data-changed", G_CALLBACK (load), self,
                           G_CONNECT_SWAPPED);
  load (self);
  return GTK_WINDOW (self);
}
