/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "converge.h"

/* Two and three devices, and writers that know nothing of us: in the end all have the same rows. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"

/* --- Ordinary writes ---------------------------------------------------------------------------- */

static void
test_travel (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', 'first', 1), ('2', 'two', 'second', 2), "
                      "('3', 'three', NULL, NULL)");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT * FROM notes ORDER BY id", "1|one|first|1\n2|two|second|2\n3|three||\n");

  test_device_sql (b, "UPDATE notes SET body = 'new' WHERE id = '1'; DELETE FROM notes WHERE id = '2'");
  test_device_sync (b);
  test_device_sync (a);
  test_device_expect (a, "SELECT * FROM notes ORDER BY id", "1|one|new|1\n3|three||\n");
  test_rig_assert_converged (rig);
}

static void
test_three (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  TestDevice *c = test_rig_add (rig, "c");

  test_device_sql (a, "INSERT INTO notes VALUES ('a', 'from a', NULL, 1)");
  test_device_sql (b, "INSERT INTO notes VALUES ('b', 'from b', NULL, 2)");
  test_device_sql (c, "INSERT INTO notes VALUES ('c', 'from c', NULL, 3)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET rank = rank + 10 WHERE id = 'b'");
  test_device_sql (b, "UPDATE notes SET title = 'from b too' WHERE id = 'b'");
  test_device_sql (c, "UPDATE notes SET body = 'and c' WHERE id = 'b'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes ORDER BY id",
                      "a|from a||1\nb|from b too|and c|12\nc|from c||3\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* Another program, with its own idea of settings, that replaces rows. */
static void
test_foreign_process (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  g_assert_true (test_shell (a->path,
                             "PRAGMA foreign_keys = OFF; PRAGMA recursive_triggers = ON;"
                             "INSERT INTO notes VALUES ('1', 'one', NULL, 1), ('2', 'two', NULL, 2);",
                             NULL));
  test_rig_settle (rig);
  g_assert_true (test_shell (b->path,
                             "INSERT OR REPLACE INTO notes VALUES ('1', 'replaced', 'x', 7);"
                             "INSERT INTO notes VALUES ('2', 'two', NULL, 2) ON CONFLICT DO UPDATE SET rank = 8;"
                             "INSERT OR IGNORE INTO notes VALUES ('2', 'ignored', NULL, 9);",
                             NULL));
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes ORDER BY id", "1|replaced|x|7\n2|two||8\n");
}

static void
test_changed_key (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO notes VALUES ('old', 'one', NULL, 1), ('x', 'two', NULL, 2)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET id = 'new' WHERE id = 'old'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "new\nx\n");
  /* Two rows change places, and one goes where another was deleted. */
  test_device_sql (b, "UPDATE notes SET id = 'tmp' WHERE id = 'new'; UPDATE notes SET id = 'new' WHERE id = 'x';"
                      "UPDATE notes SET id = 'x' WHERE id = 'tmp'; ");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "new|two\nx|one\n");
}

static void
test_revive (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', NULL, 1)");
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM notes");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "0\n");
  test_device_sql (b, "INSERT INTO notes VALUES ('1', 'again', NULL, 2)");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|again||2\n");
  test_device_sql (a, "DELETE FROM notes; INSERT INTO notes VALUES ('1', 'at once', NULL, 3)");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM notes", "1|at once||3\n");
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* What comes and goes between two runs need not travel. */
static void
test_short_life (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', NULL, 1); DELETE FROM notes");
  test_faults_reset_counts (a->faults);
  test_device_sync (a);
  g_assert_cmpuint (test_faults_count (a->faults, TEST_REQUEST_PUSH), ==, 0);
  test_device_assert_clean (a);
  test_device_assert_quiet (b);
}

/* Writes that end where they began need not travel either. */
static void
test_no_change (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', NULL, 1)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'two'; UPDATE notes SET title = 'one'");
  test_faults_reset_counts (a->faults);
  test_device_sync (a);
  g_assert_cmpuint (test_faults_count (a->faults, TEST_REQUEST_PUSH), ==, 0);
  test_device_assert_clean (a);
  test_device_assert_quiet (a);
}

static void
test_composite_keys (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO pairs VALUES ('a,b', 1, 'comma'), ('it''s', 1, 'quote'), ('it''s', 2, 'two'), "
                      "('', -9223372036854775808, 'least')");
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE pairs SET value = 'changed' WHERE place = 2; DELETE FROM pairs WHERE area = 'a,b'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM pairs ORDER BY area, place",
                      "|-9223372036854775808|least\nit's|1|quote\nit's|2|changed\n");
}

