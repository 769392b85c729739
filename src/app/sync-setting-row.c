/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-setting-row.h"

#include <stdlib.h>

#include <glib/gi18n.h>

#include "sync-error.h"
#include "sync-toast.h"

/* A number is stored when nobody has turned it for so long, milliseconds. */
#define SETTLING 400

/**
 * SyncSettingRow:
 *
 * One setting of a database.
 */
struct _SyncSettingRow
{
  AdwActionRow parent_instance;

  SyncSettings *settings;    /* (owned) */
  char *name;                /* (owned) */
  char *subtitle;            /* (owned) (nullable): while it can be changed */
  GtkWidget *control;        /* a GtkSwitch or a GtkSpinButton */
  gboolean showing;          /* the program itself changes the control */
  guint timer;
  GCancellable *cancellable; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncSettingRow, sync_setting_row, ADW_TYPE_ACTION_ROW)

static void
show_value (SyncSettingRow *self)
{
  g_autofree char *value = sync_settings_dup (self->settings, self->name);

  self->showing = TRUE;
  if (GTK_IS_SWITCH (self->control))
    gtk_switch_set_active (GTK_SWITCH (self->control), g_strcmp0 (value, "true") == 0);
  else if (self->timer == 0)
    gtk_spin_button_set_value (GTK_SPIN_BUTTON (self->control),
                               value != NULL ? strtoul (value, NULL, 10) : 0);
  self->showing = FALSE;
}

static char *
dup_subtitle (SyncSettingRow *self, SyncSettingSource source)
{
  g_autoptr (GPtrArray) infos = NULL;

  if (source == SYNC_SETTING_FLAG)
    return g_strdup (_("Given on the command line"));
  if (source != SYNC_SETTING_ENVIRONMENT)
    return g_strdup (self->subtitle);
  infos = sync_settings_list (self->settings);
  for (guint i = 0; i < infos->len; i++)
    {
      const SyncSettingInfo *info = infos->pdata[i];

      if (g_str_equal (info->name, self->name))
        /* Translators: the name of an environment variable */
        return g_strdup_printf (_("Given by the variable %s"), info->variable);
    }
  return NULL;
}

static void
update (SyncSettingRow *self)
{
  SyncSettingSource source = sync_settings_get_source (self->settings, self->name);
  g_autofree char *subtitle = dup_subtitle (self, source);

  show_value (self);
  gtk_widget_set_sensitive (self->control, source <= SYNC_SETTING_DATABASE);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (self), subtitle != NULL ? subtitle : "");
}

static void
setting_changed (SyncSettingRow *self, const char *name)
{
  if (g_str_equal (name, self->name))
    update (self);
}

static void
stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSettingRow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (sync_settings_set_finish (SYNC_SETTINGS (object), result, &error)
      || sync_error_is_cancelled (error))
    return;
  sync_toast_show_error (GTK_WIDGET (self), error);
  update (self);
}

static void
store (SyncSettingRow *self, const char *value)
{
  sync_settings_set_async (self->settings, self->name, value, self->cancellable, stored,
                           g_object_ref (self));
}

static void
switched (SyncSettingRow *self)
{
  if (!self->showing)
    store (self, gtk_switch_get_active (GTK_SWITCH (self->control)) ? "true" : "false");
}

static void
store_number (SyncSettingRow *self)
{
  g_autofree char *value = g_strdup_printf (
      "%d", gtk_spin_button_get_value_as_int (GTK_SPIN_BUTTON (self->control)));

  g_clear_handle_id (&self->timer, g_source_remove);
  store (self, value);
}

static gboolean
settled (gpointer user_data)
{
  store_number (user_data);
  return G_SOURCE_REMOVE;
}

static void
turned (SyncSettingRow *self)
{
  if (self->showing)
    return;
  g_clear_handle_id (&self->timer, g_source_remove);
  self->timer = g_timeout_add (SETTLING, settled, self);
}

/* What was turned last counts also if the window is closed right away. */
static void
sync_setting_row_unmap (GtkWidget *widget)
{
  SyncSettingRow *self = SYNC_SETTING_ROW (widget);

  if (self->timer != 0)
    store_number (self);

  GTK_WIDGET_CLASS (sync_setting_row_parent_class)->unmap (widget);
}

static void
sync_setting_row_dispose (GObject *object)
{
  SyncSettingRow *self = SYNC_SETTING_ROW (object);

  g_clear_handle_id (&self->timer, g_source_remove);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (sync_setting_row_parent_class)->dispose (object);
}

static void
sync_setting_row_finalize (GObject *object)
{
  SyncSettingRow *self = SYNC_SETTING_ROW (object);

  g_object_unref (self->cancellable);
  g_free (self->name);
  g_free (self->subtitle);

  G_OBJECT_CLASS (sync_setting_row_parent_class)->finalize (object);
}

static void
sync_setting_row_class_init (SyncSettingRowClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_setting_row_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_setting_row_finalize;
  GTK_WIDGET_CLASS (class)->unmap = sync_setting_row_unmap;
}

static void
sync_setting_row_init (SyncSettingRow *self)
{
  self->cancellable = g_cancellable_new ();
}

static SyncSettingRow *
row_new (SyncSettings *settings, const char *name, const char *title, const char *subtitle,
         GtkWidget *control)
{
  SyncSettingRow *self = g_object_new (SYNC_TYPE_SETTING_ROW, "title", title, NULL);

  self->settings = g_object_ref (settings);
  self->name = g_strdup (name);
  self->subtitle = g_strdup (subtitle);
  self->control = control;
  gtk_widget_set_valign (control, GTK_ALIGN_CENTER);
  adw_action_row_add_suffix (ADW_ACTION_ROW (self), control);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (self), control);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (self), 0);
  g_signal_connect_object (settings, "changed", G_CALLBACK (setting_changed), self,
                           G_CONNECT_SWAPPED);
  update (self);
  return self;
}

/**
 * sync_setting_row_new_switch: (constructor)
 * @settings: a database's settings
 * @name: one of them, a boolean
 * @title: what it does
 * @subtitle: (nullable): more about it
 *
 * Returns: (transfer floating): a row with a switch
 */
GtkWidget *
sync_setting_row_new_switch (SyncSettings *settings, const char *name, const char *title,
                             const char *subtitle)
{
  SyncSettingRow *self;

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);

  self = row_new (settings, name, title, subtitle, gtk_switch_new ());
  g_signal_connect_object (self->control, "notify::active", G_CALLBACK (switched), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

/**
 * sync_setting_row_new_number: (constructor)
 * @settings: a database's settings
 * @name: one of them, a number
 * @title: what it is
 * @subtitle: (nullable): more about it
 * @least: the smallest value
 * @most: the largest value
 *
 * Returns: (transfer floating): a row with a spin button
 */
GtkWidget *
sync_setting_row_new_number (SyncSettings *settings, const char *name, const char *title,
                             const char *subtitle, guint least, guint most)
{
  SyncSettingRow *self;

  g_return_val_if_fail (SYNC_IS_SETTINGS (settings), NULL);

  self = row_new (settings, name, title, subtitle,
                  gtk_spin_button_new_with_range (least, most, 1));
  g_signal_connect_object (self->control, "value-changed", G_CALLBACK (turned), self,
                           G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}
