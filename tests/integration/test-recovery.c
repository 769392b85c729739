/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-store.h"
#include "sync-recovery.h"
#include "sync-resolve.h"
#include "sync-snapshot.h"
#include "test-provider.h"
#include "test-rig.h"

#include <glib/gstdio.h>

/* What goes wrong between a device and its cloud, and with their files: nothing is lost, nothing comes twice, and
 * nobody has a conflict with himself. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
#define NO_CONFLICT "SELECT entity, id, kind, resolution FROM psync_conflict"

static void
insert_notes (TestDevice *device, const char *prefix, guint n)
{
  test_device_sqlf (device,
                    "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
                    "INSERT INTO notes (id, title, body, rank) SELECT '%s' || i, 'title ' || i, 'body', i FROM n",
                    n, prefix);
}

static void
expect_snapshot (TestDevice *device, const char *reason, gboolean expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) snapshots = sync_snapshot_list (device->path, &error);
  gboolean found = FALSE;

  g_assert_no_error (error);
  for (guint i = 0; i < snapshots->len; i++)
    found = found || strstr (((SyncSnapshot *) g_ptr_array_index (snapshots, i))->name, reason) != NULL;
  g_assert_true (found == expected);
}

/* --- Every fault at every request --------------------------------------------------------------- */

typedef struct
{
  TestRig *rig;
  TestDevice *device;
  guint at;
  TestFault fault;
  gboolean crash;
  gboolean happened;
} Trouble;

static TestFault
make_trouble (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Trouble *trouble = data;

  if (trouble->crash && trouble->happened)
    return TEST_FAULT_REFUSED;
  if (number != trouble->at)
    return TEST_FAULT_NONE;
  trouble->happened = TRUE;
  if (trouble->crash)
    test_device_save (trouble->device, "crash");
  return trouble->fault;
}

/* Both sides have inserts, edits and deletions that the other does not know yet, for several requests. */
static void
prepare_work (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  insert_notes (*a, "a", 6);
  insert_notes (*b, "b", 6);
  test_rig_settle (rig);
  test_device_sql (*a, "DELETE FROM notes WHERE id IN ('a1', 'b1'); UPDATE notes SET title = 'by a' "
                       "WHERE id IN ('a2', 'a3', 'b2', 'b3'); INSERT INTO notes VALUES ('new a', 'n', 'n', 1), "
                       "('new a2', 'n', 'n', 2)");
  test_device_sql (*b, "DELETE FROM notes WHERE id IN ('a4', 'b4'); UPDATE notes SET body = 'by b' "
                       "WHERE id IN ('a2', 'a5', 'b2', 'b5'); INSERT INTO notes VALUES ('new b', 'n', 'n', 1), "
                       "('new b2', 'n', 'n', 2)");
  test_device_sync (*b);
  test_faults_set_page_cap ((*a)->faults, 3);
}

static void
expect_work_done (TestRig *rig, TestDevice *a, TestDevice *b)
{
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title, body FROM notes ORDER BY id",
                      "a2|by a|by b\na3|by a|body\na5|title 5|by b\na6|title 6|body\nb2|by a|by b\nb3|by a|body\n"
                      "b5|title 5|by b\nb6|title 6|body\nnew a|n|n\nnew a2|n|n\nnew b|n|n\nnew b2|n|n\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

/* Returns whether there was such a request. */
static gboolean
try_trouble (guint at, TestFault fault, gboolean crash)
{
  g_autoptr (TestRig) rig = test_rig_new (&test_backend_vault, NOTES);
  SyncRunOptions options = { .batch_size = 2 };
  g_autoptr (SyncResult) result = NULL;
  Trouble trouble = { .rig = rig, .at = at, .fault = fault, .crash = crash };
  TestDevice *a, *b;

  prepare_work (rig, &a, &b);
  trouble.device = a;
  test_faults_reset_counts (a->faults);
  test_faults_set_lateness (a->faults, 4);
  test_faults_set_hooks (a->faults, make_trouble, NULL, &trouble);
  result = test_device_run (a, SYNC_RUN_SYNC, &options);
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  if (crash && trouble.happened)
    test_device_load (a, "crash");
  expect_work_done (rig, a, b);
  return trouble.happened;
}

static void
test_fault (gconstpointer data)
{
  TestFault fault = (TestFault) GPOINTER_TO_INT (data);
  guint at = 0;

  while (try_trouble (at, fault, FALSE))
    at++;
  g_assert_cmpuint (at, >, 10);
}

static void
test_crash (gconstpointer data)
{
  TestFault fault = (TestFault) GPOINTER_TO_INT (data);
  guint at = 0;

  while (try_trouble (at, fault, TRUE))
    at++;
  g_assert_cmpuint (at, >, 10);
}

/* --- Sends without an answer -------------------------------------------------------------------- */

static void
sync_with_lost_push (TestDevice *device)
{
  test_faults_plan (device->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_LOST);
  test_device_fail (device, SYNC_ERROR_OFFLINE);
}

static void
test_edit_after_lost_reply (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 4);
  sync_with_lost_push (a);
  test_device_sql (a, "UPDATE notes SET title = 'again' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2';"
                      "UPDATE notes SET id = 'moved' WHERE id = 'a3'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a1|again\na4|title 4\nmoved|title 3\n");
  test_device_sql (a, "UPDATE notes SET title = 'once more' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a4'");
  sync_with_lost_push (a);
  test_device_sql (a, "UPDATE notes SET title = 'and back' WHERE id = 'a1'; INSERT INTO notes (id) VALUES ('a4')");
  sync_with_lost_push (a);
  test_device_sql (a, "UPDATE notes SET title = 'again' WHERE id = 'a1'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a1|again\na4|\nmoved|title 3\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

/* Another device edits on top of what came through without its sender's knowing. */
static void
test_edit_on_top_of_lost_reply (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'by a' WHERE id = 'a1'");
  sync_with_lost_push (a);
  test_device_sync (b);
  test_device_sql (b, "UPDATE notes SET body = 'by b' WHERE id = 'a1'");
  test_device_sync (b);
  test_rig_advance (rig, G_TIME_SPAN_SECOND);
  test_device_sql (a, "UPDATE notes SET title = 'by a again' WHERE id = 'a1'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes WHERE id = 'a1'", "by a again|by b\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* Our new row arrived, nobody told us, and somebody edited it there: it looks like another row that happened to get
 * the same number. Ours gets a new one, and since that may make a copy, it is on record. */
static void
test_number_after_lost_reply (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO numbers (name) VALUES ('one')");
  sync_with_lost_push (a);
  test_device_sync (b);
  test_device_sql (b, "UPDATE numbers SET name = 'by b' WHERE id = 1");
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM numbers ORDER BY id", "1|by b\n2|one\n");
  test_device_expect (a, "SELECT id, kind, state, local ->> '$.name', remote ->> '$.name', resolution, resolved_by "
                         "FROM psync_conflict",
                      "1|edit-edit|resolved|one|by b|both|new-key\n");
  test_device_expect (b, NO_CONFLICT, "");
}

/* Where nothing was sent, it is surely another row, and nothing to tell. */
static void
test_number_never_sent (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO numbers (name) VALUES ('one')");
  test_device_sql (b, "INSERT INTO numbers (name) VALUES ('by b')");
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM numbers ORDER BY id", "1|by b\n2|one\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* A push that arrives long after its sender gave it up changes nothing any more. */
static void
test_late_push (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  for (guint lateness = 1; lateness < 12; lateness++)
    {
      test_device_sqlf (a, "UPDATE notes SET title = 'early %u' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'x'",
                        lateness);
      test_faults_set_lateness (a->faults, lateness);
      test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_LATE);
      test_device_fail (a, SYNC_ERROR_OFFLINE);
      test_device_sqlf (a, "UPDATE notes SET title = 'late %u' WHERE id = 'a1'; INSERT INTO notes (id) VALUES ('x')",
                        lateness);
      test_rig_settle (rig);
      test_faults_deliver ();
      test_rig_assert_converged (rig);
      test_device_expect (b, "SELECT title LIKE 'late %' FROM notes WHERE id = 'a1'", "1\n");
    }
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

static TestFault
edit_before_push (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  if (request == TEST_REQUEST_PUSH)
    {
      test_faults_set_hooks (faults, NULL, NULL, NULL);
      test_device_sql (data, "UPDATE notes SET title = 'meanwhile' WHERE id = 'a1'");
    }
  return TEST_FAULT_NONE;
}

/* A row edited while its push is under way goes on waiting, whatever brought it into the outbox. */
static void
test_edit_while_sending (TestRig *rig)
{
  static const char *const states[] = { "UPDATE psync_change SET seq = 1", "UPDATE psync_change SET seq = 0" };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++)
    {
      test_device_sql (a, "UPDATE notes SET title = 'before' WHERE id = 'a1'");
      test_device_sql (a, states[i]);
      test_faults_set_hooks (a->faults, edit_before_push, NULL, a);
      test_device_sync (a);
      test_device_expect (a, "SELECT title FROM notes WHERE id = 'a1'", "meanwhile\n");
      test_rig_assert_converged (rig);
      test_device_expect (b, "SELECT title FROM notes WHERE id = 'a1'", "meanwhile\n");
    }
}

/* Being offline uses up no attempt; being asked for patience does, and then a person decides. */
static void
test_attempts (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_settle (rig);
  insert_notes (a, "a", 2);
  for (guint i = 0; i < 10; i++)
    {
      test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_REFUSED);
      test_device_fail (a, SYNC_ERROR_OFFLINE);
    }
  test_device_expect (a, "SELECT DISTINCT state, attempts FROM psync_change", "pending|0\n");
  test_faults_set_error (a->faults, SYNC_ERROR_LATER, NULL);
  test_faults_set_status (a->faults, 503);
  for (guint i = 0; i < 3; i++)
    {
      test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_REFUSED);
      test_device_fail (a, SYNC_ERROR_LATER);
      test_device_expect (a, "SELECT count(*) FROM psync_change WHERE next_attempt_at IS NULL", "0\n");
      test_rig_advance (rig, G_TIME_SPAN_HOUR);
    }
  test_device_expect (a, "SELECT DISTINCT state, attempts FROM psync_change", "failed|3\n");
  test_device_assert_quiet (a);
  test_device_sql (a, "UPDATE notes SET title = 'new' WHERE id = 'a1'");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, state FROM psync_change", "'a2'|failed\n");
}

static TestFault
refuse_pushes (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  return request == TEST_REQUEST_PUSH ? TEST_FAULT_REFUSED : TEST_FAULT_NONE;
}

/* Somebody in the cloud keeps everybody from writing, for as long as it pleases: no row fails for good. */
static void
test_kept_waiting (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  test_rig_settle (rig);
  insert_notes (a, "a", 1);
  test_faults_set_error (a->faults, SYNC_ERROR_LATER, "55P03");
  test_faults_set_status (a->faults, 500);
  test_faults_set_hooks (a->faults, refuse_pushes, NULL, NULL);
  for (guint i = 0; i < 3; i++)
    {
      test_device_fail (a, SYNC_ERROR_LATER);
      test_rig_advance (rig, G_TIME_SPAN_HOUR);
    }
  test_device_expect (a, "SELECT state, attempts FROM psync_change", "pending|0\n");
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
}

static TestFault
break_large (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  TestDevice *device = data;
  g_autofree char *sent = NULL;

  if (request != TEST_REQUEST_PUSH)
    return TEST_FAULT_NONE;
  sent = test_device_query (device, "SELECT json_array_length (body) FROM psync_batch ORDER BY batch DESC LIMIT 1");
  return g_ascii_strtoll (sent, NULL, 10) > 3 ? TEST_FAULT_REFUSED : TEST_FAULT_NONE;
}

/* A connection that breaks is nobody's fault: however often, nothing fails for good. Where only large requests break,
 * smaller ones are made. */
static void
test_broken_connection (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  guint n = 0;

  test_rig_settle (rig);
  insert_notes (a, "a", 20);
  test_faults_set_error (a->faults, SYNC_ERROR_LATER, NULL);
  for (guint i = 0; i < 10; i++)
    {
      test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, i % 2 == 0 ? TEST_FAULT_LOST : TEST_FAULT_REFUSED);
      test_device_fail (a, SYNC_ERROR_LATER);
      test_rig_advance (rig, G_TIME_SPAN_MINUTE);
      test_device_sql (a, "UPDATE notes SET rank = rank + 1");
    }
  test_device_expect (a, "SELECT DISTINCT state FROM psync_change", "pending\n");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE notes SET title = 'again'");
  test_faults_set_hooks (a->faults, break_large, NULL, a);
  for (gboolean busy = TRUE; busy; n++)
    {
      g_autoptr (SyncResult) result = test_device_run (a, SYNC_RUN_SYNC, NULL);

      g_assert_cmpuint (n, <, 100);
      busy = result->error != NULL;
      test_rig_advance (rig, G_TIME_SPAN_MINUTE);
    }
  test_device_expect (a, "SELECT * FROM psync_change", "");
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count (*) FROM notes WHERE title = 'again'", "20\n");
}

/* --- A row's fault ------------------------------------------------------------------------------ */

typedef struct
{
  TestDevice *device;
  SyncError code;
} Refusal;

/* A cloud that does not take one row: whatever batch it is in. */
static void
test_halving (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (SyncResult) result = NULL;

  insert_notes (a, "a", 20);
  test_faults_set_poison (a->faults, "title 13", SYNC_ERROR_ROW_REFUSED);
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pushed, ==, 19);
  g_assert_cmpuint (result->total.refused, ==, 1);
  test_device_expect (a, "SELECT id, state FROM psync_change", "'a13'|refused\n");
  test_device_expect (a, "SELECT title FROM notes WHERE id = 'a13'", "title 13\n");
  test_device_assert_quiet (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT count(*) FROM notes", "19\n");
  /* A local edit makes it due again. */
  test_device_sql (a, "UPDATE notes SET title = 'good' WHERE id = 'a13'");
  test_rig_assert_converged (rig);
}

/* Where the cloud refuses hundreds of rows for the sake of others, a few find out whether all are worth another try. */
static void
test_many_hindered (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (SyncResult) result = NULL;

  insert_notes (a, "a", 300);
  test_faults_set_error (a->faults, SYNC_ERROR_OFFLINE, "23505");
  test_faults_set_poison (a->faults, "title", SYNC_ERROR_ROW_REFUSED);
  test_device_sync (a);
  test_device_expect (a, "SELECT count(*) FROM psync_change WHERE state = 'refused'", "300\n");
  insert_notes (b, "b", 1);
  test_device_sync (b);
  test_faults_reset_counts (a->faults);
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.refused, ==, 100);
  g_assert_cmpuint (test_faults_count (a->faults, TEST_REQUEST_PUSH), <, 300);
  test_device_expect (a, "SELECT count(*) FROM psync_change WHERE state = 'refused'", "300\n");
  test_device_assert_quiet (a);
  test_faults_set_poison (a->faults, NULL, SYNC_ERROR_ROW_REFUSED);
  insert_notes (b, "c", 1);
  test_device_sync (b);
  test_device_sync (a);
  test_device_expect (a, "SELECT count(*) FROM psync_change", "0\n");
  test_rig_assert_converged (rig);
}

