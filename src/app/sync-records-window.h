/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "sync-profile.h"

G_BEGIN_DECLS

/* What was decided, by a rule or a person, and what was taken away, in the last 30 days; each can be undone.
 * (transfer none) */
GtkWindow *sync_records_window_new (SyncProfile *profile, GtkWindow *parent);

G_END_DECLS
