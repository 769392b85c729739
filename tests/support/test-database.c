/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-database.h"

#include <gio/gio.h>
#include <glib/gstdio.h>

/**
 * test_folder_new:
 *
 * Returns: (transfer full): a new folder of the test's own
 */
char *
test_folder_new (void)
{
  const char *root = g_getenv ("PSYNC_TEST_BUILD_ROOT");
  g_autofree char *scratch = root != NULL ? g_build_filename (root, "tests", "scratch", NULL)
                                          : g_strdup (g_get_tmp_dir ());
  char *folder = g_build_filename (scratch, "test-XXXXXX", NULL);

  g_assert_cmpint (g_mkdir_with_parents (scratch, 0700), ==, 0);
  g_assert_nonnull (g_mkdtemp_full (folder, 0700));
  return folder;
}

/**
 * test_folder_remove:
 * @folder: a folder, which goes with everything in it
 */
void
test_folder_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      if (g_file_test (path, G_FILE_TEST_IS_DIR) && !g_file_test (path, G_FILE_TEST_IS_SYMLINK))
        test_folder_remove (path);
      else
        g_unlink (path);
    }
  g_rmdir (folder);
}

/**
 * test_database_new:
 * @folder: where
 * @name: the file's name
 * @journal_mode: (nullable): its journal mode
 *
 * Returns: (transfer full): a connection to a new database
 */
SyncConnection *
test_database_new (const char *folder, const char *name, const char *journal_mode)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);
  g_autoptr (GError) error = NULL;
  SyncConnection *connection = sync_connection_open (path, SYNC_OPEN_CREATE, 5000, &error);

  g_assert_no_error (error);
  if (journal_mode != NULL)
    {
      g_autofree char *sql = g_strdup_printf ("PRAGMA journal_mode = %s", journal_mode);

      test_sql (connection, sql);
    }
  /* A test's database need not live through a power failure. */
  test_sql (connection, "PRAGMA synchronous = OFF");
  return connection;
}

/**
 * test_database_add_own_tables:
 * @connection: a database without our tables
 */
void
test_database_add_own_tables (SyncConnection *connection)
{
  g_autofree char *path = NULL;
  g_autofree char *script = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_nonnull (g_getenv ("PSYNC_TEST_SOURCE_ROOT"));
  path = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "sql", "local", "001-initial.sql",
                           NULL);
  g_file_get_contents (path, &script, NULL, &error);
  g_assert_no_error (error);
  test_sql (connection, script);
}

/**
 * test_sql:
 * @connection: a database
 * @sql: statements that must succeed
 */
void
test_sql (SyncConnection *connection, const char *sql)
{
  g_autoptr (GError) error = NULL;

  if (!sync_connection_script (connection, sql, &error))
    g_error ("%s: %s", error->message, sql);
}

/**
 * test_query:
 * @connection: a database
 * @sql: a query
 *
 * Returns: (transfer full): its rows: columns joined by |, each row with its end
 */
char *
test_query (SyncConnection *connection, const char *sql)
{
  g_autoptr (GError) error = NULL;
  GString *rows = g_string_new (NULL);
  SyncStatement *statement = sync_connection_prepare (connection, sql, &error);
  SyncStep step;

  g_assert_no_error (error);
  while ((step = sync_statement_step (statement, &error)) == SYNC_STEP_ROW)
    {
      for (int i = 0; i < sync_statement_n_columns (statement); i++)
        {
          const char *text = sync_statement_text (statement, i, NULL);

          g_string_append_printf (rows, "%s%s", i > 0 ? "|" : "", text != NULL ? text : "");
        }
      g_string_append_c (rows, '\n');
    }
  g_assert_no_error (error);
  sync_statement_reset (statement);
  return g_string_free (rows, FALSE);
}

/**
 * test_shell:
 * @path: a database
 * @sql: statements for it
 * @output: (out) (optional): what they wrote
 *
 * Runs them in the sqlite3 shell: another process, with its own idea of settings.
 *
 * Returns: whether they succeeded
 */
gboolean
test_shell (const char *path, const char *sql, char **output)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) shell = NULL;
  g_autofree char *written = NULL;
  g_autofree char *complaint = NULL;

  shell = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE
                                | G_SUBPROCESS_FLAGS_STDERR_PIPE,
                            &error, "sqlite3", "-batch", "-bail", path, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (shell, sql, NULL, &written, &complaint, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (shell))
    g_test_message ("sqlite3: %s", complaint);
  if (output != NULL)
    *output = g_steal_pointer (&written);
  return g_subprocess_get_successful (shell);
}
