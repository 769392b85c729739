/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolve.h"
#include "test-rig.h"

/* Rows that refer to others by numbers: when two devices give the same number to two rows, each row's children stay
 * with it. */

#define FAMILIES                                                                                               \
  "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);"                                                  \
  "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent INTEGER REFERENCES parents (id) ON DELETE CASCADE);"
#define TREE "CREATE TABLE nodes (id INTEGER PRIMARY KEY, parent INTEGER REFERENCES nodes (id), name TEXT);"

#define ALL_FAMILIES "SELECT c.id, p.name FROM children c JOIN parents p ON p.id = c.parent ORDER BY c.id"

typedef struct
{
  TestDevice *device;
  TestRequest request;
  guint count; /* how many of them come before */
  TestDevice *onlooker; /* (nullable) */
  gboolean happened;
} Meanwhile;

static TestFault
sync_meanwhile (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Meanwhile *meanwhile = data;

  if (request != meanwhile->request || meanwhile->happened || meanwhile->count-- > 0)
    return TEST_FAULT_NONE;
  meanwhile->happened = TRUE;
  test_device_sync (meanwhile->device);
  return TEST_FAULT_NONE;
}

/* Between two requests of one run another device gives away the number that a new row has here. */
static void
test_within_one_pull (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  Meanwhile meanwhile = { b, TEST_REQUEST_PULL, 1 };

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'of a'); INSERT INTO children VALUES ('a', 5)");
  test_device_sql (b, "INSERT INTO parents VALUES (1, 'first'); INSERT INTO children VALUES ('first', 1)");
  test_device_sync (b);
  test_device_sql (b, "INSERT INTO parents VALUES (5, 'of b'); INSERT INTO children VALUES ('b', 5)");
  test_faults_set_hooks (a->faults, sync_meanwhile, NULL, &meanwhile);
  test_device_sync (a);
  g_assert_true (meanwhile.happened);
  test_rig_assert_converged (rig);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_expect (g_ptr_array_index (rig->devices, i), ALL_FAMILIES, "a|of a\nb|of b\nfirst|first\n");
}

/* A table that is synced without the one it refers to. */
static void
test_without_parents (TestRig *rig)
{
  static const char *const children[] = { "children", NULL };
  SyncRunOptions options = { .entities = children };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'of a'); INSERT INTO children VALUES ('a', 5), ('moves', 5)");
  test_device_sql (b, "INSERT INTO parents VALUES (4, 'other'), (5, 'of b');"
                      "INSERT INTO children VALUES ('b', 5), ('moved', 4)");
  test_device_sync (b);
  test_device_do (a, SYNC_RUN_SYNC, &options);
  test_device_expect (a, "SELECT id, reason FROM psync_held ORDER BY id", "'b'|foreign-key\n'moved'|foreign-key\n");
  test_rig_assert_converged (rig);
  test_device_expect (a, ALL_FAMILIES, "a|of a\nb|of b\nmoved|other\nmoves|of a\n");
  test_device_expect (b, ALL_FAMILIES, "a|of a\nb|of b\nmoved|other\nmoves|of a\n");
}

/* A row that is known here comes with the number of another one. */
static void
test_moved_there (TestRig *rig)
{
  static const char *const children[] = { "children", NULL };
  SyncRunOptions options = { .entities = children };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO parents VALUES (1, 'first'); INSERT INTO children VALUES ('c', 1), ('d', 1)");
  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'of a'); UPDATE children SET parent = 5 WHERE id = 'd'");
  test_device_sql (b, "INSERT INTO parents VALUES (5, 'of b'); UPDATE children SET parent = 5 WHERE id = 'c'");
  test_device_sync (b);
  test_device_do (a, SYNC_RUN_SYNC, &options);
  test_device_expect (a, ALL_FAMILIES, "c|first\nd|of a\n");
  test_rig_assert_converged (rig);
  test_device_expect (a, ALL_FAMILIES, "c|of b\nd|of a\n");
  test_device_expect (b, ALL_FAMILIES, "c|of b\nd|of a\n");
}

/* A child is not sent before its parent, whose number may be another's; but a parent that was refused stops no other
 * row. */
