/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>

#include "test-rig.h"

/* Tables as their owners happen to make them: whatever a key looks like, whatever a name is, rows go to another
 * device and come back exactly, and what cannot travel says so and stops nothing else. */

/* One table that is written on one device, edited on another, and is the same on both in the end. Detached, its file
 * is as it would be without us. */
typedef struct
{
  const char *name;
  const char *schema;
  const char *first;  /* what is written on one device */
  const char *second; /* what is written on the other one afterwards */
  const char *query;
  const char *expected;
} Case;

static const Case cases[] = {
  { "keys/odd-texts",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, v TEXT);",
    "INSERT INTO t VALUES ('', 'empty'), (' ', 'space'), ('NULL', 'word'), ('it''s', 'quote'), ('a,b', 'comma'), "
    "('''a'',''b''', 'like an id'), ('x''00''', 'like a blob'), ('1', 'like a number'), ('\\', 'backslash'), "
    "('\"', 'double'), ('%_*', 'pattern'), ('ä 茶 🍵', 'world'), (char (10, 9, 1), 'control'), ('-- ;', 'sql')",
    "UPDATE t SET v = v || '!'; DELETE FROM t WHERE k IN ('a,b', ''); UPDATE t SET k = k || '''' WHERE k = 'it''s'",
    "SELECT count (*), sum (v LIKE '%!'), max (v) FILTER (WHERE k = 'it''s''') FROM t", "12|12|quote!\n" },
  { "keys/numbers-at-their-ends",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, v TEXT);",
    "INSERT INTO t VALUES (0, 'zero'), (-1, 'minus'), (9223372036854775806, 'top'), (-9223372036854775808, 'bottom'), "
    "(9007199254740993, 'odd')",
    "UPDATE t SET v = v || '!' WHERE k <> 0; DELETE FROM t WHERE k = 0",
    "SELECT k, v FROM t ORDER BY k",
    "-9223372036854775808|bottom!\n-1|minus!\n9007199254740993|odd!\n9223372036854775806|top!\n" },
  { "keys/reals-and-blobs",
    "CREATE TABLE t (a REAL NOT NULL, b BLOB NOT NULL, v TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID;",
    "INSERT INTO t VALUES (0.1, x'', 'empty'), (0.1, x'00', 'nul'), (1e300, x'ff27', 'big'), (-5e-324, x'2c', 'small'), "
    "(3, x'78', 'whole')",
    "UPDATE t SET v = v || '!'; DELETE FROM t WHERE b = x'00'; UPDATE t SET a = 0.25 WHERE a = 3.0",
    "SELECT quote (a), quote (b), v FROM t ORDER BY a, b",
    "-4.94065645841247e-324|X'2C'|small!\n0.1|X''|empty!\n0.25|X'78'|whole!\n"
    "1.0e+300|X'FF27'|big!\n" },
  { "keys/without-a-type",
    "CREATE TABLE t (k PRIMARY KEY NOT NULL, v TEXT);",
    "INSERT INTO t VALUES (1, 'integer'), ('1', 'text'), (1.5, 'real')",
    "UPDATE t SET v = v || '!'", "SELECT quote (k), v FROM t ORDER BY k", "1|integer!\n1.5|real!\n'1'|text!\n" },
  { "keys/of-four-columns",
    "CREATE TABLE t (d INTEGER, c TEXT, b REAL, a BLOB, v, PRIMARY KEY (a, b, c, d));",
    "INSERT INTO t (a, b, c, d, v) VALUES (x'01', 1.5, 'c', 1, 'one'), (x'01', 1.5, 'c', 2, 'two'), "
    "(x'01', 1.5, 'c,2', 2, 'three')",
    "UPDATE t SET v = 'two!' WHERE d = 2 AND c = 'c'; DELETE FROM t WHERE d = 1",
    "SELECT c, v FROM t ORDER BY c", "c|two!\nc,2|three\n" },
  { "keys/nothing-but-a-key",
    "CREATE TABLE t (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b)) WITHOUT ROWID;",
    "INSERT INTO t VALUES ('1', 'x'), ('1', 'y'), ('2', 'x')",
    "DELETE FROM t WHERE a = '2'; INSERT INTO t VALUES ('3', 'z')", "SELECT a, b FROM t ORDER BY a, b",
    "1|x\n1|y\n3|z\n" },
  { "keys/a-unique-index-in-place-of-one",
    "CREATE TABLE t (v TEXT, code TEXT NOT NULL UNIQUE);",
    "INSERT INTO t VALUES ('one', 'c1'), ('two', 'c2')",
    "UPDATE t SET v = 'two!' WHERE code = 'c2'; INSERT OR REPLACE INTO t VALUES ('one!', 'c1'); VACUUM",
    "SELECT code, v FROM t ORDER BY code", "c1|one!\nc2|two!\n" },
  { "keys/that-differ-in-case-only",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, v TEXT);",
    "INSERT INTO t VALUES ('a', 'small'), ('A', 'large')", "DELETE FROM t WHERE k = 'a'",
    "SELECT k, v FROM t", "A|large\n" },
  { "keys/whose-case-changes-where-case-does-not-count",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v TEXT);",
    "INSERT INTO t VALUES ('anna', 'one'), ('bert', 'two'), ('carl', 'three')",
    "UPDATE t SET k = 'Anna' WHERE k = 'anna'; UPDATE t SET v = 'two!' WHERE k = 'BERT'; "
    "INSERT OR REPLACE INTO t VALUES ('CARL', 'three!')",
    "SELECT k, v FROM t ORDER BY k", "Anna|one\nbert|two!\nCARL|three!\n" },
  { "keys/that-change-from-5-to-5.0",
    "CREATE TABLE t (k PRIMARY KEY NOT NULL, v TEXT);",
    "INSERT INTO t VALUES (5, 'five'), (6, 'six')", "UPDATE t SET k = 5.0 WHERE k = 5; UPDATE t SET v = 'six!' WHERE k = 6.0",
    "SELECT quote (k), v FROM t ORDER BY k", "5.0|five\n6|six!\n" },
  { "keys/numeric",
    "CREATE TABLE t (k DECIMAL (10, 2) PRIMARY KEY NOT NULL, v DECIMAL (20, 0));",
    "INSERT INTO t VALUES (5, 9007199254740993), (6.5, 1), (-7, 2.5), ('8.0', '9'), (1e300, 1e15)",
    "UPDATE t SET v = v + 1 WHERE k <> -7; DELETE FROM t WHERE k = 6.5",
    "SELECT quote (k), quote (v) FROM t ORDER BY k",
    "-7|2.5\n5|9007199254740994\n8|10\n1.0e+300|1000000000000001\n" },
  { "keys/of-days-and-truths",
    "CREATE TABLE t (d DATE NOT NULL, b BOOLEAN NOT NULL, v TEXT, PRIMARY KEY (d, b));",
    "INSERT INTO t VALUES ('2026-01-01', 0, 'text'), (20260101, 1, 'number'), ('2026-01-01', 1, 'both')",
    "UPDATE t SET v = v || '!' WHERE b; DELETE FROM t WHERE NOT b",
    "SELECT quote (d), b, v FROM t ORDER BY d, b", "20260101|1|number!\n'2026-01-01'|1|both!\n" },
  { "keys/any-in-a-strict-table",
    "CREATE TABLE t (k ANY PRIMARY KEY NOT NULL, v ANY) STRICT;",
    "INSERT INTO t VALUES (1, 1.0), ('1', '01'), (2.0, 'x')", "UPDATE t SET v = 'y' WHERE k = 2",
    "SELECT quote (k), quote (v) FROM t ORDER BY k", "1|1.0\n2.0|'y'\n'1'|'01'\n" },
  { "names/with-everything-in-them",
    "CREATE TABLE \"order by \"\"Ä\"\" %s.'1'\" (\"select\" TEXT PRIMARY KEY NOT NULL, \"a b\" TEXT, \"c\"\"d\" TEXT, "
    "\"e'f\" TEXT, \"g.h,i\" TEXT, \"茶\" TEXT, \"1\" TEXT, \"NEW\" TEXT UNIQUE);",
    "INSERT INTO \"order by \"\"Ä\"\" %s.'1'\" VALUES ('1', 'b', 'c', 'd', 'e', 'f', 'g', 'u1'), "
    "('2', 'b', 'c', 'd', 'e', 'f', 'g', 'u2')",
    "UPDATE \"order by \"\"Ä\"\" %s.'1'\" SET \"c\"\"d\" = 'C', \"茶\" = 'F' WHERE \"select\" = '1'; "
    "INSERT OR REPLACE INTO \"order by \"\"Ä\"\" %s.'1'\" (\"select\", \"NEW\") VALUES ('3', 'u2')",
    "SELECT \"select\", \"c\"\"d\", \"茶\", \"NEW\" FROM \"order by \"\"Ä\"\" %s.'1'\" ORDER BY 1",
    "1|C|F|u1\n3|||u2\n" },
  { "names/that-are-ours-too",
    "CREATE TABLE entity (id TEXT PRIMARY KEY NOT NULL, seq TEXT, version INTEGER, base_version INTEGER, "
    "deleted_at TEXT, user_id TEXT, run_id TEXT, sync_version INTEGER, device_id TEXT, edited_at TEXT);",
    "INSERT INTO entity VALUES ('1', 's', 1, 2, 'd', 'u', 'r', 3, 'v', 'e')",
    "UPDATE entity SET deleted_at = NULL, sync_version = 9",
    "SELECT * FROM entity", "1|s|1|2||u|r|9|v|e\n" },
  { "shapes/strict",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, i INT, r REAL, s TEXT, b BLOB, a ANY) STRICT;",
    "INSERT INTO t VALUES (1, 1, 1.5, 's', x'00', 'any'), (2, NULL, 2, '', x'', 7)",
    "UPDATE t SET i = 5, r = 3, a = 'now' WHERE k = 1", "SELECT k, i, r, s, quote (b), quote (a) FROM t",
    "1|5|3.0|s|X'00'|'now'\n2||2.0||X''|7\n" },
  { "shapes/generated-columns",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, a INTEGER, twice INTEGER AS (a * 2) UNIQUE, "
    "thrice INTEGER AS (a * 3) STORED);",
    "INSERT INTO t (k, a) VALUES ('1', 1), ('2', 2)",
    "UPDATE t SET a = 10 WHERE k = '1'; INSERT OR REPLACE INTO t (k, a) VALUES ('3', 2)",
    "SELECT k, a, twice, thrice FROM t ORDER BY k", "1|10|20|30\n3|2|4|6\n" },
  { "shapes/partial-and-expression-indexes",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, mail TEXT, gone INTEGER NOT NULL DEFAULT 0);"
    "CREATE UNIQUE INDEX one_mail ON t (lower (mail)) WHERE gone = 0;",
    "INSERT INTO t VALUES ('1', 'A@x', 0), ('2', 'a@X', 1), ('3', 'b@x', 0)",
    "INSERT OR REPLACE INTO t VALUES ('4', 'a@x', 0); UPDATE OR REPLACE t SET gone = 0, mail = 'B@X' WHERE k = '2'",
    "SELECT k, mail, gone FROM t ORDER BY k", "2|B@X|0\n4|a@x|0\n" },
  { "shapes/upsert-on-another-index",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, code TEXT UNIQUE, n INTEGER DEFAULT 1);",
    "INSERT INTO t (k, code) VALUES ('1', 'x'), ('2', 'y')",
    "INSERT INTO t (k, code) VALUES ('3', 'x'), ('4', 'z') ON CONFLICT (code) DO UPDATE SET n = n + 1",
    "SELECT k, code, n FROM t ORDER BY k", "1|x|2\n2|y|1\n4|z|1\n" },
  { "shapes/full-text-search-beside-it",
    "CREATE TABLE t (k INTEGER PRIMARY KEY, body TEXT);"
    "CREATE VIRTUAL TABLE f USING fts5 (body, content = 't', content_rowid = 'k');"
    "CREATE TRIGGER f1 AFTER INSERT ON t BEGIN INSERT INTO f (rowid, body) VALUES (NEW.k, NEW.body); END;"
    "CREATE TRIGGER f2 AFTER DELETE ON t BEGIN INSERT INTO f (f, rowid, body) VALUES ('delete', OLD.k, OLD.body); END;"
    "CREATE TRIGGER f3 AFTER UPDATE ON t BEGIN INSERT INTO f (f, rowid, body) VALUES ('delete', OLD.k, OLD.body); "
    "INSERT INTO f (rowid, body) VALUES (NEW.k, NEW.body); END;",
    "INSERT INTO t VALUES (1, 'tea and cake'), (2, 'coffee')",
    "UPDATE t SET body = 'tea alone' WHERE k = 1; DELETE FROM t WHERE k = 2",
    "SELECT rowid FROM f WHERE f MATCH 'tea' UNION ALL SELECT -1 FROM f WHERE f MATCH 'cake OR coffee'", "1\n" },
  { "shapes/many-columns",
    "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10, c11, c12, c13, c14, c15, c16, "
    "c17, c18, c19, c20, c21, c22, c23, c24, c25, c26, c27, c28, c29, c30, c31, c32, c33, c34, c35, c36, c37, c38, c39, "
    "c40, c41, c42, c43, c44, c45, c46, c47, c48, c49, c50, c51, c52, c53, c54, c55, c56, c57, c58, c59, c60, c61, c62, "
    "c63, c64, c65, c66, c67, c68, c69, c70);",
    "INSERT INTO t (k, c1, c70) VALUES ('1', 1, 70)", "UPDATE t SET c70 = 'z', c64 = 'y'",
    "SELECT c1, c64, c70 FROM t", "1|y|z\n" },
};

