/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <string.h>

#include <glib.h>

G_BEGIN_DECLS

/* Rows cross this program as JSON text, because json-glib turns numbers into doubles and builds a
 * tree for every row. This is a strict reader (RFC 8259) over memory that hands out spans of the
 * input: no allocation, bounded depth, one pass. Configuration, Auth answers and our own output
 * go through json-glib. */

#define SYNC_JSON_MAX_DEPTH 64
/* Of a column's value, which travels in a row in a page. */
#define SYNC_JSON_VALUE_DEPTH (SYNC_JSON_MAX_DEPTH - 2)

typedef struct
{
  const char *text;
  gsize length;
} SyncSpan;

typedef enum
{
  SYNC_JSON_NULL,
  SYNC_JSON_FALSE,
  SYNC_JSON_TRUE,
  SYNC_JSON_NUMBER,
  SYNC_JSON_STRING,
  SYNC_JSON_ARRAY,
  SYNC_JSON_OBJECT,
} SyncJsonType;

typedef struct
{
  const char *start;
  const char *cursor;
  const char *end;
  const char *fault; /* what is wrong, NULL while nothing is */
  gboolean first;    /* no element of the innermost container was read yet */
  guint depth;       /* how many containers are open */
  guint bound;       /* containers at this depth are skipped, not read; 0: none */
  gboolean skipped;  /* one was */
} SyncJsonReader;

void sync_json_reader_init (SyncJsonReader *reader, const char *text, gsize length);
gboolean sync_json_enter_array (SyncJsonReader *reader);
gboolean sync_json_enter_object (SyncJsonReader *reader);
gboolean sync_json_next_element (SyncJsonReader *reader);
gboolean sync_json_next_member (SyncJsonReader *reader, SyncSpan *name);
gboolean sync_json_next_member_is (SyncJsonReader *reader, const char *member, gsize length);
gboolean sync_json_read_value (SyncJsonReader *reader, SyncSpan *value);
gboolean sync_json_read_bounded (SyncJsonReader *reader, SyncSpan *value, gboolean *too_deep);
gboolean sync_json_at_end (SyncJsonReader *reader);
gsize sync_json_offset (const SyncJsonReader *reader);

SyncJsonType sync_json_type (SyncSpan value);
gboolean sync_json_is_plain (const char *text, gsize length);
gboolean sync_json_is_valid (const char *text, gsize length);
gboolean sync_json_is_too_deep (SyncSpan value);
gboolean sync_json_name_is (SyncSpan name, const char *text);
char *sync_json_dup_name (SyncSpan name);
gboolean sync_json_decode_string (SyncSpan value, GString *out);
char *sync_json_dup_string (SyncSpan value);
gboolean sync_json_to_int64 (SyncSpan value, gint64 *number);
gboolean sync_json_to_double (SyncSpan value, double *number);

void sync_json_append_int64 (GString *out, gint64 number);
void sync_json_append_string (GString *out, const char *text, gsize length);
void sync_json_append_double (GString *out, double number);
void sync_json_append_decimal (GString *out, double number);
gboolean sync_json_append_minified (GString *out, SyncSpan value);
void sync_json_append_canonical (GString *out, SyncSpan value);
gboolean sync_json_equal (SyncSpan a, SyncSpan b);
gboolean sync_json_get_member (SyncSpan object, const char *name, SyncSpan *value);

static inline gboolean
sync_span_equal (SyncSpan a, SyncSpan b)
{
  return a.length == b.length && (a.length == 0 || memcmp (a.text, b.text, a.length) == 0);
}

static inline gboolean
sync_span_is (SyncSpan span, const char *text)
{
  return span.length == strlen (text)
         && (span.length == 0 || memcmp (span.text, text, span.length) == 0);
}

G_END_DECLS
