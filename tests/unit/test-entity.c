/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-entity.h"

static void
test_names_default_to_each_other (void)
{
  g_autoptr (SyncEntity) bare = sync_entity_new ("notes", NULL, NULL);
  g_autoptr (SyncEntity) local = sync_entity_new ("notes", "my_notes", NULL);
  g_autoptr (SyncEntity) all = sync_entity_new ("notes", "my_notes", "cloud_notes");

  g_assert_cmpstr (bare->table, ==, "notes");
  g_assert_cmpstr (bare->cloud_table, ==, "notes");
  g_assert_cmpstr (local->cloud_table, ==, "my_notes");
  g_assert_cmpstr (all->name, ==, "notes");
  g_assert_cmpstr (all->table, ==, "my_notes");
  g_assert_cmpstr (all->cloud_table, ==, "cloud_notes");
  g_assert_cmpstr (bare->strategy, ==, "newest");
  g_assert_true (bare->enabled);
  g_assert_cmpuint (g_strv_length (bare->parents), ==, 0);
  g_assert_null (bare->time_column);
  g_assert_null (bare->rules);
}

static void
test_key_columns_come_first_in_key_order (void)
{
  const char *const expected[] = { "k1", "k2", "k3", "a", "b" };
  g_autoptr (SyncEntity) entity = sync_entity_new ("notes", NULL, NULL);

  sync_entity_add_column (entity, "a", SYNC_CODEC_REAL, FALSE);
  sync_entity_add_column (entity, "k1", SYNC_CODEC_INTEGER, TRUE);
  sync_entity_add_column (entity, "b", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "k2", SYNC_CODEC_BLOB, TRUE);
  sync_entity_add_column (entity, "k3", SYNC_CODEC_TEXT, TRUE);

  g_assert_cmpuint (entity->n_keys, ==, 3);
  g_assert_cmpuint (entity->n_columns, ==, G_N_ELEMENTS (expected));
  for (guint i = 0; i < entity->n_columns; i++)
    {
      g_assert_cmpstr (entity->columns[i].name, ==, expected[i]);
      g_assert_cmpint (sync_entity_find_column (entity, expected[i], -1), ==, i);
    }
  g_assert_cmpint (entity->columns[1].codec, ==, SYNC_CODEC_BLOB);
  g_assert_cmpint (entity->columns[3].codec, ==, SYNC_CODEC_REAL);
}

static void
test_columns_are_found_by_their_whole_name (void)
{
  g_autoptr (SyncEntity) entity = sync_entity_new ("notes", NULL, NULL);

  sync_entity_add_column (entity, "title", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "title_long", SYNC_CODEC_TEXT, FALSE);
  g_assert_cmpint (sync_entity_find_column (entity, "title_long", 5), ==, 0);
  g_assert_cmpint (sync_entity_find_column (entity, "title_long", 10), ==, 1);
  g_assert_cmpint (sync_entity_find_column (entity, "title_long", 4), ==, -1);
  g_assert_cmpint (sync_entity_find_column (entity, "title_longer", -1), ==, -1);
  g_assert_cmpint (sync_entity_find_column (entity, "Title", -1), ==, -1);
  g_assert_cmpint (sync_entity_find_column (entity, "", -1), ==, -1);
  g_assert_cmpint (sync_entity_find_column (entity, "title\0x", 7), ==, -1);
}

static void
test_is_freed_with_its_last_reference (void)
{
  SyncEntity *entity = sync_entity_new ("notes", NULL, NULL);
  GValue value = G_VALUE_INIT;

  g_value_init (&value, SYNC_TYPE_ENTITY);
  g_value_set_boxed (&value, entity);
  g_assert_true (g_value_get_boxed (&value) == entity);
  sync_entity_unref (entity);
  g_assert_cmpstr (entity->name, ==, "notes");
  g_value_unset (&value);
}

static void
test_codec_names_go_back (void)
{
  SyncCodec codec;

  for (int i = 0; i <= SYNC_CODEC_TIMESTAMP; i++)
    {
      g_assert_true (sync_codec_from_string (sync_codec_to_string (i), &codec));
      g_assert_cmpint (codec, ==, i);
    }
  g_assert_cmpstr (sync_codec_to_string (SYNC_CODEC_TEXT), ==, "text");
  g_assert_cmpstr (sync_codec_to_string (SYNC_CODEC_TIMESTAMP), ==, "timestamp");
  g_assert_false (sync_codec_from_string ("Text", &codec));
  g_assert_false (sync_codec_from_string (NULL, &codec));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/entity/names-default-to-each-other", test_names_default_to_each_other);
  g_test_add_func ("/entity/key-columns-come-first-in-key-order",
                   test_key_columns_come_first_in_key_order);
  g_test_add_func ("/entity/columns-are-found-by-their-whole-name",
                   test_columns_are_found_by_their_whole_name);
  g_test_add_func ("/entity/is-freed-with-its-last-reference",
                   test_is_freed_with_its_last_reference);
  g_test_add_func ("/codec/names-go-back", test_codec_names_go_back);
  return g_test_run ();
}
