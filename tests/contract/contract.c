/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "contract.h"

#include "test-provider.h"

#define PAST "2026-01-01T00:00:00.000Z"

static void
contract_row_free (ContractRow *row)
{
  sync_row_free (row->row);
  g_free (row->device_id);
  g_free (row->run_id);
  g_free (row);
}

static SyncEntity *
notes_new (void)
{
  SyncEntity *entity = sync_entity_new ("contract_notes", NULL, NULL);

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "amount", SYNC_CODEC_INTEGER, FALSE);
  sync_entity_add_column (entity, "ratio", SYNC_CODEC_REAL, FALSE);
  sync_entity_add_column (entity, "payload", SYNC_CODEC_BLOB, FALSE);
  sync_entity_add_column (entity, "data", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "done", SYNC_CODEC_BOOLEAN, FALSE);
  sync_entity_add_column (entity, "due", SYNC_CODEC_TIMESTAMP, FALSE);
  return entity;
}

static SyncEntity *
pairs_new (void)
{
  SyncEntity *entity = sync_entity_new ("contract_pairs", NULL, NULL);

  sync_entity_add_column (entity, "area", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "place", SYNC_CODEC_INTEGER, TRUE);
  sync_entity_add_column (entity, "value", SYNC_CODEC_TEXT, FALSE);
  return entity;
}

static SyncEntity *
keyed_new (const char *name, SyncCodec codec)
{
  SyncEntity *entity = sync_entity_new (name, NULL, NULL);

  sync_entity_add_column (entity, "id", codec, TRUE);
  sync_entity_add_column (entity, "value", SYNC_CODEC_TEXT, FALSE);
  return entity;
}

static SyncProvider *
connect (gpointer cloud)
{
  g_autoptr (GError) error = NULL;
  SyncProvider *provider = contract_backend.connect (cloud);

  test_connect (provider, &error);
  g_assert_no_error (error);
  return provider;
}

static void
set_up (Contract *contract, gconstpointer data)
{
  contract->cloud = contract_backend.open ();
  contract->first = connect (contract->cloud);
  contract->second = connect (contract->cloud);
  contract->notes = notes_new ();
  contract->pairs = pairs_new ();
  contract->numbers = keyed_new ("contract_numbers", SYNC_CODEC_INTEGER);
  contract->blobs = keyed_new ("contract_blobs", SYNC_CODEC_BLOB);
}

static void
tear_down (Contract *contract, gconstpointer data)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (contract->first);
  g_assert_finalize_object (contract->second);
  sync_entity_unref (contract->notes);
  sync_entity_unref (contract->pairs);
  sync_entity_unref (contract->numbers);
  sync_entity_unref (contract->blobs);
  contract_backend.close (contract->cloud);
}

/**
 * contract_add:
 * @name: the promise
 * @rule: what would break if it were not kept
 *
 * Adds a test.
 */
void
contract_add (const char *name, ContractRule rule)
{
  g_autofree char *path = g_strdup_printf ("/contract/%s/%s", contract_backend.name, name);

  g_test_add (path, Contract, NULL, set_up, rule, tear_down);
}

/**
 * contract_json:
 * @text: JSON with ' instead of "
 *
 * Returns: (transfer full): JSON
 */
char *
contract_json (const char *text)
{
  return g_strdelimit (g_strdup (text), "'", '"');
}

/**
 * contract_batch_new: (constructor)
 *
 * Returns: (transfer full): rows to push, none yet
 */
GString *
contract_batch_new (void)
{
  return g_string_new ("[");
}

static void
append_text (GString *batch, const char *name, const char *value, const char *fallback)
{
  g_string_append_printf (batch, ",\"%s\":", name);
  if (value != NULL && *value == '\0')
    g_string_append (batch, "null");
  else
    g_string_append_printf (batch, "\"%s\"", value != NULL ? value : fallback);
}

/**
 * contract_batch_add:
 * @batch: a batch
 * @entity: whose row it is
 * @columns: the row's object with ' for "; columns that it does not name are null
 * @stamps: how to send it
 *
 * Adds a row as an engine would send it.
 */
void
contract_batch_add (GString *batch, const SyncEntity *entity, const char *columns,
                    const ContractStamps *stamps)
{
  g_autoptr (SyncRow) row = sync_row_new (entity);
  g_autoptr (GError) error = NULL;
  g_autofree char *json = contract_json (columns);

  sync_row_parse_text (row, json, -1, &error);
  g_assert_no_error (error);
  if (batch->len > 1)
    g_string_append_c (batch, ',');
  sync_row_append_json (row, batch);
  g_string_truncate (batch, batch->len - 1);
  g_string_append_printf (batch, ",\"base_version\":%" G_GINT64_FORMAT ",\"deleted_at\":%s",
                          stamps->base, stamps->deleted ? "\"" PAST "\"" : "null");
  append_text (batch, "edited_at", stamps->edited_at, PAST);
  append_text (batch, "device_id", NULL, "device-1");
  append_text (batch, "run_id", stamps->run, "run-1");
  g_string_append_c (batch, '}');
}

/**
 * contract_batch_end:
 * @batch: (transfer full): a batch
 *
 * Returns: (transfer full): what to push
 */
char *
contract_batch_end (GString *batch)
{
  g_string_append_c (batch, ']');
  return g_string_free (batch, FALSE);
}

static char *
dup_text (SyncSpan value)
{
  return value.length > 0 ? sync_json_dup_string (value) : NULL;
}

/**
 * contract_read:
 * @entity: whose rows they are
 * @rows: what a provider answered
 *
 * Returns: (transfer full) (element-type ContractRow): the rows
 */
