/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-timers.h"

/**
 * SyncTimers:
 *
 * Calls functions later.
 */
typedef struct
{
  GHashTable *sources; /* (owned) (element-type guint GSource): those that did not fire yet */
  guint last;
} SyncTimersPrivate;

G_DEFINE_TYPE_WITH_PRIVATE (SyncTimers, sync_timers, G_TYPE_OBJECT)

typedef struct
{
  SyncTimers *timers; /* (unowned): destroys its sources when it goes */
  guint number;
  GSourceOnceFunc func;
  gpointer data;
} Timer;

static void
source_free (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

static gboolean
timer_fired (gpointer data)
{
  Timer *timer = data;
  SyncTimersPrivate *priv = sync_timers_get_instance_private (timer->timers);
  GSourceOnceFunc func = timer->func;
  gpointer func_data = timer->data;

  /* Frees the timer as well. */
  g_hash_table_remove (priv->sources, GUINT_TO_POINTER (timer->number));
  func (func_data);
  return G_SOURCE_REMOVE;
}

static guint
sync_timers_real_add (SyncTimers *self, gint64 delay, GSourceOnceFunc func, gpointer data)
{
  SyncTimersPrivate *priv = sync_timers_get_instance_private (self);
  gint64 milliseconds = CLAMP (delay / 1000 + (delay % 1000 > 0), 0, G_MAXINT);
  GSource *source = g_timeout_source_new ((guint) milliseconds);
  Timer *timer = g_new0 (Timer, 1);

  do
    priv->last++;
  while (priv->last == 0 || g_hash_table_contains (priv->sources, GUINT_TO_POINTER (priv->last)));
  timer->timers = self;
  timer->number = priv->last;
  timer->func = func;
  timer->data = data;
  g_source_set_static_name (source, "SyncTimers");
  g_source_set_callback (source, timer_fired, timer, g_free);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_hash_table_insert (priv->sources, GUINT_TO_POINTER (timer->number), source);
  return timer->number;
}

static void
sync_timers_real_remove (SyncTimers *self, guint timer)
{
  SyncTimersPrivate *priv = sync_timers_get_instance_private (self);

  g_hash_table_remove (priv->sources, GUINT_TO_POINTER (timer));
}

static void
sync_timers_finalize (GObject *object)
{
  SyncTimersPrivate *priv = sync_timers_get_instance_private (SYNC_TIMERS (object));

  g_hash_table_unref (priv->sources);

  G_OBJECT_CLASS (sync_timers_parent_class)->finalize (object);
}

static void
sync_timers_class_init (SyncTimersClass *class)
{
  G_OBJECT_CLASS (class)->finalize = sync_timers_finalize;
  class->add = sync_timers_real_add;
  class->remove = sync_timers_real_remove;
}

static void
sync_timers_init (SyncTimers *self)
{
  SyncTimersPrivate *priv = sync_timers_get_instance_private (self);

  priv->sources = g_hash_table_new_full (NULL, NULL, NULL, source_free);
}

/**
 * sync_timers_new: (constructor)
 *
 * Returns: (transfer full): the main context's timers
 */
SyncTimers *
sync_timers_new (void)
{
  return g_object_new (SYNC_TYPE_TIMERS, NULL);
}

/**
 * sync_timers_add:
 * @timers: the timers
 * @delay: microseconds from now; one that is over counts as now
 * @func: what to call, once
 * @data: for @func
 *
 * Returns: the timer, for [method@Timers.clear]
 */
guint
sync_timers_add (SyncTimers *timers, gint64 delay, GSourceOnceFunc func, gpointer data)
{
  g_return_val_if_fail (SYNC_IS_TIMERS (timers), 0);
  g_return_val_if_fail (func != NULL, 0);

  return SYNC_TIMERS_GET_CLASS (timers)->add (timers, MAX (delay, 0), func, data);
}

/**
 * sync_timers_clear:
 * @timers: the timers
 * @timer: (inout): a timer that did not fire yet, or 0; 0 afterwards
 *
 * Forgets a timer. The function that it calls sets its owner's number to 0 first.
 */
void
sync_timers_clear (SyncTimers *timers, guint *timer)
{
  g_return_if_fail (SYNC_IS_TIMERS (timers));
  g_return_if_fail (timer != NULL);

  if (*timer != 0)
    SYNC_TIMERS_GET_CLASS (timers)->remove (timers, *timer);
  *timer = 0;
}
