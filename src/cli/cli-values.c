/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-values.h"

#include <string.h>

#include <glib/gi18n.h>

#include "cli-command.h"
#include "sync-vault-provider.h"
#include "sync-words.h"

/* What no shell looks at twice. */
#define PLAIN                                                                                      \
  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"                                 \
  "/._-+:@"

static const char *
error_code_name (const GError *error)
{
  if (error->domain == SYNC_ERROR)
    return sync_error_code_name (error->code);
  if (error->domain == CLI_USAGE_ERROR)
    return "usage";
  return sync_error_is_cancelled (error) ? "cancelled" : "failed";
}

/* What stopped one kind of run is overcome with a run of that kind. */
static char *
adapt_command (CliContext *cli, const char *command)
{
  const char *name = cli->command != NULL ? cli->command->name : NULL;
  gboolean other = g_strcmp0 (name, "seed") == 0 || g_strcmp0 (name, "hydrate") == 0;

  if (!other || !g_str_has_prefix (command, "psync sync --"))
    return g_strdup (command);
  return g_strdup_printf ("psync %s %s", name, command + strlen ("psync sync "));
}

/**
 * cli_dup_hint:
 * @cli: the context
 * @hint: words that name commands to type
 *
 * Returns: (transfer full): the same, where a command about another database than the usual one says so
 */
char *
cli_dup_hint (CliContext *cli, const char *hint)
{
  GString *text = g_string_new (hint);
  g_autofree char *path = NULL;
  g_autofree char *start = NULL;

  if (cli->database == NULL)
    return g_string_free (text, FALSE);
  path = cli->database[strspn (cli->database, PLAIN)] == '\0' ? g_strdup (cli->database)
                                                              : g_shell_quote (cli->database);
  start = g_strdup_printf ("psync --database %s ", path);
  g_string_replace (text, "psync ", start, 0);
  return g_string_free (text, FALSE);
}

/**
 * cli_say_hint:
 * @cli: the context
 * @format: a sentence that names commands to type
 *
 * Says it, on a line of its own; see cli_dup_hint().
 */
void
cli_say_hint (CliContext *cli, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *hint = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  hint = cli_dup_hint (cli, text);
  cli_say (cli, "%s\n", hint);
}

static char *
complete_command (CliContext *cli, const char *usual)
{
  g_autofree char *command = usual != NULL ? adapt_command (cli, usual) : NULL;

  if (command == NULL || strstr (command, "--database") != NULL
      || strstr (command, "--version") != NULL)
    return g_steal_pointer (&command);
  return cli_dup_hint (cli, command);
}

/**
 * cli_words_for_error:
 * @cli: the context
 * @error: an error
 * @words: (out caller-allocates): it in words
 *
 * Says an error in words: a mistake on the command line here, all others in their own place.
 */
void
cli_words_for_error (CliContext *cli, const GError *error, CliWords *words)
{
  const char *name = cli->command != NULL ? cli->command->name : NULL;

  *words = (CliWords){ NULL };
  if (error->domain == CLI_USAGE_ERROR)
    {
      words->title = g_strdup (error->message);
      words->next_step = g_strdup (_("Look at how it is used."));
      words->next_command = name != NULL ? g_strdup_printf ("psync %s --help", name)
                                         : g_strdup ("psync --help");
      return;
    }
  sync_words_for_error (error, &words->title, &words->detail, &words->next_step);
  words->next_command = complete_command (cli, sync_words_command_for_error (error));
}

void
cli_words_clear (CliWords *words)
{
  g_free (words->title);
  g_free (words->detail);
  g_free (words->next_step);
  g_free (words->next_command);
}

void
cli_json_error (CliJson *json, CliContext *cli, const char *name, const GError *error)
{
  const SyncErrorDetail *data = sync_error_get_detail (error);
  g_auto (CliWords) words = { NULL };

  if (error == NULL)
    {
      cli_json_null (json, name);
      return;
    }
  cli_words_for_error (cli, error, &words);
  cli_json_begin_object (json, name);
  cli_json_string (json, "code", error_code_name (error));
  cli_json_string (json, "title", words.title);
  cli_json_string (json, "detail", words.detail);
  cli_json_string (json, "next_step", words.next_step);
  cli_json_string (json, "next_command", words.next_command);
  cli_json_string (json, "subject", data != NULL ? data->subject : NULL);
  cli_json_string (json, "reason", data != NULL ? data->reason : NULL);
  cli_json_string (json, "column", data != NULL ? data->column : NULL);
  cli_json_integer (json, "http_status", data != NULL ? data->status : 0);
  cli_json_integer (json, "retry_after", data != NULL ? data->retry_after : 0);
  cli_json_end_object (json);
}