/* Whatever is noted about how many rows go at a time: some do. */
static void
test_odd_limits (TestRig *rig)
{
  static const char *const limits[] = { "4294967296", "9223372036854775807", "-1", "0", "1" };
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sync (a);
  for (guint i = 0; i < G_N_ELEMENTS (limits); i++)
    {
      g_autofree char *prefix = g_strdup_printf ("%c", 'a' + i);

      test_device_sqlf (a, "INSERT OR REPLACE INTO psync_meta (key, value) VALUES ('batch-limit', '%s')", limits[i]);
      insert_notes (a, prefix, 5);
      test_device_sync (a);
      test_device_expect (a, "SELECT count(*) FROM psync_change", "0\n");
    }
  test_rig_assert_converged (rig);
}

/* Too big or too slow: less at a time. It may have gone through all the same. */
static void
test_too_large (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 20);
  test_faults_set_error (a->faults, SYNC_ERROR_TOO_LARGE, NULL);
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_REFUSED);
  test_device_sync (a);
  test_rig_assert_converged (rig);
  insert_notes (a, "b", 20);
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_LOST);
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "40\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* A page that is too much is asked for again with a quarter of its rows, and so are those behind it. */
static void
test_page_too_large (TestRig *rig)
{
  SyncRunOptions options = { .batch_size = 16 };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 40);
  test_device_sync (a);
  test_faults_set_error (b->faults, SYNC_ERROR_TOO_LARGE, NULL);
  test_faults_plan (b->faults, TEST_REQUEST_PULL, 0, TEST_FAULT_REFUSED);
  test_faults_reset_counts (b->faults);
  test_device_do (b, SYNC_RUN_SYNC, &options);
  g_assert_cmpuint (test_faults_count (b->faults, TEST_REQUEST_PULL), >=, 1 + 40 / 4);
  g_assert_cmpuint (test_faults_count (b->faults, TEST_REQUEST_PULL), <=, 3 + 40 / 4);
  test_device_expect (b, "SELECT count(*) FROM notes", "40\n");
  test_rig_assert_converged (rig);
}

/* One row alone is too much: it is refused, but perhaps it went through. */
static void
test_one_row_too_large (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  insert_notes (a, "a", 1);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'large'");
  test_faults_set_error (a->faults, SYNC_ERROR_TOO_LARGE, "sqlite-18");
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_LOST);
  test_device_sync (a);
  test_device_sql (a, "UPDATE notes SET title = 'less'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "less\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* Nobody says that one row alone is too much, only that it took too long: anything may be slow. */
static void
test_one_row_too_slow (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  insert_notes (a, "a", 1);
  test_faults_set_error (a->faults, SYNC_ERROR_TOO_LARGE, NULL);
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 0, TEST_FAULT_REFUSED);
  test_device_fail (a, SYNC_ERROR_LATER);
  test_device_expect (a, "SELECT state, attempts FROM psync_change", "pending|1\n");
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_rig_assert_converged (rig);
  test_device_expect (a, NO_CONFLICT, "");
}

/* --- Copied, restored and moved databases ------------------------------------------------------- */

static void
test_copied (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b;

  insert_notes (a, "a", 4);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'pending'; INSERT INTO notes VALUES ('n', 'new', NULL, 1);"
                      "DELETE FROM notes WHERE id = 'a4'");
  b = test_rig_clone (rig, a, "b");
  test_device_sync (a);
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (b, NO_CONFLICT, "");
  /* Both go on. */
  test_device_sql (a, "UPDATE notes SET title = 'by a' WHERE id = 'a1'; INSERT INTO notes (id) VALUES ('by a')");
  test_device_sql (b, "UPDATE notes SET body = 'by b' WHERE id = 'a1'; INSERT INTO notes (id) VALUES ('by b')");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes WHERE id = 'a1'", "by a|by b\n");
  test_device_expect (a, "SELECT count(*) FROM notes", "6\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

/* A copy of a file that has never been synced: what both have is one row, not two. */
static void
test_copied_before_first_sync (TestRig *rig)
{
  TestDevice *a = test_rig_add_with_rows (rig, "a", "INSERT INTO numbers VALUES (1, 'one'), (2, 'two')");
  TestDevice *b = test_rig_clone (rig, a, "b");

  test_device_sql (b, "UPDATE numbers SET name = 'b' WHERE id = 2; DELETE FROM numbers WHERE id = 1");
  test_device_sync (a);
  test_device_sync (b);
  test_rig_settle (rig);
  test_rig_assert_equal (rig);
  test_device_expect (a, "SELECT count(*) <= 2 FROM numbers", "1\n");
}

/* A copy beside its original: what waited in both is one row, also when it was edited in between, and the list of
 * devices tells them apart. A file that was only moved is what it was. */
static void
test_copied_number (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *c = test_rig_add (rig, "c");
  TestDevice *b;
  g_autofree char *before = NULL, *copied = NULL, *after = NULL;

  test_rig_settle (rig);
  before = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  test_device_sql (a, "INSERT INTO numbers VALUES (5, 'five')");
  b = test_rig_clone (rig, a, "b");
  test_device_sync (a);
  test_device_sync (c);
  test_device_sql (c, "UPDATE numbers SET name = 'six' WHERE id = 5");
  test_device_sync (c);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM numbers", "5|six\n");
  copied = test_device_query (b, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  after = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpstr (before, !=, copied);
}

static void
test_restored (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 4);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET rank = 100 WHERE id = 'a2'");
  test_device_save (a, "old");
  test_device_sql (a, "UPDATE notes SET title = 'later' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a3';"
                      "INSERT INTO notes (id) VALUES ('n')");
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE notes SET body = 'b'");
  test_device_sync (b);
  test_device_load (a, "old");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title, body, rank FROM notes ORDER BY id",
                      "a1|later|b|1\na2|title 2|b|100\na4|title 4|b|4\nn||b|\n");
  test_device_expect (a, NO_CONFLICT, "");
}

