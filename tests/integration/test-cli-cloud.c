/* SPDX-License-Identifier: GPL-3.0-or-later */

/* psync with a Supabase-compatible cloud: connecting, signing in, what only a real cloud answers.
 */

#include <string.h>

#include "test-cloud.h"
#include "test-psync.h"

#define PASSWORD "correct horse battery staple"

typedef struct
{
  TestPsync *psync;
  TestCloud *cloud;
  char *email;
} Fixture;

static void
connect_device (Fixture *fixture, const char *database)
{
  g_autofree char *line = g_strdup_printf ("connect supabase %s --anon-key %s", fixture->cloud->url,
                                           fixture->cloud->key);

  g_free (test_psync_run (fixture->psync, database, 0, "init"));
  g_free (test_psync_run (fixture->psync, database, 0, line));
}

/* The password comes by standard input, and must appear nowhere. */
static void
sign (Fixture *fixture,
      const char *database,
      const char *verb,
      const char *email,
      const char *password,
      int status)
{
  g_autofree char *input = g_strconcat (password, "\nnot part of it\n", NULL);
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  output = test_psync_run_strv (fixture->psync, database, status,
                                (const char *const[]){ verb, "--verbose", "--email", email, NULL },
                                input, &errors);
  g_assert_null (strstr (output, password));
  g_assert_null (strstr (errors, password));
}

static void
set_up (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *name = g_uuid_string_random ();

  fixture->cloud = test_cloud_open (variable);
  if (fixture->cloud == NULL)
    return;
  fixture->psync = test_psync_new ();
  fixture->email = g_strdup_printf ("%s@example.org", name);
  connect_device (fixture, "a.db");
  sign (fixture, "a.db", "signup", fixture->email, PASSWORD, 0);
}

static void
tear_down (Fixture *fixture, gconstpointer variable)
{
  g_clear_pointer (&fixture->psync, test_psync_free);
  g_clear_pointer (&fixture->cloud, test_cloud_free);
  g_clear_pointer (&fixture->email, g_free);
}

static const char *
error_code (JsonObject *answer)
{
  return json_object_get_string_member (json_object_get_object_member (answer, "error"), "code");
}

static void
assert_state (Fixture *fixture, const char *database, const char *state)
{
  g_autoptr (JsonObject) answer = test_psync_json (fixture->psync, database, 0, "status");

  g_assert_cmpstr (json_object_get_string_member (answer, "state"), ==, state);
}

static void
test_two_devices_of_an_account_come_in_step (Fixture *fixture, gconstpointer variable)
{
  g_autoptr (JsonObject) health = NULL;
  g_autoptr (JsonObject) status = NULL;

  if (fixture->cloud == NULL)
    return;
  connect_device (fixture, "b.db");
  sign (fixture, "b.db", "login", fixture->email, PASSWORD, 0);
  g_free (test_psync_sql (
      fixture->psync, "a.db",
      "INSERT INTO projects (id, name, settings) VALUES ('p', 'Garden', '{\"n\":1}')"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "b.db", 0, "sync"));
  test_psync_expect (fixture->psync, "b.db", "SELECT name FROM projects", "Garden");
  health = test_psync_json (fixture->psync, "b.db", 0, "health");
  g_assert_cmpstr (json_object_get_string_member (health, "health"), ==, "healthy");
  status = test_psync_json (fixture->psync, "b.db", 0, "status");
  g_assert_cmpstr (json_object_get_string_member (status, "email"), ==, fixture->email);
}

/* Who deletes it is signed out and has no cloud any more; the other one stops, and brings it back on purpose only. */
static void
test_what_is_in_the_cloud_is_deleted (Fixture *fixture, gconstpointer variable)
{
  g_autoptr (JsonObject) refused = NULL;

  if (fixture->cloud == NULL)
    return;
  connect_device (fixture, "b.db");
  sign (fixture, "b.db", "login", fixture->email, PASSWORD, 0);
  g_free (test_psync_sql (fixture->psync, "a.db", "INSERT INTO projects (id, name) VALUES ('p', 'Garden')"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "b.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "delete-cloud-data --yes"));
  assert_state (fixture, "a.db", "local-only");
  test_psync_expect (fixture->psync, "a.db", "SELECT name FROM projects", "Garden");
  refused = test_psync_json (fixture->psync, "b.db", 1, "sync");
  g_assert_cmpstr (error_code (refused), ==, "revoked");
  test_psync_expect (fixture->psync, "b.db", "SELECT name FROM projects", "Garden");
  connect_device (fixture, "a.db");
  assert_state (fixture, "a.db", "sign-in-needed");
  sign (fixture, "a.db", "login", fixture->email, PASSWORD, 0);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "b.db", 0, "devices register"));
  g_free (test_psync_run (fixture->psync, "b.db", 0, "sync"));
  test_psync_expect (fixture->psync, "b.db", "SELECT name FROM projects", "Garden");
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  test_psync_expect (fixture->psync, "a.db", "SELECT name FROM projects", "Garden");
}

