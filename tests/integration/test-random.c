/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-store.h"
#include "sync-queue-store.h"
#include "sync-resolve.h"
#include "test-rig.h"

#include <stdlib.h>

/* Devices that write, sync, seed, hydrate, crash, are copied and restored at random, with a cloud that loses
 * replies, is restored and purged. Afterwards everybody has the same rows, nothing waits, and nothing that was
 * written is gone but by a later write or with a record of it.
 *
 * PSYNC_TEST_SEED and PSYNC_TEST_COUNT: which schedules, instead of new ones. PSYNC_TEST_VERBOSE: what they do. */

#define SCHEDULES 100
#define MAX_DEVICES 4
#define HEAL_ROUNDS 30

/* What a schedule may do beside writing and syncing. */
typedef enum
{
  MAY_LOSE = 1 << 0,     /* replies and requests */
  MAY_CRASH = 1 << 1,
  MAY_COPY = 1 << 2,     /* databases copied, and restored from copies */
  MAY_RESTORE = 1 << 3,  /* the cloud restored, and its epochs */
  MAY_PURGE = 1 << 4,
  MAY_MEDDLE = 1 << 5,   /* other devices and the owner in the middle of a run */
  MAY_SEED = 1 << 6,     /* and hydrate */
  MAY_DECIDE = 1 << 7,   /* people undo, discard */
  MAY_DROP = 1 << 8,     /* the owner drops our triggers */
  MAY_ALTER = 1 << 9,    /* the owner adds a column */
  MAY_CHOOSE = 1 << 10,  /* runs of one entity; entities that are disabled for a while */
} May;

typedef struct
{
  const char *schema;
  const char *tables[3];
} Shape;

/* In every table the columns a and b, and one that may be added, hold values that are never written twice. */
static const Shape shapes[] = {
  { "CREATE TABLE t (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT);", { "t" } },
  { "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT, b TEXT);"
    "CREATE TABLE r (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, parent INTEGER REFERENCES n (id) "
    "ON DELETE CASCADE);",
    { "n", "r" } },
  { "CREATE TABLE p (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT);"
    "CREATE TABLE c (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, parent TEXT REFERENCES p (id) "
    "ON DELETE CASCADE);",
    { "p", "c" } },
  { "CREATE TABLE p (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT);"
    "CREATE TABLE c (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, parent TEXT REFERENCES p (id) "
    "ON DELETE SET NULL);",
    { "p", "c" } },
  { "CREATE TABLE u (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, x TEXT UNIQUE);", { "u" } },
  { "CREATE TABLE s (id TEXT PRIMARY KEY NOT NULL, a TEXT, b TEXT, edits INTEGER DEFAULT 0);"
    "CREATE TRIGGER count_edits AFTER UPDATE OF a, b ON s BEGIN "
    "UPDATE s SET edits = edits + 1 WHERE id = NEW.id; END;",
    { "s" } },
};

static const char *const strategies[] = { "newest", "local", "remote", "manual" };

/**
 * Sim:
 *
 * One schedule.
 */
typedef struct
{
  guint32 seed;
  GRand *random;
  TestRig *rig;
  const Shape *shape;
  May may;
  guint n_keys;
  guint next_value;
  guint next_copy;
  guint next_name;
  GHashTable *written;    /* (element-type utf8): values that somebody wrote */
  GHashTable *superseded; /* (element-type utf8): written over, or deleted, by who saw them */
  GHashTable *excused;    /* (element-type utf8): gone with a file that was replaced */
  GHashTable *recorded;   /* (element-type utf8): found in a record */
  GHashTable *moved;      /* (element-type utf8): were given another key, under which they live on when
                             somebody else deletes the old one */
  GString *log;
  guint depth;
  gboolean strict;        /* no old state comes back */
  gboolean alone;         /* one database that is never copied, and a cloud that is never restored */

  TestDevice *running;
  GHashTable *busy;       /* (element-type TestDevice): those whose run goes on: a lock keeps others out */
  int faults_left;
  guint crash_at;
  gboolean crashed;
  char *crash_copy;
} Sim;

static gboolean verbose;

