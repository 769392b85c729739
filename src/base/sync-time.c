/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-time.h"

#define SECOND G_GINT64_CONSTANT (1000000)
#define DAY (86400 * SECOND)

/* The offsets that PostgreSQL knows end below 16 hours. */
#define MAX_OFFSET_HOURS 15

typedef struct
{
  const char *cursor;
  const char *end;
} Text;

static gboolean
take (Text *text, char c)
{
  if (text->cursor == text->end || *text->cursor != c)
    return FALSE;
  text->cursor++;
  return TRUE;
}

/* Exactly @n digits. */
static gboolean
take_digits (Text *text, guint n, int *number)
{
  *number = 0;
  if (text->end - text->cursor < (gssize) n)
    return FALSE;
  for (guint i = 0; i < n; i++)
    {
      char c = *text->cursor++;

      if (!g_ascii_isdigit (c))
        return FALSE;
      *number = *number * 10 + (c - '0');
    }
  return TRUE;
}

static gboolean
is_leap_year (int year)
{
  return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
days_in_month (int year, int month)
{
  static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

  return days[month - 1] + (month == 2 && is_leap_year (year));
}

/* Days since 1970 in the proleptic Gregorian calendar; years begin in March, so that the leap day
 * is the last (Howard Hinnant, "chrono-compatible low-level date algorithms"). */
static gint64
days_from_date (int year, int month, int day)
{
  int shifted = year - (month <= 2);
  int era = shifted / 400;
  int year_of_era = shifted - era * 400;
  int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

  return (gint64) era * 146097 + day_of_era - 719468;
}

static void
date_from_days (gint64 days, int *year, int *month, int *day)
{
  int shifted = days + 719468; /* not negative from year 1 on */
  int era = shifted / 146097;
  int day_of_era = shifted - era * 146097;
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096)
                    / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int month_from_march = (5 * day_of_year + 2) / 153;

  *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  *month = month_from_march + (month_from_march < 10 ? 3 : -9);
  *year = year_of_era + era * 400 + (*month <= 2);
}

static gboolean
take_date (Text *text, gint64 *days)
{
  int year, month, day;

  if (!take_digits (text, 4, &year) || !take (text, '-') || !take_digits (text, 2, &month)
      || !take (text, '-') || !take_digits (text, 2, &day))
    return FALSE;
  if (year < 1 || month < 1 || month > 12 || day < 1 || day > days_in_month (year, month))
    return FALSE;
  *days = days_from_date (year, month, day);
  return TRUE;
}

/* One to nine digits, of which the first six count. */
static gboolean
take_fraction (Text *text, gint64 *microseconds)
{
  gint64 unit = 100000;
  guint n = 0;

  for (; text->cursor < text->end && g_ascii_isdigit (*text->cursor); text->cursor++, n++)
    {
      *microseconds += (*text->cursor - '0') * unit;
      unit /= 10;
    }
  return n >= 1 && n <= 9;
}

static gboolean
take_time (Text *text, gint64 *microseconds)
{
  int hour, minute;
  int second = 0;

  *microseconds = 0;
  if (!take_digits (text, 2, &hour) || !take (text, ':') || !take_digits (text, 2, &minute))
    return FALSE;
  if (take (text, ':'))
    {
      if (!take_digits (text, 2, &second))
        return FALSE;
      if (take (text, '.') && !take_fraction (text, microseconds))
        return FALSE;
    }
  if (hour > 23 || minute > 59 || second > 60)
    return FALSE;
  *microseconds += (hour * 3600 + minute * 60 + second) * SECOND;
  return TRUE;
}

