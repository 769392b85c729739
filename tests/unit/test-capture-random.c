/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdlib.h>

#include "sync-capture.h"
#include "test-database.h"

/* Random tables and random statements, twice: in a database with our triggers and in one without.
 * Every row whose contents changed, appeared or vanished must be noted, and the owner's statements
 * must do exactly what they do without us.
 *
 * PSYNC_TEST_SEED gives a seed back, PSYNC_TEST_ROUNDS says how many databases are made up. */

#define DEFAULT_ROUNDS 150
#define UNITS_PER_ROUND 25
#define MAX_TABLES 3

/**
 * Table:
 * @entity: (owned): what is captured
 * @columns: (owned) (element-type utf8): all columns that can be written, quoted
 * @uniques: (owned) (element-type utf8): what ON CONFLICT may name
 * @rowid: whether it has a rowid that is no column
 * @content: (owned): the query of all ids and contents
 */
typedef struct
{
  SyncEntity *entity;
  GPtrArray *columns;
  GPtrArray *uniques;
  gboolean rowid;
  char *content;
} Table;

typedef struct
{
  GRand *random;
  char *folder;
  SyncConnection *captured;
  SyncConnection *twin;
  GPtrArray *tables;
  GString *log;
  gboolean foreign_keys;
  gboolean any_order; /* the result of the last statements may depend on the order of rows */
  gboolean diverged;
} World;

static void
table_free (gpointer data)
{
  Table *table = data;

  g_clear_pointer (&table->entity, sync_entity_unref);
  g_ptr_array_unref (table->columns);
  g_ptr_array_unref (table->uniques);
  g_free (table->content);
  g_free (table);
}

static guint
roll (World *world, guint sides)
{
  return (guint) g_rand_int_range (world->random, 0, (gint32) sides);
}

static gboolean
chance (World *world, guint percent)
{
  return roll (world, 100) < percent;
}

#define PICK(world, array) (array)[roll (world, G_N_ELEMENTS (array))]

/* Few values, so that they meet often: equal by one collation or type and not by another. */
static const char *
value (World *world)
{
  static const char *const values[] = {
    "NULL", "0",   "1",   "2",    "3",    "5",       "5.0",   "2.5", "-1",  "'1'",
    "'a'",  "'A'", "'b'", "'B '", "'ab'", "'it''s'", "x'61'", "x''", "'ä'", "4611686018427387905",
  };

  return PICK (world, values);
}

/* Schemas */

static void
append_unique_index (World *world, GString *sql, guint number, guint index)
{
  static const char *const terms[] = {
    "u1",
    "u2",
    "u1, u2",
    "u1 COLLATE NOCASE",
    "u2 COLLATE RTRIM DESC, u1",
    "lower(u1)",
    "lower(\"u1\") COLLATE NOCASE, [u2]",
    "u2 || '(' || coalesce(\"select\", ',')",
    "typeof(u1), u2",
    "\"select\", u2 /* , u1 */",
    "length(u1) + 1",
  };
  static const char *const conditions[] = {
    "",
    "",
    "",
    " WHERE u2 IS NOT NULL",
    " WHERE \"select\" > 1 AND u1 <> 'it''s' -- always",
    " WHERE u2 IN (1, 2, 'a')",
    " WHERE \"t0\".u1 > 2",
    " WHERE typeof(\"select\") = \"text\"",
  };
  const char *condition = PICK (world, conditions);

  if (number != 0 && strstr (condition, "t0") != NULL)
    condition = "";
  g_string_append_printf (sql, "CREATE UNIQUE INDEX \"i%u %u\" ON t%u (%s)%s\n;", number, index,
                          number, PICK (world, terms), condition);
}

static void
append_foreign_key (World *world, GString *sql, guint number)
{
  static const char *const actions[]
      = { "CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION" };
  guint parent = roll (world, number + 1);

  g_string_append_printf (sql, ", p DEFAULT 1 REFERENCES t%u (r) ON DELETE %s ON UPDATE %s", parent,
                          PICK (world, actions), PICK (world, actions));
  if (chance (world, 50))
    g_string_append (sql, " DEFERRABLE INITIALLY DEFERRED");
}

typedef struct
{
  const char *columns; /* before the others */
  const char *constraint;
  const char *options;
  const char *keys; /* what may be written besides u1, u2, "select", r, p */
  gboolean rowid;
} Form;

