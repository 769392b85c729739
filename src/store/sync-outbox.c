/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-outbox.h"

#include "sync-capture.h"
#include "sync-parents.h"
#include "sync-store-private.h"
#include "sync-time.h"

/* How a time that is not known travels: it never beats a real edit. */
#define UNKNOWN_TIME "1970-01-01T00:00:00.000Z"

static void
batch_row_clear (SyncBatchRow *row)
{
  g_clear_pointer (&row->id, g_free);
}

static SyncBatch *
batch_new (const SyncEntity *entity)
{
  SyncBatch *batch = g_new0 (SyncBatch, 1);

  batch->entity = sync_entity_ref ((SyncEntity *) entity);
  batch->body = g_string_new ("[");
  batch->rows = g_array_new (FALSE, TRUE, sizeof (SyncBatchRow));
  batch->refused = g_ptr_array_new_with_free_func (g_free);
  g_array_set_clear_func (batch->rows, (GDestroyNotify) batch_row_clear);
  return batch;
}

void
sync_batch_free (SyncBatch *batch)
{
  g_clear_pointer (&batch->entity, sync_entity_unref);
  g_string_free (batch->body, TRUE);
  g_clear_pointer (&batch->wire, g_bytes_unref);
  g_clear_pointer (&batch->rows, g_array_unref);
  g_clear_pointer (&batch->refused, g_ptr_array_unref);
  g_clear_pointer (&batch->last_id, g_free);
  g_free (batch);
}

/* --- Composing ---------------------------------------------------------------------------------- */

/* One due row while its turn lasts. */
typedef struct
{
  char *id;
  gint64 seq;
  gboolean maybe_sent;
  gint64 changed_at;
  gboolean known;
  gint64 version;
  char *base;
  gboolean sent;
} Due;

