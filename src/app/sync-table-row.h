/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-lists.h"

G_BEGIN_DECLS

#define SYNC_TYPE_TABLE_ROW (sync_table_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncTableRow, sync_table_row, SYNC, TABLE_ROW, AdwExpanderRow)

/* A row of a list by which a table is switched on or off, and what decides its conflicts. */
GtkWidget *sync_table_row_new (SyncEntities *entities);
void sync_table_row_set_entity (SyncTableRow *row, const SyncEntity *entity);

G_END_DECLS
