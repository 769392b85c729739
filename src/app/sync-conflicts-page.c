/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflicts-page.h"

#include "sync-conflict-dialog.h"
#include "sync-conflict-undo.h"
#include "sync-list-model.h"
#include "sync-list-row.h"
#include "sync-value-text.h"
#include "sync-words.h"

/**
 * SyncConflictsPage:
 *
 * A database's page: what waits for a decision. Each opens the dialog in which it is decided.
 */
struct _SyncConflictsPage
{
  AdwBin parent_instance;

  SyncProfile *profile;    /* (owned) */
  SyncListModel *conflicts; /* (owned): oldest first */

  GtkStack *stack;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (SyncConflictsPage, sync_conflicts_page, ADW_TYPE_BIN)

static void
show_conflict (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  const SyncConflict *conflict = value;
  g_autofree char *title
      = sync_row_to_title (conflict->local != NULL ? conflict->local : conflict->remote, conflict->id);
  g_autofree char *kind = sync_words_for_conflict_kind (conflict->kind);
  g_autofree char *since = sync_words_for_absolute_time (conflict->created_at);
  g_autofree char *subtitle = g_strdup_printf ("%s · %s · %s", conflict->entity, kind, since);

  sync_list_row_set_texts (row, title, subtitle);
}

static void
open_conflict (SyncConflictsPage *self, guint position)
{
  g_autoptr (SyncListItem) item = g_list_model_get_item (G_LIST_MODEL (self->conflicts), position);
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (item != NULL)
    gtk_window_present (sync_conflict_dialog_new (self->profile, GTK_WINDOW (root), sync_list_item_get_key (item),
                                                  position));
}

static void
show_list_or_none (SyncConflictsPage *self)
{
  gboolean any = g_list_model_get_n_items (G_LIST_MODEL (self->conflicts)) > 0;

  gtk_stack_set_visible_child_name (self->stack, any ? "list" : "empty");
}

/* What is decided can be undone from wherever it is said. */
static void
sync_conflicts_page_root (GtkWidget *widget)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (widget);

  GTK_WIDGET_CLASS (sync_conflicts_page_parent_class)->root (widget);
  sync_conflict_undo_install (GTK_WIDGET (gtk_widget_get_root (widget)), self->profile);
}

static void
sync_conflicts_page_dispose (GObject *object)
{
  SyncConflictsPage *self = SYNC_CONFLICTS_PAGE (object);

  g_clear_object (&self->conflicts);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_conflicts_page_parent_class)->dispose (object);
}

static void
sync_conflicts_page_class_init (SyncConflictsPageClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_conflicts_page_dispose;
  widget_class->root = sync_conflicts_page_root;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-conflicts-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, stack);
  gtk_widget_class_bind_template_child (widget_class, SyncConflictsPage, list);
  gtk_widget_class_bind_template_callback (widget_class, open_conflict);
}

static void
sync_conflicts_page_init (SyncConflictsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_conflicts_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncConflictsPage *
sync_conflicts_page_new (SyncProfile *profile)
{
  SyncConflictsPage *self;
  g_autoptr (GtkListItemFactory) factory = NULL;
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_CONFLICTS_PAGE, NULL);
  self->profile = g_object_ref (profile);
  self->conflicts
      = sync_list_model_new (sync_profile_get_manager (profile), &sync_list_of_conflicts);
  factory = sync_list_row_factory_new (show_conflict, NULL);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->conflicts)));
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (self->conflicts, "items-changed", G_CALLBACK (show_list_or_none), self,
                           G_CONNECT_SWAPPED);
  show_list_or_none (self);
  return self;
}
