/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-vault-provider.h"
#include "test-rig.h"

/* What goes wrong on this computer, at every request of a run: a full disk, a database or a vault that others hold,
 * a clock that jumps, another program that writes, a vault that is gone. Afterwards nothing is lost. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
#define NO_CONFLICT "SELECT entity, id, kind, resolution FROM psync_conflict"
#define SHORT_MS 20

typedef struct Trouble Trouble;
typedef void (*TroubleFunc) (Trouble *trouble);

/**
 * Trouble:
 * @name: in the test's name
 * @code: what a run may end with
 * @begin: (nullable): before the run
 * @strike: (nullable): before one of its requests
 * @end: (nullable): after the run
 * @every: whether it strikes at every request rather than at one
 */
struct Trouble
{
  const char *name;
  SyncError code;
  TroubleFunc begin, strike, end;
  gboolean every;

  TestRig *rig;
  TestDevice *device;
  SyncConnection *other;
  guint at;
  guint n;
  gboolean happened;
};

static TestFault
meet (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Trouble *trouble = data;

  if (number != trouble->at && !trouble->every)
    return TEST_FAULT_NONE;
  trouble->happened = TRUE;
  if (trouble->strike != NULL)
    trouble->strike (trouble);
  return TEST_FAULT_NONE;
}

/* --- Troubles ------------------------------------------------------------------------------------ */

static gboolean
set_short_patience (SyncStore *store, gpointer data, GError **error)
{
  sync_connection_set_busy_timeout (sync_store_get_connection (store), GPOINTER_TO_UINT (data));
  return TRUE;
}

static void
begin_lock (Trouble *trouble)
{
  test_device_call (trouble->device, set_short_patience, GUINT_TO_POINTER (SHORT_MS), NULL);
}

static void
lock_database (Trouble *trouble)
{
  if (sync_connection_in_transaction (trouble->device->owner))
    return;
  test_device_sql (trouble->device, "BEGIN IMMEDIATE");
}

static void
end_lock (Trouble *trouble)
{
  if (sync_connection_in_transaction (trouble->device->owner))
    test_device_sql (trouble->device, "INSERT INTO notes VALUES ('meanwhile', 'w', 'w', 1); COMMIT");
  test_device_sql (trouble->device, "DELETE FROM notes WHERE id = 'meanwhile'");
  test_device_call (trouble->device, set_short_patience, GUINT_TO_POINTER (5000), NULL);
}

static SyncVaultProvider *
get_vault (Trouble *trouble)
{
  return SYNC_VAULT_PROVIDER (test_faults_get_inner (trouble->device->faults));
}

static void
begin_vault_lock (Trouble *trouble)
{
  test_device_reconnect (trouble->device);
  sync_vault_provider_set_patience (get_vault (trouble), SHORT_MS);
}

static void
lock_vault (Trouble *trouble)
{
  g_autofree char *path = test_rig_vault_path (trouble->rig);
  g_autoptr (GError) error = NULL;

  if (trouble->other != NULL)
    return;
  trouble->other = sync_connection_open (path, 0, 5000, &error);
  g_assert_no_error (error);
  test_sql (trouble->other, "BEGIN EXCLUSIVE");
}

static void
end_vault_lock (Trouble *trouble)
{
  if (trouble->other != NULL)
    sync_connection_rollback (trouble->other);
  g_clear_pointer (&trouble->other, sync_connection_close);
  test_device_reconnect (trouble->device);
}

static void
rename_vault (Trouble *trouble, const char *from, const char *to)
{
  g_autofree char *path = test_rig_vault_path (trouble->rig);
  g_autofree char *source = g_strconcat (path, from, NULL);
  g_autofree char *target = g_strconcat (path, to, NULL);

  if (g_file_test (source, G_FILE_TEST_EXISTS))
    g_assert_cmpint (g_rename (source, target), ==, 0);
}

static void
take_vault_away (Trouble *trouble)
{
  rename_vault (trouble, "", ".away");
}

static void
bring_vault_back (Trouble *trouble)
{
  g_autofree char *path = test_rig_vault_path (trouble->rig);

  /* Nobody made a new one in its place. */
  if (trouble->happened)
    g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  rename_vault (trouble, ".away", "");
}

static void
jump (Trouble *trouble)
{
  static const gint64 jumps[] = { -400 * G_TIME_SPAN_DAY, 3 * G_TIME_SPAN_HOUR, 800 * G_TIME_SPAN_DAY,
                                  -G_TIME_SPAN_MINUTE, -403 * G_TIME_SPAN_DAY };

  test_clock_set (trouble->rig->clock,
                  sync_clock_now (trouble->rig->clock) + jumps[trouble->n++ % G_N_ELEMENTS (jumps)]);
}

