/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-error.h"

G_BEGIN_DECLS

/* The value types that the store gives out: plain copies, free to cross threads. All times are
 * microseconds since 1970 in UTC; G_MININT64 (SYNC_TIME_UNKNOWN): unknown or never. */

#define SYNC_TIME_UNKNOWN G_MININT64

typedef enum
{
  SYNC_RUN_SYNC,
  SYNC_RUN_SEED,
  SYNC_RUN_HYDRATE,
} SyncRunKind;

typedef enum
{
  SYNC_OUTCOME_RUNNING,   /* or killed while it ran */
  SYNC_OUTCOME_DONE,
  SYNC_OUTCOME_NOTHING,   /* there was nothing to do */
  SYNC_OUTCOME_FAILED,
  SYNC_OUTCOME_CANCELLED,
  SYNC_OUTCOME_STOPPED,   /* by the brake, a revoked device, another cloud */
} SyncOutcome;

/**
 * SyncCounts:
 * @pulled: rows written here because they changed elsewhere (deletions included)
 * @pushed: rows that the cloud took (deletions included)
 * @deleted: rows deleted here or there
 * @merged: rows changed on both sides that came together without a person
 * @conflicts: conflicts left for a person
 * @refused: rows that the cloud refused
 * @held: rows from the cloud that the local table refused
 */
typedef struct
{
  guint64 pulled;
  guint64 pushed;
  guint64 deleted;
  guint64 merged;
  guint64 conflicts;
  guint64 refused;
  guint64 held;
} SyncCounts;

typedef struct
{
  char *entity;
  SyncCounts counts;
} SyncEntityCounts;

/**
 * SyncResult:
 * @run: its number in the history, 0 if it left no record
 * @total: sums over the entities
 * @entities: (element-type SyncEntityCounts): those that something happened to
 * @error: (nullable): why it did not end well
 * @repeats: how many further runs with nothing to do this record stands for
 *
 * One run: what SyncManager answers with and what the history keeps.
 */
typedef struct
{
  gint64 run;
  SyncRunKind kind;
  SyncOutcome outcome;
  gint64 started_at;
  gint64 finished_at;
  SyncCounts total;
  GPtrArray *entities;
  guint64 requests;
  guint64 bytes_sent;
  guint64 bytes_received;
  guint64 repeats;
  gboolean dry_run;
  GError *error;
} SyncResult;

/**
 * SyncChange:
 * @id: the row's id: its key values as SQL literals, joined by commas
 * @state: `pending`, `refused` or `failed`
 * @operation: `insert`, `update` or `delete`
 * @changed_at: when, or SYNC_TIME_UNKNOWN
 * @next_attempt_at: SYNC_TIME_UNKNOWN: with the next run
 * @error_code: (nullable): a code name of sync_error_code_name()
 * @reason: (nullable): SQLSTATE or alike
 * @column: (nullable)
 *
 * One row waiting in the outbox.
 */
typedef struct
{
  char *entity;
  char *id;
  char *state;
  char *operation;
  gint64 seq;
  gint64 changed_at;
  guint attempts;
  gint64 next_attempt_at;
  char *error_code;
  char *reason;
  char *column;
} SyncChange;

/**
 * SyncQueueStats:
 * @pending: rows that the next runs send
 * @refused: rows that the cloud refused
 * @failed: rows that failed too often
 * @held: rows from the cloud that the local table refused
 * @unsettled: sends without an answer yet
 * @bytes: what the queue takes in the file, roughly
 * @oldest_change_at: of the rows whose time is known, or SYNC_TIME_UNKNOWN
 */
typedef struct
{
  guint64 pending;
  guint64 refused;
  guint64 failed;
  guint64 held;
  guint64 unsettled;
  guint64 bytes;
  gint64 oldest_change_at;
} SyncQueueStats;

/* A row from the cloud that the local table refused. */
typedef struct
{
  char *entity;
  char *id;
  gint64 version;
  char *reason; /* unique, check, not-null, foreign-key, column, children, type, other */
  char *detail; /* (nullable): the constraint or column */
  gint64 held_at;
} SyncHeld;

