/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-dialog.h"
#include "sync-conflicts-page.h"
#include "ui-fixture.h"

/* The list of what waits for a decision. */

typedef struct
{
  UiFixture devices;
  GtkWidget *window;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  UiFixture *devices = &fixture->devices;
  GtkWidget *overlay = adw_toast_overlay_new ();

  ui_fixture_set_up (devices, NULL);
  ui_set_strategy (devices, "notifications", "manual");
  ui_sql (devices->path, "INSERT INTO notifications (id, title) VALUES ('n1', 'Water the plants'), ('n2', 'Call <home>')");
  ui_sync (devices, devices->profile);
  ui_sync (devices, devices->other);
  fixture->window = adw_window_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay),
                               GTK_WIDGET (sync_conflicts_page_new (devices->profile)));
  adw_window_set_content (ADW_WINDOW (fixture->window), overlay);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 360, 500);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  GtkWidget *dialog = ui_find_window (SYNC_TYPE_CONFLICT_DIALOG);

  if (dialog != NULL)
    gtk_window_destroy (GTK_WINDOW (dialog));
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_wait_for (g_list_model_get_n_items (gtk_window_get_toplevels ()) == 0);
  ui_fixture_tear_down (&fixture->devices, NULL);
}

static void
make_conflicts (Fixture *fixture)
{
  UiFixture *devices = &fixture->devices;

  ui_sql (devices->other_path, "UPDATE notifications SET content = 'there'");
  ui_sync (devices, devices->other);
  ui_sql (devices->path, "UPDATE notifications SET content = 'here'");
  ui_sync (devices, devices->profile);
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  GtkWidget *list;

  ui_wait_for (ui_shows (fixture->window, "No Conflicts"));
  make_conflicts (fixture);
  ui_wait_for (ui_shows (fixture->window, "Water the plants"));
  ui_wait_for (ui_shows (fixture->window, "Call <home>"));
  g_assert_true (ui_shows (fixture->window, "Changed on both sides"));
  ui_take_picture (fixture->window, "conflicts-page");
  list = ui_find (fixture->window, GTK_TYPE_LIST_VIEW, NULL);
  g_signal_emit_by_name (list, "activate", 1);
  ui_wait_for (ui_find_window (SYNC_TYPE_CONFLICT_DIALOG) != NULL);
  ui_wait_for (ui_shows (ui_find_window (SYNC_TYPE_CONFLICT_DIALOG), "Conflict 2 of 2"));
}

static void
test_empties (Fixture *fixture, gconstpointer data)
{
  UiFixture *devices = &fixture->devices;

  make_conflicts (fixture);
  ui_wait_for (ui_shows (fixture->window, "Water the plants"));
  ui_sql (devices->other_path, "UPDATE notifications SET content = 'here'");
  ui_sync (devices, devices->other);
  ui_sync (devices, devices->profile);
  ui_wait_for (ui_find (fixture->window, GTK_TYPE_LIST_VIEW, NULL) == NULL
               || !gtk_widget_get_mapped (ui_find (fixture->window, GTK_TYPE_LIST_VIEW, NULL)));
}

int
main (int argc, char *argv[])
{
  ui_init (&argc, &argv);
  g_test_add ("/conflicts-page/lists-what-waits-and-opens-it", Fixture, NULL, set_up, test_list, tear_down);
  g_test_add ("/conflicts-page/is-empty-when-all-is-decided", Fixture, NULL, set_up, test_empties, tear_down);
  return g_test_run ();
}
