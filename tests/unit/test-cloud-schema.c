/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-cloud-schema.h"

#include <glib/gstdio.h>
#include <string.h>

#include "sync-error.h"

#define LONG_NAME "a name that is as long as PostgreSQL lets one be, ünd ÿet no more"

typedef struct
{
  const char *name;
  SyncCodec codec;
  gboolean key;
} Column;

static SyncEntity *
new_entity (const char *table, const Column *columns, guint n)
{
  SyncEntity *entity = sync_entity_new (table, NULL, NULL);

  for (guint i = 0; i < n; i++)
    sync_entity_add_column (entity, columns[i].name, columns[i].codec, columns[i].key);
  return entity;
}

static const Column notifications[] = {
  { "id", SYNC_CODEC_TEXT, TRUE },        { "title", SYNC_CODEC_TEXT },
  { "content", SYNC_CODEC_TEXT },         { "type", SYNC_CODEC_TEXT },
  { "status", SYNC_CODEC_TEXT },          { "priority", SYNC_CODEC_TEXT },
  { "category", SYNC_CODEC_TEXT },        { "metadata", SYNC_CODEC_JSON },
  { "created_at", SYNC_CODEC_TIMESTAMP }, { "updated_at", SYNC_CODEC_TIMESTAMP },
  { "expires_at", SYNC_CODEC_TIMESTAMP },
};

static const Column projects[] = {
  { "id", SYNC_CODEC_TEXT, TRUE },        { "name", SYNC_CODEC_TEXT },
  { "description", SYNC_CODEC_TEXT },     { "settings", SYNC_CODEC_JSON },
  { "created_at", SYNC_CODEC_TIMESTAMP }, { "updated_at", SYNC_CODEC_TIMESTAMP },
};

static const Column user_settings[] = {
  { "id", SYNC_CODEC_TEXT, TRUE },        { "key", SYNC_CODEC_TEXT },
  { "value", SYNC_CODEC_JSON },           { "created_at", SYNC_CODEC_TIMESTAMP },
  { "updated_at", SYNC_CODEC_TIMESTAMP },
};

/* A key of every type and a column of every type, with names that need quotes or are a trap. */
static const Column odd[] = {
  { "Key \"one\"", SYNC_CODEC_INTEGER, TRUE },
  { "order", SYNC_CODEC_TEXT, TRUE },
  { "t", SYNC_CODEC_BLOB, TRUE },
  { "known", SYNC_CODEC_REAL, TRUE },
  { "new", SYNC_CODEC_TIMESTAMP, TRUE },
  { "it's", SYNC_CODEC_JSON, TRUE },
  { "loop", SYNC_CODEC_BOOLEAN, TRUE },
  { "user_id", SYNC_CODEC_TEXT, TRUE },
  { "sync_version", SYNC_CODEC_INTEGER },
  { "then", SYNC_CODEC_TEXT },
  { "@TABLE@", SYNC_CODEC_INTEGER },
  { "--}", SYNC_CODEC_BLOB },
  { "100% r", SYNC_CODEC_REAL },
  { "old", SYNC_CODEC_TIMESTAMP },
  { "größe", SYNC_CODEC_JSON },
  { "$1", SYNC_CODEC_BOOLEAN },
};

static const Column key_alone[] = { { "id", SYNC_CODEC_INTEGER, TRUE } };

static char *
generate (SyncEntity *first, ...)
{
  g_autoptr (GPtrArray) entities
      = g_ptr_array_new_with_free_func ((GDestroyNotify)sync_entity_unref);
  g_autoptr (GError) error = NULL;
  char *sql;
  va_list more;

  va_start (more, first);
  for (SyncEntity *entity = first; entity != NULL; entity = va_arg (more, SyncEntity *))
    g_ptr_array_add (entities, entity);
  va_end (more);
  sql = sync_cloud_schema_generate (entities, &error);
  g_assert_no_error (error);
  return sql;
}

static char *
source_path (const char *name)
{
  return g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), name, NULL);
}

static void
test_the_published_script_is_the_generated_one (void)
{
  g_autofree char *path = source_path ("sql/supabase/schema.sql");
  g_autofree char *published = NULL;
  g_autofree char *generated
      = generate (new_entity ("notifications", notifications, G_N_ELEMENTS (notifications)),
                  new_entity ("projects", projects, G_N_ELEMENTS (projects)),
                  new_entity ("user_settings", user_settings, G_N_ELEMENTS (user_settings)), NULL);
  g_autoptr (GError) error = NULL;

  if (g_getenv ("PSYNC_TEST_UPDATE") != NULL)
    g_file_set_contents (path, generated, -1, &error);
  g_assert_no_error (error);
  g_file_get_contents (path, &published, NULL, &error);
  g_assert_no_error (error);
  if (!g_str_equal (published, generated))
    g_error ("%s is not what its template gives: run this test with PSYNC_TEST_UPDATE=1", path);
}

