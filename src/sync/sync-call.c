/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-call.h"

typedef enum
{
  CALL_CONNECT,
  CALL_STATE,
  CALL_PULL,
  CALL_PUSH,
  CALL_FETCH,
  CALL_PUT_DEVICE,
  CALL_DIGEST,
} CallKind;

struct _SyncCall
{
  CallKind kind;
  SyncProvider *provider;         /* (owned) */
  GMainContext *context;          /* (owned) */
  GCancellable *cancellable;      /* (owned): ours, cancelled with the run's */
  GCancellable *run_cancellable;  /* (owned) (nullable) */
  gulong cancelled_id;
  SyncEntity *entity;             /* (owned) (nullable) */
  GBytes *bytes;                  /* (owned) (nullable) */
  SyncDevice *device;             /* (owned) (nullable) */
  char *not_run;                  /* (owned) (nullable) */
  char *prefix;                   /* (owned) (nullable) */
  SyncPullQuery query;
  gboolean strong;

  GMutex mutex;
  GCond cond;
  GAsyncResult *result; /* (owned) (nullable): the answer, once it is there */
};

static void
call_answered (GObject *source, GAsyncResult *result, gpointer data)
{
  SyncCall *call = data;

  g_mutex_lock (&call->mutex);
  call->result = g_object_ref (result);
  g_cond_signal (&call->cond);
  g_mutex_unlock (&call->mutex);
}

static gboolean
start_call (gpointer data)
{
  SyncCall *call = data;

  switch (call->kind)
    {
    case CALL_CONNECT:
      sync_provider_connect_async (call->provider, call->cancellable, call_answered, call);
      break;
    case CALL_STATE:
      sync_provider_get_state_async (call->provider, call->strong, call->cancellable, call_answered, call);
      break;
    case CALL_PULL:
      sync_provider_pull_async (call->provider, call->entity, &call->query, call->cancellable,
                                call_answered, call);
      break;
    case CALL_PUSH:
      sync_provider_push_async (call->provider, call->entity, call->bytes, call->cancellable,
                                call_answered, call);
      break;
    case CALL_FETCH:
      sync_provider_fetch_async (call->provider, call->entity, call->bytes, call->strong,
                                 call->cancellable, call_answered, call);
      break;
    case CALL_PUT_DEVICE:
      sync_provider_put_device_async (call->provider, call->device, call->cancellable, call_answered, call);
      break;
    case CALL_DIGEST:
      sync_provider_digest_async (call->provider, call->entity, call->prefix, call->cancellable,
                                  call_answered, call);
      break;
    default:
      g_assert_not_reached ();
    }
  return G_SOURCE_REMOVE;
}

static void
forward_cancel (GCancellable *cancellable, gpointer data)
{
  g_cancellable_cancel (data);
}

static SyncCall *
call_new (CallKind kind, SyncProvider *provider, GMainContext *context, const SyncEntity *entity,
          GCancellable *cancellable)
{
  SyncCall *call = g_new0 (SyncCall, 1);

  call->kind = kind;
  call->provider = g_object_ref (provider);
  call->context = g_main_context_ref (context);
  call->entity = entity != NULL ? sync_entity_ref ((SyncEntity *) entity) : NULL;
  call->cancellable = g_cancellable_new ();
  g_mutex_init (&call->mutex);
  g_cond_init (&call->cond);
  if (cancellable != NULL)
    {
      call->run_cancellable = g_object_ref (cancellable);
      call->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (forward_cancel),
                                                  g_object_ref (call->cancellable), g_object_unref);
    }
  return call;
}

static SyncCall *
call_start (SyncCall *call)
{
  g_main_context_invoke (call->context, start_call, call);
  return call;
}

static void
call_free (SyncCall *call)
{
  if (call->run_cancellable != NULL)
    g_cancellable_disconnect (call->run_cancellable, call->cancelled_id);
  g_clear_object (&call->run_cancellable);
  g_clear_object (&call->cancellable);
  g_clear_object (&call->result);
  g_clear_object (&call->provider);
  g_clear_pointer (&call->context, g_main_context_unref);
  g_clear_pointer (&call->entity, sync_entity_unref);
  g_clear_pointer (&call->bytes, g_bytes_unref);
  g_clear_pointer (&call->device, sync_device_free);
  g_clear_pointer (&call->not_run, g_free);
  g_clear_pointer (&call->prefix, g_free);
  g_mutex_clear (&call->mutex);
  g_cond_clear (&call->cond);
  g_free (call);
}

/* Whoever owns the context serves it while it waits: in a program that is the main thread, in a simulation
 * where everything is one thread, ourselves. */
