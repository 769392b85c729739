/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolver.h"

#include <string.h>

/* A row with a column for each of these, named so; the first is the key. */
static SyncEntity *
entity_new (void)
{
  SyncEntity *entity = sync_entity_new ("things", "things", "things");

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  sync_entity_add_column (entity, "status", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "priority", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "name", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "description", SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "settings", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "tags", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "count", SYNC_CODEC_INTEGER, FALSE);
  return entity;
}

typedef struct
{
  SyncEntity *entity;
  SyncRow *base;
  SyncRow *local;
  SyncRow *remote;
  SyncRow *result;
  SyncDispute dispute;
  GArray *disputed;
  const char *by;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->entity = entity_new ();
  fixture->base = sync_row_new (fixture->entity);
  fixture->local = sync_row_new (fixture->entity);
  fixture->remote = sync_row_new (fixture->entity);
  fixture->result = sync_row_new (fixture->entity);
  fixture->disputed = g_array_new (FALSE, FALSE, sizeof (guint));
  fixture->dispute.entity = fixture->entity;
  fixture->dispute.id = "'x'";
  fixture->dispute.base = fixture->base;
  fixture->dispute.local = fixture->local;
  fixture->dispute.remote = fixture->remote;
  fixture->dispute.local_time = 10;
  fixture->dispute.remote_time = 10;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  sync_row_free (fixture->base);
  sync_row_free (fixture->local);
  sync_row_free (fixture->remote);
  sync_row_free (fixture->result);
  g_array_unref (fixture->disputed);
  sync_entity_unref (fixture->entity);
}

static void
rows (Fixture *fixture, const char *base, const char *local, const char *remote)
{
  g_autoptr (GError) error = NULL;

  sync_row_parse_text (fixture->base, base, -1, &error);
  g_assert_no_error (error);
  sync_row_parse_text (fixture->local, local, -1, &error);
  g_assert_no_error (error);
  sync_row_parse_text (fixture->remote, remote, -1, &error);
  g_assert_no_error (error);
}

static SyncResolver *
resolver_new (const char *strategy, const char *rules)
{
  g_autoptr (GError) error = NULL;
  SyncResolver *resolver = sync_resolver_new (strategy, rules, &error);

  g_assert_no_error (error);
  return resolver;
}

static SyncMergeKind
merge (Fixture *fixture, const char *strategy, const char *rules)
{
  g_autoptr (SyncResolver) resolver = resolver_new (strategy, rules);

  return sync_merge_rows (&fixture->dispute, sync_resolver_decide, resolver, fixture->result,
                          fixture->disputed, &fixture->by);
}

static void
assert_column (Fixture *fixture, const char *name, const char *json)
{
  int column = sync_entity_find_column (fixture->entity, name, -1);
  SyncSpan value;
  g_autofree char *text = NULL;

  g_assert_cmpint (column, >=, 0);
  value = sync_row_get (fixture->result, (guint) column);
  text = g_strndup (value.text, value.length);
  g_assert_cmpstr (text, ==, json);
}

static void
assert_name (Fixture *fixture, const char *strategy, const char *json)
{
  g_assert_cmpint (merge (fixture, strategy, NULL), ==, SYNC_MERGE_DECIDED);
  g_assert_cmpstr (fixture->by, ==, strategy);
  assert_column (fixture, "name", json);
}

static void
times (Fixture *fixture, gint64 local, gint64 remote)
{
  fixture->dispute.local_time = local;
  fixture->dispute.remote_time = remote;
}

