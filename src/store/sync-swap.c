/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"
#include "sync-store-private.h"

/* Rows that exchanged the values of a UNIQUE column: each is held because of another, and none could ever be
 * written alone. They are taken out and put in anew, in one transaction, or nothing is done. */

typedef struct
{
  char *id;
  char *row;
} Swapped;

static void
swapped_free (Swapped *swapped)
{
  g_free (swapped->id);
  g_free (swapped->row);
  g_free (swapped);
}

#define HELD_SQL(REASON) \
  "SELECT h.id, h.row FROM main.psync_held h WHERE h.entity = ?1 AND h.reason " REASON " " \
  "AND NOT EXISTS (SELECT 1 FROM main.psync_change c WHERE c.entity = h.entity AND c.id = h.id) " \
  "AND NOT EXISTS (SELECT 1 FROM main.psync_conflict k " \
  "WHERE k.entity = h.entity AND k.id = h.id AND k.state = 'open') ORDER BY h.version"

static const char swapped_sql[] = HELD_SQL ("IN ('unique', 'primary-key')");
static const char deleted_sql[] = HELD_SQL ("= 'children'");

static GPtrArray *
load_swapped (SyncStore *store, const SyncEntity *entity, const char *sql, GError **error)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func ((GDestroyNotify) swapped_free);
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store), sql, error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Swapped *swapped = g_new0 (Swapped, 1);

      swapped->id = sync_statement_dup_text (statement, 0);
      swapped->row = sync_statement_dup_text (statement, 1);
      g_ptr_array_add (all, swapped);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&all) : NULL;
}

static gboolean
say_unfit (SyncApply *apply, GError **error)
{
  sync_error_set (error, SYNC_ERROR_CONSTRAINT, apply->entity->name, "Other rows would go, or refer to nothing");
  return FALSE;
}

/* *n_rows: how many there are more. A row that a trigger of the owner keeps is in the way. */
static gboolean
take_out (SyncApply *apply, GPtrArray *all, gint64 *n_rows, GError **error)
{
  for (guint i = 0; i < all->len; i++)
    {
      gboolean deleted;

      g_string_assign (apply->id, ((Swapped *) g_ptr_array_index (all, i))->id);
      if (!sync_apply_delete_row (apply, &deleted, error))
        return FALSE;
      if (!deleted)
        continue;
      sync_apply_count_loss (apply);
      (*n_rows)--;
    }
  return apply->unlike->len == 0 || say_unfit (apply, error);
}

static gboolean
put_in (SyncApply *apply, const Swapped *swapped, gint64 *n_rows, GError **error)
{
  SyncIncoming incoming = { .raw = { swapped->row, strlen (swapped->row) } };
  gboolean good;

  sync_json_reader_init (&apply->reader, swapped->row, strlen (swapped->row));
  g_string_assign (apply->id, swapped->id);
  if (!sync_row_parse (apply->remote, &apply->reader, &incoming.stamps, NULL, error)
      || !sync_ledger_load (apply->store, apply->entity, swapped->id, &incoming.state, error))
    return FALSE;
  good = (incoming.stamps.deleted || sync_apply_write (apply, swapped->id, apply->remote, FALSE, error))
         && sync_apply_settle_base (apply, &incoming, error);
  *n_rows += !incoming.stamps.deleted;
  sync_row_state_clear (&incoming.state);
  return good;
}

/* With foreign keys off nobody else watches over them. The owner may keep none, and have rows that refer to nothing. */
static gboolean
count_violations (SyncApply *apply, gint64 *n, GError **error)
{
  *n = 0;
  return (!sync_table_refers (apply->table) && !sync_table_is_referenced (apply->table))
         || sync_connection_query_int64 (sync_store_get_connection (apply->store), 0, n, error,
                                         "SELECT count(*) FROM pragma_foreign_key_check", NULL);
}

/* In all tables that there are, where a trigger of the owner may take others along. */
static gboolean
count_rows (SyncApply *apply, gint64 *n, GError **error)
{
  GPtrArray *entities = sync_store_get_entities (apply->store);

  *n = 0;
  for (guint i = 0; i < entities->len && sync_table_has_owner_triggers (apply->table); i++)
    {
      g_autoptr (GString) sql = g_string_new ("SELECT count(*) FROM main.");
      g_autoptr (GError) problem = NULL;
      gint64 count = 0;

      sync_sql_append_identifier (sql, ((SyncEntity *) g_ptr_array_index (entities, i))->table);
      if (!sync_connection_query_int64 (sync_store_get_connection (apply->store), 0, &count, &problem, sql->str, NULL)
          && !g_error_matches (problem, SYNC_ERROR, SYNC_ERROR_NO_TABLE))
        {
          g_propagate_error (error, g_steal_pointer (&problem));
          return FALSE;
        }
      *n += count;
    }
  return TRUE;
}

static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED);
}

/* Those that the table does not take although the others are out of the way leave @all. */
static gboolean
put_all_in (SyncApply *apply, GPtrArray *all, gint64 *n_rows, gboolean *stuck, GError **error)
{
  *stuck = FALSE;
  for (guint i = 0; i < all->len;)
    {
      g_autoptr (GError) refusal = NULL;

      if (put_in (apply, g_ptr_array_index (all, i), n_rows, &refusal))
        {
          i++;
          continue;
        }
      if (!is_refusal (refusal) || apply->rolled_back)
        {
          g_propagate_error (error, g_steal_pointer (&refusal));
          return FALSE;
        }
      g_ptr_array_remove_index (all, i);
      *stuck = TRUE;
    }
  return !*stuck || say_unfit (apply, error);
}

