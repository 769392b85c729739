/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-snapshot.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "test-database.h"

#define SECOND G_TIME_SPAN_SECOND
/* How often to restore while another thread writes. */
#define N_RESTORES 12

/* 2026-01-02 03:04:05.678 UTC */
#define NOW (1767323045 * SECOND + 678000)

typedef struct
{
  char *folder;
  SyncConnection *connection;
} Fixture;

static Fixture *
fixture_new (const char *journal_mode)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->folder = test_folder_new ();
  fixture->connection = test_database_new (fixture->folder, "live.db", journal_mode);
  test_sql (fixture->connection,
            "CREATE TABLE t (k INTEGER PRIMARY KEY, a); INSERT INTO t VALUES (1, 'one')");
  return fixture;
}

static void
fixture_free (Fixture *fixture)
{
  sync_connection_close (fixture->connection);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static const char *const journal_modes[] = { "WAL", "DELETE" };

static SyncSnapshot *
take (Fixture *fixture, const char *reason, gint64 now, guint keep)
{
  g_autoptr (GError) error = NULL;
  SyncSnapshot *snapshot
      = sync_snapshot_take (fixture->connection, reason, now, keep, NULL, &error);

  g_assert_no_error (error);
  g_assert_nonnull (snapshot);
  return snapshot;
}

static char *
list_names (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) snapshots
      = sync_snapshot_list (sync_connection_get_path (fixture->connection), &error);
  GString *names = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < snapshots->len; i++)
    {
      const SyncSnapshot *snapshot = g_ptr_array_index (snapshots, i);

      g_string_append_printf (names, "%s\n", snapshot->name);
    }
  return g_string_free (names, FALSE);
}

static guint
count_files (Fixture *fixture)
{
  g_autofree char *folder = g_build_filename (fixture->folder, "snapshots", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir != NULL && g_dir_read_name (dir) != NULL)
    n++;
  return n;
}

