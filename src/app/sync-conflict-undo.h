/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

/* Gives a window the action conflicts.undo, whose target are the numbers of records. */
void sync_conflict_undo_install (GtkWidget *window, SyncProfile *profile);
/* A toast in the window; with numbers (nullable) (element-type gint64) one that offers to undo them. */
void sync_conflict_undo_say (GtkWindow *window, const char *text, GArray *numbers);

G_END_DECLS