static void
add_counts (CliJson *json, const SyncCounts *counts)
{
  cli_json_integer (json, "pulled", counts->pulled);
  cli_json_integer (json, "pushed", counts->pushed);
  cli_json_integer (json, "deleted", counts->deleted);
  cli_json_integer (json, "merged", counts->merged);
  cli_json_integer (json, "conflicts", counts->conflicts);
  cli_json_integer (json, "refused", counts->refused);
  cli_json_integer (json, "held", counts->held);
}

static void
add_entity_counts (CliJson *json, const SyncResult *result)
{
  cli_json_begin_array (json, "entities");
  for (guint i = 0; result->entities != NULL && i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);

      cli_json_begin_object (json, NULL);
      cli_json_string (json, "entity", counts->entity);
      add_counts (json, &counts->counts);
      cli_json_end_object (json);
    }
  cli_json_end_array (json);
}

void
cli_json_result (CliJson *json, CliContext *cli, const char *name, const SyncResult *result)
{
  cli_json_begin_object (json, name);
  cli_json_integer (json, "number", result->run);
  cli_json_string (json, "kind", sync_run_kind_to_string (result->kind));
  cli_json_string (json, "outcome", sync_outcome_to_string (result->outcome));
  cli_json_boolean (json, "dry_run", result->dry_run);
  cli_json_time (json, "started_at", result->started_at);
  cli_json_time (json, "finished_at", result->finished_at);
  add_counts (json, &result->total);
  add_entity_counts (json, result);
  cli_json_integer (json, "requests", result->requests);
  cli_json_integer (json, "bytes_sent", result->bytes_sent);
  cli_json_integer (json, "bytes_received", result->bytes_received);
  cli_json_integer (json, "repeats", result->repeats);
  cli_json_error (json, cli, "error", result->error);
  cli_json_end_object (json);
}

void
cli_json_stats (CliJson *json, const char *name, const SyncStats *stats)
{
  cli_json_begin_object (json, name);
  cli_json_integer (json, "records", stats->records);
  cli_json_integer (json, "pending", stats->pending);
  cli_json_integer (json, "failed", stats->failed);
  cli_json_integer (json, "held", stats->held);
  cli_json_integer (json, "conflicts_open", stats->conflicts_open);
  cli_json_integer (json, "conflicts_resolved", stats->conflicts_resolved);
  cli_json_integer (json, "queue_bytes", stats->queue_bytes);
  cli_json_time (json, "last_sync_at", stats->last_sync_at);
  cli_json_time (json, "next_sync_at", stats->next_sync_at);
  cli_json_end_object (json);
}

void
cli_json_change (CliJson *json, const char *name, const SyncChange *change)
{
  g_autofree char *explanation = NULL;

  if (change->error_code != NULL)
    explanation = sync_words_for_reason (change->error_code, change->reason, change->column);
  cli_json_begin_object (json, name);
  cli_json_string (json, "entity", change->entity);
  cli_json_string (json, "id", change->id);
  cli_json_string (json, "state", change->state);
  cli_json_string (json, "operation", change->operation);
  cli_json_integer (json, "seq", change->seq);
  cli_json_time (json, "changed_at", change->changed_at);
  cli_json_integer (json, "attempts", change->attempts);
  cli_json_time (json, "next_attempt_at", change->next_attempt_at);
  cli_json_string (json, "error_code", change->error_code);
  cli_json_string (json, "reason", change->reason);
  cli_json_string (json, "column", change->column);
  cli_json_string (json, "explanation", explanation);
  cli_json_end_object (json);
}

void
cli_json_held (CliJson *json, const char *name, const SyncHeld *held)
{
  g_autofree char *explanation = sync_words_for_held (held->reason, held->detail);

  cli_json_begin_object (json, name);
  cli_json_string (json, "entity", held->entity);
  cli_json_string (json, "id", held->id);
  cli_json_integer (json, "version", held->version);
  cli_json_string (json, "reason", held->reason);
  cli_json_string (json, "detail", held->detail);
  cli_json_string (json, "explanation", explanation);
  cli_json_time (json, "held_at", held->held_at);
  cli_json_end_object (json);
}

