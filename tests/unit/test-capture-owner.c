/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "test-capture-fixture.h"

#define PLAIN "CREATE TABLE t (k TEXT PRIMARY KEY, a, b)"

/* What a note says */

static void
test_a_note_counts_and_keeps_what_is_not_its_own (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (NULL, PLAIN);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *time = NULL;

  test_sql (capture->connection, "INSERT INTO t VALUES ('1', 1, 1)");
  first = test_query (
      capture->connection,
      "SELECT entity, id, seq, maybe_sent, reread, state, attempts FROM psync_change");
  g_assert_cmpstr (first, ==, "t|'1'|1|0|0|pending|0\n");
  time = test_query (capture->connection,
                     "SELECT abs(julianday('now') - julianday(changed_at)) < 0.01,"
                     " changed_at GLOB "
                     "'[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-9][0-9].["
                     "0-9][0-9][0-9]Z'"
                     " FROM psync_change");
  g_assert_cmpstr (time, ==, "1|1\n");

  test_sql (capture->connection,
            "UPDATE psync_change SET maybe_sent = 1, reread = 1, state = 'refused', attempts = 3,"
            " next_attempt_at = 5, error = '{}', changed_at = NULL; UPDATE t SET a = 2");
  second = test_query (
      capture->connection,
      "SELECT seq, maybe_sent, reread, state, attempts, next_attempt_at IS NULL, error IS NULL,"
      " changed_at IS NULL FROM psync_change");
  g_assert_cmpstr (second, ==, "2|1|1|pending|0|1|1|0\n");
}

static void
test_rows_that_we_write_are_not_noted_and_what_follows_has_no_time (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (
      NULL, "CREATE TABLE p (k TEXT PRIMARY KEY, u UNIQUE);"
            "CREATE TABLE c (k TEXT PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)");
  g_autofree char *notes = NULL;

  test_sql (
      capture->connection,
      "INSERT INTO p VALUES ('1', 1), ('2', 2), ('3', 3); INSERT INTO c VALUES ('a', '1'), ('b', "
      "'2');"
      "DELETE FROM psync_change; UPDATE c SET p = '2' WHERE k = 'b';"
      "BEGIN; INSERT INTO psync_applying VALUES ('p', '''1'''), ('p', '''9'''), ('c', '''2''');"
      "DELETE FROM p WHERE k = '1'; REPLACE INTO p VALUES ('9', 3); DELETE FROM p WHERE k = '2';"
      "DELETE FROM psync_applying; COMMIT; INSERT INTO p VALUES ('7', 7)");
  notes = test_query (capture->connection,
                      "SELECT entity, id, seq, changed_at IS NULL FROM psync_change ORDER BY 1, 2");
  g_assert_cmpstr (notes, ==,
                   "c|'a'|1|1\n"
                   "c|'b'|2|1\n"
                   "p|'2'|1|1\n"
                   "p|'3'|1|1\n"
                   "p|'7'|1|0\n");
}

static void
test_the_writer_sees_his_own_counts (void)
{
  g_autoptr (TestCapture) capture
      = test_capture_new (NULL, "CREATE TABLE t (k INTEGER PRIMARY KEY, u UNIQUE)");

  test_sql (capture->connection, "INSERT INTO t VALUES (41, 'a'), (42, 'b')");
  g_assert_cmpint (sync_connection_last_rowid (capture->connection), ==, 42);
  g_assert_cmpint (sync_connection_changes (capture->connection), ==, 2);
  test_sql (capture->connection, "INSERT OR REPLACE INTO t (u) VALUES ('a')");
  g_assert_cmpint (sync_connection_last_rowid (capture->connection), ==, 43);
  g_assert_cmpint (sync_connection_changes (capture->connection), ==, 1);
  test_sql (capture->connection, "UPDATE t SET u = u || 'x'");
  g_assert_cmpint (sync_connection_changes (capture->connection), ==, 2);
}

