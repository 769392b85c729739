/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolve.h"

#include "sync-apply-private.h"
#include "sync-conflict-store.h"
#include "sync-store-private.h"

/* What a resolution took away is put back, as a new local change. */

/* Columns that are younger than the record stay as they are. */
static gboolean
overwrite (SyncTable *table, SyncRow *row, const char *id, GError **error)
{
  const SyncEntity *entity = sync_table_get_entity (table);
  g_autoptr (SyncRow) now = sync_row_new (entity);
  gboolean there;

  if (!sync_table_read (table, id, now, &there, error))
    return FALSE;
  for (guint i = 0; i < entity->n_columns; i++)
    if (sync_row_get (row, i).length == 0)
      sync_row_copy_value (row, i, now);
  return sync_table_update (table, row, id, &there, error);
}

/* Puts contents back as the owner would: captured, edited now. */
static gboolean
put_back (SyncStore *store, SyncEntity *entity, const char *id, const char *contents, GError **error)
{
  SyncTable *table = sync_store_get_table (store, entity, error);
  g_autoptr (SyncRow) row = sync_row_new (entity);
  gboolean there;

  if (table == NULL)
    return FALSE;
  if (contents == NULL)
    return sync_children_give_up (store, entity, id, error) && sync_table_delete (table, id, &there, error);
  return sync_row_parse_text (row, contents, -1, error) && sync_table_exists (table, id, &there, error)
         && (there ? overwrite (table, row, id, error)
                   : sync_table_insert (table, row, error) && sync_ledger_doubt_revival (store, entity, id, error));
}

static gboolean
parse_side (const SyncEntity *entity, const char *json, SyncRow **row, GError **error)
{
  *row = sync_row_new (entity);
  return sync_row_parse_text (*row, json, -1, error);
}

typedef struct
{
  SyncRow *base; /* (owned) (nullable) */
  SyncRow *local; /* (owned) */
  SyncRow *remote; /* (owned) */
  SyncRow *result; /* (owned) */
} Merge;

