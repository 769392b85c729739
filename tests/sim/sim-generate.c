/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-step.h"

#include "sim-provider.h"

/* Schedules from seeds. */

/* What a schedule may have beside writes and runs: rather few things at a time than all at once. */
typedef enum
{
  MAY_LOSE = 1 << 0, /* requests and replies */
  MAY_CRASH = 1 << 1,
  MAY_COPY = 1 << 2,    /* databases copied, and restored from copies */
  MAY_RESTORE = 1 << 3, /* the cloud restored, replaced, and its epochs */
  MAY_PURGE = 1 << 4,
  MAY_MEDDLE = 1 << 5,  /* things happen in the middle of a run */
  MAY_SEED = 1 << 6,    /* and hydrate */
  MAY_DECIDE = 1 << 7,  /* people undo, discard */
  MAY_DROP = 1 << 8,    /* the owner drops our triggers */
  MAY_CHOOSE = 1 << 9,  /* runs of one entity; entities that are disabled for a while */
  MAY_WEB = 1 << 10,    /* others write at the cloud */
  MAY_REFUSE = 1 << 11, /* the cloud's owner has rules */
  MAY_HIDE = 1 << 12,
  MAY_JUMP = 1 << 13, /* clocks */
  MAY_REVOKE = 1 << 14,
  MAY_ALL = (1 << 15) - 1,
} May;

typedef struct
{
  GRand *random;
  SimSchedule *schedule;
  May may;
  int n_devices;
  int n_keys;
} Maker;

static int
pick (Maker *maker, int n)
{
  return g_rand_int_range (maker->random, 0, n);
}

static gboolean
chance (Maker *maker, int percent)
{
  return pick (maker, 100) < percent;
}

static void
add (Maker *maker, SimStep step)
{
  sim_schedule_add (maker->schedule, &step);
}

static SimStep
make_write (Maker *maker)
{
  static const int ops[] = { 0, 0, 0, 1, 2, 3, 3, 4, 5, 6, 7 };
  SimStep step = { SIM_WRITE };

  step.args[0] = pick (maker, maker->n_devices);
  step.args[1] = ops[pick (maker, G_N_ELEMENTS (ops))];
  step.args[2] = pick (maker, 2);
  step.args[3] = pick (maker, maker->n_keys);
  step.args[4] = pick (maker, maker->n_keys);
  step.args[5] = pick (maker, 20);
  if (chance (maker, 25))
    step.args[6] = pick (maker, 4);
  return step;
}

static SimStep
make_run (Maker *maker)
{
  SimStep step = { SIM_RUN };

  step.args[0] = pick (maker, maker->n_devices);
  if ((maker->may & MAY_SEED) && chance (maker, 12))
    step.args[1] = 1 + pick (maker, 2);
  if ((maker->may & MAY_CHOOSE) && chance (maker, 30))
    step.args[2] = 1 + pick (maker, 2);
  if (chance (maker, 30))
    step.args[3] = 1 + pick (maker, 3);
  if (chance (maker, 30))
    step.args[4] = 1 + pick (maker, 3);
  step.args[5] = chance (maker, 30);
  step.args[6] = (maker->may & MAY_DECIDE) && chance (maker, 30);
  return step;
}

static SimStep
make_web (Maker *maker)
{
  static const int who[] = { 0, 0, 0, 0, 1, 2 };
  SimStep step = { SIM_WEB };

  step.args[0] = pick (maker, 6);
  step.args[1] = pick (maker, 2);
  step.args[2] = pick (maker, maker->n_keys);
  step.args[3] = pick (maker, maker->n_keys);
  step.args[4] = pick (maker, 20);
  step.args[5] = who[pick (maker, G_N_ELEMENTS (who))];
  step.args[6] = chance (maker, 40) ? 1 + pick (maker, 6) : 0;
  return step;
}

static SimStep
make_fault (Maker *maker)
{
  SimStep step = { SIM_FAULT };

  step.args[0] = 1 + pick (maker, SIM_N_FAULTS - 1);
  step.args[1] = step.args[0] == SIM_FAULT_STALE ? 1 + pick (maker, SIM_MAX_LAG)
                                                 : 1 + pick (maker, 12);
  return step;
}

static void make_events (Maker *maker, guint depth);

