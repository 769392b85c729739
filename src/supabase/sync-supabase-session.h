/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-error.h"
#include "sync-http.h"
#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SUPABASE_SESSION (sync_supabase_session_get_type ())
G_DECLARE_FINAL_TYPE (SyncSupabaseSession, sync_supabase_session, SYNC, SUPABASE_SESSION, GObject)

SyncSupabaseSession *sync_supabase_session_new (SyncHttp *http, const char *url, const char *key,
                                                SyncSecretStore *secrets, const char *profile,
                                                SyncClock *clock);
SyncSupabaseSession *sync_supabase_session_new_for_token (SyncHttp *http, const char *url,
                                                          const char *key, const char *token,
                                                          SyncClock *clock);

gboolean sync_supabase_session_get_signed_in (SyncSupabaseSession *session);
const char *sync_supabase_session_get_user (SyncSupabaseSession *session);
const char *sync_supabase_session_get_email (SyncSupabaseSession *session);

void sync_supabase_session_load_async (SyncSupabaseSession *session, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_supabase_session_load_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                            GError **error);
void sync_supabase_session_sign_up_async (SyncSupabaseSession *session, const char *email,
                                          const char *password, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_supabase_session_sign_up_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                               GError **error);
void sync_supabase_session_sign_in_async (SyncSupabaseSession *session, const char *email,
                                          const char *password, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_supabase_session_sign_in_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                               GError **error);
void sync_supabase_session_sign_out_async (SyncSupabaseSession *session, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_supabase_session_sign_out_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                                GError **error);
void sync_supabase_session_get_token_async (SyncSupabaseSession *session, const char *refused,
                                            GCancellable *cancellable,
                                            GAsyncReadyCallback callback, gpointer user_data);
char *sync_supabase_session_get_token_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                              GError **error);

G_END_DECLS
