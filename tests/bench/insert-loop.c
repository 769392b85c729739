/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

/* The floor: rows that are in memory already, inserted one after the other by one prepared statement.
 *   insert-loop FROM TO
 * FROM holds a table `notifications`, TO holds one that is empty. */

#define ROWS_A_TRANSACTION 1000

static void
check (sqlite3 *db, int result, int expected)
{
  if (result == expected)
    return;
  fprintf (stderr, "insert-loop: %s\n", sqlite3_errmsg (db));
  exit (1);
}

static void
begin_or_commit (sqlite3 *db, const char *sql)
{
  check (db, sqlite3_exec (db, sql, NULL, NULL, NULL), SQLITE_OK);
}

static void
copy_rows (sqlite3 *db, sqlite3_stmt *select, sqlite3_stmt *insert)
{
  unsigned int n = 0;
  int result;

  begin_or_commit (db, "BEGIN IMMEDIATE");
  while ((result = sqlite3_step (select)) == SQLITE_ROW)
    {
      for (int i = 0; i < sqlite3_column_count (select); i++)
        check (db, sqlite3_bind_value (insert, i + 1, sqlite3_column_value (select, i)), SQLITE_OK);
      check (db, sqlite3_step (insert), SQLITE_DONE);
      sqlite3_reset (insert);
      if (++n % ROWS_A_TRANSACTION == 0)
        {
          begin_or_commit (db, "COMMIT");
          begin_or_commit (db, "BEGIN IMMEDIATE");
        }
    }
  check (db, result, SQLITE_DONE);
  begin_or_commit (db, "COMMIT");
}

int
main (int argc, char **argv)
{
  static const char columns[] = "id, title, content, type, status, priority, category, metadata, created_at, "
                                "updated_at, expires_at";
  char sql[512];
  sqlite3 *from, *to;
  sqlite3_stmt *select, *insert;

  if (argc != 3)
    {
      fputs ("usage: insert-loop FROM TO\n", stderr);
      return 2;
    }
  check (NULL, sqlite3_open_v2 (argv[1], &from, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
  check (NULL, sqlite3_open_v2 (argv[2], &to, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
  snprintf (sql, sizeof sql, "SELECT %s FROM notifications ORDER BY rowid", columns);
  check (from, sqlite3_prepare_v2 (from, sql, -1, &select, NULL), SQLITE_OK);
  snprintf (sql, sizeof sql, "INSERT INTO notifications (%s) VALUES (?,?,?,?,?,?,?,?,?,?,?)", columns);
  check (to, sqlite3_prepare_v2 (to, sql, -1, &insert, NULL), SQLITE_OK);
  copy_rows (to, select, insert);
  sqlite3_finalize (select);
  sqlite3_finalize (insert);
  sqlite3_close (from);
  sqlite3_close (to);
  return 0;
}
