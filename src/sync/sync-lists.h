/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-comparison.h"
#include "sync-manager.h"

G_BEGIN_DECLS

/* What else has verbs: SyncQueue, SyncConflicts, SyncHistory, SyncDevices, SyncEntities, SyncSnapshots.
 * Each belongs to a SyncManager, answers on the main thread, and makes the manager refresh.
 * Lists answer with a page of copies (limit 0: all). */

/* --- SyncQueue ------------------------------------------------------------------------------ */
#define SYNC_TYPE_QUEUE (sync_queue_get_type ())
G_DECLARE_FINAL_TYPE (SyncQueue, sync_queue, SYNC, QUEUE, GObject)

SyncQueue *sync_queue_new (SyncManager *manager);
/* (element-type SyncChange); state: NULL all, or pending, refused, failed */
void sync_queue_list_async (SyncQueue *queue, const char *state, guint offset, guint limit,
                            GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_queue_list_finish (SyncQueue *queue, GAsyncResult *result, GError **error);
/* (element-type SyncHeld) */
void sync_queue_list_held_async (SyncQueue *queue, guint offset, guint limit, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_queue_list_held_finish (SyncQueue *queue, GAsyncResult *result, GError **error);
void sync_queue_get_stats_async (SyncQueue *queue, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_queue_get_stats_finish (SyncQueue *queue, GAsyncResult *result, SyncQueueStats *stats,
                                      GError **error);
/* How one row stands, its contents, and as it was last synced: a JSON object. */
void sync_queue_get_json_async (SyncQueue *queue, const char *entity, const char *id,
                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
char *sync_queue_get_json_finish (SyncQueue *queue, GAsyncResult *result, GError **error);
/* entity and id NULL: all refused and failed rows. Answers how many, -1 on error. */
void sync_queue_retry_async (SyncQueue *queue, const char *entity, const char *id,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
gssize sync_queue_retry_finish (SyncQueue *queue, GAsyncResult *result, GError **error);
/* The local contents go to the record, the cloud's row is taken with the next run. entity NULL: every
 * refused and failed row ("clear-failed"). */
void sync_queue_discard_async (SyncQueue *queue, const char *entity, const char *id,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
gssize sync_queue_discard_finish (SyncQueue *queue, GAsyncResult *result, GError **error);
/* Trims the trace of what was moved, in history. */
void sync_queue_clear_completed_async (SyncQueue *queue, gint64 older_than_seconds,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data);
gssize sync_queue_clear_completed_finish (SyncQueue *queue, GAsyncResult *result, GError **error);

/* --- SyncConflicts -------------------------------------------------------------------------- */
#define SYNC_TYPE_CONFLICTS (sync_conflicts_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflicts, sync_conflicts, SYNC, CONFLICTS, GObject)

SyncConflicts *sync_conflicts_new (SyncManager *manager);
/* (element-type SyncConflict): the open ones, or with `records` the 30-day list of what was decided or taken
 * away */
void sync_conflicts_list_async (SyncConflicts *conflicts, gboolean records, guint offset, guint limit,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
GPtrArray *sync_conflicts_list_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error);
void sync_conflicts_get_async (SyncConflicts *conflicts, gint64 number, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
SyncConflict *sync_conflicts_get_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error);
/* Column by column, with what the strategy would do. */
void sync_conflicts_compare_async (SyncConflicts *conflicts, gint64 number, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
SyncComparison *sync_conflicts_compare_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error);
/* choice: local, remote or both; fields (nullable): NULL-terminated COL=local|remote|=JSON-value pairs that
 * differ from the choice ("title=remote", "title:=\"by hand\""). expected (nullable): as it was shown:
 * SYNC_ERROR_STALE if either side changed since. */
void sync_conflicts_resolve_async (SyncConflicts *conflicts, gint64 number, const SyncConflict *expected,
                                   const char *choice, const char *const *fields,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean sync_conflicts_resolve_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error);
/* Every open conflict, or those like `like` (entity and kind). Answers how many and which, -1 on error. */
void sync_conflicts_resolve_all_async (SyncConflicts *conflicts, const SyncConflict *like,
                                       const char *choice, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
gssize sync_conflicts_resolve_all_finish (SyncConflicts *conflicts, GAsyncResult *result, GArray **numbers,
                                          GError **error);
/* Puts back what resolutions or records took away, as new local changes. */
void sync_conflicts_undo_async (SyncConflicts *conflicts, GArray *numbers, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_conflicts_undo_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error);

/* --- SyncHistory ---------------------------------------------------------------------------- */
#define SYNC_TYPE_HISTORY (sync_history_get_type ())
G_DECLARE_FINAL_TYPE (SyncHistory, sync_history, SYNC, HISTORY, GObject)

SyncHistory *sync_history_new (SyncManager *manager);
/* (element-type SyncResult), newest first */
void sync_history_list_async (SyncHistory *history, guint offset, guint limit, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_history_list_finish (SyncHistory *history, GAsyncResult *result, GError **error);
/* The last so many days, the oldest first, today included. (element-type SyncDay) */
void sync_history_sum_days_async (SyncHistory *history, guint days, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
GArray *sync_history_sum_days_finish (SyncHistory *history, GAsyncResult *result, GError **error);
/* (element-type SyncTrace): the rows that a run moved, or could not; direction: NULL all, or some of pulled,
 * pushed, refused and held between commas */
void sync_history_list_trace_async (SyncHistory *history, gint64 run, const char *direction, guint offset,
                                    guint limit, GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);
GPtrArray *sync_history_list_trace_finish (SyncHistory *history, GAsyncResult *result, GError **error);

/* --- SyncDevices ---------------------------------------------------------------------------- */
#define SYNC_TYPE_DEVICES (sync_devices_get_type ())
G_DECLARE_FINAL_TYPE (SyncDevices, sync_devices, SYNC, DEVICES, GObject)

SyncDevices *sync_devices_new (SyncManager *manager);
/* This one, without the network. */
void sync_devices_get_local_async (SyncDevices *devices, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
SyncDevice *sync_devices_get_local_finish (SyncDevices *devices, GAsyncResult *result, GError **error);
/* (element-type SyncDevice). Offline: the last known list, `known_at` says since when (SYNC_TIME_UNKNOWN:
 * fresh). */
void sync_devices_list_async (SyncDevices *devices, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_devices_list_finish (SyncDevices *devices, GAsyncResult *result, gint64 *known_at,
                                     GError **error);
/* Registers this device, or again after it was revoked. */
void sync_devices_register_async (SyncDevices *devices, const char *name, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_devices_register_finish (SyncDevices *devices, GAsyncResult *result, GError **error);
/* id: a device id, a unique start of one, or a unique name */
void sync_devices_rename_async (SyncDevices *devices, const char *id, const char *name,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean sync_devices_rename_finish (SyncDevices *devices, GAsyncResult *result, GError **error);
void sync_devices_revoke_async (SyncDevices *devices, const char *id, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_devices_revoke_finish (SyncDevices *devices, GAsyncResult *result, GError **error);

/* --- SyncEntities --------------------------------------------------------------------------- */
#define SYNC_TYPE_ENTITIES (sync_entities_get_type ())
G_DECLARE_FINAL_TYPE (SyncEntities, sync_entities, SYNC, ENTITIES, GObject)

SyncEntities *sync_entities_new (SyncManager *manager);
/* (element-type SyncEntityStatus), parents first */
void sync_entities_list_async (SyncEntities *entities, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_entities_list_finish (SyncEntities *entities, GAsyncResult *result, GError **error);
/* (element-type utf8): the tables of the file that are not synced */
void sync_entities_list_others_async (SyncEntities *entities, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_entities_list_others_finish (SyncEntities *entities, GAsyncResult *result, GError **error);
/* enabled: -1 as is. strategy, rules: NULL as is. A table that is not an entity yet is attached by
 * enabling it. */
void sync_entities_configure_async (SyncEntities *entities, const char *name, int enabled,
                                    const char *strategy, const char *rules, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_entities_configure_finish (SyncEntities *entities, GAsyncResult *result, GError **error);

/* --- SyncSnapshots -------------------------------------------------------------------------- */
#define SYNC_TYPE_SNAPSHOTS (sync_snapshots_get_type ())
G_DECLARE_FINAL_TYPE (SyncSnapshots, sync_snapshots, SYNC, SNAPSHOTS, GObject)

SyncSnapshots *sync_snapshots_new (SyncManager *manager);
/* (element-type SyncSnapshot) of src/sqlite/sync-snapshot.h */
void sync_snapshots_list_async (SyncSnapshots *snapshots, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_snapshots_list_finish (SyncSnapshots *snapshots, GAsyncResult *result, GError **error);
void sync_snapshots_restore_async (SyncSnapshots *snapshots, const char *name, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_snapshots_restore_finish (SyncSnapshots *snapshots, GAsyncResult *result, GError **error);

G_END_DECLS
