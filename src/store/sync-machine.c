/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-machine.h"

#include <glib/gstdio.h>
#include <string.h>

/**
 * sync_machine_hash:
 *
 * Tells this computer from another without telling which it is: the machine id is confidential
 * (machine-id(5)) and is only stored hashed with a word of ours.
 *
 * Returns: (transfer full): a hex digest
 */
char *
sync_machine_hash (void)
{
  g_autofree char *id = NULL, *text = NULL;

  if (!g_file_get_contents ("/etc/machine-id", &id, NULL, NULL))
    id = g_strdup (g_get_host_name ());
  text = g_strconcat ("progressive-sync:", g_strstrip (id), NULL);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, text, -1);
}

/**
 * sync_machine_name:
 *
 * Returns: (transfer full): the computer's pretty name, else its host name
 */
char *
sync_machine_name (void)
{
  g_autofree char *info = NULL;
  const char *line;

  if (g_file_get_contents ("/etc/machine-info", &info, NULL, NULL)
      && (line = strstr (info, "PRETTY_HOSTNAME=")) != NULL)
    {
      g_autofree char *value = g_strndup (line + 16, strcspn (line + 16, "\n"));
      g_autofree char *name = g_shell_unquote (value, NULL);

      if (name != NULL && *name != '\0' && g_utf8_validate (name, -1, NULL))
        return g_steal_pointer (&name);
    }
  return g_strdup (g_get_host_name ());
}

/**
 * sync_machine_place:
 * @path: a database, absolute
 *
 * Where a file is on this computer: its inode and its path. The file is not opened for it.
 *
 * Returns: (transfer full) (nullable): %NULL: it cannot be told
 */
char *
sync_machine_place (const char *path)
{
  GStatBuf status;

  if (g_stat (path, &status) != 0)
    return NULL;
  return g_strdup_printf ("%" G_GUINT64_FORMAT " %s", (guint64) status.st_ino, path);
}

/**
 * sync_machine_is_copy:
 * @known: (nullable): what sync_machine_place() said when it was asked last
 * @path: the database now
 *
 * A file that is elsewhere than it was has been moved, but where the other one is there as well it is a copy.
 *
 * Returns: whether it is
 */
gboolean
sync_machine_is_copy (const char *known,
                      const char *path)
{
  const char *place = known != NULL ? strchr (known, ' ') : NULL;
  g_autofree char *now = NULL, *other = NULL;

  if (place == NULL || g_str_equal (place + 1, path))
    return FALSE;
  now = sync_machine_place (path);
  other = sync_machine_place (place + 1);
  return now != NULL && g_strcmp0 (other, known) == 0
         && strncmp (now, known, (gsize) (place - known) + 1) != 0;
}
