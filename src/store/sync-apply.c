/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-apply-private.h"

#include "sync-store-private.h"

/* A slice aims at this long, and halves when one took over twice as long, commit included. */
#define SLICE_BUDGET (20 * 1000)
#define SLICE_LIMIT (2 * SLICE_BUDGET)
#define SLICE_MINIMUM (SLICE_BUDGET / 16)

/**
 * sync_apply_new:
 * @store: the store
 * @entity: whose rows these are
 * @page: a JSON array of rows, as SyncProvider's pull and fetch give it
 * @mode: what the page is
 * @since: for a page in order: the version that all of its rows must be above
 * @policy: how to treat them; copied
 *
 * Returns: (transfer full): to be run by sync_apply_slices() until it is done
 */
SyncApply *
sync_apply_new (SyncStore *store,
                const SyncEntity *entity,
                GBytes *page,
                SyncApplyMode mode,
                gint64 since,
                const SyncApplyPolicy *policy)
{
  SyncApply *apply = g_new0 (SyncApply, 1);

  apply->store = g_object_ref (store);
  apply->entity = sync_entity_ref ((SyncEntity *) entity);
  apply->page = g_bytes_ref (page);
  apply->mode = mode;
  apply->policy = *policy;
  apply->policy.device = g_strdup (policy->device);
  apply->last_version = since;
  apply->max_rows = G_MAXUINT;
  apply->budget = SLICE_BUDGET;
  apply->conflicts = g_array_new (FALSE, FALSE, sizeof (gint64));
  apply->unlike = g_ptr_array_new_with_free_func (g_free);
  apply->unlike_rows = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_row_free);
  sync_trail_init (&apply->trail);
  apply->remote = sync_row_new (apply->entity);
  apply->local = sync_row_new (apply->entity);
  apply->base = sync_row_new (apply->entity);
  apply->merged = sync_row_new (apply->entity);
  apply->id = g_string_new (NULL);
  apply->json = g_string_new (NULL);
  apply->disputed = g_array_new (FALSE, FALSE, sizeof (guint));
  sync_json_reader_init (&apply->reader, g_bytes_get_data (page, NULL), g_bytes_get_size (page));
  return apply;
}

void
sync_apply_free (SyncApply *apply)
{
  g_clear_object (&apply->store);
  g_clear_pointer (&apply->page, g_bytes_unref);
  g_clear_pointer (&apply->policy.device, g_free);
  g_clear_pointer (&apply->conflicts, g_array_unref);
  g_clear_pointer (&apply->references, g_array_unref);
  g_clear_pointer (&apply->unlike, g_ptr_array_unref);
  g_clear_pointer (&apply->unlike_rows, g_ptr_array_unref);
  g_clear_pointer (&apply->hold_reason, g_free);
  g_clear_pointer (&apply->hold_detail, g_free);
  sync_trail_clear (&apply->trail);
  sync_apply_free_kept (apply);
  g_clear_pointer (&apply->remote, sync_row_free);
  g_clear_pointer (&apply->local, sync_row_free);
  g_clear_pointer (&apply->base, sync_row_free);
  g_clear_pointer (&apply->merged, sync_row_free);
  g_string_free (apply->id, TRUE);
  g_string_free (apply->json, TRUE);
  g_array_unref (apply->disputed);
  g_clear_pointer (&apply->entity, sync_entity_unref);
  g_free (apply);
}

gboolean
sync_apply_is_done (SyncApply *apply)
{
  return apply->done;
}

guint
sync_apply_get_n_rows (SyncApply *apply)
{
  return apply->n_rows;
}

gint64
sync_apply_get_last_version (SyncApply *apply)
{
  return apply->last_version;
}

const SyncCounts *
sync_apply_get_counts (SyncApply *apply)
{
  return &apply->counts;
}

GArray *
sync_apply_get_conflicts (SyncApply *apply)
{
  return apply->conflicts;
}

/* --- One row of the page ------------------------------------------------------------------------ */