static void
test_newest (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\"}", "{\"name\":\"l\"}", "{\"name\":\"r\"}");
  times (fixture, 11, 10);
  assert_name (fixture, "newest", "\"l\"");
  times (fixture, 10, 11);
  assert_name (fixture, "newest", "\"r\"");
  times (fixture, 10, 10);
  assert_name (fixture, "newest", "\"r\"");
  times (fixture, SYNC_TIME_UNKNOWN, -10);
  assert_name (fixture, "newest", "\"r\"");
  times (fixture, -10, SYNC_TIME_UNKNOWN);
  assert_name (fixture, "newest", "\"l\"");
  times (fixture, SYNC_TIME_UNKNOWN, SYNC_TIME_UNKNOWN);
  assert_name (fixture, "newest", "\"r\"");
}

static void
test_sides (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\"}", "{\"name\":\"l\"}", "{\"name\":\"r\"}");
  times (fixture, 1, 2);
  assert_name (fixture, "local", "\"l\"");
  assert_name (fixture, "user-settings", "\"l\"");
  times (fixture, 2, 1);
  assert_name (fixture, "remote", "\"r\"");
}

static void
test_a_person_decides (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\"}", "{\"name\":\"l\"}", "{\"name\":\"r\"}");
  g_assert_cmpint (merge (fixture, "manual", NULL), ==, SYNC_MERGE_OPEN);
  g_assert_cmpint (merge (fixture, "custom", NULL), ==, SYNC_MERGE_OPEN);
}

static void
test_only_disputed_columns (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\",\"status\":\"s\",\"priority\":\"p\"}",
        "{\"name\":\"l\",\"status\":\"s2\",\"priority\":\"p\"}",
        "{\"name\":\"r\",\"status\":\"s\",\"priority\":\"p2\"}");
  assert_name (fixture, "remote", "\"r\"");
  assert_column (fixture, "status", "\"s2\"");
  assert_column (fixture, "priority", "\"p2\"");
  g_assert_cmpuint (fixture->disputed->len, ==, 1);
}

static void
test_notifications_read_wins (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\",\"status\":\"unread\"}",
        "{\"name\":\"l\",\"status\":\"read\",\"priority\":\"low\"}",
        "{\"name\":\"r\",\"status\":\"unread\",\"priority\":\"critical\"}");
  times (fixture, 1, 2);
  assert_name (fixture, "notifications", "\"l\"");
  assert_column (fixture, "status", "\"read\"");

  rows (fixture, "{\"name\":\"b\",\"status\":\"unread\"}",
        "{\"name\":\"l\",\"status\":\"archived\"}", "{\"name\":\"r\",\"status\":\"read\"}");
  times (fixture, 2, 1);
  assert_name (fixture, "notifications", "\"r\"");
}

static void
test_notifications_priority (Fixture *fixture, gconstpointer data)
{
  static const char *const ranked[] = { "low", "normal", "high", "critical" };

  for (guint i = 0; i < 4; i++)
    for (guint j = 0; j < 4; j++)
      {
        g_autofree char *local = g_strdup_printf (
            "{\"name\":\"l\",\"status\":\"read\",\"priority\":\"%s\"}", ranked[i]);
        g_autofree char *remote = g_strdup_printf (
            "{\"name\":\"r\",\"status\":\"read\",\"priority\":\"%s\"}", ranked[j]);

        rows (fixture, "{\"name\":\"b\"}", local, remote);
        times (fixture, i > j ? 1 : 3, 2);
        /* Higher priority although older; the same priority: the newer one. */
        assert_name (fixture, "notifications", i >= j ? "\"l\"" : "\"r\"");
      }
}

static void
test_notifications_unranked_priority (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\"}", "{\"name\":\"l\",\"priority\":\"critical\"}",
        "{\"name\":\"r\",\"priority\":\"purple\"}");
  times (fixture, 1, 2);
  assert_name (fixture, "notifications", "\"r\"");
}

