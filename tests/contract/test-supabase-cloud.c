/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json.h"
#include "sync-memory-secrets.h"
#include "sync-row.h"
#include "test-cloud.h"
#include "test-provider.h"

/* What is Supabase's alone, against a real server; what every cloud must do is in the contract. */

static SyncEntity *
new_notifications (void)
{
  SyncEntity *entity = sync_entity_new ("notifications", "notifications", "notifications");

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "metadata", SYNC_CODEC_JSON, FALSE);
  return entity;
}

static char *
new_row (const char *id, const char *title, gint64 base)
{
  return g_strdup_printf ("{\"id\":%s,\"title\":\"%s\",\"metadata\":{\"n\":9007199254740993},"
                          "\"base_version\":%" G_GINT64_FORMAT
                          ",\"deleted_at\":null,\"edited_at\":\"2026-01-02T03:04:05.678Z\","
                          "\"device_id\":\"d\",\"run_id\":\"r-1\"}",
                          id, title, base);
}

static guint
count (GBytes *array)
{
  SyncJsonReader reader;
  SyncSpan value;
  guint n;

  sync_json_reader_init (&reader, g_bytes_get_data (array, NULL), g_bytes_get_size (array));
  g_assert_true (sync_json_enter_array (&reader));
  for (n = 0; sync_json_next_element (&reader) && sync_json_read_value (&reader, &value); n++)
    ;
  g_assert_true (sync_json_at_end (&reader));
  return n;
}

static GBytes *
push_ids (SyncProvider *provider, const SyncEntity *entity, const char *const *ids)
{
  g_autoptr (GString) rows = g_string_new ("[");
  g_autoptr (GError) error = NULL;
  GBytes *won;

  for (guint i = 0; ids[i] != NULL; i++)
    {
      g_autofree char *row = new_row (ids[i], "one", 0);

      g_string_append_printf (rows, "%s%s", i > 0 ? "," : "", row);
    }
  g_string_append_c (rows, ']');
  won = test_push (provider, entity, rows->str, &error);
  g_assert_no_error (error);
  return won;
}

static void
test_without_user_id_a_push_conflicts_on_it (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncProvider) other = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  const char *const ids[] = { "\"a\"", "\"b\"", NULL };

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  other = test_cloud_new_provider (cloud);
  {
    g_autoptr (GBytes) won = push_ids (provider, entity, ids);
    g_autoptr (GBytes) others = push_ids (other, entity, ids);
    g_autoptr (GBytes) again = push_ids (provider, entity, ids);

    /* Another user's row of the same key is another row; the same user's base 0 is stale now. */
    g_assert_cmpuint (count (won), ==, 2);
    g_assert_cmpuint (count (others), ==, 2);
    g_assert_cmpuint (count (again), ==, 0);
  }
}

static void
test_awkward_keys_are_fetched (gconstpointer variable)
{
  static const char *const ids[] = { "\"plain\"",
                                     "\"a,b\"",
                                     "\"(x)\"",
                                     "\"q\\\"uote\"",
                                     "\"back\\\\slash\"",
                                     "\"per%cent&=+ #?\"",
                                     "\"ünï\\ud83d\\ude00\"",
                                     "\"{curly}\"",
                                     "\"null\"",
                                     "\"a.b:c*\"",
                                     "\" \"",
                                     "\"\"",
                                     NULL };
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  g_autoptr (GBytes) won = NULL;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  won = push_ids (provider, entity, ids);
  g_assert_cmpuint (count (won), ==, G_N_ELEMENTS (ids) - 1);
  for (guint strong = 0; strong < 2; strong++)
    for (guint i = 0; ids[i] != NULL; i++)
      {
        g_autofree char *keys = g_strdup_printf ("[[%s]]", ids[i]);
        g_autoptr (GError) error = NULL;
        g_autoptr (GBytes) rows = test_fetch (provider, entity, keys, strong, &error);

        g_assert_no_error (error);
        g_test_message ("%s, strong %u", ids[i], strong);
        g_assert_cmpuint (count (rows), ==, 1);
      }
}

