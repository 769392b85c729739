/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-digest.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "sync-time.h"

#define KEY_SEPARATOR '\x1f'
#define MD5_BYTES 16
#define MD5_DIGITS 32
/* Digits of an md5 that go into a hash: 60 bits, which a bigint holds with any sign. */
#define HASH_DIGITS 15
#define MAX_DOUBLE_DIGITS 17

/**
 * SyncDigester:
 *
 * Takes the checksums of rows, one after the other.
 */
struct _SyncDigester
{
  const SyncEntity *entity; /* (unowned) */
  GChecksum *checksum;      /* (owned) */
  GString *key;             /* (owned): the key's text */
  char place[MD5_DIGITS + 1];
};

/* --- Values as PostgreSQL's ::text -------------------------------------------------------------- */

/* Whether the decimal is all that there is to the number, which a comparison of long doubles does not tell: many
 * decimals are nearer to one of them than to the next. */
static gboolean
is_exactly (long double number, const char *digits)
{
  char text[1200];
  gsize n = 0, length = strlen (digits);

  snprintf (text, sizeof text, "%.1100Le", number);
  for (const char *c = text; *c != 'e'; c++)
    if (g_ascii_isdigit (*c) && *c != (n < length ? digits[n] : '0'))
      return FALSE;
    else
      n += g_ascii_isdigit (*c) != 0;
  return TRUE;
}

/* Half way between two doubles the reader decides, and PostgreSQL does not count on its choice. */
static gboolean
is_half_way (const char *text, const char *digits, double number)
{
#if LDBL_MANT_DIG > DBL_MANT_DIG
  long double there = strtold (text, NULL);

  return (there == ((long double) number + (long double) nextafter (number, INFINITY)) / 2
          || there == ((long double) number + (long double) nextafter (number, -INFINITY)) / 2)
         && is_exactly (there, digits);
#else
  return FALSE;
#endif
}

/* Whether digits, of which the first stands before the point, times ten to the exponent are nearer to this double
 * than to any other. Without a point a number reads the same in every locale. */
static gboolean
is_read_as (const char *digits, int exponent, double number)
{
  char text[64];

  g_snprintf (text, sizeof text, "%se%d", digits, exponent - (int) strlen (digits) + 1);
  return strtod (text, NULL) == number && !is_half_way (text, digits, number);
}

/* Below a power of two doubles lie closer than above it. So the nearest decimal, if that is below, may be one of
 * another double, while the next one above is this one's. */
static gboolean
try_next_above (char *digits, int exponent, double number)
{
  char next[MAX_DOUBLE_DIGITS + 1];
  int rest;
  gsize last = strlen (digits) - 1;

  if (frexp (number, &rest) != 0.5 || digits[last] == '9')
    return FALSE;
  g_strlcpy (next, digits, sizeof next);
  next[last]++;
  if (!is_read_as (next, exponent, number))
    return FALSE;
  g_strlcpy (digits, next, sizeof next);
  return TRUE;
}

/* The fewest digits that give the same double, without point and zeros at the end; the first stands before the
 * point. `exponent`: of ten. */
static void
find_digits (double number, char digits[MAX_DOUBLE_DIGITS + 1], int *exponent)
{
  char buffer[64], format[8];
  /* Every shorter decimal that is there for a normal double shows in the first 15 digits. */
  int first = number < DBL_MIN ? 1 : DBL_DIG;
  gsize n;

  for (int wanted = first; wanted <= MAX_DOUBLE_DIGITS; wanted++)
    {
      g_snprintf (format, sizeof format, "%%.%de", wanted - 1);
      g_ascii_formatd (buffer, sizeof buffer, format, number);
      *exponent = atoi (strchr (buffer, 'e') + 1);
      n = 0;
      for (const char *c = buffer; *c != 'e'; c++)
        if (g_ascii_isdigit (*c))
          digits[n++] = *c;
      digits[n] = '\0';
      if (is_read_as (digits, *exponent, number) || try_next_above (digits, *exponent, number))
        break;
    }
  for (n = strlen (digits); n > 1 && digits[n - 1] == '0'; n--)
    digits[n - 1] = '\0';
}

