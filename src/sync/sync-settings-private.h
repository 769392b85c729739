/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-settings.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* sync-settings.c, for its own parts. */
char *sync_settings_normalise (SyncSettings *self, guint setting, const char *value,
                               const char *subject, GError **error);
SyncStore *sync_settings_get_store (SyncSettings *self);

G_END_DECLS
