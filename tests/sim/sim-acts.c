/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-private.h"

#include "sync-queue-store.h"
#include "sync-resolve.h"
#include "test-clock.h"

/* What each step does: the application that owns a database, people, other programs at the cloud,
 * the cloud's owner, catastrophes. */

static const char *const strategies[] = { "newest", "local", "remote", "manual" };

static const SimTable *
pick_table (Sim *sim, int number)
{
  return &sim->shape->tables[(guint) number % sim->shape->n_tables];
}

static guint
pick (int number, guint n)
{
  return (guint) number % n;
}

static char *
new_value (Sim *sim, guint user, SimMark mark)
{
  return sim_value_to_text (sim->next_value++, user, mark);
}

/* --- The application -------------------------------------------------------------------------- */

void
sim_write (Sim *sim, SimDevice *device, const char *sql)
{
  g_auto (SimValues) before = { 0 }, after = { 0 };
  g_autoptr (GError) error = NULL;

  sim_values_init (&before);
  sim_values_init (&after);
  sim_device_add_values (device, &before);
  if (!sim_device_try (device, sql, &error)
      && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_CONSTRAINT))
    sim_fail (sim, "owner", "%s: %s: %s", device->name, sql, error->message);
  sim_say (sim, "%s: %s%s", device->name, sql, error != NULL ? " -- refused" : "");
  sim_device_add_values (device, &after);
  sim_values_add_difference (&sim->superseded, &before, &after);
  sim_values_add_difference (&sim->written, &after, &before);
}

/* The column behind the others, with a comma. */
static char *
pick_extra (Sim *sim, const SimTable *table, int rest)
{
  const char *extra = sim_table_extra (table);
  const SimTable *parent = &sim->shape->tables[0];
  g_autofree char *key = sim_table_key (parent, (int) pick (rest, sim->n_keys));

  if (extra == NULL)
    return g_strdup ("");
  if (*extra == 'x')
    return g_strdup_printf (", 'x%u'", pick (rest, 4));
  if (*extra == 'e')
    return g_strdup (", 0");
  if (parent->integer_key)
    return g_strdup_printf (", (SELECT id FROM %s ORDER BY id LIMIT 1 OFFSET %u)", parent->name,
                            pick (rest, 4));
  return g_strdup_printf (", %s", rest % 5 == 0 ? "NULL" : key);
}

static char *
compose_insert (Sim *sim,
                const SimTable *table,
                const SimStep *step,
                const char *verb,
                const char *key)
{
  g_autofree char *a = new_value (sim, 0, (SimMark) pick (step->args[6], 4)),
                  *b = new_value (sim, 0, SIM_MARK_NONE);
  g_autofree char *rest = pick_extra (sim, table, step->args[5]);
  const char *extra = sim_table_extra (table);

  return g_strdup_printf ("%s INTO %s (id, a, b%s%s) VALUES (%s, '%s', '%s'%s)", verb, table->name,
                          extra != NULL ? ", " : "", extra != NULL ? extra : "", key, a, b, rest);
}

static char *
compose_exchange (Sim *sim, const SimTable *table, const SimStep *step, const char *key)
{
  const char *extra = sim_table_extra (table);
  g_autofree char *rest = pick_extra (sim, table, step->args[5]);

  if (extra != NULL && *extra != 'e')
    return g_strdup_printf ("UPDATE %s SET %s = %s WHERE id = %s", table->name, extra, rest + 1,
                            key);
  return g_strdup_printf ("UPDATE %s SET a = b, b = a WHERE id = %s", table->name, key);
}

