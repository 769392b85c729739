/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "sync-row.h"
#include "sync-vault-provider.h"
#include "test-provider.h"

/* How long a vault takes to push, pull, update and fetch rows of about 450 bytes:
 *   bench-vault [ROWS [BATCH [FOLDER]]] */

typedef struct
{
  gint64 wall;
  gint64 cpu;
} Stopwatch;

static gint64
cpu_time (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * G_USEC_PER_SEC + usage.ru_utime.tv_usec
         + usage.ru_stime.tv_usec;
}

static void
start (Stopwatch *watch)
{
  watch->wall = g_get_monotonic_time ();
  watch->cpu = cpu_time ();
}

static void
stop (Stopwatch *watch, const char *what, guint n_rows)
{
  double wall = (g_get_monotonic_time () - watch->wall) / 1e6;
  double cpu = (cpu_time () - watch->cpu) / 1e6;

  g_print ("%-28s %8u rows  %6.2f s wall  %6.2f s CPU  %9.0f rows/s\n", what, n_rows, wall, cpu,
           n_rows / wall);
}

static SyncEntity *
notifications_new (void)
{
  SyncEntity *entity = sync_entity_new ("notifications", NULL, NULL);
  static const char *const names[]
      = { "title", "content", "type", "status", "priority", "category" };

  sync_entity_add_column (entity, "id", SYNC_CODEC_TEXT, TRUE);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    sync_entity_add_column (entity, names[i], SYNC_CODEC_TEXT, FALSE);
  sync_entity_add_column (entity, "metadata", SYNC_CODEC_JSON, FALSE);
  sync_entity_add_column (entity, "created_at", SYNC_CODEC_TIMESTAMP, FALSE);
  sync_entity_add_column (entity, "updated_at", SYNC_CODEC_TIMESTAMP, FALSE);
  sync_entity_add_column (entity, "expires_at", SYNC_CODEC_TIMESTAMP, FALSE);
  return entity;
}

/* As random UUIDs: new rows go anywhere in the index of ids. */
static char *
make_id (guint i)
{
  g_autofree char *text = g_strdup_printf ("%u", i);
  g_autofree char *sum = g_compute_checksum_for_string (G_CHECKSUM_MD5, text, -1);

  return g_strdup_printf ("%.8s-%.4s-%.4s-%.4s-%.12s", sum, sum + 8, sum + 12, sum + 16, sum + 20);
}

static char *
make_batch (guint first, guint n_rows, const gint64 *versions, const char *run)
{
  GString *rows = g_string_new ("[");

  for (guint i = first; i < first + n_rows; i++)
    {
      g_autofree char *id = make_id (i);

      g_string_append_printf (
          rows,
          "%s{\"id\":\"%s\",\"title\":\"Build %u finished\",\"content\":\"The build of the branch "
          "main has finished after four minutes without errors; the report is attached.\","
          "\"type\":\"info\",\"status\":\"unread\",\"priority\":\"normal\",\"category\":\"ci\","
          "\"metadata\":{\"build\":%u,\"ok\":true},\"created_at\":\"2026-01-01T00:00:00.000Z\","
          "\"updated_at\":\"2026-01-01T00:00:00.000Z\",\"expires_at\":null,\"base_version\":%" G_GINT64_FORMAT
          ",\"deleted_at\":null,\"edited_at\":\"2026-01-01T00:00:00.000Z\",\"device_id\":"
          "\"0b3fd7f6-4cd1-4d52-9d4a-7f7f8a3d2b10\",\"run_id\":\"%s\"}",
          i > first ? "," : "", id, i, i, versions != NULL ? versions[i] : 0, run);
    }
  g_string_append_c (rows, ']');
  return g_string_free (rows, FALSE);
}

static GPtrArray *
make_batches (guint n_rows, guint batch, const gint64 *versions, const char *run)
{
  GPtrArray *batches = g_ptr_array_new_with_free_func (g_free);

  for (guint i = 0; i < n_rows; i += batch)
    g_ptr_array_add (batches, make_batch (i, MIN (batch, n_rows - i), versions, run));
  return batches;
}

static void
push_all (SyncProvider *vault, const SyncEntity *entity, GPtrArray *batches)
{
  for (guint i = 0; i < batches->len; i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) reply = test_push (vault, entity, g_ptr_array_index (batches, i), &error);

      g_assert_no_error (error);
    }
}

/* Notes the versions, which come in the order in which the rows were pushed. */
static guint
pull_all (SyncProvider *vault, const SyncEntity *entity, guint limit, const char *not_run,
          gint64 *versions)
{
  SyncPullQuery query = { .limit = limit, .not_run = not_run };
  guint n_rows = 0;

  for (;;)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GBytes) page = test_pull (vault, entity, &query, &error);
      const char *text, *mark;
      guint before = n_rows;

      g_assert_no_error (error);
      text = g_bytes_get_data (page, NULL);
      while ((mark = g_strstr_len (text, (const char *) g_bytes_get_data (page, NULL)
                                             + g_bytes_get_size (page) - text,
                                   "\"sync_version\":"))
             != NULL)
        {
          text = mark + strlen ("\"sync_version\":");
          query.since = g_ascii_strtoll (text, NULL, 10);
          if (versions != NULL)
            versions[n_rows] = query.since;
          n_rows++;
        }
      if (n_rows == before)
        return n_rows;
    }
}

int
main (int argc, char **argv)
{
  guint n_rows = argc > 1 ? atoi (argv[1]) : 100000;
  guint batch = argc > 2 ? atoi (argv[2]) : 1000;
  g_autofree char *folder = argc > 3 ? g_strdup (argv[3]) : g_dir_make_tmp ("bench-vault-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "vault.db", NULL);
  g_autofree gint64 *versions = g_new0 (gint64, n_rows);
  g_autoptr (SyncClock) clock = sync_clock_new ();
  g_autoptr (SyncProvider) vault = sync_vault_provider_new (path, clock);
  g_autoptr (SyncEntity) entity = notifications_new ();
  g_autoptr (GPtrArray) seed = make_batches (n_rows, batch, NULL, "run-1");
  g_autoptr (GPtrArray) changes = NULL;
  Stopwatch watch;
  GStatBuf info;

  sync_vault_provider_set_create (SYNC_VAULT_PROVIDER (vault), TRUE);
  start (&watch);
  push_all (vault, entity, seed);
  stop (&watch, "push, all new", n_rows);
  start (&watch);
  pull_all (vault, entity, batch, NULL, versions);
  stop (&watch, "pull", n_rows);
  start (&watch);
  pull_all (vault, entity, batch, "run-1", NULL);
  stop (&watch, "pull of nobody else's rows", n_rows);
  start (&watch);
  push_all (vault, entity, seed);
  stop (&watch, "push again, none wins", n_rows);
  changes = make_batches (n_rows, batch, versions, "run-2");
  start (&watch);
  push_all (vault, entity, changes);
  stop (&watch, "push, all changed", n_rows);
  if (g_stat (path, &info) == 0)
    g_print ("%-28s %8.1f MB, %.0f bytes pushed a row\n", "file", info.st_size / 1e6,
             (double) strlen (g_ptr_array_index (seed, 0)) / MIN (batch, n_rows));
  g_clear_object (&vault);
  g_remove (path);
  if (argc <= 3)
    g_rmdir (folder);
  return 0;
}
