/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-notifications.h"

#include <glib/gi18n.h>

#include "sync-words.h"

/* The action that a click activates: a database and a page of its window. */
#define SHOW_PAGE "app.show-page"

typedef enum
{
  TOPIC_CONFLICTS,
  TOPIC_REFUSED,
  TOPIC_SIGN_IN,
  TOPIC_REVOKED,
  TOPIC_BACKUP,
  N_TOPICS
} Topic;

static const struct
{
  const char *id;
  const char *page;
  GNotificationPriority priority;
} topics[N_TOPICS] = {
  [TOPIC_CONFLICTS] = { "conflicts", "conflicts", G_NOTIFICATION_PRIORITY_NORMAL },
  [TOPIC_REFUSED] = { "refused", "queue", G_NOTIFICATION_PRIORITY_NORMAL },
  [TOPIC_SIGN_IN] = { "sign-in", "overview", G_NOTIFICATION_PRIORITY_HIGH },
  [TOPIC_REVOKED] = { "revoked", "devices", G_NOTIFICATION_PRIORITY_HIGH },
  [TOPIC_BACKUP] = { "backup", "overview", G_NOTIFICATION_PRIORITY_LOW },
};

/**
 * Watched:
 * @shown: how many of each are told of; 0: it is not shown
 * @never_synced: whether no run went well yet
 *
 * One open database.
 */
typedef struct
{
  SyncNotifications *notifications; /* (unowned) */
  SyncProfile *profile;             /* (owned) */
  GSignalGroup *signals;            /* (owned) */
  guint shown[N_TOPICS];
  gboolean known;
  gboolean never_synced;
} Watched;

/**
 * SyncNotifications:
 *
 * What people are told while they do not look.
 */
struct _SyncNotifications
{
  GObject parent_instance;

  SyncApplication *application; /* (unowned): outlives it */
  GPtrArray *watched;           /* (owned) (element-type Watched) */
};

G_DEFINE_FINAL_TYPE (SyncNotifications, sync_notifications, G_TYPE_OBJECT)

static gboolean
is_wanted (SyncNotifications *self)
{
  GSettings *settings = sync_application_get_settings (self->application);

  return settings == NULL || g_settings_get_boolean (settings, "notifications");
}

/* --- One notification ------------------------------------------------------------------------- */

/* One for each problem of each database. */
static char *
id_of (Watched *watched, Topic topic)
{
  return g_strdup_printf ("%s:%s", topics[topic].id, sync_profile_get_path (watched->profile));
}

static char *
title_of (Topic topic, guint count)
{
  switch (topic)
    {
    case TOPIC_CONFLICTS:
      return g_strdup_printf (
          ngettext ("%u Conflict Waits for a Decision", "%u Conflicts Wait for a Decision", count),
          count);
    case TOPIC_REFUSED:
      return g_strdup_printf (ngettext ("%u Row Was Refused", "%u Rows Were Refused", count),
                              count);
    case TOPIC_SIGN_IN:
      return g_strdup (_ ("Sign-In Needed"));
    case TOPIC_REVOKED:
      return g_strdup (_ ("This Device Was Revoked"));
    case TOPIC_BACKUP:
    default:
      return g_strdup (_ ("First Backup Done"));
    }
}

static char *
body_of (Topic topic, const char *name)
{
  switch (topic)
    {
    case TOPIC_CONFLICTS:
      return g_strdup_printf (
          _ ("“%s” changed here and on another device. Both versions are kept until you decide."),
          name);
    case TOPIC_REFUSED:
      return g_strdup_printf (_ ("Rows of “%s” cannot be synced as they are. Nothing is lost."),
                              name);
    case TOPIC_SIGN_IN:
      return g_strdup_printf (
          _ ("“%s” is not synced until you sign in again. Changes are kept on this computer."),
          name);
    case TOPIC_REVOKED:
      return g_strdup_printf (
          _ ("Another device ended the syncing of “%s”. Everything on this computer stays."), name);
    case TOPIC_BACKUP:
    default:
      return g_strdup_printf (_ ("Everything in “%s” is in the cloud now."), name);
    }
}

