/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-column-row.h"
#include "sync-conflict-dialog.h"
#include "sync-conflict-undo.h"
#include "sync-conflict-view.h"
#include "ui-fixture.h"

/* People decide conflicts in the dialog, by its widgets. */

typedef struct
{
  UiFixture devices;
  GtkWidget *window; /* where the dialog belongs to */
  GtkWidget *dialog;
} Fixture;

/* `count` projects that changed on both sides. */
static void
make_conflicts (Fixture *fixture, guint count)
{
  UiFixture *devices = &fixture->devices;
  g_autofree char *insert = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
      "INSERT INTO projects (id, name, description, settings) SELECT 'p' || i, 'the old name', 'text', '{\"a\":1}' FROM n",
      count);

  ui_set_strategy (devices, "projects", "manual");
  ui_sql (devices->path, insert);
  ui_sync (devices, devices->profile);
  ui_sync (devices, devices->other);
  ui_sql (devices->other_path,
          "UPDATE projects SET name = 'the name there', settings = '{\"a\":3}', description = 'text of theirs'");
  ui_sync (devices, devices->other);
  ui_sql (devices->path, "UPDATE projects SET name = 'the name here', settings = '{\"a\":2}'");
  ui_sync (devices, devices->profile);
}

static void
set_up (Fixture *fixture, gconstpointer count)
{
  GtkWidget *overlay;

  ui_fixture_set_up (&fixture->devices, NULL);
  make_conflicts (fixture, GPOINTER_TO_UINT (count));
  fixture->window = adw_window_new ();
  overlay = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), gtk_label_new ("behind"));
  adw_window_set_content (ADW_WINDOW (fixture->window), overlay);
  sync_conflict_undo_install (fixture->window, fixture->devices.profile);
  gtk_window_present (GTK_WINDOW (fixture->window));
  fixture->dialog = GTK_WIDGET (
      sync_conflict_dialog_new (fixture->devices.profile, GTK_WINDOW (fixture->window), 1, 0));
  gtk_window_present (GTK_WINDOW (fixture->dialog));
  ui_wait_for (ui_count (fixture->dialog, SYNC_TYPE_CONFLICT_COLUMN_ROW) > 0);
}

static void
tear_down (Fixture *fixture, gconstpointer count)
{
  GtkWidget *dialog = ui_find_window (SYNC_TYPE_CONFLICT_DIALOG);

  if (dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (dialog));
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_wait_for (g_list_model_get_n_items (gtk_window_get_toplevels ()) == 0);
  ui_fixture_tear_down (&fixture->devices, NULL);
}

static GtkWidget *
find_row (GtkWidget *below, const char *column)
{
  GtkWidget *found = NULL;

  if (SYNC_IS_CONFLICT_COLUMN_ROW (below)
      && g_str_equal (gtk_label_get_text (GTK_LABEL (ui_find (below, GTK_TYPE_LABEL, NULL))), column))
    return below;
  for (GtkWidget *child = gtk_widget_get_first_child (below); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_row (child, column);
  return found;
}

/* Columns that are in no dispute are folded away. */
static GtkWidget *
find_column (Fixture *fixture, const char *name)
{
  GtkWidget *expander = ui_find (fixture->dialog, GTK_TYPE_EXPANDER, NULL);
  GtkWidget *row;

  gtk_expander_set_expanded (GTK_EXPANDER (expander), TRUE);
  row = find_row (fixture->dialog, name);
  g_assert_nonnull (row);
  return row;
}

static void
choose (GtkWidget *below, const char *label)
{
  GtkWidget *button = ui_find (below, GTK_TYPE_CHECK_BUTTON, label);

  g_assert_nonnull (button);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (button), TRUE);
}

static void
type (GtkWidget *column, const char *text)
{
  GtkWidget *view = ui_find (column, GTK_TYPE_TEXT_VIEW, NULL);

  gtk_text_buffer_set_text (gtk_text_view_get_buffer (GTK_TEXT_VIEW (view)), text, -1);
}

/* Of the two rows at the top, the one of that title. */
static void
choose_side (Fixture *fixture, const char *title)
{
  GtkWidget *row = ui_find (fixture->dialog, ADW_TYPE_ACTION_ROW, title);

  g_assert_nonnull (row);
  choose (row, NULL);
}

static void
press (Fixture *fixture, const char *action)
{
  g_assert_true (gtk_widget_activate_action (fixture->dialog, action, NULL));
}

