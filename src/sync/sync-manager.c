/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-manager-private.h"
#include "sync-stats-store.h"
#include "sync-verb.h"

#define SESSION_CHANGED "session-changed"

typedef enum
{
  PROP_STATE = 1,
  PROP_AVAILABLE,
  PROP_PROVIDER,
  PROP_PENDING_COUNT,
  PROP_FAILED_COUNT,
  PROP_HELD_COUNT,
  PROP_CONFLICT_COUNT,
  PROP_LAST_SYNC_TIME,
  PROP_NEXT_SYNC_TIME,
  PROP_LAST_ERROR,
  PROP_PROGRESS,
  PROP_PAUSED_UNTIL,
} SyncManagerProperty;

enum
{
  SIGNAL_STARTED,
  SIGNAL_PROGRESS,
  SIGNAL_COMPLETED,
  SIGNAL_ERROR,
  SIGNAL_CONFLICT,
  SIGNAL_DATA_CHANGED,
  N_SIGNALS
};

static GParamSpec *properties[PROP_PAUSED_UNTIL + 1];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncManager, sync_manager, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (SyncState, sync_state,
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_SYNCING, "syncing"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_PAUSED, "paused"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_OFFLINE, "offline"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_LOCAL_ONLY, "local-only"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_SIGN_IN_NEEDED, "sign-in-needed"),
                    G_DEFINE_ENUM_VALUE (SYNC_STATE_ERROR, "error"))

/* --- SyncProgress ------------------------------------------------------------------------------- */

SyncProgress *
sync_progress_copy (const SyncProgress *progress)
{
  SyncProgress *copy = g_memdup2 (progress, sizeof (*progress));

  copy->entity = g_strdup (progress->entity);
  return copy;
}

void
sync_progress_free (SyncProgress *progress)
{
  g_free (progress->entity);
  g_free (progress);
}

G_DEFINE_BOXED_TYPE (SyncProgress, sync_progress, sync_progress_copy, sync_progress_free)

/* --- State -------------------------------------------------------------------------------------- */

static gboolean
is_paused (SyncManager *self)
{
  return self->paused_until != SYNC_TIME_UNKNOWN && self->paused_until > sync_clock_now (self->clock);
}

static SyncState
find_state (SyncManager *self)
{
  if (self->running != NULL)
    return SYNC_STATE_SYNCING;
  if (self->provider == NULL)
    return SYNC_STATE_LOCAL_ONLY;
  if (is_paused (self))
    return SYNC_STATE_PAUSED;
  if (self->last_error == NULL)
    return SYNC_STATE_IDLE;
  if (g_error_matches (self->last_error, SYNC_ERROR, SYNC_ERROR_SIGN_IN))
    return SYNC_STATE_SIGN_IN_NEEDED;
  return sync_error_is_transient (self->last_error) ? SYNC_STATE_OFFLINE : SYNC_STATE_ERROR;
}

void
sync_manager_update_state (SyncManager *self)
{
  SyncState state = find_state (self);

  if (state == self->state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
set_time (SyncManager *self, gint64 *field, gint64 time, SyncManagerProperty property)
{
  if (*field == time)
    return;
  *field = time;
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

void
sync_manager_set_last_error (SyncManager *self,
                             const GError *error)
{
  if (error == NULL && self->last_error == NULL)
    return;
  g_clear_error (&self->last_error);
  self->last_error = error != NULL ? g_error_copy (error) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LAST_ERROR]);
}

void
sync_manager_set_progress (SyncManager *self,
                           const SyncProgress *progress)
{
  if (progress == NULL && self->progress == NULL)
    return;
  g_clear_pointer (&self->progress, sync_progress_free);
  self->progress = progress != NULL ? sync_progress_copy (progress) : NULL;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PROGRESS]);
}

/* --- Counting ----------------------------------------------------------------------------------- */

