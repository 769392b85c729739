/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-session-private.h"

#include "sync-file-lock.h"
#include "sync-json.h"
#include "sync-supabase-error.h"

/* Longer than any holder's request may take. */
#define LOCK_SECONDS 80
/* After a failed refresh, while the old token is still good. */
#define REFRESH_PAUSE (30 * G_USEC_PER_SEC)

/**
 * SyncSupabaseSession:
 *
 * Who is signed in, and the access token to prove it. Tokens live in a [class@SecretStore] that
 * several processes share. Each refresh token may be used once, so whoever signs in, refreshes or
 * signs out holds a lock, reads the store again first, and stores a new token before using it.
 */
enum
{
  PROP_0,
  PROP_SIGNED_IN,
  PROP_USER,
  PROP_EMAIL,
  N_PROPS,
};

G_DEFINE_FINAL_TYPE (SyncSupabaseSession, sync_supabase_session, G_TYPE_OBJECT)

static GParamSpec *properties[N_PROPS];

static GError *
new_sign_in_error (const char *subject)
{
  return sync_error_new (SYNC_ERROR_SIGN_IN, subject, "Nobody is signed in");
}

void
sync_supabase_session_set_tokens (SyncSupabaseSession *self, SyncSupabaseTokens *tokens)
{
  GObject *object = G_OBJECT (self);
  g_autoptr (SyncSupabaseTokens) before = g_steal_pointer (&self->tokens);

  self->tokens = tokens;
  g_object_freeze_notify (object);
  if ((before != NULL) != (tokens != NULL))
    g_object_notify_by_pspec (object, properties[PROP_SIGNED_IN]);
  if (g_strcmp0 (before != NULL ? before->user : NULL, tokens != NULL ? tokens->user : NULL) != 0)
    g_object_notify_by_pspec (object, properties[PROP_USER]);
  if (g_strcmp0 (before != NULL ? before->email : NULL, tokens != NULL ? tokens->email : NULL) != 0)
    g_object_notify_by_pspec (object, properties[PROP_EMAIL]);
  g_object_thaw_notify (object);
}

/* The lock of this profile's session; its name is no path of a file. */
void
sync_supabase_session_lock (SyncSupabaseSession *self, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data)
{
  g_autofree char *name = g_strconcat ("/", self->profile, NULL);

  sync_file_lock_acquire_async (name, "session", LOCK_SECONDS, cancellable, callback, user_data);
}

