/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-connection-private.h"

/**
 * sync_statement_new: (constructor) (skip)
 * @connection: what it was prepared on
 * @handle: (transfer full): SQLite's statement
 *
 * Returns: (transfer full): the statement
 */
SyncStatement *
sync_statement_new (SyncConnection *connection, sqlite3_stmt *handle)
{
  SyncStatement *statement = g_new0 (SyncStatement, 1);

  statement->connection = connection;
  statement->handle = handle;
  statement->bind_result = SQLITE_OK;
  statement->fresh = TRUE;
  return statement;
}

/**
 * sync_statement_free: (skip)
 * @statement: (transfer full): a statement
 */
void
sync_statement_free (SyncStatement *statement)
{
  statement->connection->vm_steps
      += sqlite3_stmt_status (statement->handle, SQLITE_STMTSTATUS_VM_STEP, 0);
  sqlite3_finalize (statement->handle);
  g_free (statement);
}

/**
 * sync_statement_reset:
 * @statement: a statement
 *
 * Makes it ready to be bound and run again, and forgets the bound values.
 */
void
sync_statement_reset (SyncStatement *statement)
{
  g_return_if_fail (statement != NULL);

  sync_connection_assert_thread (statement->connection);
  if (statement->fresh)
    return;
  sqlite3_reset (statement->handle);
  sqlite3_clear_bindings (statement->handle);
  statement->bind_result = SQLITE_OK;
  statement->fresh = TRUE;
}

static SyncStatement *
note_bind (SyncStatement *statement, int result)
{
  /* A value may be too big, which is the row's fault; everything else is a mistake in this program.
   */
  if (result != SQLITE_OK && result != SQLITE_TOOBIG && result != SQLITE_NOMEM)
    g_critical ("Cannot bind a value to “%s”: %s", sqlite3_sql (statement->handle),
                sqlite3_errstr (result));
  if (statement->bind_result == SQLITE_OK)
    statement->bind_result = result;
  statement->fresh = FALSE;
  return statement;
}

/**
 * sync_statement_bind_null:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_null (SyncStatement *statement, int index)
{
  g_return_val_if_fail (statement != NULL, NULL);

  return note_bind (statement, sqlite3_bind_null (statement->handle, index));
}

/**
 * sync_statement_bind_int64:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @value: its value
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_int64 (SyncStatement *statement, int index, gint64 value)
{
  g_return_val_if_fail (statement != NULL, NULL);

  return note_bind (statement, sqlite3_bind_int64 (statement->handle, index, value));
}

/**
 * sync_statement_bind_double:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @value: its value; SQLite takes NaN as NULL
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_double (SyncStatement *statement, int index, double value)
{
  g_return_val_if_fail (statement != NULL, NULL);

  return note_bind (statement, sqlite3_bind_double (statement->handle, index, value));
}

/**
 * sync_statement_bind_text:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @value: (nullable): UTF-8, copied; %NULL binds NULL
 * @length: its bytes, or -1 if it ends with NUL
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_text (SyncStatement *statement, int index, const char *value, gssize length)
{
  g_return_val_if_fail (statement != NULL, NULL);

  if (value == NULL)
    return sync_statement_bind_null (statement, index);
  return note_bind (statement, sqlite3_bind_text64 (statement->handle, index, value,
                                                    length < 0 ? strlen (value) : (gsize) length,
                                                    SQLITE_TRANSIENT, SQLITE_UTF8));
}

/**
 * sync_statement_bind_borrowed:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @value: (nullable): UTF-8, not copied: must stay as it is until the statement is reset; %NULL binds NULL
 * @length: its bytes, or -1 if it ends with NUL
 *
 * As sync_statement_bind_text(), where a statement runs a hundred thousand times.
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_borrowed (SyncStatement *statement, int index, const char *value, gssize length)
{
  g_return_val_if_fail (statement != NULL, NULL);

  if (value == NULL)
    return sync_statement_bind_null (statement, index);
  return note_bind (statement, sqlite3_bind_text64 (statement->handle, index, value,
                                                    length < 0 ? strlen (value) : (gsize) length,
                                                    SQLITE_STATIC, SQLITE_UTF8));
}

/**
 * sync_statement_bind_blob:
 * @statement: a statement that was reset
 * @index: the parameter, from 1
 * @value: (nullable) (array length=length): the bytes, copied; may be %NULL if there are none
 * @length: how many
 *
 * Binds a blob, an empty one too: never NULL.
 *
 * Returns: (transfer none): @statement
 */
SyncStatement *
sync_statement_bind_blob (SyncStatement *statement, int index, gconstpointer value, gsize length)
{
  g_return_val_if_fail (statement != NULL, NULL);
  g_return_val_if_fail (value != NULL || length == 0, statement);

  return note_bind (statement,
                    sqlite3_bind_blob64 (statement->handle, index, value != NULL ? value : "",
                                         length, SQLITE_TRANSIENT));
}

