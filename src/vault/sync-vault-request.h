/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-provider.h"
#include "sync-vault-file.h"

G_BEGIN_DECLS

typedef struct _SyncVaultRequest SyncVaultRequest;

/**
 * SyncVaultFunc:
 * @request: what is asked for, and where the answer goes
 * @connection: the vault, in a transaction
 * @cancellable: (nullable): ends long work
 * @error: where an error goes
 *
 * Answers a request on the vault's thread, inside a transaction.
 *
 * Returns: %FALSE with @error set if it failed: all of it is rolled back
 */
typedef gboolean (*SyncVaultFunc) (SyncVaultRequest *request, SyncConnection *connection,
                                   GCancellable *cancellable, GError **error);

/**
 * SyncVaultRequest:
 * @func: answers it
 * @writes: whether @func may write
 * @now: the time when it was asked, microseconds since 1970
 * @entity: (owned) (nullable): what it is about
 * @query: for a pull
 * @not_run: (owned) (nullable): the query's text
 * @input: (owned) (nullable): rows or keys
 * @device: (owned) (nullable): for a device
 * @file: (owned) (nullable): the vault
 * @output: (owned) (nullable): rows
 * @state: (owned) (nullable): the state
 * @digest: a digest
 * @warnings: (owned) (nullable): what was noticed
 * @text: (owned) (nullable): a new epoch; for a digest its prefix
 * @count: how many rows a purge took away
 *
 * One question to a vault with its answer. Goes to the vault's thread and comes back.
 */
struct _SyncVaultRequest
{
  SyncVaultFunc func;
  gboolean writes;
  gint64 now;
  SyncEntity *entity;
  SyncPullQuery query;
  char *not_run;
  GBytes *input;
  SyncDevice *device;
  SyncVaultFile *file;

  GBytes *output;
  SyncCloudState *state;
  SyncDigest digest;
  GPtrArray *warnings;
  char *text;
  gint64 count;
};

SyncVaultRequest *sync_vault_request_new (SyncVaultFunc func, gboolean writes, gint64 now);
void sync_vault_request_free (SyncVaultRequest *request);
gboolean sync_vault_request_run (SyncConnection *connection, gpointer request,
                                 GCancellable *cancellable, GError **error);

gboolean sync_vault_push (SyncVaultRequest *request, SyncConnection *connection,
                          GCancellable *cancellable, GError **error);
gboolean sync_vault_pull (SyncVaultRequest *request, SyncConnection *connection,
                          GCancellable *cancellable, GError **error);
gboolean sync_vault_fetch (SyncVaultRequest *request, SyncConnection *connection,
                           GCancellable *cancellable, GError **error);
gboolean sync_vault_digest (SyncVaultRequest *request, SyncConnection *connection,
                            GCancellable *cancellable, GError **error);
gboolean sync_vault_read_state (SyncVaultRequest *request, SyncConnection *connection,
                                GCancellable *cancellable, GError **error);
gboolean sync_vault_put_device (SyncVaultRequest *request, SyncConnection *connection,
                                GCancellable *cancellable, GError **error);
gboolean sync_vault_purge (SyncVaultRequest *request, SyncConnection *connection,
                           GCancellable *cancellable, GError **error);
gboolean sync_vault_delete_all (SyncVaultRequest *request, SyncConnection *connection,
                                GCancellable *cancellable, GError **error);
void sync_vault_purge_if_due (SyncConnection *connection, SyncVaultFile *file, gint64 now);
gboolean sync_vault_new_epoch (SyncVaultRequest *request, SyncConnection *connection,
                               GCancellable *cancellable, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVaultRequest, sync_vault_request_free)

G_END_DECLS
