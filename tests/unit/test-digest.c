/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-digest.h"

/* What the key of a row that has these key columns, one by one given as codec and JSON, looks like. */
static char *
key_of (const char *json, guint n_keys, const SyncCodec *codecs)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("things", NULL, NULL);
  g_autoptr (SyncDigester) digester = NULL;
  g_autoptr (SyncRow) row = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < n_keys; i++)
    {
      char name[] = { (char) ('a' + i), '\0' };

      sync_entity_add_column (entity, name, codecs[i], TRUE);
    }
  row = sync_row_new (entity);
  sync_row_parse_text (row, json, -1, &error);
  g_assert_no_error (error);
  digester = sync_digester_new (entity);
  sync_digester_take (digester, row);
  return g_strdup (sync_digester_get_key (digester));
}

static void
assert_text (SyncCodec codec, const char *value, const char *expected)
{
  g_autofree char *json = g_strdup_printf ("{\"a\":%s}", value);
  g_autofree char *key = key_of (json, 1, &codec);

  g_assert_cmpstr (key, ==, expected);
}

/* All of these as PostgreSQL 15 answers `select x::text`. */
static void
test_values_as_the_cloud_writes_them (void)
{
  assert_text (SYNC_CODEC_TEXT, "\"a \\\"b\\\"\\n\"", "a \"b\"\n");
  assert_text (SYNC_CODEC_TEXT, "\"\"", "");
  assert_text (SYNC_CODEC_INTEGER, "-9223372036854775808", "-9223372036854775808");
  assert_text (SYNC_CODEC_BLOB, "\"\\\\x00FF\"", "\\x00ff");
  assert_text (SYNC_CODEC_BOOLEAN, "1", "true");
  assert_text (SYNC_CODEC_BOOLEAN, "false", "false");
  assert_text (SYNC_CODEC_TIMESTAMP, "\"2026-01-01T00:00:00.000Z\"", "2026-01-01 00:00:00+00");
  assert_text (SYNC_CODEC_TIMESTAMP, "\"2026-01-01T10:20:30.120Z\"", "2026-01-01 10:20:30.12+00");
  assert_text (SYNC_CODEC_TIMESTAMP, "\"2026-01-01 10:20:30.000001+02\"", "2026-01-01 08:20:30.000001+00");
  assert_text (SYNC_CODEC_TIMESTAMP, "\"0044-03-15\"", "0044-03-15 00:00:00+00");
  assert_text (SYNC_CODEC_TIMESTAMP, "\"infinity\"", "infinity");
}

static void
test_doubles_as_the_cloud_writes_them (void)
{
  static const struct
  {
    const char *value;
    const char *expected;
  } doubles[] = {
    { "0.0", "0" },
    { "1", "1" },
    { "-1.5", "-1.5" },
    { "0.1", "0.1" },
    { "0.0001", "0.0001" },
    { "0.00001", "1e-05" },
    { "1.5e-7", "1.5e-07" },
    { "100", "100" },
    { "123456789012345", "123456789012345" },
    { "1e14", "100000000000000" },
    { "1e15", "1e+15" },
    { "1234567890123456", "1.234567890123456e+15" },
    { "1e100", "1e+100" },
    { "1e23", "9.999999999999999e+22" },
    { "5e-324", "5e-324" },
    { "5.6843418860808015e-14", "5.684341886080802e-14" },
    { "1.7976931348623157e308", "1.7976931348623157e+308" },
    { "0.30000000000000004", "0.30000000000000004" },
    { "9007199254740993", "9.007199254740992e+15" },
    { "\"Infinity\"", "Infinity" },
    { "\"-Infinity\"", "-Infinity" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (doubles); i++)
    assert_text (SYNC_CODEC_REAL, doubles[i].value, doubles[i].expected);
}

static void
test_columns_are_separated (void)
{
  static const SyncCodec codecs[] = { SYNC_CODEC_TEXT, SYNC_CODEC_INTEGER };
  g_autofree char *key = key_of ("{\"a\":\"x\",\"b\":7}", 2, codecs);

  g_assert_cmpstr (key, ==, "x\0377");
}

/* As PostgreSQL answers: md5('a'), and ('x' || left(md5('a' || chr(31) || 5), 15))::bit(60)::bigint. */
static void
test_checksums_of_the_cloud (void)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("things", NULL, NULL);
  g_autoptr (SyncRow) row = NULL;
  g_autoptr (SyncDigester) digester = NULL;

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  row = sync_row_new (entity);
  g_assert_true (sync_row_set (row, 0, (SyncSpan) { "\"a\"", 3 }));
  digester = sync_digester_new (entity);
  sync_digester_take (digester, row);
  g_assert_cmpstr (sync_digester_get_place (digester), ==, "0cc175b9c0f1b6a831c399e269772661");
  g_assert_cmpuint (sync_digester_get_hash (digester, 5), ==, G_GUINT64_CONSTANT (418743881449582648));
  /* Asking does not change what was taken. */
  g_assert_cmpuint (sync_digester_get_hash (digester, 5), ==, G_GUINT64_CONSTANT (418743881449582648));
  g_assert_cmpuint (sync_digester_get_hash (digester, 6), !=, sync_digester_get_hash (digester, 5));
}

static void
test_a_table_folds_to_every_prefix (void)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("things", NULL, NULL);
  g_autoptr (SyncRow) row = NULL;
  g_autoptr (SyncDigester) digester = NULL;
  g_autofree SyncDigestTable *table = g_new0 (SyncDigestTable, 1);
  static const char *const prefixes[] = { "", "0", "f", "a3", "0c" };

  sync_entity_add_column (entity, "id", SYNC_CODEC_INTEGER, TRUE);
  row = sync_row_new (entity);
  digester = sync_digester_new (entity);
  for (guint p = 0; p < G_N_ELEMENTS (prefixes); p++)
    {
      SyncDigest expected = { 0 }, folded;

      memset (table, 0, sizeof *table);
      for (guint i = 0; i < 3000; i++)
        {
          g_autofree char *number = g_strdup_printf ("%u", i);

          sync_row_clear (row);
          g_assert_true (sync_row_set (row, 0, (SyncSpan) { number, strlen (number) }));
          sync_digester_take (digester, row);
          sync_digest_add (&expected, digester, prefixes[p], i + 1);
          sync_digest_table_add (table, digester, i + 1);
        }
      sync_digest_table_get (table, prefixes[p], &folded);
      g_assert_cmpmem (&folded, sizeof folded, &expected, sizeof expected);
    }
}

static void
test_prefixes (void)
{
  g_assert_true (sync_digest_is_prefix (""));
  g_assert_true (sync_digest_is_prefix ("0af"));
  g_assert_false (sync_digest_is_prefix ("A"));
  g_assert_false (sync_digest_is_prefix ("g"));
  g_assert_false (sync_digest_is_prefix ("0123456789abcdef0123456789abcdef"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/digest/values-as-the-cloud-writes-them", test_values_as_the_cloud_writes_them);
  g_test_add_func ("/digest/doubles-as-the-cloud-writes-them", test_doubles_as_the_cloud_writes_them);
  g_test_add_func ("/digest/columns-are-separated", test_columns_are_separated);
  g_test_add_func ("/digest/checksums-of-the-cloud", test_checksums_of_the_cloud);
  g_test_add_func ("/digest/a-table-folds-to-every-prefix", test_a_table_folds_to_every_prefix);
  g_test_add_func ("/digest/prefixes", test_prefixes);
  return g_test_run ();
}
