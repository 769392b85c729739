/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_HISTORY_PAGE (sync_history_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncHistoryPage, sync_history_page, SYNC, HISTORY_PAGE, AdwBin)

SyncHistoryPage *sync_history_page_new (SyncProfile *profile);

G_END_DECLS
