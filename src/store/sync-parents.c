/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-parents.h"

#include "sync-apply-private.h"

/* Whose child is it? While a new row here has its integer key only for itself, a row that comes from elsewhere with
 * that number means another row, which has not come yet; and a row of ours that refers to it must not be sent, or it
 * would become the other one's. So all that refers to the new row is this device's own, and can follow it when it gets
 * another key. */

static const char references_sql[]
    = "SELECT f.\"from\", f.\"to\", e.name, e.enabled AND e.position < "
      "(SELECT o.position FROM main.psync_entity o WHERE o.name = ?2) "
      "FROM pragma_foreign_key_list (?1, 'main') f "
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
add_reference (SyncStore *store, const SyncEntity *entity, SyncStatement *statement, GArray *references)
{
  int column = sync_entity_find_column (entity, sync_statement_text (statement, 0, NULL), -1);
  SyncReference reference = {
    .column = (guint) column,
    .parent = sync_store_find_entity (store, sync_statement_text (statement, 2, NULL)),
    .comes_first = sync_statement_int64 (statement, 3) != 0,
  };

  if (column >= 0 && is_number (reference.parent, sync_statement_text (statement, 1, NULL)))
    g_array_append_val (references, reference);
}

GArray *
sync_parents_list (SyncStore *store,
                   SyncTable *table,
                   GError **error)
{
  const SyncEntity *entity = sync_table_get_entity (table);
  g_autoptr (GArray) references = g_array_new (FALSE, FALSE, sizeof (SyncReference));
  SyncStatement *statement;
  SyncStep step;

  if (!sync_table_refers (table))
    return g_steal_pointer (&references);
  statement = sync_connection_prepare (sync_store_get_connection (store), references_sql, error);
  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->table, -1);
  sync_statement_bind_text (statement, 2, entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    add_reference (store, entity, statement, references);
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&references) : NULL;
}

/* *id: (transfer full) (nullable): the row of ours that nobody else can know; @due: and that is going to be sent */
static gboolean
find_only_ours (SyncStore *store, const SyncReference *reference, const SyncRow *row, gboolean due, char **id,
                GError **error)
{
  SyncSpan key = sync_row_get (row, reference->column);
  SyncStatement *statement;
  g_autofree char *text = NULL;
  SyncStep step;

  *id = NULL;
  if (key.length == 0 || sync_row_is_null (row, reference->column))
    return TRUE;
  statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT c.id FROM main.psync_change c WHERE c.entity = ?1 AND c.id = CAST (CAST (?2 AS INTEGER) AS TEXT) "
      "AND c.maybe_sent = 0 AND (?3 = 0 OR c.state = 'pending') AND NOT EXISTS "
      "(SELECT 1 FROM main.psync_row r WHERE r.entity = c.entity AND r.id = c.id AND r.base IS NOT NULL)",
      error);
  if (statement == NULL)
    return FALSE;
  text = sync_json_type (key) == SYNC_JSON_STRING ? sync_json_dup_string (key) : g_strndup (key.text, key.length);
  sync_statement_bind_text (statement, 1, reference->parent->name, -1);
  sync_statement_bind_text (statement, 2, text, -1);
  sync_statement_bind_int64 (statement, 3, due);
  step = sync_statement_step (statement, error);
  if (step == SYNC_STEP_ROW)
    *id = sync_statement_dup_text (statement, 0);
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

/* The owner may have taken the parent's table away. */
static gboolean
must_wait_for (SyncStore *store, const SyncReference *reference, const SyncRow *row, gboolean *wait, GError **error)
{
  SyncTable *table;
  g_autoptr (GError) problem = NULL;
  g_autofree char *id = NULL;

  if (!find_only_ours (store, reference, row, TRUE, &id, error))
    return FALSE;
  if (id == NULL)
    return TRUE;
  table = sync_store_get_table (store, reference->parent, &problem);
  if ((table != NULL && sync_table_exists (table, id, wait, &problem))
      || g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NO_TABLE))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

/* Not for a row that was refused, whose turn may never come, nor for one that is not there any more: where the owner
 * keeps no foreign keys others may go on referring to it. */
gboolean
sync_parents_must_wait (SyncStore *store,
                        const GArray *references,
                        const SyncRow *row,
                        gboolean *wait,
                        GError **error)
{
  *wait = FALSE;
  for (guint i = 0; i < references->len && !*wait; i++)
    {
      const SyncReference *reference = &g_array_index (references, SyncReference, i);

      if (reference->comes_first && !must_wait_for (store, reference, row, wait, error))
        return FALSE;
    }
  return TRUE;
}

/* --- What comes --------------------------------------------------------------------------------- */

/**
 * sync_parents_look:
 * @apply: an apply whose transaction begins
 * @error: SQLite's
 *
 * Finds out which references are to be looked at.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_parents_look (SyncApply *apply,
                   GError **error)
{
  g_clear_pointer (&apply->references, g_array_unref);
  apply->references = sync_parents_list (apply->store, apply->table, error);
  return apply->references != NULL;
}

static gboolean
refers_already (SyncApply *apply, const char *id, const SyncRow *row, guint column)
{
  g_autoptr (SyncRow) here = sync_row_new (apply->entity);
  gboolean found;

  return sync_table_read (apply->table, id, here, &found, NULL) && found && sync_row_column_equal (here, row, column);
}

static gboolean
tell_stranger (SyncApply *apply, const SyncReference *reference, GError **error)
{
  const char *column = apply->entity->columns[reference->column].name;
  GError *stranger = sync_error_new (SYNC_ERROR_CONSTRAINT, apply->entity->name,
                                     "%s refers to a row of %s that has not come yet", column, reference->parent->name);

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
  for (guint i = 0; i < apply->references->len; i++)
    {
      const SyncReference *reference = &g_array_index (apply->references, SyncReference, i);
      g_autofree char *ours = NULL;

      if (!find_only_ours (apply->store, reference, row, FALSE, &ours, error))
        return FALSE;
      if (ours != NULL && !refers_already (apply, id, row, reference->column))
        return tell_stranger (apply, reference, error);
    }
  return TRUE;
}
