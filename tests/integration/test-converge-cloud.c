/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "converge.h"
#include "test-backends.h"

/* Devices and a web application of the same user, and the owner of the project in the SQL editor. */

#define WEB \
  "CREATE TABLE web_notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER, data JSON, " \
  "due TIMESTAMP, payload BLOB, done BOOLEAN);"

/* Inserts, edits, upserts and deletions of who knows nothing of our columns reach every device. */
static void
test_web_writes (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO web_notes (id, title, rank) VALUES ('1', 'one', 1), ('2', 'two', 2), ('3', 'three', 3)");
  test_rig_settle (rig);
  test_rig_rest (rig, "POST", "web_notes", NULL, "{\"id\":\"w1\",\"title\":\"from the web\"}");
  test_rig_rest (rig, "PATCH", "web_notes?id=eq.1", NULL, "{\"title\":\"edited there\"}");
  test_rig_rest (rig, "DELETE", "web_notes?id=eq.2", NULL, NULL);
  test_rig_rest (rig, "POST", "web_notes?on_conflict=user_id,id", "resolution=merge-duplicates",
                 "[{\"id\":\"3\",\"title\":\"upserted\"},{\"id\":\"w2\",\"title\":\"new\"}]");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title, rank FROM web_notes ORDER BY id",
                      "1|edited there|1\n3|upserted|3\nw1|from the web|\nw2|new|\n");
  /* And a deleted key is used again. */
  test_rig_rest (rig, "POST", "web_notes", NULL, "{\"id\":\"2\",\"title\":\"again\"}");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM web_notes WHERE id = '2'", "again\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
}

static void
test_web_conflict (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO web_notes (id, title, body) VALUES ('1', 'one', 'body')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE web_notes SET title = 'by a', rank = 7");
  test_rig_rest (rig, "PATCH", "web_notes?id=eq.1", NULL, "{\"title\":\"by the web\",\"body\":\"there\"}");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT body, rank FROM web_notes", "there|7\n");
  test_device_expect (a, "SELECT kind, columns, local ->> '$.title', remote ->> '$.title' FROM psync_conflict",
                      "edit-edit|[\"title\"]|by a|by the web\n");
}

/* Web writes in the middle of a run. */
static TestFault
write_before_push (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  if (request == TEST_REQUEST_PUSH)
    {
      test_faults_set_hooks (faults, NULL, NULL, NULL);
      test_rig_rest (data, "PATCH", "web_notes?id=eq.1", NULL, "{\"body\":\"meanwhile\"}");
      test_rig_rest (data, "POST", "web_notes", NULL, "{\"id\":\"w\",\"title\":\"meanwhile\"}");
    }
  return TEST_FAULT_NONE;
}

static void
test_web_meanwhile (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO web_notes (id, title) VALUES ('1', 'one')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE web_notes SET title = 'by a'");
  test_faults_set_hooks (a->faults, write_before_push, NULL, rig);
  test_device_sync (a);
  test_device_expect (a, "SELECT id, title, body FROM web_notes ORDER BY id", "1|by a|meanwhile\nw|meanwhile|\n");
  test_device_assert_quiet (a);
  test_rig_assert_converged (rig);
}

