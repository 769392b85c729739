/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-psync.h"

#include <glib/gstdio.h>

#include "sync-json.h"

static const char *const set_apart[]
    = { "SUPABASE_URL",      "SUPABASE_ANON_KEY",     "SUPABASE_AUTH_TOKEN",
        "SYNC_AUTO_ENABLED", "SYNC_INTERVAL_MINUTES", "SYNC_BATCH_SIZE",
        "SYNC_MAX_RETRIES",  "SYNC_DATABASE",         "G_MESSAGES_DEBUG" };

static void
set_directories (TestPsync *psync)
{
  static const char *const names[] = { "HOME",          "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
                                       "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *dir = g_build_filename (psync->dir, "home", names[i], NULL);

      g_assert_cmpint (g_mkdir_with_parents (dir, 0700), ==, 0);
      g_subprocess_launcher_setenv (psync->launcher, names[i], dir, TRUE);
    }
}

/* psync-json(5) puts the names of members, and much else, in bold. */
static GHashTable *
read_documented_words (void)
{
  g_autofree char *path
      = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "data", "man", "psync-json.5", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) lines = NULL;
  GHashTable *words = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (text, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      g_auto (GStrv) parts = NULL;

      if (!g_str_has_prefix (lines[i], ".B ") && !g_str_has_prefix (lines[i], ".BR "))
        continue;
      parts = g_strsplit_set (lines[i], " ,;:.\"()", -1);
      for (guint k = 0; parts[k] != NULL; k++)
        g_hash_table_add (words, g_strdup (parts[k]));
    }
  return words;
}

TestPsync *
test_psync_new (void)
{
  TestPsync *psync = g_new0 (TestPsync, 1);
  g_autoptr (GError) error = NULL;

  psync->dir = g_dir_make_tmp ("psync-XXXXXX", &error);
  g_assert_no_error (error);
  psync->launcher = g_subprocess_launcher_new (G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_set_cwd (psync->launcher, psync->dir);
  for (guint i = 0; i < G_N_ELEMENTS (set_apart); i++)
    g_subprocess_launcher_unsetenv (psync->launcher, set_apart[i]);
  g_subprocess_launcher_setenv (psync->launcher, "GIO_USE_PROXY_RESOLVER", "dummy", TRUE);
  set_directories (psync);
  psync->documented = read_documented_words ();
  return psync;
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      if (g_file_test (child, G_FILE_TEST_IS_DIR) && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
        remove_tree (child);
      else
        g_unlink (child);
    }
  g_rmdir (path);
}

void
test_psync_free (TestPsync *psync)
{
  remove_tree (psync->dir);
  g_free (psync->dir);
  g_object_unref (psync->launcher);
  g_hash_table_unref (psync->documented);
  g_free (psync);
}

void
test_psync_set_environment (TestPsync *psync, const char *name, const char *value)
{
  if (value != NULL)
    g_subprocess_launcher_setenv (psync->launcher, name, value, TRUE);
  else
    g_subprocess_launcher_unsetenv (psync->launcher, name);
}

char *
test_psync_path (TestPsync *psync, const char *name)
{
  return g_build_filename (psync->dir, name, NULL);
}

static GSubprocess *
spawn (TestPsync *psync, const char *database, const char *const *arguments, GSubprocessFlags flags)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_ptr_array_add (
      argv, g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL));
  if (database != NULL)
    {
      g_ptr_array_add (argv, g_strdup ("--database"));
      g_ptr_array_add (argv, g_build_filename (psync->dir, database, NULL));
    }
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, g_strdup (arguments[i]));
  g_ptr_array_add (argv, NULL);
  g_subprocess_launcher_set_flags (psync->launcher, flags);
  process
      = g_subprocess_launcher_spawnv (psync->launcher, (const char *const *) argv->pdata, &error);
  g_assert_no_error (error);
  return process;
}

GSubprocess *
test_psync_spawn (TestPsync *psync,
                  const char *database,
                  const char *arguments,
                  GSubprocessFlags flags)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);

  return spawn (psync, database, (const char *const *) words, flags);
}

