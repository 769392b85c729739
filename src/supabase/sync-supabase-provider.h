/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-provider.h"
#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SUPABASE_PROVIDER (sync_supabase_provider_get_type ())
G_DECLARE_FINAL_TYPE (SyncSupabaseProvider, sync_supabase_provider, SYNC, SUPABASE_PROVIDER,
                      SyncProvider)

SyncProvider *sync_supabase_provider_new (const char *url, const char *key, const char *token,
                                          SyncSecretStore *secrets, const char *profile,
                                          SyncClock *clock, GError **error);
gboolean sync_supabase_provider_check (const char *url, const char *key, char **normal_url,
                                       char **normal_key, GError **error);
void sync_supabase_provider_set_timeout (SyncSupabaseProvider *provider, guint milliseconds);
void sync_supabase_provider_set_max_body (SyncSupabaseProvider *provider, gsize bytes);

gboolean sync_supabase_provider_get_signed_in (SyncSupabaseProvider *provider);
const char *sync_supabase_provider_get_user (SyncSupabaseProvider *provider);
const char *sync_supabase_provider_get_email (SyncSupabaseProvider *provider);

void sync_supabase_provider_sign_up_async (SyncSupabaseProvider *provider, const char *email,
                                           const char *password, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
void sync_supabase_provider_sign_in_async (SyncSupabaseProvider *provider, const char *email,
                                           const char *password, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
void sync_supabase_provider_sign_out_async (SyncSupabaseProvider *provider,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_supabase_provider_session_finish (SyncSupabaseProvider *provider,
                                                GAsyncResult *result, GError **error);

G_END_DECLS
