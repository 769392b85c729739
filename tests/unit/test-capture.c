/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture.h"

#include <string.h>

#include "test-database.h"

/* What writers do, what must be noted then, and what must not. Each case runs in this process and
 * in the sqlite3 shell, with both journal modes, with foreign keys and recursive triggers on and
 * off. */

/**
 * Case:
 * @name: the promise
 * @schema: the owner's tables
 * @rows: what is in them before
 * @write: what the owner does
 * @noted: what must be noted: `table:id`, separated by |
 * @not_noted: (nullable): what must not
 * @foreign_keys: whether it needs foreign keys
 */
typedef struct
{
  const char *name;
  const char *schema;
  const char *rows;
  const char *write;
  const char *noted;
  const char *not_noted;
  gboolean foreign_keys;
} Case;

#define PLAIN "CREATE TABLE t (k TEXT PRIMARY KEY, a, b)"
#define PLAIN_ROWS "INSERT INTO t VALUES ('1', 1, 1), ('2', 2, 2), ('3', 3, 3)"

static const Case cases[] = {
  { "insert", PLAIN, PLAIN_ROWS, "INSERT INTO t VALUES ('4', 1, 1), ('5', 1, 1)", "t:'4'|t:'5'",
    "t:'1'|t:'2'" },
  { "update", PLAIN, PLAIN_ROWS, "UPDATE t SET a = 9 WHERE k IN ('1', '2')", "t:'1'|t:'2'",
    "t:'3'" },
  { "update-to-the-same", PLAIN, PLAIN_ROWS, "UPDATE t SET a = a WHERE k = '1'", "t:'1'", "t:'3'" },
  { "delete", PLAIN, PLAIN_ROWS, "DELETE FROM t WHERE k = '2'", "t:'2'", "t:'1'|t:'3'" },
  { "delete-all", PLAIN, PLAIN_ROWS, "DELETE FROM t", "t:'1'|t:'2'|t:'3'", NULL },
  { "changed-key", PLAIN, PLAIN_ROWS, "UPDATE t SET k = '9' WHERE k = '1'", "t:'1'|t:'9'",
    "t:'2'" },
  { "changed-keys-in-a-chain", "CREATE TABLE t (k INTEGER PRIMARY KEY, a)",
    "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)", "UPDATE t SET k = k + 10",
    "t:1|t:2|t:3|t:11|t:12|t:13", NULL },
  { "insert-select", PLAIN, PLAIN_ROWS, "INSERT INTO t SELECT k || 'x', a, b FROM t WHERE k < '3'",
    "t:'1x'|t:'2x'", "t:'1'" },
  { "update-from", PLAIN, PLAIN_ROWS,
    "UPDATE t SET a = s.b FROM (SELECT k AS key, b FROM t) s WHERE s.key = t.k AND t.k = '2'",
    "t:'2'", "t:'1'" },

  { "replace-same-key", PLAIN, PLAIN_ROWS, "REPLACE INTO t VALUES ('2', 5, 5)", "t:'2'", "t:'1'" },
  { "replace-by-unique-column", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, v UNIQUE, a)",
    "INSERT INTO t VALUES ('1', 'a', 'x', 1), ('2', 'b', 'y', 2), ('3', 'c', 'z', 3), ('4', 'd', "
    "'w', 4)",
    "INSERT OR REPLACE INTO t VALUES ('1', 'b', 'z', 0)", "t:'1'|t:'2'|t:'3'", "t:'4'" },
  { "replace-by-unique-index-of-two",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u, v); CREATE UNIQUE INDEX i ON t (v, u)",
    "INSERT INTO t VALUES ('1', 'a', 1), ('2', 'a', 2), ('3', 'b', 1)",
    "INSERT OR REPLACE INTO t VALUES ('9', 'a', 2)", "t:'9'|t:'2'", "t:'1'|t:'3'" },
  { "replace-by-other-collation",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT); CREATE UNIQUE INDEX i ON t (u COLLATE NOCASE)",
    "INSERT INTO t VALUES ('1', 'abc'), ('2', 'x')", "INSERT OR REPLACE INTO t VALUES ('9', 'ABC')",
    "t:'9'|t:'1'", "t:'2'" },
  { "replace-by-stricter-collation",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u TEXT COLLATE NOCASE); CREATE UNIQUE INDEX i ON t (u "
    "COLLATE BINARY)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'A')", "UPDATE OR REPLACE t SET u = 'A' WHERE k = '1'",
    "t:'1'|t:'2'", NULL },
  { "replace-of-a-key-equal-by-collation", "CREATE TABLE t (k TEXT COLLATE NOCASE PRIMARY KEY, a)",
    "INSERT INTO t VALUES ('abc', 1), ('x', 2)", "REPLACE INTO t VALUES ('ABC', 3)",
    "t:'ABC'|t:'abc'", "t:'x'" },
  { "replace-of-a-key-equal-by-number", "CREATE TABLE t (k PRIMARY KEY, a)",
    "INSERT INTO t VALUES (5, 1), (6, 2)", "REPLACE INTO t VALUES (5.0, 3)", "t:5|t:5.0", "t:6" },
  { "replace-by-partial-index",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u, live); CREATE UNIQUE INDEX i ON t (u) WHERE live AND "
    "\"t\".u <> \"none\"",
    "INSERT INTO t VALUES ('1', 'a', 1), ('2', 'a', 0), ('3', 'b', 1), ('4', 'none', 1)",
    "INSERT OR REPLACE INTO t VALUES ('8', 'a', 1), ('9', 'b', 0), ('7', 'none', 1)",
    "t:'7'|t:'8'|t:'9'|t:'1'", "t:'2'|t:'3'|t:'4'" },
  { "replace-by-partial-index-on-a-key-yet-unknown",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, u); CREATE UNIQUE INDEX i ON t (u) WHERE k > 5",
    "INSERT INTO t VALUES (1, 'a'), (6, 'a'), (7, 'b')",
    "INSERT OR REPLACE INTO t (u) VALUES ('a')", "t:8|t:6", "t:7" },
  { "replace-by-expression-index",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u, v);"
    "CREATE UNIQUE INDEX i ON t (lower(u) || ')' /* ) */ COLLATE NOCASE DESC, v)",
    "INSERT INTO t VALUES ('1', 'Abc', 1), ('2', 'abC', 2), ('3', 'x', 1)",
    "INSERT OR REPLACE INTO t VALUES ('9', 'aBC', 1)", "t:'9'|t:'1'", "t:'2'|t:'3'" },
  { "replace-by-the-type-of-a-value",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u); CREATE UNIQUE INDEX i ON t (typeof(u))",
    "INSERT INTO t VALUES ('1', 5), ('2', 7.5), ('3', 'x')",
    "UPDATE OR REPLACE t SET u = 5.0 WHERE k = '1'", "t:'1'|t:'2'", "t:'3'" },
  { "replace-by-expression-on-a-key-yet-unknown",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, u); CREATE UNIQUE INDEX i ON t (k % 3)",
    "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')",
    "INSERT OR REPLACE INTO t (u) VALUES ('d')", "t:4|t:1", NULL },
  { "replace-by-generated-column", "CREATE TABLE t (k TEXT PRIMARY KEY, u, g AS (lower(u)) UNIQUE)",
    "INSERT INTO t VALUES ('1', 'A'), ('2', 'B')", "INSERT OR REPLACE INTO t VALUES ('9', 'a')",
    "t:'9'|t:'1'", "t:'2'" },
  { "replace-by-a-default",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u NOT NULL DEFAULT \"none\" UNIQUE, v NOT NULL DEFAULT (1 "
    "+ 1) UNIQUE)",
    "INSERT INTO t VALUES ('1', 'none', 1), ('2', 'a', 2), ('3', 'b', 3)",
    "INSERT OR REPLACE INTO t VALUES ('9', NULL, NULL)", "t:'9'|t:'1'|t:'2'", "t:'3'" },
  { "replace-by-a-default-behind-a-generated-column",
    "CREATE TABLE t (k TEXT PRIMARY KEY, d NOT NULL DEFAULT 'y', g AS (coalesce(d, 'x')) UNIQUE)",
    "INSERT INTO t VALUES ('1', 'x'), ('2', 'y')", "UPDATE OR REPLACE t SET d = NULL WHERE k = '1'",
    "t:'1'|t:'2'", NULL },
  { "replace-by-constraint", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE ON CONFLICT REPLACE)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'b')", "INSERT INTO t VALUES ('9', 'a')", "t:'9'|t:'1'",
    "t:'2'" },
  { "replace-by-integer-key-that-is-not-synced",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, u TEXT NOT NULL UNIQUE)",
    "INSERT INTO t VALUES (1, 'a'), (2, 'b')", "INSERT OR REPLACE INTO t VALUES (1, 'c')", "t:1",
    "t:2" },
  { "replace-by-rowid", PLAIN, PLAIN_ROWS, "INSERT OR REPLACE INTO t (rowid, k) VALUES (2, '9')",
    "t:'9'|t:'2'", "t:'1'|t:'3'" },
  { "replace-by-rowid-in-update", PLAIN, PLAIN_ROWS,
    "UPDATE OR REPLACE t SET oid = 2 WHERE k = '1'", "t:'1'|t:'2'", "t:'3'" },
  { "replace-by-rowid-under-another-name", "CREATE TABLE t (k TEXT PRIMARY KEY, rowid, oid)",
    "INSERT INTO t VALUES ('1', 7, 7), ('2', 8, 8)",
    "INSERT OR REPLACE INTO t (_rowid_, k) VALUES (2, '9')", "t:'9'|t:'2'", "t:'1'" },
  { "update-or-replace", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'b'), ('3', 'c')",
    "UPDATE OR REPLACE t SET u = 'b' WHERE k = '1'", "t:'1'|t:'2'", "t:'3'" },
  { "update-or-replace-of-keys", PLAIN, PLAIN_ROWS, "UPDATE OR REPLACE t SET k = '2' WHERE k = '1'",
    "t:'1'|t:'2'", "t:'3'" },
  { "update-or-replace-one-after-the-other", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'b'), ('3', 'c')", "UPDATE OR REPLACE t SET u = 'z'",
    "t:'1'|t:'2'|t:'3'", NULL },
  { "or-ignore", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'b')",
    "INSERT OR IGNORE INTO t VALUES ('8', 'a'), ('9', 'c')", "t:'9'", "t:'2'|t:'8'" },
  { "update-or-ignore", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)",
    "INSERT INTO t VALUES ('1', 'a'), ('2', 'b')", "UPDATE OR IGNORE t SET u = 'c'", "t:'1'",
    NULL },
  { "or-replace-that-finds-its-own-note", PLAIN, PLAIN_ROWS,
    "UPDATE t SET a = 1; INSERT OR REPLACE INTO t VALUES ('1', 2, 2); INSERT OR IGNORE INTO t "
    "VALUES ('1', 3, 3),"
    " ('4', 3, 3); UPDATE OR IGNORE t SET a = 4; UPDATE OR REPLACE t SET a = 5",
    "t:'1'|t:'2'|t:'3'|t:'4'", NULL },
  { "upsert", PLAIN, PLAIN_ROWS,
    "INSERT INTO t VALUES ('1', 7, 7), ('4', 7, 7) ON CONFLICT DO UPDATE SET a = 8", "t:'1'|t:'4'",
    "t:'2'" },
  { "upsert-by-another-index", "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, a)",
    "INSERT INTO t VALUES ('1', 'a', 1), ('2', 'b', 2)",
    "INSERT INTO t VALUES ('9', 'a', 1) ON CONFLICT (u) DO UPDATE SET a = 5", "t:'1'",
    "t:'2'|t:'9'" },
  { "upsert-of-the-key", PLAIN, PLAIN_ROWS,
    "INSERT INTO t VALUES ('1', 7, 7) ON CONFLICT (k) DO UPDATE SET k = '9'", "t:'1'|t:'9'",
    "t:'2'" },

  { "integer-key-given-out", "CREATE TABLE t (k INTEGER PRIMARY KEY, a)",
    "INSERT INTO t VALUES (5, 1)", "INSERT INTO t (a) VALUES (1); INSERT INTO t VALUES (NULL, 2)",
    "t:6|t:7", "t:5|t:-1" },
  { "integer-key-with-autoincrement",
    "CREATE TABLE t (k INTEGER PRIMARY KEY AUTOINCREMENT, u UNIQUE)",
    "INSERT INTO t VALUES (5, 'a')", "INSERT OR REPLACE INTO t (u) VALUES ('a')", "t:6|t:5",
    "t:-1" },
  { "integer-key-by-its-other-name", "CREATE TABLE t (k INTEGER PRIMARY KEY, a)",
    "INSERT INTO t VALUES (5, 1), (6, 2)",
    "UPDATE t SET rowid = 9 WHERE k = 5; UPDATE OR REPLACE t SET oid = 6 WHERE k = 9",
    "t:5|t:9|t:6", NULL },
  { "descending-integer-key", "CREATE TABLE t (k INTEGER PRIMARY KEY DESC, a)",
    "INSERT INTO t VALUES (5, 1), (6, 2)", "INSERT OR REPLACE INTO t VALUES (6, 3)", "t:6", "t:5" },
  { "key-of-several-columns", "CREATE TABLE t (a, k1 TEXT, k2 INTEGER, PRIMARY KEY (k2, k1))",
    "INSERT INTO t VALUES (1, 'x', 1), (1, 'it''s', 2)", "UPDATE t SET a = 2 WHERE k2 = 2",
    "t:2,'it''s'", "t:1,'x'" },
  { "without-rowid",
    "CREATE TABLE t (k1 TEXT, k2 BLOB, u UNIQUE, PRIMARY KEY (k1, k2)) WITHOUT ROWID",
    "INSERT INTO t VALUES ('a', x'00ff', 1), ('b', 2.5, 2), ('c', 'c', 3)",
    "REPLACE INTO t VALUES ('d', 'd', 1); DELETE FROM t WHERE k1 = 'b'",
    "t:'d','d'|t:'a',X'00FF'|t:'b',2.5", "t:'c','c'" },
  { "blob-and-real-keys", "CREATE TABLE t (k BLOB PRIMARY KEY, a)",
    "INSERT INTO t VALUES (x'00', 1), (0.1, 1), ('', 1), (x'', 1), (-7, 1)",
    "UPDATE t SET a = 2 WHERE k <> -7", "t:X'00'|t:0.1|t:''|t:X''", "t:-7" },
  { "null-keys", "CREATE TABLE t (k TEXT PRIMARY KEY, a, u UNIQUE)",
    "INSERT INTO t VALUES (NULL, 1, 1), (NULL, 2, 2)",
    "INSERT INTO t VALUES (NULL, 3, 3); UPDATE t SET a = 4; REPLACE INTO t VALUES ('1', 1, 1)",
    "t:NULL|t:'1'", NULL },
  { "unique-key-without-primary-key", "CREATE TABLE t (k TEXT NOT NULL UNIQUE, a)",
    "INSERT INTO t VALUES ('1', 1)", "UPDATE t SET a = 2; INSERT INTO t VALUES ('2', 1)",
    "t:'1'|t:'2'", NULL },
  { "key-5-becomes-5.0", "CREATE TABLE t (k PRIMARY KEY, a)", "INSERT INTO t VALUES (5, 1)",
    "UPDATE t SET k = 5.0", "t:5|t:5.0", NULL },
  { "quoted-names",
    "CREATE TABLE \"a 't\"\"x\" (\"select\" TEXT PRIMARY KEY, \"ü \"\"y\"\"\", [order] UNIQUE, "
    "`w``z`);"
    "CREATE UNIQUE INDEX \"i ON (\" ON \"a 't\"\"x\" (lower(\"ü \"\"y\"\"\"), [w`z]) WHERE "
    "\"order\" <> ''",
    "INSERT INTO \"a 't\"\"x\" VALUES ('1', 'a', 'p', 1), ('2', 'b', 'q', 2), ('3', 'c', 'r', 3)",
    "REPLACE INTO \"a 't\"\"x\" VALUES ('9', 'A', 'q', 1)", "a 't\"x:'9'|a 't\"x:'1'|a 't\"x:'2'",
    "a 't\"x:'3'" },
  { "table-called-new", "CREATE TABLE new (k TEXT PRIMARY KEY, u UNIQUE)",
    "INSERT INTO new VALUES ('1', 'a'), ('2', 'b')", "REPLACE INTO new VALUES ('9', 'a')",
    "new:'9'|new:'1'", "new:'2'" },
  { "columns-called-as-ours",
    "CREATE TABLE t (id TEXT PRIMARY KEY, entity UNIQUE, seq, changed_at, excluded, rowid)",
    "INSERT INTO t VALUES ('1', 'a', 1, 1, 1, 1), ('2', 't', 2, 2, 2, 2)",
    "REPLACE INTO t VALUES ('9', 'a', 1, 1, 1, 1); UPDATE t SET seq = 5 WHERE id = '9'",
    "t:'9'|t:'1'", "t:'2'" },

  { "cascading-delete",
    "CREATE TABLE p (k TEXT PRIMARY KEY); CREATE TABLE c (k TEXT PRIMARY KEY, p REFERENCES p ON "
    "DELETE CASCADE)",
    "INSERT INTO p VALUES ('1'), ('2'); INSERT INTO c VALUES ('a', '1'), ('b', '1'), ('c', '2')",
    "DELETE FROM p WHERE k = '1'", "p:'1'|c:'a'|c:'b'", "p:'2'|c:'c'", TRUE },
  { "cascading-delete-by-replace",
    "CREATE TABLE p (k TEXT PRIMARY KEY, u UNIQUE); CREATE TABLE c (k TEXT PRIMARY KEY, p "
    "REFERENCES p ON DELETE CASCADE)",
    "INSERT INTO p VALUES ('1', 'x'), ('2', 'y'); INSERT INTO c VALUES ('a', '1'), ('b', '2')",
    "REPLACE INTO p VALUES ('9', 'x')", "p:'9'|p:'1'|c:'a'", "p:'2'|c:'b'", TRUE },
  { "cascading-update",
    "CREATE TABLE p (k TEXT PRIMARY KEY); CREATE TABLE c (k TEXT PRIMARY KEY REFERENCES p ON "
    "UPDATE CASCADE, a)",
    "INSERT INTO p VALUES ('1'), ('2'); INSERT INTO c VALUES ('1', 1), ('2', 2)",
    "UPDATE p SET k = '9' WHERE k = '1'", "p:'1'|p:'9'|c:'1'|c:'9'", "p:'2'|c:'2'", TRUE },
  { "set-null-and-set-default",
    "CREATE TABLE p (k TEXT PRIMARY KEY);"
    "CREATE TABLE c (k TEXT PRIMARY KEY, p REFERENCES p ON DELETE SET NULL);"
    "CREATE TABLE d (k TEXT PRIMARY KEY, p DEFAULT '2' REFERENCES p ON DELETE SET DEFAULT)",
    "INSERT INTO p VALUES ('1'), ('2'); INSERT INTO c VALUES ('a', '1'), ('b', '2');"
    "INSERT INTO d VALUES ('a', '1'), ('b', '2')",
    "DELETE FROM p WHERE k = '1'", "p:'1'|c:'a'|d:'a'", "p:'2'|c:'b'|d:'b'", TRUE },
  { "tree-of-its-own", "CREATE TABLE t (k INTEGER PRIMARY KEY, p REFERENCES t ON DELETE CASCADE)",
    "INSERT INTO t VALUES (1, NULL), (2, 1), (3, 2), (4, NULL)", "DELETE FROM t WHERE k = 1",
    "t:1|t:2|t:3", "t:4", TRUE },
  { "trigger-of-the-owner",
    "CREATE TABLE t (k TEXT PRIMARY KEY, a, updated_at); CREATE TABLE s (k TEXT PRIMARY KEY, n "
    "UNIQUE);"
    "CREATE TRIGGER o AFTER UPDATE OF a ON t BEGIN UPDATE t SET updated_at = 'now' WHERE k = NEW.k;"
    " INSERT OR REPLACE INTO s VALUES (NEW.k, NEW.a); END",
    "INSERT INTO t VALUES ('1', 1, ''), ('2', 2, ''); INSERT INTO s VALUES ('x', 5), ('y', 6)",
    "UPDATE t SET a = 5 WHERE k = '1'", "t:'1'|s:'1'|s:'x'", "t:'2'|s:'y'" },
  { "view-of-the-owner",
    "CREATE TABLE t (k TEXT PRIMARY KEY, a); CREATE VIEW v AS SELECT * FROM t;"
    "CREATE TRIGGER o INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (NEW.k, NEW.a); END",
    "INSERT INTO t VALUES ('1', 1)", "INSERT INTO v VALUES ('2', 2)", "t:'2'", "t:'1'" },
  { "savepoints", PLAIN, PLAIN_ROWS,
    "BEGIN; UPDATE t SET a = 5 WHERE k = '1'; SAVEPOINT s; UPDATE t SET a = 5 WHERE k = '2'; "
    "ROLLBACK TO s;"
    "UPDATE t SET a = 5 WHERE k = '3'; COMMIT",
    "t:'1'|t:'3'", "t:'2'" },
  { "rollback", PLAIN, PLAIN_ROWS,
    "BEGIN; UPDATE t SET a = 5; ROLLBACK; DELETE FROM t WHERE k = '3'", "t:'3'", "t:'1'|t:'2'" },
};

