/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-provider.h"

#include "sync-vault-opening.h"
#include "sync-vault-request.h"

#define DEFAULT_PATIENCE_MS 10000
#define DEFAULT_REST_MS 3000

/**
 * SyncVaultProvider:
 *
 * Another SQLite file as the cloud: on this computer, a stick or a mounted disk, without account
 * and server. Every question is a transaction on the vault's own thread. Versions and
 * compare-and-set are those of the cloud schema; they hold between programs, since SQLite lets one
 * write at a time.
 *
 * The file is opened when somebody asks and closed when nobody has asked for some seconds. It is
 * only ever created if that was wished and this object has not seen it yet: else an absent one is
 * %SYNC_ERROR_OFFLINE.
 */
struct _SyncVaultProvider
{
  SyncProvider parent_instance;

  char *path;       /* (owned): absolute */
  SyncClock *clock; /* (owned) */
  gboolean create;
  guint patience_ms;
  guint rest_ms;

  SyncWorker *worker;  /* (owned) (nullable): the open vault's thread */
  SyncVaultFile *file; /* (owned) (nullable): the open vault */
  char *vault_id;      /* (owned) (nullable): which vault was seen, for this object's life */
  guint n_asked;       /* questions that its thread has */
  GSource *rest;       /* (owned) (nullable): closes it when nobody has asked for a while */
  gboolean opening;
  GPtrArray *waiting;  /* (owned) (element-type GTask): for the opening; each owns itself */
  GPtrArray *warnings; /* (owned) (element-type SyncVaultWarning) */
  SyncProviderUsage usage;
};

/**
 * Question:
 * @request: (owned) (nullable): what is asked, %NULL: nothing but to open the vault
 * @cancelled: (owned) (nullable): tells while the vault is being opened that nobody wants to know
 * any more
 *
 * The data of a task.
 */
typedef struct
{
  SyncVaultRequest *request;
  GSource *cancelled;
} Question;

enum
{
  PROP_0,
  PROP_CREATE,
  N_PROPS,
};

G_DEFINE_FINAL_TYPE (SyncVaultProvider, sync_vault_provider, SYNC_TYPE_PROVIDER)

static GParamSpec *properties[N_PROPS];

static void
clear_source (GSource **source)
{
  if (*source == NULL)
    return;
  g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
question_free (Question *question)
{
  clear_source (&question->cancelled);
  sync_vault_request_free (question->request);
  g_free (question);
}

/* Leaves the connection, not what was learned about the vault. */
static void
close_vault (SyncVaultProvider *self)
{
  clear_source (&self->rest);
  if (self->worker != NULL)
    sync_vault_close (g_steal_pointer (&self->worker));
  g_clear_pointer (&self->file, sync_vault_file_unref);
}

static gboolean
rest_cb (gpointer data)
{
  close_vault (data);
  return G_SOURCE_REMOVE;
}

/* When nobody asks any more: a stick with an open file on it cannot be removed. */
static void
rest (SyncVaultProvider *self)
{
  clear_source (&self->rest);
  if (self->n_asked > 0 || self->worker == NULL)
    return;
  self->rest = g_timeout_source_new (self->rest_ms);
  g_source_set_static_name (self->rest, "SyncVaultProvider");
  g_source_set_callback (self->rest, rest_cb, self, NULL);
  g_source_attach (self->rest, g_main_context_get_thread_default ());
}

static void
take_warnings (SyncVaultProvider *self, GPtrArray **warnings)
{
  if (*warnings == NULL)
    return;
  g_ptr_array_unref (self->warnings);
  self->warnings = g_steal_pointer (warnings);
}

/* A refusal reached the vault as well as an answer. */
static void
note_connected (SyncVaultProvider *self, const GError *error)
{
  if (!sync_error_is_cancelled (error))
    sync_provider_set_connected (SYNC_PROVIDER (self),
                                 !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_OFFLINE));
}

