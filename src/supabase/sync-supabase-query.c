/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-supabase-query.h"

#include "sync-json.h"
#include "sync-time.h"

/* How requests are put to PostgREST. A name or value with other characters than letters, digits and
 * `_` (`-` in values) goes into double quotes, where `"` and `\` take a backslash; then all of it
 * is encoded for the URL. */

#define STAMPS "sync_version,deleted_at,edited_at,device_id,run_id"

/* Names that mean something else where a column's name may stand: parameters, operators, and the
 * aggregates, which some servers see without their parentheses. */
static gboolean
is_reserved (const char *name)
{
  static const char *const reserved[] = { "and",   "or",    "not",    "select",      "columns",
                                          "order", "limit", "offset", "on_conflict", "count",
                                          "sum",   "avg",   "min",    "max",         NULL };

  return g_strv_contains (reserved, name);
}

static gboolean
is_plain (const char *text, const char *also)
{
  if (*text == '\0')
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_isalnum (*text) && strchr (also, *text) == NULL)
      return FALSE;
  return TRUE;
}

static void
append_quoted (GString *url, const char *text)
{
  g_autoptr (GString) quoted = g_string_new ("\"");

  for (; *text != '\0'; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *text);
    }
  g_string_append_c (quoted, '"');
  g_string_append_uri_escaped (url, quoted->str, NULL, FALSE);
}

static void
append_name (GString *url, const char *name)
{
  if (is_plain (name, "_") && !is_reserved (name))
    g_string_append (url, name);
  else
    append_quoted (url, name);
}

/* Bare, some servers take `null` for no value at all, and digits for a number of 53 bits. */
static gboolean
is_plain_value (const char *value)
{
  gsize length = strlen (value);

  return is_plain (value, "_-") && g_ascii_strcasecmp (value, "null") != 0
         && (length < 16 || strspn (value, "-0123456789") < length);
}

static void
append_text_value (GString *url, const char *value)
{
  if (is_plain_value (value))
    g_string_append (url, value);
  else
    append_quoted (url, value);
}

static void
append_names (GString *url, const SyncEntity *entity, guint n)
{
  for (guint i = 0; i < n; i++)
    {
      append_name (url, entity->columns[i].cloud_name);
      g_string_append_c (url, ',');
    }
}

/* Returns: FALSE if no row can have this key */
static gboolean
read_key_value (SyncSpan value, GString *text)
{
  g_string_truncate (text, 0);
  switch (sync_json_type (value))
    {
    case SYNC_JSON_NULL:
      return FALSE;
    case SYNC_JSON_STRING:
      return sync_json_decode_string (value, text);
    default:
      g_string_append_len (text, value.text, value.length);
      return TRUE;
    }
}

/**
 * sync_supabase_query_pull:
 * @entity: whose rows
 * @query: which of them
 *
 * Returns: (transfer full): the part of the URL after `?`
 */
char *
sync_supabase_query_pull (const SyncEntity *entity, const SyncPullQuery *query)
{
  GString *url = g_string_new ("select=");

  append_names (url, entity, entity->n_columns);
  g_string_append_printf (url, STAMPS "&sync_version=gt.%" G_GINT64_FORMAT, query->since);
  if (query->not_run != NULL)
    {
      g_string_append (url, "&or=(run_id.is.null,run_id.neq.");
      append_text_value (url, query->not_run);
      g_string_append_printf (url, ",sync_version.eq.%" G_GINT64_FORMAT ")", query->top);
    }
  g_string_append_printf (url, "&order=sync_version.asc&limit=%u", MIN (query->limit, G_MAXINT32));
  return g_string_free (url, FALSE);
}

/**
 * sync_supabase_query_push:
 * @entity: whose rows
 *
 * `user_id` is part of the key but never sent: its default is the caller.
 *
 * Returns: (transfer full): the part of the URL after `?`
 */
char *
sync_supabase_query_push (const SyncEntity *entity)
{
  GString *url = g_string_new ("on_conflict=user_id");

  for (guint i = 0; i < entity->n_keys; i++)
    {
      g_string_append_c (url, ',');
      append_name (url, entity->columns[i].cloud_name);
    }
  g_string_append (url, "&columns=");
  append_names (url, entity, entity->n_columns);
  g_string_append (url, "base_version,deleted_at,edited_at,device_id,run_id&select=");
  append_names (url, entity, entity->n_keys);
  g_string_append (url, "sync_version,run_id");
  return g_string_free (url, FALSE);
}

static gboolean
set_bad_keys (GError **error)
{
  sync_error_set (error, SYNC_ERROR_INVALID, "keys", "The keys are no array of arrays");
  return FALSE;
}

