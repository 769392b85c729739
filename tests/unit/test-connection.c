/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-database.h"

/* What must never get into an error's text. */
#define SECRET "s3cret-value"

static SyncConnection *
open_expecting (const char *path, SyncOpenFlags flags, int code)
{
  g_autoptr (GError) error = NULL;
  SyncConnection *connection = sync_connection_open (path, flags, 0, &error);

  g_assert_error (error, SYNC_ERROR, code);
  g_assert_null (connection);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, path);
  return connection;
}

static void
test_what_is_no_database_is_refused_and_left_alone (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *missing = g_build_filename (folder, "missing.db", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "no", "missing.db", NULL);
  g_autofree char *text = g_build_filename (folder, "text.db", NULL);
  g_autofree char *below = g_build_filename (text, "x.db", NULL);
  g_autofree char *pipe = g_build_filename (folder, "pipe.db", NULL);
  g_autofree char *link = g_build_filename (folder, "link.db", NULL);
  g_autofree char *contents = NULL;

  open_expecting (missing, 0, SYNC_ERROR_NOT_FOUND);
  g_assert_false (g_file_test (missing, G_FILE_TEST_EXISTS));
  open_expecting (nowhere, SYNC_OPEN_CREATE, SYNC_ERROR_NOT_FOUND);
  open_expecting (folder, SYNC_OPEN_CREATE, SYNC_ERROR_NOT_DATABASE);
  g_assert_true (g_file_set_contents (text, "This is not SQLite format 3.", -1, NULL));
  open_expecting (text, SYNC_OPEN_CREATE, SYNC_ERROR_NOT_DATABASE);
  g_assert_true (g_file_get_contents (text, &contents, NULL, NULL));
  g_assert_cmpstr (contents, ==, "This is not SQLite format 3.");
  open_expecting (below, SYNC_OPEN_CREATE, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  open_expecting (pipe, 0, SYNC_ERROR_NOT_DATABASE);
  g_assert_cmpint (symlink (folder, link), ==, 0);
  open_expecting (link, 0, SYNC_ERROR_NOT_DATABASE);
  test_folder_remove (folder);
}

static void
test_an_empty_file_is_an_empty_database (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "empty.db", NULL);
  g_autoptr (SyncConnection) connection = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (path, "", 0, NULL));
  connection = sync_connection_open (path, 0, 0, &error);
  g_assert_no_error (error);
  test_sql (connection, "CREATE TABLE t (a)");
  test_folder_remove (folder);
}

