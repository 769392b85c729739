/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-cloud.h"

#include "sim-row.h"

/* A model of sql/supabase/schema.sql on PostgreSQL: what becomes of a transaction, statement by
 * statement, and what others see meanwhile. Where the real one makes somebody wait, here they are
 * turned away, as after two seconds, or the transaction that they wait for comes to its end first.
 */

#define KEEP_TOMBSTONES (30 * G_TIME_SPAN_DAY)

/* --- Contents --------------------------------------------------------------------------------- */

static SimContents *
contents_new (gint64 sequence)
{
  SimContents *contents = g_new0 (SimContents, 1);

  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint table = 0; table < SIM_MAX_TABLES; table++)
      contents->rows[user][table] = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_row_unref);
  contents->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_device_free);
  contents->sequence = sequence;
  return contents;
}

static void
contents_free (SimContents *contents)
{
  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint table = 0; table < SIM_MAX_TABLES; table++)
      g_ptr_array_unref (contents->rows[user][table]);
  g_ptr_array_unref (contents->devices);
  g_free (contents->epoch);
  g_free (contents);
}

static SimContents *
contents_copy (const SimContents *from)
{
  SimContents *copy = contents_new (from->sequence);

  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint table = 0; table < SIM_MAX_TABLES; table++)
      {
        for (guint i = 0; i < from->rows[user][table]->len; i++)
          g_ptr_array_add (copy->rows[user][table],
                           sim_row_ref (g_ptr_array_index (from->rows[user][table], i)));
        copy->horizons[user][table] = from->horizons[user][table];
      }
  for (guint i = 0; i < from->devices->len; i++)
    g_ptr_array_add (copy->devices, sync_device_copy (g_ptr_array_index (from->devices, i)));
  copy->epoch = g_strdup (from->epoch);
  return copy;
}

static SimRow *
find_row (const SimContents *contents, guint user, guint table, const char *key)
{
  GPtrArray *rows = contents->rows[user][table];

  for (guint i = 0; i < rows->len; i++)
    {
      SimRow *row = g_ptr_array_index (rows, i);

      if (g_str_equal (row->key, key))
        return row;
    }
  return NULL;
}

/* Takes the row. */
static void
put_row (SimContents *contents, guint user, guint table, SimRow *row)
{
  GPtrArray *rows = contents->rows[user][table];

  for (guint i = 0; i < rows->len; i++)
    {
      SimRow *old = g_ptr_array_index (rows, i);

      if (!g_str_equal (old->key, row->key))
        continue;
      sim_row_unref (old);
      rows->pdata[i] = row;
      return;
    }
  g_ptr_array_add (rows, row);
}

/* --- The cloud -------------------------------------------------------------------------------- */

static char *
make_epoch (SimCloud *cloud)
{
  return g_strdup_printf ("00000000-0000-4000-9000-%012u", ++cloud->next_epoch);
}

SimCloud *
sim_cloud_new (const SimShape *shape, SyncClock *clock, SimCloudFault fault)
{
  SimCloud *cloud = g_new0 (SimCloud, 1);

  cloud->shape = shape;
  cloud->clock = g_object_ref (clock);
  cloud->fault = fault;
  cloud->now = contents_new (sync_clock_now (clock));
  cloud->now->epoch = make_epoch (cloud);
  cloud->transactions = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&cloud->history);
  return cloud;
}

static void
drop_connections (SimCloud *cloud)
{
  while (cloud->transactions->len > 0)
    sim_transaction_roll_back (g_ptr_array_index (cloud->transactions, 0));
}

void
sim_cloud_free (SimCloud *cloud)
{
  drop_connections (cloud);
  g_ptr_array_unref (cloud->transactions);
  g_queue_clear_full (&cloud->history, (GDestroyNotify) contents_free);
  g_clear_pointer (&cloud->saved, contents_free);
  contents_free (cloud->now);
  g_object_unref (cloud->clock);
  g_free (cloud);
}

/* Before something changes: replicas may still show it. */
static void
keep_for_replicas (SimCloud *cloud)
{
  g_queue_push_head (&cloud->history, contents_copy (cloud->now));
  if (cloud->history.length > SIM_MAX_LAG)
    contents_free (g_queue_pop_tail (&cloud->history));
}

/* What is done to a cloud as a whole takes long: replicas were set up anew. */
static void
renew_replicas (SimCloud *cloud)
{
  g_queue_clear_full (&cloud->history, (GDestroyNotify) contents_free);
}