typedef struct
{
  SyncStats *stats;
  GHashTable *settings; /* another program may have changed them */
  gint64 paused_until;
  gint64 verified_at;
  gint64 session_changed;
} Count;

static void
count_free (Count *count)
{
  g_clear_pointer (&count->stats, sync_stats_free);
  g_clear_pointer (&count->settings, g_hash_table_unref);
  g_free (count);
}

static gboolean
count_all (SyncStore *store, gpointer arguments, gpointer *answer, GError **error)
{
  Count *count = g_new0 (Count, 1);

  *answer = count;
  count->stats = sync_store_count_waiting (store, SYNC_HISTORY_IN_STATS, error);
  return count->stats != NULL && sync_settings_load (store, &count->settings, error)
         && sync_store_get_meta_int64 (store, "paused-until", SYNC_TIME_UNKNOWN, &count->paused_until, error)
         && sync_store_get_meta_int64 (store, "verified-at", SYNC_TIME_UNKNOWN, &count->verified_at, error)
         && sync_store_get_meta_int64 (store, SESSION_CHANGED, SYNC_TIME_UNKNOWN, &count->session_changed, error);
}

static const SyncVerb count_verb = { .func = count_all, .free_answer = (GDestroyNotify) count_free };

static void
notify_counts (SyncManager *self, const SyncStats *before)
{
  const SyncStats *now = self->stats;

  if (before == NULL || before->pending != now->pending)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PENDING_COUNT]);
  if (before == NULL || before->failed != now->failed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_FAILED_COUNT]);
  if (before == NULL || before->held != now->held)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_HELD_COUNT]);
  if (before == NULL || before->conflicts_open != now->conflicts_open)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONFLICT_COUNT]);
}

/* Whether somebody is signed in, or nobody can tell. */
static gboolean
is_about_session (const GError *error)
{
  return g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SIGN_IN)
         || g_error_matches (error, SYNC_ERROR, SYNC_ERROR_SECRETS);
}

/* How the newest run ended, whichever program it was, is how sync stands. What is about the session is known
 * better from there. */
static void
take_newest_run (SyncManager *self)
{
  const SyncResult *newest = self->stats->history->len > 0 ? self->stats->history->pdata[0] : NULL;

  if (newest == NULL || newest->run == self->newest_run || newest->outcome == SYNC_OUTCOME_RUNNING)
    return;
  self->newest_run = newest->run;
  if (is_about_session (self->last_error) || is_about_session (newest->error)
      || newest->outcome == SYNC_OUTCOME_CANCELLED)
    return;
  sync_manager_set_last_error (self, self->provider != NULL ? newest->error : NULL);
}

static void
session_looked_for (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autoptr (SyncManager) self = data;

  if (sync_provider_connect_finish (SYNC_PROVIDER (source), result, NULL)
      && SYNC_PROVIDER (source) == self->provider)
    sync_manager_note_session (self, TRUE);
}

/* Whoever waits here for somebody to sign in waits for another program's user, too. */
static void
take_session_change (SyncManager *self, gint64 changed, gboolean first)
{
  gboolean news = !first && changed != self->session_changed;

  self->session_changed = changed;
  if (news && self->provider != NULL && is_about_session (self->last_error))
    sync_provider_connect_async (self->provider, self->cancellable, session_looked_for, g_object_ref (self));
}

static void
counted (GObject *source, GAsyncResult *result, gpointer data)
{
  SyncManager *self = SYNC_MANAGER (source);
  gpointer answer = NULL;
  Count *count;

  self->refreshing = FALSE;
  if (sync_verb_finish (&count_verb, self, result, &answer, NULL))
    {
      g_autoptr (SyncStats) before = g_steal_pointer (&self->stats);

      count = answer;
      self->stats = g_steal_pointer (&count->stats);
      notify_counts (self, before);
      set_time (self, &self->last_sync_time, self->stats->last_sync_at, PROP_LAST_SYNC_TIME);
      sync_manager_set_paused_until (self, count->paused_until);
      self->verified_at = count->verified_at;
      take_session_change (self, count->session_changed, before == NULL);
      sync_settings_update (self->settings, count->settings);
      count_free (count);
      take_newest_run (self);
      sync_manager_update_state (self);
      g_signal_emit (self, signals[SIGNAL_DATA_CHANGED], 0);
    }
  if (self->refresh_again)
    sync_manager_refresh (self);
}

