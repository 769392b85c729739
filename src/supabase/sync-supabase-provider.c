/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-provider-private.h"

#include "sync-json.h"
#include "sync-supabase-answer.h"
#include "sync-supabase-key.h"
#include "sync-supabase-query.h"

/**
 * SyncSupabaseProvider:
 *
 * The cloud by way of Supabase's REST API: plain PostgREST, and two functions of ours for what must
 * not come from a replica that is behind.
 */
struct _SyncSupabaseProvider
{
  SyncProvider parent_instance;

  char *url;                    /* (owned) */
  SyncHttp *http;               /* (owned) */
  SyncSupabaseSession *session; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncSupabaseProvider, sync_supabase_provider, SYNC_TYPE_PROVIDER)

static const char *
sync_supabase_provider_get_name (SyncProvider *provider)
{
  return "supabase";
}

static const char *
sync_supabase_provider_get_location (SyncProvider *provider)
{
  return SYNC_SUPABASE_PROVIDER (provider)->url;
}

static gboolean
sync_supabase_provider_has_types (SyncProvider *provider)
{
  return TRUE;
}

static void
sync_supabase_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  sync_http_get_usage (SYNC_SUPABASE_PROVIDER (provider)->http, &usage->requests,
                       &usage->bytes_sent, &usage->bytes_received);
}

/* An answer with a status came from the cloud, unless it can only come from somebody else. */
static gboolean
has_answered (const GError *error)
{
  SyncErrorDetail *detail = sync_error_get_detail (error);

  return error == NULL
         || (detail != NULL && detail->status != 0 && error->code != SYNC_ERROR_PROTOCOL
             && error->code != SYNC_ERROR_OFFLINE);
}

GBytes *
sync_supabase_provider_call_finish (SyncSupabaseProvider *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_autoptr (GError) fault = NULL;
  GBytes *answer = sync_supabase_call_finish (self->http, result, &fault);

  if (!sync_error_is_cancelled (fault))
    sync_provider_set_connected (SYNC_PROVIDER (self), has_answered (fault));
  if (answer == NULL)
    g_propagate_error (error, g_steal_pointer (&fault));
  return answer;
}

void
sync_supabase_provider_call_async (SyncSupabaseProvider *self,
                                   SyncSupabaseCall *call,
                                   GTask *task,
                                   GAsyncReadyCallback callback)
{
  sync_supabase_call_async (self->http, self->session, call, g_task_get_cancellable (task),
                            callback, task);
}