static void
test_a_fetch_of_many_keys_is_split (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) keys = g_string_new ("[");
  SyncProviderUsage before, between, after;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  for (guint i = 0; i < 1200; i++)
    {
      g_ptr_array_add (ids, g_strdup_printf ("\"a-long-enough-key-%06u\"", i));
      g_string_append_printf (keys, "%s[%s]", i > 0 ? "," : "",
                              (const char *) g_ptr_array_index (ids, i));
    }
  g_ptr_array_add (ids, NULL);
  g_string_append_c (keys, ']');
  {
    g_autoptr (GBytes) won = push_ids (provider, entity, (const char *const *) ids->pdata);
    g_autoptr (GBytes) weak = NULL;
    g_autoptr (GBytes) strong = NULL;

    g_assert_cmpuint (count (won), ==, 1200);
    sync_provider_get_usage (provider, &before);
    weak = test_fetch (provider, entity, keys->str, FALSE, NULL);
    sync_provider_get_usage (provider, &between);
    strong = test_fetch (provider, entity, keys->str, TRUE, NULL);
    sync_provider_get_usage (provider, &after);
    g_assert_nonnull (weak);
    g_assert_nonnull (strong);
    g_assert_cmpuint (count (weak), ==, 1200);
    g_assert_cmpuint (count (strong), ==, 1200);
    g_assert_cmpuint (between.requests - before.requests, >=, 6);
    g_assert_cmpuint (after.requests - between.requests, ==, 3);
  }
}

/* Rows come as sent: numbers beyond 2^53 in JSON too, and with nothing that is not the entity's. */
static void
test_rows_come_back_exactly (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  const char *const ids[] = { "\"a\"", NULL };
  SyncPullQuery query = { .since = 0, .limit = 10 };

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  {
    g_autoptr (GBytes) won = push_ids (provider, entity, ids);
    g_autoptr (GBytes) page = test_pull (provider, entity, &query, NULL);
    g_autoptr (GBytes) weak = test_fetch (provider, entity, "[[\"a\"]]", FALSE, NULL);
    g_autoptr (GBytes) strong = test_fetch (provider, entity, "[[\"a\"]]", TRUE, NULL);
    GBytes *answers[] = { page, weak, strong };

    for (guint i = 0; i < G_N_ELEMENTS (answers); i++)
      {
        g_autoptr (SyncRow) row = sync_row_new (entity);
        g_autoptr (SyncRow) sent = sync_row_new (entity);
        g_autoptr (GError) error = NULL;
        SyncJsonReader reader;
        SyncStamps stamps;
        SyncSpan unknown = { 0 };

        sync_json_reader_init (&reader, g_bytes_get_data (answers[i], NULL),
                               g_bytes_get_size (answers[i]));
        g_assert_true (sync_json_enter_array (&reader) && sync_json_next_element (&reader));
        g_assert_true (sync_row_parse (row, &reader, &stamps, &unknown, &error));
        g_assert_no_error (error);
        g_assert_cmpuint (unknown.length, ==, 0);
        g_assert_true (sync_row_parse_text (
            sent, "{\"id\":\"a\",\"title\":\"one\",\"metadata\":{\"n\":9007199254740993}}", -1,
            NULL));
        g_assert_true (sync_row_equal (row, sent));
        g_assert_cmpint (stamps.version, >, 0);
        g_assert_cmpint (stamps.edited_at, ==, G_GINT64_CONSTANT (1767323045678000));
        g_assert_true (sync_span_is (stamps.run_id, "\"r-1\""));
        g_assert_false (stamps.deleted);
      }
  }
}

static void
test_own_rows_are_left_out_but_the_newest (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  const char *const ids[] = { "\"a\"", "\"b\"", "\"c\"", NULL };

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  {
    g_autoptr (GBytes) won = push_ids (provider, entity, ids);
    g_autoptr (SyncCloudState) state = test_get_state (provider, FALSE, NULL);
    SyncPullQuery own = { .since = 0,
                          .limit = 10,
                          .not_run = "r-1",
                          .top = sync_cloud_state_get_head (state, "notifications") };
    SyncPullQuery others = { .since = 0, .limit = 10, .not_run = "r-2", .top = own.top };
    g_autoptr (GBytes) mine = test_pull (provider, entity, &own, NULL);
    g_autoptr (GBytes) theirs = test_pull (provider, entity, &others, NULL);

    g_assert_cmpuint (count (mine), ==, 1);
    g_assert_cmpuint (count (theirs), ==, 3);
  }
}

