/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-diff.h"

/* Above so many single changes, one that covers all of them costs a view less. */
#define MAX_CHANGES 64

static gint64
key_at (GArray *keys, guint position)
{
  return g_array_index (keys, gint64, position);
}

/* The keys point into the array. */
static GHashTable *
make_set (GArray *keys, guint from, guint to)
{
  GHashTable *set = g_hash_table_new (g_int64_hash, g_int64_equal);

  for (guint i = from; i < to; i++)
    g_hash_table_add (set, &g_array_index (keys, gint64, i));
  return set;
}

/* FALSE: the rows that stay are in another order, or there are too many changes. */
static gboolean
find_changes (GArray *changes,
              GArray *before,
              guint i,
              guint before_end,
              GArray *after,
              guint j,
              guint after_end)
{
  g_autoptr (GHashTable) old = make_set (before, i, before_end);
  g_autoptr (GHashTable) new = make_set (after, j, after_end);

  while (i < before_end || j < after_end)
    {
      SyncListChange change = { .position = i, .source = j };

      while (i < before_end && !g_hash_table_contains (new, &g_array_index (before, gint64, i)))
        i++;
      while (j < after_end && !g_hash_table_contains (old, &g_array_index (after, gint64, j)))
        j++;
      change.removed = i - change.position;
      change.added = j - change.source;
      if (change.removed > 0 || change.added > 0)
        g_array_append_val (changes, change);
      if (changes->len > MAX_CHANGES || (i < before_end) != (j < after_end))
        return FALSE;
      if (i < before_end && key_at (before, i++) != key_at (after, j++))
        return FALSE;
    }
  return TRUE;
}

/**
 * sync_list_diff:
 * @before: (element-type gint64): the keys of a list's rows
 * @after: (element-type gint64): what they are now
 *
 * Finds the few places where rows came or went. Lists that only gain and lose rows keep all others
 * untouched; if rows changed places, all between the first and the last that did are replaced.
 *
 * Returns: (transfer full) (element-type SyncListChange): the changes, from the last to the first
 *   one applied they make @before into @after
 */
GArray *
sync_list_diff (GArray *before, GArray *after)
{
  GArray *changes = g_array_new (FALSE, FALSE, sizeof (SyncListChange));
  guint start = 0, before_end = before->len, after_end = after->len;
  SyncListChange whole;

  while (start < before_end && start < after_end && key_at (before, start) == key_at (after, start))
    start++;
  while (before_end > start && after_end > start
         && key_at (before, before_end - 1) == key_at (after, after_end - 1))
    {
      before_end--;
      after_end--;
    }
  if (find_changes (changes, before, start, before_end, after, start, after_end))
    return changes;
  whole = (SyncListChange){ start, before_end - start, after_end - start, start };
  g_array_set_size (changes, 0);
  g_array_append_val (changes, whole);
  return changes;
}