/* A process of its own, with a row that it changes again and again. */
static void
write_elsewhere (Trouble *trouble)
{
  g_autofree char *sql
      = g_strdup_printf (".timeout 5000\nINSERT INTO notes VALUES ('other', 'o', 'o', %u) ON CONFLICT DO UPDATE "
                         "SET rank = excluded.rank;", trouble->n++);

  g_assert_true (test_shell (trouble->device->path, sql, NULL));
}

static void
end_writing (Trouble *trouble)
{
  g_autofree char *expected = g_strdup_printf ("%u\n", trouble->n - 1);

  if (trouble->happened)
    test_device_expect (trouble->device, "SELECT rank FROM notes WHERE id = 'other'", expected);
  test_device_sql (trouble->device, "DELETE FROM notes WHERE id = 'other'");
}

/* --- Work and what must come of it --------------------------------------------------------------- */

static void
prepare_work (TestRig *rig, TestDevice *a, TestDevice *b)
{
  test_device_sql (a, "INSERT INTO notes VALUES ('1', 't', 'b', 1), ('2', 't', 'b', 2), ('3', 't', 'b', 3), "
                      "('4', 't', 'b', 4)");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'by a' WHERE id IN ('1', '2'); DELETE FROM notes WHERE id = '3';"
                      "INSERT INTO notes VALUES ('a', 'new', 'new', 1)");
  test_device_sql (b, "UPDATE notes SET body = 'by b' WHERE id IN ('1', '4');"
                      "INSERT INTO notes VALUES ('b', 'new', 'new', 1)");
  test_device_sync (b);
  test_faults_set_page_cap (a->faults, 2);
}

static gboolean
try_trouble (const Trouble *plan, guint at)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NOTES);
  TestDevice *a = test_rig_add (rig, "a"), *b = test_rig_add (rig, "b");
  SyncRunOptions options = { .batch_size = 2 };
  Trouble trouble = *plan;
  g_autoptr (SyncResult) result = NULL;

  trouble.rig = rig;
  trouble.device = a;
  trouble.at = at;
  prepare_work (rig, a, b);
  if (trouble.begin != NULL)
    trouble.begin (&trouble);
  test_faults_reset_counts (a->faults);
  test_faults_set_hooks (a->faults, meet, NULL, &trouble);
  result = test_device_run (a, SYNC_RUN_SYNC, &options);
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  if (result->error != NULL && !g_error_matches (result->error, SYNC_ERROR, (int) trouble.code))
    g_error ("%s at request %u: %s", trouble.name, at, result->error->message);
  if (trouble.end != NULL)
    trouble.end (&trouble);
  test_rig_advance (rig, 10 * G_TIME_SPAN_MINUTE);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title, body FROM notes ORDER BY id",
                      "1|by a|by b\n2|by a|b\n4|t|by b\na|new|new\nb|new|new\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
  return trouble.happened;
}

static void
test_trouble (gconstpointer data)
{
  guint at = 0;

  while (try_trouble (data, at) && !((const Trouble *) data)->every)
    at++;
  if (!((const Trouble *) data)->every)
    g_assert_cmpuint (at, >, 7);
}

/* --- A full disk --------------------------------------------------------------------------------- */

typedef struct
{
  gint64 spare; /* pages; -1: as many as it wants */
} Disk;

static gboolean
set_disk (SyncStore *store, gpointer data, GError **error)
{
  const Disk *disk = data;
  SyncConnection *connection = sync_store_get_connection (store);
  g_autofree char *sql = NULL;
  gint64 pages, limit;

  if (!sync_connection_query_int64 (connection, 0, &pages, error, "PRAGMA page_count", NULL))
    return FALSE;
  sql = g_strdup_printf ("PRAGMA max_page_count = %" G_GINT64_FORMAT,
                         disk->spare < 0 ? G_MAXINT32 : pages + disk->spare);
  return sync_connection_query_int64 (connection, 0, &limit, error, sql, NULL);
}

