/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application.h"
#include "sync-preferences-window.h"
#include "sync-records-window.h"
#include "sync-setting-row.h"
#include "sync-table-row.h"
#include "ui-fixture.h"

static SyncApplication *application;

/* --- Rows ------------------------------------------------------------------------------------- */

static GtkWidget *
show (GtkWidget *row)
{
  GtkWidget *window = gtk_window_new ();
  GtkWidget *group = adw_preferences_group_new ();

  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  gtk_window_set_child (GTK_WINDOW (window), group);
  gtk_window_present (GTK_WINDOW (window));
  return window;
}

static gboolean
holds (const char *path, const char *sql, const char *expected)
{
  g_autofree char *output = NULL;

  return test_shell (path, sql, &output) && g_str_equal (output, expected);
}

static void
test_switch_is_stored (UiFixture *fixture, gconstpointer data)
{
  SyncSettings *settings = sync_profile_get_settings (fixture->profile);
  GtkWidget *window
      = show (sync_setting_row_new_switch (settings, "sync-at-start", "At the Start", NULL));
  GtkWidget *control = ui_find (window, GTK_TYPE_SWITCH, NULL);
  gboolean before = gtk_switch_get_active (GTK_SWITCH (control));

  gtk_switch_set_active (GTK_SWITCH (control), !before);
  ui_wait_for (holds (fixture->path, "SELECT value FROM psync_setting WHERE key = 'sync-at-start'",
                      before ? "false\n" : "true\n"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* Also if the window is closed before it has settled. */
static void
test_number_is_stored (UiFixture *fixture, gconstpointer data)
{
  SyncSettings *settings = sync_profile_get_settings (fixture->profile);
  GtkWidget *window = show (
      sync_setting_row_new_number (settings, "interval-minutes", "Interval", NULL, 1, 10080));

  gtk_spin_button_set_value (GTK_SPIN_BUTTON (ui_find (window, GTK_TYPE_SPIN_BUTTON, NULL)), 17);
  gtk_window_destroy (GTK_WINDOW (window));
  ui_wait_for (
      holds (fixture->path, "SELECT value FROM psync_setting WHERE key = 'interval-minutes'", "17\n"));
}

static const SyncEntity *
find_projects (UiFixture *fixture, GPtrArray **list)
{
  GAsyncResult *result = NULL;

  sync_entities_list_async (sync_profile_get_entities (fixture->profile), NULL, test_got_result,
                            &result);
  test_store_wait (&result);
  *list = sync_entities_list_finish (sync_profile_get_entities (fixture->profile), result, NULL);
  g_object_unref (result);
  for (guint i = 0; i < (*list)->len; i++)
    if (g_str_equal (((SyncEntityStatus *) (*list)->pdata[i])->entity->name, "projects"))
      return ((SyncEntityStatus *) (*list)->pdata[i])->entity;
  return NULL;
}

#define OF_PROJECTS " FROM psync_entity WHERE name = 'projects'"

static void
test_table_is_configured (UiFixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) list = NULL;
  GtkWidget *row = sync_table_row_new (sync_profile_get_entities (fixture->profile));
  GtkWidget *window = show (row);
  GtkWidget *strategy, *rule;

  sync_table_row_set_entity (SYNC_TABLE_ROW (row), find_projects (fixture, &list));
  strategy = ui_find (row, ADW_TYPE_COMBO_ROW, "A column changed on both sides");
  adw_combo_row_set_selected (ADW_COMBO_ROW (strategy), 3);
  ui_wait_for (holds (fixture->path, "SELECT strategy" OF_PROJECTS, "manual\n"));
  rule = ui_find (row, ADW_TYPE_COMBO_ROW, "name");
  g_assert_false (gtk_widget_get_visible (rule));
  adw_combo_row_set_selected (ADW_COMBO_ROW (strategy), 4);
  g_assert_true (gtk_widget_get_visible (rule));
  adw_combo_row_set_selected (ADW_COMBO_ROW (rule), 3);
  ui_wait_for (holds (fixture->path, "SELECT rules" OF_PROJECTS, "{\"name\":\"max\"}\n"));
  adw_expander_row_set_enable_expansion (ADW_EXPANDER_ROW (row), FALSE);
  ui_wait_for (holds (fixture->path, "SELECT enabled" OF_PROJECTS, "0\n"));
  gtk_window_destroy (GTK_WINDOW (window));
}

/* --- The windows ------------------------------------------------------------------------------ */

static SyncWindow *
present (const char *path)
{
  SyncWindow *window;

  sync_application_present (application, path);
  window = SYNC_WINDOW (gtk_application_get_active_window (GTK_APPLICATION (application)));
  ui_wait_for (sync_window_get_profile (window) != NULL);
  return window;
}

static void
close_all (void)
{
  sync_application_quit (application);
  for (guint i = 0; i < 50; i++)
    ui_wait_a_little (0);
}

/* The first row of the page that says so. */
static GtkWidget *
find_switch (GtkWidget *window, const char *title)
{
  GtkWidget *row = ui_find (window, SYNC_TYPE_SETTING_ROW, title);

  g_assert_nonnull (row);
  return ui_find (row, GTK_TYPE_SWITCH, NULL);
}

/* What automatic runs wait for is for people to set. */
static void
test_reasons_to_wait_are_set (UiFixture *fixture, gconstpointer data)
{
  SyncWindow *window = present (fixture->path);
  GtkWidget *preferences = sync_preferences_window_new (window);

  adw_preferences_window_set_visible_page_name (ADW_PREFERENCES_WINDOW (preferences), "sync");
  gtk_window_present (GTK_WINDOW (preferences));
  gtk_switch_set_active (GTK_SWITCH (find_switch (preferences, "On Metered Networks")), TRUE);
  ui_wait_for (holds (fixture->path, "SELECT value FROM psync_setting WHERE key = 'sync-on-metered'",
                      "true\n"));
  gtk_switch_set_active (GTK_SWITCH (find_switch (preferences, "While Power Is Saved")), TRUE);
  ui_wait_for (holds (fixture->path,
                      "SELECT value FROM psync_setting WHERE key = 'sync-in-power-saver'", "true\n"));
  ui_take_picture (preferences, "preferences-sync");
  gtk_window_destroy (GTK_WINDOW (preferences));
  close_all ();
}

/* An answer that comes when the preferences and the window below them are gone finds nothing that is not there. */
static void
test_closed_before_the_answer (UiFixture *fixture, gconstpointer data)
{
  GtkWidget *preferences = sync_preferences_window_new (present (fixture->path));

  gtk_window_present (GTK_WINDOW (preferences));
  gtk_window_destroy (GTK_WINDOW (preferences));
  close_all ();

  preferences = sync_preferences_window_new (present (fixture->path));
  gtk_window_present (GTK_WINDOW (preferences));
  close_all ();
}

/* A table that came later takes part once somebody says so; one without a key cannot, which is told. */
static void
test_other_tables (UiFixture *fixture, gconstpointer data)
{
  SyncWindow *window = present (fixture->path);
  GtkWidget *preferences;

  ui_sql (fixture->path, "CREATE TABLE \"a<b>\" (id INTEGER PRIMARY KEY); CREATE TABLE log (line TEXT)");
  preferences = sync_preferences_window_new (window);
  gtk_window_present (GTK_WINDOW (preferences));
  adw_preferences_window_set_visible_page_name (ADW_PREFERENCES_WINDOW (preferences), "tables");
  ui_wait_for (ui_shows (preferences, "Other Tables") && ui_shows (preferences, "a<b>"));
  ui_wait_for (ui_shows (GTK_WIDGET (window), "a<b>, log"));
  g_signal_emit_by_name (ui_find (ui_find (preferences, ADW_TYPE_ACTION_ROW, "a&lt;b&gt;"), GTK_TYPE_BUTTON, NULL),
                         "clicked");
  ui_wait_for (!ui_shows (GTK_WIDGET (window), "a<b>, log") && ui_shows (GTK_WIDGET (window), "log"));
  ui_expect (fixture->path, "SELECT enabled FROM psync_entity WHERE name = 'a<b>'", "1\n");
  ui_wait_for (ui_find (preferences, SYNC_TYPE_TABLE_ROW, "a&lt;b&gt;") != NULL);
  g_signal_emit_by_name (ui_find (ui_find (preferences, ADW_TYPE_ACTION_ROW, "log"), GTK_TYPE_BUTTON, NULL),
                         "clicked");
  ui_wait_for (ui_shows (preferences, "log has no usable key"));
  gtk_window_destroy (GTK_WINDOW (preferences));
  close_all ();
}

static void
test_everything_is_exported (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *path = g_build_filename (fixture->folder, "rows.json", NULL);
  g_autofree char *text = NULL;
  SyncWindow *window = present (fixture->path);
  GtkWidget *preferences = sync_preferences_window_new (window);

  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('kite', 'Kite')");
  gtk_window_present (GTK_WINDOW (preferences));
  sync_preferences_window_export (SYNC_PREFERENCES_WINDOW (preferences), path);
  ui_wait_for (ui_shows (preferences, "1 row saved"));
  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  g_assert_nonnull (strstr (text, "Kite"));
  gtk_window_destroy (GTK_WINDOW (preferences));
  close_all ();
}

/* Two devices change one column; the rule decides, and that can be undone. */
static void
decide_by_rule (UiFixture *fixture)
{
  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('kite', 'Kite')");
  ui_sync (fixture, fixture->profile);
  ui_sync (fixture, fixture->other);
  ui_set_strategy (fixture, "projects", "remote");
  ui_sql (fixture->other_path, "UPDATE projects SET name = 'Dragon'");
  ui_sync (fixture, fixture->other);
  ui_sql (fixture->path, "UPDATE projects SET name = 'Big kite'");
  ui_sync (fixture, fixture->profile);
}

static void
test_decision_is_undone (UiFixture *fixture, gconstpointer data)
{
  GtkWindow *records;
  gint64 number = 1;

  decide_by_rule (fixture);
  ui_expect (fixture->path, "SELECT name FROM projects", "Dragon\n");
  records = sync_records_window_new (fixture->profile, NULL);
  gtk_window_present (records);
  ui_wait_for (ui_shows (GTK_WIDGET (records), "Big kite"));
  g_assert_true (ui_shows (GTK_WIDGET (records), "The cloud’s version was kept (The cloud wins)"));
  ui_take_picture (GTK_WIDGET (records), "records");
  gtk_widget_activate_action_variant (
      GTK_WIDGET (records), "conflicts.undo",
      g_variant_new_fixed_array (G_VARIANT_TYPE_INT64, &number, 1, sizeof number));
  ui_wait_for (holds (fixture->path, "SELECT name FROM projects", "Big kite\n"));
  ui_wait_for (ui_shows (GTK_WIDGET (records), "· Undone ·"));
  gtk_window_destroy (records);
}

/* What a click on that button of the question does. */
static void
answer (const char *response)
{
  GtkWidget *dialog;

  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) != NULL);
  dialog = ui_find_window (ADW_TYPE_MESSAGE_DIALOG);
  ui_take_picture (dialog, "delete-cloud-data");
  adw_message_dialog_response (ADW_MESSAGE_DIALOG (dialog), response);
  gtk_window_destroy (GTK_WINDOW (dialog));
}

