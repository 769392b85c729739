/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-row.h"
#include "sync-store.h"

G_BEGIN_DECLS

/* The ledger: what is known of each row (psync_row), what waits (psync_change) and what was sent and is
 * not settled (psync_batch, psync_sent). Small steps for apply, outbox and recovery, inside their
 * transactions. */

/**
 * SyncRowState:
 * @known: whether there is a psync_row
 * @version: its version
 * @base: (owned) (nullable): its base; %NULL: known deleted, or unknown
 * @pending: whether the outbox has it
 * @seq: the outbox's count of local edits
 * @refused: whether it is not sent before somebody edits it or asks for it
 * @changed_at: when it was last edited here by this computer's clock, or SYNC_TIME_UNKNOWN
 * @held: whether a remote is held
 * @held_version: its version; 0: none, or a tombstone that was purged there
 * @conflict: the open conflict's number, 0: none
 * @conflict_version: the remote version in it
 * @sent: whether sends are unsettled
 */
typedef struct
{
  gboolean known;
  gint64 version;
  char *base;
  gboolean pending;
  gint64 seq;
  gboolean maybe_sent;
  gboolean reread;
  gboolean refused;
  gint64 changed_at;
  gboolean held;
  gint64 held_version;
  gint64 conflict;
  gint64 conflict_version;
  gboolean sent;
} SyncRowState;

void sync_row_state_clear (SyncRowState *state);
gboolean sync_ledger_load (SyncStore *store, const SyncEntity *entity, const char *id, SyncRowState *state,
                           GError **error);

/* The version and the base alone: where nothing of the entity waits, is held, open or unsettled. */
gboolean sync_ledger_load_known (SyncStore *store, const SyncEntity *entity, const char *id,
                                 SyncRowState *state, GError **error);
gboolean sync_ledger_is_quiet (SyncStore *store, const SyncEntity *entity, gboolean *quiet, GError **error);
/* Whether nothing of the entity is held, open or unsettled, whatever waits. */
gboolean sync_ledger_is_free (SyncStore *store, const SyncEntity *entity, gboolean *is_free, GError **error);

gboolean sync_ledger_put_base (SyncStore *store, const SyncEntity *entity, const char *id, gint64 version,
                               const char *base, gssize length, GError **error);
/**
 * SyncBase:
 * @id: (not owned): a row's id
 * @version: the version that it has in the cloud
 * @contents: its contents there; of length 0: deleted
 */
typedef struct
{
  const char *id;
  gint64 version;
  SyncSpan contents;
} SyncBase;

gboolean sync_ledger_put_bases (SyncStore *store, const SyncEntity *entity, const SyncBase *bases, guint n_bases,
                                GError **error);
/* SYNC_MANY_ROWS bases by one statement, only where there are none yet: all of them, or none and
 * SYNC_ERROR_CONSTRAINT. */
gboolean sync_ledger_put_new_bases (SyncStore *store, const SyncEntity *entity, const SyncBase *bases, GError **error);
/* Only where there is none yet. */
gboolean sync_ledger_put_new_base (SyncStore *store, const SyncEntity *entity, const char *id, gint64 version,
                                   const char *base, gssize length, gboolean *is_new, GError **error);
/* A row that is kept, or put back, although it is known deleted: others may do the same, and it is one row. */
gboolean sync_ledger_doubt_revival (SyncStore *store, const SyncEntity *entity, const char *id, GError **error);
gboolean sync_ledger_clear_maybe_sent (SyncStore *store, const SyncEntity *entity, const char *id,
                                       GError **error);
gboolean sync_ledger_forget_base (SyncStore *store, const SyncEntity *entity, const char *id,
                                  GError **error);

/* Queues a row whose time of change is not known. */
gboolean sync_ledger_queue (SyncStore *store, const SyncEntity *entity, const char *id, GError **error);
/* As sync_ledger_queue(), edited now. */
gboolean sync_ledger_touch (SyncStore *store, const SyncEntity *entity, const char *id, gint64 now,
                            GError **error);
gboolean sync_ledger_set_reread (SyncStore *store, const SyncEntity *entity, const char *id,
                                 gboolean reread, GError **error);
gboolean sync_ledger_forget_edits (SyncStore *store, const SyncEntity *entity, const char *id, GError **error);
/* A newer version lifts a refusal. */
gboolean sync_ledger_lift_refusal (SyncStore *store, const SyncEntity *entity, const char *id,
                                   GError **error);
/* A row that is only to be read again has the seq 0, so that is a seq like any other. */
#define SYNC_ANY_SEQ (-1)
/* Takes the row out of the outbox if nothing about it is open and it is still at this seq. */
gboolean sync_ledger_drop_change (SyncStore *store, const SyncEntity *entity, const char *id, gint64 seq,
                                  GError **error);

/* One unsettled send of a row. */
typedef struct
{
  gint64 batch;
  gint64 base_version;
  gboolean deleted;
  SyncRow *row; /* (owned): its columns as sent */
} SyncSend;

void sync_send_free (SyncSend *send);
/* (element-type SyncSend) (transfer full): with a base_version below `below` */
GPtrArray *sync_ledger_load_sends (SyncStore *store, const SyncEntity *entity, const char *id,
                                   gint64 below, GError **error);
/* Settles them. */
gboolean sync_ledger_settle (SyncStore *store, const SyncEntity *entity, const char *id, gint64 below,
                             GError **error);
gboolean sync_ledger_settle_batch (SyncStore *store, gint64 batch, GError **error);
/* For the only batch there is. */
gboolean sync_ledger_settle_all (SyncStore *store, GError **error);
/* Whether nothing else is unsettled: a batch goes with its last send. */
gboolean sync_ledger_is_only_batch (SyncStore *store, gint64 batch, gboolean *only, GError **error);
/* Forgets batches without unsettled sends. */
gboolean sync_ledger_trim_batches (SyncStore *store, GError **error);

/* Marks what the running statement writes, for the triggers. */
gboolean sync_ledger_begin_applying (SyncStore *store, const SyncEntity *entity, const char *id,
                                     GError **error);
gboolean sync_ledger_end_applying (SyncStore *store, GError **error);

gboolean sync_ledger_trace (SyncStore *store, gint64 run, const SyncEntity *entity, const char *id,
                            gint64 version, const char *direction, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (SyncRowState, sync_row_state_clear)

G_END_DECLS
