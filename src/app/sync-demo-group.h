/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define SYNC_TYPE_DEMO_GROUP (sync_demo_group_get_type ())
G_DECLARE_FINAL_TYPE (SyncDemoGroup, sync_demo_group, SYNC, DEMO_GROUP, AdwPreferencesGroup)

/* (nullable) (transfer floating): a second device to play with, if the environment variable
 * PROGRESSIVE_SYNC_SECOND_DEVICE names its database; psync syncs it. */
GtkWidget *sync_demo_group_new (void);

G_END_DECLS
