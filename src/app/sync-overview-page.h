/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_OVERVIEW_PAGE (sync_overview_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncOverviewPage, sync_overview_page, SYNC, OVERVIEW_PAGE, AdwBin)

SyncOverviewPage *sync_overview_page_new (SyncProfile *profile);

G_END_DECLS