/* Asks first; then nothing is left in the vault, and everything is here. */
static void
test_cloud_data_are_deleted (UiFixture *fixture, gconstpointer data)
{
  g_autofree char *vault = g_build_filename (fixture->folder, "vault", NULL);
  SyncWindow *window = present (fixture->path);
  GtkWidget *preferences = sync_preferences_window_new (window);

  ui_sql (fixture->path, "INSERT INTO projects (id, name) VALUES ('kite', 'Kite')");
  ui_sync (fixture, fixture->profile);
  g_assert_true (holds (vault, "SELECT count(*) FROM vault_row", "1\n"));
  adw_preferences_window_set_visible_page_name (ADW_PREFERENCES_WINDOW (preferences), "data");
  gtk_window_present (GTK_WINDOW (preferences));
  g_signal_emit_by_name (ui_find (preferences, GTK_TYPE_BUTTON, "De_lete…"), "clicked");
  answer ("cancel");
  g_assert_true (holds (vault, "SELECT count(*) FROM vault_row", "1\n"));
  g_signal_emit_by_name (ui_find (preferences, GTK_TYPE_BUTTON, "De_lete…"), "clicked");
  answer ("delete");
  ui_wait_for (ui_shows (preferences, "Your data in the cloud are deleted"));
  g_assert_true (holds (vault, "SELECT count(*) FROM vault_row", "0\n"));
  ui_expect (fixture->path, "SELECT name FROM projects", "Kite\n");
  g_assert_false (gtk_widget_get_visible (
      gtk_widget_get_ancestor (ui_find (preferences, GTK_TYPE_BUTTON, "De_lete…"), ADW_TYPE_ACTION_ROW)));
  gtk_window_destroy (GTK_WINDOW (preferences));
  close_all ();
}

