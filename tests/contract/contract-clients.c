/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"
#include "test-provider.h"

/* Several clients and several requests at once; cancelling. */

#define N_ROWS 25

/* N_ROWS rows with the given bases (all 0 if %NULL), as one client sends them. */
static GBytes *
make_batch (Contract *contract, const gint64 *bases, const char *writer, guint round)
{
  GString *batch = contract_batch_new ();
  g_autofree char *rows = NULL;

  for (guint i = 0; i < N_ROWS; i++)
    {
      g_autofree char *row
          = g_strdup_printf ("{'id':'%02u','title':'%s','amount':%u}", i, writer, round);

      contract_batch_add (
          batch, contract->notes, row,
          &(ContractStamps) { .base = bases != NULL ? bases[i] : 0, .run = writer });
    }
  rows = contract_batch_end (batch);
  return g_bytes_new (rows, strlen (rows));
}

/* Pushes both batches at once; a cloud may ask for patience. */
static void
push_both (Contract *contract, GBytes *first, GBytes *second, GPtrArray *replies[2])
{
  SyncProvider *providers[2] = { contract->first, contract->second };
  GBytes *batches[2] = { first, second };
  GAsyncResult *places[2] = { NULL, NULL };

  for (guint i = 0; i < 2; i++)
    sync_provider_push_async (providers[i], contract->notes, batches[i], NULL, test_got_result,
                              &places[i]);
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_for_result (&places[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) reply = sync_provider_push_finish (providers[i], result, &error);

      g_assert_no_error (error);
      replies[i] = contract_read (contract->notes, reply);
    }
}

/* Each row was won by exactly one, who is found in it. */
static void
check_winners (Contract *contract, GPtrArray *replies[2], gint64 versions[N_ROWS])
{
  g_autoptr (GPtrArray) rows = contract_pull_all (contract->first, contract->notes);

  g_assert_cmpuint (replies[0]->len + replies[1]->len, ==, N_ROWS);
  g_assert_cmpuint (rows->len, ==, N_ROWS);
  for (guint i = 0; i < N_ROWS; i++)
    {
      g_autofree char *key = g_strdup_printf ("'%02u'", i);
      ContractRow *first = contract_find (replies[0], key);
      ContractRow *second = contract_find (replies[1], key);
      ContractRow *row = contract_find (rows, key);

      g_assert_true ((first != NULL) != (second != NULL));
      versions[i] = first != NULL ? first->version : second->version;
      g_assert_cmpint (row->version, ==, versions[i]);
      g_assert_cmpstr (row->run_id, ==, first != NULL ? "first" : "second");
    }
}

static void
of_two_writers_of_one_row_exactly_one_wins (Contract *contract, gconstpointer data)
{
  gint64 versions[N_ROWS] = { 0 };

  for (guint round = 0; round < 8; round++)
    {
      g_autoptr (GBytes) first = make_batch (contract, versions, "first", round);
      g_autoptr (GBytes) second = make_batch (contract, versions, "second", round);
      GPtrArray *replies[2];

      push_both (contract, first, second, replies);
      check_winners (contract, replies, versions);
      g_ptr_array_unref (replies[0]);
      g_ptr_array_unref (replies[1]);
    }
}

