/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"
#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncComparedKind:
 * @SYNC_COMPARED_SAME: both sides have the same value
 * @SYNC_COMPARED_LOCAL: only this device changed it
 * @SYNC_COMPARED_REMOTE: only the other side did
 * @SYNC_COMPARED_DISPUTED: both did, differently: somebody must decide
 *
 * How the two sides of a column came to be as they are.
 */
typedef enum
{
  SYNC_COMPARED_SAME,
  SYNC_COMPARED_LOCAL,
  SYNC_COMPARED_REMOTE,
  SYNC_COMPARED_DISPUTED,
} SyncComparedKind;

/**
 * SyncComparedColumn:
 * @name: the column
 * @codec: how its values travel
 * @key: whether it is part of the key
 * @base: (nullable): its value as last synced, JSON; %NULL: not known
 * @local: (nullable): its value here, JSON; %NULL: the row was deleted here
 * @remote: (nullable): its value there, JSON; %NULL: the row was deleted there
 * @suggestion: the side that the strategy would take
 * @suggested: (nullable): the value that the strategy would take, JSON; %NULL: none
 *
 * One column of a conflict.
 */
typedef struct
{
  char *name;
  SyncCodec codec;
  gboolean key;
  SyncComparedKind kind;
  char *base;
  char *local;
  char *remote;
  SyncSide suggestion;
  char *suggested;
} SyncComparedColumn;

SyncComparedColumn *sync_compared_column_copy (const SyncComparedColumn *column);
void sync_compared_column_free (SyncComparedColumn *column);
/* What a person typed, as JSON in which it travels. */
char *sync_compared_column_parse (const SyncComparedColumn *column, const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncComparedColumn, sync_compared_column_free)

/**
 * SyncComparison:
 * @conflict: (owned): the conflict or record
 * @columns: (owned) (element-type SyncComparedColumn): all of the row's, in the table's order, keys first
 * @suggestion: the side that the strategy would take as a whole: of a deletion, or of most disputed columns
 * @suggested_by: (owned): the strategy that was asked. Where that leaves it to a person it is the one that
 *   an entity of that name starts with
 * @local_device: (owned) (nullable): this device's name
 * @remote_device: (owned) (nullable): the name of the device that changed the other side; %NULL: another
 *   program, or a device that is not known
 *
 * A conflict column by column.
 */
typedef struct
{
  SyncConflict *conflict;
  GPtrArray *columns;
  SyncSide suggestion;
  char *suggested_by;
  char *local_device;
  char *remote_device;
} SyncComparison;

#define SYNC_TYPE_COMPARISON (sync_comparison_get_type ())
GType sync_comparison_get_type (void);
SyncComparison *sync_comparison_copy (const SyncComparison *comparison);
void sync_comparison_free (SyncComparison *comparison);

/* On the worker's thread. */
SyncComparison *sync_store_compare_conflict (SyncStore *store, gint64 number, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncComparison, sync_comparison_free)

G_END_DECLS
