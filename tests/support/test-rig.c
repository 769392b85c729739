/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-rig.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "sync-table.h"
#include "sync-vault-provider.h"
#include "test-provider.h"

/* The rig's time is what SQLite's triggers read, too. */
static SyncClock *everybodys_clock;

int gettimeofday (struct timeval *restrict now, void *restrict zone);

int
gettimeofday (struct timeval *restrict now, void *restrict zone)
{
  struct timespec real;
  gint64 microseconds;

  if (everybodys_clock != NULL)
    {
      microseconds = sync_clock_now (everybodys_clock);
      now->tv_sec = microseconds / G_USEC_PER_SEC;
      now->tv_usec = microseconds % G_USEC_PER_SEC;
      return 0;
    }
  clock_gettime (CLOCK_REALTIME, &real);
  now->tv_sec = real.tv_sec;
  now->tv_usec = real.tv_nsec / 1000;
  return 0;
}

/* A test's database need not live through a power failure, and flushing it is what would take the time. */
int
fsync (int fd)
{
  return 0;
}

int
fdatasync (int fd)
{
  return 0;
}

/* A run that backs off does not wait in earnest: its rig's time goes on. */
void
g_usleep (gulong microseconds)
{
  const struct timespec pause = { (time_t) (microseconds / G_USEC_PER_SEC),
                                  (long) (microseconds % G_USEC_PER_SEC) * 1000 };

  if (everybodys_clock != NULL && microseconds > G_USEC_PER_SEC / 4)
    test_clock_advance (everybodys_clock, (gint64) microseconds);
  else
    nanosleep (&pause, NULL);
}

/* --- The vault as a cloud ----------------------------------------------------------------------- */

typedef struct
{
  char *path;
  SyncClock *clock;
} VaultCloud;

static gpointer
open_vault (const char *folder, SyncClock *clock)
{
  VaultCloud *vault = g_new0 (VaultCloud, 1);

  vault->path = g_build_filename (folder, "vault.db", NULL);
  vault->clock = g_object_ref (clock);
  return vault;
}

static SyncProvider *
connect_vault (gpointer cloud)
{
  VaultCloud *vault = cloud;
  SyncProvider *provider = sync_vault_provider_new (vault->path, vault->clock);

  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (provider), TRUE);
  return provider;
}

static void
close_vault (gpointer cloud)
{
  VaultCloud *vault = cloud;

  g_object_unref (vault->clock);
  g_free (vault->path);
  g_free (vault);
}

const TestBackend test_backend_vault = {
  .name = "vault",
  .open = open_vault,
  .connect = connect_vault,
  .close = close_vault,
};

/* --- The rig ------------------------------------------------------------------------------------ */

static void
device_free (TestDevice *device)
{
  test_device_close (device);
  g_clear_object (&device->faults);
  g_free (device->name);
  g_free (device->path);
  g_free (device);
}

TestRig *
test_rig_new (const TestBackend *backend, const char *schema)
{
  g_autoptr (TestRig) rig = g_new0 (TestRig, 1);

  rig->backend = backend;
  rig->folder = test_folder_new ();
  rig->clock = test_clock_new (g_get_real_time ());
  rig->cloud_clock = test_clock_new (sync_clock_now (rig->clock));
  rig->schema = g_strdup (schema);
  rig->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) device_free);
  rig->cloud = backend->open (rig->folder, rig->cloud_clock);
  if (rig->cloud == NULL)
    return NULL;
  everybodys_clock = rig->clock;
  return g_steal_pointer (&rig);
}

void
test_rig_free (TestRig *rig)
{
  test_faults_deliver ();
  g_ptr_array_unref (rig->devices);
  everybodys_clock = NULL;
  if (rig->cloud != NULL)
    rig->backend->close (rig->cloud);
  test_folder_remove (rig->folder);
  g_object_unref (rig->clock);
  g_object_unref (rig->cloud_clock);
  g_free (rig->folder);
  g_free (rig->schema);
  g_free (rig);
}

typedef struct
{
  const TestBackend *backend;
  const TestRigCase *given;
} Case;