static void say (Sim *sim, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (Sim *sim, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_string_append_printf (sim->log, "%*s%s\n", (int) sim->depth * 4, "", line);
  if (verbose)
    g_printerr ("%*s%s\n", (int) sim->depth * 4, "", line);
}

static void print_rows (Sim *sim);

static void fail (Sim *sim, const char *format, ...) G_GNUC_PRINTF (2, 3) G_GNUC_NORETURN;

static void
fail (Sim *sim, const char *format, ...)
{
  g_autofree char *why = NULL;
  va_list arguments;

  va_start (arguments, format);
  why = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (!verbose)
    g_printerr ("%s", sim->log->str);
  else
    print_rows (sim);
  g_error ("PSYNC_TEST_SEED=%u: %s", sim->seed, why);
}

static gboolean
chance (Sim *sim, guint percent)
{
  return g_rand_int_range (sim->random, 0, 100) < (gint32) percent;
}

static guint
pick (Sim *sim, guint n)
{
  return (guint) g_rand_int_range (sim->random, 0, (gint32) n);
}

static TestDevice *
pick_device (Sim *sim)
{
  return g_ptr_array_index (sim->rig->devices, pick (sim, sim->rig->devices->len));
}

static const char *
pick_table (Sim *sim)
{
  return sim->shape->tables[pick (sim, sim->shape->tables[1] != NULL ? 2 : 1)];
}

/* --- What is where ------------------------------------------------------------------------------ */

static GHashTable *
set_new (void)
{
  return g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/* Values look like `v17v`. */
static void
add_values (GHashTable *set, const char *text)
{
  for (const char *at = text; (at = strchr (at, 'v')) != NULL;)
    {
      const char *end = at + 1;

      while (g_ascii_isdigit (*end))
        end++;
      if (*end == 'v' && end > at + 1)
        g_hash_table_add (set, g_strndup (at, (gsize) (end + 1 - at)));
      at = *end == 'v' ? end + 1 : end;
    }
}

static void
add_present (Sim *sim, TestDevice *device, GHashTable *set)
{
  for (guint i = 0; sim->shape->tables[i] != NULL; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT * FROM %s", sim->shape->tables[i]);
      g_autofree char *rows = test_device_query (device, sql);

      add_values (set, rows);
    }
}

static void
add_held (TestDevice *device, GHashTable *set)
{
  g_autofree char *rows = test_device_query (device, "SELECT row FROM psync_held");

  add_values (set, rows);
}

static GHashTable *
list_present (Sim *sim, TestDevice *device)
{
  GHashTable *set = set_new ();

  add_present (sim, device, set);
  return set;
}

static void
note_vanished (GHashTable *before, GHashTable *after, GHashTable *set)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (!g_hash_table_contains (after, value))
      g_hash_table_add (set, g_strdup (value));
}

static void
collect_records (Sim *sim, TestDevice *device)
{
  g_autofree char *rows = test_device_query (
      device, "SELECT base, local, remote, result FROM psync_conflict WHERE state <> 'open'");

  add_values (sim->recorded, rows);
}

static GHashTable *
list_cloud (Sim *sim)
{
  g_autofree char *path = test_rig_vault_path (sim->rig);
  g_autoptr (GError) error = NULL;
  GHashTable *set = set_new ();
  SyncConnection *vault;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return set;
  vault = sync_connection_open (path, 0, 5000, &error);
  g_assert_no_error (error);
  if (vault != NULL)
    {
      g_autofree char *rows = test_query (vault, "SELECT row FROM vault_row WHERE deleted_at IS NULL");

      add_values (set, rows);
      sync_connection_close (vault);
    }
  return set;
}

static void
print_query (const char *what, const char *rows)
{
  if (*rows != '\0')
    g_printerr ("%s:\n%s", what, rows);
}

/* What everybody has, for whoever looks into a failure. */
static void
print_rows (Sim *sim)
{
  static const char *const ours[] = { "psync_row", "psync_change", "psync_sent", "psync_held", "psync_conflict" };
  g_autofree char *path = test_rig_vault_path (sim->rig);
  SyncConnection *vault = sync_connection_open (path, 0, 5000, NULL);

  for (guint i = 0; i < sim->rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (sim->rig->devices, i);

      for (guint j = 0; j < G_N_ELEMENTS (sim->shape->tables) + G_N_ELEMENTS (ours); j++)
        {
          const char *table = j < G_N_ELEMENTS (sim->shape->tables) ? sim->shape->tables[j]
                                                                    : ours[j - G_N_ELEMENTS (sim->shape->tables)];
          g_autofree char *sql = g_strdup_printf ("SELECT * FROM %s", table);
          g_autofree char *rows = table != NULL ? test_device_query (device, sql) : g_strdup ("");
          g_autofree char *what = g_strdup_printf ("%s: %s", device->name, table);

          print_query (what, rows);
        }
    }
  if (vault != NULL)
    {
      g_autofree char *rows = test_query (vault, "SELECT * FROM vault_row");

      print_query ("cloud", rows);
      sync_connection_close (vault);
    }
}

/* --- The owner ---------------------------------------------------------------------------------- */

static char *
new_value (Sim *sim)
{
  return g_strdup_printf ("v%uv", sim->next_value++);
}

static char *
pick_key (Sim *sim, const char *table)
{
  if (*table == 'n')
    return g_strdup_printf ("%u", 1 + pick (sim, sim->n_keys));
  return g_strdup_printf ("'k%u'", pick (sim, sim->n_keys));
}

/* The columns behind a and b, with a comma. */
static char *
pick_rest (Sim *sim, const char *table)
{
  if (*table == 'r')
    return g_strdup_printf (", (SELECT id FROM n ORDER BY id LIMIT 1 OFFSET %u)", pick (sim, 4));
  if (*table == 'c')
    return chance (sim, 80) ? g_strdup_printf (", 'k%u'", pick (sim, sim->n_keys)) : g_strdup (", NULL");
  if (*table == 'u')
    return g_strdup_printf (", 'x%u'", pick (sim, 4));
  return g_strdup (*table == 's' ? ", 0" : "");
}

static const char *
columns_of (const char *table)
{
  switch (*table)
    {
    case 'r':
    case 'c':
      return "id, a, b, parent";
    case 'u':
      return "id, a, b, x";
    case 's':
      return "id, a, b, edits";
    default:
      return "id, a, b";
    }
}

/* The rows of `table` under `key` are about to get another one. */
static void
note_moved (Sim *sim, TestDevice *device, const char *table, const char *key)
{
  g_autofree char *sql = g_strdup_printf ("SELECT * FROM %s WHERE id = %s", table, key);
  g_autofree char *rows = test_device_query (device, sql);

  add_values (sim->moved, rows);
}

static char *
compose_write (Sim *sim, TestDevice *device)
{
  const char *table = pick_table (sim);
  g_autofree char *key = pick_key (sim, table), *other = pick_key (sim, table);
  g_autofree char *a = new_value (sim), *b = new_value (sim);
  g_autofree char *rest = pick_rest (sim, table);

  switch (pick (sim, 11))
    {
    case 0:
    case 1:
    case 10:
      return g_strdup_printf ("INSERT INTO %s (%s) VALUES (%s, '%s', '%s'%s) ON CONFLICT (id) DO UPDATE SET "
                              "a = excluded.a, b = excluded.b",
                              table, columns_of (table), key, a, b, rest);
    case 2:
      return g_strdup_printf ("INSERT OR REPLACE INTO %s (%s) VALUES (%s, '%s', '%s'%s)", table,
                              columns_of (table), key, a, b, rest);
    case 3:
      return g_strdup_printf ("INSERT INTO %s (%s) VALUES (%s, '%s', '%s'%s)", table, columns_of (table),
                              *table == 'n' ? "NULL" : key, a, b, rest);
    case 4:
    case 5:
      return g_strdup_printf ("UPDATE %s SET a = '%s' WHERE id = %s", table, a, key);
    case 6:
      return g_strdup_printf ("UPDATE %s SET b = '%s' WHERE id = %s", table, b, key);
    case 7:
      return g_strdup_printf ("DELETE FROM %s WHERE id = %s", table, key);
    case 8:
      note_moved (sim, device, table, key);
      return g_strdup_printf ("UPDATE %s SET id = %s WHERE id = %s", table, other, key);
    default:
      if (*table == 'u')
        return g_strdup_printf ("UPDATE u SET x = 'x%u' WHERE id = %s", pick (sim, 4), key);
      if (*table == 'c')
        return g_strdup_printf ("UPDATE c SET parent = %s WHERE id = %s", other, key);
      return g_strdup_printf ("UPDATE %s SET a = b, b = a WHERE id = %s", table, key);
    }
}

static gboolean
has_extra (TestDevice *device, const char *table)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT 1 FROM pragma_table_info ('%s') WHERE name = 'extra'", table);
  g_autofree char *rows = test_device_query (device, sql);

  return *rows != '\0';
}