static void
test_own_children (TestRig *rig)
{
  static const char *const children[] = { "children", NULL };
  SyncRunOptions options = { .entities = children };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'of a'), (6, 'poison');"
                      "INSERT INTO children VALUES ('a', 5), ('of none', NULL), ('of the refused', 6)");
  test_device_do (a, SYNC_RUN_SYNC, &options);
  test_device_expect (a, "SELECT id FROM psync_row WHERE entity = 'children'", "'of none'\n");
  test_faults_set_poison (a->faults, "poison", SYNC_ERROR_ROW_REFUSED);
  test_device_sync (a);
  test_device_expect (a, "SELECT entity, id, state FROM psync_change", "parents|6|refused\n");
  test_device_sync (b);
  test_device_expect (b, ALL_FAMILIES, "a|of a\n");
  test_device_sql (a, "UPDATE parents SET name = 'mended' WHERE id = 6");
  test_rig_assert_converged (rig);
  test_device_expect (b, ALL_FAMILIES, "a|of a\nof the refused|mended\n");
}

/* An album refers to its cover, and the picture to its album: neither can come first. */
static void
test_albums (TestRig *rig)
{
  TestDevice *devices[] = { test_rig_add (rig, "a"), test_rig_add (rig, "b"), test_rig_add (rig, "c") };

  test_rig_settle (rig);
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    test_device_sqlf (devices[i],
                      "INSERT INTO albums VALUES (1, '%s', NULL), (2, '%s', NULL), (3, '%s', NULL);"
                      "INSERT INTO photos SELECT column1, '%s', 1 + column1 %% 3 "
                      "FROM (VALUES (1), (2), (3), (4), (5), (6), (7));"
                      "UPDATE albums SET cover = (SELECT min (p.id) FROM photos p WHERE p.album = albums.id)",
                      devices[i]->name, devices[i]->name, devices[i]->name, devices[i]->name);
  test_rig_assert_converged (rig);
  for (guint i = 0; i < G_N_ELEMENTS (devices); i++)
    test_device_expect (devices[i],
                        "SELECT a.name, count (DISTINCT a.id), count (*), "
                        "sum (c.name = a.name), sum (p.name = a.name), sum (c.album = a.id) FROM albums a "
                        "JOIN photos c ON c.id = a.cover JOIN photos p ON p.album = a.id GROUP BY a.name",
                        "a|3|7|7|7|7\nb|3|7|7|7|7\nc|3|7|7|7|7\n");
}

/* The newer version of a child comes before its parent's, which was edited later. */
static void
test_tree (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_rig_settle (rig);
  test_device_sql (b, "INSERT INTO nodes VALUES (5, NULL, 'of b'), (9, 5, 'child of b')");
  test_device_sync (b);
  test_device_sql (b, "UPDATE nodes SET name = 'of b!' WHERE id = 5");
  test_device_sync (b);
  test_device_sql (a, "INSERT INTO nodes VALUES (5, NULL, 'of a'), (6, 5, 'child of a')");
  test_rig_assert_converged (rig);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_expect (g_ptr_array_index (rig->devices, i),
                        "SELECT n.name, p.name FROM nodes n JOIN nodes p ON p.id = n.parent ORDER BY n.name",
                        "child of a|of a\nchild of b|of b!\n");
}

static void
look_meanwhile (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Meanwhile *meanwhile = data;

  if (request != TEST_REQUEST_PUSH)
    return;
  test_device_sync (meanwhile->onlooker);
  test_device_expect (meanwhile->onlooker, "SELECT * FROM children WHERE parent = 5", "");
}

/* Until it is known that a new row has its number for itself, nobody else hears of its children. */
static void
test_children_wait (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  TestDevice *c = test_rig_add (rig, "c");
  Meanwhile meanwhile = { b, TEST_REQUEST_PUSH, 0, c };

  test_device_sql (a, "INSERT INTO parents VALUES (1, 'first')");
  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'of a'), (7, 'seven'); INSERT INTO children VALUES ('a', 5)");
  test_device_sql (b, "INSERT INTO parents VALUES (5, 'of b')");
  test_faults_set_hooks (a->faults, sync_meanwhile, look_meanwhile, &meanwhile);
  test_device_sync (a);
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (c, ALL_FAMILIES, "a|of a\n");
}