static gboolean
is_open (void)
{
  return ui_find_window (SYNC_TYPE_CONFLICT_DIALOG) != NULL;
}

/* --- Tests ------------------------------------------------------------------------------------ */

static void
test_shows_both_sides (Fixture *fixture, gconstpointer data)
{
  GtkWidget *name = find_column (fixture, "name");
  GtkWidget *description = find_column (fixture, "description");
  GtkWidget *value = ui_find (name, GTK_TYPE_LABEL, "the name here");
  PangoAttrList *marks;

  g_assert_true (ui_shows (name, "the old name"));
  g_assert_true (ui_shows (name, "the name there"));
  g_assert_true (ui_shows (description, "Changed only on the other side"));
  marks = gtk_label_get_attributes (GTK_LABEL (value));
  g_assert_nonnull (marks);
  g_assert_true (ui_shows (fixture->dialog, "Conflict 1 of 1"));
  ui_take_picture (fixture->dialog, "conflict-dialog");
  /* What the entity started with: name from there, settings from here. */
  g_assert_cmpint (sync_conflict_column_row_get_side (SYNC_CONFLICT_COLUMN_ROW (name)), ==, SYNC_SIDE_REMOTE);
  g_assert_cmpint (sync_conflict_column_row_get_side (
                       SYNC_CONFLICT_COLUMN_ROW (find_column (fixture, "settings"))),
                   ==, SYNC_SIDE_LOCAL);
}

static void
test_suggestion (Fixture *fixture, gconstpointer data)
{
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name, description, settings FROM projects",
             "the name there|text of theirs|{\"a\":2}\n");
  ui_wait_for (ui_shows (fixture->window, "1 conflict resolved"));
}

static void
test_one_side (Fixture *fixture, gconstpointer data)
{
  choose_side (fixture, "This Device");
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name, description, settings FROM projects",
             "the name here|text of theirs|{\"a\":2}\n");
}

static void
test_by_column (Fixture *fixture, gconstpointer data)
{
  choose (find_column (fixture, "settings"), "Other Side");
  choose (find_column (fixture, "name"), "This Device");
  choose (find_column (fixture, "description"), "This Device");
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name, description, settings FROM projects",
             "the name here|text|{\"a\":3}\n");
}

static void
test_by_hand (Fixture *fixture, gconstpointer data)
{
  GtkWidget *settings = find_column (fixture, "settings");
  GtkWidget *button = ui_find (fixture->dialog, GTK_TYPE_BUTTON, "_Resolve");

  choose (find_column (fixture, "name"), "Another Value");
  type (find_column (fixture, "name"), "a third “name”");
  choose (settings, "Another Value");
  type (settings, "{\"a\":");
  g_assert_true (ui_shows (settings, "This is not valid JSON."));
  g_assert_false (gtk_widget_get_sensitive (button));
  type (settings, "{\"a\": 4}");
  g_assert_true (gtk_widget_get_sensitive (button));
  choose (find_column (fixture, "description"), "Another Value");
  choose (find_column (fixture, "description"), "No Value");
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name, ifnull (description, 'null'), settings ->> '$.a' FROM projects",
             "a third “name”|null|4\n");
}

static void
test_keep_both (Fixture *fixture, gconstpointer data)
{
  press (fixture, "conflict.keep-both");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name FROM projects ORDER BY name", "the name here\nthe name there\n");
}

static void
test_undo (Fixture *fixture, gconstpointer data)
{
  GtkWidget *undo;

  choose_side (fixture, "Other Side");
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT name FROM projects", "the name there\n");
  ui_wait_for ((undo = ui_find (fixture->window, GTK_TYPE_BUTTON, "Undo")) != NULL);
  g_signal_emit_by_name (undo, "clicked");
  ui_wait_for (ui_shows (fixture->window, "Undone"));
  ui_expect (fixture->devices.path, "SELECT name FROM projects", "the name here\n");
}

static void
test_walk (Fixture *fixture, gconstpointer data)
{
  g_assert_true (ui_shows (fixture->dialog, "Conflict 1 of 3"));
  press (fixture, "conflict.next");
  ui_wait_for (ui_shows (fixture->dialog, "Conflict 2 of 3"));
  press (fixture, "conflict.next");
  ui_wait_for (ui_shows (fixture->dialog, "Conflict 3 of 3"));
  press (fixture, "conflict.previous");
  ui_wait_for (ui_shows (fixture->dialog, "Conflict 2 of 3"));
  ui_wait_for (ui_shows (fixture->dialog, "projects"));
  press (fixture, "conflict.resolve");
  ui_wait_for (ui_shows (fixture->dialog, "Conflict 2 of 2"));
  ui_wait_for (ui_shows (fixture->dialog, "projects"));
  press (fixture, "conflict.resolve");
  ui_wait_for (ui_shows (fixture->dialog, "Conflict 1 of 1"));
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT count(*) FROM psync_conflict WHERE state = 'open'", "0\n");
}

