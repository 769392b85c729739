/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-schema-view.h"

#include <glib/gi18n.h>

#include "sync-file-choice.h"
#include "sync-toast.h"

/**
 * SyncSchemaView:
 *
 * The cloud's schema as a script.
 */
struct _SyncSchemaView
{
  AdwBin parent_instance;

  GtkTextView *text;
  GtkWidget *copy_button;
  GtkWidget *save_button;

  char *script;              /* (owned) (nullable) */
  GCancellable *cancellable; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncSchemaView, sync_schema_view, ADW_TYPE_BIN)

static void
copy (SyncSchemaView *self)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (self)), self->script);
  sync_toast_show (GTK_WIDGET (self), _("Copied"));
}

static void
saved (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSchemaView) self = user_data;
  g_autoptr (GError) error = NULL;

  if (g_file_replace_contents_finish (G_FILE (object), result, NULL, &error))
    sync_toast_show (GTK_WIDGET (self), _("Saved"));
  else
    sync_toast_show (GTK_WIDGET (self), error->message);
}

static void
file_chosen (const char *path, gpointer user_data)
{
  SyncSchemaView *self = user_data;
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GBytes) contents = g_bytes_new (self->script, strlen (self->script));

  g_file_replace_contents_bytes_async (file, contents, NULL, FALSE, G_FILE_CREATE_NONE, NULL, saved,
                                       g_object_ref (self));
}

static void
save (SyncSchemaView *self)
{
  sync_file_choice_save (GTK_WIDGET (self), _("Save Script"), "schema.sql", file_chosen);
}

static void
printed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSchemaView) self = user_data;
  g_autoptr (GError) error = NULL;
  char *script = sync_profile_print_schema_finish (SYNC_PROFILE (object), result, &error);

  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_free (script);
      return;
    }
  g_free (self->script);
  self->script = script;
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->text), script != NULL ? script : "", -1);
  gtk_widget_set_sensitive (self->copy_button, script != NULL);
  gtk_widget_set_sensitive (self->save_button, script != NULL);
  if (error != NULL)
    sync_toast_show_error (GTK_WIDGET (self), error);
}

/**
 * sync_schema_view_load:
 * @view: the view
 * @profile: whose tables the cloud is to have
 *
 * Shows the script for a database's tables.
 */
void
sync_schema_view_load (SyncSchemaView *view, SyncProfile *profile)
{
  g_return_if_fail (SYNC_IS_SCHEMA_VIEW (view));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  sync_profile_print_schema_async (profile, view->cancellable, printed, g_object_ref (view));
}

static void
sync_schema_view_dispose (GObject *object)
{
  g_cancellable_cancel (SYNC_SCHEMA_VIEW (object)->cancellable);

  G_OBJECT_CLASS (sync_schema_view_parent_class)->dispose (object);
}

static void
sync_schema_view_finalize (GObject *object)
{
  SyncSchemaView *self = SYNC_SCHEMA_VIEW (object);

  g_object_unref (self->cancellable);
  g_free (self->script);

  G_OBJECT_CLASS (sync_schema_view_parent_class)->finalize (object);
}

static void
sync_schema_view_class_init (SyncSchemaViewClass *class)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  G_OBJECT_CLASS (class)->dispose = sync_schema_view_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_schema_view_finalize;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-schema-view.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncSchemaView, text);
  gtk_widget_class_bind_template_child (widget_class, SyncSchemaView, copy_button);
  gtk_widget_class_bind_template_child (widget_class, SyncSchemaView, save_button);
  gtk_widget_class_bind_template_callback (widget_class, copy);
  gtk_widget_class_bind_template_callback (widget_class, save);
}

static void
sync_schema_view_init (SyncSchemaView *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_sensitive (self->copy_button, FALSE);
  gtk_widget_set_sensitive (self->save_button, FALSE);
}
