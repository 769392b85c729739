/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-key.h"

#include <string.h>

#include "sync-http.h"
#include "sync-json.h"

/* Checks of what people paste: the project's address and its key. What was pasted never gets into
 * an error: it may be the wrong thing, and a secret. */

#define MAX_TOKEN (16 * 1024)

static gboolean
refuse (GError **error, SyncError code, const char *subject, const char *reason, const char *text)
{
  GError *fault = sync_error_new (code, subject, "%s", text);

  sync_error_set_reason (fault, reason, 0);
  g_propagate_error (error, fault);
  return FALSE;
}

/* `https://supabase.com/dashboard/project/REF` is where people look at their project. */
static gboolean
is_dashboard (const char *host, const char *path)
{
  return g_str_equal (host, "app.supabase.com") || g_str_equal (host, "app.supabase.io")
         || ((g_str_equal (host, "supabase.com") || g_str_equal (host, "www.supabase.com"))
             && g_str_has_prefix (path, "/dashboard"));
}

/* Cuts off @path, in place, what belongs to one of the services behind the address. */
static void
trim_path (char *path)
{
  static const char *const services[] = { "/rest/v1", "/auth/v1", "/realtime/v1", "/storage/v1" };
  gsize length;

  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    {
      char *found = strstr (path, services[i]);

      if (found != NULL && strchr ("/", found[strlen (services[i])]) != NULL)
        *found = '\0';
    }
  for (length = strlen (path); length > 0 && path[length - 1] == '/'; length--)
    path[length - 1] = '\0';
}

static gboolean
check_uri (GUri *uri, const char *host, gboolean has_scheme, GError **error)
{
  const char *scheme = g_uri_get_scheme (uri);

  if (g_str_has_prefix (scheme, "postgres"))
    return refuse (error, SYNC_ERROR_INVALID, "url", "connection-string",
                   "This is a database's connection string, not the project's address");
  if (!g_str_equal (scheme, "https") && !g_str_equal (scheme, "http"))
    return refuse (error, SYNC_ERROR_INVALID, "url", "scheme",
                   "The address must begin with https://");
  if (*host == '\0' || g_uri_get_userinfo (uri) != NULL || g_uri_get_query (uri) != NULL)
    return refuse (error, SYNC_ERROR_INVALID, "url", NULL,
                   "The address must be a host and nothing more");
  /* Without a scheme it is an address only if it looks like one. */
  if (!has_scheme && strchr (host, '.') == NULL)
    return refuse (error, SYNC_ERROR_INVALID, "url", "scheme",
                   "The address must begin with https://");
  if (is_dashboard (host, g_uri_get_path (uri)))
    return refuse (error, SYNC_ERROR_INVALID, "url", "dashboard",
                   "This is the dashboard's address; the project's is under Settings, API");
  if (g_str_equal (scheme, "http") && !sync_http_is_loopback (host))
    return refuse (error, SYNC_ERROR_INSECURE, host, "http",
                   "Only this computer may be spoken to without encryption");
  return TRUE;
}

/* White space, control characters and what no address has without being escaped. */
static gboolean
has_strange_characters (const char *text)
{
  for (const char *at = text; *at != '\0'; at++)
    if (g_ascii_isspace (*at) || g_ascii_iscntrl (*at) || strchr ("\"<>\\^`{|}", *at) != NULL)
      return TRUE;
  return FALSE;
}

/**
 * sync_supabase_url_normalise:
 * @url: (nullable): a project's address as somebody typed or pasted it
 * @error: where to put an error: SYNC_ERROR_INVALID (`subject` is `url`; `reason` may be
 *   `dashboard`, `connection-string` or `scheme`), SYNC_ERROR_INSECURE (`subject` is the host)
 *
 * Brings an address into the one form by which a cloud is recognised: lower case, no default port,
 * no slash at the end, without `/rest/v1`.
 *
 * Returns: (transfer full): the address
 */
