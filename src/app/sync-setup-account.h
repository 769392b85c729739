/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_ACCOUNT (sync_setup_account_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupAccount, sync_setup_account, SYNC, SETUP_ACCOUNT, AdwBin)

/* Signing in or up. Signal `signed-in`. */
void sync_setup_account_set_profile (SyncSetupAccount *page, SyncProfile *profile);
void sync_setup_account_sign_in_again (SyncSetupAccount *page);

/* Ends what is under way. */
void sync_setup_account_cancel (SyncSetupAccount *page);

G_END_DECLS
