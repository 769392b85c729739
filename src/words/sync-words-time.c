/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-words.h"

#include <glib/gi18n.h>

#define MINUTE 60
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* From here on a date says more than a number of days. */
#define LONG_AGO (7 * DAY)

#define SHORT_WHILE 10

static char *
words_for_past (gulong seconds)
{
  gulong n;

  if (seconds < SHORT_WHILE)
    return g_strdup (_("just now"));
  if (seconds < MINUTE)
    return g_strdup_printf (ngettext ("%lu second ago", "%lu seconds ago", seconds), seconds);
  if (seconds < HOUR)
    {
      n = seconds / MINUTE;
      return g_strdup_printf (ngettext ("%lu minute ago", "%lu minutes ago", n), n);
    }
  if (seconds < DAY)
    {
      n = seconds / HOUR;
      return g_strdup_printf (ngettext ("%lu hour ago", "%lu hours ago", n), n);
    }
  n = seconds / DAY;
  return g_strdup_printf (ngettext ("%lu day ago", "%lu days ago", n), n);
}

/* Rounded up, so that nobody comes back too early. */
static char *
words_for_future (gulong seconds)
{
  gulong n;

  if (seconds < MINUTE)
    return g_strdup_printf (ngettext ("in %lu second", "in %lu seconds", seconds), seconds);
  if (seconds <= HOUR - MINUTE)
    {
      n = (seconds + MINUTE - 1) / MINUTE;
      return g_strdup_printf (ngettext ("in %lu minute", "in %lu minutes", n), n);
    }
  if (seconds <= DAY - HOUR)
    {
      n = (seconds + HOUR - 1) / HOUR;
      return g_strdup_printf (ngettext ("in %lu hour", "in %lu hours", n), n);
    }
  n = (seconds + DAY - 1) / DAY;
  return g_strdup_printf (ngettext ("in %lu day", "in %lu days", n), n);
}

/**
 * sync_words_for_time:
 * @time: microseconds since 1970 in UTC
 * @now: the time now, likewise
 *
 * Returns: (transfer full): how long ago, or how soon, it is; more than a week away its date
 */
char *
sync_words_for_time (gint64 time, gint64 now)
{
  /* Unsigned, so that the longest distance does not overflow. */
  guint64 away = time > now ? (guint64) time - (guint64) now : (guint64) now - (guint64) time;

  if (away / G_USEC_PER_SEC >= LONG_AGO)
    return sync_words_for_absolute_time (time);
  if (time > now)
    return words_for_future ((away + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC);
  return words_for_past (away / G_USEC_PER_SEC);
}

/**
 * sync_words_for_absolute_time:
 * @time: microseconds since 1970 in UTC
 *
 * Returns: (transfer full): its date and time of day here
 */
char *
sync_words_for_absolute_time (gint64 time)
{
  gint64 seconds = time / G_USEC_PER_SEC - (time % G_USEC_PER_SEC < 0);
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (seconds);

  if (date == NULL)
    return g_strdup (_("an unknown time"));
  /* Translators: a date and a time of day, see g_date_time_format() */
  return g_date_time_format (date, _("%-d %B %Y, %H:%M"));
}
