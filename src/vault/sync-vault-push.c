/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-time.h"
#include "sync-vault-members.h"
#include "sync-vault-request.h"

/* How many rows between two looks whether somebody cancelled. */
#define ROWS_BETWEEN_LOOKS 64

/**
 * Push:
 * @request: (unowned): what is pushed
 * @connection: (unowned): the vault, in a write transaction
 * @members: (owned): the row under way
 * @table: the table's number, 0 as long as the vault does not have it
 * @base_version: what the row under way is based on
 * @edited_at: when it was edited
 * @next_version: the version that the next winner gets
 * @device_id: (owned): characters of the row under way
 * @run_id: (owned): likewise
 * @row: (owned): the JSON object to store
 * @reply: (owned): names of the winners
 */
typedef struct
{
  SyncVaultRequest *request;
  SyncConnection *connection;
  SyncVaultMembers *members;
  gint64 table;
  gint64 base_version;
  gint64 edited_at;
  gint64 next_version;
  GString *device_id;
  GString *run_id;
  GString *row;
  GString *reply;
} Push;

static void
push_clear (Push *push)
{
  g_clear_pointer (&push->members, sync_vault_members_free);
  g_string_free (push->device_id, TRUE);
  g_string_free (push->run_id, TRUE);
  g_string_free (push->row, TRUE);
  if (push->reply != NULL)
    g_string_free (push->reply, TRUE);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Push, push_clear)

static gboolean
set_invalid (Push *push, const char *member, GError **error)
{
  GError *invalid = sync_error_new (SYNC_ERROR_INVALID, push->request->entity->cloud_table,
                                    "a pushed row's %s is wrong", member);

  sync_error_set_column (invalid, member);
  g_propagate_error (error, invalid);
  return FALSE;
}

static gboolean
is_absent (SyncSpan value)
{
  return value.length == 0 || sync_json_type (value) == SYNC_JSON_NULL;
}

/* A JSON string or null; the empty text stands for null. */
static gboolean
take_text (Push *push, SyncVaultMember member, const char *name, GString *text, GError **error)
{
  SyncSpan value = sync_vault_members_get (push->members, member);

  g_string_truncate (text, 0);
  return is_absent (value) || sync_json_decode_string (value, text)
         || set_invalid (push, name, error);
}

static gboolean
take_time (Push *push, SyncVaultMember member, const char *name, gint64 *time, GError **error)
{
  SyncSpan value = sync_vault_members_get (push->members, member);

  *time = G_MININT64;
  if (is_absent (value))
    return TRUE;
  return (sync_json_type (value) == SYNC_JSON_STRING
          && sync_time_parse (value.text + 1, value.length - 2, time))
         || set_invalid (push, name, error);
}

/* What comes with every row beside its columns. An edit is never from the future; the time of a
 * deletion is the vault's. */
static gboolean
take_stamps (Push *push, GError **error)
{
  SyncSpan base = sync_vault_members_get (push->members, SYNC_VAULT_MEMBER_BASE_VERSION);
  gint64 deleted_at;

  if (base.length == 0 || !sync_json_to_int64 (base, &push->base_version))
    return set_invalid (push, "base_version", error);
  if (!take_time (push, SYNC_VAULT_MEMBER_EDITED_AT, "edited_at", &push->edited_at, error)
      || !take_time (push, SYNC_VAULT_MEMBER_DELETED_AT, "deleted_at", &deleted_at, error)
      || !take_text (push, SYNC_VAULT_MEMBER_DEVICE_ID, "device_id", push->device_id, error)
      || !take_text (push, SYNC_VAULT_MEMBER_RUN_ID, "run_id", push->run_id, error))
    return FALSE;
  push->edited_at = MIN (push->edited_at, push->request->now);
  return TRUE;
}

static gboolean
take_key (Push *push, GError **error)
{
  SyncVaultMembers *members = push->members;

  for (guint i = 0; i < push->request->entity->n_keys; i++)
    if (!sync_vault_members_set_key (members, i, members->values[i], error))
      return FALSE;
  sync_vault_members_make_id (members);
  return TRUE;
}

static void
bind_optional_text (SyncStatement *statement, int index, const GString *text)
{
  if (text->len > 0)
    sync_statement_bind_text (statement, index, text->str, text->len);
}

