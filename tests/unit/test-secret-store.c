/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-secrets.h"
#include "sync-memory-secrets.h"
#include "test-provider.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct
{
  char *parent;
  char *directory;
  SyncSecretStore *store;
} Fixture;

static void
set_up_file (Fixture *self, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  self->parent = g_dir_make_tmp ("psync-secrets-XXXXXX", &error);
  g_assert_no_error (error);
  self->directory = g_build_filename (self->parent, "config", "secrets", NULL);
  self->store = sync_file_secrets_new (self->directory);
}

static void
set_up_memory (Fixture *self, gconstpointer data)
{
  set_up_file (self, data);
  g_object_unref (self->store);
  self->store = sync_memory_secrets_new ();
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

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_object_unref (self->store);
  remove_tree (self->parent);
  g_free (self->parent);
  g_free (self->directory);
}

static char *
lookup (SyncSecretStore *store, const char *profile, const char *kind, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  sync_secret_store_lookup_async (store, profile, kind, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  return sync_secret_store_lookup_finish (store, result, error);
}

static gboolean
store (SyncSecretStore *secrets, const char *profile, const char *kind, const char *secret,
       GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;

  if (secret != NULL)
    sync_secret_store_store_async (secrets, profile, kind, secret, NULL, test_got_result, &place);
  else
    sync_secret_store_clear_async (secrets, profile, kind, NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  if (secret != NULL)
    return sync_secret_store_store_finish (secrets, result, error);
  return sync_secret_store_clear_finish (secrets, result, error);
}

static void
assert_secret (SyncSecretStore *secrets, const char *profile, const char *kind,
               const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *secret = lookup (secrets, profile, kind, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (secret, ==, expected);
}

static guint
get_mode (const char *path)
{
  struct stat status;

  g_assert_cmpint (g_lstat (path, &status), ==, 0);
  return status.st_mode & 07777;
}

static char *
get_path (Fixture *self, const char *profile)
{
  g_autofree char *name = g_strconcat (profile, ".json", NULL);

  return g_build_filename (self->directory, name, NULL);
}

static void
test_a_secret_is_found_again_until_it_is_cleared (Fixture *self, gconstpointer data)
{
  const char *awkward = "q\"uo\\te\n\t{ünï} \xf0\x9f\x98\x80";

  assert_secret (self->store, "p1", "session", NULL);
  g_assert_true (store (self->store, "p1", "session", NULL, NULL));
  g_assert_true (store (self->store, "p1", "session", awkward, NULL));
  g_assert_true (store (self->store, "p1", "other", "two", NULL));
  g_assert_true (store (self->store, "p2", "session", "three", NULL));
  assert_secret (self->store, "p1", "session", awkward);
  assert_secret (self->store, "p1", "other", "two");
  assert_secret (self->store, "p2", "session", "three");
  g_assert_true (store (self->store, "p1", "session", "four", NULL));
  assert_secret (self->store, "p1", "session", "four");
  g_assert_true (store (self->store, "p1", "session", NULL, NULL));
  assert_secret (self->store, "p1", "session", NULL);
  assert_secret (self->store, "p1", "other", "two");
  assert_secret (self->store, "p2", "session", "three");
}

static void
test_cancelled_is_told (Fixture *self, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) stored = NULL;
  g_autoptr (GAsyncResult) looked_up = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;

  g_cancellable_cancel (cancellable);
  sync_secret_store_store_async (self->store, "p1", "session", "x", cancellable, test_got_result,
                                 &place);
  stored = test_wait_for_result (&place);
  g_assert_false (sync_secret_store_store_finish (self->store, stored, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  sync_secret_store_lookup_async (self->store, "p1", "session", cancellable, test_got_result,
                                  &place);
  looked_up = test_wait_for_result (&place);
  g_assert_null (sync_secret_store_lookup_finish (self->store, looked_up, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  assert_secret (self->store, "p1", "session", NULL);
}

static void
test_only_the_owner_can_read_the_file (Fixture *self, gconstpointer data)
{
  g_autofree char *path = get_path (self, "p1");
  mode_t mask = umask (0);

  g_assert_true (store (self->store, "p1", "session", "x", NULL));
  g_assert_cmpuint (get_mode (self->directory), ==, 0700);
  g_assert_cmpuint (get_mode (path), ==, 0600);
  /* What somebody opened up is closed again when it is used. */
  g_chmod (self->directory, 0755);
  g_chmod (path, 0644);
  assert_secret (self->store, "p1", "session", "x");
  g_assert_cmpuint (get_mode (self->directory), ==, 0700);
  g_assert_cmpuint (get_mode (path), ==, 0600);
  g_chmod (path, 0666);
  g_assert_true (store (self->store, "p1", "session", "y", NULL));
  g_assert_cmpuint (get_mode (path), ==, 0600);
  umask (mask);
}

static void
test_no_link_is_followed (Fixture *self, gconstpointer data)
{
  g_autofree char *path = get_path (self, "p1");
  g_autofree char *target = g_build_filename (self->parent, "target", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (target, "{\"session\":\"planted\"}", -1, NULL));
  g_assert_cmpint (g_mkdir_with_parents (self->directory, 0700), ==, 0);
  g_assert_cmpint (symlink (target, path), ==, 0);
  g_assert_null (lookup (self->store, "p1", "session", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_assert_true (store (self->store, "p1", "session", "mine", NULL));
  assert_secret (self->store, "p1", "session", "mine");
  g_assert_true (g_file_get_contents (target, &text, NULL, NULL));
  g_assert_cmpstr (text, ==, "{\"session\":\"planted\"}");
  g_assert_false (g_file_test (path, G_FILE_TEST_IS_SYMLINK));

  remove_tree (self->directory);
  g_assert_cmpint (symlink (self->parent, self->directory), ==, 0);
  g_clear_error (&error);
  g_assert_false (store (self->store, "p1", "session", "x", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_unlink (self->directory);
}

static void
test_a_file_that_cannot_be_understood_is_told_and_can_be_replaced (Fixture *self,
                                                                   gconstpointer data)
{
  static const char *const texts[] = { "", "{\"session\":\"half", "[1]", "null", "\xff\xfe" };
  g_autofree char *path = get_path (self, "p1");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (g_mkdir_with_parents (self->directory, 0700), ==, 0);
      g_assert_true (g_file_set_contents (path, texts[i], -1, NULL));
      g_assert_null (lookup (self->store, "p1", "session", &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, path);
      g_assert_true (store (self->store, "p1", "session", "new", NULL));
      assert_secret (self->store, "p1", "session", "new");
    }
}

static void
test_what_a_crash_left_behind_does_no_harm (Fixture *self, gconstpointer data)
{
  g_autofree char *left = g_build_filename (self->directory, ".p1.json.new", NULL);
  g_autofree char *path = get_path (self, "p1");

  g_assert_true (store (self->store, "p1", "session", "old", NULL));
  g_assert_true (g_file_set_contents (left, "{\"session\":\"ha", -1, NULL));
  assert_secret (self->store, "p1", "session", "old");
  g_assert_true (store (self->store, "p1", "session", "new", NULL));
  assert_secret (self->store, "p1", "session", "new");
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  g_assert_true (store (self->store, "p1", "session", NULL, NULL));
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
}

static void
test_a_place_that_cannot_be_written_keeps_the_old_secret (Fixture *self, gconstpointer data)
{
  g_autofree char *file = g_build_filename (self->parent, "file", NULL);
  g_autofree char *below = g_build_filename (file, "secrets", NULL);
  g_autoptr (SyncSecretStore) blocked = sync_file_secrets_new (below);
  g_autofree char *path = get_path (self, "p1");
  g_autofree char *obstacle = g_build_filename (self->directory, ".p1.json.new", NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (g_file_set_contents (file, "", 0, NULL));
  g_assert_false (store (blocked, "p1", "session", "x", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_clear_error (&error);

  /* A directory in the way is an obstacle also for root. */
  g_assert_true (store (self->store, "p1", "session", "old", NULL));
  g_assert_cmpint (g_mkdir (obstacle, 0700), ==, 0);
  g_assert_false (store (self->store, "p1", "session", "tell-nobody", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
  g_assert_null (strstr (error->message, "tell-nobody"));
  assert_secret (self->store, "p1", "session", "old");
}

static void
test_two_stores_of_one_directory_lose_nothing (Fixture *self, gconstpointer data)
{
  g_autoptr (SyncSecretStore) other = sync_file_secrets_new (self->directory);
  GAsyncResult *places[40] = { NULL };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *kind = g_strdup_printf ("kind%u", i);

      sync_secret_store_store_async (i % 2 ? self->store : other, "p1", kind, kind, NULL,
                                     test_got_result, &places[i]);
    }
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_for_result (&places[i]);

      g_assert_true (sync_secret_store_store_finish (i % 2 ? self->store : other, result, NULL));
    }
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autofree char *kind = g_strdup_printf ("kind%u", i);

      assert_secret (self->store, "p1", kind, kind);
    }
}

static void
test_names_cannot_lead_elsewhere (void)
{
  g_assert_true (sync_secret_is_name ("8f7a-4_b.c"));
  g_assert_false (sync_secret_is_name (NULL));
  g_assert_false (sync_secret_is_name (""));
  g_assert_false (sync_secret_is_name (".hidden"));
  g_assert_false (sync_secret_is_name (".."));
  g_assert_false (sync_secret_is_name ("a/b"));
  g_assert_false (sync_secret_is_name ("a b"));
  g_assert_false (sync_secret_is_name ("\xc3\xbc"));
}

#define ADD(name, kind)                                                                            \
  g_test_add ("/secrets/" #kind "/" #name, Fixture, NULL, set_up_##kind, test_##name, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD (a_secret_is_found_again_until_it_is_cleared, file);
  ADD (a_secret_is_found_again_until_it_is_cleared, memory);
  ADD (cancelled_is_told, file);
  ADD (cancelled_is_told, memory);
  ADD (only_the_owner_can_read_the_file, file);
  ADD (no_link_is_followed, file);
  ADD (a_file_that_cannot_be_understood_is_told_and_can_be_replaced, file);
  ADD (what_a_crash_left_behind_does_no_harm, file);
  ADD (a_place_that_cannot_be_written_keeps_the_old_secret, file);
  ADD (two_stores_of_one_directory_lose_nothing, file);
  g_test_add_func ("/secrets/names_cannot_lead_elsewhere", test_names_cannot_lead_elsewhere);
  return g_test_run ();
}
