/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* psync_history, one row a run, and its trace. All on the worker's thread. */

gint64 sync_store_begin_history (SyncStore *store, SyncRunKind kind, gint64 now, GError **error);
gboolean sync_store_finish_history (SyncStore *store, SyncResult *result, GError **error);
/* (element-type SyncResult), newest first; kind and outcome: NULL all, or some, between commas; limit
 * 0: all */
GPtrArray *sync_store_list_history (SyncStore *store, const char *kind, const char *outcome,
                                    guint offset, guint limit, GError **error);
/* (element-type gint64): the numbers of those runs, in that order */
GArray *sync_store_list_history_keys (SyncStore *store, const char *kind, const char *outcome,
                                      GError **error);
/* (element-type SyncTrace): rows of a run; direction: NULL all, or some of pulled, pushed, refused and
 * held between commas; limit 0: all */
GPtrArray *sync_store_list_trace (SyncStore *store, gint64 run, const char *direction, guint offset,
                                  guint limit, GError **error);
GArray *
sync_store_list_trace_keys (SyncStore *store, gint64 run, const char *direction, GError **error);
/* Adds up the runs that began between one moment and the next: `days` has their starts filled in, `end` is the
 * end of the last. (element-type SyncDay) */
gboolean sync_store_sum_days (SyncStore *store, GArray *days, gint64 end, GError **error);
/* When a run last ended well, or SYNC_TIME_UNKNOWN. */
gboolean sync_store_get_last_sync (SyncStore *store, gint64 *time, GError **error);
/* Forgets the trace of runs that ended before `before`. How many entries, -1 on error. */
gssize sync_store_trim_trace (SyncStore *store, gint64 before, GError **error);

G_END_DECLS
