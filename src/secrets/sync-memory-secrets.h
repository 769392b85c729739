/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_MEMORY_SECRETS (sync_memory_secrets_get_type ())
G_DECLARE_FINAL_TYPE (SyncMemorySecrets, sync_memory_secrets, SYNC, MEMORY_SECRETS, SyncSecretStore)

SyncSecretStore *sync_memory_secrets_new (void);

G_END_DECLS
