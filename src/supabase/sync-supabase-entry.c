/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-session-private.h"

#include "sync-supabase-error.h"

/* Signing up, in and out: how a session begins and ends because somebody wants it. */

/* Telling the server is a courtesy: the tokens are forgotten already. */
#define SIGN_OUT_SECONDS 10
/* What bcrypt takes. */
#define MAX_PASSWORD 72

typedef struct
{
  SyncFileLock *lock;         /* (owned) (nullable) */
  SyncSupabaseTokens *tokens; /* (owned) (nullable): the new session, or the one that ends */
  GCancellable *patience;     /* (owned) (nullable): cancelled when telling the server takes long */
  GSource *timer;             /* (owned) (nullable) */
  GCancellable *asker;        /* (owned) (nullable): of who asked … */
  gulong asker_id;            /* … while that ends the patience, too */
} Change;

static void
change_free (Change *change)
{
  sync_clear_source (&change->timer);
  g_cancellable_disconnect (change->asker, change->asker_id);
  g_clear_object (&change->asker);
  sync_file_lock_release (change->lock);
  g_clear_pointer (&change->tokens, sync_supabase_tokens_free);
  g_clear_object (&change->patience);
  g_free (change);
}

static void
on_entry_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  GError *error = NULL;

  if (sync_secret_store_store_finish (self->secrets, result, &error))
    {
      sync_supabase_session_set_tokens (self, g_steal_pointer (&change->tokens));
      self->pause_until = 0;
      g_clear_pointer (&change->lock, sync_file_lock_release);
      g_task_return_boolean (task, TRUE);
    }
  else
    g_task_return_error (task, error);
}

static void
on_entry_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  GError *error = NULL;

  change->lock = sync_supabase_session_lock_finish (result, &error);
  if (change->lock == NULL)
    g_task_return_error (task, error);
  else
    sync_supabase_session_store (self, change->tokens, on_entry_stored, g_steal_pointer (&task));
}

/* A sign-up that brings no session: the address must be confirmed, or is taken (which the server
 * hides behind a user without identities). */
static GError *
explain_no_session (SyncSupabaseSession *self, const SyncHttpReply *reply)
{
  SyncSpan body, user, identities;

  body.text = g_bytes_get_data (reply->body, &body.length);
  if (!sync_json_is_valid (body.text, body.length))
    return sync_supabase_error_not_json (reply, self->host);
  if (!sync_json_get_member (body, "user", &user) || sync_json_type (user) != SYNC_JSON_OBJECT)
    user = body;
  if (sync_json_get_member (user, "identities", &identities)
      && sync_json_type (identities) == SYNC_JSON_ARRAY && identities.length == 2)
    return sync_error_new (SYNC_ERROR_EXISTS, self->host, "The account exists already");
  if (sync_json_get_member (user, "id", &identities))
    return sync_error_new (SYNC_ERROR_CONFIRM_EMAIL, self->host, "The address is not confirmed");
  return sync_supabase_error_not_json (reply, self->host);
}

static void
on_entered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (SyncHttpReply) reply = sync_supabase_session_send_finish (self, result, &error);

  if (reply == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  change->tokens = sync_supabase_tokens_new_from_answer (reply->body, self->clock);
  if (change->tokens == NULL)
    g_task_return_error (task, explain_no_session (self, reply));
  else
    sync_supabase_session_lock (self, cancellable, on_entry_locked, g_steal_pointer (&task));
}

/* Returns: (transfer full) (nullable): what is wrong with changing the session like this */
static GError *
check_change (SyncSupabaseSession *self, const char *email, const char *password)
{
  if (self->secrets == NULL)
    return sync_error_new (SYNC_ERROR_INVALID, SYNC_SUPABASE_TOKEN_VARIABLE,
                           "The session is given by a token from outside");
  if (email != NULL && (strchr (email, '@') == NULL || !g_utf8_validate (email, -1, NULL)))
    return sync_error_new (SYNC_ERROR_INVALID, "email", "This is no email address");
  if (password != NULL
      && (*password == '\0' || strlen (password) > MAX_PASSWORD
          || !g_utf8_validate (password, -1, NULL)))
    return sync_error_new (SYNC_ERROR_INVALID, "password", "A password has 1 to %u bytes of UTF-8",
                           MAX_PASSWORD);
  return NULL;
}

static void
enter (SyncSupabaseSession *self, const char *path, gpointer tag, const char *email,
       const char *password, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = check_change (self, email, password);

  (g_task_set_source_tag) (task, tag);
  g_task_set_task_data (task, g_new0 (Change, 1), (GDestroyNotify) change_free);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    sync_supabase_session_send (
        self, path, NULL, sync_supabase_session_new_body ("email", email, "password", password),
        cancellable, on_entered, g_steal_pointer (&task));
}

static void
on_told (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  g_autoptr (SyncHttpReply) reply = sync_supabase_session_send_finish (self, result, NULL);

  /* Out is out, whatever the server says or if nobody heard us. */
  g_task_return_boolean (task, TRUE);
}

