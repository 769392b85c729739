/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-window-private.h"

#include <glib/gi18n.h>

#include "sync-conflicts-page.h"
#include "sync-devices-page.h"
#include "sync-history-page.h"
#include "sync-overview-page.h"
#include "sync-queue-page.h"
#include "sync-setup.h"
#include "sync-toast.h"
#include "sync-words.h"

/**
 * SyncWindow:
 *
 * The window of one database: while it is opened, if it cannot be, and its pages.
 */
G_DEFINE_FINAL_TYPE (SyncWindow, sync_window, ADW_TYPE_APPLICATION_WINDOW)

/* --- Stages ----------------------------------------------------------------------------------- */

static void
show_stage (SyncWindow *self, const char *name)
{
  gtk_stack_set_visible_child_name (self->stages, name);
}

/* --- Setting up ------------------------------------------------------------------------------- */

static void
setup_finished (SyncWindow *self)
{
  GtkWidget *setup = gtk_stack_get_child_by_name (self->stages, "setup");

  gtk_window_set_focus (GTK_WINDOW (self), NULL);
  show_stage (self, self->profile != NULL ? "main" : "loading");
  gtk_stack_remove (self->stages, setup);
}

static SyncSetup *
begin_setup (SyncWindow *self)
{
  GtkWidget *before = gtk_stack_get_child_by_name (self->stages, "setup");
  GtkWidget *setup = sync_setup_new (self);

  if (before != NULL)
    gtk_stack_remove (self->stages, before);
  gtk_stack_add_named (self->stages, setup, "setup");
  g_clear_pointer (&self->wanted_action, g_free);
  g_signal_connect_object (setup, "finished", G_CALLBACK (setup_finished), self, G_CONNECT_SWAPPED);
  show_stage (self, "setup");
  return SYNC_SETUP (setup);
}

/**
 * sync_window_set_up:
 * @window: the window
 *
 * Shows the way to a cloud, for its database or to make one.
 */
void
sync_window_set_up (SyncWindow *window)
{
  g_return_if_fail (SYNC_IS_WINDOW (window));

  begin_setup (window);
}

/**
 * sync_window_sign_in:
 * @window: a window whose database has a cloud with accounts
 *
 * Shows where to sign in.
 */
void
sync_window_sign_in (SyncWindow *window)
{
  g_return_if_fail (SYNC_IS_WINDOW (window));
  g_return_if_fail (window->profile != NULL);

  sync_setup_sign_in (begin_setup (window));
}

/**
 * sync_window_change_path:
 * @window: a window without a database
 * @path: another file
 *
 * Shows another database instead.
 */
void
sync_window_change_path (SyncWindow *window, const char *path)
{
  GtkWidget *setup;

  g_return_if_fail (SYNC_IS_WINDOW (window));
  g_return_if_fail (window->profile == NULL);

  setup = gtk_stack_get_child_by_name (window->stages, "setup");
  g_free (window->path);
  window->path = g_strdup (path);
  show_stage (window, "loading");
  if (setup != NULL)
    gtk_stack_remove (window->stages, setup);
  sync_window_load (window);
}

/* --- Opening ---------------------------------------------------------------------------------- */

static void
show_failure (SyncWindow *self, const GError *error)
{
  g_autofree char *title = NULL, *detail = NULL, *next_step = NULL, *text = NULL;

  sync_words_for_error (error, &title, &detail, &next_step);
  text = g_markup_printf_escaped ("%s\n\n%s", detail != NULL ? detail : "",
                                  next_step != NULL ? next_step : "");
  adw_status_page_set_title (self->failure, title);
  adw_status_page_set_description (self->failure, text);
  show_stage (self, "failed");
}

/* There is no file yet, or nothing of ours in it. A folder that is missing is a mistake, unless it
 * is that of the default database. */
static gboolean
is_to_be_set_up (SyncWindow *self, const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_NOT_FOUND)
         && (self->path == NULL
             || g_strcmp0 (sync_error_get_detail (error)->reason, "folder") != 0);
}

static void
opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncWindow) self = user_data;
  SyncApplication *application = SYNC_APPLICATION (object);
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile = sync_application_open_finish (application, result, &error);
  SyncWindow *other;

  if (gtk_window_get_application (GTK_WINDOW (self)) == NULL)
    {
      /* It was closed meanwhile. */
      if (profile != NULL && !sync_application_get_keep_running (application)
          && sync_application_find_window (application, profile) == NULL)
        sync_application_close (application, profile);
      return;
    }
  if (profile == NULL)
    {
      if (is_to_be_set_up (self, error))
        sync_window_set_up (self);
      else if (!sync_error_is_cancelled (error))
        show_failure (self, error);
      return;
    }
  other = sync_application_find_window (application, profile);
  if (other == NULL)
    {
      sync_window_set_profile (self, profile);
      return;
    }
  gtk_window_present (GTK_WINDOW (other));
  gtk_window_destroy (GTK_WINDOW (self));
}

