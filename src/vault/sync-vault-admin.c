/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-request.h"

#define DAY (24 * 60 * 60 * G_TIME_SPAN_SECOND)

/* A tombstone stays at least so long: a device that was off meanwhile needs no scan. */
#define KEEP (30 * DAY)

/* But for what an active device has not read, and for the newest row: heads never go back. */
#define PURGED                                                                                     \
  "FROM vault_row WHERE table_number = ?1 AND deleted_at < ?2 AND version < ?3"                    \
  " AND version <= ?4"

typedef struct
{
  gint64 number;
  gint64 head;
} Table;

/* What the schema does not allow: somebody has written into the file by other means. */
static gboolean
set_damaged (GError **error)
{
  sync_error_set (error, SYNC_ERROR_CORRUPT, NULL, "the vault has lost a name");
  return FALSE;
}

static gboolean
read_meta (SyncCloudState *state, SyncConnection *connection, GError **error)
{
  SyncStatement *select
      = sync_connection_prepare (connection, "SELECT id, epoch FROM vault_meta", error);
  SyncStep step;

  if (select == NULL)
    return FALSE;
  step = sync_statement_step (select, error);
  if (step == SYNC_STEP_ROW)
    {
      state->user = sync_statement_dup_text (select, 0);
      state->epoch = sync_statement_dup_text (select, 1);
    }
  sync_statement_reset (select);
  if (step != SYNC_STEP_ERROR && (state->user == NULL || state->epoch == NULL))
    return set_damaged (error);
  return step == SYNC_STEP_ROW;
}

static gboolean
read_tables (SyncCloudState *state, SyncConnection *connection, GError **error)
{
  SyncStatement *select
      = sync_connection_prepare (connection, "SELECT name, head, horizon FROM vault_table", error);
  SyncStep step;

  if (select == NULL)
    return FALSE;
  while ((step = sync_statement_step (select, error)) == SYNC_STEP_ROW)
    {
      const char *name = sync_statement_text (select, 0, NULL);

      if (name == NULL)
        return set_damaged (error);
      sync_cloud_state_set_head (state, name, sync_statement_int64 (select, 1));
      sync_cloud_state_set_horizon (state, name, sync_statement_int64 (select, 2));
    }
  sync_statement_reset (select);
  return step == SYNC_STEP_DONE;
}

static SyncDevice *
read_device (SyncStatement *select)
{
  SyncDevice *device = sync_device_new (sync_statement_text (select, 0, NULL),
                                        sync_statement_text (select, 1, NULL));

  device->platform = sync_statement_dup_text (select, 2);
  device->app_version = sync_statement_dup_text (select, 3);
  device->registered_at = sync_statement_int64 (select, 4);
  if (!sync_statement_is_null (select, 5))
    device->last_sync_at = sync_statement_int64 (select, 5);
  device->last_version = sync_statement_int64 (select, 6);
  device->active = sync_statement_int64 (select, 7) != 0;
  return device;
}

static gboolean
read_devices (SyncCloudState *state, SyncConnection *connection, GError **error)
{
  SyncStatement *select = sync_connection_prepare (
      connection,
      "SELECT id, name, platform, app_version, registered_at, last_sync_at, last_version, is_active"
      " FROM vault_device ORDER BY registered_at, id",
      error);
  SyncStep step;

  if (select == NULL)
    return FALSE;
  while ((step = sync_statement_step (select, error)) == SYNC_STEP_ROW)
    {
      if (sync_statement_is_null (select, 0))
        return set_damaged (error);
      g_ptr_array_add (state->devices, read_device (select));
    }
  sync_statement_reset (select);
  return step == SYNC_STEP_DONE;
}

