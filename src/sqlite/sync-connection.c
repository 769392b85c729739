/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "sync-connection-private.h"

/* Pages of a table and its indexes that are written in random order want to stay near. */
#define CACHE_KIB "6144"

/**
 * sync_connection_assert_thread: (skip)
 * @connection: a connection
 *
 * Checks that the calling thread owns it; the first to use one that was handed over becomes its
 * owner.
 */
void
sync_connection_assert_thread (SyncConnection *connection)
{
  GThread *self = g_thread_self ();

  if (G_UNLIKELY (g_atomic_pointer_get (&connection->owner) != self))
    g_assert (g_atomic_pointer_compare_and_exchange (&connection->owner, NULL, self));
}

/**
 * sync_connection_take_error: (skip)
 * @connection: a connection
 * @result: SQLite's extended result code
 * @error: (out) (optional): where to put the error
 *
 * Turns the connection's last failure into an error.
 */
void
sync_connection_take_error (SyncConnection *connection, int result, GError **error)
{
  if (error != NULL)
    g_propagate_error (error, sync_sqlite_error_new (connection->handle, result, connection->path));
}

static gboolean
check (SyncConnection *connection, int result, GError **error)
{
  if (result == SQLITE_OK)
    return TRUE;
  sync_connection_take_error (connection, result, error);
  return FALSE;
}

/* SQLite alone opens the file (closing another descriptor of it would drop SQLite's locks), so what
 * it is gets asked by its name, and a new one is made by its name. */
static gboolean
prepare_file (const char *path, SyncOpenFlags flags, GError **error)
{
  struct stat info;

  if (stat (path, &info) == 0)
    {
      if (S_ISREG (info.st_mode))
        return TRUE;
      sync_error_set (error, SYNC_ERROR_NOT_DATABASE, path, "Not a regular file");
      return FALSE;
    }
  if (errno == ENOENT && (flags & SYNC_OPEN_CREATE) != 0)
    {
      if (mknod (path, S_IFREG | 0600, 0) == 0 || errno == EEXIST)
        return TRUE;
    }
  if (errno == ENOENT || errno == ENOTDIR)
    sync_error_set (error, SYNC_ERROR_NOT_FOUND, path, "No such file");
  else if (errno == ENOSPC || errno == EDQUOT)
    sync_error_set (error, SYNC_ERROR_DISK_FULL, path, "No space left for the file");
  else if (errno == ENAMETOOLONG)
    {
      GError *problem = sync_error_new (SYNC_ERROR_NOT_FOUND, path, "The name is too long");

      sync_error_set_reason (problem, "name-too-long", 0);
      g_propagate_error (error, problem);
    }
  else
    sync_error_set (error, SYNC_ERROR_READ_ONLY, path, "Cannot use the file: %s",
                    g_strerror (errno));
  return FALSE;
}

static gboolean
configure (SyncConnection *connection, SyncOpenFlags flags, guint busy_timeout_ms, GError **error)
{
  sqlite3_extended_result_codes (connection->handle, TRUE);
  sync_connection_set_busy_timeout (connection,
                                    (flags & SYNC_OPEN_NO_WAIT) != 0 ? 0 : busy_timeout_ms);

  if (!sync_connection_keep_foreign_keys (connection, TRUE, error)
      || !sync_connection_execute (connection, "PRAGMA cache_size = -" CACHE_KIB, error))
    return FALSE;
  /* Reading the schema is what tells whether it is a database at all. */
  if (!sync_connection_execute (connection, "SELECT count(*) FROM sqlite_master", error))
    return FALSE;
  /* SQLite falls back to reading silently. */
  if ((flags & SYNC_OPEN_READ_ONLY) == 0 && sqlite3_db_readonly (connection->handle, "main") == 1)
    {
      sync_error_set (error, SYNC_ERROR_READ_ONLY, connection->path, "The file cannot be written");
      return FALSE;
    }
  return TRUE;
}

/* SQLite counts its memory for who asks, under a lock at each allocation; nobody asks. Too late where somebody else
 * in this process has used SQLite before, which does no harm. */
