/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stddef.h>

#include "sim.h"
#include "sync-ledger.h"
#include "sync-merge.h"
#include "sync-outbox.h"
#include "sync-run-private.h"

/* Engines that are wrong on purpose: the linker puts these functions in front of the engine's own
 * (`--wrap`). Each does what the engine does, but for one rule that it leaves out. */

typedef enum
{
  BREAK_NOTHING,
  BREAK_ACKNOWLEDGE_BY_ID,
  BREAK_NO_BASE,
  BREAK_SETTLE_UNNAMED,
  BREAK_CURSOR_BY_PUSH,
  BREAK_FORGET_SENDS,
  BREAK_REFUSAL_STOPS,
  BREAK_FORGET_DELETIONS,
  BREAK_NO_REREAD,
  BREAK_NO_RESET,
  BREAK_NO_WAIT,
  N_BREAKS,
} Break;

static const char *const names[N_BREAKS] = {
  [BREAK_NOTHING] = "nothing",
  [BREAK_ACKNOWLEDGE_BY_ID] = "acknowledge-by-id",
  [BREAK_NO_BASE] = "no-base",
  [BREAK_SETTLE_UNNAMED] = "settle-unnamed",
  [BREAK_CURSOR_BY_PUSH] = "cursor-by-push",
  [BREAK_FORGET_SENDS] = "forget-sends",
  [BREAK_REFUSAL_STOPS] = "refusal-stops",
  [BREAK_FORGET_DELETIONS] = "forget-deletions",
  [BREAK_NO_REREAD] = "no-reread",
  [BREAK_NO_RESET] = "no-reset",
  [BREAK_NO_WAIT] = "no-wait",
};

static Break broken;
static gboolean acknowledging;

static gboolean
break_engine (const char *name)
{
  broken = BREAK_NOTHING;
  for (guint i = 0; name != NULL && i < N_BREAKS; i++)
    {
      if (g_str_equal (names[i], name))
        broken = (Break) i;
    }
  return broken != BREAK_NOTHING;
}

__attribute__ ((constructor)) static void
offer (void)
{
  sim_break_engine = break_engine;
}

static gboolean
run_sql (SyncStore *store, const char *sql, const SyncEntity *entity, gint64 number, GError **error)
{
  SyncStatement *statement
      = sync_connection_prepare (sync_store_get_connection (store), sql, error);

  if (statement == NULL)
    return FALSE;
  sync_statement_bind_text (statement, 1, entity->name, -1);
  return sync_statement_run (sync_statement_bind_int64 (statement, 2, number), error);
}

/* --- What replies do -------------------------------------------------------------------------- */

gboolean __real_sync_outbox_acknowledge (SyncStore *store,
                                         SyncBatch *batch,
                                         GBytes *answer,
                                         const char *run_id,
                                         gint64 run,
                                         SyncCounts *counts,
                                         gint64 *top,
                                         GError **error);
gboolean __wrap_sync_outbox_acknowledge (SyncStore *store,
                                         SyncBatch *batch,
                                         GBytes *answer,
                                         const char *run_id,
                                         gint64 run,
                                         SyncCounts *counts,
                                         gint64 *top,
                                         GError **error);

/* The cursor, in the file and in the run that goes on. */
static gboolean
move_cursor (SyncStore *store, const SyncBatch *batch, gint64 *top, GError **error)
{
  SyncLeg *leg = (SyncLeg *) ((char *) top - offsetof (SyncLeg, top));

  leg->cursor.pulled_version = MAX (leg->cursor.pulled_version, *top);
  return run_sql (
      store, "UPDATE psync_entity SET pulled_version = max (pulled_version, ?2) WHERE name = ?1",
      batch->entity, *top, error);
}

gboolean
__wrap_sync_outbox_acknowledge (SyncStore *store,
                                SyncBatch *batch,
                                GBytes *answer,
                                const char *run_id,
                                gint64 run,
                                SyncCounts *counts,
                                gint64 *top,
                                GError **error)
{
  gboolean good;

  acknowledging = TRUE;
  good = __real_sync_outbox_acknowledge (store, batch, answer, run_id, run, counts, top, error);
  acknowledging = FALSE;
  if (good && broken == BREAK_SETTLE_UNNAMED)
    return sync_ledger_settle_batch (store, batch->number, error);
  if (good && broken == BREAK_CURSOR_BY_PUSH)
    return move_cursor (store, batch, top, error);
  return good;
}

gboolean __real_sync_ledger_drop_change (SyncStore *store,
                                         const SyncEntity *entity,
                                         const char *id,
                                         gint64 seq,
                                         GError **error);
gboolean __wrap_sync_ledger_drop_change (SyncStore *store,
                                         const SyncEntity *entity,
                                         const char *id,
                                         gint64 seq,
                                         GError **error);

gboolean
__wrap_sync_ledger_drop_change (SyncStore *store,
                                const SyncEntity *entity,
                                const char *id,
                                gint64 seq,
                                GError **error)
{
  if (acknowledging && broken == BREAK_ACKNOWLEDGE_BY_ID)
    seq = SYNC_ANY_SEQ;
  return __real_sync_ledger_drop_change (store, entity, id, seq, error);
}

gboolean __real_sync_ledger_set_reread (SyncStore *store,
                                        const SyncEntity *entity,
                                        const char *id,
                                        gboolean reread,
                                        GError **error);
