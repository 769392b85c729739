/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-answer.h"

#include "sync-json.h"
#include "sync-time.h"

/* What PostgREST answers. */

/* A deletion comes to no end if, after a few answers, they took fewer rows each than any cloud takes at once; or
 * more than one user can have. */
#define FEW_ANSWERS 100
#define LEAST_DELETED 1000
#define MOST_DELETED 1000000000

/* As the questions select them. */
static const char *const stamps[]
    = { "sync_version", "deleted_at", "edited_at", "device_id", "run_id", NULL };

static gboolean
is_asked_for (const SyncEntity *entity, SyncSpan name)
{
  for (guint i = 0; stamps[i] != NULL; i++)
    if (sync_json_name_is (name, stamps[i]))
      return TRUE;
  for (guint i = 0; i < entity->n_columns; i++)
    if (sync_json_name_is (name, entity->columns[i].cloud_name))
      return TRUE;
  return FALSE;
}

/* Reads a row and appends of it what was asked for. */
static gboolean
append_trimmed (GString *array, const SyncEntity *entity, SyncJsonReader *reader)
{
  gboolean first = TRUE;
  SyncSpan name, value;

  if (!sync_json_enter_object (reader))
    return FALSE;
  g_string_append_c (array, '{');
  while (sync_json_next_member (reader, &name) && sync_json_read_value (reader, &value))
    {
      if (!is_asked_for (entity, name))
        continue;
      g_string_append (array, first ? "\"" : ",\"");
      g_string_append_len (array, name.text, name.length);
      g_string_append (array, "\":");
      g_string_append_len (array, value.text, value.length);
      first = FALSE;
    }
  g_string_append_c (array, '}');
  return reader->fault == NULL;
}

/**
 * sync_supabase_rows_append:
 * @array: the text of an array without its `]`
 * @entity: whose rows
 * @rows: an answer: a JSON array of rows
 * @trim: whether to leave out columns that are not the entity's
 *
 * Joins the answers to a question that was put in parts.
 *
 * Returns: %FALSE if @rows is not what it should be
 */
gboolean
sync_supabase_rows_append (GString *array, const SyncEntity *entity, GBytes *rows, gboolean trim)
{
  SyncJsonReader reader;
  SyncSpan row;
  gsize length;
  const char *text = g_bytes_get_data (rows, &length);

  sync_json_reader_init (&reader, text, length);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader))
    {
      g_string_append (array, array->len > 1 ? "," : "");
      if (trim)
        append_trimmed (array, entity, &reader);
      else if (sync_json_read_value (&reader, &row))
        g_string_append_len (array, row.text, row.length);
    }
  return sync_json_at_end (&reader);
}

static char *
dup_text (SyncSpan object, const char *name)
{
  SyncSpan value;

  return sync_json_get_member (object, name, &value) ? sync_json_dup_string (value) : NULL;
}

static gboolean
get_number (SyncSpan object, const char *name, gint64 *number)
{
  SyncSpan value;

  return sync_json_get_member (object, name, &value) && sync_json_to_int64 (value, number);
}

/**
 * sync_supabase_rows_measure:
 * @rows: an answer: a JSON array of rows
 * @n_rows: (out): how many there are
 * @newest: (out): the greatest version among them, 0 if there is none
 *
 * What is no row is none: whoever uses them finds out.
 */
void
sync_supabase_rows_measure (GBytes *rows, guint *n_rows, gint64 *newest)
{
  SyncJsonReader reader;
  SyncSpan row;
  gsize length;
  const char *text = g_bytes_get_data (rows, &length);
  gint64 version;

  *n_rows = 0;
  *newest = 0;
  sync_json_reader_init (&reader, text, length);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    {
      ++*n_rows;
      if (get_number (row, "sync_version", &version))
        *newest = MAX (*newest, version);
    }
}

static gint64
get_time (SyncSpan object, const char *name)
{
  g_autofree char *text = dup_text (object, name);
  gint64 time;

  return text != NULL && sync_time_parse (text, strlen (text), &time) ? time : G_MININT64;
}

