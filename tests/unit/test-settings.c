/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-settings.h"

#include <glib/gstdio.h>

#include "sync-store.h"
#include "test-store.h"

typedef struct
{
  char *folder;
  SyncClock *clock;
  SyncStore *store;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = test_folder_new ();
  fixture->clock = test_clock_new (TEST_NOW);
  fixture->store = test_store_open (fixture->folder, fixture->clock);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sync_store_close (fixture->store);
  g_assert_finalize_object (fixture->store);
  g_object_unref (fixture->clock);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
}

static const char *const nothing[] = { NULL };

static SyncSettings *
with_environment (Fixture *fixture, const char *const *environment)
{
  return sync_settings_new (fixture->store, NULL, environment);
}

static gboolean
set (SyncSettings *settings, const char *name, const char *value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  sync_settings_set_async (settings, name, value, NULL, test_got_result, &result);
  test_store_wait (&result);
  return sync_settings_set_finish (settings, result, error);
}

#define assert_value(settings, name, expected) \
  G_STMT_START \
  { \
    g_autofree char *value_of_setting = sync_settings_dup (settings, name); \
    g_assert_cmpstr (value_of_setting, ==, expected); \
  } \
  G_STMT_END

static void
test_defaults (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  g_autoptr (GError) error = NULL;
  SyncConfig config;

  sync_settings_get_config (settings, &config);
  g_assert_false (config.auto_sync);
  g_assert_cmpuint (config.interval_minutes, ==, 30);
  g_assert_cmpuint (config.batch_size, ==, 0);
  g_assert_cmpuint (config.max_retries, ==, 3);
  g_assert_true (config.sync_after_changes);
  g_assert_true (config.sync_at_start);
  g_assert_false (config.sync_on_metered);
  g_assert_false (config.sync_in_power_saver);
  assert_value (settings, "provider", "none");
  assert_value (settings, "supabase-url", NULL);
  g_assert_true (sync_settings_check (settings, &error));
  g_assert_no_error (error);
}

static void
test_precedence (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[]
      = { "SYNC_INTERVAL_MINUTES=20", "SYNC_BATCH_SIZE=200", NULL };
  g_autoptr (GHashTable) flags = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (SyncSettings) settings = NULL;

  test_store_sql (fixture->store, "INSERT INTO psync_setting VALUES ('interval-minutes', '10'), "
                                  "('batch-size', '100'), ('max-retries', '9')");
  g_hash_table_insert (flags, (char *) "batch-size", (char *) "300");
  settings = sync_settings_new (fixture->store, flags, environment);
  assert_value (settings, "batch-size", "300");
  assert_value (settings, "interval-minutes", "20");
  assert_value (settings, "max-retries", "9");
  assert_value (settings, "auto-sync", "false");
  g_assert_cmpint (sync_settings_get_source (settings, "batch-size"), ==, SYNC_SETTING_FLAG);
  g_assert_cmpint (sync_settings_get_source (settings, "interval-minutes"), ==,
                   SYNC_SETTING_ENVIRONMENT);
  g_assert_cmpint (sync_settings_get_source (settings, "max-retries"), ==, SYNC_SETTING_DATABASE);
  g_assert_cmpint (sync_settings_get_source (settings, "auto-sync"), ==, SYNC_SETTING_DEFAULT);
}

static void
test_words_for_booleans (Fixture *fixture, gconstpointer data)
{
  static const char *const words[] = { "true", "1", "YES", "On", "false", "0", "no", "OFF" };

  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      g_autofree char *variable = g_strconcat ("SYNC_AUTO_ENABLED=", words[i], NULL);
      const char *environment[] = { variable, NULL };
      g_autoptr (SyncSettings) settings = with_environment (fixture, environment);
      SyncConfig config;

      sync_settings_get_config (settings, &config);
      g_assert_cmpint (config.auto_sync, ==, i < 4);
      assert_value (settings, "auto-sync", i < 4 ? "true" : "false");
    }
}

