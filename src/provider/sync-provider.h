/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-cloud-state.h"
#include "sync-digest.h"
#include "sync-entity.h"
#include "sync-error.h"

G_BEGIN_DECLS

/* The cloud schema that this program speaks. */
#define SYNC_CLOUD_SCHEMA_VERSION 1

#define SYNC_TYPE_PROVIDER (sync_provider_get_type ())
G_DECLARE_DERIVABLE_TYPE (SyncProvider, sync_provider, SYNC, PROVIDER, GObject)

/**
 * SyncPullQuery:
 * @since: rows with a version above this one
 * @limit: at most so many rows; the server may give fewer
 * @not_run: (nullable): leave out rows whose `run_id` is this one (rows without one are kept) …
 * @top: … but the row with this version
 */
typedef struct
{
  gint64 since;
  guint limit;
  const char *not_run;
  gint64 top;
} SyncPullQuery;

/**
 * SyncProviderUsage:
 * @requests: requests sent
 * @bytes_sent: bytes of bodies sent
 * @bytes_received: bytes of bodies received, as they travelled
 *
 * Since the provider was made.
 */
typedef struct
{
  guint64 requests;
  guint64 bytes_sent;
  guint64 bytes_received;
} SyncProviderUsage;

/**
 * SyncProviderClass:
 * @get_name: a short machine name, for example `supabase`
 * @get_location: the URL or file, for display and to recognise another cloud
 * @has_types: (nullable): whether a column there holds values of its codec's type only, so that the number 1 in a
 *   column of texts comes back as "1"; %NULL: no
 * @connect_async: makes ready (opens the file, checks the session); without effect if it is ready
 * @connect_finish: finishes it
 * @get_state_async: reads the cloud's state; @strong: from the primary, never a late replica
 * @get_state_finish: finishes it; (transfer full)
 * @pull_async: reads a page
 * @pull_finish: a JSON array of row objects in ascending version: every column of the entity
 *   plus `sync_version` (integer), `deleted_at`, `edited_at` (timestamps or null), `device_id`,
 *   `run_id` (strings or null); (transfer full)
 * @push_async: compare-and-set of a batch: a JSON array of row objects with **uniform keys**: every
 *   column plus `base_version`, `deleted_at`, `edited_at`, `device_id`, `run_id`
 * @push_finish: a JSON array naming the rows that won: key columns, `sync_version`, `run_id`. **A row
 *   missing from it is unknown, not lost**; (transfer full)
 * @fetch_async: reads rows by key: a JSON array of arrays of key values, in key order; @strong as above
 * @fetch_finish: rows as of @pull_finish, in any order, tombstones too; (transfer full)
 * @digest_async: counts and checksums of the living rows whose key's md5 begins with a prefix of hexadecimal
 *   digits (small letters), by the digit that follows; see [struct@SyncDigest]
 * @digest_finish: finishes it
 * @put_device_async: registers or updates a device row: `id`, `name`, `platform`, `app_version`,
 *   `last_sync_at`, `last_version`, `active`
 * @put_device_finish: finishes it
 * @delete_all_async: takes away all rows and tombstones of this user for good, gives the data another epoch, and
 *   revokes all devices, of which nothing but the id stays; can be done again after a failure
 * @delete_all_finish: finishes it
 *
 * A cloud. Methods are called on the main context's thread, answer there, and may be called again
 * before another has answered. All take a #GCancellable. An error is a [error@SyncError] named by the
 * reaction it asks for, or G_IO_ERROR_CANCELLED.
 */
struct _SyncProviderClass
{
  GObjectClass parent_class;

  const char *(*get_name) (SyncProvider *provider);
  const char *(*get_location) (SyncProvider *provider);
  void (*get_usage) (SyncProvider *provider, SyncProviderUsage *usage);
  gboolean (*has_types) (SyncProvider *provider);

  void (*connect_async) (SyncProvider *provider, GCancellable *cancellable,
                         GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*connect_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*get_state_async) (SyncProvider *provider, gboolean strong, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data);
  SyncCloudState *(*get_state_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*pull_async) (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  GBytes *(*pull_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*push_async) (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                      GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  GBytes *(*push_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*fetch_async) (SyncProvider *provider, const SyncEntity *entity, GBytes *keys, gboolean strong,
                       GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  GBytes *(*fetch_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*digest_async) (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                        GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*digest_finish) (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest,
                             GError **error);

  void (*put_device_async) (SyncProvider *provider, const SyncDevice *device, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*put_device_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);

  void (*delete_all_async) (SyncProvider *provider, GCancellable *cancellable,
                            GAsyncReadyCallback callback, gpointer user_data);
  gboolean (*delete_all_finish) (SyncProvider *provider, GAsyncResult *result, GError **error);
};

const char *sync_provider_get_name (SyncProvider *provider);
const char *sync_provider_get_location (SyncProvider *provider);
void sync_provider_get_usage (SyncProvider *provider, SyncProviderUsage *usage);
gboolean sync_provider_has_types (SyncProvider *provider);

/* The property `connected`: whether the last exchange reached the cloud. */
gboolean sync_provider_get_connected (SyncProvider *provider);
void sync_provider_set_connected (SyncProvider *provider, gboolean connected); /* for subclasses */

void sync_provider_connect_async (SyncProvider *provider, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_provider_connect_finish (SyncProvider *provider, GAsyncResult *result, GError **error);
void sync_provider_get_state_async (SyncProvider *provider, gboolean strong, GCancellable *cancellable,
                                    GAsyncReadyCallback callback, gpointer user_data);
SyncCloudState *sync_provider_get_state_finish (SyncProvider *provider, GAsyncResult *result,
                                                GError **error);
void sync_provider_pull_async (SyncProvider *provider, const SyncEntity *entity,
                               const SyncPullQuery *query, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
GBytes *sync_provider_pull_finish (SyncProvider *provider, GAsyncResult *result, GError **error);
void sync_provider_push_async (SyncProvider *provider, const SyncEntity *entity, GBytes *rows,
                               GCancellable *cancellable, GAsyncReadyCallback callback,
                               gpointer user_data);
GBytes *sync_provider_push_finish (SyncProvider *provider, GAsyncResult *result, GError **error);
void sync_provider_fetch_async (SyncProvider *provider, const SyncEntity *entity, GBytes *keys,
                                gboolean strong, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
GBytes *sync_provider_fetch_finish (SyncProvider *provider, GAsyncResult *result, GError **error);
void sync_provider_digest_async (SyncProvider *provider, const SyncEntity *entity, const char *prefix,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
gboolean sync_provider_digest_finish (SyncProvider *provider, GAsyncResult *result, SyncDigest *digest,
                                      GError **error);
void sync_provider_put_device_async (SyncProvider *provider, const SyncDevice *device,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data);
gboolean sync_provider_put_device_finish (SyncProvider *provider, GAsyncResult *result, GError **error);
void sync_provider_delete_all_async (SyncProvider *provider, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_provider_delete_all_finish (SyncProvider *provider, GAsyncResult *result, GError **error);

gboolean sync_provider_check_schema (SyncProvider *provider, const SyncCloudState *state, GError **error);

/* "validate": connect, then the state, whose schema version is checked: SYNC_ERROR_SCHEMA_MISSING, _OLD,
 * _NEW. */
void sync_provider_validate_async (SyncProvider *provider, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_provider_validate_finish (SyncProvider *provider, GAsyncResult *result, GError **error);

G_END_DECLS