static gboolean
parse_versions (SyncSpan state, const char *member, SyncCloudState *result,
                void (*set) (SyncCloudState *, const char *, gint64))
{
  SyncJsonReader reader;
  SyncSpan object, name, value;

  if (!sync_json_get_member (state, member, &object))
    return FALSE;
  sync_json_reader_init (&reader, object.text, object.length);
  sync_json_enter_object (&reader);
  while (sync_json_next_member (&reader, &name) && sync_json_read_value (&reader, &value))
    {
      g_autofree char *table = sync_json_dup_name (name);
      gint64 version;

      if (table == NULL || !sync_json_to_int64 (value, &version) || version < 0)
        return FALSE;
      set (result, table, version);
    }
  return reader.fault == NULL;
}

static gboolean
parse_device (SyncSpan row, SyncCloudState *state)
{
  g_autofree char *id = dup_text (row, "device_id");
  g_autofree char *name = dup_text (row, "name");
  SyncDevice *device;
  SyncSpan active;

  if (id == NULL || sync_json_type (row) != SYNC_JSON_OBJECT)
    return FALSE;
  device = sync_device_new (id, name);
  g_ptr_array_add (state->devices, device);
  device->platform = dup_text (row, "platform");
  device->app_version = dup_text (row, "app_version");
  device->registered_at = get_time (row, "registered_at");
  device->last_sync_at = get_time (row, "last_sync_at");
  if (!get_number (row, "last_version", &device->last_version))
    device->last_version = 0;
  device->active = !sync_json_get_member (row, "is_active", &active)
                   || sync_json_type (active) != SYNC_JSON_FALSE;
  return TRUE;
}

static gboolean
parse_devices (SyncSpan state, SyncCloudState *result)
{
  SyncJsonReader reader;
  SyncSpan array, row;

  if (!sync_json_get_member (state, "devices", &array))
    return FALSE;
  sync_json_reader_init (&reader, array.text, array.length);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
    if (!parse_device (row, result))
      return FALSE;
  return reader.fault == NULL;
}

/* One row: alone, or the only one of an array. */
static gboolean
find_only_row (GBytes *answer, SyncSpan *row)
{
  SyncJsonReader reader;
  gsize length;
  const char *text = g_bytes_get_data (answer, &length);

  if (!sync_json_is_valid (text, length))
    return FALSE;
  sync_json_reader_init (&reader, text, length);
  sync_json_read_value (&reader, row);
  if (sync_json_type (*row) != SYNC_JSON_ARRAY)
    return TRUE;
  sync_json_reader_init (&reader, text, length);
  sync_json_enter_array (&reader);
  return sync_json_next_element (&reader) && sync_json_read_value (&reader, row)
         && !sync_json_next_element (&reader);
}

/**
 * sync_supabase_state_parse:
 * @answer: the row of `sync_state`
 *
 * A state of another schema version may look different: of that, only the version is read.
 *
 * Returns: (transfer full) (nullable): the state, %NULL if it is not one
 */
SyncCloudState *
sync_supabase_state_parse (GBytes *answer)
{
  g_autoptr (SyncCloudState) state = sync_cloud_state_new ();
  SyncSpan row;
  gint64 version, oldest;

  if (!find_only_row (answer, &row) || !get_number (row, "schema_version", &version) || version < 0
      || version > G_MAXINT)
    return NULL;
  state->schema_version = version;
  state->oldest_client = get_number (row, "oldest_client", &oldest)
                             ? (int) CLAMP (oldest, 0, G_MAXINT)
                             : state->schema_version;
  g_free (state->epoch);
  state->epoch = dup_text (row, "epoch");
  g_free (state->user);
  state->user = dup_text (row, "user_id");
  state->server_time = get_time (row, "server_time");
  if ((state->epoch == NULL || state->user == NULL || state->server_time == G_MININT64
       || !parse_versions (row, "heads", state, sync_cloud_state_set_head)
       || !parse_versions (row, "horizons", state, sync_cloud_state_set_horizon)
       || !parse_devices (row, state))
      && version == SYNC_CLOUD_SCHEMA_VERSION)
    return NULL;
  if (state->epoch == NULL)
    state->epoch = g_strdup ("");
  if (state->user == NULL)
    state->user = g_strdup ("");
  return g_steal_pointer (&state);
}