static gboolean
protocol_error (SyncApply *apply, GError **error, const char *what)
{
  sync_error_set (error, SYNC_ERROR_PROTOCOL, apply->entity->name,
                  "The cloud's answer for %s cannot be right: %s", apply->entity->name, what);
  return FALSE;
}

/* Positions at the next row. *more FALSE: the page has no more. */
static gboolean
find_next_row (SyncApply *apply, gboolean *more, GError **error)
{
  if (!apply->entered)
    {
      if (!sync_json_enter_array (&apply->reader))
        return protocol_error (apply, error, "not a list");
      apply->entered = TRUE;
    }
  *more = sync_json_next_element (&apply->reader);
  if (!*more && (apply->reader.fault != NULL || !sync_json_at_end (&apply->reader)))
    return protocol_error (apply, error, "not JSON");
  return TRUE;
}

static gboolean
check_version (SyncApply *apply, const SyncStamps *stamps, GError **error)
{
  if (stamps->version <= 0)
    return protocol_error (apply, error, "a row without a version");
  if (apply->mode != SYNC_APPLY_FETCH && stamps->version <= apply->last_version)
    return protocol_error (apply, error, "versions that do not rise");
  return TRUE;
}

static SyncApplied
apply_parsed (SyncApply *apply, SyncIncoming *incoming, SyncSpan unknown, GError *refusal, GError **error)
{
  g_autofree char *column = NULL;

  if (refusal != NULL)
    return sync_apply_hold_for_error (apply, incoming, refusal, error);
  if (unknown.length > 0)
    {
      column = g_strndup (unknown.text, unknown.length);
      return sync_apply_hold (apply, incoming, "column", column, error);
    }
  if (apply->hold_next != NULL)
    return sync_apply_hold (apply, incoming, apply->hold_next, NULL, error);
  return sync_apply_row (apply, incoming, error);
}

/* What is known of the row decides. */
static SyncApplied
apply_by_state (SyncApply *apply, SyncIncoming *incoming, SyncSpan unknown, GError *refusal, GError **error)
{
  SyncApplied applied;
  gboolean good;

  if (apply->quiet && apply->triggers_off)
    good = sync_ledger_load_known (apply->store, apply->entity, apply->id->str, &incoming->state, error);
  else
    good = sync_ledger_load (apply->store, apply->entity, apply->id->str, &incoming->state, error);
  if (!good)
    return SYNC_APPLIED_ERROR;
  apply->news = !incoming->state.known;
  applied = apply_parsed (apply, incoming, unknown, refusal, error);
  sync_row_state_clear (&incoming->state);
  return applied;
}

static gboolean
is_new_probably (SyncApply *apply, const SyncIncoming *incoming, SyncSpan unknown, const GError *refusal)
{
  return apply->news && apply->quiet && apply->triggers_off && apply->policy.kind != SYNC_RUN_HYDRATE
         && apply->hold_next == NULL && !incoming->stamps.deleted && unknown.length == 0 && refusal == NULL
         && sync_parents_check (apply, apply->id->str, apply->remote, NULL);
}

static gboolean
note_applied (SyncApply *apply, SyncApplied applied, GError **error)
{
  if (applied == SYNC_APPLIED_ERROR)
    return FALSE;
  apply->counts.pulled += applied == SYNC_APPLIED_DONE;
  return apply->mode != SYNC_APPLY_SCAN || sync_apply_note_seen (apply, error);
}

/* Together or, where one of them turned out not to be new or the table refused it, one after the other. */
static gboolean
write_kept (SyncApply *apply, GError **error)
{
  SyncSpan unknown = { NULL, 0 };
  gboolean done;

  if (!sync_apply_write_kept (apply, &done, error))
    return FALSE;
  for (guint i = 0; i < apply->n_kept; i++)
    {
      SyncIncoming *incoming = sync_apply_take_kept (apply, i);
      gboolean is_new = done;

      if (!done && !sync_apply_new_row (apply, incoming, &is_new, error))
        return FALSE;
      if (done && apply->policy.run != 0)
        sync_trail_add (&apply->trail, apply->id->str, incoming->stamps.version);
      if (!note_applied (apply,
                         is_new ? SYNC_APPLIED_DONE : apply_by_state (apply, incoming, unknown, NULL, error),
                         error))
        return FALSE;
    }
  sync_apply_drop_kept (apply);
  return TRUE;
}

