/* SPDX-License-Identifier: GPL-3.0-or-later */

/* For pseudo-terminals. */
#define _GNU_SOURCE

/* psync's command line: help, mistakes, files that are something else, JSON, output that nobody
 * reads. What its commands do together is in test-cli-vault.c and test-cli-cloud.c. */

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "test-psync.h"

/* A project that does not answer, on this computer. */
#define DEAD_PROJECT                                                                               \
  "connect supabase http://127.0.0.1:9 --anon-key sb_publishable_abcdefghijklmnopqrstuv_12345678"

/* --- Help ----------------------------------------------------------------------------------- */

typedef void (*ForCommand) (TestPsync *psync, JsonObject *command);

static void
for_each_command (TestPsync *psync, ForCommand func)
{
  g_autoptr (JsonObject) help = test_psync_json (psync, NULL, 0, "--help");
  JsonArray *commands = json_object_get_array_member (help, "commands");

  g_assert_cmpuint (json_array_get_length (commands), >, 30);
  for (guint i = 0; i < json_array_get_length (commands); i++)
    func (psync, json_array_get_object_element (commands, i));
}

static const char *
name_of (JsonObject *command)
{
  return json_object_get_string_member (command, "name");
}

/* A text of the project, as it reads without the hyphens' backslashes. */
static char *
read_text (const char *name)
{
  g_autofree char *path = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), name, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) manual = NULL;
  char *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  manual = g_string_new (text);
  g_free (text);
  g_string_replace (manual, "\\-", "-", 0);
  return g_string_free (g_steal_pointer (&manual), FALSE);
}

static void
assert_contains (const char *text, const char *part, const char *where)
{
  if (strstr (text, part) == NULL)
    g_error ("“%s” is not in %s:\n%s", part, where, text);
}

static void
check_help (TestPsync *psync, JsonObject *command)
{
  g_autofree char *line = g_strdup_printf ("%s --help", name_of (command));
  g_autofree char *text = test_psync_run (psync, NULL, 0, line);
  g_autofree char *usage = g_strdup_printf ("psync %s", name_of (command));
  g_autofree char *manual = read_text ("data/man/psync.1");
  g_autofree char *answers = read_text ("data/man/psync-json.5");
  g_autofree char *readme = read_text ("README.md");
  g_autofree char *quoted = g_strdup_printf ("`%s`", name_of (command));
  JsonArray *options = json_object_get_array_member (command, "options");

  assert_contains (text, usage, line);
  assert_contains (text, json_object_get_string_member (command, "summary"), line);
  assert_contains (text, "Examples:\n  ", line);
  assert_contains (text, "--database=FILE", line);
  assert_contains (text, "--json", line);
  assert_contains (text, "--quiet", line);
  assert_contains (text, "--verbose", line);
  assert_contains (manual, usage, "psync(1)");
  assert_contains (readme, quoted, "README.md");
  assert_contains (answers, name_of (command), "psync-json(5)");
  for (guint i = 0; i < json_array_get_length (options); i++)
    {
      JsonObject *option = json_array_get_object_element (options, i);
      g_autofree char *name
          = g_strconcat ("--", json_object_get_string_member (option, "name"), NULL);

      assert_contains (text, name, line);
      assert_contains (manual, name, "psync(1)");
    }
}

static void
test_help_and_manual_name_every_command_and_option (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  for_each_command (psync, check_help);
}

static void
test_readme_and_manual_name_every_setting_and_variable (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *readme = read_text ("README.md");
  g_autofree char *manual = read_text ("data/man/psync.1");
  g_autoptr (JsonObject) answer = NULL;
  JsonArray *settings;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  answer = test_psync_json (psync, "a.db", 0, "config list");
  settings = json_object_get_array_member (answer, "settings");
  g_assert_cmpuint (json_array_get_length (settings), >, 10);
  for (guint i = 0; i < json_array_get_length (settings); i++)
    {
      JsonObject *setting = json_array_get_object_element (settings, i);
      const char *name = json_object_get_string_member (setting, "name");
      const char *variable = json_object_get_string_member_with_default (setting, "variable", "");
      const char *value = json_object_get_string_member_with_default (setting, "default", NULL);
      g_autofree char *row = value != NULL ? g_strdup_printf ("| `%s` | `%s` |", name, value)
                                           : g_strdup_printf ("| `%s` |", name);

      assert_contains (readme, row, "README.md");
      assert_contains (readme, variable, "README.md");
      assert_contains (manual, name, "psync(1)");
      assert_contains (manual, variable, "psync(1)");
    }
}

static void
test_general_help_lists_commands_statuses_and_examples (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *text = test_psync_run (psync, NULL, 0, "--help");
  g_autofree char *same = test_psync_run (psync, NULL, 0, "help");
  g_autofree char *group = test_psync_run (psync, NULL, 0, "conflicts --help");
  g_autofree char *one = test_psync_run (psync, NULL, 0, "help conflicts resolve");
  g_autofree char *other = test_psync_run (psync, NULL, 0, "conflicts resolve --help");
  g_autofree char *version = test_psync_run (psync, NULL, 0, "--version");

  assert_contains (text, "conflicts resolve", "the general help");
  assert_contains (text, "  8  ", "the general help");
  assert_contains (text, "Examples:", "the general help");
  g_assert_cmpstr (text, ==, same);
  assert_contains (group, "conflicts undo", "the help of a group");
  g_assert_cmpstr (one, ==, other);
  g_assert_true (g_str_has_prefix (version, "psync "));
}

static void
test_options_may_stand_anywhere (void)
{
  static const char *const lines[]
      = { "history -l 1",      "--json -q history", "conflicts -r list",
          "conflicts list -r", "conflicts -r",      "queue --state held list",
          "queue --state=held", "-q queue -l 1 list --json" };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    g_free (test_psync_run (psync, "a.db", 0, lines[i]));
  test_psync_fail (psync, "a.db", 2, "queue -l 1 nonsense", "nonsense");
}

/* --- Mistakes ------------------------------------------------------------------------------- */

