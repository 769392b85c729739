/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Longest text that sync_time_format() writes, with its NUL. */
#define SYNC_TIME_SIZE 40

gboolean sync_time_parse (const char *text, gsize length, gint64 *microseconds);
void sync_time_format (gint64 microseconds, char buffer[SYNC_TIME_SIZE]);

G_END_DECLS
