/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

/* Everything about one run: what it did with each table, how long it took, and which rows made trouble. */
GtkWindow *sync_run_window_new (SyncProfile *profile, GtkWindow *parent, const SyncResult *run);
/* What it moved, in a few words. */
char *sync_run_window_describe (const SyncCounts *counts);

G_END_DECLS
