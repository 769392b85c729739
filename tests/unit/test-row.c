/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-error.h"
#include "sync-row.h"

#include <math.h>

enum
{
  ID,
  TEXT,
  INTEGER,
  REAL,
  BLOB,
  JSON,
  BOOLEAN,
  TIME,
  ANY,
};

typedef struct
{
  SyncEntity *entity;
  SyncRow *row;
  SyncRow *other;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  SyncEntity *entity = sync_entity_new ("things", NULL, NULL);

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "text", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "integer", SYNC_CODEC_INTEGER, FALSE);
  sync_entity_add_column (entity, "real", SYNC_CODEC_REAL, FALSE);
  sync_entity_add_column (entity, "blob", SYNC_CODEC_BLOB, FALSE);
  sync_entity_add_column (entity, "json", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "boolean", SYNC_CODEC_BOOLEAN, FALSE);
  sync_entity_add_column (entity, "time", SYNC_CODEC_TIMESTAMP, FALSE);
  sync_entity_add_column (entity, "any", SYNC_CODEC_ANY, FALSE);
  fixture->entity = entity;
  fixture->row = sync_row_new (entity);
  fixture->other = sync_row_new (entity);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sync_row_free (fixture->row);
  sync_row_free (fixture->other);
  sync_entity_unref (fixture->entity);
}

static SyncSpan
span (const char *text)
{
  return (SyncSpan) { text, strlen (text) };
}

static char *
value_of (const SyncRow *row, guint column)
{
  SyncSpan value = sync_row_get (row, column);

  return g_strndup (value.text, value.length);
}

static void
test_values_take_their_normal_form (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    guint column;
    const char *value;
    const char *expected;
  } cases[] = {
    { TEXT, "null", "null" },
    { TEXT, "\"a\\/b\\u00e9\\u000A\"", "\"a/bé\\n\"" },
    { TEXT, "7", "7" },
    { TEXT, "-0", "0" },
    { TEXT, "1.50", "1.5" },
    { TEXT, "1.0", "1.0" },
    { TEXT, "true", "true" },
    { TEXT, "[ 1, {\"a\" : 1.50} ]", "[1,{\"a\":1.50}]" },
    { INTEGER, "null", "null" },
    { INTEGER, "42", "42" },
    { INTEGER, "-0", "0" },
    { INTEGER, "9223372036854775807", "9223372036854775807" },
    { INTEGER, "-9223372036854775808", "-9223372036854775808" },
    { INTEGER, "9223372036854775808", "9.223372036854776e+18" },
    { INTEGER, "1.0", "1" },
    { INTEGER, "1e3", "1000" },
    { INTEGER, "1.5", "1.5" },
    { INTEGER, "1.50e1", "15" },
    { INTEGER, "1e300", "1e+300" },
    { INTEGER, "1e999", "\"Infinity\"" },
    { INTEGER, "true", "1" },
    { INTEGER, "false", "0" },
    { INTEGER, "\"12\"", "\"12\"" },
    { INTEGER, "\"\\u0031\"", "\"1\"" },
    { INTEGER, "{ \"a\" : 1 }", "{\"a\":1}" },
    { REAL, "null", "null" },
    { REAL, "1", "1.0" },
    { REAL, "0.10", "0.1" },
    { REAL, "-0.0", "0.0" },
    { REAL, "-0", "0.0" },
    { REAL, "1E2", "100.0" },
    { REAL, "9007199254740992", "9007199254740992.0" },
    { REAL, "9007199254740993", "9007199254740993" },
    { REAL, "9223372036854775807", "9223372036854775807" },
    { REAL, "-9223372036854775808", "-9.223372036854776e+18" },
    { REAL, "9223372036854775808", "9.223372036854776e+18" },
    { REAL, "\"Infinity\"", "\"Infinity\"" },
    { REAL, "\"-Infinity\"", "\"-Infinity\"" },
    { REAL, "\"NaN\"", "null" },
    { REAL, "\"N\\u0061N\"", "null" },
    { REAL, "\"abc\"", "\"abc\"" },
    { REAL, "true", "true" },
    { BLOB, "null", "null" },
    { BLOB, "\"\\\\xDEADbeef\"", "\"\\\\xdeadbeef\"" },
    { BLOB, "\"\\u005cxAB\"", "\"\\\\xab\"" },
    { BLOB, "\"\\\\x\"", "\"\\\\x\"" },
    { BLOB, "\"\\\\xABC\"", "\"\\\\xABC\"" },
    { BLOB, "\"\\\\xAG\"", "\"\\\\xAG\"" },
    { BLOB, "\"\\\\XAB\"", "\"\\\\XAB\"" },
    { BLOB, "\"AB\"", "\"AB\"" },
    { BLOB, "12", "12" },
    { BLOB, "-0.0", "-0.0" },
    { ANY, "null", "null" },
    { ANY, "\"5\"", "\"5\"" },
    { ANY, "5", "5" },
    { ANY, "-0", "0" },
    { ANY, "5.00", "5.0" },
    { ANY, "-0.0", "-0.0" },
    { ANY, "1e15", "1000000000000000.0" },
    { ANY, "1.0e17", "100000000000000000.0" },
    { ANY, "9223372036854775808", "9.223372036854776e+18" },
    { ANY, "2.5e-10", "2.5e-10" },
    { JSON, "null", "null" },
    { JSON, "{ \"b\" : 1.0 , \"a\" : \"\\/\" }", "{\"b\":1.0,\"a\":\"/\"}" },
    { JSON, "\"text\"", "\"text\"" },
    { JSON, "12345678901234567890.10", "12345678901234567890.10" },
    { BOOLEAN, "null", "null" },
    { BOOLEAN, "true", "true" },
    { BOOLEAN, "false", "false" },
    { BOOLEAN, "1", "true" },
    { BOOLEAN, "0", "false" },
    { BOOLEAN, "-0", "false" },
    { BOOLEAN, "1.0", "true" },
    { BOOLEAN, "2", "2" },
    { BOOLEAN, "\"t\"", "\"t\"" },
    { TIME, "null", "null" },
    { TIME, "\"2026-01-01T00:00:00.12+00:00\"", "\"2026-01-01T00:00:00.120Z\"" },
    { TIME, "\"2026-01-01 02:00:00+02\"", "\"2026-01-01T00:00:00.000Z\"" },
    { TIME, "\"2026\\u002d01-01\"", "\"2026-01-01T00:00:00.000Z\"" },
    { TIME, "\"2026-01-01T00:00:00.123456Z\"", "\"2026-01-01T00:00:00.123456Z\"" },
    { TIME, "\"infinity\"", "\"infinity\"" },
    { TIME, "\"2026-02-30\"", "\"2026-02-30\"" },
    { TIME, "\"\"", "\"\"" },
    { TIME, "1767225600", "1767225600" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *value = NULL;
      g_autofree char *again = NULL;

      g_test_message ("%s %s", fixture->entity->columns[cases[i].column].name, cases[i].value);
      g_assert_true (sync_row_set (fixture->row, cases[i].column, span (cases[i].value)));
      value = value_of (fixture->row, cases[i].column);
      g_assert_cmpstr (value, ==, cases[i].expected);

      g_assert_true (sync_row_set (fixture->other, cases[i].column, span (value)));
      again = value_of (fixture->other, cases[i].column);
      g_assert_cmpstr (again, ==, value);
    }
}

