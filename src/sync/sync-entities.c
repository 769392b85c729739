/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include "sync-manager-private.h"
#include "sync-resolver.h"
#include "sync-stats-store.h"
#include "sync-verb.h"

/**
 * SyncEntities:
 *
 * What is synced: the tables, whether they take part, and who decides their conflicts.
 */
struct _SyncEntities
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncEntities, sync_entities, G_TYPE_OBJECT)

typedef struct
{
  char *name;
  int enabled;
  char *strategy;
  char *rules;
} Configuration;

static void
configuration_free (gpointer data)
{
  Configuration *configuration = data;

  g_free (configuration->name);
  g_free (configuration->strategy);
  g_free (configuration->rules);
  g_free (configuration);
}

static gboolean
list_statuses (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  if (!sync_store_reload_if_changed (store, error))
    return FALSE;
  *answer = sync_store_list_entity_status (store, error);
  return *answer != NULL;
}

static gboolean
list_others (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  *answer = sync_store_list_other_tables (store, error);
  return *answer != NULL;
}

/* The store keeps what it is given: whether it makes sense for the entity is known here. */
static gboolean
check_policy (SyncStore *store, const Configuration *configuration, GError **error)
{
  const SyncEntity *entity = sync_store_find_entity (store, configuration->name);
  g_autoptr (SyncResolver) strategy = NULL, rules = NULL;

  g_assert (entity != NULL);

  strategy = sync_resolver_new (entity->strategy, NULL, error);
  if (strategy == NULL)
    return FALSE;
  if (configuration->rules == NULL)
    return TRUE;
  rules = sync_resolver_new ("rules", configuration->rules, error);
  return rules != NULL && sync_resolver_check_entity (rules, entity, error);
}

static gboolean
configure (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Configuration *configuration = data;
  SyncConnection *connection = sync_store_get_connection (store);

  if (!sync_connection_begin (connection, error))
    return FALSE;
  if (sync_store_configure_entity (store, configuration->name, configuration->enabled,
                                   configuration->strategy, configuration->rules, error)
      && check_policy (store, configuration, error) && sync_connection_commit (connection, error))
    return TRUE;
  /* What the registry has read of it is undone as well. */
  sync_connection_rollback (connection);
  sync_store_reload (store, NULL);
  return FALSE;
}

static void
tell_manager (gpointer source, gpointer answer)
{
  SyncEntities *self = SYNC_ENTITIES (source);

  sync_manager_changed (self->manager);
}

static const SyncVerb list_verb = {
  .func = list_statuses,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb list_others_verb = {
  .func = list_others,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb configure_verb = {
  .func = configure,
  .free_arguments = configuration_free,
  .done = tell_manager,
  .lasts = TRUE,
};

static void
sync_entities_dispose (GObject *object)
{
  SyncEntities *self = SYNC_ENTITIES (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_entities_parent_class)->dispose (object);
}

static void
sync_entities_class_init (SyncEntitiesClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_entities_dispose;
}

static void
sync_entities_init (SyncEntities *self)
{
}

/**
 * sync_entities_new: (constructor)
 * @manager: whose entities
 *
 * Returns: (transfer full): the entities
 */
SyncEntities *
sync_entities_new (SyncManager *manager)
{
  SyncEntities *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_ENTITIES, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

/**
 * sync_entities_list_async:
 * @entities: the entities
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists them, parents first, with how they stand.
 */
void
sync_entities_list_async (SyncEntities *entities, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_ENTITIES (entities));

  sync_verb_start (&list_verb, entities, sync_manager_get_store (entities->manager), NULL,
                   cancellable, callback, user_data);
}

/**
 * sync_entities_list_finish:
 * @entities: the entities
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncEntityStatus): they and how they stand
 */
GPtrArray *
sync_entities_list_finish (SyncEntities *entities, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_verb, entities, result, &list, error) ? list : NULL;
}

/**
 * sync_entities_list_others_async:
 * @entities: the entities
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists the tables of the file that are not synced.
 */
void
sync_entities_list_others_async (SyncEntities *entities, GCancellable *cancellable,
                                 GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_ENTITIES (entities));

  sync_verb_start (&list_others_verb, entities, sync_manager_get_store (entities->manager), NULL,
                   cancellable, callback, user_data);
}

/**
 * sync_entities_list_others_finish:
 * @entities: the entities
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type utf8): their names; %NULL with @error set
 */
GPtrArray *
sync_entities_list_others_finish (SyncEntities *entities, GAsyncResult *result, GError **error)
{
  gpointer answer = NULL;

  sync_verb_finish (&list_others_verb, entities, result, &answer, error);
  return answer;
}

/**
 * sync_entities_configure_async:
 * @entities: the entities
 * @name: an entity, or a table that becomes one by enabling it
 * @enabled: 1, 0, or -1: as it is
 * @strategy: (nullable): who decides conflicts; %NULL: as it is
 * @rules: (nullable): for the strategy `rules`, a JSON object column → rule; %NULL: as they are
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Changes how an entity is synced; all of it or nothing.
 */
void
sync_entities_configure_async (SyncEntities *entities, const char *name, int enabled,
                               const char *strategy, const char *rules, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  Configuration *configuration;

  g_return_if_fail (SYNC_IS_ENTITIES (entities));
  g_return_if_fail (name != NULL);

  configuration = g_new0 (Configuration, 1);
  configuration->name = g_strdup (name);
  configuration->enabled = enabled;
  configuration->strategy = g_strdup (strategy);
  configuration->rules = g_strdup (rules);
  sync_verb_start (&configure_verb, entities, sync_manager_get_store (entities->manager),
                   configuration, cancellable, callback, user_data);
}

/**
 * sync_entities_configure_finish:
 * @entities: the entities
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: no such entity; SYNC_ERROR_NO_TABLE,
 *   _NO_KEY: it cannot become one; SYNC_ERROR_INVALID: the subject is an unknown strategy, rule or
 *   column
 */
gboolean
sync_entities_configure_finish (SyncEntities *entities, GAsyncResult *result, GError **error)
{
  return sync_verb_finish (&configure_verb, entities, result, NULL, error);
}
