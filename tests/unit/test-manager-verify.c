/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-file-lock.h"
#include "test-manager.h"

typedef struct
{
  TestManager device;
  guint started;
  guint completed;
  guint failed;
} Fixture;

static void
note (guint *count)
{
  ++*count;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  g_signal_connect_swapped (fixture->device.manager, "sync-started", G_CALLBACK (note), &fixture->started);
  g_signal_connect_swapped (fixture->device.manager, "sync-completed", G_CALLBACK (note), &fixture->completed);
  g_signal_connect_swapped (fixture->device.manager, "sync-error", G_CALLBACK (note), &fixture->failed);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  test_manager_tear_down (&fixture->device);
}

static SyncVerifyResult *
verify (Fixture *fixture, const SyncVerifyOptions *options, GCancellable *cancellable, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  sync_manager_verify_async (fixture->device.manager, options, cancellable, test_got_result, &result);
  test_store_wait (&result);
  return sync_manager_verify_finish (fixture->device.manager, result, error);
}

static void
test_equal (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncVerifyResult) result = NULL;
  g_autoptr (SyncVerifyResult) copy = NULL;
  g_autoptr (GError) error = NULL;

  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a'), ('b')");
  result = verify (fixture, NULL, NULL, &error);
  g_assert_no_error (error);
  g_assert_no_error (result->error);
  copy = g_boxed_copy (SYNC_TYPE_VERIFY_RESULT, result);
  g_assert_cmpuint (copy->rows, ==, 2);
  g_assert_cmpuint (copy->contents, ==, 2);
  g_assert_cmpuint (copy->different, ==, 0);
  g_assert_cmpuint (copy->sync->total.pushed, ==, 2);
  g_assert_cmpuint (copy->requests, >, 0);
  g_assert_cmpuint (fixture->started, ==, 1);
  g_assert_cmpuint (fixture->completed, ==, 1);
  g_assert_cmpuint (fixture->failed, ==, 0);
}

static void
test_heals (Fixture *fixture, gconstpointer data)
{
  SyncVerifyOptions options = { .heal = TRUE };
  g_autoptr (SyncResult) run = NULL;
  g_autoptr (SyncVerifyResult) result = NULL;
  g_autoptr (SyncVerifyResult) copy = NULL;
  const SyncDifference *difference;

  test_store_sql (fixture->device.store, "INSERT INTO projects (id) VALUES ('a'), ('b')");
  run = test_manager_sync (&fixture->device);
  test_store_sql (fixture->device.store, "UPDATE psync_row SET version = 1 WHERE id = '''b'''");
  result = verify (fixture, &options, NULL, NULL);
  copy = sync_verify_result_copy (result);
  g_assert_cmpuint (copy->different, ==, 1);
  difference = g_ptr_array_index (copy->differences, 0);
  g_assert_cmpstr (difference->entity, ==, "projects");
  g_assert_cmpstr (difference->id, ==, "'b'");
  g_assert_cmpint (difference->kind, ==, SYNC_DIFFERENCE_OTHER_VERSION);
  g_assert_true (copy->healed);
  g_assert_cmpuint (copy->rows, ==, 2);
}

static void
test_one_at_a_time (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GAsyncResult) first = NULL;
  g_autoptr (SyncVerifyResult) result = NULL, refused = NULL;
  g_autoptr (GError) error = NULL;

  sync_manager_verify_async (fixture->device.manager, NULL, NULL, test_got_result, &first);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_SYNCING);
  refused = verify (fixture, NULL, NULL, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  g_assert_null (refused);
  test_store_wait (&first);
  result = sync_manager_verify_finish (fixture->device.manager, first, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
}

static void
test_not_beside_another_program (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  SyncFileLock *lock
      = sync_file_lock_acquire (sync_store_get_path (fixture->device.store), "run", 0, NULL, &error);

  g_assert_no_error (error);
  g_assert_null (verify (fixture, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_LOCKED);
  sync_file_lock_release (lock);
}

static void
test_without_cloud (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  sync_manager_set_provider (fixture->device.manager, NULL);
  g_assert_null (verify (fixture, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED);
}

static void
test_offline (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncVerifyResult) result = NULL;

  test_proxy_set_error (fixture->device.cloud, sync_error_new (SYNC_ERROR_OFFLINE, "host", "away"));
  result = verify (fixture, NULL, NULL, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpuint (fixture->failed, ==, 1);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_OFFLINE);
  test_proxy_set_error (fixture->device.cloud, NULL);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SyncVerifyResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_cancellable_cancel (cancellable);
  result = verify (fixture, NULL, cancellable, &error);
  g_assert_true (sync_error_is_cancelled (result != NULL ? result->error : error));
  g_assert_cmpuint (fixture->failed, ==, 0);
  g_assert_cmpint (sync_manager_get_state (fixture->device.manager), ==, SYNC_STATE_IDLE);
}

#define add(name, func) g_test_add ("/manager-verify/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("counts-what-is-equal", test_equal);
  add ("names-and-heals-what-is-not", test_heals);
  add ("one-at-a-time", test_one_at_a_time);
  add ("not-beside-another-program-s-run", test_not_beside_another_program);
  add ("not-without-a-cloud", test_without_cloud);
  add ("offline-is-said", test_offline);
  add ("can-be-cancelled", test_cancelled);
  return g_test_run ();
}
