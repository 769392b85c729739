/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-resolver.h"

#include <string.h>

#include "sync-column-rule.h"

typedef enum
{
  STRATEGY_NEWEST,
  STRATEGY_LOCAL,
  STRATEGY_REMOTE,
  STRATEGY_MANUAL,
  STRATEGY_NOTIFICATIONS,
  STRATEGY_PROJECTS,
  STRATEGY_USER_SETTINGS,
  STRATEGY_RULES,
  STRATEGY_CUSTOM,
} Strategy;

/* In the order of Strategy. */
static const char *const strategy_names[] = {
  "newest",   "local",         "remote", "manual", "notifications",
  "projects", "user-settings", "rules",  "custom",
};

G_STATIC_ASSERT (G_N_ELEMENTS (strategy_names) == STRATEGY_CUSTOM + 1);

struct _SyncResolver
{
  Strategy strategy;
  GHashTable *rules; /* (owned) (element-type utf8 SyncColumnRule): by column; the others: newest */
};

static gboolean
find_strategy (const char *name, Strategy *strategy)
{
  for (guint i = 0; i < G_N_ELEMENTS (strategy_names); i++)
    if (g_strcmp0 (name, strategy_names[i]) == 0)
      {
        *strategy = (Strategy) i;
        return TRUE;
      }
  return FALSE;
}

static void
add_rule (SyncResolver *resolver, const char *column, SyncColumnRule rule)
{
  g_hash_table_insert (resolver->rules, g_strdup (column), GINT_TO_POINTER (rule));
}

static gboolean
refuse (GError **error, const char *reason, const char *subject, const char *text)
{
  GError *problem = sync_error_new (SYNC_ERROR_INVALID, subject, "%s: %s", text, subject);

  sync_error_set_reason (problem, reason, 0);
  g_propagate_error (error, problem);
  return FALSE;
}

static gboolean
read_rules (SyncResolver *resolver, const char *json, GError **error)
{
  SyncSpan object = { json, strlen (json) };
  SyncJsonReader reader;
  SyncSpan name, value;

  if (!sync_json_is_valid (json, object.length) || sync_json_type (object) != SYNC_JSON_OBJECT)
    return refuse (error, "rules", "rules", "Not a JSON object of column and rule");
  sync_json_reader_init (&reader, json, object.length);
  sync_json_enter_object (&reader);
  while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
    {
      g_autofree char *column = sync_json_dup_name (name);
      g_autofree char *rule_name = sync_json_type (value) == SYNC_JSON_STRING
                                       ? sync_json_dup_string (value)
                                       : g_strndup (value.text, value.length);
      SyncColumnRule rule;

      if (column == NULL)
        return refuse (error, "rules", "rules", "Not a JSON object of column and rule");
      if (!sync_column_rule_from_string (rule_name, &rule))
        return refuse (error, "rule", rule_name != NULL ? rule_name : column,
                       "There is no such rule");
      add_rule (resolver, column, rule);
    }
  return TRUE;
}

static SyncResolver *
resolver_new (Strategy strategy)
{
  SyncResolver *resolver = g_new0 (SyncResolver, 1);

  resolver->strategy = strategy;
  resolver->rules = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  if (strategy == STRATEGY_PROJECTS)
    {
      add_rule (resolver, "name", SYNC_RULE_REMOTE);
      add_rule (resolver, "description", SYNC_RULE_REMOTE);
      add_rule (resolver, "settings", SYNC_RULE_LOCAL);
    }
  return resolver;
}

/**
 * sync_resolver_new: (constructor)
 * @strategy: `newest`, `local`, `remote`, `manual`, `notifications`, `projects`, `user-settings`,
 *   `rules` or `custom`
 * @rules_json: (nullable): for `rules`: a JSON object column → `local`, `remote`, `newest`, `max`,
 *   `min` or `union`; columns that it does not name: newest
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): the policy; %NULL with @error set: SYNC_ERROR_INVALID, whose
 *   subject is the unknown strategy or rule, and whose reason is `strategy`, `rule` or `rules`
 */