SyncFileLock *
sync_supabase_session_lock_finish (GAsyncResult *result, GError **error)
{
  g_autoptr (GError) fault = NULL;
  SyncFileLock *lock = sync_file_lock_acquire_finish (result, &fault);

  if (lock == NULL && g_error_matches (fault, SYNC_ERROR, SYNC_ERROR_LOCKED))
    sync_error_set (error, SYNC_ERROR_LATER, NULL, "Another process is using the session");
  else if (lock == NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  return lock;
}

void
sync_supabase_session_store (SyncSupabaseSession *self, const SyncSupabaseTokens *tokens,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  char *secret = sync_supabase_tokens_to_secret (tokens, self->url);

  sync_secret_store_store_async (self->secrets, self->profile, SYNC_SUPABASE_SECRET_KIND, secret,
                                 NULL, callback, user_data);
  sync_secret_free (secret);
}

SyncSupabaseTokens *
sync_supabase_session_lookup_finish (SyncSupabaseSession *self, GAsyncResult *result,
                                     GError **error)
{
  char *secret = sync_secret_store_lookup_finish (self->secrets, result, error);
  SyncSupabaseTokens *tokens = sync_supabase_tokens_new_from_secret (secret, self->url);

  sync_secret_free (secret);
  return tokens;
}

void
sync_supabase_session_send (SyncSupabaseSession *self, const char *path, const char *token,
                            char *body, GCancellable *cancellable, GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autofree char *url = g_strconcat (self->url, "/auth/v1/", path, NULL);
  char *bearer = token != NULL ? g_strconcat ("Bearer ", token, NULL) : NULL;
  const char *const headers[] = { "apikey",
                                  self->key,
                                  "X-Supabase-Api-Version",
                                  "2024-01-01",
                                  "Accept",
                                  "application/json",
                                  bearer != NULL ? "Authorization" : NULL,
                                  bearer,
                                  NULL };
  g_autoptr (GBytes) bytes = NULL;

  if (body != NULL)
    bytes
        = g_bytes_new_with_free_func (body, strlen (body), (GDestroyNotify) sync_secret_free, body);
  sync_http_send_async (self->http, "POST", url, headers, bytes, cancellable, callback, user_data);
  sync_secret_free (bearer);
}

SyncHttpReply *
sync_supabase_session_send_finish (SyncSupabaseSession *self, GAsyncResult *result, GError **error)
{
  g_autoptr (SyncHttpReply) reply = sync_http_send_finish (self->http, result, error);
  GError *fault;

  if (reply == NULL)
    return NULL;
  if (reply->status >= 200 && reply->status < 300)
    return g_steal_pointer (&reply);
  fault = sync_supabase_error_from_auth (reply, self->host, sync_clock_now (self->clock));
  g_propagate_error (error, fault);
  return NULL;
}

/* Returns: (transfer full): a JSON object of two texts */
char *
sync_supabase_session_new_body (const char *name, const char *value, const char *name2,
                                const char *value2)
{
  GString *body = g_string_sized_new (128 + 6 * (strlen (value) + strlen (value2)));

  g_string_append_printf (body, "{\"%s\":", name);
  sync_json_append_string (body, value, strlen (value));
  if (*name2 != '\0')
    {
      g_string_append_printf (body, ",\"%s\":", name2);
      sync_json_append_string (body, value2, strlen (value2));
    }
  g_string_append_c (body, '}');
  return g_string_free (body, FALSE);
}

/* Who wants a token. The cancellable is watched, so that nobody waits for another's refresh. */
typedef struct
{
  SyncSupabaseSession *session; /* (unowned): @task owns it */
  GTask *task;                  /* (owned) */
  char *refused;                /* (owned) (nullable): a token that the server did not accept */
  GSource *cancelled;           /* (owned) (nullable) */
  gboolean again;               /* it went twice: that must do, whatever the server's answer is */
} Waiter;

static void
waiter_free (Waiter *waiter)
{
  sync_clear_source (&waiter->cancelled);
  g_object_unref (waiter->task);
  sync_secret_free (waiter->refused);
  g_free (waiter);
}

static gboolean
on_waiter_cancelled (GCancellable *cancellable, gpointer user_data)
{
  Waiter *waiter = user_data;

  g_queue_remove (&waiter->session->waiters, waiter);
  g_task_return_error_if_cancelled (waiter->task);
  waiter_free (waiter);
  return G_SOURCE_REMOVE;
}

static gboolean
is_acceptable (SyncSupabaseSession *self, const SyncSupabaseTokens *tokens)
{
  if (!sync_supabase_tokens_is_fresh (tokens, self->clock))
    return FALSE;
  for (GList *link = self->waiters.head; link != NULL; link = link->next)
    if (g_strcmp0 (((Waiter *) link->data)->refused, tokens->access) == 0)
      return FALSE;
  return TRUE;
}

static void begin_refresh (SyncSupabaseSession *self);

/* Answers everybody who waits: with a token, also with an old one that is still good, else with
 * @error. Who was refused exactly the token that turned up in the store goes once more. */
static void
finish_refresh (SyncSupabaseSession *self, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autoptr (SyncSupabaseSession) keep = self;
  GQueue waiters = self->waiters;

  g_queue_init (&self->waiters);
  g_clear_pointer (&self->lock, sync_file_lock_release);
  self->refreshing = FALSE;
  if (error != NULL)
    self->pause_until = sync_clock_monotonic (self->clock) + REFRESH_PAUSE;
  while (!g_queue_is_empty (&waiters))
    {
      Waiter *waiter = g_queue_pop_head (&waiters);
      const SyncSupabaseTokens *tokens = self->tokens;
      gboolean refused = tokens != NULL && g_strcmp0 (waiter->refused, tokens->access) == 0
                         && !waiter->again;

      if (tokens != NULL && !refused
          && (error == NULL || sync_supabase_tokens_get_remaining (tokens, self->clock) > 0))
        g_task_return_pointer (waiter->task, g_strdup (tokens->access),
                               (GDestroyNotify) sync_secret_free);
      else if (error != NULL)
        g_task_return_error (waiter->task, g_error_copy (error));
      else
        {
          waiter->again = TRUE;
          g_queue_push_tail (&self->waiters, waiter);
          continue;
        }
      waiter_free (waiter);
    }
  if (!g_queue_is_empty (&self->waiters) && !self->refreshing)
    begin_refresh (self);
}

static void
on_refresh_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncSupabaseSession *self = user_data;

  /* What cannot be forgotten is refused again by the server next time. */
  sync_secret_store_clear_finish (self->secrets, result, NULL);
  finish_refresh (self, new_sign_in_error (self->host));
}

