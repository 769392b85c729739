/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application-private.h"

#include <signal.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "sync-accessible.h"
#include "sync-app-resources.h"
#include "sync-plain-window.h"
#include "sync-preferences-window.h"
#include "sync-words.h"

enum
{
  PROP_KEEP_RUNNING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/**
 * SyncApplication:
 *
 * The one process of this program: the databases that are open and their windows.
 */
G_DEFINE_FINAL_TYPE (SyncApplication, sync_application, ADW_TYPE_APPLICATION)

/* --- Windows ---------------------------------------------------------------------------------- */

SyncWindow *
sync_application_find_window (SyncApplication *self, SyncProfile *profile)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (SYNC_IS_WINDOW (l->data) && sync_window_get_profile (l->data) == profile)
      return l->data;
  return NULL;
}

/* The list begins with the one that had the focus last. */
SyncWindow *
sync_application_get_newest_window (SyncApplication *self)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (SYNC_IS_WINDOW (l->data))
      return l->data;
  return NULL;
}

static SyncWindow *
find_window_of_path (SyncApplication *self, const char *path)
{
  for (GList *l = gtk_application_get_windows (GTK_APPLICATION (self)); l != NULL; l = l->next)
    if (SYNC_IS_WINDOW (l->data) && g_strcmp0 (sync_window_get_path (l->data), path) == 0)
      return l->data;
  return NULL;
}

static SyncWindow *
window_for_profile (SyncApplication *self, SyncProfile *profile)
{
  SyncWindow *window = sync_application_find_window (self, profile);

  if (window != NULL)
    return window;
  window = sync_window_new (self, sync_profile_get_path (profile));
  sync_window_set_profile (window, profile);
  return window;
}

static SyncWindow *
usual_window (SyncApplication *self)
{
  SyncWindow *window = sync_application_get_newest_window (self);
  g_autoptr (SyncProfile) first = g_list_model_get_item (G_LIST_MODEL (self->profiles), 0);

  if (window != NULL)
    return window;
  if (first != NULL)
    return window_for_profile (self, first);
  window = sync_window_new (self, NULL);
  sync_window_load (window);
  return window;
}

static SyncWindow *
window_for_path (SyncApplication *self, const char *path)
{
  g_autofree char *real = sync_application_resolve_path (path);
  SyncWindow *window = find_window_of_path (self, real);
  SyncProfile *profile = sync_application_find_profile (self, real);

  if (window != NULL)
    return window;
  if (profile != NULL)
    return window_for_profile (self, profile);
  window = sync_window_new (self, real);
  sync_window_load (window);
  return window;
}

/**
 * sync_application_present:
 * @application: the application
 * @path: (nullable): a database; %NULL: any
 *
 * Shows a window.
 */
void
sync_application_present (SyncApplication *application, const char *path)
{
  g_return_if_fail (SYNC_IS_APPLICATION (application));

  if (path == NULL)
    gtk_window_present (GTK_WINDOW (usual_window (application)));
  else
    gtk_window_present (GTK_WINDOW (window_for_path (application, path)));
}

/**
 * sync_application_present_page:
 * @application: the application
 * @profile: an open database
 * @page: `overview`, `devices`, `history`, `queue` or `conflicts`
 *
 * Shows a page of a database's window.
 */
void
sync_application_present_page (SyncApplication *application, SyncProfile *profile, const char *page)
{
  SyncWindow *window;

  g_return_if_fail (SYNC_IS_APPLICATION (application));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  window = window_for_profile (application, profile);
  sync_plain_window_close_over (GTK_WINDOW (window), SYNC_TYPE_PREFERENCES_WINDOW);
  sync_window_show_page (window, page);
  gtk_window_present (GTK_WINDOW (window));
}

static void
sync_application_window_removed (GtkApplication *application, GtkWindow *window)
{
  SyncApplication *self = SYNC_APPLICATION (application);
  SyncProfile *profile = SYNC_IS_WINDOW (window) ? sync_window_get_profile (SYNC_WINDOW (window))
                                                 : NULL;

  if (profile != NULL && !self->keep_running)
    sync_application_close (self, profile);

  GTK_APPLICATION_CLASS (sync_application_parent_class)->window_removed (application, window);
}

/* --- Life ------------------------------------------------------------------------------------- */

/**
 * sync_application_get_keep_running:
 * @application: the application
 *
 * Returns: whether it goes on without a window
 */
gboolean
sync_application_get_keep_running (SyncApplication *application)
{
  g_return_val_if_fail (SYNC_IS_APPLICATION (application), FALSE);

  return application->keep_running;
}

