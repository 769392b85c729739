/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "test-provider.h"

/* What is pushed comes back: by pull and by fetch, as a value and as a key. */

/* @values: JSON texts, without the ' that contract_json() knows. */
static void
round_trip (Contract *contract, const char *column, const char *const *values, guint n_values)
{
  g_autoptr (GString) rows = g_string_new ("[");
  g_autoptr (GString) keys = g_string_new ("[");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (GBytes) fetched = NULL;
  g_autoptr (GPtrArray) won = NULL;
  g_autoptr (GPtrArray) by_pull = NULL;
  g_autoptr (GPtrArray) by_key = NULL;

  for (guint i = 0; i < n_values; i++)
    {
      g_autofree char *json = g_strdup_printf ("{\"id\":\"%u\",\"%s\":%s}", i, column, values[i]);
      g_autoptr (SyncRow) row = sync_row_new (contract->notes);

      sync_row_parse_text (row, json, -1, &error);
      g_assert_no_error (error);
      g_string_append_printf (keys, "%s[\"%u\"]", i > 0 ? "," : "", i);
      g_string_append (rows, i > 0 ? "," : "");
      sync_row_append_json (row, rows);
      g_string_truncate (rows, rows->len - 1);
      g_string_append (rows, ",\"base_version\":0,\"deleted_at\":null,\"edited_at\":null,"
                             "\"device_id\":\"d\",\"run_id\":\"r\"}");
    }
  g_string_append_c (rows, ']');
  g_string_append_c (keys, ']');
  reply = test_push (contract->first, contract->notes, rows->str, &error);
  g_assert_no_error (error);
  won = contract_read (contract->notes, reply);
  g_assert_cmpuint (won->len, ==, n_values);
  by_pull = contract_pull_all (contract->second, contract->notes);
  fetched = test_fetch (contract->second, contract->notes, keys->str, FALSE, &error);
  g_assert_no_error (error);
  by_key = contract_read (contract->notes, fetched);
  for (guint i = 0; i < n_values; i++)
    {
      g_autofree char *key = g_strdup_printf ("'%u'", i);
      g_autofree char *json = g_strdup_printf ("{\"id\":\"%u\",\"%s\":%s}", i, column, values[i]);
      g_autoptr (SyncRow) sent = sync_row_new (contract->notes);
      ContractRow *pulled = contract_find (by_pull, key);
      ContractRow *found = contract_find (by_key, key);

      sync_row_parse_text (sent, json, -1, &error);
      g_assert_no_error (error);
      g_assert_nonnull (pulled);
      g_assert_nonnull (found);
      if (!sync_row_equal (pulled->row, sent) || !sync_row_equal (found->row, sent))
        {
          g_autofree char *came = sync_row_to_json (pulled->row);
          g_autofree char *wanted = sync_row_to_json (sent);

          g_assert_cmpstr (came, ==, wanted);
          g_error ("fetched otherwise than pulled: %s", wanted);
        }
    }
}

static void
texts_come_back (Contract *contract, gconstpointer data)
{
  g_autofree char *long_text = g_strnfill (100000, 'x');
  g_autofree char *long_json = g_strdup_printf ("\"%s\"", long_text);
  const char *const values[] = {
    "null",
    "\"\"",
    "\" \"",
    "\"null\"",
    "\"it's\"",
    "\"\\\"quoted\\\", \\\\x41 and \\\\\"",
    "\"lines\\nand\\r\\ntabs\\t\\u0001\\u001f\\b\\f\"",
    "\"Ž lutý kůň 日本語 العربية עברית\"",
    "\"\\ud83d\\ude80 and 🚀 and e\u0301\"",
    "\"\u2028\u2029\ufeff\uffff\"",
    "\"%s %n ' -- ; drop table\"",
    "\"2026-01-01T00:00:00Z\"",
    "\"12345678901234567890\"",
    "\"{\\\"a\\\": 1}\"",
    long_json,
  };

  round_trip (contract, "title", values, G_N_ELEMENTS (values));
}

static void
integers_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = { "null",
                                        "0",
                                        "1",
                                        "-1",
                                        "2147483648",
                                        "9007199254740991",
                                        "-9007199254740991",
                                        "9007199254740993",
                                        "-9007199254740993",
                                        "9223372036854775807",
                                        "-9223372036854775808" };

  round_trip (contract, "amount", values,
              contract_backend.exact ? G_N_ELEMENTS (values) : G_N_ELEMENTS (values) - 4);
}

static void
reals_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = { "null",
                                        "0.0",
                                        "3.0",
                                        "0.1",
                                        "-0.1",
                                        "0.30000000000000004",
                                        "1.7976931348623157e+308",
                                        "-1.7976931348623157e+308",
                                        "2.2250738585072014e-308",
                                        "5e-324",
                                        "123456789.12345679",
                                        "1e+22" };

  round_trip (contract, "ratio", values, G_N_ELEMENTS (values));
}

