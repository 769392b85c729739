/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP_TEST (sync_setup_test_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetupTest, sync_setup_test, SYNC, SETUP_TEST, AdwBin)

/* Connecting to a project, and the test of the connection, step by step. Signals `passed`, and
 * `sign-in-needed`: the rest needs somebody who signed in. */
void sync_setup_test_begin (SyncSetupTest *page, SyncProfile *profile, const char *url,
                            const char *key);
void sync_setup_test_go_on (SyncSetupTest *page);
void sync_setup_test_cancel (SyncSetupTest *page);

G_END_DECLS
