/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-value-text.h"

#include <glib/gi18n.h>

#include "sync-json.h"
#include "sync-time.h"
#include "sync-words.h"

/* Values as people see and edit them, from the JSON in which they travel. */

#define INDENT 2
#define BLOB_SHOWN 32 /* hex digits */

static void append_pretty (GString *out, SyncSpan value, guint depth);

static void
append_line (GString *out, guint depth)
{
  g_string_append_printf (out, "\n%*s", (int) (depth * INDENT), "");
}

static void
append_pretty_container (GString *out, SyncSpan value, gboolean object, guint depth)
{
  SyncJsonReader reader;
  SyncSpan name, element;
  gboolean empty = TRUE;

  sync_json_reader_init (&reader, value.text, value.length);
  g_string_append_c (out, object ? '{' : '[');
  if (object ? sync_json_enter_object (&reader) : sync_json_enter_array (&reader))
    while (object ? sync_json_next_member (&reader, &name) : sync_json_next_element (&reader))
      {
        if (!sync_json_read_value (&reader, &element))
          break;
        if (!empty)
          g_string_append_c (out, ',');
        empty = FALSE;
        append_line (out, depth + 1);
        if (object)
          g_string_append_printf (out, "\"%.*s\": ", (int) name.length, name.text);
        append_pretty (out, element, depth + 1);
      }
  if (!empty)
    append_line (out, depth);
  g_string_append_c (out, object ? '}' : ']');
}

static void
append_pretty (GString *out, SyncSpan value, guint depth)
{
  SyncJsonType type = sync_json_type (value);

  if (type == SYNC_JSON_OBJECT || type == SYNC_JSON_ARRAY)
    append_pretty_container (out, value, type == SYNC_JSON_OBJECT, depth);
  else
    g_string_append_len (out, value.text, (gssize) value.length);
}

static char *
pretty (SyncSpan value)
{
  GString *out = g_string_new (NULL);

  append_pretty (out, value, 0);
  return g_string_free (out, FALSE);
}

static char *
describe_blob (const char *text)
{
  gsize bytes = strlen (text) > 2 ? (strlen (text) - 2) / 2 : 0;
  g_autofree char *size = g_format_size (bytes);

  return bytes > BLOB_SHOWN / 2 ? g_strdup_printf ("%s: %.*s…", size, BLOB_SHOWN + 2, text)
                                : g_strdup_printf ("%s: %s", size, text);
}

static char *
describe_string (SyncCodec codec, SyncSpan value, gboolean *placeholder)
{
  g_autofree char *text = sync_json_dup_string (value);
  gint64 instant;

  if (text == NULL)
    return g_strndup (value.text, value.length);
  if (codec == SYNC_CODEC_BLOB)
    return describe_blob (text);
  if (codec == SYNC_CODEC_TIMESTAMP && sync_time_parse (text, strlen (text), &instant))
    return sync_words_for_absolute_time (instant);
  *placeholder = *text == '\0';
  return *placeholder ? g_strdup (_("Empty text")) : g_steal_pointer (&text);
}

/**
 * sync_value_to_text:
 * @codec: the column's
 * @json: (nullable): the value; %NULL: there is none
 * @placeholder: (out): whether the text stands for a value rather than being it
 *
 * Returns: (transfer full): what a person sees of it
 */
char *
sync_value_to_text (SyncCodec codec, const char *json, gboolean *placeholder)
{
  SyncSpan value = { json, json != NULL ? strlen (json) : 0 };
  SyncJsonType type = json != NULL ? sync_json_type (value) : SYNC_JSON_NULL;

  *placeholder = type == SYNC_JSON_NULL;
  switch (type)
    {
    case SYNC_JSON_NULL:
      return g_strdup (_("No value"));
    case SYNC_JSON_TRUE:
    case SYNC_JSON_FALSE:
      if (codec == SYNC_CODEC_BOOLEAN)
        return g_strdup (type == SYNC_JSON_TRUE ? _("Yes") : _("No"));
      return g_strdup (json);
    case SYNC_JSON_STRING:
      if (codec != SYNC_CODEC_JSON)
        return describe_string (codec, value, placeholder);
      return g_strdup (json);
    default:
      return pretty (value);
    }
}

/**
 * sync_value_to_input:
 * @codec: the column's
 * @json: (nullable): the value; %NULL: there is none
 *
 * Returns: (transfer full): what a person edits: texts, times and blobs as they are, the rest as JSON; "" for none
 */
char *
sync_value_to_input (SyncCodec codec, const char *json)
{
  SyncSpan value = { json, json != NULL ? strlen (json) : 0 };
  char *text = NULL;

  if (json == NULL || sync_json_type (value) == SYNC_JSON_NULL)
    return g_strdup ("");
  if (sync_json_type (value) == SYNC_JSON_STRING && codec != SYNC_CODEC_JSON)
    text = sync_json_dup_string (value);
  return text != NULL ? text : pretty (value);
}

/* A key as people write it: without SQL's quotes, if it is one text. */
static char *
plain_id (const char *id)
{
  gsize length = strlen (id);
  g_autoptr (GString) plain = NULL;

  if (length < 2 || id[0] != '\'' || id[length - 1] != '\'')
    return g_strdup (id);
  plain = g_string_new_len (id + 1, (gssize) length - 2);
  g_string_replace (plain, "\'\'", "\'", 0);
  return strchr (plain->str, '\'') == NULL ? g_string_free (g_steal_pointer (&plain), FALSE) : g_strdup (id);
}

/**
 * sync_row_to_title:
 * @json: (nullable): the row, a JSON object
 * @id: its key, as our tables have it
 *
 * Returns: (transfer full): a name that somebody gave it, if it has one, else its key; one line
 */
char *
sync_row_to_title (const char *json, const char *id)
{
  static const char *const names[] = { "title", "name", "label", "subject", "key" };
  SyncSpan row = { json, json != NULL ? strlen (json) : 0 };

  for (guint i = 0; i < G_N_ELEMENTS (names) && json != NULL; i++)
    {
      SyncSpan value;
      g_autofree char *text = NULL;

      if (!sync_json_get_member (row, names[i], &value) || sync_json_type (value) != SYNC_JSON_STRING)
        continue;
      text = sync_json_dup_string (value);
      if (text == NULL || *g_strstrip (text) == '\0')
        continue;
      g_strdelimit (text, "\r\n\t", ' ');
      return g_steal_pointer (&text);
    }
  return plain_id (id);
}
