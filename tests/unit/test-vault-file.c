/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-connection.h"
#include "sync-vault-warnings.h"
#include "vault-fixture.h"

/* The file: created, absent, something else, replaced, locked, damaged; what is noticed beside it.
 */

static void
assert_works (SyncProvider *vault)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCloudState) state = test_get_state (vault, FALSE, &error);

  g_assert_no_error (error);
  g_assert_nonnull (state);
}

static void
test_is_created_only_when_asked (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) timid = vault_fixture_open (fixture, FALSE);
  g_autoptr (SyncProvider) bold = vault_fixture_open (fixture, TRUE);
  GStatBuf info;
  gboolean create;

  vault_fixture_expect (timid, SYNC_ERROR_OFFLINE, fixture->path);
  g_assert_false (sync_provider_get_connected (timid));
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
  g_object_get (bold, "create", &create, NULL);
  g_assert_true (create);
  assert_works (bold);
  g_object_get (bold, "create", &create, NULL);
  g_assert_false (create);
  g_assert_true (sync_provider_get_connected (bold));
  g_assert_cmpint (g_stat (fixture->path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
  assert_works (timid);
  g_assert_cmpint (vault_fixture_query (fixture->path, "PRAGMA application_id"), ==, 0x50537956);
}

static void
test_once_seen_is_never_created_again (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);

  g_assert_cmpint (g_remove (fixture->path), ==, 0);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (vault), TRUE);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));
}

static void
test_a_folder_is_never_created (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autofree char *mount = vault_fixture_child (fixture, "stick");
  g_autoptr (SyncProvider) vault = NULL;

  g_free (fixture->path);
  fixture->path = g_build_filename (mount, "vault.db", NULL);
  vault = vault_fixture_open (fixture, TRUE);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  g_assert_false (g_file_test (mount, G_FILE_TEST_EXISTS));
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer data)
{
  ++*(guint *) data;
}

static void
test_an_absent_mount_is_offline_until_it_is_back (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autofree char *mount = vault_fixture_child (fixture, "stick");
  g_autofree char *away = vault_fixture_child (fixture, "away");
  g_autoptr (SyncProvider) vault = NULL;
  guint changes = 0;
  gint64 version;

  g_assert_cmpint (g_mkdir (mount, 0700), ==, 0);
  g_free (fixture->path);
  fixture->path = g_build_filename (mount, "vault.db", NULL);
  vault = vault_fixture_create (fixture);
  g_signal_connect (vault, "notify::connected", G_CALLBACK (count_notify), &changes);
  version = vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);

  g_assert_cmpint (g_rename (mount, away), ==, 0);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  g_assert_false (sync_provider_get_connected (vault));
  g_assert_cmpuint (changes, ==, 1);

  /* The mount point of a stick that is not there is an empty folder. */
  g_assert_cmpint (g_mkdir (mount, 0700), ==, 0);
  vault_fixture_expect (vault, SYNC_ERROR_OFFLINE, fixture->path);
  g_assert_false (g_file_test (fixture->path, G_FILE_TEST_EXISTS));

  g_assert_cmpint (g_rmdir (mount), ==, 0);
  g_assert_cmpint (g_rename (away, mount), ==, 0);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "two", version, FALSE, NULL), >,
                   version);
  g_assert_true (sync_provider_get_connected (vault));
  g_assert_cmpuint (changes, ==, 2);
}

static void
refuse (VaultFixture *fixture, SyncError code)
{
  g_autofree char *before = vault_fixture_checksum (fixture->path);
  g_autofree char *after = NULL;

  for (guint create = 0; create < 2; create++)
    {
      g_autoptr (SyncProvider) vault = vault_fixture_open (fixture, create);

      vault_fixture_expect (vault, code, fixture->path);
      g_assert_true (sync_provider_get_connected (vault));
    }
  after = vault_fixture_checksum (fixture->path);
  g_assert_cmpstr (before, ==, after);
}

static void
test_another_database_is_refused_untouched (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();

  vault_fixture_script (fixture->path, "CREATE TABLE mine (a); INSERT INTO mine VALUES (1)");
  refuse (fixture, SYNC_ERROR_INVALID);
}

static void
test_another_file_is_refused_untouched (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();

  g_assert_true (g_file_set_contents (fixture->path, "My diary\n", -1, NULL));
  refuse (fixture, SYNC_ERROR_NOT_DATABASE);
}

