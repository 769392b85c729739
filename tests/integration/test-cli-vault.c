/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* memmem() */

/* psync with a vault: what its commands do together, and the exit status of each way to end. */

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "test-psync.h"

#define INSERT_PROJECT "INSERT INTO projects (id, name, description) VALUES ('p', 'Garden', 'Beds')"

/* Two devices that both have one project. */
static TestPsync *
new_pair (void)
{
  TestPsync *psync = test_psync_new ();

  test_psync_add_device (psync, "a.db");
  test_psync_add_device (psync, "b.db");
  g_free (test_psync_sql (psync, "a.db", INSERT_PROJECT));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "Garden");
  return psync;
}

/* … and both changed its name and b its description as well; b is asked. */
static TestPsync *
new_conflict (void)
{
  TestPsync *psync = new_pair ();

  g_free (test_psync_run (psync, "b.db", 0, "entities strategy projects manual"));
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'From a', description = 'A'"));
  g_free (test_psync_sql (psync, "b.db", "UPDATE projects SET name = 'From b', description = 'B'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 5, "sync"));
  return psync;
}

static JsonObject *
only_element (JsonObject *answer, const char *member)
{
  JsonArray *array = json_object_get_array_member (answer, member);

  g_assert_cmpuint (json_array_get_length (array), ==, 1);
  return json_array_get_object_element (array, 0);
}

static gint64
statistic (TestPsync *psync, const char *database, int status, const char *member)
{
  g_autoptr (JsonObject) answer = test_psync_json (psync, database, status, "status");

  return json_object_get_int_member (json_object_get_object_member (answer, "statistics"), member);
}

static gint64
run_count (JsonObject *answer, const char *member)
{
  return json_object_get_int_member (json_object_get_object_member (answer, "run"), member);
}

static const char *
error_code (JsonObject *answer)
{
  return json_object_get_string_member (json_object_get_object_member (answer, "error"), "code");
}

static void
assert_equal_rows (TestPsync *psync, const char *sql)
{
  g_autofree char *a = test_psync_sql (psync, "a.db", sql);

  test_psync_expect (psync, "b.db", sql, a);
}

/* --- Runs ----------------------------------------------------------------------------------- */

static void
test_two_devices_come_in_step (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) sent = NULL;
  g_autoptr (JsonObject) received = NULL;
  g_autofree char *text = NULL;

  test_psync_add_device (psync, "a.db");
  test_psync_add_device (psync, "b.db");
  g_free (test_psync_sql (psync, "a.db", INSERT_PROJECT));
  sent = test_psync_json (psync, "a.db", 0, "sync");
  g_assert_cmpint (run_count (sent, "pushed"), ==, 1);
  received = test_psync_json (psync, "b.db", 0, "sync");
  g_assert_cmpint (run_count (received, "pulled"), ==, 1);
  g_free (test_psync_sql (psync, "b.db", "DELETE FROM projects"));
  text = test_psync_run (psync, "b.db", 0, "sync");
  g_assert_nonnull (strstr (text, "projects: 1 row sent"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM projects", "0");
  g_assert_cmpint (statistic (psync, "a.db", 0, "pending"), ==, 0);
}

static void
test_a_second_sync_has_nothing_to_do (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = test_psync_json (psync, "b.db", 0, "sync");
  JsonObject *run = json_object_get_object_member (answer, "run");

  g_assert_cmpstr (json_object_get_string_member (run, "outcome"), ==, "nothing");
}

static void
test_history_lists_runs_newest_first (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) limited = NULL;
  g_autofree char *text = NULL;
  JsonArray *runs;

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'x'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  answer = test_psync_json (psync, "a.db", 0, "history");
  runs = json_object_get_array_member (answer, "runs");
  g_assert_cmpuint (json_array_get_length (runs), ==, 2);
  g_assert_cmpint (json_object_get_int_member (json_array_get_object_element (runs, 0), "number"),
                   >,
                   json_object_get_int_member (json_array_get_object_element (runs, 1), "number"));
  limited = test_psync_json (psync, "a.db", 0, "history --limit 1");
  g_assert_cmpint (json_object_get_int_member (only_element (limited, "runs"), "pushed"), ==, 1);
  text = test_psync_run (psync, "a.db", 0, "history");
  g_assert_nonnull (strstr (text, "1 row sent"));
}

static void
test_a_dry_run_counts_and_writes_nothing (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *before = NULL;
  g_autofree char *vault_before = NULL;
  g_autofree char *idle = test_psync_run (psync, "a.db", 0, "sync --dry-run");

  g_assert_cmpstr (idle, ==, "Nothing to do.\n");
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'x'"));
  before = test_psync_sql (psync, "a.db", ".dump");
  vault_before = test_psync_sql (psync, "vault.db", ".dump");
  answer = test_psync_json (psync, "a.db", 0, "sync --dry-run");
  g_assert_cmpint (run_count (answer, "pushed"), ==, 1);
  g_assert_true (
      json_object_get_boolean_member (json_object_get_object_member (answer, "run"), "dry_run"));
  test_psync_expect (psync, "a.db", ".dump", before);
  test_psync_expect (psync, "vault.db", ".dump", vault_before);
}

static void
test_only_the_named_entities_take_part (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autofree char *output = NULL;

  g_free (test_psync_sql (psync, "a.db",
                          "UPDATE projects SET name = 'x';"
                          "INSERT INTO notifications (id, title) VALUES ('n', 'x')"));
  output = test_psync_run (psync, "a.db", 0, "sync --entity notifications");
  g_assert_nonnull (strstr (output, "1 row waits for a run of all entities: psync"));
  g_assert_cmpint (statistic (psync, "a.db", 0, "pending"), ==, 1);
  g_free (test_psync_run (psync, "a.db", 0, "entities disable projects"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_fail (psync, "a.db", 1, "sync --entity nonsense", "nonsense");
  test_psync_fail (psync, "a.db", 1, "sync --entity projects", "The entity projects is disabled");
  test_psync_fail (psync, "a.db", 1, "verify --entity notifications --entity projects",
                   "entities enable NAME");
  g_free (test_psync_run (psync, "a.db", 0, "entities enable projects"));
  g_free (test_psync_run (psync, "a.db", 0, "sync --batch-size 1"));
  g_assert_cmpint (statistic (psync, "a.db", 0, "pending"), ==, 0);
}

static void
test_hydrate_takes_a_snapshot_that_can_be_restored (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *line = NULL;

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'newer'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "hydrate"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "newer");
  answer = test_psync_json (psync, "b.db", 0, "snapshots list");
  line = g_strdup_printf ("snapshots restore %s", json_object_get_string_member (
                                                      only_element (answer, "snapshots"), "name"));
  g_free (test_psync_run (psync, "b.db", 0, line));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "Garden");
  test_psync_fail (psync, "b.db", 1, "snapshots restore nonsense", "nonsense");
}

static void
test_hydrate_discards_unsent_changes_only_if_told_to (void)
{
  g_autoptr (TestPsync) psync = new_pair ();

  g_free (test_psync_sql (psync, "b.db", "UPDATE projects SET name = 'unsent'"));
  g_free (test_psync_run (psync, "b.db", 0, "hydrate"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "unsent");
  g_free (test_psync_run (psync, "b.db", 0, "hydrate --discard-unsent"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "Garden");
}

static void
test_seed_sends_and_lets_this_device_win (void)
{
  g_autoptr (TestPsync) psync = new_pair ();

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'From a'"));
  g_free (test_psync_sql (psync, "b.db", "UPDATE projects SET name = 'From b'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "seed"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "From b");
}

/* --- Conflicts ------------------------------------------------------------------------------ */

static void
test_a_conflict_waits_and_every_status_says_so (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autoptr (JsonObject) list = test_psync_json (psync, "b.db", 0, "conflicts list");
  g_autoptr (JsonObject) answer = test_psync_json (psync, "b.db", 0, "conflicts show 1");
  g_autofree char *text = test_psync_run (psync, "b.db", 0, "conflicts show 1");
  g_autoptr (JsonObject) there = test_psync_json (psync, "a.db", 0, "status");
  g_autofree char *other = g_strdup_printf (
      ", %s\n", json_object_get_string_member (json_object_get_object_member (there, "device"), "name"));
  g_autofree char *status = NULL;
  g_autofree char *again = NULL;
  JsonObject *conflict = json_object_get_object_member (answer, "conflict");

  g_assert_cmpint (json_object_get_int_member (only_element (list, "conflicts"), "number"), ==, 1);
  g_assert_false (json_object_has_member (only_element (list, "conflicts"), "local"));
  g_assert_cmpint (statistic (psync, "b.db", 5, "conflicts_open"), ==, 1);
  status = test_psync_run (psync, "b.db", 5, "status");
  again = test_psync_run (psync, "b.db", 5, "sync");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (conflict, "base"), "name"), ==,
      "Garden");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (conflict, "local"), "name"), ==,
      "From b");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (conflict, "remote"), "name"),
      ==, "From a");
  g_assert_nonnull (strstr (text, "*  name"));
  g_assert_nonnull (strstr (text, other));
  g_assert_nonnull (strstr (status, "Conflicts wait for you"));
  g_assert_nonnull (strstr (again, "Nothing to do.\n1 conflict waits"));
  test_psync_fail (psync, "b.db", 1, "conflicts show 99", "99");
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "From b");
}

