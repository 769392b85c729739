/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-store.h"
#include "sync-recovery.h"
#include "test-store.h"

static GPtrArray *
list (SyncStore *store, const char *state, guint offset, guint limit)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *changes = sync_store_list_changes (store, state, offset, limit, &error);

  g_assert_no_error (error);
  return changes;
}

static const SyncChange *
find (GPtrArray *changes, const char *id)
{
  for (guint i = 0; i < changes->len; i++)
    {
      const SyncChange *change = g_ptr_array_index (changes, i);

      if (g_str_equal (change->id, id))
        return change;
    }
  g_assert_not_reached ();
}

static void
test_operation_is_derived (SyncStore *store)
{
  g_autoptr (GPtrArray) changes = NULL;

  test_store_sql (
      store, "INSERT INTO projects (id, name) VALUES ('new', 'a'), ('known', 'a'), ('back', 'a');"
             "INSERT INTO projects (id) VALUES ('gone'); DELETE FROM projects WHERE id = 'gone';"
             "INSERT INTO psync_row VALUES ('projects', '''known''', 5, '{}'), "
             "('projects', '''back''', 6, NULL), ('projects', '''gone''', 7, '{}')");
  changes = list (store, NULL, 0, 0);
  g_assert_cmpuint (changes->len, ==, 4);
  g_assert_cmpstr (find (changes, "'new'")->operation, ==, "insert");
  g_assert_cmpstr (find (changes, "'known'")->operation, ==, "update");
  g_assert_cmpstr (find (changes, "'back'")->operation, ==, "insert");
  g_assert_cmpstr (find (changes, "'gone'")->operation, ==, "delete");
}

/* Such a row cannot be sent, but it is there, until it is deleted. */
static void
test_keys_that_cannot_be_sent (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) changes = NULL, later = NULL;

  test_store_sql (store, "CREATE TABLE t (k TEXT PRIMARY KEY)");
  g_assert_true (sync_store_attach (store, "t", &error));
  g_assert_no_error (error);
  test_store_sql (store, "INSERT INTO t VALUES (NULL), ('cut' || char (0) || 'x')");
  changes = list (store, NULL, 0, 0);
  g_assert_cmpuint (changes->len, ==, 2);
  g_assert_cmpstr (find (changes, "NULL")->operation, ==, "insert");
  g_assert_cmpstr (find (changes, "'cut'")->operation, ==, "insert");
  test_store_sql (store, "DELETE FROM t");
  later = list (store, NULL, 0, 0);
  g_assert_cmpstr (find (later, "NULL")->operation, ==, "delete");
  g_assert_cmpstr (find (later, "'cut'")->operation, ==, "delete");
}

/* What is new here may have been sent by another copy; what is known is known. */
static void
test_thousands_are_doubted (SyncStore *store)
{
  g_autoptr (GError) error = NULL;

  test_store_sql (store, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12000) "
                         "INSERT INTO projects (id) SELECT 'p' || i FROM n;"
                         "INSERT INTO notifications (id) VALUES ('n'); INSERT INTO user_settings (id) VALUES ('s');"
                         "INSERT INTO psync_row VALUES ('projects', '''p7000''', 5, '{}'), "
                         "('projects', '''p7001''', 5, NULL)");
  g_assert_true (sync_store_doubt_changes (store, &error));
  g_assert_no_error (error);
  test_assert_query (store, "SELECT id FROM psync_change WHERE maybe_sent = 0", "'p7000'\n");
  test_assert_query (store, "SELECT count(*) FROM psync_change WHERE maybe_sent = 1", "12001\n");
}

