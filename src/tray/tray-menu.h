/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define TRAY_TYPE_MENU (tray_menu_get_type ())
G_DECLARE_FINAL_TYPE (TrayMenu, tray_menu, TRAY, MENU, GObject)

/* A menu of plain items made from an exported menu whose actions are called `app.…`. An item whose
 * action has a text for its state and that has no target shows that text. */
TrayMenu *tray_menu_new (GMenuModel *model, GActionGroup *actions);
GtkMenu *tray_menu_get_widget (TrayMenu *menu);

G_END_DECLS
