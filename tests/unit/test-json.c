/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-json.h"

#include <json-glib/json-glib.h>
#include <math.h>

#define ROUNDS 3000

static SyncSpan
span (const char *text)
{
  return (SyncSpan) { text, strlen (text) };
}

static char *
minified (const char *text)
{
  GString *out = g_string_new (NULL);

  g_assert_true (sync_json_is_valid (text, strlen (text)));
  sync_json_append_minified (out, span (text));
  return g_string_free (out, FALSE);
}

static char *
canonical (const char *text)
{
  GString *out = g_string_new (NULL);

  g_assert_true (sync_json_is_valid (text, strlen (text)));
  sync_json_append_canonical (out, span (text));
  return g_string_free (out, FALSE);
}

static char *
quoted (const char *text, gsize length)
{
  GString *out = g_string_new (NULL);

  sync_json_append_string (out, text, length);
  return g_string_free (out, FALSE);
}

static char *
nested (guint depth)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < depth; i++)
    g_string_append (text, i % 2 == 0 ? "[" : "{\"a\":");
  g_string_append (text, "1");
  for (guint i = depth; i > 0; i--)
    g_string_append (text, (i - 1) % 2 == 0 ? "]" : "}");
  return g_string_free (text, FALSE);
}

/* Grammar */

static void
test_refuses_what_is_not_json (void)
{
  /* clang-format off */
  const char *const texts[] = {
    "", " ", "nul", "nulll", "NULL", "True", "undefined", "NaN", "Infinity", "-Infinity", "'a'",
    "a", "[", "]", "{", "}", "[}", "{]", "[1", "[1,", "[1,]", "[,1]", "[,]", "[1,,2]", "[1 2]",
    "[1]]", "[1] 2", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}", "{\"a\" 1}", "{a:1}", "{1:1}",
    "{\"a\":1 \"b\":2}", "{\"a\":1", "{\"a", "{\"a\":1}}", "{\"a\":1,\"b\"}", "{null:1}",
    "{'a':1}", "{\"a\"::1}", "1 2", "01", "-01", "-", "+1", ".5", "5.", "1.e2", "1e", "1e+",
    "1e+-2", "0x10", "1_000", "--1", "1.2.3", "00", "-a", "1a", "٣", "\"", "\"a", "\"\\\"",
    "\"\\x\"", "\"\\", "\"\\u\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\U0041\"", "\"\\'\"", "\"\\0\"",
    "\"a\nb\"", "\"a\tb\"", "\"\x01\"", "\"\x1f\"", "\"a\"b", "\"a\" \"b\"", "// comment\n1",
    "/* */ 1", "1 // comment", "#", "\xef\xbb\xbf" "1", "\v1", "\f1", "\xc2\xa0" "1", "\"\x80\"",
    "\"\xbf\"", "\"\xc0\x80\"", "\"\xc1\xbf\"", "\"\xc2\"", "\"\xc3\x28\"", "\"\xe0\x80\x80\"",
    "\"\xe0\x9f\xbf\"", "\"\xe2\x82\"", "\"\xe2\x28\xa1\"", "\"\xed\xa0\x80\"",
    "\"\xed\xbf\xbf\"", "\"\xf0\x80\x80\x80\"", "\"\xf0\x8f\xbf\xbf\"", "\"\xf4\x90\x80\x80\"",
    "\"\xf5\x80\x80\x80\"", "\"\xf8\x88\x80\x80\x80\"", "\"\xfe\"", "\"\xff\"",
    "\"\xf0\x9f\x98\"", "\"12345678\x01\"", "\"1234567\n90123456\"", "\"1234567\xff\"",
    "{\"\xff\":1}", "[\"a\",\"\x02\"]", "tru", "falsey", "[nul]",
  };
  /* clang-format on */

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      /* An exact copy, so that a sanitizer sees a byte read behind it. */
      gsize length = strlen (texts[i]);
      g_autofree char *copy = g_memdup2 (texts[i], length);
      SyncJsonReader reader;
      SyncSpan value;

      g_test_message ("number %u", i);
      g_assert_false (sync_json_is_valid (copy, length));
      sync_json_reader_init (&reader, copy, length);
      if (sync_json_read_value (&reader, &value))
        g_assert_false (sync_json_at_end (&reader));
      else
        g_assert_nonnull (reader.fault);
      g_assert_cmpuint (sync_json_offset (&reader), <=, length);
    }
  g_assert_false (sync_json_is_valid ("\"a\0b\"", 5));
  g_assert_false (sync_json_is_valid ("1\0", 2));
}

