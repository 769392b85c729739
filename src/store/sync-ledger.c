/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-ledger.h"

#include "sync-time.h"
#include "sync-trail.h"

static const char load_sql[]
    = "SELECT r.version, r.base, c.seq, c.maybe_sent, c.reread, c.changed_at, h.version, k.conflict, "
      "k.remote_version, EXISTS (SELECT 1 FROM main.psync_sent s WHERE s.entity = ?1 AND s.id = ?2), "
      "c.state = 'refused' "
      "FROM (SELECT 1) "
      "LEFT JOIN main.psync_row r ON r.entity = ?1 AND r.id = ?2 "
      "LEFT JOIN main.psync_change c ON c.entity = ?1 AND c.id = ?2 "
      "LEFT JOIN main.psync_held h ON h.entity = ?1 AND h.id = ?2 "
      "LEFT JOIN main.psync_conflict k ON k.entity = ?1 AND k.id = ?2 AND k.state = 'open'";

/* Every statement here has run, or has been reset, when its function returns: nothing need be copied. */
static SyncStatement *
prepare (SyncStore *store, const char *sql, const SyncEntity *entity, const char *id, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (store), sql, error);

  if (statement == NULL)
    return NULL;
  sync_statement_bind_borrowed (statement, 1, entity->name, -1);
  return sync_statement_bind_borrowed (statement, 2, id, -1);
}

static gboolean
run (SyncStore *store, const char *sql, const SyncEntity *entity, const char *id, GError **error)
{
  SyncStatement *statement = prepare (store, sql, entity, id, error);

  return statement != NULL && sync_statement_run (statement, error);
}

void
sync_row_state_clear (SyncRowState *state)
{
  g_clear_pointer (&state->base, g_free);
}

static gint64
read_time (SyncStatement *statement, int column)
{
  gsize length;
  const char *text;
  gint64 time;

  if (sync_statement_is_null (statement, column))
    return SYNC_TIME_UNKNOWN;
  text = sync_statement_text (statement, column, &length);
  return sync_time_parse (text, length, &time) ? time : SYNC_TIME_UNKNOWN;
}

