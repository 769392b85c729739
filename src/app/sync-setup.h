/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-window.h"

G_BEGIN_DECLS

#define SYNC_TYPE_SETUP (sync_setup_get_type ())
G_DECLARE_FINAL_TYPE (SyncSetup, sync_setup, SYNC, SETUP, AdwBin)

/* The way from nothing to a database that is synced, or from a database to a cloud. Signal
 * `finished`: the window's database is open and set up, or it is to stay as it was. */
GtkWidget *sync_setup_new (SyncWindow *window);
/* Only the account. */
void sync_setup_sign_in (SyncSetup *setup);

G_END_DECLS
