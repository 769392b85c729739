/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "sync-file-lock.h"

#define POLL_MS 50

/**
 * SyncFileLock:
 * @fd: the lock file, locked while it is open
 */
struct _SyncFileLock
{
  int fd;
};

/* One database has one name, whatever links lead to it, also before it exists. */
static char *
canonical_path (const char *path)
{
  g_autofree char *absolute = g_canonicalize_filename (path, NULL);
  g_autofree char *parent = g_path_get_dirname (absolute);
  g_autofree char *base = g_path_get_basename (absolute);
  char *resolved = realpath (absolute, NULL);
  char *joined;

  if (resolved == NULL)
    {
      char *folder = realpath (parent, NULL);

      joined = g_build_filename (folder != NULL ? folder : parent, base, NULL);
      free (folder);
      return joined;
    }
  joined = g_strdup (resolved);
  free (resolved);
  return joined;
}

static gboolean
set_lock_error (GError **error, const char *path, int saved_errno)
{
  gboolean full = saved_errno == ENOSPC || saved_errno == EDQUOT;
  GError *problem = sync_error_new (full ? SYNC_ERROR_DISK_FULL : SYNC_ERROR_READ_ONLY, path,
                                    "Cannot use the lock file: %s", g_strerror (saved_errno));

  sync_error_set_reason (problem, "own-folder", 0);
  g_propagate_error (error, problem);
  return FALSE;
}

/* In the state folder and not in the runtime folder: a login session and a timer or a remote shell
 * without $XDG_RUNTIME_DIR must meet at the same file. */
static char *
lock_path (const char *database_path, const char *purpose, GError **error)
{
  g_autofree char *folder
      = g_build_filename (g_get_user_state_dir (), "progressive-sync", "locks", NULL);
  g_autofree char *canonical = canonical_path (database_path);
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, canonical, -1);
  g_autofree char *name = g_strdup_printf ("%.32s.%s.lock", hash, purpose);

  if (g_mkdir_with_parents (folder, 0700) != 0)
    {
      set_lock_error (error, folder, errno);
      return NULL;
    }
  return g_build_filename (folder, name, NULL);
}

static int
open_lock_file (const char *database_path, const char *purpose, char **path, GError **error)
{
  int fd;

  *path = lock_path (database_path, purpose, error);
  if (*path == NULL)
    return -1;
  fd = open (*path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0)
    set_lock_error (error, *path, errno);
  return fd;
}

static gboolean
try_lock (int fd, const char *database_path, const char *path, GError **error)
{
  int result;

  do
    result = flock (fd, LOCK_EX | LOCK_NB);
  while (result != 0 && errno == EINTR);
  if (result == 0)
    return TRUE;
  if (errno != EWOULDBLOCK)
    return set_lock_error (error, path, errno);
  sync_error_set (error, SYNC_ERROR_LOCKED, database_path, "Somebody else holds the lock");
  return FALSE;
}

/* Until the deadline or the cancellable is triggered. */
static gboolean
wait_for_lock (int fd, const char *database_path, const char *path, gint64 deadline,
               GCancellable *cancellable, GError **error)
{
  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      gint64 left;

      if (g_cancellable_set_error_if_cancelled (cancellable, error))
        return FALSE;
      if (try_lock (fd, database_path, path, &local_error))
        return TRUE;
      left = (deadline - g_get_monotonic_time ()) / G_TIME_SPAN_MILLISECOND;
      if (left <= 0 || !g_error_matches (local_error, SYNC_ERROR, SYNC_ERROR_LOCKED))
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      g_usleep ((gulong) MIN (left, POLL_MS) * G_TIME_SPAN_MILLISECOND);
    }
}

/**
 * sync_file_lock_acquire: (constructor)
 * @database_path: the database, which need not exist
 * @purpose: what is locked: a word of lower-case letters
 * @seconds: how long to wait for another holder; 0: not at all
 * @cancellable: (nullable): ends the waiting
 * @error: where to put an error
 *
 * Takes the lock. Blocks, so it is for a thread that may.
 *
 * Returns: (transfer full) (nullable): the lock, or %NULL with [error@SyncError] `LOCKED` or
 * another set
 */