static void
test_moved (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autofree char *folder = g_build_filename (rig->folder, "elsewhere", NULL);
  g_autofree char *path = g_build_filename (folder, "other name.db", NULL);
  g_autofree char *before = NULL, *after = NULL;

  before = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'x'");
  test_device_close (a);
  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  g_assert_cmpint (g_rename (a->path, path), ==, 0);
  g_free (a->path);
  a->path = g_steal_pointer (&path);
  test_device_open (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "x\nx\n");
  after = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  g_assert_cmpstr (before, ==, after);
}

/* --- The cloud ---------------------------------------------------------------------------------- */

static void
move_vault (TestRig *rig, const char *from, const char *to)
{
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *source = g_strconcat (path, from, NULL);
  g_autofree char *target = g_strconcat (path, to, NULL);

  g_assert_cmpint (g_rename (source, target), ==, 0);
  for (guint i = 0; i < rig->devices->len; i++)
    test_device_reconnect (g_ptr_array_index (rig->devices, i));
}

/* Another vault where the old one was: nothing goes there before somebody says so. */
static void
test_replaced_cloud (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b;

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'waits' WHERE id = 'a1'");
  move_vault (rig, "", ".away");
  b = test_rig_add (rig, "b");
  insert_notes (b, "b", 2);
  test_device_sync (b);
  test_device_reconnect (a);
  test_device_fail (a, SYNC_ERROR_OTHER_CLOUD);
  test_device_expect (a, "SELECT count(*) FROM notes", "2\n");
  test_device_expect (a, "SELECT count(*) FROM psync_change", "1\n");
  test_device_expect (b, "SELECT count(*) FROM notes", "2\n");
  test_rig_remove (rig, b);
  move_vault (rig, ".away", "");
  test_rig_assert_converged (rig);
}

static void
begin_restored_cloud (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  insert_notes (*a, "a", 4);
  test_rig_settle (rig);
  test_rig_save_vault (rig);
  test_device_sql (*a, "UPDATE notes SET title = 'later' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2';"
                       "INSERT INTO notes VALUES ('n', 'new', NULL, 1)");
  test_device_sql (*b, "UPDATE notes SET body = 'by b' WHERE id = 'a3'");
  test_rig_settle (rig);
  test_device_sql (*b, "UPDATE notes SET body = 'waits' WHERE id = 'a4'");
}

/* Nothing is lost, and nothing comes twice: what only devices had is there again, and where the cloud has other
 * contents, which nobody can tell the age of, the device's are in the record. A row deleted since returns. */
static void
expect_restored (TestRig *rig, TestDevice *a, TestDevice *b)
{
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title, body FROM notes WHERE id NOT LIKE 'b%' ORDER BY id",
                      "a1|title 1|body\na2|title 2|body\na3|title 3|body\na4|title 4|body\nn|new|\n");
  test_device_expect (a, "SELECT id, local ->> '$.title', local ->> '$.body' FROM psync_conflict ORDER BY id",
                      "'a1'|later|body\n'a3'|title 3|by b\n");
  test_device_expect (b, "SELECT id, local ->> '$.title', local ->> '$.body' FROM psync_conflict ORDER BY id",
                      "'a1'|later|body\n'a3'|title 3|by b\n'a4'|title 4|waits\n");
  expect_snapshot (a, "reset", TRUE);
  expect_snapshot (b, "reset", TRUE);
}

static void
test_restored_cloud (TestRig *rig)
{
  TestDevice *a, *b;

  begin_restored_cloud (rig, &a, &b);
  test_rig_load_vault (rig);
  expect_restored (rig, a, b);
}

static void
test_restored_cloud_with_epoch (TestRig *rig)
{
  TestDevice *a, *b;

  begin_restored_cloud (rig, &a, &b);
  test_rig_load_vault (rig);
  test_rig_new_epoch (rig);
  expect_restored (rig, a, b);
}

/* Another device wrote to the restored cloud before this one came back: its head is not lower any more. */
static void
test_restored_cloud_went_on (TestRig *rig)
{
  TestDevice *a, *b;

  begin_restored_cloud (rig, &a, &b);
  test_rig_load_vault (rig);
  test_device_sql (b, "UPDATE notes SET rank = rank");
  test_device_sync (b);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  insert_notes (b, "b", 3);
  test_device_sync (b);
  expect_restored (rig, a, b);
}

/* What was lost there was only pushed, never read back, and others wrote since: the device row tells. */
static void
test_restored_cloud_after_seed (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 4);
  test_rig_settle (rig);
  test_rig_save_vault (rig);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (b, "UPDATE notes SET body = 'by b' WHERE id = 'a3'");
  test_device_do (b, SYNC_RUN_SEED, NULL);
  test_rig_load_vault (rig);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  insert_notes (a, "b", 3);
  test_device_sync (a);
  test_device_sync (b);
  expect_snapshot (b, "reset", TRUE);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT local ->> '$.body' FROM psync_conflict", "by b\n");
}

/* Restored from before this device came to it. */
static void
test_cloud_from_before (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b;

  insert_notes (a, "a", 2);
  test_device_sync (a);
  test_rig_save_vault (rig);
  b = test_rig_add (rig, "b");
  insert_notes (b, "b", 2);
  test_rig_settle (rig);
  test_rig_load_vault (rig);
  test_device_sql (a, "UPDATE notes SET title = 'x'");
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*) FROM notes", "4\n");
  expect_snapshot (b, "reset", TRUE);
}

static void
test_new_epoch (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'waits' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2'");
  test_rig_new_epoch (rig);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a1|title 1\na2|title 2\na3|title 3\n");
  test_device_expect (a, "SELECT id, kind, local ->> '$.title' FROM psync_conflict ORDER BY id",
                      "'a1'|edit-edit|waits\n'a2'|delete-edit|\n");
  expect_snapshot (a, "reset", TRUE);
  test_device_assert_quiet (a);
}

static void
delete_all (TestRig *rig)
{
  g_autoptr (SyncProvider) provider = test_rig_connect (rig);
  g_autoptr (GError) error = NULL;

  g_assert_true (test_delete_all (provider, &error));
  g_assert_no_error (error);
}

static void
activate (TestRig *rig, TestDevice *device)
{
  test_rig_set_active (rig, device, TRUE);
}

#define COUNT_NOTES "SELECT count(*) FROM notes"

/* Everybody stops and keeps everything, also a copy on another computer that the cloud never heard of. What is
 * registered again brings its rows; nothing is deleted anywhere. */
static void
test_everything_deleted (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  TestDevice *c;

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  c = test_rig_clone (rig, b, "c");
  test_device_sql (c, "UPDATE psync_meta SET value = 'another computer' WHERE key = 'machine'");
  delete_all (rig);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  insert_notes (a, "new", 1);
  test_device_fail (a, SYNC_ERROR_REVOKED);
  test_device_fail (b, SYNC_ERROR_REVOKED);
  test_device_fail (c, SYNC_ERROR_REVOKED);
  test_device_expect (a, COUNT_NOTES, "4\n");
  test_device_expect (b, COUNT_NOTES, "3\n");
  test_device_expect (c, COUNT_NOTES, "3\n");
  activate (rig, a);
  test_device_sync (a);
  expect_snapshot (a, "reset", TRUE);
  test_device_fail (b, SYNC_ERROR_REVOKED);
  test_device_expect (b, COUNT_NOTES, "3\n");
  activate (rig, b);
  test_rig_assert_converged (rig);
  test_device_expect (a, COUNT_NOTES, "4\n");
  test_device_expect (c, COUNT_NOTES, "4\n");
}

/* A head that a late replica gives is asked for once more before it is believed. */
static void
test_vault_away (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autofree char *path = test_rig_vault_path (rig);

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'x'");
  move_vault (rig, "", ".away");
  for (guint i = 0; i < rig->devices->len; i++)
    g_object_set (test_faults_get_inner (a->faults), "create", FALSE, NULL);
  test_device_fail (a, SYNC_ERROR_OFFLINE);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  move_vault (rig, ".away", "");
  test_rig_assert_converged (rig);
}

/* --- Purged deletions --------------------------------------------------------------------------- */

/* `b` was away while rows were deleted and their tombstones purged. */
static void
begin_purged (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  insert_notes (*a, "a", 6);
  test_rig_settle (rig);
}

static void
purge (TestRig *rig, TestDevice *a, TestDevice *b)
{
  test_device_sql (a, "DELETE FROM notes WHERE id IN ('a1', 'a2', 'a3')");
  test_device_sync (a);
  test_device_sql (a, "UPDATE notes SET title = 'newest' WHERE id = 'a6'");
  test_device_sync (a);
  /* What an active device has not read stays; a revoked one is not waited for. */
  test_rig_advance (rig, 31 * G_TIME_SPAN_DAY);
  test_rig_set_active (rig, b, FALSE);
  test_rig_purge (rig);
  test_rig_set_active (rig, b, TRUE);
}

static void
test_purged (TestRig *rig)
{
  TestDevice *a, *b;

  begin_purged (rig, &a, &b);
  purge (rig, a, b);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "a4\na5\na6\n");
  test_device_expect (b, "SELECT id, kind, resolution, local ->> '$.title' FROM psync_conflict ORDER BY id",
                      "'a1'|scan|remote|title 1\n'a2'|scan|remote|title 2\n'a3'|scan|remote|title 3\n");
  test_device_expect (b, "SELECT count(*) FROM psync_row", "3\n");
}

/* Edited here meanwhile: delete against edit. Newer than a deletion whose time nobody knows any more. */
static void
test_purged_and_edited (TestRig *rig)
{
  TestDevice *a, *b;

  begin_purged (rig, &a, &b);
  test_device_sql (b, "UPDATE notes SET title = 'edited' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2'");
  purge (rig, a, b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "a1|edited\na4|title 4\na5|title 5\na6|newest\n");
  test_device_expect (b, "SELECT id, kind, resolution FROM psync_conflict ORDER BY id",
                      "'a1'|edit-delete|local\n'a3'|scan|remote\n");
}

/* A hydrate reads everything that is there, but what is gone it must look for like every other run. */
static void
test_purged_then_hydrate (TestRig *rig)
{
  TestDevice *a, *b;

  begin_purged (rig, &a, &b);
  purge (rig, a, b);
  test_device_do (b, SYNC_RUN_HYDRATE, NULL);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "a4\na5\na6\n");
}

