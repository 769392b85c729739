/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-store.h"
#include "test-store.h"

static SyncConflict *
conflict_new (const char *entity, const char *id)
{
  SyncConflict *conflict = g_new0 (SyncConflict, 1);

  conflict->entity = g_strdup (entity);
  conflict->id = g_strdup (id);
  conflict->kind = g_strdup ("edit-edit");
  conflict->base = g_strdup ("{\"title\":\"a\"}");
  conflict->local = g_strdup ("{\"title\":\"b\"}");
  conflict->remote = g_strdup ("{\"title\":\"c\"}");
  conflict->remote_version = 42;
  conflict->seq = 3;
  conflict->local_time = SYNC_TIME_UNKNOWN;
  conflict->remote_time = TEST_NOW - 5;
  conflict->local_device = g_strdup ("this");
  conflict->columns = g_strsplit ("title,\"odd\" näme", ",", -1);
  return conflict;
}

static gint64
put (SyncStore *store, const SyncConflict *conflict)
{
  g_autoptr (GError) error = NULL;
  gint64 number = sync_store_put_conflict (store, conflict, &error);

  g_assert_no_error (error);
  g_assert_cmpint (number, >, 0);
  return number;
}

static SyncConflict *
get (SyncStore *store, gint64 number)
{
  g_autoptr (GError) error = NULL;
  SyncConflict *conflict = sync_store_get_conflict (store, number, &error);

  g_assert_no_error (error);
  return conflict;
}

static void
test_round_trip (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  g_autoptr (SyncConflict) read = NULL;

  read = get (store, put (store, conflict));
  g_assert_cmpstr (read->entity, ==, "projects");
  g_assert_cmpstr (read->id, ==, "'p1'");
  g_assert_cmpstr (read->kind, ==, "edit-edit");
  g_assert_cmpstr (read->state, ==, "open");
  g_assert_cmpstr (read->base, ==, conflict->base);
  g_assert_cmpstr (read->local, ==, conflict->local);
  g_assert_cmpstr (read->remote, ==, conflict->remote);
  g_assert_cmpint (read->remote_version, ==, 42);
  g_assert_cmpint (read->seq, ==, 3);
  g_assert_cmpint (read->local_time, ==, SYNC_TIME_UNKNOWN);
  g_assert_cmpint (read->remote_time, ==, TEST_NOW - 5);
  g_assert_cmpstr (read->local_device, ==, "this");
  g_assert_null (read->remote_device);
  g_assert_true (
      g_strv_equal ((const char *const *) read->columns, (const char *const *) conflict->columns));
  g_assert_null (read->result);
  g_assert_null (read->resolution);
  g_assert_cmpint (read->created_at, ==, TEST_NOW);
  g_assert_cmpint (read->resolved_at, ==, SYNC_TIME_UNKNOWN);
}

static void
test_newer_remote_updates (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  g_autoptr (SyncConflict) read = NULL;
  gint64 number = put (store, conflict);

  test_store_advance (store, G_TIME_SPAN_HOUR);
  g_clear_pointer (&conflict->remote, g_free);
  conflict->remote_version = 43;
  g_free (conflict->kind);
  conflict->kind = g_strdup ("edit-delete");
  g_assert_cmpint (put (store, conflict), ==, number);
  read = get (store, number);
  g_assert_null (read->remote);
  g_assert_cmpint (read->remote_version, ==, 43);
  g_assert_cmpstr (read->kind, ==, "edit-delete");
  g_assert_cmpint (read->created_at, ==, TEST_NOW);
  test_assert_query (store, "SELECT count(*) FROM psync_conflict", "1\n");
}

static void
test_records_stand_for_themselves (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  gint64 open = put (store, conflict), first, second;
  g_autoptr (SyncConflict) record = NULL;

  conflict->state = g_strdup ("resolved");
  conflict->resolution = g_strdup ("remote");
  conflict->resolved_by = g_strdup ("newest");
  conflict->result = g_strdup ("{}");
  first = put (store, conflict);
  second = put (store, conflict);
  g_assert_cmpint (first, !=, open);
  g_assert_cmpint (second, !=, first);
  record = get (store, second);
  g_assert_cmpstr (record->resolved_by, ==, "newest");
  g_assert_cmpstr (record->result, ==, "{}");
  g_assert_cmpint (record->resolved_at, ==, TEST_NOW);
  g_assert_false (record->can_keep_both);
}

