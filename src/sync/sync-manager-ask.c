/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-conflict-store.h"
#include "sync-json.h"
#include "sync-manager-private.h"
#include "sync-resolve.h"
#include "sync-verb.h"

/* Conflicts that a run left open are told, and resolvers that may answer later are asked. */

/**
 * Asking:
 *
 * Conflicts on their way from a run to whoever decides them.
 */
typedef struct
{
  SyncManager *manager;
  GArray *numbers; /* (element-type gint64) */
  SyncResolverFunc resolver;
  gpointer resolver_data;
} Asking;

static void
asking_free (Asking *asking)
{
  g_object_unref (asking->manager);
  g_array_unref (asking->numbers);
  g_free (asking);
}

static gboolean
load_conflicts (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  Asking *asking = arguments;
  GPtrArray *all = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_conflict_free);

  *answer = all;
  for (guint i = 0; i < asking->numbers->len; i++)
    {
      SyncConflict *conflict
          = sync_store_get_conflict (store, g_array_index (asking->numbers, gint64, i), NULL);

      if (conflict != NULL)
        g_ptr_array_add (all, conflict);
    }
  return TRUE;
}

static const SyncVerb load_verb = {
  .func = load_conflicts,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};

/**
 * Resolver:
 *
 * Whom one run asked, instead of the manager's resolver.
 */
typedef struct
{
  SyncResolverFunc func;
  gpointer data;
} Resolver;

/* (element-type gint64 Resolver): by conflict, so that whoever answers too late is the one who is asked again */
static GHashTable *
resolvers_of_runs (SyncManager *manager)
{
  GHashTable *resolvers = g_object_get_data (G_OBJECT (manager), "sync-resolvers-of-runs");

  if (resolvers == NULL)
    {
      resolvers = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_free);
      g_object_set_data_full (G_OBJECT (manager), "sync-resolvers-of-runs", resolvers,
                              (GDestroyNotify) g_hash_table_unref);
    }
  return resolvers;
}

static void
ask_resolver (Asking *asking, const SyncConflict *conflict)
{
  SyncManager *self = asking->manager;
  Resolver resolver = { asking->resolver, asking->resolver_data };
  Resolver *known = g_hash_table_lookup (resolvers_of_runs (self), &conflict->number);

  if (resolver.func != NULL)
    g_hash_table_insert (resolvers_of_runs (self), g_memdup2 (&conflict->number, sizeof (gint64)),
                         g_memdup2 (&resolver, sizeof (resolver)));
  else if (known != NULL)
    resolver = *known;
  if (resolver.func != NULL)
    resolver.func (self, conflict, resolver.data);
  else if (self->resolver != NULL)
    self->resolver (self, conflict, self->resolver_data);
}

static void
conflicts_loaded (GObject *source, GAsyncResult *result, gpointer data)
{
  Asking *asking = data;
  gpointer answer = NULL;

  if (sync_verb_finish (&load_verb, source, result, &answer, NULL))
    {
      g_autoptr (GPtrArray) all = answer;

      for (guint i = 0; i < all->len; i++)
        {
          SyncConflict *conflict = g_ptr_array_index (all, i);

          if (!g_str_equal (conflict->state, "open"))
            continue;
          g_signal_emit_by_name (source, "conflict-detected", conflict);
          ask_resolver (asking, conflict);
        }
    }
  asking_free (asking);
}

/**
 * sync_manager_ask:
 * @manager: a manager
 * @numbers: (element-type gint64): conflicts
 * @resolver: (nullable): whom to ask, instead of the manager's resolver
 * @resolver_data: for @resolver
 *
 * Tells of each conflict that is still open, and asks the resolver.
 */
void
sync_manager_ask (SyncManager *manager,
                  GArray *numbers,
                  SyncResolverFunc resolver,
                  gpointer resolver_data)
{
  Asking *asking = g_new0 (Asking, 1);

  asking->manager = g_object_ref (manager);
  asking->numbers = g_array_copy (numbers);
  asking->resolver = resolver;
  asking->resolver_data = resolver_data;
  sync_verb_start (&load_verb, manager, manager->store, asking, manager->cancellable, conflicts_loaded,
                   asking);
}

/* --- Resolvers that answer later ---------------------------------------------------------------- */

