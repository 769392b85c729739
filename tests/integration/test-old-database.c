/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-psync.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

/* Databases and vaults as every version of the schema left them (tests/data/old): they open, migrate and sync. What
 * is newer, damaged or must not be written is told and left exactly as it is. */

#define VERSIONS 3
#define ROWS \
  "SELECT id, name, description, settings FROM projects ORDER BY id"
#define NOBODY "65534"
/* As many as are moved in several slices, and how often an upgrade commits at most. */
#define MANY_ROWS "1200"
#define MAX_COMMITS 60
#define LOCKED_SECONDS 60
/* Longer than the database is waited for. */
#define SHORT_SECONDS 13

static void
copy_file (const char *from, const char *to)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (from, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (to, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
bring (TestPsync *psync, const char *kind, guint version, const char *name)
{
  g_autofree char *file = g_strdup_printf ("%s-%u.db", kind, version);
  g_autofree char *from
      = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", "data", "old", file, NULL);
  g_autofree char *to = test_psync_path (psync, name);

  copy_file (from, to);
}

static GBytes *
read_file (TestPsync *psync, const char *name)
{
  g_autofree char *path = test_psync_path (psync, name);
  g_autoptr (GError) error = NULL;
  char *contents;
  gsize length;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  return g_bytes_new_take (contents, length);
}

static void
write_file (TestPsync *psync, const char *name, const char *contents, gsize length)
{
  g_autofree char *path = test_psync_path (psync, name);
  g_autoptr (GError) error = NULL;

  /* GLib would leave what is behind its end. */
  g_unlink (path);
  g_file_set_contents_full (path, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
run (TestPsync *psync, const char *database, int status, const char *arguments)
{
  g_free (test_psync_run (psync, database, status, arguments));
}

static void
connect_vault (TestPsync *psync, const char *database)
{
  g_autofree char *vault = test_psync_path (psync, "vault.db");
  g_autofree char *line = g_strconcat ("connect vault ", vault, NULL);

  run (psync, database, 0, line);
}

static void
expect_same_rows (TestPsync *psync, const char *sql)
{
  g_autofree char *rows = test_psync_sql (psync, "a.db", sql);

  test_psync_expect (psync, "new.db", sql, g_strchomp (rows));
}

/* --- Every version ------------------------------------------------------------------------------- */

/* As make-old-database left it: unsent edits, two open conflicts, a row that is held; the vault has what this one
 * does not. */
static void
expect_all_synced (TestPsync *psync)
{
  test_psync_expect (psync, "a.db",
                     "SELECT id || ' ' || name || ' ' || ifnull (description, '-') FROM projects WHERE id IN "
                     "('p1', 'p2', 'p20', 'p21', 'p3', 'p4', 'p5', 'p6') ORDER BY id",
                     "p1 by a again text\np2 by a again text\np21 not sent -\np3 project 3 not sent\n"
                     "p5 project 5 newest");
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM projects", "18");
  test_psync_expect (psync, "a.db", "SELECT title, hex (data), done, rank, due FROM notes ORDER BY id",
                     "one|00FF|1|0.1|2026-01-01T00:00:00.000Z\ntwo||0|-1.0|");
  test_psync_expect (psync, "a.db", "SELECT id, state FROM psync_conflict WHERE state = 'open' ORDER BY id",
                     "'p1'|open\n'p2'|open");
  test_psync_expect (psync, "a.db", "SELECT entity, id, reason FROM psync_held", "notes|3|unique");
  test_psync_expect (psync, "a.db", "PRAGMA integrity_check", "ok");
}

static void
test_version (gconstpointer data)
{
  guint version = GPOINTER_TO_UINT (data);
  g_autoptr (TestPsync) psync = test_psync_new ();

  bring (psync, "local", version, "a.db");
  bring (psync, "vault", 1, "vault.db");
  connect_vault (psync, "a.db");
  run (psync, "a.db", 6, "sync");
  expect_all_synced (psync);
  run (psync, "a.db", 0, "conflicts list");
  run (psync, "a.db", 0, "conflicts resolve --all local");
  /* The row that is held goes on being so, until its title is free. */
  g_free (test_psync_sql (psync, "a.db", "UPDATE notes SET title = 'the first' WHERE title = 'one' AND data IS NOT NULL"));
  run (psync, "a.db", 0, "sync");
  test_psync_expect (psync, "a.db", "SELECT title FROM notes ORDER BY id", "the first\ntwo\none");
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_change", "0");

  run (psync, "new.db", 0, "init");
  g_free (test_psync_sql (psync, "new.db", "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, data BLOB, "
                                           "done BOOLEAN, rank REAL, due TIMESTAMP)"));
  run (psync, "new.db", 0, "entities enable notes");
  connect_vault (psync, "new.db");
  run (psync, "new.db", 0, "sync");
  expect_same_rows (psync, ROWS);
  expect_same_rows (psync, "SELECT id, title, hex (data), done, rank, due FROM notes ORDER BY id");
  run (psync, "a.db", 0, "verify --all");
}

/* --- Killed while it migrates --------------------------------------------------------------------- */

/* Whether psync was killed, right before its nth commit. */
static gboolean
migrate_until (TestPsync *psync, guint commit)
{
  g_autofree char *preload = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "tests", "support",
                                               "libkill-at-commit.so", NULL);
  g_autofree char *at = g_strdup_printf ("%u", commit);
  g_autoptr (GSubprocess) process = NULL;

  /* The sanitizers want to be first, but can do without. */
  test_psync_set_environment (psync, "ASAN_OPTIONS", "verify_asan_link_order=0");
  test_psync_set_environment (psync, "LD_PRELOAD", preload);
  test_psync_set_environment (psync, "PSYNC_TEST_KILL_AT", at);
  process = test_psync_spawn (psync, "a.db", "entities list", G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  test_psync_set_environment (psync, "PSYNC_TEST_KILL_AT", NULL);
  test_psync_set_environment (psync, "LD_PRELOAD", NULL);
  g_subprocess_wait (process, NULL, NULL);
  return g_subprocess_get_if_signaled (process);
}

/* Everything that the first version knew of many rows is there, once; and nobody sees that it was interrupted. */
static void
test_killed (void)
{
  static const char known[] = "SELECT entity, id, version, base FROM psync_row ORDER BY entity, id";
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *expected = NULL, *traced = NULL;
  guint commit;

  bring (psync, "local", 1, "whole.db");
  g_free (test_psync_sql (psync, "whole.db",
                          "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < " MANY_ROWS ") "
                          "INSERT INTO psync_row SELECT 'projects', quote ('row ' || i), i, '{\"id\":\"row ' || i || '\"}' "
                          "FROM n;"
                          "INSERT INTO psync_trace SELECT max(run), 'projects', r.id, r.version, 'pulled' "
                          "FROM psync_history, psync_row r GROUP BY r.id"));
  expected = g_strchomp (test_psync_sql (psync, "whole.db", known));
  traced = g_strchomp (test_psync_sql (psync, "whole.db", "SELECT count(*), sum(version) FROM psync_trace"));
  for (commit = 1; commit < MAX_COMMITS; commit++)
    {
      g_autofree char *whole = test_psync_path (psync, "whole.db");
      g_autofree char *path = test_psync_path (psync, "a.db");
      gboolean killed;

      copy_file (whole, path);
      killed = migrate_until (psync, commit);
      run (psync, "a.db", 0, "entities list");
      test_psync_expect (psync, "a.db", known, expected);
      test_psync_expect (psync, "a.db",
                         "SELECT count(*), sum (j.value ->> 1) FROM psync_trace, json_each (psync_trace.rows) j", traced);
      test_psync_expect (psync, "a.db", "SELECT name FROM sqlite_schema WHERE name GLOB 'psync_*_old'", "");
      test_psync_expect (psync, "a.db", "PRAGMA integrity_check", "ok");
      if (!killed)
        break;
    }
  g_test_message ("%u commits", commit - 1);
  g_assert_cmpuint (commit, >, 4);
  g_assert_cmpuint (commit, <, MAX_COMMITS);
}

/* --- What is left as it is ------------------------------------------------------------------------ */

static const char *
error_code (JsonObject *answer)
{
  return json_object_get_string_member (json_object_get_object_member (answer, "error"), "code");
}

/* Whatever is asked of it. */
static const char *const commands[] = { "init", "sync", "status", "queue list", "conflicts list", "hydrate", "seed",
                                        "config set interval-minutes 5", "detach", NULL };

static void
expect_untouched (TestPsync *psync, const char *code)
{
  g_autoptr (GBytes) before = read_file (psync, "a.db");

  for (guint i = 0; commands[i] != NULL; i++)
    {
      g_autoptr (JsonObject) answer = test_psync_json (psync, "a.db", 1, commands[i]);
      g_autoptr (GBytes) after = read_file (psync, "a.db");

      if (!g_str_equal (error_code (answer), code))
        g_error ("%s: %s", commands[i], error_code (answer));
      g_assert_true (g_bytes_equal (before, after));
    }
}

static void
expect_no_side_files (TestPsync *psync)
{
  static const char *const sides[] = { "a.db-wal", "a.db-shm", "a.db-journal" };

  for (guint i = 0; i < G_N_ELEMENTS (sides); i++)
    {
      g_autofree char *path = test_psync_path (psync, sides[i]);

      g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
    }
}

static void
bring_newer (TestPsync *psync, const char *mode)
{
  g_autofree char *sql
      = g_strdup_printf ("PRAGMA journal_mode = %s; UPDATE psync_meta SET value = '99' WHERE key = 'schema_version'",
                         mode);

  bring (psync, "local", VERSIONS, "a.db");
  g_free (test_psync_sql (psync, "a.db", sql));
}

static void
test_newer (void)
{
  static const char *const modes[] = { "DELETE", "WAL" };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (TestPsync) psync = test_psync_new ();

      bring_newer (psync, modes[i]);
      expect_untouched (psync, "database-new");
      expect_no_side_files (psync);
    }
}

/* What a newer program, which was killed, left in its log stays there. */
static void
test_newer_with_log (void)
{
  static const char *const files[] = { "a.db", "a.db-wal" };
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) log = NULL;
  g_autofree char *path = test_psync_path (psync, "made.db");
  g_autoptr (GError) error = NULL;

  bring (psync, "local", VERSIONS, "made.db");
  g_free (test_psync_sql (psync, "made.db", "PRAGMA journal_mode = WAL"));
  {
    g_autofree char *copies = test_psync_path (psync, "a.db");
    g_autofree char *line = g_strdup_printf (
        "sqlite3 '%s' \"UPDATE psync_meta SET value = '99' WHERE key = 'schema_version'\" "
        "'.shell cp \"%s\" \"%s\"; cp \"%s-wal\" \"%s-wal\"'", path, path, copies, path, copies);
    const char *const argv[] = { "sh", "-c", line, NULL };
    g_autoptr (GSubprocess) shell = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_NONE, &error);

    g_assert_no_error (error);
    g_assert_true (g_subprocess_wait_check (shell, NULL, NULL));
  }
  whole = read_file (psync, files[0]);
  log = read_file (psync, files[1]);
  g_assert_cmpuint (g_bytes_get_size (log), >, 0);
  expect_untouched (psync, "database-new");
  {
    g_autoptr (GBytes) after = read_file (psync, files[1]);

    g_assert_true (g_bytes_equal (log, after));
  }
}

/* Random bytes in all pages but the first. */
static void
test_damaged (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GBytes) whole = NULL;
  g_autofree char *bytes = NULL;
  gsize length;

  bring (psync, "local", VERSIONS, "a.db");
  whole = read_file (psync, "a.db");
  bytes = g_memdup2 (g_bytes_get_data (whole, &length), g_bytes_get_size (whole));
  for (gsize i = 4096; i < length; i++)
    bytes[i] = (char) g_test_rand_int ();
  write_file (psync, "a.db", bytes, length);
  expect_untouched (psync, "corrupt");
}

