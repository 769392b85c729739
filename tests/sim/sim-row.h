/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-json.h"

#include "sim-cloud.h"

G_BEGIN_DECLS

SimRow *sim_row_new (const char *key);
SimRow *sim_row_ref (SimRow *row);
void sim_row_unref (SimRow *row);
/* One element of what a client pushes. (transfer full) */
SimRow *sim_row_read (const SimTable *table, SyncJsonReader *reader, gint64 *base);
/* As pages have it. */
void sim_row_append (const SimRow *row, const SimTable *table, GString *out);
/* As answers to a push have it, with a comma unless it is the first. */
void sim_row_append_receipt (const SimRow *row, const SimTable *table, GString *out);
gboolean sim_row_has_mark (const SimRow *row, SimMark mark);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimRow, sim_row_unref)

G_END_DECLS
