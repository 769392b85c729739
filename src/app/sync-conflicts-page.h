/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CONFLICTS_PAGE (sync_conflicts_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictsPage, sync_conflicts_page, SYNC, CONFLICTS_PAGE, AdwBin)

SyncConflictsPage *sync_conflicts_page_new (SyncProfile *profile);

G_END_DECLS
