/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-apply.h"

G_BEGIN_DECLS

/* What a run remembers of an entity between its steps. */
typedef struct
{
  gint64 pulled_version;
  gint64 hydrate_version; /* -1: none under way */
  gint64 scan_version;    /* -1: none under way */
  gint64 scan_horizon;
  gint64 scanned_horizon;
} SyncCursor;

gboolean sync_store_get_cursor (SyncStore *store, const SyncEntity *entity, SyncCursor *cursor,
                                GError **error);

/* The cloud is another life of itself, or went back: nothing that is known of it holds any more. Every
 * local row is pending without base and without time, perhaps known there; nothing is deleted for being
 * absent. The caller took a snapshot. */
gboolean sync_store_doubt_changes (SyncStore *store, GError **error);
gboolean sync_store_reset (SyncStore *store, GError **error);

gboolean sync_store_begin_scan (SyncStore *store, const SyncEntity *entity, gint64 horizon,
                                GError **error);
/* All pages were read: what was not seen and is not above the horizon was deleted elsewhere. Some rows at
 * a time; *done FALSE: call again. */
gboolean sync_store_finish_scan (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy,
                                 SyncCounts *counts, GArray *conflicts, gboolean *done, GError **error);
/* One row that the cloud does not have any more, purged after it was deleted elsewhere. */
gboolean sync_store_apply_purged (SyncStore *store, const SyncEntity *entity, const char *id,
                                  const SyncApplyPolicy *policy, SyncCounts *counts, GArray *conflicts,
                                  GError **error);

gboolean sync_store_begin_hydrate (SyncStore *store, const SyncEntity *entity, GError **error);
gboolean sync_store_end_hydrate (SyncStore *store, const SyncEntity *entity, gint64 horizon, GError **error);
/* A run ended: what it counted for the brake is over. */
gboolean sync_store_release_brakes (SyncStore *store, GError **error);

G_END_DECLS