static const SimContents *
seen_by (SimCloud *cloud, guint lag)
{
  const SimContents *contents;

  if (lag == 0 || cloud->history.length == 0)
    return cloud->now;
  contents = g_queue_peek_nth (&cloud->history, MIN (lag, cloud->history.length) - 1);
  return contents;
}

const SimRow *
sim_cloud_find (SimCloud *cloud, guint user, guint table, const char *key)
{
  return find_row (cloud->now, user, table, key);
}

gboolean
sim_cloud_is_hidden (SimCloud *cloud, guint table, const char *key)
{
  for (guint i = 0; i < G_N_ELEMENTS (cloud->hidden[table]); i++)
    {
      g_autofree char *other = cloud->hidden[table][i]
                                   ? sim_table_json_key (&cloud->shape->tables[table], (int) i)
                                   : NULL;

      if (g_strcmp0 (key, other) == 0)
        return TRUE;
    }
  return FALSE;
}

/* --- Transactions ----------------------------------------------------------------------------- */

static gboolean
has_locks (const SimCloud *cloud)
{
  return cloud->fault != SIM_CLOUD_PLAIN_SEQUENCE && cloud->fault != SIM_CLOUD_TIMESTAMPS;
}

static gboolean
excludes (const SimTransaction *transaction, guint writer)
{
  return transaction->writer == writer || transaction->writer == SIM_NO_USER
         || writer == SIM_NO_USER;
}

static void
set_later (GError **error)
{
  g_autoptr (GError) later = sync_error_new (SYNC_ERROR_LATER, NULL, "A lock was not to be had");

  sync_error_set_reason (later, "55P03", 500);
  g_propagate_error (error, g_steal_pointer (&later));
}

/* The statement trigger's lock: held by another, who either ends while we wait, or not. */
static gboolean
take_lock (SimCloud *cloud, guint writer, GError **error)
{
  for (guint i = 0; has_locks (cloud) && i < cloud->transactions->len;)
    {
      SimTransaction *other = g_ptr_array_index (cloud->transactions, i);

      if (!excludes (other, writer))
        i++;
      else if (other->patience == 0)
        {
          sim_transaction_commit (other);
          i = 0;
        }
      else
        {
          other->patience--;
          set_later (error);
          return FALSE;
        }
    }
  return TRUE;
}

SimTransaction *
sim_cloud_begin (SimCloud *cloud, guint writer, GError **error)
{
  SimTransaction *transaction;

  if (!take_lock (cloud, writer, error))
    return NULL;
  transaction = g_new0 (SimTransaction, 1);
  transaction->cloud = cloud;
  transaction->writer = writer;
  transaction->began = sync_clock_now (cloud->clock);
  g_ptr_array_add (cloud->transactions, transaction);
  return transaction;
}

static void
end (SimTransaction *transaction)
{
  for (guint i = 0; i < transaction->n_writes; i++)
    sim_row_unref (transaction->writes[i].row);
  g_ptr_array_remove (transaction->cloud->transactions, transaction);
}

void
sim_transaction_commit (SimTransaction *transaction)
{
  SimCloud *cloud = transaction->cloud;

  keep_for_replicas (cloud);
  for (guint i = 0; i < transaction->n_writes; i++)
    put_row (cloud->now, transaction->writes[i].user, transaction->writes[i].table,
             sim_row_ref (transaction->writes[i].row));
  if (cloud->committed != NULL)
    cloud->committed (transaction, g_queue_peek_head (&cloud->history), cloud->committed_data);
  end (transaction);
}

void
sim_transaction_roll_back (SimTransaction *transaction)
{
  end (transaction);
}

/* As the transaction sees it: its own writes, else what is committed. */
static SimRow *
look_up (SimTransaction *transaction, guint user, guint table, const char *key)
{
  for (guint i = transaction->n_writes; i > 0; i--)
    {
      if (transaction->writes[i - 1].user == user && transaction->writes[i - 1].table == table
          && g_str_equal (transaction->writes[i - 1].row->key, key))
        return transaction->writes[i - 1].row;
    }
  return find_row (transaction->cloud->now, user, table, key);
}

/* Whoever writes a row that another transaction wrote waits for that one: also without any lock of
 * ours. */
