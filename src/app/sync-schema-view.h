/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SCHEMA_VIEW (sync_schema_view_get_type ())
G_DECLARE_FINAL_TYPE (SyncSchemaView, sync_schema_view, SYNC, SCHEMA_VIEW, AdwBin)

/* The script that sets the cloud up, to be copied or saved. Reads it anew each time. */
void sync_schema_view_load (SyncSchemaView *view, SyncProfile *profile);

G_END_DECLS
