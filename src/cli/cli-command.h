/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli-context.h"

G_BEGIN_DECLS

/**
 * CliCommandRun:
 * @cli: what it works with; under --json the members of the answer go to `cli->answer`
 * @arguments: (array zero-terminated=1): what stands on the command line beside options; their
 * number was checked
 * @error: where to put why it failed
 *
 * Returns: %FALSE with @error; what asks for an exit status without being an error goes to
 * cli_raise()
 */
typedef gboolean (*CliCommandRun) (CliContext *cli, const char *const *arguments, GError **error);

/**
 * CliCommand:
 * @name: one or two words
 * @summary: what it does, in half a sentence
 * @arguments: how its arguments are written in its usage line
 * @least: how many arguments it takes at least
 * @most: and at most
 * @notes: what else there is to know
 * @examples: command lines, one a line, without translation
 * @options: (nullable) (array zero-terminated=1): its own options
 * @without_profile: whether no database is opened for it
 * @asks_password: whether what is too much on its command line may be a password, and is not
 * repeated
 * @run: does it
 */
struct _CliCommand
{
  const char *name;
  const char *summary;
  const char *arguments;
  guint least;
  guint most;
  const char *notes;
  const char *examples;
  const GOptionEntry *options;
  gboolean without_profile;
  gboolean asks_password;
  CliCommandRun run;
};

/* The families, each ended by a command without name. */
extern const CliCommand cli_connect_commands[];
extern const CliCommand cli_run_commands[];
extern const CliCommand cli_verify_commands[];
extern const CliCommand cli_status_commands[];
extern const CliCommand cli_conflicts_commands[];
extern const CliCommand cli_queue_commands[];
extern const CliCommand cli_entities_commands[];
extern const CliCommand cli_devices_commands[];
extern const CliCommand cli_config_commands[];
extern const CliCommand cli_watch_commands[];
extern const CliCommand cli_database_commands[];

extern const CliCommand *const cli_families[];

const CliCommand *cli_find_command (const char *name);
const char *cli_default_verb (const char *group);

G_END_DECLS
