/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture.h"

#include <string.h>

#include "sync-capture-private.h"

static gboolean
check_keys (const SyncEntity *entity, const SyncShape *shape, GError **error)
{
  if (entity->n_keys == 0)
    {
      sync_error_set (error, SYNC_ERROR_NO_KEY, entity->table, "The entity has no key");
      return FALSE;
    }
  for (guint i = 0; i < entity->n_keys; i++)
    {
      const char *name = entity->columns[i].name;

      if (sync_shape_find_column (shape, name) == NULL)
        {
          g_autoptr (GError) missing = sync_error_new (SYNC_ERROR_NO_COLUMN, entity->table,
                                                       "The table has no key column %s", name);

          sync_error_set_column (missing, name);
          g_propagate_error (error, g_steal_pointer (&missing));
          return FALSE;
        }
    }
  return TRUE;
}

/* The statement of one of our triggers as the database has it, NULL if it is not there. */
static gboolean
read_trigger (SyncConnection *connection, const char *name, const char *table, char **sql,
              GError **error)
{
  return sync_connection_query_text (
      connection, sql, error,
      "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
      " AND name = ?1 COLLATE NOCASE AND tbl_name = ?2 COLLATE NOCASE",
      name, table, NULL);
}

static gboolean
drop_trigger (SyncConnection *connection, const char *name, GError **error)
{
  g_autofree char *quoted = sync_sql_quote_identifier (name);
  g_autofree char *sql = g_strconcat ("DROP TRIGGER IF EXISTS main.", quoted, NULL);

  return sync_connection_execute (connection, sql, error);
}

static gboolean
install_trigger (SyncConnection *connection, const SyncEntity *entity, const SyncShape *shape,
                 SyncTrigger trigger, GError **error)
{
  g_autofree char *name = sync_trigger_dup_name (trigger, entity);
  g_autofree char *wanted = sync_trigger_dup_sql (trigger, entity, shape);
  g_autofree char *present = NULL;

  if (!read_trigger (connection, name, shape->table, &present, error))
    return FALSE;
  if (wanted != NULL && g_strcmp0 (present, wanted) == 0)
    return TRUE;
  return drop_trigger (connection, name, error)
         && (wanted == NULL || sync_connection_execute (connection, wanted, error));
}

