/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-store.h"
#include "sync-manager.h"
#include "sync-resolve.h"
#include "sync-snapshot.h"
#include "test-provider.h"
#include "test-rig.h"

/* A row changed on both sides: who decides what, and that what lost can be had back. */

#define NOTES "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER);"
#define TIMED \
  "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER, updated_at TEXT);"

#define MINUTE G_TIME_SPAN_MINUTE

/* What is in the record, without contents. */
#define RECORD "SELECT id, kind, state, resolution, resolved_by FROM psync_conflict ORDER BY conflict"
#define SIDES(column) \
  "SELECT base ->> '$." column "', local ->> '$." column "', remote ->> '$." column "', " \
  "result ->> '$." column "' FROM psync_conflict ORDER BY conflict"

typedef struct
{
  const char *entity;
  const char *strategy;
  const char *rules;
} Setting;

static gboolean
configure (SyncStore *store, gpointer data, GError **error)
{
  Setting *setting = data;

  return sync_store_configure_entity (store, setting->entity, -1, setting->strategy, setting->rules, error);
}

static void
set_strategy (TestDevice *device, const char *entity, const char *strategy, const char *rules)
{
  Setting setting = { entity, strategy, rules };
  g_autoptr (GError) error = NULL;

  test_device_call (device, configure, &setting, &error);
  g_assert_no_error (error);
}

/* Two devices that both have note 1. */
static void
begin (TestRig *rig, TestDevice **a, TestDevice **b, const char *strategy)
{
  *a = test_rig_add (rig, "a");
  *b = test_rig_add (rig, "b");
  test_device_sql (*a, "INSERT INTO notes (id, title, body, rank) VALUES ('1', 'title', 'body', 1)");
  test_rig_settle (rig);
  if (strategy != NULL)
    {
      set_strategy (*a, "notes", strategy, NULL);
      set_strategy (*b, "notes", strategy, NULL);
    }
}

/* --- By column ---------------------------------------------------------------------------------- */

static void
test_merge (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "UPDATE notes SET title = 'by a', rank = 7");
  test_device_sql (b, "UPDATE notes SET body = 'by b', rank = 7");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|by a|by b|7\n");
  test_device_expect (a, RECORD, "");
  test_device_expect (b, RECORD, "");
}

/* The column in which the owner notes the time takes the later one and is never a conflict. */
static void
test_time_column (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "UPDATE notes SET title = 'by a', updated_at = '2026-05-05T00:00:00.000Z'");
  test_device_sql (b, "UPDATE notes SET body = 'by b', updated_at = '2026-04-04T00:00:00.000Z'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM notes", "1|by a|by b|1|2026-05-05T00:00:00.000Z\n");
  test_device_expect (b, RECORD, "");
}

/* As many owners write it: seconds since 1970. */
static void
test_time_in_seconds (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "UPDATE notes SET title = 'by a', updated_at = 1790000000");
  test_device_sql (b, "UPDATE notes SET body = 'by b', updated_at = 1780000000");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body, updated_at FROM notes", "by a|by b|1790000000\n");
  test_device_sql (a, "UPDATE notes SET updated_at = 1790000001");
  test_device_sql (b, "UPDATE notes SET updated_at = 1790000002");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT updated_at FROM notes", "1790000002\n");
}

/* --- Strategies --------------------------------------------------------------------------------- */

/* The strategy decides only what both changed; the loser is in the record, whole. */
static void
test_newest_remote (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (b, "UPDATE notes SET title = 'by b', body = 'only b'");
  test_rig_advance (rig, MINUTE);
  test_device_sql (a, "UPDATE notes SET title = 'by a', rank = 9");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|by a|only b|9\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|merged|newest\n");
  test_device_expect (b, SIDES ("title"), "title|by b|by a|by a\n");
  test_device_expect (b, SIDES ("body"), "body|only b|body|only b\n");
  test_device_expect (b, "SELECT columns FROM psync_conflict", "[\"title\"]\n");
  test_device_expect (a, RECORD, "");
}

static void
test_newest_local (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|local|newest\n");
  test_device_expect (b, SIDES ("title"), "title|by b|by a|by b\n");
}

/* At the same time: everybody decides for the same side, that which the cloud had first. */
static void
test_newest_tie (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "by a\n");
}

/* A computer whose clock is wrong neither always wins nor always loses. */
static void
test_newest_wrong_clock (TestRig *rig)
{
  TestDevice *a, *b;
  gint64 right;

  begin (rig, &a, &b, NULL);
  for (int hours = -5; hours <= 5; hours += 10)
    {
      right = sync_clock_now (rig->clock);
      test_clock_set (rig->clock, right + hours * G_TIME_SPAN_HOUR);
      test_device_sync (b);
      test_device_sql (b, "UPDATE notes SET title = 'by b'");
      test_clock_set (rig->clock, right);
      test_rig_advance (rig, MINUTE);
      test_device_sql (a, "UPDATE notes SET title = 'later by a'");
      test_device_sync (a);
      test_clock_set (rig->clock, right + MINUTE + hours * G_TIME_SPAN_HOUR);
      test_device_sync (b);
      test_device_expect (b, "SELECT title FROM notes", "later by a\n");
      test_device_sql (b, "UPDATE notes SET title = 'b' || rank, rank = rank + 1");
      test_device_sync (b);
      test_clock_set (rig->clock, right + MINUTE);
      test_rig_advance (rig, MINUTE);
      test_device_sync (a);
    }
  test_rig_assert_converged (rig);
}

/* What nobody knows the time of, as a foreign key's doing, loses against a real edit. */
static void
test_newest_unknown (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE notes SET title = 'by b'; UPDATE psync_change SET changed_at = NULL");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "by a\n");
  test_device_sql (a, "UPDATE notes SET title = 'a again'; UPDATE psync_change SET changed_at = NULL");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'b again'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "b again\n");
}

static void
test_local (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "local");
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_rig_advance (rig, MINUTE);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|local|local\n");
}

static void
test_remote (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "remote");
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE notes SET title = 'by b', body = 'kept'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes", "by a|kept\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|merged|remote\n");
}

/* For one run instead of the entity's own. */
static void
test_strategy_of_run (TestRig *rig)
{
  SyncRunOptions options = { .strategy = "local" };
  TestDevice *a, *b;

  begin (rig, &a, &b, "remote");
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_do (b, SYNC_RUN_SYNC, &options);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "by b\n");
}

static void
test_rules (TestRig *rig)
{
  static const char rules[] = "{\"title\":\"local\",\"body\":\"remote\",\"rank\":\"max\",\"low\":\"min\",\"tags\":\"union\"}";
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  set_strategy (a, "tagged", "rules", rules);
  set_strategy (b, "tagged", "rules", rules);
  test_device_sql (a, "INSERT INTO tagged VALUES ('1', 't', 'b', 5, 5, '[\"x\",\"y\"]', 'other')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE tagged SET title = 'ta', body = 'ba', rank = 9, low = 9, tags = '[\"x\",\"y\",\"a\"]', "
                      "other = 'oa'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE tagged SET title = 'tb', body = 'bb', rank = 7, low = 7, tags = '[\"y\",\"b\"]', "
                      "other = 'ob'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body, rank, low, other FROM tagged", "tb|ba|9|7|ob\n");
  test_device_expect (a, "SELECT value FROM tagged, json_each (tags) ORDER BY value", "a\nb\ny\n");
}