/* The end of operations whose answer is the result. */
static void
on_answer (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GBytes *answer
      = sync_supabase_provider_call_finish (g_task_get_source_object (task), result, &error);

  if (answer != NULL)
    g_task_return_pointer (task, answer, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

/* The answer to what need not be asked. */
static void
return_no_rows (GTask *task)
{
  g_task_return_pointer (task, g_bytes_new_static ("[]", 2), (GDestroyNotify) g_bytes_unref);
}

static GBytes *
finish_bytes (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (sync_supabase_session_load_finish (SYNC_SUPABASE_SESSION (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
sync_supabase_provider_connect_async (SyncProvider *provider, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_provider_connect_async);
  sync_supabase_session_load_async (self->session, cancellable, on_loaded, task);
}

static gboolean
sync_supabase_provider_connect_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_state (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) answer
      = sync_supabase_provider_call_finish (g_task_get_source_object (task), result, &error);
  SyncCloudState *state = NULL;

  if (answer != NULL)
    state = sync_supabase_state_parse (answer);
  if (state != NULL)
    g_task_return_pointer (task, state, (GDestroyNotify) sync_cloud_state_free);
  else if (answer != NULL)
    g_task_return_error (
        task, sync_error_new (SYNC_ERROR_PROTOCOL, "sync_state", "The state cannot be understood"));
  else
    g_task_return_error (task, error);
}

static void
sync_supabase_provider_get_state_async (SyncProvider *provider, gboolean strong,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  SyncSupabaseCall *call;

  g_task_set_source_tag (task, sync_provider_get_state_async);
  if (strong)
    {
      call = sync_supabase_call_new ("POST", "rpc/sync_state_now", NULL, NULL);
      call->body = g_bytes_new_static ("{}", 2);
    }
  else
    call = sync_supabase_call_new ("GET", "sync_state", "select=*", NULL);
  sync_supabase_provider_call_async (self, call, task, on_state);
}

static SyncCloudState *
sync_supabase_provider_get_state_finish (SyncProvider *provider, GAsyncResult *result,
                                         GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
sync_supabase_provider_pull_async (SyncProvider *provider, const SyncEntity *entity,
                                   const SyncPullQuery *query, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *text = NULL;

  g_task_set_source_tag (task, sync_provider_pull_async);
  if (query->since == G_MAXINT64)
    {
      return_no_rows (task);
      return;
    }
  text = sync_supabase_query_pull (entity, query);
  sync_supabase_provider_call_async (
      self, sync_supabase_call_new ("GET", entity->cloud_table, text, entity),
      g_steal_pointer (&task), on_answer);
}

static gboolean
is_empty_array (GBytes *rows)
{
  SyncJsonReader reader;
  gsize length;
  const char *text = g_bytes_get_data (rows, &length);

  sync_json_reader_init (&reader, text, length);
  return sync_json_enter_array (&reader) && !sync_json_next_element (&reader)
         && reader.fault == NULL;
}

static void
sync_supabase_provider_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                                   GCancellable *cancellable, GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *query = NULL;
  SyncSupabaseCall *call;

  g_task_set_source_tag (task, sync_provider_push_async);
  if (is_empty_array (rows))
    {
      return_no_rows (task);
      return;
    }
  query = sync_supabase_query_push (entity);
  call = sync_supabase_call_new ("POST", entity->cloud_table, query, entity);
  call->prefer = "resolution=merge-duplicates,return=representation";
  call->body = g_bytes_ref (rows);
  sync_supabase_provider_call_async (self, call, g_steal_pointer (&task), on_answer);
}

static void
on_digest (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  const char *prefix = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GBytes) answer
      = sync_supabase_provider_call_finish (g_task_get_source_object (task), result, &error);
  g_autofree SyncDigest *digest = g_new0 (SyncDigest, 1);

  if (answer == NULL)
    g_task_return_error (task, error);
  else if (sync_supabase_digest_parse (answer, prefix, digest))
    g_task_return_pointer (task, g_steal_pointer (&digest), g_free);
  else
    g_task_return_error (task, sync_error_new (SYNC_ERROR_PROTOCOL, "sync_digest",
                                               "The digest cannot be understood"));
}

static void
sync_supabase_provider_digest_async (SyncProvider *provider, const SyncEntity *entity,
                                     const char *prefix, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  char *body = sync_supabase_body_digest (entity, prefix);
  SyncSupabaseCall *call = sync_supabase_call_new ("POST", "rpc/sync_digest", NULL, entity);

  g_task_set_source_tag (task, sync_provider_digest_async);
  g_task_set_task_data (task, g_strdup (prefix), g_free);
  call->body = g_bytes_new_take (body, strlen (body));
  sync_supabase_provider_call_async (self, call, task, on_digest);
}

static gboolean
sync_supabase_provider_digest_finish (SyncProvider *provider, GAsyncResult *result,
                                      SyncDigest *digest, GError **error)
{
  g_autofree SyncDigest *answer = NULL;

  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);

  answer = g_task_propagate_pointer (G_TASK (result), error);
  if (answer != NULL)
    *digest = *answer;
  return answer != NULL;
}

static void
on_put (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SyncSupabaseProvider *self = g_task_get_source_object (task);
  g_autoptr (GBytes) answer = sync_supabase_provider_call_finish (self, result, &error);

  /* What stands between us and the cloud may say yes in its place. */
  if (answer != NULL && !sync_supabase_device_is (answer, g_task_get_task_data (task)))
    error = sync_error_new (SYNC_ERROR_PROTOCOL, "sync_devices",
                            "The cloud does not say that it took the device's row");
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
sync_supabase_provider_put_device_async (SyncProvider *provider, const SyncDevice *device,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (provider);
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  char *body = sync_supabase_body_device (device);
  SyncSupabaseCall *call
      = sync_supabase_call_new ("POST", "sync_devices",
                                "on_conflict=user_id,device_id&select=device_id", NULL);

  g_task_set_source_tag (task, sync_provider_put_device_async);
  g_task_set_task_data (task, g_strdup (device->id), g_free);
  call->prefer = "resolution=merge-duplicates,return=representation";
  call->body = g_bytes_new_take (body, strlen (body));
  sync_supabase_provider_call_async (self, call, task, on_put);
}

static gboolean
sync_supabase_provider_put_device_finish (SyncProvider *provider, GAsyncResult *result,
                                          GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void delete_some (GTask *task);

/* A cloud whose script is older has all the rest. */
static GError *
explain_deletion (GError *error)
{
  GError *old;

  if (!g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SCHEMA_MISSING))
    return error;
  old = sync_error_new (SYNC_ERROR_SCHEMA_OLD, sync_error_get_detail (error)->subject,
                        "The cloud cannot delete everything");
  g_error_free (error);
  return old;
}

static void
on_some_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GBytes) answer
      = sync_supabase_provider_call_finish (g_task_get_source_object (task), result, &error);
  gboolean left = FALSE;

  if (answer == NULL)
    g_task_return_error (task, explain_deletion (error));
  else if (!sync_supabase_deletion_take (g_task_get_task_data (task), answer, &left, &error))
    g_task_return_error (task, error);
  else if (left)
    delete_some (g_steal_pointer (&task));
  else
    g_task_return_boolean (task, TRUE);
}

/* Takes @task. */
static void
delete_some (GTask *task)
{
  SyncSupabaseCall *call = sync_supabase_call_new ("POST", "rpc/sync_delete_my_data", NULL, NULL);

  call->body = g_bytes_new_static ("{}", 2);
  sync_supabase_provider_call_async (g_task_get_source_object (task), call, task, on_some_deleted);
}

static void
sync_supabase_provider_delete_all_async (SyncProvider *provider, GCancellable *cancellable,
                                         GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (provider, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_provider_delete_all_async);
  g_task_set_task_data (task, g_new0 (SyncSupabaseDeletion, 1), g_free);
  delete_some (task);
}

static gboolean
sync_supabase_provider_delete_all_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sync_supabase_provider_finalize (GObject *object)
{
  SyncSupabaseProvider *self = SYNC_SUPABASE_PROVIDER (object);

  g_free (self->url);
  g_clear_object (&self->session);
  g_clear_object (&self->http);
  G_OBJECT_CLASS (sync_supabase_provider_parent_class)->finalize (object);
}

static void
sync_supabase_provider_class_init (SyncSupabaseProviderClass *class)
{
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_supabase_provider_finalize;
  provider_class->get_name = sync_supabase_provider_get_name;
  provider_class->get_location = sync_supabase_provider_get_location;
  provider_class->get_usage = sync_supabase_provider_get_usage;
  provider_class->has_types = sync_supabase_provider_has_types;
  provider_class->connect_async = sync_supabase_provider_connect_async;
  provider_class->connect_finish = sync_supabase_provider_connect_finish;
  provider_class->get_state_async = sync_supabase_provider_get_state_async;
  provider_class->get_state_finish = sync_supabase_provider_get_state_finish;
  provider_class->pull_async = sync_supabase_provider_pull_async;
  provider_class->pull_finish = finish_bytes;
  provider_class->push_async = sync_supabase_provider_push_async;
  provider_class->push_finish = finish_bytes;
  provider_class->fetch_async = sync_supabase_provider_fetch_async;
  provider_class->fetch_finish = finish_bytes;
  provider_class->digest_async = sync_supabase_provider_digest_async;
  provider_class->digest_finish = sync_supabase_provider_digest_finish;
  provider_class->put_device_async = sync_supabase_provider_put_device_async;
  provider_class->put_device_finish = sync_supabase_provider_put_device_finish;
  provider_class->delete_all_async = sync_supabase_provider_delete_all_async;
  provider_class->delete_all_finish = sync_supabase_provider_delete_all_finish;
}

static void
sync_supabase_provider_init (SyncSupabaseProvider *self)
{
  self->http = sync_http_new ();
}

/**
 * sync_supabase_provider_check:
 * @url: (nullable): a project's address
 * @key: (nullable): its publishable or anon key
 * @normal_url: (out): the address in the form by which a cloud is recognised
 * @normal_key: (out): the key without white space around it
 * @error: where to put an error: SYNC_ERROR_INVALID (`subject` is `url` or `anon-key`),
 *   SYNC_ERROR_INSECURE, SYNC_ERROR_SECRET_KEY
 *
 * Checks what can be checked without the network.
 *
 * Returns: %FALSE with @error set if they cannot be used
 */
gboolean
sync_supabase_provider_check (const char *url, const char *key, char **normal_url,
                              char **normal_key, GError **error)
{
  *normal_key = NULL;
  *normal_url = sync_supabase_url_normalise (url, error);
  if (*normal_url == NULL)
    return FALSE;
  *normal_key = sync_supabase_key_normalise (key, error);
  if (*normal_key == NULL)
    g_clear_pointer (normal_url, g_free);
  return *normal_key != NULL;
}

/**
 * sync_supabase_provider_new:
 * @url: a project's address
 * @key: its publishable or anon key
 * @token: (nullable): a ready-made access token, in place of a session
 * @secrets: where sessions are kept
 * @profile: whose session: a name as of sync_secret_is_name()
 * @clock: (nullable): the time
 * @error: where to put an error, as of [func@SupabaseProvider.check]; `subject` is
 *   `SUPABASE_AUTH_TOKEN` if it is the token
 *
 * To be used on the thread that makes it, with the main context that is its thread-default one.
 *
 * Returns: (transfer full): the cloud at @url
 */
SyncProvider *
sync_supabase_provider_new (const char *url, const char *key, const char *token,
                            SyncSecretStore *secrets, const char *profile, SyncClock *clock,
                            GError **error)
{
  g_autoptr (SyncSupabaseProvider) self = NULL;
  g_autofree char *normal_url = NULL;
  g_autofree char *normal_key = NULL;

  g_return_val_if_fail (SYNC_IS_SECRET_STORE (secrets) && sync_secret_is_name (profile), NULL);

  if (!sync_supabase_provider_check (url, key, &normal_url, &normal_key, error))
    return NULL;
  if (token != NULL && !sync_supabase_token_is_sendable (token))
    {
      GError *no_token = sync_error_new (SYNC_ERROR_INVALID, "SUPABASE_AUTH_TOKEN", "This is no access token");

      sync_error_set_reason (no_token, "token", 0);
      g_propagate_error (error, no_token);
      return NULL;
    }
  self = g_object_new (SYNC_TYPE_SUPABASE_PROVIDER, NULL);
  self->url = g_steal_pointer (&normal_url);
  self->session = token != NULL ? sync_supabase_session_new_for_token (self->http, self->url,
                                                                       normal_key, token, clock)
                                : sync_supabase_session_new (self->http, self->url, normal_key,
                                                             secrets, profile, clock);
  return SYNC_PROVIDER (g_steal_pointer (&self));
}

SyncSupabaseSession *
sync_supabase_provider_get_session (SyncSupabaseProvider *provider)
{
  return provider->session;
}

/**
 * sync_supabase_provider_set_timeout:
 * @provider: a provider
 * @milliseconds: how long each later request may take as a whole
 */
void
sync_supabase_provider_set_timeout (SyncSupabaseProvider *provider, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  sync_http_set_timeout (provider->http, milliseconds);
}

/**
 * sync_supabase_provider_set_max_body:
 * @provider: a provider
 * @bytes: how long an answer may be, decompressed; a longer one is SYNC_ERROR_TOO_LARGE
 */
void
sync_supabase_provider_set_max_body (SyncSupabaseProvider *provider, gsize bytes)
{
  g_return_if_fail (SYNC_IS_SUPABASE_PROVIDER (provider));

  sync_http_set_max_body (provider->http, bytes);
}