static void
test_odd_names_and_composite_keys_work (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = sync_entity_new ("odd", "odd", "odd-table");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) won = NULL;
  g_autoptr (GBytes) page = NULL;
  g_autofree char *output = NULL;
  SyncPullQuery query = { .since = 0, .limit = 10 };

  if (cloud == NULL)
    return;
  output = test_cloud_sql (
      cloud,
      "create table if not exists public.\"odd-table\" ("
      "user_id uuid default auth.uid(), k1 int, k2 text, \"order\" text, \"two words\" text, "
      "deleted_at timestamptz, edited_at timestamptz, "
      "sync_version bigint default 7, base_version bigint, device_id text, run_id text, "
      "primary key (user_id, k1, k2)); grant all on public.\"odd-table\" to authenticated;");
  provider = test_cloud_new_provider (cloud);
  sync_entity_add_column (entity, "k1", SYNC_CODEC_INTEGER, TRUE);
  sync_entity_add_column (entity, "k2", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "order", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "two words", SYNC_CODEC_TEXT, FALSE);
  won = test_push (provider, entity,
                   "[{\"k1\":1,\"k2\":\"x, y\",\"order\":\"o\",\"two words\":\"t\","
                   "\"base_version\":0,\"deleted_at\":null,\"edited_at\":null,\"device_id\":\"d\","
                   "\"run_id\":\"r\"}]",
                   &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count (won), ==, 1);
  page = test_pull (provider, entity, &query, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (count (page), >=, 1);
  {
    g_autoptr (GBytes) row
        = test_fetch (provider, entity, "[[1,\"x, y\"],[2,\"x, y\"],[1,null]]", FALSE, &error);

    g_assert_no_error (error);
    g_assert_cmpuint (count (row), >=, 1);
  }
}

static void
test_a_missing_table_or_column_is_named (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) absent = sync_entity_new ("absent", "absent", "absent");
  g_autoptr (SyncEntity) extended = new_notifications ();
  g_autoptr (GError) error = NULL;
  SyncPullQuery query = { .since = 0, .limit = 10 };

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  sync_entity_add_column (absent, "id", SYNC_CODEC_TEXT, TRUE);
  g_assert_null (test_pull (provider, absent, &query, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SCHEMA_MISSING);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "absent");
  g_clear_error (&error);

  sync_entity_add_column (extended, "colour", SYNC_CODEC_TEXT, FALSE);
  g_assert_null (test_pull (provider, extended, &query, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SCHEMA);
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "colour");
}

static void
test_a_faulty_row_is_refused_by_code (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncEntity) entity = new_notifications ();
  g_autoptr (GError) error = NULL;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider (cloud);
  g_assert_null (
      test_push (provider, entity,
                 "[{\"id\":\"a\",\"title\":\"SECRET\",\"metadata\":null,\"base_version\":0,"
                 "\"deleted_at\":null,\"edited_at\":\"SECRET\",\"device_id\":\"d\","
                 "\"run_id\":\"r\"}]",
                 &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "22007");
  g_assert_null (strstr (error->message, "SECRET"));
}

