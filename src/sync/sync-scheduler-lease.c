/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-scheduler-private.h"

#include "sync-manager-private.h"

/* The lease of the database: which program begins runs by itself. */

/* A lease that was asked for in vain may still be held for a moment: seconds. */
#define CANCELLED_LEASE_WAIT 1

static void
lease_answered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncScheduler) self = user_data;
  g_autoptr (GError) error = NULL;
  SyncFileLock *lease = sync_file_lock_acquire_finish (result, &error);

  self->leasing = FALSE;
  sync_scheduler_set_elsewhere (self, g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED));
  if (lease != NULL && (!sync_scheduler_is_wanted (self) || self->lease != NULL))
    g_clear_pointer (&lease, sync_file_lock_release);
  if (lease != NULL)
    self->lease = lease;
  else if (sync_error_is_cancelled (error) && sync_scheduler_is_wanted (self))
    /* Stopped and started again meanwhile. */
    sync_scheduler_ask_for_lease (self, CANCELLED_LEASE_WAIT);
  else if (error != NULL && !g_error_matches (error, SYNC_ERROR, SYNC_ERROR_LOCKED))
    g_debug ("No lease to schedule runs: %s", error->message);
  if (self->cancellable != NULL)
    sync_scheduler_plan (self);
}

void
sync_scheduler_ask_for_lease (SyncScheduler *self, guint seconds)
{
  if (self->lease != NULL || self->leasing)
    return;
  self->leasing = TRUE;
  sync_file_lock_acquire_async (sync_store_get_path (sync_manager_get_store (self->manager)), "schedule",
                                seconds, self->cancellable, lease_answered, g_object_ref (self));
}
