/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-undo.h"

#include <glib/gi18n.h>

#include "sync-toast.h"

/* Taking decisions back, from a toast in whichever window it appears. */

static GtkWidget *
find_overlay (GtkWidget *widget)
{
  GtkWidget *found = ADW_IS_TOAST_OVERLAY (widget) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_overlay (child);
  return found;
}

/* A widget in the overlay of the window, which toasts are asked of. */
static GtkWidget *
find_speaker (GtkWidget *window)
{
  GtkWidget *overlay = find_overlay (window);

  return overlay != NULL ? adw_toast_overlay_get_child (ADW_TOAST_OVERLAY (overlay)) : NULL;
}

static void
undone (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GtkWidget) window = user_data;
  GtkWidget *speaker = find_speaker (window);
  g_autoptr (GError) error = NULL;
  gboolean good = sync_conflicts_undo_finish (SYNC_CONFLICTS (object), result, &error);

  if (speaker != NULL && good)
    sync_toast_show (speaker, _("Undone: what was not chosen is back, as a new change of this device"));
  else if (speaker != NULL)
    sync_toast_show_error (speaker, error);
}

static void
activate (GSimpleAction *action, GVariant *parameter, gpointer window)
{
  SyncProfile *profile = g_object_get_data (G_OBJECT (action), "sync-profile");
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  gsize n;
  const gint64 *given = g_variant_get_fixed_array (parameter, &n, sizeof (gint64));

  g_array_append_vals (numbers, given, (guint) n);
  sync_conflicts_undo_async (sync_profile_get_conflicts (profile), numbers, NULL, undone,
                             g_object_ref (window));
}

void
sync_conflict_undo_install (GtkWidget *window, SyncProfile *profile)
{
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  g_autoptr (GSimpleAction) action = g_simple_action_new ("undo", G_VARIANT_TYPE ("ax"));

  g_object_set_data_full (G_OBJECT (action), "sync-profile", g_object_ref (profile), g_object_unref);
  g_signal_connect_object (action, "activate", G_CALLBACK (activate), window, 0);
  g_action_map_add_action (G_ACTION_MAP (group), G_ACTION (action));
  gtk_widget_insert_action_group (window, "conflicts", G_ACTION_GROUP (group));
}

void
sync_conflict_undo_say (GtkWindow *window, const char *text, GArray *numbers)
{
  GtkWidget *speaker = window != NULL ? find_speaker (GTK_WIDGET (window)) : NULL;

  if (speaker == NULL)
    return;
  if (numbers == NULL)
    sync_toast_show (speaker, text);
  else
    sync_toast_show_action (speaker, text, _("Undo"), "conflicts.undo",
                            g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, numbers->data, numbers->len,
                                                       sizeof (gint64)));
}
