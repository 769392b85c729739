/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-profile.h"

#include "cli-json.h"
#include "cli-text.h"

G_BEGIN_DECLS

#define CLI_USAGE_ERROR (cli_usage_error_quark ())

/**
 * CliStatus:
 *
 * What psync ends with: the highest that applies.
 */
typedef enum
{
  CLI_STATUS_DONE = 0,
  CLI_STATUS_ERROR = 1,
  CLI_STATUS_USAGE = 2,
  CLI_STATUS_OFFLINE = 3,
  CLI_STATUS_SIGN_IN = 4,
  CLI_STATUS_CONFLICTS = 5,
  CLI_STATUS_REFUSED = 6,
  CLI_STATUS_LOCKED = 7,
  CLI_STATUS_BRAKE = 8,
} CliStatus;

typedef struct _CliCommand CliCommand;

/**
 * CliContext:
 * @command: (nullable): what was asked for
 * @database: (nullable): the value of --database
 * @cancellable: cancelled by SIGINT, SIGTERM and SIGHUP
 * @profile: (nullable): the opened database
 * @answer: the object that goes to standard output under --json; a command adds members
 *
 * What every command works with.
 */
typedef struct
{
  const CliCommand *command;
  char *database;
  gboolean json;
  gboolean quiet;
  gboolean verbose;
  GCancellable *cancellable;
  SyncProfile *profile;
  CliJson *answer;

  /*< private >*/
  GAsyncResult *arrived;
  GAsyncResult *result;
  CliStatus status;
  guint signals[3];
  gint64 signalled_at; /* monotonic */
  int output_error;    /* why standard output could not be written, 0: it could */
} CliContext;

GQuark cli_usage_error_quark (void);
void cli_set_usage_error (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

CliContext *cli_context_new (void);
void cli_context_free (CliContext *cli);

/* Waiting for what was begun: */
void cli_ready (GObject *source, GAsyncResult *result, gpointer cli);
GAsyncResult *cli_await (CliContext *cli);
GError *cli_find_obstacle (CliContext *cli);

/* Opening and closing the database: */
gboolean cli_open (CliContext *cli,
                   SyncProfileFlags flags,
                   const char *const *tables,
                   GHashTable *overrides,
                   GError **error);
void cli_close (CliContext *cli);

/* What people read. */
void cli_print (CliContext *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
void cli_say (CliContext *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
void cli_print_table (CliContext *cli, CliTable *table);
gboolean cli_flush (CliContext *cli);

/* What a run did, in words. */
char *cli_dup_counts (const SyncCounts *counts);

/* How it ends. */
void cli_raise (CliContext *cli, CliStatus status);
void cli_raise_waiting (CliContext *cli, const SyncStats *stats);
CliStatus cli_status_for_error (const GError *error);
int cli_finish (CliContext *cli, const GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CliContext, cli_context_free)

G_END_DECLS