static void
test_accepts_what_is_json (void)
{
  /* clang-format off */
  const char *const texts[] = {
    "null", "true", "false", "0", "-0", "1", "-1", "10", "0.5", "-0.0", "1e5", "1E+5", "1.25e-10",
    "123456789012345678901234567890", "1e999999", "\"\"", "\"a\"",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "\"\\ud83d\"",
    "\"\\uDEAD\"", "\"\x7f\"", "\"\xc2\x80\"", "\"\xdf\xbf\"", "\"\xe0\xa0\x80\"",
    "\"\xed\x9f\xbf\"", "\"\xee\x80\x80\"", "\"\xef\xbf\xbf\"", "\"\xf0\x90\x80\x80\"",
    "\"\xf4\x8f\xbf\xbf\"", "[]", "[ ]", "{}", "{ }", "[1]", " [ 1 , 2 ] ", "{\"a\":1}",
    "{\"\":1}", "{\"a\":1,\"a\":2}", "\t\r\n [\t\r\n {\t\r\n \"a\"\t\r\n :\t\r\n 1 } ] \n",
    "[[[[]]]]", "[{\"a\":[{}]},[]]", "\"12345678\\n12345678é12345678\"",
  };
  /* clang-format on */

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gsize length = strlen (texts[i]);
      g_autofree char *copy = g_memdup2 (texts[i], length);

      g_test_message ("%s", texts[i]);
      g_assert_true (sync_json_is_valid (copy, length));
    }
}

static void
test_depth_is_bounded (void)
{
  g_autofree char *deepest = nested (SYNC_JSON_MAX_DEPTH);
  g_autofree char *too_deep = nested (SYNC_JSON_MAX_DEPTH + 1);
  g_autofree char *abyss = g_strnfill (1000000, '[');
  SyncJsonReader reader;
  SyncSpan value;

  g_assert_true (sync_json_is_valid (deepest, strlen (deepest)));
  g_assert_false (sync_json_is_valid (too_deep, strlen (too_deep)));
  g_assert_false (sync_json_is_valid (abyss, strlen (abyss)));

  /* Containers that the caller has entered count too. */
  sync_json_reader_init (&reader, too_deep, strlen (too_deep));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_false (sync_json_read_value (&reader, &value));
  g_assert_cmpstr (reader.fault, ==, "nested too deeply");
}

static char *
repeat (const char *opening, const char *inner, const char *closing, guint n)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < n; i++)
    g_string_append (text, opening);
  g_string_append (text, inner);
  for (guint i = 0; i < n; i++)
    g_string_append (text, closing);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* A value that is nested too deeply keeps nobody from reading on, but must be JSON all the same. */