static void
assert_refused (Fixture *fixture, const char *variable, const char *value)
{
  g_autofree char *assignment = g_strconcat (variable, "=", value, NULL);
  const char *environment[] = { assignment, NULL };
  g_autoptr (SyncSettings) settings = with_environment (fixture, environment);
  g_autoptr (GError) error = NULL, given = NULL;

  g_assert_false (sync_settings_check (settings, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, variable);
  g_assert_false (sync_settings_check_given (settings, &given));
}

static void
test_bad_variable_is_named (Fixture *fixture, gconstpointer data)
{
  assert_refused (fixture, "SYNC_AUTO_ENABLED", "maybe");
  assert_refused (fixture, "SYNC_INTERVAL_MINUTES", "0");
  assert_refused (fixture, "SYNC_INTERVAL_MINUTES", "10081");
  assert_refused (fixture, "SYNC_INTERVAL_MINUTES", "5 minutes");
  assert_refused (fixture, "SYNC_BATCH_SIZE", "-1");
  assert_refused (fixture, "SYNC_BATCH_SIZE", "10001");
  assert_refused (fixture, "SYNC_BATCH_SIZE", "1e3");
  assert_refused (fixture, "SYNC_MAX_RETRIES", "101");
  assert_refused (fixture, "SYNC_MAX_RETRIES", "99999999999999999999");
  assert_refused (fixture, "SUPABASE_URL", "a\nb");
}

static void
test_empty_variable_is_none (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "SYNC_BATCH_SIZE=", "SUPABASE_AUTH_TOKEN=", NULL };
  g_autoptr (SyncSettings) settings = with_environment (fixture, environment);
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_settings_check (settings, &error));
  g_assert_cmpint (sync_settings_get_source (settings, "batch-size"), ==, SYNC_SETTING_DEFAULT);
  g_assert_null (sync_settings_dup_auth_token (settings));
}

