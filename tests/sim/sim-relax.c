/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-vfs.h"
#include "sync-connection.h"

/* Takes the place of src/sqlite/sync-relax.c, which needs a write-ahead log: of commits that do not wait for the disk, a
 * power failure undoes the last ones. */

gboolean
sync_connection_relax (SyncConnection *connection, gboolean *relaxed, GError **error)
{
  *relaxed = sim_vfs_relax (sync_connection_get_path (connection), TRUE);
  return TRUE;
}

gboolean
sync_connection_insist (SyncConnection *connection, GError **error)
{
  sim_vfs_relax (sync_connection_get_path (connection), FALSE);
  return TRUE;
}