static void
test_a_database_attached_under_another_name_is_captured (void)
{
  g_autoptr (TestCapture) capture
      = test_capture_new ("DELETE", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)");
  g_autofree char *main_path = g_build_filename (capture->folder, "main.db", NULL);
  g_autofree char *sql = g_strdup_printf (
      "ATTACH '%s' AS owner; CREATE TABLE t (x); CREATE TEMP TABLE psync_change (x);"
      "INSERT INTO owner.t VALUES ('1', 1); REPLACE INTO owner.t VALUES ('2', 1);",
      sync_connection_get_path (capture->connection));
  g_autofree char *notes = NULL;

  g_assert_true (test_shell (main_path, sql, NULL));
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\n");
}

/* A strict program forbids "text" for 'text', and functions that a schema cannot be trusted with.
 */
static void
test_a_strict_program_can_write (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (
      "DELETE", "CREATE TABLE t (k TEXT PRIMARY KEY, u, v NOT NULL DEFAULT \"none\" UNIQUE);"
                "CREATE UNIQUE INDEX i ON t (lower(u)) WHERE v <> \"some\"");
  g_autofree char *notes = NULL;

  g_assert_true (
      test_shell (sync_connection_get_path (capture->connection),
                  ".dbconfig dqs_dml off\n.dbconfig dqs_ddl off\n.dbconfig trusted_schema off\n"
                  ".dbconfig defensive on\n"
                  "INSERT INTO t VALUES ('1', 'A', 'x'); REPLACE INTO t VALUES ('2', 'a', 'y');"
                  "UPDATE OR REPLACE t SET v = NULL;",
                  NULL));
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\n");
}

static void
test_wide_rows_and_blobs_are_written (void)
{
  g_autoptr (GString) schema = g_string_new ("CREATE TABLE t (k TEXT PRIMARY KEY");
  g_autoptr (TestCapture) capture = NULL;
  g_autofree char *notes = NULL;

  for (guint i = 0; i < 300; i++)
    g_string_append_printf (schema, ", c%u", i);
  g_string_append (schema, ")");
  capture = test_capture_new (NULL, schema->str);
  test_sql (capture->connection, "INSERT INTO t (k, c0, c299) VALUES ('1', x'00ff', "
                                 "zeroblob(100000)); UPDATE t SET c7 = 9e999");
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\n");
}

/* What it costs */

static void
test_victims_are_found_by_their_index (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (
      NULL, "CREATE TABLE t (k TEXT PRIMARY KEY COLLATE NOCASE, a TEXT, b TEXT COLLATE NOCASE, c, "
            "d NOT NULL DEFAULT 'd',"
            " g AS (b || '!') UNIQUE, UNIQUE (d, k));"
            "CREATE UNIQUE INDEX i1 ON t (a COLLATE NOCASE); CREATE UNIQUE INDEX i2 ON t (b "
            "COLLATE BINARY);"
            "CREATE UNIQUE INDEX i3 ON t (lower(a)); CREATE UNIQUE INDEX i4 ON t (c) WHERE a <> "
            "\"x\" AND b IS NOT NULL;"
            "CREATE UNIQUE INDEX i5 ON t (c DESC, upper(b) COLLATE NOCASE) WHERE d = 'd'");
  gint64 insert;
  gint64 update;
  gint64 plain;

  test_sql (capture->connection,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            "INSERT INTO t (k, a, b, c) SELECT 'k' || i, 'a' || i, 'b' || i, i FROM n");
  sync_connection_vm_steps (capture->connection, TRUE);
  g_assert_true (sync_connection_execute (
      capture->connection, "REPLACE INTO t (k, a, b, c) VALUES ('x', 'A7', 'b8', 9)", NULL));
  insert = sync_connection_vm_steps (capture->connection, TRUE);
  g_assert_true (sync_connection_execute (
      capture->connection, "UPDATE OR REPLACE t SET a = 'A99', c = 98 WHERE k = 'k97'", NULL));
  update = sync_connection_vm_steps (capture->connection, TRUE);
  g_assert_true (
      sync_connection_execute (capture->connection, "UPDATE t SET a = a WHERE k = 'k96'", NULL));
  plain = sync_connection_vm_steps (capture->connection, TRUE);
  g_test_message ("steps: replace %" G_GINT64_FORMAT ", update or replace %" G_GINT64_FORMAT
                  ", update %" G_GINT64_FORMAT,
                  insert, update, plain);
  g_assert_cmpint (insert, <, 4000);
  g_assert_cmpint (update, <, 4000);
  g_assert_cmpint (plain, <, 500);
}