/* --- Integer keys ------------------------------------------------------------------------------- */

#define LISTS \
  "CREATE TABLE lists (id INTEGER PRIMARY KEY, name TEXT);" \
  "CREATE TABLE items (id TEXT PRIMARY KEY NOT NULL, list INTEGER REFERENCES lists (id) ON DELETE CASCADE, " \
  "text TEXT);"

/* Two rows that happened to get the same number are two rows; who refers to one goes on referring to it. */
static void
test_same_number (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO lists (name) VALUES ('A1'), ('A2');"
                      "INSERT INTO items VALUES ('a1', 1, 'of A1'), ('a2', 2, 'of A2')");
  test_device_sql (b, "INSERT INTO lists (name) VALUES ('B1'), ('B2'), ('B3');"
                      "INSERT INTO items VALUES ('b1', 1, 'of B1'), ('b2', 2, 'of B2'), ('b3', 3, 'of B3')");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT l.name, i.text FROM lists l JOIN items i ON i.list = l.id ORDER BY 1",
                      "A1|of A1\nA2|of A2\nB1|of B1\nB2|of B2\nB3|of B3\n");
  test_device_expect (b, "SELECT count(*) FROM lists", "5\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* A number that was used and deleted elsewhere before. */
static void
test_number_of_deleted (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO lists (id, name) VALUES (1, 'A1')");
  test_device_sync (a);
  test_device_sql (a, "DELETE FROM lists");
  test_device_sync (a);
  test_device_sql (b, "INSERT INTO lists (id, name) VALUES (1, 'B1'); INSERT INTO items VALUES ('b1', 1, 'of B1')");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT l.name, i.text FROM lists l JOIN items i ON i.list = l.id", "B1|of B1\n");
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* --- Foreign keys ------------------------------------------------------------------------------- */

#define FAMILY(action) \
  "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);" \
  "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT DEFAULT 'p0' " \
  "REFERENCES parents (id) ON DELETE " action " ON UPDATE CASCADE, name TEXT);"

#define FAMILY_ROWS \
  "INSERT INTO parents VALUES ('p0', 'nobody'), ('p1', 'one'), ('p2', 'two');" \
  "INSERT INTO children VALUES ('c1', 'p1', 'of one'), ('c2', 'p2', 'of two'), ('c3', 'p2', 'of two')"

static void
start_family (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  test_device_sql (*a, FAMILY_ROWS);
  test_rig_settle (rig);
  test_rig_assert_equal (rig);
}

static void
test_cascade (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "DELETE FROM parents WHERE id = 'p2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id FROM children", "c1\n");
  test_device_expect (b, "SELECT id FROM parents ORDER BY id", "p0\np1\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* ON DELETE SET NULL, SET DEFAULT. */
static void
test_set_null (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "DELETE FROM parents WHERE id = 'p2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, parent FROM children ORDER BY id", "c1|p1\nc2|\nc3|\n");
}

static void
test_set_default (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "DELETE FROM parents WHERE id = 'p2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, parent FROM children ORDER BY id", "c1|p1\nc2|p0\nc3|p0\n");
}

/* ON DELETE RESTRICT, NO ACTION. */
static void
test_restrict (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "UPDATE children SET parent = 'p0' WHERE id = 'c2'; DELETE FROM children WHERE id = 'c3';"
                      "DELETE FROM parents WHERE id = 'p2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, parent FROM children ORDER BY id", "c1|p1\nc2|p0\n");
  test_device_expect (b, "SELECT id FROM parents ORDER BY id", "p0\np1\n");
}