static void
configure_library (void)
{
  static gsize done;

  if (!g_once_init_enter (&done))
    return;
  sqlite3_config (SQLITE_CONFIG_MEMSTATUS, 0);
  g_once_init_leave (&done, 1);
}

/**
 * sync_connection_open: (constructor)
 * @path: the file's name; never taken as a URI
 * @flags: how to open it
 * @busy_timeout_ms: how long to wait for other writers, in milliseconds
 * @error: where to put an error
 *
 * Opens an SQLite database for the calling thread. An empty file is an empty database. The journal
 * mode stays as it is.
 *
 * Returns: (transfer full) (nullable): the connection, or %NULL with [error@SyncError] `NOT_FOUND`,
 *   `NOT_DATABASE`, `READ_ONLY`, `CORRUPT`, `BUSY`, `DISK_FULL` or another set
 */
SyncConnection *
sync_connection_open (const char *path, SyncOpenFlags flags, guint busy_timeout_ms, GError **error)
{
  g_autoptr (SyncConnection) connection = NULL;
  int mode = (flags & SYNC_OPEN_READ_ONLY) != 0 ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
  int result;

  g_return_val_if_fail (path != NULL, NULL);

  configure_library ();
  connection = g_new0 (SyncConnection, 1);
  connection->owner = g_thread_self ();
  /* An absolute path is also what keeps SQLite from reading it as a URI. */
  connection->path = g_canonicalize_filename (path, NULL);
  connection->statements = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                                  (GDestroyNotify) sync_statement_free);
  if (!prepare_file (connection->path, flags, error))
    return NULL;

  result
      = sqlite3_open_v2 (connection->path, &connection->handle, mode | SQLITE_OPEN_NOMUTEX, NULL);
  if (!check (connection, result, error) || !configure (connection, flags, busy_timeout_ms, error))
    return NULL;
  return g_steal_pointer (&connection);
}

/**
 * sync_connection_close:
 * @connection: (nullable) (transfer full): a connection
 *
 * Closes it, with its statements; an open transaction is rolled back.
 */
void
sync_connection_close (SyncConnection *connection)
{
  if (connection == NULL)
    return;
  sync_connection_assert_thread (connection);
  g_hash_table_unref (connection->statements);
  if (sqlite3_close (connection->handle) != SQLITE_OK)
    g_critical ("A database connection is closed while something still uses it");
  g_free (connection->path);
  g_free (connection);
}

/**
 * sync_connection_hand_over:
 * @connection: a connection of the calling thread
 *
 * Gives it up: the next thread that uses it owns it.
 */
void
sync_connection_hand_over (SyncConnection *connection)
{
  g_return_if_fail (connection != NULL);

  sync_connection_assert_thread (connection);
  g_atomic_pointer_set (&connection->owner, NULL);
}

/**
 * sync_connection_get_path:
 * @connection: a connection
 *
 * Returns: (transfer none): the absolute path of its file
 */
const char *
sync_connection_get_path (SyncConnection *connection)
{
  g_return_val_if_fail (connection != NULL, NULL);

  return connection->path;
}

/**
 * sync_connection_leave_as_it_is:
 * @connection: a connection that has written nothing
 *
 * Closing it leaves a write-ahead log that somebody else left, and does not write what is in it into the database, which
 * SQLite does with the last connection.
 */
