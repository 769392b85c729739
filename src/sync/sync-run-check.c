/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-device-store.h"
#include "sync-machine.h"
#include "sync-run-private.h"
#include "sync-snapshot.h"

/* Step 1 of a run: is this the cloud that we know, and the life of it that we know? And our device row. */

#define SNAPSHOTS_KEPT 5
/* How often a run with nothing to do still tells the cloud that we are here. */
#define DEVICE_REFRESH (6 * G_TIME_SPAN_HOUR)

/* --- Reset -------------------------------------------------------------------------------------- */

static gboolean
reset (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  g_autoptr (SyncSnapshot) snapshot = sync_snapshot_take (sync_store_get_connection (store), "reset",
                                                          sync_clock_now (run->clock), SNAPSHOTS_KEPT,
                                                          run->setup->cancellable, error);

  return snapshot != NULL && sync_store_reset (store, error);
}

/**
 * sync_run_reset:
 * @run: a run
 * @reason: what was noticed, for logs
 * @error: the store's
 *
 * What is known of the cloud does not hold any more: after a snapshot all of it is forgotten, and the run begins
 * again.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_reset (SyncRun *run,
                const char *reason,
                GError **error)
{
  g_info ("Sync begins anew with this cloud: %s", reason);
  if (!sync_run_ensure_history (run, error) || !sync_run_step (run, reset, NULL, error))
    return FALSE;
  run->restart = TRUE;
  run->anew = TRUE;
  return TRUE;
}

/* --- Checks ------------------------------------------------------------------------------------- */

/* Another url or user than this database was synced with: stop and ask. A vault is known by its own id, wherever
 * it is mounted. */
static gboolean
check_identity (SyncRun *run, GError **error)
{
  SyncProvider *provider = run->setup->provider;
  const char *location = sync_provider_get_location (provider);
  gboolean by_user = g_str_equal (sync_provider_get_name (provider), "vault");

  if (run->cloud_user == NULL
      || (g_str_equal (run->cloud_user, run->state->user)
          && (by_user || g_strcmp0 (run->cloud_url, location) == 0)))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_OTHER_CLOUD, location,
                  "This database was synced with another cloud or account");
  return FALSE;
}

static gboolean
note_identity (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);

  if (!sync_store_set_meta (store, "cloud-url", sync_provider_get_location (run->setup->provider), error)
      || !sync_store_set_meta (store, "cloud-user", run->state->user, error)
      || !sync_store_set_meta (store, "epoch", run->state->epoch, error))
    return FALSE;
  g_free (run->epoch);
  run->epoch = g_strdup (run->state->epoch);
  return TRUE;
}

static gboolean
is_any_active (const SyncCloudState *state)
{
  for (guint i = 0; i < state->devices->len; i++)
    if (((const SyncDevice *) g_ptr_array_index (state->devices, i))->active)
      return TRUE;
  return state->devices->len == 0;
}

static gboolean
is_another_epoch (const SyncRun *run)
{
  return run->epoch != NULL && !g_str_equal (run->epoch, run->state->epoch);
}

/* Who deletes everything in the cloud revokes every device, and begins another epoch. A copy that is not on the list
 * yet is meant as well: else it would bring all rows back. */
static gboolean
is_revoked (SyncRun *run)
{
  SyncDevice *device = sync_cloud_state_find_device (run->state, run->device_id);

  return device != NULL ? !device->active : is_another_epoch (run) && !is_any_active (run->state);
}

static gboolean
check_revoked (SyncRun *run, GError **error)
{
  g_autoptr (GError) revoked = NULL;

  if (!is_revoked (run))
    return TRUE;
  revoked = sync_error_new (SYNC_ERROR_REVOKED, run->device_name, "This device was revoked");
  if (is_another_epoch (run) && !is_any_active (run->state))
    sync_error_set_reason (revoked, "deleted", 0);
  g_propagate_error (error, g_steal_pointer (&revoked));
  return FALSE;
}

