/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-run-actions.h"

/**
 * SyncRunActions:
 *
 * What people ask of runs, for one database or for several at once.
 */
struct _SyncRunActions
{
  GObject parent_instance;

  GActionMap *map;           /* (unowned) */
  GListModel *profiles;      /* (owned) (element-type SyncProfile) */
  GPtrArray *followed;       /* (owned) (element-type GSignalGroup) */
  GCancellable *cancellable; /* (owned) */
};

enum
{
  SIGNAL_FAILED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (SyncRunActions, sync_run_actions, G_TYPE_OBJECT)

typedef void (*ProfileFunc) (SyncRunActions *self, SyncProfile *profile, const char *value);

static void
for_each_profile (SyncRunActions *self, ProfileFunc func, const char *value)
{
  guint n = g_list_model_get_n_items (self->profiles);

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (self->profiles, i);

      func (self, profile, value);
    }
}

static void
tell_failure (SyncRunActions *self, const GError *error)
{
  if (!sync_error_is_cancelled (error))
    g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

/* --- Pausing ---------------------------------------------------------------------------------- */

static gint64
next_midnight (void)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_local ();
  g_autoptr (GDateTime) tomorrow = g_date_time_add_days (now, 1);
  g_autoptr (GDateTime) midnight = g_date_time_new_local (g_date_time_get_year (tomorrow),
                                                          g_date_time_get_month (tomorrow),
                                                          g_date_time_get_day_of_month (tomorrow),
                                                          0, 0, 0);

  return g_date_time_to_unix (midnight) * G_USEC_PER_SEC;
}

/* A pause of some other length, made elsewhere, counts as the short one: it ends by itself. */
static const char *
name_pause (gint64 until)
{
  if (until == SYNC_TIME_UNKNOWN || until <= g_get_real_time ())
    return "off";
  if (until == G_MAXINT64)
    return "until-resumed";
  return until == next_midnight () ? "tomorrow" : "1h";
}

static gboolean
find_pause (const char *name, gint64 *until)
{
  if (g_str_equal (name, "off"))
    *until = SYNC_TIME_UNKNOWN;
  else if (g_str_equal (name, "1h"))
    *until = g_get_real_time () + G_TIME_SPAN_HOUR;
  else if (g_str_equal (name, "tomorrow"))
    *until = next_midnight ();
  else if (g_str_equal (name, "until-resumed"))
    *until = G_MAXINT64;
  else
    return FALSE;
  return TRUE;
}

static void
paused (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncRunActions) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_manager_pause_finish (SYNC_MANAGER (object), result, &error))
    tell_failure (self, error);
}

static void
pause_profile (SyncRunActions *self, SyncProfile *profile, const char *value)
{
  gint64 until;

  if (find_pause (value, &until))
    sync_manager_pause_async (sync_profile_get_manager (profile), until, self->cancellable, paused,
                              g_object_ref (self));
}

static void
change_pause (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  for_each_profile (user_data, pause_profile, g_variant_get_string (value, NULL));
}

/* --- Automatic runs --------------------------------------------------------------------------- */

static void
auto_sync_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (SyncRunActions) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!sync_settings_set_finish (SYNC_SETTINGS (object), result, &error))
    tell_failure (self, error);
}

static void
set_auto_sync (SyncRunActions *self, SyncProfile *profile, const char *value)
{
  sync_settings_set_async (sync_profile_get_settings (profile), "auto-sync", value,
                           self->cancellable, auto_sync_stored, g_object_ref (self));
}

static void
change_auto_sync (GSimpleAction *action, GVariant *value, gpointer user_data)
{
  for_each_profile (user_data, set_auto_sync, g_variant_get_boolean (value) ? "true" : "false");
}

/* --- Runs ------------------------------------------------------------------------------------- */

/* How a run that began went is the manager's to tell. */
static void
run_ended (GObject *object, GAsyncResult *async_result, gpointer user_data)
{
  g_autoptr (SyncRunActions) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SyncResult) result
      = sync_manager_run_finish (SYNC_MANAGER (object), async_result, &error);

  if (result == NULL)
    tell_failure (self, error);
}

static void
begin_run (SyncRunActions *self, SyncProfile *profile, const char *value)
{
  SyncManager *manager = sync_profile_get_manager (profile);

  if (sync_manager_get_available (manager)
      && sync_manager_get_state (manager) != SYNC_STATE_SYNCING)
    sync_manager_run_async (manager, SYNC_RUN_SYNC, NULL, NULL, run_ended, g_object_ref (self));
}

static void
sync_now (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  for_each_profile (user_data, begin_run, NULL);
}

static void
cancel_run (SyncRunActions *self, SyncProfile *profile, const char *value)
{
  sync_manager_cancel (sync_profile_get_manager (profile));
}

static void
cancel (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  for_each_profile (user_data, cancel_run, NULL);
}

/* --- State ------------------------------------------------------------------------------------ */

/* How the databases of the list stand together. */
typedef struct
{
  guint n;
  guint available;
  guint running;
  guint automatic;
  guint settable; /* whose setting is not given from outside */
  const char *pause; /* (nullable): that of all of them */
} Sum;

