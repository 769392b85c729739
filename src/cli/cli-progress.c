/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-progress.h"

#include <stdio.h>
#include <unistd.h>

#include <glib/gi18n.h>

#include "sync-words.h"

/* More often than this nobody can read it. */
#define SHORTEST_PAUSE (G_USEC_PER_SEC / 10)
#define CLEAR_LINE "\r\033[K"

struct _CliProgress
{
  SyncManager *manager; /* (owned) (nullable): NULL: nobody looks */
  gulong handler;
  gint64 shown_at; /* monotonic */
};

static const char *
phase_name (SyncPhase phase)
{
  static const char *const names[] = { "connect", "pull", "push", "check", "done" };

  g_return_val_if_fail (phase < G_N_ELEMENTS (names), NULL);
  return names[phase];
}

void
cli_progress_show (CliProgress *progress, const SyncProgress *step)
{
  gint64 now = g_get_monotonic_time ();
  g_autofree char *text = NULL;
  g_autofree char *line = NULL;

  if (progress->manager == NULL || now - progress->shown_at < SHORTEST_PAUSE)
    return;
  progress->shown_at = now;
  text = sync_words_for_progress (phase_name (step->phase), step->entity, step->current,
                                  step->total);
  line = cli_shorten (text, 60);
  fprintf (stderr, CLEAR_LINE "%s  %3.0f %%", line, CLAMP (step->fraction, 0, 1) * 100);
}

static void
on_progress (SyncManager *manager, const SyncProgress *step, gpointer user_data)
{
  cli_progress_show (user_data, step);
}

CliProgress *
cli_progress_new (CliContext *cli)
{
  CliProgress *progress = g_new0 (CliProgress, 1);

  if (cli->json || cli->quiet || !isatty (STDERR_FILENO))
    return progress;
  progress->manager = g_object_ref (sync_profile_get_manager (cli->profile));
  progress->handler
      = g_signal_connect (progress->manager, "sync-progress", G_CALLBACK (on_progress), progress);
  return progress;
}

void
cli_progress_free (CliProgress *progress)
{
  if (progress->manager != NULL)
    g_signal_handler_disconnect (progress->manager, progress->handler);
  if (progress->shown_at != 0)
    fprintf (stderr, CLEAR_LINE);
  g_clear_object (&progress->manager);
  g_free (progress);
}
