/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-settings-private.h"

#include <string.h>

#include "sync-setting-specs.h"

#define AUTH_TOKEN_VARIABLE "SUPABASE_AUTH_TOKEN"

/**
 * SyncSettings:
 *
 * What can be configured for one database: flags win over the environment, that over what the
 * database keeps, that over the defaults.
 */
struct _SyncSettings
{
  GObject parent_instance;

  SyncStore *store;                         /* (owned) */
  char *flags[SYNC_N_SETTINGS];             /* (owned) (nullable) */
  char *environment[SYNC_N_SETTINGS];       /* (owned) (nullable) */
  char *database[SYNC_N_SETTINGS];          /* (owned) (nullable) */
  SyncSettingCheck checks[SYNC_N_SETTINGS]; /* (nullable) */
  char *auth_token;                         /* (owned) (nullable) */
  char *unknown_flag;                       /* (owned) (nullable): a flag's name that is no setting */
  GError *load_error;                       /* (owned) (nullable): why the database could not be asked */
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncSettings, sync_settings, G_TYPE_OBJECT)

static SyncConfig *
sync_config_copy (const SyncConfig *config)
{
  return g_memdup2 (config, sizeof *config);
}

G_DEFINE_BOXED_TYPE (SyncConfig, sync_config, sync_config_copy, g_free)

/* --- Values ---------------------------------------------------------------------------------- */

static char *
run_check (SyncSettings *self, guint setting, const char *text, const char *subject, GError **error)
{
  g_autoptr (GError) problem = NULL;
  char *value = self->checks[setting](text, &problem);
  SyncErrorDetail *detail;

  if (value != NULL)
    return value;
  detail = sync_error_get_detail (problem);
  if (detail != NULL
      && (problem->code != SYNC_ERROR_INSECURE
          || strcmp (subject, sync_setting_specs[setting].name) != 0))
    {
      g_free (detail->subject);
      detail->subject = g_strdup (subject);
    }
  g_propagate_error (error, g_steal_pointer (&problem));
  return NULL;
}

/* The written form in which a value is kept; NULL with error set: it is none. subject: the
 * setting or the variable that it came from. */
char *
sync_settings_normalise (SyncSettings *self,
                         guint setting,
                         const char *value,
                         const char *subject,
                         GError **error)
{
  g_autofree char *text = sync_setting_normalise (&sync_setting_specs[setting], value);

  if (text == NULL)
    {
      sync_error_set (error, SYNC_ERROR_INVALID, subject, "%s has a value that it cannot have",
                      subject);
      return NULL;
    }
  return self->checks[setting] != NULL ? run_check (self, setting, text, subject, error)
                                       : g_steal_pointer (&text);
}

/* Credentials in the environment are enough, as they always were: a cloud that nobody chose is
 * the one that they are for. */
static gboolean
implies_supabase (SyncSettings *self)
{
  for (const char *const *name = (const char *const[]){ "supabase-url", "supabase-anon-key", NULL };
       *name != NULL; name++)
    {
      int setting = sync_setting_find (*name);

      if (self->flags[setting] == NULL && self->environment[setting] == NULL
          && self->database[setting] == NULL)
        return FALSE;
    }
  return TRUE;
}

static const char *
get_raw (SyncSettings *self, guint setting, SyncSettingSource *source)
{
  const char *value = self->flags[setting];

  *source = SYNC_SETTING_FLAG;
  if (value == NULL)
    {
      value = self->environment[setting];
      *source = SYNC_SETTING_ENVIRONMENT;
    }
  if (value == NULL)
    {
      value = self->database[setting];
      *source = SYNC_SETTING_DATABASE;
    }
  if (value == NULL && sync_setting_specs[setting].kind == SYNC_SETTING_PROVIDER
      && implies_supabase (self))
    {
      get_raw (self, (guint) sync_setting_find ("supabase-url"), source);
      return "supabase";
    }
  if (value == NULL)
    {
      value = sync_setting_specs[setting].default_value;
      *source = SYNC_SETTING_DEFAULT;
    }
  return value;
}