/* --- The built-in entities ---------------------------------------------------------------------- */

static void
test_notifications (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO notifications (id, title, status, priority) VALUES ('1', 't', 'unread', 'low'), "
                      "('2', 't', 'unread', 'low'), ('3', 't', 'unread', 'low')");
  test_rig_settle (rig);
  /* Read wins over a later edit, then the more urgent, then the newest. */
  test_device_sql (a, "UPDATE notifications SET title = 'a', status = 'read' WHERE id = '1';"
                      "UPDATE notifications SET title = 'a', priority = 'critical' WHERE id = '2';"
                      "UPDATE notifications SET title = 'a' WHERE id = '3'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE notifications SET title = 'b', status = 'archived' WHERE id = '1';"
                      "UPDATE notifications SET title = 'b', priority = 'high' WHERE id = '2';"
                      "UPDATE notifications SET title = 'b' WHERE id = '3'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, status, priority FROM notifications ORDER BY id",
                      "a|read|low\na|unread|critical\nb|unread|low\n");
  test_device_expect (b, "SELECT id, resolved_by FROM psync_conflict ORDER BY id",
                      "'1'|notifications\n'2'|notifications\n'3'|notifications\n");
}

static void
test_projects (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO projects (id, name, description, settings) VALUES ('1', 'n', 'd', '{}')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE projects SET name = 'na', description = 'da', settings = '{\"by\":\"a\"}'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE projects SET name = 'nb', description = 'db', settings = '{\"by\":\"b\"}'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT name, description, settings FROM projects", "na|da|{\"by\":\"b\"}\n");
}

static void
test_user_settings (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO user_settings (id, key, value) VALUES ('1', 'theme', '\"x\"')");
  test_rig_settle (rig);
  test_device_sql (b, "UPDATE user_settings SET value = '\"b\"'");
  test_rig_advance (rig, MINUTE);
  test_device_sql (a, "UPDATE user_settings SET value = '\"a\"'");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT value FROM user_settings", "\"b\"\n");
}

/* --- A person ----------------------------------------------------------------------------------- */

typedef struct
{
  gint64 number;
  const SyncConflict *expected;
  const char *choice;
  const char *const *fields;
  SyncConflict *conflict;
} Verb;

static gboolean
resolve (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_resolve_conflict (store, verb->number, verb->expected, verb->choice, verb->fields, error);
}

static gboolean
load (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  verb->conflict = sync_store_get_conflict (store, verb->number, error);
  return verb->conflict != NULL;
}

static gboolean
undo (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_undo_conflict (store, ((Verb *) data)->number, error);
}

static gint64
get_number (TestDevice *device, const char *state)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT conflict FROM psync_conflict WHERE state = '%s' ORDER BY conflict LIMIT 1", state);
  g_autofree char *number = test_device_query (device, sql);

  if (*number == '\0')
    g_error ("%s has no conflict that is %s", device->name, state);
  return g_ascii_strtoll (number, NULL, 10);
}

static void
decide (TestDevice *device, const char *choice, const char *const *fields)
{
  Verb verb = { .number = get_number (device, "open"), .choice = choice, .fields = fields };
  g_autoptr (GError) error = NULL;

  test_device_call (device, resolve, &verb, &error);
  g_assert_no_error (error);
}

static void
decide_badly (TestDevice *device, const char *choice, const char *const *fields, SyncError code)
{
  Verb verb = { .number = get_number (device, "open"), .choice = choice, .fields = fields };
  g_autoptr (GError) error = NULL;

  test_device_call (device, resolve, &verb, &error);
  g_assert_error (error, SYNC_ERROR, (int) code);
}

static void
undo_first (TestDevice *device)
{
  Verb verb = { .number = get_number (device, "resolved") };
  g_autoptr (GError) error = NULL;

  test_device_call (device, undo, &verb, &error);
  g_assert_no_error (error);
}

/* Both changed the title; `b` is asked. */
static void
begin_manual (TestRig *rig, TestDevice **a, TestDevice **b)
{
  begin (rig, a, b, "manual");
  test_device_sql (*a, "UPDATE notes SET title = 'by a'");
  test_device_sync (*a);
  test_device_sql (*b, "UPDATE notes SET title = 'by b', body = 'only b'");
  test_device_sync (*b);
  test_device_expect (*b, "SELECT title, body FROM notes", "by b|only b\n");
  test_device_expect (*b, RECORD, "'1'|edit-edit|open||\n");
}

/* Neither pushed nor overwritten until somebody decides, and no second conflict. */
static void
test_manual (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_assert_quiet (b);
  test_device_sql (b, "UPDATE notes SET body = 'b again'");
  test_device_sql (a, "UPDATE notes SET rank = 99");
  test_device_sync (a);
  test_device_sync (b);
  test_device_sync (a);
  test_device_expect (a, "SELECT * FROM notes", "1|by a|body|99\n");
  test_device_expect (b, "SELECT * FROM notes", "1|by b|b again|1\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|open||\n");
  /* The other side is the newest one. */
  test_device_expect (b, "SELECT remote ->> '$.rank', local ->> '$.body' FROM psync_conflict", "99|b again\n");
  decide (b, "local", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|by b|b again|99\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|merged|user\n");
}

static void
test_manual_remote (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  decide (b, "remote", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes", "by a|only b\n");
}

/* It closes by itself when both sides come to be equal. */
static void
test_manual_equal (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_sql (a, "UPDATE notes SET title = 'by b', body = 'only b'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT state, resolved_by FROM psync_conflict", "resolved|equal\n");
}

/* A newer remote that takes its change back leaves nothing to decide. */
static void
test_manual_withdrawn (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_sql (a, "UPDATE notes SET title = 'title', rank = 3");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|by b|only b|3\n");
  test_device_expect (b, "SELECT state FROM psync_conflict", "resolved\n");
}

/* A side on which the row is deleted has no columns to choose. */
static void
test_manual_fields_of_deleted (TestRig *rig)
{
  static const char *const fields[] = { "title=local", NULL };
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "DELETE FROM notes");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  decide_badly (b, "remote", fields, SYNC_ERROR_UNFIT);
  test_device_expect (b, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, RECORD, "'1'|edit-delete|open||\n");
  decide (b, "local", fields);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "by b\n");
}

static void
test_manual_fields (TestRig *rig)
{
  static const char *const fields[] = { "title=remote", "body:=\"by hand\"", "rank:=42", NULL };
  static const char *const no_column[] = { "colour=remote", NULL };
  static const char *const no_side[] = { "title=both", NULL };
  static const char *const no_json[] = { "title:=by hand", NULL };
  static const char *const key[] = { "id=remote", NULL };
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  decide_badly (b, "local", no_column, SYNC_ERROR_NO_COLUMN);
  decide_badly (b, "local", no_side, SYNC_ERROR_INVALID);
  decide_badly (b, "local", no_json, SYNC_ERROR_INVALID);
  decide_badly (b, "local", key, SYNC_ERROR_INVALID);
  decide_badly (b, "neither", NULL, SYNC_ERROR_INVALID);
  decide (b, "local", fields);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM notes", "1|by a|by hand|42\n");
  test_device_expect (b, SIDES ("title"), "title|by b|by a|by a\n");
  test_device_expect (b, SIDES ("body"), "body|only b|body|by hand\n");
}