static void
test_too_deep_is_skipped (void)
{
  static const struct
  {
    const char *opening, *inner, *closing;
    guint n;
    gboolean good, too_deep;
  } cases[] = {
    { "[", "", "]", 1, TRUE, FALSE },
    { "[", "", "]", SYNC_JSON_VALUE_DEPTH, TRUE, FALSE },
    { "[", "", "]", SYNC_JSON_VALUE_DEPTH + 1, TRUE, TRUE },
    { "[", "", "]", 90000, TRUE, TRUE },
    { "[", "", "]", 110000, FALSE, TRUE },
    { " { \"a]\" : [ {} , ", "\"]}\"", " , [ 1 ] ] , \"b\" : 5 } ", SYNC_JSON_VALUE_DEPTH / 2, TRUE, TRUE },
    { "{\"a\":[", "{}", ",2],\"b\":[{},[]]}", 100, TRUE, TRUE },
    { "{\"a\":[", "", "}]", 100, FALSE, TRUE },
    { "[", "[,]", "]", 100, FALSE, TRUE },
    { "[", "{1}", "]", 100, FALSE, TRUE },
    { "[", "1 2", "]", 100, FALSE, TRUE },
    { "[", "\"\\x\"", "]", 100, FALSE, TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *deep = repeat (cases[i].opening, cases[i].inner, cases[i].closing, cases[i].n);
      g_autofree char *whole = g_strdup_printf ("[%s,\"next\"]", deep);
      SyncJsonReader reader;
      SyncSpan value;
      gboolean too_deep;

      sync_json_reader_init (&reader, whole, strlen (whole));
      g_assert_true (sync_json_enter_array (&reader) && sync_json_next_element (&reader));
      g_assert_cmpint (sync_json_read_bounded (&reader, &value, &too_deep), ==, cases[i].good);
      g_assert_cmpint (too_deep, ==, cases[i].too_deep);
      g_assert_cmpint (sync_json_is_too_deep ((SyncSpan){ deep, strlen (deep) }), ==,
                       cases[i].good && cases[i].too_deep);
      if (!cases[i].good)
        continue;
      g_assert_true (sync_json_next_element (&reader) && sync_json_read_value (&reader, &value));
      g_assert_true (sync_span_is (value, "\"next\""));
      g_assert_false (sync_json_next_element (&reader));
      g_assert_true (sync_json_at_end (&reader));
    }
}

static void
test_every_prefix_is_refused (void)
{
  const char text[] = "[{\"id\":\"a\\u00e9é\",\"n\":[-1.5e+3,true,false,null]},{}]";

  for (gsize length = 0; length < sizeof text - 1; length++)
    {
      g_autofree char *copy = g_memdup2 (text, length);

      g_assert_false (sync_json_is_valid (copy, length));
    }
  g_assert_true (sync_json_is_valid (text, sizeof text - 1));
}

/* The reader's way of use */

static void
test_walks_nested_containers (void)
{
  const char text[]
      = " [ {\"id\":1, \"tags\":[ \"a\" , \"b\" ], \"x\":{\"deep\":[[]]}} , [ ] , {} , 7 ] ";
  g_autoptr (GString) seen = g_string_new (NULL);
  SyncJsonReader reader;
  SyncSpan name, value;

  sync_json_reader_init (&reader, text, strlen (text));
  g_assert_true (sync_json_enter_array (&reader));

  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_json_enter_object (&reader));
  while (sync_json_next_member (&reader, &name))
    if (sync_span_is (name, "tags"))
      {
        g_assert_true (sync_json_enter_array (&reader));
        while (sync_json_next_element (&reader))
          {
            g_assert_true (sync_json_read_value (&reader, &value));
            g_string_append_len (seen, value.text, value.length);
          }
      }
    else
      {
        g_assert_true (sync_json_read_value (&reader, &value));
        g_string_append_len (seen, value.text, value.length);
      }
  g_assert_cmpstr (seen->str, ==, "1\"a\"\"b\"{\"deep\":[[]]}");

  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_false (sync_json_next_element (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_json_enter_object (&reader));
  g_assert_false (sync_json_next_member (&reader, &name));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_json_read_value (&reader, &value));
  g_assert_true (sync_span_is (value, "7"));
  g_assert_false (sync_json_next_element (&reader));
  g_assert_null (reader.fault);
  g_assert_true (sync_json_at_end (&reader));
  g_assert_cmpuint (sync_json_offset (&reader), ==, strlen (text));
}

static void
test_faults_stick_and_say_where (void)
{
  const char text[] = "[1, 2, x, 3]";
  SyncJsonReader reader;
  SyncSpan name, value;

  sync_json_reader_init (&reader, text, strlen (text));
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader))
    sync_json_read_value (&reader, &value);
  g_assert_cmpstr (reader.fault, ==, "a value is missing");
  g_assert_cmpuint (sync_json_offset (&reader), ==, 7);
  g_assert_false (sync_json_next_element (&reader));
  g_assert_false (sync_json_next_member (&reader, &name));
  g_assert_false (sync_json_enter_array (&reader));
  g_assert_false (sync_json_enter_object (&reader));
  g_assert_false (sync_json_read_value (&reader, &value));
  g_assert_false (sync_json_at_end (&reader));
  g_assert_cmpuint (sync_json_offset (&reader), ==, 7);
}

static void
test_entering_something_else_is_a_fault (void)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, "{}", 2);
  g_assert_false (sync_json_enter_array (&reader));
  g_assert_cmpstr (reader.fault, ==, "not an array");
  sync_json_reader_init (&reader, "[]", 2);
  g_assert_false (sync_json_enter_object (&reader));
  g_assert_cmpstr (reader.fault, ==, "not an object");
  sync_json_reader_init (&reader, NULL, 0);
  g_assert_false (sync_json_enter_object (&reader));
}

