/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

/* What happens between a client and hosted Supabase, at every request of a run, singly and together: afterwards all
 * have equal rows, nothing is lost, nobody has a conflict, and no row's contents are in what is told of it.
 *
 * PSYNC_TEST_ALL=1: also those at every request that ask for the same reaction as another. PSYNC_TEST_SEED=N: the
 * storm of that seed once more. */

/* --- One fault, at every request ---------------------------------------------------------------- */

static void
run_with_plan (TestRig *rig, TestDevice *a, WirePlan *plan)
{
  SyncRunOptions options = { .batch_size = 2 };
  g_autoptr (SyncResult) result = NULL;

  wire_begin (rig, test_faults_get_inner (a->faults), plan);
  result = test_device_run (a, SYNC_RUN_SYNC, &options);
  wire_expect_no_contents (a, result->error);
  if (!wire_refuses_rows (plan->fault))
    test_device_expect (a, "SELECT id, error FROM psync_change WHERE state = 'refused'", "");
  /* On a busy computer one's patience may end before it comes to that. */
  plan->happened = plan->happened || result->error != NULL;
  wire_heal (rig);
}

/* Returns whether there was such a request. */
static gboolean
try_fault (TestRig *rig, TestDevice *a, TestDevice *b, WirePlan *plan, guint round)
{
  wire_make_work (a, b, round);
  test_device_sync (b);
  run_with_plan (rig, a, plan);
  test_device_sync (a);
  wire_expect_work (a, round);
  return plan->happened;
}

static void
expect_same (TestRig *rig, TestDevice *b, guint round)
{
  test_rig_assert_converged (rig);
  wire_expect_work (b, round);
}

static void
test_fault (gconstpointer data)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, WIRE_NOTES);
  WirePlan plan = { .fault = data };
  TestDevice *a, *b;

  if (rig == NULL)
    return;
  wire_begin_work (rig, &a, &b);
  while (try_fault (rig, a, b, &plan, plan.at + 1))
    plan.at++;
  g_test_message ("%u faults: %s, at each request", plan.at, plan.fault->name);
  g_assert_cmpuint (plan.at, >, 6);
  expect_same (rig, b, plan.at + 1);
}

/* What asks a client for the same reaction as another, once each: at the request that the seed says. */
static void
test_others (void)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, WIRE_NOTES);
  TestDevice *a, *b;
  guint round = 0;

  if (rig == NULL)
    return;
  wire_begin_work (rig, &a, &b);
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    {
      WirePlan plan = { .fault = fault, .at = (guint) g_test_rand_int_range (0, 7) };

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

  wire_begin_work (rig, &a, &b);
  for (guint round = 1; round <= 5; round++)
    {
      g_autoptr (GString) story = storm.story = g_string_new (NULL);

      wire_make_work (a, b, round);
      storm.chance = (guint) g_rand_int_range (random, 5, 50);
      test_hosted_set_faults (test_rig_get_hosted (rig), meet_storm, &storm);
      wire_set_patience (test_faults_get_inner (a->faults), WIRE_PATIENCE_MS);
      wire_set_patience (test_faults_get_inner (b->faults), WIRE_PATIENCE_MS);
      for (guint i = 0; i < 4; i++)
        {
          TestDevice *device = g_rand_boolean (random) ? a : b;
          SyncRunOptions options = { .batch_size = (guint) g_rand_int_range (random, 1, 6) };
          g_autoptr (SyncResult) result = test_device_run (device, SYNC_RUN_SYNC, &options);

          wire_expect_no_contents (device, result->error);
          test_rig_advance (rig, 10 * G_TIME_SPAN_SECOND);
        }
      wire_heal (rig);
      g_test_message ("seed %u, round %u:%s", seed, round, story->str);
      test_rig_settle (rig);
      wire_expect_work (a, round);
      wire_expect_work (b, round);
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
      g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, WIRE_NOTES);

      if (rig == NULL)
        return;
      g_test_message ("PSYNC_TEST_SEED=%u", seed);
      weather (rig, seed);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  wire_watch_log ();
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    {
      g_autofree char *path = g_strconcat ("/wire/every-request/", fault->name, NULL);

      if (wire_is_chosen (fault))
        g_test_add_data_func (path, fault, test_fault);
    }
  g_test_add_func ("/wire/others-at-some-request", test_others);
  g_test_add_func ("/wire/several-faults-together", test_storms);
  return g_test_run ();
}
