/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Finds the project's address and its public key in what somebody pasted: a `.env` file, a piece of
 * code, several lines of the dashboard. */
void sync_supabase_snippet_read (const char *text, char **url, char **key, gboolean *has_secret);

G_END_DECLS
