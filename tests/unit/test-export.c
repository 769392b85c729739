/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-export.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sync-lists.h"
#include "test-database.h"
#include "test-manager.h"

/* Rows in a file of JSON. */

typedef struct
{
  TestManager device;
  char *path;
  GAsyncResult *result;
  guint told;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  fixture->path = g_build_filename (fixture->device.folder, "export.json", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->result);
  g_unlink (fixture->path);
  g_free (fixture->path);
  test_manager_tear_down (&fixture->device);
}

static void
count_told (guint64 rows, guint64 total, gpointer data)
{
  g_assert_cmpuint (rows, <=, total);
  ((Fixture *) data)->told++;
}

static gssize
export (Fixture *fixture, gboolean everything, const char *state, GError **error)
{
  SyncManager *manager = fixture->device.manager;

  g_clear_object (&fixture->result);
  if (everything)
    sync_export_everything_async (manager, fixture->path, count_told, fixture, NULL,
                                  test_got_result, &fixture->result);
  else
    sync_export_unsent_async (manager, state, fixture->path, count_told, fixture, NULL,
                              test_got_result, &fixture->result);
  test_store_wait (&fixture->result);
  return sync_export_finish (manager, fixture->result, error);
}

/* (transfer full): the file's document, which must be valid JSON */
static JsonNode *
read_file (Fixture *fixture)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  g_autoptr (GError) error = NULL;
  struct stat status;

  json_parser_load_from_file (parser, fixture->path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (stat (fixture->path, &status), ==, 0);
  g_assert_cmphex (status.st_mode & 0777, ==, 0600);
  return json_parser_steal_root (parser);
}

static JsonArray *
rows_of (JsonNode *root, const char *entity)
{
  JsonObject *document = json_node_get_object (root);

  if (entity != NULL)
    document = json_object_get_object_member (document, "entities");
  return json_object_get_array_member (document, entity != NULL ? entity : "rows");
}

static void
test_everything (Fixture *fixture, gconstpointer data)
{
  const guint counts[] = { 0, 1, 499, 500, 501, 1000, 1234 };

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *text
          = g_strdup_printf ("DELETE FROM projects; WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                             "SELECT i + 1 FROM n WHERE i < %u) INSERT INTO projects (id, name) "
                             "SELECT printf ('p%%d', i), 'x' FROM n WHERE %u > 0",
                             MAX (counts[i], 1), counts[i]);
      g_autoptr (JsonNode) root = NULL;
      g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);
      g_autoptr (GError) error = NULL;
      JsonArray *rows;

      test_store_sql (fixture->device.store, text);
      g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, counts[i]);
      g_assert_no_error (error);
      root = read_file (fixture);
      rows = rows_of (root, "projects");
      g_assert_cmpuint (json_array_get_length (rows), ==, counts[i]);
      for (guint j = 0; j < counts[i]; j++)
        g_hash_table_add (ids, (gpointer) json_object_get_string_member (
                                   json_array_get_object_element (rows, j), "id"));
      g_assert_cmpuint (g_hash_table_size (ids), ==, counts[i]);
      g_assert_cmpuint (json_array_get_length (rows_of (root, "notifications")), ==, 0);
    }
  g_assert_cmpuint (fixture->told, >, G_N_ELEMENTS (counts));
}

static gboolean
attach_table (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  gpointer *arguments = data;

  return sync_store_attach (arguments[1], arguments[0], error);
}

static void
attach (Fixture *fixture, const char *table)
{
  SyncStore *store = fixture->device.store;
  gpointer data[] = { (gpointer) table, store };
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_worker_call (sync_store_get_worker (store), attach_table, data, NULL, &error));
  g_assert_no_error (error);
}

