/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-shape.h"

/* Regressions name shapes by their number: new ones come last. */

#define PLAIN "id", "a", "b", "m"
#define TEXT_TABLE(name, more)                                                                     \
  "CREATE TABLE " name " (id TEXT PRIMARY KEY NOT NULL, a TEXT %s, b TEXT, m TEXT" more ");"
#define CHILD_TABLE(name, parent, action)                                                          \
  TEXT_TABLE (name, ", parent TEXT REFERENCES " parent " (id)" action)
#define NUMBERED_TABLES                                                                            \
  "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT %s, b TEXT, m TEXT);"                            \
  TEXT_TABLE ("r", ", parent INTEGER REFERENCES n (id) ON DELETE CASCADE")
#define COUNTING_TABLE                                                                             \
  TEXT_TABLE ("s", ", edits INTEGER DEFAULT 0")                                                    \
  "CREATE TRIGGER count_edits AFTER UPDATE OF a, b ON s BEGIN "                                    \
  "UPDATE s SET edits = edits + 1 WHERE id = NEW.id; END;"

static const char cascading[] = TEXT_TABLE ("p", "") CHILD_TABLE ("c", "p", " ON DELETE CASCADE");
static const char detaching[] = TEXT_TABLE ("p", "") CHILD_TABLE ("c", "p", " ON DELETE SET NULL");
static const char refusing[] = TEXT_TABLE ("p", "") CHILD_TABLE ("c", "p", "");
static const char tree[] = CHILD_TABLE ("e", "e", " ON DELETE CASCADE");

const SimShape sim_shapes[] = {
  { TEXT_TABLE ("t", ""), { { "t", { PLAIN } } }, 1 },
  { NUMBERED_TABLES, { { "n", { PLAIN }, TRUE }, { "r", { PLAIN, "parent" } } }, 2 },
  { cascading, { { "p", { PLAIN } }, { "c", { PLAIN, "parent" } } }, 2 },
  { detaching, { { "p", { PLAIN } }, { "c", { PLAIN, "parent" } } }, 2 },
  { TEXT_TABLE ("u", ", x TEXT UNIQUE"), { { "u", { PLAIN, "x" } } }, 1 },
  { COUNTING_TABLE, { { "s", { PLAIN, "edits" } } }, 1 },
  { refusing, { { "p", { PLAIN } }, { "c", { PLAIN, "parent" } } }, 2 },
  { tree, { { "e", { PLAIN, "parent" } } }, 1 },
};

const guint sim_n_shapes = G_N_ELEMENTS (sim_shapes);

guint
sim_table_n_columns (const SimTable *table)
{
  guint n = 0;

  while (table->columns[n] != NULL)
    n++;
  return n;
}

const char *
sim_table_extra (const SimTable *table)
{
  return table->columns[4];
}

char *
sim_table_key (const SimTable *table, int number)
{
  return g_strdup_printf (table->integer_key ? "%d" : "'k%d'",
                          table->integer_key ? number + 1 : number);
}

char *
sim_table_json_key (const SimTable *table, int number)
{
  return g_strdup_printf (table->integer_key ? "%d" : "\"k%d\"",
                          table->integer_key ? number + 1 : number);
}
