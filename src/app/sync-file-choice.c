/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-choice.h"

#include <glib/gi18n.h>

/* A choice under way. It belongs to its dialog, which belongs to itself until it has answered. */
typedef struct
{
  GWeakRef widget;
  SyncFileChosenFunc chosen;
} Choice;

static void
choice_free (gpointer data)
{
  Choice *choice = data;

  g_weak_ref_clear (&choice->widget);
  g_free (choice);
}

static void
answered (GtkNativeDialog *dialog, int response, Choice *choice)
{
  g_autoptr (GtkWidget) widget = g_weak_ref_get (&choice->widget);
  g_autoptr (GFile) file = NULL;

  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  if (widget != NULL && gtk_widget_get_root (widget) != NULL && file != NULL
      && g_file_peek_path (file) != NULL)
    choice->chosen (g_file_peek_path (file), widget);
  gtk_native_dialog_destroy (dialog);
  g_object_unref (dialog);
}

static void
ask (GtkWidget *widget, const char *title, GtkFileChooserAction action, const char *name,
     SyncFileChosenFunc chosen)
{
  GtkWindow *parent = GTK_WINDOW (gtk_widget_get_root (widget));
  GtkFileChooserNative *dialog = gtk_file_chooser_native_new (
      title, parent, action,
      action == GTK_FILE_CHOOSER_ACTION_SAVE ? _("_Save") : _("_Open"), NULL);
  Choice *choice = g_new0 (Choice, 1);

  g_weak_ref_init (&choice->widget, widget);
  choice->chosen = chosen;
  g_object_set_data_full (G_OBJECT (dialog), "choice", choice, choice_free);
  g_signal_connect (dialog, "response", G_CALLBACK (answered), choice);
  gtk_native_dialog_set_modal (GTK_NATIVE_DIALOG (dialog), TRUE);
  if (name != NULL)
    gtk_file_chooser_set_current_name (GTK_FILE_CHOOSER (dialog), name);
  gtk_native_dialog_show (GTK_NATIVE_DIALOG (dialog));
}

/**
 * sync_file_choice_open:
 * @widget: who asks
 * @title: the dialog's title
 * @chosen: called with a file
 *
 * Lets the user choose a file that exists.
 */
void
sync_file_choice_open (GtkWidget *widget, const char *title, SyncFileChosenFunc chosen)
{
  ask (widget, title, GTK_FILE_CHOOSER_ACTION_OPEN, NULL, chosen);
}

/**
 * sync_file_choice_save:
 * @widget: who asks
 * @title: the dialog's title
 * @name: the file's name, unless the user chooses another one
 * @chosen: called with a file
 *
 * Lets the user choose a new file.
 */
void
sync_file_choice_save (GtkWidget *widget, const char *title, const char *name,
                       SyncFileChosenFunc chosen)
{
  ask (widget, title, GTK_FILE_CHOOSER_ACTION_SAVE, name, chosen);
}
