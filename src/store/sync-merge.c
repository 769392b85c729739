/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-merge.h"

#include "sync-time.h"

/* Without a base every different column counts as changed on both sides. */
static gboolean
changed_since_base (const SyncDispute *dispute, const SyncRow *side, guint column)
{
  return dispute->base == NULL || !sync_row_column_equal (dispute->base, side, column);
}

static gboolean
is_time_column (const SyncEntity *entity, guint column)
{
  return entity->time_column != NULL && g_str_equal (entity->columns[column].name, entity->time_column);
}

static gboolean
get_instant (const SyncRow *row, guint column, gint64 *instant)
{
  g_autoptr (GString) text = g_string_new (NULL);
  SyncSpan value = sync_row_get (row, column);

  if (value.length == 0 || sync_json_type (value) != SYNC_JSON_STRING
      || !sync_json_decode_string (value, text))
    return FALSE;
  return sync_time_parse (text->str, text->len, instant);
}

/* Seconds or milliseconds since some day. */
static gboolean
get_number (const SyncRow *row, guint column, double *number)
{
  SyncSpan value = sync_row_get (row, column);

  return value.length > 0 && sync_json_type (value) == SYNC_JSON_NUMBER && sync_json_to_double (value, number);
}

/* The owner's own note of when a row was edited takes the later of both and is never a conflict; a value
 * that is no time yields to one that is. */
static const SyncRow *
later_side (const SyncDispute *dispute, guint column)
{
  gint64 local, remote;
  double local_number, remote_number;

  if (get_number (dispute->local, column, &local_number) && get_number (dispute->remote, column, &remote_number))
    return local_number > remote_number ? dispute->local : dispute->remote;
  if (!get_instant (dispute->remote, column, &remote))
    return dispute->local;
  if (!get_instant (dispute->local, column, &local))
    return dispute->remote;
  return local > remote ? dispute->local : dispute->remote;
}

static void
merge_column (const SyncDispute *dispute, guint column, SyncRow *result, GArray *disputed)
{
  const SyncRow *side = dispute->local;

  if (sync_row_column_equal (dispute->local, dispute->remote, column))
    side = dispute->remote;
  else if (dispute->echoed != NULL && dispute->echoed[column])
    side = dispute->local;
  else if (!changed_since_base (dispute, dispute->local, column))
    side = dispute->remote;
  else if (changed_since_base (dispute, dispute->remote, column))
    {
      if (is_time_column (dispute->entity, column))
        side = later_side (dispute, column);
      else
        g_array_append_val (disputed, column);
    }
  sync_row_copy_value (result, column, side);
}

/**
 * sync_merge_rows:
 * @dispute: the rows; both sides exist
 * @decide: the policy
 * @decide_data: for @decide
 * @result: gets the merged row
 * @disputed: (element-type guint): gets the columns changed on both sides
 * @by: (out) (transfer none) (nullable): what decided
 *
 * Three-way merge by column: a column changed on one side takes that side, equal changes are no
 * conflict, and the policy decides only the columns changed differently on both sides.
 *
 * Returns: how it went
 */
SyncMergeKind
sync_merge_rows (const SyncDispute *dispute,
                 SyncDecideFunc decide,
                 gpointer decide_data,
                 SyncRow *result,
                 GArray *disputed,
                 const char **by)
{
  g_autofree SyncSide *sides = NULL;

  g_assert (dispute->local != NULL && dispute->remote != NULL);

  *by = NULL;
  g_array_set_size (disputed, 0);
  sync_row_clear (result);
  for (guint i = 0; i < dispute->entity->n_columns; i++)
    merge_column (dispute, i, result, disputed);
  if (disputed->len == 0)
    return SYNC_MERGE_CLEAN;

  sides = g_new0 (SyncSide, disputed->len);
  if (!decide (dispute, (const guint *) disputed->data, disputed->len, sides, result, by, decide_data))
    return SYNC_MERGE_OPEN;
  for (guint i = 0; i < disputed->len; i++)
    {
      guint column = g_array_index (disputed, guint, i);

      if (sides[i] != SYNC_SIDE_VALUE)
        sync_row_copy_value (result, column,
                             sides[i] == SYNC_SIDE_LOCAL ? dispute->local : dispute->remote);
    }
  return SYNC_MERGE_DECIDED;
}
