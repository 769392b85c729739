/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SECRET_STORE (sync_secret_store_get_type ())
G_DECLARE_DERIVABLE_TYPE (SyncSecretStore, sync_secret_store, SYNC, SECRET_STORE, GObject)

/**
 * SyncSecretStoreClass:
 * @lookup_async: reads a secret
 * @lookup_finish: (transfer full) (nullable): the secret; %NULL without error if there is none
 * @store_async: keeps @secret, or forgets the secret if it is %NULL; what was stored before stays
 *   until the new one is there **durably**
 * @store_finish: finishes it
 * @unlock_async: (nullable): lets a person open the place for a secret that is in it; %NULL: it is always open
 * @unlock_finish: (nullable): finishes it
 *
 * Where secrets are kept: one text for each profile and kind. An error is SYNC_ERROR_SECRETS or
 * G_IO_ERROR_CANCELLED.
 */
struct _SyncSecretStoreClass
{
  GObjectClass parent_class;

  void (*lookup_async) (SyncSecretStore *store, const char *profile, const char *kind,
                        GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
  char *(*lookup_finish) (SyncSecretStore *store, GAsyncResult *result, GError **error);
  void (*store_async) (SyncSecretStore *store, const char *profile, const char *kind,
                       const char *secret, GCancellable *cancellable,
                       GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*store_finish) (SyncSecretStore *store, GAsyncResult *result, GError **error);
  void (*unlock_async) (SyncSecretStore *store, const char *profile, const char *kind,
                        GCancellable *cancellable, GAsyncReadyCallback callback,
                        gpointer user_data);
  gboolean (*unlock_finish) (SyncSecretStore *store, GAsyncResult *result, GError **error);
};

void sync_secret_store_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
char *sync_secret_store_lookup_finish (SyncSecretStore *store, GAsyncResult *result,
                                       GError **error);
void sync_secret_store_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                                    const char *secret, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_secret_store_store_finish (SyncSecretStore *store, GAsyncResult *result,
                                         GError **error);
void sync_secret_store_clear_async (SyncSecretStore *store, const char *profile, const char *kind,
                                    GCancellable *cancellable, GAsyncReadyCallback callback,
                                    gpointer user_data);
gboolean sync_secret_store_clear_finish (SyncSecretStore *store, GAsyncResult *result,
                                         GError **error);

void sync_secret_store_unlock_async (SyncSecretStore *store, const char *profile, const char *kind,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean sync_secret_store_unlock_finish (SyncSecretStore *store, GAsyncResult *result,
                                          GError **error);

gboolean sync_secret_is_name (const char *name);
void sync_secret_free (char *secret);

G_END_DECLS
