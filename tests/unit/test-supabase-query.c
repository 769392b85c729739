/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-query.h"

#include "sync-json.h"
#include "sync-supabase-answer.h"

#include <string.h>

static SyncEntity *
new_entity (guint n_keys)
{
  SyncEntity *entity = sync_entity_new ("e", "e", "e");

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  if (n_keys > 1)
    sync_entity_add_column (entity, "part two", SYNC_CODEC_INTEGER, TRUE);
  sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
  return entity;
}

static GPtrArray *
split (const SyncEntity *entity, const char *keys, gsize length, guint n, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (keys, strlen (keys));

  return sync_supabase_query_fetch (entity, bytes, length, n, error);
}

static void
test_a_pull_asks_for_what_the_entity_has (void)
{
  g_autoptr (SyncEntity) entity = new_entity (1);
  SyncPullQuery query = { .since = 1767323045000001, .limit = 500 };
  g_autofree char *plain = sync_supabase_query_pull (entity, &query);
  g_autofree char *filtered = NULL;

  g_assert_cmpstr (plain, ==,
                   "select=id,title,sync_version,deleted_at,edited_at,device_id,run_id"
                   "&sync_version=gt.1767323045000001&order=sync_version.asc&limit=500");
  query.not_run = "8f7a-1";
  query.top = 1767323045000007;
  filtered = sync_supabase_query_pull (entity, &query);
  g_assert_nonnull (strstr (filtered, "&or=(run_id.is.null,run_id.neq.8f7a-1,"
                                      "sync_version.eq.1767323045000007)&order="));
}

static void
test_a_push_names_key_and_columns (void)
{
  g_autoptr (SyncEntity) entity = new_entity (2);
  g_autofree char *query = sync_supabase_query_push (entity);

  g_assert_cmpstr (query, ==,
                   "on_conflict=user_id,id,%22part%20two%22"
                   "&columns=id,%22part%20two%22,title,"
                   "base_version,deleted_at,edited_at,device_id,run_id"
                   "&select=id,%22part%20two%22,sync_version,run_id");
}

static void
test_odd_names_are_quoted (void)
{
  static const struct
  {
    const char *name;
    const char *encoded;
  } cases[] = {
    { "plain_1", "plain_1" },     { "camelCase", "camelCase" }, { "a,b", "%22a%2Cb%22" },
    { "a\"b", "%22a%5C%22b%22" }, { "a\\b", "%22a%5C%5Cb%22" }, { "a&b=c", "%22a%26b%3Dc%22" },
    { "a(b)", "%22a%28b%29%22" }, { "a->b", "%22a-%3Eb%22" },   { "ä", "%22%C3%A4%22" },
    { "order", "%22order%22" },   { "or", "%22or%22" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SyncEntity) entity = sync_entity_new ("e", "e", "e");
      g_autoptr (GPtrArray) queries = NULL;
      g_autofree char *expected = g_strdup_printf ("&%s=in.(x)", cases[i].encoded);

      sync_entity_add_column (entity, cases[i].name, SYNC_CODEC_TEXT, TRUE);
      queries = split (entity, "[[\"x\"]]", 1000, 10, NULL);
      g_assert_cmpuint (queries->len, ==, 1);
      g_assert_true (g_str_has_suffix (g_ptr_array_index (queries, 0), expected));
    }
}

static void
test_key_values_are_quoted (void)
{
  static const struct
  {
    const char *json;
    const char *encoded;
  } cases[] = {
    { "\"8f7a-1\"", "8f7a-1" },
    { "12", "12" },
    { "999999999999999", "999999999999999" },
    { "-9223372036854775808", "%22-9223372036854775808%22" },
    { "1.5e300", "%221.5e300%22" },
    { "true", "true" },
    { "\"\"", "%22%22" },
    { "\"null\"", "%22null%22" },
    { "\"a,b\"", "%22a%2Cb%22" },
    { "\"a\\\"b\"", "%22a%5C%22b%22" },
    { "\"\\\\xdead\"", "%22%5C%5Cxdead%22" },
    { "\"a)b(\"", "%22a%29b%28%22" },
    { "\"&x=1#%20+\"", "%22%26x%3D1%23%2520%2B%22" },
    { "\"\\u00fc\\n\"", "%22%C3%BC%0A%22" },
    { "{\"a\":1}", "%22%7B%5C%22a%5C%22%3A1%7D%22" },
  };
  g_autoptr (SyncEntity) one = new_entity (1);
  g_autoptr (SyncEntity) two = new_entity (2);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *keys = g_strdup_printf ("[[%s]]", cases[i].json);
      g_autofree char *pairs = g_strdup_printf ("[[%s, 2], [%s,3]]", cases[i].json, cases[i].json);
      g_autofree char *single = g_strdup_printf ("&id=in.(%s)", cases[i].encoded);
      gboolean quoted = g_str_has_prefix (cases[i].encoded, "%22");
      g_autofree char *value
          = g_strconcat (quoted ? "in.(" : "eq.", cases[i].encoded, quoted ? ")" : "", NULL);
      g_autofree char *both = g_strdup_printf (
          "&or=(and(id.%s,%%22part%%20two%%22.eq.2),and(id.%s,%%22part%%20two%%22.eq.3))", value,
          value);
      g_autofree char *alone
          = g_strdup_printf ("&id=in.(%s)&%%22part%%20two%%22=in.(2)", cases[i].encoded);
      g_autoptr (GPtrArray) queries = split (one, keys, 5000, 10, NULL);
      g_autoptr (GPtrArray) composite = split (two, pairs, 5000, 10, NULL);

      g_test_message ("%s", cases[i].json);
      g_assert_true (g_str_has_suffix (g_ptr_array_index (queries, 0), single));
      if (strstr (cases[i].encoded, "%5C") == NULL)
        g_assert_true (g_str_has_suffix (g_ptr_array_index (composite, 0), both));
      else /* What needs escapes goes alone. */
        g_assert_true (g_str_has_suffix (g_ptr_array_index (composite, 0), alone));
    }
}