static void
due_clear (Due *due)
{
  g_clear_pointer (&due->id, g_free);
  g_clear_pointer (&due->base, g_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Due, due_clear)

#define DUE_SQL(sent, condition)                                                                       \
  "SELECT c.id, c.seq, c.maybe_sent, c.changed_at, r.version, r.base, " sent " "                       \
  "FROM main.psync_change c LEFT JOIN main.psync_row r ON r.entity = c.entity AND r.id = c.id "        \
  "WHERE c.entity = ?1 AND c.id > ?2 AND c.state = 'pending' AND c.reread = 0 "                        \
  "AND " SYNC_OUTBOX_TURN_CAME ("?3") condition "ORDER BY c.id"

static const char due_sql[]
    = DUE_SQL ("EXISTS (SELECT 1 FROM main.psync_sent s WHERE s.entity = c.entity AND s.id = c.id)",
               "AND NOT EXISTS (SELECT 1 FROM main.psync_held h WHERE h.entity = c.entity AND h.id = c.id) "
               "AND NOT EXISTS (SELECT 1 FROM main.psync_conflict k "
               "WHERE k.entity = c.entity AND k.id = c.id AND k.state = 'open') ");

/* Where nothing is unsettled, held or open. */
static const char free_due_sql[] = DUE_SQL ("0", "");

static void
read_due (SyncStatement *statement, Due *due)
{
  const char *time;
  gsize length;

  due->id = sync_statement_dup_text (statement, 0);
  due->seq = sync_statement_int64 (statement, 1);
  due->maybe_sent = sync_statement_int64 (statement, 2) != 0;
  due->changed_at = SYNC_TIME_UNKNOWN;
  time = sync_statement_text (statement, 3, &length);
  if (time != NULL && !sync_time_parse (time, length, &due->changed_at))
    due->changed_at = SYNC_TIME_UNKNOWN;
  due->known = !sync_statement_is_null (statement, 4);
  due->version = sync_statement_int64 (statement, 4);
  due->base = sync_statement_dup_text (statement, 5);
  due->sent = sync_statement_int64 (statement, 6) != 0;
}

/**
 * Composer:
 *
 * What the rows of one batch share while it is composed.
 */
typedef struct
{
  SyncStore *store;
  const SyncComposeOptions *options;
  SyncTable *table;
  SyncBatch *batch;
  GString *wire;
  SyncRow *row;
  SyncRow *base;
  GString *json;
  gint64 now;
  GArray *references; /* (element-type SyncReference) */
  gboolean is_free; /* nothing of the entity is held, open or unsettled */
  GArray *dues;     /* (element-type Due): read ahead */
  guint next;       /* the first of them whose turn has not come */
  SyncStatement *many; /* (unowned) (nullable): gives the rows of the next `n_many` of them */
  guint n_many;
  gboolean full;    /* a row did not fit: its turn comes with the next batch */
} Composer;

static gboolean
equals_base (Composer *composer, const Due *due)
{
  if (due->base == NULL)
    return FALSE;
  if (g_str_equal (composer->json->str, due->base))
    return TRUE;
  return sync_row_parse_text (composer->base, due->base, -1, NULL)
         && sync_row_equal (composer->base, composer->row);
}

static void
append_time (GString *out, gint64 local_time, gint64 clock_offset)
{
  char text[SYNC_TIME_SIZE] = UNKNOWN_TIME;

  if (local_time != SYNC_TIME_UNKNOWN)
    sync_time_format (local_time + clock_offset, text);
  g_string_append_c (out, '"');
  g_string_append (out, text);
  g_string_append_c (out, '"');
}

/* What the run's id makes of an element on its way. */
#define RUN_STAMP (sizeof ",\"run_id\":\"00000000-0000-0000-0000-000000000000\"" - 1)

/* The element: columns first, then the stamps; run_id travels but is not stored. */
static void
append_element (Composer *composer, const Due *due, gboolean deleted)
{
  const SyncComposeOptions *options = composer->options;
  GString *body = composer->batch->body;
  const guint n_rows = composer->batch->rows->len;
  const gsize length = body->len;
  SyncBatchRow row = { NULL, due->seq, due->version, deleted, FALSE, 0, 0 };

  if (n_rows > 0)
    g_string_append_c (body, ',');
  row.start = body->len;
  g_string_append_len (body, composer->json->str, (gssize) composer->json->len - 1);
  row.end = body->len;
  g_string_append (body, ",\"base_version\":");
  sync_json_append_int64 (body, due->version);
  g_string_append (body, ",\"deleted_at\":");
  if (deleted)
    append_time (body, due->changed_at == SYNC_TIME_UNKNOWN ? composer->now : due->changed_at,
                 options->clock_offset);
  else
    g_string_append (body, "null");
  g_string_append (body, ",\"edited_at\":");
  append_time (body, due->changed_at, options->clock_offset);
  g_string_append (body, ",\"device_id\":\"");
  g_string_append (body, options->device_id);
  g_string_append (body, "\"}");
  composer->full = n_rows > 0 && body->len + (n_rows + 1) * RUN_STAMP > options->max_bytes;
  if (composer->full)
    {
      g_string_truncate (body, length);
      return;
    }
  row.id = g_strdup (due->id);
  g_array_append_val (composer->batch->rows, row);
}

#define REMEMBER_SQL "INSERT INTO main.psync_sent (batch, entity, id, seq, base_version, place) VALUES "

static const char *
remember_many_sql (void)
{
  static char *text;

  if (g_once_init_enter (&text))
    {
      GString *sql = g_string_new (REMEMBER_SQL);

      sync_sql_append_values (sql, 6, SYNC_MANY_ROWS);
      g_once_init_leave (&text, g_string_free (sql, FALSE));
    }
  return text;
}

static gboolean
remember_rows (SyncStore *store, const SyncBatch *batch, guint first, guint n, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store),
                                 n == 1 ? REMEMBER_SQL "(?1, ?2, ?3, ?4, ?5, ?6)" : remember_many_sql (), error);
  int parameter = 0;

  if (statement == NULL)
    return FALSE;
  for (guint i = first; i < first + n; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);

      sync_statement_bind_int64 (statement, ++parameter, batch->number);
      sync_statement_bind_borrowed (statement, ++parameter, batch->entity->name, -1);
      sync_statement_bind_borrowed (statement, ++parameter, row->id, -1);
      sync_statement_bind_int64 (statement, ++parameter, row->seq);
      sync_statement_bind_int64 (statement, ++parameter, row->base_version);
      sync_statement_bind_int64 (statement, ++parameter, i);
    }
  return sync_statement_run (statement, error);
}

