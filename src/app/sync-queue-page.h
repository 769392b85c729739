/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_QUEUE_PAGE (sync_queue_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncQueuePage, sync_queue_page, SYNC, QUEUE_PAGE, AdwBin)

SyncQueuePage *sync_queue_page_new (SyncProfile *profile);

G_END_DECLS