/* A trigger of the project's own changes rows on their way in: they are read back. */
static void
test_server_trigger (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_rig_owner_sql (rig, "create or replace function public.shout () returns trigger language plpgsql "
                           "set search_path = '' as $$ begin new.title := upper (new.title); return new; end $$;"
                           "create or replace trigger shout before insert or update on public.loud_notes "
                           "for each row execute function public.shout ();");
  test_device_sql (a, "INSERT INTO loud_notes VALUES ('1', 'one', 'x'), ('2', 'TWO', 'y')");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, title FROM loud_notes ORDER BY id", "1|ONE\n2|TWO\n");
  test_device_assert_quiet (a);
  test_device_sql (b, "INSERT INTO loud_notes VALUES ('3', 'three', NULL)");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE loud_notes SET title = 'again' WHERE id = '3'; DELETE FROM loud_notes WHERE id = '2'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM loud_notes ORDER BY id", "1|ONE\n3|AGAIN\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* What a column of another type makes of a value is read back, before any trigger could see what it was. */
static void
test_server_types (TestRig *rig)
{
  static const char rows[] = "SELECT id, price, day, code FROM typed_notes ORDER BY id";
  static const char expected[] = "1|1.01|2026-01-01T10:00:01.000Z|abc\n2|2.5|2026-01-01T10:00:00.000Z|\n";
  TestDevice *a, *b;

  test_rig_owner_sql (rig, "create table if not exists public.typed_notes (user_id uuid not null default auth.uid (), "
                           "id text not null, price numeric(6,2), day timestamptz(0), code varchar(3), "
                           "primary key (user_id, id))");
  a = test_rig_add (rig, "a");
  b = test_rig_add (rig, "b");
  test_device_sql (a, "INSERT INTO typed_notes VALUES ('1', 1.005, '2026-01-01T10:00:00.600Z', 'abc  '), "
                      "('2', 2.5, '2026-01-01T10:00:00.000Z', NULL), ('3', 1, NULL, 'long')");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, error ->> '$.reason' FROM psync_change", "'3'|22001\n");
  test_device_sql (a, "DELETE FROM typed_notes WHERE id = '3'");
  test_device_expect (a, rows, expected);
  test_rig_assert_converged (rig);
  test_device_expect (b, rows, expected);
  test_device_sql (b, "UPDATE typed_notes SET price = 7.777, code = 'xyz' WHERE id = '1'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT price, code FROM typed_notes WHERE id = '1'", "7.78|xyz\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "0\n");
}

/* What the project's own constraint does not take is refused alone. */
static void
test_server_constraint (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;

  test_rig_owner_sql (rig, "alter table public.checked_notes drop constraint if exists small;"
                           "alter table public.checked_notes add constraint small check (rank < 100);");
  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                      "INSERT INTO checked_notes SELECT 'n' || i, iif (i IN (7, 33), 100, i) FROM n");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 38);
  g_assert_cmpuint (result->total.refused, ==, 2);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason' FROM psync_change ORDER BY id",
                      "'n33'|refused|23514\n'n7'|refused|23514\n");
  test_device_assert_quiet (a);
  test_device_sql (a, "UPDATE checked_notes SET rank = 1 WHERE rank = 100");
  test_rig_assert_converged (rig);
}

/* A row without its parent is refused, and goes when the parent does, or has come from elsewhere. */
static void
test_server_reference (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_owner_sql (rig, "alter table public.leaf_notes drop constraint if exists root;"
                           "alter table public.root_notes drop constraint if exists small;"
                           "alter table public.root_notes add constraint small check (rank < 100);"
                           "alter table public.leaf_notes add constraint root foreign key (user_id, root) "
                           "references public.root_notes (user_id, id);");
  test_device_sql (a, "INSERT INTO root_notes VALUES ('1', 1), ('2', 100);"
                      "INSERT INTO leaf_notes VALUES ('a', '1'), ('b', '2');"
                      "PRAGMA foreign_keys = OFF; INSERT INTO leaf_notes VALUES ('c', '3')");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, error ->> '$.reason' FROM psync_change ORDER BY entity, id",
                      "'b'|23503\n'c'|23503\n'2'|23514\n");
  test_device_sql (a, "UPDATE root_notes SET rank = 2 WHERE id = '2'");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, state FROM psync_change", "'c'|refused\n");
  test_device_assert_quiet (a);
  test_rig_rest (rig, "POST", "root_notes", NULL, "{\"id\":\"3\",\"rank\":3}");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, root FROM leaf_notes ORDER BY id", "a|1\nb|2\nc|3\n");
}

/* A UNIQUE value that one row leaves and another takes: sent in the other order it is refused, and goes right after. */
static void
test_server_unique (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;

  test_rig_owner_sql (rig, "create unique index if not exists one_slot on public.slot_notes (user_id, slot) "
                           "where deleted_at is null");
  test_device_sql (a, "INSERT INTO slot_notes VALUES ('5', 1)");
  test_device_sync (a);
  test_device_sql (a, "UPDATE slot_notes SET slot = 2; INSERT INTO slot_notes VALUES ('1', 1)");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 2);
  g_assert_cmpuint (result->total.refused, ==, 0);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason' FROM psync_change", "");
  test_rig_assert_converged (rig);
  /* Somebody else has it, and lets it go later. */
  test_rig_rest (rig, "POST", "slot_notes", NULL, "{\"id\":\"7\",\"slot\":7}");
  test_device_sql (a, "INSERT INTO slot_notes VALUES ('6', 7)");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason' FROM psync_change", "'6'|refused|23505\n");
  test_device_assert_quiet (a);
  test_rig_rest (rig, "DELETE", "slot_notes?id=eq.7", NULL, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, slot FROM slot_notes ORDER BY id", "1|1\n5|2\n6|7\n");
}

