/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-preferences-window.h"

#include <glib/gi18n.h>

#include "sync-application-private.h"
#include "sync-display-path.h"
#include "sync-export.h"
#include "sync-file-choice.h"
#include "sync-plain-window.h"
#include "sync-records-window.h"
#include "sync-setting-row.h"
#include "sync-snapshot.h"
#include "sync-table-row.h"
#include "sync-toast.h"
#include "sync-words.h"

/**
 * SyncPreferencesWindow:
 *
 * What can be configured for one database.
 */
struct _SyncPreferencesWindow
{
  AdwPreferencesWindow parent_instance;

  AdwActionRow *cloud_row;
  GtkButton *cloud_button;
  AdwActionRow *user_row;
  GtkButton *session_button;
  AdwPreferencesGroup *automatic;
  AdwPreferencesGroup *background;
  AdwPreferencesGroup *sending;
  AdwPreferencesGroup *tables;
  AdwPreferencesGroup *others;
  AdwActionRow *path_row;
  GtkWidget *export_button;
  GtkWidget *diagnostics_button;
  GtkWidget *delete_row;
  GtkWidget *delete_button;
  GtkWidget *detach_button;
  AdwPreferencesGroup *snapshots;

  SyncWindow *window;        /* (weak) (nullable): its parent */
  SyncProfile *profile;      /* (owned) */
  GHashTable *table_rows;    /* (owned) (element-type utf8 SyncTableRow) */
  GPtrArray *other_rows;     /* (owned) (element-type AdwActionRow): their titles are the tables' */
  GPtrArray *snapshot_rows;  /* (owned) (element-type GtkWidget): unowned */
  GCancellable *cancellable; /* (owned) */
  gboolean listing;
  gboolean list_again;
};

G_DEFINE_FINAL_TYPE (SyncPreferencesWindow, sync_preferences_window, ADW_TYPE_PREFERENCES_WINDOW)

static void
show_error (SyncPreferencesWindow *self, const GError *error)
{
  sync_toast_show_error (GTK_WIDGET (self->path_row), error);
}

static void
set_subtitle (AdwActionRow *row, const char *text)
{
  g_autofree char *markup = g_markup_escape_text (text, -1);

  adw_action_row_set_subtitle (row, markup);
}

/* --- The cloud and the account ---------------------------------------------------------------- */

static gboolean
has_accounts (SyncPreferencesWindow *self)
{
  SyncProvider *provider
      = sync_manager_get_provider (sync_profile_get_manager (self->profile));

  return provider != NULL && g_str_equal (sync_provider_get_name (provider), "supabase");
}

static void
show_cloud (SyncPreferencesWindow *self)
{
  SyncProvider *provider
      = sync_manager_get_provider (sync_profile_get_manager (self->profile));
  const char *email = sync_profile_get_email (self->profile);
  g_autofree char *location = NULL;

  location = provider != NULL ? sync_display_path (sync_provider_get_location (provider))
                              : g_strdup (_("None: everything works on this computer alone"));
  set_subtitle (self->cloud_row, location);
  gtk_button_set_label (self->cloud_button, provider != NULL ? _("_Change…") : _("_Connect…"));
  gtk_widget_set_visible (GTK_WIDGET (self->user_row), has_accounts (self));
  gtk_widget_set_visible (self->delete_row, provider != NULL);
  set_subtitle (self->user_row, email != NULL ? email : _("Nobody is signed in"));
  gtk_button_set_label (self->session_button, email != NULL ? _("_Sign Out") : _("_Sign In…"));
}

static void
change_cloud (SyncPreferencesWindow *self)
{
  if (self->window != NULL)
    sync_window_set_up (self->window);
  gtk_window_close (GTK_WINDOW (self));
}

static void
signed_out (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_profile_session_finish (SYNC_PROFILE (object), result, &error)
      && !sync_error_is_cancelled (error))
    show_error (self, error);
}

static void
change_session (SyncPreferencesWindow *self)
{
  if (sync_profile_get_email (self->profile) != NULL)
    sync_profile_sign_out_async (self->profile, self->cancellable, signed_out, g_object_ref (self));
  else if (self->window != NULL)
    {
      sync_window_sign_in (self->window);
      gtk_window_close (GTK_WINDOW (self));
    }
}

/* --- Settings --------------------------------------------------------------------------------- */

