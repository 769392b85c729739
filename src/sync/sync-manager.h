/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-provider.h"
#include "sync-settings.h"
#include "sync-types.h"

G_BEGIN_DECLS

typedef struct _SyncStore SyncStore;

#define SYNC_TYPE_MANAGER (sync_manager_get_type ())
G_DECLARE_FINAL_TYPE (SyncManager, sync_manager, SYNC, MANAGER, GObject)

typedef enum
{
  SYNC_STATE_IDLE,
  SYNC_STATE_SYNCING,
  SYNC_STATE_PAUSED,
  SYNC_STATE_OFFLINE,
  SYNC_STATE_LOCAL_ONLY,
  SYNC_STATE_SIGN_IN_NEEDED,
  SYNC_STATE_ERROR,
} SyncState;

#define SYNC_TYPE_STATE (sync_state_get_type ())
GType sync_state_get_type (void);

typedef enum
{
  SYNC_HEALTH_NO_PROVIDER,
  SYNC_HEALTH_DISCONNECTED,
  SYNC_HEALTH_INVALID,
  SYNC_HEALTH_HEALTHY,
} SyncHealth;

typedef enum
{
  SYNC_PHASE_CONNECT,
  SYNC_PHASE_PULL,
  SYNC_PHASE_PUSH,
  SYNC_PHASE_CHECK, /* reading back, retrying held rows */
  SYNC_PHASE_DONE,
} SyncPhase;

/**
 * SyncProgress:
 * @phase: what it does
 * @entity: (nullable): with which entity
 * @current: rows done in this phase
 * @total: rows of this phase, 0 if not known
 * @fraction: of the whole run, 0 to 1
 */
typedef struct
{
  SyncPhase phase;
  char *entity;
  guint64 current;
  guint64 total;
  double fraction;
} SyncProgress;

#define SYNC_TYPE_PROGRESS (sync_progress_get_type ())
GType sync_progress_get_type (void);
SyncProgress *sync_progress_copy (const SyncProgress *progress);
void sync_progress_free (SyncProgress *progress);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncProgress, sync_progress_free)

/**
 * SyncResolverAnswer:
 * @manager: the manager that asked
 * @number: the conflict's number
 *
 * See [method@SyncManager.answer].
 *
 * SyncResolverFunc:
 * @manager: who asks
 * @conflict: the conflict, both sides and times; valid during the call, copy what is needed
 * @user_data: given with the resolver
 *
 * Called on the main thread for each conflict of an entity whose strategy is `custom`. Answer now or
 * later with sync_manager_answer(); until then the row is held as under `manual`. An answer is applied
 * only if neither side changed meanwhile, else the resolver is asked again.
 */
typedef void (*SyncResolverFunc) (SyncManager *manager, const SyncConflict *conflict, gpointer user_data);

/**
 * SyncRunOptions:
 * @entities: (nullable) (array zero-terminated=1): only these
 * @strategy: (nullable): for this run instead of the entities' own
 * @batch_size: rows a request, 0: as configured
 * @dry_run: count what would be done, write nothing anywhere
 * @allow_mass_change: the brake is off
 * @discard_unsent: hydrate: unpushed changes go to the record and the cloud's rows are taken
 * @wait_seconds: how long to wait for another run of this database to end
 * @resolver: (nullable): for conflicts, instead of the entities' strategies; it is asked again about those that it
 *   left open, after later runs, too
 * @resolver_data: for @resolver; stays as long as the manager
 */
typedef struct
{
  const char *const *entities;
  const char *strategy;
  guint batch_size;
  gboolean dry_run;
  gboolean allow_mass_change;
  gboolean discard_unsent;
  guint wait_seconds;
  SyncResolverFunc resolver;
  gpointer resolver_data;
} SyncRunOptions;