/* An answer to something that is not so any more is not applied. */
static void
test_manual_stale (TestRig *rig)
{
  TestDevice *a, *b;
  g_autoptr (SyncConflict) shown = NULL;
  g_autoptr (GError) error = NULL;
  Verb verb = { .choice = "remote" };

  begin_manual (rig, &a, &b);
  verb.number = get_number (b, "open");
  test_device_call (b, load, &verb, &error);
  g_assert_no_error (error);
  shown = verb.conflict;
  verb.expected = shown;
  test_device_sql (b, "UPDATE notes SET title = 'b once more'");
  test_device_call (b, resolve, &verb, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  g_clear_error (&error);
  test_device_expect (b, "SELECT title FROM notes", "b once more\n");
  test_device_expect (b, "SELECT state, local ->> '$.title' FROM psync_conflict", "open|b once more\n");
  test_device_sql (a, "UPDATE notes SET title = 'a once more'");
  test_device_sync (a);
  test_device_sync (b);
  test_device_call (b, resolve, &verb, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
  decide (b, "remote", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "a once more\n");
}

/* Nobody is told to look again at what would look the same. */
static void
test_manual_unfit (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_sql (b, "UPDATE notes SET body = x'00'");
  decide_badly (b, "remote", NULL, SYNC_ERROR_UNFIT);
  test_device_sync (b);
  decide_badly (b, "remote", NULL, SYNC_ERROR_UNFIT);
  test_device_sql (b, "UPDATE notes SET body = 'of b'");
  test_device_sync (b);
  decide (b, "remote", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes", "by a|of b\n");
}

/* Edited here until it is as there: nothing is left to decide. */
static void
test_manual_edited_to_equal (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_sql (b, "UPDATE notes SET title = 'by a', body = 'body'");
  decide_badly (b, "local", NULL, SYNC_ERROR_STALE);
  test_device_expect (b, "SELECT state, resolved_by FROM psync_conflict", "resolved|equal\n");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT title FROM notes", "by a\n");
}

/* Without anybody's answer: the next run sees it. Where something else was edited beside, that travels. */
static void
test_manual_closes_by_itself (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  test_device_sql (b, "UPDATE notes SET title = 'still another'");
  test_device_sync (b);
  test_device_expect (b, "SELECT state, local ->> '$.title' FROM psync_conflict", "open|still another\n");
  test_device_assert_quiet (b);
  test_device_sql (b, "UPDATE notes SET title = 'by a', rank = 5");
  test_device_sync (b);
  test_device_expect (b, "SELECT state, resolved_by FROM psync_conflict", "resolved|merge\n");
  test_device_assert_clean (b);
  test_device_assert_quiet (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body, rank FROM notes", "by a|only b|5\n");
}

/* As after a push to which the cloud answered that a trigger of its own changed the row: it is read again. */
static void
change_by_trigger (TestRig *rig, TestDevice *device, const char *old, const char *new)
{
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *sql = g_strdup_printf ("UPDATE vault_row SET row = replace (row, '%s', '%s')", old, new);
  g_autoptr (GError) error = NULL;
  SyncConnection *vault = sync_connection_open (path, 0, 5000, &error);

  g_assert_no_error (error);
  g_assert_true (sync_connection_execute (vault, sql, &error));
  sync_connection_close (vault);
  test_device_sql (device, "INSERT INTO psync_change (entity, id, seq, reread) VALUES ('notes', '''1''', 0, 1) "
                           "ON CONFLICT (entity, id) DO UPDATE SET reread = 1");
}

/* What a trigger made of one's own row was there before what was edited, or deleted, here since. */
static void
test_own_row_changed_there (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "remote");
  test_rig_remove (rig, b);
  test_device_sql (a, "UPDATE notes SET title = 'again'");
  change_by_trigger (rig, a, "\"title\",\"body\":\"body\"", "\"TITLE\",\"body\":\"BODY\"");
  test_device_sync (a);
  test_device_expect (a, "SELECT title, body FROM notes", "again|BODY\n");
  test_rig_assert_converged (rig);
  test_device_sql (a, "DELETE FROM notes");
  change_by_trigger (rig, a, "again", "AGAIN");
  test_device_sync (a);
  test_device_expect (a, "SELECT * FROM notes", "");
  test_rig_assert_converged (rig);
  test_device_expect (a, RECORD, "");
}

/* Both sides fit into the table, but what was chosen does not go with what was merged: that is said, nothing is lost, and
 * there is a way out. */
static void
test_manual_refused (TestRig *rig)
{
  static const char *const as_here[] = { "rank=local", NULL };
  static const char *const by_hand[] = { "rank:=4", NULL };
  TestDevice *a, *b;
  Verb verb = { .choice = "local" };

  begin (rig, &a, &b, "manual");
  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (GError) error = NULL;

      test_device_sql (a, "UPDATE notes SET title = 'high', rank = rank + 7");
      test_device_sync (a);
      test_device_sqlf (b, "UPDATE notes SET title = 'low %u'", i);
      test_device_sync (b);
      verb.number = get_number (b, "open");
      test_device_call (b, resolve, &verb, &error);
      g_assert_error (error, SYNC_ERROR, SYNC_ERROR_UNFIT);
      g_assert_cmpstr (sync_error_get_detail (error)->reason, ==, "check");
      g_assert_cmpstr (sync_error_get_detail (error)->column, ==, "only_high_is_far");
      test_device_expect (b, "SELECT title FROM notes", i == 0 ? "low 0\n" : "low 1\n");
      test_device_expect (b, "SELECT local ->> '$.title', remote ->> '$.title' FROM psync_conflict WHERE state = 'open'",
                          i == 0 ? "low 0|high\n" : "low 1|high\n");
      decide (b, "local", i == 0 ? as_here : by_hand);
      test_rig_assert_converged (rig);
      test_device_expect (a, "SELECT title, rank FROM notes", i == 0 ? "low 0|1\n" : "low 1|4\n");
    }
}

/* Two rows exchanged the values of a UNIQUE column there, and both are in conflict here. */
static void
test_manual_exchanged (TestRig *rig)
{
  static const char *const apart[] = { "x:=\"for a while\"", NULL };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO u VALUES (1, 'one', 'x1'), (2, 'two', 'x2')");
  test_rig_settle (rig);
  set_strategy (b, "u", "manual", NULL);
  test_device_sql (a, "UPDATE u SET x = 'x3' WHERE id = 1; UPDATE u SET x = 'x1' WHERE id = 2; "
                      "UPDATE u SET x = 'x2' WHERE id = 1; UPDATE u SET v = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE u SET v = 'by b'");
  test_device_sync (b);
  decide_badly (b, "remote", NULL, SYNC_ERROR_UNFIT);
  decide (b, "remote", apart);
  decide (b, "local", NULL);
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE u SET x = 'x2' WHERE id = 1");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM u", "1|by a|x2\n2|by b|x1\n");
}

static void
test_keep_both (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  decide (b, "both", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes ORDER BY title", "by a|body\nby b|only b\n");
  test_device_expect (a, "SELECT title FROM notes WHERE id = '1'", "by a\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|resolved|both|user\n");
}

/* The copy and what the cloud has come together or not at all. */
static void
test_keep_both_refused (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (b, "CREATE UNIQUE INDEX only_one ON notes (rank)");
  test_device_sync (b);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  decide_badly (b, "both", NULL, SYNC_ERROR_UNFIT);
  test_device_expect (b, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|open||\n");
  test_device_sql (b, "UPDATE notes SET rank = NULL");
  decide_badly (b, "both", NULL, SYNC_ERROR_STALE);
  decide (b, "both", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, rank FROM notes ORDER BY title", "by a|1\nby b|\n");
}

static void
test_keep_both_numbers (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  set_strategy (b, "numbers", "manual", NULL);
  test_device_sql (a, "INSERT INTO numbers VALUES (1, 'one'), (2, 'two')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE numbers SET name = 'a' WHERE id = 1");
  test_device_sync (a);
  test_device_sql (b, "UPDATE numbers SET name = 'b' WHERE id = 1");
  test_device_sync (b);
  decide (b, "both", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT * FROM numbers ORDER BY id", "1|a\n2|two\n3|b\n");
}

/* A key that means something cannot be replaced by another one. */
static void
test_keep_both_natural (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  set_strategy (b, "words", "manual", NULL);
  test_device_sql (a, "INSERT INTO words VALUES ('house', 'Haus')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE words SET meaning = 'Gebäude'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE words SET meaning = 'Heim'");
  test_device_sync (b);
  decide_badly (b, "both", NULL, SYNC_ERROR_INVALID);
  test_device_expect (b, "SELECT * FROM words", "house|Heim\n");
}

/* The row was edited back to what it was, so nothing is in dispute, but what the conflict shows refers to a row that
 * went meanwhile. */
static void
test_conflict_without_parent (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO parents VALUES ('p', 'one'), ('q', 'two');"
                      "INSERT INTO children VALUES ('c', 'p', 'title')");
  test_rig_settle (rig);
  set_strategy (b, "children", "manual", NULL);
  test_device_sql (a, "UPDATE children SET parent = 'q', title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE children SET title = 'by b'");
  test_device_sync (b);
  test_device_expect (b, RECORD, "'c'|edit-edit|open||\n");
  test_device_sql (b, "UPDATE children SET title = 'title'; DELETE FROM parents WHERE id = 'q'");
  test_device_sync (b);
  test_device_expect (b, RECORD, "'c'|edit-edit|open||\n");
  test_rig_settle (rig);
  test_device_expect (b, RECORD, "'c'|edit-delete|open||\n");
  decide (b, "remote", NULL);
  test_rig_assert_converged (rig);
}

/* A newer version, which the table refused, comes after the one that an open conflict shows. */
static void
test_conflict_before_held (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO users VALUES ('1', 'x')");
  test_rig_settle (rig);
  set_strategy (b, "users", "manual", NULL);
  test_device_sql (a, "UPDATE users SET name = 'y'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE users SET name = 'w'");
  test_device_sync (b);
  test_device_expect (b, RECORD, "'1'|edit-edit|open||\n");
  test_device_sql (b, "UPDATE users SET name = 'x'; INSERT INTO users VALUES ('8', 'y'), ('9', 'z')");
  test_device_sql (a, "UPDATE users SET name = 'z'");
  test_device_sync (a);
  test_device_sync (b);
  test_device_expect (b, "SELECT row ->> '$.name' FROM psync_held", "z\n");
  test_device_expect (b, RECORD, "'1'|edit-edit|open||\n");
  test_device_sql (b, "DELETE FROM users WHERE id = '8'");
  test_device_sync (b);
  test_device_expect (b, "SELECT * FROM users ORDER BY id", "1|y\n9|z\n");
  test_device_expect (b, "SELECT row ->> '$.name' FROM psync_held", "z\n");
  test_device_sql (b, "DELETE FROM users WHERE id = '9'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT * FROM users", "1|z\n");
}

/* --- A resolver that answers when it likes ------------------------------------------------------ */

typedef struct
{
  SyncConflict *asked; /* (owned) (nullable): the question last put */
  guint n_asked;
  gboolean completed;
  SyncResult *result;
} Custom;

static void
ask (SyncManager *manager, const SyncConflict *conflict, gpointer data)
{
  Custom *custom = data;

  g_clear_pointer (&custom->asked, sync_conflict_free);
  custom->asked = sync_conflict_copy (conflict);
  custom->n_asked++;
}

static void
ran_cb (GObject *source, GAsyncResult *result, gpointer data)
{
  Custom *custom = data;
  g_autoptr (GError) error = NULL;

  custom->result = sync_manager_run_finish (SYNC_MANAGER (source), result, &error);
  g_assert_no_error (error);
}

static void
sync_by_manager (SyncManager *manager, Custom *custom, const SyncRunOptions *options)
{
  sync_manager_run_async (manager, SYNC_RUN_SYNC, options, NULL, ran_cb, custom);
  while (custom->result == NULL)
    g_main_context_iteration (NULL, TRUE);
  g_assert_no_error (custom->result->error);
  g_clear_pointer (&custom->result, sync_result_free);
}

static void
wait_for_question (Custom *custom, guint n)
{
  while (custom->n_asked < n)
    g_main_context_iteration (NULL, TRUE);
}

static void
wait_until_none_open (TestDevice *device)
{
  g_autofree char *open = NULL;

  do
    {
      g_main_context_iteration (NULL, FALSE);
      g_free (open);
      open = test_device_query (device, "SELECT conflict FROM psync_conflict WHERE state = 'open'");
    }
  while (*open != '\0');
}

static void
end_manager (SyncManager *manager)
{
  gpointer pointer = manager;

  g_object_add_weak_pointer (G_OBJECT (manager), &pointer);
  g_object_unref (manager);
  while (pointer != NULL)
    g_main_context_iteration (NULL, TRUE);
}

static const char *const no_environment[] = { NULL };

static void
test_custom (TestRig *rig)
{
  Custom custom = { NULL, 0, FALSE, NULL };
  g_autoptr (SyncSettings) settings = NULL;
  SyncManager *manager;
  TestDevice *a, *b;

  begin (rig, &a, &b, "custom");
  settings = sync_settings_new (b->store, NULL, no_environment);
  manager = sync_manager_new (b->store, settings, rig->clock);
  sync_manager_set_provider (manager, SYNC_PROVIDER (b->faults));
  sync_manager_set_resolver (manager, ask, &custom, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'by a', body = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b', body = 'by b'");
  sync_by_manager (manager, &custom, NULL);
  wait_for_question (&custom, 1);
  g_assert_cmpstr (custom.asked->id, ==, "'1'");
  g_assert_nonnull (strstr (custom.asked->local, "by b"));
  g_assert_nonnull (strstr (custom.asked->remote, "by a"));
  /* Held meanwhile, as under `manual`. */
  test_device_expect (b, "SELECT title FROM notes", "by b\n");

  /* The row was edited before the answer came: asked again, with what is there now. */
  test_device_sql (b, "UPDATE notes SET title = 'b again'");
  sync_manager_answer (manager, custom.asked, "remote", NULL);
  wait_for_question (&custom, 2);
  g_assert_nonnull (strstr (custom.asked->local, "b again"));
  test_device_expect (b, "SELECT title FROM notes", "b again\n");

  /* So is it when the other side changed. */
  test_device_sql (a, "UPDATE notes SET title = 'a again'");
  test_device_sync (a);
  sync_by_manager (manager, &custom, NULL);
  wait_for_question (&custom, 3);
  g_assert_nonnull (strstr (custom.asked->remote, "a again"));
  sync_manager_answer (manager, custom.asked, "local", "{\"id\":\"1\",\"body\":\"made by the resolver\"}");
  wait_until_none_open (b);
  end_manager (manager);
  sync_conflict_free (custom.asked);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, body FROM notes", "b again|made by the resolver\n");
}

/* A resolver for one run, whatever the entity's strategy. */
static void
test_custom_for_run (TestRig *rig)
{
  Custom custom = { NULL, 0, FALSE, NULL };
  SyncRunOptions options = { .resolver = ask, .resolver_data = &custom };
  g_autoptr (SyncSettings) settings = NULL;
  SyncManager *manager;
  TestDevice *a, *b;

  begin (rig, &a, &b, "remote");
  settings = sync_settings_new (b->store, NULL, no_environment);
  manager = sync_manager_new (b->store, settings, rig->clock);
  sync_manager_set_provider (manager, SYNC_PROVIDER (b->faults));
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  sync_by_manager (manager, &custom, &options);
  wait_for_question (&custom, 1);
  /* Asked again if it answers too late. */
  test_device_sql (b, "UPDATE notes SET title = 'b again'");
  sync_manager_answer (manager, custom.asked, "remote", NULL);
  wait_for_question (&custom, 2);
  sync_manager_answer (manager, custom.asked, "local", NULL);
  wait_until_none_open (b);
  end_manager (manager);
  sync_conflict_free (custom.asked);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "b again\n");
}

/* --- Deleted on one side, edited on the other --------------------------------------------------- */

static void
test_delete_then_edit (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "DELETE FROM notes");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "UPDATE notes SET title = 'later'");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "later\n");
  test_device_expect (b, RECORD, "'1'|edit-delete|resolved|local|newest\n");
}

static void
test_edit_then_delete (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (b, "UPDATE notes SET title = 'earlier'");
  test_rig_advance (rig, MINUTE);
  test_device_sql (a, "DELETE FROM notes");
  test_device_sync (a);
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "0\n");
  test_device_expect (b, RECORD, "'1'|edit-delete|resolved|remote|newest\n");
  test_device_expect (b, "SELECT local ->> '$.title' FROM psync_conflict", "earlier\n");
  undo_first (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "earlier\n");
}

