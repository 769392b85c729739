/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-row.h"

#include "sync-time.h"

SimRow *
sim_row_new (const char *key)
{
  SimRow *row = g_new0 (SimRow, 1);

  row->refs = 1;
  row->key = g_strdup (key);
  return row;
}

SimRow *
sim_row_ref (SimRow *row)
{
  row->refs++;
  return row;
}

void
sim_row_unref (SimRow *row)
{
  if (--row->refs > 0)
    return;
  for (guint i = 0; i < SIM_MAX_COLUMNS; i++)
    g_free (row->values[i]);
  g_free (row->key);
  g_free (row->device);
  g_free (row->run);
  g_free (row);
}

static gint64
read_time (SyncSpan value)
{
  gint64 time = 0;

  return value.length > 2 && sync_time_parse (value.text + 1, value.length - 2, &time) ? time : 0;
}

static char *
read_name (SyncSpan value)
{
  return sync_json_type (value) == SYNC_JSON_STRING ? sync_json_dup_string (value) : NULL;
}

static void
read_member (SimRow *row, const SimTable *table, SyncSpan name, SyncSpan value, gint64 *base)
{
  for (guint i = 0; table->columns[i] != NULL; i++)
    {
      if (!sync_json_name_is (name, table->columns[i]))
        continue;
      row->values[i] = g_strndup (value.text, value.length);
      return;
    }
  if (sync_json_name_is (name, "base_version"))
    sync_json_to_int64 (value, base);
  else if (sync_json_name_is (name, "deleted_at"))
    row->deleted_at = read_time (value);
  else if (sync_json_name_is (name, "edited_at"))
    row->edited_at = read_time (value);
  else if (sync_json_name_is (name, "device_id"))
    row->device = read_name (value);
  else if (sync_json_name_is (name, "run_id"))
    row->run = read_name (value);
  else
    g_error ("A push has the column %.*s", (int) name.length, name.text);
}

SimRow *
sim_row_read (const SimTable *table, SyncJsonReader *reader, gint64 *base)
{
  SimRow *row = sim_row_new (NULL);
  SyncSpan name, value;

  *base = -1;
  g_assert (sync_json_enter_object (reader));
  while (sync_json_next_member (reader, &name))
    {
      g_assert (sync_json_read_value (reader, &value));
      read_member (row, table, name, value, base);
    }
  g_assert (*base >= 0 && row->values[0] != NULL);
  for (guint i = 0; table->columns[i] != NULL; i++)
    {
      if (row->values[i] == NULL)
        row->values[i] = g_strdup ("null");
    }
  row->key = g_strdup (row->values[0]);
  return row;
}

static void
append_time (GString *out, const char *name, gint64 time)
{
  char text[SYNC_TIME_SIZE];

  sync_time_format (time, text);
  if (time == 0)
    g_string_append_printf (out, ",\"%s\":null", name);
  else
    g_string_append_printf (out, ",\"%s\":\"%s\"", name, text);
}

static void
append_name (GString *out, const char *name, const char *text)
{
  if (text == NULL)
    g_string_append_printf (out, ",\"%s\":null", name);
  else
    g_string_append_printf (out, ",\"%s\":\"%s\"", name, text);
}

void
sim_row_append (const SimRow *row, const SimTable *table, GString *out)
{
  for (guint i = 0; table->columns[i] != NULL; i++)
    g_string_append_printf (out, "%c\"%s\":%s", i == 0 ? '{' : ',', table->columns[i],
                            row->values[i]);
  g_string_append_printf (out, ",\"sync_version\":%" G_GINT64_FORMAT, row->version);
  append_time (out, "deleted_at", row->deleted_at);
  append_time (out, "edited_at", row->edited_at);
  append_name (out, "device_id", row->device);
  append_name (out, "run_id", row->run);
  g_string_append_c (out, '}');
}

void
sim_row_append_receipt (const SimRow *row, const SimTable *table, GString *out)
{
  if (out->len > 1)
    g_string_append_c (out, ',');
  g_string_append_printf (out, "{\"%s\":%s,\"sync_version\":%" G_GINT64_FORMAT, table->columns[0],
                          row->key, row->version);
  append_name (out, "run_id", row->run);
  g_string_append_c (out, '}');
}

gboolean
sim_row_has_mark (const SimRow *row, SimMark mark)
{
  static const char *const endings[] = { NULL, ".c\"", ".i\"", ".l\"" };

  return g_str_has_suffix (row->values[1], endings[mark]);
}
