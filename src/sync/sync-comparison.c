/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-comparison.h"

#include "sync-conflict-store.h"
#include "sync-device-store.h"
#include "sync-resolver.h"
#include "sync-time.h"

/* What somebody who decides a conflict must see: each column of both sides, and what the strategy would do. */

G_DEFINE_BOXED_TYPE (SyncComparison, sync_comparison, sync_comparison_copy, sync_comparison_free)

/**
 * Versions:
 *
 * The versions of the row, parsed; NULL where there is none.
 */
typedef struct
{
  SyncRow *base;   /* (owned) (nullable) */
  SyncRow *local;  /* (owned) (nullable) */
  SyncRow *remote; /* (owned) (nullable) */
} Versions;

static void
versions_clear (Versions *versions)
{
  g_clear_pointer (&versions->base, sync_row_free);
  g_clear_pointer (&versions->local, sync_row_free);
  g_clear_pointer (&versions->remote, sync_row_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Versions, versions_clear)

/**
 * sync_compared_column_copy:
 * @column: a column
 *
 * Returns: (transfer full): a deep copy
 */
SyncComparedColumn *
sync_compared_column_copy (const SyncComparedColumn *column)
{
  SyncComparedColumn *copy = g_memdup2 (column, sizeof *column);

  copy->name = g_strdup (column->name);
  copy->base = g_strdup (column->base);
  copy->local = g_strdup (column->local);
  copy->remote = g_strdup (column->remote);
  copy->suggested = g_strdup (column->suggested);
  return copy;
}

/**
 * sync_compared_column_free:
 * @column: (nullable) (transfer full): a column
 *
 * Frees it.
 */
void
sync_compared_column_free (SyncComparedColumn *column)
{
  if (column == NULL)
    return;
  g_free (column->name);
  g_free (column->base);
  g_free (column->local);
  g_free (column->remote);
  g_free (column->suggested);
  g_free (column);
}

static gpointer
copy_column (gconstpointer column, gpointer data)
{
  return sync_compared_column_copy (column);
}

/**
 * sync_comparison_copy:
 * @comparison: a comparison
 *
 * Returns: (transfer full): a deep copy
 */
SyncComparison *
sync_comparison_copy (const SyncComparison *comparison)
{
  SyncComparison *copy = g_memdup2 (comparison, sizeof *comparison);

  copy->conflict = sync_conflict_copy (comparison->conflict);
  copy->columns = g_ptr_array_copy (comparison->columns, copy_column, NULL);
  copy->suggested_by = g_strdup (comparison->suggested_by);
  copy->local_device = g_strdup (comparison->local_device);
  copy->remote_device = g_strdup (comparison->remote_device);
  return copy;
}

/**
 * sync_comparison_free:
 * @comparison: (nullable) (transfer full): a comparison
 *
 * Frees it.
 */
void
sync_comparison_free (SyncComparison *comparison)
{
  if (comparison == NULL)
    return;
  sync_conflict_free (comparison->conflict);
  g_ptr_array_unref (comparison->columns);
  g_free (comparison->suggested_by);
  g_free (comparison->local_device);
  g_free (comparison->remote_device);
  g_free (comparison);
}

/* --- Comparing -------------------------------------------------------------------------------- */

static gboolean
parse_version (const SyncEntity *entity, const char *json, SyncRow **row, GError **error)
{
  g_autoptr (SyncRow) parsed = NULL;

  if (json == NULL)
    return TRUE;
  parsed = sync_row_new (entity);
  if (!sync_row_parse_text (parsed, json, -1, error))
    return FALSE;
  *row = g_steal_pointer (&parsed);
  return TRUE;
}

static char *
dup_value (const SyncRow *row, guint column)
{
  SyncSpan value;

  if (row == NULL)
    return NULL;
  value = sync_row_get (row, column);
  return value.length > 0 ? g_strndup (value.text, value.length) : NULL;
}

/* What the entity's strategy would do; where a person is to decide, what the one it started with would. */
static SyncResolver *
find_adviser (const SyncEntity *entity, char **name)
{
  SyncResolver *resolver = NULL;

  *name = g_strdup (entity->strategy);
  if (!g_str_equal (entity->strategy, "manual") && !g_str_equal (entity->strategy, "custom"))
    resolver = sync_resolver_new (entity->strategy, entity->rules, NULL);
  if (resolver != NULL)
    return resolver;
  g_free (*name);
  *name = g_strdup (sync_resolver_default_strategy (entity->name));
  return sync_resolver_new_for_entity (entity->name);
}

static SyncComparedKind
kind_of (const Versions *versions, guint column, gboolean disputed, const SyncRow *merged)
{
  if (disputed)
    return SYNC_COMPARED_DISPUTED;
  if (versions->local == NULL || versions->remote == NULL
      || sync_row_column_equal (versions->local, versions->remote, column))
    return SYNC_COMPARED_SAME;
  return sync_row_column_equal (merged, versions->local, column) ? SYNC_COMPARED_LOCAL : SYNC_COMPARED_REMOTE;
}

static void
add_column (SyncComparison *comparison, const SyncEntity *entity, guint index, const Versions *versions,
            gboolean disputed, const SyncRow *merged)
{
  SyncComparedColumn *column = g_new0 (SyncComparedColumn, 1);

  column->name = g_strdup (entity->columns[index].name);
  column->codec = entity->columns[index].codec;
  column->key = index < entity->n_keys;
  column->base = dup_value (versions->base, index);
  column->local = dup_value (versions->local, index);
  column->remote = dup_value (versions->remote, index);
  column->suggested = dup_value (merged, index);
  column->kind = kind_of (versions, index, disputed, merged);
  column->suggestion = comparison->suggestion;
  if (versions->local != NULL && versions->remote != NULL)
    {
      if (sync_row_column_equal (merged, versions->remote, index))
        column->suggestion = SYNC_SIDE_REMOTE;
      else
        column->suggestion = sync_row_column_equal (merged, versions->local, index) ? SYNC_SIDE_LOCAL
                                                                                   : SYNC_SIDE_VALUE;
    }
  g_ptr_array_add (comparison->columns, column);
}

static gboolean
is_among (const GArray *columns, guint column)
{
  for (guint i = 0; i < columns->len; i++)
    if (g_array_index (columns, guint, i) == column)
      return TRUE;
  return FALSE;
}

/* The side that most of the disputed columns would take. */
static SyncSide
weigh (const SyncComparison *comparison)
{
  int local = 0;

  for (guint i = 0; i < comparison->columns->len; i++)
    {
      const SyncComparedColumn *column = g_ptr_array_index (comparison->columns, i);

      if (column->kind == SYNC_COMPARED_DISPUTED)
        local += column->suggestion == SYNC_SIDE_LOCAL ? 1 : -1;
    }
  return local > 0 ? SYNC_SIDE_LOCAL : SYNC_SIDE_REMOTE;
}

static void
compare (SyncComparison *comparison, const SyncEntity *entity, const Versions *versions)
{
  g_autoptr (SyncResolver) adviser = find_adviser (entity, &comparison->suggested_by);
  g_autoptr (SyncRow) merged = sync_row_new (entity);
  g_autoptr (GArray) disputed = g_array_new (FALSE, FALSE, sizeof (guint));
  SyncDispute dispute = {
    .entity = entity,
    .id = comparison->conflict->id,
    .base = versions->base,
    .local = versions->local,
    .remote = versions->remote,
    .local_time = comparison->conflict->local_time,
    .remote_time = comparison->conflict->remote_time,
  };
  gboolean whole = versions->local == NULL || versions->remote == NULL;
  const char *by;

  comparison->suggestion = SYNC_SIDE_REMOTE;
  if (whole)
    {
      sync_resolver_decide (&dispute, NULL, 0, &comparison->suggestion, NULL, &by, adviser);
      if (versions->local != NULL || versions->remote != NULL)
        sync_row_copy (merged, versions->local != NULL ? versions->local : versions->remote);
    }
  else
    sync_merge_rows (&dispute, sync_resolver_decide, adviser, merged, disputed, &by);
  for (guint i = 0; i < entity->n_columns; i++)
    add_column (comparison, entity, i, versions, is_among (disputed, i), merged);
  if (!whole)
    comparison->suggestion = weigh (comparison);
}

/* --- Names ------------------------------------------------------------------------------------ */

static gboolean
name_devices (SyncStore *store, SyncComparison *comparison, GError **error)
{
  g_autoptr (SyncDevice) local = sync_store_get_local_device (store, error);
  g_autoptr (GPtrArray) known = NULL;
  const char *id = comparison->conflict->remote_device;
  gint64 known_at;

  if (local == NULL)
    return FALSE;
  comparison->local_device = g_strdup (local->name);
  if (id == NULL)
    return TRUE;
  known = sync_store_get_known_devices (store, &known_at, error);
  if (known == NULL)
    return FALSE;
  for (guint i = 0; i < known->len && comparison->remote_device == NULL; i++)
    {
      const SyncDevice *device = g_ptr_array_index (known, i);

      if (g_strcmp0 (device->id, id) == 0)
        comparison->remote_device = g_strdup (device->name);
    }
  return TRUE;
}

/**
 * sync_store_compare_conflict:
 * @store: the store
 * @number: a conflict or record
 * @error: where to put an error
 *
 * Returns: (transfer full): the conflict column by column; %NULL with @error set: SYNC_ERROR_NOT_FOUND:
 *   there is no such conflict, or its table is not synced any more
 */
SyncComparison *
sync_store_compare_conflict (SyncStore *store, gint64 number, GError **error)
{
  g_autoptr (SyncComparison) comparison = g_new0 (SyncComparison, 1);
  g_auto (Versions) versions = { 0 };
  const SyncEntity *entity;

  comparison->columns = g_ptr_array_new_with_free_func ((GDestroyNotify) sync_compared_column_free);
  comparison->conflict = sync_store_get_conflict (store, number, error);
  if (comparison->conflict == NULL)
    return NULL;
  entity = sync_store_find_entity (store, comparison->conflict->entity);
  if (entity == NULL)
    {
      sync_error_set (error, SYNC_ERROR_NOT_FOUND, comparison->conflict->entity, "%s is not synced any more",
                      comparison->conflict->entity);
      return NULL;
    }
  if (!parse_version (entity, comparison->conflict->base, &versions.base, error)
      || !parse_version (entity, comparison->conflict->local, &versions.local, error)
      || !parse_version (entity, comparison->conflict->remote, &versions.remote, error)
      || !name_devices (store, comparison, error))
    return NULL;
  compare (comparison, entity, &versions);
  return g_steal_pointer (&comparison);
}

/* --- By hand ---------------------------------------------------------------------------------- */

static char *
refuse_value (const SyncComparedColumn *column, const char *reason, GError **error)
{
  GError *problem = sync_error_new (SYNC_ERROR_INVALID, column->name, "Not a value for %s", column->name);

  sync_error_set_reason (problem, reason, 0);
  sync_error_set_column (problem, column->name);
  g_propagate_error (error, problem);
  return NULL;
}

static gboolean
is_value_for (SyncCodec codec, const char *text, gsize length)
{
  SyncSpan value = { text, length };
  gint64 integer;
  double real;

  if (!sync_json_is_valid (text, length))
    return FALSE;
  switch (codec)
    {
    case SYNC_CODEC_INTEGER:
      return sync_json_type (value) == SYNC_JSON_NUMBER && sync_json_to_int64 (value, &integer);
    case SYNC_CODEC_REAL:
      return sync_json_type (value) == SYNC_JSON_NUMBER && sync_json_to_double (value, &real);
    case SYNC_CODEC_BOOLEAN:
      return sync_json_type (value) == SYNC_JSON_TRUE || sync_json_type (value) == SYNC_JSON_FALSE;
    default:
      return TRUE;
    }
}

static gboolean
is_hex (const char *text)
{
  gsize length = strlen (text);

  if (!g_str_has_prefix (text, "\\x") || length % 2 != 0)
    return FALSE;
  for (const char *digit = text + 2; *digit != '\0'; digit++)
    if (!g_ascii_isxdigit (*digit))
      return FALSE;
  return TRUE;
}

static gboolean
is_number (const char *text)
{
  return sync_json_is_valid (text, strlen (text))
         && sync_json_type ((SyncSpan){ text, strlen (text) }) == SYNC_JSON_NUMBER;
}

/* Texts, times and blobs travel as JSON strings, which nobody wants to type. */
static gboolean
is_written_plainly (const SyncComparedColumn *column, const char *text, gboolean *good)
{
  gint64 instant;

  *good = TRUE;
  switch (column->codec)
    {
    case SYNC_CODEC_TIMESTAMP:
      *good = sync_time_parse (text, strlen (text), &instant);
      return TRUE;
    case SYNC_CODEC_BLOB:
      *good = is_hex (text);
      return TRUE;
    case SYNC_CODEC_ANY:
      return !is_number (text);
    case SYNC_CODEC_TEXT:
      return TRUE;
    default:
      return FALSE;
    }
}

/**
 * sync_compared_column_parse:
 * @column: a column
 * @text: what a person typed: a text, time or `\x` and hex digits as they are, everything else as JSON
 * @error: where to put an error
 *
 * Returns: (transfer full): the value as JSON, as sync_conflicts_resolve_async() takes it after `:=`; %NULL
 *   with @error set: SYNC_ERROR_INVALID, whose column is @column and whose reason is the codec's name
 */
char *
sync_compared_column_parse (const SyncComparedColumn *column, const char *text, GError **error)
{
  g_autoptr (GString) json = g_string_new (NULL);
  gboolean good;

  g_return_val_if_fail (column != NULL && text != NULL, NULL);

  if (!g_utf8_validate (text, -1, NULL))
    return refuse_value (column, sync_codec_to_string (column->codec), error);
  if (is_written_plainly (column, text, &good))
    sync_json_append_string (json, text, strlen (text));
  else
    {
      g_string_append (json, text);
      g_strstrip (json->str);
      g_string_set_size (json, strlen (json->str));
      good = is_value_for (column->codec, json->str, json->len);
    }
  if (!good)
    return refuse_value (column, sync_codec_to_string (column->codec), error);
  return g_string_free (g_steal_pointer (&json), FALSE);
}