static void
test_without_a_session_somebody_must_sign_in (Fixture *fixture, gconstpointer variable)
{
  static const char change[] = "SELECT value FROM psync_meta WHERE key = 'session-changed'";
  g_autoptr (JsonObject) sync = NULL;
  g_autoptr (JsonObject) health = NULL;
  g_autofree char *out = NULL, *in = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_run (fixture->psync, "a.db", 0, "logout"));
  out = test_psync_sql (fixture->psync, "a.db", change);
  assert_state (fixture, "a.db", "sign-in-needed");
  sync = test_psync_json (fixture->psync, "a.db", 4, "sync");
  g_assert_cmpstr (error_code (sync), ==, "sign-in");
  health = test_psync_json (fixture->psync, "a.db", 4, "health");
  g_assert_cmpstr (json_object_get_string_member (health, "health"), ==, "invalid");
  sign (fixture, "a.db", "login", fixture->email, "wrong password", 4);
  test_psync_expect (fixture->psync, "a.db", change, g_strchomp (out));
  sign (fixture, "a.db", "login", fixture->email, PASSWORD, 0);
  /* A program that waits for it finds out. */
  in = test_psync_sql (fixture->psync, "a.db", change);
  g_assert_cmpstr (g_strchomp (in), !=, out);
  g_assert_cmpstr (in, !=, "");
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
}

static void
test_an_account_that_exists_is_not_made_again (Fixture *fixture, gconstpointer variable)
{
  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_run (fixture->psync, "a.db", 0, "logout"));
  sign (fixture, "a.db", "signup", fixture->email, PASSWORD, 1);
}

static void
test_a_row_that_the_cloud_refuses_ends_with_6 (Fixture *fixture, gconstpointer variable)
{
  g_autoptr (JsonObject) list = NULL;
  JsonObject *change;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "INSERT INTO projects (id, name, created_at)"
                          " VALUES ('bad', 'weeds', 'soon'), ('good', 'beans', '2026-01-01')"));
  g_free (test_psync_run (fixture->psync, "a.db", 6, "sync"));
  g_free (test_psync_run (fixture->psync, "a.db", 6, "status"));
  list = test_psync_json (fixture->psync, "a.db", 0, "queue list");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list, "changes")), ==, 1);
  change = json_array_get_object_element (json_object_get_array_member (list, "changes"), 0);
  g_assert_cmpstr (json_object_get_string_member (change, "id"), ==, "'bad'");
  g_assert_cmpstr (json_object_get_string_member (change, "state"), ==, "refused");
  g_assert_cmpstr (json_object_get_string_member (change, "reason"), ==, "22007");

  g_free (test_psync_run (fixture->psync, "a.db", 0, "queue retry bad"));
  g_free (test_psync_run (fixture->psync, "a.db", 6, "sync"));
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "UPDATE projects SET created_at = '2026-01-01' WHERE id = 'bad'"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
}

/* What this device knows that the cloud does not take, it knows without sending it. */
static void
test_a_dry_run_refuses_what_a_run_refuses (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *counted = NULL, *done = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "INSERT INTO projects (id, created_at) VALUES ('good', '2026-01-01'), ('bad', 'tomorrow')"));
  counted = test_psync_run (fixture->psync, "a.db", 6, "sync --dry-run");
  g_assert_nonnull (strstr (counted, "projects: 1 row sent, 1 row refused\n"));
  done = test_psync_run (fixture->psync, "a.db", 6, "sync");
  g_assert_nonnull (strstr (done, "projects: 1 row sent, 1 row refused\n"));
}