static void
test_open_conflict_is_found (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  g_autoptr (SyncConflict) found = NULL, other = NULL, closed = NULL;
  g_autoptr (GError) error = NULL;
  gint64 number = put (store, conflict);

  g_assert_true (sync_store_get_open_conflict (store, "projects", "'p1'", &found, &error));
  g_assert_cmpint (found->number, ==, number);
  g_assert_true (sync_store_get_open_conflict (store, "notifications", "'p1'", &other, &error));
  g_assert_null (other);
  g_assert_true (sync_store_close_conflict (store, number, "local", "user", NULL, &error));
  g_assert_true (sync_store_get_open_conflict (store, "projects", "'p1'", &closed, &error));
  g_assert_null (closed);
  g_assert_no_error (error);
}

static void
test_closing (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  g_autoptr (SyncConflict) closed = NULL, undone = NULL;
  g_autoptr (GError) again = NULL, undo_again = NULL, error = NULL;
  gint64 number = put (store, conflict);

  test_store_advance (store, 7);
  g_assert_true (sync_store_close_conflict (store, number, "merged", "rules", "{\"x\":1}", &error));
  closed = get (store, number);
  g_assert_cmpstr (closed->state, ==, "resolved");
  g_assert_cmpstr (closed->resolution, ==, "merged");
  g_assert_cmpstr (closed->resolved_by, ==, "rules");
  g_assert_cmpstr (closed->result, ==, "{\"x\":1}");
  g_assert_cmpint (closed->resolved_at, ==, TEST_NOW + 7);
  g_assert_cmpstr (closed->remote, ==, conflict->remote);

  g_assert_false (sync_store_close_conflict (store, number, "local", "user", NULL, &again));
  g_assert_error (again, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_true (sync_store_mark_undone (store, number, &error));
  g_assert_false (sync_store_mark_undone (store, number, &undo_again));
  g_assert_error (undo_again, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  undone = get (store, number);
  g_assert_cmpstr (undone->state, ==, "undone");
  g_assert_no_error (error);
}

static void
test_a_row_can_conflict_again (SyncStore *store)
{
  g_autoptr (SyncConflict) conflict = conflict_new ("projects", "'p1'");
  g_autoptr (GError) error = NULL;
  gint64 number = put (store, conflict);

  g_assert_true (sync_store_close_conflict (store, number, "local", "user", NULL, &error));
  g_assert_cmpint (put (store, conflict), !=, number);
}

static void
test_unknown_number (SyncStore *store)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sync_store_get_conflict (store, 99, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "99");
}

static void
test_lists_are_paged (SyncStore *store)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) open = NULL, page = NULL, records = NULL, beyond = NULL;

  for (guint i = 0; i < 7; i++)
    {
      g_autofree char *id = g_strdup_printf ("'p%u'", i);
      g_autoptr (SyncConflict) conflict = conflict_new ("projects", id);
      gint64 number = put (store, conflict);

      test_store_advance (store, 1);
      if (i % 2 == 1)
        g_assert_true (sync_store_close_conflict (store, number, "local", "user", NULL, &error));
    }
  open = sync_store_list_conflicts (store, FALSE, 0, 0, &error);
  g_assert_cmpuint (open->len, ==, 4);
  page = sync_store_list_conflicts (store, FALSE, 1, 2, &error);
  g_assert_cmpuint (page->len, ==, 2);
  g_assert_cmpstr (((SyncConflict *) g_ptr_array_index (page, 0))->id, ==, "'p2'");
  g_assert_cmpstr (((SyncConflict *) g_ptr_array_index (page, 1))->id, ==, "'p4'");
  records = sync_store_list_conflicts (store, TRUE, 0, 0, &error);
  g_assert_cmpuint (records->len, ==, 3);
  g_assert_cmpstr (((SyncConflict *) g_ptr_array_index (records, 0))->id, ==, "'p5'");
  beyond = sync_store_list_conflicts (store, TRUE, 3, 5, &error);
  g_assert_cmpuint (beyond->len, ==, 0);
  g_assert_no_error (error);
}

