/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIM_MAX_TABLES 2
#define SIM_MAX_COLUMNS 5

/* Values end in a mark if somebody is to refuse them. */
typedef enum
{
  SIM_MARK_NONE,
  SIM_MARK_CHECK,   /* by a constraint of the cloud's owner, while there is one */
  SIM_MARK_IGNORED, /* left out by a trigger of the cloud's owner, while there is one */
  SIM_MARK_LOCAL,   /* by a constraint of the table on strict devices */
} SimMark;

/**
 * SimTable:
 * @name: its name
 * @columns: the key, then `a` and `b`, which hold values that nobody writes twice, `m`, which
 * belongs to the cloud's owner, and perhaps one more
 * @integer_key: whether keys are numbers that SQLite gives
 *
 * One table.
 */
typedef struct
{
  const char *name;
  const char *columns[SIM_MAX_COLUMNS + 1];
  gboolean integer_key;
} SimTable;

/**
 * SimShape:
 * @schema: the owner's tables; `%s` stands for what strict devices demand of `a`
 * @tables: parents first
 * @n_tables: how many
 *
 * What a database looks like.
 */
typedef struct
{
  const char *schema;
  SimTable tables[SIM_MAX_TABLES];
  guint n_tables;
} SimShape;

extern const SimShape sim_shapes[];
extern const guint sim_n_shapes;

guint sim_table_n_columns (const SimTable *table);
/* What the last column of a table is: "parent", "x", "edits", or NULL. */
const char *sim_table_extra (const SimTable *table);

/* As SQL has them, which is also how ids look: 3 or 'k3'. */
char *sim_table_key (const SimTable *table, int number);
/* As JSON has them. */
char *sim_table_json_key (const SimTable *table, int number);

G_END_DECLS