/* The value in its written form; NULL without error: it has none. */
static char *
get_value (SyncSettings *self, guint setting, SyncSettingSource *source, GError **error)
{
  SyncSettingSource from;
  const char *raw = get_raw (self, setting, &from);

  if (source != NULL)
    *source = from;
  if (raw == NULL)
    return NULL;
  return sync_settings_normalise (self, setting, raw,
                                  from == SYNC_SETTING_ENVIRONMENT
                                          && sync_setting_specs[setting].variable != NULL
                                      ? sync_setting_specs[setting].variable
                                      : sync_setting_specs[setting].name,
                                  error);
}

/* --- Loading --------------------------------------------------------------------------------- */

/**
 * sync_settings_load:
 * @store: a store
 * @values: (out) (transfer full) (element-type utf8 utf8): what the database keeps, for
 *   [method@SyncSettings.update]
 * @error: where to put an error
 *
 * Reads the settings, on the worker's thread. The device's name is one of them although it is kept
 * with the device.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_settings_load (SyncStore *store, GHashTable **values, GError **error)
{
  g_autoptr (GHashTable) table = NULL;
  g_autofree char *device_name = NULL;

  if (!sync_store_load_settings (store, &table, error)
      || !sync_store_get_meta (store, SYNC_SETTING_DEVICE_NAME, &device_name, error))
    return FALSE;
  g_hash_table_remove (table, SYNC_SETTING_DEVICE_NAME);
  if (device_name != NULL)
    g_hash_table_insert (table, g_strdup (SYNC_SETTING_DEVICE_NAME), g_steal_pointer (&device_name));
  *values = g_steal_pointer (&table);
  return TRUE;
}

typedef struct
{
  SyncStore *store;
  GHashTable *values;
} Loading;

static gboolean
load_in_worker (SyncConnection *connection, gpointer data, GCancellable *cancellable,
                GError **error)
{
  Loading *loading = data;

  return sync_settings_load (loading->store, &loading->values, error);
}

static void
take_flags (SyncSettings *self, GHashTable *flags)
{
  GHashTableIter iter;
  gpointer name, value;

  if (flags == NULL)
    return;
  g_hash_table_iter_init (&iter, flags);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      int setting = sync_setting_find (name);

      if (setting < 0)
        {
          g_free (self->unknown_flag);
          self->unknown_flag = g_strdup (name);
        }
      else
        {
          g_free (self->flags[setting]);
          self->flags[setting] = g_strdup (value);
        }
    }
}

/* An empty variable is as good as none: that is how shells and container files unset one. */
static char *
dup_variable (const char *const *environment, const char *name)
{
  const char *value = g_environ_getenv ((char **) environment, name);

  return value != NULL && *value != '\0' ? g_strdup (value) : NULL;
}

static void
take_environment (SyncSettings *self, const char *const *environment)
{
  g_auto (GStrv) own = environment == NULL ? g_get_environ () : NULL;
  const char *const *variables = environment != NULL ? environment : (const char *const *) own;

  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    if (sync_setting_specs[i].variable != NULL)
      self->environment[i] = dup_variable (variables, sync_setting_specs[i].variable);
  self->auth_token = dup_variable (variables, AUTH_TOKEN_VARIABLE);
}

static void
sync_settings_finalize (GObject *object)
{
  SyncSettings *self = SYNC_SETTINGS (object);

  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    {
      g_free (self->flags[i]);
      g_free (self->environment[i]);
      g_free (self->database[i]);
    }
  g_clear_object (&self->store);
  g_free (self->auth_token);
  g_free (self->unknown_flag);
  g_clear_error (&self->load_error);

  G_OBJECT_CLASS (sync_settings_parent_class)->finalize (object);
}