static gboolean
detach (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_detach (store, error);
}

/* The file says nothing of us any more, and is sound. */
static void
expect_as_it_was (TestRig *rig, TestDevice *device)
{
  static const char schema[] = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name;"
                               "PRAGMA integrity_check; PRAGMA foreign_key_check; PRAGMA user_version;";
  g_autofree char *path = g_build_filename (rig->folder, "plain.db", NULL);
  g_autofree char *expected = NULL, *found = NULL;
  g_autoptr (GError) error = NULL;

  test_device_call (device, detach, NULL, &error);
  g_assert_no_error (error);
  test_device_close (device);
  g_assert_true (test_shell (path, rig->schema, NULL));
  g_assert_true (test_shell (path, schema, &expected));
  g_assert_true (test_shell (device->path, schema, &found));
  g_assert_cmpstr (found, ==, expected);
  g_assert_null (strstr (found, "psync"));
}

static void
test_case (gconstpointer data)
{
  const Case *shape = data;
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, shape->schema);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, shape->first);
  test_rig_assert_converged (rig);
  /* As another program does, which knows nothing of us and keeps no foreign keys. */
  g_assert_true (test_shell (b->path, "PRAGMA recursive_triggers = ON;", NULL));
  g_assert_true (test_shell (b->path, shape->second, NULL));
  test_rig_assert_converged (rig);
  test_device_expect (b, shape->query, shape->expected);
  test_device_expect (a, shape->query, shape->expected);
  test_device_expect (a, "SELECT * FROM psync_conflict", "");
  test_device_expect (b, "SELECT * FROM psync_conflict", "");
  expect_as_it_was (rig, b);
}

