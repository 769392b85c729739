/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-recovery.h"
#include "sync-run-private.h"

/* What a run knows before it asks the cloud. */

static void
leg_free (SyncLeg *leg)
{
  g_clear_pointer (&leg->entity, sync_entity_unref);
  g_clear_pointer (&leg->resolver, sync_resolver_free);
  g_free (leg);
}

static SyncResolver *
make_resolver (SyncRun *run, const SyncEntity *entity, GError **error)
{
  const SyncRunOptions *options = &run->setup->options;

  if (run->setup->kind == SYNC_RUN_SEED)
    return sync_resolver_new ("local", NULL, error);
  if (run->setup->kind == SYNC_RUN_HYDRATE)
    return sync_resolver_new ("remote", NULL, error);
  if (options->resolver != NULL)
    return sync_resolver_new ("custom", NULL, error);
  return sync_resolver_new (options->strategy != NULL ? options->strategy : entity->strategy, entity->rules,
                            error);
}

static gboolean
add_leg (SyncRun *run, SyncEntity *entity, GError **error)
{
  SyncLeg *leg = g_new0 (SyncLeg, 1);

  leg->entity = sync_entity_ref (entity);
  g_ptr_array_add (run->legs, leg);
  leg->resolver = make_resolver (run, entity, error);
  if (leg->resolver == NULL
      || !sync_store_get_cursor (sync_run_get_store (run), entity, &leg->cursor, error))
    return FALSE;
  leg->policy = (SyncApplyPolicy){
    .kind = run->setup->kind,
    .decide = sync_resolver_decide,
    .decide_data = leg->resolver,
    .allow_mass_change = run->setup->options.allow_mass_change,
    .clock_offset = run->clock_offset,
    .run = run->result->run,
    .device = run->device_id,
  };
  return TRUE;
}

static gboolean
check_entity_names (SyncRun *run, GError **error)
{
  const char *const *names = run->setup->options.entities;

  for (guint i = 0; names != NULL && names[i] != NULL; i++)
    {
      SyncEntity *entity = sync_store_find_entity (sync_run_get_store (run), names[i]);

      if (entity == NULL)
        {
          sync_error_set_absent (error, "entity", names[i]);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
load_legs (SyncRun *run, GError **error)
{
  const char *const *names = run->setup->options.entities;
  GPtrArray *entities = sync_store_get_entities (sync_run_get_store (run));

  g_clear_pointer (&run->legs, g_ptr_array_unref);
  run->legs = g_ptr_array_new_with_free_func ((GDestroyNotify) leg_free);
  if (!check_entity_names (run, error))
    return FALSE;
  for (guint i = 0; i < entities->len; i++)
    {
      SyncEntity *entity = g_ptr_array_index (entities, i);

      if (names != NULL ? !g_strv_contains (names, entity->name) : !entity->enabled)
        continue;
      if (!add_leg (run, entity, error))
        return FALSE;
    }
  return TRUE;
}

/* On the worker's thread: puts back what is missing of ours in the database, and loads what is
 * known. */
gboolean
sync_run_prepare (SyncRun *run, gpointer data, GError **error)
{
  SyncStore *store = sync_run_get_store (run);
  gboolean healed;

  g_clear_pointer (&run->device_id, g_free);
  g_clear_pointer (&run->device_name, g_free);
  g_clear_pointer (&run->device_known_name, g_free);
  g_clear_pointer (&run->cloud_url, g_free);
  g_clear_pointer (&run->cloud_user, g_free);
  g_clear_pointer (&run->epoch, g_free);
  return sync_connection_check_place (sync_store_get_connection (store), error)
         && sync_store_reload_if_changed (store, error)
         && sync_store_heal (store, run->setup->options.entities, &healed, error)
         && (run->setup->options.dry_run || sync_store_check_device (store, error))
         && sync_store_get_meta (store, "device-id", &run->device_id, error)
         && sync_store_get_meta (store, "device-name", &run->device_name, error)
         && sync_store_get_meta (store, "device-known-name", &run->device_known_name, error)
         && sync_store_get_meta (store, "cloud-url", &run->cloud_url, error)
         && sync_store_get_meta (store, "cloud-user", &run->cloud_user, error)
         && sync_store_get_meta (store, "epoch", &run->epoch, error)
         && sync_store_get_meta_int64 (store, "acknowledged-version", 0, &run->acknowledged, error)
         && sync_store_get_meta_int64 (store, "device-version", -1, &run->device_version, error)
         && sync_store_get_meta_int64 (store, "device-time", G_MININT64, &run->device_time, error)
         && sync_store_get_meta_int64 (store, "clock-offset", 0, &run->clock_offset, error)
         && sync_store_get_meta_int64 (store, "batch-limit", 0, &run->batch_limit, error)
         && sync_outbox_next_batch (store, &run->first_batch, error)
         && load_legs (run, error);
}