/**
 * Condition:
 * @listed: one of several in a query: `v` for a key of one column, else `and(k1.eq.v1,k2.in.(v2))`;
 *   empty if no row can have the key
 * @alone: the only one of a query: `k1=in.(v1)&k2=in.(v2)`
 * @escaped: whether a value has escapes, which not every server reads inside `or=()`
 *
 * What one key asks for. A quoted value is a list of one, because there all servers read quotes.
 */
typedef struct
{
  GString *listed;
  GString *alone;
  gboolean escaped;
} Condition;

static void
condition_add (Condition *condition, const SyncEntity *entity, guint column, const char *value)
{
  GString *listed = condition->listed;
  GString *alone = condition->alone;

  g_string_append (alone, column > 0 ? "&" : "");
  append_name (alone, entity->columns[column].cloud_name);
  g_string_append (alone, "=in.(");
  append_text_value (alone, value);
  g_string_append_c (alone, ')');
  condition->escaped = condition->escaped || strpbrk (value, "\"\\") != NULL;

  if (entity->n_keys > 1)
    {
      g_string_append (listed, column > 0 ? "," : "and(");
      append_name (listed, entity->columns[column].cloud_name);
      g_string_append (listed, is_plain_value (value) ? ".eq." : ".in.(");
    }
  append_text_value (listed, value);
  if (entity->n_keys > 1 && !is_plain_value (value))
    g_string_append_c (listed, ')');
}

/* Reads the key that the reader is at. */
static gboolean
read_condition (SyncJsonReader *reader, const SyncEntity *entity, Condition *condition)
{
  g_autoptr (GString) text = g_string_new (NULL);
  gboolean possible = TRUE;
  SyncSpan value;
  guint i;

  g_string_truncate (condition->listed, 0);
  g_string_truncate (condition->alone, 0);
  condition->escaped = FALSE;
  if (!sync_json_enter_array (reader))
    return FALSE;
  for (i = 0; sync_json_next_element (reader); i++)
    {
      if (i == entity->n_keys || !sync_json_read_value (reader, &value))
        return FALSE;
      possible = possible && read_key_value (value, text);
      if (possible)
        condition_add (condition, entity, i, text->str);
    }
  if (reader->fault != NULL || i != entity->n_keys)
    return FALSE;
  if (!possible)
    g_string_truncate (condition->listed, 0);
  else if (entity->n_keys > 1)
    g_string_append_c (condition->listed, ')');
  return TRUE;
}

typedef struct
{
  const SyncEntity *entity;
  GPtrArray *queries; /* (element-type utf8) */
  GString *query;     /* (owned) (nullable): the one being filled */
  guint n_keys;
  gsize max_length;
  guint max_keys;
} Filling;

static void
filling_end (Filling *filling)
{
  if (filling->query == NULL)
    return;
  g_string_append_c (filling->query, ')');
  g_ptr_array_add (filling->queries, g_string_free (g_steal_pointer (&filling->query), FALSE));
}

static void
filling_begin (Filling *filling)
{
  filling->query = g_string_new ("select=");
  filling->n_keys = 0;
  append_names (filling->query, filling->entity, filling->entity->n_columns);
  g_string_append (filling->query, STAMPS "&");
}

static void
filling_add_alone (Filling *filling, const Condition *condition)
{
  filling_end (filling);
  filling_begin (filling);
  g_string_append_len (filling->query, condition->alone->str, condition->alone->len);
  g_ptr_array_add (filling->queries, g_string_free (g_steal_pointer (&filling->query), FALSE));
}

static void
filling_add (Filling *filling, const Condition *condition)
{
  const SyncEntity *entity = filling->entity;
  const GString *listed = condition->listed;

  if (condition->escaped && entity->n_keys > 1)
    {
      filling_add_alone (filling, condition);
      return;
    }
  if (filling->query != NULL
      && (filling->n_keys == filling->max_keys
          || filling->query->len + listed->len + 2 > filling->max_length))
    filling_end (filling);
  if (filling->query == NULL)
    {
      filling_begin (filling);
      if (entity->n_keys == 1)
        append_name (filling->query, entity->columns[0].cloud_name);
      g_string_append (filling->query, entity->n_keys == 1 ? "=in.(" : "or=(");
    }
  g_string_append (filling->query, filling->n_keys > 0 ? "," : "");
  g_string_append_len (filling->query, listed->str, listed->len);
  filling->n_keys++;
}

/**
 * sync_supabase_query_fetch:
 * @entity: whose rows
 * @keys: a JSON array of arrays of key values
 * @max_length: how long a query may be, in bytes, unless it has one key only
 * @max_keys: how many keys one query may have
 * @error: where to put an error: SYNC_ERROR_INVALID
 *
 * Keys that no row in the cloud can have (nulls, characters that it cannot hold) are left out.
 *
 * Returns: (transfer full) (element-type utf8): parts of URLs after `?`; none without keys
 */