SyncResolver *
sync_resolver_new (const char *strategy, const char *rules_json, GError **error)
{
  g_autoptr (SyncResolver) resolver = NULL;
  Strategy kind;

  g_return_val_if_fail (strategy != NULL, NULL);

  if (!find_strategy (strategy, &kind))
    {
      refuse (error, "strategy", strategy, "There is no such strategy");
      return NULL;
    }
  resolver = resolver_new (kind);
  if (kind == STRATEGY_RULES && rules_json != NULL && !read_rules (resolver, rules_json, error))
    return NULL;
  return g_steal_pointer (&resolver);
}

/**
 * sync_resolver_default_strategy:
 * @entity_name: an entity's name
 *
 * Returns: (transfer none): the strategy that it starts with: a built-in entity has its own, every
 *   other `newest`
 */
const char *
sync_resolver_default_strategy (const char *entity_name)
{
  g_return_val_if_fail (entity_name != NULL, strategy_names[STRATEGY_NEWEST]);

  if (strcmp (entity_name, "notifications") == 0)
    return strategy_names[STRATEGY_NOTIFICATIONS];
  if (strcmp (entity_name, "projects") == 0)
    return strategy_names[STRATEGY_PROJECTS];
  if (strcmp (entity_name, "user_settings") == 0)
    return strategy_names[STRATEGY_USER_SETTINGS];
  return strategy_names[STRATEGY_NEWEST];
}

/**
 * sync_resolver_new_for_entity: (constructor)
 * @entity_name: an entity's name
 *
 * Returns: (transfer full): the policy that it starts with
 */
SyncResolver *
sync_resolver_new_for_entity (const char *entity_name)
{
  Strategy strategy = STRATEGY_NEWEST;

  g_return_val_if_fail (entity_name != NULL, NULL);

  find_strategy (sync_resolver_default_strategy (entity_name), &strategy);
  return resolver_new (strategy);
}

/**
 * sync_resolver_free:
 * @resolver: (nullable) (transfer full): a policy
 *
 * Frees it.
 */
void
sync_resolver_free (SyncResolver *resolver)
{
  if (resolver == NULL)
    return;
  g_hash_table_unref (resolver->rules);
  g_free (resolver);
}

/**
 * sync_resolver_is_strategy:
 * @name: (nullable): a name
 *
 * Returns: whether there is a strategy of that name
 */
gboolean
sync_resolver_is_strategy (const char *name)
{
  Strategy strategy;

  return find_strategy (name, &strategy);
}

/**
 * sync_resolver_check_entity:
 * @resolver: a policy
 * @entity: an entity
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if its rules name a column that @entity does not have:
 *   SYNC_ERROR_INVALID, the subject is the column, the reason `column`
 */
gboolean
sync_resolver_check_entity (const SyncResolver *resolver, const SyncEntity *entity, GError **error)
{
  GHashTableIter iter;
  gpointer column;

  g_return_val_if_fail (resolver != NULL && entity != NULL, FALSE);

  if (resolver->strategy != STRATEGY_RULES)
    return TRUE;
  g_hash_table_iter_init (&iter, resolver->rules);
  while (g_hash_table_iter_next (&iter, &column, NULL))
    if (sync_entity_find_column (entity, column, -1) < 0)
      return refuse (error, "column", column, "There is no such column");
  return TRUE;
}

/* --- Deciding --------------------------------------------------------------------------------- */

/* A time that is unknown is smaller than every other, so it loses; a tie goes to the remote. */
static SyncSide
newest_side (const SyncDispute *dispute)
{
  return dispute->local_time > dispute->remote_time ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
}

static gboolean
value_is (const SyncRow *row, int column, const char *json)
{
  return column >= 0 && sync_span_is (sync_row_get (row, (guint) column), json);
}