static void
run_case (gconstpointer data)
{
  const Case *it = data;
  g_autoptr (TestRig) rig = test_rig_new (it->backend, it->given->schema);

  if (rig != NULL)
    it->given->test (rig);
}

void
test_rig_add_cases (const TestBackend *backend, const char *path, const TestRigCase *cases, gsize n_cases)
{
  for (gsize i = 0; i < n_cases; i++)
    {
      g_autofree char *name = g_strconcat (path, "/", cases[i].name, NULL);
      Case *it = g_new (Case, 1);

      *it = (Case) { backend, &cases[i] };
      g_test_add_data_func_full (name, it, run_case, g_free);
    }
}

void
test_rig_advance (TestRig *rig, gint64 microseconds)
{
  test_clock_advance (rig->clock, microseconds);
  test_clock_advance (rig->cloud_clock, microseconds);
}

SyncProvider *
test_rig_connect (TestRig *rig)
{
  return rig->backend->connect (rig->cloud);
}

/* --- A vault's owner ---------------------------------------------------------------------------- */

char *
test_rig_vault_path (TestRig *rig)
{
  return g_strdup (((VaultCloud *) rig->cloud)->path);
}

void
test_rig_purge (TestRig *rig)
{
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_vault_provider_purge_async (SYNC_VAULT_PROVIDER (provider), NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  sync_vault_provider_purge_finish (SYNC_VAULT_PROVIDER (provider), result, &error);
  g_assert_no_error (error);
}

void
test_rig_new_epoch (TestRig *rig)
{
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autofree char *epoch = NULL;
  g_autoptr (GError) error = NULL;

  sync_vault_provider_new_epoch_async (SYNC_VAULT_PROVIDER (provider), NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  epoch = sync_vault_provider_new_epoch_finish (SYNC_VAULT_PROVIDER (provider), result, &error);
  g_assert_no_error (error);
}

static void copy_database (const char *from, const char *to);

void
test_rig_save_vault (TestRig *rig)
{
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *copy = g_strconcat (path, ".copy", NULL);

  copy_database (path, copy);
}

/* Whoever has the vault open is another program's run: everybody begins anew. */
gboolean
test_rig_load_vault (TestRig *rig)
{
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *copy = g_strconcat (path, ".copy", NULL);

  if (!g_file_test (copy, G_FILE_TEST_EXISTS))
    return FALSE;
  copy_database (copy, path);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_reconnect (g_ptr_array_index (rig->devices, i));
  return TRUE;
}

/* --- Devices ------------------------------------------------------------------------------------ */

typedef struct
{
  TestDeviceFunc func;
  SyncStore *store;
  gpointer data;
} Work;

static gboolean
do_work (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *work = data;

  return work->func (work->store, work->data, error);
}

gboolean
test_device_call (TestDevice *device, TestDeviceFunc func, gpointer data, GError **error)
{
  Work work = { func, device->store, data };

  return sync_worker_call (sync_store_get_worker (device->store), do_work, &work, NULL, error);
}

static gboolean
prepare_cloud (SyncStore *store, gpointer data, GError **error)
{
  TestRig *rig = data;

  rig->backend->prepare (rig->cloud, sync_store_get_entities (store));
  return TRUE;
}

void
test_device_open (TestDevice *device)
{
  g_autoptr (GError) error = NULL;

  device->store = sync_store_open (device->path, SYNC_STORE_CREATE, NULL, device->rig->clock, &error);
  g_assert_no_error (error);
  device->owner = sync_connection_open (device->path, 0, 5000, &error);
  g_assert_no_error (error);
  test_sql (device->owner, "PRAGMA foreign_keys = ON");
}

void
test_device_close (TestDevice *device)
{
  g_clear_pointer (&device->owner, sync_connection_close);
  if (device->store != NULL)
    sync_store_close (device->store);
  g_clear_object (&device->store);
}

void
test_device_reconnect (TestDevice *device)
{
  g_autoptr (SyncProvider) provider = test_rig_connect (device->rig);

  test_faults_set_inner (device->faults, provider);
}

static void
write_first_rows (TestRig *rig, const char *path, const char *rows)
{
  g_autoptr (GError) error = NULL;
  SyncConnection *owner = sync_connection_open (path, SYNC_OPEN_CREATE, 5000, &error);

  g_assert_no_error (error);
  test_sql (owner, "PRAGMA foreign_keys = ON");
  test_sql (owner, rig->schema);
  if (rows != NULL)
    test_sql (owner, rows);
  sync_connection_close (owner);
}

static TestDevice *
add_device (TestRig *rig, const char *name)
{
  TestDevice *device = g_new0 (TestDevice, 1);
  g_autofree char *file = g_strconcat (name, ".db", NULL);
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);

  device->rig = rig;
  device->name = g_strdup (name);
  device->path = g_build_filename (rig->folder, file, NULL);
  device->faults = TEST_FAULTS (test_faults_new (provider));
  g_ptr_array_add (rig->devices, device);
  return device;
}

TestDevice *
test_rig_add_with_rows (TestRig *rig, const char *name, const char *rows)
{
  TestDevice *device = add_device (rig, name);
  gboolean first = rig->devices->len == 1;
  g_autoptr (GError) error = NULL;

  if (rig->schema != NULL)
    write_first_rows (rig, device->path, rows);
  test_device_open (device);
  if (first && rig->backend->prepare != NULL)
    test_device_call (device, prepare_cloud, rig, &error);
  g_assert_no_error (error);
  return device;
}

TestDevice *
test_rig_add (TestRig *rig, const char *name)
{
  return test_rig_add_with_rows (rig, name, NULL);
}

static void
copy_file (const char *from, const char *to)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_test (from, G_FILE_TEST_EXISTS))
    {
      g_unlink (to);
      return;
    }
  g_file_get_contents (from, &contents, &length, &error);
  g_assert_no_error (error);
  g_file_set_contents_full (to, contents, (gssize) length, G_FILE_SET_CONTENTS_NONE, 0600, &error);
  g_assert_no_error (error);
}