static void
expect_hint (TestPsync *psync, const char *database, int status, const char *line, const char *hint)
{
  g_autofree char *output = test_psync_run (psync, database, status, line);

  if (strstr (output, hint) == NULL)
    g_error ("“%s” is not in what %s prints:\n%s", hint, line, output);
}

/* What it says to type works as it stands there: for the database that was named, whatever that is called. */
static void
test_hints_name_the_database_that_was_named (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autofree char *path = test_psync_path (psync, "b.db");
  g_autofree char *list = g_strdup_printf ("psync --database %s conflicts list\n", path);
  g_autofree char *resolve = g_strdup_printf ("psync --database %s conflicts resolve 1 local|", path);
  g_autofree char *sync = g_strdup_printf ("psync --database %s sync.\n", path);
  g_autofree char *odd = test_psync_path (psync, "my notes.db");
  g_autofree char *waits = g_strdup_printf ("psync --database '%s' sync\n", odd);

  expect_hint (psync, "b.db", 5, "status", list);
  expect_hint (psync, "b.db", 5, "sync", list);
  expect_hint (psync, "b.db", 0, "conflicts show 1", resolve);
  expect_hint (psync, "b.db", 0, "conflicts resolve 1 local", sync);
  test_psync_add_device (psync, "my notes.db");
  g_free (test_psync_sql (psync, "my notes.db", "INSERT INTO projects (id) VALUES ('q')"));
  expect_hint (psync, "my notes.db", 0, "status", waits);
  test_psync_set_environment (psync, "SYNC_DATABASE", odd);
  expect_hint (psync, NULL, 0, "status", "Changes wait: psync sync\n");
}

