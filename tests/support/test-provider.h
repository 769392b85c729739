/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-provider.h"

G_BEGIN_DECLS

/* A provider's methods for tests: they run the default main context until the answer is there. */

void test_got_result (GObject *source, GAsyncResult *result, gpointer user_data);
GAsyncResult *test_wait_for_result (GAsyncResult **result);

gboolean test_connect (SyncProvider *provider, GError **error);
gboolean test_validate (SyncProvider *provider, GError **error);
SyncCloudState *test_get_state (SyncProvider *provider, gboolean strong, GError **error);
GBytes *test_pull (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query,
                   GError **error);
GBytes *test_push (SyncProvider *provider, const SyncEntity *entity, const char *rows,
                   GError **error);
GBytes *test_fetch (SyncProvider *provider, const SyncEntity *entity, const char *keys,
                    gboolean strong, GError **error);
gboolean test_digest (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                      SyncDigest *digest, GError **error);
gboolean test_delete_all (SyncProvider *provider, GError **error);
gboolean test_put_device (SyncProvider *provider, const SyncDevice *device, GError **error);

G_END_DECLS