gboolean __wrap_sync_ledger_set_reread (SyncStore *store,
                                        const SyncEntity *entity,
                                        const char *id,
                                        gboolean reread,
                                        GError **error);

gboolean
__wrap_sync_ledger_set_reread (SyncStore *store,
                               const SyncEntity *entity,
                               const char *id,
                               gboolean reread,
                               GError **error)
{
  if (acknowledging && broken == BREAK_NO_REREAD)
    return __real_sync_ledger_drop_change (store, entity, id, SYNC_ANY_SEQ, error);
  return __real_sync_ledger_set_reread (store, entity, id, reread, error);
}

/* --- What is sent ----------------------------------------------------------------------------- */

SyncBatch *__real_sync_outbox_compose (SyncStore *store,
                                       const SyncEntity *entity,
                                       const SyncComposeOptions *options,
                                       GError **error);
SyncBatch *__wrap_sync_outbox_compose (SyncStore *store,
                                       const SyncEntity *entity,
                                       const SyncComposeOptions *options,
                                       GError **error);

SyncBatch *
__wrap_sync_outbox_compose (SyncStore *store,
                            const SyncEntity *entity,
                            const SyncComposeOptions *options,
                            GError **error)
{
  SyncConnection *connection = sync_store_get_connection (store);
  gboolean relaxed = FALSE;
  SyncBatch *batch;

  /* What is sent is not on the disk yet. */
  if (broken == BREAK_NO_WAIT && !sync_connection_relax (connection, &relaxed, error))
    return NULL;
  batch = __real_sync_outbox_compose (store, entity, options, error);
  if (relaxed && !sync_connection_insist (connection, NULL))
    g_assert_not_reached ();
  if (batch != NULL && batch->number != 0 && broken == BREAK_FORGET_SENDS
      && !sync_ledger_settle_batch (store, batch->number, error))
    g_clear_pointer (&batch, sync_batch_free);
  return batch;
}

gboolean __real_sync_outbox_refuse (SyncStore *store,
                                    SyncBatch *batch,
                                    const GError *reason,
                                    GError **error);
gboolean __wrap_sync_outbox_refuse (SyncStore *store,
                                    SyncBatch *batch,
                                    const GError *reason,
                                    GError **error);

gboolean
__wrap_sync_outbox_refuse (SyncStore *store, SyncBatch *batch, const GError *reason, GError **error)
{
  if (broken != BREAK_REFUSAL_STOPS)
    return __real_sync_outbox_refuse (store, batch, reason, error);
  g_propagate_error (error, g_error_copy (reason));
  return FALSE;
}

/* --- What is known ---------------------------------------------------------------------------- */

SyncMergeKind __real_sync_merge_rows (const SyncDispute *dispute,
                                      SyncDecideFunc decide,
                                      gpointer decide_data,
                                      SyncRow *result,
                                      GArray *disputed,
                                      const char **by);
SyncMergeKind __wrap_sync_merge_rows (const SyncDispute *dispute,
                                      SyncDecideFunc decide,
                                      gpointer decide_data,
                                      SyncRow *result,
                                      GArray *disputed,
                                      const char **by);

/* Both sides and no base: the last write wins, whole. */
SyncMergeKind
__wrap_sync_merge_rows (const SyncDispute *dispute,
                        SyncDecideFunc decide,
                        gpointer decide_data,
                        SyncRow *result,
                        GArray *disputed,
                        const char **by)
{
  if (broken != BREAK_NO_BASE)
    return __real_sync_merge_rows (dispute, decide, decide_data, result, disputed, by);
  g_array_set_size (disputed, 0);
  sync_row_copy (result,
                 dispute->local_time > dispute->remote_time ? dispute->local : dispute->remote);
  return SYNC_MERGE_CLEAN;
}

gboolean __real_sync_ledger_put_base (SyncStore *store,
                                      const SyncEntity *entity,
                                      const char *id,
                                      gint64 version,
                                      const char *base,
                                      gssize length,
                                      GError **error);
gboolean __wrap_sync_ledger_put_base (SyncStore *store,
                                      const SyncEntity *entity,
                                      const char *id,
                                      gint64 version,
                                      const char *base,
                                      gssize length,
                                      GError **error);

/* What is deleted is forgotten. */
gboolean
__wrap_sync_ledger_put_base (SyncStore *store,
                             const SyncEntity *entity,
                             const char *id,
                             gint64 version,
                             const char *base,
                             gssize length,
                             GError **error)
{
  if (broken == BREAK_FORGET_DELETIONS && base == NULL)
    return sync_ledger_forget_base (store, entity, id, error);
  return __real_sync_ledger_put_base (store, entity, id, version, base, length, error);
}

gboolean __real_sync_store_reset (SyncStore *store, GError **error);
gboolean __wrap_sync_store_reset (SyncStore *store, GError **error);

/* Another life of the cloud: only the cursors begin anew. */
gboolean
__wrap_sync_store_reset (SyncStore *store, GError **error)
{
  if (broken != BREAK_NO_RESET)
    return __real_sync_store_reset (store, error);
  return sync_connection_script (
      sync_store_get_connection (store),
      "UPDATE psync_entity SET pulled_version = 0;"
      "DELETE FROM psync_meta WHERE key IN ('acknowledged-version', 'device-version', "
      "'epoch');",
      error);
}
