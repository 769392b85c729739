/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* TEMP_FAILURE_RETRY */
#include "sync-file-secrets.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* No profile has more than a few tokens of a few KiB. */
#define MAX_FILE_SIZE (1024 * 1024)

/**
 * SyncFileSecrets:
 *
 * Secrets in files that only their owner can read: one JSON object per profile, mode 0600, in a
 * directory of mode 0700. A file is replaced as a whole and is on disk before it counts, so a
 * crash leaves the secrets of before or of after. Several processes may use one directory.
 */
struct _SyncFileSecrets
{
  SyncSecretStore parent_instance;

  char *directory; /* (owned) */
};

G_DEFINE_FINAL_TYPE (SyncFileSecrets, sync_file_secrets, SYNC_TYPE_SECRET_STORE)

typedef struct
{
  char *directory; /* (owned) */
  char *file;      /* (owned): its name in the directory */
  char *kind;      /* (owned) */
  char *secret;    /* (owned) (nullable): to store; NULL forgets */
} Job;

static void
job_free (Job *job)
{
  g_free (job->directory);
  g_free (job->file);
  g_free (job->kind);
  sync_secret_free (job->secret);
  g_free (job);
}

typedef int Descriptor;

static void
descriptor_close (Descriptor *fd)
{
  if (*fd >= 0)
    close (*fd);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Descriptor, descriptor_close)

static gboolean
fail (const Job *job, const char *what, int number, GError **error)
{
  g_autofree char *path = g_build_filename (job->directory, job->file, NULL);

  sync_error_set (error, SYNC_ERROR_SECRETS, path, "%s: %s", what, g_strerror (number));
  return FALSE;
}

/* Nobody but us may be able to read what is there, and nobody else may have put it there. */
static gboolean
make_private (const Job *job, int fd, mode_t type, mode_t mode, GError **error)
{
  struct stat status;

  if (fstat (fd, &status) != 0)
    return fail (job, "Looking at the place for secrets", errno, error);
  if ((status.st_mode & S_IFMT) != type)
    return fail (job, "The place for secrets is something else", EINVAL, error);
  if (status.st_uid != geteuid () && geteuid () != 0)
    return fail (job, "The place for secrets belongs to another user", EPERM, error);
  if ((status.st_mode & 07777 & ~mode) != 0 && fchmod (fd, mode) != 0)
    return fail (job, "Making the place for secrets private", errno, error);
  return TRUE;
}

