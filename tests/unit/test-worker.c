/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-worker.h"

#include "test-database.h"

typedef struct
{
  char *folder;
  SyncWorker *worker;
  GThread *thread; /* the one that work ran on */
} Fixture;

static Fixture *
fixture_new (void)
{
  Fixture *fixture = g_new0 (Fixture, 1);
  SyncConnection *connection;

  fixture->folder = test_folder_new ();
  connection = test_database_new (fixture->folder, "worker.db", "WAL");
  test_sql (connection, "CREATE TABLE t (a)");
  fixture->worker = sync_worker_new (connection);
  return fixture;
}

static void
fixture_free (Fixture *fixture)
{
  g_clear_object (&fixture->worker);
  test_folder_remove (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free)

static gboolean
insert_number (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("INSERT INTO t VALUES (%d)", GPOINTER_TO_INT (data));

  return sync_connection_execute (connection, sql, error);
}

static gboolean
read_numbers (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  *(char **) data = test_query (connection, "SELECT a FROM t ORDER BY rowid");
  return TRUE;
}

static void
assert_numbers (SyncWorker *worker, const char *expected)
{
  g_autofree char *numbers = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_worker_call (worker, read_numbers, &numbers, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (numbers, ==, expected);
}

static void
test_work_runs_in_order (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GError) error = NULL;

  sync_worker_call_async (fixture->worker, insert_number, GINT_TO_POINTER (1), NULL, NULL, NULL,
                          NULL);
  g_assert_true (
      sync_worker_call (fixture->worker, insert_number, GINT_TO_POINTER (2), NULL, &error));
  sync_worker_call_async (fixture->worker, insert_number, GINT_TO_POINTER (3), NULL, NULL, NULL,
                          NULL);
  assert_numbers (fixture->worker, "1\n2\n3\n");
}

static gboolean
nest (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Fixture *fixture = data;

  g_assert_true (sync_worker_is_current (fixture->worker));
  fixture->thread = g_thread_self ();
  if (!sync_connection_begin (connection, error)
      || !sync_worker_call (fixture->worker, insert_number, GINT_TO_POINTER (7), NULL, error))
    return FALSE;
  g_assert_true (sync_connection_in_transaction (connection));
  return sync_connection_commit (connection, error);
}

static void
test_a_call_from_the_thread_itself_runs_at_once (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_worker_is_current (fixture->worker));
  g_assert_true (sync_worker_call (fixture->worker, nest, fixture, NULL, &error));
  g_assert_no_error (error);
  g_assert_true (fixture->thread != g_thread_self ());
  assert_numbers (fixture->worker, "7\n");
}

static gboolean
leave_open (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  g_assert_true (sync_connection_begin (connection, error));
  test_sql (connection, "INSERT INTO t VALUES (1)");
  return TRUE;
}

static gboolean
fail_silently (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  return FALSE;
}

static gboolean
fail (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  return sync_connection_execute (connection, "SELECT * FROM nowhere", error);
}

static void
test_an_open_transaction_is_rolled_back (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();

  g_assert_true (sync_worker_call (fixture->worker, leave_open, NULL, NULL, NULL));
  assert_numbers (fixture->worker, "");
}

