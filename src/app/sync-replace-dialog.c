/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-replace-dialog.h"

#include <glib/gi18n.h>

/**
 * sync_replace_dialog_show:
 * @widget: who asks
 * @confirmed: called with @widget if the answer is yes
 *
 * Asks before a database begins anew with another cloud.
 */
void
sync_replace_dialog_show (GtkWidget *widget, GCallback confirmed)
{
  GtkWidget *dialog = adw_message_dialog_new (
      GTK_WINDOW (gtk_widget_get_root (widget)), _("Begin Anew With Another Cloud?"),
      _("This database was synced with another cloud. A snapshot of it is taken first; then all its "
        "rows are compared with the new one. Nothing is deleted."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "replace",
                                    _("_Begin Anew"), NULL);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response::replace", confirmed, widget, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}
