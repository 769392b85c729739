/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-run-private.h"

/* Rows that a push did not name and that the pull after it did not explain, and rows to be read again: fetched
 * by key. What looks as if the cloud went back, or ignored a row, is asked once more of the primary before it is
 * believed. */

#define FETCH_ROWS 200

/**
 * Question:
 *
 * Some rows of one entity whose state in the cloud must be known.
 */
typedef struct
{
  SyncRun *run;
  SyncLeg *leg;
  const char *after;    /* ids up to this one had their turn */
  GPtrArray *ids;       /* (owned) (element-type utf8) */
  GBytes *keys;         /* (owned) */
  GBytes *rows;         /* (owned) (nullable) */
  GHashTable *versions; /* (owned) (element-type utf8 gint64): what was fetched */
  gboolean went_back;
  gboolean ignored;     /* a row, as it seems */
  SyncCounts counts;
  GArray *conflicts;    /* (owned) */
} Question;

static void
question_clear (Question *question)
{
  g_clear_pointer (&question->ids, g_ptr_array_unref);
  g_clear_pointer (&question->keys, g_bytes_unref);
  g_clear_pointer (&question->rows, g_bytes_unref);
  g_clear_pointer (&question->versions, g_hash_table_unref);
  g_clear_pointer (&question->conflicts, g_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Question, question_clear)

/* Which rows, and their keys as they travel. */
static gboolean
collect (SyncRun *run, gpointer data, GError **error)
{
  Question *question = data;
  SyncStore *store = sync_run_get_store (run);
  SyncTable *table = sync_store_get_table (store, question->leg->entity, error);
  g_autoptr (GString) keys = g_string_new ("[");

  if (table == NULL)
    return FALSE;
  question->ids = sync_outbox_list_unexplained (store, question->leg->entity, run->first_batch, question->after,
                                                FETCH_ROWS, error);
  if (question->ids == NULL)
    return FALSE;
  for (guint i = 0; i < question->ids->len; i++)
    {
      if (i > 0)
        g_string_append_c (keys, ',');
      if (!sync_table_append_key_json (table, g_ptr_array_index (question->ids, i), keys, error))
        return FALSE;
    }
  g_string_append_c (keys, ']');
  question->keys = g_string_free_to_bytes (g_steal_pointer (&keys));
  return TRUE;
}

/* --- What came -------------------------------------------------------------------------------- */

static gboolean
note_versions (Question *question, SyncTable *table, GError **error)
{
  g_autoptr (SyncRow) row = sync_row_new (question->leg->entity);
  g_autoptr (GString) id = g_string_new (NULL);
  SyncJsonReader reader;

  g_hash_table_remove_all (question->versions);
  sync_json_reader_init (&reader, g_bytes_get_data (question->rows, NULL),
                         g_bytes_get_size (question->rows));
  if (!sync_json_enter_array (&reader))
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, question->leg->entity->name, "Not a list of rows");
      return FALSE;
    }
  while (sync_json_next_element (&reader))
    {
      g_autoptr (GError) refusal = NULL;
      SyncStamps stamps;

      if (!sync_row_parse (row, &reader, &stamps, NULL, &refusal)
          && !g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
        {
          g_propagate_error (error, g_steal_pointer (&refusal));
          return FALSE;
        }
      if (sync_table_row_id (table, row, id))
        g_hash_table_insert (question->versions, g_strdup (id->str),
                             g_memdup2 (&stamps.version, sizeof (gint64)));
    }
  if (reader.fault == NULL)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_PROTOCOL, question->leg->entity->name, "Not JSON: %s", reader.fault);
  return FALSE;
}

static gint64
version_of (const Question *question, const char *id)
{
  const gint64 *version = g_hash_table_lookup (question->versions, id);

  return version != NULL ? *version : 0;
}

/* A row older than known, or gone although no purge can have taken it. */
static gboolean
is_older (const Question *question, const SyncRowState *state, gint64 version)
{
  return state->known && version < state->version && (version > 0 || state->version > question->leg->horizon);
}

/* What was sent is not there, and nothing else that is newer than what it was based on. */
static gboolean
is_ignored (const SyncRowState *state, gint64 version)
{
  return state->sent && !state->refused && state->held_version == 0 && state->conflict == 0
         && version <= (state->known ? state->version : 0);
}

static gboolean
look_back (SyncRun *run, gpointer data, GError **error)
{
  Question *question = data;
  SyncStore *store = sync_run_get_store (run);
  SyncTable *table = sync_store_get_table (store, question->leg->entity, error);

  if (table == NULL || !note_versions (question, table, error))
    return FALSE;
  question->went_back = question->ignored = FALSE;
  for (guint i = 0; i < question->ids->len && !question->went_back; i++)
    {
      const char *id = g_ptr_array_index (question->ids, i);
      g_auto (SyncRowState) state = { 0 };
      gint64 version = version_of (question, id);

      if (!sync_ledger_load (store, question->leg->entity, id, &state, error))
        return FALSE;
      question->went_back = is_older (question, &state, version);
      question->ignored = question->ignored || is_ignored (&state, version);
    }
  return TRUE;
}

