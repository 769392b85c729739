/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-run.h"
#include "test-clock.h"
#include "test-database.h"
#include "test-faults.h"

G_BEGIN_DECLS

/**
 * TestBackend:
 * @name: in the tests' names
 * @open: makes an empty cloud, or a new user in one; @folder is the test's own. %NULL: there is none
 * @prepare: (nullable): makes the tables (element-type SyncEntity)
 * @connect: one more client of it; (transfer full)
 * @close: takes the cloud away
 *
 * A kind of cloud.
 */
typedef struct
{
  const char *name;
  gpointer (*open) (const char *folder, SyncClock *clock);
  void (*prepare) (gpointer cloud, GPtrArray *entities);
  SyncProvider *(*connect) (gpointer cloud);
  void (*close) (gpointer cloud);
} TestBackend;

extern const TestBackend test_backend_vault;

/**
 * TestRig:
 * @backend: the kind of cloud
 * @cloud: the cloud
 * @folder: (owned): the test's own
 * @clock: (owned): the devices' time, the triggers' too
 * @cloud_clock: (owned): the cloud's time, if that is a vault
 * @schema: (owned) (nullable): the owner's tables; %NULL: the built-in entities
 * @devices: (owned) (element-type TestDevice)
 *
 * Several devices that share a cloud, all in the test's own thread.
 */
typedef struct
{
  const TestBackend *backend;
  gpointer cloud;
  char *folder;
  SyncClock *clock;
  SyncClock *cloud_clock;
  char *schema;
  GPtrArray *devices;
} TestRig;

/**
 * TestDevice:
 * @name: (owned)
 * @path: (owned): its database
 * @store: (owned) (nullable): %NULL while it is closed
 * @owner: (owned) (nullable): the connection of the application that owns the database
 * @faults: (owned): its way to the cloud
 *
 * One database with its own way to the cloud.
 */
typedef struct
{
  TestRig *rig;
  char *name;
  char *path;
  SyncStore *store;
  SyncConnection *owner;
  TestFaults *faults;
} TestDevice;

/**
 * TestRigCase:
 * @name: the end of the test's path
 * @schema: (nullable): the owner's tables; %NULL: the built-in entities
 * @test: gets a rig of its own
 */
typedef struct
{
  const char *name;
  const char *schema;
  void (*test) (TestRig *rig);
} TestRigCase;

/* @cases stay where they are. */
void test_rig_add_cases (const TestBackend *backend, const char *path, const TestRigCase *cases, gsize n_cases);

/* NULL, and the test is skipped: there is no such cloud. */
TestRig *test_rig_new (const TestBackend *backend, const char *schema);
void test_rig_free (TestRig *rig);
void test_rig_advance (TestRig *rig, gint64 microseconds); /* both clocks */
/* One more client of the cloud, without faults. (transfer full) */
SyncProvider *test_rig_connect (TestRig *rig);


/* Of a vault: what its owner does with it. */
char *test_rig_vault_path (TestRig *rig);
void test_rig_purge (TestRig *rig);
void test_rig_new_epoch (TestRig *rig);
void test_rig_save_vault (TestRig *rig);
gboolean test_rig_load_vault (TestRig *rig); /* FALSE: there is no copy */

/* What another device does by revoking. */
void test_rig_set_active (TestRig *rig, TestDevice *device, gboolean active);

/* A new database with the rig's tables; `rows` (nullable) is SQL that is run before anything of ours is in it. */
TestDevice *test_rig_add (TestRig *rig, const char *name);
TestDevice *test_rig_add_with_rows (TestRig *rig, const char *name, const char *rows);
/* A copy of a device's file as it is now, with what is not sent yet. */
TestDevice *test_rig_clone (TestRig *rig, TestDevice *device, const char *name);
void test_rig_remove (TestRig *rig, TestDevice *device);

void test_device_open (TestDevice *device);
void test_device_close (TestDevice *device);
/* As a program that was started anew does. */
void test_device_reconnect (TestDevice *device);
/* Copies of the file, at a time when nobody writes; and back. The device is closed and opened again. */
void test_device_save (TestDevice *device, const char *copy);
void test_device_load (TestDevice *device, const char *copy);

/* As the application that owns the database. */
void test_device_sql (TestDevice *device, const char *sql);
void test_device_sqlf (TestDevice *device, const char *format, ...) G_GNUC_PRINTF (2, 3);
gboolean test_device_try_sql (TestDevice *device, const char *sql, GError **error);
char *test_device_query (TestDevice *device, const char *sql);
void test_device_expect (TestDevice *device, const char *sql, const char *expected);

/* Runs. (transfer full) */
SyncResult *test_device_run (TestDevice *device, SyncRunKind kind, const SyncRunOptions *options);
/* … that must end well. */
void test_device_sync (TestDevice *device);
void test_device_do (TestDevice *device, SyncRunKind kind, const SyncRunOptions *options);
/* … that must not. */
void test_device_fail (TestDevice *device, SyncError code);
/* One request that finds nothing to do and writes nothing but its own history. */
void test_device_assert_quiet (TestDevice *device);
/* Nothing waits, nothing is held, nothing is in conflict. */
void test_device_assert_clean (TestDevice *device);

/* Every device in turn until none finds anything to do. */
void test_rig_settle (TestRig *rig);
/* All devices and the cloud have equal rows of all entities, but for those that a device holds. */
void test_rig_assert_equal (TestRig *rig);
/* Both, and nothing waits anywhere, and the next sync of each is one request. */
void test_rig_assert_converged (TestRig *rig);
/* A list of what differs, "" if nothing does. Rows that a device holds are left out. */
char *test_rig_compare (TestRig *rig);

/* On the worker's thread of the device's store. */
typedef gboolean (*TestDeviceFunc) (SyncStore *store, gpointer data, GError **error);
gboolean test_device_call (TestDevice *device, TestDeviceFunc func, gpointer data, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestRig, test_rig_free)

G_END_DECLS
