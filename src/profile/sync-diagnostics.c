/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-profile-private.h"

#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <sys/utsname.h>

#include "sync-cloud-schema.h"
#include "sync-device-store.h"
#include "sync-manager-private.h"
#include "sync-stats-store.h"
#include "sync-verb.h"

/* What a profile says of itself: diagnostics for a report of a fault, and the cloud schema that
 * it needs. */

#define RUNS_SHOWN 10

/**
 * Facts:
 * @device: (owned): this device
 * @stats: (owned): counts and the newest runs
 * @entities: (owned) (element-type SyncEntityStatus): they and how they stand
 * @sqlite_version: (owned): of the library
 * @journal_mode: (owned): of the file
 *
 * What the worker's thread finds out.
 */
typedef struct
{
  SyncDevice *device;
  SyncStats *stats;
  GPtrArray *entities;
  char *sqlite_version;
  char *journal_mode;
} Facts;

static void
facts_free (gpointer data)
{
  Facts *facts = data;

  sync_device_free (facts->device);
  sync_stats_free (facts->stats);
  g_clear_pointer (&facts->entities, g_ptr_array_unref);
  g_free (facts->sqlite_version);
  g_free (facts->journal_mode);
  g_free (facts);
}

static gboolean
find_facts (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  Facts *facts = g_new0 (Facts, 1);

  *answer = facts;
  facts->device = sync_store_get_local_device (store, error);
  if (facts->device == NULL)
    return FALSE;
  facts->stats = sync_store_get_stats (store, RUNS_SHOWN, error);
  if (facts->stats == NULL)
    return FALSE;
  facts->entities = sync_store_list_entity_status (store, error);
  return facts->entities != NULL
         && sync_connection_query_text (connection, &facts->sqlite_version, error,
                                        "SELECT sqlite_version ()", NULL)
         && sync_connection_query_text (connection, &facts->journal_mode, error,
                                        "PRAGMA main.journal_mode", NULL);
}

static const SyncVerb diagnostics_verb = { .func = find_facts, .free_answer = facts_free };

/* --- Writing ---------------------------------------------------------------------------------- */

static void
add_text (JsonBuilder *builder, const char *name, const char *value)
{
  if (value == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_add_string_value (builder, value);
}

static void
add_number (JsonBuilder *builder, const char *name, gint64 value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_int_value (builder, value);
}

static void
add_boolean (JsonBuilder *builder, const char *name, gboolean value)
{
  json_builder_set_member_name (builder, name);
  json_builder_add_boolean_value (builder, value);
}

static void
add_time (JsonBuilder *builder, const char *name, gint64 time)
{
  g_autoptr (GDateTime) moment = NULL;
  g_autofree char *text = NULL;

  if (time == SYNC_TIME_UNKNOWN)
    return;
  moment = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC);
  text = moment != NULL ? g_date_time_format (moment, "%Y-%m-%dT%H:%M:%SZ") : NULL;
  add_text (builder, name, text);
}

static void
add_error (JsonBuilder *builder, const char *name, const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (error == NULL)
    return;
  json_builder_set_member_name (builder, name);
  json_builder_begin_object (builder);
  add_text (builder, "code",
            detail != NULL                    ? sync_error_code_name (error->code)
            : sync_error_is_cancelled (error) ? "cancelled"
                                              : "failed");
  if (detail != NULL)
    {
      add_text (builder, "reason", detail->reason);
      add_text (builder, "subject", detail->subject);
      add_text (builder, "column", detail->column);
      if (detail->status != 0)
        add_number (builder, "status", detail->status);
    }
  json_builder_end_object (builder);
}

static void
add_versions (JsonBuilder *builder, const Facts *facts)
{
  g_autofree char *glib
      = g_strdup_printf ("%u.%u.%u", glib_major_version, glib_minor_version, glib_micro_version);
  g_autofree char *os = g_get_os_info (G_OS_INFO_KEY_PRETTY_NAME);
  struct utsname kernel;

  json_builder_set_member_name (builder, "versions");
  json_builder_begin_object (builder);
  add_text (builder, "progressive-sync", PROGRESSIVE_SYNC_VERSION);
  add_number (builder, "cloud-schema", SYNC_CLOUD_SCHEMA_VERSION);
  add_text (builder, "glib", glib);
  add_text (builder, "sqlite", facts->sqlite_version);
  add_text (builder, "system", os);
  if (uname (&kernel) == 0)
    add_text (builder, "kernel", kernel.release);
  json_builder_end_object (builder);
}

