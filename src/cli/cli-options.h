/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli-command.h"

G_BEGIN_DECLS

/**
 * CliGlobalOptions:
 *
 * What may stand anywhere on every command line.
 */
typedef struct
{
  char *database;
  gboolean json;
  gboolean quiet;
  gboolean verbose;
  gboolean help;
  gboolean version;
} CliGlobalOptions;

GOptionContext *
cli_options_new (const CliCommand *command, CliGlobalOptions *global, char ***arguments);
void cli_options_clear (CliGlobalOptions *global);
gboolean cli_check_flags (const CliCommand *command, const char *const *words, GError **error);
char *cli_find_similar_option (const CliCommand *command, const char *typed);

void cli_print_help (CliContext *cli, const char *topic);
void cli_print_version (CliContext *cli);

/* Checks of what was given; the errors name the option or argument. */
gboolean cli_parse_number (const char *name,
                           const char *text,
                           guint64 least,
                           guint64 most,
                           guint64 *number,
                           GError **error);
gboolean
cli_check_word (const char *name, const char *text, const char *const *words, GError **error);
gboolean cli_check_entities (CliContext *cli, char **names, GError **error);

/* Which tables of the file are not synchronised. */
gboolean cli_show_other_tables (CliContext *cli, GError **error);
extern const char *const cli_strategies[];

G_END_DECLS
