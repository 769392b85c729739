/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* In one record of the trace at most. */
#define SYNC_TRAIL_ROWS 4096

/**
 * SyncTrail:
 *
 * Rows that a run moved one way, until they are written to its trace, all in one record.
 */
typedef struct
{
  GString *rows; /* (owned) */
  guint n;
} SyncTrail;

void sync_trail_init (SyncTrail *trail);
void sync_trail_clear (SyncTrail *trail);
void sync_trail_add (SyncTrail *trail, const char *id, gint64 version);
/* Forgets the rows. */
void sync_trail_drop (SyncTrail *trail);
/* Writes what there is, and forgets it; nothing without rows. */
gboolean sync_trail_write (SyncTrail *trail, SyncStore *store, gint64 run, const SyncEntity *entity,
                           const char *direction, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncTrail, sync_trail_clear)

G_END_DECLS