GPtrArray *
contract_read (const SyncEntity *entity, GBytes *rows)
{
  GPtrArray *array = g_ptr_array_new_with_free_func ((GDestroyNotify) contract_row_free);
  SyncJsonReader reader;
  gsize length;
  const char *text = g_bytes_get_data (rows, &length);

  sync_json_reader_init (&reader, text, length);
  if (sync_json_enter_array (&reader))
    while (sync_json_next_element (&reader))
      {
        g_autoptr (GError) error = NULL;
        ContractRow *row = g_new0 (ContractRow, 1);
        SyncStamps stamps;

        row->row = sync_row_new (entity);
        sync_row_parse (row->row, &reader, &stamps, NULL, &error);
        g_assert_no_error (error);
        row->version = stamps.version;
        row->deleted = stamps.deleted;
        row->edited_at = stamps.edited_at;
        row->device_id = dup_text (stamps.device_id);
        row->run_id = dup_text (stamps.run_id);
        g_ptr_array_add (array, row);
      }
  g_assert_true (sync_json_at_end (&reader));
  return array;
}

/**
 * contract_push:
 * @provider: a client
 * @entity: what to push
 * @batch: (transfer full): rows
 *
 * Returns: (transfer full) (element-type ContractRow): the rows that the reply names
 */
GPtrArray *
contract_push (SyncProvider *provider, const SyncEntity *entity, GString *batch)
{
  g_autofree char *rows = contract_batch_end (batch);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) reply = test_push (provider, entity, rows, &error);

  g_assert_no_error (error);
  return contract_read (entity, reply);
}

/**
 * contract_send:
 * @provider: a client
 * @entity: what to push
 * @columns: one row
 * @stamps: how to send it
 *
 * Returns: the version that the reply tells, 0 if it does not name the row
 */
gint64
contract_send (SyncProvider *provider, const SyncEntity *entity, const char *columns,
               const ContractStamps *stamps)
{
  GString *batch = contract_batch_new ();
  g_autoptr (GPtrArray) reply = NULL;

  contract_batch_add (batch, entity, columns, stamps);
  reply = contract_push (provider, entity, batch);
  g_assert_cmpuint (reply->len, <=, 1);
  return reply->len == 1 ? ((ContractRow *) g_ptr_array_index (reply, 0))->version : 0;
}

/**
 * contract_put:
 * @provider: a client
 * @entity: what to push
 * @columns: one row
 * @base: what it is based on
 *
 * Returns: as contract_send()
 */
gint64
contract_put (SyncProvider *provider, const SyncEntity *entity, const char *columns, gint64 base)
{
  return contract_send (provider, entity, columns, &(ContractStamps) { .base = base });
}

/**
 * contract_pull:
 * @provider: a client
 * @entity: what to pull
 * @query: which
 *
 * Returns: (transfer full) (element-type ContractRow): the page
 */
GPtrArray *
contract_pull (SyncProvider *provider, const SyncEntity *entity, const SyncPullQuery *query)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) page = test_pull (provider, entity, query, &error);

  g_assert_no_error (error);
  return contract_read (entity, page);
}

/**
 * contract_pull_all:
 * @provider: a client
 * @entity: what to pull: not more rows than fit into one page
 *
 * Returns: (transfer full) (element-type ContractRow): all rows
 */
GPtrArray *
contract_pull_all (SyncProvider *provider, const SyncEntity *entity)
{
  return contract_pull (provider, entity, &(SyncPullQuery) { .limit = 1000 });
}

/**
 * contract_fetch:
 * @provider: a client
 * @entity: what to fetch
 * @keys: an array of arrays with ' for "
 *
 * Returns: (transfer full) (element-type ContractRow): the rows
 */
GPtrArray *
contract_fetch (SyncProvider *provider, const SyncEntity *entity, const char *keys)
{
  g_autofree char *json = contract_json (keys);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) rows = test_fetch (provider, entity, json, TRUE, &error);

  g_assert_no_error (error);
  return contract_read (entity, rows);
}

/**
 * contract_find:
 * @rows: (element-type ContractRow): rows
 * @key: the first key column's value as JSON, with ' for "
 *
 * Returns: (transfer none) (nullable): the row; there must not be two
 */
ContractRow *
contract_find (GPtrArray *rows, const char *key)
{
  g_autofree char *json = contract_json (key);
  ContractRow *found = NULL;

  for (guint i = 0; i < rows->len; i++)
    {
      ContractRow *row = g_ptr_array_index (rows, i);

      if (!sync_span_is (sync_row_get (row->row, 0), json))
        continue;
      g_assert_null (found);
      found = row;
    }
  return found;
}

/**
 * contract_assert_row:
 * @row: (nullable): a row as it came
 * @columns: what it should be: the object with ' for "
 *
 * Checks that all columns have the values that were sent.
 */
void
contract_assert_row (const ContractRow *row, const char *columns)
{
  g_autofree char *json = contract_json (columns);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncRow) expected = NULL;

  g_assert_nonnull (row);
  expected = sync_row_new (row->row->entity);
  sync_row_parse_text (expected, json, -1, &error);
  g_assert_no_error (error);
  if (!sync_row_equal (row->row, expected))
    {
      g_autofree char *came = sync_row_to_json (row->row);
      g_autofree char *wanted = sync_row_to_json (expected);

      g_assert_cmpstr (came, ==, wanted);
    }
}

/**
 * contract_head:
 * @provider: a client
 * @entity: which
 *
 * Returns: the entity's head as a strong read of the state tells it
 */
gint64
contract_head (SyncProvider *provider, const SyncEntity *entity)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncCloudState) state = test_get_state (provider, TRUE, &error);

  g_assert_no_error (error);
  return sync_cloud_state_get_head (state, entity->cloud_table);
}
