/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_SUPABASE (sync_setup_supabase_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupSupabase, sync_setup_supabase, SYNC, SETUP_SUPABASE, AdwBin)

/* The project's address and key, checked while they are typed. Signal `submitted` (url, key): both
 * are good. */
void sync_setup_supabase_set (SyncSetupSupabase *page, const char *url, const char *key);

G_END_DECLS
