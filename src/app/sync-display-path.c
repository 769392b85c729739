/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-display-path.h"

#include <string.h>

/**
 * sync_display_path:
 * @path: a file, or an address
 *
 * Returns: (transfer full): it in UTF-8, short
 */
char *
sync_display_path (const char *path)
{
  const char *home = g_get_home_dir ();
  gsize length = strlen (home);
  g_autofree char *short_path = NULL;

  g_return_val_if_fail (path != NULL, NULL);

  if (length > 1 && strncmp (path, home, length) == 0 && path[length] == G_DIR_SEPARATOR)
    short_path = g_strconcat ("~", path + length, NULL);
  return g_filename_display_name (short_path != NULL ? short_path : path);
}