static void
test_refuses_what_no_cloud_holds (Fixture *fixture, gconstpointer data)
{
  for (guint column = TEXT; column <= TIME; column++)
    {
      g_assert_true (sync_row_set (fixture->row, column, span ("\"good\"")));
      g_assert_false (sync_row_set (fixture->row, column, span ("\"a\\u0000\"")));
      g_assert_cmpuint (sync_row_get (fixture->row, column).length, ==, 0);
      g_assert_false (sync_row_set (fixture->row, column, span ("\"\\ud800\"")));
      g_assert_false (sync_row_set (fixture->row, column, span ("[{\"a\":[\"\\udc00\"]}]")));
      g_assert_true (sync_row_set (fixture->row, column, span ("\"\\ud83d\\ude00\"")));
    }
}

static void
test_values_replace_each_other (Fixture *fixture, gconstpointer data)
{
  SyncRow *row = fixture->row;
  g_autofree char *text = NULL;
  GString *out;

  g_assert_true (sync_row_set (row, TEXT, span ("\"first\"")));
  g_assert_true (sync_row_set (row, ID, span ("\"a\"")));
  g_assert_true (sync_row_set (row, TEXT, span ("\"second\"")));
  out = sync_row_begin_value (row, JSON);
  g_string_append (out, "[1,");
  g_string_append (out, "2]");
  sync_row_end_value (row, JSON);
  sync_row_begin_value (row, BLOB);
  sync_row_end_value (row, BLOB);
  g_assert_true (sync_row_set (row, REAL, (SyncSpan) { NULL, 0 }));
  sync_row_set_normalised (row, INTEGER, span ("5"));
  text = sync_row_to_json (row);
  g_assert_cmpstr (text, ==,
                   "{\"id\":\"a\",\"text\":\"second\",\"integer\":5,\"real\":null,\"blob\":null,"
                   "\"json\":[1,2],\"boolean\":null,\"time\":null,\"any\":null}");
}