static void
infinities_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = { "\"Infinity\"", "\"-Infinity\"" };

  if (!contract_backend.exact)
    {
      g_test_skip ("the server renders JavaScript's numbers");
      return;
    }
  round_trip (contract, "ratio", values, G_N_ELEMENTS (values));
}

static void
blobs_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[]
      = { "null", "\"\\\\x\"", "\"\\\\x00\"", "\"\\\\x00ff0a27225c\"", "\"\\\\xdeadbeef\"" };

  if (!contract_backend.exact)
    {
      g_test_skip ("the server renders blobs as objects");
      return;
    }
  round_trip (contract, "payload", values, G_N_ELEMENTS (values));
}

static void
json_comes_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = {
    "{}",
    "[]",
    "{\"a\":{\"b\":[1,2,{\"c\":null}]},\"z\":\"\\\"\"}",
    "[true,false,null,\"text\",-1.5]",
    "\"text\"",
    "\"5\"",
    "\" 5 \"",
    "\"null\"",
    "\"\"",
    "\"\\\"quoted\\\"\"",
    "\"{\\\"a\\\": 1}\"",
    "5",
    "true",
    "{\"unicode Ž\":\"🚀 \\n\"}",
    "{\"number\":9007199254740993,\"small\":0.1000000000000000055511151231257827}",
    "[12345678901234567890123456789,1e400]",
  };

  round_trip (contract, "data", values,
              contract_backend.exact ? G_N_ELEMENTS (values) : G_N_ELEMENTS (values) - 2);
}

static void
booleans_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = { "null", "true", "false" };

  round_trip (contract, "done", values, G_N_ELEMENTS (values));
}

static void
times_come_back (Contract *contract, gconstpointer data)
{
  static const char *const values[] = { "null",
                                        "\"1970-01-01T00:00:00.000Z\"",
                                        "\"2026-02-28T23:59:59.999Z\"",
                                        "\"1969-12-31T23:59:59.001Z\"",
                                        "\"0001-01-01T00:00:00.000Z\"",
                                        "\"9999-12-31T23:59:59.120Z\"",
                                        "\"2026-01-01T00:00:00.123456Z\"" };

  round_trip (contract, "due", values, G_N_ELEMENTS (values));
}

static void
a_row_of_all_types_comes_back (Contract *contract, gconstpointer data)
{
  const char *row = "{'id':'a','title':'t','amount':7,'ratio':0.5,'payload':'\\\\x0a','data':[1],"
                    "'done':true,'due':'2026-01-01T00:00:00.000Z'}";
  const char *plain = "{'id':'a','title':'t','amount':7,'ratio':0.5,'data':[1],'done':true,"
                      "'due':'2026-01-01T00:00:00.000Z'}";
  g_autoptr (GPtrArray) rows = NULL;

  if (!contract_backend.exact)
    row = plain;
  contract_put (contract->first, contract->notes, row, 0);
  rows = contract_pull_all (contract->second, contract->notes);
  contract_assert_row (contract_find (rows, "'a'"), row);
}

/* Each key: absent, inserted, taken, fetched. @keys: JSON texts of the key's values. */
static void
try_keys (Contract *contract, const SyncEntity *entity, const char *const *keys, guint n_keys)
{
  for (guint i = 0; i < n_keys; i++)
    {
      g_autofree char *fetch = g_strdup_printf ("[[%s]]", keys[i]);
      g_auto (GStrv) values = NULL;
      g_autoptr (GString) row = g_string_new ("[{");
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) before = test_fetch (contract->second, entity, fetch, FALSE, &error);
      g_autoptr (GBytes) reply = NULL;
      g_autoptr (GBytes) again = NULL;
      g_autoptr (GBytes) after = NULL;
      SyncJsonReader reader;
      SyncSpan value;
      guint column = 0;
      g_autofree char *text = g_strdup_printf ("[%s]", keys[i]);

      g_assert_no_error (error);
      g_assert_cmpmem (g_bytes_get_data (before, NULL), g_bytes_get_size (before), "[]", 2);
      sync_json_reader_init (&reader, text, strlen (text));
      g_assert_true (sync_json_enter_array (&reader));
      for (; sync_json_next_element (&reader) && sync_json_read_value (&reader, &value); column++)
        g_string_append_printf (row, "\"%s\":%.*s,", entity->columns[column].name,
                                (int) value.length, value.text);
      g_assert_cmpuint (column, ==, entity->n_keys);
      g_string_append_printf (row,
                              "\"value\":\"%u\",\"base_version\":0,\"deleted_at\":null,"
                              "\"edited_at\":null,\"device_id\":\"d\",\"run_id\":\"r\"}]",
                              i);
      reply = test_push (contract->first, entity, row->str, &error);
      g_assert_no_error (error);
      again = test_push (contract->second, entity, row->str, &error);
      g_assert_no_error (error);
      after = test_fetch (contract->second, entity, fetch, FALSE, &error);
      g_assert_no_error (error);
      {
        g_autoptr (GPtrArray) won = contract_read (entity, reply);
        g_autoptr (GPtrArray) lost = contract_read (entity, again);
        g_autoptr (GPtrArray) found = contract_read (entity, after);
        g_autofree char *expected = g_strdup_printf ("\"%u\"", i);
        ContractRow *answer;

        g_assert_cmpuint (won->len, ==, 1);
        g_assert_cmpuint (lost->len, ==, 0);
        g_assert_cmpuint (found->len, ==, 1);
        answer = g_ptr_array_index (found, 0);
        g_assert_true (sync_span_is (sync_row_get (answer->row, entity->n_keys), expected));
        for (guint k = 0; k < entity->n_keys; k++)
          g_assert_true (sync_row_column_equal (
              answer->row, ((ContractRow *) g_ptr_array_index (won, 0))->row, k));
      }
    }
}

