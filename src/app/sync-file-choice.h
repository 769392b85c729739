/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* path: of a local file. user_data: the widget that asked. Not called if none is chosen, or if the
 * widget is gone. */
typedef void (*SyncFileChosenFunc) (const char *path, gpointer user_data);

void sync_file_choice_open (GtkWidget *widget, const char *title, SyncFileChosenFunc chosen);
void sync_file_choice_save (GtkWidget *widget, const char *title, const char *name,
                            SyncFileChosenFunc chosen);

G_END_DECLS
