/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json.h"
#include "sync-row.h"
#include "vault-fixture.h"

/* Versions and the clock, columns and bytes, purge and epoch. */

static SyncCloudState *
get_state (SyncProvider *vault)
{
  g_autoptr (GError) error = NULL;
  SyncCloudState *state = test_get_state (vault, FALSE, &error);

  g_assert_no_error (error);
  return state;
}

/* The row of the given id as it came, and where it stands in @page. */
static SyncSpan
pull_row (SyncProvider *vault, const SyncEntity *entity, const char *id, GBytes **page)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *quoted = g_strdup_printf ("\"%s\"", id);
  SyncJsonReader reader;
  SyncSpan row, value;

  g_clear_pointer (page, g_bytes_unref);
  *page = test_pull (vault, entity, &(SyncPullQuery) { .limit = 1000 }, &error);
  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (*page, NULL), g_bytes_get_size (*page));
  g_assert_true (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    if (sync_json_get_member (row, "id", &value) && sync_span_is (value, quoted))
      return row;
  return (SyncSpan) { NULL, 0 };
}

static void
assert_member (SyncSpan row, const char *name, const char *expected)
{
  g_autofree char *text = NULL;
  SyncSpan value;

  g_assert_true (sync_json_get_member (row, name, &value));
  text = g_strndup (value.text, value.length);
  g_assert_cmpstr (text, ==, expected);
}

static void
push (SyncProvider *vault, const SyncEntity *entity, const char *rows, guint n_winners)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) reply = test_push (vault, entity, rows, &error);
  SyncJsonReader reader;
  SyncSpan row;
  guint n_rows = 0;

  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (reply, NULL), g_bytes_get_size (reply));
  g_assert_true (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    n_rows++;
  g_assert_true (sync_json_at_end (&reader));
  g_assert_cmpuint (n_rows, ==, n_winners);
}

static void
test_versions_follow_the_clock_and_never_go_back (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  gint64 first, second, third, fourth;

  first = vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);
  g_assert_cmpint (first, ==, VAULT_FIXTURE_NOW);
  second = vault_fixture_put (vault, fixture->items, "b", "x", 0, FALSE, NULL);
  g_assert_cmpint (second, ==, first + 1);
  test_clock_set (fixture->clock, VAULT_FIXTURE_NOW - 400 * VAULT_FIXTURE_DAY);
  third = vault_fixture_put (vault, fixture->items, "c", "x", 0, FALSE, NULL);
  g_assert_cmpint (third, ==, second + 1);
  test_clock_set (fixture->clock, VAULT_FIXTURE_NOW + VAULT_FIXTURE_DAY);
  fourth = vault_fixture_put (vault, fixture->items, "a", "y", first, FALSE, NULL);
  g_assert_cmpint (fourth, ==, VAULT_FIXTURE_NOW + VAULT_FIXTURE_DAY);
}

static void
test_values_come_back_with_the_bytes_they_came_with (void)
{
  static const char *const counts[] = { "1",
                                        "1.0",
                                        "1e3",
                                        "-0.0",
                                        "0.1000000000000000055511151231257827",
                                        "123456789012345678901234567890",
                                        "1E+400",
                                        "{ \"b\" : [ 1 , 2 ] ,\"a\":1.50 }",
                                        "\"\\u0041\\/\\ud83d\\ude80\"",
                                        "[]",
                                        "true" };
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (GBytes) page = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);
      g_autofree char *rows = g_strdup_printf (
          " [ {\"run_id\":null, \"count\": %s ,\"deleted_at\":null,\"id\":\"%s\" ,\"value\":null,"
          "\"base_version\": 0} ] ",
          counts[i], id);

      push (vault, fixture->items, rows, 1);
      assert_member (pull_row (vault, fixture->items, id, &page), "count", counts[i]);
    }
}

static void
test_a_push_of_fewer_columns_keeps_the_others (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *rows = NULL;
  g_autoptr (GBytes) page = NULL;
  SyncSpan row;
  gint64 version = vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);

  rows = g_strdup_printf ("[{\"id\":\"a\",\"count\":5,\"base_version\":%" G_GINT64_FORMAT "}]",
                          version);
  push (vault, fixture->items, rows, 1);
  row = pull_row (vault, fixture->items, "a", &page);
  assert_member (row, "value", "\"one\"");
  assert_member (row, "count", "5");
  assert_member (row, "run_id", "null");
  assert_member (row, "device_id", "null");
  assert_member (row, "edited_at", "null");
}

