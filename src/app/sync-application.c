/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-application-private.h"

#include <signal.h>
#include <stdlib.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "sync-accessible.h"
#include "sync-app-resources.h"
#include "sync-known-databases.h"
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

/* --- Databases -------------------------------------------------------------------------------- */

static SyncProfile *
find_profile (SyncApplication *self, const char *path)
{
  guint n = g_list_model_get_n_items (G_LIST_MODEL (self->profiles));

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (G_LIST_MODEL (self->profiles), i);

      if (g_str_equal (sync_profile_get_path (profile), path))
        return profile;
    }
  return NULL;
}

/* The name by which the store knows a file. */
static char *
canonicalise (const char *path)
{
  char *real = realpath (path, NULL);
  g_autofree char *copy = g_strdup (real);

  free (real);
  return copy != NULL ? g_steal_pointer (&copy) : g_canonicalize_filename (path, NULL);
}

static void
profile_closed (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncApplication) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_profile_close_finish (SYNC_PROFILE (object), result, &error))
    g_debug ("A database was not closed well: %s", error->message);
  g_application_release (G_APPLICATION (self));
}

static void
close_profile (SyncApplication *self, SyncProfile *profile)
{
  g_application_hold (G_APPLICATION (self));
  sync_profile_close_async (profile, profile_closed, g_object_ref (self));
}

/**
 * sync_application_close:
 * @application: the application
 * @profile: an open database
 *
 * Closes a database. Its windows are gone already, or about to go.
 */
void
sync_application_close (SyncApplication *application, SyncProfile *profile)
{
  g_autoptr (SyncProfile) kept = NULL;
  guint position;

  g_return_if_fail (SYNC_IS_APPLICATION (application));
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  if (!g_list_store_find (application->profiles, profile, &position))
    return;
  kept = g_object_ref (profile);
  g_list_store_remove (application->profiles, position);
  close_profile (application, kept);
}

/**
 * Opening:
 * @path: (owned) (nullable): which; %NULL until it is found
 * @default_path: (owned): the file whose folder is ours to make
 * @flags: as given
 *
 * A database that is being opened.
 */
typedef struct
{
  char *path;
  char *default_path;
  SyncProfileFlags flags;
} Opening;

static void
opening_free (gpointer data)
{
  Opening *opening = data;

  g_free (opening->path);
  g_free (opening->default_path);
  g_free (opening);
}

static void
profile_opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  SyncApplication *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile = sync_profile_open_finish (result, &error);
  SyncProfile *same;

  g_application_release (G_APPLICATION (self));
  if (profile == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  same = find_profile (self, sync_profile_get_path (profile));
  if (same != NULL)
    {
      close_profile (self, profile);
      g_task_return_pointer (task, g_object_ref (same), g_object_unref);
      return;
    }
  g_list_store_append (self->profiles, profile);
  sync_scheduler_start (sync_profile_get_scheduler (profile));
  g_task_return_pointer (task, g_steal_pointer (&profile), g_object_unref);
}

static void
open_found (GTask *task)
{
  SyncApplication *self = g_task_get_source_object (task);
  Opening *opening = g_task_get_task_data (task);
  SyncProfile *open = find_profile (self, opening->path);

  if (open != NULL)
    {
      g_task_return_pointer (task, g_object_ref (open), g_object_unref);
      return;
    }
  g_application_hold (G_APPLICATION (self));
  sync_profile_open_async (g_str_equal (opening->path, opening->default_path) ? NULL : opening->path,
                           opening->flags, NULL, NULL, g_task_get_cancellable (task),
                           profile_opened, g_object_ref (task));
}

static void
look_for_usual (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  g_auto (GStrv) known = sync_known_databases_list ();
  const char *given = g_getenv ("SYNC_DATABASE");

  for (guint i = 0; (given == NULL || *given == '\0') && known[i] != NULL; i++)
    if (g_file_test (known[i], G_FILE_TEST_IS_REGULAR))
      {
        g_task_return_pointer (task, g_strdup (known[i]), g_free);
        return;
      }
  g_task_return_pointer (task, sync_profile_dup_default_path (), g_free);
}

static void
usual_found (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Opening *opening = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_task_propagate_pointer (G_TASK (result), &error);

  g_application_release (G_APPLICATION (object));
  if (path == NULL)
    {
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  opening->path = canonicalise (path);
  open_found (task);
}

/**
 * sync_application_open_async:
 * @application: the application
 * @path: (nullable): the database; %NULL: the one that is meant if none is named
 * @flags: whether to make what is missing
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Opens a database, or finds it among those that are open.
 */
void
sync_application_open_async (SyncApplication *application, const char *path, SyncProfileFlags flags,
                             GCancellable *cancellable, GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  g_autoptr (GTask) search = NULL;
  g_autofree char *default_path = sync_profile_dup_default_path ();
  Opening *opening;

  g_return_if_fail (SYNC_IS_APPLICATION (application));

  task = g_task_new (application, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_application_open_async);
  opening = g_new0 (Opening, 1);
  opening->flags = flags;
  opening->default_path = canonicalise (default_path);
  g_task_set_task_data (task, opening, opening_free);
  if (path != NULL)
    {
      opening->path = canonicalise (path);
      open_found (task);
      return;
    }
  g_application_hold (G_APPLICATION (application));
  search = g_task_new (application, cancellable, usual_found, g_steal_pointer (&task));
  g_task_run_in_thread (search, look_for_usual);
}

/**
 * sync_application_open_finish:
 * @application: the application
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the database; %NULL with @error set as by
 *   [func@Profile.open_finish]
 */
SyncProfile *
sync_application_open_finish (SyncApplication *application, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, application), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_application_open_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_application_get_profiles:
 * @application: the application
 *
 * Returns: (transfer none): the databases that are open
 */
GListModel *
sync_application_get_profiles (SyncApplication *application)
{
  g_return_val_if_fail (SYNC_IS_APPLICATION (application), NULL);

  return G_LIST_MODEL (application->profiles);
}

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
  g_autofree char *real = canonicalise (path);
  SyncWindow *window = find_window_of_path (self, real);
  SyncProfile *profile = find_profile (self, real);

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