static void
test_projects (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\",\"description\":\"b\",\"settings\":{},\"status\":\"b\"}",
        "{\"name\":\"l\",\"description\":\"l\",\"settings\":{\"a\":1},\"status\":\"l\"}",
        "{\"name\":\"r\",\"description\":\"r\",\"settings\":{\"a\":2},\"status\":\"r\"}");
  times (fixture, 2, 1);
  assert_name (fixture, "projects", "\"r\"");
  assert_column (fixture, "description", "\"r\"");
  assert_column (fixture, "settings", "{\"a\":1}");
  assert_column (fixture, "status", "\"l\"");
  times (fixture, 1, 2);
  assert_name (fixture, "projects", "\"r\"");
  assert_column (fixture, "settings", "{\"a\":1}");
  assert_column (fixture, "status", "\"r\"");
}

static void
test_rules_by_column (Fixture *fixture, gconstpointer data)
{
  rows (fixture, "{\"name\":\"b\",\"status\":\"b\",\"count\":1,\"priority\":\"b\",\"tags\":[1]}",
        "{\"name\":\"l\",\"status\":\"l\",\"count\":7,\"priority\":\"l\",\"tags\":[1,2]}",
        "{\"name\":\"r\",\"status\":\"r\",\"count\":5,\"priority\":\"r\",\"tags\":[1,3]}");
  times (fixture, 1, 2);
  g_assert_cmpint (
      merge (fixture, "rules",
             "{\"name\":\"local\",\"status\":\"remote\",\"count\":\"max\",\"tags\":\"union\"}"),
      ==, SYNC_MERGE_DECIDED);
  g_assert_cmpstr (fixture->by, ==, "rules");
  assert_column (fixture, "name", "\"l\"");
  assert_column (fixture, "status", "\"r\"");
  assert_column (fixture, "count", "7");
  assert_column (fixture, "tags", "[1,2,3]");
  assert_column (fixture, "priority", "\"r\"");
}

static SyncSide
decide_deletion (Fixture *fixture, const char *strategy, const SyncRow *local,
                 const SyncRow *remote)
{
  g_autoptr (SyncResolver) resolver = resolver_new (strategy, NULL);
  SyncSide sides[1] = { SYNC_SIDE_VALUE };
  const char *by = NULL;

  fixture->dispute.local = local;
  fixture->dispute.remote = remote;
  g_assert_true (sync_resolver_decide (&fixture->dispute, NULL, 0, sides, NULL, &by, resolver));
  g_assert_cmpstr (by, ==, strategy);
  return sides[0];
}

static void
test_deletions (Fixture *fixture, gconstpointer data)
{
  static const char *const by_time[] = { "newest", "notifications", "projects", "rules" };
  static const char *const by_person[] = { "manual", "custom" };

  rows (fixture, "{}", "{\"status\":\"read\"}", "{\"status\":\"read\"}");
  for (guint i = 0; i < G_N_ELEMENTS (by_time); i++)
    {
      times (fixture, 1, 2);
      g_assert_cmpint (decide_deletion (fixture, by_time[i], fixture->local, NULL), ==,
                       SYNC_SIDE_REMOTE);
      g_assert_cmpint (decide_deletion (fixture, by_time[i], NULL, fixture->remote), ==,
                       SYNC_SIDE_REMOTE);
      times (fixture, 3, 2);
      g_assert_cmpint (decide_deletion (fixture, by_time[i], fixture->local, NULL), ==,
                       SYNC_SIDE_LOCAL);
      g_assert_cmpint (decide_deletion (fixture, by_time[i], NULL, fixture->remote), ==,
                       SYNC_SIDE_LOCAL);
    }
  times (fixture, 1, 2);
  g_assert_cmpint (decide_deletion (fixture, "user-settings", NULL, fixture->remote), ==,
                   SYNC_SIDE_LOCAL);
  g_assert_cmpint (decide_deletion (fixture, "local", NULL, fixture->remote), ==, SYNC_SIDE_LOCAL);
  g_assert_cmpint (decide_deletion (fixture, "remote", fixture->local, NULL), ==, SYNC_SIDE_REMOTE);
  for (guint i = 0; i < G_N_ELEMENTS (by_person); i++)
    {
      g_autoptr (SyncResolver) resolver = resolver_new (by_person[i], NULL);
      SyncSide sides[1];
      const char *by;

      g_assert_false (
          sync_resolver_decide (&fixture->dispute, NULL, 0, sides, NULL, &by, resolver));
    }
}

