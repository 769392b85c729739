/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

char *sync_machine_hash (void);
char *sync_machine_name (void);
char *sync_machine_place (const char *path);
gboolean sync_machine_is_copy (const char *known, const char *path);

G_END_DECLS
