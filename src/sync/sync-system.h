/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define SYNC_TYPE_SYSTEM (sync_system_get_type ())
G_DECLARE_DERIVABLE_TYPE (SyncSystem, sync_system, SYNC, SYSTEM, GObject)

/**
 * SyncSystemClass:
 * @watch: begins to tell what happens
 * @unwatch: ends it
 *
 * What the computer says about its network, its power and its sleep, so that tests can bring their own. The class
 * itself asks GNetworkMonitor, GPowerProfileMonitor and logind; one that is not there says nothing.
 */
struct _SyncSystemClass
{
  GObjectClass parent_class;

  void (*watch) (SyncSystem *system);
  void (*unwatch) (SyncSystem *system);
};

SyncSystem *sync_system_new (void);
void sync_system_watch (SyncSystem *system);
void sync_system_unwatch (SyncSystem *system);
gboolean sync_system_get_metered (SyncSystem *system);
gboolean sync_system_get_power_saver (SyncSystem *system);
gboolean sync_system_get_asking (SyncSystem *system);

/* For the class and those derived from it. Signals: `changed` (whether it is metered, or saves power, or is
 * known now), `network-changed` (gboolean: it came back), `resumed`. */
void sync_system_set_metered (SyncSystem *system, gboolean metered);
void sync_system_set_power_saver (SyncSystem *system, gboolean power_saver);
void sync_system_set_asking (SyncSystem *system, gboolean asking);
void sync_system_tell_network (SyncSystem *system, gboolean came_back);
void sync_system_tell_resumed (SyncSystem *system);

G_END_DECLS
