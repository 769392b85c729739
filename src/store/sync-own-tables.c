/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>

#include "sync-migrations.h"
#include "sync-store-private.h"

/* Our tables in the owner's file, and what becomes of one that somebody dropped: it is put back without its rows, and
 * what was in it is found out anew, so that the owner can write again and nothing is lost. */

#define MAYBE_SENT "UPDATE main.psync_change SET maybe_sent = 1;"
#define READ_AGAIN "UPDATE main.psync_entity SET pulled_version = 0;"

/* Without the first two nobody knows what is synced, and with what. */
static const struct
{
  const char *name;
  gboolean vital;
  gboolean queue;    /* every row is to be compared */
  const char *after; /* (nullable): what else follows */
} own_tables[] = {
  { "psync_meta", TRUE },
  { "psync_entity", TRUE },
  { "psync_setting", FALSE },
  { "psync_row", FALSE, TRUE, MAYBE_SENT READ_AGAIN },
  { "psync_change", FALSE, TRUE },
  { "psync_applying", FALSE },
  { "psync_batch", FALSE, FALSE, MAYBE_SENT "DELETE FROM main.psync_sent" },
  { "psync_sent", FALSE, FALSE, MAYBE_SENT "DELETE FROM main.psync_batch" },
  /* A scan that went on would take every row for one that the cloud does not have. */
  { "psync_seen", FALSE, FALSE, "UPDATE main.psync_entity SET scan_version = 0 WHERE scan_version IS NOT NULL" },
  { "psync_conflict", FALSE, FALSE, READ_AGAIN },
  { "psync_held", FALSE, FALSE, READ_AGAIN },
  { "psync_history", FALSE },
  { "psync_trace", FALSE },
};

static gboolean
is_there (SyncStore *store, const char *name, gboolean *there, GError **error)
{
  gint64 count;

  if (!sync_connection_query_int64 (store->connection, 0, &count, error,
                                    "SELECT count(*) FROM main.sqlite_schema WHERE type = 'table' AND name = ?1",
                                    name, NULL))
    return FALSE;
  *there = count > 0;
  return TRUE;
}

/* The statements that made the table and its indexes, from a database that was made just now. */
static gboolean
copy_definitions (SyncStore *store, SyncConnection *fresh, const char *name, GError **error)
{
  SyncStatement *list = sync_connection_prepare (
      fresh, "SELECT sql FROM main.sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL ORDER BY type DESC", error);
  SyncStep step;
  gboolean good = TRUE;

  if (list == NULL)
    return FALSE;
  sync_statement_bind_text (list, 1, name, -1);
  while (good && (step = sync_statement_step (list, error)) != SYNC_STEP_DONE)
    good = step == SYNC_STEP_ROW
           && sync_connection_execute (store->connection, sync_statement_text (list, 0, NULL), error);
  sync_statement_reset (list);
  return good;
}

static gboolean
put_back (SyncStore *store, const char *name, GError **error)
{
  g_autofree char *folder = g_dir_make_tmp ("psync-XXXXXX", error);
  g_autofree char *path = NULL;
  SyncConnection *fresh;
  gboolean good;

  if (folder == NULL)
    return FALSE;
  path = g_build_filename (folder, "fresh.db", NULL);
  fresh = sync_connection_open (path, SYNC_OPEN_CREATE, 0, error);
  good = fresh != NULL && sync_store_migrate (fresh, error) && copy_definitions (store, fresh, name, error);
  g_clear_pointer (&fresh, sync_connection_close);
  g_unlink (path);
  g_rmdir (folder);
  return good;
}

/* Also if all of them are gone, since the database was detached meanwhile: whoever asks such a table is told. */
static gboolean
say_missing (SyncStore *store, const char *name, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("SELECT count(*) FROM main.%s", name);
  gint64 count;

  if (!sync_connection_query_int64 (store->connection, 0, &count, error, sql, NULL))
    return FALSE;
  sync_error_set (error, SYNC_ERROR_NO_TABLE, name, "The table %s is missing", name);
  sync_error_set_reason (*error, "ours", 0);
  return FALSE;
}

/* Inside a transaction. *healed: one was missing; *queue: every row is to be compared with what is known of it. */
gboolean
sync_store_put_back_own_tables (SyncStore *store, gboolean *healed, gboolean *queue, GError **error)
{
  gboolean lost[G_N_ELEMENTS (own_tables)] = { FALSE };

  for (guint i = 0; i < G_N_ELEMENTS (own_tables); i++)
    {
      gboolean there;

      if (!is_there (store, own_tables[i].name, &there, error))
        return FALSE;
      lost[i] = !there;
      if (lost[i] && own_tables[i].vital)
        return say_missing (store, own_tables[i].name, error);
      if (lost[i] && !put_back (store, own_tables[i].name, error))
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (own_tables); i++)
    {
      *healed = *healed || lost[i];
      *queue = *queue || (lost[i] && own_tables[i].queue);
      if (lost[i] && own_tables[i].after != NULL
          && !sync_connection_script (store->connection, own_tables[i].after, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
sync_store_drop_own_tables (SyncStore *store, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (own_tables); i++)
    {
      g_autofree char *sql = g_strdup_printf ("DROP TABLE IF EXISTS main.%s", own_tables[i].name);

      if (!sync_connection_execute (store->connection, sql, error))
        return FALSE;
    }
  return TRUE;
}

/* FALSE with error set: there is no psync_meta, but nobody else gives a table such a trigger. */
gboolean
sync_store_check_meta (SyncStore *store, GError **error)
{
  gint64 n_triggers;
  gboolean there;

  if (!is_there (store, "psync_meta", &there, error)
      || !sync_connection_query_int64 (store->connection, 0, &n_triggers, error,
                                       "SELECT count(*) FROM main.sqlite_schema WHERE type = 'trigger' "
                                       "AND name LIKE 'psync\\_%' ESCAPE '\\' "
                                       "AND sql LIKE '% INSERT INTO psync_change (entity, id, changed_at) %'",
                                       NULL))
    return FALSE;
  return there || n_triggers == 0 || say_missing (store, "psync_meta", error);
}
