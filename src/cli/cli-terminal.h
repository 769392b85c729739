/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli-context.h"

G_BEGIN_DECLS

char *cli_read_password (CliContext *cli, gboolean twice, GError **error);
void cli_free_password (char *password);
gboolean cli_confirm (CliContext *cli, const char *question, gboolean *yes, GError **error);
void cli_terminal_restore (void);

G_END_DECLS
