/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-shape.h"

#define TEXT_TABLE(name, more)                                                                     \
  "CREATE TABLE " name " (id TEXT PRIMARY KEY NOT NULL, a TEXT %s, b TEXT, m TEXT" more ");"
#define PLAIN "id", "a", "b", "m"

const SimShape sim_shapes[] = {
  { TEXT_TABLE ("t", ""), { { "t", { PLAIN } } }, 1 },
  { "CREATE TABLE n (id INTEGER PRIMARY KEY, a TEXT %s, b TEXT, m TEXT);" TEXT_TABLE (
        "r",
        ", parent INTEGER REFERENCES n (id) ON DELETE CASCADE"),
    { { "n", { PLAIN }, TRUE }, { "r", { PLAIN, "parent" } } },
    2 },
  { TEXT_TABLE ("p", "") TEXT_TABLE ("c", ", parent TEXT REFERENCES p (id) ON DELETE CASCADE"),
    { { "p", { PLAIN } }, { "c", { PLAIN, "parent" } } },
    2 },
  { TEXT_TABLE ("p", "") TEXT_TABLE ("c", ", parent TEXT REFERENCES p (id) ON DELETE SET NULL"),
    { { "p", { PLAIN } }, { "c", { PLAIN, "parent" } } },
    2 },
  { TEXT_TABLE ("u", ", x TEXT UNIQUE"), { { "u", { PLAIN, "x" } } }, 1 },
  { TEXT_TABLE (
        "s",
        ", edits INTEGER DEFAULT 0") "CREATE TRIGGER count_edits AFTER UPDATE OF a, b ON s BEGIN "
                                     "UPDATE s SET edits = edits + 1 WHERE id = NEW.id; END;",
    { { "s", { PLAIN, "edits" } } },
    1 },
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
