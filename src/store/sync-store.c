/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-store-private.h"

#include <errno.h>
#include <stdlib.h>

#include "sync-capture.h"
#include "sync-migrations.h"
#include "sync-recovery.h"
#include "sync-table.h"

#define BUSY_TIMEOUT_MS 10000
#define SQL_PREFIX "/io/github/progressive_sync/ProgressiveSync/sql/local/"
#define APPLICATION "progressive-sync"

/**
 * SyncStore:
 *
 * The local database with all of ours in it.
 */
G_DEFINE_FINAL_TYPE (SyncStore, sync_store, G_TYPE_OBJECT)

void
sync_store_assert_current (SyncStore *store)
{
  g_assert (store->worker == NULL || sync_worker_is_current (store->worker));
}

gboolean
sync_scope_begin (SyncScope *scope,
                  SyncStore *store,
                  GError **error)
{
  sync_store_assert_current (store);

  scope->store = store;
  scope->began = !sync_connection_in_transaction (store->connection);
  return !scope->began || sync_connection_begin (store->connection, error);
}

gboolean
sync_scope_end (SyncScope *scope,
                gboolean good,
                GError **error)
{
  if (!scope->began)
    return good;
  if (good && sync_connection_commit (scope->store->connection, error))
    return TRUE;
  sync_connection_rollback (scope->store->connection);
  scope->store->data_version = -1;
  return FALSE;
}

void
sync_scope_leave (SyncScope *scope)
{
  if (scope->began)
    sync_connection_rollback (scope->store->connection);
}

/* --- Meta and settings -------------------------------------------------------------------------- */

/**
 * sync_store_get_meta:
 * @store: a store
 * @key: what to read
 * @value: (out) (transfer full) (nullable): its value, %NULL if there is none
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_get_meta (SyncStore *store,
                     const char *key,
                     char **value,
                     GError **error)
{
  sync_store_assert_current (store);

  return sync_connection_query_text (store->connection, value, error,
                                     "SELECT value FROM main.psync_meta WHERE key = ?1", key, NULL);
}

gboolean
sync_store_get_meta_int64 (SyncStore *store,
                           const char *key,
                           gint64 fallback,
                           gint64 *value,
                           GError **error)
{
  sync_store_assert_current (store);

  return sync_connection_query_int64 (store->connection, fallback, value, error,
                                      "SELECT value FROM main.psync_meta WHERE key = ?1", key, NULL);
}

static SyncStatement *
prepare_set_meta (SyncStore *store, const char *key, GError **error)
{
  SyncStatement *statement;

  sync_store_assert_current (store);

  statement = sync_connection_prepare (store->connection,
                                       "INSERT INTO main.psync_meta (key, value) VALUES (?1, ?2) "
                                       "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                       error);
  if (statement != NULL)
    sync_statement_bind_text (statement, 1, key, -1);
  return statement;
}

gboolean
sync_store_set_meta (SyncStore *store,
                     const char *key,
                     const char *value,
                     GError **error)
{
  SyncStatement *statement;

  if (value == NULL)
    {
      sync_store_assert_current (store);
      statement = sync_connection_prepare (store->connection,
                                           "DELETE FROM main.psync_meta WHERE key = ?1", error);
      return statement != NULL
             && sync_statement_run (sync_statement_bind_text (statement, 1, key, -1), error);
    }
  statement = prepare_set_meta (store, key, error);
  return statement != NULL && sync_statement_run (sync_statement_bind_text (statement, 2, value, -1), error);
}

gboolean
sync_store_set_meta_int64 (SyncStore *store,
                           const char *key,
                           gint64 value,
                           GError **error)
{
  SyncStatement *statement = prepare_set_meta (store, key, error);

  return statement != NULL && sync_statement_run (sync_statement_bind_int64 (statement, 2, value), error);
}

/**
 * sync_store_load_settings:
 * @store: a store
 * @settings: (out) (transfer full) (element-type utf8 utf8): name → value
 * @error: SQLite's
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_load_settings (SyncStore *store,
                          GHashTable **settings,
                          GError **error)
{
  g_autoptr (GHashTable) all = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  SyncStatement *statement;
  SyncStep step;

  sync_store_assert_current (store);

  statement = sync_connection_prepare (store->connection, "SELECT key, value FROM main.psync_setting",
                                       error);
  if (statement == NULL)
    return FALSE;
  while ((step = sync_statement_step (statement, error)) == SYNC_STEP_ROW)
    g_hash_table_insert (all, sync_statement_dup_text (statement, 0),
                         sync_statement_dup_text (statement, 1));
  sync_statement_reset (statement);
  if (step == SYNC_STEP_ERROR)
    return FALSE;
  *settings = g_steal_pointer (&all);
  return TRUE;
}

gboolean
sync_store_set_setting (SyncStore *store,
                        const char *name,
                        const char *value,
                        GError **error)
{
  SyncStatement *statement;

  sync_store_assert_current (store);

  statement = sync_connection_prepare (
      store->connection,
      value == NULL ? "DELETE FROM main.psync_setting WHERE key = ?1"
                    : "INSERT INTO main.psync_setting (key, value) VALUES (?1, ?2) "
                      "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      error);
  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, name, -1);
  if (value != NULL)
    sync_statement_bind_text (statement, 2, value, -1);
  return sync_statement_run (statement, error);
}

/* --- Opening ------------------------------------------------------------------------------------ */

