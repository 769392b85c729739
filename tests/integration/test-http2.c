/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

/* Hosted Supabase is reached by TLS and HTTP/2: all requests share a connection, and what happens to one of them, or to
 * the connection, is another matter than with HTTP/1. PSYNC_TEST_SEED=N: the storm of that seed once more. */

/* libsoup warns of what it did not notice itself; nobody else may. */
static gboolean
is_fatal (const char *domain, GLogLevelFlags level, const char *message, gpointer data)
{
  return g_strcmp0 (domain, "libsoup") != 0 || (level & G_LOG_LEVEL_WARNING) == 0;
}

static TestRig *
open_rig (void)
{
  g_test_log_set_fatal_handler (is_fatal, NULL);
  return test_rig_new (&test_gateway_backend, WIRE_NOTES);
}

static void
insert_notes (TestDevice *device, const char *prefix, guint n)
{
  test_device_sqlf (device,
                    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                    "INSERT INTO notes SELECT '%s' || i, 'title ' || i, hex (randomblob (200)), i FROM n",
                    n, prefix);
}

/* Bodies that are longer than the window of a stream, both ways, by few connections. */
static void
test_many_rows (void)
{
  g_autoptr (TestRig) rig = open_rig ();
  TestDevice *a, *b;
  guint requests, connections;

  if (rig == NULL)
    return;
  a = test_rig_add (rig, "a");
  b = test_rig_add (rig, "b");
  test_gateway_set_fault (test_rig_get_gateway (rig), NULL, 0);
  insert_notes (a, "a", 3000);
  test_device_sync (a);
  test_device_sync (b);
  insert_notes (b, "b", 1500);
  test_device_sql (b, "UPDATE notes SET title = 'new' WHERE rank < 500;"
                      "DELETE FROM notes WHERE id IN ('a7', 'b7', 'b1500')");
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count (*), sum (title = 'new') FROM notes", "4497|996\n");
  test_gateway_count (test_rig_get_gateway (rig), &requests, &connections, NULL);
  g_assert_cmpuint (requests, >, 15);
  g_assert_cmpuint (connections, <=, 4);
}

/* --- Faults ------------------------------------------------------------------------------------- */

static gboolean
is_slow (const char *fault)
{
  return g_str_equal (fault, "silent") || g_str_has_suffix (fault, "late") || g_str_equal (fault, "cut")
         || g_str_equal (fault, "gone-in-answer");
}

/* Returns whether it ended well. */
static gboolean
run_impatiently (TestDevice *device, gboolean impatient)
{
  SyncRunOptions options = { .batch_size = 2 };
  g_autoptr (SyncResult) result = NULL;

  if (impatient)
    wire_set_patience (test_faults_get_inner (device->faults), WIRE_PATIENCE_MS);
  result = test_device_run (device, SYNC_RUN_SYNC, &options);
  wire_expect_no_contents (device, result->error);
  test_device_expect (device, "SELECT id, error FROM psync_change WHERE state = 'refused'", "");
  return result->error == NULL;
}

static void
test_fault (gconstpointer data)
{
  g_autoptr (TestRig) rig = open_rig ();
  gboolean happened = TRUE;
  guint round = 0;
  TestDevice *a, *b;

  if (rig == NULL)
    return;
  wire_begin_work (rig, &a, &b);
  while (happened)
    {
      guint requests, connections;
      gboolean well;

      wire_make_work (a, b, ++round);
      test_device_sync (b);
      test_gateway_set_fault (test_rig_get_gateway (rig), data, round - 1);
      well = run_impatiently (a, is_slow (data));
      test_gateway_count (test_rig_get_gateway (rig), &requests, &connections, &happened);
      /* On a busy computer one's patience may end before it comes to that. */
      happened = happened || !well;
      g_assert_cmpuint (round, <, 200);
      test_gateway_set_fault (test_rig_get_gateway (rig), NULL, 0);
      wire_heal (rig);
      test_device_sync (a);
      wire_expect_work (a, round);
    }
  g_test_message ("%s, at each of %u requests", (const char *) data, round - 1);
  g_assert_cmpuint (round, >, 7);
  test_rig_assert_converged (rig);
  wire_expect_work (b, round);
}

