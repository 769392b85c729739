/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-error.h"

G_BEGIN_DECLS

/* Turns codes into sentences in the user's language. Whoever calls it has called setlocale(),
 * bindtextdomain() and textdomain(). Names are those for machines, as the database and the JSON
 * output have them; a name from a newer version comes back as it is. */

void sync_words_for_error (const GError *error, char **title, char **detail, char **next_step);
const char *sync_words_command_for_error (const GError *error);

char *sync_words_for_reason (const char *code_name, const char *reason, const char *column);
char *sync_words_for_held (const char *reason, const char *name);

char *sync_words_for_state (const char *state);
char *sync_words_for_hold (const char *hold);
char *sync_words_for_health (const char *health);
char *sync_words_for_run_kind (const char *kind);
char *sync_words_for_outcome (const char *outcome);
char *sync_words_for_conflict_kind (const char *kind);
char *sync_words_for_resolution (const char *resolution);
char *sync_words_for_check (const char *step);
char *sync_words_for_strategy (const char *strategy);
char *sync_words_for_change_state (const char *state);
char *sync_words_for_operation (const char *operation);
char *sync_words_for_vault_warning (const char *code_name, const char *subject);
char *sync_words_for_progress (const char *phase, const char *entity, guint64 current,
                               guint64 total);

char *sync_words_for_count (const char *name, guint64 count);
char *sync_words_for_time (gint64 time, gint64 now);
char *sync_words_for_absolute_time (gint64 time);

G_END_DECLS
