/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* What people decide: conflicts, undo, discarding. Each is one transaction on the worker's thread. */

gboolean sync_store_resolve_conflict (SyncStore *store, gint64 number, const SyncConflict *expected,
                                      const char *choice, const char *const *fields, GError **error);
/* Those whose row was edited since: noted anew, or closed. */
gboolean sync_store_refresh_conflicts (SyncStore *store, const SyncEntity *entity, guint64 *n_closed,
                                       GError **error);
gboolean sync_store_undo_conflict (SyncStore *store, gint64 number, GError **error);
gssize sync_store_discard_changes (SyncStore *store, const char *entity, const char *id, GError **error);
/* Every pending row of an entity, for a hydrate that keeps nothing. */
gboolean sync_store_discard_pending (SyncStore *store, const SyncEntity *entity, GError **error);

G_END_DECLS
