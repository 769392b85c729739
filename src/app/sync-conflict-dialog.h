/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_CONFLICT_DIALOG (sync_conflict_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SyncConflictDialog, sync_conflict_dialog, SYNC, CONFLICT_DIALOG, AdwWindow)

/* position: of the conflict among the open ones, oldest first */
GtkWindow *sync_conflict_dialog_new (SyncProfile *profile, GtkWindow *parent, gint64 number, guint position);

G_END_DECLS
