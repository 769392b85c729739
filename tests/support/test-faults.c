/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-faults.h"

/**
 * TestFaults:
 *
 * A provider that puts faults between its user and another provider.
 */
struct _TestFaults
{
  SyncProvider parent_instance;

  SyncProvider *inner; /* (owned) */
  TestFaultFunc before;
  TestReplyFunc after;
  gpointer data;
  SyncError code;
  char *reason; /* (owned) (nullable) */
  guint status;
  char *poison; /* (owned) (nullable) */
  SyncError poison_code;
  guint page_cap;
  guint lateness;
  guint counts[TEST_N_REQUESTS];

  TestFault planned;
  TestRequest planned_request;
  guint planned_at;
};

G_DEFINE_FINAL_TYPE (TestFaults, test_faults, SYNC_TYPE_PROVIDER)

/**
 * Call:
 *
 * A request on its way.
 */
typedef struct
{
  TestRequest request;
  TestFault fault;
  guint number;
  gboolean again; /* it was carried out once already */
  gboolean strong;
  SyncEntity *entity;
  GBytes *input;
  SyncPullQuery query;
  char *not_run;
  char *prefix;
  SyncDevice *device;
} Call;

static void
call_free (Call *call)
{
  g_clear_pointer (&call->entity, sync_entity_unref);
  g_clear_pointer (&call->input, g_bytes_unref);
  g_clear_pointer (&call->not_run, g_free);
  g_clear_pointer (&call->prefix, g_free);
  g_clear_pointer (&call->device, sync_device_free);
  g_free (call);
}

static void forward (TestFaults *self, GTask *task);

/* A push on its way, whose sender does not expect that it arrives. */
typedef struct
{
  TestFaults *faults;
  Call *call;
  guint wait;
} Late;

static GPtrArray *late_calls; /* (element-type Late) */

static GError *
make_error (TestFaults *self)
{
  GError *error = sync_error_new (self->code, NULL, "A fault that a test asked for");

  if (self->reason != NULL || self->status != 0)
    sync_error_set_reason (error, self->reason, self->status);
  return error;
}

static SyncDigest *
take_digest (TestFaults *self, GAsyncResult *result, GError **error)
{
  g_autofree SyncDigest *digest = g_new0 (SyncDigest, 1);

  return sync_provider_digest_finish (self->inner, result, digest, error) ? g_steal_pointer (&digest) : NULL;
}

static gpointer
take_answer (TestFaults *self, Call *call, GAsyncResult *result, GDestroyNotify *free_answer, GError **error)
{
  switch (call->request)
    {
    case TEST_REQUEST_CONNECT:
      return GINT_TO_POINTER (sync_provider_connect_finish (self->inner, result, error));
    case TEST_REQUEST_STATE:
      *free_answer = (GDestroyNotify) sync_cloud_state_free;
      return sync_provider_get_state_finish (self->inner, result, error);
    case TEST_REQUEST_PULL:
      *free_answer = (GDestroyNotify) g_bytes_unref;
      return sync_provider_pull_finish (self->inner, result, error);
    case TEST_REQUEST_PUSH:
      *free_answer = (GDestroyNotify) g_bytes_unref;
      return sync_provider_push_finish (self->inner, result, error);
    case TEST_REQUEST_FETCH:
      *free_answer = (GDestroyNotify) g_bytes_unref;
      return sync_provider_fetch_finish (self->inner, result, error);
    case TEST_REQUEST_PUT_DEVICE:
      return GINT_TO_POINTER (sync_provider_put_device_finish (self->inner, result, error));
    case TEST_REQUEST_DIGEST:
      *free_answer = g_free;
      return take_digest (self, result, error);
    case TEST_N_REQUESTS:
    default:
      g_assert_not_reached ();
    }
}

static gboolean
answers_bytes (TestRequest request)
{
  return request == TEST_REQUEST_PULL || request == TEST_REQUEST_PUSH || request == TEST_REQUEST_FETCH;
}