static void
test_a_captured_update_takes_few_steps (void)
{
  g_autoptr (TestCapture) capture
      = test_capture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, a, u UNIQUE)");
  gint64 started;
  gint64 steps;

  test_sql (capture->connection,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            "INSERT INTO t SELECT 'k' || i, i, i FROM n; DELETE FROM psync_change");
  started = g_get_monotonic_time ();
  sync_connection_vm_steps (capture->connection, TRUE);
  g_assert_true (sync_connection_execute (capture->connection, "UPDATE t SET a = a + 1", NULL));
  steps = sync_connection_vm_steps (capture->connection, TRUE);
  g_test_message ("20000 updates: %" G_GINT64_FORMAT " steps each, %.3f s", steps / 20000,
                  (g_get_monotonic_time () - started) / 1e6);
  g_assert_cmpint (steps, <, 20000 * 150);
}

/* The owner changes his tables */

static gboolean
is_intact (TestCapture *capture, guint entity)
{
  g_autoptr (GError) error = NULL;
  gboolean intact = FALSE;

  sync_capture_check (capture->connection, g_ptr_array_index (capture->entities, entity), &intact,
                      &error);
  g_assert_no_error (error);
  return intact;
}

static void
assert_check_fails (TestCapture *capture, int code)
{
  g_autoptr (GError) error = NULL;
  gboolean intact = TRUE;

  g_assert_false (sync_capture_check (capture->connection, g_ptr_array_index (capture->entities, 0),
                                      &intact, &error));
  g_assert_error (error, SYNC_ERROR, code);
  g_assert_false (intact);
}

static void
test_columns_that_are_no_key_come_and_go (void)
{
  g_autoptr (TestCapture) capture
      = test_capture_new ("DELETE", "CREATE TABLE t (k TEXT PRIMARY KEY, a, b, c, u UNIQUE)");
  g_autofree char *notes = NULL;

  g_assert_true (
      test_shell (sync_connection_get_path (capture->connection),
                  "ALTER TABLE t ADD COLUMN d DEFAULT 5; ALTER TABLE t DROP COLUMN a;"
                  "ALTER TABLE t RENAME COLUMN b TO bb; INSERT INTO t VALUES ('1', 2, 3, 4, 5);"
                  "ALTER TABLE t DROP COLUMN bb; REPLACE INTO t VALUES ('2', 3, 4, 5);",
                  NULL));
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\n");
  g_assert_true (is_intact (capture, 0));
}

static void
test_renamed_tables_and_keys_are_captured_and_found (void)
{
  g_autoptr (TestCapture) capture
      = test_capture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)");
  g_autofree char *notes = NULL;

  test_sql (capture->connection, "INSERT INTO t VALUES ('1', 1); ALTER TABLE t RENAME COLUMN k TO "
                                 "key; REPLACE INTO t VALUES ('2', 1)");
  assert_check_fails (capture, SYNC_ERROR_NO_COLUMN);
  test_sql (capture->connection, "ALTER TABLE t RENAME TO tt; REPLACE INTO tt VALUES ('3', 1)");
  assert_check_fails (capture, SYNC_ERROR_NO_TABLE);
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\nt:'3'\n");

  test_sql (capture->connection,
            "ALTER TABLE tt RENAME COLUMN key TO k; ALTER TABLE tt RENAME TO t");
  g_assert_true (is_intact (capture, 0));
}

