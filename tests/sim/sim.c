/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-private.h"

#include "sim-time.h"
#include "test-clock.h"

/* One schedule, from an empty cloud and new databases to the check that everything is as promised.
 */

/* 2026-01-01 */
#define BEGINNING G_GINT64_CONSTANT (1767225600000000)

static const struct
{
  const char *name;
  SimCloudFault fault;
} cloud_faults[] = {
  { "plain-sequence", SIM_CLOUD_PLAIN_SEQUENCE },
  { "timestamp-cursor", SIM_CLOUD_TIMESTAMPS },
  { "no-compare", SIM_CLOUD_NO_COMPARE },
  { "no-horizon", SIM_CLOUD_NO_HORIZON },
  { "leak", SIM_CLOUD_LEAKS },
  { "echo-by-device", SIM_CLOUD_BY_DEVICE },
};

static SimCloudFault cloud_fault;
gboolean (*sim_break_engine) (const char *name);

void
sim_outcome_clear (SimOutcome *outcome)
{
  g_clear_pointer (&outcome->check, g_free);
  g_clear_pointer (&outcome->message, g_free);
}

gboolean
sim_set_breakage (const char *name)
{
  cloud_fault = SIM_CLOUD_RIGHT;
  if (sim_break_engine != NULL)
    sim_break_engine (NULL);
  if (name == NULL)
    return TRUE;
  for (guint i = 0; i < G_N_ELEMENTS (cloud_faults); i++)
    {
      if (!g_str_equal (cloud_faults[i].name, name))
        continue;
      cloud_fault = cloud_faults[i].fault;
      return TRUE;
    }
  return sim_break_engine != NULL && sim_break_engine (name);
}

/* --- For the parts ---------------------------------------------------------------------------- */

void
sim_say (Sim *sim, const char *format, ...)
{
  g_autofree char *line = NULL;
  va_list arguments;

  if (!sim->verbose)
    return;
  va_start (arguments, format);
  line = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_printerr ("%*s%s\n", (int) sim->depth * 4, "", line);
}

void
sim_fail (Sim *sim, const char *check, const char *format, ...)
{
  va_list arguments;

  if (sim_has_failed (sim))
    return;
  va_start (arguments, format);
  sim->outcome->message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  sim->outcome->check = g_strdup (check);
  sim_say (sim, "** %s: %s", check, sim->outcome->message);
}

gboolean
sim_has_failed (Sim *sim)
{
  return sim->outcome->check != NULL;
}

/* FNV-1a */
void
sim_trace (Sim *sim, gconstpointer data, gsize length)
{
  const guint8 *bytes = data;

  for (gsize i = 0; i < length; i++)
    sim->outcome->trace = (sim->outcome->trace ^ bytes[i]) * G_GUINT64_CONSTANT (1099511628211);
}

void
sim_advance (Sim *sim, gint64 microseconds)
{
  test_clock_advance (sim->clock, microseconds);
  for (guint i = 0; i < sim->devices->len; i++)
    test_clock_advance (((SimDevice *) g_ptr_array_index (sim->devices, i))->clock, microseconds);
}

SimDevice *
sim_pick_device (Sim *sim, int number)
{
  return g_ptr_array_index (sim->devices, (guint) number % sim->devices->len);
}

/* NULL: there are enough. Its database is empty. */
SimDevice *
sim_add_device (Sim *sim)
{
  SimHooks hooks = sim_make_hooks (sim);
  g_autoptr (SyncClock) clock = test_clock_new (sync_clock_now (sim->clock));
  SimDevice *device;

  if (sim->devices->len == SIM_MAX_SLOTS)
    return NULL;
  device = sim_device_new (sim->shape, sim->devices->len, clock,
                           sim_provider_new (sim->cloud, &hooks));
  g_ptr_array_add (sim->devices, device);
  return device;
}

void
sim_carry_out_step (Sim *sim, guint index)
{
  const SimStep *step = SIM_STEP (sim->schedule, index);

  if (sim->verbose)
    {
      g_autofree char *text = sim_step_to_text (step);

      sim_say (sim, "%s", g_strchug (text));
    }
  sim_trace (sim, &step->kind, sizeof (step->kind));
  sim_advance (sim, 250 * G_TIME_SPAN_MILLISECOND);
  if (step->kind == SIM_RUN)
    sim_run (sim, index);
  else if (step->kind == SIM_VERIFY)
    sim_verify (sim, index);
  else
    sim_act (sim, step);
}

