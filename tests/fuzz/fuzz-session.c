/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <string.h>

#include "sync-supabase-answer.h"
#include "sync-supabase-key.h"
#include "sync-supabase-tokens.h"

/* What Auth answers, what is kept of it, tokens, keys, addresses, and what the cloud says of itself. */

#define URL "https://example.org"

static void
check_tokens (SyncSupabaseTokens *given)
{
  g_autoptr (SyncSupabaseTokens) tokens = given;
  g_autoptr (SyncSupabaseTokens) again = NULL;
  g_autofree char *secret = NULL;

  if (tokens == NULL)
    return;
  g_assert (tokens->access != NULL && tokens->refresh != NULL && tokens->user != NULL);
  secret = sync_supabase_tokens_to_secret (tokens, URL);
  again = sync_supabase_tokens_new_from_secret (secret, URL);
  g_assert (again != NULL);
  g_assert (g_str_equal (again->access, tokens->access));
  g_assert (g_str_equal (again->refresh, tokens->refresh));
}

static void
check_texts (const char *text)
{
  g_autofree char *url = sync_supabase_url_normalise (text, NULL);
  g_autofree char *key = sync_supabase_key_normalise (text, NULL);
  g_autofree char *again = url != NULL ? sync_supabase_url_normalise (url, NULL) : NULL;
  g_autoptr (SyncSupabaseClaims) claims = sync_supabase_claims_parse (text);

  g_assert (g_strcmp0 (url, again) == 0);
  if (sync_supabase_token_is_sendable (text) || key != NULL)
    g_assert (strpbrk (key != NULL ? key : text, "\r\n") == NULL);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, size);
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (SyncCloudState) state = sync_supabase_state_parse (bytes);
  g_autofree SyncDigest *digest = g_new0 (SyncDigest, 1);

  check_tokens (sync_supabase_tokens_new_from_answer (bytes, clock));
  check_tokens (sync_supabase_tokens_new_from_secret (text, URL));
  check_texts (text);
  sync_supabase_digest_parse (bytes, "", digest);
  sync_supabase_digest_parse (bytes, "a", digest);
  return 0;
}
