/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-model.h"

#include "sync-conflict-store.h"
#include "sync-device-store.h"
#include "sync-history-store.h"
#include "sync-list-keys.h"
#include "sync-queue-store.h"
#include "sync-stats-store.h"

/* What the lists show. All but the getters of keys runs on the worker's thread. */

/* --- The queue -------------------------------------------------------------------------------- */

static GArray *
queue_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_change_keys (store, filter->state, error);
}

static GPtrArray *
queue_values (SyncStore *store,
              const SyncListFilter *filter,
              guint offset,
              guint limit,
              GError **error)
{
  return sync_store_list_changes (store, filter->state, offset, limit, error);
}

static gint64
change_key (gconstpointer value)
{
  const SyncChange *change = value;

  return sync_store_row_key (change->entity, change->id);
}

const SyncListSource sync_list_of_queue = {
  .value_type = sync_change_get_type,
  .list_keys = queue_keys,
  .list_values = queue_values,
  .get_key = change_key,
};

/* --- Held rows -------------------------------------------------------------------------------- */

static GArray *
held_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_held_keys (store, error);
}

static GPtrArray *
held_values (SyncStore *store,
             const SyncListFilter *filter,
             guint offset,
             guint limit,
             GError **error)
{
  return sync_store_list_held (store, offset, limit, error);
}

static gint64
held_key (gconstpointer value)
{
  const SyncHeld *held = value;

  return sync_store_row_key (held->entity, held->id);
}

const SyncListSource sync_list_of_held = {
  .value_type = sync_held_get_type,
  .list_keys = held_keys,
  .list_values = held_values,
  .get_key = held_key,
};

/* --- Conflicts and records -------------------------------------------------------------------- */

static GArray *
open_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_conflict_keys (store, FALSE, error);
}

static GPtrArray *
open_values (SyncStore *store,
             const SyncListFilter *filter,
             guint offset,
             guint limit,
             GError **error)
{
  return sync_store_list_conflicts (store, FALSE, offset, limit, error);
}

static GArray *
record_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_conflict_keys (store, TRUE, error);
}

static GPtrArray *
record_values (SyncStore *store,
               const SyncListFilter *filter,
               guint offset,
               guint limit,
               GError **error)
{
  return sync_store_list_conflicts (store, TRUE, offset, limit, error);
}

static gint64
conflict_key (gconstpointer value)
{
  return ((const SyncConflict *)value)->number;
}

const SyncListSource sync_list_of_conflicts = {
  .value_type = sync_conflict_get_type,
  .list_keys = open_keys,
  .list_values = open_values,
  .get_key = conflict_key,
};
const SyncListSource sync_list_of_records = {
  .value_type = sync_conflict_get_type,
  .list_keys = record_keys,
  .list_values = record_values,
  .get_key = conflict_key,
};

/* --- History ---------------------------------------------------------------------------------- */

static GArray *
history_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_history_keys (store, filter->kind, filter->outcome, error);
}

static GPtrArray *
history_values (SyncStore *store,
                const SyncListFilter *filter,
                guint offset,
                guint limit,
                GError **error)
{
  return sync_store_list_history (store, filter->kind, filter->outcome, offset, limit, error);
}

static gint64
result_key (gconstpointer value)
{
  return ((const SyncResult *)value)->run;
}

const SyncListSource sync_list_of_history = {
  .value_type = sync_result_get_type,
  .list_keys = history_keys,
  .list_values = history_values,
  .get_key = result_key,
};

/* --- What a run moved ------------------------------------------------------------------------- */

static GArray *
trace_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  return sync_store_list_trace_keys (store, filter->run, filter->direction, error);
}

static GPtrArray *
trace_values (SyncStore *store,
              const SyncListFilter *filter,
              guint offset,
              guint limit,
              GError **error)
{
  return sync_store_list_trace (store, filter->run, filter->direction, offset, limit, error);
}

static gint64
trace_key (gconstpointer value)
{
  return ((const SyncTrace *)value)->number;
}

const SyncListSource sync_list_of_trace = {
  .value_type = sync_trace_get_type,
  .list_keys = trace_keys,
  .list_values = trace_values,
  .get_key = trace_key,
};

