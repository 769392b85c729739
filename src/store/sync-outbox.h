/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-ledger.h"
#include "sync-table.h"

G_BEGIN_DECLS

/* Whether a row's turn has come at the time that is asked for. No server is given more than an hour, so a
 * turn that is two hours ahead was set by a clock that was set back since: it says nothing. */
#define SYNC_OUTBOX_TURN_CAME(now) \
  "(c.next_attempt_at IS NULL OR c.next_attempt_at <= " now \
  " OR c.next_attempt_at > " now " + 7200000000) "

/**
 * SyncComposeOptions:
 * @deletions: tombstones, else rows that are there
 * @max_rows: at most so many rows
 * @max_bytes: at most so many bytes of JSON, but at least one row
 * @reached_head: a pull of this run reached the head that the run began with: what was created and deleted
 *   meanwhile needs not travel
 * @has_types: a column there holds values of its codec's type only: a key of another type would come back as another
 *   key, and is refused
 * @clock_offset: the cloud's clock minus ours, microseconds
 * @device_id: this device
 * @run_id: this run
 * @after: (nullable): ids up to this one had their turn
 * @first_batch: the batch gets this number at least: batches of earlier runs have lower ones
 * @together: (nullable): entities whose rows are sent before: none that refers to a new one of theirs waits for it (see
 *   sync-parents.c)
 */
typedef struct
{
  gboolean deletions;
  guint max_rows;
  gsize max_bytes;
  gboolean reached_head;
  gboolean has_types;
  gint64 clock_offset;
  const char *device_id;
  const char *run_id;
  const char *after;
  gint64 first_batch;
  const char *const *together;
} SyncComposeOptions;

/* One row of a batch. */
typedef struct
{
  char *id;
  gint64 seq;
  gint64 base_version;
  gboolean deleted;
  gboolean won;
  gint64 version;         /* that it won */
  gboolean changed_there; /* another trigger of the cloud had its hand in it */
  gboolean gone;          /* from the outbox */
  gsize start; /* of its element in the body */
  gsize end;   /* of its columns there: the element without stamps and closing brace */
} SyncBatchRow;

/**
 * SyncBatch:
 *
 * Rows on their way to the cloud: what travels, and what to do when the answer comes.
 */
typedef struct
{
  gint64 number;     /* in psync_batch; 0: nothing was due */
  SyncEntity *entity;
  GString *body;     /* what is stored: without run_id */
  GBytes *wire;      /* what travels */
  GArray *rows;      /* (element-type SyncBatchRow) */
  char *last_id;     /* (nullable): where the next batch goes on */
  gboolean more;     /* there may be more due rows */
  GPtrArray *refused; /* (element-type utf8): the ids of rows that cannot travel at all */
} SyncBatch;

void sync_batch_free (SyncBatch *batch);

/* For a cloud whose columns have types. ROW_REFUSED: it would make another value of one. */
gboolean sync_outbox_check_types (const SyncEntity *entity, const SyncRow *row, GError **error);
/* Takes due rows into a batch and remembers the send, in one transaction. (transfer full) */
SyncBatch *sync_outbox_compose (SyncStore *store, const SyncEntity *entity,
                                const SyncComposeOptions *options, GError **error);
/* The rows `first` … `first + n` of a batch that surely failed as a batch of their own. */
SyncBatch *sync_outbox_split (SyncStore *store, SyncBatch *batch, guint first, guint n, const char *run_id,
                              GError **error);
/* The answer: a JSON array naming the rows that won. *top: the newest version in it. */
gboolean sync_outbox_acknowledge (SyncStore *store, SyncBatch *batch, GBytes *answer, const char *run_id,
                                  gint64 run, SyncCounts *counts, gint64 *top, GError **error);
/* The cloud surely rolled it back. */
gboolean sync_outbox_roll_back (SyncStore *store, SyncBatch *batch, GError **error);
/* The batch's only row is at fault, or too much by itself. */
gboolean sync_outbox_refuse (SyncStore *store, SyncBatch *batch, const GError *reason, GError **error);
/* To be tried again; after max_attempts the rows are `failed`. */
gboolean sync_outbox_defer (SyncStore *store, SyncBatch *batch, gint64 next_attempt_at, guint max_attempts,
                            const GError *reason, GError **error);

gboolean sync_outbox_refuse_row (SyncStore *store, const SyncEntity *entity, const char *id,
                                 const GError *reason, gboolean as_sent, GError **error);

/* Whether anything of the enabled entities is due or has to be read again. */
gboolean sync_outbox_has_work (SyncStore *store, gint64 now, gboolean *work, GError **error);

/* Rows that need a look by key: sent in a batch from `first_batch` on and not settled, or to be read again;
 * in order, those behind `after`. (element-type utf8) */
GPtrArray *sync_outbox_list_unexplained (SyncStore *store, const SyncEntity *entity, gint64 first_batch,
                                         const char *after, guint limit, GError **error);
/* The number that the next batch will get, at least. */
gboolean sync_outbox_next_batch (SyncStore *store, gint64 *number, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncBatch, sync_batch_free)

G_END_DECLS
