/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-file.h"

#include <errno.h>
#include <sys/stat.h>

#include "sync-migrations.h"

/* "PSyV": what sql/vault/001-initial.sql writes into the file's header. */
#define APPLICATION_ID 0x50537956

#define SCRIPTS "/io/github/progressive_sync/ProgressiveSync/sql/vault"

/* SQLite waits for a lock in pieces, so that a cancel is heard between them. */
#define WAIT_SLICE_MS 100

/* The rows of the largest push fit in, so that nothing is written before COMMIT. */
#define CONFIGURATION                                                                              \
  "PRAGMA synchronous = EXTRA;"                                                                    \
  "PRAGMA trusted_schema = OFF;"                                                                   \
  "PRAGMA cell_size_check = ON;"                                                                   \
  "PRAGMA temp_store = MEMORY;"                                                                    \
  "PRAGMA cache_spill = OFF;"                                                                      \
  "PRAGMA cache_size = -16384;"

static const char reason_replaced[] = "replaced";
static const char reason_vault[] = "vault";

/* What the database answered, as a cloud's answer: who asks does not care that it is a file. */
static SyncError
cloud_code (const SyncErrorDetail *detail, int code)
{
  switch (code)
    {
    case SYNC_ERROR_BUSY:
      return SYNC_ERROR_LATER;
    case SYNC_ERROR_DISK_FULL:
      return SYNC_ERROR_STORAGE_FULL;
    case SYNC_ERROR_NOT_FOUND:
      return SYNC_ERROR_OFFLINE;
    case SYNC_ERROR_DATABASE_NEW:
      return SYNC_ERROR_SCHEMA_NEW;
    case SYNC_ERROR_NO_TABLE:
    case SYNC_ERROR_NO_COLUMN:
    case SYNC_ERROR_CONSTRAINT:
      return SYNC_ERROR_CORRUPT;
    case SYNC_ERROR_FAILED:
      /* SQLITE_IOERR: a stick pulled out, a server gone. */
      if (detail->reason != NULL && g_str_has_prefix (detail->reason, "sqlite-")
          && (g_ascii_strtoull (detail->reason + strlen ("sqlite-"), NULL, 10) & 0xff) == 10)
        return SYNC_ERROR_OFFLINE;
      return code;
    default:
      return code;
    }
}

/**
 * sync_vault_error_translate:
 * @path: the vault
 * @error: (inout): an error of the database
 *
 * Makes a database's error one of a cloud, naming @path.
 *
 * Returns: %FALSE, so that a caller can return it
 */
gboolean
sync_vault_error_translate (const char *path, GError **error)
{
  SyncErrorDetail *detail = error != NULL ? sync_error_get_detail (*error) : NULL;

  if (detail == NULL)
    return FALSE;
  (*error)->code = cloud_code (detail, (*error)->code);
  if ((*error)->code != SYNC_ERROR_ROW_REFUSED)
    {
      g_free (detail->subject);
      detail->subject = g_strdup (path);
    }
  /* What helps then is something else than for the database here. */
  if ((*error)->code == SYNC_ERROR_CORRUPT || (*error)->code == SYNC_ERROR_NOT_DATABASE)
    sync_error_set_reason (*error, reason_vault, 0);
  return FALSE;
}

/**
 * sync_vault_error_is_lost:
 * @error: an error of an operation
 *
 * Returns: whether the open connection is of no use any more: the file is gone or another one
 */
gboolean
sync_vault_error_is_lost (const GError *error)
{
  const SyncErrorDetail *detail = sync_error_get_detail (error);

  if (detail == NULL)
    return FALSE;
  return error->code == SYNC_ERROR_OFFLINE || error->code == SYNC_ERROR_CORRUPT
         || g_strcmp0 (detail->reason, reason_replaced) == 0;
}

static gboolean
set_replaced (const char *path, GError **error)
{
  GError *replaced
      = sync_error_new (SYNC_ERROR_LATER, path, "the vault was replaced while it was open");

  sync_error_set_reason (replaced, reason_replaced, 0);
  g_propagate_error (error, replaced);
  return FALSE;
}

/* By name: another descriptor, when closed, would drop SQLite's locks. */
static gboolean
look_at (const char *path, struct stat *info, GError **error)
{
  if (stat (path, info) != 0)
    {
      int reason = errno;

      if (reason == EACCES || reason == EPERM)
        sync_error_set (error, SYNC_ERROR_READ_ONLY, path, "no permission to use the vault");
      else
        sync_error_set (error, SYNC_ERROR_OFFLINE, path, "the vault is not there: %s",
                        g_strerror (reason));
      return FALSE;
    }
  if (S_ISREG (info->st_mode))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, path, "the vault is not a regular file");
  return FALSE;
}

static gboolean
get_schema_version (SyncConnection *connection, int *version, GError **error)
{
  gint64 value;

  if (!sync_connection_query_int64 (connection, 0, &value, error, "PRAGMA user_version", NULL))
    return FALSE;
  *version = (int) value;
  return TRUE;
}