/* Two clients write while a third party follows the versions. */
static void
a_reader_that_follows_the_versions_misses_nothing (Contract *contract, gconstpointer data)
{
  const guint n_batches = 6;
  SyncProvider *writers[2] = { contract->first, contract->second };
  g_autoptr (SyncProvider) reader = contract_backend.connect (contract->cloud);
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  SyncPullQuery query = { .limit = 7 };
  GAsyncResult *places[12] = { NULL };
  guint answered = 0;
  gboolean more = TRUE;

  for (guint i = 0; i < 2 * n_batches; i++)
    {
      GString *batch = contract_batch_new ();
      g_autofree char *rows = NULL;
      g_autoptr (GBytes) bytes = NULL;

      for (guint k = 0; k < 10; k++)
        {
          g_autofree char *row = g_strdup_printf ("{'id':'%u %u'}", i, k);

          contract_batch_add (batch, contract->notes, row, &(ContractStamps) { 0 });
        }
      rows = contract_batch_end (batch);
      bytes = g_bytes_new (rows, strlen (rows));
      sync_provider_push_async (writers[i % 2], contract->notes, bytes, NULL, test_got_result,
                                &places[i]);
    }
  while (answered < 2 * n_batches || more)
    {
      g_autoptr (GPtrArray) page = NULL;

      answered = 0;
      for (guint i = 0; i < 2 * n_batches; i++)
        answered += places[i] != NULL;
      page = contract_pull (reader, contract->notes, &query);
      more = page->len > 0;
      for (guint i = 0; i < page->len; i++)
        {
          ContractRow *row = g_ptr_array_index (page, i);

          g_assert_cmpint (row->version, >, query.since);
          query.since = row->version;
          g_assert_true (g_hash_table_add (seen, sync_row_to_json (row->row)));
        }
    }
  for (guint i = 0; i < 2 * n_batches; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) reply = NULL;

      reply = sync_provider_push_finish (writers[i % 2], places[i], &error);
      g_assert_no_error (error);
      g_object_unref (places[i]);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 2 * n_batches * 10);
}

static void
requests_may_be_sent_before_others_are_answered (Contract *contract, gconstpointer data)
{
  GAsyncResult *places[4] = { NULL };
  SyncPullQuery query = { .limit = 10 };
  g_autoptr (GBytes) keys = g_bytes_new_static ("[[\"a\"]]", 7);
  g_autoptr (GError) error = NULL;

  contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  sync_provider_get_state_async (contract->first, FALSE, NULL, test_got_result, &places[0]);
  sync_provider_pull_async (contract->first, contract->notes, &query, NULL, test_got_result,
                            &places[1]);
  sync_provider_fetch_async (contract->first, contract->notes, keys, FALSE, NULL, test_got_result,
                             &places[2]);
  sync_provider_pull_async (contract->first, contract->pairs, &query, NULL, test_got_result,
                            &places[3]);
  query.limit = 0;
  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      g_autoptr (GAsyncResult) result = test_wait_for_result (&places[i]);

      if (i == 0)
        {
          g_autoptr (SyncCloudState) state
              = sync_provider_get_state_finish (contract->first, result, &error);

          g_assert_no_error (error);
          g_assert_nonnull (state);
        }
      else
        {
          g_autoptr (GBytes) rows
              = i == 2 ? sync_provider_fetch_finish (contract->first, result, &error)
                       : sync_provider_pull_finish (contract->first, result, &error);
          g_autoptr (GPtrArray) read = NULL;

          g_assert_no_error (error);
          read = contract_read (i == 3 ? contract->pairs : contract->notes, rows);
          g_assert_cmpuint (read->len, ==, i == 3 ? 0 : 1);
        }
    }
}

static void
cancelled_before_it_begins_nothing_is_done (Contract *contract, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GBytes) batch = make_batch (contract, NULL, "first", 0);
  g_autoptr (GAsyncResult) pushed = NULL;
  g_autoptr (GAsyncResult) pulled = NULL;
  g_autoptr (GAsyncResult) told = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (GBytes) page = NULL;
  g_autoptr (SyncCloudState) state = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;

  g_cancellable_cancel (cancellable);
  sync_provider_push_async (contract->first, contract->notes, batch, cancellable, test_got_result,
                            &place);
  g_assert_null (place);
  pushed = test_wait_for_result (&place);
  reply = sync_provider_push_finish (contract->first, pushed, &error);
  g_assert_null (reply);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  sync_provider_pull_async (contract->first, contract->notes, &(SyncPullQuery) { .limit = 10 },
                            cancellable, test_got_result, &place);
  pulled = test_wait_for_result (&place);
  page = sync_provider_pull_finish (contract->first, pulled, &error);
  g_assert_null (page);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);

  sync_provider_get_state_async (contract->first, FALSE, cancellable, test_got_result, &place);
  told = test_wait_for_result (&place);
  state = sync_provider_get_state_finish (contract->first, told, &error);
  g_assert_null (state);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  g_assert_cmpint (contract_head (contract->first, contract->notes), ==, 0);
  g_assert_true (sync_provider_get_connected (contract->first));
}