static gboolean
is_any_narrow (Sim *sim)
{
  for (guint i = 0; i < sim->rig->devices->len; i++)
    for (guint j = 0; sim->shape->tables[j] != NULL; j++)
      if (!has_extra (g_ptr_array_index (sim->rig->devices, i), sim->shape->tables[j]))
        return TRUE;
  return FALSE;
}

/* (element-type utf8): `table/id` of the rows whose table here does not have the column yet that others have */
static GHashTable *
list_narrow_rows (Sim *sim, TestDevice *device)
{
  GHashTable *rows = set_new ();

  for (guint i = 0; sim->shape->tables[i] != NULL; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT '%1$s/' || id FROM %1$s", sim->shape->tables[i]);
      gboolean narrow = !has_extra (device, sim->shape->tables[i]);
      g_autofree char *list = narrow ? test_device_query (device, sql) : g_strdup ("");
      g_auto (GStrv) lines = g_strsplit (list, "\n", -1);

      for (guint j = 0; lines[j] != NULL && *lines[j] != '\0'; j++)
        g_hash_table_add (rows, g_strdup (lines[j]));
    }
  return rows;
}

/* Who does not know a column yet can delete a row with it, but keep no record of it. */
static void
excuse_deleted (Sim *sim, GHashTable *before, GHashTable *after)
{
  g_autofree char *path = test_rig_vault_path (sim->rig);
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &row, NULL))
    if (!g_hash_table_contains (after, row) && g_file_test (path, G_FILE_TEST_EXISTS))
      {
        g_autoptr (GError) error = NULL;
        SyncConnection *vault = sync_connection_open (path, 0, 5000, &error);
        g_autofree char *sql = g_strdup_printf ("SELECT row ->> '$.extra' FROM vault_row WHERE row ->> '$.id' = '%s'",
                                                strchr (row, '/') + 1);
        g_autofree char *values = NULL;

        g_assert_no_error (error);
        values = test_query (vault, sql);
        add_values (sim->excused, values);
        sync_connection_close (vault);
      }
}

/* The same for what went in a run: looked for before anybody can insert such a row again. */
static void
excuse_unknown (Sim *sim)
{
  g_autofree char *path = test_rig_vault_path (sim->rig);
  g_autoptr (GError) error = NULL;
  g_autofree char *rows = NULL;
  SyncConnection *vault;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return;
  vault = sync_connection_open (path, 0, 5000, &error);
  g_assert_no_error (error);
  rows = test_query (vault, "SELECT row ->> '$.extra' FROM vault_row WHERE deleted_at IS NOT NULL");
  add_values (sim->excused, rows);
  sync_connection_close (vault);
}

static void
write_sql (Sim *sim, TestDevice *device, const char *sql)
{
  g_autoptr (GHashTable) before = list_present (sim, device), narrow_before = list_narrow_rows (sim, device);
  g_autoptr (GHashTable) after = NULL, narrow_after = NULL;
  g_autoptr (GError) error = NULL;

  test_rig_advance (sim->rig, 1000 * (1 + pick (sim, 2000)));
  if (!test_device_try_sql (device, sql, &error) && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT))
    fail (sim, "%s: %s", sql, error->message);
  say (sim, "%s: %s%s", device->name, sql, error != NULL ? " -- refused" : "");
  after = list_present (sim, device);
  note_vanished (before, after, sim->superseded);
  note_vanished (after, before, sim->written);
  narrow_after = list_narrow_rows (sim, device);
  if (!g_str_has_prefix (sql, "ALTER"))
    excuse_deleted (sim, narrow_before, narrow_after);
}

static void
write_extra (Sim *sim, TestDevice *device)
{
  const char *table = pick_table (sim);
  g_autofree char *key = pick_key (sim, table), *value = new_value (sim);
  g_autofree char *sql = has_extra (device, table)
                             ? g_strdup_printf ("UPDATE %s SET extra = '%s' WHERE id = %s", table, value, key)
                             : g_strdup_printf ("ALTER TABLE %s ADD COLUMN extra TEXT", table);

  write_sql (sim, device, sql);
}

