/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "sync-connection-private.h"
#include "sync-snapshot.h"

#define PAGES_PER_STEP 256
#define MAX_RESTARTS 3
#define BUSY_WAIT_US (20 * G_TIME_SPAN_MILLISECOND)
#define MAX_BUSY_US (10 * G_TIME_SPAN_SECOND)
#define LEFTOVER_AGE_S 3600
#define SPARE_BYTES (1024 * 1024)
#define ENDING ".db"

/* The last second that has a name of the form below. */
#define END_OF_TIME (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC)

/* "20260101T000000000Z": sorts by time, has no character that a file system may refuse. */
#define TIME_LENGTH 19

/**
 * sync_snapshot_free:
 * @snapshot: (transfer full): a snapshot's description
 */
void
sync_snapshot_free (SyncSnapshot *snapshot)
{
  g_free (snapshot->path);
  g_free (snapshot->name);
  g_free (snapshot);
}

static gboolean
set_file_error (GError **error, const char *path, int saved_errno)
{
  SyncError code = SYNC_ERROR_FAILED;

  if (saved_errno == ENOSPC || saved_errno == EDQUOT)
    code = SYNC_ERROR_DISK_FULL;
  else if (saved_errno == EACCES || saved_errno == EPERM || saved_errno == EROFS)
    code = SYNC_ERROR_READ_ONLY;
  sync_error_set (error, code, path, "Cannot write a snapshot: %s", g_strerror (saved_errno));
  return FALSE;
}

static char *
folder_of (const char *database_path)
{
  g_autofree char *path = g_canonicalize_filename (database_path, NULL);
  g_autofree char *parent = g_path_get_dirname (path);

  return g_build_filename (parent, "snapshots", NULL);
}

/* Databases beside each other share the folder, so a name begins with the database's. */
static char *
prefix_of (const char *database_path)
{
  g_autofree char *base = g_path_get_basename (database_path);

  return g_strconcat (base, "-", NULL);
}

static char *
format_time (gint64 now)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (now / G_USEC_PER_SEC);
  g_autofree char *seconds = g_date_time_format (time, "%Y%m%dT%H%M%S");

  return g_strdup_printf ("%s%03dZ", seconds, (int) (now % G_USEC_PER_SEC / 1000));
}

static gboolean
parse_time (const char *text, gint64 *time)
{
  g_autoptr (GTimeZone) utc = g_time_zone_new_utc ();
  g_autoptr (GDateTime) moment = NULL;
  g_autofree char *iso = NULL;

  if (strlen (text) < TIME_LENGTH || text[8] != 'T' || text[TIME_LENGTH - 1] != 'Z')
    return FALSE;
  iso = g_strdup_printf ("%.15s.%.3sZ", text, text + 15);
  moment = g_date_time_new_from_iso8601 (iso, utc);
  if (moment == NULL)
    return FALSE;
  *time = g_date_time_to_unix (moment) * G_USEC_PER_SEC + g_date_time_get_microsecond (moment);
  return TRUE;
}

static gboolean
is_reason (const char *text)
{
  return text[0] != '\0' && strspn (text, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen (text);
}

/* NULL: not one of this database's. */
static SyncSnapshot *
snapshot_new_for_file (const char *folder, const char *prefix, const char *file)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;
  g_autofree char *name = NULL;
  gint64 time = 0;
  struct stat info;

  if (!g_str_has_prefix (file, prefix) || !g_str_has_suffix (file, ENDING))
    return NULL;
  name = g_strndup (file, strlen (file) - strlen (ENDING));
  if (strlen (name) <= strlen (prefix) || !parse_time (name + strlen (prefix), &time)
      || name[strlen (prefix) + TIME_LENGTH] != '-'
      || !is_reason (name + strlen (prefix) + TIME_LENGTH + 1))
    return NULL;

  snapshot = g_new0 (SyncSnapshot, 1);
  snapshot->path = g_build_filename (folder, file, NULL);
  snapshot->name = g_steal_pointer (&name);
  snapshot->created_at = time;
  if (lstat (snapshot->path, &info) != 0 || !S_ISREG (info.st_mode))
    return NULL;
  snapshot->size = info.st_size;
  return g_steal_pointer (&snapshot);
}