/* Returns: (transfer none) (nullable): an entity whose table is not there */
static const SyncEntity *
find_absent (SyncRun *run)
{
  for (guint i = 0; i < run->legs->len; i++)
    {
      const SyncLeg *leg = g_ptr_array_index (run->legs, i);

      if (!sync_cloud_state_has_table (run->state, leg->entity->cloud_table))
        return leg->entity;
    }
  return NULL;
}

/* A table that is not there says nothing of the others' life, nor of its own when it is there again. */
static gboolean
check_tables (SyncRun *run, GError **error)
{
  const SyncEntity *absent = find_absent (run);

  if (absent == NULL)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_SCHEMA_MISSING, absent->cloud_table, "The cloud has no table %s",
                  absent->cloud_table);
  return FALSE;
}

/* A head below a version that we know, or our own device row older than it was, or gone: nobody deletes it, but
 * a cloud restored from before we came has none. Its time tells of what was only pushed, too: the version grows with
 * what was read. */
static gboolean
looks_older (SyncRun *run)
{
  const SyncCloudState *state = run->state;
  SyncDevice *device = sync_cloud_state_find_device (state, run->device_id);

  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);
      gint64 head = sync_cloud_state_get_head (state, leg->entity->cloud_table);

      if (head < leg->cursor.pulled_version)
        return TRUE;
    }
  if (device == NULL ? run->device_version >= 0
                     : device->last_version < run->device_version || device->last_sync_at < run->device_time)
    return TRUE;
  return sync_cloud_state_find_newest (state) < run->acknowledged;
}

static gboolean
read_state (SyncRun *run, gboolean strong, GError **error)
{
  g_clear_pointer (&run->state, sync_cloud_state_free);
  run->state = sync_call_finish_state (sync_call_get_state (run->setup->provider, run->setup->context, strong,
                                                            run->setup->cancellable),
                                       error);
  return run->state != NULL && sync_provider_check_schema (run->setup->provider, run->state, error)
         && check_identity (run, error);
}

/* What would end the run, or have it begin anew, is asked again of the primary before it is believed: a late replica
 * says the same. */
static gboolean
read_sure_state (SyncRun *run, GError **error)
{
  if (!read_state (run, run->anew, error))
    return FALSE;
  return run->anew
         || !(is_revoked (run) || is_another_epoch (run) || find_absent (run) != NULL || looks_older (run))
         || read_state (run, TRUE, error);
}

static gboolean
check_life (SyncRun *run, GError **error)
{
  if (is_another_epoch (run))
    return sync_run_reset (run, "another epoch", error);
  return !looks_older (run) || sync_run_reset (run, "the cloud went back", error);
}

static void
take_heads (SyncRun *run)
{
  for (guint i = 0; i < run->legs->len; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i);

      leg->head = sync_cloud_state_get_head (run->state, leg->entity->cloud_table);
      leg->horizon = sync_cloud_state_get_horizon (run->state, leg->entity->cloud_table);
    }
}

static void
take_clock (SyncRun *run)
{
  if (run->state->server_time <= 0)
    return;
  run->clock_offset = run->state->server_time - sync_clock_now (run->clock);
  for (guint i = 0; i < run->legs->len; i++)
    ((SyncLeg *) g_ptr_array_index (run->legs, i))->policy.clock_offset = run->clock_offset;
}

/**
 * sync_run_check_cloud:
 * @run: a run
 * @error: [error@SyncError.OTHER_CLOUD], REVOKED, SCHEMA_MISSING, SCHEMA_OLD, SCHEMA_NEW, or the provider's
 *
 * Reads the cloud's state, in one request, and compares it with what is known. Where that does not hold any
 * more, everything is reset and the run begins again.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_check_cloud (SyncRun *run,
                      GError **error)
{
  if (!read_sure_state (run, error) || !check_revoked (run, error) || !check_tables (run, error)
      || !check_life (run, error))
    return FALSE;
  if (run->restart)
    return TRUE;
  take_heads (run);
  take_clock (run);
  return run->epoch != NULL || sync_run_step (run, note_identity, NULL, error);
}

/* --- The device row ----------------------------------------------------------------------------- */

/* Everything up to here was read: what the purge may take away for all that we care. Entities that take no part in
 * this run count as well. */
