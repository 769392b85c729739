/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* psync_conflict: open conflicts, and the record of all that was overwritten or taken away. All
 * on the worker's thread, inside the caller's transaction if one is open. */

/* How long what was decided or taken away can be looked at and undone. */
#define SYNC_RECORD_LIFETIME (30 * G_TIME_SPAN_DAY)

gint64 sync_store_put_conflict (SyncStore *store, const SyncConflict *conflict, GError **error);
gboolean sync_store_get_open_conflict (SyncStore *store, const char *entity, const char *id,
                                       SyncConflict **conflict, GError **error);
gboolean
sync_store_close_conflict (SyncStore *store, gint64 number, const char *resolution,
                           const char *resolved_by, const char *result_json, GError **error);
gboolean sync_store_mark_undone (SyncStore *store, gint64 number, GError **error);
SyncConflict *sync_store_get_conflict (SyncStore *store, gint64 number, GError **error);
/* (element-type SyncConflict); limit 0: all */
GPtrArray *sync_store_list_conflicts (SyncStore *store, gboolean records, guint offset, guint limit,
                                      GError **error);
/* (element-type gint64): their numbers, in that order */
GArray *sync_store_list_conflict_keys (SyncStore *store, gboolean records, GError **error);
gboolean sync_store_trim_records (SyncStore *store, gint64 now, GError **error);

/* Always FALSE: SYNC_ERROR_STALE, the conflict is not as it was. */
gboolean sync_store_set_stale (const SyncConflict *conflict, GError **error);

/* Whether the row with this id could get another one, so that both sides of a conflict can be
 * kept. */
gboolean sync_store_can_copy_row (SyncStore *store, const SyncEntity *entity, const char *id);

G_END_DECLS
