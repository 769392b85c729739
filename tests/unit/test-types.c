/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sync-types.h"

static void
test_result_sums_its_entities (void)
{
  g_autoptr (SyncResult) result = sync_result_new (SYNC_RUN_SYNC);
  SyncCounts *first = sync_result_counts_for (result, "notes");

  first->pulled = 2;
  first->held = 1;
  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *name = g_strdup_printf ("entity%u", i);

      sync_result_counts_for (result, name)->pushed = i;
    }
  /* Counts stay where they are while others are added. */
  first->pulled += 1;
  g_assert_true (sync_result_counts_for (result, "notes") == first);
  g_assert_cmpuint (result->entities->len, ==, 101);
  sync_result_sum (result);
  sync_result_sum (result);
  g_assert_cmpuint (result->total.pulled, ==, 3);
  g_assert_cmpuint (result->total.held, ==, 1);
  g_assert_cmpuint (result->total.pushed, ==, 99 * 100 / 2);
}

static void
test_result_copy_shares_nothing (void)
{
  SyncResult *result = sync_result_new (SYNC_RUN_HYDRATE);
  g_autoptr (SyncResult) copy = NULL;

  result->outcome = SYNC_OUTCOME_FAILED;
  result->started_at = 5;
  result->error = sync_error_new (SYNC_ERROR_BRAKE, "notes", "stopped");
  sync_result_counts_for (result, "notes")->merged = 4;
  copy = sync_result_copy (result);
  sync_result_free (result);

  g_assert_cmpint (copy->kind, ==, SYNC_RUN_HYDRATE);
  g_assert_cmpint (copy->outcome, ==, SYNC_OUTCOME_FAILED);
  g_assert_cmpint (copy->started_at, ==, 5);
  g_assert_error (copy->error, SYNC_ERROR, SYNC_ERROR_BRAKE);
  g_assert_cmpstr (sync_error_get_detail (copy->error)->subject, ==, "notes");
  g_assert_cmpuint (copy->entities->len, ==, 1);
  g_assert_cmpuint (sync_result_counts_for (copy, "notes")->merged, ==, 4);
}

static void
test_conflict_copy_shares_nothing (void)
{
  const char *const columns[] = { "title", "body", NULL };
  SyncConflict *conflict = g_new0 (SyncConflict, 1);
  g_autoptr (SyncConflict) copy = NULL;

  conflict->number = 7;
  conflict->entity = g_strdup ("notes");
  conflict->local = g_strdup ("{}");
  conflict->columns = g_strdupv ((GStrv) columns);
  conflict->can_keep_both = TRUE;
  copy = sync_conflict_copy (conflict);
  sync_conflict_free (conflict);

  g_assert_cmpint (copy->number, ==, 7);
  g_assert_cmpstr (copy->entity, ==, "notes");
  g_assert_cmpstr (copy->local, ==, "{}");
  g_assert_null (copy->remote);
  g_assert_true (g_strv_equal ((const char *const *) copy->columns, columns));
  g_assert_true (copy->can_keep_both);
}

static void
test_boxed_values_travel_in_values (void)
{
  const GType types[] = { SYNC_TYPE_RESULT,   SYNC_TYPE_CHANGE,        SYNC_TYPE_HELD,
                          SYNC_TYPE_CONFLICT, SYNC_TYPE_ENTITY_STATUS, SYNC_TYPE_STATS };
  g_autoptr (SyncStats) stats = sync_stats_new ();
  g_auto (GValue) value = G_VALUE_INIT;
  g_autoptr (SyncStats) taken = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (types); i++)
    g_assert_true (G_TYPE_IS_BOXED (types[i]));

  stats->pending = 3;
  g_ptr_array_add (stats->history, sync_result_new (SYNC_RUN_SEED));
  g_value_init (&value, SYNC_TYPE_STATS);
  g_value_set_boxed (&value, stats);
  taken = g_value_dup_boxed (&value);
  g_assert_cmpint (taken->pending, ==, 3);
  g_assert_cmpint (taken->last_sync_at, ==, SYNC_TIME_UNKNOWN);
  g_assert_cmpuint (taken->history->len, ==, 1);
  g_assert_true (taken->history != stats->history);
}

static void
test_entity_status_keeps_its_entity (void)
{
  SyncEntityStatus *status = g_new0 (SyncEntityStatus, 1);
  g_autoptr (SyncEntityStatus) copy = NULL;

  status->entity = sync_entity_new ("notes", "notes", "notes");
  status->waiting = 9;
  copy = sync_entity_status_copy (status);
  sync_entity_status_free (status);
  g_assert_cmpstr (copy->entity->name, ==, "notes");
  g_assert_cmpint (copy->waiting, ==, 9);
}

static void
test_change_and_held_copies (void)
{
  SyncChange *change = g_new0 (SyncChange, 1);
  SyncHeld *held = g_new0 (SyncHeld, 1);
  g_autoptr (SyncChange) change_copy = NULL;
  g_autoptr (SyncHeld) held_copy = NULL;

  change->entity = g_strdup ("notes");
  change->error_code = g_strdup ("row-refused");
  change->attempts = 2;
  held->reason = g_strdup ("unique");
  held->version = 11;
  change_copy = sync_change_copy (change);
  held_copy = sync_held_copy (held);
  sync_change_free (change);
  sync_held_free (held);
  g_assert_cmpstr (change_copy->entity, ==, "notes");
  g_assert_cmpstr (change_copy->error_code, ==, "row-refused");
  g_assert_cmpuint (change_copy->attempts, ==, 2);
  g_assert_cmpstr (held_copy->reason, ==, "unique");
  g_assert_cmpint (held_copy->version, ==, 11);
}

static void
test_names_lead_back (void)
{
  SyncRunKind kind;
  SyncOutcome outcome;

  for (int i = SYNC_RUN_SYNC; i <= SYNC_RUN_HYDRATE; i++)
    {
      g_assert_true (sync_run_kind_from_string (sync_run_kind_to_string ((SyncRunKind) i), &kind));
      g_assert_cmpint (kind, ==, i);
    }
  for (int i = SYNC_OUTCOME_RUNNING; i <= SYNC_OUTCOME_STOPPED; i++)
    {
      g_assert_true (sync_outcome_from_string (sync_outcome_to_string ((SyncOutcome) i), &outcome));
      g_assert_cmpint (outcome, ==, i);
    }
  g_assert_cmpstr (sync_run_kind_to_string (SYNC_RUN_HYDRATE), ==, "hydrate");
  g_assert_cmpstr (sync_outcome_to_string (SYNC_OUTCOME_NOTHING), ==, "nothing");
  g_assert_false (sync_run_kind_from_string ("Sync", &kind));
  g_assert_false (sync_run_kind_from_string (NULL, &kind));
  g_assert_false (sync_outcome_from_string ("", &outcome));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/types/result-sums-its-entities", test_result_sums_its_entities);
  g_test_add_func ("/types/result-copy-shares-nothing", test_result_copy_shares_nothing);
  g_test_add_func ("/types/conflict-copy-shares-nothing", test_conflict_copy_shares_nothing);
  g_test_add_func ("/types/boxed-values-travel-in-values", test_boxed_values_travel_in_values);
  g_test_add_func ("/types/entity-status-keeps-its-entity", test_entity_status_keeps_its_entity);
  g_test_add_func ("/types/change-and-held-copies-share-nothing", test_change_and_held_copies);
  g_test_add_func ("/types/names-lead-back-to-values", test_names_lead_back);
  return g_test_run ();
}
