/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words.h"

#include <locale.h>
#include <string.h>

#define NOW G_GINT64_CONSTANT (1767225600000000)

static const char *const sqlstates[] = {
  "22001", "22003", "22007",   "22008",     "22P02",        "22P05", "21000", "23502",
  "23503", "23505", "23514",   "23P01",     "428C9",        "42501", "44000", "54000",
  "P0001", "nul",   "utf-8",   "surrogate", "json",         "blob",  "22999", "23999",
  "ABCDE", NULL,    "ignored", "null-key",  "text-in-blob",
};

static const char *const holds[] = { "unique", "primary-key", "check", "not-null", "foreign-key",
                                     "column", "children",    "type",  "trigger",  "deep", "other" };

/* Nothing that a sentence is made of may be left in it. */
static void
assert_is_said (const char *text)
{
  g_assert_nonnull (text);
  g_assert_cmpuint (strlen (text), >, 3);
  g_assert_true (g_utf8_validate (text, -1, NULL));
  g_assert_null (strpbrk (text, "%{}"));
  g_assert_null (strstr (text, "(null)"));
  g_assert_null (strstr (text, "()"));
  g_assert_null (strstr (text, "  "));
}

static void
assert_is_new (GHashTable *seen, const char *text)
{
  assert_is_said (text);
  g_test_message ("%s", text);
  g_assert_true (g_hash_table_add (seen, g_strdup (text)));
}

static GError *
make_error (int code, const char *subject, gboolean with_names)
{
  GError *error = sync_error_new (code, subject, "For logs only");

  if (with_names)
    {
      sync_error_set_reason (error, "23505", 409);
      sync_error_set_column (error, "title");
    }
  return error;
}

static void
test_every_code_has_its_own_words (gconstpointer data)
{
  gboolean with_names = GPOINTER_TO_INT (data);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (int code = 0; code <= SYNC_ERROR_SECRETS; code++)
    {
      g_autoptr (GError) error = make_error (code, with_names ? "notes" : NULL, with_names);
      g_autofree char *title = NULL;
      g_autofree char *detail = NULL;
      g_autofree char *next_step = NULL;

      sync_words_for_error (error, &title, &detail, &next_step);
      assert_is_new (seen, title);
      assert_is_new (seen, detail);
      assert_is_new (seen, next_step);
      g_assert_false (g_str_has_suffix (title, "."));
      g_assert_true (g_str_has_suffix (detail, "."));
      g_assert_true (g_str_has_suffix (next_step, "."));
      g_assert_null (strstr (title, "logs"));
      g_assert_null (strstr (detail, "logs"));
    }
}

static void
assert_says (GError *error,
             const char *title_has,
             const char *detail_has,
             const char *next_step_has)
{
  g_autoptr (GError) owned = error;
  g_autofree char *title = NULL;
  g_autofree char *detail = NULL;
  g_autofree char *next_step = NULL;

  sync_words_for_error (owned, &title, &detail, &next_step);
  g_test_message ("%s | %s | %s", title, detail, next_step);
  assert_is_said (title);
  assert_is_said (detail);
  assert_is_said (next_step);
  g_assert_nonnull (strstr (title, title_has));
  g_assert_nonnull (strstr (detail, detail_has));
  g_assert_nonnull (strstr (next_step, next_step_has));
}

static GError *
with_reason (SyncError code, const char *subject, const char *reason)
{
  GError *error = sync_error_new (code, subject, "For logs only");

  sync_error_set_reason (error, reason, 0);
  return error;
}