static void
test_names_are_compared_decoded (void)
{
  const char text[] = "{\"\\u0069\\u0064\":1,\"plain\":2,\"nul\\u0000\":3}";
  SyncJsonReader reader;
  SyncSpan name, value;
  g_autofree char *decoded = NULL;

  sync_json_reader_init (&reader, text, strlen (text));
  sync_json_enter_object (&reader);
  g_assert_true (sync_json_next_member (&reader, &name));
  g_assert_true (sync_json_name_is (name, "id"));
  g_assert_false (sync_json_name_is (name, "plain"));
  decoded = sync_json_dup_name (name);
  g_assert_cmpstr (decoded, ==, "id");
  sync_json_read_value (&reader, &value);
  g_assert_true (sync_json_next_member (&reader, &name));
  g_assert_true (sync_json_name_is (name, "plain"));
  g_assert_false (sync_json_name_is (name, "plai"));
  sync_json_read_value (&reader, &value);
  g_assert_true (sync_json_next_member (&reader, &name));
  g_assert_false (sync_json_name_is (name, "nul"));
  g_assert_null (sync_json_dup_name (name));
}

static void
test_finds_the_last_member_of_a_name (void)
{
  SyncSpan value;

  g_assert_true (sync_json_get_member (span ("{\"a\":1,\"b\":{\"a\":2},\"a\":3}"), "a", &value));
  g_assert_true (sync_span_is (value, "3"));
  g_assert_true (sync_json_get_member (span ("{\"\\u0061\":[1]}"), "a", &value));
  g_assert_true (sync_span_is (value, "[1]"));
  g_assert_false (sync_json_get_member (span ("{\"b\":{\"a\":2}}"), "a", &value));
  g_assert_false (sync_json_get_member (span ("[\"a\"]"), "a", &value));
  g_assert_false (sync_json_get_member (span ("\"a\""), "a", &value));
}

static void
test_tells_types (void)
{
  const char *const texts[] = { "null", "false", "true", "-1", "\"\"", "[]", "{}" };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    g_assert_cmpint (sync_json_type (span (texts[i])), ==, SYNC_JSON_NULL + i);
}

/* Strings and numbers */

static void
test_decodes_strings (void)
{
  g_autofree char *plain = sync_json_dup_string (span ("\"a\x7f/\""));
  g_autofree char *all
      = sync_json_dup_string (span ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\uD83d\\uDE00x\""));

  g_assert_cmpstr (plain, ==, "a\x7f/");
  g_assert_cmpstr (all, ==, "\"\\/\b\f\n\r\té😀x");
}

static void
test_refuses_to_decode_what_no_cloud_holds (void)
{
  const char *const texts[] = {
    "\"\\u0000\"",
    "\"abc\\u0000\"",
    "\"\\ud800\"",
    "\"\\udfff\"",
    "\"\\ud83dx\"",
    "\"\\ud83d\\n\"",
    "\"\\ud83d\\u0041\"",
    "\"\\ud83d\\ud83d\"",
    "\"\\ude00\\ud83d\"",
    "\"x\\ud83d\\ude00\\ude00\"",
    "1",
    "null",
    "[]",
  };
  g_autoptr (GString) out = g_string_new ("before");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_test_message ("%s", texts[i]);
      g_assert_true (sync_json_is_valid (texts[i], strlen (texts[i])));
      g_assert_false (sync_json_decode_string (span (texts[i]), out));
      g_assert_cmpstr (out->str, ==, "before");
      g_assert_null (sync_json_dup_string (span (texts[i])));
    }
}

static void
test_escapes_as_little_as_postgresql (void)
{
  g_autofree char *all
      = quoted ("\"\\/\b\f\n\r\t\x01\x1f\x7fé😀", strlen ("\"\\/\b\f\n\r\t\x01\x1f\x7fé😀"));
  g_autofree char *empty = quoted ("", 0);
  g_autofree char *nul = quoted ("a\0b", 3);

  g_assert_cmpstr (all, ==, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7fé😀\"");
  g_assert_cmpstr (empty, ==, "\"\"");
  g_assert_cmpstr (nul, ==, "\"a\\u0000b\"");
}

static char *
random_text (guint longest)
{
  GString *text = g_string_new (NULL);
  guint length = g_test_rand_int_range (0, longest);

  while (text->len < length)
    switch (g_test_rand_int_range (0, 6))
      {
      case 0:
        /* Without U+001F, which json-glib forgets to escape. */
        g_string_append_unichar (text, g_test_rand_int_range (1, 0x1f));
        break;
      case 1:
        g_string_append_unichar (text, g_test_rand_int_range (0x80, 0xd800));
        break;
      case 2:
        g_string_append_unichar (text, g_test_rand_int_range (0xe000, 0x110000));
        break;
      case 3:
        g_string_append_c (text, "\"\\/"[g_test_rand_int_range (0, 3)]);
        break;
      default:
        for (guint n = g_test_rand_int_range (1, 20); n > 0; n--)
          g_string_append_c (text, g_test_rand_int_range (0x20, 0x80));
      }
  return g_string_free (text, FALSE);
}