static void
test_a_refused_row_can_be_given_up_and_put_back (Fixture *fixture, gconstpointer variable)
{
  g_autoptr (JsonObject) answer = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_sql (
      fixture->psync, "a.db",
      "INSERT INTO projects (id, name, created_at) VALUES ('bad', 'weeds', 'soon')"));
  g_free (test_psync_run (fixture->psync, "a.db", 6, "sync"));
  answer = test_psync_json (fixture->psync, "a.db", 0, "queue clear-failed");
  g_assert_cmpint (json_object_get_int_member (answer, "discarded"), ==, 1);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  test_psync_expect (fixture->psync, "a.db", "SELECT count(*) FROM projects", "0");
  g_free (test_psync_run (fixture->psync, "a.db", 0, "conflicts undo 1"));
  test_psync_expect (fixture->psync, "a.db", "SELECT name, created_at FROM projects", "weeds|soon");
}

static void
test_another_account_is_another_cloud (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *other = NULL;
  g_autofree char *line = NULL, *replace = NULL;
  g_autoptr (JsonObject) answer = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "INSERT INTO projects (id, name) VALUES ('p', 'mine')"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "logout"));
  other = g_strconcat ("other-", fixture->email, NULL);
  sign (fixture, "a.db", "signup", other, PASSWORD, 0);
  answer = test_psync_json (fixture->psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "other-cloud");
  test_psync_expect (fixture->psync, "a.db", "SELECT name FROM projects", "mine");

  /* What it says to do helps: the address is the same, but it is somebody else's cloud. */
  line = g_strdup_printf ("connect supabase %s --anon-key %s", fixture->cloud->url, fixture->cloud->key);
  replace = g_strconcat (line, " --replace", NULL);
  test_psync_fail (fixture->psync, "a.db", 1, line, "--replace");
  g_free (test_psync_run (fixture->psync, "a.db", 0, replace));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  connect_device (fixture, "b.db");
  sign (fixture, "b.db", "login", other, PASSWORD, 0);
  g_free (test_psync_run (fixture->psync, "b.db", 0, "sync"));
  test_psync_expect (fixture->psync, "b.db", "SELECT name FROM projects", "mine");
  g_free (test_psync_run (fixture->psync, "a.db", 0, line));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
}

static void
test_keys_that_open_everything_are_refused_and_not_repeated (Fixture *fixture,
                                                             gconstpointer variable)
{
  static const char key[] = "sb_secret_abcdefghijklmnopqrstuv_12345678";
  g_autofree char *output = NULL;
  g_autofree char *errors = NULL;

  if (fixture->cloud == NULL)
    return;
  output
      = test_psync_run_strv (fixture->psync, "a.db", 1,
                             (const char *const[]){ "--verbose", "connect", "supabase",
                                                    fixture->cloud->url, "--anon-key", key, NULL },
                             NULL, &errors);
  g_assert_null (strstr (errors, key));
  test_psync_fail (fixture->psync, "a.db", 1,
                   "connect supabase http://example.org --anon-key "
                   "sb_publishable_abcdefghijklmnopqrstuv_12345678",
                   "https");
  test_psync_fail (
      fixture->psync, "a.db", 2,
      "connect supabase nonsense --anon-key sb_publishable_abcdefghijklmnopqrstuv_12345678",
      "https");
}

static void
test_a_wrong_key_is_named (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *line = NULL;
  g_autoptr (JsonObject) answer = NULL;

  if (fixture->cloud == NULL)
    return;
  line = g_strdup_printf (
      "connect supabase %s --anon-key sb_publishable_abcdefghijklmnopqrstuv_12345678",
      fixture->cloud->url);
  g_free (test_psync_run (fixture->psync, "a.db", 0, line));
  answer = test_psync_json (fixture->psync, "a.db", 1, "sync");
  g_assert_cmpstr (error_code (answer), ==, "wrong-key");
}

/* The only warning's code, or "" if there is none. */
static char *
connect_unsigned (Fixture *fixture, const char *url, const char *key)
{
  g_autofree char *line = g_strdup_printf ("connect supabase %s --anon-key %s", url, key);
  g_autoptr (JsonObject) answer = test_psync_json (fixture->psync, "u.db", 0, line);
  g_autofree char *text = test_psync_run (fixture->psync, "u.db", 0, line);
  JsonArray *warnings = json_object_get_array_member (answer, "warnings");

  g_assert_cmpuint (json_array_get_length (warnings), <=, 1);
  g_assert_true ((strstr (text, "Connected to") == NULL) == (json_array_get_length (warnings) == 1));
  if (json_array_get_length (warnings) == 0)
    return g_strdup ("");
  return g_strdup (json_object_get_string_member (json_array_get_object_element (warnings, 0), "code"));
}

