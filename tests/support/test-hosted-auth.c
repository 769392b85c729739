/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-hosted-auth.h"

#include <string.h>

#include "sync-json.h"

/* So long any refresh token may be used again. */
#define REUSE_INTERVAL (10 * G_TIME_SPAN_SECOND)

#define SIGN_UP "/auth/v1/signup"
#define SIGN_IN "/auth/v1/token?grant_type=password"
#define REFRESH "/auth/v1/token?grant_type=refresh_token"

/* One that a client was given; the family owns it, and is one session. */
typedef struct _Family Family;

typedef struct
{
  Family *family;
  const char *name;
  const char *parent; /* (nullable): the one it was given for */
  gint64 used;        /* when; 0: it was not */
} Token;

struct _Family
{
  char *inner;        /* (owned): the newest refresh token of the test cloud */
  const char *newest; /* the newest one's name */
  gboolean revoked;
};

struct _TestHostedAuth
{
  gboolean confirms;
  gint64 passed;
  GHashTable *waiting;  /* (owned) (element-type utf8 utf8): address to user, until it is confirmed */
  GPtrArray *families;  /* (owned) (element-type Family) */
  GHashTable *tokens;   /* (owned) (element-type utf8 Token): by name */
};

static void
family_free (gpointer data)
{
  Family *family = data;

  g_free (family->inner);
  g_free (family);
}

TestHostedAuth *
test_hosted_auth_new (void)
{
  TestHostedAuth *auth = g_new0 (TestHostedAuth, 1);

  auth->waiting = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  auth->families = g_ptr_array_new_with_free_func (family_free);
  auth->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return auth;
}

void
test_hosted_auth_free (TestHostedAuth *auth)
{
  g_hash_table_unref (auth->waiting);
  g_hash_table_unref (auth->tokens);
  g_ptr_array_unref (auth->families);
  g_free (auth);
}

void
test_hosted_auth_set_confirms (TestHostedAuth *auth, gboolean confirms)
{
  auth->confirms = confirms;
}

void
test_hosted_auth_confirm (TestHostedAuth *auth, const char *email)
{
  g_assert_true (g_hash_table_remove (auth->waiting, email));
}

void
test_hosted_auth_advance (TestHostedAuth *auth, gint64 microseconds)
{
  auth->passed += microseconds;
}

/* --- JSON --------------------------------------------------------------------------------------- */

static SyncSpan
as_span (GBytes *bytes)
{
  SyncSpan span;

  span.text = g_bytes_get_data (bytes, &span.length);
  return span;
}

static char *
dup_member (GBytes *object, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (as_span (object), name, &value) ? sync_json_dup_string (value) : NULL;
}

/* Returns FALSE if there is no such member. */
static gboolean
replace_member (GBytes **object, const char *name, const char *text)
{
  SyncSpan whole = as_span (*object), value;
  GString *changed;
  const char *rest;

  if (!sync_json_get_member (whole, name, &value))
    return FALSE;
  changed = g_string_new_len (whole.text, value.text - whole.text);
  rest = value.text + value.length;
  sync_json_append_string (changed, text, strlen (text));
  g_string_append_len (changed, rest, whole.text + whole.length - rest);
  g_bytes_unref (*object);
  *object = g_string_free_to_bytes (changed);
  return TRUE;
}

static void
replace (GBytes **answer, const char *text)
{
  g_bytes_unref (*answer);
  *answer = g_bytes_new (text, strlen (text));
}

static char *
new_error (const char *code, const char *message)
{
  return g_strdup_printf ("{\"code\":400,\"error_code\":\"%s\",\"msg\":\"%s\"}", code, message);
}

/* --- Accounts ----------------------------------------------------------------------------------- */

static char *
dup_email (GBytes *body)
{
  g_autofree char *email = dup_member (body, "email");

  return g_ascii_strdown (email != NULL ? email : "", -1);
}

/* `identities` is a JSON array: an empty one hides that the address is somebody's. */
static char *
new_user (const char *id, const char *email, const char *identities, gsize length)
{
  g_autoptr (GString) quoted = g_string_new (NULL);

  sync_json_append_string (quoted, email, strlen (email));
  return g_strdup_printf ("{\"id\":\"%s\",\"aud\":\"authenticated\",\"role\":\"authenticated\",\"email\":%s,\"phone\":"
                          "\"\",\"confirmation_sent_at\":\"2026-01-01T00:00:00Z\",\"app_metadata\":{\"provider\":"
                          "\"email\",\"providers\":[\"email\"]},\"user_metadata\":{},\"identities\":%.*s,"
                          "\"is_anonymous\":false}",
                          id, quoted->str, (int) length, identities);
}

