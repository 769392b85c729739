/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-tokens.h"

#include "sync-secret-store.h"
#include "sync-supabase-key.h"

#define DEFAULT_LIFETIME 3600
/* So long before its end an access token is replaced. */
#define REFRESH_EARLY (90 * G_USEC_PER_SEC)
#define MAX_LIFETIME (10 * 365 * 24 * 3600)

static char *
dup_text (SyncSpan object, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (object, name, &value) ? sync_json_dup_string (value) : NULL;
}

static gint64
get_number (SyncSpan object, const char *name, gint64 otherwise)
{
  SyncSpan value;
  gint64 number;

  if (!sync_json_get_member (object, name, &value) || !sync_json_to_int64 (value, &number))
    return otherwise;
  return number;
}

/* The clock that nobody sets begins anew with each start of the computer, which has a name. */
static const char *
get_boot (void)
{
  static gsize initialised;
  static char *boot;

  if (g_once_init_enter (&initialised))
    {
      if (!g_file_get_contents ("/proc/sys/kernel/random/boot_id", &boot, NULL, NULL))
        boot = g_uuid_string_random ();
      g_strstrip (boot);
      g_once_init_leave (&initialised, 1);
    }
  return boot;
}

static gboolean
is_complete (const SyncSupabaseTokens *tokens)
{
  return sync_supabase_token_is_sendable (tokens->access) && tokens->refresh != NULL
         && *tokens->refresh != '\0' && tokens->user != NULL && *tokens->user != '\0';
}

/**
 * sync_supabase_tokens_new_from_answer:
 * @answer: the body of Auth's answer to a sign-in or a refresh
 * @clock: the time
 *
 * Returns: (transfer full) (nullable): the session in it, %NULL if there is none
 */
SyncSupabaseTokens *
sync_supabase_tokens_new_from_answer (GBytes *answer, SyncClock *clock)
{
  g_autoptr (SyncSupabaseTokens) tokens = g_new0 (SyncSupabaseTokens, 1);
  g_autoptr (SyncSupabaseClaims) claims = NULL;
  SyncSpan object, user;

  object.text = g_bytes_get_data (answer, &object.length);
  if (!sync_json_is_valid (object.text, object.length))
    return NULL;
  tokens->access = dup_text (object, "access_token");
  tokens->refresh = dup_text (object, "refresh_token");
  if (sync_json_get_member (object, "user", &user))
    {
      tokens->user = dup_text (user, "id");
      tokens->email = dup_text (user, "email");
    }
  claims = sync_supabase_claims_parse (tokens->access);
  if (tokens->user == NULL && claims != NULL)
    tokens->user = g_strdup (claims->user);
  if (tokens->email == NULL && claims != NULL)
    tokens->email = g_strdup (claims->email);
  tokens->lifetime = CLAMP (get_number (object, "expires_in", DEFAULT_LIFETIME), 0, MAX_LIFETIME)
                     * G_USEC_PER_SEC;
  tokens->obtained = sync_clock_now (clock);
  tokens->obtained_monotonic = sync_clock_monotonic (clock);
  tokens->boot = g_strdup (get_boot ());
  return is_complete (tokens) ? g_steal_pointer (&tokens) : NULL;
}

/**
 * sync_supabase_tokens_new_from_secret:
 * @secret: (nullable): what [func@supabase_tokens_to_secret] made
 * @url: the project's address: another one's tokens are nothing to it
 *
 * Returns: (transfer full) (nullable): the session, %NULL if there is none for this address
 */