static void
write_random (Sim *sim, TestDevice *device)
{
  g_autofree char *sql = compose_write (sim, device);

  if ((sim->may & MAY_ALTER) && chance (sim, 15))
    write_extra (sim, device);
  else
    write_sql (sim, device, sql);
}

/* --- Runs --------------------------------------------------------------------------------------- */

static void run_device (Sim *sim, TestDevice *device, SyncRunKind kind);

static void
meddle (Sim *sim)
{
  TestDevice *device = pick_device (sim);

  if (sim->depth > 1)
    return;
  sim->depth++;
  if (!g_hash_table_contains (sim->busy, device) && chance (sim, 40))
    {
      TestDevice *running = sim->running;

      run_device (sim, device, SYNC_RUN_SYNC);
      sim->running = running;
    }
  else
    write_random (sim, device);
  sim->depth--;
}

static const char *const request_names[] = { "connect", "state", "pull", "push", "fetch", "put device" };

/* What happens to a request of the running device. */
static TestFault
before_request (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Sim *sim = data;

  if (sim->running == NULL || sim->running->faults != faults)
    return TEST_FAULT_NONE;
  if (sim->crashed)
    return TEST_FAULT_REFUSED;
  if (is_any_narrow (sim))
    excuse_unknown (sim);
  if ((sim->may & MAY_MEDDLE) && chance (sim, 25))
    meddle (sim);
  if (sim->depth == 0 && sim->crash_at > 0 && --sim->crash_at == 0)
    {
      gboolean before = chance (sim, 50);

      sim->crashed = TRUE;
      test_device_save (sim->running, sim->crash_copy);
      say (sim, "%s: crash at %s, %s", sim->running->name, request_names[request],
           before ? "never sent" : "carried out");
      return before ? TEST_FAULT_REFUSED : TEST_FAULT_LOST;
    }
  if (sim->faults_left > 0 && chance (sim, 20))
    {
      static const TestFault kinds[]
          = { TEST_FAULT_REFUSED, TEST_FAULT_LOST, TEST_FAULT_LOST, TEST_FAULT_TWICE, TEST_FAULT_LATE, TEST_FAULT_CUT };
      static const char *const names[] = { "", "refused", "lost", "twice", "late", "cut" };
      TestFault fault = kinds[pick (sim, G_N_ELEMENTS (kinds))];

      sim->faults_left--;
      test_faults_set_lateness (faults, 1 + pick (sim, 12));
      say (sim, "%s: %s %s", sim->running->name, request_names[request], names[fault]);
      return fault;
    }
  return TEST_FAULT_NONE;
}

static void
after_reply (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Sim *sim = data;

  if (sim->running != NULL && sim->running->faults == faults && !sim->crashed && (sim->may & MAY_MEDDLE)
      && chance (sim, 10))
    meddle (sim);
}

static void
watch_device (Sim *sim, TestDevice *device)
{
  test_faults_set_hooks (device->faults, before_request, after_reply, sim);
}

static void
run_device (Sim *sim, TestDevice *device, SyncRunKind kind)
{
  SyncRunOptions options = { .allow_mass_change = TRUE, .batch_size = chance (sim, 30) ? 1 + pick (sim, 3) : 0 };
  const char *entities[2] = { NULL, NULL };
  g_autoptr (SyncResult) result = NULL;
  gboolean crashes = sim->depth == 0 && (sim->may & MAY_CRASH) && chance (sim, 15);
  int faults_before = sim->faults_left;

  if ((sim->may & MAY_CHOOSE) && chance (sim, 30))
    {
      entities[0] = pick_table (sim);
      options.entities = entities;
    }
  test_faults_set_page_cap (device->faults, chance (sim, 30) ? 1 + pick (sim, 3) : 0);
  options.discard_unsent = kind == SYNC_RUN_HYDRATE && (sim->may & MAY_DECIDE) && chance (sim, 30);
  test_rig_advance (sim->rig, 1000 * (1 + pick (sim, 2000)));
  say (sim, "%s: %s%s %s...", device->name, sync_run_kind_to_string (kind), options.discard_unsent ? " (discard)" : "",
       entities[0] != NULL ? entities[0] : "");
  sim->running = device;
  g_hash_table_add (sim->busy, device);
  if (sim->depth == 0)
    {
      sim->crashed = FALSE;
      sim->crash_at = crashes ? 1 + pick (sim, 8) : 0;
      sim->faults_left = (sim->may & MAY_LOSE) && chance (sim, 40) ? 1 + (int) pick (sim, 2) : 0;
    }
  result = test_device_run (device, kind, &options);
  sim->running = NULL;
  g_hash_table_remove (sim->busy, device);
  say (sim, "%s: ... %s: pulled %u, pushed %u, deleted %u, merged %u, conflicts %u, held %u%s%s", device->name,
       sync_outcome_to_string (result->outcome), (guint) result->total.pulled, (guint) result->total.pushed,
       (guint) result->total.deleted, (guint) result->total.merged, (guint) result->total.conflicts,
       (guint) result->total.held, result->error != NULL ? ": " : "",
       result->error != NULL ? result->error->message : "");
  if (result->error != NULL && faults_before == sim->faults_left && !(sim->may & (MAY_LOSE | MAY_CRASH)))
    fail (sim, "%s: %s", device->name, result->error->message);
  if (sim->depth == 0)
    {
      sim->crash_at = 0;
      sim->faults_left = 0;
      if (sim->crashed)
        test_device_load (device, sim->crash_copy);
      sim->crashed = FALSE;
    }
  collect_records (sim, device);
}

/* --- People ------------------------------------------------------------------------------------- */

typedef struct
{
  gint64 number;
  const char *choice;
  const char *fields[2];
  char *entity;
  char *id;
} Verb;