static void
test_mistakes_name_what_is_wrong_and_exit_with_2 (void)
{
  static const struct
  {
    const char *line;
    const char *error;
  } mistakes[] = {
    { "nonsense", "nonsense" },
    { "conflicts nonsense", "conflicts nonsense" },
    { "--nonsense", "--nonsense" },
    { "sync --nonsense", "--nonsense" },
    { "sync extra", "extra" },
    { "sync --entity", "--entity" },
    { "sync --batch-size many", "many" },
    { "sync --batch-size -1", "-1" },
    { "sync --batch-size 1000000000000000000000", "--batch-size" },
    { "sync --wait soon", "soon" },
    { "sync --strategy best", "best" },
    { "sync --discard-unsent", "--discard-unsent" },
    { "connect", "connect" },
    { "connect ftp x", "connect ftp" },
    { "connect vault", "FILE" },
    { "connect supabase https://abc.supabase.co", "--anon-key" },
    { "connect supabase --anon-key k", "URL" },
    { "login", "--email" },
    { "signup", "--email" },
    { "history --limit x", "--limit" },
    { "conflicts show", "ID" },
    { "conflicts show one", "one" },
    { "conflicts show 0", "0" },
    { "conflicts resolve", "ID" },
    { "conflicts resolve 1", "local" },
    { "conflicts resolve 1 mine", "mine" },
    { "conflicts resolve --all", "local" },
    { "conflicts resolve --all local extra", "extra" },
    { "conflicts resolve --all local --field a=local", "--field" },
    { "conflicts resolve 1 local --field a", "--field" },
    { "conflicts resolve 1 local --field a=both", "a=both" },
    { "conflicts resolve 1 local --field a:=nonsense", "JSON" },
    { "conflicts resolve 1 both --field a=local", "--field" },
    { "conflicts resolve 1 local --field a=local --field a:=1", "twice" },
    { "queue list --state odd", "odd" },
    { "queue discard", "ID" },
    { "queue clear-completed", "--older-than" },
    { "queue clear-completed --older-than yesterday", "yesterday" },
    { "entities strategy projects", "STRATEGY" },
    { "entities strategy projects best", "best" },
    { "entities strategy projects newest --rule a=max", "--rule" },
    { "entities strategy projects rules --rule a", "--rule" },
    { "entities strategy projects rules --rule a=most", "most" },
    { "entities strategy projects rules --rule a=max --rule a=min", "twice" },
    { "config get nonsense", "nonsense" },
    { "config set nonsense 1", "nonsense" },
    { "config set interval-minutes", "VALUE" },
    { "config set interval-minutes often", "interval-minutes" },
    { "config set auto-sync maybe", "auto-sync" },
    { "config set provider ftp", "provider" },
    { "watch --interval x", "--interval" },
    { "watch --interval 0", "--interval" },
    { "pause --for x", "--for" },
    { "detach", "--yes" },
    { "stauts", "Did you mean “status”?" },
    { "conflict list", "Did you mean “conflicts”?" },
    { "queue lst", "Did you mean “queue list”?" },
    { "sync --entty projects", "Did you mean --entity?" },
    { "--databse a.db status", "Did you mean --database?" },
    { "config set vault-path relative.db", "vault-path" },
  };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  for (guint i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autoptr (JsonObject) answer = NULL;
      JsonObject *error;

      test_psync_fail (psync, "a.db", 2, mistakes[i].line, mistakes[i].error);
      answer = test_psync_json (psync, "a.db", 2, mistakes[i].line);
      error = json_object_get_object_member (answer, "error");
      g_assert_nonnull (json_object_get_string_member (error, "title"));
      g_assert_nonnull (json_object_get_string_member (error, "next_step"));
    }
  /* An empty word, between two spaces or at the end. */
  test_psync_fail (psync, "a.db", 2, "conflicts show ", "empty");
  test_psync_fail (psync, "a.db", 2, "connect vault ", "empty");
  test_psync_fail (psync, "a.db", 2, "devices rename ", "empty");
  test_psync_fail (psync, "a.db", 2, "--quiet", "No command");
  test_psync_fail (psync, NULL, 2, "--database= status", "--database");
  /* A value that would be overlooked may be the opposite of what is meant. */
  test_psync_fail (psync, "a.db", 2, "sync --dry-run=false", "--dry-run takes no value");
  test_psync_fail (psync, "a.db", 2, "sync --allow-mass-change=no", "--allow-mass-change takes no value");
  test_psync_fail (psync, "a.db", 2, "sync --json=false", "--json takes no value");
  test_psync_fail (psync, "a.db", 2, "--quiet=false sync", "--quiet takes no value");
}

static void
check_absent (TestPsync *psync, const char *line, const char *title, const char *next)
{
  g_autoptr (JsonObject) answer = test_psync_json (psync, "a.db", 1, line);
  JsonObject *error = json_object_get_object_member (answer, "error");

  g_assert_cmpstr (json_object_get_string_member (error, "code"), ==, "not-found");
  g_assert_cmpstr (json_object_get_string_member (error, "title"), ==, title);
  g_assert_true (g_str_has_suffix (json_object_get_string_member (error, "next_command"), next));
}

static void
test_what_does_not_exist_is_named_with_the_list_that_helps (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  check_absent (psync, "sync --entity nope", "There is no entity nope", " entities list");
  check_absent (psync, "verify --entity nope", "There is no entity nope", " entities list");
  check_absent (psync, "entities disable nope", "There is no entity nope", " entities list");
  check_absent (psync, "conflicts show 9", "There is no conflict 9", " conflicts list");
  check_absent (psync, "conflicts resolve 9 local", "There is no conflict 9", " conflicts list");
  check_absent (psync, "conflicts undo 9", "There is no conflict 9", " conflicts list");
  check_absent (psync, "queue show nope", "No change of the row nope waits", " queue list");
  check_absent (psync, "queue retry nope", "No change of the row nope waits", " queue list");
  check_absent (psync, "queue discard nope", "No change of the row nope waits", " queue list");
  check_absent (psync, "devices rename nope x", "There is no device nope", " devices list");
  check_absent (psync, "devices revoke nope", "There is no device nope", " devices list");
  check_absent (psync, "snapshots restore nope", "There is no snapshot nope", " snapshots list");
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_history", "0");
}

/* What is told to do next works, and leads out of it. */
static void
test_what_cannot_be_attached_leads_in_no_circle (void)
{
  static const char *const lines[] = { "init --table nope", "init --table keyless", "init --table notes --table keyless" };
  static const char *const titles[] = { "There is no table nope", "keyless has no usable key", "keyless has no usable key" };
  g_autofree char *said = NULL;
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *missing = test_psync_path (psync, "new.db");

  g_free (test_psync_sql (psync, "own.db",
                          "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT); CREATE TABLE keyless (a, b)"));
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (JsonObject) answer = test_psync_json (psync, "own.db", 1, lines[i]);
      JsonObject *error = json_object_get_object_member (answer, "error");

      g_assert_cmpstr (json_object_get_string_member (error, "title"), ==, titles[i]);
      g_assert_true (g_str_has_suffix (json_object_get_string_member (error, "next_command"), "own.db init"));
      test_psync_expect (psync, "own.db", "SELECT count (*) FROM sqlite_schema", "3");
    }
  said = test_psync_run (psync, "own.db", 0, "init");
  g_assert_nonnull (strstr (said, "Not synchronised: the table keyless\n"));
  test_psync_expect (psync, "own.db", "SELECT name FROM psync_entity", "notes");
  test_psync_fail (psync, "own.db", 1, "init --table nope", "own.db entities list");
  test_psync_fail (psync, "own.db", 1, "init --table psync_row", "psync_row cannot be synced");
  test_psync_fail (psync, "new.db", 1, "init --table nope", "There is no table nope");
  g_assert_false (g_file_test (missing, G_FILE_TEST_EXISTS));
  g_free (test_psync_run (psync, "new.db", 0, "init --table Projects"));
}