static int
compare_newest_first (gconstpointer a, gconstpointer b)
{
  const SyncSnapshot *one = *(const SyncSnapshot *const *) a;
  const SyncSnapshot *two = *(const SyncSnapshot *const *) b;

  if (one->created_at != two->created_at)
    return one->created_at < two->created_at ? 1 : -1;
  return strcmp (two->name, one->name);
}

/**
 * sync_snapshot_list:
 * @database_path: the live database
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable) (element-type SyncSnapshot): its snapshots, newest first;
 * none if there is no folder of them
 */
GPtrArray *
sync_snapshot_list (const char *database_path, GError **error)
{
  g_autoptr (GPtrArray) snapshots = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *prefix = NULL;
  g_autoptr (GDir) dir = NULL;
  const char *file;

  g_return_val_if_fail (database_path != NULL, NULL);

  snapshots = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_snapshot_free);
  folder = folder_of (database_path);
  prefix = prefix_of (database_path);
  dir = g_dir_open (folder, 0, &local_error);
  if (dir == NULL)
    {
      if (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
        return g_steal_pointer (&snapshots);
      sync_error_set (error, SYNC_ERROR_FAILED, folder, "Cannot list snapshots: %s",
                      local_error->message);
      return NULL;
    }
  while ((file = g_dir_read_name (dir)) != NULL)
    {
      SyncSnapshot *snapshot = snapshot_new_for_file (folder, prefix, file);

      if (snapshot != NULL)
        g_ptr_array_add (snapshots, snapshot);
    }
  g_ptr_array_sort (snapshots, compare_newest_first);
  return g_steal_pointer (&snapshots);
}

static gboolean
wait_a_little (gint64 deadline, GCancellable *cancellable, const char *path, GError **error)
{
  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return FALSE;
  if (g_get_monotonic_time () > deadline)
    {
      sync_error_set (error, SYNC_ERROR_BUSY, path, "Another program holds the database");
      return FALSE;
    }
  g_usleep (BUSY_WAIT_US);
  return TRUE;
}