static void
test_all_of_a_kind (Fixture *fixture, gconstpointer data)
{
  GtkWidget *all = ui_find (fixture->dialog, GTK_TYPE_CHECK_BUTTON, "Do the same");

  /* The suggestion mixes both sides, which not all can get. */
  g_assert_false (gtk_widget_get_sensitive (all));
  choose_side (fixture, "This Device");
  g_assert_true (gtk_widget_get_sensitive (all));
  gtk_check_button_set_active (GTK_CHECK_BUTTON (all), TRUE);
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_wait_for (ui_shows (fixture->window, "3 conflicts resolved"));
  ui_expect (fixture->devices.path, "SELECT DISTINCT name FROM projects", "the name here\n");
  g_signal_emit_by_name (ui_find (fixture->window, GTK_TYPE_BUTTON, "Undo"), "clicked");
  ui_wait_for (ui_shows (fixture->window, "Undone"));
  ui_expect (fixture->devices.path, "SELECT DISTINCT name FROM projects", "the name there\n");
}

/* It is not shown any more once somebody else has decided it. */
static void
test_decided_elsewhere (Fixture *fixture, gconstpointer data)
{
  ui_sql (fixture->devices.other_path,
          "UPDATE projects SET name = 'the name here', settings = '{\"a\":2}', description = 'text'");
  ui_sync (&fixture->devices, fixture->devices.other);
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_wait_for (!is_open ());
  ui_wait_for (ui_shows (fixture->window, "resolved elsewhere"));
}

static void
test_changed_meanwhile (Fixture *fixture, gconstpointer data)
{
  ui_sql (fixture->devices.other_path, "UPDATE projects SET name = 'a newer name there'");
  ui_sync (&fixture->devices, fixture->devices.other);
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_wait_for (ui_shows (fixture->dialog, "a newer name there"));
  ui_wait_for (ui_shows (fixture->dialog, "look again"));
  g_assert_true (is_open ());
}

static void
test_deletion (Fixture *fixture, gconstpointer data)
{
  ui_sql (fixture->devices.other_path, "DELETE FROM projects");
  ui_sync (&fixture->devices, fixture->devices.other);
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_wait_for (ui_find (fixture->dialog, ADW_TYPE_ACTION_ROW, "Delete the Row") != NULL);
  g_assert_nonnull (ui_find (fixture->dialog, ADW_TYPE_ACTION_ROW, "Keep the Row"));
  g_assert_true (ui_shows (fixture->dialog, "the name here"));
  choose_side (fixture, "Delete the Row");
  press (fixture, "conflict.resolve");
  ui_wait_for (!is_open ());
  ui_expect (fixture->devices.path, "SELECT count(*) FROM projects", "0\n");
}

int
main (int argc, char *argv[])
{
  ui_init (&argc, &argv);

#define ADD(name, count, func) \
  g_test_add ("/conflict-dialog/" name, Fixture, GUINT_TO_POINTER (count), set_up, func, tear_down)
  ADD ("shows-both-sides-and-suggests-what-the-entity-started-with", 1, test_shows_both_sides);
  ADD ("resolve-takes-the-suggestion", 1, test_suggestion);
  ADD ("one-side-for-all-columns", 1, test_one_side);
  ADD ("column-by-column", 1, test_by_column);
  ADD ("values-by-hand", 1, test_by_hand);
  ADD ("keep-both", 1, test_keep_both);
  ADD ("undo-in-a-toast", 1, test_undo);
  ADD ("previous-and-next", 3, test_walk);
  ADD ("the-same-for-all-of-a-kind", 3, test_all_of_a_kind);
  ADD ("one-that-is-decided-elsewhere-closes", 1, test_decided_elsewhere);
  ADD ("one-that-changes-is-shown-anew", 1, test_changed_meanwhile);
  ADD ("deleted-there-and-edited-here", 1, test_deletion);
#undef ADD
  return g_test_run ();
}