static gboolean
resolve (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_resolve_conflict (store, verb->number, NULL, verb->choice,
                                      verb->fields[0] != NULL ? verb->fields : NULL, error);
}

static gboolean
undo (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_undo_conflict (store, ((Verb *) data)->number, error);
}

static gboolean
discard (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_discard_changes (store, verb->entity, verb->id, error) >= 0;
}

static gboolean
retry_failed (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_retry_changes (store, NULL, NULL, error) >= 0;
}

static char **
pick_line (Sim *sim, TestDevice *device, const char *sql)
{
  g_autofree char *rows = test_device_query (device, sql);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (rows), "\n", -1);

  return *rows == '\0' ? NULL : g_strsplit (lines[pick (sim, g_strv_length (lines))], "|", -1);
}

static void
resolve_one (Sim *sim, TestDevice *device)
{
  static const char *const choices[] = { "local", "remote", "both", "local", "remote" };
  g_auto (GStrv) line = pick_line (sim, device, "SELECT conflict, id, kind, entity FROM psync_conflict "
                                                "WHERE state = 'open' ORDER BY conflict");
  g_autoptr (GError) error = NULL;
  const char *extra;
  Verb verb;

  if (line == NULL)
    return;
  verb = (Verb){ .number = g_ascii_strtoll (line[0], NULL, 10),
                 .choice = choices[pick (sim, G_N_ELEMENTS (choices))],
                 .fields = { chance (sim, 30) ? (chance (sim, 50) ? "a=local" : "b=remote") : NULL } };
  test_device_call (device, resolve, &verb, &error);
  say (sim, "%s: conflict %s of %s (%s): %s %s%s%s", device->name, line[0], line[1], line[2], verb.choice,
       verb.fields[0] != NULL ? verb.fields[0] : "", error != NULL ? " -- " : "", error != NULL ? error->message : "");
  extra = strchr ("rc", *line[3]) != NULL ? "parent=local" : *line[3] == 'u' ? "x=local" : NULL;
  if (error != NULL && extra != NULL)
    {
      /* What the table does not take is a parent that is not here, or a value that another row has. */
      verb.choice = "local";
      verb.fields[0] = extra;
      test_device_call (device, resolve, &verb, NULL);
    }
  collect_records (sim, device);
}

static void
undo_one (Sim *sim, TestDevice *device)
{
  g_auto (GStrv) line = pick_line (sim, device, "SELECT conflict, id, kind FROM psync_conflict WHERE state = 'resolved' "
                                                "ORDER BY conflict");
  g_autoptr (GHashTable) before = list_present (sim, device);
  g_autoptr (GHashTable) after = NULL;
  g_autoptr (GError) error = NULL;
  Verb verb;

  if (line == NULL)
    return;
  verb = (Verb){ .number = g_ascii_strtoll (line[0], NULL, 10) };
  test_device_call (device, undo, &verb, &error);
  say (sim, "%s: undo %s of %s (%s)%s%s", device->name, line[0], line[1], line[2], error != NULL ? " -- " : "",
       error != NULL ? error->message : "");
  after = list_present (sim, device);
  note_vanished (before, after, sim->superseded);
}

static void
discard_one (Sim *sim, TestDevice *device)
{
  g_auto (GStrv) line = pick_line (sim, device, "SELECT entity, id FROM psync_change WHERE seq > 0 ORDER BY entity, id");
  g_autoptr (GError) error = NULL;
  Verb verb = { 0 };

  if (line == NULL)
    return;
  verb.entity = line[0];
  verb.id = line[1];
  test_device_call (device, discard, &verb, &error);
  say (sim, "%s: discard %s %s%s%s", device->name, line[0], line[1], error != NULL ? " -- " : "",
       error != NULL ? error->message : "");
  collect_records (sim, device);
}

/* --- Catastrophes ------------------------------------------------------------------------------- */

/* What only the replaced file knew is gone with it. */
static void
excuse (Sim *sim, GHashTable *before, GHashTable *after)
{
  g_autoptr (GHashTable) cloud = list_cloud (sim);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (!g_hash_table_contains (after, value) && !g_hash_table_contains (cloud, value))
      g_hash_table_add (sim->excused, g_strdup (value));
}

static void
copy_device (Sim *sim, TestDevice *device)
{
  if (sim->rig->devices->len < MAX_DEVICES && chance (sim, 30))
    {
      g_autofree char *name = g_strdup_printf ("%s-%u", device->name, sim->next_name++);
      TestDevice *clone = test_rig_clone (sim->rig, device, name);

      say (sim, "%s: copied to %s", device->name, name);
      watch_device (sim, clone);
    }
  else if (chance (sim, 50))
    {
      g_autofree char *copy = g_strdup_printf ("%s-copy", device->name);

      say (sim, "%s: saved", device->name);
      test_device_save (device, copy);
    }
  else
    {
      g_autofree char *copy = g_strdup_printf ("%s-copy", device->name);
      g_autofree char *path = g_build_filename (sim->rig->folder, copy, NULL);
      g_autoptr (GHashTable) before = NULL, after = NULL;

      if (!g_file_test (path, G_FILE_TEST_EXISTS))
        return;
      before = list_present (sim, device);
      say (sim, "%s: restored", device->name);
      test_device_load (device, copy);
      after = list_present (sim, device);
      excuse (sim, before, after);
    }
}

