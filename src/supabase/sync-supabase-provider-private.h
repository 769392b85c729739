/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-supabase-call.h"
#include "sync-supabase-provider.h"
#include "sync-supabase-session.h"

G_BEGIN_DECLS

/* For the parts of this folder that speak to the same cloud in the same name. */
SyncSupabaseSession *sync_supabase_provider_get_session (SyncSupabaseProvider *provider);

/* The cloud is asked with the task as the callback's data; its answer says whether it can be
 * reached. */
void sync_supabase_provider_call_async (SyncSupabaseProvider *self, SyncSupabaseCall *call,
                                        GTask *task, GAsyncReadyCallback callback);
GBytes *sync_supabase_provider_call_finish (SyncSupabaseProvider *self, GAsyncResult *result,
                                            GError **error);

/* sync-supabase-fetch.c */
void sync_supabase_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity,
                                         GBytes *keys, gboolean strong, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data);

G_END_DECLS
