/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include <glib/gstdio.h>

#include "sync-conflict-store.h"
#include "sync-snapshot.h"
#include "test-manager.h"

/* The siblings of a manager but the devices: each as an object with verbs. */

typedef struct
{
  TestManager device;
  SyncQueue *queue;
  SyncConflicts *conflicts;
  SyncHistory *history;
  SyncEntities *entities;
  SyncSnapshots *snapshots;
  guint changed;
  GAsyncResult *result;
} Fixture;

static void
note_change (Fixture *fixture)
{
  fixture->changed++;
}

static void
reload (SyncStore *store)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_store_reload (store, &error));
  g_assert_no_error (error);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  fixture->queue = sync_queue_new (fixture->device.manager);
  fixture->conflicts = sync_conflicts_new (fixture->device.manager);
  fixture->history = sync_history_new (fixture->device.manager);
  fixture->entities = sync_entities_new (fixture->device.manager);
  fixture->snapshots = sync_snapshots_new (fixture->device.manager);
  g_signal_connect_swapped (fixture->device.manager, "data-changed", G_CALLBACK (note_change),
                            fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->result);
  test_manager_settle (&fixture->device);
  g_assert_finalize_object (fixture->queue);
  g_assert_finalize_object (fixture->conflicts);
  g_assert_finalize_object (fixture->history);
  g_assert_finalize_object (fixture->entities);
  g_assert_finalize_object (fixture->snapshots);
  test_manager_tear_down (&fixture->device);
}

/* The answer of the call before. */
static GAsyncResult *
answer (Fixture *fixture)
{
  test_store_wait (&fixture->result);
  return fixture->result;
}

/* Where the next call's answer goes. */
static GAsyncResult **
place (Fixture *fixture)
{
  g_clear_object (&fixture->result);
  return &fixture->result;
}

static void
sql (Fixture *fixture, const char *text)
{
  test_store_sql (fixture->device.store, text);
}

static guint
count_changes (Fixture *fixture)
{
  guint before = fixture->changed;

  test_manager_settle (&fixture->device);
  return fixture->changed - before;
}

/* --- The queue -------------------------------------------------------------------------------- */

static void
test_queue_lists (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) changes = NULL, held = NULL;
  g_autoptr (GError) error = NULL;
  SyncQueueStats stats;

  sql (fixture, "INSERT INTO projects (id) VALUES ('a'), ('b');"
                "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0)");
  sync_queue_list_async (fixture->queue, "pending", 1, 5, NULL, test_got_result, place (fixture));
  changes = sync_queue_list_finish (fixture->queue, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (changes->len, ==, 1);
  g_assert_cmpstr (((SyncChange *) g_ptr_array_index (changes, 0))->id, ==, "'b'");
  sync_queue_list_held_async (fixture->queue, 0, 0, NULL, test_got_result, place (fixture));
  held = sync_queue_list_held_finish (fixture->queue, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (held->len, ==, 1);
  sync_queue_get_stats_async (fixture->queue, NULL, test_got_result, place (fixture));
  g_assert_true (sync_queue_get_stats_finish (fixture->queue, answer (fixture), &stats, &error));
  g_assert_cmpuint (stats.pending, ==, 2);
  g_assert_cmpuint (stats.held, ==, 1);
}

static void
test_queue_retry (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  sql (fixture,
       "INSERT INTO projects (id) VALUES ('a'), ('b'); UPDATE psync_change SET state = 'refused'");
  sync_queue_retry_async (fixture->queue, NULL, NULL, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_retry_finish (fixture->queue, answer (fixture), &error), ==, 2);
  g_assert_no_error (error);
  g_assert_cmpuint (count_changes (fixture), >, 0);
  sync_queue_retry_async (fixture->queue, "projects", "'z'", NULL, test_got_result,
                          place (fixture));
  g_assert_cmpint (sync_queue_retry_finish (fixture->queue, answer (fixture), &error), ==, -1);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

static void
test_queue_discard (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) first = NULL, second = NULL;
  g_autoptr (GPtrArray) records = NULL;
  g_autoptr (GError) error = NULL;

  sql (fixture, "INSERT INTO projects (id, name) VALUES ('a', 'cloud')");
  first = test_manager_sync (&fixture->device);
  sql (fixture, "UPDATE projects SET name = 'local'");
  sync_queue_discard_async (fixture->queue, "projects", "'a'", NULL, test_got_result,
                            place (fixture));
  g_assert_cmpint (sync_queue_discard_finish (fixture->queue, answer (fixture), &error), ==, 1);
  g_assert_no_error (error);
  second = test_manager_sync (&fixture->device);
  test_assert_query (fixture->device.store, "SELECT name FROM projects", "cloud\n");
  sync_conflicts_list_async (fixture->conflicts, TRUE, 0, 0, NULL, test_got_result,
                             place (fixture));
  records = sync_conflicts_list_finish (fixture->conflicts, answer (fixture), &error);
  g_assert_cmpuint (records->len, ==, 1);
  g_assert_nonnull (strstr (((SyncConflict *) g_ptr_array_index (records, 0))->local, "\"local\""));
}

static void
test_queue_clear_completed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResult) run = NULL;
  g_autoptr (GError) error = NULL;

  sql (fixture, "INSERT INTO projects (id) VALUES ('a')");
  run = test_manager_sync (&fixture->device);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM psync_trace", "1\n");
  test_clock_advance (fixture->device.clock, G_TIME_SPAN_HOUR);
  sync_queue_clear_completed_async (fixture->queue, 3601, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_clear_completed_finish (fixture->queue, answer (fixture), &error), ==,
                   0);
  sync_queue_clear_completed_async (fixture->queue, 3599, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_clear_completed_finish (fixture->queue, answer (fixture), &error), ==,
                   1);
  sync_queue_clear_completed_async (fixture->queue, G_MAXINT64, NULL, test_got_result,
                                    place (fixture));
  g_assert_cmpint (sync_queue_clear_completed_finish (fixture->queue, answer (fixture), &error), ==,
                   0);
  g_assert_no_error (error);
}

