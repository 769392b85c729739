/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-comparison.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CONFLICT_VIEW (sync_conflict_view_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictView, sync_conflict_view, SYNC, CONFLICT_VIEW, AdwBin)

void sync_conflict_view_set_comparison (SyncConflictView *view, const SyncComparison *comparison);
gboolean sync_conflict_view_get_answer (SyncConflictView *view, const char **choice, GStrv *fields,
                                        GError **error);
gboolean sync_conflict_view_is_whole (SyncConflictView *view);

G_END_DECLS