static gboolean
is_busy (int result)
{
  return (result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_LOCKED;
}

static sqlite3_backup *
begin_backup (sqlite3 *target, sqlite3 *source, const char *path, GError **error)
{
  sqlite3_backup *backup = sqlite3_backup_init (target, "main", source, "main");

  if (backup == NULL)
    g_propagate_error (error,
                       sync_sqlite_error_new (target, sqlite3_extended_errcode (target), path));
  return backup;
}

/* Steps until the copy is whole. A write of another program makes it begin again, so after some of
 * those the rest is taken in one step, which makes that writer wait. */
static gboolean
step_backup (sqlite3_backup *backup, sqlite3 *target, const char *path, GCancellable *cancellable,
             GError **error)
{
  int pages = PAGES_PER_STEP;
  int remaining = G_MAXINT;
  guint restarts = 0;
  gint64 deadline = g_get_monotonic_time () + MAX_BUSY_US;

  while (TRUE)
    {
      int result = sqlite3_backup_step (backup, pages);

      if (result == SQLITE_DONE)
        return TRUE;
      if (result != SQLITE_OK && !is_busy (result))
        {
          g_propagate_error (error, sync_sqlite_error_new (target, result, path));
          return FALSE;
        }
      if (is_busy (result))
        {
          if (!wait_a_little (deadline, cancellable, path, error))
            return FALSE;
          continue;
        }
      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (sqlite3_backup_remaining (backup) >= remaining && ++restarts > MAX_RESTARTS)
        pages = -1;
      remaining = sqlite3_backup_remaining (backup);
      deadline = g_get_monotonic_time () + MAX_BUSY_US;
    }
}

static gboolean
copy_database (sqlite3 *target, sqlite3 *source, const char *path, GCancellable *cancellable,
               GError **error)
{
  sqlite3_backup *backup = begin_backup (target, source, path, error);
  gboolean whole;

  if (backup == NULL)
    return FALSE;
  whole = step_backup (backup, target, path, cancellable, error);
  sqlite3_backup_finish (backup);
  return whole;
}

/* With a write-ahead log a reader's view costs others nothing, and the copy never begins again. */
static gboolean
copy_from_live (SyncConnection *source, SyncConnection *target, GCancellable *cancellable,
                GError **error)
{
  g_autofree char *mode = NULL;
  gboolean copied;

  if (!sync_connection_query_text (source, &mode, error, "PRAGMA journal_mode", NULL))
    return FALSE;
  if (g_strcmp0 (mode, "wal") == 0
      && (!sync_connection_execute (source, "BEGIN", error)
          || !sync_connection_execute (source, "SELECT count(*) FROM sqlite_master", error)))
    {
      sync_connection_rollback (source);
      return FALSE;
    }
  copied = copy_database (target->handle, source->handle, source->path, cancellable, error);
  sync_connection_rollback (source);
  return copied;
}

static gboolean
sync_to_disk (const char *path, int flags, GError **error)
{
  int fd = open (path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags);
  int saved_errno;

  if (fd < 0)
    return set_file_error (error, path, errno);
  if (fsync (fd) == 0 || errno == EINVAL || errno == ENOTSUP)
    {
      close (fd);
      return TRUE;
    }
  saved_errno = errno;
  close (fd);
  return set_file_error (error, path, saved_errno);
}

static gboolean
write_copy (SyncConnection *source, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncConnection) target = sync_connection_open (path, SYNC_OPEN_CREATE, 0, error);

  /* A crash loses the whole copy, which has no name yet, so it needs no journal. One file it must
   * be in the end, also when the live database has a write-ahead log. */
  if (target == NULL || !sync_connection_script (target, "PRAGMA synchronous = OFF", error)
      || !copy_from_live (source, target, cancellable, error))
    return FALSE;
  return sync_connection_execute (target, "PRAGMA journal_mode = DELETE", error);
}

static void
remove_copy (const char *path)
{
  static const char *const endings[] = { "", "-journal", "-wal", "-shm" };

  for (gsize i = 0; i < G_N_ELEMENTS (endings); i++)
    {
      g_autofree char *file = g_strconcat (path, endings[i], NULL);

      g_unlink (file);
    }
}

static gboolean
prepare_folder (const char *folder, gint64 needed, GError **error)
{
  struct statvfs space;

  if (g_mkdir_with_parents (folder, 0700) != 0)
    return set_file_error (error, folder, errno);
  if (statvfs (folder, &space) == 0
      && (guint64) space.f_bavail * space.f_frsize < (guint64) needed + SPARE_BYTES)
    {
      sync_error_set (error, SYNC_ERROR_DISK_FULL, folder,
                      "A snapshot needs %" G_GINT64_FORMAT " bytes", needed);
      return FALSE;
    }
  return TRUE;
}

static gboolean
database_size (SyncConnection *connection, gint64 *size, GError **error)
{
  gint64 pages;
  gint64 page_size;

  if (!sync_connection_query_int64 (connection, 0, &pages, error, "PRAGMA page_count", NULL)
      || !sync_connection_query_int64 (connection, 0, &page_size, error, "PRAGMA page_size", NULL))
    return FALSE;
  *size = pages * page_size;
  return TRUE;
}

/* Two snapshots of one millisecond get two names. */
static char *
choose_name (const char *folder, const char *prefix, const char *reason, gint64 now)
{
  while (TRUE)
    {
      g_autofree char *time = format_time (now);
      g_autofree char *name = g_strconcat (prefix, time, "-", reason, NULL);
      g_autofree char *file = g_strconcat (name, ENDING, NULL);
      g_autofree char *path = g_build_filename (folder, file, NULL);

      if (!g_file_test (path, G_FILE_TEST_EXISTS | G_FILE_TEST_IS_SYMLINK))
        return g_steal_pointer (&name);
      now += G_TIME_SPAN_MILLISECOND;
    }
}