static void
test_a_device_has_a_name_that_can_be_shown (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *long_name = g_strnfill (256, 'a');
  const char *const names[] = { long_name, "two\nlines", "bell\a" };

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *rename = g_strdup_printf ("devices|rename|%s", names[i]);
      g_autofree char *set = g_strdup_printf ("config|set|device-name|%s", names[i]);

      for (guint k = 0; k < 2; k++)
        {
          g_auto (GStrv) words = g_strsplit (k == 0 ? rename : set, "|", -1);
          g_autofree char *errors = NULL;

          g_free (test_psync_run_strv (psync, "a.db", 2, (const char *const *) words, NULL,
                                       &errors));
          assert_contains (errors, "device-name", "the error");
        }
    }
}

static void
test_what_may_be_a_password_is_not_repeated (void)
{
  static const char *const lines[] = { "login --email a@b.c Secret1",
                                       "login --password=Secret1 --email a@b.c",
                                       "--json signup Secret1" };
  g_autoptr (TestPsync) psync = test_psync_new ();

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);
      g_autofree char *errors = NULL;
      g_autofree char *output
          = test_psync_run_strv (psync, NULL, 2, (const char *const *) words, NULL, &errors);

      g_assert_null (strstr (output, "Secret1"));
      g_assert_null (strstr (errors, "Secret1"));
    }
}

static void
check_unknown_option (TestPsync *psync, JsonObject *command)
{
  g_autofree char *line = g_strdup_printf ("%s --no-such-option", name_of (command));
  g_autofree char *next = g_strdup_printf ("psync %s --help", name_of (command));
  g_autoptr (JsonObject) answer = NULL;
  JsonObject *error;

  test_psync_fail (psync, NULL, 2, line, "--no-such-option");
  answer = test_psync_json (psync, NULL, 2, line);
  error = json_object_get_object_member (answer, "error");
  g_assert_cmpstr (json_object_get_string_member (error, "code"), ==, "usage");
  g_assert_cmpstr (json_object_get_string_member (error, "next_command"), ==, next);
  g_assert_cmpstr (json_object_get_string_member (answer, "command"), ==, name_of (command));
}

static void
test_every_command_refuses_an_option_that_it_does_not_know (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  for_each_command (psync, check_unknown_option);
}

static void
test_text_that_is_not_utf8_is_a_mistake (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  output = test_psync_run_strv (
      psync, "a.db", 2, (const char *const[]){ "sync", "--entity", "\xff", NULL }, NULL, &errors);
  g_assert_true (g_utf8_validate (errors, -1, NULL));
  assert_contains (errors, "UTF-8", "the error");
}

/* --- The database --------------------------------------------------------------------------- */

static void
check_missing_database (TestPsync *psync, JsonObject *command)
{
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *folder = realpath (psync->dir, NULL);
  g_autofree char *path = g_build_filename (folder, "absent.db", NULL);
  JsonObject *error;

  if (g_str_equal (name_of (command), "init") || strstr (name_of (command), "connect") != NULL
      || json_object_get_string_member (command, "arguments")[0] != '\0')
    return;
  answer = test_psync_json (psync, "absent.db", 1, name_of (command));
  error = json_object_get_object_member (answer, "error");
  g_assert_cmpstr (json_object_get_string_member (error, "code"), ==, "not-found");
  g_assert_cmpstr (json_object_get_string_member (error, "subject"), ==, path);
  g_assert_true (g_str_has_suffix (json_object_get_string_member (error, "next_command"), " init"));
  test_psync_fail (psync, "absent.db", 1, name_of (command), path);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_a_missing_database_is_named_and_not_made (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  for_each_command (psync, check_missing_database);
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
test_what_is_no_database_is_named_and_stays_as_it_is (void)
{
  static const char text[]
      = "This is a letter, and it is long enough to look like the header of a database,"
        " which it is not. It shall stay as it is.";
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *folder = test_psync_path (psync, "folder");
  g_autofree char *letter = test_psync_path (psync, "letter.txt");
  g_autofree char *nowhere = test_psync_path (psync, "nowhere.db");
  g_autofree char *link = test_psync_path (psync, "link.db");
  g_autofree char *loop = test_psync_path (psync, "loop");
  g_autofree char *long_name = g_strnfill (300, 'a');
  g_autofree char *kept = NULL;

  g_assert_cmpint (symlink (nowhere, link), ==, 0);
  g_assert_cmpint (symlink (loop, loop), ==, 0);
  write_file (psync, "letter.txt", text);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  test_psync_fail (psync, "letter.txt", 1, "status", "letter.txt");
  test_psync_fail (psync, "letter.txt", 1, "init", "letter.txt");
  test_psync_fail (psync, "folder", 1, "status", "folder");
  test_psync_fail (psync, "folder", 1, "init", "folder");
  test_psync_fail (psync, "no/such/folder/a.db", 1, "status", "no/such/folder");
  test_psync_fail (psync, "letter.txt/a.db", 1, "init", "There is no folder letter.txt");
  test_psync_fail (psync, long_name, 1, "init", "is too long");
  test_psync_fail (psync, long_name, 1, "status", "is too long");
  test_psync_fail (psync, "link.db", 1, "init", "The link link.db leads nowhere");
  test_psync_fail (psync, "loop", 1, "init", "The link loop leads nowhere");
  g_assert_false (g_file_test (nowhere, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_get_contents (letter, &kept, NULL, NULL));
  g_assert_cmpstr (kept, ==, text);
}

static void
assert_entities (TestPsync *psync, const char *database, const char *expected)
{
  g_autoptr (JsonObject) answer = test_psync_json (psync, database, 0, "entities list");
  JsonArray *entities = json_object_get_array_member (answer, "entities");
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *joined = NULL;

  for (guint i = 0; i < json_array_get_length (entities); i++)
    g_ptr_array_add (names, g_strdup (json_object_get_string_member (
                                json_array_get_object_element (entities, i), "name")));
  g_ptr_array_add (names, NULL);
  joined = g_strjoinv (" ", (char **) names->pdata);
  g_assert_cmpstr (joined, ==, expected);
}

static void
test_init_creates_the_built_in_entities_and_is_harmless_again (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) first = test_psync_json (psync, "a.db", 0, "init");
  g_autoptr (JsonObject) second = NULL;
  g_autofree char *text = NULL;

  g_assert_cmpstr (json_object_get_string_member (first, "result"), ==, "created");
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('p', 'kept')"));
  second = test_psync_json (psync, "a.db", 0, "init");
  g_assert_cmpstr (json_object_get_string_member (second, "result"), ==, "unchanged");
  text = test_psync_run (psync, "a.db", 0, "init");
  assert_contains (text, "ready already", "the answer");
  assert_contains (text, "user_settings", "the answer");
  assert_entities (psync, "a.db", "notifications projects user_settings");
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "kept");
}

static void
make_foreign_database (TestPsync *psync, const char *name)
{
  g_free (test_psync_sql (psync, name,
                          "CREATE TABLE notes (id INTEGER PRIMARY KEY, body TEXT);"
                          "CREATE TABLE tags (name TEXT PRIMARY KEY NOT NULL, colour TEXT);"
                          "CREATE TABLE keyless (a, b);"
                          "INSERT INTO notes (body) VALUES ('one'), ('two')"));
}

static void
test_init_attaches_the_tables_that_are_named (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) stats = NULL;

  make_foreign_database (psync, "own.db");
  answer = test_psync_json (psync, "own.db", 0, "init --table notes");
  g_assert_cmpstr (json_object_get_string_member (answer, "result"), ==, "attached");
  assert_entities (psync, "own.db", "notes");
  stats = test_psync_json (psync, "own.db", 0, "queue stats");
  g_assert_cmpint (
      json_object_get_int_member (json_object_get_object_member (stats, "queue"), "pending"), ==,
      2);
  g_free (test_psync_run (psync, "own.db", 0, "init --table tags"));
  assert_entities (psync, "own.db", "notes tags");
  test_psync_fail (psync, "own.db", 1, "init --table absent", "absent");
  test_psync_fail (psync, "own.db", 1, "init --table keyless", "keyless");
  assert_entities (psync, "own.db", "notes tags");
}