void
cli_json_queue_stats (CliJson *json, const char *name, const SyncQueueStats *stats)
{
  cli_json_begin_object (json, name);
  cli_json_integer (json, "pending", stats->pending);
  cli_json_integer (json, "refused", stats->refused);
  cli_json_integer (json, "failed", stats->failed);
  cli_json_integer (json, "held", stats->held);
  cli_json_integer (json, "unsettled", stats->unsettled);
  cli_json_integer (json, "bytes", stats->bytes);
  cli_json_time (json, "oldest_change_at", stats->oldest_change_at);
  cli_json_end_object (json);
}

void
cli_json_conflict (CliJson *json, const char *name, const SyncConflict *conflict, gboolean contents)
{
  cli_json_begin_object (json, name);
  cli_json_integer (json, "number", conflict->number);
  cli_json_string (json, "entity", conflict->entity);
  cli_json_string (json, "id", conflict->id);
  cli_json_string (json, "kind", conflict->kind);
  cli_json_string (json, "state", conflict->state);
  cli_json_strings (json, "columns", (const char *const *) conflict->columns);
  cli_json_time (json, "local_time", conflict->local_time);
  cli_json_time (json, "remote_time", conflict->remote_time);
  cli_json_string (json, "local_device", conflict->local_device);
  cli_json_string (json, "remote_device", conflict->remote_device);
  cli_json_boolean (json, "can_keep_both", conflict->can_keep_both);
  cli_json_string (json, "resolution", conflict->resolution);
  cli_json_string (json, "resolved_by", conflict->resolved_by);
  cli_json_time (json, "created_at", conflict->created_at);
  cli_json_time (json, "resolved_at", conflict->resolved_at);
  if (contents)
    {
      cli_json_raw (json, "base", conflict->base);
      cli_json_raw (json, "local", conflict->local);
      cli_json_raw (json, "remote", conflict->remote);
      cli_json_raw (json, "result", conflict->result);
    }
  cli_json_end_object (json);
}

static void
add_columns (CliJson *json, const SyncEntity *entity)
{
  cli_json_begin_array (json, "key");
  for (guint i = 0; i < entity->n_keys; i++)
    cli_json_string (json, NULL, entity->columns[i].name);
  cli_json_end_array (json);
  cli_json_begin_array (json, "columns");
  for (guint i = 0; i < entity->n_columns; i++)
    {
      cli_json_begin_object (json, NULL);
      cli_json_string (json, "name", entity->columns[i].name);
      cli_json_string (json, "codec", sync_codec_to_string (entity->columns[i].codec));
      cli_json_end_object (json);
    }
  cli_json_end_array (json);
}

void
cli_json_entity (CliJson *json, const char *name, const SyncEntityStatus *status)
{
  const SyncEntity *entity = status->entity;

  cli_json_begin_object (json, name);
  cli_json_string (json, "name", entity->name);
  cli_json_string (json, "table", entity->table);
  cli_json_string (json, "cloud_table", entity->cloud_table);
  cli_json_boolean (json, "enabled", entity->enabled);
  cli_json_string (json, "strategy", entity->strategy);
  cli_json_raw (json, "rules", entity->rules);
  cli_json_string (json, "time_column", entity->time_column);
  add_columns (json, entity);
  cli_json_strings (json, "parents", (const char *const *) entity->parents);
  cli_json_integer (json, "records", status->records);
  cli_json_integer (json, "waiting", status->waiting);
  cli_json_integer (json, "refused", status->refused);
  cli_json_integer (json, "held", status->held);
  cli_json_integer (json, "conflicts", status->conflicts);
  cli_json_integer (json, "pulled_version", status->pulled_version);
  cli_json_time (json, "last_change_at", status->last_change_at);
  cli_json_end_object (json);
}

void
cli_json_device (CliJson *json, const char *name, const SyncDevice *device)
{
  cli_json_begin_object (json, name);
  cli_json_string (json, "id", device->id);
  cli_json_string (json, "name", device->name);
  cli_json_string (json, "platform", device->platform);
  cli_json_string (json, "app_version", device->app_version);
  cli_json_time (json, "registered_at", device->registered_at);
  cli_json_time (json, "last_sync_at", device->last_sync_at);
  cli_json_integer (json, "last_version", device->last_version);
  if (device->behind >= 0)
    cli_json_integer (json, "behind", device->behind);
  else
    cli_json_null (json, "behind");
  cli_json_boolean (json, "active", device->active);
  cli_json_boolean (json, "is_local", device->is_local);
  cli_json_end_object (json);
}