/* Far more than a stream's window, and answers as long, when it happens. */
static void
test_long_bodies (void)
{
  g_autoptr (TestRig) rig = open_rig ();
  TestDevice *a, *b;

  if (rig == NULL)
    return;
  a = test_rig_add (rig, "a");
  b = test_rig_add (rig, "b");
  test_device_sync (a);
  test_device_sync (b);
  for (guint i = 0; test_gateway_faults[i] != NULL; i++)
    for (guint at = 1; at < 4; at++)
      {
        g_autofree char *prefix = g_strdup_printf ("%s %u ", test_gateway_faults[i], at);

        insert_notes (a, prefix, 600);
        test_gateway_set_fault (test_rig_get_gateway (rig), test_gateway_faults[i], at);
        for (guint k = 0; k < 2; k++)
          {
            g_autoptr (SyncResult) result = NULL;
            TestDevice *device = k == 0 ? a : b;

            wire_set_patience (test_faults_get_inner (device->faults), 4 * WIRE_PATIENCE_MS);
            result = test_device_run (device, SYNC_RUN_SYNC, NULL);
            wire_expect_no_contents (device, result->error);
          }
        test_gateway_set_fault (test_rig_get_gateway (rig), NULL, 0);
        wire_heal (rig);
        test_rig_settle (rig);
      }
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "28800\n");
  test_device_expect (a, "SELECT count(*) FROM psync_conflict", "0\n");
}

static void
weather (TestRig *rig, guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  guint n_faults = g_strv_length ((char **) test_gateway_faults);
  TestDevice *a, *b;

  wire_begin_work (rig, &a, &b);
  for (guint round = 1; round <= 8; round++)
    {
      wire_make_work (a, b, round);
      for (guint i = 0; i < 4; i++)
        {
          const char *fault = test_gateway_faults[g_rand_int_range (random, 0, (gint32) n_faults)];
          guint at = (guint) g_rand_int_range (random, 0, 9);

          g_test_message ("seed %u, round %u: %s at %u", seed, round, fault, at);
          test_gateway_set_fault (test_rig_get_gateway (rig), fault, at);
          run_impatiently (g_rand_boolean (random) ? a : b, TRUE);
          test_rig_advance (rig, 10 * G_TIME_SPAN_SECOND);
        }
      test_gateway_set_fault (test_rig_get_gateway (rig), NULL, 0);
      wire_heal (rig);
      test_rig_settle (rig);
      wire_expect_work (a, round);
      wire_expect_work (b, round);
    }
  test_rig_assert_converged (rig);
}

static void
test_storm (void)
{
  const char *given = g_getenv ("PSYNC_TEST_SEED");
  guint32 seed = given != NULL ? (guint32) g_ascii_strtoull (given, NULL, 10) : (guint32) g_test_rand_int ();
  g_autoptr (TestRig) rig = open_rig ();

  if (rig == NULL)
    return;
  g_test_message ("PSYNC_TEST_SEED=%u", seed);
  weather (rig, seed);
}

/* --- Who is on the other side ------------------------------------------------------------------- */

/* A computer that does not trust the certificate sends nothing, and says so. */
static void
test_distrust (void)
{
  g_autoptr (TestRig) rig = open_rig ();
  g_autoptr (SyncResult) result = NULL;
  TestDevice *a;
  guint requests, connections;

  if (rig == NULL)
    return;
  a = test_rig_add (rig, "a");
  insert_notes (a, "a", 1);
  test_gateway_set_fault (test_rig_get_gateway (rig), NULL, 0);
  test_gateway_distrust ();
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_INSECURE);
  g_assert_cmpstr (sync_error_get_detail (result->error)->subject, ==, "localhost");
  test_gateway_count (test_rig_get_gateway (rig), &requests, &connections, NULL);
  g_assert_cmpuint (requests, ==, 0);
  test_device_expect (a, "SELECT count (*) FROM psync_change", "1\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  wire_watch_log ();
  g_test_add_func ("/http2/many-rows-by-few-connections", test_many_rows);
  for (guint i = 0; test_gateway_faults[i] != NULL; i++)
    {
      g_autofree char *path = g_strconcat ("/http2/every-request/", test_gateway_faults[i], NULL);

      g_test_add_data_func (path, test_gateway_faults[i], test_fault);
    }
  g_test_add_func ("/http2/every-fault-in-long-bodies", test_long_bodies);
  g_test_add_func ("/http2/several-faults-together", test_storm);
  g_test_add_func ("/http2/nothing-goes-to-who-is-not-trusted", test_distrust);
  return g_test_run ();
}