static void
test_copies_are_independent (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  g_assert_true (
      sync_row_parse_text (fixture->row, "{\"id\":\"a\",\"text\":\"b\",\"real\":1}", -1, NULL));
  sync_row_set_normalised (fixture->other, BLOB, span ("\"x\""));
  sync_row_copy (fixture->other, fixture->row);
  sync_row_copy (fixture->other, fixture->other);
  sync_row_copy_value (fixture->other, TEXT, fixture->other);
  sync_row_clear (fixture->row);
  text = value_of (fixture->other, TEXT);
  g_assert_cmpstr (text, ==, "\"b\"");
  g_assert_true (sync_row_is_null (fixture->other, BLOB));
  g_assert_true (sync_row_is_null (fixture->row, TEXT));
}

static void
test_equality_is_by_value (Fixture *fixture, gconstpointer data)
{
  SyncRow *a = fixture->row;
  SyncRow *b = fixture->other;

  g_assert_true (
      sync_row_parse_text (a,
                           "{\"id\":\"a\",\"integer\":1,\"real\":1,\"json\":{\"a\":1,\"b\":1.0},"
                           "\"boolean\":1,\"time\":\"2026-01-01\",\"blob\":\"\\\\xAB\"}",
                           -1, NULL));
  g_assert_true (
      sync_row_parse_text (b,
                           "{\"time\":\"2026-01-01T01:00:00+01\",\"boolean\":true,\"text\":null,"
                           "\"json\":{\"b\":1,\"a\":1},\"real\":1.00,\"integer\":1.0,"
                           "\"blob\":\"\\\\xab\",\"id\":\"\\u0061\"}",
                           -1, NULL));
  g_assert_true (sync_row_equal (a, b));
  g_assert_true (sync_row_set (b, JSON, span ("{\"b\":1,\"a\":2}")));
  g_assert_false (sync_row_equal (a, b));
  g_assert_false (sync_row_column_equal (a, b, JSON));
  g_assert_true (sync_row_column_equal (a, b, REAL));

  g_assert_true (sync_row_set (a, JSON, span ("null")));
  g_assert_true (sync_row_set (b, JSON, (SyncSpan) { NULL, 0 }));
  g_assert_true (sync_row_column_equal (a, b, JSON));
  g_assert_true (sync_row_set (b, JSON, span ("\"null\"")));
  g_assert_false (sync_row_column_equal (a, b, JSON));
  /* Only JSON columns look inside. */
  g_assert_true (sync_row_set (a, TEXT, span ("[1]")));
  g_assert_true (sync_row_set (b, TEXT, span ("[1.0]")));
  g_assert_false (sync_row_column_equal (a, b, TEXT));
}

static void
test_reads_rows_stamps_and_unknown_names (Fixture *fixture, gconstpointer data)
{
  const char text[]
      = "[{\"time\":\"2026-01-01\",\"sync_version\":17,\"\\u0069d\":\"a\",\"integer\":1,"
        "\"integer\":2,"
        "\"user_id\":\"u\",\"base_version\":null,\"deleted_at\":\"2026-01-02T00:00:00+00:00\","
        "\"edited_at\":\"2026-01-01T00:00:00.5+00:00\",\"device_id\":\"d\",\"run_id\":\"r\","
        "\"extra\":{\"x\":[1]},\"more\":1},\n"
        "{\"id\":\"b\",\"sync_version\":18,\"deleted_at\":null,\"edited_at\":null,\"device_id\":"
        "null,"
        "\"run_id\":null}, {}]";
  SyncJsonReader reader;
  SyncStamps stamps;
  SyncSpan unknown;
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;
  g_autoptr (GError) error = NULL;

  sync_json_reader_init (&reader, text, strlen (text));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_row_parse (fixture->row, &reader, &stamps, &unknown, &error));
  first = sync_row_to_json (fixture->row);
  g_assert_cmpstr (
      first, ==,
      "{\"id\":\"a\",\"text\":null,\"integer\":2,\"real\":null,\"blob\":null,\"json\":null,"
      "\"boolean\":null,\"time\":\"2026-01-01T00:00:00.000Z\",\"any\":null}");
  g_assert_cmpint (stamps.version, ==, 17);
  g_assert_true (stamps.deleted);
  g_assert_cmpint (stamps.edited_at, ==, G_GINT64_CONSTANT (1767225600500000));
  g_assert_true (sync_span_is (stamps.device_id, "\"d\""));
  g_assert_true (sync_span_is (stamps.run_id, "\"r\""));
  g_assert_true (sync_json_name_is (unknown, "extra"));

  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_row_parse (fixture->row, &reader, &stamps, &unknown, &error));
  second = value_of (fixture->row, ID);
  g_assert_cmpstr (second, ==, "\"b\"");
  g_assert_true (sync_row_is_null (fixture->row, INTEGER));
  g_assert_cmpint (stamps.version, ==, 18);
  g_assert_false (stamps.deleted);
  g_assert_cmpint (stamps.edited_at, ==, G_MININT64);
  g_assert_cmpuint (stamps.device_id.length, ==, 0);
  g_assert_cmpuint (stamps.run_id.length, ==, 0);
  g_assert_cmpuint (unknown.length, ==, 0);

  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_row_parse (fixture->row, &reader, &stamps, NULL, &error));
  g_assert_cmpint (stamps.version, ==, 0);
  g_assert_false (sync_json_next_element (&reader));
  g_assert_true (sync_json_at_end (&reader));
  g_assert_no_error (error);
}

