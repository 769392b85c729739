/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-private.h"
#include "sim-row.h"

/* The end of every schedule. First all faults heal, but whoever refuses rows goes on refusing: one
 * refused row stops no other. Then the refusals end too and people decide what is theirs to decide;
 * everybody has equal rows, nothing waits, nothing is gone without a record, nothing came back, and
 * another sync finds nothing to do. */

#define ROUNDS 30

/* What a device may have otherwise than the cloud. */
static const char excepted_sql[]
    = "SELECT entity || ' ' || id FROM psync_held "
      "UNION SELECT entity || ' ' || id FROM psync_conflict WHERE state = 'open' "
      "UNION SELECT entity || ' ' || id FROM psync_change WHERE state <> 'pending'";

/* --- Everybody syncs -------------------------------------------------------------------------- */

static gboolean
sync_once (Sim *sim, SimDevice *device)
{
  SyncRunOptions options = { .allow_mass_change = TRUE };
  SimRun run = { .device = device, .step = sim->schedule->steps->len };
  g_autoptr (SyncResult) result = NULL;

  sim_provider_set_page_cap (device->provider, 0);
  sim->run = &run;
  result = sim_run_device (sim, device, SYNC_RUN_SYNC, &options);
  sim->run = NULL;
  sim_collect_records (sim, device);
  if (result->error != NULL)
    sim_fail (sim, "error", "%s, after all faults: %s", device->name, result->error->message);
  return result->outcome != SYNC_OUTCOME_NOTHING;
}

static gboolean
sync_all (Sim *sim)
{
  gboolean busy = FALSE;

  sim_advance (sim, G_TIME_SPAN_HOUR);
  for (guint i = 0; i < sim->devices->len && !sim_has_failed (sim); i++)
    busy = sync_once (sim, g_ptr_array_index (sim->devices, i)) || busy;
  return busy;
}

static char *
describe_waiting (SimDevice *device)
{
  g_autofree char *held
      = sim_device_query (device, "SELECT entity, id, version, reason, row FROM psync_held");
  g_autofree char *changes = sim_device_query (device, "SELECT * FROM psync_change");
  g_autofree char *open
      = sim_device_query (device, "SELECT * FROM psync_conflict WHERE state = 'open'");

  return g_strdup_printf ("%s held:\n%schanges:\n%sopen:\n%s", device->name, held, changes, open);
}

static void
fail_for_unrest (Sim *sim)
{
  g_autoptr (GString) what = g_string_new (NULL);

  for (guint i = 0; i < sim->devices->len; i++)
    {
      g_autofree char *waiting = describe_waiting (g_ptr_array_index (sim->devices, i));

      g_string_append (what, waiting);
    }
  sim_fail (sim, "drain", "It does not come to rest\n%s", what->str);
}

/* --- Comparing -------------------------------------------------------------------------------- */

static gboolean
is_excepted (const char *list, const char *table, const char *json_key)
{
  g_autofree char *id = g_strdup (json_key);
  g_autofree char *line = NULL;

  /* An id has the key as SQL quotes it. */
  for (char *at = id; *at != '\0'; at++)
    *at = *at == '"' ? '\'' : *at;
  line = g_strdup_printf ("\n%s %s\n", table, id);
  return strstr (list, line) != NULL;
}

static GHashTable *
read_cloud (Sim *sim, guint table)
{
  GHashTable *rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  GPtrArray *all = sim->cloud->now->rows[0][table];

  for (guint i = 0; i < all->len; i++)
    {
      const SimRow *row = g_ptr_array_index (all, i);
      GString *text;

      if (row->deleted_at != 0 || sim_cloud_is_hidden (sim->cloud, table, row->key))
        continue;
      text = g_string_new (NULL);
      for (guint k = 1; k < sim_table_n_columns (&sim->shape->tables[table]); k++)
        g_string_append_printf (text, "%s|", row->values[k]);
      g_hash_table_insert (rows, g_strdup (row->key), g_string_free (text, FALSE));
    }
  return rows;
}