static void
test_a_folder_is_no_vault (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_open (fixture, TRUE);

  g_assert_cmpint (g_mkdir (fixture->path, 0700), ==, 0);
  vault_fixture_expect (vault, SYNC_ERROR_INVALID, fixture->path);
}

static void
test_an_empty_file_is_an_interrupted_creation (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) timid = vault_fixture_open (fixture, FALSE);
  g_autoptr (SyncProvider) bold = vault_fixture_open (fixture, TRUE);

  g_assert_true (g_file_set_contents (fixture->path, "", 0, NULL));
  vault_fixture_expect (timid, SYNC_ERROR_INVALID, fixture->path);
  assert_works (bold);
  assert_works (timid);
}

static void
test_a_newer_schema_is_refused_untouched (void)
{
  static const char *const modes[] = { "DELETE", "WAL" };

  for (guint i = 0; i < G_N_ELEMENTS (modes); i++)
    {
      g_autoptr (VaultFixture) fixture = vault_fixture_new ();
      g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
      g_autofree char *script
          = g_strdup_printf ("PRAGMA journal_mode = %s; PRAGMA user_version = 1000", modes[i]);

      g_clear_object (&vault);
      vault_fixture_script (fixture->path, script);
      refuse (fixture, SYNC_ERROR_SCHEMA_NEW);
    }
}

static void
test_a_schema_that_becomes_newer_while_open_is_noticed (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);

  vault_fixture_script (fixture->path, "PRAGMA user_version = 999");
  vault_fixture_expect (vault, SYNC_ERROR_LATER, fixture->path);
  vault_fixture_expect (vault, SYNC_ERROR_SCHEMA_NEW, fixture->path);
}

/* Another vault with two items. One with as many commits as ours SQLite would not tell from ours
 * when it is copied over it, since it believes its cache while the counter of changes stays. */
static char *
make_other_vault (VaultFixture *fixture)
{
  g_autoptr (VaultFixture) other = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (other);
  char *path = vault_fixture_child (fixture, "other.db");

  vault_fixture_put (vault, other->items, "theirs", "x", 0, FALSE, NULL);
  vault_fixture_put (vault, other->items, "theirs too", "x", 0, FALSE, NULL);
  g_clear_object (&vault);
  g_assert_cmpint (g_rename (other->path, path), ==, 0);
  return path;
}

static void
copy_over (const char *from, const char *to)
{
  g_autofree char *contents = NULL;
  gsize length;
  FILE *file;

  g_assert_true (g_file_get_contents (from, &contents, &length, NULL));
  file = g_fopen (to, "w");
  g_assert_nonnull (file);
  g_assert_cmpuint (fwrite (contents, 1, length, file), ==, length);
  fclose (file);
}

static void
test_another_vault_in_its_place_gets_nothing (void)
{
  for (guint in_place = 0; in_place < 2; in_place++)
    {
      g_autoptr (VaultFixture) fixture = vault_fixture_new ();
      g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
      g_autofree char *other = make_other_vault (fixture);
      g_autoptr (GError) error = NULL;

      vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);
      if (in_place)
        copy_over (other, fixture->path);
      else
        g_assert_cmpint (g_rename (other, fixture->path), ==, 0);
      g_assert_cmpint (vault_fixture_put (vault, fixture->items, "b", "x", 0, FALSE, &error), ==,
                       0);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "replaced");
      vault_fixture_expect (vault, SYNC_ERROR_OTHER_CLOUD, fixture->path);
      vault_fixture_expect (vault, SYNC_ERROR_OTHER_CLOUD, fixture->path);
      g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT count(*) FROM vault_row"), ==,
                       2);
    }
}

static void
test_a_newer_copy_of_the_vault_is_taken_up (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *copy = vault_fixture_child (fixture, "copy.db");

  vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);
  g_clear_object (&vault);
  copy_over (fixture->path, copy);
  vault = vault_fixture_open (fixture, FALSE);
  assert_works (vault);
  g_assert_cmpint (g_rename (copy, fixture->path), ==, 0);
  vault_fixture_expect (vault, SYNC_ERROR_LATER, fixture->path);
  assert_works (vault);
  vault_fixture_put (vault, fixture->items, "b", "two", 0, FALSE, NULL);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 2);
  g_clear_object (&vault);
  g_assert_cmpint (vault_fixture_query (fixture->path, "SELECT count(*) FROM vault_row"), ==, 2);
}