/* The row's object, its stamps and its new version, into parameters 1 to 6. */
static void
bind_row (Push *push, SyncStatement *statement)
{
  SyncSpan deleted = sync_vault_members_get (push->members, SYNC_VAULT_MEMBER_DELETED_AT);

  sync_statement_bind_int64 (statement, 1, push->next_version);
  if (!is_absent (deleted))
    sync_statement_bind_int64 (statement, 2, push->request->now);
  if (push->edited_at != G_MININT64)
    sync_statement_bind_int64 (statement, 3, push->edited_at);
  bind_optional_text (statement, 4, push->device_id);
  bind_optional_text (statement, 5, push->run_id);
  sync_statement_bind_text (statement, 6, push->row->str, push->row->len);
}

static gboolean
insert_row (Push *push, GError **error)
{
  SyncStatement *insert;

  if (push->table == 0)
    {
      insert = sync_connection_prepare (push->connection,
                                        "INSERT INTO vault_table (name) VALUES (?)", error);
      if (insert == NULL)
        return FALSE;
      sync_statement_bind_text (insert, 1, push->request->entity->cloud_table, -1);
      if (!sync_statement_run (insert, error))
        return FALSE;
      push->table = sync_connection_last_rowid (push->connection);
    }
  insert = sync_connection_prepare (push->connection,
                                    "INSERT INTO vault_row (version, deleted_at, edited_at, "
                                    "device_id, run_id, row, table_number, hash, id)"
                                    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                                    error);
  if (insert == NULL)
    return FALSE;
  bind_row (push, insert);
  sync_statement_bind_int64 (insert, 7, push->table);
  sync_statement_bind_int64 (insert, 8, push->members->hash);
  sync_statement_bind_text (insert, 9, push->members->id->str, push->members->id->len);
  return sync_statement_run (insert, error);
}

static gboolean
update_row (Push *push, GError **error)
{
  SyncStatement *update = sync_connection_prepare (
      push->connection,
      "UPDATE vault_row SET version = ?1, deleted_at = ?2, edited_at = ?3, device_id = ?4,"
      " run_id = ?5, row = ?6 WHERE version = ?7",
      error);

  if (update == NULL)
    return FALSE;
  bind_row (push, update);
  sync_statement_bind_int64 (update, 7, push->base_version);
  return sync_statement_run (update, error);
}

static void
compose_row (Push *push)
{
  g_string_truncate (push->row, 0);
  g_string_append_c (push->row, '{');
  sync_vault_members_append (push->members, push->request->entity->n_columns, push->row);
  g_string_append_len (push->row, push->members->rest->str, push->members->rest->len);
  g_string_append_c (push->row, '}');
}

static void
name_winner (Push *push)
{
  GString *reply = push->reply;

  g_string_append (reply, reply->len > 1 ? ",{" : "{");
  sync_vault_members_append (push->members, push->request->entity->n_keys, reply);
  g_string_append_printf (reply,
                          ",\"sync_version\":%" G_GINT64_FORMAT ",\"run_id\":", push->next_version);
  if (push->run_id->len > 0)
    sync_json_append_string (reply, push->run_id->str, push->run_id->len);
  else
    g_string_append (reply, "null");
  g_string_append_c (reply, '}');
}

/* Compare: whether the row is at its base, and then what to store. */
static gboolean
look_up (Push *push, gboolean *wins, GError **error)
{
  SyncStatement *find;
  SyncStep step;
  const char *text;
  gsize length;

  *wins = push->base_version == 0;
  find = sync_connection_prepare (
      push->connection,
      "SELECT version, row FROM vault_row WHERE table_number = ?1 AND hash = ?2 AND id = ?3",
      error);
  if (find == NULL)
    return FALSE;
  sync_statement_bind_int64 (find, 1, push->table);
  sync_statement_bind_int64 (find, 2, push->members->hash);
  sync_statement_bind_text (find, 3, push->members->id->str, push->members->id->len);
  step = sync_statement_step (find, error);
  if (step == SYNC_STEP_ROW)
    {
      *wins = push->base_version == sync_statement_int64 (find, 0);
      text = sync_statement_text (find, 1, &length);
      if (*wins && !sync_vault_members_add_stored (push->members, text, length))
        {
          sync_error_set (error, SYNC_ERROR_CORRUPT, NULL, "a stored row is not JSON");
          step = SYNC_STEP_ERROR;
        }
    }
  if (*wins && step != SYNC_STEP_ERROR)
    compose_row (push);
  sync_statement_reset (find);
  return step != SYNC_STEP_ERROR;
}

