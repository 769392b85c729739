/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-list-item.h"
#include "sync-manager.h"

G_BEGIN_DECLS

/**
 * SyncListFilter:
 * @state: (nullable): of rows in the queue: some of `pending`, `refused`, `failed`, between commas
 * @kind: (nullable): of runs: some of `sync`, `seed`, `hydrate`
 * @outcome: (nullable): of runs: some of `done`, `nothing`, `failed`, …
 * @run: of moved rows: the run that moved them
 * @direction: (nullable): of moved rows: some of `pulled`, `pushed`, `refused`, `held`
 *
 * Which rows of a list are wanted; %NULL: all. A list looks at what concerns it.
 */
typedef struct
{
  char *state;
  char *kind;
  char *outcome;
  gint64 run;
  char *direction;
} SyncListFilter;

/**
 * SyncListSource:
 * @value_type: the boxed type of its rows
 * @list_keys: (element-type gint64): the keys of all rows, in order; on the worker's thread
 * @list_values: the rows from an offset on; on the worker's thread
 * @get_key: the key of a row
 *
 * What a list shows.
 */
typedef struct
{
  GType (*value_type) (void);
  GArray *(*list_keys) (SyncStore *store, const SyncListFilter *filter, GError **error);
  GPtrArray *(*list_values) (SyncStore *store,
                             const SyncListFilter *filter,
                             guint offset,
                             guint limit,
                             GError **error);
  gint64 (*get_key) (gconstpointer value);
} SyncListSource;

extern const SyncListSource sync_list_of_queue;     /* SyncChange; filter: state */
extern const SyncListSource sync_list_of_held;      /* SyncHeld */
extern const SyncListSource sync_list_of_conflicts; /* SyncConflict: the open ones */
extern const SyncListSource sync_list_of_records; /* SyncConflict: what was decided or taken away */
extern const SyncListSource sync_list_of_history; /* SyncResult; filter: kind, outcome */
extern const SyncListSource sync_list_of_trace;   /* SyncTrace; filter: run, direction */
extern const SyncListSource sync_list_of_devices; /* SyncDevice, as last heard of, this one first */
extern const SyncListSource sync_list_of_entities; /* SyncEntityStatus */

#define SYNC_TYPE_LIST_MODEL (sync_list_model_get_type ())
G_DECLARE_FINAL_TYPE (SyncListModel, sync_list_model, SYNC, LIST_MODEL, GObject)

/* A GListModel of SyncListItem, however long: how many rows there are is known, their values are
 * read page by page as they are asked for, and forgotten when they were not for a while. Follows
 * its manager's `data-changed`. Properties: `n-items`, `loaded` (FALSE until the rows were counted
 * first), `error` (boxed GError, nullable: why the last reading failed). */
SyncListModel *sync_list_model_new (SyncManager *manager, const SyncListSource *source);
/* (nullable) (transfer none): copied */
void sync_list_model_set_filter (SyncListModel *model, const SyncListFilter *filter);
void sync_list_model_refresh (SyncListModel *model);
gboolean sync_list_model_get_loaded (SyncListModel *model);
const GError *sync_list_model_get_error (SyncListModel *model);
/* How many rows' values are in memory. */
guint sync_list_model_count_kept (SyncListModel *model);

G_END_DECLS