static void
test_no_database (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  write_file (psync, "a.db", "This is a letter to my grandmother, and she would like to have it.\n", 68);
  expect_untouched (psync, "not-database");
}

/* Only the end is missing, as after a copy that was broken off: what needs more than the beginning finds out. */
static void
test_cut (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GBytes) whole = NULL;
  g_autoptr (GBytes) after = NULL;
  g_autoptr (JsonObject) answer = NULL;
  gsize length = 9 * 4096 + 100;

  bring (psync, "local", VERSIONS, "a.db");
  bring (psync, "vault", 1, "vault.db");
  connect_vault (psync, "a.db");
  whole = read_file (psync, "a.db");
  write_file (psync, "a.db", g_bytes_get_data (whole, NULL), length);
  answer = test_psync_json (psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "corrupt");
  after = read_file (psync, "a.db");
  g_assert_cmpuint (g_bytes_get_size (after), >=, length);
}

/* --- What may not be written ---------------------------------------------------------------------- */

/* As somebody whom files' modes bind. */
static gboolean
run_as_nobody (TestPsync *psync, const char *arguments, char **output)
{
  g_autofree char *program = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL);
  g_autofree char *database = test_psync_path (psync, "db/a.db");
  g_autofree char *quoted_program = g_shell_quote (program), *quoted_database = g_shell_quote (database);
  g_autofree char *line = g_strdup_printf ("%s%s --json --database %s %s",
                                           geteuid () == 0 ? "setpriv --reuid=" NOBODY " --regid=" NOBODY
                                                             " --clear-groups " : "",
                                           quoted_program, quoted_database, arguments);
  g_auto (GStrv) argv = NULL;
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;

  g_shell_parse_argv (line, NULL, &argv, &error);
  g_assert_no_error (error);
  process = g_subprocess_launcher_spawnv (psync->launcher, (const char *const *) argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, output, NULL, &error);
  g_assert_no_error (error);
  return g_subprocess_get_exit_status (process) == 0;
}