static void
send (Watched *watched, Topic topic, guint count)
{
  SyncApplication *application = watched->notifications->application;
  const char *path = sync_profile_get_path (watched->profile);
  g_autofree char *id = id_of (watched, topic);
  g_autofree char *title = title_of (topic, count);
  g_autofree char *name = g_path_get_basename (path);
  g_autofree char *body = body_of (topic, name);
  g_autoptr (GNotification) notification = g_notification_new (title);
  g_autoptr (GIcon) icon = g_themed_icon_new (PROGRESSIVE_SYNC_APPLICATION_ID);

  /* Without a bus there is nobody to show it, and GLib does not ask before it tries. */
  if (g_application_get_dbus_connection (G_APPLICATION (application)) == NULL)
    return;
  g_notification_set_body (notification, body);
  g_notification_set_icon (notification, icon);
  g_notification_set_priority (notification, topics[topic].priority);
  g_notification_set_default_action_and_target (notification, SHOW_PAGE, "(ss)", path,
                                                topics[topic].page);
  if (topic == TOPIC_CONFLICTS)
    g_notification_add_button_with_target (notification, _ ("Resolve"), SHOW_PAGE, "(ss)", path,
                                           topics[topic].page);
  g_application_send_notification (G_APPLICATION (application), id, notification);
}

static void
withdraw (Watched *watched, Topic topic)
{
  g_autofree char *id = id_of (watched, topic);

  g_application_withdraw_notification (G_APPLICATION (watched->notifications->application), id);
}

/* Told once; again only when there are more. */
static void
tell (Watched *watched, Topic topic, guint count)
{
  guint before = watched->shown[topic];

  if (count > before && is_wanted (watched->notifications))
    send (watched, topic, count);
  else if (count == 0 && before > 0)
    withdraw (watched, topic);
  watched->shown[topic] = count;
}

/* --- What there is to tell -------------------------------------------------------------------- */

static void
look (Watched *watched)
{
  SyncManager *manager = sync_profile_get_manager (watched->profile);
  g_autoptr (GError) error = NULL;
  guint failed, held, conflicts;
  gint64 last_sync;

  g_object_get (manager, "failed-count", &failed, "held-count", &held, "conflict-count", &conflicts,
                "last-error", &error, "last-sync-time", &last_sync, NULL);
  if (last_sync != SYNC_TIME_UNKNOWN)
    watched->never_synced = FALSE;
  tell (watched, TOPIC_CONFLICTS, conflicts);
  tell (watched, TOPIC_REFUSED, failed + held);
  tell (watched, TOPIC_SIGN_IN, g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN));
  tell (watched, TOPIC_REVOKED, g_error_matches (error, SYNC_ERROR, SYNC_ERROR_REVOKED));
}

/* Counts and times are read again after this, so it is known whether there was a run before. */
static void
run_completed (Watched *watched, const SyncResult *result)
{
  if (!watched->known || !watched->never_synced || result->error != NULL || result->dry_run
      || result->outcome != SYNC_OUTCOME_DONE || result->total.pushed == 0)
    return;
  watched->never_synced = FALSE;
  if (is_wanted (watched->notifications))
    send (watched, TOPIC_BACKUP, 1);
}

/* What was counted first tells whether there ever was a run. */
static void
counted (Watched *watched)
{
  gint64 last_sync;

  if (watched->known)
    return;
  g_object_get (sync_profile_get_manager (watched->profile), "last-sync-time", &last_sync, NULL);
  watched->known = TRUE;
  watched->never_synced = last_sync == SYNC_TIME_UNKNOWN;
}

static void
watched_free (gpointer data)
{
  Watched *watched = data;

  for (Topic topic = 0; topic < N_TOPICS; topic++)
    if (watched->shown[topic] > 0)
      withdraw (watched, topic);
  g_signal_group_set_target (watched->signals, NULL);
  g_object_unref (watched->signals);
  g_object_unref (watched->profile);
  g_free (watched);
}

static Watched *
watch (SyncNotifications *self, SyncProfile *profile)
{
  Watched *watched = g_new0 (Watched, 1);

  watched->notifications = self;
  watched->profile = g_object_ref (profile);
  watched->signals = g_signal_group_new (SYNC_TYPE_MANAGER);
  g_signal_group_connect_swapped (watched->signals, "data-changed", G_CALLBACK (counted), watched);
  g_signal_group_connect_swapped (watched->signals, "notify::conflict-count", G_CALLBACK (look),
                                  watched);
  g_signal_group_connect_swapped (watched->signals, "notify::failed-count", G_CALLBACK (look),
                                  watched);
  g_signal_group_connect_swapped (watched->signals, "notify::held-count", G_CALLBACK (look),
                                  watched);
  g_signal_group_connect_swapped (watched->signals, "notify::last-error", G_CALLBACK (look),
                                  watched);
  g_signal_group_connect_swapped (watched->signals, "sync-completed", G_CALLBACK (run_completed),
                                  watched);
  g_signal_group_set_target (watched->signals, sync_profile_get_manager (profile));
  look (watched);
  return watched;
}