GPtrArray *
sync_supabase_query_fetch (const SyncEntity *entity, GBytes *keys, gsize max_length, guint max_keys,
                           GError **error)
{
  g_autoptr (GPtrArray) queries = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) listed = g_string_new (NULL);
  g_autoptr (GString) alone = g_string_new (NULL);
  Condition condition = { listed, alone, FALSE };
  Filling filling = { entity, queries, NULL, 0, max_length, max_keys };
  SyncJsonReader reader;
  gsize length;
  const char *text = g_bytes_get_data (keys, &length);
  gboolean good = TRUE;

  sync_json_reader_init (&reader, text, length);
  sync_json_enter_array (&reader);
  while (good && sync_json_next_element (&reader))
    {
      good = read_condition (&reader, entity, &condition);
      if (good && listed->len > 0)
        filling_add (&filling, &condition);
    }
  filling_end (&filling);
  if (!good || !sync_json_at_end (&reader))
    {
      set_bad_keys (error);
      return NULL;
    }
  return g_steal_pointer (&queries);
}

static char *
new_fetch_body (const SyncEntity *entity, const GString *keys)
{
  GString *body = g_string_sized_new (keys->len * 2 + 64);

  g_string_append (body, "{\"p_table\":");
  sync_json_append_string (body, entity->cloud_table, strlen (entity->cloud_table));
  g_string_append (body, ",\"p_keys\":");
  sync_json_append_string (body, keys->str, keys->len);
  g_string_append_c (body, '}');
  return g_string_free (body, FALSE);
}

/**
 * sync_supabase_body_fetch:
 * @entity: whose rows
 * @keys: a JSON array of arrays of key values
 * @max_keys: how many keys one body may have
 * @error: where to put an error: SYNC_ERROR_INVALID
 *
 * The keys go as the text of a JSON array: a JSON argument does not arrive everywhere as sent.
 *
 * Returns: (transfer full) (element-type utf8): bodies for `sync_fetch_now`
 */
GPtrArray *
sync_supabase_body_fetch (const SyncEntity *entity, GBytes *keys, guint max_keys, GError **error)
{
  g_autoptr (GPtrArray) bodies = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) part = g_string_new ("[");
  SyncJsonReader reader;
  SyncSpan key;
  gsize length;
  const char *text = g_bytes_get_data (keys, &length);
  guint n = 0;

  sync_json_reader_init (&reader, text, length);
  sync_json_enter_array (&reader);
  while (sync_json_next_element (&reader) && sync_json_read_value (&reader, &key))
    {
      if (n == max_keys)
        {
          g_string_append_c (part, ']');
          g_ptr_array_add (bodies, new_fetch_body (entity, part));
          g_string_assign (part, "[");
          n = 0;
        }
      g_string_append (part, n++ > 0 ? "," : "");
      g_string_append_len (part, key.text, key.length);
    }
  if (!sync_json_at_end (&reader))
    {
      set_bad_keys (error);
      return NULL;
    }
  g_string_append_c (part, ']');
  if (n > 0)
    g_ptr_array_add (bodies, new_fetch_body (entity, part));
  return g_steal_pointer (&bodies);
}

static void
append_member (GString *json, const char *name, const char *text)
{
  g_string_append_printf (json, "%s\"%s\":", json->len > 1 ? "," : "", name);
  if (text != NULL)
    sync_json_append_string (json, text, strlen (text));
  else
    g_string_append (json, "null");
}

/**
 * sync_supabase_body_device:
 * @device: a device
 *
 * Returns: (transfer full): its row as a JSON object
 */
char *
sync_supabase_body_device (const SyncDevice *device)
{
  GString *json = g_string_new ("{");
  char last_sync[SYNC_TIME_SIZE];

  append_member (json, "device_id", device->id);
  append_member (json, "name", device->name);
  append_member (json, "platform", device->platform);
  append_member (json, "app_version", device->app_version);
  if (device->last_sync_at != G_MININT64)
    sync_time_format (device->last_sync_at, last_sync);
  append_member (json, "last_sync_at", device->last_sync_at != G_MININT64 ? last_sync : NULL);
  g_string_append_printf (json, ",\"last_version\":%" G_GINT64_FORMAT ",\"is_active\":%s}",
                          device->last_version, device->active ? "true" : "false");
  return g_string_free (json, FALSE);
}

/**
 * sync_supabase_body_digest:
 * @entity: what to compare
 * @prefix: hexadecimal digits
 *
 * Returns: (transfer full): the arguments of `sync_digest`
 */
char *
sync_supabase_body_digest (const SyncEntity *entity, const char *prefix)
{
  GString *body = g_string_new ("{\"p_table\":");

  sync_json_append_string (body, entity->cloud_table, strlen (entity->cloud_table));
  g_string_append (body, ",\"p_prefix\":");
  sync_json_append_string (body, prefix, strlen (prefix));
  g_string_append_c (body, '}');
  return g_string_free (body, FALSE);
}