static gboolean
cancel_cb (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

/* @when: 0 at once, else in so many milliseconds: somewhere in the request. */
static void
push_and_cancel (Contract *contract, guint when)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GString *batch = contract_batch_new ();
  g_autofree char *rows = NULL;
  g_autofree char *row = g_strdup_printf ("{'id':'cancelled %u'}", when);
  g_autofree char *keys = g_strdup_printf ("[['cancelled %u']]", when);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) reply = NULL;
  g_autoptr (GPtrArray) found = NULL;
  g_autoptr (GPtrArray) after = NULL;
  g_autoptr (GError) error = NULL;
  GAsyncResult *place = NULL;
  gint64 version;

  contract_batch_add (batch, contract->notes, row, &(ContractStamps) { 0 });
  rows = contract_batch_end (batch);
  bytes = g_bytes_new (rows, strlen (rows));
  if (when > 0)
    g_timeout_add (when, cancel_cb, cancellable);
  sync_provider_push_async (contract->first, contract->notes, bytes, cancellable, test_got_result,
                            &place);
  if (when == 0)
    g_cancellable_cancel (cancellable);
  result = test_wait_for_result (&place);
  reply = sync_provider_push_finish (contract->first, result, &error);
  while (!g_cancellable_is_cancelled (cancellable))
    g_main_context_iteration (NULL, TRUE);

  /* Told: it is there. Not told: it may be there, or arrive only now, and can be sent again. */
  found = contract_fetch (contract->second, contract->notes, keys);
  if (error == NULL)
    g_assert_cmpuint (found->len, ==, 1);
  else
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  version = contract_put (contract->first, contract->notes, row, 0);
  after = contract_fetch (contract->second, contract->notes, keys);
  g_assert_cmpuint (after->len, ==, 1);
  if (version != 0)
    g_assert_cmpint (version, ==, ((ContractRow *) g_ptr_array_index (after, 0))->version);
  if (found->len > 0)
    g_assert_cmpint (version, ==, 0);
}

static void
cancelled_while_it_runs_a_push_can_be_sent_again (Contract *contract, gconstpointer data)
{
  for (guint when = 0; when < 6; when++)
    push_and_cancel (contract, when);
}

static void
a_request_outlives_its_provider_s_owner (Contract *contract, gconstpointer data)
{
  SyncProvider *provider = contract_backend.connect (contract->cloud);
  GAsyncResult *place = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GObject) source = NULL;
  g_autoptr (GBytes) page = NULL;
  g_autoptr (GError) error = NULL;

  contract_put (contract->first, contract->notes, "{'id':'a'}", 0);
  test_connect (provider, &error);
  g_assert_no_error (error);
  sync_provider_pull_async (provider, contract->notes, &(SyncPullQuery) { .limit = 10 }, NULL,
                            test_got_result, &place);
  g_object_unref (provider);
  result = test_wait_for_result (&place);
  source = g_async_result_get_source_object (result);
  page = sync_provider_pull_finish (SYNC_PROVIDER (source), result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (page);
}

void
contract_add_client_rules (void)
{
  contract_add ("clients/of-two-writers-of-one-row-exactly-one-wins",
                of_two_writers_of_one_row_exactly_one_wins);
  contract_add ("clients/a-reader-that-follows-the-versions-misses-nothing",
                a_reader_that_follows_the_versions_misses_nothing);
  contract_add ("clients/requests-may-be-sent-before-others-are-answered",
                requests_may_be_sent_before_others_are_answered);
  contract_add ("cancel/before-it-begins-nothing-is-done",
                cancelled_before_it_begins_nothing_is_done);
  contract_add ("cancel/while-it-runs-a-push-can-be-sent-again",
                cancelled_while_it_runs_a_push_can_be_sent_again);
  contract_add ("cancel/a-request-outlives-its-provider-s-owner",
                a_request_outlives_its_provider_s_owner);
}