static char *
compose_write (Sim *sim, const SimStep *step)
{
  const SimTable *table = pick_table (sim, step->args[2]);
  g_autofree char *key = sim_table_key (table, (int) pick (step->args[3], sim->n_keys));
  g_autofree char *other = sim_table_key (table, (int) pick (step->args[4], sim->n_keys));
  g_autofree char *value = NULL, *insert = NULL;

  switch (step->args[1])
    {
    case 0:
      insert = compose_insert (sim, table, step, "INSERT", key);
      return g_strconcat (insert, " ON CONFLICT (id) DO UPDATE SET a = excluded.a, b = excluded.b",
                          NULL);
    case 1:
      return compose_insert (sim, table, step, "INSERT OR REPLACE", key);
    case 2:
      return compose_insert (sim, table, step, "INSERT", table->integer_key ? "NULL" : key);
    case 3:
      value = new_value (sim, 0, (SimMark) pick (step->args[6], 4));
      return g_strdup_printf ("UPDATE %s SET a = '%s' WHERE id = %s", table->name, value, key);
    case 4:
      value = new_value (sim, 0, SIM_MARK_NONE);
      return g_strdup_printf ("UPDATE %s SET b = '%s' WHERE id = %s", table->name, value, key);
    case 5:
      return g_strdup_printf ("DELETE FROM %s WHERE id = %s", table->name, key);
    case 6:
      return g_strdup_printf ("UPDATE %s SET id = %s WHERE id = %s", table->name, other, key);
    default:
      return compose_exchange (sim, table, step, key);
    }
}

static void
write_row (Sim *sim, const SimStep *step)
{
  SimDevice *device = sim_pick_device (sim, step->args[0]);
  g_autofree char *sql = compose_write (sim, step);

  sim_write (sim, device, sql);
  if (step->args[1] == 6)
    {
      const SimTable *table = pick_table (sim, step->args[2]);
      g_autofree char *key = sim_table_key (table, (int) pick (step->args[4], sim->n_keys));
      g_autofree char *query
          = g_strdup_printf ("SELECT a, b FROM %s WHERE id = %s", table->name, key);
      g_autofree char *row = sim_device_query (device, query);

      sim_values_add_text (&sim->moved, row);
    }
}

static void
drop_triggers (Sim *sim, SimDevice *device)
{
  g_autofree char *rows = sim_device_query (
      device, "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE 'psync%'");
  g_auto (GStrv) names = g_strsplit (g_strchomp (rows), "\n", -1);

  for (guint i = 0; names[i] != NULL && *names[i] != '\0'; i++)
    {
      g_autofree char *sql = g_strdup_printf ("DROP TRIGGER \"%s\"", names[i]);

      sim_device_try (device, sql, NULL);
    }
}

/* --- People ----------------------------------------------------------------------------------- */

typedef struct
{
  const char *entity;
  const char *id;
  gint64 number;
  const char *choice;
  const char *fields[2];
  const char *strategy;
  int enabled;
} Verb;

static gboolean
resolve (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_resolve_conflict (store, verb->number, NULL, verb->choice,
                                      verb->fields[0] != NULL ? verb->fields : NULL, error);
}

static gboolean
undo (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_undo_conflict (store, ((Verb *)data)->number, error);
}

static gboolean
discard (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_discard_changes (store, verb->entity, verb->id, error) >= 0;
}

static gboolean
retry_all (SyncStore *store, gpointer data, GError **error)
{
  return sync_store_retry_changes (store, NULL, NULL, error) >= 0;
}

static gboolean
configure (SyncStore *store, gpointer data, GError **error)
{
  Verb *verb = data;

  return sync_store_configure_entity (store, verb->entity, verb->enabled, verb->strategy, NULL,
                                      error);
}

void
sim_retry (SimDevice *device)
{
  sim_device_call (device, retry_all, NULL, NULL);
}

void
sim_set_enabled (SimDevice *device, const char *table, gboolean enabled)
{
  Verb verb = { .entity = table, .enabled = enabled };

  sim_device_call (device, configure, &verb, NULL);
}

static char **
pick_line (SimDevice *device, guint which, const char *sql)
{
  g_autofree char *rows = sim_device_query (device, sql);
  g_auto (GStrv) lines = g_strsplit (g_strchomp (rows), "\n", -1);

  return *rows == '\0' ? NULL : g_strsplit (lines[which % g_strv_length (lines)], "|", -1);
}

static gboolean
decide (Sim *sim, SimDevice *device, SimDeviceFunc func, Verb *verb, const char *what)
{
  g_autoptr (GError) error = NULL;
  gboolean good = sim_device_call (device, func, verb, &error);

  sim_say (sim, "%s: %s%s%s", device->name, what, error != NULL ? " -- " : "",
           error != NULL ? error->message : "");
  sim_collect_records (sim, device);
  return good;
}

