/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Reads the text of CREATE statements as SQLite keeps it: expressions of indexes, conditions of
 * partial indexes and expressions of generated columns are nowhere else to be had. */

/**
 * SyncSqlText:
 *
 * A statement cut into its tokens. Keeps a copy of the text.
 */
typedef struct _SyncSqlText SyncSqlText;

/**
 * SyncSqlRange:
 * @start: the first token
 * @end: the token behind the last
 */
typedef struct
{
  guint start;
  guint end;
} SyncSqlRange;

/**
 * SyncSqlNames:
 * @columns: (element-type utf8): names that count as columns, as the table has them
 * @used: (element-type utf8): those of @columns that were found
 * @rowid: whether the rowid was named without being a column
 */
typedef struct
{
  const GPtrArray *columns;
  GPtrArray *used;
  gboolean rowid;
} SyncSqlNames;

SyncSqlText *sync_sql_text_new (const char *sql);
void sync_sql_text_free (SyncSqlText *text);
gboolean
sync_sql_text_split_index (const SyncSqlText *text, GArray *terms, SyncSqlRange *condition);
char *sync_sql_text_rewrite (const SyncSqlText *text, SyncSqlRange range, SyncSqlNames *names);
void sync_sql_text_find_generated_inputs (const SyncSqlText *text, SyncSqlNames *names);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSqlText, sync_sql_text_free)

G_END_DECLS