static const char *
source_name (SyncSettingSource source)
{
  static const char *const names[] = { "default", "database", "environment", "flag" };

  g_return_val_if_fail (source < G_N_ELEMENTS (names), NULL);
  return names[source];
}

void
cli_json_setting (CliJson *json, const char *name, const SyncSettingInfo *setting)
{
  cli_json_begin_object (json, name);
  cli_json_string (json, "name", setting->name);
  cli_json_string (json, "value", setting->value);
  cli_json_string (json, "source", source_name (setting->source));
  cli_json_string (json, "default", setting->default_value);
  cli_json_string (json, "variable", setting->variable);
  cli_json_end_object (json);
}

void
cli_json_snapshot (CliJson *json, const char *name, const SyncSnapshot *snapshot)
{
  cli_json_begin_object (json, name);
  cli_json_string (json, "name", snapshot->name);
  cli_json_string (json, "path", snapshot->path);
  cli_json_time (json, "created_at", snapshot->created_at);
  cli_json_integer (json, "size", snapshot->size);
  cli_json_end_object (json);
}

/**
 * cli_json_cloud:
 * @json: an object under way
 * @cli: the context, with its profile
 *
 * Adds which cloud the database is connected to, and who is signed in.
 */
void
cli_json_cloud (CliJson *json, CliContext *cli)
{
  SyncProvider *provider = sync_manager_get_provider (sync_profile_get_manager (cli->profile));

  cli_json_string (json, "provider", provider != NULL ? sync_provider_get_name (provider) : NULL);
  cli_json_string (json, "location",
                   provider != NULL ? sync_provider_get_location (provider) : NULL);
  cli_json_string (json, "email", sync_profile_get_email (cli->profile));
}

static void
report_warning (CliContext *cli, const char *code, const char *subject, const char *words)
{
  g_autofree char *shown = cli_escape (words);

  cli_json_begin_object (cli->answer, NULL);
  cli_json_string (cli->answer, "code", code);
  cli_json_string (cli->answer, "subject", subject);
  cli_json_string (cli->answer, "explanation", words);
  cli_json_end_object (cli->answer);
  cli_say (cli, _("Warning: %s"), shown);
  cli_say (cli, "\n");
}

static void
report_obstacle (CliContext *cli, const GError *obstacle)
{
  const SyncErrorDetail *data = sync_error_get_detail (obstacle);
  g_auto (CliWords) words = { NULL };
  g_autofree char *sentences = NULL;

  cli_words_for_error (cli, obstacle, &words);
  sentences = words.next_step != NULL ? g_strdup_printf ("%s. %s", words.title, words.next_step)
                                      : g_strdup (words.title);
  report_warning (cli, error_code_name (obstacle), data != NULL ? data->subject : NULL, sentences);
}

/**
 * cli_report_warnings:
 * @cli: the context, with its profile
 * @obstacle: (nullable): what cli_find_obstacle() found
 *
 * Tells what may harm the vault, if there is one and it was opened, and what keeps the cloud from being used.
 */
void
cli_report_warnings (CliContext *cli, const GError *obstacle)
{
  SyncProvider *provider = sync_manager_get_provider (sync_profile_get_manager (cli->profile));
  GPtrArray *warnings = NULL;

  if (SYNC_IS_VAULT_PROVIDER (provider))
    warnings = sync_vault_provider_get_warnings (SYNC_VAULT_PROVIDER (provider));
  cli_json_begin_array (cli->answer, "warnings");
  for (guint i = 0; warnings != NULL && i < warnings->len; i++)
    {
      const SyncVaultWarning *warning = g_ptr_array_index (warnings, i);
      const char *code = sync_vault_warning_code_name (warning->code);
      g_autofree char *words = sync_words_for_vault_warning (code, warning->subject);

      report_warning (cli, code, warning->subject, words);
    }
  if (obstacle != NULL)
    report_obstacle (cli, obstacle);
  cli_json_end_array (cli->answer);
}

/**
 * cli_state_name:
 * @manager: the manager
 *
 * Returns: (transfer none): its state's name for machines
 */
const char *
cli_state_name (SyncManager *manager)
{
  g_autoptr (GEnumClass) states = g_type_class_ref (SYNC_TYPE_STATE);
  GEnumValue *value = g_enum_get_value (states, sync_manager_get_state (manager));

  g_return_val_if_fail (value != NULL, NULL);
  return value->value_nick;
}