static void
test_a_conflict_is_decided_column_by_column (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();

  test_psync_fail (psync, "b.db", 1, "conflicts resolve 1 local --field nonsense=remote",
                   "projects does not have it");
  test_psync_fail (psync, "b.db", 1, "conflicts resolve 1 local --field nonsense=remote",
                   "nonsense");
  test_psync_fail (psync, "b.db", 2, "conflicts resolve 1 local --field id=remote", "id is part of the row’s key");
  g_free (
      test_psync_run (psync, "b.db", 0, "conflicts resolve 1 local --field description=remote"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT name, description FROM projects", "From b|A");
  assert_equal_rows (psync, "SELECT * FROM projects");
  test_psync_fail (psync, "b.db", 1, "conflicts resolve 1 local", "1 was decided already");
}

static void
test_fields_that_decide_everything_need_no_side (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autofree char *output = NULL;

  test_psync_fail (psync, "b.db", 2, "conflicts resolve 1 --field name=remote", "description");
  output = test_psync_run_strv (psync, "b.db", 0,
                                (const char *const[]){ "conflicts", "resolve", "1", "--field",
                                                       "name=remote", "--field",
                                                       "description:=\"by hand\"", NULL },
                                NULL, NULL);
  test_psync_expect (psync, "b.db", "SELECT name, description FROM projects", "From a|by hand");
}

static void
test_both_sides_can_be_kept (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();

  g_free (test_psync_run (psync, "b.db", 0, "conflicts resolve 1 both"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db",
                     "SELECT group_concat(name) FROM (SELECT name FROM projects ORDER BY name)",
                     "From a,From b");
  assert_equal_rows (psync, "SELECT * FROM projects ORDER BY id");
}

static void
test_a_natural_key_says_why_both_cannot_be_kept (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  for (guint i = 0; i < 2; i++)
    {
      const char *database = i == 0 ? "a.db" : "b.db";

      g_free (test_psync_sql (psync, database, "CREATE TABLE t (a TEXT, b TEXT, v, PRIMARY KEY (a, b))"));
      test_psync_add_device (psync, database);
      g_free (test_psync_run (psync, database, 0, "entities strategy t manual"));
    }
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO t VALUES ('x', 'y', 1)"));
  g_free (test_psync_sql (psync, "b.db", "INSERT INTO t VALUES ('x', 'y', 2)"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 5, "sync"));
  test_psync_fail (psync, "b.db", 2, "conflicts resolve 1 both", "cannot be made up");
  g_free (test_psync_run (psync, "b.db", 0, "conflicts resolve 1 local"));
}

static void
test_all_conflicts_are_decided_at_once (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autoptr (JsonObject) answer
      = test_psync_json (psync, "b.db", 0, "conflicts resolve --all remote");

  g_assert_cmpint (json_object_get_int_member (answer, "resolved"), ==, 1);
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "From a");
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
}

/* The table here has a rule that one of the other side's rows breaks. */
static void
test_a_decision_that_does_not_fit_says_so (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *output = NULL;
  g_autoptr (JsonObject) answer = NULL, again = NULL;

  test_psync_add_device (psync, "a.db");
  test_psync_add_device (psync, "b.db");
  g_free (test_psync_sql (psync, "a.db",
                          "INSERT INTO projects (id, name) VALUES ('1', 'one'), ('2', 'two'), ('3', 'three')"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "entities strategy projects manual"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = name || ' of a'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_sql (psync, "b.db",
                          "CREATE UNIQUE INDEX only_once ON projects (name); "
                          "UPDATE projects SET name = name || ' of b'; "
                          "UPDATE projects SET name = 'one of a' WHERE id = '3'"));
  g_free (test_psync_run (psync, "b.db", 5, "sync"));
  answer = test_psync_json (psync, "b.db", 1, "conflicts resolve 1 remote");
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (answer, "error"), "code"),
                   ==, "unfit");
  test_psync_fail (psync, "b.db", 1, "conflicts resolve 1 remote", "Another row here has the same");
  test_psync_fail (psync, "b.db", 1, "conflicts resolve 1 remote",
                   "conflicts resolve ID local|remote --field");
  test_psync_expect (psync, "b.db", "SELECT name FROM projects ORDER BY id",
                     "one of b\ntwo of b\none of a");
  output = test_psync_run (psync, "b.db", 5, "conflicts resolve --all remote");
  g_assert_nonnull (strstr (output, "2 conflicts decided"));
  g_assert_nonnull (strstr (output, "1 cannot be decided like that and waits still"));
  again = test_psync_json (psync, "b.db", 0, "conflicts resolve --all remote");
  g_assert_cmpint (json_object_get_int_member (again, "left"), ==, 0);
  test_psync_expect (psync, "b.db", "SELECT name FROM projects ORDER BY id",
                     "one of a\ntwo of a\nthree of a");
  g_free (output);
  output = test_psync_run (psync, "b.db", 0, "conflicts resolve --all remote");
  g_assert_cmpstr (output, ==, "No conflict waits.\n");
}

static void
test_a_decision_can_be_undone (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autoptr (JsonObject) records = NULL;

  test_psync_fail (psync, "b.db", 1, "conflicts undo 1", "1 is not decided yet");
  g_free (test_psync_run (psync, "b.db", 0, "conflicts resolve 1 remote"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "From a");
  records = test_psync_json (psync, "b.db", 0, "conflicts list --records");
  g_assert_cmpstr (json_object_get_string_member (only_element (records, "conflicts"), "state"), ==,
                   "resolved");
  g_free (test_psync_run (psync, "b.db", 0, "conflicts undo 1"));
  test_psync_fail (psync, "b.db", 1, "conflicts undo 1", "1 was undone already");
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "From b");
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "From b");
}

static void
test_rules_decide_columns (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;
  JsonObject *projects;

  g_free (test_psync_run (
      psync, "b.db", 0,
      "entities strategy projects rules --rule name=local --rule description=remote"));
  answer = test_psync_json (psync, "b.db", 0, "entities list");
  projects = json_array_get_object_element (json_object_get_array_member (answer, "entities"), 1);
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (projects, "rules"), "name"), ==,
      "local");
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'From a', description = 'A'"));
  g_free (test_psync_sql (psync, "b.db", "UPDATE projects SET name = 'From b', description = 'B'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name, description FROM projects", "From b|A");
  test_psync_fail (psync, "b.db", 1, "entities strategy projects rules --rule nonsense=local",
                   "no column nonsense");
}

/* --- Ends ----------------------------------------------------------------------------------- */