/* The one that deleted is asked second. */
static void
test_deleted_here (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'earlier'");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "DELETE FROM notes");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*) FROM notes", "0\n");
  test_device_expect (b, RECORD, "'1'|delete-edit|resolved|local|newest\n");
  test_device_expect (b, "SELECT remote ->> '$.title' FROM psync_conflict", "earlier\n");
  undo_first (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "earlier\n");
}

static void
test_deleted_here_manual (TestRig *rig)
{
  TestDevice *a, *b;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (TestRig) other = test_rig_new (&test_backend_vault, NOTES);

      begin (other, &a, &b, "manual");
      test_device_sql (a, "UPDATE notes SET title = 'edited'");
      test_device_sync (a);
      test_device_sql (b, "DELETE FROM notes");
      test_device_sync (b);
      test_device_expect (b, RECORD, "'1'|delete-edit|open||\n");
      test_device_assert_quiet (b);
      decide_badly (b, "both", NULL, SYNC_ERROR_INVALID);
      decide (b, i == 0 ? "local" : "remote", NULL);
      test_rig_assert_converged (other);
      test_device_expect (a, "SELECT title FROM notes", i == 0 ? "" : "edited\n");
    }
}

static void
test_deleted_there_manual (TestRig *rig)
{
  TestDevice *a, *b;

  for (guint i = 0; i < 2; i++)
    {
      g_autoptr (TestRig) other = test_rig_new (&test_backend_vault, NOTES);

      begin (other, &a, &b, "manual");
      test_device_sql (a, "DELETE FROM notes");
      test_device_sync (a);
      test_device_sql (b, "UPDATE notes SET title = 'edited'");
      test_device_sync (b);
      test_device_expect (b, RECORD, "'1'|edit-delete|open||\n");
      decide (b, i == 0 ? "local" : "remote", NULL);
      test_rig_assert_converged (other);
      test_device_expect (a, "SELECT title FROM notes", i == 0 ? "edited\n" : "");
      /* Either way the edit can be had back. */
      if (i == 1)
        undo_first (b);
      test_rig_assert_converged (other);
      test_device_expect (a, "SELECT title FROM notes", "edited\n");
    }
}