/* SQLite lets a key be NULL, in any number of rows; keys may differ behind a NUL, or for this table not at all. */
static void
test_odd_keys (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *table;
    const char *sql;
    guint n;
  } tables[] = {
    { "nulls", "CREATE TABLE nulls (id TEXT PRIMARY KEY, a); INSERT INTO nulls SELECT NULL, i FROM n;"
               "INSERT INTO nulls VALUES ('z', 1)", 1201 },
    { "pairs", "CREATE TABLE pairs (a, b, c, PRIMARY KEY (a, b)); INSERT INTO pairs SELECT 1, NULL, i FROM n", 1200 },
    { "cut", "CREATE TABLE cut (id TEXT PRIMARY KEY); INSERT INTO cut SELECT 'x' || char (0) || i FROM n", 1200 },
    { "case_blind", "CREATE TABLE case_blind (id TEXT COLLATE NOCASE, PRIMARY KEY (id COLLATE BINARY));"
                    "INSERT INTO case_blind SELECT printf ('k%d', i / 2 - 10) FROM n WHERE i % 2 = 0;"
                    "INSERT INTO case_blind SELECT printf ('K%d', i / 2) FROM n WHERE i % 2 = 0", 1200 },
    { "without_rowid", "CREATE TABLE without_rowid (a INT, b TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;"
                       "INSERT INTO without_rowid SELECT i / 7, 'it''s,' || i FROM n", 1200 },
  };
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  gssize sum = 0;

  test_store_sql (fixture->device.store, "CREATE TABLE n AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 "
                                         "FROM n WHERE i < 1200) SELECT i FROM n");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      test_store_sql (fixture->device.store, tables[i].sql);
      attach (fixture, tables[i].table);
      sum += tables[i].n;
    }
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, sum);
  g_assert_no_error (error);
  root = read_file (fixture);
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    g_assert_cmpuint (json_array_get_length (rows_of (root, tables[i].table)), ==, tables[i].n);
}

static void
vacuum_once (guint64 rows, guint64 total, gpointer data)
{
  Fixture *fixture = data;

  if (rows > 0 && fixture->told++ == 0)
    g_assert_true (test_shell (sync_store_get_path (fixture->device.store),
                               "DELETE FROM projects WHERE name < '0400'; VACUUM", NULL));
}

/* A file without the rows that moved would be taken for whole. */
static void
test_other_order (Fixture *fixture, gconstpointer data)
{
  SyncManager *manager = fixture->device.manager;
  g_autoptr (GError) error = NULL;

  test_store_sql (fixture->device.store, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1500) "
                                         "INSERT INTO projects (id, name) SELECT 'p' || i, printf ('%04d', i) FROM n");
  sync_export_everything_async (manager, fixture->path, vacuum_once, fixture, NULL, test_got_result,
                                &fixture->result);
  test_store_wait (&fixture->result);
  g_assert_cmpint (sync_export_finish (manager, fixture->result, &error), ==, -1);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_clear_error (&error);
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, 1101);
}

static void
test_unsent (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) run = NULL;
  g_autoptr (JsonNode) root = NULL;
  g_autoptr (GError) error = NULL;
  JsonObject *row;

  test_store_sql (fixture->device.store, "INSERT INTO projects (id, name) VALUES ('a', 'before')");
  run = test_manager_sync (&fixture->device);
  test_store_sql (fixture->device.store,
                  "UPDATE projects SET name = 'after';"
                  "INSERT INTO projects (id, name) VALUES ('b', 'x' || char (0));"
                  "UPDATE psync_change SET state = 'refused', error = '{\"code\":\"row-refused\","
                  "\"reason\":\"23514\",\"column\":\"name\"}' WHERE id = '''a'''");
  g_assert_cmpint (export (fixture, FALSE, NULL, &error), ==, 2);
  g_assert_no_error (error);
  root = read_file (fixture);
  row = json_array_get_object_element (rows_of (root, NULL), 0);
  g_assert_cmpstr (json_object_get_string_member (row, "state"), ==, "refused");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (row, "error"), "reason"), ==,
      "23514");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (row, "row"), "name"), ==,
      "after");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (row, "base"), "name"), ==,
      "before");
  row = json_array_get_object_element (rows_of (root, NULL), 1);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (row, "row"),
                                                  "$unreadable"),
                   ==, "name");
  g_assert_cmpint (export (fixture, FALSE, "refused,failed", &error), ==, 1);
}