/**
 * sync_vault_read_state:
 * @request: a request
 * @connection: the vault, in a transaction
 * @cancellable: (nullable): not needed
 * @error: where an error goes
 *
 * Answers the vault's state. Any table is there, be it that nothing was pushed to it yet.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_read_state (SyncVaultRequest *request, SyncConnection *connection,
                       GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncCloudState) state = sync_cloud_state_new ();

  state->schema_version = SYNC_CLOUD_SCHEMA_VERSION;
  state->oldest_client = SYNC_CLOUD_SCHEMA_VERSION;
  state->server_time = request->now;
  state->any_table = TRUE;
  if (!read_meta (state, connection, error) || !read_tables (state, connection, error)
      || !read_devices (state, connection, error))
    return FALSE;
  request->state = g_steal_pointer (&state);
  return TRUE;
}

static void
bind_nullable_text (SyncStatement *statement, int index, const char *text)
{
  if (text != NULL)
    sync_statement_bind_text (statement, index, text, -1);
}

/**
 * sync_vault_put_device:
 * @request: a request with a device
 * @connection: the vault, in a write transaction
 * @cancellable: (nullable): not needed
 * @error: where an error goes
 *
 * Stores the device. When it was registered is the vault's time of the first call. As in the cloud, what it
 * has read never goes back, and a run that ends after the device was revoked does not bring it back.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_put_device (SyncVaultRequest *request, SyncConnection *connection,
                       GCancellable *cancellable, GError **error)
{
  const SyncDevice *device = request->device;
  SyncStatement *put = sync_connection_prepare (
      connection,
      "INSERT INTO vault_device (id, name, platform, app_version, registered_at, last_sync_at,"
      " last_version, is_active) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
      " ON CONFLICT (id) DO UPDATE SET name = excluded.name, platform = excluded.platform,"
      " app_version = excluded.app_version,"
      " is_active = iif(NOT vault_device.is_active"
      " AND excluded.last_sync_at IS NOT vault_device.last_sync_at, 0, excluded.is_active),"
      " last_sync_at = max(ifnull(vault_device.last_sync_at, excluded.last_sync_at),"
      " ifnull(excluded.last_sync_at, vault_device.last_sync_at)),"
      " last_version = max(vault_device.last_version, excluded.last_version)",
      error);

  if (put == NULL)
    return FALSE;
  sync_statement_bind_text (put, 1, device->id, -1);
  bind_nullable_text (put, 2, device->name);
  bind_nullable_text (put, 3, device->platform);
  bind_nullable_text (put, 4, device->app_version);
  sync_statement_bind_int64 (put, 5, request->now);
  if (device->last_sync_at != G_MININT64)
    sync_statement_bind_int64 (put, 6, device->last_sync_at);
  sync_statement_bind_int64 (put, 7, device->last_version);
  sync_statement_bind_int64 (put, 8, device->active);
  return sync_statement_run (put, error);
}

static gboolean
run_purge (SyncVaultRequest *request, SyncConnection *connection, const char *sql,
           const Table *table, gint64 all_read, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (connection, sql, error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_int64 (statement, 1, table->number);
  sync_statement_bind_int64 (statement, 2, request->now - KEEP);
  sync_statement_bind_int64 (statement, 3, table->head);
  sync_statement_bind_int64 (statement, 4, all_read);
  return sync_statement_run (statement, error);
}

/* The horizon first: it is found in the rows that are about to go. */
static gboolean
purge_table (SyncVaultRequest *request, SyncConnection *connection, const Table *table,
             gint64 all_read, GError **error)
{
  if (!run_purge (
          request, connection,
          "UPDATE vault_table SET horizon = max(horizon, coalesce((SELECT max(version) " PURGED
          "), 0)) WHERE number = ?1",
          table, all_read, error)
      || !run_purge (request, connection, "DELETE " PURGED, table, all_read, error))
    return FALSE;
  request->count += sync_connection_changes (connection);
  return TRUE;
}

static gboolean
list_tables (SyncConnection *connection, GArray *tables, GError **error)
{
  SyncStatement *select
      = sync_connection_prepare (connection, "SELECT number, head FROM vault_table", error);
  SyncStep step;

  if (select == NULL)
    return FALSE;
  while ((step = sync_statement_step (select, error)) == SYNC_STEP_ROW)
    {
      Table table = { sync_statement_int64 (select, 0), sync_statement_int64 (select, 1) };

      g_array_append_val (tables, table);
    }
  sync_statement_reset (select);
  return step == SYNC_STEP_DONE;
}

