/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define SYNC_TYPE_ERROR_ROW (sync_error_row_get_type ())
G_DECLARE_FINAL_TYPE (SyncErrorRow, sync_error_row, SYNC, ERROR_ROW, AdwExpanderRow)

/* A row of a list that says an error in words: what is wrong, the next step, and folded out the
 * details. Not visible without an error. */
GtkWidget *sync_error_row_new (void);
void sync_error_row_set_error (SyncErrorRow *row, const GError *error); /* (nullable) */
/* The next step as a button. label NULL: none */
void sync_error_row_set_action (SyncErrorRow *row, const char *label, const char *action);

G_END_DECLS