/* --- Conflicts -------------------------------------------------------------------------------- */

/* A row synced, edited here, and edited in the vault: resolved by hand. */
static void
make_conflicts (Fixture *fixture, guint count)
{
  TestManager other = { 0 };
  g_autoptr (SyncResult) first = NULL, there = NULL, back = NULL, last = NULL;
  g_autofree char *insert = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
      "INSERT INTO projects (id, name) SELECT 'p' || i, 'base' FROM n",
      count);

  sql (fixture, "UPDATE psync_entity SET strategy = 'manual' WHERE name = 'projects'");
  test_store_run (fixture->device.store, reload);
  sql (fixture, insert);
  first = test_manager_sync (&fixture->device);
  test_manager_set_up (&other, fixture->device.folder);
  there = test_manager_sync (&other);
  test_store_sql (other.store, "UPDATE projects SET name = 'there'");
  back = test_manager_sync (&other);
  test_manager_tear_down (&other);
  sql (fixture, "UPDATE projects SET name = 'here'");
  last = test_manager_sync (&fixture->device);
  g_assert_cmpuint (last->total.conflicts, ==, count);
}

static GPtrArray *
list_conflicts (Fixture *fixture, gboolean records)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *list;

  sync_conflicts_list_async (fixture->conflicts, records, 0, 0, NULL, test_got_result,
                             place (fixture));
  list = sync_conflicts_list_finish (fixture->conflicts, answer (fixture), &error);
  g_assert_no_error (error);
  return list;
}

static gboolean
resolve (Fixture *fixture, gint64 number, const SyncConflict *expected, const char *choice,
         const char *const *fields, GError **error)
{
  sync_conflicts_resolve_async (fixture->conflicts, number, expected, choice, fields, NULL,
                                test_got_result, place (fixture));
  return sync_conflicts_resolve_finish (fixture->conflicts, answer (fixture), error);
}

static gboolean
undo (Fixture *fixture, GArray *numbers, GError **error)
{
  sync_conflicts_undo_async (fixture->conflicts, numbers, NULL, test_got_result, place (fixture));
  return sync_conflicts_undo_finish (fixture->conflicts, answer (fixture), error);
}