static void
copy_database (const char *from, const char *to)
{
  static const char *const parts[] = { "", "-wal", "-journal" };
  g_autofree char *index = g_strconcat (to, "-shm", NULL);

  g_unlink (index);
  for (guint i = 0; i < G_N_ELEMENTS (parts); i++)
    {
      g_autofree char *source = g_strconcat (from, parts[i], NULL);
      g_autofree char *target = g_strconcat (to, parts[i], NULL);

      copy_file (source, target);
    }
}

void
test_device_save (TestDevice *device, const char *copy)
{
  g_autofree char *path = g_build_filename (device->rig->folder, copy, NULL);

  copy_database (device->path, path);
}

void
test_device_load (TestDevice *device, const char *copy)
{
  g_autofree char *path = g_build_filename (device->rig->folder, copy, NULL);

  test_device_close (device);
  copy_database (path, device->path);
  test_device_open (device);
}

TestDevice *
test_rig_clone (TestRig *rig, TestDevice *device, const char *name)
{
  TestDevice *clone = add_device (rig, name);

  copy_database (device->path, clone->path);
  test_device_open (clone);
  return clone;
}

void
test_rig_remove (TestRig *rig, TestDevice *device)
{
  g_ptr_array_remove (rig->devices, device);
}

void
test_rig_set_active (TestRig *rig, TestDevice *device, gboolean active)
{
  g_autofree char *id = test_device_query (device, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) error = NULL;
  SyncDevice *row;

  state = test_get_state (provider, TRUE, &error);
  g_assert_no_error (error);
  row = sync_cloud_state_find_device (state, g_strchomp (id));
  g_assert_nonnull (row);
  row->active = active;
  test_put_device (provider, row, &error);
  g_assert_no_error (error);
}

/* --- The application ---------------------------------------------------------------------------- */

void
test_device_sql (TestDevice *device, const char *sql)
{
  test_sql (device->owner, sql);
}