/* What is left of copies that a crash interrupted. */
static void
remove_leftovers (const char *folder, const char *prefix)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  g_autofree char *hidden = g_strconcat (".", prefix, NULL);
  gint64 oldest = g_get_real_time () / G_USEC_PER_SEC - LEFTOVER_AGE_S;
  const char *file;

  while (dir != NULL && (file = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, file, NULL);
      struct stat info;

      if (g_str_has_prefix (file, hidden) && lstat (path, &info) == 0 && info.st_mtime < oldest)
        g_unlink (path);
    }
}

/* The snapshots named (one just taken, one just restored) stay whatever the clock says. */
static void
prune (const char *database_path, guint keep, const char *first, const char *second)
{
  g_autoptr (GPtrArray) snapshots = sync_snapshot_list (database_path, NULL);
  guint kept = second != NULL ? 2 : 1;

  for (guint i = 0; snapshots != NULL && i < snapshots->len; i++)
    {
      const SyncSnapshot *snapshot = g_ptr_array_index (snapshots, i);

      if (g_str_equal (snapshot->name, first) || g_strcmp0 (snapshot->name, second) == 0)
        continue;
      if (kept < keep)
        kept++;
      else
        g_unlink (snapshot->path);
    }
}

static SyncSnapshot *
take_into (SyncConnection *connection, const char *folder, const char *name,
           GCancellable *cancellable, GError **error)
{
  g_autofree char *hidden = g_strconcat (".", name, NULL);
  g_autofree char *temporary = g_build_filename (folder, hidden, NULL);
  g_autofree char *file = g_strconcat (name, ENDING, NULL);
  g_autofree char *path = g_build_filename (folder, file, NULL);
  g_autofree char *prefix = prefix_of (connection->path);

  if (!write_copy (connection, temporary, cancellable, error)
      || !sync_to_disk (temporary, 0, error))
    {
      remove_copy (temporary);
      return NULL;
    }
  if (g_rename (temporary, path) != 0)
    {
      set_file_error (error, path, errno);
      remove_copy (temporary);
      return NULL;
    }
  if (!sync_to_disk (folder, O_DIRECTORY, error))
    return NULL;
  return snapshot_new_for_file (folder, prefix, file);
}

static SyncSnapshot *
take (SyncConnection *connection, const char *reason, gint64 now, GCancellable *cancellable,
      GError **error)
{
  g_autofree char *folder = folder_of (connection->path);
  g_autofree char *prefix = prefix_of (connection->path);
  g_autofree char *name = NULL;
  gint64 size = 0;

  if (!database_size (connection, &size, error) || !prepare_folder (folder, size, error))
    return NULL;
  remove_leftovers (folder, prefix);
  name = choose_name (folder, prefix, reason, CLAMP (now, 0, END_OF_TIME));
  return take_into (connection, folder, name, cancellable, error);
}

/**
 * sync_snapshot_take:
 * @connection: the live database, outside of a transaction
 * @reason: why, in lower-case letters, digits and dashes
 * @now: microseconds since 1970
 * @keep: how many snapshots remain, this one among them
 * @cancellable: (nullable): ends it between two steps
 * @error: where to put an error
 *
 * Copies the database as it is now while others may write. The copy appears under its name only
 * when it is whole and on the disk; only then older ones go.
 *
 * Returns: (transfer full) (nullable): the snapshot, or %NULL with [error@SyncError] `DISK_FULL`,
 *   `BUSY` or another set
 */