static void
test_a_vault_that_is_away_means_offline (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autofree char *vault = test_psync_path (psync, "vault.db");
  g_autofree char *away = test_psync_path (psync, "away.db");
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) health = NULL;
  g_autoptr (JsonObject) devices = NULL;
  g_autoptr (JsonObject) status = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "devices list"));
  g_assert_cmpint (g_rename (vault, away), ==, 0);
  answer = test_psync_json (psync, "a.db", 3, "sync");
  g_assert_cmpstr (error_code (answer), ==, "offline");
  status = test_psync_json (psync, "a.db", 0, "status");
  g_assert_cmpstr (json_object_get_string_member (status, "state"), ==, "offline");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (status, "last_error"), "code"),
      ==, "offline");
  test_psync_fail (psync, "a.db", 3, "health", "vault.db");
  health = test_psync_json (psync, "a.db", 3, "health");
  g_assert_cmpstr (json_object_get_string_member (health, "health"), ==, "disconnected");
  g_assert_false (g_file_test (vault, G_FILE_TEST_EXISTS));
  devices = test_psync_json (psync, "a.db", 0, "devices list");
  g_assert_nonnull (json_object_get_string_member (devices, "known_at"));
  g_assert_cmpint (g_rename (away, vault), ==, 0);
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "a.db", 0, "health"));
}

static void
write_file (TestPsync *psync, const char *name, const char *text)
{
  g_autofree char *path = test_psync_path (psync, name);
  g_autoptr (GError) error = NULL;

  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
}

static void
test_a_vault_must_be_one (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_sql (psync, "other.db", "CREATE TABLE t (a)"));
  test_psync_fail (psync, "a.db", 1, "connect vault home", "home");
  test_psync_fail (psync, "a.db", 1, "connect vault other.db", "other.db");
  write_file (psync, "letter.txt", "no vault");
  test_psync_fail (psync, "a.db", 1, "connect vault letter.txt", "letter.txt cannot be a vault");
  test_psync_fail (psync, "a.db", 1, "connect vault letter.txt", "connect vault FILE");
  /* SQLite would delete it with the next transaction. */
  test_psync_fail (psync, "a.db", 1, "connect vault a.db-journal", "a.db-journal cannot be a vault");
  test_psync_fail (psync, "a.db", 1, "connect vault a.db-wal", "a.db-wal cannot be a vault");
  g_free (test_psync_run (psync, "a.db", 0, "connect vault other.db-wal"));
}

/* Another one takes its place, and is filled by those who have the rows. */
static void
test_a_damaged_vault_is_told_and_can_be_replaced (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autofree char *vault = test_psync_path (psync, "vault.db");

  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('a', 'Anna')"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_sql (psync, "vault.db", "PRAGMA writable_schema = on;"
                                             "UPDATE sqlite_master SET sql = 'nonsense'"));
  test_psync_fail (psync, "a.db", 1, "sync", "The vault vault.db is damaged");
  test_psync_fail (psync, "a.db", 1, "sync", "connect vault FILE --replace");
  write_file (psync, "vault.db", "what was no vault before");
  test_psync_fail (psync, "b.db", 1, "sync", "vault.db cannot be a vault");
  g_unlink (vault);
  for (guint i = 0; i < 2; i++)
    {
      const char *name = i == 0 ? "a.db" : "b.db";

      g_free (test_psync_run (psync, name, 0, "connect vault vault.db --replace"));
      g_free (test_psync_run (psync, name, 0, "sync"));
      test_psync_expect (psync, name, "SELECT name FROM projects ORDER BY name", "Anna\nGarden");
    }
}

static void
test_a_copy_beside_the_vault_is_a_warning (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) clean = test_psync_json (psync, "a.db", 0, "health");
  g_autoptr (JsonObject) health = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (clean, "warnings")), ==, 0);
  g_free (test_psync_sql (psync, "vault (conflicted copy 2026-01-01).db", "CREATE TABLE t (a)"));
  health = test_psync_json (psync, "a.db", 0, "health");
  g_assert_cmpstr (json_object_get_string_member (only_element (health, "warnings"), "code"), ==,
                   "conflicted-copy");
  text = test_psync_run (psync, "a.db", 0, "sync");
  g_assert_nonnull (strstr (text, "Warning: "));
}

static void
test_a_vault_has_no_accounts (void)
{
  g_autoptr (TestPsync) psync = new_pair ();

  test_psync_fail (psync, "a.db", 1, "login --email me@example.org", "no accounts");
  test_psync_fail (psync, "a.db", 1, "logout", "no accounts");
}