static void
expect_health (Fixture *fixture, int status, const char *health, const char *code)
{
  g_autoptr (JsonObject) answer = test_psync_json (fixture->psync, "u.db", status, "health");

  g_assert_cmpstr (json_object_get_string_member (answer, "health"), ==, health);
  g_assert_cmpstr (error_code (answer), ==, code);
}

/* Before anybody signs in, too: "Connected" is not said of what nobody answered for. */
static void
test_a_wrong_address_or_key_is_told_to_who_is_not_signed_in (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *wrong_key = NULL, *nobody = NULL, *right = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_run (fixture->psync, "u.db", 0, "init"));
  wrong_key = connect_unsigned (fixture, fixture->cloud->url, "sb_publishable_abcdefghijklmnopqrstuv_12345678");
  g_assert_cmpstr (wrong_key, ==, "wrong-key");
  expect_health (fixture, 1, "invalid", "wrong-key");
  nobody = connect_unsigned (fixture, "http://127.0.0.1:9", fixture->cloud->key);
  g_assert_cmpstr (nobody, ==, "offline");
  expect_health (fixture, 3, "disconnected", "offline");
  right = connect_unsigned (fixture, fixture->cloud->url, fixture->cloud->key);
  g_assert_cmpstr (right, ==, "");
  expect_health (fixture, 4, "invalid", "sign-in");
}

static void
test_the_environment_is_enough (Fixture *fixture, gconstpointer variable)
{
  g_autoptr (JsonObject) status = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_run (fixture->psync, "c.db", 0, "init"));
  test_psync_set_environment (fixture->psync, "SUPABASE_URL", fixture->cloud->url);
  test_psync_set_environment (fixture->psync, "SUPABASE_ANON_KEY", fixture->cloud->key);
  sign (fixture, "c.db", "login", fixture->email, PASSWORD, 0);
  g_free (test_psync_run (fixture->psync, "c.db", 0, "sync"));
  status = test_psync_json (fixture->psync, "c.db", 0, "status");
  g_assert_cmpstr (json_object_get_string_member (status, "provider"), ==, "supabase");
  test_psync_set_environment (fixture->psync, "SUPABASE_AUTH_TOKEN", "not.a.token");
  g_free (test_psync_run (fixture->psync, "c.db", 4, "sync"));
  /* Signing in would be told to take it away: so is who needs another one. */
  test_psync_fail (fixture->psync, "c.db", 4, "sync", "out of the environment");
  test_psync_fail (fixture->psync, "c.db", 2, "logout", "out of the environment");
}

/* The token is good for a while, but whoever it is about is not there any more: that is no row's fault. */
static void
test_an_account_that_was_deleted_is_told (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *sql = NULL;
  g_autofree char *rows = NULL;
  g_autoptr (JsonObject) answer = NULL;

  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_sql (fixture->psync, "a.db", "INSERT INTO projects (id, name) VALUES ('p', 'Garden')"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  sql = g_strdup_printf ("delete from auth.users where email = '%s'", fixture->email);
  rows = test_cloud_sql (fixture->cloud, sql);
  g_free (test_psync_sql (fixture->psync, "a.db", "INSERT INTO projects (id, name) VALUES ('q', 'Shed')"));
  test_psync_fail (fixture->psync, "a.db", 4, "sync", "The account is not there any more");
  answer = test_psync_json (fixture->psync, "a.db", 0, "queue list --state refused");
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (answer, "changes")), ==, 0);
  test_psync_expect (fixture->psync, "a.db", "SELECT count (*) FROM projects", "2");
}

/* A stray variable that names another project ends no session; the one that it would hide can be ended still. */
static void
test_signing_out_of_another_project_ends_no_session (Fixture *fixture, gconstpointer variable)
{
  if (fixture->cloud == NULL)
    return;
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  test_psync_set_environment (fixture->psync, "SUPABASE_URL", "http://127.0.0.1:9");
  test_psync_fail (fixture->psync, "a.db", 1, "logout", "Nobody is signed in to http://127.0.0.1:9");
  test_psync_set_environment (fixture->psync, "SUPABASE_URL", fixture->cloud->url);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "logout"));
  assert_state (fixture, "a.db", "sign-in-needed");
}