static void
texts_are_keys (Contract *contract, gconstpointer data)
{
  static const char *const names[] = {
    "",
    " ",
    "plain",
    "it's",
    "\\\"quoted\\\"",
    "comma, comma",
    "(a,b)",
    "a.b:c",
    "back\\\\slash",
    "line\\nline",
    "tab\\t",
    "percent %41 %",
    "a+b&c=d?e#f/g",
    "*",
    "null",
    "Ž 日本 🚀",
    "A",
    "a",
    "eq.1",
    "x'; --",
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autofree char *key = g_strdup_printf ("\"%s\",1", names[i]);
      const char *keys[] = { key };

      try_keys (contract, contract->pairs, keys, 1);
    }
  {
    g_autoptr (GPtrArray) rows = contract_pull_all (contract->second, contract->pairs);

    g_assert_cmpuint (rows->len, ==, G_N_ELEMENTS (names));
  }
}

static void
braces_are_keys (Contract *contract, gconstpointer data)
{
  static const char *const keys[] = { "\"{a,b}\",1", "\"{}\",1", "\"[1]\",1" };

  if (!contract_backend.exact)
    {
      g_test_skip ("the server takes braces for arrays");
      return;
    }
  try_keys (contract, contract->pairs, keys, G_N_ELEMENTS (keys));
}

static void
several_columns_are_a_key (Contract *contract, gconstpointer data)
{
  static const char *const keys[]
      = { "\"a\",1", "\"a\",2", "\"b\",1", "\"a,1\",2", "\"a\",12", "\"\",0", "\"a\",-1" };
  g_autoptr (GPtrArray) rows = NULL;

  try_keys (contract, contract->pairs, keys, G_N_ELEMENTS (keys));
  rows = contract_fetch (contract->second, contract->pairs,
                         "[['a',1],['a',3],['b',1],['b',2],['a,1',2]]");
  g_assert_cmpuint (rows->len, ==, 3);
}

static void
integers_are_keys (Contract *contract, gconstpointer data)
{
  static const char *const keys[] = { "0",
                                      "1",
                                      "-1",
                                      "10",
                                      "9007199254740991",
                                      "9223372036854775807",
                                      "-9223372036854775808",
                                      "9223372036854775806" };

  try_keys (contract, contract->numbers, keys,
            contract_backend.exact ? G_N_ELEMENTS (keys) : G_N_ELEMENTS (keys) - 3);
}

static void
blobs_are_keys (Contract *contract, gconstpointer data)
{
  static const char *const keys[]
      = { "\"\\\\x\"", "\"\\\\x00\"", "\"\\\\x0000\"", "\"\\\\xff275c22\"" };

  if (!contract_backend.exact)
    {
      g_test_skip ("the server renders blobs as objects");
      return;
    }
  try_keys (contract, contract->blobs, keys, G_N_ELEMENTS (keys));
}

void
contract_add_value_rules (void)
{
  contract_add ("values/texts-come-back", texts_come_back);
  contract_add ("values/integers-come-back", integers_come_back);
  contract_add ("values/reals-come-back", reals_come_back);
  contract_add ("values/infinities-come-back", infinities_come_back);
  contract_add ("values/blobs-come-back", blobs_come_back);
  contract_add ("values/json-comes-back", json_comes_back);
  contract_add ("values/booleans-come-back", booleans_come_back);
  contract_add ("values/times-come-back", times_come_back);
  contract_add ("values/a-row-of-all-types-comes-back", a_row_of_all_types_comes_back);
  contract_add ("keys/texts", texts_are_keys);
  contract_add ("keys/braces", braces_are_keys);
  contract_add ("keys/several-columns", several_columns_are_a_key);
  contract_add ("keys/integers", integers_are_keys);
  contract_add ("keys/blobs", blobs_are_keys);
}