static void
test_a_snapshot_is_one_private_file_with_everything (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (journal_modes); i++)
    {
      g_autoptr (Fixture) fixture = fixture_new (journal_modes[i]);
      g_autoptr (SyncSnapshot) snapshot = take (fixture, "hydrate", NOW, 5);
      g_autoptr (SyncConnection) copy = NULL;
      g_autofree char *rows = NULL;
      g_autofree char *folder = g_path_get_dirname (snapshot->path);
      g_autofree char *mode = NULL;
      struct stat info;

      g_assert_cmpstr (snapshot->name, ==, "live.db-20260102T030405678Z-hydrate");
      g_assert_cmpint (snapshot->created_at, ==, NOW);
      g_assert_cmpint (stat (snapshot->path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 0777, ==, 0600);
      g_assert_cmpint (snapshot->size, ==, info.st_size);
      g_assert_cmpint (stat (folder, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 0777, ==, 0700);
      copy = sync_connection_open (snapshot->path, SYNC_OPEN_READ_ONLY, 0, NULL);
      rows = test_query (copy, "SELECT * FROM t");
      g_assert_cmpstr (rows, ==, "1|one\n");
      mode = test_query (copy, "PRAGMA journal_mode");
      g_assert_cmpstr (mode, ==, "delete\n");
      g_assert_cmpuint (count_files (fixture), ==, 1);
    }
}

static void
test_the_newest_are_kept_and_listed_first (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autofree char *names = NULL;
  g_autofree char *later = NULL;

  for (int i = 0; i < 4; i++)
    sync_snapshot_free (take (fixture, "sync", NOW + i * SECOND, 3));
  names = list_names (fixture);
  g_assert_cmpstr (names, ==,
                   "live.db-20260102T030408678Z-sync\n"
                   "live.db-20260102T030407678Z-sync\n"
                   "live.db-20260102T030406678Z-sync\n");
  /* The clock went back; what was just taken stays all the same. */
  sync_snapshot_free (take (fixture, "back", NOW - 60 * SECOND, 2));
  later = list_names (fixture);
  g_assert_cmpstr (later, ==,
                   "live.db-20260102T030408678Z-sync\n"
                   "live.db-20260102T030305678Z-back\n");
}

static void
test_two_at_once_get_two_names (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autoptr (SyncSnapshot) one = take (fixture, "reset", NOW, 5);
  g_autoptr (SyncSnapshot) two = take (fixture, "reset", NOW, 5);

  g_assert_cmpstr (one->name, !=, two->name);
  g_assert_cmpuint (count_files (fixture), ==, 2);
}

static void
test_other_files_are_left_alone (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autoptr (SyncConnection) other = test_database_new (fixture->folder, "live.db-x", "WAL");
  g_autofree char *folder = g_build_filename (fixture->folder, "snapshots", NULL);
  g_autofree char *note = g_build_filename (folder, "live.db-notes.txt", NULL);
  g_autofree char *named = g_build_filename (folder, "live.db-20260102T030405678Y-x.db", NULL);
  g_autoptr (SyncSnapshot) theirs = NULL;
  g_autofree char *names = NULL;

  test_sql (other, "CREATE TABLE t (a)");
  theirs = sync_snapshot_take (other, "sync", NOW, 1, NULL, NULL);
  g_assert_true (g_file_set_contents (note, "mine", -1, NULL));
  g_assert_true (g_file_set_contents (named, "mine", -1, NULL));
  sync_snapshot_free (take (fixture, "sync", NOW, 1));
  sync_snapshot_free (take (fixture, "sync", NOW + SECOND, 1));
  names = list_names (fixture);
  g_assert_cmpstr (names, ==, "live.db-20260102T030406678Z-sync\n");
  g_assert_cmpuint (count_files (fixture), ==, 4);
  g_assert_true (g_file_test (theirs->path, G_FILE_TEST_EXISTS));
}

static void
test_cancelled_leaves_nothing (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("DELETE");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  test_sql (fixture->connection, "CREATE TABLE big AS SELECT zeroblob(4000000)");
  g_cancellable_cancel (cancellable);
  g_assert_null (sync_snapshot_take (fixture->connection, "sync", NOW, 5, cancellable, &error));
  g_assert_true (sync_error_is_cancelled (error));
  g_assert_cmpuint (count_files (fixture), ==, 0);
}

/* While others write */

typedef struct
{
  char *path;
  int stop;
  int writes;
} Writer;

/* The sum over the table never changes at a commit. */
static gpointer
keep_writing (gpointer data)
{
  Writer *writer = data;
  g_autoptr (SyncConnection) connection = sync_connection_open (writer->path, 0, 10000, NULL);

  test_sql (connection, "PRAGMA synchronous = OFF");
  while (!g_atomic_int_get (&writer->stop))
    {
      test_sql (connection, "BEGIN IMMEDIATE; UPDATE t SET a = a + 1 WHERE k % 7 = 0; UPDATE t SET "
                            "a = a - 1 WHERE k % 7 = 1; COMMIT");
      g_atomic_int_inc (&writer->writes);
    }
  return NULL;
}

static void
snapshot_while_writing (const char *journal_mode)
{
  g_autoptr (Fixture) fixture = fixture_new (journal_mode);
  Writer writer = { 0 };
  GThread *thread;

  test_sql (fixture->connection,
            "DELETE FROM t; WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE "
            "i < 2799)"
            "INSERT INTO t SELECT i, 100 FROM n; ALTER TABLE t ADD COLUMN filler;"
            "UPDATE t SET filler = zeroblob(1000)");
  writer.path = g_strdup (sync_connection_get_path (fixture->connection));
  thread = g_thread_new ("writer", keep_writing, &writer);
  for (int i = 0; i < 4; i++)
    {
      g_autoptr (SyncSnapshot) snapshot = NULL;
      g_autoptr (SyncConnection) copy = NULL;
      g_autofree char *check = NULL;

      while (g_atomic_int_get (&writer.writes) <= i)
        g_thread_yield ();
      snapshot = take (fixture, "sync", NOW + i * SECOND, 5);
      copy = sync_connection_open (snapshot->path, SYNC_OPEN_READ_ONLY, 0, NULL);
      check = test_query (copy, "SELECT count(*), sum(a) FROM t; PRAGMA integrity_check");
      g_assert_cmpstr (check, ==, "2800|280000\n");
    }
  g_atomic_int_set (&writer.stop, 1);
  g_thread_join (thread);
  g_test_message ("%s: %d writes meanwhile", journal_mode, writer.writes);
  g_free (writer.path);
}

static void
test_a_snapshot_taken_while_others_write_is_one_moment (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (journal_modes); i++)
    snapshot_while_writing (journal_modes[i]);
}