static void
test_no_output_holds_a_token (Fixture *fixture, gconstpointer variable)
{
  static const char *const lines[]
      = { "diagnostics", "config list --json", "sync --verbose", "health -v" };

  if (fixture->cloud == NULL)
    return;
  test_psync_set_environment (fixture->psync, "G_MESSAGES_DEBUG", "all");
  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_auto (GStrv) words = g_strsplit (lines[i], " ", -1);
      g_autofree char *output = NULL;
      g_autofree char *errors = NULL;

      output = test_psync_run_strv (fixture->psync, "a.db", 0, (const char *const *) words, NULL,
                                    &errors);
      g_assert_null (strstr (output, "eyJ"));
      g_assert_null (strstr (errors, "eyJ"));
      g_assert_null (strstr (errors, "refresh_token\""));
    }
}

/* Says nothing that was in a row, in its key, or in a token, whatever goes wrong with it. */
static void
run_silently (Fixture *fixture, const char *database, const char *line, int status)
{
  g_auto (GStrv) words = g_strsplit (line, " ", -1);
  g_autofree char *errors = NULL;
  g_autofree char *output = test_psync_run_strv (fixture->psync, database, status,
                                                 (const char *const *) words, NULL, &errors);

  g_assert_nonnull (strstr (errors, "rest/v1"));
  g_assert_null (strstr (errors, "planted"));
  g_assert_null (strstr (output, "planted"));
}

static void
expect_silence_within (Fixture *fixture, const char *database)
{
  test_psync_expect (fixture->psync, database,
                     "SELECT count (*) FROM psync_change WHERE error LIKE '%planted%'", "0");
  test_psync_expect (fixture->psync, database,
                     "SELECT count (*) FROM psync_held WHERE detail LIKE '%planted%'", "0");
  test_psync_expect (fixture->psync, database,
                     "SELECT count (*) FROM psync_history WHERE error LIKE '%planted%'", "0");
}

static void
test_nothing_of_a_row_is_logged (Fixture *fixture, gconstpointer variable)
{
  if (fixture->cloud == NULL)
    return;
  test_psync_set_environment (fixture->psync, "G_MESSAGES_DEBUG", "all");
  connect_device (fixture, "b.db");
  sign (fixture, "b.db", "login", fixture->email, PASSWORD, 0);
  g_free (test_psync_sql (fixture->psync, "b.db",
                          "CREATE UNIQUE INDEX u ON projects (description);"
                          "INSERT INTO projects (id, description) VALUES ('planted-1', 'planted')"));
  /* The cloud refuses two of them: with a message and details that repeat them. */
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "INSERT INTO projects (id, name, description, settings, created_at) VALUES "
                          "('planted-2', 'planted', 'planted', '{\"planted\":1}', '2026-01-01'), "
                          "('planted-3', 'planted', 'x', '{}', 'planted soon'), "
                          "('planted-4', char (0) || 'planted', 'y', 'planted', '2026-01-01')"));
  run_silently (fixture, "a.db", "sync --verbose", 6);
  run_silently (fixture, "b.db", "sync --verbose", 6); /* one is held here */
  g_free (test_psync_sql (fixture->psync, "a.db",
                          "UPDATE projects SET name = 'planted a' WHERE id = 'planted-2'"));
  g_free (test_psync_run (fixture->psync, "b.db", 0, "entities strategy projects manual"));
  g_free (test_psync_sql (fixture->psync, "b.db", "DROP INDEX u"));
  run_silently (fixture, "b.db", "sync --verbose", 0);
  g_free (test_psync_sql (fixture->psync, "b.db",
                          "UPDATE projects SET name = 'planted b' WHERE id = 'planted-2'"));
  run_silently (fixture, "a.db", "sync --verbose", 6);
  run_silently (fixture, "b.db", "sync --verbose", 5); /* a conflict */
  run_silently (fixture, "b.db", "verify --verbose", 0);
  expect_silence_within (fixture, "a.db");
  expect_silence_within (fixture, "b.db");
  test_psync_set_environment (fixture->psync, "SUPABASE_AUTH_TOKEN", "planted.planted.planted");
  run_silently (fixture, "a.db", "health --verbose", 4);
}

static void
test_the_schema_is_printed_for_the_editor (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *sql = NULL;
  g_autofree char *answer = NULL;

  if (fixture->cloud == NULL)
    return;
  sql = test_psync_run (fixture->psync, "a.db", 0, "schema print");
  g_assert_nonnull (strstr (sql, "row level security"));
  /* It is idempotent: the cloud takes it again, and goes on. */
  answer = test_cloud_sql (fixture->cloud, sql);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
}

