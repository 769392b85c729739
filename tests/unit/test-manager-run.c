/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-manager-private.h"
#include "sync-types.h"
#include "test-manager.h"

#include <glib/gstdio.h>

/* What a manager tells of its runs. Two devices share a vault. */

#define MANY                                                                                       \
  "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) "             \
  "INSERT INTO projects (id, name) SELECT 'p' || i, 'name ' || i FROM n"

typedef struct
{
  TestManager a, b;
  GString *told; /* of b: the signals in their order */
  SyncConflict *conflict;
  GError *error;
} Fixture;

static void
on_started (SyncManager *manager, SyncRunKind kind, Fixture *fixture)
{
  g_assert_cmpint (sync_manager_get_state (manager), ==, SYNC_STATE_SYNCING);
  g_string_append_printf (fixture->told, "started %s,", sync_run_kind_to_string (kind));
}

static void
on_progress (SyncManager *manager, SyncProgress *progress, Fixture *fixture)
{
  g_autoptr (SyncProgress) level = NULL;

  g_object_get (manager, "progress", &level, NULL);
  g_assert_nonnull (level);
  g_assert_cmpuint (level->current, ==, progress->current);
  g_assert_cmpfloat (progress->fraction, >=, 0);
  g_assert_cmpfloat (progress->fraction, <=, 1);
  if (progress->total > 0)
    g_assert_cmpuint (progress->current, <=, progress->total);
  /* However often. */
  if (!g_str_has_suffix (fixture->told->str, "progress,"))
    g_string_append (fixture->told, "progress,");
}

static void
on_completed (SyncManager *manager, SyncResult *result, Fixture *fixture)
{
  g_assert_cmpint (sync_manager_get_state (manager), !=, SYNC_STATE_SYNCING);
  g_string_append_printf (fixture->told, "completed %s,", sync_outcome_to_string (result->outcome));
}

static void
on_error (SyncManager *manager, GError *error, Fixture *fixture)
{
  g_string_append (fixture->told, "error,");
  g_set_error_literal (&fixture->error, error->domain, error->code, error->message);
}

static void
on_conflict (SyncManager *manager, SyncConflict *conflict, Fixture *fixture)
{
  g_assert_null (fixture->conflict);
  fixture->conflict = sync_conflict_copy (conflict);
  g_string_append (fixture->told, "conflict,");
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  SyncManager *manager;

  test_manager_set_up (&fixture->a, NULL);
  test_manager_set_up (&fixture->b, fixture->a.folder);
  fixture->told = g_string_new (NULL);
  manager = fixture->b.manager;
  g_signal_connect (manager, "sync-started", G_CALLBACK (on_started), fixture);
  g_signal_connect (manager, "sync-progress", G_CALLBACK (on_progress), fixture);
  g_signal_connect (manager, "sync-completed", G_CALLBACK (on_completed), fixture);
  g_signal_connect (manager, "sync-error", G_CALLBACK (on_error), fixture);
  g_signal_connect (manager, "conflict-detected", G_CALLBACK (on_conflict), fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  test_manager_tear_down (&fixture->b);
  test_manager_tear_down (&fixture->a);
  g_string_free (fixture->told, TRUE);
  g_clear_pointer (&fixture->conflict, sync_conflict_free);
  g_clear_error (&fixture->error);
}

static void
sync_device (TestManager *device)
{
  g_autoptr (SyncResult) result = test_manager_sync (device);

  g_assert_no_error (result->error);
  test_manager_settle (device);
}

static guint
get_count (TestManager *device, const char *property)
{
  guint count;

  g_object_get (device->manager, property, &count, NULL);
  return count;
}

static void
test_progress (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncProgress) level = NULL;

  test_store_sql (fixture->a.store, MANY);
  sync_device (&fixture->a);
  sync_device (&fixture->b);
  g_assert_cmpstr (fixture->told->str, ==, "started sync,progress,completed done,");
  g_object_get (fixture->b.manager, "progress", &level, NULL);
  g_assert_null (level);
}

static void
leave_more (SyncManager *manager, SyncProgress *progress, gpointer data)
{
  sync_manager_leave_progress (manager, progress);
}

