/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-provider-private.h"

#include "sync-vault-opening.h"

/* How a question gets to the vault: it is opened for the first one, closed when nobody has asked
 * for a while, and what is asked while it is being opened waits. */

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
void
sync_vault_provider_ask (SyncVaultProvider *self,
                         gpointer tag,
                         SyncVaultRequest *request,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
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

SyncVaultRequest *
sync_vault_provider_finish (SyncVaultProvider *self,
                            GAsyncResult *result,
                            gpointer tag,
                            GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, tag), NULL);

  if (!g_task_propagate_boolean (G_TASK (result), error))
    return NULL;
  return ((Question *) g_task_get_task_data (G_TASK (result)))->request;
}

/* Questions under way hold a reference, so there is none to wait for. */
void
sync_vault_provider_leave (SyncVaultProvider *self)
{
  clear_source (&self->rest);
  g_clear_object (&self->worker);
  g_clear_pointer (&self->file, sync_vault_file_unref);
}
