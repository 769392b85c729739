/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <sys/stat.h>

#include "sync-json.h"
#include "vault-fixture.h"

/* Several programs at once, some of them killed; see vault-writer.c. */

#define INTEGRITY "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"

static char *
writer_path (void)
{
  const char *root = g_getenv ("PSYNC_TEST_BUILD_ROOT");

  return g_build_filename (root != NULL ? root : ".", "tests", "unit", "vault-writer", NULL);
}

static GSubprocess *
start_writer (const char *const *arguments)
{
  g_autofree char *path = writer_path ();
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GSubprocess *writer;

  g_ptr_array_add (argv, path);
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (char *) arguments[i]);
  g_ptr_array_add (argv, NULL);
  writer = g_subprocess_newv ((const char *const *) argv->pdata, G_SUBPROCESS_FLAGS_STDOUT_PIPE,
                              &error);
  g_assert_no_error (error);
  return writer;
}

static char *
run_writer (const char *const *arguments)
{
  g_autoptr (GSubprocess) writer = start_writer (arguments);
  g_autoptr (GError) error = NULL;
  char *said = NULL;

  g_subprocess_communicate_utf8 (writer, NULL, NULL, &said, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (g_subprocess_get_successful (writer));
  return said;
}

/* The rows that a page has: how many, and the version of the last. */
static guint
follow (SyncProvider *vault, const SyncEntity *entity, SyncPullQuery *query, GHashTable *seen)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = test_pull (vault, entity, query, &error);
  SyncJsonReader reader;
  SyncSpan row, value;
  guint n_rows = 0;

  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LATER))
    return 1;
  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (page, NULL), g_bytes_get_size (page));
  g_assert_true (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    {
      gint64 version = 0;

      g_assert_true (sync_json_get_member (row, "sync_version", &value));
      g_assert_true (sync_json_to_int64 (value, &version));
      g_assert_cmpint (version, >, query->since);
      query->since = version;
      g_assert_true (sync_json_get_member (row, "id", &value));
      g_hash_table_add (seen, sync_json_dup_string (value));
      n_rows++;
    }
  return n_rows;
}

static gint64
shared_count (const char *path)
{
  return vault_fixture_query (
      path, "SELECT json_extract(row, '$.count') FROM vault_row WHERE id = '[\"shared\"]'");
}

static void
test_programs_that_write_at_once_lose_nothing (void)
{
  static const char *const names[] = { "one", "two", "three" };
  const guint n_batches = 12;
  const guint n_rows = 20;
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  SyncPullQuery query = { .limit = 50 };
  GSubprocess *writers[G_N_ELEMENTS (names)];
  guint n_running = G_N_ELEMENTS (names);
  gboolean more = TRUE;

  sync_vault_provider_set_patience (SYNC_VAULT_PROVIDER (vault), 30000);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *const arguments[] = { "write", fixture->path, names[i], "12", "20", NULL };

      writers[i] = start_writer (arguments);
    }
  while (n_running > 0 || more)
    {
      n_running = 0;
      for (guint i = 0; i < G_N_ELEMENTS (names); i++)
        n_running += g_subprocess_get_identifier (writers[i]) != NULL;
      more = follow (vault, fixture->items, &query, seen) > 0;
    }
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (g_subprocess_wait_check (writers[i], NULL, NULL));
      g_object_unref (writers[i]);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, G_N_ELEMENTS (names) * n_batches * n_rows + 1);
  g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT count(*) FROM vault_row"), ==,
                   G_N_ELEMENTS (names) * n_batches * n_rows + 1);
  g_assert_cmpint (shared_count (fixture->path), ==, G_N_ELEMENTS (names) * n_batches);
}

/* Reads what it says until @n_lines, then kills it some microseconds later. */
static void
kill_after (GSubprocess *writer, guint n_lines, guint *n_batches, gint64 *count)
{
  g_autoptr (GDataInputStream) lines
      = g_data_input_stream_new (g_subprocess_get_stdout_pipe (writer));
  gboolean killed = FALSE;

  for (guint i = 0;; i++)
    {
      g_autofree char *line = NULL;
      char name[32];

      if (i >= n_lines && !killed)
        {
          g_usleep (g_test_rand_int_range (0, 15000));
          g_subprocess_force_exit (writer);
          killed = TRUE;
        }
      line = g_data_input_stream_read_line_utf8 (lines, NULL, NULL, NULL);
      if (line == NULL)
        break;
      g_assert_cmpint (sscanf (line, "%31s %u %" G_GINT64_FORMAT, name, n_batches, count), ==, 3);
      ++*n_batches;
    }
  g_subprocess_wait (writer, NULL, NULL);
}