static void
test_parent_key_changes (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "UPDATE parents SET id = 'p9' WHERE id = 'p2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, parent FROM children ORDER BY id", "c1|p1\nc2|p9\nc3|p9\n");
}

/* Lets another device run once, in the middle of a run. */
static TestFault
let_other_run (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  if (request == TEST_REQUEST_PUSH)
    {
      test_faults_set_hooks (faults, NULL, NULL, NULL);
      test_device_sync (data);
    }
  return TEST_FAULT_NONE;
}

/* A child that was synced but that who deleted the parent never saw goes with it, and is kept in the record. */
static void
test_unseen_child (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (b, "INSERT INTO children VALUES ('c4', 'p2', 'unseen')");
  test_device_sql (a, "DELETE FROM children WHERE parent = 'p2'; DELETE FROM parents WHERE id = 'p2'");
  test_faults_set_hooks (a->faults, let_other_run, NULL, b);
  test_device_sync (a);
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id FROM parents ORDER BY id", "p0\np1\n");
  test_device_expect (b, "SELECT id FROM children ORDER BY id", "c1\n");
  test_device_expect (b, "SELECT id, kind, local ->> '$.name' FROM psync_conflict", "'c4'|cascade|unseen\n");
  test_rig_assert_converged (rig);
}

/* A child edited here and not yet sent makes its parent's deletion elsewhere a conflict. */
static void
test_pending_child_newer (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (a, "DELETE FROM children WHERE parent = 'p2'; DELETE FROM parents WHERE id = 'p2'");
  test_device_sync (a);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (b, "INSERT INTO children VALUES ('c4', 'p2', 'newer')");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM parents ORDER BY id", "p0\np1\np2\n");
  test_device_expect (a, "SELECT id FROM children ORDER BY id", "c1\nc4\n");
  test_device_expect (b, "SELECT id, kind, resolution FROM psync_conflict WHERE entity = 'parents'",
                      "'p2'|edit-delete|local\n");
}

static void
test_pending_child_older (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (b, "INSERT INTO children VALUES ('c4', 'p2', 'older')");
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (a, "DELETE FROM children WHERE parent = 'p2'; DELETE FROM parents WHERE id = 'p2'");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM parents ORDER BY id", "p0\np1\n");
  test_device_expect (a, "SELECT id FROM children ORDER BY id", "c1\n");
  test_device_expect (b, "SELECT entity, id, kind, resolution FROM psync_conflict ORDER BY entity",
                      "children|'c4'|cascade|remote\nparents|'p2'|edit-delete|remote\n");
  test_device_expect (b, "SELECT local ->> '$.name' FROM psync_conflict WHERE kind = 'cascade'", "older\n");
}

/* Deleted here, while a child came into the world elsewhere. */
static void
test_child_of_deleted (TestRig *rig)
{
  TestDevice *a, *b;

  start_family (rig, &a, &b);
  test_device_sql (b, "INSERT INTO children VALUES ('c4', 'p2', 'unseen')");
  test_device_sync (b);
  test_device_sql (a, "DELETE FROM children WHERE parent = 'p2'; DELETE FROM parents WHERE id = 'p2'");
  test_rig_settle (rig);
  test_rig_settle (rig);
  test_device_expect (a, "SELECT count(*) FROM children c LEFT JOIN parents p ON p.id = c.parent "
                         "WHERE c.parent IS NOT NULL AND p.id IS NULL", "0\n");
  test_device_expect (b, "SELECT count(*) FROM children c LEFT JOIN parents p ON p.id = c.parent "
                         "WHERE c.parent IS NOT NULL AND p.id IS NULL", "0\n");
  test_rig_assert_equal (rig);
}

static void
test_self_reference (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "BEGIN; PRAGMA defer_foreign_keys = ON;"
                      "INSERT INTO tree VALUES ('leaf', 'branch'), ('branch', 'root'), ('root', NULL), "
                      "('own', 'own'), ('x', 'y'), ('y', 'x'); COMMIT");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM tree", "6\n");
  test_device_sql (b, "DELETE FROM tree WHERE id = 'root'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM tree ORDER BY id", "own\nx\ny\n");
  test_device_sql (a, "DELETE FROM tree");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM tree", "0\n");
}