static void
test_conflict_is_resolved (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) open = NULL, records = NULL, left = NULL;
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  make_conflicts (fixture, 1);
  open = list_conflicts (fixture, FALSE);
  g_assert_cmpuint (open->len, ==, 1);
  conflict = sync_conflict_copy (g_ptr_array_index (open, 0));
  g_assert_true (conflict->can_keep_both);
  g_assert_true (resolve (fixture, conflict->number, conflict, "remote", NULL, &error));
  g_assert_no_error (error);
  test_assert_query (fixture->device.store, "SELECT name FROM projects", "there\n");
  left = list_conflicts (fixture, FALSE);
  records = list_conflicts (fixture, TRUE);
  g_assert_cmpuint (left->len, ==, 0);
  g_assert_cmpuint (records->len, ==, 1);

  g_array_append_val (numbers, conflict->number);
  g_assert_true (undo (fixture, numbers, &error));
  g_assert_no_error (error);
  test_assert_query (fixture->device.store, "SELECT name FROM projects", "here\n");
}

static void
test_conflict_that_changed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) open = NULL;
  g_autoptr (GError) error = NULL;
  const SyncConflict *conflict;

  make_conflicts (fixture, 1);
  open = list_conflicts (fixture, FALSE);
  conflict = g_ptr_array_index (open, 0);
  sql (fixture, "UPDATE projects SET name = 'again'");
  g_assert_false (resolve (fixture, conflict->number, conflict, "remote", NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  test_assert_query (fixture->device.store, "SELECT name FROM projects", "again\n");
}

static void
test_conflict_bad_choices (Fixture *fixture, gconstpointer data)
{
  static const char *const bad_fields[] = { "colour=local", NULL };
  g_autoptr (GError) choice = NULL, field = NULL, number = NULL, all = NULL;
  g_autoptr (GPtrArray) open = NULL;
  gint64 first;

  make_conflicts (fixture, 1);
  open = list_conflicts (fixture, FALSE);
  first = ((SyncConflict *) g_ptr_array_index (open, 0))->number;
  g_assert_false (resolve (fixture, first, NULL, "mine", NULL, &choice));
  g_assert_error (choice, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (choice)->subject, ==, "mine");
  g_assert_false (resolve (fixture, first, NULL, "local", bad_fields, &field));
  g_assert_nonnull (field);
  g_assert_false (resolve (fixture, 4711, NULL, "local", NULL, &number));
  g_assert_error (number, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  sync_conflicts_resolve_all_async (fixture->conflicts, NULL, "", NULL, test_got_result,
                                    place (fixture));
  g_assert_cmpint (sync_conflicts_resolve_all_finish (fixture->conflicts, answer (fixture), NULL, &all),
                   ==, -1);
  g_assert_error (all, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_clear_pointer (&open, g_ptr_array_unref);
  open = list_conflicts (fixture, FALSE);
  g_assert_cmpuint (open->len, ==, 1);
}

static gssize
resolve_all (Fixture *fixture, const SyncConflict *like, GError **error)
{
  sync_conflicts_resolve_all_async (fixture->conflicts, like, "local", NULL, test_got_result,
                                    place (fixture));
  return sync_conflicts_resolve_all_finish (fixture->conflicts, answer (fixture), NULL, error);
}

/* Many at once; one that is undone already keeps no other from it. */
static void
test_conflicts_are_undone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) numbers = NULL;
  g_autoptr (GArray) one = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) error = NULL;

  make_conflicts (fixture, 3);
  sync_conflicts_resolve_all_async (fixture->conflicts, NULL, "remote", NULL, test_got_result,
                                    place (fixture));
  g_assert_cmpint (sync_conflicts_resolve_all_finish (fixture->conflicts, answer (fixture), &numbers,
                                                      &error),
                   ==, 3);
  g_array_append_val (one, g_array_index (numbers, gint64, 1));
  g_assert_true (undo (fixture, one, &error));
  test_assert_query (fixture->device.store, "SELECT count(*) FROM projects WHERE name LIKE 'there%'",
                     "2\n");
  g_assert_false (undo (fixture, numbers, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  test_assert_query (fixture->device.store, "SELECT count(*) FROM projects WHERE name LIKE 'there%'",
                     "0\n");
}

static void
test_conflicts_like_this (Fixture *fixture, gconstpointer data)
{
  SyncConflict other_entity = { .entity = (char *) "notifications" };
  SyncConflict other_kind = { .entity = (char *) "projects", .kind = (char *) "edit-delete" };
  SyncConflict like = { .entity = (char *) "projects", .kind = (char *) "edit-edit" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) open = NULL;

  make_conflicts (fixture, 3);
  g_assert_cmpint (resolve_all (fixture, &other_entity, &error), ==, 0);
  g_assert_cmpint (resolve_all (fixture, &other_kind, &error), ==, 0);
  g_assert_cmpint (resolve_all (fixture, &like, &error), ==, 3);
  g_assert_cmpint (resolve_all (fixture, NULL, &error), ==, 0);
  g_assert_no_error (error);
  open = list_conflicts (fixture, FALSE);
  g_assert_cmpuint (open->len, ==, 0);
}

static void
test_conflict_by_number (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncConflict) conflict = NULL;
  g_autoptr (GError) error = NULL;

  make_conflicts (fixture, 1);
  sync_conflicts_get_async (fixture->conflicts, 1, NULL, test_got_result, place (fixture));
  conflict = sync_conflicts_get_finish (fixture->conflicts, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (conflict->columns[0], ==, "name");
  sync_conflicts_get_async (fixture->conflicts, 2, NULL, test_got_result, place (fixture));
  g_assert_null (sync_conflicts_get_finish (fixture->conflicts, answer (fixture), &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

/* --- History ---------------------------------------------------------------------------------- */

static void
test_history_lists (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) run = NULL;

  sql (fixture, "INSERT INTO projects (id) VALUES ('a')");
  run = test_manager_sync (&fixture->device);
  sync_history_list_async (fixture->history, 0, 0, NULL, test_got_result, place (fixture));
  runs = sync_history_list_finish (fixture->history, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (runs->len, ==, 1);
  g_assert_cmpint (((SyncResult *) g_ptr_array_index (runs, 0))->run, ==, run->run);
  g_assert_cmpuint (((SyncResult *) g_ptr_array_index (runs, 0))->total.pushed, ==, 1);
}

/* What a run could not move is told with what is wrong with it, as long as that is so. */
static void
test_history_trace (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) trouble = NULL, moved = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) run = NULL;
  const SyncTrace *trace;

  sql (fixture, "INSERT INTO projects (id, name) VALUES ('a', 'x'), ('b', 'y' || char (0) || 'z')");
  run = test_manager_sync (&fixture->device);
  g_assert_cmpuint (run->total.refused, ==, 1);
  sync_history_list_trace_async (fixture->history, run->run, "refused,held", 0, 0, NULL,
                                 test_got_result, place (fixture));
  trouble = sync_history_list_trace_finish (fixture->history, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (trouble->len, ==, 1);
  trace = g_ptr_array_index (trouble, 0);
  g_assert_cmpstr (trace->id, ==, "'b'");
  g_assert_cmpstr (trace->column, ==, "name");
  g_assert_nonnull (trace->error_code);
  sync_history_list_trace_async (fixture->history, run->run, NULL, 0, 0, NULL, test_got_result,
                                 place (fixture));
  moved = sync_history_list_trace_finish (fixture->history, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (moved->len, ==, 2);
}

static void
test_history_days (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GArray) days = NULL;
  g_autoptr (GError) error = NULL;
  const SyncDay *today;
  g_autofree char *text = g_strdup_printf (
      "INSERT INTO psync_history (kind, started_at, outcome, pulled, pushed, repeats) VALUES "
      "('sync', %" G_GINT64_FORMAT ", 'done', 3, 4, 0), "
      "('sync', %" G_GINT64_FORMAT ", 'failed', 5, 6, 0), "
      "('sync', %" G_GINT64_FORMAT ", 'nothing', 0, 0, 9), "
      "('sync', %" G_GINT64_FORMAT ", 'done', 100, 100, 0)",
      TEST_NOW, TEST_NOW, TEST_NOW - 2 * G_TIME_SPAN_DAY, TEST_NOW - 60 * G_TIME_SPAN_DAY);

  sql (fixture, text);
  sync_history_sum_days_async (fixture->history, 30, NULL, test_got_result, place (fixture));
  days = sync_history_sum_days_finish (fixture->history, answer (fixture), &error);
  g_assert_no_error (error);
  g_assert_cmpuint (days->len, ==, 30);
  today = &g_array_index (days, SyncDay, 29);
  g_assert_cmpint (today->start, <=, TEST_NOW);
  g_assert_cmpuint (today->pulled, ==, 8);
  g_assert_cmpuint (today->pushed, ==, 10);
  g_assert_cmpuint (today->runs, ==, 2);
  g_assert_cmpuint (today->failed, ==, 1);
  g_assert_cmpuint (g_array_index (days, SyncDay, 27).runs, ==, 10);
  g_assert_cmpuint (g_array_index (days, SyncDay, 0).pulled, ==, 0);
}

/* --- Entities --------------------------------------------------------------------------------- */

static gboolean
configure (Fixture *fixture, const char *name, int enabled, const char *strategy, const char *rules,
           GError **error)
{
  sync_entities_configure_async (fixture->entities, name, enabled, strategy, rules, NULL,
                                 test_got_result, place (fixture));
  return sync_entities_configure_finish (fixture->entities, answer (fixture), error);
}

static const SyncEntityStatus *
find_entity (Fixture *fixture, const char *name, GPtrArray **list)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (list, g_ptr_array_unref);
  sync_entities_list_async (fixture->entities, NULL, test_got_result, place (fixture));
  *list = sync_entities_list_finish (fixture->entities, answer (fixture), &error);
  g_assert_no_error (error);
  for (guint i = 0; i < (*list)->len; i++)
    {
      const SyncEntityStatus *status = g_ptr_array_index (*list, i);

      if (g_str_equal (status->entity->name, name))
        return status;
    }
  return NULL;
}

static void
test_entity_is_configured (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL;
  const SyncEntityStatus *status;

  g_assert_true (configure (fixture, "projects", 0, "rules", "{\"name\":\"max\"}", &error));
  g_assert_cmpuint (count_changes (fixture), >, 0);
  status = find_entity (fixture, "projects", &list);
  g_assert_false (status->entity->enabled);
  g_assert_cmpstr (status->entity->strategy, ==, "rules");
  g_assert_cmpstr (status->entity->rules, ==, "{\"name\":\"max\"}");
  g_assert_true (configure (fixture, "projects", -1, NULL, NULL, &error));
  g_assert_true (configure (fixture, "projects", 1, NULL, NULL, &error));
  status = find_entity (fixture, "projects", &list);
  g_assert_true (status->entity->enabled);
  g_assert_cmpstr (status->entity->strategy, ==, "rules");
  g_assert_no_error (error);
}

/* psync may configure what the window has open. */
static void
test_configured_elsewhere (Fixture *fixture, gconstpointer data)
{
  const char *path = sync_store_get_path (fixture->device.store);
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (SyncResult) result = NULL;
  const SyncEntityStatus *status;

  find_entity (fixture, "projects", &list);
  g_assert_true (test_shell (path,
                             "UPDATE psync_entity SET strategy = 'manual' WHERE name = 'projects'",
                             NULL));
  status = find_entity (fixture, "projects", &list);
  g_assert_cmpstr (status->entity->strategy, ==, "manual");
  g_assert_true (test_shell (path,
                             "UPDATE psync_entity SET enabled = 0 WHERE name = 'projects';"
                             "INSERT INTO projects (id) VALUES ('a')",
                             NULL));
  result = test_manager_sync (&fixture->device);
  g_assert_cmpuint (result->total.pushed, ==, 0);
}

static void
assert_refused (Fixture *fixture, const char *strategy, const char *rules, const char *subject)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (configure (fixture, "projects", 0, strategy, rules, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, subject);
}

static void
test_bad_policy_changes_nothing (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) list = NULL;
  const SyncEntityStatus *status;

  assert_refused (fixture, "oldest", NULL, "oldest");
  assert_refused (fixture, "rules", "{\"name\":\"mine\"}", "mine");
  assert_refused (fixture, "rules", "{\"colour\":\"max\"}", "colour");
  assert_refused (fixture, NULL, "[]", "rules");
  status = find_entity (fixture, "projects", &list);
  g_assert_true (status->entity->enabled);
  g_assert_cmpstr (status->entity->strategy, ==, "projects");
  g_assert_null (status->entity->rules);
  test_assert_query (fixture->device.store,
                     "SELECT enabled, strategy FROM psync_entity WHERE name = 'projects'",
                     "1|projects\n");
}

static void
test_table_becomes_an_entity (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) list = NULL;
  g_autoptr (GError) error = NULL, unknown = NULL, no_table = NULL, no_key = NULL, bad = NULL;

  sql (fixture,
       "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, body); INSERT INTO notes VALUES ('a', 1);"
       "CREATE TABLE keyless (body)");
  g_assert_false (configure (fixture, "notes", -1, "manual", NULL, &unknown));
  g_assert_error (unknown, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_false (configure (fixture, "nothing", 1, NULL, NULL, &no_table));
  g_assert_error (no_table, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_false (configure (fixture, "keyless", 1, NULL, NULL, &no_key));
  g_assert_error (no_key, SYNC_ERROR, SYNC_ERROR_NO_KEY);
  g_assert_false (configure (fixture, "notes", 1, "rules", "{\"colour\":\"max\"}", &bad));
  g_assert_error (bad, SYNC_ERROR, SYNC_ERROR_INVALID);
  /* All of it or nothing: no triggers, no rows in the outbox. */
  g_assert_null (find_entity (fixture, "notes", &list));
  test_assert_query (
      fixture->device.store,
      "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'notes'", "0\n");
  g_assert_true (configure (fixture, "notes", 1, "rules", "{\"body\":\"max\"}", &error));
  g_assert_no_error (error);
  g_assert_cmpint (find_entity (fixture, "notes", &list)->waiting, ==, 1);
}

/* --- Snapshots -------------------------------------------------------------------------------- */

static void
take_snapshot (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncSnapshot) snapshot
      = sync_snapshot_take (sync_store_get_connection (store), "test", TEST_NOW, 5, NULL, &error);

  g_assert_no_error (error);
}

static GPtrArray *
list_snapshots (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *list;

  sync_snapshots_list_async (fixture->snapshots, NULL, test_got_result, place (fixture));
  list = sync_snapshots_list_finish (fixture->snapshots, answer (fixture), &error);
  g_assert_no_error (error);
  return list;
}

static gboolean
restore (Fixture *fixture, const char *name, GError **error)
{
  sync_snapshots_restore_async (fixture->snapshots, name, NULL, test_got_result, place (fixture));
  return sync_snapshots_restore_finish (fixture->snapshots, answer (fixture), error);
}

static void
test_snapshot_is_restored (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) before = NULL, after = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *name = NULL;

  before = list_snapshots (fixture);
  g_assert_cmpuint (before->len, ==, 0);
  sql (fixture, "INSERT INTO projects (id) VALUES ('a')");
  test_store_run (fixture->device.store, take_snapshot);
  test_clock_advance (fixture->device.clock, G_TIME_SPAN_HOUR);
  sql (fixture,
       "INSERT INTO projects (id) VALUES ('b'); UPDATE psync_entity SET strategy = 'manual'");
  test_store_run (fixture->device.store, reload);
  g_clear_pointer (&before, g_ptr_array_unref);
  before = list_snapshots (fixture);
  g_assert_cmpuint (before->len, ==, 1);
  name = g_strdup (((SyncSnapshot *) g_ptr_array_index (before, 0))->name);

  g_assert_true (restore (fixture, name, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (count_changes (fixture), >, 0);
  test_assert_query (fixture->device.store, "SELECT id FROM projects", "a\n");
  /* What was there is a snapshot now; the registry was read again. */
  after = list_snapshots (fixture);
  g_assert_cmpuint (after->len, ==, 2);
  g_clear_pointer (&after, g_ptr_array_unref);
  g_assert_cmpstr (find_entity (fixture, "projects", &after)->entity->strategy, ==, "projects");
}

static void
test_unknown_snapshot (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL, path = NULL;

  g_assert_false (restore (fixture, "yesterday", &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_false (restore (fixture, "../test", &path));
  g_assert_error (path, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
}

/* --- A database that was replaced --------------------------------------------------------------- */

#define assert_moved(error) \
  G_STMT_START \
  { \
    g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND); \
    g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "moved"); \
    g_clear_error (&error); \
  } \
  G_STMT_END

/* Another file has its name: what is decided now, nobody would ever see. */
static void
try_all_decisions (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  sync_queue_retry_async (fixture->queue, NULL, NULL, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_retry_finish (fixture->queue, answer (fixture), &error), ==, -1);
  assert_moved (error);
  sync_queue_discard_async (fixture->queue, NULL, NULL, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_discard_finish (fixture->queue, answer (fixture), &error), ==, -1);
  assert_moved (error);
  sync_queue_clear_completed_async (fixture->queue, 0, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_clear_completed_finish (fixture->queue, answer (fixture), &error), ==, -1);
  assert_moved (error);
  g_assert_false (configure (fixture, "projects", 0, NULL, NULL, &error));
  assert_moved (error);
  g_assert_false (restore (fixture, "yesterday", &error));
  assert_moved (error);
  sync_manager_pause_async (fixture->device.manager, TEST_NOW + 1, NULL, test_got_result, place (fixture));
  g_assert_false (sync_manager_pause_finish (fixture->device.manager, answer (fixture), &error));
  assert_moved (error);
}

static void
test_replaced_database (Fixture *fixture, gconstpointer data)
{
  const char *path = sync_store_get_path (fixture->device.store);
  g_autofree char *away = g_strconcat (path, ".away", NULL);
  g_autoptr (GError) error = NULL;

  sql (fixture, "INSERT INTO projects (id) VALUES ('a'); UPDATE psync_change SET state = 'refused'");
  g_assert_cmpint (g_rename (path, away), ==, 0);
  try_all_decisions (fixture);
  g_file_set_contents (path, "", 0, &error);
  g_assert_no_error (error);
  try_all_decisions (fixture);
  g_assert_cmpint (g_rename (away, path), ==, 0);
  test_assert_query (fixture->device.store, "SELECT state FROM psync_change", "refused\n");
  test_assert_query (fixture->device.store, "SELECT count(*) FROM projects", "1\n");
  sync_queue_retry_async (fixture->queue, NULL, NULL, NULL, test_got_result, place (fixture));
  g_assert_cmpint (sync_queue_retry_finish (fixture->queue, answer (fixture), &error), ==, 1);
  g_assert_no_error (error);
}

#define add(name, func) g_test_add ("/lists/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("queue/lists-and-counts", test_queue_lists);
  add ("queue/retry-makes-due-and-tells", test_queue_retry);
  add ("queue/discard-takes-the-clouds-row-and-keeps-a-record", test_queue_discard);
  add ("queue/clear-completed-trims-the-trace", test_queue_clear_completed);
  add ("conflicts/resolved-and-undone", test_conflict_is_resolved);
  add ("conflicts/one-that-changed-is-asked-again", test_conflict_that_changed);
  add ("conflicts/bad-choices-decide-nothing", test_conflict_bad_choices);
  add ("conflicts/all-of-this-kind", test_conflicts_like_this);
  add ("conflicts/many-are-undone-at-once", test_conflicts_are_undone);
  add ("conflicts/by-number", test_conflict_by_number);
  add ("history/lists-runs", test_history_lists);
  add ("history/tells-which-rows-and-why-not", test_history_trace);
  add ("history/adds-up-days", test_history_days);
  add ("entities/configured", test_entity_is_configured);
  add ("entities/what-another-program-configured-counts", test_configured_elsewhere);
  add ("entities/a-bad-policy-changes-nothing", test_bad_policy_changes_nothing);
  add ("entities/a-table-becomes-one", test_table_becomes_an_entity);
  add ("snapshots/restored", test_snapshot_is_restored);
  add ("snapshots/unknown-names-are-not-found", test_unknown_snapshot);
  add ("a-replaced-database-takes-no-decision", test_replaced_database);
  return g_test_run ();
}