/**
 * sync_manager_refresh:
 * @manager: a manager
 *
 * Counts again and notifies what changed.
 */
void
sync_manager_refresh (SyncManager *manager)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  manager->refresh_again = manager->refreshing;
  if (manager->refreshing || g_cancellable_is_cancelled (manager->cancellable))
    return;
  manager->refreshing = TRUE;
  sync_verb_start (&count_verb, manager, manager->store, NULL, manager->cancellable, counted, NULL);
}

void
sync_manager_changed (SyncManager *manager)
{
  sync_manager_refresh (manager);
}

/* --- Life --------------------------------------------------------------------------------------- */

static void
sync_manager_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  SyncManager *self = SYNC_MANAGER (object);
  const SyncStats *stats = self->stats;

  switch ((SyncManagerProperty) id)
    {
    case PROP_STATE:
      g_value_set_enum (value, (int) self->state);
      break;
    case PROP_AVAILABLE:
      g_value_set_boolean (value, self->provider != NULL);
      break;
    case PROP_PROVIDER:
      g_value_set_object (value, self->provider);
      break;
    case PROP_PENDING_COUNT:
      g_value_set_uint (value, stats != NULL ? (guint) stats->pending : 0);
      break;
    case PROP_FAILED_COUNT:
      g_value_set_uint (value, stats != NULL ? (guint) stats->failed : 0);
      break;
    case PROP_HELD_COUNT:
      g_value_set_uint (value, stats != NULL ? (guint) stats->held : 0);
      break;
    case PROP_CONFLICT_COUNT:
      g_value_set_uint (value, stats != NULL ? (guint) stats->conflicts_open : 0);
      break;
    case PROP_LAST_SYNC_TIME:
      g_value_set_int64 (value, self->last_sync_time);
      break;
    case PROP_NEXT_SYNC_TIME:
      g_value_set_int64 (value, self->next_sync_time);
      break;
    case PROP_LAST_ERROR:
      g_value_set_boxed (value, self->last_error);
      break;
    case PROP_PROGRESS:
      g_value_set_boxed (value, self->progress);
      break;
    case PROP_PAUSED_UNTIL:
      g_value_set_int64 (value, self->paused_until);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
sync_manager_dispose (GObject *object)
{
  SyncManager *self = SYNC_MANAGER (object);

  g_cancellable_cancel (self->cancellable);
  sync_manager_cancel (self);
  sync_manager_set_resolver (self, NULL, NULL, NULL);

  G_OBJECT_CLASS (sync_manager_parent_class)->dispose (object);
}

static void
sync_manager_finalize (GObject *object)
{
  SyncManager *self = SYNC_MANAGER (object);

  g_clear_object (&self->cancellable);
  g_clear_object (&self->running);
  g_clear_object (&self->provider);
  g_clear_error (&self->unavailable);
  g_clear_object (&self->settings);
  g_clear_object (&self->store);
  g_clear_object (&self->clock);
  g_clear_pointer (&self->stats, sync_stats_free);
  g_clear_error (&self->last_error);
  g_clear_pointer (&self->progress, sync_progress_free);
  g_clear_pointer (&self->news, sync_progress_free);
  g_clear_pointer (&self->news_source, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_mutex_clear (&self->mutex);

  G_OBJECT_CLASS (sync_manager_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  properties[PROP_STATE]
      = g_param_spec_enum ("state", NULL, NULL, SYNC_TYPE_STATE, SYNC_STATE_LOCAL_ONLY, flags);
  properties[PROP_AVAILABLE] = g_param_spec_boolean ("available", NULL, NULL, FALSE, flags);
  properties[PROP_PROVIDER] = g_param_spec_object ("provider", NULL, NULL, SYNC_TYPE_PROVIDER, flags);
  properties[PROP_PENDING_COUNT] = g_param_spec_uint ("pending-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_FAILED_COUNT] = g_param_spec_uint ("failed-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_HELD_COUNT] = g_param_spec_uint ("held-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_CONFLICT_COUNT]
      = g_param_spec_uint ("conflict-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LAST_SYNC_TIME] = g_param_spec_int64 ("last-sync-time", NULL, NULL, G_MININT64, G_MAXINT64,
                                                        SYNC_TIME_UNKNOWN, flags);
  properties[PROP_NEXT_SYNC_TIME] = g_param_spec_int64 ("next-sync-time", NULL, NULL, G_MININT64, G_MAXINT64,
                                                        SYNC_TIME_UNKNOWN, flags);
  properties[PROP_LAST_ERROR] = g_param_spec_boxed ("last-error", NULL, NULL, G_TYPE_ERROR, flags);
  properties[PROP_PROGRESS] = g_param_spec_boxed ("progress", NULL, NULL, SYNC_TYPE_PROGRESS, flags);
  properties[PROP_PAUSED_UNTIL] = g_param_spec_int64 ("paused-until", NULL, NULL, G_MININT64, G_MAXINT64,
                                                      SYNC_TIME_UNKNOWN, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);
}

static guint
install_signal (const char *name, GType argument)
{
  return g_signal_new (name, SYNC_TYPE_MANAGER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       argument == G_TYPE_NONE ? 0 : 1, argument);
}

static void
sync_manager_class_init (SyncManagerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = sync_manager_get_property;
  object_class->dispose = sync_manager_dispose;
  object_class->finalize = sync_manager_finalize;
  install_properties (object_class);

  signals[SIGNAL_STARTED] = install_signal ("sync-started", G_TYPE_INT);
  signals[SIGNAL_PROGRESS] = install_signal ("sync-progress", SYNC_TYPE_PROGRESS);
  signals[SIGNAL_COMPLETED] = install_signal ("sync-completed", SYNC_TYPE_RESULT);
  signals[SIGNAL_ERROR] = install_signal ("sync-error", G_TYPE_ERROR);
  signals[SIGNAL_CONFLICT] = install_signal ("conflict-detected", SYNC_TYPE_CONFLICT);
  signals[SIGNAL_DATA_CHANGED] = install_signal ("data-changed", G_TYPE_NONE);
}

static void
sync_manager_init (SyncManager *self)
{
  self->cancellable = g_cancellable_new ();
  self->context = g_main_context_ref_thread_default ();
  self->state = SYNC_STATE_LOCAL_ONLY;
  self->paused_until = SYNC_TIME_UNKNOWN;
  self->next_sync_time = SYNC_TIME_UNKNOWN;
  self->last_sync_time = SYNC_TIME_UNKNOWN;
  g_mutex_init (&self->mutex);
}

/**
 * sync_manager_new:
 * @store: the database
 * @settings: its settings
 * @clock: the time
 *
 * Returns: (transfer full): a manager without a provider
 */
SyncManager *
sync_manager_new (SyncStore *store,
                  SyncSettings *settings,
                  SyncClock *clock)
{
  SyncManager *self = g_object_new (SYNC_TYPE_MANAGER, NULL);

  self->store = g_object_ref (store);
  self->settings = g_object_ref (settings);
  self->clock = g_object_ref (clock);
  return self;
}

/**
 * sync_manager_set_provider:
 * @manager: a manager
 * @provider: (nullable): the cloud; %NULL: local only
 */
void
sync_manager_set_provider (SyncManager *manager,
                           SyncProvider *provider)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  if (!g_set_object (&manager->provider, provider))
    return;
  sync_manager_set_last_error (manager, NULL);
  g_object_notify_by_pspec (G_OBJECT (manager), properties[PROP_PROVIDER]);
  g_object_notify_by_pspec (G_OBJECT (manager), properties[PROP_AVAILABLE]);
  sync_manager_update_state (manager);
}

/**
 * sync_manager_set_unavailable:
 * @manager: a manager
 * @reason: (nullable): why there is no cloud; %NULL: nobody asked for one
 */
void
sync_manager_set_unavailable (SyncManager *manager,
                              const GError *reason)
{
  g_return_if_fail (SYNC_IS_MANAGER (manager));

  g_clear_error (&manager->unavailable);
  manager->unavailable = reason != NULL ? g_error_copy (reason) : NULL;
}

/**
 * sync_manager_explain_unavailable:
 * @manager: a manager without a provider
 *
 * Returns: (transfer full): [error@SyncError.NOT_CONNECTED], or what is wrong with the cloud that was asked for
 */
GError *
sync_manager_explain_unavailable (SyncManager *manager)
{
  g_return_val_if_fail (SYNC_IS_MANAGER (manager), NULL);

  if (manager->unavailable != NULL)
    return g_error_copy (manager->unavailable);
  return sync_error_new (SYNC_ERROR_NOT_CONNECTED, NULL, "No cloud is configured");
}

SyncProvider *
sync_manager_get_provider (SyncManager *manager)
{
  return manager->provider;
}

SyncState
sync_manager_get_state (SyncManager *manager)
{
  return find_state (manager);
}

gboolean
sync_manager_get_available (SyncManager *manager)
{
  return manager->provider != NULL;
}

SyncStore *
sync_manager_get_store (SyncManager *manager)
{
  return manager->store;
}

SyncSettings *
sync_manager_get_settings (SyncManager *manager)
{
  return manager->settings;
}

SyncClock *
sync_manager_get_clock (SyncManager *manager)
{
  return manager->clock;
}

/* Whether somebody is signed in is known before, and changes without, a run. */
void
sync_manager_note_session (SyncManager *manager,
                           gboolean signed_in)
{
  g_autoptr (GError) error = NULL;

  if (signed_in && !is_about_session (manager->last_error))
    return;
  if (!signed_in)
    error = sync_error_new (SYNC_ERROR_SIGN_IN, NULL, "Nobody is signed in");
  sync_manager_set_last_error (manager, error);
  sync_manager_update_state (manager);
}

gboolean
sync_manager_tell_session_changed (SyncStore *store, GError **error)
{
  return sync_store_set_meta_int64 (store, SESSION_CHANGED, sync_clock_now (sync_store_get_clock (store)), error);
}

/**
 * sync_manager_note_secrets:
 * @manager: a manager
 * @error: why the place for secrets does not tell who is signed in
 *
 * Nobody is signed out by that.
 */
void
sync_manager_note_secrets (SyncManager *manager,
                           const GError *error)
{
  sync_manager_set_last_error (manager, error);
  sync_manager_update_state (manager);
}

gint64
sync_manager_get_paused_until (SyncManager *manager)
{
  return manager->paused_until;
}

void
sync_manager_set_paused_until (SyncManager *manager,
                               gint64 until)
{
  set_time (manager, &manager->paused_until, until, PROP_PAUSED_UNTIL);
}

/* When everything was compared with the cloud last, or SYNC_TIME_UNKNOWN. */
gboolean
sync_manager_get_verified_at (SyncManager *manager,
                              gint64 *time)
{
  *time = manager->verified_at;
  return manager->stats != NULL;
}

gboolean
sync_manager_is_running (SyncManager *manager)
{
  return manager->running != NULL;
}

void
sync_manager_set_next_sync_time (SyncManager *manager,
                                 gint64 time)
{
  set_time (manager, &manager->next_sync_time, time, PROP_NEXT_SYNC_TIME);
}
