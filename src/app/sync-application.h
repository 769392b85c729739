/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_APPLICATION (sync_application_get_type ())
G_DECLARE_FINAL_TYPE (SyncApplication, sync_application, SYNC, APPLICATION, AdwApplication)

SyncApplication *sync_application_new (void);

/* (nullable): NULL: the schema is not installed, nothing is remembered */
GSettings *sync_application_get_settings (SyncApplication *application);

/* (element-type SyncProfile): the databases that are open, each with its scheduler started */
GListModel *sync_application_get_profiles (SyncApplication *application);

/* path NULL: the database that is meant if none is named: of the environment, else the one that was
 * used last, else the default. One that is open already is not opened twice. */
void sync_application_open_async (SyncApplication *application, const char *path,
                                  SyncProfileFlags flags, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data);
SyncProfile *sync_application_open_finish (SyncApplication *application, GAsyncResult *result,
                                           GError **error);
/* Ends automatic runs and closes the database; the application stays alive until that is done. */
void sync_application_close (SyncApplication *application, SyncProfile *profile);

/* Shows a window of this database (NULL: the newest window, else as above). */
void sync_application_present (SyncApplication *application, const char *path);
void sync_application_present_page (SyncApplication *application, SyncProfile *profile,
                                    const char *page);

/* The property `keep-running`: whether databases stay open, and the application alive, without a
 * window. */
gboolean sync_application_get_keep_running (SyncApplication *application);
void sync_application_set_keep_running (SyncApplication *application, gboolean keep_running);

/* What went wrong after the start. */
int sync_application_get_exit_status (SyncApplication *application);

/* Closes every window and database, and ends. */
void sync_application_quit (SyncApplication *application);

G_END_DECLS