/* Reads one row and deals with it. */
static gboolean
apply_next (SyncApply *apply, GError **error)
{
  SyncIncoming incoming = { 0 };
  SyncSpan unknown = { NULL, 0 };
  g_autoptr (GError) refusal = NULL;
  SyncJsonReader here = apply->reader;
  gsize start = sync_json_offset (&here);
  gboolean is_new;

  if (!sync_row_parse (apply->remote, &apply->reader, &incoming.stamps, &unknown, &refusal)
      && !g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
    {
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }
  incoming.raw.text = apply->reader.start + start;
  incoming.raw.length = sync_json_offset (&apply->reader) - start;
  if (!check_version (apply, &incoming.stamps, error))
    return FALSE;
  if (!sync_table_row_id (apply->table, apply->remote, apply->id))
    return protocol_error (apply, error, "a row without a key");
  is_new = is_new_probably (apply, &incoming, unknown, refusal);
  if (!is_new && apply->n_kept > 0)
    {
      /* In the order in which they came. */
      apply->reader = here;
      return write_kept (apply, error) && apply_next (apply, error);
    }
  apply->last_version = incoming.stamps.version;
  apply->n_rows++;
  if (is_new)
    return !sync_apply_keep (apply, &incoming) || write_kept (apply, error);
  return note_applied (apply, apply_by_state (apply, &incoming, unknown, refusal, error), error);
}

/* --- Slices ------------------------------------------------------------------------------------- */

/* The owner may have changed the table since it was looked at: then there is a column that @apply knows nothing of, or
 * changes that nobody noted. What was put right is kept; whoever applies begins anew with it. */
gboolean
sync_apply_look_at_table (SyncApply *apply,
                          GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  gboolean same;

  if (!sync_store_look_again (apply->store, apply->entity, &same, error))
    return FALSE;
  if (!same)
    {
      if (sync_connection_commit (connection, error))
        sync_error_set (error, SYNC_ERROR_STALE, apply->entity->name, "The table %s changed meanwhile",
                        apply->entity->table);
      return FALSE;
    }
  apply->table = sync_store_get_table (apply->store, apply->entity, error);
  return apply->table != NULL && sync_parents_look (apply, error);
}

gboolean
sync_apply_begin_on_table (SyncApply *apply,
                           GError **error)
{
  return sync_connection_begin (sync_store_get_connection (apply->store), error)
         && sync_apply_look_at_table (apply, error);
}

gboolean
sync_apply_begin (SyncApply *apply,
                  GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);

  if (!sync_apply_load_brake (apply, error) || !sync_apply_begin_on_table (apply, error))
    return FALSE;
  g_ptr_array_set_size (apply->unlike, 0);
  g_ptr_array_set_size (apply->unlike_rows, 0);
  sync_trail_drop (&apply->trail);
  /* Where a write cannot touch any other row, nothing would fire but our own triggers. */
  apply->triggers_off = !sync_table_has_owner_triggers (apply->table)
                        && !sync_table_is_referenced (apply->table);
  return sync_connection_set_triggers (connection, !apply->triggers_off, error)
         && sync_table_defer_foreign_keys (apply->table, error)
         && sync_ledger_is_quiet (apply->store, apply->entity, &apply->quiet, error);
}

/* A trigger of the owner changed what we wrote: once more, with triggers off, or it would travel to and fro
 * for ever. */
