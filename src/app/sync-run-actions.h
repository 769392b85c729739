/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-profile.h"

G_BEGIN_DECLS

#define SYNC_TYPE_RUN_ACTIONS (sync_run_actions_get_type ())
G_DECLARE_FINAL_TYPE (SyncRunActions, sync_run_actions, SYNC, RUN_ACTIONS, GObject)

/* The actions `sync-now`, `cancel`, `auto-sync` (state b) and `pause` (state s: off, 1h, tomorrow,
 * until-resumed) of all databases in a list (element-type SyncProfile), added to a map that outlives
 * it: a window's for its one database, the application's for all that are open.
 * Signal `failed` (GError): what was asked for could not be done. */
SyncRunActions *sync_run_actions_new (GActionMap *map, GListModel *profiles);

G_END_DECLS