static void
give_away (TestPsync *psync)
{
  g_autofree char *dir = g_shell_quote (psync->dir);
  g_autofree char *line = g_strdup_printf ("chown -R " NOBODY ":" NOBODY " %s", dir);

  if (geteuid () == 0)
    g_assert_true (g_spawn_command_line_sync (line, NULL, NULL, NULL, NULL));
}

static void
expect_read_only (mode_t folder_mode, mode_t file_mode)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *folder = test_psync_path (psync, "db");
  g_autofree char *path = test_psync_path (psync, "db/a.db");
  g_autofree char *output = NULL;
  g_autoptr (GBytes) before = NULL;
  g_autoptr (GBytes) after = NULL;

  g_subprocess_launcher_set_flags (psync->launcher, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  bring (psync, "local", VERSIONS, "db/a.db");
  give_away (psync);
  if (!run_as_nobody (psync, "entities list", &output))
    {
      g_test_skip ("another user may not run psync from here");
      return;
    }
  g_clear_pointer (&output, g_free);
  before = read_file (psync, "db/a.db");
  g_chmod (path, file_mode);
  g_chmod (folder, folder_mode);
  g_assert_false (run_as_nobody (psync, "sync", &output));
  g_chmod (folder, 0700);
  after = read_file (psync, "db/a.db");
  g_assert_nonnull (strstr (output, "read-only"));
  g_assert_true (g_bytes_equal (before, after));
}

