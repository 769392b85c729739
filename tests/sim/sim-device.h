/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-provider.h"
#include "sim-values.h"
#include "sim-vfs.h"
#include "sync-run.h"
#include "sync-store.h"

G_BEGIN_DECLS

/**
 * SimDevice:
 * @slot: where its database is
 * @name: (owned)
 * @clock: (owned): its own idea of the time
 * @store: (owned) (nullable): %NULL while it is closed
 * @owner: (owned) (nullable): the connection of the application that owns the database
 * @provider: (owned): its way to the cloud
 * @copy: (owned) (nullable): of the database, as somebody saved it
 * @ended_well: whether its last run did: then the cloud has its device row
 *
 * One database and the programs that use it.
 */
typedef struct
{
  const SimShape *shape;
  guint slot;
  char *name;
  SyncClock *clock;
  SyncStore *store;
  SyncConnection *owner;
  SimProvider *provider;
  GBytes *copy;
  gboolean ended_well;
} SimDevice;

SimDevice *
sim_device_new (const SimShape *shape, guint slot, SyncClock *clock, SyncProvider *provider);
void sim_device_free (SimDevice *device);
/* A database that was just set up. */
void sim_device_set_up (SimDevice *device, gboolean strict);
void sim_device_close (SimDevice *device);
SyncStore *sim_device_open (SimDevice *device);

/* As the application that owns the database. */
gboolean sim_device_try (SimDevice *device, const char *sql, GError **error);
char *sim_device_query (SimDevice *device,
                        const char *sql); /* columns joined by |, each row with its end */
gint64 sim_device_count (SimDevice *device, const char *sql);

typedef gboolean (*SimDeviceFunc) (SyncStore *store, gpointer data, GError **error);
/* On the worker's thread. */
gboolean sim_device_call (SimDevice *device, SimDeviceFunc func, gpointer data, GError **error);

/* What its tables hold. */
void sim_device_add_values (SimDevice *device, SimValues *values);
/* The key's JSON → the columns' JSON, joined. (transfer full) (element-type utf8 utf8) */
GHashTable *sim_device_read (SimDevice *device, guint table);

G_END_DECLS