static const Form forms[] = {
  { "k INTEGER PRIMARY KEY,", "", "", "k", FALSE },
  { "k INTEGER PRIMARY KEY AUTOINCREMENT,", "", "", "k", FALSE },
  { "k TEXT PRIMARY KEY,", "", "", "k", TRUE },
  { "k TEXT PRIMARY KEY NOT NULL,", "", " WITHOUT ROWID", "k", FALSE },
  { "k TEXT PRIMARY KEY COLLATE NOCASE,", "", "", "k", TRUE },
  { "k PRIMARY KEY,", "", "", "k", TRUE },
  { "k NUMERIC PRIMARY KEY,", "", " WITHOUT ROWID", "k", FALSE },
  { "k REAL PRIMARY KEY,", "", "", "k", TRUE },
  { "k BLOB PRIMARY KEY ON CONFLICT REPLACE,", "", "", "k", TRUE },
  { "k TEXT, l INTEGER,", ", PRIMARY KEY (l, k)", "", "k l", TRUE },
  { "k TEXT DEFAULT 'a', l COLLATE RTRIM,", ", PRIMARY KEY (k, l)", " WITHOUT ROWID", "k l",
    FALSE },
  { "k TEXT NOT NULL DEFAULT 'a' UNIQUE,", "", "", "k", TRUE },
  { "k INT NOT NULL DEFAULT 2, oid TEXT NOT NULL,", ", UNIQUE (oid, k)", "", "k oid", TRUE },
  { "rowid INTEGER, k TEXT PRIMARY KEY,", "", "", "k rowid", FALSE },
};

static void
append_table (World *world, GString *sql, guint number, const Form *form)
{
  static const char *const u1_types[] = { "TEXT", "TEXT COLLATE NOCASE", "INTEGER", "", "ANY" };
  static const char *const u2_types[] = { "", "TEXT UNIQUE", "NOT NULL DEFAULT 'a'",
                                          "UNIQUE ON CONFLICT REPLACE NOT NULL DEFAULT 5",
                                          "INT UNIQUE ON CONFLICT IGNORE" };
  static const char *const generated[]
      = { "", "", ", g AS (lower(u1)) UNIQUE", ", g AS (u2 || '-') STORED UNIQUE", ", g AS (k)" };

  g_string_append_printf (sql, "CREATE TABLE t%u (%s u1 %s, u2 %s, \"select\" DEFAULT 3, r UNIQUE",
                          number, form->columns, PICK (world, u1_types), PICK (world, u2_types));
  if (chance (world, 70))
    append_foreign_key (world, sql, number);
  else
    g_string_append (sql, ", p");
  g_string_append_printf (sql, "%s%s)%s;\n", PICK (world, generated), form->constraint,
                          form->options);
  for (guint i = roll (world, 3); i > 0; i--)
    append_unique_index (world, sql, number, i);
}