static void
count (SyncVaultProvider *self, const SyncVaultRequest *request)
{
  self->usage.requests++;
  if (request->input != NULL)
    self->usage.bytes_sent += g_bytes_get_size (request->input);
  if (request->output != NULL)
    self->usage.bytes_received += g_bytes_get_size (request->output);
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncVaultProvider *self = g_task_get_source_object (task);
  SyncVaultRequest *request = ((Question *) g_task_get_task_data (task))->request;
  GError *error = NULL;

  sync_worker_call_finish (SYNC_WORKER (source), result, &error);
  self->n_asked--;
  count (self, request);
  note_connected (self, error);
  take_warnings (self, &request->warnings);
  if (sync_vault_error_is_lost (error) && self->file == request->file)
    close_vault (self);
  rest (self);
  if (error == NULL)
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* The vault is open. */
static void
dispatch (SyncVaultProvider *self, GTask *task)
{
  SyncVaultRequest *request = ((Question *) g_task_get_task_data (task))->request;

  if (request == NULL)
    {
      g_task_return_boolean (task, TRUE);
      g_object_unref (task);
      return;
    }
  clear_source (&self->rest);
  self->n_asked++;
  request->file = sync_vault_file_ref (self->file);
  sync_worker_call_async (self->worker, sync_vault_request_run, request, NULL,
                          g_task_get_cancellable (task), answered_cb, task);
}

/* Rows meant for one vault must not go to another that was put in its place. */
static gboolean
accept (SyncVaultProvider *self, SyncVaultOpening *opening, GError **error)
{
  if (self->vault_id != NULL && !g_str_equal (self->vault_id, opening->file->id))
    {
      sync_error_set (error, SYNC_ERROR_OTHER_CLOUD, self->path, "another vault lies in its place");
      return FALSE;
    }
  if (self->vault_id == NULL)
    self->vault_id = g_strdup (opening->file->id);
  self->worker = g_steal_pointer (&opening->worker);
  self->file = g_steal_pointer (&opening->file);
  take_warnings (self, &opening->warnings);
  sync_vault_provider_set_create (self, FALSE);
  return TRUE;
}

static void
opened_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncVaultProvider) self = user_data;
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);
  g_autoptr (GError) error = NULL;
  SyncVaultOpening *opening;

  self->waiting = g_ptr_array_new ();
  self->opening = FALSE;
  opening = sync_vault_open_finish (result, &error);
  if (opening != NULL)
    accept (self, opening, &error);
  note_connected (self, error);
  for (guint i = 0; i < waiting->len; i++)
    {
      GTask *task = g_ptr_array_index (waiting, i);

      clear_source (&((Question *) g_task_get_task_data (task))->cancelled);
      if (error == NULL)
        {
          dispatch (self, task);
          continue;
        }
      g_task_return_error (task, g_error_copy (error));
      g_object_unref (task);
    }
  rest (self);
}

static void
open_vault (SyncVaultProvider *self)
{
  SyncVaultOpening *opening = g_new0 (SyncVaultOpening, 1);

  self->opening = TRUE;
  opening->path = g_strdup (self->path);
  opening->create = self->create;
  opening->patience_ms = self->patience_ms;
  opening->now = sync_clock_now (self->clock);
  sync_vault_open_async (opening, opened_cb, g_object_ref (self));
}

/* The opening goes on, for the next question. */
static gboolean
waiting_cancelled_cb (GCancellable *cancellable, gpointer data)
{
  g_autoptr (GTask) task = data;
  SyncVaultProvider *self = g_task_get_source_object (task);

  g_ptr_array_remove (self->waiting, task);
  g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The operation was cancelled");
  return G_SOURCE_REMOVE;
}

static void
wait_for_opening (SyncVaultProvider *self, GTask *task)
{
  GCancellable *cancellable = g_task_get_cancellable (task);
  Question *question = g_task_get_task_data (task);

  g_ptr_array_add (self->waiting, task);
  if (cancellable != NULL)
    {
      question->cancelled = g_cancellable_source_new (cancellable);
      g_source_set_callback (question->cancelled, G_SOURCE_FUNC (waiting_cancelled_cb), task, NULL);
      g_source_attach (question->cancelled, g_task_get_context (task));
    }
  if (!self->opening)
    open_vault (self);
}

/* What a question did is told even if it is cancelled meanwhile: its thread looks for that. */
static void
ask (SyncVaultProvider *self, gpointer tag, SyncVaultRequest *request, GCancellable *cancellable,
     GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  Question *question = g_new0 (Question, 1);
  GError *cancelled = NULL;

  question->request = request;
  g_task_set_source_tag (task, tag);
  g_task_set_check_cancellable (task, FALSE);
  g_task_set_task_data (task, question, (GDestroyNotify) question_free);
  if (g_cancellable_set_error_if_cancelled (cancellable, &cancelled))
    {
      g_task_return_error (task, cancelled);
      g_object_unref (task);
    }
  else if (self->worker != NULL)
    dispatch (self, task);
  else
    wait_for_opening (self, task);
}

