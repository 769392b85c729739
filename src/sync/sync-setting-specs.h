/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SYNC_SETTING_DEVICE_NAME "device-name"

typedef enum
{
  SYNC_SETTING_BOOLEAN,
  SYNC_SETTING_NUMBER,
  SYNC_SETTING_PROVIDER,
  SYNC_SETTING_TEXT,
  SYNC_SETTING_FILE,
  SYNC_SETTING_NAME,
} SyncSettingKind;

/**
 * SyncSettingSpec:
 * @name: for example `interval-minutes`
 * @variable: (nullable): the environment variable that overrides it
 * @default_value: (nullable): in its written form
 * @minimum: of a number
 * @maximum: of a number
 *
 * A setting that there is.
 */
typedef struct
{
  const char *name;
  const char *variable;
  const char *default_value;
  SyncSettingKind kind;
  guint minimum;
  guint maximum;
} SyncSettingSpec;

#define SYNC_N_SETTINGS 14

extern const SyncSettingSpec sync_setting_specs[SYNC_N_SETTINGS];

/* The number of the setting of a name; -1: there is none. */
int sync_setting_find (const char *name);
gboolean sync_setting_parse_number (const SyncSettingSpec *spec, const char *text, guint *value);
/* The written form of a value; NULL: it is none that the setting can have. */
char *sync_setting_normalise (const SyncSettingSpec *spec, const char *value);

G_END_DECLS
