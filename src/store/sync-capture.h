/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"
#include "sync-entity.h"

G_BEGIN_DECLS

/* Capture: the triggers on a synced table that note, in the writer's own transaction, *that* a row
 * may have changed (design: "Capture by trigger"). And what introspection of the local tables they
 * need. */

/* Describes a table of the database as an entity: key columns first, codecs by declared types (a
 * JSON type → json, BOOL… → boolean, TIMESTAMP/DATETIME → timestamp, else SQLite's affinity rules;
 * key columns never json, boolean or timestamp), parents left empty, time column `updated_at` if
 * there is one. Generated columns are left out. SYNC_ERROR_NO_TABLE, SYNC_ERROR_NO_KEY (no PRIMARY
 * KEY and no UNIQUE NOT NULL index; a view; a virtual table), SYNC_ERROR_NAME_TAKEN (a psync_
 * table). */
SyncEntity *
sync_capture_describe_table (SyncConnection *connection, const char *table, GError **error);
/* (element-type utf8): tables that other tables' foreign keys of `table` refer to, without itself
 */
gboolean sync_capture_list_parents (SyncConnection *connection, const char *table,
                                    GPtrArray **tables, GError **error);
/* (element-type utf8): all ordinary tables of the owner, by name (no psync_, no sqlite_, no virtual
 * tables and their shadow tables) */
gboolean sync_capture_list_tables (SyncConnection *connection, GPtrArray **tables, GError **error);

/* Creates our triggers on the entity's table, replacing other versions of them. */
gboolean
sync_capture_install (SyncConnection *connection, const SyncEntity *entity, GError **error);
gboolean sync_capture_remove (SyncConnection *connection, const SyncEntity *entity, GError **error);
/* Whether all our triggers are there with exactly the text that install would give them now. */
gboolean sync_capture_check (SyncConnection *connection, const SyncEntity *entity, gboolean *intact,
                             GError **error);
/* Whether the owner has triggers of his own on the table, or another table's foreign key refers to
 * it, so that writing to it may change other rows, or what we wrote. */
gboolean
sync_capture_has_side_effects (SyncConnection *connection, const SyncEntity *entity,
                               gboolean *owner_triggers, gboolean *referenced, GError **error);

/* The id of a row in our tables: `quote()` of the key columns' values joined by commas. As an SQL
 * expression over a table, alias, NEW or OLD … */
void sync_id_append_expression (GString *sql, const SyncEntity *entity, const char *qualifier);
/* … from the first n_keys columns of a row of a statement … */
void sync_id_append_columns (GString *id, SyncStatement *statement, int first, guint n_keys);
/* … and back: binds the id's values to the statement from parameter `first` on. FALSE: not an id.
 */
gboolean
sync_id_bind (const char *id, gsize length, guint n_keys, SyncStatement *statement, int first);
/* Whether a key column is NULL in it: no cloud has such a row. */
gboolean sync_id_has_null (const char *id);

G_END_DECLS
