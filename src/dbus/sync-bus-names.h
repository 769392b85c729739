/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the application is called on the session bus. */
#define SYNC_BUS_NAME PROGRESSIVE_SYNC_APPLICATION_ID
#define SYNC_BUS_PATH "/io/github/progressive_sync/ProgressiveSync"

char *sync_bus_dup_path (const char *database);
void sync_bus_register_errors (void);
char *sync_bus_dup_session_address (void);

G_END_DECLS