static void
test_init_attaches_all_tables_with_a_key_if_none_is_named (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  make_foreign_database (psync, "own.db");
  make_foreign_database (psync, "other.db");
  g_free (test_psync_run (psync, "own.db", 0, "init"));
  assert_entities (psync, "own.db", "notes tags");
  g_free (test_psync_run (psync, "other.db", 0, "init --table tags --all-tables"));
  assert_entities (psync, "other.db", "tags notes");
}

/* A vault has it; for a project of Supabase it can be left out. */
static void
test_a_table_that_no_project_can_have_is_told (void)
{
#define TABLE "a_table_whose_name_is_longer_than_the_63_bytes_that_postgresql_takes"
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *script = NULL;

  g_free (test_psync_sql (psync, "a.db",
                          "CREATE TABLE " TABLE " (id TEXT PRIMARY KEY NOT NULL); "
                          "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, ctid TEXT)"));
  g_free (test_psync_run (psync, "a.db", 0, "init"));
  test_psync_fail (psync, "a.db", 1, "schema print", "more than 63 bytes");
  test_psync_fail (psync, "a.db", 1, "schema print", "entities disable NAME");
  g_free (test_psync_run (psync, "a.db", 0, "entities disable " TABLE));
  test_psync_fail (psync, "a.db", 1, "schema print", "the column name ctid");
  g_free (test_psync_sql (psync, "a.db", "ALTER TABLE notes RENAME COLUMN ctid TO c"));
  script = test_psync_run (psync, "a.db", 0, "schema print");
  g_assert_nonnull (strstr (script, "public.notes"));
  g_assert_null (strstr (script, TABLE));
#undef TABLE
}

static void
test_a_table_that_cannot_be_attached_leaves_a_database_as_it_was (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  make_foreign_database (psync, "own.db");
  test_psync_fail (psync, "own.db", 1, "init --table keyless", "keyless");
  test_psync_fail (psync, "own.db", 1, "init --table absent", "absent");
  test_psync_expect (psync, "own.db",
                     "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'psync!_%' ESCAPE '!'",
                     "0");
}

/* With a rollback journal a program that reads is in the way of whoever writes, and so should be in nobody's who only
 * looks. */
static void
test_who_reads_keeps_nobody_from_looking (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *path = test_psync_path (psync, "a.db");
  g_autoptr (GSubprocess) owner = NULL;
  g_autoptr (GError) error = NULL;
  char answer[2];

  g_free (test_psync_sql (psync, "a.db", "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL)"));
  g_free (test_psync_run (psync, "a.db", 0, "init"));
  test_psync_expect (psync, "a.db", "PRAGMA journal_mode", "delete");
  owner = g_subprocess_new (G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, "sqlite3", path,
                            NULL);
  g_assert_no_error (error);
  g_output_stream_write_all (g_subprocess_get_stdin_pipe (owner), "BEGIN; SELECT count(*) FROM notes;\n", 35, NULL,
                             NULL, &error);
  g_assert_no_error (error);
  g_input_stream_read_all (g_subprocess_get_stdout_pipe (owner), answer, sizeof answer, NULL, NULL, &error);
  g_assert_no_error (error);
  g_free (test_psync_run (psync, "a.db", 0, "status"));
  g_free (test_psync_run (psync, "a.db", 0, "queue list"));
  g_output_stream_close (g_subprocess_get_stdin_pipe (owner), NULL, &error);
  g_assert_true (g_subprocess_wait_check (owner, NULL, &error));
}

static void
test_export_writes_every_row (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *path = test_psync_path (psync, "rows.json");
  g_autofree char *text = NULL, *output = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('a', 'Anna')"));
  output = test_psync_run_strv (psync, "a.db", 0, (const char *const[]){ "export", path, NULL },
                                NULL, NULL);
  g_assert_nonnull (strstr (output, "1 row"));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "Anna"));
  test_psync_fail (psync, "a.db", 1, "export a.db", "a.db is a database");
  test_psync_fail (psync, "a.db", 1, "export .", "no ordinary file");
  test_psync_fail (psync, "a.db", 1, "export nowhere/rows.json", "There is no folder");
  test_psync_expect (psync, "a.db", "SELECT name FROM projects", "Anna");
}

static void
test_detach_leaves_the_file_as_its_owner_left_it (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  make_foreign_database (psync, "own.db");
  before = test_psync_sql (psync, "own.db", ".dump");
  g_free (test_psync_run (psync, "own.db", 0, "init --all-tables"));
  g_free (test_psync_run (psync, "own.db", 0, "detach --yes"));
  after = test_psync_sql (psync, "own.db", ".dump");
  g_assert_cmpstr (before, ==, after);
  test_psync_fail (psync, "own.db", 1, "status", "own.db");
}

