/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_DIRECTION (sync_setup_direction_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupDirection, sync_setup_direction, SYNC, SETUP_DIRECTION, AdwBin)

/* Back up, restore or merge, with what is on both sides, and this device's name. Signal `begin`
 * (a SyncRunKind). */
void sync_setup_direction_set_profile (SyncSetupDirection *page, SyncProfile *profile);

G_END_DECLS