SyncSnapshot *
sync_snapshot_take (SyncConnection *connection, const char *reason, gint64 now, guint keep,
                    GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncSnapshot) snapshot = NULL;

  g_return_val_if_fail (connection != NULL, NULL);
  g_return_val_if_fail (reason != NULL && is_reason (reason), NULL);
  g_return_val_if_fail (!sync_connection_in_transaction (connection), NULL);

  snapshot = take (connection, reason, now, cancellable, error);
  if (snapshot != NULL)
    prune (connection->path, keep, snapshot->name, NULL);
  return g_steal_pointer (&snapshot);
}

static char *
find_snapshot (const char *database_path, const char *name, GError **error)
{
  g_autoptr (GPtrArray) snapshots = sync_snapshot_list (database_path, error);

  if (snapshots == NULL)
    return NULL;
  for (guint i = 0; i < snapshots->len; i++)
    {
      const SyncSnapshot *snapshot = g_ptr_array_index (snapshots, i);

      if (g_str_equal (snapshot->name, name))
        return g_strdup (snapshot->path);
    }
  sync_error_set_absent (error, "snapshot", name);
  return NULL;
}

static gboolean
check_whole (SyncConnection *snapshot, GError **error)
{
  g_autofree char *verdict = NULL;

  if (!sync_connection_query_text (snapshot, &verdict, error, "PRAGMA quick_check(1)", NULL))
    return FALSE;
  if (g_strcmp0 (verdict, "ok") == 0)
    return TRUE;
  sync_error_set (error, SYNC_ERROR_CORRUPT, snapshot->path, "The snapshot is damaged");
  return FALSE;
}

/* A database with a write-ahead log cannot change its page size, so the snapshot is written anew in
 * the one that the live database has now. */
static SyncConnection *
fit_page_size (SyncConnection *snapshot, SyncConnection *live, const char *copy, GError **error)
{
  g_autofree char *pragma = NULL;
  SyncStatement *vacuum;
  gint64 page_size;

  if (!sync_connection_query_int64 (live, 0, &page_size, error, "PRAGMA page_size", NULL))
    return NULL;
  pragma = g_strdup_printf ("PRAGMA page_size = %" G_GINT64_FORMAT, page_size);
  remove_copy (copy);
  if (!sync_connection_execute (snapshot, pragma, error))
    return NULL;
  vacuum = sync_connection_prepare (snapshot, "VACUUM INTO ?1", error);
  if (vacuum == NULL || !sync_statement_run (sync_statement_bind_text (vacuum, 1, copy, -1), error))
    return NULL;
  return sync_connection_open (copy, SYNC_OPEN_READ_ONLY, 0, error);
}

static char *
dup_copy_path (const char *database_path)
{
  g_autofree char *folder = folder_of (database_path);
  g_autofree char *prefix = prefix_of (database_path);
  g_autofree char *hidden = g_strconcat (".", prefix, "fitted", NULL);

  return g_build_filename (folder, hidden, NULL);
}

static gboolean
page_sizes_differ (SyncConnection *a, SyncConnection *b)
{
  gint64 one = 0;
  gint64 two = 0;

  return sync_connection_query_int64 (a, 0, &one, NULL, "PRAGMA page_size", NULL)
         && sync_connection_query_int64 (b, 0, &two, NULL, "PRAGMA page_size", NULL) && one != two;
}

/* Changes when this connection, beginning to read or write, sees that another one wrote. */
static unsigned int
data_version (SyncConnection *connection)
{
  unsigned int version = 0;

  sqlite3_file_control (connection->handle, "main", SQLITE_FCNTL_DATA_VERSION, &version);
  return version;
}

/* A step of no pages locks the target. */
static gboolean
lock_target (sqlite3_backup *backup, SyncConnection *target, GCancellable *cancellable,
             GError **error)
{
  gint64 deadline = g_get_monotonic_time () + MAX_BUSY_US;
  int result;

  while (is_busy (result = sqlite3_backup_step (backup, 0)))
    {
      if (!wait_a_little (deadline, cancellable, target->path, error))
        return FALSE;
    }
  if (result == SQLITE_OK || result == SQLITE_DONE)
    return TRUE;
  sync_connection_take_error (target, result, error);
  return FALSE;
}

