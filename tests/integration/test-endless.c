/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words.h"
#include "test-rig.h"

/* A cloud whose rows come to no end, and one that is only slow: a run ends, says why, and the next one goes on. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
#define N_NOTES 60
/* More than one page an hour, far fewer than there are rows before the run's patience ends. */
#define PAGE_TIME (10 * G_TIME_SPAN_MINUTE)

/* One row more for every page, for as long as somebody asks. */
static TestFault
add_a_row (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  TestDevice *writer = data;

  if (request != TEST_REQUEST_PULL)
    return TEST_FAULT_NONE;
  g_assert_cmpuint (test_faults_count (faults, TEST_REQUEST_PULL), <, 100);
  test_rig_advance (writer->rig, PAGE_TIME);
  test_device_sqlf (writer, "INSERT INTO notes (id, title) VALUES ('more %u', 'more')", number);
  test_device_sync (writer);
  return TEST_FAULT_NONE;
}

static TestFault
take_long (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  if (request == TEST_REQUEST_PULL)
    test_rig_advance (data, PAGE_TIME);
  return TEST_FAULT_NONE;
}

static void
insert_notes (TestDevice *device)
{
  test_device_sqlf (device,
                    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %d) "
                    "INSERT INTO notes (id, title) SELECT 'a' || i, 'title ' || i FROM n",
                    N_NOTES);
}

static TestRig *
begin (TestDevice **writer, TestDevice **reader)
{
  TestRig *rig = test_rig_new (&test_backend_vault, NOTES);

  *writer = test_rig_add (rig, "writer");
  *reader = test_rig_add (rig, "reader");
  insert_notes (*writer);
  test_device_sync (*writer);
  test_device_sql (*reader, "INSERT INTO notes (id, title) VALUES ('mine', 'dear to me')");
  test_faults_set_page_cap ((*reader)->faults, 1);
  return rig;
}

static guint
count_notes (TestDevice *device)
{
  g_autofree char *answer = test_device_query (device, "SELECT count (*) FROM notes WHERE id <> 'mine'");

  return (guint) g_ascii_strtoull (answer, NULL, 10);
}

/* It did not come to the end, says so in words of its own, and kept what it had read. */
static void
expect_unfinished (TestDevice *device, SyncRunKind kind, const SyncRunOptions *options)
{
  guint before = count_notes (device);
  g_autoptr (SyncResult) result = test_device_run (device, kind, options);
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL;

  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
  g_assert_cmpint (result->outcome, ==, SYNC_OUTCOME_FAILED);
  g_assert_cmpstr (sync_error_get_detail (result->error)->reason, ==, "endless");
  sync_words_for_error (result->error, &title, &detail, &next_step);
  g_assert_cmpstr (title, ==, "The rows of notes come to no end");
  g_assert_nonnull (strstr (detail, "is kept"));
  g_assert_nonnull (strstr (next_step, "Sync again"));
  g_assert_cmpuint (count_notes (device), >, before + 20);
  test_device_expect (device, "SELECT title FROM notes WHERE id = 'mine'", "dear to me\n");
  test_device_expect (device, "SELECT outcome FROM psync_history ORDER BY run DESC LIMIT 1", "failed\n");
}