static void
test_columns_of_a_newer_program_are_kept_and_not_shown (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncEntity) newer = vault_fixture_items_new ();
  g_autoptr (GBytes) page = NULL;
  g_autofree char *rows = NULL;
  SyncSpan row, value;

  sync_entity_add_column (newer, "colour \"c\"", SYNC_CODEC_TEXT, FALSE);
  push (vault, newer,
        "[{\"id\":\"a\",\"value\":\"v\",\"count\":1,\"colour \\\"c\\\"\":\"red\","
        "\"base_version\":0}]",
        1);
  row = pull_row (vault, fixture->items, "a", &page);
  g_assert_false (sync_json_get_member (row, "colour \"c\"", &value));
  assert_member (row, "value", "\"v\"");
  rows = g_strdup_printf (
      "[{\"id\":\"a\",\"value\":\"w\",\"count\":2,\"base_version\":%" G_GINT64_FORMAT "}]",
      VAULT_FIXTURE_NOW);
  push (vault, fixture->items, rows, 1);
  row = pull_row (vault, newer, "a", &page);
  assert_member (row, "colour \"c\"", "\"red\"");
  assert_member (row, "value", "\"w\"");
  push (vault, fixture->items, "[{\"id\":\"b\",\"value\":\"w\",\"count\":2,\"base_version\":0}]",
        1);
  assert_member (pull_row (vault, newer, "b", &page), "colour \"c\"", "null");
}

static void
test_equal_keys_are_one_row_however_they_are_written (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) rows = NULL;

  push (vault, fixture->items, "[{\"id\":\"a\\u0041/\",\"base_version\":0}]", 1);
  push (vault, fixture->items, "[{\"id\":\"\\u0061A\\/\",\"base_version\":0}]", 0);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 1);
  rows = test_fetch (vault, fixture->items, "[ [ \"\\u0061A/\" ] ]", FALSE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (rows), >, 10);
}

static void
test_a_hash_that_two_keys_share_does_not_mix_them (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) rows = NULL;
  SyncJsonReader reader;
  SyncSpan row;
  gint64 b;

  vault_fixture_put (vault, fixture->items, "a", "one", 0, FALSE, NULL);
  b = vault_fixture_put (vault, fixture->items, "b", "two", 0, FALSE, NULL);
  vault_fixture_script (fixture->path,
                        "UPDATE vault_row SET hash = (SELECT hash FROM vault_row WHERE id LIKE "
                        "'%b%')");
  rows = test_fetch (vault, fixture->items, "[[\"b\"]]", FALSE, &error);
  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  g_assert_true (sync_json_enter_array (&reader) && sync_json_next_element (&reader));
  g_assert_true (sync_json_read_value (&reader, &row));
  assert_member (row, "value", "\"two\"");
  g_assert_false (sync_json_next_element (&reader));
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "b", "three", b, FALSE, NULL), >, b);
}

static void
expect_push_error (SyncProvider *vault, const SyncEntity *entity, const char *rows, SyncError code,
                   const char *column)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) reply = test_push (vault, entity, rows, &error);

  g_assert_null (reply);
  g_assert_error (error, SYNC_ERROR, (int) code);
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, column);
  g_assert_cmpuint (vault_fixture_count (vault, entity), ==, 0);
}

static void
test_what_is_no_row_is_refused_whole (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  static const struct
  {
    const char *row;
    SyncError code;
    const char *column;
  } cases[] = {
    { "{\"id\":\"a\"}", SYNC_ERROR_INVALID, "base_version" },
    { "{\"id\":\"a\",\"base_version\":null}", SYNC_ERROR_INVALID, "base_version" },
    { "{\"id\":\"a\",\"base_version\":\"0\"}", SYNC_ERROR_INVALID, "base_version" },
    { "{\"id\":\"a\",\"base_version\":1.5}", SYNC_ERROR_INVALID, "base_version" },
    { "{\"id\":\"a\",\"base_version\":99999999999999999999}", SYNC_ERROR_INVALID, "base_version" },
    { "{\"id\":\"a\",\"base_version\":0,\"edited_at\":5}", SYNC_ERROR_INVALID, "edited_at" },
    { "{\"id\":\"a\",\"base_version\":0,\"edited_at\":\"now\"}", SYNC_ERROR_INVALID, "edited_at" },
    { "{\"id\":\"a\",\"base_version\":0,\"run_id\":7}", SYNC_ERROR_INVALID, "run_id" },
    { "{\"value\":\"a\",\"base_version\":0}", SYNC_ERROR_ROW_REFUSED, "id" },
    { "{\"id\":null,\"base_version\":0}", SYNC_ERROR_ROW_REFUSED, "id" },
    { "{\"id\":\"\\u0000\",\"base_version\":0}", SYNC_ERROR_ROW_REFUSED, "id" },
    { "[]", SYNC_ERROR_INVALID, NULL },
    { "5", SYNC_ERROR_INVALID, NULL },
    { "{\"id\":\"a\",\"base_version\":0", SYNC_ERROR_INVALID, NULL },
    { "{\"id\":\"\xff\",\"base_version\":0}", SYNC_ERROR_INVALID, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *rows
          = g_strdup_printf ("[{\"id\":\"good\",\"base_version\":0},%s]", cases[i].row);

      expect_push_error (vault, fixture->items, rows, cases[i].code, cases[i].column);
    }
}

static void
test_wrong_keys_of_a_fetch_are_errors (void)
{
  static const char *const wrong[]
      = { "", "{}", "[\"a\"]", "[[]]", "[[\"a\",\"b\"]]", "[[\"a\"]", "[[\"a\"]] x" };
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) rows = test_fetch (vault, fixture->items, wrong[i], FALSE, &error);

      g_assert_null (rows);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
    }
}

