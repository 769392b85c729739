/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * TestPsync:
 * @dir: a folder that goes with it
 *
 * The real psync, run in a home of its own.
 */
typedef struct
{
  char *dir;
  GSubprocessLauncher *launcher;
  GHashTable *documented; /* (element-type utf8): the words in bold in psync-json(5) */
} TestPsync;

TestPsync *test_psync_new (void);
void test_psync_free (TestPsync *psync);
void test_psync_set_environment (TestPsync *psync, const char *name, const char *value);
char *test_psync_path (TestPsync *psync, const char *name);

/* Runs `psync --database DIR/DATABASE ARGUMENTS`, the arguments divided by spaces, and asserts how
 * it ends. database NULL: without the option. What it printed to standard output comes back, and to
 * standard error too if `errors` is given. */
char *test_psync_run (TestPsync *psync, const char *database, int status, const char *arguments);
char *test_psync_run_strv (TestPsync *psync,
                           const char *database,
                           int status,
                           const char *const *arguments,
                           const char *input,
                           char **errors);
void test_psync_fail (TestPsync *psync,
                      const char *database,
                      int status,
                      const char *arguments,
                      const char *expected_error);
/* The same with --json: asserts that it is one object, that every member in it is documented, and
 * that exit_status is what it ended with. */
JsonObject *
test_psync_json (TestPsync *psync, const char *database, int status, const char *arguments);
JsonObject *test_psync_parse (TestPsync *psync, const char *text);
GSubprocess *test_psync_spawn (TestPsync *psync,
                               const char *database,
                               const char *arguments,
                               GSubprocessFlags flags);

/* What another program does with the database; the answer of `sqlite3`. */
char *test_psync_sql (TestPsync *psync, const char *database, const char *sql);
void
test_psync_expect (TestPsync *psync, const char *database, const char *sql, const char *expected);
/* A new database that is connected to DIR/vault.db. */
void test_psync_add_device (TestPsync *psync, const char *database);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestPsync, test_psync_free)

G_END_DECLS