void
test_device_sqlf (TestDevice *device, const char *format, ...)
{
  g_autofree char *sql = NULL;
  va_list arguments;

  va_start (arguments, format);
  sql = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  test_sql (device->owner, sql);
}

gboolean
test_device_try_sql (TestDevice *device, const char *sql, GError **error)
{
  if (sync_connection_script (device->owner, sql, error))
    return TRUE;
  sync_connection_rollback (device->owner);
  return FALSE;
}

char *
test_device_query (TestDevice *device, const char *sql)
{
  return test_query (device->owner, sql);
}

void
test_device_expect (TestDevice *device, const char *sql, const char *expected)
{
  g_autofree char *rows = test_query (device->owner, sql);

  if (!g_str_equal (rows, expected))
    g_error ("%s: %s: “%s” instead of “%s”", device->name, sql, rows, expected);
}

/* --- Runs --------------------------------------------------------------------------------------- */

SyncResult *
test_device_run (TestDevice *device, SyncRunKind kind, const SyncRunOptions *options)
{
  SyncRunSetup setup = {
    .store = device->store,
    .provider = SYNC_PROVIDER (device->faults),
    .context = g_main_context_default (),
    .kind = kind,
    .config = { .max_retries = 3 },
  };

  if (options != NULL)
    setup.options = *options;
  return sync_run_execute (&setup);
}

void
test_device_do (TestDevice *device, SyncRunKind kind, const SyncRunOptions *options)
{
  g_autoptr (SyncResult) result = test_device_run (device, kind, options);

  if (result->error != NULL)
    g_error ("%s: %s: %s", device->name, sync_run_kind_to_string (kind), result->error->message);
}

void
test_device_sync (TestDevice *device)
{
  test_device_do (device, SYNC_RUN_SYNC, NULL);
}

void
test_device_fail (TestDevice *device, SyncError code)
{
  g_autoptr (SyncResult) result = test_device_run (device, SYNC_RUN_SYNC, NULL);

  g_assert_error (result->error, SYNC_ERROR, (int) code);
}

