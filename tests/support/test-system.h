/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-system.h"

G_BEGIN_DECLS

/* A computer that says what a test lets it say: with sync_system_set_… and sync_system_tell_…. */
#define TEST_TYPE_SYSTEM (test_system_get_type ())
G_DECLARE_FINAL_TYPE (TestSystem, test_system, TEST, SYSTEM, SyncSystem)

SyncSystem *test_system_new (void);
gboolean test_system_is_watched (SyncSystem *system);
void test_system_tell_network_back (SyncSystem *system);

G_END_DECLS
