/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_START (sync_setup_start_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupStart, sync_setup_start, SYNC, SETUP_START, AdwBin)

/* Where it begins: three ways, and the database's file. Signal `chosen` (way): supabase, vault or
 * local. */
void sync_setup_start_set_path (SyncSetupStart *page, const char *path); /* (nullable): NULL: fixed */
void sync_setup_start_set_error (SyncSetupStart *page, const GError *error);

G_END_DECLS
