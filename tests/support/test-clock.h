/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"

G_BEGIN_DECLS

/* A clock that stands still until it is told otherwise. May be read by any thread. */
#define TEST_TYPE_CLOCK (test_clock_get_type ())
G_DECLARE_FINAL_TYPE (TestClock, test_clock, TEST, CLOCK, SyncClock)

SyncClock *test_clock_new (gint64 now);
void test_clock_set (SyncClock *clock, gint64 now);
void test_clock_advance (SyncClock *clock, gint64 microseconds);

G_END_DECLS
