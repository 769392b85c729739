/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-tray-summary.h"

#include <glib/gi18n.h>

#include "sync-status.h"
#include "sync-words.h"

/* By what outweighs what. A person is needed also while automatic runs are paused; what is held back by the
 * system is as good as paused. */
typedef enum
{
  RANK_IDLE,
  RANK_PAUSED,
  RANK_OFFLINE,
  RANK_ATTENTION,
  RANK_SYNCING,
} Rank;

static const char *const icons[] = {
  [RANK_IDLE] = "progressive-sync-idle-symbolic",
  [RANK_PAUSED] = "progressive-sync-paused-symbolic",
  [RANK_OFFLINE] = "progressive-sync-offline-symbolic",
  [RANK_ATTENTION] = "progressive-sync-attention-symbolic",
  [RANK_SYNCING] = "progressive-sync-syncing-symbolic",
};

/* What a person is to do; NULL: nothing. */
static char *
dup_problem (const SyncStatus *status, SyncManager *manager)
{
  g_autoptr (GError) last_error = NULL;

  g_object_get (manager, "last-error", &last_error, NULL);
  if (g_error_matches (last_error, SYNC_ERROR, SYNC_ERROR_SIGN_IN))
    return sync_words_for_state ("sign-in-needed");
  if (last_error != NULL && !sync_error_is_transient (last_error)
      && !sync_error_is_cancelled (last_error))
    return sync_words_for_state ("error");
  if (status->conflicts > 0)
    return sync_words_for_count ("conflicts", status->conflicts);
  return status->refused > 0 ? sync_words_for_count ("refused", status->refused) : NULL;
}

static Rank
rank_of (const SyncStatus *status, const char *problem)
{
  if (status->kind == SYNC_STATUS_SYNCING)
    return RANK_SYNCING;
  if (problem != NULL)
    return RANK_ATTENTION;
  if (status->kind == SYNC_STATUS_OFFLINE)
    return RANK_OFFLINE;
  return status->kind == SYNC_STATUS_PAUSED || status->hold != SYNC_HOLD_NONE ? RANK_PAUSED : RANK_IDLE;
}

/* One line has room for one thing: while nothing happens by itself, for why. */
static char *
dup_text (const SyncStatus *status, Rank rank, const char *problem)
{
  if (rank == RANK_ATTENTION)
    return g_strdup (problem);
  if (rank == RANK_PAUSED && status->hold != SYNC_HOLD_NONE)
    return sync_status_dup_hold (status);
  return sync_status_dup_title (status);
}

static char *
with_name (SyncProfile *profile, char *text, gboolean several)
{
  g_autofree char *owned = text;
  g_autofree char *name = NULL;

  if (!several)
    return g_steal_pointer (&owned);
  name = g_path_get_basename (sync_profile_get_path (profile));
  /* Translators: a database's file name, and how it stands */
  return g_strdup_printf (_ ("%s: %s"), name, owned);
}

/**
 * sync_tray_summary_read:
 * @summary: (out caller-allocates): how they stand
 * @profiles: (element-type SyncProfile): the open databases
 */
void
sync_tray_summary_read (SyncTraySummary *summary, GListModel *profiles)
{
  guint n = g_list_model_get_n_items (profiles);
  int highest = -1;

  *summary = (SyncTraySummary){ 0 };
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (profiles, i);
      SyncManager *manager = sync_profile_get_manager (profile);
      g_autofree char *problem = NULL;
      SyncStatus status;
      int rank;

      sync_status_read (&status, profile);
      problem = dup_problem (&status, manager);
      rank = (int)rank_of (&status, problem);
      summary->conflicts += status.conflicts;
      summary->paused |= status.paused_until > g_get_real_time ();
      summary->available |= sync_manager_get_available (manager);
      if (rank <= highest)
        continue;
      highest = rank;
      g_free (summary->text);
      summary->text
          = with_name (profile, dup_text (&status, rank, problem), n > 1 && rank != RANK_IDLE);
    }
  summary->icon = icons[MAX (highest, 0)];
  summary->attention = highest == RANK_ATTENTION;
  if (summary->text == NULL)
    summary->text = g_strdup (_ ("No database is open"));
}

void
sync_tray_summary_clear (SyncTraySummary *summary)
{
  g_clear_pointer (&summary->text, g_free);
}
