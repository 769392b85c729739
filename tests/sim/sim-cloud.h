/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-clock.h"
#include "sync-cloud-state.h"
#include "sync-provider.h"

#include "sim-shape.h"

G_BEGIN_DECLS

#define SIM_N_USERS 2
/* A writer without a user: the SQL editor, the service role. */
#define SIM_NO_USER SIM_N_USERS
/* How many commits a replica may be behind. */
#define SIM_MAX_LAG 4

/* Ways to break the cloud, for tests of the simulation. */
typedef enum
{
  SIM_CLOUD_RIGHT,
  SIM_CLOUD_PLAIN_SEQUENCE, /* no locks: versions are handed out when a row is written, and seen
                               when it is committed */
  SIM_CLOUD_TIMESTAMPS,     /* the version is the time at which the transaction began */
  SIM_CLOUD_NO_COMPARE,     /* takes a row whatever it is based on */
  SIM_CLOUD_NO_HORIZON,     /* purges without telling */
  SIM_CLOUD_LEAKS,          /* shows a user the rows of another */
  SIM_CLOUD_BY_DEVICE,      /* leaves out echoes by the device instead of the run */
} SimCloudFault;

/* Rules of the cloud's owner, which come and go. */
typedef enum
{
  SIM_RULE_CHECK,  /* a constraint refuses values with a mark */
  SIM_RULE_IGNORE, /* a trigger leaves out rows with another mark */
  SIM_RULE_TOUCH,  /* a trigger changes every row */
  SIM_RULE_UNIQUE, /* `x` is unique among the living */
  SIM_N_RULES,
} SimRule;

/**
 * SimRow:
 * @key: (owned): the key column's JSON
 * @values: (owned): each column's JSON
 *
 * One version of a row. Never changed once it is in the cloud.
 */
typedef struct
{
  guint refs;
  char *key;
  char *values[SIM_MAX_COLUMNS];
  gint64 version;
  gint64 deleted_at; /* 0: it lives */
  gint64 edited_at;
  char *device; /* (nullable) */
  char *run;    /* (nullable) */
} SimRow;

/**
 * SimContents:
 * @rows: (element-type SimRow)
 * @devices: (element-type SyncDevice)
 *
 * All that a cloud knows at one moment.
 */
typedef struct
{
  GPtrArray *rows[SIM_N_USERS][SIM_MAX_TABLES];
  gint64 horizons[SIM_N_USERS][SIM_MAX_TABLES];
  GPtrArray *devices;
  char *epoch;
  gint64 sequence;
} SimContents;

typedef struct _SimCloud SimCloud;

/**
 * SimTransaction:
 * @writer: a user, or SIM_NO_USER
 * @began: when, which is what an `updated_at` cursor would go by
 * @patience: how often others are turned away before it commits of itself
 * @foreign: whether it is no client's of ours
 * @writes: what it wrote
 *
 * A transaction that is open.
 */
typedef struct
{
  SimCloud *cloud;
  guint writer;
  gint64 began;
  guint patience;
  gboolean foreign;
  struct
  {
    guint user;
    guint table;
    SimRow *row;
  } writes[32];
  guint n_writes;
} SimTransaction;

/**
 * SimCommittedFunc:
 * @transaction: what becomes visible at this moment
 * @before: what was visible until now
 */
typedef void (*SimCommittedFunc) (SimTransaction *transaction,
                                  const SimContents *before,
                                  gpointer data);

struct _SimCloud
{
  const SimShape *shape;
  SyncClock *clock;
  SimContents *now;
  GQueue history; /* (element-type SimContents): what replicas may still show, newest first */
  GPtrArray *transactions; /* (element-type SimTransaction): open ones */
  SimContents *saved;      /* (nullable) */
  gboolean rules[SIM_N_RULES];
  gboolean hidden[SIM_MAX_TABLES]
                 [32]; /* by row-level security of the owner's own, by the key's number */
  guint next_epoch;
  guint touches;
  SimCloudFault fault;
  SimCommittedFunc committed;
  gpointer committed_data;
};

SimCloud *sim_cloud_new (const SimShape *shape, SyncClock *clock, SimCloudFault fault);
void sim_cloud_free (SimCloud *cloud);

/* Writers. LATER: another one holds the lock. */
SimTransaction *sim_cloud_begin (SimCloud *cloud, guint writer, GError **error);
void sim_transaction_commit (SimTransaction *transaction);
void sim_transaction_roll_back (SimTransaction *transaction);
/* A client's upsert with base versions. NULL: an error of one row, all of it is to be rolled back.
 * (transfer full) */
GBytes *
sim_transaction_push (SimTransaction *transaction, guint table, GBytes *rows, GError **error);
/* Anybody's: `values` NULL: deletes; a NULL among them: as it was, or null. FALSE: nothing there.
 */
gboolean sim_transaction_write (SimTransaction *transaction,
                                guint user,
                                guint table,
                                const char *key,
                                const char *const *values);
/* A new version with nothing new in it, of a tombstone too. */
void sim_transaction_touch (SimTransaction *transaction, guint user, guint table, const char *key);
gboolean sim_transaction_rename (SimTransaction *transaction,
                                 guint user,
                                 guint table,
                                 const char *key,
                                 const char *new_key);

/* Readers; lag: by so many commits a replica is behind. (transfer full) */
SyncCloudState *sim_cloud_get_state (SimCloud *cloud, guint lag);
GBytes *sim_cloud_pull (SimCloud *cloud,
                        guint table,
                        const SyncPullQuery *query,
                        const char *device,
                        guint lag);
GBytes *sim_cloud_fetch (SimCloud *cloud, guint table, GBytes *keys, guint lag);
SyncDigest *sim_cloud_digest (SimCloud *cloud, guint table, const SyncEntity *entity, const char *prefix,
                              guint lag);
void sim_cloud_put_device (SimCloud *cloud, const SyncDevice *device);
/* The row as it is now, tombstones too. */
const SimRow *sim_cloud_find (SimCloud *cloud, guint user, guint table, const char *key);

/* What its owner does. */
void sim_cloud_save (SimCloud *cloud);
gboolean sim_cloud_restore (SimCloud *cloud); /* FALSE: nothing was saved */
void sim_cloud_renew_epoch (SimCloud *cloud);
void sim_cloud_replace (SimCloud *cloud);
void sim_cloud_purge (SimCloud *cloud);
void sim_cloud_set_hidden (SimCloud *cloud, guint table, guint key, gboolean hidden);
void sim_cloud_set_active (SimCloud *cloud, const char *device, gboolean active);
gboolean sim_cloud_is_hidden (SimCloud *cloud, guint table, const char *key);

G_END_DECLS
