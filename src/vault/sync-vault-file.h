/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/**
 * SyncVaultFile:
 * @path: its absolute path
 * @id: the vault's own id
 * @schema_version: the version of its schema
 * @device: the file system that it lies on
 * @inode: its number there
 * @patience_ms: how long to wait for others that hold it
 * @ref_count: (skip)
 *
 * Which file was opened, and which vault is in it. Immutable, shared between threads.
 */
typedef struct
{
  char *path;
  char *id;
  int schema_version;
  guint64 device;
  guint64 inode;
  guint patience_ms;
  gatomicrefcount ref_count;
} SyncVaultFile;

SyncConnection *sync_vault_file_open (const char *path, gboolean create, guint patience_ms,
                                      SyncVaultFile **file, GError **error);
SyncVaultFile *sync_vault_file_ref (SyncVaultFile *file);
void sync_vault_file_unref (SyncVaultFile *file);

gboolean sync_vault_file_check (const SyncVaultFile *file, GError **error);
gboolean sync_vault_file_begin (const SyncVaultFile *file, SyncConnection *connection,
                                gboolean writes, GCancellable *cancellable, GError **error);
gboolean sync_vault_file_commit (const SyncVaultFile *file, SyncConnection *connection,
                                 GError **error);

gboolean sync_vault_error_translate (const char *path, GError **error);
gboolean sync_vault_error_is_lost (const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVaultFile, sync_vault_file_unref)

G_END_DECLS
