/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* How much a run may delete or overwrite of one entity. */

/* The brake is for masses: a table of a few rows may change as it likes. */
#define BRAKE_MINIMUM 20

/* How many rows were there when the run began, and how many of them it took away so far: kept in the
 * database, because a run that is killed and begun again is still the same run. Rows are counted before the write
 * lock is had: that takes as long as there are many. */
gboolean
sync_apply_load_brake (SyncApply *apply,
                       GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  g_autoptr (GString) sql = g_string_new ("SELECT count(*) FROM main.");

  if (apply->policy.allow_mass_change)
    return TRUE;
  if (!sync_connection_query_int64 (connection, -1, &apply->brake_rows, error,
                                    "SELECT ifnull(brake_rows, -1) FROM main.psync_entity WHERE name = ?1",
                                    apply->entity->name, NULL)
      || !sync_connection_query_int64 (connection, 0, &apply->brake_lost, error,
                                       "SELECT brake_lost FROM main.psync_entity WHERE name = ?1",
                                       apply->entity->name, NULL))
    return FALSE;
  if (apply->brake_rows >= 0)
    return TRUE;
  apply->brake_lost = 0;
  sync_sql_append_identifier (sql, apply->entity->table);
  return sync_connection_query_int64 (connection, 0, &apply->brake_rows, error, sql->str, NULL);
}

gboolean
sync_apply_save_brake (SyncApply *apply,
                       GError **error)
{
  SyncStatement *statement;

  /* What people decide themselves, and what they allowed, counts for no run. */
  if (apply->policy.allow_mass_change)
    return TRUE;
  statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "UPDATE main.psync_entity SET brake_rows = ?2, brake_lost = ?3 WHERE name = ?1", error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_int64 (statement, 2, apply->brake_rows);
  sync_statement_bind_int64 (statement, 3, apply->brake_lost);
  return sync_statement_run (statement, error);
}

gboolean
sync_apply_check_brake (SyncApply *apply,
                        GError **error)
{
  if (apply->policy.allow_mass_change || apply->brake_lost <= BRAKE_MINIMUM
      || apply->brake_lost * 2 <= apply->brake_rows)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_BRAKE, apply->entity->name,
                  "More than half of the rows of %s would be changed or deleted", apply->entity->name);
  return FALSE;
}