static TestFault
fail_second_page (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  return request == TEST_REQUEST_PULL && ++*(guint *) data == 2 ? TEST_FAULT_REFUSED : TEST_FAULT_NONE;
}

/* A scan is interrupted, and meanwhile more is deleted and purged, also rows that it has seen. */
static void
test_purged_while_scanning (TestRig *rig)
{
  TestDevice *a, *b;
  guint n_pages = 0;

  begin_purged (rig, &a, &b);
  insert_notes (a, "m", 10);
  test_rig_settle (rig);
  purge (rig, a, b);
  test_faults_set_page_cap (b->faults, 4);
  test_faults_set_hooks (b->faults, fail_second_page, NULL, &n_pages);
  test_device_fail (b, SYNC_ERROR_OFFLINE);
  test_faults_set_hooks (b->faults, NULL, NULL, NULL);
  test_device_expect (b, "SELECT scan_version > 0 FROM psync_entity", "1\n");
  test_device_sql (a, "DELETE FROM notes WHERE id IN ('a4', 'a5', 'm1', 'm9')");
  test_device_sync (a);
  test_device_sql (a, "UPDATE notes SET title = 'newest' WHERE id = 'm10'");
  test_device_sync (a);
  test_rig_advance (rig, 31 * G_TIME_SPAN_DAY);
  test_rig_set_active (rig, b, FALSE);
  test_rig_purge (rig);
  test_rig_set_active (rig, b, TRUE);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "9\n");
}

typedef struct
{
  TestDevice *other;
  guint n_pages;
} MovedRow;

static TestFault
move_row_before_second_page (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  MovedRow *moved = data;

  if (request == TEST_REQUEST_PULL && ++moved->n_pages == 2)
    {
      test_device_sql (moved->other, "UPDATE notes SET title = 'edited' WHERE id = 'a5'");
      test_device_sync (moved->other);
    }
  return TEST_FAULT_NONE;
}

/* A row is edited while a scan goes on: it is not where it was any more, but behind the head. */
static void
test_moved_while_scanning (TestRig *rig)
{
  TestDevice *a, *b;
  MovedRow moved = { 0 };

  begin_purged (rig, &a, &b);
  purge (rig, a, b);
  moved.other = a;
  test_faults_set_page_cap (b->faults, 1);
  test_faults_set_hooks (b->faults, move_row_before_second_page, NULL, &moved);
  test_device_sync (b);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a4|title 4\na5|edited\na6|newest\n");
  test_device_expect (b, "SELECT id FROM psync_conflict ORDER BY id", "'a1'\n'a2'\n'a3'\n");
  test_faults_set_hooks (b->faults, NULL, NULL, NULL);
  test_rig_assert_converged (rig);
}

static guint
count_snapshots (TestDevice *device)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) snapshots = sync_snapshot_list (device->path, &error);

  g_assert_no_error (error);
  return snapshots->len;
}

/* A hydrate of one entity is interrupted. One of all goes on with it, but overwrites more, so it takes a snapshot of
 * its own; the very same one needs none. */
static void
test_hydrate_goes_on (TestRig *rig)
{
  static const char *const notes[] = { "notes", NULL };
  SyncRunOptions one = { .entities = notes }, all = { 0 };
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) broken = NULL;
  guint n_pages = 0;

  insert_notes (a, "a", 10);
  test_device_sql (a, "INSERT INTO others VALUES ('o')");
  test_rig_settle (rig);
  test_faults_set_page_cap (a->faults, 4);
  test_faults_set_hooks (a->faults, fail_second_page, NULL, &n_pages);
  broken = test_device_run (a, SYNC_RUN_HYDRATE, &one);
  g_assert_error (broken->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpuint (count_snapshots (a), ==, 1);
  n_pages = 0;
  g_clear_pointer (&broken, sync_result_free);
  broken = test_device_run (a, SYNC_RUN_HYDRATE, &one);
  g_assert_error (broken->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  g_assert_cmpuint (count_snapshots (a), ==, 1);
  test_faults_set_hooks (a->faults, NULL, NULL, NULL);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_do (a, SYNC_RUN_HYDRATE, &all);
  g_assert_cmpuint (count_snapshots (a), ==, 2);
  test_rig_assert_converged (rig);
}

/* A tombstone that was known here and purged there is forgotten, and the key can be used again. */
static void
test_purged_known (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM notes WHERE id = 'a1'");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'x'");
  test_rig_settle (rig);
  test_rig_advance (rig, 31 * G_TIME_SPAN_DAY);
  test_rig_purge (rig);
  test_device_sql (b, "INSERT INTO notes (id, title) VALUES ('a1', 'again')");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "a1|again\na2|x\n");
  test_device_expect (b, NO_CONFLICT, "");
}

/* --- Devices ------------------------------------------------------------------------------------ */

static void
test_revoked (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE notes SET title = 'x'");
  test_rig_set_active (rig, b, FALSE);
  test_device_fail (b, SYNC_ERROR_REVOKED);
  test_device_expect (b, "SELECT count(*) FROM notes", "2\n");
  test_device_expect (b, "SELECT count(*) FROM psync_change", "2\n");
  test_device_expect (b, "SELECT outcome FROM psync_history ORDER BY run DESC LIMIT 1", "stopped\n");
  test_device_sync (a);
  test_rig_set_active (rig, b, TRUE);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "x\nx\n");
}

/* The file came to another computer: that is another device. */
static void
test_other_machine (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) error = NULL;

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  before = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  test_device_sql (a, "UPDATE psync_meta SET value = 'another' WHERE key = 'machine'");
  test_device_sql (a, "UPDATE notes SET title = 'x'");
  test_rig_assert_converged (rig);
  after = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  g_assert_cmpstr (before, !=, after);
  expect_snapshot (a, "reset", FALSE);
  provider = test_rig_connect (rig);
  state = test_get_state (provider, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (state->devices->len, ==, 2);
}

/* --- The brake ---------------------------------------------------------------------------------- */

static void
begin_brake (TestRig *rig, TestDevice **a, TestDevice **b)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  insert_notes (*a, "a", 60);
  test_rig_settle (rig);
}

static char *
get_cursor (TestDevice *device)
{
  return test_device_query (device, "SELECT pulled_version FROM psync_entity");
}

static void
test_brake (TestRig *rig)
{
  SyncRunOptions options = { .allow_mass_change = TRUE };
  g_autofree char *before = NULL, *after = NULL;
  TestDevice *a, *b;

  begin_brake (rig, &a, &b);
  test_device_sql (a, "DELETE FROM notes WHERE rank > 25");
  test_device_sync (a);
  before = get_cursor (b);
  test_device_fail (b, SYNC_ERROR_BRAKE);
  after = get_cursor (b);
  g_assert_cmpstr (before, ==, after);
  test_device_expect (b, "SELECT count(*) FROM notes", "60\n");
  test_device_expect (b, "SELECT outcome FROM psync_history ORDER BY run DESC LIMIT 1", "stopped\n");
  test_device_fail (b, SYNC_ERROR_BRAKE);
  test_device_do (b, SYNC_RUN_SYNC, &options);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "25\n");
}

/* Overwritten counts as well, and half is not more than half. */
static void
test_brake_overwritten (TestRig *rig)
{
  TestDevice *a, *b;

  begin_brake (rig, &a, &b);
  test_device_sql (a, "UPDATE notes SET title = 'x' WHERE rank <= 30");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE notes SET title = 'y' WHERE rank <= 31");
  test_device_sync (a);
  test_device_fail (b, SYNC_ERROR_BRAKE);
}

/* New rows are no loss, and a table of a few rows may change as it likes. */
static void
test_brake_leaves_alone (TestRig *rig)
{
  TestDevice *a, *b;

  begin_brake (rig, &a, &b);
  insert_notes (a, "b", 200);
  test_rig_assert_converged (rig);
  test_device_sql (a, "DELETE FROM notes WHERE rank > 10");
  test_device_sync (a);
  test_device_do (b, SYNC_RUN_SYNC, &(SyncRunOptions){ .allow_mass_change = TRUE });
  test_device_sql (a, "DELETE FROM notes");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "0\n");
}

static TestFault
crash_at_page (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Trouble *trouble = data;

  if (trouble->happened)
    return TEST_FAULT_REFUSED;
  if (request != TEST_REQUEST_PULL || trouble->at-- > 0)
    return TEST_FAULT_NONE;
  trouble->happened = TRUE;
  test_device_save (trouble->device, "crash");
  return TEST_FAULT_REFUSED;
}

/* What a run that was killed took away counts for the one that goes on. */
static void
test_brake_is_durable (TestRig *rig)
{
  TestDevice *a, *b;
  Trouble trouble = { .rig = rig };

  begin_brake (rig, &a, &b);
  test_device_sql (a, "DELETE FROM notes WHERE rank > 25");
  test_device_sync (a);
  test_faults_set_page_cap (b->faults, 10);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (SyncResult) result = NULL;

      trouble.device = b;
      trouble.at = 2;
      trouble.happened = FALSE;
      test_faults_set_hooks (b->faults, crash_at_page, NULL, &trouble);
      result = test_device_run (b, SYNC_RUN_SYNC, NULL);
      test_faults_set_hooks (b->faults, NULL, NULL, NULL);
      g_assert_true (trouble.happened);
      test_device_load (b, "crash");
    }
  test_device_expect (b, "SELECT count(*) >= 30 FROM notes", "1\n");
  test_device_fail (b, SYNC_ERROR_BRAKE);
  test_device_expect (b, "SELECT count(*) >= 30 FROM notes", "1\n");
  test_device_do (b, SYNC_RUN_SYNC, &(SyncRunOptions){ .allow_mass_change = TRUE });
  test_rig_assert_converged (rig);
  /* That is over now. */
  test_device_sql (a, "DELETE FROM notes WHERE rank > 14");
  test_rig_assert_converged (rig);
}

/* So does what one took away that failed, or that somebody put an end to. */
static void
test_brake_after_failures (TestRig *rig)
{
  TestDevice *a, *b;

  begin_brake (rig, &a, &b);
  test_device_sql (a, "DELETE FROM notes WHERE rank > 5");
  test_device_sync (a);
  test_faults_set_page_cap (b->faults, 10);
  for (guint i = 0; i < 3; i++)
    {
      Trouble trouble = { .rig = rig, .device = b, .at = 2 };
      g_autoptr (SyncResult) result = NULL;

      test_faults_set_hooks (b->faults, crash_at_page, NULL, &trouble);
      result = test_device_run (b, SYNC_RUN_SYNC, NULL);
      test_faults_set_hooks (b->faults, NULL, NULL, NULL);
      g_assert_nonnull (result->error);
    }
  test_device_fail (b, SYNC_ERROR_BRAKE);
  test_device_expect (b, "SELECT count(*) >= 30 FROM notes", "1\n");
}

