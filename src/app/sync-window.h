/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application.h"

G_BEGIN_DECLS

#define SYNC_TYPE_WINDOW (sync_window_get_type ())
G_DECLARE_FINAL_TYPE (SyncWindow, sync_window, SYNC, WINDOW, AdwApplicationWindow)

/* A window of one database. path (nullable): its canonical path, NULL: not known yet. Shows nothing
 * until it loads or is given a database that is open. */
SyncWindow *sync_window_new (SyncApplication *application, const char *path);
void sync_window_load (SyncWindow *window);
void sync_window_set_profile (SyncWindow *window, SyncProfile *profile);

const char *sync_window_get_path (SyncWindow *window);     /* (nullable) */
SyncProfile *sync_window_get_profile (SyncWindow *window); /* (nullable) (transfer none) */

/* overview, devices, history, queue or conflicts; shown once the database is open */
void sync_window_show_page (SyncWindow *window, const char *name);
/* One of its actions, which has no parameter; done once the database is open. */
void sync_window_do (SyncWindow *window, const char *action);
/* The way to a cloud, and to an account there. */
void sync_window_set_up (SyncWindow *window);
void sync_window_sign_in (SyncWindow *window);

G_END_DECLS
