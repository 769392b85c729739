/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gi18n.h>

#include "cli-command.h"
#include "cli-values.h"

#define SHORT_ID 8

static void
add_device (CliTable *table, const SyncDevice *device)
{
  g_autofree char *id = g_strndup (device->id, SHORT_ID);
  g_autofree char *last_sync = cli_dup_time (device->last_sync_at);
  g_autofree char *behind = device->behind >= 0 && device->active
                                ? g_strdup_printf ("%" G_GINT64_FORMAT, device->behind)
                                : g_strdup ("");

  cli_table_add (table, device->is_local ? "*" : "", id, device->name, device->platform,
                 device->app_version, last_sync, behind,
                 device->active ? _("active") : _("revoked"));
}

static gboolean
run_list (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncDevices *devices = sync_profile_get_devices (cli->profile);
  g_autoptr (CliTable) table = NULL;
  g_autoptr (GPtrArray) list = NULL;
  gint64 known_at = SYNC_TIME_UNKNOWN;

  sync_devices_list_async (devices, cli->cancellable, cli_ready, cli);
  list = sync_devices_list_finish (devices, cli_await (cli), &known_at, error);
  if (list == NULL)
    return FALSE;

  table = cli_table_new ("", _("ID"), _("NAME"), _("PLATFORM"), _("VERSION"),
                         _("LAST SYNCHRONISED"), _("BEHIND"), _("STATE"), NULL);
  cli_table_align_right (table, 6);
  cli_json_time (cli->answer, "known_at", known_at);
  cli_json_begin_array (cli->answer, "devices");
  for (guint i = 0; i < list->len; i++)
    {
      cli_json_device (cli->answer, NULL, g_ptr_array_index (list, i));
      add_device (table, g_ptr_array_index (list, i));
    }
  cli_json_end_array (cli->answer);
  cli_print_table (cli, table);
  if (known_at != SYNC_TIME_UNKNOWN)
    {
      g_autofree char *time = cli_dup_time (known_at);

      cli_say (cli, _("The cloud does not answer; this is how it was: %s."), time);
      cli_say (cli, "\n");
    }
  return TRUE;
}

static char *
dup_local_id (CliContext *cli, GError **error)
{
  SyncDevices *devices = sync_profile_get_devices (cli->profile);
  g_autoptr (SyncDevice) device = NULL;

  sync_devices_get_local_async (devices, cli->cancellable, cli_ready, cli);
  device = sync_devices_get_local_finish (devices, cli_await (cli), error);
  return device != NULL ? g_strdup (device->id) : NULL;
}

static gboolean
run_rename (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncDevices *devices = sync_profile_get_devices (cli->profile);
  const char *name = arguments[1] != NULL ? arguments[1] : arguments[0];
  g_autofree char *id = arguments[1] != NULL ? g_strdup (arguments[0]) : dup_local_id (cli, error);

  if (id == NULL)
    return FALSE;
  if (*name == '\0')
    {
      cli_set_usage_error (error, _("A device needs a name."));
      return FALSE;
    }
  sync_devices_rename_async (devices, id, name, cli->cancellable, cli_ready, cli);
  if (!sync_devices_rename_finish (devices, cli_await (cli), error))
    return FALSE;
  cli_json_string (cli->answer, "device", id);
  cli_json_string (cli->answer, "name", name);
  cli_say (cli, _("Renamed to %s."), name);
  cli_say (cli, "\n");
  return TRUE;
}

static gboolean
run_revoke (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncDevices *devices = sync_profile_get_devices (cli->profile);

  sync_devices_revoke_async (devices, arguments[0], cli->cancellable, cli_ready, cli);
  if (!sync_devices_revoke_finish (devices, cli_await (cli), error))
    return FALSE;
  cli_json_string (cli->answer, "device", arguments[0]);
  cli_say (cli, "%s\n", _("Revoked. It stops with its next run and keeps the rows that it has."));
  return TRUE;
}

static gboolean
run_register (CliContext *cli, const char *const *arguments, GError **error)
{
  SyncDevices *devices = sync_profile_get_devices (cli->profile);

  sync_devices_register_async (devices, arguments[0], cli->cancellable, cli_ready, cli);
  if (!sync_devices_register_finish (devices, cli_await (cli), error))
    return FALSE;
  cli_say (cli, "%s\n", _("This device takes part again."));
  return TRUE;
}

/* clang-format off */
const CliCommand cli_devices_commands[] = {
  {
    .name = "devices list",
    .summary = N_("List the devices that synchronise with this cloud"),
    .arguments = "",
    .notes = N_("A * marks this one. Offline, the list is the last known one. BEHIND is how many rows\n"
                "a device has not read yet; it is empty where this one lacks rows itself."),
    .examples = "psync devices list\n"
                "psync devices list --json",
    .run = run_list,
  },
  {
    .name = "devices rename",
    .summary = N_("Give a device another name, this one if none is named"),
    .arguments = "[DEVICE] NAME",
    .least = 1,
    .most = 2,
    .notes = N_("DEVICE is an ID, the start of one, or a name that only one device has."),
    .examples = "psync devices rename laptop\n"
                "psync devices rename 1a2b3c4d 'Old laptop'",
    .run = run_rename,
  },
  {
    .name = "devices revoke",
    .summary = N_("Stop a device from taking part"),
    .arguments = "DEVICE",
    .least = 1,
    .most = 1,
    .notes = N_("DEVICE is an ID, the start of one, or a name that only one device has. The\n"
                "device keeps its rows, and can be registered again there: psync devices\n"
                "register."),
    .examples = "psync devices revoke 'Old laptop'",
    .run = run_revoke,
  },
  {
    .name = "devices register",
    .summary = N_("Register this device, or again after it was revoked"),
    .arguments = "[NAME]",
    .most = 1,
    .examples = "psync devices register",
    .run = run_register,
  },
  { NULL },
};
/* clang-format on */