/* --- Triggers of the owner ---------------------------------------------------------------------- */

/* Who keeps deleted rows, and marks them, has them go all the same when they went elsewhere: they would return else. */
static void
test_kept_by_a_trigger (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_device_sql (b, "CREATE TRIGGER keep BEFORE DELETE ON notes BEGIN "
                      "UPDATE notes SET title = 'gone' WHERE id = old.id; SELECT RAISE (IGNORE); END");
  test_device_sql (a, "DELETE FROM notes WHERE id = 'a2'");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT id FROM notes ORDER BY id", "a1\na3\n");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM notes ORDER BY id", "a1\na3\n");
}

#define FAMILIES \
  "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, place INTEGER UNIQUE);" \
  "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT);"

/* A third row is held because of one that does not take part: the two exchange their values all the same. */
static void
test_swap_beside_another (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO u VALUES ('1', 'one'), ('2', 'two'), ('3', 'three')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE u SET x = 'four' WHERE id = '3'");
  test_device_sync (a);
  test_device_sql (b, "INSERT INTO u VALUES ('here', 'four')");
  test_device_sync (b);
  test_device_expect (b, "SELECT id, reason FROM psync_held", "'3'|unique\n");
  test_device_sql (a, "UPDATE u SET x = NULL WHERE id = '1'; UPDATE u SET x = 'one' WHERE id = '2';"
                      "UPDATE u SET x = 'two' WHERE id = '1'");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT id, x FROM u ORDER BY id", "1|two\n2|one\n3|three\nhere|four\n");
  test_device_expect (b, "SELECT id FROM psync_held", "'3'\n");
  test_device_sql (b, "UPDATE u SET x = 'five' WHERE id = 'here'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT x FROM u WHERE id = '3'", "four\n");
}

/* Rows that exchange a UNIQUE value go for a moment; who deletes others with them must not take it for the end. */
static void
test_swap_and_trigger (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO parents VALUES ('p', 1), ('q', 2); INSERT INTO children VALUES ('c', 'p')");
  test_rig_settle (rig);
  test_device_sql (b, "CREATE TRIGGER tidy AFTER DELETE ON parents BEGIN "
                      "DELETE FROM children WHERE parent = old.id; END");
  test_device_sql (a, "UPDATE parents SET place = 3 WHERE id = 'p'; UPDATE parents SET place = 1 WHERE id = 'q';"
                      "UPDATE parents SET place = 2 WHERE id = 'p'");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT id FROM children", "c\n");
  test_device_expect (b, "SELECT count(*) FROM psync_change", "0\n");
  test_device_expect (b, "SELECT count(*) FROM psync_held", "2\n");
  test_device_sql (b, "DROP TRIGGER tidy");
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, place FROM parents ORDER BY id", "p|2\nq|1\n");
  test_device_expect (a, "SELECT id FROM children", "c\n");
}

/* A run that is broken off before it writes the device's row leaves that to the next one, though that has nothing else
 * to do: by this row one knows a cloud that went back. */
static void
test_device_row_is_made_up_for (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autofree char *id = NULL, *version = NULL;
  g_autoptr (SyncProvider) provider = NULL;
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) error = NULL;

  test_rig_settle (rig);
  insert_notes (a, "a", 2);
  test_faults_plan (a->faults, TEST_REQUEST_PUT_DEVICE, 0, TEST_FAULT_REFUSED);
  test_device_fail (a, SYNC_ERROR_OFFLINE);
  test_device_expect (a, "SELECT * FROM psync_change", "");
  test_device_sync (a);
  id = test_device_query (a, "SELECT value FROM psync_meta WHERE key = 'device-id'");
  version = test_device_query (a, "SELECT max (version) FROM psync_row");
  provider = test_rig_connect (rig);
  state = test_get_state (provider, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (sync_cloud_state_find_device (state, g_strchomp (id))->last_version, ==,
                   g_ascii_strtoll (version, NULL, 10));
  test_device_assert_quiet (a);
}

/* --- Contents from before ----------------------------------------------------------------------- */

static gboolean
take_replica (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_take_replica (store, error);
}

/* What waited then was sent since, and edited elsewhere: it is one row and no other of the same number. */
static void
test_replica_of_a_number (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (GError) error = NULL;

  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO numbers VALUES (5, 'five')");
  test_device_save (a, "before");
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE numbers SET name = 'six' WHERE id = 5");
  test_device_sync (b);
  test_device_load (a, "before");
  test_device_call (a, take_replica, NULL, &error);
  g_assert_no_error (error);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM numbers", "5\n");
}

/* There is no number above: the row waits, and no other for it. */
static void
test_greatest_number (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO numbers VALUES (9223372036854775807, 'last')");
  test_rig_settle (rig);
  test_device_sql (a, "INSERT INTO numbers VALUES (5, 'of a')");
  test_device_sql (b, "INSERT INTO numbers VALUES (5, 'of b'), (6, 'six')");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT id, reason FROM psync_held", "5|primary-key\n");
  test_device_sync (a);
  test_device_expect (a, "SELECT name FROM numbers WHERE id = 6", "six\n");
  test_device_expect (b, "SELECT name FROM numbers WHERE id = 5", "of b\n");
  test_device_sql (b, "UPDATE numbers SET id = 7 WHERE id = 5");
  test_device_sync (b);
  test_rig_assert_converged (rig);
}

/* --- Nothing to do ------------------------------------------------------------------------------ */

static char *
read_file (const char *path)
{
  g_autofree char *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  g_file_get_contents (path, &contents, &length, &error);
  g_assert_no_error (error);
  return g_compute_checksum_for_data (G_CHECKSUM_SHA256, (guint8 *) contents, length);
}

static void
test_nothing_to_do (TestRig *rig)
{
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *before = NULL, *after = NULL;
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 10);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'x' WHERE rank = 1; DELETE FROM notes WHERE rank = 2");
  test_device_sync (a);
  test_device_assert_quiet (a);
  test_device_sync (b);
  before = read_file (path);
  for (guint i = 0; i < 5; i++)
    {
      test_rig_advance (rig, G_TIME_SPAN_MINUTE);
      test_device_assert_quiet (a);
      test_device_assert_quiet (b);
    }
  after = read_file (path);
  g_assert_cmpstr (before, ==, after);
  test_device_expect (a, "SELECT outcome, repeats FROM psync_history ORDER BY run DESC LIMIT 1", "nothing|5\n");
}

/* The others see that this device is there still, but not at the cost of a request each time. */
static void
test_device_is_refreshed (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_rig_advance (rig, 6 * G_TIME_SPAN_HOUR - G_TIME_SPAN_MINUTE);
  test_device_assert_quiet (a);
  test_rig_advance (rig, 2 * G_TIME_SPAN_MINUTE);
  test_faults_reset_counts (a->faults);
  test_device_sync (a);
  g_assert_cmpuint (test_faults_count (a->faults, TEST_REQUEST_PUT_DEVICE), ==, 1);
  g_assert_cmpuint (test_faults_count_all (a->faults), ==, 2);
  test_device_assert_quiet (a);
}

/* --- What happened to our triggers and tables --------------------------------------------------- */

static void
drop_triggers (TestDevice *device)
{
  g_autofree char *rows
      = test_device_query (device, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'psync%'");
  g_auto (GStrv) names = g_strsplit (g_strchomp (rows), "\n", -1);

  for (guint i = 0; names[i] != NULL; i++)
    test_device_sqlf (device, "DROP TRIGGER \"%s\"", names[i]);
}

static void
test_lost_triggers (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 4);
  test_rig_settle (rig);
  drop_triggers (a);
  test_device_sql (a, "UPDATE notes SET title = 'x' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2';"
                      "INSERT INTO notes (id) VALUES ('n')");
  test_device_sql (b, "UPDATE notes SET body = 'b' WHERE id = 'a3'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title, body FROM notes ORDER BY id",
                      "a1|x|body\na3|title 3|b\na4|title 4|body\nn||\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* Tables of ours that somebody takes away are put back, and nothing is lost. */
static void
test_own_tables (TestRig *rig)
{
  static const char *const ways[]
      = { "DROP TABLE psync_row", "DELETE FROM psync_row", "DROP TABLE psync_change", "DROP TABLE psync_applying",
          "DROP TABLE psync_batch", "DROP TABLE psync_sent", "DROP TABLE psync_seen", "DROP TABLE psync_conflict",
          "DROP TABLE psync_held", "DROP TABLE psync_history", "DROP TABLE psync_trace", "DROP TABLE psync_setting" };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_test_message ("%s", ways[i]);
      test_device_sql (a, "DELETE FROM notes");
      insert_notes (a, "a", 4);
      test_rig_settle (rig);
      test_device_sql (b, "UPDATE notes SET body = 'b' WHERE id = 'a3'; DELETE FROM notes WHERE id = 'a4'");
      test_device_sync (b);
      test_rig_advance (rig, G_USEC_PER_SEC);
      test_device_sql (a, "UPDATE notes SET title = 'x' WHERE id = 'a1'; DELETE FROM notes WHERE id = 'a2';"
                          "INSERT INTO notes (id) VALUES ('n')");
      test_device_sql (a, ways[i]);
      test_rig_assert_converged (rig);
      test_device_expect (a, "SELECT id, title, body FROM notes WHERE id <> 'a4' ORDER BY id",
                          "a1|x|body\na3|title 3|b\nn||\n");
      test_device_expect (a, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'psync\\_%' ESCAPE '\\'", "22\n");
    }
}

/* A run reads again what was in them. */
static void
test_own_tables_that_held_rows (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 1);
  test_rig_settle (rig);
  test_device_sql (a, "CREATE UNIQUE INDEX titles ON notes (title); UPDATE psync_entity SET strategy = 'manual';"
                      "UPDATE notes SET body = 'a'");
  test_device_sql (b, "INSERT INTO notes (id, title) VALUES ('h', 'title 1'); UPDATE notes SET body = 'b' WHERE id = 'a1'");
  test_device_sync (b);
  test_device_sync (a);
  test_device_expect (a, "SELECT id FROM psync_held", "'h'\n");
  test_device_expect (a, NO_CONFLICT, "notes|'a1'|edit-edit|\n");
  test_device_sql (a, "DROP TABLE psync_held");
  test_device_sync (a);
  test_device_expect (a, "SELECT id FROM psync_held", "'h'\n");
  test_device_sql (a, "DROP TABLE psync_conflict");
  test_device_sync (a);
  test_device_expect (a, NO_CONFLICT, "notes|'a1'|edit-edit|\n");
}

/* Nothing is left here of a row whose deletion waits. */
static void
test_own_table_of_a_deletion (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 1);
  test_rig_settle (rig);
  test_rig_advance (rig, G_USEC_PER_SEC);
  test_device_sql (a, "DELETE FROM notes; DROP TABLE psync_row");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "0\n");
}

