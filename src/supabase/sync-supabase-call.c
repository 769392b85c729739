/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-call.h"

#include "sync-supabase-error.h"
#include "sync-supabase-session-private.h"

typedef struct
{
  SyncSupabaseCall *call;       /* (owned) */
  SyncSupabaseSession *session; /* (owned) */
  char *token;                  /* (owned) (nullable): the one that was sent */
  gboolean resent;
} Exchange;

static void
exchange_free (Exchange *exchange)
{
  sync_supabase_call_free (exchange->call);
  g_object_unref (exchange->session);
  sync_secret_free (exchange->token);
  g_free (exchange);
}

static void on_token (GObject *source, GAsyncResult *result, gpointer user_data);

/* The whole text is checked by who reads the rows; here, whether it can be what was asked for: not
 * cut short and not somebody else's page. */
static gboolean
looks_like_json (const SyncHttpReply *reply)
{
  gsize length;
  const char *text = g_bytes_get_data (reply->body, &length);

  while (length > 0 && g_ascii_isspace (text[length - 1]))
    length--;
  while (length > 0 && g_ascii_isspace (*text))
    text++, length--;
  return sync_http_reply_is_json (reply) && length >= 2
         && ((*text == '[' && text[length - 1] == ']')
             || (*text == '{' && text[length - 1] == '}'));
}

static void
succeed (GTask *task, const SyncHttpReply *reply)
{
  const Exchange *exchange = g_task_get_task_data (task);

  if (looks_like_json (reply))
    g_task_return_pointer (task, g_bytes_ref (reply->body), (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, sync_supabase_error_not_json (reply, exchange->session->host));
}

static void
on_answered (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  Exchange *exchange = g_task_get_task_data (task);
  SyncSupabaseSession *session = exchange->session;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncHttpReply) reply = sync_http_send_finish (SYNC_HTTP (source), result, &error);

  if (reply != NULL && reply->status >= 200 && reply->status < 300)
    {
      succeed (task, reply);
      return;
    }
  if (reply != NULL)
    error = sync_supabase_error_from_rest (reply, session->host, exchange->call->resource,
                                           exchange->call->entity, sync_clock_now (session->clock));
  if (sync_supabase_error_is_expired_token (error) && !exchange->resent)
    {
      exchange->resent = TRUE;
      sync_supabase_session_get_token_async (session, exchange->token, cancellable, on_token,
                                             g_steal_pointer (&task));
      return;
    }
  g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_token (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GCancellable *cancellable = g_task_get_cancellable (task);
  SyncHttp *http = g_task_get_source_object (task);
  Exchange *exchange = g_task_get_task_data (task);
  SyncSupabaseSession *session = exchange->session;
  SyncSupabaseCall *call = exchange->call;
  GError *error = NULL;
  g_autofree char *url = g_strconcat (session->url, "/rest/v1/", call->path, NULL);
  char *bearer;

  sync_secret_free (exchange->token);
  exchange->token = sync_supabase_session_get_token_finish (session, result, &error);
  if (exchange->token == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  bearer = g_strconcat ("Bearer ", exchange->token, NULL);
  {
    const char *const headers[] = { "apikey",
                                    session->key,
                                    "Accept",
                                    "application/json",
                                    "Authorization",
                                    bearer,
                                    call->prefer != NULL ? "Prefer" : NULL,
                                    call->prefer,
                                    NULL };

    sync_http_send_async (http, call->method, url, headers, call->body, cancellable, on_answered,
                          g_steal_pointer (&task));
  }
  sync_secret_free (bearer);
}

/**
 * sync_supabase_call_new:
 * @method: (transfer none): a constant: the HTTP method
 * @resource: a table, a view or `rpc/` and a function
 * @query: (nullable): the part of the URL after `?`, encoded
 * @entity: (nullable): whose rows are on their way
 *
 * Returns: (transfer full): a request
 */
SyncSupabaseCall *
sync_supabase_call_new (const char *method, const char *resource, const char *query,
                        const SyncEntity *entity)
{
  SyncSupabaseCall *call = g_new0 (SyncSupabaseCall, 1);
  g_autofree char *escaped = g_uri_escape_string (resource, "/", FALSE);

  call->method = method;
  call->path = query != NULL ? g_strconcat (escaped, "?", query, NULL) : g_strdup (escaped);
  call->resource = g_strdup (g_str_has_prefix (resource, "rpc/") ? resource + 4 : resource);
  call->entity = entity != NULL ? sync_entity_ref ((SyncEntity *) entity) : NULL;
  return call;
}

/**
 * sync_supabase_call_free:
 * @call: (transfer full): a request
 */
void
sync_supabase_call_free (SyncSupabaseCall *call)
{
  g_free (call->path);
  g_free (call->resource);
  g_clear_pointer (&call->entity, sync_entity_unref);
  g_clear_pointer (&call->body, g_bytes_unref);
  g_free (call);
}

/**
 * sync_supabase_call_async:
 * @http: what to send with
 * @session: in whose name
 * @call: (transfer full): the request
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Sends a request; once more with a new token if the server says that the token expired.
 */
void
sync_supabase_call_async (SyncHttp *http, SyncSupabaseSession *session, SyncSupabaseCall *call,
                          GCancellable *cancellable, GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (http, cancellable, callback, user_data);
  Exchange *exchange = g_new0 (Exchange, 1);

  g_task_set_source_tag (task, sync_supabase_call_async);
  exchange->call = call;
  exchange->session = g_object_ref (session);
  g_task_set_task_data (task, exchange, (GDestroyNotify) exchange_free);
  sync_supabase_session_get_token_async (session, NULL, cancellable, on_token,
                                         g_steal_pointer (&task));
}

/**
 * sync_supabase_call_finish:
 * @http: what it was sent with
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the answer's JSON
 */
GBytes *
sync_supabase_call_finish (SyncHttp *http, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, http), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
