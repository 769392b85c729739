/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-devices-page.h"

#include <glib/gi18n.h>

#include "sync-list-model.h"
#include "sync-list-row.h"
#include "sync-toast.h"
#include "sync-words.h"

/**
 * SyncDevicesPage:
 *
 * A database's page: the devices that share its cloud.
 */
struct _SyncDevicesPage
{
  AdwBin parent_instance;

  SyncProfile *profile;        /* (owned) */
  SyncListModel *devices;      /* (owned): as last heard of */
  GSimpleActionGroup *actions; /* (owned) */
  GCancellable *cancellable;   /* (owned) */
  gboolean asking;

  GtkLabel *note;
  GtkListView *list;
};

G_DEFINE_FINAL_TYPE (SyncDevicesPage, sync_devices_page, ADW_TYPE_BIN)

static SyncDevices *
get_devices (SyncDevicesPage *self)
{
  return sync_profile_get_devices (self->profile);
}

/* --- Rows ------------------------------------------------------------------------------------- */

static void
add_item (GMenu *menu, const char *label, const char *action, const SyncDevice *device)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, NULL);

  g_menu_item_set_action_and_target (item, action, "(ss)", device->id, device->name);
  g_menu_append_item (menu, item);
}

/* A device that was revoked comes back by itself only: whoever has it in hand decides. */
static GMenuModel *
make_menu (const SyncDevice *device)
{
  GMenu *menu = g_menu_new ();

  if (device->active)
    add_item (menu, _("Re_name…"), "devices.rename", device);
  if (device->active)
    add_item (menu, _("Re_voke…"), "devices.revoke", device);
  else if (device->is_local)
    add_item (menu, _("_Register Again"), "devices.register", device);
  return G_MENU_MODEL (menu);
}

static gint64
find_newest_version (SyncDevicesPage *self)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->devices));
  gint64 newest = 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncListItem) item = g_list_model_get_item (G_LIST_MODEL (self->devices), i);
      const SyncDevice *device = sync_list_item_get_value (item);

      if (device != NULL)
        newest = MAX (newest, device->last_version);
    }
  return newest;
}

static void
add_words (GString *text, const char *words)
{
  if (words != NULL && *words != '\0')
    g_string_append_printf (text, "%s%s", text->len > 0 ? " · " : "", words);
}

/* After a run it is not counted until somebody asks. */
static char *
describe_lag (SyncDevicesPage *self, const SyncDevice *device)
{
  if (!device->active)
    return g_strdup (_("Revoked"));
  if (device->last_sync_at == SYNC_TIME_UNKNOWN)
    return NULL;
  if (device->behind > 0)
    return g_strdup_printf (g_dngettext (NULL, "%d row behind", "%d rows behind",
                                         (gulong) device->behind),
                            (int) device->behind);
  return g_strdup (device->behind < 0 && device->last_version < find_newest_version (self)
                       ? _("Lacks the newest changes")
                       : _("Up to date"));
}

static char *
describe (SyncDevicesPage *self, const SyncDevice *device)
{
  GString *text = g_string_new (NULL);
  g_autofree char *seen = NULL, *lag = describe_lag (self, device);

  if (device->is_local)
    add_words (text, _("This device"));
  if (device->last_sync_at == SYNC_TIME_UNKNOWN)
    seen = g_strdup (_("Never synced"));
  else
    {
      g_autofree char *time = sync_words_for_time (device->last_sync_at, g_get_real_time ());

      /* Translators: a time in words, like “5 minutes ago” */
      seen = g_strdup_printf (_("Last seen %s"), time);
    }
  add_words (text, seen);
  add_words (text, lag);
  if (g_strcmp0 (device->platform, "linux") == 0)
    add_words (text, "Linux");
  else
    add_words (text, device->platform);
  return g_string_free (text, FALSE);
}

static void
show_device (SyncListRow *row, gconstpointer value, gpointer user_data)
{
  const SyncDevice *device = value;
  g_autofree char *subtitle = describe (user_data, device);
  g_autoptr (GMenuModel) menu = make_menu (device);

  /* Of a device whose data were deleted in the cloud nothing is known any more. */
  sync_list_row_set_texts (row, *device->name != '\0' ? device->name : _("A former device"), subtitle);
  sync_list_row_set_icon (row, device->active ? "computer-symbolic" : "action-unavailable-symbolic");
  sync_list_row_set_menu (row, g_menu_model_get_n_items (menu) > 0 ? menu : NULL);
}

/* --- Asking the cloud ------------------------------------------------------------------------- */

