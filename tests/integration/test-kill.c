/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-database.h"
#include "test-psync.h"

#include <signal.h>

#include <glib/gstdio.h>

/* psync is killed right before every commit that it makes, in its own database and in the vault, one after the
 * other, and goes on afterwards: nothing is lost, nothing comes twice, nobody has a conflict with himself. */

#define ROWS "SELECT id, name, description FROM projects ORDER BY id"
#define VAULT_ROWS \
  "SELECT row ->> '$.id', row ->> '$.name', row ->> '$.description' FROM vault_row " \
  "WHERE deleted_at IS NULL ORDER BY 1"

/* More commits than any of these runs has. */
#define MAX_COMMITS 400

typedef struct
{
  const char *name;
  const char *database;  /* that is killed */
  const char *command;
  const char *before;    /* SQL for it, before it is killed */
  const char *elsewhere; /* SQL for the other one, which is synced then */
} Plan;

static const char *const files[] = { "a.db", "a.db-wal", "b.db", "b.db-wal", "vault.db", "vault.db-journal" };

static void
copy_file (TestPsync *psync, const char *from, const char *to)
{
  g_autofree char *source = test_psync_path (psync, from);
  g_autofree char *target = test_psync_path (psync, to);
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_test (source, G_FILE_TEST_EXISTS))
    {
      g_unlink (target);
      return;
    }
  g_file_get_contents (source, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (target, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
save (TestPsync *psync)
{
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *copy = g_strconcat (files[i], ".saved", NULL);

      copy_file (psync, files[i], copy);
    }
}

static void
restore (TestPsync *psync)
{
  static const char *const indexes[] = { "a.db-shm", "b.db-shm" };

  for (guint i = 0; i < G_N_ELEMENTS (indexes); i++)
    {
      g_autofree char *path = test_psync_path (psync, indexes[i]);

      g_unlink (path);
    }
  for (guint i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *copy = g_strconcat (files[i], ".saved", NULL);

      copy_file (psync, copy, files[i]);
    }
}

static char *
read_rows (TestPsync *psync, const char *file, const char *sql)
{
  g_autofree char *path = test_psync_path (psync, file);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncConnection) connection = sync_connection_open (path, 0, 5000, &error);

  g_assert_no_error (error);
  return test_query (connection, sql);
}

/* Whether it was killed, rather than coming to its end. */
static gboolean
run_until (TestPsync *psync, const Plan *plan, guint commit)
{
  g_autofree char *at = g_strdup_printf ("%u", commit);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  test_psync_set_environment (psync, "PSYNC_TEST_KILL_AT", at);
  process = test_psync_spawn (psync, plan->database, plan->command, G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  test_psync_set_environment (psync, "PSYNC_TEST_KILL_AT", NULL);
  g_subprocess_wait (process, NULL, &error);
  g_assert_no_error (error);
  if (g_subprocess_get_if_signaled (process))
    {
      g_assert_cmpint (g_subprocess_get_term_sig (process), ==, SIGKILL);
      return TRUE;
    }
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 0);
  return FALSE;
}

static void
run (TestPsync *psync, const char *database, const char *command)
{
  g_free (test_psync_run (psync, database, 0, command));
}

static void
expect_rows (TestPsync *psync, const char *file, const char *sql, const char *expected, guint commit)
{
  g_autofree char *rows = read_rows (psync, file, sql);

  if (!g_str_equal (rows, expected))
    g_error ("killed before commit %u, %s: %s: “%s” instead of “%s”", commit, file, sql, rows, expected);
}

static void
expect_all (TestPsync *psync, const char *expected, guint commit)
{
  static const char *const databases[] = { "a.db", "b.db" };

  for (guint i = 0; i < G_N_ELEMENTS (databases); i++)
    {
      expect_rows (psync, databases[i], ROWS, expected, commit);
      expect_rows (psync, databases[i], "SELECT id, kind FROM psync_conflict", "", commit);
      expect_rows (psync, databases[i], "SELECT * FROM psync_change", "", commit);
      expect_rows (psync, databases[i], "SELECT batch FROM psync_batch", "", commit);
      expect_rows (psync, databases[i], "SELECT * FROM psync_held", "", commit);
    }
  expect_rows (psync, "vault.db", VAULT_ROWS, expected, commit);
}

