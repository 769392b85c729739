/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-supabase-session.h"

G_BEGIN_DECLS

/**
 * SyncSupabaseCall:
 * @method: the HTTP method
 * @path: (owned): what follows `/rest/v1/`, encoded
 * @resource: (owned): the table, view or function, for errors
 * @entity: (owned) (nullable): whose rows are on their way
 * @body: (owned) (nullable): JSON
 * @prefer: (nullable): the header `Prefer`
 *
 * One request to PostgREST in the name of who is signed in.
 */
typedef struct
{
  const char *method;
  char *path;
  char *resource;
  SyncEntity *entity;
  GBytes *body;
  const char *prefer;
} SyncSupabaseCall;

SyncSupabaseCall *sync_supabase_call_new (const char *method, const char *resource,
                                          const char *query, const SyncEntity *entity);
void sync_supabase_call_free (SyncSupabaseCall *call);

void sync_supabase_call_async (SyncHttp *http, SyncSupabaseSession *session, SyncSupabaseCall *call,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
GBytes *sync_supabase_call_finish (SyncHttp *http, GAsyncResult *result, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSupabaseCall, sync_supabase_call_free)

G_END_DECLS