char *
sync_supabase_url_normalise (const char *url, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (url != NULL ? url : ""));
  g_autofree char *complete = NULL;
  g_autofree char *host = NULL;
  g_autofree char *path = NULL;
  g_autofree char *scheme = NULL;
  g_autoptr (GUri) uri = NULL;
  gboolean has_scheme = strstr (trimmed, "://") != NULL;
  int port;

  complete = g_strconcat (has_scheme ? "" : "https://", trimmed, NULL);
  if (!has_strange_characters (trimmed))
    uri = g_uri_parse (complete, SOUP_HTTP_URI_FLAGS, NULL);
  /* The host comes decoded. */
  if (uri == NULL || g_uri_get_host (uri) == NULL || has_strange_characters (g_uri_get_host (uri)))
    {
      refuse (error, SYNC_ERROR_INVALID, "url", NULL, "The address cannot be understood");
      return NULL;
    }
  host = g_ascii_strdown (g_uri_get_host (uri), -1);
  if (!check_uri (uri, host, has_scheme, error))
    return NULL;

  scheme = g_ascii_strdown (g_uri_get_scheme (uri), -1);
  port = g_uri_get_port (uri);
  if (port == (g_str_equal (scheme, "https") ? 443 : 80))
    port = -1;
  path = g_strdup (g_uri_get_path (uri));
  trim_path (path);
  return g_uri_join (G_URI_FLAGS_ENCODED, scheme, NULL, host, port, path, NULL, NULL);
}

static gboolean
is_base64url (const char *text, gsize length)
{
  for (gsize i = 0; i < length; i++)
    if (!g_ascii_isalnum (text[i]) && text[i] != '-' && text[i] != '_')
      return FALSE;
  return length > 0;
}

/* Returns: (transfer full) (nullable): the bytes, NUL-terminated */
static char *
decode_base64url (const char *text, gsize length, gsize *n_bytes)
{
  g_autoptr (GString) plain = g_string_new_len (text, length);

  for (gsize i = 0; i < plain->len; i++)
    plain->str[i] = plain->str[i] == '-' ? '+' : plain->str[i] == '_' ? '/' : plain->str[i];
  while (plain->len % 4 != 0)
    g_string_append_c (plain, '=');
  return (char *) g_base64_decode (plain->str, n_bytes);
}

static char *
dup_claim (SyncSpan claims, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (claims, name, &value) ? sync_json_dup_string (value) : NULL;
}

/**
 * sync_supabase_claims_parse:
 * @token: (nullable): perhaps a JSON Web Token
 *
 * Returns: (transfer full) (nullable): what it says, %NULL if it is none
 */
SyncSupabaseClaims *
sync_supabase_claims_parse (const char *token)
{
  g_auto (GStrv) parts = NULL;
  g_autofree char *payload = NULL;
  SyncSupabaseClaims *claims;
  SyncSpan span, expiry;

  if (token == NULL || strlen (token) > MAX_TOKEN)
    return NULL;
  parts = g_strsplit (token, ".", 4);
  if (g_strv_length (parts) != 3)
    return NULL;
  for (guint i = 0; i < 3; i++)
    if (!is_base64url (parts[i], strlen (parts[i])))
      return NULL;
  payload = decode_base64url (parts[1], strlen (parts[1]), &span.length);
  span.text = payload;
  if (!sync_json_is_valid (span.text, span.length) || *span.text != '{')
    return NULL;

  claims = g_new0 (SyncSupabaseClaims, 1);
  claims->role = dup_claim (span, "role");
  claims->user = dup_claim (span, "sub");
  claims->email = dup_claim (span, "email");
  if (!sync_json_get_member (span, "exp", &expiry)
      || !sync_json_to_int64 (expiry, &claims->expires_at))
    claims->expires_at = 0;
  return claims;
}

/**
 * sync_supabase_claims_free:
 * @claims: (transfer full): claims
 */
void
sync_supabase_claims_free (SyncSupabaseClaims *claims)
{
  g_free (claims->role);
  g_free (claims->user);
  g_free (claims->email);
  g_free (claims);
}