/* Its head rises as fast as its rows are read. */
static void
test_endless (void)
{
  TestDevice *writer, *reader;
  g_autoptr (TestRig) rig = begin (&writer, &reader);

  test_faults_reset_counts (reader->faults);
  test_faults_set_hooks (reader->faults, add_a_row, NULL, writer);
  expect_unfinished (reader, SYNC_RUN_SYNC, NULL);
  test_faults_set_hooks (reader->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
}

/* Many rows on a slow way are not endless: run by run all of them come. */
static void
test_slow (gconstpointer data)
{
  SyncRunKind kind = GPOINTER_TO_INT (data);
  TestDevice *writer, *reader;
  g_autoptr (TestRig) rig = begin (&writer, &reader);
  guint n_runs = 0;

  test_faults_set_hooks (reader->faults, take_long, NULL, rig);
  for (; count_notes (reader) < N_NOTES - 25; n_runs++)
    expect_unfinished (reader, kind, NULL);
  g_assert_cmpuint (n_runs, >, 0);
  test_device_do (reader, kind, NULL);
  g_assert_cmpuint (count_notes (reader), ==, N_NOTES);
  test_faults_set_hooks (reader->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (writer, "SELECT title FROM notes WHERE id = 'mine'", "dear to me\n");
}

/* After a purge everything is read once more, and only what was not there at its end is gone elsewhere. */
static void
test_slow_scan (void)
{
  TestDevice *writer, *reader;
  g_autoptr (TestRig) rig = begin (&writer, &reader);
  g_autoptr (SyncResult) result = NULL;

  test_faults_set_page_cap (reader->faults, 0);
  test_rig_settle (rig);
  test_device_sql (writer, "DELETE FROM notes WHERE id IN ('a1', 'a2')");
  test_device_sync (writer);
  test_device_sql (writer, "UPDATE notes SET title = 'newest' WHERE id = 'a60'");
  test_device_sync (writer);
  test_rig_advance (rig, 31 * G_TIME_SPAN_DAY);
  test_rig_set_active (rig, reader, FALSE);
  test_rig_purge (rig);
  test_rig_set_active (rig, reader, TRUE);
  test_faults_set_page_cap (reader->faults, 1);
  test_faults_set_hooks (reader->faults, take_long, NULL, rig);
  result = test_device_run (reader, SYNC_RUN_SYNC, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
  test_device_expect (reader, "SELECT scan_version > 0 FROM psync_entity", "1\n");
  g_assert_cmpuint (count_notes (reader), ==, N_NOTES);
  test_faults_set_hooks (reader->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
  g_assert_cmpuint (count_notes (reader), ==, N_NOTES - 2);
}

typedef struct
{
  TestRig *rig;
  TestDevice *device;
  guint n_pages;
} Edit;

static TestFault
edit_late (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Edit *edit = data;

  if (request != TEST_REQUEST_PULL)
    return TEST_FAULT_NONE;
  test_rig_advance (edit->rig, PAGE_TIME);
  if (++edit->n_pages == 3)
    test_device_sql (edit->device, "INSERT INTO notes (id, title) VALUES ('late', 'written meanwhile')");
  return TEST_FAULT_NONE;
}

/* Who discards what was not sent means what there was when the run began. */
static void
test_discard_once (void)
{
  TestDevice *writer, *reader;
  g_autoptr (TestRig) rig = begin (&writer, &reader);
  SyncRunOptions options = { .discard_unsent = TRUE };
  Edit edit = { rig, reader, 0 };
  g_autoptr (SyncResult) result = NULL;

  test_faults_set_hooks (reader->faults, edit_late, NULL, &edit);
  result = test_device_run (reader, SYNC_RUN_HYDRATE, &options);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_PROTOCOL);
  test_faults_set_hooks (reader->faults, NULL, NULL, NULL);
  test_device_expect (reader, "SELECT id FROM notes WHERE id IN ('mine', 'late')", "late\n");
  test_rig_assert_converged (rig);
  test_device_expect (writer, "SELECT title FROM notes WHERE id = 'late'", "written meanwhile\n");
}

static TestFault
write_on (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  if (request == TEST_REQUEST_PUSH)
    test_device_sqlf (data, "UPDATE notes SET title = 'edit %u' WHERE id = 'mine'", number);
  return TEST_FAULT_NONE;
}

/* An application that writes as fast as we push keeps no run from its end: after five rounds the next one goes on. */
static void
test_busy_owner (void)
{
  TestDevice *writer, *reader;
  g_autoptr (TestRig) rig = begin (&writer, &reader);
  g_autoptr (SyncResult) result = NULL;

  test_faults_set_page_cap (reader->faults, 0);
  test_rig_settle (rig);
  test_device_sql (writer, "INSERT INTO notes (id, title) VALUES ('other', 'waits for nobody')");
  test_device_sync (writer);
  test_device_sql (reader, "UPDATE notes SET title = 'edit' WHERE id = 'mine'");
  test_faults_reset_counts (reader->faults);
  test_faults_set_hooks (reader->faults, write_on, NULL, reader);
  result = test_device_run (reader, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpint (result->outcome, ==, SYNC_OUTCOME_DONE);
  g_assert_cmpuint (result->total.pushed, ==, 5);
  g_assert_cmpuint (test_faults_count (reader->faults, TEST_REQUEST_PUSH), ==, 5);
  test_device_expect (reader, "SELECT title FROM notes WHERE id = 'other'", "waits for nobody\n");
  test_device_expect (reader, "SELECT count(*) FROM psync_change", "1\n");
  test_faults_set_hooks (reader->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (reader, "SELECT count(*) FROM psync_change", "0\n");
  test_device_expect (writer, "SELECT title LIKE 'edit _%' FROM notes WHERE id = 'mine'", "1\n");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/endless/a-head-that-rises-as-rows-are-read", test_endless);
  g_test_add_data_func ("/endless/a-slow-sync-is-done-run-by-run", GINT_TO_POINTER (SYNC_RUN_SYNC), test_slow);
  g_test_add_data_func ("/endless/a-slow-hydrate-is-done-run-by-run", GINT_TO_POINTER (SYNC_RUN_HYDRATE),
                        test_slow);
  g_test_add_func ("/endless/a-slow-scan-deletes-nothing-before-its-end", test_slow_scan);
  g_test_add_func ("/endless/what-is-written-meanwhile-is-not-discarded", test_discard_once);
  g_test_add_func ("/endless/a-busy-owner-keeps-no-run-from-its-end", test_busy_owner);
  return g_test_run ();
}