/* A row that others refer to can be given up, too; they go with it, and are kept in the record. */
static void
test_parent_given_up (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  set_strategy (b, "parents", "manual", NULL);
  test_device_sql (a, "INSERT INTO parents VALUES ('p', 'name'); INSERT INTO children VALUES ('c1', 'p')");
  test_rig_settle (rig);
  test_device_sql (a, "DELETE FROM children; DELETE FROM parents");
  test_device_sync (a);
  test_device_sql (b, "UPDATE parents SET name = 'edited'; INSERT INTO children VALUES ('c2', 'p')");
  test_device_sync (b);
  test_device_expect (b, "SELECT entity, id, kind FROM psync_conflict WHERE state = 'open'", "parents|'p'|edit-delete\n");
  decide (b, "remote", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT count(*) FROM parents", "0\n");
  test_device_expect (a, "SELECT count(*) FROM children", "0\n");
  test_device_expect (b, "SELECT id, kind FROM psync_conflict ORDER BY conflict", "'p'|edit-delete\n'c2'|cascade\n");
}

/* The other side refers to a row that is nowhere: who gives up his own edit finds the row held, not in a conflict that
 * no answer ends. */
static gboolean
discard_node (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_discard_changes (store, "nodes", "'k'", error) == 1;
}

static void
test_discard_in_conflict (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");
  g_autoptr (GError) error = NULL;

  set_strategy (a, "nodes", "manual", NULL);
  test_device_sql (a, "INSERT INTO nodes VALUES ('k', 'first', NULL)");
  test_rig_settle (rig);
  test_device_sql (b, "PRAGMA foreign_keys = OFF; UPDATE nodes SET name = 'by b', parent = 'nowhere'");
  test_device_sync (b);
  test_device_sync (a);
  test_device_sql (a, "UPDATE nodes SET name = 'by a'");
  test_device_sync (a);
  test_device_expect (a, "SELECT state FROM psync_conflict", "open\n");
  g_assert_true (test_device_call (a, discard_node, NULL, &error));
  g_assert_no_error (error);
  test_device_expect (a, "SELECT * FROM nodes", "k|first|\n");
  test_device_expect (a, "SELECT kind, state, resolution, local ->> '$.name' FROM psync_conflict",
                      "edit-edit|resolved|remote|by a\ndiscard|resolved|remote|by a\n");
  test_device_sync (a);
  test_device_expect (a, "SELECT * FROM psync_change WHERE seq > 0", "");
  test_device_expect (a, "SELECT id, reason FROM psync_held", "'k'|foreign-key\n");
  test_device_sql (b, "INSERT INTO nodes VALUES ('nowhere', 'parent', NULL)");
  test_rig_assert_converged (rig);
}

/* A deletion that lost is put back: what refers to the row by now goes with it, and is on record. */
static void
test_deletion_put_back (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  set_strategy (b, "parents", "remote", NULL);
  test_device_sql (a, "INSERT INTO parents VALUES ('p', 'name')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE parents SET name = 'edited'; INSERT INTO children VALUES ('c', 'p')");
  test_device_sync (a);
  test_device_sql (b, "DELETE FROM parents");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT c.id, p.name FROM children c JOIN parents p ON p.id = c.parent", "c|edited\n");
  undo_first (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT (SELECT count (*) FROM parents), (SELECT count (*) FROM children)", "0|0\n");
  test_device_expect (b, "SELECT kind, local ->> '$.parent' FROM psync_conflict WHERE entity = 'children'",
                      "cascade|p\n");
}

/* A column that is new here while a conflict is open may hold something on the other side. */
static void
test_manual_new_column (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET title = 'by a', colour = 'red'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'blue'");
  test_device_sync (b);
  test_device_assert_quiet (b);
  test_device_expect (b, "SELECT remote ->> '$.colour' FROM psync_conflict", "red\n");
  decide (b, "local", NULL);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, colour FROM notes", "by b|blue\n");
  test_device_expect (b, SIDES ("colour"), "|blue|red|blue\n");
}

/* Somebody else deleted what nobody here changed: no conflict, also where the outbox has the row for other
 * reasons. */
static void
test_unchanged_gives_way (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "local");
  test_device_sql (a, "DELETE FROM notes");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'x'; UPDATE notes SET title = 'title'");
  test_rig_assert_converged (rig);
  test_device_expect (b, "SELECT count(*) FROM notes", "0\n");
  test_device_expect (b, RECORD, "");
}

/* --- Undo and the record ------------------------------------------------------------------------ */

static void
test_undo (TestRig *rig)
{
  TestDevice *a, *b;
  Verb verb = { 0 };
  g_autoptr (GError) error = NULL;

  begin (rig, &a, &b, "remote");
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  test_device_expect (b, "SELECT title FROM notes", "by a\n");
  verb.number = get_number (b, "resolved");
  undo_first (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, "SELECT state FROM psync_conflict", "undone\n");
  /* Once is enough. */
  test_device_call (b, undo, &verb, &error);
  g_assert_error (error, SYNC_ERROR, SYNC_ERROR_STALE);
}

/* What was edited since goes on record, and is put back in its turn. */
static void
test_undo_later_edit (TestRig *rig)
{
  TestDevice *a, *b;
  Verb verb = { 0 };
  g_autoptr (GError) error = NULL;

  begin (rig, &a, &b, "remote");
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  test_device_sql (b, "UPDATE notes SET title = 'days later'");
  test_device_sync (b);
  undo_first (b);
  test_device_expect (b, "SELECT title FROM notes", "by b\n");
  test_device_expect (b, "SELECT kind, state, local ->> '$.title' FROM psync_conflict WHERE conflict > 1",
                      "discard|resolved|days later\n");
  verb.number = get_number (b, "resolved");
  test_device_call (b, undo, &verb, &error);
  g_assert_no_error (error);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes", "days later\n");
}

/* Columns that were in no dispute become what was merged of them, but for what was edited since. */
static void
test_undo_choices (TestRig *rig)
{
  static const char *const fields[] = { "body=remote", "rank:=42", NULL };
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  decide (b, "local", fields);
  test_device_expect (b, "SELECT title, body, rank FROM notes", "by b|body|42\n");
  undo_first (b);
  test_device_expect (b, "SELECT title, body, rank FROM notes", "by a|only b|1\n");
  test_rig_assert_converged (rig);
  test_device_sql (a, "UPDATE notes SET title = 'again by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'again by b'");
  test_device_sync (b);
  decide (b, "remote", fields);
  test_device_sql (b, "UPDATE notes SET rank = 43");
  undo_first (b);
  test_device_expect (b, "SELECT title, body, rank FROM notes", "again by b|only b|43\n");
  test_rig_assert_converged (rig);
}

/* The other side has its place then only on record. */
static void
test_undo_both (TestRig *rig)
{
  TestDevice *a, *b;

  begin_manual (rig, &a, &b);
  decide (b, "both", NULL);
  undo_first (b);
  test_device_expect (b, "SELECT title FROM notes WHERE id = '1'", "by b\n");
  undo_first (b);
  test_device_expect (b, "SELECT title, body FROM notes ORDER BY title", "by a|body\nby b|only b\n");
  test_rig_assert_converged (rig);
}

/* A column that is younger than the record keeps what it has. */
static void
test_undo_new_column (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "remote");
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  test_device_sql (b, "ALTER TABLE notes ADD COLUMN colour TEXT; UPDATE notes SET colour = 'red'");
  undo_first (b);
  test_device_expect (b, "SELECT title, colour FROM notes", "by b|red\n");
  test_device_sql (a, "ALTER TABLE notes ADD COLUMN colour TEXT");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title, colour FROM notes", "by b|red\n");
}