static void
test_damage_is_named_and_nothing_deleted (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *contents = NULL;
  gsize length;

  for (guint i = 0; i < 50; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);

      vault_fixture_put (vault, fixture->items, id, "some text", 0, FALSE, NULL);
    }
  g_clear_object (&vault);
  g_assert_true (g_file_get_contents (fixture->path, &contents, &length, NULL));
  g_assert_cmpuint (length, >, 3 * 4096);
  memset (contents + 4096, 0xa5, length - 4096);
  g_assert_true (g_file_set_contents (fixture->path, contents, length, NULL));
  refuse (fixture, SYNC_ERROR_CORRUPT);
}

static void
test_a_stored_row_that_is_no_json_is_damage (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = NULL;

  vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);
  vault_fixture_script (fixture->path, "UPDATE vault_row SET row = '{\"id\":'");
  page = test_pull (vault, fixture->items, &(SyncPullQuery) { .limit = 5 }, &error);
  g_assert_null (page);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, fixture->path);
}

static void
test_lost_names_are_damage (void)
{
  static const char *const scripts[] = {
    "DROP TABLE vault_device; CREATE TABLE vault_device (id, name, platform, app_version, "
    "registered_at, last_sync_at, last_version, is_active); INSERT INTO vault_device (name) VALUES "
    "(1)",
    "DROP TABLE vault_table; CREATE TABLE vault_table (number, name, head, horizon); INSERT INTO "
    "vault_table (number) VALUES (1)",
    "DROP TABLE vault_table",
    "DROP TABLE vault_meta",
    "UPDATE vault_meta SET last_version = 9223372036854775807",
  };

  for (guint i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autoptr (VaultFixture) fixture = vault_fixture_new ();
      g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
      g_autoptr (GError) error = NULL;

      vault_fixture_script (fixture->path, scripts[i]);
      if (i == G_N_ELEMENTS (scripts) - 1)
        {
          vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, &error);
          g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CORRUPT);
        }
      else
        vault_fixture_expect (vault, SYNC_ERROR_CORRUPT, fixture->path);
    }
}

static SyncConnection *
lock (VaultFixture *fixture)
{
  g_autoptr (GError) error = NULL;
  SyncConnection *other = sync_connection_open (fixture->path, 0, 1000, &error);

  g_assert_no_error (error);
  sync_connection_begin (other, &error);
  g_assert_no_error (error);
  return other;
}

static void
test_a_writer_that_stays_is_waited_for_and_then_later (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncConnection) other = lock (fixture);
  g_autoptr (GError) error = NULL;
  gint64 start = g_get_monotonic_time ();

  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, &error), ==, 0);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LATER);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 900 * G_TIME_SPAN_MILLISECOND);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 0);
}

static gboolean
unlock_cb (gpointer data)
{
  sync_connection_rollback (data);
  return G_SOURCE_REMOVE;
}

static void
test_a_writer_that_ends_is_waited_for (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncConnection) other = lock (fixture);
  g_autoptr (GError) error = NULL;

  g_timeout_add (300, unlock_cb, other);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, &error), >, 0);
  g_assert_no_error (error);
}

