/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-keys.h"

/* FNV-1a with 64 bits (RFC draft-eastlake-fnv): among a million rows, two share a key with a
 * probability of 1 in 37 million. What then happens is that a list shows one of them twice. */
#define FNV_START G_GUINT64_CONSTANT (0xcbf29ce484222325)
#define FNV_PRIME G_GUINT64_CONSTANT (0x100000001b3)

static guint64
mix (guint64 hash, const char *text)
{
  for (; *text != '\0'; text++)
    hash = (hash ^ (guint8)*text) * FNV_PRIME;
  return hash;
}

/**
 * sync_store_row_key:
 * @entity: an entity's name
 * @id: a row's id
 *
 * Returns: a number that stands for the row
 */
gint64
sync_store_row_key (const char *entity, const char *id)
{
  /* The separator: no byte of either is 0xff. */
  return (gint64)mix (mix (mix (FNV_START, entity), "\xff"), id);
}

/**
 * sync_store_read_keys:
 * @statement: selects one integer, or an entity and an id; reset afterwards
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type gint64) (nullable): the key of each row; %NULL with @error
 *   set
 */
GArray *
sync_store_read_keys (SyncStatement *statement, GError **error)
{
  g_autoptr (GArray) keys = g_array_new (FALSE, FALSE, sizeof (gint64));
  gboolean of_rows = sync_statement_n_columns (statement) == 2;
  SyncStep step;

  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      gint64 key = of_rows ? sync_store_row_key (sync_statement_text (statement, 0, NULL),
                                                 sync_statement_text (statement, 1, NULL))
                           : sync_statement_int64 (statement, 0);

      g_array_append_val (keys, key);
    }
  sync_statement_reset (statement);
  return step == SYNC_STEP_ERROR ? NULL : g_steal_pointer (&keys);
}