static void
sync_settings_class_init (SyncSettingsClass *class)
{
  G_OBJECT_CLASS (class)->finalize = sync_settings_finalize;

  /**
   * SyncSettings::changed:
   * @settings: the settings
   * @name: which one
   *
   * A value of the database changed, by this program or by another.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", SYNC_TYPE_SETTINGS, G_SIGNAL_RUN_LAST, 0, NULL,
                                          NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
sync_settings_init (SyncSettings *self)
{
}

/**
 * sync_settings_new: (constructor)
 * @store: the database
 * @flags: (nullable) (element-type utf8 utf8): settings that override everything
 * @environment: (nullable) (array zero-terminated=1): `NAME=value`, %NULL: this process's
 *
 * Reads the database, which blocks. What is wrong with a value, or with the database, is told by
 * [method@SyncSettings.check].
 *
 * Returns: (transfer full): the settings
 */
SyncSettings *
sync_settings_new (SyncStore *store, GHashTable *flags, const char *const *environment)
{
  SyncSettings *self;
  Loading loading = { store, NULL };

  g_return_val_if_fail (SYNC_IS_STORE (store), NULL);

  self = g_object_new (SYNC_TYPE_SETTINGS, NULL);
  self->store = g_object_ref (store);
  take_flags (self, flags);
  take_environment (self, environment);
  if (sync_worker_call (sync_store_get_worker (store), load_in_worker, &loading, NULL,
                        &self->load_error))
    {
      for (guint i = 0; i < SYNC_N_SETTINGS; i++)
        self->database[i]
            = g_strdup (g_hash_table_lookup (loading.values, sync_setting_specs[i].name));
      g_hash_table_unref (loading.values);
    }
  return self;
}

/**
 * sync_settings_add_check:
 * @settings: the settings
 * @name: a setting
 * @check: what else its values must fulfil
 *
 * Adds what a layer above knows of a setting.
 */
void
sync_settings_add_check (SyncSettings *settings, const char *name, SyncSettingCheck check)
{
  int setting = sync_setting_find (name);

  g_return_if_fail (SYNC_IS_SETTINGS (settings));
  g_return_if_fail (setting >= 0);

  settings->checks[setting] = check;
}

static gboolean
check_values (SyncSettings *self, SyncSettingSource weakest, GError **error)
{
  if (self->load_error != NULL)
    {
      g_propagate_error (error, g_error_copy (self->load_error));
      return FALSE;
    }
  if (self->unknown_flag != NULL)
    {
      sync_error_set_absent (error, "setting", self->unknown_flag);
      return FALSE;
    }
  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    {
      g_autoptr (GError) problem = NULL;
      SyncSettingSource source;
      g_autofree char *value = get_value (self, i, &source, &problem);

      if (problem != NULL && source >= weakest)
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
    }
  return TRUE;
}

/**
 * sync_settings_check:
 * @settings: the settings
 * @error: where to put an error
 *
 * Looks at every value in force.
 *
 * Returns: %FALSE with @error set if one is not acceptable: SYNC_ERROR_INVALID, whose subject is
 *   the setting, or the variable if the environment gave it; or what a check of its own says
 */
gboolean
sync_settings_check (SyncSettings *settings, GError **error)
{
  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), FALSE);

  return check_values (settings, SYNC_SETTING_DEFAULT, error);
}

/**
 * sync_settings_check_given:
 * @settings: the settings
 * @error: where to put an error
 *
 * Looks at the values in force that flags and the environment give.
 *
 * Returns: %FALSE with @error set, as [method@Settings.check]
 */
gboolean
sync_settings_check_given (SyncSettings *settings, GError **error)
{
  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), FALSE);

  return check_values (settings, SYNC_SETTING_ENVIRONMENT, error);
}

static gboolean
get_boolean (SyncSettings *self, const char *name)
{
  guint setting = (guint) sync_setting_find (name);
  g_autofree char *value = get_value (self, setting, NULL, NULL);

  return g_strcmp0 (value != NULL ? value : sync_setting_specs[setting].default_value, "true") == 0;
}

static guint
get_number (SyncSettings *self, const char *name)
{
  guint setting = (guint) sync_setting_find (name);
  const SyncSettingSpec *spec = &sync_setting_specs[setting];
  g_autofree char *value = get_value (self, setting, NULL, NULL);
  guint number = 0;

  sync_setting_parse_number (spec, value != NULL ? value : spec->default_value, &number);
  return number;
}

/**
 * sync_settings_get_config:
 * @settings: the settings
 * @config: (out caller-allocates): what runs need to know
 *
 * A value that is not acceptable counts as its default; [method@SyncSettings.check] tells.
 */