/**
 * sync_ledger_load:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @state: (out caller-allocates): what is known of it
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_load (SyncStore *store,
                  const SyncEntity *entity,
                  const char *id,
                  SyncRowState *state,
                  GError **error)
{
  SyncStatement *statement = prepare (store, load_sql, entity, id, error);

  *state = (SyncRowState){ .changed_at = SYNC_TIME_UNKNOWN };
  if (statement == NULL)
    return FALSE;
  if (sync_statement_step (statement, error) != SYNC_STEP_ROW)
    {
      sync_statement_reset (statement);
      return FALSE;
    }
  state->known = !sync_statement_is_null (statement, 0);
  state->version = sync_statement_int64 (statement, 0);
  state->base = sync_statement_dup_text (statement, 1);
  state->pending = !sync_statement_is_null (statement, 2);
  state->seq = sync_statement_int64 (statement, 2);
  state->maybe_sent = sync_statement_int64 (statement, 3) != 0;
  state->reread = sync_statement_int64 (statement, 4) != 0;
  state->changed_at = read_time (statement, 5);
  state->held = !sync_statement_is_null (statement, 6);
  state->held_version = sync_statement_int64 (statement, 6);
  state->conflict = sync_statement_int64 (statement, 7);
  state->conflict_version = sync_statement_int64 (statement, 8);
  state->sent = sync_statement_int64 (statement, 9) != 0;
  state->refused = sync_statement_int64 (statement, 10) != 0;
  sync_statement_reset (statement);
  return TRUE;
}

gboolean
sync_ledger_load_known (SyncStore *store,
                        const SyncEntity *entity,
                        const char *id,
                        SyncRowState *state,
                        GError **error)
{
  SyncStatement *statement = prepare (
      store, "SELECT version, base FROM main.psync_row WHERE entity = ?1 AND id = ?2", entity, id, error);
  SyncStep step;

  *state = (SyncRowState){ .changed_at = SYNC_TIME_UNKNOWN };
  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    {
      state->known = TRUE;
      state->version = sync_statement_int64 (statement, 0);
      state->base = sync_statement_dup_text (statement, 1);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

#define NOT_FREE_SQL                                                                                      \
  "EXISTS (SELECT 1 FROM main.psync_held WHERE entity = ?1) "                                             \
  "OR EXISTS (SELECT 1 FROM main.psync_sent WHERE entity = ?1) "                                          \
  "OR EXISTS (SELECT 1 FROM main.psync_conflict WHERE entity = ?1 AND state = 'open')"

static gboolean
ask_for_none (SyncStore *store, const char *sql, const SyncEntity *entity, gboolean *none, GError **error)
{
  gint64 any;

  if (!sync_connection_query_int64 (sync_store_get_connection (store), 1, &any, error, sql, entity->name, NULL))
    return FALSE;
  *none = any == 0;
  return TRUE;
}

gboolean
sync_ledger_is_quiet (SyncStore *store,
                      const SyncEntity *entity,
                      gboolean *quiet,
                      GError **error)
{
  return ask_for_none (store,
                       "SELECT EXISTS (SELECT 1 FROM main.psync_change WHERE entity = ?1) OR " NOT_FREE_SQL,
                       entity, quiet, error);
}

gboolean
sync_ledger_is_free (SyncStore *store,
                     const SyncEntity *entity,
                     gboolean *is_free,
                     GError **error)
{
  return ask_for_none (store, "SELECT " NOT_FREE_SQL, entity, is_free, error);
}

#define PUT_BASES_HEAD "INSERT INTO main.psync_row (entity, id, version, base) VALUES "
#define PUT_BASES_TAIL \
  " ON CONFLICT (entity, id) DO UPDATE SET version = excluded.version, base = excluded.base"

/**
 * sync_ledger_put_base:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @version: the version that it has in the cloud
 * @base: (nullable): its contents there; %NULL: deleted
 * @length: bytes of @base, or -1
 * @error: SQLite's
 *
 * For a row that stays in the outbox sync_ledger_clear_maybe_sent() belongs to it.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_put_base (SyncStore *store,
                      const SyncEntity *entity,
                      const char *id,
                      gint64 version,
                      const char *base,
                      gssize length,
                      GError **error)
{
  SyncStatement *statement = prepare (store, PUT_BASES_HEAD "(?1, ?2, ?3, ?4)" PUT_BASES_TAIL, entity, id, error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 3, version);
  sync_statement_bind_borrowed (statement, 4, base, length);
  return sync_statement_run (statement, error);
}

static char *
build_put_many (const char *tail)
{
  GString *sql = g_string_new (PUT_BASES_HEAD);

  sync_sql_append_values (sql, 4, SYNC_MANY_ROWS);
  g_string_append (sql, tail);
  return g_string_free (sql, FALSE);
}

static gboolean
put_many_bases (SyncStore *store, const char *sql, const SyncEntity *entity, const SyncBase *bases, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (store), sql, error);
  int parameter = 0;

  if (statement == NULL)
    return FALSE;
  for (const SyncBase *base = bases; base < bases + SYNC_MANY_ROWS; base++)
    {
      sync_statement_bind_borrowed (statement, ++parameter, entity->name, -1);
      sync_statement_bind_borrowed (statement, ++parameter, base->id, -1);
      sync_statement_bind_int64 (statement, ++parameter, base->version);
      sync_statement_bind_borrowed (statement, ++parameter, base->contents.length > 0 ? base->contents.text : NULL,
                                    (gssize) base->contents.length);
    }
  return sync_statement_run (statement, error);
}

/**
 * sync_ledger_put_bases:
 * @store: the store
 * @entity: the rows' entity
 * @bases: (array length=n_bases): as for sync_ledger_put_base()
 * @n_bases: how many; fastest in multiples of SYNC_MANY_ROWS
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_put_bases (SyncStore *store,
                       const SyncEntity *entity,
                       const SyncBase *bases,
                       guint n_bases,
                       GError **error)
{
  static char *sql;
  guint i = 0;

  if (g_once_init_enter (&sql))
    g_once_init_leave (&sql, build_put_many (PUT_BASES_TAIL));
  for (; i + SYNC_MANY_ROWS <= n_bases; i += SYNC_MANY_ROWS)
    {
      if (!put_many_bases (store, sql, entity, bases + i, error))
        return FALSE;
    }
  for (; i < n_bases; i++)
    {
      const SyncBase *base = &bases[i];

      if (!sync_ledger_put_base (store, entity, base->id, base->version,
                                 base->contents.length > 0 ? base->contents.text : NULL,
                                 (gssize) base->contents.length, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
sync_ledger_put_new_bases (SyncStore *store,
                           const SyncEntity *entity,
                           const SyncBase *bases,
                           GError **error)
{
  static char *sql;

  if (g_once_init_enter (&sql))
    g_once_init_leave (&sql, build_put_many (""));
  return put_many_bases (store, sql, entity, bases, error);
}

gboolean
sync_ledger_put_new_base (SyncStore *store,
                          const SyncEntity *entity,
                          const char *id,
                          gint64 version,
                          const char *base,
                          gssize length,
                          gboolean *is_new,
                          GError **error)
{
  SyncStatement *statement = prepare (store,
                                      "INSERT INTO main.psync_row (entity, id, version, base) "
                                      "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (entity, id) DO NOTHING",
                                      entity, id, error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 3, version);
  sync_statement_bind_borrowed (statement, 4, base, length);
  if (!sync_statement_run (statement, error))
    return FALSE;
  *is_new = sync_connection_changes (sync_store_get_connection (store)) > 0;
  return TRUE;
}

/**
 * sync_ledger_clear_maybe_sent:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @error: SQLite's
 *
 * The row has a base now: what another copy of the file may have pushed is known.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_clear_maybe_sent (SyncStore *store,
                              const SyncEntity *entity,
                              const char *id,
                              GError **error)
{
  return run (store,
              "UPDATE main.psync_change SET maybe_sent = 0 "
              "WHERE entity = ?1 AND id = ?2 AND maybe_sent <> 0",
              entity, id, error);
}

gboolean
sync_ledger_doubt_revival (SyncStore *store,
                           const SyncEntity *entity,
                           const char *id,
                           GError **error)
{
  return run (store,
              "UPDATE main.psync_change SET maybe_sent = 1 WHERE entity = ?1 AND id = ?2 AND EXISTS "
              "(SELECT 1 FROM main.psync_row r WHERE r.entity = ?1 AND r.id = ?2 AND r.base IS NULL)",
              entity, id, error);
}

gboolean
sync_ledger_forget_base (SyncStore *store,
                         const SyncEntity *entity,
                         const char *id,
                         GError **error)
{
  return run (store, "DELETE FROM main.psync_row WHERE entity = ?1 AND id = ?2", entity, id, error);
}

gboolean
sync_ledger_queue (SyncStore *store,
                   const SyncEntity *entity,
                   const char *id,
                   GError **error)
{
  return run (store,
              "INSERT INTO main.psync_change (entity, id) VALUES (?1, ?2) "
              "ON CONFLICT (entity, id) DO UPDATE SET seq = seq + 1, state = 'pending', attempts = 0, "
              "next_attempt_at = NULL, error = NULL",
              entity, id, error);
}

gboolean
sync_ledger_touch (SyncStore *store,
                   const SyncEntity *entity,
                   const char *id,
                   gint64 now,
                   GError **error)
{
  SyncStatement *statement;
  char time[SYNC_TIME_SIZE];

  if (!sync_ledger_queue (store, entity, id, error))
    return FALSE;
  sync_time_format (now, time);
  statement = prepare (store, "UPDATE main.psync_change SET changed_at = ?3 WHERE entity = ?1 AND id = ?2",
                       entity, id, error);
  return statement != NULL && sync_statement_run (sync_statement_bind_text (statement, 3, time, -1), error);
}

gboolean
sync_ledger_set_reread (SyncStore *store,
                        const SyncEntity *entity,
                        const char *id,
                        gboolean reread,
                        GError **error)
{
  return run (store,
              reread ? "INSERT INTO main.psync_change (entity, id, seq, reread) VALUES (?1, ?2, 0, 1) "
                       "ON CONFLICT (entity, id) DO UPDATE SET reread = 1"
                     : "UPDATE main.psync_change SET reread = 0 WHERE entity = ?1 AND id = ?2",
              entity, id, error);
}

/**
 * sync_ledger_forget_edits:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @error: SQLite's
 *
 * A row that is only to be read again, because its edits were given up, waits as if it had never been edited: no
 * change of this device waits. Not where an answer about the edits may still come.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_forget_edits (SyncStore *store, const SyncEntity *entity, const char *id, GError **error)
{
  return run (store,
              "UPDATE main.psync_change SET seq = 0, changed_at = NULL WHERE entity = ?1 AND id = ?2 AND reread <> 0 "
              "AND NOT EXISTS (SELECT 1 FROM main.psync_sent s WHERE s.entity = ?1 AND s.id = ?2) "
              "AND NOT EXISTS (SELECT 1 FROM main.psync_held h WHERE h.entity = ?1 AND h.id = ?2) "
              "AND NOT EXISTS (SELECT 1 FROM main.psync_conflict k WHERE k.entity = ?1 AND k.id = ?2 "
              "AND k.state = 'open')",
              entity, id, error);
}

gboolean
sync_ledger_lift_refusal (SyncStore *store,
                          const SyncEntity *entity,
                          const char *id,
                          GError **error)
{
  return run (store,
              "UPDATE main.psync_change SET state = 'pending', attempts = 0, next_attempt_at = NULL, "
              "error = NULL WHERE entity = ?1 AND id = ?2 AND (state <> 'pending' OR attempts > 0)",
              entity, id, error);
}

/**
 * sync_ledger_drop_change:
 * @store: the store
 * @entity: the row's entity
 * @id: its id
 * @seq: only if it is still at this count of edits; SYNC_ANY_SEQ: in any case
 * @error: SQLite's
 *
 * A row leaves the outbox only without unsettled send, reread, conflict or held remote.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_ledger_drop_change (SyncStore *store,
                         const SyncEntity *entity,
                         const char *id,
                         gint64 seq,
                         GError **error)
{
  SyncStatement *statement = prepare (
      store,
      "DELETE FROM main.psync_change WHERE entity = ?1 AND id = ?2 AND (?3 < 0 OR seq = ?3) AND reread = 0 "
      "AND NOT EXISTS (SELECT 1 FROM main.psync_sent s WHERE s.entity = ?1 AND s.id = ?2) "
      "AND NOT EXISTS (SELECT 1 FROM main.psync_held h WHERE h.entity = ?1 AND h.id = ?2) "
      "AND NOT EXISTS (SELECT 1 FROM main.psync_conflict k WHERE k.entity = ?1 AND k.id = ?2 "
      "AND k.state = 'open')",
      entity, id, error);

  return statement != NULL && sync_statement_run (sync_statement_bind_int64 (statement, 3, seq), error);
}

/* --- Sends -------------------------------------------------------------------------------------- */