static void
test_a_program_killed_at_any_moment_leaves_a_whole_vault (void)
{
  const guint n_rows = 200;
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  gint64 count = 0;

  for (guint round = 0; round < 12; round++)
    {
      g_autofree char *name = g_strdup_printf ("round%u", round);
      const char *const arguments[] = { "write", fixture->path, name, "100000", "200", NULL };
      g_autoptr (GSubprocess) writer = start_writer (arguments);
      g_autofree char *own
          = g_strdup_printf ("SELECT count(*) FROM vault_row WHERE id LIKE '[\"%s %%'", name);
      guint n_batches = 0;
      gint64 stored;

      kill_after (writer, g_test_rand_int_range (0, 4), &n_batches, &count);
      /* Opening it rolls back what was under way. */
      g_assert_cmpint (vault_fixture_put (vault, fixture->items, name, "after", 0, FALSE, NULL), >,
                       0);
      g_assert_cmpint (vault_fixture_query (fixture->path, INTEGRITY), ==, 1);
      stored = vault_fixture_query (fixture->path, own);
      g_assert_cmpint (stored % n_rows, ==, 0);
      g_assert_cmpint (stored / n_rows, >=, n_batches);
      g_assert_cmpint (stored / n_rows, <=, n_batches + 1);
      if (count > 0)
        g_assert_cmpint (shared_count (fixture->path), >=, count);
      g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT max(version) FROM vault_row"),
                       ==,
                       vault_fixture_query (fixture->path, "SELECT last_version FROM vault_meta"));
      g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT head FROM vault_table"), ==,
                       vault_fixture_query (fixture->path, "SELECT last_version FROM vault_meta"));
    }
}

static void
test_a_creation_killed_at_any_moment_can_be_done_again (void)
{
  for (guint round = 0; round < 8; round++)
    {
      g_autoptr (VaultFixture) fixture = vault_fixture_new ();
      const char *const arguments[] = { "write", fixture->path, "first", "1000", "5", NULL };
      g_autoptr (GSubprocess) writer = start_writer (arguments);
      g_autoptr (SyncProvider) vault = vault_fixture_open (fixture, TRUE);
      g_autoptr (GError) error = NULL;

      /* The file appears somewhere in the first hundredth of a second. */
      for (guint i = 0; i < 1000 && !g_file_test (fixture->path, G_FILE_TEST_EXISTS); i++)
        g_usleep (1000);
      g_usleep (g_test_rand_int_range (0, 10000));
      g_subprocess_force_exit (writer);
      g_subprocess_wait (writer, NULL, NULL);
      g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, &error), >, 0);
      g_assert_no_error (error);
      g_assert_cmpint (vault_fixture_query (fixture->path, INTEGRITY), ==, 1);
      g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT count(*) FROM vault_meta"), ==,
                       1);
    }
}

static void
test_programs_that_create_it_at_once_get_one_vault (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  GSubprocess *writers[3];
  g_autoptr (SyncProvider) vault = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (writers); i++)
    {
      g_autofree char *name = g_strdup_printf ("w%u", i);
      const char *const arguments[] = { "write", fixture->path, name, "2", "10", NULL };

      writers[i] = start_writer (arguments);
    }
  for (guint i = 0; i < G_N_ELEMENTS (writers); i++)
    {
      g_assert_true (g_subprocess_wait_check (writers[i], NULL, NULL));
      g_object_unref (writers[i]);
    }
  vault = vault_fixture_open (fixture, FALSE);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 3 * 2 * 10 + 1);
  g_assert_cmpint (shared_count (fixture->path), ==, 3 * 2);
}

static void
test_a_vault_that_cannot_be_written_can_be_read (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  const char *const arguments[] = { "probe", fixture->path, NULL };
  g_autofree char *said = NULL;

  vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);
  g_clear_object (&vault);
  g_assert_cmpint (g_chmod (fixture->path, 0444), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0555), ==, 0);
  said = run_writer (arguments);
  g_assert_cmpint (g_chmod (fixture->folder, 0700), ==, 0);
  g_assert_cmpstr (said, ==, "pull done, push read-only\n");
}

static void
test_a_folder_that_cannot_be_written_is_read_only (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  const char *const arguments[] = { "probe", fixture->path, NULL };
  g_autofree char *said = NULL;

  g_clear_object (&vault);
  g_assert_cmpint (g_chmod (fixture->path, 0666), ==, 0);
  g_assert_cmpint (g_chmod (fixture->folder, 0555), ==, 0);
  said = run_writer (arguments);
  g_assert_cmpint (g_chmod (fixture->folder, 0700), ==, 0);
  g_assert_cmpstr (said, ==, "pull done, push read-only\n");
}

static void
test_a_full_disk_is_said_and_leaves_a_whole_vault (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  const char *const arguments[] = { "fill", fixture->folder, NULL };
  g_autofree char *said = run_writer (arguments);

  if (g_str_equal (said, "no rights to mount\n"))
    {
      g_test_skip ("needs the right to mount a small file system");
      return;
    }
  g_assert_cmpstr (said, ==, "storage-full, all rows, whole\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/vault/processes/that-write-at-once-lose-nothing",
                   test_programs_that_write_at_once_lose_nothing);
  g_test_add_func ("/vault/processes/that-create-it-at-once-get-one-vault",
                   test_programs_that_create_it_at_once_get_one_vault);
  g_test_add_func ("/vault/killed/at-any-moment-leaves-a-whole-vault",
                   test_a_program_killed_at_any_moment_leaves_a_whole_vault);
  g_test_add_func ("/vault/killed/a-creation-can-be-done-again",
                   test_a_creation_killed_at_any_moment_can_be_done_again);
  g_test_add_func ("/vault/rights/a-vault-that-cannot-be-written-can-be-read",
                   test_a_vault_that_cannot_be_written_can_be_read);
  g_test_add_func ("/vault/rights/a-folder-that-cannot-be-written-is-read-only",
                   test_a_folder_that_cannot_be_written_is_read_only);
  g_test_add_func ("/vault/disk/full-is-said-and-leaves-a-whole-vault",
                   test_a_full_disk_is_said_and_leaves_a_whole_vault);
  return g_test_run ();
}