/* All of the file but the history. */
static char *
describe_file (TestDevice *device)
{
  g_autoptr (GString) all = g_string_new (NULL);
  g_autofree char *tables = test_query (
      device->owner, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' "
                     "AND name NOT IN ('psync_history', 'psync_meta') ORDER BY name");
  g_auto (GStrv) names = g_strsplit (g_strchomp (tables), "\n", -1);

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_autofree char *name = sync_sql_quote_identifier (names[i]);
      g_autofree char *sql = g_strdup_printf ("SELECT * FROM %s", name);
      g_autofree char *rows = test_query (device->owner, sql);

      g_string_append_printf (all, "-- %s\n%s", names[i], rows);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

void
test_device_assert_quiet (TestDevice *device)
{
  g_autofree char *before = describe_file (device);
  g_autofree char *after = NULL;
  g_autoptr (SyncResult) result = NULL;

  test_faults_reset_counts (device->faults);
  result = test_device_run (device, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  after = describe_file (device);
  if (result->outcome != SYNC_OUTCOME_NOTHING || test_faults_count_all (device->faults) != 1)
    g_error ("%s: a second sync was “%s” with %u requests\n%s", device->name,
             sync_outcome_to_string (result->outcome), test_faults_count_all (device->faults), after);
  g_assert_cmpstr (before, ==, after);
}

void
test_device_assert_clean (TestDevice *device)
{
  test_device_expect (device, "SELECT * FROM psync_change", "");
  test_device_expect (device, "SELECT * FROM psync_sent", "");
  test_device_expect (device, "SELECT batch FROM psync_batch", "");
  test_device_expect (device, "SELECT * FROM psync_held", "");
  test_device_expect (device, "SELECT * FROM psync_conflict WHERE state = 'open'", "");
  test_device_expect (device, "SELECT * FROM psync_applying", "");
  test_device_expect (device, "SELECT * FROM psync_seen", "");
}

/* --- Convergence -------------------------------------------------------------------------------- */

void
test_rig_settle (TestRig *rig)
{
  gboolean busy = TRUE;

  for (guint round = 0; busy && round < 20; round++)
    {
      busy = FALSE;
      for (guint i = 0; i < rig->devices->len; i++)
        {
          TestDevice *device = g_ptr_array_index (rig->devices, i);
          g_autoptr (SyncResult) result = test_device_run (device, SYNC_RUN_SYNC, NULL);

          if (result->error != NULL)
            g_error ("%s: %s", device->name, result->error->message);
          busy = busy || result->outcome != SYNC_OUTCOME_NOTHING;
        }
    }
  if (busy)
    g_error ("The devices do not come to rest");
}

/* The rows of one entity: id → JSON, in rows of `entity`. */
typedef struct
{
  char *entity;
  GBytes *page;        /* of the cloud; NULL: the local table's */
  GHashTable *rows;    /* (element-type utf8 SyncRow) */
  SyncEntity *columns; /* what the rows are rows of */
  gint64 last_version;
} Rows;

static void
rows_clear (Rows *rows)
{
  g_clear_pointer (&rows->rows, g_hash_table_unref);
  g_clear_pointer (&rows->columns, sync_entity_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rows, rows_clear)

static gboolean
read_local (SyncStore *store, Rows *rows, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncTable *table = sync_store_get_table (store, rows->columns, error);
  g_autoptr (GString) sql = g_string_new ("SELECT ");
  SyncStatement *statement;

  if (table == NULL)
    return FALSE;
  sync_table_append_columns (table, sql, NULL);
  g_string_append (sql, " FROM main.");
  sync_sql_append_identifier (sql, rows->columns->table);
  statement = sync_connection_prepare (connection, sql->str, error);
  if (statement == NULL)
    return FALSE;
  while (sync_statement_step (statement, error) == SYNC_STEP_ROW)
    {
      SyncRow *row = sync_row_new (rows->columns);
      g_autoptr (GString) id = g_string_new (NULL);

      /* A row that cannot travel is nobody else's business. */
      if (!sync_table_read_columns (table, statement, 0, row, NULL) || !sync_table_row_id (table, row, id))
        sync_row_free (row);
      else
        g_hash_table_insert (rows->rows, g_strdup (id->str), row);
    }
  sync_statement_reset (statement);
  return *error == NULL;
}

static gboolean
read_page (SyncStore *store, Rows *rows, GError **error)
{
  SyncTable *table = sync_store_get_table (store, rows->columns, error);
  g_autoptr (SyncRow) row = sync_row_new (rows->columns);
  g_autoptr (GString) id = g_string_new (NULL);
  SyncJsonReader reader;

  sync_json_reader_init (&reader, g_bytes_get_data (rows->page, NULL), g_bytes_get_size (rows->page));
  g_assert_true (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader))
    {
      SyncStamps stamps;
      SyncRow *copy;

      if (!sync_row_parse (row, &reader, &stamps, NULL, error))
        return FALSE;
      rows->last_version = stamps.version;
      g_assert_true (sync_table_row_id (table, row, id));
      if (stamps.deleted)
        continue;
      copy = sync_row_new (rows->columns);
      sync_row_copy (copy, row);
      g_hash_table_insert (rows->rows, g_strdup (id->str), copy);
    }
  return TRUE;
}

static gboolean
read_rows (SyncStore *store, gpointer data, GError **error)
{
  Rows *rows = data;

  rows->columns = sync_entity_ref (sync_store_find_entity (store, rows->entity));
  if (rows->rows == NULL)
    rows->rows
        = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) sync_row_free);
  return rows->page != NULL ? read_page (store, rows, error) : read_local (store, rows, error);
}

static void
read_device (TestDevice *device, Rows *rows)
{
  g_autoptr (GError) error = NULL;

  test_device_call (device, read_rows, rows, &error);
  g_assert_no_error (error);
}

static gboolean
find_entity (SyncStore *store, gpointer data, GError **error)
{
  Rows *rows = data;

  rows->columns = sync_entity_ref (sync_store_find_entity (store, rows->entity));
  return TRUE;
}