static void
test_a_refused_row_stops_no_other (Fixture *fixture, gconstpointer data)
{
  const char text[] = "[{\"id\":\"a\",\"json\":[\"\\u0000\"],\"text\":\"\\ud800\"},{\"id\":\"b\"}]";
  SyncJsonReader reader;
  g_autoptr (GError) error = NULL;
  g_autofree char *id = NULL;

  sync_json_reader_init (&reader, text, strlen (text));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_false (sync_row_parse (fixture->row, &reader, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "things");
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "json");
  id = value_of (fixture->row, ID);
  g_assert_cmpstr (id, ==, "\"a\"");
  g_clear_error (&error);
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_row_parse (fixture->row, &reader, NULL, NULL, &error));
  g_assert_false (sync_json_next_element (&reader));
  g_assert_true (sync_json_at_end (&reader));
}

static void
test_a_row_too_deep_stops_no_other (Fixture *fixture, gconstpointer data)
{
  g_autofree char *opening = g_strnfill (SYNC_JSON_MAX_DEPTH, '['), *closing = g_strnfill (SYNC_JSON_MAX_DEPTH, ']');
  g_autofree char *text
      = g_strdup_printf ("[{\"id\":\"a\",\"json\":%s%s,\"sync_version\":7},{\"id\":\"b\",\"unknown\":%s%s}]",
                         opening, closing, opening, closing);
  SyncJsonReader reader;
  SyncStamps stamps;
  SyncSpan unknown;
  g_autoptr (GError) error = NULL;

  sync_json_reader_init (&reader, text, strlen (text));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_false (sync_row_parse (fixture->row, &reader, &stamps, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "json");
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "deep");
  g_assert_cmpint (stamps.version, ==, 7);
  g_clear_error (&error);
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_row_parse (fixture->row, &reader, &stamps, &unknown, &error));
  g_assert_true (sync_span_is (unknown, "unknown"));
  g_assert_false (sync_json_next_element (&reader));
  g_assert_true (sync_json_at_end (&reader));
}