/* Back */

static void
test_restoring_brings_the_contents_back_for_everybody (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (journal_modes); i++)
    {
      g_autoptr (Fixture) fixture = fixture_new (journal_modes[i]);
      g_autoptr (SyncSnapshot) snapshot = take (fixture, "hydrate", NOW, 5);
      g_autoptr (SyncConnection) other = NULL;
      g_autoptr (SyncConnection) before = NULL;
      g_autoptr (GPtrArray) list = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *seen = NULL;
      g_autofree char *mode = NULL;
      g_autofree char *kept = NULL;
      g_autofree char *own = NULL;

      test_sql (fixture->connection,
                "UPDATE t SET a = 'two'; CREATE TABLE later (x); INSERT INTO later VALUES (1)");
      other = sync_connection_open (sync_connection_get_path (fixture->connection), 0, 0, NULL);
      kept = test_query (other, "SELECT a FROM t");
      g_assert_cmpstr (kept, ==, "two\n");
      g_assert_true (sync_snapshot_restore (fixture->connection, snapshot->name, NOW + SECOND, 5,
                                            NULL, &error));
      g_assert_no_error (error);
      seen = test_query (other, "SELECT a, (SELECT count(*) FROM sqlite_master) FROM t");
      g_assert_cmpstr (seen, ==, "one|1\n");
      own = test_query (fixture->connection, "SELECT a FROM t");
      g_assert_cmpstr (own, ==, "one\n");
      mode = test_query (other, "PRAGMA journal_mode");
      g_assert_cmpint (g_ascii_strncasecmp (mode, journal_modes[i], strlen (journal_modes[i])), ==,
                       0);
      test_sql (other, "INSERT INTO t VALUES (2, 'new')");

      list = sync_snapshot_list (sync_connection_get_path (fixture->connection), NULL);
      g_assert_cmpuint (list->len, ==, 2);
      before = sync_connection_open (((SyncSnapshot *) g_ptr_array_index (list, 0))->path,
                                     SYNC_OPEN_READ_ONLY, 0, NULL);
      g_free (kept);
      kept = test_query (before, "SELECT a FROM t");
      g_assert_cmpstr (kept, ==, "two\n");
    }
}

/* Writes number after number into `w`; what is committed is acknowledged. */
static gpointer
keep_counting (gpointer data)
{
  Writer *writer = data;
  g_autoptr (SyncConnection) connection = sync_connection_open (writer->path, 0, 30000, NULL);

  test_sql (connection, "PRAGMA synchronous = OFF");
  while (!g_atomic_int_get (&writer->stop))
    {
      g_autofree char *sql = g_strdup_printf ("INSERT INTO w VALUES (%d)", writer->writes + 1);

      test_sql (connection, sql);
      g_atomic_int_inc (&writer->writes);
      /* A snapshot needs a moment in which nobody writes. */
      g_usleep (20 * G_TIME_SPAN_MILLISECOND);
    }
  return NULL;
}

