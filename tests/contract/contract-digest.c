/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "sync-digest.h"
#include "test-provider.h"

#include <math.h>

/* The digest: the cloud and this program say the same of the same rows. */

static void
get_digest (Contract *contract, const SyncEntity *entity, const char *prefix, SyncDigest *digest)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (test_digest (contract->second, entity, prefix, digest, &error));
  g_assert_no_error (error);
}

static guint64
count (const SyncDigest *digest)
{
  guint64 n = 0;

  for (guint i = 0; i < SYNC_DIGEST_BUCKETS; i++)
    n += digest->buckets[i].n;
  return n;
}

/* Row by row, as the rows come. */
static void
assert_agrees (Contract *contract, const SyncEntity *entity, GPtrArray *rows, const char *prefix)
{
  g_autoptr (SyncDigester) digester = sync_digester_new (entity);
  SyncDigest there, here = { 0 };

  for (guint i = 0; i < rows->len; i++)
    {
      ContractRow *row = g_ptr_array_index (rows, i);

      if (row->deleted)
        continue;
      sync_digester_take (digester, row->row);
      sync_digest_add (&here, digester, prefix, row->version);
    }
  get_digest (contract, entity, prefix, &there);
  for (guint i = 0; i < SYNC_DIGEST_BUCKETS; i++)
    {
      if (here.buckets[i].n == there.buckets[i].n && here.buckets[i].hash == there.buckets[i].hash)
        continue;
      for (guint j = 0; j < rows->len; j++)
        {
          sync_digester_take (digester, ((ContractRow *) g_ptr_array_index (rows, j))->row);
          g_test_message ("%s %s", sync_digester_get_place (digester), sync_digester_get_key (digester));
        }
      g_error ("%s: bucket %s%x: %" G_GUINT64_FORMAT " rows, %" G_GUINT64_FORMAT " there",
               entity->name, prefix, i, here.buckets[i].n, there.buckets[i].n);
    }
}

static void
assert_agrees_down (Contract *contract, const SyncEntity *entity, guint n_rows)
{
  g_autoptr (GPtrArray) rows = contract_pull_all (contract->first, entity);
  g_autoptr (SyncDigester) digester = sync_digester_new (entity);

  g_assert_cmpuint (rows->len, ==, n_rows);
  assert_agrees (contract, entity, rows, "");
  sync_digester_take (digester, ((ContractRow *) g_ptr_array_index (rows, n_rows / 2))->row);
  for (guint length = 1; length < 4; length++)
    {
      g_autofree char *prefix = g_strndup (sync_digester_get_place (digester), length);

      assert_agrees (contract, entity, rows, prefix);
    }
}

/* @keys: JSON texts of one key column, none like another. */
static void
put_keys (Contract *contract, const SyncEntity *entity, const char *const *keys)
{
  g_autoptr (GString) rows = g_string_new ("[");
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) reply = NULL;

  for (guint i = 0; keys[i] != NULL; i++)
    g_string_append_printf (rows,
                            "%s{\"id\":%s,\"value\":\"%u\",\"base_version\":0,\"deleted_at\":null,"
                            "\"edited_at\":null,\"device_id\":\"d\",\"run_id\":\"r\"}",
                            i > 0 ? "," : "", keys[i], i);
  g_string_append_c (rows, ']');
  reply = test_push (contract->first, entity, rows->str, &error);
  g_assert_no_error (error);
}

static SyncEntity *
entity_with_key (const char *name, SyncCodec codec)
{
  SyncEntity *entity = sync_entity_new (name, NULL, NULL);

  sync_entity_add_column (entity, "id", codec, TRUE);
  sync_entity_add_column (entity, "value", SYNC_CODEC_TEXT, FALSE);
  return entity;
}