static void
on_refresh_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncSupabaseSession *self = user_data;
  GError *error = NULL;

  /* If it failed, the old refresh token is good until this one is used, which it never is. */
  if (sync_secret_store_store_finish (self->secrets, result, &error))
    sync_supabase_session_set_tokens (self, g_steal_pointer (&self->fresh));
  g_clear_pointer (&self->fresh, sync_supabase_tokens_free);
  finish_refresh (self, error);
}

static void
on_refreshed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncSupabaseSession *self = user_data;
  GError *error = NULL;
  g_autoptr (SyncHttpReply) reply = sync_supabase_session_send_finish (self, result, &error);
  g_autoptr (SyncSupabaseTokens) fresh = NULL;

  if (reply != NULL)
    fresh = sync_supabase_tokens_new_from_answer (reply->body, self->clock);
  if (fresh != NULL && g_strcmp0 (fresh->user, self->tokens->user) == 0)
    {
      self->fresh = g_steal_pointer (&fresh);
      sync_supabase_session_store (self, self->fresh, on_refresh_stored, self);
    }
  else if (reply != NULL)
    finish_refresh (self, sync_supabase_error_not_json (reply, self->host));
  else if (sync_supabase_error_ends_session (error))
    {
      g_clear_error (&error);
      sync_supabase_session_set_tokens (self, NULL);
      sync_secret_store_clear_async (self->secrets, self->profile, SYNC_SUPABASE_SECRET_KIND, NULL,
                                     on_refresh_cleared, self);
    }
  else
    finish_refresh (self, error);
}

static void
on_refresh_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncSupabaseSession *self = user_data;
  GError *error = NULL;
  SyncSupabaseTokens *stored = sync_supabase_session_lookup_finish (self, result, &error);

  if (error != NULL)
    {
      finish_refresh (self, error);
      return;
    }
  sync_supabase_session_set_tokens (self, stored);
  if (stored == NULL)
    finish_refresh (self, new_sign_in_error (self->host));
  else if (is_acceptable (self, stored))
    finish_refresh (self, NULL);
  else
    sync_supabase_session_send (
        self, "token?grant_type=refresh_token", NULL,
        sync_supabase_session_new_body ("refresh_token", stored->refresh, "", ""), NULL,
        on_refreshed, self);
}

static void
on_refresh_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  SyncSupabaseSession *self = user_data;
  GError *error = NULL;

  self->lock = sync_supabase_session_lock_finish (result, &error);
  if (self->lock == NULL)
    finish_refresh (self, error);
  else
    sync_secret_store_lookup_async (self->secrets, self->profile, SYNC_SUPABASE_SECRET_KIND, NULL,
                                    on_refresh_looked_up, self);
}

