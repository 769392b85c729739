/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-provider.h"

#include "sync-json.h"

/**
 * SimProvider:
 *
 * One device's way to the model cloud. A request is carried out when it is made; its reply arrives
 * when the sender waits for it.
 */
struct _SimProvider
{
  SyncProvider parent_instance;

  SimCloud *cloud; /* (unowned) */
  SimHooks hooks;
  guint page_cap;
  guint count;
  guint64 requests;
  char *device; /* (owned) (nullable): as it called itself last */
};

G_DEFINE_FINAL_TYPE (SimProvider, sim_provider, SYNC_TYPE_PROVIDER)

/* A push whose sender does not expect it to arrive. */
typedef struct
{
  guint table;
  GBytes *rows;
  int wait;
} Late;

static GQueue late_pushes = G_QUEUE_INIT;

static void
late_free (Late *late)
{
  g_bytes_unref (late->rows);
  g_free (late);
}

static guint
find_table (SimCloud *cloud, const SyncEntity *entity)
{
  for (guint i = 0; i < cloud->shape->n_tables; i++)
    {
      if (g_str_equal (cloud->shape->tables[i].name, entity->cloud_table))
        return i;
    }
  g_assert_not_reached ();
}

/* --- Pushes ----------------------------------------------------------------------------------- */

static GBytes *
push_and_leave_open (SimCloud *cloud,
                     guint table,
                     GBytes *rows,
                     SimTransaction **open,
                     GError **error)
{
  SimTransaction *transaction = sim_cloud_begin (cloud, 0, error);
  GBytes *answer;

  if (transaction == NULL)
    return NULL;
  answer = sim_transaction_push (transaction, table, rows, error);
  if (answer == NULL)
    sim_transaction_roll_back (transaction);
  else
    *open = transaction;
  return answer;
}

static GBytes *
push (SimCloud *cloud, guint table, GBytes *rows, GError **error)
{
  SimTransaction *transaction = NULL;
  GBytes *answer = push_and_leave_open (cloud, table, rows, &transaction, error);

  if (transaction != NULL)
    sim_transaction_commit (transaction);
  return answer;
}

static void
deliver (SimCloud *cloud, Late *late)
{
  g_autoptr (GBytes) answer = push (cloud, late->table, late->rows, NULL);

  late_free (late);
}

static void
deliver_late (SimCloud *cloud)
{
  for (guint i = 0; i < late_pushes.length;)
    {
      Late *late = g_queue_peek_nth (&late_pushes, i);

      if (--late->wait > 0)
        i++;
      else
        deliver (cloud, g_queue_pop_nth (&late_pushes, i));
    }
}

void
sim_provider_deliver_all (SimCloud *cloud)
{
  while (late_pushes.length > 0)
    deliver (cloud, g_queue_pop_head (&late_pushes));
}

void
sim_provider_drop_all (void)
{
  g_queue_clear_full (&late_pushes, (GDestroyNotify) late_free);
}

/* --- Requests --------------------------------------------------------------------------------- */

typedef struct
{
  SimRequest request;
  SimFault fault;
  int much;
  guint table;
  GBytes *input;              /* (unowned) (nullable) */
  const SyncPullQuery *query; /* (nullable) */
  gboolean strong;
  const SyncDevice *device; /* (nullable) */
  const SyncEntity *entity;   /* (nullable) */
  const char *prefix;         /* (nullable) */
} Call;

static void
set_fault (SimFault fault, GError **error)
{
  g_autoptr (GError) failure = sync_error_new (fault == SIM_FAULT_BUSY     ? SYNC_ERROR_LATER
                                               : fault == SIM_FAULT_SCHEMA ? SYNC_ERROR_SCHEMA
                                                                           : SYNC_ERROR_OFFLINE,
                                               NULL, "A fault of the schedule");

  if (fault == SIM_FAULT_BUSY)
    sync_error_set_reason (failure, "40P01", 500);
  g_propagate_error (error, g_steal_pointer (&failure));
}

/* The state for a state's request, bytes for others, nothing for the rest. */
static gpointer
carry_out (SimProvider *self, const Call *call, GError **error)
{
  guint lag = call->fault == SIM_FAULT_STALE && !call->strong ? (guint) MAX (call->much, 1) : 0;

  switch (call->request)
    {
    case SIM_REQUEST_STATE:
      return sim_cloud_get_state (self->cloud, lag);
    case SIM_REQUEST_PULL:
      return sim_cloud_pull (self->cloud, call->table, call->query, self->device, lag);
    case SIM_REQUEST_PUSH:
      return push (self->cloud, call->table, call->input, error);
    case SIM_REQUEST_FETCH:
      return sim_cloud_fetch (self->cloud, call->table, call->input, lag);
    case SIM_REQUEST_DIGEST:
      return sim_cloud_digest (self->cloud, call->table, call->entity, call->prefix, lag);
    case SIM_REQUEST_PUT_DEVICE:
      sim_cloud_put_device (self->cloud, call->device);
      return GINT_TO_POINTER (TRUE);
    case SIM_REQUEST_CONNECT:
    default:
      return GINT_TO_POINTER (TRUE);
    }
}

