/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-window.h"

G_BEGIN_DECLS

#define SYNC_TYPE_PREFERENCES_WINDOW (sync_preferences_window_get_type ())
G_DECLARE_FINAL_TYPE (SyncPreferencesWindow, sync_preferences_window, SYNC, PREFERENCES_WINDOW,
                      AdwPreferencesWindow)

/* The preferences of a window's database; modal. */
GtkWidget *sync_preferences_window_new (SyncWindow *window);
void sync_preferences_window_export (SyncPreferencesWindow *window, const char *path);

G_END_DECLS
