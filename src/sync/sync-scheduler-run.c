/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-scheduler-private.h"

#include "sync-manager-private.h"
#include "sync-queue-store.h"
#include "sync-verb.h"

/* The runs that it begins, and what waits in the outbox before and after them. */

/* --- The outbox --------------------------------------------------------------------------------- */

typedef struct
{
  gboolean due;
  gint64 next_attempt_at;
} Outbox;

static gboolean
look_at_outbox (SyncStore *store, gpointer data, gpointer *answer, GError **error)
{
  Outbox *outbox = g_new0 (Outbox, 1);

  *answer = outbox;
  return sync_store_has_due_changes (store, sync_clock_now (sync_store_get_clock (store)), &outbox->due,
                                     &outbox->next_attempt_at, error);
}

static const SyncVerb look_verb = { .func = look_at_outbox, .free_answer = g_free };

static void look (SyncScheduler *self, gboolean after_run);

static void
use_outbox (SyncScheduler *self, const Outbox *outbox, gboolean after_run)
{
  gint64 now = sync_scheduler_now (self);

  self->schedule.attempt_at = SYNC_SCHEDULE_NEVER;
  if (outbox->next_attempt_at != SYNC_TIME_UNKNOWN)
    self->schedule.attempt_at = now + MAX (outbox->next_attempt_at - sync_clock_now (self->clock), 0);
  sync_schedule_note_outbox (&self->schedule, outbox->due, after_run, now);
}

static void
outbox_seen (GObject *object, GAsyncResult *result, gpointer user_data)
{
  SyncScheduler *self = SYNC_SCHEDULER (object);
  gboolean after_run = GPOINTER_TO_INT (user_data);
  g_autoptr (GError) error = NULL;
  g_autofree Outbox *outbox = NULL;
  gpointer answer = NULL;

  self->checking = FALSE;
  if (sync_verb_finish (&look_verb, object, result, &answer, &error))
    outbox = answer;
  else
    g_debug ("The outbox cannot be looked at: %s", error->message);
  if (self->cancellable == NULL || sync_scheduler_is_running (self))
    return;
  if (outbox != NULL)
    use_outbox (self, outbox, after_run);
  if (self->check_again)
    look (self, FALSE);
  sync_scheduler_plan (self);
}

/* after_run: at what a run left behind. */
static void
look (SyncScheduler *self, gboolean after_run)
{
  self->check_again = self->checking;
  if (self->checking)
    return;
  self->checking = TRUE;
  sync_verb_start (&look_verb, self, sync_manager_get_store (self->manager), NULL, self->cancellable,
                   outbox_seen, GINT_TO_POINTER (after_run));
}

/* Something changed, whether or not that is something to send. What changes during a run is looked at after
 * it. */
void
sync_scheduler_note_change (SyncScheduler *self)
{
  if (sync_scheduler_is_wanted (self) && !sync_scheduler_is_running (self))
    look (self, FALSE);
}

/* --- Runs --------------------------------------------------------------------------------------- */

/* A run ended, whoever began it. What it left behind is looked at. */
static void
note_run (SyncScheduler *self, const SyncResult *result, const GError *error)
{
  gint64 now = sync_scheduler_now (self);
  SyncConfig config;

  if (result != NULL && result->error != NULL)
    error = result->error;
  if (error != NULL)
    {
      sync_settings_get_config (self->settings, &config);
      sync_schedule_note_failure (&self->schedule, error, &config, now, self->random);
    }
  else
    {
      sync_schedule_note_success (&self->schedule, result != NULL && result->total.pushed > 0, now);
      look (self, TRUE);
    }
  sync_scheduler_plan (self);
}

static void
run_done (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result = sync_manager_run_finish (SYNC_MANAGER (object), async_result, &error);

  self->running = FALSE;
  if (self->cancellable != NULL)
    note_run (self, result, error);
}

void
sync_scheduler_begin_run (SyncScheduler *self)
{
  self->running = TRUE;
  sync_timers_clear (self->timers, &self->timer);
  sync_manager_run_async (self->manager, SYNC_RUN_SYNC, NULL, self->cancellable, run_done,
                          g_object_ref (self));
}

static void
verify_done (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncVerifyResult) result = sync_manager_verify_finish (SYNC_MANAGER (object), async_result, &error);

  self->running = FALSE;
  if (self->cancellable == NULL)
    return;
  if (result != NULL && result->error != NULL)
    error = g_error_copy (result->error);
  sync_schedule_note_verification (&self->schedule, error != NULL, sync_scheduler_now (self));
  note_run (self, result != NULL ? result->sync : NULL, error);
}

/* It begins with an ordinary run, so it is one too. */
void
sync_scheduler_begin_verify (SyncScheduler *self)
{
  SyncVerifyOptions options = { .heal = TRUE };

  self->running = TRUE;
  sync_timers_clear (self->timers, &self->timer);
  sync_manager_verify_async (self->manager, &options, self->cancellable, verify_done, g_object_ref (self));
}

/* Somebody else's run in this program. */
void
sync_scheduler_note_run (SyncScheduler *self, const SyncResult *result)
{
  if (!self->running && self->cancellable != NULL)
    note_run (self, result, NULL);
}
