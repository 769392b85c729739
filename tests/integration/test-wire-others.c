/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "wire.h"

#include "sync-supabase-check.h"
#include "sync-verify-run.h"
#include "test-cloud.h"
#include "test-provider.h"

/* What happens between a client and hosted Supabase, at every request of what is no ordinary run: a seed, a hydrate, a
 * verification, signing in and out, a device's own row, a test of the connection, the deletion of everything.
 * Afterwards nothing is lost, nothing was made up, and the same once more does what was wanted.
 *
 * PSYNC_TEST_ALL=1: also the faults that ask for the same reaction as another. */

#define SECRET WIRE_SECRET

/**
 * Scene:
 * @rig: the cloud
 * @a: who acts
 * @b: another device, which knows everything
 * @client: one more client of the cloud, or who signs in
 * @round: a number that is another one each time
 */
typedef struct
{
  TestRig *rig;
  TestDevice *a, *b;
  SyncProvider *client;
  guint round;
} Scene;

/**
 * Activity:
 * @name: in the test's name
 * @requests: it has more than these
 * @prepare: before each time
 * @act: what is disturbed
 * @check: what must be so afterwards, when all is well again
 */
typedef struct
{
  const char *name;
  guint requests;
  void (*prepare) (Scene *scene);
  GError *(*act) (Scene *scene, const TestWireFault *fault);
  void (*check) (Scene *scene, const GError *error);
} Activity;

static GError *
take_error (SyncResult *result)
{
  GError *error = g_steal_pointer (&result->error);

  sync_result_free (result);
  return error;
}

static void
expect_notes (Scene *scene, const char *format)
{
  g_auto (GStrv) parts = g_strsplit (format, "@", -1);
  g_autofree char *number = g_strdup_printf ("%u", scene->round);
  g_autofree char *expected = g_strjoinv (number, parts);

  test_rig_assert_converged (scene->rig);
  test_device_expect (scene->a, "SELECT id, title, body FROM notes ORDER BY id", expected);
  test_device_expect (scene->b, "SELECT id, title, body FROM notes ORDER BY id", expected);
  test_device_assert_clean (scene->a);
  test_device_assert_clean (scene->b);
}

/* --- Runs ---------------------------------------------------------------------------------------- */

static void
edit_both (Scene *scene)
{
  test_device_sqlf (scene->a, "UPDATE notes SET title = '" SECRET " a%u' WHERE id IN ('1', '2', '3')", scene->round);
  test_device_sqlf (scene->b, "UPDATE notes SET body = '" SECRET " b%u' WHERE id IN ('4', '5')", scene->round);
  test_device_sync (scene->b);
}

static GError *
seed (Scene *scene, const TestWireFault *fault)
{
  SyncRunOptions options = { .batch_size = 2 };

  return take_error (test_device_run (scene->a, SYNC_RUN_SEED, &options));
}

static GError *
hydrate (Scene *scene, const TestWireFault *fault)
{
  SyncRunOptions options = { .batch_size = 2 };

  return take_error (test_device_run (scene->a, SYNC_RUN_HYDRATE, &options));
}

static void
check_run (Scene *scene, const GError *error)
{
  test_device_sync (scene->a);
  test_device_sync (scene->b);
  expect_notes (scene, "1|" SECRET " a@|b\n2|" SECRET " a@|b\n3|" SECRET " a@|b\n4|t|" SECRET " b@\n"
                       "5|t|" SECRET " b@\n");
  test_device_expect (scene->a, "SELECT id, kind FROM psync_conflict WHERE state = 'open'", "");
}

/* What was not sent yet is no less so: a hydrate keeps it, and it is sent with the next sync. */
static void
check_hydrate (Scene *scene, const GError *error)
{
  g_autofree char *expected = g_strdup_printf (SECRET " a%u\n", scene->round);

  test_device_expect (scene->a, "SELECT title FROM notes WHERE id = '1'", expected);
  check_run (scene, error);
  test_device_expect (scene->a, "SELECT id, kind FROM psync_conflict", "");
}

/* --- A verification ------------------------------------------------------------------------------ */

static SyncVerifyResult *
verify (TestDevice *device, gboolean all)
{
  SyncVerifySetup setup = {
    .run = {
      .store = device->store,
      .provider = SYNC_PROVIDER (device->faults),
      .context = g_main_context_default (),
      .config = { .max_retries = 3 },
    },
    .all = all,
    .heal = TRUE,
    .sample = SYNC_VERIFY_SAMPLE,
  };

  return sync_verify_run_execute (&setup);
}

static gboolean
tamper (SyncStore *store, gpointer data, GError **error)
{
  return sync_connection_execute (sync_store_get_connection (store),
                                  "UPDATE psync_row SET base = json_set (base, '$.body', 'tampered') "
                                  "WHERE id = '''4'''", error);
}