/* The table may hold rows without a key; no cloud can. */
static void
test_null_keys (void)
{
  g_autoptr (TestRig) rig
      = test_rig_new (&test_backend_vault, "CREATE TABLE t (k TEXT, n INTEGER, v TEXT, PRIMARY KEY (k, n));");
  TestDevice *a
      = test_rig_add_with_rows (rig, "a", "INSERT INTO t VALUES (NULL, 1, 'before'), ('N', 1, 'good')");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t VALUES ('x', NULL, 'after'), ('NULL', 2, 'fine'), (NULL, 1, 'again')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "'x',NULL|refused|null-key|n\nNULL,1|refused|null-key|k\n");
  test_device_assert_quiet (a);
  test_device_expect (b, "SELECT k, n, v FROM t ORDER BY n", "N|1|good\nNULL|2|fine\n");
  test_device_sql (a, "UPDATE t SET n = 3 WHERE k = 'x'; DELETE FROM t WHERE k IS NULL");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k, n, v FROM t ORDER BY n", "N|1|good\nNULL|2|fine\nx|3|after\n");
  test_device_assert_clean (a);
}

/* An id ends before the NUL: the row is refused, whether it was there before or not, and not taken for a deleted one. */
static void
test_keys_with_nul (void)
{
  g_autoptr (TestRig) rig
      = test_rig_new (&test_backend_vault, "CREATE TABLE t (n INTEGER, k TEXT, v TEXT, PRIMARY KEY (n, k));");
  TestDevice *a = test_rig_add_with_rows (rig, "a", "INSERT INTO t VALUES (1, 'b' || char (0) || 'x', 'before')");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t VALUES (2, char (0), 'after'), (3, 'fine', 'good'), (4, 'gone', 'gone');"
                      "DELETE FROM t WHERE n = 4");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "1,'b'|refused|nul|k\n2,''|refused|nul|k\n");
  test_device_assert_quiet (a);
  test_device_expect (b, "SELECT id FROM psync_row", "3,'fine'\n");
  test_device_sql (a, "UPDATE t SET k = 'd' WHERE n = 2; UPDATE t SET k = 'b' WHERE n = 1");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT n, k, v FROM t ORDER BY n", "1|b|before\n2|d|after\n3|fine|good\n");
  test_device_assert_clean (a);
}