/* --- A schedule ------------------------------------------------------------------------------- */

/* Whether anybody but the first device writes rows that it has, or its database or cloud are not
 * what they were. */
static gboolean
has_any (const SimSchedule *schedule, const SimKind *kinds, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      if (sim_schedule_has (schedule, kinds[i]))
        return TRUE;
    }
  return FALSE;
}

static void
look_at_schedule (Sim *sim)
{
  static const SimKind returning[]
      = { SIM_CLONE, SIM_LOAD, SIM_RESTORE, SIM_EPOCH, SIM_REPLACE, SIM_HIDE };
  /* What a trigger of the cloud's owner made of a row is a stranger's work if nobody was told that the row arrived. */
  static const SimKind losses[] = { SIM_FAULT, SIM_CRASH, SIM_CANCEL };

  sim->strict = !has_any (sim->schedule, returning, G_N_ELEMENTS (returning));
  sim->alone = sim->strict && SIM_STEP (sim->schedule, 0)->args[SIM_WORLD_DEVICES] == 1
               && !sim_schedule_has (sim->schedule, SIM_WEB)
               && !(sim_schedule_has (sim->schedule, SIM_SERVER)
                    && has_any (sim->schedule, losses, G_N_ELEMENTS (losses)));
}

static void
begin (Sim *sim)
{
  const int *world = SIM_STEP (sim->schedule, 0)->args;

  sim->shape = &sim_shapes[(guint) world[SIM_WORLD_SHAPE] % sim_n_shapes];
  sim->n_keys = (guint) CLAMP (world[SIM_WORLD_KEYS], 1, 16);
  sim->clock = test_clock_new (BEGINNING);
  sim->cloud = sim_cloud_new (sim->shape, sim->clock, cloud_fault);
  sim->cloud->committed = sim_take_commit;
  sim->cloud->committed_data = sim;
  sim->devices = g_ptr_array_new_with_free_func ((GDestroyNotify) sim_device_free);
  sim_values_init (&sim->written);
  sim_values_init (&sim->superseded);
  sim_values_init (&sim->excused);
  sim_values_init (&sim->recorded);
  sim_values_init (&sim->moved);
  sim_time_reset ();
  sim_vfs_watch_commits (sim_watch_commit, sim);
  for (int i = 0; i < CLAMP (world[SIM_WORLD_DEVICES], 1, SIM_MAX_SLOTS); i++)
    sim_device_set_up (sim_add_device (sim), (world[SIM_WORLD_STRICT] >> i & 1) != 0);
  look_at_schedule (sim);
}

static void
end (Sim *sim)
{
  sim_provider_drop_all ();
  g_ptr_array_unref (sim->devices);
  sim_cloud_free (sim->cloud);
  g_object_unref (sim->clock);
  sim_values_clear (&sim->written);
  sim_values_clear (&sim->superseded);
  sim_values_clear (&sim->excused);
  sim_values_clear (&sim->recorded);
  sim_values_clear (&sim->moved);
  sim_vfs_watch_commits (NULL, NULL);
}

void
sim_prepare (void)
{
  static gboolean prepared;
  g_autoptr (SyncClock) clock = test_clock_new (BEGINNING);
  SimHooks hooks = { NULL };

  if (prepared)
    return;
  prepared = TRUE;
  for (guint i = 0; i < sim_n_shapes * 2; i++)
    {
      SimDevice *device
          = sim_device_new (&sim_shapes[i / 2], 0, clock, sim_provider_new (NULL, &hooks));

      sim_device_set_up (device, i % 2 == 1);
      sim_device_free (device);
    }
}

/**
 * sim_carry_out:
 * @schedule: what happens
 * @verbose: whether to tell about it
 * @outcome: (out caller-allocates): what came of it
 *
 * Carries out a schedule, lets all faults heal and looks whether every promise was kept.
 */
void
sim_carry_out (const SimSchedule *schedule, gboolean verbose, SimOutcome *outcome)
{
  Sim sim = { .schedule = schedule, .verbose = verbose, .outcome = outcome };

  sim_prepare ();
  *outcome = (SimOutcome){ .trace = G_GUINT64_CONSTANT (14695981039346656037) };
  begin (&sim);
  for (guint i = 1; i < schedule->steps->len && !sim_has_failed (&sim);
       i += sim_schedule_span (schedule, i))
    sim_carry_out_step (&sim, i);
  if (!sim_has_failed (&sim))
    sim_heal_and_check (&sim);
  end (&sim);
}
