/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-store.h"
#include "sync-ledger.h"
#include "sync-trail.h"
#include "test-store.h"

static gint64
begin (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  gint64 run = sync_store_begin_history (store, SYNC_RUN_SYNC, TEST_NOW, &error);

  g_assert_no_error (error);
  g_assert_cmpint (run, >, 0);
  return run;
}

static SyncResult *
finish (SyncStore *store, gint64 run, SyncOutcome outcome, gint64 finished_at)
{
  SyncResult *result = sync_result_new (SYNC_RUN_SYNC);
  g_autoptr (GError) error = NULL;

  result->run = run;
  result->outcome = outcome;
  result->started_at = TEST_NOW;
  result->finished_at = finished_at;
  result->requests = 1;
  sync_store_finish_history (store, result, &error);
  g_assert_no_error (error);
  return result;
}

static GPtrArray *
list (SyncStore *store, guint offset, guint limit)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *runs = sync_store_list_history (store, NULL, NULL, offset, limit, &error);

  g_assert_no_error (error);
  return runs;
}

static void
test_round_trip (SyncStore *store)
{
  g_autoptr (SyncResult) result = sync_result_new (SYNC_RUN_HYDRATE);
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GError) error = NULL;
  const SyncResult *read;
  SyncCounts *counts;

  result->run = begin (store);
  result->outcome = SYNC_OUTCOME_FAILED;
  result->started_at = TEST_NOW;
  result->finished_at = TEST_NOW + 9;
  result->requests = 12;
  result->bytes_sent = G_GUINT64_CONSTANT (5000000000);
  result->bytes_received = 13;
  result->error = sync_error_new (SYNC_ERROR_OFFLINE, "host", "for logs");
  counts = sync_result_counts_for (result, "no\"tes");
  *counts = (SyncCounts){ 1, 2, 3, 4, 5, 6, 7 };
  sync_result_counts_for (result, "other")->held = 1;
  sync_result_sum (result);
  g_assert_true (sync_store_finish_history (store, result, &error));

  runs = list (store, 0, 0);
  g_assert_cmpuint (runs->len, ==, 1);
  read = g_ptr_array_index (runs, 0);
  g_assert_cmpint (read->run, ==, result->run);
  g_assert_cmpint (read->kind, ==, SYNC_RUN_HYDRATE);
  g_assert_cmpint (read->outcome, ==, SYNC_OUTCOME_FAILED);
  g_assert_cmpint (read->started_at, ==, TEST_NOW);
  g_assert_cmpint (read->finished_at, ==, TEST_NOW + 9);
  g_assert_cmpuint (read->requests, ==, 12);
  g_assert_cmpuint (read->bytes_sent, ==, G_GUINT64_CONSTANT (5000000000));
  g_assert_cmpuint (read->bytes_received, ==, 13);
  g_assert_error (read->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpstr (sync_error_get_detail (read->error)->subject, ==, "host");
  g_assert_cmpmem (&read->total, sizeof read->total, &result->total, sizeof result->total);
  g_assert_cmpuint (read->entities->len, ==, 2);
  g_assert_cmpmem (sync_result_counts_for ((SyncResult *) read, "no\"tes"), sizeof *counts, counts,
                   sizeof *counts);
}

static void
test_killed_run_stays_running (SyncStore *store)
{
  g_autoptr (GPtrArray) runs = NULL;
  const SyncResult *read;

  begin (store);
  runs = list (store, 0, 0);
  read = g_ptr_array_index (runs, 0);
  g_assert_cmpint (read->outcome, ==, SYNC_OUTCOME_RUNNING);
  g_assert_cmpint (read->finished_at, ==, SYNC_TIME_UNKNOWN);
}

static void
test_idle_runs_fold (SyncStore *store)
{
  g_autoptr (SyncResult) first = finish (store, begin (store), SYNC_OUTCOME_NOTHING, TEST_NOW + 1);
  g_autoptr (SyncResult) second = finish (store, begin (store), SYNC_OUTCOME_NOTHING, TEST_NOW + 2);
  g_autoptr (SyncResult) third = finish (store, 0, SYNC_OUTCOME_NOTHING, TEST_NOW + 3);
  g_autoptr (GPtrArray) runs = list (store, 0, 0);
  const SyncResult *read = g_ptr_array_index (runs, 0);

  g_assert_cmpuint (runs->len, ==, 1);
  g_assert_cmpint (second->run, ==, first->run);
  g_assert_cmpint (third->run, ==, first->run);
  g_assert_cmpuint (read->repeats, ==, 2);
  g_assert_cmpuint (read->requests, ==, 3);
  g_assert_cmpint (read->started_at, ==, TEST_NOW);
  g_assert_cmpint (read->finished_at, ==, TEST_NOW + 3);
}