static void
test_only_names_that_need_it_are_quoted (void)
{
  g_autofree char *sql = generate (new_entity ("odd", odd, G_N_ELEMENTS (odd)), NULL);

  g_assert_nonnull (strstr (sql, "create table if not exists public.odd ("));
  g_assert_nonnull (strstr (sql, "\n  \"Key \"\"one\"\"\" bigint not null,\n"));
  g_assert_nonnull (strstr (sql, "\n  \"order\" text not null,\n  t bytea not null,\n"));
  g_assert_nonnull (strstr (sql, "\n  add column if not exists \"@TABLE@\" bigint,\n"));
  g_assert_nonnull (strstr (sql, "'it''s'"));
  g_assert_null (strstr (sql, "--{"));
}

static void
load (const char *driver, const char *variable, const char *sql)
{
  g_autofree char *node = source_path ("tests/server/node_modules/.bin/node");
  g_autofree char *loader = source_path ("tests/cloud/load.mjs");
  g_autofree char *file = NULL;
  g_autofree char *said = NULL;
  g_autoptr (GError) error = NULL;
  const char *argv[] = { node, loader, driver, g_getenv (variable), NULL, NULL };
  int fd, status;

  if (g_getenv (variable) == NULL)
    {
      g_test_skip_printf ("no test cloud on %s: ./build-aux/test starts one", driver);
      return;
    }
  fd = g_file_open_tmp ("psync-schema-XXXXXX.sql", &file, &error);
  g_assert_no_error (error);
  g_close (fd, &error);
  g_file_set_contents (file, sql, -1, &error);
  g_assert_no_error (error);
  argv[4] = file;
  g_spawn_sync (NULL, (char **)argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL, &said, &status,
                &error);
  g_assert_no_error (error);
  g_unlink (file);
  g_spawn_check_wait_status (status, &error);
  if (error != NULL)
    g_error ("%s", said);
}

static void
test_any_entity_loads_and_syncs (gconstpointer driver)
{
  g_autofree char *variable = g_strdup_printf ("PSYNC_TEST_CLOUD_%s", (const char *)driver);
  g_autofree char *lower = g_ascii_strdown (driver, -1);
  g_autofree char *long_name = g_strndup (LONG_NAME, 63);
  g_autofree char *sql = generate (new_entity ("An \"odd\" entity's", odd, G_N_ELEMENTS (odd)),
                                   new_entity (long_name, projects, G_N_ELEMENTS (projects)),
                                   new_entity ("key_alone", key_alone, G_N_ELEMENTS (key_alone)),
                                   NULL);

  load (lower, variable, sql);
}

static void
refuse (const char *table, const Column *columns, guint n, int code, const char *reason)
{
  g_autoptr (GPtrArray) entities
      = g_ptr_array_new_with_free_func ((GDestroyNotify)sync_entity_unref);
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (entities, new_entity ("projects", projects, G_N_ELEMENTS (projects)));
  g_ptr_array_add (entities, new_entity (table, columns, n));
  g_assert_null (sync_cloud_schema_generate (entities, &error));
  g_assert_error (error, SYNC_ERROR, code);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, table);
}

static void
test_what_the_cloud_cannot_hold_is_refused (void)
{
  static const struct
  {
    const char *column;
    const char *reason;
  } columns[] = {
    { "ctid", "reserved-column" },
    { "xmin", "reserved-column" },
    { "a$$b", "bad-name" },
    { "a\nb", "bad-name" },
    { "", "bad-name" },
    { "\xff", "bad-name" },
    { LONG_NAME, "long-name" },
  };
  const Column without_key[] = { { "id", SYNC_CODEC_TEXT, FALSE } };

  for (guint i = 0; i < G_N_ELEMENTS (columns); i++)
    {
      const Column bad[] = { { "id", SYNC_CODEC_TEXT, TRUE }, { columns[i].column } };

      refuse ("todo", bad, G_N_ELEMENTS (bad), SYNC_ERROR_INVALID, columns[i].reason);
    }
  refuse ("todo", without_key, 1, SYNC_ERROR_NO_KEY, NULL);
  refuse ("a\n; drop table users", key_alone, 1, SYNC_ERROR_INVALID, "bad-name");
  refuse (LONG_NAME, key_alone, 1, SYNC_ERROR_INVALID, "long-name");
  refuse ("projects", key_alone, 1, SYNC_ERROR_INVALID, "name-taken");
  refuse ("projects_living", key_alone, 1, SYNC_ERROR_INVALID, "name-taken");
  refuse ("sync_devices", key_alone, 1, SYNC_ERROR_INVALID, "name-taken");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cloud-schema/the-published-script-is-the-generated-one",
                   test_the_published_script_is_the_generated_one);
  g_test_add_func ("/cloud-schema/only-names-that-need-it-are-quoted",
                   test_only_names_that_need_it_are_quoted);
  g_test_add_func ("/cloud-schema/what-the-cloud-cannot-hold-is-refused",
                   test_what_the_cloud_cannot_hold_is_refused);
  g_test_add_data_func ("/cloud-schema/any-entity-loads-and-syncs/pglite", "PGLITE",
                        test_any_entity_loads_and_syncs);
  g_test_add_data_func ("/cloud-schema/any-entity-loads-and-syncs/postgres", "POSTGRES",
                        test_any_entity_loads_and_syncs);
  return g_test_run ();
}