static void
add_to_sum (Sum *sum, SyncProfile *profile)
{
  SyncManager *manager = sync_profile_get_manager (profile);
  SyncSettings *settings = sync_profile_get_settings (profile);
  gboolean available = sync_manager_get_available (manager);
  const char *pause;
  SyncConfig config;
  gint64 until;

  g_object_get (manager, "paused-until", &until, NULL);
  sync_settings_get_config (settings, &config);
  pause = name_pause (until);
  sum->pause = sum->n == 0 || g_strcmp0 (sum->pause, pause) == 0 ? pause : NULL;
  sum->n++;
  sum->available += available;
  sum->running += sync_manager_get_state (manager) == SYNC_STATE_SYNCING;
  sum->automatic += config.auto_sync;
  sum->settable
      += sync_settings_get_source (settings, "auto-sync") <= SYNC_SETTING_DATABASE;
}

static void
set_action (SyncRunActions *self, const char *name, gboolean enabled, GVariant *state)
{
  GAction *action = g_action_map_lookup_action (self->map, name);

  g_simple_action_set_enabled (G_SIMPLE_ACTION (action), enabled);
  if (state != NULL)
    g_simple_action_set_state (G_SIMPLE_ACTION (action), state);
}

static void
update (SyncRunActions *self)
{
  guint n = g_list_model_get_n_items (self->profiles);
  Sum sum = { 0 };

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (self->profiles, i);

      add_to_sum (&sum, profile);
    }
  set_action (self, "sync-now", sum.available > 0 && sum.running < sum.n, NULL);
  set_action (self, "cancel", sum.running > 0, NULL);
  set_action (self, "auto-sync", sum.settable > 0,
              g_variant_new_boolean (sum.n > 0 && sum.automatic == sum.n));
  set_action (self, "pause", sum.available > 0,
              g_variant_new_string (sum.pause != NULL ? sum.pause : "off"));
}

static void
follow (SyncRunActions *self, gpointer object, const char *const *names)
{
  GSignalGroup *group = g_signal_group_new (G_OBJECT_TYPE (object));

  for (guint i = 0; names[i] != NULL; i++)
    g_signal_group_connect_swapped (group, names[i], G_CALLBACK (update), self);
  g_signal_group_set_target (group, object);
  g_ptr_array_add (self->followed, group);
}

static void
profiles_changed (SyncRunActions *self)
{
  static const char *const of_manager[]
      = { "notify::state", "notify::available", "notify::paused-until", NULL };
  static const char *const of_settings[] = { "changed", NULL };
  guint n = g_list_model_get_n_items (self->profiles);

  g_ptr_array_set_size (self->followed, 0);
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (SyncProfile) profile = g_list_model_get_item (self->profiles, i);

      follow (self, sync_profile_get_manager (profile), of_manager);
      follow (self, sync_profile_get_settings (profile), of_settings);
    }
  update (self);
}

/* --- The object ------------------------------------------------------------------------------- */

static void
release_group (gpointer data)
{
  g_signal_group_set_target (data, NULL);
  g_object_unref (data);
}

static void
sync_run_actions_dispose (GObject *object)
{
  SyncRunActions *self = SYNC_RUN_ACTIONS (object);
  static const char *const names[] = { "sync-now", "cancel", "auto-sync", "pause" };

  g_cancellable_cancel (self->cancellable);
  g_ptr_array_set_size (self->followed, 0);
  g_clear_object (&self->profiles);
  for (guint i = 0; self->map != NULL && i < G_N_ELEMENTS (names); i++)
    g_action_map_remove_action (self->map, names[i]);
  g_clear_weak_pointer (&self->map);

  G_OBJECT_CLASS (sync_run_actions_parent_class)->dispose (object);
}

static void
sync_run_actions_finalize (GObject *object)
{
  SyncRunActions *self = SYNC_RUN_ACTIONS (object);

  g_ptr_array_unref (self->followed);
  g_object_unref (self->cancellable);

  G_OBJECT_CLASS (sync_run_actions_parent_class)->finalize (object);
}

static void
sync_run_actions_class_init (SyncRunActionsClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->dispose = sync_run_actions_dispose;
  object_class->finalize = sync_run_actions_finalize;

  signals[SIGNAL_FAILED] = g_signal_new ("failed", SYNC_TYPE_RUN_ACTIONS, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
sync_run_actions_init (SyncRunActions *self)
{
  self->followed = g_ptr_array_new_with_free_func (release_group);
  self->cancellable = g_cancellable_new ();
}

/**
 * sync_run_actions_new: (constructor)
 * @map: where the actions are added
 * @profiles: (element-type SyncProfile): the databases that they are about
 *
 * Returns: (transfer full): what keeps the actions as they should be; without it they are gone
 */
SyncRunActions *
sync_run_actions_new (GActionMap *map, GListModel *profiles)
{
  static const GActionEntry entries[] = {
    { "sync-now", sync_now, NULL, NULL, NULL, { 0 } },
    { "cancel", cancel, NULL, NULL, NULL, { 0 } },
    { "auto-sync", NULL, NULL, "false", change_auto_sync, { 0 } },
    { "pause", NULL, "s", "'off'", change_pause, { 0 } },
  };
  SyncRunActions *self;

  g_return_val_if_fail (G_IS_ACTION_MAP (map), NULL);
  g_return_val_if_fail (G_IS_LIST_MODEL (profiles), NULL);

  self = g_object_new (SYNC_TYPE_RUN_ACTIONS, NULL);
  g_set_weak_pointer (&self->map, map);
  self->profiles = g_object_ref (profiles);
  g_action_map_add_action_entries (map, entries, G_N_ELEMENTS (entries), self);
  g_signal_connect_object (profiles, "items-changed", G_CALLBACK (profiles_changed), self,
                           G_CONNECT_SWAPPED);
  profiles_changed (self);
  return self;
}
