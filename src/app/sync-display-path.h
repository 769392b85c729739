/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A file, or an address, as people are shown it: the home folder is ~. */
char *sync_display_path (const char *path);

G_END_DECLS
