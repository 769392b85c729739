/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-list-item.h"

G_BEGIN_DECLS

/* For the list that it is in. */
SyncListItem *sync_list_item_new (gint64 key, GType value_type);
void sync_list_item_take_value (SyncListItem *item, gpointer value); /* (transfer full) */
/* In which of the list's pages it is kept alive: the list's own pointer. */
void sync_list_item_set_page (SyncListItem *item, gpointer page);
gpointer sync_list_item_get_page (SyncListItem *item);

G_END_DECLS
