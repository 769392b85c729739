/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SyncDevice:
 * @id: a random UUID
 * @name: what people call it
 * @platform: for example `linux`
 * @app_version: the version of this program there
 * @registered_at: microseconds since 1970, G_MININT64 if unknown
 * @last_sync_at: microseconds since 1970, G_MININT64 if never
 * @last_version: the newest version that it acknowledged, 0 if none
 * @behind: how many rows changed since then that it has not read; -1 where that cannot be known. No cloud tells it:
 *   who has read all of them counts
 * @active: %FALSE once it was revoked
 * @is_local: whether it is this one
 *
 * One copy of the database, as the cloud knows it.
 */
typedef struct
{
  char *id;
  char *name;
  char *platform;
  char *app_version;
  gint64 registered_at;
  gint64 last_sync_at;
  gint64 last_version;
  gint64 behind;
  gboolean active;
  gboolean is_local;
} SyncDevice;

#define SYNC_TYPE_DEVICE (sync_device_get_type ())
GType sync_device_get_type (void);

SyncDevice *sync_device_new (const char *id, const char *name);
SyncDevice *sync_device_copy (const SyncDevice *device);
void sync_device_free (SyncDevice *device);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncDevice, sync_device_free)

G_END_DECLS