static gboolean
cancel_cb (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
test_waiting_can_be_cancelled (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_open (fixture, TRUE);
  g_autoptr (SyncConnection) other = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SyncDevice) device = sync_device_new ("d", "D");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  gint64 start;

  sync_vault_provider_set_patience (SYNC_VAULT_PROVIDER (vault), 60000);
  assert_works (vault);
  other = lock (fixture);
  start = g_get_monotonic_time ();
  g_timeout_add (50, cancel_cb, cancellable);
  sync_provider_put_device_async (vault, device, cancellable, test_got_result, &place);
  result = test_wait_for_result (&place);
  g_assert_false (sync_provider_put_device_finish (vault, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_TIME_SPAN_SECOND);
}

/* Somebody holds the file so that not even its header can be read. */
static void
test_waiting_for_the_opening_can_be_cancelled (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncConnection) other = NULL;
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) cancelled = NULL;
  g_autoptr (GAsyncResult) patient = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *places[2] = { NULL, NULL };

  g_clear_object (&vault);
  vault = vault_fixture_open (fixture, FALSE);
  sync_vault_provider_set_patience (SYNC_VAULT_PROVIDER (vault), 60000);
  other = sync_connection_open (fixture->path, 0, 1000, &error);
  g_assert_no_error (error);
  sync_connection_execute (other, "BEGIN EXCLUSIVE", &error);
  g_assert_no_error (error);
  sync_provider_connect_async (vault, cancellable, test_got_result, &places[0]);
  sync_provider_connect_async (vault, NULL, test_got_result, &places[1]);
  g_timeout_add (50, cancel_cb, cancellable);
  cancelled = test_wait_for_result (&places[0]);
  g_assert_false (sync_provider_connect_finish (vault, cancelled, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  g_assert_null (places[1]);
  sync_connection_rollback (other);
  patient = test_wait_for_result (&places[1]);
  g_assert_true (sync_provider_connect_finish (vault, patient, &error));
  g_assert_no_error (error);
}

/* The descriptors of this process that refer to the file: what keeps a stick from being removed. */
static guint
count_descriptors (const char *path)
{
  g_autoptr (GDir) names = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n_open = 0;

  while (names != NULL && (name = g_dir_read_name (names)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      n_open += g_strcmp0 (target, path) == 0;
    }
  return n_open;
}

static void
test_the_file_is_closed_when_nobody_asks (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_open (fixture, TRUE);
  gint64 deadline = g_get_monotonic_time () + 30 * G_TIME_SPAN_SECOND;

  sync_vault_provider_set_rest (SYNC_VAULT_PROVIDER (vault), 20);
  assert_works (vault);
  while (count_descriptors (fixture->path) > 0 && g_get_monotonic_time () < deadline)
    g_main_context_iteration (NULL, FALSE);
  g_assert_cmpuint (count_descriptors (fixture->path), ==, 0);
  g_assert_true (sync_provider_get_connected (vault));
  assert_works (vault);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL), >, 0);

  sync_vault_provider_set_rest (SYNC_VAULT_PROVIDER (vault), 60000);
  assert_works (vault);
  g_assert_cmpuint (count_descriptors (fixture->path), ==, 1);
}

static void
test_a_write_ahead_log_is_given_up (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *log = g_strconcat (fixture->path, "-wal", NULL);

  g_clear_object (&vault);
  vault_fixture_script (fixture->path,
                        "PRAGMA journal_mode = WAL; UPDATE vault_meta SET purged_at = 1");
  vault = vault_fixture_open (fixture, FALSE);
  vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);
  g_assert_false (g_file_test (log, G_FILE_TEST_EXISTS));
}

static void
test_conflicted_copies_are_noticed (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *copy
      = vault_fixture_child (fixture, "vault (Žofie's conflicted copy 2026-01-02).db");
  GPtrArray *warnings = sync_vault_provider_get_warnings (SYNC_VAULT_PROVIDER (vault));
  SyncVaultWarning *warning;

  g_assert_cmpuint (warnings->len, ==, 0);
  g_assert_true (g_file_set_contents (copy, "", 0, NULL));
  assert_works (vault);
  warnings = sync_vault_provider_get_warnings (SYNC_VAULT_PROVIDER (vault));
  g_assert_cmpuint (warnings->len, ==, 1);
  warning = g_ptr_array_index (warnings, 0);
  g_assert_cmpint (warning->code, ==, SYNC_VAULT_WARNING_CONFLICTED_COPY);
  g_assert_cmpstr (warning->subject, ==, copy);
  g_remove (copy);
  assert_works (vault);
  g_assert_cmpuint (sync_vault_provider_get_warnings (SYNC_VAULT_PROVIDER (vault))->len, ==, 0);
}

static void
test_copies_of_known_programs_are_conflicted (void)
{
  static const char *const copies[] = {
    "vault (conflicted copy 2026-01-02 030405).db",
    "vault (Desk's conflicted copy 2026-01-02).db",
    "vault_conflict-20260102-030405.db",
    "vault.sync-conflict-20260102-030405-ABCDEFG.db",
    "vault (SFConflict someone@example.org 2026-01-02-03-04-05).db",
    "vault.Conflict.db",
    "vault (1).db",
    "vault (12).db",
  };
  static const char *const others[] = {
    "vault.db",    "vault.db-journal",      "vault2.db",    "vault-old.db",
    "vault ().db", "vault (a).db",          "conflict.db",  "my conflict",
    "vault (1)",   "vault.sync-conflict-1", "other (1).db",
  };

  for (guint i = 0; i < G_N_ELEMENTS (copies); i++)
    g_assert_true (sync_vault_is_conflicted_copy ("vault.db", copies[i]));
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (sync_vault_is_conflicted_copy ("vault.db", others[i]));
  g_assert_true (sync_vault_is_conflicted_copy ("vault", "vault (1)"));
  g_assert_true (sync_vault_is_conflicted_copy (".vault", ".vault.sync-conflict-20260102-0"));
}

