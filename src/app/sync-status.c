/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-status.h"

#include <glib/gi18n.h>

#include "sync-words.h"

static SyncStatusKind
kind_of_idle (const SyncStatus *status)
{
  if (status->refused > 0)
    return SYNC_STATUS_REFUSED;
  if (status->conflicts > 0)
    return SYNC_STATUS_CONFLICTS;
  if (status->pending > 0)
    return SYNC_STATUS_WAITING;
  return status->last_sync == SYNC_TIME_UNKNOWN ? SYNC_STATUS_NEVER_SYNCED : SYNC_STATUS_UP_TO_DATE;
}

static SyncStatusKind
find_kind (const SyncStatus *status, SyncState state)
{
  switch (state)
    {
    case SYNC_STATE_SYNCING:
      return SYNC_STATUS_SYNCING;
    case SYNC_STATE_PAUSED:
      return SYNC_STATUS_PAUSED;
    case SYNC_STATE_OFFLINE:
      return SYNC_STATUS_OFFLINE;
    case SYNC_STATE_LOCAL_ONLY:
      return SYNC_STATUS_LOCAL_ONLY;
    case SYNC_STATE_SIGN_IN_NEEDED:
      return SYNC_STATUS_SIGN_IN;
    case SYNC_STATE_ERROR:
      return SYNC_STATUS_ERROR;
    case SYNC_STATE_IDLE:
    default:
      return kind_of_idle (status);
    }
}

/**
 * sync_status_read:
 * @status: (out caller-allocates): how it stands
 * @profile: a database
 *
 * Sums up what is known about a database, without asking anybody.
 */
void
sync_status_read (SyncStatus *status, SyncProfile *profile)
{
  SyncManager *manager = sync_profile_get_manager (profile);
  SyncScheduler *scheduler = sync_profile_get_scheduler (profile);
  g_autoptr (SyncProgress) progress = NULL;
  guint held;

  *status = (SyncStatus){ 0 };
  g_object_get (manager, "pending-count", &status->pending, "failed-count", &status->failed, "held-count",
                &held, "conflict-count", &status->conflicts, "paused-until", &status->paused_until,
                "last-sync-time", &status->last_sync, "progress", &progress, NULL);
  status->refused = status->failed + held;
  status->next_sync = sync_scheduler_get_next_run (scheduler);
  g_object_get (scheduler, "elsewhere", &status->elsewhere, NULL);
  status->fraction = progress != NULL ? progress->fraction : 0.0;
  status->kind = find_kind (status, sync_manager_get_state (manager));
  if (status->paused_until == SYNC_TIME_UNKNOWN || status->paused_until <= g_get_real_time ())
    status->hold = sync_scheduler_get_hold (scheduler);
}

static char *
title_of_pause (gint64 until)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) end = NULL;
  g_autofree char *time = NULL;

  if (until == G_MAXINT64)
    return g_strdup (_("Paused"));
  end = g_date_time_new_from_unix_local (until / G_USEC_PER_SEC);
  if (end == NULL || g_date_time_difference (end, now) > G_TIME_SPAN_DAY)
    time = sync_words_for_absolute_time (until);
  else
    /* Translators: a time of day, see g_date_time_format() */
    time = g_date_time_format (end, _("%H:%M"));
  /* Translators: the time when syncing begins again */
  return g_strdup_printf (_("Paused until %s"), time);
}

/**
 * sync_status_dup_title:
 * @status: how it stands
 *
 * Returns: (transfer full): that in a few words
 */
char *
sync_status_dup_title (const SyncStatus *status)
{
  switch (status->kind)
    {
    case SYNC_STATUS_SYNCING:
      /* Translators: how much of a run is done */
      return status->fraction > 0.0
                 ? g_strdup_printf (_("Syncing, %d %%"), (int) (status->fraction * 100))
                 : sync_words_for_state ("syncing");
    case SYNC_STATUS_PAUSED:
      return title_of_pause (status->paused_until);
    case SYNC_STATUS_OFFLINE:
      return sync_words_for_state ("offline");
    case SYNC_STATUS_LOCAL_ONLY:
      return sync_words_for_state ("local-only");
    case SYNC_STATUS_SIGN_IN:
      return sync_words_for_state ("sign-in-needed");
    case SYNC_STATUS_ERROR:
      return sync_words_for_state ("error");
    case SYNC_STATUS_CONFLICTS:
      return sync_words_for_count ("conflicts", status->conflicts);
    case SYNC_STATUS_REFUSED:
      return sync_words_for_count ("refused", status->refused);
    case SYNC_STATUS_WAITING:
      return sync_words_for_count ("pending", status->pending);
    case SYNC_STATUS_NEVER_SYNCED:
      return g_strdup (_("Never synced yet"));
    case SYNC_STATUS_UP_TO_DATE:
    default:
      return sync_words_for_state ("idle");
    }
}

/**
 * sync_status_dup_hold:
 * @status: how it stands
 *
 * Returns: (transfer full) (nullable): what automatic runs wait for
 */
char *
sync_status_dup_hold (const SyncStatus *status)
{
  g_autoptr (GEnumClass) holds = NULL;

  if (status->hold == SYNC_HOLD_NONE)
    return NULL;
  holds = g_type_class_ref (SYNC_TYPE_HOLD);
  return sync_words_for_hold (g_enum_get_value (holds, (int) status->hold)->value_nick);
}

/**
 * sync_status_get_icon:
 * @status: how it stands
 *
 * Returns: (transfer none): the name of a symbolic icon for it
 */
const char *
sync_status_get_icon (const SyncStatus *status)
{
  switch (status->kind)
    {
    case SYNC_STATUS_SYNCING:
    case SYNC_STATUS_WAITING:
    case SYNC_STATUS_NEVER_SYNCED:
      return "emblem-synchronizing-symbolic";
    case SYNC_STATUS_PAUSED:
      return "media-playback-pause-symbolic";
    case SYNC_STATUS_OFFLINE:
      return "network-offline-symbolic";
    case SYNC_STATUS_LOCAL_ONLY:
      return "computer-symbolic";
    case SYNC_STATUS_SIGN_IN:
      return "dialog-password-symbolic";
    case SYNC_STATUS_CONFLICTS:
      return "view-dual-symbolic";
    case SYNC_STATUS_REFUSED:
    case SYNC_STATUS_ERROR:
      return "dialog-warning-symbolic";
    case SYNC_STATUS_UP_TO_DATE:
    default:
      return "emblem-ok-symbolic";
    }
}