static void
test_read_only_file (void)
{
  expect_read_only (0700, 0400);
}

static void
test_read_only_folder (void)
{
  expect_read_only (0500, 0600);
}

/* --- What its owner holds --------------------------------------------------------------------------- */

/* The application that owns it, in a transaction of some length. */
static GSubprocess *
hold_database (TestPsync *psync, const char *id, guint seconds)
{
  g_autofree char *path = test_psync_path (psync, "a.db");
  g_autofree char *began = test_psync_path (psync, "began");
  g_autofree char *write
      = g_strdup_printf ("BEGIN IMMEDIATE; INSERT INTO projects (id, name) VALUES ('%s', 'held')", id);
  g_autofree char *wait = g_strdup_printf (".shell touch '%s'; sleep %u", began, seconds);
  const char *const argv[] = { "sqlite3", path, write, wait, "COMMIT", NULL };
  g_autoptr (GError) error = NULL;
  GSubprocess *owner;

  g_unlink (began);
  owner = g_subprocess_newv (argv, G_SUBPROCESS_FLAGS_NONE, &error);
  g_assert_no_error (error);
  while (!g_file_test (began, G_FILE_TEST_EXISTS))
    g_usleep (10000);
  return owner;
}

static void
wait_for_rows (TestPsync *psync, const char *expected)
{
  gint64 until = g_get_monotonic_time () + 3 * LOCKED_SECONDS * G_USEC_PER_SEC;
  g_autofree char *rows = NULL;

  while (g_strcmp0 (rows, expected) != 0 && g_get_monotonic_time () < until)
    {
      g_usleep (200000);
      g_free (rows);
      rows = g_strchomp (test_psync_sql (psync, "vault.db", "SELECT count(*) FROM vault_row"));
    }
  g_assert_cmpstr (rows, ==, expected);
}

/* Who is asked to sync says that it is busy, in time; who syncs by itself waits, and goes on when it may. */
static void
test_locked (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GSubprocess) owner = NULL;
  g_autoptr (GSubprocess) watch = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GError) error = NULL;
  gint64 began;

  test_psync_add_device (psync, "a.db");
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('0', 'long before')"));
  watch = test_psync_spawn (psync, "a.db", "--quiet watch", G_SUBPROCESS_FLAGS_STDERR_SILENCE);
  wait_for_rows (psync, "1");
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('1', 'before')"));
  owner = hold_database (psync, "2", LOCKED_SECONDS);
  began = g_get_monotonic_time ();
  answer = test_psync_json (psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "busy");
  g_assert_cmpint (g_get_monotonic_time () - began, <, LOCKED_SECONDS * G_USEC_PER_SEC);
  test_psync_expect (psync, "a.db", "SELECT id, state, attempts FROM psync_change", "'1'|pending|0");
  g_assert_true (g_subprocess_wait_check (owner, NULL, &error));
  g_assert_no_error (error);
  wait_for_rows (psync, "3");
  g_subprocess_send_signal (watch, SIGTERM);
  g_assert_true (g_subprocess_wait_check (watch, NULL, &error));
  g_assert_no_error (error);
  run (psync, "a.db", 0, "sync");
  test_psync_expect (psync, "a.db", "SELECT id || ' ' || name FROM projects ORDER BY id", "0 long before\n1 before\n2 held");
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_change", "0");
}