static gboolean
read_up_to (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  GPtrArray *entities = sync_store_get_entities (store);
  gint64 all = 0, least = G_MAXINT64;

  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (entities, i);
      SyncCursor cursor;

      if (!entity->enabled)
        continue;
      if (!sync_store_get_cursor (store, entity, &cursor, error))
        return FALSE;
      all = MAX (all, cursor.pulled_version);
      if (cursor.pulled_version < sync_cloud_state_get_head (run->state, entity->cloud_table))
        least = MIN (least, cursor.pulled_version);
    }
  *(gint64 *) data = MIN (all, least);
  return TRUE;
}

/* The others' names are for when the cloud cannot be asked. */
static gboolean
note_device (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  const SyncDevice *device = data;

  return sync_store_set_meta (store, "device-name", device->name, error)
         && sync_store_set_meta (store, "device-known-name", device->name, error)
         && sync_store_set_meta_int64 (store, "device-version", run->device_version, error)
         && sync_store_set_meta_int64 (store, "device-time", run->device_time, error)
         && sync_store_set_known_devices (store, run->state->devices, sync_clock_now (run->clock), error);
}

/* A run that was broken off right after it wrote the row, or a copy of this database, has told the cloud more than is
 * noted here: if that goes back, this is how we know. */
static gboolean
take_known_device (SyncRun *run, SyncDevice *known, GError **error)
{
  if (known->last_version <= run->device_version && known->last_sync_at <= run->device_time)
    return TRUE;
  run->device_version = MAX (run->device_version, known->last_version);
  run->device_time = MAX (run->device_time, known->last_sync_at);
  return sync_run_step (run, note_device, known, error);
}

/* By another device. */
static gboolean
is_name_taken (SyncRun *run, const char *name)
{
  for (guint i = 0; i < run->state->devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (run->state->devices, i);

      if (device->active && g_strcmp0 (device->id, run->device_id) != 0
          && g_strcmp0 (device->name, name) == 0)
        return TRUE;
    }
  return FALSE;
}

/* Two computers may be called the same: the second one to come gets a number. */
static char *
make_unique_name (SyncRun *run)
{
  char *name = g_strdup (run->device_name);

  for (guint i = 2; is_name_taken (run, name); i++)
    {
      g_free (name);
      name = g_strdup_printf ("%s %u", run->device_name, i);
    }
  return name;
}

/**
 * sync_run_put_device:
 * @run: a run that is about to end
 * @error: the provider's
 *
 * Registers this device or refreshes its row: when something was moved, also by a run that was broken off before it
 * came to this, else every six hours at most.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_put_device (SyncRun *run,
                     GError **error)
{
  SyncDevice *known = sync_cloud_state_find_device (run->state, run->device_id);
  g_autoptr (SyncDevice) device = NULL;
  g_autofree char *name = NULL;
  gint64 now = sync_clock_now (run->clock) + run->clock_offset;
  gint64 version;
  gboolean renamed = known == NULL || g_strcmp0 (run->device_name, run->device_known_name) != 0;

  if (!sync_run_step (run, read_up_to, &version, error))
    return FALSE;
  if (!renamed && !run->changed && known->last_version >= version && known->last_sync_at != G_MININT64
      && now - known->last_sync_at < DEVICE_REFRESH)
    return take_known_device (run, known, error);
  name = renamed ? make_unique_name (run) : g_strdup (known->name);
  device = sync_device_new (run->device_id, name);
  g_free (device->platform);
  device->platform = g_strdup ("linux");
  g_free (device->app_version);
  device->app_version = g_strdup (PROGRESSIVE_SYNC_VERSION);
  device->registered_at = known != NULL ? known->registered_at : now;
  device->last_sync_at = now;
  device->last_version = MAX (version, known != NULL ? known->last_version : 0);
  device->active = TRUE;
  if (!sync_call_finish (sync_call_put_device (run->setup->provider, run->setup->context, device,
                                               run->setup->cancellable),
                         error))
    return FALSE;
  run->device_version = device->last_version;
  /* As precise as it travels. The cloud's never goes back, whatever our clock does. */
  run->device_time = now - now % G_TIME_SPAN_MILLISECOND;
  return sync_run_step (run, note_device, device, error);
}