static gboolean
is_row_locked (SimTransaction *transaction, guint user, guint table, const char *key)
{
  GPtrArray *all = transaction->cloud->transactions;

  for (guint i = 0; i < all->len; i++)
    {
      SimTransaction *other = g_ptr_array_index (all, i);

      for (guint k = 0; other != transaction && k < other->n_writes; k++)
        {
          if (other->writes[k].user == user && other->writes[k].table == table
              && g_str_equal (other->writes[k].row->key, key))
            return TRUE;
        }
    }
  return FALSE;
}

/* The stamp, and what the owner's trigger does between it and the comparison. Takes the row. */
static gboolean
store_row (SimTransaction *transaction, guint user, guint table, SimRow *row)
{
  SimCloud *cloud = transaction->cloud;

  if (transaction->n_writes == G_N_ELEMENTS (transaction->writes))
    {
      sim_row_unref (row);
      return FALSE;
    }
  row->version = ++cloud->now->sequence;
  if (cloud->fault == SIM_CLOUD_TIMESTAMPS)
    row->version = transaction->began + transaction->n_writes;
  row->edited_at = MIN (row->edited_at, sync_clock_now (cloud->clock));
  if (row->deleted_at != 0)
    row->deleted_at = sync_clock_now (cloud->clock);
  if (cloud->rules[SIM_RULE_TOUCH] && row->deleted_at == 0)
    {
      g_free (row->values[3]);
      row->values[3] = g_strdup_printf ("\"m%u\"", ++cloud->touches);
      g_clear_pointer (&row->run, g_free);
    }
  transaction->writes[transaction->n_writes].user = user;
  transaction->writes[transaction->n_writes].table = table;
  transaction->writes[transaction->n_writes].row = row;
  transaction->n_writes++;
  return TRUE;
}

/* --- A client's upsert ------------------------------------------------------------------------ */

static gboolean
refuse (const char *reason, const char *table, GError **error)
{
  g_autoptr (GError) refusal = sync_error_new (SYNC_ERROR_ROW_REFUSED, table, "A row was refused");

  sync_error_set_reason (refusal, reason, 400);
  g_propagate_error (error, g_steal_pointer (&refusal));
  return FALSE;
}

static gboolean
is_taken (SimTransaction *transaction, guint user, guint table, const SimRow *row)
{
  GPtrArray *rows = transaction->cloud->now->rows[user][table];

  for (guint i = 0; i < rows->len; i++)
    {
      SimRow *other
          = look_up (transaction, user, table, ((SimRow *) g_ptr_array_index (rows, i))->key);

      if (other->deleted_at == 0 && !g_str_equal (other->key, row->key)
          && !g_str_equal (row->values[4], "null")
          && g_str_equal (row->values[4], other->values[4]))
        return TRUE;
    }
  for (guint i = 0; i < transaction->n_writes; i++)
    {
      SimRow *other = transaction->writes[i].row;

      if (transaction->writes[i].table == table
          && other == look_up (transaction, user, table, other->key) && other->deleted_at == 0
          && !g_str_equal (other->key, row->key) && !g_str_equal (row->values[4], "null")
          && g_str_equal (row->values[4], other->values[4]))
        return TRUE;
    }
  return FALSE;
}

/* Constraints of the owner's. */
static gboolean
check_rules (SimTransaction *transaction, guint table, const SimRow *row, GError **error)
{
  SimCloud *cloud = transaction->cloud;
  const SimTable *shape = &cloud->shape->tables[table];

  if (row->deleted_at != 0)
    return TRUE;
  if (cloud->rules[SIM_RULE_CHECK] && sim_row_has_mark (row, SIM_MARK_CHECK))
    return refuse ("23514", shape->name, error);
  if (cloud->rules[SIM_RULE_UNIQUE] && g_strcmp0 (sim_table_extra (shape), "x") == 0
      && is_taken (transaction, transaction->writer, table, row))
    return refuse ("23505", shape->name, error);
  return TRUE;
}

/* The claim, then ON CONFLICT DO UPDATE. *won: whether the row was written. */
static gboolean
push_row (SimTransaction *transaction,
          guint table,
          SimRow *row,
          gint64 base,
          gboolean *won,
          GError **error)
{
  SimCloud *cloud = transaction->cloud;
  guint user = transaction->writer;
  gboolean hidden = sim_cloud_is_hidden (cloud, table, row->key);
  const SimRow *known = hidden ? NULL : look_up (transaction, user, table, row->key);

  *won = FALSE;
  if (is_row_locked (transaction, user, table, row->key))
    {
      set_later (error);
      return FALSE;
    }
  if (cloud->fault != SIM_CLOUD_NO_COMPARE && base != (known != NULL ? known->version : 0))
    return TRUE;
  if (hidden)
    return refuse ("42501", cloud->shape->tables[table].name, error);
  if (cloud->rules[SIM_RULE_IGNORE] && sim_row_has_mark (row, SIM_MARK_IGNORED))
    return TRUE;
  if (!check_rules (transaction, table, row, error))
    return FALSE;
  *won = store_row (transaction, user, table, sim_row_ref (row));
  return TRUE;
}

