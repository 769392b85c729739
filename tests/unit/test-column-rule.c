/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-column-rule.h"

static const struct
{
  SyncColumnRule rule;
  SyncCodec codec;
  const char *base;
  const char *local;
  const char *remote;
  const char *expected; /* NULL: left to the edit times */
} cases[] = {
  /* Numbers, also those that doubles cannot tell apart. */
  { SYNC_RULE_MAX, SYNC_CODEC_INTEGER, "1", "9", "10", "10" },
  { SYNC_RULE_MIN, SYNC_CODEC_INTEGER, "1", "9", "10", "9" },
  { SYNC_RULE_MAX, SYNC_CODEC_INTEGER, "1", "-9", "-10", "-9" },
  { SYNC_RULE_MAX, SYNC_CODEC_INTEGER, "1", "9007199254740993", "9007199254740992",
    "9007199254740993" },
  { SYNC_RULE_MIN, SYNC_CODEC_INTEGER, "1", "9223372036854775807", "-9223372036854775808",
    "-9223372036854775808" },
  { SYNC_RULE_MAX, SYNC_CODEC_REAL, "1", "1.5", "1.25", "1.5" },
  { SYNC_RULE_MAX, SYNC_CODEC_REAL, "1", "2", "1e1", "10.0" },
  /* Texts by their characters, times by their instant. */
  { SYNC_RULE_MAX, SYNC_CODEC_TEXT, "\"\"", "\"a\"", "\"b\"", "\"b\"" },
  { SYNC_RULE_MIN, SYNC_CODEC_TEXT, "\"\"", "\"ab\"", "\"a\"", "\"a\"" },
  { SYNC_RULE_MAX, SYNC_CODEC_TIMESTAMP, "null", "\"2026-01-01T00:00:00.000Z\"",
    "\"2026-01-01T01:30:00+02:00\"", "\"2026-01-01T00:00:00.000Z\"" },
  { SYNC_RULE_MIN, SYNC_CODEC_TIMESTAMP, "null", "\"2026-01-01T00:00:00.120Z\"",
    "\"2026-01-01T00:00:00.119Z\"", "\"2026-01-01T00:00:00.119Z\"" },
  { SYNC_RULE_MAX, SYNC_CODEC_BOOLEAN, "null", "true", "false", "true" },
  { SYNC_RULE_MIN, SYNC_CODEC_BOOLEAN, "null", "true", "false", "false" },
  /* A value wins over none. */
  { SYNC_RULE_MAX, SYNC_CODEC_INTEGER, "1", "null", "-5", "-5" },
  { SYNC_RULE_MIN, SYNC_CODEC_INTEGER, "1", "5", "null", "5" },
  /* What cannot be compared. */
  { SYNC_RULE_MAX, SYNC_CODEC_TEXT, "1", "5", "\"5\"", NULL },
  { SYNC_RULE_MIN, SYNC_CODEC_JSON, "{}", "[1]", "{\"a\":1}", NULL },
  { SYNC_RULE_MAX, SYNC_CODEC_JSON, "1", "2", "true", NULL },
  { SYNC_RULE_MAX, SYNC_CODEC_JSON, "1", "1.0", "1e0", NULL },
  /* Arrays: what was added on either side is there, what was removed on either side is not. */
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1,2]", "[1,2,3]", "[1,2,4]", "[1,2,3,4]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1,2]", "[2]", "[1,2,4]", "[2,4]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1,2,3]", "[1,2]", "[2,3]", "[2]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1]", "[2]", "[2,3]", "[2,3]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[]", "[\"x\"]", "[\"y\",\"x\"]", "[\"x\",\"y\"]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[{\"a\":1,\"b\":2}]", "[{\"b\":2,\"a\":1},5]", "[]", "[5]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1]", "[1,1,2]", "[3]", "[2,3]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "null", "[1]", "[2]", "[1,2]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1,2]", "null", "[1,2,3]", "[3]" },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[1]", "[]", "[1,1]", "[]" },
  /* Arrays in a column of text. */
  { SYNC_RULE_UNION, SYNC_CODEC_TEXT, "\"[1]\"", "\"[1, \\\"a\\\"]\"", "\"[1,2]\"",
    "\"[1,\\\"a\\\",2]\"" },
  { SYNC_RULE_UNION, SYNC_CODEC_TEXT, "\"\"", "\"[1]\"", "\"no array\"", NULL },
  { SYNC_RULE_UNION, SYNC_CODEC_TEXT, "\"[]\"", "\"[1]\"", "\"[1\"", NULL },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "{}", "[1]", "[2]", NULL },
  { SYNC_RULE_UNION, SYNC_CODEC_JSON, "[]", "[1]", "7", NULL },
  /* The simple ones. */
  { SYNC_RULE_LOCAL, SYNC_CODEC_TEXT, "\"b\"", "\"l\"", "\"r\"", "\"l\"" },
  { SYNC_RULE_REMOTE, SYNC_CODEC_TEXT, "\"b\"", "\"l\"", "\"r\"", "\"r\"" },
  { SYNC_RULE_NEWEST, SYNC_CODEC_TEXT, "\"b\"", "\"l\"", "\"r\"", NULL },
};

