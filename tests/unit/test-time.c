/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-time.h"

#include <string.h>

#define FIRST G_GINT64_CONSTANT (-62135596800000000)
#define LAST G_GINT64_CONSTANT (253402300799999999)

static void
test_reads_what_is_written_elsewhere (void)
{
  const struct
  {
    const char *text;
    const char *expected;
  } times[] = {
    { "2026-01-01T00:00:00.12+00:00", "2026-01-01T00:00:00.120Z" },
    { "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00.000Z" },
    { "2026-01-01 00:00:00+00", "2026-01-01T00:00:00.000Z" },
    { "2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000Z" },
    { "2026-01-01t00:00:00z", "2026-01-01T00:00:00.000Z" },
    { "2026-01-01 12:34:56", "2026-01-01T12:34:56.000Z" },
    { "2026-01-01 12:34", "2026-01-01T12:34:00.000Z" },
    { "2026-01-01", "2026-01-01T00:00:00.000Z" },
    { "2026-01-01T12:00:00+02", "2026-01-01T10:00:00.000Z" },
    { "2026-01-01T12:00:00+0200", "2026-01-01T10:00:00.000Z" },
    { "2026-01-01T12:00:00+02:00", "2026-01-01T10:00:00.000Z" },
    { "2026-01-01T12:00:00-05:30", "2026-01-01T17:30:00.000Z" },
    { "2026-01-01 12:00:00 +02:00", "2026-01-01T10:00:00.000Z" },
    { "1890-01-01T00:53:28+00:53:28", "1890-01-01T00:00:00.000Z" },
    { "2026-01-01T00:00:00.1Z", "2026-01-01T00:00:00.100Z" },
    { "2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00.123456Z" },
    { "2026-01-01T00:00:00.123450Z", "2026-01-01T00:00:00.123450Z" },
    { "2026-01-01T00:00:00.123000Z", "2026-01-01T00:00:00.123Z" },
    { "2026-01-01T00:00:00.123456789Z", "2026-01-01T00:00:00.123456Z" },
    { "2026-01-01T00:00:00.000000999Z", "2026-01-01T00:00:00.000Z" },
    { "2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z" },
    { "2024-02-29T00:00:00Z", "2024-02-29T00:00:00.000Z" },
    { "2000-02-29T00:00:00Z", "2000-02-29T00:00:00.000Z" },
    { "1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z" },
    { "0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000Z" },
    { "9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (times); i++)
    {
      char buffer[SYNC_TIME_SIZE];
      gint64 time;

      g_test_message ("%s", times[i].text);
      g_assert_true (sync_time_parse (times[i].text, strlen (times[i].text), &time));
      sync_time_format (time, buffer);
      g_assert_cmpstr (buffer, ==, times[i].expected);
    }
}

static void
test_refuses_what_is_no_time (void)
{
  const char *const texts[] = {
    "",
    " ",
    "now",
    "infinity",
    "-infinity",
    "0044-03-15 12:00:00+00 BC",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "-001-01-01T00:00:00Z",
    "+2026-01-01T00:00:00Z",
    "2026",
    "2026-01",
    "2026-1-1",
    "20260101T000000Z",
    "2026-13-01",
    "2026-00-01",
    "2026-01-00",
    "2026-01-32",
    "2026-04-31",
    "2026-02-29",
    "1900-02-29",
    "2026-02-30T00:00:00Z",
    "2026-01-01T",
    "2026-01-01 ",
    "2026-01-01Z",
    "2026-01-01T00",
    "2026-01-01T00:0",
    "2026-01-01T00:00:",
    "2026-01-01T00:00:00.",
    "2026-01-01T00:00:00.Z",
    "2026-01-01T00:00:00,5Z",
    "2026-01-01T00:00:00.1234567890Z",
    "2026-01-01T24:00:00Z",
    "2026-01-01T23:60:00Z",
    "2026-01-01T23:59:61Z",
    "2026-01-01T00:00:00+24:00",
    "2026-01-01T00:00:00+02:60",
    "2026-01-01T00:00:00+2",
    "2026-01-01T00:00:00+020",
    "2026-01-01T00:00:00+02:",
    "2026-01-01T00:00:00+",
    "2026-01-01T00:00:00 ",
    "2026-01-01T00:00:00Zulu",
    "2026-01-01T00:00:00ZZ",
    "2026-01-01T00:00:00 UTC",
    " 2026-01-01T00:00:00Z",
    "2026-01-01T00:00:00Z ",
    "2026-01-01T00:00:00Z\n",
    "0001-01-01T00:00:00+00:01",
    "9999-12-31T23:59:59-00:01",
    "9999-12-31T23:59:60Z",
    "٢٠٢٦-٠١-٠١",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      gint64 time = 42;

      g_test_message ("%s", texts[i]);
      g_assert_false (sync_time_parse (texts[i], strlen (texts[i]), &time));
      g_assert_cmpint (time, ==, 42);
    }
  g_assert_false (sync_time_parse ("2026-01-01\0", 11, &(gint64) { 0 }));
}

static void
test_never_reads_past_its_length (void)
{
  const char text[] = "2026-01-01T12:34:56.789+02:00";

  for (gsize length = 0; length < sizeof text; length++)
    {
      g_autofree char *exact = g_memdup2 (text, length);
      gint64 time;

      /* The sanitizers watch over the end. */
      g_assert_cmpint (sync_time_parse (exact, length, &time), ==,
                       length == 10 || length == 16 || length == 19 || (length > 20 && length < 24)
                           || length == 26 || length == 29);
    }
}

static gint64
random_time (void)
{
  guint64 bits = (guint64) (guint32) g_test_rand_int () << 32 | (guint32) g_test_rand_int ();
  gint64 time = FIRST + (gint64) (bits % (guint64) (LAST - FIRST + 1));

  return g_test_rand_bit () ? time : time - time % 1000;
}

static void
test_round_trip_agrees_with_glib (void)
{
  for (guint i = 0; i < 20000; i++)
    {
      gint64 time = random_time ();
      gint64 again;
      char buffer[SYNC_TIME_SIZE];
      g_autoptr (GDateTime) date = NULL;

      sync_time_format (time, buffer);
      g_assert_true (sync_time_parse (buffer, strlen (buffer), &again));
      g_assert_cmpint (again, ==, time);

      date = g_date_time_new_from_iso8601 (buffer, NULL);
      g_assert_nonnull (date);
      g_assert_cmpint (g_date_time_to_unix (date) * G_USEC_PER_SEC, ==,
                       time - g_date_time_get_microsecond (date));
      g_assert_cmpuint (strlen (buffer), ==, time % 1000 == 0 ? 24 : 27);
    }
}

static void
test_offsets_agree_with_glib (void)
{
  for (guint i = 0; i < 5000; i++)
    {
      g_autofree char *text = NULL;
      g_autoptr (GDateTime) date = NULL;
      gint64 time;

      text = g_strdup_printf ("%04d-%02d-%02dT%02d:%02d:%02d%c%02d:%02d",
                              g_test_rand_int_range (2, 9999), g_test_rand_int_range (1, 13),
                              g_test_rand_int_range (1, 32), g_test_rand_int_range (0, 24),
                              g_test_rand_int_range (0, 60), g_test_rand_int_range (0, 60),
                              g_test_rand_bit () ? '+' : '-', g_test_rand_int_range (0, 16),
                              g_test_rand_int_range (0, 60));
      g_test_message ("%s", text);
      date = g_date_time_new_from_iso8601 (text, NULL);
      g_assert_cmpint (sync_time_parse (text, strlen (text), &time), ==, date != NULL);
      if (date != NULL)
        g_assert_cmpint (time, ==, g_date_time_to_unix (date) * G_USEC_PER_SEC);
    }
}

static void
test_writes_the_first_and_the_last_moment (void)
{
  char buffer[SYNC_TIME_SIZE];

  sync_time_format (FIRST, buffer);
  g_assert_cmpstr (buffer, ==, "0001-01-01T00:00:00.000Z");
  sync_time_format (LAST, buffer);
  g_assert_cmpstr (buffer, ==, "9999-12-31T23:59:59.999999Z");
  sync_time_format (-1, buffer);
  g_assert_cmpstr (buffer, ==, "1969-12-31T23:59:59.999999Z");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/time/reads-what-is-written-elsewhere", test_reads_what_is_written_elsewhere);
  g_test_add_func ("/time/refuses-what-is-no-time", test_refuses_what_is_no_time);
  g_test_add_func ("/time/never-reads-past-its-length", test_never_reads_past_its_length);
  g_test_add_func ("/time/round-trip-agrees-with-glib", test_round_trip_agrees_with_glib);
  g_test_add_func ("/time/offsets-agree-with-glib", test_offsets_agree_with_glib);
  g_test_add_func ("/time/writes-the-first-and-the-last-moment",
                   test_writes_the_first_and_the_last_moment);
  return g_test_run ();
}
