/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-trail.h"

#include "sync-json.h"
#include "sync-ledger.h"

void
sync_trail_init (SyncTrail *trail)
{
  trail->rows = g_string_new ("[");
  trail->n = 0;
}

void
sync_trail_clear (SyncTrail *trail)
{
  g_string_free (trail->rows, TRUE);
}

void
sync_trail_add (SyncTrail *trail,
                const char *id,
                gint64 version)
{
  g_string_append (trail->rows, trail->n > 0 ? ",[" : "[");
  sync_json_append_string (trail->rows, id, strlen (id));
  g_string_append_c (trail->rows, ',');
  sync_json_append_int64 (trail->rows, version);
  g_string_append_c (trail->rows, ']');
  trail->n++;
}

void
sync_trail_drop (SyncTrail *trail)
{
  g_string_truncate (trail->rows, 1);
  trail->n = 0;
}

/**
 * sync_trail_write:
 * @trail: rows that went the same way
 * @store: the store
 * @run: the run's number
 * @entity: whose rows
 * @direction: `pulled`, `pushed`, `refused` or `held`
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_trail_write (SyncTrail *trail,
                  SyncStore *store,
                  gint64 run,
                  const SyncEntity *entity,
                  const char *direction,
                  GError **error)
{
  SyncStatement *statement;
  gboolean good;

  if (trail->n == 0)
    return TRUE;
  statement = sync_connection_prepare (sync_store_get_connection (store),
                                       "INSERT INTO main.psync_trace (run, entity, rows, n, direction) "
                                       "VALUES (?1, ?2, ?3, ?4, ?5)",
                                       error);
  if (statement == NULL)
    return FALSE;
  g_string_append_c (trail->rows, ']');
  sync_statement_bind_int64 (statement, 1, run);
  sync_statement_bind_borrowed (statement, 2, entity->name, -1);
  sync_statement_bind_borrowed (statement, 3, trail->rows->str, (gssize) trail->rows->len);
  sync_statement_bind_int64 (statement, 4, trail->n);
  sync_statement_bind_borrowed (statement, 5, direction, -1);
  good = sync_statement_run (statement, error);
  sync_trail_drop (trail);
  return good;
}
