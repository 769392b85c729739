/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-accessible.h"

static void
update (GtkSelectionModel *pages)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (pages));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) page = g_list_model_get_item (G_LIST_MODEL (pages), i);
      g_autoptr (GtkWidget) child = NULL;

      g_object_get (page, "child", &child, NULL);
      gtk_accessible_update_state (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_STATE_HIDDEN,
                                   !gtk_selection_model_is_selected (pages, i), -1);
    }
}

/* The model lives as long as somebody has it: here, the stack. (pages transfer full) */
static void
follow (gpointer stack, GtkSelectionModel *pages)
{
  g_signal_connect_object (stack, "notify::visible-child", G_CALLBACK (update), pages,
                           G_CONNECT_SWAPPED);
  g_signal_connect (pages, "items-changed", G_CALLBACK (update), NULL);
  g_object_set_data_full (stack, "sync-accessible-pages", pages, g_object_unref);
  update (pages);
}

/**
 * sync_accessible_follow_stack:
 * @stack: a stack
 *
 * Hides its pages that are not shown from assistive technology.
 */
void
sync_accessible_follow_stack (GtkStack *stack)
{
  g_return_if_fail (GTK_IS_STACK (stack));

  follow (stack, gtk_stack_get_pages (stack));
}

/**
 * sync_accessible_follow_view_stack:
 * @stack: a stack
 *
 * Hides its pages that are not shown from assistive technology.
 */
void
sync_accessible_follow_view_stack (AdwViewStack *stack)
{
  g_return_if_fail (ADW_IS_VIEW_STACK (stack));

  follow (stack, adw_view_stack_get_pages (stack));
}
