/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "sync-capture.h"
#include "test-database.h"

static void
check_id (SyncConnection *connection, const SyncEntity *entity, GString *expression)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT k1, k2, %s, rowid FROM t ORDER BY rowid", expression->str);
  SyncStatement *rows = sync_connection_prepare (connection, sql, NULL);
  guint n = 0;

  while (sync_statement_step (rows, NULL) == SYNC_STEP_ROW)
    {
      g_autoptr (GString) id = g_string_new (NULL);
      SyncStatement *find
          = sync_connection_prepare (connection,
                                     "SELECT rowid, typeof(?1) = typeof(k1), typeof(?2) = "
                                     "typeof(k2) FROM t WHERE k1 IS ?1 AND k2 IS ?2 ORDER BY rowid",
                                     NULL);

      sync_id_append_columns (id, rows, 0, entity->n_keys);
      g_assert_cmpstr (id->str, ==, sync_statement_text (rows, 2, NULL));
      g_assert_true (sync_id_bind (id->str, id->len, entity->n_keys, find, 1));
      g_assert_cmpint (sync_statement_step (find, NULL), ==, SYNC_STEP_ROW);
      g_assert_cmpint (sync_statement_int64 (find, 0), ==, sync_statement_int64 (rows, 3));
      g_assert_true (sync_statement_int64 (find, 1) && sync_statement_int64 (find, 2));
      sync_statement_reset (find);
      n++;
    }
  sync_statement_reset (rows);
  g_assert_cmpuint (n, >, 0);
}

static void
test_ids_agree_between_sql_and_c_and_lead_back (void)
{
  static const char *const values[] = {
    "NULL",
    "0",
    "-1",
    "42",
    "9223372036854775807",
    "-9223372036854775808",
    "0.0",
    "1.0",
    "-2.5",
    "0.1",
    "1e100",
    "1e-300",
    "9e999",
    "-9e999",
    "123456789012345678.0",
    "0.30000000000000004",
    "5e-324",
    "1.7976931348623157e308",
    "''",
    "'a'",
    "'it''s ''''quoted'''",
    "','",
    "'a,b'",
    "'äöü €  𝄞'",
    "'line' || char(10) || 'end' || char(9)",
    "'X''00'''",
    "'NULL'",
    "x''",
    "x'00'",
    "x'DeadBeef27'",
    "CAST('text' AS BLOB)",
    "'1'",
    "'1.0'",
  };
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "ids.db", NULL);
  g_autoptr (SyncEntity) entity = sync_entity_new ("t", NULL, NULL);
  g_autoptr (GString) expression = g_string_new (NULL);

  sync_entity_add_column (entity, "k1", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "k2", SYNC_CODEC_TEXT, TRUE);
  sync_id_append_expression (expression, entity, "t");
  test_sql (connection, "CREATE TABLE t (k1, k2)");
  for (gsize i = 0; i < G_N_ELEMENTS (values); i++)
    {
      /* Each beside each other one, so that no row is found for another. */
      g_autofree char *sql = g_strdup_printf ("INSERT INTO t VALUES (%s, 'row %d'), ('ROW %d', %s)",
                                              values[i], (int) i, (int) i, values[i]);

      test_sql (connection, sql);
    }
  check_id (connection, entity, expression);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_ids_of_random_reals_lead_back_exactly (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "reals.db", NULL);
  SyncStatement *same = sync_connection_prepare (connection, "SELECT ?1, quote(?1), ?2", NULL);
  guint32 seed = g_random_int ();
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);

  g_test_message ("seed %u", seed);
  for (guint i = 0; i < 20000; i++)
    {
      union
      {
        guint64 bits;
        double real;
      } number, back;
      g_autoptr (GString) id = g_string_new (NULL);

      number.bits = (guint64) g_rand_int (random) << 32 | g_rand_int (random);
      if (i % 2 == 0)
        number.real = g_rand_double_range (random, -1e6, 1e6);
      if (number.real != number.real)
        continue;
      sync_statement_reset (same);
      sync_statement_bind_double (same, 1, number.real);
      g_assert_cmpint (sync_statement_step (same, NULL), ==, SYNC_STEP_ROW);
      sync_id_append_columns (id, same, 0, 1);
      g_assert_cmpstr (id->str, ==, sync_statement_text (same, 1, NULL));
      sync_statement_reset (same);
      g_assert_true (sync_id_bind (id->str, id->len, 1, same, 2));
      g_assert_cmpint (sync_statement_step (same, NULL), ==, SYNC_STEP_ROW);
      g_assert_cmpint (sync_statement_type (same, 2), ==, SYNC_VALUE_REAL);
      back.real = sync_statement_double (same, 2);
      if (number.real != back.real)
        g_error ("%.17g came back as %.17g from %s", number.real, back.real, id->str);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_what_is_no_id_is_refused (void)
{
  static const char *const wrong[] = {
    "",        "1",      "1,",    ",1",    "1,2,3", "1,2 ", "'a,1", "'a'1,1", "X'0',1",
    "X'0g',1", "X'00,1", "nul,1", "1,--2", "1,'",   "1;2",  "1e,x", "0x10,1", "x,y",
  };
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "ids.db", NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (wrong); i++)
    {
      SyncStatement *find = sync_connection_prepare (connection, "SELECT ?1, ?2", NULL);

      if (sync_id_bind (wrong[i], strlen (wrong[i]), 2, find, 1))
        g_error ("“%s” was taken for an id", wrong[i]);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/id/agree-between-sql-and-c-and-lead-back",
                   test_ids_agree_between_sql_and_c_and_lead_back);
  g_test_add_func ("/id/of-random-reals-lead-back-exactly",
                   test_ids_of_random_reals_lead_back_exactly);
  g_test_add_func ("/id/what-is-no-id-is-refused", test_what_is_no_id_is_refused);
  return g_test_run ();
}
