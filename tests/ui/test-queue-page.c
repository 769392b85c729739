/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-queue-page.h"
#include "sync-row-window.h"
#include "ui-fixture.h"

/* What waits to be sent, and what was refused. */

typedef struct
{
  UiFixture devices;
  GtkWidget *window;
  GtkWidget *page;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  UiFixture *devices = &fixture->devices;
  GtkWidget *overlay = adw_toast_overlay_new ();

  ui_fixture_set_up (devices, NULL);
  fixture->window = adw_window_new ();
  fixture->page = GTK_WIDGET (sync_queue_page_new (devices->profile));
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), fixture->page);
  adw_window_set_content (ADW_WINDOW (fixture->window), overlay);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 360, 560);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_wait_for (g_list_model_get_n_items (gtk_window_get_toplevels ()) == 0);
  ui_fixture_tear_down (&fixture->devices, NULL);
}

/* One row that waits, and one that the cloud refused. */
static void
fill (Fixture *fixture)
{
  const char *path = fixture->devices.path;

  ui_sql (path, "INSERT INTO projects (id, name) VALUES ('p1', 'Garden'), ('p2', 'House')");
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_sql (path, "UPDATE projects SET name = 'Terrace' WHERE id = 'p1';"
                "UPDATE projects SET name = 'Barn' WHERE id = 'p2';"
                "UPDATE psync_change SET state = 'refused', error = '{\"code\":\"row-refused\","
                "\"reason\":\"23514\",\"column\":\"name\"}' WHERE id = '''p2'''");
  sync_manager_refresh (sync_profile_get_manager (fixture->devices.profile));
}

static void
act (Fixture *fixture, const char *action)
{
  gtk_widget_activate_action (fixture->page, action, "(ss)", "projects", "'p2'");
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

/* What a click on that button does. */
static void
respond (AdwMessageDialog *dialog, const char *response)
{
  adw_message_dialog_response (dialog, response);
  gtk_window_destroy (GTK_WINDOW (dialog));
}

static void
test_list (Fixture *fixture, gconstpointer data)
{
  GtkWidget *list, *filter;

  ui_wait_for (ui_shows (fixture->window, "Nothing Is Waiting"));
  fill (fixture);
  ui_wait_for (ui_shows (fixture->window, "projects · p1"));
  ui_wait_for (ui_shows (fixture->window, "projects · p2"));
  ui_take_picture (fixture->window, "queue-page");

  filter = ui_find (fixture->window, GTK_TYPE_DROP_DOWN, NULL);
  gtk_drop_down_set_selected (GTK_DROP_DOWN (filter), 2);
  ui_wait_for (!ui_shows (fixture->window, "projects · p1"));
  g_assert_true (ui_shows (fixture->window, "projects · p2"));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (filter), 0);
  ui_wait_for (ui_shows (fixture->window, "projects · p1"));

  /* The drop-down has a list too. */
  list = ui_find (ui_find (fixture->window, ADW_TYPE_CLAMP_SCROLLABLE, NULL), GTK_TYPE_LIST_VIEW,
                  NULL);
  g_signal_emit_by_name (list, "activate", 1);
  ui_wait_for (find_other_window (fixture) != NULL);
  ui_wait_for (gtk_widget_get_mapped (find_other_window (fixture)));
  ui_take_picture (find_other_window (fixture), "queue-row");
  gtk_window_destroy (GTK_WINDOW (find_other_window (fixture)));
}

/* Whatever changes meanwhile: somebody is about to choose from it. */
static void
test_menu_stays_open (Fixture *fixture, gconstpointer data)
{
  GtkWidget *button;
  GtkPopover *popover;

  fill (fixture);
  ui_wait_for (ui_shows (fixture->window, "projects · p1"));
  button = ui_find (ui_find (fixture->window, ADW_TYPE_CLAMP_SCROLLABLE, NULL), GTK_TYPE_MENU_BUTTON,
                    NULL);
  popover = gtk_menu_button_get_popover (GTK_MENU_BUTTON (button));
  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  ui_wait_for (gtk_widget_get_mapped (GTK_WIDGET (popover)));
  ui_sql (fixture->devices.path, "UPDATE psync_change SET next_attempt_at = 4102444800000000");
  sync_manager_refresh (sync_profile_get_manager (fixture->devices.profile));
  ui_wait_for (ui_shows (fixture->window, "Next try"));
  g_assert_true (gtk_menu_button_get_popover (GTK_MENU_BUTTON (button)) == popover);
  g_assert_true (gtk_widget_get_mapped (GTK_WIDGET (popover)));
  gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
  ui_wait_for (!gtk_widget_get_mapped (GTK_WIDGET (popover)));
}

/* What came from the cloud and the table here refused waits too, also where nothing else does. */
static void
test_held (Fixture *fixture, gconstpointer data)
{
  GtkWidget *filter = ui_find (fixture->window, GTK_TYPE_DROP_DOWN, NULL);

  ui_wait_for (ui_shows (fixture->window, "Nothing Is Waiting"));
  ui_sql (fixture->devices.path,
          "INSERT INTO psync_held VALUES ('projects', '''p9''', 1, '{}', 'unique', 'name', 0)");
  sync_manager_refresh (sync_profile_get_manager (fixture->devices.profile));
  ui_wait_for (gtk_widget_get_mapped (filter));
  gtk_drop_down_set_selected (GTK_DROP_DOWN (filter), 3);
  ui_wait_for (ui_shows (fixture->window, "projects · p9"));
  g_assert_true (ui_shows (fixture->window, "Another row here has the same name."));
  ui_take_picture (fixture->window, "queue-held");
  gtk_drop_down_set_selected (GTK_DROP_DOWN (filter), 1);
  ui_wait_for (!ui_shows (fixture->window, "projects · p9"));
}

