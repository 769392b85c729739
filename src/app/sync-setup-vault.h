/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_VAULT (sync_setup_vault_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupVault, sync_setup_vault, SYNC, SETUP_VAULT, AdwBin)

/* Choosing a vault's file. Signal `connected`. */
void sync_setup_vault_set_profile (SyncSetupVault *page, SyncProfile *profile);
/* As if it had been chosen. */
void sync_setup_vault_connect (SyncSetupVault *page, const char *path, gboolean replace);

/* Ends what is under way. */
void sync_setup_vault_cancel (SyncSetupVault *page);

G_END_DECLS
