/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-connection-private.h"

/* Others are let in after a transaction of this length, for no longer than that; microseconds. */
#define LONG_HOLD 2000
#define MAX_PAUSE 10000

/* SQLite's lock goes to who asks first, and others ask only now and then: after 1, 2, 5, 10, 15 ms and so on. Whoever takes
 * it again at once, slice by slice, shuts them out for seconds. Left free for half as long as it was held, it is free
 * at one of their first questions. */
static void
let_others_write (SyncConnection *connection)
{
  gint64 pause = MIN (connection->held / 2, MAX_PAUSE) - (g_get_monotonic_time () - connection->unlocked_at);

  if (connection->held >= LONG_HOLD && pause > 0)
    g_usleep ((gulong) pause);
}

static void
note_unlocked (SyncConnection *connection)
{
  connection->unlocked_at = g_get_monotonic_time ();
  connection->held = connection->locked_at != 0 ? connection->unlocked_at - connection->locked_at : 0;
  connection->locked_at = 0;
}

/**
 * sync_connection_begin:
 * @connection: a connection outside of a transaction
 * @error: where to put an error
 *
 * Begins a transaction that may write (`BEGIN IMMEDIATE`), waiting for other writers as long as the
 * busy timeout allows, and a little for those who wait since the last one.
 *
 * Returns: %FALSE with [error@SyncError] `BUSY` or another set
 */
gboolean
sync_connection_begin (SyncConnection *connection, GError **error)
{
  SyncStatement *begin = sync_connection_prepare (connection, "BEGIN IMMEDIATE", error);

  if (begin == NULL)
    return FALSE;
  let_others_write (connection);
  if (!sync_statement_run (begin, error))
    return FALSE;
  connection->locked_at = g_get_monotonic_time ();
  return TRUE;
}

/**
 * sync_connection_commit:
 * @connection: a connection in a transaction
 * @error: where to put an error
 *
 * Commits. If that fails the transaction is rolled back.
 *
 * Returns: %FALSE with @error set if nothing of the transaction was kept
 */
gboolean
sync_connection_commit (SyncConnection *connection, GError **error)
{
  SyncStatement *commit = sync_connection_prepare (connection, "COMMIT", error);

  if (commit != NULL && sync_statement_run (commit, error))
    {
      note_unlocked (connection);
      return TRUE;
    }
  sync_connection_rollback (connection);
  return FALSE;
}

/**
 * sync_connection_rollback:
 * @connection: a connection
 *
 * Rolls the transaction back, if there is one; running statements are reset.
 */
void
sync_connection_rollback (SyncConnection *connection)
{
  SyncStatement *rollback;

  g_return_if_fail (connection != NULL);

  sync_connection_assert_thread (connection);
  sync_connection_reset_statements (connection);
  if (sqlite3_get_autocommit (connection->handle))
    {
      /* Some errors have done it already. */
      if (connection->locked_at != 0)
        note_unlocked (connection);
      return;
    }
  /* It cannot fail in a way that leaves the transaction open. */
  rollback = sync_connection_prepare (connection, "ROLLBACK", NULL);
  if (rollback != NULL)
    sync_statement_run (rollback, NULL);
  note_unlocked (connection);
}

/**
 * sync_connection_in_transaction:
 * @connection: a connection
 *
 * Returns: whether a transaction is open; some errors roll it back by themselves
 */
gboolean
sync_connection_in_transaction (SyncConnection *connection)
{
  g_return_val_if_fail (connection != NULL, FALSE);

  return !sqlite3_get_autocommit (connection->handle);
}

/**
 * sync_connection_has_deferred_violations:
 * @connection: a connection
 *
 * Returns: whether a COMMIT now would fail because of foreign keys
 */
gboolean
sync_connection_has_deferred_violations (SyncConnection *connection)
{
  int current = 0;
  int highest = 0;

  g_return_val_if_fail (connection != NULL, FALSE);

  sync_connection_assert_thread (connection);
  sqlite3_db_status (connection->handle, SQLITE_DBSTATUS_DEFERRED_FKS, &current, &highest, FALSE);
  return current != 0;
}
