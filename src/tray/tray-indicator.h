/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TRAY_TYPE_INDICATOR (tray_indicator_get_type ())
G_DECLARE_FINAL_TYPE (TrayIndicator, tray_indicator, TRAY, INDICATOR, GObject)

/* The icon in the tray: its name, whether it asks for attention, and its tooltip are the state of
 * the action `tray-icon`. icon_path (nullable): where icons are beside the usual places. */
TrayIndicator *tray_indicator_new (GActionGroup *actions, GtkMenu *menu, const char *icon_path);

G_END_DECLS
