/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection-private.h"

/* psync_filter (text, integer): no schema may use it, and nobody but the statement that it is set for. */
static void
answer (sqlite3_context *context, int n_values, sqlite3_value **values)
{
  SyncConnection *connection = sqlite3_user_data (context);
  const char *text = (const char *) sqlite3_value_text (values[0]);

  sqlite3_result_int (context, connection->filter != NULL && text != NULL
                                   && connection->filter (text, sqlite3_value_int64 (values[1]),
                                                          connection->filter_data));
}

/**
 * sync_connection_set_filter:
 * @connection: a connection
 * @filter: (nullable): which rows a statement is about
 * @data: its data
 * @error: where to put an error
 *
 * What `psync_filter (text, integer)` in a statement answers from now on: 1 or 0; without a filter 0. Where rows that
 * lie side by side are chosen by what is known here, one statement with it costs much less than one for each row.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_set_filter (SyncConnection *connection, SyncFilterFunc filter, gpointer data, GError **error)
{
  int result;

  g_return_val_if_fail (connection != NULL, FALSE);

  sync_connection_assert_thread (connection);
  connection->filter = filter;
  connection->filter_data = data;
  if (connection->has_filter)
    return TRUE;
  result = sqlite3_create_function_v2 (connection->handle, "psync_filter", 2,
                                       SQLITE_UTF8 | SQLITE_DIRECTONLY, connection, answer, NULL, NULL,
                                       NULL);
  connection->has_filter = result == SQLITE_OK;
  if (!connection->has_filter)
    sync_connection_take_error (connection, result, error);
  return connection->has_filter;
}