static void
note_numbers (SyncConnection *connection, GHashTable *numbers)
{
  SyncStatement *query = sync_connection_prepare (connection, "SELECT n FROM w", NULL);

  while (sync_statement_step (query, NULL) == SYNC_STEP_ROW)
    g_hash_table_add (numbers, GINT_TO_POINTER ((int) sync_statement_int64 (query, 0)));
  sync_statement_reset (query);
}

static void
note_snapshots (const char *path, GHashTable *numbers)
{
  g_autoptr (GPtrArray) list = sync_snapshot_list (path, NULL);

  g_assert_cmpuint (list->len, ==, 1 + N_RESTORES);
  for (guint i = 0; i < list->len; i++)
    {
      const SyncSnapshot *snapshot = g_ptr_array_index (list, i);
      g_autoptr (SyncConnection) copy
          = sync_connection_open (snapshot->path, SYNC_OPEN_READ_ONLY, 0, NULL);

      note_numbers (copy, numbers);
    }
}

static void
restore_while_writing (const char *journal_mode)
{
  g_autoptr (Fixture) fixture = fixture_new (journal_mode);
  g_autoptr (GHashTable) numbers = g_hash_table_new (NULL, NULL);
  g_autoptr (SyncSnapshot) empty = NULL;
  g_autoptr (GError) error = NULL;
  Writer writer = { 0 };
  GThread *thread;

  test_sql (fixture->connection, "CREATE TABLE w (n INTEGER PRIMARY KEY)");
  empty = take (fixture, "sync", NOW, 50);
  writer.path = g_strdup (sync_connection_get_path (fixture->connection));
  thread = g_thread_new ("writer", keep_counting, &writer);
  for (guint done = 0; done < N_RESTORES;)
    {
      if (sync_snapshot_restore (fixture->connection, empty->name, NOW + SECOND, 50, NULL, &error))
        done++;
      else
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_BUSY);
      g_clear_error (&error);
    }
  g_atomic_int_set (&writer.stop, 1);
  g_thread_join (thread);

  note_numbers (fixture->connection, numbers);
  note_snapshots (writer.path, numbers);
  g_test_message ("%s: %d writes meanwhile", journal_mode, writer.writes);
  g_assert_cmpuint (g_hash_table_size (numbers), ==, writer.writes);
  g_free (writer.path);
}

static void
test_what_others_write_while_restoring_is_in_one_of_both (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (journal_modes); i++)
    restore_while_writing (journal_modes[i]);
}

static void
test_restoring_keeps_what_was_restored (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autoptr (SyncSnapshot) oldest = take (fixture, "sync", NOW, 3);
  g_autofree char *names = NULL;

  sync_snapshot_free (take (fixture, "sync", NOW + SECOND, 3));
  sync_snapshot_free (take (fixture, "sync", NOW + 2 * SECOND, 3));
  g_assert_true (
      sync_snapshot_restore (fixture->connection, oldest->name, NOW + 3 * SECOND, 3, NULL, NULL));
  names = list_names (fixture);
  g_assert_cmpstr (names, ==,
                   "live.db-20260102T030408678Z-before-restore\n"
                   "live.db-20260102T030407678Z-sync\n"
                   "live.db-20260102T030405678Z-sync\n");
}

static void
test_a_snapshot_of_another_page_size_fits (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (journal_modes); i++)
    {
      g_autoptr (Fixture) fixture = fixture_new ("DELETE");
      g_autoptr (SyncSnapshot) snapshot = take (fixture, "sync", NOW, 3);
      g_autoptr (GError) error = NULL;
      g_autofree char *rows = NULL;
      g_autofree char *sql = g_strdup_printf (
          "PRAGMA page_size = 1024; VACUUM; PRAGMA journal_mode = %s; DELETE FROM t",
          journal_modes[i]);

      test_sql (fixture->connection, sql);
      sync_snapshot_restore (fixture->connection, snapshot->name, NOW + SECOND, 3, NULL, &error);
      g_assert_no_error (error);
      rows = test_query (fixture->connection, "SELECT a FROM t");
      g_assert_cmpstr (rows, ==, "one\n");
      g_assert_cmpuint (count_files (fixture), ==, 2);
    }
}