gboolean
sync_apply_write_unlike (SyncApply *apply,
                         GError **error)
{
  SyncConnection *connection = sync_store_get_connection (apply->store);
  gboolean good;

  if (apply->unlike->len == 0)
    return TRUE;
  good = sync_connection_set_triggers (connection, FALSE, error);
  for (guint i = 0; good && i < apply->unlike->len; i++)
    {
      const char *id = g_ptr_array_index (apply->unlike, i);
      const SyncRow *row = g_ptr_array_index (apply->unlike_rows, i);
      gboolean there;

      if (row == NULL)
        good = sync_table_delete (apply->table, id, &there, error);
      else
        good = sync_table_update (apply->table, row, id, &there, error)
               && (there || sync_table_insert (apply->table, row, error));
    }
  return sync_connection_set_triggers (connection, TRUE, good ? error : NULL) && good;
}

gboolean
sync_apply_write_trail (SyncApply *apply,
                        GError **error)
{
  return sync_trail_write (&apply->trail, apply->store, apply->policy.run, apply->entity, "pulled", error);
}

static gboolean
move_cursor (SyncApply *apply, GError **error)
{
  /* A scan reads everything from the start, so what it read past the cursor moves that too. */
  static const char *const moves[] = {
    "UPDATE main.psync_entity SET pulled_version = ?2 WHERE name = ?1",
    "UPDATE main.psync_entity SET scan_version = ?2, pulled_version = max (pulled_version, ?2) "
    "WHERE name = ?1",
    "UPDATE main.psync_entity SET hydrate_version = ?2 WHERE name = ?1",
  };
  SyncStatement *statement;

  if (apply->mode == SYNC_APPLY_FETCH)
    return TRUE;
  statement = sync_connection_prepare (sync_store_get_connection (apply->store), moves[apply->mode], error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, apply->entity->name, -1);
  sync_statement_bind_int64 (statement, 2, apply->last_version);
  return sync_statement_run (statement, error);
}

static gboolean
finish_slice (SyncApply *apply, GError **error)
{
  return sync_apply_write_unlike (apply, error) && sync_apply_write_trail (apply, error) && move_cursor (apply, error)
         && sync_apply_check_brake (apply, error) && sync_apply_save_brake (apply, error)
         && sync_ledger_trim_batches (apply->store, error);
}

/* Switching triggers makes SQLite compile every statement anew, so it is done once around several slices. */
static void
restore_triggers (SyncApply *apply)
{
  if (apply->triggers_off)
    sync_connection_set_triggers (sync_store_get_connection (apply->store), TRUE, NULL);
  apply->triggers_off = FALSE;
}

gboolean
sync_apply_end (SyncApply *apply,
                GError **error)
{
  if (!finish_slice (apply, error) || !sync_connection_commit (sync_store_get_connection (apply->store), error))
    return FALSE;
  restore_triggers (apply);
  return TRUE;
}

void
sync_apply_abandon (SyncApply *apply)
{
  sync_connection_rollback (sync_store_get_connection (apply->store));
  restore_triggers (apply);
}

/* What a rolled-back slice must give back. */
typedef struct
{
  SyncJsonReader reader;
  gboolean entered;
  gint64 last_version;
  guint n_rows;
  SyncCounts counts;
  guint n_conflicts;
} Mark;

static Mark
set_mark (SyncApply *apply)
{
  return (Mark){ apply->reader, apply->entered, apply->last_version, apply->n_rows, apply->counts,
                 apply->conflicts->len };
}

static void
return_to_mark (SyncApply *apply, const Mark *mark)
{
  apply->reader = mark->reader;
  apply->entered = mark->entered;
  apply->last_version = mark->last_version;
  apply->n_rows = mark->n_rows;
  apply->counts = mark->counts;
  g_array_set_size (apply->conflicts, mark->n_conflicts);
}

/* At least one, or a slow computer would never come to an end. */
gboolean
sync_apply_is_slice_full (const SyncApply *apply,
                          gint64 started,
                          guint n_rows)
{
  return n_rows >= MIN (apply->max_rows, SYNC_TRAIL_ROWS / 2)
         || (n_rows > 0 && g_get_monotonic_time () - started >= apply->budget);
}