static void
add_settings (SyncPreferencesWindow *self)
{
  SyncSettings *settings = sync_profile_get_settings (self->profile);

  adw_preferences_group_add (self->automatic,
                             sync_setting_row_new_switch (settings, "auto-sync",
                                                          _("Sync by Itself"), NULL));
  adw_preferences_group_add (
      self->automatic,
      sync_setting_row_new_number (settings, "interval-minutes", _("Interval"),
                                   _("Minutes from one sync to the next"), 1, 10080));
  adw_preferences_group_add (
      self->automatic,
      sync_setting_row_new_switch (settings, "sync-after-changes", _("After Changes"),
                                   _("Also a few seconds after rows changed on this computer")));
  adw_preferences_group_add (
      self->automatic, sync_setting_row_new_switch (settings, "sync-at-start", _("At the Start"),
                                                    _("Also when the program starts")));
  adw_preferences_group_add (
      self->automatic,
      sync_setting_row_new_switch (settings, "sync-on-metered", _("On Metered Networks"),
                                   _("Also where traffic may cost money")));
  adw_preferences_group_add (
      self->automatic,
      sync_setting_row_new_switch (settings, "sync-in-power-saver", _("While Power Is Saved"),
                                   _("Also in the computer’s power saver mode")));
  adw_preferences_group_add (
      self->sending,
      sync_setting_row_new_number (settings, "batch-size", _("Rows in a Request"),
                                   _("0: as many as the program thinks right"), 0, 10000));
  adw_preferences_group_add (
      self->sending, sync_setting_row_new_number (settings, "max-retries", _("Attempts"),
                                                  _("Before a row counts as failed"), 0, 100));
}

/* Of the application, not of a database. */
static void
add_background (SyncPreferencesWindow *self)
{
  static const struct
  {
    const char *key;
    const char *title;
  } rows[] = {
    { "run-in-background", N_("Go On When the Window Is Closed") },
    { "show-tray", N_("Show an Icon in the Tray") },
    { "notifications", N_("Notify of Conflicts and Problems") },
    { "start-at-login", N_("Start With the Session") },
  };
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self->window));
  GSettings *settings = sync_application_get_settings (SYNC_APPLICATION (application));

  gtk_widget_set_visible (GTK_WIDGET (self->background), settings != NULL);
  for (guint i = 0; settings != NULL && i < G_N_ELEMENTS (rows); i++)
    {
      GtkWidget *row = g_object_new (ADW_TYPE_ACTION_ROW, "title", _(rows[i].title), NULL);
      GtkWidget *control = gtk_switch_new ();

      gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), control);
      adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), control);
      g_settings_bind (settings, rows[i].key, control, "active", G_SETTINGS_BIND_DEFAULT);
      adw_preferences_group_add (self->background, row);
    }
}

/* --- Tables ----------------------------------------------------------------------------------- */

static void list_tables (SyncPreferencesWindow *self);

static void
show_tables (SyncPreferencesWindow *self, GPtrArray *entities)
{
  for (guint i = 0; i < entities->len; i++)
    {
      const SyncEntity *entity = ((SyncEntityStatus *)entities->pdata[i])->entity;
      GtkWidget *row = g_hash_table_lookup (self->table_rows, entity->name);

      if (row == NULL)
        {
          row = sync_table_row_new (sync_profile_get_entities (self->profile));
          adw_preferences_group_add (self->tables, row);
          g_hash_table_insert (self->table_rows, g_strdup (entity->name), row);
        }
      sync_table_row_set_entity (SYNC_TABLE_ROW (row), entity);
    }
}

static void
tables_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) entities
      = sync_entities_list_finish (SYNC_ENTITIES (object), result, &error);

  self->listing = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (entities != NULL)
    show_tables (self, entities);
  else
    show_error (self, error);
  if (self->list_again)
    list_tables (self);
}

static void
table_added (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_entities_configure_finish (SYNC_ENTITIES (object), result, &error)
      && !g_cancellable_is_cancelled (self->cancellable))
    show_error (self, error);
}

static void
add_table (GtkButton *button, SyncPreferencesWindow *self)
{
  sync_entities_configure_async (sync_profile_get_entities (self->profile),
                                 g_object_get_data (G_OBJECT (button), "table"), TRUE, NULL, NULL,
                                 self->cancellable, table_added, g_object_ref (self));
}