static TestFault
drop_held_later (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  Trouble *trouble = data;

  if (request == TEST_REQUEST_PULL && trouble->at-- == 0)
    test_device_sql (trouble->device, "DROP TABLE psync_held");
  return TEST_FAULT_NONE;
}

/* In the middle of a run: what that had read is read again. */
static void
test_own_table_lost_in_a_run (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  Trouble trouble = { .rig = rig, .device = b, .at = 3 };

  insert_notes (a, "a", 60);
  test_device_sync (a);
  test_device_sync (b);
  test_device_sql (b, "CREATE TRIGGER no BEFORE UPDATE ON notes WHEN new.id = 'a1' BEGIN "
                      "SELECT RAISE (ABORT, 'no'); END");
  test_device_sql (a, "UPDATE notes SET body = 'one' WHERE id = 'a1'");
  test_device_sync (a);
  test_device_sql (a, "UPDATE notes SET body = 'more' WHERE rank > 40");
  test_device_sync (a);
  test_faults_set_page_cap (b->faults, 5);
  test_faults_set_hooks (b->faults, drop_held_later, NULL, &trouble);
  test_device_sync (b);
  test_faults_set_hooks (b->faults, NULL, NULL, NULL);
  test_device_expect (b, "SELECT id FROM psync_held", "'a1'\n");
  test_device_sql (b, "DROP TRIGGER no");
  test_device_sync (b);
  test_rig_assert_converged (rig);
}

/* Nothing is left here at all: neither the rows, nor that they were known, nor that they were deleted. */
static void
test_own_tables_of_nothing (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM notes; DROP TABLE psync_row; DROP TABLE psync_change");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "2\n");
}

/* A scan that does not know any more which rows it saw begins anew, and deletes none of them. */
static void
test_own_table_of_a_scan (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");

  insert_notes (a, "a", 4);
  test_device_sync (a);
  test_device_sql (a, "UPDATE psync_entity SET scan_version = pulled_version, scan_horizon = pulled_version;"
                      "DROP TABLE psync_seen");
  test_device_sync (a);
  test_device_expect (a, "SELECT count(*) FROM notes", "4\n");
  test_device_expect (a, "SELECT scan_version IS NULL FROM psync_entity", "1\n");
}

/* Without these nobody knows what is synced: a run ends and names it. The vault is not touched, nor any row. */
static void
test_vital_tables (TestRig *rig)
{
  static const char *const names[] = { "psync_meta", "psync_entity" };
  TestDevice *a = test_rig_add (rig, "a");

  insert_notes (a, "a", 2);
  test_device_sync (a);
  test_device_save (a, "whole");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (SyncResult) result = NULL;
      g_autoptr (SyncStore) store = NULL;
      g_autoptr (GError) error = NULL;

      test_device_sqlf (a, "DROP TABLE %s", names[i]);
      result = test_device_run (a, SYNC_RUN_SYNC, NULL);
      g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
      g_assert_cmpstr (sync_error_get_detail (result->error)->subject, ==, names[i]);
      g_assert_cmpstr (sync_error_get_detail (result->error)->reason, ==, "ours");
      test_device_expect (a, "SELECT count(*) FROM notes", "2\n");
      test_device_close (a);
      store = sync_store_open (a->path, SYNC_STORE_CREATE, NULL, rig->clock, &error);
      g_assert_null (store);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, names[i]);
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "ours");
      test_device_load (a, "whole");
    }
  test_rig_assert_converged (rig);
}

static gboolean
detach (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_detach (store, error);
}

/* Another program takes all of ours out of a database that is open here: that is no damage, and nothing comes back. */
static void
test_detached_elsewhere (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  insert_notes (a, "a", 2);
  test_device_sync (a);
  test_device_call (a, detach, NULL, &error);
  g_assert_no_error (error);
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (result->error)->subject, ==, a->path);
  test_device_expect (a, "SELECT count(*) FROM sqlite_schema WHERE name LIKE 'psync\\_%' ESCAPE '\\'", "0\n");
  test_device_expect (a, "SELECT count(*) FROM notes", "2\n");
}

/* What the owner does in the middle of a run. */
typedef struct
{
  TestDevice *device;
  gboolean drops_triggers;
  const char *sql;
} Meanwhile;

/* Before a page is read; then never again. */
static TestFault
act_meanwhile (TestFaults *faults, TestRequest request, guint number, gpointer data)
{
  const Meanwhile *meanwhile = data;

  if (request != TEST_REQUEST_PULL)
    return TEST_FAULT_NONE;
  test_faults_set_hooks (faults, NULL, NULL, NULL);
  if (meanwhile->drops_triggers)
    drop_triggers (meanwhile->device);
  test_device_sql (meanwhile->device, meanwhile->sql);
  return TEST_FAULT_NONE;
}

/* What is in a column that is younger than the run is an edit all the same. */
static void
test_column_meanwhile (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  Meanwhile meanwhile
      = { b, FALSE, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red' WHERE id = 'n1'" };

  insert_notes (a, "n", 3);
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM notes WHERE id = 'n1'");
  test_device_sync (a);
  test_faults_set_hooks (b->faults, act_meanwhile, NULL, &meanwhile);
  test_device_sync (b);
  test_rig_settle (rig);
  test_device_expect (b, "SELECT count(*) FROM psync_conflict WHERE local ->> '$.colour' = 'red'", "1\n");
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT");
  test_rig_assert_converged (rig);
}

typedef struct
{
  const char *entity;
  const char *id;
  gint64 number;
} Decision;

static gboolean
discard_row (SyncStore *store, gpointer data, GError **error)
{
  const Decision *row = data;

  return sync_store_discard_changes (store, row->entity, row->id, error) == 1;
}

static gboolean
take_remote (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_resolve_conflict (store, ((Decision *) data)->number, NULL, "remote", NULL, error);
}

static gboolean
make_manual (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_configure_entity (store, data, -1, "manual", NULL, error);
}

/* Who discards a row of a table that is gone is told so, and leaves no transaction open: the owner goes on writing. */
static void
test_discard_without_table (TestRig *rig)
{
  Decision gone = { "others", "'o1'" }, here = { "notes", "'n1'" }, decision = { 0 };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (GError) error = NULL;
  g_autofree char *number = NULL;

  insert_notes (a, "n", 3);
  test_device_sql (a, "INSERT INTO others VALUES ('o1', 'v')");
  test_rig_settle (rig);
  test_device_call (b, make_manual, (gpointer) "notes", &error);
  g_assert_no_error (error);
  test_device_sql (a, "UPDATE notes SET title = 'of a' WHERE id = 'n2'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'of b'; UPDATE others SET v = 'of b'");
  test_device_sync (b);
  test_device_sql (b, "UPDATE notes SET body = 'again' WHERE id IN ('n1', 'n3'); UPDATE others SET v = 'again'; "
                      "ALTER TABLE others RENAME TO elsewhere");
  g_assert_false (test_device_call (b, discard_row, &gone, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "others");
  g_clear_error (&error);
  test_device_sql (b, "UPDATE notes SET title = 'goes on' WHERE id = 'n3'");
  /* Rows of a table that is there can be decided all the same, with a column that is new in it. */
  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red' WHERE id = 'n1'");
  test_device_call (b, discard_row, &here, &error);
  g_assert_no_error (error);
  test_device_expect (b, "SELECT local ->> '$.colour' FROM psync_conflict WHERE id = '''n1'''", "red\n");
  number = test_device_query (b, "SELECT conflict FROM psync_conflict WHERE state = 'open'");
  decision.number = g_ascii_strtoll (number, NULL, 10);
  /* Its row is to be read with that column first. */
  g_assert_false (test_device_call (b, take_remote, &decision, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_clear_error (&error);
  test_device_fail (b, SYNC_ERROR_NO_TABLE);
  test_device_sql (b, "ALTER TABLE elsewhere RENAME TO others");
  test_device_sync (b);
  test_device_sql (b, "ALTER TABLE others RENAME TO elsewhere");
  test_device_call (b, take_remote, &decision, &error);
  g_assert_no_error (error);
  test_device_expect (b, "SELECT title FROM notes WHERE id = 'n2'", "of a\n");
  test_device_sql (b, "ALTER TABLE elsewhere RENAME TO others");
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "n1|of b\nn2|of a\nn3|goes on\n");
  test_device_expect (a, "SELECT v FROM others", "again\n");
}

/* Who deletes a row before a column of it was known here decides about something that nobody here saw: it is on
 * record. */
static void
test_column_of_deleted (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "n", 3);
  test_rig_settle (rig);
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red' WHERE id = 'n1'");
  test_rig_settle (rig);
  test_rig_advance (rig, G_TIME_SPAN_MINUTE);
  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT; DELETE FROM notes WHERE id IN ('n1', 'n2')");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, remote ->> '$.colour', resolution FROM psync_conflict", "'n1'|red|local\n");
  test_device_expect (a, "SELECT id FROM notes", "n3\n");
}

/* Triggers that are lost while a run goes on: what they did not note is not overwritten without a record. */
static void
test_lost_triggers_meanwhile (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  Meanwhile meanwhile = { b, TRUE, "UPDATE notes SET title = 'by b' WHERE id = 'n1'" };

  insert_notes (a, "n", 3);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'by a' WHERE id = 'n1'");
  test_device_sync (a);
  test_faults_set_hooks (b->faults, act_meanwhile, NULL, &meanwhile);
  test_device_sync (b);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM psync_conflict WHERE local ->> '$.title' = 'by b'", "1\n");
}

/* A refusal holds for what was refused: a row that is deleted while nobody notes it is due again, too. */
static void
test_lost_triggers_and_refusals (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE notes SET title = x'00' WHERE id IN ('a1', 'a2')");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, state FROM psync_change ORDER BY id", "'a1'|refused\n'a2'|refused\n");
  drop_triggers (a);
  test_device_sql (a, "DELETE FROM notes WHERE id = 'a1'; UPDATE notes SET title = 'good' WHERE id = 'a2'");
  test_rig_assert_converged (rig);
  test_device_assert_clean (a);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a2|good\na3|title 3\n");
}