/**
 * sync_supabase_device_is:
 * @answer: what came back for a device's row
 * @id: the device's id
 *
 * Returns: whether it is that row
 */
gboolean
sync_supabase_device_is (GBytes *answer, const char *id)
{
  g_autofree char *written = NULL;
  SyncSpan row;

  if (find_only_row (answer, &row))
    written = dup_text (row, "device_id");
  return g_strcmp0 (written, id) == 0;
}

/* What one answer says: how many rows went, and whether there is more. */
static gboolean
parse_deletion (GBytes *answer, gint64 *deleted, gboolean *left)
{
  SyncSpan object, member;
  SyncJsonType type;

  if (!find_only_row (answer, &object) || sync_json_type (object) != SYNC_JSON_OBJECT
      || !get_number (object, "deleted", deleted) || *deleted < 0
      || !sync_json_get_member (object, "left", &member))
    return FALSE;
  type = sync_json_type (member);
  *left = type == SYNC_JSON_TRUE;
  return *left || type == SYNC_JSON_FALSE;
}

/* Whoever says that there is more has deleted thousands of rows each time. */
static gboolean
is_endless (const SyncSupabaseDeletion *deletion, gint64 deleted)
{
  return deleted == 0 || deletion->n_rows > MOST_DELETED
         || (deletion->n_answers > FEW_ANSWERS
             && deletion->n_rows / deletion->n_answers < LEAST_DELETED);
}

/**
 * sync_supabase_deletion_take:
 * @deletion: how far it came
 * @answer: the answer of `sync_delete_my_data`
 * @left: (out): whether there is more to delete
 * @error: [error@SyncError.PROTOCOL]: it is no such answer, or the deletion comes to no end (reason
 *   `endless-deletion`)
 *
 * Returns: %FALSE with @error set
 */
gboolean
sync_supabase_deletion_take (SyncSupabaseDeletion *deletion, GBytes *answer, gboolean *left,
                             GError **error)
{
  gint64 deleted = 0;

  if (!parse_deletion (answer, &deleted, left))
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, "sync_delete_my_data",
                      "The cloud does not say that it deleted anything");
      return FALSE;
    }
  deletion->n_answers++;
  deletion->n_rows += MIN (deleted, MOST_DELETED);
  if (!*left || !is_endless (deletion, deleted))
    return TRUE;
  if (error != NULL)
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, "sync_delete_my_data", "The deletion comes to no end");
      sync_error_set_reason (*error, "endless-deletion", 0);
    }
  return FALSE;
}

/* One row: the bucket is the prefix and one digit more. */
static gboolean
take_bucket (SyncSpan row, const char *prefix, SyncDigest *digest)
{
  g_autofree char *bucket = dup_text (row, "bucket");
  gsize length = strlen (prefix);
  gint64 n, hash;
  int digit;

  if (bucket == NULL || strlen (bucket) != length + 1 || !g_str_has_prefix (bucket, prefix)
      || !get_number (row, "n", &n) || n < 0 || !get_number (row, "hash", &hash))
    return FALSE;
  digit = g_ascii_xdigit_value (bucket[length]);
  if (digit < 0)
    return FALSE;
  digest->buckets[digit] = (SyncDigestSum) { (guint64) n, (guint64) hash };
  return TRUE;
}

/**
 * sync_supabase_digest_parse:
 * @answer: the rows of `sync_digest`
 * @prefix: what was asked for
 * @digest: (out caller-allocates): the digest
 *
 * Returns: %FALSE if the answer is not what was asked for
 */
gboolean
sync_supabase_digest_parse (GBytes *answer, const char *prefix, SyncDigest *digest)
{
  SyncJsonReader reader;
  SyncSpan row;

  *digest = (SyncDigest) { 0 };
  sync_json_reader_init (&reader, g_bytes_get_data (answer, NULL), g_bytes_get_size (answer));
  if (sync_json_enter_array (&reader))
    while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &row))
      if (!take_bucket (row, prefix, digest))
        return FALSE;
  return sync_json_at_end (&reader);
}
