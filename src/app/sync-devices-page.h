/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_DEVICES_PAGE (sync_devices_page_get_type ())
G_DECLARE_FINAL_TYPE (SyncDevicesPage, sync_devices_page, SYNC, DEVICES_PAGE, AdwBin)

SyncDevicesPage *sync_devices_page_new (SyncProfile *profile);

G_END_DECLS
