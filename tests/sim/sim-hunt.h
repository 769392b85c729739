/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim.h"

G_BEGIN_DECLS

/* In a process of its own: a schedule that crashes the engine, or never ends, is a failure like any
 * other. */
void sim_carry_out_apart (const SimSchedule *schedule, SimOutcome *outcome);

/**
 * SimHunt:
 * @first: the first seed
 * @count: how many schedules at most; 0: no limit
 * @seconds: how long at most, of this process's and its children's processor time; 0: no limit
 * @carried_out: (out): how many schedules were
 * @runs: (out): how many runs of the engine that were
 * @requests: (out): how many requests
 *
 * A search for a schedule that breaks a promise.
 */
typedef struct
{
  guint32 first;
  guint64 count;
  double seconds;
  guint64 carried_out;
  guint64 runs;
  guint64 requests;
} SimHunt;

/* The first that does, with what came of it; NULL: none. (transfer full) */
SimSchedule *sim_hunt (SimHunt *hunt, SimOutcome *outcome);
/* A schedule that breaks the same promise and from which nothing can be taken away. (transfer full)
 */
SimSchedule *sim_shrink (const SimSchedule *schedule, const char *check);

G_END_DECLS