static void
test_a_folder_of_ours_that_cannot_be_used_is_named (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *letter = test_psync_path (psync, "letter.txt");

  write_file (psync, "letter.txt", "no folder");
  g_free (test_psync_run (psync, "a.db", 0, "init"));
  test_psync_set_environment (psync, "XDG_STATE_HOME", letter);
  test_psync_fail (psync, "a.db", 1, "connect vault vault.db", "XDG_");
  test_psync_fail (psync, "a.db", 1, "connect vault vault.db", letter);
  /* What needs no lock works. */
  g_free (test_psync_run (psync, "a.db", 0, "status"));
  test_psync_set_environment (psync, "XDG_DATA_HOME", letter);
  test_psync_fail (psync, NULL, 1, "init", letter);
  test_psync_fail (psync, NULL, 1, "init", "XDG_");
}

static void
test_the_default_database_is_in_the_data_directory (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) absent = test_psync_json (psync, NULL, 1, "status");
  g_autoptr (JsonObject) answer = test_psync_json (psync, NULL, 0, "init");
  const char *path = json_object_get_string_member (answer, "database");

  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (absent, "error"),
                                                  "next_command"),
                   ==, "psync init");
  g_assert_true (g_str_has_suffix (path, "/XDG_DATA_HOME/progressive-sync/progressive-sync.db"));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  test_psync_set_environment (psync, "SYNC_DATABASE", "/nonexistent/x.db");
  test_psync_fail (psync, NULL, 1, "status", "Path: /nonexistent");
}

static void
test_folders_that_are_no_whole_path_are_ignored (void)
{
  static const char *const values[] = { "", "here" };
  static const char *const init[] = { "init", NULL };
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *here = test_psync_path (psync, "here");

  for (guint i = 0; i < G_N_ELEMENTS (values); i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.db", i);
      g_autofree char *said = NULL;

      test_psync_set_environment (psync, "HOME", values[i]);
      test_psync_set_environment (psync, "XDG_CONFIG_HOME", values[i]);
      g_free (test_psync_run_strv (psync, name, 0, init, NULL, &said));
      g_assert_cmpstr (said, ==, "");
      g_assert_false (g_file_test (here, G_FILE_TEST_EXISTS));
    }
}

/* --- JSON ----------------------------------------------------------------------------------- */

static void
check_one_object (TestPsync *psync, JsonObject *command)
{
  const char *name = name_of (command);
  g_autofree char *line = g_strdup_printf ("--json %s", name);
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *output = NULL;

  if (g_str_equal (name, "watch"))
    return;
  process = test_psync_spawn (psync, "a.db", line,
                              G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  answer = test_psync_parse (psync, output);
  g_assert_cmpstr (json_object_get_string_member (answer, "command"), ==, name);
  g_assert_cmpint (json_object_get_int_member (answer, "exit_status"), ==,
                   g_subprocess_get_exit_status (process));
}

static void
test_json_is_one_documented_object_for_every_command (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('p', 'x')"));
  for_each_command (psync, check_one_object);
}

static void
test_json_says_why_nothing_can_be_synchronised (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (JsonObject) status = NULL;
  g_autoptr (JsonObject) health = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  answer = test_psync_json (psync, "a.db", 3, "sync");
  g_assert_cmpstr (
      json_object_get_string_member (json_object_get_object_member (answer, "error"), "code"), ==,
      "not-connected");
  test_psync_fail (psync, "a.db", 3, "seed", "connect");
  test_psync_fail (psync, "a.db", 3, "hydrate", "connect");
  status = test_psync_json (psync, "a.db", 0, "status");
  g_assert_cmpstr (json_object_get_string_member (status, "state"), ==, "local-only");
  health = test_psync_json (psync, "a.db", 3, "health");
  g_assert_cmpstr (json_object_get_string_member (health, "health"), ==, "no-provider");
}

/* --- Settings ------------------------------------------------------------------------------- */

static void
assert_setting (TestPsync *psync, const char *name, const char *value, const char *source)
{
  g_autofree char *line = g_strdup_printf ("config get %s", name);
  g_autoptr (JsonObject) answer = test_psync_json (psync, "a.db", 0, line);
  JsonObject *setting = json_object_get_object_member (answer, "setting");

  g_assert_cmpstr (json_object_get_string_member (setting, "value"), ==, value);
  g_assert_cmpstr (json_object_get_string_member (setting, "source"), ==, source);
}

static void
test_settings_tell_where_their_values_come_from (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *text = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  assert_setting (psync, "interval-minutes", "30", "default");
  g_free (test_psync_run (psync, "a.db", 0, "config set interval-minutes 10"));
  assert_setting (psync, "interval-minutes", "10", "database");
  text = test_psync_run (psync, "a.db", 0, "config get interval-minutes");
  g_assert_cmpstr (text, ==, "10\n");
  test_psync_set_environment (psync, "SYNC_INTERVAL_MINUTES", "5");
  assert_setting (psync, "interval-minutes", "5", "environment");
  test_psync_set_environment (psync, "SYNC_INTERVAL_MINUTES", NULL);
  g_free (test_psync_run (psync, "a.db", 0, "config unset interval-minutes"));
  assert_setting (psync, "interval-minutes", "30", "default");
}

static void
test_a_bad_variable_is_named (void)
{
  static const struct
  {
    const char *name;
    const char *value;
    int status;
  } bad[] = {
    { "SYNC_AUTO_ENABLED", "perhaps", 2 },
    { "SYNC_AUTO_ENABLED", "2", 2 },
    { "SYNC_INTERVAL_MINUTES", "0", 2 },
    { "SYNC_INTERVAL_MINUTES", "-1", 2 },
    { "SYNC_INTERVAL_MINUTES", "1.5", 2 },
    { "SYNC_INTERVAL_MINUTES", "10081", 2 },
    { "SYNC_INTERVAL_MINUTES", "99999999999999999999", 2 },
    { "SYNC_INTERVAL_MINUTES", "\xff", 2 },
    { "SYNC_BATCH_SIZE", "many", 2 },
    { "SYNC_BATCH_SIZE", "10001", 2 },
    { "SYNC_MAX_RETRIES", "-1", 2 },
    { "SYNC_MAX_RETRIES", "101", 2 },
    { "SUPABASE_URL", "nonsense", 2 },
    { "SUPABASE_URL", "https://\xff", 2 },
    { "SUPABASE_URL", "http://abc.supabase.co", 1 },
    { "SUPABASE_ANON_KEY", "nonsense", 2 },
    { "SUPABASE_AUTH_TOKEN", "nonsense", 2 },
    { "SUPABASE_AUTH_TOKEN", "two\nlines.a.b", 2 },
    { "SUPABASE_AUTH_TOKEN", "sb_secret_abcdefghijklmnopqrstuv_12345678", 1 },
    /* {"role":"service_role"} */
    { "SUPABASE_AUTH_TOKEN", "eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoic2VydmljZV9yb2xlIn0.c2ln", 1 },
    { "SUPABASE_ANON_KEY", "sb_secret_abcdefghijklmnopqrstuv_12345678", 1 },
  };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      test_psync_set_environment (psync, bad[i].name, bad[i].value);
      test_psync_fail (psync, "a.db", bad[i].status, "status", bad[i].name);
      test_psync_fail (psync, "a.db", bad[i].status, "sync", bad[i].name);
      test_psync_set_environment (psync, bad[i].name, NULL);
    }
}

