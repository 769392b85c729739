/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-device.h"

G_BEGIN_DECLS

/**
 * SyncCloudState:
 * @schema_version: the cloud's schema version
 * @oldest_client: the oldest version of a client's own that it still serves
 * @epoch: names one life of the cloud: another one after a restore
 * @user: the signed-in user, or the vault's own id
 * @server_time: the cloud's clock, microseconds since 1970
 * @heads: (element-type utf8 gint64): cloud table → newest version (0: no row)
 * @horizons: (element-type utf8 gint64): cloud table → highest purged version (0: none)
 * @devices: (element-type SyncDevice): this user's devices
 * @any_table: whether the cloud takes rows of any table, also of one without a head (a vault)
 *
 * All that a run must know before it begins, in one request.
 */
typedef struct
{
  int schema_version;
  int oldest_client;
  char *epoch;
  char *user;
  gint64 server_time;
  GHashTable *heads;
  GHashTable *horizons;
  GPtrArray *devices;
  gboolean any_table;
} SyncCloudState;

#define SYNC_TYPE_CLOUD_STATE (sync_cloud_state_get_type ())
GType sync_cloud_state_get_type (void);

SyncCloudState *sync_cloud_state_new (void);
SyncCloudState *sync_cloud_state_copy (const SyncCloudState *state);
void sync_cloud_state_free (SyncCloudState *state);
gboolean sync_cloud_state_has_table (const SyncCloudState *state, const char *cloud_table);
gint64 sync_cloud_state_get_head (const SyncCloudState *state, const char *cloud_table);
gint64 sync_cloud_state_find_newest (const SyncCloudState *state);
gint64 sync_cloud_state_get_horizon (const SyncCloudState *state, const char *cloud_table);
void sync_cloud_state_set_head (SyncCloudState *state, const char *cloud_table, gint64 version);
void sync_cloud_state_set_horizon (SyncCloudState *state, const char *cloud_table, gint64 version);
SyncDevice *sync_cloud_state_find_device (const SyncCloudState *state, const char *id);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncCloudState, sync_cloud_state_free)

G_END_DECLS