SyncSupabaseTokens *
sync_supabase_tokens_new_from_secret (const char *secret, const char *url)
{
  g_autoptr (SyncSupabaseTokens) tokens = NULL;
  g_autofree char *owner = NULL;
  SyncSpan object;

  if (secret == NULL || !sync_json_is_valid (secret, strlen (secret)))
    return NULL;
  object = (SyncSpan){ .text = secret, .length = strlen (secret) };
  owner = dup_text (object, "url");
  if (g_strcmp0 (owner, url) != 0)
    return NULL;

  tokens = g_new0 (SyncSupabaseTokens, 1);
  tokens->access = dup_text (object, "access_token");
  tokens->refresh = dup_text (object, "refresh_token");
  tokens->user = dup_text (object, "user_id");
  tokens->email = dup_text (object, "email");
  tokens->lifetime = get_number (object, "lifetime", 0);
  tokens->obtained = get_number (object, "obtained", 0);
  tokens->obtained_monotonic = get_number (object, "obtained_monotonic", 0);
  tokens->boot = dup_text (object, "boot");
  return is_complete (tokens) ? g_steal_pointer (&tokens) : NULL;
}

static void
append_text (GString *json, const char *name, const char *text)
{
  if (text == NULL)
    return;
  g_string_append_printf (json, "%s\"%s\":", json->len > 1 ? "," : "", name);
  sync_json_append_string (json, text, strlen (text));
}

/**
 * sync_supabase_tokens_to_secret:
 * @tokens: a session
 * @url: the project's address
 *
 * Returns: (transfer full): a JSON object, to be freed with [func@secret_free]
 */
char *
sync_supabase_tokens_to_secret (const SyncSupabaseTokens *tokens, const char *url)
{
  /* Room for all of it, so that growing leaves no copies of the tokens in freed memory. */
  GString *json = g_string_sized_new (1024 + 2 * strlen (tokens->access));

  g_string_append_c (json, '{');
  append_text (json, "url", url);
  append_text (json, "access_token", tokens->access);
  append_text (json, "refresh_token", tokens->refresh);
  append_text (json, "user_id", tokens->user);
  append_text (json, "email", tokens->email);
  append_text (json, "boot", tokens->boot);
  g_string_append_printf (json,
                          ",\"lifetime\":%" G_GINT64_FORMAT ",\"obtained\":%" G_GINT64_FORMAT
                          ",\"obtained_monotonic\":%" G_GINT64_FORMAT "}",
                          tokens->lifetime, tokens->obtained, tokens->obtained_monotonic);
  return g_string_free (json, FALSE);
}

/**
 * sync_supabase_tokens_get_remaining:
 * @tokens: a session
 * @clock: the time
 *
 * The age of a token is measured on the clock that nobody sets, and only across a restart of the
 * computer on the other one: a wrong clock must not end a session.
 *
 * Returns: for how many microseconds the access token is good, 0 if that is over or not known
 */
gint64
sync_supabase_tokens_get_remaining (const SyncSupabaseTokens *tokens, SyncClock *clock)
{
  gint64 age = -1;

  if (g_strcmp0 (tokens->boot, get_boot ()) == 0)
    age = sync_clock_monotonic (clock) - tokens->obtained_monotonic;
  if (age < 0)
    age = sync_clock_now (clock) - tokens->obtained;
  if (age < 0 || age >= tokens->lifetime)
    return 0;
  return tokens->lifetime - age;
}

/**
 * sync_supabase_tokens_is_fresh:
 * @tokens: a session
 * @clock: the time
 *
 * A token is replaced 90 seconds before its end, one that lives for less than three minutes after
 * half its life.
 *
 * Returns: whether the access token need not be replaced yet
 */
gboolean
sync_supabase_tokens_is_fresh (const SyncSupabaseTokens *tokens, SyncClock *clock)
{
  return sync_supabase_tokens_get_remaining (tokens, clock)
         > MIN (REFRESH_EARLY, tokens->lifetime / 2);
}

/**
 * sync_supabase_tokens_free:
 * @tokens: (transfer full): a session
 */
void
sync_supabase_tokens_free (SyncSupabaseTokens *tokens)
{
  sync_secret_free (tokens->access);
  sync_secret_free (tokens->refresh);
  g_free (tokens->user);
  g_free (tokens->email);
  g_free (tokens->boot);
  g_free (tokens);
}