void
sync_send_free (SyncSend *send)
{
  g_clear_pointer (&send->row, sync_row_free);
  g_free (send);
}

/* The element at `place` of a stored body. */
static SyncSend *
read_send (const SyncEntity *entity, const char *body, gsize length, gint64 place, GError **error)
{
  SyncSend *send;
  SyncJsonReader reader;
  SyncStamps stamps;
  SyncSpan skipped;
  gboolean good;

  sync_json_reader_init (&reader, body, length);
  good = sync_json_enter_array (&reader);
  while (good && (good = sync_json_next_element (&reader)) && place-- > 0)
    good = sync_json_read_value (&reader, &skipped);
  if (!good)
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, entity->name, "A stored batch cannot be read");
      return NULL;
    }
  send = g_new0 (SyncSend, 1);
  send->row = sync_row_new (entity);
  if (!sync_row_parse (send->row, &reader, &stamps, NULL, error))
    {
      sync_send_free (send);
      return NULL;
    }
  send->deleted = stamps.deleted;
  return send;
}

GPtrArray *
sync_ledger_load_sends (SyncStore *store,
                        const SyncEntity *entity,
                        const char *id,
                        gint64 below,
                        GError **error)
{
  g_autoptr (GPtrArray) sends = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_send_free);
  SyncStatement *statement
      = prepare (store,
                 "SELECT s.batch, s.base_version, s.place, b.body FROM main.psync_sent s "
                 "JOIN main.psync_batch b ON b.batch = s.batch "
                 "WHERE s.entity = ?1 AND s.id = ?2 AND s.base_version < ?3 ORDER BY s.batch",
                 entity, id, error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_int64 (statement, 3, below);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      gsize length;
      const char *body = sync_statement_text (statement, 3, &length);
      SyncSend *send = read_send (entity, body, length, sync_statement_int64 (statement, 2), error);

      if (send == NULL)
        break;
      send->batch = sync_statement_int64 (statement, 0);
      send->base_version = sync_statement_int64 (statement, 1);
      g_ptr_array_add (sends, send);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&sends) : NULL;
}