/* A table that is not there is no cloud that went back: what is known of its rows holds when it is there again. */
static void
test_table_away (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO away_notes VALUES ('1', 'one', 1), ('2', 'two', 2)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE away_notes SET title = 'by a' WHERE id = '1'");
  test_device_sql (b, "UPDATE away_notes SET rank = 7 WHERE id = '1'");
  test_rig_owner_sql (rig, "alter table public.away_notes rename to not_away_notes");
  test_device_fail (a, SYNC_ERROR_SCHEMA_MISSING);
  test_device_fail (b, SYNC_ERROR_SCHEMA_MISSING);
  test_rig_owner_sql (rig, "alter table public.not_away_notes rename to away_notes");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM away_notes ORDER BY id", "1|by a|7\n2|two|2\n");
  test_device_expect (a, "SELECT id, kind FROM psync_conflict", "");
  test_device_expect (b, "SELECT id, kind FROM psync_conflict", "");
}

/* A web application that deletes and the purge that forgets it. */
static void
test_purge (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO web_notes (id, title) VALUES ('1', 'one'), ('2', 'two'), ('3', 'three')");
  test_rig_settle (rig);
  test_rig_rest (rig, "DELETE", "web_notes?id=eq.1", NULL, NULL);
  test_rig_rest (rig, "PATCH", "web_notes?id=eq.3", NULL, "{\"title\":\"newest\"}");
  test_rig_owner_sql (rig, "alter table public.web_notes disable trigger user;"
                           "update public.web_notes set deleted_at = now () - interval '31 days' "
                           "where deleted_at is not null and user_id = @USER@;"
                           "alter table public.web_notes enable trigger user;"
                           "update public.sync_devices set is_active = false where user_id = @USER@;"
                           "select public.sync_purge ();"
                           "update public.sync_devices set is_active = true where user_id = @USER@;");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM web_notes ORDER BY id", "2\n3\n");
  test_device_expect (a, "SELECT id, kind FROM psync_conflict", "'1'|scan\n");
}

/* --- Registration ------------------------------------------------------------------------------- */

/* In a column of texts 1 would come back as '1', another key: refused, with the reason, and nothing else stops. */
static void
test_key_without_type (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO typeless_notes VALUES (1, 'number'), ('1', 'text'), ('x', 'other'), (1.5, 'real')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "1|refused|key-type|id\n1.5|refused|key-type|id\n");
  test_device_expect (b, "SELECT quote (id), title FROM typeless_notes ORDER BY id", "'1'|text\n'x'|other\n");
  test_device_expect (a, "SELECT count (*) FROM typeless_notes", "4\n");
  test_device_sql (a, "DELETE FROM typeless_notes WHERE typeof (id) <> 'text'");
  test_rig_assert_converged (rig);
  test_device_assert_clean (a);
}

/* In other columns each value stays what it is: 5 is not 5.0. (The test's server reads a text '5' as JSON, which hosted
 * ones do not.) */
static void
test_values_without_type (TestRig *rig)
{
  static const char exactly[] = "SELECT id, quote (v), quote (n) FROM any_notes ORDER BY id";
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO any_notes (id, v, n) VALUES ('1', 5, 2), ('2', 'five', 2.5), ('3', NULL, -7), "
                      "('4', 5.0, 0), ('5', 'it''s', 0), ('6', 1e15, 0), ('7', 9223372036854775807, 0), ('8', '', 0), "
                      "('9', 0.1, 0)");
  test_rig_settle (rig);
  test_device_expect (b, exactly,
                      "1|5|2\n2|'five'|2.5\n3|NULL|-7\n4|5.0|0\n5|'it''s'|0\n6|1.0e+15|0\n7|9223372036854775807|0\n8|''|0\n9|0.1|0\n");
  test_device_sql (b, "UPDATE any_notes SET n = 3 WHERE id = '1'");
  test_device_sql (a, "UPDATE any_notes SET v = v + 1 WHERE id IN ('1', '4')");
  test_rig_assert_converged (rig);
  test_device_expect (b, exactly,
                      "1|6|3\n2|'five'|2.5\n3|NULL|-7\n4|6.0|0\n5|'it''s'|0\n6|1.0e+15|0\n7|9223372036854775807|0\n8|''|0\n9|0.1|0\n");
  test_device_expect (a, "SELECT count (*) FROM psync_conflict", "0\n");
  test_device_expect (b, "SELECT count (*) FROM psync_conflict", "0\n");
}

