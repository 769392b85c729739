/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-migrations.h"

#include "test-database.h"

/* The table `version` of the scripts in tests/data/migrations. */

static gboolean
get_version (SyncConnection *connection, int *version, GError **error)
{
  gint64 number;
  gint64 there;

  *version = 0;
  if (!sync_connection_query_int64 (connection, 0, &there, error,
                                    "SELECT count(*) FROM sqlite_master WHERE name = 'version'",
                                    NULL))
    return FALSE;
  if (there == 0)
    return TRUE;
  if (!sync_connection_query_int64 (connection, 0, &number, error, "SELECT number FROM version",
                                    NULL))
    return FALSE;
  *version = (int) number;
  return TRUE;
}

static gboolean
set_version (SyncConnection *connection, int version, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("UPDATE version SET number = %d", version);

  return sync_connection_execute (connection, sql, error);
}

static void
migrate (SyncConnection *connection, const char *prefix)
{
  g_autoptr (GError) error = NULL;

  sync_migrations_run (connection, prefix, get_version, set_version, &error);
  g_assert_no_error (error);
}

static void
assert_log (SyncConnection *connection, const char *expected)
{
  g_autofree char *log = test_query (connection, "SELECT entry FROM log ORDER BY rowid");

  g_assert_cmpstr (log, ==, expected);
}