static void
read_cloud (TestDevice *device, SyncProvider *provider, Rows *rows)
{
  g_autoptr (GError) error = NULL;
  gint64 since = -1;

  test_device_call (device, find_entity, rows, NULL);
  while (since != rows->last_version)
    {
      SyncPullQuery query = { .since = MAX (since = rows->last_version, 0), .limit = 1000 };
      g_autoptr (GBytes) page = test_pull (provider, rows->columns, &query, &error);

      g_assert_no_error (error);
      rows->page = page;
      g_clear_pointer (&rows->columns, sync_entity_unref);
      read_device (device, rows);
    }
}

static void
append_difference (GString *out, const char *where, const char *id, const SyncRow *a, const SyncRow *b)
{
  g_autofree char *here = a != NULL ? sync_row_to_json (a) : g_strdup ("nothing");
  g_autofree char *there = b != NULL ? sync_row_to_json (b) : g_strdup ("nothing");

  g_string_append_printf (out, "%s, row %s: %s instead of %s\n", where, id, here, there);
}

static gboolean
is_held (const char *held, const char *id)
{
  g_autofree char *line = g_strdup_printf ("\n%s\n", id);

  return strstr (held, line) != NULL;
}

/* But for the ids in `held`, each between line feeds. */
static void
compare_rows (GString *out, const char *where, Rows *rows, Rows *expected, const char *held)
{
  GHashTableIter iter;
  gpointer id, row;

  g_hash_table_iter_init (&iter, expected->rows);
  while (g_hash_table_iter_next (&iter, &id, &row))
    {
      SyncRow *other = g_hash_table_lookup (rows->rows, id);

      if ((other == NULL || !sync_row_equal (row, other)) && !is_held (held, id))
        append_difference (out, where, id, other, row);
    }
  g_hash_table_iter_init (&iter, rows->rows);
  while (g_hash_table_iter_next (&iter, &id, &row))
    if (!g_hash_table_contains (expected->rows, id) && !is_held (held, id))
      append_difference (out, where, id, row, NULL);
}

static char *
held_sql (const char *entity)
{
  GString *sql = g_string_new ("SELECT id FROM psync_held WHERE entity = ");

  sync_sql_append_literal (sql, entity);
  return g_string_free (sql, FALSE);
}

static void
compare_entity (TestRig *rig, GString *out, const char *entity)
{
  g_auto (Rows) cloud = { .entity = (char *) entity };
  TestDevice *first = g_ptr_array_index (rig->devices, 0);
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);

  read_cloud (first, provider, &cloud);
  for (guint i = 0; i < rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (rig->devices, i);
      g_auto (Rows) local = { .entity = (char *) entity };
      g_autofree char *where = g_strdup_printf ("%s of %s against the cloud", entity, device->name);
      g_autofree char *sql = held_sql (entity);
      g_autofree char *ids = test_device_query (device, sql);
      g_autofree char *held = g_strconcat ("\n", ids, NULL);

      read_device (device, &local);
      compare_rows (out, where, &local, &cloud, held);
    }
}

char *
test_rig_compare (TestRig *rig)
{
  TestDevice *first = g_ptr_array_index (rig->devices, 0);
  g_autofree char *list = test_device_query (first, "SELECT name FROM psync_entity ORDER BY position");
  g_auto (GStrv) entities = g_strsplit (g_strchomp (list), "\n", -1);
  GString *out = g_string_new (NULL);

  for (guint i = 0; entities[i] != NULL; i++)
    compare_entity (rig, out, entities[i]);
  return g_string_free (out, FALSE);
}

void
test_rig_assert_equal (TestRig *rig)
{
  g_autofree char *differences = test_rig_compare (rig);

  g_assert_cmpstr (differences, ==, "");
}

void
test_rig_assert_converged (TestRig *rig)
{
  test_rig_settle (rig);
  test_rig_assert_equal (rig);
  for (guint i = 0; i < rig->devices->len; i++)
    {
      test_device_assert_clean (g_ptr_array_index (rig->devices, i));
      test_device_assert_quiet (g_ptr_array_index (rig->devices, i));
    }
}