static void
test_half_of_a_clouds_credentials_says_which_half_is_missing (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  test_psync_set_environment (psync, "SUPABASE_URL", "https://abc.supabase.co");
  test_psync_fail (psync, "a.db", 3, "sync", "SUPABASE_ANON_KEY is missing");
  test_psync_fail (psync, "a.db", 3, "health", "SUPABASE_ANON_KEY is missing");
  test_psync_fail (psync, "a.db", 3, "watch", "SUPABASE_ANON_KEY is missing");
  g_free (test_psync_run (psync, "a.db", 0, "status"));
  test_psync_set_environment (psync, "SUPABASE_URL", NULL);
  test_psync_set_environment (psync, "SUPABASE_ANON_KEY", "sb_publishable_abcdefghijklmnopqrstuv_12345678");
  test_psync_fail (psync, "a.db", 3, "sync", "SUPABASE_URL is missing");
}

static void
test_yes_and_no_may_be_said_in_four_ways (void)
{
  static const char *const words[] = { "true",  "1", "yes", "on",  "TRUE", "Yes",
                                       "false", "0", "no",  "off", "FALSE", "No" };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      const char *value = i < G_N_ELEMENTS (words) / 2 ? "true" : "false";
      g_autofree char *set = g_strdup_printf ("config set auto-sync %s", words[i]);

      test_psync_set_environment (psync, "SYNC_AUTO_ENABLED", words[i]);
      assert_setting (psync, "auto-sync", value, "environment");
      test_psync_set_environment (psync, "SYNC_AUTO_ENABLED", NULL);
      g_free (test_psync_run (psync, "a.db", 0, set));
      assert_setting (psync, "auto-sync", value, "database");
    }
  /* As shells and container files unset one. */
  test_psync_set_environment (psync, "SYNC_AUTO_ENABLED", "");
  assert_setting (psync, "auto-sync", "false", "database");
}

/* --- Signals --------------------------------------------------------------------------------- */

/* A server that takes every connection and never says a word. */
static GSocketListener *
listen_silently (TestPsync *psync)
{
  GSocketListener *listener = g_socket_listener_new ();
  g_autoptr (GError) error = NULL;
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, &error);
  g_autofree char *url = g_strdup_printf ("http://127.0.0.1:%u", port);

  g_assert_no_error (error);
  test_psync_set_environment (psync, "SUPABASE_URL", url);
  test_psync_set_environment (psync, "SUPABASE_ANON_KEY", "sb_publishable_abcdefghijklmnopqrstuv_12345678");
  return listener;
}

/* Whatever it was about to do, it ends at once, and says so. */
static void
interrupt (TestPsync *psync, GSocketListener *listener, const char *command)
{
  g_autofree char *line = g_strconcat ("--json ", command, NULL);
  g_autoptr (GSubprocess) process
      = test_psync_spawn (psync, "a.db", line,
                          G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDIN_PIPE);
  GOutputStream *input = g_subprocess_get_stdin_pipe (process);
  g_autoptr (GSocketConnection) connection = NULL;
  g_autoptr (JsonObject) answer = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  gint64 begin;

  g_assert_true (g_output_stream_write_all (input, "password\n", 9, NULL, NULL, NULL));
  connection = g_socket_listener_accept (listener, NULL, NULL, &error);
  g_assert_no_error (error);
  begin = g_get_monotonic_time ();
  g_subprocess_send_signal (process, SIGINT);
  g_subprocess_communicate_utf8 (process, NULL, NULL, &output, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_get_monotonic_time () - begin, <, 8 * G_USEC_PER_SEC);
  answer = test_psync_parse (psync, output);
  g_assert_cmpstr (json_object_get_string_member (json_object_get_object_member (answer, "error"), "code"), ==,
                   "cancelled");
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
}

static void
test_ctrl_c_ends_every_command_that_waits_for_the_cloud (void)
{
  static const char *const signed_in[]
      = { "sync", "seed", "hydrate", "sync --dry-run", "verify", "health", "devices list",
          "devices revoke x", "devices rename x y", "devices register", "delete-cloud-data --yes" };
  static const char *const signed_out[] = { "login --email a@example.org", "signup --email a@example.org" };
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (GSocketListener) listener = listen_silently (psync);

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_sql (psync, "a.db", "INSERT INTO projects (id, name) VALUES ('a', 'Anna')"));
  for (guint i = 0; i < G_N_ELEMENTS (signed_out); i++)
    interrupt (psync, listener, signed_out[i]);
  test_psync_set_environment (psync, "SUPABASE_AUTH_TOKEN", "ready.made.token");
  for (guint i = 0; i < G_N_ELEMENTS (signed_in); i++)
    interrupt (psync, listener, signed_in[i]);
  test_psync_expect (psync, "a.db", "SELECT count(*) FROM psync_change", "1");
  g_socket_listener_close (listener);
}

/* --- Output --------------------------------------------------------------------------------- */

/* sh closes or redirects what psync gets. */
static void
run_in_shell (TestPsync *psync, const char *script, int status, const char *expected_errors)
{
  g_autofree char *program
      = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL);
  g_autofree char *database = test_psync_path (psync, "a.db");
  g_autoptr (GSubprocess) process = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *errors = NULL;

  g_subprocess_launcher_set_flags (psync->launcher,
                                   G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE);
  process = g_subprocess_launcher_spawn (psync->launcher, &error, "bash", "-c", script, program,
                                         database, NULL);
  g_assert_no_error (error);
  g_subprocess_communicate_utf8 (process, NULL, NULL, NULL, &errors, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, status);
  if (expected_errors == NULL)
    g_assert_cmpstr (errors, ==, "");
  else
    assert_contains (errors, expected_errors, "the error");
}

static void
test_output_that_nobody_reads_is_no_error (void)
{
  static const char *const commands[] = { "status", "schema print", "schema print --json", "help" };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  run_in_shell (psync,
                "\"$0\" -d \"$1\" schema print | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", 0,
                NULL);
  /* Short and long output, to one who has surely gone already. */
  for (guint i = 0; i < G_N_ELEMENTS (commands); i++)
    {
      g_autofree char *script = g_strdup_printf (
          "mkfifo \"$1.$$\"; exec 4<>\"$1.$$\" 5>\"$1.$$\" 4<&-; \"$0\" -d \"$1\" %s >&5", commands[i]);

      run_in_shell (psync, script, 0, NULL);
    }
  run_in_shell (psync, "\"$0\" -d \"$1\" status >&-", 0, NULL);
  run_in_shell (psync, "\"$0\" -d \"$1\" status <&- >&- 2>&-", 0, NULL);
  run_in_shell (psync, "\"$0\" -d \"$1\" status >/dev/full", 1, "No space left");
  run_in_shell (psync, "\"$0\" -d \"$1\" schema print >/dev/full", 1, "No space left");
  test_psync_expect (psync, "a.db", "PRAGMA integrity_check", "ok");
}

