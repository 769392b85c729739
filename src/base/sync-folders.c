/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-folders.h"

#include <glib.h>

/**
 * sync_folders_ignore_relative:
 *
 * Takes those of the variables that name the user's folders out of the environment that hold no
 * whole path, as the XDG Base Directory Specification asks for. GLib would take them from the folder
 * that a program happens to be started in: two of them would not meet at one lock, and what belongs
 * into the user's home would be anywhere.
 *
 * To be called first of all, before another thread is there and before GLib knows the folders.
 */
void
sync_folders_ignore_relative (void)
{
  static const char *const names[] = { "HOME",           "XDG_DATA_HOME",  "XDG_CONFIG_HOME",
                                       "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      const char *path = g_getenv (names[i]);

      if (path != NULL && !g_path_is_absolute (path))
        g_unsetenv (names[i]);
    }
}