static SyncVaultRequest *
request_new (SyncVaultProvider *self, SyncVaultFunc func, gboolean writes)
{
  return sync_vault_request_new (func, writes, sync_clock_now (self->clock));
}

static SyncVaultRequest *
rows_request_new (SyncVaultProvider *self, SyncVaultFunc func, gboolean writes,
                  const SyncEntity *entity, GBytes *input)
{
  SyncVaultRequest *request = request_new (self, func, writes);

  request->entity = sync_entity_ref ((SyncEntity *) entity);
  request->input = input != NULL ? g_bytes_ref (input) : NULL;
  return request;
}

static SyncVaultRequest *
finish (SyncVaultProvider *self, GAsyncResult *result, gpointer tag, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return ((Question *) g_task_get_task_data (G_TASK (result)))->request;
}

static const char *
sync_vault_provider_get_name (SyncProvider *provider)
{
  return "vault";
}

static const char *
sync_vault_provider_get_location (SyncProvider *provider)
{
  return SYNC_VAULT_PROVIDER (provider)->path;
}

static void
sync_vault_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  *usage = SYNC_VAULT_PROVIDER (provider)->usage;
}

static void
sync_vault_provider_connect_async (SyncProvider *provider, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data)
{
  ask (SYNC_VAULT_PROVIDER (provider), sync_vault_provider_connect_async, NULL, cancellable,
       callback, user_data);
}

static gboolean
sync_vault_provider_connect_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, provider), FALSE);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_vault_provider_connect_async),
                        FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* There is only the one file: every read is as strong as it can be. */
static void
sync_vault_provider_get_state_async (SyncProvider *provider, gboolean strong,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  ask (self, sync_vault_provider_get_state_async, request_new (self, sync_vault_read_state, FALSE),
       cancellable, callback, user_data);
}

static SyncCloudState *
sync_vault_provider_get_state_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  SyncVaultRequest *request
      = finish (SYNC_VAULT_PROVIDER (provider), result, sync_vault_provider_get_state_async, error);

  return request != NULL ? g_steal_pointer (&request->state) : NULL;
}

static GBytes *
finish_output (SyncProvider *provider, GAsyncResult *result, gpointer tag, GError **error)
{
  SyncVaultRequest *request = finish (SYNC_VAULT_PROVIDER (provider), result, tag, error);

  return request != NULL ? g_steal_pointer (&request->output) : NULL;
}

static void
sync_vault_provider_pull_async (SyncProvider *provider, const SyncEntity *entity,
                                const SyncPullQuery *query, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = rows_request_new (self, sync_vault_pull, FALSE, entity, NULL);

  request->query = *query;
  request->not_run = g_strdup (query->not_run);
  request->query.not_run = request->not_run;
  ask (self, sync_vault_provider_pull_async, request, cancellable, callback, user_data);
}

static GBytes *
sync_vault_provider_pull_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_pull_async, error);
}

static void
sync_vault_provider_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  ask (self, sync_vault_provider_push_async,
       rows_request_new (self, sync_vault_push, TRUE, entity, rows), cancellable, callback,
       user_data);
}

static GBytes *
sync_vault_provider_push_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_push_async, error);
}

static void
sync_vault_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys,
                                 gboolean strong, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  ask (self, sync_vault_provider_fetch_async,
       rows_request_new (self, sync_vault_fetch, FALSE, entity, keys), cancellable, callback,
       user_data);
}

static GBytes *
sync_vault_provider_fetch_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish_output (provider, result, sync_vault_provider_fetch_async, error);
}

static void
sync_vault_provider_digest_async (SyncProvider *provider, const SyncEntity *entity,
                                  const char *prefix, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = request_new (self, sync_vault_digest, FALSE);

  request->entity = sync_entity_ref ((SyncEntity *) entity);
  request->text = g_strdup (prefix);
  ask (self, sync_vault_provider_digest_async, request, cancellable, callback, user_data);
}

