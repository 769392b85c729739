/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-manager.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* The newest runs that statistics tell of. */
#define SYNC_HISTORY_IN_STATS 10

/**
 * SyncManager:
 *
 * Starts, cancels and reports the runs of one database. Levels are properties, events are signals. Everything
 * here happens on the main thread; a run has a thread of its own, the database has another.
 */
struct _SyncManager
{
  GObject parent_instance;

  SyncStore *store;       /* (owned) */
  SyncSettings *settings; /* (owned) */
  SyncClock *clock;       /* (owned) */
  SyncProvider *provider; /* (owned) (nullable): %NULL: local only */
  GError *unavailable;    /* (owned) (nullable): why there is none */
  GMainContext *context;  /* (owned) */

  GCancellable *cancellable; /* (owned): cancelled at the end of life */
  GCancellable *running;     /* (owned) (nullable): the run under way */
  SyncState state;
  SyncStats *stats;          /* (owned) (nullable): as last counted */
  GError *last_error;        /* (owned) (nullable) */
  gint64 newest_run;         /* the last one whose end was taken from the history */
  SyncProgress *progress;    /* (owned) (nullable): only while a run goes on */
  gint64 paused_until;
  gint64 verified_at;        /* as last counted */
  gint64 session_changed;    /* likewise: when somebody signed in or out, whichever program it was */
  gint64 next_sync_time;
  gint64 last_sync_time;
  gboolean refreshing;
  gboolean refresh_again;

  SyncResolverFunc resolver;
  gpointer resolver_data;
  GDestroyNotify resolver_destroy;

  GMutex mutex;              /* of what the run's thread leaves here */
  SyncProgress *news;        /* (owned) (nullable) */
  GSource *news_source;      /* (owned) (nullable) */
  gint64 news_told_at;
};

/* For the manager's siblings. */
SyncStore *sync_manager_get_store (SyncManager *manager);
SyncSettings *sync_manager_get_settings (SyncManager *manager);
SyncClock *sync_manager_get_clock (SyncManager *manager);
void sync_manager_changed (SyncManager *manager); /* after a verb: refreshes, says data-changed */
gint64 sync_manager_get_paused_until (SyncManager *manager);
void sync_manager_end_pause (SyncManager *manager); /* the scheduler's: its time has come */
gboolean sync_manager_get_verified_at (SyncManager *manager, gint64 *time); /* FALSE: not known yet */
void sync_manager_set_next_sync_time (SyncManager *manager, gint64 time); /* the scheduler's */
gboolean sync_manager_is_running (SyncManager *manager);
void sync_manager_note_session (SyncManager *manager, gboolean signed_in); /* the profile's */
void sync_manager_note_secrets (SyncManager *manager, const GError *error); /* likewise */
/* On the worker's thread, likewise: other programs find out. */
gboolean sync_manager_tell_session_changed (SyncStore *store, GError **error);

/* For the manager's own parts. */
void sync_manager_update_state (SyncManager *manager);
void sync_manager_set_paused_until (SyncManager *manager, gint64 until);
void sync_manager_set_last_error (SyncManager *manager, const GError *error);
void sync_manager_set_progress (SyncManager *manager, const SyncProgress *progress);
void sync_manager_leave_progress (SyncManager *manager, const SyncProgress *progress);
void sync_manager_leave_conflicts (SyncManager *manager, GArray *numbers, SyncResolverFunc resolver,
                                   gpointer resolver_data);
gboolean sync_manager_make_way (SyncManager *manager, GTask *task); /* FALSE: takes and ends the task */
gulong sync_manager_forward_cancel (SyncManager *manager, GCancellable *cancellable);
void sync_manager_run_over (SyncManager *manager, const SyncResult *result, const GError *reason);
void sync_manager_ask (SyncManager *manager, GArray *numbers, SyncResolverFunc resolver,
                       gpointer resolver_data);

G_END_DECLS