static void
show_note (SyncDevicesPage *self, gint64 known_at, const GError *error)
{
  g_autofree char *text = NULL;

  if (error != NULL)
    {
      g_autofree char *title = NULL, *detail = NULL, *next = NULL;

      sync_words_for_error (error, &title, &detail, &next);
      text = g_steal_pointer (&title);
    }
  else if (known_at != SYNC_TIME_UNKNOWN)
    {
      g_autofree char *time = sync_words_for_time (known_at, g_get_real_time ());

      /* Translators: a time in words, like “5 minutes ago” */
      text = g_strdup_printf (_("Offline: this is what was known %s"), time);
    }
  gtk_label_set_text (self->note, text != NULL ? text : _("Devices that share this data"));
}

static void
listed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDevicesPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gint64 known_at = SYNC_TIME_UNKNOWN;
  g_autoptr (GPtrArray) devices
      = sync_devices_list_finish (SYNC_DEVICES (object), result, &known_at, &error);

  self->asking = FALSE;
  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  show_note (self, known_at, error);
  sync_list_model_refresh (self->devices);
}

static void
ask (SyncDevicesPage *self)
{
  if (self->asking || self->profile == NULL)
    return;
  self->asking = TRUE;
  sync_devices_list_async (get_devices (self), self->cancellable, listed, g_object_ref (self));
}

static void
refresh (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  ask (user_data);
}

static void
map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (sync_devices_page_parent_class)->map (widget);
  ask (SYNC_DEVICES_PAGE (widget));
}

/* Only while somebody looks: it is a request to the cloud. */
static void
run_completed (SyncDevicesPage *self)
{
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    ask (self);
}

/* --- What can be done ------------------------------------------------------------------------- */

static void
told (SyncDevicesPage *self, gboolean good, const GError *error, const char *text)
{
  if (good)
    sync_toast_show (GTK_WIDGET (self), text);
  else
    sync_toast_show_error (GTK_WIDGET (self), error);
  if (!g_cancellable_is_cancelled (self->cancellable))
    ask (self);
}

static void
renamed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDevicesPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_devices_rename_finish (SYNC_DEVICES (object), result, &error);

  told (self, good, error, _("Device renamed"));
}

static void
revoked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDevicesPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_devices_revoke_finish (SYNC_DEVICES (object), result, &error);

  told (self, good, error, _("Device revoked"));
}

static void
registered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDevicesPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean good = sync_devices_register_finish (SYNC_DEVICES (object), result, &error);

  told (self, good, error, _("This device takes part again"));
}

static void
register_again (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  SyncDevicesPage *self = user_data;

  sync_devices_register_async (get_devices (self), NULL, NULL, registered, g_object_ref (self));
}

static GtkWidget *
make_question (SyncDevicesPage *self, const char *heading, const char *body, const char *id,
               const char *answer)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));
  GtkWidget *dialog = adw_message_dialog_new (GTK_WINDOW (root), heading, body);

  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), "do",
                                    answer, NULL);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "sync-device", g_strdup (id), g_free);
  return dialog;
}

static void
revoke_answered (SyncDevicesPage *self, const char *response, GtkWidget *dialog)
{
  if (g_str_equal (response, "do"))
    sync_devices_revoke_async (get_devices (self),
                               g_object_get_data (G_OBJECT (dialog), "sync-device"), NULL, revoked,
                               g_object_ref (self));
}

static void
revoke_device (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  SyncDevicesPage *self = user_data;
  const char *id, *name;
  g_autofree char *heading = NULL;
  GtkWidget *dialog;

  g_variant_get (target, "(&s&s)", &id, &name);
  /* Translators: the name of a device */
  heading = g_strdup_printf (_("Revoke “%s”?"), name);
  dialog = make_question (
      self, heading,
      _("It stops syncing with its next run. Every row that it has stays there, and nothing is "
        "deleted in the cloud. It can be registered again on that device."),
      id, _("_Revoke"));
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "do",
                                              ADW_RESPONSE_DESTRUCTIVE);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (revoke_answered), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
rename_answered (SyncDevicesPage *self, const char *response, GtkWidget *dialog)
{
  GtkWidget *entry = adw_message_dialog_get_extra_child (ADW_MESSAGE_DIALOG (dialog));

  if (g_str_equal (response, "do"))
    sync_devices_rename_async (get_devices (self),
                               g_object_get_data (G_OBJECT (dialog), "sync-device"),
                               gtk_editable_get_text (GTK_EDITABLE (entry)), NULL, renamed,
                               g_object_ref (self));
}