static void
add_other (SyncPreferencesWindow *self, const char *table)
{
  g_autofree char *markup = g_markup_escape_text (table, -1);
  /* Translators: the name of a table */
  g_autofree char *label = g_strdup_printf (_("Sync %s"), table);
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_with_mnemonic (_("_Add"));

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), markup);
  gtk_widget_set_tooltip_text (button, label);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (button), "table", g_strdup (table), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (add_table), self, 0);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (self->others, row);
  g_object_set_data_full (G_OBJECT (row), "table", g_strdup (table), g_free);
  g_ptr_array_add (self->other_rows, row);
}

static gboolean
shows_others (SyncPreferencesWindow *self, GPtrArray *tables)
{
  gboolean same = tables->len == self->other_rows->len;

  for (guint i = 0; same && i < tables->len; i++)
    same = g_str_equal (tables->pdata[i], g_object_get_data (self->other_rows->pdata[i], "table"));
  return same;
}

static void
others_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GPtrArray) tables
      = sync_entities_list_others_finish (SYNC_ENTITIES (object), result, NULL);

  if (tables == NULL || g_cancellable_is_cancelled (self->cancellable) || shows_others (self, tables))
    return;
  for (guint i = 0; i < self->other_rows->len; i++)
    adw_preferences_group_remove (self->others, self->other_rows->pdata[i]);
  g_ptr_array_set_size (self->other_rows, 0);
  for (guint i = 0; i < tables->len; i++)
    add_other (self, tables->pdata[i]);
  gtk_widget_set_visible (GTK_WIDGET (self->others), tables->len > 0);
}

static void
list_tables (SyncPreferencesWindow *self)
{
  self->list_again = self->listing;
  if (self->listing)
    return;
  self->listing = TRUE;
  sync_entities_list_async (sync_profile_get_entities (self->profile), self->cancellable,
                            tables_listed, g_object_ref (self));
  sync_entities_list_others_async (sync_profile_get_entities (self->profile), self->cancellable,
                                   others_listed, g_object_ref (self));
}

/* --- Snapshots -------------------------------------------------------------------------------- */

static void list_snapshots (SyncPreferencesWindow *self);

