/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-bus-variant.h"

#include "sync-error-json.h"
#include "sync-resolver.h"

#define COUNTS_TYPE G_VARIANT_TYPE ("a{st}")

static const char *const phases[] = { "connect", "pull", "push", "check", "done" };

static const struct
{
  const char *name;
  gsize offset;
} counts_members[] = {
  { "pulled", G_STRUCT_OFFSET (SyncCounts, pulled) },
  { "pushed", G_STRUCT_OFFSET (SyncCounts, pushed) },
  { "deleted", G_STRUCT_OFFSET (SyncCounts, deleted) },
  { "merged", G_STRUCT_OFFSET (SyncCounts, merged) },
  { "conflicts", G_STRUCT_OFFSET (SyncCounts, conflicts) },
  { "refused", G_STRUCT_OFFSET (SyncCounts, refused) },
  { "held", G_STRUCT_OFFSET (SyncCounts, held) },
};

gint64
sync_bus_time (gint64 time)
{
  return time == SYNC_TIME_UNKNOWN ? SYNC_BUS_NO_TIME : time;
}

static gint64
time_from_bus (gint64 time)
{
  return time == SYNC_BUS_NO_TIME ? SYNC_TIME_UNKNOWN : time;
}

/* --- What is asked for ------------------------------------------------------------------------ */

void
sync_bus_request_free (SyncBusRequest *request)
{
  g_strfreev (request->entities);
  g_free (request->strategy);
  g_free (request);
}

static gboolean
take_kind (SyncBusRequest *request, GVariant *value)
{
  return sync_run_kind_from_string (g_variant_get_string (value, NULL), &request->kind);
}

static gboolean
take_entities (SyncBusRequest *request, GVariant *value)
{
  g_strfreev (request->entities);
  request->entities = g_variant_dup_strv (value, NULL);
  if (*request->entities == NULL)
    g_clear_pointer (&request->entities, g_strfreev);
  request->options.entities = (const char *const *)request->entities;
  return TRUE;
}

static gboolean
take_strategy (SyncBusRequest *request, GVariant *value)
{
  g_free (request->strategy);
  request->strategy = g_variant_dup_string (value, NULL);
  request->options.strategy = request->strategy;
  return sync_resolver_is_strategy (request->strategy);
}

static gboolean
take_batch_size (SyncBusRequest *request, GVariant *value)
{
  request->options.batch_size = g_variant_get_uint32 (value);
  return TRUE;
}

static gboolean
take_wait (SyncBusRequest *request, GVariant *value)
{
  request->options.wait_seconds = g_variant_get_uint32 (value);
  return TRUE;
}

static gboolean
take_dry_run (SyncBusRequest *request, GVariant *value)
{
  request->options.dry_run = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
take_allow_mass_change (SyncBusRequest *request, GVariant *value)
{
  request->options.allow_mass_change = g_variant_get_boolean (value);
  return TRUE;
}

static gboolean
take_discard_unsent (SyncBusRequest *request, GVariant *value)
{
  request->options.discard_unsent = g_variant_get_boolean (value);
  return TRUE;
}

static const struct
{
  const char *name;
  const char *type;
  gboolean (*take) (SyncBusRequest *request, GVariant *value);
} request_members[] = {
  { "kind", "s", take_kind },
  { "entities", "as", take_entities },
  { "strategy", "s", take_strategy },
  { "batch-size", "u", take_batch_size },
  { "wait", "u", take_wait },
  { "dry-run", "b", take_dry_run },
  { "allow-mass-change", "b", take_allow_mass_change },
  { "discard-unsent", "b", take_discard_unsent },
};

static gboolean
take_member (SyncBusRequest *request, const char *name, GVariant *value)
{
  for (guint i = 0; i < G_N_ELEMENTS (request_members); i++)
    if (g_str_equal (name, request_members[i].name))
      return g_variant_is_of_type (value, G_VARIANT_TYPE (request_members[i].type))
             && request_members[i].take (request, value);
  return FALSE;
}

/**
 * sync_bus_request_from_variant:
 * @variant: a dictionary
 * @error: where to put an error
 *
 * Returns: (transfer full): what it asks for; %NULL with SYNC_ERROR_INVALID: an option is unknown
 * or has a value that it cannot have
 */
SyncBusRequest *
sync_bus_request_from_variant (GVariant *variant, GError **error)
{
  g_autoptr (SyncBusRequest) request = g_new0 (SyncBusRequest, 1);
  GVariantIter iter;
  const char *name;
  GVariant *member;

  request->kind = SYNC_RUN_SYNC;
  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&sv}", &name, &member))
    {
      g_autoptr (GVariant) value = member;

      if (take_member (request, name, value))
        continue;
      sync_error_set (error, SYNC_ERROR_INVALID, name,
                      "The option %s is unknown, or has a value that it cannot have", name);
      return NULL;
    }
  return g_steal_pointer (&request);
}

