/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-tray.h"

#include <glib/gi18n.h>

#include "sync-bus-names.h"
#include "sync-tray-host.h"
#include "sync-tray-process.h"
#include "sync-tray-summary.h"

/* A program that was built and not installed. */
#define PROGRAM_VARIABLE "PROGRESSIVE_SYNC_TRAY"

/**
 * SyncTray:
 *
 * The application's part of the tray. The menu never changes its shape; what changes are the states
 * of the actions that it is about.
 */
struct _SyncTray
{
  GObject parent_instance;

  SyncApplication *application; /* (unowned): outlives it */
  GDBusConnection *connection;  /* (owned) */
  SyncTrayHost *host;           /* (owned) */
  SyncTrayProcess *process;     /* (owned) */
  GPtrArray *followed;          /* (owned) (element-type GSignalGroup) */
  guint menu_id;
  guint update_id;
};

enum
{
  PROP_PRESENT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncTray, sync_tray, G_TYPE_OBJECT)

/* --- Actions ---------------------------------------------------------------------------------- */

static void
open_window (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_application_present (((SyncTray *)user_data)->application, NULL);
}

static void
pause_all (SyncTray *self, const char *how)
{
  g_action_group_activate_action (G_ACTION_GROUP (self->application), "pause",
                                  g_variant_new_string (how));
}

static void
pause_for (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  pause_all (user_data, g_variant_get_string (parameter, NULL));
}

static void
resume (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  pause_all (user_data, "off");
}

static void
show_conflicts (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_action_group_activate_action (G_ACTION_GROUP (((SyncTray *)user_data)->application),
                                  "show-conflicts", NULL);
}

static const GActionEntry entries[] = {
  { "open-window", open_window, NULL, NULL, NULL, { 0 } },
  { "tray-status", NULL, NULL, "''", NULL, { 0 } },
  { "tray-icon", NULL, NULL, "('progressive-sync-idle-symbolic', false, '')", NULL, { 0 } },
  { "tray-conflicts", show_conflicts, NULL, "''", NULL, { 0 } },
  { "tray-pause", pause_for, "s", NULL, NULL, { 0 } },
  { "tray-resume", resume, NULL, NULL, NULL, { 0 } },
};

static GSimpleAction *
action_of (SyncTray *self, const char *name)
{
  return G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self->application), name));
}

/* --- State ------------------------------------------------------------------------------------ */

static void
show_conflict_count (SyncTray *self, guint conflicts)
{
  g_autofree char *label = conflicts > 0 ? g_strdup_printf (_ ("_Conflicts (%u)"), conflicts)
                                         : g_strdup (_ ("_Conflicts"));

  g_simple_action_set_state (action_of (self, "tray-conflicts"), g_variant_new_string (label));
  g_simple_action_set_enabled (action_of (self, "tray-conflicts"), conflicts > 0);
}

/* In a menu an underscore marks a letter. */
static char *
escape_underscores (const char *text)
{
  g_auto (GStrv) parts = g_strsplit (text, "_", -1);

  return g_strjoinv ("__", parts);
}

static gboolean
update (gpointer data)
{
  SyncTray *self = data;
  g_auto (SyncTraySummary) summary = { NULL };
  g_autofree char *tooltip = NULL;
  g_autofree char *label = NULL;

  self->update_id = 0;
  sync_tray_summary_read (&summary, sync_application_get_profiles (self->application));
  label = escape_underscores (summary.text);
  /* Translators: the tray icon's tooltip; %s is how sync stands */
  tooltip = g_strdup_printf (_ ("Progressive Sync: %s"), summary.text);
  g_simple_action_set_state (action_of (self, "tray-status"), g_variant_new_string (label));
  g_simple_action_set_state (action_of (self, "tray-icon"),
                             g_variant_new ("(sbs)", summary.icon, summary.attention, tooltip));
  show_conflict_count (self, summary.conflicts);
  g_simple_action_set_enabled (action_of (self, "tray-pause"),
                               summary.available && !summary.paused);
  g_simple_action_set_enabled (action_of (self, "tray-resume"), summary.paused);
  return G_SOURCE_REMOVE;
}

static void
update_soon (SyncTray *self)
{
  if (self->update_id == 0)
    self->update_id = g_idle_add (update, self);
}

