/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-apply.h"
#include "sync-trail.h"

G_BEGIN_DECLS

typedef enum
{
  SYNC_APPLIED_ERROR,
  SYNC_APPLIED_DONE,
  SYNC_APPLIED_SKIPPED,
  SYNC_APPLIED_HELD,
} SyncApplied;

/* A row as it came. */
typedef struct
{
  SyncSpan raw;
  SyncStamps stamps;
  SyncRowState state;
} SyncIncoming;

/* A new row that waits to be written with others. */
typedef struct
{
  SyncIncoming incoming;
  SyncRow *row;   /* (owned) (nullable) */
  GString *id;    /* (owned) (nullable) */
  GString *json;  /* (owned) (nullable): its base */
} SyncKept;

struct _SyncApply
{
  SyncStore *store;
  SyncEntity *entity;
  SyncTable *table; /* of the slice under way */
  GBytes *page;
  SyncApplyMode mode;
  SyncApplyPolicy policy;

  SyncJsonReader reader; /* before the next row */
  gboolean entered;
  gboolean done;
  gint64 last_version;
  guint n_rows;
  guint max_rows;     /* of the next slice */
  gint64 budget;      /* microseconds for the next slice */
  const char *hold_next; /* (nullable): why the next row alone cannot be written */
  SyncCounts counts;
  GArray *conflicts; /* (element-type gint64) */

  /* Of the slice under way. */
  gboolean triggers_off;
  GArray *references; /* (owned) (element-type SyncReference): what sync-parents.c looks at */
  gboolean quiet; /* when the slice began nothing of the entity waited, was held, open or unsettled */
  gboolean news; /* the last row was one that nobody knew */
  SyncKept kept[SYNC_MANY_ROWS];
  guint n_kept;
  gsize kept_bytes;
  gboolean parent_decided; /* a deletion takes along rows that were edited here */
  gboolean retrying; /* a held row: what fails writes nothing */
  char *hold_reason; /* (owned) (nullable): why a retry failed */
  char *hold_detail; /* (owned) (nullable): constraint or column */
  gboolean rolled_back; /* a trigger of the owner ended the transaction */
  GPtrArray *unlike; /* (element-type utf8): ids that did not read back equal */
  SyncTrail trail; /* what was pulled */
  GPtrArray *unlike_rows; /* (element-type SyncRow) (nullable elements): NULL: is to go */
  gint64 brake_rows;
  gint64 brake_lost;

  /* Scratch, reused for every row. */
  SyncRow *remote;
  SyncRow *local;
  SyncRow *base;
  SyncRow *merged;
  GString *id;
  GString *json;
  GArray *disputed;
};

/* sync-apply.c: a transaction with all that a slice has around it */
gboolean sync_apply_begin (SyncApply *apply, GError **error);
gboolean sync_apply_end (SyncApply *apply, GError **error);
void sync_apply_abandon (SyncApply *apply);
/* What of it a transaction of another kind needs, too: its begin, the rows that did not read back equal, its trail */
gboolean sync_apply_begin_on_table (SyncApply *apply, GError **error);
gboolean sync_apply_look_at_table (SyncApply *apply, GError **error); /* before anything is written */
gboolean sync_apply_write_unlike (SyncApply *apply, GError **error);
gboolean sync_apply_write_trail (SyncApply *apply, GError **error);
gboolean sync_apply_is_slice_full (const SyncApply *apply, gint64 started, guint n_rows);

/* sync-apply-brake.c: loaded when a transaction begins, checked and saved before it ends */
gboolean sync_apply_load_brake (SyncApply *apply, GError **error);
gboolean sync_apply_save_brake (SyncApply *apply, GError **error);
/* FALSE, SYNC_ERROR_BRAKE: it would be too much. */
gboolean sync_apply_check_brake (SyncApply *apply, GError **error);

