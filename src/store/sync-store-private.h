/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

struct _SyncStore
{
  GObject parent_instance;

  char *path;                 /* (owned): canonical */
  SyncClock *clock;           /* (owned) */
  SyncWorker *worker;         /* (owned) (nullable): NULL while it opens */
  SyncConnection *connection; /* (unowned) once there is a worker, which closes it */
  GPtrArray *entities;        /* (owned) (element-type SyncEntity) */
  GHashTable *tables;         /* (owned) (element-type SyncEntity SyncTable): made on demand */
  gint64 data_version;        /* SQLite's, when the registry was read; -1: it is to be read again */
  gint64 seen_schema;         /* SQLite's schema version, when all tables were looked at; 0: never */
  gint64 tried_schema;        /* and when it was found out … */
  gboolean keeps_foreign_keys; /* … whether the foreign keys can be kept */
};

void sync_store_assert_current (SyncStore *store);

/* sync-attach.c */
gboolean sync_store_set_up (SyncStore *store, SyncStoreFlags flags, const char *const *tables,
                            gboolean is_new, GError **error);
gboolean sync_store_check_builtins (const char *const *tables, GError **error);
gboolean sync_store_queue_all_rows (SyncStore *store, const SyncEntity *entity, GError **error);

/* sync-heal.c: inside a transaction. *same FALSE: a table, or what captures its changes, was not as when it was last
 * looked at; it was put right. Only the entity's own table must be there. */
gboolean sync_store_look_again (SyncStore *store, const SyncEntity *entity, gboolean *same, GError **error);

/* sync-foreign-keys.c: outside of a transaction, which goes on as it began */
gboolean sync_store_try_foreign_keys (SyncStore *store, GError **error);

/* sync-registry.c */
gboolean sync_store_save_entity (SyncStore *store, const SyncEntity *entity, GError **error);
/* Parents first. */
gboolean sync_store_reorder_entities (SyncStore *store, GError **error);

/* sync-own-tables.c */
gboolean sync_store_put_back_own_tables (SyncStore *store, gboolean *healed, gboolean *queue, GError **error);
gboolean sync_store_drop_own_tables (SyncStore *store, GError **error);
gboolean sync_store_check_meta (SyncStore *store, GError **error);

/* sync-store.c: brings what is ours in a database to the newest form. */
gboolean sync_store_migrate (SyncConnection *connection, GError **error);

/* A transaction unless the caller has one: commit and rollback only end what begin began. After a rollback the registry
 * is read again before it is used. */
typedef struct
{
  SyncStore *store;
  gboolean began;
} SyncScope;

gboolean sync_scope_begin (SyncScope *scope, SyncStore *store, GError **error);
gboolean sync_scope_end (SyncScope *scope, gboolean good, GError **error);
/* Ends one in which nothing was written: a COMMIT waits for all who read where there is no write-ahead log. */
void sync_scope_leave (SyncScope *scope);

G_END_DECLS
