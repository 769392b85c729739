/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-background.h"

#include <signal.h>

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <glib/gstdio.h>

#include "sync-plain-window.h"
#include "sync-window.h"

#define NOTIFICATION_ID "background"

/* The values of the key `without-tray`. */
#define ASK "ask"
#define CONTINUE "continue"
#define QUIT "quit"

/**
 * SyncBackground:
 *
 * Life without a window.
 */
struct _SyncBackground
{
  GObject parent_instance;

  SyncApplication *application; /* (unowned): outlives it */
  SyncTray *tray;               /* (owned) */
  guint hangup_id;
};

G_DEFINE_FINAL_TYPE (SyncBackground, sync_background, G_TYPE_OBJECT)

/* --- Closing a window ------------------------------------------------------------------------- */

/* Whether there is something that goes on by itself. */
static gboolean
has_work (SyncBackground *self)
{
  GListModel *profiles = sync_application_get_profiles (self->application);
  guint n = g_list_model_get_n_items (profiles);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i);

      if (sync_manager_get_available (sync_profile_get_manager (profile)))
        return TRUE;
    }
  return FALSE;
}

/* Whether starting it again would reach this process. */
static gboolean
is_on_bus (SyncBackground *self)
{
  return g_application_get_dbus_connection (G_APPLICATION (self->application)) != NULL;
}

static gboolean
is_wanted (SyncBackground *self)
{
  GSettings *settings = sync_application_get_settings (self->application);

  return (settings == NULL || g_settings_get_boolean (settings, "run-in-background"))
         && has_work (self) && is_on_bus (self);
}

static gboolean
is_last (SyncBackground *self, GtkWindow *window)
{
  GList *windows = gtk_application_get_windows (GTK_APPLICATION (self->application));

  for (GList *l = windows; l != NULL; l = l->next)
    if (SYNC_IS_WINDOW (l->data) && l->data != window)
      return FALSE;
  return TRUE;
}

static void
tell_how_to_return (SyncBackground *self)
{
  g_autoptr (GNotification) notification
      = g_notification_new (_ ("Progressive Sync Runs in the Background"));

  if (!is_on_bus (self))
    return;
  g_notification_set_body (
      notification, _ ("There is no tray icon. Start Progressive Sync again to see its window."));
  g_notification_set_default_action (notification, "app.open-window");
  g_notification_add_button (notification, _ ("Open"), "app.open-window");
  g_notification_add_button (notification, _ ("Quit"), "app.quit");
  g_application_send_notification (G_APPLICATION (self->application), NOTIFICATION_ID,
                                   notification);
}

static void
go_on (SyncBackground *self)
{
  sync_application_set_keep_running (self->application, TRUE);
  if (!sync_tray_get_present (self->tray))
    tell_how_to_return (self);
}

static void
remember (SyncBackground *self, const char *choice)
{
  GSettings *settings = sync_application_get_settings (self->application);

  if (settings != NULL)
    g_settings_set_string (settings, "without-tray", choice);
}

static void
answered (AdwMessageDialog *dialog, const char *response, gpointer user_data)
{
  SyncBackground *self = user_data;
  GtkCheckButton *again = g_object_get_data (G_OBJECT (dialog), "again");
  GtkWindow *window = gtk_window_get_transient_for (GTK_WINDOW (dialog));

  if (!g_str_equal (response, CONTINUE) && !g_str_equal (response, QUIT))
    return;
  if (gtk_check_button_get_active (again))
    remember (self, response);
  if (g_str_equal (response, QUIT))
    {
      sync_application_quit (self->application);
      return;
    }
  go_on (self);
  gtk_window_destroy (window);
}

/* Without a tray nobody would know that it goes on, nor how to see it again. */
static void
ask (SyncBackground *self, GtkWindow *window)
{
  GtkWidget *dialog, *again;

  if (sync_plain_window_present_over (window, ADW_TYPE_MESSAGE_DIALOG))
    return;
  dialog = adw_message_dialog_new (
      window, _ ("Keep Syncing in the Background?"),
      _ ("There is no tray here that would show an icon. To see the window "
         "again, start Progressive Sync again."));
  again = gtk_check_button_new_with_mnemonic (_ ("Do the _same next time"));
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), again);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _ ("_Cancel"), QUIT,
                                    _ ("_Quit"), CONTINUE, _ ("_Keep Syncing"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), CONTINUE,
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), CONTINUE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data (G_OBJECT (dialog), "again", again);
  /* The answer may end the window, of which the dialog takes its leave afterwards. */
  g_object_set_data_full (G_OBJECT (dialog), "window", g_object_ref (window), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
  /* Not the check button, which comes first: the return key chooses what is suggested. */
  gtk_window_set_focus (GTK_WINDOW (dialog), gtk_window_get_default_widget (GTK_WINDOW (dialog)));
}

static gboolean
close_requested (SyncBackground *self, GtkWindow *window)
{
  GSettings *settings = sync_application_get_settings (self->application);
  g_autofree char *choice = settings != NULL ? g_settings_get_string (settings, "without-tray")
                                             : g_strdup (ASK);

  if (!is_wanted (self))
    {
      sync_application_set_keep_running (self->application, FALSE);
      return GDK_EVENT_PROPAGATE;
    }
  if (sync_tray_get_present (self->tray) || !is_last (self, window)
      || g_str_equal (choice, CONTINUE))
    go_on (self);
  else if (g_str_equal (choice, QUIT))
    sync_application_set_keep_running (self->application, FALSE);
  else
    {
      ask (self, window);
      return GDK_EVENT_STOP;
    }
  return GDK_EVENT_PROPAGATE;
}