/* Of its own table such as end; of others one at most, since two may go on for ever. */
static void
append_owner_trigger (World *world, GString *sql, guint number, guint n_tables)
{
  static const char *const events[] = { "AFTER INSERT",  "BEFORE INSERT", "AFTER UPDATE",
                                        "BEFORE UPDATE", "AFTER DELETE",  "BEFORE DELETE" };
  static const char *const actions[] = {
    "UPDATE t%u SET \"select\" = 'touched' WHERE u2 = 1",
    "UPDATE OR REPLACE t%u SET r = 2 WHERE u2 = 2",
    "DELETE FROM t%u WHERE u1 = 'b'",
    "INSERT OR REPLACE INTO t%u (u1, u2, r) VALUES ('a', 3, 5)",
    "INSERT OR IGNORE INTO t%u (k, u1, u2) VALUES (3, 'ab', 1)",
  };
  guint target = roll (world, n_tables);
  g_autofree char *action = NULL;

  /* The formats are the constants above. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  action = g_strdup_printf (target == number ? actions[0] : PICK (world, actions), target);
#pragma GCC diagnostic pop
  g_string_append_printf (sql, "CREATE TRIGGER \"owner%u\" %s ON t%u BEGIN %s%s; END;\n", number,
                          PICK (world, events), number, action,
                          target == number ? " AND \"select\" IS NOT 'touched'" : "");
}

static Table *
table_new (World *world, guint number, const Form *form)
{
  Table *table = g_new0 (Table, 1);
  g_auto (GStrv) keys = g_strsplit (form->keys, " ", -1);
  static const char *const others[] = { "u1", "u2", "\"select\"", "r", "p" };
  g_autoptr (GError) error = NULL;
  g_autoptr (GString) content = g_string_new ("SELECT ");
  g_autofree char *name = g_strdup_printf ("t%u", number);

  table->columns = g_ptr_array_new_with_free_func (g_free);
  table->uniques = g_ptr_array_new_with_free_func (g_free);
  table->rowid = form->rowid;
  for (guint i = 0; keys[i] != NULL; i++)
    g_ptr_array_add (table->columns, g_strdup (keys[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_ptr_array_add (table->columns, g_strdup (others[i]));
  g_ptr_array_add (table->uniques, g_strdup ("r"));
  table->entity = sync_capture_describe_table (world->captured, name, &error);
  g_assert_no_error (error);

  sync_id_append_expression (content, table->entity, name);
  for (guint i = 0; i < table->columns->len; i++)
    g_string_append_printf (content, "%s quote(%s)", i == 0 ? "," : " || ',' ||",
                            (const char *) g_ptr_array_index (table->columns, i));
  g_string_append_printf (content, " FROM %s ORDER BY 1, 2", name);
  table->content = g_strdup (content->str);
  return table;
}

/* An integer key beside the key that is synced: its victims count, too. */
static void
maybe_choose_other_key (World *world, Table *table, const Form *form)
{
  SyncEntity *entity;

  if (!g_str_has_prefix (form->columns, "k INTEGER PRIMARY KEY") || !chance (world, 30))
    return;
  entity = sync_entity_new (table->entity->name, NULL, NULL);
  sync_entity_add_column (entity, "r", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "k", SYNC_CODEC_INTEGER, FALSE);
  sync_entity_unref (table->entity);
  table->entity = entity;
  g_free (table->content);
  table->content
      = g_strdup_printf ("SELECT quote(r), quote(k) || quote(u1) || quote(u2) || quote(\"select\")"
                         " || quote(p) FROM %s ORDER BY 1, 2",
                         entity->table);
}

static void
build_world (World *world)
{
  g_autoptr (GString) sql = g_string_new (NULL);
  guint n_tables = 1 + roll (world, MAX_TABLES);
  const Form *chosen[MAX_TABLES];

  for (guint i = 0; i < n_tables; i++)
    {
      chosen[i] = &PICK (world, forms);
      append_table (world, sql, i, chosen[i]);
    }
  if (chance (world, 40))
    append_owner_trigger (world, sql, roll (world, n_tables), n_tables);
  g_string_append (world->log, sql->str);
  test_sql (world->captured, sql->str);
  test_sql (world->twin, sql->str);
  test_database_add_own_tables (world->captured);
  for (guint i = 0; i < n_tables; i++)
    {
      Table *table = table_new (world, i, chosen[i]);
      g_autoptr (GError) error = NULL;

      maybe_choose_other_key (world, table, chosen[i]);
      g_ptr_array_add (world->tables, table);
      sync_capture_install (world->captured, table->entity, &error);
      g_assert_no_error (error);
    }
}

/* Statements */

static const char *
conflict (World *world)
{
  static const char *const words[] = { "",           "",         "OR REPLACE ", "OR REPLACE ",
                                       "OR IGNORE ", "OR FAIL ", "OR ABORT ",   "OR ROLLBACK " };

  return PICK (world, words);
}

static void
append_condition (World *world, GString *sql, const Table *table)
{
  const char *column = g_ptr_array_index (table->columns, roll (world, table->columns->len));

  if (chance (world, 10))
    return;
  g_string_append_printf (sql, " WHERE %s %s %s", column, chance (world, 70) ? "=" : ">",
                          value (world));
  if (chance (world, 30))
    g_string_append_printf (sql, " OR r = %s", value (world));
}

static void
append_assignments (World *world, GString *sql, const Table *table)
{
  guint n = 1 + roll (world, 2);

  for (guint i = 0; i < n; i++)
    {
      const char *column = g_ptr_array_index (table->columns, roll (world, table->columns->len));

      if (table->rowid && chance (world, 8))
        column = "_rowid_";
      g_string_append_printf (sql, "%s%s = ", i > 0 ? ", " : "", column);
      if (chance (world, 15))
        g_string_append_printf (sql, "%s + 1", column);
      else
        g_string_append (sql, value (world));
    }
}

static void
append_insert (World *world, GString *sql, const Table *table)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint n_rows = 1 + roll (world, 3);
  guint n_names = 0;

  for (guint i = 0; i < table->columns->len; i++)
    {
      if (!chance (world, 80))
        continue;
      g_string_append_printf (names, "%s%s", n_names > 0 ? ", " : "",
                              (const char *) g_ptr_array_index (table->columns, i));
      n_names++;
    }
  if (table->rowid && chance (world, 10))
    {
      g_string_append_printf (names, "%s_rowid_", n_names > 0 ? ", " : "");
      n_names++;
    }
  if (n_names == 0)
    {
      g_string_append_printf (sql, "INSERT %sINTO %s DEFAULT VALUES", conflict (world),
                              table->entity->table);
      return;
    }
  g_string_append_printf (sql, "INSERT %sINTO %s (%s) VALUES ", conflict (world),
                          table->entity->table, names->str);
  for (guint row = 0; row < n_rows; row++)
    {
      g_string_append (sql, row > 0 ? ", (" : "(");
      for (guint i = 0; i < n_names; i++)
        g_string_append_printf (sql, "%s%s", i > 0 ? ", " : "", value (world));
      g_string_append_c (sql, ')');
    }
}