/* SQLite gives away the number of a row that was deleted again, on every device. */
static void
test_number_used_again (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO parents VALUES (1, 'first'), (2, 'last')");
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM parents WHERE id = 2");
  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents (name) VALUES ('of a'); INSERT INTO children VALUES ('a', 2)");
  test_device_sql (b, "INSERT INTO parents (name) VALUES ('of b'); INSERT INTO children VALUES ('b', 2)");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM parents", "1|first\n2|of a\n3|of b\n");
  test_device_expect (a, ALL_FAMILIES, "a|of a\nb|of b\n");
  test_device_expect (b, "SELECT * FROM psync_conflict", "");
  /* Deleted and used again by one alone, it is one row. */
  test_device_sql (a, "DELETE FROM children WHERE id = 'b'; DELETE FROM parents WHERE id = 3");
  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (3, 'again')");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM parents", "1|first\n2|of a\n3|again\n");
}

/* A row that was deleted elsewhere and is kept for its edits is the same row wherever it is kept: its children stay. */
static void
test_kept_twice (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  TestDevice *c = test_rig_add (rig, "c");
  g_autoptr (SyncResult) broken = NULL;

  test_device_sql (a, "INSERT INTO parents VALUES (5, 'five'); INSERT INTO children VALUES ('a', 5)");
  test_rig_settle (rig);
  test_device_sql (b, "DELETE FROM parents WHERE id = 5");
  test_device_sync (b);
  test_rig_advance (rig, G_TIME_SPAN_SECOND);
  test_device_sql (a, "UPDATE parents SET name = 'of a' WHERE id = 5; UPDATE children SET id = id");
  test_rig_advance (rig, G_TIME_SPAN_SECOND);
  test_device_sql (c, "UPDATE parents SET name = 'of c' WHERE id = 5; UPDATE children SET id = id");
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_REFUSED);
  broken = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_error (broken->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  test_device_sync (c);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM parents", "5|of c\n");
  test_device_expect (a, "SELECT id, base IS NULL FROM psync_row WHERE entity = 'parents'", "5|0\n");
}

static gboolean
undo_last (SyncStore *store, gpointer data, GError **error)
{
  gint64 number;

  return sync_connection_query_int64 (sync_store_get_connection (store), 0, &number, error,
                                      "SELECT max (conflict) FROM psync_conflict WHERE entity = 'parents'", NULL)
         && sync_store_undo_conflict (store, number, error);
}

/* Likewise where two people put it back. */
static void
test_put_back_twice (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  TestDevice *c = test_rig_add (rig, "c");

  test_device_sql (a, "INSERT INTO parents VALUES (5, 'five')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE parents SET name = 'of a' WHERE id = 5");
  test_device_sql (c, "UPDATE parents SET name = 'of c' WHERE id = 5");
  test_rig_advance (rig, G_TIME_SPAN_SECOND);
  test_device_sql (b, "DELETE FROM parents WHERE id = 5");
  test_device_sync (b);
  test_rig_settle (rig);
  test_device_expect (a, "SELECT * FROM parents", "");
  test_device_call (a, undo_last, NULL, NULL);
  test_rig_advance (rig, G_TIME_SPAN_SECOND);
  test_device_call (c, undo_last, NULL, NULL);
  test_device_expect (a, "SELECT * FROM parents", "5|of a\n");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM parents", "5|of c\n");
}

/* Where the owner keeps no foreign keys a row may refer to one that came and went before anybody saw it. */
static void
test_gone_parent (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_settle (rig);
  test_device_sql (a, "PRAGMA foreign_keys = OFF; INSERT INTO parents VALUES (5, 'five');"
                      "INSERT INTO children VALUES ('a', 5); DELETE FROM parents WHERE id = 5");
  test_device_sync (a);
  test_device_expect (a, "SELECT entity, id FROM psync_change", "");
  test_device_assert_quiet (a);
}

