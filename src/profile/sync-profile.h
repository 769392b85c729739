/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-check.h"
#include "sync-lists.h"
#include "sync-manager.h"
#include "sync-scheduler.h"
#include "sync-settings.h"
#include "sync-sides.h"

G_BEGIN_DECLS

#define SYNC_TYPE_PROFILE (sync_profile_get_type ())
G_DECLARE_FINAL_TYPE (SyncProfile, sync_profile, SYNC, PROFILE, GObject)

/**
 * SyncProfileFlags:
 * @SYNC_PROFILE_CREATE: create the database with the built-in entities, or attach to one that
 *   exists; without it a file without our tables is SYNC_ERROR_NOT_FOUND
 * @SYNC_PROFILE_ALL_TABLES: when attaching, make an entity of each table with a usable key
 *
 * SyncProfile opens one database with its lock, settings, secrets and the right provider: the
 * composition root. An absent or unusable cloud is no error here.
 */
typedef enum
{
  SYNC_PROFILE_NONE = 0,
  SYNC_PROFILE_CREATE = 1 << 0,
  SYNC_PROFILE_ALL_TABLES = 1 << 1,
} SyncProfileFlags;

/* path NULL: SYNC_DATABASE, else the default file. tables (nullable): attach these. flags:
 * settings that override everything (name → value), nullable. */
char *sync_profile_dup_default_path (void);
void sync_profile_open_async (const char *path, SyncProfileFlags flags, const char *const *tables,
                              GHashTable *overrides, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
SyncProfile *sync_profile_open_finish (GAsyncResult *result, GError **error);
void
sync_profile_close_async (SyncProfile *profile, GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_profile_close_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

const char *sync_profile_get_path (SyncProfile *profile);
SyncManager *sync_profile_get_manager (SyncProfile *profile);
SyncSettings *sync_profile_get_settings (SyncProfile *profile);
SyncScheduler *sync_profile_get_scheduler (SyncProfile *profile);
SyncQueue *sync_profile_get_queue (SyncProfile *profile);
SyncConflicts *sync_profile_get_conflicts (SyncProfile *profile);
SyncHistory *sync_profile_get_history (SyncProfile *profile);
SyncDevices *sync_profile_get_devices (SyncProfile *profile);
SyncEntities *sync_profile_get_entities (SyncProfile *profile);
SyncSnapshots *sync_profile_get_snapshots (SyncProfile *profile);

/* Connects to another cloud: checks what can be checked without the network, stores it, makes the
 * provider. A cloud other than the one this database was synced with: SYNC_ERROR_OTHER_CLOUD unless
 * `replace` (then everything is queued anew, after a snapshot). */
void
sync_profile_connect_supabase_async (SyncProfile *profile, const char *url, const char *anon_key,
                                     gboolean replace, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
void sync_profile_connect_vault_async (SyncProfile *profile, const char *path, gboolean replace,
                                       GCancellable *cancellable, GAsyncReadyCallback callback,
                                       gpointer user_data);
gboolean sync_profile_connect_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

void sync_profile_sign_up_async (SyncProfile *profile, const char *email, const char *password,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
void sync_profile_sign_in_async (SyncProfile *profile, const char *email, const char *password,
                                 GCancellable *cancellable, GAsyncReadyCallback callback,
                                 gpointer user_data);
void sync_profile_sign_out_async (SyncProfile *profile, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
/* Lets a person unlock the keyring that the session is in. */
void sync_profile_unlock_async (SyncProfile *profile, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_profile_session_finish (SyncProfile *profile, GAsyncResult *result, GError **error);
/* Without a keyring the session may be kept in a file of mode 0600: as the setting `session-in-file`, which a person
 * turns on, but for this object only. */
void sync_profile_allow_session_file (SyncProfile *profile);
/* (nullable): who is signed in */
const char *sync_profile_get_email (SyncProfile *profile);
/* (nullable): who is, or was the last that it saw */
const char *sync_profile_get_last_email (SyncProfile *profile);

/* Tests a connection step by step; `url` and `anon_key` NULL: the profile's own. (element-type SyncCheck) */
void sync_profile_test_async (SyncProfile *profile, const char *url, const char *anon_key,
                              SyncCheckFunc told, gpointer told_data, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data);
GPtrArray *sync_profile_test_finish (SyncProfile *profile, GAsyncResult *result, GError **error);
/* What this database and its cloud have, before a first run. */
void sync_profile_count_sides_async (SyncProfile *profile, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
SyncSides *
sync_profile_count_sides_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

/* Removes what is ours from the file, which stays as its owner left it. */
void sync_profile_detach_async (SyncProfile *profile, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_profile_detach_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

/* Deletes everything that the cloud has of this user and leaves it; the database keeps its rows, other devices stop. */
void sync_profile_delete_cloud_data_async (SyncProfile *profile, GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);
gboolean
sync_profile_delete_cloud_data_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

/* The cloud schema for this database's entities, for the SQL editor. */
void sync_profile_print_schema_async (SyncProfile *profile, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
char *sync_profile_print_schema_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

/* Configuration, device, statistics, versions: a JSON object without secrets and row contents. */
void sync_profile_diagnostics_async (SyncProfile *profile, GCancellable *cancellable,
                                     GAsyncReadyCallback callback, gpointer user_data);
char *sync_profile_diagnostics_finish (SyncProfile *profile, GAsyncResult *result, GError **error);

G_END_DECLS