/* Takes its place in the run before it. */
static void
add_event (Maker *maker, SimStep step, guint depth, SimWhen when)
{
  step.depth = depth;
  step.when = when;
  step.at = (guint) (when == SIM_COMMIT ? pick (maker, 16) : pick (maker, 10));
  add (maker, step);
  if (step.kind == SIM_RUN)
    make_events (maker, depth + 1);
}

static SimStep
make_meddling (Maker *maker)
{
  SimStep resolve = { SIM_RESOLVE, .args = { pick (maker, maker->n_devices), pick (maker, 4),
                                             pick (maker, 3), pick (maker, 3) } };

  switch (pick (maker, 10))
    {
    case 0:
    case 1:
    case 2:
      return make_run (maker);
    case 3:
      return resolve;
    case 4:
    case 5:
      if (maker->may & MAY_WEB)
        return make_web (maker);
      return make_write (maker);
    default:
      return make_write (maker);
    }
}

/* What happens during a run. */
static void
make_events (Maker *maker, guint depth)
{
  int n = (maker->may & MAY_MEDDLE) && depth < 3 && chance (maker, 60) ? 1 + pick (maker, 3) : 0;

  for (int i = 0; i < n; i++)
    add_event (maker, make_meddling (maker), depth, (SimWhen) pick (maker, 2));
  if ((maker->may & MAY_LOSE) && chance (maker, 45))
    {
      for (int i = 0; i < 2; i++)
        add_event (maker, make_fault (maker), depth, SIM_BEFORE);
    }
  if ((maker->may & MAY_LOSE) && chance (maker, 10))
    add_event (maker, (SimStep){ SIM_CANCEL }, depth, (SimWhen) pick (maker, 2));
  if ((maker->may & MAY_CRASH) && chance (maker, 20))
    add_event (maker, (SimStep){ SIM_CRASH, .args = { pick (maker, 2) } }, depth,
               (SimWhen) pick (maker, 3));
}

/* Both sides of a copy are the same device to the cloud: one syncs while the other does. */
static void
add_twins (Maker *maker, int device)
{
  SimStep write = make_write (maker), run = { SIM_RUN, .args = { maker->n_devices - 1 } };
  guint at = (guint) pick (maker, 4);

  write.args[0] = maker->n_devices - 1;
  write.args[1] = 0;
  add (maker, write);
  add (maker, run);
  write.args[0] = run.args[0] = device;
  write.args[3] = pick (maker, maker->n_keys);
  write.depth = run.depth = 1;
  write.at = run.at = at;
  add (maker, write);
  add (maker, run);
}

static void
add_copy (Maker *maker)
{
  static const SimKind kinds[] = { SIM_CLONE, SIM_SAVE, SIM_LOAD };
  SimKind kind = kinds[pick (maker, 3)];
  int device = pick (maker, maker->n_devices);

  add (maker, (SimStep){ kind, .args = { device } });
  if (kind != SIM_CLONE || maker->n_devices == 5)
    return;
  maker->n_devices++;
  if (chance (maker, 50))
    add_twins (maker, device);
}

static void
add_catastrophe (Maker *maker)
{
  static const SimKind kinds[]
      = { SIM_SAVE_CLOUD, SIM_SAVE_CLOUD, SIM_RESTORE, SIM_RESTORE, SIM_EPOCH, SIM_REPLACE };

  add (maker,
       (SimStep){ kinds[pick (maker, G_N_ELEMENTS (kinds))], .args = { chance (maker, 60) } });
}

static void
add_rare (Maker *maker)
{
  int device = pick (maker, maker->n_devices);
  SimStep steps[] = {
    { SIM_VERIFY, .args = { device, pick (maker, 2), pick (maker, 2) } },
    { SIM_RETRY, .args = { device } },
    { SIM_WAIT, .args = { 1 + pick (maker, 4000) } },
    { SIM_END, .args = { pick (maker, 3), chance (maker, 40) } },
    { SIM_UNTRIGGER, .args = { device } },
    { SIM_ENABLE, .args = { device, pick (maker, 2), pick (maker, 2) } },
    { SIM_CLOCK, .args = { device, (pick (maker, 2) * 2 - 1) * (1 + pick (maker, 40000000)) } },
    { SIM_REVOKE, .args = { device, pick (maker, 2) } },
    { SIM_HIDE, .args = { pick (maker, 2), pick (maker, maker->n_keys), pick (maker, 3) > 0 } },
    { SIM_SERVER, .args = { pick (maker, SIM_N_RULES), pick (maker, 3) > 0 } },
    { SIM_CONFIGURE, .args = { device, pick (maker, 2), pick (maker, 4) } },
  };
  static const May needs[] = { 0,        0,        0,          MAY_WEB,  MAY_DROP,   MAY_CHOOSE,
                               MAY_JUMP, MAY_REVOKE, MAY_HIDE, MAY_REFUSE, MAY_DECIDE };
  guint which = (guint) pick (maker, G_N_ELEMENTS (steps));

  G_STATIC_ASSERT (G_N_ELEMENTS (needs) == G_N_ELEMENTS (steps));
  if ((maker->may & needs[which]) == needs[which])
    add (maker, steps[which]);
  if (steps[which].kind == SIM_VERIFY)
    make_events (maker, 1);
}