/* As people rebuild tables: a new one takes the old one's place. */
static void
test_rebuilt_table (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_device_sql (a, "BEGIN; CREATE TABLE other (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
                      "INSERT INTO other SELECT id, upper (title), body, rank FROM notes WHERE id <> 'a3';"
                      "DROP TABLE notes; ALTER TABLE other RENAME TO notes; COMMIT");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "a1|TITLE 1\na2|TITLE 2\n");
}

static gboolean
enable (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_configure_entity (store, "notes", GPOINTER_TO_INT (data), NULL, NULL, error);
}

static void
set_enabled (TestDevice *device, gboolean enabled)
{
  g_autoptr (GError) error = NULL;

  test_device_call (device, enable, GINT_TO_POINTER (enabled), &error);
  g_assert_no_error (error);
}

/* Without its table an entity cannot be synced, but that says nothing about its rows. */
static void
test_dropped_table (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_device_sql (a, "DROP TABLE notes");
  test_device_fail (a, SYNC_ERROR_NO_TABLE);
  test_device_sync (b);
  test_device_expect (b, "SELECT count(*) FROM notes", "3\n");
  /* Who does not want it any more says so. */
  set_enabled (a, FALSE);
  test_device_sync (a);
  test_device_assert_quiet (a);
}

/* A disabled entity neither sends nor takes, and makes up for it later. */
static void
test_disabled (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_device_sql (a, "INSERT INTO others VALUES ('o1', 'x')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET rank = 7 WHERE id = 'a3'");
  test_device_sync (a);
  set_enabled (a, FALSE);
  test_device_sql (a, "UPDATE notes SET title = 'x' WHERE id = 'a1'; INSERT INTO others VALUES ('o2', 'x')");
  test_device_sql (b, "UPDATE notes SET body = 'y' WHERE id = 'a1'; INSERT INTO others VALUES ('o3', 'x')");
  test_rig_settle (rig);
  test_device_assert_quiet (a);
  expect_snapshot (a, "reset", FALSE);
  test_device_expect (a, "SELECT title, body FROM notes WHERE id = 'a1'", "x|body\n");
  test_device_expect (b, "SELECT title, body FROM notes WHERE id = 'a1'", "title 1|y\n");
  test_device_expect (b, "SELECT count(*) FROM others", "3\n");
  set_enabled (a, TRUE);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title, body FROM notes WHERE id = 'a1'", "x|y\n");
  test_device_expect (a, NO_CONFLICT, "");
}

static void
test_new_column (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 3);
  test_rig_settle (rig);
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red' WHERE id = 'a1'");
  test_device_sync (a);
  /* Who does not know the column yet leaves it as it is. */
  test_device_sql (b, "UPDATE notes SET title = 'b' WHERE id IN ('a1', 'a2')");
  test_device_sync (b);
  test_device_sync (a);
  test_device_expect (a, "SELECT id, title, colour FROM notes ORDER BY id", "a1|b|red\na2|b|\na3|title 3|\n");
  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title, colour FROM notes ORDER BY id", "a1|b|red\na2|b|\na3|title 3|\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

/* The column was there on the other device all along. */
static void
test_new_column_known_elsewhere (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT DEFAULT 'grey'");
  insert_notes (b, "b", 2);
  insert_notes (a, "a", 2);
  test_device_sync (a);
  test_device_sync (b);
  test_device_sql (b, "UPDATE notes SET colour = 'blue'");
  test_device_sync (b);
  test_device_sync (a);
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT DEFAULT 'grey'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, colour FROM notes ORDER BY id", "a1|blue\na2|blue\nb1|blue\nb2|blue\n");
}

/* --- Files that fail ---------------------------------------------------------------------------- */

static gboolean
limit_pages (SyncStore *store, gpointer data, GError **error)
{
  return sync_connection_script (sync_store_get_connection (store), data, error);
}

/* Not a page more than there are; or as many as one likes. */
static void
set_disk_full (TestDevice *device, gboolean full)
{
  g_autoptr (GError) error = NULL;

  test_device_call (device, limit_pages,
                    full ? "PRAGMA max_page_count = 1" : "PRAGMA max_page_count = 1073741823", &error);
  g_assert_no_error (error);
}

/* What was read is read again, what was written stays, and the cursor is behind what is there. */
static void
test_full_while_pulling (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2000);
  test_device_sync (a);
  test_device_sql (b, "INSERT INTO notes (id, title) VALUES ('b', 'mine')");
  set_disk_full (b, TRUE);
  test_device_fail (b, SYNC_ERROR_DISK_FULL);
  test_device_expect (b, "SELECT title FROM notes WHERE id = 'b'", "mine\n");
  test_device_expect (b, "SELECT count (*) FROM notes n WHERE id <> 'b' AND NOT EXISTS "
                         "(SELECT 1 FROM psync_row r WHERE r.id = quote (n.id))",
                      "0\n");
  test_device_expect (b, "SELECT * FROM psync_applying", "");
  set_disk_full (b, FALSE);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count (*) FROM notes", "2001\n");
  test_device_expect (b, NO_CONFLICT, "");
}

static void
test_full_while_sending (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  insert_notes (a, "a", 2000);
  set_disk_full (a, TRUE);
  test_device_fail (a, SYNC_ERROR_DISK_FULL);
  test_device_expect (a, "SELECT count (*) FROM notes", "2000\n");
  test_device_sync (b);
  set_disk_full (a, FALSE);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count (*) FROM notes", "2000\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, NO_CONFLICT, "");
}

/* A page of the table is not what it was: told by its name, and the file is left for whoever can save it. */
static void
test_damaged (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autofree char *before = NULL, *damaged = NULL, *after = NULL, *root = NULL;
  g_autoptr (GError) error = NULL;
  gsize length, length_after, offset;

  insert_notes (a, "a", 300);
  test_rig_settle (rig);
  root = test_device_query (a, "SELECT (rootpage - 1) * (SELECT page_size FROM pragma_page_size) "
                               "FROM sqlite_schema WHERE name = 'notes'");
  offset = (gsize) g_ascii_strtoull (root, NULL, 10);
  test_device_close (a);
  g_file_get_contents (a->path, &before, &length, &error);
  g_assert_no_error (error);
  damaged = g_memdup2 (before, length);
  memset (damaged + offset, 0xff, 64);
  g_assert_true (g_file_set_contents (a->path, damaged, (gssize) length, NULL));
  test_device_open (a);
  insert_notes (b, "b", 1);
  test_device_sync (b);
  test_device_fail (a, SYNC_ERROR_CORRUPT);
  test_device_close (a);
  g_file_get_contents (a->path, &after, &length_after, &error);
  g_assert_no_error (error);
  g_assert_cmpint (memcmp (after + offset, damaged + offset, 64), ==, 0);
  g_assert_true (g_file_set_contents (a->path, before, (gssize) length, NULL));
  test_device_open (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count (*) FROM notes", "301\n");
}

/* A table that has another name for a while is missed by that name; what is written meanwhile is not lost. */
static void
test_renamed_for_a_while (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (SyncResult) result = NULL;

  insert_notes (a, "a", 2);
  test_rig_settle (rig);
  test_device_sql (a, "ALTER TABLE notes RENAME TO memos");
  test_device_sql (a, "UPDATE memos SET title = 'meanwhile' WHERE id = 'a1'; DELETE FROM memos WHERE id = 'a2'");
  result = test_device_run (a, SYNC_RUN_SYNC, NULL);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NO_TABLE);
  g_assert_cmpstr (sync_error_get_detail (result->error)->subject, ==, "notes");
  test_device_sql (a, "ALTER TABLE memos RENAME TO notes");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes", "a1|meanwhile\n");
  test_device_expect (a, NO_CONFLICT, "");
}

/* --- Attaching and detaching -------------------------------------------------------------------- */

static char *
dump (TestDevice *device)
{
  char *text = NULL;

  g_assert_true (test_shell (device->path, ".dump", &text));
  return text;
}

static void
test_detach (TestRig *rig)
{
  static const char rows[]
      = "INSERT INTO parents VALUES ('p', 'parent'); INSERT INTO children VALUES (1, 'p', x'00', 1.5);"
        "CREATE INDEX names ON parents (name); CREATE VIEW v AS SELECT * FROM children;"
        "CREATE TRIGGER own AFTER DELETE ON children BEGIN DELETE FROM parents; END; PRAGMA user_version = 7";
  g_autofree char *before = NULL, *after = NULL;
  g_autoptr (GError) error = NULL;
  TestDevice *a = test_rig_add_with_rows (rig, "a", rows);
  TestDevice *b = test_rig_add (rig, "b");

  test_device_call (a, detach, NULL, &error);
  g_assert_no_error (error);
  test_device_close (a);
  before = dump (a);
  g_assert_null (strstr (before, "psync"));
  test_device_open (a);
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE children SET ratio = 2.5; ");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE children SET ratio = 1.5");
  test_rig_settle (rig);
  test_device_call (a, detach, NULL, &error);
  g_assert_no_error (error);
  test_device_close (a);
  after = dump (a);
  g_assert_cmpstr (before, ==, after);
  test_rig_remove (rig, a);
}

/* Rows that were there before anybody synced: equal ones are one, different ones a conflict. */
static void
test_attach_with_rows (TestRig *rig)
{
  TestDevice *a = test_rig_add_with_rows (rig, "a", "INSERT INTO notes VALUES ('1', 'same', 'same', 1), "
                                                    "('2', 'by a', 'same', 2), ('a', 'only a', NULL, 3)");
  TestDevice *b = test_rig_add_with_rows (rig, "b", "INSERT INTO notes VALUES ('1', 'same', 'same', 1), "
                                                    "('2', 'by b', 'same', 2), ('b', 'only b', NULL, 3)");

  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "1|same\n2|by a\na|only a\nb|only b\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, "SELECT id, kind, local ->> '$.title', remote ->> '$.title', columns FROM psync_conflict",
                      "'2'|edit-edit|by b|by a|[\"title\"]\n");
}

static gboolean
enable_more (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_configure_entity (store, "more", 1, NULL, NULL, error);
}