/* Nobody cancels a refresh: an answer that nobody reads costs the token in it. */
static void
begin_refresh (SyncSupabaseSession *self)
{
  self->refreshing = TRUE;
  sync_supabase_session_lock (self, NULL, on_refresh_locked, g_object_ref (self));
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (SyncSupabaseTokens) stored
      = sync_supabase_session_lookup_finish (self, result, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  /* A refresh under way reads the store itself, and what it stores is newer than this. */
  if (!self->refreshing)
    sync_supabase_session_set_tokens (self, g_steal_pointer (&stored));
  if (self->tokens != NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, new_sign_in_error (self->host));
}

static void
sync_supabase_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncSupabaseSession *self = SYNC_SUPABASE_SESSION (object);

  switch (id)
    {
    case PROP_SIGNED_IN:
      g_value_set_boolean (value, sync_supabase_session_get_signed_in (self));
      break;
    case PROP_USER:
      g_value_set_string (value, sync_supabase_session_get_user (self));
      break;
    case PROP_EMAIL:
      g_value_set_string (value, sync_supabase_session_get_email (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_supabase_session_finalize (GObject *object)
{
  SyncSupabaseSession *self = SYNC_SUPABASE_SESSION (object);

  g_assert (g_queue_is_empty (&self->waiters));
  g_object_unref (self->http);
  g_object_unref (self->clock);
  g_clear_object (&self->secrets);
  g_free (self->url);
  g_free (self->host);
  g_free (self->key);
  g_free (self->profile);
  sync_secret_free (self->token);
  g_clear_pointer (&self->claims, sync_supabase_claims_free);
  g_clear_pointer (&self->tokens, sync_supabase_tokens_free);
  g_clear_pointer (&self->fresh, sync_supabase_tokens_free);
  sync_file_lock_release (self->lock);
  G_OBJECT_CLASS (sync_supabase_session_parent_class)->finalize (object);
}

static void
sync_supabase_session_class_init (SyncSupabaseSessionClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = sync_supabase_session_get_property;
  object_class->finalize = sync_supabase_session_finalize;
  /**
   * SyncSupabaseSession:signed-in:
   *
   * Whether there is a session, as far as is known here.
   */
  properties[PROP_SIGNED_IN] = g_param_spec_boolean ("signed-in", NULL, NULL, FALSE, flags);
  /**
   * SyncSupabaseSession:user:
   *
   * The id of the user who is signed in.
   */
  properties[PROP_USER] = g_param_spec_string ("user", NULL, NULL, NULL, flags);
  /**
   * SyncSupabaseSession:email:
   *
   * The address of the user who is signed in, if it is known.
   */
  properties[PROP_EMAIL] = g_param_spec_string ("email", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_supabase_session_init (SyncSupabaseSession *self)
{
  g_queue_init (&self->waiters);
}

static SyncSupabaseSession *
new_session (SyncHttp *http, const char *url, const char *key, SyncClock *clock)
{
  SyncSupabaseSession *self = g_object_new (SYNC_TYPE_SUPABASE_SESSION, NULL);
  g_autoptr (GUri) uri = g_uri_parse (url, SOUP_HTTP_URI_FLAGS, NULL);

  self->http = g_object_ref (http);
  self->url = g_strdup (url);
  self->host = g_strdup (uri != NULL ? g_uri_get_host (uri) : NULL);
  self->key = g_strdup (key);
  self->clock = clock != NULL ? g_object_ref (clock) : sync_clock_new ();
  return self;
}

/**
 * sync_supabase_session_new:
 * @http: what to send with
 * @url: the project's address, from [func@supabase_url_normalise]
 * @key: its key, from [func@supabase_key_normalise]
 * @secrets: where the tokens are kept
 * @profile: whose: a name as of [func@secret_is_name]
 * @clock: (nullable): the time
 *
 * Returns: (transfer full): a session of somebody who signs in with email and password
 */
SyncSupabaseSession *
sync_supabase_session_new (SyncHttp *http, const char *url, const char *key,
                           SyncSecretStore *secrets, const char *profile, SyncClock *clock)
{
  SyncSupabaseSession *self;

  g_return_val_if_fail (SYNC_IS_HTTP (http) && url != NULL && key != NULL, NULL);
  g_return_val_if_fail (SYNC_IS_SECRET_STORE (secrets) && sync_secret_is_name (profile), NULL);

  self = new_session (http, url, key, clock);
  self->secrets = g_object_ref (secrets);
  self->profile = g_strdup (profile);
  return self;
}

/**
 * sync_supabase_session_new_for_token:
 * @http: what to send with
 * @url: the project's address
 * @key: its key
 * @token: an access token; [func@supabase_token_is_sendable]
 * @clock: (nullable): the time
 *
 * Returns: (transfer full): a session that lasts as long as the token does
 */
SyncSupabaseSession *
sync_supabase_session_new_for_token (SyncHttp *http, const char *url, const char *key,
                                     const char *token, SyncClock *clock)
{
  SyncSupabaseSession *self;

  g_return_val_if_fail (SYNC_IS_HTTP (http) && url != NULL && key != NULL, NULL);
  g_return_val_if_fail (sync_supabase_token_is_sendable (token), NULL);

  self = new_session (http, url, key, clock);
  self->token = g_strdup (token);
  self->claims = sync_supabase_claims_parse (token);
  return self;
}

/**
 * sync_supabase_session_get_signed_in:
 * @session: a session
 *
 * Returns: whether there is one, as far as is known here
 */
gboolean
sync_supabase_session_get_signed_in (SyncSupabaseSession *session)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_SESSION (session), FALSE);

  return session->token != NULL || session->tokens != NULL;
}

/**
 * sync_supabase_session_get_user:
 * @session: a session
 *
 * Returns: (transfer none) (nullable): the id of the user who is signed in
 */
const char *
sync_supabase_session_get_user (SyncSupabaseSession *session)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_SESSION (session), NULL);

  if (session->claims != NULL)
    return session->claims->user;
  return session->tokens != NULL ? session->tokens->user : NULL;
}

/**
 * sync_supabase_session_get_email:
 * @session: a session
 *
 * Returns: (transfer none) (nullable): the address of the user who is signed in
 */
const char *
sync_supabase_session_get_email (SyncSupabaseSession *session)
{
  g_return_val_if_fail (SYNC_IS_SUPABASE_SESSION (session), NULL);

  if (session->claims != NULL)
    return session->claims->email;
  return session->tokens != NULL ? session->tokens->email : NULL;
}

/**
 * sync_supabase_session_load_async:
 * @session: a session
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads the session from the store, where another process may have signed in or out. Needs no
 * network.
 */
void
sync_supabase_session_load_async (SyncSupabaseSession *session, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_SUPABASE_SESSION (session));

  task = g_task_new (session, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_session_load_async);
  if (session->token != NULL)
    g_task_return_boolean (task, TRUE);
  else
    sync_secret_store_lookup_async (session->secrets, session->profile, SYNC_SUPABASE_SECRET_KIND,
                                    cancellable, on_loaded, g_steal_pointer (&task));
}

/**
 * sync_supabase_session_load_finish:
 * @session: a session
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_SIGN_IN if there is none, SYNC_ERROR_SECRETS
 *
 * Returns: %FALSE with @error set if nobody is signed in
 */
gboolean
sync_supabase_session_load_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                   GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static gboolean
may_answer_at_once (SyncSupabaseSession *self, const char *refused)
{
  if (self->tokens == NULL || g_strcmp0 (self->tokens->access, refused) == 0)
    return FALSE;
  return sync_supabase_tokens_is_fresh (self->tokens, self->clock)
         || (sync_supabase_tokens_get_remaining (self->tokens, self->clock) > 0
             && sync_clock_monotonic (self->clock) < self->pause_until);
}

static void
wait_for_token (SyncSupabaseSession *self, GTask *task, const char *refused)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Waiter *waiter = g_new0 (Waiter, 1);

  waiter->session = self;
  waiter->task = g_object_ref (task);
  waiter->refused = g_strdup (refused);
  if (cancellable != NULL)
    {
      waiter->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (waiter->cancelled, G_SOURCE_FUNC (on_waiter_cancelled), waiter, NULL);
      g_source_attach (waiter->cancelled, g_task_get_context (task));
    }
  g_queue_push_tail (&self->waiters, waiter);
  if (!self->refreshing)
    begin_refresh (self);
}

