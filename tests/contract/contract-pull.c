/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "test-provider.h"

/* Pages in the order of versions, the filter of a run's own rows, rows by key. */

/* Rows "00", "01", …, in two batches. */
static void
push_rows (Contract *contract, guint n_rows, const char *run)
{
  for (guint first = 0; first < n_rows; first += (n_rows + 1) / 2)
    {
      GString *batch = contract_batch_new ();
      g_autoptr (GPtrArray) reply = NULL;
      guint last = MIN (first + (n_rows + 1) / 2, n_rows);

      for (guint i = first; i < last; i++)
        {
          g_autofree char *row = g_strdup_printf ("{'id':'%02u','amount':%u}", i, i);

          contract_batch_add (batch, contract->notes, row, &(ContractStamps) { .run = run });
        }
      reply = contract_push (contract->first, contract->notes, batch);
      g_assert_cmpuint (reply->len, ==, last - first);
    }
}

static ContractRow *
row_at (GPtrArray *rows, guint i)
{
  g_assert_cmpuint (i, <, rows->len);
  return g_ptr_array_index (rows, i);
}

static void
assert_ascending (GPtrArray *rows, gint64 since)
{
  for (guint i = 0; i < rows->len; i++)
    {
      g_assert_cmpint (row_at (rows, i)->version, >, since);
      since = row_at (rows, i)->version;
    }
}

static void
an_empty_table_has_an_empty_page (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = contract_pull_all (contract->first, contract->notes);

  g_assert_cmpuint (rows->len, ==, 0);
}

static void
pages_ascend_and_are_never_longer_than_asked (Contract *contract, gconstpointer data)
{
  const guint n_rows = 23;
  SyncPullQuery query = { .limit = 5 };
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  push_rows (contract, n_rows, NULL);
  for (;;)
    {
      g_autoptr (GPtrArray) page = contract_pull (contract->second, contract->notes, &query);

      if (page->len == 0)
        break;
      g_assert_cmpuint (page->len, <=, 5);
      assert_ascending (page, query.since);
      query.since = row_at (page, page->len - 1)->version;
      for (guint i = 0; i < page->len; i++)
        g_assert_true (g_hash_table_add (seen, sync_row_to_json (row_at (page, i)->row)));
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, n_rows);
  g_assert_cmpint (query.since, ==, contract_head (contract->second, contract->notes));
}

static void
a_page_may_be_as_short_as_one_row (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) first = NULL;
  g_autoptr (GPtrArray) second = NULL;

  push_rows (contract, 3, NULL);
  first = contract_pull (contract->second, contract->notes, &(SyncPullQuery) { .limit = 1 });
  g_assert_cmpuint (first->len, ==, 1);
  second = contract_pull (contract->second, contract->notes,
                          &(SyncPullQuery) { .since = row_at (first, 0)->version, .limit = 1 });
  g_assert_cmpuint (second->len, ==, 1);
  g_assert_cmpint (row_at (second, 0)->version, >, row_at (first, 0)->version);
}

static void
a_limit_above_what_is_there_gives_all (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  push_rows (contract, 7, NULL);
  rows = contract_pull (contract->second, contract->notes, &(SyncPullQuery) { .limit = 100000 });
  g_assert_cmpuint (rows->len, ==, 7);
}

static void
past_the_head_there_is_nothing (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) at_head = NULL;
  g_autoptr (GPtrArray) far = NULL;

  push_rows (contract, 3, NULL);
  at_head = contract_pull (
      contract->second, contract->notes,
      &(SyncPullQuery) { .since = contract_head (contract->first, contract->notes), .limit = 9 });
  far = contract_pull (contract->second, contract->notes,
                       &(SyncPullQuery) { .since = G_MAXINT64, .limit = 9 });
  g_assert_cmpuint (at_head->len, ==, 0);
  g_assert_cmpuint (far->len, ==, 0);
}

static void
a_changed_row_moves_to_the_end (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) before = NULL;
  g_autoptr (GPtrArray) after = NULL;

  push_rows (contract, 4, NULL);
  before = contract_pull_all (contract->second, contract->notes);
  g_assert_cmpint (contract_put (contract->first, contract->notes, "{'id':'01','amount':100}",
                                 contract_find (before, "'01'")->version),
                   >, 0);
  after = contract_pull_all (contract->second, contract->notes);
  g_assert_cmpuint (after->len, ==, 4);
  assert_ascending (after, 0);
  contract_assert_row (row_at (after, 3), "{'id':'01','amount':100}");
}