static void
merge_clear (Merge *merge)
{
  g_clear_pointer (&merge->base, sync_row_free);
  g_clear_pointer (&merge->local, sync_row_free);
  g_clear_pointer (&merge->remote, sync_row_free);
  g_clear_pointer (&merge->result, sync_row_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Merge, merge_clear)

static gboolean
parse_merge (Merge *merge, const SyncEntity *entity, const SyncConflict *conflict, GError **error)
{
  return (conflict->base == NULL || parse_side (entity, conflict->base, &merge->base, error))
         && parse_side (entity, conflict->local, &merge->local, error)
         && parse_side (entity, conflict->remote, &merge->remote, error)
         && parse_side (entity, conflict->result, &merge->result, error);
}

static gboolean
changed_to_result (const Merge *merge, const SyncRow *side, guint column)
{
  return sync_row_column_equal (merge->result, side, column)
         && (merge->base == NULL || !sync_row_column_equal (merge->base, side, column));
}

/* What the column was before it was decided; NULL: it was merged, as the others, and stays. */
static const SyncRow *
find_lost (const Merge *merge, guint column, gboolean disputed)
{
  gboolean equal = sync_row_column_equal (merge->local, merge->remote, column);

  if (disputed)
    return sync_row_column_equal (merge->result, merge->local, column) ? merge->remote : merge->local;
  if (changed_to_result (merge, merge->local, column) || changed_to_result (merge, merge->remote, column)
      || (equal && sync_row_column_equal (merge->result, merge->local, column)))
    return NULL;
  return merge->base != NULL && sync_row_column_equal (merge->base, merge->local, column) ? merge->remote
                                                                                          : merge->local;
}

/* Each column that was in dispute takes the side that lost, and each other one that somebody chose for, what was merged
 * of it, unless it was edited since. *done FALSE: the row is not there any more. */
static gboolean
put_back_columns (SyncStore *store, SyncEntity *entity, const SyncConflict *conflict, gboolean *done, GError **error)
{
  SyncTable *table = sync_store_get_table (store, entity, error);
  g_autoptr (SyncRow) now = sync_row_new (entity);
  g_auto (Merge) merge = { NULL };

  if (table == NULL || !sync_table_read (table, conflict->id, now, done, error))
    return FALSE;
  if (!*done)
    return TRUE;
  if (!parse_merge (&merge, entity, conflict, error))
    return FALSE;
  for (guint i = entity->n_keys; i < entity->n_columns; i++)
    {
      gboolean disputed = g_strv_contains ((const char *const *) conflict->columns, entity->columns[i].name);
      const SyncRow *lost = find_lost (&merge, i, disputed);

      if (lost != NULL
          && (disputed || (sync_row_get (lost, i).length > 0 && sync_row_column_equal (now, merge.result, i))))
        sync_row_copy_value (now, i, lost);
    }
  return sync_table_update (table, now, conflict->id, done, error);
}

static gboolean
is_merge (const SyncConflict *conflict)
{
  return conflict->local != NULL && conflict->remote != NULL && conflict->result != NULL
         && conflict->columns != NULL && conflict->columns[0] != NULL;
}

static const char *
get_loser (const SyncConflict *conflict)
{
  return g_strcmp0 (conflict->resolution, "local") == 0 ? conflict->remote : conflict->local;
}

static const char *
get_winner (const SyncConflict *conflict)
{
  if (conflict->result != NULL)
    return conflict->result;
  return g_strcmp0 (conflict->resolution, "local") == 0 ? conflict->local : conflict->remote;
}

static gboolean
put_record (SyncStore *store, const SyncConflict *conflict, const SyncRow *now, GError **error)
{
  g_autoptr (SyncConflict) later = g_new0 (SyncConflict, 1);

  later->entity = g_strdup (conflict->entity);
  later->id = g_strdup (conflict->id);
  later->kind = g_strdup ("discard");
  later->state = g_strdup ("resolved");
  later->local = sync_row_to_json (now);
  later->remote = g_strdup (get_loser (conflict));
  later->resolution = g_strdup ("remote");
  later->resolved_by = g_strdup ("user");
  later->local_time = later->remote_time = SYNC_TIME_UNKNOWN;
  later->columns = g_new0 (char *, 1);
  return sync_store_put_conflict (store, later, error) != 0;
}

/* What was edited since the decision goes on record, and can be put back in its turn. So does the other side's row if
 * both were kept: this device's has a place of its own. */
static gboolean
keep_later (SyncStore *store, SyncEntity *entity, const SyncConflict *conflict, GError **error)
{
  SyncTable *table = sync_store_get_table (store, entity, error);
  const char *winner = get_winner (conflict);
  gboolean kept_both = g_strcmp0 (conflict->resolution, "both") == 0;
  g_autoptr (SyncRow) now = sync_row_new (entity), then = NULL;
  gboolean there;

  if (table == NULL || !sync_table_read (table, conflict->id, now, &there, error)
      || (winner != NULL && !parse_side (entity, winner, &then, error)))
    return FALSE;
  if (!there || (!kept_both && then != NULL && sync_row_equal (now, then)))
    return TRUE;
  return put_record (store, conflict, now, error);
}

static gboolean
put_back_loser (SyncStore *store, SyncEntity *entity, const SyncConflict *conflict, GError **error)
{
  const char *lost = get_loser (conflict);
  gboolean done = FALSE;

  if (is_merge (conflict) && !put_back_columns (store, entity, conflict, &done, error))
    return FALSE;
  return done || put_back (store, entity, conflict->id, lost, error);
}

/**
 * sync_store_undo_conflict:
 * @store: the store
 * @number: a resolved conflict or a record
 * @error: [error@SyncError.NOT_FOUND], STALE: it is open or undone already; CONSTRAINT
 *
 * Puts back what a resolution took away, as a new local change. Of a merge that is the losing side of each column
 * that was in dispute. Where the row is not as it was decided any more, it goes on record first.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_undo_conflict (SyncStore *store,
                          gint64 number,
                          GError **error)
{
  g_autoptr (SyncConflict) conflict = sync_store_get_conflict (store, number, error);
  SyncEntity *entity;
  SyncScope scope;
  gboolean good;

  /* The owner may have added a column: what is recorded must be whole. */
  sync_store_heal_usable (store, NULL);
  if (conflict == NULL)
    return FALSE;
  entity = sync_store_find_entity (store, conflict->entity);
  if (!g_str_equal (conflict->state, "resolved") || entity == NULL)
    return sync_store_set_stale (conflict, error);
  if (!sync_connection_check_place (sync_store_get_connection (store), error)
      || !sync_scope_begin (&scope, store, error))
    return FALSE;
  good = keep_later (store, entity, conflict, error) && put_back_loser (store, entity, conflict, error)
         && sync_store_mark_undone (store, number, error);
  return sync_scope_end (&scope, good, error);
}