typedef struct
{
  const char *journal_mode;
  gboolean foreign_keys;
  gboolean recursive_triggers;
  gboolean shell;
} Setting;

/* The third is the owner of the old style. */
static const Setting settings[] = {
  { "WAL", FALSE, FALSE, FALSE },   { "DELETE", TRUE, FALSE, FALSE },
  { "DELETE", FALSE, TRUE, FALSE }, { "WAL", TRUE, TRUE, FALSE },
  { "WAL", FALSE, FALSE, TRUE },    { "DELETE", TRUE, FALSE, TRUE },
  { "DELETE", FALSE, TRUE, TRUE },  { "WAL", TRUE, TRUE, TRUE },
};

typedef struct
{
  char *folder;
  SyncConnection *connection;
  GPtrArray *entities; /* (element-type SyncEntity) */
} Fixture;

static void
install_all (Fixture *fixture)
{
  g_autoptr (GPtrArray) tables = NULL;
  g_autoptr (GError) error = NULL;

  sync_capture_list_tables (fixture->connection, &tables, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < tables->len; i++)
    {
      SyncEntity *entity = sync_capture_describe_table (fixture->connection,
                                                        g_ptr_array_index (tables, i), &error);

      g_assert_no_error (error);
      g_ptr_array_add (fixture->entities, entity);
      sync_capture_install (fixture->connection, entity, &error);
      g_assert_no_error (error);
    }
}

