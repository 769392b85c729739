/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"

G_BEGIN_DECLS

/* What a person sees of a value. */
char *sync_value_to_text (SyncCodec codec, const char *json, gboolean *placeholder);
/* What a person knows a row by. */
char *sync_row_to_title (const char *json, const char *id);
/* What a person edits: sync_compared_column_parse() reads it. */
char *sync_value_to_input (SyncCodec codec, const char *json);

G_END_DECLS
