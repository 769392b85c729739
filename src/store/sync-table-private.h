/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-shape.h"
#include "sync-table.h"

G_BEGIN_DECLS

/* A key column as SQLite compares it. */
typedef struct
{
  SyncAffinity affinity;
  gboolean any_collation; /* texts that differ may be equal */
} KeyColumn;

/**
 * SyncTable:
 *
 * Reads and writes the rows of one entity's local table.
 */
struct _SyncTable
{
  SyncConnection *connection; /* (unowned) */
  SyncEntity *entity;         /* (owned) */
  KeyColumn *keys;            /* (owned) (array length=entity.n_keys) */
  gboolean *wants_json;       /* (owned) (array length=entity.n_columns): a JSON column that is NOT NULL */
  char *select_sql;           /* (owned): the columns of a row by key */
  char *select_null_sql;      /* (owned): the same for keys that are NULL in part */
  char *select_many_sql;      /* (owned) (nullable): made when it is needed */
  char *exists_sql;           /* (owned) */
  char *insert_sql;           /* (owned) */
  char *insert_many_sql;      /* (owned) (nullable): made when it is needed */
  char *update_sql;           /* (owned) (nullable): NULL if there is nothing but the key */
  char *delete_sql;           /* (owned) */
  char *order;                /* (owned) (nullable): what a walk goes by, made when it is needed */
  guint n_order;              /* how many columns that are */
  gint64 walk_schema;         /* SQLite's version of the schema at the last step of a walk */
  GString *scratch;           /* (owned): decoded texts of the row being bound */
  gboolean owner_triggers;
  gboolean referenced;
  gboolean autoincrement;     /* no number is given to two rows */
  gboolean refers;            /* it has foreign keys itself */
};

/* A statement that names a row by its key, from the parameter `first` on. NULL: error set. */
SyncStatement *sync_table_prepare_by_id (SyncTable *table, const char *sql, const char *id, int first, GError **error);
/* `key operator value`, where the values are called `value`1, 2 and so on, from `first` on. */
void sync_table_append_key_condition (const SyncTable *table, GString *sql, const char *qualifier, const char *value,
                                      guint first, const char *operator);
/* ` WHERE key operator ?first` and so on. */
void sync_table_append_where_key (const SyncTable *table, GString *sql, guint first_parameter, const char *operator);
/* (transfer full) */
char *sync_table_build_insert (const SyncEntity *entity, guint n_rows);

G_END_DECLS
