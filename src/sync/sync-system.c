/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-system.h"

#include <gio/gio.h>

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_INTERFACE "org.freedesktop.login1.Manager"

#define POWER_NAME "net.hadess.PowerProfiles"
#define POWER_PATH "/net/hadess/PowerProfiles"

/**
 * SyncSystem:
 *
 * What the computer says about its network, its power and its sleep.
 */
typedef struct
{
  gboolean metered;
  gboolean power_saver;
  gboolean asking; /* the first answer about power has not come yet */

  GNetworkMonitor *network;   /* (unowned) (nullable): lives as long as the program */
  GPowerProfileMonitor *power; /* (owned) (nullable) */
  GDBusProxy *profiles;       /* (owned) (nullable): who has the power profiles, asked once more */
  GDBusConnection *bus;       /* (owned) (nullable): the system's */
  GCancellable *cancellable;  /* (owned) (nullable): NULL while it is not watched */
  guint sleep_id;
  gboolean online;
} SyncSystemPrivate;

enum
{
  SIGNAL_CHANGED,
  SIGNAL_NETWORK_CHANGED,
  SIGNAL_RESUMED,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_TYPE_WITH_PRIVATE (SyncSystem, sync_system, G_TYPE_OBJECT)

/* --- Network ---------------------------------------------------------------------------------- */

static gboolean
is_online (GNetworkMonitor *network)
{
  return g_network_monitor_get_network_available (network)
         && g_network_monitor_get_connectivity (network) == G_NETWORK_CONNECTIVITY_FULL;
}

static void
network_changed (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);
  gboolean before = priv->online;

  priv->online = is_online (priv->network);
  sync_system_set_metered (self, g_network_monitor_get_network_metered (priv->network));
  if (priv->online)
    sync_system_tell_network (self, !before);
}

static void
watch_network (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);

  priv->network = g_network_monitor_get_default ();
  priv->online = is_online (priv->network);
  g_signal_connect_object (priv->network, "network-changed", G_CALLBACK (network_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (priv->network, "notify::connectivity", G_CALLBACK (network_changed), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (priv->network, "notify::network-metered", G_CALLBACK (network_changed), self,
                           G_CONNECT_SWAPPED);
  sync_system_set_metered (self, g_network_monitor_get_network_metered (priv->network));
}

/* --- Power ------------------------------------------------------------------------------------ */

/* The monitor knows who is to be asked, wherever that is; it does not tell when it has been answered for the
 * first time. The service as Debian has it is asked here too, which does. */
static gboolean
profile_saves_power (GDBusProxy *profiles)
{
  g_autoptr (GVariant) active = NULL;

  if (profiles != NULL)
    active = g_dbus_proxy_get_cached_property (profiles, "ActiveProfile");
  return active != NULL && g_variant_is_of_type (active, G_VARIANT_TYPE_STRING)
         && g_str_equal (g_variant_get_string (active, NULL), "power-saver");
}

static void
power_changed (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);
  gboolean saves = priv->power != NULL && g_power_profile_monitor_get_power_saver_enabled (priv->power);

  sync_system_set_power_saver (self, saves || profile_saves_power (priv->profiles));
}

static void
watch_power (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);

  priv->power = g_power_profile_monitor_dup_default ();
  if (priv->power == NULL)
    return;
  g_signal_connect_object (priv->power, "notify::power-saver-enabled", G_CALLBACK (power_changed), self,
                           G_CONNECT_SWAPPED);
  power_changed (self);
}

static void
profiles_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSystem) self = user_data;
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusProxy) profiles = g_dbus_proxy_new_finish (result, &error);

  if (profiles == NULL)
    g_debug ("Power profiles are not known: %s", error->message);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || priv->cancellable == NULL)
    return;
  if (profiles != NULL && priv->profiles == NULL)
    {
      priv->profiles = g_steal_pointer (&profiles);
      g_signal_connect_object (priv->profiles, "g-properties-changed", G_CALLBACK (power_changed), self,
                               G_CONNECT_SWAPPED);
      g_signal_connect_object (priv->profiles, "notify::g-name-owner", G_CALLBACK (power_changed), self,
                               G_CONNECT_SWAPPED);
      power_changed (self);
    }
  sync_system_set_asking (self, FALSE);
}

/* --- Sleep ------------------------------------------------------------------------------------ */

static void
prepare_for_sleep (GDBusConnection *bus, const char *sender, const char *path, const char *interface,
                   const char *signal, GVariant *parameters, gpointer user_data)
{
  gboolean begins = TRUE;

  if (g_variant_is_of_type (parameters, G_VARIANT_TYPE ("(b)")))
    g_variant_get (parameters, "(b)", &begins);
  if (!begins)
    sync_system_tell_resumed (user_data);
}