static void
append_upsert (World *world, GString *sql, const Table *table)
{
  append_insert (world, sql, table);
  if (g_str_has_suffix (sql->str, "VALUES"))
    return;
  if (chance (world, 30))
    g_string_append (sql, " ON CONFLICT DO NOTHING");
  else
    {
      g_string_append_printf (sql, " ON CONFLICT%s DO UPDATE SET ",
                              chance (world, 60) ? " (r)" : "");
      append_assignments (world, sql, table);
    }
}

static char *
statement (World *world)
{
  const Table *table = g_ptr_array_index (world->tables, roll (world, world->tables->len));
  g_autoptr (GString) sql = g_string_new (NULL);

  switch (roll (world, 10))
    {
    case 0:
    case 1:
    case 2:
    case 3:
      append_insert (world, sql, table);
      break;
    case 4:
    case 5:
    case 6:
      g_string_append_printf (sql, "UPDATE %s%s SET ", conflict (world), table->entity->table);
      append_assignments (world, sql, table);
      append_condition (world, sql, table);
      break;
    case 7:
      append_upsert (world, sql, table);
      break;
    case 8:
      g_string_append_printf (sql, "DELETE FROM %s", table->entity->table);
      append_condition (world, sql, table);
      break;
    default:
      g_string_append_printf (sql, "INSERT %sINTO %s (u1, u2, r) SELECT u2, u1, r FROM %s",
                              conflict (world), table->entity->table, table->entity->table);
      append_condition (world, sql, table);
      break;
    }
  return g_strdup (sql->str);
}

static gboolean
writes_rows (const char *sql)
{
  return g_str_has_prefix (sql, "INSERT") || g_str_has_prefix (sql, "UPDATE")
         || g_str_has_prefix (sql, "DELETE");
}

/* With recursive triggers and any DELETE trigger, SQLite refuses (SQLITE_CONSTRAINT_PINNED) an
 * UPDATE OR REPLACE whose victim has a foreign-key action on the very row being updated. */
static gboolean
is_pinned (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT)
         && g_str_equal (sync_error_get_detail (error)->reason, "other");
}

static gboolean
has_broken_references (SyncConnection *connection)
{
  g_autofree char *broken = test_query (connection, "PRAGMA foreign_key_check");

  return broken[0] != '\0';
}

/* SQLite overlooks a broken reference of a row to its own table by INSERT OR REPLACE where the key
 * has an action and the table has no UPDATE trigger (seen in 3.40). Where any trigger of UPDATE is,
 * ours or another, it is found. Where references are broken already, it counts them differently
 * with triggers and without. The databases may differ from there on. */
static gboolean
is_overlooked_reference (World *world, const GError *error, const GError *twin_error)
{
  const GError *one = error != NULL ? error : twin_error;

  return (error == NULL) != (twin_error == NULL)
         && g_error_matches (one, SYNC_ERROR, SYNC_ERROR_CONSTRAINT)
         && g_str_equal (sync_error_get_detail (one)->reason, "foreign-key")
         && (has_broken_references (world->captured) || has_broken_references (world->twin));
}

