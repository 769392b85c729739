/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include <string.h>

#include "sync-settings.h"
#include "test-clock.h"
#include "test-database.h"
#include "test-store.h"

/* Values of the environment and of flags, a line each: NAME=VALUE. Whatever they are, what comes of them is within
 * the limits, or an error that names one of them. */

static SyncStore *store;

static void
begin (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autoptr (SyncClock) clock = test_clock_new (TEST_NOW);

  store = test_store_open (folder, clock);
  /* The file lives as long as it is open. */
  test_folder_remove (folder);
}

static GHashTable *
take_flags (char **lines)
{
  GHashTable *flags = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  for (guint i = 0; lines[i] != NULL; i++)
    {
      char *equals = strchr (lines[i], '=');

      if (equals != NULL && g_ascii_islower (lines[i][0]))
        g_hash_table_replace (flags, g_strndup (lines[i], (gsize) (equals - lines[i])), g_strdup (equals + 1));
    }
  return flags;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_auto (GStrv) lines = g_strsplit (text, "\n", -1);
  g_autoptr (GHashTable) flags = take_flags (lines);
  g_autoptr (SyncSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = NULL;
  SyncConfig config;

  if (store == NULL)
    begin ();
  settings = sync_settings_new (store, flags, (const char *const *) lines);
  if (!sync_settings_check (settings, &error))
    g_assert (error->domain == SYNC_ERROR && sync_error_get_detail (error)->subject != NULL);
  sync_settings_get_config (settings, &config);
  g_assert (config.interval_minutes >= 1 && config.interval_minutes <= 10080);
  g_assert (config.batch_size <= 10000 && config.max_retries <= 100);
  list = sync_settings_list (settings);
  g_assert (list->len > 0);
  return 0;
}