/* One key for this table and two for the cloud: the second is held until the owner makes room, and nothing is lost. */
static void
test_keys_that_collide (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault,
                                          "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v TEXT);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t VALUES ('anna', 'by a')");
  test_device_sql (b, "INSERT INTO t VALUES ('ANNA', 'by b')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT k, v FROM t", "anna|by a\n");
  test_device_expect (b, "SELECT k, v FROM t", "ANNA|by b\n");
  test_device_expect (a, "SELECT id, reason FROM psync_held", "'ANNA'|primary-key\n");
  test_device_expect (b, "SELECT id, reason FROM psync_held", "'anna'|primary-key\n");
  test_device_assert_quiet (a);
  test_device_sql (b, "UPDATE t SET k = 'berta'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT k, v FROM t ORDER BY k", "anna|by a\nberta|by b\n");
  test_device_assert_clean (a);
  test_device_assert_clean (b);
}

/* A parent that is spelled otherwise is the same parent: its children stay. */
static void
test_parent_whose_case_changes (gconstpointer on_update)
{
  g_autofree char *schema
      = g_strdup_printf ("CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v TEXT);"
                         "CREATE TABLE c (k TEXT PRIMARY KEY NOT NULL, p TEXT COLLATE NOCASE REFERENCES p (k) "
                         "ON DELETE CASCADE ON UPDATE %s);",
                         (const char *) on_update);
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, schema);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO p VALUES ('anna', 'one'), ('bert', 'two'); "
                      "INSERT INTO c VALUES ('1', 'anna'), ('2', 'ANNA'), ('3', 'bert')");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE p SET k = 'Anna' WHERE k = 'anna'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k, v FROM p ORDER BY k", "Anna|one\nbert|two\n");
  test_device_expect (a, "SELECT c.k, p.v FROM c JOIN p ON p.k = c.p ORDER BY 1", "1|one\n2|one\n3|two\n");
  test_device_expect (b, "SELECT c.k, p.v FROM c JOIN p ON p.k = c.p ORDER BY 1", "1|one\n2|one\n3|two\n");
  test_device_expect (a, "SELECT * FROM psync_conflict", "");
  test_device_expect (b, "SELECT * FROM psync_conflict", "");
}

/* SQLite compares with the parent's collation: rows that spell it otherwise are its children all the same, go on record
 * when they go with it, and keep it where they were edited. */
static void
test_parent_that_children_spell_otherwise (void)
{
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault, "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL COLLATE NOCASE, v TEXT);"
                           "CREATE TABLE c (k TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES p (k) ON DELETE CASCADE);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO p VALUES ('anna', 'one'), ('bert', 'two'); "
                      "INSERT INTO c VALUES ('1', 'anna'), ('2', 'ANNA')");
  test_rig_assert_converged (rig);
  g_assert_true (test_shell (a->path, "DELETE FROM p", NULL));
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (b, "INSERT INTO c VALUES ('3', 'BERT')");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k FROM p UNION ALL SELECT k FROM c", "bert\n3\n");
  test_device_expect (b, "SELECT id, kind FROM psync_conflict ORDER BY id",
                      "'1'|cascade\n'2'|cascade\n'bert'|edit-delete\n");
}

/* An owner who keeps no foreign keys has rows that refer to nothing. That is his business, and stands in nobody's way. */
static void
test_swap_beside_broken_reference (void)
{
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault, "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL, x TEXT UNIQUE);"
                           "CREATE TABLE c (k TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES p (k));");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO p VALUES ('1', 'x'), ('2', 'y')");
  test_rig_assert_converged (rig);
  g_assert_true (test_shell (b->path, "INSERT INTO c VALUES ('own', 'nowhere')", NULL));
  test_device_sql (a, "UPDATE p SET x = 'z' WHERE k = '1'; UPDATE p SET x = 'x' WHERE k = '2'; "
                      "UPDATE p SET x = 'y' WHERE k = '1'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT k, x FROM p ORDER BY k", "1|y\n2|x\n");
  test_device_expect (b, "SELECT k, p FROM c", "own|nowhere\n");
  test_device_expect (b, "SELECT * FROM psync_held", "");
  test_device_expect (a, "SELECT id, reason FROM psync_held", "'own'|foreign-key\n");
}

/* Rows that refer to each other in a circle go together. All but the one that was deleted elsewhere go on record, also
 * those that the first of them takes along. */
static void
test_circle_of_references (void)
{
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault,
      "CREATE TABLE e (k TEXT PRIMARY KEY NOT NULL, v TEXT, p TEXT REFERENCES e (k) ON DELETE CASCADE);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO e VALUES ('1', 'one', NULL), ('2', 'two', NULL), ('3', 'three', NULL)");
  test_rig_assert_converged (rig);
  test_device_sql (b, "UPDATE e SET p = '1' WHERE k = '2'; UPDATE e SET p = '2' WHERE k = '3'; "
                      "UPDATE e SET p = '3' WHERE k = '1'");
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (a, "DELETE FROM e WHERE k = '1'");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k FROM e", "");
  test_device_expect (b,
                      "SELECT id, kind, local ->> '$.v' FROM psync_conflict "
                      "WHERE kind = 'cascade' OR id = '''1''' ORDER BY id, kind",
                      "'1'|edit-delete|one\n'2'|cascade|two\n'3'|cascade|three\n");
}

