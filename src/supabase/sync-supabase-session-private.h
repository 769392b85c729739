/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-file-lock.h"
#include "sync-supabase-key.h"
#include "sync-supabase-session.h"
#include "sync-supabase-tokens.h"

G_BEGIN_DECLS

#define SYNC_SUPABASE_SECRET_KIND "session"
#define SYNC_SUPABASE_TOKEN_VARIABLE "SUPABASE_AUTH_TOKEN"

struct _SyncSupabaseSession
{
  GObject parent_instance;

  SyncHttp *http;             /* (owned) */
  char *url;                  /* (owned) */
  char *host;                 /* (owned) */
  char *key;                  /* (owned) */
  SyncClock *clock;           /* (owned) */
  SyncSecretStore *secrets;   /* (owned) (nullable): none for a ready-made token */
  char *profile;              /* (owned) (nullable): likewise */
  char *token;                /* (owned) (nullable): the ready-made token */
  SyncSupabaseClaims *claims; /* (owned) (nullable): what it says */
  SyncSupabaseTokens *tokens; /* (owned) (nullable): the session, as last seen in the store */
  GQueue waiters;             /* (element-type Waiter): who wants a token */
  gboolean refreshing;
  SyncFileLock *lock;         /* (owned) (nullable): of the refresh under way */
  SyncSupabaseTokens *fresh;  /* (owned) (nullable): what it brought, until it is stored */
  gint64 pause_until;         /* monotonic */
};

void sync_supabase_session_set_tokens (SyncSupabaseSession *self, SyncSupabaseTokens *tokens);
void sync_supabase_session_lock (SyncSupabaseSession *self, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
SyncFileLock *sync_supabase_session_lock_finish (GAsyncResult *result, GError **error);
void sync_supabase_session_store (SyncSupabaseSession *self, const SyncSupabaseTokens *tokens,
                                  GAsyncReadyCallback callback, gpointer user_data);
SyncSupabaseTokens *sync_supabase_session_lookup_finish (SyncSupabaseSession *self,
                                                         GAsyncResult *result, GError **error);
char *sync_supabase_session_new_body (const char *name, const char *value, const char *name2,
                                      const char *value2);
void sync_supabase_session_send (SyncSupabaseSession *self, const char *path, const char *token,
                                 char *body, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data);
SyncHttpReply *sync_supabase_session_send_finish (SyncSupabaseSession *self, GAsyncResult *result,
                                                  GError **error);

G_END_DECLS