static void
answered_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  TestFaults *self = g_task_get_source_object (task);
  Call *call = g_task_get_task_data (task);
  GDestroyNotify free_answer = NULL;
  GError *error = NULL;
  gpointer answer = take_answer (self, call, result, &free_answer, &error);

  if (error == NULL && call->fault == TEST_FAULT_TWICE && !call->again)
    {
      if (free_answer != NULL)
        free_answer (answer);
      call->again = TRUE;
      forward (self, g_steal_pointer (&task));
      return;
    }
  if (self->after != NULL && call->request != TEST_REQUEST_CONNECT)
    self->after (self, call->request, call->number, self->data);
  if (error == NULL && call->fault == TEST_FAULT_LOST)
    {
      if (free_answer != NULL)
        free_answer (answer);
      error = make_error (self);
    }
  if (error == NULL && call->fault == TEST_FAULT_CUT && answers_bytes (call->request)
      && g_bytes_get_size (answer) > 2)
    {
      g_autoptr (GBytes) whole = answer;

      answer = g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) / 2);
    }
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, answer, free_answer);
}

/* Takes the task. */
static void
forward (TestFaults *self, GTask *task)
{
  Call *call = g_task_get_task_data (task);
  GCancellable *cancellable = g_task_get_cancellable (task);

  switch (call->request)
    {
    case TEST_REQUEST_CONNECT:
      sync_provider_connect_async (self->inner, cancellable, answered_cb, task);
      break;
    case TEST_REQUEST_STATE:
      sync_provider_get_state_async (self->inner, call->strong, cancellable, answered_cb, task);
      break;
    case TEST_REQUEST_PULL:
      sync_provider_pull_async (self->inner, call->entity, &call->query, cancellable, answered_cb, task);
      break;
    case TEST_REQUEST_PUSH:
      sync_provider_push_async (self->inner, call->entity, call->input, cancellable, answered_cb, task);
      break;
    case TEST_REQUEST_FETCH:
      sync_provider_fetch_async (self->inner, call->entity, call->input, call->strong, cancellable,
                                 answered_cb, task);
      break;
    case TEST_REQUEST_PUT_DEVICE:
      sync_provider_put_device_async (self->inner, call->device, cancellable, answered_cb, task);
      break;
    case TEST_REQUEST_DIGEST:
      sync_provider_digest_async (self->inner, call->entity, call->prefix, cancellable, answered_cb, task);
      break;
    case TEST_N_REQUESTS:
    default:
      g_assert_not_reached ();
    }
}

static void
late_free (Late *late)
{
  g_object_unref (late->faults);
  call_free (late->call);
  g_free (late);
}

static void
late_done_cb (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GBytes) answer = sync_provider_push_finish (SYNC_PROVIDER (source), result, NULL);

  *(gboolean *) user_data = TRUE;
}

static void
deliver (Late *late)
{
  gboolean done = FALSE;

  sync_provider_push_async (late->faults->inner, late->call->entity, late->call->input, NULL, late_done_cb,
                            &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
  late_free (late);
}

/* One more request of anybody's. */
static void
deliver_late_calls (void)
{
  for (guint i = 0; late_calls != NULL && i < late_calls->len;)
    {
      Late *late = g_ptr_array_index (late_calls, i);

      if (--late->wait > 0)
        i++;
      else
        deliver (g_ptr_array_steal_index (late_calls, i));
    }
}

void
test_faults_deliver (void)
{
  while (late_calls != NULL && late_calls->len > 0)
    deliver (g_ptr_array_steal_index (late_calls, 0));
  g_clear_pointer (&late_calls, g_ptr_array_unref);
}

static void
keep_for_late (TestFaults *self, const Call *call)
{
  Late *late = g_new0 (Late, 1);

  late->faults = g_object_ref (self);
  late->wait = self->lateness;
  late->call = g_new0 (Call, 1);
  late->call->entity = sync_entity_ref (call->entity);
  late->call->input = g_bytes_ref (call->input);
  if (late_calls == NULL)
    late_calls = g_ptr_array_new ();
  g_ptr_array_add (late_calls, late);
}

static gboolean
is_poisoned (TestFaults *self, const Call *call)
{
  gsize length;
  const char *text;

  if (self->poison == NULL || call->request != TEST_REQUEST_PUSH)
    return FALSE;
  text = g_bytes_get_data (call->input, &length);
  return g_strstr_len (text, (gssize) length, self->poison) != NULL;
}

static TestFault
choose_fault (TestFaults *self, TestRequest request)
{
  guint number = test_faults_count_all (self);

  if (self->planned != TEST_FAULT_NONE && request == self->planned_request && self->planned_at-- == 0)
    {
      TestFault fault = self->planned;

      self->planned = TEST_FAULT_NONE;
      return fault;
    }
  return self->before != NULL && request != TEST_REQUEST_CONNECT
             ? self->before (self, request, number, self->data)
             : TEST_FAULT_NONE;
}

/* Takes the call. */
static void
begin (TestFaults *self, Call *call, gpointer tag, GCancellable *cancellable, GAsyncReadyCallback callback,
       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, tag);
  g_task_set_task_data (task, call, (GDestroyNotify) call_free);
  call->number = test_faults_count_all (self);
  deliver_late_calls ();
  call->fault = choose_fault (self, call->request);
  self->counts[call->request]++;
  if (call->fault == TEST_FAULT_NONE && is_poisoned (self, call))
    {
      GError *error = sync_error_new (self->poison_code, NULL, "Poisoned");

      sync_error_set_reason (error, self->reason, 0);
      g_task_return_error (task, error);
      g_object_unref (task);
      return;
    }
  if (call->fault == TEST_FAULT_LATE && call->request == TEST_REQUEST_PUSH)
    keep_for_late (self, call);
  if (call->fault == TEST_FAULT_REFUSED || call->fault == TEST_FAULT_LATE)
    {
      g_task_return_error (task, make_error (self));
      g_object_unref (task);
      return;
    }
  forward (self, task);
}