static void
test_random_strings_come_back (void)
{
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autofree char *text = random_text (80);
      g_autofree char *json = quoted (text, strlen (text));
      g_autofree char *again = NULL;
      g_autoptr (JsonNode) node = NULL;

      g_assert_true (sync_json_is_valid (json, strlen (json)));
      again = sync_json_dup_string (span (json));
      g_assert_cmpstr (again, ==, text);
      node = json_from_string (json, NULL);
      g_assert_nonnull (node);
      g_assert_cmpstr (json_node_get_string (node), ==, text);
    }
}

static void
test_random_bytes_agree_with_glib_on_utf8 (void)
{
  guint valid = 0;

  for (guint i = 0; i < 20 * ROUNDS; i++)
    {
      char text[14];
      guint length = g_test_rand_int_range (1, sizeof text - 1);
      gboolean expected;

      /* Bytes near the borders of what is allowed. */
      for (guint j = 1; j < length; j++)
        text[j]
            = "ab\x80\x8f\x90\x9f\xa0\xbf\xc1\xc2\xdf\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5"
                [g_test_rand_int_range (0, 22)];
      text[0] = text[length] = '"';
      expected = g_utf8_validate_len (text, length + 1, NULL);
      valid += expected;
      g_assert_cmpint (sync_json_is_valid (text, length + 1), ==, expected);
    }
  g_assert_cmpuint (valid, >, ROUNDS / 10);
}

