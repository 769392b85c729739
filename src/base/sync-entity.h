/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/**
 * SyncCodec:
 * @SYNC_CODEC_TEXT: text ↔ JSON string; the other storage classes travel as what they are
 * @SYNC_CODEC_INTEGER: integer ↔ JSON integer ↔ bigint
 * @SYNC_CODEC_REAL: real ↔ JSON number of 17 digits ↔ double precision
 * @SYNC_CODEC_BLOB: blob ↔ `"\\x…"` hex string ↔ bytea
 * @SYNC_CODEC_JSON: JSON text ↔ embedded JSON ↔ jsonb
 * @SYNC_CODEC_BOOLEAN: 0 and 1 ↔ false and true ↔ boolean
 * @SYNC_CODEC_TIMESTAMP: text ↔ UTC ISO 8601 with `Z` ↔ timestamptz
 * @SYNC_CODEC_ANY: text, integer or real, in a column that converts none of them ↔ JSON string or number ↔ jsonb
 *
 * How a column's values travel.
 */
typedef enum
{
  SYNC_CODEC_TEXT,
  SYNC_CODEC_INTEGER,
  SYNC_CODEC_REAL,
  SYNC_CODEC_BLOB,
  SYNC_CODEC_JSON,
  SYNC_CODEC_BOOLEAN,
  SYNC_CODEC_TIMESTAMP,
  SYNC_CODEC_ANY,
} SyncCodec;

/**
 * SyncColumn:
 * @name: the local column
 * @cloud_name: the same in the cloud and in travelling rows: another one only where the cloud needs the
 *   name for itself (`user_id`, `deleted_at`, …)
 * @member: @cloud_name as a JSON string and a colon, as members of travelling rows begin
 * @member_length: the length of @member in bytes
 * @codec: how its values travel
 */
typedef struct
{
  char *name;
  char *cloud_name;
  char *member;
  gsize member_length;
  SyncCodec codec;
} SyncColumn;

/**
 * SyncEntity:
 * @name: the entity's name, unique in a database
 * @table: the local table
 * @cloud_table: the table in the cloud
 * @columns: (array length=n_columns): all columns, **the key columns first**, in key order,
 *   the others in the table's order
 * @n_columns: how many columns
 * @n_keys: how many of them, from the first, are the key
 * @parents: (array zero-terminated=1): names of the entities that rows of this one refer to
 * @strategy: what decides a column that changed on both sides: `newest`, `local`, `remote`,
 *   `manual`, `notifications`, `projects`, `user-settings`, `rules` or `custom`
 * @rules: (nullable): for `rules`: a JSON object column → rule
 * @time_column: (nullable): the column in which the owner notes when a row was edited: it takes
 *   the later of two values and is never a conflict
 * @enabled: whether it takes part in runs
 * @ref_count: (skip)
 *
 * What is synced: one table, its key, how its values travel. Immutable once built, shared
 * between threads, reference counted.
 */
typedef struct
{
  char *name;
  char *table;
  char *cloud_table;
  SyncColumn *columns;
  guint n_columns;
  guint n_keys;
  GStrv parents;
  char *strategy;
  char *rules;
  char *time_column;
  gboolean enabled;
  gatomicrefcount ref_count;
} SyncEntity;

#define SYNC_TYPE_ENTITY (sync_entity_get_type ())
GType sync_entity_get_type (void);

SyncEntity *sync_entity_new (const char *name, const char *table, const char *cloud_table);
void sync_entity_add_column (SyncEntity *entity, const char *name, SyncCodec codec, gboolean key);
SyncEntity *sync_entity_ref (SyncEntity *entity);
void sync_entity_unref (SyncEntity *entity);
gboolean sync_entity_has_integer_key (const SyncEntity *entity);
int sync_entity_find_column (const SyncEntity *entity, const char *name, gssize length);
int sync_entity_find_cloud_column (const SyncEntity *entity, const char *name, gssize length);

const char *sync_codec_to_string (SyncCodec codec);
gboolean sync_codec_from_string (const char *name, SyncCodec *codec);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (SyncEntity, sync_entity_unref)

G_END_DECLS