static gboolean
answers_bytes (SimRequest request)
{
  return request == SIM_REQUEST_PULL || request == SIM_REQUEST_PUSH || request == SIM_REQUEST_FETCH;
}

static void
drop_answer (SimRequest request, gpointer answer)
{
  if (answer == NULL)
    return;
  if (request == SIM_REQUEST_STATE)
    sync_cloud_state_free (answer);
  else if (answers_bytes (request))
    g_bytes_unref (answer);
  else if (request == SIM_REQUEST_DIGEST)
    g_free (answer);
}

/* A push whose transaction outlives its statement. */
static gpointer
carry_out_slowly (SimProvider *self, const Call *call, GError **error)
{
  SimTransaction *open = NULL;
  g_autoptr (GBytes) answer
      = push_and_leave_open (self->cloud, call->table, call->input, &open, error);

  if (open == NULL)
    return NULL;
  open->patience = (guint) MAX (call->much, 0);
  if (call->fault == SIM_FAULT_HANGING)
    {
      set_fault (call->fault, error);
      return NULL;
    }
  self->hooks.after (call->request, self->hooks.data);
  if (g_ptr_array_find (self->cloud->transactions, open, NULL))
    sim_transaction_commit (open);
  return g_steal_pointer (&answer);
}

static void
keep_for_late (const Call *call)
{
  Late *late = g_new0 (Late, 1);

  late->table = call->table;
  late->rows = g_bytes_ref (call->input);
  late->wait = MAX (call->much, 1);
  g_queue_push_tail (&late_pushes, late);
}

/* The reply as it arrives. */
static gpointer
spoil (const Call *call, gpointer answer, GError **error)
{
  if (call->fault == SIM_FAULT_LOST)
    {
      drop_answer (call->request, answer);
      set_fault (call->fault, error);
      return NULL;
    }
  if (call->fault == SIM_FAULT_CUT && answers_bytes (call->request) && g_bytes_get_size (answer) > 2)
    {
      g_autoptr (GBytes) whole = answer;

      return g_bytes_new_from_bytes (whole, 0, g_bytes_get_size (whole) / 2);
    }
  return answer;
}

static gpointer
answer_call (SimProvider *self, const Call *call, GError **error)
{
  gpointer answer;

  if (call->fault == SIM_FAULT_REFUSED || call->fault == SIM_FAULT_BUSY
      || call->fault == SIM_FAULT_SCHEMA
      || (call->fault == SIM_FAULT_LATE && call->request == SIM_REQUEST_PUSH))
    {
      if (call->fault == SIM_FAULT_LATE)
        keep_for_late (call);
      set_fault (call->fault, error);
      return NULL;
    }
  if ((call->fault == SIM_FAULT_OPEN || call->fault == SIM_FAULT_HANGING)
      && call->request == SIM_REQUEST_PUSH)
    return carry_out_slowly (self, call, error);
  answer = carry_out (self, call, error);
  if (call->fault == SIM_FAULT_TWICE && answer != NULL)
    {
      drop_answer (call->request, answer);
      answer = carry_out (self, call, error);
    }
  if (call->request != SIM_REQUEST_CONNECT)
    self->hooks.after (call->request, self->hooks.data);
  return answer != NULL ? spoil (call, answer, error) : NULL;
}

static GBytes *
bytes_of (const Call *call, gpointer answer)
{
  return answers_bytes (call->request) ? answer : NULL;
}

static void
begin (SyncProvider *provider,
       Call *call,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data)
{
  SimProvider *self = SIM_PROVIDER (provider);
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  gpointer answer;

  /* What was done is told even to who gave up. */
  g_task_set_check_cancellable (task, FALSE);
  if (call->request != SIM_REQUEST_CONNECT)
    {
      self->count++;
      self->requests++;
      deliver_late (self->cloud);
      call->fault = self->hooks.before (call->request, &call->much, self->hooks.data);
    }
  answer = answer_call (self, call, &error);
  self->hooks.trace (call->request, call->input, bytes_of (call, answer), error, self->hooks.data);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, answer, NULL);
}

/* --- The provider's methods ------------------------------------------------------------------- */

static const char *
sim_provider_get_name (SyncProvider *provider)
{
  return "model";
}

static const char *
sim_provider_get_location (SyncProvider *provider)
{
  return "https://model.invalid";
}

static void
sim_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage)
{
  *usage = (SyncProviderUsage){ .requests = SIM_PROVIDER (provider)->requests };
}