char *
test_psync_run_strv (TestPsync *psync,
                     const char *database,
                     int status,
                     const char *const *arguments,
                     const char *input,
                     char **errors)
{
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *line = g_strjoinv (" ", (char **) arguments);
  g_autofree char *complaints = NULL;
  char *output = NULL;

  process = spawn (psync, database, arguments,
                   G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE
                       | (input != NULL ? G_SUBPROCESS_FLAGS_STDIN_PIPE : 0));
  g_subprocess_communicate_utf8 (process, input, NULL, &output, &complaints, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_if_exited (process) || g_subprocess_get_exit_status (process) != status)
    g_error ("psync %s ended with status %d instead of %d\n%s%s", line,
             g_subprocess_get_status (process), status, output, complaints);
  if (errors != NULL)
    *errors = g_steal_pointer (&complaints);
  return output;
}

char *
test_psync_run (TestPsync *psync, const char *database, int status, const char *arguments)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);

  return test_psync_run_strv (psync, database, status, (const char *const *) words, NULL, NULL);
}

void
test_psync_fail (TestPsync *psync,
                 const char *database,
                 int status,
                 const char *arguments,
                 const char *expected_error)
{
  g_auto (GStrv) words = g_strsplit (arguments, " ", -1);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  output = test_psync_run_strv (psync, database, status, (const char *const *) words, NULL,
                                &errors);
  g_assert_cmpstr (output, ==, "");
  if (strstr (errors, expected_error) == NULL)
    g_error ("psync %s does not say “%s” but:\n%s", arguments, expected_error, errors);
}

/* What is inside these members is the owner's, or not promised. */
static gboolean
is_free_form (const char *member)
{
  static const char *const names[]
      = { "base", "local", "remote", "result", "rules", "diagnostics", NULL };

  return g_strv_contains (names, member);
}

static void
check_documented (TestPsync *psync, JsonNode *node)
{
  if (JSON_NODE_HOLDS_ARRAY (node))
    {
      JsonArray *array = json_node_get_array (node);

      for (guint i = 0; i < json_array_get_length (array); i++)
        check_documented (psync, json_array_get_element (array, i));
    }
  else if (JSON_NODE_HOLDS_OBJECT (node))
    {
      JsonObject *object = json_node_get_object (node);
      g_autoptr (GList) members = json_object_get_members (object);

      for (GList *member = members; member != NULL; member = member->next)
        {
          if (!g_hash_table_contains (psync->documented, member->data))
            g_error ("psync-json(5) does not describe “%s”", (const char *)member->data);
          if (!is_free_form (member->data))
            check_documented (psync, json_object_get_member (object, member->data));
        }
    }
}

JsonObject *
test_psync_parse (TestPsync *psync, const char *text)
{
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) error = NULL;

  if (!sync_json_is_valid (text, strlen (text)) || !g_str_has_suffix (text, "}\n"))
    g_error ("this is not one JSON object and a line feed: %s", text);
  node = json_from_string (text, &error);
  g_assert_no_error (error);
  g_assert_true (JSON_NODE_HOLDS_OBJECT (node));
  check_documented (psync, node);
  return json_node_dup_object (node);
}

JsonObject *
test_psync_json (TestPsync *psync, const char *database, int status, const char *arguments)
{
  g_autofree char *with_json = g_strconcat ("--json ", arguments, NULL);
  g_autofree char *output = test_psync_run (psync, database, status, with_json);
  JsonObject *object = test_psync_parse (psync, output);

  g_assert_cmpint (json_object_get_int_member (object, "exit_status"), ==, status);
  return object;
}

char *
test_psync_sql (TestPsync *psync, const char *database, const char *sql)
{
  g_autofree char *path = test_psync_path (psync, database);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  char *output = NULL;

  g_subprocess_launcher_set_flags (psync->launcher,
                                   G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE);
  process = g_subprocess_launcher_spawn (psync->launcher, &error, "sqlite3", "-batch", "-bail",
                                         "-cmd", ".timeout 10000", path, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, sql, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  if (!g_subprocess_get_successful (process))
    g_error ("sqlite3 failed with: %s", sql);
  return g_strchomp (output);
}

void
test_psync_expect (TestPsync *psync, const char *database, const char *sql, const char *expected)
{
  g_autofree char *answer = test_psync_sql (psync, database, sql);

  if (!g_str_equal (answer, expected))
    g_error ("%s in %s: “%s” instead of “%s”", sql, database, answer, expected);
}

void
test_psync_add_device (TestPsync *psync, const char *database)
{
  g_free (test_psync_run (psync, database, 0, "init"));
  g_free (test_psync_run (psync, database, 0, "connect vault vault.db"));
}