/* A run of one table leaves them alone, and a dry run knows that. */
static void
test_counted (TestRig *rig)
{
  static const char *const children[] = { "children", NULL };
  SyncRunOptions options = { .entities = children, .dry_run = TRUE };
  g_autoptr (SyncResult) alone = NULL, together = NULL;
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO parents VALUES (5, 'five'); INSERT INTO children VALUES ('a', 5)");
  alone = test_device_run (a, SYNC_RUN_SYNC, &options);
  g_assert_no_error (alone->error);
  g_assert_cmpuint (alone->total.pushed, ==, 0);
  options.entities = NULL;
  together = test_device_run (a, SYNC_RUN_SYNC, &options);
  g_assert_no_error (together->error);
  g_assert_cmpuint (together->total.pushed, ==, 2);
}

/* Nor does it wait for a row whose table is gone. */
static void
test_gone_table (TestRig *rig)
{
  static const char *const children[] = { "children", NULL };
  const SyncRunOptions options = { .entities = children };
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_settle (rig);
  test_device_sql (a, "PRAGMA foreign_keys = OFF; INSERT INTO parents VALUES (5, 'five');"
                      "INSERT INTO children VALUES ('a', 5); DROP TABLE parents");
  test_device_do (a, SYNC_RUN_SYNC, &options);
  test_device_expect (a, "SELECT entity, id FROM psync_change WHERE entity = 'children'", "");
}

/* A row that got another number counts for AUTOINCREMENT. */
static void
test_autoincrement (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO numbers (name) VALUES ('of a')");
  test_device_sql (b, "INSERT INTO numbers (name) VALUES ('of b')");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM numbers", "1|of a\n2|of b\n");
  test_device_sql (b, "DELETE FROM numbers WHERE id = 2; INSERT INTO numbers (name) VALUES ('anew')");
  test_device_expect (b, "SELECT * FROM numbers", "1|of a\n3|anew\n");
  test_rig_assert_converged (rig);
  /* So does one that came and went while another device was away. */
  test_device_sql (b, "INSERT INTO numbers VALUES (7, 'short')");
  test_device_sync (b);
  test_device_sql (b, "DELETE FROM numbers WHERE id = 7");
  test_rig_assert_converged (rig);
  test_device_sql (a, "INSERT INTO numbers (name) VALUES ('new')");
  test_device_expect (a, "SELECT * FROM numbers", "1|of a\n3|anew\n8|new\n");
  test_rig_assert_converged (rig);
}

/* --- By chance ---------------------------------------------------------------------------------- */

#define SCHEDULES 40
#define STEPS 40

#define NAMED                                                                                                      \
  "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT, rank INTEGER, "                                        \
  "above INTEGER REFERENCES parents (id), wanted TEXT, pet INTEGER REFERENCES pets (id), wanted_pet TEXT);"        \
  "CREATE TABLE pets (id INTEGER PRIMARY KEY, name TEXT, keeper INTEGER REFERENCES parents (id), wanted TEXT);"    \
  "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent INTEGER REFERENCES parents (id), wanted TEXT, "     \
  "rank INTEGER);"

/* A row that refers to another one than it did when it was written. (No parent is deleted: its number may be given to
 * another row, which is then the same one for who did not see it go.) */
#define CHANGELINGS                                                                                                \
  "SELECT c.id, c.wanted, p.name FROM children c LEFT JOIN parents p ON p.id = c.parent WHERE c.wanted IS NOT p.name " \
  "UNION ALL SELECT c.name, c.wanted, p.name FROM parents c JOIN parents p ON p.id = c.above "                     \
  "WHERE c.wanted IS NOT p.name "                                                                                  \
  "UNION ALL SELECT c.name, c.wanted, p.name FROM pets c LEFT JOIN parents p ON p.id = c.keeper "                  \
  "WHERE c.wanted IS NOT p.name "                                                                                  \
  "UNION ALL SELECT c.name, c.wanted_pet, p.name FROM parents c LEFT JOIN pets p ON p.id = c.pet "                 \
  "WHERE c.wanted_pet IS NOT p.name"

typedef struct
{
  TestRig *rig;
  GRand *random;
  guint count;
  guint depth;
} Schedule;

