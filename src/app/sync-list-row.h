/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

#define SYNC_TYPE_LIST_ROW (sync_list_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncListRow, sync_list_row, SYNC, LIST_ROW, GtkBox)

/* Shows a boxed value of a SyncListModel in a row. */
typedef void (*SyncListRowFunc) (SyncListRow *row, gconstpointer value, gpointer user_data);

/* Makes rows of two lines for a SyncListModel, which are filled in when their values are there. */
GtkListItemFactory *sync_list_row_factory_new (SyncListRowFunc show, gpointer user_data);
void sync_list_row_set_texts (SyncListRow *row, const char *title, const char *subtitle);

G_END_DECLS