static void
test_failures (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *kept = NULL;

  g_assert_true (g_file_set_contents (fixture->path, "before", -1, NULL));
  g_cancellable_cancel (cancellable);
  sync_export_everything_async (fixture->device.manager, fixture->path, NULL, NULL, cancellable,
                                test_got_result, &fixture->result);
  test_store_wait (&fixture->result);
  g_assert_cmpint (sync_export_finish (fixture->device.manager, fixture->result, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  /* Half-way: what was there stays, and no half document takes its place. */
  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a');"
                                         "ALTER TABLE projects RENAME TO gone");
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, -1);
  g_assert_nonnull (error);
  g_assert_true (g_file_get_contents (fixture->path, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, "before");
  g_clear_error (&error);
  g_unlink (fixture->path);
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, -1);
  g_assert_nonnull (error);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_clear_error (&error);

}

static void
cancel_at_end (guint64 rows, guint64 total, gpointer cancellable)
{
  if (rows == total)
    g_cancellable_cancel (cancellable);
}

/* Whoever is told that it was cancelled does not look for a file. */
static void
test_cancelled_at_the_end (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  sync_export_unsent_async (fixture->device.manager, NULL, fixture->path, cancel_at_end, cancellable, cancellable,
                            test_got_result, &fixture->result);
  test_store_wait (&fixture->result);
  g_assert_cmpint (sync_export_finish (fixture->device.manager, fixture->result, &error), ==, -1);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

static void
expect_no_place (Fixture *fixture, const char *path, SyncError code, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_free (fixture->path);
  fixture->path = g_strdup (path);
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, -1);
  g_assert_error (error, SYNC_ERROR, (int) code);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
  g_assert_true (g_str_has_prefix (path, sync_error_get_detail (error)->subject));
}

/* A slip of the fingers must not cost all rows. */
static void
test_takes_no_databases_place (Fixture *fixture, gconstpointer data)
{
  static const char *const sides[] = { "", "-wal", "-shm", "-journal" };
  const char *database = sync_store_get_path (fixture->device.store);
  g_autofree char *other = g_build_filename (fixture->device.folder, "other", NULL);
  g_autofree char *link = g_build_filename (fixture->device.folder, "link", NULL);
  g_autofree char *nowhere = g_build_filename (fixture->device.folder, "nowhere", "x.json", NULL);
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  gsize n_before, n_after;

  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a')");
  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autofree char *path = g_strconcat (database, sides[i], NULL);

      expect_no_place (fixture, path, SYNC_ERROR_INVALID, "database");
    }
  g_assert_true (test_shell (other, "CREATE TABLE t (x); INSERT INTO t VALUES (1)", NULL));
  g_assert_true (g_file_get_contents (other, &before, &n_before, NULL));
  g_assert_cmpint (symlink (other, link), ==, 0);
  expect_no_place (fixture, other, SYNC_ERROR_INVALID, "database");
  expect_no_place (fixture, link, SYNC_ERROR_INVALID, "database");
  g_assert_true (g_file_get_contents (other, &after, &n_after, NULL));
  g_assert_cmpmem (before, n_before, after, n_after);
  expect_no_place (fixture, fixture->device.folder, SYNC_ERROR_INVALID, "no-file");
  expect_no_place (fixture, "/dev/null", SYNC_ERROR_INVALID, "no-file");
  expect_no_place (fixture, nowhere, SYNC_ERROR_NOT_FOUND, "folder");

  /* Its rows are there still, and others see them. */
  g_free (fixture->path);
  fixture->path = g_build_filename (fixture->device.folder, "export.json", NULL);
  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  g_assert_cmpint (export (fixture, TRUE, NULL, &error), ==, 1);
  g_assert_no_error (error);
  g_unlink (link);
  g_unlink (other);
}

#define ADD(name, func) g_test_add ("/export/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("every-row-once-however-many", test_everything);
  ADD ("every-row-whatever-its-key", test_odd_keys);
  ADD ("no-row-is-missed-where-all-get-another-place", test_other_order);
  ADD ("unsent-rows-with-their-reason", test_unsent);
  ADD ("what-was-there-stays-until-all-is-written", test_failures);
  ADD ("cancelled-at-the-end-there-is-no-file", test_cancelled_at_the_end);
  ADD ("takes-the-place-of-no-database", test_takes_no_databases_place);
  return test_run_with_own_folders ();
}
