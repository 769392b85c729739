/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-verify.h"

#include "sync-capture.h"
#include "sync-recovery.h"
#include "sync-store-private.h"

/* This device's side: what the ledger knows of the cloud's rows, and whether the table is as it says. */

/* Rows of one slice: a few milliseconds. */
#define SLICE_ROWS 250

/* Everything that is known of rows of an entity, in the order of ids. */
static const char known_sql[]
    = "SELECT x.id, r.version, r.base, h.version, json_extract (h.row, '$.deleted_at') IS NULL, "
      "k.remote_version, k.remote IS NOT NULL, c.id IS NOT NULL, h.id IS NOT NULL OR k.id IS NOT NULL FROM ("
      "SELECT id FROM main.psync_row WHERE entity = ?1 AND id > ?2 "
      "UNION SELECT id FROM main.psync_held WHERE entity = ?1 AND id > ?2 "
      "UNION SELECT id FROM main.psync_conflict WHERE entity = ?1 AND id > ?2 AND state = 'open' "
      "UNION SELECT id FROM main.psync_change WHERE entity = ?1 AND id > ?2 "
      "ORDER BY id LIMIT ?3) x "
      "LEFT JOIN main.psync_row r ON r.entity = ?1 AND r.id = x.id "
      "LEFT JOIN main.psync_held h ON h.entity = ?1 AND h.id = x.id "
      "LEFT JOIN main.psync_conflict k ON k.entity = ?1 AND k.id = x.id AND k.state = 'open' "
      "LEFT JOIN main.psync_change c ON c.entity = ?1 AND c.id = x.id ORDER BY x.id";

/**
 * Known:
 * @id: the row's id
 * @base: (nullable): its contents as last synced
 * @version: the newest version known, 0: it never had one
 * @living: whether it lives there, as far as is known
 * @in_ledger: whether there is a psync_row
 * @clean: whether nothing about it waits
 *
 * A row of known_sql, as long as the statement stands on it.
 */
typedef struct
{
  const char *id;
  const char *base;
  gsize base_length;
  gint64 version;
  gboolean living;
  gboolean in_ledger;
  gboolean clean;
} Known;

typedef gboolean (*KnownFunc) (SyncVerify *verify, const Known *known, GError **error);

/**
 * sync_verify_new: (constructor)
 * @store: the store; must outlive it
 * @entity: what to compare
 * @sample_size: how many rows to choose at random
 *
 * Returns: (transfer full): a comparison that has not begun
 */
SyncVerify *
sync_verify_new (SyncStore *store,
                 const SyncEntity *entity,
                 guint sample_size)
{
  SyncVerify *verify = g_new0 (SyncVerify, 1);

  verify->store = store;
  verify->entity = sync_entity_ref ((SyncEntity *) entity);
  verify->cursor = -1;
  verify->sample_size = sample_size;
  verify->differences = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_difference_free);
  verify->sample = g_ptr_array_new_with_free_func (g_free);
  verify->leaves = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  verify->listed = g_ptr_array_new_with_free_func (g_free);
  verify->different = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  verify->to_queue = g_ptr_array_new_with_free_func (g_free);
  verify->to_reread = g_ptr_array_new_with_free_func (g_free);
  verify->random = g_rand_new ();
  verify->digester = sync_digester_new (verify->entity);
  verify->row = sync_row_new (verify->entity);
  verify->base = sync_row_new (verify->entity);
  verify->id = g_string_new (NULL);
  verify->json = g_string_new (NULL);
  return verify;
}

void
sync_verify_free (SyncVerify *verify)
{
  g_ptr_array_unref (verify->differences);
  g_ptr_array_unref (verify->sample);
  g_hash_table_unref (verify->leaves);
  g_ptr_array_unref (verify->listed);
  g_hash_table_unref (verify->different);
  g_ptr_array_unref (verify->to_queue);
  g_ptr_array_unref (verify->to_reread);
  g_rand_free (verify->random);
  sync_digester_free (verify->digester);
  sync_row_free (verify->row);
  sync_row_free (verify->base);
  g_string_free (verify->id, TRUE);
  g_string_free (verify->json, TRUE);
  g_free (verify->after);
  g_clear_pointer (&verify->page, g_bytes_unref);
  sync_entity_unref (verify->entity);
  g_free (verify);
}

/* --- Differences -------------------------------------------------------------------------------- */

