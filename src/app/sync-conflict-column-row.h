/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "sync-comparison.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CONFLICT_COLUMN_ROW (sync_conflict_column_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictColumnRow, sync_conflict_column_row, SYNC, CONFLICT_COLUMN_ROW, GtkListBoxRow)

GtkWidget *sync_conflict_column_row_new (const SyncComparedColumn *column);
SyncSide sync_conflict_column_row_get_side (SyncConflictColumnRow *row);
void sync_conflict_column_row_set_side (SyncConflictColumnRow *row, SyncSide side);
gboolean sync_conflict_column_row_get_field (SyncConflictColumnRow *row, SyncSide choice, char **field,
                                             GError **error);

G_END_DECLS
