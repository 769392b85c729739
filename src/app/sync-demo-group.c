/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-demo-group.h"

#include <glib/gi18n.h>

#include "sync-toast.h"

#define DEVICE_VARIABLE "PROGRESSIVE_SYNC_SECOND_DEVICE"

/**
 * SyncDemoGroup:
 *
 * The second device of a demonstration: a database that another program owns, and psync.
 */
struct _SyncDemoGroup
{
  AdwPreferencesGroup parent_instance;

  GtkWidget *button;
  GtkSpinner *spinner;
  GCancellable *cancellable; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncDemoGroup, sync_demo_group, ADW_TYPE_PREFERENCES_GROUP)

static void
set_busy (SyncDemoGroup *self, gboolean busy)
{
  gtk_widget_set_sensitive (self->button, !busy);
  gtk_spinner_set_spinning (self->spinner, busy);
}

/* One line of what psync says in several. */
static char *
join_lines (const char *output)
{
  g_auto (GStrv) lines = g_strsplit (output, "\n", -1);
  GString *line = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL; i++)
    if (*g_strstrip (lines[i]) != '\0')
      g_string_append_printf (line, "%s%s", line->len > 0 ? " · " : "", lines[i]);
  return g_string_free (line, FALSE);
}

static void
psync_ended (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncDemoGroup) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *output = NULL;
  GSubprocess *psync = G_SUBPROCESS (object);

  if (!g_subprocess_communicate_utf8_finish (psync, result, &output, NULL, &error))
    {
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        sync_toast_show (GTK_WIDGET (self), error->message);
    }
  else
    {
      g_autofree char *line = join_lines (output);

      sync_toast_show (GTK_WIDGET (self), line);
    }
  set_busy (self, FALSE);
}

static void
sync_second_device (SyncDemoGroup *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) psync = g_subprocess_new (
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE, &error, "psync",
      "--database", g_getenv (DEVICE_VARIABLE), "sync", NULL);

  if (psync == NULL)
    {
      sync_toast_show (GTK_WIDGET (self), error->message);
      return;
    }
  set_busy (self, TRUE);
  g_subprocess_communicate_utf8_async (psync, NULL, self->cancellable, psync_ended,
                                       g_object_ref (self));
}

static void
sync_demo_group_dispose (GObject *object)
{
  g_cancellable_cancel (SYNC_DEMO_GROUP (object)->cancellable);

  G_OBJECT_CLASS (sync_demo_group_parent_class)->dispose (object);
}

static void
sync_demo_group_finalize (GObject *object)
{
  g_object_unref (SYNC_DEMO_GROUP (object)->cancellable);

  G_OBJECT_CLASS (sync_demo_group_parent_class)->finalize (object);
}

static void
sync_demo_group_class_init (SyncDemoGroupClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_demo_group_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_demo_group_finalize;
}

static void
sync_demo_group_init (SyncDemoGroup *self)
{
  g_autofree char *name = g_filename_display_basename (g_getenv (DEVICE_VARIABLE));
  g_autofree char *markup = g_markup_escape_text (name, -1);
  GtkWidget *row = g_object_new (ADW_TYPE_ACTION_ROW, "title", _("Second device"), "subtitle",
                                 markup, NULL);

  self->cancellable = g_cancellable_new ();
  self->spinner = GTK_SPINNER (gtk_spinner_new ());
  self->button = gtk_button_new_with_mnemonic (_("Sync _There"));
  gtk_widget_set_valign (self->button, GTK_ALIGN_CENTER);
  g_signal_connect_object (self->button, "clicked", G_CALLBACK (sync_second_device), self,
                           G_CONNECT_SWAPPED);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), GTK_WIDGET (self->spinner));
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), self->button);
  adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self), _("Demonstration"));
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), row);
}

/**
 * sync_demo_group_new: (constructor)
 *
 * Returns: (transfer floating) (nullable): the second device's row; %NULL outside a demonstration
 */
GtkWidget *
sync_demo_group_new (void)
{
  const char *path = g_getenv (DEVICE_VARIABLE);

  return path != NULL && *path != '\0' ? g_object_new (SYNC_TYPE_DEMO_GROUP, NULL) : NULL;
}