/* Where there is no system bus or no logind, nothing ever comes. */
static void
bus_ready (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncSystem) self = user_data;
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED) || priv->cancellable == NULL || priv->bus != NULL)
    return;
  if (bus == NULL)
    {
      g_debug ("Sleep is not watched: %s", error->message);
      sync_system_set_asking (self, FALSE);
      return;
    }
  priv->bus = g_steal_pointer (&bus);
  g_dbus_proxy_new (priv->bus, G_DBUS_PROXY_FLAGS_NONE, NULL, POWER_NAME, POWER_PATH, POWER_NAME,
                    priv->cancellable, profiles_ready, g_object_ref (self));
  priv->sleep_id = g_dbus_connection_signal_subscribe (priv->bus, LOGIN_NAME, LOGIN_INTERFACE, "PrepareForSleep",
                                                       LOGIN_PATH, NULL, G_DBUS_SIGNAL_FLAGS_NONE,
                                                       prepare_for_sleep, self, NULL);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_system_real_watch (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);

  priv->cancellable = g_cancellable_new ();
  priv->asking = TRUE;
  watch_network (self);
  watch_power (self);
  g_bus_get (G_BUS_TYPE_SYSTEM, priv->cancellable, bus_ready, g_object_ref (self));
}

static void
sync_system_real_unwatch (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);

  if (priv->cancellable == NULL)
    return;
  g_cancellable_cancel (priv->cancellable);
  g_clear_object (&priv->cancellable);
  g_signal_handlers_disconnect_by_data (priv->network, self);
  priv->network = NULL;
  if (priv->power != NULL)
    g_signal_handlers_disconnect_by_data (priv->power, self);
  g_clear_object (&priv->power);
  if (priv->profiles != NULL)
    g_signal_handlers_disconnect_by_data (priv->profiles, self);
  g_clear_object (&priv->profiles);
  priv->asking = FALSE;
  if (priv->bus != NULL)
    g_dbus_connection_signal_unsubscribe (priv->bus, priv->sleep_id);
  g_clear_object (&priv->bus);
}

static void
sync_system_dispose (GObject *object)
{
  sync_system_unwatch (SYNC_SYSTEM (object));

  G_OBJECT_CLASS (sync_system_parent_class)->dispose (object);
}

static void
sync_system_class_init (SyncSystemClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_system_dispose;
  class->watch = sync_system_real_watch;
  class->unwatch = sync_system_real_unwatch;

  /**
   * SyncSystem::changed:
   * @system: the system
   *
   * The network is metered or not any more, or the computer begins or ends to save power, or it became known
   * that neither is so.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", SYNC_TYPE_SYSTEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
  /**
   * SyncSystem::network-changed:
   * @system: the system
   * @came_back: there was none before, as far as is known
   *
   * There is a network, perhaps another one than before. A hint: what can be reached shows when it is tried.
   */
  signals[SIGNAL_NETWORK_CHANGED]
      = g_signal_new ("network-changed", SYNC_TYPE_SYSTEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 1, G_TYPE_BOOLEAN);
  /**
   * SyncSystem::resumed:
   * @system: the system
   *
   * The computer slept, and does not any more.
   */
  signals[SIGNAL_RESUMED] = g_signal_new ("resumed", SYNC_TYPE_SYSTEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                          NULL, G_TYPE_NONE, 0);
}

static void
sync_system_init (SyncSystem *self)
{
}

/**
 * sync_system_new: (constructor)
 *
 * Returns: (transfer full): this computer, not watched yet
 */
SyncSystem *
sync_system_new (void)
{
  return g_object_new (SYNC_TYPE_SYSTEM, NULL);
}

/**
 * sync_system_watch:
 * @system: the system
 *
 * Begins to tell what happens. Whether the network is metered and power is saved is not known before, and
 * about power the answer takes a moment: [method@System.get_asking].
 */
void
sync_system_watch (SyncSystem *system)
{
  g_return_if_fail (SYNC_IS_SYSTEM (system));

  SYNC_SYSTEM_GET_CLASS (system)->watch (system);
}

/**
 * sync_system_unwatch:
 * @system: the system
 *
 * Ends it. No signal comes afterwards.
 */
void
sync_system_unwatch (SyncSystem *system)
{
  g_return_if_fail (SYNC_IS_SYSTEM (system));

  SYNC_SYSTEM_GET_CLASS (system)->unwatch (system);
}

gboolean
sync_system_get_metered (SyncSystem *system)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  return priv->metered;
}

gboolean
sync_system_get_power_saver (SyncSystem *system)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  return priv->power_saver;
}

/**
 * sync_system_get_asking:
 * @system: the system
 *
 * Returns: whether it is not known yet if power is saved, but soon will be
 */
gboolean
sync_system_get_asking (SyncSystem *system)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  return priv->asking;
}

static void
set_flag (SyncSystem *self, gboolean *flag, gboolean value)
{
  if (*flag == value)
    return;
  *flag = value;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
}

void
sync_system_set_metered (SyncSystem *system, gboolean metered)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  set_flag (system, &priv->metered, metered);
}

void
sync_system_set_power_saver (SyncSystem *system, gboolean power_saver)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  set_flag (system, &priv->power_saver, power_saver);
}

void
sync_system_set_asking (SyncSystem *system, gboolean asking)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (system);

  set_flag (system, &priv->asking, asking);
}

void
sync_system_tell_network (SyncSystem *system, gboolean came_back)
{
  g_signal_emit (system, signals[SIGNAL_NETWORK_CHANGED], 0, came_back);
}

void
sync_system_tell_resumed (SyncSystem *system)
{
  g_signal_emit (system, signals[SIGNAL_RESUMED], 0);
}