/* An album refers to its cover and the picture to its album: none of them could be written before the other. A picture
 * whose album is nowhere stops none of the others. */
static void
test_rows_that_refer_to_each_other (void)
{
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault,
      "CREATE TABLE album (k TEXT PRIMARY KEY NOT NULL, cover TEXT REFERENCES picture (k));"
      "CREATE TABLE \"a \"\"person\"\"\" (k INTEGER PRIMARY KEY, spouse INTEGER NOT NULL "
      "REFERENCES \"a \"\"person\"\"\" (K));"
      "CREATE TABLE picture (k TEXT PRIMARY KEY NOT NULL, album TEXT NOT NULL REFERENCES Album, "
      "next TEXT REFERENCES picture);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  g_assert_true (test_shell (a->path,
                             "INSERT INTO album VALUES ('x', '1'), ('y', '3'), ('lost', 'nowhere');"
                             "INSERT INTO picture VALUES ('1', 'x', '2'), ('2', 'x', '1'), ('3', 'y', NULL), "
                             "('4', 'nowhere', '1'), ('5', 'y', '4'), ('6', 'lost', NULL);"
                             "INSERT INTO \"a \"\"person\"\"\" VALUES (1, 2), (2, 1), (3, 4);",
                             NULL));
  test_rig_settle (rig);
  test_device_expect (b, "SELECT k, cover FROM album ORDER BY k", "x|1\ny|3\n");
  test_device_expect (b, "SELECT k, album, next FROM picture ORDER BY k", "1|x|2\n2|x|1\n3|y|\n");
  test_device_expect (b, "SELECT k, spouse FROM \"a \"\"person\"\"\" ORDER BY k", "1|2\n2|1\n");
  test_device_expect (b, "SELECT id, reason FROM psync_held ORDER BY id",
                      "'4'|foreign-key\n'5'|foreign-key\n'6'|foreign-key\n'lost'|foreign-key\n3|foreign-key\n");
  test_device_assert_quiet (b);
  test_device_sql (a, "INSERT INTO album VALUES ('nowhere', '4'); INSERT INTO picture VALUES ('nowhere', 'lost', '5');"
                      "INSERT INTO \"a \"\"person\"\"\" VALUES (4, 3)");
  test_rig_assert_converged (rig);
  test_device_assert_clean (b);
}

/* So it is with a value that others refer to, where both change. */
static void
test_reference_that_changes (void)
{
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault, "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL, code TEXT UNIQUE, n INTEGER);"
                           "CREATE TABLE c (k TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES p (code), v TEXT);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO p VALUES ('1', 'A', 1), ('2', 'B', 2), ('3', 'C', 3);"
                      "INSERT INTO c VALUES ('1', 'A', 'x'), ('2', 'A', 'y'), ('3', 'C', 'z')");
  test_rig_assert_converged (rig);
  g_assert_true (test_shell (a->path,
                             "UPDATE p SET code = 'Z' WHERE k = '1'; UPDATE c SET p = 'Z' WHERE p = 'A';"
                             "UPDATE p SET code = 'Q' WHERE k = '3'",
                             NULL));
  test_device_sql (b, "UPDATE c SET v = 'b' WHERE k = '2'; UPDATE p SET n = 9 WHERE k = '1'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT k, code, n FROM p ORDER BY k", "1|Z|9\n2|B|2\n3|C|3\n");
  test_device_expect (b, "SELECT k, p, v FROM c ORDER BY k", "1|Z|x\n2|Z|b\n3|C|z\n");
  test_device_expect (b, "SELECT entity, id, reason FROM psync_held", "p|'3'|foreign-key\n");
  test_device_sql (a, "UPDATE c SET p = 'Q' WHERE k = '3'");
  test_rig_assert_converged (rig);
  test_device_assert_clean (b);
}

/* An owner who asks for no foreign keys may have declared some that nobody could keep: SQLite would refuse every write
 * to such a table. They stop none of its rows, and are kept as soon as they are put right. */
static void
test_references_that_cannot_be_kept (gconstpointer reference)
{
  g_autofree char *schema = g_strdup_printf (
      "CREATE TABLE p (k TEXT PRIMARY KEY NOT NULL, code TEXT);"
      "CREATE TABLE c (k TEXT PRIMARY KEY NOT NULL, p TEXT REFERENCES %s, up TEXT REFERENCES c (k) ON DELETE CASCADE);"
      "CREATE TABLE other (k TEXT PRIMARY KEY NOT NULL, v TEXT UNIQUE);",
      (const char *) reference);
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, schema);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  g_assert_true (test_shell (a->path,
                             "INSERT INTO p VALUES ('1', 'A'), ('2', 'B'), ('3', 'C');"
                             "INSERT INTO c VALUES ('1', 'A', NULL), ('2', NULL, '1'), ('3', 'C', '3');"
                             "INSERT INTO other VALUES ('o', 'x'), ('p', 'y')",
                             NULL));
  test_rig_assert_converged (rig);
  test_device_assert_clean (b);
  test_device_expect (b, "SELECT k, p FROM c ORDER BY k", "1|A\n2|\n3|C\n");
  g_assert_true (test_shell (b->path,
                             "UPDATE c SET p = 'Z' WHERE k = '2'; DELETE FROM c WHERE k = '3'; "
                             "DELETE FROM p WHERE k = '2';"
                             "UPDATE other SET v = 'z' WHERE k = 'o'; UPDATE other SET v = 'x' WHERE k = 'p'; "
                             "UPDATE other SET v = 'y' WHERE k = 'o'",
                             NULL));
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT k, p FROM c UNION ALL SELECT k, v FROM other ORDER BY 1", "1|A\n2|Z\no|y\np|x\n");
  test_device_assert_clean (a);
  /* The owner repairs it: from then on such rows wait for what they refer to. */
  g_assert_true (test_shell (a->path,
                             "CREATE TABLE IF NOT EXISTS nowhere (k TEXT PRIMARY KEY NOT NULL, v TEXT);"
                             "CREATE UNIQUE INDEX IF NOT EXISTS now_unique ON p (code)",
                             NULL));
  test_device_sync (a);
  g_assert_true (test_shell (b->path, "INSERT INTO c VALUES ('4', 'nothing', NULL)", NULL));
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, reason FROM psync_held", "'4'|foreign-key\n");
}

