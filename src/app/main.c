/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <locale.h>

#include <glib/gi18n.h>

#include "sync-application.h"
#include "sync-folders.h"

int
main (int argc, char **argv)
{
  g_autoptr (SyncApplication) application = NULL;
  int status;

  sync_folders_ignore_relative ();
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, PROGRESSIVE_SYNC_LOCALEDIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_set_application_name (_("Progressive Sync"));

  application = sync_application_new ();
  status = g_application_run (G_APPLICATION (application), argc, argv);
  return MAX (status, sync_application_get_exit_status (application));
}