static void
test_watch_ends_when_nobody_reads_it_any_more (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  run_in_shell (psync, "\"$0\" -d \"$1\" watch | head -n 1 >/dev/null; exit ${PIPESTATUS[0]}", 0,
                NULL);
}

static void
test_watch_ends_well_by_a_signal_at_any_time (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, "connect vault vault.db"));
  /* timeout signals the process and then its group, so it comes twice. */
  run_in_shell (psync,
                "\"$0\" -d \"$1\" watch >\"$1.out\" & until [ -s \"$1.out\" ]; do sleep 0.05; done;"
                " kill -TERM $!; kill -TERM $!; wait $!",
                0, NULL);
}

static void
test_quiet_prints_only_what_was_asked_for (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *output = test_psync_run (psync, "a.db", 0, "--quiet init");
  g_autofree char *set = test_psync_run (psync, "a.db", 0, "config set auto-sync on -q");
  g_autofree char *get = test_psync_run (psync, "a.db", 0, "config get auto-sync --quiet");

  g_assert_cmpstr (output, ==, "");
  g_assert_cmpstr (set, ==, "");
  g_assert_cmpstr (get, ==, "true\n");
}

static void
test_verbose_says_more_and_keeps_json_clean (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autoptr (JsonObject) answer = NULL;
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  output = test_psync_run_strv (
      psync, "absent.db", 1, (const char *const[]){ "status", "--verbose", NULL }, NULL, &errors);
  assert_contains (errors, "(not-found", "the error");
  test_psync_set_environment (psync, "G_MESSAGES_DEBUG", "all");
  answer = test_psync_json (psync, "a.db", 0, "init --verbose");
  g_assert_nonnull (answer);
}

static void
test_wide_characters_and_controls_keep_tables_in_line (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_sql (psync, "a.db",
                          "INSERT INTO projects (id, name) VALUES ('漢字', 'x'), ('ab', 'x'),"
                          " (char(27) || '[31m' || char(10), 'x')"));
  text = test_psync_run (psync, "a.db", 0, "queue list");
  g_assert_null (strchr (text, '\033'));
  assert_contains (text, "\\x1b[31m\\n", "the table");
  assert_contains (text, "projects  '漢字'", "the table");
  lines = g_strsplit (text, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 5);
}

/* --- A terminal ----------------------------------------------------------------------------- */

typedef struct
{
  int terminal;
  GSubprocess *process;
} OnTerminal;

static OnTerminal
start_on_terminal (TestPsync *psync, const char *database, const char *arguments)
{
  OnTerminal on = { posix_openpt (O_RDWR | O_NOCTTY | O_CLOEXEC), NULL };
  int other;

  g_assert_cmpint (on.terminal, >=, 0);
  g_assert_cmpint (grantpt (on.terminal) | unlockpt (on.terminal), ==, 0);
  other = open (ptsname (on.terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  g_assert_cmpint (other, >=, 0);
  g_subprocess_launcher_set_flags (psync->launcher, G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_take_stdin_fd (psync->launcher, dup (other));
  g_subprocess_launcher_take_stderr_fd (psync->launcher, dup (other));
  g_subprocess_launcher_take_stdout_fd (psync->launcher, other);
  on.process = test_psync_spawn (psync, database, arguments, G_SUBPROCESS_FLAGS_NONE);
  g_subprocess_launcher_take_stdin_fd (psync->launcher, -1);
  g_subprocess_launcher_take_stdout_fd (psync->launcher, -1);
  g_subprocess_launcher_take_stderr_fd (psync->launcher, -1);
  return on;
}

/* Reads until the text was seen, or until the other side is closed. */
static char *
read_terminal (int terminal, const char *until)
{
  GString *seen = g_string_new (NULL);
  char buffer[512];
  gssize n_read;

  while ((until == NULL || strstr (seen->str, until) == NULL)
         && (n_read = read (terminal, buffer, sizeof buffer)) > 0)
    g_string_append_len (seen, buffer, n_read);
  return g_string_free (seen, FALSE);
}

static gboolean
echoes (int terminal)
{
  struct termios state;

  g_assert_cmpint (tcgetattr (terminal, &state), ==, 0);
  return (state.c_lflag & ECHO) != 0;
}

static void
end_on_terminal (OnTerminal *on, int status)
{
  g_autoptr (GError) error = NULL;

  g_subprocess_wait (on->process, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_if_exited (on->process));
  g_assert_cmpint (g_subprocess_get_exit_status (on->process), ==, status);
  g_object_unref (on->process);
  close (on->terminal);
}

static void
test_a_password_is_read_without_echo_and_the_echo_comes_back (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *prompt = NULL;
  g_autofree char *rest = NULL;
  OnTerminal on;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, DEAD_PROJECT));
  on = start_on_terminal (psync, "a.db", "login --email me@example.org");
  prompt = read_terminal (on.terminal, "Password: ");
  g_assert_false (echoes (on.terminal));
  g_assert_cmpint (write (on.terminal, "very secret\n", 12), ==, 12);
  rest = read_terminal (on.terminal, NULL);
  g_assert_null (strstr (rest, "very secret"));
  end_on_terminal (&on, 3);
}

static void
test_a_password_from_standard_input_is_taken_whole_or_not_at_all (void)
{
  static const struct
  {
    const char *script;
    const char *error;
  } bad[] = {
    { "printf 'with\\0nul\\n'", "NUL" },
    { "printf '\\n'", "No password" },
    { "printf ''", "No password" },
    { "printf '%02000d\\n' 1", "too long" },
    { "printf '\\377\\n'", "password cannot be used" },
    { "printf '%073d\\n' 1", "72 characters" },
  };
  g_autoptr (TestPsync) psync = test_psync_new ();

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, DEAD_PROJECT));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autofree char *script
          = g_strconcat (bad[i].script, " | \"$0\" -d \"$1\" signup --email me@example.org", NULL);

      run_in_shell (psync, script, 2, bad[i].error);
    }
  run_in_shell (psync, "printf 'good enough\\r\\nrest' | \"$0\" -d \"$1\" signup -e a@example.org", 3,
                "reached");
  run_in_shell (psync, "\"$0\" -d \"$1\" signup -e a@example.org <&-", 2, "No password");
}