static Call *
call_new (TestRequest request, const SyncEntity *entity, GBytes *input)
{
  Call *call = g_new0 (Call, 1);

  call->request = request;
  call->entity = entity != NULL ? sync_entity_ref ((SyncEntity *) entity) : NULL;
  call->input = input != NULL ? g_bytes_ref (input) : NULL;
  return call;
}

/* --- The provider's methods --------------------------------------------------------------------- */

static gboolean
test_faults_has_types (SyncProvider *provider)
{
  return sync_provider_has_types (TEST_FAULTS (provider)->inner);
}

static const char *
test_faults_get_name (SyncProvider *provider)
{
  return sync_provider_get_name (TEST_FAULTS (provider)->inner);
}

static const char *
test_faults_get_location (SyncProvider *provider)
{
  return sync_provider_get_location (TEST_FAULTS (provider)->inner);
}

static void
test_faults_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  sync_provider_get_usage (TEST_FAULTS (provider)->inner, usage);
}

static void
test_faults_connect_async (SyncProvider *provider, GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  begin (TEST_FAULTS (provider), call_new (TEST_REQUEST_CONNECT, NULL, NULL), test_faults_connect_async,
         cancellable, callback, user_data);
}

static void
test_faults_get_state_async (SyncProvider *provider, gboolean strong, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data)
{
  Call *call = call_new (TEST_REQUEST_STATE, NULL, NULL);

  call->strong = strong;
  begin (TEST_FAULTS (provider), call, test_faults_get_state_async, cancellable, callback, user_data);
}

static void
test_faults_pull_async (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  TestFaults *self = TEST_FAULTS (provider);
  Call *call = call_new (TEST_REQUEST_PULL, entity, NULL);

  call->query = *query;
  call->query.not_run = call->not_run = g_strdup (query->not_run);
  if (self->page_cap != 0)
    call->query.limit = MIN (call->query.limit, self->page_cap);
  begin (self, call, test_faults_pull_async, cancellable, callback, user_data);
}

static void
test_faults_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  begin (TEST_FAULTS (provider), call_new (TEST_REQUEST_PUSH, entity, rows), test_faults_push_async,
         cancellable, callback, user_data);
}

static void
test_faults_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys, gboolean strong,
                         GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Call *call = call_new (TEST_REQUEST_FETCH, entity, keys);

  call->strong = strong;
  begin (TEST_FAULTS (provider), call, test_faults_fetch_async, cancellable, callback, user_data);
}

static void
test_faults_put_device_async (SyncProvider *provider, const SyncDevice *device, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  Call *call = call_new (TEST_REQUEST_PUT_DEVICE, NULL, NULL);

  call->device = sync_device_copy (device);
  begin (TEST_FAULTS (provider), call, test_faults_put_device_async, cancellable, callback, user_data);
}