static void
an_empty_table_has_nothing (Contract *contract, gconstpointer data)
{
  SyncDigest digest;

  get_digest (contract, contract->notes, "", &digest);
  g_assert_cmpuint (count (&digest), ==, 0);
  for (guint i = 0; i < SYNC_DIGEST_BUCKETS; i++)
    g_assert_cmpuint (digest.buckets[i].hash, ==, 0);
}

static void
tombstones_do_not_count (Contract *contract, gconstpointer data)
{
  gint64 version = contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  SyncDigest before, after;

  contract_put (contract->first, contract->notes, "{'id':'b'}", 0);
  get_digest (contract, contract->notes, "", &before);
  g_assert_cmpuint (count (&before), ==, 2);
  contract_send (contract->first, contract->notes, "{'id':'a'}",
                 &(ContractStamps) { .base = version, .deleted = TRUE });
  get_digest (contract, contract->notes, "", &after);
  g_assert_cmpuint (count (&after), ==, 1);
}

static void
each_version_has_its_own (Contract *contract, gconstpointer data)
{
  gint64 version = contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  SyncDigest before, after;

  get_digest (contract, contract->notes, "", &before);
  contract_put (contract->first, contract->notes, "{'id':'a'}", version);
  get_digest (contract, contract->notes, "", &after);
  g_assert_cmpuint (count (&after), ==, 1);
  g_assert_cmpint (memcmp (&before, &after, sizeof before), !=, 0);
}

static void
other_tables_do_not_count (Contract *contract, gconstpointer data)
{
  SyncDigest digest;

  contract_put (contract->first, contract->numbers, "{'id':1}", 0);
  get_digest (contract, contract->notes, "", &digest);
  g_assert_cmpuint (count (&digest), ==, 0);
  get_digest (contract, contract->numbers, "", &digest);
  g_assert_cmpuint (count (&digest), ==, 1);
}

static void
texts_agree (Contract *contract, gconstpointer data)
{
  static const char *const keys[]
      = { "\"a\"",     "\"A\"",       "\"\"",          "\" \"",      "\"\\\"\\\\\\n\\t\"", "\"\\u001f\"",
          "\"Žofie\"", "\"日本 😀\"", "\"O'Brien\"", "\"\\\\x00\"", "\"12\"",            "\"null\"" };
  GString *batch = contract_batch_new ();

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      g_autoptr (SyncRow) row = sync_row_new (contract->notes);
      g_autofree char *json = g_strdup_printf ("{\"id\":%s}", keys[i]);
      g_autoptr (GError) error = NULL;

      sync_row_parse_text (row, json, -1, &error);
      g_assert_no_error (error);
      if (batch->len > 1)
        g_string_append_c (batch, ',');
      sync_row_append_json (row, batch);
      g_string_truncate (batch, batch->len - 1);
      g_string_append (batch, ",\"base_version\":0,\"deleted_at\":null,\"edited_at\":null,"
                              "\"device_id\":\"d\",\"run_id\":\"r\"}");
    }
  g_ptr_array_unref (contract_push (contract->first, contract->notes, batch));
  assert_agrees_down (contract, contract->notes, G_N_ELEMENTS (keys));
}

static void
composite_keys_agree (Contract *contract, gconstpointer data)
{
  contract_put (contract->first, contract->pairs, "{'area':'a','place':-1}", 0);
  contract_put (contract->first, contract->pairs, "{'area':'a','place':9223372036854775807}", 0);
  contract_put (contract->first, contract->pairs, "{'area':'','place':0}", 0);
  assert_agrees_down (contract, contract->pairs, 3);
}

static void
blobs_agree (Contract *contract, gconstpointer data)
{
  static const char *const keys[] = { "\"\\\\x\"", "\"\\\\x00\"", "\"\\\\xdeadbeef\"", NULL };

  put_keys (contract, contract->blobs, keys);
  assert_agrees_down (contract, contract->blobs, 3);
}