static void
close_those_without_window (SyncApplication *self)
{
  GListModel *profiles = G_LIST_MODEL (self->profiles);

  for (guint i = g_list_model_get_n_items (profiles); i > 0; i--)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i - 1);

      if (sync_application_find_window (self, profile) == NULL)
        sync_application_close (self, profile);
    }
}

/**
 * sync_application_set_keep_running:
 * @application: the application
 * @keep_running: whether it goes on without a window
 *
 * Where there is something else by which it can be reached, it may go on without a window.
 */
void
sync_application_set_keep_running (SyncApplication *application, gboolean keep_running)
{
  g_return_if_fail (SYNC_IS_APPLICATION (application));

  keep_running = !!keep_running;
  if (application->keep_running == keep_running)
    return;
  application->keep_running = keep_running;
  if (keep_running)
    g_application_hold (G_APPLICATION (application));
  else
    {
      close_those_without_window (application);
      g_application_release (G_APPLICATION (application));
    }
  g_object_notify_by_pspec (G_OBJECT (application), properties[PROP_KEEP_RUNNING]);
}

/**
 * sync_application_quit:
 * @application: the application
 *
 * Closes everything. The program ends when what was going on has ended.
 */
void
sync_application_quit (SyncApplication *application)
{
  GList *windows;

  g_return_if_fail (SYNC_IS_APPLICATION (application));

  g_application_hold (G_APPLICATION (application));
  sync_application_set_keep_running (application, FALSE);
  /* A dialog knows its window to the end. */
  windows = g_list_copy_deep (gtk_application_get_windows (GTK_APPLICATION (application)),
                              (GCopyFunc)(GCallback)g_object_ref, NULL);
  g_list_foreach (windows, (GFunc)(GCallback)gtk_window_destroy, NULL);
  g_list_free_full (windows, g_object_unref);
  close_those_without_window (application);
  g_application_release (G_APPLICATION (application));
}

static gboolean
on_signal (gpointer user_data)
{
  sync_application_quit (user_data);
  return G_SOURCE_CONTINUE;
}

/**
 * sync_application_get_exit_status:
 * @application: the application, after it ran
 *
 * Returns: the status that is due to what went wrong after the start; 0: nothing
 */
int
sync_application_get_exit_status (SyncApplication *application)
{
  g_return_val_if_fail (SYNC_IS_APPLICATION (application), 0);

  return application->exit_status;
}

/**
 * sync_application_get_settings:
 * @application: the application
 *
 * Returns: (transfer none) (nullable): what is remembered about windows and notifications; %NULL:
 *   the schema is not installed
 */
GSettings *
sync_application_get_settings (SyncApplication *application)
{
  g_return_val_if_fail (SYNC_IS_APPLICATION (application), NULL);

  return application->settings;
}

/* A program that was built but not installed works too. */
static GSettings *
open_settings (void)
{
  GSettingsSchemaSource *source = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema
      = source != NULL
            ? g_settings_schema_source_lookup (source, PROGRESSIVE_SYNC_APPLICATION_ID, TRUE)
            : NULL;

  return schema != NULL ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

static void
sync_application_startup (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  G_APPLICATION_CLASS (sync_application_parent_class)->startup (application);
  gtk_window_set_default_icon_name (PROGRESSIVE_SYNC_APPLICATION_ID);
  sync_accessible_start ();
  self->settings = open_settings ();
  self->signals[0] = g_unix_signal_add (SIGINT, on_signal, self);
  self->signals[1] = g_unix_signal_add (SIGTERM, on_signal, self);
  sync_application_add_actions (self);
  self->services = sync_services_new (self);
}

static void
sync_application_shutdown (GApplication *application)
{
  SyncApplication *self = SYNC_APPLICATION (application);

  for (guint i = 0; i < G_N_ELEMENTS (self->signals); i++)
    g_clear_handle_id (&self->signals[i], g_source_remove);
  g_clear_object (&self->services);
  g_clear_object (&self->run_actions);
  g_clear_object (&self->settings);
  G_APPLICATION_CLASS (sync_application_parent_class)->shutdown (application);
}

static void
sync_application_activate (GApplication *application)
{
  sync_application_present (SYNC_APPLICATION (application), NULL);
}

/* --- The command line ------------------------------------------------------------------------- */

static const GOptionEntry options[] = {
  { "database", 'd', 0, G_OPTION_ARG_FILENAME, NULL, N_("The local database"), N_("FILE") },
  { "background", 'b', 0, G_OPTION_ARG_NONE, NULL, N_("Start without a window"), NULL },
  { "version", 0, 0, G_OPTION_ARG_NONE, NULL, N_("Print the version and end"), NULL },
  { NULL },
};

static int
sync_application_handle_local_options (GApplication *application, GVariantDict *given)
{
  if (!g_variant_dict_contains (given, "version"))
    return -1;
  g_print ("progressive-sync %s\n", PROGRESSIVE_SYNC_VERSION);
  return EXIT_SUCCESS;
}

/* Where it was started; it may be this process, whose own status GApplication has taken already. */
static void
say_failure (SyncApplication *self, GApplicationCommandLine *line, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL;

  sync_words_for_error (error, &title, &detail, &next_step);
  g_application_command_line_printerr (line, "progressive-sync: %s\n  %s\n  %s\n", title,
                                       detail != NULL ? detail : "",
                                       next_step != NULL ? next_step : "");
  g_application_command_line_set_exit_status (line, EXIT_FAILURE);
  if (!g_application_command_line_get_is_remote (line))
    self->exit_status = EXIT_FAILURE;
}

static void
opened_in_background (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GApplicationCommandLine) line = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile
      = sync_application_open_finish (SYNC_APPLICATION (object), result, &error);

  if (profile != NULL)
    return;
  say_failure (SYNC_APPLICATION (object), line, error);
  /* Nothing would go on, and nobody would know. */
  if (gtk_application_get_windows (GTK_APPLICATION (object)) == NULL
      && g_list_model_get_n_items (G_LIST_MODEL (SYNC_APPLICATION (object)->profiles)) == 0)
    sync_application_set_keep_running (SYNC_APPLICATION (object), FALSE);
}

