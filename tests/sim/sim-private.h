/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sim-device.h"
#include "sim.h"

G_BEGIN_DECLS

/**
 * SimRun:
 * @outer: (nullable): the run during which it began
 * @step: its step, whose span has what happens during it
 * @at: the request that is being carried out
 * @crash: (owned) (nullable): the database as the crash left it; what the run does from there on is
 * undone
 * @cancellable: (owned) (nullable): for who loses patience
 *
 * A run that goes on.
 */
typedef struct _SimRun SimRun;

struct _SimRun
{
  SimRun *outer;
  SimDevice *device;
  guint step;
  guint at;
  guint n_requests;
  guint n_commits;
  GBytes *crash;
  GCancellable *cancellable;
};

/**
 * Sim:
 * @written: what somebody wrote
 * @superseded: written over, or deleted, by who saw it
 * @excused: gone with a database or a cloud that was replaced
 * @recorded: found in a record
 * @moved: what got another key: it may stay there when the row under the old one is deleted
 * @strict: no old state comes back
 * @alone: one database that is never copied, and nobody else writes
 * @silent: the cloud went back without saying so
 *
 * A schedule while it is carried out.
 */
typedef struct
{
  const SimSchedule *schedule;
  const SimShape *shape;
  SimCloud *cloud;
  SyncClock *clock;
  GPtrArray *devices; /* (element-type SimDevice) */
  SimRun *run;
  guint n_keys;
  guint next_value;
  SimValues written;
  SimValues superseded;
  SimValues excused;
  SimValues recorded;
  SimValues moved;
  gboolean strict;
  gboolean alone;
  gboolean silent;
  gboolean verbose;
  guint depth;
  SimOutcome *outcome;
} Sim;

void sim_say (Sim *sim, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* The first failure counts. */
void sim_fail (Sim *sim, const char *check, const char *format, ...) G_GNUC_PRINTF (3, 4);
gboolean sim_has_failed (Sim *sim);
void sim_trace (Sim *sim, gconstpointer data, gsize length);
void sim_advance (Sim *sim, gint64 microseconds);
SimDevice *sim_pick_device (Sim *sim, int number);
SimDevice *sim_add_device (Sim *sim);
void sim_carry_out_step (Sim *sim, guint index);

/* sim-acts.c */
void sim_act (Sim *sim, const SimStep *step);
void sim_write (Sim *sim, SimDevice *device, const char *sql);
gboolean sim_resolve (Sim *sim, SimDevice *device, guint which, guint choice, guint field);
void sim_retry (SimDevice *device);
void sim_set_hidden (Sim *sim, guint table, guint key, gboolean hidden);
void sim_set_enabled (SimDevice *device, const char *table, gboolean enabled);
/* The values that are there in the cloud. */
void sim_add_cloud (Sim *sim, const SimContents *contents, SimValues *values);
void sim_take_commit (SimTransaction *transaction, const SimContents *before, gpointer data);

/* sim-runs.c */
void sim_run (Sim *sim, guint index);
SyncResult *
sim_run_device (Sim *sim, SimDevice *device, SyncRunKind kind, const SyncRunOptions *options);
void sim_verify (Sim *sim, guint index);
/* (transfer full) */
SyncVerifyResult *sim_verify_device (Sim *sim, SimDevice *device, gboolean all, gboolean heal);
void sim_collect_records (Sim *sim, SimDevice *device);
gboolean sim_is_busy (Sim *sim, SimDevice *device);
SimHooks sim_make_hooks (Sim *sim);
void sim_watch_commit (gpointer sim);

/* sim-check.c */
void sim_heal_and_check (Sim *sim);

G_END_DECLS
