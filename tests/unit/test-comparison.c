/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "test-manager.h"

/* What somebody who decides a conflict is shown. */

typedef struct
{
  TestManager device;
  SyncConflicts *conflicts;
  GAsyncResult *result;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  fixture->conflicts = sync_conflicts_new (fixture->device.manager);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->result);
  test_manager_settle (&fixture->device);
  g_assert_finalize_object (fixture->conflicts);
  test_manager_tear_down (&fixture->device);
}

static SyncComparison *
try_compare (Fixture *fixture, gint64 number, GError **error)
{
  g_clear_object (&fixture->result);
  sync_conflicts_compare_async (fixture->conflicts, number, NULL, test_got_result, &fixture->result);
  test_store_wait (&fixture->result);
  return sync_conflicts_compare_finish (fixture->conflicts, fixture->result, error);
}

static char *
quote (const char *json)
{
  return json != NULL ? g_strdup_printf ("'%s'", json) : g_strdup ("NULL");
}

/* An open conflict of a project between these versions, each of which may be NULL. */
static SyncComparison *
compare (Fixture *fixture, const char *kind, const char *base, const char *local, const char *remote)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *base_value = quote (base), *local_value = quote (local), *remote_value = quote (remote);
  g_autofree char *sql = NULL;
  SyncComparison *comparison;

  sql = g_strdup_printf (
      "INSERT INTO psync_conflict (conflict, entity, id, kind, state, base, local, remote, local_time, "
      "remote_time, remote_device, created_at) VALUES (7, 'projects', '''p''', '%s', 'open', %s, %s, %s, "
      "2000, 1000, 'nobody', 0)",
      kind, base_value, local_value, remote_value);
  test_store_sql (fixture->device.store, sql);
  comparison = try_compare (fixture, 7, &error);
  g_assert_no_error (error);
  return comparison;
}

static const SyncComparedColumn *
find (const SyncComparison *comparison, const char *name)
{
  for (guint i = 0; i < comparison->columns->len; i++)
    {
      const SyncComparedColumn *column = g_ptr_array_index (comparison->columns, i);

      if (g_str_equal (column->name, name))
        return column;
    }
  g_assert_not_reached ();
}

#define BASE "{\"id\":\"p\",\"name\":\"n\",\"description\":\"d\",\"settings\":{\"a\":1},\"created_at\":null}"

static void
test_columns (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncComparison) comparison = compare (
      fixture, "edit-edit", BASE,
      "{\"id\":\"p\",\"name\":\"here\",\"description\":\"mine\",\"settings\":{\"a\":2},\"created_at\":null}",
      "{\"id\":\"p\",\"name\":\"there\",\"description\":\"d\",\"settings\":{\"a\":3},\"created_at\":\"2026-01-01T00:00:00Z\"}");
  const SyncComparedColumn *column;

  g_assert_cmpuint (comparison->columns->len, ==, 6);
  g_assert_cmpstr (comparison->suggested_by, ==, "projects");
  g_assert_nonnull (comparison->local_device);
  g_assert_null (comparison->remote_device);

  column = find (comparison, "id");
  g_assert_true (column->key);
  g_assert_cmpint (column->kind, ==, SYNC_COMPARED_SAME);
  column = find (comparison, "name");
  g_assert_cmpint (column->kind, ==, SYNC_COMPARED_DISPUTED);
  g_assert_cmpint (column->suggestion, ==, SYNC_SIDE_REMOTE);
  g_assert_cmpstr (column->base, ==, "\"n\"");
  g_assert_cmpstr (column->local, ==, "\"here\"");
  g_assert_cmpstr (column->remote, ==, "\"there\"");
  g_assert_cmpstr (column->suggested, ==, "\"there\"");
  column = find (comparison, "description");
  g_assert_cmpint (column->kind, ==, SYNC_COMPARED_LOCAL);
  column = find (comparison, "settings");
  g_assert_cmpint (column->kind, ==, SYNC_COMPARED_DISPUTED);
  g_assert_cmpint (column->suggestion, ==, SYNC_SIDE_LOCAL);
  column = find (comparison, "created_at");
  g_assert_cmpint (column->kind, ==, SYNC_COMPARED_REMOTE);
}

static void
reload (SyncStore *store)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_store_reload (store, &error));
  g_assert_no_error (error);
}