static void
test_another_vault_takes_its_place_only_if_told_so (void)
{
  g_autoptr (TestPsync) psync = new_pair ();

  test_psync_fail (psync, "a.db", 1, "connect vault other.db", "--replace");
  g_free (test_psync_run (psync, "a.db", 0, "connect vault other.db --replace"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "other.db", "SELECT count(*) FROM vault_row", "1");
}

/* How much was done before the brake depends on how fast that went. */
static void
check_stopped (TestPsync *psync, const char *command, const char *next)
{
  const char *const words[] = { command, NULL };
  g_autofree char *errors = NULL;

  g_free (test_psync_run_strv (psync, "b.db", 8, words, NULL, &errors));
  g_assert_nonnull (strstr (errors, next));
}

static void
test_the_brake_stops_a_mass_change_until_it_is_allowed (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;

  g_free (test_psync_sql (
      psync, "a.db",
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40)"
      " INSERT INTO projects (id, name) SELECT 'p' || i, 'x' FROM n"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  g_free (test_psync_sql (psync, "a.db", "DELETE FROM projects"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  answer = test_psync_json (psync, "b.db", 8, "sync");
  g_assert_cmpstr (error_code (answer), ==, "brake");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (answer, "run"), "outcome"), ==,
      "stopped");
  check_stopped (psync, "sync", "b.db sync --allow-mass-change");
  check_stopped (psync, "hydrate", "b.db hydrate --allow-mass-change");
  g_free (test_psync_run (psync, "b.db", 0, "sync --allow-mass-change"));
  test_psync_expect (psync, "b.db", "SELECT count(*) FROM projects", "0");
}

static void
test_a_row_that_cannot_travel_is_refused_and_the_rest_goes (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) list = NULL;
  g_autofree char *text = NULL, *nothing = NULL, *again = NULL;

  g_free (test_psync_sql (
      psync, "a.db",
      "INSERT INTO projects (id, name) VALUES ('bad', 'a' || char(0) || 'b'), ('good', 'x')"));
  g_free (test_psync_run (psync, "a.db", 6, "sync"));
  g_assert_cmpint (statistic (psync, "a.db", 6, "failed"), ==, 1);
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT id FROM projects WHERE id IN ('bad', 'good')", "good");
  list = test_psync_json (psync, "a.db", 0, "queue list --state refused");
  g_assert_cmpstr (json_object_get_string_member (only_element (list, "changes"), "id"), ==,
                   "'bad'");
  text = test_psync_run (psync, "a.db", 0, "queue show bad");
  g_assert_nonnull (strstr (text, "name"));
  g_free (test_psync_run (psync, "a.db", 0, "queue retry"));
  nothing = test_psync_run (psync, "a.db", 6, "sync");
  g_assert_nonnull (strstr (nothing, "1 row was refused"));
  again = test_psync_run (psync, "a.db", 6, "sync");
  g_assert_nonnull (strstr (again, "Nothing to do."));
  g_assert_null (strstr (again, "in step"));
  /* What cannot go on record is not taken away. */
  test_psync_fail (psync, "a.db", 1, "queue discard bad", "The change cannot be given up");
  test_psync_fail (psync, "a.db", 1, "queue discard bad", "name holds something that cannot be kept");
  test_psync_fail (psync, "a.db", 1, "queue clear-failed", "The change cannot be given up");
  test_psync_expect (psync, "a.db", "SELECT hex (name) FROM projects WHERE id = 'bad'", "610062");
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'better' WHERE id = 'bad'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
}

static void
test_a_change_can_be_discarded_and_put_back (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) records = NULL;
  g_autofree char *undo = NULL, *held = NULL, *none = NULL;

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'mine'"));
  test_psync_fail (psync, "a.db", 1, "queue discard nonsense", "nonsense");
  test_psync_fail (psync, "a.db", 1, "queue discard p --entity notifications", "p");
  answer = test_psync_json (psync, "a.db", 0, "queue discard p");
  g_assert_cmpint (json_object_get_int_member (answer, "discarded"), ==, 1);
  /* Given up is given up, although the cloud's row is still to be read. */
  list = test_psync_json (psync, "a.db", 0, "queue list");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "changes")), ==, 0);
  g_assert_cmpint (statistic (psync, "a.db", 0, "pending"), ==, 0);
  held = test_psync_run (psync, "a.db", 0, "queue list --state held");
  g_assert_cmpstr (held, ==, "No row is held back.\n");
  none = test_psync_run (psync, "a.db", 0, "queue list");
  g_assert_cmpstr (none, ==, "No change waits.\n");
  test_psync_fail (psync, "a.db", 1, "queue discard p", "No change of the row p waits");
  test_psync_fail (psync, "a.db", 1, "queue retry p", "No change of the row p waits");
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "Garden");
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_change", "0");
  records = test_psync_json (psync, "a.db", 0, "conflicts list --records");
  undo = g_strdup_printf ("conflicts undo %d", (int) json_object_get_int_member (
                                                   only_element (records, "conflicts"), "number"));
  g_free (test_psync_run (psync, "a.db", 0, undo));
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "mine");
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "mine");
}

static void
test_a_row_that_the_local_table_refuses_is_held_and_counts_as_refused (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) list = NULL, shown = NULL, both = NULL;
  g_autofree char *text = NULL;

  g_free (test_psync_sql (psync, "a.db",
                          "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, n INTEGER)"));
  g_free (test_psync_sql (
      psync, "b.db",
      "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, n INTEGER CHECK (n < 10))"));
  g_free (test_psync_run (psync, "a.db", 0, "init --table notes"));
  g_free (test_psync_run (psync, "b.db", 0, "init --table notes"));
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  g_free (test_psync_run (psync, "b.db", 0, "connect vault vault.db"));
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO notes VALUES ('x', 99), ('y', 1)"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 6, "sync"));
  test_psync_expect (psync, "b.db", "SELECT id FROM notes", "y");
  list = test_psync_json (psync, "b.db", 0, "queue list --state held");
  g_assert_cmpstr (json_object_get_string_member (only_element (list, "held"), "reason"), ==,
                   "check");
  /* What the list shows can be looked at by itself. */
  shown = test_psync_json (psync, "b.db", 0, "queue show x");
  g_assert_true (json_object_get_null_member (shown, "change"));
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (shown, "held"), "reason"), ==,
                   "check");
  text = test_psync_run (psync, "b.db", 0, "queue show x");
  g_assert_nonnull (strstr (text, "Why: It breaks a rule (CHECK) of the table here: n < 10."));
  test_psync_fail (psync, "b.db", 1, "queue discard x", "each run tries it again");
  test_psync_fail (psync, "b.db", 1, "queue retry x", "queue show ID");
  g_free (test_psync_sql (psync, "b.db", "INSERT INTO notes VALUES ('x', 3)"));
  both = test_psync_json (psync, "b.db", 0, "queue show x");
  g_assert_nonnull (json_object_get_object_member (both, "change"));
  g_assert_nonnull (json_object_get_object_member (both, "held"));
  g_free (test_psync_sql (psync, "b.db", "DELETE FROM notes WHERE id = 'x'"));
  g_free (test_psync_sql (psync, "a.db", "UPDATE notes SET n = 2 WHERE id = 'x'"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  assert_equal_rows (psync, "SELECT * FROM notes ORDER BY id");
}

static void
test_a_key_that_is_another_one_is_told (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) list = NULL;

  g_free (test_psync_sql (psync, "a.db",
                          "UPDATE projects SET name = 'kept';"
                          "ALTER TABLE projects RENAME COLUMN id TO code"));
  test_psync_fail (psync, "a.db", 1, "sync", "projects has another key now");
  list = test_psync_json (psync, "a.db", 0, "queue list");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "changes")), ==, 1);
  test_psync_fail (psync, "a.db", 1, "export all.json", "projects has another key now");
  g_free (test_psync_run (psync, "a.db", 0, "sync --entity notifications"));
  g_free (test_psync_sql (psync, "a.db", "ALTER TABLE projects RENAME COLUMN code TO id"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "kept");
}

