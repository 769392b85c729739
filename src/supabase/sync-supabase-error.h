/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-http.h"

G_BEGIN_DECLS

GError *sync_supabase_error_from_rest (const SyncHttpReply *reply, const char *host,
                                       const char *resource, const SyncEntity *entity, gint64 now);
GError *sync_supabase_error_from_auth (const SyncHttpReply *reply, const char *host, gint64 now);
GError *sync_supabase_error_not_json (const SyncHttpReply *reply, const char *host);

gboolean sync_supabase_error_is_expired_token (const GError *error);
gboolean sync_supabase_error_ends_session (const GError *error);

G_END_DECLS