static guint
count_keys (const char *query)
{
  guint n = 1;

  for (const char *list = strstr (query, "in.(") + 4; *list != '\0'; list++)
    n += *list == ',';
  return n;
}

static void
test_many_keys_are_split_by_length_and_number (void)
{
  g_autoptr (SyncEntity) entity = new_entity (1);
  g_autoptr (GString) keys = g_string_new ("[");
  g_autoptr (GPtrArray) by_length = NULL;
  g_autoptr (GPtrArray) by_number = NULL;
  g_autoptr (GPtrArray) tight = NULL;
  guint n = 0;

  for (guint i = 0; i < 1000; i++)
    g_string_append_printf (keys, "%s[\"key-%04u\"]", i > 0 ? "," : "", i);
  g_string_append_c (keys, ']');
  by_length = split (entity, keys->str, 2000, 500, NULL);
  for (guint i = 0; i < by_length->len; i++)
    {
      g_assert_cmpuint (strlen (g_ptr_array_index (by_length, i)), <=, 2000);
      n += count_keys (g_ptr_array_index (by_length, i));
    }
  g_assert_cmpuint (n, ==, 1000);
  g_assert_cmpuint (by_length->len, <=, 6);
  by_number = split (entity, keys->str, 1000 * 1000, 300, NULL);
  g_assert_cmpuint (by_number->len, ==, 4);
  /* One that does not fit goes alone. */
  tight = split (entity, "[[\"a\"],[\"b\"]]", 1, 500, NULL);
  g_assert_cmpuint (tight->len, ==, 2);
}

static void
test_keys_that_no_row_has_are_left_out (void)
{
  g_autoptr (SyncEntity) one = new_entity (1);
  g_autoptr (SyncEntity) two = new_entity (2);
  g_autoptr (GPtrArray) none = split (one, "[[null],[\"\\u0000\"],[\"\\ud800\"]]", 1000, 10, NULL);
  g_autoptr (GPtrArray) some = split (two, "[[\"a\",null],[\"b\",1]]", 1000, 10, NULL);
  g_autoptr (GPtrArray) empty = split (one, "[]", 1000, 10, NULL);

  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (some->len, ==, 1);
  g_assert_null (strstr (g_ptr_array_index (some, 0), "is.null"));
  g_assert_cmpuint (empty->len, ==, 0);
}