static void
test_lost_and_outdated_triggers_are_found_and_healed (void)
{
  static const char *const harms[] = {
    "DROP TRIGGER psync_insert_t",
    "DROP TRIGGER psync_before_update_t",
    "CREATE UNIQUE INDEX i ON t (a)",
    "DROP TABLE t; CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, a)",
    "CREATE TABLE n (k TEXT PRIMARY KEY, u UNIQUE, a); INSERT INTO n SELECT * FROM t; DROP TABLE t;"
    " ALTER TABLE n RENAME TO t",
    "ALTER TABLE t RENAME TO old; CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, a)",
    "DROP TRIGGER psync_delete_t; CREATE TRIGGER psync_delete_t AFTER DELETE ON t BEGIN SELECT 1; "
    "END",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (harms); i++)
    {
      g_autoptr (TestCapture) capture
          = test_capture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, a)");
      g_autoptr (GError) error = NULL;
      g_autofree char *notes = NULL;

      g_assert_true (is_intact (capture, 0));
      test_sql (capture->connection, harms[i]);
      g_assert_false (is_intact (capture, 0));
      sync_capture_install (capture->connection, g_ptr_array_index (capture->entities, 0), &error);
      g_assert_no_error (error);
      g_assert_true (is_intact (capture, 0));
      test_sql (
          capture->connection,
          "INSERT INTO t VALUES ('1', 1, 1), ('2', 2, 2), ('3', 3, 3); DELETE FROM psync_change;"
          "REPLACE INTO t VALUES ('4', 1, 4); DELETE FROM t WHERE k = '2'");
      notes = test_capture_read_notes (capture);
      g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\nt:'4'\n");
    }
}