static void
test_retry (Fixture *fixture, gconstpointer data)
{
  fill (fixture);
  ui_wait_for (ui_shows (fixture->window, "projects · p2"));
  act (fixture, "queue.retry");
  ui_wait_for (ui_shows (fixture->window, "1 row will be sent again"));
  ui_expect (fixture->devices.path, "SELECT count(*) FROM psync_change WHERE state = 'pending'",
             "2\n");
  gtk_widget_activate_action (fixture->page, "queue.retry-all", NULL);
  ui_wait_for (ui_shows (fixture->window, "Nothing was refused"));
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_wait_for (ui_shows (fixture->window, "Nothing Is Waiting"));
}

static void
test_discard (Fixture *fixture, gconstpointer data)
{
  GtkWidget *dialog;

  fill (fixture);
  ui_wait_for (ui_shows (fixture->window, "projects · p2"));
  act (fixture, "queue.discard");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) != NULL);
  dialog = ui_find_window (ADW_TYPE_MESSAGE_DIALOG);
  g_assert_nonnull (ui_find (dialog, GTK_TYPE_LABEL, "name: \"House\" → \"Barn\""));
  ui_take_picture (dialog, "queue-discard");
  respond (ADW_MESSAGE_DIALOG (dialog), "cancel");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) == NULL);
  ui_expect (fixture->devices.path, "SELECT name FROM projects WHERE id = 'p2'", "Barn\n");

  act (fixture, "queue.discard");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) != NULL);
  respond (ADW_MESSAGE_DIALOG (ui_find_window (ADW_TYPE_MESSAGE_DIALOG)), "discard");
  ui_wait_for (ui_shows (fixture->window, "Change discarded; it can be put back for 30 days"));
  ui_wait_for (!ui_shows (fixture->window, "projects · p2"));
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_expect (fixture->devices.path, "SELECT name FROM projects WHERE id = 'p2'", "House\n");
}

static void
expect_outcome (Fixture *fixture, const char *id, const char *text)
{
  gtk_widget_activate_action (fixture->page, "queue.discard", "(ss)", "projects", id);
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) != NULL);
  g_assert_true (ui_shows (ui_find_window (ADW_TYPE_MESSAGE_DIALOG), text));
  respond (ADW_MESSAGE_DIALOG (ui_find_window (ADW_TYPE_MESSAGE_DIALOG)), "discard");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) == NULL);
}

static gboolean
is_there_again (const char *path)
{
  g_autofree char *output = NULL;

  return test_shell (path, "SELECT id, name FROM projects", &output)
         && g_str_equal (output, "old|Garden\n");
}

/* It says what becomes of the row, and that is what happens. */
static void
test_discard_outcomes (Fixture *fixture, gconstpointer data)
{
  const char *path = fixture->devices.path;

  ui_sql (path, "INSERT INTO projects (id, name) VALUES ('old', 'Garden')");
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_sql (path, "DELETE FROM projects; INSERT INTO projects (id, name) VALUES ('new', 'House')");
  sync_manager_refresh (sync_profile_get_manager (fixture->devices.profile));
  ui_wait_for (ui_shows (fixture->window, "projects · new"));
  expect_outcome (fixture, "'new'", "The cloud never had this row");
  ui_wait_for (!ui_shows (fixture->window, "projects · new"));
  expect_outcome (fixture, "'old'", "The row comes back as it was last synced.");
  /* Given up is given up, although the next sync is still to read the cloud's row. */
  ui_wait_for (is_there_again (path));
  ui_wait_for (!ui_shows (fixture->window, "projects · old"));
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_expect (path, "SELECT id, name FROM projects", "old|Garden\n");
}

static void
test_layout (void)
{
  g_autofree char *text = sync_row_window_lay_out (
      "{\"a\": 12345678901234567890, \"b\":[],\"c\":{\"d\":\"x,{\\\"\"}, \"e\":[1,2]}");

  g_assert_cmpstr (text, ==,
                   "{\n  \"a\": 12345678901234567890,\n  \"b\": [],\n  \"c\": {\n    \"d\": "
                   "\"x,{\\\"\"\n  },\n  \"e\": [\n    1,\n    2\n  ]\n}");
}

#define ADD(name, func) g_test_add ("/queue-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  ui_init (&argc, &argv);
  g_test_add_func ("/row-window/numbers-stay-exact", test_layout);
  ADD ("lists-what-waits-and-why", test_list);
  ADD ("a-menu-stays-open", test_menu_stays_open);
  ADD ("shows-what-is-held-back", test_held);
  ADD ("tries-again", test_retry);
  ADD ("discards-after-showing-what-is-lost", test_discard);
  ADD ("says-what-becomes-of-a-discarded-row", test_discard_outcomes);
  return g_test_run ();
}
