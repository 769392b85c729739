/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-store.h"

G_BEGIN_DECLS

/* Rows as JSON for people and other programs. All on the worker's thread. */

/* A row that waits to be sent: how it stands, its contents, and as it was last synced. (transfer full) */
char *sync_store_dup_change_json (SyncStore *store, const char *entity, const char *id,
                                  GError **error);
/* Appends rows that wait, between commas; *n: how many. */
gboolean sync_store_append_changes (SyncStore *store, const char *state, guint offset, guint limit,
                                    GString *json, guint *n, GError **error);
/* Appends an entity's rows behind *after (nullable: from the start), between commas; *after becomes where they
 * end, NULL: there are no more. */
gboolean sync_store_append_rows (SyncStore *store, const SyncEntity *entity, guint limit, char **after,
                                 GString *json, guint *n, GError **error);
/* Whether an export may take the place of what has this name, or be there anew. */
gboolean sync_store_check_export_place (const char *path, GError **error);

G_END_DECLS