/* One row's base is not what it should be, and there are edits to be found on both sides. */
static void
prepare_verify (Scene *scene)
{
  edit_both (scene);
  test_device_call (scene->a, tamper, NULL, NULL);
}

static GError *
do_verify (Scene *scene, const TestWireFault *fault)
{
  SyncVerifyResult *result = verify (scene->a, scene->round % 2 == 0);
  GError *error = g_steal_pointer (&result->error);

  sync_verify_result_free (result);
  return error;
}

static void
check_verify (Scene *scene, const GError *error)
{
  SyncVerifyResult *result;

  check_run (scene, error);
  sync_verify_result_free (verify (scene->a, TRUE));
  result = verify (scene->a, TRUE);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->differences->len, ==, 0);
  g_assert_cmpuint (result->rows, ==, 5);
  sync_verify_result_free (result);
}

/* --- An account ---------------------------------------------------------------------------------- */

static void
prepare_client (Scene *scene)
{
  g_clear_object (&scene->client);
  scene->client = test_rig_connect_signed_out (scene->rig);
}

static GError *
finish_session (Scene *scene, GAsyncResult **place)
{
  g_autoptr (GAsyncResult) result = test_wait_for_result (place);
  GError *error = NULL;

  sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (scene->client), result, &error);
  return error;
}

static GError *
sign_in (Scene *scene, const TestWireFault *fault)
{
  GAsyncResult *place = NULL;

  sync_supabase_provider_sign_in_async (SYNC_SUPABASE_PROVIDER (scene->client), test_rig_get_email (scene->rig),
                                        TEST_CLOUD_PASSWORD, NULL, test_got_result, &place);
  return finish_session (scene, &place);
}

static void
check_sign_in (Scene *scene, const GError *error)
{
  SyncSupabaseProvider *client = SYNC_SUPABASE_PROVIDER (scene->client);
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) again = NULL;

  g_assert_true (sync_supabase_provider_get_signed_in (client) == (error == NULL));
  if (error != NULL)
    again = sign_in (scene, NULL);
  g_assert_no_error (again);
  state = test_get_state (scene->client, FALSE, &again);
  g_assert_no_error (again);
}

static void
prepare_sign_out (Scene *scene)
{
  g_autoptr (GError) error = NULL;

  prepare_client (scene);
  error = sign_in (scene, NULL);
  g_assert_no_error (error);
}

static GError *
sign_out (Scene *scene, const TestWireFault *fault)
{
  GAsyncResult *place = NULL;

  sync_supabase_provider_sign_out_async (SYNC_SUPABASE_PROVIDER (scene->client), NULL, test_got_result, &place);
  return finish_session (scene, &place);
}

/* Here it is over, whatever the answer was; everybody else of this user goes on. */
static void
check_sign_out (Scene *scene, const GError *error)
{
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) refused = NULL;

  g_assert_false (sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (scene->client)));
  state = test_get_state (scene->client, FALSE, &refused);
  g_assert_error (refused, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  test_device_sync (scene->a);
}

/* --- Devices ------------------------------------------------------------------------------------- */

static void
prepare_connected (Scene *scene)
{
  g_clear_object (&scene->client);
  scene->client = test_rig_connect (scene->rig);
}

/* The device is renamed and revoked. */
static SyncDevice *
make_device (Scene *scene)
{
  g_autofree char *name = g_strdup_printf ("name %u", scene->round);
  SyncDevice *device = sync_device_new ("99999999-0000-4000-8000-000000000001", name);

  device->active = scene->round % 2 == 0;
  return device;
}

static GError *
put_device (Scene *scene, const TestWireFault *fault)
{
  g_autoptr (SyncDevice) device = make_device (scene);
  GError *error = NULL;

  test_put_device (scene->client, device, &error);
  return error;
}

static void
check_device (Scene *scene, const GError *error)
{
  g_autoptr (SyncDevice) wanted = make_device (scene);
  g_autoptr (GError) again = NULL;
  g_autoptr (SyncCloudState) state = NULL;
  const SyncDevice *device;

  if (error != NULL)
    again = put_device (scene, NULL);
  g_assert_no_error (again);
  state = test_get_state (scene->client, TRUE, &again);
  g_assert_no_error (again);
  device = sync_cloud_state_find_device (state, wanted->id);
  g_assert_nonnull (device);
  g_assert_cmpstr (device->name, ==, wanted->name);
  g_assert_true (device->active == wanted->active);
}

/* --- A test of the connection -------------------------------------------------------------------- */

static void
ignore_check (const SyncCheck *check, gpointer data)
{
}

