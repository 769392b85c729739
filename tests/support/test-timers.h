/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-timers.h"

G_BEGIN_DECLS

/* Timers in the time of a test's clock: hours pass in no time. */
#define TEST_TYPE_TIMERS (test_timers_get_type ())
G_DECLARE_FINAL_TYPE (TestTimers, test_timers, TEST, TIMERS, SyncTimers)

SyncTimers *test_timers_new (SyncClock *clock);
/* Lets time pass, and calls `settle` after each moment at which something happened, so that what
 * it began is over before time goes on. */
void test_timers_advance (SyncTimers *timers, gint64 microseconds, void (*settle) (gpointer data),
                          gpointer data);
/* Until the next timer, in microseconds; -1: there is none. */
gint64 test_timers_get_next (SyncTimers *timers);

G_END_DECLS
