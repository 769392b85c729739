/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-bus-names.h"

#include "sync-error.h"

#define ERROR_PREFIX "io.github.progressive_sync.Error."

/* Of the digest's digits: more than enough to tell files apart. */
#define ID_LENGTH 32

/**
 * sync_bus_dup_path:
 * @database: a database's canonical path
 *
 * Returns: (transfer full): the path of its object, which anybody can work out
 */
char *
sync_bus_dup_path (const char *database)
{
  g_autofree char *id = NULL;

  g_return_val_if_fail (database != NULL, NULL);

  id = g_compute_checksum_for_string (G_CHECKSUM_SHA256, database, -1);
  return g_strdup_printf (SYNC_BUS_PATH "/databases/%.*s", ID_LENGTH, id);
}

/**
 * sync_bus_register_errors:
 *
 * Lets errors of ours cross the bus under their names.
 */
void
sync_bus_register_errors (void)
{
  static gsize done = 0;

  if (!g_once_init_enter (&done))
    return;
  g_dbus_error_register_error (SYNC_ERROR, SYNC_ERROR_FAILED, ERROR_PREFIX "Failed");
  g_dbus_error_register_error (SYNC_ERROR, SYNC_ERROR_INVALID, ERROR_PREFIX "InvalidArgument");
  g_dbus_error_register_error (SYNC_ERROR, SYNC_ERROR_NOT_CONNECTED, ERROR_PREFIX "NotConnected");
  g_dbus_error_register_error (SYNC_ERROR, SYNC_ERROR_LOCKED, ERROR_PREFIX "Locked");
  g_once_init_leave (&done, 1);
}

/**
 * sync_bus_dup_session_address:
 *
 * Where the session bus is, without starting one, as GDBus would.
 *
 * Returns: (transfer full) (nullable): its address; %NULL: there is none
 */
char *
sync_bus_dup_session_address (void)
{
  const char *address = g_getenv ("DBUS_SESSION_BUS_ADDRESS");
  const char *directory = g_getenv ("XDG_RUNTIME_DIR");
  g_autofree char *socket = NULL;
  g_autofree char *escaped = NULL;

  if (address != NULL && *address != '\0')
    return g_strdup (address);
  if (directory == NULL || *directory == '\0')
    return NULL;
  socket = g_build_filename (directory, "bus", NULL);
  if (!g_file_test (socket, G_FILE_TEST_EXISTS))
    return NULL;
  escaped = g_dbus_address_escape_value (socket);
  return g_strconcat ("unix:path=", escaped, NULL);
}