static TestDevice *
any_device (Schedule *schedule)
{
  return g_ptr_array_index (schedule->rig->devices, g_rand_int_range (schedule->random, 0, (int) schedule->rig->devices->len));
}

static void
write_by_chance (Schedule *schedule, TestDevice *device)
{
  guint n = schedule->count++;

  switch (g_rand_int_range (schedule->random, 0, 12))
    {
    case 0:
    case 1:
      test_device_sqlf (device, "INSERT INTO parents (name, above, wanted) SELECT '%s %u', id, name FROM "
                                "(SELECT NULL AS id, NULL AS name UNION ALL SELECT id, name FROM parents "
                                "ORDER BY id DESC) LIMIT 1 OFFSET %d",
                        device->name, n, g_rand_int_range (schedule->random, 0, 2));
      break;
    case 2:
    case 3:
      test_device_sqlf (device, "INSERT INTO children (id, parent, wanted) SELECT '%s %u', id, name FROM parents "
                                "ORDER BY id DESC LIMIT 1 OFFSET %d",
                        device->name, n, g_rand_int_range (schedule->random, 0, 2));
      break;
    case 4:
      test_device_sqlf (device, "UPDATE parents SET rank = %u WHERE id = (SELECT id FROM parents ORDER BY id DESC "
                                "LIMIT 1 OFFSET %d)",
                        n, g_rand_int_range (schedule->random, 0, 3));
      break;
    case 5:
      test_device_sqlf (device, "UPDATE children SET (parent, wanted) = (SELECT id, name FROM parents ORDER BY id DESC "
                                "LIMIT 1 OFFSET %d) WHERE rowid = (SELECT rowid FROM children ORDER BY id LIMIT 1 OFFSET %d)",
                        g_rand_int_range (schedule->random, 0, 3), g_rand_int_range (schedule->random, 0, 6));
      break;
    case 6:
    case 7:
      test_device_sqlf (device, "INSERT INTO pets (name, keeper, wanted) SELECT '%s %u', id, name FROM parents "
                                "ORDER BY id DESC LIMIT 1 OFFSET %d",
                        device->name, n, g_rand_int_range (schedule->random, 0, 2));
      break;
    case 8:
    case 9:
      test_device_sqlf (device, "UPDATE parents SET (pet, wanted_pet) = (SELECT id, name FROM pets ORDER BY id DESC "
                                "LIMIT 1 OFFSET %d) WHERE id = "
                                "(SELECT id FROM parents WHERE name LIKE '%s %%' ORDER BY id DESC LIMIT 1 OFFSET %d)",
                        g_rand_int_range (schedule->random, 0, 2), device->name,
                        g_rand_int_range (schedule->random, 0, 2));
      break;
    default:
      test_device_sqlf (device, "UPDATE children SET rank = %u WHERE rowid = (SELECT rowid FROM children "
                                "ORDER BY id LIMIT 1 OFFSET %d)",
                        n, g_rand_int_range (schedule->random, 0, 6));
      break;
    }
}

static void sync_by_chance (Schedule *schedule, TestDevice *device);

/* While a run goes on its owner writes and other devices sync; and some of what it asks for is lost. */
static TestFault
meddle (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Schedule *schedule = data;
  TestDevice *device = any_device (schedule);

  if (schedule->depth < 2 && g_rand_int_range (schedule->random, 0, 3) == 0)
    {
      write_by_chance (schedule, device);
      if (device->faults != faults)
        sync_by_chance (schedule, device);
    }
  switch (g_rand_int_range (schedule->random, 0, 12))
    {
    case 0:
      return TEST_FAULT_LOST;
    case 1:
      return TEST_FAULT_REFUSED;
    default:
      return TEST_FAULT_NONE;
    }
}

static gboolean
is_running (Schedule *schedule, TestDevice *device)
{
  return schedule->depth > 0 && g_object_get_data (G_OBJECT (device->faults), "runs") != NULL;
}