/* clean: it was counted among the clean rows. What heals it is noted, and done at the end of the slice. */
void
sync_verify_note (SyncVerify *verify,
                  const char *id,
                  SyncDifferenceKind kind,
                  gboolean clean)
{
  if (!g_hash_table_add (verify->different, g_strdup (id)))
    return;
  if (clean && verify->n_clean > 0)
    verify->n_clean--;
  verify->n_different++;
  if (verify->differences->len < SYNC_MAX_DIFFERENCES)
    g_ptr_array_add (verify->differences, sync_difference_new (verify->entity->name, id, kind));
}

/* Among the rows that have a version already, or not: then it may be known elsewhere from a copy of this file. */
static gboolean
queue (SyncVerify *verify, const char *id, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (verify->store),
      "INSERT INTO main.psync_change (entity, id, maybe_sent) SELECT ?1, ?2, NOT EXISTS "
      "(SELECT 1 FROM main.psync_row r WHERE r.entity = ?1 AND r.id = ?2) WHERE true "
      "ON CONFLICT (entity, id) DO NOTHING",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, verify->entity->name, -1);
  return sync_statement_run (sync_statement_bind_text (statement, 2, id, -1), error);
}

static gboolean
mark_all (SyncVerify *verify, GError **error)
{
  for (guint i = 0; i < verify->to_queue->len; i++)
    {
      if (!queue (verify, g_ptr_array_index (verify->to_queue, i), error))
        return FALSE;
    }
  for (guint i = 0; i < verify->to_reread->len; i++)
    {
      if (!sync_ledger_set_reread (verify->store, verify->entity, g_ptr_array_index (verify->to_reread, i),
                                   TRUE, error))
        return FALSE;
    }
  return TRUE;
}

/* Marks what the slice found, in one transaction. */
gboolean
sync_verify_flush (SyncVerify *verify,
                   GError **error)
{
  SyncScope scope;
  gboolean good;

  if (verify->to_queue->len == 0 && verify->to_reread->len == 0)
    return TRUE;
  if (!sync_scope_begin (&scope, verify->store, error))
    return FALSE;
  good = mark_all (verify, error);
  g_ptr_array_set_size (verify->to_queue, 0);
  g_ptr_array_set_size (verify->to_reread, 0);
  return sync_scope_end (&scope, good, error);
}

static void
note_uncaptured (SyncVerify *verify, const char *id)
{
  sync_verify_note (verify, id, SYNC_DIFFERENCE_UNCAPTURED, FALSE);
  g_ptr_array_add (verify->to_queue, g_strdup (id));
}

/* --- Slices of the ledger ----------------------------------------------------------------------- */

/* The newest of what the ledger, a held row and an open conflict know. */
static void
read_known (SyncStatement *statement, Known *known)
{
  gint64 held = sync_statement_int64 (statement, 3);
  gint64 conflict = sync_statement_int64 (statement, 5);

  *known = (Known){ .id = sync_statement_text (statement, 0, NULL) };
  known->version = sync_statement_int64 (statement, 1);
  known->base = sync_statement_text (statement, 2, &known->base_length);
  known->in_ledger = !sync_statement_is_null (statement, 1);
  known->living = known->base != NULL;
  if (held > known->version)
    {
      known->version = held;
      known->living = sync_statement_int64 (statement, 4) != 0;
    }
  if (conflict > 0 && conflict >= known->version)
    {
      known->version = conflict;
      known->living = sync_statement_int64 (statement, 6) != 0;
    }
  known->clean = sync_statement_int64 (statement, 7) == 0 && sync_statement_int64 (statement, 8) == 0;
}

/* The statement holds the database as it is until the slice is over, so all of a slice is of one time. */
static gboolean
walk (SyncVerify *verify, KnownFunc func, gboolean *done, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (verify->store), known_sql, error);
  g_autofree char *after = g_steal_pointer (&verify->after);
  gboolean good = TRUE;
  SyncStep step;
  guint n = 0;

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, verify->entity->name, -1);
  sync_statement_bind_text (statement, 2, after != NULL ? after : "", -1);
  sync_statement_bind_int64 (statement, 3, SLICE_ROWS);
  while (good && (step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Known known;

      read_known (statement, &known);
      good = func (verify, &known, error);
      g_free (verify->after);
      verify->after = g_strdup (known.id);
      n++;
    }
  good = good && step == SYNC_STEP_DONE;
  sync_statement_reset (statement);
  *done = n < SLICE_ROWS;
  if (*done)
    g_clear_pointer (&verify->after, g_free);
  return good && sync_verify_flush (verify, error);
}