/* Replaces the contents, unless somebody wrote since they had `version`. */
static gboolean
replace_contents (SyncConnection *connection, SyncConnection *snapshot, unsigned int version,
                  gboolean *changed, GCancellable *cancellable, GError **error)
{
  sqlite3_backup *backup;
  gboolean good;

  sync_connection_reset_statements (connection);
  backup = begin_backup (connection->handle, snapshot->handle, connection->path, error);
  if (backup == NULL)
    return FALSE;
  good = lock_target (backup, connection, cancellable, error);
  *changed = good && data_version (connection) != version;
  if (good && !*changed)
    good = step_backup (backup, connection->handle, connection->path, cancellable, error);
  sqlite3_backup_finish (backup);
  return good;
}

static SyncConnection *
open_fitting (SyncConnection *connection, const char *path, const char *copy, GError **error)
{
  g_autoptr (SyncConnection) snapshot = sync_connection_open (path, SYNC_OPEN_READ_ONLY, 0, error);

  if (snapshot == NULL || !check_whole (snapshot, error))
    return NULL;
  if (page_sizes_differ (connection, snapshot))
    return fit_page_size (snapshot, connection, copy, error);
  return g_steal_pointer (&snapshot);
}

/* What is written between the snapshot of the present and the moment when the contents are replaced
 * would be lost without a trace, so if somebody wrote, another snapshot is taken. */
static SyncSnapshot *
replace_keeping_present (SyncConnection *connection, SyncConnection *snapshot, gint64 now,
                         GCancellable *cancellable, GError **error)
{
  for (guint attempt = 0; attempt <= MAX_RESTARTS; attempt++)
    {
      g_autoptr (SyncSnapshot) present = NULL;
      gboolean changed = FALSE;
      unsigned int version;

      if (!sync_connection_execute (connection, "SELECT count(*) FROM sqlite_master", error))
        return NULL;
      version = data_version (connection);
      present = take (connection, "before-restore", now, cancellable, error);
      if (present == NULL)
        return NULL;
      if (replace_contents (connection, snapshot, version, &changed, cancellable, error)
          && !changed)
        return g_steal_pointer (&present);
      g_unlink (present->path);
      if (!changed)
        return NULL;
    }
  sync_error_set (error, SYNC_ERROR_BUSY, connection->path, "Another program keeps writing");
  return NULL;
}

/**
 * sync_snapshot_restore:
 * @connection: the live database, outside of a transaction
 * @name: which snapshot
 * @now: microseconds since 1970
 * @keep: how many snapshots remain; the one restored always does
 * @cancellable: (nullable): ends it before contents are replaced
 * @error: where to put an error
 *
 * Replaces the contents of the live database by the snapshot's, in one transaction that others who
 * have it open see. What was there goes into a snapshot first. The journal mode stays.
 *
 * Returns: %FALSE with [error@SyncError] `NOT_FOUND`, `CORRUPT`, `BUSY` or another set, and the
 * live database unchanged
 */
gboolean
sync_snapshot_restore (SyncConnection *connection, const char *name, gint64 now, guint keep,
                       GCancellable *cancellable, GError **error)
{
  g_autoptr (SyncConnection) snapshot = NULL;
  g_autoptr (SyncSnapshot) present = NULL;
  g_autofree char *path = NULL;
  g_autofree char *copy = NULL;

  g_return_val_if_fail (connection != NULL, FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (!sync_connection_in_transaction (connection), FALSE);

  path = find_snapshot (connection->path, name, error);
  if (path == NULL)
    return FALSE;
  copy = dup_copy_path (connection->path);
  snapshot = open_fitting (connection, path, copy, error);
  if (snapshot != NULL)
    present = replace_keeping_present (connection, snapshot, now, cancellable, error);
  g_clear_pointer (&snapshot, sync_connection_close);
  remove_copy (copy);
  if (present == NULL)
    return FALSE;
  prune (connection->path, keep, present->name, name);
  return TRUE;
}