GBytes *
sim_transaction_push (SimTransaction *transaction, guint table, GBytes *rows, GError **error)
{
  const SimTable *shape = &transaction->cloud->shape->tables[table];
  GString *reply = g_string_new ("[");
  SyncJsonReader reader;

  sync_json_reader_init (&reader, g_bytes_get_data (rows, NULL), g_bytes_get_size (rows));
  g_assert (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader))
    {
      gint64 base;
      g_autoptr (SimRow) row = sim_row_read (shape, &reader, &base);
      gboolean won;

      if (!push_row (transaction, table, row, base, &won, error))
        {
          g_string_free (reply, TRUE);
          return NULL;
        }
      if (won)
        sim_row_append_receipt (row, shape, reply);
    }
  g_string_append_c (reply, ']');
  return g_string_free_to_bytes (reply);
}

/* --- Anybody's writes ------------------------------------------------------------------------- */

gboolean
sim_transaction_write (SimTransaction *transaction,
                       guint user,
                       guint table,
                       const char *key,
                       const char *const *values)
{
  const SimTable *shape = &transaction->cloud->shape->tables[table];
  const SimRow *known = look_up (transaction, user, table, key);
  gboolean lives = known != NULL && known->deleted_at == 0;
  SimRow *row;

  if ((values == NULL && !lives) || is_row_locked (transaction, user, table, key))
    return FALSE;
  row = sim_row_new (key);
  for (guint i = 0; i < sim_table_n_columns (shape); i++)
    {
      const char *before = lives || values == NULL ? known->values[i] : "null";

      row->values[i] = g_strdup (i == 0                                ? key
                                 : values != NULL && values[i] != NULL ? values[i]
                                                                       : before);
    }
  row->edited_at = sync_clock_now (transaction->cloud->clock);
  row->deleted_at = values == NULL ? row->edited_at : 0;
  return store_row (transaction, user, table, row);
}

void
sim_transaction_touch (SimTransaction *transaction, guint user, guint table, const char *key)
{
  const SimRow *known = look_up (transaction, user, table, key);
  SimRow *row;

  if (known == NULL || is_row_locked (transaction, user, table, key))
    return;
  row = sim_row_new (key);
  for (guint i = 0; i < SIM_MAX_COLUMNS; i++)
    row->values[i] = g_strdup (known->values[i]);
  row->edited_at = sync_clock_now (transaction->cloud->clock);
  row->deleted_at = known->deleted_at;
  store_row (transaction, user, table, row);
}

gboolean
sim_transaction_rename (SimTransaction *transaction,
                        guint user,
                        guint table,
                        const char *key,
                        const char *new_key)
{
  const SimRow *known = look_up (transaction, user, table, key);
  const SimRow *there = look_up (transaction, user, table, new_key);
  const char *values[SIM_MAX_COLUMNS] = { NULL };

  if (known == NULL || known->deleted_at != 0 || (there != NULL && there->deleted_at == 0))
    return FALSE;
  for (guint i = 1; i < SIM_MAX_COLUMNS; i++)
    values[i] = known->values[i];
  return sim_transaction_write (transaction, user, table, new_key, values)
         && sim_transaction_write (transaction, user, table, key, NULL);
}

/* --- Readers ---------------------------------------------------------------------------------- */

static gboolean
is_visible (SimCloud *cloud, guint user, guint table, const SimRow *row)
{
  return cloud->fault == SIM_CLOUD_LEAKS
         || (user == 0 && !sim_cloud_is_hidden (cloud, table, row->key));
}

static gint64
find_head (SimCloud *cloud, const SimContents *contents, guint table)
{
  gint64 head = 0;

  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint i = 0; i < contents->rows[user][table]->len; i++)
      {
        const SimRow *row = g_ptr_array_index (contents->rows[user][table], i);

        if (is_visible (cloud, user, table, row))
          head = MAX (head, row->version);
      }
  return head;
}