static Fixture *
fixture_new (const char *journal_mode, const char *schema)
{
  Fixture *fixture = g_new0 (Fixture, 1);

  fixture->folder = test_folder_new ();
  fixture->connection = test_database_new (fixture->folder, "owner.db", journal_mode);
  fixture->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  test_sql (fixture->connection, "BEGIN");
  test_database_add_own_tables (fixture->connection);
  test_sql (fixture->connection, schema);
  install_all (fixture);
  test_sql (fixture->connection, "COMMIT");
  return fixture;
}

static void
fixture_free (Fixture *fixture)
{
  g_ptr_array_unref (fixture->entities);
  sync_connection_close (fixture->connection);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

/* `table:id`, one a line, with a line's end before the first */
static char *
read_notes (Fixture *fixture)
{
  g_autofree char *notes
      = test_query (fixture->connection, "SELECT entity || ':' || id FROM psync_change ORDER BY 1");

  return g_strconcat ("\n", notes, NULL);
}

static void
assert_noted (const char *notes, const char *expected, gboolean noted)
{
  g_auto (GStrv) ids = g_strsplit (expected != NULL ? expected : "", "|", -1);

  for (guint i = 0; ids[i] != NULL; i++)
    {
      g_autofree char *line = g_strconcat ("\n", ids[i], "\n", NULL);

      if ((strstr (notes, line) != NULL) != noted)
        g_error ("%s is %s noted:%s", ids[i], noted ? "not" : "wrongly", notes);
    }
}

static void
run_case (const Case *wanted, const Setting *setting)
{
  g_autoptr (Fixture) fixture = fixture_new (setting->journal_mode, wanted->schema);
  g_autofree char *notes = NULL;
  g_autofree char *write = NULL;

  test_sql (fixture->connection, wanted->rows);
  test_sql (fixture->connection, "DELETE FROM psync_change");
  write = g_strdup_printf (
      "PRAGMA synchronous = OFF; PRAGMA foreign_keys = %d; PRAGMA recursive_triggers = %d; %s;",
      setting->foreign_keys, setting->recursive_triggers, wanted->write);
  if (setting->shell)
    g_assert_true (test_shell (sync_connection_get_path (fixture->connection), write, NULL));
  else
    test_sql (fixture->connection, write);
  notes = read_notes (fixture);
  assert_noted (notes, wanted->noted, TRUE);
  assert_noted (notes, wanted->not_noted, FALSE);
}

static void
test_case (gconstpointer data)
{
  const Case *wanted = data;

  for (gsize i = 0; i < G_N_ELEMENTS (settings); i++)
    {
      const Setting *setting = &settings[i];

      if (wanted->foreign_keys && !setting->foreign_keys)
        continue;
      g_test_message ("%s, foreign keys %d, recursive triggers %d, %s", setting->journal_mode,
                      setting->foreign_keys, setting->recursive_triggers,
                      setting->shell ? "another process" : "this process");
      run_case (wanted, setting);
    }
}

/* What a note says */

static void
test_a_note_counts_and_keeps_what_is_not_its_own (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, PLAIN);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autofree char *time = NULL;

  test_sql (fixture->connection, "INSERT INTO t VALUES ('1', 1, 1)");
  first = test_query (
      fixture->connection,
      "SELECT entity, id, seq, maybe_sent, reread, state, attempts FROM psync_change");
  g_assert_cmpstr (first, ==, "t|'1'|1|0|0|pending|0\n");
  time = test_query (fixture->connection,
                     "SELECT abs(julianday('now') - julianday(changed_at)) < 0.01,"
                     " changed_at GLOB "
                     "'[0-9][0-9][0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-9][0-9].["
                     "0-9][0-9][0-9]Z'"
                     " FROM psync_change");
  g_assert_cmpstr (time, ==, "1|1\n");

  test_sql (fixture->connection,
            "UPDATE psync_change SET maybe_sent = 1, reread = 1, state = 'refused', attempts = 3,"
            " next_attempt_at = 5, error = '{}', changed_at = NULL; UPDATE t SET a = 2");
  second = test_query (
      fixture->connection,
      "SELECT seq, maybe_sent, reread, state, attempts, next_attempt_at IS NULL, error IS NULL,"
      " changed_at IS NULL FROM psync_change");
  g_assert_cmpstr (second, ==, "2|1|1|pending|0|1|1|0\n");
}