static char *
canonical_path (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *name = g_path_get_basename (path);
  char *whole = realpath (path, NULL);
  char *real_folder;

  if (whole != NULL)
    return whole; /* g_free() is free() */
  if (g_file_test (path, G_FILE_TEST_IS_SYMLINK))
    {
      sync_error_set_absent (error, "link", path);
      return NULL;
    }
  real_folder = realpath (folder, NULL);
  if (real_folder == NULL || !g_file_test (real_folder, G_FILE_TEST_IS_DIR))
    {
      free (real_folder);
      sync_error_set_absent (error, "folder", folder);
      return NULL;
    }
  whole = g_build_filename (real_folder, name, NULL);
  free (real_folder);
  return whole;
}

static gboolean
get_schema_version (SyncConnection *connection, int *version, GError **error)
{
  gint64 there, number = 0;

  if (!sync_connection_query_int64 (connection, 0, &there, error,
                                    "SELECT count(*) FROM main.sqlite_schema "
                                    "WHERE type = 'table' AND name = 'psync_meta'",
                                    NULL))
    return FALSE;
  if (there != 0
      && !sync_connection_query_int64 (connection, 0, &number, error,
                                       "SELECT value FROM main.psync_meta WHERE key = 'schema_version'",
                                       NULL))
    return FALSE;
  *version = (int) number;
  return TRUE;
}

static gboolean
set_schema_version (SyncConnection *connection, int version, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (connection,
                                 "INSERT INTO main.psync_meta (key, value) VALUES ('schema_version', ?1) "
                                 "ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                                 error);

  return statement != NULL && sync_statement_run (sync_statement_bind_int64 (statement, 1, version), error);
}

gboolean
sync_store_migrate (SyncConnection *connection,
                    GError **error)
{
  return sync_migrations_run (connection, SQL_PREFIX, get_schema_version, set_schema_version, error);
}

/* Tables whose names begin with psync_ are ours only if psync_meta says so. */
static gboolean
look_for_ours (SyncStore *store, gboolean *ours, gboolean *empty, GError **error)
{
  g_autofree char *taken = NULL, *application = NULL;
  g_autoptr (GError) not_ours = NULL;
  gint64 n_tables;

  if (!sync_connection_query_text (store->connection, &taken, error,
                                   "SELECT name FROM main.sqlite_schema WHERE type IN ('table', 'view') "
                                   "AND name LIKE 'psync\\_%' ESCAPE '\\' LIMIT 1",
                                   NULL)
      || !sync_connection_query_int64 (store->connection, 0, &n_tables, error,
                                       "SELECT count(*) FROM main.sqlite_schema", NULL))
    return FALSE;
  *ours = FALSE;
  *empty = n_tables == 0;
  if (taken == NULL)
    return TRUE;
  *ours = sync_connection_query_text (store->connection, &application, &not_ours,
                                      "SELECT value FROM main.psync_meta WHERE key = 'application'", NULL)
          && g_strcmp0 (application, APPLICATION) == 0;
  if (*ours)
    return TRUE;
  if (!sync_store_check_meta (store, error))
    return FALSE;
  sync_error_set (error, SYNC_ERROR_NAME_TAKEN, taken, "The table %s is not ours", taken);
  return FALSE;
}

static gboolean
not_set_up (SyncStore *store, GError **error)
{
  sync_error_set (error, SYNC_ERROR_NOT_FOUND, store->path, "Not set up for sync yet");
  return FALSE;
}

/* There is nothing yet that could be listed, which is what others are told to do. */
static void
propagate_not_attached (GError **error, GError *reason)
{
  if (g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_NO_TABLE)
      || g_error_matches (reason, SYNC_ERROR, SYNC_ERROR_NO_KEY))
    sync_error_set_reason (reason, "not-attached", 0);
  g_propagate_error (error, reason);
}

/* A database that cannot be attached is left as it was, unless another program set it up meanwhile. */
static void
leave (SyncStore *store)
{
  SyncScope scope;
  gint64 done = 0;

  if (sync_scope_begin (&scope, store, NULL))
    sync_scope_end (&scope,
                    sync_store_get_meta_int64 (store, "set-up", 0, &done, NULL) && done == 0
                        && sync_store_reload (store, NULL) && sync_store_detach (store, NULL),
                    NULL);
}