static gboolean
set_schema_version (SyncConnection *connection, int version, GError **error)
{
  g_autofree char *sql = g_strdup_printf ("PRAGMA user_version = %d", version);

  return sync_connection_execute (connection, sql, error);
}

/* An empty file is what a creation that was interrupted leaves. */
static gboolean
recognise (SyncConnection *connection, gboolean create, GError **error)
{
  const char *path = sync_connection_get_path (connection);
  gint64 application, pages;

  if (!sync_connection_query_int64 (connection, 0, &application, error, "PRAGMA application_id",
                                    NULL)
      || !sync_connection_query_int64 (connection, 0, &pages, error, "PRAGMA page_count", NULL))
    return FALSE;
  if (application == APPLICATION_ID || (create && pages == 0))
    return TRUE;
  sync_error_set (error, SYNC_ERROR_INVALID, path, "the file is a database, but not a vault");
  return FALSE;
}

/* A write-ahead log needs memory that several computers do not share. A vault of a newer program keeps it. */
static gboolean
leave_write_ahead_log (SyncConnection *connection, GError **error)
{
  g_autofree char *mode = NULL;

  if (!sync_connection_query_text (connection, &mode, error, "PRAGMA journal_mode", NULL))
    return FALSE;
  if (g_strcmp0 (mode, "wal") != 0)
    return TRUE;
  return sync_connection_execute (connection, "PRAGMA journal_mode = DELETE", error);
}

static gboolean
prepare (SyncConnection *connection, gboolean create, GError **error)
{
  return recognise (connection, create, error)
         && sync_migrations_run (connection, SCRIPTS, get_schema_version, set_schema_version, error)
         && leave_write_ahead_log (connection, error)
         && sync_connection_script (connection, CONFIGURATION, error);
}

/* A vault that cannot be written can still be read. */
static SyncConnection *
open_connection (const char *path, gboolean create, guint patience_ms, GError **error)
{
  g_autoptr (GError) local = NULL;
  SyncConnection *connection;

  connection = sync_connection_open (path, create ? SYNC_OPEN_CREATE : 0, patience_ms, &local);
  if (connection == NULL && !create && g_error_matches (local, SYNC_ERROR, SYNC_ERROR_READ_ONLY))
    return sync_connection_open (path, SYNC_OPEN_READ_ONLY, patience_ms, error);
  if (connection == NULL)
    g_propagate_error (error, g_steal_pointer (&local));
  return connection;
}

static SyncVaultFile *
file_new (SyncConnection *connection, const struct stat *info, guint patience_ms, GError **error)
{
  g_autofree char *id = NULL;
  SyncVaultFile *file;
  int version;

  if (!get_schema_version (connection, &version, error)
      || !sync_connection_query_text (connection, &id, error, "SELECT id FROM vault_meta", NULL))
    return NULL;
  if (id == NULL)
    {
      sync_error_set (error, SYNC_ERROR_CORRUPT, sync_connection_get_path (connection),
                      "the vault has lost its id");
      return NULL;
    }
  file = g_new0 (SyncVaultFile, 1);
  g_atomic_ref_count_init (&file->ref_count);
  file->path = g_strdup (sync_connection_get_path (connection));
  file->id = g_steal_pointer (&id);
  file->schema_version = version;
  file->device = info->st_dev;
  file->inode = info->st_ino;
  file->patience_ms = patience_ms;
  return file;
}

static SyncConnection *
open_untranslated (const char *path, gboolean create, guint patience_ms, SyncVaultFile **file,
                   GError **error)
{
  g_autoptr (SyncConnection) connection = NULL;
  g_autoptr (SyncVaultFile) opened = NULL;
  g_autoptr (GError) absent = NULL;
  struct stat info;
  gboolean there;

  there = look_at (path, &info, &absent);
  if (!there && !(create && g_error_matches (absent, SYNC_ERROR, SYNC_ERROR_OFFLINE)))
    {
      g_propagate_error (error, g_steal_pointer (&absent));
      return NULL;
    }
  connection = open_connection (path, create, patience_ms, error);
  if (connection == NULL || (!there && !look_at (path, &info, error))
      || !prepare (connection, create, error))
    return NULL;
  opened = file_new (connection, &info, patience_ms, error);
  /* It may have been replaced between the look and the opening. */
  if (opened == NULL || !sync_vault_file_check (opened, error))
    return NULL;
  sync_connection_set_busy_timeout (connection, MIN (patience_ms, WAIT_SLICE_MS));
  *file = g_steal_pointer (&opened);
  return g_steal_pointer (&connection);
}

