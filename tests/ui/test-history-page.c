/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-history-chart.h"
#include "sync-history-page.h"
#include "ui-fixture.h"

/* The runs of the past. */

typedef struct
{
  UiFixture devices;
  GtkWidget *window;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  UiFixture *devices = &fixture->devices;

  ui_fixture_set_up (devices, NULL);
  ui_sql (devices->path, "DELETE FROM psync_history");
  fixture->window = adw_window_new ();
  adw_window_set_content (ADW_WINDOW (fixture->window),
                          GTK_WIDGET (sync_history_page_new (devices->profile)));
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 360, 640);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_wait_for (g_list_model_get_n_items (gtk_window_get_toplevels ()) == 0);
  ui_fixture_tear_down (&fixture->devices, NULL);
}

static void
refresh (Fixture *fixture)
{
  sync_manager_refresh (sync_profile_get_manager (fixture->devices.profile));
}

/* So many runs, one every two hours, the last one now. */
static void
add_runs (Fixture *fixture, guint runs)
{
  gint64 now = g_get_real_time ();
  g_autofree char *text = g_strdup_printf (
      "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %u) "
      "INSERT INTO psync_history (run, kind, started_at, finished_at, outcome, pulled, pushed, "
      "requests, entities, error) "
      "SELECT i, iif (i %% 50 = 7, 'hydrate', 'sync'), %" G_GINT64_FORMAT
      " - (%u - i) * 7200000000, %" G_GINT64_FORMAT " - (%u - i) * 7200000000 + 1500000, "
      "iif (i %% 25 = 0, 'failed', 'done'), i %% 13, i %% 7, 4, "
      "'{\"projects\":{\"pulled\":' || (i %% 13) || '}}', "
      "iif (i %% 25 = 0, '{\"code\":\"offline\"}', NULL) FROM n",
      runs, now, runs, now, runs);

  ui_sql (fixture->devices.path, text);
  refresh (fixture);
}

static GtkWidget *
find_list (Fixture *fixture)
{
  return ui_find (ui_find (fixture->window, ADW_TYPE_CLAMP_SCROLLABLE, NULL), GTK_TYPE_LIST_VIEW,
                  NULL);
}

static GtkWidget *
find_other_window (Fixture *fixture)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWidget) window = g_list_model_get_item (windows, i);

      if (window != fixture->window)
        return window;
    }
  return NULL;
}

static guint
count_rows (Fixture *fixture)
{
  GtkSelectionModel *model = gtk_list_view_get_model (GTK_LIST_VIEW (find_list (fixture)));

  return g_list_model_get_n_items (G_LIST_MODEL (model));
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  ui_wait_for (ui_shows (fixture->window, "No History"));
  add_runs (fixture, 300);
  ui_wait_for (ui_shows (fixture->window, "Today"));
  ui_wait_for (ui_shows (fixture->window, "Yesterday"));
  /* What the bars of each colour are. */
  g_assert_true (ui_shows (fixture->window, "Rows sent"));
  g_assert_true (ui_shows (fixture->window, "Rows received"));
  ui_take_picture (fixture->window, "history-page");
  g_signal_emit_by_name (find_list (fixture), "activate", 0);
  ui_wait_for (find_other_window (fixture) != NULL);
  ui_wait_for (ui_shows (find_other_window (fixture), "projects"));
  ui_take_picture (find_other_window (fixture), "history-run");
  gtk_window_destroy (GTK_WINDOW (find_other_window (fixture)));
}

static void
test_filter (Fixture *fixture, gconstpointer data)
{
  GtkDropDown *kind, *outcome;

  add_runs (fixture, 100);
  ui_wait_for (count_rows (fixture) == 100);
  kind = GTK_DROP_DOWN (ui_find (fixture->window, GTK_TYPE_DROP_DOWN, NULL));
  outcome = GTK_DROP_DOWN (gtk_widget_get_next_sibling (GTK_WIDGET (kind)));
  gtk_drop_down_set_selected (kind, 3);
  ui_wait_for (count_rows (fixture) == 2);
  /* A run is called what the choice and the menu call it. */
  ui_wait_for (ui_shows (fixture->window, "Restore everything"));
  gtk_drop_down_set_selected (kind, 0);
  gtk_drop_down_set_selected (outcome, 3);
  ui_wait_for (count_rows (fixture) == 4);
  gtk_drop_down_set_selected (kind, 2);
  ui_wait_for (ui_shows (fixture->window, "No Such Runs"));
}

/* However long the history is, only what is near the screen becomes a widget. */
static void
test_long (Fixture *fixture, gconstpointer data)
{
  add_runs (fixture, 10000);
  ui_wait_for (count_rows (fixture) == 10000);
  ui_wait_for (ui_shows (fixture->window, "Today"));
  g_assert_cmpuint (ui_count (find_list (fixture), GTK_TYPE_IMAGE), <, 500);
}

#define ADD(name, func) g_test_add ("/history-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  ui_init (&argc, &argv);
  ADD ("lists-runs-by-day-and-opens-one", test_list);
  ADD ("filters", test_filter);
  ADD ("ten-thousand-runs", test_long);
  return g_test_run ();
}