gboolean
sim_resolve (Sim *sim, SimDevice *device, guint which, guint choice, guint field)
{
  static const char *const choices[] = { "local", "remote", "both" };
  static const char *const fields[] = { NULL, "a=local", "b=remote" };
  const SimTable *table = NULL;
  g_autofree char *as_here = NULL;
  g_auto (GStrv) line = pick_line (
      device, which,
      "SELECT conflict, id, kind, entity FROM psync_conflict WHERE state = 'open' ORDER BY conflict");
  g_autofree char *what = NULL;
  Verb verb = { .choice = choices[choice % 3], .fields = { fields[field % 3] } };

  if (line == NULL)
    return FALSE;
  verb.number = g_ascii_strtoll (line[0], NULL, 10);
  what = g_strdup_printf ("conflict %s of %s (%s): %s %s", line[0], line[1], line[2], verb.choice,
                          verb.fields[0] != NULL ? verb.fields[0] : "");
  if (decide (sim, device, resolve, &verb, what))
    return TRUE;
  /* What the table does not take is a value that others have, or a parent that is not here. */
  for (guint i = 0; i < sim->shape->n_tables; i++)
    table = g_str_equal (sim->shape->tables[i].name, line[3]) ? &sim->shape->tables[i] : table;
  if (sim_table_extra (table) == NULL)
    return FALSE;
  as_here = g_strdup_printf ("%s=local", sim_table_extra (table));
  verb.choice = "local";
  verb.fields[0] = as_here;
  return decide (sim, device, resolve, &verb, as_here);
}

static void
undo_one (Sim *sim, SimDevice *device, guint which)
{
  g_auto (GStrv) line = pick_line (
      device, which,
      "SELECT conflict, id, kind FROM psync_conflict WHERE state = 'resolved' ORDER BY conflict");
  g_auto (SimValues) before = { 0 }, after = { 0 };
  g_autofree char *what = NULL;
  Verb verb = { 0 };

  if (line == NULL)
    return;
  sim_values_init (&before);
  sim_values_init (&after);
  verb.number = g_ascii_strtoll (line[0], NULL, 10);
  what = g_strdup_printf ("undo %s of %s (%s)", line[0], line[1], line[2]);
  sim_device_add_values (device, &before);
  decide (sim, device, undo, &verb, what);
  sim_device_add_values (device, &after);
  sim_values_add_difference (&sim->superseded, &before, &after);
}

static void
discard_one (Sim *sim, SimDevice *device, guint which)
{
  g_auto (GStrv) line = pick_line (
      device, which, "SELECT entity, id FROM psync_change WHERE seq > 0 ORDER BY entity, id");
  g_autofree char *what = NULL;
  Verb verb = { 0 };

  if (line == NULL)
    return;
  verb.entity = line[0];
  verb.id = line[1];
  what = g_strdup_printf ("discard %s %s", line[0], line[1]);
  decide (sim, device, discard, &verb, what);
}

static void
set_strategy (Sim *sim, const SimStep *step)
{
  Verb verb = { .entity = pick_table (sim, step->args[1])->name,
                .enabled = -1,
                .strategy = strategies[pick (step->args[2], G_N_ELEMENTS (strategies))] };

  sim_device_call (sim_pick_device (sim, step->args[0]), configure, &verb, NULL);
}

/* --- Databases -------------------------------------------------------------------------------- */

static void
clone_device (Sim *sim, SimDevice *device)
{
  g_autoptr (GBytes) contents = sim_vfs_read (device->slot);
  SimDevice *clone = sim_add_device (sim);

  if (clone == NULL)
    return;
  test_clock_set (clone->clock, sync_clock_now (device->clock));
  sim_vfs_write (clone->slot, contents);
  sim_say (sim, "%s: copied to %s", device->name, clone->name);
}