static void
assert_not_restored (Fixture *fixture, const char *name, int code)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *rows = NULL;

  g_assert_false (sync_snapshot_restore (fixture->connection, name, NOW + SECOND, 5, NULL, &error));
  g_assert_error (error, SYNC_ERROR, code);
  rows = test_query (fixture->connection, "SELECT a FROM t");
  g_assert_cmpstr (rows, ==, "live\n");
}

static void
test_what_is_missing_or_damaged_is_not_restored (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autoptr (SyncSnapshot) snapshot = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *names = NULL;
  gsize length;

  test_sql (fixture->connection,
            "INSERT INTO t VALUES (2, zeroblob(9000)); CREATE INDEX i ON t (a)");
  snapshot = take (fixture, "sync", NOW, 5);
  test_sql (fixture->connection, "DELETE FROM t WHERE k = 2; UPDATE t SET a = 'live'");
  assert_not_restored (fixture, "live.db-20200101T000000000Z-sync", SYNC_ERROR_NOT_FOUND);
  assert_not_restored (fixture, "../live", SYNC_ERROR_NOT_FOUND);
  assert_not_restored (fixture, "", SYNC_ERROR_NOT_FOUND);

  g_assert_true (g_file_get_contents (snapshot->path, &contents, &length, NULL));
  memset (contents + 4096, 0x5a, 4096);
  g_assert_true (g_file_set_contents (snapshot->path, contents, length, NULL));
  assert_not_restored (fixture, snapshot->name, SYNC_ERROR_CORRUPT);
  g_assert_true (
      g_file_set_contents (snapshot->path,
                           "nothing of the kind, but long enough for a header of SQLite's, which "
                           "has a hundred bytes in all, as everybody knows",
                           -1, NULL));
  assert_not_restored (fixture, snapshot->name, SYNC_ERROR_NOT_DATABASE);
  names = list_names (fixture);
  g_assert_cmpstr (names, ==, "live.db-20260102T030405678Z-sync\n");
}

static void
test_no_folder_means_no_snapshots (void)
{
  g_autoptr (Fixture) fixture = fixture_new ("WAL");
  g_autofree char *names = list_names (fixture);

  g_assert_cmpstr (names, ==, "");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/snapshot/is-one-private-file-with-everything",
                   test_a_snapshot_is_one_private_file_with_everything);
  g_test_add_func ("/snapshot/the-newest-are-kept-and-listed-first",
                   test_the_newest_are_kept_and_listed_first);
  g_test_add_func ("/snapshot/two-at-once-get-two-names", test_two_at_once_get_two_names);
  g_test_add_func ("/snapshot/other-files-are-left-alone", test_other_files_are_left_alone);
  g_test_add_func ("/snapshot/cancelled-leaves-nothing", test_cancelled_leaves_nothing);
  g_test_add_func ("/snapshot/taken-while-others-write-is-one-moment",
                   test_a_snapshot_taken_while_others_write_is_one_moment);
  g_test_add_func ("/snapshot/restoring-brings-the-contents-back-for-everybody",
                   test_restoring_brings_the_contents_back_for_everybody);
  g_test_add_func ("/snapshot/what-others-write-while-restoring-is-in-one-of-both",
                   test_what_others_write_while_restoring_is_in_one_of_both);
  g_test_add_func ("/snapshot/restoring-keeps-what-was-restored",
                   test_restoring_keeps_what_was_restored);
  g_test_add_func ("/snapshot/of-another-page-size-fits",
                   test_a_snapshot_of_another_page_size_fits);
  g_test_add_func ("/snapshot/what-is-missing-or-damaged-is-not-restored",
                   test_what_is_missing_or_damaged_is_not_restored);
  g_test_add_func ("/snapshot/no-folder-means-no-snapshots", test_no_folder_means_no_snapshots);
  return g_test_run ();
}