static void
release_group (gpointer group)
{
  g_signal_group_set_target (group, NULL);
  g_object_unref (group);
}

static void
follow (SyncTray *self, gpointer object)
{
  GSignalGroup *group = g_signal_group_new (G_OBJECT_TYPE (object));

  g_signal_group_connect_swapped (group, "notify", G_CALLBACK (update_soon), self);
  g_signal_group_set_target (group, object);
  g_ptr_array_add (self->followed, group);
}

static void
profiles_changed (SyncTray *self)
{
  GListModel *profiles = sync_application_get_profiles (self->application);
  guint n = g_list_model_get_n_items (profiles);

  g_ptr_array_set_size (self->followed, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i);

      follow (self, sync_profile_get_manager (profile));
      follow (self, sync_profile_get_scheduler (profile));
    }
  update_soon (self);
}

/* --- The menu --------------------------------------------------------------------------------- */

static void
append_hidden (GMenu *menu, const char *label, const char *action, GMenuModel *submenu)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, action);

  g_menu_item_set_attribute (item, "hidden-when", "s", "action-disabled");
  if (submenu != NULL)
    g_menu_item_set_link (item, G_MENU_LINK_SUBMENU, submenu);
  g_menu_append_item (menu, item);
}

static GMenuModel *
pause_menu (void)
{
  GMenu *menu = g_menu_new ();

  g_menu_append (menu, _ ("For _1 Hour"), "app.tray-pause::1h");
  g_menu_append (menu, _ ("Until _Tomorrow"), "app.tray-pause::tomorrow");
  g_menu_append (menu, _ ("Until _Resumed"), "app.tray-pause::until-resumed");
  return G_MENU_MODEL (menu);
}

static void
append_section (GMenu *menu, GMenu *section)
{
  g_menu_append_section (menu, NULL, G_MENU_MODEL (section));
  g_object_unref (section);
}

static GMenuModel *
tray_menu (void)
{
  g_autoptr (GMenuModel) pauses = pause_menu ();
  GMenu *menu = g_menu_new ();
  GMenu *status = g_menu_new ();
  GMenu *runs = g_menu_new ();
  GMenu *rest = g_menu_new ();

  g_menu_append (status, _ ("Progressive Sync"), "app.tray-status");
  g_menu_append (status, _ ("_Open"), "app.open-window");
  g_menu_append (runs, _ ("_Sync Now"), "app.sync-now");
  append_hidden (runs, _ ("Cance_l Sync"), "app.cancel", NULL);
  g_menu_append (runs, _ ("_Automatic Sync"), "app.auto-sync");
  append_hidden (runs, _ ("_Pause"), "app.tray-pause", pauses);
  append_hidden (runs, _ ("_Resume"), "app.tray-resume", NULL);
  g_menu_append (rest, _ ("_Conflicts"), "app.tray-conflicts");
  g_menu_append (rest, _ ("P_references"), "app.preferences");
  g_menu_append (rest, _ ("_Quit"), "app.quit");
  append_section (menu, status);
  append_section (menu, runs);
  append_section (menu, rest);
  return G_MENU_MODEL (menu);
}

/* --- The program ------------------------------------------------------------------------------ */

static gboolean
is_wanted (SyncTray *self)
{
  GSettings *settings = sync_application_get_settings (self->application);

  return settings == NULL || g_settings_get_boolean (settings, "show-tray");
}

static void
host_changed (SyncTray *self)
{
  sync_tray_process_set_wanted (self->process,
                                is_wanted (self) && sync_tray_host_get_present (self->host));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRESENT]);
}

static void
gave_up (SyncTray *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRESENT]);
}

static const char *
find_program (void)
{
  const char *given = g_getenv (PROGRAM_VARIABLE);

  return given != NULL && *given != '\0' ? given
                                         : PROGRESSIVE_SYNC_LIBEXECDIR "/progressive-sync-tray";
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_tray_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PRESENT)
    g_value_set_boolean (value, sync_tray_get_present (SYNC_TRAY (object)));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
