/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-store.h"

#include <glib/gstdio.h>

typedef struct
{
  SyncStore *store;
  TestStoreFunc func;
  const char *sql;
  char *rows;
} Work;

static gboolean
run_func (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *work = data;

  work->func (work->store);
  return TRUE;
}

static gboolean
run_sql (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *work = data;

  test_sql (connection, work->sql);
  return TRUE;
}

static gboolean
run_query (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *work = data;

  work->rows = test_query (connection, work->sql);
  return TRUE;
}

static void
call (SyncStore *store, SyncWorkerFunc func, Work *work)
{
  g_autoptr (GError) error = NULL;

  work->store = store;
  sync_worker_call (sync_store_get_worker (store), func, work, NULL, &error);
  g_assert_no_error (error);
}

void
test_store_run (SyncStore *store, TestStoreFunc func)
{
  Work work = { .func = func };

  call (store, run_func, &work);
}

void
test_store_sql (SyncStore *store, const char *sql)
{
  Work work = { .sql = sql };

  call (store, run_sql, &work);
}

char *
test_store_query (SyncStore *store, const char *sql)
{
  Work work = { .sql = sql };

  call (store, run_query, &work);
  return work.rows;
}

SyncStore *
test_store_open (const char *folder, SyncClock *clock)
{
  g_autofree char *path = g_build_filename (folder, "test.db", NULL);
  g_autoptr (GError) error = NULL;
  SyncStore *store = sync_store_open (path, SYNC_STORE_CREATE, NULL, clock, &error);

  g_assert_no_error (error);
  /* A test's database need not live through a power failure. */
  test_store_sql (store, "PRAGMA synchronous = OFF");
  return store;
}

static void
run_test (gconstpointer data)
{
  g_autofree char *folder = test_folder_new ();
  g_autoptr (SyncClock) clock = test_clock_new (TEST_NOW);
  g_autoptr (SyncStore) store = test_store_open (folder, clock);

  test_store_run (store, *(const TestStoreFunc *) data);
  sync_store_close (store);
  test_folder_remove (folder);
}

void
test_store_wait (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (NULL, TRUE);
}

void
test_store_advance (SyncStore *store, gint64 microseconds)
{
  test_clock_advance (sync_store_get_clock (store), microseconds);
}

/**
 * test_run_with_own_folders:
 *
 * To be called before anything asks GLib for a user's folder.
 *
 * Returns: as g_test_run()
 */
int
test_run_with_own_folders (void)
{
  static const char *const variables[] = { "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME",
                                           "XDG_RUNTIME_DIR", "XDG_STATE_HOME" };
  g_autofree char *folder = test_folder_new ();
  int status;

  for (guint i = 0; i < G_N_ELEMENTS (variables); i++)
    {
      g_autofree char *path = g_build_filename (folder, variables[i], NULL);

      g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
      g_setenv (variables[i], path, TRUE);
    }
  status = g_test_run ();
  test_folder_remove (folder);
  return status;
}

/**
 * test_store_add:
 * @path: the test's name
 * @func: the test
 */
void
test_store_add (const char *path, TestStoreFunc func)
{
  g_test_add_data_func_full (path, g_memdup2 (&func, sizeof func), run_test, g_free);
}
