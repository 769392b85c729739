/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-private.h"

#include "sim-time.h"
#include "sync-verify-run.h"

/* Runs, and what happens during them: between their requests and at their commits. */

/* Long enough that a slice is cut after some rows. */
#define SLOW_PACE (7 * G_TIME_SPAN_MILLISECOND)

static const char *const request_names[]
    = { "connect", "state", "pull", "push", "fetch", "put device", "digest" };
static const char *const fault_names[] = { "none",  "refused", "lost", "twice",   "late",  "cut",
                                           "stale", "busy",    "open", "hanging", "schema" };

gboolean
sim_is_busy (Sim *sim, SimDevice *device)
{
  for (SimRun *run = sim->run; run != NULL; run = run->outer)
    {
      if (run->device == device)
        return TRUE;
    }
  return FALSE;
}

/* --- During a run ----------------------------------------------------------------------------- */

static void
crash (Sim *sim, gboolean power)
{
  SimRun *run = sim->run;

  if (run->crash != NULL)
    return;
  sim_say (sim, "%s: %s", run->device->name, power ? "power failure" : "crash");
  run->crash = power ? sim_vfs_read_durable (run->device->slot) : sim_vfs_read (run->device->slot);
}

/* What is to happen at this moment, one after the other; a fault is the provider's. */
static const SimStep *
happen (Sim *sim, SimWhen when, guint at)
{
  SimRun *run = sim->run;
  const SimStep *fault = NULL;
  guint end, depth;

  /* Nothing more, once all has healed. */
  if (run->step >= sim->schedule->steps->len)
    return NULL;
  end = run->step + sim_schedule_span (sim->schedule, run->step);
  depth = SIM_STEP (sim->schedule, run->step)->depth + 1;
  for (guint i = run->step + 1; i < end && run->crash == NULL && !sim_has_failed (sim); i++)
    {
      const SimStep *step = SIM_STEP (sim->schedule, i);

      if (step->depth != depth || step->when != when || step->at != at)
        continue;
      if (step->kind == SIM_CRASH)
        crash (sim, step->args[0] != 0);
      else if (step->kind == SIM_CANCEL)
        g_cancellable_cancel (run->cancellable);
      else if (step->kind == SIM_FAULT)
        fault = step;
      else if (when != SIM_COMMIT)
        sim_carry_out_step (sim, i);
    }
  return fault;
}

static SimFault
before_request (SimRequest request, int *much, gpointer data)
{
  Sim *sim = data;
  SimRun *run = sim->run;
  const SimStep *fault;

  run->at = run->n_requests++;
  sim->outcome->requests++;
  sim_advance (sim, 10 * G_TIME_SPAN_MILLISECOND);
  if (run->crash != NULL || sim_has_failed (sim))
    return SIM_FAULT_REFUSED;
  sim_say (sim, "%s: [%u] %s", run->device->name, run->at, request_names[request]);
  sim->depth++;
  fault = happen (sim, SIM_BEFORE, run->at);
  sim->depth--;
  if (run->crash != NULL || sim_has_failed (sim))
    return SIM_FAULT_REFUSED;
  if (fault == NULL)
    return SIM_FAULT_NONE;
  *much = fault->args[1];
  sim_say (sim, "%s: %s %s", run->device->name, request_names[request],
           fault_names[fault->args[0] % SIM_N_FAULTS]);
  return (SimFault) (fault->args[0] % SIM_N_FAULTS);
}

static void
after_request (SimRequest request, gpointer data)
{
  Sim *sim = data;
  SimRun *run = sim->run;
  guint at = run->at;

  sim->depth++;
  happen (sim, SIM_AFTER, at);
  sim->depth--;
  run->at = at;
}

static void
trace_request (SimRequest request,
               GBytes *input,
               GBytes *output,
               const GError *error,
               gpointer data)
{
  Sim *sim = data;

  sim_trace (sim, &request, sizeof (request));
  if (input != NULL)
    sim_trace (sim, g_bytes_get_data (input, NULL), g_bytes_get_size (input));
  if (output != NULL)
    sim_trace (sim, g_bytes_get_data (output, NULL), g_bytes_get_size (output));
  if (error != NULL)
    sim_trace (sim, error->message, strlen (error->message));
  if (!sim->verbose)
    return;
  if (input != NULL)
    sim_say (sim, "    > %.*s", (int) g_bytes_get_size (input),
             (const char *) g_bytes_get_data (input, NULL));
  if (output != NULL)
    sim_say (sim, "    < %.*s", (int) g_bytes_get_size (output),
             (const char *) g_bytes_get_data (output, NULL));
  if (error != NULL)
    sim_say (sim, "    < error: %s", error->message);
}

SimHooks
sim_make_hooks (Sim *sim)
{
  return (SimHooks){ before_request, after_request, trace_request, sim };
}

void
sim_watch_commit (gpointer data)
{
  Sim *sim = data;

  if (sim->run == NULL)
    return;
  happen (sim, SIM_COMMIT, sim->run->n_commits++);
}

/* --- Runs ------------------------------------------------------------------------------------- */

void
sim_collect_records (Sim *sim, SimDevice *device)
{
  g_autofree char *rows = sim_device_query (
      device, "SELECT base, local, remote, result FROM psync_conflict WHERE state <> 'open'");

  sim_values_add_text (&sim->recorded, rows);
}