static void
test_pages_are_bounded_by_their_bytes (void)
{
  const guint n_rows = 12;
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *large = g_strnfill (1024 * 1024, 'x');
  SyncPullQuery query = { .limit = 1000 };
  guint n_pages = 0;

  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *id = g_strdup_printf ("%u", i);

      g_assert_cmpint (vault_fixture_put (vault, fixture->items, id, large, 0, FALSE, NULL), >, 0);
    }
  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) page = test_pull (vault, fixture->items, &query, &error);
      const char *version;

      g_assert_no_error (error);
      if (g_bytes_get_size (page) == 2)
        break;
      n_pages++;
      g_assert_cmpuint (g_bytes_get_size (page), <, 10 * 1024 * 1024);
      version = g_strrstr_len (g_bytes_get_data (page, NULL), g_bytes_get_size (page),
                               "\"sync_version\":");
      query.since = g_ascii_strtoll (version + strlen ("\"sync_version\":"), NULL, 10);
    }
  g_assert_cmpuint (n_pages, ==, 2);
  g_assert_cmpint (query.since, ==, VAULT_FIXTURE_NOW + n_rows - 1);
}

static gint64
run_purge (SyncProvider *vault)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  GAsyncResult *place = NULL;
  gint64 count;

  sync_vault_provider_purge_async (SYNC_VAULT_PROVIDER (vault), NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  count = sync_vault_provider_purge_finish (SYNC_VAULT_PROVIDER (vault), result, &error);
  g_assert_no_error (error);
  return count;
}

static void
put_device (SyncProvider *vault, const char *id, gint64 last_version, gboolean active)
{
  g_autoptr (SyncDevice) device = sync_device_new (id, id);
  g_autoptr (GError) error = NULL;

  device->last_version = last_version;
  device->active = active;
  test_put_device (vault, device, &error);
  g_assert_no_error (error);
}

/* Three tombstones, then a living row. The tombstones' versions are in @versions. */
static void
make_tombstones (VaultFixture *fixture, SyncProvider *vault, gint64 versions[3])
{
  static const char *const ids[] = { "a", "b", "c" };

  for (guint i = 0; i < 3; i++)
    {
      gint64 version = vault_fixture_put (vault, fixture->items, ids[i], "x", 0, FALSE, NULL);

      versions[i] = vault_fixture_put (vault, fixture->items, ids[i], "x", version, TRUE, NULL);
      g_assert_cmpint (versions[i], >, 0);
    }
  vault_fixture_put (vault, fixture->items, "living", "x", 0, FALSE, NULL);
}

static gint64
get_horizon (SyncProvider *vault)
{
  g_autoptr (SyncCloudState) state = get_state (vault);

  return sync_cloud_state_get_horizon (state, "items");
}

static void
test_the_purge_keeps_thirty_days (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  gint64 versions[3];

  make_tombstones (fixture, vault, versions);
  test_clock_advance (fixture->clock, 30 * VAULT_FIXTURE_DAY - G_TIME_SPAN_MINUTE);
  g_assert_cmpint (run_purge (vault), ==, 0);
  g_assert_cmpint (get_horizon (vault), ==, 0);
  test_clock_advance (fixture->clock, 2 * G_TIME_SPAN_MINUTE);
  g_assert_cmpint (run_purge (vault), ==, 3);
  g_assert_cmpint (get_horizon (vault), ==, versions[2]);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 1);
  g_assert_cmpint (run_purge (vault), ==, 0);
  g_assert_cmpint (get_horizon (vault), ==, versions[2]);
}