static void
set (SyncRow *row, const char *json)
{
  SyncSpan value = { json, strlen (json) };

  g_assert_true (sync_row_set (row, 1, value));
}

static void
run_case (gsize i, const SyncRow *base, const SyncRow *local, const SyncRow *remote,
          SyncSide newest)
{
  g_autoptr (SyncRow) result = sync_row_new (local->entity);
  SyncDispute dispute = { .entity = local->entity, .base = base, .local = local, .remote = remote };
  SyncSide side = sync_column_rule_apply (cases[i].rule, &dispute, 1, newest, result);
  SyncSpan value;
  g_autofree char *text = NULL;

  if (side != SYNC_SIDE_VALUE)
    sync_row_copy_value (result, 1, side == SYNC_SIDE_LOCAL ? local : remote);
  if (cases[i].expected == NULL)
    {
      g_assert_cmpint (side, ==, newest);
      return;
    }
  value = sync_row_get (result, 1);
  text = g_strndup (value.text, value.length);
  if (g_strcmp0 (text, cases[i].expected) != 0)
    g_test_message ("case %" G_GSIZE_FORMAT ": %s and %s", i, cases[i].local, cases[i].remote);
  g_assert_cmpstr (text, ==, cases[i].expected);
}

static void
test_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SyncEntity) entity = sync_entity_new ("e", "e", "e");
      g_autoptr (SyncRow) base = NULL, local = NULL, remote = NULL;

      sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
      sync_entity_add_column (entity, "value", cases[i].codec, FALSE);
      base = sync_row_new (entity);
      local = sync_row_new (entity);
      remote = sync_row_new (entity);
      set (base, cases[i].base);
      set (local, cases[i].local);
      set (remote, cases[i].remote);
      run_case (i, base, local, remote, SYNC_SIDE_LOCAL);
      run_case (i, base, local, remote, SYNC_SIDE_REMOTE);
    }
}

static void
test_union_without_base (void)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("e", "e", "e");
  g_autoptr (SyncRow) local = NULL, remote = NULL, result = NULL;
  SyncDispute dispute = { 0 };

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "value", SYNC_CODEC_JSON, FALSE);
  local = sync_row_new (entity);
  remote = sync_row_new (entity);
  result = sync_row_new (entity);
  set (local, "[\"a\"]");
  set (remote, "[\"b\",\"a\"]");
  dispute.entity = entity;
  dispute.local = local;
  dispute.remote = remote;
  g_assert_cmpint (sync_column_rule_apply (SYNC_RULE_UNION, &dispute, 1, SYNC_SIDE_LOCAL, result),
                   ==, SYNC_SIDE_VALUE);
  g_assert_true (sync_span_is (sync_row_get (result, 1), "[\"a\",\"b\"]"));
}

static void
test_names (void)
{
  static const char *const names[] = { "newest", "local", "remote", "max", "min", "union" };
  SyncColumnRule rule;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_assert_true (sync_column_rule_from_string (names[i], &rule));
      g_assert_cmpint (rule, ==, i);
    }
  g_assert_false (sync_column_rule_from_string ("MAX", &rule));
  g_assert_false (sync_column_rule_from_string (NULL, &rule));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/column-rule/every-case", test_cases);
  g_test_add_func ("/column-rule/union-without-base-takes-both", test_union_without_base);
  g_test_add_func ("/column-rule/names", test_names);
  return g_test_run ();
}