static void
check_users (Sim *sim, SimDevice *device)
{
  for (guint i = 0; i < sim->shape->n_tables; i++)
    {
      g_autofree char *sql = g_strdup_printf ("SELECT a, b FROM %s", sim->shape->tables[i].name);
      g_autofree char *rows = sim_device_query (device, sql);

      if (sim_text_is_foreign (rows))
        sim_fail (sim, "users", "%s has rows of another user:\n%s", device->name, rows);
    }
}

static void
tell_result (Sim *sim, SimDevice *device, const SyncResult *result)
{
  sim_trace (sim, &result->outcome, sizeof (result->outcome));
  sim_trace (sim, &result->total, sizeof (result->total));
  sim_say (sim,
           "%s: ... %s: pulled %u, pushed %u, deleted %u, merged %u, conflicts %u, refused %u, "
           "held %u%s%s",
           device->name, sync_outcome_to_string (result->outcome), (guint) result->total.pulled,
           (guint) result->total.pushed, (guint) result->total.deleted, (guint) result->total.merged,
           (guint) result->total.conflicts, (guint) result->total.refused, (guint) result->total.held,
           result->error != NULL ? ": " : "", result->error != NULL ? result->error->message : "");
}

SyncResult *
sim_run_device (Sim *sim, SimDevice *device, SyncRunKind kind, const SyncRunOptions *options)
{
  SyncRunSetup setup = {
    .store = sim_device_open (device),
    .provider = SYNC_PROVIDER (device->provider),
    .context = g_main_context_default (),
    .kind = kind,
    .options = *options,
    .config = { .max_retries = 3 },
    .cancellable = sim->run->cancellable,
  };
  SyncResult *result = sync_run_execute (&setup);

  sim->outcome->runs++;
  sim_advance (sim, sim_time_take_slept ());
  tell_result (sim, device, result);
  device->ended_well = result->error == NULL;
  return result;
}

SyncVerifyResult *
sim_verify_device (Sim *sim, SimDevice *device, gboolean all, gboolean heal)
{
  SyncVerifySetup setup = {
    .run = { .store = sim_device_open (device),
             .provider = SYNC_PROVIDER (device->provider),
             .context = g_main_context_default (),
             .options = { .allow_mass_change = TRUE },
             .config = { .max_retries = 3 },
             .cancellable = sim->run->cancellable },
    .all = all,
    .heal = heal,
    .sample = 1,
  };
  SyncVerifyResult *result = sync_verify_run_execute (&setup);

  sim->outcome->runs++;
  sim_advance (sim, sim_time_take_slept ());
  sim_trace (sim, &result->different, sizeof (result->different));
  sim_say (sim, "%s: ... verified: %u rows, %u contents, %u waiting, %u different%s%s", device->name,
           (guint) result->rows, (guint) result->contents, (guint) result->waiting, (guint) result->different,
           result->error != NULL ? ": " : "", result->error != NULL ? result->error->message : "");
  device->ended_well = result->error == NULL;
  return result;
}

/* The program is gone, and the file is as it was at that moment. */
static void
come_back (Sim *sim, SimRun *run)
{
  sim_device_close (run->device);
  sim_vfs_write (run->device->slot, run->crash);
  g_bytes_unref (run->crash);
  run->device->ended_well = FALSE;
}

static void
end_run (Sim *sim, SimRun *run)
{
  sim->run = run->outer;
  sim_time_set_pace (0);
  g_clear_object (&run->cancellable);
  if (run->crash != NULL)
    come_back (sim, run);
  sim_collect_records (sim, run->device);
  check_users (sim, run->device);
}

void
sim_verify (Sim *sim, guint index)
{
  const SimStep *step = SIM_STEP (sim->schedule, index);
  SimRun run = { .outer = sim->run, .device = sim_pick_device (sim, step->args[0]), .step = index };
  g_autoptr (SyncVerifyResult) result = NULL;

  if (sim_is_busy (sim, run.device))
    return;
  run.cancellable = g_cancellable_new ();
  sim->run = &run;
  result = sim_verify_device (sim, run.device, step->args[1] != 0, step->args[2] != 0);
  end_run (sim, &run);
}

void
sim_run (Sim *sim, guint index)
{
  static const SyncRunKind kinds[] = { SYNC_RUN_SYNC, SYNC_RUN_SEED, SYNC_RUN_HYDRATE };
  const SimStep *step = SIM_STEP (sim->schedule, index);
  SimRun run = { .outer = sim->run, .device = sim_pick_device (sim, step->args[0]), .step = index };
  const char *entities[2] = { NULL, NULL };
  SyncRunOptions options = { .allow_mass_change = TRUE, .batch_size = (guint) step->args[3] };
  g_autoptr (SyncResult) result = NULL;
  guint only = (guint) step->args[2];

  if (sim_is_busy (sim, run.device))
    return;
  if (only > 0)
    {
      entities[0] = sim->shape->tables[(only - 1) % sim->shape->n_tables].name;
      options.entities = entities;
    }
  options.discard_unsent = step->args[6] != 0 && step->args[1] % 3 == 2;
  sim_provider_set_page_cap (run.device->provider, (guint) step->args[4]);
  sim_time_set_pace (step->args[5] != 0 ? SLOW_PACE : 0);
  run.cancellable = g_cancellable_new ();
  sim->run = &run;
  result = sim_run_device (sim, run.device, kinds[step->args[1] % 3], &options);
  end_run (sim, &run);
}
