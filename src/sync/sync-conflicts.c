/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-lists.h"

#include <string.h>

#include "sync-comparison.h"
#include "sync-conflict-store.h"
#include "sync-manager-private.h"
#include "sync-resolve.h"
#include "sync-verb.h"

/**
 * SyncConflicts:
 *
 * What a person must decide, and the record of what was decided or taken away.
 */
struct _SyncConflicts
{
  GObject parent_instance;

  SyncManager *manager; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncConflicts, sync_conflicts, G_TYPE_OBJECT)

/* What the verbs are started with; each uses some of it. */
typedef struct
{
  gboolean records;
  guint offset;
  guint limit;
  gint64 number;
  GArray *numbers;        /* (owned) (nullable) (element-type gint64) */
  SyncConflict *conflict; /* (owned) (nullable): as it was shown, or what others must be like */
  char *choice;
  GStrv fields;
} Arguments;

static void
arguments_free (gpointer data)
{
  Arguments *arguments = data;

  g_clear_pointer (&arguments->numbers, g_array_unref);
  sync_conflict_free (arguments->conflict);
  g_free (arguments->choice);
  g_strfreev (arguments->fields);
  g_free (arguments);
}

/* --- On the worker's thread ------------------------------------------------------------------- */

static gboolean
list_conflicts (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_list_conflicts (store, arguments->records, arguments->offset,
                                       arguments->limit, error);
  return *answer != NULL;
}

static gboolean
get_conflict (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_get_conflict (store, arguments->number, error);
  return *answer != NULL;
}

static gboolean
compare_conflict (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  *answer = sync_store_compare_conflict (store, arguments->number, error);
  return *answer != NULL;
}

static gboolean
resolve (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;

  return sync_store_resolve_conflict (store, arguments->number, arguments->conflict,
                                      arguments->choice, (const char *const *) arguments->fields,
                                      error);
}

static gboolean
is_like (const SyncConflict *conflict, const SyncConflict *like)
{
  return like == NULL
         || ((like->entity == NULL || g_strcmp0 (like->entity, conflict->entity) == 0)
             && (like->kind == NULL || g_strcmp0 (like->kind, conflict->kind) == 0));
}

/* One conflict that cannot be resolved that way does not keep the others from it; it stays open. */
static gboolean
resolve_all (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;
  g_autoptr (GPtrArray) conflicts = sync_store_list_conflicts (store, FALSE, 0, 0, error);
  g_autoptr (GArray) resolved = g_array_new (FALSE, FALSE, sizeof (gint64));
  g_autoptr (GError) first = NULL;

  if (conflicts == NULL)
    return FALSE;
  for (guint i = 0; i < conflicts->len; i++)
    {
      const SyncConflict *conflict = g_ptr_array_index (conflicts, i);
      g_autoptr (GError) problem = NULL;

      if (!is_like (conflict, arguments->conflict))
        continue;
      if (sync_store_resolve_conflict (store, conflict->number, conflict, arguments->choice, NULL,
                                       &problem))
        g_array_append_val (resolved, conflict->number);
      else if (first == NULL)
        first = g_steal_pointer (&problem);
    }
  if (resolved->len == 0 && first != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&first));
      return FALSE;
    }
  *answer = g_steal_pointer (&resolved);
  return TRUE;
}

/* One that cannot be undone does not keep the others from it. */
static gboolean
undo (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  const Arguments *arguments = data;
  gboolean good = TRUE;

  for (guint i = 0; i < arguments->numbers->len; i++)
    {
      g_autoptr (GError) problem = NULL;

      if (sync_store_undo_conflict (store, g_array_index (arguments->numbers, gint64, i), &problem))
        continue;
      if (good)
        g_propagate_error (error, g_steal_pointer (&problem));
      good = FALSE;
    }
  return good;
}

static void
tell_manager (gpointer source, gpointer answer)
{
  SyncConflicts *self = SYNC_CONFLICTS (source);

  sync_manager_changed (self->manager);
}

static const SyncVerb list_verb = {
  .func = list_conflicts,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) g_ptr_array_unref,
};
static const SyncVerb get_verb = {
  .func = get_conflict,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) sync_conflict_free,
};
static const SyncVerb compare_verb = {
  .func = compare_conflict,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) sync_comparison_free,
};
static const SyncVerb resolve_verb = {
  .func = resolve,
  .free_arguments = arguments_free,
  .done = tell_manager,
  .lasts = TRUE,
};
static const SyncVerb resolve_all_verb = {
  .func = resolve_all,
  .free_arguments = arguments_free,
  .free_answer = (GDestroyNotify) g_array_unref,
  .done = tell_manager,
  .lasts = TRUE,
};
static const SyncVerb undo_verb = {
  .func = undo,
  .free_arguments = arguments_free,
  .done = tell_manager,
  .lasts = TRUE,
};