/* What others may write into a cloud: it stands alone, and is taken when it can be read. */
static void
test_json_too_deep (void)
{
  g_autofree char *opening = g_strnfill (100, '['), *closing = g_strnfill (100, ']');
  g_autofree char *sql = NULL, *path = NULL;
  g_autoptr (TestRig) rig = test_rig_new (
      &test_backend_vault, "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, settings JSON, v TEXT);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  SyncConnection *vault;
  g_autoptr (GError) error = NULL;

  test_device_sql (a, "INSERT INTO t VALUES ('1', '\"one\"', 'x'), ('2', '\"two\"', 'y')");
  test_device_sync (a);
  path = test_rig_vault_path (rig);
  vault = sync_connection_open (path, 0, 5000, &error);
  g_assert_no_error (error);
  sql = g_strdup_printf ("UPDATE vault_row SET row = replace (row, '\"one\"', '%s%s')", opening, closing);
  g_assert_true (sync_connection_execute (vault, sql, &error));
  sync_connection_close (vault);
  test_device_sync (b);
  test_device_expect (b, "SELECT k, settings FROM t", "2|\"two\"\n");
  test_device_expect (b, "SELECT id, reason, detail FROM psync_held", "'1'|deep|settings\n");
  test_device_assert_quiet (b);
  test_device_sqlf (b, "INSERT INTO t VALUES ('3', '%s%s', 'z'), ('4', '4', 'z')", opening, closing);
  test_device_sync (b);
  test_device_expect (b, "SELECT id, state, error ->> '$.reason' FROM psync_change", "'3'|refused|deep\n");
  test_device_assert_quiet (b);
  test_device_sql (b, "UPDATE t SET settings = '3' WHERE k = '3'");
  test_device_sql (a, "UPDATE t SET settings = '1' WHERE k = '1'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k, settings FROM t ORDER BY k", "1|1\n2|\"two\"\n3|3\n4|4\n");
  test_device_assert_clean (b);
}

static void
owner (TestDevice *device, const char *sql)
{
  g_autofree char *output = NULL;

  if (!test_shell (device->path, sql, &output))
    g_error ("%s: %s", sql, output);
}

/* A trigger that only the owner's program can run: the sqlite3 shell has functions of its own. */
static void
test_trigger_with_function (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, v TEXT);"
                                                               "CREATE TABLE plain (k TEXT PRIMARY KEY NOT NULL);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  owner (b, "CREATE TRIGGER own AFTER INSERT ON t BEGIN UPDATE t SET v = hex (sha3 (NEW.v)) WHERE k = NEW.k; END");
  test_device_sql (a, "INSERT INTO t VALUES ('1', 'one'), ('2', 'two'); INSERT INTO plain VALUES ('p')");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT k FROM plain", "p\n");
  test_device_expect (b, "SELECT k, v FROM t", "");
  test_device_expect (b, "SELECT id, reason, detail FROM psync_held ORDER BY id",
                      "'1'|owner-code|no such function: sha3\n'2'|owner-code|no such function: sha3\n");
  test_device_assert_quiet (b);
  /* What the owner writes himself travels all the same. */
  owner (b, "INSERT INTO t VALUES ('3', 'three')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT k, length (v) FROM t ORDER BY k", "1|3\n2|3\n3|64\n");
  owner (b, "DROP TRIGGER own");
  test_rig_assert_converged (rig);
  test_device_assert_clean (b);
  test_device_expect (b, "SELECT k, length (v) FROM t ORDER BY k", "1|3\n2|3\n3|64\n");
}

/* One row at which the owner's own code fails stops no other; nor does one at which it ends the transaction. */
static void
test_trigger_that_fails (TestRig *rig, const char *trigger, const char *reason)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autofree char *held = g_strdup_printf ("'13'|%s\n'20'|%s\n", reason, reason);

  test_device_sql (a, "INSERT INTO t VALUES ('20', '[1]')");
  test_rig_assert_converged (rig);
  test_device_sql (b, trigger);
  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (10) UNION ALL SELECT i + 1 FROM n WHERE i < 19) "
                      "INSERT INTO t SELECT i, CASE i WHEN 13 THEN 'bad' ELSE '[' || i || ']' END FROM n; "
                      "UPDATE t SET v = 'bad' WHERE k = '20'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id, reason FROM psync_held ORDER BY id", held);
  test_device_expect (b, "SELECT count (*), sum (v = 'bad'), max (v) FILTER (WHERE k = '20') FROM t", "10|0|[1]\n");
  test_device_assert_quiet (b);
  test_device_sql (a, "UPDATE t SET v = '[2]' WHERE k = '13'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id FROM psync_held", "'20'\n");
  test_device_sql (b, "DROP TRIGGER own; DROP TRIGGER own2");
  test_rig_assert_converged (rig);
  test_device_assert_clean (b);
  test_device_expect (b, "SELECT k FROM t WHERE v = 'bad'", "20\n");
}