/* Children before parents in a page, and a page that ends between them. */
static void
test_rows_before_parents (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                      "INSERT INTO tree SELECT printf ('%02d', i), CASE WHEN i < 40 THEN printf ('%02d', i + 1) END "
                      "FROM n ORDER BY i DESC");
  test_device_sync (a);
  test_faults_set_page_cap (b->faults, 7);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM tree", "40\n");
}

/* --- What a table refuses ----------------------------------------------------------------------- */

static void
test_unique_swap (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO users VALUES ('1', 'x@', 1), ('2', 'y@', 2), ('3', 'z@', 3)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE users SET email = 't' || email, seat = seat + 10;"
                      "UPDATE users SET email = CASE id WHEN '1' THEN 'y@' WHEN '2' THEN 'z@' ELSE 'x@' END, "
                      "seat = CASE id WHEN '1' THEN 2 WHEN '2' THEN 3 ELSE 1 END");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM users ORDER BY id", "1|y@|2\n2|z@|3\n3|x@|1\n");
}

/* One makes room, another takes it. */
static void
test_unique_moves_on (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO users VALUES ('1', 'x@', 1), ('2', 'y@', 2)");
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM users WHERE id = '2'; INSERT INTO users VALUES ('0', 'y@', 2)");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM users ORDER BY id", "0|y@|2\n1|x@|1\n");
}

/* Two devices gave one address to two people: each keeps its own and holds the other's until one yields. */
static void
test_unique_collision (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO users VALUES ('1', 'x@', 1)");
  test_device_sql (b, "INSERT INTO users VALUES ('2', 'x@', 2), ('3', 'free@', 3)");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id FROM users ORDER BY id", "1\n3\n");
  test_device_expect (b, "SELECT id FROM users ORDER BY id", "2\n3\n");
  test_device_expect (a, "SELECT id, reason, detail FROM psync_held", "'2'|unique|email\n");
  test_device_expect (b, "SELECT id, reason, detail FROM psync_held", "'1'|unique|email\n");
  test_device_expect (a, "SELECT * FROM psync_change", "");
  test_device_expect (b, "SELECT * FROM psync_change", "");

  test_device_sql (b, "UPDATE users SET email = 'y@' WHERE id = '2'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM users ORDER BY id", "1|x@|1\n2|y@|2\n3|free@|3\n");
}

/* A constraint that makes room by itself does so for its owner, not for us. */
static void
test_replacing_constraint (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO people VALUES ('1', 'x@')");
  test_device_sql (b, "INSERT INTO people VALUES ('2', 'x@')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT * FROM people", "1|x@\n");
  test_device_expect (b, "SELECT * FROM people", "2|x@\n");
  test_device_sql (b, "INSERT INTO people VALUES ('3', 'x@')");
  test_device_expect (b, "SELECT * FROM people", "3|x@\n");
  test_device_sql (a, "DELETE FROM people");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM people", "3|x@\n");
}

