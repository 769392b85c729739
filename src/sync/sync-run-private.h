/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-call.h"
#include "sync-outbox.h"
#include "sync-recovery.h"
#include "sync-resolver.h"
#include "sync-run.h"

G_BEGIN_DECLS

/* Rows of a page and of a batch unless somebody says otherwise. Servers may cap pages lower. */
#define SYNC_PAGE_ROWS 2000
#define SYNC_BATCH_ROWS 1000
#define SYNC_BATCH_BYTES (1024 * 1024)
/* A page beyond this many bytes was too many rows. */
#define SYNC_PAGE_BYTES (8 * 1024 * 1024)

/* One entity on its way through a run. */
typedef struct
{
  SyncEntity *entity;     /* (owned) */
  SyncResolver *resolver; /* (owned) */
  SyncCursor cursor;
  gint64 head;
  gint64 horizon;
  gint64 top;       /* our newest version in it */
  gboolean reached; /* a pull of this run reached the head that it began with */
  guint64 n_moved;  /* rows that came or were taken */
  guint n_hindered; /* rows refused in this run for the sake of others */
  guint64 n_tried;  /* of it and its parents, when rows that those hindered were last tried again */
  guint n_again;    /* how many were tried then … */
  guint n_others;   /* … and how many of this run's were not */
  SyncApplyPolicy policy;
} SyncLeg;

/**
 * SyncRun:
 *
 * One run. Its story is told in its own thread; each step at the database is done by the worker, each step at
 * the cloud by the main context.
 */
typedef struct
{
  const SyncRunSetup *setup;
  SyncClock *clock;     /* (unowned) */
  SyncResult *result;   /* (owned) by who called */
  char *run_id;         /* (owned): in memory only, on every row that it pushes */
  gint64 began;         /* monotonic */
  SyncCloudState *state; /* (owned) */
  GPtrArray *legs;      /* (owned) (element-type SyncLeg), parents first */
  char *device_id;      /* (owned) */
  char *device_name;    /* (owned) */
  char *device_known_name; /* (owned) (nullable): as the cloud was told last */
  char *cloud_url;      /* (owned) (nullable): what this database was synced with */
  char *cloud_user;     /* (owned) (nullable) */
  char *epoch;          /* (owned) (nullable) */
  gint64 clock_offset;
  gint64 acknowledged;  /* the newest version acknowledged */
  gint64 device_version; /* what our device row said last; -1: we have none */
  gint64 device_time;    /* when it was last written, by the cloud's clock; G_MININT64: never */
  gint64 first_batch;   /* of this run */
  guint page_rows;
  guint batch_rows;
  gint64 batch_limit;   /* 0: none; after a push that broke off batches are smaller for a while */
  gboolean pushed;      /* anything in this round */
  gboolean explained;   /* rows that a push of this round did not settle */
  gboolean restart;     /* what it knew does not hold any more: from the start */
  gboolean anew;        /* all that was known of the cloud is forgotten: a late replica would be believed */
  char *unfinished;     /* (owned) (nullable): the entity whose pages did not end before the run was old */
  gboolean discarded;   /* what was not sent, as it was wanted */
  gboolean changed;     /* anything at all was moved */
  SyncProviderUsage usage; /* when it began */
  GRand *random;        /* (owned) */
} SyncRun;

typedef gboolean (*SyncRunStep) (SyncRun *run, gpointer data, GError **error);

/* Does a step on the worker's thread and waits for it. */
gboolean sync_run_step (SyncRun *run, SyncRunStep step, gpointer data, GError **error);
gboolean sync_run_is_cancelled (SyncRun *run, GError **error);
gboolean sync_run_is_old (SyncRun *run);
/* Waits before the next attempt, or gives up: FALSE. */
gboolean sync_run_back_off (SyncRun *run, guint attempt, const GError *reason);
/* What was asked for was as little as can be, and took too long all the same: that is about the cloud, and may end by
 * itself. */
void sync_run_blame_cloud (GError *error);
void sync_run_tell (SyncRun *run, SyncPhase phase, const SyncLeg *leg, guint64 current, guint64 total,
                    double fraction);
void sync_run_take_news (SyncRun *run, SyncLeg *leg, const SyncCounts *counts, GArray *conflicts);
SyncStore *sync_run_get_store (SyncRun *run);
gboolean sync_run_ensure_history (SyncRun *run, GError **error);
/* On the worker's thread: for those who ask later which rows a run had trouble with. */
gboolean sync_run_trace_refused (SyncRun *run, const SyncEntity *entity, const char *id, GError **error);

/* sync-run-prepare.c */
gboolean sync_run_prepare (SyncRun *run, gpointer data, GError **error);
/* sync-run-pull.c */
gboolean sync_run_pull_all (SyncRun *run, gboolean again, GError **error);
gboolean sync_run_retry_held (SyncRun *run, guint *n_applied, GError **error);
/* sync-run-push.c */
gboolean sync_run_push_all (SyncRun *run, GError **error);
/* sync-run-explain.c */
gboolean sync_run_explain_all (SyncRun *run, GError **error);
/* sync-run-check.c */
gboolean sync_run_check_cloud (SyncRun *run, GError **error);
gboolean sync_run_reset (SyncRun *run, const char *reason, GError **error);
gboolean sync_run_put_device (SyncRun *run, GError **error);
/* sync-run-dry.c */
typedef SyncResult *(*SyncRunExecute) (const SyncRunSetup *setup);
SyncResult *sync_run_execute_on_copy (const SyncRunSetup *setup, SyncRunExecute execute);
gboolean sync_run_count_pushes (SyncRun *run, gpointer data, GError **error);

G_END_DECLS