static void
sync_by_chance (Schedule *schedule, TestDevice *device)
{
  static const char *const children[] = { "children", NULL };
  static const char *const parents[] = { "parents", NULL };
  const char *const *some[] = { NULL, NULL, NULL, children, parents };
  SyncRunOptions options = { .entities = some[g_rand_int_range (schedule->random, 0, G_N_ELEMENTS (some))] };
  g_autoptr (SyncResult) result = NULL;

  if (is_running (schedule, device))
    return;
  g_object_set_data (G_OBJECT (device->faults), "runs", device);
  schedule->depth++;
  test_faults_set_hooks (device->faults, g_rand_boolean (schedule->random) ? meddle : NULL, NULL, schedule);
  result = test_device_run (device, SYNC_RUN_SYNC, &options);
  g_assert_true (result->error == NULL || g_error_matches (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE));
  test_faults_set_hooks (device->faults, NULL, NULL, NULL);
  schedule->depth--;
  g_object_set_data (G_OBJECT (device->faults), "runs", NULL);
}

static void
run_schedule (guint seed)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NAMED);
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  Schedule schedule = { rig, random, 0, 0 };

  for (guint i = 0; i < 3; i++)
    {
      g_autofree char *name = g_strdup_printf ("%c", 'a' + i);

      test_rig_add (rig, name);
    }
  for (guint i = 0; i < STEPS; i++)
    {
      TestDevice *device = any_device (&schedule);

      if (g_rand_int_range (random, 0, 3) == 0)
        sync_by_chance (&schedule, device);
      else
        write_by_chance (&schedule, device);
      test_rig_advance (rig, G_TIME_SPAN_SECOND);
    }
  test_rig_assert_converged (rig);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_expect (g_ptr_array_index (rig->devices, i), CHANGELINGS, "");
}

/* PSYNC_TEST_SEED and PSYNC_TEST_COUNT: which schedules, instead of new ones. */
static void
test_by_chance (void)
{
  const char *seed = g_getenv ("PSYNC_TEST_SEED"), *count = g_getenv ("PSYNC_TEST_COUNT");
  guint first = seed != NULL ? (guint) g_ascii_strtoull (seed, NULL, 10) : g_random_int ();
  guint n = count != NULL ? (guint) g_ascii_strtoull (count, NULL, 10) : SCHEDULES;

  for (guint i = 0; i < n; i++)
    {
      g_test_message ("PSYNC_TEST_SEED=%u", first + i);
      run_schedule (first + i);
    }
}

static const TestRigCase cases[] = {
  { "a-number-taken-within-one-pull", FAMILIES, test_within_one_pull },
  { "children-synced-without-parents", FAMILIES, test_without_parents },
  { "a-child-that-moved-there", FAMILIES, test_moved_there },
  { "children-are-not-sent-before-their-parent", FAMILIES, test_own_children },
  { "two-tables-that-refer-to-each-other",
    "CREATE TABLE albums (id INTEGER PRIMARY KEY, name TEXT, cover INTEGER REFERENCES photos (id));"
    "CREATE TABLE photos (id INTEGER PRIMARY KEY, name TEXT, album INTEGER REFERENCES albums (id));",
    test_albums },
  { "a-tree-in-one-table", TREE, test_tree },
  { "a-number-that-is-used-again",
    "CREATE TABLE parents (id INTEGER PRIMARY KEY, name TEXT);"
    "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent INTEGER REFERENCES parents (id));",
    test_number_used_again },
  { "a-deleted-row-that-two-devices-keep", FAMILIES, test_kept_twice },
  { "a-deleted-row-that-is-put-back-twice", FAMILIES, test_put_back_twice },
  { "a-child-of-one-that-came-and-went", FAMILIES, test_gone_parent },
  { "a-child-whose-parents-are-gone", FAMILIES, test_gone_table },
  { "autoincrement", "CREATE TABLE numbers (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);", test_autoincrement },
  { "children-wait-for-their-parent-s-number", FAMILIES, test_children_wait },
  { "a-dry-run-counts-no-child-that-waits", FAMILIES, test_counted },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_rig_add_cases (&test_backend_vault, "/families", cases, G_N_ELEMENTS (cases));
  g_test_add_func ("/families/by-chance", test_by_chance);
  return g_test_run ();
}
