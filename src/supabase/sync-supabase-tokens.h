/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-error.h"
#include "sync-json.h"

G_BEGIN_DECLS

/**
 * SyncSupabaseTokens:
 * @access: (owned): the access token
 * @refresh: (owned): the token for the next one
 * @user: (owned): the user's id
 * @email: (owned) (nullable): the user's address
 * @lifetime: for how long @access was good when it came, in microseconds
 * @obtained: when it came, in microseconds since 1970, by this computer's clock
 * @obtained_monotonic: the same by the clock that nobody sets …
 * @boot: (owned): … which counts from this start of the computer
 *
 * A session, as it is kept among the secrets.
 */
typedef struct
{
  char *access;
  char *refresh;
  char *user;
  char *email;
  gint64 lifetime;
  gint64 obtained;
  gint64 obtained_monotonic;
  char *boot;
} SyncSupabaseTokens;

SyncSupabaseTokens *sync_supabase_tokens_new_from_answer (GBytes *answer, SyncClock *clock);
SyncSupabaseTokens *sync_supabase_tokens_new_from_secret (const char *secret, const char *url);
char *sync_supabase_tokens_to_secret (const SyncSupabaseTokens *tokens, const char *url);
gint64 sync_supabase_tokens_get_remaining (const SyncSupabaseTokens *tokens, SyncClock *clock);
gboolean sync_supabase_tokens_is_fresh (const SyncSupabaseTokens *tokens, SyncClock *clock);
void sync_supabase_tokens_free (SyncSupabaseTokens *tokens);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSupabaseTokens, sync_supabase_tokens_free)

G_END_DECLS
