/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* While what was filled in is worked on, nothing of it can be changed. */
void sync_form_set_busy (GtkWidget *form, gboolean busy);

G_END_DECLS