/* `Z`, `+02`, `+0200`, `+02:00`, `+00:53:28` or nothing. */
static gboolean
take_offset (Text *text, gint64 *seconds)
{
  int hours;
  int minutes = 0;
  int rest = 0;
  gboolean west;

  *seconds = 0;
  if (text->cursor < text->end && *text->cursor == ' ')
    {
      text->cursor++;
      if (text->cursor == text->end)
        return FALSE;
    }
  if (text->cursor == text->end || take (text, 'Z') || take (text, 'z'))
    return TRUE;
  west = *text->cursor == '-';
  if (!take (text, '-') && !take (text, '+'))
    return FALSE;
  if (!take_digits (text, 2, &hours))
    return FALSE;
  if (take (text, ':'))
    {
      if (!take_digits (text, 2, &minutes) || (take (text, ':') && !take_digits (text, 2, &rest)))
        return FALSE;
    }
  else if (text->cursor < text->end && !take_digits (text, 2, &minutes))
    return FALSE;
  if (hours > MAX_OFFSET_HOURS || minutes > 59 || rest > 59)
    return FALSE;
  *seconds = (hours * 3600 + minutes * 60 + rest) * (west ? -1 : 1);
  return TRUE;
}

/* Exactly @n digits, and what comes behind them. */
static char *
put_digits (char *out, int number, guint n, char behind)
{
  for (guint i = n; i > 0; i--)
    {
      out[i - 1] = '0' + number % 10;
      number /= 10;
    }
  out[n] = behind;
  return out + n + 1;
}

static gboolean
is_in_range (gint64 microseconds)
{
  return microseconds >= days_from_date (1, 1, 1) * DAY
         && microseconds < days_from_date (10000, 1, 1) * DAY;
}

/**
 * sync_time_parse:
 * @text: (array length=length): a time, need not end with a NUL
 * @length: its length in bytes
 * @microseconds: (out): microseconds since 1970 in UTC
 *
 * Reads what PostgREST, Auth, SQLite and people write: a date, or a date and a time of day behind
 * `T` or a space, with up to nine digits of fraction (below a microsecond they are cut off), and a
 * zone; UTC if there is none. A leap second becomes the second after it.
 *
 * Returns: %FALSE if it is anything else, a day that does not exist, or not in the years 1 to 9999
 */
gboolean
sync_time_parse (const char *text, gsize length, gint64 *microseconds)
{
  Text rest = { text, text + length };
  gint64 days;
  gint64 time = 0;
  gint64 offset = 0;
  gint64 result;

  if (!take_date (&rest, &days))
    return FALSE;
  if (rest.cursor < rest.end)
    {
      if (!take (&rest, 'T') && !take (&rest, 't') && !take (&rest, ' '))
        return FALSE;
      if (!take_time (&rest, &time) || !take_offset (&rest, &offset) || rest.cursor < rest.end)
        return FALSE;
    }
  result = days * DAY - offset * SECOND + time;
  if (!is_in_range (result))
    return FALSE;
  *microseconds = result;
  return TRUE;
}

/**
 * sync_time_format:
 * @microseconds: microseconds since 1970 in UTC, in the years 1 to 9999
 * @buffer: where to write, with a NUL at the end
 *
 * Writes `2026-01-01T00:00:00.120Z`, with six digits of fraction if milliseconds are not enough.
 */
void
sync_time_format (gint64 microseconds, char buffer[SYNC_TIME_SIZE])
{
  int year, month, day, seconds, fraction;
  char *out = buffer;
  gint64 days;

  buffer[0] = '\0';
  g_return_if_fail (is_in_range (microseconds));

  days = microseconds / DAY;
  microseconds %= DAY;
  if (microseconds < 0)
    {
      microseconds += DAY;
      days--;
    }
  date_from_days (days, &year, &month, &day);
  seconds = microseconds / SECOND;
  fraction = microseconds % SECOND;
  out = put_digits (out, year, 4, '-');
  out = put_digits (out, month, 2, '-');
  out = put_digits (out, day, 2, 'T');
  out = put_digits (out, seconds / 3600, 2, ':');
  out = put_digits (out, seconds / 60 % 60, 2, ':');
  out = put_digits (out, seconds % 60, 2, '.');
  if (fraction % 1000 == 0)
    out = put_digits (out, fraction / 1000, 3, 'Z');
  else
    out = put_digits (out, fraction, 6, 'Z');
  *out = '\0';
}