/**
 * SyncConflict:
 * @number: names it
 * @kind: `edit-edit`, `edit-delete` (edited here, deleted there), `delete-edit`, or a record:
 *   `overwritten`, `cascade`, `scan`, `discard`, `seed`
 * @state: `open`, `resolved` or `undone`
 * @base: (nullable): the row as last synced, a JSON object
 * @local: (nullable): this device's row; %NULL: deleted here
 * @remote: (nullable): the other side's row; %NULL: deleted there
 * @columns: (array zero-terminated=1): the columns changed on both sides
 * @result: (nullable): what the row became; %NULL: deleted, or still open
 * @resolution: (nullable): `local`, `remote`, `merged`, `both`
 * @resolved_by: (nullable): `user`, or the strategy or rule
 * @can_keep_both: whether a copy with a new id can be made (not for natural keys)
 */
typedef struct
{
  gint64 number;
  char *entity;
  char *id;
  char *kind;
  char *state;
  char *base;
  char *local;
  char *remote;
  gint64 remote_version;
  gint64 seq;
  gint64 local_time;
  gint64 remote_time;
  char *local_device;
  char *remote_device;
  GStrv columns;
  char *result;
  char *resolution;
  char *resolved_by;
  gint64 created_at;
  gint64 resolved_at;
  gboolean can_keep_both;
} SyncConflict;

/**
 * SyncTrace:
 * @number: names it
 * @run: the run
 * @direction: `pulled`, `pushed`, `refused` by the cloud, or `held`: refused by the local table
 * @version: the version that it had then, 0: none
 * @error_code: (nullable): of a refused row that still is: as in SyncChange
 * @reason: (nullable): of a refused row that still is: SQLSTATE or alike; of a held one that still is: as in
 *   SyncHeld
 * @column: (nullable): the column or constraint
 *
 * A row that a run moved, or could not.
 */
typedef struct
{
  gint64 number;
  gint64 run;
  char *entity;
  char *id;
  char *direction;
  gint64 version;
  char *error_code;
  char *reason;
  char *column;
} SyncTrace;

/**
 * SyncDay:
 * @start: its first moment
 * @pulled: rows that its runs pulled
 * @pushed: rows that its runs pushed
 * @runs: runs that began on it, those with nothing to do included
 * @failed: those of them that failed or were stopped
 *
 * What happened on one day of the calendar where this computer is.
 */
typedef struct
{
  gint64 start;
  guint64 pulled;
  guint64 pushed;
  guint64 runs;
  guint64 failed;
} SyncDay;

/* An entity and how it stands. */
typedef struct
{
  SyncEntity *entity;
  gint64 records;
  gint64 waiting;
  gint64 refused; /* refused and failed */
  gint64 held;
  gint64 conflicts;
  gint64 pulled_version;
  gint64 last_change_at;
} SyncEntityStatus;

/**
 * SyncStats:
 * @records: rows in the enabled entities' tables
 * @history: (element-type SyncResult): the newest runs
 */
typedef struct
{
  gint64 records;
  gint64 pending;
  gint64 failed; /* refused by the cloud, or failed too often */
  gint64 held;
  gint64 conflicts_open;
  gint64 conflicts_resolved;
  gint64 queue_bytes;
  gint64 last_sync_at;
  gint64 next_sync_at;
  GPtrArray *history;
} SyncStats;

/**
 * SyncDifferenceKind:
 * @SYNC_DIFFERENCE_MISSING_HERE: the cloud has a row that this device never read
 * @SYNC_DIFFERENCE_MISSING_THERE: the cloud does not have a row that it had
 * @SYNC_DIFFERENCE_OTHER_VERSION: the cloud has another version of the row than was read
 * @SYNC_DIFFERENCE_OTHER_CONTENTS: the version is the same, the contents are not
 * @SYNC_DIFFERENCE_UNCAPTURED: the row was changed here, and nobody noted it
 */
typedef enum
{
  SYNC_DIFFERENCE_MISSING_HERE,
  SYNC_DIFFERENCE_MISSING_THERE,
  SYNC_DIFFERENCE_OTHER_VERSION,
  SYNC_DIFFERENCE_OTHER_CONTENTS,
  SYNC_DIFFERENCE_UNCAPTURED,
} SyncDifferenceKind;

/* A row that is not as it should be. */
typedef struct
{
  char *entity;
  char *id;
  SyncDifferenceKind kind;
} SyncDifference;