static char *
new_user_from_session (GBytes *session, const char *email)
{
  SyncSpan user, id, identities;
  g_autofree char *text = NULL;

  g_assert_true (sync_json_get_member (as_span (session), "user", &user));
  g_assert_true (sync_json_get_member (user, "id", &id));
  g_assert_true (sync_json_get_member (user, "identities", &identities));
  text = sync_json_dup_string (id);
  return new_user (text, email, identities.text, identities.length);
}

/* An account without a session, and for a taken address what looks like one. */
static void
confirm_first (TestHostedAuth *auth, GBytes *body, guint *status, GBytes **answer)
{
  g_autofree char *email = dup_email (body);
  g_autofree char *code = dup_member (*answer, "error_code");
  g_autofree char *nobody = g_uuid_string_random ();
  g_autofree char *fake = new_user (nobody, email, "[]", 2);

  if (*status == 200)
    g_hash_table_insert (auth->waiting, g_strdup (email), new_user_from_session (*answer, email));
  else if (g_strcmp0 (code, "user_already_exists") != 0)
    return;
  *status = 200;
  if (g_hash_table_contains (auth->waiting, email))
    replace (answer, g_hash_table_lookup (auth->waiting, email));
  else
    replace (answer, fake);
}

/* --- Refresh tokens ----------------------------------------------------------------------------- */

static gint64
now (TestHostedAuth *auth)
{
  return g_get_monotonic_time () + auth->passed;
}

static void
give_token (TestHostedAuth *auth, Family *family, const char *parent)
{
  g_autofree char *uuid = g_uuid_string_random ();
  char *name = g_strdup (strrchr (uuid, '-') + 1);
  Token *token = g_new0 (Token, 1);

  token->family = family;
  token->name = name;
  token->parent = parent;
  family->newest = name;
  g_hash_table_insert (auth->tokens, name, token);
}

static void
begin_session (TestHostedAuth *auth, GBytes **answer)
{
  Family *family = g_new0 (Family, 1);

  family->inner = dup_member (*answer, "refresh_token");
  g_assert_nonnull (family->inner);
  g_ptr_array_add (auth->families, family);
  give_token (auth, family, NULL);
  replace_member (answer, "refresh_token", family->newest);
}

static Token *
find_token (TestHostedAuth *auth, const char *name)
{
  return name != NULL ? g_hash_table_lookup (auth->tokens, name) : NULL;
}

/* Whoever comes with it did not get the newest one, which nobody has used. */
static gboolean
is_previous (TestHostedAuth *auth, const Token *token)
{
  const Token *newest = find_token (auth, token->family->newest);

  return newest->used == 0 && g_strcmp0 (newest->parent, token->name) == 0;
}

static gboolean
may_be_used (TestHostedAuth *auth, const Token *token)
{
  return !token->family->revoked
         && (token->used == 0 || is_previous (auth, token) || now (auth) - token->used <= REUSE_INTERVAL);
}

static char *
begin_refresh (TestHostedAuth *auth, GBytes **body)
{
  g_autofree char *name = dup_member (*body, "refresh_token");
  Token *token = find_token (auth, name);

  if (token == NULL)
    return new_error ("refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
  if (!may_be_used (auth, token))
    {
      token->family->revoked = TRUE;
      return new_error ("refresh_token_already_used", "Invalid Refresh Token: Already Used");
    }
  replace_member (body, "refresh_token", token->family->inner);
  return NULL;
}

static void
end_refresh (TestHostedAuth *auth, GBytes *body, GBytes **answer)
{
  g_autofree char *name = dup_member (body, "refresh_token");
  Token *token = find_token (auth, name);
  Family *family = token->family;

  g_free (family->inner);
  family->inner = dup_member (*answer, "refresh_token");
  g_assert_nonnull (family->inner);
  if (!is_previous (auth, token))
    {
      token->used = now (auth);
      give_token (auth, family, token->name);
    }
  replace_member (answer, "refresh_token", family->newest);
}

/* --- Requests ----------------------------------------------------------------------------------- */

char *
test_hosted_auth_begin (TestHostedAuth *auth, const char *path, GBytes **body)
{
  return g_str_equal (path, REFRESH) ? begin_refresh (auth, body) : NULL;
}

void
test_hosted_auth_end (TestHostedAuth *auth, const char *path, GBytes *body, guint *status, GBytes **answer)
{
  g_autofree char *email = NULL;
  g_autofree char *error = NULL;

  if (g_str_equal (path, SIGN_UP) && auth->confirms)
    confirm_first (auth, body, status, answer);
  else if (*status != 200)
    return;
  else if (g_str_equal (path, SIGN_UP))
    begin_session (auth, answer);
  else if (g_str_equal (path, REFRESH))
    end_refresh (auth, body, answer);
  else if (g_str_equal (path, SIGN_IN))
    {
      email = dup_email (body);
      if (!g_hash_table_contains (auth->waiting, email))
        {
          begin_session (auth, answer);
          return;
        }
      error = new_error ("email_not_confirmed", "Email not confirmed");
      *status = 400;
      replace (answer, error);
    }
}
