/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-bus.h"

#include "sync-bus-find.h"
#include "sync-bus-variant.h"

/* What was given to this psync alone, the application does not know. */
static gboolean
settings_are_shared (CliContext *cli)
{
  SyncSettings *settings = sync_profile_get_settings (cli->profile);
  g_autofree char *token = sync_settings_dup_auth_token (settings);
  g_autoptr (GPtrArray) list = sync_settings_list (settings);

  for (guint i = 0; i < list->len; i++)
    {
      const SyncSettingInfo *setting = g_ptr_array_index (list, i);

      if (setting->source == SYNC_SETTING_ENVIRONMENT || setting->source == SYNC_SETTING_FLAG)
        return FALSE;
    }
  return token == NULL;
}

static SyncBusSync1 *
find_application (CliContext *cli)
{
  g_autoptr (GError) error = NULL;
  SyncBusSync1 *application;

  sync_bus_find_async (sync_profile_get_path (cli->profile), cli->cancellable, cli_ready, cli);
  application = sync_bus_find_finish (cli_await (cli), &error);
  if (application == NULL)
    g_debug ("The application is not asked: %s", error->message);
  return application;
}

static void
on_progress (SyncBusSync1 *application, GParamSpec *pspec, gpointer user_data)
{
  GVariant *variant = sync_bus_sync1_get_progress (application);
  g_autoptr (SyncProgress) step = NULL;

  if (variant != NULL)
    step = sync_bus_progress_from_variant (variant);
  if (step != NULL)
    cli_progress_show (user_data, step);
}

/* The run's own answer tells how it ended. */
static void
on_cancelled (GCancellable *cancellable, gpointer application)
{
  sync_bus_sync1_call_cancel (application, NULL, NULL, NULL);
}

static SyncResult *
ask_for_run (CliContext *cli, SyncBusSync1 *application, GVariant *request, GError **error)
{
  g_autoptr (GVariant) answer = NULL;
  gulong handler;

  sync_bus_sync1_call_sync (application, request, NULL, cli_ready, cli);
  handler = g_cancellable_connect (cli->cancellable, G_CALLBACK (on_cancelled), application, NULL);
  cli_await (cli);
  g_cancellable_disconnect (cli->cancellable, handler);
  if (!sync_bus_sync1_call_sync_finish (application, &answer, cli->result, error))
    return NULL;
  return sync_bus_result_from_variant (answer, error);
}

/**
 * cli_bus_run:
 * @cli: the context
 * @progress: shows how far it is
 * @kind: what kind of run
 * @run: how; what was waited is taken off its time to wait
 * @result: (out) (transfer full): how it went
 *
 * Lets the application do a run. Where it goes away meanwhile, nothing is lost by doing it again.
 *
 * Returns: whether it did
 */
gboolean
cli_bus_run (CliContext *cli,
             CliProgress *progress,
             SyncRunKind kind,
             SyncRunOptions *run,
             SyncResult **result)
{
  g_autoptr (SyncBusSync1) application = NULL;
  g_autoptr (GError) error = NULL;
  gint64 since = g_get_monotonic_time ();
  guint64 seconds;
  gulong handler;

  if (!settings_are_shared (cli) || (application = find_application (cli)) == NULL)
    return FALSE;
  handler = g_signal_connect (application, "notify::progress", G_CALLBACK (on_progress), progress);
  *result = ask_for_run (cli, application, sync_bus_request_to_variant (kind, run), &error);
  g_signal_handler_disconnect (application, handler);
  if (*result != NULL)
    return TRUE;
  g_debug ("The application did not do it: %s", error->message);
  seconds = (g_get_monotonic_time () - since) / G_USEC_PER_SEC;
  if (g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED))
    seconds = run->wait_seconds;
  run->wait_seconds -= MIN (seconds, run->wait_seconds);
  return FALSE;
}

/**
 * cli_bus_pause:
 * @cli: the context
 * @until: until when; %SYNC_TIME_UNKNOWN: no more
 *
 * Lets the application begin or end a pause.
 *
 * Returns: whether it did
 */
gboolean
cli_bus_pause (CliContext *cli, gint64 until)
{
  g_autoptr (SyncBusSync1) application = find_application (cli);
  g_autoptr (GError) error = NULL;
  gboolean done;

  if (application == NULL)
    return FALSE;
  if (until == SYNC_TIME_UNKNOWN)
    {
      sync_bus_sync1_call_resume (application, cli->cancellable, cli_ready, cli);
      done = sync_bus_sync1_call_resume_finish (application, cli_await (cli), &error);
    }
  else
    {
      sync_bus_sync1_call_pause (application, until, cli->cancellable, cli_ready, cli);
      done = sync_bus_sync1_call_pause_finish (application, cli_await (cli), &error);
    }
  if (!done)
    g_debug ("The application did not do it: %s", error->message);
  return done;
}

/**
 * cli_bus_read_plan:
 * @cli: the context
 * @next_sync: (out): when the application begins the next run; %SYNC_TIME_UNKNOWN: it plans none
 * @hold: (out) (transfer full) (nullable): what keeps it from that: `metered`, `power-saver`
 *
 * Asks the application what it is about to do by itself.
 *
 * Returns: whether it runs and has the database open
 */
gboolean
cli_bus_read_plan (CliContext *cli, gint64 *next_sync, char **hold)
{
  g_autoptr (SyncBusSync1) application = find_application (cli);
  const char *held;

  *next_sync = SYNC_TIME_UNKNOWN;
  *hold = NULL;
  if (application == NULL)
    return FALSE;
  held = sync_bus_sync1_get_hold (application);
  if (sync_bus_sync1_get_next_sync_time (application) != 0)
    *next_sync = sync_bus_sync1_get_next_sync_time (application);
  if (held != NULL && *held != '\0' && !g_str_equal (held, "none"))
    *hold = g_strdup (held);
  return TRUE;
}