static gboolean
push_row (Push *push, GError **error)
{
  gboolean wins;

  if (!take_stamps (push, error) || !take_key (push, error) || !look_up (push, &wins, error))
    return FALSE;
  if (!wins)
    return TRUE;
  if (!(push->base_version == 0 ? insert_row (push, error) : update_row (push, error)))
    return FALSE;
  name_winner (push);
  push->next_version++;
  return TRUE;
}

static gboolean
push_rows (Push *push, GCancellable *cancellable, GError **error)
{
  SyncJsonReader reader;
  gconstpointer text;
  gsize length;
  guint n_rows = 0;

  text = g_bytes_get_data (push->request->input, &length);
  sync_json_reader_init (&reader, text, length);
  if (sync_json_enter_array (&reader))
    while (sync_json_next_element (&reader) && sync_vault_members_read (push->members, &reader))
      {
        if (n_rows++ % ROWS_BETWEEN_LOOKS == 0
            && g_cancellable_set_error_if_cancelled (cancellable, error))
          return FALSE;
        if (!push_row (push, error))
          return FALSE;
      }
  if (sync_json_at_end (&reader))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, push->request->entity->cloud_table,
                  "what is pushed is malformed at byte %" G_GSIZE_FORMAT ": %s",
                  sync_json_offset (&reader),
                  reader.fault != NULL ? reader.fault : "something after the end");
  return FALSE;
}

/* Versions go on from the clock, so that a vault made anew does not give old ones out again, but
 * are always above the last: the clock may go back. */
static gboolean
begin_versions (Push *push, GError **error)
{
  const char *table = push->request->entity->cloud_table;
  gint64 last;

  if (!sync_connection_query_int64 (push->connection, 0, &last, error,
                                    "SELECT last_version FROM vault_meta", NULL)
      || !sync_connection_query_int64 (push->connection, 0, &push->table, error,
                                       "SELECT number FROM vault_table WHERE name = ?", table,
                                       NULL))
    return FALSE;
  if (last < 0 || last > G_MAXINT64 / 2)
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, NULL, "the vault's last version cannot be one");
      return FALSE;
    }
  push->next_version = MAX (push->request->now, last + 1);
  return TRUE;
}

static gboolean
store_versions (Push *push, GError **error)
{
  SyncStatement *table, *meta;

  table = sync_connection_prepare (push->connection,
                                   "UPDATE vault_table SET head = ?1 WHERE number = ?2", error);
  if (table == NULL)
    return FALSE;
  sync_statement_bind_int64 (table, 1, push->next_version - 1);
  sync_statement_bind_int64 (table, 2, push->table);
  if (!sync_statement_run (table, error))
    return FALSE;
  meta = sync_connection_prepare (push->connection, "UPDATE vault_meta SET last_version = ?1",
                                  error);
  if (meta == NULL)
    return FALSE;
  sync_statement_bind_int64 (meta, 1, push->next_version - 1);
  return sync_statement_run (meta, error);
}

/**
 * sync_vault_push:
 * @request: a request with entity and rows
 * @connection: the vault, in a write transaction
 * @cancellable: (nullable): ends it between two rows
 * @error: where an error goes: %SYNC_ERROR_ROW_REFUSED for a key that cannot be one,
 *   %SYNC_ERROR_INVALID for what is no row
 *
 * Writes each row that is at its `base_version` and answers which these were.
 *
 * Returns: %FALSE with @error set: nothing was written
 */
gboolean
sync_vault_push (SyncVaultRequest *request, SyncConnection *connection, GCancellable *cancellable,
                 GError **error)
{
  g_auto (Push) push = {
    .request = request,
    .connection = connection,
    .members = sync_vault_members_new (request->entity),
    .device_id = g_string_new (NULL),
    .run_id = g_string_new (NULL),
    .row = g_string_sized_new (1024),
    .reply = g_string_new ("["),
  };

  if (!begin_versions (&push, error) || !push_rows (&push, cancellable, error)
      || (push.reply->len > 1 && !store_versions (&push, error)))
    return FALSE;
  g_string_append_c (push.reply, ']');
  request->output = g_string_free_to_bytes (g_steal_pointer (&push.reply));
  return TRUE;
}