/* The digester takes the key of an id. */
static gboolean
take_key (SyncVerify *verify, const char *id, GError **error)
{
  SyncJsonReader reader;
  SyncSpan value;

  g_string_truncate (verify->json, 0);
  if (!sync_table_append_key_json (verify->table, id, verify->json, error))
    return FALSE;
  sync_row_clear (verify->row);
  sync_json_reader_init (&reader, verify->json->str, verify->json->len);
  sync_json_enter_array (&reader);
  for (guint i = 0; i < verify->entity->n_keys && sync_json_next_element (&reader); i++)
    {
      if (sync_json_read_value (&reader, &value))
        sync_row_set_normalised (verify->row, i, value);
    }
  sync_digester_take (verify->digester, verify->row);
  return TRUE;
}

/* Each row has the same chance. */
static void
sample (SyncVerify *verify, const char *id)
{
  guint64 place;

  verify->n_sampled++;
  if (verify->sample->len < verify->sample_size)
    {
      g_ptr_array_add (verify->sample, g_strdup (id));
      return;
    }
  place = (guint64) (g_rand_double (verify->random) * (double) verify->n_sampled);
  if (place < verify->sample_size)
    {
      g_free (g_ptr_array_index (verify->sample, place));
      g_ptr_array_index (verify->sample, place) = g_strdup (id);
    }
}

/* A row whose columns cannot travel is not what was synced either. */
static gboolean
is_as_synced (SyncVerify *verify, const Known *known, gboolean *same, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean found;

  *same = FALSE;
  if (!sync_table_read (verify->table, known->id, verify->row, &found, &refusal))
    {
      if (g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&refusal));
      return FALSE;
    }
  if (!found || known->base == NULL)
    {
      *same = !found && known->base == NULL;
      return TRUE;
    }
  g_string_truncate (verify->json, 0);
  sync_row_append_json (verify->row, verify->json);
  *same = (verify->json->len == known->base_length
           && memcmp (verify->json->str, known->base, known->base_length) == 0)
          || (sync_row_parse_text (verify->base, known->base, (gssize) known->base_length, NULL)
              && sync_row_equal (verify->row, verify->base));
  return TRUE;
}

static gboolean
look_at_known (SyncVerify *verify, const Known *known, GError **error)
{
  gboolean same;

  if (known->version > 0 && known->living)
    {
      if (!take_key (verify, known->id, error))
        return FALSE;
      sync_digest_table_add (&verify->here, verify->digester, known->version);
    }
  if (!known->clean)
    {
      verify->n_waiting++;
      return TRUE;
    }
  if (!known->in_ledger)
    return TRUE;
  if (!is_as_synced (verify, known, &same, error))
    return FALSE;
  if (!same)
    {
      note_uncaptured (verify, known->id);
      return TRUE;
    }
  if (!known->living)
    return TRUE;
  verify->n_clean++;
  sample (verify, known->id);
  return TRUE;
}

/* --- Slices of the table ------------------------------------------------------------------------ */

/* A row's id, and whether the ledger or the outbox knows it. */
static char *
build_row_columns (const SyncEntity *entity)
{
  static const char *const tables[] = { "psync_row", "psync_change", "psync_held" };
  g_autoptr (GString) sql = g_string_new (NULL);

  sync_id_append_expression (sql, entity, "t");
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    {
      g_string_append_printf (sql, "%s EXISTS (SELECT 1 FROM main.%s WHERE entity = ", i == 0 ? "," : " OR",
                              tables[i]);
      sync_sql_append_literal (sql, entity->name);
      g_string_append (sql, " AND id = ");
      sync_id_append_expression (sql, entity, "t");
      g_string_append_c (sql, ')');
    }
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

static char *
build_key_condition (const SyncEntity *entity)
{
  g_autoptr (GString) sql = g_string_new (NULL);

  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append (sql, i > 0 ? " AND t." : "t.");
      sync_sql_append_identifier (sql, entity->columns[i].name);
      g_string_append (sql, " IS NOT NULL");
    }
  return g_string_free (g_steal_pointer (&sql), FALSE);
}

