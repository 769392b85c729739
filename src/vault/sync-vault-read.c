/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-time.h"
#include "sync-vault-members.h"
#include "sync-vault-request.h"

/* A page ends when it is so large, whatever the limit: a reader keeps it in memory. */
#define PAGE_BYTES (8 * 1024 * 1024)

/* A larger limit is cut, as servers do. */
#define PAGE_ROWS 10000

#define ROWS_BETWEEN_LOOKS 64

#define SELECT_ROW "SELECT version, deleted_at, edited_at, device_id, run_id, row FROM vault_row "

#define PULL SELECT_ROW "WHERE table_number = ?1 AND version > ?2 ORDER BY version LIMIT ?3"

/* Rows of a run come back neither to it nor, as its own echo, to the next, but for the newest. */
#define PULL_NOT_RUN                                                                               \
  SELECT_ROW "WHERE table_number = ?1 AND version > ?2"                                            \
             " AND (run_id IS NULL OR run_id <> ?4 OR version = ?5) ORDER BY version LIMIT ?3"

#define FETCH SELECT_ROW "WHERE table_number = ?1 AND hash = ?2 AND id = ?3"

static void
append_time (GString *out, const char *name, SyncStatement *statement, int column)
{
  char buffer[SYNC_TIME_SIZE];

  g_string_append (out, name);
  if (sync_statement_is_null (statement, column))
    {
      g_string_append_len (out, "null", 4);
      return;
    }
  sync_time_format (sync_statement_int64 (statement, column), buffer);
  g_string_append_c (out, '"');
  g_string_append (out, buffer);
  g_string_append_c (out, '"');
}

static void
append_text (GString *out, const char *name, SyncStatement *statement, int column)
{
  const char *text;
  gsize length;

  g_string_append (out, name);
  text = sync_statement_text (statement, column, &length);
  if (text != NULL)
    sync_json_append_string (out, text, length);
  else
    g_string_append_len (out, "null", 4);
}

/* The row under @statement, in the order of SELECT_ROW, as an element of the array in @out. */
static gboolean
append_row (SyncVaultMembers *members, SyncStatement *statement, GString *out, GError **error)
{
  char version[32];
  const char *text;
  gsize length;

  g_string_append (out, out->len > 1 ? ",{" : "{");
  text = sync_statement_text (statement, 5, &length);
  if (text == NULL || !sync_vault_members_append_stored (members, text, length, out))
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, NULL, "a stored row is not JSON");
      return FALSE;
    }
  g_snprintf (version, sizeof version, "%" G_GINT64_FORMAT, sync_statement_int64 (statement, 0));
  g_string_append (out, ",\"sync_version\":");
  g_string_append (out, version);
  append_time (out, ",\"deleted_at\":", statement, 1);
  append_time (out, ",\"edited_at\":", statement, 2);
  append_text (out, ",\"device_id\":", statement, 3);
  append_text (out, ",\"run_id\":", statement, 4);
  g_string_append_c (out, '}');
  return TRUE;
}

/* A table that nobody has pushed to has no number. */
static gboolean
find_table (SyncVaultRequest *request, SyncConnection *connection, gint64 *number, GError **error)
{
  return sync_connection_query_int64 (connection, 0, number, error,
                                      "SELECT number FROM vault_table WHERE name = ?",
                                      request->entity->cloud_table, NULL);
}

static SyncStatement *
prepare_pull (SyncVaultRequest *request, SyncConnection *connection, gint64 table, GError **error)
{
  const SyncPullQuery *query = &request->query;
  gboolean all = request->not_run == NULL;
  SyncStatement *select = sync_connection_prepare (connection, all ? PULL : PULL_NOT_RUN, error);

  if (select == NULL)
    return NULL;
  sync_statement_bind_int64 (select, 1, table);
  sync_statement_bind_int64 (select, 2, query->since);
  sync_statement_bind_int64 (select, 3, MIN (query->limit, PAGE_ROWS));
  if (all)
    return select;
  sync_statement_bind_text (select, 4, request->not_run, -1);
  sync_statement_bind_int64 (select, 5, query->top);
  return select;
}