static gboolean
on_patience_over (gpointer user_data)
{
  g_cancellable_cancel (((Change *) user_data)->patience);
  return G_SOURCE_REMOVE;
}

static void
on_asker_gone (GCancellable *asker, gpointer patience)
{
  g_cancellable_cancel (patience);
}

/* Whoever does not wait any more is out all the same. */
static void
end_patience_with_asker (Change *change, GCancellable *asker)
{
  if (asker == NULL)
    return;
  change->asker = g_object_ref (asker);
  change->asker_id = g_cancellable_connect (asker, G_CALLBACK (on_asker_gone),
                                            g_object_ref (change->patience), g_object_unref);
}

static void
on_exit_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);
  GError *error = NULL;

  if (!sync_secret_store_clear_finish (self->secrets, result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  sync_supabase_session_set_tokens (self, NULL);
  g_clear_pointer (&change->lock, sync_file_lock_release);
  if (change->tokens == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  change->patience = g_cancellable_new ();
  end_patience_with_asker (change, g_task_get_cancellable (task));
  change->timer = g_timeout_source_new_seconds (SIGN_OUT_SECONDS);
  g_source_set_callback (change->timer, on_patience_over, change, NULL);
  g_source_attach (change->timer, g_task_get_context (task));
  sync_supabase_session_send (self, "logout?scope=local", change->tokens->access, NULL,
                              change->patience, on_told, g_steal_pointer (&task));
}

static void
on_exit_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);

  change->tokens = sync_supabase_session_lookup_finish (self, result, NULL);
  sync_secret_store_clear_async (self->secrets, self->profile, SYNC_SUPABASE_SECRET_KIND, NULL,
                                 on_exit_cleared, g_steal_pointer (&task));
}

static void
on_exit_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncSupabaseSession *self = g_task_get_source_object (task);
  Change *change = g_task_get_task_data (task);

  if (g_task_return_error_if_cancelled (task))
    return;
  /* Without the lock, the secrets go all the same. */
  change->lock = sync_supabase_session_lock_finish (result, NULL);
  sync_secret_store_lookup_async (self->secrets, self->profile, SYNC_SUPABASE_SECRET_KIND, NULL,
                                  on_exit_looked_up, g_steal_pointer (&task));
}

/**
 * sync_supabase_session_sign_up_async:
 * @session: a session
 * @email: an address
 * @password: a password, 72 bytes at most
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Makes an account and signs in.
 */
void
sync_supabase_session_sign_up_async (SyncSupabaseSession *session, const char *email,
                                     const char *password, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SUPABASE_SESSION (session) && email != NULL && password != NULL);

  enter (session, "signup", sync_supabase_session_sign_up_async, email, password, cancellable,
         callback, user_data);
}

/**
 * sync_supabase_session_sign_up_finish:
 * @session: a session
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_EXISTS, _CONFIRM_EMAIL (there is an account now),
 *   _WEAK_PASSWORD, _INVALID, and what any request may meet
 *
 * Returns: %FALSE with @error set if nobody is signed in now
 */
gboolean
sync_supabase_session_sign_up_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                      GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_supabase_session_sign_in_async:
 * @session: a session
 * @email: an address
 * @password: the password
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Signs in.
 */
void
sync_supabase_session_sign_in_async (SyncSupabaseSession *session, const char *email,
                                     const char *password, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_SUPABASE_SESSION (session) && email != NULL && password != NULL);

  enter (session, "token?grant_type=password", sync_supabase_session_sign_in_async, email, password,
         cancellable, callback, user_data);
}

/**
 * sync_supabase_session_sign_in_finish:
 * @session: a session
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_CREDENTIALS, _CONFIRM_EMAIL, _INVALID, and what any
 *   request may meet
 *
 * Returns: %FALSE with @error set if it failed; who was signed in before still is
 */
gboolean
sync_supabase_session_sign_in_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                      GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * sync_supabase_session_sign_out_async:
 * @session: a session
 * @cancellable: (nullable): cancels it before the secrets are gone; later, the server is not waited for
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Forgets the tokens and then tells the server, if it can be reached. Other devices stay signed in.
 */
void
sync_supabase_session_sign_out_async (SyncSupabaseSession *session, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  GError *error;

  g_return_if_fail (SYNC_IS_SUPABASE_SESSION (session));

  task = g_task_new (session, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_supabase_session_sign_out_async);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, g_new0 (Change, 1), (GDestroyNotify) change_free);
  error = check_change (session, NULL, NULL);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    sync_supabase_session_lock (session, cancellable, on_exit_locked, g_steal_pointer (&task));
}

/**
 * sync_supabase_session_sign_out_finish:
 * @session: a session
 * @result: what the callback was given
 * @error: where to put an error: SYNC_ERROR_SECRETS, SYNC_ERROR_INVALID for a ready-made token
 *
 * Returns: %FALSE with @error set if the tokens could not be forgotten
 */
gboolean
sync_supabase_session_sign_out_finish (SyncSupabaseSession *session, GAsyncResult *result,
                                       GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, session), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