static void
test_nothing_is_left_after_removal (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (SyncEntity) entity = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *before = NULL;
  g_autofree char *between = NULL;
  g_autofree char *after = NULL;

  test_sql (connection, "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE); CREATE TRIGGER own AFTER "
                        "INSERT ON t BEGIN SELECT 1; END;"
                        "INSERT INTO t VALUES ('1', 1)");
  before
      = test_query (connection, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 2");
  entity = sync_capture_describe_table (connection, "t", &error);
  g_assert_no_error (error);
  g_assert_true (sync_capture_install (connection, entity, &error));
  between
      = test_query (connection, "SELECT name FROM sqlite_master WHERE type = 'trigger' ORDER BY 1");
  g_assert_cmpstr (between, ==,
                   "own\npsync_before_insert_t\npsync_before_update_t\npsync_delete_t\npsync_"
                   "insert_t\npsync_update_t\n");
  g_assert_true (sync_capture_remove (connection, entity, &error));
  g_assert_true (sync_capture_remove (connection, entity, &error));
  after = test_query (connection, "SELECT type, name, tbl_name, sql FROM sqlite_master ORDER BY 2");
  g_assert_cmpstr (after, ==, before);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_a_key_that_is_not_there_installs_nothing (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (NULL, PLAIN);
  g_autoptr (SyncEntity) entity = sync_entity_new ("other", "t", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *triggers = NULL;

  g_assert_false (sync_capture_install (capture->connection, entity, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_KEY);
  g_clear_error (&error);
  sync_entity_add_column (entity, "nowhere", SYNC_CODEC_TEXT, TRUE);
  g_assert_false (sync_capture_install (capture->connection, entity, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_COLUMN);
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "nowhere");
  triggers = test_query (capture->connection,
                         "SELECT name FROM sqlite_master WHERE name LIKE 'psync_%_other'");
  g_assert_cmpstr (triggers, ==, "");
}

static void
test_another_key_than_the_integer_one_notes_its_victims (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (
      NULL, "CREATE TABLE t (n INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE, a)");
  g_autoptr (SyncEntity) entity = sync_entity_new ("t", NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *notes = NULL;

  sync_entity_add_column (entity, "k", SYNC_CODEC_TEXT, TRUE);
  sync_capture_install (capture->connection, entity, &error);
  g_assert_no_error (error);
  test_sql (capture->connection,
            "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4); DELETE FROM "
            "psync_change;"
            "REPLACE INTO t VALUES (1, 'e', 1); UPDATE OR REPLACE t SET n = 2 WHERE k = 'c'");
  notes = test_capture_read_notes (capture);
  g_assert_cmpstr (notes, ==, "\nt:'a'\nt:'b'\nt:'c'\nt:'e'\n");
}

static void
test_side_effects_are_seen (void)
{
  g_autoptr (TestCapture) capture = test_capture_new (
      NULL,
      "CREATE TABLE a (k TEXT PRIMARY KEY); CREATE TABLE b (k TEXT PRIMARY KEY, a REFERENCES A);"
      "CREATE TABLE c (k TEXT PRIMARY KEY, c REFERENCES c);"
      "CREATE TRIGGER own AFTER INSERT ON B BEGIN SELECT 1; END");
  static const gboolean expected[][2] = { { FALSE, TRUE }, { TRUE, FALSE }, { FALSE, TRUE } };

  for (guint i = 0; i < capture->entities->len; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean triggers;
      gboolean referenced;

      sync_capture_has_side_effects (capture->connection, g_ptr_array_index (capture->entities, i),
                                     &triggers, &referenced, &error);
      g_assert_no_error (error);
      g_assert_cmpint (triggers, ==, expected[i][0]);
      g_assert_cmpint (referenced, ==, expected[i][1]);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/capture/a-note-counts-and-keeps-what-is-not-its-own",
                   test_a_note_counts_and_keeps_what_is_not_its_own);
  g_test_add_func ("/capture/rows-that-we-write-are-not-noted-and-what-follows-has-no-time",
                   test_rows_that_we_write_are_not_noted_and_what_follows_has_no_time);
  g_test_add_func ("/capture/the-writer-sees-his-own-counts", test_the_writer_sees_his_own_counts);
  g_test_add_func ("/capture/a-database-attached-under-another-name-is-captured",
                   test_a_database_attached_under_another_name_is_captured);
  g_test_add_func ("/capture/a-strict-program-can-write", test_a_strict_program_can_write);
  g_test_add_func ("/capture/wide-rows-and-blobs-are-written",
                   test_wide_rows_and_blobs_are_written);
  g_test_add_func ("/capture/victims-are-found-by-their-index",
                   test_victims_are_found_by_their_index);
  g_test_add_func ("/capture/a-captured-update-takes-few-steps",
                   test_a_captured_update_takes_few_steps);
  g_test_add_func ("/capture/columns-that-are-no-key-come-and-go",
                   test_columns_that_are_no_key_come_and_go);
  g_test_add_func ("/capture/renamed-tables-and-keys-are-captured-and-found",
                   test_renamed_tables_and_keys_are_captured_and_found);
  g_test_add_func ("/capture/lost-and-outdated-triggers-are-found-and-healed",
                   test_lost_and_outdated_triggers_are_found_and_healed);
  g_test_add_func ("/capture/nothing-is-left-after-removal", test_nothing_is_left_after_removal);
  g_test_add_func ("/capture/a-key-that-is-not-there-installs-nothing",
                   test_a_key_that_is_not_there_installs_nothing);
  g_test_add_func ("/capture/another-key-than-the-integer-one-notes-its-victims",
                   test_another_key_than_the_integer_one_notes_its_victims);
  g_test_add_func ("/capture/side-effects-are-seen", test_side_effects_are_seen);
  return g_test_run ();
}