static void
test_a_table_that_is_gone_ends_runs_until_it_is_left_out (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) answer = NULL;

  g_free (test_psync_sql (psync, "a.db",
                          "DROP TABLE projects;"
                          "INSERT INTO notifications (id, title) VALUES ('n', 'kept')"));
  answer = test_psync_json (psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "no-table");
  test_psync_fail (psync, "a.db", 1, "sync", "There is no table projects");
  g_free (test_psync_run (psync, "a.db", 0, "status"));
  g_free (test_psync_run (psync, "a.db", 0, "entities list"));
  /* Whatever is about other tables goes on. */
  list = test_psync_json (psync, "a.db", 0, "queue list");
  g_assert_cmpint (json_array_get_length (json_object_get_array_member (list, "changes")), >=, 1);
  g_free (test_psync_run (psync, "a.db", 0, "queue show n"));
  test_psync_fail (psync, "a.db", 1, "export all.json", "There is no table projects");
  g_free (test_psync_run (psync, "a.db", 0, "sync --entity notifications"));
  test_psync_fail (psync, "a.db", 1, "sync --entity projects", "There is no table projects");
  g_free (test_psync_sql (psync, "a.db", "UPDATE notifications SET title = 'not meant'"));
  g_free (test_psync_run (psync, "a.db", 0, "queue discard n"));
  g_free (test_psync_run (psync, "a.db", 0, "sync --entity notifications"));
  test_psync_expect (psync, "a.db", "SELECT title FROM notifications", "kept");
  g_free (test_psync_run (psync, "a.db", 0, "entities disable projects"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "Garden");
  test_psync_expect (psync, "b.db", "SELECT title FROM notifications", "kept");
  g_free (test_psync_run (psync, "a.db", 0, "detach --yes"));
}

/* Waits until a query has an answer, which another process brings about. */
static void
wait_for (TestPsync *psync, const char *database, const char *sql, const char *expected)
{
  gint64 until = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  g_autofree char *answer = NULL;

  while (g_get_monotonic_time () < until)
    {
      g_free (answer);
      answer = test_psync_sql (psync, database, sql);
      if (g_str_equal (answer, expected))
        return;
      g_usleep (50000);
    }
  g_error ("%s in %s is “%s”, and never “%s”", sql, database, answer, expected);
}

/* The lock files of one purpose that there are, opened. */
static GArray *
open_locks (TestPsync *psync, const char *suffix)
{
  g_autofree char *folder
      = g_build_filename (psync->dir, "home", "XDG_STATE_HOME", "progressive-sync", "locks", NULL);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GArray *locks = g_array_new (FALSE, FALSE, sizeof (int));
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);
      int fd;

      if (!g_str_has_suffix (name, suffix))
        continue;
      fd = open (path, O_RDWR | O_CLOEXEC);
      g_assert_cmpint (fd, >=, 0);
      g_array_append_val (locks, fd);
    }
  return locks;
}

/* The locks that a run of any device here takes, held by this process. */
static GArray *
hold_run_locks (TestPsync *psync)
{
  GArray *locks = open_locks (psync, ".run.lock");

  g_assert_cmpuint (locks->len, >, 0);
  for (guint i = 0; i < locks->len; i++)
    g_assert_cmpint (flock (g_array_index (locks, int, i), LOCK_EX | LOCK_NB), ==, 0);
  return locks;
}

static void
let_go (GArray *held)
{
  for (guint i = 0; i < held->len; i++)
    close (g_array_index (held, int, i));
  g_array_unref (held);
}

static void
test_another_run_going_on_is_told_after_the_wait (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (GSubprocess) waiting = NULL;
  g_autoptr (JsonObject) answer = NULL;
  GArray *held = hold_run_locks (psync);
  gint64 begun;

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'x'"));
  answer = test_psync_json (psync, "a.db", 7, "sync --wait 0");
  g_assert_cmpstr (error_code (answer), ==, "locked");
  begun = g_get_monotonic_time ();
  test_psync_fail (psync, "a.db", 7, "seed --wait 1", "a.db seed --wait 300");
  g_assert_cmpint (g_get_monotonic_time () - begun, >=, G_USEC_PER_SEC);
  waiting = test_psync_spawn (psync, "a.db", "--quiet sync", G_SUBPROCESS_FLAGS_NONE);
  let_go (held);
  g_assert_true (g_subprocess_wait_check (waiting, NULL, NULL));
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_change", "0");
}

static void
test_ctrl_c_stops_a_big_run_and_the_next_one_goes_on (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *output = NULL;

  test_psync_add_device (psync, "a.db");
  test_psync_add_device (psync, "b.db");
  g_free (test_psync_sql (
      psync, "a.db",
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)"
      " INSERT INTO projects (id, name) SELECT 'p' || i, 'name ' || i FROM n"));
  process = test_psync_spawn (psync, "a.db", "--json sync --batch-size 50",
                              G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  wait_for (psync, "a.db", "SELECT count(*) > 200 FROM psync_row", "1");
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
  answer = test_psync_parse (psync, output);
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (answer, "run"), "outcome"), ==,
      "cancelled");
  g_assert_cmpstr (error_code (answer), ==, "cancelled");
  test_psync_expect (psync, "a.db", "SELECT count(*) < 10000 FROM psync_row", "1");

  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  assert_equal_rows (psync, "SELECT * FROM projects ORDER BY id");
  test_psync_expect (psync, "b.db", "SELECT count(*) FROM projects", "10000");
}

/* --- Devices -------------------------------------------------------------------------------- */

static const char *
name_of_local_device (JsonObject *answer)
{
  JsonArray *devices = json_object_get_array_member (answer, "devices");

  for (guint i = 0; i < json_array_get_length (devices); i++)
    {
      JsonObject *device = json_array_get_object_element (devices, i);

      if (json_object_get_boolean_member (device, "is_local"))
        return json_object_get_string_member (device, "name");
    }
  return NULL;
}

