/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-profile.h"

G_BEGIN_DECLS

/**
 * SyncStatusKind:
 *
 * The one thing that is to be known about a database at a glance, by what outweighs what.
 */
typedef enum
{
  SYNC_STATUS_UP_TO_DATE,
  SYNC_STATUS_NEVER_SYNCED,
  SYNC_STATUS_LOCAL_ONLY,
  SYNC_STATUS_WAITING,
  SYNC_STATUS_PAUSED,
  SYNC_STATUS_OFFLINE,
  SYNC_STATUS_CONFLICTS,
  SYNC_STATUS_REFUSED,
  SYNC_STATUS_SIGN_IN,
  SYNC_STATUS_ERROR,
  SYNC_STATUS_SYNCING,
} SyncStatusKind;

/**
 * SyncStatus:
 * @pending: changes that wait to be sent
 * @failed: of changes: those that were refused or failed too often
 * @refused: rows refused by the cloud or the local table
 * @paused_until: as of the manager
 * @hold: what automatic runs wait for, unless there is a pause
 * @elsewhere: another program begins them
 * @fraction: of the run under way
 *
 * How a database stands, as people are told.
 */
typedef struct
{
  SyncStatusKind kind;
  guint pending;
  guint failed;
  guint refused;
  guint conflicts;
  gint64 paused_until;
  gint64 last_sync;
  gint64 next_sync;
  SyncHold hold;
  gboolean elsewhere;
  double fraction;
} SyncStatus;

void sync_status_read (SyncStatus *status, SyncProfile *profile);
char *sync_status_dup_title (const SyncStatus *status);
char *sync_status_dup_hold (const SyncStatus *status);
const char *sync_status_get_icon (const SyncStatus *status);

G_END_DECLS