/* What there was no time for is not told of the next run. */
static void
test_late_progress (Fixture *fixture, gconstpointer data)
{
  g_signal_connect (fixture->b.manager, "sync-progress", G_CALLBACK (leave_more), NULL);
  test_store_sql (fixture->a.store, MANY);
  sync_device (&fixture->a);
  sync_device (&fixture->b);
  g_assert_nonnull (strstr (fixture->told->str, "progress,"));
  g_assert_null (fixture->b.manager->news);
  g_assert_null (fixture->b.manager->news_source);
}

static void
test_conflict (Fixture *fixture, gconstpointer data)
{
  SyncRunOptions options = { .strategy = "manual" };
  g_autoptr (GAsyncResult) answer = NULL;
  g_autoptr (SyncResult) result = NULL;

  test_store_sql (fixture->a.store, "INSERT INTO projects (id, name) VALUES ('p', 'Garden')");
  sync_device (&fixture->a);
  sync_device (&fixture->b);
  test_store_sql (fixture->a.store, "UPDATE projects SET name = 'by a'");
  test_store_sql (fixture->b.store, "UPDATE projects SET name = 'by b'");
  sync_device (&fixture->a);
  sync_manager_run_async (fixture->b.manager, SYNC_RUN_SYNC, &options, NULL, test_got_result, &answer);
  test_store_wait (&answer);
  result = sync_manager_run_finish (fixture->b.manager, answer, NULL);
  g_assert_cmpuint (result->total.conflicts, ==, 1);
  test_manager_settle (&fixture->b);
  g_assert_nonnull (strstr (fixture->told->str, "conflict,"));
  g_assert_nonnull (fixture->conflict);
  g_assert_cmpstr (fixture->conflict->entity, ==, "projects");
  g_assert_cmpstr (fixture->conflict->id, ==, "'p'");
  g_assert_nonnull (strstr (fixture->conflict->local, "by b"));
  g_assert_nonnull (strstr (fixture->conflict->remote, "by a"));
  g_assert_cmpint (fixture->conflict->local_time, !=, SYNC_TIME_UNKNOWN);
  g_assert_cmpint (fixture->conflict->remote_time, !=, SYNC_TIME_UNKNOWN);
  g_assert_cmpuint (get_count (&fixture->b, "conflict-count"), ==, 1);
}

/* An absent vault: the run did not end well, the error is a level until one does, and the change waits. */
static void
test_error (Fixture *fixture, gconstpointer data)
{
  g_autofree char *vault = g_build_filename (fixture->a.folder, "vault.db", NULL);
  g_autofree char *away = g_strconcat (vault, ".away", NULL);
  g_autoptr (SyncResult) result = NULL;
  g_autoptr (GError) level = NULL;

  sync_device (&fixture->b);
  g_string_truncate (fixture->told, 0);
  test_store_sql (fixture->b.store, "INSERT INTO projects (id) VALUES ('p')");
  g_assert_cmpint (g_rename (vault, away), ==, 0);
  result = test_manager_sync (&fixture->b);
  test_manager_settle (&fixture->b);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  /* Between them progress, if there was time for it. */
  g_assert_true (g_str_has_prefix (fixture->told->str, "started sync,"));
  g_assert_true (g_str_has_suffix (fixture->told->str, ",completed failed,error,"));
  g_assert_error (fixture->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpint (sync_manager_get_state (fixture->b.manager), ==, SYNC_STATE_OFFLINE);
  g_object_get (fixture->b.manager, "last-error", &level, NULL);
  g_assert_error (level, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpuint (get_count (&fixture->b, "pending-count"), ==, 1);
  g_clear_error (&level);

  g_assert_cmpint (g_rename (away, vault), ==, 0);
  sync_device (&fixture->b);
  g_object_get (fixture->b.manager, "last-error", &level, NULL);
  g_assert_no_error (level);
  g_assert_cmpuint (get_count (&fixture->b, "pending-count"), ==, 0);
  g_assert_cmpint (sync_manager_get_state (fixture->b.manager), ==, SYNC_STATE_IDLE);
}

#define ADD(name, func) g_test_add ("/manager-run/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("tells-of-its-begin-progress-and-end", test_progress);
  ADD ("keeps-no-progress-for-the-next-run", test_late_progress);
  ADD ("tells-of-a-conflict-with-both-sides", test_conflict);
  ADD ("tells-of-an-error-and-of-its-end", test_error);
  return test_run_with_own_folders ();
}