/**
 * sync_vault_file_open:
 * @path: the vault's absolute path
 * @create: whether to create it if there is none; its folder must be there
 * @patience_ms: how long to wait for others that hold it, in milliseconds
 * @file: (out) (transfer full): which file and which vault it is
 * @error: where an error goes
 *
 * Opens a vault for the calling thread, creates it, or brings its schema up to date.
 *
 * Returns: (transfer full) (nullable): the connection, or %NULL with %SYNC_ERROR_OFFLINE (not
 *   there), %SYNC_ERROR_INVALID (not a vault), %SYNC_ERROR_NOT_DATABASE, %SYNC_ERROR_SCHEMA_NEW,
 *   %SYNC_ERROR_LATER, %SYNC_ERROR_STORAGE_FULL, %SYNC_ERROR_READ_ONLY or %SYNC_ERROR_CORRUPT
 */
SyncConnection *
sync_vault_file_open (const char *path, gboolean create, guint patience_ms, SyncVaultFile **file,
                      GError **error)
{
  g_autoptr (GError) local = NULL;
  SyncConnection *connection;

  connection = open_untranslated (path, create, patience_ms, file, &local);
  if (connection != NULL)
    return connection;
  sync_vault_error_translate (path, &local);
  g_propagate_error (error, g_steal_pointer (&local));
  return NULL;
}

/**
 * sync_vault_file_ref:
 * @file: a file
 *
 * Returns: (transfer full): @file
 */
SyncVaultFile *
sync_vault_file_ref (SyncVaultFile *file)
{
  g_atomic_ref_count_inc (&file->ref_count);
  return file;
}

/**
 * sync_vault_file_unref:
 * @file: (transfer full): a file
 */
void
sync_vault_file_unref (SyncVaultFile *file)
{
  if (!g_atomic_ref_count_dec (&file->ref_count))
    return;
  g_free (file->path);
  g_free (file->id);
  g_free (file);
}

/**
 * sync_vault_file_check:
 * @file: what was opened
 * @error: where an error goes: %SYNC_ERROR_OFFLINE, or %SYNC_ERROR_LATER if it is another file now
 *
 * Looks whether the file that was opened still has its name: programs that copy files between
 * computers put new ones in the place of old ones, and what is written to those is lost.
 *
 * Returns: whether it has
 */
gboolean
sync_vault_file_check (const SyncVaultFile *file, GError **error)
{
  struct stat info;

  if (!look_at (file->path, &info, error))
    return FALSE;
  if (info.st_dev == file->device && info.st_ino == file->inode)
    return TRUE;
  return set_replaced (file->path, error);
}

/* The file may keep its inode and get other contents (cp, a restored backup), or a newer schema. */
static gboolean
check_contents (const SyncVaultFile *file, SyncConnection *connection, GError **error)
{
  g_autofree char *id = NULL;
  int version;

  if (!get_schema_version (connection, &version, error)
      || !sync_connection_query_text (connection, &id, error, "SELECT id FROM vault_meta", NULL))
    return FALSE;
  return (version == file->schema_version && g_strcmp0 (id, file->id) == 0)
         || set_replaced (file->path, error);
}

static gboolean
try_begin (const SyncVaultFile *file, SyncConnection *connection, gboolean writes, GError **error)
{
  gboolean begun = writes ? sync_connection_begin (connection, error)
                          : sync_connection_execute (connection, "BEGIN", error);

  if (begun && check_contents (file, connection, error))
    return TRUE;
  sync_connection_rollback (connection);
  return FALSE;
}

/**
 * sync_vault_file_begin:
 * @file: what was opened
 * @connection: the connection to it
 * @writes: whether the transaction will write: there is one writer at a time
 * @cancellable: (nullable): ends the waiting
 * @error: where an error goes
 *
 * Begins a transaction in which the file is what it was when it was opened, waiting for others as
 * long as patience allows.
 *
 * Returns: whether it began
 */
gboolean
sync_vault_file_begin (const SyncVaultFile *file, SyncConnection *connection, gboolean writes,
                       GCancellable *cancellable, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + file->patience_ms * G_GINT64_CONSTANT (1000);

  for (;;)
    {
      g_autoptr (GError) local = NULL;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (try_begin (file, connection, writes, &local))
        return TRUE;
      if (!g_error_matches (local, SYNC_ERROR, SYNC_ERROR_BUSY)
          || g_get_monotonic_time () >= deadline)
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
}

/**
 * sync_vault_file_commit:
 * @file: what was opened
 * @connection: the connection to it, in a transaction
 * @error: where an error goes
 *
 * Commits, waiting for readers as long as patience allows.
 *
 * Returns: whether all was stored in the file that has the vault's name; if not, it may have been
 */
gboolean
sync_vault_file_commit (const SyncVaultFile *file, SyncConnection *connection, GError **error)
{
  gboolean committed;

  sync_connection_set_busy_timeout (connection, file->patience_ms);
  committed = sync_connection_commit (connection, error);
  sync_connection_set_busy_timeout (connection, MIN (file->patience_ms, WAIT_SLICE_MS));
  return committed && sync_vault_file_check (file, error);
}
