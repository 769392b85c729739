/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"

G_BEGIN_DECLS

char *sync_supabase_query_pull (const SyncEntity *entity, const SyncPullQuery *query);
char *sync_supabase_query_push (const SyncEntity *entity);
GPtrArray *sync_supabase_query_fetch (const SyncEntity *entity, GBytes *keys, gsize max_length,
                                      guint max_keys, GError **error);
GPtrArray *sync_supabase_body_fetch (const SyncEntity *entity, GBytes *keys, guint max_keys,
                                     GError **error);
char *sync_supabase_body_device (const SyncDevice *device);
char *sync_supabase_body_digest (const SyncEntity *entity, const char *prefix);

G_END_DECLS