/* What a column there would take and make another value of is refused here, and stops nothing else. */
static void
test_values_that_would_change (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO any_notes (id, t) VALUES ('t1', 'tomorrow'), ('t2', 'Jan 5 2026'), ('t3', 20260105), "
                      "('t4', '2026-01-05 10:00'), ('t5', 'soon'), ('t6', 'infinity'), ('t7', 'Infinity');"
                      "INSERT INTO any_notes (id, o) VALUES ('o1', 'yes'), ('o2', 1), ('o3', 0);"
                      "INSERT INTO any_notes (id, i) VALUES ('i1', 'one'), ('i2', 9223372036854775807);"
                      "INSERT INTO any_notes (id, n) VALUES ('n1', 9007199254740993), ('n2', 9007199254740992), "
                      "('n3', 'inf');"
                      "INSERT INTO any_notes (id, b) VALUES ('b1', 1), ('b2', x'31');"
                      "INSERT INTO any_notes (id, v) VALUES ('v1', 1e15), ('v2', x'00')");
  test_rig_settle (rig);
  test_device_expect (a, "SELECT id, state, error ->> '$.reason', error ->> '$.column' FROM psync_change ORDER BY id",
                      "'b1'|refused|22P02|b\n'i1'|refused|22P02|i\n'n1'|refused|22003|n\n'n3'|refused|22P02|n\n"
                      "'o1'|refused|22P02|o\n't1'|refused|22007|t\n't2'|refused|22007|t\n't3'|refused|22007|t\n"
                      "'t5'|refused|22007|\n't7'|refused|22007|t\n'v2'|refused|blob|v\n");
  test_device_sql (a, "DELETE FROM any_notes WHERE quote (id) IN (SELECT id FROM psync_change)");
  test_rig_add (rig, "b");
  test_rig_assert_converged (rig);
}

#define ANY "CREATE TABLE any_notes (id TEXT PRIMARY KEY NOT NULL, v, n DECIMAL, t TIMESTAMP, o BOOLEAN, i INTEGER, b BLOB);"

static const TestRigCase cases[] = {
  { "writes-of-a-web-application", WEB, test_web_writes },
  { "a-web-application-and-a-device-edit-one-row", WEB, test_web_conflict },
  { "a-web-application-writes-during-a-run", WEB, test_web_meanwhile },
  { "a-trigger-of-the-project", "CREATE TABLE loud_notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT);",
    test_server_trigger },
  { "types-of-the-project",
    "CREATE TABLE typed_notes (id TEXT PRIMARY KEY NOT NULL, price REAL, day TIMESTAMP, code TEXT);", test_server_types },
  { "a-constraint-of-the-project", "CREATE TABLE checked_notes (id TEXT PRIMARY KEY NOT NULL, rank INTEGER);",
    test_server_constraint },
  { "a-reference-of-the-project",
    "CREATE TABLE root_notes (id TEXT PRIMARY KEY NOT NULL, rank INTEGER);"
    "CREATE TABLE leaf_notes (id TEXT PRIMARY KEY NOT NULL, root TEXT REFERENCES root_notes (id));",
    test_server_reference },
  { "a-unique-value-of-the-project", "CREATE TABLE slot_notes (id TEXT PRIMARY KEY NOT NULL, slot INTEGER);",
    test_server_unique },
  { "a-table-that-is-away-for-a-while", "CREATE TABLE away_notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, rank INTEGER);",
    test_table_away },
  { "deleted-and-purged", WEB, test_purge },
  { "a-key-without-a-type", "CREATE TABLE typeless_notes (id PRIMARY KEY NOT NULL, title TEXT);",
    test_key_without_type },
  { "values-in-a-column-without-a-type", ANY, test_values_without_type },
  { "values-that-would-change", ANY, test_values_that_would_change },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (test_cloud_backends); i++)
    {
      g_autofree char *path = g_strconcat ("/converge/", test_cloud_backends[i].name, NULL);

      test_rig_add_cases (&test_cloud_backends[i], path, cases, G_N_ELEMENTS (cases));
    }
  converge_add_tests (&test_cloud_backends[0], FALSE);
  converge_add_tests (&test_cloud_backends[1], TRUE);
  return g_test_run ();
}