static gboolean
install_triggers (SyncConnection *connection, const SyncEntity *entity, const SyncShape *shape,
                  GError **error)
{
  for (int trigger = 0; trigger < SYNC_N_TRIGGERS; trigger++)
    {
      if (!install_trigger (connection, entity, shape, trigger, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
remove_triggers (SyncConnection *connection, const SyncEntity *entity, GError **error)
{
  for (int trigger = 0; trigger < SYNC_N_TRIGGERS; trigger++)
    {
      g_autofree char *name = sync_trigger_dup_name (trigger, entity);

      if (!drop_trigger (connection, name, error))
        return FALSE;
    }
  return TRUE;
}

/* All or nothing, also inside a transaction of the caller. */
static gboolean
finish_savepoint (SyncConnection *connection, gboolean good, GError **error)
{
  if (good)
    return sync_connection_execute (connection, "RELEASE psync_capture", error);
  if (sync_connection_execute (connection, "ROLLBACK TO psync_capture", NULL))
    sync_connection_execute (connection, "RELEASE psync_capture", NULL);
  return FALSE;
}

/**
 * sync_capture_install:
 * @connection: the local database
 * @entity: what to capture
 * @error: where to put an error
 *
 * Creates our triggers on the entity's table as its shape asks for now, replacing other versions of
 * them, wherever they are; those that are right already are not touched.
 *
 * Returns: %FALSE with [error@SyncError] `NO_TABLE`, `NO_COLUMN` (a key column), `NO_KEY` or
 * another set, and nothing changed
 */
gboolean
sync_capture_install (SyncConnection *connection, const SyncEntity *entity, GError **error)
{
  g_autoptr (SyncShape) shape = NULL;
  gboolean good;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (entity != NULL, FALSE);

  shape = sync_shape_read (connection, entity->table, error);
  if (shape == NULL || !check_keys (entity, shape, error)
      || !sync_connection_execute (connection, "SAVEPOINT psync_capture", error))
    return FALSE;
  good = install_triggers (connection, entity, shape, error);
  return finish_savepoint (connection, good, error);
}

/**
 * sync_capture_remove:
 * @connection: the local database
 * @entity: what was captured
 * @error: where to put an error
 *
 * Drops our triggers, those that are there; the table need not be there any more.
 *
 * Returns: %FALSE with @error set if it failed, and nothing changed
 */
gboolean
sync_capture_remove (SyncConnection *connection, const SyncEntity *entity, GError **error)
{
  gboolean good;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (entity != NULL, FALSE);

  if (!sync_connection_execute (connection, "SAVEPOINT psync_capture", error))
    return FALSE;
  good = remove_triggers (connection, entity, error);
  return finish_savepoint (connection, good, error);
}

/**
 * sync_capture_check:
 * @connection: the local database
 * @entity: what is captured
 * @intact: (out): whether all our triggers are there with exactly the text that
 *   [func@capture_install] would give them now
 * @error: where to put an error
 *
 * The owner may have rebuilt, renamed or dropped the table, dropped the triggers, or added a UNIQUE
 * index. Where it says no, changes may have been missed.
 *
 * Returns: %FALSE with [error@SyncError] `NO_TABLE`, `NO_COLUMN` (a key column), `NO_KEY` or
 * another set: then installing cannot heal it
 */
gboolean
sync_capture_check (SyncConnection *connection, const SyncEntity *entity, gboolean *intact,
                    GError **error)
{
  g_autoptr (SyncShape) shape = NULL;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (entity != NULL, FALSE);
  g_return_val_if_fail (intact != NULL, FALSE);

  *intact = FALSE;
  shape = sync_shape_read (connection, entity->table, error);
  if (shape == NULL || !check_keys (entity, shape, error))
    return FALSE;
  for (int trigger = 0; trigger < SYNC_N_TRIGGERS; trigger++)
    {
      g_autofree char *name = sync_trigger_dup_name (trigger, entity);
      g_autofree char *wanted = sync_trigger_dup_sql (trigger, entity, shape);
      g_autofree char *present = NULL;

      if (!read_trigger (connection, name, shape->table, &present, error))
        return FALSE;
      if (g_strcmp0 (present, wanted) != 0)
        return TRUE;
    }
  *intact = TRUE;
  return TRUE;
}

/* Of this entity, or of one that was known by another name before. */
static gboolean
is_ours (const char *trigger)
{
  return g_ascii_strncasecmp (trigger, "psync_", strlen ("psync_")) == 0;
}

static gboolean
find_owner_trigger (SyncConnection *connection, const char *table, gboolean *found, GError **error)
{
  SyncStatement *list;
  SyncStep step;

  *found = FALSE;
  list = sync_connection_prepare (
      connection,
      "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE",
      error);
  if (list == NULL)
    return FALSE;
  sync_statement_bind_text (list, 1, table, -1);
  while ((step = sync_statement_step (list, error)) == SYNC_STEP_ROW && !*found)
    *found = !is_ours (sync_statement_text (list, 0, NULL));
  sync_statement_reset (list);
  return step != SYNC_STEP_ERROR;
}

/**
 * sync_capture_has_side_effects:
 * @connection: the local database
 * @entity: an entity
 * @owner_triggers: (out): whether the owner has triggers on its table
 * @referenced: (out): whether a foreign key, of its own table too, refers to it
 * @error: where to put an error
 *
 * Asks whether writing to the entity's table may change other rows, or what was written.
 *
 * Returns: %FALSE with @error set if it failed
 */
gboolean
sync_capture_has_side_effects (SyncConnection *connection, const SyncEntity *entity,
                               gboolean *owner_triggers, gboolean *referenced, GError **error)
{
  gint64 references = 0;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (entity != NULL, FALSE);
  g_return_val_if_fail (owner_triggers != NULL && referenced != NULL, FALSE);

  if (!find_owner_trigger (connection, entity->table, owner_triggers, error)
      || !sync_connection_query_int64 (
          connection, 0, &references, error,
          "SELECT count(*) FROM sqlite_master t,"
          " pragma_foreign_key_list (t.name, 'main') f"
          " WHERE t.type = 'table' AND f.\"table\" = ?1 COLLATE NOCASE",
          entity->table, NULL))
    return FALSE;
  *referenced = references > 0;
  return TRUE;
}

/**
 * sync_id_append_expression:
 * @sql: a statement being written
 * @entity: an entity
 * @qualifier: (nullable): the table's name or alias, `NEW` or `OLD`
 *
 * Appends the expression for a row's id: `quote()` of its key values, joined by commas.
 */
void
sync_id_append_expression (GString *sql, const SyncEntity *entity, const char *qualifier)
{
  g_return_if_fail (sql != NULL);
  g_return_if_fail (entity != NULL && entity->n_keys > 0);

  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append (sql, i > 0 ? " || ',' || quote(" : "quote(");
      if (qualifier != NULL)
        {
          sync_sql_append_identifier (sql, qualifier);
          g_string_append_c (sql, '.');
        }
      sync_sql_append_identifier (sql, entity->columns[i].name);
      g_string_append_c (sql, ')');
    }
}

/**
 * sync_id_append_columns:
 * @id: where the id is appended
 * @statement: a statement that stands on a row
 * @first: the first key column's place in it
 * @n_keys: how many key columns
 *
 * Writes the id of the row that a statement stands on, as the expression does.
 */
void
sync_id_append_columns (GString *id, SyncStatement *statement, int first, guint n_keys)
{
  g_return_if_fail (id != NULL);
  g_return_if_fail (statement != NULL);

  for (guint i = 0; i < n_keys; i++)
    {
      if (i > 0)
        g_string_append_c (id, ',');
      sync_statement_append_quoted (statement, first + (int) i, id);
    }
}

/**
 * sync_id_bind:
 * @id: an id
 * @length: its bytes
 * @n_keys: how many key columns it names
 * @statement: a statement that was reset
 * @first: the parameter of the first key value
 *
 * Binds the values of an id, each with its storage class.
 *
 * Returns: %FALSE if it is not an id of so many values
 */
gboolean
sync_id_bind (const char *id, gsize length, guint n_keys, SyncStatement *statement, int first)
{
  g_return_val_if_fail (id != NULL, FALSE);
  g_return_val_if_fail (statement != NULL, FALSE);

  for (guint i = 0; i < n_keys; i++)
    {
      gsize used;

      if (i > 0)
        {
          if (length == 0 || *id != ',')
            return FALSE;
          id++;
          length--;
        }
      if (!sync_statement_bind_quoted (statement, first + (int) i, id, length, &used))
        return FALSE;
      id += used;
      length -= used;
    }
  return length == 0;
}

/**
 * sync_id_has_null:
 * @id: an id
 *
 * Returns: whether one of its values is NULL
 */
gboolean
sync_id_has_null (const char *id)
{
  gboolean quoted = FALSE;

  g_return_val_if_fail (id != NULL, FALSE);

  for (const char *at = id; *at != '\0'; at++)
    {
      quoted = quoted != (*at == '\'');
      if (!quoted && *at == 'N')
        return TRUE;
    }
  return FALSE;
}