gboolean
sync_ledger_settle (SyncStore *store,
                    const SyncEntity *entity,
                    const char *id,
                    gint64 below,
                    GError **error)
{
  SyncStatement *statement = prepare (
      store, "DELETE FROM main.psync_sent WHERE entity = ?1 AND id = ?2 AND base_version < ?3", entity, id,
      error);

  return statement != NULL && sync_statement_run (sync_statement_bind_int64 (statement, 3, below), error);
}

gboolean
sync_ledger_settle_batch (SyncStore *store,
                          gint64 batch,
                          GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store), "DELETE FROM main.psync_sent WHERE batch = ?1", error);

  if (statement == NULL || !sync_statement_run (sync_statement_bind_int64 (statement, 1, batch), error))
    return FALSE;
  return sync_ledger_trim_batches (store, error);
}

/* Nothing is to be looked for where everything goes. */
gboolean
sync_ledger_settle_all (SyncStore *store,
                        GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *sent = sync_connection_prepare (connection, "DELETE FROM main.psync_sent", error);
  SyncStatement *batches;

  if (sent == NULL || !sync_statement_run (sent, error))
    return FALSE;
  batches = sync_connection_prepare (connection, "DELETE FROM main.psync_batch", error);
  return batches != NULL && sync_statement_run (batches, error);
}