void
sync_connection_leave_as_it_is (SyncConnection *connection)
{
  g_autofree char *log = g_strconcat (connection->path, "-wal", NULL);
  struct stat info;

  if (stat (log, &info) == 0 && info.st_size > 0)
    sqlite3_db_config (connection->handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
}

/**
 * sync_connection_set_busy_timeout:
 * @connection: a connection
 * @milliseconds: how long to wait for others that hold the database
 */
void
sync_connection_set_busy_timeout (SyncConnection *connection, guint milliseconds)
{
  g_return_if_fail (connection != NULL);

  sync_connection_assert_thread (connection);
  sqlite3_busy_timeout (connection->handle, (int) MIN (milliseconds, G_MAXINT));
}

/**
 * sync_connection_set_wal:
 * @connection: a connection to a database that we created
 * @error: where to put an error
 *
 * Gives the database a write-ahead log, so that readers and the writer do not wait for each other.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_set_wal (SyncConnection *connection, GError **error)
{
  g_autofree char *mode = NULL;

  g_return_val_if_fail (connection != NULL, FALSE);

  if (!sync_connection_query_text (connection, &mode, error, "PRAGMA journal_mode = WAL", NULL))
    return FALSE;
  if (g_strcmp0 (mode, "wal") == 0)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_FAILED, connection->path,
                  "The file system allows no write-ahead log");
  return FALSE;
}

/* By where the text lies, then by the text. */
static SyncStatement *
find_statement (SyncConnection *connection, const char *sql)
{
  SyncRecent *recent = &connection->recent[(GPOINTER_TO_SIZE (sql) >> 4) % SYNC_N_RECENT];
  gpointer key, statement;

  if (recent->sql != NULL && strcmp (recent->sql, sql) == 0)
    return recent->statement;
  if (!g_hash_table_lookup_extended (connection->statements, sql, &key, &statement))
    return NULL;
  recent->sql = key;
  recent->statement = statement;
  return statement;
}

/**
 * sync_connection_prepare:
 * @connection: a connection
 * @sql: the text of one statement, with parameters for all values
 * @error: where to put an error
 *
 * Returns: (transfer none) (nullable): the statement, reset and without bindings
 */
SyncStatement *
sync_connection_prepare (SyncConnection *connection, const char *sql, GError **error)
{
  SyncStatement *statement;
  sqlite3_stmt *handle = NULL;

  g_return_val_if_fail (connection != NULL, NULL);
  g_return_val_if_fail (sql != NULL, NULL);

  sync_connection_assert_thread (connection);
  statement = find_statement (connection, sql);
  if (statement != NULL)
    {
      sync_statement_reset (statement);
      return statement;
    }
  if (!check (connection,
              sqlite3_prepare_v3 (connection->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle,
                                  NULL),
              error))
    return NULL;
  g_assert (handle != NULL);
  statement = sync_statement_new (connection, handle);
  g_hash_table_insert (connection->statements, g_strdup (sql), statement);
  return statement;
}

/**
 * sync_connection_execute:
 * @connection: a connection
 * @sql: the text of one statement without parameters
 * @error: where to put an error
 *
 * Runs it once, without keeping it.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_execute (SyncConnection *connection, const char *sql, GError **error)
{
  SyncStatement *statement;
  const char *rest;
  sqlite3_stmt *handle = NULL;
  gboolean done;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (sql != NULL, FALSE);

  sync_connection_assert_thread (connection);
  if (!check (connection, sqlite3_prepare_v2 (connection->handle, sql, -1, &handle, &rest), error))
    return FALSE;
  /* One statement: what is behind it would be left out without a word. */
  g_assert (handle != NULL && rest[strspn (rest, " \n;")] == '\0');
  statement = sync_statement_new (connection, handle);
  done = sync_statement_run (statement, error);
  sync_statement_free (statement);
  return done;
}

/**
 * sync_connection_script:
 * @connection: a connection
 * @sql: any number of statements
 * @error: where to put an error
 *
 * Runs them one after the other, up to the first that fails.
 *
 * Returns: %FALSE with @error set if one failed
 */
gboolean
sync_connection_script (SyncConnection *connection, const char *sql, GError **error)
{
  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (sql != NULL, FALSE);

  sync_connection_assert_thread (connection);
  return check (connection, sqlite3_exec (connection->handle, sql, NULL, NULL, NULL), error);
}

/**
 * sync_connection_changes:
 * @connection: a connection
 *
 * Returns: how many rows the last statement wrote, without those of triggers
 */
gint64
sync_connection_changes (SyncConnection *connection)
{
  return sqlite3_changes64 (connection->handle);
}

/**
 * sync_connection_last_rowid:
 * @connection: a connection
 *
 * Returns: the rowid of the last row inserted
 */
gint64
sync_connection_last_rowid (SyncConnection *connection)
{
  return sqlite3_last_insert_rowid (connection->handle);
}

/**
 * sync_connection_forget_statements:
 * @connection: a connection
 *
 * Drops the kept statements; those handed out become invalid.
 */