static const char *
other_of (const Plan *plan)
{
  return g_str_equal (plan->database, "a.db") ? "b.db" : "a.db";
}

static void
go_on (TestPsync *psync, const Plan *plan)
{
  run (psync, plan->database, plan->command);
  if (!g_str_has_prefix (plan->command, "sync"))
    run (psync, plan->database, "sync");
  run (psync, other_of (plan), "sync");
}

static void
prepare (TestPsync *psync, const Plan *plan)
{
  test_psync_add_device (psync, "a.db");
  test_psync_add_device (psync, "b.db");
  if (plan->elsewhere != NULL)
    {
      g_free (test_psync_sql (psync, "a.db",
                              "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30) "
                              "INSERT INTO projects (id, name, description) SELECT i, 'name ' || i, 'text' FROM n"));
      run (psync, "a.db", "sync");
      run (psync, "b.db", "sync");
      g_free (test_psync_sql (psync, other_of (plan), plan->elsewhere));
      run (psync, other_of (plan), "sync");
    }
  g_free (test_psync_sql (psync, plan->database, plan->before));
  save (psync);
}

static void
test_kill (gconstpointer data)
{
  const Plan *plan = data;
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *preload = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "tests", "support",
                                               "libkill-at-commit.so", NULL);
  g_autofree char *expected = NULL;
  guint commit;

  prepare (psync, plan);
  go_on (psync, plan);
  expected = read_rows (psync, plan->database, ROWS);
  expect_all (psync, expected, 0);
  /* The sanitizers want to be first, but can do without. */
  test_psync_set_environment (psync, "ASAN_OPTIONS", "verify_asan_link_order=0");
  for (commit = 1; commit < MAX_COMMITS; commit++)
    {
      gboolean killed;

      restore (psync);
      test_psync_set_environment (psync, "LD_PRELOAD", preload);
      killed = run_until (psync, plan, commit);
      test_psync_set_environment (psync, "LD_PRELOAD", NULL);
      go_on (psync, plan);
      expect_all (psync, expected, commit);
      if (!killed)
        break;
    }
  g_test_message ("%s: %u commits", plan->name, commit - 1);
  g_assert_cmpuint (commit, >, 8);
  g_assert_cmpuint (commit, <, MAX_COMMITS);
}

/* In all of them several requests, and edits, insertions and deletions. */
static const Plan plans[] = {
  { "push", "a.db", "sync --batch-size 10",
    "UPDATE projects SET name = 'by a' WHERE id % 3 = 0; DELETE FROM projects WHERE id % 10 = 1;"
    "INSERT INTO projects (id, name) VALUES ('n1', 'new'), ('n2', 'new'); "
    "UPDATE projects SET id = 'moved' WHERE id = '2'",
    "UPDATE projects SET description = 'by b' WHERE id % 9 = 0" },
  { "pull", "b.db", "sync --batch-size 10",
    "UPDATE projects SET description = 'by b' WHERE id % 9 = 0; INSERT INTO projects (id) VALUES ('b')",
    "UPDATE projects SET name = 'by a' WHERE id % 3 = 0; DELETE FROM projects WHERE id % 10 = 1;"
    "INSERT INTO projects (id, name) VALUES ('n1', 'new'), ('n2', 'new'); "
    "UPDATE projects SET id = 'moved' WHERE id = '2'" },
  { "seed", "a.db", "seed --batch-size 10",
    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 35) "
    "INSERT INTO projects (id, name, description) SELECT i, 'name ' || i, 'text' FROM n",
    NULL },
  { "hydrate", "b.db", "hydrate --batch-size 10", "INSERT INTO projects (id) VALUES ('unsent')",
    "UPDATE projects SET name = 'by a' WHERE id % 3 = 0; DELETE FROM projects WHERE id % 10 = 1" },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (plans); i++)
    {
      g_autofree char *path = g_strdup_printf ("/kill/%s-goes-on-after-every-commit", plans[i].name);

      g_test_add_data_func (path, &plans[i], test_kill);
    }
  return g_test_run ();
}