/* Where a person is to decide, what the entity started with is the suggestion. */
static void
test_manual (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncComparison) comparison = NULL;

  test_store_sql (fixture->device.store, "UPDATE psync_entity SET strategy = 'manual'");
  test_store_run (fixture->device.store, reload);
  comparison = compare (fixture, "edit-edit", BASE, "{\"id\":\"p\",\"settings\":{\"a\":2}}",
                        "{\"id\":\"p\",\"settings\":{\"a\":3}}");
  g_assert_cmpstr (comparison->suggested_by, ==, "projects");
  g_assert_cmpint (find (comparison, "settings")->suggestion, ==, SYNC_SIDE_LOCAL);
}

static void
test_deleted (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncComparison) comparison = compare (fixture, "edit-delete", BASE,
                                                   "{\"id\":\"p\",\"name\":\"here\"}", NULL);

  g_assert_cmpint (comparison->suggestion, ==, SYNC_SIDE_LOCAL);
  g_assert_cmpstr (find (comparison, "name")->local, ==, "\"here\"");
  g_assert_null (find (comparison, "name")->remote);
  g_assert_cmpint (find (comparison, "name")->kind, ==, SYNC_COMPARED_SAME);
}

static void
test_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (try_compare (fixture, 4711, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
expect_value (SyncCodec codec, const char *text, const char *expected)
{
  SyncComparedColumn column = { .name = (char *) "c", .codec = codec };
  g_autoptr (GError) error = NULL;
  g_autofree char *json = sync_compared_column_parse (&column, text, &error);

  g_assert_cmpstr (json, ==, expected);
  if (expected != NULL)
    g_assert_no_error (error);
  else
    {
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
      g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "c");
    }
}

static void
test_typed_values (void)
{
  expect_value (SYNC_CODEC_TEXT, "it is \"so\"", "\"it is \\\"so\\\"\"");
  expect_value (SYNC_CODEC_TEXT, "", "\"\"");
  expect_value (SYNC_CODEC_TEXT, "\xff", NULL);
  expect_value (SYNC_CODEC_ANY, "five", "\"five\"");
  expect_value (SYNC_CODEC_ANY, "5", "5");
  expect_value (SYNC_CODEC_ANY, "5.0", "5.0");
  expect_value (SYNC_CODEC_ANY, "true", "\"true\"");
  expect_value (SYNC_CODEC_INTEGER, " 42 ", "42");
  expect_value (SYNC_CODEC_INTEGER, "9007199254740993", "9007199254740993");
  expect_value (SYNC_CODEC_INTEGER, "4.5", NULL);
  expect_value (SYNC_CODEC_INTEGER, "many", NULL);
  expect_value (SYNC_CODEC_INTEGER, "", NULL);
  expect_value (SYNC_CODEC_REAL, "4.5", "4.5");
  expect_value (SYNC_CODEC_REAL, "true", NULL);
  expect_value (SYNC_CODEC_BOOLEAN, "true", "true");
  expect_value (SYNC_CODEC_BOOLEAN, "1", NULL);
  expect_value (SYNC_CODEC_TIMESTAMP, "2026-01-01T00:00:00Z", "\"2026-01-01T00:00:00Z\"");
  expect_value (SYNC_CODEC_TIMESTAMP, "yesterday", NULL);
  expect_value (SYNC_CODEC_JSON, "{\"a\": [1, 2]}", "{\"a\": [1, 2]}");
  expect_value (SYNC_CODEC_JSON, "{\"a\": ", NULL);
  expect_value (SYNC_CODEC_BLOB, "\\x00ff", "\"\\\\x00ff\"");
  expect_value (SYNC_CODEC_BLOB, "\\x00f", NULL);
  expect_value (SYNC_CODEC_BLOB, "00ff", NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

#define ADD(name, func) g_test_add ("/comparison/" name, Fixture, NULL, set_up, func, tear_down)
  ADD ("each-column-tells-who-changed-it", test_columns);
  ADD ("a-person-gets-the-suggestion-the-entity-started-with", test_manual);
  ADD ("a-deletion-is-decided-as-a-whole", test_deleted);
  ADD ("an-unknown-number", test_nothing);
#undef ADD
  g_test_add_func ("/comparison/what-a-person-types-becomes-a-value-or-is-refused", test_typed_values);
  return g_test_run ();
}
