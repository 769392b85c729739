/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-plain-window.h"

#define WIDTH 480

static void
close_on_escape (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_add_shortcut (
      GTK_SHORTCUT_CONTROLLER (controller),
      gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                        gtk_named_action_new ("window.close")));
  gtk_widget_add_controller (window, controller);
}

static void
leave_parent (GtkWindow *window)
{
  gtk_window_set_transient_for (window, NULL);
}

/**
 * sync_plain_window_keep_over:
 * @window: a window
 * @parent: over which one it is
 *
 * One that is closed while something still holds it, an answer that has not come say, may outlive its parent, which GTK
 * takes to be there. One that is open goes with its parent.
 */
void
sync_plain_window_keep_over (GtkWindow *window, GtkWindow *parent)
{
  gtk_window_set_transient_for (window, parent);
  gtk_window_set_destroy_with_parent (window, TRUE);
  g_signal_connect (window, "unrealize", G_CALLBACK (leave_parent), NULL);
}

static GtkWindow *
find_over (GtkWindow *parent, GType type)
{
  g_autoptr (GList) windows = gtk_window_list_toplevels ();

  for (GList *l = windows; l != NULL; l = l->next)
    if (G_TYPE_CHECK_INSTANCE_TYPE (l->data, type) && gtk_window_get_transient_for (l->data) == parent
        && gtk_widget_get_visible (l->data))
      return l->data;
  return NULL;
}

/**
 * sync_plain_window_present_over:
 * @parent: a window
 * @type: a kind of windows
 *
 * What is asked for twice, by the tray say, is there once.
 *
 * Returns: whether there is such a window over @parent, which is shown then
 */
gboolean
sync_plain_window_present_over (GtkWindow *parent, GType type)
{
  GtkWindow *window = find_over (parent, type);

  if (window != NULL)
    gtk_window_present (window);
  return window != NULL;
}

/**
 * sync_plain_window_close_over:
 * @parent: a window
 * @type: a kind of windows
 *
 * Closes what would be in front of what is to be seen in @parent.
 */
void
sync_plain_window_close_over (GtkWindow *parent, GType type)
{
  GtkWindow *window = find_over (parent, type);

  if (window != NULL)
    gtk_window_close (window);
}

/**
 * sync_plain_window_new:
 * @parent: over which window
 * @title: what it is about
 * @start: (nullable): a button in the header bar
 * @content: what is in it
 * @height: how high it is at first
 *
 * Returns: (transfer none): a window, not shown yet
 */
GtkWindow *
sync_plain_window_new (GtkWindow *parent, const char *title, GtkWidget *start, GtkWidget *content,
                       int height)
{
  GtkWidget *window = adw_window_new ();
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();

  if (start != NULL)
    adw_header_bar_pack_start (ADW_HEADER_BAR (header), start);
  gtk_widget_set_vexpand (content, TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), content);
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_window_set_title (GTK_WINDOW (window), title);
  gtk_window_set_default_size (GTK_WINDOW (window), WIDTH, height);
  sync_plain_window_keep_over (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  close_on_escape (window);
  return GTK_WINDOW (window);
}