/**
 * sync_supabase_token_is_sendable:
 * @token: (nullable): a token
 *
 * Returns: whether it can be the value of a header
 */
gboolean
sync_supabase_token_is_sendable (const char *token)
{
  if (token == NULL || *token == '\0' || strlen (token) > MAX_TOKEN)
    return FALSE;
  for (; *token != '\0'; token++)
    if (!g_ascii_isalnum (*token) && strchr ("-._~+/=", *token) == NULL)
      return FALSE;
  return TRUE;
}

/* claims (nullable): what the key says about itself */
static gboolean
opens_everything (const char *key, const SyncSupabaseClaims *claims)
{
  static const char *const masters[] = { "service_role", "supabase_admin", "postgres", NULL };

  /* sbp_… opens the whole account. */
  if (g_str_has_prefix (key, "sb_secret_") || g_str_has_prefix (key, "sbp_"))
    return TRUE;
  return claims != NULL && claims->role != NULL && g_strv_contains (masters, claims->role);
}

static gboolean
refuse_secret (GError **error, const char *subject)
{
  return refuse (error, SYNC_ERROR_SECRET_KEY, subject, NULL,
                 "This key can read and write everybody's rows; use the publishable key");
}

/**
 * sync_supabase_token_check:
 * @token: a ready-made session token
 * @error: where to put an error: SYNC_ERROR_SECRET_KEY; SYNC_ERROR_INVALID with the reason `token`:
 *   it has not the form of one, or is the anon key; the subject is `SUPABASE_AUTH_TOKEN`
 *
 * Finds out what can be known of a token without the server, so that a slip is not taken for a
 * fault of the cloud, and no key for everybody's rows gets in as somebody's session.
 *
 * Returns: %FALSE with @error set if it cannot be used
 */
gboolean
sync_supabase_token_check (const char *token, GError **error)
{
  g_autoptr (SyncSupabaseClaims) claims = sync_supabase_claims_parse (token);
  g_auto (GStrv) parts = g_strsplit (token, ".", 4);

  if (opens_everything (token, claims))
    return refuse_secret (error, "SUPABASE_AUTH_TOKEN");
  if (!sync_supabase_token_is_sendable (token) || g_strv_length (parts) != 3
      || (claims != NULL && g_strcmp0 (claims->role, "anon") == 0))
    return refuse (error, SYNC_ERROR_INVALID, "SUPABASE_AUTH_TOKEN", "token",
                   "This is no session token");
  return TRUE;
}

static gboolean
check_key (const char *key, GError **error)
{
  g_autoptr (SyncSupabaseClaims) claims = sync_supabase_claims_parse (key);

  if (opens_everything (key, claims))
    return refuse_secret (error, "anon-key");
  if (g_str_has_prefix (key, "sb_publishable_") && sync_supabase_token_is_sendable (key)
      && key[strlen ("sb_publishable_")] != '\0')
    return TRUE;
  if (claims != NULL && g_strcmp0 (claims->role, "anon") == 0)
    return TRUE;
  return refuse (error, SYNC_ERROR_INVALID, "anon-key",
                 claims != NULL && claims->user != NULL ? "user-token" : NULL,
                 "This is no publishable key and no anon key");
}

/**
 * sync_supabase_key_normalise:
 * @key: (nullable): an API key as somebody typed or pasted it
 * @error: where to put an error: SYNC_ERROR_SECRET_KEY, SYNC_ERROR_INVALID (`subject` is
 * `anon-key`; `reason` is `user-token` for the token of somebody who signed in)
 *
 * Accepts a publishable key (`sb_publishable_…`) and the older anon key, a JSON Web Token.
 *
 * Returns: (transfer full): the key without white space around it
 */
char *
sync_supabase_key_normalise (const char *key, GError **error)
{
  g_autofree char *trimmed = g_strstrip (g_strdup (key != NULL ? key : ""));

  if (!check_key (trimmed, error))
    return NULL;
  return g_steal_pointer (&trimmed);
}