/* sync-apply-new.c */
gboolean sync_apply_keep (SyncApply *apply, const SyncIncoming *incoming);
SyncIncoming *sync_apply_take_kept (SyncApply *apply, guint place);
void sync_apply_drop_kept (SyncApply *apply);
void sync_apply_free_kept (SyncApply *apply);
gboolean sync_apply_write_kept (SyncApply *apply, gboolean *done, GError **error);
/* *done FALSE: it is no such row, and nothing was written. */
gboolean sync_apply_new_row (SyncApply *apply, SyncIncoming *incoming, gboolean *done, GError **error);

/* sync-apply-held.c: a held row once more, with all that it takes to write it. @alone: and nothing else with it, so that
 * what it refers to must be there. */
SyncApplied sync_apply_retry_row (SyncApply *apply, const char *id, gboolean alone, GError **error);

/* sync-apply-row.c */
SyncApplied sync_apply_row (SyncApply *apply, SyncIncoming *incoming, GError **error);
SyncApplied sync_apply_hold (SyncApply *apply, SyncIncoming *incoming, const char *reason,
                             const char *detail, GError **error);
void sync_apply_note_reason (SyncApply *apply, const char *reason, const char *detail);
SyncApplied sync_apply_hold_for_error (SyncApply *apply, SyncIncoming *incoming, GError *refusal,
                                       GError **error);
gboolean sync_apply_write (SyncApply *apply, const char *id, const SyncRow *row, gboolean exists,
                           GError **error);
SyncApplied sync_apply_delete (SyncApply *apply, SyncIncoming *incoming, gboolean *deleted, GError **error);
gboolean sync_apply_delete_row (SyncApply *apply, gboolean *deleted, GError **error);
gboolean sync_apply_settle_base (SyncApply *apply, SyncIncoming *incoming, GError **error);
gboolean sync_apply_forget_held (SyncApply *apply, SyncIncoming *incoming, GError **error);
SyncApplied sync_apply_clean_tombstone (SyncApply *apply, SyncIncoming *incoming, GError **error);
void sync_apply_count_loss (SyncApply *apply);

/* sync-reconcile.c */
SyncApplied sync_apply_reconcile (SyncApply *apply, SyncIncoming *incoming, GError **error);
SyncApplied sync_apply_take_remote (SyncApply *apply, SyncIncoming *incoming, const char *resolution,
                                    const char *by, GError **error);
SyncApplied sync_apply_decide_parent (SyncApply *apply, SyncIncoming *incoming, gint64 edited_at,
                                      GError **error);

gboolean sync_apply_find_free_key (SyncApply *apply, gint64 *key, GError **error);

/* sync-resolve.c: a transaction for one row */
SyncApply *sync_apply_begin_row (SyncStore *store, const SyncEntity *entity, const char *id,
                                 SyncDecideFunc decide, gpointer decide_data, GError **error);
gboolean sync_apply_end_row (SyncApply *apply, gboolean good, GError **error);

/* sync-recovery.c */
gboolean sync_apply_note_seen (SyncApply *apply, GError **error);

/* sync-parents.c: looked for when a transaction begins, checked before a row from elsewhere is written */
gboolean sync_parents_look (SyncApply *apply, GError **error);
gboolean sync_parents_check (SyncApply *apply, const char *id, const SyncRow *row, GError **error);

/* sync-children.c */
gboolean sync_children_exist (SyncApply *apply, const char *id, gboolean *exist, GError **error);
gboolean sync_children_delete (SyncApply *apply, GError **error);
gboolean sync_children_give_up (SyncStore *store, SyncEntity *entity, const char *id, GError **error);
SyncApplied sync_children_delete_with_parent (SyncApply *apply, SyncIncoming *incoming, GError **error);
/* Gets `, greatest number that is referred to` added for each column that refers to the entity's integer key. */
gboolean sync_children_append_references (SyncApply *apply, GString *sql, GError **error);
gboolean sync_children_follow (SyncStore *store, SyncTable *table, const char *id, gint64 new_key,
                               GError **error);

G_END_DECLS
