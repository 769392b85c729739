/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "sync-time.h"
#include "test-provider.h"

/* Compare and set, tombstones, stamps. */

static ContractRow *
fetch_one (Contract *contract, const char *keys, GPtrArray **rows)
{
  g_clear_pointer (rows, g_ptr_array_unref);
  *rows = contract_fetch (contract->second, contract->notes, keys);
  g_assert_cmpuint ((*rows)->len, ==, 1);
  return g_ptr_array_index (*rows, 0);
}

static void
assert_note (Contract *contract, const char *columns, gint64 version)
{
  g_autoptr (GPtrArray) rows = contract_pull_all (contract->second, contract->notes);
  ContractRow *row = contract_find (rows, "'a'");

  contract_assert_row (row, columns);
  g_assert_cmpint (row->version, ==, version);
}

static void
base_0_of_an_absent_row_inserts (Contract *contract, gconstpointer data)
{
  gint64 version
      = contract_put (contract->first, contract->notes, "{'id':'a','title':'one','amount':1}", 0);

  g_assert_cmpint (version, >, 0);
  assert_note (contract, "{'id':'a','title':'one','amount':1}", version);
}

static void
base_0_of_a_present_row_is_skipped (Contract *contract, gconstpointer data)
{
  gint64 version = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);

  g_assert_cmpint (contract_put (contract->second, contract->notes, "{'id':'a','title':'two'}", 0),
                   ==, 0);
  assert_note (contract, "{'id':'a','title':'one'}", version);
}

static void
the_right_base_updates (Contract *contract, gconstpointer data)
{
  gint64 first = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);
  gint64 second = contract_put (contract->second, contract->notes, "{'id':'a','amount':2}", first);

  g_assert_cmpint (second, >, first);
  assert_note (contract, "{'id':'a','amount':2}", second);
}

static void
a_stale_base_is_skipped (Contract *contract, gconstpointer data)
{
  gint64 first = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);
  gint64 second
      = contract_put (contract->second, contract->notes, "{'id':'a','title':'two'}", first);

  g_assert_cmpint (
      contract_put (contract->first, contract->notes, "{'id':'a','title':'three'}", first), ==, 0);
  g_assert_cmpint (
      contract_put (contract->first, contract->notes, "{'id':'a','title':'four'}", second + 1), ==,
      0);
  assert_note (contract, "{'id':'a','title':'two'}", second);
}

static void
a_base_of_an_absent_row_is_skipped (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  g_assert_cmpint (contract_put (contract->first, contract->notes, "{'id':'a'}", 5), ==, 0);
  rows = contract_pull_all (contract->first, contract->notes);
  g_assert_cmpuint (rows->len, ==, 0);
}

static void
the_reply_names_winners_only (Contract *contract, gconstpointer data)
{
  gint64 known = contract_put (contract->first, contract->notes, "{'id':'known'}", 0);
  gint64 taken = contract_put (contract->first, contract->notes, "{'id':'taken'}", 0);
  GString *batch = contract_batch_new ();
  g_autoptr (GPtrArray) reply = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  ContractRow *update, *insert;

  contract_batch_add (batch, contract->notes, "{'id':'taken','title':'lost'}",
                      &(ContractStamps) { .run = "run-2" });
  contract_batch_add (batch, contract->notes, "{'id':'new','title':'won'}",
                      &(ContractStamps) { .run = "run-2" });
  contract_batch_add (batch, contract->notes, "{'id':'purged','title':'lost'}",
                      &(ContractStamps) { .base = known, .run = "run-2" });
  contract_batch_add (batch, contract->notes, "{'id':'known','title':'won'}",
                      &(ContractStamps) { .base = known, .run = "run-2" });
  reply = contract_push (contract->first, contract->notes, batch);
  g_assert_cmpuint (reply->len, ==, 2);
  insert = contract_find (reply, "'new'");
  update = contract_find (reply, "'known'");
  g_assert_nonnull (insert);
  g_assert_nonnull (update);
  g_assert_cmpint (insert->version, >, taken);
  g_assert_cmpint (update->version, >, taken);
  g_assert_cmpint (insert->version, !=, update->version);
  g_assert_cmpstr (insert->run_id, ==, "run-2");
  g_assert_cmpstr (update->run_id, ==, "run-2");

  rows = contract_pull_all (contract->first, contract->notes);
  g_assert_cmpuint (rows->len, ==, 3);
  g_assert_cmpint (contract_find (rows, "'new'")->version, ==, insert->version);
  g_assert_cmpint (contract_find (rows, "'known'")->version, ==, update->version);
  contract_assert_row (contract_find (rows, "'taken'"), "{'id':'taken'}");
}