static gboolean
sync_vault_provider_digest_finish (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest,
                                   GError **error)
{
  SyncVaultRequest *request
      = finish (SYNC_VAULT_PROVIDER (provider), result, sync_vault_provider_digest_async, error);

  if (request != NULL)
    *digest = request->digest;
  return request != NULL;
}

static void
sync_vault_provider_put_device_async (SyncProvider *provider, const SyncDevice *device,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);
  SyncVaultRequest *request = request_new (self, sync_vault_put_device, TRUE);

  request->device = sync_device_copy (device);
  ask (self, sync_vault_provider_put_device_async, request, cancellable, callback, user_data);
}

static gboolean
sync_vault_provider_put_device_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish (SYNC_VAULT_PROVIDER (provider), result, sync_vault_provider_put_device_async,
                 error)
         != NULL;
}

static void
sync_vault_provider_delete_all_async (SyncProvider *provider, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (provider);

  ask (self, sync_vault_provider_delete_all_async, request_new (self, sync_vault_delete_all, TRUE),
       cancellable, callback, user_data);
}

static gboolean
sync_vault_provider_delete_all_finish (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return finish (SYNC_VAULT_PROVIDER (provider), result, sync_vault_provider_delete_all_async,
                 error)
         != NULL;
}

static void
sync_vault_provider_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  switch (id)
    {
    case PROP_CREATE:
      g_value_set_boolean (value, self->create);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_vault_provider_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  switch (id)
    {
    case PROP_CREATE:
      sync_vault_provider_set_create (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_vault_provider_finalize (GObject *object)
{
  SyncVaultProvider *self = SYNC_VAULT_PROVIDER (object);

  /* Questions under way hold a reference, so there is none to wait for. */
  clear_source (&self->rest);
  g_clear_object (&self->worker);
  g_clear_pointer (&self->file, sync_vault_file_unref);
  g_ptr_array_unref (self->waiting);
  g_ptr_array_unref (self->warnings);
  g_clear_object (&self->clock);
  g_free (self->vault_id);
  g_free (self->path);

  G_OBJECT_CLASS (sync_vault_provider_parent_class)->finalize (object);
}

static void
sync_vault_provider_class_init (SyncVaultProviderClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  object_class->get_property = sync_vault_provider_get_property;
  object_class->set_property = sync_vault_provider_set_property;
  object_class->finalize = sync_vault_provider_finalize;
  provider_class->get_name = sync_vault_provider_get_name;
  provider_class->get_location = sync_vault_provider_get_location;
  provider_class->get_usage = sync_vault_provider_get_usage;
  provider_class->connect_async = sync_vault_provider_connect_async;
  provider_class->connect_finish = sync_vault_provider_connect_finish;
  provider_class->get_state_async = sync_vault_provider_get_state_async;
  provider_class->get_state_finish = sync_vault_provider_get_state_finish;
  provider_class->pull_async = sync_vault_provider_pull_async;
  provider_class->pull_finish = sync_vault_provider_pull_finish;
  provider_class->push_async = sync_vault_provider_push_async;
  provider_class->push_finish = sync_vault_provider_push_finish;
  provider_class->fetch_async = sync_vault_provider_fetch_async;
  provider_class->fetch_finish = sync_vault_provider_fetch_finish;
  provider_class->digest_async = sync_vault_provider_digest_async;
  provider_class->digest_finish = sync_vault_provider_digest_finish;
  provider_class->put_device_async = sync_vault_provider_put_device_async;
  provider_class->put_device_finish = sync_vault_provider_put_device_finish;
  provider_class->delete_all_async = sync_vault_provider_delete_all_async;
  provider_class->delete_all_finish = sync_vault_provider_delete_all_finish;

  /**
   * SyncVaultProvider:create:
   *
   * Whether opening the vault for the first time may create it. Off once it was open.
   */
  properties[PROP_CREATE]
      = g_param_spec_boolean ("create", NULL, NULL, FALSE,
                              G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_vault_provider_init (SyncVaultProvider *self)
{
  self->patience_ms = DEFAULT_PATIENCE_MS;
  self->rest_ms = DEFAULT_REST_MS;
  self->waiting = g_ptr_array_new ();
  self->warnings = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_vault_warning_free);
}

/**
 * sync_vault_provider_new: (constructor)
 * @path: the vault's file
 * @clock: the time
 *
 * Returns: (transfer full): a provider that opens the vault when it is first needed
 */
SyncProvider *
sync_vault_provider_new (const char *path, SyncClock *clock)
{
  SyncVaultProvider *self;

  g_return_val_if_fail (path != NULL, NULL);
  g_return_val_if_fail (SYNC_IS_CLOCK (clock), NULL);

  self = g_object_new (SYNC_TYPE_VAULT_PROVIDER, NULL);
  self->path = g_canonicalize_filename (path, NULL);
  self->clock = g_object_ref (clock);
  return SYNC_PROVIDER (self);
}

/**
 * sync_vault_provider_set_create:
 * @vault: a vault
 * @create: whether opening it may create it: for the first contact only, since afterwards a vault
 *   that is not there is one that was not plugged in. Its folder must exist.
 */
void
sync_vault_provider_set_create (SyncVaultProvider *vault, gboolean create)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  create = create && vault->vault_id == NULL;
  if (vault->create == create)
    return;
  vault->create = create;
  g_object_notify_by_pspec (G_OBJECT (vault), properties[PROP_CREATE]);
}

/**
 * sync_vault_provider_set_patience:
 * @vault: a vault that is not open yet
 * @milliseconds: how long to wait for others that hold it, 10 seconds if never set
 */
void
sync_vault_provider_set_patience (SyncVaultProvider *vault, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  vault->patience_ms = milliseconds;
}

/**
 * sync_vault_provider_set_rest:
 * @vault: a vault
 * @milliseconds: how long after the last answer the file is closed, 3 seconds if never set
 */
void
sync_vault_provider_set_rest (SyncVaultProvider *vault, guint milliseconds)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  vault->rest_ms = milliseconds;
}

/**
 * sync_vault_provider_get_warnings:
 * @vault: a vault
 *
 * What was noticed when the vault was opened or its state was read last.
 *
 * Returns: (transfer none) (element-type SyncVaultWarning): what may harm it
 */
GPtrArray *
sync_vault_provider_get_warnings (SyncVaultProvider *vault)
{
  g_return_val_if_fail (SYNC_IS_VAULT_PROVIDER (vault), NULL);

  return vault->warnings;
}

/**
 * sync_vault_provider_purge_async:
 * @vault: a vault
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * Takes away tombstones that are older than 30 days and that every active device has read; never a
 * table's newest row. Happens by itself when the vault is opened and nobody has done it for a day.
 */
void
sync_vault_provider_purge_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  ask (vault, sync_vault_provider_purge_async, request_new (vault, sync_vault_purge, TRUE),
       cancellable, callback, user_data);
}

/**
 * sync_vault_provider_purge_finish:
 * @vault: a vault
 * @result: the result
 * @error: where an error goes
 *
 * Returns: how many rows went, or -1 with @error set
 */
gint64
sync_vault_provider_purge_finish (SyncVaultProvider *vault, GAsyncResult *result, GError **error)
{
  SyncVaultRequest *request = finish (vault, result, sync_vault_provider_purge_async, error);

  return request != NULL ? request->count : -1;
}

/**
 * sync_vault_provider_new_epoch_async:
 * @vault: a vault
 * @cancellable: (nullable): a cancellable
 * @callback: (scope async): called when it is done
 * @user_data: for @callback
 *
 * To be done after the vault was restored from a copy: all devices then compare their rows with it
 * instead of trusting versions that may be given out a second time.
 */
void
sync_vault_provider_new_epoch_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_VAULT_PROVIDER (vault));

  ask (vault, sync_vault_provider_new_epoch_async, request_new (vault, sync_vault_new_epoch, TRUE),
       cancellable, callback, user_data);
}

/**
 * sync_vault_provider_new_epoch_finish:
 * @vault: a vault
 * @result: the result
 * @error: where an error goes
 *
 * Returns: (transfer full) (nullable): the new epoch
 */
char *
sync_vault_provider_new_epoch_finish (SyncVaultProvider *vault, GAsyncResult *result,
                                      GError **error)
{
  SyncVaultRequest *request = finish (vault, result, sync_vault_provider_new_epoch_async, error);

  return request != NULL ? g_steal_pointer (&request->text) : NULL;
}
