/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-known-databases.h"

#include <glib/gstdio.h>

#include "test-store.h"

/* As a user who opened no database yet. */
static void
forget_all (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "progressive-sync", NULL);

  if (g_file_test (folder, G_FILE_TEST_IS_DIR))
    test_folder_remove (folder);
}

static void
assert_known (const char *expected)
{
  g_auto (GStrv) paths = sync_known_databases_list ();
  g_autofree char *joined = g_strjoinv (" ", paths);

  g_assert_cmpstr (joined, ==, expected);
}

static void
add (const char *path)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_known_databases_add (path, 1, &error));
  g_assert_no_error (error);
}

static void
test_newest_first (void)
{
  g_autoptr (GError) error = NULL;

  forget_all ();
  assert_known ("");
  add ("/a");
  add ("/b \"ü\"");
  add ("/c");
  add ("/a");
  assert_known ("/a /c /b \"ü\"");
  g_assert_true (sync_known_databases_remove ("/c", &error));
  g_assert_true (sync_known_databases_remove ("/never", &error));
  g_assert_no_error (error);
  assert_known ("/a /b \"ü\"");
}

static void
test_damaged (void)
{
  static const char *const texts[]
      = { "", "{}", "[1, {}, {\"path\": 3}", "[1, {}, [], {\"path\": null}]" };
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "progressive-sync", NULL);
  g_autofree char *file = g_build_filename (folder, "databases.json", NULL);

  forget_all ();
  g_mkdir_with_parents (folder, 0700);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_true (g_file_set_contents (file, texts[i], -1, NULL));
      assert_known ("");
      add ("/a");
      assert_known ("/a");
    }
}

static void
test_private (void)
{
  g_autofree char *file
      = g_build_filename (g_get_user_state_dir (), "progressive-sync", "databases.json", NULL);
  GStatBuf status;

  forget_all ();
  add ("/a");
  g_assert_cmpint (g_stat (file, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_bounded (void)
{
  g_auto (GStrv) paths = NULL;

  forget_all ();
  for (guint i = 0; i < 60; i++)
    {
      g_autofree char *path = g_strdup_printf ("/%u", i);

      add (path);
    }
  paths = sync_known_databases_list ();
  g_assert_cmpuint (g_strv_length (paths), ==, 50);
  g_assert_cmpstr (paths[0], ==, "/59");
}

static void
test_unwritable (void)
{
  g_autofree char *folder = g_build_filename (g_get_user_state_dir (), "progressive-sync", NULL);
  g_autoptr (GError) error = NULL;

  forget_all ();
  g_mkdir_with_parents (g_get_user_state_dir (), 0700);
  g_assert_true (g_file_set_contents (folder, "in the way", -1, NULL));
  g_assert_false (sync_known_databases_add ("/a", 1, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/known-databases/the-last-opened-is-first", test_newest_first);
  g_test_add_func ("/known-databases/a-damaged-list-is-begun-anew", test_damaged);
  g_test_add_func ("/known-databases/only-its-owner-reads-it", test_private);
  g_test_add_func ("/known-databases/old-ones-are-forgotten", test_bounded);
  g_test_add_func ("/known-databases/a-list-that-cannot-be-kept-is-an-error", test_unwritable);
  return test_run_with_own_folders ();
}