static void
the_same_batch_again_wins_nothing_and_changes_nothing (Contract *contract, gconstpointer data)
{
  gint64 base = contract_put (contract->first, contract->notes, "{'id':'old'}", 0);
  g_autofree char *rows = NULL;
  g_autoptr (GBytes) first = NULL;
  g_autoptr (GBytes) again = NULL;
  g_autoptr (GPtrArray) won = NULL;
  g_autoptr (GPtrArray) replayed = NULL;
  g_autoptr (GError) error = NULL;
  GString *batch = contract_batch_new ();
  gint64 head;

  contract_batch_add (batch, contract->notes, "{'id':'new'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'id':'old','amount':1}",
                      &(ContractStamps) { .base = base });
  rows = contract_batch_end (batch);
  first = test_push (contract->first, contract->notes, rows, &error);
  g_assert_no_error (error);
  won = contract_read (contract->notes, first);
  g_assert_cmpuint (won->len, ==, 2);
  head = contract_head (contract->first, contract->notes);
  again = test_push (contract->first, contract->notes, rows, &error);
  g_assert_no_error (error);
  replayed = contract_read (contract->notes, again);
  g_assert_cmpuint (replayed->len, ==, 0);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, head);
}

static void
of_one_key_twice_in_a_batch_the_first_wins (Contract *contract, gconstpointer data)
{
  GString *batch = contract_batch_new ();
  g_autoptr (GPtrArray) reply = NULL;

  contract_batch_add (batch, contract->notes, "{'id':'a','title':'one'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'id':'a','title':'two'}", &(ContractStamps) { 0 });
  reply = contract_push (contract->first, contract->notes, batch);
  g_assert_cmpuint (reply->len, ==, 1);
  assert_note (contract, "{'id':'a','title':'one'}",
               ((ContractRow *) g_ptr_array_index (reply, 0))->version);
}

static void
an_empty_batch_wins_nothing (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) reply
      = contract_push (contract->first, contract->notes, contract_batch_new ());

  g_assert_cmpuint (reply->len, ==, 0);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, 0);
}

static void
versions_only_rise (Contract *contract, gconstpointer data)
{
  gint64 version = 0;

  for (guint i = 0; i < 10; i++)
    {
      const SyncEntity *entity = i % 2 == 0 ? contract->notes : contract->blobs;
      g_autofree char *row = g_strdup_printf (i % 2 == 0 ? "{'id':'%u'}" : "{'id':'\\\\x0%u'}", i);
      gint64 next = contract_put (i % 3 == 0 ? contract->first : contract->second, entity, row, 0);

      g_assert_cmpint (next, >, version);
      version = next;
    }
}

static void
a_malformed_batch_is_an_error_and_writes_nothing (Contract *contract, gconstpointer data)
{
  GString *batch = contract_batch_new ();
  g_autofree char *rows = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (GError) error = NULL;

  contract_batch_add (batch, contract->notes, "{'id':'a'}", &(ContractStamps) { 0 });
  rows = contract_batch_end (batch);
  rows[strlen (rows) - 1] = '}';
  reply = test_push (contract->first, contract->notes, rows, &error);
  g_assert_null (reply);
  g_assert_nonnull (error);
  g_assert_true (error->domain == SYNC_ERROR);
  g_assert_false (sync_error_is_transient (error));
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, 0);
}

static void
a_row_without_key_fails_its_whole_batch (Contract *contract, gconstpointer data)
{
  GString *batch = contract_batch_new ();
  g_autofree char *rows = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (GError) error = NULL;

  contract_batch_add (batch, contract->notes, "{'id':'a'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'title':'no id'}", &(ContractStamps) { 0 });
  contract_batch_add (batch, contract->notes, "{'id':'b'}", &(ContractStamps) { 0 });
  rows = contract_batch_end (batch);
  reply = test_push (contract->first, contract->notes, rows, &error);
  g_assert_null (reply);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, 0);
}

