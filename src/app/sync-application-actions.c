/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application-private.h"

#include <glib/gi18n.h>

#include "sync-plain-window.h"

#define SHORTCUTS "/io/github/progressive_sync/ProgressiveSync/sync-shortcuts.ui"

/* What the application is asked to do, by a menu, the tray or over D-Bus. sync-now, cancel, auto-sync
 * and pause are about every open database; the rest needs a window and is shown in the newest. */

static SyncWindow *
present (SyncApplication *self)
{
  sync_application_present (self, NULL);
  return sync_application_get_newest_window (self);
}

static void
seed (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_window_do (present (user_data), "win.seed");
}

static void
hydrate (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_window_do (present (user_data), "win.hydrate");
}

/* The first database that has some. */
static void
show_conflicts (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncApplication *self = user_data;
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->profiles));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (G_LIST_MODEL (self->profiles), i);
      guint conflicts;

      g_object_get (sync_profile_get_manager (profile), "conflict-count", &conflicts, NULL);
      if (conflicts > 0)
        {
          sync_application_present_page (self, profile, "conflicts");
          return;
        }
    }
  sync_window_show_page (present (self), "conflicts");
}

static void
show_preferences (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_window_do (present (user_data), "win.preferences");
}

/* The window is there only while it is shown. GTK would keep a hidden one from the start on, which is
 * slower, and GTK 4.8 crashes when assistive technology asks for a window that closed just now while the
 * last of all windows is hidden: what it answers with has no object then. */
static void
show_shortcuts (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncWindow *window = present (user_data);
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource (SHORTCUTS);
  GtkShortcutsWindow *shortcuts
      = GTK_SHORTCUTS_WINDOW (gtk_builder_get_object (builder, "shortcuts"));

  /* It knows the keys of its window's actions this way only. */
  gtk_application_window_set_help_overlay (GTK_APPLICATION_WINDOW (window), shortcuts);
  gtk_window_set_hide_on_close (GTK_WINDOW (shortcuts), FALSE);
  gtk_window_present (GTK_WINDOW (shortcuts));
}

static void
show_about (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkWindow *window = GTK_WINDOW (present (user_data));

  if (sync_plain_window_present_over (window, ADW_TYPE_ABOUT_WINDOW))
    return;
  adw_show_about_window (window, "application-name", _("Progressive Sync"),
                         "application-icon", PROGRESSIVE_SYNC_APPLICATION_ID, "version",
                         PROGRESSIVE_SYNC_VERSION, "license-type", GTK_LICENSE_GPL_3_0, "comments",
                         _("Keeps local databases in step with a cloud or a vault"), NULL);
}

static void
quit (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_quit (user_data);
}

static void
open_database (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_present (user_data, g_variant_get_string (parameter, NULL));
}

static void
set_accels (GtkApplication *self)
{
  static const struct
  {
    const char *action;
    const char *accels[3];
  } entries[] = {
    { "win.sync-now", { "<Control>r", "F5" } },
    { "win.open", { "<Control>o" } },
    { "win.new", { "<Control>n" } },
    { "win.show-page::overview", { "<Alt>1" } },
    { "win.show-page::devices", { "<Alt>2" } },
    { "win.show-page::history", { "<Alt>3" } },
    { "win.show-page::queue", { "<Alt>4" } },
    { "win.show-page::conflicts", { "<Alt>5" } },
    { "app.preferences", { "<Control>comma" } },
    { "app.shortcuts", { "<Control>question" } },
    { "app.quit", { "<Control>q" } },
    { "window.close", { "<Control>w" } },
  };

  for (guint i = 0; i < G_N_ELEMENTS (entries); i++)
    gtk_application_set_accels_for_action (self, entries[i].action, entries[i].accels);
}

void
sync_application_add_actions (SyncApplication *self)
{
  static const GActionEntry entries[] = {
    { "seed", seed, NULL, NULL, NULL, { 0 } },
    { "hydrate", hydrate, NULL, NULL, NULL, { 0 } },
    { "show-conflicts", show_conflicts, NULL, NULL, NULL, { 0 } },
    { "preferences", show_preferences, NULL, NULL, NULL, { 0 } },
    { "shortcuts", show_shortcuts, NULL, NULL, NULL, { 0 } },
    { "about", show_about, NULL, NULL, NULL, { 0 } },
    { "quit", quit, NULL, NULL, NULL, { 0 } },
    { "open-database", open_database, "s", NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  self->run_actions
      = sync_run_actions_new (G_ACTION_MAP (self), G_LIST_MODEL (self->profiles));
  set_accels (GTK_APPLICATION (self));
}
