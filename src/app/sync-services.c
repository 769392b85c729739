/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-services.h"

#include "sync-background.h"
#include "sync-bus-object.h"
#include "sync-notifications.h"
#include "sync-tray.h"

/**
 * SyncServices:
 *
 * What the application is beside its windows.
 */
struct _SyncServices
{
  GObject parent_instance;

  SyncApplication *application;     /* (unowned): outlives it */
  GHashTable *objects;              /* (owned) (element-type SyncProfile SyncBusObject) */
  SyncTray *tray;                   /* (owned) */
  SyncNotifications *notifications; /* (owned) */
  SyncBackground *background;       /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncServices, sync_services, G_TYPE_OBJECT)

static void
add_object (SyncServices *self, GHashTable *before, GHashTable *now, SyncProfile *profile)
{
  GDBusConnection *connection
      = g_application_get_dbus_connection (G_APPLICATION (self->application));
  g_autoptr (GError) error = NULL;
  SyncBusObject *object = g_hash_table_lookup (before, profile);

  if (object != NULL)
    object = g_object_ref (object);
  else if (connection != NULL)
    object = sync_bus_object_new (profile, connection, &error);
  if (object != NULL)
    g_hash_table_insert (now, profile, object);
  else if (error != NULL)
    g_debug ("A database is not on the bus: %s", error->message);
}

static GHashTable *
new_objects (void)
{
  return g_hash_table_new_full (NULL, NULL, NULL, g_object_unref);
}

/* A database leaves the bus before it is closed. */
static void
profiles_changed (SyncServices *self)
{
  GListModel *profiles = sync_application_get_profiles (self->application);
  guint n = g_list_model_get_n_items (profiles);
  g_autoptr (GHashTable) before = g_steal_pointer (&self->objects);

  self->objects = new_objects ();
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i);

      add_object (self, before, self->objects, profile);
    }
}

static void
sync_services_dispose (GObject *object)
{
  SyncServices *self = SYNC_SERVICES (object);

  g_clear_object (&self->background);
  g_clear_object (&self->notifications);
  g_clear_object (&self->tray);
  g_hash_table_remove_all (self->objects);

  G_OBJECT_CLASS (sync_services_parent_class)->dispose (object);
}

static void
sync_services_finalize (GObject *object)
{
  g_hash_table_unref (SYNC_SERVICES (object)->objects);

  G_OBJECT_CLASS (sync_services_parent_class)->finalize (object);
}

static void
sync_services_class_init (SyncServicesClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_services_dispose;
  G_OBJECT_CLASS (class)->finalize = sync_services_finalize;
}

static void
sync_services_init (SyncServices *self)
{
  self->objects = new_objects ();
}

/**
 * sync_services_new: (constructor)
 * @application: the application, registered
 *
 * Returns: (transfer full): its services
 */
SyncServices *
sync_services_new (SyncApplication *application)
{
  SyncServices *self = g_object_new (SYNC_TYPE_SERVICES, NULL);

  self->application = application;
  g_signal_connect_object (sync_application_get_profiles (application), "items-changed",
                           G_CALLBACK (profiles_changed), self, G_CONNECT_SWAPPED);
  self->tray = sync_tray_new (application);
  self->notifications = sync_notifications_new (application);
  self->background = sync_background_new (application, self->tray);
  return self;
}
