/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setting-specs.h"

#include <string.h>

#include "sync-settings.h"

/* As long as a host's name can be. */
#define LONGEST_DEVICE_NAME 255

const SyncSettingSpec sync_setting_specs[] = {
  { "auto-sync", "SYNC_AUTO_ENABLED", "false", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "interval-minutes", "SYNC_INTERVAL_MINUTES", "30", SYNC_SETTING_NUMBER, 1, 10080 },
  { "batch-size", "SYNC_BATCH_SIZE", "0", SYNC_SETTING_NUMBER, 0, 10000 },
  { "max-retries", "SYNC_MAX_RETRIES", "3", SYNC_SETTING_NUMBER, 0, 100 },
  { "sync-after-changes", NULL, "true", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "sync-at-start", NULL, "true", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "sync-on-metered", NULL, "false", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "sync-in-power-saver", NULL, "false", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "session-in-file", NULL, "false", SYNC_SETTING_BOOLEAN, 0, 0 },
  { "provider", NULL, "none", SYNC_SETTING_PROVIDER, 0, 0 },
  { "supabase-url", "SUPABASE_URL", NULL, SYNC_SETTING_TEXT, 0, 0 },
  { "supabase-anon-key", "SUPABASE_ANON_KEY", NULL, SYNC_SETTING_TEXT, 0, 0 },
  { "vault-path", NULL, NULL, SYNC_SETTING_FILE, 0, 0 },
  { SYNC_SETTING_DEVICE_NAME, NULL, NULL, SYNC_SETTING_NAME, 0, 0 },
};

G_STATIC_ASSERT (G_N_ELEMENTS (sync_setting_specs) == SYNC_N_SETTINGS);

int
sync_setting_find (const char *name)
{
  for (guint i = 0; i < SYNC_N_SETTINGS; i++)
    if (g_strcmp0 (name, sync_setting_specs[i].name) == 0)
      return (int) i;
  return -1;
}

/**
 * sync_settings_exists:
 * @name: (nullable): a name
 *
 * Returns: whether there is a setting of that name
 */
gboolean
sync_settings_exists (const char *name)
{
  return sync_setting_find (name) >= 0;
}

/* --- Values ---------------------------------------------------------------------------------- */

static gboolean
parse_boolean (const char *text, gboolean *value)
{
  static const char *const yes[] = { "true", "1", "yes", "on" };
  static const char *const no[] = { "false", "0", "no", "off" };

  for (guint i = 0; i < G_N_ELEMENTS (yes); i++)
    {
      *value = g_ascii_strcasecmp (text, yes[i]) == 0;
      if (*value || g_ascii_strcasecmp (text, no[i]) == 0)
        return TRUE;
    }
  return FALSE;
}

gboolean
sync_setting_parse_number (const SyncSettingSpec *spec, const char *text, guint *value)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, spec->minimum, spec->maximum, &number, NULL))
    return FALSE;
  *value = (guint) number;
  return TRUE;
}

static gboolean
is_provider (const char *text)
{
  return strcmp (text, "supabase") == 0 || strcmp (text, "vault") == 0
         || strcmp (text, "none") == 0;
}

static gboolean
is_line (const char *text)
{
  if (*text == '\0' || !g_utf8_validate (text, -1, NULL))
    return FALSE;
  for (; *text != '\0'; text++)
    if ((guchar) *text < 0x20 || *text == 0x7f)
      return FALSE;
  return TRUE;
}

/**
 * sync_settings_is_device_name:
 * @name: what a device is to be called
 *
 * Returns: whether it can be: one line that can be seen, not too long
 */
gboolean
sync_settings_is_device_name (const char *name)
{
  return is_line (name) && name[strspn (name, " ")] != '\0'
         && g_utf8_strlen (name, -1) <= LONGEST_DEVICE_NAME;
}

char *
sync_setting_normalise (const SyncSettingSpec *spec, const char *value)
{
  g_autofree char *text = g_strdup (value);
  gboolean flag = FALSE, good = FALSE;
  guint number = 0;

  if (spec->kind != SYNC_SETTING_FILE)
    g_strstrip (text);
  switch (spec->kind)
    {
    case SYNC_SETTING_BOOLEAN:
      return parse_boolean (text, &flag) ? g_strdup (flag ? "true" : "false") : NULL;
    case SYNC_SETTING_NUMBER:
      return sync_setting_parse_number (spec, text, &number) ? g_strdup_printf ("%u", number) : NULL;
    case SYNC_SETTING_PROVIDER:
      good = is_provider (text);
      break;
    case SYNC_SETTING_TEXT:
      good = is_line (text);
      break;
    case SYNC_SETTING_FILE:
      good = is_line (text) && g_path_is_absolute (text);
      break;
    case SYNC_SETTING_NAME:
      good = sync_settings_is_device_name (text);
      break;
    default:
      g_assert_not_reached ();
    }
  return good ? g_steal_pointer (&text) : NULL;
}
