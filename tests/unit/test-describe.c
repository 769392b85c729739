/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-capture.h"
#include "test-database.h"

typedef struct
{
  const char *name;
  const char *schema;
  const char *table;
  const char *
      description; /* key columns, ; then the others, each with its codec, ; then the time column */
} Case;

static const Case cases[] = {
  { "types",
    "CREATE TABLE t (k TEXT PRIMARY KEY, a INTEGER, b BIGINT, c VARCHAR(9), d REAL, e DOUBLE, f "
    "BLOB, g, h JSON,"
    " i JSONB, j BOOLEAN, l BOOL, m TIMESTAMP, n DATETIME, o DATE, p DECIMAL(10,2), q NUMERIC, r "
    "STRING, s UUID)",
    "t",
    "k text; a integer, b integer, c text, d real, e real, f blob, g any, h json, i json, j "
    "boolean,"
    " l boolean, m timestamp, n timestamp, o text, p real, q real, r text, s text;" },
  { "keys-are-plain", "CREATE TABLE t (a JSON, b BOOLEAN, c TIMESTAMP, d, PRIMARY KEY (c, a, b))",
    "t", "c text, a text, b integer; d any;" },
  { "key-order", "CREATE TABLE t (x, b INT, a TEXT, PRIMARY KEY (a, b)) WITHOUT ROWID", "t",
    "a text, b integer; x any;" },
  { "integer-key", "CREATE TABLE t (v, id INTEGER PRIMARY KEY)", "t", "id integer; v any;" },
  { "unique-key",
    "CREATE TABLE t (v UNIQUE, a TEXT NOT NULL, b INT NOT NULL, c INT NOT NULL, UNIQUE (a, b), "
    "UNIQUE (c));"
    "CREATE UNIQUE INDEX p ON t (b) WHERE c > 1; CREATE UNIQUE INDEX e ON t (lower(a))",
    "t", "c integer; v any, a text, b integer;" },
  { "any-case", "CREATE TABLE \"My Table\" (Id TEXT PRIMARY KEY, Updated_At TEXT)", "my table",
    "Id text; Updated_At text; Updated_At" },
  { "generated-columns-are-left-out",
    "CREATE TABLE t (k TEXT PRIMARY KEY, a INT, b AS (a + 1), c AS (a + 2) STORED, updated_at "
    "DATETIME)",
    "t", "k text; a integer, updated_at timestamp; updated_at" },
};

static char *
dup_description (const SyncEntity *entity)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < entity->n_columns; i++)
    {
      if (i > 0)
        g_string_append (text, i == entity->n_keys ? "; " : ", ");
      g_string_append_printf (text, "%s %s", entity->columns[i].name,
                              sync_codec_to_string (entity->columns[i].codec));
    }
  g_string_append_c (text, ';');
  if (entity->time_column != NULL)
    g_string_append_printf (text, " %s", entity->time_column);
  return g_string_free (text, FALSE);
}

static void
test_case (gconstpointer data)
{
  const Case *wanted = data;
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (SyncEntity) entity = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *description = NULL;

  test_sql (connection, wanted->schema);
  entity = sync_capture_describe_table (connection, wanted->table, &error);
  g_assert_no_error (error);
  description = dup_description (entity);
  g_assert_cmpstr (description, ==, wanted->description);
  g_assert_cmpint (g_ascii_strcasecmp (entity->table, wanted->table), ==, 0);
  g_assert_cmpstr (entity->name, ==, entity->table);
  g_assert_cmpuint (g_strv_length (entity->parents), ==, 0);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_what_cannot_be_synced_is_refused_by_name (void)
{
  static const struct
  {
    const char *table;
    int code;
  } refused[] = {
    { "nowhere", SYNC_ERROR_NO_TABLE },
    { "", SYNC_ERROR_NO_TABLE },
    { "keyless", SYNC_ERROR_NO_KEY },
    { "nullable", SYNC_ERROR_NO_KEY },
    { "a_view", SYNC_ERROR_NO_KEY },
    { "search", SYNC_ERROR_NO_KEY },
    { "search_data", SYNC_ERROR_NO_KEY },
    { "psync_meta", SYNC_ERROR_NAME_TAKEN },
    { "sqlite_sequence", SYNC_ERROR_NO_TABLE },
  };
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);

  test_sql (connection,
            "CREATE TABLE keyless (a); CREATE TABLE nullable (a UNIQUE, b NOT NULL); CREATE VIEW "
            "a_view AS SELECT 1;"
            "CREATE VIRTUAL TABLE search USING fts5 (a); CREATE TABLE psync_meta (k PRIMARY KEY);"
            "CREATE TABLE s (k INTEGER PRIMARY KEY AUTOINCREMENT); INSERT INTO s VALUES (1)");
  for (gsize i = 0; i < G_N_ELEMENTS (refused); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sync_capture_describe_table (connection, refused[i].table, &error));
      g_assert_error (error, SYNC_ERROR, refused[i].code);
      g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, refused[i].table);
    }
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static char *
join (GPtrArray *names)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < names->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "|" : "",
                            (const char *) g_ptr_array_index (names, i));
  return g_string_free (text, FALSE);
}

static void
test_the_owners_tables_are_listed (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (GPtrArray) tables = NULL;
  g_autofree char *names = NULL;

  test_sql (connection,
            "CREATE TABLE b (a INTEGER PRIMARY KEY AUTOINCREMENT); CREATE TABLE \"a b\" (a); "
            "CREATE VIEW v AS SELECT 1;"
            "CREATE VIRTUAL TABLE search USING fts5 (a); CREATE TABLE psync_meta (k); CREATE TABLE "
            "psyncer (k);"
            "CREATE TABLE w (k PRIMARY KEY) WITHOUT ROWID; CREATE TEMP TABLE passing (a)");
  g_assert_true (sync_capture_list_tables (connection, &tables, NULL));
  names = join (tables);
  g_assert_cmpstr (names, ==, "a b|b|psyncer|w");
  sync_connection_close (connection);
  test_folder_remove (folder);
}

static void
test_parents_are_listed_once_by_their_own_name (void)
{
  g_autofree char *folder = test_folder_new ();
  SyncConnection *connection = test_database_new (folder, "owner.db", NULL);
  g_autoptr (GPtrArray) parents = NULL;
  g_autoptr (GPtrArray) none = NULL;
  g_autofree char *names = NULL;

  test_sql (connection, "CREATE TABLE Project (k PRIMARY KEY); CREATE TABLE person (k PRIMARY KEY);"
                        "CREATE TABLE task (k PRIMARY KEY, a REFERENCES project, b REFERENCES "
                        "PERSON, c REFERENCES person,"
                        " d REFERENCES TASK, e REFERENCES nowhere)");
  g_assert_true (sync_capture_list_parents (connection, "task", &parents, NULL));
  names = join (parents);
  g_assert_cmpstr (names, ==, "Project|nowhere|person");
  g_assert_true (sync_capture_list_parents (connection, "person", &none, NULL));
  g_assert_cmpuint (none->len, ==, 0);
  sync_connection_close (connection);
  test_folder_remove (folder);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/describe/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/describe/what-cannot-be-synced-is-refused-by-name",
                   test_what_cannot_be_synced_is_refused_by_name);
  g_test_add_func ("/describe/the-owners-tables-are-listed", test_the_owners_tables_are_listed);
  g_test_add_func ("/describe/parents-are-listed-once-by-their-own-name",
                   test_parents_are_listed_once_by_their_own_name);
  return g_test_run ();
}