/* --- Short lists: read whole, then cut -------------------------------------------------------- */

static GPtrArray *
cut (GPtrArray *all, guint offset, guint limit)
{
  if (all == NULL)
    return NULL;
  g_ptr_array_remove_range (all, 0, MIN (offset, all->len));
  if (limit > 0 && all->len > limit)
    g_ptr_array_set_size (all, (int)limit);
  return all;
}

static GArray *
collect_keys (GPtrArray *all, gint64 (*get_key) (gconstpointer value))
{
  GArray *keys;

  if (all == NULL)
    return NULL;
  keys = g_array_sized_new (FALSE, FALSE, sizeof (gint64), all->len);
  for (guint i = 0; i < all->len; i++)
    {
      gint64 key = get_key (g_ptr_array_index (all, i));

      g_array_append_val (keys, key);
    }
  return keys;
}

/* This one, then those that take part, the one seen last first. */
static int
compare_devices (gconstpointer a, gconstpointer b)
{
  const SyncDevice *one = *(SyncDevice *const *)a, *other = *(SyncDevice *const *)b;

  if (one->is_local != other->is_local)
    return one->is_local ? -1 : 1;
  if (one->active != other->active)
    return one->active ? -1 : 1;
  if (one->last_sync_at != other->last_sync_at)
    return one->last_sync_at > other->last_sync_at ? -1 : 1;
  return g_strcmp0 (one->id, other->id);
}

/* What is known of this one here is newer than what the cloud last said. */
static GPtrArray *
all_devices (SyncStore *store, GError **error)
{
  gint64 known_at;
  g_autoptr (GPtrArray) devices = sync_store_get_known_devices (store, &known_at, error);
  SyncDevice *local = devices != NULL ? sync_store_get_local_device (store, error) : NULL;

  if (local == NULL)
    return NULL;
  for (guint i = 0; i < devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (devices, i);

      if (!device->is_local)
        continue;
      local->active = device->active;
      local->registered_at = device->registered_at;
      local->last_sync_at = MAX (local->last_sync_at, device->last_sync_at);
      local->last_version = MAX (local->last_version, device->last_version);
      local->behind = device->behind;
      g_ptr_array_remove_index (devices, i);
      break;
    }
  g_ptr_array_add (devices, local);
  g_ptr_array_sort (devices, compare_devices);
  return g_steal_pointer (&devices);
}

static gint64
device_key (gconstpointer value)
{
  return sync_store_row_key ("", ((const SyncDevice *)value)->id);
}

static GArray *
device_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  g_autoptr (GPtrArray) devices = all_devices (store, error);

  return collect_keys (devices, device_key);
}

static GPtrArray *
device_values (SyncStore *store,
               const SyncListFilter *filter,
               guint offset,
               guint limit,
               GError **error)
{
  return cut (all_devices (store, error), offset, limit);
}

const SyncListSource sync_list_of_devices = {
  .value_type = sync_device_get_type,
  .list_keys = device_keys,
  .list_values = device_values,
  .get_key = device_key,
};

static gint64
entity_key (gconstpointer value)
{
  return sync_store_row_key (((const SyncEntityStatus *)value)->entity->name, "");
}

static GArray *
entity_keys (SyncStore *store, const SyncListFilter *filter, GError **error)
{
  GPtrArray *entities = sync_store_get_entities (store);
  GArray *keys = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (guint i = 0; i < entities->len; i++)
    {
      gint64 key = sync_store_row_key (((SyncEntity *)g_ptr_array_index (entities, i))->name, "");

      g_array_append_val (keys, key);
    }
  return keys;
}

static GPtrArray *
entity_values (SyncStore *store,
               const SyncListFilter *filter,
               guint offset,
               guint limit,
               GError **error)
{
  return cut (sync_store_list_entity_status (store, error), offset, limit);
}

const SyncListSource sync_list_of_entities = {
  .value_type = sync_entity_status_get_type,
  .list_keys = entity_keys,
  .list_values = entity_values,
  .get_key = entity_key,
};