static void
snapshot_restored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_snapshots_restore_finish (SYNC_SNAPSHOTS (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (good)
    sync_toast_show (GTK_WIDGET (self->path_row), _("The snapshot was restored"));
  else
    show_error (self, error);
  list_snapshots (self);
}

static void
restore_confirmed (AdwMessageDialog *dialog, const char *response, SyncPreferencesWindow *self)
{
  const char *name = g_object_get_data (G_OBJECT (dialog), "snapshot");

  if (g_str_equal (response, "restore"))
    sync_snapshots_restore_async (sync_profile_get_snapshots (self->profile), name,
                                  self->cancellable, snapshot_restored, g_object_ref (self));
}

static void
ask_to_restore (GtkButton *button, SyncPreferencesWindow *self)
{
  GtkWidget *dialog = adw_message_dialog_new (
      GTK_WINDOW (self), _("Restore This Snapshot?"),
      _("The whole database becomes as it was then. What it is now is kept as another snapshot. The "
        "next sync brings what changed in the cloud since."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "restore",
                                    _("_Restore"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "restore",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "snapshot",
                          g_strdup (g_object_get_data (G_OBJECT (button), "snapshot")), g_free);
  g_signal_connect_object (dialog, "response", G_CALLBACK (restore_confirmed), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
add_snapshot (SyncPreferencesWindow *self, const SyncSnapshot *snapshot)
{
  g_autofree char *time = sync_words_for_absolute_time (snapshot->created_at);
  g_autofree char *size = g_format_size (snapshot->size);
  g_autofree char *label = NULL;
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *button = gtk_button_new_with_mnemonic (_("_Restore…"));

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), time);
  set_subtitle (ADW_ACTION_ROW (row), size);
  /* Translators: the time of a snapshot */
  label = g_strdup_printf (_("Restore the snapshot of %s"), time);
  gtk_widget_set_tooltip_text (button, label);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  g_object_set_data_full (G_OBJECT (button), "snapshot", g_strdup (snapshot->name), g_free);
  g_signal_connect_object (button, "clicked", G_CALLBACK (ask_to_restore), self, 0);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), button);
  adw_preferences_group_add (self->snapshots, row);
  g_ptr_array_add (self->snapshot_rows, row);
}

static void
snapshots_listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) snapshots
      = sync_snapshots_list_finish (SYNC_SNAPSHOTS (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  for (guint i = 0; i < self->snapshot_rows->len; i++)
    adw_preferences_group_remove (self->snapshots, self->snapshot_rows->pdata[i]);
  g_ptr_array_set_size (self->snapshot_rows, 0);
  for (guint i = 0; snapshots != NULL && i < snapshots->len; i++)
    add_snapshot (self, snapshots->pdata[i]);
  gtk_widget_set_visible (GTK_WIDGET (self->snapshots), self->snapshot_rows->len > 0);
  if (error != NULL)
    show_error (self, error);
}

static void
list_snapshots (SyncPreferencesWindow *self)
{
  sync_snapshots_list_async (sync_profile_get_snapshots (self->profile), self->cancellable,
                             snapshots_listed, g_object_ref (self));
}

/* --- Records and exporting -------------------------------------------------------------------- */

static void
show_records (SyncPreferencesWindow *self)
{
  gtk_window_present (sync_records_window_new (self->profile, GTK_WINDOW (self)));
}

static void
exported (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  gssize n = sync_export_finish (SYNC_MANAGER (object), result, &error);
  g_autofree char *text = NULL;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  gtk_widget_set_sensitive (self->export_button, TRUE);
  if (n < 0)
    {
      show_error (self, error);
      return;
    }
  text = g_strdup_printf (g_dngettext (NULL, "%d row saved", "%d rows saved", (gulong) n), (int) n);
  sync_toast_show (GTK_WIDGET (self->path_row), text);
}

/**
 * sync_preferences_window_export:
 * @window: the window
 * @path: a file
 *
 * Writes everything to the file; it stays as it is if the window is closed before that is done.
 */
void
sync_preferences_window_export (SyncPreferencesWindow *window, const char *path)
{
  g_return_if_fail (SYNC_IS_PREFERENCES_WINDOW (window));

  gtk_widget_set_sensitive (window->export_button, FALSE);
  sync_export_everything_async (sync_profile_get_manager (window->profile), path, NULL, NULL,
                                window->cancellable, exported, g_object_ref (window));
}

static void
export_chosen (const char *path, gpointer user_data)
{
  sync_preferences_window_export (user_data, path);
}

static void
choose_export (SyncPreferencesWindow *self)
{
  g_autofree char *base = g_path_get_basename (sync_profile_get_path (self->profile));
  g_autofree char *name = g_strconcat (base, ".json", NULL);

  sync_file_choice_save (GTK_WIDGET (self), _("Export Everything"), name, export_chosen);
}

/* --- Deleting what is in the cloud ------------------------------------------------------------ */

static void
deleted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_profile_delete_cloud_data_finish (SYNC_PROFILE (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  gtk_widget_set_sensitive (self->delete_button, TRUE);
  if (good)
    sync_toast_show (GTK_WIDGET (self->path_row), _("Your data in the cloud are deleted"));
  else
    show_error (self, error);
  list_snapshots (self);
}

/* It goes on whatever happens to the window. */
static void
deletion_confirmed (SyncPreferencesWindow *self)
{
  gtk_widget_set_sensitive (self->delete_button, FALSE);
  sync_profile_delete_cloud_data_async (self->profile, NULL, deleted, g_object_ref (self));
}

static void
ask_to_delete (SyncPreferencesWindow *self)
{
  SyncProvider *provider
      = sync_manager_get_provider (sync_profile_get_manager (self->profile));
  g_autofree char *location = NULL, *body = NULL;
  GtkWidget *dialog;

  if (provider == NULL)
    return;
  location = sync_display_path (sync_provider_get_location (provider));
  /* Translators: %s is the address of a server, or a file */
  body = g_strdup_printf (
      _("Everything that you have in %s is deleted for good, the list of your devices too.\n\n"
        "This computer keeps every row and has no cloud any more. Your other devices keep their rows "
        "too; they stop syncing and say why, and send nothing until you register them again."),
      location);
  dialog = adw_message_dialog_new (GTK_WINDOW (self), _("Delete Your Data From the Cloud?"), body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "delete",
                                    _("_Delete"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "delete",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response::delete", G_CALLBACK (deletion_confirmed), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- Diagnostics and detaching ---------------------------------------------------------------- */

static void
diagnosed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = sync_profile_diagnostics_finish (SYNC_PROFILE (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (text == NULL)
    {
      show_error (self, error);
      return;
    }
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), text);
  sync_toast_show (GTK_WIDGET (self->path_row), _("Copied"));
}

static void
copy_diagnostics (SyncPreferencesWindow *self)
{
  sync_profile_diagnostics_async (self->profile, self->cancellable, diagnosed, g_object_ref (self));
}

static void
detached (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncPreferencesWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  gboolean good = sync_profile_detach_finish (SYNC_PROFILE (object), result, &error);

  if (good)
    {
      SyncApplication *application = SYNC_APPLICATION (g_application_get_default ());
      SyncWindow *window = sync_application_find_window (application, self->profile);

      sync_application_close (application, self->profile);
      if (window != NULL)
        gtk_window_destroy (GTK_WINDOW (window));
    }
  else if (!g_cancellable_is_cancelled (self->cancellable))
    {
      gtk_widget_set_sensitive (self->detach_button, TRUE);
      show_error (self, error);
    }
}

/* It goes on whatever happens to the window, so the window waits for it. */
static void
detach_confirmed (SyncPreferencesWindow *self)
{
  gtk_widget_set_sensitive (self->detach_button, FALSE);
  sync_profile_detach_async (self->profile, NULL, detached, g_object_ref (self));
}

static void
ask_to_detach (SyncPreferencesWindow *self)
{
  GtkWidget *dialog = adw_message_dialog_new (
      GTK_WINDOW (self), _("Detach This Database?"),
      _("Its rows stay as they are, here and in the cloud. Changes that wait, the history, and what "
        "is kept on record are forgotten, and this computer signs out."));

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "detach",
                                    _("_Detach"), NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "detach",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response::detach", G_CALLBACK (detach_confirmed), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_preferences_window_dispose (GObject *object)
{
  g_cancellable_cancel (SYNC_PREFERENCES_WINDOW (object)->cancellable);

  G_OBJECT_CLASS (sync_preferences_window_parent_class)->dispose (object);
}

static void
sync_preferences_window_finalize (GObject *object)
{
  SyncPreferencesWindow *self = SYNC_PREFERENCES_WINDOW (object);

  g_clear_weak_pointer (&self->window);
  g_clear_object (&self->profile);
  g_hash_table_unref (self->table_rows);
  g_ptr_array_unref (self->other_rows);
  g_ptr_array_unref (self->snapshot_rows);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_preferences_window_parent_class)->finalize (object);
}

static void
sync_preferences_window_class_init (SyncPreferencesWindowClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_preferences_window_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_preferences_window_finalize;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-preferences-window.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, cloud_row);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, cloud_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, user_row);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, session_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, automatic);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, background);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, sending);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, tables);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, others);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, path_row);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, export_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, diagnostics_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, delete_row);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, delete_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, detach_button);
  gtk_widget_class_bind_template_child (widget_class, SyncPreferencesWindow, snapshots);
  gtk_widget_class_bind_template_callback (widget_class, change_cloud);
  gtk_widget_class_bind_template_callback (widget_class, change_session);
  gtk_widget_class_bind_template_callback (widget_class, show_records);
  gtk_widget_class_bind_template_callback (widget_class, choose_export);
  gtk_widget_class_bind_template_callback (widget_class, copy_diagnostics);
  gtk_widget_class_bind_template_callback (widget_class, ask_to_delete);
  gtk_widget_class_bind_template_callback (widget_class, ask_to_detach);
}

