/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* Counts: how the database stands. All on the worker's thread. */

/* history: how many of the newest runs to give with it; `next_sync_at` stays unknown. */
SyncStats *sync_store_count_waiting (SyncStore *store, guint history, GError **error);
SyncStats *sync_store_get_stats (SyncStore *store, guint history, GError **error);
/* (element-type SyncEntityStatus), parents first */
GPtrArray *sync_store_list_entity_status (SyncStore *store, GError **error);

G_END_DECLS
