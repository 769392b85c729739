/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-window-private.h"

#include <glib/gi18n.h>

#include "sync-plain-window.h"
#include "sync-preferences-window.h"
#include "sync-toast.h"

static void
show_page (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  sync_window_show_page (user_data, g_variant_get_string (parameter, NULL));
}

/* Whoever reads the action's state knows which page it is. */
static void
page_changed (SyncWindow *self)
{
  const char *name = adw_view_stack_get_visible_child_name (self->pages);
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), "show-page");

  if (name != NULL)
    g_simple_action_set_state (G_SIMPLE_ACTION (action), g_variant_new_string (name));
}

/* --- Everything in one direction -------------------------------------------------------------- */

/* How a run that began went is the manager's to tell. */
static void
run_ended (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncWindow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result
      = sync_manager_run_finish (SYNC_MANAGER (object), async_result, &error);

  if (result == NULL)
    sync_toast_show_error (GTK_WIDGET (self->pages), error);
}

static void
begin_run (SyncWindow *self, SyncRunKind kind, gboolean allow_mass_change)
{
  const SyncRunOptions options = { .allow_mass_change = allow_mass_change };

  sync_manager_run_async (sync_profile_get_manager (self->profile), kind, &options, NULL, run_ended,
                          g_object_ref (self));
  sync_window_show_page (self, "overview");
}

static void
answered (AdwMessageDialog *dialog, const char *response, SyncWindow *self)
{
  if (g_str_equal (response, "seed"))
    begin_run (self, SYNC_RUN_SEED, FALSE);
  else if (g_str_equal (response, "hydrate"))
    begin_run (self, SYNC_RUN_HYDRATE, FALSE);
  else if (g_str_equal (response, "allow"))
    begin_run (self, SYNC_RUN_SYNC, TRUE);
}

static void
ask (SyncWindow *self, const char *heading, const char *body, const char *response,
     const char *label)
{
  GtkWidget *dialog;

  if (sync_plain_window_present_over (GTK_WINDOW (self), ADW_TYPE_MESSAGE_DIALOG))
    return;
  dialog = adw_message_dialog_new (GTK_WINDOW (self), heading, body);
  adw_message_dialog_add_responses (ADW_MESSAGE_DIALOG (dialog), "cancel", _("_Cancel"), response,
                                    label, NULL);
  adw_message_dialog_set_response_appearance (ADW_MESSAGE_DIALOG (dialog), response,
                                              ADW_RESPONSE_SUGGESTED);
  adw_message_dialog_set_default_response (ADW_MESSAGE_DIALOG (dialog), response);
  adw_message_dialog_set_close_response (ADW_MESSAGE_DIALOG (dialog), "cancel");
  g_signal_connect_object (dialog, "response", G_CALLBACK (answered), self, 0);
  gtk_window_present (GTK_WINDOW (dialog));
}

static void
seed (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask (user_data, _("Back Up Everything?"),
       _("All rows of this computer are sent to the cloud. Where both sides differ, this "
         "computer’s row wins; what it replaces is kept on record for 30 days."),
       "seed", _("_Back Up"));
}

static void
hydrate (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask (user_data, _("Restore Everything?"),
       _("All rows are fetched from the cloud. Where both sides differ, the cloud’s row wins; "
         "changes that were not sent yet stay. A snapshot of this database is taken first."),
       "hydrate", _("_Restore"));
}

static void
sign_in (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncWindow *self = user_data;

  if (self->profile != NULL)
    sync_window_sign_in (self);
}

/* What was stopped by it goes on. */
static void
unlocked (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncWindow) self = user_data;
  g_autoptr (GError) error = NULL;

  sync_window_enable_action (self, "unlock", TRUE);
  if (!sync_profile_session_finish (SYNC_PROFILE (object), result, &error))
    sync_toast_show_error (GTK_WIDGET (self->pages), error);
  else if (SYNC_PROFILE (object) == self->profile)
    begin_run (self, SYNC_RUN_SYNC, FALSE);
}

static void
unlock (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncWindow *self = user_data;

  if (self->profile == NULL)
    return;
  sync_window_enable_action (self, "unlock", FALSE);
  sync_profile_unlock_async (self->profile, NULL, unlocked, g_object_ref (self));
}

static void
show_preferences (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncWindow *self = user_data;

  if (self->profile != NULL
      && !sync_plain_window_present_over (GTK_WINDOW (self), SYNC_TYPE_PREFERENCES_WINDOW))
    gtk_window_present (GTK_WINDOW (sync_preferences_window_new (self)));
}

static void
connect_cloud (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  SyncWindow *self = user_data;

  if (self->profile != NULL)
    sync_window_set_up (self);
}

/* The brake stopped a run; somebody looked at what it wanted to do. */
static void
allow_mass_change (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  ask (user_data, _("Change More Than Half of a Table?"),
       _("The last sync was stopped because it would have deleted or overwritten more than half of a "
         "table’s rows. Allow it only if that is meant. What it takes away is kept on record for 30 "
         "days."),
       "allow", _("_Allow Once"));
}

/* --- The actions ------------------------------------------------------------------------------ */

void
sync_window_enable_action (SyncWindow *self, const char *name, gboolean enabled)
{
  GAction *action = g_action_map_lookup_action (G_ACTION_MAP (self), name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
}

void
sync_window_add_actions (SyncWindow *self)
{
  static const GActionEntry entries[] = {
    { "show-page", show_page, "s", "'overview'", NULL, { 0 } },
    { "sign-in", sign_in, NULL, NULL, NULL, { 0 } },
    { "unlock", unlock, NULL, NULL, NULL, { 0 } },
    { "preferences", show_preferences, NULL, NULL, NULL, { 0 } },
    { "connect", connect_cloud, NULL, NULL, NULL, { 0 } },
    { "seed", seed, NULL, NULL, NULL, { 0 } },
    { "allow-mass-change", allow_mass_change, NULL, NULL, NULL, { 0 } },
    { "hydrate", hydrate, NULL, NULL, NULL, { 0 } },
  };

  g_action_map_add_action_entries (G_ACTION_MAP (self), entries, G_N_ELEMENTS (entries), self);
  g_signal_connect_object (self->pages, "notify::visible-child-name", G_CALLBACK (page_changed), self,
                           G_CONNECT_SWAPPED);
  sync_window_enable_action (self, "seed", FALSE);
  sync_window_enable_action (self, "hydrate", FALSE);
  sync_window_enable_action (self, "allow-mass-change", FALSE);
  sync_window_add_database_actions (self);
}