static GPtrArray *
run_checks (Scene *scene)
{
  static const char *const tables[] = { "notes", NULL };
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *checks;

  sync_supabase_check_async (SYNC_SUPABASE_PROVIDER (scene->client), tables, scene->rig->clock, ignore_check, NULL,
                             NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  checks = sync_supabase_check_finish (SYNC_SUPABASE_PROVIDER (scene->client), result, &error);
  g_assert_no_error (error);
  return checks;
}

/* The first error of its steps. */
static GError *
test_connection (Scene *scene, const TestWireFault *fault)
{
  g_autoptr (GPtrArray) checks = run_checks (scene);

  g_assert_cmpuint (checks->len, >, 0);
  for (guint i = 0; i < checks->len; i++)
    {
      const SyncCheck *check = g_ptr_array_index (checks, i);

      if (check->error != NULL)
        return g_error_copy (check->error);
    }
  return NULL;
}

static void
check_connection (Scene *scene, const GError *error)
{
  g_autoptr (GError) again = test_connection (scene, NULL);

  g_assert_no_error (again);
}

/* --- Everything ---------------------------------------------------------------------------------- */

static GError *
delete_all (Scene *scene, const TestWireFault *fault)
{
  GError *error = NULL;

  test_delete_all (scene->client, &error);
  return error;
}

/* Nobody's rows go with it: everything is there on the devices, and goes up again by a decision. */
static void
check_delete_all (Scene *scene, const GError *error)
{
  g_autoptr (GError) again = NULL;
  g_autoptr (SyncCloudState) state = NULL;

  if (error != NULL)
    again = delete_all (scene, NULL);
  g_assert_no_error (again);
  state = test_get_state (scene->client, TRUE, &again);
  g_assert_no_error (again);
  g_assert_cmpint (sync_cloud_state_get_head (state, "notes"), ==, 0);
  test_device_expect (scene->a, "SELECT count(*) FROM notes", "5\n");
}

/* --- Every fault at every request ---------------------------------------------------------------- */

static const Activity activities[] = {
  { "seed", 3, edit_both, seed, check_run },
  { "hydrate", 4, edit_both, hydrate, check_hydrate },
  { "verify", 7, prepare_verify, do_verify, check_verify },
  { "sign-in", 1, prepare_client, sign_in, check_sign_in },
  { "sign-out", 1, prepare_sign_out, sign_out, check_sign_out },
  { "device", 1, prepare_connected, put_device, check_device },
  { "connection-test", 3, prepare_connected, test_connection, check_connection },
  { "delete-everything", 1, prepare_connected, delete_all, check_delete_all },
};

static void
begin_scene (Scene *scene)
{
  scene->a = test_rig_add (scene->rig, "a");
  scene->b = test_rig_add (scene->rig, "b");
  test_device_sql (scene->a, "INSERT INTO notes (id, title, body) SELECT value, 't', 'b' "
                             "FROM json_each ('[\"1\",\"2\",\"3\",\"4\",\"5\"]')");
  test_rig_settle (scene->rig);
  test_hosted_set_max_rows (test_rig_get_hosted (scene->rig), 3);
}

/* Returns whether there was such a request. */
static gboolean
try_fault (Scene *scene, const Activity *activity, WirePlan *plan)
{
  g_autoptr (GError) error = NULL;
  SyncProvider *waiting;

  scene->round++;
  activity->prepare (scene);
  waiting = scene->client != NULL ? scene->client : test_faults_get_inner (scene->a->faults);
  wire_begin (scene->rig, waiting, plan);
  error = activity->act (scene, plan->fault);
  wire_expect_no_contents (scene->a, error);
  g_assert_true (error == NULL || error->domain == SYNC_ERROR);
  wire_heal (scene->rig);
  wire_set_patience (waiting, 65000);
  activity->check (scene, error);
  return plan->happened;
}

static void
test_activity (gconstpointer data)
{
  const Activity *activity = data;
  g_autoptr (TestRig) rig = test_rig_new (&test_hosted_backend, WIRE_NOTES);
  Scene scene = { .rig = rig };
  guint n = 0, n_kinds = 0;

  if (rig == NULL)
    return;
  begin_scene (&scene);
  for (const TestWireFault *fault = test_wire_faults; fault->name != NULL; fault++)
    {
      WirePlan plan = { .fault = fault };

      if (!wire_is_chosen (fault))
        continue;
      while (try_fault (&scene, activity, &plan))
        plan.at++;
      g_assert_cmpuint (plan.at, >=, activity->requests);
      n += plan.at;
      n_kinds++;
    }
  g_test_message ("%s: %u faults of %u kinds", activity->name, n, n_kinds);
  g_clear_object (&scene.client);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  wire_watch_log ();
  for (guint i = 0; i < G_N_ELEMENTS (activities); i++)
    {
      g_autofree char *path = g_strconcat ("/wire-others/every-request/", activities[i].name, NULL);

      g_test_add_data_func (path, &activities[i], test_activity);
    }
  return g_test_run ();
}
