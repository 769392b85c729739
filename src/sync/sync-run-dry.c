/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-run-private.h"

/* Dry runs. */

/* (element-type utf8), NULL at the end */
static GPtrArray *
list_entities (SyncRun *run)
{
  GPtrArray *names = g_ptr_array_new ();

  for (guint i = 0; i < run->legs->len; i++)
    g_ptr_array_add (names, ((SyncLeg *) g_ptr_array_index (run->legs, i))->entity->name);
  g_ptr_array_add (names, NULL);
  return names;
}

/* A dry run has no cloud to write to: what would travel is counted. */
gboolean
sync_run_count_pushes (SyncRun *run, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) together = list_entities (run);

  for (guint i = 0; i < run->legs->len * 2; i++)
    {
      SyncLeg *leg = g_ptr_array_index (run->legs, i / 2);
      SyncComposeOptions options = { .deletions = i % 2 == 1,
                                     .max_rows = G_MAXUINT,
                                     .max_bytes = G_MAXSIZE,
                                     .reached_head = leg->reached,
                                     .has_types = sync_provider_has_types (run->setup->provider),
                                     .clock_offset = run->clock_offset,
                                     .together = (const char *const *) together->pdata,
                                     .device_id = run->device_id,
                                     .run_id = run->run_id };
      g_autofree char *after = NULL;
      gboolean more = TRUE;

      while (more)
        {
          g_autoptr (SyncBatch) batch = NULL;
          SyncCounts counts = { 0 };

          options.after = after;
          batch = sync_outbox_compose (sync_run_get_store (run), leg->entity, &options, error);
          if (batch == NULL)
            return FALSE;
          counts.pushed = batch->rows->len;
          counts.refused = batch->refused->len;
          counts.deleted = options.deletions ? batch->rows->len : 0;
          sync_run_take_news (run, leg, &counts, NULL);
          more = batch->more;
          g_free (after);
          after = g_strdup (batch->last_id);
        }
    }
  return TRUE;
}

static gboolean
copy_database (SyncConnection *connection, gpointer path, GCancellable *cancellable, GError **error)
{
  SyncStatement *statement = sync_connection_prepare (connection, "VACUUM INTO ?1", error);

  return statement != NULL && sync_statement_run (sync_statement_bind_text (statement, 1, path, -1), error);
}

static void
remove_scratch (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}

/* The same run on a copy of the database that is thrown away: what it counts is exact. */
SyncResult *
sync_run_execute_on_copy (const SyncRunSetup *setup, SyncRunExecute execute)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *folder = g_dir_make_tmp ("progressive-sync-XXXXXX", &error);
  g_autofree char *path = folder != NULL ? g_build_filename (folder, "dry-run.db", NULL) : NULL;
  g_autoptr (SyncStore) copy = NULL;
  SyncRunSetup scratch = *setup;
  SyncResult *result = NULL;

  if (path != NULL
      && sync_worker_call (sync_store_get_worker (setup->store), copy_database, path, setup->cancellable,
                           &error))
    copy = sync_store_open (path, SYNC_STORE_NONE, NULL, sync_store_get_clock (setup->store), &error);
  if (copy != NULL)
    {
      scratch.store = copy;
      scratch.news.conflicts = NULL;
      result = execute (&scratch);
      result->run = 0;
      sync_store_close (copy);
    }
  else
    {
      result = sync_result_new (setup->kind);
      result->outcome = SYNC_OUTCOME_FAILED;
      result->error = g_steal_pointer (&error);
    }
  if (folder != NULL)
    remove_scratch (folder);
  return result;
}