/* The owner's triggers do not know that a row goes for a moment only: if one takes others along all of it is undone. */
static gboolean
swap (SyncApply *apply, GPtrArray *all, gboolean *stuck, GError **error)
{
  gint64 n_violations, n_violations_after, n_rows, n_rows_after, n_gone = 0;

  if (!count_violations (apply, &n_violations, error) || !count_rows (apply, &n_rows, error)
      || !take_out (apply, all, &n_gone, error) || !put_all_in (apply, all, &n_gone, stuck, error)
      || !count_violations (apply, &n_violations_after, error) || !count_rows (apply, &n_rows_after, error))
    return FALSE;
  if (sync_table_has_owner_triggers (apply->table))
    n_rows += n_gone;
  return (n_violations_after <= n_violations && n_rows_after == n_rows) || say_unfit (apply, error);
}

/* Foreign keys are off meanwhile: a row that goes for a moment must not take its children along. */
static gboolean
swap_once (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy, GPtrArray *all,
           gboolean *done, gboolean *stuck, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  g_autoptr (GBytes) nothing = g_bytes_new_static ("", 0);
  g_autoptr (SyncApply) apply = sync_apply_new (store, entity, nothing, SYNC_APPLY_FETCH, 0, policy);
  g_autoptr (GError) refusal = NULL;

  *stuck = FALSE;
  apply->retrying = TRUE;
  if (!sync_connection_keep_foreign_keys (connection, FALSE, error))
    return FALSE;
  *done = sync_apply_begin (apply, &refusal) && swap (apply, all, stuck, &refusal) && sync_apply_end (apply, &refusal);
  if (!*done)
    sync_apply_abandon (apply);
  if (!sync_connection_keep_foreign_keys (connection, store->keeps_foreign_keys, error))
    return FALSE;
  if (*done || is_refusal (refusal))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/* Without those that another row keeps out, which is not one of them. */
static gboolean
swap_together (SyncStore *store, const SyncEntity *entity, const SyncApplyPolicy *policy, GPtrArray *all,
               guint *n_applied, GError **error)
{
  gboolean done = FALSE, stuck = TRUE;

  while (stuck && all->len >= 2)
    {
      if (!swap_once (store, entity, policy, all, &done, &stuck, error))
        return FALSE;
    }
  if (done)
    *n_applied += all->len;
  return TRUE;
}

/**
 * sync_apply_retry_swaps:
 * @store: the store
 * @entity: whose held rows
 * @policy: as for a page
 * @n_applied: (inout): how many rows are held no more
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_retry_swaps (SyncStore *store,
                        const SyncEntity *entity,
                        const SyncApplyPolicy *policy,
                        guint *n_applied,
                        GError **error)
{
  g_autoptr (GPtrArray) all = load_swapped (store, entity, swapped_sql, error);

  if (all == NULL)
    return FALSE;
  return swap_together (store, entity, policy, all, n_applied, error);
}

static Swapped *
find_swapped (GPtrArray *all, const char *id)
{
  for (guint i = 0; id != NULL && i < all->len; i++)
    {
      Swapped *swapped = g_ptr_array_index (all, i);

      if (g_str_equal (swapped->id, id))
        return swapped;
    }
  return NULL;
}

/**
 * sync_apply_retry_respelled:
 * @store: the store
 * @entity: whose held rows
 * @policy: as for a page
 * @n_applied: (inout): how many rows are held no more
 * @error: SQLite's
 *
 * A key that is spelled otherwise, `anna` as `Anna`, where the table takes both for one: that is a new row, which the
 * old one keeps out, and a deletion, which the rows that refer to it put off. They belong to the new one, so both are
 * done together before the deletion takes anything along.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_retry_respelled (SyncStore *store,
                            const SyncEntity *entity,
                            const SyncApplyPolicy *policy,
                            guint *n_applied,
                            GError **error)
{
  g_autoptr (GPtrArray) deleted = load_swapped (store, entity, deleted_sql, error);
  g_autoptr (GPtrArray) kept_out = NULL;

  if (deleted == NULL || deleted->len == 0)
    return deleted != NULL;
  kept_out = load_swapped (store, entity, swapped_sql, error);
  if (kept_out == NULL)
    return FALSE;
  for (guint i = 0; i < kept_out->len; i++)
    {
      g_autoptr (GPtrArray) both = g_ptr_array_new ();
      Swapped *swapped = g_ptr_array_index (kept_out, i);
      SyncTable *table = sync_store_get_table (store, entity, error);
      g_autofree char *alike = NULL;

      if (table == NULL || !sync_table_find_alike (table, swapped->id, &alike, error))
        return FALSE;
      g_ptr_array_add (both, find_swapped (deleted, alike));
      g_ptr_array_add (both, swapped);
      if (g_ptr_array_index (both, 0) != NULL
          && !swap_together (store, entity, policy, both, n_applied, error))
        return FALSE;
    }
  return TRUE;
}