static gboolean
apply_rows (SyncApply *apply, gint64 started, GCancellable *cancellable, guint *n_rows, GError **error)
{
  gboolean more = TRUE;

  *n_rows = 0;
  while (!sync_apply_is_slice_full (apply, started, *n_rows))
    {
      if (g_cancellable_set_error_if_cancelled (cancellable, error)
          || !find_next_row (apply, &more, error))
        return FALSE;
      if (!more)
        break;
      if (!apply_next (apply, error))
        return FALSE;
      apply->hold_next = NULL;
      (*n_rows)++;
    }
  apply->done = !more;
  return write_kept (apply, error);
}

static void
adapt_budget (SyncApply *apply, gint64 elapsed)
{
  if (elapsed > SLICE_LIMIT)
    apply->budget = MAX (apply->budget / 2, SLICE_MINIMUM);
  else if (elapsed < SLICE_BUDGET)
    apply->budget = MIN (apply->budget * 2, SLICE_BUDGET);
  if (apply->max_rows < G_MAXUINT / 2)
    apply->max_rows *= 2;
}

static void
abandon_slice (SyncApply *apply, const Mark *mark)
{
  sync_connection_rollback (sync_store_get_connection (apply->store));
  sync_apply_drop_kept (apply);
  return_to_mark (apply, mark);
}

/* The rows of a slice that was rolled back, once more, but fewer; one that is at fault by itself is held. */
static gboolean
begin_again (SyncApply *apply, const char *reason, guint max_rows, gboolean alone)
{
  apply->done = FALSE;
  apply->max_rows = max_rows;
  apply->hold_next = alone ? reason : NULL;
  return TRUE;
}

/* The next slice of the page, in one transaction with its own cursor step. */
static gboolean
apply_slice (SyncApply *apply, SyncConnection *connection, GCancellable *cancellable, GError **error)
{
  Mark mark = set_mark (apply);
  gint64 started;
  guint n_rows = 0;
  g_autoptr (GError) failure = NULL;

  apply->rolled_back = FALSE;
  if (!sync_apply_begin (apply, error))
    {
      sync_apply_abandon (apply);
      return FALSE;
    }
  /* What was waited for the write lock is no time that others wait for us. */
  started = g_get_monotonic_time ();
  if (!apply_rows (apply, started, cancellable, &n_rows, &failure) || !finish_slice (apply, &failure))
    {
      abandon_slice (apply, &mark);
      if (apply->rolled_back)
        return begin_again (apply, "trigger", n_rows > 0 ? n_rows : 1, n_rows == 0);
      g_propagate_error (error, g_steal_pointer (&failure));
      return FALSE;
    }
  if (sync_connection_has_deferred_violations (connection))
    {
      /* Some row refers to one that is not here: halve until it stands alone, then hold it. */
      abandon_slice (apply, &mark);
      return begin_again (apply, "foreign-key", MAX (n_rows / 2, 1), n_rows <= 1);
    }
  if (!sync_connection_commit (connection, error))
    {
      abandon_slice (apply, &mark);
      return FALSE;
    }
  adapt_budget (apply, g_get_monotonic_time () - started);
  return TRUE;
}

/**
 * sync_apply_slices:
 * @connection: the worker's
 * @data: a SyncApply
 * @cancellable: (nullable): looked at before every row
 * @error: [error@SyncError.BRAKE], PROTOCOL, or SQLite's; nothing of the slice at fault is kept
 *
 * Applies the page slice by slice, each in one transaction with its own cursor step, until it is done or somebody
 * else waits for the worker. After a power failure, what came from the cloud comes from there again: so nobody,
 * least of all the owner, waits for the disk meanwhile.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_apply_slices (SyncConnection *connection,
                   gpointer data,
                   GCancellable *cancellable,
                   GError **error)
{
  SyncApply *apply = data;
  gboolean relaxed, good;

  if (!sync_connection_relax (connection, &relaxed, error))
    return FALSE;
  do
    good = apply_slice (apply, connection, cancellable, error);
  while (good && !apply->done && !sync_worker_is_wanted (sync_store_get_worker (apply->store)));
  restore_triggers (apply);
  if (relaxed && !sync_connection_insist (connection, good ? error : NULL))
    return FALSE;
  return good;
}
