/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-supabase-provider.h"
#include "sync-supabase-session.h"

G_BEGIN_DECLS

/* For the parts of this folder that speak to the same cloud in the same name. */
SyncSupabaseSession *sync_supabase_provider_get_session (SyncSupabaseProvider *provider);

G_END_DECLS
