/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-list-model.h"

#include "sync-device-store.h"
#include "sync-list-diff.h"
#include "sync-lists.h"
#include "test-manager.h"

/* Lists of any length: how many rows there are is known, their values are read as they are asked
 * for, and what stays in a list stays the same object. */

typedef struct
{
  TestManager device;
  SyncListModel *list;
  GArray *changes; /* (element-type SyncListChange): as told */
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  test_manager_set_up (&fixture->device, NULL);
  fixture->changes = g_array_new (FALSE, FALSE, sizeof (SyncListChange));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  test_manager_settle (&fixture->device);
  if (fixture->list != NULL)
    g_assert_finalize_object (fixture->list);
  g_array_unref (fixture->changes);
  test_manager_tear_down (&fixture->device);
}

static void
note_change (Fixture *fixture, guint position, guint removed, guint added)
{
  SyncListChange change = { .position = position, .removed = removed, .added = added };

  g_array_append_val (fixture->changes, change);
}

static void
settle (Fixture *fixture)
{
  test_manager_settle (&fixture->device);
}

static guint
n_items (Fixture *fixture)
{
  return g_list_model_get_n_items (G_LIST_MODEL (fixture->list));
}

static void
show (Fixture *fixture, const SyncListSource *source)
{
  fixture->list = sync_list_model_new (fixture->device.manager, source);
  settle (fixture);
  g_assert_true (sync_list_model_get_loaded (fixture->list));
  g_assert_no_error (sync_list_model_get_error (fixture->list));
  g_signal_connect_swapped (fixture->list, "items-changed", G_CALLBACK (note_change), fixture);
}

static void
sql (Fixture *fixture, const char *text)
{
  test_store_sql (fixture->device.store, text);
}

/* The database changed: as the manager says it. */
static void
change (Fixture *fixture, const char *text)
{
  sql (fixture, text);
  g_array_set_size (fixture->changes, 0);
  sync_manager_refresh (fixture->device.manager);
  settle (fixture);
}

/* (transfer full): a row with its value */
static SyncListItem *
row (Fixture *fixture, guint position)
{
  SyncListItem *item = g_list_model_get_item (G_LIST_MODEL (fixture->list), position);

  g_assert_nonnull (item);
  settle (fixture);
  g_assert_true (sync_list_item_is_ready (item));
  return item;
}

static void
assert_change (Fixture *fixture, guint which, guint position, guint removed, guint added)
{
  const SyncListChange *told = &g_array_index (fixture->changes, SyncListChange, which);

  g_assert_cmpuint (fixture->changes->len, >, which);
  g_assert_cmpuint (told->position, ==, position);
  g_assert_cmpuint (told->removed, ==, removed);
  g_assert_cmpuint (told->added, ==, added);
}

static void
add_runs (Fixture *fixture, guint runs)
{
  g_autofree char *text
      = g_strdup_printf ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                         "WHERE i < %u) INSERT INTO psync_history (run, kind, started_at, "
                         "finished_at, outcome, pulled) SELECT i, iif (i %% 10 = 0, 'seed', "
                         "'sync'), i, i, iif (i %% 100 = 0, 'failed', 'done'), i FROM n",
                         runs);

  sql (fixture, text);
}

#define RUNS 10000

static void
test_long_list (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncListItem) last = NULL;
  const SyncResult *run;

  add_runs (fixture, RUNS);
  show (fixture, &sync_list_of_history);
  g_assert_cmpuint (n_items (fixture), ==, RUNS);
  g_assert_cmpuint (sync_list_model_count_kept (fixture->list), ==, 0);

  last = row (fixture, RUNS - 1);
  run = sync_list_item_get_value (last);
  g_assert_cmpint (run->run, ==, 1);
  g_assert_cmpuint (sync_list_model_count_kept (fixture->list), <=, 100);
}

static void
test_scrolling (Fixture *fixture, gconstpointer data)
{
  guint most = 0;

  add_runs (fixture, RUNS);
  show (fixture, &sync_list_of_history);
  for (guint i = 0; i < RUNS; i += 20)
    {
      g_autoptr (SyncListItem) item = row (fixture, i);

      g_assert_cmpint (((const SyncResult *)sync_list_item_get_value (item))->run, ==, RUNS - i);
      most = MAX (most, sync_list_model_count_kept (fixture->list));
    }
  g_assert_cmpuint (most, <=, 1100);
}

/* Who runs through a list without keeping anything makes it read nothing but what was under way. */
static void
test_passing_by (Fixture *fixture, gconstpointer data)
{
  add_runs (fixture, RUNS);
  show (fixture, &sync_list_of_history);
  for (guint i = 0; i < RUNS; i++)
    {
      g_autoptr (SyncListItem) item = g_list_model_get_item (G_LIST_MODEL (fixture->list), i);

      g_assert_false (sync_list_item_is_ready (item));
    }
  settle (fixture);
  g_assert_cmpuint (sync_list_model_count_kept (fixture->list), <=, 100);
}

static void
note_ready (gboolean *told)
{
  *told = TRUE;
}