/* Properties (explicit notify): state, available, provider, pending-count, failed-count, held-count,
 * conflict-count (guint64 → guint), last-sync-time, next-sync-time (gint64 µs), last-error (boxed
 * GError, nullable), progress (boxed, nullable), paused-until (gint64; SYNC_TIME_UNKNOWN: not paused;
 * G_MAXINT64: until resumed).
 * Signals: sync-started (kind), sync-progress (SyncProgress), sync-completed (SyncResult), sync-error
 * (GError), conflict-detected (SyncConflict), data-changed (something that lists show changed). */

SyncManager *sync_manager_new (SyncStore *store, SyncSettings *settings, SyncClock *clock);
void sync_manager_set_provider (SyncManager *manager, SyncProvider *provider);
void sync_manager_set_unavailable (SyncManager *manager, const GError *reason);
GError *sync_manager_explain_unavailable (SyncManager *manager);
SyncProvider *sync_manager_get_provider (SyncManager *manager);
SyncState sync_manager_get_state (SyncManager *manager);
gboolean sync_manager_get_available (SyncManager *manager);

/* Kinds: seed, hydrate, sync. `options` may be NULL and is copied. The result is given also when the
 * run failed half-way (result->error set); NULL with @error only if no run could begin. */
void sync_manager_run_async (SyncManager *manager, SyncRunKind kind, const SyncRunOptions *options,
                             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
SyncResult *sync_manager_run_finish (SyncManager *manager, GAsyncResult *result, GError **error);
void sync_manager_cancel (SyncManager *manager);

/**
 * SyncVerifyOptions:
 * @entities: (nullable) (array zero-terminated=1): only these
 * @all: compare the contents of all rows, not of a sample: reads all of the cloud's rows
 * @heal: sync again where differences were found
 * @wait_seconds: how long to wait for another run of this database to end
 */
typedef struct
{
  const char *const *entities;
  gboolean all;
  gboolean heal;
  guint wait_seconds;
} SyncVerifyOptions;

/* An ordinary sync, then this device is compared with the cloud. The result is given also when it did not come to
 * its end (result->error set); NULL with @error only if it could not begin. It counts as a run: state, progress,
 * sync_manager_cancel() and the signals tell of it. */
void sync_manager_verify_async (SyncManager *manager, const SyncVerifyOptions *options,
                                GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data);
SyncVerifyResult *sync_manager_verify_finish (SyncManager *manager, GAsyncResult *result, GError **error);

void sync_manager_health_check_async (SyncManager *manager, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data);
/* error is set together with any health but HEALTHY (why). */
SyncHealth sync_manager_health_check_finish (SyncManager *manager, GAsyncResult *result, GError **error);

void sync_manager_get_stats_async (SyncManager *manager, GCancellable *cancellable,
                                   GAsyncReadyCallback callback, gpointer user_data);
SyncStats *sync_manager_get_stats_finish (SyncManager *manager, GAsyncResult *result, GError **error);
/* The same without the number of records, and without history: what a run may have changed, at no cost. */
void sync_manager_count_waiting_async (SyncManager *manager, GCancellable *cancellable,
                                       GAsyncReadyCallback callback, gpointer user_data);
SyncStats *sync_manager_count_waiting_finish (SyncManager *manager, GAsyncResult *result, GError **error);

void sync_manager_set_resolver (SyncManager *manager, SyncResolverFunc resolver, gpointer user_data,
                                GDestroyNotify destroy);
void sync_manager_answer (SyncManager *manager, const SyncConflict *conflict, const char *choice,
                          const char *row_json);

/* Pause outlives a restart. `until`: µs since 1970, G_MAXINT64: until resumed. */
void sync_manager_pause_async (SyncManager *manager, gint64 until, GCancellable *cancellable,
                               GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_manager_pause_finish (SyncManager *manager, GAsyncResult *result, GError **error);
void sync_manager_resume_async (SyncManager *manager, GCancellable *cancellable,
                                GAsyncReadyCallback callback, gpointer user_data);
gboolean sync_manager_resume_finish (SyncManager *manager, GAsyncResult *result, GError **error);

/* Reads counts and settings again, notifies what changed. Runs by itself after runs and verbs. */
void sync_manager_refresh (SyncManager *manager);

G_END_DECLS