static void
window_added (SyncBackground *self, GtkWindow *window)
{
  if (!SYNC_IS_WINDOW (window))
    return;
  g_signal_connect_object (window, "close-request", G_CALLBACK (close_requested), self,
                           G_CONNECT_SWAPPED);
  g_application_withdraw_notification (G_APPLICATION (self->application), NOTIFICATION_ID);
}

/* An icon is a way back. If it is lost for good, somebody must be told of the other one. */
static void
tray_changed (SyncBackground *self)
{
  if (sync_tray_get_present (self->tray))
    g_application_withdraw_notification (G_APPLICATION (self->application), NOTIFICATION_ID);
  else if (sync_tray_get_gave_up (self->tray) && is_last (self, NULL)
           && sync_application_get_keep_running (self->application))
    tell_how_to_return (self);
}

/* --- What is asked while no database is open ----------------------------------------------------
 */

static void
opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncApplication *application = SYNC_APPLICATION (object);
  g_autoptr (GVariant) asked = user_data;
  g_autoptr (GVariant) parameter = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile = sync_application_open_finish (application, result, &error);
  const char *action;

  g_variant_get (asked, "(&smv)", &action, &parameter);
  if (profile != NULL)
    g_action_group_activate_action (G_ACTION_GROUP (application), action, parameter);
  else
    sync_application_present (application, NULL);
}

/* As from the menu of the application's icon, also when the application did not run yet. */
static void
ask_when_open (SyncBackground *self, const char *action, GVariant *parameter)
{
  sync_application_set_keep_running (self->application, TRUE);
  sync_application_open_async (self->application, NULL, SYNC_PROFILE_NONE, NULL, opened,
                               g_variant_ref_sink (g_variant_new ("(smv)", action, parameter)));
}

static void
sync_databases (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask_when_open (user_data, "sync-now", NULL);
}

static void
pause_databases (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask_when_open (user_data, "pause", g_variant_new_string ("1h"));
}

static const GActionEntry entries[] = {
  { "sync-databases", sync_databases, NULL, NULL, NULL, { 0 } },
  { "pause-databases", pause_databases, NULL, NULL, NULL, { 0 } },
};

/* --- Start at login --------------------------------------------------------------------------- */

static char *
autostart_path (void)
{
  return g_build_filename (g_get_user_config_dir (), "autostart",
                           PROGRESSIVE_SYNC_APPLICATION_ID ".desktop", NULL);
}

static gboolean
write_autostart (const char *path, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autofree char *directory = g_path_get_dirname (path);

  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_TYPE,
                         "Application");
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_NAME,
                         "Progressive Sync");
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_ICON,
                         PROGRESSIVE_SYNC_APPLICATION_ID);
  g_key_file_set_string (file, G_KEY_FILE_DESKTOP_GROUP, G_KEY_FILE_DESKTOP_KEY_EXEC,
                         "progressive-sync --background");
  g_mkdir_with_parents (directory, 0700);
  return g_key_file_save_to_file (file, path, error);
}

/* The file is the session's; the key is what people set. */
static void
start_at_login_changed (SyncBackground *self)
{
  GSettings *settings = sync_application_get_settings (self->application);
  g_autofree char *path = autostart_path ();
  g_autoptr (GError) error = NULL;

  if (!g_settings_get_boolean (settings, "start-at-login"))
    g_unlink (path);
  else if (!write_autostart (path, &error))
    g_message ("It cannot be started at login: %s", error->message);
}

/* --- The object ------------------------------------------------------------------------------- */

/* The terminal or session went. SIGINT and SIGTERM are the application's own. */
static gboolean
on_hangup (gpointer user_data)
{
  sync_application_quit (((SyncBackground *)user_data)->application);
  return G_SOURCE_CONTINUE;
}

static void
sync_background_dispose (GObject *object)
{
  SyncBackground *self = SYNC_BACKGROUND (object);

  g_clear_handle_id (&self->hangup_id, g_source_remove);
  for (guint i = 0; self->application != NULL && i < G_N_ELEMENTS (entries); i++)
    g_action_map_remove_action (G_ACTION_MAP (self->application), entries[i].name);
  self->application = NULL;
  g_clear_object (&self->tray);

  G_OBJECT_CLASS (sync_background_parent_class)->dispose (object);
}

static void
sync_background_class_init (SyncBackgroundClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_background_dispose;
}

static void
sync_background_init (SyncBackground *self)
{
}

/**
 * sync_background_new: (constructor)
 * @application: the application
 * @tray: its tray
 *
 * Returns: (transfer full): its life without a window
 */
SyncBackground *
sync_background_new (SyncApplication *application, SyncTray *tray)
{
  SyncBackground *self = g_object_new (SYNC_TYPE_BACKGROUND, NULL);
  GSettings *settings = sync_application_get_settings (application);

  self->application = application;
  self->tray = g_object_ref (tray);
  self->hangup_id = g_unix_signal_add (SIGHUP, on_hangup, self);
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries),
                                   self);
  g_signal_connect_object (application, "window-added", G_CALLBACK (window_added), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (tray, "notify::present", G_CALLBACK (tray_changed), self,
                           G_CONNECT_SWAPPED);
  if (settings != NULL)
    g_signal_connect_object (settings, "changed::start-at-login",
                             G_CALLBACK (start_at_login_changed), self, G_CONNECT_SWAPPED);
  return self;
}
