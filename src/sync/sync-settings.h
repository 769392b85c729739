/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _SyncStore SyncStore;

/**
 * SyncConfig:
 * @auto_sync: automatic runs (FALSE)
 * @interval_minutes: between automatic runs (30)
 * @batch_size: rows a request; 0: chosen by the engine
 * @max_retries: attempts before a row counts as failed (3)
 * @sync_after_changes: also 5 s after the last local change (TRUE)
 * @sync_at_start: also when the program starts (TRUE)
 * @sync_on_metered: automatic runs also while the network is metered (FALSE)
 * @sync_in_power_saver: automatic runs also in power-saver mode (FALSE)
 */
typedef struct
{
  gboolean auto_sync;
  guint interval_minutes;
  guint batch_size;
  guint max_retries;
  gboolean sync_after_changes;
  gboolean sync_at_start;
  gboolean sync_on_metered;
  gboolean sync_in_power_saver;
} SyncConfig;

#define SYNC_TYPE_CONFIG (sync_config_get_type ())
GType sync_config_get_type (void);

#define SYNC_TYPE_SETTINGS (sync_settings_get_type ())
G_DECLARE_FINAL_TYPE (SyncSettings, sync_settings, SYNC, SETTINGS, GObject)

/**
 * SyncSettingSource:
 *
 * Where a value comes from: flags > environment > the database > defaults.
 */
typedef enum
{
  SYNC_SETTING_DEFAULT,
  SYNC_SETTING_DATABASE,
  SYNC_SETTING_ENVIRONMENT,
  SYNC_SETTING_FLAG,
} SyncSettingSource;

/**
 * SyncSettingInfo:
 * @name: for example `interval-minutes`
 * @value: (nullable): as text
 * @default_value: (nullable)
 * @variable: (nullable): the environment variable that overrides it
 */
typedef struct
{
  const char *name;
  char *value;
  const char *default_value;
  const char *variable;
  SyncSettingSource source;
} SyncSettingInfo;

void sync_setting_info_free (SyncSettingInfo *info);

/**
 * SyncSettingCheck:
 * @value: a value given for a setting
 * @error: where to put an error
 *
 * What a layer above knows of a setting's values: with it a value is refused before it is stored.
 *
 * Returns: (transfer full): the value in the form in which it is kept; %NULL with @error set if it
 *   is not acceptable
 */
typedef char *(*SyncSettingCheck) (const char *value, GError **error);

/* Names: auto-sync, interval-minutes (1 to 10080), batch-size (0 to 10000), max-retries (0 to
 * 100), sync-after-changes, sync-at-start, sync-on-metered, sync-in-power-saver, provider
 * (supabase|vault|none), supabase-url, supabase-anon-key, vault-path, device-name. Booleans take
 * true/1/yes/on and their opposites. A bad value: SYNC_ERROR_INVALID, the subject is the setting or the environment variable. Belongs
 * to the main thread once it is made. */
SyncSettings *
sync_settings_new (SyncStore *store, GHashTable *flags, const char *const *environment);
void sync_settings_add_check (SyncSettings *settings, const char *name, SyncSettingCheck check);
gboolean sync_settings_check (SyncSettings *settings, GError **error); /* every value readable */
/* Only what flags and the environment give: a value in the database can be put right with the
 * program. */
gboolean sync_settings_check_given (SyncSettings *settings, GError **error);
void sync_settings_get_config (SyncSettings *settings, SyncConfig *config);
char *sync_settings_dup (SyncSettings *settings, const char *name);
const char *sync_settings_get_variable (SyncSettings *settings, const char *name);
SyncSettingSource sync_settings_get_source (SyncSettings *settings, const char *name);
/* (nullable): a ready-made session token: from the environment only, never stored, never listed */
char *sync_settings_dup_auth_token (SyncSettings *settings);
GPtrArray *sync_settings_list (SyncSettings *settings); /* (element-type SyncSettingInfo) */
gboolean sync_settings_is_device_name (const char *name);
gboolean sync_settings_exists (const char *name);
/* value NULL: back to the default. Signal `changed` (name) afterwards. */
void sync_settings_set_async (SyncSettings *settings, const char *name, const char *value,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data);
gboolean sync_settings_set_finish (SyncSettings *settings, GAsyncResult *result, GError **error);
/* Several at once, all or none. (element-type utf8 utf8), a NULL value: back to the default */
void
sync_settings_set_all_async (SyncSettings *settings, GHashTable *values, GCancellable *cancellable,
                             GAsyncReadyCallback callback, gpointer user_data);
/* Another process may have changed the database's values. On the worker's thread … */
gboolean sync_settings_load (SyncStore *store, GHashTable **values, GError **error);
/* … then, with what was loaded, here: emits `changed` for what is different. */
void sync_settings_update (SyncSettings *settings, GHashTable *values);

G_END_DECLS