static void
test_devices_are_listed_renamed_and_revoked (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) list = NULL;
  g_autoptr (JsonObject) answer = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "devices rename laptop"));
  g_free (test_psync_run (psync, "b.db", 0, "devices rename desktop"));
  list = test_psync_json (psync, "b.db", 0, "devices list");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "devices")), ==, 2);
  g_assert_cmpstr (name_of_local_device (list), ==, "desktop");
  g_free (test_psync_run (psync, "b.db", 0, "devices rename laptop notebook"));
  test_psync_fail (psync, "b.db", 1, "devices rename nonsense x", "nonsense");
  g_free (test_psync_run (psync, "b.db", 0, "devices revoke notebook"));
  answer = test_psync_json (psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "revoked");
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "Garden");
  g_free (test_psync_run (psync, "a.db", 0, "devices register"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
}

static void
test_what_is_in_the_cloud_is_deleted_and_nothing_here (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) answer = NULL, refused = NULL;
  g_autofree char *vault = test_psync_path (psync, "vault.db");
  g_autofree char *bytes = NULL;
  JsonObject *error;
  gsize length;

  test_psync_fail (psync, "a.db", 2, "delete-cloud-data", "--yes");
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  answer = test_psync_json (psync, "a.db", 0, "delete-cloud-data --yes");
  g_assert_true (g_str_has_suffix (json_object_get_string_member (answer, "database"), "a.db"));
  test_psync_expect (psync, "vault.db", "SELECT count(*) FROM vault_row", "0");
  g_assert_true (g_file_get_contents (vault, &bytes, &length, NULL));
  g_assert_null (memmem (bytes, length, "Garden", strlen ("Garden")));
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "Garden");
  g_free (test_psync_run (psync, "a.db", 0, "status"));
  test_psync_fail (psync, "a.db", 3, "delete-cloud-data --yes", "No cloud is connected");
  refused = test_psync_json (psync, "b.db", 1, "sync");
  error = json_object_get_object_member (refused, "error");
  g_assert_cmpstr (json_object_get_string_member (error, "code"), ==, "revoked");
  g_assert_cmpstr (json_object_get_string_member (error, "title"), ==, "The data in the cloud were deleted");
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "Garden");
  test_psync_expect (psync, "vault.db", "SELECT count(*) FROM vault_row", "0");
  /* Both decide to have them there again. */
  g_free (test_psync_run (psync, "b.db", 0, "devices register"));
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "vault.db", "SELECT count(*) FROM vault_row", "1");
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  g_free (test_psync_run (psync, "a.db", 0, "sync"));
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM projects", "1");
}

/* --- Diagnostics ---------------------------------------------------------------------------- */

static void
test_diagnostics_hold_no_rows (void)
{
  g_autoptr (TestPsync) psync = new_conflict ();
  g_autofree char *text = test_psync_run (psync, "b.db", 0, "diagnostics");
  g_autofree char *json = test_psync_run (psync, "b.db", 0, "diagnostics --json");

  g_assert_null (strstr (text, "Garden"));
  g_assert_null (strstr (text, "From b"));
  g_assert_null (strstr (json, "From b"));
  g_assert_nonnull (strstr (text, "vault"));
}

static void
test_clear_completed_forgets_what_was_moved (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) none
      = test_psync_json (psync, "a.db", 0, "queue clear-completed --older-than 24");
  g_autoptr (JsonObject) all
      = test_psync_json (psync, "a.db", 0, "queue clear-completed --older-than 0");

  g_assert_cmpint (json_object_get_int_member (none, "cleared"), ==, 0);
  g_assert_cmpint (json_object_get_int_member (all, "cleared"), ==, 1);
}

/* --- By itself ------------------------------------------------------------------------------ */

/* Asks the vault, as looking at the device's database again and again would keep it busy. */
static void
wait_for_vault (TestPsync *psync, const char *text)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT count(*) FROM vault_row WHERE row LIKE '%%\"%s\"%%'", text);

  wait_for (psync, "vault.db", sql, "1");
}

/* Waits until a program begins runs by itself. */
static void
wait_for_schedule (TestPsync *psync)
{
  gint64 until = g_get_monotonic_time () + 60 * G_USEC_PER_SEC;
  gboolean held = FALSE;

  while (!held && g_get_monotonic_time () < until)
    {
      GArray *locks = open_locks (psync, ".schedule.lock");

      held = locks->len > 0 && flock (g_array_index (locks, int, 0), LOCK_SH | LOCK_NB) != 0;
      let_go (locks);
      if (!held)
        g_usleep (10000);
    }
  g_assert_true (held);
}

static void
test_watch_carries_changes_until_a_signal (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (GSubprocess) watch = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) second = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *output = NULL;

  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'before'"));
  watch = test_psync_spawn (psync, "a.db", "--json watch", G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  wait_for_vault (psync, "before");
  second = test_psync_json (psync, "a.db", 7, "watch");
  g_assert_cmpstr (error_code (second), ==, "locked");
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'after'"));
  wait_for_vault (psync, "after");
  g_subprocess_send_signal (watch, SIGTERM);
  g_subprocess_communicate_utf8 (watch, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (watch), ==, 0);
  answer = test_psync_parse (psync, output);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (answer, "runs")), >=, 2);
  g_free (test_psync_run (psync, "b.db", 0, "sync"));
  test_psync_expect (psync, "b.db", "SELECT name FROM projects", "after");
}

static void
test_watch_waits_while_it_is_paused (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (GSubprocess) watch = NULL;
  g_autoptr (JsonObject) paused = test_psync_json (psync, "a.db", 0, "pause");
  g_autoptr (JsonObject) status = test_psync_json (psync, "a.db", 0, "status");

  g_assert_true (json_object_get_boolean_member (paused, "paused"));
  g_assert_cmpstr (json_object_get_string_member (status, "state"), ==, "paused");
  g_free (test_psync_sql (psync, "a.db", "UPDATE projects SET name = 'later'"));
  watch = test_psync_spawn (psync, "a.db", "--quiet watch", G_SUBPROCESS_FLAGS_NONE);
  wait_for_schedule (psync);
  test_psync_expect (psync, "vault.db", "SELECT count(*) FROM vault_row WHERE row LIKE '%later%'",
                     "0");
  g_free (test_psync_run (psync, "a.db", 0, "resume"));
  wait_for_vault (psync, "later");
  g_subprocess_send_signal (watch, SIGINT);
  g_assert_true (g_subprocess_wait_check (watch, NULL, NULL));
}

