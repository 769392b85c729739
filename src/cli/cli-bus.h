/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli-context.h"
#include "cli-progress.h"

G_BEGIN_DECLS

/* Where the application has the database open, it does these, so that it shows them and nothing
 * waits for the other. They answer FALSE where it did not, for whatever reason: then psync does
 * them by itself. */
gboolean cli_bus_run (CliContext *cli,
                      CliProgress *progress,
                      SyncRunKind kind,
                      SyncRunOptions *run,
                      SyncResult **result);
gboolean cli_bus_pause (CliContext *cli, gint64 until); /* SYNC_TIME_UNKNOWN: resume */

/* What only who begins runs knows: when the next one is to be, and (nullable) what holds it back. */
gboolean cli_bus_read_plan (CliContext *cli, gint64 *next_sync, char **hold);

G_END_DECLS
