/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/**
 * SyncConnection:
 *
 * One connection to an SQLite file. Belongs to the thread that opened it (asserted).
 */
typedef struct _SyncConnection SyncConnection;

/**
 * SyncStatement:
 *
 * A prepared statement. The connection keeps its statements by their SQL text, so preparing the
 * same text again is cheap.
 */
typedef struct _SyncStatement SyncStatement;

typedef enum
{
  SYNC_OPEN_READ_ONLY = 1 << 0,
  SYNC_OPEN_CREATE = 1 << 1,   /* create the file (0600) if there is none */
  SYNC_OPEN_NO_WAIT = 1 << 2,  /* no busy timeout */
} SyncOpenFlags;

typedef enum
{
  SYNC_VALUE_NULL,
  SYNC_VALUE_INTEGER,
  SYNC_VALUE_REAL,
  SYNC_VALUE_TEXT,
  SYNC_VALUE_BLOB,
} SyncValueType;

typedef enum
{
  SYNC_STEP_ERROR,
  SYNC_STEP_ROW,
  SYNC_STEP_DONE,
} SyncStep;

/* Whether a row is meant, by a text and a number of it. */
typedef gboolean (*SyncFilterFunc) (const char *text, gint64 number, gpointer data);

SyncConnection *sync_connection_open (const char *path, SyncOpenFlags flags, guint busy_timeout_ms,
                                      GError **error);
void sync_connection_close (SyncConnection *connection);
void sync_connection_hand_over (SyncConnection *connection);
const char *sync_connection_get_path (SyncConnection *connection);
void sync_connection_leave_as_it_is (SyncConnection *connection);
void sync_connection_set_busy_timeout (SyncConnection *connection, guint milliseconds);
/* Only of a database that we created. */
gboolean sync_connection_set_wal (SyncConnection *connection, GError **error);

/* Borrowed: belongs to the connection, valid until it is closed; resets a statement still running
 * under the same text. NULL: error set. */
SyncStatement *sync_connection_prepare (SyncConnection *connection, const char *sql,
                                        GError **error);
gboolean sync_connection_execute (SyncConnection *connection, const char *sql, GError **error);
gboolean sync_connection_script (SyncConnection *connection, const char *sql, GError **error);
gint64 sync_connection_changes (SyncConnection *connection);
gint64 sync_connection_last_rowid (SyncConnection *connection);
void sync_connection_forget_statements (SyncConnection *connection);

gboolean sync_connection_begin (SyncConnection *connection, GError **error); /* BEGIN IMMEDIATE */
gboolean sync_connection_commit (SyncConnection *connection, GError **error);
void sync_connection_rollback (SyncConnection *connection);
gboolean sync_connection_in_transaction (SyncConnection *connection);
gboolean sync_connection_check_place (SyncConnection *connection, GError **error);
gboolean sync_connection_has_deferred_violations (SyncConnection *connection);
/* Commits do not wait for the disk any more (relax) and do again (insist). */
gboolean sync_connection_relax (SyncConnection *connection, gboolean *relaxed, GError **error);
gboolean sync_connection_insist (SyncConnection *connection, GError **error);
gboolean sync_connection_set_triggers (SyncConnection *connection, gboolean enabled,
                                       GError **error);
/* A column's declared type and collation; %FALSE: there is no such column. (transfer full) */
gboolean sync_connection_keep_foreign_keys (SyncConnection *connection, gboolean keep, GError **error);
gboolean sync_connection_describe_column (SyncConnection *connection, const char *table,
                                          const char *column, char **type, char **collation,
                                          GError **error);
/* What psync_filter (text, integer) in a statement answers; NULL: 0. */
gboolean sync_connection_set_filter (SyncConnection *connection, SyncFilterFunc filter, gpointer data,
                                     GError **error);
gint64 sync_connection_vm_steps (SyncConnection *connection, gboolean reset);

void sync_statement_reset (SyncStatement *statement); /* and clears the bindings */
SyncStatement *sync_statement_bind_null (SyncStatement *statement, int index);
SyncStatement *sync_statement_bind_int64 (SyncStatement *statement, int index, gint64 value);
SyncStatement *sync_statement_bind_double (SyncStatement *statement, int index, double value);
SyncStatement *sync_statement_bind_text (SyncStatement *statement, int index, const char *value,
                                         gssize length);
SyncStatement *sync_statement_bind_borrowed (SyncStatement *statement, int index, const char *value,
                                             gssize length);
SyncStatement *sync_statement_bind_blob (SyncStatement *statement, int index, gconstpointer value,
                                         gsize length);
SyncStep sync_statement_step (SyncStatement *statement, GError **error);
gboolean sync_statement_run (SyncStatement *statement, GError **error); /* to DONE, then reset */
SyncValueType sync_statement_type (SyncStatement *statement, int column);
gboolean sync_statement_is_null (SyncStatement *statement, int column);
gint64 sync_statement_int64 (SyncStatement *statement, int column);
double sync_statement_double (SyncStatement *statement, int column);
const char *sync_statement_text (SyncStatement *statement, int column, gsize *length);
char *sync_statement_dup_text (SyncStatement *statement, int column);
gconstpointer sync_statement_blob (SyncStatement *statement, int column, gsize *length);
int sync_statement_n_columns (SyncStatement *statement);
/* A value as quote() writes it, and back; `used`: the bytes that the value took. */
void sync_statement_append_quoted (SyncStatement *statement, int column, GString *out);
gboolean sync_statement_bind_quoted (SyncStatement *statement, int index, const char *text,
                                     gsize length, gsize *used);
const char *sync_statement_column_name (SyncStatement *statement, int column);

/* One value by a query without bindings or with text bindings (NULL-terminated list). FALSE: error
 * set; no row: the fallback. */
gboolean sync_connection_query_int64 (SyncConnection *connection, gint64 fallback, gint64 *value,
                                      GError **error, const char *sql, ...) G_GNUC_NULL_TERMINATED;
gboolean sync_connection_query_text (SyncConnection *connection, char **value, GError **error,
                                     const char *sql, ...) G_GNUC_NULL_TERMINATED;

void sync_sql_append_identifier (GString *sql, const char *name);
char *sync_sql_quote_identifier (const char *name);
void sync_sql_append_literal (GString *sql, const char *text); /* a 'text' literal */
/* What SQLite does around each statement costs as much as a row, so one statement inserts this many. */
#define SYNC_MANY_ROWS 16
/* `(?1, ?2), (?3, ?4)`: the parameters of several rows in one INSERT. */
void sync_sql_append_values (GString *sql, guint n_columns, guint n_rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConnection, sync_connection_close)

G_END_DECLS