static void
append_fixed (GString *out, const char *digits, int exponent)
{
  int n = (int) strlen (digits);

  if (exponent < 0)
    {
      g_string_append (out, "0.");
      for (int i = -1; i > exponent; i--)
        g_string_append_c (out, '0');
      g_string_append (out, digits);
      return;
    }
  for (int i = 0; i <= exponent; i++)
    g_string_append_c (out, i < n ? digits[i] : '0');
  if (n > exponent + 1)
    g_string_append_printf (out, ".%s", digits + exponent + 1);
}

/* As float8out() does with extra_float_digits above 0. */
static void
append_double (GString *out, double number)
{
  char digits[MAX_DOUBLE_DIGITS + 1];
  int exponent;

  if (number == 0.0)
    {
      g_string_append_c (out, '0');
      return;
    }
  if (number < 0)
    g_string_append_c (out, '-');
  find_digits (fabs (number), digits, &exponent);
  if (exponent >= -4 && exponent < DBL_DIG)
    {
      append_fixed (out, digits, exponent);
      return;
    }
  g_string_append_c (out, digits[0]);
  if (digits[1] != '\0')
    g_string_append_printf (out, ".%s", digits + 1);
  g_string_append_printf (out, "e%c%02d", exponent < 0 ? '-' : '+', ABS (exponent));
}

/* `2026-01-01T00:00:00.120Z` → `2026-01-01 00:00:00.12+00`. */
static void
append_time (GString *out, gint64 time)
{
  char buffer[SYNC_TIME_SIZE];
  gsize length;

  sync_time_format (time, buffer);
  buffer[strlen ("2026-01-01")] = ' ';
  length = strlen (buffer) - 1;
  while (buffer[length - 1] == '0')
    length--;
  if (buffer[length - 1] == '.')
    length--;
  g_string_append_len (out, buffer, (gssize) length);
  g_string_append (out, "+00");
}

static void
append_string (GString *out, SyncCodec codec, SyncSpan value)
{
  gsize start = out->len;
  gint64 time;

  if (!sync_json_decode_string (value, out))
    g_string_append_len (out, value.text, (gssize) value.length);
  else if (codec == SYNC_CODEC_TIMESTAMP && sync_time_parse (out->str + start, out->len - start, &time))
    {
      g_string_truncate (out, start);
      append_time (out, time);
    }
}

static void
append_value (GString *out, SyncCodec codec, SyncSpan value)
{
  double real;

  if (value.length == 0)
    return;
  if (codec == SYNC_CODEC_JSON)
    sync_json_append_canonical (out, value);
  else if (sync_json_type (value) == SYNC_JSON_STRING)
    append_string (out, codec, value);
  else if (codec == SYNC_CODEC_REAL && sync_json_to_double (value, &real))
    append_double (out, real);
  else
    g_string_append_len (out, value.text, (gssize) value.length);
}

/* --- Checksums ---------------------------------------------------------------------------------- */

/**
 * sync_digester_new: (constructor)
 * @entity: whose rows; must outlive it. A key column whose codec is JSON has another text in a cloud.
 *
 * Returns: (transfer full): a digester
 */
SyncDigester *
sync_digester_new (const SyncEntity *entity)
{
  SyncDigester *digester = g_new0 (SyncDigester, 1);

  digester->entity = entity;
  digester->checksum = g_checksum_new (G_CHECKSUM_MD5);
  digester->key = g_string_new (NULL);
  return digester;
}

void
sync_digester_free (SyncDigester *digester)
{
  g_checksum_free (digester->checksum);
  g_string_free (digester->key, TRUE);
  g_free (digester);
}

static void
take_md5 (SyncDigester *digester, guint8 bytes[MD5_BYTES])
{
  gsize length = MD5_BYTES;

  g_checksum_reset (digester->checksum);
  g_checksum_update (digester->checksum, (const guchar *) digester->key->str, (gssize) digester->key->len);
  g_checksum_get_digest (digester->checksum, bytes, &length);
}

/**
 * sync_digester_take:
 * @digester: a digester
 * @row: a row with its key
 *
 * Takes the checksum of a row's key: the key columns as PostgreSQL writes them as text, joined by U+001F.
 */
