/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_FILE_SECRETS (sync_file_secrets_get_type ())
G_DECLARE_FINAL_TYPE (SyncFileSecrets, sync_file_secrets, SYNC, FILE_SECRETS, SyncSecretStore)

SyncSecretStore *sync_file_secrets_new (const char *directory);

G_END_DECLS