static void
test_names_the_thing (void)
{
  const SyncError about_files[]
      = { SYNC_ERROR_NOT_DATABASE, SYNC_ERROR_CORRUPT,   SYNC_ERROR_BUSY,
          SYNC_ERROR_DISK_FULL,    SYNC_ERROR_READ_ONLY, SYNC_ERROR_OFFLINE,
          SYNC_ERROR_DATABASE_NEW, SYNC_ERROR_NOT_FOUND, SYNC_ERROR_INVALID };

  for (guint i = 0; i < G_N_ELEMENTS (about_files); i++)
    assert_says (sync_error_new (about_files[i], "/home/me/notes.db", "Text"), "notes.db",
                 "/home/me/notes.db", "");
  assert_says (sync_error_new (SYNC_ERROR_NOT_DATABASE, "/home/me/notes.db", "Text"),
               "notes.db is not an SQLite database", "Path: /home/me/notes.db", "another file");
  assert_says (sync_error_new (SYNC_ERROR_NO_TABLE, "notes", "Text"), "notes", "", "name");
  assert_says (sync_error_new (SYNC_ERROR_OFFLINE, "cloud.example", "Text"),
               "cloud.example cannot be reached", "safe", "network");
  assert_says (sync_error_new (SYNC_ERROR_BRAKE, "notes", "Text"), "notes", "half", "allow");
  assert_says (make_error (SYNC_ERROR_ROW_REFUSED, "notes", TRUE), "notes", "same title",
               "Correct");
  assert_says (make_error (SYNC_ERROR_SCHEMA, "notes", TRUE), "notes", "title", "schema script");
  assert_says (make_error (SYNC_ERROR_NO_COLUMN, "notes", TRUE), "title", "notes", "column");
  assert_says (with_reason (SYNC_ERROR_CONSTRAINT, "/home/me/notes.db", "not-null"), "does not fit",
               "empty", "do it again");
  assert_says (sync_error_new (SYNC_ERROR_STORAGE_FULL, "/media/stick/vault.db", "Text"), "no space left for the vault vault.db",
               "Path: /media/stick/vault.db", "its disk");
  assert_says (sync_error_new (SYNC_ERROR_STORAGE_FULL, "cloud.example", "Text"), "The cloud’s disk is full", "", "owner");
  assert_says (with_reason (SYNC_ERROR_NOT_FOUND, "/home/me/notes.db", "moved"), "notes.db is another file now",
               "Path: /home/me/notes.db", "begin it again");
  assert_says (sync_error_new (SYNC_ERROR_SIGN_IN, "SUPABASE_AUTH_TOKEN", "Text"),
               "The token in SUPABASE_AUTH_TOKEN is not accepted", "ended", "out of the environment");
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "SUPABASE_AUTH_TOKEN", "Text"),
               "SUPABASE_AUTH_TOKEN decides", "nobody signs in or out", "out of the environment");
  assert_says (with_reason (SYNC_ERROR_UNFIT, "notes", "unique"), "What you decided does not fit",
               "must be unique", "Decide otherwise");
  assert_says (with_reason (SYNC_ERROR_UNFIT, "notes", "deleted"), "deletes the row", "No columns",
               "other side");
}

static void
test_values_say_what_they_must_be (void)
{
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "SYNC_INTERVAL_MINUTES", "Text"),
               "SYNC_INTERVAL_MINUTES", "", "10080");
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "batch-size", "Text"), "batch-size", "",
               "10000");
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "SYNC_AUTO_ENABLED", "Text"),
               "SYNC_AUTO_ENABLED", "", "true or false");
  assert_says (with_reason (SYNC_ERROR_INVALID, "url", "dashboard"), "address", "dashboard",
               "supabase.co");
  assert_says (with_reason (SYNC_ERROR_INVALID, "SUPABASE_URL", "connection-string"),
               "SUPABASE_URL", "connection string", "supabase.co");
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "strategy", "Text"), "strategy", "", "newest");
  assert_says (sync_error_new (SYNC_ERROR_INVALID, "email", "Text"), "email", "", "@");
}