static void
wait_for_answer (SyncCall *call)
{
  if (g_main_context_acquire (call->context))
    {
      while (call->result == NULL)
        g_main_context_iteration (call->context, TRUE);
      g_main_context_release (call->context);
      return;
    }
  g_mutex_lock (&call->mutex);
  while (call->result == NULL)
    g_cond_wait (&call->cond, &call->mutex);
  g_mutex_unlock (&call->mutex);
}

/**
 * sync_call_connect:
 * @provider: a provider
 * @context: where it lives
 * @cancellable: (nullable): the run's
 *
 * Returns: (transfer full): to be finished or abandoned
 */
SyncCall *
sync_call_connect (SyncProvider *provider,
                   GMainContext *context,
                   GCancellable *cancellable)
{
  return call_start (call_new (CALL_CONNECT, provider, context, NULL, cancellable));
}

SyncCall *
sync_call_get_state (SyncProvider *provider,
                     GMainContext *context,
                     gboolean strong,
                     GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_STATE, provider, context, NULL, cancellable);

  call->strong = strong;
  return call_start (call);
}

SyncCall *
sync_call_pull (SyncProvider *provider,
                GMainContext *context,
                const SyncEntity *entity,
                const SyncPullQuery *query,
                GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_PULL, provider, context, entity, cancellable);

  call->query = *query;
  call->query.not_run = call->not_run = g_strdup (query->not_run);
  return call_start (call);
}

SyncCall *
sync_call_push (SyncProvider *provider,
                GMainContext *context,
                const SyncEntity *entity,
                GBytes *rows,
                GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_PUSH, provider, context, entity, cancellable);

  call->bytes = g_bytes_ref (rows);
  return call_start (call);
}

SyncCall *
sync_call_fetch (SyncProvider *provider,
                 GMainContext *context,
                 const SyncEntity *entity,
                 GBytes *keys,
                 gboolean strong,
                 GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_FETCH, provider, context, entity, cancellable);

  call->bytes = g_bytes_ref (keys);
  call->strong = strong;
  return call_start (call);
}

SyncCall *
sync_call_put_device (SyncProvider *provider,
                      GMainContext *context,
                      const SyncDevice *device,
                      GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_PUT_DEVICE, provider, context, NULL, cancellable);

  call->device = sync_device_copy (device);
  return call_start (call);
}

SyncCall *
sync_call_digest (SyncProvider *provider,
                  GMainContext *context,
                  const SyncEntity *entity,
                  const char *prefix,
                  GCancellable *cancellable)
{
  SyncCall *call = call_new (CALL_DIGEST, provider, context, entity, cancellable);

  call->prefix = g_strdup (prefix);
  return call_start (call);
}

gboolean
sync_call_finish (SyncCall *call,
                  GError **error)
{
  gboolean good;

  wait_for_answer (call);
  if (call->kind == CALL_CONNECT)
    good = sync_provider_connect_finish (call->provider, call->result, error);
  else
    good = sync_provider_put_device_finish (call->provider, call->result, error);
  call_free (call);
  return good;
}

SyncCloudState *
sync_call_finish_state (SyncCall *call,
                        GError **error)
{
  SyncCloudState *state;

  wait_for_answer (call);
  state = sync_provider_get_state_finish (call->provider, call->result, error);
  call_free (call);
  return state;
}

GBytes *
sync_call_finish_bytes (SyncCall *call,
                        GError **error)
{
  GBytes *bytes;

  wait_for_answer (call);
  if (call->kind == CALL_PULL)
    bytes = sync_provider_pull_finish (call->provider, call->result, error);
  else if (call->kind == CALL_PUSH)
    bytes = sync_provider_push_finish (call->provider, call->result, error);
  else
    bytes = sync_provider_fetch_finish (call->provider, call->result, error);
  call_free (call);
  return bytes;
}

gboolean
sync_call_finish_digest (SyncCall *call,
                         SyncDigest *digest,
                         GError **error)
{
  gboolean good;

  wait_for_answer (call);
  good = sync_provider_digest_finish (call->provider, call->result, digest, error);
  call_free (call);
  return good;
}

void
sync_call_abandon (SyncCall *call)
{
  g_cancellable_cancel (call->cancellable);
  if (call->kind == CALL_CONNECT || call->kind == CALL_PUT_DEVICE)
    {
      sync_call_finish (call, NULL);
    }
  else if (call->kind == CALL_STATE)
    {
      g_autoptr (SyncCloudState) state = sync_call_finish_state (call, NULL);
    }
  else if (call->kind == CALL_DIGEST)
    {
      SyncDigest digest;

      sync_call_finish_digest (call, &digest, NULL);
    }
  else
    {
      g_autoptr (GBytes) bytes = sync_call_finish_bytes (call, NULL);
    }
}
