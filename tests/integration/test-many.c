/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-rig.h"

/* New rows are written many at a time. What becomes of each must be what becomes of it alone: two copies of one
 * database read the same cloud, one in whole pages, the other in pages of one row, and are the same afterwards.
 *
 * PSYNC_TEST_SEED: which rows. */

#define ROUNDS 12
#define DAY (G_TIME_SPAN_DAY)

#define SCHEMA \
  "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);" \
  "CREATE TABLE rows (id TEXT PRIMARY KEY NOT NULL, u INTEGER, v TEXT, " \
  "parent TEXT REFERENCES parents (id) ON DELETE CASCADE);"

/* Ids in any order; more than one of them may have one u, and a few a parent that is nowhere. */
static void
write_rows (TestDevice *device, GRand *random, guint n)
{
  g_autoptr (GString) sql = g_string_new ("PRAGMA foreign_keys = OFF; BEGIN; INSERT OR IGNORE INTO parents VALUES "
                                          "('p0', 'zero'), ('p1', 'one');");

  for (guint i = 0; i < n; i++)
    g_string_append_printf (sql, "INSERT OR REPLACE INTO rows VALUES ('k%d', %d, printf ('%%.*c', %d, 'x'), '%s%d');",
                            g_rand_int_range (random, 0, 400), g_rand_int_range (random, 0, 3000),
                            g_rand_int_range (random, 1, 40), g_rand_int_range (random, 0, 40) == 0 ? "nowhere" : "p",
                            g_rand_int_range (random, 0, 2));
  g_string_append (sql, "COMMIT; PRAGMA foreign_keys = ON;");
  test_device_sql (device, sql->str);
}

static void
delete_rows (TestDevice *device, GRand *random, guint n)
{
  for (guint i = 0; i < n; i++)
    test_device_sqlf (device, "DELETE FROM rows WHERE id = 'k%d'", g_rand_int_range (random, 0, 400));
}

/* Rows that came into the table without anybody's noticing it. The first of both copies sends those that the cloud does
 * not know. */
static void
smuggle_rows (TestDevice *device, GRand *random, guint n)
{
  for (guint i = 0; i < n; i++)
    test_device_sqlf (device, "INSERT OR IGNORE INTO rows (id, u, v) VALUES ('k%d', %d, 'smuggled')",
                      g_rand_int_range (random, 0, 400), g_rand_int_range (random, 5000, 9000));
  test_device_sql (device, "DELETE FROM psync_change WHERE entity = 'rows'");
}

static char *
describe (TestDevice *device)
{
  g_autofree char *rows = test_device_query (device, "SELECT * FROM rows ORDER BY id");
  g_autofree char *known = test_device_query (device, "SELECT id, version, base FROM psync_row WHERE entity = 'rows' "
                                                      "ORDER BY id");
  g_autofree char *held = test_device_query (device, "SELECT id, version, row, reason, detail FROM psync_held "
                                                     "ORDER BY id");
  g_autofree char *waiting = test_device_query (device, "SELECT id, seq, reread, state FROM psync_change ORDER BY id");
  g_autofree char *conflicts = test_device_query (device, "SELECT id, kind, state, local, remote, result, resolved_by "
                                                          "FROM psync_conflict ORDER BY id");
  g_autofree char *entity = test_device_query (device, "SELECT pulled_version, scan_version, scanned_horizon "
                                                       "FROM psync_entity WHERE name = 'rows'");
  g_autofree char *trace = test_device_query (device, "SELECT r.value FROM psync_trace t, json_each (t.rows) r "
                                                      "WHERE t.entity = 'rows' AND t.direction = 'pulled' "
                                                      "AND r.value ->> 0 NOT IN "
                                                      "(SELECT quote (id) FROM rows WHERE v = 'smuggled') "
                                                      "ORDER BY 1");

  return g_strdup_printf ("rows\n%sknown\n%sheld\n%swaiting\n%sconflicts\n%sentity\n%strace\n%s", rows, known, held,
                          waiting, conflicts, entity, trace);
}

/* No file is made twice. */
static char *
make_name (const char *kind)
{
  static guint number;

  return g_strdup_printf ("%s-%u", kind, number++);
}

static void
compare (TestRig *rig, TestDevice *device, GRand *random)
{
  SyncRunOptions whole = { .allow_mass_change = TRUE };
  SyncRunOptions one = { .allow_mass_change = TRUE, .batch_size = 1 };
  TestDevice *copy;
  g_autofree char *name = make_name ("copy");
  g_autofree char *together = NULL, *alone = NULL;

  if (g_rand_boolean (random))
    smuggle_rows (device, random, 5);
  copy = test_rig_clone (rig, device, name);
  test_device_do (device, SYNC_RUN_SYNC, &whole);
  test_device_do (copy, SYNC_RUN_SYNC, &one);
  together = describe (device);
  alone = describe (copy);
  g_assert_cmpstr (together, ==, alone);
  test_rig_remove (rig, copy);
}

/* After a purge, what a new device reads is a scan. */
static void
compare_new (TestRig *rig, GRand *random)
{
  g_autofree char *name = make_name ("new");
  TestDevice *device;

  test_rig_advance (rig, 200 * DAY);
  test_rig_purge (rig);
  device = test_rig_add (rig, name);
  compare (rig, device, random);
  test_rig_remove (rig, device);
}

static void
play (guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, SCHEMA);
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO parents VALUES ('p0', 'zero'), ('p1', 'one')");
  test_rig_settle (rig);
  if (g_rand_boolean (random))
    test_device_sql (b, "CREATE UNIQUE INDEX strict ON rows (u)");
  for (guint round = 0; round < 3; round++)
    {
      write_rows (a, random, (guint) g_rand_int_range (random, 1, 150));
      test_device_sync (a);
      delete_rows (a, random, (guint) g_rand_int_range (random, 0, 30));
      test_device_sync (a);
      compare (rig, b, random);
      if (g_rand_boolean (random))
        compare_new (rig, random);
    }
}

static void
test_as_alone (void)
{
  const char *given = g_getenv ("PSYNC_TEST_SEED");
  guint32 seed = given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : (guint32) g_test_rand_int ();

  for (guint i = 0; i < (given != NULL ? 1 : ROUNDS); i++)
    {
      g_test_message ("PSYNC_TEST_SEED=%u", seed + i);
      play (seed + i);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/many/as-each-alone", test_as_alone);
  return g_test_run ();
}
