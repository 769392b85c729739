/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SyncListChange:
 * @position: where, in the list before
 * @removed: so many rows left it there
 * @added: so many rows took their place
 * @source: the first of the added ones in the list after
 */
typedef struct
{
  guint position;
  guint removed;
  guint added;
  guint source;
} SyncListChange;

/* (element-type SyncListChange): what makes `before` into `after` (both element-type gint64), in
 * order of position; to be applied from the last to the first. */
GArray *sync_list_diff (GArray *before, GArray *after);

G_END_DECLS
