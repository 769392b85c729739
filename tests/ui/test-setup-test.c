/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <libsoup/soup.h>

#include "sync-setup-test.h"
#include "ui-fixture.h"

/* The test of a connection, as somebody sees it who sets up a device. */

static void
answer_without_tables (SoupServer *server, SoupServerMessage *message, const char *path,
                       GHashTable *query, gpointer data)
{
  static const char settings[] = "{\"external\":{\"email\":true},\"disable_signup\":false}";
  static const char missing[] = "{\"code\":\"PGRST205\",\"message\":\"no such table\"}";
  gboolean is_auth = g_str_has_prefix (path, "/auth/");

  soup_server_message_set_status (message, is_auth ? 200 : 404, NULL);
  soup_server_message_set_response (message, "application/json", SOUP_MEMORY_STATIC,
                                    is_auth ? settings : missing,
                                    is_auth ? strlen (settings) : strlen (missing));
}

/* Whether it can be seen without scrolling. */
static gboolean
is_in_sight (GtkWidget *widget, GtkWidget *window)
{
  graphene_rect_t bounds;

  return gtk_widget_get_mapped (widget) && gtk_widget_compute_bounds (widget, window, &bounds)
         && bounds.origin.x >= 0 && bounds.origin.y >= 0
         && bounds.origin.x + bounds.size.width <= (float) gtk_widget_get_width (window)
         && bounds.origin.y + bounds.size.height <= (float) gtk_widget_get_height (window);
}

/* What to do about it comes first, and nothing that was not tried is shown as failed. */
static void
test_schema_is_missing (UiFixture *fixture, gconstpointer data)
{
  static const int sizes[][2] = { { 360, 600 }, { 800, 600 } };
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autofree char *url = NULL;
  GSList *uris;

  soup_server_add_handler (server, NULL, answer_without_tables, NULL, NULL);
  g_assert_true (soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, NULL));
  uris = soup_server_get_uris (server);
  url = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      GtkWidget *window = gtk_window_new ();
      GtkWidget *page = g_object_new (SYNC_TYPE_SETUP_TEST, NULL);
      g_autofree char *name = g_strdup_printf ("schema-missing-%d", sizes[i][0]);

      gtk_window_set_child (GTK_WINDOW (window), page);
      gtk_window_set_default_size (GTK_WINDOW (window), sizes[i][0], sizes[i][1]);
      gtk_window_present (GTK_WINDOW (window));
      sync_setup_test_begin (SYNC_SETUP_TEST (page), fixture->profile, url, "sb_publishable_x1");
      ui_wait_for (ui_find (page, GTK_TYPE_BUTTON, "_Copy") != NULL
                   && gtk_widget_is_sensitive (ui_find (page, GTK_TYPE_BUTTON, "_Copy"))
                   && is_in_sight (ui_find (page, GTK_TYPE_BUTTON, "_Copy"), window)
                   && is_in_sight (ui_find (page, GTK_TYPE_BUTTON, "_Save…"), window)
                   && is_in_sight (ui_find (page, GTK_TYPE_BUTTON, "_Try Again"), window));
      g_assert_false (ui_shows (page, "Nobody is signed in"));
      ui_take_picture (window, name);
      gtk_window_destroy (GTK_WINDOW (window));
    }
}

int
main (int argc, char **argv)
{
  ui_init (&argc, &argv);
  g_test_add ("/setup-test/a-project-without-tables", UiFixture, NULL, ui_fixture_set_up, test_schema_is_missing,
              ui_fixture_tear_down);
  return test_run_with_own_folders ();
}
