/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"

#include <glib/gstdio.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test-database.h"

static char *state_folder;

static char *
dup_database (const char *name)
{
  return g_build_filename (state_folder, name, NULL);
}

static void
assert_locked (const char *database, const char *purpose)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncFileLock) lock = sync_file_lock_try_acquire (database, purpose, &error);

  g_assert_null (lock);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, database);
}

static SyncFileLock *
acquire (const char *database, const char *purpose)
{
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock = sync_file_lock_try_acquire (database, purpose, &error);

  g_assert_no_error (error);
  return lock;
}

static void
test_one_holds_it_until_it_is_released (void)
{
  g_autofree char *one = dup_database ("one.db");
  g_autofree char *two = dup_database ("two.db");
  g_autoptr (SyncFileLock) run = acquire (one, "run");
  g_autoptr (SyncFileLock) schedule = acquire (one, "schedule");
  g_autoptr (SyncFileLock) other = acquire (two, "run");

  assert_locked (one, "run");
  g_clear_pointer (&run, sync_file_lock_release);
  run = acquire (one, "run");
  assert_locked (one, "run");
}

static void
test_all_names_of_a_database_are_one (void)
{
  g_autofree char *one = dup_database ("named.db");
  g_autofree char *link = dup_database ("link.db");
  g_autofree char *around = g_build_filename (state_folder, "x", "..", "named.db", NULL);
  g_autofree char *folder = g_build_filename (state_folder, "x", NULL);
  g_autofree char *here = g_get_current_dir ();
  g_autoptr (SyncFileLock) before = acquire (one, "run");

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  assert_locked (around, "run");
  g_assert_true (g_file_set_contents (one, "", 0, NULL));
  assert_locked (one, "run");
  g_assert_cmpint (symlink (one, link), ==, 0);
  assert_locked (link, "run");
  g_assert_cmpint (g_chdir (state_folder), ==, 0);
  assert_locked ("named.db", "run");
  g_assert_cmpint (g_chdir (here), ==, 0);
}

static void
test_the_files_are_private_and_no_link_is_followed (void)
{
  g_autofree char *database = dup_database ("private.db");
  g_autofree char *folder = g_build_filename (state_folder, "progressive-sync", "locks", NULL);
  g_autoptr (GDir) dir = NULL;
  g_autoptr (GError) error = NULL;
  struct stat info;
  const char *name;

  sync_file_lock_release (acquire (database, "private"));
  g_assert_cmpint (stat (folder, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0700);
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_assert_cmpint (lstat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 0777, ==, 0600);
      if (!g_str_has_suffix (name, ".private.lock"))
        continue;
      g_assert_cmpint (g_unlink (path), ==, 0);
      g_assert_cmpint (symlink ("/dev/null", path), ==, 0);
    }
  g_assert_null (sync_file_lock_try_acquire (database, "private", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_READ_ONLY);
}

/* Another process */

static GSubprocess *
hold_elsewhere (const char *database)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDataInputStream) output = NULL;
  g_autofree char *self = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *line = NULL;
  GSubprocess *holder
      = g_subprocess_new (G_SUBPROCESS_FLAGS_STDOUT_PIPE, &error, self, "--hold", database, NULL);

  g_assert_no_error (error);
  output = g_data_input_stream_new (g_subprocess_get_stdout_pipe (holder));
  line = g_data_input_stream_read_line (output, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (line, ==, "held");
  return holder;
}

static int
hold (const char *database)
{
  SyncFileLock *lock = acquire (database, "run");

  g_print ("held\n");
  pause ();
  sync_file_lock_release (lock);
  return 0;
}

static void
test_a_process_that_is_killed_gives_it_up (void)
{
  g_autofree char *database = dup_database ("killed.db");
  g_autoptr (GSubprocess) holder = hold_elsewhere (database);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncFileLock) lock = NULL;

  assert_locked (database, "run");
  g_subprocess_send_signal (holder, SIGKILL);
  lock = sync_file_lock_acquire (database, "run", 60, NULL, &error);
  g_assert_no_error (error);
  g_assert_nonnull (lock);
  g_subprocess_wait (holder, NULL, NULL);
}

/* Waiting */

static void
got_lock (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static SyncFileLock *
wait_for_lock (GAsyncResult **result, GError **error)
{
  SyncFileLock *lock;

  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
  lock = sync_file_lock_acquire_finish (*result, error);
  g_clear_object (result);
  return lock;
}

static void
test_who_waits_gets_it_next (void)
{
  g_autofree char *database = dup_database ("waited.db");
  g_autoptr (SyncFileLock) first = acquire (database, "run");
  g_autoptr (SyncFileLock) second = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  sync_file_lock_acquire_async (database, "run", 600, NULL, got_lock, &result);
  g_main_context_iteration (NULL, FALSE);
  g_assert_null (result);
  g_clear_pointer (&first, sync_file_lock_release);
  second = wait_for_lock (&result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (second);
  assert_locked (database, "run");
}

static void
test_waiting_ends_by_time_or_cancel (void)
{
  g_autofree char *database = dup_database ("cancelled.db");
  g_autoptr (SyncFileLock) first = acquire (database, "run");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  GAsyncResult *result = NULL;

  sync_file_lock_acquire_async (database, "run", 0, NULL, got_lock, &result);
  g_assert_null (wait_for_lock (&result, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  g_clear_error (&error);
  sync_file_lock_acquire_async (database, "run", 600, cancellable, got_lock, &result);
  g_cancellable_cancel (cancellable);
  g_assert_null (wait_for_lock (&result, &error));
  g_assert_true (sync_error_is_cancelled (error));
}

int
main (int argc, char *argv[])
{
  int status;

  if (argc == 3 && g_str_equal (argv[1], "--hold"))
    return hold (argv[2]);
  g_test_init (&argc, &argv, NULL);
  state_folder = test_folder_new ();
  g_setenv ("XDG_STATE_HOME", state_folder, TRUE);

  g_test_add_func ("/file-lock/one-holds-it-until-it-is-released",
                   test_one_holds_it_until_it_is_released);
  g_test_add_func ("/file-lock/all-names-of-a-database-are-one",
                   test_all_names_of_a_database_are_one);
  g_test_add_func ("/file-lock/the-files-are-private-and-no-link-is-followed",
                   test_the_files_are_private_and_no_link_is_followed);
  g_test_add_func ("/file-lock/a-process-that-is-killed-gives-it-up",
                   test_a_process_that_is_killed_gives_it_up);
  g_test_add_func ("/file-lock/who-waits-gets-it-next", test_who_waits_gets_it_next);
  g_test_add_func ("/file-lock/waiting-ends-by-time-or-cancel",
                   test_waiting_ends_by_time_or_cancel);
  status = g_test_run ();
  test_folder_remove (state_folder);
  g_free (state_folder);
  return status;
}
