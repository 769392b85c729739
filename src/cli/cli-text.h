/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text for a terminal: values that came from elsewhere are made harmless, columns are lined up. */

char *cli_escape (const char *text);
guint cli_width (const char *text);
char *cli_shorten (const char *text, guint width);
char *cli_dup_time (gint64 microseconds);
char *cli_dup_size (gint64 bytes);
const char *cli_find_similar (const char *typed, const char *const *known);

/**
 * CliTable:
 *
 * Rows of cells under titles, lined up by their width on a terminal.
 */
typedef struct _CliTable CliTable;

CliTable *cli_table_new (const char *title, ...) G_GNUC_NULL_TERMINATED;
void cli_table_free (CliTable *table);
void cli_table_align_right (CliTable *table, guint column);
void cli_table_add (CliTable *table, ...);
char *cli_table_format (CliTable *table, guint width);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliTable, cli_table_free)

G_END_DECLS
