/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"
#include "test-proxy.h"
#include "test-store.h"

G_BEGIN_DECLS

/* One device: a new database, its manager, and a vault behind a proxy. */
typedef struct
{
  char *folder;
  SyncClock *clock;
  SyncStore *store;
  SyncSettings *settings;
  SyncManager *manager;
  SyncProvider *cloud; /* a TestProxy */
} TestManager;

/* vault_folder NULL: the vault is in the device's own folder. */
void test_manager_set_up (TestManager *fixture, const char *vault_folder);
void test_manager_tear_down (TestManager *fixture);

/* (transfer full): a run that must begin */
SyncResult *test_manager_sync (TestManager *fixture);
void test_manager_set (TestManager *fixture, const char *setting, const char *value);
/* Lets everything that is under way on the worker's thread and the main context end. */
void test_manager_settle (TestManager *fixture);

G_END_DECLS
