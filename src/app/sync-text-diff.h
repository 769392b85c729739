/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * SyncTextRange:
 * @start: where it begins, in bytes
 * @end: behind its last byte
 *
 * A part of a text that the other text does not have.
 */
typedef struct
{
  guint start;
  guint end;
} SyncTextRange;

void sync_text_diff (const char *a, const char *b, GArray *only_a, GArray *only_b);

G_END_DECLS