static void
a_tombstone_travels_with_its_contents (Contract *contract, gconstpointer data)
{
  gint64 first = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);
  gint64 second = contract_send (contract->first, contract->notes,
                                 "{'id':'a','title':'one','amount':3}",
                                 &(ContractStamps) { .base = first, .deleted = TRUE });
  g_autoptr (GPtrArray) pulled = NULL;
  g_autoptr (GPtrArray) fetched = NULL;
  ContractRow *row;

  g_assert_cmpint (second, >, first);
  pulled = contract_pull (contract->second, contract->notes,
                          &(SyncPullQuery) { .since = first, .limit = 10 });
  g_assert_cmpuint (pulled->len, ==, 1);
  row = g_ptr_array_index (pulled, 0);
  g_assert_true (row->deleted);
  g_assert_cmpint (row->version, ==, second);
  contract_assert_row (row, "{'id':'a','title':'one','amount':3}");
  row = fetch_one (contract, "[['a']]", &fetched);
  g_assert_true (row->deleted);
  contract_assert_row (row, "{'id':'a','title':'one','amount':3}");
}

static void
a_tombstone_can_be_the_first_of_its_key (Contract *contract, gconstpointer data)
{
  gint64 version = contract_send (contract->first, contract->notes, "{'id':'a'}",
                                  &(ContractStamps) { .deleted = TRUE });
  g_autoptr (GPtrArray) rows = NULL;

  g_assert_cmpint (version, >, 0);
  g_assert_true (fetch_one (contract, "[['a']]", &rows)->deleted);
}

static void
a_tombstone_on_a_stale_base_is_skipped (Contract *contract, gconstpointer data)
{
  gint64 first = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);
  gint64 second
      = contract_put (contract->second, contract->notes, "{'id':'a','title':'two'}", first);
  g_autoptr (GPtrArray) rows = NULL;

  g_assert_cmpint (contract_send (contract->first, contract->notes, "{'id':'a','title':'one'}",
                                  &(ContractStamps) { .base = first, .deleted = TRUE }),
                   ==, 0);
  g_assert_false (fetch_one (contract, "[['a']]", &rows)->deleted);
  assert_note (contract, "{'id':'a','title':'two'}", second);
}

static void
a_deleted_row_is_revived_on_its_version_only (Contract *contract, gconstpointer data)
{
  gint64 living = contract_put (contract->first, contract->notes, "{'id':'a','title':'one'}", 0);
  gint64 deleted = contract_send (contract->first, contract->notes, "{'id':'a','title':'one'}",
                                  &(ContractStamps) { .base = living, .deleted = TRUE });
  g_autoptr (GPtrArray) rows = NULL;
  gint64 revived;

  g_assert_cmpint (contract_put (contract->second, contract->notes, "{'id':'a','title':'x'}", 0),
                   ==, 0);
  g_assert_cmpint (
      contract_put (contract->second, contract->notes, "{'id':'a','title':'x'}", living), ==, 0);
  g_assert_true (fetch_one (contract, "[['a']]", &rows)->deleted);
  revived = contract_put (contract->second, contract->notes, "{'id':'a','title':'two'}", deleted);
  g_assert_cmpint (revived, >, deleted);
  g_assert_false (fetch_one (contract, "[['a']]", &rows)->deleted);
  assert_note (contract, "{'id':'a','title':'two'}", revived);
}

static void
stamps_come_back_and_the_base_does_not (Contract *contract, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  gint64 edited_at = 0;
  ContractRow *row;
  gint64 version
      = contract_send (contract->first, contract->notes, "{'id':'a'}",
                       &(ContractStamps) { .edited_at = "2026-02-03T04:05:06.789Z", .run = "R" });

  contract_send (contract->first, contract->notes, "{'id':'a','title':'b'}",
                 &(ContractStamps) { version, FALSE, "2026-02-03T04:05:06.789Z", "R" });
  page = test_pull (contract->second, contract->notes, &(SyncPullQuery) { .limit = 10 }, &error);
  g_assert_no_error (error);
  rows = contract_read (contract->notes, page);
  row = contract_find (rows, "'a'");
  sync_time_parse ("2026-02-03T04:05:06.789Z", 24, &edited_at);
  g_assert_cmpint (row->edited_at, ==, edited_at);
  g_assert_cmpstr (row->device_id, ==, "device-1");
  g_assert_cmpstr (row->run_id, ==, "R");
  g_assert_false (row->deleted);
  if (g_strstr_len (g_bytes_get_data (page, NULL), g_bytes_get_size (page), "base_version\":")
      != NULL)
    g_assert_nonnull (g_strstr_len (g_bytes_get_data (page, NULL), g_bytes_get_size (page),
                                    "base_version\":null"));
}