static void
test_trimmed (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  set_strategy (b, "notes", "manual", NULL);
  test_device_sql (a, "INSERT INTO notes (id, title) VALUES ('2', 'two')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'a' WHERE id = '2'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'b' WHERE id = '2'");
  test_rig_settle (rig);
  test_device_expect (b, "SELECT id, state FROM psync_conflict ORDER BY id", "'1'|resolved\n'2'|open\n");
  test_rig_advance (rig, 29 * G_TIME_SPAN_DAY);
  test_rig_settle (rig);
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "2\n");
  test_rig_advance (rig, 2 * G_TIME_SPAN_DAY);
  /* What has nothing to do writes nothing, not even that. */
  test_rig_settle (rig);
  test_device_expect (b, "SELECT count(*) FROM psync_conflict", "2\n");
  test_device_sql (b, "INSERT INTO notes (id) VALUES ('3')");
  test_rig_settle (rig);
  /* An open one stays however old it is. */
  test_device_expect (b, "SELECT id, state FROM psync_conflict", "'2'|open\n");
}

/* What people decide counts for no brake. */
static void
test_decisions_and_brake (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, "manual");
  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 40) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', NULL, i FROM n");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE notes SET title = 'by a'");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET title = 'by b'");
  test_device_sync (b);
  for (guint i = 0; i < 41; i++)
    decide (b, "remote", NULL);
  test_device_sql (a, "UPDATE notes SET body = 'x' WHERE rank < 10");
  test_rig_assert_converged (rig);
}

/* --- Seed and hydrate --------------------------------------------------------------------------- */

static void
test_seed (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b = test_rig_add (rig, "b");

  test_device_sql (a, "INSERT INTO notes (id, title) VALUES ('1', 'by a'), ('2', 'only a'), ('3', 'same')");
  test_device_sync (a);
  test_rig_advance (rig, MINUTE);
  test_device_sql (b, "INSERT INTO notes (id, title) VALUES ('1', 'by b'), ('4', 'only b'), ('3', 'same')");
  test_rig_advance (rig, MINUTE);
  test_device_do (b, SYNC_RUN_SEED, NULL);
  /* Push only: what is there was not taken, and the cursor did not move. */
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "1|by b\n3|same\n4|only b\n");
  test_device_expect (b, "SELECT pulled_version FROM psync_entity", "0\n");
  test_device_expect (b, "SELECT * FROM psync_change", "");
  test_device_expect (b, "SELECT kind, resolution, remote ->> '$.title' FROM psync_conflict", "seed|local|by a\n");
  test_device_sync (a);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "1|by b\n2|only a\n3|same\n4|only b\n");
  test_rig_assert_converged (rig);
  undo_first (b);
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT title FROM notes WHERE id = '1'", "by a\n");
}