static void
times_agree (Contract *contract, gconstpointer data)
{
  static const char *const keys[] = { "\"2026-01-01T00:00:00.000Z\"", "\"2026-01-01T10:20:30.120Z\"",
                                      "\"2026-01-01T00:00:00.000001Z\"", "\"1969-12-31T23:59:59.999Z\"",
                                      "\"0001-01-01T00:00:00.000Z\"", "\"9999-12-31T23:59:59.100Z\"", NULL };
  g_autoptr (SyncEntity) times = entity_with_key ("contract_times", SYNC_CODEC_TIMESTAMP);

  put_keys (contract, times, keys);
  assert_agrees_down (contract, times, 6);
}

static void
booleans_agree (Contract *contract, gconstpointer data)
{
  static const char *const keys[] = { "false", "true", NULL };
  g_autoptr (SyncEntity) flags = entity_with_key ("contract_flags", SYNC_CODEC_BOOLEAN);

  put_keys (contract, flags, keys);
  assert_agrees_down (contract, flags, 2);
}

/* A double of any size: every pattern of bits is as likely. */
static double
random_double (void)
{
  union
  {
    guint64 bits;
    double number;
  } any;

  do
    any.bits = (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
  while (!isfinite (any.number));
  return any.number;
}

static void
doubles_agree (Contract *contract, gconstpointer data)
{
  static const double chosen[]
      = { 0,        1,      -1.5,    0.1,     1e14,    123456789012345, 1e15,    1e16,
          1e22,     1e23,   9e22,    1e-4,    1e-5,    1.5e-7,          5e-324,  2.5e-323,
          1e-310,   0x1p-1022, 0x1.fffffffffffffp1023, 0x1p-44, 0x1p53, 0x1p54, 0x1p60, 0x1p63,
          100,      1024,   0.3,     2. / 3,  1e100,   -1e-100, 9007199254740993., 8.41e21,
          2.0e-3,   4.35,   0x1p-1074, 0x1p-1073, 0x1p-24, 0x1p-149, 299792458, 6.02214076e23,
          /* Almost half way to the next one. */
          -1.10390887296462e-160, -4.743025214626366e+24, 7.000416421308066e-15, 1.378607737997e-186 };
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  g_autoptr (SyncEntity) reals = entity_with_key ("contract_reals", SYNC_CODEC_REAL);

  for (guint i = 0; i < 800; i++)
    {
      double number = i < G_N_ELEMENTS (chosen) ? chosen[i]
                      : i % 4 == 0              ? ldexp (1, (int) g_test_rand_int_range (-1074, 1024))
                      : i % 4 == 1              ? g_test_rand_int_range (-100000, 100000) / 1000.
                                                : random_double ();
      GString *json = g_string_new (NULL);

      sync_json_append_double (json, number);
      if (g_hash_table_contains (seen, json->str))
        {
          g_string_free (json, TRUE);
          continue;
        }
      g_hash_table_add (seen, json->str);
      g_ptr_array_add (keys, g_string_free (json, FALSE));
    }
  g_ptr_array_add (keys, NULL);
  put_keys (contract, reals, (const char *const *) keys->pdata);
  assert_agrees_down (contract, reals, keys->len - 1);
}

void
contract_add_digest_rules (void)
{
  contract_add ("digest/an-empty-table-has-nothing", an_empty_table_has_nothing);
  contract_add ("digest/tombstones-do-not-count", tombstones_do_not_count);
  contract_add ("digest/each-version-has-its-own", each_version_has_its_own);
  contract_add ("digest/other-tables-do-not-count", other_tables_do_not_count);
  contract_add ("digest/texts-agree", texts_agree);
  contract_add ("digest/composite-keys-agree", composite_keys_agree);
  contract_add ("digest/blobs-agree", blobs_agree);
  contract_add ("digest/times-agree", times_agree);
  contract_add ("digest/booleans-agree", booleans_agree);
  contract_add ("digest/doubles-agree", doubles_agree);
}
