/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-manager.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* For the manager's siblings. */
SyncStore *sync_manager_get_store (SyncManager *manager);
SyncSettings *sync_manager_get_settings (SyncManager *manager);
SyncClock *sync_manager_get_clock (SyncManager *manager);
void sync_manager_changed (SyncManager *manager); /* after a verb: refreshes, says data-changed */
gint64 sync_manager_get_paused_until (SyncManager *manager);
void sync_manager_set_next_sync_time (SyncManager *manager, gint64 time); /* the scheduler's */
gboolean sync_manager_is_running (SyncManager *manager);
void sync_manager_note_session (SyncManager *manager, gboolean signed_in); /* the profile's */

G_END_DECLS
