/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-types.h"

G_BEGIN_DECLS

#define SYNC_TYPE_ENTITY_ROW (sync_entity_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncEntityRow, sync_entity_row, SYNC, ENTITY_ROW, AdwActionRow)

/* A row of a list that tells how a table stands. */
SyncEntityRow *sync_entity_row_new (void);
void sync_entity_row_set_status (SyncEntityRow *row, const SyncEntityStatus *status);
void sync_entity_row_update_time (SyncEntityRow *row);

G_END_DECLS