static gboolean
note_purge (SyncVaultRequest *request, SyncConnection *connection, GError **error)
{
  SyncStatement *note
      = sync_connection_prepare (connection, "UPDATE vault_meta SET purged_at = ?1", error);

  if (note == NULL)
    return FALSE;
  sync_statement_bind_int64 (note, 1, request->now);
  return sync_statement_run (note, error);
}

/**
 * sync_vault_purge:
 * @request: a request
 * @connection: the vault, in a write transaction
 * @cancellable: (nullable): ends it between two tables
 * @error: where an error goes
 *
 * Takes away old tombstones and notes the horizon of each table.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_purge (SyncVaultRequest *request, SyncConnection *connection, GCancellable *cancellable,
                  GError **error)
{
  g_autoptr (GArray) tables = g_array_new (FALSE, FALSE, sizeof (Table));
  gint64 all_read;

  /* Without an active device there is nobody to wait for. */
  if (!sync_connection_query_int64 (connection, 0, &all_read, error,
                                    "SELECT coalesce(min(last_version), 9223372036854775807)"
                                    " FROM vault_device WHERE is_active",
                                    NULL)
      || !list_tables (connection, tables, error))
    return FALSE;
  for (guint i = 0; i < tables->len; i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, error)
        || !purge_table (request, connection, &g_array_index (tables, Table, i), all_read, error))
      return FALSE;
  return note_purge (request, connection, error);
}

static gboolean
is_purge_due (SyncConnection *connection, gint64 now)
{
  gint64 purged_at;

  /* A time in the future comes from a wrong clock. */
  return sync_connection_query_int64 (connection, now, &purged_at, NULL,
                                      "SELECT purged_at FROM vault_meta", NULL)
         && (purged_at > now || now - purged_at >= DAY);
}

/**
 * sync_vault_purge_if_due:
 * @connection: an open vault, outside of a transaction
 * @file: which one
 * @now: the time, microseconds since 1970
 *
 * Purges if nobody has for a day. If that fails (somebody else writes, a read-only vault) the next
 * opening tries it again.
 */
void
sync_vault_purge_if_due (SyncConnection *connection, SyncVaultFile *file, gint64 now)
{
  g_autoptr (SyncVaultRequest) purge = NULL;
  g_autoptr (GError) error = NULL;

  if (!is_purge_due (connection, now))
    return;
  purge = sync_vault_request_new (sync_vault_purge, TRUE, now);
  purge->file = sync_vault_file_ref (file);
  if (!sync_vault_request_run (connection, purge, NULL, &error))
    g_debug ("The purge of the vault is put off: %s", error->message);
}

/**
 * sync_vault_new_epoch:
 * @request: a request
 * @connection: the vault, in a write transaction
 * @cancellable: (nullable): not needed
 * @error: where an error goes
 *
 * Gives the vault a new epoch and answers it. Versions go on from where they are.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_new_epoch (SyncVaultRequest *request, SyncConnection *connection,
                      GCancellable *cancellable, GError **error)
{
  g_autofree char *epoch = g_uuid_string_random ();
  SyncStatement *update
      = sync_connection_prepare (connection, "UPDATE vault_meta SET epoch = ?1", error);

  if (update == NULL)
    return FALSE;
  sync_statement_bind_text (update, 1, epoch, -1);
  if (!sync_statement_run (update, error))
    return FALSE;
  request->text = g_steal_pointer (&epoch);
  return TRUE;
}

/**
 * sync_vault_delete_all:
 * @request: a request
 * @connection: the vault, in a write transaction
 * @cancellable: (nullable): not needed
 * @error: where an error goes
 *
 * Takes all rows away, and their bytes out of the file. The vault stays the same one in another epoch, and
 * remembers of its devices that they are revoked.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_vault_delete_all (SyncVaultRequest *request, SyncConnection *connection,
                       GCancellable *cancellable, GError **error)
{
  return sync_connection_script (connection,
                                 "PRAGMA secure_delete = ON;"
                                 "DELETE FROM vault_row;"
                                 "UPDATE vault_table SET head = 0, horizon = 0;"
                                 "UPDATE vault_device SET name = NULL, platform = NULL, app_version = NULL,"
                                 " last_sync_at = NULL, last_version = 0, is_active = 0;",
                                 error)
         && sync_vault_new_epoch (request, connection, cancellable, error);
}