/* A database that is detached is not kept open, whatever became of its window meanwhile. */
static void
test_detached_without_its_window (UiFixture *fixture, gconstpointer data)
{
  GListModel *profiles = sync_application_get_profiles (application);
  SyncWindow *window = present (fixture->path);
  GtkWidget *preferences = sync_preferences_window_new (window);

  sync_application_set_keep_running (application, TRUE);
  adw_preferences_window_set_visible_page_name (ADW_PREFERENCES_WINDOW (preferences), "data");
  gtk_window_present (GTK_WINDOW (preferences));
  g_signal_emit_by_name (ui_find (preferences, GTK_TYPE_BUTTON, "_Detach…"), "clicked");
  answer ("detach");
  gtk_window_destroy (GTK_WINDOW (window));
  ui_wait_for (g_list_model_get_n_items (profiles) == 0);
  ui_expect (fixture->path, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'psync%'", "0\n");
  sync_application_set_keep_running (application, FALSE);
  close_all ();
}

#define ADD(name, func) \
  g_test_add ("/preferences/" name, UiFixture, NULL, ui_fixture_set_up, func, ui_fixture_tear_down)

int
main (int argc, char **argv)
{
  int status;

  ui_init (&argc, &argv);
  g_log_set_always_fatal (G_LOG_FATAL_MASK | G_LOG_LEVEL_CRITICAL);
  application = sync_application_new ();
  g_application_set_flags (G_APPLICATION (application), G_APPLICATION_NON_UNIQUE);
  g_assert_true (g_application_register (G_APPLICATION (application), NULL, NULL));
  g_application_hold (G_APPLICATION (application));
  ADD ("a-switch-is-stored", test_switch_is_stored);
  ADD ("a-number-is-stored", test_number_is_stored);
  ADD ("a-table-is-configured", test_table_is_configured);
  ADD ("reasons-to-wait-are-set", test_reasons_to_wait_are_set);
  ADD ("closed-before-the-answer", test_closed_before_the_answer);
  ADD ("other-tables-are-shown-and-added", test_other_tables);
  ADD ("everything-is-exported", test_everything_is_exported);
  ADD ("cloud-data-are-deleted", test_cloud_data_are_deleted);
  ADD ("detached-without-its-window", test_detached_without_its_window);
  ADD ("a-decision-is-undone", test_decision_is_undone);
  status = test_run_with_own_folders ();
  g_clear_object (&application);
  return status;
}