/* What could not be written whole is not believed either. */
static void
test_attach_in_vain (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (GError) error = NULL;

  test_device_sql (a, "CREATE TABLE more (id TEXT PRIMARY KEY NOT NULL); INSERT INTO more VALUES ('m');"
                      "CREATE TRIGGER full BEFORE UPDATE OF enabled ON psync_entity WHEN NEW.name = 'more' "
                      "BEGIN SELECT RAISE (ABORT, 'full'); END");
  insert_notes (a, "a", 1);
  g_assert_false (test_device_call (a, enable_more, NULL, &error));
  g_assert_nonnull (error);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'more'", "");
  test_device_expect (a, "SELECT name FROM psync_entity", "notes\n");
}

static void
test_attach_with_numbers (TestRig *rig)
{
  TestDevice *a = test_rig_add_with_rows (rig, "a", "INSERT INTO numbers VALUES (1, 'one'), (2, 'by a')");
  TestDevice *b = test_rig_add_with_rows (rig, "b", "INSERT INTO numbers VALUES (1, 'one'), (2, 'by b')");

  test_rig_assert_converged (rig);
  /* Perhaps one file was copied from the other once: that is no collision of new rows. */
  test_device_expect (b, "SELECT * FROM numbers", "1|one\n2|by a\n");
  test_device_expect (a, NO_CONFLICT, "");
  test_device_expect (b, "SELECT id, local ->> '$.name' FROM psync_conflict", "2|by b\n");
}

/* A row that was there before is deleted before the first sync: another copy may have pushed it. */
static void
test_attach_and_delete (TestRig *rig)
{
  TestDevice *a = test_rig_add_with_rows (rig, "a", "INSERT INTO notes (id) VALUES ('1'), ('2')");
  TestDevice *b = test_rig_clone (rig, a, "b");

  test_device_sync (a);
  test_device_sql (b, "DELETE FROM notes WHERE id = '1'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id FROM notes", "2\n");
}

/* --- Registration ------------------------------------------------------------------------------- */

#define NUMBERS "CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT);"

static const TestRigCase cases[] = {
  { "sends/an-edit-after-a-lost-reply-is-no-conflict", NOTES, test_edit_after_lost_reply },
  { "sends/others-edit-on-top-of-a-lost-reply", NOTES, test_edit_on_top_of_lost_reply },
  { "sends/a-new-number-after-a-lost-reply-is-on-record", NUMBERS, test_number_after_lost_reply },
  { "sends/a-new-number-that-was-never-sent-is-not", NUMBERS, test_number_never_sent },
  { "sends/a-push-that-arrives-late-does-nothing", NOTES, test_late_push },
  { "sends/an-edit-while-sending-is-sent-too", NOTES, test_edit_while_sending },
  { "sends/being-offline-uses-up-no-attempt", NOTES, test_attempts },
  { "sends/a-broken-connection-uses-up-no-attempt", NOTES, test_broken_connection },
  { "sends/who-is-kept-waiting-uses-up-no-attempt", NOTES, test_kept_waiting },
  { "sends/one-refused-row-stops-no-other", NOTES, test_halving },
  { "sends/hundreds-of-hindered-rows", NOTES, test_many_hindered },
  { "sends/odd-limits", NOTES, test_odd_limits },
  { "sends/too-much-at-once-goes-in-parts", NOTES, test_too_large },
  { "reads/a-page-too-large-comes-in-quarters", NOTES, test_page_too_large },
  { "sends/one-row-too-large", NOTES, test_one_row_too_large },
  { "sends/one-row-too-slow", NOTES, test_one_row_too_slow },
  { "files/a-copied-database-goes-on", NOTES, test_copied },
  { "files/a-database-copied-before-its-first-sync", NUMBERS, test_copied_before_first_sync },
  { "files/a-copy-is-a-device-of-its-own", NUMBERS, test_copied_number },
  { "files/a-restored-database-is-an-old-replica", NOTES, test_restored },
  { "files/a-moved-database", NOTES, test_moved },
  { "cloud/another-one-in-its-place-is-not-touched", NOTES, test_replaced_cloud },
  { "cloud/restored", NOTES, test_restored_cloud },
  { "cloud/restored-with-a-new-epoch", NOTES, test_restored_cloud_with_epoch },
  { "cloud/restored-and-used-by-others", NOTES, test_restored_cloud_went_on },
  { "cloud/restored-after-a-seed-and-used-by-others", NOTES, test_restored_cloud_after_seed },
  { "cloud/restored-from-before-we-came", NOTES, test_cloud_from_before },
  { "cloud/a-new-epoch", NOTES, test_new_epoch },
  { "cloud/everything-in-it-was-deleted", NOTES, test_everything_deleted },
  { "cloud/an-absent-vault-is-offline", NOTES, test_vault_away },
  { "purge/deleted-elsewhere-while-away", NOTES, test_purged },
  { "purge/deleted-elsewhere-and-edited-here", NOTES, test_purged_and_edited },
  { "purge/a-hydrate-overlooks-no-deletion", NOTES, test_purged_then_hydrate },
  { "purge/during-a-scan", NOTES, test_purged_while_scanning },
  { "purge/a-row-that-moves-during-a-scan", NOTES, test_moved_while_scanning },
  { "files/a-hydrate-that-goes-on-with-more-takes-a-snapshot",
    NOTES "CREATE TABLE others (id TEXT PRIMARY KEY NOT NULL);", test_hydrate_goes_on },
  { "purge/a-known-deletion-is-forgotten", NOTES, test_purged_known },
  { "device/revoked", NOTES, test_revoked },
  { "device/a-row-that-was-not-written-is-made-up-for", NOTES, test_device_row_is_made_up_for },
  { "device/another-machine", NOTES, test_other_machine },
  { "brake/more-than-half", NOTES, test_brake },
  { "brake/overwritten-counts", NOTES, test_brake_overwritten },
  { "brake/new-rows-and-small-tables-do-not", NOTES, test_brake_leaves_alone },
  { "brake/counts-on-after-a-crash", NOTES, test_brake_is_durable },
  { "brake/counts-on-after-a-failure", NOTES, test_brake_after_failures },
  { "triggers/what-the-owner-keeps-goes-when-it-went-elsewhere", NOTES, test_kept_by_a_trigger },
  { "held/rows-that-exchange-a-value-beside-one-that-cannot",
    "CREATE TABLE u (id TEXT PRIMARY KEY NOT NULL, x TEXT UNIQUE);", test_swap_beside_another },
  { "triggers/what-goes-for-a-moment-takes-nothing-along", FAMILIES, test_swap_and_trigger },
  { "files/a-number-that-was-sent-since", NUMBERS, test_replica_of_a_number },
  { "collision/no-number-is-left", NUMBERS, test_greatest_number },
  { "quiet/the-device-is-refreshed-every-six-hours", NOTES, test_device_is_refreshed },
  { "quiet/a-second-sync-is-one-request-and-writes-nothing", NOTES, test_nothing_to_do },
  { "schema/lost-triggers-are-put-back", NOTES, test_lost_triggers },
  { "schema/triggers-lost-while-a-run-goes-on", NOTES, test_lost_triggers_meanwhile },
  { "schema/our-own-tables-are-put-back", NOTES, test_own_tables },
  { "schema/our-own-tables-that-held-rows", NOTES, test_own_tables_that_held_rows },
  { "schema/our-own-table-of-a-deletion", NOTES, test_own_table_of_a_deletion },
  { "schema/our-own-tables-of-nothing", NOTES, test_own_tables_of_nothing },
  { "schema/our-own-table-lost-in-a-run", NOTES, test_own_table_lost_in_a_run },
  { "schema/our-own-table-of-a-scan", NOTES, test_own_table_of_a_scan },
  { "schema/our-own-tables-that-must-be-there", NOTES, test_vital_tables },
  { "schema/detached-by-another-program", NOTES, test_detached_elsewhere },
  { "schema/decisions-while-another-table-is-gone",
    NOTES "CREATE TABLE others (id TEXT PRIMARY KEY NOT NULL, v TEXT);", test_discard_without_table },
  { "schema/a-column-younger-than-the-run", NOTES, test_column_meanwhile },
  { "schema/a-row-deleted-before-its-new-column-was-known", NOTES, test_column_of_deleted },
  { "schema/lost-triggers-end-refusals", NOTES, test_lost_triggers_and_refusals },
  { "schema/a-table-that-was-rebuilt", NOTES, test_rebuilt_table },
  { "schema/a-table-that-was-dropped", NOTES, test_dropped_table },
  { "schema/an-entity-that-is-disabled",
    NOTES "CREATE TABLE others (id TEXT PRIMARY KEY NOT NULL, name TEXT);", test_disabled },
  { "schema/a-new-column", NOTES, test_new_column },
  { "schema/a-new-column-that-others-had", NOTES, test_new_column_known_elsewhere },
  { "schema/a-table-under-another-name-for-a-while", NOTES, test_renamed_for_a_while },
  { "files/a-disk-that-is-full-while-pulling", NOTES, test_full_while_pulling },
  { "files/a-disk-that-is-full-while-sending", NOTES, test_full_while_sending },
  { "files/a-damaged-database-is-told-and-left-alone", NOTES, test_damaged },
  { "attach/detach-leaves-the-file-as-it-was",
    "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);"
    "CREATE TABLE children (id INTEGER PRIMARY KEY, parent TEXT REFERENCES parents (id), data BLOB, ratio REAL);",
    test_detach },
  { "attach/rows-that-were-there-before", NOTES, test_attach_with_rows },
  { "attach/numbers-that-were-there-before", NUMBERS, test_attach_with_numbers },
  { "attach/deleted-before-the-first-sync", NOTES, test_attach_and_delete },
  { "attach/what-was-not-written-is-not-known", NOTES, test_attach_in_vain },
};

int
main (int argc, char *argv[])
{
  static const char *const faults[] = { NULL, "refused", "lost", "twice", "late", "cut" };

  g_test_init (&argc, &argv, NULL);
  for (guint i = TEST_FAULT_REFUSED; i <= TEST_FAULT_CUT; i++)
    {
      g_autofree char *path = g_strdup_printf ("/recovery/every-request/%s", faults[i]);

      g_test_add_data_func (path, GINT_TO_POINTER (i), test_fault);
    }
  g_test_add_data_func ("/recovery/every-request/crash-before", GINT_TO_POINTER (TEST_FAULT_REFUSED), test_crash);
  g_test_add_data_func ("/recovery/every-request/crash-after", GINT_TO_POINTER (TEST_FAULT_LOST), test_crash);
  test_rig_add_cases (&test_backend_vault, "/recovery", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