sync_tray_dispose (GObject *object)
{
  SyncTray *self = SYNC_TRAY (object);

  g_clear_handle_id (&self->update_id, g_source_remove);
  g_ptr_array_set_size (self->followed, 0);
  for (guint i = 0; self->application != NULL && i < G_N_ELEMENTS (entries); i++)
    g_action_map_remove_action (G_ACTION_MAP (self->application), entries[i].name);
  self->application = NULL;
  if (self->menu_id != 0)
    g_dbus_connection_unexport_menu_model (self->connection, self->menu_id);
  self->menu_id = 0;
  if (self->process != NULL)
    sync_tray_process_set_wanted (self->process, FALSE);
  g_clear_object (&self->process);
  g_clear_object (&self->host);
  g_clear_object (&self->connection);

  G_OBJECT_CLASS (sync_tray_parent_class)->dispose (object);
}

static void
sync_tray_finalize (GObject *object)
{
  g_ptr_array_unref (SYNC_TRAY (object)->followed);

  G_OBJECT_CLASS (sync_tray_parent_class)->finalize (object);
}

static void
sync_tray_class_init (SyncTrayClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = sync_tray_get_property;
  object_class->dispose = sync_tray_dispose;
  object_class->finalize = sync_tray_finalize;

  properties[PROP_PRESENT]
      = g_param_spec_boolean ("present", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_tray_init (SyncTray *self)
{
  self->followed = g_ptr_array_new_with_free_func (release_group);
}

static void
show_on_bus (SyncTray *self, GDBusConnection *connection)
{
  g_autoptr (SyncTimers) timers = sync_timers_new ();
  g_autoptr (GMenuModel) menu = tray_menu ();
  g_autoptr (GError) error = NULL;

  self->connection = g_object_ref (connection);
  self->menu_id
      = g_dbus_connection_export_menu_model (connection, SYNC_BUS_PATH "/tray", menu, &error);
  if (error != NULL)
    g_debug ("The tray's menu is not on the bus: %s", error->message);
  self->process = sync_tray_process_new (find_program (),
                                         g_dbus_connection_get_unique_name (connection), timers);
  g_signal_connect_object (self->process, "gave-up", G_CALLBACK (gave_up), self,
                           G_CONNECT_SWAPPED);
  self->host = sync_tray_host_new (connection);
  g_signal_connect_object (self->host, "notify::present", G_CALLBACK (host_changed), self,
                           G_CONNECT_SWAPPED);
}

/**
 * sync_tray_new: (constructor)
 * @application: the application, registered
 *
 * Returns: (transfer full): its tray; without a bus there never is one
 */
SyncTray *
sync_tray_new (SyncApplication *application)
{
  SyncTray *self = g_object_new (SYNC_TYPE_TRAY, NULL);
  GDBusConnection *connection = g_application_get_dbus_connection (G_APPLICATION (application));
  GSettings *settings = sync_application_get_settings (application);

  self->application = application;
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries),
                                   self);
  g_simple_action_set_enabled (action_of (self, "tray-status"), FALSE);
  g_signal_connect_object (sync_application_get_profiles (application), "items-changed",
                           G_CALLBACK (profiles_changed), self, G_CONNECT_SWAPPED);
  profiles_changed (self);
  if (connection == NULL)
    return self;
  show_on_bus (self, connection);
  if (settings != NULL)
    g_signal_connect_object (settings, "changed::show-tray", G_CALLBACK (host_changed), self,
                             G_CONNECT_SWAPPED);
  return self;
}

/**
 * sync_tray_get_present:
 * @tray: the tray
 *
 * Returns: whether there is an icon by which the application can be reached
 */
gboolean
sync_tray_get_present (SyncTray *tray)
{
  g_return_val_if_fail (SYNC_IS_TRAY (tray), FALSE);

  return tray->host != NULL && is_wanted (tray) && sync_tray_host_get_present (tray->host)
         && !sync_tray_process_get_gave_up (tray->process);
}

/**
 * sync_tray_get_gave_up:
 * @tray: the tray
 *
 * Returns: whether there could be an icon, but the program that shows it cannot be kept alive
 */
gboolean
sync_tray_get_gave_up (SyncTray *tray)
{
  g_return_val_if_fail (SYNC_IS_TRAY (tray), FALSE);

  return tray->process != NULL && sync_tray_process_get_gave_up (tray->process);
}
