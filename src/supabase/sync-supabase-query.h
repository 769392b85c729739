/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-cloud-state.h"
#include "sync-provider.h"

G_BEGIN_DECLS

/**
 * SyncSupabaseDeletion:
 * @n_answers: how often the cloud was asked
 * @n_rows: how many rows it has deleted
 *
 * How far the deletion of all rows of a user came.
 */
typedef struct
{
  guint n_answers;
  gint64 n_rows;
} SyncSupabaseDeletion;

char *sync_supabase_query_pull (const SyncEntity *entity, const SyncPullQuery *query);
char *sync_supabase_query_push (const SyncEntity *entity);
GPtrArray *sync_supabase_query_fetch (const SyncEntity *entity, GBytes *keys, gsize max_length,
                                      guint max_keys, GError **error);
GPtrArray *sync_supabase_body_fetch (const SyncEntity *entity, GBytes *keys, guint max_keys,
                                     GError **error);
char *sync_supabase_body_device (const SyncDevice *device);

gboolean sync_supabase_rows_append (GString *array, const SyncEntity *entity, GBytes *rows,
                                    gboolean trim);
SyncCloudState *sync_supabase_state_parse (GBytes *answer);
gboolean sync_supabase_device_is (GBytes *answer, const char *id);
gboolean sync_supabase_deletion_take (SyncSupabaseDeletion *deletion, GBytes *answer, gboolean *left,
                                      GError **error);
char *sync_supabase_body_digest (const SyncEntity *entity, const char *prefix);
gboolean sync_supabase_digest_parse (GBytes *answer, const char *prefix, SyncDigest *digest);

G_END_DECLS