static void
test_a_signal_at_the_password_gives_the_echo_back (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *prompt = NULL;
  g_autofree char *rest = NULL;
  OnTerminal on;
  int other;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  g_free (test_psync_run (psync, "a.db", 0, DEAD_PROJECT));
  on = start_on_terminal (psync, "a.db", "login --email me@example.org");
  other = open (ptsname (on.terminal), O_RDWR | O_NOCTTY | O_CLOEXEC);
  prompt = read_terminal (on.terminal, "Password: ");
  g_assert_false (echoes (on.terminal));
  g_subprocess_send_signal (on.process, SIGINT);
  g_subprocess_wait (on.process, NULL, NULL);
  g_assert_true (echoes (on.terminal));
  close (other);
  rest = read_terminal (on.terminal, NULL);
  end_on_terminal (&on, 1);
}

static void
test_detach_asks_on_a_terminal (void)
{
  g_autoptr (TestPsync) psync = test_psync_new ();
  g_autofree char *question = NULL;
  g_autofree char *rest = NULL;
  OnTerminal on;

  g_free (test_psync_run (psync, "a.db", 0, "init"));
  on = start_on_terminal (psync, "a.db", "detach");
  question = read_terminal (on.terminal, "[y/N] ");
  g_assert_cmpint (write (on.terminal, "n\n", 2), ==, 2);
  rest = read_terminal (on.terminal, NULL);
  end_on_terminal (&on, 1);
  g_free (test_psync_run (psync, "a.db", 0, "status"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  /* A terminal whose last user has gone must not end the test. */
  signal (SIGHUP, SIG_IGN);
#define ADD(path, name) g_test_add_func ("/cli/" path, test_##name)
  ADD ("help/help-and-manual-name-every-command-and-option",
       help_and_manual_name_every_command_and_option);
  ADD ("help/readme-and-manual-name-every-setting-and-variable",
       readme_and_manual_name_every_setting_and_variable);
  ADD ("help/options-may-stand-anywhere", options_may_stand_anywhere);
  ADD ("help/general-help-lists-commands-statuses-and-examples",
       general_help_lists_commands_statuses_and_examples);
  ADD ("usage/mistakes-name-what-is-wrong-and-exit-with-2",
       mistakes_name_what_is_wrong_and_exit_with_2);
  ADD ("usage/every-command-refuses-an-option-that-it-does-not-know",
       every_command_refuses_an_option_that_it_does_not_know);
  ADD ("usage/what-does-not-exist-is-named-with-the-list-that-helps",
       what_does_not_exist_is_named_with_the_list_that_helps);
  ADD ("what-cannot-be-attached-leads-in-no-circle", what_cannot_be_attached_leads_in_no_circle);
  ADD ("usage/a-device-has-a-name-that-can-be-shown", a_device_has_a_name_that_can_be_shown);
  ADD ("usage/what-may-be-a-password-is-not-repeated", what_may_be_a_password_is_not_repeated);
  ADD ("usage/text-that-is-not-utf8-is-a-mistake", text_that_is_not_utf8_is_a_mistake);
  ADD ("database/a-missing-database-is-named-and-not-made",
       a_missing_database_is_named_and_not_made);
  ADD ("database/what-is-no-database-is-named-and-stays-as-it-is",
       what_is_no_database_is_named_and_stays_as_it_is);
  ADD ("database/init-creates-the-built-in-entities-and-is-harmless-again",
       init_creates_the_built_in_entities_and_is_harmless_again);
  ADD ("database/init-attaches-the-tables-that-are-named", init_attaches_the_tables_that_are_named);
  ADD ("database/init-attaches-all-tables-with-a-key-if-none-is-named",
       init_attaches_all_tables_with_a_key_if_none_is_named);
  ADD ("database/a-table-that-no-project-can-have-is-told", a_table_that_no_project_can_have_is_told);
  ADD ("database/a-table-that-cannot-be-attached-leaves-a-database-as-it-was",
       a_table_that_cannot_be_attached_leaves_a_database_as_it_was);
  ADD ("database/who-reads-keeps-nobody-from-looking", who_reads_keeps_nobody_from_looking);
  ADD ("database/export-writes-every-row", export_writes_every_row);
  ADD ("database/detach-leaves-the-file-as-its-owner-left-it",
       detach_leaves_the_file_as_its_owner_left_it);
  ADD ("database/a-folder-of-ours-that-cannot-be-used-is-named",
       a_folder_of_ours_that_cannot_be_used_is_named);
  ADD ("database/folders-that-are-no-whole-path-are-ignored",
       folders_that_are_no_whole_path_are_ignored);
  ADD ("database/the-default-database-is-in-the-data-directory",
       the_default_database_is_in_the_data_directory);
  ADD ("json/json-is-one-documented-object-for-every-command",
       json_is_one_documented_object_for_every_command);
  ADD ("json/json-says-why-nothing-can-be-synchronised", json_says_why_nothing_can_be_synchronised);
  ADD ("settings/settings-tell-where-their-values-come-from",
       settings_tell_where_their_values_come_from);
  ADD ("settings/a-bad-variable-is-named", a_bad_variable_is_named);
  ADD ("settings/yes-and-no-may-be-said-in-four-ways", yes_and_no_may_be_said_in_four_ways);
  ADD ("settings/half-of-a-clouds-credentials-says-which-half-is-missing",
       half_of_a_clouds_credentials_says_which_half_is_missing);
  ADD ("output/output-that-nobody-reads-is-no-error", output_that_nobody_reads_is_no_error);
  ADD ("output/watch-ends-when-nobody-reads-it-any-more",
       watch_ends_when_nobody_reads_it_any_more);
  ADD ("output/watch-ends-well-by-a-signal-at-any-time", watch_ends_well_by_a_signal_at_any_time);
  ADD ("output/quiet-prints-only-what-was-asked-for", quiet_prints_only_what_was_asked_for);
  ADD ("output/verbose-says-more-and-keeps-json-clean", verbose_says_more_and_keeps_json_clean);
  ADD ("output/wide-characters-and-controls-keep-tables-in-line",
       wide_characters_and_controls_keep_tables_in_line);
  ADD ("signals/ctrl-c-ends-every-command-that-waits-for-the-cloud",
       ctrl_c_ends_every_command_that_waits_for_the_cloud);
  ADD ("terminal/a-password-is-read-without-echo-and-the-echo-comes-back",
       a_password_is_read_without_echo_and_the_echo_comes_back);
  ADD ("terminal/a-password-from-standard-input-is-taken-whole-or-not-at-all",
       a_password_from_standard_input_is_taken_whole_or_not_at_all);
  ADD ("terminal/a-signal-at-the-password-gives-the-echo-back",
       a_signal_at_the_password_gives_the_echo_back);
  ADD ("terminal/detach-asks-on-a-terminal", detach_asks_on_a_terminal);
#undef ADD
  return g_test_run ();
}
