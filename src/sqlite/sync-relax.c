/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection-private.h"

/* What PRAGMA synchronous says where every commit waits for the disk. */
#define SYNCHRONOUS_FULL 2

/* A statement that is kept would go on telling what it told first. */
static gboolean
read_synchronous (SyncConnection *connection, int *level, GError **error)
{
  sqlite3_stmt *handle = NULL;
  int result = sqlite3_prepare_v2 (connection->handle, "PRAGMA main.synchronous", -1, &handle, NULL);

  if (result == SQLITE_OK)
    result = sqlite3_step (handle);
  *level = result == SQLITE_ROW ? sqlite3_column_int (handle, 0) : 0;
  sqlite3_finalize (handle);
  if (result == SQLITE_ROW)
    return TRUE;
  sync_connection_take_error (connection, result, error);
  return FALSE;
}

/**
 * sync_connection_relax:
 * @connection: a connection outside of a transaction
 * @relaxed: (out): whether anything changed, and sync_connection_insist() must follow
 * @error: where to put an error
 *
 * With a write-ahead log: commits do not wait for the disk any more. A power failure may then undo the last ones,
 * in their order, and nothing else; a crash undoes none.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_relax (SyncConnection *connection, gboolean *relaxed, GError **error)
{
  g_autofree char *mode = NULL;
  int level = 0;

  g_return_val_if_fail (connection != NULL && relaxed != NULL, FALSE);

  sync_connection_assert_thread (connection);
  *relaxed = FALSE;
  if (!sync_connection_query_text (connection, &mode, error, "PRAGMA main.journal_mode", NULL)
      || !read_synchronous (connection, &level, error))
    return FALSE;
  if (level != SYNCHRONOUS_FULL || g_strcmp0 (mode, "wal") != 0)
    return TRUE;
  *relaxed = TRUE;
  return sync_connection_execute (connection, "PRAGMA main.synchronous = NORMAL", error);
}

/**
 * sync_connection_insist:
 * @connection: a connection that was relaxed, outside of a transaction
 * @error: where to put an error
 *
 * Commits wait for the disk again. The next one saves what was committed before it, too.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_insist (SyncConnection *connection, GError **error)
{
  g_return_val_if_fail (connection != NULL, FALSE);

  return sync_connection_execute (connection, "PRAGMA main.synchronous = FULL", error);
}