static gboolean
set_up_or_leave (SyncStore *store, SyncStoreFlags flags, const char *const *tables, gboolean is_new,
                 GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!(flags & SYNC_STORE_CREATE))
    return not_set_up (store, error);
  if (sync_store_set_up (store, flags, tables, is_new, &local_error))
    return TRUE;
  leave (store);
  propagate_not_attached (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
open_database (SyncStore *store, SyncStoreFlags flags, const char *const *tables, GError **error)
{
  gboolean existed = g_file_test (store->path, G_FILE_TEST_EXISTS);
  g_autoptr (GError) local_error = NULL;
  gboolean ours, empty;
  gint64 done = 0;

  /* A slip of the pen makes no file. */
  if (!existed && !sync_store_check_builtins (tables, &local_error))
    {
      propagate_not_attached (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  store->connection
      = sync_connection_open (store->path, (flags & SYNC_STORE_CREATE) ? SYNC_OPEN_CREATE : 0,
                              BUSY_TIMEOUT_MS, error);
  if (store->connection == NULL || !look_for_ours (store, &ours, &empty, error))
    return FALSE;
  if (!ours && !(flags & SYNC_STORE_CREATE))
    return not_set_up (store, error);
  if (!existed && !sync_connection_set_wal (store->connection, error))
    return FALSE;
  if (!sync_store_migrate (store->connection, error)
      || !sync_store_get_meta_int64 (store, "set-up", 0, &done, error))
    return FALSE;
  if (done == 0 && !set_up_or_leave (store, flags, tables, empty, error))
    return FALSE;
  return sync_store_reload (store, error) && sync_store_try_foreign_keys (store, error);
}

/**
 * sync_store_take_replica:
 * @store: a store
 * @error: SQLite's, [error@SyncError.DATABASE_NEW]
 *
 * To be called when the file's contents were replaced by those that it had before: perhaps in an older form, and what
 * waits there may have been sent since.
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_store_take_replica (SyncStore *store,
                         GError **error)
{
  SyncScope scope;

  return sync_store_migrate (store->connection, error) && sync_store_reload (store, error)
         && sync_scope_begin (&scope, store, error)
         && sync_scope_end (&scope, sync_store_doubt_changes (store, error), error)
         && sync_store_heal_usable (store, error);
}

/**
 * sync_store_open:
 * @path: the database file
 * @flags: whether to make what is missing
 * @tables: (nullable) (array zero-terminated=1): when our tables are new: attach just these
 * @clock: the time
 * @error: [error@SyncError.NOT_FOUND], NOT_DATABASE, CORRUPT, BUSY, READ_ONLY, NAME_TAKEN, DATABASE_NEW,
 *   NO_TABLE, NO_KEY
 *
 * Opens a database. Blocks: not for the main thread of a program.
 *
 * Returns: (transfer full): the store, with its worker running
 */
SyncStore *
sync_store_open (const char *path,
                 SyncStoreFlags flags,
                 const char *const *tables,
                 SyncClock *clock,
                 GError **error)
{
  g_autoptr (SyncStore) store = g_object_new (SYNC_TYPE_STORE, NULL);

  g_return_val_if_fail (path != NULL, NULL);

  store->clock = g_object_ref (clock);
  store->path = canonical_path (path, error);
  if (store->path == NULL || !open_database (store, flags, tables, error))
    return NULL;
  sync_connection_hand_over (store->connection);
  store->worker = sync_worker_new (store->connection);
  return g_steal_pointer (&store);
}

void
sync_store_close (SyncStore *store)
{
  g_return_if_fail (SYNC_IS_STORE (store));

  if (store->worker != NULL)
    sync_worker_shut_down (store->worker);
  store->connection = NULL;
}

static void
sync_store_finalize (GObject *object)
{
  SyncStore *store = SYNC_STORE (object);

  if (store->worker != NULL)
    sync_store_close (store);
  else
    g_clear_pointer (&store->connection, sync_connection_close);
  g_clear_object (&store->worker);
  g_clear_object (&store->clock);
  g_clear_pointer (&store->tables, g_hash_table_unref);
  g_clear_pointer (&store->entities, g_ptr_array_unref);
  g_clear_pointer (&store->path, g_free);

  G_OBJECT_CLASS (sync_store_parent_class)->finalize (object);
}

static void
sync_store_class_init (SyncStoreClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sync_store_finalize;
}

static void
sync_store_init (SyncStore *store)
{
  store->entities = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_entity_unref);
  store->tables = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) sync_table_free);
}

SyncWorker *
sync_store_get_worker (SyncStore *store)
{
  return store->worker;
}

const char *
sync_store_get_path (SyncStore *store)
{
  return store->path;
}

SyncClock *
sync_store_get_clock (SyncStore *store)
{
  return store->clock;
}

SyncConnection *
sync_store_get_connection (SyncStore *store)
{
  sync_store_assert_current (store);

  return store->connection;
}