/**
 * sync_window_load:
 * @window: the window
 *
 * Opens its database.
 */
void
sync_window_load (SyncWindow *window)
{
  GtkApplication *application;

  g_return_if_fail (SYNC_IS_WINDOW (window));

  application = gtk_window_get_application (GTK_WINDOW (window));
  show_stage (window, "loading");
  sync_application_open_async (SYNC_APPLICATION (application), window->path, SYNC_PROFILE_NONE,
                               window->cancellable, opened, g_object_ref (window));
}

/* --- Pages ------------------------------------------------------------------------------------ */

static void
add_page (SyncWindow *self, GtkWidget *page, const char *name, const char *title, const char *icon)
{
  AdwViewStackPage *stack_page = adw_view_stack_add_titled (self->pages, page, name, title);

  adw_view_stack_page_set_icon_name (stack_page, icon);
}

static void
add_pages (SyncWindow *self)
{
  SyncProfile *profile = self->profile;

  add_page (self, GTK_WIDGET (sync_overview_page_new (profile)), "overview", _("Overview"),
            "go-home-symbolic");
  add_page (self, GTK_WIDGET (sync_devices_page_new (profile)), "devices", _("Devices"),
            "computer-symbolic");
  add_page (self, GTK_WIDGET (sync_history_page_new (profile)), "history", _("History"),
            "document-open-recent-symbolic");
  add_page (self, GTK_WIDGET (sync_queue_page_new (profile)), "queue", _("Queue"),
            "send-to-symbolic");
  add_page (self, GTK_WIDGET (sync_conflicts_page_new (profile)), "conflicts", _("Conflicts"),
            "view-dual-symbolic");
  if (self->wanted_page != NULL)
    adw_view_stack_set_visible_child_name (self->pages, self->wanted_page);
}

static void
set_badge (SyncWindow *self, const char *name, guint number)
{
  GtkWidget *child = adw_view_stack_get_child_by_name (self->pages, name);
  AdwViewStackPage *page = adw_view_stack_get_page (self->pages, child);

  adw_view_stack_page_set_badge_number (page, number);
  adw_view_stack_page_set_needs_attention (page, number > 0);
}

static void
update_badges (SyncWindow *self)
{
  SyncManager *manager = sync_profile_get_manager (self->profile);
  guint conflicts, failed, held;

  g_object_get (manager, "conflict-count", &conflicts, "failed-count", &failed, "held-count", &held,
                NULL);
  set_badge (self, "conflicts", conflicts);
  set_badge (self, "queue", failed + held);
}

static void
update_actions (SyncWindow *self)
{
  SyncManager *manager = sync_profile_get_manager (self->profile);
  gboolean can_run = sync_manager_get_available (manager)
                     && sync_manager_get_state (manager) != SYNC_STATE_SYNCING;

  sync_window_enable_action (self, "seed", can_run);
  sync_window_enable_action (self, "hydrate", can_run);
  sync_window_enable_action (self, "allow-mass-change", can_run);
}

static void
action_failed (SyncWindow *self, const GError *error)
{
  sync_toast_show_error (GTK_WIDGET (self->pages), error);
}

static void
follow_profile (SyncWindow *self)
{
  static const char *const counts[]
      = { "notify::conflict-count", "notify::failed-count", "notify::held-count" };
  SyncManager *manager = sync_profile_get_manager (self->profile);
  g_autoptr (GListStore) list = g_list_store_new (SYNC_TYPE_PROFILE);

  for (guint i = 0; i < G_N_ELEMENTS (counts); i++)
    g_signal_connect_object (manager, counts[i], G_CALLBACK (update_badges), self,
                             G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::state", G_CALLBACK (update_actions), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (manager, "notify::available", G_CALLBACK (update_actions), self,
                           G_CONNECT_SWAPPED);
  g_list_store_append (list, self->profile);
  self->run_actions = sync_run_actions_new (G_ACTION_MAP (self), G_LIST_MODEL (list));
  g_signal_connect_object (self->run_actions, "failed", G_CALLBACK (action_failed), self,
                           G_CONNECT_SWAPPED);
  update_badges (self);
  update_actions (self);
}

/**
 * sync_window_set_profile:
 * @window: a window without a database
 * @profile: its database
 *
 * Shows what belongs to the database.
 */
