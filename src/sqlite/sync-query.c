/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection-private.h"

/* The first value of a query. */

static SyncStatement *
prepare_with_texts (SyncConnection *connection, const char *sql, va_list texts, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (connection, sql, error);
  const char *text;
  int index = 1;

  if (statement == NULL)
    return NULL;
  while ((text = va_arg (texts, const char *)) != NULL)
    sync_statement_bind_text (statement, index++, text, -1);
  return statement;
}

/**
 * sync_connection_query_int64:
 * @connection: a connection
 * @fallback: the value if there is no row, or NULL in it
 * @value: (out): the first column of the first row
 * @error: where to put an error
 * @sql: a query
 * @...: %NULL-terminated texts to bind
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_query_int64 (SyncConnection *connection, gint64 fallback, gint64 *value,
                             GError **error, const char *sql, ...)
{
  SyncStatement *statement;
  SyncStep step;
  va_list texts;

  g_return_val_if_fail (value != NULL, FALSE);

  *value = fallback;
  va_start (texts, sql);
  statement = prepare_with_texts (connection, sql, texts, error);
  va_end (texts);
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW && !sync_statement_is_null (statement, 0))
    *value = sync_statement_int64 (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_connection_query_text:
 * @connection: a connection
 * @value: (out) (nullable) (transfer full): the first column of the first row, %NULL if there is no
 *   row, or NULL in it
 * @error: where to put an error
 * @sql: a query
 * @...: %NULL-terminated texts to bind
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_query_text (SyncConnection *connection, char **value, GError **error,
                            const char *sql, ...)
{
  SyncStatement *statement;
  SyncStep step;
  va_list texts;

  g_return_val_if_fail (value != NULL, FALSE);

  *value = NULL;
  va_start (texts, sql);
  statement = prepare_with_texts (connection, sql, texts, error);
  va_end (texts);
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    *value = sync_statement_dup_text (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}