static int
compare_text (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* (transfer container): both sides' keys, in an order that is always the same. */
static GPtrArray *
list_keys (GHashTable *a, GHashTable *b)
{
  GPtrArray *keys = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_ptr_array_add (keys, key);
  g_hash_table_iter_init (&iter, b);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    {
      if (!g_hash_table_contains (a, key))
        g_ptr_array_add (keys, key);
    }
  g_ptr_array_sort (keys, compare_text);
  return keys;
}

static void
compare_table (Sim *sim, SimDevice *device, guint table, const char *excepted, const char *check)
{
  const char *name = sim->shape->tables[table].name;
  g_autoptr (GHashTable) here = sim_device_read (device, table), there = read_cloud (sim, table);
  g_autoptr (GPtrArray) keys = list_keys (here, there);

  for (guint i = 0; i < keys->len; i++)
    {
      const char *key = g_ptr_array_index (keys, i);
      const char *a = g_hash_table_lookup (here, key), *b = g_hash_table_lookup (there, key);

      if (g_strcmp0 (a, b) != 0 && !is_excepted (excepted, name, key)
          && !sim_cloud_is_hidden (sim->cloud, table, key))
        sim_fail (sim, check, "%s has %s %s as %s, the cloud as %s", device->name, name, key,
                  a != NULL ? a : "nothing", b != NULL ? b : "nothing");
      sim_trace (sim, a != NULL ? a : "", a != NULL ? strlen (a) : 0);
    }
}

static void
compare (Sim *sim, const char *check)
{
  for (guint i = 0; i < sim->devices->len; i++)
    {
      SimDevice *device = g_ptr_array_index (sim->devices, i);
      g_autofree char *rows = sim_device_query (device, excepted_sql);
      g_autofree char *excepted = g_strconcat ("\n", rows, NULL);

      for (guint table = 0; table < sim->shape->n_tables; table++)
        compare_table (sim, device, table, excepted, check);
    }
}

static void
expect_nothing (Sim *sim, SimDevice *device, const char *check, const char *sql)
{
  g_autofree char *rows = sim_device_query (device, sql);

  if (*rows != '\0')
    sim_fail (sim, check, "%s: %s:\n%s", device->name, sql, rows);
}

/* All of the file but the history. */
static char *
describe_file (Sim *sim, SimDevice *device)
{
  static const char *const ours[]
      = { "change", "row", "entity", "sent", "batch", "held", "conflict", "seen", "applying" };
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (ours) + sim->shape->n_tables; i++)
    {
      g_autofree char *sql
          = i < G_N_ELEMENTS (ours)
                ? g_strdup_printf ("SELECT * FROM psync_%s ORDER BY 1, 2", ours[i])
                : g_strdup_printf ("SELECT * FROM %s ORDER BY 1",
                                   sim->shape->tables[i - G_N_ELEMENTS (ours)].name);
      g_autofree char *rows = sim_device_query (device, sql);

      g_string_append (all, rows);
    }
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* The next sync is one request that finds nothing to do and writes nothing. */
static void
check_quiet (Sim *sim, SimDevice *device)
{
  g_autofree char *before = describe_file (sim, device), *after = NULL;
  guint count;
  gboolean busy;

  sim_provider_take_count (device->provider);
  busy = sync_once (sim, device);
  count = sim_provider_take_count (device->provider);
  after = describe_file (sim, device);
  if (busy || count != 1)
    sim_fail (sim, "quiet", "%s: another sync had %u requests", device->name, count);
  if (!g_str_equal (before, after))
    sim_fail (sim, "quiet", "%s: another sync wrote something", device->name);
}

/* --- While rows are refused ------------------------------------------------------------------- */

static void
end_faults (Sim *sim)
{
  sim->depth = 0;
  sim_say (sim, "-- no more faults");
  sim_provider_deliver_all (sim->cloud);
  while (sim->cloud->transactions->len > 0)
    sim_transaction_commit (g_ptr_array_index (sim->cloud->transactions, 0));
  for (guint i = 0; i < sim->cloud->now->devices->len; i++)
    ((SyncDevice *) g_ptr_array_index (sim->cloud->now->devices, i))->active = TRUE;
  for (guint i = 0; i < sim->devices->len; i++)
    {
      for (guint table = 0; table < sim->shape->n_tables; table++)
        sim_set_enabled (g_ptr_array_index (sim->devices, i), sim->shape->tables[table].name, TRUE);
      sim_retry (g_ptr_array_index (sim->devices, i));
    }
}

static void
check_refusals (Sim *sim)
{
  guint round = 0;

  while (round < ROUNDS && !sim_has_failed (sim) && sync_all (sim))
    round++;
  if (round == ROUNDS)
    fail_for_unrest (sim);
  compare (sim, "refused");
  for (guint i = 0; i < sim->devices->len && !sim_has_failed (sim); i++)
    expect_nothing (
        sim, g_ptr_array_index (sim->devices, i), "refused",
        "SELECT * FROM psync_change c WHERE state = 'pending' AND NOT EXISTS "
        "(SELECT 1 FROM psync_held h WHERE h.entity = c.entity AND h.id = c.id) AND NOT EXISTS "
        "(SELECT 1 FROM psync_conflict k WHERE k.entity = c.entity AND k.id = c.id AND k.state = "
        "'open')");
  for (guint i = 0; i < sim->devices->len && !sim_has_failed (sim); i++)
    check_quiet (sim, g_ptr_array_index (sim->devices, i));
}

static void
check_alone (Sim *sim)
{
  if (sim->alone)
    expect_nothing (sim, g_ptr_array_index (sim->devices, 0), "alone",
                    "SELECT * FROM psync_conflict WHERE kind NOT IN ('discard', 'cascade')");
}

/* --- People make peace ------------------------------------------------------------------------ */

static void
end_refusals (Sim *sim)
{
  sim_say (sim, "-- nobody refuses any more");
  for (guint i = 0; i < SIM_N_RULES; i++)
    sim->cloud->rules[i] = FALSE;
  for (guint table = 0; table < sim->shape->n_tables; table++)
    for (guint key = 0; key < sim->n_keys; key++)
      sim_set_hidden (sim, table, key, FALSE);
}

/* Values that the tables take, where two rows want one that only one may have. */
static void
make_unique (Sim *sim, SimDevice *device)
{
  g_autofree char *sql = g_strdup_printf ("UPDATE u SET x = id || '%s'", device->name);

  sim_write (sim, device, sql);
}

/* Somebody puts right what some devices' tables do not take. */
static gboolean
correct_rows (Sim *sim)
{
  SimTransaction *transaction = sim_cloud_begin (sim->cloud, SIM_NO_USER, NULL);
  gboolean corrected;

  transaction->foreign = TRUE;
  for (guint table = 0; table < sim->shape->n_tables; table++)
    for (guint i = 0; i < sim->cloud->now->rows[0][table]->len; i++)
      {
        const SimRow *row = g_ptr_array_index (sim->cloud->now->rows[0][table], i);
        g_autofree char *text = sim_value_to_text (sim->next_value++, 0, SIM_MARK_NONE);
        g_autofree char *value = g_strdup_printf ("\"%s\"", text);
        const char *values[SIM_MAX_COLUMNS] = { NULL, value };

        if (row->deleted_at == 0 && sim_row_has_mark (row, SIM_MARK_LOCAL))
          sim_transaction_write (transaction, 0, table, row->key, values);
      }
  corrected = transaction->n_writes > 0;
  sim->alone = sim->alone && !corrected;
  sim_transaction_commit (transaction);
  return corrected;
}

static gboolean
make_peace (Sim *sim, SimDevice *device, guint round)
{
  gint64 n_held
      = sim_device_count (device, "SELECT count(*) FROM psync_held WHERE reason <> 'foreign-key'");
  gint64 n_open
      = sim_device_count (device, "SELECT count(*) FROM psync_conflict WHERE state = 'open'");

  sim_retry (device);
  /* One that changed meanwhile is refused once, and asked again in the next round. */
  for (guint i = 0; i < n_open; i++)
    sim_resolve (sim, device, i, round + i, i);
  if ((n_held > 0 || n_open > 0) && g_strcmp0 (sim_table_extra (&sim->shape->tables[0]), "x") == 0
      && round % 3 == 2)
    make_unique (sim, device);
  return n_held > 0 || n_open > 0;
}

static void
reconcile (Sim *sim)
{
  gboolean busy = TRUE;

  for (guint round = 0; round < ROUNDS && busy && !sim_has_failed (sim); round++)
    {
      busy = SIM_STEP (sim->schedule, 0)->args[SIM_WORLD_STRICT] != 0 && correct_rows (sim);
      for (guint i = 0; i < sim->devices->len; i++)
        busy = make_peace (sim, g_ptr_array_index (sim->devices, i), round) || busy;
      busy = sync_all (sim) || busy;
    }
  if (busy)
    fail_for_unrest (sim);
}

/* --- What was promised ------------------------------------------------------------------------ */

static void
check_writes (Sim *sim)
{
  g_auto (SimValues) there = { 0 }, somewhere = { 0 }, held = { 0 };

  sim_values_init (&there);
  sim_values_init (&somewhere);
  sim_values_init (&held);
  sim_add_cloud (sim, sim->cloud->now, &there);
  sim_add_cloud (sim, sim->cloud->now, &somewhere);
  /* A row that another one is held in place of is there, and a held one did not come back yet. */
  for (guint i = 0; i < sim->devices->len; i++)
    {
      g_autofree char *rows
          = sim_device_query (g_ptr_array_index (sim->devices, i), "SELECT row FROM psync_held");

      sim_device_add_values (g_ptr_array_index (sim->devices, i), &somewhere);
      sim_values_add_text (&held, rows);
    }
  for (guint i = 0; i < sim->next_value; i++)
    {
      if (sim_values_has (&sim->written, i) && !sim_values_has (&somewhere, i)
          && !sim_values_has (&sim->superseded, i) && !sim_values_has (&sim->excused, i)
          && !sim_values_has (&sim->recorded, i))
        sim_fail (sim, "lost", "v%uv is gone without a record", i);
      if (sim->strict && sim_values_has (&there, i) && sim_values_has (&sim->superseded, i)
          && !sim_values_has (&sim->recorded, i) && !sim_values_has (&sim->moved, i)
          && !sim_values_has (&held, i))
        sim_fail (sim, "returned", "v%uv came back without a record", i);
    }
}

/* A verification finds all contents equal. */
static void
check_verified (Sim *sim, SimDevice *device)
{
  SimRun run = { .device = device, .step = sim->schedule->steps->len };
  g_autoptr (SyncVerifyResult) result = NULL;

  sim->run = &run;
  result = sim_verify_device (sim, device, TRUE, FALSE);
  sim->run = NULL;
  if (result->error != NULL)
    sim_fail (sim, "verify", "%s: %s", device->name, result->error->message);
  if (result->different > 0)
    {
      const SyncDifference *first = g_ptr_array_index (result->differences, 0);

      sim_fail (sim, "verify", "%s: %s %s: %s", device->name, first->entity, first->id,
                sync_difference_kind_to_string (first->kind));
    }
}

static void
check_device (Sim *sim, SimDevice *device)
{
  expect_nothing (sim, device, "drain",
                  "SELECT * FROM psync_change c WHERE NOT EXISTS "
                  "(SELECT 1 FROM psync_held h WHERE h.entity = c.entity AND h.id = c.id)");
  /* What was sent of a row that is held is compared with what came when that can be written. */
  expect_nothing (sim, device, "drain",
                  "SELECT * FROM psync_sent s WHERE NOT EXISTS "
                  "(SELECT 1 FROM psync_held h WHERE h.entity = s.entity AND h.id = s.id)");
  expect_nothing (sim, device, "drain",
                  "SELECT batch FROM psync_batch b WHERE NOT EXISTS "
                  "(SELECT 1 FROM psync_sent s WHERE s.batch = b.batch)");
  expect_nothing (sim, device, "drain", "SELECT * FROM psync_applying");
  expect_nothing (sim, device, "drain", "SELECT * FROM psync_seen");
  check_quiet (sim, device);
  check_verified (sim, device);
}

void
sim_heal_and_check (Sim *sim)
{
  end_faults (sim);
  check_refusals (sim);
  check_alone (sim);
  if (sim_has_failed (sim))
    return;
  end_refusals (sim);
  reconcile (sim);
  if (sim_has_failed (sim))
    return;
  compare (sim, "equal");
  for (guint i = 0; i < sim->devices->len; i++)
    check_device (sim, g_ptr_array_index (sim->devices, i));
  check_writes (sim);
  check_alone (sim);
}