/**
 * sync_statement_step:
 * @statement: a statement
 * @error: where to put an error
 *
 * Runs it to its next row or its end. After an error it is reset.
 *
 * Returns: which of the three it was
 */
SyncStep
sync_statement_step (SyncStatement *statement, GError **error)
{
  int result;

  g_return_val_if_fail (statement != NULL, SYNC_STEP_ERROR);

  sync_connection_assert_thread (statement->connection);
  statement->fresh = FALSE;
  result = statement->bind_result;
  if (result == SQLITE_OK)
    result = sqlite3_step (statement->handle);
  if (result == SQLITE_ROW)
    return SYNC_STEP_ROW;
  if (result == SQLITE_DONE)
    return SYNC_STEP_DONE;

  sync_connection_take_error (statement->connection, result, error);
  sync_statement_reset (statement);
  return SYNC_STEP_ERROR;
}

/**
 * sync_statement_run:
 * @statement: a statement
 * @error: where to put an error
 *
 * Runs it to its end, passing over rows that it may return, and resets it.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_statement_run (SyncStatement *statement, GError **error)
{
  SyncStep step;

  do
    step = sync_statement_step (statement, error);
  while (step == SYNC_STEP_ROW);

  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE;
}

/**
 * sync_statement_type:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 *
 * Returns: the storage class of the value
 */
SyncValueType
sync_statement_type (SyncStatement *statement, int column)
{
  switch (sqlite3_column_type (statement->handle, column))
    {
    case SQLITE_INTEGER:
      return SYNC_VALUE_INTEGER;
    case SQLITE_FLOAT:
      return SYNC_VALUE_REAL;
    case SQLITE_TEXT:
      return SYNC_VALUE_TEXT;
    case SQLITE_BLOB:
      return SYNC_VALUE_BLOB;
    default:
      return SYNC_VALUE_NULL;
    }
}

/**
 * sync_statement_is_null:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 *
 * Returns: whether the value is NULL
 */
gboolean
sync_statement_is_null (SyncStatement *statement, int column)
{
  return sqlite3_column_type (statement->handle, column) == SQLITE_NULL;
}

/**
 * sync_statement_int64:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 *
 * Returns: the value as an integer, by SQLite's conversions
 */
gint64
sync_statement_int64 (SyncStatement *statement, int column)
{
  return sqlite3_column_int64 (statement->handle, column);
}

/**
 * sync_statement_double:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 *
 * Returns: the value as a real, by SQLite's conversions
 */
double
sync_statement_double (SyncStatement *statement, int column)
{
  return sqlite3_column_double (statement->handle, column);
}

/**
 * sync_statement_text:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 * @length: (out) (optional): its bytes, which may hold NUL
 *
 * Returns: (transfer none) (nullable): the value as text, until the next step or reset; %NULL for
 * NULL
 */
const char *
sync_statement_text (SyncStatement *statement, int column, gsize *length)
{
  const char *text = (const char *) sqlite3_column_text (statement->handle, column);

  if (length != NULL)
    *length = text != NULL ? (gsize) sqlite3_column_bytes (statement->handle, column) : 0;
  return text;
}

/**
 * sync_statement_dup_text:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 *
 * Returns: (transfer full) (nullable): the value as text; %NULL for NULL
 */
char *
sync_statement_dup_text (SyncStatement *statement, int column)
{
  gsize length;
  const char *text = sync_statement_text (statement, column, &length);

  /* With its end: the length does not count the NUL that SQLite puts behind it. */
  return text != NULL ? g_memdup2 (text, length + 1) : NULL;
}

/**
 * sync_statement_blob:
 * @statement: a statement that stands on a row
 * @column: the column, from 0
 * @length: (out): its bytes
 *
 * Returns: (transfer none) (nullable): the bytes, until the next step or reset; %NULL if there are
 * none
 */
gconstpointer
sync_statement_blob (SyncStatement *statement, int column, gsize *length)
{
  gconstpointer blob = sqlite3_column_blob (statement->handle, column);

  *length = (gsize) sqlite3_column_bytes (statement->handle, column);
  return blob;
}

/**
 * sync_statement_n_columns:
 * @statement: a statement
 *
 * Returns: how many columns its rows have
 */
int
sync_statement_n_columns (SyncStatement *statement)
{
  return sqlite3_column_count (statement->handle);
}

/**
 * sync_statement_column_name:
 * @statement: a statement
 * @column: the column, from 0
 *
 * Returns: (transfer none): its name
 */
const char *
sync_statement_column_name (SyncStatement *statement, int column)
{
  return sqlite3_column_name (statement->handle, column);
}
