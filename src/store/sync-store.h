/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-connection.h"
#include "sync-entity.h"
#include "sync-types.h"
#include "sync-worker.h"

G_BEGIN_DECLS

typedef struct _SyncTable SyncTable;

/**
 * SyncStoreFlags:
 * @SYNC_STORE_CREATE: make the file if there is none (WAL, with the built-in entities), or put our tables
 *   into a database that has none
 * @SYNC_STORE_ALL_TABLES: when our tables are new, attach each table with a usable key
 */
typedef enum
{
  SYNC_STORE_NONE = 0,
  SYNC_STORE_CREATE = 1 << 0,
  SYNC_STORE_ALL_TABLES = 1 << 1,
} SyncStoreFlags;

#define SYNC_TYPE_STORE (sync_store_get_type ())
G_DECLARE_FINAL_TYPE (SyncStore, sync_store, SYNC, STORE, GObject)

/* The local database with all of ours in it. Opening blocks: call it from a thread. Everything else named
 * sync_store_… but the getters below runs **on the worker's thread** (asserted): inside a SyncWorkerFunc
 * given to sync_worker_call() or sync_worker_call_async() of sync_store_get_worker(). */
SyncStore *sync_store_open (const char *path, SyncStoreFlags flags, const char *const *tables,
                            SyncClock *clock, GError **error);
void sync_store_close (SyncStore *store); /* shuts the worker down; blocks for what is queued */

/* From any thread. */
SyncWorker *sync_store_get_worker (SyncStore *store);
const char *sync_store_get_path (SyncStore *store); /* canonical */
SyncClock *sync_store_get_clock (SyncStore *store);

/* --- On the worker's thread from here on --------------------------------------------------------- */
SyncConnection *sync_store_get_connection (SyncStore *store);

/* psync_meta: device-id, device-name, machine, place, cloud-url, cloud-user, epoch, acknowledged-version,
 * clock-offset, batch-limit, … value NULL deletes. Inside the caller's transaction if one is open. */
gboolean sync_store_get_meta (SyncStore *store, const char *key, char **value, GError **error);
gboolean sync_store_get_meta_int64 (SyncStore *store, const char *key, gint64 fallback, gint64 *value,
                                    GError **error);
gboolean sync_store_set_meta (SyncStore *store, const char *key, const char *value, GError **error);
gboolean sync_store_set_meta_int64 (SyncStore *store, const char *key, gint64 value, GError **error);

/* psync_setting, as text. (transfer full) (element-type utf8 utf8) */
gboolean sync_store_load_settings (SyncStore *store, GHashTable **settings, GError **error);
gboolean sync_store_set_setting (SyncStore *store, const char *name, const char *value, GError **error);

/* The registry, parents first. (element-type SyncEntity), borrowed until it changes */
GPtrArray *sync_store_get_entities (SyncStore *store);
SyncEntity *sync_store_find_entity (SyncStore *store, const char *name);
SyncTable *sync_store_get_table (SyncStore *store, const SyncEntity *entity, GError **error);
gboolean sync_store_attach (SyncStore *store, const char *table, GError **error);
/* (element-type utf8): the owner's tables that are no entities */
GPtrArray *sync_store_list_other_tables (SyncStore *store, GError **error);
gboolean sync_store_attach_entity (SyncStore *store, SyncEntity *entity, GError **error);
gboolean sync_store_configure_entity (SyncStore *store, const char *name, int enabled,
                                      const char *strategy, const char *rules, GError **error);
gboolean sync_store_reload (SyncStore *store, GError **error);
/* Only if another connection wrote to the file since. */
gboolean sync_store_reload_if_changed (SyncStore *store, GError **error);
/* Looks whether tables, columns and triggers are as the registry knows them; puts back what is missing
 * and queues what may have changed meanwhile (design: "If our triggers are missing"). */
gboolean sync_store_heal (SyncStore *store, const char *const *names, gboolean *healed, GError **error);
/* What of it can be done while a table is gone or has another key. */
gboolean sync_store_heal_usable (SyncStore *store, GError **error);
/* Is it another computer than before, or a copy? Then it is a device of its own. */
gboolean sync_store_check_device (SyncStore *store, GError **error);
/* Other contents are in the file now: those of an older replica. */
gboolean sync_store_take_replica (SyncStore *store, GError **error);
gboolean sync_store_detach (SyncStore *store, GError **error);

G_END_DECLS
