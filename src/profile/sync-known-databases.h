/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The databases that this user opened, newest first, in
 * $XDG_STATE_HOME/progressive-sync/databases.json. All of it blocks: for threads that may. */

/* (transfer full) (array zero-terminated=1): their paths */
GStrv sync_known_databases_list (void);
gboolean sync_known_databases_add (const char *path, gint64 now, GError **error);
gboolean sync_known_databases_remove (const char *path, GError **error);

G_END_DECLS