static void
test_a_new_database_gets_all_in_order (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "new.db", NULL);
  int version;

  migrate (connection, "/test/whole");
  assert_log (connection, "first\nsecond\ntenth\n");
  g_assert_true (get_version (connection, &version, NULL));
  g_assert_cmpint (version, ==, 10);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_an_old_database_gets_what_is_new (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "old.db", NULL);

  migrate (connection, "/test/old");
  test_sql (connection, "INSERT INTO log VALUES ('mine')");
  migrate (connection, "/test/whole");
  assert_log (connection, "first\nmine\nsecond\ntenth\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_current_database_is_only_read (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "current.db", NULL);
  g_autoptr (SyncConnection) holder = NULL;

  migrate (connection, "/test/whole");
  /* Somebody writes: who only reads is not kept waiting. */
  holder = sync_connection_open (sync_connection_get_path (connection), 0, 0, NULL);
  g_assert_true (sync_connection_begin (holder, NULL));
  sync_connection_set_busy_timeout (connection, 0);
  migrate (connection, "/test/whole");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_newer_database_is_refused_untouched (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "newer.db", NULL);
  g_autoptr (GError) error = NULL;

  migrate (connection, "/test/whole");
  g_assert_false (sync_migrations_run (connection, "/test/old", get_version, set_version, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DATABASE_NEW);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==,
                   sync_connection_get_path (connection));
  assert_log (connection, "first\nsecond\ntenth\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_script_that_fails_leaves_the_version_before (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "broken.db", NULL);
  g_autoptr (GError) error = NULL;
  int version;

  g_assert_false (
      sync_migrations_run (connection, "/test/broken", get_version, set_version, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_false (sync_connection_in_transaction (connection));
  g_assert_true (get_version (connection, &version, NULL));
  g_assert_cmpint (version, ==, 1);
  assert_log (connection, "first\n");
  migrate (connection, "/test/whole");
  assert_log (connection, "first\nsecond\ntenth\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_unknown_scripts_are_an_error (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "none.db", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_false (
      sync_migrations_run (connection, "/test/nowhere", get_version, set_version, &error));
  g_assert_nonnull (error);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static gpointer
migrate_elsewhere (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) connection = sync_connection_open (data, 0, 60000, &error);

  g_assert_no_error (error);
  migrate (connection, "/test/whole");
  return NULL;
}

/* --- What is done in slices --------------------------------------------------------------------- */

#define MANY_ROWS 1005

/* A database of the version before, with rows to be moved. */
static SyncConnection *
slow_database_new (const char *folder)
{
  SyncConnection *connection = test_database_new (folder, "slow.db", "WAL");
  g_autofree char *sql
      = g_strdup_printf ("WITH RECURSIVE n (i) AS (VALUES (3) UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                         "INSERT INTO log (entry) SELECT 'row ' || i FROM n", MANY_ROWS);

  migrate (connection, "/test/fast");
  test_sql (connection, sql);
  return connection;
}

static void
assert_moved (SyncConnection *connection)
{
  g_autofree char *moved = test_query (connection, "SELECT count(*), count(DISTINCT entry) FROM moved");
  g_autofree char *expected = g_strdup_printf ("%d|%d\n", MANY_ROWS, MANY_ROWS);
  g_autofree char *left = test_query (connection, "SELECT name FROM sqlite_master WHERE name = 'log'");
  int version;

  g_assert_cmpstr (moved, ==, expected);
  g_assert_cmpstr (left, ==, "");
  g_assert_true (get_version (connection, &version, NULL));
  g_assert_cmpint (version, ==, 3);
}

static guint transactions;

/* Every transaction asks for the version. */
static gboolean
get_version_and_count (SyncConnection *connection, int *version, GError **error)
{
  transactions += sync_connection_in_transaction (connection) ? 1 : 0;
  return get_version (connection, version, error);
}

static void
test_slices_are_done_until_nothing_is_left (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = slow_database_new (folder);
  g_autoptr (GError) error = NULL;

  transactions = 0;
  sync_migrations_run (connection, "/test/slow", get_version_and_count, set_version, &error);
  g_assert_no_error (error);
  assert_moved (connection);
  /* A transaction for ten rows each, one that finds none, and the script's own. */
  g_assert_cmpuint (transactions, ==, MANY_ROWS / 10 + 1 + 1 + 1);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* What was moved stays so, and what was not yet goes on. */
static void
test_slices_that_end_in_between_go_on (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = slow_database_new (folder);
  g_autoptr (GError) error = NULL;
  g_autofree char *left = NULL;
  int version;

  test_sql (connection, "UPDATE log SET entry = 'bad' WHERE entry = 'row 95'");
  g_assert_false (sync_migrations_run (connection, "/test/broken-slices", get_version, set_version, &error));
  g_assert_nonnull (error);
  g_assert_false (sync_connection_in_transaction (connection));
  g_assert_true (get_version (connection, &version, NULL));
  g_assert_cmpint (version, ==, 2);
  left = test_query (connection, "SELECT (SELECT count(*) FROM moved), (SELECT count(*) FROM log)");
  g_assert_cmpstr (left, ==, "90|915\n");
  test_sql (connection, "UPDATE log SET entry = 'row 95' WHERE entry = 'bad'");
  migrate (connection, "/test/slow");
  assert_moved (connection);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static gpointer
move_elsewhere (gpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) connection = sync_connection_open (data, 0, 60000, &error);

  g_assert_no_error (error);
  migrate (connection, "/test/slow");
  assert_moved (connection);
  return NULL;
}

static void
test_several_at_once_share_the_slices (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = slow_database_new (folder);
  GThread *threads[4];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("migrate", move_elsewhere, (gpointer) sync_connection_get_path (connection));
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_moved (connection);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_several_at_once_do_it_once (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "shared.db", "WAL");
  GThread *threads[6];

  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("migrate", migrate_elsewhere,
                               (gpointer) sync_connection_get_path (connection));
  for (gsize i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  assert_log (connection, "first\nsecond\ntenth\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* The scripts of this program */

static gboolean
get_own_version (SyncConnection *connection, int *version, GError **error)
{
  gint64 number;

  *version = 0;
  if (!sync_connection_query_int64 (connection, 0, &number, error,
                                    "SELECT count(*) FROM sqlite_master WHERE name = 'psync_meta'",
                                    NULL)
      || (number > 0
          && !sync_connection_query_int64 (
              connection, 0, &number, error,
              "SELECT value FROM psync_meta WHERE key = 'schema_version'", NULL)))
    return FALSE;
  *version = (int) number;
  return TRUE;
}

static gboolean
set_own_version (SyncConnection *connection, int version, GError **error)
{
  g_autofree char *sql = g_strdup_printf (
      "INSERT OR REPLACE INTO psync_meta VALUES ('schema_version', %d)", version);

  return sync_connection_execute (connection, sql, error);
}

static void
test_the_scripts_of_this_program_are_linked_and_run (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "own.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *tables = NULL;

  for (int i = 0; i < 2; i++)
    {
      sync_migrations_run (connection, "/io/github/progressive_sync/ProgressiveSync/sql/local",
                           get_own_version, set_own_version, &error);
      g_assert_no_error (error);
    }
  tables = test_query (connection, "SELECT count(*) > 10, min(name LIKE 'psync\\_%' ESCAPE '\\' OR "
                                   "name LIKE 'sqlite\\_%' ESCAPE '\\')"
                                   " FROM sqlite_master");
  g_assert_cmpstr (tables, ==, "1|1\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/migrations/a-new-database-gets-all-in-order",
                   test_a_new_database_gets_all_in_order);
  g_test_add_func ("/migrations/an-old-database-gets-what-is-new",
                   test_an_old_database_gets_what_is_new);
  g_test_add_func ("/migrations/a-current-database-is-only-read",
                   test_a_current_database_is_only_read);
  g_test_add_func ("/migrations/a-newer-database-is-refused-untouched",
                   test_a_newer_database_is_refused_untouched);
  g_test_add_func ("/migrations/a-script-that-fails-leaves-the-version-before",
                   test_a_script_that_fails_leaves_the_version_before);
  g_test_add_func ("/migrations/unknown-scripts-are-an-error", test_unknown_scripts_are_an_error);
  g_test_add_func ("/migrations/several-at-once-do-it-once", test_several_at_once_do_it_once);
  g_test_add_func ("/migrations/slices-are-done-until-nothing-is-left", test_slices_are_done_until_nothing_is_left);
  g_test_add_func ("/migrations/slices-that-end-in-between-go-on", test_slices_that_end_in_between_go_on);
  g_test_add_func ("/migrations/several-at-once-share-the-slices", test_several_at_once_share_the_slices);
  g_test_add_func ("/migrations/the-scripts-of-this-program-are-linked-and-run",
                   test_the_scripts_of_this_program_are_linked_and_run);
  return g_test_run ();
}
