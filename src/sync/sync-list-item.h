/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define SYNC_TYPE_LIST_ITEM (sync_list_item_get_type ())
G_DECLARE_FINAL_TYPE (SyncListItem, sync_list_item, SYNC, LIST_ITEM, GObject)

/* One row of a SyncListModel. Property `ready` (boolean): whether its value is there yet. Signal
 * `changed`: it has a value now, or another one. */
gboolean sync_list_item_is_ready (SyncListItem *item);
/* (nullable): a boxed value of the list's type, valid until `changed` */
gconstpointer sync_list_item_get_value (SyncListItem *item);
gint64 sync_list_item_get_key (SyncListItem *item);

G_END_DECLS
