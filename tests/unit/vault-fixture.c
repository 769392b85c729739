/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "vault-fixture.h"

#include <stdlib.h>

#include <gio/gio.h>
#include <glib/gstdio.h>

#include "sync-connection.h"
#include "sync-json.h"

VaultFixture *
vault_fixture_new (void)
{
  VaultFixture *fixture = g_new0 (VaultFixture, 1);
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("vault-XXXXXX", &error);

  g_assert_no_error (error);
  /* As the kernel names it. */
  fixture->folder = realpath (folder, NULL);
  fixture->path = vault_fixture_child (fixture, "vault.db");
  fixture->clock = test_clock_new (VAULT_FIXTURE_NOW);
  fixture->items = vault_fixture_items_new ();
  return fixture;
}

static void
remove_folder (const char *folder)
{
  g_autoptr (GDir) names = g_dir_open (folder, 0, NULL);
  const char *name;

  while (names != NULL && (name = g_dir_read_name (names)) != NULL)
    {
      g_autofree char *child = g_build_filename (folder, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR))
        remove_folder (child);
      else
        g_remove (child);
    }
  g_rmdir (folder);
}

void
vault_fixture_free (VaultFixture *fixture)
{
  remove_folder (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_object_unref (fixture->clock);
  sync_entity_unref (fixture->items);
  g_free (fixture);
}

SyncEntity *
vault_fixture_items_new (void)
{
  SyncEntity *entity = sync_entity_new ("items", NULL, NULL);

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "value", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "count", SYNC_CODEC_INTEGER, FALSE);
  return entity;
}

/* A provider for the vault, not connected, that waits a second at most. */
SyncProvider *
vault_fixture_open (VaultFixture *fixture, gboolean create)
{
  SyncProvider *vault = sync_vault_provider_new (fixture->path, fixture->clock);

  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (vault), create);
  sync_vault_provider_set_patience (SYNC_VAULT_PROVIDER (vault), 1000);
  return vault;
}

/* The vault exists, and is open. */
SyncProvider *
vault_fixture_create (VaultFixture *fixture)
{
  SyncProvider *vault = vault_fixture_open (fixture, TRUE);
  g_autoptr (GError) error = NULL;

  test_connect (vault, &error);
  g_assert_no_error (error);
  return vault;
}

char *
vault_fixture_child (VaultFixture *fixture, const char *name)
{
  return g_build_filename (fixture->folder, name, NULL);
}

/* As another program, with plain SQL. */
void
vault_fixture_script (const char *path, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) connection
      = sync_connection_open (path, SYNC_OPEN_CREATE, 1000, &error);

  g_assert_no_error (error);
  sync_connection_script (connection, sql, &error);
  g_assert_no_error (error);
}

gint64
vault_fixture_query (const char *path, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) connection
      = sync_connection_open (path, SYNC_OPEN_READ_ONLY, 1000, &error);
  gint64 value;

  g_assert_no_error (error);
  sync_connection_query_int64 (connection, G_MININT64, &value, &error, sql, NULL);
  g_assert_no_error (error);
  return value;
}

/* Only while nobody has the file open: reading it would drop SQLite's locks. */
char *
vault_fixture_checksum (const char *path)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guchar *) contents, length);
}

/* Pushes one item; 0: the reply does not name it, or @error is set. */
gint64
vault_fixture_put (SyncProvider *vault, const SyncEntity *entity, const char *id, const char *value,
                   gint64 base, gboolean deleted, GError **error)
{
  g_autofree char *rows = g_strdup_printf (
      "[{\"id\":\"%s\",\"value\":\"%s\",\"count\":1,\"base_version\":%" G_GINT64_FORMAT
      ",\"deleted_at\":%s,\"edited_at\":\"2026-01-01T00:00:00.000Z\",\"device_id\":\"d\","
      "\"run_id\":\"r\"}]",
      id, value, base, deleted ? "\"2026-01-01T00:00:00.000Z\"" : "null");
  g_autoptr (GBytes) reply = test_push (vault, entity, rows, error);
  const char *version;

  if (reply == NULL)
    return 0;
  version = g_strstr_len (g_bytes_get_data (reply, NULL), g_bytes_get_size (reply),
                          "\"sync_version\":");
  return version != NULL ? g_ascii_strtoll (version + strlen ("\"sync_version\":"), NULL, 10) : 0;
}

/* How many rows a page of everything has. */
guint
vault_fixture_count (SyncProvider *vault, const SyncEntity *entity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = test_pull (vault, entity, &(SyncPullQuery) { .limit = 10000 }, &error);
  SyncJsonReader reader;
  SyncSpan row;
  guint n_rows = 0;

  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (page, NULL), g_bytes_get_size (page));
  g_assert_true (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    n_rows++;
  g_assert_true (sync_json_at_end (&reader));
  return n_rows;
}

/* The next request fails so, and names the vault. */
void
vault_fixture_expect (SyncProvider *vault, SyncError code, const char *subject)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCloudState) state = test_get_state (vault, FALSE, &error);

  g_assert_null (state);
  g_assert_error (error, SYNC_ERROR, (int) code);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, subject);
}