static void
sync_preferences_window_init (SyncPreferencesWindow *self)
{
  self->cancellable = g_cancellable_new ();
  self->table_rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->other_rows = g_ptr_array_new ();
  self->snapshot_rows = g_ptr_array_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * sync_preferences_window_new: (constructor)
 * @window: a window whose database is open
 *
 * Returns: (transfer none): a window with the database's preferences
 */
GtkWidget *
sync_preferences_window_new (SyncWindow *window)
{
  SyncPreferencesWindow *self;
  SyncProfile *profile;
  g_autofree char *path = NULL;

  g_return_val_if_fail (SYNC_IS_WINDOW (window), NULL);
  profile = sync_window_get_profile (window);
  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_PREFERENCES_WINDOW, NULL);
  sync_plain_window_keep_over (GTK_WINDOW (self), GTK_WINDOW (window));
  g_set_weak_pointer (&self->window, window);
  self->profile = g_object_ref (profile);
  path = sync_display_path (sync_profile_get_path (profile));
  set_subtitle (self->path_row, path);
  g_signal_connect_object (sync_profile_get_manager (profile), "data-changed",
                           G_CALLBACK (list_tables), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (sync_profile_get_manager (profile), "data-changed",
                           G_CALLBACK (show_cloud), self, G_CONNECT_SWAPPED);
  show_cloud (self);
  add_settings (self);
  add_background (self);
  list_tables (self);
  list_snapshots (self);
  return GTK_WIDGET (self);
}