static gboolean
is_open (GListModel *profiles, SyncProfile *profile)
{
  guint n = g_list_model_get_n_items (profiles);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) other = g_list_model_get_item (profiles, i);

      if (other == profile)
        return TRUE;
    }
  return FALSE;
}

static void
profiles_changed (SyncNotifications *self,
                  guint position,
                  guint removed,
                  guint added,
                  GListModel *profiles)
{
  for (guint i = self->watched->len; i > 0; i--)
    {
      Watched *watched = g_ptr_array_index (self->watched, i - 1);

      if (!is_open (profiles, watched->profile))
        g_ptr_array_remove_index (self->watched, i - 1);
    }
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i);

      g_ptr_array_add (self->watched, watch (self, profile));
    }
}

static void
switched (SyncNotifications *self)
{
  gboolean wanted = is_wanted (self);

  for (guint i = 0; i < self->watched->len; i++)
    {
      Watched *watched = g_ptr_array_index (self->watched, i);

      for (Topic topic = 0; topic < N_TOPICS; topic++)
        if (watched->shown[topic] > 0 && wanted)
          send (watched, topic, watched->shown[topic]);
        else if (watched->shown[topic] > 0)
          withdraw (watched, topic);
    }
}

/* --- Clicks ----------------------------------------------------------------------------------- */

static void
opened (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncApplication *application = SYNC_APPLICATION (object);
  g_autofree char *page = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncProfile) profile = sync_application_open_finish (application, result, &error);

  if (profile != NULL)
    sync_application_present_page (application, profile, page);
  else
    sync_application_present (application, NULL);
}

/* The notification may be older than this process. */
static void
show_page (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  const char *path, *page;

  g_variant_get (parameter, "(&s&s)", &path, &page);
  sync_application_open_async (((SyncNotifications *)user_data)->application, path,
                               SYNC_PROFILE_NONE, NULL, opened, g_strdup (page));
}

static const GActionEntry entries[] = { { "show-page", show_page, "(ss)", NULL, NULL, { 0 } } };

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_notifications_dispose (GObject *object)
{
  SyncNotifications *self = SYNC_NOTIFICATIONS (object);

  g_ptr_array_set_size (self->watched, 0);
  if (self->application != NULL)
    g_action_map_remove_action (G_ACTION_MAP (self->application), entries[0].name);
  self->application = NULL;

  G_OBJECT_CLASS (sync_notifications_parent_class)->dispose (object);
}

static void
sync_notifications_finalize (GObject *object)
{
  g_ptr_array_unref (SYNC_NOTIFICATIONS (object)->watched);

  G_OBJECT_CLASS (sync_notifications_parent_class)->finalize (object);
}

static void
sync_notifications_class_init (SyncNotificationsClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_notifications_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_notifications_finalize;
}

static void
sync_notifications_init (SyncNotifications *self)
{
  self->watched = g_ptr_array_new_with_free_func (watched_free);
}

/**
 * sync_notifications_new: (constructor)
 * @application: the application
 *
 * Returns: (transfer full): what tells of its databases
 */
SyncNotifications *
sync_notifications_new (SyncApplication *application)
{
  SyncNotifications *self = g_object_new (SYNC_TYPE_NOTIFICATIONS, NULL);
  GListModel *profiles = sync_application_get_profiles (application);
  GSettings *settings = sync_application_get_settings (application);

  self->application = application;
  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries),
                                   self);
  g_signal_connect_object (profiles, "items-changed", G_CALLBACK (profiles_changed), self,
                           G_CONNECT_SWAPPED);
  profiles_changed (self, 0, 0, g_list_model_get_n_items (profiles), profiles);
  if (settings != NULL)
    g_signal_connect_object (settings, "changed::notifications", G_CALLBACK (switched), self,
                             G_CONNECT_SWAPPED);
  return self;
}
