/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-entity-row.h"
#include "sync-error-row.h"
#include "sync-file-lock.h"
#include "sync-manager-private.h"
#include "sync-overview-page.h"
#include "sync-run-actions.h"
#include "sync-scheduler-private.h"
#include "sync-status.h"
#include "ui-fixture.h"

/* --- The page --------------------------------------------------------------------------------- */

static GtkWidget *
show (GtkWidget *page)
{
  GtkWidget *window = gtk_window_new ();

  gtk_window_set_child (GTK_WINDOW (window), page);
  gtk_window_set_default_size (GTK_WINDOW (window), 700, 700);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static void
test_counts_follow (UiFixture *fixture, gconstpointer data)
{
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);

  g_assert_true (ui_shows (page, "Never synced yet"));
  g_assert_false (ui_shows (page, "and in the cloud"));
  ui_wait_for (ui_count (page, SYNC_TYPE_ENTITY_ROW) == 3);
  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('a', 'A'), ('b', 'B')");
  sync_manager_refresh (sync_profile_get_manager (fixture->profile));
  ui_wait_for (ui_shows (page, "2 rows\n2 changes waiting"));
  g_assert_true (ui_shows (page, "2 are not in the cloud yet"));
  ui_sync (fixture, fixture->profile);
  ui_wait_for (ui_shows (page, "safe on this computer and in the cloud"));
  ui_wait_for (ui_shows (page, "Last synced just now"));
  g_assert_cmpuint (ui_count (page, SYNC_TYPE_ENTITY_ROW), ==, 3);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Whatever was offered before, the toolkit has no warning, which would end the test. */
static void
test_next_steps (UiFixture *fixture, gconstpointer data)
{
  static const GActionEntry entries[] = { { "show-page", NULL, "s", "''", NULL, { 0 } },
                                          { "go", NULL, NULL, NULL, NULL, { 0 } } };
  g_autoptr (GSimpleActionGroup) actions = g_simple_action_group_new ();
  GtkWidget *row = g_object_new (SYNC_TYPE_ERROR_ROW, NULL);
  GtkWidget *window = show (row);

  g_action_map_add_action_entries (G_ACTION_MAP (actions), entries, G_N_ELEMENTS (entries), NULL);
  gtk_widget_insert_action_group (window, "win", G_ACTION_GROUP (actions));
  sync_error_row_set_action (SYNC_ERROR_ROW (row), "Show", "win.show-page::queue");
  sync_error_row_set_action (SYNC_ERROR_ROW (row), "Go", "win.go");
  sync_error_row_set_action (SYNC_ERROR_ROW (row), "Show", "win.show-page::devices");
  g_assert_true (gtk_widget_get_sensitive (ui_find (row, GTK_TYPE_BUTTON, "Show")));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* However often it fails. */
static void
test_one_error_is_one_row (UiFixture *fixture, gconstpointer data)
{
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);
  GtkWidget *row = ui_find (page, SYNC_TYPE_ERROR_ROW, NULL);
  g_autofree char *vault = g_build_filename (fixture->folder, "vault", NULL);
  g_autofree char *away = g_build_filename (fixture->folder, "away", NULL);

  g_assert_cmpint (g_rename (vault, away), ==, 0);
  for (guint i = 0; i < 50; i++)
    {
      g_autoptr (SyncResult) result = ui_run (fixture, fixture->profile);

      g_assert_nonnull (result->error);
      ui_wait_for (gtk_widget_get_visible (row));
      adw_expander_row_set_expanded (ADW_EXPANDER_ROW (row), TRUE);
    }
  g_assert_cmpuint (ui_count (page, SYNC_TYPE_ERROR_ROW), ==, 1);
  /* What was folded out stays so. */
  g_assert_true (adw_expander_row_get_expanded (ADW_EXPANDER_ROW (row)));
  g_assert_true (ui_shows (page, "Offline"));
  g_assert_cmpint (g_rename (away, vault), ==, 0);
  ui_sync (fixture, fixture->profile);
  ui_wait_for (!gtk_widget_get_visible (row));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Nobody is told that rows are safe whose file is gone. */
static void
test_file_gone (UiFixture *fixture, gconstpointer data)
{
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);
  g_autofree char *away = g_strconcat (fixture->path, ".away", NULL);
  g_autoptr (SyncResult) result = NULL;

  ui_sync (fixture, fixture->profile);
  ui_wait_for (ui_shows (page, "safe on this computer and in the cloud"));
  g_assert_cmpint (g_rename (fixture->path, away), ==, 0);
  result = ui_run (fixture, fixture->profile);
  g_assert_error (result->error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND);
  ui_wait_for (ui_shows (page, "is another file now"));
  g_assert_false (ui_shows (page, "safe on this computer"));
  g_assert_cmpint (g_rename (away, fixture->path), ==, 0);
  ui_sync (fixture, fixture->profile);
  ui_wait_for (ui_shows (page, "safe on this computer and in the cloud"));
  gtk_window_destroy (GTK_WINDOW (window));
}

#define SAVING "Waiting for the end of power saving"

static void
set (UiFixture *fixture, const char *name, const char *value)
{
  SyncSettings *settings = sync_profile_get_settings (fixture->profile);
  g_autoptr (GAsyncResult) result = NULL;

  sync_settings_set_async (settings, name, value, NULL, test_got_result, &result);
  test_store_wait (&result);
  g_assert_true (sync_settings_set_finish (settings, result, NULL));
}

static void
pause_until (UiFixture *fixture, gint64 until)
{
  SyncManager *manager = sync_profile_get_manager (fixture->profile);
  g_autoptr (GAsyncResult) result = NULL;

  sync_manager_pause_async (manager, until, NULL, test_got_result, &result);
  test_store_wait (&result);
  g_assert_true (sync_manager_pause_finish (manager, result, NULL));
}

/* What nothing happens for is told; a pause outweighs it. */
static void
test_held_back (UiFixture *fixture, gconstpointer data)
{
  SyncScheduler *scheduler = sync_profile_get_scheduler (fixture->profile);
  SyncSystem *system = sync_scheduler_get_system (scheduler);
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);

  set (fixture, "sync-at-start", "false");
  set (fixture, "auto-sync", "true");
  sync_scheduler_start (scheduler);
  ui_wait_for (ui_shows (page, "Next sync in"));
  sync_system_set_power_saver (system, TRUE);
  ui_wait_for (ui_shows (page, SAVING));
  g_assert_false (ui_shows (page, "Next sync"));
  ui_sync (fixture, fixture->profile);
  ui_wait_for (ui_shows (page, "Last synced just now · " SAVING));
  ui_take_picture (window, "power-saver");
  pause_until (fixture, G_MAXINT64);
  ui_wait_for (ui_shows (page, "Paused"));
  g_assert_false (ui_shows (page, SAVING));
  pause_until (fixture, SYNC_TIME_UNKNOWN);
  ui_wait_for (ui_shows (page, SAVING));
  sync_system_set_metered (system, TRUE);
  ui_wait_for (ui_shows (page, "Waiting for a network that is not metered"));
  set (fixture, "sync-on-metered", "true");
  ui_wait_for (ui_shows (page, SAVING));
  set (fixture, "sync-in-power-saver", "true");
  ui_wait_for (ui_shows (page, "Next sync in"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Who shows the next run is who begins it; else that somebody does. */
static void
test_scheduled_elsewhere (UiFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  SyncFileLock *lease = sync_file_lock_try_acquire (fixture->path, "schedule", &error);
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);

  g_assert_no_error (error);
  set (fixture, "auto-sync", "true");
  sync_scheduler_start (sync_profile_get_scheduler (fixture->profile));
  ui_wait_for (ui_shows (page, "Another program syncs by itself"));
  sync_scheduler_stop (sync_profile_get_scheduler (fixture->profile));
  ui_wait_for (!ui_shows (page, "Another program syncs by itself"));
  sync_file_lock_release (lease);
  gtk_window_destroy (GTK_WINDOW (window));
}

/* What only a person can do is what the page suggests, and it says so once. */
static void
test_sign_in_needed (UiFixture *fixture, gconstpointer data)
{
  SyncManager *manager = sync_profile_get_manager (fixture->profile);
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);
  GtkWidget *sync = ui_find (page, GTK_TYPE_BUTTON, "_Sync Now");

  ui_wait_for (gtk_widget_has_css_class (sync, "suggested-action"));
  sync_manager_note_session (manager, FALSE);
  ui_wait_for (ui_shows (page, "Sign-in needed"));
  g_assert_true (gtk_widget_has_css_class (ui_find (page, GTK_TYPE_BUTTON, "Sign _In…"),
                                           "suggested-action"));
  g_assert_false (gtk_widget_get_visible (sync));
  g_assert_false (gtk_widget_get_mapped (ui_find (page, SYNC_TYPE_ERROR_ROW, NULL)));
  sync_manager_note_session (manager, TRUE);
  ui_wait_for (gtk_widget_get_visible (sync));
  pause_until (fixture, G_MAXINT64);
  ui_wait_for (gtk_widget_get_visible (ui_find (page, GTK_TYPE_BUTTON, "_Resume")));
  g_assert_true (gtk_widget_has_css_class (sync, "suggested-action"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* --- Actions ---------------------------------------------------------------------------------- */

static void
sync_in_another_program (UiFixture *fixture)
{
  g_autofree char *psync = g_build_filename (g_getenv ("PSYNC_TEST_BUILD_ROOT"), "src", "cli", "psync", NULL);
  const char *const command[] = { psync, "--database", fixture->path, "sync", NULL };
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = g_subprocess_newv (command, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);

  g_assert_no_error (error);
  g_assert_true (g_subprocess_wait_check (process, NULL, &error));
  g_assert_no_error (error);
}

/* A locked keyring signs nobody out: it is told, and can be unlocked from here. */
static void
test_locked_keyring (UiFixture *fixture, gconstpointer data)
{
  SyncManager *manager = sync_profile_get_manager (fixture->profile);
  GtkWidget *page = GTK_WIDGET (sync_overview_page_new (fixture->profile));
  GtkWidget *window = show (page);
  g_autoptr (GError) locked = sync_error_new (SYNC_ERROR_SECRETS, NULL, "locked");
  GtkWidget *row = ui_find (page, SYNC_TYPE_ERROR_ROW, NULL);
  GtkWidget *button;

  sync_error_set_reason (locked, "locked", 0);
  sync_manager_note_secrets (manager, locked);
  g_assert_cmpint (sync_manager_get_state (manager), !=, SYNC_STATE_SIGN_IN_NEEDED);
  ui_wait_for (ui_shows (page, "The keyring is locked"));
  adw_expander_row_set_expanded (ADW_EXPANDER_ROW (row), TRUE);
  button = ui_find (row, GTK_TYPE_BUTTON, "_Unlock…");
  g_assert_nonnull (button);
  g_assert_cmpstr (gtk_actionable_get_action_name (GTK_ACTIONABLE (button)), ==, "win.unlock");
  ui_take_picture (window, "keyring-locked");
  /* How the last run went says nothing about that. */
  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('a', 'A')");
  sync_in_another_program (fixture);
  sync_manager_refresh (manager);
  ui_wait_for (ui_shows (page, "Last synced just now"));
  g_assert_true (ui_shows (page, "The keyring is locked"));
  g_assert_true (gtk_widget_get_mapped (row));
  sync_manager_note_session (manager, TRUE);
  ui_wait_for (!gtk_widget_get_visible (row) || !gtk_widget_get_child_visible (row)
               || !gtk_widget_get_mapped (row));
  gtk_window_destroy (GTK_WINDOW (window));
}

static gboolean
is_enabled (GSimpleActionGroup *group, const char *name)
{
  return g_action_group_get_action_enabled (G_ACTION_GROUP (group), name);
}

static gboolean
has_state (GSimpleActionGroup *group, const char *name, const char *expected)
{
  g_autoptr (GVariant) state = g_action_group_get_action_state (G_ACTION_GROUP (group), name);
  g_autofree char *text = g_variant_print (state, FALSE);

  return g_str_equal (text, expected);
}

static void
test_actions_are_about_all (UiFixture *fixture, gconstpointer data)
{
  g_autoptr (GListStore) profiles = g_list_store_new (SYNC_TYPE_PROFILE);
  g_autoptr (GSimpleActionGroup) group = g_simple_action_group_new ();
  SyncRunActions *actions = sync_run_actions_new (G_ACTION_MAP (group), G_LIST_MODEL (profiles));
  GActionGroup *map = G_ACTION_GROUP (group);

  g_assert_false (is_enabled (group, "sync-now"));
  g_list_store_append (profiles, fixture->profile);
  g_list_store_append (profiles, fixture->other);
  g_assert_true (is_enabled (group, "sync-now"));
  g_assert_false (is_enabled (group, "cancel"));

  g_action_group_activate_action (map, "auto-sync", NULL);
  ui_wait_for (has_state (group, "auto-sync", "true"));
  g_action_group_activate_action (map, "pause", g_variant_new_string ("until-resumed"));
  ui_wait_for (has_state (group, "pause", "'until-resumed'"));
  g_assert_cmpint (sync_manager_get_state (sync_profile_get_manager (fixture->other)), ==,
                   SYNC_STATE_PAUSED);
  g_action_group_activate_action (map, "pause", g_variant_new_string ("tomorrow"));
  ui_wait_for (has_state (group, "pause", "'tomorrow'"));
  g_action_group_activate_action (map, "pause", g_variant_new_string ("off"));
  ui_wait_for (has_state (group, "pause", "'off'"));

  g_action_group_activate_action (map, "sync-now", NULL);
  g_assert_true (is_enabled (group, "cancel"));
  ui_wait_for (!is_enabled (group, "cancel"));
  g_object_unref (actions);
  g_assert_false (g_action_group_has_action (map, "sync-now"));
}

/* --- What outweighs what ---------------------------------------------------------------------- */

static gboolean
is_new (UiFixture *fixture)
{
  SyncStatus status;

  sync_status_read (&status, fixture->profile);
  return status.kind == SYNC_STATUS_NEVER_SYNCED;
}

static void
test_status (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *title = NULL;
  SyncStatus status;

  g_assert_true (is_new (fixture));
  ui_sync (fixture, fixture->profile);
  ui_wait_for (!is_new (fixture));
  sync_status_read (&status, fixture->profile);
  title = sync_status_dup_title (&status);
  g_assert_cmpint (status.kind, ==, SYNC_STATUS_UP_TO_DATE);
  g_assert_cmpstr (title, ==, "Up to date");
}

#define ADD(name, func) \
  g_test_add ("/overview/" name, UiFixture, NULL, ui_fixture_set_up, func, ui_fixture_tear_down)

int
main (int argc, char **argv)
{
  ui_init (&argc, &argv);
  ADD ("a-locked-keyring-can-be-unlocked", test_locked_keyring);
  ADD ("counts-follow", test_counts_follow);
  ADD ("next-steps-follow-each-other", test_next_steps);
  ADD ("one-error-is-one-row", test_one_error_is_one_row);
  ADD ("rows-of-a-file-that-is-gone-are-not-called-safe", test_file_gone);
  ADD ("what-holds-runs-back-is-told", test_held_back);
  ADD ("scheduled-by-another-program", test_scheduled_elsewhere);
  ADD ("who-must-sign-in-is-told-once", test_sign_in_needed);
  ADD ("actions-are-about-all", test_actions_are_about_all);
  ADD ("status", test_status);
  return test_run_with_own_folders ();
}
