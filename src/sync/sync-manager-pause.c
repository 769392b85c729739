/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-manager-private.h"

#include "sync-verb.h"

#define KEY "paused-until"

static void
pause_stored (gpointer source, gpointer answer)
{
  sync_manager_changed (source);
}

/* --- Pausing and resuming ----------------------------------------------------------------------- */

static gboolean
store_pause (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  gint64 until = *(gint64 *) arguments;

  if (until == SYNC_TIME_UNKNOWN)
    return sync_store_set_meta (store, KEY, NULL, error);
  return sync_store_set_meta_int64 (store, KEY, until, error);
}

static const SyncVerb pause_verb
    = { .func = store_pause, .free_arguments = g_free, .done = pause_stored, .lasts = TRUE };

void
sync_manager_pause_async (SyncManager *manager,
                          gint64 until,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  sync_manager_set_paused_until (manager, until);
  sync_manager_update_state (manager);
  sync_verb_start (&pause_verb, manager, manager->store, g_memdup2 (&until, sizeof (until)), cancellable,
                   callback, user_data);
}

gboolean
sync_manager_pause_finish (SyncManager *manager,
                           GAsyncResult *result,
                           GError **error)
{
  return sync_verb_finish (&pause_verb, manager, result, NULL, error);
}

/* --- Its end ------------------------------------------------------------------------------------ */

/* One that another program began meanwhile stays. */
static gboolean
forget_pause (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  gint64 until;

  return sync_store_get_meta_int64 (store, KEY, SYNC_TIME_UNKNOWN, &until, error)
         && (until != *(gint64 *) arguments || sync_store_set_meta (store, KEY, NULL, error));
}

static const SyncVerb end_verb = { .func = forget_pause, .free_arguments = g_free, .done = pause_stored };

void
sync_manager_end_pause (SyncManager *manager)
{
  gint64 until = manager->paused_until;

  sync_manager_set_paused_until (manager, SYNC_TIME_UNKNOWN);
  sync_manager_update_state (manager);
  sync_verb_start (&end_verb, manager, manager->store, g_memdup2 (&until, sizeof (until)),
                   manager->cancellable, NULL, NULL);
}

void
sync_manager_resume_async (SyncManager *manager,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data)
{
  sync_manager_pause_async (manager, SYNC_TIME_UNKNOWN, cancellable, callback, user_data);
}

gboolean
sync_manager_resume_finish (SyncManager *manager,
                            GAsyncResult *result,
                            GError **error)
{
  return sync_manager_pause_finish (manager, result, error);
}