static void
add_flag (GVariantDict *dict, const char *name, gboolean flag)
{
  if (flag)
    g_variant_dict_insert (dict, name, "b", TRUE);
}

GVariant *
sync_bus_request_to_variant (SyncRunKind kind, const SyncRunOptions *options)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);

  g_variant_dict_insert (&dict, "kind", "s", sync_run_kind_to_string (kind));
  if (options->entities != NULL)
    g_variant_dict_insert (&dict, "entities", "^as", options->entities);
  if (options->strategy != NULL)
    g_variant_dict_insert (&dict, "strategy", "s", options->strategy);
  g_variant_dict_insert (&dict, "batch-size", "u", (guint32)options->batch_size);
  g_variant_dict_insert (&dict, "wait", "u", (guint32)options->wait_seconds);
  add_flag (&dict, "dry-run", options->dry_run);
  add_flag (&dict, "allow-mass-change", options->allow_mass_change);
  add_flag (&dict, "discard-unsent", options->discard_unsent);
  return g_variant_dict_end (&dict);
}

/* --- How it went ------------------------------------------------------------------------------ */

static GVariant *
counts_to_variant (const SyncCounts *counts)
{
  GVariantBuilder builder = G_VARIANT_BUILDER_INIT (COUNTS_TYPE);

  for (guint i = 0; i < G_N_ELEMENTS (counts_members); i++)
    g_variant_builder_add (&builder, "{st}", counts_members[i].name,
                           G_STRUCT_MEMBER (guint64, counts, counts_members[i].offset));
  return g_variant_builder_end (&builder);
}

static void
counts_from_variant (GVariant *variant, SyncCounts *counts)
{
  GVariantIter iter;
  const char *name;
  guint64 count;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "{&st}", &name, &count))
    for (guint i = 0; i < G_N_ELEMENTS (counts_members); i++)
      if (g_str_equal (name, counts_members[i].name))
        G_STRUCT_MEMBER (guint64, counts, counts_members[i].offset) = count;
}

GVariant *
sync_bus_result_to_variant (const SyncResult *result)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (NULL);
  GVariantBuilder entities = G_VARIANT_BUILDER_INIT (G_VARIANT_TYPE ("a(sa{st})"));
  g_autofree char *error = sync_error_to_json (result->error);

  for (guint i = 0; result->entities != NULL && i < result->entities->len; i++)
    {
      const SyncEntityCounts *counts = g_ptr_array_index (result->entities, i);

      g_variant_builder_add (&entities, "(s@a{st})", counts->entity,
                             counts_to_variant (&counts->counts));
    }
  g_variant_dict_insert (&dict, "run", "x", result->run);
  g_variant_dict_insert (&dict, "kind", "s", sync_run_kind_to_string (result->kind));
  g_variant_dict_insert (&dict, "outcome", "s", sync_outcome_to_string (result->outcome));
  g_variant_dict_insert (&dict, "started-at", "x", sync_bus_time (result->started_at));
  g_variant_dict_insert (&dict, "finished-at", "x", sync_bus_time (result->finished_at));
  g_variant_dict_insert (&dict, "dry-run", "b", result->dry_run);
  g_variant_dict_insert (&dict, "requests", "t", result->requests);
  g_variant_dict_insert (&dict, "bytes-sent", "t", result->bytes_sent);
  g_variant_dict_insert (&dict, "bytes-received", "t", result->bytes_received);
  g_variant_dict_insert_value (&dict, "total", counts_to_variant (&result->total));
  g_variant_dict_insert_value (&dict, "entities", g_variant_builder_end (&entities));
  if (error != NULL)
    g_variant_dict_insert (&dict, "error", "s", error);
  return g_variant_dict_end (&dict);
}