static void
add_database (JsonBuilder *builder, SyncProfile *self, const Facts *facts)
{
  const char *path = sync_store_get_path (self->store);
  GStatBuf status;

  json_builder_set_member_name (builder, "database");
  json_builder_begin_object (builder);
  add_text (builder, "path", path);
  if (g_stat (path, &status) == 0)
    add_number (builder, "bytes", status.st_size);
  add_text (builder, "journal-mode", facts->journal_mode);
  json_builder_end_object (builder);
}

static const char *
source_name (SyncSettingSource source)
{
  switch (source)
    {
    case SYNC_SETTING_DATABASE:
      return "database";
    case SYNC_SETTING_ENVIRONMENT:
      return "environment";
    case SYNC_SETTING_FLAG:
      return "flag";
    case SYNC_SETTING_DEFAULT:
    default:
      return "default";
    }
}

/* The anon key is public by design, but a report needs no more than whether there is one. */
static void
add_configuration (JsonBuilder *builder, SyncProfile *self)
{
  g_autoptr (GPtrArray) settings = sync_settings_list (self->settings);
  char *token = sync_settings_dup_auth_token (self->settings);

  json_builder_set_member_name (builder, "configuration");
  json_builder_begin_object (builder);
  for (guint i = 0; i < settings->len; i++)
    {
      const SyncSettingInfo *info = g_ptr_array_index (settings, i);

      json_builder_set_member_name (builder, info->name);
      json_builder_begin_object (builder);
      if (g_str_equal (info->name, "supabase-anon-key"))
        add_boolean (builder, "set", info->value != NULL);
      else
        add_text (builder, "value", info->value);
      add_text (builder, "source", source_name (info->source));
      json_builder_end_object (builder);
    }
  json_builder_end_object (builder);
  add_boolean (builder, "token-from-environment", token != NULL);
  sync_secret_free (token);
}

static void
add_cloud (JsonBuilder *builder, SyncProfile *self)
{
  SyncProvider *provider = sync_manager_get_provider (self->manager);

  json_builder_set_member_name (builder, "cloud");
  json_builder_begin_object (builder);
  if (provider != NULL)
    {
      add_text (builder, "provider", sync_provider_get_name (provider));
      add_text (builder, "location", sync_provider_get_location (provider));
      add_boolean (builder, "connected", sync_provider_get_connected (provider));
      add_boolean (builder, "signed-in", sync_profile_get_email (self) != NULL);
    }
  add_error (builder, "error", self->cloud_error);
  json_builder_end_object (builder);
}

static void
add_device (JsonBuilder *builder, const SyncDevice *device)
{
  json_builder_set_member_name (builder, "device");
  json_builder_begin_object (builder);
  add_text (builder, "id", device->id);
  add_text (builder, "name", device->name);
  add_text (builder, "platform", device->platform);
  add_time (builder, "last-sync", device->last_sync_at);
  add_number (builder, "last-version", device->last_version);
  json_builder_end_object (builder);
}

static void
add_statistics (JsonBuilder *builder, SyncProfile *self, const SyncStats *stats)
{
  json_builder_set_member_name (builder, "statistics");
  json_builder_begin_object (builder);
  add_number (builder, "records", stats->records);
  add_number (builder, "pending", stats->pending);
  add_number (builder, "failed", stats->failed);
  add_number (builder, "held", stats->held);
  add_number (builder, "conflicts-open", stats->conflicts_open);
  add_number (builder, "conflicts-resolved", stats->conflicts_resolved);
  add_number (builder, "queue-bytes", stats->queue_bytes);
  add_time (builder, "last-sync", stats->last_sync_at);
  add_time (builder, "next-sync", sync_scheduler_get_next_run (self->scheduler));
  json_builder_end_object (builder);
}