static void
test_held_until_changed (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b;

  g_free (rig->schema);
  rig->schema = g_strdup ("CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT NOT NULL, body TEXT, "
                          "rank INTEGER CHECK (rank < 100))");
  b = test_rig_add (rig, "b");
  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', NULL, 100), ('2', NULL, NULL, 2), ('3', 'three', NULL, 3)");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id FROM notes", "3\n");
  test_device_expect (b, "SELECT id, reason FROM psync_held ORDER BY id", "'1'|check\n'2'|not-null\n");
  /* Held again and again, but nothing travels for it. */
  test_faults_reset_counts (b->faults);
  test_device_sync (b);
  g_assert_cmpuint (test_faults_count_all (b->faults), ==, 1);

  test_device_sql (a, "UPDATE notes SET rank = 99 WHERE id = '1'; DELETE FROM notes WHERE id = '2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "1\n3\n");
}

/* --- The owner's triggers ----------------------------------------------------------------------- */

#define STAMPED \
  "CREATE TABLE stamped (id TEXT PRIMARY KEY NOT NULL, title TEXT, updated_at TEXT, edits INTEGER DEFAULT 0);" \
  "CREATE TRIGGER stamp AFTER UPDATE ON stamped BEGIN UPDATE stamped SET " \
  "updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), edits = OLD.edits + 1 WHERE id = NEW.id; END;" \
  "CREATE TRIGGER stamp_new AFTER INSERT ON stamped BEGIN UPDATE stamped SET " \
  "updated_at = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') WHERE id = NEW.id; END;"

static void
test_owner_trigger (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO stamped (id, title) VALUES ('1', 'one')");
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sync (a);
  test_device_sync (b);
  test_rig_assert_equal (rig);
  test_device_assert_quiet (a);
  test_device_assert_quiet (b);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (b, "UPDATE stamped SET title = 'two'");
  test_device_sync (b);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sync (a);
  test_device_assert_quiet (a);
  test_device_assert_quiet (b);
  test_rig_assert_converged (rig);
}

/* A trigger that keeps another table up to date. */
static void
test_owner_trigger_elsewhere (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO entries VALUES ('1', 'x', 5), ('2', 'x', 7)");
  test_rig_assert_converged (rig);
  test_device_sql (b, "INSERT INTO entries VALUES ('3', 'x', 1), ('4', 'y', 2)");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*) FROM entries", "4\n");
}

/* --- Values ------------------------------------------------------------------------------------- */

#define VALUES \
  "CREATE TABLE vals (id TEXT PRIMARY KEY NOT NULL, txt TEXT, num INTEGER, flt REAL, bin BLOB, doc JSON, " \
  "flag BOOLEAN, due TIMESTAMP);"

static void
test_values (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  static const char all[] = "SELECT id, quote (txt), quote (num), quote (flt), quote (bin), quote (doc), "
                            "quote (flag), quote (due) FROM vals ORDER BY id";
  g_autofree char *expected = NULL;

  test_device_sql (a, "INSERT INTO vals VALUES "
                      "('empty', '', 0, 0.0, x'', '{}', 0, '2026-01-01T00:00:00.000Z'),"
                      "('null', NULL, NULL, NULL, NULL, NULL, NULL, NULL),"
                      "('big', 'x', 9223372036854775807, 1.7976931348623157e308, x'00ff10', "
                      "'[1,2.5,\"a\",null,true,{\"k\":[]}]', 1, '1999-12-31T23:59:59.999Z'),"
                      "('small', 'y', -9223372036854775808, 5e-324, x'deadbeef', '\"text\"', 0, "
                      "'2026-06-30T12:00:00.120Z'),"
                      "('odd', 'line\nand \"quotes\" \\ and ''single''', 9007199254740993, 0.1, x'0a', '12345678901234567890', "
                      "1, '2026-01-01T00:00:00.001Z'),"
                      "('world', 'čaj 茶 🍵 \xcc\x81 \xef\xbf\xbd', 1, -1.5, NULL, '{\"č\":\"🍵\"}', 1, NULL),"
                      "('control', char (1, 2, 31, 127, 8232), 1, 3, NULL, '\"\\u0001\"', 0, NULL)");
  expected = test_device_query (a, all);
  test_rig_assert_converged (rig);
  test_device_expect (b, all, expected);
  test_device_sql (b, "UPDATE vals SET txt = 'again' WHERE id = 'null'");
  test_rig_assert_converged (rig);
}

/* What no cloud can hold is refused by itself, with the reason, and stops nothing else. */
static void
test_refused (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "INSERT INTO notes VALUES ('1', 'one', NULL, 1), "
                      "('2', CAST (x'610062' AS TEXT), NULL, 2), ('3', 'three', NULL, 3), "
                      "('4', CAST (x'ff' AS TEXT), NULL, 4), ('5', x'00', NULL, 5), ('6', 'six', NULL, 6)");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.refused, ==, 3);
  g_assert_cmpuint (result->total.pushed, ==, 3);
  test_device_sync (b);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "1\n3\n6\n");
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "'2'|refused|nul|title\n'4'|refused|utf-8|title\n'5'|refused|blob|title\n");
  test_device_assert_quiet (a);
  /* Refused does not mean touched. */
  test_device_expect (a, "SELECT hex (title) FROM notes WHERE id IN ('2', '4', '5') ORDER BY id", "610062\nFF\n00\n");
  test_device_sql (a, "UPDATE notes SET title = 'good' WHERE id IN ('2', '4'); DELETE FROM notes WHERE id = '5'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "5\n");
}