/* A wrong type in a rowid fails by ABORT whatever the statement says; but only where some trigger
 * makes SQLite keep a statement journal are the rows before it taken back. */
static gboolean
is_half_failure (const char *sql, const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT) && strstr (sql, " OR ") != NULL
         && g_str_equal (sync_error_get_detail (error)->reason, "type");
}

/* Triggers may make SQLite choose another way through the table, and how an UPDATE of several rows
 * ends may depend on which comes first. */
static gboolean
depends_on_order (const char *sql)
{
  return g_str_has_prefix (sql, "UPDATE ") || strstr (sql, " SELECT ") != NULL;
}

static const char *
outcome (const GError *error)
{
  return error != NULL ? error->message : "done";
}

/* The two databases must answer alike. */
static void
run_on_both (World *world, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) twin_error = NULL;
  gboolean alike;

  if (world->diverged)
    return;
  g_string_append_printf (world->log, "%s;\n", sql);
  world->any_order |= depends_on_order (sql);
  sync_connection_execute (world->captured, sql, &error);
  sync_connection_execute (world->twin, sql, &twin_error);
  if (error != NULL)
    g_string_append_printf (world->log, "-- %s\n", error->message);
  alike
      = g_str_equal (outcome (error), outcome (twin_error))
        && sync_connection_in_transaction (world->captured)
               == sync_connection_in_transaction (world->twin)
        && (error != NULL || !writes_rows (sql)
            || sync_connection_changes (world->captured) == sync_connection_changes (world->twin));
  world->diverged = is_half_failure (sql, error) || (!alike && world->any_order)
                    || is_overlooked_reference (world, error, twin_error) || is_pinned (error);
  if (!alike && !world->diverged)
    g_error ("With our triggers: %s; without: %s\n%s", outcome (error), outcome (twin_error),
             world->log->str);
}

static void
run_transaction (World *world)
{
  guint n = 1 + roll (world, 4);

  run_on_both (world, "BEGIN");
  for (guint i = 0; i < n && sync_connection_in_transaction (world->captured); i++)
    {
      g_autofree char *one = statement (world);
      g_autofree char *two = statement (world);

      run_on_both (world, one);
      if (!chance (world, 40) || !sync_connection_in_transaction (world->captured))
        continue;
      run_on_both (world, "SAVEPOINT s");
      run_on_both (world, two);
      if (!sync_connection_in_transaction (world->captured))
        return;
      if (chance (world, 50))
        run_on_both (world, "ROLLBACK TO s");
      run_on_both (world, "RELEASE s");
    }
  if (!sync_connection_in_transaction (world->captured))
    return;
  run_on_both (world, chance (world, 85) ? "COMMIT" : "ROLLBACK");
  if (sync_connection_in_transaction (world->captured))
    run_on_both (world, "ROLLBACK");
}

/* Contents */

/* (element-type utf8 utf8): ids → contents; rows of one id (it holds NULL) are put together */
static GHashTable *
read_contents (SyncConnection *connection, const Table *table)
{
  GHashTable *contents = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autoptr (GError) error = NULL;
  SyncStatement *query = sync_connection_prepare (connection, table->content, &error);

  g_assert_no_error (error);
  while (sync_statement_step (query, &error) == SYNC_STEP_ROW)
    {
      g_autofree char *id = sync_statement_dup_text (query, 0);
      const char *before = g_hash_table_lookup (contents, id);
      char *content = g_strconcat (before != NULL ? before : "",
                                   sync_statement_text (query, 1, NULL), "\n", NULL);

      g_hash_table_replace (contents, g_steal_pointer (&id), content);
    }
  g_assert_no_error (error);
  sync_statement_reset (query);
  return contents;
}

static void
check_noted (World *world, const Table *table, const char *id)
{
  gint64 found = 0;
  g_autoptr (GError) error = NULL;

  sync_connection_query_int64 (world->captured, 0, &found, &error,
                               "SELECT count(*) FROM psync_change WHERE entity = ?1 AND id = ?2",
                               table->entity->name, id, NULL);
  g_assert_no_error (error);
  if (found == 0)
    g_error ("The row %s of %s changed and was not noted\n%s", id, table->entity->table,
             world->log->str);
}

