/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sqlite3.h>

#include "sync-connection.h"

G_BEGIN_DECLS

#define SYNC_N_RECENT 64

typedef struct
{
  const char *sql; /* the kept statement's own copy of its text */
  SyncStatement *statement;
} SyncRecent;

/**
 * SyncConnection:
 * @handle: (owned): SQLite's connection
 * @path: (owned): the absolute path
 * @owner: (nullable): the thread that it belongs to, %NULL while it is handed over
 * @statements: (owned) (element-type utf8 SyncStatement): kept statements by their text
 * @recent: (unowned): kept statements by where their text was asked for from: most texts are
 * literals, and comparing one is much cheaper than hashing it
 * @vm_steps: steps of statements that are gone
 * @locked_at: since when the write lock is held, microseconds of the monotonic clock; 0: it is not
 * @unlocked_at: when it was given back
 * @held: how long it had been held then, microseconds
 * @filter: (nullable): what psync_filter() asks
 * @has_filter: whether SQLite knows that function
 */
struct _SyncConnection
{
  sqlite3 *handle;
  char *path;
  GThread *owner;
  GHashTable *statements;
  SyncRecent recent[SYNC_N_RECENT];
  gint64 vm_steps;
  gint64 locked_at;
  gint64 unlocked_at;
  gint64 held;
  SyncFilterFunc filter;
  gpointer filter_data;
  gboolean has_filter;
};

/**
 * SyncStatement:
 * @connection: (unowned): what it was prepared on
 * @handle: (owned): SQLite's statement
 * @bind_result: the first failure to bind a value, told by the next step
 * @fresh: nothing was bound and nothing was run since it was reset
 */
struct _SyncStatement
{
  SyncConnection *connection;
  sqlite3_stmt *handle;
  int bind_result;
  gboolean fresh;
};

void sync_connection_assert_thread (SyncConnection *connection);
void sync_connection_reset_statements (SyncConnection *connection);
void sync_connection_take_error (SyncConnection *connection, int result, GError **error);

GError *sync_sqlite_error_new (sqlite3 *handle, int result, const char *path);

SyncStatement *sync_statement_new (SyncConnection *connection, sqlite3_stmt *handle);
void sync_statement_free (SyncStatement *statement);

G_END_DECLS