static void
assert_refused (const char *strategy, const char *rules, const char *subject, const char *reason)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sync_resolver_new (strategy, rules, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, subject);
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, reason);
}

static void
test_unknown_words (void)
{
  assert_refused ("oldest", NULL, "oldest", "strategy");
  assert_refused ("", NULL, "", "strategy");
  assert_refused ("rules", "{\"name\":\"mine\"}", "mine", "rule");
  assert_refused ("rules", "{\"name\":7}", "7", "rule");
  assert_refused ("rules", "[]", "rules", "rules");
  assert_refused ("rules", "{\"name\":", "rules", "rules");
  assert_refused ("rules", "", "rules", "rules");
}

static void
test_unknown_column (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SyncResolver) good = resolver_new ("rules", "{\"name\":\"max\"}");
  g_autoptr (SyncResolver) bad = resolver_new ("rules", "{\"name\":\"max\",\"colour\":\"min\"}");
  g_autoptr (SyncResolver) projects = sync_resolver_new_for_entity ("projects");
  g_autoptr (GError) error = NULL;

  g_assert_true (sync_resolver_check_entity (good, fixture->entity, &error));
  g_assert_true (sync_resolver_check_entity (projects, fixture->entity, &error));
  g_assert_no_error (error);
  g_assert_false (sync_resolver_check_entity (bad, fixture->entity, &error));
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_INVALID);
  g_assert_cmpstr (sync_error_get_detail (error)->subject, ==, "colour");
  g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "column");
}

static void
test_built_in_entities (Fixture *fixture, gconstpointer data)
{
  static const char *const names[][2] = { { "notifications", "notifications" },
                                          { "projects", "projects" },
                                          { "user_settings", "user-settings" },
                                          { "anything", "newest" } };

  rows (fixture, "{\"name\":\"b\"}", "{\"name\":\"l\"}", "{\"name\":\"r\"}");
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (SyncResolver) resolver = sync_resolver_new_for_entity (names[i][0]);

      g_assert_cmpstr (sync_resolver_default_strategy (names[i][0]), ==, names[i][1]);
      g_assert_true (sync_resolver_is_strategy (names[i][1]));
      sync_merge_rows (&fixture->dispute, sync_resolver_decide, resolver, fixture->result,
                       fixture->disputed, &fixture->by);
      g_assert_cmpstr (fixture->by, ==, names[i][1]);
    }
  g_assert_false (sync_resolver_is_strategy ("user_settings"));
  g_assert_false (sync_resolver_is_strategy (NULL));
}

#define add(name, func) g_test_add ("/resolver/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("newest-unknown-loses-tie-goes-to-the-remote", test_newest);
  add ("local-remote-and-user-settings-take-a-side", test_sides);
  add ("manual-and-custom-leave-it-to-somebody", test_a_person_decides);
  add ("only-columns-changed-on-both-sides-are-decided", test_only_disputed_columns);
  add ("notifications-read-wins-over-priority-and-time", test_notifications_read_wins);
  add ("notifications-higher-priority-wins-over-time", test_notifications_priority);
  add ("notifications-unranked-priority-goes-by-time", test_notifications_unranked_priority);
  add ("projects-by-column", test_projects);
  add ("rules-by-column-others-newest", test_rules_by_column);
  add ("deletion-against-edit", test_deletions);
  g_test_add_func ("/resolver/unknown-strategies-and-rules-are-named", test_unknown_words);
  add ("unknown-columns-are-named", test_unknown_column);
  add ("built-in-entities-have-their-own", test_built_in_entities);
  return g_test_run ();
}
