/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SERVICE_SECRETS (sync_service_secrets_get_type ())
G_DECLARE_FINAL_TYPE (SyncServiceSecrets, sync_service_secrets, SYNC, SERVICE_SECRETS, SyncSecretStore)

/* The desktop's keyring. A reading never asks anybody anything; a locked keyring, or none, is
 * SYNC_ERROR_SECRETS with the reason `locked` or `no-keyring`. */
SyncSecretStore *sync_service_secrets_new (void);
/* How long the keyring may take: to answer, and to be unlocked by a person. */
void sync_service_secrets_set_patience (SyncServiceSecrets *secrets, guint answer_ms,
                                        guint unlock_ms);

G_END_DECLS