/* A seed that was broken off goes on. */
static void
test_seed_resumes (TestRig *rig)
{
  SyncRunOptions options = { .batch_size = 10 };
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', NULL, i FROM n");
  test_faults_plan (a->faults, TEST_REQUEST_PUSH, 5, TEST_FAULT_LOST);
  result = test_device_run (a, SYNC_RUN_SEED, &options);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  test_device_expect (a, "SELECT count(*) FROM psync_change", "50\n");
  test_faults_reset_counts (a->faults);
  test_device_do (a, SYNC_RUN_SEED, &options);
  g_assert_cmpuint (test_faults_count (a->faults, TEST_REQUEST_PUSH), ==, 5);
  test_rig_assert_converged (rig);
  test_device_expect (a, RECORD, "");
}

static guint
count_snapshots (TestDevice *device)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) all = sync_snapshot_list (device->path, &error);

  g_assert_no_error (error);
  return all->len;
}

static void
begin_hydrate (TestRig *rig, TestDevice **a, TestDevice **b)
{
  begin (rig, a, b, "local");
  test_device_sql (*a, "INSERT INTO notes (id, title) VALUES ('2', 'two'), ('3', 'three')");
  test_rig_settle (rig);
  test_device_sql (*a, "UPDATE notes SET title = 'by a' WHERE id IN ('1', '2'); DELETE FROM notes WHERE id = '3'");
  test_device_sync (*a);
  test_device_sql (*b, "UPDATE notes SET title = 'by b' WHERE id = '1'; INSERT INTO notes (id, title) "
                       "VALUES ('4', 'unsent')");
}

/* The cloud wins, and what was not sent yet is kept. */
static void
test_hydrate (TestRig *rig)
{
  TestDevice *a, *b;

  begin_hydrate (rig, &a, &b);
  test_faults_reset_counts (b->faults);
  test_device_do (b, SYNC_RUN_HYDRATE, NULL);
  g_assert_cmpuint (test_faults_count (b->faults, TEST_REQUEST_PUSH), ==, 0);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "1|by a\n2|by a\n4|unsent\n");
  test_device_expect (b, "SELECT id, kind, local ->> '$.title' FROM psync_conflict", "'1'|overwritten|by b\n");
  test_device_expect (b, "SELECT id FROM psync_change", "'4'\n");
  test_rig_assert_converged (rig);
  test_device_expect (a, "SELECT id, title FROM notes ORDER BY id", "1|by a\n2|by a\n4|unsent\n");
}

static void
test_hydrate_discards (TestRig *rig)
{
  SyncRunOptions options = { .discard_unsent = TRUE };
  TestDevice *a, *b;

  begin_hydrate (rig, &a, &b);
  test_device_do (b, SYNC_RUN_HYDRATE, &options);
  test_device_expect (b, "SELECT id, title FROM notes ORDER BY id", "1|by a\n2|by a\n");
  test_device_expect (b, "SELECT id, kind, local ->> '$.title' FROM psync_conflict ORDER BY id",
                      "'1'|discard|by b\n'4'|discard|unsent\n");
  test_rig_assert_converged (rig);
}

/* Rows that stand in each other's way to what they were. */
static gboolean
discard_parent (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_discard_changes (store, "parents", "'p'", error) == 1;
}

/* Who gives up a row that others belong to gives them up, too, and finds them on record. */
static void
test_discard_takes_children (TestRig *rig)
{
  TestDevice *a = test_rig_add (rig, "a");
  g_autoptr (GError) error = NULL;

  test_device_sql (a, "INSERT INTO parents VALUES ('p', 'mine'); INSERT INTO children VALUES ('c', 'p', 'its own')");
  test_device_sync (a);
  test_device_sql (a, "DELETE FROM parents");
  test_device_sync (a);
  test_device_sql (a, "INSERT INTO parents VALUES ('p', 'again'); INSERT INTO children VALUES ('c', 'p', 'anew')");
  g_assert_true (test_device_call (a, discard_parent, NULL, &error));
  g_assert_no_error (error);
  test_device_expect (a, "SELECT (SELECT count(*) FROM parents), (SELECT count(*) FROM children)", "0|0\n");
  test_device_expect (a, "SELECT id, kind, local ->> '$.title' FROM psync_conflict WHERE kind IN ('discard', 'cascade') "
                         "AND local ->> '$.title' IN ('again', 'anew') ORDER BY id",
                      "'c'|cascade|anew\n'p'|discard|again\n");
  test_rig_assert_converged (rig);
}

static void
test_hydrate_discards_unique (TestRig *rig)
{
  SyncRunOptions options = { .discard_unsent = TRUE };
  TestDevice *a = test_rig_add (rig, "a");

  test_device_sql (a, "INSERT INTO users VALUES ('1', 'x'), ('2', 'y')");
  test_rig_settle (rig);
  test_device_sql (a, "UPDATE users SET name = 'z' WHERE id = '1'; INSERT INTO users VALUES ('3', 'x');"
                      "UPDATE users SET name = 'x2' WHERE id = '2'; INSERT INTO users VALUES ('0', 'y')");
  test_device_do (a, SYNC_RUN_HYDRATE, &options);
  test_device_expect (a, "SELECT * FROM users ORDER BY id", "1|x\n2|y\n");
  test_rig_assert_converged (rig);
}

/* It repairs what differs without anybody's having noticed, but not without a record. */
static void
test_hydrate_repairs (TestRig *rig)
{
  TestDevice *a, *b;

  begin (rig, &a, &b, NULL);
  test_device_sql (b, "UPDATE notes SET title = 'damaged'; DELETE FROM psync_change");
  test_device_do (b, SYNC_RUN_HYDRATE, NULL);
  test_device_expect (b, "SELECT title FROM notes", "title\n");
  test_device_expect (b, "SELECT id, kind, local ->> '$.title' FROM psync_conflict", "'1'|overwritten|damaged\n");
  test_rig_assert_converged (rig);
}

static void
test_hydrate_resumes (TestRig *rig)
{
  SyncRunOptions options = { .batch_size = 10 };
  TestDevice *a = test_rig_add (rig, "a");
  TestDevice *b;
  g_autoptr (SyncResult) result = NULL;

  test_device_sql (a, "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 100) "
                      "INSERT INTO notes SELECT 'n' || i, 'title', NULL, i FROM n");
  test_device_sync (a);
  b = test_rig_add (rig, "b");
  test_faults_plan (b->faults, TEST_REQUEST_PULL, 5, TEST_FAULT_REFUSED);
  result = test_device_run (b, SYNC_RUN_HYDRATE, &options);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_OFFLINE);
  test_device_expect (b, "SELECT count(*) FROM notes", "50\n");
  test_faults_reset_counts (b->faults);
  test_device_do (b, SYNC_RUN_HYDRATE, &options);
  g_assert_cmpuint (test_faults_count (b->faults, TEST_REQUEST_PULL), ==, 5);
  g_assert_cmpuint (count_snapshots (b), ==, 1);
  test_rig_assert_converged (rig);
}

