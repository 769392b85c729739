/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-vault-warnings.h"

#include <gio/gunixmounts.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

/* Not in every version of linux/magic.h. */
#define MAGIC_CIFS 0xff534d42
#define MAGIC_SMB2 0xfe534d42
#define MAGIC_FUSE 0x65735546
#define MAGIC_CEPH 0x00c36400

G_DEFINE_BOXED_TYPE (SyncVaultWarning, sync_vault_warning, sync_vault_warning_copy,
                     sync_vault_warning_free)

static const struct
{
  guint64 magic;
  const char *type;
} network_types[] = {
  { NFS_SUPER_MAGIC, "nfs" },   { SMB_SUPER_MAGIC, "smb" }, { MAGIC_CIFS, "cifs" },
  { MAGIC_SMB2, "smb3" },       { MAGIC_FUSE, "fuse" },     { V9FS_MAGIC, "9p" },
  { AFS_SUPER_MAGIC, "afs" },   { MAGIC_CEPH, "ceph" },     { NCP_SUPER_MAGIC, "ncp" },
  { CODA_SUPER_MAGIC, "coda" },
};

/**
 * sync_vault_warning_new: (constructor)
 * @code: what it is
 * @subject: the file system's type, or the copy's path
 *
 * Returns: (transfer full): the warning
 */
SyncVaultWarning *
sync_vault_warning_new (SyncVaultWarningCode code, const char *subject)
{
  SyncVaultWarning *warning = g_new0 (SyncVaultWarning, 1);

  warning->code = code;
  warning->subject = g_strdup (subject);
  return warning;
}

/**
 * sync_vault_warning_copy:
 * @warning: a warning
 *
 * Returns: (transfer full): a copy
 */
SyncVaultWarning *
sync_vault_warning_copy (const SyncVaultWarning *warning)
{
  g_return_val_if_fail (warning != NULL, NULL);

  return sync_vault_warning_new (warning->code, warning->subject);
}

/**
 * sync_vault_warning_free:
 * @warning: (nullable) (transfer full): a warning
 */
void
sync_vault_warning_free (SyncVaultWarning *warning)
{
  if (warning == NULL)
    return;
  g_free (warning->subject);
  g_free (warning);
}

/**
 * sync_vault_warning_code_name:
 * @code: a code
 *
 * Returns: (transfer none): its name for machines
 */
const char *
sync_vault_warning_code_name (SyncVaultWarningCode code)
{
  return code == SYNC_VAULT_WARNING_NETWORK ? "network-filesystem" : "conflicted-copy";
}

static const char *
find_magic (guint64 magic)
{
  for (guint i = 0; i < G_N_ELEMENTS (network_types); i++)
    if (network_types[i].magic == magic)
      return network_types[i].type;
  return NULL;
}

/**
 * sync_vault_is_network_type:
 * @magic: the file system's number, from statfs(2)
 * @type: (nullable): its name in the table of mounts
 *
 * Returns: whether it may be shared with other computers
 */
gboolean
sync_vault_is_network_type (guint64 magic, const char *type)
{
  /* Through FUSE come servers (fuse.sshfs) as well as disks: fuseblk is always a disk. */
  if (magic == MAGIC_FUSE)
    return g_strcmp0 (type, "fuseblk") != 0;
  return find_magic (magic) != NULL;
}

static void
look_at_file_system (const char *path, GPtrArray *warnings)
{
  g_autoptr (GUnixMountEntry) mount = NULL;
  const char *type = NULL;
  struct statfs info;
  guint64 magic;

  if (statfs (path, &info) != 0)
    return;
  magic = (guint32) info.f_type;
  if (find_magic (magic) == NULL)
    return;
  mount = g_unix_mount_for (path, NULL);
  if (mount != NULL)
    type = g_unix_mount_get_fs_type (mount);
  if (sync_vault_is_network_type (magic, type))
    g_ptr_array_add (warnings, sync_vault_warning_new (SYNC_VAULT_WARNING_NETWORK,
                                                       type != NULL ? type : find_magic (magic)));
}

/* " (1)": how several programs name a second file of one name. */
static gboolean
is_numbered (const char *middle, gsize length)
{
  if (length < 4 || !g_str_has_prefix (middle, " (") || middle[length - 1] != ')')
    return FALSE;
  return strspn (middle + 2, "0123456789") == length - 3;
}

/**
 * sync_vault_is_conflicted_copy:
 * @vault_name: the vault's name without folder
 * @name: another name in its folder
 *
 * Knows how Dropbox, Nextcloud (`name (conflicted copy …).ext`, `name_conflict-….ext`), Syncthing
 * (`name.sync-conflict-….ext`), Seafile (`name (SFConflict …).ext`), Resilio (`name.Conflict.ext`)
 * and Google Drive (`name (1).ext`) name a second version of a file.
 *
 * Returns: whether @name is a second version of the vault
 */
gboolean
sync_vault_is_conflicted_copy (const char *vault_name, const char *name)
{
  const char *ending = strrchr (vault_name, '.');
  g_autofree char *stem = NULL;
  g_autofree char *middle = NULL;
  g_autofree char *folded = NULL;
  gsize taken;

  if (ending == NULL || ending == vault_name)
    ending = vault_name + strlen (vault_name);
  stem = g_strndup (vault_name, ending - vault_name);
  taken = strlen (stem) + strlen (ending);
  if (strlen (name) <= taken || !g_str_has_prefix (name, stem) || !g_str_has_suffix (name, ending))
    return FALSE;
  middle = g_strndup (name + strlen (stem), strlen (name) - taken);
  folded = g_ascii_strdown (middle, -1);
  return strstr (folded, "conflict") != NULL || is_numbered (middle, strlen (middle));
}

static void
look_for_copies (const char *path, GPtrArray *warnings)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *vault_name = g_path_get_basename (path);
  g_autoptr (GDir) names = g_dir_open (folder, 0, NULL);
  const char *name;

  while (names != NULL && (name = g_dir_read_name (names)) != NULL)
    if (sync_vault_is_conflicted_copy (vault_name, name))
      {
        g_autofree char *copy = g_build_filename (folder, name, NULL);

        g_ptr_array_add (warnings,
                         sync_vault_warning_new (SYNC_VAULT_WARNING_CONFLICTED_COPY, copy));
      }
}

/**
 * sync_vault_look_for_warnings:
 * @path: a vault
 *
 * Reads the file system; not for the main thread.
 *
 * Returns: (transfer full) (element-type SyncVaultWarning): what was noticed
 */
GPtrArray *
sync_vault_look_for_warnings (const char *path)
{
  g_autoptr (GPtrArray) warnings
      = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_vault_warning_free);

  look_at_file_system (path, warnings);
  look_for_copies (path, warnings);
  return g_steal_pointer (&warnings);
}