static void
an_edit_is_never_from_the_future (Contract *contract, gconstpointer data)
{
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;
  ContractRow *row;

  contract_send (contract->first, contract->notes, "{'id':'a'}",
                 &(ContractStamps) { .edited_at = "2199-01-01T00:00:00.000Z" });
  row = fetch_one (contract, "[['a']]", &rows);
  state = test_get_state (contract->first, TRUE, &error);
  g_assert_no_error (error);
  g_assert_cmpint (row->edited_at, <=, state->server_time);
  g_assert_cmpint (row->edited_at, >, state->server_time - G_TIME_SPAN_MINUTE);
}

static void
an_unknown_time_of_an_edit_stays_unknown (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  contract_send (contract->first, contract->notes, "{'id':'a'}",
                 &(ContractStamps) { .edited_at = "" });
  g_assert_cmpint (fetch_one (contract, "[['a']]", &rows)->edited_at, ==, G_MININT64);
}

static void
a_row_without_run_is_somebody_else_s (Contract *contract, gconstpointer data)
{
  GString *batch = contract_batch_new ();
  g_autoptr (GPtrArray) reply = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  contract_batch_add (batch, contract->notes, "{'id':'a'}", &(ContractStamps) { .run = "" });
  reply = contract_push (contract->first, contract->notes, batch);
  g_assert_cmpuint (reply->len, ==, 1);
  g_assert_null (((ContractRow *) g_ptr_array_index (reply, 0))->run_id);
  g_assert_null (fetch_one (contract, "[['a']]", &rows)->run_id);
}

void
contract_add_push_rules (void)
{
  contract_add ("push/base-0-of-an-absent-row-inserts", base_0_of_an_absent_row_inserts);
  contract_add ("push/base-0-of-a-present-row-is-skipped", base_0_of_a_present_row_is_skipped);
  contract_add ("push/the-right-base-updates", the_right_base_updates);
  contract_add ("push/a-stale-base-is-skipped", a_stale_base_is_skipped);
  contract_add ("push/a-base-of-an-absent-row-is-skipped", a_base_of_an_absent_row_is_skipped);
  contract_add ("push/the-reply-names-winners-only", the_reply_names_winners_only);
  contract_add ("push/the-same-batch-again-wins-nothing-and-changes-nothing",
                the_same_batch_again_wins_nothing_and_changes_nothing);
  contract_add ("push/of-one-key-twice-in-a-batch-the-first-wins",
                of_one_key_twice_in_a_batch_the_first_wins);
  contract_add ("push/an-empty-batch-wins-nothing", an_empty_batch_wins_nothing);
  contract_add ("push/versions-only-rise", versions_only_rise);
  contract_add ("push/a-malformed-batch-is-an-error-and-writes-nothing",
                a_malformed_batch_is_an_error_and_writes_nothing);
  contract_add ("push/a-row-without-key-fails-its-whole-batch",
                a_row_without_key_fails_its_whole_batch);
  contract_add ("push/a-tombstone-travels-with-its-contents",
                a_tombstone_travels_with_its_contents);
  contract_add ("push/a-tombstone-can-be-the-first-of-its-key",
                a_tombstone_can_be_the_first_of_its_key);
  contract_add ("push/a-tombstone-on-a-stale-base-is-skipped",
                a_tombstone_on_a_stale_base_is_skipped);
  contract_add ("push/a-deleted-row-is-revived-on-its-version-only",
                a_deleted_row_is_revived_on_its_version_only);
  contract_add ("push/stamps-come-back-and-the-base-does-not",
                stamps_come_back_and_the_base_does_not);
  contract_add ("push/an-edit-is-never-from-the-future", an_edit_is_never_from_the_future);
  contract_add ("push/an-unknown-time-of-an-edit-stays-unknown",
                an_unknown_time_of_an_edit_stays_unknown);
  contract_add ("push/a-row-without-run-is-somebody-else-s", a_row_without_run_is_somebody_else_s);
}