/* Sets *fd to -1 without error if there is no such directory and none is to be made. */
static gboolean
open_directory (const Job *job, gboolean make, int *fd, GError **error)
{
  if (make && g_mkdir_with_parents (job->directory, 0700) != 0)
    return fail (job, "Making the directory for secrets", errno, error);
  *fd = open (job->directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (*fd < 0)
    return errno == ENOENT || fail (job, "Opening the directory for secrets", errno, error);
  return make_private (job, *fd, S_IFDIR, 0700, error);
}

static gboolean
read_all (const Job *job, int fd, GString *text, GError **error)
{
  char buffer[4096];
  gssize n;

  while ((n = TEMP_FAILURE_RETRY (read (fd, buffer, sizeof buffer))) > 0)
    {
      g_string_append_len (text, buffer, n);
      if (text->len > MAX_FILE_SIZE)
        return fail (job, "Reading secrets", EFBIG, error);
    }
  return n == 0 || fail (job, "Reading secrets", errno, error);
}

/* Returns: the secrets, an empty object if there is no file */
static JsonObject *
read_secrets (const Job *job, int directory, GError **error)
{
  g_auto (Descriptor) fd = -1;
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (JsonNode) node = NULL;

  fd = openat (directory, job->file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT)
    return json_object_new ();
  if (fd < 0)
    {
      fail (job, "Opening secrets", errno, error);
      return NULL;
    }
  if (!make_private (job, fd, S_IFREG, 0600, error) || !read_all (job, fd, text, error))
    return NULL;
  node = json_from_string (text->str, NULL);
  explicit_bzero (text->str, text->len);
  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    {
      fail (job, "The file with secrets cannot be understood", EINVAL, error);
      return NULL;
    }
  return json_node_dup_object (node);
}

static gboolean
write_all (int fd, const char *text, gsize length)
{
  while (length > 0)
    {
      gssize n = TEMP_FAILURE_RETRY (write (fd, text, length));

      if (n < 0)
        return FALSE;
      text += n;
      length -= n;
    }
  return TRUE;
}

/* The directory's lock is held, so the name of the new file is ours. */
static gboolean
replace_file (const Job *job, int directory, const char *text, GError **error)
{
  g_autofree char *fresh = g_strconcat (".", job->file, ".new", NULL);
  g_auto (Descriptor) fd = -1;

  unlinkat (directory, fresh, 0);
  fd = openat (directory, fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (job, "Writing secrets", errno, error);
  if (!write_all (fd, text, strlen (text)) || fsync (fd) != 0
      || renameat (directory, fresh, directory, job->file) != 0)
    {
      int number = errno;

      unlinkat (directory, fresh, 0);
      return fail (job, "Writing secrets", number, error);
    }
  return fsync (directory) == 0 || fail (job, "Writing secrets", errno, error);
}

static gboolean
remove_file (const Job *job, int directory, GError **error)
{
  if (unlinkat (directory, job->file, 0) != 0 && errno != ENOENT)
    return fail (job, "Forgetting secrets", errno, error);
  return fsync (directory) == 0 || fail (job, "Forgetting secrets", errno, error);
}

static gboolean
write_secrets (const Job *job, int directory, JsonObject *secrets, GError **error)
{
  g_autoptr (JsonNode) node = NULL;
  char *text;
  gboolean written;

  if (json_object_get_size (secrets) == 0)
    return remove_file (job, directory, error);
  node = json_node_init_object (json_node_alloc (), secrets);
  text = json_to_string (node, FALSE);
  written = replace_file (job, directory, text, error);
  sync_secret_free (text);
  return written;
}

static void
lookup_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  g_auto (Descriptor) directory = -1;
  g_autoptr (JsonObject) secrets = NULL;
  GError *error = NULL;
  JsonNode *node = NULL;

  if (!open_directory (job, FALSE, &directory, &error)
      || (directory >= 0 && (secrets = read_secrets (job, directory, &error)) == NULL))
    {
      g_task_return_error (task, error);
      return;
    }
  if (secrets != NULL)
    node = json_object_get_member (secrets, job->kind);
  if (node != NULL && json_node_get_value_type (node) == G_TYPE_STRING)
    g_task_return_pointer (task, json_node_dup_string (node), (GDestroyNotify) sync_secret_free);
  else
    g_task_return_pointer (task, NULL, NULL);
}

static void
store_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job *job = data;
  g_auto (Descriptor) directory = -1;
  g_autoptr (JsonObject) secrets = NULL;
  GError *error = NULL;

  if (!open_directory (job, job->secret != NULL, &directory, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  if (directory < 0)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }

  /* Whoever cannot lock (some network filesystems) still replaces whole files. Closing unlocks. */
  TEMP_FAILURE_RETRY (flock (directory, LOCK_EX));
  secrets = read_secrets (job, directory, NULL);
  if (secrets == NULL) /* What cannot be read is no reason not to sign in again. */
    secrets = json_object_new ();
  if (job->secret != NULL)
    json_object_set_string_member (secrets, job->kind, job->secret);
  else if (json_object_has_member (secrets, job->kind))
    json_object_remove_member (secrets, job->kind);
  if (write_secrets (job, directory, secrets, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static GTask *
new_task (SyncSecretStore *store, const char *profile, const char *kind, const char *secret,
          GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (store, cancellable, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->directory = g_strdup (SYNC_FILE_SECRETS (store)->directory);
  job->file = g_strconcat (profile, ".json", NULL);
  job->kind = g_strdup (kind);
  job->secret = g_strdup (secret);
  g_task_set_task_data (task, job, (GDestroyNotify) job_free);
  return task;
}

static void
sync_file_secrets_lookup_async (SyncSecretStore *store, const char *profile, const char *kind,
                                GCancellable *cancellable, GAsyncReadyCallback callback,
                                gpointer user_data)
{
  g_autoptr (GTask) task = new_task (store, profile, kind, NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_file_secrets_lookup_async);
  g_task_run_in_thread (task, lookup_in_thread);
}

static char *
sync_file_secrets_lookup_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
sync_file_secrets_store_async (SyncSecretStore *store, const char *profile, const char *kind,
                               const char *secret, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task
      = new_task (store, profile, kind, secret, cancellable, callback, user_data);

  g_task_set_source_tag (task, sync_file_secrets_store_async);
  if (!g_task_return_error_if_cancelled (task))
    g_task_run_in_thread (task, store_in_thread);
}

static gboolean
sync_file_secrets_store_finish (SyncSecretStore *store, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, store), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
sync_file_secrets_finalize (GObject *object)
{
  g_free (SYNC_FILE_SECRETS (object)->directory);
  G_OBJECT_CLASS (sync_file_secrets_parent_class)->finalize (object);
}

static void
sync_file_secrets_class_init (SyncFileSecretsClass *class)
{
  SyncSecretStoreClass *store_class = SYNC_SECRET_STORE_CLASS (class);

  G_OBJECT_CLASS (class)->finalize = sync_file_secrets_finalize;
  store_class->lookup_async = sync_file_secrets_lookup_async;
  store_class->lookup_finish = sync_file_secrets_lookup_finish;
  store_class->store_async = sync_file_secrets_store_async;
  store_class->store_finish = sync_file_secrets_store_finish;
}

static void
sync_file_secrets_init (SyncFileSecrets *self)
{
}

/**
 * sync_file_secrets_new:
 * @directory: where the files are; made, with mode 0700, when the first secret is stored
 *
 * Returns: (transfer full): a place for secrets
 */
SyncSecretStore *
sync_file_secrets_new (const char *directory)
{
  SyncFileSecrets *self;

  g_return_val_if_fail (directory != NULL && g_path_is_absolute (directory), NULL);

  self = g_object_new (SYNC_TYPE_FILE_SECRETS, NULL);
  self->directory = g_strdup (directory);
  return SYNC_SECRET_STORE (self);
}