static void
test_placeholder (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncListItem) item = NULL;
  gboolean told = FALSE, changed = FALSE;

  add_runs (fixture, 1);
  show (fixture, &sync_list_of_history);
  item = g_list_model_get_item (G_LIST_MODEL (fixture->list), 0);
  g_assert_false (sync_list_item_is_ready (item));
  g_assert_null (sync_list_item_get_value (item));
  g_signal_connect_swapped (item, "notify::ready", G_CALLBACK (note_ready), &told);
  g_signal_connect_swapped (item, "changed", G_CALLBACK (note_ready), &changed);
  settle (fixture);
  g_assert_true (told && changed);

  told = changed = FALSE;
  change (fixture, "UPDATE psync_history SET pushed = 7");
  g_assert_false (told);
  g_assert_true (changed);
  g_assert_cmpuint (((const SyncResult *)sync_list_item_get_value (item))->total.pushed, ==, 7);
  g_assert_cmpuint (fixture->changes->len, ==, 0);
}

static void
test_minimal_changes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncListItem) kept = NULL, moved = NULL;

  sql (fixture, "INSERT INTO projects (id) VALUES ('b'), ('d'), ('f'), ('h')");
  show (fixture, &sync_list_of_queue);
  kept = row (fixture, 2);
  g_assert_cmpstr (((const SyncChange *)sync_list_item_get_value (kept))->id, ==, "'f'");

  change (fixture, "INSERT INTO projects (id) VALUES ('a'), ('c');"
                   "DELETE FROM psync_change WHERE id = '''h'''");
  g_assert_cmpuint (n_items (fixture), ==, 5);
  g_assert_cmpuint (fixture->changes->len, ==, 3);
  assert_change (fixture, 0, 3, 1, 0);
  assert_change (fixture, 1, 1, 0, 1);
  assert_change (fixture, 2, 0, 0, 1);
  moved = row (fixture, 4);
  g_assert_true (moved == kept);
}

static void
test_filter (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncListItem) kept = NULL, same = NULL;

  add_runs (fixture, 1000);
  show (fixture, &sync_list_of_history);
  kept = row (fixture, 0);
  sync_list_model_set_filter (fixture->list, &(SyncListFilter){ .kind = (char *)"seed" });
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 100);
  same = row (fixture, 0);
  g_assert_true (same == kept);
  sync_list_model_set_filter (fixture->list,
                              &(SyncListFilter){ .outcome = (char *)"failed,stopped" });
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 10);
  sync_list_model_set_filter (
      fixture->list, &(SyncListFilter){ .kind = (char *)"sync", .outcome = (char *)"failed" });
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 0);
  sync_list_model_set_filter (fixture->list, NULL);
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 1000);
}

static void
test_queue_states (Fixture *fixture, gconstpointer data)
{
  sql (fixture, "INSERT INTO projects (id) VALUES ('a'), ('b'), ('c');"
                "UPDATE psync_change SET state = 'refused' WHERE id = '''a''';"
                "UPDATE psync_change SET state = 'failed' WHERE id = '''b'''");
  show (fixture, &sync_list_of_queue);
  g_assert_cmpuint (n_items (fixture), ==, 3);
  sync_list_model_set_filter (fixture->list,
                              &(SyncListFilter){ .state = (char *)"refused,failed" });
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 2);
}

/* A run wrote while a page was on its way: what is shown is what is there. */
static void
test_page_overtaken (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncListItem) item = NULL;

  add_runs (fixture, 500);
  show (fixture, &sync_list_of_history);
  sql (fixture, "DELETE FROM psync_history WHERE run > 100");
  item = g_list_model_get_item (G_LIST_MODEL (fixture->list), 450);
  settle (fixture);
  g_assert_cmpuint (n_items (fixture), ==, 100);
  g_assert_true (sync_list_item_is_ready (item));
  g_assert_cmpint (((const SyncResult *)sync_list_item_get_value (item))->run, ==, 50);
}

static void
test_other_lists (Fixture *fixture, gconstpointer data)
{
  const SyncListSource *sources[] = { &sync_list_of_held, &sync_list_of_conflicts,
                                      &sync_list_of_records, &sync_list_of_entities,
                                      &sync_list_of_devices };
  const guint lengths[] = { 1, 1, 2, 3, 1 };

  sql (fixture,
       "INSERT INTO psync_held VALUES ('projects', '''h''', 1, '{}', 'check', NULL, 0);"
       "INSERT INTO psync_conflict (entity, id, kind, state, created_at, resolved_at) VALUES "
       "('projects', '''a''', 'edit-edit', 'open', 1, NULL), "
       "('projects', '''b''', 'edit-edit', 'resolved', 1, 2), "
       "('projects', '''c''', 'cascade', 'resolved', 1, 3)");
  for (guint i = 0; i < G_N_ELEMENTS (sources); i++)
    {
      g_autoptr (SyncListItem) item = NULL;

      show (fixture, sources[i]);
      g_assert_cmpuint (n_items (fixture), ==, lengths[i]);
      item = row (fixture, 0);
      g_clear_object (&fixture->list);
    }
}