static void
test_work_between_idle_runs_is_kept_apart (SyncStore *store)
{
  g_autoptr (SyncResult) idle = finish (store, begin (store), SYNC_OUTCOME_NOTHING, TEST_NOW + 1);
  g_autoptr (SyncResult) work = finish (store, begin (store), SYNC_OUTCOME_DONE, TEST_NOW + 2);
  g_autoptr (SyncResult) idle_again
      = finish (store, begin (store), SYNC_OUTCOME_NOTHING, TEST_NOW + 3);
  g_autoptr (SyncResult) failed = finish (store, begin (store), SYNC_OUTCOME_FAILED, TEST_NOW + 4);
  g_autoptr (GPtrArray) runs = list (store, 0, 0);

  g_assert_cmpuint (runs->len, ==, 4);
  for (guint i = 0; i + 1 < runs->len; i++)
    {
      const SyncResult *newer = g_ptr_array_index (runs, i),
                       *older = g_ptr_array_index (runs, i + 1);

      g_assert_cmpint (newer->finished_at, >, older->finished_at);
    }
  g_assert_cmpuint (((SyncResult *) g_ptr_array_index (runs, 3))->repeats, ==, 0);
}

static void
test_idle_seed_is_no_idle_sync (SyncStore *store)
{
  g_autoptr (SyncResult) sync = finish (store, begin (store), SYNC_OUTCOME_NOTHING, TEST_NOW + 1);
  g_autoptr (SyncResult) seed = sync_result_new (SYNC_RUN_SEED);
  g_autoptr (GPtrArray) runs = NULL;
  g_autoptr (GError) error = NULL;

  seed->outcome = SYNC_OUTCOME_NOTHING;
  g_assert_true (sync_store_finish_history (store, seed, &error));
  g_assert_cmpint (seed->run, >, 0);
  g_assert_cmpint (seed->finished_at, ==, TEST_NOW);
  runs = list (store, 0, 0);
  g_assert_cmpuint (runs->len, ==, 2);
}

static void
test_pages (SyncStore *store)
{
  g_autoptr (GPtrArray) page = NULL;

  for (guint i = 0; i < 5; i++)
    {
      g_autoptr (SyncResult) result
          = finish (store, begin (store), SYNC_OUTCOME_DONE, TEST_NOW + i);
    }
  page = list (store, 1, 2);
  g_assert_cmpuint (page->len, ==, 2);
  g_assert_cmpint (((SyncResult *) g_ptr_array_index (page, 0))->finished_at, ==, TEST_NOW + 3);
  g_assert_cmpint (((SyncResult *) g_ptr_array_index (page, 1))->finished_at, ==, TEST_NOW + 2);
}

static void
test_last_sync_is_a_good_one (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) good = NULL, bad = NULL;
  gint64 time;

  g_assert_true (sync_store_get_last_sync (store, &time, &error));
  g_assert_cmpint (time, ==, SYNC_TIME_UNKNOWN);
  good = finish (store, begin (store), SYNC_OUTCOME_DONE, TEST_NOW + 1);
  bad = finish (store, begin (store), SYNC_OUTCOME_FAILED, TEST_NOW + 2);
  begin (store);
  g_assert_true (sync_store_get_last_sync (store, &time, &error));
  g_assert_cmpint (time, ==, TEST_NOW + 1);
  g_assert_no_error (error);
}