/* Whether it was full. */
static gboolean
try_full_disk (gint64 spare)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NOTES);
  TestDevice *a = test_rig_add (rig, "a"), *b = test_rig_add (rig, "b");
  SyncRunOptions options = { .batch_size = 5 };
  g_autoptr (SyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  gboolean full;
  Disk disk = { spare };

  prepare_work (rig, a, b);
  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 8) "
                      "INSERT INTO notes SELECT 'long a' || i, hex (zeroblob (1500)), 'b', i FROM n");
  test_device_sql (b, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 8) "
                      "INSERT INTO notes SELECT 'long b' || i, hex (zeroblob (1500)), 'b', i FROM n");
  test_device_sync (b);
  test_device_call (a, set_disk, &disk, &error);
  g_assert_no_error (error);
  result = test_device_run (a, SYNC_RUN_SYNC, &options);
  full = result->error != NULL;
  if (full)
    g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_DISK_FULL);
  disk.spare = -1;
  test_device_call (a, set_disk, &disk, &error);
  g_assert_no_error (error);
  test_rig_advance (rig, 10 * G_TIME_SPAN_MINUTE);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*), sum(length(title)) FROM notes WHERE id LIKE 'long%'", "16|48000\n");
  test_device_expect (a, "SELECT id, title, body FROM notes WHERE id NOT LIKE 'long%' ORDER BY id",
                      "1|by a|by b\n2|by a|b\n4|t|by b\na|new|new\nb|new|new\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
  return full;
}

static void
test_full_disk (void)
{
  gint64 spare = 0;

  while (try_full_disk (spare))
    spare++;
  g_test_message ("%d pages were needed", (int) spare);
  g_assert_cmpint (spare, >, 10);
}

/* --- A database that its owner holds ------------------------------------------------------------- */

typedef struct
{
  const char *path;
  GAsyncQueue *began; /* gets an item when it holds the database */
} Owner;

static gpointer
let_go (gpointer data)
{
  Owner *held = data;
  g_autoptr (GError) error = NULL;
  SyncConnection *owner = sync_connection_open (held->path, 0, 5000, &error);

  g_assert_no_error (error);
  test_sql (owner, "BEGIN IMMEDIATE");
  g_async_queue_push (held->began, held);
  g_usleep (200 * G_TIME_SPAN_MILLISECOND);
  test_sql (owner, "INSERT INTO notes VALUES ('held', 'h', 'h', 1); COMMIT");
  sync_connection_close (owner);
  return NULL;
}

/* Who ends in time is waited for. */
static void
test_wait_for_owner (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NOTES);
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (GAsyncQueue) began = g_async_queue_new ();
  Owner held = { a->path, began };
  GThread *thread;

  test_device_sql (a, "INSERT INTO notes VALUES ('1', 't', 'b', 1)");
  thread = g_thread_new ("owner", let_go, &held);
  g_async_queue_pop (began);
  test_device_sync (a);
  g_thread_join (thread);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM notes ORDER BY id", "1\nheld\n");
}

/* --- A database that is replaced ----------------------------------------------------------------- */

/* Who has the old file open writes to what nobody sees any more: it stops, and says so. Opened again all is well. */
static void
test_replaced_database (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NOTES);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autofree char *away = g_strconcat (a->path, ".away", NULL);
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "INSERT INTO notes (id, title) VALUES ('1', 'one')");
  test_rig_settle (rig);
  test_device_save (a, "backup");
  test_device_sql (b, "INSERT INTO notes (id, title) VALUES ('2', 'two')");
  test_device_sync (b);
  g_assert_cmpint (g_rename (a->path, away), ==, 0);
  g_file_set_contents (a->path, "", 0, NULL);
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (result->error)->reason, ==, "moved");
  test_device_expect (a, "SELECT id FROM notes", "1\n");
  g_assert_cmpint (g_rename (away, a->path), ==, 0);
  test_device_sync (a);
  test_device_load (a, "backup");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM notes ORDER BY id", "1\n2\n");
}

static const Trouble troubles[] = {
  { "database-locked-by-its-owner", SYNC_ERROR_BUSY, begin_lock, lock_database, end_lock },
  { "vault-locked-by-another-program", SYNC_ERROR_LATER, begin_vault_lock, lock_vault, end_vault_lock },
  { "vault-gone", SYNC_ERROR_OFFLINE, NULL, take_vault_away, bring_vault_back },
  { "clock-jumps", SYNC_ERROR_FAILED, NULL, jump, NULL },
  { "clock-jumps-at-every-request", SYNC_ERROR_FAILED, NULL, jump, NULL, TRUE },
  { "another-program-writes", SYNC_ERROR_FAILED, NULL, write_elsewhere, end_writing },
  { "another-program-writes-at-every-request", SYNC_ERROR_FAILED, NULL, write_elsewhere, end_writing, TRUE },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (troubles); i++)
    {
      g_autofree char *path = g_strconcat ("/client/every-request/", troubles[i].name, NULL);

      g_test_add_data_func (path, &troubles[i], test_trouble);
    }
  g_test_add_func ("/client/disk-full-at-every-page", test_full_disk);
  g_test_add_func ("/client/a-database-that-was-replaced", test_replaced_database);
  g_test_add_func ("/client/an-owner-who-ends-in-time-is-waited-for", test_wait_for_owner);
  return g_test_run ();
}