static void
test_reads_integers_exactly (void)
{
  const char *const wrong[]
      = { "9223372036854775808",     "-9223372036854775809", "1.0",   "1e3",  "-1E3",
          "99999999999999999999999", "18446744073709551616", "\"1\"", "null", "[1]" };
  gint64 number = 0;

  g_assert_true (sync_json_to_int64 (span ("9223372036854775807"), &number));
  g_assert_cmpint (number, ==, G_MAXINT64);
  g_assert_true (sync_json_to_int64 (span ("-9223372036854775808"), &number));
  g_assert_cmpint (number, ==, G_MININT64);
  g_assert_true (sync_json_to_int64 (span ("-0"), &number));
  g_assert_cmpint (number, ==, 0);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (sync_json_to_int64 (span (wrong[i]), &number));
  for (guint i = 0; i < ROUNDS; i++)
    {
      gint64 expected
          = (gint64) ((guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ())
            >> g_test_rand_int_range (0, 63);
      g_autofree char *text = g_strdup_printf ("%" G_GINT64_FORMAT, expected);

      g_assert_true (sync_json_to_int64 (span (text), &number));
      g_assert_cmpint (number, ==, expected);
    }
}

static void
assert_double_writes (double number, const char *expected)
{
  g_autoptr (GString) out = g_string_new (NULL);

  sync_json_append_double (out, number);
  g_assert_cmpstr (out->str, ==, expected);
}

static void
test_writes_doubles_short_and_as_reals (void)
{
  assert_double_writes (0.0, "0.0");
  assert_double_writes (-0.0, "0.0");
  assert_double_writes (1, "1.0");
  assert_double_writes (-17, "-17.0");
  assert_double_writes (0.1, "0.1");
  assert_double_writes (0.1 + 0.2, "0.30000000000000004");
  assert_double_writes (1.0 / 3, "0.3333333333333333");
  assert_double_writes (100000, "100000.0");
  assert_double_writes (1e22, "1e+22");
  assert_double_writes (5e-324, "4.94065645841247e-324");
  assert_double_writes (G_MAXDOUBLE, "1.7976931348623157e+308");
  assert_double_writes (HUGE_VAL, "\"Infinity\"");
  assert_double_writes (-HUGE_VAL, "\"-Infinity\"");
  assert_double_writes (NAN, "null");
}

static void
test_random_doubles_come_back (void)
{
  for (guint i = 0; i < 10 * ROUNDS; i++)
    {
      g_autoptr (GString) out = g_string_new (NULL);
      guint64 bits = (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
      double number, again;

      memcpy (&number, &bits, sizeof number);
      if (i % 4 == 0)
        number = g_test_rand_int_range (-100000, 100000) / 100.0;
      if (isnan (number))
        continue;
      sync_json_append_double (out, number);
      g_assert_true (sync_json_is_valid (out->str, out->len));
      g_assert_true (sync_json_to_double (span (out->str), &again));
      g_assert_true (number == again);
      g_assert_nonnull (strpbrk (out->str, ".eI"));
    }
}

static void
test_reads_doubles_of_any_length (void)
{
  g_autofree char *zeros = g_strnfill (500, '0');
  g_autofree char *tiny = g_strdup_printf ("0.%s1", zeros);
  g_autofree char *huge = g_strdup_printf ("-1%s", zeros);
  g_autofree char *one = g_strdup_printf ("1.%s", zeros);
  double number;

  g_assert_true (sync_json_to_double (span (tiny), &number));
  g_assert_cmpfloat (number, ==, 0.0);
  g_assert_true (sync_json_to_double (span (huge), &number));
  g_assert_cmpfloat (number, ==, -HUGE_VAL);
  g_assert_true (sync_json_to_double (span (one), &number));
  g_assert_cmpfloat (number, ==, 1.0);
  g_assert_false (sync_json_to_double (span ("\"1\""), &number));
  g_assert_false (sync_json_to_double (span ("\"NaN\""), &number));
  g_assert_false (sync_json_to_double (span ("true"), &number));
}

/* Minified and canonical forms */

static void
test_minifies_without_touching_order_and_numbers (void)
{
  const struct
  {
    const char *text;
    const char *expected;
  } cases[] = {
    { "1", "1" },
    { "1.50e+02", "1.50e+02" },
    { "[ 1 , 2 ]", "[1,2]" },
    { "{ \"b\" : 1 ,\n\t\"a\" : [ ] , \"b\" : { } }", "{\"b\":1,\"a\":[],\"b\":{}}" },
    { "\" a  b \"", "\" a  b \"" },
    { "\"\\/\\u0041\\u00e9\\u000a\\u001F\\u0022\\u005c\\ud83d\\ude00\"",
      "\"/Aé\\n\\u001f\\\"\\\\😀\"" },
    { "{\"\\u0061\" : \"\\\\\" , \"\\\"\" : [\"]\"] }", "{\"a\":\"\\\\\",\"\\\"\":[\"]\"]}" },
    { "\"\\uD83D\"", "\"\\ud83d\"" },
    { "\"\\u0000\"", "\"\\u0000\"" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = minified (cases[i].text);
      g_autofree char *again = minified (text);

      g_assert_cmpstr (text, ==, cases[i].expected);
      g_assert_cmpstr (again, ==, text);
    }
}

static void
test_minify_reports_what_no_cloud_holds (void)
{
  g_autoptr (GString) out = g_string_new (NULL);

  g_assert_true (
      sync_json_append_minified (out, span ("[\"\\ud83d\\ude00\",{\"a\":\"\\u0001\"}]")));
  g_assert_false (sync_json_append_minified (out, span ("[1,{\"a\":\"x\\u0000\"},\"b\"]")));
  g_assert_false (sync_json_append_minified (out, span ("{\"\\udead\":1}")));
}

static void
assert_equal (const char *a, const char *b, gboolean equal)
{
  g_autofree char *left = canonical (a);
  g_autofree char *right = canonical (b);

  g_test_message ("%s, %s", a, b);
  g_assert_cmpint (sync_json_equal (span (a), span (b)), ==, equal);
  g_assert_cmpint (sync_json_equal (span (b), span (a)), ==, equal);
  g_assert_cmpint (g_str_equal (left, right), ==, equal);
  g_assert_true (sync_json_is_valid (left, strlen (left)));
  g_assert_true (sync_json_equal (span (a), span (left)));
}

static void
test_equality_is_by_structure (void)
{
  assert_equal ("{\"a\":1,\"b\":2}", "{ \"b\" : 2 , \"a\" : 1 }", TRUE);
  assert_equal ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}", TRUE);
  assert_equal ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":1,\"b\":2}", FALSE);
  assert_equal ("{\"\\u0061\":1}", "{\"a\":1}", TRUE);
  assert_equal ("{\"a\":1,\"aa\":2}", "{\"aa\":2,\"a\":1}", TRUE);
  assert_equal ("{\"a\":{\"c\":[],\"b\":{}}}", "{\"a\":{\"b\":{},\"c\":[]}}", TRUE);
  assert_equal ("{\"a\":1}", "{\"b\":1}", FALSE);
  assert_equal ("{\"a\":null}", "{}", FALSE);
  assert_equal ("[1,2]", "[2,1]", FALSE);
  assert_equal ("[]", "{}", FALSE);
  assert_equal ("[[]]", "[]", FALSE);
  assert_equal ("\"1\"", "1", FALSE);
  assert_equal ("\"a\\/b\"", "\"a/b\"", TRUE);
  assert_equal ("\"a\"", "\"A\"", FALSE);
  assert_equal ("null", "false", FALSE);
  assert_equal ("true", "false", FALSE);
  assert_equal ("0", "false", FALSE);
}

static void
test_numbers_are_equal_as_decimals (void)
{
  assert_equal ("1", "1.0", TRUE);
  assert_equal ("1", "10e-1", TRUE);
  assert_equal ("1", "0.001E+3", TRUE);
  assert_equal ("100", "1e2", TRUE);
  assert_equal ("100", "1e002", TRUE);
  assert_equal ("0", "-0.0e5", TRUE);
  assert_equal ("0", "0e99999999999999999999999999", TRUE);
  assert_equal ("-1.50", "-15e-1", TRUE);
  assert_equal ("-1", "1", FALSE);
  assert_equal ("1e1", "1e-1", FALSE);
  assert_equal ("9007199254740993", "9007199254740992", FALSE);
  assert_equal ("9007199254740993", "9007199254740993.000", TRUE);
  assert_equal ("0.1", "0.1000000000000000055511151231257827", FALSE);
  assert_equal ("123456789012345678901234567890", "12345678901234567890123456789e1", TRUE);
  assert_equal ("1e400", "1e401", FALSE);
  assert_equal ("1e400", "10e399", TRUE);
  assert_equal ("1e99999999999999999999999999", "1e99999999999999999999999999", TRUE);
  assert_equal ("1e99999999999999999999999999", "1e99999999999999999999999998", FALSE);
}

/* Against json-glib */

static JsonNode *random_node (guint depth);

static JsonNode *
random_scalar (void)
{
  JsonNode *node = json_node_alloc ();
  g_autofree char *text = NULL;

  switch (g_test_rand_int_range (0, 5))
    {
    case 0:
      return json_node_init_null (node);
    case 1:
      return json_node_init_boolean (node, g_test_rand_bit ());
    case 2:
      return json_node_init_int (node, g_test_rand_int ());
    case 3:
      return json_node_init_double (node, g_test_rand_double_range (-1e6, 1e6));
    default:
      text = random_text (30);
      return json_node_init_string (node, text);
    }
}

static JsonNode *
random_object (guint depth)
{
  g_autoptr (JsonObject) object = json_object_new ();

  for (guint i = g_test_rand_int_range (0, 6); i > 0; i--)
    {
      g_autofree char *name = random_text (10);

      json_object_set_member (object, name, random_node (depth - 1));
    }
  return json_node_init_object (json_node_alloc (), object);
}

static JsonNode *
random_array (guint depth)
{
  g_autoptr (JsonArray) array = json_array_new ();

  for (guint i = g_test_rand_int_range (0, 6); i > 0; i--)
    json_array_add_element (array, random_node (depth - 1));
  return json_node_init_array (json_node_alloc (), array);
}

static JsonNode *
random_node (guint depth)
{
  if (depth == 0 || g_test_rand_int_range (0, 4) == 0)
    return random_scalar ();
  return g_test_rand_bit () ? random_object (depth) : random_array (depth);
}

/* The same value, the members of its objects the other way round. */
static JsonNode *
turned_round (JsonNode *node)
{
  JsonObject *object;
  g_autoptr (JsonObject) copy = NULL;
  g_autoptr (GList) names = NULL;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return json_node_copy (node);
  object = json_node_get_object (node);
  copy = json_object_new ();
  names = g_list_reverse (json_object_get_members (object));
  for (GList *name = names; name != NULL; name = name->next)
    json_object_set_member (copy, name->data,
                            turned_round (json_object_get_member (object, name->data)));
  return json_node_init_object (json_node_alloc (), copy);
}

static void
test_random_values_agree_with_json_glib (void)
{
  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (JsonNode) node = random_node (5);
      g_autoptr (JsonNode) turned = turned_round (node);
      g_autoptr (JsonNode) other = random_node (5);
      g_autofree char *pretty = json_to_string (node, TRUE);
      g_autofree char *turned_text = json_to_string (turned, FALSE);
      g_autofree char *other_text = json_to_string (other, FALSE);
      g_autofree char *small = minified (pretty);
      g_autofree char *form = canonical (pretty);
      g_autoptr (JsonNode) from_small = json_from_string (small, NULL);

      g_assert_true (json_node_equal (node, from_small));
      g_assert_true (sync_json_is_valid (form, strlen (form)));
      g_assert_true (sync_json_equal (span (pretty), span (small)));
      g_assert_true (sync_json_equal (span (pretty), span (form)));
      g_assert_true (sync_json_equal (span (pretty), span (turned_text)));
      g_assert_cmpint (sync_json_equal (span (pretty), span (other_text)), ==,
                       json_node_equal (node, other));
    }
}

