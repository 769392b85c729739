/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define SYNC_TYPE_CLOCK (sync_clock_get_type ())
G_DECLARE_DERIVABLE_TYPE (SyncClock, sync_clock, SYNC, CLOCK, GObject)

/**
 * SyncClockClass:
 * @now: microseconds since 1970 in UTC
 * @monotonic: microseconds that never go back
 *
 * The time, so that tests can bring their own. The class itself asks the system.
 */
struct _SyncClockClass
{
  GObjectClass parent_class;

  gint64 (*now) (SyncClock *clock);
  gint64 (*monotonic) (SyncClock *clock);
};

SyncClock *sync_clock_new (void);
gint64 sync_clock_now (SyncClock *clock);
gint64 sync_clock_monotonic (SyncClock *clock);

G_END_DECLS