static void
test_a_wrong_key_is_told (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (GError) error = NULL;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider_for (cloud, secrets);
  g_free (test_cloud_sign_up (provider));
  g_free (cloud->key);
  cloud->key = g_strdup ("sb_publishable_wrong");
  g_object_unref (provider);
  provider = test_cloud_new_provider_for (cloud, secrets);
  g_assert_true (test_connect (provider, &error));
  g_assert_no_error (error);
  g_assert_null (test_get_state (provider, FALSE, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_WRONG_KEY);
}

static void
test_a_session_is_shared_and_ended (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncProvider) again = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *email = NULL;
  GAsyncResult *place = NULL;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider_for (cloud, secrets);
  again = test_cloud_new_provider_for (cloud, secrets);
  g_assert_false (test_connect (again, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_clear_error (&error);
  email = test_cloud_sign_up (provider);
  g_assert_true (test_connect (again, &error));
  g_assert_cmpstr (sync_supabase_provider_get_email (SYNC_SUPABASE_PROVIDER (again)), ==, email);
  g_assert_true (test_validate (again, &error));
  g_assert_no_error (error);
  {
    g_autoptr (SyncCloudState) state = test_get_state (again, TRUE, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (state->user, ==,
                     sync_supabase_provider_get_user (SYNC_SUPABASE_PROVIDER (again)));
  }

  sync_supabase_provider_sign_out_async (SYNC_SUPABASE_PROVIDER (provider), NULL, test_got_result,
                                         &place);
  result = test_wait_for_result (&place);
  g_assert_true (
      sync_supabase_provider_session_finish (SYNC_SUPABASE_PROVIDER (provider), result, &error));
  g_assert_false (test_connect (again, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN);
  g_assert_false (sync_supabase_provider_get_signed_in (SYNC_SUPABASE_PROVIDER (again)));
  test_cloud_sign_in (again, email);
  g_assert_true (test_connect (provider, NULL));
}

static void
test_a_taken_address_and_a_wrong_password_are_told (gconstpointer variable)
{
  g_autoptr (TestCloud) cloud = test_cloud_open (variable);
  g_autoptr (SyncSecretStore) secrets = sync_memory_secrets_new ();
  g_autoptr (SyncProvider) provider = NULL;
  SyncSupabaseProvider *supabase;
  g_autofree char *email = NULL;

  if (cloud == NULL)
    return;
  provider = test_cloud_new_provider_for (cloud, secrets);
  supabase = SYNC_SUPABASE_PROVIDER (provider);
  email = test_cloud_sign_up (provider);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      GAsyncResult *place = NULL;

      if (i == 0)
        sync_supabase_provider_sign_up_async (supabase, email, "another password", NULL,
                                              test_got_result, &place);
      else
        sync_supabase_provider_sign_in_async (supabase, email, "another password", NULL,
                                              test_got_result, &place);
      result = test_wait_for_result (&place);
      g_assert_false (sync_supabase_provider_session_finish (supabase, result, &error));
      if (i == 0)
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_EXISTS);
      else
        g_assert_error (error, SYNC_ERROR, SYNC_ERROR_CREDENTIALS);
      g_assert_true (sync_supabase_provider_get_signed_in (supabase));
    }
}

static void
add_tests (const char *backend, const char *variable)
{
  static const struct
  {
    const char *name;
    GTestDataFunc func;
  } tests[] = {
    { "without-user-id-a-push-conflicts-on-it", test_without_user_id_a_push_conflicts_on_it },
    { "awkward-keys-are-fetched", test_awkward_keys_are_fetched },
    { "a-fetch-of-many-keys-is-split", test_a_fetch_of_many_keys_is_split },
    { "rows-come-back-exactly", test_rows_come_back_exactly },
    { "own-rows-are-left-out-but-the-newest", test_own_rows_are_left_out_but_the_newest },
    { "odd-names-and-composite-keys-work", test_odd_names_and_composite_keys_work },
    { "a-missing-table-or-column-is-named", test_a_missing_table_or_column_is_named },
    { "a-faulty-row-is-refused-by-code", test_a_faulty_row_is_refused_by_code },
    { "a-wrong-key-is-told", test_a_wrong_key_is_told },
    { "a-session-is-shared-and-ended", test_a_session_is_shared_and_ended },
    { "a-taken-address-and-a-wrong-password-are-told",
      test_a_taken_address_and_a_wrong_password_are_told },
  };

  for (guint i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strdup_printf ("/supabase/%s/%s", backend, tests[i].name);

      g_test_add_data_func (path, variable, tests[i].func);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add_tests ("pglite", "PSYNC_TEST_CLOUD_PGLITE");
  add_tests ("postgres", "PSYNC_TEST_CLOUD_POSTGRES");
  return g_test_run ();
}
