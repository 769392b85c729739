/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-step.h"

G_BEGIN_DECLS

/**
 * SimOutcome:
 * @check: (owned) (nullable): the promise that was broken, in a word; %NULL: none
 * @message: (owned) (nullable): how
 * @trace: a checksum of all that happened
 * @runs: how many runs there were
 * @requests: how many requests
 *
 * What came of a schedule.
 */
typedef struct
{
  char *check;
  char *message;
  guint64 trace;
  guint runs;
  guint requests;
} SimOutcome;

void sim_outcome_clear (SimOutcome *outcome);

/* What is broken on purpose, by its name; NULL: nothing. FALSE: no such breakage, or not in this
 * program. */
gboolean sim_set_breakage (const char *name);
/* Of the engine: only in a program that has its functions replaced. */
extern gboolean (*sim_break_engine) (const char *name);

/* What schedules share, made before the first one: whoever forks makes it once. */
void sim_prepare (void);
void sim_carry_out (const SimSchedule *schedule, gboolean verbose, SimOutcome *outcome);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SimOutcome, sim_outcome_clear)

G_END_DECLS
