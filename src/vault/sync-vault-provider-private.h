/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-vault-provider.h"
#include "sync-vault-request.h"
#include "sync-worker.h"

G_BEGIN_DECLS

/**
 * SyncVaultProvider:
 *
 * Another SQLite file as the cloud: on this computer, a stick or a mounted disk, without account
 * and server. Every question is a transaction on the vault's own thread. Versions and
 * compare-and-set are those of the cloud schema; they hold between programs, since SQLite lets one
 * write at a time.
 *
 * The file is opened when somebody asks and closed when nobody has asked for some seconds. It is
 * only ever created if that was wished and this object has not seen it yet: else an absent one is
 * %SYNC_ERROR_OFFLINE.
 */
struct _SyncVaultProvider
{
  SyncProvider parent_instance;

  char *path;       /* (owned): absolute */
  SyncClock *clock; /* (owned) */
  gboolean create;
  guint patience_ms;
  guint rest_ms;

  SyncWorker *worker;  /* (owned) (nullable): the open vault's thread */
  SyncVaultFile *file; /* (owned) (nullable): the open vault */
  char *vault_id;      /* (owned) (nullable): which vault was seen, for this object's life */
  guint n_asked;       /* questions that its thread has */
  GSource *rest;       /* (owned) (nullable): closes it when nobody has asked for a while */
  gboolean opening;
  GPtrArray *waiting;  /* (owned) (element-type GTask): for the opening; each owns itself */
  GPtrArray *warnings; /* (owned) (element-type SyncVaultWarning) */
  SyncProviderUsage usage;
};

/* sync-vault-asking.c */
/* Asks on the vault's thread. (request transfer full) (nullable): %NULL: only opens it. */
void sync_vault_provider_ask (SyncVaultProvider *self, gpointer tag, SyncVaultRequest *request,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
/* (transfer none) (nullable): the request with its answer, %NULL with error set. */
SyncVaultRequest *sync_vault_provider_finish (SyncVaultProvider *self, GAsyncResult *result,
                                              gpointer tag, GError **error);
/* At the end of life. */
void sync_vault_provider_leave (SyncVaultProvider *self);

G_END_DECLS