/* --- The object ------------------------------------------------------------------------------- */

static void
sync_conflicts_dispose (GObject *object)
{
  SyncConflicts *self = SYNC_CONFLICTS (object);

  g_clear_object (&self->manager);

  G_OBJECT_CLASS (sync_conflicts_parent_class)->dispose (object);
}

static void
sync_conflicts_class_init (SyncConflictsClass *class)
{
  G_OBJECT_CLASS (class)->dispose = sync_conflicts_dispose;
}

static void
sync_conflicts_init (SyncConflicts *self)
{
}

/**
 * sync_conflicts_new: (constructor)
 * @manager: whose conflicts
 *
 * Returns: (transfer full): the conflicts
 */
SyncConflicts *
sync_conflicts_new (SyncManager *manager)
{
  SyncConflicts *self;

  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  self = g_object_new (SYNC_TYPE_CONFLICTS, NULL);
  self->manager = g_object_ref (manager);
  return self;
}

static void
start (SyncConflicts *self, const SyncVerb *verb, Arguments arguments, GCancellable *cancellable,
       GAsyncReadyCallback callback, gpointer user_data)
{
  Arguments *copy = g_memdup2 (&arguments, sizeof arguments);

  copy->conflict = arguments.conflict != NULL ? sync_conflict_copy (arguments.conflict) : NULL;
  copy->numbers = arguments.numbers != NULL ? g_array_ref (arguments.numbers) : NULL;
  copy->choice = g_strdup (arguments.choice);
  copy->fields = g_strdupv (arguments.fields);
  sync_verb_start (verb, self, sync_manager_get_store (self->manager), copy, cancellable, callback,
                   user_data);
}

static gboolean
is_choice (const char *choice)
{
  return strcmp (choice, "local") == 0 || strcmp (choice, "remote") == 0
         || strcmp (choice, "both") == 0;
}

static GError *
choice_error (const char *choice)
{
  return sync_error_new (SYNC_ERROR_INVALID, choice,
                         "A conflict is resolved by local, remote or both");
}

/**
 * sync_conflicts_list_async:
 * @conflicts: the conflicts
 * @records: %FALSE: the open ones, oldest first; %TRUE: what was decided or taken away in the last
 *   30 days, newest first
 * @offset: how many to leave out
 * @limit: how many at most; 0: all
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Lists conflicts or records.
 */
void
sync_conflicts_list_async (SyncConflicts *conflicts, gboolean records, guint offset, guint limit,
                           GCancellable *cancellable, GAsyncReadyCallback callback,
                           gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));

  start (conflicts, &list_verb, (Arguments){ .records = records, .offset = offset, .limit = limit },
         cancellable, callback, user_data);
}

/**
 * sync_conflicts_list_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (element-type SyncConflict): they
 */
GPtrArray *
sync_conflicts_list_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error)
{
  gpointer list = NULL;

  return sync_verb_finish (&list_verb, conflicts, result, &list, error) ? list : NULL;
}

/**
 * sync_conflicts_get_async:
 * @conflicts: the conflicts
 * @number: a conflict or record
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads one.
 */
void
sync_conflicts_get_async (SyncConflicts *conflicts, gint64 number, GCancellable *cancellable,
                          GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));

  start (conflicts, &get_verb, (Arguments){ .number = number }, cancellable, callback, user_data);
}

/**
 * sync_conflicts_get_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): it; %NULL with @error set: SYNC_ERROR_NOT_FOUND: there is none of that
 *   number
 */
SyncConflict *
sync_conflicts_get_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error)
{
  gpointer conflict = NULL;

  return sync_verb_finish (&get_verb, conflicts, result, &conflict, error) ? conflict : NULL;
}

/**
 * sync_conflicts_compare_async:
 * @conflicts: the conflicts
 * @number: a conflict or record
 * @cancellable: (nullable): cancels it
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Reads one column by column, with what the strategy would do.
 */
void
sync_conflicts_compare_async (SyncConflicts *conflicts, gint64 number, GCancellable *cancellable,
                              GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));

  start (conflicts, &compare_verb, (Arguments){ .number = number }, cancellable, callback, user_data);
}

/**
 * sync_conflicts_compare_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full): it; %NULL with @error set: SYNC_ERROR_NOT_FOUND: there is none of that
 *   number, or its table is not synced any more
 */