static void
test_the_purge_keeps_what_the_slowest_active_device_has_not_read (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  gint64 versions[3];

  make_tombstones (fixture, vault, versions);
  put_device (vault, "quick", G_MAXINT64, TRUE);
  put_device (vault, "slow", versions[1], TRUE);
  put_device (vault, "revoked", 0, FALSE);
  test_clock_advance (fixture->clock, 40 * VAULT_FIXTURE_DAY);
  g_assert_cmpint (run_purge (vault), ==, 2);
  g_assert_cmpint (get_horizon (vault), ==, versions[1]);
  put_device (vault, "slow", versions[2], TRUE);
  g_assert_cmpint (run_purge (vault), ==, 1);
  g_assert_cmpint (get_horizon (vault), ==, versions[2]);
}

static void
test_the_purge_keeps_the_newest_row_and_no_version_comes_again (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncCloudState) before = NULL;
  g_autoptr (SyncCloudState) after = NULL;
  gint64 a = vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);
  gint64 b = vault_fixture_put (vault, fixture->items, "b", "x", 0, FALSE, NULL);
  gint64 newest;

  vault_fixture_put (vault, fixture->items, "a", "x", a, TRUE, NULL);
  newest = vault_fixture_put (vault, fixture->items, "b", "x", b, TRUE, NULL);
  test_clock_advance (fixture->clock, 40 * VAULT_FIXTURE_DAY);
  before = get_state (vault);
  g_assert_cmpint (run_purge (vault), ==, 1);
  after = get_state (vault);
  g_assert_cmpint (sync_cloud_state_get_head (after, "items"), ==, newest);
  g_assert_cmpint (sync_cloud_state_get_head (before, "items"), ==, newest);
  /* A clock that went back, too. */
  test_clock_set (fixture->clock, VAULT_FIXTURE_NOW - 50 * VAULT_FIXTURE_DAY);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "y", 0, FALSE, NULL), >, newest);
}

static void
test_each_table_is_purged_by_itself (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncEntity) others = sync_entity_new ("others", NULL, NULL);
  g_autoptr (SyncCloudState) state = NULL;
  gint64 versions[3];
  gint64 other;

  sync_entity_add_column (others, "id", SYNC_CODEC_TEXT, TRUE);
  make_tombstones (fixture, vault, versions);
  other = vault_fixture_put (vault, others, "z", "x", 0, TRUE, NULL);
  test_clock_advance (fixture->clock, 40 * VAULT_FIXTURE_DAY);
  g_assert_cmpint (run_purge (vault), ==, 3);
  state = get_state (vault);
  g_assert_cmpint (sync_cloud_state_get_horizon (state, "others"), ==, 0);
  g_assert_cmpint (sync_cloud_state_get_head (state, "others"), ==, other);
  g_assert_cmpint (sync_cloud_state_get_horizon (state, "items"), ==, versions[2]);
}

static void
test_opening_purges_once_a_day (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  gint64 versions[3];

  make_tombstones (fixture, vault, versions);
  test_clock_advance (fixture->clock, 30 * VAULT_FIXTURE_DAY - G_TIME_SPAN_HOUR);
  g_clear_object (&vault);
  vault = vault_fixture_open (fixture, FALSE);
  g_assert_cmpint (get_horizon (vault), ==, 0);

  /* Old enough, but somebody has looked an hour ago. */
  test_clock_advance (fixture->clock, 2 * G_TIME_SPAN_HOUR);
  g_clear_object (&vault);
  vault = vault_fixture_open (fixture, FALSE);
  g_assert_cmpint (get_horizon (vault), ==, 0);

  test_clock_advance (fixture->clock, VAULT_FIXTURE_DAY);
  g_clear_object (&vault);
  vault = vault_fixture_open (fixture, FALSE);
  g_assert_cmpint (get_horizon (vault), ==, versions[2]);
}

static void
test_a_new_epoch_leaves_rows_and_versions (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncCloudState) before = NULL;
  g_autoptr (SyncCloudState) after = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *epoch = NULL;
  GAsyncResult *place = NULL;
  gint64 version = vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);

  before = get_state (vault);
  sync_vault_provider_new_epoch_async (SYNC_VAULT_PROVIDER (vault), NULL, test_got_result, &place);
  result = test_wait_for_result (&place);
  epoch = sync_vault_provider_new_epoch_finish (SYNC_VAULT_PROVIDER (vault), result, &error);
  g_assert_no_error (error);
  after = get_state (vault);
  g_assert_cmpstr (after->epoch, ==, epoch);
  g_assert_cmpstr (after->epoch, !=, before->epoch);
  g_assert_cmpstr (after->user, ==, before->user);
  g_assert_cmpint (sync_cloud_state_get_head (after, "items"), ==, version);
  g_assert_cmpuint (vault_fixture_count (vault, fixture->items), ==, 1);
  test_clock_set (fixture->clock, VAULT_FIXTURE_NOW - VAULT_FIXTURE_DAY);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "b", "x", 0, FALSE, NULL), >, version);
}

