/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SyncSideCount:
 * @entity: an entity's name
 * @local: how many rows are here
 * @cloud: how many are there; deleted ones are not counted
 *
 * What both sides have of one entity.
 */
typedef struct
{
  char *entity;
  guint64 local;
  guint64 cloud;
} SyncSideCount;

/**
 * SyncSides:
 * @entities: (element-type SyncSideCount): the enabled entities, parents first
 * @local: the sum here
 * @cloud: the sum there
 * @synced_before: whether this database was synced with that cloud already
 * @other_devices: how many other devices, active ones, sync with it
 *
 * What both sides have, for the question what a first run is to do. Where @other_devices is not 0,
 * or the cloud has rows and this database none, somebody filled it already: then restoring is what
 * is most likely wanted.
 */
typedef struct
{
  GPtrArray *entities;
  guint64 local;
  guint64 cloud;
  gboolean synced_before;
  guint other_devices;
} SyncSides;

#define SYNC_TYPE_SIDES (sync_sides_get_type ())
GType sync_sides_get_type (void);

SyncSides *sync_sides_new (void);
SyncSides *sync_sides_copy (const SyncSides *sides);
void sync_sides_free (SyncSides *sides);
void sync_sides_add (SyncSides *sides, const char *entity, guint64 local, guint64 cloud);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncSides, sync_sides_free)

G_END_DECLS
