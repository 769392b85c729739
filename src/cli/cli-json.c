/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli-json.h"

#include "sync-json.h"
#include "sync-time.h"
/* The years 1 to 9999, which is what a time can be written in. */
#define FIRST_TIME (G_GINT64_CONSTANT (-62135596800) * G_USEC_PER_SEC)
#define LAST_TIME (G_GINT64_CONSTANT (253402300799) * G_USEC_PER_SEC)

CliJson *
cli_json_new (void)
{
  CliJson *json = g_new0 (CliJson, 1);

  json->text = g_string_new (NULL);
  return json;
}

void
cli_json_free (CliJson *json)
{
  g_string_free (json->text, TRUE);
  g_free (json);
}

static void
append_text (CliJson *json, const char *text)
{
  g_autofree char *valid = NULL;

  if (!g_utf8_validate (text, -1, NULL))
    text = valid = g_utf8_make_valid (text, -1);
  sync_json_append_string (json->text, text, strlen (text));
}

static void
begin_value (CliJson *json, const char *name)
{
  if (json->comma)
    g_string_append_c (json->text, ',');
  if (name != NULL)
    {
      append_text (json, name);
      g_string_append_c (json->text, ':');
    }
  json->comma = TRUE;
}

static void
open_container (CliJson *json, const char *name, char bracket)
{
  begin_value (json, name);
  g_string_append_c (json->text, bracket);
  json->comma = FALSE;
}

static void
close_container (CliJson *json, char bracket)
{
  g_string_append_c (json->text, bracket);
  json->comma = TRUE;
}

void
cli_json_begin_object (CliJson *json, const char *name)
{
  open_container (json, name, '{');
}

void
cli_json_end_object (CliJson *json)
{
  close_container (json, '}');
}

void
cli_json_begin_array (CliJson *json, const char *name)
{
  open_container (json, name, '[');
}

void
cli_json_end_array (CliJson *json)
{
  close_container (json, ']');
}

/**
 * cli_json_string:
 * @json: the text under way
 * @name: (nullable): the member's name
 * @value: (nullable): a text; %NULL is written as null
 */
void
cli_json_string (CliJson *json, const char *name, const char *value)
{
  begin_value (json, name);
  if (value == NULL)
    g_string_append (json->text, "null");
  else
    append_text (json, value);
}

void
cli_json_integer (CliJson *json, const char *name, gint64 value)
{
  begin_value (json, name);
  g_string_append_printf (json->text, "%" G_GINT64_FORMAT, value);
}

void
cli_json_boolean (CliJson *json, const char *name, gboolean value)
{
  begin_value (json, name);
  g_string_append (json->text, value ? "true" : "false");
}

void
cli_json_real (CliJson *json, const char *name, double value)
{
  begin_value (json, name);
  sync_json_append_double (json->text, value);
}

void
cli_json_null (CliJson *json, const char *name)
{
  cli_json_string (json, name, NULL);
}

/**
 * cli_json_time:
 * @json: the text under way
 * @name: (nullable): the member's name
 * @microseconds: since 1970, written as UTC ISO 8601; what is unknown or no year of four digits is
 *   written as null
 */
void
cli_json_time (CliJson *json, const char *name, gint64 microseconds)
{
  char buffer[SYNC_TIME_SIZE];

  if (microseconds < FIRST_TIME || microseconds > LAST_TIME)
    {
      cli_json_null (json, name);
      return;
    }
  sync_time_format (microseconds, buffer);
  cli_json_string (json, name, buffer);
}

/**
 * cli_json_strings:
 * @json: the text under way
 * @name: (nullable): the member's name
 * @values: (nullable) (array zero-terminated=1): texts; %NULL is written as an empty array
 */
void
cli_json_strings (CliJson *json, const char *name, const char *const *values)
{
  cli_json_begin_array (json, name);
  for (gsize i = 0; values != NULL && values[i] != NULL; i++)
    cli_json_string (json, NULL, values[i]);
  cli_json_end_array (json);
}

/**
 * cli_json_raw:
 * @json: the text under way
 * @name: (nullable): the member's name
 * @value: (nullable): a JSON text, put in as it is; %NULL, and what is no JSON, is written as null
 */
void
cli_json_raw (CliJson *json, const char *name, const char *value)
{
  SyncSpan span = { value, value != NULL ? strlen (value) : 0 };

  begin_value (json, name);
  if (value == NULL || !sync_json_is_valid (value, span.length))
    g_string_append (json->text, "null");
  else
    sync_json_append_minified (json->text, span);
}
