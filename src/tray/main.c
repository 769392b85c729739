/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>
#include <stdlib.h>

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <gtk/gtk.h>

#include "tray-indicator.h"
#include "tray-menu.h"

#define OBJECT_PATH "/io/github/progressive_sync/ProgressiveSync"

/* Where icons are that are not installed. Where those are that are, panels know for the usual places only. */
#define ICONS_VARIABLE "PROGRESSIVE_SYNC_ICONS"

static char *name;
static gboolean version;

static const GOptionEntry options[] = {
  { "name", 'n', 0, G_OPTION_ARG_STRING, &name, N_ ("The application’s name on the session bus"),
    N_ ("NAME") },
  { "version", 0, 0, G_OPTION_ARG_NONE, &version, N_ ("Print the version and end"), NULL },
  { NULL },
};

/* However it ended: there is nothing left to show. */
static void
application_gone (GDBusConnection *connection, const char *bus_name, gpointer data)
{
  gtk_main_quit ();
}

static gboolean
on_signal (gpointer data)
{
  gtk_main_quit ();
  return G_SOURCE_CONTINUE;
}

static void
ignore_names (GActionGroup *actions)
{
  /* Asking begins to follow them. */
  g_strfreev (g_action_group_list_actions (actions));
}

static int
show_tray (GDBusConnection *connection)
{
  const char *icons = g_getenv (ICONS_VARIABLE);
  g_autoptr (GDBusActionGroup) actions = g_dbus_action_group_get (connection, name, OBJECT_PATH);
  g_autoptr (GDBusMenuModel) model = g_dbus_menu_model_get (connection, name, OBJECT_PATH "/tray");
  g_autoptr (TrayMenu) menu = NULL;
  g_autoptr (TrayIndicator) indicator = NULL;
  guint watch = g_bus_watch_name_on_connection (connection, name, G_BUS_NAME_WATCHER_FLAGS_NONE,
                                                NULL, application_gone, NULL, NULL);

  ignore_names (G_ACTION_GROUP (actions));
  menu = tray_menu_new (G_MENU_MODEL (model), G_ACTION_GROUP (actions));
  indicator = tray_indicator_new (G_ACTION_GROUP (actions), tray_menu_get_widget (menu),
                                  icons != NULL ? icons : PROGRESSIVE_SYNC_ICONDIR);
  g_unix_signal_add (SIGTERM, on_signal, NULL);
  g_unix_signal_add (SIGINT, on_signal, NULL);
  g_unix_signal_add (SIGHUP, on_signal, NULL);
  gtk_main ();
  g_bus_unwatch_name (watch);
  return EXIT_SUCCESS;
}

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) connection = NULL;

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, PROGRESSIVE_SYNC_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_ ("Progressive Sync"));
  /* The icon is all that it has: it needs no bridge to assistive technology of its own. */
  g_setenv ("NO_AT_BRIDGE", "1", FALSE);
  if (!gtk_init_with_args (&argc, &argv, NULL, options, GETTEXT_PACKAGE, &error) && !version)
    {
      g_printerr ("progressive-sync-tray: %s\n",
                  error != NULL ? error->message : _ ("There is no display."));
      return EXIT_FAILURE;
    }
  if (version)
    {
      g_print ("progressive-sync-tray %s\n", PROGRESSIVE_SYNC_VERSION);
      return EXIT_SUCCESS;
    }
  if (name == NULL)
    name = g_strdup (PROGRESSIVE_SYNC_APPLICATION_ID);
  connection = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, &error);
  if (connection == NULL)
    {
      g_printerr ("progressive-sync-tray: %s\n", error->message);
      return EXIT_FAILURE;
    }
  return show_tray (connection);
}
