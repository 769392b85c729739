/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-digest.h"
#include "sync-ledger.h"
#include "sync-table.h"

G_BEGIN_DECLS

/**
 * SyncVerify:
 * @cursor: versions up to it were read; what is above is news, and no difference
 * @n_clean: living rows without a pending change that are as they were last synced, and as the cloud has them
 *   as far as it was asked
 * @n_contents: rows of the cloud whose contents were compared
 * @n_waiting: rows with a change that waits, held or in conflict
 * @n_different: rows that are not as they should be …
 * @differences: (element-type SyncDifference): … the first %SYNC_MAX_DIFFERENCES of them
 * @missing_from: the lowest version of a row that was never read here, 0: none
 * @sample: (element-type utf8): ids of rows, chosen at random
 * @here: what is known of the cloud's rows
 * @there: what pages said of them
 * @leaves: (element-type utf8 …): prefixes of checksums behind which something differs
 * @listed: (element-type utf8): the ids behind them
 *
 * This device's side of a comparison of one entity with the cloud, held rows and open conflicts with what is
 * known from them. On the worker's thread, in slices: each call does a little, so that others have their turn in
 * between. A difference is marked in the database as it is found, so that the next run heals it whatever happens to
 * this one: what was not captured is queued, other rows are read again.
 */
typedef struct
{
  SyncStore *store;   /* (unowned) */
  SyncEntity *entity; /* (owned) */
  gint64 cursor;
  guint64 n_clean;
  guint64 n_contents;
  guint64 n_waiting;
  guint64 n_different;
  GPtrArray *differences;
  gint64 missing_from;
  GPtrArray *sample;
  SyncDigestTable here;
  SyncDigestTable there;
  GHashTable *leaves;
  GPtrArray *listed;

  /*< private >*/
  guint sample_size;
  guint64 n_sampled;    /* rows that had a chance to be in the sample */
  GRand *random;        /* (owned) */
  SyncTable *table;     /* (unowned): of this step */
  SyncDigester *digester;
  SyncRow *row;
  SyncRow *base;
  GString *id;
  GString *json;
  GHashTable *different; /* (element-type utf8): so that a row is named once */
  GPtrArray *to_queue;   /* (element-type utf8) */
  GPtrArray *to_reread;  /* (element-type utf8) */
  gboolean ledger_done;
  char *after;           /* (nullable): what the next slice begins behind */
  GBytes *page;          /* (nullable) */
  SyncJsonReader reader;
} SyncVerify;

SyncVerify *sync_verify_new (SyncStore *store, const SyncEntity *entity, guint sample_size);
void sync_verify_free (SyncVerify *verify);
/* First of all whenever the worker goes on with it. */
gboolean sync_verify_enter (SyncVerify *verify, GError **error);

/* The ledger against the table, and the table against the ledger. */
gboolean sync_verify_look_here (SyncVerify *verify, gboolean *done, GError **error);
/* The ids behind the leaves. */
gboolean sync_verify_list (SyncVerify *verify, gboolean *done, GError **error);
/* Keys of some ids, for SyncProvider's fetch. (transfer full) */
GBytes *sync_verify_dup_keys (SyncVerify *verify, GPtrArray *ids, guint first, guint n, GError **error);

/* What came for those keys. *n_living: how many rows live there. */
gboolean sync_verify_judge (SyncVerify *verify, GPtrArray *ids, guint first, guint n, GBytes *rows,
                            guint64 *n_living, GError **error);
/* A page of the cloud's rows, slice by slice, from the first page on. *last_version: of the row read last. */
gboolean sync_verify_begin_page (SyncVerify *verify, GBytes *page, GError **error);
gboolean sync_verify_read_page (SyncVerify *verify, gboolean *done, gint64 *last_version, GError **error);
/* Of a page behind the cursor: rows behind the leaves that are new here. */
gboolean sync_verify_count_news (SyncVerify *verify, GBytes *page, guint64 *n, GError **error);
/* Rows that were never read: the next pull begins before them. */
gboolean sync_verify_end (SyncVerify *verify, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncVerify, sync_verify_free)

/* For sync-verify-rows.c. */
void sync_verify_note (SyncVerify *verify, const char *id, SyncDifferenceKind kind, gboolean clean);
gboolean sync_verify_flush (SyncVerify *verify, GError **error);
gboolean sync_verify_is_behind_leaf (SyncVerify *verify);

G_END_DECLS
