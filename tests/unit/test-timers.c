/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-timers.h"

static void
note (gpointer data)
{
  g_string_append_c (data, '!');
}

static void
run_context (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static void
test_fires_once (void)
{
  g_autoptr (SyncTimers) timers = sync_timers_new ();
  g_autoptr (GString) fired = g_string_new (NULL);

  g_assert_cmpuint (sync_timers_add (timers, 0, note, fired), !=, 0);
  g_assert_cmpuint (sync_timers_add (timers, -5, note, fired), !=, 0);
  g_assert_cmpstr (fired->str, ==, "");
  while (fired->len < 2)
    g_main_context_iteration (NULL, TRUE);
  run_context ();
  g_assert_cmpstr (fired->str, ==, "!!");
}

static void
test_not_early (void)
{
  g_autoptr (SyncTimers) timers = sync_timers_new ();
  g_autoptr (GString) fired = g_string_new (NULL);
  gint64 start = g_get_monotonic_time ();

  sync_timers_add (timers, 20001, note, fired);
  while (fired->len == 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 20001);
}

static void
test_cleared (void)
{
  g_autoptr (SyncTimers) timers = sync_timers_new ();
  g_autoptr (GString) fired = g_string_new (NULL);
  guint first = sync_timers_add (timers, 0, note, fired);
  guint second = sync_timers_add (timers, 0, note, fired);

  g_assert_cmpuint (first, !=, second);
  sync_timers_clear (timers, &first);
  g_assert_cmpuint (first, ==, 0);
  sync_timers_clear (timers, &first);
  while (fired->len == 0)
    g_main_context_iteration (NULL, TRUE);
  run_context ();
  g_assert_cmpstr (fired->str, ==, "!");
}

static void
test_gone (void)
{
  SyncTimers *timers = sync_timers_new ();
  g_autoptr (GString) fired = g_string_new (NULL);

  sync_timers_add (timers, 0, note, fired);
  g_assert_finalize_object (timers);
  run_context ();
  g_assert_cmpstr (fired->str, ==, "");
}

typedef struct
{
  SyncTimers *timers;
  guint left;
} Chain;

static void
chain (gpointer data)
{
  Chain *links = data;

  if (--links->left > 0)
    sync_timers_add (links->timers, 0, chain, links);
  else
    g_clear_object (&links->timers);
}

/* Also when the timers themselves go while one fires. */
static void
test_from_within (void)
{
  Chain links = { sync_timers_new (), 3 };

  sync_timers_add (links.timers, 0, chain, &links);
  while (links.left > 0)
    g_main_context_iteration (NULL, TRUE);
  g_assert_null (links.timers);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/timers/each-fires-once", test_fires_once);
  g_test_add_func ("/timers/none-fires-early", test_not_early);
  g_test_add_func ("/timers/a-cleared-one-does-not-fire", test_cleared);
  g_test_add_func ("/timers/none-fires-when-they-are-gone", test_gone);
  g_test_add_func ("/timers/set-and-gone-from-within-one", test_from_within);
  return g_test_run ();
}
