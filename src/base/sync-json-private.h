/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <string.h>

#include "sync-json.h"

G_BEGIN_DECLS

guint sync_json_read_escape (const char *escape, const char *end, gunichar *character);

/* The first byte from @text on that cannot stand in a JSON string as it is: a quote, a backslash or
 * a control character, and, if @ascii, one that is not ASCII. Eight bytes at a time: a borrow of
 * one of the subtractions only disturbs bytes above a true hit, so that the lowest hit is always
 * true. */
static inline const char *
sync_json_skip_plain (const char *text, const char *end, gboolean ascii)
{
  const guint64 ones = G_GUINT64_CONSTANT (0x0101010101010101);
  const guint64 high = ones << 7;

  while (end - text >= 8)
    {
      guint64 word, hits;

      memcpy (&word, text, sizeof word);
      word = GUINT64_FROM_LE (word);
      hits = ((word ^ ones * '"') - ones) | ((word ^ ones * '\\') - ones) | (word - ones * 0x20);
      hits = (ascii ? hits | word : hits & ~word) & high;
      if (hits != 0)
        return text + __builtin_ctzll (hits) / 8;
      text += 8;
    }
  for (; text < end; text++)
    {
      guchar byte = *text;

      if (byte < 0x20 || byte == '"' || byte == '\\' || (ascii && byte >= 0x80))
        break;
    }
  return text;
}

/* g_string_append_len(), which is a call into another library, hundreds of times a row. */
static inline void
sync_json_append (GString *out, const char *text, gsize length)
{
  if (G_UNLIKELY (out->len + length >= out->allocated_len))
    {
      g_string_append_len (out, text, (gssize) length);
      return;
    }
  if (length > 0)
    memcpy (out->str + out->len, text, length);
  out->len += length;
  out->str[out->len] = '\0';
}

static inline gboolean
sync_json_is_space (char c)
{
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static inline gboolean
sync_json_is_surrogate (gunichar c)
{
  return c >= 0xd800 && c <= 0xdfff;
}

G_END_DECLS
