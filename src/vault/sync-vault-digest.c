/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-request.h"

/* What the cloud's function of this name computes: counts and checksums of a table's living rows. */

#define ROWS_BETWEEN_LOOKS 64

#define LIVING                                                                                     \
  "SELECT r.id, r.version FROM vault_table t JOIN vault_row r ON r.table_number = t.number "        \
  "WHERE t.name = ?1 AND r.deleted_at IS NULL"

/* A row's id is the JSON array of its key, in normal form. */
static gboolean
read_key (SyncRow *row, const char *id, gsize length)
{
  SyncJsonReader reader;
  SyncSpan value;
  guint column = 0;

  sync_row_clear (row);
  sync_json_reader_init (&reader, id, length);
  if (sync_json_enter_array (&reader))
    for (; sync_json_next_element (&reader) && sync_json_read_value (&reader, &value); column++)
      if (column < row->entity->n_keys)
        sync_row_set_normalised (row, column, value);
  return sync_json_at_end (&reader) && column == row->entity->n_keys;
}

/**
 * sync_vault_digest:
 * @request: a request with entity and prefix
 * @connection: the vault, in a transaction
 * @cancellable: (nullable): ends it between two rows
 * @error: where an error goes
 *
 * Answers the digest of the rows behind a prefix.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_digest (SyncVaultRequest *request, SyncConnection *connection, GCancellable *cancellable,
                   GError **error)
{
  g_autoptr (SyncDigester) digester = sync_digester_new (request->entity);
  g_autoptr (SyncRow) row = sync_row_new (request->entity);
  SyncStatement *select = sync_connection_prepare (connection, LIVING, error);
  SyncStep step;
  guint n_rows = 0;

  if (select == NULL)
    return FALSE;
  sync_statement_bind_text (select, 1, request->entity->cloud_table, -1);
  while ((step = sync_statement_step (select, error)) == SYNC_STEP_ROW)
    {
      const char *id;
      gsize length;

      if (n_rows++ % ROWS_BETWEEN_LOOKS == 0
          && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      id = sync_statement_text (select, 0, &length);
      if (!read_key (row, id, length))
        {
          sync_error_set (error, SYNC_ERROR_CORRUPT, NULL, "a stored key is not JSON");
          return FALSE;
        }
      sync_digester_take (digester, row);
      sync_digest_add (&request->digest, digester, request->text, sync_statement_int64 (select, 1));
    }
  sync_statement_reset (select);
  return step == SYNC_STEP_DONE;
}
