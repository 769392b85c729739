/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-stats-store.h"

#include "sync-history-store.h"
#include "test-store.h"

static SyncStats *
get (SyncStore *store, guint history)
{
  g_autoptr (GError) error = NULL;
  SyncStats *stats = sync_store_get_stats (store, history, &error);

  g_assert_no_error (error);
  return stats;
}

static void
add_run (SyncStore *store, const char *entity)
{
  g_autoptr (SyncResult) result = sync_result_new (SYNC_RUN_SYNC);
  g_autoptr (GError) error = NULL;

  result->outcome = SYNC_OUTCOME_DONE;
  sync_result_counts_for (result, entity)->pulled = 1;
  g_assert_true (sync_store_finish_history (store, result, &error));
  g_assert_no_error (error);
}

static void
test_new_database (SyncStore *store)
{
  g_autoptr (SyncStats) stats = get (store, 5);

  g_assert_cmpint (stats->records, ==, 0);
  g_assert_cmpint (stats->pending, ==, 0);
  g_assert_cmpint (stats->last_sync_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_cmpint (stats->next_sync_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_cmpuint (stats->history->len, ==, 0);
}

static void
test_counts (SyncStore *store)
{
  g_autoptr (SyncStats) stats = NULL;

  test_store_sql (
      store, "INSERT INTO projects (id) VALUES ('a'), ('b'), ('c');"
             "INSERT INTO notifications (id) VALUES ('n');"
             "UPDATE psync_change SET state = 'refused' WHERE id = '''a''';"
             "UPDATE psync_change SET state = 'failed' WHERE id = '''b''';"
             "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0);"
             "INSERT INTO psync_conflict (entity, id, kind, state, created_at, resolved_at) VALUES "
             "('projects', '1', 'edit-edit', 'open', 0, NULL), "
             "('projects', '2', 'edit-delete', 'resolved', 0, 1), "
             "('projects', '3', 'edit-edit', 'undone', 0, 1), "
             "('projects', '4', 'cascade', 'resolved', 0, 1)");
  add_run (store, "projects");
  add_run (store, "projects");
  stats = get (store, 1);
  g_assert_cmpint (stats->records, ==, 4);
  g_assert_cmpint (stats->pending, ==, 2);
  g_assert_cmpint (stats->failed, ==, 2);
  g_assert_cmpint (stats->held, ==, 1);
  g_assert_cmpint (stats->conflicts_open, ==, 1);
  g_assert_cmpint (stats->conflicts_resolved, ==, 2);
  g_assert_cmpint (stats->queue_bytes, >, 0);
  g_assert_cmpint (stats->last_sync_at, ==, TEST_NOW);
  g_assert_cmpuint (stats->history->len, ==, 1);
}

static void
test_disabled_entities_do_not_count (SyncStore *store)
{
  g_autoptr (SyncStats) stats = NULL;
  g_autoptr (GError) error = NULL;

  test_store_sql (
      store, "INSERT INTO projects (id) VALUES ('a'), ('b'); INSERT INTO notifications (id) VALUES ('n');"
             "UPDATE psync_change SET state = 'refused' WHERE id = '''b''';"
             "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0)");
  g_assert_true (sync_store_configure_entity (store, "projects", 0, NULL, NULL, &error));
  g_assert_no_error (error);
  stats = get (store, 0);
  g_assert_cmpint (stats->records, ==, 1);
  /* No run would send it, nor try again what was refused. */
  g_assert_cmpint (stats->pending, ==, 1);
  g_assert_cmpint (stats->failed, ==, 0);
  g_assert_cmpint (stats->held, ==, 0);
}

static void
test_dropped_table (SyncStore *store)
{
  g_autoptr (SyncStats) stats = NULL;
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL;

  test_store_sql (store, "INSERT INTO notifications (id) VALUES ('n'); DROP TABLE projects");
  stats = get (store, 0);
  g_assert_cmpint (stats->records, ==, 1);
  list = sync_store_list_entity_status (store, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 3);
}

static const SyncEntityStatus *
find (GPtrArray *list, const char *name)
{
  for (guint i = 0; i < list->len; i++)
    {
      const SyncEntityStatus *status = g_ptr_array_index (list, i);

      if (g_str_equal (status->entity->name, name))
        return status;
    }
  g_assert_not_reached ();
}

static void
test_entity_statuses (SyncStore *store)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL;
  const SyncEntityStatus *status;

  test_store_sql (
      store, "INSERT INTO projects (id) VALUES ('a'), ('b');"
             "UPDATE psync_change SET state = 'refused', changed_at = NULL WHERE id = '''a''';"
             "UPDATE psync_change SET changed_at = '2026-02-01T00:00:00.000Z' WHERE id = '''b''';"
             "UPDATE psync_entity SET pulled_version = 77 WHERE name = 'projects';"
             "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0);"
             "INSERT INTO psync_conflict (entity, id, kind, state, created_at) VALUES "
             "('projects', '1', 'edit-edit', 'open', 0), ('gone', '1', 'edit-edit', 'open', 0)");
  add_run (store, "notifications");
  add_run (store, "a \"foreign\" name");
  list = sync_store_list_entity_status (store, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (list->len, ==, 3);
  status = find (list, "projects");
  g_assert_cmpint (status->records, ==, 2);
  g_assert_cmpint (status->waiting, ==, 1);
  g_assert_cmpint (status->refused, ==, 1);
  g_assert_cmpint (status->held, ==, 1);
  g_assert_cmpint (status->conflicts, ==, 1);
  g_assert_cmpint (status->pulled_version, ==, 77);
  g_assert_cmpint (status->last_change_at, ==, TEST_NOW + 31 * G_TIME_SPAN_DAY);
  g_assert_cmpint (find (list, "notifications")->last_change_at, ==, TEST_NOW);
  g_assert_cmpint (find (list, "user_settings")->last_change_at, ==, SYNC_TIME_UNKNOWN);
}

/* Counting must not read rows: the work for them is less than an instruction of SQLite's a row. */
static void
test_counting_decodes_no_rows (SyncStore *store)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (SyncStats) stats = NULL;

  test_store_sql (
      store, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "
             "INSERT INTO projects (id, description) SELECT i, hex (zeroblob (100)) FROM n");
  test_store_sql (store, "DELETE FROM psync_change");
  sync_connection_vm_steps (connection, TRUE);
  stats = get (store, 10);
  g_assert_cmpint (stats->records, ==, 20000);
  g_assert_cmpint (sync_connection_vm_steps (connection, TRUE), <, 2000);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_store_add ("/stats-store/new-database-has-nothing", test_new_database);
  test_store_add ("/stats-store/everything-is-counted", test_counts);
  test_store_add ("/stats-store/disabled-entities-do-not-count",
                  test_disabled_entities_do_not_count);
  test_store_add ("/stats-store/a-dropped-table-is-no-error", test_dropped_table);
  test_store_add ("/stats-store/entities-and-how-they-stand", test_entity_statuses);
  test_store_add ("/stats-store/counting-decodes-no-rows", test_counting_decodes_no_rows);
  return g_test_run ();
}
