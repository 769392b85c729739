/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-window-private.h"

#include <glib/gi18n.h>

#include "sync-file-choice.h"
#include "sync-known-databases.h"

/* The menu of databases: the known ones, each with its own window, and choosing another file. */

#define MOST_DATABASES 10

/* --- The menu --------------------------------------------------------------------------------- */

static char *
name_database (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *short_folder = g_filename_display_basename (folder);
  g_autofree char *name = g_filename_display_basename (path);
  g_autofree char *label
      /* Translators: a file and the folder that it is in */
      = g_strdup_printf (_("%s (in %s)"), name, short_folder);

  /* Names may have underscores, which are no mnemonics. */
  g_auto (GStrv) parts = g_strsplit (label, "_", -1);

  return g_strjoinv ("__", parts);
}

static void
add_database (GMenu *menu, const char *path)
{
  g_autofree char *label = name_database (path);
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, "win.database", "s", path);
  g_menu_append_item (menu, item);
}

static void
fill_menu (SyncWindow *self, const char *const *paths)
{
  g_autoptr (GMenu) known = g_menu_new ();
  g_autoptr (GMenu) others = g_menu_new ();

  for (guint i = 0; paths[i] != NULL && i < MOST_DATABASES; i++)
    if (g_utf8_validate (paths[i], -1, NULL))
      add_database (known, paths[i]);
  g_menu_append (others, _("_New Database…"), "win.new");
  g_menu_append (others, _("_Open Database…"), "win.open");
  g_menu_remove_all (self->databases);
  g_menu_append_section (self->databases, NULL, G_MENU_MODEL (known));
  g_menu_append_section (self->databases, NULL, G_MENU_MODEL (others));
}

static void
list_known (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_auto (GStrv) known = sync_known_databases_list ();
  g_autoptr (GStrvBuilder) there = g_strv_builder_new ();

  for (guint i = 0; known[i] != NULL; i++)
    if (g_file_test (known[i], G_FILE_TEST_IS_REGULAR))
      g_strv_builder_add (there, known[i]);
  g_task_return_pointer (task, g_strv_builder_end (there), (GDestroyNotify) g_strfreev);
}

static void
known_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncWindow *self = SYNC_WINDOW (object);
  g_auto (GStrv) paths = g_task_propagate_pointer (G_TASK (result), NULL);

  if (paths != NULL)
    fill_menu (self, (const char *const *) paths);
}

/* Also when the menu is opened: other programs open databases, too. */
void
sync_window_update_databases (SyncWindow *self)
{
  g_autoptr (GTask) task = g_task_new (self, self->cancellable, known_listed, NULL);
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "database");

  g_simple_action_set_state (G_SIMPLE_ACTION (action),
                             g_variant_new_string (self->path != NULL ? self->path : ""));
  g_task_run_in_thread (task, list_known);
}

/* --- Choosing a file -------------------------------------------------------------------------- */

static void
file_chosen (const char *path, gpointer user_data)
{
  SyncWindow *self = user_data;

  if (self->profile == NULL)
    sync_window_change_path (self, path);
  else
    sync_application_present (
        SYNC_APPLICATION (gtk_window_get_application (GTK_WINDOW (self))), path);
}

static void
open_database (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_file_choice_open (user_data, _("Open Database"), file_chosen);
}

static void
new_database (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_file_choice_save (user_data, _("New Database"), _("database.db"), file_chosen);
}

static void
switch_database (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  SyncWindow *self = user_data;
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));

  sync_application_present (SYNC_APPLICATION (application), g_variant_get_string (value, NULL));
}

void
sync_window_add_database_actions (SyncWindow *self)
{
  static const GActionEntry entries[] = {
    { "open", open_database, NULL, NULL, NULL, { 0 } },
    { "new", new_database, NULL, NULL, NULL, { 0 } },
    { "database", NULL, "s", "''", switch_database, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  self->databases = g_menu_new ();
  gtk_menu_button_set_menu_model (self->databases_button, G_MENU_MODEL (self->databases));
  g_signal_connect_object (gtk_menu_button_get_popover (self->databases_button), "map",
                           G_CALLBACK (sync_window_update_databases), self, G_CONNECT_SWAPPED);
}
