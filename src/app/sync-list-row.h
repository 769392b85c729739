/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sync-list-item.h"

G_BEGIN_DECLS

#define SYNC_TYPE_LIST_ROW (sync_list_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncListRow, sync_list_row, SYNC, LIST_ROW, GtkBox)

/* Shows a boxed value of a SyncListModel in a row. */
typedef void (*SyncListRowFunc) (SyncListRow *row, gconstpointer value, gpointer user_data);

/* Makes rows of two lines for a SyncListModel, which are filled in when their values are there. */
GtkListItemFactory *sync_list_row_factory_new (SyncListRowFunc show, gpointer user_data);
void sync_list_row_set_texts (SyncListRow *row, const char *title, const char *subtitle);
/* Above the row, for the first of several that belong together; NULL: none */
void sync_list_row_set_heading (SyncListRow *row, const char *heading);
/* Before the texts; what it means is said in them. NULL: none */
void sync_list_row_set_icon (SyncListRow *row, const char *icon_name);
/* Behind the texts: a button with this menu. NULL: none */
void sync_list_row_set_menu (SyncListRow *row, GMenuModel *menu);
guint sync_list_row_get_position (SyncListRow *row);
/* Fills it in anew when the other item's value is there. */
void sync_list_row_wait_for (SyncListRow *row, SyncListItem *item);

G_END_DECLS
