/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-secret-store.h"

G_BEGIN_DECLS

#define SYNC_TYPE_PLACED_SECRETS (sync_placed_secrets_get_type ())
G_DECLARE_FINAL_TYPE (SyncPlacedSecrets, sync_placed_secrets, SYNC, PLACED_SECRETS, SyncSecretStore)

/* Secrets in the keyring, or with consent in files; where each is, is noted in the files. Every
 * program of a user that has the same two finds the same secrets. */
SyncSecretStore *sync_placed_secrets_new (SyncSecretStore *files, SyncSecretStore *keyring);
/* Whether a secret that the keyring does not take may go into a file. FALSE to begin with. */
void sync_placed_secrets_set_files_allowed (SyncPlacedSecrets *secrets, gboolean allowed);

G_END_DECLS