static void
test_reasons_change_the_words (void)
{
  GError *patience = sync_error_new (SYNC_ERROR_LATER, "cloud.example", "Text");

  sync_error_set_retry_after (patience, 1);
  assert_says (patience, "busy", "lost", "in 1 second.");
  patience = sync_error_new (SYNC_ERROR_LATER, "cloud.example", "Text");
  sync_error_set_retry_after (patience, 12);
  assert_says (patience, "busy", "lost", "in 12 seconds.");
  assert_says (with_reason (SYNC_ERROR_NO_TABLE, "psync_meta", "ours"), "psync_meta is missing", "as they were",
               "backup");
  assert_says (with_reason (SYNC_ERROR_SCHEMA, "notes", "42501"), "not let you", "Permissions",
               "script");
  assert_says (with_reason (SYNC_ERROR_SCHEMA, "notes", "row-security"), "Others can read", "policy",
               "script");
  assert_says (with_reason (SYNC_ERROR_SECRETS, NULL, "locked"), "keyring", "stays", "Unlock");
  assert_says (with_reason (SYNC_ERROR_SECRETS, NULL, "no-keyring"), "keyring", "place", "file");
  assert_says (with_reason (SYNC_ERROR_CLOCK, NULL, "offset"), "differ", "", "network");
  assert_says (with_reason (SYNC_ERROR_PROTOCOL, "cloud.example", "redirect"), "elsewhere", "", "");
  assert_says (with_reason (SYNC_ERROR_FAILED, "cloud.example", "signup_disabled"),
               "no new accounts", "", "owner");
  assert_says (with_reason (SYNC_ERROR_FAILED, "cloud.example", "captcha_failed"),
               "no robot", "captcha", "SUPABASE_AUTH_TOKEN");
  assert_says (with_reason (SYNC_ERROR_FAILED, "cloud.example", "email_address_not_authorized"),
               "no mail", "team", "mail server");
}

static void
assert_absent (const char *what, const char *title_has, const char *next_step_has)
{
  GError *error = NULL;

  sync_error_set_absent (&error, what, "garden");
  assert_says (error, title_has, "", next_step_has);
}

static void
test_what_does_not_exist_has_words_of_its_kind (void)
{
  assert_absent ("entity", "no entity garden", "synced first");
  assert_absent ("conflict", "no conflict garden", "list");
  assert_absent ("device", "no device garden", "list");
  assert_absent ("ambiguous", "Several devices are called garden", "ID");
  assert_absent ("snapshot", "no snapshot garden", "list");
  assert_absent ("change", "garden", "queue");
  assert_absent ("folder", "no folder garden", "folder");
  assert_absent ("link", "garden leads nowhere", "link");
}

static void
test_other_domains_have_words (void)
{
  assert_says (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Text"), "Cancelled", "kept",
               "");
  assert_says (g_error_new_literal (G_IO_ERROR, G_IO_ERROR_FAILED, "A plain reason"), "unexpected",
               "A plain reason", "report");
}

static void
test_commands_are_of_psync (void)
{
  g_autoptr (GError) cancelled = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "Text");
  g_autoptr (GError) sign_in = make_error (SYNC_ERROR_SIGN_IN, NULL, FALSE);

  for (int code = 0; code <= SYNC_ERROR_SECRETS; code++)
    {
      g_autoptr (GError) error = make_error (code, "notes", TRUE);
      const char *command = sync_words_command_for_error (error);

      g_assert_true (command == NULL || g_str_has_prefix (command, "psync "));
    }
  g_assert_cmpstr (sync_words_command_for_error (sign_in), ==, "psync login --email ADDRESS");
  g_assert_null (sync_words_command_for_error (cancelled));
}

static void
test_every_refusal_has_its_own_words (gconstpointer data)
{
  const char *column = data;
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (sqlstates); i++)
    {
      g_autofree char *text = sync_words_for_reason ("row-refused", sqlstates[i], column);

      assert_is_new (seen, text);
      g_assert_true (g_str_has_suffix (text, "."));
    }
  for (guint i = 0; i < G_N_ELEMENTS (holds); i++)
    {
      g_autofree char *text = sync_words_for_held (holds[i], column);

      assert_is_new (seen, text);
      g_assert_true (g_str_has_suffix (text, "."));
    }
}