/* --- Clouds with another version of the schema -------------------------------------------------- */

static const char *
driver_of (const char *variable)
{
  return g_str_has_suffix (variable, "PGLITE") ? "pglite" : "postgres";
}

static void
set_up_alone (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *folder = NULL;

  fixture->psync = test_psync_new ();
  folder = test_psync_path (fixture->psync, "cloud");
  fixture->cloud = test_cloud_start (variable, driver_of (variable), folder);
  fixture->email = g_strdup ("someone@example.org");
  if (fixture->cloud == NULL)
    return;
  connect_device (fixture, "a.db");
  sign (fixture, "a.db", "signup", fixture->email, PASSWORD, 0);
  g_free (test_psync_sql (fixture->psync, "a.db", "INSERT INTO projects (id, name) VALUES ('mine', 'Garden')"));
}

static void
tear_down_alone (Fixture *fixture, gconstpointer variable)
{
  if (fixture->cloud != NULL)
    test_cloud_stop (g_steal_pointer (&fixture->cloud));
  tear_down (fixture, variable);
}

/* The script of today with some of it replaced: @changes are pairs of what and by what. */
static void
load_schema (Fixture *fixture, const char *const *changes)
{
  g_autofree char *sql = test_psync_run (fixture->psync, "a.db", 0, "schema print");

  for (guint i = 0; changes != NULL && changes[i] != NULL; i += 2)
    {
      g_auto (GStrv) parts = g_strsplit (sql, changes[i], -1);

      g_assert_cmpuint (g_strv_length (parts), ==, 2);
      g_free (sql);
      sql = g_strjoinv (changes[i + 1], parts);
    }
  g_free (test_cloud_sql (fixture->cloud, sql));
}

/* Every way to the cloud ends with these words, and what is here stays, and waits. */
static void
expect_unfit (Fixture *fixture, const char *code, const char *title, const char *next)
{
  static const char *const lines[] = { "sync", "seed", "hydrate", "verify", "health" };
  g_autoptr (JsonObject) status = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      g_autoptr (JsonObject) answer = test_psync_json (fixture->psync, "a.db", 1, lines[i]);

      g_assert_cmpstr (error_code (answer), ==, code);
      test_psync_fail (fixture->psync, "a.db", 1, lines[i], title);
      test_psync_fail (fixture->psync, "a.db", 1, lines[i], next);
    }
  status = test_psync_json (fixture->psync, "a.db", 0, "status");
  g_assert_cmpstr (json_object_get_string_member (status, "state"), ==, "error");
  test_psync_expect (fixture->psync, "a.db",
                     "SELECT name, state, attempts FROM projects, psync_change WHERE psync_change.id = quote (projects.id)",
                     "Garden|pending|0");
}

static void
test_a_cloud_without_the_schema_says_so (Fixture *fixture, gconstpointer variable)
{
  if (fixture->cloud == NULL)
    return;
  expect_unfit (fixture, "schema-missing", "not set up for sync", "schema print");
  load_schema (fixture, NULL);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
}

/* The script that is named as the way out is it, and the rows of before are there still. */
static void
test_a_cloud_of_an_older_version_says_so (Fixture *fixture, gconstpointer variable)
{
  g_autofree char *source = g_build_filename (g_getenv ("PSYNC_TEST_SOURCE_ROOT"), "tests", "data",
                                              "cloud-schema-0.sql", NULL);
  g_autofree char *sql = NULL;
  g_autofree char *rows = NULL;
  g_autoptr (GError) error = NULL;

  if (fixture->cloud == NULL)
    return;
  g_file_get_contents (source, &sql, NULL, &error);
  g_assert_no_error (error);
  g_free (test_cloud_sql (fixture->cloud, sql));
  g_free (test_cloud_sql (fixture->cloud, "insert into public.projects (user_id, id, name) "
                                          "select id, 'theirs', 'Kitchen' from auth.users"));
  expect_unfit (fixture, "schema-old", "schema is too old", "schema print");
  load_schema (fixture, NULL);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  test_psync_expect (fixture->psync, "a.db", "SELECT name FROM projects ORDER BY id", "Garden\nKitchen");
  rows = test_cloud_sql (fixture->cloud, "select name from public.projects order by id");
  g_assert_cmpstr (rows, ==, "Garden\nKitchen\n");
}

