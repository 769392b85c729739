/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/* Scratch folders and databases for tests. They are under the build folder and go with the test. */

char *test_folder_new (void);
void test_folder_remove (const char *folder);

/* With `journal_mode`; NULL: as SQLite makes it. */
SyncConnection *test_database_new (const char *folder, const char *name, const char *journal_mode);
/* The tables of ours, as the program makes them. */
void test_database_add_own_tables (SyncConnection *connection);

/* Runs it, and it must succeed. */
void test_sql (SyncConnection *connection, const char *sql);
/* The rows of a query, as the sqlite3 shell writes them: columns joined by |, each row with its
 * end. */
char *test_query (SyncConnection *connection, const char *sql);
/* Runs it in the sqlite3 shell, another process; %FALSE if it failed. */
gboolean test_shell (const char *path, const char *sql, char **output);

G_END_DECLS
