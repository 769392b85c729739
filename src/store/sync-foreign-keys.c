/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-sql-text.h"
#include "sync-store-private.h"

/* SQLite keeps foreign keys only for programs that ask for it. Others may have declared some that nobody could keep
 * (the table that they refer to is gone, or its column is not unique), and then SQLite refuses whoever does ask every
 * write to such a table. So where one of them is synced we do as its owner must: we do not ask. */

static gboolean
can_write (SyncConnection *connection, const char *sql, const char *table)
{
  g_autoptr (GString) statement = g_string_new (sql);

  sync_sql_append_identifier (statement, table);
  if (g_str_has_prefix (sql, "EXPLAIN INSERT"))
    g_string_append (statement, " DEFAULT VALUES");
  return sync_connection_execute (connection, statement->str, NULL);
}

/* Both at the table's own foreign keys and at those that refer to it SQLite looks as it makes the statement. */
static gboolean
can_write_all (SyncStore *store, const SyncEntity *entity)
{
  static const char *const statements[] = { "EXPLAIN INSERT INTO main.", "EXPLAIN DELETE FROM main." };

  for (guint i = 0; i < G_N_ELEMENTS (statements); i++)
    if (!can_write (store->connection, statements[i], entity->table))
      return FALSE;
  return TRUE;
}

/* Only where it can be written without: the owner's own code may be what this program cannot do. */
static gboolean
is_kept_from_writing (SyncStore *store, const SyncEntity *entity, gboolean *kept, GError **error)
{
  *kept = FALSE;
  if (can_write_all (store, entity))
    return TRUE;
  if (!sync_connection_keep_foreign_keys (store->connection, FALSE, error))
    return FALSE;
  *kept = can_write_all (store, entity);
  return *kept || sync_connection_keep_foreign_keys (store->connection, TRUE, error);
}

gboolean
sync_store_try_foreign_keys (SyncStore *store, GError **error)
{
  gboolean kept = FALSE;
  gint64 schema;

  if (sync_connection_in_transaction (store->connection))
    return TRUE;
  if (!sync_connection_query_int64 (store->connection, 0, &schema, error, "PRAGMA main.schema_version", NULL))
    return FALSE;
  if (schema == store->tried_schema)
    return TRUE;
  if (!sync_connection_keep_foreign_keys (store->connection, TRUE, error))
    return FALSE;
  for (guint i = 0; i < store->entities->len && !kept; i++)
    if (!is_kept_from_writing (store, g_ptr_array_index (store->entities, i), &kept, error))
      return FALSE;
  store->keeps_foreign_keys = !kept;
  store->tried_schema = schema;
  return TRUE;
}