void
sync_connection_forget_statements (SyncConnection *connection)
{
  g_return_if_fail (connection != NULL);

  sync_connection_assert_thread (connection);
  memset (connection->recent, 0, sizeof (connection->recent));
  g_hash_table_remove_all (connection->statements);
}

/**
 * sync_connection_reset_statements: (skip)
 * @connection: a connection
 *
 * Resets the kept statements that still run, since one that does keeps its view of the database
 * open.
 */
void
sync_connection_reset_statements (SyncConnection *connection)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, connection->statements);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SyncStatement *statement = value;

      if (sqlite3_stmt_busy (statement->handle))
        sync_statement_reset (statement);
    }
}

/**
 * sync_connection_set_triggers:
 * @connection: a connection
 * @enabled: whether triggers run
 * @error: where to put an error
 *
 * Switches all triggers of this connection, ours and the owner's, off or on again.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_set_triggers (SyncConnection *connection, gboolean enabled, GError **error)
{
  g_return_val_if_fail (connection != NULL, FALSE);

  sync_connection_assert_thread (connection);
  return check (
      connection,
      sqlite3_db_config (connection->handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, enabled ? 1 : 0, NULL),
      error);
}

/**
 * sync_connection_keep_foreign_keys:
 * @connection: a connection outside of a transaction
 * @keep: whether writes must keep to foreign keys, and their actions are done
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_connection_keep_foreign_keys (SyncConnection *connection, gboolean keep, GError **error)
{
  return sync_connection_execute (connection, keep ? "PRAGMA foreign_keys = ON" : "PRAGMA foreign_keys = OFF", error);
}

/**
 * sync_connection_describe_column:
 * @connection: a connection
 * @table: a table of the main database
 * @column: one of its columns
 * @type: (out) (transfer full): its declared type, may be empty
 * @collation: (out) (transfer full): how its texts are compared
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if there is no such column
 */
gboolean
sync_connection_describe_column (SyncConnection *connection, const char *table, const char *column,
                                 char **type, char **collation, GError **error)
{
  const char *declared, *compared;

  g_return_val_if_fail (connection != NULL && type != NULL && collation != NULL, FALSE);

  sync_connection_assert_thread (connection);
  if (!check (connection,
              sqlite3_table_column_metadata (connection->handle, "main", table, column, &declared,
                                             &compared, NULL, NULL, NULL),
              error))
    return FALSE;
  *type = g_strdup (declared != NULL ? declared : "");
  *collation = g_strdup (compared);
  return TRUE;
}

/**
 * sync_connection_vm_steps:
 * @connection: a connection
 * @reset: whether to count from zero again
 *
 * Returns: how many steps SQLite's virtual machine took for our statements: their cost without a
 * clock
 */
gint64
sync_connection_vm_steps (SyncConnection *connection, gboolean reset)
{
  GHashTableIter iter;
  gpointer value;
  gint64 sum;

  g_return_val_if_fail (connection != NULL, 0);

  sync_connection_assert_thread (connection);
  sum = connection->vm_steps;
  if (reset)
    connection->vm_steps = 0;
  g_hash_table_iter_init (&iter, connection->statements);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      SyncStatement *statement = value;

      sum += sqlite3_stmt_status (statement->handle, SQLITE_STMTSTATUS_VM_STEP, reset);
    }
  return sum;
}

/**
 * sync_connection_check_place:
 * @connection: a connection
 * @error: [error@SyncError.NOT_FOUND] with the reason `moved`
 *
 * Looks whether the file that was opened still has its name. If not, what is written to it is lost to everybody who
 * opens that name.
 *
 * Returns: %FALSE with @error set if the file was moved, deleted or replaced by another one
 */
gboolean
sync_connection_check_place (SyncConnection *connection, GError **error)
{
  GError *moved;
  int has_moved = 0;

  sync_connection_assert_thread (connection);

  if (sqlite3_file_control (connection->handle, "main", SQLITE_FCNTL_HAS_MOVED, &has_moved) != SQLITE_OK || !has_moved)
    return TRUE;
  moved = sync_error_new (SYNC_ERROR_NOT_FOUND, connection->path, "Another file has the database's name");
  sync_error_set_reason (moved, "moved", 0);
  g_propagate_error (error, moved);
  return FALSE;
}