static void
test_faults_digest_async (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Call *call = call_new (TEST_REQUEST_DIGEST, entity, NULL);

  call->prefix = g_strdup (prefix);
  begin (TEST_FAULTS (provider), call, test_faults_digest_async, cancellable, callback, user_data);
}

static gboolean
finish_digest (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest, GError **error)
{
  g_autofree SyncDigest *answer = g_task_propagate_pointer (G_TASK (result), error);

  if (answer != NULL)
    *digest = *answer;
  return answer != NULL;
}

static gboolean
finish_boolean (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return GPOINTER_TO_INT (g_task_propagate_pointer (G_TASK (result), error));
}

static SyncCloudState *
finish_state (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static GBytes *
finish_bytes (SyncProvider *provider, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
test_faults_finalize (GObject *object)
{
  TestFaults *self = TEST_FAULTS (object);

  g_clear_object (&self->inner);
  g_clear_pointer (&self->reason, g_free);
  g_clear_pointer (&self->poison, g_free);

  G_OBJECT_CLASS (test_faults_parent_class)->finalize (object);
}

static void
test_faults_class_init (TestFaultsClass *class)
{
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = test_faults_finalize;
  provider_class->get_name = test_faults_get_name;
  provider_class->has_types = test_faults_has_types;
  provider_class->get_location = test_faults_get_location;
  provider_class->get_usage = test_faults_get_usage;
  provider_class->connect_async = test_faults_connect_async;
  provider_class->connect_finish = finish_boolean;
  provider_class->get_state_async = test_faults_get_state_async;
  provider_class->get_state_finish = finish_state;
  provider_class->pull_async = test_faults_pull_async;
  provider_class->pull_finish = finish_bytes;
  provider_class->push_async = test_faults_push_async;
  provider_class->push_finish = finish_bytes;
  provider_class->fetch_async = test_faults_fetch_async;
  provider_class->fetch_finish = finish_bytes;
  provider_class->digest_async = test_faults_digest_async;
  provider_class->digest_finish = finish_digest;
  provider_class->put_device_async = test_faults_put_device_async;
  provider_class->put_device_finish = finish_boolean;
}

static void
test_faults_init (TestFaults *self)
{
  self->code = SYNC_ERROR_OFFLINE;
  self->lateness = 1;
}

/* --- For tests ---------------------------------------------------------------------------------- */

SyncProvider *
test_faults_new (SyncProvider *inner)
{
  TestFaults *self = g_object_new (TEST_TYPE_FAULTS, NULL);

  self->inner = g_object_ref (inner);
  return SYNC_PROVIDER (self);
}

SyncProvider *
test_faults_get_inner (TestFaults *faults)
{
  return faults->inner;
}

void
test_faults_set_inner (TestFaults *faults, SyncProvider *inner)
{
  g_set_object (&faults->inner, inner);
}

void
test_faults_set_hooks (TestFaults *faults, TestFaultFunc before, TestReplyFunc after, gpointer data)
{
  faults->before = before;
  faults->after = after;
  faults->data = data;
}

void
test_faults_set_error (TestFaults *faults, SyncError code, const char *reason)
{
  faults->code = code;
  g_free (faults->reason);
  faults->reason = g_strdup (reason);
}

void
test_faults_set_status (TestFaults *faults, guint status)
{
  faults->status = status;
}

void
test_faults_set_page_cap (TestFaults *faults, guint rows)
{
  faults->page_cap = rows;
}

void
test_faults_set_poison (TestFaults *faults, const char *text, SyncError code)
{
  g_free (faults->poison);
  faults->poison = g_strdup (text);
  faults->poison_code = code;
}

void
test_faults_set_lateness (TestFaults *faults, guint requests)
{
  faults->lateness = requests;
}

void
test_faults_reset_counts (TestFaults *faults)
{
  memset (faults->counts, 0, sizeof (faults->counts));
}

guint
test_faults_count (TestFaults *faults, TestRequest request)
{
  return faults->counts[request];
}

guint
test_faults_count_all (TestFaults *faults)
{
  guint sum = 0;

  for (guint i = TEST_REQUEST_STATE; i < TEST_N_REQUESTS; i++)
    sum += faults->counts[i];
  return sum;
}

void
test_faults_plan (TestFaults *faults, TestRequest request, guint nth, TestFault fault)
{
  faults->planned = fault;
  faults->planned_request = request;
  faults->planned_at = nth;
}
