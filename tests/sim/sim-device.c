/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE

#include "sim-device.h"

#include <string.h>

#include "sync-json.h"
#include "test-database.h"

/* Every new database begins as a copy of one that was set up once, with an id of its own in place
 * of this one. */
#define TEMPLATE_DEVICE "00000000-0000-4000-a000-000000000000"

#define MAX_SHAPES 16

static GBytes *templates[MAX_SHAPES][2];

SimDevice *
sim_device_new (const SimShape *shape, guint slot, SyncClock *clock, SyncProvider *provider)
{
  SimDevice *device = g_new0 (SimDevice, 1);

  device->shape = shape;
  device->slot = slot;
  device->name = g_strdup_printf ("d%u", slot);
  device->clock = g_object_ref (clock);
  device->provider = SIM_PROVIDER (provider);
  device->ended_well = TRUE;
  sim_vfs_set_clock (slot, clock);
  return device;
}

void
sim_device_close (SimDevice *device)
{
  g_clear_pointer (&device->owner, sync_connection_close);
  if (device->store != NULL)
    sync_store_close (device->store);
  g_clear_object (&device->store);
}

void
sim_device_free (SimDevice *device)
{
  sim_device_close (device);
  sim_vfs_write (device->slot, NULL);
  g_clear_pointer (&device->copy, g_bytes_unref);
  g_object_unref (device->provider);
  g_object_unref (device->clock);
  g_free (device->name);
  g_free (device);
}

/* --- Opening ---------------------------------------------------------------------------------- */

SyncStore *
sim_device_open (SimDevice *device)
{
  g_autoptr (GError) error = NULL;

  if (device->store != NULL)
    return device->store;
  sim_vfs_set_watching (TRUE);
  device->store = sync_store_open (sim_vfs_get_path (device->slot), SYNC_STORE_CREATE, NULL,
                                   device->clock, &error);
  sim_vfs_set_watching (FALSE);
  g_assert_no_error (error);
  return device->store;
}

static SyncConnection *
open_as_owner (SimDevice *device)
{
  g_autoptr (GError) error = NULL;

  if (device->owner == NULL)
    device->owner = sync_connection_open (sim_vfs_get_path (device->slot), 0, 1000, &error);
  g_assert_no_error (error);
  return device->owner;
}

/* In an order that parents come first. */
static void
make_tables (SimDevice *device, gboolean strict)
{
  const char *check = strict ? "CHECK (a NOT LIKE '%.l')" : "";
  g_auto (GStrv) parts = g_strsplit (device->shape->schema, "%s", -1);
  g_autofree char *sql = g_strjoinv (check, parts);
  SyncConnection *owner = open_as_owner (device);

  test_sql (owner, "PRAGMA page_size = 1024");
  test_sql (owner, sql);
}

static GBytes *
make_template (SimDevice *device, gboolean strict)
{
  GBytes *template;

  sim_vfs_write (device->slot, NULL);
  make_tables (device, strict);
  sim_device_open (device);
  test_sql (device->owner,
            "UPDATE psync_meta SET value = '" TEMPLATE_DEVICE "' WHERE key = 'device-id'");
  sim_device_close (device);
  template = sim_vfs_read (device->slot);
  return template;
}

static void
name_device (SimDevice *device, GBytes *template)
{
  gsize length;
  g_autofree char *id = g_strdup_printf ("00000000-0000-4000-a000-%012u", device->slot + 1);
  g_autofree guint8 *contents
      = g_memdup2 (g_bytes_get_data (template, NULL), g_bytes_get_size (template));
  guint8 *at;
  g_autoptr (GBytes) named = NULL;

  length = g_bytes_get_size (template);
  at = memmem (contents, length, TEMPLATE_DEVICE, strlen (TEMPLATE_DEVICE));
  g_assert (at != NULL);
  memcpy (at, id, strlen (id));
  named = g_bytes_new_take (g_steal_pointer (&contents), length);
  sim_vfs_write (device->slot, named);
}

void
sim_device_set_up (SimDevice *device, gboolean strict)
{
  gsize place = (gsize) (device->shape - sim_shapes);

  g_assert (place < MAX_SHAPES);
  if (templates[place][strict] == NULL)
    templates[place][strict] = make_template (device, strict);
  name_device (device, templates[place][strict]);
}

/* --- The application -------------------------------------------------------------------------- */

gboolean
sim_device_try (SimDevice *device, const char *sql, GError **error)
{
  if (sync_connection_script (open_as_owner (device), sql, error))
    {
      sim_vfs_save (device->slot);
      return TRUE;
    }
  sync_connection_rollback (device->owner);
  return FALSE;
}

char *
sim_device_query (SimDevice *device, const char *sql)
{
  return test_query (open_as_owner (device), sql);
}

gint64
sim_device_count (SimDevice *device, const char *sql)
{
  g_autofree char *rows = sim_device_query (device, sql);

  return g_ascii_strtoll (rows, NULL, 10);
}

typedef struct
{
  SyncStore *store;
  SimDeviceFunc func;
  gpointer data;
} Work;

static gboolean
work (SyncConnection *connection, gpointer data, GCancellable *cancellable, GError **error)
{
  Work *job = data;

  return job->func (job->store, job->data, error);
}

gboolean
sim_device_call (SimDevice *device, SimDeviceFunc func, gpointer data, GError **error)
{
  Work job = { sim_device_open (device), func, data };

  return sync_worker_call (sync_store_get_worker (job.store), work, &job, NULL, error);
}

/* --- What is there ---------------------------------------------------------------------------- */

void
sim_device_add_values (SimDevice *device, SimValues *values)
{
  for (guint i = 0; i < device->shape->n_tables; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT a, b FROM %s", device->shape->tables[i].name);
      g_autofree char *rows = sim_device_query (device, sql);

      sim_values_add_text (values, rows);
    }
}

static void
append_json (SyncStatement *statement, int column, GString *out)
{
  gsize length;
  const char *text;

  if (sync_statement_is_null (statement, column))
    {
      g_string_append (out, "null");
      return;
    }
  text = sync_statement_text (statement, column, &length);
  if (sync_statement_type (statement, column) == SYNC_VALUE_INTEGER)
    g_string_append_len (out, text, (gssize) length);
  else
    sync_json_append_string (out, text, length);
}

GHashTable *
sim_device_read (SimDevice *device, guint table)
{
  const SimTable *shape = &device->shape->tables[table];
  GHashTable *rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_autofree char *names = g_strjoinv (", ", (char **) shape->columns);
  g_autofree char *sql = g_strdup_printf ("SELECT %s FROM %s", names, shape->name);
  g_autoptr (GError) error = NULL;
  SyncStatement *statement = sync_connection_prepare (open_as_owner (device), sql, &error);

  g_assert_no_error (error);
  while (sync_statement_step (statement, &error) == SYNC_STEP_ROW)
    {
      g_autoptr (GString) key = g_string_new (NULL);
      GString *row = g_string_new (NULL);

      append_json (statement, 0, key);
      for (int i = 1; i < (int) sim_table_n_columns (shape); i++)
        {
          append_json (statement, i, row);
          g_string_append_c (row, '|');
        }
      g_hash_table_insert (rows, g_strdup (key->str), g_string_free (row, FALSE));
    }
  sync_statement_reset (statement);
  g_assert_no_error (error);
  return rows;
}