static gboolean
append_page (SyncVaultRequest *request, SyncStatement *select, GString *out,
             GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncVaultMembers) members = sync_vault_members_new (request->entity);
  SyncStep step = SYNC_STEP_DONE;
  guint n_rows = 0;

  while (out->len < PAGE_BYTES && (step = sync_statement_step (select, error)) == SYNC_STEP_ROW)
    {
      if (n_rows++ % ROWS_BETWEEN_LOOKS == 0
          && g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (!append_row (members, select, out, error))
        return FALSE;
    }
  sync_statement_reset (select);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_vault_pull:
 * @request: a request with entity and query
 * @connection: the vault, in a transaction
 * @cancellable: (nullable): ends it between two rows
 * @error: where an error goes
 *
 * Answers a page of rows in ascending version.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_pull (SyncVaultRequest *request, SyncConnection *connection, GCancellable *cancellable,
                 GError **error)
{
  g_autoptr (GString) out = g_string_new ("[");
  SyncStatement *select;
  gint64 table;

  if (!find_table (request, connection, &table, error))
    return FALSE;
  select = prepare_pull (request, connection, table, error);
  if (select == NULL || !append_page (request, select, out, cancellable, error))
    return FALSE;
  g_string_append_c (out, ']');
  request->output = g_string_free_to_bytes (g_steal_pointer (&out));
  return TRUE;
}

/* One array of key values, as an identity. */
static gboolean
read_key (SyncVaultMembers *members, SyncJsonReader *reader, GError **error)
{
  const guint n_keys = members->entity->n_keys;
  SyncSpan value;
  guint column = 0;

  if (!sync_json_enter_array (reader))
    return TRUE;
  for (; sync_json_next_element (reader) && sync_json_read_value (reader, &value); column++)
    if (column < n_keys && !sync_vault_members_set_key (members, column, value, error))
      return FALSE;
  if (reader->fault == NULL && column != n_keys)
    {
      sync_error_set (error, SYNC_ERROR_INVALID, members->entity->cloud_table,
                      "a key of %u values, not %u", column, n_keys);
      return FALSE;
    }
  sync_vault_members_make_id (members);
  return TRUE;
}

static gboolean
fetch_row (SyncVaultMembers *members, SyncConnection *connection, gint64 table, GString *out,
           GError **error)
{
  SyncStatement *select = sync_connection_prepare (connection, FETCH, error);
  SyncStep step;

  if (select == NULL)
    return FALSE;
  sync_statement_bind_int64 (select, 1, table);
  sync_statement_bind_int64 (select, 2, members->hash);
  sync_statement_bind_text (select, 3, members->id->str, members->id->len);
  step = sync_statement_step (select, error);
  if (step == SYNC_STEP_ROW && !append_row (members, select, out, error))
    step = SYNC_STEP_ERROR;
  sync_statement_reset (select);
  return step != SYNC_STEP_ERROR;
}

static gboolean
fetch_rows (SyncVaultRequest *request, SyncConnection *connection, gint64 table, GString *out,
            GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncVaultMembers) members = sync_vault_members_new (request->entity);
  SyncJsonReader reader;
  gconstpointer text;
  gsize length;
  guint n_rows = 0;

  text = g_bytes_get_data (request->input, &length);
  sync_json_reader_init (&reader, text, length);
  if (sync_json_enter_array (&reader))
    while (sync_json_next_element (&reader))
      {
        if (n_rows++ % ROWS_BETWEEN_LOOKS == 0
            && g_cancellable_set_error_if_cancelled (cancellable, error))
          return FALSE;
        if (!read_key (members, &reader, error))
          return FALSE;
        if (reader.fault == NULL && !fetch_row (members, connection, table, out, error))
          return FALSE;
      }
  if (sync_json_at_end (&reader))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, request->entity->cloud_table,
                  "the keys are malformed at byte %" G_GSIZE_FORMAT, sync_json_offset (&reader));
  return FALSE;
}

/**
 * sync_vault_fetch:
 * @request: a request with entity and keys
 * @connection: the vault, in a transaction
 * @cancellable: (nullable): ends it between two rows
 * @error: where an error goes: %SYNC_ERROR_INVALID for what are no keys
 *
 * Answers the rows that the keys name, tombstones too.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_fetch (SyncVaultRequest *request, SyncConnection *connection, GCancellable *cancellable,
                  GError **error)
{
  g_autoptr (GString) out = g_string_new ("[");
  gint64 table;

  if (!find_table (request, connection, &table, error)
      || !fetch_rows (request, connection, table, out, cancellable, error))
    return FALSE;
  g_string_append_c (out, ']');
  request->output = g_string_free_to_bytes (g_steal_pointer (&out));
  return TRUE;
}
