/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "test-capture-fixture.h"

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
  { "replace-by-coming-into-a-partial-index",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u, live); CREATE UNIQUE INDEX i ON t (u) WHERE live",
    "INSERT INTO t VALUES ('1', 'a', 1), ('2', 'a', 0), ('3', 'b', 1)",
    "UPDATE OR REPLACE t SET live = 1 WHERE k = '2'", "t:'2'|t:'1'", "t:'3'" },
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
    "CREATE TABLE t (k TEXT PRIMARY KEY, u NOT NULL DEFAULT \"none\" UNIQUE)",
    "INSERT INTO t VALUES ('1', 'none'), ('2', 'a'), ('3', 'b')",
    "INSERT OR REPLACE INTO t VALUES ('9', NULL)", "t:'9'|t:'1'", "t:'2'|t:'3'" },
  { "replace-by-a-computed-default",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u NOT NULL DEFAULT (lower('X') || 'y') UNIQUE)",
    "INSERT INTO t VALUES ('1', 'xy'), ('2', 'a')", "INSERT OR REPLACE INTO t VALUES ('9', NULL)",
    "t:'9'|t:'1'", NULL },
  { "replace-by-an-expression-that-fails-for-others",
    "CREATE TABLE t (k TEXT PRIMARY KEY, u);"
    "CREATE UNIQUE INDEX i ON t (json_extract(u, '$.id')) WHERE json_valid(u)",
    "INSERT INTO t VALUES ('1', '{\"id\":1}'), ('2', 'broken'), ('3', '{\"id\":3}')",
    "INSERT INTO t VALUES ('8', 'broken too'); REPLACE INTO t VALUES ('9', '{\"id\":1}');"
    "UPDATE t SET u = 'no more' WHERE k = '9'",
    "t:'8'|t:'9'|t:'1'", "t:'2'|t:'3'" },
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
  g_autoptr (TestCapture) capture = test_capture_new (setting->journal_mode, wanted->schema);
  g_autofree char *notes = NULL;
  g_autofree char *write = NULL;

  test_sql (capture->connection, wanted->rows);
  test_sql (capture->connection, "DELETE FROM psync_change");
  write = g_strdup_printf (
      "PRAGMA synchronous = OFF; PRAGMA foreign_keys = %d; PRAGMA recursive_triggers = %d; %s;",
      setting->foreign_keys, setting->recursive_triggers, wanted->write);
  if (setting->shell)
    g_assert_true (test_shell (sync_connection_get_path (capture->connection), write, NULL));
  else
    test_sql (capture->connection, write);
  notes = test_capture_read_notes (capture);
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

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/capture/writes/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  return g_test_run ();
}