static void
test_bad_database_value (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = NULL;
  g_autoptr (GError) error = NULL;
  SyncConfig config;

  test_store_sql (fixture->store, "INSERT INTO psync_setting VALUES ('interval-minutes', 'often')");
  settings = with_environment (fixture, nothing);
  g_assert_true (sync_settings_check_given (settings, &error));
  g_assert_false (sync_settings_check (settings, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "interval-minutes");
  sync_settings_get_config (settings, &config);
  g_assert_cmpuint (config.interval_minutes, ==, 30);
  g_clear_error (&error);
  g_assert_true (set (settings, "interval-minutes", "15", &error));
  g_assert_true (sync_settings_check (settings, &error));
  g_assert_no_error (error);
}

static void
test_unknown_names (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GHashTable) flags = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (SyncSettings) settings = NULL;
  g_autoptr (GError) error = NULL, set_error = NULL;

  g_hash_table_insert (flags, (char *) "colour", (char *) "red");
  settings = sync_settings_new (fixture->store, flags, nothing);
  g_assert_false (sync_settings_check (settings, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "colour");
  g_assert_false (set (settings, "shape", "round", &set_error));
  g_assert_error (set_error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_true (sync_settings_exists ("vault-path"));
  g_assert_false (sync_settings_exists ("colour"));
}

static void
note_change (SyncSettings *settings, const char *name, GString *names)
{
  g_string_append_printf (names, "%s;", name);
}

static void
test_setting_is_kept_and_told (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  g_autoptr (SyncSettings) again = NULL;
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  g_signal_connect (settings, "changed", G_CALLBACK (note_change), names);
  g_assert_true (set (settings, "auto-sync", " ON ", &error));
  g_assert_true (set (settings, "interval-minutes", "007", &error));
  assert_value (settings, "auto-sync", "true");
  assert_value (settings, "interval-minutes", "7");
  g_assert_true (set (settings, "interval-minutes", "7", &error));
  g_assert_cmpstr (names->str, ==, "auto-sync;interval-minutes;");
  test_assert_query (fixture->store, "SELECT key, value FROM psync_setting ORDER BY key",
                     "auto-sync|true\ninterval-minutes|7\n");
  again = with_environment (fixture, nothing);
  assert_value (again, "interval-minutes", "7");
  g_assert_true (set (settings, "interval-minutes", NULL, &error));
  assert_value (settings, "interval-minutes", "30");
  g_assert_no_error (error);
}

static void
test_bad_value_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL, one = NULL;

  g_assert_false (set (settings, "batch-size", "many", &one));
  g_assert_error (one, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (one)->subject, ==, "batch-size");

  g_hash_table_insert (values, (char *) "max-retries", (char *) "5");
  g_hash_table_insert (values, (char *) "provider", (char *) "carrier-pigeon");
  sync_settings_set_all_async (settings, values, NULL, test_got_result, &result);
  test_store_wait (&result);
  g_assert_false (sync_settings_set_finish (settings, result, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  test_assert_query (fixture->store, "SELECT count(*) FROM psync_setting", "0\n");
}

/* Another file has its name: what is kept in the one that was opened, nobody would ever see. */
static void
test_replaced_database_keeps_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  const char *path = sync_store_get_path (fixture->store);
  g_autofree char *away = g_strconcat (path, ".away", NULL);
  g_autoptr (GError) error = NULL, moved = NULL;

  g_assert_cmpint (g_rename (path, away), ==, 0);
  g_file_set_contents (path, "", 0, &error);
  g_assert_no_error (error);
  g_assert_false (set (settings, "batch-size", "7", &moved));
  g_assert_error (moved, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (moved)->reason, ==, "moved");
  assert_value (settings, "batch-size", "0");
  g_assert_cmpint (g_rename (away, path), ==, 0);
  test_assert_query (fixture->store, "SELECT count(*) FROM psync_setting", "0\n");
  g_assert_true (set (settings, "batch-size", "7", &error));
  g_assert_no_error (error);
}

static void
test_credentials_imply_supabase (Fixture *fixture, gconstpointer data)
{
  static const char *const both[]
      = { "SUPABASE_URL=https://a.example", "SUPABASE_ANON_KEY=k", NULL };
  static const char *const one[] = { "SUPABASE_URL=https://a.example", NULL };
  g_autoptr (SyncSettings) settings = with_environment (fixture, both);
  g_autoptr (SyncSettings) half = with_environment (fixture, one);
  g_autoptr (SyncSettings) chosen = NULL;
  g_autoptr (GError) error = NULL;

  assert_value (settings, "provider", "supabase");
  g_assert_cmpint (sync_settings_get_source (settings, "provider"), ==, SYNC_SETTING_ENVIRONMENT);
  assert_value (half, "provider", "none");
  g_assert_true (set (half, "provider", "vault", &error));
  chosen = with_environment (fixture, both);
  assert_value (chosen, "provider", "vault");
  g_assert_no_error (error);
}

static char *
refuse_secret (const char *value, GError **error)
{
  if (!g_str_has_prefix (value, "secret"))
    return g_strconcat ("checked-", value, NULL);
  sync_error_set (error, SYNC_ERROR_SECRET_KEY, "key", "no");
  return NULL;
}

static void
test_checks_of_layers_above (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "SUPABASE_ANON_KEY=secret-1", NULL };
  g_autoptr (SyncSettings) settings = with_environment (fixture, environment);
  g_autoptr (SyncSettings) free_of_it = with_environment (fixture, nothing);
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL, refused = NULL;

  sync_settings_add_check (settings, "supabase-anon-key", refuse_secret);
  g_assert_false (sync_settings_check (settings, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "SUPABASE_ANON_KEY");
  /* A secret that got there by mistake is not shown either. */
  list = sync_settings_list (settings);
  for (guint i = 0; i < list->len; i++)
    g_assert_cmpstr (((SyncSettingInfo *) g_ptr_array_index (list, i))->value, !=, "secret-1");

  sync_settings_add_check (free_of_it, "supabase-anon-key", refuse_secret);
  g_assert_false (set (free_of_it, "supabase-anon-key", "secret-2", &refused));
  g_assert_error (refused, SYNC_ERROR, SYNC_ERROR_SECRET_KEY);
  g_assert_cmpstr (sync_error_get_detail (refused)->subject, ==, "supabase-anon-key");
  g_clear_error (&refused);
  g_assert_true (set (free_of_it, "supabase-anon-key", "public", &refused));
  test_assert_query (fixture->store, "SELECT value FROM psync_setting", "checked-public\n");
}

static void
test_token_is_never_listed (Fixture *fixture, gconstpointer data)
{
  static const char *const environment[] = { "SUPABASE_AUTH_TOKEN=t0ken", NULL };
  g_autoptr (SyncSettings) settings = with_environment (fixture, environment);
  g_autoptr (GPtrArray) list = sync_settings_list (settings);
  g_autofree char *token = sync_settings_dup_auth_token (settings);

  g_assert_cmpstr (token, ==, "t0ken");
  g_assert_cmpuint (list->len, ==, 14);
  for (guint i = 0; i < list->len; i++)
    {
      const SyncSettingInfo *info = g_ptr_array_index (list, i);

      g_assert_cmpstr (info->value, !=, "t0ken");
      g_assert_cmpstr (info->variable, !=, "SUPABASE_AUTH_TOKEN");
      g_assert_true (sync_settings_exists (info->name));
    }
}

static void
test_device_name_is_the_devices (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  g_autoptr (GError) error = NULL;

  g_assert_true (set (settings, "device-name", "Küche", &error));
  assert_value (settings, "device-name", "Küche");
  test_assert_query (fixture->store, "SELECT value FROM psync_meta WHERE key = 'device-name'",
                     "Küche\n");
  test_assert_query (fixture->store, "SELECT count(*) FROM psync_setting", "0\n");
  g_assert_true (set (settings, "device-name", NULL, &error));
  g_assert_no_error (error);
  test_assert_query (
      fixture->store,
      "SELECT length (value) > 0 AND value <> 'Küche' FROM psync_meta WHERE key = 'device-name'",
      "1\n");
}

static void
test_another_process_changes_them (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncSettings) settings = with_environment (fixture, nothing);
  g_autoptr (SyncSettings) other = with_environment (fixture, nothing);
  g_autoptr (GString) names = g_string_new (NULL);
  g_autoptr (GHashTable) values = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (GError) error = NULL;

  g_signal_connect (settings, "changed", G_CALLBACK (note_change), names);
  g_assert_true (set (other, "max-retries", "8", &error));
  assert_value (settings, "max-retries", "3");
  g_hash_table_insert (values, (char *) "max-retries", (char *) "8");
  sync_settings_update (settings, values);
  assert_value (settings, "max-retries", "8");
  g_assert_true (g_str_has_prefix (names->str, "max-retries;"));
  g_assert_no_error (error);
}

static void
test_config_is_a_boxed_value (Fixture *fixture, gconstpointer data)
{
  SyncConfig config = { .interval_minutes = 4 };
  g_auto (GValue) value = G_VALUE_INIT;

  g_value_init (&value, SYNC_TYPE_CONFIG);
  g_value_set_boxed (&value, &config);
  g_assert_cmpuint (((SyncConfig *) g_value_get_boxed (&value))->interval_minutes, ==, 4);
}

#define add(name, func) g_test_add ("/settings/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("defaults", test_defaults);
  add ("flags-win-over-environment-over-database", test_precedence);
  add ("words-for-booleans", test_words_for_booleans);
  add ("a-bad-variable-is-named", test_bad_variable_is_named);
  add ("an-empty-variable-is-none", test_empty_variable_is_none);
  add ("a-bad-database-value-can-be-put-right", test_bad_database_value);
  add ("unknown-names-are-named", test_unknown_names);
  add ("a-setting-is-kept-and-told", test_setting_is_kept_and_told);
  add ("a-bad-value-changes-nothing", test_bad_value_changes_nothing);
  add ("a-replaced-database-keeps-nothing", test_replaced_database_keeps_nothing);
  add ("credentials-imply-supabase", test_credentials_imply_supabase);
  add ("checks-of-layers-above", test_checks_of_layers_above);
  add ("the-token-is-never-listed", test_token_is_never_listed);
  add ("device-name-is-the-devices", test_device_name_is_the_devices);
  add ("another-process-changes-them", test_another_process_changes_them);
  add ("config-is-a-boxed-value", test_config_is_a_boxed_value);
  return g_test_run ();
}
