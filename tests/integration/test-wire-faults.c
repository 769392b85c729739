/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-store.h"
#include "sync-supabase-provider.h"
#include "test-backends.h"

/* What happens between a client and hosted Supabase, at every request of a run, singly and together: afterwards all
 * have equal rows, nothing is lost, nobody has a conflict, and no row's contents are in what is told of it.
 *
 * PSYNC_TEST_ALL=1: also those at every request that ask for the same reaction as another. PSYNC_TEST_SEED=N: the
 * storm of that seed once more. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
/* In every text that is synced. */
#define SECRET "S3CRET"
/* How long an answer that never comes is waited for. */
#define PATIENCE_MS 250

static gboolean leaked;

/* Looks for contents in everything that is logged. */
static GLogWriterOutput
watch_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer data)
{
  for (gsize i = 0; i < n_fields; i++)
    {
      const char *text = fields[i].value;

      if (g_str_equal (fields[i].key, "MESSAGE") && text != NULL
          && (strstr (text, SECRET) != NULL || strstr (text, "Bearer") != NULL || strstr (text, "eyJ") != NULL))
        leaked = TRUE;
    }
  if ((level & (G_LOG_LEVEL_DEBUG | G_LOG_LEVEL_INFO)) != 0)
    return G_LOG_WRITER_HANDLED;
  return g_log_writer_default (level, fields, n_fields, data);
}

static void
expect_no_contents (TestDevice *device, const SyncResult *result)
{
  g_autofree char *told = test_device_query (
      device, "SELECT error FROM psync_change UNION ALL SELECT error FROM psync_history");

  g_assert_false (leaked);
  g_assert_null (strstr (told, SECRET));
  if (result->error != NULL)
    g_assert_null (strstr (result->error->message, SECRET));
}

/* --- Work for both ------------------------------------------------------------------------------ */

/* Both edit, insert and delete, one row in different columns. */
static void
make_work (TestDevice *a, TestDevice *b, guint round)
{
  test_device_sqlf (a, "UPDATE notes SET title = '" SECRET " a%u' WHERE id IN ('s1', 's2');"
                       "INSERT INTO notes VALUES ('a%u', '" SECRET "', 'by a', 1);"
                       "DELETE FROM notes WHERE id = 'a%u'",
                    round, round, round - 1);
  test_device_sqlf (b, "UPDATE notes SET body = '" SECRET " b%u' WHERE id IN ('s1', 's3');"
                       "INSERT INTO notes VALUES ('b%u', '" SECRET "', 'by b', 1);"
                       "DELETE FROM notes WHERE id = 'b%u'",
                    round, round, round - 1);
}

static void
expect_work (TestDevice *device, guint round)
{
  g_autofree char *expected
      = g_strdup_printf ("a%u|" SECRET "|by a\nb%u|" SECRET "|by b\ns1|" SECRET " a%u|" SECRET " b%u\n"
                         "s2|" SECRET " a%u|body\ns3|title|" SECRET " b%u\n", round, round, round, round, round,
                         round);

  test_device_expect (device, "SELECT id, title, body FROM notes ORDER BY id", expected);
  test_device_assert_clean (device);
  test_device_expect (device, "SELECT id, kind FROM psync_conflict", "");
}

static void
begin_work (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  test_device_sql (*a, "INSERT INTO notes (id, title, body) VALUES ('s1', 'title', 'body'), ('s2', 'title', 'body'), "
                       "('s3', 'title', 'body'), ('a0', 'title', 'body')");
  test_device_sync (*a);
  test_device_sync (*b);
  test_device_sql (*b, "INSERT INTO notes (id) VALUES ('b0')");
  test_rig_settle (rig);
  test_hosted_set_max_rows (test_rig_get_hosted (rig), 3);
}

static void
set_patience (TestDevice *device, guint milliseconds)
{
  sync_supabase_provider_set_timeout (SYNC_SUPABASE_PROVIDER (test_faults_get_inner (device->faults)),
                                      milliseconds);
}

static gboolean
retry_all (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_retry_changes (store, NULL, NULL, error) >= 0;
}

/* What an invented refusal refused is there to be tried again, and is. */
static void
retry_refused (TestDevice *device)
{
  g_autoptr (GError) error = NULL;

  test_device_expect (device, "SELECT id FROM psync_change WHERE state = 'refused' AND error IS NULL", "");
  test_device_call (device, retry_all, NULL, &error);
  g_assert_no_error (error);
}

/* The network is well, and some time has passed. */
static void
heal (TestRig *rig)
{
  test_hosted_heal (test_rig_get_hosted (rig));
  test_rig_advance (rig, 10 * G_TIME_SPAN_MINUTE);
  for (guint i = 0; i < rig->devices->len; i++)
    {
      TestDevice *device = g_ptr_array_index (rig->devices, i);

      set_patience (device, 65000);
      retry_refused (device);
    }
}

/* --- One fault, at every request ---------------------------------------------------------------- */

typedef struct
{
  const TestWireFault *fault;
  guint at;
  gboolean happened;
} Plan;

static const TestWireFault *
meet_plan (guint number, const char *method, const char *path, gpointer data)
{
  Plan *plan = data;

  if (number != plan->at)
    return NULL;
  plan->happened = TRUE;
  return plan->fault;
}