void
sync_settings_get_config (SyncSettings *settings, SyncConfig *config)
{
  g_return_if_fail (SYNC_IS_SETTINGS (settings));
  g_return_if_fail (config != NULL);

  config->auto_sync = get_boolean (settings, "auto-sync");
  config->interval_minutes = get_number (settings, "interval-minutes");
  config->batch_size = get_number (settings, "batch-size");
  config->max_retries = get_number (settings, "max-retries");
  config->sync_after_changes = get_boolean (settings, "sync-after-changes");
  config->sync_at_start = get_boolean (settings, "sync-at-start");
  config->sync_on_metered = get_boolean (settings, "sync-on-metered");
  config->sync_in_power_saver = get_boolean (settings, "sync-in-power-saver");
}

/**
 * sync_settings_dup:
 * @settings: the settings
 * @name: a setting
 *
 * Returns: (transfer full) (nullable): its value in force; %NULL: it has none, or none that is
 *   acceptable
 */
char *
sync_settings_dup (SyncSettings *settings, const char *name)
{
  int setting = sync_setting_find (name);

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);
  g_return_val_if_fail (setting >= 0, NULL);

  return get_value (settings, (guint) setting, NULL, NULL);
}

/**
 * sync_settings_get_variable:
 * @settings: the settings
 * @name: a setting
 *
 * Returns: (nullable): the environment variable that gives it, %NULL: none does
 */
const char *
sync_settings_get_variable (SyncSettings *settings, const char *name)
{
  int setting = sync_setting_find (name);

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);
  g_return_val_if_fail (setting >= 0, NULL);

  return sync_setting_specs[setting].variable;
}

/**
 * sync_settings_get_source:
 * @settings: the settings
 * @name: a setting
 *
 * Returns: where its value in force comes from
 */
SyncSettingSource
sync_settings_get_source (SyncSettings *settings, const char *name)
{
  int setting = sync_setting_find (name);
  SyncSettingSource source;

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), SYNC_SETTING_DEFAULT);
  g_return_val_if_fail (setting >= 0, SYNC_SETTING_DEFAULT);

  get_raw (settings, (guint) setting, &source);
  return source;
}

/**
 * sync_settings_dup_auth_token:
 * @settings: the settings
 *
 * Returns: (transfer full) (nullable): the ready-made session token that the environment gives
 */
char *
sync_settings_dup_auth_token (SyncSettings *settings)
{
  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);

  return g_strdup (settings->auth_token);
}

/**
 * sync_settings_list:
 * @settings: the settings
 *
 * A value that is not acceptable is left out, because it may be a secret that got there by mistake.
 *
 * Returns: (transfer full) (element-type SyncSettingInfo): all of them
 */
GPtrArray *
sync_settings_list (SyncSettings *settings)
{
  GPtrArray *list = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_setting_info_free);

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), list);

  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    {
      SyncSettingInfo *info = g_new0 (SyncSettingInfo, 1);

      info->name = sync_setting_specs[i].name;
      info->default_value = sync_setting_specs[i].default_value;
      info->variable = sync_setting_specs[i].variable;
      info->value = get_value (settings, i, &info->source, NULL);
      g_ptr_array_add (list, info);
    }
  return list;
}

/**
 * sync_setting_info_free:
 * @info: (nullable) (transfer full): what is known of a setting
 *
 * Frees it.
 */
void
sync_setting_info_free (SyncSettingInfo *info)
{
  if (info == NULL)
    return;
  g_free (info->value);
  g_free (info);
}

SyncStore *
sync_settings_get_store (SyncSettings *self)
{
  return self->store;
}

/**
 * sync_settings_update:
 * @settings: the settings
 * @values: (element-type utf8 utf8): what [func@settings_load] read
 *
 * Takes what the database keeps now and tells what is different.
 */
void
sync_settings_update (SyncSettings *settings, GHashTable *values)
{
  gboolean changed[SYNC_N_SETTINGS];

  g_return_if_fail (SYNC_IS_SETTINGS (settings));
  g_return_if_fail (values != NULL);

  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    {
      const char *value = g_hash_table_lookup (values, sync_setting_specs[i].name);

      changed[i] = g_strcmp0 (settings->database[i], value) != 0;
      if (!changed[i])
        continue;
      g_free (settings->database[i]);
      settings->database[i] = g_strdup (value);
    }
  g_clear_error (&settings->load_error);
  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    if (changed[i])
      g_signal_emit (settings, signals[SIGNAL_CHANGED], 0, sync_setting_specs[i].name);
}
