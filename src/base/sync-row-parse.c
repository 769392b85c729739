/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-row.h"

#include "sync-error.h"
#include "sync-time.h"

/* Reading a row from an object, with the stamps that the cloud added. */

/* What sync_row_parse() found so far in one object. */
typedef struct
{
  SyncRow *row;
  SyncStamps *stamps;
  SyncSpan *unknown;
  guint next;       /* the column that should come next */
  guint next_stamp; /* and the stamp, behind the columns */
  int refused; /* the first column whose value cannot be held, or -1 */
  gboolean too_deep; /* that is why */
  const char *wrong_stamp;
} Parse;

typedef enum
{
  STAMP_NONE,
  STAMP_VERSION,
  STAMP_DELETED_AT,
  STAMP_EDITED_AT,
  STAMP_DEVICE_ID,
  STAMP_RUN_ID,
  STAMP_IGNORED,
} Stamp;

/* In the order in which a page has them. */
#define NAMED(name) name, "\"" name "\":", sizeof "\"" name "\":" - 1

static const struct
{
  const char *name;
  const char *member; /* as SyncColumn's */
  gsize member_length;
  Stamp stamp;
} stamp_names[] = {
  { NAMED ("sync_version"), STAMP_VERSION }, { NAMED ("deleted_at"), STAMP_DELETED_AT },
  { NAMED ("edited_at"), STAMP_EDITED_AT },  { NAMED ("device_id"), STAMP_DEVICE_ID },
  { NAMED ("run_id"), STAMP_RUN_ID },        { NAMED ("base_version"), STAMP_IGNORED },
  { NAMED ("user_id"), STAMP_IGNORED },
};

/* Returns: the index in stamp_names, or their number */
static guint
find_stamp (SyncSpan name)
{
  guint i = 0;

  while (i < G_N_ELEMENTS (stamp_names) && !sync_json_name_is (name, stamp_names[i].name))
    i++;
  return i;
}

static int
find_column (const SyncEntity *entity, SyncSpan name)
{
  g_autofree char *decoded = NULL;

  if (G_LIKELY (memchr (name.text, '\\', name.length) == NULL))
    return sync_entity_find_cloud_column (entity, name.text, name.length);
  decoded = sync_json_dup_name (name);
  return decoded != NULL ? sync_entity_find_cloud_column (entity, decoded, -1) : -1;
}

static gboolean
read_text_stamp (SyncSpan value, SyncSpan *text)
{
  SyncJsonType type = sync_json_type (value);

  *text = type == SYNC_JSON_STRING ? value : (SyncSpan) { NULL, 0 };
  return type == SYNC_JSON_STRING || type == SYNC_JSON_NULL;
}

static gboolean
read_stamp (SyncStamps *stamps, Stamp stamp, SyncSpan value)
{
  SyncSpan text;

  switch (stamp)
    {
    case STAMP_VERSION:
      return sync_json_to_int64 (value, &stamps->version) && stamps->version > 0;
    case STAMP_DELETED_AT:
      stamps->deleted = sync_json_type (value) == SYNC_JSON_STRING;
      return read_text_stamp (value, &text);
    case STAMP_EDITED_AT:
      if (!read_text_stamp (value, &text))
        return FALSE;
      /* `infinity`, too, is a time that nobody knows. */
      if (text.length == 0 || !sync_time_parse (text.text + 1, text.length - 2, &stamps->edited_at))
        stamps->edited_at = G_MININT64;
      return TRUE;
    case STAMP_DEVICE_ID:
      return read_text_stamp (value, &stamps->device_id);
    case STAMP_RUN_ID:
      return read_text_stamp (value, &stamps->run_id);
    case STAMP_IGNORED:
    case STAMP_NONE:
    default:
      return TRUE;
    }
}

static void
take_column (Parse *parse, guint column, SyncSpan value, gboolean too_deep)
{
  SyncSpan nothing = { NULL, 0 };

  parse->next = column + 1;
  if ((!sync_row_set (parse->row, column, too_deep ? nothing : value) || too_deep) && parse->refused < 0)
    {
      parse->refused = (int) column;
      parse->too_deep = too_deep;
    }
}

static void
take_stamp (Parse *parse, guint index, SyncSpan value)
{
  parse->next_stamp = index + 1;
  if (parse->stamps != NULL && !read_stamp (parse->stamps, stamp_names[index].stamp, value)
      && parse->wrong_stamp == NULL)
    parse->wrong_stamp = stamp_names[index].name;
}

static void
take_member (Parse *parse, SyncSpan name, SyncSpan value, gboolean too_deep)
{
  int column = find_column (parse->row->entity, name);
  guint stamp;

  if (column >= 0)
    {
      take_column (parse, (guint) column, value, too_deep);
      return;
    }
  stamp = find_stamp (name);
  if (stamp < G_N_ELEMENTS (stamp_names))
    take_stamp (parse, stamp, value);
  else if (parse->unknown != NULL && parse->unknown->length == 0)
    *parse->unknown = name;
}

