/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-cloud-schema.h"
#include "sync-memory-secrets.h"
#include "sync-supabase-check.h"
#include "test-clock.h"
#include "test-cloud.h"
#include "test-provider.h"

/* A connection is tested step by step, against a real server. */

static const char *const tables[] = { "notifications", "projects", "user_settings", NULL };

typedef struct
{
  GPtrArray *checks; /* (element-type SyncCheck) */
  guint told;
} Outcome;

static void
count_told (const SyncCheck *check, gpointer data)
{
  Outcome *outcome = data;

  g_assert_cmpint (check->step, ==, outcome->told++);
}

static Outcome
check (SyncProvider *provider, const char *const *names, SyncClock *clock)
{
  Outcome outcome = { 0 };
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  sync_supabase_check_async (SYNC_SUPABASE_PROVIDER (provider), names, clock, count_told, &outcome,
                             NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  outcome.checks
      = sync_supabase_check_finish (SYNC_SUPABASE_PROVIDER (provider), result, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (outcome.checks->len, ==, SYNC_CHECK_CLOCK + 1);
  g_assert_cmpuint (outcome.told, ==, outcome.checks->len);
  return outcome;
}

/* One letter a step: p, w, f or s. */
static char *
letters (const Outcome *outcome)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < outcome->checks->len; i++)
    {
      const SyncCheck *one = g_ptr_array_index (outcome->checks, i);

      g_string_append_c (text, *sync_check_result_to_string (one->result));
    }
  return g_string_free (text, FALSE);
}

static const GError *
fault (const Outcome *outcome, SyncCheckStep step)
{
  return ((SyncCheck *) g_ptr_array_index (outcome->checks, step))->error;
}

#define assert_steps(outcome, expected) \
  G_STMT_START \
  { \
    g_autofree char *steps = letters (outcome); \
    g_assert_cmpstr (steps, ==, expected); \
  } \
  G_STMT_END

/* A table of the tests' own, with the schema as it is printed for it. */
static SyncEntity *
new_entity (TestCloud *cloud, const char *name)
{
  SyncEntity *entity = sync_entity_new (name, name, name);
  g_autoptr (GPtrArray) entities = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *schema = NULL, *output = NULL;

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
  g_ptr_array_add (entities, entity);
  schema = sync_cloud_schema_generate (entities, &error);
  g_assert_no_error (error);
  output = test_cloud_sql (cloud, schema);
  return entity;
}

static void
push_row (SyncProvider *provider, const SyncEntity *entity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) won
      = test_push (provider, entity,
                   "[{\"id\":\"a\",\"title\":\"t\",\"base_version\":0,\"deleted_at\":null,"
                   "\"edited_at\":null,\"device_id\":\"d\",\"run_id\":\"r\"}]",
                   &error);

  g_assert_no_error (error);
}

static void
test_a_good_connection_passes (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncClock) clock = sync_clock_new ();
  Outcome outcome;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  outcome = check (provider, tables, clock);
  assert_steps (&outcome, "pppppp");
  g_ptr_array_unref (outcome.checks);
}

static void
test_without_a_session_the_rest_is_tried (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncClock) clock = test_clock_new (0);
  Outcome outcome;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider_for (cloud, secrets);
  outcome = check (provider, tables, clock);
  assert_steps (&outcome, "pppfsw");
  g_assert_error (fault (&outcome, SYNC_CHECK_SIGN_IN), SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_error (fault (&outcome, SYNC_CHECK_CLOCK), SYNC_ERROR, SYNC_ERROR_CLOCK);
  g_ptr_array_unref (outcome.checks);
}

static void
test_a_missing_table_is_named (gconstpointer variable)
{
  static const char *const names[] = { "notifications", "nowhere", NULL };
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncClock) clock = sync_clock_new ();
  Outcome outcome;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  outcome = check (provider, names, clock);
  assert_steps (&outcome, "ppfpsp");
  g_assert_error (fault (&outcome, SYNC_CHECK_SCHEMA), SYNC_ERROR, SYNC_ERROR_SCHEMA_MISSING);
  g_assert_cmpstr (sync_error_get_detail (fault (&outcome, SYNC_CHECK_SCHEMA))->subject, ==,
                   "nowhere");
  g_ptr_array_unref (outcome.checks);
}

static void
test_a_wrong_key_is_told (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (GError) error = NULL;
  Outcome outcome;

  if (cloud == NULL)
    return;
  provider = sync_supabase_provider_new (cloud->url, "sb_publishable_0123456789abcdefghijkl", NULL,
                                         secrets, "test", NULL, &error);
  g_assert_no_error (error);
  outcome = check (provider, tables, clock);
  assert_steps (&outcome, "pfssss");
  g_assert_error (fault (&outcome, SYNC_CHECK_KEY), SYNC_ERROR, SYNC_ERROR_WRONG_KEY);
  g_ptr_array_unref (outcome.checks);
}

static void
test_nobody_there_is_told (void)
{
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (GError) error = NULL;
  Outcome outcome;

  provider = sync_supabase_provider_new ("http://127.0.0.1:1",
                                         "sb_publishable_0123456789abcdefghijkl", NULL, secrets,
                                         "test", NULL, &error);
  g_assert_no_error (error);
  outcome = check (provider, tables, clock);
  assert_steps (&outcome, "fsssss");
  g_assert_error (fault (&outcome, SYNC_CHECK_REACH), SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_ptr_array_unref (outcome.checks);
}

/* Somebody took the guard off a table: who is signed in sees others' rows, then everybody does. */
static void
test_an_open_table_is_found (gconstpointer variable)
{
  static const char *const names[] = { "unguarded", NULL };
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL, other = NULL, nobody = NULL;
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (SyncEntity) entity = NULL;
  g_autofree char *first = NULL, *second = NULL;
  Outcome outcome;

  if (cloud == NULL)
    return;
  entity = new_entity (cloud, "unguarded");
  other = test_cloud_new_provider (cloud);
  provider = test_cloud_new_provider (cloud);
  nobody = test_cloud_new_provider_for (cloud, secrets);
  push_row (other, entity);
  outcome = check (provider, names, clock);
  assert_steps (&outcome, "pppppp");
  g_ptr_array_unref (outcome.checks);

  first = test_cloud_sql (cloud, "alter table public.unguarded disable row level security");
  outcome = check (provider, names, clock);
  assert_steps (&outcome, "ppppfp");
  g_assert_cmpstr (sync_error_get_detail (fault (&outcome, SYNC_CHECK_ROW_SECURITY))->reason, ==,
                   "row-security");
  g_ptr_array_unref (outcome.checks);

  second = test_cloud_sql (cloud, "grant select on public.unguarded to anon");
  outcome = check (nobody, names, clock);
  assert_steps (&outcome, "pppffp");
  g_ptr_array_unref (outcome.checks);
}

static void
add_tests (const char *backend, const char *variable)
{
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = {
    { "a-good-connection-passes", test_a_good_connection_passes },
    { "without-a-session-the-rest-is-tried", test_without_a_session_the_rest_is_tried },
    { "a-missing-table-is-named", test_a_missing_table_is_named },
    { "a-wrong-key-is-told", test_a_wrong_key_is_told },
    { "an-open-table-is-found", test_an_open_table_is_found },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/connection-check/%s/%s", backend, tests[i].name);

      g_test_add_data_func (path, variable, tests[i].func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/connection-check/nobody-there-is-told", test_nobody_there_is_told);
  add_tests ("pglite", "PSYNC_TEST_CLOUD_PGLITE");
  add_tests ("postgres", "PSYNC_TEST_CLOUD_POSTGRES");
  return g_test_run ();
}
