/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-check.h"
#include "sync-supabase-provider.h"

G_BEGIN_DECLS

/* Tests a connection step by step: `told` hears of each as soon as it is done. */
void sync_supabase_check_async (SyncSupabaseProvider *provider, const char *const *cloud_tables,
                                SyncClock *clock, SyncCheckFunc told, gpointer told_data,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data);
/* (element-type SyncCheck): all of them, in order */
GPtrArray *sync_supabase_check_finish (SyncSupabaseProvider *provider, GAsyncResult *result,
                                       GError **error);

G_END_DECLS
