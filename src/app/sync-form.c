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
