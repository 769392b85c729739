/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-ledger.h"
#include "sync-merge.h"
#include "sync-table.h"

G_BEGIN_DECLS

/**
 * SyncApplyPolicy:
 * @kind: the run's kind: hydrate takes the cloud's row also at the known version
 * @decide: decides what changed on both sides
 * @decide_data: for @decide
 * @allow_mass_change: the brake is off
 * @clock_offset: the cloud's clock minus ours, microseconds
 * @run: the run's number, for the trace
 * @device: this device's id
 *
 * How a run treats rows from the cloud.
 */
typedef struct
{
  SyncRunKind kind;
  SyncDecideFunc decide;
  gpointer decide_data;
  gboolean allow_mass_change;
  gint64 clock_offset;
  gint64 run;
  char *device;
} SyncApplyPolicy;

typedef enum
{
  SYNC_APPLY_PULL,    /* a page in ascending versions: moves the cursor */
  SYNC_APPLY_SCAN,    /* a page of a scan: notes the ids it saw, moves the scan's own cursor */
  SYNC_APPLY_HYDRATE, /* a page of a hydrate: moves the hydrate's own cursor */
  SYNC_APPLY_FETCH,   /* rows by key, in any order: moves nothing */
} SyncApplyMode;

/**
 * SyncApply:
 *
 * Applies a page from the cloud to the local table, slice by slice: each slice is one short transaction
 * with its own step of the cursor, so that the owner is never locked out for long.
 */
typedef struct _SyncApply SyncApply;

SyncApply *sync_apply_new (SyncStore *store, const SyncEntity *entity, GBytes *page, SyncApplyMode mode,
                           gint64 since, const SyncApplyPolicy *policy);
void sync_apply_free (SyncApply *apply);
/* A SyncWorkerFunc: applies slices until the page is done or somebody else waits for the worker. */
gboolean sync_apply_slices (SyncConnection *connection, gpointer apply, GCancellable *cancellable,
                            GError **error);
gboolean sync_apply_is_done (SyncApply *apply);
guint sync_apply_get_n_rows (SyncApply *apply);       /* rows read so far */
gint64 sync_apply_get_last_version (SyncApply *apply);
const SyncCounts *sync_apply_get_counts (SyncApply *apply);
/* Numbers of conflicts that were opened or changed. (element-type gint64) */
GArray *sync_apply_get_conflicts (SyncApply *apply);

/* Tries the held rows of an entity again; what fails again is left as it is. */
gboolean sync_apply_retry_held (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy,
                                SyncCounts *counts, GArray *conflicts, guint *n_applied, GCancellable *cancellable,
                                GError **error);

/* A new key and the deletion of the old one that the table takes for the same. */
gboolean sync_apply_retry_respelled (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy,
                                     guint *n_applied, GError **error);
/* Tries those together that are held because of each other. */
gboolean sync_apply_retry_swaps (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy,
                                 guint *n_applied, GError **error);

/**
 * SyncApplyLeg:
 * @entity: an entity
 * @policy: how its rows are treated
 * @counts: gets what happened added
 * @conflicts: (element-type gint64): gets the numbers of conflicts that were opened
 * @n_applied: how many of its rows are held no more
 *
 * One of several entities whose rows are written together.
 */
typedef struct
{
  SyncEntity *entity;
  const SyncApplyPolicy *policy;
  SyncCounts counts;
  GArray *conflicts;
  guint n_applied;
} SyncApplyLeg;

/* Tries groups of rows together that refer to each other. */
gboolean sync_apply_retry_circles (SyncStore *store, GArray *legs, GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncApply, sync_apply_free)

G_END_DECLS
