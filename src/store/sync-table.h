/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"
#include "sync-row.h"

G_BEGIN_DECLS

/**
 * SyncTable:
 *
 * Reads and writes the rows of one entity's local table: the bridge between SQLite values and travelling
 * rows ([struct@SyncRow]). Belongs to the worker's thread.
 */
typedef struct _SyncTable SyncTable;

SyncTable *sync_table_new (SyncConnection *connection, SyncEntity *entity, GError **error);
void sync_table_free (SyncTable *table);
const SyncEntity *sync_table_get_entity (SyncTable *table);
gboolean sync_table_has_owner_triggers (SyncTable *table);
/* For the transaction under way. */
gboolean sync_table_defer_foreign_keys (SyncTable *table, GError **error);
gboolean sync_table_is_referenced (SyncTable *table);
/* By foreign keys, to other tables or itself. */
gboolean sync_table_refers (SyncTable *table);

/* Reads the row with this id. *found FALSE: there is none. SYNC_ERROR_ROW_REFUSED with the column: a value
 * that cannot travel. */
gboolean sync_table_read (SyncTable *table, const char *id, SyncRow *row, gboolean *found,
                          GError **error);
/* Many at once: SYNC_MANY_ROWS ids, whose rows are read in this order. Borrowed, to be reset; NULL without an error:
 * these are to be read one by one. */
SyncStatement *sync_table_find_many (SyncTable *table, const char *const *ids, GError **error);
gboolean sync_table_read_many (SyncTable *table, SyncStatement *statement, guint place, SyncRow *row, gboolean *found,
                               GError **error);
gboolean sync_table_exists (SyncTable *table, const char *id, gboolean *found, GError **error);
/* The id of the row whose key SQLite takes for the same although its id is another one, NULL if there is none.
 * (transfer full) */
gboolean sync_table_find_alike (SyncTable *table, const char *id, char **alike, GError **error);
/* An id ends where a text of its key holds a NUL. SYNC_ERROR_ROW_REFUSED with the column: there is no row with this
 * id, but one whose key is cut to it. */
gboolean sync_table_check_cut (SyncTable *table, const char *id, GError **error);
/* Of a statement whose columns from `first` on are the entity's columns in order. */
gboolean sync_table_read_columns (SyncTable *table, SyncStatement *statement, int first, SyncRow *row,
                                  GError **error);
/* Some rows of the table `t` behind @after (nullable: from the start), each with @columns and its place in the order.
 * NULL with SYNC_ERROR_STALE: another order took its place, in which @after says nothing. (transfer none) */
SyncStatement *sync_table_walk (SyncTable *table, const char *columns, const char *condition, const char *after,
                                guint limit, GError **error);
/* Where the row is that the statement stands on: what the next call begins behind. */
void sync_table_note_place (SyncTable *table, SyncStatement *statement, GString *place);
/* Names the columns for such a statement, each qualified. */
void sync_table_append_columns (SyncTable *table, GString *sql, const char *qualifier);

/* Always FALSE: SYNC_ERROR_NO_KEY, the table is not the one that it was. */
gboolean sync_table_set_other_key (const SyncEntity *entity, GError **error);
/* Writing. SYNC_ERROR_CONSTRAINT: the table refused it. *changed: whether a row was there. */
gboolean sync_table_insert (SyncTable *table, const SyncRow *row, GError **error);
/* SYNC_MANY_ROWS rows by one statement: all of them, or none. */
gboolean sync_table_insert_many (SyncTable *table, SyncRow *const *rows, GError **error);
gboolean sync_table_update (SyncTable *table, const SyncRow *row, const char *id, gboolean *changed,
                            GError **error);
gboolean sync_table_delete (SyncTable *table, const char *id, gboolean *changed, GError **error);
/* Gives an integer-keyed row another key (the row's children follow through sync_table_move_children()). */
gboolean sync_table_set_key (SyncTable *table, const char *id, gint64 new_key, GError **error);

/* So that AUTOINCREMENT does not give this key to a new row. */
gboolean sync_table_note_key (SyncTable *table, gint64 key, GError **error);

/* The id of a travelling row: what quote() gives for its key once it is stored. FALSE: no usable key (null or
 * a value that no key can have). */
gboolean sync_table_row_id (SyncTable *table, const SyncRow *row, GString *id);
/* The key columns' travelling values of an id as a JSON array, for SyncProvider's fetch. */
gboolean sync_table_append_key_json (SyncTable *table, const char *id, GString *out, GError **error);
gboolean sync_table_has_integer_key (SyncTable *table);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncTable, sync_table_free)

G_END_DECLS
