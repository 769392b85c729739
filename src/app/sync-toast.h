/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/* Toasts of the window that a widget is in. An error is told by its title; where it needs more than
 * that, it belongs into a SyncErrorRow. One that is a cancellation is not told. */
void sync_toast_show (GtkWidget *widget, const char *text);
void sync_toast_show_error (GtkWidget *widget, const GError *error);
/* With a button; `action` and `target` (floating, nullable) as of a menu item. */
void sync_toast_show_action (GtkWidget *widget, const char *text, const char *button,
                             const char *action, GVariant *target);

G_END_DECLS