/* --- Many rows ---------------------------------------------------------------------------------- */

static void
test_many (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  SyncRunOptions options = { .allow_mass_change = TRUE };

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 5000) "
                      "INSERT INTO notes SELECT 'a' || i, 'title ' || i, hex (randomblob (40)), i FROM n");
  test_device_sql (b, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                      "INSERT INTO notes SELECT 'b' || i, 'title ' || i, NULL, i FROM n");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*), sum (rank) FROM notes", "5500|12627750\n");
  test_device_sql (b, "UPDATE notes SET rank = -rank; DELETE FROM notes WHERE rank % 10 = 0");
  test_device_sync (b);
  test_faults_set_page_cap (a->faults, 300);
  test_device_do (a, SYNC_RUN_SYNC, &options);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*) FROM notes", "4950\n");
}

/* --- Registration ------------------------------------------------------------------------------- */

/* --- What a run looks at ------------------------------------------------------------------------ */

static gboolean
take_steps (SyncStore *store, gpointer data, GError **error)
{
  *(gint64 *) data = sync_connection_vm_steps (sync_store_get_connection (store), TRUE);
  return TRUE;
}

static gint64
count_steps (TestDevice *device)
{
  gint64 steps;

  g_assert_true (test_device_call (device, take_steps, &steps, NULL));
  return steps;
}

/* SQLite's steps for a run that has nothing to do, and for one with ten rows here and ten others there. */
static void
measure_runs (TestDevice *a, TestDevice *b, gint64 *nothing, gint64 *changes)
{
  test_device_sync (a);
  count_steps (a);
  test_device_sync (a);
  *nothing = count_steps (a);
  test_device_sql (b, "UPDATE notes SET body = body || '.' WHERE rank BETWEEN 10 AND 19");
  test_device_sync (b);
  test_device_sql (a, "UPDATE notes SET body = body || ',' WHERE rank < 10");
  count_steps (a);
  test_device_sync (a);
  *changes = count_steps (a);
}

static void
insert_ranks (TestDevice *device, int first, int last)
{
  g_autofree char *sql
      = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT %d UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                         "INSERT INTO notes SELECT 'n' || i, 'title', 'body', i FROM n",
                         first, last);

  test_device_sql (device, sql);
}

static void
test_steps (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  gint64 nothing[2], changes[2];

  insert_ranks (a, 0, 199);
  test_rig_settle (rig);
  measure_runs (a, b, &nothing[0], &changes[0]);
  insert_ranks (a, 200, 9999);
  test_rig_settle (rig);
  measure_runs (a, b, &nothing[1], &changes[1]);
  g_test_message ("nothing %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT ", changes %" G_GINT64_FORMAT
                  " and %" G_GINT64_FORMAT,
                  nothing[0], nothing[1], changes[0], changes[1]);
  g_assert_cmpint (nothing[1] * 10, <=, nothing[0] * 11);
  g_assert_cmpint (changes[1] * 10, <=, changes[0] * 11);
}