static void
test_trim_spares_what_is_open (SyncStore *store)
{
  g_autoptr (SyncConflict) open = conflict_new ("projects", "'open'");
  g_autoptr (SyncConflict) old = conflict_new ("projects", "'old'");
  g_autoptr (SyncConflict) fresh = conflict_new ("projects", "'fresh'");
  g_autoptr (GError) error = NULL;

  put (store, open);
  old->state = g_strdup ("resolved");
  put (store, old);
  test_store_advance (store, SYNC_RECORD_LIFETIME);
  fresh->state = g_strdup ("undone");
  put (store, fresh);
  g_assert_true (sync_store_trim_records (store, TEST_NOW + SYNC_RECORD_LIFETIME, &error));
  test_assert_query (store, "SELECT count(*) FROM psync_conflict", "3\n");
  g_assert_true (sync_store_trim_records (store, TEST_NOW + SYNC_RECORD_LIFETIME + 1, &error));
  test_assert_query (store, "SELECT id FROM psync_conflict ORDER BY id", "'fresh'\n'open'\n");
  g_assert_no_error (error);
}

static void
attach (SyncStore *store, const char *sql, const char *table)
{
  g_autoptr (GError) error = NULL;

  test_store_sql (store, sql);
  g_assert_true (sync_store_attach (store, table, &error));
  g_assert_no_error (error);
}

static gboolean
can_copy (SyncStore *store, const char *entity, const char *id)
{
  return sync_store_can_copy_row (store, sync_store_find_entity (store, entity), id);
}

static void
test_keep_both_needs_a_meaningless_key (SyncStore *store)
{
  const char *uuid = "'6f9619ff-8b86-d011-b42d-00cf4fc964ff'";

  attach (store, "CREATE TABLE numbered (n INTEGER PRIMARY KEY, t)", "numbered");
  attach (store, "CREATE TABLE tags (name TEXT PRIMARY KEY NOT NULL)", "tags");
  attach (store, "CREATE TABLE pairs (a TEXT NOT NULL, b TEXT NOT NULL, PRIMARY KEY (a, b))",
          "pairs");
  attach (store, "CREATE TABLE notes (note_id TEXT PRIMARY KEY NOT NULL)", "notes");
  attach (store, "CREATE TABLE extras (note_id TEXT PRIMARY KEY NOT NULL REFERENCES notes)",
          "extras");
  g_assert_true (can_copy (store, "projects", "'p1'"));
  g_assert_true (can_copy (store, "numbered", "17"));
  g_assert_false (can_copy (store, "tags", "'urgent'"));
  g_assert_true (can_copy (store, "tags", uuid));
  g_assert_false (can_copy (store, "pairs", "'a','b'"));
  g_assert_true (can_copy (store, "notes", "'x'"));
  g_assert_false (can_copy (store, "extras", "'x'"));
}

static void
test_keep_both_needs_two_sides (SyncStore *store)
{
  g_autoptr (SyncConflict) both = conflict_new ("projects", "'p1'");
  g_autoptr (SyncConflict) one = conflict_new ("projects", "'p2'");
  g_autoptr (SyncConflict) unknown = conflict_new ("gone", "'p1'");
  g_autoptr (SyncConflict) read_both = NULL, read_one = NULL, read_unknown = NULL;

  g_clear_pointer (&one->remote, g_free);
  read_both = get (store, put (store, both));
  read_one = get (store, put (store, one));
  read_unknown = get (store, put (store, unknown));
  g_assert_true (read_both->can_keep_both);
  g_assert_false (read_one->can_keep_both);
  g_assert_false (read_unknown->can_keep_both);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_store_add ("/conflict-store/what-is-put-is-what-is-read", test_round_trip);
  test_store_add ("/conflict-store/newer-remote-updates-the-open-conflict",
                  test_newer_remote_updates);
  test_store_add ("/conflict-store/records-stand-for-themselves",
                  test_records_stand_for_themselves);
  test_store_add ("/conflict-store/open-conflict-of-a-row-is-found", test_open_conflict_is_found);
  test_store_add ("/conflict-store/closing-keeps-both-sides-and-works-once", test_closing);
  test_store_add ("/conflict-store/a-row-can-conflict-again", test_a_row_can_conflict_again);
  test_store_add ("/conflict-store/unknown-number-is-named", test_unknown_number);
  test_store_add ("/conflict-store/lists-are-paged-in-order", test_lists_are_paged);
  test_store_add ("/conflict-store/trimming-spares-open-ones-and-30-days",
                  test_trim_spares_what_is_open);
  test_store_add ("/conflict-store/keep-both-needs-a-meaningless-key",
                  test_keep_both_needs_a_meaningless_key);
  test_store_add ("/conflict-store/keep-both-needs-two-sides", test_keep_both_needs_two_sides);
  return g_test_run ();
}
