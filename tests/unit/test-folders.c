/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib.h>

#include "sync-folders.h"

static void
test_relative (void)
{
  static const char *const names[] = { "HOME",           "XDG_DATA_HOME",  "XDG_CONFIG_HOME",
                                       "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR" };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    {
      static const char *const relative[] = { "", ".", "here", "../there", "~" };
      const char *absolute = "/somewhere/else";

      for (guint k = 0; k < G_N_ELEMENTS (relative); k++)
        {
          g_setenv (names[i], relative[k], TRUE);
          sync_folders_ignore_relative ();
          g_assert_null (g_getenv (names[i]));
        }
      g_setenv (names[i], absolute, TRUE);
      sync_folders_ignore_relative ();
      g_assert_cmpstr (g_getenv (names[i]), ==, absolute);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/folders/what-is-no-whole-path-is-ignored", test_relative);
  return g_test_run ();
}