static const TestRigCase cases[] = {
  { "writes-travel-both-ways", NOTES, test_travel },
  { "three-devices-edit-one-row", NOTES, test_three },
  { "another-process-replaces-rows", NOTES, test_foreign_process },
  { "a-changed-key-is-a-deletion-and-an-insertion", NOTES, test_changed_key },
  { "a-deleted-key-can-be-used-again", NOTES, test_revive },
  { "what-comes-and-goes-does-not-travel", NOTES, test_short_life },
  { "what-did-not-change-does-not-travel", NOTES, test_no_change },
  { "keys-of-several-columns",
    "CREATE TABLE pairs (area TEXT NOT NULL, place INTEGER NOT NULL, value TEXT, PRIMARY KEY (area, place)) "
    "WITHOUT ROWID",
    test_composite_keys },
  { "one-number-given-twice-is-two-rows", LISTS, test_same_number },
  { "a-number-that-was-deleted-elsewhere", LISTS, test_number_of_deleted },
  { "on-delete-cascade", FAMILY ("CASCADE"), test_cascade },
  { "on-delete-set-null", FAMILY ("SET NULL"), test_set_null },
  { "on-delete-set-default", FAMILY ("SET DEFAULT"), test_set_default },
  { "on-delete-restrict", FAMILY ("RESTRICT"), test_restrict },
  { "on-delete-no-action", FAMILY ("NO ACTION"), test_restrict },
  { "a-parent-gets-another-key", FAMILY ("CASCADE"), test_parent_key_changes },
  { "a-child-nobody-saw-goes-with-its-parent", FAMILY ("CASCADE"), test_unseen_child },
  { "a-newer-child-keeps-its-parent", FAMILY ("CASCADE"), test_pending_child_newer },
  { "an-older-child-goes-with-its-parent", FAMILY ("CASCADE"), test_pending_child_older },
  { "an-older-child-goes-even-if-restricted", FAMILY ("RESTRICT"), test_pending_child_older },
  { "no-child-is-left-without-parent", FAMILY ("CASCADE"), test_child_of_deleted },
  { "no-child-is-left-without-parent-restricted", FAMILY ("RESTRICT"), test_child_of_deleted },
  { "rows-that-refer-to-their-own-table",
    "CREATE TABLE tree (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES tree (id) ON DELETE CASCADE)",
    test_self_reference },
  { "children-may-come-before-parents",
    "CREATE TABLE tree (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES tree (id) ON DELETE CASCADE)",
    test_rows_before_parents },
  { "rows-exchange-unique-values",
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE, seat INTEGER NOT NULL UNIQUE)",
    test_unique_swap },
  { "a-unique-value-moves-to-another-row",
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE, seat INTEGER NOT NULL UNIQUE)",
    test_unique_moves_on },
  { "one-unique-value-given-twice-is-held",
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, email TEXT UNIQUE, seat INTEGER NOT NULL UNIQUE)",
    test_unique_collision },
  { "a-constraint-that-replaces-takes-nothing-away",
    "CREATE TABLE people (id TEXT PRIMARY KEY ON CONFLICT REPLACE NOT NULL, email TEXT UNIQUE ON CONFLICT REPLACE)",
    test_replacing_constraint },
  { "a-row-is-held-until-the-table-takes-it", NOTES, test_held_until_changed },
  { "an-owner's-trigger-makes-no-ping-pong", STAMPED, test_owner_trigger },
  { "an-owner's-trigger-writes-elsewhere",
    "CREATE TABLE entries (id TEXT PRIMARY KEY NOT NULL, topic TEXT, n INTEGER);"
    "CREATE TABLE sums (topic TEXT PRIMARY KEY NOT NULL, n INTEGER);"
    "CREATE TRIGGER add_up AFTER INSERT ON entries BEGIN INSERT INTO sums VALUES (NEW.topic, NEW.n) "
    "ON CONFLICT DO UPDATE SET n = n + excluded.n; END",
    test_owner_trigger_elsewhere },
  { "values-arrive-exactly", VALUES, test_values },
  { "what-cannot-travel-is-refused-alone", NOTES, test_refused },
  { "thousands-of-rows", NOTES, test_many },
  { "a-run-looks-at-what-changed-only", NOTES, test_steps },
};

/* Where a server takes its time, one of each kind. */
static const char *const essential[] = {
  "writes-travel-both-ways", "keys-of-several-columns",       "one-number-given-twice-is-two-rows",
  "on-delete-cascade",       "rows-exchange-unique-values",   "values-arrive-exactly",
  "thousands-of-rows",       "what-cannot-travel-is-refused-alone", NULL,
};

void
converge_add_tests (const TestBackend *backend, gboolean all)
{
  g_autofree char *path = g_strconcat ("/converge/", backend->name, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    if (all || g_strv_contains (essential, cases[i].name))
      test_rig_add_cases (backend, path, &cases[i], 1);
}