static void
test_damaged_values_are_never_accepted_alone (void)
{
  guint refused = 0;

  for (guint i = 0; i < ROUNDS; i++)
    {
      g_autoptr (JsonNode) node = random_node (4);
      g_autofree char *text = json_to_string (node, FALSE);
      gsize length = strlen (text);
      g_autoptr (JsonNode) parsed = NULL;
      SyncJsonReader reader;
      SyncSpan value;

      text[g_test_rand_int_range (0, length)]
          = "{}[],:\"\\ 0-.etn\x80\xff\x01"[g_test_rand_int_range (0, 18)];
      sync_json_reader_init (&reader, text, length);
      if (!sync_json_read_value (&reader, &value) || !sync_json_at_end (&reader))
        {
          refused++;
          continue;
        }
      g_assert_true (g_utf8_validate (text, length, NULL));
      parsed = json_from_string (text, NULL);
      g_assert_nonnull (parsed);
    }
  g_assert_cmpuint (refused, >, ROUNDS / 4);
}

static void
test_integers_are_written_whole (void)
{
  static const struct
  {
    gint64 number;
    const char *text;
  } cases[] = {
    { 0, "0" }, { -1, "-1" }, { 10, "10" }, { G_MAXINT64, "9223372036854775807" }, { G_MININT64, "-9223372036854775808" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GString) out = g_string_new ("[");

      sync_json_append_int64 (out, cases[i].number);
      g_assert_cmpstr (out->str + 1, ==, cases[i].text);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/json/refuses-what-is-not-json", test_refuses_what_is_not_json);
  g_test_add_func ("/json/accepts-what-is-json", test_accepts_what_is_json);
  g_test_add_func ("/json/depth-is-bounded", test_depth_is_bounded);
  g_test_add_func ("/json/too-deep-is-skipped", test_too_deep_is_skipped);
  g_test_add_func ("/json/every-prefix-is-refused", test_every_prefix_is_refused);
  g_test_add_func ("/json/walks-nested-containers", test_walks_nested_containers);
  g_test_add_func ("/json/faults-stick-and-say-where", test_faults_stick_and_say_where);
  g_test_add_func ("/json/entering-something-else-is-a-fault",
                   test_entering_something_else_is_a_fault);
  g_test_add_func ("/json/names-are-compared-decoded", test_names_are_compared_decoded);
  g_test_add_func ("/json/finds-the-last-member-of-a-name", test_finds_the_last_member_of_a_name);
  g_test_add_func ("/json/tells-types", test_tells_types);
  g_test_add_func ("/json/decodes-strings", test_decodes_strings);
  g_test_add_func ("/json/refuses-to-decode-what-no-cloud-holds",
                   test_refuses_to_decode_what_no_cloud_holds);
  g_test_add_func ("/json/escapes-as-little-as-postgresql", test_escapes_as_little_as_postgresql);
  g_test_add_func ("/json/random-strings-come-back", test_random_strings_come_back);
  g_test_add_func ("/json/random-bytes-agree-with-glib-on-utf8",
                   test_random_bytes_agree_with_glib_on_utf8);
  g_test_add_func ("/json/reads-integers-exactly", test_reads_integers_exactly);
  g_test_add_func ("/json/writes-doubles-short-and-as-reals",
                   test_writes_doubles_short_and_as_reals);
  g_test_add_func ("/json/random-doubles-come-back", test_random_doubles_come_back);
  g_test_add_func ("/json/reads-doubles-of-any-length", test_reads_doubles_of_any_length);
  g_test_add_func ("/json/minifies-without-touching-order-and-numbers",
                   test_minifies_without_touching_order_and_numbers);
  g_test_add_func ("/json/minify-reports-what-no-cloud-holds",
                   test_minify_reports_what_no_cloud_holds);
  g_test_add_func ("/json/equality-is-by-structure", test_equality_is_by_structure);
  g_test_add_func ("/json/numbers-are-equal-as-decimals", test_numbers_are_equal_as_decimals);
  g_test_add_func ("/json/random-values-agree-with-json-glib",
                   test_random_values_agree_with_json_glib);
  g_test_add_func ("/json/damaged-values-are-never-accepted-alone",
                   test_damaged_values_are_never_accepted_alone);
  g_test_add_func ("/json/integers-are-written-whole", test_integers_are_written_whole);
  return g_test_run ();
}