static int
sync_application_command_line (GApplication *application, GApplicationCommandLine *line)
{
  SyncApplication *self = SYNC_APPLICATION (application);
  GVariantDict *given = g_application_command_line_get_options_dict (line);
  g_auto (GStrv) arguments = g_application_command_line_get_arguments (line, NULL);
  g_autofree char *path = NULL;
  const char *name = NULL;

  if (arguments[0] != NULL && arguments[1] != NULL)
    {
      g_application_command_line_printerr (line, _("“%s” is not understood; see --help\n"),
                                           arguments[1]);
      return 2;
    }
  if (g_variant_dict_lookup (given, "database", "^&ay", &name))
    {
      g_autoptr (GFile) file = g_application_command_line_create_file_for_arg (line, name);

      path = g_file_get_path (file);
    }
  if (!g_variant_dict_contains (given, "background"))
    sync_application_present (self, path);
  else
    {
      sync_application_set_keep_running (self, TRUE);
      sync_application_open_async (self, path, SYNC_PROFILE_NONE, NULL, opened_in_background,
                                   g_object_ref (line));
    }
  return EXIT_SUCCESS;
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_application_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_KEEP_RUNNING)
    g_value_set_boolean (value, SYNC_APPLICATION (object)->keep_running);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
sync_application_dispose (GObject *object)
{
  SyncApplication *self = SYNC_APPLICATION (object);

  g_clear_object (&self->run_actions);
  g_clear_object (&self->profiles);
  g_clear_object (&self->settings);

  G_OBJECT_CLASS (sync_application_parent_class)->dispose (object);
}

static void
sync_application_class_init (SyncApplicationClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GApplicationClass *application_class = G_APPLICATION_CLASS (class);

  object_class->get_property = sync_application_get_property;
  object_class->dispose = sync_application_dispose;
  application_class->startup = sync_application_startup;
  application_class->shutdown = sync_application_shutdown;
  application_class->activate = sync_application_activate;
  application_class->handle_local_options = sync_application_handle_local_options;
  application_class->command_line = sync_application_command_line;
  GTK_APPLICATION_CLASS (class)->window_removed = sync_application_window_removed;

  properties[PROP_KEEP_RUNNING] = g_param_spec_boolean (
      "keep-running", NULL, NULL, FALSE,
      G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_application_init (SyncApplication *self)
{
  /* Also keeps the linker from leaving them out. */
  g_resources_register (sync_app_get_resource ());
  self->profiles = g_list_store_new (SYNC_TYPE_PROFILE);
  g_application_add_main_option_entries (G_APPLICATION (self), options);
}

/**
 * sync_application_new: (constructor)
 *
 * Returns: (transfer full): the application, not running yet
 */
SyncApplication *
sync_application_new (void)
{
  return g_object_new (SYNC_TYPE_APPLICATION, "application-id", PROGRESSIVE_SYNC_APPLICATION_ID,
                       "flags",
                       G_APPLICATION_HANDLES_COMMAND_LINE | G_APPLICATION_CAN_OVERRIDE_APP_ID,
                       "resource-base-path",
                       "/io/github/progressive_sync/ProgressiveSync", NULL);
}