/**
 * Answer:
 *
 * What a resolver said about a conflict as it was shown.
 */
typedef struct
{
  SyncConflict *conflict; /* (owned) */
  char *choice;           /* (owned) */
  char *row;              /* (owned) (nullable): columns that differ from the choice, a JSON object */
} Answer;

static void
answer_free (Answer *answer)
{
  sync_conflict_free (answer->conflict);
  g_free (answer->choice);
  g_free (answer->row);
  g_free (answer);
}

/* Every column of the row that the resolver made, as if edited by hand. A whole row has its key, too, which stays
 * as it is. */
static GStrv
fields_of (const char *row, const SyncEntity *entity)
{
  g_autoptr (GStrvBuilder) fields = g_strv_builder_new ();
  SyncJsonReader reader;
  SyncSpan name, value;

  sync_json_reader_init (&reader, row, strlen (row));
  if (!sync_json_enter_object (&reader))
    return g_strv_builder_end (fields);
  while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
    {
      g_autofree char *column = sync_json_dup_name (name);
      g_autofree char *field = g_strdup_printf ("%s:=%.*s", column, (int) value.length, value.text);
      int index = sync_entity_find_column (entity, column, -1);

      if (index < 0 || (guint) index >= entity->n_keys)
        g_strv_builder_add (fields, field);
    }
  return g_strv_builder_end (fields);
}

static gboolean
give_answer (SyncStore *store, gpointer arguments, gpointer *result, GError **error)
{
  Answer *answer = arguments;
  SyncEntity *entity = sync_store_find_entity (store, answer->conflict->entity);
  g_auto (GStrv) fields = entity != NULL && answer->row != NULL ? fields_of (answer->row, entity) : NULL;

  return sync_store_resolve_conflict (store, answer->conflict->number, answer->conflict, answer->choice,
                                      (const char *const *) fields, error);
}

static const SyncVerb answer_verb = { .func = give_answer, .free_arguments = (GDestroyNotify) answer_free };

/* What changed meanwhile is asked again. */
static void
answer_given (GObject *source, GAsyncResult *result, gpointer data)
{
  SyncManager *self = SYNC_MANAGER (source);
  g_autoptr (GError) error = NULL;
  gint64 number = GPOINTER_TO_SIZE (data);
  g_autoptr (GArray) numbers = NULL;

  if (sync_verb_finish (&answer_verb, self, result, NULL, &error)
      || !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_STALE))
    {
      sync_manager_changed (self);
      return;
    }
  numbers = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_array_append_val (numbers, number);
  sync_manager_ask (self, numbers, NULL, NULL);
}

/**
 * sync_manager_answer:
 * @manager: the manager that asked
 * @conflict: the conflict as it was given to the resolver
 * @choice: `local`, `remote` or `both`
 * @row_json: (nullable): a JSON object of columns that differ from that choice
 *
 * A resolver's answer, at once or later. It is applied only if neither side changed meanwhile, else the resolver
 * is asked again.
 */
void
sync_manager_answer (SyncManager *manager,
                     const SyncConflict *conflict,
                     const char *choice,
                     const char *row_json)
{
  Answer *answer;

  g_return_if_fail (SYNC_IS_MANAGER (manager));
  g_return_if_fail (conflict != NULL && choice != NULL);

  answer = g_new0 (Answer, 1);
  answer->conflict = sync_conflict_copy (conflict);
  answer->choice = g_strdup (choice);
  answer->row = g_strdup (row_json);
  sync_verb_start (&answer_verb, manager, manager->store, answer, manager->cancellable, answer_given,
                   GSIZE_TO_POINTER ((gsize) conflict->number));
}

/**
 * sync_manager_set_resolver:
 * @manager: a manager
 * @resolver: (nullable) (scope notified): asked about the conflicts of entities whose strategy is `custom`
 * @user_data: for @resolver
 * @destroy: (nullable): frees @user_data
 */
void
sync_manager_set_resolver (SyncManager *manager,
                           SyncResolverFunc resolver,
                           gpointer user_data,
                           GDestroyNotify destroy)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  if (manager->resolver_destroy != NULL)
    manager->resolver_destroy (manager->resolver_data);
  manager->resolver = resolver;
  manager->resolver_data = user_data;
  manager->resolver_destroy = destroy;
}

