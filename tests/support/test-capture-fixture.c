/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-capture-fixture.h"

static void
install_all (TestCapture *capture)
{
  g_autoptr (GPtrArray) tables = NULL;
  g_autoptr (GError) error = NULL;

  sync_capture_list_tables (capture->connection, &tables, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < tables->len; i++)
    {
      SyncEntity *entity = sync_capture_describe_table (capture->connection,
                                                        g_ptr_array_index (tables, i), &error);

      g_assert_no_error (error);
      g_ptr_array_add (capture->entities, entity);
      sync_capture_install (capture->connection, entity, &error);
      g_assert_no_error (error);
    }
}

/**
 * test_capture_new:
 * @journal_mode: (nullable): the journal mode
 * @schema: the owner's tables
 *
 * Returns: (transfer full): a new database of these tables, all of them captured
 */
TestCapture *
test_capture_new (const char *journal_mode, const char *schema)
{
  TestCapture *capture = g_new0 (TestCapture, 1);

  capture->folder = test_folder_new ();
  capture->connection = test_database_new (capture->folder, "owner.db", journal_mode);
  capture->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  test_sql (capture->connection, "BEGIN");
  test_database_add_own_tables (capture->connection);
  test_sql (capture->connection, schema);
  install_all (capture);
  test_sql (capture->connection, "COMMIT");
  return capture;
}

/**
 * test_capture_free:
 * @capture: (transfer full): a captured database, which goes with its folder
 */
void
test_capture_free (TestCapture *capture)
{
  g_ptr_array_unref (capture->entities);
  sync_connection_close (capture->connection);
  test_folder_remove (capture->folder);
  g_free (capture->folder);
  g_free (capture);
}

/**
 * test_capture_read_notes:
 * @capture: a captured database
 *
 * Returns: (transfer full): what is noted: `table:id`, one a line, with a line's end before the
 * first
 */
char *
test_capture_read_notes (TestCapture *capture)
{
  g_autofree char *notes
      = test_query (capture->connection, "SELECT entity || ':' || id FROM psync_change ORDER BY 1");

  return g_strconcat ("\n", notes, NULL);
}