static void
test_failures_come_back (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GError) error = NULL;

  g_assert_false (sync_worker_call (fixture->worker, fail, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_clear_error (&error);
  g_assert_false (sync_worker_call (fixture->worker, fail_silently, NULL, NULL, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_FAILED);
}

/* Asynchronously */

typedef struct
{
  GMainContext *context;
  gboolean done;
  gboolean freed;
  GThread *freed_on;
  gpointer result;
  GError *error;
} Call;

static void
note_freed (gpointer data)
{
  Call *call = data;

  call->freed = TRUE;
  call->freed_on = g_thread_self ();
}

static void
got_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Call *call = user_data;

  g_assert_false (call->freed);
  call->result = sync_worker_call_finish (SYNC_WORKER (source), result, &call->error);
  call->done = TRUE;
}

static gboolean
succeed (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  return TRUE;
}

static void
wait_for_call (Call *call)
{
  while (!call->done || !call->freed)
    g_main_context_iteration (call->context, TRUE);
}

static void
test_an_asynchronous_call_ends_where_it_began (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GMainContext) context = g_main_context_new ();
  Call good = { .context = context };
  Call bad = { .context = context };

  g_main_context_push_thread_default (context);
  sync_worker_call_async (fixture->worker, succeed, &good, note_freed, NULL, got_result, &good);
  sync_worker_call_async (fixture->worker, fail, &bad, note_freed, NULL, got_result, &bad);
  wait_for_call (&good);
  wait_for_call (&bad);
  g_main_context_pop_thread_default (context);
  g_assert_no_error (good.error);
  g_assert_true (good.result == &good);
  g_assert_true (good.freed_on == g_thread_self ());
  g_assert_error (bad.error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_null (bad.result);
  g_assert_true (bad.freed_on == g_thread_self ());
  g_clear_error (&bad.error);
}

static gboolean
wait_for_cancel (SyncConnection *connection, gpointer data, GCancellable *cancellable,
                 GError **error)
{
  GPollFD fd;

  /* The caller cancels once it knows that this runs. */
  g_atomic_int_set ((int *) data, 1);
  g_assert_true (g_cancellable_make_pollfd (cancellable, &fd));
  g_poll (&fd, 1, -1);
  g_cancellable_release_fd (cancellable);
  return !g_cancellable_set_error_if_cancelled (cancellable, error);
}

static gpointer
cancel_when_running (gpointer data)
{
  gpointer *both = data;

  while (g_atomic_int_get ((int *) both[0]) == 0)
    g_thread_yield ();
  g_cancellable_cancel (both[1]);
  return NULL;
}

static void
test_what_is_cancelled_stops_or_never_runs (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;
  int running = 0;
  gpointer both[] = { &running, cancellable };
  GThread *canceller = g_thread_new ("canceller", cancel_when_running, both);

  g_assert_false (
      sync_worker_call (fixture->worker, wait_for_cancel, &running, cancellable, &error));
  g_assert_true (sync_error_is_cancelled (error));
  g_clear_error (&error);
  g_thread_join (canceller);
  g_assert_false (
      sync_worker_call (fixture->worker, insert_number, GINT_TO_POINTER (1), cancellable, &error));
  g_assert_true (sync_error_is_cancelled (error));
  assert_numbers (fixture->worker, "");
}

static gboolean
commit_and_cancel (SyncConnection *connection, gpointer data, GCancellable *cancellable,
                   GError **error)
{
  test_sql (connection, "INSERT INTO t VALUES (5)");
  g_cancellable_cancel (cancellable);
  return TRUE;
}

static void
test_what_was_done_is_told_though_it_was_cancelled (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Call call = { 0 };

  sync_worker_call_async (fixture->worker, commit_and_cancel, &call, note_freed, cancellable,
                          got_result, &call);
  wait_for_call (&call);
  g_assert_no_error (call.error);
  assert_numbers (fixture->worker, "5\n");
}

/* The end */

static void
test_shutting_down_runs_what_was_given_and_refuses_the_rest (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  g_autofree char *path = g_build_filename (fixture->folder, "worker.db", NULL);
  g_autofree char *wal = g_strconcat (path, "-wal", NULL);
  g_autofree char *numbers = NULL;
  g_autoptr (SyncConnection) reader = NULL;
  g_autoptr (GError) error = NULL;
  Call call = { 0 };

  for (int i = 1; i <= 3; i++)
    sync_worker_call_async (fixture->worker, insert_number, GINT_TO_POINTER (i), NULL, NULL, NULL,
                            NULL);
  sync_worker_shut_down (fixture->worker);
  sync_worker_shut_down (fixture->worker);
  g_assert_false (g_file_test (wal, G_FILE_TEST_EXISTS));
  g_assert_false (sync_worker_call (fixture->worker, insert_number, NULL, NULL, &error));
  g_assert_true (sync_error_is_cancelled (error));
  sync_worker_call_async (fixture->worker, succeed, &call, note_freed, NULL, got_result, &call);
  wait_for_call (&call);
  g_assert_true (sync_error_is_cancelled (call.error));
  g_clear_error (&call.error);
  reader = sync_connection_open (path, SYNC_OPEN_READ_ONLY, 0, NULL);
  numbers = test_query (reader, "SELECT a FROM t");
  g_assert_cmpstr (numbers, ==, "1\n2\n3\n");
}

static gboolean
drop_last_reference (SyncConnection *connection, gpointer data, GCancellable *cancellable,
                     GError **error)
{
  gpointer *shared = data;

  /* Once the test has given up its own. */
  while (g_atomic_pointer_get (&shared[1]) == NULL)
    g_thread_yield ();
  g_object_unref (shared[0]);
  g_atomic_pointer_set (&shared[2], shared);
  return TRUE;
}

static void
test_the_last_reference_may_go_on_the_thread_itself (void)
{
  g_autoptr (Fixture) fixture = fixture_new ();
  gpointer shared[3] = { g_object_ref (fixture->worker), NULL, NULL };
  g_autoptr (GMainContext) context = g_main_context_new ();
  gpointer gone = fixture->worker;

  /* The context never runs, so the task that holds the worker goes with it. */
  g_main_context_push_thread_default (context);
  sync_worker_call_async (fixture->worker, drop_last_reference, shared, NULL, NULL, NULL, NULL);
  g_main_context_pop_thread_default (context);
  g_object_add_weak_pointer (G_OBJECT (fixture->worker), &gone);
  g_clear_object (&fixture->worker);
  g_atomic_pointer_set (&shared[1], shared);
  while (g_atomic_pointer_get (&shared[2]) == NULL)
    g_thread_yield ();
  while (gone != NULL)
    g_main_context_iteration (context, TRUE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/worker/work-runs-in-order", test_work_runs_in_order);
  g_test_add_func ("/worker/a-call-from-the-thread-itself-runs-at-once",
                   test_a_call_from_the_thread_itself_runs_at_once);
  g_test_add_func ("/worker/an-open-transaction-is-rolled-back",
                   test_an_open_transaction_is_rolled_back);
  g_test_add_func ("/worker/failures-come-back", test_failures_come_back);
  g_test_add_func ("/worker/an-asynchronous-call-ends-where-it-began",
                   test_an_asynchronous_call_ends_where_it_began);
  g_test_add_func ("/worker/what-is-cancelled-stops-or-never-runs",
                   test_what_is_cancelled_stops_or_never_runs);
  g_test_add_func ("/worker/what-was-done-is-told-though-it-was-cancelled",
                   test_what_was_done_is_told_though_it_was_cancelled);
  g_test_add_func ("/worker/shutting-down-runs-what-was-given-and-refuses-the-rest",
                   test_shutting_down_runs_what_was_given_and_refuses_the_rest);
  g_test_add_func ("/worker/the-last-reference-may-go-on-the-thread-itself",
                   test_the_last_reference_may_go_on_the_thread_itself);
  return g_test_run ();
}