/* A send is remembered until it is settled. Its number is above those that are there, and not below @lowest. */
static gboolean
remember_batch (SyncStore *store, SyncBatch *batch, gint64 lowest, GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  SyncStatement *statement = sync_connection_prepare (
      connection,
      "INSERT INTO main.psync_batch (batch, entity, body) "
      "SELECT max (?3, ifnull (max (batch), 0) + 1), ?1, ?2 FROM main.psync_batch",
      error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_borrowed (statement, 1, batch->entity->name, -1);
  sync_statement_bind_borrowed (statement, 2, batch->body->str, (gssize) batch->body->len);
  sync_statement_bind_int64 (statement, 3, lowest);
  if (!sync_statement_run (statement, error))
    return FALSE;
  batch->number = sync_connection_last_rowid (connection);
  for (guint i = 0, n; i < batch->rows->len; i += n)
    {
      n = i + SYNC_MANY_ROWS <= batch->rows->len ? SYNC_MANY_ROWS : 1;
      if (!remember_rows (store, batch, i, n, error))
        return FALSE;
    }
  return TRUE;
}

/* The body with the run's id in every element. */
static GBytes *
make_wire (const SyncBatch *batch, const char *run_id)
{
  g_autofree char *stamp = g_strdup_printf (",\"run_id\":\"%s\"}", run_id);
  GString *wire = g_string_sized_new (batch->body->len + batch->rows->len * strlen (stamp));

  g_string_append_c (wire, '[');
  for (guint i = 0; i < batch->rows->len; i++)
    {
      const SyncBatchRow *row = &g_array_index (batch->rows, SyncBatchRow, i);
      gsize next = i + 1 < batch->rows->len ? g_array_index (batch->rows, SyncBatchRow, i + 1).start - 1
                                            : batch->body->len - 1;

      if (i > 0)
        g_string_append_c (wire, ',');
      g_string_append_len (wire, batch->body->str + row->start, (gssize) (next - row->start - 1));
      g_string_append (wire, stamp);
    }
  g_string_append_c (wire, ']');
  return g_string_free_to_bytes (wire);
}

/* What a tombstone carries: the row as it was last known, else only its key. */
static gboolean
fill_tombstone (Composer *composer, const Due *due, GError **error)
{
  const SyncEntity *entity = composer->batch->entity;
  g_autoptr (GPtrArray) sends = NULL;
  g_autoptr (GString) keys = g_string_new (NULL);
  SyncJsonReader reader;
  SyncSpan value;

  if (due->base != NULL)
    return sync_row_parse_text (composer->row, due->base, -1, error);
  sync_row_clear (composer->row);
  if (due->sent)
    {
      sends = sync_ledger_load_sends (composer->store, entity, due->id, G_MAXINT64, error);
      if (sends == NULL)
        return FALSE;
      if (sends->len > 0)
        sync_row_copy (composer->row, ((SyncSend *) g_ptr_array_index (sends, sends->len - 1))->row);
    }
  if (!sync_table_append_key_json (composer->table, due->id, keys, error))
    return FALSE;
  sync_json_reader_init (&reader, keys->str, keys->len);
  sync_json_enter_array (&reader);
  for (guint i = 0; i < entity->n_keys && sync_json_next_element (&reader); i++)
    {
      if (sync_json_read_value (&reader, &value))
        sync_row_set (composer->row, i, value);
    }
  return TRUE;
}

static gboolean
compose_tombstone (Composer *composer, const Due *due, GError **error)
{
  const SyncEntity *entity = composer->batch->entity;

  /* Known deleted already, or created and deleted before anybody saw it. */
  if (sync_id_has_null (due->id))
    return sync_ledger_drop_change (composer->store, entity, due->id, due->seq, error);
  if (!due->sent && due->known && due->base == NULL)
    return sync_ledger_drop_change (composer->store, entity, due->id, due->seq, error);
  if (!due->sent && !due->known && !due->maybe_sent)
    return !composer->options->reached_head
           || sync_ledger_drop_change (composer->store, entity, due->id, due->seq, error);
  if (!fill_tombstone (composer, due, error))
    return FALSE;
  g_string_truncate (composer->json, 0);
  sync_row_append_json (composer->row, composer->json);
  append_element (composer, due, TRUE);
  return TRUE;
}

/* Looks up as many rows as one statement can. */
static gboolean
find_many (Composer *composer, GError **error)
{
  const char *ids[SYNC_MANY_ROWS];
  GError *fault = NULL;

  if (composer->next + SYNC_MANY_ROWS > composer->dues->len)
    return TRUE;
  for (guint i = 0; i < SYNC_MANY_ROWS; i++)
    ids[i] = g_array_index (composer->dues, Due, composer->next + i).id;
  composer->many = sync_table_find_many (composer->table, ids, &fault);
  composer->n_many = composer->many != NULL ? SYNC_MANY_ROWS : 0;
  if (fault != NULL)
    g_propagate_error (error, fault);
  return fault == NULL;
}

static void
end_many (Composer *composer)
{
  if (composer->many != NULL)
    sync_statement_reset (composer->many);
  composer->many = NULL;
  composer->n_many = 0;
}

/* The row of the due row whose turn it is. */
static gboolean
read_row (Composer *composer, const Due *due, gboolean *found, GError **error)
{
  gboolean good;

  if (composer->n_many == 0 && !find_many (composer, error))
    return FALSE;
  if (composer->n_many == 0)
    return sync_table_read (composer->table, due->id, composer->row, found, error);
  good = sync_table_read_many (composer->table, composer->many, SYNC_MANY_ROWS - composer->n_many, composer->row, found,
                               error);
  if (--composer->n_many == 0)
    end_many (composer);
  return good;
}

static gboolean
can_travel (const Composer *composer, GError **error)
{
  return !composer->options->has_types
         || sync_outbox_check_types (composer->batch->entity, composer->row, error);
}

static gboolean
compose_row (Composer *composer, const Due *due, GError **error)
{
  g_autoptr (GError) refusal = NULL;
  gboolean found, wait;

  if (!read_row (composer, due, &found, &refusal)
      || (found ? !can_travel (composer, &refusal) : !sync_table_check_cut (composer->table, due->id, &refusal)))
    {
      if (!g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_ROW_REFUSED)
          && !g_error_matches (refusal, SYNC_ERROR, SYNC_ERROR_INVALID))
        {
          g_propagate_error (error, g_steal_pointer (&refusal));
          return FALSE;
        }
      g_ptr_array_add (composer->batch->refused, g_strdup (due->id));
      return sync_outbox_refuse_row (composer->store, composer->batch->entity, due->id, refusal, FALSE, error);
    }
  if (found == composer->options->deletions)
    return TRUE;
  if (!found)
    return compose_tombstone (composer, due, error);
  g_string_truncate (composer->json, 0);
  sync_row_append_json (composer->row, composer->json);
  if (!due->sent && equals_base (composer, due))
    return sync_ledger_drop_change (composer->store, composer->batch->entity, due->id, due->seq, error);
  if (!sync_parents_must_wait (composer->store, composer->references, composer->row, &wait, error))
    return FALSE;
  if (!wait)
    append_element (composer, due, FALSE);
  return TRUE;
}