static void
test_a_new_file_is_for_its_owner_alone (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "new.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  mode_t old_mask = umask (0);
  SyncConnection *connection = test_database_new (folder, "new.db", NULL);
  g_autoptr (GError) error = NULL;
  struct stat info;

  umask (old_mask);
  g_assert_true (sync_connection_set_wal (connection, &error));
  g_assert_no_error (error);
  test_sql (connection, "CREATE TABLE t (a)");
  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  g_assert_cmpint (stat (wal, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_name_is_never_a_uri (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *name = g_strdup ("file:x?mode=memory");
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autofree char *here = g_get_current_dir ();
  g_autoptr (SyncConnection) connection = NULL;

  g_assert_cmpint (g_chdir (folder), ==, 0);
  connection = sync_connection_open (name, SYNC_OPEN_CREATE, 0, NULL);
  g_assert_nonnull (connection);
  g_assert_cmpstr (sync_connection_get_path (connection), ==, path);
  test_sql (connection, "CREATE TABLE t (a)");
  g_assert_true (g_file_test (path, G_FILE_TEST_IS_REGULAR));
  g_assert_cmpint (g_chdir (here), ==, 0);
  test_folder_remove (folder);
}

static void
test_an_attached_database_keeps_its_journal_mode (void)
{
  static const char *const modes[] = { "delete", "truncate", "wal" };

  for (gsize i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autofree char *folder = test_folder_new ();
      SyncConnection *owner = test_database_new (folder, "owner.db", modes[i]);
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;
      g_autoptr (SyncConnection) connection = NULL;

      test_sql (owner, "CREATE TABLE t (a)");
      connection = sync_connection_open (sync_connection_get_path (owner), 0, 0, NULL);
      test_sql (connection, "INSERT INTO t VALUES (1)");
      before = test_query (owner, "PRAGMA journal_mode");
      after = test_query (connection, "PRAGMA foreign_keys");
      g_assert_true (g_str_has_prefix (before, modes[i]));
      g_assert_cmpstr (after, ==, "1\n");
      sync_connection_close (owner);
      test_folder_remove (folder);
    }
}

static void
test_what_may_only_be_read_says_so (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *owner = test_database_new (folder, "owner.db", NULL);
  g_autoptr (SyncConnection) reader = NULL;
  g_autoptr (GError) error = NULL;

  test_sql (owner, "CREATE TABLE t (a)");
  reader = sync_connection_open (sync_connection_get_path (owner), SYNC_OPEN_READ_ONLY, 0, &error);
  g_assert_no_error (error);
  g_assert_false (sync_connection_execute (reader, "INSERT INTO t VALUES (1)", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_READ_ONLY);
  sync_connection_close (owner);
  test_folder_remove (folder);
}

static void
test_a_database_that_others_hold_is_busy (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *owner = test_database_new (folder, "owner.db", NULL);
  g_autoptr (SyncConnection) other = NULL;
  g_autoptr (GError) error = NULL;

  test_sql (owner, "CREATE TABLE t (a)");
  other = sync_connection_open (sync_connection_get_path (owner), SYNC_OPEN_NO_WAIT, 60000, &error);
  g_assert_no_error (error);
  g_assert_true (sync_connection_begin (owner, &error));
  g_assert_false (sync_connection_begin (other, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_BUSY);
  g_assert_true (sync_error_is_transient (error));
  g_clear_error (&error);
  g_assert_true (sync_connection_commit (owner, &error));
  g_assert_true (sync_connection_begin (other, &error));
  sync_connection_rollback (other);
  sync_connection_close (owner);
  test_folder_remove (folder);
}

/* Refusals */

typedef struct
{
  const char *sql;
  int code;
  const char *reason;
  const char *column;
} Refusal;

static const Refusal refusals[] = {
  { "INSERT INTO t VALUES ('1', '" SECRET "', 1, 1)", SYNC_ERROR_CONSTRAINT, "primary-key", "k" },
  { "INSERT INTO t VALUES ('2', 'dup', 1, 1)", SYNC_ERROR_CONSTRAINT, "unique", "u" },
  { "INSERT INTO t VALUES ('2', '" SECRET "', 7, 8)", SYNC_ERROR_CONSTRAINT, "unique", "a, b" },
  { "INSERT INTO t VALUES ('2', NULL, 1, 1)", SYNC_ERROR_CONSTRAINT, "not-null", "u" },
  { "INSERT INTO t VALUES ('2', '" SECRET "', -1, 1)", SYNC_ERROR_CONSTRAINT, "check",
    "a_is_positive" },
  { "INSERT INTO c VALUES (1, '" SECRET "')", SYNC_ERROR_CONSTRAINT, "foreign-key", NULL },
  { "INSERT INTO c VALUES ('" SECRET "', '1')", SYNC_ERROR_CONSTRAINT, "type", NULL },
  { "INSERT INTO s VALUES ('" SECRET "')", SYNC_ERROR_CONSTRAINT, "type", "n" },
  { "INSERT INTO e VALUES ('DUP')", SYNC_ERROR_CONSTRAINT, "unique", "e_lower" },
  { "DELETE FROM t", SYNC_ERROR_CONSTRAINT, "trigger", NULL },
  { "SELECT abs('-9223372036854775808' + 0)", SYNC_ERROR_FAILED, NULL, NULL },
  { "SELECT * FROM nowhere", SYNC_ERROR_NO_TABLE, NULL, NULL },
  { "SELECT nowhat FROM t", SYNC_ERROR_NO_COLUMN, NULL, "nowhat" },
  { "INSERT INTO t (nowhat) VALUES ('" SECRET "')", SYNC_ERROR_NO_COLUMN, NULL, "nowhat" },
  { "SELECT zeroblob(2000000000)", SYNC_ERROR_TOO_LARGE, "sqlite-18", NULL },
};

static void
check_refusal (SyncConnection *connection, const Refusal *refusal)
{
  g_autoptr (GError) error = NULL;
  const SyncErrorDetail *detail;

  g_assert_false (sync_connection_execute (connection, refusal->sql, &error));
  g_test_message ("%s", error->message);
  g_assert_error (error, SYNC_ERROR, refusal->code);
  detail = sync_error_get_detail (error);
  g_assert_cmpstr (detail->reason, ==, refusal->reason);
  g_assert_cmpstr (detail->column, ==, refusal->column);
  g_assert_cmpstr (detail->subject, ==,
                   refusal->code == SYNC_ERROR_NO_TABLE ? "nowhere"
                                                        : sync_connection_get_path (connection));
  g_assert_null (strstr (error->message, SECRET));
  g_assert_null (strstr (error->message, "dup"));
}

static void
test_refusals_name_their_reason_and_never_a_value (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);

  test_sql (connection,
            "CREATE TABLE t (k TEXT PRIMARY KEY, u NOT NULL UNIQUE, a CONSTRAINT a_is_positive "
            "CHECK (a > 0), b,"
            " UNIQUE (a, b));"
            "CREATE TABLE c (n INTEGER PRIMARY KEY, t REFERENCES t); CREATE TABLE s (n INT) STRICT;"
            "CREATE TABLE e (x); CREATE UNIQUE INDEX e_lower ON e (lower(x));"
            "CREATE TRIGGER own BEFORE DELETE ON t BEGIN SELECT RAISE (ABORT, '" SECRET "'); END;"
            "INSERT INTO t VALUES ('1', 'dup', 7, 8); INSERT INTO e VALUES ('dup')");
  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    check_refusal (connection, &refusals[i]);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_full_disk_is_told (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (GError) error = NULL;

  test_sql (connection, "CREATE TABLE t (a); PRAGMA max_page_count = 4");
  g_assert_false (
      sync_connection_execute (connection, "INSERT INTO t VALUES (zeroblob(1000000))", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_damaged_database_is_told (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autofree char *path = g_strdup (sync_connection_get_path (connection));
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  test_sql (connection, "CREATE TABLE t (a); INSERT INTO t VALUES (zeroblob(20000))");
  sync_connection_close (connection);
  g_assert_true (g_file_get_contents (path, &contents, &length, NULL));
  memset (contents + 4096, 0xff, length - 4096);
  g_assert_true (g_file_set_contents (path, contents, length, NULL));
  connection = sync_connection_open (path, 0, 0, &error);
  g_assert_no_error (error);
  g_assert_false (sync_connection_execute (connection, "SELECT sum(length(a)) FROM t", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* Statements */

static void
test_values_come_back_as_they_went (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "values.db", NULL);
  SyncStatement *statement;
  gsize length;

  test_sql (connection, "CREATE TABLE t (a, b, c, d, e, f, g)");
  statement = sync_connection_prepare (connection,
                                       "INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", NULL);
  sync_statement_bind_null (statement, 1);
  sync_statement_bind_int64 (statement, 2, G_MININT64);
  sync_statement_bind_double (statement, 3, 0.1);
  sync_statement_bind_text (statement, 4, "a\0b", 3);
  sync_statement_bind_blob (statement, 5, NULL, 0);
  sync_statement_bind_text (statement, 6, NULL, -1);
  sync_statement_bind_text (statement, 7, "", -1);
  g_assert_true (sync_statement_run (statement, NULL));
  g_assert_cmpint (sync_connection_changes (connection), ==, 1);

  statement = sync_connection_prepare (connection, "SELECT * FROM t", NULL);
  g_assert_cmpint (sync_statement_step (statement, NULL), ==, SYNC_STEP_ROW);
  g_assert_cmpint (sync_statement_n_columns (statement), ==, 7);
  g_assert_cmpstr (sync_statement_column_name (statement, 1), ==, "b");
  g_assert_true (sync_statement_is_null (statement, 0));
  g_assert_cmpint (sync_statement_int64 (statement, 1), ==, G_MININT64);
  g_assert_true (sync_statement_double (statement, 2) == 0.1);
  g_assert_cmpmem (sync_statement_text (statement, 3, &length), 3, "a\0b", 3);
  g_assert_cmpuint (length, ==, 3);
  g_assert_cmpint (sync_statement_type (statement, 4), ==, SYNC_VALUE_BLOB);
  sync_statement_blob (statement, 4, &length);
  g_assert_cmpuint (length, ==, 0);
  g_assert_cmpint (sync_statement_type (statement, 5), ==, SYNC_VALUE_NULL);
  g_assert_cmpint (sync_statement_type (statement, 6), ==, SYNC_VALUE_TEXT);
  g_assert_cmpint (sync_statement_step (statement, NULL), ==, SYNC_STEP_DONE);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_the_same_text_is_prepared_once_and_begins_again (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "values.db", NULL);
  SyncStatement *first = sync_connection_prepare (connection, "SELECT ?1 UNION ALL SELECT 2", NULL);
  g_autoptr (GError) error = NULL;

  sync_statement_bind_int64 (first, 1, 7);
  g_assert_cmpint (sync_statement_step (first, NULL), ==, SYNC_STEP_ROW);
  g_assert_true (first
                 == sync_connection_prepare (connection, "SELECT ?1 UNION ALL SELECT 2", NULL));
  g_assert_cmpint (sync_statement_step (first, NULL), ==, SYNC_STEP_ROW);
  g_assert_true (sync_statement_is_null (first, 0));
  sync_connection_forget_statements (connection);
  g_assert_null (sync_connection_prepare (connection, "SELECT FROM", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_FAILED);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_failed_statement_can_be_run_again (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "values.db", NULL);
  SyncStatement *insert;
  g_autoptr (GError) error = NULL;

  test_sql (connection, "CREATE TABLE t (a UNIQUE); INSERT INTO t VALUES (1)");
  insert = sync_connection_prepare (connection, "INSERT INTO t VALUES (?1) RETURNING a", NULL);
  g_assert_false (sync_statement_run (sync_statement_bind_int64 (insert, 1, 1), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT);
  g_clear_error (&error);
  g_assert_cmpint (sync_statement_step (sync_statement_bind_int64 (insert, 1, 1), &error), ==,
                   SYNC_STEP_ERROR);
  g_clear_error (&error);
  g_assert_true (sync_statement_run (sync_statement_bind_int64 (insert, 1, 2), &error));
  g_assert_no_error (error);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_one_value_is_read_at_once (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "values.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;
  g_autofree char *none = NULL;
  gint64 number;

  test_sql (connection, "CREATE TABLE t (k, a); INSERT INTO t VALUES ('x', 5), ('y', NULL)");
  g_assert_true (sync_connection_query_int64 (connection, -1, &number, &error,
                                              "SELECT a FROM t WHERE k = ?1", "x", NULL));
  g_assert_cmpint (number, ==, 5);
  g_assert_true (sync_connection_query_int64 (connection, -1, &number, &error,
                                              "SELECT a FROM t WHERE k = ?1", "y", NULL));
  g_assert_cmpint (number, ==, -1);
  g_assert_true (sync_connection_query_int64 (connection, -1, &number, &error,
                                              "SELECT a FROM t WHERE k = ?1", "z", NULL));
  g_assert_cmpint (number, ==, -1);
  g_assert_true (sync_connection_query_text (connection, &text, &error,
                                             "SELECT k || ?1 || ?2 FROM t", "1", "2", NULL));
  g_assert_cmpstr (text, ==, "x12");
  g_assert_true (
      sync_connection_query_text (connection, &none, &error, "SELECT k FROM t WHERE 0", NULL));
  g_assert_null (none);
  g_assert_false (sync_connection_query_text (connection, &none, &error, "SELECT k FROM tt", NULL));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* Transactions */

static void
test_a_commit_that_fails_leaves_nothing (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *rows = NULL;

  test_sql (connection, "CREATE TABLE p (k PRIMARY KEY); CREATE TABLE c (p REFERENCES p DEFERRABLE "
                        "INITIALLY DEFERRED)");
  g_assert_true (sync_connection_begin (connection, &error));
  g_assert_true (sync_connection_in_transaction (connection));
  g_assert_false (sync_connection_has_deferred_violations (connection));
  test_sql (connection, "INSERT INTO c VALUES (1)");
  g_assert_true (sync_connection_has_deferred_violations (connection));
  g_assert_false (sync_connection_commit (connection, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "foreign-key");
  g_assert_false (sync_connection_in_transaction (connection));
  rows = test_query (connection, "SELECT * FROM c");
  g_assert_cmpstr (rows, ==, "");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_rollback_ends_running_statements (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  SyncStatement *select;
  g_autofree char *rows = NULL;

  test_sql (connection, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)");
  g_assert_true (sync_connection_begin (connection, NULL));
  test_sql (connection, "DELETE FROM t WHERE a = 1");
  select = sync_connection_prepare (connection, "SELECT a FROM t", NULL);
  g_assert_cmpint (sync_statement_step (select, NULL), ==, SYNC_STEP_ROW);
  sync_connection_rollback (connection);
  sync_connection_rollback (connection);
  rows = test_query (connection, "SELECT a FROM t ORDER BY 1");
  g_assert_cmpstr (rows, ==, "1\n2\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* Commits or rolls back a transaction of some length, and returns how long the next one took to begin, microseconds. */
static gint64
begin_after (SyncConnection *connection, gulong held, gboolean commit)
{
  g_autoptr (GError) error = NULL;
  gint64 since;

  g_assert_true (sync_connection_begin (connection, &error));
  g_usleep (held);
  since = g_get_monotonic_time ();
  if (commit)
    g_assert_true (sync_connection_commit (connection, &error));
  else
    sync_connection_rollback (connection);
  g_assert_true (sync_connection_begin (connection, &error));
  since = g_get_monotonic_time () - since;
  sync_connection_rollback (connection);
  g_assert_no_error (error);
  return since;
}

static void
test_others_are_let_in_between_long_transactions (void)
{
  g_autofree char *folder = test_folder_new ();
  g_autofree char *path = g_build_filename (folder, "a.db", NULL);
  g_autoptr (SyncConnection) connection = sync_connection_open (path, SYNC_OPEN_CREATE, 0, NULL);
  gint64 shortest = G_MAXINT64;

  g_assert_cmpint (begin_after (connection, 12000, TRUE), >=, 6000);
  g_assert_cmpint (begin_after (connection, 12000, FALSE), >=, 6000);
  /* Not after short ones, though a busy computer may take its time for them as well. */
  for (guint i = 0; i < 1000 && shortest >= 1000; i++)
    shortest = MIN (shortest, begin_after (connection, 0, TRUE));
  g_assert_cmpint (shortest, <, 1000);
  g_clear_pointer (&connection, sync_connection_close);
  test_folder_remove (folder);
}

static void
test_triggers_are_switched_off_and_on (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  SyncStatement *insert;
  g_autofree char *rows = NULL;

  test_sql (connection,
            "CREATE TABLE t (a); CREATE TABLE log (a);"
            "CREATE TRIGGER own AFTER INSERT ON t BEGIN INSERT INTO log VALUES (NEW.a); END");
  insert = sync_connection_prepare (connection, "INSERT INTO t VALUES (?1)", NULL);
  g_assert_true (sync_statement_run (sync_statement_bind_int64 (insert, 1, 1), NULL));
  g_assert_true (sync_connection_set_triggers (connection, FALSE, NULL));
  g_assert_true (sync_statement_run (sync_statement_bind_int64 (insert, 1, 2), NULL));
  g_assert_true (sync_connection_set_triggers (connection, TRUE, NULL));
  g_assert_true (sync_statement_run (sync_statement_bind_int64 (insert, 1, 3), NULL));
  rows = test_query (connection, "SELECT a FROM log ORDER BY 1");
  g_assert_cmpstr (rows, ==, "1\n3\n");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
expect_synchronous (SyncConnection *connection, const char *level)
{
  g_autofree char *told = test_query (connection, "PRAGMA synchronous");

  g_assert_cmpstr (told, ==, level);
}

/* Where there is a log, and only where commits waited for the disk before. */
static void
test_commits_wait_for_the_disk_again (void)
{
  static const struct
  {
    const char *mode;
    const char *before;
    const char *meanwhile;
  } cases[] = {
    { "WAL", "2\n", "1\n" },
    { "WAL", "0\n", "0\n" },
    { "DELETE", "2\n", "2\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *folder = test_folder_new ();
      SyncConnection *connection = test_database_new (folder, "owner.db", cases[i].mode);
      g_autoptr (GError) error = NULL;
      gboolean relaxed;

      if (cases[i].before[0] == '2')
        test_sql (connection, "PRAGMA synchronous = FULL");
      expect_synchronous (connection, cases[i].before);
      g_assert_true (sync_connection_relax (connection, &relaxed, &error));
      g_assert_no_error (error);
      expect_synchronous (connection, cases[i].meanwhile);
      g_assert_cmpint (relaxed, ==, !g_str_equal (cases[i].before, cases[i].meanwhile));
      g_assert_true (!relaxed || sync_connection_insist (connection, &error));
      g_assert_no_error (error);
      expect_synchronous (connection, cases[i].before);
      sync_connection_close (connection);
      test_folder_remove (folder);
    }
}

static void
test_steps_are_counted (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  SyncStatement *count;
  gint64 steps;

  test_sql (connection,
            "CREATE TABLE t (a); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
            " WHERE i < 1000) INSERT INTO t SELECT i FROM n");
  sync_connection_vm_steps (connection, TRUE);
  count = sync_connection_prepare (connection, "SELECT sum(a) FROM t", NULL);
  g_assert_true (sync_statement_run (count, NULL));
  steps = sync_connection_vm_steps (connection, FALSE);
  g_assert_cmpint (steps, >, 1000);
  sync_connection_forget_statements (connection);
  g_assert_cmpint (sync_connection_vm_steps (connection, TRUE), ==, steps);
  g_assert_cmpint (sync_connection_vm_steps (connection, TRUE), ==, 0);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

/* Threads */

static gpointer
use_elsewhere (gpointer data)
{
  test_sql (data, "CREATE TABLE t (a)");
  sync_connection_hand_over (data);
  return NULL;
}

static void
test_a_connection_can_be_handed_over (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);

  sync_connection_hand_over (connection);
  g_thread_join (g_thread_new ("other", use_elsewhere, connection));
  test_sql (connection, "INSERT INTO t VALUES (1)");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_connection_is_only_for_its_thread (void)
{
  if (g_test_subprocess ())
    {
      g_autofree char *folder = g_dir_make_tmp ("psync-XXXXXX", NULL);
      SyncConnection *connection = test_database_new (folder, "owner.db", NULL);

      /* The message is enough, not what is left. */
      test_folder_remove (folder);
      g_thread_join (g_thread_new ("other", use_elsewhere, connection));
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_failed ();
  g_test_trap_assert_stderr ("*assertion failed*owner*");
}

static void
test_names_and_texts_are_quoted (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  static const char *const names[]
      = { "plain", "select", "with space", "q\"uote", "it's", "ü]`", "a.b", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *quoted = sync_sql_quote_identifier (names[i]);
      g_autoptr (GString) sql = g_string_new ("SELECT ");
      g_autofree char *value = NULL;

      sync_sql_append_literal (sql, names[i]);
      g_string_append (sql, " AS ");
      sync_sql_append_identifier (sql, names[i]);
      g_assert_true (g_str_has_suffix (sql->str, quoted));
      g_assert_true (sync_connection_query_text (connection, &value, NULL, sql->str, NULL));
      g_assert_cmpstr (value, ==, names[i]);
      g_assert_cmpstr (
          sync_statement_column_name (sync_connection_prepare (connection, sql->str, NULL), 0), ==,
          names[i]);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connection/what-is-no-database-is-refused-and-left-alone",
                   test_what_is_no_database_is_refused_and_left_alone);
  g_test_add_func ("/connection/an-empty-file-is-an-empty-database",
                   test_an_empty_file_is_an_empty_database);
  g_test_add_func ("/connection/a-new-file-is-for-its-owner-alone",
                   test_a_new_file_is_for_its_owner_alone);
  g_test_add_func ("/connection/a-name-is-never-a-uri", test_a_name_is_never_a_uri);
  g_test_add_func ("/connection/an-attached-database-keeps-its-journal-mode",
                   test_an_attached_database_keeps_its_journal_mode);
  g_test_add_func ("/connection/what-may-only-be-read-says-so", test_what_may_only_be_read_says_so);
  g_test_add_func ("/connection/a-database-that-others-hold-is-busy",
                   test_a_database_that_others_hold_is_busy);
  g_test_add_func ("/connection/refusals-name-their-reason-and-never-a-value",
                   test_refusals_name_their_reason_and_never_a_value);
  g_test_add_func ("/connection/a-full-disk-is-told", test_a_full_disk_is_told);
  g_test_add_func ("/connection/a-damaged-database-is-told", test_a_damaged_database_is_told);
  g_test_add_func ("/connection/values-come-back-as-they-went", test_values_come_back_as_they_went);
  g_test_add_func ("/connection/the-same-text-is-prepared-once-and-begins-again",
                   test_the_same_text_is_prepared_once_and_begins_again);
  g_test_add_func ("/connection/a-failed-statement-can-be-run-again",
                   test_a_failed_statement_can_be_run_again);
  g_test_add_func ("/connection/one-value-is-read-at-once", test_one_value_is_read_at_once);
  g_test_add_func ("/connection/a-commit-that-fails-leaves-nothing",
                   test_a_commit_that_fails_leaves_nothing);
  g_test_add_func ("/connection/a-rollback-ends-running-statements",
                   test_a_rollback_ends_running_statements);
  g_test_add_func ("/connection/triggers-are-switched-off-and-on",
                   test_triggers_are_switched_off_and_on);
  g_test_add_func ("/connection/commits-wait-for-the-disk-again",
                   test_commits_wait_for_the_disk_again);
  g_test_add_func ("/connection/others-are-let-in-between-long-transactions",
                   test_others_are_let_in_between_long_transactions);
  g_test_add_func ("/connection/steps-are-counted", test_steps_are_counted);
  g_test_add_func ("/connection/can-be-handed-over", test_a_connection_can_be_handed_over);
  g_test_add_func ("/connection/is-only-for-its-thread", test_a_connection_is_only_for_its_thread);
  g_test_add_func ("/connection/names-and-texts-are-quoted", test_names_and_texts_are_quoted);
  return g_test_run ();
}
