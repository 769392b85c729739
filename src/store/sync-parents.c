/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* Whose child is it? While a new row here has its integer key only for itself, a row that comes from elsewhere with
 * that number means another row, which has not come yet. So all that refers to the new row is this device's own, and
 * can follow it when it gets another key. */

/**
 * Guard:
 *
 * A column that refers to an integer key of an entity with changes that wait.
 */
typedef struct
{
  guint column;
  SyncEntity *parent; /* (unowned) */
} Guard;

static const char guards_sql[]
    = "SELECT f.\"from\", f.\"to\", e.name FROM pragma_foreign_key_list (?1, 'main') f "
      "JOIN main.psync_entity e ON e.table_name = f.\"table\" COLLATE NOCASE "
      "WHERE (SELECT count (*) FROM pragma_foreign_key_list (?1, 'main') g WHERE g.id = f.id) = 1 "
      "AND EXISTS (SELECT 1 FROM main.psync_change c WHERE c.entity = e.name)";

static gboolean
is_number (const SyncEntity *entity, const char *column)
{
  return entity != NULL && sync_entity_has_integer_key (entity)
         && (column == NULL || g_ascii_strcasecmp (entity->columns[0].name, column) == 0);
}

static void
add_guard (SyncApply *apply, SyncStatement *statement)
{
  int column = sync_entity_find_column (apply->entity, sync_statement_text (statement, 0, NULL), -1);
  Guard guard = { (guint) column, sync_store_find_entity (apply->store, sync_statement_text (statement, 2, NULL)) };

  if (column >= 0 && is_number (guard.parent, sync_statement_text (statement, 1, NULL)))
    g_array_append_val (apply->guards, guard);
}

/**
 * sync_parents_look:
 * @apply: an apply whose transaction begins
 * @error: SQLite's
 *
 * Finds out which references are to be looked at: mostly none.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_parents_look (SyncApply *apply,
                   GError **error)
{
  SyncStatement *statement;
  SyncStep step;

  if (apply->guards == NULL)
    apply->guards = g_array_new (FALSE, FALSE, sizeof (Guard));
  g_array_set_size (apply->guards, 0);
  if (!sync_table_refers (apply->table))
    return TRUE;
  statement = sync_connection_prepare (sync_store_get_connection (apply->store), guards_sql, error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->table, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    add_guard (apply, statement);
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE;
}

/* Whether the row with that key is one of ours that nobody else can know. */
static gboolean
is_only_ours (SyncApply *apply, const SyncEntity *parent, SyncSpan key, gboolean *ours, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (apply->store),
      "SELECT 1 FROM main.psync_change c WHERE c.entity = ?1 AND c.id = CAST (CAST (?2 AS INTEGER) AS TEXT) "
      "AND c.maybe_sent = 0 AND NOT EXISTS "
      "(SELECT 1 FROM main.psync_row r WHERE r.entity = c.entity AND r.id = c.id)",
      error);
  g_autofree char *text = NULL;
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  if (sync_json_type (key) == SYNC_JSON_STRING)
    text = sync_json_dup_string (key);
  sync_statement_bind_text (statement, 1, parent->name, -1);
  if (text != NULL)
    sync_statement_bind_text (statement, 2, text, -1);
  else
    sync_statement_bind_text (statement, 2, key.text, (gssize) key.length);
  step = sync_statement_step (statement, error);
  sync_statement_reset (statement);
  *ours = step == SYNC_STEP_ROW;
  return step != SYNC_STEP_ERROR;
}

static gboolean
refers_already (SyncApply *apply, const char *id, const SyncRow *row, guint column)
{
  g_autoptr (SyncRow) here = sync_row_new (apply->entity);
  gboolean found;

  return sync_table_read (apply->table, id, here, &found, NULL) && found && sync_row_column_equal (here, row, column);
}

static gboolean
tell_stranger (SyncApply *apply, const Guard *guard, GError **error)
{
  const char *column = apply->entity->columns[guard->column].name;
  GError *stranger = sync_error_new (SYNC_ERROR_CONSTRAINT, apply->entity->name,
                                     "%s refers to a row of %s that has not come yet", column, guard->parent->name);

  sync_error_set_reason (stranger, "foreign-key", 0);
  sync_error_set_column (stranger, column);
  g_propagate_error (error, stranger);
  return FALSE;
}

/**
 * sync_parents_check:
 * @apply: an apply
 * @id: a row's id
 * @row: what is to be written
 * @error: [error@SyncError.CONSTRAINT]: it refers to a row that is not here, though one with its number is
 *
 * A row that refers to one's own new row already may go on doing so.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_parents_check (SyncApply *apply,
                    const char *id,
                    const SyncRow *row,
                    GError **error)
{
  for (guint i = 0; i < apply->guards->len; i++)
    {
      const Guard *guard = &g_array_index (apply->guards, Guard, i);
      SyncSpan key = sync_row_get (row, guard->column);
      gboolean ours;

      if (key.length == 0 || sync_row_is_null (row, guard->column))
        continue;
      if (!is_only_ours (apply, guard->parent, key, &ours, error))
        return FALSE;
      if (!ours || refers_already (apply, id, row, guard->column))
        continue;
      return tell_stranger (apply, guard, error);
    }
  return TRUE;
}
