/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-devices-page.h"
#include "ui-fixture.h"

/* The devices that share a cloud. */

typedef struct
{
  UiFixture devices;
  GtkWidget *window;
  GtkWidget *page;
  char *other_id;
} Fixture;

static void
got_local (GObject *object, GAsyncResult *result, gpointer data)
{
  g_autoptr (SyncDevice) device
      = sync_devices_get_local_finish (SYNC_DEVICES (object), result, NULL);

  *(char **)data = g_strdup (device->id);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  UiFixture *devices = &fixture->devices;
  GtkWidget *overlay = adw_toast_overlay_new ();

  ui_fixture_set_up (devices, NULL);
  ui_sql (devices->path, "UPDATE psync_meta SET value = 'Desk' WHERE key = 'device-name'");
  ui_sql (devices->other_path, "UPDATE psync_meta SET value = 'Laptop' WHERE key = 'device-name'");
  ui_sql (devices->other_path, "INSERT INTO projects (id) VALUES ('p')");
  ui_sync (devices, devices->other);
  ui_sync (devices, devices->profile);
  sync_devices_get_local_async (sync_profile_get_devices (devices->other), NULL, got_local,
                                &fixture->other_id);
  ui_wait_for (fixture->other_id != NULL);
  fixture->window = adw_window_new ();
  fixture->page = GTK_WIDGET (sync_devices_page_new (devices->profile));
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), fixture->page);
  adw_window_set_content (ADW_WINDOW (fixture->window), overlay);
  gtk_window_set_default_size (GTK_WINDOW (fixture->window), 360, 480);
  gtk_window_present (GTK_WINDOW (fixture->window));
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gtk_window_destroy (GTK_WINDOW (fixture->window));
  ui_wait_for (g_list_model_get_n_items (gtk_window_get_toplevels ()) == 0);
  ui_fixture_tear_down (&fixture->devices, NULL);
  g_free (fixture->other_id);
}

static AdwMessageDialog *
ask (Fixture *fixture, const char *action)
{
  ui_wait_for (ui_shows (fixture->window, "Laptop"));
  gtk_widget_activate_action (fixture->page, action, "(ss)", fixture->other_id, "Laptop");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) != NULL);
  return ADW_MESSAGE_DIALOG (ui_find_window (ADW_TYPE_MESSAGE_DIALOG));
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
  ui_wait_for (ui_shows (fixture->window, "Desk"));
  ui_wait_for (ui_shows (fixture->window, "Laptop"));
  ui_wait_for (ui_shows (fixture->window, "Up to date"));
  ui_sql (fixture->devices.path, "INSERT INTO projects (id) VALUES ('q'), ('r')");
  ui_sync (&fixture->devices, fixture->devices.profile);
  ui_wait_for (ui_shows (fixture->window, "2 rows behind"));
  ui_take_picture (fixture->window, "devices-page");
}

static void
test_rename (Fixture *fixture, gconstpointer data)
{
  AdwMessageDialog *dialog = ask (fixture, "devices.rename");
  GtkWidget *entry = adw_message_dialog_get_extra_child (dialog);

  /* What cannot be a name is not offered to be one. */
  for (const char *const *bad = (const char *[]){ "", "  ", "two\nlines", NULL }; *bad != NULL; bad++)
    {
      gtk_editable_set_text (GTK_EDITABLE (entry), *bad);
      g_assert_false (adw_message_dialog_get_response_enabled (dialog, "do"));
    }
  gtk_editable_set_text (GTK_EDITABLE (entry), "Notebook");
  g_assert_true (adw_message_dialog_get_response_enabled (dialog, "do"));
  ui_take_picture (GTK_WIDGET (dialog), "devices-rename");
  respond (dialog, "do");
  ui_wait_for (ui_shows (fixture->window, "Notebook"));
}

static void
test_revoke (Fixture *fixture, gconstpointer data)
{
  AdwMessageDialog *dialog = ask (fixture, "devices.revoke");

  ui_take_picture (GTK_WIDGET (dialog), "devices-revoke");
  respond (dialog, "cancel");
  ui_wait_for (ui_find_window (ADW_TYPE_MESSAGE_DIALOG) == NULL);
  respond (ask (fixture, "devices.revoke"), "do");
  ui_wait_for (ui_shows (fixture->window, "Device revoked"));
  /* It keeps its rows. */
  ui_expect (fixture->devices.other_path, "SELECT count(*) FROM projects", "1\n");
}

/* Somebody asks until it is so: the page itself may be asking, from before. */
static gboolean
shows_when_asked (Fixture *fixture, const char *text)
{
  gtk_widget_activate_action (fixture->page, "devices.refresh", NULL);
  return ui_shows (fixture->window, text);
}

/* The list that is known stays, and is said to be that. */
static void
test_offline (Fixture *fixture, gconstpointer data)
{
  g_autofree char *vault = g_build_filename (fixture->devices.folder, "vault", NULL);
  g_autofree char *away = g_build_filename (fixture->devices.folder, "away", NULL);

  ui_wait_for (ui_shows (fixture->window, "Laptop"));
  ui_wait_for (ui_shows (fixture->window, "Devices that share this data"));
  g_assert_cmpint (g_rename (vault, away), ==, 0);
  ui_wait_for (shows_when_asked (fixture, "Offline: this is what was known"));
  g_assert_true (ui_shows (fixture->window, "Laptop"));
  g_assert_cmpint (g_rename (away, vault), ==, 0);
  ui_wait_for (shows_when_asked (fixture, "Devices that share this data"));
}

#define ADD(name, func) g_test_add ("/devices-page/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  ui_init (&argc, &argv);
  ADD ("lists-devices", test_list);
  ADD ("renames", test_rename);
  ADD ("revokes-after-asking", test_revoke);
  ADD ("shows-what-is-known-when-offline", test_offline);
  return g_test_run ();
}
