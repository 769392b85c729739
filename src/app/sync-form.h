/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* While what was filled in is worked on, nothing of it can be changed. */
void sync_form_set_busy (GtkWidget *form, gboolean busy);
/* Where there is little room, the label of a button goes on in a second line. */
void sync_form_let_wrap (GtkButton *button);
/* And what is chosen in a drop-down is cut short. */
void sync_form_let_shrink (GtkDropDown *drop_down);

G_END_DECLS
