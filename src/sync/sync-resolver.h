/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-merge.h"

G_BEGIN_DECLS

/**
 * SyncResolver:
 *
 * The policy of an entity: it decides the columns that changed on both sides. Immutable, so that
 * every thread may ask it.
 */
typedef struct _SyncResolver SyncResolver;

SyncResolver *sync_resolver_new (const char *strategy, const char *rules_json, GError **error);
SyncResolver *sync_resolver_new_for_entity (const char *entity_name);
void sync_resolver_free (SyncResolver *resolver);
/* Whether every column that its rules name is one of the entity's. */
gboolean
sync_resolver_check_entity (const SyncResolver *resolver, const SyncEntity *entity, GError **error);
/* A SyncDecideFunc; data is the SyncResolver. */
gboolean sync_resolver_decide (const SyncDispute *dispute, const guint *columns, guint n_columns,
                               SyncSide *sides, SyncRow *result, const char **by, gpointer data);

gboolean sync_resolver_is_strategy (const char *name);
/* (transfer none): what an entity of this name starts with */
const char *sync_resolver_default_strategy (const char *entity_name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncResolver, sync_resolver_free)

G_END_DECLS