/* 0: a priority that nobody ranked. */
static int
priority_rank (const SyncRow *row, int column)
{
  static const char *const ranked[] = { "\"low\"", "\"normal\"", "\"high\"", "\"critical\"" };

  for (guint i = 0; i < G_N_ELEMENTS (ranked); i++)
    if (value_is (row, column, ranked[i]))
      return (int) i + 1;
  return 0;
}

/* Who has read it once does not want to read it again; then the more urgent copy; then the
 * newest. */
static SyncSide
notification_side (const SyncDispute *dispute)
{
  int status = sync_entity_find_column (dispute->entity, "status", -1);
  int priority = sync_entity_find_column (dispute->entity, "priority", -1);
  gboolean local_read, remote_read;
  int local_rank, remote_rank;

  if (dispute->local == NULL || dispute->remote == NULL)
    return newest_side (dispute);
  local_read = value_is (dispute->local, status, "\"read\"");
  remote_read = value_is (dispute->remote, status, "\"read\"");
  if (local_read != remote_read)
    return local_read ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
  local_rank = priority_rank (dispute->local, priority);
  remote_rank = priority_rank (dispute->remote, priority);
  if (local_rank != remote_rank && local_rank != 0 && remote_rank != 0)
    return local_rank > remote_rank ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
  return newest_side (dispute);
}

static void
decide_by_rules (const SyncResolver *resolver, const SyncDispute *dispute, const guint *columns,
                 guint n_columns, SyncSide *sides, SyncRow *result)
{
  SyncSide newest = newest_side (dispute);

  for (guint i = 0; i < n_columns; i++)
    {
      const char *name = dispute->entity->columns[columns[i]].name;
      SyncColumnRule rule
          = (SyncColumnRule) GPOINTER_TO_INT (g_hash_table_lookup (resolver->rules, name));

      sides[i] = sync_column_rule_apply (rule, dispute, columns[i], newest, result);
    }
}

/**
 * sync_resolver_decide:
 * @dispute: what it is about
 * @columns: (array length=n_columns): the columns that changed on both sides, differently
 * @n_columns: how many; 0: the row was deleted on one side and edited on the other
 * @sides: (out caller-allocates) (array): a side for each, at least one element
 * @result: (nullable): the merged row under construction
 * @by: (out) (transfer none): the strategy
 * @data: the [struct@SyncResolver]
 *
 * The policy callback of [func@merge_rows]. Where a row was deleted on one side there is nothing to
 * decide by column, and built-in resolvers and rules go by time; `user-settings` stays local.
 *
 * Returns: %FALSE: a person, or the application, must decide
 */
gboolean
sync_resolver_decide (const SyncDispute *dispute, const guint *columns, guint n_columns,
                      SyncSide *sides, SyncRow *result, const char **by, gpointer data)
{
  const SyncResolver *resolver = data;
  SyncSide side;

  *by = strategy_names[resolver->strategy];
  switch (resolver->strategy)
    {
    case STRATEGY_MANUAL:
    case STRATEGY_CUSTOM:
      return FALSE;
    case STRATEGY_LOCAL:
    case STRATEGY_USER_SETTINGS:
      side = SYNC_SIDE_LOCAL;
      break;
    case STRATEGY_REMOTE:
      side = SYNC_SIDE_REMOTE;
      break;
    case STRATEGY_NOTIFICATIONS:
      side = notification_side (dispute);
      break;
    case STRATEGY_PROJECTS:
    case STRATEGY_RULES:
      if (n_columns > 0)
        {
          decide_by_rules (resolver, dispute, columns, n_columns, sides, result);
          return TRUE;
        }
      side = newest_side (dispute);
      break;
    case STRATEGY_NEWEST:
    default:
      side = newest_side (dispute);
      break;
    }
  for (guint i = 0; i < MAX (n_columns, 1); i++)
    sides[i] = side;
  return TRUE;
}
