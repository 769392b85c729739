/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-backoff.h"
#include "sync-clock.h"

static void
test_doubles_up_to_the_cap (void)
{
  const guint expected[]
      = { 1000, 1000, 2000, 4000, 8000, 16000, 32000, 64000, 128000, 256000, 300000, 300000 };

  for (guint i = 0; i < G_N_ELEMENTS (expected); i++)
    g_assert_cmpuint (sync_backoff_delay_ms (i, 0, NULL), ==, expected[i]);
  g_assert_cmpuint (sync_backoff_delay_ms (40, 0, NULL), ==, 300000);
  g_assert_cmpuint (sync_backoff_delay_ms (G_MAXUINT, 0, NULL), ==, 300000);
}

static void
test_jitter_keeps_at_least_half (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());

  for (guint attempt = 1; attempt < 15; attempt++)
    {
      guint longest = sync_backoff_delay_ms (attempt, 0, NULL);
      guint least = G_MAXUINT;
      guint most = 0;

      for (guint i = 0; i < 500; i++)
        {
          guint delay = sync_backoff_delay_ms (attempt, 0, random);

          least = MIN (least, delay);
          most = MAX (most, delay);
        }
      g_assert_cmpuint (least, >=, longest / 2);
      g_assert_cmpuint (most, <=, longest);
      g_assert_cmpuint (most - least, >, longest / 4);
    }
}

static void
test_never_earlier_than_asked (void)
{
  g_autoptr (GRand) random = g_rand_new_with_seed (g_test_rand_int ());

  for (guint i = 0; i < 500; i++)
    {
      g_assert_cmpuint (sync_backoff_delay_ms (1, 30, random), >=, 30000);
      g_assert_cmpuint (sync_backoff_delay_ms (1, 30, random), <=, 30500);
      g_assert_cmpuint (sync_backoff_delay_ms (9, 1, random), >=, 128000);
      g_assert_cmpuint (sync_backoff_delay_ms (20, 900, random), >=, 900000);
    }
}

static void
test_asked_for_is_bounded (void)
{
  g_assert_cmpuint (sync_backoff_delay_ms (1, G_MAXUINT, NULL), >=, 60 * 60 * 1000);
  g_assert_cmpuint (sync_backoff_delay_ms (1, G_MAXUINT, NULL), <=, 61 * 60 * 1000);
}

static void
test_clock_is_the_system_s (void)
{
  g_autoptr (SyncClock) clock = sync_clock_new ();
  gint64 before = g_get_real_time ();
  gint64 monotonic_before = g_get_monotonic_time ();
  gint64 now = sync_clock_now (clock);
  gint64 monotonic = sync_clock_monotonic (clock);

  g_assert_cmpint (now, >=, before);
  g_assert_cmpint (now, <=, g_get_real_time ());
  g_assert_cmpint (monotonic, >=, monotonic_before);
  g_assert_cmpint (monotonic, <=, g_get_monotonic_time ());
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/backoff/doubles-up-to-the-cap", test_doubles_up_to_the_cap);
  g_test_add_func ("/backoff/jitter-keeps-at-least-half", test_jitter_keeps_at_least_half);
  g_test_add_func ("/backoff/never-earlier-than-asked", test_never_earlier_than_asked);
  g_test_add_func ("/backoff/what-is-asked-for-is-bounded", test_asked_for_is_bounded);
  g_test_add_func ("/clock/is-the-system-s", test_clock_is_the_system_s);
  return g_test_run ();
}