SyncCloudState *
sim_cloud_get_state (SimCloud *cloud, guint lag)
{
  const SimContents *contents = seen_by (cloud, lag);
  SyncCloudState *state = sync_cloud_state_new ();

  state->schema_version = SYNC_CLOUD_SCHEMA_VERSION;
  state->oldest_client = 1;
  g_free (state->epoch);
  state->epoch = g_strdup (contents->epoch);
  g_free (state->user);
  state->user = g_strdup ("user");
  state->server_time = sync_clock_now (cloud->clock);
  for (guint table = 0; table < cloud->shape->n_tables; table++)
    {
      const char *name = cloud->shape->tables[table].name;

      sync_cloud_state_set_head (state, name, find_head (cloud, contents, table));
      sync_cloud_state_set_horizon (state, name, contents->horizons[0][table]);
    }
  for (guint i = 0; i < contents->devices->len; i++)
    g_ptr_array_add (state->devices, sync_device_copy (g_ptr_array_index (contents->devices, i)));
  return state;
}

static gboolean
is_echo (SimCloud *cloud, const SimRow *row, const SyncPullQuery *query, const char *device)
{
  if (query->not_run == NULL || row->version == query->top)
    return FALSE;
  if (cloud->fault == SIM_CLOUD_BY_DEVICE)
    return g_strcmp0 (row->device, device) == 0;
  return g_strcmp0 (row->run, query->not_run) == 0;
}

static int
compare_versions (gconstpointer a, gconstpointer b)
{
  const SimRow *one = *(const SimRow *const *)a, *two = *(const SimRow *const *)b;

  return one->version < two->version ? -1 : one->version > two->version;
}

static GBytes *
compose_page (const SimTable *shape, GPtrArray *rows, guint limit)
{
  GString *page = g_string_new ("[");

  for (guint i = 0; i < rows->len && i < limit; i++)
    {
      if (i > 0)
        g_string_append_c (page, ',');
      sim_row_append (g_ptr_array_index (rows, i), shape, page);
    }
  g_string_append_c (page, ']');
  return g_string_free_to_bytes (page);
}

GBytes *
sim_cloud_pull (SimCloud *cloud,
                guint table,
                const SyncPullQuery *query,
                const char *device,
                guint lag)
{
  const SimContents *contents = seen_by (cloud, lag);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();

  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint i = 0; i < contents->rows[user][table]->len; i++)
      {
        SimRow *row = g_ptr_array_index (contents->rows[user][table], i);

        if (is_visible (cloud, user, table, row) && row->version > query->since
            && !is_echo (cloud, row, query, device))
          g_ptr_array_add (found, row);
      }
  g_ptr_array_sort (found, compare_versions);
  return compose_page (&cloud->shape->tables[table], found, query->limit);
}

GBytes *
sim_cloud_fetch (SimCloud *cloud, guint table, GBytes *keys, guint lag)
{
  const SimContents *contents = seen_by (cloud, lag);
  g_autoptr (GPtrArray) found = g_ptr_array_new ();
  SyncJsonReader reader;

  sync_json_reader_init (&reader, g_bytes_get_data (keys, NULL), g_bytes_get_size (keys));
  g_assert (sync_json_enter_array (&reader));
  while (sync_json_next_element (&reader))
    {
      SyncSpan span;
      g_autofree char *key = NULL;
      SimRow *row;

      g_assert (sync_json_read_value (&reader, &span));
      key = g_strndup (span.text + 1, span.length - 2); /* one column in brackets */
      row = find_row (contents, 0, table, key);
      if (row != NULL && is_visible (cloud, 0, table, row))
        g_ptr_array_add (found, row);
    }
  return compose_page (&cloud->shape->tables[table], found, G_MAXUINT);
}

SyncDigest *
sim_cloud_digest (SimCloud *cloud, guint table, const SyncEntity *entity, const char *prefix, guint lag)
{
  GPtrArray *rows = seen_by (cloud, lag)->rows[0][table];
  SyncDigest *digest = g_new0 (SyncDigest, 1);
  g_autoptr (SyncDigester) digester = sync_digester_new (entity);
  g_autoptr (SyncRow) keys = sync_row_new (entity);

  for (guint i = 0; i < rows->len; i++)
    {
      const SimRow *row = g_ptr_array_index (rows, i);

      if (row->deleted_at != 0 || !is_visible (cloud, 0, table, row))
        continue;
      sync_row_clear (keys);
      sync_row_set (keys, 0, (SyncSpan){ row->key, strlen (row->key) });
      sync_digester_take (digester, keys);
      sync_digest_add (digest, digester, prefix, row->version);
    }
  return digest;
}