gboolean
sync_ledger_is_only_batch (SyncStore *store,
                           gint64 batch,
                           gboolean *only,
                           GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT EXISTS (SELECT 1 FROM main.psync_batch WHERE batch < ?1) "
      "OR EXISTS (SELECT 1 FROM main.psync_batch WHERE batch > ?1)",
      error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (sync_statement_bind_int64 (statement, 1, batch), error);
  *only = step == SYNC_STEP_ROW && sync_statement_int64 (statement, 0) == 0;
  sync_statement_reset (statement);
  return step == SYNC_STEP_ROW;
}

gboolean
sync_ledger_trim_batches (SyncStore *store,
                          GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "DELETE FROM main.psync_batch WHERE NOT EXISTS "
      "(SELECT 1 FROM main.psync_sent s WHERE s.batch = psync_batch.batch)",
      error);

  return statement != NULL && sync_statement_run (statement, error);
}

/* --- Applying ----------------------------------------------------------------------------------- */

gboolean
sync_ledger_begin_applying (SyncStore *store,
                            const SyncEntity *entity,
                            const char *id,
                            GError **error)
{
  return run (store,
              "INSERT INTO main.psync_applying (entity, id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
              entity, id, error);
}

gboolean
sync_ledger_end_applying (SyncStore *store,
                          GError **error)
{
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (store),
                                                      "DELETE FROM main.psync_applying", error);

  return statement != NULL && sync_statement_run (statement, error);
}

gboolean
sync_ledger_trace (SyncStore *store,
                   gint64 run_number,
                   const SyncEntity *entity,
                   const char *id,
                   gint64 version,
                   const char *direction,
                   GError **error)
{
  g_auto (SyncTrail) trail;

  sync_trail_init (&trail);
  sync_trail_add (&trail, id, version);
  return sync_trail_write (&trail, store, run_number, entity, direction, error);
}