void
sim_add_cloud (Sim *sim, const SimContents *contents, SimValues *values)
{
  for (guint table = 0; table < sim->shape->n_tables; table++)
    for (guint i = 0; i < contents->rows[0][table]->len; i++)
      {
        const SimRow *row = g_ptr_array_index (contents->rows[0][table], i);

        if (row->deleted_at != 0)
          continue;
        sim_values_add_text (values, row->values[1]);
        sim_values_add_text (values, row->values[2]);
      }
}

/* What only the replaced file knew is gone with it. */
static void
load_device (Sim *sim, SimDevice *device)
{
  g_auto (SimValues) before = { 0 }, after = { 0 };

  if (device->copy == NULL || sim_is_busy (sim, device))
    return;
  sim_values_init (&before);
  sim_values_init (&after);
  sim_device_add_values (device, &before);
  sim_device_close (device);
  sim_vfs_write (device->slot, device->copy);
  device->ended_well = FALSE;
  sim_device_add_values (device, &after);
  sim_add_cloud (sim, sim->cloud->now, &after);
  sim_values_add_difference (&sim->excused, &before, &after);
}

static void
save_device (SimDevice *device)
{
  g_clear_pointer (&device->copy, g_bytes_unref);
  device->copy = sim_vfs_read (device->slot);
}

/* --- Other programs at the cloud -------------------------------------------------------------- */

/* Every version that is given out is visible before a greater one, so nobody's cursor is above it.
 */
static void
check_cursors (Sim *sim, SimTransaction *transaction)
{
  for (guint i = 0; i < transaction->n_writes && !sim->silent; i++)
    for (guint k = 0; transaction->writes[i].user == 0 && k < sim->devices->len; k++)
      {
        SimDevice *device = g_ptr_array_index (sim->devices, k);
        const char *name = sim->shape->tables[transaction->writes[i].table].name;
        g_autofree char *sql
            = g_strdup_printf ("SELECT pulled_version FROM psync_entity WHERE name = '%s'", name);
        gint64 cursor = sim_device_count (device, sql);

        if (cursor >= transaction->writes[i].row->version)
          sim_fail (sim, "cursor",
                    "%s has read %s up to %" G_GINT64_FORMAT ", but %" G_GINT64_FORMAT
                    " becomes visible only now",
                    device->name, name, cursor, transaction->writes[i].row->version);
      }
}

void
sim_take_commit (SimTransaction *transaction, const SimContents *before, gpointer data)
{
  Sim *sim = data;
  g_auto (SimValues) old = { 0 }, now = { 0 };

  check_cursors (sim, transaction);
  if (!transaction->foreign)
    return;
  sim_values_init (&old);
  sim_values_init (&now);
  sim_add_cloud (sim, before, &old);
  sim_add_cloud (sim, sim->cloud->now, &now);
  sim_values_add_difference (&sim->superseded, &old, &now);
  sim_values_add_difference (&sim->written, &now, &old);
}

static char *
web_extra (Sim *sim, const SimTable *table, int rest)
{
  const char *extra = sim_table_extra (table);

  if (extra == NULL)
    return NULL;
  if (*extra == 'x')
    return g_strdup_printf ("\"x%u\"", pick (rest, 4));
  if (*extra == 'e')
    return g_strdup ("0");
  return rest % 5 == 0 ? g_strdup ("null")
                       : sim_table_json_key (&sim->shape->tables[0], (int) pick (rest, sim->n_keys));
}

static char *
quote (char *value)
{
  char *text = g_strdup_printf ("\"%s\"", value);

  g_free (value);
  return text;
}