static void
add_entities (JsonBuilder *builder, GPtrArray *entities)
{
  json_builder_set_member_name (builder, "entities");
  json_builder_begin_array (builder);
  for (guint i = 0; i < entities->len; i++)
    {
      const SyncEntityStatus *status = g_ptr_array_index (entities, i);

      json_builder_begin_object (builder);
      add_text (builder, "name", status->entity->name);
      add_text (builder, "table", status->entity->table);
      add_text (builder, "cloud-table", status->entity->cloud_table);
      add_text (builder, "strategy", status->entity->strategy);
      add_boolean (builder, "enabled", status->entity->enabled);
      add_number (builder, "columns", status->entity->n_columns);
      add_number (builder, "keys", status->entity->n_keys);
      add_number (builder, "records", status->records);
      add_number (builder, "waiting", status->waiting);
      add_number (builder, "refused", status->refused);
      add_number (builder, "held", status->held);
      add_number (builder, "conflicts", status->conflicts);
      add_number (builder, "pulled-version", status->pulled_version);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static void
add_runs (JsonBuilder *builder, GPtrArray *runs)
{
  json_builder_set_member_name (builder, "runs");
  json_builder_begin_array (builder);
  for (guint i = 0; i < runs->len; i++)
    {
      const SyncResult *run = g_ptr_array_index (runs, i);

      json_builder_begin_object (builder);
      add_number (builder, "run", run->run);
      add_text (builder, "kind", sync_run_kind_to_string (run->kind));
      add_text (builder, "outcome", sync_outcome_to_string (run->outcome));
      add_time (builder, "started", run->started_at);
      add_time (builder, "finished", run->finished_at);
      add_number (builder, "pulled", (gint64) run->total.pulled);
      add_number (builder, "pushed", (gint64) run->total.pushed);
      add_number (builder, "requests", (gint64) run->requests);
      add_number (builder, "repeats", (gint64) run->repeats);
      add_error (builder, "error", run->error);
      json_builder_end_object (builder);
    }
  json_builder_end_array (builder);
}

static char *
write_diagnostics (SyncProfile *self, const Facts *facts)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;

  json_builder_begin_object (builder);
  add_versions (builder, facts);
  add_database (builder, self, facts);
  add_configuration (builder, self);
  add_cloud (builder, self);
  add_device (builder, facts->device);
  add_statistics (builder, self, facts->stats);
  add_entities (builder, facts->entities);
  add_runs (builder, facts->stats->history);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  return json_to_string (root, TRUE);
}

/**
 * sync_profile_diagnostics_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Gathers what a report of a fault needs: configuration, device, statistics and versions, without
 * secrets, row contents and people's addresses.
 */
void
sync_profile_diagnostics_async (SyncProfile *profile, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  sync_verb_start (&diagnostics_verb, profile, profile->store, NULL, cancellable, callback,
                   user_data);
}

/**
 * sync_profile_diagnostics_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): a JSON object; %NULL with @error set
 */
char *
sync_profile_diagnostics_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  gpointer answer = NULL;
  char *text;

  if (!sync_verb_finish (&diagnostics_verb, profile, result, &answer, error))
    return NULL;
  text = write_diagnostics (profile, answer);
  facts_free (answer);
  return text;
}

/* --- The cloud schema ------------------------------------------------------------------------- */

static gboolean
generate_schema (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  *answer = sync_cloud_schema_generate (sync_store_get_entities (store), error);
  return *answer != NULL;
}

static const SyncVerb print_schema_verb = { .func = generate_schema, .free_answer = g_free };

/**
 * sync_profile_print_schema_async:
 * @profile: the profile
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Writes the cloud schema for this database's entities, for the SQL editor.
 */
void
sync_profile_print_schema_async (SyncProfile *profile, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_PROFILE (profile));

  sync_verb_start (&print_schema_verb, profile, profile->store, NULL, cancellable, callback,
                   user_data);
}

/**
 * sync_profile_print_schema_finish:
 * @profile: the profile
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): the script; %NULL with @error set
 */
char *
sync_profile_print_schema_finish (SyncProfile *profile, GAsyncResult *result, GError **error)
{
  gpointer text = NULL;

  return sync_verb_finish (&print_schema_verb, profile, result, &text, error) ? text : NULL;
}
