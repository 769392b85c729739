/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-row.h"
#include "sync-types.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_SIDE_LOCAL,
  SYNC_SIDE_REMOTE,
  SYNC_SIDE_VALUE, /* neither: the policy wrote the column of the result itself */
} SyncSide;

/**
 * SyncDispute:
 * @base: (nullable): the row as last synced; %NULL: none, or it was deleted
 * @local: (nullable): this device's row; %NULL: deleted here
 * @remote: (nullable): the other side's row; %NULL: deleted there
 * @echoed: (nullable) (array): per column whether the remote's value is one that we sent ourselves and never
 *   got an answer for: such a column counts as unchanged remotely
 * @local_time: when it was edited here, by the cloud's clock; SYNC_TIME_UNKNOWN loses
 * @remote_time: when it was edited there
 *
 * A row changed on both sides.
 */
typedef struct
{
  const SyncEntity *entity;
  const char *id;
  const SyncRow *base;
  const SyncRow *local;
  const SyncRow *remote;
  const gboolean *echoed;
  gint64 local_time;
  gint64 remote_time;
} SyncDispute;

/**
 * SyncDecideFunc:
 * @dispute: what it is about
 * @columns: (array length=n_columns): the columns that changed on both sides, differently. None: the row
 *   was deleted on one side and edited on the other, and `sides[0]` decides the whole row (LOCAL or REMOTE)
 * @n_columns: how many
 * @sides: (out caller-allocates) (array): a side for each, at least one element
 * @result: the merged row under construction: for SYNC_SIDE_VALUE write the column here; %NULL for a deletion
 * @by: (out) (transfer none): the strategy or rule that decided, a static or entity-owned string
 * @data: given with the function
 *
 * The policy: decides only the columns changed on both sides.
 *
 * Returns: %FALSE: a person must decide
 */
typedef gboolean (*SyncDecideFunc) (const SyncDispute *dispute, const guint *columns, guint n_columns,
                                    SyncSide *sides, SyncRow *result, const char **by, gpointer data);

typedef enum
{
  SYNC_MERGE_CLEAN,   /* no column changed on both sides */
  SYNC_MERGE_DECIDED, /* the policy decided some */
  SYNC_MERGE_OPEN,    /* a person must */
} SyncMergeKind;

/* Three-way merge of rows that exist on both sides. `result` gets the merged row (for OPEN: with the
 * local side of the disputed columns). `disputed` (element-type guint) gets the disputed columns. */
SyncMergeKind sync_merge_rows (const SyncDispute *dispute, SyncDecideFunc decide, gpointer decide_data,
                               SyncRow *result, GArray *disputed, const char **by);

G_END_DECLS