/* Members nearly always come in the same order: no need to look for their names. */
static gboolean
is_next_column (const Parse *parse, SyncJsonReader *reader)
{
  const SyncEntity *entity = parse->row->entity;

  return parse->next < entity->n_columns
         && sync_json_next_member_is (reader, entity->columns[parse->next].member,
                                      entity->columns[parse->next].member_length);
}

static gboolean
is_next_stamp (const Parse *parse, SyncJsonReader *reader)
{
  return parse->next_stamp < G_N_ELEMENTS (stamp_names)
         && sync_json_next_member_is (reader, stamp_names[parse->next_stamp].member,
                                      stamp_names[parse->next_stamp].member_length);
}

static void
read_members (Parse *parse, SyncJsonReader *reader)
{
  SyncSpan name, value;
  gboolean too_deep;

  for (;;)
    {
      if (is_next_column (parse, reader))
        {
          if (sync_json_read_bounded (reader, &value, &too_deep))
            take_column (parse, parse->next, value, too_deep);
        }
      else if (is_next_stamp (parse, reader))
        {
          if (sync_json_read_value (reader, &value))
            take_stamp (parse, parse->next_stamp, value);
        }
      else if (sync_json_next_member (reader, &name) && sync_json_read_bounded (reader, &value, &too_deep))
        take_member (parse, name, value, too_deep);
      else
        return;
    }
}

static void
set_malformed (GError **error, const SyncRow *row, const SyncJsonReader *reader)
{
  sync_error_set (error, SYNC_ERROR_PROTOCOL, row->entity->name,
                  "Malformed JSON at byte %" G_GSIZE_FORMAT ": %s", sync_json_offset (reader),
                  reader->fault != NULL ? reader->fault : "something after the end");
}

static gboolean
check_parse (const Parse *parse, GError **error)
{
  const SyncEntity *entity = parse->row->entity;

  if (parse->wrong_stamp != NULL)
    {
      sync_error_set (error, SYNC_ERROR_PROTOCOL, entity->name, "A wrong value of %s",
                      parse->wrong_stamp);
      return FALSE;
    }
  if (parse->refused >= 0)
    {
      GError *refusal = sync_error_new (SYNC_ERROR_ROW_REFUSED, entity->name,
                                        parse->too_deep ? "A value is nested too deeply"
                                                        : "A text holds a NUL or half a surrogate pair");

      sync_error_set_column (refusal, entity->columns[parse->refused].name);
      sync_error_set_reason (refusal, parse->too_deep ? "deep" : "22P05", 0);
      g_propagate_error (error, refusal);
      return FALSE;
    }
  return TRUE;
}

/**
 * sync_row_parse:
 * @row: a row
 * @reader: at an object
 * @stamps: (out caller-allocates) (optional): what the cloud added; points into the reader's text
 * @unknown: (out caller-allocates) (optional): the name, as sync_json_next_member() gives it, of
 *   the first member that is neither a column nor a stamp; length 0 if there is none
 * @error: (out) (optional): see below
 *
 * Reads one object into @row, in place of all its values. Of several members of one name the last
 * counts.
 *
 * Errors are [error@SyncError]: `ROW_REFUSED` with a column if its value holds what no cloud can
 * hold, or is nested too deeply; then the object was read to its end, and the reader can go on behind it. `PROTOCOL` if it
 * is not a well formed object, or a stamp is not what it must be.
 *
 * Returns: whether it was read without error
 */
gboolean
sync_row_parse (SyncRow *row, SyncJsonReader *reader, SyncStamps *stamps, SyncSpan *unknown,
                GError **error)
{
  Parse parse = { .row = row, .stamps = stamps, .unknown = unknown, .refused = -1 };

  sync_row_clear (row);
  if (stamps != NULL)
    *stamps = (SyncStamps) { .edited_at = G_MININT64 };
  if (unknown != NULL)
    *unknown = (SyncSpan) { NULL, 0 };
  if (sync_json_enter_object (reader))
    read_members (&parse, reader);
  if (reader->fault != NULL)
    {
      set_malformed (error, row, reader);
      return FALSE;
    }
  return check_parse (&parse, error);
}

/**
 * sync_row_parse_text:
 * @row: a row
 * @json: one object
 * @length: its length in bytes, or -1 if it ends with a NUL
 * @error: (out) (optional): as for sync_row_parse()
 *
 * As sync_row_parse(), for a text that is one object; stamps and unknown members are ignored.
 *
 * Returns: whether it was read without error
 */
gboolean
sync_row_parse_text (SyncRow *row, const char *json, gssize length, GError **error)
{
  SyncJsonReader reader;

  sync_json_reader_init (&reader, json, length < 0 ? strlen (json) : (gsize) length);
  if (!sync_row_parse (row, &reader, NULL, NULL, error))
    return FALSE;
  if (sync_json_at_end (&reader))
    return TRUE;
  set_malformed (error, row, &reader);
  return FALSE;
}
