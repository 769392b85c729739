/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/**
 * SyncSupabaseClaims:
 * @role: (owned) (nullable): the database role
 * @user: (owned) (nullable): the user's id
 * @email: (owned) (nullable): the user's address
 * @expires_at: seconds since 1970 by the issuer's clock, 0 if not said
 *
 * What a JSON Web Token says about itself. Nobody checked its signature.
 */
typedef struct
{
  char *role;
  char *user;
  char *email;
  gint64 expires_at;
} SyncSupabaseClaims;

char *sync_supabase_url_normalise (const char *url, GError **error);
char *sync_supabase_key_normalise (const char *key, GError **error);
gboolean sync_supabase_token_check (const char *token, GError **error);
gboolean sync_supabase_token_is_sendable (const char *token);

SyncSupabaseClaims *sync_supabase_claims_parse (const char *token);
void sync_supabase_claims_free (SyncSupabaseClaims *claims);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSupabaseClaims, sync_supabase_claims_free)

G_END_DECLS
