/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sync-entity.h"
#include "sync-json.h"

G_BEGIN_DECLS

/**
 * SyncRow:
 * @entity: (unowned): what it is a row of
 * @text: (owned): the values' JSON texts, one after the other
 * @spans: (owned) (array): per column its place in @text; length 0: the value is missing
 *
 * One row as it travels: a JSON text per column, **normalised** by its codec, so that equal values
 * of every codec but JSON have equal bytes (JSON is minified, compared by structure). A row is
 * reused for many rows; nothing is allocated per row in the steady state.
 */
typedef struct
{
  const SyncEntity *entity;
  GString *text;
  struct
  {
    guint32 start;
    guint32 length;
  } *spans;
} SyncRow;

/**
 * SyncStamps:
 * @version: `sync_version`, 0 if absent
 * @deleted: whether `deleted_at` is set
 * @edited_at: microseconds since 1970, G_MININT64 if absent
 * @device_id: (nullable span): a JSON string or length 0
 * @run_id: (nullable span): a JSON string or length 0
 *
 * What the cloud adds to a row.
 */
typedef struct
{
  gint64 version;
  gboolean deleted;
  gint64 edited_at;
  SyncSpan device_id;
  SyncSpan run_id;
} SyncStamps;

SyncRow *sync_row_new (const SyncEntity *entity);
void sync_row_free (SyncRow *row);
void sync_row_clear (SyncRow *row);
SyncSpan sync_row_get (const SyncRow *row, guint column);
gboolean sync_row_is_null (const SyncRow *row, guint column);
GString *sync_row_begin_value (SyncRow *row, guint column);
void sync_row_end_value (SyncRow *row, guint column);
gboolean sync_row_set (SyncRow *row, guint column, SyncSpan value);
void sync_row_set_normalised (SyncRow *row, guint column, SyncSpan value);
void sync_row_copy_value (SyncRow *row, guint column, const SyncRow *from);
void sync_row_copy (SyncRow *row, const SyncRow *from);
gboolean sync_row_parse (SyncRow *row, SyncJsonReader *reader, SyncStamps *stamps,
                         SyncSpan *unknown, GError **error);
gboolean sync_row_parse_text (SyncRow *row, const char *json, gssize length, GError **error);
void sync_row_append_json (const SyncRow *row, GString *out);
char *sync_row_to_json (const SyncRow *row);
gboolean sync_row_column_equal (const SyncRow *a, const SyncRow *b, guint column);
gboolean sync_row_equal (const SyncRow *a, const SyncRow *b);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncRow, sync_row_free)

G_END_DECLS