/**
 * sync_supabase_session_get_token_async:
 * @session: a session
 * @refused: (nullable): the token that the server just did not accept any more
 * @cancellable: (nullable): cancels the waiting, not a refresh
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Gets the access token, if need be a new one: 90 seconds before the old one ends, or when it is
 * @refused.
 */
void
sync_supabase_session_get_token_async (SyncSupabaseSession *session, const char *refused,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (SYNC_IS_SUPABASE_SESSION (session));

  task = g_task_new (session, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_session_get_token_async);
  if (session->token != NULL && refused != NULL)
    g_task_return_error (task, new_sign_in_error (SYNC_SUPABASE_TOKEN_VARIABLE));
  else if (session->token != NULL)
    g_task_return_pointer (task, g_strdup (session->token), (GDestroyNotify) sync_secret_free);
  else if (may_answer_at_once (session, refused))
    g_task_return_pointer (task, g_strdup (session->tokens->access),
                           (GDestroyNotify) sync_secret_free);
  else
    wait_for_token (session, task, refused);
}

/**
 * sync_supabase_session_get_token_finish:
 * @session: a session
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_SIGN_IN when the session is over, and what any request
 *   may meet, which does not end it
 *
 * Returns: (transfer full): the token, to be freed with [func@secret_free]
 */
char *
sync_supabase_session_get_token_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                        GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
