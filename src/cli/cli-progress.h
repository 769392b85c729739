/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli-context.h"

G_BEGIN_DECLS

/**
 * CliProgress:
 *
 * A line on a terminal that tells how far a run is; nothing elsewhere, under --json and --quiet.
 */
typedef struct _CliProgress CliProgress;

CliProgress *cli_progress_new (CliContext *cli);
void cli_progress_show (CliProgress *progress, const SyncProgress *step);
void cli_progress_free (CliProgress *progress);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliProgress, cli_progress_free)

G_END_DECLS