/* From the start, too, where the rows have another order now. */
static SyncStatement *
prepare_table_slice (SyncVerify *verify, GError **error)
{
  g_autofree char *columns = build_row_columns (verify->entity), *condition = build_key_condition (verify->entity);
  g_autoptr (GError) stale = NULL;
  SyncStatement *statement
      = sync_table_walk (verify->table, columns, condition, verify->after, SLICE_ROWS, &stale);

  if (g_error_matches (stale, SYNC_ERROR, SYNC_ERROR_STALE))
    {
      g_clear_error (&stale);
      statement = sync_table_walk (verify->table, columns, condition, NULL, SLICE_ROWS, &stale);
    }
  if (stale != NULL)
    g_propagate_error (error, g_steal_pointer (&stale));
  return statement;
}

static gboolean
walk_table (SyncVerify *verify, gboolean *done, GError **error)
{
  SyncStatement *statement = prepare_table_slice (verify, error);
  g_autoptr (GString) place = g_string_new (NULL);
  SyncStep step;
  guint n = 0;

  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      if (sync_statement_int64 (statement, 1) == 0)
        note_uncaptured (verify, sync_statement_text (statement, 0, NULL));
      sync_table_note_place (verify->table, statement, place);
      n++;
    }
  sync_statement_reset (statement);
  g_free (verify->after);
  *done = n < SLICE_ROWS;
  verify->after = *done ? NULL : g_strdup (place->str);
  return step == SYNC_STEP_DONE && sync_verify_flush (verify, error);
}

/**
 * sync_verify_enter:
 * @verify: a comparison
 * @error: SQLite's, [error@SyncError.NO_TABLE], NO_COLUMN
 *
 * Comes first whenever the worker goes on with @verify: others may have changed the registry meanwhile.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_enter (SyncVerify *verify,
                   GError **error)
{
  SyncCursor cursor;

  verify->table = sync_store_get_table (verify->store, verify->entity, error);
  if (verify->table == NULL || verify->cursor >= 0)
    return verify->table != NULL;
  if (!sync_store_get_cursor (verify->store, verify->entity, &cursor, error))
    return FALSE;
  verify->cursor = cursor.pulled_version;
  return TRUE;
}

/**
 * sync_verify_look_here:
 * @verify: a comparison
 * @done: (out): whether that was the last slice
 * @error: SQLite's
 *
 * Takes the digest of what is known, chooses the sample, and finds rows that were changed without being captured.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_look_here (SyncVerify *verify,
                       gboolean *done,
                       GError **error)
{
  *done = FALSE;
  if (verify->ledger_done)
    return walk_table (verify, done, error);
  return walk (verify, look_at_known, &verify->ledger_done, error);
}

/* --- Ids behind leaves -------------------------------------------------------------------------- */

/* Of the key that the digester took last. */
gboolean
sync_verify_is_behind_leaf (SyncVerify *verify)
{
  char prefix[SYNC_DIGEST_DEPTH + 1] = "";

  for (guint i = 0; i < SYNC_DIGEST_DEPTH; i++)
    {
      prefix[i] = sync_digester_get_place (verify->digester)[i];
      if (g_hash_table_contains (verify->leaves, prefix))
        return TRUE;
    }
  return FALSE;
}

static gboolean
list_if_behind_leaf (SyncVerify *verify, const Known *known, GError **error)
{
  if (!take_key (verify, known->id, error))
    return FALSE;
  if (sync_verify_is_behind_leaf (verify))
    g_ptr_array_add (verify->listed, g_strdup (known->id));
  return TRUE;
}

/**
 * sync_verify_list:
 * @verify: a comparison with leaves
 * @done: (out): whether that was the last slice
 * @error: SQLite's
 *
 * Appends ids of rows behind the leaves to `listed`, also of those that are known deleted or not known there.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_verify_list (SyncVerify *verify,
                  gboolean *done,
                  GError **error)
{
  return walk (verify, list_if_behind_leaf, done, error);
}

GBytes *
sync_verify_dup_keys (SyncVerify *verify,
                      GPtrArray *ids,
                      guint first,
                      guint n,
                      GError **error)
{
  g_autoptr (GString) keys = g_string_new ("[");

  for (guint i = first; i < first + n; i++)
    {
      if (i > first)
        g_string_append_c (keys, ',');
      if (!sync_table_append_key_json (verify->table, g_ptr_array_index (ids, i), keys, error))
        return NULL;
    }
  g_string_append_c (keys, ']');
  return g_string_free_to_bytes (g_steal_pointer (&keys));
}