static gboolean
fetch (Question *question, gboolean strong, GError **error)
{
  SyncRun *run = question->run;

  g_clear_pointer (&question->rows, g_bytes_unref);
  question->rows = sync_call_finish_bytes (
      sync_call_fetch (run->setup->provider, run->setup->context, question->leg->entity, question->keys,
                       strong, run->setup->cancellable),
      error);
  return question->rows != NULL && sync_run_step (run, look_back, question, error);
}

/* --- Verdicts ----------------------------------------------------------------------------------- */

static gboolean
refuse_ignored (SyncStore *store, Question *question, const char *id, GError **error)
{
  g_autoptr (GError) reason
      = sync_error_new (SYNC_ERROR_ROW_REFUSED, question->leg->entity->name, "The server ignored the row");

  sync_error_set_reason (reason, "ignored", 0);
  if (!sync_outbox_refuse_row (store, question->leg->entity, id, reason, TRUE, error))
    return FALSE;
  if (sync_connection_changes (sync_store_get_connection (store)) == 0)
    return TRUE;
  question->counts.refused++;
  return sync_run_trace_refused (question->run, question->leg->entity, id, error);
}

/* Newer rows went through the merge already. Still unsettled at the same version: the server ignored it. */
static gboolean
judge (SyncStore *store, Question *question, const char *id, GError **error)
{
  SyncLeg *leg = question->leg;
  g_auto (SyncRowState) state = { 0 };

  if (!sync_ledger_load (store, leg->entity, id, &state, error))
    return FALSE;
  if (version_of (question, id) == 0 && state.known && state.version > 0 && state.version <= leg->horizon)
    return sync_store_apply_purged (store, leg->entity, id, &leg->policy, &question->counts,
                                    question->conflicts, error);
  if (state.reread && version_of (question, id) == 0
      && !sync_ledger_set_reread (store, leg->entity, id, FALSE, error))
    return FALSE;
  if (!state.sent || state.refused || state.held_version != 0 || state.conflict != 0)
    return TRUE;
  return refuse_ignored (store, question, id, error);
}

static gboolean
judge_all (SyncRun *run, gpointer data, GError **error)
{
  Question *question = data;

  for (guint i = 0; i < question->ids->len; i++)
    {
      if (!judge (sync_run_get_store (run), question, g_ptr_array_index (question->ids, i), error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
apply_fetched (Question *question, GError **error)
{
  SyncRun *run = question->run;
  g_autoptr (SyncApply) apply = sync_apply_new (run->setup->store, question->leg->entity, question->rows,
                                                SYNC_APPLY_FETCH, 0, &question->leg->policy);
  gboolean good = TRUE;

  while (good && !sync_apply_is_done (apply))
    good = sync_worker_call (sync_store_get_worker (run->setup->store), sync_apply_slices, apply,
                             run->setup->cancellable, error);
  sync_run_take_news (run, question->leg, sync_apply_get_counts (apply), sync_apply_get_conflicts (apply));
  return good;
}

/* The rows behind *after, which moves on; NULL when there are no more. */
static gboolean
explain_some (SyncRun *run, SyncLeg *leg, char **after, GError **error)
{
  g_autofree char *begin = g_steal_pointer (after);
  g_auto (Question) question = { .run = run, .leg = leg, .after = begin };
  gboolean good;

  question.versions = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  question.conflicts = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (!sync_run_step (run, collect, &question, error))
    return FALSE;
  if (question.ids->len == 0)
    return TRUE;
  if (question.ids->len == FETCH_ROWS)
    *after = g_strdup (g_ptr_array_index (question.ids, FETCH_ROWS - 1));
  if (!sync_run_ensure_history (run, error) || !fetch (&question, FALSE, error)
      || ((question.went_back || question.ignored) && !fetch (&question, TRUE, error)))
    return FALSE;
  if (question.went_back)
    return sync_run_reset (run, "went-back", error);
  run->explained = TRUE;
  good = apply_fetched (&question, error) && sync_run_step (run, judge_all, &question, error);
  sync_run_take_news (run, leg, &question.counts, question.conflicts);
  return good;
}

/**
 * sync_run_explain_all:
 * @run: a run
 * @error: the provider's or the store's
 *
 * Finds out about every row that a push of this run did not settle.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_run_explain_all (SyncRun *run,
                      GError **error)
{
  run->explained = FALSE;
  for (guint i = 0; i < run->legs->len; i++)
    {
      g_autofree char *after = g_strdup ("");

      while (after != NULL)
        {
          if (sync_run_is_cancelled (run, error)
              || !explain_some (run, g_ptr_array_index (run->legs, i), &after, error))
            return FALSE;
          if (run->restart)
            return TRUE;
        }
    }
  return TRUE;
}
