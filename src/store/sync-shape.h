/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/**
 * SyncShapeColumn:
 * @name: its name
 * @type: its declared type, may be empty
 * @not_null: whether NULL is refused
 * @generated: whether it is computed
 * @has_default: whether it has a default value
 * @fallback: (nullable): the default value as a literal; %NULL if it is computed
 * @key: its place in the PRIMARY KEY from 1, or 0
 */
typedef struct
{
  char *name;
  char *type;
  gboolean not_null;
  gboolean generated;
  gboolean has_default;
  char *fallback;
  guint key;
} SyncShapeColumn;

/**
 * SyncShapeTerm:
 * @column: (nullable): a column's name
 * @expression: (nullable): an expression over columns; both %NULL: not to be found out
 * @inputs: (element-type utf8): the columns in @expression
 * @collation: how texts are compared
 */
typedef struct
{
  char *column;
  char *expression;
  GPtrArray *inputs;
  char *collation;
} SyncShapeTerm;

/**
 * SyncShapeIndex:
 * @name: its name
 * @terms: (element-type SyncShapeTerm): what is unique together
 * @partial: whether it has a condition
 * @condition: (nullable): the condition; %NULL although @partial: not to be found out
 * @inputs: (element-type utf8): the columns in @condition
 * @condition_rowid: whether @condition depends on the rowid
 * @terms_rowid: whether an expression depends on the rowid
 */
typedef struct
{
  char *name;
  GPtrArray *terms;
  gboolean partial;
  char *condition;
  GPtrArray *inputs;
  gboolean condition_rowid;
  gboolean terms_rowid;
} SyncShapeIndex;

/**
 * SyncShape:
 * @table: the table's name as the database has it
 * @rowid: (nullable): a name for its rowid: the INTEGER PRIMARY KEY or one that no column has
 * @integer_key: whether @rowid is a column, the INTEGER PRIMARY KEY
 * @columns: (element-type SyncShapeColumn): its columns in order
 * @indexes: (element-type SyncShapeIndex): its UNIQUE indexes and constraints, by name
 * @generated_inputs: (element-type utf8): the columns that generated ones are made of
 * @generated_rowid: whether generated columns may depend on the rowid
 *
 * How the owner made a table, as far as capture and registry ask.
 */
typedef struct
{
  char *table;
  char *rowid;
  gboolean integer_key;
  GPtrArray *columns;
  GPtrArray *indexes;
  GPtrArray *generated_inputs;
  gboolean generated_rowid;
} SyncShape;

typedef enum
{
  SYNC_AFFINITY_NONE,
  SYNC_AFFINITY_TEXT,
  SYNC_AFFINITY_NUMERIC,
  SYNC_AFFINITY_INTEGER,
  SYNC_AFFINITY_REAL,
} SyncAffinity;

SyncShape *sync_shape_read (SyncConnection *connection, const char *table, GError **error);
void sync_shape_free (SyncShape *shape);
const SyncShapeColumn *sync_shape_find_column (const SyncShape *shape, const char *name);
SyncAffinity sync_affinity_for_type (const char *type);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncShape, sync_shape_free)

G_END_DECLS
