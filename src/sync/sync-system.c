/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-system.h"

#include <gio/gio.h>

#define LOGIN_NAME "org.freedesktop.login1"
#define LOGIN_PATH "/org/freedesktop/login1"
#define LOGIN_INTERFACE "org.freedesktop.login1.Manager"

/**
 * SyncSystem:
 *
 * What the computer says about its network, its power and its sleep.
 */
typedef struct
{
  gboolean metered;
  gboolean power_saver;

  GNetworkMonitor *network;   /* (unowned) (nullable): lives as long as the program */
  GPowerProfileMonitor *power; /* (owned) (nullable) */
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

static void
power_changed (SyncSystem *self)
{
  SyncSystemPrivate *priv = sync_system_get_instance_private (self);

  sync_system_set_power_saver (self, g_power_profile_monitor_get_power_saver_enabled (priv->power));
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

  if (bus == NULL)
    g_debug ("Sleep is not watched: %s", error->message);
  if (bus == NULL || priv->cancellable == NULL || priv->bus != NULL)
    return;
  priv->bus = g_steal_pointer (&bus);
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
   * The network is metered or not any more, or the computer begins or ends to save power.
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
 * Begins to tell what happens. Whether the network is metered and power is saved is not known before.
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
sync_system_tell_network (SyncSystem *system, gboolean came_back)
{
  g_signal_emit (system, signals[SIGNAL_NETWORK_CHANGED], 0, came_back);
}

void
sync_system_tell_resumed (SyncSystem *system)
{
  g_signal_emit (system, signals[SIGNAL_RESUMED], 0);
}