static void
compare_contents (World *world, const Table *table, GHashTable *before, GHashTable *after)
{
  GHashTableIter iter;
  gpointer id;
  gpointer content;

  g_hash_table_iter_init (&iter, before);
  while (g_hash_table_iter_next (&iter, &id, &content))
    {
      if (g_strcmp0 (content, g_hash_table_lookup (after, id)) != 0)
        check_noted (world, table, id);
    }
  g_hash_table_iter_init (&iter, after);
  while (g_hash_table_iter_next (&iter, &id, &content))
    {
      if (!g_hash_table_contains (before, id))
        check_noted (world, table, id);
    }
}

static void
check_twin (World *world, const Table *table)
{
  g_autofree char *ours = test_query (world->captured, table->content);
  g_autofree char *theirs = test_query (world->twin, table->content);

  if (world->any_order && !g_str_equal (ours, theirs))
    world->diverged = TRUE;
  else if (!g_str_equal (ours, theirs))
    g_error ("%s holds\n%sand without our triggers\n%s%s", table->entity->table, ours, theirs,
             world->log->str);
}

static void
run_unit (World *world)
{
  g_autoptr (GPtrArray) before
      = g_ptr_array_new_with_free_func ((GDestroyNotify) g_hash_table_unref);
  g_autofree char *recursive = g_strdup_printf ("PRAGMA recursive_triggers = %u", roll (world, 2));
  g_autofree char *single = statement (world);

  world->any_order = FALSE;
  run_on_both (world, recursive);
  test_sql (world->captured, "DELETE FROM psync_change");
  for (guint i = 0; i < world->tables->len; i++)
    g_ptr_array_add (before, read_contents (world->captured, g_ptr_array_index (world->tables, i)));
  if (chance (world, 60))
    run_on_both (world, single);
  else
    run_transaction (world);
  for (guint i = 0; i < world->tables->len; i++)
    {
      const Table *table = g_ptr_array_index (world->tables, i);
      g_autoptr (GHashTable) after = read_contents (world->captured, table);

      compare_contents (world, table, g_ptr_array_index (before, i), after);
      if (!world->diverged)
        check_twin (world, table);
    }
  if (world->foreign_keys && has_broken_references (world->captured))
    world->diverged = TRUE;
}

static void
run_round (guint32 seed)
{
  World world = { 0 };

  world.random = g_rand_new_with_seed (seed);
  world.folder = test_folder_new ();
  world.captured = test_database_new (world.folder, "captured.db", "MEMORY");
  world.twin = test_database_new (world.folder, "twin.db", "MEMORY");
  world.tables = g_ptr_array_new_with_free_func (table_free);
  world.log = g_string_new (NULL);
  g_string_printf (world.log, "-- PSYNC_TEST_SEED=%u PSYNC_TEST_ROUNDS=1\n", seed);

  build_world (&world);
  world.foreign_keys = chance (&world, 70);
  run_on_both (&world, world.foreign_keys ? "PRAGMA foreign_keys = 1" : "PRAGMA foreign_keys = 0");
  for (guint i = 0; i < UNITS_PER_ROUND && !world.diverged; i++)
    run_unit (&world);

  g_ptr_array_unref (world.tables);
  sync_connection_close (world.captured);
  sync_connection_close (world.twin);
  test_folder_remove (world.folder);
  g_free (world.folder);
  g_string_free (world.log, TRUE);
  g_rand_free (world.random);
}

static void
test_no_change_is_missed_and_no_write_disturbed (void)
{
  const char *given = g_getenv ("PSYNC_TEST_SEED");
  const char *wanted = g_getenv ("PSYNC_TEST_ROUNDS");
  guint32 seed = given != NULL ? (guint32) strtoul (given, NULL, 10) : g_random_int ();
  guint rounds = wanted != NULL ? (guint) strtoul (wanted, NULL, 10) : DEFAULT_ROUNDS;

  g_test_message ("PSYNC_TEST_SEED=%u", seed);
  for (guint i = 0; i < rounds; i++)
    run_round (seed + i);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/capture/random/no-change-is-missed-and-no-write-disturbed",
                   test_no_change_is_missed_and_no_write_disturbed);
  return g_test_run ();
}