/* How many rows are looked at in one transaction, whether they travel or not. */
#define COMPOSE_LIMIT 5000

/* How many due rows are read ahead, and how much of their bases: to ask for each by itself costs more than to read
 * it. */
#define DUE_ROWS 100
#define DUE_BYTES (256 * 1024)

/* The due rows behind the last one. What becomes of one of them changes nothing about the others. */
static gboolean
read_dues (Composer *composer, GError **error)
{
  const SyncBatch *batch = composer->batch;
  GArray *dues = composer->dues;
  SyncStatement *statement = sync_connection_prepare (sync_store_get_connection (composer->store),
                                                      composer->is_free ? free_due_sql : due_sql, error);
  SyncStep step = SYNC_STEP_DONE;
  gsize bytes = 0;

  end_many (composer);
  composer->next = 0;
  g_array_set_size (dues, 0);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_borrowed (statement, 1, batch->entity->name, -1);
  sync_statement_bind_borrowed (statement, 2, batch->last_id != NULL ? batch->last_id : "", -1);
  sync_statement_bind_int64 (statement, 3, composer->now);
  while (dues->len < DUE_ROWS && bytes < DUE_BYTES
         && (step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    {
      Due due = { 0 };

      read_due (statement, &due);
      bytes += due.base != NULL ? strlen (due.base) : 0;
      g_array_append_val (dues, due);
    }
  sync_statement_reset (statement);
  return step != SYNC_STEP_ERROR;
}

static gboolean
compose_rows (Composer *composer, GError **error)
{
  const SyncComposeOptions *options = composer->options;
  SyncBatch *batch = composer->batch;

  batch->last_id = g_strdup (options->after);
  for (guint n = 0; batch->rows->len < options->max_rows && batch->body->len < options->max_bytes; n++)
    {
      Due *due;

      if (composer->next == composer->dues->len && !read_dues (composer, error))
        return FALSE;
      if (composer->dues->len == 0)
        return TRUE;
      if (n == COMPOSE_LIMIT)
        break;
      due = &g_array_index (composer->dues, Due, composer->next);
      if (!compose_row (composer, due, error))
        return FALSE;
      if (composer->full)
        break;
      composer->next++;
      g_free (batch->last_id);
      batch->last_id = g_steal_pointer (&due->id);
    }
  batch->more = TRUE;
  return TRUE;
}

static gboolean
list_references (Composer *composer, GError **error)
{
  composer->references = sync_parents_list (composer->store, composer->table, error);
  for (guint i = 0; composer->references != NULL && i < composer->references->len; i++)
    {
      SyncReference *reference = &g_array_index (composer->references, SyncReference, i);

      if (composer->options->together != NULL && g_strv_contains (composer->options->together, reference->parent->name))
        reference->comes_first = FALSE;
    }
  return composer->references != NULL;
}

/**
 * sync_outbox_compose:
 * @store: the store
 * @entity: whose rows
 * @options: which and how many
 * @error: SQLite's
 *
 * Reads what happened from the rows themselves: there: an upsert; gone: a tombstone; equal to its base:
 * nothing. A row whose values cannot travel is refused at once.
 *
 * Returns: (transfer full): the batch; number 0 if nothing was due
 */
SyncBatch *
sync_outbox_compose (SyncStore *store,
                     const SyncEntity *entity,
                     const SyncComposeOptions *options,
                     GError **error)
{
  g_autoptr (SyncBatch) batch = batch_new (entity);
  g_autoptr (SyncRow) row = sync_row_new (entity), base = sync_row_new (entity);
  g_autoptr (GString) json = g_string_new (NULL);
  g_autoptr (GArray) dues = g_array_new (FALSE, FALSE, sizeof (Due));
  SyncScope scope;
  Composer composer = { .store = store,
                        .options = options,
                        .table = sync_store_get_table (store, entity, error),
                        .batch = batch,
                        .row = row,
                        .base = base,
                        .json = json,
                        .dues = dues,
                        .now = sync_clock_now (sync_store_get_clock (store)) };
  gboolean good;

  g_array_set_clear_func (dues, (GDestroyNotify) due_clear);
  if (composer.table == NULL || !sync_scope_begin (&scope, store, error))
    return NULL;
  good = list_references (&composer, error) && sync_ledger_is_free (store, entity, &composer.is_free, error)
         && compose_rows (&composer, error);
  end_many (&composer);
  g_clear_pointer (&composer.references, g_array_unref);
  g_string_append_c (batch->body, ']');
  good = good && (batch->rows->len == 0 || remember_batch (store, batch, options->first_batch, error));
  if (!sync_scope_end (&scope, good, error))
    return NULL;
  if (batch->rows->len > 0)
    batch->wire = make_wire (batch, options->run_id);
  return g_steal_pointer (&batch);
}

/**
 * sync_outbox_split:
 * @store: the store
 * @batch: a batch that was rolled back
 * @first: the first row of the part
 * @n: how many
 * @run_id: this run
 * @error: SQLite's
 *
 * Returns: (transfer full): these rows as a batch of their own, remembered
 */
SyncBatch *
sync_outbox_split (SyncStore *store,
                   SyncBatch *batch,
                   guint first,
                   guint n,
                   const char *run_id,
                   GError **error)
{
  g_autoptr (SyncBatch) part = batch_new (batch->entity);
  SyncScope scope;

  for (guint i = first; i < first + n; i++)
    {
      SyncBatchRow row = g_array_index (batch->rows, SyncBatchRow, i);
      gsize next = i + 1 < batch->rows->len ? g_array_index (batch->rows, SyncBatchRow, i + 1).start - 1
                                            : batch->body->len - 1;
      gsize columns = row.end - row.start;

      if (i > first)
        g_string_append_c (part->body, ',');
      g_string_append_len (part->body, batch->body->str + row.start, (gssize) (next - row.start));
      row.id = g_strdup (row.id);
      row.start = part->body->len - (next - row.start);
      row.end = row.start + columns;
      g_array_append_val (part->rows, row);
    }
  g_string_append_c (part->body, ']');
  if (!sync_scope_begin (&scope, store, error)
      || !sync_scope_end (&scope, remember_batch (store, part, batch->number, error), error))
    return NULL;
  part->wire = make_wire (part, run_id);
  return g_steal_pointer (&part);
}

/* --- Questions ---------------------------------------------------------------------------------- */

gboolean
sync_outbox_has_work (SyncStore *store,
                      gint64 now,
                      gboolean *work,
                      GError **error)
{
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT EXISTS (SELECT 1 FROM main.psync_change c JOIN main.psync_entity e ON e.name = c.entity "
      "WHERE e.enabled <> 0 AND (c.reread <> 0 OR (c.state = 'pending' "
      "AND " SYNC_OUTBOX_TURN_CAME ("?1")
      "AND NOT EXISTS (SELECT 1 FROM main.psync_held h WHERE h.entity = c.entity AND h.id = c.id) "
      "AND NOT EXISTS (SELECT 1 FROM main.psync_conflict k "
      "WHERE k.entity = c.entity AND k.id = c.id AND k.state = 'open'))))",
      error);
  SyncStep step;

  if (statement == NULL)
    return FALSE;
  step = sync_statement_step (sync_statement_bind_int64 (statement, 1, now), error);
  *work = step == SYNC_STEP_ROW && sync_statement_int64 (statement, 0) != 0;
  sync_statement_reset (statement);
  return step == SYNC_STEP_ROW;
}

GPtrArray *
sync_outbox_list_unexplained (SyncStore *store,
                              const SyncEntity *entity,
                              gint64 first_batch,
                              const char *after,
                              guint limit,
                              GError **error)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new_with_free_func (g_free);
  SyncStatement *statement = sync_connection_prepare (
      sync_store_get_connection (store),
      "SELECT id FROM main.psync_sent WHERE entity = ?1 AND batch >= ?2 AND id > ?4 "
      "UNION SELECT id FROM main.psync_change WHERE entity = ?1 AND reread <> 0 AND id > ?4 "
      "ORDER BY id LIMIT ?3",
      error);
  SyncStep step;

  if (statement == NULL)
    return NULL;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  sync_statement_bind_int64 (statement, 2, first_batch);
  sync_statement_bind_int64 (statement, 3, limit);
  sync_statement_bind_text (statement, 4, after, -1);
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_ptr_array_add (ids, sync_statement_dup_text (statement, 0));
  sync_statement_reset (statement);
  return step == SYNC_STEP_DONE ? g_steal_pointer (&ids) : NULL;
}

gboolean
sync_outbox_next_batch (SyncStore *store,
                        gint64 *number,
                        GError **error)
{
  return sync_connection_query_int64 (sync_store_get_connection (store), 1, number, error,
                                      "SELECT ifnull(max(batch), 0) + 1 FROM main.psync_batch", NULL);
}