#define TEXTS "CREATE TABLE t (k TEXT PRIMARY KEY NOT NULL, v TEXT);"

static void
test_trigger_that_rolls_back (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, TEXTS);

  test_trigger_that_fails (rig,
                           "CREATE TRIGGER own AFTER INSERT ON t WHEN NEW.v = 'bad' BEGIN "
                           "SELECT RAISE (ROLLBACK, 'no'); END;"
                           "CREATE TRIGGER own2 AFTER UPDATE ON t WHEN NEW.v = 'bad' BEGIN "
                           "SELECT RAISE (ROLLBACK, 'no'); END;",
                           "trigger");
}

/* What a trigger passes over in silence is written as what it changes is: with triggers off. */
static void
test_trigger_that_ignores (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, TEXTS);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  owner (b, "CREATE TRIGGER own BEFORE INSERT ON t WHEN NEW.v = 'one' BEGIN SELECT RAISE (IGNORE); END;"
            "CREATE TRIGGER own2 BEFORE UPDATE ON t BEGIN SELECT RAISE (IGNORE); END;"
            "CREATE TRIGGER own3 BEFORE DELETE ON t BEGIN SELECT RAISE (IGNORE); END;");
  test_device_sql (a, "INSERT INTO t VALUES ('1', 'one'), ('2', 'two')");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE t SET v = 'one!' WHERE k = '1'; DELETE FROM t WHERE k = '2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT k, v FROM t", "1|one!\n");
  test_device_assert_clean (b);
}

static void
test_trigger_with_json (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, TEXTS);

  test_trigger_that_fails (rig,
                           "CREATE TRIGGER own AFTER INSERT ON t BEGIN SELECT json_extract (NEW.v, '$'); END;"
                           "CREATE TRIGGER own2 AFTER UPDATE ON t BEGIN SELECT json_extract (NEW.v, '$'); END;",
                           "owner-code");
}

/* --- Values ------------------------------------------------------------------------------------- */

#define VALUES "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, u, b BLOB, i INTEGER, r REAL, n NUMERIC, x TEXT, bo BOOLEAN, " \
               "j JSON, ts TIMESTAMP, d DATE);"

/* An infinity is a number in columns of reals only, and a word for one is none there. */
static void
test_infinite (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, VALUES);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t (id, u) VALUES ('u1', 9e999), ('u2', -9e999), ('u3', 'Infinity');"
                      "INSERT INTO t (id, b) VALUES ('b1', 9e999);"
                      "INSERT INTO t (id, i) VALUES ('i1', 9e999), ('i2', 'Infinity');"
                      "INSERT INTO t (id, r) VALUES ('r1', 9e999), ('r2', -9e999), ('r3', 'Infinity'), ('r4', 'NaN'), "
                      "('r5', 'infinite');"
                      "INSERT INTO t (id, n) VALUES ('n1', 9e999), ('n2', '-Infinity');"
                      "INSERT INTO t (id, bo) VALUES ('o1', 9e999);"
                      "INSERT INTO t (id, j) VALUES ('j1', -9e999), ('j2', '\"Infinity\"');"
                      "INSERT INTO t (id, ts) VALUES ('t1', 9e999), ('t2', 'infinity');"
                      "INSERT INTO t (id, x) VALUES ('x1', 'Infinity'), ('x2', 'NaN');");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "'b1'|refused|infinite|b\n'i1'|refused|infinite|i\n'j1'|refused|infinite|j\n"
                      "'n2'|refused|number-word|n\n'o1'|refused|infinite|bo\n'r3'|refused|number-word|r\n"
                      "'r4'|refused|number-word|r\n't1'|refused|infinite|ts\n'u1'|refused|infinite|u\n"
                      "'u2'|refused|infinite|u\n");
  test_device_expect (b, "SELECT id, coalesce (quote (u), 0), r, n, typeof (n), quote (i), quote (ts), x FROM t "
                         "WHERE id IN ('u3', 'i2', 'n1', 'r1', 'r2', 'r5', 't2', 'x1', 'x2') ORDER BY id",
                      "i2|NULL|||null|'Infinity'|NULL|\nn1|NULL||Inf|real|NULL|NULL|\nr1|NULL|Inf||null|NULL|NULL|\n"
                      "r2|NULL|-Inf||null|NULL|NULL|\nr5|NULL|infinite||null|NULL|NULL|\n"
                      "t2|NULL|||null|NULL|'infinity'|\nu3|'Infinity'|||null|NULL|NULL|\n"
                      "x1|NULL|||null|NULL|NULL|Infinity\nx2|NULL|||null|NULL|NULL|NaN\n");
  test_device_sql (a, "UPDATE t SET u = 1.5, b = NULL, i = NULL, n = NULL, r = NULL, bo = NULL, j = NULL, ts = NULL "
                      "WHERE id IN (SELECT trim (id, '''') FROM psync_change)");
  test_rig_assert_converged (rig);
  test_device_assert_clean (a);
}

static void
bind_zero (TestDevice *device, const char *id, const char *column)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO t (id, %s) VALUES (?1, ?2)", column);
  g_autoptr (GError) error = NULL;
  SyncStatement *statement = sync_connection_prepare (device->owner, sql, &error);

  g_assert_no_error (error);
  sync_statement_bind_text (statement, 1, id, -1);
  sync_statement_run (sync_statement_bind_double (statement, 2, -0.0), &error);
  g_assert_no_error (error);
}