/* A dry run counts, and writes nothing anywhere. */
static void
test_dry_run (TestRig *rig)
{
  SyncRunOptions options = { .dry_run = TRUE };
  g_autofree char *path = test_rig_vault_path (rig);
  g_autofree char *before = NULL, *after = NULL;
  g_autofree char *vault_before = NULL, *vault_after = NULL;
  g_autoptr (SyncResult) result = NULL;
  TestDevice *a, *b;
  gsize length_before, length_after;

  begin (rig, &a, &b, "newest");
  test_device_sql (a, "UPDATE notes SET title = 'by a'; INSERT INTO notes (id) VALUES ('2'), ('3')");
  test_device_sync (a);
  test_device_sql (b, "UPDATE notes SET body = 'by b'; INSERT INTO notes (id) VALUES ('4')");
  g_assert_true (test_shell (b->path, ".dump", &before));
  g_file_get_contents (path, &vault_before, &length_before, NULL);
  result = test_device_run (b, SYNC_RUN_SYNC, &options);
  g_assert_no_error (result->error);
  g_assert_cmpuint (result->total.pulled, ==, 3);
  g_assert_cmpuint (result->total.pushed, ==, 2);
  g_assert_true (test_shell (b->path, ".dump", &after));
  g_file_get_contents (path, &vault_after, &length_after, NULL);
  g_assert_cmpstr (before, ==, after);
  g_assert_cmpmem (vault_before, length_before, vault_after, length_after);
  test_rig_assert_converged (rig);
}

/* --- Registration ------------------------------------------------------------------------------- */

static const TestRigCase cases[] = {
  { "columns/changes-of-different-columns-come-together", NOTES, test_merge },
  { "columns/the-owner's-time-is-never-a-conflict", TIMED, test_time_column },
  { "columns/the-owner's-time-in-seconds",
    "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER, updated_at INTEGER);",
    test_time_in_seconds },
  { "strategy/newest-is-the-other-side", NOTES, test_newest_remote },
  { "strategy/newest-is-this-side", NOTES, test_newest_local },
  { "strategy/newest-tie", NOTES, test_newest_tie },
  { "strategy/newest-with-a-wrong-clock", NOTES, test_newest_wrong_clock },
  { "strategy/newest-unknown-loses", NOTES, test_newest_unknown },
  { "strategy/local", NOTES, test_local },
  { "strategy/remote", NOTES, test_remote },
  { "strategy/of-one-run", NOTES, test_strategy_of_run },
  { "strategy/rules-by-column",
    "CREATE TABLE tagged (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER, low INTEGER, "
    "tags JSON, other TEXT)",
    test_rules },
  { "builtin/notifications", NULL, test_notifications },
  { "builtin/projects", NULL, test_projects },
  { "builtin/user-settings", NULL, test_user_settings },
  { "manual/held-until-somebody-decides", NOTES, test_manual },
  { "manual/the-other-side", NOTES, test_manual_remote },
  { "manual/closes-when-equal", NOTES, test_manual_equal },
  { "manual/closes-when-withdrawn", NOTES, test_manual_withdrawn },
  { "one-device/a-trigger-of-the-cloud-is-no-stranger", NOTES, test_own_row_changed_there },
  { "manual/by-column-and-by-hand", NOTES, test_manual_fields },
  { "manual/columns-of-a-deleted-row", NOTES, test_manual_fields_of_deleted },
  { "manual/edited-to-equal-closes-by-itself", NOTES, test_manual_closes_by_itself },
  { "manual/what-does-not-fit-together-is-said",
    "CREATE TABLE notes (id TEXT PRIMARY KEY NOT NULL, title TEXT, body TEXT, rank INTEGER, "
    "CONSTRAINT only_high_is_far CHECK (rank < 5 OR title = 'high'));",
    test_manual_refused },
  { "manual/rows-that-exchanged-a-unique-value", "CREATE TABLE u (id INTEGER PRIMARY KEY, v TEXT, x TEXT UNIQUE);",
    test_manual_exchanged },
  { "manual/a-late-answer-is-not-applied", NOTES, test_manual_stale },
  { "manual/edited-until-equal", NOTES, test_manual_edited_to_equal },
  { "manual/a-value-that-cannot-travel", NOTES, test_manual_unfit },
  { "manual/a-new-column-meanwhile", NOTES, test_manual_new_column },
  { "manual/what-it-refers-to-went-meanwhile",
    "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);"
    "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES parents (id) ON DELETE CASCADE, "
    "title TEXT);",
    test_conflict_without_parent },
  { "manual/a-newer-version-is-held", "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE)",
    test_conflict_before_held },
  { "both/a-copy-under-another-key", NOTES, test_keep_both },
  { "both/all-or-nothing", NOTES, test_keep_both_refused },
  { "both/numbers", "CREATE TABLE numbers (id INTEGER PRIMARY KEY, name TEXT)", test_keep_both_numbers },
  { "both/not-for-natural-keys", "CREATE TABLE words (word TEXT PRIMARY KEY NOT NULL, meaning TEXT)",
    test_keep_both_natural },
  { "custom/answers-later-and-is-asked-again", NOTES, test_custom },
  { "custom/for-one-run", NOTES, test_custom_for_run },
  { "deletion/an-edit-after-it", NOTES, test_delete_then_edit },
  { "deletion/an-edit-before-it", NOTES, test_edit_then_delete },
  { "deletion/here", NOTES, test_deleted_here },
  { "deletion/here-manual", NOTES, test_deleted_here_manual },
  { "deletion/there-manual", NOTES, test_deleted_there_manual },
  { "deletion/of-a-parent-manual",
    "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);"
    "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES parents (id) ON DELETE CASCADE);",
    test_parent_given_up },
  { "record/discarding-what-is-in-conflict",
    "CREATE TABLE nodes (id TEXT PRIMARY KEY NOT NULL, name TEXT, parent TEXT REFERENCES nodes (id));",
    test_discard_in_conflict },
  { "record/undo-of-a-deletion-takes-children-along",
    "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, name TEXT);"
    "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES parents (id) ON DELETE CASCADE)",
    test_deletion_put_back },
  { "deletion/what-did-not-change-gives-way", NOTES, test_unchanged_gives_way },
  { "record/undo", NOTES, test_undo },
  { "record/undo-keeps-a-later-edit-on-record", NOTES, test_undo_later_edit },
  { "record/undo-of-what-was-in-no-dispute", NOTES, test_undo_choices },
  { "record/undo-of-both", NOTES, test_undo_both },
  { "record/undo-keeps-younger-columns", NOTES, test_undo_new_column },
  { "record/thirty-days", NOTES, test_trimmed },
  { "record/decisions-count-for-no-brake", NOTES, test_decisions_and_brake },
  { "seed/local-wins-and-it-is-recorded", NOTES, test_seed },
  { "seed/goes-on-where-it-stopped", NOTES, test_seed_resumes },
  { "hydrate/the-cloud-wins-and-unsent-is-kept", NOTES, test_hydrate },
  { "hydrate/unsent-is-discarded-if-asked-for", NOTES, test_hydrate_discards },
  { "hydrate/unsent-rows-in-each-other's-way",
    "CREATE TABLE users (id TEXT PRIMARY KEY NOT NULL, name TEXT UNIQUE)", test_hydrate_discards_unique },
  { "discard/what-goes-with-a-row-is-recorded",
    "CREATE TABLE parents (id TEXT PRIMARY KEY NOT NULL, title TEXT);"
    "CREATE TABLE children (id TEXT PRIMARY KEY NOT NULL, parent TEXT REFERENCES parents (id) ON DELETE CASCADE, "
    "title TEXT);",
    test_discard_takes_children },
  { "hydrate/repairs", NOTES, test_hydrate_repairs },
  { "hydrate/goes-on-where-it-stopped", NOTES, test_hydrate_resumes },
  { "dry-run/writes-nothing", NOTES, test_dry_run },
};

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  test_rig_add_cases (&test_backend_vault, "/conflicts", cases, G_N_ELEMENTS (cases));
  return g_test_run ();
}