static void
test_change_is_read_whole (SyncStore *store)
{
  g_autoptr (GPtrArray) changes = NULL;
  const SyncChange *change;

  test_store_sql (store, "INSERT INTO psync_change (entity, id, seq, changed_at, state, attempts, "
                         "next_attempt_at, error) VALUES ('projects', '''p''', 4, "
                         "'2026-01-01T00:00:00.250Z', 'refused', 2, 77, "
                         "'{\"code\":\"row-refused\",\"reason\":\"23514\",\"column\":\"name\"}'),"
                         "('projects', '''q''', 1, NULL, 'pending', 0, NULL, NULL)");
  changes = list (store, NULL, 0, 0);
  change = find (changes, "'p'");
  g_assert_cmpstr (change->entity, ==, "projects");
  g_assert_cmpstr (change->state, ==, "refused");
  g_assert_cmpint (change->seq, ==, 4);
  g_assert_cmpint (change->changed_at, ==, TEST_NOW + 250000);
  g_assert_cmpuint (change->attempts, ==, 2);
  g_assert_cmpint (change->next_attempt_at, ==, 77);
  g_assert_cmpstr (change->error_code, ==, "row-refused");
  g_assert_cmpstr (change->reason, ==, "23514");
  g_assert_cmpstr (change->column, ==, "name");
  change = find (changes, "'q'");
  g_assert_cmpint (change->changed_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_cmpint (change->next_attempt_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_null (change->error_code);
}

/* Ten rows of each state, named so that they mix in order. */
static void
add_thirty (SyncStore *store)
{
  test_store_sql (store,
                  "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 29) "
                  "INSERT INTO psync_change (entity, id, changed_at, state, attempts, "
                  "next_attempt_at, error) "
                  "SELECT 'projects', format ('''p%02d''', i), "
                  "format ('2026-01-01T00:00:%02d.000Z', i), "
                  "CASE i % 3 WHEN 0 THEN 'pending' WHEN 1 THEN 'refused' ELSE 'failed' END, "
                  "i, 9, '{\"code\":\"failed\"}' FROM n");
}

static void
test_list_is_filtered_and_paged (SyncStore *store)
{
  g_autoptr (GPtrArray) all = NULL, refused = NULL, page = NULL, end = NULL;

  add_thirty (store);
  all = list (store, NULL, 0, 0);
  refused = list (store, "refused", 0, 0);
  page = list (store, NULL, 10, 5);
  end = list (store, "failed", 8, 5);
  g_assert_cmpuint (all->len, ==, 30);
  g_assert_cmpuint (refused->len, ==, 10);
  g_assert_cmpuint (page->len, ==, 5);
  g_assert_cmpstr (((SyncChange *) g_ptr_array_index (page, 0))->id, ==, "'p10'");
  g_assert_cmpuint (end->len, ==, 2);
}

static void
test_stats_count_everything (SyncStore *store)
{
  SyncQueueStats stats;
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_store_get_queue_stats (store, &stats, &error));
  g_assert_cmpuint (stats.pending + stats.refused + stats.failed + stats.held + stats.unsettled, ==,
                    0);
  g_assert_cmpuint (stats.bytes, ==, 0);
  g_assert_cmpint (stats.oldest_change_at, ==, SYNC_TIME_UNKNOWN);

  add_thirty (store);
  test_store_sql (store,
                  "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0);"
                  "INSERT INTO psync_batch VALUES (1, 'projects', '[1,2,3]');"
                  "INSERT INTO psync_sent VALUES (1, 'projects', '''p00''', 1, 0, 0), "
                  "(1, 'projects', '''p03''', 1, 0, 1)");
  g_assert_true (sync_store_get_queue_stats (store, &stats, &error));
  g_assert_cmpuint (stats.pending, ==, 10);
  g_assert_cmpuint (stats.refused, ==, 10);
  g_assert_cmpuint (stats.failed, ==, 10);
  g_assert_cmpuint (stats.held, ==, 1);
  g_assert_cmpuint (stats.unsettled, ==, 2);
  g_assert_cmpuint (stats.bytes, >, 30 * 14);
  g_assert_cmpint (stats.oldest_change_at, ==, TEST_NOW);
  g_assert_no_error (error);
}

static void
test_retry_makes_due (SyncStore *store)
{
  g_autoptr (GError) error = NULL, unknown = NULL;

  add_thirty (store);
  g_assert_cmpint (sync_store_retry_changes (store, "projects", "'p01'", &error), ==, 1);
  test_assert_query (
      store,
      "SELECT state, attempts, next_attempt_at IS NULL, error IS NULL FROM psync_change "
      "WHERE id = '''p01'''",
      "pending|0|1|1\n");
  test_assert_query (store, "SELECT count(*) FROM psync_change WHERE state = 'pending'", "11\n");
  g_assert_cmpint (sync_store_retry_changes (store, "projects", "'other'", &unknown), ==, -1);
  g_assert_error (unknown, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpint (sync_store_retry_changes (store, "notifications", NULL, &error), ==, 0);
  g_assert_cmpint (sync_store_retry_changes (store, NULL, NULL, &error), ==, 29);
  g_assert_cmpint (sync_store_retry_changes (store, NULL, NULL, &error), ==, 0);
  g_assert_no_error (error);
}

static void
test_held_list (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = NULL, page = NULL;
  const SyncHeld *held;

  test_store_sql (store, "INSERT INTO psync_held VALUES "
                         "('projects', '''a''', 8, '{}', 'unique', 'projects.name', 70), "
                         "('projects', '''b''', 9, '{}', 'other', NULL, 71)");
  rows = sync_store_list_held (store, 0, 0, &error);
  page = sync_store_list_held (store, 1, 1, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 2);
  held = g_ptr_array_index (rows, 0);
  g_assert_cmpstr (held->id, ==, "'a'");
  g_assert_cmpint (held->version, ==, 8);
  g_assert_cmpstr (held->reason, ==, "unique");
  g_assert_cmpstr (held->detail, ==, "projects.name");
  g_assert_cmpint (held->held_at, ==, 70);
  g_assert_cmpuint (page->len, ==, 1);
  held = g_ptr_array_index (page, 0);
  g_assert_null (held->detail);
}

static gboolean
is_due (SyncStore *store, gint64 *next)
{
  g_autoptr (GError) error = NULL;
  gboolean due;

  g_assert_true (sync_store_has_due_changes (store, TEST_NOW, &due, next, &error));
  g_assert_no_error (error);
  return due;
}

static void
test_due_leaves_out_what_a_run_cannot_send (SyncStore *store)
{
  gint64 next;

  g_assert_false (is_due (store, &next));
  test_store_sql (store, "INSERT INTO projects (id) VALUES ('p')");
  g_assert_true (is_due (store, &next));
  test_store_sql (store, "UPDATE psync_change SET state = 'refused'");
  g_assert_false (is_due (store, &next));
  g_assert_cmpint (next, ==, SYNC_TIME_UNKNOWN);
  test_store_sql (store,
                  "UPDATE psync_change SET state = 'pending', next_attempt_at = 1767225600000001");
  g_assert_false (is_due (store, &next));
  g_assert_cmpint (next, ==, TEST_NOW + 1);
  test_store_sql (store, "UPDATE psync_change SET next_attempt_at = 1767225600000000");
  g_assert_true (is_due (store, &next));
  g_assert_cmpint (next, ==, SYNC_TIME_UNKNOWN);
  test_store_sql (store,
                  "INSERT INTO psync_held VALUES ('projects', '''p''', 1, '{}', 'check', NULL, 0)");
  g_assert_false (is_due (store, &next));
  test_store_sql (store,
                  "DELETE FROM psync_held; INSERT INTO psync_conflict (entity, id, kind, state, "
                  "created_at) VALUES ('projects', '''p''', 'edit-edit', 'open', 0)");
  g_assert_false (is_due (store, &next));
  test_store_sql (store, "UPDATE psync_conflict SET state = 'resolved'");
  g_assert_true (is_due (store, &next));
  test_store_sql (store, "UPDATE psync_entity SET enabled = 0 WHERE name = 'projects'");
  g_assert_false (is_due (store, &next));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_store_add ("/queue-store/operation-is-read-from-row-and-base", test_operation_is_derived);
  test_store_add ("/queue-store/a-row-whose-key-cannot-be-sent-is-not-deleted", test_keys_that_cannot_be_sent);
  test_store_add ("/queue-store/thousands-are-doubted", test_thousands_are_doubted);
  test_store_add ("/queue-store/change-is-read-whole", test_change_is_read_whole);
  test_store_add ("/queue-store/list-is-filtered-and-paged", test_list_is_filtered_and_paged);
  test_store_add ("/queue-store/stats-count-everything", test_stats_count_everything);
  test_store_add ("/queue-store/retry-makes-rows-due", test_retry_makes_due);
  test_store_add ("/queue-store/held-rows-are-listed", test_held_list);
  test_store_add ("/queue-store/due-leaves-out-what-a-run-cannot-send",
                  test_due_leaves_out_what_a_run_cannot_send);
  return g_test_run ();
}