SyncComparison *
sync_conflicts_compare_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error)
{
  gpointer comparison = NULL;

  return sync_verb_finish (&compare_verb, conflicts, result, &comparison, error) ? comparison : NULL;
}

/**
 * sync_conflicts_resolve_async:
 * @conflicts: the conflicts
 * @number: an open conflict
 * @expected: (nullable): the conflict as it was shown
 * @choice: `local`, `remote` or `both`
 * @fields: (nullable) (array zero-terminated=1): columns that differ from the choice: `COL=local`,
 *   `COL=remote` or `COL:=JSON`
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Decides a conflict. The row becomes what was chosen, and what was not chosen stays in the record.
 */
void
sync_conflicts_resolve_async (SyncConflicts *conflicts, gint64 number, const SyncConflict *expected,
                              const char *choice, const char *const *fields,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));
  g_return_if_fail (choice != NULL);

  if (!is_choice (choice))
    sync_verb_fail (&resolve_verb, conflicts, choice_error (choice), cancellable, callback,
                    user_data);
  else
    start (conflicts, &resolve_verb,
           (Arguments){ .number = number,
                        .conflict = (SyncConflict *) expected,
                        .choice = (char *) choice,
                        .fields = (GStrv) fields },
           cancellable, callback, user_data);
}

/**
 * sync_conflicts_resolve_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set: SYNC_ERROR_NOT_FOUND: no such open conflict; SYNC_ERROR_STALE: a
 *   side changed since it was shown; SYNC_ERROR_INVALID: the choice or a field makes no sense;
 *   SYNC_ERROR_UNFIT: the table does not take what was decided
 */
gboolean
sync_conflicts_resolve_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error)
{
  return sync_verb_finish (&resolve_verb, conflicts, result, NULL, error);
}

/**
 * sync_conflicts_resolve_all_async:
 * @conflicts: the conflicts
 * @like: (nullable): only those of its entity and kind, as far as it names them
 * @choice: `local`, `remote` or `both`
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Decides every open conflict in the same way. Those that cannot be decided that way stay open.
 */
void
sync_conflicts_resolve_all_async (SyncConflicts *conflicts, const SyncConflict *like,
                                  const char *choice, GCancellable *cancellable,
                                  GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));
  g_return_if_fail (choice != NULL);

  if (!is_choice (choice))
    sync_verb_fail (&resolve_all_verb, conflicts, choice_error (choice), cancellable, callback,
                    user_data);
  else
    start (conflicts, &resolve_all_verb,
           (Arguments){ .conflict = (SyncConflict *) like, .choice = (char *) choice }, cancellable,
           callback, user_data);
}

/**
 * sync_conflicts_resolve_all_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @numbers: (out) (optional) (transfer full) (element-type gint64): which, for undoing them
 * @error: where to put an error
 *
 * Returns: how many were decided; -1 with @error set if none could be
 */
gssize
sync_conflicts_resolve_all_finish (SyncConflicts *conflicts, GAsyncResult *result, GArray **numbers,
                                   GError **error)
{
  g_autoptr (GArray) resolved = NULL;
  gpointer answer = NULL;
  gssize count;

  if (!sync_verb_finish (&resolve_all_verb, conflicts, result, &answer, error))
    return -1;
  resolved = answer;
  count = (gssize) resolved->len;
  if (numbers != NULL)
    *numbers = g_steal_pointer (&resolved);
  return count;
}

/**
 * sync_conflicts_undo_async:
 * @conflicts: the conflicts
 * @numbers: (element-type gint64): records
 * @cancellable: (nullable): prevents it as long as it has not begun
 * @callback: called when it is done
 * @user_data: for @callback
 *
 * Puts back what resolutions or records took away, as new local changes.
 */
void
sync_conflicts_undo_async (SyncConflicts *conflicts, GArray *numbers, GCancellable *cancellable,
                           GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (SYNC_IS_CONFLICTS (conflicts));
  g_return_if_fail (numbers != NULL);

  start (conflicts, &undo_verb, (Arguments){ .numbers = numbers }, cancellable, callback, user_data);
}

/**
 * sync_conflicts_undo_finish:
 * @conflicts: the conflicts
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: %FALSE with @error set if one was not undone: SYNC_ERROR_NOT_FOUND: no such record;
 *   SYNC_ERROR_CONSTRAINT: the table refused the row
 */
gboolean
sync_conflicts_undo_finish (SyncConflicts *conflicts, GAsyncResult *result, GError **error)
{
  if (sync_verb_finish (&undo_verb, conflicts, result, NULL, error))
    return TRUE;
  /* Others may have been. */
  sync_manager_changed (conflicts->manager);
  return FALSE;
}