static void
assert_reason (const char *code_name, const char *reason, const char *column, const char *expected)
{
  g_autofree char *text = sync_words_for_reason (code_name, reason, column);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_refusals_name_column_and_code (void)
{
  assert_reason ("row-refused", "23505", "email", "Another row in the cloud has the same email.");
  assert_reason (NULL, "23505", "", "Another row in the cloud has a value that must be unique.");
  assert_reason ("row-refused", "ignored", NULL,
                 "The row was ignored by the server: row-level security or a trigger.");
  assert_reason ("row-refused", "23999", "a",
                 "The value of a breaks a rule of the cloud’s table (code 23999).");
  assert_reason ("row-refused", "MINE1", NULL, "The cloud did not take the row (code MINE1).");
  assert_reason ("too-large", "57014", NULL, "The row is too large to be sent.");
  assert_reason ("unheard-of", NULL, NULL, "The cloud did not take the row.");
  assert_reason (NULL, NULL, NULL, "The cloud did not take the row.");
}

static void
test_names_for_machines_have_words (void)
{
  static const struct
  {
    char *(*words) (const char *name);
    const char *names;
  } kinds[] = {
    { sync_words_for_state, "idle syncing paused offline local-only sign-in-needed error" },
    { sync_words_for_hold, "metered power-saver" },
    { sync_words_for_health, "no-provider disconnected invalid healthy" },
    { sync_words_for_run_kind, "sync seed hydrate" },
    { sync_words_for_outcome, "running done nothing failed cancelled stopped" },
    { sync_words_for_conflict_kind,
      "edit-edit edit-delete delete-edit overwritten cascade scan discard seed" },
    { sync_words_for_resolution, "local remote merged both" },
    { sync_words_for_strategy,
      "newest local remote manual notifications projects user-settings rules custom user" },
    { sync_words_for_check, "reach key schema sign-in row-security clock" },
    { sync_words_for_change_state, "pending refused failed" },
    { sync_words_for_operation, "insert update delete" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      g_auto (GStrv) names = g_strsplit (kinds[i].names, " ", -1);
      g_autofree char *unknown = kinds[i].words ("of-the-future");
      g_autofree char *none = kinds[i].words (NULL);

      for (guint j = 0; names[j] != NULL; j++)
        {
          g_autofree char *text = kinds[i].words (names[j]);

          g_assert_cmpstr (text, !=, names[j]);
          g_assert_true (g_hash_table_add (seen, g_steal_pointer (&text)));
        }
      g_assert_cmpstr (unknown, ==, "of-the-future");
      g_assert_cmpstr (none, ==, "");
    }
}

static void
test_vault_warnings_have_words (void)
{
  g_autofree char *network = sync_words_for_vault_warning ("network-filesystem", "nfs");
  g_autofree char *copy = sync_words_for_vault_warning ("conflicted-copy", "/v/a (copy).db");
  g_autofree char *bare = sync_words_for_vault_warning ("conflicted-copy", NULL);

  g_assert_nonnull (strstr (network, "(nfs)"));
  g_assert_nonnull (strstr (copy, "/v/a (copy).db"));
  assert_is_said (network);
  assert_is_said (copy);
  assert_is_said (bare);
}

static void
assert_progress (const char *phase,
                 const char *entity,
                 guint64 current,
                 guint64 total,
                 const char *expected)
{
  g_autofree char *text = sync_words_for_progress (phase, entity, current, total);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_progress_counts (void)
{
  assert_progress ("connect", NULL, 0, 0, "Connecting");
  assert_progress ("pull", "notes", 3, 0, "Receiving notes: 3");
  assert_progress ("push", "notes", 3, 7, "Sending notes: 3 of 7");
  assert_progress ("push", NULL, 9, 7, "Sending: 7 of 7");
  assert_progress ("check", "a{b}", 0, 0, "Checking a{b}");
  assert_progress ("done", NULL, 0, 0, "Finished");
}

static void
test_counts_have_one_and_many (void)
{
  const char *const names[] = { "records",   "pulled",  "pushed", "deleted", "merged",
                                "conflicts", "refused", "held",   "pending", "failed",
                                "requests",  "devices", "repeats" };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *one = sync_words_for_count (names[i], 1);
      g_autofree char *many = sync_words_for_count (names[i], 1234);

      g_assert_true (g_str_has_prefix (one, "1 "));
      g_assert_true (g_str_has_prefix (many, "1234 "));
      g_assert_cmpstr (one + 2, !=, many + 5);
      assert_is_new (seen, one);
      assert_is_new (seen, many);
    }
}

static void
assert_time (gint64 seconds, const char *expected)
{
  g_autofree char *text = sync_words_for_time (NOW + seconds * G_USEC_PER_SEC, NOW);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_near_times_are_distances (void)
{
  assert_time (0, "just now");
  assert_time (-9, "just now");
  assert_time (-10, "10 seconds ago");
  assert_time (-60, "1 minute ago");
  assert_time (-3599, "59 minutes ago");
  assert_time (-3600, "1 hour ago");
  assert_time (-86399, "23 hours ago");
  assert_time (-86400, "1 day ago");
  assert_time (-7 * 86400 + 1, "6 days ago");
  assert_time (1, "in 1 second");
  assert_time (12, "in 12 seconds");
  assert_time (60, "in 1 minute");
  assert_time (61, "in 2 minutes");
  assert_time (3540, "in 59 minutes");
  assert_time (3541, "in 1 hour");
  assert_time (3601, "in 2 hours");
  assert_time (86400, "in 1 day");
}

static void
test_far_times_are_dates (void)
{
  g_autofree char *impossible = sync_words_for_time (G_MAXINT64, G_MININT64);

  assert_time (-7 * 86400, "25 December 2025, 00:00");
  assert_time (7 * 86400, "8 January 2026, 00:00");
  assert_is_said (impossible);
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  setlocale (LC_ALL, "");
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/words/every-code-has-its-own-words/with-names", GINT_TO_POINTER (TRUE),
                        test_every_code_has_its_own_words);
  g_test_add_data_func ("/words/every-code-has-its-own-words/without-names",
                        GINT_TO_POINTER (FALSE), test_every_code_has_its_own_words);
  g_test_add_func ("/words/names-the-thing", test_names_the_thing);
  g_test_add_func ("/words/values-say-what-they-must-be", test_values_say_what_they_must_be);
  g_test_add_func ("/words/reasons-change-the-words", test_reasons_change_the_words);
  g_test_add_func ("/words/what-does-not-exist-has-words-of-its-kind",
                   test_what_does_not_exist_has_words_of_its_kind);
  g_test_add_func ("/words/other-domains-have-words", test_other_domains_have_words);
  g_test_add_func ("/words/commands-are-of-psync", test_commands_are_of_psync);
  g_test_add_data_func ("/words/every-refusal-has-its-own-words/with-column", "title",
                        test_every_refusal_has_its_own_words);
  g_test_add_data_func ("/words/every-refusal-has-its-own-words/without-column", NULL,
                        test_every_refusal_has_its_own_words);
  g_test_add_func ("/words/refusals-name-column-and-code", test_refusals_name_column_and_code);
  g_test_add_func ("/words/names-for-machines-have-words", test_names_for_machines_have_words);
  g_test_add_func ("/words/vault-warnings-have-words", test_vault_warnings_have_words);
  g_test_add_func ("/words/progress-counts", test_progress_counts);
  g_test_add_func ("/words/counts-have-one-and-many", test_counts_have_one_and_many);
  g_test_add_func ("/words/near-times-are-distances", test_near_times_are_distances);
  g_test_add_func ("/words/far-times-are-dates", test_far_times_are_dates);
  return g_test_run ();
}