/* Only what can be a name is taken. */
static void
name_changed (GtkEditable *entry, AdwMessageDialog *dialog)
{
  adw_message_dialog_set_response_enabled (
      dialog, "do", sync_settings_is_device_name (gtk_editable_get_text (entry)));
}

static void
rename_device (GSimpleAction *action, GVariant *target, gpointer user_data)
{
  SyncDevicesPage *self = user_data;
  const char *id, *name;
  GtkWidget *dialog, *entry = gtk_entry_new ();

  g_variant_get (target, "(&s&s)", &id, &name);
  dialog = make_question (self, _("Rename Device"), NULL, id, _("_Rename"));
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), "do",
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), "do");
  gtk_editable_set_text (GTK_EDITABLE (entry), name);
  gtk_entry_set_activates_default (GTK_ENTRY (entry), TRUE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _("Name of the device"), -1);
  adw_message_dialog_set_extra_child (ADW_MESSAGE_DIALOG (dialog), entry);
  g_signal_connect_object (entry, "changed", G_CALLBACK (name_changed), dialog, 0);
  g_signal_connect_object (dialog, "response", G_CALLBACK (rename_answered), self,
                           G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
  gtk_widget_grab_focus (entry);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
add_actions (SyncDevicesPage *self)
{
  static const GActionEntry entries[] = {
    { .name = "refresh", .activate = refresh },
    { .name = "rename", .activate = rename_device, .parameter_type = "(ss)" },
    { .name = "revoke", .activate = revoke_device, .parameter_type = "(ss)" },
    { .name = "register", .activate = register_again, .parameter_type = "(ss)" },
  };

  self->actions = g_simple_action_group_new ();
  g_action_map_add_action_entries (G_ACTION_MAP (self->actions), entries, G_N_ELEMENTS (entries),
                                   self);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "devices", G_ACTION_GROUP (self->actions));
}

static void
sync_devices_page_dispose (GObject *object)
{
  SyncDevicesPage *self = SYNC_DEVICES_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  gtk_widget_insert_action_group (GTK_WIDGET (self), "devices", NULL);
  if (self->list != NULL)
    {
      gtk_list_view_set_model (self->list, NULL);
      gtk_list_view_set_factory (self->list, NULL);
      self->list = NULL;
    }
  g_clear_object (&self->actions);
  g_clear_object (&self->devices);
  g_clear_object (&self->profile);

  G_OBJECT_CLASS (sync_devices_page_parent_class)->dispose (object);
}

static void
sync_devices_page_finalize (GObject *object)
{
  g_clear_object (&SYNC_DEVICES_PAGE (object)->cancellable);

  G_OBJECT_CLASS (sync_devices_page_parent_class)->finalize (object);
}

static void
sync_devices_page_class_init (SyncDevicesPageClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = sync_devices_page_dispose;
  object_class->finalize = sync_devices_page_finalize;
  widget_class->map = map;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-devices-page.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncDevicesPage, note);
  gtk_widget_class_bind_template_child (widget_class, SyncDevicesPage, list);
}

static void
sync_devices_page_init (SyncDevicesPage *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  add_actions (self);
}

/**
 * sync_devices_page_new: (constructor)
 * @profile: the database
 *
 * Returns: (transfer floating): its page
 */
SyncDevicesPage *
sync_devices_page_new (SyncProfile *profile)
{
  SyncDevicesPage *self;
  SyncManager *manager;
  g_autoptr (GtkListItemFactory) factory = NULL;
  g_autoptr (GtkNoSelection) selection = NULL;

  g_return_val_if_fail (SYNC_IS_PROFILE (profile), NULL);

  self = g_object_new (SYNC_TYPE_DEVICES_PAGE, NULL);
  self->profile = g_object_ref (profile);
  manager = sync_profile_get_manager (profile);
  self->devices = sync_list_model_new (manager, &sync_list_of_devices);
  factory = sync_list_row_factory_new (show_device, self);
  selection = gtk_no_selection_new (G_LIST_MODEL (g_object_ref (self->devices)));
  gtk_list_view_set_factory (self->list, factory);
  gtk_list_view_set_model (self->list, GTK_SELECTION_MODEL (selection));
  g_signal_connect_object (manager, "sync-completed", G_CALLBACK (run_completed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::provider", G_CALLBACK (run_completed), self,
                           G_CONNECT_SWAPPED);
  show_note (self, SYNC_TIME_UNKNOWN, NULL);
  return self;
}