static void
know_devices (SyncStore *store)
{
  g_autoptr (GPtrArray) devices = g_ptr_array_new_with_free_func ((GDestroyNotify)sync_device_free);
  g_autoptr (GError) error = NULL;
  SyncDevice *local = sync_store_get_local_device (store, &error);
  SyncDevice *other = sync_device_new ("00000000-0000-4000-8000-000000000001", "Laptop");
  SyncDevice *revoked = sync_device_new ("00000000-0000-4000-8000-000000000002", "Old");

  other->active = TRUE;
  other->last_sync_at = TEST_NOW;
  revoked->active = FALSE;
  revoked->last_sync_at = TEST_NOW + 1;
  local->active = FALSE;
  g_ptr_array_add (devices, revoked);
  g_ptr_array_add (devices, other);
  g_ptr_array_add (devices, local);
  g_assert_true (sync_store_set_known_devices (store, devices, TEST_NOW, &error));
  g_assert_no_error (error);
}

static void
test_devices (Fixture *fixture, gconstpointer data)
{
  const SyncDevice *device;

  test_store_run (fixture->device.store, know_devices);
  show (fixture, &sync_list_of_devices);
  g_assert_cmpuint (n_items (fixture), ==, 3);
  for (guint i = 0; i < 3; i++)
    {
      g_autoptr (SyncListItem) item = row (fixture, i);

      device = sync_list_item_get_value (item);
      g_assert_cmpint (device->is_local, ==, i == 0);
      if (i == 0)
        g_assert_false (device->active); /* this one was revoked elsewhere */
      else
        g_assert_cmpstr (device->name, ==, i == 1 ? "Laptop" : "Old");
    }
}

static GArray *
keys_of (const char *text)
{
  GArray *keys = g_array_new (FALSE, FALSE, sizeof (gint64));

  for (; *text != '\0'; text++)
    {
      gint64 key = *text;

      g_array_append_val (keys, key);
    }
  return keys;
}

static char *
text_of (GArray *keys)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; i < keys->len; i++)
    g_string_append_c (text, (char)g_array_index (keys, gint64, i));
  return g_string_free (text, FALSE);
}

static guint
apply (const char *before, const char *after)
{
  g_autoptr (GArray) old = keys_of (before), new = keys_of (after);
  g_autoptr (GArray) changes = sync_list_diff (old, new);
  g_autofree char *text = NULL;

  for (guint i = changes->len; i > 0; i--)
    {
      const SyncListChange *one = &g_array_index (changes, SyncListChange, i - 1);

      g_array_remove_range (old, one->position, one->removed);
      g_array_insert_vals (old, one->position, &g_array_index (new, gint64, one->source),
                           one->added);
    }
  text = text_of (old);
  g_assert_cmpstr (text, ==, after);
  return changes->len;
}

static void
test_diff (void)
{
  g_assert_cmpuint (apply ("abc", "abc"), ==, 0);
  g_assert_cmpuint (apply ("", "abc"), ==, 1);
  g_assert_cmpuint (apply ("abc", ""), ==, 1);
  g_assert_cmpuint (apply ("abc", "xabc"), ==, 1);
  g_assert_cmpuint (apply ("abcd", "aczd"), ==, 2);
  g_assert_cmpuint (apply ("abcd", "acbd"), ==, 1); /* other places */
  g_assert_cmpuint (apply ("abcdef", "fxaybcz"), ==, 1);
  g_assert_cmpuint (apply ("aab", "aaab"), <=, 1); /* two rows with one key break nothing */
  g_assert_cmpuint (apply ("abab", "baba"), <=, 2);
}

static void
test_diff_random (void)
{
  for (guint i = 0; i < 2000; i++)
    {
      g_autoptr (GString) before = g_string_new (NULL), after = g_string_new (NULL);

      for (char key = 1; key < 100; key++)
        {
          if (g_test_rand_int_range (0, 3) > 0)
            g_string_append_c (before, key);
          if (g_test_rand_int_range (0, 3) > 0)
            g_string_append_c (after, key);
        }
      apply (before->str, after->str);
    }
}

#define ADD(name, func) g_test_add ("/list-model/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/list-diff/makes-one-list-into-the-other", test_diff);
  g_test_add_func ("/list-diff/random", test_diff_random);
  ADD ("ten-thousand-rows-are-counted-and-not-read", test_long_list);
  ADD ("scrolling-keeps-a-window", test_scrolling);
  ADD ("rows-that-nobody-keeps-are-not-read", test_passing_by);
  ADD ("a-placeholder-becomes-ready", test_placeholder);
  ADD ("only-what-came-and-went-is-told", test_minimal_changes);
  ADD ("a-filter-keeps-what-passes-both", test_filter);
  ADD ("several-states-at-once", test_queue_states);
  ADD ("a-page-overtaken-by-a-change-is-read-again", test_page_overtaken);
  ADD ("every-list-has-rows", test_other_lists);
  ADD ("this-device-comes-first", test_devices);

  return test_run_with_own_folders ();
}