/* 0: upsert, 1: a, 2: b, 3: delete, 4: rename, 5: nothing but a new version. */
static void
write_at_cloud (Sim *sim, SimTransaction *transaction, const SimStep *step)
{
  guint user = step->args[5] == 1 ? 1 : 0;
  guint place = pick (step->args[1], sim->shape->n_tables);
  const SimTable *table = &sim->shape->tables[place];
  g_autofree char *key = sim_table_json_key (table, (int) pick (step->args[2], sim->n_keys));
  g_autofree char *other = sim_table_json_key (table, (int) pick (step->args[3], sim->n_keys));
  g_autofree char *a = quote (new_value (sim, user, SIM_MARK_NONE)),
                  *b = quote (new_value (sim, user, SIM_MARK_NONE));
  g_autofree char *extra = web_extra (sim, table, step->args[4]);
  const SimRow *known = sim_cloud_find (sim->cloud, user, place, key);
  const char *values[SIM_MAX_COLUMNS] = { NULL };
  guint op = pick (step->args[0], 6);

  if (op > 0 && (known == NULL || known->deleted_at != 0))
    return;
  values[1] = op == 0 || op == 1 ? a : NULL;
  values[2] = op == 0 || op == 2 ? b : NULL;
  values[4] = op == 0 ? extra : NULL;
  if (op == 4)
    {
      sim_values_add_text (&sim->moved, known->values[1]);
      sim_values_add_text (&sim->moved, known->values[2]);
      sim_transaction_rename (transaction, user, place, key, other);
    }
  else
    sim_transaction_write (transaction, user, place, key, op == 3 ? NULL : values);
}

static void
write_as_stranger (Sim *sim, const SimStep *step)
{
  guint writer = step->args[5] == 1 ? 1 : step->args[5] == 2 ? SIM_NO_USER : 0;
  g_autoptr (GError) error = NULL;
  SimTransaction *transaction = sim_cloud_begin (sim->cloud, writer, &error);

  if (transaction == NULL)
    {
      sim_say (sim, "stranger: turned away");
      return;
    }
  transaction->foreign = TRUE;
  write_at_cloud (sim, transaction, step);
  transaction->patience = (guint) MAX (step->args[6] - 1, 0);
  if (step->args[6] == 0)
    sim_transaction_commit (transaction);
}

static void
end_transaction (Sim *sim, guint which, gboolean rollback)
{
  GPtrArray *open = sim->cloud->transactions;
  SimTransaction *transaction;

  if (open->len == 0)
    return;
  transaction = g_ptr_array_index (open, which % open->len);
  if (rollback)
    sim_transaction_roll_back (transaction);
  else
    sim_transaction_commit (transaction);
}

/* --- The cloud's owner ------------------------------------------------------------------------ */

/* A cloud that goes back is known by the devices' own rows there. Copies of a database share that
 * row, and a run that was broken off has not written it: then only the new epoch tells that whoever
 * restores is to begin. */
static gboolean
may_be_silent (Sim *sim)
{
  gboolean may = sim->run == NULL && !sim_schedule_has (sim->schedule, SIM_CLONE)
                 && !sim_schedule_has (sim->schedule, SIM_LOAD)
                 && !sim_schedule_has (sim->schedule, SIM_HIDE);

  for (guint i = 0; i < sim->devices->len; i++)
    may = may && ((SimDevice *) g_ptr_array_index (sim->devices, i))->ended_well;
  return may;
}

static void
lose_cloud (Sim *sim, gboolean replace, gboolean silent)
{
  g_auto (SimValues) before = { 0 }, after = { 0 };

  if (!replace && sim->cloud->saved == NULL)
    return;
  sim_values_init (&before);
  sim_values_init (&after);
  sim_add_cloud (sim, sim->cloud->now, &before);
  sim_provider_drop_all ();
  if (replace)
    sim_cloud_replace (sim->cloud);
  else
    sim_cloud_restore (sim->cloud);
  sim_add_cloud (sim, sim->cloud->now, &after);
  for (guint i = 0; i < sim->devices->len; i++)
    sim_device_add_values (g_ptr_array_index (sim->devices, i), &after);
  sim_values_add_difference (&sim->excused, &before, &after);
  if (!replace && silent && may_be_silent (sim))
    sim->silent = TRUE;
  else if (!replace)
    sim_cloud_renew_epoch (sim->cloud);
}

/* Whoever lets a row be seen again gives it a new version, as for every change. */
void
sim_set_hidden (Sim *sim, guint table, guint key, gboolean hidden)
{
  g_autofree char *name = sim_table_json_key (&sim->shape->tables[table], (int) key);
  const SimRow *row = sim_cloud_find (sim->cloud, 0, table, name);
  SimTransaction *transaction;

  if (sim_cloud_is_hidden (sim->cloud, table, name) == hidden)
    return;
  sim_cloud_set_hidden (sim->cloud, table, key, hidden);
  if (hidden || row == NULL)
    return;
  transaction = sim_cloud_begin (sim->cloud, SIM_NO_USER, NULL);
  if (transaction == NULL)
    {
      sim_cloud_set_hidden (sim->cloud, table, key, TRUE);
      return;
    }
  sim_transaction_touch (transaction, 0, table, name);
  sim_transaction_commit (transaction);
}