static void
every_column_comes_with_every_row (Contract *contract, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = NULL;
  SyncJsonReader reader;
  SyncSpan row, value;
  static const char *const stamps[]
      = { "sync_version", "deleted_at", "edited_at", "device_id", "run_id" };

  contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  page = test_pull (contract->second, contract->notes, &(SyncPullQuery) { .limit = 10 }, &error);
  g_assert_no_error (error);
  sync_json_reader_init (&reader, g_bytes_get_data (page, NULL), g_bytes_get_size (page));
  g_assert_true (sync_json_enter_array (&reader));
  g_assert_true (sync_json_next_element (&reader));
  g_assert_true (sync_json_read_value (&reader, &row));
  for (guint i = 0; i < contract->notes->n_columns; i++)
    g_assert_true (sync_json_get_member (row, contract->notes->columns[i].name, &value));
  for (guint i = 0; i < G_N_ELEMENTS (stamps); i++)
    g_assert_true (sync_json_get_member (row, stamps[i], &value));
  g_assert_true (sync_json_get_member (row, "sync_version", &value));
  g_assert_cmpint (sync_json_type (value), ==, SYNC_JSON_NUMBER);
}

static void
tables_do_not_mix (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) notes = NULL;
  g_autoptr (GPtrArray) numbers = NULL;

  push_rows (contract, 3, NULL);
  contract_put (contract->first, contract->numbers, "{'id':1,'value':'one'}", 0);
  notes = contract_pull_all (contract->second, contract->notes);
  numbers = contract_pull_all (contract->second, contract->numbers);
  g_assert_cmpuint (notes->len, ==, 3);
  g_assert_cmpuint (numbers->len, ==, 1);
}

static void
rows_of_the_own_run_are_left_out (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) others = NULL;
  g_autoptr (GPtrArray) all = NULL;

  push_rows (contract, 5, "mine");
  contract_send (contract->second, contract->notes, "{'id':'theirs'}",
                 &(ContractStamps) { .run = "theirs" });
  contract_send (contract->second, contract->notes, "{'id':'foreign'}",
                 &(ContractStamps) { .run = "" });
  others = contract_pull (contract->first, contract->notes,
                          &(SyncPullQuery) { .limit = 50, .not_run = "mine" });
  g_assert_cmpuint (others->len, ==, 2);
  g_assert_nonnull (contract_find (others, "'theirs'"));
  g_assert_nonnull (contract_find (others, "'foreign'"));
  all = contract_pull (contract->first, contract->notes, &(SyncPullQuery) { .limit = 50 });
  g_assert_cmpuint (all->len, ==, 7);
}

static void
the_newest_row_of_the_own_run_proves_the_rest (Contract *contract, gconstpointer data)
{
  gint64 top;
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GPtrArray) behind = NULL;

  contract_send (contract->second, contract->notes, "{'id':'theirs'}",
                 &(ContractStamps) { .run = "theirs" });
  push_rows (contract, 5, "mine");
  top = contract_head (contract->first, contract->notes);
  rows = contract_pull (contract->first, contract->notes,
                        &(SyncPullQuery) { .limit = 50, .not_run = "mine", .top = top });
  g_assert_cmpuint (rows->len, ==, 2);
  g_assert_nonnull (contract_find (rows, "'theirs'"));
  g_assert_cmpint (row_at (rows, 1)->version, ==, top);
  g_assert_cmpstr (row_at (rows, 1)->run_id, ==, "mine");
  behind = contract_pull (
      contract->first, contract->notes,
      &(SyncPullQuery) { .since = top, .limit = 50, .not_run = "mine", .top = top });
  g_assert_cmpuint (behind->len, ==, 0);
}

static void
left_out_rows_do_not_count_for_the_limit (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  push_rows (contract, 9, "mine");
  contract_send (contract->second, contract->notes, "{'id':'theirs'}",
                 &(ContractStamps) { .run = "theirs" });
  rows = contract_pull (contract->first, contract->notes,
                        &(SyncPullQuery) { .limit = 2, .not_run = "mine" });
  g_assert_cmpuint (rows->len, ==, 1);
  g_assert_nonnull (contract_find (rows, "'theirs'"));
}

