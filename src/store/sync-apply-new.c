/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

/* Rows that nobody knew: after one of them mostly comes another, in a first pull a million of them. They are written
 * without being looked for first, and many at a time. */

/* So much may wait to be written; rows are mostly much shorter. */
#define MAX_BYTES (256 * 1024)

void
sync_apply_free_kept (SyncApply *apply)
{
  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    {
      SyncKept *kept = &apply->kept[i];

      g_clear_pointer (&kept->row, sync_row_free);
      if (kept->id != NULL)
        g_string_free (kept->id, TRUE);
      if (kept->json != NULL)
        g_string_free (kept->json, TRUE);
    }
}

static void
make_kept (SyncApply *apply, SyncKept *kept)
{
  if (kept->row != NULL)
    return;
  kept->row = sync_row_new (apply->entity);
  kept->id = g_string_new (NULL);
  kept->json = g_string_new (NULL);
}

static void
exchange (SyncApply *apply, SyncKept *kept)
{
  SyncRow *row = kept->row;
  GString *id = kept->id;

  kept->row = apply->remote;
  kept->id = apply->id;
  apply->remote = row;
  apply->id = id;
}

/**
 * sync_apply_keep:
 * @apply: an apply with a new row in `remote` and its id in `id`
 * @incoming: the rest of it
 *
 * Keeps the row to be written with others.
 *
 * Returns: whether it is time to write them
 */
gboolean
sync_apply_keep (SyncApply *apply,
                 const SyncIncoming *incoming)
{
  SyncKept *kept = &apply->kept[apply->n_kept++];

  make_kept (apply, kept);
  exchange (apply, kept);
  kept->incoming = *incoming;
  apply->kept_bytes += incoming->raw.length;
  return apply->n_kept == SYNC_MANY_ROWS || apply->kept_bytes >= MAX_BYTES;
}

/**
 * sync_apply_take_kept:
 * @apply: an apply
 * @place: which of the rows that were kept
 *
 * Puts the row back into `remote`, and its id into `id`.
 *
 * Returns: (transfer none): the rest of it
 */
SyncIncoming *
sync_apply_take_kept (SyncApply *apply,
                      guint place)
{
  exchange (apply, &apply->kept[place]);
  return &apply->kept[place].incoming;
}

void
sync_apply_drop_kept (SyncApply *apply)
{
  apply->n_kept = 0;
  apply->kept_bytes = 0;
}

static gboolean
put_bases (SyncApply *apply, GError **error)
{
  SyncBase bases[SYNC_MANY_ROWS];

  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    {
      SyncKept *kept = &apply->kept[i];

      g_string_truncate (kept->json, 0);
      sync_row_append_json (kept->row, kept->json);
      bases[i] = (SyncBase){ kept->id->str, kept->incoming.stamps.version, { kept->json->str, kept->json->len } };
    }
  return sync_ledger_put_new_bases (apply->store, apply->entity, bases, error);
}

static gboolean
forget_bases (SyncApply *apply, GError **error)
{
  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    {
      if (!sync_ledger_forget_base (apply->store, apply->entity, apply->kept[i].id->str, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
insert_rows (SyncApply *apply, GError **error)
{
  SyncRow *rows[SYNC_MANY_ROWS];

  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    rows[i] = apply->kept[i].row;
  return sync_table_insert_many (apply->table, rows, error);
}

/**
 * sync_apply_write_kept:
 * @apply: an apply with kept rows
 * @done: (out): whether they were written; else nothing was: one of them is known, or the table refuses it
 * @error: SQLite's: the transaction is over
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_write_kept (SyncApply *apply,
                       gboolean *done,
                       GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  g_autoptr (GError) refusal = NULL;

  *done = FALSE;
  if (apply->n_kept < SYNC_MANY_ROWS)
    return TRUE;
  if (put_bases (apply, &refusal))
    {
      if (insert_rows (apply, &refusal))
        *done = TRUE;
      else if (sync_connection_in_transaction (connection) && !forget_bases (apply, error))
        return FALSE;
    }
  if (*done || sync_connection_in_transaction (connection))
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

/**
 * sync_apply_new_row:
 * @apply: an apply with the row in `remote` and its id in `id`, where nothing waits and no trigger fires
 * @incoming: the rest of it
 * @done: (out): whether it was a row that nobody knew; else nothing was written
 * @error: SQLite's
 *
 * After a new row mostly comes another: it is written without looking for it first, since the ledger tells, as it
 * takes it, whether it had it.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_new_row (SyncApply *apply,
                    SyncIncoming *incoming,
                    gboolean *done,
                    GError **error)
{
  const char *id = apply->id->str;
  g_autoptr (GError) refusal = NULL;
  gboolean is_new;

  *done = FALSE;
  g_string_truncate (apply->json, 0);
  sync_row_append_json (apply->remote, apply->json);
  if (!sync_ledger_put_new_base (apply->store, apply->entity, id, incoming->stamps.version, apply->json->str,
                                 (gssize) apply->json->len, &is_new, error))
    return FALSE;
  if (!is_new)
    return TRUE;
  if (!sync_apply_write (apply, id, apply->remote, FALSE, &refusal))
    {
      if (!apply->rolled_back)
        return sync_ledger_forget_base (apply->store, apply->entity, id, error);
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }
  if (apply->policy.run != 0)
    sync_trail_add (&apply->trail, id, incoming->stamps.version);
  *done = TRUE;
  return TRUE;
}
