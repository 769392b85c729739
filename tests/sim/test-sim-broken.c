/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sim-hunt.h"

/* Clouds and engines that lack one rule each are found out, and soon. */

static const struct
{
  const char *name;
  guint count; /* of schedules at most */
} breakages[] = {
  { "timestamp-cursor", 1500 },  { "plain-sequence", 1500 }, { "no-compare", 1500 },
  { "no-horizon", 3000 },        { "leak", 1000 },           { "echo-by-device", 3000 },
  { "acknowledge-by-id", 1500 }, { "no-base", 1000 },        { "settle-unnamed", 3000 },
  { "cursor-by-push", 1500 },    { "forget-sends", 1500 },   { "refusal-stops", 1500 },
  { "forget-deletions", 1500 },  { "no-reread", 1500 },      { "no-reset", 1500 },
  { "no-wait", 3000 },
};

static void
test_breakage (gconstpointer data)
{
  guint i = GPOINTER_TO_UINT (data);
  SimHunt hunt = { .first = 1, .count = breakages[i].count };
  g_auto (SimOutcome) outcome = { 0 };
  g_autoptr (SimSchedule) failed = NULL;

  g_assert_true (sim_set_breakage (breakages[i].name));
  failed = sim_hunt (&hunt, &outcome);
  sim_set_breakage (NULL);
  if (failed == NULL)
    g_error ("%u schedules did not find out %s", breakages[i].count, breakages[i].name);
  g_test_message ("found after %" G_GUINT64_FORMAT " schedules: %s", hunt.carried_out,
                  outcome.check);
  g_assert_cmpstr (outcome.check, !=, "crash");
  g_assert_cmpstr (outcome.check, !=, "hangs");
}

/* What is left of a schedule fails in the same way, also when it is read from a file, and is short. */
static void
test_shrinking (void)
{
  SimHunt hunt = { .first = 1, .count = 1000 };
  g_auto (SimOutcome) outcome = { 0 }, again = { 0 };
  g_autoptr (SimSchedule) failed = NULL, smallest = NULL, read = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (sim_set_breakage ("no-base"));
  failed = sim_hunt (&hunt, &outcome);
  g_assert_nonnull (failed);
  smallest = sim_shrink (failed, outcome.check);
  text = sim_schedule_to_text (smallest);
  g_test_message ("%u steps of %u:\n%s", smallest->steps->len, failed->steps->len, text);
  g_assert_cmpuint (smallest->steps->len, <=, 8);
  read = sim_schedule_from_text (text, &error);
  g_assert_no_error (error);
  sim_carry_out_apart (read, &again);
  g_assert_cmpstr (again.check, ==, outcome.check);
  sim_outcome_clear (&again);
  sim_set_breakage (NULL);
  sim_carry_out_apart (read, &again);
  g_assert_cmpstr (again.check, ==, NULL);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (breakages); i++)
    {
      g_autofree char *path = g_strconcat ("/sim/is-found-out/", breakages[i].name, NULL);

      g_test_add_data_func (path, GUINT_TO_POINTER (i), test_breakage);
    }
  g_test_add_func ("/sim/what-fails-is-shrunk", test_shrinking);
  return g_test_run ();
}