static void
test_every_vault_has_its_own_id_and_epoch (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (VaultFixture) other = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autoptr (SyncProvider) other_vault = vault_fixture_create (other);
  g_autoptr (SyncCloudState) state = get_state (vault);
  g_autoptr (SyncCloudState) other_state = get_state (other_vault);

  g_assert_true (g_uuid_string_is_valid (state->user));
  g_assert_true (g_uuid_string_is_valid (state->epoch));
  g_assert_cmpstr (state->user, !=, state->epoch);
  g_assert_cmpstr (state->user, !=, other_state->user);
  g_assert_cmpstr (state->epoch, !=, other_state->epoch);
}

static void
test_a_push_that_wins_nothing_leaves_the_file_as_it_is (void)
{
  g_autoptr (VaultFixture) fixture = vault_fixture_new ();
  g_autoptr (SyncProvider) vault = vault_fixture_create (fixture);
  g_autofree char *before = NULL;
  g_autofree char *after = NULL;

  vault_fixture_put (vault, fixture->items, "a", "x", 0, FALSE, NULL);
  g_clear_object (&vault);
  before = vault_fixture_checksum (fixture->path);
  vault = vault_fixture_open (fixture, FALSE);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "a", "y", 0, FALSE, NULL), ==, 0);
  g_assert_cmpint (vault_fixture_put (vault, fixture->items, "b", "y", 5, FALSE, NULL), ==, 0);
  g_clear_object (&vault);
  after = vault_fixture_checksum (fixture->path);
  g_assert_cmpstr (before, ==, after);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/vault/versions/follow-the-clock-and-never-go-back",
                   test_versions_follow_the_clock_and_never_go_back);
  g_test_add_func ("/vault/rows/values-come-back-with-the-bytes-they-came-with",
                   test_values_come_back_with_the_bytes_they_came_with);
  g_test_add_func ("/vault/rows/a-push-of-fewer-columns-keeps-the-others",
                   test_a_push_of_fewer_columns_keeps_the_others);
  g_test_add_func ("/vault/rows/columns-of-a-newer-program-are-kept-and-not-shown",
                   test_columns_of_a_newer_program_are_kept_and_not_shown);
  g_test_add_func ("/vault/rows/equal-keys-are-one-row-however-they-are-written",
                   test_equal_keys_are_one_row_however_they_are_written);
  g_test_add_func ("/vault/rows/a-hash-that-two-keys-share-does-not-mix-them",
                   test_a_hash_that_two_keys_share_does_not_mix_them);
  g_test_add_func ("/vault/rows/what-is-no-row-is-refused-whole",
                   test_what_is_no_row_is_refused_whole);
  g_test_add_func ("/vault/rows/wrong-keys-of-a-fetch-are-errors",
                   test_wrong_keys_of_a_fetch_are_errors);
  g_test_add_func ("/vault/rows/pages-are-bounded-by-their-bytes",
                   test_pages_are_bounded_by_their_bytes);
  g_test_add_func ("/vault/rows/a-push-that-wins-nothing-leaves-the-file-as-it-is",
                   test_a_push_that_wins_nothing_leaves_the_file_as_it_is);
  g_test_add_func ("/vault/purge/keeps-thirty-days", test_the_purge_keeps_thirty_days);
  g_test_add_func ("/vault/purge/keeps-what-the-slowest-active-device-has-not-read",
                   test_the_purge_keeps_what_the_slowest_active_device_has_not_read);
  g_test_add_func ("/vault/purge/keeps-the-newest-row-and-no-version-comes-again",
                   test_the_purge_keeps_the_newest_row_and_no_version_comes_again);
  g_test_add_func ("/vault/purge/is-for-each-table", test_each_table_is_purged_by_itself);
  g_test_add_func ("/vault/purge/happens-once-a-day-when-opened", test_opening_purges_once_a_day);
  g_test_add_func ("/vault/epoch/a-new-one-leaves-rows-and-versions",
                   test_a_new_epoch_leaves_rows_and_versions);
  g_test_add_func ("/vault/epoch/every-vault-has-its-own-id-and-epoch",
                   test_every_vault_has_its_own_id_and_epoch);
  return g_test_run ();
}