/* Nothing else is a row's fault. */
static gboolean
refuses_rows (const TestWireFault *fault)
{
  return g_str_equal (fault->name, "413-body") || g_str_equal (fault->name, "409-unique")
         || g_strcmp0 (fault->like, "409-unique") == 0;
}

static void
run_with_plan (TestRig *rig, TestDevice *a, Plan *plan)
{
  SyncRunOptions options = { .batch_size = 2 };
  g_autoptr (SyncResult) result = NULL;

  if (plan->fault->kind == TEST_WIRE_LATE)
    set_patience (a, PATIENCE_MS);
  test_hosted_set_faults (test_rig_get_hosted (rig), meet_plan, plan);
  result = test_device_run (a, SYNC_RUN_SYNC, &options);
  expect_no_contents (a, result);
  if (!refuses_rows (plan->fault))
    test_device_expect (a, "SELECT id, error FROM psync_change WHERE state = 'refused'", "");
  heal (rig);
}

/* Returns whether there was such a request. */
static gboolean
try_fault (TestRig *rig, TestDevice *a, TestDevice *b, Plan *plan, guint round)
{
  plan->happened = FALSE;
  make_work (a, b, round);
  test_device_sync (b);
  run_with_plan (rig, a, plan);
  test_device_sync (a);
  expect_work (a, round);
  return plan->happened;
}

static void
expect_same (TestRig *rig, TestDevice *b, guint round)
{
  test_rig_assert_converged (rig);
  expect_work (b, round);
}

static void
test_fault (gconstpointer data)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, NOTES);
  Plan plan = { .fault = data };
  TestDevice *a, *b;

  if (rig == NULL)
    return;
  begin_work (rig, &a, &b);
  while (try_fault (rig, a, b, &plan, plan.at + 1))
    plan.at++;
  g_assert_cmpuint (plan.at, >, 6);
  expect_same (rig, b, plan.at + 1);
}

/* What asks a client for the same reaction as another, once each: at the request that the seed says. */
static void
test_others (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, NOTES);
  TestDevice *a, *b;
  guint round = 0;

  if (rig == NULL)
    return;
  begin_work (rig, &a, &b);
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    {
      Plan plan = { .fault = fault, .at = (guint) g_test_rand_int_range (0, 7) };

      if (fault->like == NULL)
        continue;
      g_test_message ("%s at request %u", fault->name, plan.at);
      g_assert_true (try_fault (rig, a, b, &plan, ++round));
    }
  expect_same (rig, b, round);
}

/* --- Several together --------------------------------------------------------------------------- */

typedef struct
{
  GRand *random;
  guint chance; /* in a hundred */
  GString *story;
} Storm;

static const TestWireFault *
meet_storm (guint number, const char *method, const char *path, gpointer data)
{
  Storm *storm = data;
  const TestWireFault *fault = NULL;

  if (g_rand_int_range (storm->random, 0, 100) < (gint32) storm->chance)
    fault = &test_wire_faults[g_rand_int_range (storm->random, 0, (gint32) test_wire_count ())];
  if (fault != NULL)
    g_string_append_printf (storm->story, " %s %.20s %s;", method, path, fault->name);
  return fault;
}

static void
weather (TestRig *rig, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  Storm storm = { random, 0, NULL };
  TestDevice *a, *b;

  begin_work (rig, &a, &b);
  for (guint round = 1; round <= 5; round++)
    {
      g_autoptr (GString) story = storm.story = g_string_new (NULL);

      make_work (a, b, round);
      storm.chance = (guint) g_rand_int_range (random, 5, 50);
      test_hosted_set_faults (test_rig_get_hosted (rig), meet_storm, &storm);
      set_patience (a, PATIENCE_MS);
      set_patience (b, PATIENCE_MS);
      for (guint i = 0; i < 4; i++)
        {
          TestDevice *device = g_rand_boolean (random) ? a : b;
          SyncRunOptions options = { .batch_size = (guint) g_rand_int_range (random, 1, 6) };
          g_autoptr (SyncResult) result = test_device_run (device, SYNC_RUN_SYNC, &options);

          expect_no_contents (device, result);
          test_rig_advance (rig, 10 * G_TIME_SPAN_SECOND);
        }
      heal (rig);
      g_test_message ("seed %u, round %u:%s", seed, round, story->str);
      test_rig_settle (rig);
      expect_work (a, round);
      expect_work (b, round);
    }
  test_rig_assert_converged (rig);
}

static void
test_storms (void)
{
  const char *given = g_getenv ("PSYNC_TEST_SEED");

  for (guint i = 0; i < (given != NULL ? 1 : 2); i++)
    {
      guint32 seed = given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : (guint32) g_test_rand_int ();
      g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, NOTES);

      if (rig == NULL)
        return;
      g_test_message ("PSYNC_TEST_SEED=%u", seed);
      weather (rig, seed);
    }
}

int
main (int argc, char *argv[])
{
  g_setenv ("G_MESSAGES_DEBUG", "all", TRUE);
  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (watch_log, NULL, NULL);
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    {
      g_autofree char *path = g_strconcat ("/wire/every-request/", fault->name, NULL);

      if (fault->like == NULL || g_getenv ("PSYNC_TEST_ALL") != NULL)
        g_test_add_data_func (path, fault, test_fault);
    }
  g_test_add_func ("/wire/others-at-some-request", test_others);
  g_test_add_func ("/wire/several-faults-together", test_storms);
  return g_test_run ();
}
