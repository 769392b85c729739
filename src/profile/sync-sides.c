/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-sides.h"

G_DEFINE_BOXED_TYPE (SyncSides, sync_sides, sync_sides_copy, sync_sides_free)

static void
side_free (gpointer data)
{
  SyncSideCount *side = data;

  g_free (side->entity);
  g_free (side);
}

/**
 * sync_sides_new:
 *
 * Returns: (transfer full): what two sides without entities have
 */
SyncSides *
sync_sides_new (void)
{
  SyncSides *sides = g_new0 (SyncSides, 1);

  sides->entities = g_ptr_array_new_with_free_func (side_free);
  return sides;
}

/**
 * sync_sides_copy:
 * @sides: what both sides have
 *
 * Returns: (transfer full): a copy
 */
SyncSides *
sync_sides_copy (const SyncSides *sides)
{
  SyncSides *copy;

  g_return_val_if_fail (sides != NULL, NULL);

  copy = sync_sides_new ();
  for (guint i = 0; i < sides->entities->len; i++)
    {
      const SyncSideCount *side = g_ptr_array_index (sides->entities, i);

      sync_sides_add (copy, side->entity, side->local, side->cloud);
    }
  copy->synced_before = sides->synced_before;
  copy->other_devices = sides->other_devices;
  return copy;
}

/**
 * sync_sides_free:
 * @sides: (nullable): what both sides have
 *
 * Frees it.
 */
void
sync_sides_free (SyncSides *sides)
{
  if (sides == NULL)
    return;
  g_ptr_array_unref (sides->entities);
  g_free (sides);
}

/**
 * sync_sides_add:
 * @sides: what both sides have
 * @entity: an entity's name
 * @local: how many rows are here
 * @cloud: how many are there
 *
 * Adds an entity, also to the sums.
 */
void
sync_sides_add (SyncSides *sides, const char *entity, guint64 local, guint64 cloud)
{
  SyncSideCount *side = g_new (SyncSideCount, 1);

  side->entity = g_strdup (entity);
  side->local = local;
  side->cloud = cloud;
  g_ptr_array_add (sides->entities, side);
  sides->local += local;
  sides->cloud += cloud;
}
