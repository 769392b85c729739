/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-form.h"

/**
 * sync_form_set_busy:
 * @form: a widget with entries
 * @busy: whether what was filled in is worked on
 *
 * Lets nobody change it meanwhile. The focus is taken out of it first: an entry that is made insensitive
 * while it has the focus goes on as if it had. Afterwards it is there again.
 */
void
sync_form_set_busy (GtkWidget *form, gboolean busy)
{
  GtkRoot *root;
  GtkWidget *focus;

  g_return_if_fail (GTK_IS_WIDGET (form));

  root = gtk_widget_get_root (form);
  focus = root != NULL ? gtk_root_get_focus (root) : NULL;
  if (busy && focus != NULL && gtk_widget_is_ancestor (focus, form))
    gtk_root_set_focus (root, NULL);
  gtk_widget_set_sensitive (form, !busy);
  if (!busy && root != NULL && focus == NULL)
    gtk_widget_child_focus (form, GTK_DIR_TAB_FORWARD);
}

/**
 * sync_form_let_wrap:
 * @button: a button with a label
 *
 * Lets its label have several lines: some languages have longer words, and a telephone is narrow.
 */
void
sync_form_let_wrap (GtkButton *button)
{
  GtkWidget *label;

  g_return_if_fail (GTK_IS_BUTTON (button));

  label = gtk_button_get_child (button);
  if (!GTK_IS_LABEL (label))
    return;
  gtk_label_set_wrap (GTK_LABEL (label), TRUE);
  gtk_label_set_justify (GTK_LABEL (label), GTK_JUSTIFY_CENTER);
}

/* Two pages take turns in a drop-down: what is chosen, and that nothing is. */
static void
shorten_labels (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget))
    gtk_label_set_ellipsize (GTK_LABEL (widget), PANGO_ELLIPSIZE_END);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    shorten_labels (child);
}

/* What shows the choice is made when it gets into a window. */
static void
shorten_choice (GtkWidget *drop_down)
{
  shorten_labels (gtk_widget_get_first_child (drop_down));
}

/**
 * sync_form_let_shrink:
 * @drop_down: a drop-down that is not in a window yet
 *
 * Lets what is chosen be cut short where there is little room; the list still shows it whole.
 */
void
sync_form_let_shrink (GtkDropDown *drop_down)
{
  g_return_if_fail (GTK_IS_DROP_DOWN (drop_down));

  g_signal_connect (drop_down, "notify::root", G_CALLBACK (shorten_choice), NULL);
}
