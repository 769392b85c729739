/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-clock.h"

G_DEFINE_TYPE (SyncClock, sync_clock, G_TYPE_OBJECT)

static gint64
sync_clock_real_now (SyncClock *clock)
{
  return g_get_real_time ();
}

static gint64
sync_clock_real_monotonic (SyncClock *clock)
{
  return g_get_monotonic_time ();
}

static void
sync_clock_class_init (SyncClockClass *klass)
{
  klass->now = sync_clock_real_now;
  klass->monotonic = sync_clock_real_monotonic;
}

static void
sync_clock_init (SyncClock *clock)
{
}

/**
 * sync_clock_new: (constructor)
 *
 * Returns: (transfer full): the system's clock
 */
SyncClock *
sync_clock_new (void)
{
  return g_object_new (SYNC_TYPE_CLOCK, NULL);
}

/**
 * sync_clock_now:
 * @clock: a clock
 *
 * May be called on any thread.
 *
 * Returns: microseconds since 1970 in UTC; somebody may set it back
 */
gint64
sync_clock_now (SyncClock *clock)
{
  g_return_val_if_fail (SYNC_IS_CLOCK (clock), 0);

  return SYNC_CLOCK_GET_CLASS (clock)->now (clock);
}

/**
 * sync_clock_monotonic:
 * @clock: a clock
 *
 * May be called on any thread.
 *
 * Returns: microseconds since some point in the past; never goes back
 */
gint64
sync_clock_monotonic (SyncClock *clock)
{
  g_return_val_if_fail (SYNC_IS_CLOCK (clock), 0);

  return SYNC_CLOCK_GET_CLASS (clock)->monotonic (clock);
}