static void
fetch_gives_rows_by_key_and_leaves_absent_ones_out (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GPtrArray) none = NULL;

  push_rows (contract, 4, NULL);
  rows = contract_fetch (contract->second, contract->notes, "[['03'],['absent'],['00']]");
  g_assert_cmpuint (rows->len, ==, 2);
  contract_assert_row (contract_find (rows, "'00'"), "{'id':'00','amount':0}");
  contract_assert_row (contract_find (rows, "'03'"), "{'id':'03','amount':3}");
  g_assert_cmpint (contract_find (rows, "'03'")->version, ==,
                   contract_head (contract->first, contract->notes));
  none = contract_fetch (contract->second, contract->notes, "[['nothing'],['nowhere']]");
  g_assert_cmpuint (none->len, ==, 0);
}

static void
fetch_of_no_keys_gives_no_rows (Contract *contract, gconstpointer data)
{
  g_autoptr (GPtrArray) rows = NULL;

  push_rows (contract, 2, NULL);
  rows = contract_fetch (contract->second, contract->notes, "[]");
  g_assert_cmpuint (rows->len, ==, 0);
}

static void
many_keys_are_fetched_whatever_the_length_of_a_request (Contract *contract, gconstpointer data)
{
  const guint n_rows = 150;
  GString *batch = contract_batch_new ();
  g_autoptr (GString) keys = g_string_new ("[");
  g_autoptr (GPtrArray) reply = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  g_autofree char *tail = g_strnfill (80, 'x');

  for (guint i = 0; i < n_rows; i++)
    {
      g_autofree char *row = g_strdup_printf ("{'id':'%03u %s'}", i, tail);

      contract_batch_add (batch, contract->notes, row, &(ContractStamps) { 0 });
      g_string_append_printf (keys, "%s['%03u %s']", i > 0 ? "," : "", i, tail);
    }
  g_string_append_c (keys, ']');
  reply = contract_push (contract->first, contract->notes, batch);
  g_assert_cmpuint (reply->len, ==, n_rows);
  rows = contract_fetch (contract->second, contract->notes, keys->str);
  g_assert_cmpuint (rows->len, ==, n_rows);
}

static void
weak_and_strong_fetches_answer_alike (Contract *contract, gconstpointer data)
{
  for (guint strong = 0; strong < 2; strong++)
    {
      g_autofree char *row = g_strdup_printf ("{'id':'%u'}", strong);
      g_autofree char *keys = g_strdup_printf ("[[\"%u\"]]", strong);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) bytes = NULL;
      g_autoptr (GPtrArray) rows = NULL;

      contract_put (contract->first, contract->notes, row, 0);
      bytes = test_fetch (contract->second, contract->notes, keys, strong, &error);
      g_assert_no_error (error);
      rows = contract_read (contract->notes, bytes);
      g_assert_cmpuint (rows->len, ==, 1);
      contract_assert_row (row_at (rows, 0), row);
    }
}

void
contract_add_pull_rules (void)
{
  contract_add ("pull/an-empty-table-has-an-empty-page", an_empty_table_has_an_empty_page);
  contract_add ("pull/pages-ascend-and-are-never-longer-than-asked",
                pages_ascend_and_are_never_longer_than_asked);
  contract_add ("pull/a-page-may-be-as-short-as-one-row", a_page_may_be_as_short_as_one_row);
  contract_add ("pull/a-limit-above-what-is-there-gives-all",
                a_limit_above_what_is_there_gives_all);
  contract_add ("pull/past-the-head-there-is-nothing", past_the_head_there_is_nothing);
  contract_add ("pull/a-changed-row-moves-to-the-end", a_changed_row_moves_to_the_end);
  contract_add ("pull/every-column-comes-with-every-row", every_column_comes_with_every_row);
  contract_add ("pull/tables-do-not-mix", tables_do_not_mix);
  contract_add ("pull/rows-of-the-own-run-are-left-out", rows_of_the_own_run_are_left_out);
  contract_add ("pull/the-newest-row-of-the-own-run-proves-the-rest",
                the_newest_row_of_the_own_run_proves_the_rest);
  contract_add ("pull/left-out-rows-do-not-count-for-the-limit",
                left_out_rows_do_not_count_for_the_limit);
  contract_add ("fetch/gives-rows-by-key-and-leaves-absent-ones-out",
                fetch_gives_rows_by_key_and_leaves_absent_ones_out);
  contract_add ("fetch/of-no-keys-gives-no-rows", fetch_of_no_keys_gives_no_rows);
  contract_add ("fetch/many-keys-whatever-the-length-of-a-request",
                many_keys_are_fetched_whatever_the_length_of_a_request);
  contract_add ("fetch/weak-and-strong-answer-alike", weak_and_strong_fetches_answer_alike);
}
