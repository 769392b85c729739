/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Asks whether a database may leave the cloud that it was synced with. confirmed: called with the
 * widget if it may. */
void sync_replace_dialog_show (GtkWidget *widget, GCallback confirmed);

G_END_DECLS
