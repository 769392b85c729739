/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-application.h"

G_BEGIN_DECLS

#define SYNC_TYPE_NOTIFICATIONS (sync_notifications_get_type ())
G_DECLARE_FINAL_TYPE (SyncNotifications, sync_notifications, SYNC, NOTIFICATIONS, GObject)

/* Tells of what a person is to know or do, once each, and takes it back when it is settled. Never
 * of routine runs. The key `notifications` switches it off. */
SyncNotifications *sync_notifications_new (SyncApplication *application);

G_END_DECLS