/* Nobody waits for a database to end a program that waits for it. */
static void
interrupt_while_waiting (TestPsync *psync)
{
  g_autoptr (GSubprocess) watch = test_psync_spawn (psync, "a.db", "--quiet watch", G_SUBPROCESS_FLAGS_NONE);
  g_autoptr (GError) error = NULL;
  gint64 began;

  g_usleep (G_USEC_PER_SEC); /* it waits by then */
  began = g_get_monotonic_time ();
  g_subprocess_send_signal (watch, SIGINT);
  g_assert_true (g_subprocess_wait_check (watch, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpint (g_get_monotonic_time () - began, <, 2 * G_USEC_PER_SEC);
}

/* Who syncs by itself begins when it may. */
static void
test_locked_at_the_start (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GSubprocess) owner = NULL;
  g_autoptr (GSubprocess) watch = NULL;
  g_autoptr (GError) error = NULL;

  test_psync_add_device (psync, "a.db");
  owner = hold_database (psync, "1", SHORT_SECONDS);
  interrupt_while_waiting (psync);
  watch = test_psync_spawn (psync, "a.db", "--quiet watch", G_SUBPROCESS_FLAGS_NONE);
  g_assert_true (g_subprocess_wait_check (owner, NULL, &error));
  g_assert_no_error (error);
  wait_for_rows (psync, "1");
  g_subprocess_send_signal (watch, SIGTERM);
  g_assert_true (g_subprocess_wait_check (watch, NULL, &error));
  g_assert_no_error (error);
}

/* --- Without a network ---------------------------------------------------------------------------- */

static void
test_no_network (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *database = test_psync_path (psync, "a.db");
  g_autofree char *program = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL);
  const char *const argv[] = { "unshare", "--net", program, "--json", "--database", database, "sync", NULL };
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  int status;

  if (!g_spawn_command_line_sync ("unshare --net true", NULL, NULL, &status, NULL) || status != 0)
    {
      g_test_skip ("taking the network away from a program is not allowed here");
      return;
    }
  run (psync, "a.db", 0, "init");
  run (psync, "a.db", 0, "connect supabase https://example.supabase.co --anon-key sb_publishable_x");
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('mine', 'dear')"));
  test_psync_set_environment (psync, "SUPABASE_AUTH_TOKEN", "a.b.c");
  g_subprocess_launcher_set_flags (psync->launcher, G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  process = g_subprocess_launcher_spawnv (psync->launcher, argv, &error);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 3);
  g_assert_nonnull (strstr (output, "\"offline\""));
  test_psync_expect (psync, "a.db", "SELECT id, state, attempts FROM psync_change", "'mine'|pending|0");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 1; i <= VERSIONS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/old-database/version-%u-opens-migrates-and-syncs", i);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_version);
    }
  g_test_add_func ("/old-database/goes-on-after-every-commit-of-a-migration", test_killed);
  g_test_add_func ("/old-database/a-newer-one-is-refused-untouched", test_newer);
  g_test_add_func ("/old-database/a-newer-one-with-a-log-is-refused-untouched", test_newer_with_log);
  g_test_add_func ("/old-database/a-damaged-one-is-told-and-left", test_damaged);
  g_test_add_func ("/old-database/half-a-one-is-told-and-left", test_cut);
  g_test_add_func ("/old-database/what-is-no-database-is-left", test_no_database);
  g_test_add_func ("/old-database/a-file-that-cannot-be-written", test_read_only_file);
  g_test_add_func ("/old-database/a-folder-that-cannot-be-written", test_read_only_folder);
  g_test_add_func ("/old-database/its-owner-holds-it-for-a-minute", test_locked);
  g_test_add_func ("/old-database/its-owner-holds-it-at-the-start", test_locked_at_the_start);
  g_test_add_func ("/old-database/no-network-is-offline", test_no_network);
  return g_test_run ();
}