/* So many differences are named; all are counted. */
#define SYNC_MAX_DIFFERENCES 1000

/**
 * SyncVerifyResult:
 * @rows: rows without a pending change whose keys and versions are equal here and in the cloud, and whose
 *   contents are as they were last synced
 * @contents: of how many rows the cloud's contents were read and compared
 * @waiting: rows with a change that waits, held or in conflict: queue and conflicts tell about them
 * @different: rows that were not as they should be
 * @differences: (element-type SyncDifference): the first %SYNC_MAX_DIFFERENCES of them
 * @healed: whether an ordinary sync followed and no difference was found any more
 * @sync: (nullable): the last ordinary sync that was part of it
 * @error: (nullable): why it did not come to its end
 *
 * What a verification found.
 */
typedef struct
{
  gint64 started_at;
  gint64 finished_at;
  guint64 rows;
  guint64 contents;
  guint64 waiting;
  guint64 different;
  GPtrArray *differences;
  gboolean healed;
  guint64 requests;
  SyncResult *sync;
  GError *error;
} SyncVerifyResult;

#define SYNC_TYPE_RESULT (sync_result_get_type ())
#define SYNC_TYPE_CHANGE (sync_change_get_type ())
#define SYNC_TYPE_HELD (sync_held_get_type ())
#define SYNC_TYPE_CONFLICT (sync_conflict_get_type ())
#define SYNC_TYPE_ENTITY_STATUS (sync_entity_status_get_type ())
#define SYNC_TYPE_STATS (sync_stats_get_type ())
GType sync_result_get_type (void);
GType sync_change_get_type (void);
GType sync_held_get_type (void);
GType sync_conflict_get_type (void);
GType sync_entity_status_get_type (void);
GType sync_stats_get_type (void);
#define SYNC_TYPE_VERIFY_RESULT (sync_verify_result_get_type ())
GType sync_verify_result_get_type (void);

SyncResult *sync_result_new (SyncRunKind kind);
SyncResult *sync_result_copy (const SyncResult *result);
void sync_result_free (SyncResult *result);
SyncCounts *sync_result_counts_for (SyncResult *result, const char *entity);
void sync_result_sum (SyncResult *result);
SyncChange *sync_change_copy (const SyncChange *change);
void sync_change_free (SyncChange *change);
SyncHeld *sync_held_copy (const SyncHeld *held);
void sync_held_free (SyncHeld *held);
#define SYNC_TYPE_TRACE (sync_trace_get_type ())
GType sync_trace_get_type (void);
SyncTrace *sync_trace_copy (const SyncTrace *trace);
void sync_trace_free (SyncTrace *trace);
SyncConflict *sync_conflict_copy (const SyncConflict *conflict);
void sync_conflict_free (SyncConflict *conflict);
SyncEntityStatus *sync_entity_status_copy (const SyncEntityStatus *status);
void sync_entity_status_free (SyncEntityStatus *status);
SyncStats *sync_stats_new (void);
SyncStats *sync_stats_copy (const SyncStats *stats);
void sync_stats_free (SyncStats *stats);

SyncDifference *sync_difference_new (const char *entity, const char *id, SyncDifferenceKind kind);
void sync_difference_free (SyncDifference *difference);
SyncVerifyResult *sync_verify_result_new (void);
SyncVerifyResult *sync_verify_result_copy (const SyncVerifyResult *result);
void sync_verify_result_free (SyncVerifyResult *result);

/* missing-here, missing-there, other-version, other-contents, uncaptured */
const char *sync_difference_kind_to_string (SyncDifferenceKind kind);
const char *sync_run_kind_to_string (SyncRunKind kind);       /* sync, seed, hydrate */
const char *sync_outcome_to_string (SyncOutcome outcome);     /* running, done, nothing, … */
gboolean sync_run_kind_from_string (const char *name, SyncRunKind *kind);
gboolean sync_outcome_from_string (const char *name, SyncOutcome *outcome);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncResult, sync_result_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVerifyResult, sync_verify_result_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncChange, sync_change_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncHeld, sync_held_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncTrace, sync_trace_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncConflict, sync_conflict_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncEntityStatus, sync_entity_status_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncStats, sync_stats_free)

G_END_DECLS