/* Tombstones go that every active device has read: who was revoked meanwhile has missed them. */
static void
add_purge (Maker *maker)
{
  int device = pick (maker, maker->n_devices);

  if (chance (maker, 50))
    {
      add (maker, (SimStep){ SIM_REVOKE, .args = { device } });
      for (int i = pick (maker, 3); i > 0; i--)
        add (maker, make_write (maker));
      add (maker, (SimStep){ SIM_WRITE, .args = { pick (maker, maker->n_devices), 5,
                                                  pick (maker, 2), pick (maker, maker->n_keys) } });
      add (maker, make_run (maker));
      add (maker, make_run (maker));
    }
  add (maker, (SimStep){ SIM_PURGE });
  if (chance (maker, 70))
    add (maker, (SimStep){ SIM_REVOKE, .args = { device, 1 } });
}

static void
add_step (Maker *maker)
{
  int what = pick (maker, 100);
  int device = pick (maker, maker->n_devices);

  if (what < 42)
    add (maker, make_write (maker));
  else if (what < 72)
    {
      add (maker, make_run (maker));
      make_events (maker, 1);
    }
  else if (what < 80 && (maker->may & MAY_WEB))
    add (maker, make_web (maker));
  else if (what < 84)
    add (maker, (SimStep){ SIM_RESOLVE,
                           .args = { device, pick (maker, 4), pick (maker, 3), pick (maker, 3) } });
  else if (what < 87 && (maker->may & MAY_COPY))
    add_copy (maker);
  else if (what < 90 && (maker->may & MAY_RESTORE))
    add_catastrophe (maker);
  else if (what < 92 && (maker->may & MAY_PURGE))
    add_purge (maker);
  else if (what < 94 && (maker->may & MAY_DECIDE))
    add (maker, (SimStep){ pick (maker, 2) == 0 ? SIM_UNDO : SIM_DISCARD,
                           .args = { device, pick (maker, 5) } });
  else
    add_rare (maker);
}

/* Everybody has a row of every key. */
static void
fill (Maker *maker)
{
  for (int table = 0; table < 2; table++)
    for (int key = 0; key < maker->n_keys; key++)
      add (maker, (SimStep){ SIM_WRITE, .args = { 0, 0, table, key, 0, pick (maker, 20) } });
  for (int device = 0; device < maker->n_devices; device++)
    add (maker, (SimStep){ SIM_RUN, .args = { device } });
}

/**
 * sim_schedule_generate:
 * @seed: what decides everything
 *
 * Returns: (transfer full): a schedule
 */
SimSchedule *
sim_schedule_generate (guint32 seed)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (seed);
  Maker maker = { .random = random, .schedule = sim_schedule_new (seed) };
  SimStep world = { SIM_WORLD };
  int n_steps;

  /* Rather few things at a time than all at once. */
  maker.may = (May) (g_rand_int (random) & (g_rand_int (random) | g_rand_int (random)) & MAY_ALL);
  maker.n_devices = 1 + pick (&maker, 3);
  maker.n_keys = 2 + pick (&maker, 4);
  world.args[0] = pick (&maker, (int) sim_n_shapes);
  world.args[1] = maker.n_devices;
  world.args[2] = maker.n_keys;
  world.args[3] = chance (&maker, 25) ? pick (&maker, 8) : 0;
  add (&maker, world);
  for (int device = 0; device < maker.n_devices; device++)
    for (int table = 0; table < 2; table++)
      add (&maker, (SimStep){ SIM_CONFIGURE, .args = { device, table, pick (&maker, 4) } });
  if (chance (&maker, 60))
    fill (&maker);
  n_steps = 8 + pick (&maker, 36);
  for (int i = 0; i < n_steps; i++)
    add_step (&maker);
  return maker.schedule;
}