static gboolean
has_sign (TestDevice *device, const char *id, const char *column)
{
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM t WHERE id = ?1", column);
  g_autoptr (GError) error = NULL;
  SyncStatement *statement = sync_connection_prepare (device->owner, sql, &error);
  gboolean sign;

  g_assert_no_error (error);
  g_assert_cmpint (sync_statement_step (sync_statement_bind_text (statement, 1, id, -1), &error), ==, SYNC_STEP_ROW);
  g_assert_true (sync_statement_double (statement, 0) == 0);
  sign = signbit (sync_statement_double (statement, 0)) != 0;
  sync_statement_reset (statement);
  return sign;
}

/* A cloud knows one null only: where the owner wants a value it is JSON's. */
static void
test_json_null (void)
{
  g_autoptr (TestRig) rig
      = test_rig_new (&test_backend_vault, "CREATE TABLE t (id TEXT PRIMARY KEY, j JSON NOT NULL, n JSON);");
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t VALUES ('new', 'null', 'null'), ('edited', '1', '1')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE t SET j = 'null', n = NULL WHERE id = 'edited'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id, quote (j), quote (n) FROM t ORDER BY id", "edited|'null'|NULL\nnew|'null'|NULL\n");
  test_device_expect (b, "SELECT * FROM psync_held", "");
  test_device_sql (b, "UPDATE t SET n = '[1]'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, quote (j), n FROM t ORDER BY id", "edited|'null'|[1]\nnew|'null'|[1]\n");
}

/* Where nothing converts them, values are what they were on the other device too, sign and all. */
static void
test_unconverted (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, VALUES);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO t (id, u) VALUES ('1', 1), ('2', 1.0), ('3', '1'), ('4', 1e15), ('5', 1e17), ('6', 1e300), "
                      "('7', 5e-324), ('8', 9223372036854775807), ('9', 9.223372036854775807e18), ('A', 0.1), ('B', ''), "
                      "('C', 'x''00'''), ('D', x'00');"
                      "INSERT INTO t (id, b) VALUES ('E', 1), ('F', 1.0), ('G', 1e15), ('H', x'');"
                      "INSERT INTO t (id, d) VALUES ('I', 20260101), ('J', 2.5), ('K', '2026-01-01');");
  bind_zero (a, "z1", "u");
  bind_zero (a, "z2", "b");
  g_assert_true (has_sign (a, "z1", "u") && has_sign (a, "z2", "b"));
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, error ->> '$.reason' FROM psync_change", "'D'|blob\n");
  test_device_sql (a, "DELETE FROM t WHERE id = 'D'");
  test_rig_assert_converged (rig);
  g_assert_true (has_sign (b, "z1", "u") && has_sign (b, "z2", "b"));
  test_device_expect (b, "SELECT quote (u) FROM t WHERE id < 'D' ORDER BY id",
                      "1\n1.0\n'1'\n1.0e+15\n1.0e+17\n1.0e+300\n4.94065645841247e-324\n9223372036854775807\n"
                      "9.2233720368547758078e+18\n0.1\n''\n'x''00'''\n");
  test_device_expect (b, "SELECT quote (b), quote (d) FROM t WHERE id BETWEEN 'E' AND 'K' ORDER BY id",
                      "1|NULL\n1.0|NULL\n1.0e+15|NULL\nX''|NULL\nNULL|20260101\nNULL|2.5\nNULL|'2026-01-01'\n");
  test_device_sql (b, "UPDATE t SET x = 'edited' WHERE id IN ('2', 'z1', 'z2')");
  test_rig_assert_converged (rig);
  g_assert_true (has_sign (a, "z1", "u") && has_sign (a, "z2", "b"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/tables/%s", cases[i].name);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/tables/keys/null-is-refused-and-stops-no-other", test_null_keys);
  g_test_add_func ("/tables/keys/with-nul-are-refused-and-stop-no-other", test_keys_with_nul);
  g_test_add_func ("/tables/keys/that-collide-here-and-not-there-are-held", test_keys_that_collide);
  g_test_add_func ("/tables/functions/a-trigger-that-only-its-owner-can-run", test_trigger_with_function);
  g_test_add_func ("/tables/functions/a-trigger-that-fails-for-one-row", test_trigger_with_json);
  g_test_add_func ("/tables/functions/a-trigger-that-ignores", test_trigger_that_ignores);
  g_test_add_func ("/tables/functions/a-trigger-that-rolls-back-for-one-row", test_trigger_that_rolls_back);
  g_test_add_data_func ("/tables/keys/of-parents-whose-case-changes", "NO ACTION", test_parent_whose_case_changes);
  g_test_add_data_func ("/tables/keys/of-parents-whose-case-changes-with-cascade", "CASCADE",
                        test_parent_whose_case_changes);
  g_test_add_func ("/tables/keys/of-parents-that-children-spell-otherwise", test_parent_that_children_spell_otherwise);
  g_test_add_func ("/tables/shapes/a-swap-beside-a-broken-reference", test_swap_beside_broken_reference);
  g_test_add_func ("/tables/values/infinite-ones-in-reals-only", test_infinite);
  g_test_add_func ("/tables/values/that-nothing-converts-are-exact", test_unconverted);
  g_test_add_func ("/tables/values/json-null-where-a-value-is-wanted", test_json_null);
  g_test_add_func ("/tables/values/json-too-deep-stands-alone", test_json_too_deep);
  g_test_add_func ("/tables/shapes/a-circle-of-references-goes-on-record", test_circle_of_references);
  g_test_add_data_func ("/tables/shapes/a-reference-to-no-table", "nowhere (k)", test_references_that_cannot_be_kept);
  g_test_add_data_func ("/tables/shapes/a-reference-to-what-is-not-unique", "p (code)",
                        test_references_that_cannot_be_kept);
  g_test_add_func ("/tables/shapes/rows-that-refer-to-each-other", test_rows_that_refer_to_each_other);
  g_test_add_func ("/tables/shapes/a-value-that-others-refer-to-changes", test_reference_that_changes);
  return g_test_run ();
}
