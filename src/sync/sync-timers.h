/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define SYNC_TYPE_TIMERS (sync_timers_get_type ())
G_DECLARE_DERIVABLE_TYPE (SyncTimers, sync_timers, SYNC, TIMERS, GObject)

/**
 * SyncTimersClass:
 * @add: calls a function once, so many microseconds from now; answers with a number that is not 0
 * @remove: forgets a timer that did not fire yet
 *
 * Timers, so that tests can bring their own. The class itself uses the thread-default main context.
 */
struct _SyncTimersClass
{
  GObjectClass parent_class;

  guint (*add) (SyncTimers *timers, gint64 delay, GSourceOnceFunc func, gpointer data);
  void (*remove) (SyncTimers *timers, guint timer);
};

SyncTimers *sync_timers_new (void);
guint sync_timers_add (SyncTimers *timers, gint64 delay, GSourceOnceFunc func, gpointer data);
void sync_timers_clear (SyncTimers *timers, guint *timer);

G_END_DECLS