static void
test_refuses_wrong_stamps (Fixture *fixture, gconstpointer data)
{
  const char *const texts[] = {
    "{\"sync_version\":0}",    "{\"sync_version\":-1}",    "{\"sync_version\":1.0}",
    "{\"sync_version\":null}", "{\"sync_version\":\"1\"}", "{\"sync_version\":9223372036854775808}",
    "{\"deleted_at\":1}",      "{\"deleted_at\":true}",    "{\"edited_at\":1767225600}",
    "{\"device_id\":7}",       "{\"run_id\":[]}",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      SyncJsonReader reader;
      SyncStamps stamps;
      g_autoptr (GError) error = NULL;

      g_test_message ("%s", texts[i]);
      sync_json_reader_init (&reader, texts[i], strlen (texts[i]));
      g_assert_false (sync_row_parse (fixture->row, &reader, &stamps, NULL, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      /* Who does not ask for stamps does not look at them. */
      g_assert_true (sync_row_parse_text (fixture->row, texts[i], -1, NULL));
    }
}

static void
test_an_unknowable_edit_time_is_unknown (Fixture *fixture, gconstpointer data)
{
  const char text[] = "{\"edited_at\":\"infinity\",\"sync_version\":9}";
  SyncJsonReader reader;
  SyncStamps stamps;

  sync_json_reader_init (&reader, text, strlen (text));
  g_assert_true (sync_row_parse (fixture->row, &reader, &stamps, NULL, NULL));
  g_assert_cmpint (stamps.edited_at, ==, G_MININT64);
}

static void
test_refuses_malformed_rows (Fixture *fixture, gconstpointer data)
{
  const char *const texts[] = { "",
                                "null",
                                "[]",
                                "1",
                                "{",
                                "{\"id\":}",
                                "{\"id\":\"secret\",}",
                                "{} {}",
                                "{\"id\":\"secret\xff\"}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (sync_row_parse_text (fixture->row, texts[i], -1, &error));
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
      g_assert_null (strstr (error->message, "secret"));
    }
}

static void
test_odd_column_names_travel (void)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("odd", NULL, NULL);
  g_autoptr (SyncRow) row = NULL;
  g_autoptr (SyncRow) again = NULL;
  g_autofree char *text = NULL;

  sync_entity_add_column (entity, "a \"quoted\"\\ name\n", SYNC_CODEC_INTEGER, TRUE);
  sync_entity_add_column (entity, "größe", SYNC_CODEC_INTEGER, FALSE);
  row = sync_row_new (entity);
  again = sync_row_new (entity);
  g_assert_true (sync_row_set (row, 0, span ("1")));
  g_assert_true (sync_row_set (row, 1, span ("2")));
  text = sync_row_to_json (row);
  g_assert_cmpstr (text, ==, "{\"a \\\"quoted\\\"\\\\ name\\n\":1,\"größe\":2}");
  g_assert_true (sync_row_parse_text (again, text, strlen (text), NULL));
  g_assert_true (sync_row_equal (row, again));
}

static void
append_random_value (GString *out, guint column)
{
  char text[9] = { 0 };

  switch (column)
    {
    case INTEGER:
      g_string_append_printf (out, "%d", g_test_rand_int ());
      break;
    case REAL:
      sync_json_append_double (out, g_test_rand_double_range (-1e9, 1e9));
      break;
    case BOOLEAN:
      g_string_append (out, g_test_rand_bit () ? "true" : "false");
      break;
    default:
      for (guint i = 0; i < sizeof text - 1; i++)
        text[i] = g_test_rand_int_range (1, 128);
      sync_json_append_string (out, text, strlen (text));
    }
}

static void
test_random_rows_come_back (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autofree char *text = NULL;
      g_autofree char *again = NULL;

      sync_row_clear (fixture->row);
      for (guint column = ID; column <= TIME; column++)
        {
          g_autoptr (GString) value = g_string_new (NULL);

          append_random_value (value, column);
          if (g_test_rand_int_range (0, 5) > 0)
            g_assert_true (sync_row_set (fixture->row, column, span (value->str)));
        }
      text = sync_row_to_json (fixture->row);
      g_assert_true (sync_row_parse_text (fixture->other, text, -1, NULL));
      g_assert_true (sync_row_equal (fixture->row, fixture->other));
      again = sync_row_to_json (fixture->other);
      g_assert_cmpstr (again, ==, text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, function) g_test_add (path, Fixture, NULL, set_up, function, tear_down)
  ADD ("/row/values-take-their-normal-form", test_values_take_their_normal_form);
  ADD ("/row/refuses-what-no-cloud-holds", test_refuses_what_no_cloud_holds);
  ADD ("/row/values-replace-each-other", test_values_replace_each_other);
  ADD ("/row/copies-are-independent", test_copies_are_independent);
  ADD ("/row/equality-is-by-value", test_equality_is_by_value);
  ADD ("/row/reads-rows-stamps-and-unknown-names", test_reads_rows_stamps_and_unknown_names);
  ADD ("/row/a-refused-row-stops-no-other", test_a_refused_row_stops_no_other);
  ADD ("/row/a-row-too-deep-stops-no-other", test_a_row_too_deep_stops_no_other);
  ADD ("/row/refuses-wrong-stamps", test_refuses_wrong_stamps);
  ADD ("/row/an-unknowable-edit-time-is-unknown", test_an_unknowable_edit_time_is_unknown);
  ADD ("/row/refuses-malformed-rows", test_refuses_malformed_rows);
  g_test_add_func ("/row/odd-column-names-travel", test_odd_column_names_travel);
  ADD ("/row/random-rows-come-back", test_random_rows_come_back);
#undef ADD
  return g_test_run ();
}