static gboolean
has_cloud (Sim *sim)
{
  g_autofree char *path = test_rig_vault_path (sim->rig);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static void
save_cloud (Sim *sim)
{
  if (!has_cloud (sim))
    return;
  say (sim, "cloud: saved");
  test_rig_save_vault (sim->rig);
}

static void
renew_cloud (Sim *sim)
{
  if (!has_cloud (sim))
    return;
  say (sim, "cloud: new epoch");
  test_rig_new_epoch (sim->rig);
}

static void
restore_cloud (Sim *sim)
{
  g_autoptr (GHashTable) before = list_cloud (sim);
  g_autoptr (GHashTable) after = NULL;

  if (!has_cloud (sim) || !test_rig_load_vault (sim->rig))
    return;
  say (sim, "cloud: restored");
  after = list_cloud (sim);
  for (guint i = 0; i < sim->rig->devices->len; i++)
    add_present (sim, g_ptr_array_index (sim->rig->devices, i), after);
  note_vanished (before, after, sim->excused);
  /* A device knows a restored cloud by its own row there, but copies of one database share that, and a run that
   * was broken off has not written it. Then only the new epoch that whoever restores must begin tells. */
  if (sim->may & (MAY_COPY | MAY_CRASH | MAY_LOSE))
    renew_cloud (sim);
}

static void
purge_cloud (Sim *sim)
{
  if (!has_cloud (sim))
    return;
  test_rig_advance (sim->rig, 31 * G_TIME_SPAN_DAY);
  say (sim, "cloud: purged");
  test_rig_purge (sim->rig);
}

static void
drop_triggers (Sim *sim, TestDevice *device)
{
  g_autofree char *rows
      = test_device_query (device, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'psync%'");
  g_auto (GStrv) names = g_strsplit (g_strchomp (rows), "\n", -1);

  say (sim, "%s: triggers dropped", device->name);
  for (guint i = 0; names[i] != NULL && *names[i] != '\0'; i++)
    test_device_sqlf (device, "DROP TRIGGER \"%s\"", names[i]);
}

typedef struct
{
  const char *table;
  int enabled;
} Enabling;

static gboolean
enable (SyncStore *store, gpointer data, GError **error)
{
  Enabling *enabling = data;

  return sync_store_configure_entity (store, enabling->table, enabling->enabled, NULL, NULL, error);
}

static void
set_enabled (Sim *sim, TestDevice *device, const char *table, gboolean enabled)
{
  Enabling enabling = { table, enabled };
  g_autoptr (GError) error = NULL;

  say (sim, "%s: %s %s", device->name, table, enabled ? "enabled" : "disabled");
  test_device_call (device, enable, &enabling, &error);
  g_assert_no_error (error);
}

/* --- A schedule --------------------------------------------------------------------------------- */

static void
take_step (Sim *sim)
{
  TestDevice *device = pick_device (sim);
  guint what = pick (sim, 100);

  if (what < 50)
    write_random (sim, device);
  else if (what < 78)
    run_device (sim, device, SYNC_RUN_SYNC);
  else if (what < 82)
    resolve_one (sim, device);
  else if (what < 86 && (sim->may & MAY_SEED))
    run_device (sim, device, chance (sim, 50) ? SYNC_RUN_SEED : SYNC_RUN_HYDRATE);
  else if (what < 90 && (sim->may & MAY_COPY))
    copy_device (sim, device);
  else if (what < 92 && (sim->may & MAY_RESTORE))
    chance (sim, 50) ? save_cloud (sim) : restore_cloud (sim);
  else if (what < 93 && (sim->may & MAY_RESTORE))
    renew_cloud (sim);
  else if (what < 96 && (sim->may & MAY_PURGE))
    purge_cloud (sim);
  else if (what < 98 && (sim->may & MAY_DECIDE))
    chance (sim, 50) ? undo_one (sim, device) : discard_one (sim, device);
  else if (what < 99 && (sim->may & MAY_DROP))
    drop_triggers (sim, device);
  else if (sim->may & MAY_CHOOSE)
    set_enabled (sim, device, pick_table (sim), chance (sim, 50));
}

/* Whether anything is still to be done about the device. */
static gboolean
heal_device (Sim *sim, TestDevice *device, guint round)
{
  SyncRunOptions options = { .allow_mass_change = TRUE };
  g_autoptr (SyncResult) result = NULL;
  g_autofree char *open = NULL, *held = NULL;

  test_device_call (device, retry_failed, NULL, NULL);
  result = test_device_run (device, SYNC_RUN_SYNC, &options);
  if (result->error != NULL)
    fail (sim, "%s, healing: %s", device->name, result->error->message);
  say (sim, "%s: heals: %s", device->name, sync_outcome_to_string (result->outcome));
  collect_records (sim, device);
  open = test_device_query (device, "SELECT conflict FROM psync_conflict WHERE state = 'open'");
  for (const char *at = open; (at = strchr (at, '\n')) != NULL; at++)
    resolve_one (sim, device);
  /* A child whose parent is deleted everywhere stays held, and is listed. */
  held = test_device_query (device, "SELECT entity, id, reason FROM psync_held WHERE reason <> 'foreign-key'");
  /* What cannot be written, or decided, because of another row's value that only one may have: a person changes it. */
  if ((*held != '\0' || *open != '\0') && *sim->shape->tables[0] == 'u' && round % 3 == 2)
    {
      g_autofree char *sql = g_strdup_printf ("UPDATE u SET x = id || '%s'", device->name);

      write_sql (sim, device, sql);
    }
  return result->outcome != SYNC_OUTCOME_NOTHING || *open != '\0' || *held != '\0';
}

/* Everywhere the same tables, and all of them take part. */
static void
make_alike (Sim *sim)
{
  for (guint i = 0; i < sim->rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (sim->rig->devices, i);

      test_faults_set_page_cap (device->faults, 0);
      for (guint k = 0; sim->shape->tables[k] != NULL; k++)
        {
          g_autofree char *sql
              = g_strdup_printf ("ALTER TABLE %s ADD COLUMN extra TEXT", sim->shape->tables[k]);

          if ((sim->may & MAY_ALTER) && !has_extra (device, sim->shape->tables[k]))
            write_sql (sim, device, sql);
          if (sim->may & MAY_CHOOSE)
            set_enabled (sim, device, sim->shape->tables[k], TRUE);
        }
    }
}

static void
heal (Sim *sim)
{
  gboolean busy = TRUE;
  guint round;

  say (sim, "-- all is well again");
  test_faults_deliver ();
  make_alike (sim);
  sim->may = 0;
  for (round = 0; busy && round < HEAL_ROUNDS; round++)
    {
      busy = FALSE;
      test_rig_advance (sim->rig, G_TIME_SPAN_HOUR);
      for (guint i = 0; i < sim->rig->devices->len; i++)
        busy = heal_device (sim, g_ptr_array_index (sim->rig->devices, i), round) || busy;
    }
  if (busy)
    {
      g_autoptr (GString) what = g_string_new (NULL);

      for (guint i = 0; i < sim->rig->devices->len; i++)
        {
          TestDevice *device = g_ptr_array_index (sim->rig->devices, i);
          g_autofree char *held = test_device_query (device, "SELECT entity, id, version, reason, row FROM psync_held");
          g_autofree char *change = test_device_query (device, "SELECT * FROM psync_change");
          g_autofree char *open = test_device_query (device, "SELECT * FROM psync_conflict WHERE state = 'open'");

          g_string_append_printf (what, "%s held:\n%schanges:\n%sopen:\n%s", device->name, held, change, open);
        }
      fail (sim, "it does not come to rest\n%s", what->str);
    }
}

static void
check_writes (Sim *sim)
{
  g_autoptr (GHashTable) there = set_new ();
  GHashTableIter iter;
  gpointer value;

  /* Rows that a device holds are not everywhere. */
  for (guint i = 0; i < sim->rig->devices->len; i++)
    {
      add_present (sim, g_ptr_array_index (sim->rig->devices, i), there);
      add_held (g_ptr_array_index (sim->rig->devices, i), there);
    }
  excuse_unknown (sim);
  g_hash_table_iter_init (&iter, sim->written);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (!g_hash_table_contains (there, value) && !g_hash_table_contains (sim->superseded, value)
        && !g_hash_table_contains (sim->excused, value) && !g_hash_table_contains (sim->recorded, value))
      fail (sim, "%s is gone without a record", (char *) value);
}

/* Who does not know a column yet can decide that a row stays, but no record tells what comes back with it there.
 * (element-type utf8) */
static GHashTable *
list_kept (Sim *sim)
{
  TestDevice *first = g_ptr_array_index (sim->rig->devices, 0);
  GHashTable *kept = set_new ();

  for (guint i = 0; i < sim->rig->devices->len; i++)
    {
      g_autofree char *list
          = test_device_query (g_ptr_array_index (sim->rig->devices, i),
                               "SELECT entity || '/' || id FROM psync_conflict WHERE local NOT LIKE '%\"extra\"%'");
      g_auto (GStrv) rows = g_strsplit (list, "\n", -1);

      for (guint j = 0; rows[j] != NULL && *rows[j] != '\0'; j++)
        {
          g_auto (GStrv) parts = g_strsplit (rows[j], "/", 2);
          g_autofree char *sql = g_strdup_printf ("SELECT extra FROM %s WHERE id = %s", parts[0], parts[1]);
          g_autofree char *value = has_extra (first, parts[0]) ? test_device_query (first, sql) : g_strdup ("");

          add_values (kept, value);
        }
    }
  return kept;
}

/* What somebody who saw it wrote over or deleted returns only by a decision on record. */
static void
check_returned (Sim *sim)
{
  g_autoptr (GHashTable) there = NULL, kept = NULL;
  GHashTableIter iter;
  gpointer value;

  if (!sim->strict)
    return;
  there = list_present (sim, g_ptr_array_index (sim->rig->devices, 0));
  kept = list_kept (sim);
  g_hash_table_iter_init (&iter, there);
  while (g_hash_table_iter_next (&iter, &value, NULL))
    if (g_hash_table_contains (sim->superseded, value) && !g_hash_table_contains (sim->recorded, value)
        && !g_hash_table_contains (sim->moved, value) && !g_hash_table_contains (kept, value))
      fail (sim, "%s returned without a record", (char *) value);
}

/* One device alone never has a conflict, whatever happens to its requests. */
static void
check_alone (Sim *sim)
{
  TestDevice *device = g_ptr_array_index (sim->rig->devices, 0);
  g_autofree char *conflicts = NULL;

  if (!sim->alone)
    return;
  conflicts = test_device_query (device, "SELECT * FROM psync_conflict WHERE kind NOT IN ('discard', 'cascade')");
  if (*conflicts != '\0')
    fail (sim, "one device has conflicts with itself:\n%s", conflicts);
}

static void
expect_nothing (Sim *sim, TestDevice *device, const char *sql)
{
  g_autofree char *rows = test_device_query (device, sql);

  if (*rows != '\0')
    fail (sim, "%s: %s:\n%s", device->name, sql, rows);
}

/* The next sync is one request that finds nothing to do. */
static void
expect_quiet (Sim *sim, TestDevice *device)
{
  g_autoptr (SyncResult) result = NULL;

  test_faults_reset_counts (device->faults);
  result = test_device_run (device, SYNC_RUN_SYNC, NULL);
  if (result->error != NULL || result->outcome != SYNC_OUTCOME_NOTHING
      || test_faults_count_all (device->faults) != 1)
    fail (sim, "%s: another sync was “%s” with %u requests", device->name,
          sync_outcome_to_string (result->outcome), test_faults_count_all (device->faults));
}

static void
check_end (Sim *sim)
{
  g_autofree char *differences = test_rig_compare (sim->rig);

  if (*differences != '\0')
    fail (sim, "rows differ:\n%s", differences);
  for (guint i = 0; i < sim->rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (sim->rig->devices, i);

      expect_nothing (sim, device, "SELECT * FROM psync_change c WHERE NOT EXISTS (SELECT 1 FROM psync_held h "
                                   "WHERE h.entity = c.entity AND h.id = c.id)");
      expect_nothing (sim, device, "SELECT * FROM psync_sent");
      expect_nothing (sim, device, "SELECT * FROM psync_applying");
      expect_nothing (sim, device, "SELECT * FROM psync_seen");
      expect_nothing (sim, device, "SELECT batch FROM psync_batch");
      expect_quiet (sim, device);
    }
  check_writes (sim);
  check_returned (sim);
  check_alone (sim);
}

static void
choose_strategies (Sim *sim, TestDevice *device)
{
  for (guint i = 0; sim->shape->tables[i] != NULL; i++)
    {
      g_autofree char *sql = g_strdup_printf ("UPDATE psync_entity SET strategy = '%s' WHERE name = '%s'",
                                              strategies[pick (sim, G_N_ELEMENTS (strategies))],
                                              sim->shape->tables[i]);

      say (sim, "%s: %s", device->name, sql);
      test_device_sql (device, sql);
    }
  test_device_close (device);
  test_device_open (device);
}

static Sim *
sim_new (guint32 seed)
{
  Sim *sim = g_new0 (Sim, 1);
  guint n_devices;

  sim->seed = seed;
  sim->random = g_rand_new_with_seed (seed);
  sim->log = g_string_new (NULL);
  sim->written = set_new ();
  sim->superseded = set_new ();
  sim->excused = set_new ();
  sim->recorded = set_new ();
  sim->moved = set_new ();
  sim->busy = g_hash_table_new (NULL, NULL);
  sim->crash_copy = g_strdup ("crash-copy");
  sim->shape = &shapes[pick (sim, G_N_ELEMENTS (shapes))];
  sim->may = (May) g_rand_int (sim->random) & (May) 0x7ff;
  /* Rather few things at a time than all at once. */
  sim->may &= (May) (g_rand_int (sim->random) | (guint) g_rand_int (sim->random));
  sim->n_keys = 2 + pick (sim, 4);
  sim->rig = test_rig_new (&test_backend_vault, sim->shape->schema);
  n_devices = 1 + pick (sim, 3);
  sim->strict = !(sim->may & (MAY_COPY | MAY_RESTORE));
  sim->alone = n_devices == 1 && !(sim->may & (MAY_COPY | MAY_RESTORE));
  for (guint i = 0; i < n_devices; i++)
    {
      g_autofree char *name = g_strdup_printf ("%c", 'a' + (int) i);
      TestDevice *device = test_rig_add (sim->rig, name);

      watch_device (sim, device);
      choose_strategies (sim, device);
    }
  return sim;
}

static void
sim_free (Sim *sim)
{
  test_rig_free (sim->rig);
  g_rand_free (sim->random);
  g_hash_table_unref (sim->written);
  g_hash_table_unref (sim->superseded);
  g_hash_table_unref (sim->excused);
  g_hash_table_unref (sim->recorded);
  g_hash_table_unref (sim->moved);
  g_hash_table_unref (sim->busy);
  g_string_free (sim->log, TRUE);
  g_free (sim->crash_copy);
  g_free (sim);
}

/* Everybody has a row of every key. */
static void
fill (Sim *sim)
{
  for (guint i = 0; sim->shape->tables[i] != NULL; i++)
    for (guint key = 0; key < sim->n_keys; key++)
      {
        const char *table = sim->shape->tables[i];
        g_autofree char *a = new_value (sim), *b = new_value (sim), *rest = pick_rest (sim, table);
        g_autofree char *id = *table == 'n' ? g_strdup_printf ("%u", key + 1) : g_strdup_printf ("'k%u'", key);
        g_autofree char *sql = g_strdup_printf ("INSERT INTO %s (%s) VALUES (%s, '%s', '%s'%s)", table,
                                                columns_of (table), id, a, b, rest);

        write_sql (sim, g_ptr_array_index (sim->rig->devices, 0), sql);
      }
  test_rig_settle (sim->rig);
}

static void
run_schedule (guint32 seed)
{
  Sim *sim = sim_new (seed);
  guint n_steps = 10 + pick (sim, 40);

  if (chance (sim, 70))
    fill (sim);
  for (guint i = 0; i < n_steps; i++)
    take_step (sim);
  heal (sim);
  check_end (sim);
  sim_free (sim);
}

static guint32
read_number (const char *variable, guint32 fallback)
{
  const char *text = g_getenv (variable);

  return text != NULL ? (guint32) g_ascii_strtoull (text, NULL, 10) : fallback;
}

static void
test_schedules (void)
{
  guint32 seed = read_number ("PSYNC_TEST_SEED", (guint32) g_test_rand_int ());
  guint32 count = read_number ("PSYNC_TEST_COUNT", g_getenv ("PSYNC_TEST_SEED") != NULL ? 1 : SCHEDULES);

  verbose = g_getenv ("PSYNC_TEST_VERBOSE") != NULL;
  g_test_message ("PSYNC_TEST_SEED=%u PSYNC_TEST_COUNT=%u", seed, count);
  for (guint32 i = 0; i < count; i++)
    {
      /* For a crash that says nothing of the schedule. */
      g_test_message ("seed %u", seed + i);
      run_schedule (seed + i);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/random/every-schedule-ends-with-equal-rows", test_schedules);
  return g_test_run ();
}
