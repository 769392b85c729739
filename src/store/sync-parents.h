/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-row.h"
#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SyncReference:
 * @column: the column, of the rows that refer
 * @parent: (unowned): whose integer key it holds
 * @comes_first: the parent's rows are sent before those that refer to them
 *
 * A reference to rows of which some may have their numbers only for themselves.
 */
typedef struct
{
  guint column;
  SyncEntity *parent;
  gboolean comes_first;
} SyncReference;

/* Of the rows that an entity has: the references to others with changes that wait; mostly there are none. (transfer
 * full) (element-type SyncReference) */
GArray *sync_parents_list (SyncStore *store, SyncTable *table, GError **error);
/* Whether the row refers to one of ours that nobody else can know and that is going to be sent before: then it has to
 * wait. */
gboolean sync_parents_must_wait (SyncStore *store, const GArray *references, const SyncRow *row, gboolean *wait,
                                 GError **error);

G_END_DECLS