SyncFileLock *
sync_file_lock_acquire (const char *database_path, const char *purpose, guint seconds,
                        GCancellable *cancellable, GError **error)
{
  gint64 deadline = g_get_monotonic_time () + seconds * G_TIME_SPAN_SECOND;
  g_autofree char *path = NULL;
  SyncFileLock *lock;
  int fd;

  g_return_val_if_fail (database_path != NULL, NULL);
  g_return_val_if_fail (purpose != NULL && strchr (purpose, '/') == NULL, NULL);

  fd = open_lock_file (database_path, purpose, &path, error);
  if (fd < 0)
    return NULL;
  if (!wait_for_lock (fd, database_path, path, deadline, cancellable, error))
    {
      close (fd);
      return NULL;
    }
  lock = g_new0 (SyncFileLock, 1);
  lock->fd = fd;
  return lock;
}

/**
 * sync_file_lock_try_acquire: (constructor)
 * @database_path: the database, which need not exist
 * @purpose: what is locked: a word of lower-case letters
 * @error: where to put an error
 *
 * Takes the lock if nobody has it.
 *
 * Returns: (transfer full) (nullable): the lock, or %NULL with [error@SyncError] `LOCKED` or
 * another set
 */
SyncFileLock *
sync_file_lock_try_acquire (const char *database_path, const char *purpose, GError **error)
{
  return sync_file_lock_acquire (database_path, purpose, 0, NULL, error);
}

typedef struct
{
  char *database_path;
  char *purpose;
  guint seconds;
} Wish;

static void
wish_free (gpointer data)
{
  Wish *wish = data;

  g_free (wish->database_path);
  g_free (wish->purpose);
  g_free (wish);
}

static void
acquire_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Wish *wish = data;
  GError *error = NULL;
  SyncFileLock *lock = sync_file_lock_acquire (wish->database_path, wish->purpose, wish->seconds,
                                               cancellable, &error);

  if (lock != NULL)
    g_task_return_pointer (task, lock, (GDestroyNotify) sync_file_lock_release);
  else
    g_task_return_error (task, error);
}

/**
 * sync_file_lock_acquire_async:
 * @database_path: the database, which need not exist
 * @purpose: what is locked: a word of lower-case letters
 * @seconds: how long to wait for another holder; 0: not at all
 * @cancellable: (nullable): ends the waiting
 * @callback: (nullable): called in the caller's main context
 * @user_data: given to @callback
 *
 * Takes the lock without blocking the caller.
 */
void
sync_file_lock_acquire_async (const char *database_path, const char *purpose, guint seconds,
                              GCancellable *cancellable, GAsyncReadyCallback callback,
                              gpointer user_data)
{
  g_autoptr (GTask) task = NULL;
  Wish *wish;

  g_return_if_fail (database_path != NULL);
  g_return_if_fail (purpose != NULL);

  wish = g_new0 (Wish, 1);
  wish->database_path = g_strdup (database_path);
  wish->purpose = g_strdup (purpose);
  wish->seconds = seconds;
  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, sync_file_lock_acquire_async);
  g_task_set_task_data (task, wish, wish_free);
  g_task_run_in_thread (task, acquire_in_thread);
}

/**
 * sync_file_lock_acquire_finish: (constructor)
 * @result: what the callback was given
 * @error: where to put an error
 *
 * Returns: (transfer full) (nullable): the lock, or %NULL with @error set
 */
SyncFileLock *
sync_file_lock_acquire_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, sync_file_lock_acquire_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * sync_file_lock_release:
 * @lock: (nullable) (transfer full): a lock
 *
 * Gives it up. The file stays: taking it away would let two hold it.
 */
void
sync_file_lock_release (SyncFileLock *lock)
{
  if (lock == NULL)
    return;
  close (lock->fd);
  g_free (lock);
}