static void
test_a_pause_that_is_over_is_none (void)
{
  g_autoptr (TestPsync) psync = new_pair ();
  g_autoptr (JsonObject) status = NULL;
  g_autofree char *text = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "pause"));
  g_free (test_psync_sql (psync, "a.db", "UPDATE psync_meta SET value = 1767225600000000 WHERE key = 'paused-until'"));
  status = test_psync_json (psync, "a.db", 0, "status");
  g_assert_false (json_object_get_boolean_member (status, "paused"));
  g_assert_true (json_object_get_null_member (status, "paused_until"));
  g_assert_cmpstr (json_object_get_string_member (status, "state"), ==, "idle");
  text = test_psync_run (psync, "a.db", 0, "status");
  g_assert_null (strstr (text, "Paused"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, name) g_test_add_func ("/cli-vault/" path, test_##name)
  ADD ("run/two-devices-come-in-step", two_devices_come_in_step);
  ADD ("run/a-second-sync-has-nothing-to-do", a_second_sync_has_nothing_to_do);
  ADD ("run/history-lists-runs-newest-first", history_lists_runs_newest_first);
  ADD ("run/a-dry-run-counts-and-writes-nothing", a_dry_run_counts_and_writes_nothing);
  ADD ("run/only-the-named-entities-take-part", only_the_named_entities_take_part);
  ADD ("run/hydrate-takes-a-snapshot-that-can-be-restored",
       hydrate_takes_a_snapshot_that_can_be_restored);
  ADD ("run/hydrate-discards-unsent-changes-only-if-told-to",
       hydrate_discards_unsent_changes_only_if_told_to);
  ADD ("run/seed-sends-and-lets-this-device-win", seed_sends_and_lets_this_device_win);
  ADD ("conflicts/a-conflict-waits-and-every-status-says-so",
       a_conflict_waits_and_every_status_says_so);
  ADD ("conflicts/hints-name-the-database-that-was-named", hints_name_the_database_that_was_named);
  ADD ("conflicts/a-conflict-is-decided-column-by-column", a_conflict_is_decided_column_by_column);
  ADD ("conflicts/fields-that-decide-everything-need-no-side",
       fields_that_decide_everything_need_no_side);
  ADD ("conflicts/both-sides-can-be-kept", both_sides_can_be_kept);
  ADD ("conflicts/a-natural-key-says-why-both-cannot-be-kept", a_natural_key_says_why_both_cannot_be_kept);
  ADD ("conflicts/all-conflicts-are-decided-at-once", all_conflicts_are_decided_at_once);
  ADD ("conflicts/a-decision-that-does-not-fit-says-so", a_decision_that_does_not_fit_says_so);
  ADD ("conflicts/a-decision-can-be-undone", a_decision_can_be_undone);
  ADD ("conflicts/rules-decide-columns", rules_decide_columns);
  ADD ("ends/a-vault-that-is-away-means-offline", a_vault_that_is_away_means_offline);
  ADD ("ends/a-vault-must-be-one", a_vault_must_be_one);
  ADD ("ends/a-damaged-vault-is-told-and-can-be-replaced",
       a_damaged_vault_is_told_and_can_be_replaced);
  ADD ("ends/a-copy-beside-the-vault-is-a-warning", a_copy_beside_the_vault_is_a_warning);
  ADD ("ends/a-vault-has-no-accounts", a_vault_has_no_accounts);
  ADD ("ends/another-vault-takes-its-place-only-if-told-so",
       another_vault_takes_its_place_only_if_told_so);
  ADD ("ends/the-brake-stops-a-mass-change-until-it-is-allowed",
       the_brake_stops_a_mass_change_until_it_is_allowed);
  ADD ("ends/a-row-that-cannot-travel-is-refused-and-the-rest-goes",
       a_row_that_cannot_travel_is_refused_and_the_rest_goes);
  ADD ("ends/a-change-can-be-discarded-and-put-back", a_change_can_be_discarded_and_put_back);
  ADD ("ends/a-row-that-the-local-table-refuses-is-held-and-counts-as-refused",
       a_row_that_the_local_table_refuses_is_held_and_counts_as_refused);
  ADD ("ends/a-table-that-is-gone-ends-runs-until-it-is-left-out",
       a_table_that_is_gone_ends_runs_until_it_is_left_out);
  ADD ("run/a-key-that-is-another-one-is-told", a_key_that_is_another_one_is_told);
  ADD ("ends/another-run-going-on-is-told-after-the-wait",
       another_run_going_on_is_told_after_the_wait);
  ADD ("ends/ctrl-c-stops-a-big-run-and-the-next-one-goes-on",
       ctrl_c_stops_a_big_run_and_the_next_one_goes_on);
  ADD ("devices/devices-are-listed-renamed-and-revoked", devices_are_listed_renamed_and_revoked);
  ADD ("delete/what-is-in-the-cloud-is-deleted-and-nothing-here",
       what_is_in_the_cloud_is_deleted_and_nothing_here);
  ADD ("diagnostics/diagnostics-hold-no-rows", diagnostics_hold_no_rows);
  ADD ("diagnostics/clear-completed-forgets-what-was-moved",
       clear_completed_forgets_what_was_moved);
  ADD ("watch/watch-carries-changes-until-a-signal", watch_carries_changes_until_a_signal);
  ADD ("watch/watch-waits-while-it-is-paused", watch_waits_while_it_is_paused);
  ADD ("pause/one-that-is-over-is-none", a_pause_that_is_over_is_none);
#undef ADD
  return g_test_run ();
}