/* --- Devices ---------------------------------------------------------------------------------- */

static SyncDevice *
find_device (SimContents *contents, const char *id)
{
  for (guint i = 0; i < contents->devices->len; i++)
    {
      SyncDevice *device = g_ptr_array_index (contents->devices, i);

      if (g_str_equal (device->id, id))
        return device;
    }
  return NULL;
}

/* What has been read never goes back, and a run that ends late does not bring a revoked device
 * back. */
void
sim_cloud_put_device (SimCloud *cloud, const SyncDevice *device)
{
  SyncDevice *known, *row = sync_device_copy (device);

  keep_for_replicas (cloud);
  known = find_device (cloud->now, device->id);
  if (known != NULL)
    {
      row->last_version = MAX (row->last_version, known->last_version);
      row->active = row->active && (known->active || row->last_sync_at == known->last_sync_at);
      row->last_sync_at = MAX (row->last_sync_at, known->last_sync_at);
      row->registered_at = known->registered_at;
      g_ptr_array_remove (cloud->now->devices, known);
    }
  g_ptr_array_add (cloud->now->devices, row);
}

void
sim_cloud_set_active (SimCloud *cloud, const char *device, gboolean active)
{
  SyncDevice *known = find_device (cloud->now, device);

  if (known != NULL)
    known->active = active;
}

/* --- What its owner does ---------------------------------------------------------------------- */

void
sim_cloud_save (SimCloud *cloud)
{
  g_clear_pointer (&cloud->saved, contents_free);
  cloud->saved = contents_copy (cloud->now);
}

gboolean
sim_cloud_restore (SimCloud *cloud)
{
  if (cloud->saved == NULL)
    return FALSE;
  drop_connections (cloud);
  renew_replicas (cloud);
  contents_free (cloud->now);
  cloud->now = contents_copy (cloud->saved);
  return TRUE;
}

void
sim_cloud_renew_epoch (SimCloud *cloud)
{
  drop_connections (cloud);
  renew_replicas (cloud);
  g_free (cloud->now->epoch);
  cloud->now->epoch = make_epoch (cloud);
  cloud->now->sequence = MAX (cloud->now->sequence + 1, sync_clock_now (cloud->clock));
}

/* Lost and set up anew, at the same address. */
void
sim_cloud_replace (SimCloud *cloud)
{
  drop_connections (cloud);
  renew_replicas (cloud);
  contents_free (cloud->now);
  cloud->now = contents_new (sync_clock_now (cloud->clock));
  cloud->now->epoch = make_epoch (cloud);
}

static gboolean
was_read_by_all (SimCloud *cloud, const SimRow *row)
{
  for (guint i = 0; i < cloud->now->devices->len; i++)
    {
      const SyncDevice *device = g_ptr_array_index (cloud->now->devices, i);

      if (device->active && device->last_version < row->version)
        return FALSE;
    }
  return TRUE;
}

static void
purge_table (SimCloud *cloud, guint user, guint table)
{
  GPtrArray *rows = cloud->now->rows[user][table];
  gint64 head = 0, now = sync_clock_now (cloud->clock);

  for (guint i = 0; i < rows->len; i++)
    head = MAX (head, ((SimRow *) g_ptr_array_index (rows, i))->version);
  for (guint i = 0; i < rows->len;)
    {
      SimRow *row = g_ptr_array_index (rows, i);

      if (row->deleted_at == 0 || row->deleted_at >= now - KEEP_TOMBSTONES || row->version >= head
          || (user == 0
              && (!was_read_by_all (cloud, row) || sim_cloud_is_hidden (cloud, table, row->key))))
        {
          i++;
          continue;
        }
      if (cloud->fault != SIM_CLOUD_NO_HORIZON)
        cloud->now->horizons[user][table] = MAX (cloud->now->horizons[user][table], row->version);
      g_ptr_array_remove_index (rows, i);
    }
}

void
sim_cloud_purge (SimCloud *cloud)
{
  renew_replicas (cloud);
  for (guint user = 0; user < SIM_N_USERS; user++)
    for (guint table = 0; table < cloud->shape->n_tables; table++)
      purge_table (cloud, user, table);
}

void
sim_cloud_set_hidden (SimCloud *cloud, guint table, guint key, gboolean hidden)
{
  renew_replicas (cloud);
  cloud->hidden[table][key % G_N_ELEMENTS (cloud->hidden[table])] = hidden;
}
