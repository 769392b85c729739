/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-connection.h"

G_BEGIN_DECLS

/* A long list is known by the keys of its rows: 8 bytes each, so that what changed in it is found
 * without reading the rows. */

/* SQL: whether a column's value is one of those in the parameter, a text of names between commas;
 * NULL: any. */
#define SYNC_SQL_AMONG(column, parameter)                                                          \
  "(" parameter " IS NULL OR instr (',' || " parameter " || ',', ',' || " column " || ',') > 0)"

/* (element-type gint64): of a statement that selects one integer, or an entity and an id. */
GArray *sync_store_read_keys (SyncStatement *statement, GError **error);
/* The key of a row that is known by its entity and id. */
gint64 sync_store_row_key (const char *entity, const char *id);

G_END_DECLS
