/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-timers.h"

#include "test-clock.h"

struct _TestTimers
{
  SyncTimers parent_instance;

  SyncClock *clock;
  GArray *timers;
  guint last;
};

typedef struct
{
  guint number;
  gint64 due;
  GSourceOnceFunc func;
  gpointer data;
} Timer;

G_DEFINE_FINAL_TYPE (TestTimers, test_timers, SYNC_TYPE_TIMERS)

static guint
test_timers_add (SyncTimers *timers, gint64 delay, GSourceOnceFunc func, gpointer data)
{
  TestTimers *self = TEST_TIMERS (timers);
  Timer timer = { ++self->last, sync_clock_monotonic (self->clock) + delay, func, data };

  g_array_append_val (self->timers, timer);
  return timer.number;
}

static void
test_timers_remove (SyncTimers *timers, guint number)
{
  TestTimers *self = TEST_TIMERS (timers);

  for (guint i = 0; i < self->timers->len; i++)
    if (g_array_index (self->timers, Timer, i).number == number)
      {
        g_array_remove_index (self->timers, i);
        return;
      }
  g_assert_not_reached ();
}

static void
test_timers_finalize (GObject *object)
{
  TestTimers *self = TEST_TIMERS (object);

  g_array_unref (self->timers);
  g_object_unref (self->clock);

  G_OBJECT_CLASS (test_timers_parent_class)->finalize (object);
}

static void
test_timers_class_init (TestTimersClass *class)
{
  G_OBJECT_CLASS (class)->finalize = test_timers_finalize;
  SYNC_TIMERS_CLASS (class)->add = test_timers_add;
  SYNC_TIMERS_CLASS (class)->remove = test_timers_remove;
}

static void
test_timers_init (TestTimers *self)
{
  self->timers = g_array_new (FALSE, FALSE, sizeof (Timer));
}

SyncTimers *
test_timers_new (SyncClock *clock)
{
  TestTimers *self = g_object_new (TEST_TYPE_TIMERS, NULL);

  self->clock = g_object_ref (clock);
  return SYNC_TIMERS (self);
}

/* The next timer to fire; of two the one that was added first. */
static int
find_next (TestTimers *self)
{
  int next = -1;

  for (guint i = 0; i < self->timers->len; i++)
    if (next < 0
        || g_array_index (self->timers, Timer, i).due
               < g_array_index (self->timers, Timer, next).due)
      next = (int) i;
  return next;
}

gint64
test_timers_get_next (SyncTimers *timers)
{
  TestTimers *self = TEST_TIMERS (timers);
  int next = find_next (self);

  if (next < 0)
    return -1;
  return MAX (g_array_index (self->timers, Timer, next).due - sync_clock_monotonic (self->clock),
              0);
}

void
test_timers_advance (SyncTimers *timers, gint64 microseconds, void (*settle) (gpointer data),
                     gpointer data)
{
  TestTimers *self = TEST_TIMERS (timers);
  gint64 end = sync_clock_monotonic (self->clock) + microseconds;
  int next;

  settle (data);
  while ((next = find_next (self)) >= 0 && g_array_index (self->timers, Timer, next).due <= end)
    {
      Timer timer = g_array_index (self->timers, Timer, next);

      g_array_remove_index (self->timers, (guint) next);
      test_clock_advance (self->clock, MAX (timer.due - sync_clock_monotonic (self->clock), 0));
      timer.func (timer.data);
      settle (data);
    }
  test_clock_advance (self->clock, end - sync_clock_monotonic (self->clock));
}