static void
sim_provider_connect_async (SyncProvider *provider,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  Call call = { .request = SIM_REQUEST_CONNECT };

  begin (provider, &call, cancellable, callback, user_data);
}

static void
sim_provider_get_state_async (SyncProvider *provider,
                              gboolean strong,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data)
{
  Call call = { .request = SIM_REQUEST_STATE, .strong = strong };

  begin (provider, &call, cancellable, callback, user_data);
}

static void
sim_provider_pull_async (SyncProvider *provider,
                         const SyncEntity *entity,
                         const SyncPullQuery *query,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  SimProvider *self = SIM_PROVIDER (provider);
  SyncPullQuery capped = *query;
  Call call = { .request = SIM_REQUEST_PULL,
                .table = find_table (self->cloud, entity),
                .query = &capped };

  if (self->page_cap != 0)
    capped.limit = MIN (capped.limit, self->page_cap);
  begin (provider, &call, cancellable, callback, user_data);
}

/* How the sender of a push calls itself. */
static void
note_device (SimProvider *self, GBytes *rows)
{
  SyncJsonReader reader;
  SyncSpan row, device;

  sync_json_reader_init (&reader, g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  if (!sync_json_enter_array (&reader) || !sync_json_next_element (&reader)
      || !sync_json_read_value (&reader, &row) || !sync_json_get_member (row, "device_id", &device))
    return;
  g_free (self->device);
  self->device = sync_json_dup_string (device);
}

static void
sim_provider_push_async (SyncProvider *provider,
                         const SyncEntity *entity,
                         GBytes *rows,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  Call call = { .request = SIM_REQUEST_PUSH,
                .table = find_table (SIM_PROVIDER (provider)->cloud, entity),
                .input = rows };

  note_device (SIM_PROVIDER (provider), rows);
  begin (provider, &call, cancellable, callback, user_data);
}

static void
sim_provider_fetch_async (SyncProvider *provider,
                          const SyncEntity *entity,
                          GBytes *keys,
                          gboolean strong,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  Call call = { .request = SIM_REQUEST_FETCH,
                .table = find_table (SIM_PROVIDER (provider)->cloud, entity),
                .input = keys,
                .strong = strong };

  begin (provider, &call, cancellable, callback, user_data);
}

static void
sim_provider_put_device_async (SyncProvider *provider,
                               const SyncDevice *device,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  SimProvider *self = SIM_PROVIDER (provider);
  Call call = { .request = SIM_REQUEST_PUT_DEVICE, .device = device };

  g_free (self->device);
  self->device = g_strdup (device->id);
  begin (provider, &call, cancellable, callback, user_data);
}

static void
sim_provider_digest_async (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                           GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  Call call = { .request = SIM_REQUEST_DIGEST,
                .table = find_table (SIM_PROVIDER (provider)->cloud, entity),
                .entity = entity,
                .prefix = prefix };

  begin (provider, &call, cancellable, callback, user_data);
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
sim_provider_finalize (GObject *object)
{
  g_free (SIM_PROVIDER (object)->device);

  G_OBJECT_CLASS (sim_provider_parent_class)->finalize (object);
}

static void
sim_provider_class_init (SimProviderClass *class)
{
  SyncProviderClass *provider_class = SYNC_PROVIDER_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sim_provider_finalize;
  provider_class->get_name = sim_provider_get_name;
  provider_class->get_location = sim_provider_get_location;
  provider_class->get_usage = sim_provider_get_usage;
  provider_class->connect_async = sim_provider_connect_async;
  provider_class->connect_finish = finish_boolean;
  provider_class->get_state_async = sim_provider_get_state_async;
  provider_class->get_state_finish = finish_state;
  provider_class->pull_async = sim_provider_pull_async;
  provider_class->pull_finish = finish_bytes;
  provider_class->push_async = sim_provider_push_async;
  provider_class->push_finish = finish_bytes;
  provider_class->fetch_async = sim_provider_fetch_async;
  provider_class->fetch_finish = finish_bytes;
  provider_class->digest_async = sim_provider_digest_async;
  provider_class->digest_finish = finish_digest;
  provider_class->put_device_async = sim_provider_put_device_async;
  provider_class->put_device_finish = finish_boolean;
}

static void
sim_provider_init (SimProvider *self)
{
}

SyncProvider *
sim_provider_new (SimCloud *cloud, const SimHooks *hooks)
{
  SimProvider *self = g_object_new (SIM_TYPE_PROVIDER, NULL);

  self->cloud = cloud;
  self->hooks = *hooks;
  return SYNC_PROVIDER (self);
}

void
sim_provider_set_page_cap (SimProvider *provider, guint rows)
{
  provider->page_cap = rows;
}

guint
sim_provider_take_count (SimProvider *provider)
{
  guint count = provider->count;

  provider->count = 0;
  return count;
}