static void
set_active (Sim *sim, SimDevice *device, gboolean active)
{
  g_autofree char *id
      = sim_device_query (device, "SELECT value FROM psync_meta WHERE key = 'device-id'");

  sim_cloud_set_active (sim->cloud, g_strchomp (id), active);
}

static void
purge (Sim *sim)
{
  sim_advance (sim, 31 * G_TIME_SPAN_DAY);
  while (sim->cloud->transactions->len > 0)
    sim_transaction_commit (g_ptr_array_index (sim->cloud->transactions, 0));
  sim_provider_deliver_all (sim->cloud);
  sim_cloud_purge (sim->cloud);
}

static void
act_at_cloud (Sim *sim, const SimStep *step)
{
  switch (step->kind)
    {
    case SIM_WEB:
      write_as_stranger (sim, step);
      break;
    case SIM_END:
      end_transaction (sim, (guint) step->args[0], step->args[1] != 0);
      break;
    case SIM_SAVE_CLOUD:
      sim_cloud_save (sim->cloud);
      break;
    case SIM_RESTORE:
      lose_cloud (sim, FALSE, step->args[0] != 0);
      break;
    case SIM_REPLACE:
      lose_cloud (sim, TRUE, FALSE);
      break;
    case SIM_EPOCH:
      sim_provider_drop_all ();
      sim_cloud_renew_epoch (sim->cloud);
      break;
    case SIM_PURGE:
      purge (sim);
      break;
    case SIM_SERVER:
      sim->cloud->rules[pick (step->args[0], SIM_N_RULES)] = step->args[1] != 0;
      break;
    case SIM_HIDE:
      sim_set_hidden (sim, pick (step->args[0], sim->shape->n_tables),
                      pick (step->args[1], sim->n_keys), step->args[2] != 0);
      break;
    default:
      g_assert_not_reached ();
    }
}

/* --- All -------------------------------------------------------------------------------------- */

static void
act_at_device (Sim *sim, const SimStep *step)
{
  SimDevice *device = sim_pick_device (sim, step->args[0]);

  switch (step->kind)
    {
    case SIM_RESOLVE:
      sim_resolve (sim, device, (guint) step->args[1], (guint) step->args[2], (guint) step->args[3]);
      break;
    case SIM_UNDO:
      undo_one (sim, device, (guint) step->args[1]);
      break;
    case SIM_DISCARD:
      discard_one (sim, device, (guint) step->args[1]);
      break;
    case SIM_RETRY:
      sim_retry (device);
      break;
    case SIM_CLONE:
      clone_device (sim, device);
      break;
    case SIM_SAVE:
      save_device (device);
      break;
    case SIM_LOAD:
      load_device (sim, device);
      break;
    case SIM_UNTRIGGER:
      drop_triggers (sim, device);
      break;
    case SIM_ENABLE:
      sim_set_enabled (device, pick_table (sim, step->args[1])->name, step->args[2] != 0);
      break;
    case SIM_CLOCK:
      test_clock_set (device->clock,
                      sync_clock_now (device->clock) + step->args[1] * G_TIME_SPAN_SECOND);
      break;
    case SIM_REVOKE:
      set_active (sim, device, step->args[1] != 0);
      break;
    default:
      act_at_cloud (sim, step);
    }
}

void
sim_act (Sim *sim, const SimStep *step)
{
  if (step->kind == SIM_WRITE)
    write_row (sim, step);
  else if (step->kind == SIM_CONFIGURE)
    set_strategy (sim, step);
  else if (step->kind == SIM_WAIT)
    sim_advance (sim, step->args[0] * G_TIME_SPAN_SECOND);
  else if (step->kind != SIM_FAULT && step->kind != SIM_CRASH && step->kind != SIM_CANCEL)
    act_at_device (sim, step);
}