static void
test_bad_keys_are_an_error (void)
{
  static const char *const bad[]
      = { "", "{}", "[1]", "[[]]", "[[\"a\",\"b\"]]", "[[\"a\"]", "[[\"a\"]] x", "[[\"a\"],]" };
  g_autoptr (SyncEntity) entity = new_entity (1);

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", bad[i]);
      g_assert_null (split (entity, bad[i], 1000, 10, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
    }
}

/* The cloud's own columns of these names mean something else. */
static void
test_keys_are_asked_for_by_the_cloud_s_names (void)
{
  g_autoptr (SyncEntity) one = sync_entity_new ("e", NULL, NULL);
  g_autoptr (SyncEntity) two = sync_entity_new ("e", NULL, NULL);
  g_autoptr (GPtrArray) queries = NULL;

  sync_entity_add_column (one, "user_id", SYNC_CODEC_TEXT, TRUE);
  queries = split (one, "[[\"a\"]]", 1000, 10, NULL);
  g_assert_nonnull (strstr (g_ptr_array_index (queries, 0), "&user_id_=in.(a)"));
  g_clear_pointer (&queries, g_ptr_array_unref);

  sync_entity_add_column (two, "user_id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (two, "device_id", SYNC_CODEC_TEXT, TRUE);
  queries = split (two, "[[\"a\",\"b\"],[\"c\",\"d\"]]", 1000, 10, NULL);
  g_assert_nonnull (strstr (g_ptr_array_index (queries, 0), "and(user_id_.eq.a,device_id_.eq.b)"));
}

static void
test_a_strong_fetch_sends_keys_as_text (void)
{
  g_autoptr (SyncEntity) entity = new_entity (2);
  const char *text = "[ [\"a\\\"b\",1] ,[\"c\",2],[\"d\",3]]";
  g_autoptr (GBytes) keys = g_bytes_new_static (text, strlen (text));
  g_autoptr (GPtrArray) bodies = sync_supabase_body_fetch (entity, keys, 2, NULL);

  g_assert_cmpuint (bodies->len, ==, 2);
  g_assert_cmpstr (g_ptr_array_index (bodies, 0), ==,
                   "{\"p_table\":\"e\",\"p_keys\":\"[[\\\"a\\\\\\\"b\\\",1],[\\\"c\\\",2]]\"}");
  g_assert_cmpstr (g_ptr_array_index (bodies, 1), ==,
                   "{\"p_table\":\"e\",\"p_keys\":\"[[\\\"d\\\",3]]\"}");
}

static void
test_answers_are_joined_and_trimmed (void)
{
  g_autoptr (SyncEntity) entity = new_entity (1);
  g_autoptr (GString) array = g_string_new ("[");
  g_autoptr (GBytes) first = g_bytes_new_static ("[{\"id\":\"a\",\"title\":null}]", 25);
  g_autoptr (GBytes) empty = g_bytes_new_static (" [ ] ", 5);
  const char *full = "[{\"user_id\":\"u\",\"id\":\"b\",\"other\":{\"x\":[1]},\"title\":\"t\","
                     "\"sync_version\":9007199254740993,\"base_version\":null}]";
  g_autoptr (GBytes) second = g_bytes_new_static (full, strlen (full));
  g_autoptr (GBytes) cut = g_bytes_new_static (full, strlen (full) - 1);
  g_autoptr (GBytes) object = g_bytes_new_static ("{}", 2);

  g_assert_true (sync_supabase_rows_append (array, entity, first, FALSE));
  g_assert_true (sync_supabase_rows_append (array, entity, empty, FALSE));
  g_assert_true (sync_supabase_rows_append (array, entity, second, TRUE));
  g_string_append_c (array, ']');
  g_assert_cmpstr (array->str, ==,
                   "[{\"id\":\"a\",\"title\":null},"
                   "{\"id\":\"b\",\"title\":\"t\",\"sync_version\":9007199254740993}]");
  g_assert_false (sync_supabase_rows_append (array, entity, cut, TRUE));
  g_assert_false (sync_supabase_rows_append (array, entity, object, TRUE));
}

#define STATE                                                                                      \
  "\"epoch\":\"e1\",\"server_time\":\"2026-01-02 03:04:05.678+00\",\"user_id\":\"u1\","            \
  "\"heads\":{\"projects\":1767323045000001,\"notifications\":0},\"horizons\":{\"projects\":5},"   \
  "\"devices\":[{\"device_id\":\"d1\",\"name\":\"Desk\",\"platform\":\"linux\","                   \
  "\"app_version\":null,\"registered_at\":\"2026-01-01T00:00:00+00:00\",\"last_sync_at\":null,"    \
  "\"last_version\":null,\"is_active\":false}]"

static SyncCloudState *
parse (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return sync_supabase_state_parse (bytes);
}

static void
test_the_state_is_read_alone_or_in_an_array (void)
{
  static const char *const texts[]
      = { "[{\"schema_version\":1," STATE "}]", "{\"schema_version\":1,\"new\":[[]]," STATE "}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SyncCloudState) state = parse (texts[i]);
      SyncDevice *device;

      g_assert_nonnull (state);
      g_assert_cmpint (state->schema_version, ==, 1);
      g_assert_cmpstr (state->epoch, ==, "e1");
      g_assert_cmpstr (state->user, ==, "u1");
      g_assert_cmpint (state->server_time, ==, G_GINT64_CONSTANT (1767323045678000));
      g_assert_cmpint (sync_cloud_state_get_head (state, "projects"), ==,
                       G_GINT64_CONSTANT (1767323045000001));
      g_assert_true (sync_cloud_state_has_table (state, "notifications"));
      g_assert_false (sync_cloud_state_has_table (state, "user_settings"));
      g_assert_cmpint (sync_cloud_state_get_horizon (state, "projects"), ==, 5);
      device = sync_cloud_state_find_device (state, "d1");
      g_assert_nonnull (device);
      g_assert_cmpstr (device->name, ==, "Desk");
      g_assert_null (device->app_version);
      g_assert_cmpint (device->last_sync_at, ==, G_MININT64);
      g_assert_cmpint (device->last_version, ==, 0);
      g_assert_false (device->active);
    }
}

static void
test_what_is_no_state_is_refused (void)
{
  static const char *const texts[] = { "",
                                       "[]",
                                       "{}",
                                       "[1]",
                                       "null",
                                       "[{\"schema_version\":\"1\"," STATE "}]",
                                       "[{\"schema_version\":1}]",
                                       "[{\"schema_version\":1," STATE "},{}]",
                                       "[{\"schema_version\":1," STATE "}",
                                       "[{\"schema_version\":1," STATE ",\"heads\":[]}]",
                                       "[{\"schema_version\":1," STATE ",\"heads\":{\"a\":-1}}]",
                                       "[{\"schema_version\":1," STATE ",\"heads\":{\"a\":1.5}}]",
                                       "[{\"schema_version\":1," STATE ",\"user_id\":null}]",
                                       "[{\"schema_version\":1," STATE ",\"devices\":[[]]}]",
                                       "[{\"schema_version\":1," STATE
                                       ",\"server_time\":\"soon\"}]" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SyncCloudState) state = parse (texts[i]);

      g_test_message ("%s", texts[i]);
      g_assert_null (state);
    }
}

static void
test_another_schema_version_is_told_whatever_else_it_has (void)
{
  g_autoptr (SyncCloudState) newer = parse ("[{\"schema_version\":2,\"heads\":\"elsewhere\"}]");

  g_assert_nonnull (newer);
  g_assert_cmpint (newer->schema_version, ==, 2);
  g_assert_nonnull (newer->epoch);
  g_assert_nonnull (newer->user);
}

static void
test_a_device_is_written_whole (void)
{
  g_autoptr (SyncDevice) device = sync_device_new ("d\"1", "Anna's\nDesk");
  g_autofree char *fresh = NULL;
  g_autofree char *seen = NULL;

  g_free (device->platform);
  device->platform = g_strdup ("linux");
  device->active = TRUE;
  device->last_sync_at = G_MININT64;
  device->last_version = 7;
  fresh = sync_supabase_body_device (device);
  g_assert_cmpstr (fresh, ==,
                   "{\"device_id\":\"d\\\"1\",\"name\":\"Anna's\\nDesk\",\"platform\":\"linux\","
                   "\"app_version\":null,\"last_sync_at\":null,\"last_version\":7,"
                   "\"is_active\":true}");
  device->last_sync_at = G_GINT64_CONSTANT (1767323045678000);
  device->active = FALSE;
  seen = sync_supabase_body_device (device);
  g_assert_nonnull (strstr (seen, "\"last_sync_at\":\"2026-01-02T03:04:05.678Z\""));
  g_assert_nonnull (strstr (seen, "\"is_active\":false"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/supabase/query/a-pull-asks-for-what-the-entity-has",
                   test_a_pull_asks_for_what_the_entity_has);
  g_test_add_func ("/supabase/query/a-push-names-key-and-columns",
                   test_a_push_names_key_and_columns);
  g_test_add_func ("/supabase/query/odd-names-are-quoted", test_odd_names_are_quoted);
  g_test_add_func ("/supabase/query/key-values-are-quoted", test_key_values_are_quoted);
  g_test_add_func ("/supabase/query/many-keys-are-split-by-length-and-number",
                   test_many_keys_are_split_by_length_and_number);
  g_test_add_func ("/supabase/query/keys-that-no-row-has-are-left-out",
                   test_keys_that_no_row_has_are_left_out);
  g_test_add_func ("/supabase/query/keys-are-asked-for-by-the-cloud-s-names",
                   test_keys_are_asked_for_by_the_cloud_s_names);
  g_test_add_func ("/supabase/query/bad-keys-are-an-error", test_bad_keys_are_an_error);
  g_test_add_func ("/supabase/query/a-strong-fetch-sends-keys-as-text",
                   test_a_strong_fetch_sends_keys_as_text);
  g_test_add_func ("/supabase/query/answers-are-joined-and-trimmed",
                   test_answers_are_joined_and_trimmed);
  g_test_add_func ("/supabase/query/the-state-is-read-alone-or-in-an-array",
                   test_the_state_is_read_alone_or_in_an_array);
  g_test_add_func ("/supabase/query/what-is-no-state-is-refused", test_what_is_no_state_is_refused);
  g_test_add_func ("/supabase/query/another-schema-version-is-told-whatever-else-it-has",
                   test_another_schema_version_is_told_whatever_else_it_has);
  g_test_add_func ("/supabase/query/a-device-is-written-whole", test_a_device_is_written_whole);
  return g_test_run ();
}
