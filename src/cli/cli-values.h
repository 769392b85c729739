/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-snapshot.h"

#include "cli-context.h"

G_BEGIN_DECLS

/* How the engine's values look as JSON; psync-json(5) describes every field. `name` as for CliJson.
 */
void cli_json_error (CliJson *json, CliContext *cli, const char *name, const GError *error);
void cli_json_result (CliJson *json, CliContext *cli, const char *name, const SyncResult *result);
void cli_json_stats (CliJson *json, const char *name, const SyncStats *stats);
void cli_json_change (CliJson *json, const char *name, const SyncChange *change);
void cli_json_held (CliJson *json, const char *name, const SyncHeld *held);
void cli_json_queue_stats (CliJson *json, const char *name, const SyncQueueStats *stats);
void cli_json_conflict (CliJson *json,
                        const char *name,
                        const SyncConflict *conflict,
                        gboolean contents);
void cli_json_entity (CliJson *json, const char *name, const SyncEntityStatus *status);
void cli_json_device (CliJson *json, const char *name, const SyncDevice *device);
void cli_json_setting (CliJson *json, const char *name, const SyncSettingInfo *setting);
void cli_json_snapshot (CliJson *json, const char *name, const SyncSnapshot *snapshot);
void cli_json_cloud (CliJson *json, CliContext *cli);
void cli_report_warnings (CliContext *cli, const GError *obstacle);

const char *cli_state_name (SyncManager *manager);

/**
 * CliWords:
 * @title: what went wrong
 * @detail: (nullable): more about it
 * @next_step: (nullable): what to do
 * @next_command: (nullable): the command that does it
 *
 * An error in words.
 */
typedef struct
{
  char *title;
  char *detail;
  char *next_step;
  char *next_command;
} CliWords;

char *cli_dup_hint (CliContext *cli, const char *hint);
void cli_say_hint (CliContext *cli, const char *format, ...) G_GNUC_PRINTF (2, 3);
void cli_words_for_error (CliContext *cli, const GError *error, CliWords *words);
void cli_words_clear (CliWords *words);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (CliWords, cli_words_clear)

G_END_DECLS