void
sync_digester_take (SyncDigester *digester, const SyncRow *row)
{
  static const char hex[] = "0123456789abcdef";
  guint8 bytes[MD5_BYTES];

  g_return_if_fail (digester != NULL && row != NULL);

  g_string_truncate (digester->key, 0);
  for (guint i = 0; i < digester->entity->n_keys; i++)
    {
      if (i > 0)
        g_string_append_c (digester->key, KEY_SEPARATOR);
      append_value (digester->key, digester->entity->columns[i].codec, sync_row_get (row, i));
    }
  take_md5 (digester, bytes);
  for (guint i = 0; i < MD5_BYTES; i++)
    {
      digester->place[2 * i] = hex[bytes[i] >> 4];
      digester->place[2 * i + 1] = hex[bytes[i] & 15];
    }
}

/* The text of the key taken last. */
const char *
sync_digester_get_key (SyncDigester *digester)
{
  return digester->key->str;
}

/* Its md5 in hexadecimal digits. */
const char *
sync_digester_get_place (SyncDigester *digester)
{
  return digester->place;
}

/**
 * sync_digester_get_hash:
 * @digester: a digester that has taken a row
 * @version: the row's version
 *
 * Returns: the first 60 bits of the md5 of the key's text, U+001F and the version
 */
guint64
sync_digester_get_hash (SyncDigester *digester, gint64 version)
{
  gsize length = digester->key->len;
  guint8 bytes[MD5_BYTES];
  guint64 hash = 0;

  g_string_append_printf (digester->key, "%c%" G_GINT64_FORMAT, KEY_SEPARATOR, version);
  take_md5 (digester, bytes);
  g_string_truncate (digester->key, length);
  for (guint i = 0; i < sizeof hash; i++)
    hash = hash << 8 | bytes[i];
  return hash >> (8 * sizeof hash - 4 * HASH_DIGITS);
}

/* --- Sums --------------------------------------------------------------------------------------- */

static void
add (SyncDigestSum *sum, guint64 hash)
{
  sum->n++;
  sum->hash ^= hash;
}

gboolean
sync_digest_is_prefix (const char *prefix)
{
  gsize n = 0;

  for (; prefix[n] != '\0'; n++)
    if (!g_ascii_isdigit (prefix[n]) && (prefix[n] < 'a' || prefix[n] > 'f'))
      return FALSE;
  return n < MD5_DIGITS;
}

/**
 * sync_digest_add:
 * @digest: a digest
 * @digester: a digester that has taken a row
 * @prefix: what the digest is about
 * @version: the row's version
 *
 * Counts a living row if its checksum begins with @prefix.
 */
void
sync_digest_add (SyncDigest *digest, SyncDigester *digester, const char *prefix, gint64 version)
{
  gsize length = strlen (prefix);

  if (strncmp (digester->place, prefix, length) == 0)
    add (&digest->buckets[g_ascii_xdigit_value (digester->place[length])],
         sync_digester_get_hash (digester, version));
}

static guint
find_cell (const char *place)
{
  guint cell = 0;

  for (guint i = 0; i < SYNC_DIGEST_DEPTH; i++)
    cell = cell * SYNC_DIGEST_BUCKETS + (guint) g_ascii_xdigit_value (place[i]);
  return cell;
}

/* Counts a living row. */
void
sync_digest_table_add (SyncDigestTable *table, SyncDigester *digester, gint64 version)
{
  add (&table->cells[find_cell (digester->place)], sync_digester_get_hash (digester, version));
}

/**
 * sync_digest_table_get:
 * @table: a table
 * @prefix: less than %SYNC_DIGEST_DEPTH digits
 * @digest: (out caller-allocates): the digest of what is below @prefix
 */
void
sync_digest_table_get (const SyncDigestTable *table, const char *prefix, SyncDigest *digest)
{
  guint n_cells = SYNC_DIGEST_CELLS / SYNC_DIGEST_BUCKETS, first = 0;

  g_return_if_fail (strlen (prefix) < SYNC_DIGEST_DEPTH);

  for (const char *digit = prefix; *digit != '\0'; digit++, n_cells /= SYNC_DIGEST_BUCKETS)
    first += (guint) g_ascii_xdigit_value (*digit) * n_cells;
  *digest = (SyncDigest){ 0 };
  for (guint i = 0; i < n_cells * SYNC_DIGEST_BUCKETS; i++)
    {
      SyncDigestSum *bucket = &digest->buckets[i / n_cells];

      bucket->n += table->cells[first + i].n;
      bucket->hash ^= table->cells[first + i].hash;
    }
}
