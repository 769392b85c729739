/* SPDX-License-Identifier: GPL-3.0-or-later */

/* How fast a page of rows is read: checked, walked, and taken into a SyncRow; beside it, what json-glib and SQLite's
 * json_each take to give out the same values. */

#include "sync-row.h"

#include <json-glib/json-glib.h>
#include <sqlite3.h>
#include <time.h>

#define ROWS 1000
#define SECONDS 1.0 /* of processor time */

typedef gsize (*Work) (const GString *page);

static SyncEntity *notifications;

static GString *
make_page (gboolean foreign)
{
  GString *page = g_string_new ("[");

  for (guint i = 0; i < ROWS; i++)
    {
      g_string_append_printf (
          page,
          "%s{\"id\":\"6f1c8a52-0d3e-4b7a-9c55-%012u\",\"title\":\"%s\",\"content\":\"%s\","
          "\"type\":\"info\",\"status\":\"unread\",\"priority\":\"normal\",\"category\":null,"
          "\"metadata\":{\"tags\":[\"a\",\"b\"],\"count\":%u,\"ratio\":0.25},"
          "\"created_at\":\"2026-01-01T00:00:00.12+00:00\","
          "\"updated_at\":\"2026-01-02T03:04:05.678901+00:00\",\"sync_version\":17672256000%05u,"
          "\"deleted_at\":null,\"edited_at\":\"2026-01-02T03:04:05+00:00\",\"device_id\":null,"
          "\"run_id\":null}",
          i == 0 ? "" : ",\n ", i,
          foreign ? "Größere Prüfung für 東京" : "A title of an ordinary length",
          foreign ? "Zweite Zeile\\nжёлтый дом" : "The quick brown fox\\njumps over the lazy dog",
          i, i);
    }
  g_string_append_c (page, ']');
  return page;
}

static SyncEntity *
make_entity (void)
{
  static const char *const texts[] = { "title", "content", "type", "status", "priority", "category" };
  SyncEntity *entity = sync_entity_new ("notifications", NULL, NULL);

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    sync_entity_add_column (entity, texts[i], SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "metadata", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "created_at", SYNC_CODEC_TIMESTAMP, FALSE);
  sync_entity_add_column (entity, "updated_at", SYNC_CODEC_TIMESTAMP, FALSE);
  return entity;
}

static gsize
check (const GString *page)
{
  return sync_json_is_valid (page->str, page->len);
}

static gsize
walk (const GString *page)
{
  SyncJsonReader reader;
  SyncSpan name, value;
  gsize members = 0;

  sync_json_reader_init (&reader, page->str, page->len);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader) && sync_json_enter_object (&reader))
    while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
      members++;
  g_assert_true (sync_json_at_end (&reader));
  return members;
}

static gsize
take_rows (const GString *page)
{
  g_autoptr (SyncRow) row = sync_row_new (notifications);
  SyncJsonReader reader;
  SyncStamps stamps;
  SyncSpan unknown;
  gsize rows = 0;

  sync_json_reader_init (&reader, page->str, page->len);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader)
         && sync_row_parse (row, &reader, &stamps, &unknown, NULL))
    rows++;
  g_assert_cmpuint (rows, ==, ROWS);
  return rows;
}

/* A tree, and every value of it as a string where it is one. */
static gsize
take_with_json_glib (const GString *page)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *array;
  gsize values = 0;

  g_assert_true (json_parser_load_from_data (parser, page->str, (gssize) page->len, NULL));
  array = json_node_get_array (json_parser_get_root (parser));
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonObject *row = json_array_get_object_element (array, i);

      for (guint c = 0; c < notifications->n_columns; c++)
        {
          JsonNode *value = json_object_get_member (row, notifications->columns[c].name);

          if (JSON_NODE_HOLDS_VALUE (value) && json_node_get_value_type (value) == G_TYPE_STRING)
            values += json_node_get_string (value) != NULL;
        }
    }
  return values;
}

/* As a statement that inserts from it would read it. */
static gsize
take_with_json_each (const GString *page)
{
  static sqlite3 *database;
  static sqlite3_stmt *statement;
  gsize values = 0;

  if (database == NULL)
    {
      g_autoptr (GString) sql = g_string_new ("SELECT json_extract (value, '$.sync_version')");

      for (guint c = 0; c < notifications->n_columns; c++)
        g_string_append_printf (sql, ", json_extract (value, '$.%s')", notifications->columns[c].name);
      g_string_append (sql, " FROM json_each (?1)");
      g_assert_cmpint (sqlite3_open (":memory:", &database), ==, SQLITE_OK);
      g_assert_cmpint (sqlite3_prepare_v2 (database, sql->str, -1, &statement, NULL), ==, SQLITE_OK);
    }
  sqlite3_bind_text64 (statement, 1, page->str, page->len, SQLITE_STATIC, SQLITE_UTF8);
  while (sqlite3_step (statement) == SQLITE_ROW)
    for (int c = 0; c <= (int) notifications->n_columns; c++)
      values += sqlite3_column_text (statement, c) != NULL;
  sqlite3_reset (statement);
  return values;
}

static void
measure (const char *name, Work work, const GString *page)
{
  clock_t start = clock ();
  guint rounds = 0;
  double seconds;

  do
    {
      g_assert_cmpuint (work (page), >, 0);
      rounds++;
      seconds = (clock () - start) / (double) CLOCKS_PER_SEC;
    }
  while (seconds < SECONDS);
  g_print ("%-28s %6.0f MB/s  %8.0f rows/s\n", name, rounds * (page->len / 1e6) / seconds,
           rounds * ROWS / seconds);
}

int
main (void)
{
  g_autoptr (GString) plain = make_page (FALSE);
  g_autoptr (GString) foreign = make_page (TRUE);

  notifications = make_entity ();
  g_print ("%u rows of %" G_GSIZE_FORMAT " bytes\n", ROWS, plain->len / ROWS);
  measure ("check", check, plain);
  measure ("check, not ASCII", check, foreign);
  measure ("walk", walk, plain);
  measure ("rows", take_rows, plain);
  measure ("rows, not ASCII", take_rows, foreign);
  measure ("json-glib", take_with_json_glib, plain);
  measure ("json_each", take_with_json_each, plain);
  sync_entity_unref (notifications);
  return 0;
}
