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

gboolean sync_supabase_rows_append (GString *array, const SyncEntity *entity, GBytes *rows,
                                    gboolean trim);
void sync_supabase_rows_measure (GBytes *rows, guint *n_rows, gint64 *newest);
SyncCloudState *sync_supabase_state_parse (GBytes *answer);
gboolean sync_supabase_device_is (GBytes *answer, const char *id);
gboolean sync_supabase_deletion_take (SyncSupabaseDeletion *deletion, GBytes *answer, gboolean *left,
                                      GError **error);
gboolean sync_supabase_digest_parse (GBytes *answer, const char *prefix, SyncDigest *digest);

G_END_DECLS