static void
test_trim_trace (SyncStore *store)
{
  g_autoptr (SyncResult) old = finish (store, begin (store), SYNC_OUTCOME_DONE, TEST_NOW);
  g_autoptr (SyncResult) fresh = finish (store, begin (store), SYNC_OUTCOME_DONE, TEST_NOW + 10);
  g_autoptr (GError) error = NULL;

  test_store_sql (
      store, "INSERT INTO psync_trace SELECT run, 'notes', '[[\"1\",1],[\"2\",1]]', 2, 'pushed' FROM psync_history");
  test_store_sql (
      store, "INSERT INTO psync_trace SELECT run, 'notes', '[[\"3\",2]]', 1, 'pulled' FROM psync_history");
  g_assert_cmpint (sync_store_trim_trace (store, TEST_NOW, &error), ==, 0);
  g_assert_cmpint (sync_store_trim_trace (store, TEST_NOW + 10, &error), ==, 3);
  test_assert_query (store, "SELECT count(*) FROM psync_trace", "2\n");
  test_assert_query (store, "SELECT count(*) FROM psync_history", "2\n");
  g_assert_no_error (error);
}

static void
expect_trace (SyncStore *store, gint64 run, const char *direction, guint offset, guint limit, const char *ids)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) list = sync_store_list_trace (store, run, direction, offset, limit, &error);
  g_autoptr (GArray) keys = sync_store_list_trace_keys (store, run, direction, &error);
  g_autoptr (GString) told = g_string_new (NULL);

  g_assert_no_error (error);
  for (guint i = 0; i < list->len; i++)
    {
      const SyncTrace *trace = g_ptr_array_index (list, i);

      g_assert_cmpint (trace->number, ==, g_array_index (keys, gint64, offset + i));
      g_assert_cmpint (trace->run, ==, run);
      g_string_append_printf (told, "%s:%" G_GINT64_FORMAT " ", trace->id, trace->version);
    }
  g_assert_cmpstr (told->str, ==, ids);
}

/* Rows that are one record are told one by one, with what was traced between them. */
static void
test_trace (SyncStore *store)
{
  gint64 run = begin (store), other = begin (store);
  SyncEntity *projects = sync_store_find_entity (store, "projects");
  g_autoptr (GError) error = NULL;
  g_auto (SyncTrail) trail;

  sync_trail_init (&trail);
  sync_trail_add (&trail, "'it''s \"a\"\n'", 1);
  sync_trail_add (&trail, "-5,'b'", G_MAXINT64);
  g_assert_true (sync_trail_write (&trail, store, run, projects, "pulled", &error));
  g_assert_true (sync_trail_write (&trail, store, run, projects, "pulled", &error));
  sync_trail_add (&trail, "'lost'", 3);
  sync_trail_drop (&trail);
  g_assert_true (sync_ledger_trace (store, run, projects, "'held'", 2, "held", &error));
  sync_trail_add (&trail, "'c'", 4);
  g_assert_true (sync_trail_write (&trail, store, run, projects, "pulled", &error));
  sync_trail_add (&trail, "'d'", 5);
  g_assert_true (sync_trail_write (&trail, store, other, projects, "pushed", &error));
  g_assert_no_error (error);

  expect_trace (store, run, NULL, 0, 0,
                "'it''s \"a\"\n':1 -5,'b':9223372036854775807 'held':2 'c':4 ");
  expect_trace (store, run, NULL, 1, 2, "-5,'b':9223372036854775807 'held':2 ");
  expect_trace (store, run, "pulled", 2, 9, "'c':4 ");
  expect_trace (store, other, NULL, 0, 0, "'d':5 ");
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_store_add ("/history-store/what-is-written-is-what-is-read", test_round_trip);
  test_store_add ("/history-store/killed-run-stays-running", test_killed_run_stays_running);
  test_store_add ("/history-store/idle-runs-fold-into-one", test_idle_runs_fold);
  test_store_add ("/history-store/work-between-idle-runs-is-kept-apart",
                  test_work_between_idle_runs_is_kept_apart);
  test_store_add ("/history-store/an-idle-seed-is-no-idle-sync", test_idle_seed_is_no_idle_sync);
  test_store_add ("/history-store/pages-are-newest-first", test_pages);
  test_store_add ("/history-store/last-sync-is-one-that-ended-well", test_last_sync_is_a_good_one);
  test_store_add ("/history-store/rows-of-one-record-are-told-one-by-one", test_trace);
  test_store_add ("/history-store/trimming-the-trace-keeps-the-runs", test_trim_trace);
  return g_test_run ();
}
