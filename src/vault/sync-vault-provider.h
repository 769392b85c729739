/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-provider.h"
#include "sync-vault-warnings.h"

G_BEGIN_DECLS

#define SYNC_TYPE_VAULT_PROVIDER (sync_vault_provider_get_type ())
G_DECLARE_FINAL_TYPE (SyncVaultProvider, sync_vault_provider, SYNC, VAULT_PROVIDER, SyncProvider)

SyncProvider *sync_vault_provider_new (const char *path, SyncClock *clock);

void sync_vault_provider_set_create (SyncVaultProvider *vault, gboolean create);
void sync_vault_provider_set_patience (SyncVaultProvider *vault, guint milliseconds);
void sync_vault_provider_set_rest (SyncVaultProvider *vault, guint milliseconds);
GPtrArray *sync_vault_provider_get_warnings (SyncVaultProvider *vault);

void sync_vault_provider_purge_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
gint64 sync_vault_provider_purge_finish (SyncVaultProvider *vault, GAsyncResult *result,
                                         GError **error);
void sync_vault_provider_new_epoch_async (SyncVaultProvider *vault, GCancellable *cancellable,
                                          GAsyncReadyCallback callback, gpointer user_data);
char *sync_vault_provider_new_epoch_finish (SyncVaultProvider *vault, GAsyncResult *result,
                                            GError **error);

G_END_DECLS
