/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define SIM_MAX_ARGS 7

/* What may happen. What the arguments of each mean is said where it is carried out; README.md lists
 * them. */
typedef enum
{
  SIM_WORLD,
  SIM_CONFIGURE,
  SIM_WRITE,
  SIM_RUN,
  SIM_VERIFY,
  SIM_RESOLVE,
  SIM_UNDO,
  SIM_DISCARD,
  SIM_RETRY,
  SIM_CLONE,
  SIM_SAVE,
  SIM_LOAD,
  SIM_UNTRIGGER,
  SIM_ENABLE,
  SIM_CLOCK,
  SIM_WAIT,
  SIM_WEB,
  SIM_END,
  SIM_SAVE_CLOUD,
  SIM_RESTORE,
  SIM_EPOCH,
  SIM_REPLACE,
  SIM_PURGE,
  SIM_SERVER,
  SIM_HIDE,
  SIM_REVOKE,
  SIM_FAULT,
  SIM_CRASH,
  SIM_CANCEL,
  SIM_N_KINDS,
} SimKind;

/* When in a run something happens. */
typedef enum
{
  SIM_BEFORE, /* a request is carried out */
  SIM_AFTER,  /* a request was carried out, before its reply arrives */
  SIM_COMMIT, /* right before a commit of the run in its database */
} SimWhen;

/**
 * SimStep:
 * @kind: what happens
 * @depth: 0: in the schedule's own time; above: during the last run before it whose depth is one
 * less
 * @when: of a deeper one: when in that run
 * @at: of a deeper one: at which request or commit, from 0
 * @args: how
 *
 * One thing that happens.
 */
typedef struct
{
  SimKind kind;
  guint depth;
  SimWhen when;
  guint at;
  int args[SIM_MAX_ARGS];
} SimStep;

/**
 * SimSchedule:
 * @seed: what it was made from; 0: it was read or shrunk
 * @steps: (element-type SimStep): the first one is the world
 *
 * All that happens, in order. Carrying it out asks for no other number, so that a step can be taken
 * out and the rest carried out again.
 */
typedef struct
{
  guint32 seed;
  GArray *steps;
} SimSchedule;

/* The arguments that code beside the step's own reads. */
enum
{
  SIM_WORLD_SHAPE,
  SIM_WORLD_DEVICES,
  SIM_WORLD_KEYS,
  SIM_WORLD_STRICT,
};

#define SIM_STEP(schedule, i) (&g_array_index ((schedule)->steps, SimStep, i))

SimSchedule *sim_schedule_new (guint32 seed);
SimSchedule *sim_schedule_generate (guint32 seed);
SimSchedule *sim_schedule_copy (const SimSchedule *schedule);
void sim_schedule_free (SimSchedule *schedule);
void sim_schedule_add (SimSchedule *schedule, const SimStep *step);
/* How many steps belong to this one: itself and what happens during it. */
guint sim_schedule_span (const SimSchedule *schedule, guint index);
gboolean sim_schedule_has (const SimSchedule *schedule, SimKind kind);

char *sim_step_to_text (const SimStep *step);
char *sim_schedule_to_text (const SimSchedule *schedule);
SimSchedule *sim_schedule_from_text (const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SimSchedule, sim_schedule_free)

G_END_DECLS