static void
entities_from_variant (GVariant *variant, SyncResult *result)
{
  GVariantIter iter;
  const char *name;
  GVariant *counts;

  g_variant_iter_init (&iter, variant);
  while (g_variant_iter_next (&iter, "(&s@a{st})", &name, &counts))
    {
      counts_from_variant (counts, sync_result_counts_for (result, name));
      g_variant_unref (counts);
    }
}

/**
 * sync_bus_result_from_variant:
 * @variant: what sync_bus_result_to_variant() gave, perhaps in another version of the program
 * @error: where to put an error
 *
 * Returns: (transfer full): the result; %NULL with SYNC_ERROR_PROTOCOL: it is none
 */
SyncResult *
sync_bus_result_from_variant (GVariant *variant, GError **error)
{
  g_auto (GVariantDict) dict = G_VARIANT_DICT_INIT (variant);
  g_autoptr (SyncResult) result = sync_result_new (SYNC_RUN_SYNC);
  g_autoptr (GVariant) total = g_variant_dict_lookup_value (&dict, "total", COUNTS_TYPE);
  g_autoptr (GVariant) entities
      = g_variant_dict_lookup_value (&dict, "entities", G_VARIANT_TYPE ("a(sa{st})"));
  const char *kind = NULL, *outcome = NULL, *problem = NULL;

  if (!g_variant_dict_lookup (&dict, "kind", "&s", &kind)
      || !sync_run_kind_from_string (kind, &result->kind)
      || !g_variant_dict_lookup (&dict, "outcome", "&s", &outcome)
      || !sync_outcome_from_string (outcome, &result->outcome) || total == NULL || entities == NULL)
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, NULL, "This is no result of a run");
      return NULL;
    }
  g_variant_dict_lookup (&dict, "run", "x", &result->run);
  g_variant_dict_lookup (&dict, "started-at", "x", &result->started_at);
  g_variant_dict_lookup (&dict, "finished-at", "x", &result->finished_at);
  g_variant_dict_lookup (&dict, "dry-run", "b", &result->dry_run);
  g_variant_dict_lookup (&dict, "requests", "t", &result->requests);
  g_variant_dict_lookup (&dict, "bytes-sent", "t", &result->bytes_sent);
  g_variant_dict_lookup (&dict, "bytes-received", "t", &result->bytes_received);
  result->started_at = time_from_bus (result->started_at);
  result->finished_at = time_from_bus (result->finished_at);
  counts_from_variant (total, &result->total);
  entities_from_variant (entities, result);
  if (g_variant_dict_lookup (&dict, "error", "&s", &problem))
    result->error = sync_error_from_json (problem);
  return g_steal_pointer (&result);
}

/* --- How far it is ---------------------------------------------------------------------------- */

GVariant *
sync_bus_progress_to_variant (const SyncProgress *progress)
{
  if (progress == NULL)
    return g_variant_new ("(ssttd)", "", "", (guint64)0, (guint64)0, 0.0);
  return g_variant_new ("(ssttd)", phases[progress->phase],
                        progress->entity != NULL ? progress->entity : "", progress->current,
                        progress->total, progress->fraction);
}

/**
 * sync_bus_progress_from_variant:
 * @variant: the property's value
 *
 * Returns: (transfer full) (nullable): the progress; %NULL: no run goes on, or it is in a phase
 * that this version does not know
 */
SyncProgress *
sync_bus_progress_from_variant (GVariant *variant)
{
  g_autoptr (SyncProgress) progress = g_new0 (SyncProgress, 1);
  const char *phase, *entity;

  if (!g_variant_is_of_type (variant, G_VARIANT_TYPE ("(ssttd)")))
    return NULL;
  g_variant_get (variant, "(&s&sttd)", &phase, &entity, &progress->current, &progress->total,
                 &progress->fraction);
  progress->entity = *entity != '\0' ? g_strdup (entity) : NULL;
  for (guint i = 0; i < G_N_ELEMENTS (phases); i++)
    if (g_str_equal (phase, phases[i]))
      {
        progress->phase = (SyncPhase)i;
        return g_steal_pointer (&progress);
      }
  return NULL;
}