/* Who is served still goes on; who is not touches nothing until it is updated. */
static void
test_a_cloud_of_a_newer_version_says_so (Fixture *fixture, gconstpointer variable)
{
  static const char *const newer[] = { "installed > 1", "installed > 2", "(schema_version) values (1)",
                                       "(schema_version) values (2)", NULL };
  static const char *const too_new[]
      = { "installed > 1", "installed > 3", "(schema_version) values (1)", "(schema_version) values (3)",
          "1 as oldest_client", "3 as oldest_client", NULL };
  g_autofree char *rows = NULL;

  if (fixture->cloud == NULL)
    return;
  load_schema (fixture, newer);
  g_free (test_psync_run (fixture->psync, "a.db", 0, "sync"));
  g_free (test_psync_run (fixture->psync, "a.db", 0, "verify"));
  load_schema (fixture, too_new);
  g_free (test_psync_sql (fixture->psync, "a.db", "UPDATE projects SET description = 'later'"));
  expect_unfit (fixture, "schema-new", "newer than this program", "--version");
  rows = test_cloud_sql (fixture->cloud, "select name, description is null from public.projects");
  g_assert_cmpstr (rows, ==, "Garden|t\n");
}

static void
add_alone (const char *kind, const char *variable)
{
#define ADD(path, name)                                                                            \
  {                                                                                                \
    g_autofree char *full = g_strdup_printf ("/cli-cloud/%s/" path, kind);                         \
    g_test_add (full, Fixture, variable, set_up_alone, test_##name, tear_down_alone);              \
  }
  ADD ("a-cloud-without-the-schema-says-so", a_cloud_without_the_schema_says_so);
  ADD ("a-cloud-of-an-older-version-says-so", a_cloud_of_an_older_version_says_so);
  ADD ("a-cloud-of-a-newer-version-says-so", a_cloud_of_a_newer_version_says_so);
#undef ADD
}

static void
add_tests (const char *kind, const char *variable)
{
#define ADD(path, name)                                                                            \
  {                                                                                                \
    g_autofree char *full = g_strdup_printf ("/cli-cloud/%s/" path, kind);                         \
    g_test_add (full, Fixture, variable, set_up, test_##name, tear_down);                          \
  }
  ADD ("two-devices-of-an-account-come-in-step", two_devices_of_an_account_come_in_step);
  ADD ("without-a-session-somebody-must-sign-in", without_a_session_somebody_must_sign_in);
  ADD ("an-account-that-exists-is-not-made-again", an_account_that_exists_is_not_made_again);
  ADD ("a-row-that-the-cloud-refuses-ends-with-6", a_row_that_the_cloud_refuses_ends_with_6);
  ADD ("a-dry-run-refuses-what-a-run-refuses", a_dry_run_refuses_what_a_run_refuses);
  ADD ("a-refused-row-can-be-given-up-and-put-back", a_refused_row_can_be_given_up_and_put_back);
  ADD ("another-account-is-another-cloud", another_account_is_another_cloud);
  ADD ("keys-that-open-everything-are-refused-and-not-repeated",
       keys_that_open_everything_are_refused_and_not_repeated);
  ADD ("a-wrong-key-is-named", a_wrong_key_is_named);
  ADD ("a-wrong-address-or-key-is-told-to-who-is-not-signed-in", a_wrong_address_or_key_is_told_to_who_is_not_signed_in);
  ADD ("the-environment-is-enough", the_environment_is_enough);
  ADD ("an-account-that-was-deleted-is-told", an_account_that_was_deleted_is_told);
  ADD ("signing-out-of-another-project-ends-no-session", signing_out_of_another_project_ends_no_session);
  ADD ("what-is-in-the-cloud-is-deleted", what_is_in_the_cloud_is_deleted);
  ADD ("no-output-holds-a-token", no_output_holds_a_token);
  ADD ("nothing-of-a-row-is-logged", nothing_of_a_row_is_logged);
  ADD ("the-schema-is-printed-for-the-editor", the_schema_is_printed_for_the_editor);
#undef ADD
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_tests ("pglite", "PSYNC_TEST_CLOUD_PGLITE");
  add_tests ("postgres", "PSYNC_TEST_CLOUD_POSTGRES");
  add_alone ("pglite", "PSYNC_TEST_CLOUD_PGLITE");
  add_alone ("postgres", "PSYNC_TEST_CLOUD_POSTGRES");
  return g_test_run ();
}
