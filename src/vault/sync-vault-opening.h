/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-vault-file.h"
#include "sync-worker.h"

G_BEGIN_DECLS

/**
 * SyncVaultOpening:
 * @path: (owned): the vault
 * @create: whether to create it
 * @patience_ms: how long to wait for others, in milliseconds
 * @now: the time, microseconds since 1970
 * @worker: (owned) (nullable): its thread, once open
 * @file: (owned) (nullable): what was opened
 * @warnings: (owned) (nullable) (element-type SyncVaultWarning): what was noticed
 *
 * What opening a vault takes and gives.
 */
typedef struct
{
  char *path;
  gboolean create;
  guint patience_ms;
  gint64 now;
  SyncWorker *worker;
  SyncVaultFile *file;
  GPtrArray *warnings;
} SyncVaultOpening;

void sync_vault_opening_free (SyncVaultOpening *opening);
void sync_vault_open_async (SyncVaultOpening *opening, GAsyncReadyCallback callback,
                            gpointer user_data);
SyncVaultOpening *sync_vault_open_finish (GAsyncResult *result, GError **error);
void sync_vault_close (SyncWorker *worker);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVaultOpening, sync_vault_opening_free)

G_END_DECLS