static void
test_network_file_systems_are_known (void)
{
  g_assert_true (sync_vault_is_network_type (0x6969, "nfs4"));
  g_assert_true (sync_vault_is_network_type (0xff534d42, "cifs"));
  g_assert_true (sync_vault_is_network_type (0xfe534d42, "smb3"));
  g_assert_true (sync_vault_is_network_type (0x517b, NULL));
  g_assert_true (sync_vault_is_network_type (0x01021997, "9p"));
  g_assert_true (sync_vault_is_network_type (0x65735546, "fuse.sshfs"));
  g_assert_true (sync_vault_is_network_type (0x65735546, NULL));
  g_assert_false (sync_vault_is_network_type (0x65735546, "fuseblk"));
  g_assert_false (sync_vault_is_network_type (0xef53, "ext4"));
  g_assert_false (sync_vault_is_network_type (0x01021994, "tmpfs"));
  g_assert_false (sync_vault_is_network_type (0x4d44, "vfat"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/vault/file/is-created-only-when-asked", test_is_created_only_when_asked);
  g_test_add_func ("/vault/file/once-seen-is-never-created-again",
                   test_once_seen_is_never_created_again);
  g_test_add_func ("/vault/file/a-folder-is-never-created", test_a_folder_is_never_created);
  g_test_add_func ("/vault/file/an-absent-mount-is-offline-until-it-is-back",
                   test_an_absent_mount_is_offline_until_it_is_back);
  g_test_add_func ("/vault/file/another-database-is-refused-untouched",
                   test_another_database_is_refused_untouched);
  g_test_add_func ("/vault/file/another-file-is-refused-untouched",
                   test_another_file_is_refused_untouched);
  g_test_add_func ("/vault/file/a-folder-is-no-vault", test_a_folder_is_no_vault);
  g_test_add_func ("/vault/file/an-empty-one-is-an-interrupted-creation",
                   test_an_empty_file_is_an_interrupted_creation);
  g_test_add_func ("/vault/file/a-newer-schema-is-refused-untouched",
                   test_a_newer_schema_is_refused_untouched);
  g_test_add_func ("/vault/file/a-schema-that-becomes-newer-while-open-is-noticed",
                   test_a_schema_that_becomes_newer_while_open_is_noticed);
  g_test_add_func ("/vault/file/another-vault-in-its-place-gets-nothing",
                   test_another_vault_in_its_place_gets_nothing);
  g_test_add_func ("/vault/file/a-newer-copy-of-the-vault-is-taken-up",
                   test_a_newer_copy_of_the_vault_is_taken_up);
  g_test_add_func ("/vault/file/damage-is-named-and-nothing-deleted",
                   test_damage_is_named_and_nothing_deleted);
  g_test_add_func ("/vault/file/a-stored-row-that-is-no-json-is-damage",
                   test_a_stored_row_that_is_no_json_is_damage);
  g_test_add_func ("/vault/file/lost-names-are-damage", test_lost_names_are_damage);
  g_test_add_func ("/vault/lock/a-writer-that-stays-is-waited-for-and-then-later",
                   test_a_writer_that_stays_is_waited_for_and_then_later);
  g_test_add_func ("/vault/lock/a-writer-that-ends-is-waited-for",
                   test_a_writer_that_ends_is_waited_for);
  g_test_add_func ("/vault/lock/waiting-can-be-cancelled", test_waiting_can_be_cancelled);
  g_test_add_func ("/vault/lock/waiting-for-the-opening-can-be-cancelled",
                   test_waiting_for_the_opening_can_be_cancelled);
  g_test_add_func ("/vault/file/is-closed-when-nobody-asks",
                   test_the_file_is_closed_when_nobody_asks);
  g_test_add_func ("/vault/file/a-write-ahead-log-is-given-up", test_a_write_ahead_log_is_given_up);
  g_test_add_func ("/vault/warnings/conflicted-copies-are-noticed",
                   test_conflicted_copies_are_noticed);
  g_test_add_func ("/vault/warnings/copies-of-known-programs-are-conflicted",
                   test_copies_of_known_programs_are_conflicted);
  g_test_add_func ("/vault/warnings/network-file-systems-are-known",
                   test_network_file_systems_are_known);
  return g_test_run ();
}
