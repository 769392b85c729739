/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-clock.h"

struct _TestClock
{
  SyncClock parent_instance;

  GMutex mutex;
  gint64 now;
  gint64 monotonic;
};

G_DEFINE_FINAL_TYPE (TestClock, test_clock, SYNC_TYPE_CLOCK)

static gint64
read_time (TestClock *self, const gint64 *time)
{
  gint64 value;

  g_mutex_lock (&self->mutex);
  value = *time;
  g_mutex_unlock (&self->mutex);
  return value;
}

static gint64
test_clock_now (SyncClock *clock)
{
  return read_time (TEST_CLOCK (clock), &TEST_CLOCK (clock)->now);
}

static gint64
test_clock_monotonic (SyncClock *clock)
{
  return read_time (TEST_CLOCK (clock), &TEST_CLOCK (clock)->monotonic);
}

static void
test_clock_finalize (GObject *object)
{
  g_mutex_clear (&TEST_CLOCK (object)->mutex);

  G_OBJECT_CLASS (test_clock_parent_class)->finalize (object);
}

static void
test_clock_class_init (TestClockClass *class)
{
  G_OBJECT_CLASS (class)->finalize = test_clock_finalize;
  SYNC_CLOCK_CLASS (class)->now = test_clock_now;
  SYNC_CLOCK_CLASS (class)->monotonic = test_clock_monotonic;
}

static void
test_clock_init (TestClock *self)
{
  g_mutex_init (&self->mutex);
}

/**
 * test_clock_new: (constructor)
 * @now: the time that it shows, microseconds since 1970
 *
 * Returns: (transfer full): the clock
 */
SyncClock *
test_clock_new (gint64 now)
{
  TestClock *self = g_object_new (TEST_TYPE_CLOCK, NULL);

  self->now = now;
  return SYNC_CLOCK (self);
}

/**
 * test_clock_set:
 * @clock: a test clock
 * @now: the time that it shows from now on, also an earlier one; monotonic time stays
 */
void
test_clock_set (SyncClock *clock, gint64 now)
{
  TestClock *self = TEST_CLOCK (clock);

  g_mutex_lock (&self->mutex);
  self->now = now;
  g_mutex_unlock (&self->mutex);
}

/**
 * test_clock_advance:
 * @clock: a test clock
 * @microseconds: how much later it is, monotonic time too
 */
void
test_clock_advance (SyncClock *clock, gint64 microseconds)
{
  TestClock *self = TEST_CLOCK (clock);

  g_mutex_lock (&self->mutex);
  self->now += microseconds;
  self->monotonic += microseconds;
  g_mutex_unlock (&self->mutex);
}