void
sync_window_set_profile (SyncWindow *window, SyncProfile *profile)
{
  g_autofree char *name = NULL;

  g_return_if_fail (SYNC_IS_WINDOW (window));
  g_return_if_fail (SYNC_IS_PROFILE (profile));
  g_return_if_fail (window->profile == NULL);

  window->profile = g_object_ref (profile);
  g_free (window->path);
  window->path = g_strdup (sync_profile_get_path (profile));
  name = g_filename_display_basename (window->path);
  adw_view_switcher_title_set_subtitle (window->title, name);
  add_pages (window);
  follow_profile (window);
  sync_window_update_databases (window);
  if (gtk_stack_get_child_by_name (window->stages, "setup") == NULL)
    show_stage (window, "main");
  sync_manager_refresh (sync_profile_get_manager (profile));
  if (window->wanted_action != NULL)
    gtk_widget_activate_action (GTK_WIDGET (window), window->wanted_action, NULL);
  g_clear_pointer (&window->wanted_action, g_free);
}

/**
 * sync_window_get_path:
 * @window: a window
 *
 * Returns: (transfer none) (nullable): its database's canonical path, if that is known
 */
const char *
sync_window_get_path (SyncWindow *window)
{
  g_return_val_if_fail (SYNC_IS_WINDOW (window), NULL);

  return window->path;
}

/**
 * sync_window_get_profile:
 * @window: a window
 *
 * Returns: (transfer none) (nullable): its database, once that is open
 */
SyncProfile *
sync_window_get_profile (SyncWindow *window)
{
  g_return_val_if_fail (SYNC_IS_WINDOW (window), NULL);

  return window->profile;
}

/**
 * sync_window_show_page:
 * @window: a window
 * @name: a page
 *
 * Shows a page, now or when the database is open.
 */
void
sync_window_show_page (SyncWindow *window, const char *name)
{
  g_return_if_fail (SYNC_IS_WINDOW (window));

  g_free (window->wanted_page);
  window->wanted_page = g_strdup (name);
  if (window->profile != NULL && adw_view_stack_get_child_by_name (window->pages, name) != NULL)
    adw_view_stack_set_visible_child_name (window->pages, name);
}

/**
 * sync_window_do:
 * @window: a window
 * @action: the full name of an action of its own without a parameter
 *
 * Does it, now or when the database is open.
 */
void
sync_window_do (SyncWindow *window, const char *action)
{
  g_return_if_fail (SYNC_IS_WINDOW (window));
  g_return_if_fail (action != NULL);

  if (window->profile != NULL)
    gtk_widget_activate_action (GTK_WIDGET (window), action, NULL);
  else
    {
      g_free (window->wanted_action);
      window->wanted_action = g_strdup (action);
    }
}

/* --- The object ------------------------------------------------------------------------------- */

static void
restore_size (SyncWindow *self, GSettings *settings)
{
  static const struct
  {
    const char *key;
    const char *property;
  } bound[] = {
    { "window-width", "default-width" },
    { "window-height", "default-height" },
    { "window-maximized", "maximized" },
  };

  for (guint i = 0; settings != NULL && i < G_N_ELEMENTS (bound); i++)
    g_settings_bind (settings, bound[i].key, self, bound[i].property, G_SETTINGS_BIND_DEFAULT);
}

static void
sync_window_dispose (GObject *object)
{
  SyncWindow *self = SYNC_WINDOW (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->run_actions);
  g_clear_object (&self->databases);

  G_OBJECT_CLASS (sync_window_parent_class)->dispose (object);
}

static void
sync_window_finalize (GObject *object)
{
  SyncWindow *self = SYNC_WINDOW (object);

  g_clear_object (&self->profile);
  g_object_unref (self->cancellable);
  g_free (self->path);
  g_free (self->wanted_page);
  g_free (self->wanted_action);

  G_OBJECT_CLASS (sync_window_parent_class)->finalize (object);
}

static void
sync_window_class_init (SyncWindowClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (class);

  object_class->dispose = sync_window_dispose;
  object_class->finalize = sync_window_finalize;

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/progressive_sync/ProgressiveSync/sync-window.ui");
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, stages);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, failure);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, title);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, pages);
  gtk_widget_class_bind_template_child (widget_class, SyncWindow, databases_button);
  gtk_widget_class_bind_template_callback (widget_class, sync_window_load);
}

static void
sync_window_init (SyncWindow *self)
{
  self->cancellable = g_cancellable_new ();
  gtk_widget_init_template (GTK_WIDGET (self));
  sync_window_add_actions (self);
}

/**
 * sync_window_new: (constructor)
 * @application: the application
 * @path: (nullable): the canonical path of its database; %NULL: not known yet
 *
 * Returns: (transfer none): a window
 */
SyncWindow *
sync_window_new (SyncApplication *application, const char *path)
{
  SyncWindow *self;

  g_return_val_if_fail (SYNC_IS_APPLICATION (application), NULL);

  self = g_object_new (SYNC_TYPE_WINDOW, "application", application, NULL);
  self->path = g_strdup (path);
  restore_size (self, sync_application_get_settings (application));
  sync_window_update_databases (self);
  return self;
}