static void
test_rows_that_we_write_are_not_noted_and_what_follows_has_no_time (void)
{
  g_autoptr (Fixture) fixture
      = fixture_new (NULL, "CREATE TABLE p (k TEXT PRIMARY KEY, u UNIQUE);"
                           "CREATE TABLE c (k TEXT PRIMARY KEY, p REFERENCES p ON DELETE CASCADE)");
  g_autofree char *notes = NULL;

  test_sql (
      fixture->connection,
      "INSERT INTO p VALUES ('1', 1), ('2', 2), ('3', 3); INSERT INTO c VALUES ('a', '1'), ('b', "
      "'2');"
      "DELETE FROM psync_change; UPDATE c SET p = '2' WHERE k = 'b';"
      "BEGIN; INSERT INTO psync_applying VALUES ('p', '''1'''), ('p', '''9'''), ('c', '''2''');"
      "DELETE FROM p WHERE k = '1'; REPLACE INTO p VALUES ('9', 3); DELETE FROM p WHERE k = '2';"
      "DELETE FROM psync_applying; COMMIT; INSERT INTO p VALUES ('7', 7)");
  notes = test_query (fixture->connection,
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
  g_autoptr (Fixture) fixture
      = fixture_new (NULL, "CREATE TABLE t (k INTEGER PRIMARY KEY, u UNIQUE)");

  test_sql (fixture->connection, "INSERT INTO t VALUES (41, 'a'), (42, 'b')");
  g_assert_cmpint (sync_connection_last_rowid (fixture->connection), ==, 42);
  g_assert_cmpint (sync_connection_changes (fixture->connection), ==, 2);
  test_sql (fixture->connection, "INSERT OR REPLACE INTO t (u) VALUES ('a')");
  g_assert_cmpint (sync_connection_last_rowid (fixture->connection), ==, 43);
  g_assert_cmpint (sync_connection_changes (fixture->connection), ==, 1);
  test_sql (fixture->connection, "UPDATE t SET u = u || 'x'");
  g_assert_cmpint (sync_connection_changes (fixture->connection), ==, 2);
}

static void
test_wide_rows_and_blobs_are_written (void)
{
  g_autoptr (GString) schema = g_string_new ("CREATE TABLE t (k TEXT PRIMARY KEY");
  g_autoptr (Fixture) fixture = NULL;
  g_autofree char *notes = NULL;

  for (guint i = 0; i < 300; i++)
    g_string_append_printf (schema, ", c%u", i);
  g_string_append (schema, ")");
  fixture = fixture_new (NULL, schema->str);
  test_sql (fixture->connection, "INSERT INTO t (k, c0, c299) VALUES ('1', x'00ff', "
                                 "zeroblob(100000)); UPDATE t SET c7 = 9e999");
  notes = read_notes (fixture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\n");
}

/* What it costs */

static void
test_victims_are_found_by_their_index (void)
{
  g_autoptr (Fixture) fixture = fixture_new (
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

  test_sql (fixture->connection,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            "INSERT INTO t (k, a, b, c) SELECT 'k' || i, 'a' || i, 'b' || i, i FROM n");
  sync_connection_vm_steps (fixture->connection, TRUE);
  g_assert_true (sync_connection_execute (
      fixture->connection, "REPLACE INTO t (k, a, b, c) VALUES ('x', 'A7', 'b8', 9)", NULL));
  insert = sync_connection_vm_steps (fixture->connection, TRUE);
  g_assert_true (sync_connection_execute (
      fixture->connection, "UPDATE OR REPLACE t SET a = 'A99', c = 98 WHERE k = 'k97'", NULL));
  update = sync_connection_vm_steps (fixture->connection, TRUE);
  g_assert_true (
      sync_connection_execute (fixture->connection, "UPDATE t SET a = a WHERE k = 'k96'", NULL));
  plain = sync_connection_vm_steps (fixture->connection, TRUE);
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
  g_autoptr (Fixture) fixture
      = fixture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, a, u UNIQUE)");
  gint64 started;
  gint64 steps;

  test_sql (fixture->connection,
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
            "INSERT INTO t SELECT 'k' || i, i, i FROM n; DELETE FROM psync_change");
  started = g_get_monotonic_time ();
  sync_connection_vm_steps (fixture->connection, TRUE);
  g_assert_true (sync_connection_execute (fixture->connection, "UPDATE t SET a = a + 1", NULL));
  steps = sync_connection_vm_steps (fixture->connection, TRUE);
  g_test_message ("20000 updates: %" G_GINT64_FORMAT " steps each, %.3f s", steps / 20000,
                  (g_get_monotonic_time () - started) / 1e6);
  g_assert_cmpint (steps, <, 20000 * 150);
}

/* The owner changes his tables */

static gboolean
is_intact (Fixture *fixture, guint entity)
{
  g_autoptr (GError) error = NULL;
  gboolean intact = FALSE;

  sync_capture_check (fixture->connection, g_ptr_array_index (fixture->entities, entity), &intact,
                      &error);
  g_assert_no_error (error);
  return intact;
}

static void
assert_check_fails (Fixture *fixture, int code)
{
  g_autoptr (GError) error = NULL;
  gboolean intact = TRUE;

  g_assert_false (sync_capture_check (fixture->connection, g_ptr_array_index (fixture->entities, 0),
                                      &intact, &error));
  g_assert_error (error, SYNC_ERROR, code);
  g_assert_false (intact);
}

static void
test_columns_that_are_no_key_come_and_go (void)
{
  g_autoptr (Fixture) fixture
      = fixture_new ("DELETE", "CREATE TABLE t (k TEXT PRIMARY KEY, a, b, c, u UNIQUE)");
  g_autofree char *notes = NULL;

  g_assert_true (
      test_shell (sync_connection_get_path (fixture->connection),
                  "ALTER TABLE t ADD COLUMN d DEFAULT 5; ALTER TABLE t DROP COLUMN a;"
                  "ALTER TABLE t RENAME COLUMN b TO bb; INSERT INTO t VALUES ('1', 2, 3, 4, 5);"
                  "ALTER TABLE t DROP COLUMN bb; REPLACE INTO t VALUES ('2', 3, 4, 5);",
                  NULL));
  notes = read_notes (fixture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\n");
  g_assert_true (is_intact (fixture, 0));
}

static void
test_renamed_tables_and_keys_are_captured_and_found (void)
{
  g_autoptr (Fixture) fixture = fixture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE)");
  g_autofree char *notes = NULL;

  test_sql (fixture->connection, "INSERT INTO t VALUES ('1', 1); ALTER TABLE t RENAME COLUMN k TO "
                                 "key; REPLACE INTO t VALUES ('2', 1)");
  assert_check_fails (fixture, SYNC_ERROR_NO_COLUMN);
  test_sql (fixture->connection, "ALTER TABLE t RENAME TO tt; REPLACE INTO tt VALUES ('3', 1)");
  assert_check_fails (fixture, SYNC_ERROR_NO_TABLE);
  notes = read_notes (fixture);
  g_assert_cmpstr (notes, ==, "\nt:'1'\nt:'2'\nt:'3'\n");

  test_sql (fixture->connection,
            "ALTER TABLE tt RENAME COLUMN key TO k; ALTER TABLE tt RENAME TO t");
  g_assert_true (is_intact (fixture, 0));
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
      g_autoptr (Fixture) fixture
          = fixture_new (NULL, "CREATE TABLE t (k TEXT PRIMARY KEY, u UNIQUE, a)");
      g_autoptr (GError) error = NULL;
      g_autofree char *notes = NULL;

      g_assert_true (is_intact (fixture, 0));
      test_sql (fixture->connection, harms[i]);
      g_assert_false (is_intact (fixture, 0));
      sync_capture_install (fixture->connection, g_ptr_array_index (fixture->entities, 0), &error);
      g_assert_no_error (error);
      g_assert_true (is_intact (fixture, 0));
      test_sql (
          fixture->connection,
          "INSERT INTO t VALUES ('1', 1, 1), ('2', 2, 2), ('3', 3, 3); DELETE FROM psync_change;"
          "REPLACE INTO t VALUES ('4', 1, 4); DELETE FROM t WHERE k = '2'");
      notes = read_notes (fixture);
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
  g_autoptr (Fixture) fixture = fixture_new (NULL, PLAIN);
  g_autoptr (SyncEntity) entity = sync_entity_new ("other", "t", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *triggers = NULL;

  g_assert_false (sync_capture_install (fixture->connection, entity, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_KEY);
  g_clear_error (&error);
  sync_entity_add_column (entity, "nowhere", SYNC_CODEC_TEXT, TRUE);
  g_assert_false (sync_capture_install (fixture->connection, entity, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_COLUMN);
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "nowhere");
  triggers = test_query (fixture->connection,
                         "SELECT name FROM sqlite_master WHERE name LIKE 'psync_%_other'");
  g_assert_cmpstr (triggers, ==, "");
}

static void
test_another_key_than_the_integer_one_notes_its_victims (void)
{
  g_autoptr (Fixture) fixture
      = fixture_new (NULL, "CREATE TABLE t (n INTEGER PRIMARY KEY, k TEXT NOT NULL UNIQUE, a)");
  g_autoptr (SyncEntity) entity = sync_entity_new ("t", NULL, NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *notes = NULL;

  sync_entity_add_column (entity, "k", SYNC_CODEC_TEXT, TRUE);
  sync_capture_install (fixture->connection, entity, &error);
  g_assert_no_error (error);
  test_sql (fixture->connection,
            "INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3), (4, 'd', 4); DELETE FROM "
            "psync_change;"
            "REPLACE INTO t VALUES (1, 'e', 1); UPDATE OR REPLACE t SET n = 2 WHERE k = 'c'");
  notes = read_notes (fixture);
  g_assert_cmpstr (notes, ==, "\nt:'a'\nt:'b'\nt:'c'\nt:'e'\n");
}

static void
test_side_effects_are_seen (void)
{
  g_autoptr (Fixture) fixture = fixture_new (
      NULL,
      "CREATE TABLE a (k TEXT PRIMARY KEY); CREATE TABLE b (k TEXT PRIMARY KEY, a REFERENCES A);"
      "CREATE TABLE c (k TEXT PRIMARY KEY, c REFERENCES c);"
      "CREATE TRIGGER own AFTER INSERT ON B BEGIN SELECT 1; END");
  static const gboolean expected[][2] = { { FALSE, TRUE }, { TRUE, FALSE }, { FALSE, TRUE } };

  for (guint i = 0; i < fixture->entities->len; i++)
    {
      g_autoptr (GError) error = NULL;
      gboolean triggers;
      gboolean referenced;

      sync_capture_has_side_effects (fixture->connection, g_ptr_array_index (fixture->entities, i),
                                     &triggers, &referenced, &error);
      g_assert_no_error (error);
      g_assert_cmpint (triggers, ==, expected[i][0]);
      g_assert_cmpint (referenced, ==, expected[i][1]);
    }
}

/* Ids */

static void
check_id (SyncConnection *connection, const SyncEntity *entity, GString *expression)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT k1, k2, %s, rowid FROM t ORDER BY rowid", expression->str);
  SyncStatement *rows = sync_connection_prepare (connection, sql, NULL);
  guint n = 0;

  while (sync_statement_step (rows, NULL) == SYNC_STEP_ROW)
    {
      g_autoptr (GString) id = g_string_new (NULL);
      SyncStatement *find
          = sync_connection_prepare (connection,
                                     "SELECT rowid, typeof(?1) = typeof(k1), typeof(?2) = "
                                     "typeof(k2) FROM t WHERE k1 IS ?1 AND k2 IS ?2 ORDER BY rowid",
                                     NULL);

      sync_id_append_columns (id, rows, 0, entity->n_keys);
      g_assert_cmpstr (id->str, ==, sync_statement_text (rows, 2, NULL));
      g_assert_true (sync_id_bind (id->str, id->len, entity->n_keys, find, 1));
      g_assert_cmpint (sync_statement_step (find, NULL), ==, SYNC_STEP_ROW);
      g_assert_cmpint (sync_statement_int64 (find, 0), ==, sync_statement_int64 (rows, 3));
      g_assert_true (sync_statement_int64 (find, 1) && sync_statement_int64 (find, 2));
      sync_statement_reset (find);
      n++;
    }
  sync_statement_reset (rows);
  g_assert_cmpuint (n, >, 0);
}

static void
test_ids_agree_between_sql_and_c_and_lead_back (void)
{
  static const char *const values[] = {
    "NULL",
    "0",
    "-1",
    "42",
    "9223372036854775807",
    "-9223372036854775808",
    "0.0",
    "1.0",
    "-2.5",
    "0.1",
    "1e100",
    "1e-300",
    "9e999",
    "-9e999",
    "123456789012345678.0",
    "0.30000000000000004",
    "5e-324",
    "1.7976931348623157e308",
    "''",
    "'a'",
    "'it''s ''''quoted'''",
    "','",
    "'a,b'",
    "'äöü €  𝄞'",
    "'line' || char(10) || 'end' || char(9)",
    "'X''00'''",
    "'NULL'",
    "x''",
    "x'00'",
    "x'DeadBeef27'",
    "CAST('text' AS BLOB)",
    "'1'",
    "'1.0'",
  };
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "ids.db", NULL);
  g_autoptr (SyncEntity) entity = sync_entity_new ("t", NULL, NULL);
  g_autoptr (GString) expression = g_string_new (NULL);

  sync_entity_add_column (entity, "k1", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "k2", SYNC_CODEC_TEXT, TRUE);
  sync_id_append_expression (expression, entity, "t");
  test_sql (connection, "CREATE TABLE t (k1, k2)");
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      /* Each beside each other one, so that no row is found for another. */
      g_autofree char *sql = g_strdup_printf ("INSERT INTO t VALUES (%s, 'row %d'), ('ROW %d', %s)",
                                              values[i], (int) i, (int) i, values[i]);

      test_sql (connection, sql);
    }
  check_id (connection, entity, expression);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_ids_of_random_reals_lead_back_exactly (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "reals.db", NULL);
  SyncStatement *same = sync_connection_prepare (connection, "SELECT ?1, quote(?1), ?2", NULL);
  guint32 seed = g_random_int ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint i = 0; i < 20000; i++)
    {
      union
      {
        guint64 bits;
        double real;
      } number, back;
      g_autoptr (GString) id = g_string_new (NULL);

      number.bits = (guint64) g_rand_int (random) << 32 | g_rand_int (random);
      if (i % 2 == 0)
        number.real = g_rand_double_range (random, -1e6, 1e6);
      if (number.real != number.real)
        continue;
      sync_statement_reset (same);
      sync_statement_bind_double (same, 1, number.real);
      g_assert_cmpint (sync_statement_step (same, NULL), ==, SYNC_STEP_ROW);
      sync_id_append_columns (id, same, 0, 1);
      g_assert_cmpstr (id->str, ==, sync_statement_text (same, 1, NULL));
      sync_statement_reset (same);
      g_assert_true (sync_id_bind (id->str, id->len, 1, same, 2));
      g_assert_cmpint (sync_statement_step (same, NULL), ==, SYNC_STEP_ROW);
      g_assert_cmpint (sync_statement_type (same, 2), ==, SYNC_VALUE_REAL);
      back.real = sync_statement_double (same, 2);
      if (number.real != back.real)
        g_error ("%.17g came back as %.17g from %s", number.real, back.real, id->str);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_what_is_no_id_is_refused (void)
{
  static const char *const wrong[] = {
    "",        "1",      "1,",    ",1",    "1,2,3", "1,2 ", "'a,1", "'a'1,1", "X'0',1",
    "X'0g',1", "X'00,1", "nul,1", "1,--2", "1,'",   "1;2",  "1e,x", "0x10,1", "x,y",
  };
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "ids.db", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      SyncStatement *find = sync_connection_prepare (connection, "SELECT ?1, ?2", NULL);

      if (sync_id_bind (wrong[i], strlen (wrong[i]), 2, find, 1))
        g_error ("“%s” was taken for an id", wrong[i]);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/capture/writes/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/capture/a-note-counts-and-keeps-what-is-not-its-own",
                   test_a_note_counts_and_keeps_what_is_not_its_own);
  g_test_add_func ("/capture/rows-that-we-write-are-not-noted-and-what-follows-has-no-time",
                   test_rows_that_we_write_are_not_noted_and_what_follows_has_no_time);
  g_test_add_func ("/capture/the-writer-sees-his-own-counts", test_the_writer_sees_his_own_counts);
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
  g_test_add_func ("/id/agree-between-sql-and-c-and-lead-back",
                   test_ids_agree_between_sql_and_c_and_lead_back);
  g_test_add_func ("/id/of-random-reals-lead-back-exactly",
                   test_ids_of_random_reals_lead_back_exactly);
  g_test_add_func ("/id/what-is-no-id-is-refused", test_what_is_no_id_is_refused);
  return g_test_run ();
}
