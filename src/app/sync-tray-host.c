/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-tray-host.h"

#define WATCHER_NAME "org.kde.StatusNotifierWatcher"
#define WATCHER_PATH "/StatusNotifierWatcher"
#define REGISTERED "IsStatusNotifierHostRegistered"

/**
 * SyncTrayHost:
 *
 * Whether there is a tray: a watcher that knows of a host. A watcher alone, as some desktops have
 * it, shows nothing.
 */
struct _SyncTrayHost
{
  GObject parent_instance;

  GCancellable *cancellable; /* (owned) */
  GDBusProxy *watcher;       /* (owned) (nullable) */
  gboolean present;
};

enum
{
  PROP_PRESENT = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (SyncTrayHost, sync_tray_host, G_TYPE_OBJECT)

static void
set_present (SyncTrayHost *self, gboolean present)
{
  if (self->present == present)
    return;
  self->present = present;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PRESENT]);
}

static void
registered_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncTrayHost) self = user_data;
  g_autoptr (GVariant) answer = g_dbus_proxy_call_finish (G_DBUS_PROXY (object), result, NULL);
  g_autoptr (GVariant) value = NULL;

  if (g_cancellable_is_cancelled (self->cancellable))
    return;
  if (answer != NULL)
    g_variant_get (answer, "(v)", &value);
  set_present (self, value != NULL && g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN)
                         && g_variant_get_boolean (value));
}

/* The property is asked for each time: watchers do not tell that it changed. */
static void
look (SyncTrayHost *self)
{
  g_autofree char *owner = g_dbus_proxy_get_name_owner (self->watcher);

  if (owner == NULL)
    {
      set_present (self, FALSE);
      return;
    }
  g_dbus_proxy_call (self->watcher, "org.freedesktop.DBus.Properties.Get",
                     g_variant_new ("(ss)", WATCHER_NAME, REGISTERED),
                     G_DBUS_CALL_FLAGS_NO_AUTO_START, -1, self->cancellable, registered_read,
                     g_object_ref (self));
}

static void
signal_received (SyncTrayHost *self, const char *sender, const char *signal)
{
  if (g_str_equal (signal, "StatusNotifierHostRegistered")
      || g_str_equal (signal, "StatusNotifierHostUnregistered"))
    look (self);
}

static void
watcher_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncTrayHost) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusProxy) watcher = g_dbus_proxy_new_finish (result, &error);

  if (watcher == NULL || g_cancellable_is_cancelled (self->cancellable))
    return;
  self->watcher = g_steal_pointer (&watcher);
  g_signal_connect_object (self->watcher, "notify::g-name-owner", G_CALLBACK (look), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->watcher, "g-signal", G_CALLBACK (signal_received), self,
                           G_CONNECT_SWAPPED);
  look (self);
}

static void
sync_tray_host_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_PRESENT)
    g_value_set_boolean (value, SYNC_TRAY_HOST (object)->present);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
sync_tray_host_dispose (GObject *object)
{
  SyncTrayHost *self = SYNC_TRAY_HOST (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->watcher);

  G_OBJECT_CLASS (sync_tray_host_parent_class)->dispose (object);
}

static void
sync_tray_host_finalize (GObject *object)
{
  g_object_unref (SYNC_TRAY_HOST (object)->cancellable);

  G_OBJECT_CLASS (sync_tray_host_parent_class)->finalize (object);
}

static void
sync_tray_host_class_init (SyncTrayHostClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = sync_tray_host_get_property;
  object_class->dispose = sync_tray_host_dispose;
  object_class->finalize = sync_tray_host_finalize;

  properties[PROP_PRESENT]
      = g_param_spec_boolean ("present", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
sync_tray_host_init (SyncTrayHost *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * sync_tray_host_new: (constructor)
 * @connection: (nullable): the session bus
 *
 * Returns: (transfer full): a watch that begins by knowing of none
 */
SyncTrayHost *
sync_tray_host_new (GDBusConnection *connection)
{
  SyncTrayHost *self = g_object_new (SYNC_TYPE_TRAY_HOST, NULL);

  if (connection != NULL)
    g_dbus_proxy_new (connection,
                      G_DBUS_PROXY_FLAGS_DO_NOT_AUTO_START
                          | G_DBUS_PROXY_FLAGS_DO_NOT_LOAD_PROPERTIES,
                      NULL, WATCHER_NAME, WATCHER_PATH, WATCHER_NAME, self->cancellable,
                      watcher_ready, g_object_ref (self));
  return self;
}

/**
 * sync_tray_host_get_present:
 * @host: the watch
 *
 * Returns: whether there is a tray, as far as is known
 */
gboolean
sync_tray_host_get_present (SyncTrayHost *host)
{
  g_return_val_if_fail (SYNC_IS_TRAY_HOST (host), FALSE);

  return host->present;
}
